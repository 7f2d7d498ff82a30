/* The host with its real threads, disk and RocksDB, over tiny domains. Covers: host.c, workspace.c, ports.c, crew.c, syncer.c */
#include "engine/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "testing/test.h"
#include "testing/tiny.h"

#define CROWD_PARTS 4u /* in which it is sent: a group is bounded */

static const struct domain *const domains[] = {&engine_domain, &tiny_domain, &echo_domain, &scribe_domain};

struct place {
    struct t *t;
    struct registry *registry;
    struct host *host;
    struct workspace *workspace;
    atomic_int woken, rung, refused_first;
    atomic_int warned;
    atomic_int dead_tries; /* of what is for the target 'd', which takes nothing */
    atomic_int misplaced;  /* those that didn't ring in the order of their numbers */
};

static void text_write(struct t *t, const char *path, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, path), "we");
    REQUIRE(t, file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
}

#define SECRET_JSON "{\"secret\":\"00000000000000a7\"}"

static void workspace_write(struct t *t, const char *json)
{
    (void)mkdir(arena_printf(t->arena, "%s/main", t->folder), 0700);
    text_write(t, "main/workspace.json", json);
}

static void note_warned(void *context, const struct workspace *w, const char *words)
{
    struct place *p = context;
    CHECK(p->t, w == p->workspace && words[0] != 0);
    atomic_fetch_add(&p->warned, 1);
}

static void note_woken(void *context, struct workspace *w, struct engine *g)
{
    struct place *p = context;
    (void)w, (void)g;
    atomic_fetch_add(&p->woken, 1);
}

/* A payload begins with the letter of its target; in a crowd its number follows. */
static struct bytes ring_target(struct bytes payload)
{
    return bytes_slice(payload, 0, 1);
}

/* Refuses as long as it was told to, then rings. */
static struct status ring(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct port_answer *out_answer)
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
static void place_open_there(struct place *p, struct t *t, int64_t asleep_after_us)
{
    struct err e = {0};
    p->t = t;
    if (p->registry == NULL)
        CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &p->registry, &e), &e);
    struct host_options options = {
        .folder = t->folder,
        .registry = p->registry,
        .apply_version = 1,
        .memory_bytes = 64u << 20,
        .asleep_after_us = asleep_after_us,
        .log_segment_bytes = 1u << 20,
        .checkpoint_log_bytes = 1u << 20,
        .woken = note_woken,
        .warned = note_warned,
        .context = p,
    };
    CHECK_DONE(t, host_create(&options, &p->host, &e), &e);
    host_port(p->host, &(struct port_kind){.effect = &tiny_ring, .target = ring_target, .send = ring, .context = p});
    CHECK_DONE(t, host_workspace(p->host, BYTES_LIT("main"), &p->workspace, &e), &e);
}

static void place_open(struct place *p, struct t *t, int64_t asleep_after_us)
{
    workspace_write(t, SECRET_JSON);
    place_open_there(p, t, asleep_after_us);
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

/* --- what is on disk is damaged --- */

static void check_shut(struct place *p, const char *words)
{
    struct letters l = {0};
    struct err e = {0};
    CHECK_FAILS(p->t, host_read(p->host, p->workspace, read_letters, &l, &e), UNAVAILABLE);
    CHECK_EQ(p->t, workspace_trouble_status(p->workspace).code, STATUS_CORRUPT);
    CHECK(p->t, strstr(e.text, words) != NULL);
}

/* Its secret is what people are known by: without it nothing may be opened, let alone written. */
static void without_its_own_file_a_workspace_stays_shut(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    uint64_t secret;
    place_open(&p, t, 0);
    create(&p);
    (void)append(&p, 1, 'a', NULL);
    place_close(&p);
    static const char *const bad[] = {"", "{", "{}", "{\"secret\":\"12\"}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        workspace_write(t, bad[i]);
        CHECK_FAILS(t, workspace_secret_read(t->folder, "main", &secret, &e), CORRUPT);
        place_open_there(&p, t, 0);
        check_shut(&p, "bring this file back");
        place_close(&p);
    }
    CHECK_EQ(t, unlink(arena_printf(t->arena, "%s/main/workspace.json", t->folder)), 0);
    place_open_there(&p, t, 0);
    CHECK_EQ(t, host_workspace_count(p.host), 1);
    check_shut(&p, "bring this file back");
    place_close(&p);
    workspace_write(t, "{\"secret\":\"00000000000000a8\"}"); /* another one's */
    place_open_there(&p, t, 0);
    check_shut(&p, "another owner");
    place_close(&p);
    place_open(&p, t, 0);
    CHECK_EQ(t, letters_of(&p).text.size, 1);
    place_close(&p);
    registry_destroy(p.registry);
}

/* Some bytes in the middle of each table of the snapshot that was made last. */
static void newest_snapshot_damage(struct t *t)
{
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "cd %s/main/cold && for f in $(ls -d p* | sort -V | tail -1)/*.sst; do "
                   "rm -f x && cp $f x && rm $f && head -c 20 x >$f && printf damaged >>$f && tail -c +28 x >>$f; done; rm -f x",
                   t->folder);
    REQUIRE(t, system(command) == 0);
}

