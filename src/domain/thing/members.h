/* Private to thing: sets of things that are found together (engine/roster.h): those of a kind, those that are
 * or were children of a thing, those with one value of an indexed attribute, those whose names begin alike. */
#pragma once

#include "domain/thing/thing.h"
#include "engine/roster.h"

extern const struct family thing_family;        /* the things' rows */
extern const struct family thing_member_family; /* pages of the rosters */
extern const struct family thing_member_index_family;

/* What names a set; in the arena. It is made of names alone, not of numbers that a kind or an attribute gets when it is declared: so
 * `needs` can tell it before that. */
struct bytes members_of_kind(struct bytes kind, struct arena *a);
struct bytes members_under(struct bytes parent, struct arena *a); /* ever; a packed reference (row.h) */
struct bytes members_with(struct bytes kind, struct bytes attribute, struct bytes value, struct arena *a);

struct bytes members_named(struct bytes kind, uint8_t text, struct bytes begin, struct arena *a); /* enum thing_text */

void members_touch(const struct view *v, struct bytes set, uint32_t thing);
/* For a thing that gets the next number, whichever that is by then. */
void members_touch_new(const struct view *v, struct bytes set);
void members_add(struct step *s, struct bytes set, uint32_t thing);
void members_remove(struct step *s, struct bytes set, uint32_t thing);
uint32_t members_next(const struct view *v, struct bytes set, uint32_t after); /* THING_NONE: no more */
