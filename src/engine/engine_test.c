/* The engine as a whole, with tiny domains, on a simulated disk. Covers: engine.c, house.c, own.c, recover.c, waiting.c,
 * work.c, fetch.c, memory.c, disk_room.c */
#include "engine/engine_test.h"
#include "store/checkpoint.h"

static void a_command_is_answered_with_its_place(struct t *t)
{
    struct world *w = world_open(t);
    struct sent *create = send(w, prepare(w, COMMAND_TINY_CREATE)), *one = send(w, letter(w, 1, 'a'));
    w->now_us += 5;
    struct sent *two = send(w, letter(w, 1, 'b')), *nobody = send(w, letter(w, 2, 'c'));
    CHECK(t, accepted(create) && accepted(one) && accepted(two));
    CHECK_TEXT(t, two->reply, "{\"letters\":2}");
    CHECK_EQ(t, two->answer.time_us, START_US + 5);
    CHECK(t, create->answer.position < one->answer.position && one->answer.position < two->answer.position);
    CHECK(t, nobody->answered && nobody->answer.refusal == &tiny_no_person);
    const struct refusal_count *counts;
    CHECK_EQ(t, engine_refusals(w->engine, &counts), 1);
    CHECK(t, counts[0].refusal == &tiny_no_person && counts[0].count == 1);
    check_letters(w, 1, "ab");
    check_word(w, "scribe", "+a~a+b~b");
    world_close(w);
}

static void log_time_never_goes_back(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    w->now_us -= 10 * US_PER_SECOND;
    CHECK_EQ(t, send(w, letter(w, 1, 'a'))->answer.time_us, START_US);
    world_close(w);
}

/* Of all that is on disk, with so much memory, beside the living engine. */
static struct audit audit_of(struct world *w, size_t memory_bytes)
{
    struct engine_options options = w->options;
    struct audit audit = {0};
    struct err e = {0};
    uint64_t before = disk_sim_digest(w->disk);
    options.cold_open = cold_copy;
    options.cold_close = cold_drop;
    options.memory_bytes = memory_bytes;
    options.scratch = disk_sim_create(w->t->seed);
    CHECK_DONE(w->t, engine_audit(&options, &audit, &e), &e);
    CHECK(w->t, disk_sim_digest(w->disk) == before);
    disk_close(options.scratch);
    return audit;
}

static void a_start_replays_the_log(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    for (char c = 'a'; c <= 'f'; c++) {
        (void)send(w, letter(w, 1, c));
        if (c == 'b' || c == 'd') {
            struct err e = {0};
            CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
        }
    }
    struct engine_stats before = stats(w);
    world_crash(w);
    struct engine_stats after = stats(w);
    CHECK(t, hash128_equal(before.digest, after.digest));
    CHECK_EQ(t, after.position, before.position);
    CHECK_EQ(t, after.replayed, 2);
    check_letters(w, 1, "abcdef");
    CHECK_EQ(t, audit_of(w, w->options.memory_bytes).commands, 2);
    world_close(w);
}

static void a_checkpoint_is_made_when_asked_for(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    uint64_t wanted = engine_checkpoint_want(w->engine);
    CHECK_EQ(t, wanted, stats(w).position);
    for (int i = 0; i < 10 && stats(w).checkpoint_position < wanted; i++)
        (void)keep_house(w);
    CHECK_EQ(t, stats(w).checkpoint_position, wanted);
    CHECK_EQ(t, stats(w).checkpoints, 1);
    /* With nothing new there is nothing to do, now or when something comes. */
    CHECK_EQ(t, engine_checkpoint_want(w->engine), wanted);
    (void)keep_house(w);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    for (int i = 0; i < 10; i++)
        (void)keep_house(w);
    CHECK_EQ(t, stats(w).checkpoints, 1);
    /* Asked for while one runs, it is another one. */
    struct err e = {0};
    CHECK_DONE(t, engine_checkpoint(w->engine, false, &e), &e);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    wanted = engine_checkpoint_want(w->engine);
    for (int i = 0; i < 20 && stats(w).checkpoint_position < wanted; i++)
        (void)keep_house(w);
    CHECK_EQ(t, stats(w).checkpoint_position, wanted);
    CHECK_EQ(t, stats(w).checkpoints, 3);
    world_close(w);
}

