/* Private to thing: a thing as a row, and the rules by which versions are kept. */
#pragma once

#include "domain/thing/thing.h"

#define THING_TIME_NEVER INT64_MAX

/* A row as it stands: false: it isn't one. What is read lives in the arena; texts and values are borrowed. */
bool thing_row_read(struct bytes row, struct arena *a, struct thing *out_thing);
/* Canonical: equal things give equal bytes. No bytes: it takes more than size_max. */
struct bytes thing_row_make(const struct thing *t, size_t size_max, struct arena *a);
/* The same; what doesn't fit into THING_BYTES_MAX drops the oldest versions. No bytes: the newest ones alone don't fit. */
struct bytes thing_row_fit(struct thing *t, struct arena *a);

const struct thing_slot *thing_slot_find(const struct thing *t, uint32_t number); /* NULL: none */
struct bytes thing_newest(const struct thing *t, uint32_t number); /* of a slot; empty: it was never said */
bool thing_is_said(struct bytes newest);                           /* neither never nor cleared */
/* Adds what was true of a slot from an instant on; what is known stays known. `t` was made by thing_row_read, or is all zero. */
void thing_version_add(struct thing *t, uint32_t number, struct thing_version version, struct arena *a);
void thing_slots_copy(struct thing *t, struct arena *a); /* so that the original isn't changed */

/* A parent as a value. */
struct bytes thing_ref_value(const struct thing_ref *ref, struct arena *a);
bool thing_ref_of_value(struct bytes value, struct thing_ref *out_ref); /* false: it was cleared */
