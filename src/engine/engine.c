#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/leisure.h"
#include "base/time.h"
#include "engine/engine_priv.h"
#include "lib/json.h"
#include "lib/pack.h"

#define WAITING_LOOK_SHARE 8u
#define ARRIVED_ENOUGH 512u
#define SYNC_HERE_COMMANDS_MAX 32u /* so few are applied before their sync could have gone to its thread and back */
#define PREFETCH_STAGES_MAX 8
#define PREFETCH_PAYLOAD_BYTES 320u /* of each: most payloads as a whole */

/* --- one command --- */

struct view engine_view(struct engine *g)
{
    arena_reset(g->arena);
    touched_clear(&g->touched);
    return (struct view){
        .rows = g->rows,
        .registry = g->options.registry,
        .arena = g->arena,
        .now_us = g->time_us,
        .position = g->applied,
        .touched = &g->touched,
        .shelf = g->shelf,
    };
}

bool engine_needs(struct engine *g, const struct command *command, struct bytes payload, int64_t now_us, bool people_here)
{
    if (command->needs == NULL) {
        touched_clear(&g->touched);
        return true;
    }
    struct view v = engine_view(g);
    v.now_us = now_us > v.now_us ? now_us : v.now_us;
    g->touched.people_here = people_here;
    command->needs(&v, payload);
    return g->touched.cold_count == 0;
}

bool engine_needs_nothing(const struct engine *g, const struct command *command, struct log_follows follows)
{
    bool may_bring_sieve = command->role == ROLE_SYSTEM && follows.position == 0;
    return g->none_cold && shelf_count(g->shelf) == 0 && !may_bring_sieve;
}

void engine_ask_cold(struct engine *g)
{
    for (uint32_t i = 0; i < g->touched.count; i++)
        fetch_ask_row(g->fetch, (struct row_name){.family = &person_family, .number = g->touched.numbers[i]});
    for (uint32_t i = 0; i < g->touched.row_count; i++)
        fetch_ask_row(g->fetch, g->touched.rows[i]);
    for (uint32_t i = 0; i < g->touched.index_count; i++)
        fetch_ask_index(g->fetch, g->touched.index[i]);
    for (uint32_t i = 0; i < g->touched.block_count; i++)
        fetch_ask_block(g->fetch, g->touched.blocks[i]);
    if (g->touched.sieve[0] != 0)
        fetch_ask_sieve(g->fetch, g->touched.sieve);
}

void engine_shelf_settle(struct engine *g, const struct command *command)
{
    if (command->role != ROLE_SYSTEM)
        return;
    struct view v = engine_view(g);
    shelf_settle(g->shelf, &v);
    g->needs_again |= shelf_count(g->shelf) > 0;
}

fallible engine_take_fetched(struct engine *g, bool wait, struct err *e)
{
    size_t taken = 0;
    TRY(fetch_take(g->fetch, wait, &taken, e));
    g->stats.fetched += taken;
    g->arrived += taken;
    return DONE;
}

fallible engine_warm_up(struct engine *g, const struct command *command, const struct log_record *record, struct err *e)
{
    while (!engine_needs(g, command, record->payload, record->time_us, g->none_cold)) {
        engine_ask_cold(g);
        do
            TRY(engine_take_fetched(g, true, e));
        while (fetch_pending(g->fetch) > 0);
    }
    return DONE;
}

static void told_fact_add(struct engine *g, const struct told_fact *fact)
{
    if (g->told_fact_count == g->told_fact_room) {
        g->told_fact_room = g->told_fact_room == 0 ? 64 : g->told_fact_room * 2;
        g->told_facts = realloc(g->told_facts, g->told_fact_room * sizeof *g->told_facts);
        if (g->told_facts == NULL)
            abort();
    }
    g->told_facts[g->told_fact_count++] = *fact;
}

/* The printed form of a fact is made at once, while its step's memory is there; it is told after the sync. */
static void tell_fact(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct engine *g = context;
    g->stats.facts++;
    if (kind->print == NULL || g->told_bytes.overflowed || g->hooks.fact == NULL || !g->hooks.wants(g->hooks.context, kind))
        return;
    size_t from = g->told_bytes.size;
    struct json_writer w;
    json_writer_init(&w, &g->told_bytes, false);
    json_object_begin(&w);
    kind->print(&s->view, fact, &w);
    json_object_end(&w);
    if (g->told_bytes.overflowed)
        return; /* the stream is a courtesy; what must arrive goes through the outbox */
    told_fact_add(g, &(struct told_fact){.position = s->view.position,
                                         .kind = kind,
                                         .cause = s->cause,
                                         .time_us = s->view.now_us,
                                         .from = from,
                                         .size = g->told_bytes.size - from});
}

