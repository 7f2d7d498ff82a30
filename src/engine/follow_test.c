/* What follows arrives exactly once, in its order, whatever waits or crashes; and rows by number go cold and come back.
 * Covers: follow.c, follow_send.c, fetch.c, waiting.c */
#include "engine/engine_test.h"
#include "engine/outcome.h"

#define PEOPLE 4u
#define NOBODY 99u
#define LETTERS_MAX 512u
#define RELAYS 40
#define MANY_RELAYS 65u
#define CROWD 300u /* more than STEP_PEOPLE_MAX and STEP_ROWS_MAX */

/* Prepares a relay by a post (0: a new one) that looks at another one; then add to it, and send it. */
static struct sent *relay_beside(struct world *w, uint32_t post, uint32_t beside)
{
    struct sent *s = prepare(w, COMMAND_RELAY);
    pack_u32(&s->payload, post);
    pack_u32(&s->payload, beside);
    return s;
}

static struct sent *relay(struct world *w, uint32_t post)
{
    return relay_beside(w, post, 0);
}

static void pass_on(struct sent *relay, uint32_t command, struct bytes payload)
{
    pack_u32(&relay->payload, command);
    pack_bytes(&relay->payload, payload);
}

static void pass_letter(struct sent *relay, uint32_t person, char letter)
{
    uint8_t payload[5] = {(uint8_t)person, 0, 0, 0, (uint8_t)letter};
    pass_on(relay, COMMAND_TINY_APPEND, bytes_of(payload, sizeof payload));
}

static void pass_letters(struct sent *relay, uint32_t person, const char *letters)
{
    for (; *letters != 0; letters++)
        pass_letter(relay, person, *letters);
}

static void people_make(struct world *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        CHECK(w->t, accepted(send(w, prepare(w, COMMAND_TINY_CREATE))));
}

static uint64_t rows_left(const struct world *w)
{
    return stats(w).rows.rows[follow_up_family.id];
}

/* Until nothing follows and nothing waits. */
static void settle(struct world *w)
{
    for (int i = 0; i < 1000 && (rows_left(w) > 0 || stats(w).waiting > 0); i++)
        (void)keep_house(w);
    CHECK_EQ(w->t, rows_left(w), 0);
    CHECK(w->t, !engine_is_busy(w->engine));
}

struct uses {
    uint32_t post, uses;
};

static void read_uses(const struct view *v, void *context)
{
    struct uses *u = context;
    u->uses = relay_uses(v, u->post);
}

static uint32_t uses_of(struct world *w, uint32_t post)
{
    struct uses u = {.post = post};
    engine_read(w->engine, read_uses, &u);
    return u.uses;
}

/* --- a naive model, made out of the log --- */

/* What must stand with each person when nothing follows any more: the letters of all relays in their order, each once. */
struct model {
    char letters[PEOPLE + 1][LETTERS_MAX];
    size_t count[PEOPLE + 1];
    uint32_t uses[SENT_MAX]; /* of each post, from 1; 0: gone */
    uint32_t posts;
};

static bool model_post(struct model *m, uint32_t post)
{
    if (post > m->posts || (post > 0 && m->uses[post] == 0))
        return false;
    post = post == 0 ? ++m->posts : post;
    m->uses[post] = m->uses[post] == RELAY_POST_USES_MAX ? 0 : m->uses[post] + 1;
    return true;
}

static void model_relay(struct model *m, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    uint32_t post = unpack_u32(&u);
    (void)unpack_u32(&u); /* the one beside */
    if (!model_post(m, post))
        return;
    while (unpack_left(&u) > 0) {
        uint32_t command = unpack_u32(&u);
        struct unpack letter = unpack_of(unpack_bytes(&u));
        uint32_t person = unpack_u32(&letter);
        if (command == COMMAND_TINY_APPEND && person <= PEOPLE)
            m->letters[person][m->count[person]++] = (char)unpack_u8(&letter);
    }
}

