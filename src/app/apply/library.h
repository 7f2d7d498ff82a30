/* The library of ready tags: definitions with parameters (thresholds, windows, and which event or order counts), made of nothing but the expression language. What is
 * filled in is what `kith apply` takes (docs/guide/tags-library.md). A new ready tag is a row; so is a parameter, which all tags share. */
#pragma once

#include "base/arena.h"
#include "lib/json.h"

struct library_words { /* of which an operator sees those in their language */
    const char *en, *zh;
};

struct library_parameter {
    const char *name;  /* "active_days": "{active_days}" in texts */
    const char *value; /* unless an operator says another */
    struct library_words about;
};

struct library_tag {
    const char *name;
    struct library_words label, description; /* the description with parameters */
    const struct library_words *category, *owner;
    const char *text;        /* an expression with parameters; NULL: a group */
    const char *const *tags; /* of a group, in its order, ended by NULL; else NULL */
};

/* What stands instead of a parameter's value. All are borrowed. */
struct library_choice {
    struct bytes name, value;
    struct bytes taken_on; /* the day on which it was taken out of the workspace's data; none: an operator says it */
};
struct library_choices {
    const struct library_choice *list;
    size_t count;
};

const struct library_tag *library_tags(size_t *out_count);      /* the tags of a group before it */
const struct library_tag *library_tag_named(struct bytes name); /* NULL: none */
const struct library_parameter *library_parameters(size_t *out_count);
bool library_tag_reads(const struct library_tag *tag,
                       const struct library_parameter *parameter); /* a group: no tag does */

/* INVALID: a choice of no parameter, with the nearest one. */
fallible library_choices_check(struct library_choices choices, struct err *e);
struct bytes library_value(const struct library_parameter *parameter,
                           struct library_choices choices); /* chosen, or its own */
/* A text or a description of the library, filled in, in the arena. Whether it is an expression then is for the daemon to tell. */
const char *library_fill(const char *text, struct library_choices choices, struct arena *a);

/* The names of events that a text gathers, each once, "order" for orders as documents; none of what is no expression, nor of a group. */
#define LIBRARY_SOURCES_MAX 16u
struct library_sources {
    struct bytes names[LIBRARY_SOURCES_MAX]; /* in the arena */
    size_t count;
};
void library_sources_read(const char *text, struct arena *a, struct library_sources *out);

/* A file of definitions with these tags, as `kith apply` reads it; texts for people in the language of the terminal. Descriptions say what was taken out of data, and when. */
void library_write(const struct library_tag *const *tags, size_t count, struct library_choices choices, struct arena *a,
                   struct json_writer *w);
