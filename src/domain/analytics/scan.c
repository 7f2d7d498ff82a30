#include "domain/analytics/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/leisure.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/crowd.h"
#include "domain/analytics/deliver.h"
#include "lib/bits.h"

#define WORKER_BLOCK_BYTES (256u << 10)
#define LISTS_BLOCK_BYTES (4u << 20) /* room for the bits of most chunks; what is not touched takes nothing */
#define WORD_BITS 64u
#define DEALS_MAX 4096u
#define DEAL_BITS_FIRST 1u        /* so many bits of the hash tell deals apart at first: two deals */
#define DEAL_BITS_MAX 20u         /* a deal isn't cut any further: what is too large then is one subject's, or nearly */
#define DEAL_SHARE 4u             /* of all memory a deal takes at most one in so many */
#define PROGRESS_WHOLE (1u << 30) /* shares of the count */
#define COUNT_SHARE 0.6           /* of the whole work, of kinds that conclude */

/* Subjects whose hash ends in these bits. */
struct deal {
    uint32_t of, bits;
};

struct worker {
    struct worker *next;
    struct inquiry *inquiry;
    struct arena *arena; /* of its tally and of the worker itself */
    struct arena *lists; /* of a chunk's, or of a deal's */
    struct gather *gather;
    struct deliver deliver;
    void *tally;
    struct buf found; /* numbers of people in the cell */
    uint64_t events, subjects;
    struct unexchanged unexchanged;
    struct arrivals *arrivals; /* NULL: nobody asks */
    size_t bytes;              /* that it has told the inquiry of */
};

struct inquiry {
    struct effort effort; /* of whoever works for it; first, so that it is the inquiry */
    struct inquiry_ask ask;
    struct column_view *view;
    struct arena *arena;
    struct texts *texts;
    struct gather_plan plan;
    const struct shortcut *shortcut; /* NULL: sequences are asked for */
    uint32_t chunks;
    _Atomic uint32_t next_chunk;
    _Atomic uint32_t progress;  /* of PROGRESS_WHOLE: the count */
    _Atomic uint32_t concluded; /* the same, of the conclusion */
    _Atomic size_t bytes;       /* of all workers */
    _Atomic bool is_over;       /* cancelled, or somebody failed */
    pthread_mutex_t lock;       /* of all that follows, while workers work */
    struct worker *workers;
    struct deal deals[DEALS_MAX];
    uint32_t deal_count;
    struct status status; /* of the first that failed */
    struct err err;
    bool is_joined;    /* the first worker's tally is everybody's */
    bool is_concluded; /* or that failed */
    uint64_t events, subjects;
    struct unexchanged unexchanged;
    struct arrivals *arrivals; /* NULL: nobody asks */
    struct buf found; /* ascending, each once */
    uint64_t found_total;
};

/* --- its effort --- */

/* Cancelled, or somebody failed: nobody needs what the others would find. Asked between pieces of work, so these are parted by rests. */
static bool inquiry_over(const struct effort *f)
{
    leisure_rest();
    const struct inquiry *i = (const struct inquiry *)(const void *)f;
    return atomic_load_explicit(&i->is_over, memory_order_relaxed) ||
           (i->ask.is_cancelled != NULL && atomic_load_explicit(i->ask.is_cancelled, memory_order_relaxed));
}

static fallible memory_check(struct worker *w, size_t more, struct err *e);

/* Of the conclusion, which is the first worker's. */
static fallible inquiry_step(struct effort *f, double share, size_t bytes, struct err *e)
{
    struct inquiry *i = (struct inquiry *)(void *)f;
    atomic_store(&i->concluded, (uint32_t)(share * PROGRESS_WHOLE));
    if (inquiry_over(f))
        return FAIL(e, CANCELLED, "the question was cancelled");
    return memory_check(i->workers, bytes, e);
}

/* --- opening and closing --- */

static const struct filter *sight_filter(const struct inquiry_ask *ask, struct arena *arena)
{
    const struct filter *universe = ask->question->plan.universe;
    if (ask->sight.is_limited)
        universe = filter_all(arena, filter_unknown_or_in(arena, "brand", ask->sight.brands, ask->sight.brand_count),
                              universe);
    if (ask->sight.store.size > 0)
        universe = filter_all(arena, filter_unknown_or_in(arena, "store", &ask->sight.store, 1), universe);
    return universe;
}

