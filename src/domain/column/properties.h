/* The registry of properties: what events were seen to have, as files of columns were made, and what an operator said of it.
 * docs/formats/columns.md. */
#pragma once

#include "domain/column/column.h"
#include "domain/column/file.h"

extern const struct family property_family;       /* NAME_EVENT (2, BE), of (1), name, 0, kind (1), is_list (1) -> what was seen */
extern const struct family property_words_family; /* NAME_EVENT (2, BE; 0: all events), of (1), name -> what was said */

#define PROPERTIES_MAX 16384u      /* rows of what was seen; further ones are counted, and not named */
#define PROPERTIES_SEEN_MAX 4096u  /* in one command */

/* --- what is seen of a file's rows, on a worker thread --- */

struct property_sights;
struct property_sights *property_sights_create(void);
void property_sights_destroy(struct property_sights *p); /* NULL is fine */
/* Of each column that the row has cells of, once; fields of the envelope apart. Some nanoseconds a cell. */
void property_sights_add(struct property_sights *p, const struct column_set *set, const struct column_row *row);
void property_sights_pack(const struct property_sights *p, const struct column_set *set, struct buf *b);
/* Whether they are such ones; a bad one marks the cursor. */
void property_sights_check(struct unpack *u);
/* Adds them to the rows. Returns how many events' properties are counted only: there are PROPERTIES_MAX. */
uint64_t property_sights_put(struct step *s, struct unpack *u);

/* --- what is forbidden --- */

struct property_bans; /* immutable; lives in the arena it was made in */
const struct property_bans *property_bans_of(const struct view *v, struct arena *a); /* NULL: nothing is forbidden */
bool property_is_banned(const struct property_bans *b, uint16_t event, enum column_of of, struct bytes name);

fallible property_check(struct bytes payload, struct err *e);
const struct refusal *property_apply(struct step *s, struct bytes payload);
