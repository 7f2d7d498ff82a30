#include "domain/rule/past_columns.h"

#include <pthread.h>
#include <string.h>

#include "base/time.h"
#include "domain/rule/past_hits.h"

#define ARENA_BLOCK_BYTES (1u << 20)
#define SHELF_BYTES ((size_t)64 << 20) /* of the newest events, which this makes for itself */
#define WORD_BITS 64u
#define BITS_BLOCK (BLOCK_EVENTS_MAX / WORD_BITS)
#define NAME_WORDS (65536u / WORD_BITS)
#define MEMORY_SHARE 8u  /* of the engine's budget, for the hits of all threads */
#define DAYS_KNOWN 1024u /* of the newest days it is kept when they begin */

/* --- which features --- */

struct columns_step {
    bool hears_all;
    uint64_t names[NAME_WORDS]; /* NAME_EVENT, as block_match takes them */
    const struct filter *where; /* with the brand's; NULL: none */
};
struct past_columns {
    const struct path *value; /* NULL: none */
    struct columns_step steps[];
};

static bool step_take(struct columns_step *to, const struct past_feature *f, const struct feature_step *said,
                      const struct filter_reader *reader)
{
    to->hears_all = said->event_count == 0;
    for (uint32_t i = 0; i < said->event_count; i++)
        to->names[said->events[i] / WORD_BITS] |= UINT64_C(1) << (said->events[i] % WORD_BITS);
    if (said->where != NULL && (failed(filter_of(reader, said->where, &to->where, NULL)) || reader->wants->count > 0))
        return false;
    if (f->brand != 0)
        to->where = filter_all(reader->arena, filter_unknown_or_in(reader->arena, "brand", &f->brand_name, 1),
                               to->where);
    return filter_is_alike(to->where, NULL);
}

static bool is_of_numbers(const struct feature *f)
{
    enum series_kind kind = f->shape.kind;
    return !f->value_is_key && (kind == SERIES_SUM || kind == SERIES_LEAST || kind == SERIES_GREATEST);
}

/* Of what is first or last the value would have to be kept with its time. */
static bool value_take(struct past_columns *to, const struct feature *f, const struct filter_reader *reader)
{
    bool is_of_keys = f->value_is_key && f->shape.kind == SERIES_COUNT;
    if (f->value.size == 0)
        return true;
    return (is_of_keys || is_of_numbers(f)) && done(path_of(reader, f->value, &to->value, NULL)) &&
           path_is_alike(to->value, NULL);
}

void past_columns_take(struct past_feature *io_feature, const struct filter_reader *reader)
{
    const struct feature *f = io_feature->feature;
    struct thing_wants wants = {0};
    struct filter_reader with_wants = *reader;
    with_wants.wants = &wants;
    if (f->of != FEATURE_EVENTS || f->needs_things)
        return;
    struct past_columns *columns = arena_zeroed(reader->arena, sizeof *columns + f->step_count * sizeof *columns->steps,
                                                _Alignof(struct past_columns));
    if (!value_take(columns, f, &with_wants))
        return;
    for (uint32_t k = 0; k < f->step_count; k++)
        if (!step_take(&columns->steps[k], io_feature, &f->steps[k], &with_wants))
            return;
    io_feature->columns = columns;
}

bool past_columns_any(const struct past *p)
{
    bool any = false;
    for (uint32_t i = 0; i < p->count; i++)
        any |= p->features[i].columns != NULL;
    return any;
}

/* --- what all threads share --- */

/* A feature, and when its events were. */
struct columns_feature {
    struct past_feature *of;
    int64_t from_us, until_us, oldest;
    bool wants_ties;
    atomic_bool differs; /* columns don't say of it what events say */
};
struct columns_reading {
    const struct past_columns_ask *ask;
    uint32_t feature_count;
    struct columns_feature *features;
    size_t hits_max; /* a thread's */
    int64_t from_us;
    uint64_t since; /* the latest of any feature's */
    int64_t day_last;
    int64_t days[DAYS_KNOWN + 1]; /* when the day_last - DAYS_KNOWN + 1 + i-th day begins */
    atomic_uint next;             /* chunk */
    atomic_bool is_over, has_ahead;
    /* What was told is to be thrown away: some feature differs, or somebody has more hits than there is room for. */
    atomic_bool is_in_vain;
    pthread_mutex_t lock; /* of what follows */
    uint32_t read;        /* chunks */
    struct status status;
    struct err error;
};