/* The kind's, where the question asks of people's events nothing but what bits and plain lanes tell. */
static const struct shortcut *shortcut_of(const struct inquiry_ask *ask)
{
    const struct question *q = ask->question;
    const struct plan *plan = &q->plan;
    bool is_plain = plan->subject == SUBJECT_PERSON && !plan->by_item && !plan->wants_all && !plan->wants_nobody &&
                    plan->pick_count > 0 && ask->cell == NULL;
    for (uint32_t i = 0; i < plan->lane_count; i++)
        is_plain &= lane_may_be_plain(&plan->lanes[i]);
    return is_plain && q->kind->shortcut != NULL && q->kind->shortcut->fits(q) ? q->kind->shortcut : NULL;
}

fallible inquiry_open(const struct inquiry_ask *ask, struct column_view *view, struct column_shelf *shelf,
                      struct inquiry **out_inquiry, struct err *e)
{
    const struct plan *plan = &ask->question->plan;
    struct arena *arena = arena_create(WORKER_BLOCK_BYTES);
    struct inquiry *i = ARENA_NEW(arena, struct inquiry);
    assert(plan->from_us < plan->until_us && ask->memory_bytes_max > 0);
    *i = (struct inquiry){.effort = {.step = inquiry_step, .is_over = inquiry_over},
                          .ask = *ask,
                          .view = view,
                          .arena = arena,
                          .texts = texts_create(ask->memory_bytes_max)};
    int wrong = pthread_mutex_init(&i->lock, NULL);
    assert(wrong == 0);
    (void)wrong;
    buf_init(&i->found, SIZE_MAX / 2);
    gather_plan_make(&i->plan, ask->question, sight_filter(ask, arena), ask->things, arena);
    i->shortcut = shortcut_of(ask);
    for (uint32_t of = 0; plan->subject != SUBJECT_PERSON && of < 1u << DEAL_BITS_FIRST; of++)
        i->deals[i->deal_count++] = (struct deal){.of = of, .bits = DEAL_BITS_FIRST};
    struct status s = column_view_load(view, shelf, plan->from_us, plan->until_us, e);
    if (failed(s)) {
        inquiry_close(i);
        return s;
    }
    i->chunks = column_view_chunks(view);
    *out_inquiry = i;
    return DONE;
}

static void worker_destroy(struct worker *w)
{
    gather_close(w->gather);
    deliver_fini(&w->deliver);
    buf_fini(&w->found);
    arena_destroy(w->lists);
    arena_destroy(w->arena);
}

void inquiry_close(struct inquiry *i)
{
    if (i == NULL)
        return;
    for (struct worker *w = i->workers, *next; w != NULL; w = next) {
        next = w->next;
        worker_destroy(w);
    }
    (void)pthread_mutex_destroy(&i->lock);
    texts_destroy(i->texts);
    buf_fini(&i->found);
    column_view_close(i->view);
    arena_destroy(i->arena);
}

static struct worker *worker_create(struct inquiry *i)
{
    struct arena *arena = arena_create(WORKER_BLOCK_BYTES);
    struct worker *w = ARENA_NEW(arena, struct worker);
    const struct question *q = i->ask.question;
    *w = (struct worker){.inquiry = i, .arena = arena, .lists = arena_create(LISTS_BLOCK_BYTES)};
    w->gather = gather_open(&i->plan, i->texts, &i->effort, arena);
    deliver_init(&w->deliver, arena);
    buf_init(&w->found, SIZE_MAX / 2);
    w->arrivals = arrivals_create(q, arena);
    w->tally = q->kind->tally(q, arena);
    (void)pthread_mutex_lock(&i->lock);
    w->next = i->workers;
    i->workers = w;
    (void)pthread_mutex_unlock(&i->lock);
    return w;
}

/* --- working --- */

