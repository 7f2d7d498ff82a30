/* Private to rule: the numbers of slots. None is ever used again. Features of events of the same name, which one event adds to, get neighbouring ones, of one
 * sheaf as long as there is room: so what a person has of them is read and written together (person_features.h). */
#pragma once

#include "domain/rule/book.h"

uint32_t slot_take(struct step *s, const struct feature *f); /* NULL: of whatever events */
