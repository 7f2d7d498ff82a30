/* Random events, and what conditions, values and sequences of them are by the plainest reading: one event after the other. */
#pragma once

#include "domain/analytics/filter_inside.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/question.h"
#include "domain/column/made_test.h"
#include "testing/test.h"

#define WORLD_PEOPLE 60u   /* numbers that have events; over the chunks */
#define WORLD_CHUNKS 3u
#define WORLD_ROWS_MAX 400u
#define WORLD_EVENTS 5u    /* names of events, the last of them Kith's own */

struct world {
    struct column_set *set;
    struct name_book *book;
    struct column_row rows[WORLD_ROWS_MAX]; /* under the numbers of now */
    uint32_t count;
};
struct world *world_create(struct t *t);
void world_destroy(struct world *w);
uint32_t world_person(uint32_t i); /* the i-th number that has events */
extern const uint16_t world_events[WORLD_EVENTS];
extern const int64_t world_from_us; /* all events are in 90 days from here */

/* A random condition that can be read with the world's book. */
const char *world_condition(struct t *t, uint32_t depth);
/* A random path. */
const char *world_path(struct t *t);

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };
#define ITEM_ANY UINT32_MAX /* of all items of the event */
enum truth naive_truth(const struct world *w, const struct column_row *row, const struct expr *x, uint32_t item);
/* The value of a path as a text, as the dump of a scan writes it; "-": none. */
const char *naive_code(struct t *t, const struct world *w, const struct column_row *row, const char *path, uint32_t item);
const char *naive_quantity(struct t *t, const struct world *w, const struct column_row *row, const char *path, uint32_t item, bool is_sum);
struct bytes naive_field(const struct world *w, const struct column_row *row, const char *field); /* no bytes: none */
