/* Lists that are told page by page: how the query is read, the walk bounded, and the next page named, the same for all. */
#pragma once

#include "edge/route.h"

/* An item that a walk has come to. */
struct list_item {
    struct hash128 key;    /* what the next page goes on behind; CURSOR_NUMBER: in .low */
    uint32_t people_max;   /* whose rows is_seen and put may ask for */
    const void *own;       /* the kind's, in the view's arena */
};

struct list_kind {
    const char *name;      /* the member that holds the items: "acts" */
    const char *cursor;    /* the parameter through which `next` comes back: "before" */
    enum cursor { CURSOR_NUMBER, CURSOR_KEY } cursor_kind; /* in decimal, or as 32 hexadecimal digits */
    uint64_t from;         /* where the first page begins; of a CURSOR_NUMBER */
    uint32_t usual, most;  /* items a page */
    /* The item behind `key`; false: there is none. */
    bool (*next)(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item);
    /* NULL: all are. */
    bool (*is_seen)(const struct request *r, const struct view *v, const struct list_item *item);
    void (*put)(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w); /* members */
    bool is_personal; /* the items name people: a page of them is noted as a read, of no one person */
    void (*head)(const struct request *r, struct json_writer *w); /* members in front of the list; NULL: none */
};

/* Answers with a page: {…head, "acts":[…], "next":…}. `own` is for the kind's functions, as list_own. A page may be
 * shorter than asked for, even empty, and still name the next one. */
void list_answer(struct request *r, const struct list_kind *kind, void *own);
void *list_own(const struct request *r);
