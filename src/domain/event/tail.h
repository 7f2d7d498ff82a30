/* The tail: notes of the events that are not folded yet, counts by event name and by brand, and filters that say who is in which part
 * of it.
 *
 * Noting an event costs one push. Every TAIL_PART_NOTES notes, and when notes are dropped, those not counted yet are added
 * to the counts, and a filter over the people of the part is made; so reading a count looks at one row and at no more
 * notes than a part has. */
#pragma once

#include "domain/event/event.h"

#define TAIL_PART_NOTES 4096u

extern const struct family note_family;   /* series of struct event_note */
extern const struct family filter_family; /* series: record k is the filter of notes [k, k + 1) x TAIL_PART_NOTES */
extern const struct family named_family;  /* NAME_EVENT / 64 (4 bytes, big-endian) -> 64 counts */
extern const struct family brand_named_family; /* NAME_BRAND, NAME_EVENT (2 bytes each, big-endian) -> the count */

void tail_push(struct step *s, const struct event_note *note); /* the note lives in the step's arena; once a step */
void tail_drop(struct step *s, uint64_t until);                /* by index; not in the step of a push */
uint64_t tail_count(const struct view *v); /* of events that are not folded yet */
uint64_t tail_count_named(const struct view *v, uint32_t event);
/* As event_count_of_brand and event_counts_add. */
uint64_t tail_count_of_brand(const struct view *v, uint32_t brand);
void tail_counts_add(const struct view *v, uint32_t brand, uint64_t counts[EVENT_NAMES]);

/* A frozen view for any one thread. */
struct tail_view {
    struct series_view *notes, *filters;
};
struct tail_view tail_view_open(const struct view *v); /* engine's thread; cheap */
void tail_view_close(struct tail_view *t);
/* Calls for each note of one of `numbers` (ascending, each once), in the order of positions. Returns what made it stop. */
typedef struct status (*tail_each)(void *context, const struct event_note *note, struct err *e);
fallible tail_view_find(const struct tail_view *t, const uint32_t *numbers, size_t count, tail_each each, void *context, struct err *e);