static void a_damaged_checkpoint_is_passed_over(struct t *t)
{
    struct place p = {0};
    for (char letter = 'a'; letter <= 'c'; letter++) { /* three runs, so that two snapshots are there */
        place_open(&p, t, 0);
        if (letter == 'a')
            create(&p);
        (void)append(&p, 1, letter, NULL);
        place_close(&p);
    }
    CHECK_EQ(t, atomic_load(&p.warned), 0);
    newest_snapshot_damage(t);
    place_open(&p, t, 0);
    CHECK_EQ(t, letters_of(&p).text.size, 3);
    CHECK_EQ(t, atomic_load(&p.warned), 1);
    place_close(&p);
    place_open(&p, t, 0); /* the next checkpoint is a whole one */
    CHECK_EQ(t, letters_of(&p).text.size, 3);
    CHECK_EQ(t, atomic_load(&p.warned), 1);
    place_close(&p);
    text_write(t, "main/CHECKPOINT", "");
    place_open(&p, t, 0); /* the log has everything */
    CHECK_EQ(t, letters_of(&p).text.size, 3);
    CHECK_EQ(t, atomic_load(&p.warned), 2);
    place_close(&p);
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

/* Many wishes at once; their keys are their numbers as text, so that 10 sorts before 9. */
struct crowd {
    struct message message;
    struct submission *submissions;
    struct buf payloads;
    size_t *ends;
    atomic_int answered;
};

static void crowd_answered(struct submission *s, const struct answer *a)
{
    struct crowd *c = s->context;
    atomic_fetch_add(&c->answered, done(a->status) ? 1 : 1000000);
}

static void crowd_send(struct place *p, char target, unsigned from, unsigned count)
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

static void rung_await(struct place *p, unsigned count)
{
    int64_t until_us = time_monotonic_us() + 60 * US_PER_SECOND;
    while (atomic_load(&p->rung) < (int)count && time_monotonic_us() < until_us)
        ;
    CHECK_EQ(p->t, atomic_load(&p->rung), count);
    CHECK_EQ(p->t, atomic_load(&p->misplaced), 0);
}

static void a_dead_target_starves_nobody(struct t *t)
{
    struct place p = {0};
    place_open(&p, t, 0);
    crowd_send(&p, 'd', 1000, 50);
    wait_until(&p, &p.dead_tries, 1);
    crowd_send(&p, 'a', 0, 3);
    rung_await(&p, 3);
    CHECK(t, atomic_load(&p.dead_tries) <= 2); /* the first of the fifty alone, now and after its pause */
    place_close(&p);
    registry_destroy(p.registry);
}

/* 9 before 10, whatever their keys sort like; and what a refusal delays is not overtaken. */
static void wishes_of_a_target_keep_their_order(struct t *t)
{
    struct place p = {0};
    atomic_store(&p.refused_first, 1000);
    place_open(&p, t, 0);
    crowd_send(&p, 'a', 0, 12);
    place_close(&p);
    atomic_store(&p.refused_first, 1);
    place_open(&p, t, 0);
    (void)letters_of(&p);
    rung_await(&p, 12);
    place_close(&p);
    registry_destroy(p.registry);
}

/* What didn't fit in memory comes out of the outbox when there is room, in its place. */
static void more_wishes_than_fit_go_out_in_order(struct t *t)
{
    struct place p = {0};
    unsigned count = PORT_WAITING_MAX + 100;
    atomic_store(&p.refused_first, 1); /* nothing leaves before all are in */
    place_open(&p, t, 0);
    for (unsigned i = 0; i < CROWD_PARTS; i++)
        crowd_send(&p, 'a', i * (count / CROWD_PARTS), count / CROWD_PARTS);
    rung_await(&p, count);
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

static void a_wish_goes_out_again_until_the_world_takes_it(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    struct answer a;
    struct buf payload;
    struct heard heard = {0};
    atomic_store(&p.refused_first, 1); /* once: the second try comes after a second */
    place_open(&p, t, 0);
    struct host_listener *l = host_listen(p.host, p.workspace, NULL, hear, &heard);
    buf_init(&payload, 64);
    pack_bytes(&payload, BYTES_LIT("door"));
    pack_raw(&payload, BYTES_LIT("twice"));
    CHECK_DONE(t, host_call(p.host, p.workspace, COMMAND_TINY_ASK, buf_bytes(&payload), &a, NULL, &e), &e);
    wait_until(&p, &heard.all, 1); /* that it was answered */
    CHECK_EQ(t, atomic_load(&p.rung), 1);
    host_unlisten(p.host, l);
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

static void visit_done(struct message *m, struct status status)
{
    atomic_int *visits = m->context;
    atomic_fetch_add(visits, done(status) ? 1 : 100);
}

static void visits_await(const atomic_int *visits, int count)
{
    int64_t until_us = time_monotonic_us() + 20 * US_PER_SECOND;
    while (atomic_load(visits) < count && time_monotonic_us() < until_us)
        ;
}

/* About the process; and a reading of nothing, which wakes. */
static void a_visit_wakes_nobody(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    struct host_stats stats;
    atomic_int visits = 0;
    struct message visit = {.done = visit_done, .context = &visits}, wake = visit;
    place_open(&p, t, 0);
    CHECK_DONE(t, host_send(p.host, &visit, &e), &e);
    visits_await(&visits, 1);
    host_stats(p.host, &stats);
    CHECK_EQ(t, stats.awake, 0);
    wake.workspace = p.workspace;
    CHECK_DONE(t, host_send(p.host, &wake, &e), &e);
    visits_await(&visits, 2);
    CHECK_EQ(t, atomic_load(&visits), 2);
    host_stats(p.host, &stats);
    CHECK_EQ(t, stats.awake, 1);
    place_close(&p);
    registry_destroy(p.registry);
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
    {"without its own file a workspace stays shut", without_its_own_file_a_workspace_stays_shut, 1},
    {"a damaged checkpoint is passed over", a_damaged_checkpoint_is_passed_over, 1},
    {"unknown workspaces are named", unknown_workspaces_are_named, 1},
    {"a wish goes out again until the world takes it", a_wish_goes_out_again_until_the_world_takes_it, 1},
    {"a dead target starves nobody", a_dead_target_starves_nobody, 1},
    {"wishes of a target keep their order", wishes_of_a_target_keep_their_order, 1},
    {"more wishes than fit go out in order", more_wishes_than_fit_go_out_in_order, 1},
    {"a workspace falls asleep and wakes with all it had", a_workspace_falls_asleep_and_wakes_with_all_it_had, 1},
    {"a visit wakes nobody", a_visit_wakes_nobody, 1},
    {"listeners hear what they asked for", listeners_hear_what_they_asked_for, 1},
    {"errands are run before the end", errands_are_run_before_the_end, 1},
};
TEST_MAIN(tests)