/* A row of the outbox. */
struct wish {
    struct outbox_head head;
    struct bytes key, payload; /* borrowed from the row */
    const struct effect_kind *kind;
};

static struct wish wish_of(const struct engine *g, struct bytes key, struct bytes value)
{
    struct wish w = {.key = bytes_slice(key, 4, key.size), .payload = bytes_slice(value, sizeof w.head, value.size)};
    uint32_t id = (uint32_t)key_number(key.data, 4);
    memcpy(&w.head, value.data, sizeof w.head);
    w.kind = registry_effect(g->options.registry, id);
    assert(w.kind != NULL);
    return w;
}

static void told_effect_add(struct engine *g, const struct wish *w)
{
    if (g->told_effect_count == g->told_effect_room) {
        g->told_effect_room = g->told_effect_room == 0 ? 64 : g->told_effect_room * 2;
        g->told_effects = realloc(g->told_effects, g->told_effect_room * sizeof *g->told_effects);
        if (g->told_effects == NULL)
            abort();
    }
    struct told_effect *t = &g->told_effects[g->told_effect_count];
    t->kind = w->kind;
    t->key_from = g->told_bytes.size;
    t->key_size = w->key.size;
    buf_push(&g->told_bytes, w->key);
    t->payload_from = g->told_bytes.size;
    t->payload_size = w->payload.size;
    buf_push(&g->told_bytes, w->payload);
    if (!g->told_bytes.overflowed) /* else it stays in the outbox and goes out at the next start */
        g->told_effect_count++;
}

static void tell_effects(struct engine *g, const struct outcome *o)
{
    for (size_t i = 0; g->hooks.effect != NULL && i < o->keyed_count; i++) {
        if (o->keyed[i].family != &outbox_family || o->keyed[i].removed)
            continue;
        struct wish w = wish_of(g, o->keyed[i].key, o->keyed[i].value);
        told_effect_add(g, &w);
    }
}

static void refusal_note(struct engine *g, const struct command *command, const struct refusal *refusal)
{
    g->stats.refused++;
    for (size_t i = 0; i < g->refusal_count; i++) {
        if (g->refusals[i].refusal == refusal && g->refusals[i].command == command) {
            g->refusals[i].count++;
            return;
        }
    }
    if (g->refusal_count < REFUSAL_KINDS_MAX)
        g->refusals[g->refusal_count++] = (struct refusal_count){.command = command, .refusal = refusal, .count = 1};
}

const struct refusal *engine_apply(struct engine *g, const struct command *command, const struct log_record *record,
                                   bool tell, struct bytes *out_reply)
{
    arena_reset(g->arena);
    struct step s;
    step_begin(&s, g->rows, g->options.registry, g->arena);
    s.view.shelf = g->shelf;
    const struct refusal *refusal = step_apply(&s, command, record);
    step_settle(&s, tell ? tell_fact : NULL, g);
    if (tell)
        tell_effects(g, s.outcome);
    step_commit(&s, g->rows);
    *out_reply = step_replied(&s);
    g->time_us = record->time_us;
    g->stats.commands++;
    if (refusal != NULL)
        refusal_note(g, command, refusal);
    return refusal;
}

void engine_tell(struct engine *g)
{
    struct bytes told = buf_bytes(&g->told_bytes);
    for (size_t i = 0; i < g->told_fact_count; i++) {
        const struct told_fact *f = &g->told_facts[i];
        g->hooks.fact(g->hooks.context, f->position, f->kind, f->cause, f->time_us, bytes_slice(told, f->from, f->from + f->size));
    }
    for (size_t i = 0; i < g->told_effect_count; i++) {
        const struct told_effect *t = &g->told_effects[i];
        g->hooks.effect(g->hooks.context, t->kind, bytes_slice(told, t->key_from, t->key_from + t->key_size),
                        bytes_slice(told, t->payload_from, t->payload_from + t->payload_size));
    }
    g->told_fact_count = g->told_effect_count = 0;
    buf_clear(&g->told_bytes);
}

