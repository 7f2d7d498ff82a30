/* Views: files, the newest events as columns in memory, and the rows of people who moved. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/column/gather.h"
#include "domain/column/manifest.h"
#include "domain/column/waves.h"

#define ARENA_BLOCK_BYTES 16384u
#define LOOK_EVERY 1024u /* rows */
/* The tail is taken in parts of so many events: more where there are many people, for a part has a block of each chunk. */
#define PART_EVENTS_LEAST 8192u
#define PART_EVENTS_MOST 65536u
#define PART_EVENTS_A_CHUNK 64u
/* Events that were not made into files yet are read where they are, but not more than so many: they take some 20 bytes each. */
#define UNFOLDED_EVENTS_MAX (UINT64_C(1) << 22)

/* What views of one position ask for. */
struct in_force {
    struct file_row *files; /* by month and first position, which is the order of their names too */
    size_t file_count;
    uint64_t folded_until;           /* events before it are in files */
    uint64_t purged_until;           /* of erasures before it nothing is in files or runs */
    uint64_t moves_first;            /* by index */
};

struct column_view {
    struct arena *arena; /* holds this struct and what it points at */
    const struct work_surroundings *around;
    const atomic_bool *is_cancelled; /* NULL: nobody cancels it */
    struct event_view *events;
    struct series_view *move_series;
    const struct property_bans *forbidden;
    struct in_force force;
    uint64_t position, event_folded_until, behind;
    uint32_t chunk_count, part_events;
    struct column_ahead ahead;
    /* What was loaded. */
    struct column_shelf *shelf;
    struct source *sources;
    size_t source_count, source_room;
    struct waves waves;
};

/* --- on the engine's thread --- */

static struct in_force in_force_of(const struct view *v, struct arena *arena)
{
    struct file_row row;
    struct column_mark mark = column_mark_read(v);
    uint64_t events_purged = event_purged_until(v);
    struct in_force f = {.files = ARENA_ARRAY(arena, struct file_row, mark.file_count + 1u),
                         .folded_until = mark.folded_until,
                         .purged_until = events_purged < mark.purged_until ? events_purged : mark.purged_until,
                         .moves_first = rows_series_first(v->rows, &move_family)};
    for (uint64_t from = 0; f.file_count < mark.file_count && file_next(v, from, &row); from = file_place(&row) + 1)
        f.files[f.file_count++] = row;
    return f;
}

static uint32_t part_events(uint32_t chunk_count)
{
    uint32_t events = PART_EVENTS_LEAST;
    while (events < PART_EVENTS_MOST && events / PART_EVENTS_A_CHUNK < chunk_count)
        events *= 2;
    return events;
}

struct column_view *column_view_open(const struct view *v, const struct work_surroundings *around)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct column_view *cv = ARENA_NEW(arena, struct column_view);
    struct column_mark mark = column_mark_read(v);
    uint64_t folded = event_folded_count(v);
    *cv = (struct column_view){.arena = arena, .around = around, .position = v->position, .force = in_force_of(v, arena)};
    cv->events = event_view_open(v, around);
    cv->event_folded_until = event_folded_until(v);
    cv->behind = folded > mark.taken ? folded - mark.taken : 0;
    cv->move_series = rows_series_view(v->rows, &move_family);
    cv->forbidden = property_bans_of(v, arena);
    cv->chunk_count = (view_rows_end(v, &person_family) + CHUNK_PEOPLE - 1) / CHUNK_PEOPLE;
    cv->part_events = part_events(cv->chunk_count);
    return cv;
}

void column_view_cancelled_by(struct column_view *cv, const atomic_bool *is_cancelled)
{
    cv->is_cancelled = is_cancelled;
    event_view_cancelled_by(cv->events, is_cancelled);
}

void column_view_close(struct column_view *cv)
{
    if (cv == NULL)
        return;
    waves_release(&cv->waves, cv->sources, cv->source_count);
    for (size_t i = 0; i < cv->source_count; i++)
        shelf_release(cv->shelf, cv->sources[i].held);
    series_view_close(cv->move_series);
    event_view_close(cv->events);
    arena_destroy(cv->arena);
}

uint64_t column_view_position(const struct column_view *cv)
{
    return cv->position;
}

