/* The host with its real threads, disk and RocksDB, over tiny domains. Covers: host.c, workspace.c, ports.c, crew.c, syncer.c */
#include "engine/host.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/time.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "testing/test.h"
#include "testing/tiny.h"

static const struct domain *const domains[] = {&engine_domain, &tiny_domain, &echo_domain, &scribe_domain};

struct place {
    struct t *t;
    struct registry *registry;
    struct host *host;
    struct workspace *workspace;
    atomic_int woken, rung, refused_first;
};

static void workspace_write(struct t *t, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/%s/workspace.json", t->folder, name);
    FILE *file = fopen(path, "we");
    CHECK(t, file != NULL);
    (void)fputs("{\"secret\":\"00000000000000a7\"}", file);
    (void)fclose(file);
}

static void note_woken(void *context, struct workspace *w, struct engine *g)
{
    struct place *p = context;
    (void)w, (void)g;
    atomic_fetch_add(&p->woken, 1);
}

/* Refuses as long as it was told to, then rings. */
static struct status ring(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct buf *out_words)
{
    struct place *p = context;
    (void)w, (void)key, (void)payload;
    buf_push_text(out_words, "rung");
    if (atomic_fetch_sub(&p->refused_first, 1) > 0)
        return (struct status){STATUS_UNAVAILABLE};
    atomic_fetch_add(&p->rung, 1);
    return DONE;
}

static void place_open(struct place *p, struct t *t, int64_t asleep_after_us)
{
    struct err e = {0};
    p->t = t;
    if (p->registry == NULL)
        CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &p->registry, &e), &e);
    workspace_write(t, "main");
    struct host_options options = {
        .folder = t->folder,
        .registry = p->registry,
        .apply_version = 1,
        .memory_bytes = 64u << 20,
        .asleep_after_us = asleep_after_us,
        .log_segment_bytes = 1u << 20,
        .checkpoint_log_bytes = 1u << 20,
        .woken = note_woken,
        .context = p,
    };
    CHECK_DONE(t, host_create(&options, &p->host, &e), &e);
    host_port(p->host, &(struct port_kind){.effect = &tiny_ring, .send = ring, .context = p});
    CHECK_DONE(t, host_workspace(p->host, BYTES_LIT("main"), &p->workspace, &e), &e);
}

static void place_close(struct place *p)
{
    host_stop(p->host);
    host_destroy(p->host);
    p->host = NULL;
}

static void create(struct place *p)
{
    struct err e = {0};
    struct answer a;
    CHECK_DONE(p->t, host_call(p->host, p->workspace, COMMAND_TINY_CREATE, BYTES_NONE, &a, NULL, &e), &e);
    CHECK(p->t, a.refusal == NULL);
}

static struct answer append(struct place *p, uint32_t person, char letter, struct buf *out_reply)
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

static void read_letters(const struct view *v, void *context)
{
    struct letters *l = context;
    struct bytes text = view_section(v, 1, &tiny_section);
    memcpy(l->room, text.data == NULL ? (const uint8_t *)"" : text.data, text.size < sizeof l->room ? text.size : sizeof l->room);
    l->text = bytes_of(l->room, text.size < sizeof l->room ? text.size : sizeof l->room);
}

static struct letters letters_of(struct place *p)
{
    struct letters l = {0};
    struct err e = {0};
    CHECK_DONE(p->t, host_read(p->host, p->workspace, read_letters, &l, &e), &e);
    l.text.data = (const uint8_t *)l.room;
    return l;
}

static void what_is_answered_is_there_after_a_restart(struct t *t)
{
    struct place p = {0};
    struct buf reply;
    buf_init(&reply, 256);
    place_open(&p, t, 0);
    create(&p);
    CHECK(t, append(&p, 1, 'a', &reply).refusal == NULL);
    CHECK_BYTES(t, buf_bytes(&reply), BYTES_LIT("{\"letters\":1}"));
    CHECK(t, append(&p, 7, 'b', NULL).refusal == &tiny_no_person);
    struct letters before = letters_of(&p);
    place_close(&p);
    place_open(&p, t, 0);
    struct letters after = letters_of(&p);
    before.text.data = (const uint8_t *)before.room, after.text.data = (const uint8_t *)after.room;
    CHECK(t, after.text.size > 0);
    CHECK_BYTES(t, after.text, before.text);
    place_close(&p);
    buf_fini(&reply);
    registry_destroy(p.registry);
}

