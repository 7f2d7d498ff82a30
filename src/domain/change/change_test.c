/* Consumers: made, moved, told what they missed; and cursors as text. Covers: change.c, book.c */
#include "domain/change/teller_test.h"
#include "testing/harness.h"

/* One command; what follows is still to come. */
static void say_alone(struct harness *h, uint32_t count)
{
    struct buf b;
    buf_init(&b, TOLD_BYTES * TOLD_FACTS_MAX);
    for (uint32_t i = 0; i < count; i++)
        told_pack(&b, (struct told){.fact = CHANGE_IDENTIFIERS, .subject = i + 1});
    const struct refusal *refusal = harness_apply(h, COMMAND_TELL, buf_bytes(&b));
    assert(refusal == NULL);
    buf_fini(&b);
}

static void say(struct harness *h, uint32_t count)
{
    say_alone(h, count);
    (void)harness_follow(h);
}

static const struct refusal *put(struct harness *h, const char *name, enum consumer_act act,
                                 struct change_cursor cursor)
{
    struct consumer_ask ask = {.name = bytes_of_text(name), .by = BYTES_LIT("desk"), .act = act, .cursor = cursor};
    struct buf b;
    buf_init(&b, 1024);
    consumer_ask_pack(&ask, &b);
    const struct refusal *refusal = harness_apply(h, COMMAND_CONSUMER, buf_bytes(&b));
    (void)harness_follow(h);
    buf_fini(&b);
    return refusal;
}

static struct consumer_lag lag_of(struct harness *h, const char *name)
{
    struct view v = harness_view(h);
    struct consumer c;
    bool is_there = consumer_find(&v, bytes_of_text(name), &c);
    assert(is_there);
    return consumer_lag(&v, &c);
}

static uint64_t kept(struct harness *h)
{
    struct view v = harness_view(h);
    struct changes_span span;
    return changes_span(&v, &span) ? span.kept : 0;
}

static const struct change_cursor nowhere = {0, 0};

static void nothing_is_kept_without_a_consumer(struct t *t)
{
    struct harness *h = harness_create(teller_domains, COUNT_OF(teller_domains));
    struct changes_span span;
    struct hash128 before = harness_digest(h);
    say(h, 5);
    CHECK(t, hash128_equal(before, harness_digest(h)));
    CHECK(t, put(h, "copy", CONSUMER_FROM_NOW, nowhere) == NULL);
    say(h, 3);
    CHECK_EQ(t, kept(h), 3);
    CHECK(t, put(h, "other", CONSUMER_FROM_START, nowhere) == NULL);
    CHECK(t, harness_apply(h, COMMAND_CONSUMER_END, BYTES_LIT("copy")) == NULL);
    CHECK_EQ(t, kept(h), 3);
    CHECK(t, harness_apply(h, COMMAND_CONSUMER_END, BYTES_LIT("other")) == NULL);
    struct view v = harness_view(h);
    CHECK(t, !changes_span(&v, &span));
    before = harness_digest(h);
    say(h, 3);
    CHECK(t, hash128_equal(before, harness_digest(h)));
    CHECK_TEXT(t, harness_apply(h, COMMAND_CONSUMER_END, BYTES_LIT("copy"))->name, "no_such_consumer");
    harness_destroy(h);
}

