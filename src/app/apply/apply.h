/* Definitions: read from files and from the daemon's answers into one form, compared, and written again.
 *
 * A file is one JSON object of lists by kind (apply/kinds.h): {"hooks":[{"name":"crm","target":"https://…"}]}. What a definition
 * doesn't say stays as it is. Both sides are taken apart into parts in one canonical form, so that two are equal when their
 * bytes are. All memory is the arena's. */
#pragma once

#include "app/apply/kinds.h"
#include "base/arena.h"

#define DEFINITION_FILE_BYTES_MAX (16u << 20)

/* One thing that is said: a member, an attribute among open ones, or a member of a named item. */
struct part {
    const struct definition_member *member, *inner; /* inner: of a SHAPE_NAMED */
    struct bytes item;                              /* of a SHAPE_OPEN or SHAPE_NAMED: its name */
    struct bytes json;                              /* canonical; "null": taken back, and as a key a name */
    const struct bytes *texts;                      /* of what refers, and of a secret: as they are, without quotes */
    size_t text_count;
};

/* Of a setting, as the daemon tells it. */
struct bounds {
    bool are_known;
    int64_t initially, least, most;
};

struct definition {
    const struct definition_kind *kind;
    struct bytes key; /* the values of the key's members, apart by KEY_SEPARATOR; of a null "-" */
    const char *file; /* NULL: it stands in the workspace */
    uint64_t line;
    bool is_bare; /* it stands, and nothing is said of it */
    struct bounds bounds;
    struct part *parts; /* in the order of members, items, inner members */
    size_t part_count, part_room;
};
#define KEY_SEPARATOR '\x1f'

struct definitions {
    struct arena *arena;
    struct definition *list;
    size_t count, room;
    uint64_t kinds_named; /* a bit for each kind that some file has a list of */
};

/* Reads FOLDER/…json in the order of names, or one file. INVALID: a fault, said with file, line and the nearest name; also a
 * definition that two places have. NOT_FOUND, IO: the file. */
fallible definitions_load(struct definitions *d, const char *path, struct err *e);
/* An expression in its one form, and the names that it calls by this word. false: it is none, which the daemon will tell. */
bool expression_read(struct bytes text, const char *word, struct arena *a, const char **out_canonical,
                     const struct bytes **out_names, size_t *out_count);
/* One text, as if it were that file. Borrows `file`. */
fallible definitions_read(struct definitions *d, const char *file, struct bytes text, struct json_parser *parser,
                          struct err *e);
/* One page of what the daemon answers about a kind. INVALID: this isn't what such a daemon says. */
fallible definitions_hear(struct definitions *d, const struct definition_kind *kind, struct json answer, struct err *e);
/* Adds the names that definitions of files stand for and that neither side has: a source of which no event has come yet. Both are
 * sorted, and the files' have to be again. */
void definitions_add_names(struct definitions *wanted, const struct definitions *standing);
/* By kind and key. EXISTS: two have the same. */
fallible definitions_sort(struct definitions *d, struct err *e);
bool definitions_name(const struct definitions *d,
                      const struct definition_kind *kind); /* has some file a list of these? */
const struct definition *definitions_find(const struct definitions *d, const struct definition_kind *kind,
                                          struct bytes key); /* NULL: none; sorted */

int definition_compare(const struct definition *a, const struct definition *b); /* by kind, then key */
int part_place_compare(const struct part *a, const struct part *b);             /* by place, not by what it says */
bool part_is_null(const struct part *p);
const char *key_text(const struct definition *d, struct arena *a); /* for people: "brand 甲" */
const char *part_path(const struct part *p, struct arena *a);      /* "attributes.length.type" */

/* --- comparing --- */

enum change_what { CHANGE_NEW, CHANGE_ALTERED, CHANGE_NONE, CHANGE_LEFT, CHANGE_REMOVED, CHANGE_WHAT_COUNT };

struct difference {
    const struct part *was, *is; /* NULL: nothing */
};

struct change {
    enum change_what what;
    const struct definition *wanted, *standing; /* NULL: a file has it alone; the workspace has it alone */
    struct difference *differences;
    size_t difference_count;
};

struct plan {
    struct change *changes; /* by kind and key */
    size_t count;
    size_t counts[CHANGE_WHAT_COUNT];
};

/* What has to be done so that the workspace says what the files say; `prunes`: what no file has goes, of kinds that files name and
 * that can be taken away. Both are sorted. INVALID: something that the daemon would refuse; says where. Nothing is sent. */
fallible plan_make(const struct definitions *wanted, const struct definitions *standing, bool prunes, struct arena *a,
                   struct plan *out_plan, struct err *e);
/* The changes to be sent, in their order: what others refer to first, what is removed last and backwards. */
const struct change **plan_order(const struct plan *p, struct arena *a, size_t *out_count);

/* --- writing --- */

struct call_text {
    const char *method;
    struct buf *path;
    struct json_writer *body; /* nothing is written where there is none */
};
/* The call that does a change. It holds a secret when the definition has one. */
void change_call(const struct change *c, struct arena *a, struct call_text *out);
/* What stands of a kind, as the file that would say it. */
void definitions_write(const struct definitions *d, const struct definition_kind *kind, struct json_writer *w);
