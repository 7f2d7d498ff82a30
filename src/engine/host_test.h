/* For tests of the host: a place with its real threads, disk and RocksDB, over tiny domains. */
#pragma once

#include "engine/host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/backup.h"
#include "engine/dead.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "testing/test.h"
#include "testing/tiny.h"

#define MEMORY_BYTES ((size_t)64 << 20)
#define CROWD_PARTS 4u /* in which it is sent: a group is bounded */

static const struct domain *const domains[] = {&engine_domain, &tiny_domain, &echo_domain, &scribe_domain};

struct place {
    struct t *t;
    struct registry *registry;
    struct host *host;
    struct workspace *workspace;
    const char *folder;  /* of workspaces; NULL: the test's */
    struct engine_stats stats;
    bool paused;
    size_t memory_bytes; /* 0: more than a test needs */
    int64_t give_up_us;  /* of the port; 0: never */
    atomic_int woken, rung, refused_first;
    atomic_int warned, begun, over; /* what an operator heard */
    atomic_int dead_tries; /* of what is for the target 'd', which takes nothing */
    atomic_int misplaced;  /* those that didn't ring in the order of their numbers */
};

static inline void text_write(struct t *t, const char *path, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, path), "we");
    REQUIRE(t, file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
}

#define SECRET_JSON "{\"secret\":\"00000000000000a7\"}"

static inline void workspace_write_named(struct t *t, const char *name, const char *json)
{
    (void)mkdir(arena_printf(t->arena, "%s/%s", t->folder, name), 0700);
    text_write(t, arena_printf(t->arena, "%s/workspace.json", name), json);
}

static inline void workspace_write(struct t *t, const char *json)
{
    workspace_write_named(t, "main", json);
}

static inline void note_warned(void *context, const struct workspace *w, const char *words)
{
    struct place *p = context;
    CHECK(p->t, w == p->workspace && words[0] != 0);
    atomic_fetch_add(&p->warned, 1);
}

static inline void note_alarmed(void *context, const struct workspace *w, const struct alarm *alarm, bool begun)
{
    struct place *p = context;
    CHECK(p->t, w == p->workspace && strcmp(alarm->name, "tiny_limit") == 0);
    atomic_fetch_add(begun ? &p->begun : &p->over, 1);
}

static inline void note_woken(void *context, struct workspace *w, struct engine *g)
{
    struct place *p = context;
    (void)w, (void)g;
    atomic_fetch_add(&p->woken, 1);
}

/* A payload begins with the letter of its target; in a crowd its number follows. */
static inline struct bytes ring_target(struct bytes payload)
{
    return bytes_slice(payload, 0, 1);
}

/* Refuses as long as it was told to, then rings. */
static inline struct status ring(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct port_answer *out_answer)
{
    struct place *p = context;
    (void)w, (void)key;
    buf_push_text(&out_answer->words, "rung");
    bool is_dead = payload.data[0] == 'd';
    atomic_fetch_add(&p->dead_tries, is_dead);
    if (is_dead || atomic_fetch_sub(&p->refused_first, 1) > 0)
        return (struct status){STATUS_UNAVAILABLE};
    struct unpack u = unpack_of(bytes_slice(payload, 1, payload.size));
    uint32_t number = unpack_u32(&u);
    atomic_fetch_add(&p->misplaced, number != (uint32_t)atomic_load(&p->rung));
    atomic_fetch_add(&p->rung, 1);
    return DONE;
}

/* With the folder as it is. */
static inline void place_open_there(struct place *p, struct t *t, int64_t asleep_after_us)
{
    struct err e = {0};
    p->t = t;
    if (p->registry == NULL)
        CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &p->registry, &e), &e);
    struct host_options options = {
        .folder = p->folder == NULL ? t->folder : p->folder,
        .registry = p->registry,
        .apply_version = 1,
        .memory_bytes = p->memory_bytes == 0 ? MEMORY_BYTES : p->memory_bytes,
        .asleep_after_us = asleep_after_us,
        .log_segment_bytes = 1u << 20,
        .checkpoint_log_bytes = 1u << 20,
        .woken = note_woken,
        .warned = note_warned,
        .alarmed = note_alarmed,
        .context = p,
    };
    CHECK_DONE(t, host_create(&options, &p->host, &e), &e);
    host_port(p->host, &(struct port_kind){.effect = &tiny_ring, .target = ring_target, .send = ring, .context = p, .give_up_us = p->give_up_us});
    CHECK_DONE(t, host_workspace(p->host, BYTES_LIT("main"), &p->workspace, &e), &e);
}