/* --- a group --- */

static void answer(struct submission *s, struct status status)
{
    struct answer a = {.status = status};
    s->answered(s, &a);
}

static void group_reserve(struct engine *g, size_t count)
{
    if (count <= g->group_room)
        return;
    g->group_room = count * 2;
    g->records = realloc(g->records, g->group_room * sizeof *g->records);
    g->ready = realloc(g->ready, g->group_room * sizeof *g->ready);
    g->answers = realloc(g->answers, g->group_room * sizeof *g->answers);
    if (g->records == NULL || g->ready == NULL || g->answers == NULL)
        abort();
}

/* Ready, waiting, or answered at once because it can't be taken. */
static void sort_in(struct engine *g, struct submission *s, int64_t now_us, size_t *ready_count)
{
    bool is_left_behind = s->follows.position != 0 && g->follow_ups.turned_away; /* one that goes before it has to come again */
    if ((!g->accepting && s->command->role != ROLE_SYSTEM) || is_left_behind) {
        answer(s, (struct status){STATUS_FULL});
        return;
    }
    bool people_here = g->none_cold && waiting_count(g->waiting) == 0;
    if (people_here && engine_needs_nothing(g, s->command, s->follows)) {
        g->ready[(*ready_count)++] = s;
        return;
    }
    bool here = engine_needs(g, s->command, s->payload, now_us, people_here);
    if (here && !waiting_holds(g->waiting, &g->touched)) {
        g->ready[(*ready_count)++] = s;
        return;
    }
    if (waiting_count(g->waiting) == WAITING_MAX) {
        answer(s, (struct status){STATUS_FULL});
        return;
    }
    engine_ask_cold(g);
    waiting_add(g->waiting, s, &g->touched);
}

static void sort_in_list(struct engine *g, struct submission *first, int64_t now_us, size_t *ready_count)
{
    for (struct submission *s = first, *next; s != NULL; s = next) {
        next = s->next;
        sort_in(g, s, now_us, ready_count);
    }
}

static fallible append(struct engine *g, size_t count, int64_t now_us, struct err *e)
{
    int64_t time_us = now_us > g->time_us ? now_us : g->time_us;
    for (size_t i = 0; i < count; i++)
        g->records[i] = (struct log_record){
            .time_us = time_us, .kind = g->ready[i]->command->id, .payload = g->ready[i]->payload, .follows = g->ready[i]->follows};
    return log_append(g->log, g->records, count, e);
}

static void payload_prefetch(struct bytes payload)
{
    size_t size = payload.size < PREFETCH_PAYLOAD_BYTES ? payload.size : PREFETCH_PAYLOAD_BYTES;
    for (size_t at = 0; at < size; at += 64)
        prefetch(payload.data + at);
}

void engine_touch_ahead(struct engine *g, struct submission **submissions, size_t count)
{
    struct view v = engine_view(g);
    struct ahead aheads[PREFETCH_BATCH];
    assert(count <= PREFETCH_BATCH);
    for (size_t i = 0; i < count; i++)
        payload_prefetch(submissions[i]->payload);
    bool more = true;
    for (int stage = 0; more && stage < PREFETCH_STAGES_MAX; stage++) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            const struct command *command = submissions[i]->command;
            more |= command->prefetch != NULL && command->prefetch(&v, submissions[i]->payload, stage, &aheads[i]);
        }
    }
}

/* Needs were met before the group began, but an earlier command of the group may lead a later one to somebody else. */
static fallible apply_all(struct engine *g, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (i % PREFETCH_BATCH == 0)
            engine_touch_ahead(g, g->ready + i, count - i < PREFETCH_BATCH ? count - i : PREFETCH_BATCH);
        if (g->needs_again)
            TRY(engine_warm_up(g, g->ready[i]->command, &g->records[i], e));
        struct bytes reply = BYTES_NONE;
        const struct refusal *refusal = engine_apply(g, g->ready[i]->command, &g->records[i], true, &reply);
        size_t from = g->replies.size;
        buf_push(&g->replies, reply);
        g->answers[i] = (struct answer){.status = DONE,
                                        .refusal = refusal,
                                        .position = g->records[i].position,
                                        .time_us = g->records[i].time_us,
                                        .reply = bytes_of((const uint8_t *)from, reply.size)}; /* an offset until all are in */
        engine_shelf_settle(g, g->ready[i]->command);
    }
    g->applied = log_end(g->log);
    return DONE;
}