static void unknown_workspaces_are_named(struct t *t)
{
    struct place p = {0};
    struct workspace *w;
    struct err e = {0};
    place_open(&p, t, 0);
    CHECK_FAILS(t, host_workspace(p.host, BYTES_LIT("none"), &w, &e), NOT_FOUND);
    CHECK_FAILS(t, host_workspace(p.host, BYTES_LIT("../etc"), &w, &e), NOT_FOUND);
    CHECK_EQ(t, host_workspace_count(p.host), 1);
    place_close(&p);
    registry_destroy(p.registry);
}

static void wait_until(struct place *p, const atomic_int *what, int least)
{
    int64_t until_us = time_monotonic_us() + 20 * US_PER_SECOND;
    while (atomic_load(what) < least && time_monotonic_us() < until_us)
        (void)letters_of(p); /* a round of the engine */
    CHECK(p->t, atomic_load(what) >= least);
}

static void a_wish_goes_out_again_until_the_world_takes_it(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    struct answer a;
    struct buf payload;
    atomic_store(&p.refused_first, 1); /* once: the second try comes after a second */
    place_open(&p, t, 0);
    buf_init(&payload, 64);
    pack_bytes(&payload, BYTES_LIT("door"));
    pack_raw(&payload, BYTES_LIT("twice"));
    CHECK_DONE(t, host_call(p.host, p.workspace, COMMAND_TINY_ASK, buf_bytes(&payload), &a, NULL, &e), &e);
    wait_until(&p, &p.rung, 1);
    place_close(&p);
    atomic_store(&p.rung, 0);
    place_open(&p, t, 0); /* it was answered: nothing is asked again */
    (void)letters_of(&p);
    CHECK_EQ(t, atomic_load(&p.rung), 0);
    place_close(&p);
    buf_fini(&payload);
    registry_destroy(p.registry);
}

static void a_workspace_falls_asleep_and_wakes_with_all_it_had(struct t *t)
{
    struct place p = {0};
    struct host_stats stats = {.awake = 1};
    place_open(&p, t, 1000);
    create(&p);
    (void)append(&p, 1, 'z', NULL);
    int64_t until_us = time_monotonic_us() + 20 * US_PER_SECOND;
    while (stats.awake > 0 && time_monotonic_us() < until_us)
        host_stats(p.host, &stats);
    CHECK_EQ(t, stats.awake, 0);
    struct letters l = letters_of(&p);
    CHECK_EQ(t, l.text.size, 1);
    CHECK(t, atomic_load(&p.woken) >= 2);
    place_close(&p);
    registry_destroy(p.registry);
}

struct heard {
    atomic_int added, all;
};

static void hear(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us, struct bytes json)
{
    struct heard *h = context;
    (void)position, (void)cause, (void)time_us, (void)json;
    atomic_fetch_add(&h->all, 1);
    atomic_fetch_add(&h->added, kind == &fact_letter_added);
}

static void listeners_hear_what_they_asked_for(struct t *t)
{
    struct place p = {0};
    struct heard one = {0}, all = {0};
    place_open(&p, t, 0);
    create(&p);
    struct host_listener *a = host_listen(p.host, p.workspace, &fact_letter_added, hear, &one);
    struct host_listener *b = host_listen(p.host, p.workspace, NULL, hear, &all);
    (void)append(&p, 1, 'q', NULL);
    (void)letters_of(&p);
    host_unlisten(p.host, b);
    (void)append(&p, 1, 'r', NULL);
    (void)letters_of(&p);
    host_unlisten(p.host, a);
    (void)append(&p, 1, 's', NULL);
    place_close(&p);
    CHECK_EQ(t, atomic_load(&one.all), 2);
    CHECK_EQ(t, atomic_load(&one.added), 2);
    CHECK_EQ(t, atomic_load(&all.all), 1); /* the echo is not for outside */
    registry_destroy(p.registry);
}

static void count_one(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static void errands_are_run_before_the_end(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    atomic_int done_count = 0;
    place_open(&p, t, 0);
    for (int i = 0; i < 100; i++)
        CHECK_DONE(t, host_background(p.host, count_one, &done_count, &e), &e);
    place_close(&p);
    CHECK_EQ(t, atomic_load(&done_count), 100);
    registry_destroy(p.registry);
}

static const struct test tests[] = {
    {"what is answered is there after a restart", what_is_answered_is_there_after_a_restart, 1},
    {"unknown workspaces are named", unknown_workspaces_are_named, 1},
    {"a wish goes out again until the world takes it", a_wish_goes_out_again_until_the_world_takes_it, 1},
    {"a workspace falls asleep and wakes with all it had", a_workspace_falls_asleep_and_wakes_with_all_it_had, 1},
    {"listeners hear what they asked for", listeners_hear_what_they_asked_for, 1},
    {"errands are run before the end", errands_are_run_before_the_end, 1},
};
TEST_MAIN(tests)
