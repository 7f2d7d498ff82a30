/* Private to collect: the numbering of names.
 *
 * An entry of the index holds a name's number in its low half and, for an event that an operator called an alias, the
 * number that it counts as in its high half: one look-up an event name. Standard events have no entry; only when somebody
 * described one does it have a row. Of the hash 80 bits decide: among 65,535 names the chance that two meet is 10^-15. */
#pragma once

#include "domain/collect/collect.h"

extern const struct family name_index_family; /* hash of (kind, name) -> number | alias << 16 */
extern const struct family name_row_family;   /* kind, number -> the row; kind alone -> the last number given */

/* The number of a name; the next one of its kind when it is new, 0 when none is left or the name is empty. User-defined
 * aliases are followed once. */
uint32_t name_intern(struct step *s, enum name_kind kind, struct bytes name);
/* Sets what an operator said of a name. alias 0: none; only for events that aren't standard. */
void name_describe(struct step *s, enum name_kind kind, uint32_t number, uint32_t alias, struct bytes attributes);
/* One that stood already is being described (names_marked). */
void name_again_note(struct step *s, enum name_kind kind);
/* What the attributes of an app say that it is, APP_NOT_SAID where they say nothing. false: something that no app is. */
bool app_kind_said(struct bytes attributes, enum app_kind *out_kind);
/* Names of this kind that were given numbers; standard events are not counted. */
uint32_t names_given(const struct view *v, enum name_kind kind);
