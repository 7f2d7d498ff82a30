/* Orders whose number stands under another shop of the workspace, imported apart: asked of the daemon, some at a time. */
#pragma once

#include "app/client.h"

#define ELSEWHERE_ORDERS_MAX 1000u /* of a question, as the daemon takes them */

struct elsewhere_order {
    struct bytes shop, number;
    uint64_t line; /* the asker's own */
};
/* `other` is borrowed for the call. */
typedef void (*elsewhere_found)(void *context, const struct elsewhere_order *order, struct bytes other);

struct elsewhere;

/* Over a connection of its own to `client`'s daemon, since that one may be busy. */
struct elsewhere *elsewhere_create(const struct client *client, elsewhere_found found, void *context);
void elsewhere_destroy(struct elsewhere *e); /* NULL is fine; asks nothing */

void elsewhere_add(struct elsewhere *e,
                   const struct elsewhere_order *order); /* copied; asks about those before it when they are enough */
void elsewhere_ask(struct elsewhere *e);                 /* about those that are left */
/* How many could not be asked about, for what nobody is to be stopped: the daemon was busy, or knows no such question. */
uint64_t elsewhere_unasked(const struct elsewhere *e);