static void worker_take(void *context, const struct sequence *s)
{
    struct worker *w = context;
    const struct inquiry *i = w->inquiry;
    const struct question *q = i->ask.question;
    w->events += s->count;
    w->subjects += s->person != PERSON_NONE || q->plan.subject != SUBJECT_PERSON;
    if (i->ask.cell == NULL || q->kind->in_cell == NULL)
        q->kind->take(q, w->tally, s);
    else if (s->person != PERSON_NONE && q->kind->in_cell(q, i->texts, i->ask.cell, s))
        buf_push(&w->found, bytes_of(&s->person, sizeof s->person));
}

/* What the gather has counted beside its rows becomes the worker's; without `is_kept`, nobody's: the rows are gathered again. */
static void counts_take(struct worker *w, bool is_kept)
{
    struct gather *g = w->gather;
    if (is_kept) {
        unexchanged_add(&w->unexchanged, &g->unexchanged);
        arrivals_add(w->arrivals, g->arrivals);
    }
    g->unexchanged = (struct unexchanged){0};
    arrivals_clear(g->arrivals);
}

/* Tells what the worker has taken by now; `more` is about to be. */
static fallible memory_check(struct worker *w, size_t more, struct err *e)
{
    struct inquiry *i = w->inquiry;
    size_t bytes = arena_used(w->arena) + gather_bytes(w->gather) + block_scratch_bytes(w->gather->scratch) +
                   deliver_bytes(&w->deliver) + w->found.capacity + arena_used(w->lists);
    size_t all = atomic_fetch_add(&i->bytes, bytes - w->bytes) +
                 (bytes - w->bytes); /* less is added as a number that wraps */
    w->bytes = bytes;
    if (all + texts_bytes(i->texts) + more > i->ask.memory_bytes_max)
        return FAIL(e, LIMIT,
                    "the question needs more than %zu MiB: ask for a shorter range, fewer values, or a filter",
                    i->ask.memory_bytes_max >> 20);
    return DONE;
}

/* Who of the chunk is in the list of whoever asks. */
static void list_of_chunk(const struct inquiry_ask *ask, uint32_t chunk, uint64_t out_bits[CHUNK_WORDS])
{
    uint32_t first = chunk * CHUNK_PEOPLE;
    size_t from = 0, until = ask->people_count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (ask->people[middle] < first)
            from = middle + 1;
        else
            until = middle;
    }
    memset(out_bits, 0, CHUNK_WORDS * sizeof *out_bits);
    for (until = from; until < ask->people_count && ask->people[until] - first < CHUNK_PEOPLE; until++)
        out_bits[(ask->people[until] - first) / WORD_BITS] |= UINT64_C(1) << ((ask->people[until] - first) % WORD_BITS);
}

/* Which local numbers of the chunk are asked for; NULL: all. false: none. */
static bool people_of_chunk(const struct inquiry *i, uint32_t chunk, uint64_t bits[CHUNK_WORDS],
                            const uint64_t **out_people)
{
    const struct inquiry_ask *ask = &i->ask;
    const struct crowd_book *crowds = ask->question->crowd_book;
    *out_people = NULL;
    if (ask->people == NULL && !crowd_book_narrows(crowds))
        return true;
    *out_people = bits;
    if (ask->people == NULL)
        memset(bits, 0xff, CHUNK_WORDS * sizeof *bits);
    else
        list_of_chunk(ask, chunk, bits);
    crowd_book_narrow(crowds, chunk, bits);
    return bits_next(bits, 0, CHUNK_PEOPLE) < CHUNK_PEOPLE;
}

/* People who are in both, of which NULL is all; `bits` is room for them. */
static const uint64_t *people_both(const uint64_t *asked, const uint64_t *counted, uint64_t bits[CHUNK_WORDS])
{
    if (asked == NULL || counted == NULL)
        return asked == NULL ? counted : asked;
    for (uint32_t w = 0; w < CHUNK_WORDS; w++)
        bits[w] = asked[w] & counted[w];
    return bits;
}

static bool blocks_overlap(const struct block *a, const struct block *b)
{
    return a != b && block_first_us(a) <= block_last_us(b) && block_first_us(b) <= block_last_us(a);
}

