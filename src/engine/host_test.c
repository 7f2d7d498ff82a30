/* The host with its real threads, disk and RocksDB, over tiny domains. Covers: host.c, line.c, memory_divide.c, workspace.c,
 * crew.c, syncer.c, backup.c */
#include "engine/host_test.h"

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

/* --- backup --- */

static void stats_take(const struct view *v, void *context)
{
    struct place *p = context;
    (void)v;
    engine_stats(workspace_engine(p->workspace), &p->stats);
}

static void checkpoint_make(const struct view *v, void *context)
{
    struct place *p = context;
    struct err e = {0};
    (void)v;
    CHECK_DONE(p->t, engine_checkpoint(workspace_engine(p->workspace), true, &e), &e);
}

static void some_happens(struct place *p)
{
    struct err e = {0};
    for (uint64_t n = rng_below(&p->t->rng, 20); n > 0; n--)
        (void)append(p, 1, (char)('a' + rng_below(&p->t->rng, 26)), NULL);
    if (rng_below(&p->t->rng, 2) == 0)
        CHECK_DONE(p->t, host_read(p->host, p->workspace, checkpoint_make, p, &e), &e);
}

/* The segment that grew on is cut to what the backup is of, as whoever copies it does. */
static void backup_move(struct t *t, uint64_t log_end)
{
    const char *to = arena_printf(t->arena, "%s/copies/main", t->folder), *log = arena_printf(t->arena, "%s/log", to);
    unsigned long long first, last = 0;
    CHECK_EQ(t, mkdir(arena_printf(t->arena, "%s/copies", t->folder), 0700), 0);
    CHECK_EQ(t, rename(arena_printf(t->arena, "%s/main/" BACKUP_FOLDER, t->folder), to), 0);
    DIR *folder = opendir(log);
    REQUIRE(t, folder != NULL);
    for (const struct dirent *at; (at = readdir(folder)) != NULL;)
        if (sscanf(at->d_name, "%16llx.log", &first) == 1 && first > last)
            last = first;
    (void)closedir(folder);
    CHECK(t, last < log_end);
    CHECK_EQ(t, truncate(arena_printf(t->arena, "%s/%016llx.log", log, last), (off_t)(log_end - last)), 0);
}

/* Whatever happens between the moment that is told of and the links. */
static void a_backup_is_the_state_at_its_position(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    place_open(&p, t, 0);
    create(&p);
    CHECK_DONE(t, host_read(p.host, p.workspace, checkpoint_make, &p, &e), &e);
    some_happens(&p);
    some_happens(&p);
    CHECK_DONE(t, host_read(p.host, p.workspace, stats_take, &p, &e), &e);
    struct engine_stats then = p.stats;
    some_happens(&p);
    struct backup_order order = {
        .folder = arena_printf(t->arena, "%s/main", t->folder), .registry = p.registry, .log_end = then.position};
    REQUIRE_DONE(t, backup_open(&order, &e), &e);
    some_happens(&p);
    some_happens(&p);
    some_happens(&p);
    place_close(&p);
    backup_move(t, then.position);
    p.folder = arena_printf(t->arena, "%s/copies", t->folder);
    place_open_there(&p, t, 0);
    CHECK_DONE(t, host_read(p.host, p.workspace, stats_take, &p, &e), &e);
    CHECK(t, hash128_equal(p.stats.digest, then.digest));
    CHECK(t, p.stats.trouble == NULL);
    place_close(&p);
    registry_destroy(p.registry);
}

