#include "domain/column/waves.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/column/moved.h"

#define WAVE_SHARE 4u /* a wave stays by itself while it has so many times the moves of all that are behind it */

/* --- names on the shelf --- */

struct wave_name {
    uint64_t from, until;
    const char *source; /* "": of moves */
};

static bool name_read(const char *name, struct wave_name *out)
{
    int at = 0;
    if (strncmp(name, "wave ", 5) != 0 || sscanf(name + 5, "%" SCNx64 " %" SCNx64 " %n", &out->from, &out->until, &at) != 2 || at == 0)
        return false;
    out->source = name + 5 + at;
    return true;
}

static void name_write(char out_name[SHELF_NAME_BYTES], const struct wave *wave, const char *source)
{
    (void)snprintf(out_name, SHELF_NAME_BYTES, "wave %" PRIx64 " %" PRIx64 " %s", wave->from, wave->until, source);
}

bool wave_name_read(const char *name, uint64_t *out_from, const char **out_source)
{
    struct wave_name read;
    if (!name_read(name, &read))
        return false;
    *out_from = read.from;
    *out_source = read.source;
    return true;
}

/* --- moves --- */

struct moves_making {
    const struct waves *waves;
    const struct wave *wave;
};

static struct status moves_make(void *context, struct making *out_made, struct err *e)
{
    const struct moves_making *m = context;
    (void)e;
    out_made->moves = moves_open(m->waves->series, m->wave->from, m->wave->until);
    return DONE;
}

static fallible wave_take(const struct waves *w, uint64_t from, uint64_t until, struct wave *out_wave, struct err *e)
{
    struct wave wave = {.from = from, .until = until};
    struct moves_making making = {.waves = w, .wave = &wave};
    char name[SHELF_NAME_BYTES];
    name_write(name, &wave, "");
    TRY(shelf_take(w->shelf, &(struct shelf_ask){name, moves_make, &making, w->around, w->is_cancelled}, &wave.held, e));
    *out_wave = wave;
    return DONE;
}

static bool is_next_wave(const void *context, const char *name)
{
    const struct wave *wanted = context;
    struct wave_name read;
    return name_read(name, &read) && read.source[0] == 0 && read.from == wanted->from && read.until <= wanted->until;
}

/* Those that are there already, and one of all moves that came since. */
static fallible waves_take(struct waves *w, struct err *e)
{
    struct wave left = {.from = series_view_first(w->series), .until = series_view_end(w->series)};
    while (left.from < left.until && w->count + 1 < WAVES_MAX && (left.held = shelf_find(w->shelf, is_next_wave, &left)) != NULL) {
        struct wave_name read;
        (void)name_read(held_name(left.held), &read);
        w->list[w->count++] = (struct wave){.held = left.held, .from = left.from, .until = read.until};
        left.from = read.until;
    }
    if (left.from == left.until)
        return DONE;
    TRY(wave_take(w, left.from, left.until, &w->list[w->count], e));
    w->count++;
    return DONE;
}

/* --- rows --- */

struct rows_making {
    const struct waves *waves;
    const struct source *source;
    uint32_t wave;
    const struct moves *moves[WAVES_MAX]; /* of each wave */
    struct owner_book *owners;
};

static fallible held_take(const struct moved_rows *rows, const struct held *held, uint64_t settled, struct err *e)
{
    for (size_t i = 0; i < held_count(held); i++)
        TRY(moved_rows_take(rows, held_file(held, i), settled, e));
    return DONE;
}

/* What is before the wave: of each the rows that none between the two has. */
static fallible rows_gather(const struct rows_making *m, struct moved_rows *rows, struct err *e)
{
    rows->hiding = m->moves;
    rows->hiding_count = m->wave;
    TRY(held_take(rows, m->source->held, m->source->settled, e));
    for (uint32_t i = 0; i < m->wave; i++) {
        rows->hiding = m->moves + i + 1;
        rows->hiding_count = m->wave - (i + 1);
        TRY(held_take(rows, m->source->moved[i], m->source->settled, e));
    }
    return batches_finish(rows->into, e);
}

/* The rows of several waves, that of `wave` and those behind it, as one. */
static fallible rows_join(const struct rows_making *m, struct moved_rows *rows, struct err *e)
{
    for (uint32_t i = m->wave; i < m->waves->count; i++) {
        rows->hiding = m->moves + i + 1;
        rows->hiding_count = m->waves->count - (i + 1);
        for (size_t k = 0; k < held_count(m->source->moved[i]); k++)
            TRY(moved_rows_keep(rows, held_file(m->source->moved[i], k), e));
    }
    return batches_finish(rows->into, e);
}

typedef struct status (*rows_from)(const struct rows_making *m, struct moved_rows *rows, struct err *e);

static fallible rows_make(const struct rows_making *m, rows_from from, struct making *out_made, struct err *e)
{
    struct moved_rows rows = {.moves = m->moves[m->wave],
                              .owners = m->owners,
                              .around = m->waves->around,
                              .is_cancelled = m->waves->is_cancelled,
                              .set = column_set_create()};
    rows.into = batches_create(rows.set);
    struct status status = from(m, &rows, e);
    if (done(status))
        out_made->batches = rows.into;
    else
        batches_destroy(rows.into);
    column_set_destroy(rows.set);
    return status;
}

