/* Commands that wait for cold rows, in order, and what they hold: the people and rows they touch, and the keys of indexes that
 * they found no entry for. A later command of one of these waits behind them. */
#pragma once

#include "engine/engine.h"

struct waiting;

#define WAITING_MAX 65536u

struct waiting *waiting_create(void);
void waiting_destroy(struct waiting *w); /* NULL is fine */
size_t waiting_count(const struct waiting *w);
bool waiting_holds(const struct waiting *w, const struct touched *touched); /* is one of these held? */
void waiting_add(struct waiting *w, struct submission *s, const struct touched *touched); /* behind all others */
/* Takes all of them out, oldest first, and lets go of everybody. The list ends with NULL. */
struct submission *waiting_take_all(struct waiting *w);