static void check_model(struct world *w)
{
    struct model m = {0};
    struct err e = {0};
    struct log_cursor *c = NULL;
    struct log_record r;
    struct status status = log_cursor_open(engine_log(w->engine), log_first(engine_log(w->engine)), &c, &e);
    while (done(status)) {
        status = log_cursor_next(c, &r, &e);
        if (done(status) && r.kind == COMMAND_RELAY)
            model_relay(&m, r.payload);
    }
    CHECK_EQ(w->t, status.code, STATUS_NOT_FOUND);
    log_cursor_close(c);
    for (uint32_t person = 1; person <= PEOPLE; person++)
        check_letters(w, person, m.letters[person]);
    for (uint32_t post = 1; post <= m.posts; post++)
        CHECK_EQ(w->t, uses_of(w, post), m.uses[post]);
}

/* --- what follows --- */

static void what_follows_is_in_the_log_as_if_it_had_come_by_itself(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 1);
    struct sent *s = relay(w, 0);
    pass_letters(s, 1, "ab");
    CHECK(t, accepted(send(w, s)));
    check_letters(w, 1, "");
    CHECK_EQ(t, rows_left(w), 2);
    CHECK(t, engine_is_busy(w->engine));
    CHECK_EQ(t, keep_house(w), 0);
    CHECK(t, keep_house(w) > 0);
    check_letters(w, 1, "ab");
    settle(w);

    struct err e = {0};
    struct log_cursor *c = NULL;
    struct log_record r = {0};
    REQUIRE_DONE(t, log_cursor_open(engine_log(w->engine), s->answer.position, &c, &e), &e);
    REQUIRE_DONE(t, log_cursor_next(c, &r, &e), &e);
    CHECK(t, r.kind == COMMAND_RELAY && r.follows.position == 0);
    for (uint32_t nth = 0; nth < 2; nth++) {
        REQUIRE_DONE(t, log_cursor_next(c, &r, &e), &e);
        CHECK(t, r.kind == COMMAND_TINY_APPEND && r.payload.size == 5 && r.payload.data[4] == 'a' + nth);
        CHECK(t, r.follows.position == s->answer.position && r.follows.nth == nth);
    }
    CHECK_FAILS(t, log_cursor_next(c, &r, &e), NOT_FOUND);
    log_cursor_close(c);
    world_close(w);
}

/* Those of one group go in the next one, before what is sent then. */
static void what_follows_goes_before_what_is_sent_later(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 1);
    struct sent *one = relay(w, 0), *two = relay(w, 0);
    pass_letters(one, 1, "ab");
    pass_letters(two, 1, "cd");
    send_all(w, (struct sent *[]){one, two}, 2);
    (void)send(w, letter(w, 1, 'e'));
    check_letters(w, 1, "abcde");
    world_close(w);
}

static void one_that_is_refused_is_over(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 1);
    struct sent *s = relay(w, 0);
    pass_letter(s, NOBODY, 'x');
    pass_letter(s, 1, 'y');
    (void)send(w, s);
    settle(w);
    check_letters(w, 1, "y");
    const struct refusal_count *counts;
    CHECK(t, engine_refusals(w->engine, &counts) == 1 && counts[0].refusal == &tiny_no_person && counts[0].count == 1);
    world_close(w);
}

static void what_follows_may_have_something_follow(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 1);
    struct sent *inner = relay(w, 0), *outer = relay(w, 0);
    pass_letters(inner, 1, "b");
    pass_letters(outer, 1, "a");
    pass_on(outer, COMMAND_RELAY, buf_bytes(&inner->payload));
    pass_letters(outer, 1, "c");
    (void)send(w, outer);
    settle(w);
    check_letters(w, 1, "acb");
    world_close(w);
}

