/* Cold pages on their way into memory: asked for by the engine, read by a few threads at once, taken by the engine.
 * Without threads the reading happens in fetch_take. */
#pragma once

#include "store/cold.h"
#include "store/rows.h"

struct fetch;

fallible fetch_create(struct cold *c, unsigned threads, struct fetch **out_fetch, struct err *e);
void fetch_destroy(struct fetch *f); /* NULL is fine */

void fetch_ask(struct fetch *f, uint32_t number); /* a number already on its way is asked once */
size_t fetch_pending(const struct fetch *f);       /* asked and not yet taken */
/* Puts every row that has arrived into `rows`; with `wait`, blocks until at least one has (when any is pending).
 * *out_taken counts them. CORRUPT, IO: a page can't be read. */
fallible fetch_take(struct fetch *f, struct rows *rows, bool wait, size_t *out_taken, struct err *e);