/* Adds the rows of a list of blocks, of which those that overlap others come with what orders them. */
static fallible list_gather(struct worker *w, const struct block_list *list, const uint64_t *asked, struct gather_ask ask,
                            struct err *e)
{
    uint64_t bits[CHUNK_WORDS];
    for (uint32_t b = 0; b < list->count; b++) {
        ask.block = list->blocks[b];
        ask.people = people_both(asked, list->people[b], bits);
        ask.ties = w->gather->plan->subject != NULL;
        for (uint32_t k = 0; w->gather->has_ties && !ask.ties && k < list->count; k++)
            ask.ties = blocks_overlap(ask.block, list->blocks[k]);
        if (inquiry_over(&w->inquiry->effort))
            return FAIL(e, CANCELLED, "the question was cancelled");
        TRY(gather_block(w->gather, &ask, e));
        TRY(block_sound(ask.block, e));
        TRY(memory_check(w, 0, e));
    }
    return DONE;
}

/* Where the rows of a chunk lie. */
struct chunk_parts {
    bool is_any; /* anybody is asked for: else there is no list */
    uint64_t bits[CHUNK_WORDS];
    const uint64_t *asked; /* local numbers; NULL: all */
    struct block_list list;
};

static fallible chunk_look(struct worker *w, uint32_t chunk, struct chunk_parts *out, struct err *e)
{
    struct inquiry *i = w->inquiry;
    const struct plan *plan = &i->ask.question->plan;
    out->is_any = people_of_chunk(i, chunk, out->bits, &out->asked);
    if (!out->is_any)
        return DONE;
    return column_view_blocks(i->view, chunk, plan->from_us, plan->until_us, w->lists, &out->list, e);
}

/* Adds the rows of a chunk. */
static fallible chunk_gather(struct worker *w, const struct chunk_parts *parts, struct deal deal, struct err *e)
{
    if (!parts->is_any)
        return DONE;
    return list_gather(w, &parts->list, parts->asked, (struct gather_ask){.deal = deal.of, .deal_bits = deal.bits}, e);
}

/* --- subjects that are persons --- */

static fallible sequences_take(struct worker *w, uint32_t chunk, const struct chunk_parts *parts, struct err *e)
{
    gather_clear(w->gather, parts->is_any && !parts->list.in_order);
    TRY(chunk_gather(w, parts, (struct deal){0}, e));
    return deliver_people(&w->deliver, w->gather, chunk, worker_take, w, e);
}

/* The bits of a block's events. *out_count: of those that match any pick. */
static fallible block_pick(struct worker *w, const struct chunk_parts *parts, uint32_t b, struct picked_block *out, uint32_t *out_count, struct err *e)
{
    uint64_t bits[CHUNK_WORDS];
    struct gather_ask ask = {.block = parts->list.blocks[b], .people = people_both(parts->asked, parts->list.people[b], bits)};
    if (inquiry_over(&w->inquiry->effort))
        return FAIL(e, CANCELLED, "the question was cancelled");
    TRY(gather_picked(w->gather, &ask, w->lists, out, out_count, e));
    TRY(block_sound(ask.block, e));
    return memory_check(w, 0, e);
}

/* Where some lane isn't plain, sequences are taken. */
static fallible shortcut_take(struct worker *w, uint32_t chunk, const struct chunk_parts *parts, struct err *e)
{
    const struct inquiry *i = w->inquiry;
    struct picked_block *blocks = ARENA_ARRAY(w->lists, struct picked_block, parts->list.count + 1);
    struct picked_chunk picked = {.chunk = chunk, .blocks = blocks, .arena = w->lists};
    uint64_t subjects[CHUNK_WORDS] = {0}, events = 0;
    for (uint32_t b = 0; b < parts->list.count; b++) {
        uint32_t count;
        TRY(block_pick(w, parts, b, &blocks[picked.count], &count, e));
        if (count == 0)
            continue;
        if (!blocks[picked.count].is_plain)
            return sequences_take(w, chunk, parts, e);
        block_people_add(&blocks[picked.count].stints, blocks[picked.count].any, subjects);
        events += count;
        picked.count++;
    }
    w->events += events;
    w->subjects += bits_shared(subjects, subjects, CHUNK_WORDS);
    for (uint32_t b = 0; b < picked.count; b++)
        gather_arrived(w->gather, &blocks[b], w->lists);
    if (picked.count > 0)
        i->shortcut->count(i->ask.question, w->tally, &picked);
    return gather_roomy(w->gather, e);
}