static struct status rows_gathered(void *context, struct making *out_made, struct err *e)
{
    return rows_make(context, rows_gather, out_made, e);
}

static struct status rows_joined(void *context, struct making *out_made, struct err *e)
{
    return rows_make(context, rows_join, out_made, e);
}

static struct rows_making making_of(const struct waves *w, uint32_t wave)
{
    struct rows_making making = {.waves = w, .wave = wave};
    for (uint32_t i = 0; i < w->count; i++)
        making.moves[i] = held_moves(w->list[i].held);
    return making;
}

/* The wave's rows of a source, of the shelf; `wave` says how far it reaches. */
static fallible rows_take(const struct wave *wave, shelf_make make, struct rows_making *making, struct held **out_rows, struct err *e)
{
    char name[SHELF_NAME_BYTES];
    name_write(name, wave, held_name(making->source->held));
    return shelf_take(making->waves->shelf, &(struct shelf_ask){name, make, making, making->waves->around, making->waves->is_cancelled}, out_rows, e);
}

static fallible wave_gather(const struct waves *w, uint32_t wave, struct source *sources, size_t source_count, struct err *e)
{
    struct rows_making making = making_of(w, wave);
    struct status status = DONE;
    making.owners = owner_book_create(w->events, making.moves[wave]);
    for (size_t i = 0; i < source_count && done(status); i++) {
        making.source = &sources[i];
        status = rows_take(&w->list[wave], rows_gathered, &making, &sources[i].moved[wave], e);
    }
    owner_book_destroy(making.owners);
    return status;
}

/* --- joining --- */

/* The first wave that isn't much larger than all behind it; the last one: there is none. */
static uint32_t wave_to_join(const struct waves *w)
{
    uint32_t last = w->count - 1, i = 0;
    while (i < last && w->list[i].until - w->list[i].from >= WAVE_SHARE * (w->list[last].until - w->list[i].until))
        i++;
    return i;
}

static void rows_release(const struct waves *w, struct source *source, uint32_t from)
{
    for (uint32_t i = from; i < WAVES_MAX; i++) {
        shelf_release(w->shelf, source->moved[i]);
        source->moved[i] = NULL;
    }
}

static void moves_release(struct waves *w, uint32_t from)
{
    for (; w->count > from; w->count--)
        shelf_release(w->shelf, w->list[w->count - 1].held);
}

static fallible waves_join(struct waves *w, uint32_t from, struct source *sources, size_t source_count, struct err *e)
{
    const struct wave joined = {.from = w->list[from].from, .until = w->list[w->count - 1].until};
    struct rows_making making = making_of(w, from);
    for (size_t i = 0; i < source_count; i++) {
        struct held *rows;
        making.source = &sources[i];
        TRY(rows_take(&joined, rows_joined, &making, &rows, e));
        rows_release(w, &sources[i], from);
        sources[i].moved[from] = rows;
    }
    moves_release(w, from);
    TRY(wave_take(w, joined.from, joined.until, &w->list[from], e));
    w->count++;
    return DONE;
}

/* --- all of them --- */

/* Of what is before the end of a view's moves it has use for its own waves alone. */
static bool is_of_use(const void *context, const char *name)
{
    const struct waves *w = context;
    struct wave_name read;
    if (!name_read(name, &read) || read.until > w->list[w->count - 1].until)
        return true;
    for (uint32_t i = 0; i < w->count; i++)
        if (read.from == w->list[i].from && read.until == w->list[i].until)
            return true;
    return false;
}

fallible waves_load(struct waves *w, struct source *sources, size_t source_count, struct err *e)
{
    assert(w->count == 0);
    TRY(waves_take(w, e));
    if (w->count == 0)
        return DONE;
    for (uint32_t i = 0; i < w->count; i++)
        TRY(wave_gather(w, i, sources, source_count, e));
    uint32_t from = wave_to_join(w);
    if (from + 1 < w->count)
        TRY(waves_join(w, from, sources, source_count, e));
    (void)shelf_tidy(w->shelf, is_of_use, w);
    return DONE;
}

void waves_release(struct waves *w, struct source *sources, size_t source_count)
{
    for (size_t i = 0; i < source_count; i++)
        rows_release(w, &sources[i], 0);
    moves_release(w, 0);
}

const uint64_t *waves_people(const struct waves *w, uint32_t after, uint32_t chunk, struct arena *arena)
{
    uint64_t *people = NULL;
    for (uint32_t i = after; i < w->count; i++) {
        const uint64_t *moved = moves_of_chunk(held_moves(w->list[i].held), chunk);
        if (moved != NULL && people == NULL)
            people = memset(arena_take(arena, CHUNK_WORDS * sizeof *people, sizeof *people), 0xFF, CHUNK_WORDS * sizeof *people);
        for (uint32_t k = 0; moved != NULL && k < CHUNK_WORDS; k++)
            people[k] &= ~moved[k];
    }
    return people;
}
