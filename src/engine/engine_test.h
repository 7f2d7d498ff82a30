/* An engine with tiny domains on a simulated disk, for the tests of the engine: commands are prepared, sent and looked at. */
#pragma once

#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "store/disk_sim.h"
#include "testing/relay.h"
#include "testing/test.h"
#include "testing/tiny.h"

#define SENT_MAX 512u
#define START_US INT64_C(1763740800000000)

static const struct domain *const test_domains[] = {&engine_domain, &tiny_domain, &echo_domain, &scribe_domain, &relay_domain};

struct sent {
    struct submission submission;
    struct buf payload;
    bool answered;
    struct answer answer; /* without its reply */
    char reply[64];
};

struct world {
    struct t *t;
    struct disk *disk;
    struct cold *cold;
    struct registry *registry;
    struct engine_options options;
    struct engine *engine;
    int64_t now_us;
    struct sent sent[SENT_MAX];
    size_t sent_count;
    struct buf rung; /* the keys of effects that left, each with a space */
};

static inline struct cold *cold_again(void *context, const char *snapshot, struct err *e)
{
    struct world *w = context;
    return failed(cold_memory_reopen(w->cold, snapshot, e)) ? NULL : w->cold;
}

static inline struct cold *cold_copy(void *context, const char *snapshot, struct err *e)
{
    struct world *w = context;
    struct cold *copy = NULL;
    if (snapshot == NULL)
        return cold_memory_create();
    return failed(cold_memory_copy(w->cold, snapshot, &copy, e)) ? NULL : copy;
}

static inline void cold_keep(void *context, struct cold *c)
{
    (void)context, (void)c;
}

static inline void cold_drop(void *context, struct cold *c)
{
    (void)context;
    cold_close(c);
}

static inline void ring(void *context, const struct effect_kind *kind, struct bytes key, struct bytes payload)
{
    struct world *w = context;
    CHECK(w->t, kind == &tiny_ring && payload.size > 0);
    buf_push(&w->rung, key);
    buf_push_byte(&w->rung, ' ');
}

static inline void engine_start(struct world *w)
{
    struct err e = {0};
    CHECK_DONE(w->t, engine_open(&w->options, &w->engine, &e), &e);
    engine_hook(w->engine, &(struct engine_hooks){.context = w, .effect = ring});
}

static inline struct world *world_open(struct t *t)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    struct err e = {0};
    w->t = t;
    w->disk = disk_sim_create(t->seed);
    w->cold = cold_memory_create();
    w->now_us = START_US;
    CHECK_DONE(t, registry_create(test_domains, COUNT_OF(test_domains), &w->registry, &e), &e);
    w->options = (struct engine_options){
        .disk = w->disk,
        .cold_open = cold_again,
        .cold_close = cold_keep,
        .context = w,
        .registry = w->registry,
        .apply_version = 1,
        .log_segment_bytes = 1 << 15,
        .checkpoint_log_bytes = 1 << 30,
        .memory_bytes = 1 << 30,
    };
    buf_init(&w->rung, 4096);
    engine_start(w);
    return w;
}

static inline void world_close(struct world *w)
{
    engine_close(w->engine);
    for (size_t i = 0; i < w->sent_count; i++)
        buf_fini(&w->sent[i].payload);
    cold_close(w->cold);
    disk_close(w->disk);
    registry_destroy(w->registry);
    buf_fini(&w->rung);
    free(w);
}

/* Power goes and comes back. */
static inline void world_crash(struct world *w)
{
    engine_close(w->engine);
    disk_sim_crash(w->disk);
    engine_start(w);
}

static inline void answered(struct submission *s, const struct answer *a)
{
    struct sent *sent = s->context;
    assert(!sent->answered);
    sent->answered = true;
    sent->answer = *a;
    (void)snprintf(sent->reply, sizeof sent->reply, "%.*s", BYTES_ARG(a->reply));
}

/* Prepares a command; push its payload, then send it. */
static inline struct sent *prepare(struct world *w, uint32_t command)
{
    assert(w->sent_count < SENT_MAX);
    struct sent *s = &w->sent[w->sent_count++];
    buf_init(&s->payload, 1 << 20);
    s->submission = (struct submission){
        .command = registry_command(w->registry, command), .answered = answered, .context = s};
    return s;
}

static inline void send_all(struct world *w, struct sent **all, size_t count)
{
    struct submission *submissions[SENT_MAX];
    for (size_t i = 0; i < count; i++) {
        all[i]->submission.payload = buf_bytes(&all[i]->payload);
        submissions[i] = &all[i]->submission;
    }
    struct err e = {0};
    CHECK_DONE(w->t, engine_group(w->engine, submissions, count, w->now_us, &e), &e);
}

static inline struct sent *send(struct world *w, struct sent *s)
{
    send_all(w, &s, 1);
    return s;
}

static inline struct sent *letter(struct world *w, uint32_t person, char letter)
{
    struct sent *s = prepare(w, COMMAND_TINY_APPEND);
    pack_u32(&s->payload, person);
    pack_u8(&s->payload, (uint8_t)letter);
    return s;
}

static inline struct sent *ask(struct world *w, const char *key)
{
    struct sent *s = prepare(w, COMMAND_TINY_ASK);
    pack_bytes(&s->payload, bytes_of_text(key));
    buf_push_text(&s->payload, "payload");
    return s;
}

static inline struct sent *wake(struct world *w, int64_t due_us, const char *what)
{
    struct sent *s = prepare(w, COMMAND_TINY_WAKE);
    pack_u64(&s->payload, (uint64_t)due_us);
    pack_bytes(&s->payload, bytes_of_text(what));
    buf_push_text(&s->payload, what);
    return s;
}

static inline struct sent *set(struct world *w, const char *name, int64_t value)
{
    struct sent *s = prepare(w, COMMAND_SET);
    pack_bytes(&s->payload, bytes_of_text(name));
    pack_u64(&s->payload, (uint64_t)value);
    return s;
}

static inline int64_t keep_house(struct world *w)
{
    int64_t wait_us = -1;
    struct err e = {0};
    CHECK_DONE(w->t, engine_keep_house(w->engine, w->now_us, &wait_us, &e), &e);
    return wait_us;
}

/* Puts everything into a checkpoint and lets all rows go. */
static inline void freeze(struct world *w)
{
    struct err e = {0};
    CHECK_DONE(w->t, engine_checkpoint(w->engine, true, &e), &e);
    for (int i = 0; i < 4; i++)
        (void)keep_house(w);
}

static inline bool accepted(const struct sent *s)
{
    return s->answered && done(s->answer.status) && s->answer.refusal == NULL;
}

/* --- reading --- */

struct word {
    const char *name;
    uint32_t person; /* 0: the word */
    char text[1024];
};

static inline void read_word(const struct view *v, void *context)
{
    struct word *word = context;
    struct bytes text = word->person != 0 ? view_section(v, word->person, &tiny_section) : tiny_text(v, word->name);
    (void)snprintf(word->text, sizeof word->text, "%.*s", BYTES_ARG(text));
}

static inline void check_word(struct world *w, const char *name, const char *want)
{
    struct word word = {.name = name};
    engine_read(w->engine, read_word, &word);
    CHECK_TEXT(w->t, word.text, want);
}

static inline void check_letters(struct world *w, uint32_t person, const char *want)
{
    struct word word = {.person = person};
    engine_read(w->engine, read_word, &word);
    CHECK_TEXT(w->t, word.text, want);
}

static inline struct engine_stats stats(const struct world *w)
{
    struct engine_stats s;
    engine_stats(w->engine, &s);
    return s;
}