/* --- blocks that overlap in time --- */

struct listed {
    const struct block *block;
    const uint64_t *people; /* as of the list */
};

static int larger_first(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    return (block_count(x->block) < block_count(y->block)) - (block_count(x->block) > block_count(y->block));
}

static int earlier_first(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    return (block_first_us(x->block) > block_first_us(y->block)) - (block_first_us(x->block) < block_first_us(y->block));
}

/* The larger blocks of a list that don't overlap each other, in front and by time; the others behind them. How many in front. */
static uint32_t listed_part(struct listed *io_all, uint32_t count)
{
    uint32_t kept = 0;
    qsort(io_all, count, sizeof *io_all, larger_first);
    for (uint32_t i = 0; i < count; i++) {
        struct listed one = io_all[i];
        bool overlaps = false;
        for (uint32_t k = 0; k < kept && !overlaps; k++)
            overlaps = blocks_overlap(one.block, io_all[k].block);
        if (overlaps)
            continue;
        io_all[i] = io_all[kept];
        io_all[kept++] = one;
    }
    qsort(io_all, kept, sizeof *io_all, earlier_first);
    return kept;
}

/* Blocks that follow each other in time, with the people who have events in no others: most people, where the others are the newest events. And all blocks with
 * the rest of the people. false: the others have more. */
static bool parts_divide(struct worker *w, const struct chunk_parts *all, struct chunk_parts *out_even, struct chunk_parts *out_rest)
{
    struct listed *listed = ARENA_ARRAY(w->lists, struct listed, all->list.count + 1);
    uint64_t others = 0, events = 0, people[CHUNK_WORDS] = {0};
    struct block_stints stints;
    for (uint32_t b = 0; b < all->list.count; b++)
        listed[b] = (struct listed){all->list.blocks[b], all->list.people[b]};
    uint32_t kept = listed_part(listed, all->list.count);
    *out_even = *out_rest = *all;
    out_even->list = (struct block_list){.blocks = ARENA_ARRAY(w->lists, const struct block *, kept + 1),
                                         .people = ARENA_ARRAY(w->lists, const uint64_t *, kept + 1),
                                         .count = kept,
                                         .in_order = true};
    for (uint32_t b = 0; b < all->list.count; b++) {
        events += block_count(listed[b].block);
        if (b < kept) {
            out_even->list.blocks[b] = listed[b].block;
            out_even->list.people[b] = listed[b].people;
            continue;
        }
        others += block_count(listed[b].block);
        block_stints(listed[b].block, w->lists, &stints);
        for (uint32_t i = 0; i < CHUNK_WORDS; i++)
            people[i] |= stints.people[i];
    }
    for (uint32_t i = 0; i < CHUNK_WORDS; i++) {
        uint64_t asked = all->asked == NULL ? UINT64_MAX : all->asked[i];
        out_even->bits[i] = asked & ~people[i];
        out_rest->bits[i] = asked & people[i];
    }
    out_even->asked = out_even->bits;
    out_rest->asked = out_rest->bits;
    return others < events / 2;
}

static fallible chunk_take(struct worker *w, uint32_t chunk, const struct chunk_parts *parts, struct err *e)
{
    struct chunk_parts even, rest;
    if (w->inquiry->shortcut == NULL || !parts->is_any)
        return sequences_take(w, chunk, parts, e);
    if (parts->list.in_order)
        return shortcut_take(w, chunk, parts, e);
    if (!parts_divide(w, parts, &even, &rest))
        return sequences_take(w, chunk, parts, e);
    TRY(shortcut_take(w, chunk, &even, e));
    return sequences_take(w, chunk, &rest, e);
}