static void feature_init(const struct columns_reading *r, struct past_feature *of, struct columns_feature *out)
{
    const struct feature *f = of->feature;
    const struct civil *civil = r->ask->past->civil;
    int64_t ahead_us = r->ask->ahead_us, oldest = feature_oldest(f, ahead_us, civil), from_us = INT64_MIN;
    if (oldest > -SERIES_BUCKET_MAX)
        from_us = f->grain == GRAIN_DAY ? civil_begin_us(civil, CIVIL_DAY, oldest) : oldest;
    enum series_kind kind = f->shape.kind;
    *out = (struct columns_feature){.of = of,
                                    .wants_ties = (f->shape.is_keyed && !f->value_is_key) || kind == SERIES_FIRST ||
                                                  kind == SERIES_LAST,
                                    .from_us = from_us > f->from_us ? from_us : f->from_us,
                                    .until_us = f->until_us <= ahead_us ? f->until_us : ahead_us + 1,
                                    .oldest = oldest};
}

static void reading_init(struct columns_reading *r, const struct past_columns_ask *ask, struct arena *arena)
{
    struct past *p = ask->past;
    *r = (struct columns_reading){.ask = ask, .from_us = INT64_MAX, .status = DONE};
    r->features = ARENA_ARRAY(arena, struct columns_feature, p->count);
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->features[i].columns == NULL)
            continue;
        struct columns_feature *f = &r->features[r->feature_count++];
        feature_init(r, &p->features[i], f);
        r->from_us = f->from_us < r->from_us ? f->from_us : r->from_us;
        r->since = f->of->since > r->since ? f->of->since : r->since;
    }
    size_t memory_bytes = atomic_load_explicit(&ask->work->around->memory_bytes, memory_order_relaxed);
    r->hits_max = memory_bytes / MEMORY_SHARE / work_threads(ask->work) / HIT_COST_BYTES;
    r->day_last = civil_number(p->civil, CIVIL_DAY, ask->ahead_us);
    for (uint32_t i = 0; i <= DAYS_KNOWN; i++)
        r->days[i] = civil_begin_us(p->civil, CIVIL_DAY, r->day_last - DAYS_KNOWN + 1 + i);
    int wrong = pthread_mutex_init(&r->lock, NULL);
    assert(wrong == 0);
    (void)wrong;
}

static void reading_fini(struct columns_reading *r)
{
    (void)pthread_mutex_destroy(&r->lock);
}

/* Days of 24 hours lead near it, from where the changes of clocks are made up for. */
static int64_t day_of(const struct columns_reading *r, int64_t us)
{
    if (us < r->days[0] || us >= r->days[DAYS_KNOWN])
        return civil_number(r->ask->past->civil, CIVIL_DAY, us);
    int64_t at = (us - r->days[0]) / US_PER_DAY;
    at = at < DAYS_KNOWN ? at : DAYS_KNOWN - 1;
    while (us < r->days[at])
        at--;
    while (us >= r->days[at + 1])
        at++;
    return r->day_last - DAYS_KNOWN + 1 + at;
}

/* --- one thread --- */

struct columns_thread {
    struct columns_reading *reading;
    struct arena *own;   /* in which it lies */
    struct arena *arena; /* of a chunk */
    struct block_scratch *scratch;
    struct hits_maker *maker;
    struct hits *hits;         /* a feature's each */
    struct hits_part part;     /* whose rows are looked at */
    const struct block *block; /* that is read */
    const uint64_t *people;    /* whose rows count; NULL: everybody's */
    bool is_decoded, has_messages, has_positions;
    bool is_open;            /* in the scratch */
    struct path_cells cells; /* of the feature's value in the block */
    uint16_t local[BLOCK_EVENTS_MAX];
    int64_t times[BLOCK_EVENTS_MAX];
    uint32_t messages[BLOCK_EVENTS_MAX];
    uint64_t positions[BLOCK_EVENTS_MAX];
    uint64_t steps[FEATURE_STEPS_MAX][BITS_BLOCK], any[BITS_BLOCK], edges[3][BITS_BLOCK];
};

static void block_begin(struct columns_thread *t, const struct block *b, const uint64_t *people)
{
    t->block = b;
    t->people = people;
    t->is_decoded = t->has_messages = t->has_positions = t->is_open = false;
}