static void timers_wake_in_order_and_once(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, wake(w, START_US + 20, "c"));
    (void)send(w, wake(w, START_US + 10, "a"));
    (void)send(w, wake(w, START_US + 10, "b"));
    CHECK(t, keep_house(w) <= 10);
    check_word(w, "rung", "");
    w->now_us = START_US + 10;
    (void)keep_house(w);
    check_word(w, "rung", "ab");
    world_crash(w);
    w->now_us = START_US + 1000;
    (void)keep_house(w);
    (void)keep_house(w);
    check_word(w, "rung", "abc");
    (void)send(w, wake(w, 0, "past"));
    (void)keep_house(w);
    check_word(w, "rung", "abcpast");
    world_close(w);
}

static void jobs_take_turns(struct t *t)
{
    struct world *w = world_open(t);
    const char *keys[] = {"x", "y"};
    for (size_t i = 0; i < 2; i++) {
        struct sent *s = prepare(w, COMMAND_TINY_JOB);
        pack_bytes(&s->payload, bytes_of_text(keys[i]));
        pack_u8(&s->payload, (uint8_t)(2 + i));
        CHECK(t, accepted(send(w, s)));
    }
    uint64_t groups = stats(w).groups;
    (void)keep_house(w);
    check_word(w, "worked", "xyxy"); /* two turns each, in one group */
    CHECK_EQ(t, stats(w).groups, groups + 1);
    world_crash(w);
    for (int i = 0; i < 5; i++)
        (void)keep_house(w);
    check_word(w, "worked", "xyxyy");
    world_close(w);
}

static void job_begin(struct world *w, const char *key, uint8_t slices)
{
    struct sent *s = prepare(w, COMMAND_TINY_JOB);
    pack_bytes(&s->payload, bytes_of_text(key));
    pack_u8(&s->payload, slices);
    CHECK(w->t, accepted(send(w, s)));
}

/* How long a slice takes is known behind the first one, and of those of another job nothing. */
static void a_job_begins_with_one_slice(struct t *t)
{
    struct world *w = world_open(t);
    w->options.threaded = true;
    world_crash(w);
    job_begin(w, "x", 3);
    (void)keep_house(w);
    check_word(w, "worked", "x");
    (void)keep_house(w);
    (void)keep_house(w);
    check_word(w, "worked", "xxx");
    job_begin(w, "y", 9);
    (void)keep_house(w);
    check_word(w, "worked", "xxxy");
    world_close(w);
}

static void effects_leave_until_they_are_answered(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, ask(w, "one"));
    (void)send(w, ask(w, "two"));
    (void)send(w, ask(w, "one"));
    CHECK_BYTES(t, buf_bytes(&w->rung), BYTES_LIT("one two "));
    struct sent *answer = prepare(w, COMMAND_ANSWERED);
    pack_u32(&answer->payload, tiny_ring.id);
    pack_bytes(&answer->payload, BYTES_LIT("one"));
    pack_u8(&answer->payload, 1);
    uint64_t facts = stats(w).facts;
    CHECK(t, accepted(send(w, answer)));
    CHECK_EQ(t, stats(w).facts, facts + 1);
    struct sent *again = prepare(w, COMMAND_ANSWERED);
    buf_push(&again->payload, buf_bytes(&answer->payload));
    CHECK(t, accepted(send(w, again)));
    CHECK_EQ(t, stats(w).facts, facts + 1); /* said once */

    buf_clear(&w->rung);
    world_crash(w);
    CHECK_EQ(t, w->rung.size, 0); /* replay asks for nothing */
    engine_outbox_replay(w->engine);
    CHECK_BYTES(t, buf_bytes(&w->rung), BYTES_LIT("two "));
    world_close(w);
}