static void a_long_one_keeps_its_bytes(struct t *t)
{
    static uint8_t words[60000];
    struct world *w = world_open(t);
    struct buf long_one;
    buf_init(&long_one, FOLLOW_UP_BYTES_MAX);
    pack_u32(&long_one, tiny_ring.id);
    pack_bytes(&long_one, BYTES_LIT("one"));
    pack_u8(&long_one, 1);
    for (size_t i = 0; i < sizeof words; i++)
        words[i] = (uint8_t)rng_next(&t->rng);
    buf_push(&long_one, bytes_of(words, sizeof words));
    (void)send(w, ask(w, "one"));
    struct sent *s = relay(w, 0);
    pass_on(s, COMMAND_ANSWERED, buf_bytes(&long_one));
    (void)send(w, s);
    CHECK(t, rows_left(w) > 1);
    world_crash(w);
    uint64_t at = stats(w).position, facts = stats(w).facts;
    settle(w);
    CHECK_EQ(t, stats(w).facts, facts + 1); /* that it was answered */

    struct err e = {0};
    struct log_cursor *c = NULL;
    struct log_record r = {0};
    REQUIRE_DONE(t, log_cursor_open(engine_log(w->engine), at, &c, &e), &e);
    REQUIRE_DONE(t, log_cursor_next(c, &r, &e), &e);
    CHECK(t, r.kind == COMMAND_ANSWERED && bytes_equal(r.payload, buf_bytes(&long_one)));
    log_cursor_close(c);
    buf_fini(&long_one);
    world_close(w);
}

static void look_at_nothing(void *context, const struct step *s)
{
    (void)context, (void)s;
}

static void nothing_follows_a_preview(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 1);
    struct sent *s = relay(w, 0);
    pass_letters(s, 1, "a");
    struct hash128 before = stats(w).digest;
    CHECK(t, engine_preview(w->engine, s->submission.command, buf_bytes(&s->payload), look_at_nothing, NULL) == NULL);
    CHECK(t, hash128_equal(stats(w).digest, before));
    CHECK_EQ(t, rows_left(w), 0);
    world_close(w);
}

/* Relays until the disk is full, which it is first for what follows, since that takes more room. */
static void on_a_full_disk_it_waits_and_keeps_its_order(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 2);
    disk_sim_limit(w->disk, 76 << 10);
    for (size_t i = 0; i < SENT_MAX - 4 && stats(w).accepting; i++) {
        struct sent *s = relay(w, 0);
        pass_letters(s, 1 + (uint32_t)i % 2, "abcdefgh");
        for (int j = 0; j < 200; j++)
            pass_on(s, COMMAND_TINY_CREATE, BYTES_NONE);
        (void)send(w, s);
        send_all(w, NULL, 0);
    }
    CHECK(t, !stats(w).accepting && rows_left(w) > 0);
    for (int i = 0; i < 5; i++)
        (void)keep_house(w); /* tries in vain */
    CHECK(t, rows_left(w) > 0);
    disk_sim_limit(w->disk, 16 << 20);
    (void)keep_house(w);
    settle(w);
    check_model(w);
    world_close(w);
}

/* A payload that fits no page which the disk has given away already. */
static void pass_much(struct sent *relay)
{
    static const uint8_t much[FOLLOW_UP_BYTES_MAX - 256];
    struct buf answer;
    buf_init(&answer, FOLLOW_UP_BYTES_MAX);
    pack_u32(&answer, tiny_ring.id);
    pack_bytes(&answer, BYTES_LIT("nobody asked"));
    pack_u8(&answer, 1);
    buf_push(&answer, bytes_of(much, sizeof much));
    pass_on(relay, COMMAND_ANSWERED, buf_bytes(&answer));
    buf_fini(&answer);
}

