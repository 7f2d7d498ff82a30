#include "edge/api/study_shelf.h"

#include <pthread.h>
#include <stdlib.h>

#define SHELVES_KEPT_MAX 4u /* that nobody uses */

/* What was read of the state under one veil. */
struct kept_names {
    struct hash128 revision;
    struct name_book *book; /* NULL: none yet */
};

struct study_shelf {
    struct study_shelf *next;
    const struct workspace *workspace;
    struct column_shelf *columns;
    struct kept_names plain, veiled; /* the engine's thread's, while anybody uses the shelf */
    unsigned users;
};

struct study_shelves {
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct study_shelf *first; /* the last taken one */
};

struct study_shelves *study_shelves_create(void)
{
    struct study_shelves *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->given, NULL);
    return s;
}

static void shelf_destroy(struct study_shelf *h)
{
    if (h == NULL)
        return;
    name_book_destroy(h->plain.book);
    name_book_destroy(h->veiled.book);
    column_shelf_destroy(h->columns);
    free(h);
}

static bool is_any_used(const struct study_shelves *s)
{
    const struct study_shelf *h = s->first;
    while (h != NULL && h->users == 0)
        h = h->next;
    return h != NULL;
}

void study_shelves_destroy(struct study_shelves *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    while (is_any_used(s))
        (void)pthread_cond_wait(&s->given, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    for (struct study_shelf *h = s->first, *next; h != NULL; h = next) {
        next = h->next;
        shelf_destroy(h);
    }
    (void)pthread_cond_destroy(&s->given);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Takes the unused one that was taken longest ago out of the list, when too many are kept; NULL: they are few. */
static struct study_shelf *surplus_take(struct study_shelves *s)
{
    struct study_shelf **oldest = NULL;
    unsigned unused = 0;
    for (struct study_shelf **at = &s->first; *at != NULL; at = &(*at)->next)
        if ((*at)->users == 0) {
            oldest = at;
            unused++;
        }
    if (unused <= SHELVES_KEPT_MAX)
        return NULL;
    struct study_shelf *surplus = *oldest;
    *oldest = surplus->next;
    return surplus;
}

/* Takes the workspace's out of the list; NULL: it has none. */
static struct study_shelf *own_take(struct study_shelves *s, const struct workspace *w)
{
    struct study_shelf **at = &s->first;
    while (*at != NULL && (*at)->workspace != w)
        at = &(*at)->next;
    struct study_shelf *own = *at;
    if (own != NULL)
        *at = own->next;
    return own;
}

struct study_shelf *study_shelf_take(struct study_shelves *s, const struct workspace *w, size_t bytes_max)
{
    (void)pthread_mutex_lock(&s->lock);
    struct study_shelf *h = own_take(s, w);
    if (h == NULL) {
        h = calloc(1, sizeof *h);
        if (h == NULL)
            abort();
        *h = (struct study_shelf){.workspace = w, .columns = column_shelf_create(bytes_max)};
    }
    h->users++;
    h->next = s->first;
    s->first = h;
    (void)pthread_mutex_unlock(&s->lock);
    return h;
}

struct column_shelf *study_shelf_columns(const struct study_shelf *h)
{
    return h->columns;
}

struct name_book *study_shelf_names(struct study_shelf *h, const struct view *v, const struct veil *veil)
{
    struct kept_names *kept = veil == NULL ? &h->plain : &h->veiled;
    struct hash128 revision = name_book_revision(v);
    assert(kept->book == NULL || name_book_veiled_by(kept->book) == veil);
    if (kept->book == NULL || !hash128_equal(kept->revision, revision)) {
        struct name_book *before = kept->book;
        *kept = (struct kept_names){.revision = revision, .book = name_book_after(v, veil, before)};
        name_book_destroy(before);
    }
    return name_book_share(kept->book);
}

bool study_shelves_tidy(struct study_shelves *s, const struct workspace *w, const struct view *v)
{
    (void)pthread_mutex_lock(&s->lock);
    const struct study_shelf *h = s->first;
    while (h != NULL && h->workspace != w)
        h = h->next;
    bool is_tidy = h == NULL || column_shelf_tidy(h->columns, v);
    (void)pthread_mutex_unlock(&s->lock);
    return is_tidy;
}

void study_shelves_wake(struct study_shelves *s)
{
    (void)pthread_mutex_lock(&s->lock);
    for (struct study_shelf *h = s->first; h != NULL; h = h->next)
        column_shelf_wake(h->columns);
    (void)pthread_mutex_unlock(&s->lock);
}

void study_shelf_give(struct study_shelves *s, struct study_shelf *h)
{
    if (h == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    assert(h->users > 0);
    h->users--;
    struct study_shelf *surplus = surplus_take(s);
    (void)pthread_cond_broadcast(&s->given);
    (void)pthread_mutex_unlock(&s->lock);
    shelf_destroy(surplus);
}
