#include "domain/column/shelf.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"

enum held_state { HELD_BEING_MADE, HELD_READY, HELD_FAILED };

struct held {
    struct arena *arena; /* of this struct */
    struct held *newer, *older; /* of the shelf, by when it was last let go of */
    char name[SHELF_NAME_BYTES];
    enum held_state state;
    uint32_t holders; /* those who wait for it among them */
    size_t bytes;
    struct making made;
    struct status status; /* HELD_FAILED: why */
    struct err trouble;
};

struct column_shelf {
    struct arena *arena; /* of this struct */
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t made;  /* something is ready, or failed, or waiters are to look whether they are wanted */
    struct held *newest, *oldest;
    size_t bytes, bytes_max;
    uint64_t wakes; /* of waiters, ever */
};

#define HELD_BYTES_LEAST 4096u /* that a thing counts for at least: its struct, what the system keeps of a map */

struct column_shelf *column_shelf_create(size_t bytes_max)
{
    struct arena *arena = arena_create(sizeof(struct column_shelf));
    struct column_shelf *s = ARENA_NEW(arena, struct column_shelf);
    s->arena = arena;
    s->bytes_max = bytes_max;
    int failed_lock = pthread_mutex_init(&s->lock, NULL), failed_made = pthread_cond_init(&s->made, NULL);
    assert(failed_lock == 0 && failed_made == 0);
    (void)failed_lock, (void)failed_made;
    return s;
}

static void lock(struct column_shelf *s)
{
    int failed = pthread_mutex_lock(&s->lock);
    assert(failed == 0);
    (void)failed;
}

static void unlock(struct column_shelf *s)
{
    int failed = pthread_mutex_unlock(&s->lock);
    assert(failed == 0);
    (void)failed;
}

static void held_destroy(struct held *h)
{
    column_file_close(h->made.file);
    batches_destroy(h->made.batches);
    moves_close(h->made.moves);
    arena_destroy(h->arena);
}

/* --- the list; the lock is held --- */

static void list_remove(struct column_shelf *s, struct held *h)
{
    *(h->newer == NULL ? &s->newest : &h->newer->older) = h->older;
    *(h->older == NULL ? &s->oldest : &h->older->newer) = h->newer;
    h->newer = h->older = NULL;
}

static void list_put(struct column_shelf *s, struct held *h)
{
    h->older = s->newest;
    h->newer = NULL;
    *(s->newest == NULL ? &s->oldest : &s->newest->newer) = h;
    s->newest = h;
}

static struct held *list_find(struct column_shelf *s, const char *name)
{
    struct held *h = s->newest;
    while (h != NULL && (h->state == HELD_FAILED || strcmp(h->name, name) != 0))
        h = h->older;
    return h;
}

/* Puts it before those that are gone. */
static void list_let_go(struct column_shelf *s, struct held *h, struct held **io_gone)
{
    assert(h->holders == 0);
    list_remove(s, h);
    s->bytes -= h->bytes;
    h->older = *io_gone;
    *io_gone = h;
}

/* Lets the oldest go until the rest fits; returns them, for their ends take time. */
static struct held *list_shrink(struct column_shelf *s)
{
    struct held *gone = NULL;
    for (struct held *h = s->oldest, *newer; h != NULL && s->bytes > s->bytes_max; h = newer) {
        newer = h->newer;
        if (h->holders == 0)
            list_let_go(s, h, &gone);
    }
    return gone;
}

static void gone_destroy(struct held *gone)
{
    for (struct held *next; gone != NULL; gone = next) {
        next = gone->older;
        held_destroy(gone);
    }
}

void column_shelf_destroy(struct column_shelf *s)
{
    if (s == NULL)
        return;
    s->bytes_max = 0;
    struct held *gone = list_shrink(s);
    assert(s->newest == NULL); /* nobody holds anything */
    gone_destroy(gone);
    (void)pthread_cond_destroy(&s->made);
    (void)pthread_mutex_destroy(&s->lock);
    arena_destroy(s->arena);
}

/* --- taking and letting go --- */

static struct held *held_create(struct column_shelf *s, const char *name)
{
    struct arena *arena = arena_create(sizeof(struct held));
    struct held *h = ARENA_NEW(arena, struct held);
    size_t size = strlen(name);
    assert(size < sizeof h->name);
    h->arena = arena;
    memcpy(h->name, name, size);
    h->holders = 1;
    h->bytes = HELD_BYTES_LEAST;
    s->bytes += h->bytes;
    list_put(s, h);
    return h;
}