/* Brings all posts to their last use, and lets them go cold but for the first. */
static void posts_make(struct world *w, uint32_t count)
{
    for (uint32_t post = 1; post <= count; post++)
        for (uint32_t i = 0; i < RELAY_POST_USES_MAX; i++)
            CHECK(w->t, accepted(send(w, relay(w, i == 0 ? 0 : post))));
    freeze(w);
    CHECK_EQ(w->t, uses_of(w, 1), RELAY_POST_USES_MAX);
}

/* The first is turned away while the second waits for a cold row; it goes before the second all the same. */
static void one_that_is_turned_away_is_not_overtaken(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    people_make(w, 1);
    struct sent *first = relay(w, 1), *second = relay_beside(w, 1, 2), *outer = relay(w, 0);
    posts_make(w, 2);
    pass_much(first);
    pass_letter(first, 1, 'x');
    pass_letter(second, 1, 'y');
    pass_on(outer, COMMAND_RELAY, buf_bytes(&first->payload));
    pass_on(outer, COMMAND_RELAY, buf_bytes(&second->payload));
    CHECK(t, accepted(send(w, outer)));
    disk_sim_limit(w->disk, 1);
    send_all(w, NULL, 0);
    CHECK(t, !stats(w).accepting && stats(w).waiting == 1);
    disk_sim_limit(w->disk, 16 << 20);
    (void)keep_house(w);
    settle(w);
    check_letters(w, 1, "x");
    world_close(w);
}

#define COUNTED_BYTES 64u /* of a record, beside its payload, when groups are made */

/* A group of commands that is as big as they come, the one that follows before them, and behind it another group. When the first
 * doesn't fit the disk the second is turned away too. */
static void none_goes_before_one_that_is_turned_away(struct t *t)
{
    struct world *w = world_open(t);
    people_make(w, 1);
    struct sent *first = relay(w, 0), *all[9];
    pass_letter(first, 1, 'a');
    CHECK(t, accepted(send(w, first)));
    size_t left = ENGINE_GROUP_BYTES_MAX - (5 + COUNTED_BYTES);
    for (size_t i = 0; i < 8; i++) { /* nobody will look into them */
        all[i] = relay(w, 0);
        size_t size = (left < 1 << 20 ? left : 1 << 20) - COUNTED_BYTES;
        REQUIRE(t, buf_extend(&all[i]->payload, size - all[i]->payload.size) != NULL);
        left -= size + COUNTED_BYTES;
    }
    CHECK_EQ(t, left, 0);
    all[8] = letter(w, 1, 'b');
    disk_sim_limit(w->disk, 1);
    send_all(w, all, COUNT_OF(all));
    CHECK_EQ(t, all[8]->answer.status.code, STATUS_FULL);
    disk_sim_limit(w->disk, 16 << 20);
    (void)keep_house(w);
    settle(w);
    check_letters(w, 1, "a");
    world_close(w);
}

static void too_many_of_them_hold_commands(struct t *t)
{
    struct world *w = world_open(t);
    for (uint32_t i = 0; i < MANY_RELAYS; i++) {
        struct sent *s = relay(w, 0);
        for (uint32_t nth = 0; nth < STEP_FOLLOW_UPS_MAX; nth++)
            pass_on(s, COMMAND_TINY_CREATE, BYTES_NONE);
        s->submission.payload = buf_bytes(&s->payload);
    }
    struct submission *all[MANY_RELAYS];
    struct err e = {0};
    for (uint32_t i = 0; i < MANY_RELAYS; i++)
        all[i] = &w->sent[i].submission;
    CHECK_EQ(t, engine_holds(w->engine), HOLD_NONE);
    REQUIRE_DONE(t, engine_group(w->engine, all, MANY_RELAYS, w->now_us, &e), &e);
    CHECK_EQ(t, engine_holds(w->engine), HOLD_FOLLOW_UPS);
    settle(w);
    CHECK_EQ(t, engine_holds(w->engine), HOLD_NONE);
    CHECK_EQ(t, stats(w).rows.rows[person_family.id], MANY_RELAYS * STEP_FOLLOW_UPS_MAX);
    world_close(w);
}