uint32_t column_view_chunks(const struct column_view *cv)
{
    return cv->chunk_count;
}

/* --- loading --- */

static void source_add(struct column_view *cv, struct held *held, uint64_t settled)
{
    if (cv->source_count == cv->source_room) {
        size_t room = cv->source_room == 0 ? 32 : cv->source_room * 2;
        struct source *sources = ARENA_ARRAY(cv->arena, struct source, room);
        if (cv->source_count > 0)
            memcpy(sources, cv->sources, cv->source_count * sizeof *sources);
        cv->sources = sources;
        cv->source_room = room;
    }
    cv->sources[cv->source_count++] = (struct source){.held = held, .settled = settled};
}

/* --- files --- */

struct file_making {
    struct disk *disk;
    const struct file_row *row;
};

static struct status file_make(void *context, struct making *out_made, struct err *e)
{
    struct file_making *m = context;
    struct column_file *file;
    struct status status = column_file_open(m->disk, m->row->name, &file, e);
    if (status.code == STATUS_NOT_FOUND) {
        (void)err_wrap(e, status, "events that this view refers to are gone, it may be too old: open another one");
        return (struct status){STATUS_UNAVAILABLE};
    }
    TRY(status);
    struct column_sum sum = column_file_sum(file);
    if (sum.count != m->row->sum.count || sum.bytes != m->row->sum.bytes || sum.digest != m->row->sum.digest) {
        column_file_close(file);
        return FAIL(e, CORRUPT, "column file %s is not the one that was installed", m->row->name);
    }
    out_made->file = file;
    return DONE;
}

static fallible files_load(struct column_view *cv, int64_t from_us, int64_t until_us, struct err *e)
{
    for (size_t i = 0; i < cv->force.file_count; i++) {
        const struct file_row *row = &cv->force.files[i];
        struct file_making making = {.disk = cv->around->disk, .row = row};
        struct held *held;
        if (row->sum.last_us < from_us || row->sum.first_us >= until_us)
            continue;
        TRY(work_look(cv->around, cv->is_cancelled, e));
        const struct shelf_ask ask = {row->name, file_make, &making, cv->around, cv->is_cancelled};
        TRY(shelf_take(cv->shelf, &ask, &held, e));
        source_add(cv, held, row->settled);
    }
    return DONE;
}

/* --- parts: the newest events --- */

struct part_making {
    const struct column_view *view;
    uint64_t from, until; /* positions */
};

static fallible part_write(const struct column_view *cv, struct gather *g, struct column_writer *w, struct column_file **out_file,
                           struct err *e)
{
    const struct column_row *row;
    TRY(gather_next(g, &row, e));
    for (uint64_t i = 0; row != NULL; i++) {
        if (i % LOOK_EVERY == 0)
            TRY(work_look(cv->around, cv->is_cancelled, e));
        TRY(column_writer_add(w, row, e));
        TRY(gather_next(g, &row, e));
    }
    return column_writer_keep(w, out_file, e);
}

static fallible part_gather(const struct part_making *m, struct gather *g, struct column_set *set, struct column_file **out_file, struct err *e)
{
    struct column_writer *w = NULL;
    TRY(event_scan_between(m->view->events, m->from, m->until, gather_event, g, e));
    TRY(gather_trouble(g, e));
    if (gather_taken(g) == 0)
        return DONE;
    gather_sort(g, false);
    TRY(column_writer_open(NULL, NULL, set, &w, e));
    struct status status = part_write(m->view, g, w, out_file, e);
    column_writer_close(w);
    return status;
}

static struct status part_make(void *context, struct making *out_made, struct err *e)
{
    struct part_making *m = context;
    struct gather_rules rules = {.forbidden = m->view->forbidden, .bytes_max = SIZE_MAX / 2, .until = m->until};
    struct column_set *set = column_set_create();
    struct gather *g = gather_create(&rules, set);
    struct status status = part_gather(m, g, set, &out_made->file, e);
    gather_destroy(g);
    column_set_destroy(set);
    return status;
}