static fallible people_work(struct worker *w, struct err *e)
{
    struct inquiry *i = w->inquiry;
    struct chunk_parts parts;
    for (;;) {
        uint32_t chunk = atomic_fetch_add(&i->next_chunk, 1);
        if (chunk >= i->chunks)
            return DONE;
        arena_reset(w->lists);
        TRY(chunk_look(w, chunk, &parts, e));
        TRY(chunk_take(w, chunk, &parts, e));
        TRY(memory_check(w, 0, e));
        atomic_fetch_add(&i->progress, PROGRESS_WHOLE / i->chunks);
    }
}

/* --- subjects that aren't persons --- */

static bool deal_pop(struct inquiry *i, struct deal *out)
{
    (void)pthread_mutex_lock(&i->lock);
    bool is_there = i->deal_count > 0;
    if (is_there)
        *out = i->deals[--i->deal_count];
    (void)pthread_mutex_unlock(&i->lock);
    return is_there;
}

static bool deal_cut(struct inquiry *i, struct deal deal)
{
    (void)pthread_mutex_lock(&i->lock);
    bool has_room = deal.bits < DEAL_BITS_MAX && i->deal_count + 2 <= DEALS_MAX;
    if (has_room) {
        i->deals[i->deal_count++] = (struct deal){.of = deal.of, .bits = deal.bits + 1};
        i->deals[i->deal_count++] = (struct deal){.of = deal.of | 1u << deal.bits, .bits = deal.bits + 1};
    }
    (void)pthread_mutex_unlock(&i->lock);
    return has_room;
}

/* Gathers a deal from all chunks. *out_cut: it was too large, and is two others now. */
static fallible deal_gather(struct worker *w, struct deal deal, bool *out_cut, struct err *e)
{
    struct inquiry *i = w->inquiry;
    uint32_t share = (PROGRESS_WHOLE >> deal.bits) / (i->chunks == 0 ? 1 : i->chunks), told = 0;
    struct chunk_parts parts;
    *out_cut = false;
    arena_reset(w->lists);
    gather_clear(w->gather, true);
    for (uint32_t chunk = 0; chunk < i->chunks; chunk++) {
        TRY(chunk_look(w, chunk, &parts, e));
        TRY(chunk_gather(w, &parts, deal, e));
        if (gather_bytes(w->gather) + texts_bytes(w->gather->subjects) > i->ask.memory_bytes_max / DEAL_SHARE &&
            deal_cut(i, deal)) {
            atomic_fetch_sub(&i->progress, told);
            *out_cut = true;
            return DONE;
        }
        atomic_fetch_add(&i->progress, share);
        told += share;
    }
    return DONE;
}

static fallible deals_work(struct worker *w, struct err *e)
{
    struct deal deal;
    while (deal_pop(w->inquiry, &deal)) {
        bool is_cut;
        w->gather->subjects = texts_create(w->inquiry->ask.memory_bytes_max);
        struct status s = deal_gather(w, deal, &is_cut, e);
        if (done(s) && !is_cut)
            s = deliver_subjects(&w->deliver, w->gather, worker_take, w, e);
        texts_destroy(w->gather->subjects);
        w->gather->subjects = NULL;
        counts_take(w, !is_cut);
        if (is_cut)
            gather_give_back(w->gather);
        TRY(s);
        TRY(memory_check(w, 0, e));
    }
    return DONE;
}

/* Keeps the first failure, with which all end. */
static void inquiry_end(struct inquiry *i, struct status s, const struct err *e)
{
    if (done(s))
        return;
    (void)pthread_mutex_lock(&i->lock);
    if (done(i->status)) {
        i->status = s;
        i->err = *e;
    }
    (void)pthread_mutex_unlock(&i->lock);
    atomic_store(&i->is_over, true);
}

void inquiry_work(struct inquiry *i)
{
    struct err e = {0};
    struct worker *w = worker_create(i);
    struct status s = i->ask.question->plan.subject == SUBJECT_PERSON ? people_work(w, &e) : deals_work(w, &e);
    counts_take(w, true);
    inquiry_end(i, s, &e);
}

double inquiry_progress(const struct inquiry *i)
{
    double counted = (double)atomic_load(&i->progress) / PROGRESS_WHOLE;
    if (i->ask.question->kind->conclude == NULL)
        return counted;
    return counted * COUNT_SHARE + (double)atomic_load(&i->concluded) / PROGRESS_WHOLE * (1 - COUNT_SHARE);
}