/* --- with cold rows --- */

static void rows_by_number_go_cold_and_come_back(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    for (int i = 0; i < 3; i++)
        CHECK(t, accepted(send(w, relay(w, 0))));
    freeze(w);
    REQUIRE(t, stats(w).rows.cold_rows == 3);
    struct sent *many[8];
    for (uint32_t i = 0; i < 8; i++) /* the last use of the first post comes after its end */
        many[i] = relay(w, i < 6 ? 1 : 2);
    send_all(w, many, 8);
    CHECK(t, !many[0]->answered && stats(w).waiting == 8);
    while (stats(w).waiting > 0)
        send_all(w, NULL, 0);
    for (uint32_t i = 0; i < 8; i++)
        CHECK(t, i == 5 ? many[i]->answer.refusal == &relay_no_post : accepted(many[i]));
    freeze(w);
    CHECK_EQ(t, uses_of(w, 1), 0);
    CHECK_EQ(t, uses_of(w, 2), 3); /* a read fetches them, too */
    CHECK_EQ(t, uses_of(w, 3), 1);
    freeze(w);
    CHECK(t, engine_preview(w->engine, registry_command(w->registry, COMMAND_RELAY), bytes_of("\3\0\0\0\0\0\0", 8), look_at_nothing, NULL) == NULL);
    world_close(w);
}

struct crowd {
    uint32_t people, posts;
};

static void read_crowd(const struct view *v, void *context)
{
    struct crowd *c = context;
    *c = (struct crowd){0};
    for (uint32_t i = 1; i <= CROWD; i++) {
        c->people += view_person(v, i) != NULL;
        c->posts += relay_uses(v, i);
    }
}

static void a_read_of_more_than_can_be_noted_comes_to_an_end(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    for (uint32_t i = 0; i < CROWD; i++) {
        struct sent *s = relay(w, 0);
        pass_on(s, COMMAND_TINY_CREATE, BYTES_NONE);
        (void)send(w, s);
    }
    settle(w);
    freeze(w);
    REQUIRE(t, stats(w).rows.cold_rows == 2 * CROWD);
    struct crowd c;
    engine_read(w->engine, read_crowd, &c);
    CHECK(t, c.people == CROWD && c.posts == CROWD);
    world_close(w);
}

/* What a command touches is held while it waits for something else. */
static void a_row_of_one_that_waits_is_held(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    posts_make(w, 2);
    struct sent *all[] = {relay_beside(w, 1, 2), relay(w, 1)};
    send_all(w, all, COUNT_OF(all));
    CHECK_EQ(t, stats(w).waiting, 2);
    while (stats(w).waiting > 0)
        send_all(w, NULL, 0);
    CHECK(t, accepted(all[0]) && all[1]->answer.refusal == &relay_no_post);
    world_close(w);
}

static void what_follows_waits_for_cold_rows_in_its_order(struct t *t)
{
    struct world *w = world_open(t);
    w->options.memory_bytes = 1;
    world_crash(w);
    people_make(w, PEOPLE);
    freeze(w);
    REQUIRE(t, stats(w).rows.cold_rows > 0);
    for (uint32_t i = 0; i < 10; i++) {
        struct sent *s = relay(w, 0);
        for (uint32_t person = 1; person <= PEOPLE; person++)
            pass_letter(s, person, (char)('a' + i));
        (void)send(w, s);
    }
    settle(w);
    check_letters(w, 1, "abcdefghij");
    check_model(w);
    world_close(w);
}

/* --- with crashes --- */

static void may_crash(struct world *w, struct status status, const struct err *e)
{
    if (done(status))
        return;
    if (!disk_sim_stopped(w->disk))
        CHECK_DONE(w->t, status, e);
    w->options.memory_bytes = rng_chance(&w->t->rng, 0.5) ? 1 : 1 << 30;
    world_crash(w);
}

