/* What was made of files, kept for who reads them next. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/disk_ops.h"

#define KEPT_PATH_BYTES 128u

struct kept {
    void *thing; /* NULL: the place is free */
    void (*close)(void *thing);
    uint64_t turn; /* of its keeping */
    char path[KEPT_PATH_BYTES];
};

struct disk_keep {
    pthread_mutex_t lock;
    struct kept places[DISK_KEPT_MAX];
    uint64_t turn;  /* how often anything was kept */
    uint64_t drops; /* how often anything was to be let go */
};

struct disk_keep *disk_keep_create(void)
{
    struct disk_keep *k = calloc(1, sizeof *k);
    if (k == NULL)
        abort();
    (void)pthread_mutex_init(&k->lock, NULL);
    return k;
}

/* Closed by the caller without the lock: closing is a system call. */
static struct kept place_clear(struct kept *place)
{
    struct kept was = *place;
    place->thing = NULL;
    return was;
}

static void kept_close(const struct kept *k)
{
    if (k->thing != NULL)
        k->close(k->thing);
}

void disk_keep_drop(struct disk_keep *k, const char *path)
{
    (void)pthread_mutex_lock(&k->lock);
    k->drops++;
    for (size_t i = 0; i < DISK_KEPT_MAX; i++)
        if (k->places[i].thing != NULL && (path == NULL || strcmp(k->places[i].path, path) == 0)) {
            struct kept gone = place_clear(&k->places[i]);
            kept_close(&gone);
        }
    (void)pthread_mutex_unlock(&k->lock);
}

void disk_keep_destroy(struct disk_keep *k)
{
    disk_keep_drop(k, NULL);
    (void)pthread_mutex_destroy(&k->lock);
    free(k);
}

void *disk_kept_take(struct disk *d, const char *path, uint64_t *out_as_of)
{
    struct disk_keep *k = d->keep;
    void *thing = NULL;
    (void)pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < DISK_KEPT_MAX && thing == NULL; i++)
        if (k->places[i].thing != NULL && strcmp(k->places[i].path, path) == 0)
            thing = place_clear(&k->places[i]).thing;
    *out_as_of = k->drops;
    (void)pthread_mutex_unlock(&k->lock);
    return thing;
}

/* A free one, or that of what was kept longest ago. */
static struct kept *place_pick(struct disk_keep *k)
{
    struct kept *picked = &k->places[0];
    for (size_t i = 1; i < DISK_KEPT_MAX && picked->thing != NULL; i++)
        if (k->places[i].thing == NULL || k->places[i].turn < picked->turn)
            picked = &k->places[i];
    return picked;
}

void disk_keep(struct disk *d, const char *path, void *thing, void (*close)(void *thing), uint64_t as_of)
{
    struct disk_keep *k = d->keep;
    struct kept gone = {.thing = thing, .close = close};
    assert(thing != NULL && strlen(path) < KEPT_PATH_BYTES);
    (void)pthread_mutex_lock(&k->lock);
    assert(as_of <= k->drops);
    if (as_of == k->drops) {
        struct kept *place = place_pick(k);
        gone = place_clear(place);
        *place = (struct kept){.thing = thing, .close = close, .turn = ++k->turn};
        memcpy(place->path, path, strlen(path) + 1);
    }
    (void)pthread_mutex_unlock(&k->lock);
    kept_close(&gone);
}