static void feature_differs(struct columns_thread *t, uint32_t at)
{
    atomic_store(&t->reading->features[at].differs, true);
    atomic_store(&t->reading->is_in_vain, true);
}

static void scratch_open(struct columns_thread *t)
{
    if (!t->is_open)
        block_scratch_open(t->scratch, t->block);
    t->is_open = true;
}

static size_t words_of(const struct columns_thread *t)
{
    return (block_count(t->block) + WORD_BITS - 1) / WORD_BITS;
}

/* Which events a step of a feature is; false: none. */
static bool step_bits(struct columns_thread *t, uint32_t at, const struct columns_step *step, uint64_t *out_bits)
{
    uint32_t count = block_count(t->block);
    if (step->hears_all)
        memset(out_bits, 0xff, words_of(t) * sizeof *out_bits);
    else if (block_match(t->block, step->names, out_bits) == 0)
        return false;
    if (step->hears_all && count % WORD_BITS != 0)
        out_bits[count / WORD_BITS] = (UINT64_C(1) << (count % WORD_BITS)) - 1;
    if (step->where == NULL)
        return true;
    if (!filter_is_alike(step->where, t->block)) {
        feature_differs(t, at);
        return false;
    }
    scratch_open(t);
    filter_run(step->where, t->scratch, out_bits);
    return true;
}

/* The events of all steps, in `any`; false: none. */
static bool feature_bits(struct columns_thread *t, uint32_t at)
{
    const struct past_feature *f = t->reading->features[at].of;
    bool found = false;
    memset(t->any, 0, words_of(t) * sizeof *t->any);
    for (uint32_t k = 0; k < f->feature->step_count; k++) {
        bool has = step_bits(t, at, &f->columns->steps[k], t->steps[k]);
        if (!has)
            memset(t->steps[k], 0, words_of(t) * sizeof *t->steps[k]);
        for (size_t w = 0; w < words_of(t) && has; w++)
            t->any[w] |= t->steps[k][w];
        found |= has;
    }
    return found;
}

/* Leaves those of the feature's time; of what comes behind it all it is told whether there is any. */
static void times_narrow(struct columns_thread *t, const struct columns_feature *f)
{
    struct columns_reading *r = t->reading;
    int64_t first_us = block_first_us(t->block), last_us = block_last_us(t->block), ahead_us = r->ask->ahead_us;
    if (first_us >= f->from_us && last_us < f->until_us)
        return;
    uint64_t *edges[] = {t->edges[0], t->edges[1], t->edges[2]}, ahead = 0;
    int64_t from_us = first_us > f->from_us ? first_us : f->from_us;
    block_since(t->block, (const int64_t[]){from_us, f->until_us, ahead_us + 1}, COUNT_OF(edges), edges);
    for (size_t w = 0; w < words_of(t); w++) {
        ahead |= t->any[w] & edges[2][w];
        t->any[w] &= edges[0][w] & ~edges[1][w];
    }
    if (ahead != 0)
        atomic_store(&r->has_ahead, true);
}

static void block_decode(struct columns_thread *t, const struct columns_feature *f)
{
    bool wants_positions = block_last_position(t->block) >= f->of->since;
    if (!t->is_decoded) {
        block_people(t->block, t->local);
        block_times(t->block, t->times);
    }
    if (!t->has_messages && f->wants_ties)
        block_messages(t->block, t->messages);
    if (!t->has_positions && wants_positions)
        block_positions(t->block, t->positions);
    t->is_decoded = true;
    t->has_messages |= f->wants_ties;
    t->has_positions |= wants_positions;
}

static uint64_t steps_at(const struct columns_thread *t, const struct feature *f, uint32_t event)
{
    uint64_t bits = 0;
    for (uint32_t k = 0; k < f->step_count; k++)
        bits |= t->steps[k][event / WORD_BITS] >> (event % WORD_BITS) & 1 ? f->steps[k].bits : 0;
    return bits;
}

static bool is_counted(const struct columns_thread *t, const struct columns_feature *of, uint32_t event)
{
    uint16_t local = t->local[event];
    bool is_somebody = block_chunk(t->block) > 0 || local != PERSON_NONE;
    return is_somebody && local >= t->part.from && local < t->part.until &&
           (t->people == NULL || (t->people[local / WORD_BITS] >> (local % WORD_BITS) & 1) != 0) &&
           (!t->has_positions || t->positions[event] < of->of->since);
}