/* What was kept for a consumer that was ended is gone, page by page, and not told to the next one. */
static void what_was_kept_goes_with_the_last_consumer(struct t *t)
{
    struct harness *h = harness_create(teller_domains, COUNT_OF(teller_domains));
    struct rows_usage usage;
    CHECK(t, put(h, "copy", CONSUMER_FROM_NOW, nowhere) == NULL);
    for (int i = 0; i < 200; i++)
        say(h, CHANGES_A_PAGE);
    CHECK(t, harness_apply(h, COMMAND_CONSUMER_END, BYTES_LIT("copy")) == NULL);
    say_alone(h, 3); /* pages are still on their way out */
    rows_usage(harness_rows(h), &usage);
    CHECK_EQ(t, usage.rows[fresh_change_family.id], 0);
    CHECK(t, usage.rows[change_page_family.id] > 100);
    CHECK(t, put(h, "next", CONSUMER_FROM_START, nowhere) == NULL);
    say(h, 2);
    CHECK_EQ(t, kept(h), 2);
    (void)harness_follow(h);
    CHECK_EQ(t, kept(h), 2);
    CHECK_EQ(t, lag_of(h, "next").changes, 2);
    CHECK(t, harness_apply(h, COMMAND_CONSUMER_END, BYTES_LIT("next")) == NULL);
    (void)harness_follow(h);
    rows_usage(harness_rows(h), &usage);
    for (size_t i = 0; i < change_domain.family_count; i++)
        CHECK_EQ(t, usage.rows[change_domain.families[i]->id], 0);
    harness_destroy(h);
}

static void acknowledging_goes_on_and_never_back(struct t *t)
{
    struct harness *h = harness_create(teller_domains, COUNT_OF(teller_domains));
    CHECK_TEXT(t, put(h, "copy", CONSUMER_ACKNOWLEDGES, nowhere)->name, "no_such_consumer");
    CHECK(t, put(h, "copy", CONSUMER_FROM_NOW, nowhere) == NULL);
    uint64_t position = harness_position(h);
    say(h, 10);
    CHECK_EQ(t, lag_of(h, "copy").changes, 10);
    CHECK(t, put(h, "copy", CONSUMER_ACKNOWLEDGES, (struct change_cursor){position, 6}) == NULL);
    CHECK_EQ(t, lag_of(h, "copy").changes, 3);
    CHECK(t, put(h, "copy", CONSUMER_ACKNOWLEDGES, (struct change_cursor){position, 2}) == NULL);
    CHECK_EQ(t, lag_of(h, "copy").changes, 3);
    CHECK(t, put(h, "copy", CONSUMER_FROM_CURSOR, (struct change_cursor){position, 2}) == NULL);
    CHECK_EQ(t, lag_of(h, "copy").changes, 7);
    CHECK_TEXT(t, put(h, "copy", CONSUMER_ACKNOWLEDGES, (struct change_cursor){harness_position(h), 0})->name,
               "cursor_ahead");
    CHECK_TEXT(t, put(h, "copy", CONSUMER_FROM_CURSOR, nowhere)->name, "cursor_gone");
    CHECK(t, put(h, "copy", CONSUMER_FROM_START, nowhere) == NULL);
    CHECK_EQ(t, lag_of(h, "copy").changes, 10);
    harness_destroy(h);
}

static bool is_alarmed(struct harness *h)
{
    struct view v = harness_view(h);
    return change_domain.alarms[0].rings(&v);
}

static void setting(struct harness *h, const char *name, uint64_t value)
{
    struct buf b;
    buf_init(&b, 128);
    pack_bytes(&b, bytes_of_text(name));
    pack_u64(&b, value);
    const struct refusal *refusal = harness_apply(h, COMMAND_SET, buf_bytes(&b));
    assert(refusal == NULL);
    buf_fini(&b);
}

/* Whoever doesn't come is told what they have missed, and holds nothing back. */
static void a_consumer_that_stays_away_misses_some(struct t *t)
{
    struct harness *h = harness_create(teller_domains, COUNT_OF(teller_domains));
    setting(h, "change.kept", 2000);
    CHECK(t, put(h, "copy", CONSUMER_FROM_NOW, nowhere) == NULL);
    say(h, 500);
    CHECK(t, !is_alarmed(h));
    for (int i = 0; i < 4; i++)
        say(h, 300);
    CHECK(t, is_alarmed(h));
    CHECK_EQ(t, lag_of(h, "copy").lost, 0);
    for (int i = 0; i < 20; i++)
        say(h, 300);
    CHECK(t, kept(h) <= 2000 + 2 * CHANGES_A_PAGE + 300);
    CHECK(t, kept(h) >= 2000 - CHANGES_A_PAGE);
    CHECK_EQ(t, lag_of(h, "copy").changes, 500 + 24 * 300);
    CHECK_EQ(t, lag_of(h, "copy").lost, 500 + 24 * 300 - kept(h));
    CHECK(t, put(h, "copy", CONSUMER_FROM_NOW, nowhere) == NULL);
    CHECK(t, !is_alarmed(h));
    harness_destroy(h);
}

