/* What is told of a change: a line of JSON, looked up at the moment of the read, in what the token may see then. */
#pragma once

#include "domain/change/change.h"
#include "edge/route.h"

/* Which changes are wanted, and how much is said of them. */
struct changes_filter {
    uint32_t facts;     /* 1 << enum change_fact; 0: all */
    struct bytes brand; /* by name; empty: all */
    bool with_state;    /* what it is of stands beside it, as an export has it */
};
bool changes_filter_wants(const struct changes_filter *f, const struct kept_change *c);

/* A change that the token may hear of. An event is printed later, when its body is there; all else in `out` at once. */
struct change_line {
    struct kept_change change;
    bool has_person;
    struct hash128 person; /* public id of an event's person, where the token may know them */
    size_t from, size;     /* in `out`; size 0: an event, of which nothing is printed yet */
};
/* `parts`: the changes of one cursor, more than one where a person was split. Engine's thread. false: it is not for this token, not
 * wanted, or what it is of is gone. */
bool change_line_print(struct request *r, const struct view *v, const struct changes_filter *filter,
                       const struct kept_change *parts, size_t count, struct buf *out, struct change_line *out_line);
/* Any thread. */
void change_line_print_event(const struct request *r, const struct change_line *line, const struct envelope *envelope,
                             struct buf *out);
