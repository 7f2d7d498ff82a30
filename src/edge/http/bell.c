/* How other threads reach a loop: they ring, and it looks. */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "edge/http/inside.h"

struct http_bell *bell_create(void)
{
    struct http_bell *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    atomic_init(&b->holders, 1);
    b->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (b->event >= 0)
        return b;
    free(b);
    return NULL;
}

struct http_bell *bell_take(struct http_bell *b)
{
    atomic_fetch_add_explicit(&b->holders, 1, memory_order_relaxed);
    return b;
}

void bell_give(struct http_bell *b)
{
    if (b == NULL || atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) > 1)
        return;
    (void)close(b->event);
    free(b);
}

void bell_ring(struct http_bell *b)
{
    /* Either the loop sees this ring before it sleeps, or it is seen here to be asleep. */
    atomic_fetch_add(&b->rings, 1);
    if (!atomic_load(&b->asleep) || !atomic_exchange(&b->asleep, false))
        return;
    (void)eventfd_write(b->event, 1); /* fails only beyond 2^64 unread rings */
}

void bell_resume(struct http_bell *b, struct http_sleeper *s)
{
    s->next = atomic_load(&b->sleepers);
    while (!atomic_compare_exchange_weak(&b->sleepers, &s->next, s))
        continue;
    bell_ring(b);
}

void bell_sleepers_resume(struct http_bell *b)
{
    if (atomic_load_explicit(&b->sleepers, memory_order_relaxed) == NULL)
        return;
    for (struct http_sleeper *s = atomic_exchange(&b->sleepers, NULL), *next; s != NULL; s = next) {
        next = s->next; /* from the resuming on it may be gone */
        MHD_resume_connection(s->connection);
    }
}