static void settings_keep_their_bounds(struct t *t)
{
    struct world *w = world_open(t);
    CHECK(t, accepted(send(w, set(w, "tiny.limit", 10))));
    const struct sent *high = send(w, set(w, "tiny.limit", 11)), *low = send(w, set(w, "tiny.limit", 0));
    CHECK(t, high->answer.refusal != NULL && low->answer.refusal == high->answer.refusal);
    CHECK_TEXT(t, high->answer.refusal->name, "setting_out_of_range");
    CHECK_TEXT(t, send(w, set(w, "tiny.limits", 5))->answer.refusal->name, "unknown_setting");
    world_close(w);
}

static void work_that_falls_behind_holds_commands(struct t *t)
{
    struct world *w = world_open(t);
    CHECK(t, accepted(send(w, prepare(w, COMMAND_TINY_WORK))));
    (void)keep_house(w); /* begins */
    CHECK_EQ(t, engine_holds(w->engine), HOLD_NONE);
    (void)keep_house(w); /* ends */
    CHECK(t, accepted(send(w, prepare(w, COMMAND_TINY_WORK))));
    CHECK(t, accepted(send(w, prepare(w, COMMAND_TINY_WORK))));
    CHECK_EQ(t, engine_holds(w->engine), HOLD_NONE); /* nobody has looked */
    (void)keep_house(w);
    CHECK_EQ(t, engine_holds(w->engine), HOLD_WORK);
    (void)keep_house(w);
    CHECK_EQ(t, engine_holds(w->engine), HOLD_NONE);
    world_close(w);
}

static void work_comes_back_as_a_command(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_WORK));
    for (int i = 0; i < 3; i++)
        (void)keep_house(w);
    check_word(w, "wanted", "");
    CHECK_EQ(t, stats(w).commands, 2); /* wanted, and its result once */
    world_close(w);
}