/* false: the event has no value that the feature takes, or none that is known exactly: then the feature differs. */
static bool value_take_of(struct columns_thread *t, uint32_t at, uint32_t event, struct hit *io_hit)
{
    const struct feature *f = t->reading->features[at].of->feature;
    struct value value;
    series_wide number;
    if (!path_cell(&t->cells, event, &value))
        return false;
    if (f->value_is_key) {
        io_hit->text = value.body.data;
        io_hit->text_bytes = (uint16_t)value.body.size;
        if (value.kind == VALUE_TEXT && value.body.size < PATH_CELL_TEXT_BYTES_MAX)
            return true;
    } else {
        if (!feature_number(&value, &number))
            return false;
        io_hit->number = (int64_t)number;
        if (io_hit->number == number)
            return true;
    }
    feature_differs(t, at);
    return false;
}

static void event_take(struct columns_thread *t, uint32_t at, uint32_t event)
{
    const struct columns_feature *of = &t->reading->features[at];
    const struct feature *f = of->of->feature;
    if (!is_counted(t, of, event))
        return;
    int64_t us = t->times[event];
    struct hit hit = {.us = us, .count = 1, .local = t->local[event], .tie = of->wants_ties ? t->messages[event] : 0};
    hit.bucket = f->grain == GRAIN_EVER ? 0 : f->grain == GRAIN_DAY ? day_of(t->reading, us) : us;
    if (f->shape.kind == SERIES_BITS)
        hit.count = steps_at(t, f, event);
    if (of->of->columns->value != NULL && !value_take_of(t, at, event, &hit))
        return;
    hits_push(&t->part, &t->hits[at], &hit);
    if (t->part.count > t->part.count_max && !hits_narrow(&t->part, t->hits, t->reading->feature_count))
        atomic_store(&t->reading->is_in_vain, true); /* envelopes are sorted on the disk */
}

/* false: columns don't say what the events do. */
static bool cells_open(struct columns_thread *t, uint32_t at)
{
    const struct path *value = t->reading->features[at].of->columns->value;
    if (value == NULL)
        return true;
    if (!path_is_alike(value, t->block)) {
        feature_differs(t, at);
        return false;
    }
    scratch_open(t);
    path_cells_open(value, t->scratch, &t->cells);
    return true;
}

/* Backwards: a person's newest events come first. */
static void feature_read(struct columns_thread *t, uint32_t at)
{
    const struct columns_feature *f = &t->reading->features[at];
    if (block_first_position(t->block) >= f->of->since || block_last_us(t->block) < f->from_us ||
        !feature_bits(t, at) || !cells_open(t, at))
        return;
    times_narrow(t, f);
    for (size_t w = words_of(t); w-- > 0;)
        for (uint64_t word = t->any[w]; word != 0;) {
            uint32_t bit = WORD_BITS - 1 - (uint32_t)__builtin_clzll(word);
            word &= ~(UINT64_C(1) << bit);
            block_decode(t, f);
            event_take(t, at, (uint32_t)(w * WORD_BITS + bit));
        }
}

static fallible block_read(struct columns_thread *t, const struct block *b, const uint64_t *people, struct err *e)
{
    if (block_first_position(b) >= t->reading->since)
        return DONE;
    block_begin(t, b, people);
    for (uint32_t i = 0; i < t->reading->feature_count; i++)
        feature_read(t, i);
    return block_sound(b, e);
}

/* What the blocks show of some of the chunk's people. */
static fallible part_read(struct columns_thread *t, uint32_t chunk, const struct block_list *blocks, struct err *e)
{
    struct columns_reading *r = t->reading;
    const struct past_item *items;
    for (uint32_t i = blocks->count; i-- > 0 && !atomic_load(&r->is_in_vain);) {
        TRY(work_look(r->ask->work->around, NULL, e));
        TRY(block_read(t, blocks->blocks[i], blocks->people[i], e));
    }
    size_t count = hits_make(t->maker, t->hits, r->feature_count, chunk, &items);
    (void)pthread_mutex_lock(&r->lock);
    struct status status = count == 0 ? DONE : r->ask->each(r->ask->context, items, count, e);
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}

