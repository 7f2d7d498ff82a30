/* The kinds of definitions: what a workspace is told of its settings, types, names …; the one table by which `kith apply` reads
 * what stands, compares, puts and takes away. A new kind is a row. */
#pragma once

#include "lib/json.h"

enum member_shape {
    SHAPE_TEXT,
    SHAPE_TIME,
    SHAPE_BOOL,
    SHAPE_NUMBER,
    SHAPE_LIST,  /* of texts, in order */
    SHAPE_SET,   /* of texts, in no order */
    SHAPE_OPEN,  /* an object of any members, each compared by itself */
    SHAPE_NAMED, /* a list of objects, each found by its "name", with members of their own */
    SHAPE_SECRET, /* the name of an environment variable that holds it; of what stands one hears only that there is one */
};

enum member_use {
    MEMBER_PLAIN,
    MEMBER_KEY,     /* names the definition, together with the others that do; must be said */
    MEMBER_MENTION, /* sent when something else changes, and never heard back: a reason, evidence */
};

struct definition_member {
    const char *name; /* in files */
    enum member_shape shape;
    enum member_use use;
    bool is_needed;                 /* a file has to say it */
    bool or_null;                   /* null takes it back; as a key it is a name */
    bool refers;                    /* to other definitions of the kind: their keys differ in the last member only */
    const char *calls;              /* of an expression, in one form: to whom it refers by calls of this word. NULL: it is none */
    uint64_t least, most;           /* of a SHAPE_NUMBER, which is whole then; 0: any number */
    const char *(*word)(size_t at); /* which it may be, edge/api/vocabulary.h; NULL: any */
    const char *told,
        *told_too; /* where the daemon's answer has it; `told_too`: true as well where that is. NULL: under its name */
    const char *sent;                       /* in a body; NULL: its name */
    const char *only_where;                 /* items of a SHAPE_NAMED that say false here don't count; NULL: all do */
    const struct definition_member *inside; /* of a SHAPE_NAMED; the first is "name" */
    size_t inside_count;
};

enum definition_standing {
    STANDING_NONE, /* over, though the daemon still tells of it */
    STANDING_BARE, /* it is there, and nothing is said of it */
    STANDING_DEFINED,
};

enum definition_end {
    END_NEVER,   /* it can't be taken away */
    END_DELETE,  /* DELETE end_path/KEY */
    END_POST,    /* POST end_path with the members of the key */
    END_BARE,    /* put again with nothing but its key */
    END_INITIAL, /* put with the value it had at first: settings */
};

struct definition_kind {
    const char *name; /* of the list in files: "types" */
    const char *get;  /* the path of what stands; answered as {"<told>":[…],"<cursor's value>":…} */
    const char *told;
    const char *cursor; /* the parameter that takes `next`; NULL: it is one page */
    const char *each;   /* asked for each word of this member, which the answer's head says; NULL: once */
    enum definition_standing (*standing)(struct json item); /* NULL: defined when something is said of it */
    const char *method, *put;
    enum definition_end end;
    const char *end_path;
    const char *names; /* the kind of name that a key is: one that nobody has is defined first. NULL: none */
    bool is_given;     /* only what stands can be said: nobody makes a new setting */
    const struct definition_member *members;
    size_t member_count;
};

/* In the order in which they are applied: names before what names them. */
const struct definition_kind *definition_kinds(size_t *out_count);
/* NULL: none. */
const struct definition_member *definition_member_named(const struct definition_member *members, size_t count,
                                                        struct bytes name);