static void answer_all(struct engine *g, size_t count)
{
    engine_tell(g);
    for (size_t i = 0; i < count; i++) {
        struct answer *a = &g->answers[i];
        a->reply = a->reply.size == 0 || g->replies.overflowed ? BYTES_NONE : bytes_of(g->replies.data + (size_t)a->reply.data, a->reply.size);
        g->ready[i]->answered(g->ready[i], a);
    }
    buf_clear(&g->replies);
}

/* Logged, synced and applied at once, then told. FULL: the disk is, and nothing was done; a broken one stops the engine. */
static fallible run_ready(struct engine *g, size_t count, int64_t now_us, struct err *e)
{
    int64_t begin_us = time_monotonic_us();
    TRY(append(g, count, now_us, e));
    bool beside = g->syncer != NULL && (count > SYNC_HERE_COMMANDS_MAX || !syncer_rests(g->syncer));
    if (beside)
        syncer_start(g->syncer);
    struct status applied = apply_all(g, count, e);
    TRY(beside ? syncer_wait(g->syncer, e) : log_sync(g->log, e)); /* in any case: the thread may be at it */
    TRY(applied);
    g->stats.groups++;
    g->group_took_us = time_monotonic_us() - begin_us;
    answer_all(g, count);
    return DONE;
}

/* The most records from `from` on that fit one group of the log. */
static size_t group_size(const struct engine *g, size_t from, size_t count)
{
    size_t bytes = 0, size = 0;
    while (from + size < count && size < ENGINE_GROUP_COMMANDS_MAX) {
        bytes += g->ready[from + size]->payload.size + 64;
        if (size > 0 && bytes > ENGINE_GROUP_BYTES_MAX)
            break;
        size++;
    }
    return size;
}

static void turn_away(struct engine *g, size_t from, size_t count)
{
    g->accepting = false;
    for (size_t i = from; i < count; i++)
        answer(g->ready[i], (struct status){STATUS_FULL});
}

/* Group by group; g->ready points at the group that runs. */
static fallible run_all_ready(struct engine *g, size_t count, int64_t now_us, struct err *e)
{
    struct submission **all = g->ready;
    struct status status = DONE;
    for (size_t from = 0, size; from < count && done(status); from += size) {
        size = group_size(g, from, count);
        g->ready = all + from;
        leisure_pause_begin(); /* whoever sent one of them waits for its sync */
        status = run_ready(g, size, now_us, e);
        leisure_pause_end();
        g->ready = all;
        if (status.code == STATUS_FULL) { /* also for those behind, which may not go before */
            turn_away(g, from, count);
            return DONE;
        }
    }
    TRY(status);
    return engine_room_look(g, e);
}

/* Looking at the waiting commands costs about a microsecond each, so that many wait for a part of them to be worth it. */
static bool waiting_is_due(const struct engine *g)
{
    size_t enough = waiting_count(g->waiting) / WAITING_LOOK_SHARE;
    return !g->room.wanted && g->arrived > 0 && (g->arrived >= (enough < ARRIVED_ENOUGH ? enough : ARRIVED_ENOUGH) || fetch_pending(g->fetch) == 0);
}

fallible engine_group(struct engine *g, struct submission **submissions, size_t count, int64_t now_us, struct err *e)
{
    size_t ready = 0;
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    g->none_cold = usage.cold_rows == 0;
    g->needs_again = !g->none_cold;
    TRY(engine_take_fetched(g, false, e));
    size_t follow_up_count;
    struct submission *follow_ups = follow_ups_take(g, &follow_up_count);
    group_reserve(g, count + waiting_count(g->waiting) + follow_up_count);
    if (waiting_is_due(g)) {
        g->arrived = 0;
        sort_in_list(g, waiting_take_all(g->waiting), now_us, &ready);
    }
    sort_in_list(g, follow_ups, now_us, &ready);
    bool has_needs = !g->none_cold || shelf_count(g->shelf) > 0 || waiting_count(g->waiting) > 0;
    for (size_t i = 0; i < count; i++) {
        if (has_needs && i % PREFETCH_BATCH == 0)
            engine_touch_ahead(g, submissions + i, count - i < PREFETCH_BATCH ? count - i : PREFETCH_BATCH);
        sort_in(g, submissions[i], now_us, &ready);
    }
    return ready == 0 ? DONE : run_all_ready(g, ready, now_us, e);
}