/* --- the answer --- */

static fallible outcome_of(struct inquiry *i, struct err *e)
{
    (void)pthread_mutex_lock(&i->lock);
    struct status s = i->status;
    if (failed(s))
        *e = i->err;
    (void)pthread_mutex_unlock(&i->lock);
    if (done(s) && inquiry_over(&i->effort))
        return FAIL(e, CANCELLED, "the question was cancelled");
    return s;
}

/* All workers' counts become the first one's. */
static void *workers_join(struct inquiry *i)
{
    const struct question *q = i->ask.question;
    if (i->workers == NULL) /* nobody worked */
        (void)worker_create(i);
    struct worker *first = i->workers;
    if (!i->is_joined)
        i->arrivals = arrivals_create(q, i->arena);
    for (struct worker *w = i->is_joined ? NULL : first; w != NULL; w = w->next) {
        if (w != first)
            q->kind->join(q, first->tally, w->tally);
        unexchanged_add(&i->unexchanged, &w->unexchanged);
        arrivals_add(i->arrivals, w->arrivals);
        i->events += w->events;
        i->subjects += w->subjects;
    }
    i->is_joined = true;
    return first->tally;
}

void inquiry_conclude(struct inquiry *i)
{
    const struct question *q = i->ask.question;
    struct err e = {0};
    bool is_needed = i->ask.cell == NULL || q->kind->in_cell == NULL;
    if (i->is_concluded || failed(outcome_of(i, &e)))
        return;
    i->is_concluded = true;
    if (!is_needed)
        return;
    void *tally = workers_join(i);
    if (q->kind->conclude != NULL)
        inquiry_end(i, q->kind->conclude(q, i->texts, tally, &i->effort, &e), &e);
}

fallible inquiry_print(struct inquiry *i, struct json_writer *w, struct err *e)
{
    const struct question *q = i->ask.question;
    inquiry_conclude(i);
    TRY(outcome_of(i, e));
    q->kind->print(q, i->texts, workers_join(i), w);
    answer_event_names(q, i->texts, w);
    exchange_print(q, &i->unexchanged, w);
    arrivals_print(i->arrivals, w);
    json_key(w, "as_of");
    json_put_uint64(w, column_view_position(i->view));
    json_key(w, "events");
    json_put_uint64(w, i->events);
    json_key(w, "subjects");
    json_put_uint64(w, i->subjects);
    return DONE;
}

static int number_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* What a kind's `gather` adds to. */
struct found_gathering {
    struct gathering gathering;
    struct buf *found;
};

static void found_add(struct gathering *to, uint32_t person)
{
    buf_push(((struct found_gathering *)(void *)to)->found, bytes_of(&person, sizeof person));
}

fallible inquiry_found(struct inquiry *i, const uint32_t **out_people, size_t *out_count, uint64_t *out_total,
                       struct err *e)
{
    const struct question *q = i->ask.question;
    struct found_gathering to = {.gathering = {.add = found_add}, .found = &i->found};
    assert(i->ask.cell != NULL);
    inquiry_conclude(i);
    TRY(outcome_of(i, e));
    buf_clear(&i->found);
    for (const struct worker *w = i->workers; w != NULL; w = w->next)
        buf_push(&i->found, buf_bytes(&w->found));
    if (q->kind->in_cell == NULL)
        q->kind->gather(q, workers_join(i), i->ask.cell, &to.gathering);
    if (i->found.overflowed)
        return FAIL(e, LIMIT, "too many people are found");
    uint32_t *people = (uint32_t *)(void *)i->found.data;
    size_t count = i->found.size / sizeof *people, kept = 0;
    if (count > 0)
        qsort(people, count, sizeof *people, number_order);
    for (size_t k = 0; k < count; k++)
        if (kept == 0 || people[kept - 1] != people[k])
            people[kept++] = people[k];
    *out_people = people;
    *out_count = kept < i->ask.found_max ? kept : i->ask.found_max;
    *out_total = kept;
    return DONE;
}