/* All people at once, where there is memory for it: else the blocks are looked at again for those who were left. */
static fallible chunk_read(struct columns_thread *t, uint32_t chunk, struct err *e)
{
    struct columns_reading *r = t->reading;
    const struct past_columns_ask *ask = r->ask;
    struct block_list blocks;
    arena_reset(t->arena);
    TRY(column_view_blocks(ask->view, chunk, r->from_us, INT64_MAX, t->arena, &blocks, e));
    t->part = (struct hits_part){.until = CHUNK_PEOPLE, .count_max = r->hits_max};
    do
        TRY(part_read(t, chunk, &blocks, e));
    while (!atomic_load(&r->is_in_vain) && hits_part_next(&t->part));
    (void)pthread_mutex_lock(&r->lock);
    past_progress_say(&ask->progress, ++r->read, column_view_chunks(ask->view));
    (void)pthread_mutex_unlock(&r->lock);
    return DONE;
}

static struct columns_thread *thread_create(struct columns_reading *r)
{
    struct arena *own = arena_create(sizeof(struct columns_thread));
    struct columns_thread *t = arena_take(own, sizeof *t, _Alignof(struct columns_thread));
    t->reading = r;
    t->own = own;
    t->arena = arena_create(ARENA_BLOCK_BYTES);
    t->scratch = block_scratch_create(NULL, r->ask->past->civil, NULL);
    t->maker = hits_maker_create();
    t->hits = ARENA_ARRAY(own, struct hits, r->feature_count);
    for (uint32_t i = 0; i < r->feature_count; i++)
        hits_init(&t->hits[i], r->features[i].of, r->features[i].oldest);
    return t;
}

static void thread_destroy(struct columns_thread *t)
{
    for (uint32_t i = 0; i < t->reading->feature_count; i++)
        hits_fini(&t->hits[i]);
    hits_maker_destroy(t->maker);
    block_scratch_destroy(t->scratch);
    arena_destroy(t->arena);
    arena_destroy(t->own);
}

static void chunks_read(void *context)
{
    struct columns_reading *r = context;
    struct columns_thread *t = thread_create(r);
    struct err e = {0};
    struct status status = DONE;
    uint32_t until = column_view_chunks(r->ask->view);
    for (uint32_t chunk; done(status) && !atomic_load(&r->is_over) && !atomic_load(&r->is_in_vain) &&
                         (chunk = atomic_fetch_add(&r->next, 1)) < until;)
        status = chunk_read(t, chunk, &e);
    thread_destroy(t);
    if (done(status))
        return;
    atomic_store(&r->is_over, true);
    (void)pthread_mutex_lock(&r->lock);
    if (done(r->status)) {
        r->status = status;
        r->error = e;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

/* Those that differ are asked of envelopes; false: it is none of them for which the reading was in vain. */
static bool differing_drop(struct columns_reading *r)
{
    bool any = false;
    for (uint32_t i = 0; i < r->feature_count; i++)
        if (atomic_load(&r->features[i].differs)) {
            r->features[i].of->columns = NULL;
            any = true;
        }
    return any;
}

static fallible loaded_read(struct columns_reading *r, struct past_columns_told *out_told, struct err *e)
{
    work_share(r->ask->work, chunks_read, r);
    if (failed(r->status)) {
        err_set(e, "%s", r->error.text);
        return r->status;
    }
    *out_told = (struct past_columns_told){.is_whole = !atomic_load(&r->is_in_vain),
                                           .has_ahead = atomic_load(&r->has_ahead)};
    return DONE;
}

/* What one feature can't be told by columns is found while they are read: then once more without it, which is soon done. */
static fallible all_read(const struct past_columns_ask *ask, struct columns_reading *r, struct arena *arena,
                         struct past_columns_told *out_told, struct err *e)
{
    TRY(loaded_read(r, out_told, e));
    while (!out_told->is_whole && differing_drop(r) && past_columns_any(ask->past)) {
        reading_fini(r);
        reading_init(r, ask, arena);
        ask->again(ask->context);
        TRY(loaded_read(r, out_told, e));
    }
    return DONE;
}

fallible past_columns_read(const struct past_columns_ask *ask, struct past_columns_told *out_told, struct err *e)
{
    struct column_shelf *shelf = column_shelf_create(SHELF_BYTES);
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct columns_reading *r = ARENA_NEW(arena, struct columns_reading);
    reading_init(r, ask, arena);
    struct status status = column_view_load(ask->view, shelf, r->from_us, INT64_MAX, e);
    if (done(status))
        status = all_read(ask, r, arena, out_told, e);
    column_view_close(ask->view); /* which holds what is on the shelf */
    column_shelf_destroy(shelf);
    reading_fini(r);
    arena_destroy(arena);
    return status;
}