static void waiting_commands_keep_their_order(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    for (int i = 0; i < 3; i++)
        (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    freeze(w);
    REQUIRE(t, stats(w).rows.cold_rows > 0);
    struct sent *many[26];
    for (size_t i = 0; i < 26; i++)
        many[i] = letter(w, 1 + (uint32_t)(i % 3), (char)('a' + i));
    send_all(w, many, 13);
    CHECK(t, !many[0]->answered && stats(w).waiting == 13);
    send_all(w, many + 13, 13);
    while (stats(w).waiting > 0)
        send_all(w, NULL, 0);
    for (size_t i = 0; i < 26; i++)
        CHECK(t, accepted(many[i]));
    check_letters(w, 1, "adgjmpsvy");
    check_letters(w, 2, "behknqtwz");
    check_letters(w, 3, "cfilorux");
    struct hash128 digest = stats(w).digest;
    world_crash(w);
    CHECK(t, hash128_equal(stats(w).digest, digest));
    world_close(w);
}

static void preview_looks(void *context, const struct step *s)
{
    struct word *word = context;
    read_word(&s->view, word);
}

static void a_preview_leaves_no_trace(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    (void)send(w, letter(w, 1, 'a'));
    struct engine_stats before = stats(w);
    struct sent *s = letter(w, 1, 'b');
    struct word word = {.person = 1};
    CHECK(t, engine_preview(w->engine, s->submission.command, buf_bytes(&s->payload), preview_looks, &word) == NULL);
    CHECK_TEXT(t, word.text, "ab");
    struct engine_stats after = stats(w);
    CHECK(t, hash128_equal(before.digest, after.digest) && before.position == after.position);
    check_letters(w, 1, "a");
    world_close(w);
}

/* A command that takes some room in the log. */
static struct sent *wide_ask(struct world *w, size_t number)
{
    struct sent *s = prepare(w, COMMAND_TINY_ASK);
    pack_bytes(&s->payload, bytes_of(&number, sizeof number));
    uint8_t *rest = buf_extend(&s->payload, 250);
    assert(rest != NULL);
    memset(rest, 'x', 250);
    return s;
}

/* Wishes until the engine takes no more; returns how many were taken. */
static size_t fill(struct world *w)
{
    size_t taken = 0;
    for (size_t i = 0; i < 300; i++) {
        struct sent *s = send(w, wide_ask(w, i));
        CHECK(w->t, s->answered);
        if (s->answer.status.code == STATUS_FULL)
            break;
        taken += accepted(s);
    }
    return taken;
}

static void a_full_disk_is_an_answer(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    disk_sim_limit(w->disk, 76 * 1024);
    size_t taken = fill(w);
    CHECK(t, taken > 0 && taken < 300);
    CHECK(t, !stats(w).accepting);
    CHECK_EQ(t, send(w, letter(w, 1, 'n'))->answer.status.code, STATUS_FULL);
    check_letters(w, 1, "");
    disk_sim_limit(w->disk, 16 << 20);
    (void)keep_house(w);
    CHECK(t, stats(w).accepting);
    CHECK(t, accepted(send(w, letter(w, 1, 'y'))));
    struct hash128 digest = stats(w).digest;
    world_crash(w);
    CHECK(t, hash128_equal(stats(w).digest, digest));
    check_letters(w, 1, "y");
    world_close(w);
}

static void a_reserve_is_kept_free(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    w->options.disk_reserve_bytes = 1 << 20;
    world_crash(w);
    disk_sim_limit(w->disk, 1 << 20);
    for (int i = 0; i < 100; i++)
        (void)keep_house(w);
    CHECK(t, !stats(w).accepting);
    CHECK_EQ(t, send(w, letter(w, 1, 'n'))->answer.status.code, STATUS_FULL);
    struct err e = {0};
    CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
    CHECK_EQ(t, stats(w).checkpoints, 1); /* goes on while commands don't */
    disk_sim_limit(w->disk, 32 << 20);
    (void)keep_house(w);
    CHECK(t, stats(w).accepting && accepted(send(w, letter(w, 1, 'y'))));
    world_close(w);
}

/* Its own log is what fills the disk, and no checkpoint is due: it makes those that let go of it. */
static void a_disk_filled_by_the_log_recovers(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    w->options.disk_reserve_bytes = 24 << 10;
    world_crash(w);
    disk_sim_limit(w->disk, 160 << 10);
    for (size_t i = 0; i < SENT_MAX - 4 && stats(w).accepting; i++) {
        (void)send(w, wide_ask(w, i));
        (void)keep_house(w);
    }
    REQUIRE(t, !stats(w).accepting);
    for (int i = 0; i < 100 && !stats(w).accepting; i++) {
        w->now_us += US_PER_SECOND;
        (void)keep_house(w);
    }
    CHECK(t, stats(w).accepting);
    CHECK_EQ(t, stats(w).checkpoints, 2); /* and no more than it needs */
    CHECK(t, accepted(send(w, letter(w, 1, 'y'))));
    world_close(w);
}

/* One that finds no room is not tried over and over, but again when there is more. */
static void a_checkpoint_without_room_waits_for_some(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    w->options.disk_reserve_bytes = 1 << 20;
    world_crash(w); /* what work gave up before counts after it, too: checkpoints let go of that */
    disk_sim_limit(w->disk, 512 << 10);
    cold_memory_fail_after(w->cold, 1);
    for (int i = 0; i < 9; i++) {
        (void)keep_house(w);
        w->now_us += US_PER_SECOND;
    }
    CHECK(t, !stats(w).accepting);
    CHECK_EQ(t, stats(w).checkpoints_failed, 1);
    CHECK_EQ(t, stats(w).checkpoints, 0);
    disk_sim_limit(w->disk, 768 << 10);
    for (int i = 0; i < 9; i++) {
        (void)keep_house(w);
        w->now_us += US_PER_SECOND;
    }
    CHECK_EQ(t, stats(w).checkpoints, 2); /* and no more than it needs */
    world_close(w);
}

/* Where there is no room for the next checkpoint the last but one goes, with the log that belongs to it. */
static void the_last_checkpoint_but_one_is_room(struct t *t)
{
    struct world *w = world_open(t);
    struct err e = {0};
    struct checkpoint_mark mark;
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    for (char c = 'a'; c <= 'c'; c++) {
        if (c == 'c')
            cold_memory_full_with(w->cold, 2);
        (void)send(w, letter(w, 1, c));
        CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
    }
    CHECK_EQ(t, stats(w).checkpoints, 2);
    CHECK_EQ(t, stats(w).checkpoints_failed, 1);
    CHECK_FAILS(t, checkpoint_mark_read(w->disk, 1, &mark, &e), NOT_FOUND);
    struct hash128 digest = stats(w).digest;
    CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
    CHECK_EQ(t, stats(w).checkpoints, 3);
    CHECK_DONE(t, checkpoint_mark_read(w->disk, 1, &mark, &e), &e);
    world_crash(w);
    CHECK(t, hash128_equal(stats(w).digest, digest));
    check_letters(w, 1, "abc");
    world_close(w);
}

/* What is kept free grows with what has changed since the last checkpoint, so that one always finds room. */
static void room_for_a_checkpoint_is_kept(struct t *t)
{
    struct world *w = world_open(t);
    struct err e = {0};
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    w->options.disk_reserve_bytes = 1;
    world_crash(w);
    disk_sim_limit(w->disk, 4 << 20);
    size_t sent = 0;
    uint64_t free_bytes = 4 << 20;
    for (; sent < SENT_MAX - 4 && stats(w).accepting; sent++) {
        CHECK_DONE(t, disk_free_bytes(w->disk, &free_bytes, &e), &e);
        if (sent == 100)
            disk_sim_limit(w->disk, (4 << 20) - free_bytes + stats(w).rows.checkpoint_bytes);
        (void)send(w, wide_ask(w, sent));
        (void)keep_house(w);
    }
    CHECK(t, sent >= 100 && sent <= 110);
    for (int i = 0; i < 10 && !stats(w).accepting; i++) {
        w->now_us += US_PER_SECOND;
        (void)keep_house(w);
    }
    CHECK(t, stats(w).accepting && stats(w).checkpoints > 0);
    world_close(w);
}

/* Behind a checkpoint that runs comes another one, so that nothing is left to replay. */
static void a_checkpoint_that_is_waited_for_has_everything(struct t *t)
{
    struct world *w = world_open(t);
    struct err e = {0};
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    CHECK_DONE(t, engine_checkpoint(w->engine, false, &e), &e);
    (void)send(w, letter(w, 1, 'a'));
    CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
    CHECK_EQ(t, stats(w).checkpoint_position, stats(w).position);
    world_crash(w);
    CHECK_EQ(t, stats(w).replayed, 0);
    check_letters(w, 1, "a");
    world_close(w);
}

static void few_groups_that_write_much_are_noticed(struct t *t)
{
    struct world *w = world_open(t);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    w->options.disk_reserve_bytes = 16 << 10;
    world_crash(w);
    disk_sim_limit(w->disk, 32 << 20);
    (void)keep_house(w);
    CHECK(t, stats(w).accepting);
    disk_sim_limit(w->disk, 8 << 10); /* less than the reserve, though what is preallocated may be written */
    (void)keep_house(w);
    CHECK(t, stats(w).accepting); /* it isn't looked at each time */
    uint64_t from = stats(w).position;
    while (stats(w).position - from < w->options.disk_reserve_bytes / 8)
        REQUIRE(t, accepted(send(w, letter(w, 1, 'y'))));
    (void)keep_house(w);
    CHECK(t, !stats(w).accepting);
    world_close(w);
}

static void a_close_turns_the_waiting_away(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    freeze(w);
    struct sent *s = send(w, letter(w, 1, 'a'));
    REQUIRE(t, !s->answered);
    world_crash(w);
    CHECK(t, s->answered && s->answer.status.code == STATUS_UNAVAILABLE);
    check_letters(w, 1, "");
    world_close(w);
}

#define CROWD_GROUPS 100u
#define CROWD_GROUP 7000u
#define CROWD_BUDGET ((size_t)12 << 20) /* about half of what the crowd takes */
#define CROWD_GROUP_BYTES ((size_t)1 << 20) /* what one group may bring in, at most */

static void crowd_answered(struct submission *s, const struct answer *a)
{
    uint32_t *accepted_count = s->context;
    *accepted_count += done(a->status) && a->refusal == NULL;
}

/* Until commands need not wait. */
static void hold_end(struct world *w)
{
    for (int i = 0; i < 1000 && engine_holds(w->engine) != HOLD_NONE; i++)
        (void)keep_house(w);
    CHECK_EQ(w->t, engine_holds(w->engine), HOLD_NONE);
}

/* A group of people who never were before. */
static void crowd_send(struct world *w, struct submission *submissions, uint32_t *accepted_count)
{
    struct submission *list[CROWD_GROUP];
    struct err e = {0};
    for (uint32_t i = 0; i < CROWD_GROUP; i++) {
        submissions[i] = (struct submission){
            .command = registry_command(w->registry, COMMAND_TINY_CREATE), .answered = crowd_answered, .context = accepted_count};
        list[i] = &submissions[i];
    }
    CHECK_DONE(w->t, engine_group(w->engine, list, CROWD_GROUP, w->now_us, &e), &e);
}

/* The house is kept only while commands must wait, so nothing is ever clean but what waiting for a checkpoint makes clean; in
 * the replay, too. */
static void the_budget_holds_while_everything_is_dirty(struct t *t)
{
    struct world *w = world_open(t);
    struct submission *submissions = calloc(CROWD_GROUP, sizeof *submissions);
    uint32_t accepted_count = 0;
    REQUIRE(t, submissions != NULL);
    w->options.memory_bytes = CROWD_BUDGET;
    w->options.log_segment_bytes = 1 << 22;
    world_crash(w);
    for (uint32_t i = 0; i < CROWD_GROUPS && t->failures == 0; i++) {
        crowd_send(w, submissions, &accepted_count);
        CHECK(t, stats(w).memory_bytes <= CROWD_BUDGET + CROWD_GROUP_BYTES);
        hold_end(w);
    }
    CHECK_EQ(t, accepted_count, CROWD_GROUPS * CROWD_GROUP); /* they waited; none was turned away */
    CHECK(t, stats(w).held > 0 && stats(w).rows.cold_rows > CROWD_GROUPS * CROWD_GROUP / 4);
    struct hash128 digest = stats(w).digest;
    world_crash(w);
    CHECK(t, stats(w).memory_bytes <= CROWD_BUDGET + CROWD_GROUP_BYTES);
    CHECK(t, hash128_equal(stats(w).digest, digest));
    free(submissions);
    world_close(w);
}

/* A read, a preview and what the engine does by itself; timers and jobs, which may take room, wait. */
static void while_commands_wait_for_room_reads_go_on(struct t *t)
{
    struct world *w = world_open(t);
    struct submission *submissions = calloc(CROWD_GROUP, sizeof *submissions);
    uint32_t accepted_count = 0;
    REQUIRE(t, submissions != NULL);
    w->options.memory_bytes = CROWD_BUDGET;
    w->options.log_segment_bytes = 1 << 22;
    world_crash(w);
    (void)send(w, prepare(w, COMMAND_TINY_CREATE));
    (void)send(w, letter(w, 1, 'a'));
    (void)send(w, wake(w, w->now_us + 1, "ding"));
    for (uint32_t i = 0; i < CROWD_GROUPS && engine_holds(w->engine) == HOLD_NONE; i++)
        crowd_send(w, submissions, &accepted_count);
    REQUIRE(t, engine_holds(w->engine) == HOLD_ROOM);
    w->now_us += 2;
    check_letters(w, 1, "a");
    struct sent *s = letter(w, 1, 'b');
    struct word word = {.person = 1};
    CHECK(t, engine_preview(w->engine, s->submission.command, buf_bytes(&s->payload), preview_looks, &word) == NULL);
    CHECK_TEXT(t, word.text, "ab");
    CHECK(t, engine_holds(w->engine) == HOLD_ROOM);
    check_word(w, "rung", "");
    hold_end(w);
    (void)keep_house(w);
    check_word(w, "rung", "ding");
    CHECK_EQ(t, stats(w).held, 1);
    free(submissions);
    world_close(w);
}

/* The same log replayed with no checkpoint to start from: by an audit, and by a start that has lost the mark. */
static void a_replay_keeps_to_the_budget(struct t *t)
{
    struct world *w = world_open(t);
    struct submission *submissions = calloc(CROWD_GROUP, sizeof *submissions);
    uint32_t accepted_count = 0;
    REQUIRE(t, submissions != NULL);
    w->options.log_segment_bytes = 1 << 22;
    world_crash(w);
    for (uint32_t i = 0; i < CROWD_GROUPS; i++)
        crowd_send(w, submissions, &accepted_count);
    struct hash128 digest = stats(w).digest;
    CHECK(t, stats(w).memory_bytes > CROWD_BUDGET + CROWD_GROUP_BYTES);
    struct err e = {0};
    CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
    struct audit audit = audit_of(w, CROWD_BUDGET);
    CHECK_EQ(t, audit.commands, CROWD_GROUPS * CROWD_GROUP);
    CHECK(t, hash128_equal(audit.digest, digest));
    CHECK(t, audit.memory_bytes_most <= CROWD_BUDGET + CROWD_GROUP_BYTES);
    CHECK_DONE(t, disk_remove(w->disk, "CHECKPOINT", &e), &e);
    CHECK_DONE(t, disk_sync_folder(w->disk, "", &e), &e);
    w->options.memory_bytes = CROWD_BUDGET;
    world_crash(w);
    CHECK(t, stats(w).memory_bytes <= CROWD_BUDGET + CROWD_GROUP_BYTES && stats(w).held > 0);
    CHECK_EQ(t, stats(w).replayed, CROWD_GROUPS * CROWD_GROUP);
    CHECK(t, hash128_equal(stats(w).digest, digest));
    free(submissions);
    world_close(w);
}

static const struct test tests[] = {
    {"the budget holds while everything is dirty", the_budget_holds_while_everything_is_dirty, 1},
    {"while commands wait for room reads go on", while_commands_wait_for_room_reads_go_on, 1},
    {"a replay keeps to the budget", a_replay_keeps_to_the_budget, 1},
    {"a command is answered with its place", a_command_is_answered_with_its_place, 1},
    {"log time never goes back", log_time_never_goes_back, 1},
    {"a start replays the log", a_start_replays_the_log, 1},
    {"a checkpoint is made when asked for", a_checkpoint_is_made_when_asked_for, 1},
    {"timers wake in order, and once", timers_wake_in_order_and_once, 1},
    {"jobs take turns", jobs_take_turns, 1},
    {"a job begins with one slice", a_job_begins_with_one_slice, 1},
    {"effects leave until they are answered", effects_leave_until_they_are_answered, 1},
    {"settings keep their bounds", settings_keep_their_bounds, 1},
    {"work comes back as a command", work_comes_back_as_a_command, 1},
    {"work that falls behind holds commands", work_that_falls_behind_holds_commands, 1},
    {"waiting commands keep their order", waiting_commands_keep_their_order, 1},
    {"a preview leaves no trace", a_preview_leaves_no_trace, 1},
    {"a full disk is an answer", a_full_disk_is_an_answer, 1},
    {"a reserve is kept free", a_reserve_is_kept_free, 1},
    {"a disk filled by the log recovers", a_disk_filled_by_the_log_recovers, 1},
    {"a checkpoint without room waits for some", a_checkpoint_without_room_waits_for_some, 1},
    {"the last checkpoint but one is room", the_last_checkpoint_but_one_is_room, 1},
    {"room for a checkpoint is kept", room_for_a_checkpoint_is_kept, 1},
    {"a checkpoint that is waited for has everything", a_checkpoint_that_is_waited_for_has_everything, 1},
    {"few groups that write much are noticed", few_groups_that_write_much_are_noticed, 1},
    {"a close turns the waiting away", a_close_turns_the_waiting_away, 1},
};
TEST_MAIN(tests)
