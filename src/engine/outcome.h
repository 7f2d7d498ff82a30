/* What a step has written so far: its whole answer. Private to view.c and step.c. */
#pragma once

#include "engine/domain.h"
#include "engine/step.h"

struct keyed_write {
    const struct family *family;
    struct bytes key;
    struct bytes value;
    bool removed;
};

struct row_write {
    const struct family *family;
    struct bytes value;
    uint32_t number;
    bool created; /* in this step */
    bool removed;
};

struct index_write {
    const struct family *family;
    struct hash128 hash;
    uint32_t number; /* PERSON_NONE: removed */
    bool is_new;     /* the key was never put before */
};

struct series_write {
    const struct family *family;
    const void *record; /* NULL: drop what is before `before` */
    uint64_t before;
};

struct said {
    const struct fact_kind *kind;
    const void *fact;
};

/* Lists grow in the step's arena. */
struct outcome {
    uint32_t person_count;
    uint32_t person_numbers[STEP_PEOPLE_MAX]; /* beside the people, so that a look-up reads four cache lines at most */
    struct person *people[STEP_PEOPLE_MAX];
    bool person_changed[STEP_PEOPLE_MAX];
    uint32_t people_created;
    struct keyed_write *keyed;
    size_t keyed_count, keyed_room;
    struct row_write *rows; /* each row once */
    size_t row_count, row_room;
    struct index_write *index;
    size_t index_count, index_room;
    struct series_write *series;
    size_t series_count, series_room;
    struct said *said;
    size_t said_count, said_room, heard_count;
    uint32_t asked_count; /* of the world */
    uint32_t follow_up_count;
    struct bytes reply;
};

/* The engine's own rows; written only through the functions of step.h. */
extern const struct family timer_family;   /* due_us (8 bytes, big-endian, top bit flipped), kind (4, BE), key -> payload */
extern const struct family job_family;     /* kind (4 bytes, BE), key -> state */
extern const struct family outbox_family;  /* effect (4 bytes, BE), key -> struct outbox_head, payload */
extern const struct family setting_family; /* name -> value (8) */
extern const struct family follow_up_family; /* engine/follow.c */

/* When something was asked of the world: the outbox goes out in this order. */
struct outbox_head {
    uint64_t position;
    int64_t asked_us;
    uint64_t order; /* in its step: the first is 0 */
};
static_assert(sizeof(struct outbox_head) == 24, "the outbox is on disk");
static_assert(sizeof(struct outbox_head) + EFFECT_BYTES_MAX == ROW_BYTES_MAX, "an effect fits a row of the outbox");

/* The newest write of a key, or NULL. */
const struct keyed_write *outcome_keyed(const struct outcome *o, const struct family *f, struct bytes key);

/* The write of a row, or NULL. */
struct row_write *outcome_row(const struct outcome *o, const struct family *f, uint32_t number);

/* A person taken apart in this step, and in its arena: read or changed again without another look at the row. */
void outcome_keep(struct outcome *o, struct person *p);

/* A person's row as bytes: u16 presence mask, u16 size of each section present, then the sections. */
void person_decode(uint32_t number, struct bytes row, struct person *out_person); /* asserts: rows are our own */
struct bytes person_encode(const struct person *p, struct arena *arena);