static inline void place_open(struct place *p, struct t *t, int64_t asleep_after_us)
{
    workspace_write(t, SECRET_JSON);
    place_open_there(p, t, asleep_after_us);
}

static inline void place_close(struct place *p)
{
    host_stop(p->host);
    host_destroy(p->host);
    p->host = NULL;
}

static inline void create(struct place *p)
{
    struct err e = {0};
    struct answer a;
    CHECK_DONE(p->t, host_call(p->host, p->workspace, COMMAND_TINY_CREATE, BYTES_NONE, &a, NULL, &e), &e);
    CHECK(p->t, a.refusal == NULL);
}

static inline struct answer append(struct place *p, uint32_t person, char letter, struct buf *out_reply)
{
    struct err e = {0};
    struct answer a = {0};
    struct buf payload;
    buf_init(&payload, 16);
    pack_u32(&payload, person);
    pack_u8(&payload, (uint8_t)letter);
    CHECK_DONE(p->t, host_call(p->host, p->workspace, COMMAND_TINY_APPEND, buf_bytes(&payload), &a, out_reply, &e), &e);
    buf_fini(&payload);
    return a;
}

struct letters {
    struct bytes text;
    char room[64];
};

static inline void read_letters(const struct view *v, void *context)
{
    struct letters *l = context;
    struct bytes text = view_section(v, 1, &tiny_section);
    memcpy(l->room, text.data == NULL ? (const uint8_t *)"" : text.data, text.size < sizeof l->room ? text.size : sizeof l->room);
    l->text = bytes_of(l->room, text.size < sizeof l->room ? text.size : sizeof l->room);
}

static inline struct letters letters_of(struct place *p)
{
    struct letters l = {0};
    struct err e = {0};
    CHECK_DONE(p->t, host_read(p->host, p->workspace, read_letters, &l, &e), &e);
    l.text.data = (const uint8_t *)l.room;
    return l;
}

static inline void wait_until(struct place *p, const atomic_int *what, int least)
{
    int64_t until_us = time_monotonic_us() + 20 * US_PER_SECOND;
    while (atomic_load(what) < least && time_monotonic_us() < until_us)
        (void)letters_of(p); /* a round of the engine */
    CHECK(p->t, atomic_load(what) >= least);
}

/* Many wishes at once; their keys are their numbers as text, so that 10 sorts before 9. */
struct crowd {
    struct message message;
    struct submission *submissions;
    struct buf payloads;
    size_t *ends;
    atomic_int answered;
};

static inline void crowd_answered(struct submission *s, const struct answer *a)
{
    struct crowd *c = s->context;
    atomic_fetch_add(&c->answered, done(a->status) ? 1 : 1000000);
}

static inline void crowd_send(struct place *p, char target, unsigned from, unsigned count)
{
    struct crowd c = {.submissions = calloc(count, sizeof *c.submissions), .ends = calloc(count, sizeof *c.ends)};
    struct err e = {0};
    REQUIRE(p->t, c.submissions != NULL && c.ends != NULL);
    buf_init(&c.payloads, count * 32);
    for (unsigned i = 0; i < count; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%u", from + i);
        pack_bytes(&c.payloads, bytes_of_text(key));
        pack_u8(&c.payloads, (uint8_t)target);
        pack_u32(&c.payloads, from + i);
        c.ends[i] = c.payloads.size;
    }
    for (unsigned i = 0; i < count; i++)
        c.submissions[i] = (struct submission){.command = registry_command(p->registry, COMMAND_TINY_ASK),
                                               .payload = bytes_slice(buf_bytes(&c.payloads), i == 0 ? 0 : c.ends[i - 1], c.ends[i]),
                                               .answered = crowd_answered,
                                               .context = &c};
    c.message = (struct message){.workspace = p->workspace, .submissions = c.submissions, .submission_count = count};
    CHECK_DONE(p->t, host_send(p->host, &c.message, &e), &e);
    wait_until(p, &c.answered, (int)count);
    CHECK_EQ(p->t, atomic_load(&c.answered), count);
    buf_fini(&c.payloads);
    free(c.submissions);
    free(c.ends);
}

static inline void rung_await(struct place *p, unsigned count)
{
    int64_t until_us = time_monotonic_us() + 60 * US_PER_SECOND;
    while (atomic_load(&p->rung) < (int)count && time_monotonic_us() < until_us)
        ;
    CHECK_EQ(p->t, atomic_load(&p->rung), count);
    CHECK_EQ(p->t, atomic_load(&p->misplaced), 0);
}