static fallible part_take(struct column_view *cv, uint64_t from, uint64_t until, struct err *e)
{
    struct part_making making = {.view = cv, .from = from, .until = until};
    char name[SHELF_NAME_BYTES];
    struct held *held;
    (void)snprintf(name, sizeof name, "part %" PRIx64 " %" PRIx64 " %" PRIx64, from, until, cv->force.purged_until);
    TRY(shelf_take(cv->shelf, &(struct shelf_ask){name, part_make, &making, cv->around, cv->is_cancelled}, &held, e));
    source_add(cv, held, 0);
    return DONE;
}

/* A part of before a purge may have events that are gone: so it isn't one of after it. */
struct stretch {
    uint64_t from, until, purged_until;
};

static bool part_read(const char *name, struct stretch *out)
{
    return sscanf(name, "part %" SCNx64 " %" SCNx64 " %" SCNx64, &out->from, &out->until, &out->purged_until) == 3;
}

static bool part_fits(const void *context, const char *name)
{
    const struct stretch *wanted = context;
    struct stretch part;
    return part_read(name, &part) && part.from == wanted->from && part.until <= wanted->until && part.purged_until == wanted->purged_until;
}

/* Events that left the tail, and are in no file yet: in parts that are there since they were in the tail, else in one. */
static fallible runs_load(struct column_view *cv, struct err *e)
{
    struct stretch left = {.from = cv->force.folded_until, .until = cv->event_folded_until, .purged_until = cv->force.purged_until};
    struct held *held;
    if (cv->behind > UNFOLDED_EVENTS_MAX)
        return FAIL(e, UNAVAILABLE, "columns are being made of %llu events: ask again later", (unsigned long long)cv->behind);
    while (left.from < left.until && (held = shelf_find(cv->shelf, part_fits, &left)) != NULL) {
        struct stretch part = left;
        (void)part_read(held_name(held), &part);
        source_add(cv, held, 0);
        left.from = part.until;
    }
    return left.from < left.until ? part_take(cv, left.from, left.until, e) : DONE;
}

static fallible tail_load(struct column_view *cv, struct err *e)
{
    for (uint64_t from = cv->event_folded_until, until; from < cv->position; from = until) {
        until = event_view_part_end(cv->events, from, cv->part_events);
        until = until < cv->position ? until : cv->position;
        TRY(part_take(cv, from, until, e));
    }
    return DONE;
}

/* --- what is in force --- */

static int file_name_compare(const void *name, const void *row)
{
    return strcmp(name, ((const struct file_row *)row)->name);
}

static bool is_source_in_force(const struct in_force *f, const char *name)
{
    struct stretch part;
    if (part_read(name, &part))
        return part.from >= f->folded_until && part.purged_until == f->purged_until;
    return bsearch(name, f->files, f->file_count, sizeof *f->files, file_name_compare) != NULL;
}

static bool is_in_force(const void *context, const char *name)
{
    const struct in_force *f = context;
    uint64_t from;
    const char *source;
    if (!wave_name_read(name, &from, &source))
        return is_source_in_force(f, name);
    return from >= f->moves_first && (source[0] == 0 || is_source_in_force(f, source));
}

bool column_shelf_tidy(struct column_shelf *s, const struct view *v)
{
    struct in_force force = in_force_of(v, v->arena);
    return shelf_tidy(s, is_in_force, &force);
}

static fallible newest_load(struct column_view *cv, struct column_shelf *shelf, struct err *e)
{
    cv->shelf = shelf;
    TRY(runs_load(cv, e));
    return tail_load(cv, e);
}

static void names_tell(const struct column_file *file, column_seen seen, void *context)
{
    for (uint32_t i = 0; i < column_file_columns(file); i++) {
        struct column_name name = column_file_column(file, i);
        seen(context, &name);
    }
}

fallible column_view_newest(struct column_view *cv, struct column_shelf *shelf, column_seen seen, void *context, struct err *e)
{
    assert(cv->shelf == NULL);
    TRY(newest_load(cv, shelf, e));
    for (size_t i = 0; i < cv->source_count; i++)
        for (size_t j = 0; j < held_count(cv->sources[i].held); j++)
            names_tell(held_file(cv->sources[i].held, j), seen, context);
    return DONE;
}