static void an_open_backup_goes_with_its_closing_or_the_next_start(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    const char *its = arena_printf(t->arena, "%s/main/" BACKUP_FOLDER, t->folder);
    place_open(&p, t, 0);
    create(&p);
    CHECK_DONE(t, host_read(p.host, p.workspace, stats_take, &p, &e), &e);
    struct backup_order order = {
        .folder = arena_printf(t->arena, "%s/main", t->folder), .registry = p.registry, .log_end = p.stats.position};
    CHECK_DONE(t, backup_open(&order, &e), &e);
    CHECK_EQ(t, access(its, F_OK), 0);
    CHECK_DONE(t, backup_close(order.folder, &e), &e);
    CHECK_EQ(t, access(its, F_OK), -1);
    for (int i = 0; i < 2; i++) { /* now no checkpoint is left that what was told of stands on */
        create(&p);
        CHECK_DONE(t, host_read(p.host, p.workspace, checkpoint_make, &p, &e), &e);
    }
    CHECK_FAILS(t, backup_open(&order, &e), UNAVAILABLE);
    CHECK_DONE(t, host_read(p.host, p.workspace, stats_take, &p, &e), &e);
    order.log_end = p.stats.position;
    CHECK_DONE(t, backup_open(&order, &e), &e);
    place_close(&p);
    CHECK_EQ(t, access(its, F_OK), 0);
    place_open(&p, t, 0);
    (void)letters_of(&p);
    CHECK_EQ(t, access(its, F_OK), -1);
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

/* --- commands wait --- */

#define PEOPLE_COUNT 1000000u /* twice what the least portion has room for */

/* New people in one message. */
struct people {
    struct submission *submissions;
    struct message message;
    atomic_int answered, accepted;
};

static void person_answered(struct submission *s, const struct answer *a)
{
    struct people *c = s->context;
    atomic_fetch_add(&c->accepted, done(a->status) && a->refusal == NULL);
    atomic_fetch_add(&c->answered, 1);
}

static void people_prepare(struct people *c, const struct place *p, uint32_t count)
{
    c->submissions = calloc(count, sizeof *c->submissions);
    REQUIRE(p->t, c->submissions != NULL);
    for (uint32_t i = 0; i < count; i++)
        c->submissions[i] = (struct submission){
            .command = registry_command(p->registry, COMMAND_TINY_CREATE), .answered = person_answered, .context = c};
    c->message = (struct message){.workspace = p->workspace, .submissions = c->submissions, .submission_count = count};
}

static void people_send(struct people *c, const struct place *p, uint32_t count)
{
    struct err e = {0};
    people_prepare(c, p, count);
    CHECK_DONE(p->t, host_send(p->host, &c->message, &e), &e);
}

/* Keeps the engine's thread until all that a test sends lies in the queue. */
struct pause {
    struct message message;
    atomic_bool over;
};

static void pause_end_await(struct message *m, struct status status)
{
    struct pause *pause = m->context;
    (void)status;
    while (!atomic_load(&pause->over))
        ;
}

static void pause_begin(struct pause *pause, const struct place *p)
{
    struct err e = {0};
    pause->message = (struct message){.done = pause_end_await, .context = pause};
    CHECK_DONE(p->t, host_send(p->host, &pause->message, &e), &e);
}

/* What was answered by when. */
struct moment {
    struct people *crowd, *other;
    struct message message;
    atomic_int crowd_answered, other_answered, done;
};

static void moment_note(struct message *m, struct status status)
{
    struct moment *moment = m->context;
    atomic_store(&moment->crowd_answered, atomic_load(&moment->crowd->answered));
    atomic_store(&moment->other_answered, atomic_load(&moment->other->answered));
    atomic_store(&moment->done, done(status) ? 1 : 100);
}


static void who_waits_for_room_keeps_nobody_else_waiting(struct t *t)
{
    struct place p = {.memory_bytes = 1}, other = {0};
    struct err e = {0};
    struct people crowd = {0}, one = {0};
    struct pause pause = {0};
    workspace_write_named(t, "other", SECRET_JSON);
    place_open(&p, t, 0);
    other = p;
    CHECK_DONE(t, host_workspace(p.host, BYTES_LIT("other"), &other.workspace, &e), &e);
    create(&other);
    struct moment moment = {.crowd = &crowd, .other = &one, .message = {.workspace = p.workspace, .done = moment_note, .context = &moment}};
    pause_begin(&pause, &p);
    people_send(&crowd, &p, PEOPLE_COUNT);
    people_send(&one, &other, 1);
    CHECK_DONE(t, host_send(p.host, &moment.message, &e), &e);
    atomic_store(&pause.over, true);
    wait_until(&p, &moment.done, 1);
    CHECK_EQ(t, atomic_load(&moment.done), 1);
    CHECK_EQ(t, atomic_load(&moment.other_answered), 1);
    CHECK(t, atomic_load(&moment.crowd_answered) < (int)PEOPLE_COUNT);
    wait_until(&p, &crowd.answered, (int)PEOPLE_COUNT);
    CHECK_EQ(t, atomic_load(&crowd.accepted), PEOPLE_COUNT);
    place_close(&p);
    free(crowd.submissions);
    free(one.submissions);
    registry_destroy(p.registry);
}

/* --- memory --- */

#define SHARED_BYTES ((size_t)96 << 20)
#define SHARED_SLACK_BYTES ((size_t)16 << 20) /* copies for a checkpoint of each, which come on top of so small a portion */
#define CROWDS 6u                            /* of each: half as much again as its portion has room for */
#define CROWD_COUNT 250000u

/* What all that are awake use. */
struct usage {
    struct host *host;
    struct message message;
    atomic_int asked, looked;
    size_t bytes, bytes_most, cold_rows; /* the engine's thread */
};

static void usage_look(struct message *m, struct status status)
{
    struct usage *u = m->context;
    (void)status;
    size_t bytes = 0, cold_rows = 0;
    for (size_t i = 0; i < host_workspace_count(u->host); i++) {
        const struct engine *g = workspace_engine(host_workspace_at(u->host, i));
        struct engine_stats stats = {0};
        if (g != NULL)
            engine_stats(g, &stats);
        bytes += stats.memory_bytes;
        cold_rows += stats.rows.cold_rows > 0;
    }
    u->bytes = bytes;
    u->bytes_most = bytes > u->bytes_most ? bytes : u->bytes_most;
    u->cold_rows = cold_rows;
    atomic_fetch_add(&u->looked, 1);
}

static void usage_ask(struct usage *u, struct place *p)
{
    struct err e = {0};
    u->message = (struct message){.done = usage_look, .context = u};
    CHECK_DONE(p->t, host_send(p->host, &u->message, &e), &e);
    wait_until(p, &u->looked, atomic_fetch_add(&u->asked, 1) + 1);
}

static void crowds_come(struct place *p, struct usage *u)
{
    struct people crowd = {0};
    people_send(&crowd, p, CROWD_COUNT);
    while (atomic_load(&crowd.answered) < (int)CROWD_COUNT && p->t->failures == 0)
        usage_ask(u, p);
    CHECK_EQ(p->t, atomic_load(&crowd.accepted), CROWD_COUNT);
    free(crowd.submissions);
}

static void who_is_awake_shares_the_memory(struct t *t)
{
    struct place p = {.memory_bytes = SHARED_BYTES}, other;
    struct err e = {0};
    workspace_write_named(t, "other", SECRET_JSON);
    place_open(&p, t, 0);
    other = p;
    CHECK_DONE(t, host_workspace(p.host, BYTES_LIT("other"), &other.workspace, &e), &e);
    struct usage u = {.host = p.host};
    for (unsigned i = 0; i < CROWDS * 2 && t->failures == 0; i++)
        crowds_come(&p, &u); /* until it has all of it */
    CHECK(t, u.bytes > SHARED_BYTES / 2);
    for (unsigned i = 0; i < CROWDS && t->failures == 0; i++) {
        crowds_come(&other, &u);
        crowds_come(&p, &u);
    }
    CHECK_EQ(t, u.cold_rows, 2); /* both were pressed */
    CHECK(t, u.bytes_most <= SHARED_BYTES + SHARED_SLACK_BYTES);
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

static void limit_set(struct place *p, uint64_t limit)
{
    struct buf payload;
    struct answer a;
    struct err e = {0};
    buf_init(&payload, 64);
    pack_bytes(&payload, bytes_of_text(tiny_limit.name));
    pack_u64(&payload, limit);
    CHECK_DONE(p->t, host_call(p->host, p->workspace, COMMAND_SET, buf_bytes(&payload), &a, NULL, &e), &e);
    buf_fini(&payload);
}

struct since {
    const struct place *place;
    int64_t us;
};

static void since_read(const struct view *v, void *context)
{
    struct since *s = context;
    struct ringing ringing[ALARMS_MAX];
    size_t count = workspace_ringing(s->place->workspace, v, ringing);
    CHECK(s->place->t, count <= 1 && (count == 0 || strcmp(ringing[0].alarm->name, "tiny_limit") == 0));
    s->us = count == 0 ? 0 : ringing[0].since_us;
}

/* 0: it doesn't ring. */
static int64_t rings_since(const struct place *p)
{
    struct since s = {.place = p};
    struct err e = {0};
    CHECK_DONE(p->t, host_read(p->host, p->workspace, since_read, &s, &e), &e);
    return s.us;
}

static void an_alarm_is_heard_when_it_begins_and_when_it_is_over(struct t *t)
{
    struct place p = {0};
    place_open(&p, t, 0);
    create(&p);
    CHECK_EQ(t, rings_since(&p), 0);
    limit_set(&p, 10);
    wait_until(&p, &p.begun, 1);
    int64_t since_us = rings_since(&p);
    CHECK(t, since_us > 0);
    limit_set(&p, 10);
    CHECK_EQ(t, rings_since(&p), since_us); /* time went on, and it rings since then */
    CHECK_EQ(t, atomic_load(&p.over), 0);
    limit_set(&p, 9);
    wait_until(&p, &p.over, 1);
    CHECK_EQ(t, rings_since(&p), 0);
    CHECK_EQ(t, atomic_load(&p.begun), 1);
    place_close(&p);
    registry_destroy(p.registry);
}

static const struct test tests[] = {
    {"what is answered is there after a restart", what_is_answered_is_there_after_a_restart, 1},
    {"without its own file a workspace stays shut", without_its_own_file_a_workspace_stays_shut, 1},
    {"a damaged checkpoint is passed over", a_damaged_checkpoint_is_passed_over, 1},
    {"unknown workspaces are named", unknown_workspaces_are_named, 1},
    {"a wish goes out again until the world takes it", a_wish_goes_out_again_until_the_world_takes_it, 1},
    {"a backup is the state at its position", a_backup_is_the_state_at_its_position, 12},
    {"an open backup goes with its closing, or the next start", an_open_backup_goes_with_its_closing_or_the_next_start, 1},
    {"a workspace falls asleep and wakes with all it had", a_workspace_falls_asleep_and_wakes_with_all_it_had, 1},
    {"a visit wakes nobody", a_visit_wakes_nobody, 1},
    {"who waits for room keeps nobody else waiting", who_waits_for_room_keeps_nobody_else_waiting, 1},
    {"who is awake shares the memory", who_is_awake_shares_the_memory, 1},
    {"listeners hear what they asked for", listeners_hear_what_they_asked_for, 1},
    {"errands are run before the end", errands_are_run_before_the_end, 1},
    {"an alarm is heard when it begins and when it is over", an_alarm_is_heard_when_it_begins_and_when_it_is_over, 1},
};
TEST_MAIN(tests)