/* `h` is this thread's to make; the lock isn't held. */
static void held_make(struct column_shelf *s, struct held *h, const struct shelf_ask *ask)
{
    struct making made = {0};
    struct err trouble = {0};
    struct status status = ask->make(ask->context, &made, &trouble);
    size_t bytes = (made.file == NULL ? 0 : column_file_bytes(made.file)) + (made.batches == NULL ? 0 : batches_bytes(made.batches)) +
                   (made.moves == NULL ? 0 : moves_bytes(made.moves));
    lock(s);
    h->made = made;
    h->status = status;
    h->trouble = trouble;
    h->state = done(status) ? HELD_READY : HELD_FAILED;
    h->bytes += bytes;
    s->bytes += bytes;
    (void)pthread_cond_broadcast(&s->made);
    unlock(s);
}

/* The one of this name, of which another thread may be in the midst of making; or one that is this thread's to make. */
static struct held *held_get(struct column_shelf *s, const char *name, bool *out_is_mine)
{
    lock(s);
    struct held *h = list_find(s, name);
    bool is_mine = h == NULL;
    if (is_mine)
        h = held_create(s, name);
    else
        h->holders++;
    unlock(s);
    *out_is_mine = is_mine;
    return h;
}

/* Until it is ready or failed. Whoever wakes has cancelled before, so a look between two wakes is enough. */
static fallible held_await(struct column_shelf *s, const struct held *h, const struct shelf_ask *ask, struct err *e)
{
    for (bool is_being_made = true; is_being_made;) {
        lock(s);
        uint64_t wakes = s->wakes;
        unlock(s);
        TRY(work_look(ask->around, ask->is_cancelled, e));
        lock(s);
        while (h->state == HELD_BEING_MADE && s->wakes == wakes)
            (void)pthread_cond_wait(&s->made, &s->lock);
        is_being_made = h->state == HELD_BEING_MADE;
        unlock(s);
    }
    return DONE;
}

void column_shelf_wake(struct column_shelf *s)
{
    lock(s);
    s->wakes++;
    (void)pthread_cond_broadcast(&s->made);
    unlock(s);
}

fallible shelf_take(struct column_shelf *s, const struct shelf_ask *ask, struct held **out_held, struct err *e)
{
    for (;;) {
        bool is_mine;
        struct held *h = held_get(s, ask->name, &is_mine);
        struct status awaited = DONE;
        if (is_mine)
            held_make(s, h, ask);
        else
            awaited = held_await(s, h, ask, e);
        if (failed(awaited)) {
            shelf_release(s, h);
            return awaited;
        }
        if (h->state == HELD_READY) {
            *out_held = h;
            return DONE;
        }
        struct status status = h->status;
        err_set(e, "%s", h->trouble.text);
        shelf_release(s, h);
        if (is_mine || status.code != STATUS_CANCELLED)
            return status;
    }
}

struct held *shelf_find(struct column_shelf *s, shelf_fits fits, const void *context)
{
    lock(s);
    struct held *h = s->newest;
    while (h != NULL && (h->state != HELD_READY || !fits(context, h->name)))
        h = h->older;
    if (h != NULL)
        h->holders++;
    unlock(s);
    return h;
}

bool shelf_tidy(struct column_shelf *s, shelf_fits stays, const void *context)
{
    struct held *gone = NULL;
    bool is_tidy = true;
    lock(s);
    for (struct held *h = s->oldest, *newer; h != NULL; h = newer) {
        newer = h->newer;
        if (stays(context, h->name))
            continue;
        is_tidy &= h->holders == 0;
        if (h->holders == 0)
            list_let_go(s, h, &gone);
    }
    unlock(s);
    gone_destroy(gone);
    return is_tidy;
}

const char *held_name(const struct held *h)
{
    return h->name;
}

void shelf_release(struct column_shelf *s, struct held *h)
{
    struct held *gone = NULL;
    if (h == NULL)
        return;
    lock(s);
    assert(h->holders > 0);
    list_remove(s, h);
    if (--h->holders == 0 && h->state == HELD_FAILED) {
        s->bytes -= h->bytes;
        gone = h;
    } else {
        list_put(s, h);
    }
    struct held *shrunk = list_shrink(s);
    unlock(s);
    gone_destroy(gone);
    gone_destroy(shrunk);
}

size_t held_count(const struct held *h)
{
    return h->made.file != NULL ? 1 : h->made.batches == NULL ? 0 : batches_count(h->made.batches);
}

const struct moves *held_moves(const struct held *h)
{
    assert(h->made.moves != NULL);
    return h->made.moves;
}

struct column_file *held_file(const struct held *h, size_t i)
{
    return h->made.file != NULL ? h->made.file : batches_file(h->made.batches, i);
}
