/* One call at a time on its way to the daemon, on a thread of its own, while the next is made. Everything but the sending belongs to
 * the caller's thread. */
#pragma once

#include "app/client.h"

struct courier;

/* While a call is under way, the client is the courier's. */
struct courier *courier_create(struct client *c);
void courier_destroy(struct courier *c); /* NULL is fine; waits for what is under way */

/* Sends; only when nothing is under way. What the call points to is borrowed until courier_take; `owner` is whose it is. */
void courier_send(struct courier *c, const struct client_call *call, void *owner);
void *courier_owner(const struct courier *c); /* NULL: nothing is under way */
/* Waits for the answer, which lives until the client's next call. As of client_send. */
fallible courier_take(struct courier *c, struct client_reply *out_reply, struct err *e);
