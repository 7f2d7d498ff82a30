/* Commands that wait for cold rows, in order, and the people they hold: a later command of one of these people waits
 * behind them. */
#pragma once

#include "engine/engine.h"

struct waiting;

#define WAITING_MAX 65536u

struct waiting *waiting_create(void);
void waiting_destroy(struct waiting *w); /* NULL is fine */
size_t waiting_count(const struct waiting *w);
bool waiting_holds(const struct waiting *w, const struct touched *touched); /* is one of these people held? */
void waiting_add(struct waiting *w, struct submission *s, const struct touched *touched); /* behind all others */
/* Takes all of them out, oldest first, and lets go of everybody. The list ends with NULL. */
struct submission *waiting_take_all(struct waiting *w);