fallible column_view_load(struct column_view *cv, struct column_shelf *shelf, int64_t from_us, int64_t until_us, struct err *e)
{
    assert(cv->shelf == NULL || cv->shelf == shelf);
    if (cv->shelf == NULL)
        TRY(newest_load(cv, shelf, e));
    TRY(files_load(cv, from_us, until_us, e));
    (void)shelf_tidy(shelf, is_in_force, &cv->force);
    cv->waves = (struct waves){
        .shelf = shelf, .series = cv->move_series, .events = cv->events, .around = cv->around, .is_cancelled = cv->is_cancelled};
    return waves_load(&cv->waves, cv->sources, cv->source_count, e);
}

/* --- blocks --- */

struct listed {
    const struct block *block;
    const uint64_t *people; /* as of struct block_list */
};

struct listing {
    struct arena *arena;
    int64_t from_us, until_us;
    struct listed *list;
    uint32_t count, room;
};

static void block_add(struct listing *l, const struct block *b, const uint64_t *people)
{
    if (block_last_us(b) < l->from_us || block_first_us(b) >= l->until_us)
        return;
    if (l->count == l->room) {
        l->room = l->room == 0 ? 16 : l->room * 2;
        struct listed *list = ARENA_ARRAY(l->arena, struct listed, l->room);
        if (l->count > 0)
            memcpy(list, l->list, l->count * sizeof *list);
        l->list = list;
    }
    l->list[l->count++] = (struct listed){b, people};
}

static fallible held_list(const struct held *held, uint32_t chunk, const uint64_t *people, struct listing *l, struct err *e)
{
    for (size_t i = 0; i < held_count(held); i++) {
        struct column_file *file = held_file(held, i);
        uint32_t from, until;
        column_file_find(file, chunk, &from, &until);
        for (; from < until; from++) {
            const struct block *b;
            TRY(column_file_block(file, from, &b, e));
            block_add(l, b, people);
        }
    }
    return DONE;
}

static int listed_compare(const void *x, const void *y)
{
    const struct listed *a = x, *b = y;
    int64_t first = block_first_us(a->block), second = block_first_us(b->block);
    return (first > second) - (first < second);
}

/* By their first times. */
static void listing_finish(struct listing *l, struct block_list *out_list)
{
    if (l->count > 0)
        qsort(l->list, l->count, sizeof *l->list, listed_compare);
    *out_list = (struct block_list){.blocks = ARENA_ARRAY(l->arena, const struct block *, l->count + 1),
                                    .people = ARENA_ARRAY(l->arena, const uint64_t *, l->count + 1),
                                    .count = l->count,
                                    .in_order = true};
    for (uint32_t i = 0; i < l->count; i++) {
        out_list->blocks[i] = l->list[i].block;
        out_list->people[i] = l->list[i].people;
        out_list->in_order &= i == 0 || block_last_us(l->list[i - 1].block) < block_first_us(l->list[i].block);
    }
}

/* Of files that nobody read of yet. */
static void chunks_fetch(struct column_view *cv, uint32_t chunk)
{
    uint32_t from, until;
    if (!column_ahead_take(&cv->ahead, chunk, &from, &until))
        return;
    for (size_t i = 0; i < cv->source_count; i++)
        for (size_t k = 0; k < held_count(cv->sources[i].held); k++)
            column_file_fetch(held_file(cv->sources[i].held, k), from, until);
}

fallible column_view_blocks(struct column_view *cv, uint32_t chunk, int64_t from_us, int64_t until_us, struct arena *arena,
                            struct block_list *out_list, struct err *e)
{
    struct listing l = {.arena = arena, .from_us = from_us, .until_us = until_us};
    const uint64_t *people = waves_people(&cv->waves, 0, chunk, arena);
    chunks_fetch(cv, chunk);
    for (size_t i = 0; i < cv->source_count; i++)
        TRY(held_list(cv->sources[i].held, chunk, people, &l, e));
    for (uint32_t wave = 0; wave < cv->waves.count; wave++) {
        people = waves_people(&cv->waves, wave + 1, chunk, arena);
        for (size_t i = 0; i < cv->source_count; i++)
            TRY(held_list(cv->sources[i].moved[wave], chunk, people, &l, e));
    }
    listing_finish(&l, out_list);
    return DONE;
}