/* --- reads --- */

void engine_read(struct engine *g, engine_reader read, void *context)
{
    for (;;) {
        struct view v = engine_view(g);
        read(&v, context);
        if (g->touched.cold_count == 0)
            return;
        struct err e = {0};
        engine_ask_cold(g);
        if (failed(engine_take_fetched(g, true, &e))) {
            engine_trouble(g, &e);
            return;
        }
    }
}

struct needs_reader {
    const struct command *command;
    struct bytes payload;
};

static void read_needs(const struct view *v, void *context)
{
    const struct needs_reader *r = context;
    if (r->command->needs != NULL)
        r->command->needs(v, r->payload);
}

const struct refusal *engine_preview(struct engine *g, const struct command *command, struct bytes payload,
                                     void (*look)(void *context, const struct step *s), void *context)
{
    engine_read(g, read_needs, &(struct needs_reader){.command = command, .payload = payload});
    arena_reset(g->arena);
    struct step s;
    step_begin(&s, g->rows, g->options.registry, g->arena);
    s.view.now_us = g->time_us;
    s.view.position = g->applied;
    s.view.shelf = g->shelf;
    const struct refusal *refusal = command->apply(&s, payload);
    step_settle(&s, NULL, NULL);
    look(context, &s);
    return refusal;
}

/* --- hooks and figures --- */

void engine_hook(struct engine *g, const struct engine_hooks *hooks)
{
    g->hooks = *hooks;
}

static int wish_order(const void *a, const void *b)
{
    const struct outbox_head *x = &((const struct wish *)a)->head, *y = &((const struct wish *)b)->head;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Rows lie in the order of their keys, which isn't the one in which they were asked. */
static struct wish *wishes_list(const struct engine *g, size_t *out_count)
{
    struct wish *wishes = NULL;
    size_t count = 0, room = 0;
    struct bytes key = BYTES_NONE, value;
    for (; rows_keyed_next(g->rows, &outbox_family, key, count > 0, &key, &value); count++) {
        if (count == room) {
            room = room == 0 ? 64 : room * 2;
            wishes = realloc(wishes, room * sizeof *wishes);
            if (wishes == NULL)
                abort();
        }
        wishes[count] = wish_of(g, key, value);
    }
    if (count > 0)
        qsort(wishes, count, sizeof *wishes, wish_order);
    *out_count = count;
    return wishes;
}

void engine_outbox_replay(struct engine *g)
{
    size_t count = 0;
    struct wish *wishes = g->hooks.effect == NULL ? NULL : wishes_list(g, &count);
    for (size_t i = 0; i < count; i++)
        g->hooks.effect(g->hooks.context, wishes[i].kind, wishes[i].key, wishes[i].payload);
    free(wishes);
}

void engine_trouble(struct engine *g, const struct err *e)
{
    memcpy(g->trouble, e->text, sizeof g->trouble);
}

void engine_stats(const struct engine *g, struct engine_stats *out_stats)
{
    *out_stats = g->stats;
    out_stats->position = g->applied;
    out_stats->checkpoint_position = g->mark.position;
    out_stats->checkpoint_time_us = g->mark.time_us;
    out_stats->time_us = g->time_us;
    out_stats->digest = rows_digest(g->rows);
    out_stats->waiting = waiting_count(g->waiting);
    out_stats->purge_rounds = g->purge_rounds;
    out_stats->accepting = g->accepting;
    out_stats->trouble = g->trouble[0] == 0 ? NULL : g->trouble;
    out_stats->memory_bytes = engine_memory_bytes(g);
    rows_usage(g->rows, &out_stats->rows);
}

size_t engine_refusals(const struct engine *g, const struct refusal_count **out_rows)
{
    *out_rows = g->refusals;
    return g->refusal_count;
}

const struct registry *engine_registry(const struct engine *g)
{
    return g->options.registry;
}

struct log *engine_log(const struct engine *g)
{
    return g->log;
}