static void any_relay(struct world *w, struct sent *s, bool is_inner)
{
    struct rng *rng = &w->t->rng;
    for (uint64_t left = rng_below(rng, 8); left > 0; left--)
        pass_letter(s, rng_chance(rng, 0.1) ? NOBODY : 1 + (uint32_t)rng_below(rng, PEOPLE), (char)('a' + rng_below(rng, 26)));
    if (is_inner || rng_chance(rng, 0.7))
        return;
    struct sent *inner = relay_beside(w, (uint32_t)rng_below(rng, 8), (uint32_t)rng_below(rng, 8));
    any_relay(w, inner, true);
    pass_on(s, COMMAND_RELAY, buf_bytes(&inner->payload));
}

static void any_move(struct world *w)
{
    struct rng *rng = &w->t->rng;
    struct err e = {0};
    int64_t wait_us;
    struct sent *s = relay_beside(w, (uint32_t)rng_below(rng, 8), (uint32_t)rng_below(rng, 8));
    any_relay(w, s, false);
    s->submission.payload = buf_bytes(&s->payload);
    struct submission *one = &s->submission;
    may_crash(w, engine_group(w->engine, &one, 1, w->now_us, &e), &e);
    if (rng_chance(rng, 0.5))
        may_crash(w, engine_keep_house(w->engine, w->now_us, &wait_us, &e), &e);
    if (rng_chance(rng, 0.2))
        may_crash(w, engine_checkpoint(w->engine, rng_chance(rng, 0.5), &e), &e);
    if (rng_chance(rng, 0.1))
        disk_sim_stop_after(w->disk, 1 + rng_below(rng, 20));
    if (rng_chance(rng, 0.05))
        world_crash(w);
}

static void what_follows_arrives_once_whatever_crashes(struct t *t)
{
    struct world *w = world_open(t);
    w->options.log_segment_bytes = 1 << 20; /* nothing of the log is let go: the model is made out of it */
    world_crash(w);
    people_make(w, PEOPLE);
    for (int i = 0; i < RELAYS; i++)
        any_move(w);
    disk_sim_stop_after(w->disk, 0);
    if (disk_sim_stopped(w->disk))
        world_crash(w);
    settle(w);
    check_model(w);
    struct hash128 digest = stats(w).digest;
    world_crash(w);
    CHECK(t, hash128_equal(stats(w).digest, digest));
    check_model(w);
    world_close(w);
}

static const struct test tests[] = {
    {"what follows is in the log as if it had come by itself", what_follows_is_in_the_log_as_if_it_had_come_by_itself, 1},
    {"what follows goes before what is sent later", what_follows_goes_before_what_is_sent_later, 1},
    {"one that is refused is over", one_that_is_refused_is_over, 1},
    {"what follows may have something follow", what_follows_may_have_something_follow, 1},
    {"a long one keeps its bytes", a_long_one_keeps_its_bytes, 1},
    {"nothing follows a preview", nothing_follows_a_preview, 1},
    {"on a full disk it waits and keeps its order", on_a_full_disk_it_waits_and_keeps_its_order, 1},
    {"one that is turned away is not overtaken", one_that_is_turned_away_is_not_overtaken, 1},
    {"none goes before one that is turned away", none_goes_before_one_that_is_turned_away, 1},
    {"too many of them hold commands", too_many_of_them_hold_commands, 1},
    {"rows by number go cold and come back", rows_by_number_go_cold_and_come_back, 1},
    {"a read of more than can be noted comes to an end", a_read_of_more_than_can_be_noted_comes_to_an_end, 1},
    {"a row of one that waits is held", a_row_of_one_that_waits_is_held, 1},
    {"what follows waits for cold rows in its order", what_follows_waits_for_cold_rows_in_its_order, 1},
    {"what follows arrives once whatever crashes", what_follows_arrives_once_whatever_crashes, 200},
};
TEST_MAIN(tests)