static void changes_grow_old(struct t *t)
{
    struct harness *h = harness_create(teller_domains, COUNT_OF(teller_domains));
    setting(h, "change.hours", 10);
    CHECK(t, put(h, "copy", CONSUMER_FROM_NOW, nowhere) == NULL);
    say(h, 2 * CHANGES_A_PAGE);
    say(h, 1);
    harness_time(h, harness_now_us(h) + 6 * US_PER_HOUR);
    say(h, 1);
    CHECK(t, is_alarmed(h)); /* more than half of the time is over */
    harness_time(h, harness_now_us(h) + 6 * US_PER_HOUR);
    say(h, 2 * CHANGES_A_PAGE);
    say(h, 1);
    CHECK(t, kept(h) <= 3 * CHANGES_A_PAGE);
    CHECK(t, kept(h) >= 2 * CHANGES_A_PAGE);
    harness_destroy(h);
}

static void names_are_steps_of_a_path(struct t *t)
{
    struct harness *h = harness_create(teller_domains, COUNT_OF(teller_domains));
    char name[CONSUMER_NAME_BYTES_MAX + 2];
    CHECK(t, put(h, "a/b", CONSUMER_FROM_NOW, nowhere) == &harness_malformed);
    CHECK(t, put(h, "", CONSUMER_FROM_NOW, nowhere) == &harness_malformed);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    CHECK(t, put(h, name, CONSUMER_FROM_NOW, nowhere) == &harness_malformed);
    for (unsigned i = 0; i < CONSUMERS_MAX; i++)
        CHECK(t, put(h, arena_printf(t->arena, "数仓-%u", i), CONSUMER_FROM_NOW, nowhere) == NULL);
    CHECK_TEXT(t, put(h, "one more", CONSUMER_FROM_NOW, nowhere)->name, "too_many_consumers");
    CHECK(t, put(h, "数仓-7", CONSUMER_FROM_NOW, nowhere) == NULL);
    harness_destroy(h);
}

static void cursors_are_read_as_they_are_written(struct t *t)
{
    static const char *const bad[] = {"",      "-",       "1",   "1-",   "-1",
                                      "1-2-3", "1-65536", "a-1", "1-2 ", "18446744073709551616-0"};
    struct change_cursor c;
    char text[CHANGE_CURSOR_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(t, !change_cursor_read(bytes_of_text(bad[i]), &c));
    CHECK(t, change_cursor_read(BYTES_LIT("18446744073709551615-65535"), &c));
    CHECK_TEXT(t, change_cursor_text(c, text), "18446744073709551615-65535");
    CHECK(t, change_cursor_compare((struct change_cursor){4, 9}, (struct change_cursor){5, 0}) < 0);
    CHECK(t, change_cursor_compare((struct change_cursor){5, 1}, (struct change_cursor){5, 0}) > 0);
}

static const struct test tests[] = {
    {"nothing is kept without a consumer", nothing_is_kept_without_a_consumer, 1},
    {"what was kept goes with the last consumer", what_was_kept_goes_with_the_last_consumer, 1},
    {"acknowledging goes on and never back", acknowledging_goes_on_and_never_back, 1},
    {"a consumer that stays away misses some", a_consumer_that_stays_away_misses_some, 1},
    {"changes grow old", changes_grow_old, 1},
    {"names are steps of a path", names_are_steps_of_a_path, 1},
    {"cursors are read as they are written", cursors_are_read_as_they_are_written, 1},
};
TEST_MAIN(tests)
