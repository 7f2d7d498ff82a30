/* Private to rule: people whose series are to be read again, since nothing that was kept tells whose it was: the parts of a split, and whoever was joined with one. Of
 * each stands the position before which all is read again; what comes from there on is gathered as ever. */
#pragma once

#include "domain/rule/past.h"

extern const struct family
    parted_family; /* KEYED: person (4, BE) -> since when; and chunk (4, BE) -> owners, numbers */
extern const struct work_kind rule_refold_work;

struct parted {
    uint64_t since;   /* events before this position are read again, or were */
    int64_t since_us; /* log time then: of later events what waits under a timer tells */
    bool is_read;     /* they were; it is kept while the past of a rule is gathered */
    bool has_orders;  /* orders were looked at again, which comes first */
};
bool parted_find(const struct view *v, uint32_t person, struct parted *out_parted);
/* Clears what is kept of the person, who is pending until it was read again. Their owners are as identity has them in this step. */
void parted_begin(struct step *s, const struct book *b, uint32_t person);
/* Behind a merge: if anything of either is to be read again, or was while a rule is gathering, all of both is. true: it is. */
bool parted_join(struct step *s, const struct book *b, uint32_t living, uint32_t absorbed);
void parted_orders_read(struct step *s, uint32_t person); /* of who is parted: their orders were looked at */
void parted_forget(struct step *s, uint32_t person);
void parted_end(struct step *s); /* no rule is gathering any more */

/* For the work: the first from a person on whose events are to be read, and of whom by what numbers. Owners' keys are those that own their events. */
bool parted_next(const struct view *v, uint32_t from, uint32_t *out_person, struct parted *out_parted);
struct parted_pieces {
    struct hash128 *owners;
    uint32_t *numbers; /* under which their events may be stored */
    size_t owner_count, owner_room, number_count, number_room;
};
void parted_pieces(const struct view *v, uint32_t person, struct arena *a, struct parted_pieces *out);

#define REFOLDED_RULES_BYTES_MAX (1u << 20)
fallible rule_refolded_check(struct bytes payload, struct err *e);
void rule_refolded_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_refolded_apply(struct step *s, struct bytes payload);
