/* People who are erased. Covers: erase.c, erasure.c, vacant.c */
#include <string.h>

#include "domain/identity/script_test.h"

static void erase_ask_put(struct script *s, struct hash128 public_id)
{
    struct erase_ask ask = {.public_id = public_id, .by = BYTES_LIT("lin"), .reason = BYTES_LIT("asked")};
    struct err e = {0};
    buf_clear(&s->payload);
    CHECK_DONE(s->t, identity_erase_pack(&ask, &s->payload, &e), &e);
}

static const struct refusal *erase(struct script *s, struct hash128 public_id)
{
    erase_ask_put(s, public_id);
    return script_send(s, COMMAND_ERASE);
}

/* Is any of these bytes left in a row of a person or of a keyed family of identity's? */
static bool is_left_in_rows(struct script *s, const char *value)
{
    struct view v = harness_view(s->h);
    size_t size = strlen(value);
    for (uint32_t number = 1; number < view_rows_end(&v, &person_family); number++) {
        struct bytes row = view_section(&v, number, &identity_section);
        if (row.size >= size && memmem(row.data, row.size, value, size) != NULL)
            return true;
    }
    for (size_t i = 0; i < identity_domain.family_count; i++) {
        const struct family *f = identity_domain.families[i];
        struct bytes key = BYTES_LIT("\0"), row;
        for (bool after = false; f->kind == FAMILY_KEYED && view_keyed_next(&v, f, key, after, &key, &row);
             after = true)
            if (row.size >= size && memmem(row.data, row.size, value, size) != NULL)
                return true;
    }
    return false;
}

static void who_is_erased_is_found_by_nothing(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "page_viewed a-secret");
    EVENT(&s, "order_paid p-secret");
    EVENT(&s, "page_viewed u2");
    struct view v = harness_view(s.h);
    struct hash128 first = identity_public_id(&v, 1), second = identity_public_id(&v, 2),
                   other = identity_public_id(&v, 3);
    ACCEPT(&s, COMMAND_BIND, "a-secret p-secret e-secret");
    ACCEPT(&s, COMMAND_BIND, "u2 e-other");
    v = harness_view(s.h);
    struct hash128 owner = identifier_key_of_holder(script_id(&s, "p-secret").key, 1);
    CHECK_EQ(t, identity_of_owner(&v, owner), 1);
    CHECK(t, is_left_in_rows(&s, "-secret"));
    CHECK(t, erase(&s, second) == NULL); /* the id of whom it absorbed is one of it too */
    PEOPLE(&s, "e-other+u2");
    v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 1);
    CHECK_EQ(t, identity_identifiers(&v), 2);
    CHECK_EQ(t, identity_people_known_to(&v, 0), 1);
    CHECK_EQ(t, identity_of_public_id(&v, first), PERSON_NONE);
    CHECK_EQ(t, identity_of_public_id(&v, second), PERSON_NONE);
    CHECK_EQ(t, identity_of_owner(&v, owner), PERSON_NONE);
    CHECK_EQ(t, identity_of_public_id(&v, other), 3);
    CHECK(t, !is_left_in_rows(&s, "-secret"));
    CHECK(t, is_left_in_rows(&s, "-other")); /* acts about others stay */
    CHECK_TEXT(t, erase(&s, first)->name, "nobody");
    EVENT(&s, "page_viewed p-secret a-secret"); /* whoever comes now is somebody new */
    CHECK_TEXT(t, s.told, "resolved 4 new");
    script_end(&s);
}

/* What a receipt keeps: whose events are to go, and nothing that says who it was. */
static void an_erasure_is_kept_as_keys(struct t *t)
{
    struct script s;
    struct erasure x;
    script_begin(&s, t);
    EVENT(&s, "page_viewed a1");
    EVENT(&s, "page_viewed p1");
    EVENT(&s, "login a1 p1");
    struct view v = harness_view(s.h);
    struct hash128 id = identity_public_id(&v, 1);
    CHECK(t, !identity_erasure_next(&v, 0, s.arena, &x));
    uint64_t position = harness_position(s.h);
    CHECK(t, erase(&s, id) == NULL);
    v = harness_view(s.h);
    REQUIRE(t, identity_erasure_next(&v, 0, s.arena, &x));
    CHECK_EQ(t, x.position, position);
    CHECK(t, hash128_equal(x.public_id, id));
    CHECK_BYTES(t, x.by, BYTES_LIT("lin"));
    CHECK_EQ(t, x.number_count, 2);
    CHECK_EQ(t, x.numbers[0] + x.numbers[1], 1 + 2);
    CHECK_EQ(t, x.owner_count, 2);
    CHECK(t, !x.everywhere);
    CHECK(t, !identity_erasure_next(&v, position + 1, s.arena, &x));
    script_end(&s);
}

/* Of more people than one step may write: the rest goes by slices, and is nobody from the beginning. */
static void who_was_many_is_erased_by_slices(struct t *t)
{
    enum { MANY = 330, A_BIND = 30 };
    struct script s;
    struct erasure x;
    struct hash128 *ids = ARENA_ARRAY(t->arena, struct hash128, MANY);
    script_begin(&s, t);
    for (int i = 0; i < MANY; i++)
        EVENT(&s, arena_printf(s.arena, "page_viewed a%d-secret", i));
    struct view v = harness_view(s.h);
    for (uint32_t i = 0; i < MANY; i++)
        ids[i] = identity_public_id(&v, i + 1);
    for (int i = 1; i < MANY; i += A_BIND) {
        const char *words = "a0-secret";
        for (int k = i; k < i + A_BIND && k < MANY; k++)
            words = arena_printf(s.arena, "%s a%d-secret", words, k);
        ACCEPT(&s, COMMAND_BIND, words);
    }
    v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 1);
    EVENT(&s, "page_viewed a-other");
    uint64_t position = harness_position(s.h);
    erase_ask_put(&s, ids[MANY / 2]);
    CHECK(t, harness_apply(s.h, COMMAND_ERASE, buf_bytes(&s.payload)) == NULL);
    v = harness_view(s.h);
    CHECK(t, !identity_erasure_is_listed(&v, position));
    while (script_job_goes_on(&s)) {
        v = harness_view(s.h);
        REQUIRE(t, identity_erasure_next(&v, position, s.arena, &x));
        CHECK_EQ(t, identity_erasure_is_listed(&v, position), x.absorbed_count == MANY - 1);
    }
    CHECK_EQ(t, identity_people(&v), 1);
    CHECK(t, !is_left_in_rows(&s, "-secret"));
    for (uint32_t i = 0; i < MANY; i++)
        CHECK_EQ(t, identity_of_public_id(&v, ids[i]), PERSON_NONE);
    REQUIRE(t, identity_erasure_next(&v, position, s.arena, &x));
    CHECK(t, identity_erasure_is_settled(&v, position));
    CHECK_EQ(t, x.own_count, MANY);
    CHECK_EQ(t, x.absorbed_count, MANY - 1);
    CHECK_EQ(t, x.owner_count, MANY);
    EVENT(&s, "page_viewed a7-secret");
    v = harness_view(s.h);
    CHECK_EQ(t, identity_of_public_id(&v, ids[7]), PERSON_NONE); /* whoever comes now is nobody of those */
    script_end(&s);
}

/* A value that was passed on goes back to who had it before, as passed on: the next holder is not taken for the first. */
static void a_value_that_was_passed_on_has_no_false_holder(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "page_viewed a1 u1");
    EVENT(&s, "logout a1");
    script_later(&s, US_PER_DAY);
    EVENT(&s, "login a1 u2"); /* the device is another's now */
    uint32_t before = script_event(&s, "page_viewed u1"), holder = script_event(&s, "page_viewed u2");
    struct view v = harness_view(s.h);
    struct hash128 id = identity_public_id(&v, holder);
    CHECK(t, before != holder);
    CHECK(t, erase(&s, id) == NULL);
    script_later(&s, US_PER_DAY);
    uint32_t next = script_event(&s, "page_viewed a1");
    v = harness_view(s.h);
    CHECK(t, next != holder && next != PERSON_NONE);
    CHECK_EQ(t, identity_of_owner(&v, s.resolved.owner), next); /* its events are nobody else's */
    script_end(&s);
}

/* A device that goes from hand to hand: each person logs in with it, and out a day later. */
static uint32_t device_had(struct script *s, const char *user)
{
    uint32_t person = script_event(s, arena_printf(s->arena, "login a1 %s", user));
    script_later(s, US_PER_DAY);
    EVENT(s, "logout a1");
    script_later(s, US_PER_DAY);
    return person;
}

static void erase_person(struct script *s, uint32_t person)
{
    struct view v = harness_view(s->h);
    struct hash128 id = identity_public_id(&v, person);
    CHECK(s->t, erase(s, id) == NULL);
}

static uint32_t owner_of_device(struct script *s, uint32_t holder)
{
    struct view v = harness_view(s->h);
    return identity_of_owner(&v, identifier_key_of_holder(script_id(s, "a1").key, holder));
}

/* What was said of an erased holder is never taken for the next one's, nor for that of who had the value before. */
static void a_holders_number_is_given_once(struct t *t)
{
    struct script s;
    uint32_t holder;
    script_begin(&s, t);
    uint32_t first = device_had(&s, "u1"), second = device_had(&s, "u2"), third = device_had(&s, "u3");
    CHECK(t, first != second && second != third && first != third);
    erase_person(&s, second);
    CHECK_EQ(t, owner_of_device(&s, 2), PERSON_NONE);
    CHECK_EQ(t, owner_of_device(&s, 3), third);
    erase_person(&s, third);
    CHECK_EQ(t, owner_of_device(&s, 1), first);
    uint32_t next = script_event(&s, "page_viewed a1");
    struct hash128 owner = s.resolved.owner;
    CHECK(t, hash128_equal(identifier_key_plain(owner, &holder), script_id(&s, "a1").key));
    CHECK_EQ(t, holder, 4);
    CHECK_EQ(t, owner_of_device(&s, 1), first);
    CHECK_EQ(t, owner_of_device(&s, 2), PERSON_NONE);
    CHECK_EQ(t, owner_of_device(&s, 3), PERSON_NONE);
    CHECK_EQ(t, owner_of_device(&s, 4), next);
    erase_person(&s, first);
    erase_person(&s, next);
    EVENT(&s, "page_viewed a1"); /* nobody had it any more */
    (void)identifier_key_plain(s.resolved.owner, &holder);
    CHECK_EQ(t, holder, 5);
    CHECK(t, !is_left_in_rows(&s, "u1"));
    script_end(&s);
}

/* What an only holder did lies in files until a purge, under a key that the next one must not have. */
static void an_only_holders_number_is_given_once(struct t *t)
{
    struct script s;
    uint32_t holder;
    script_begin(&s, t);
    erase_person(&s, script_event(&s, "login a1 u1"));
    CHECK_EQ(t, owner_of_device(&s, 1), PERSON_NONE);
    uint32_t next = script_event(&s, "page_viewed a1");
    (void)identifier_key_plain(s.resolved.owner, &holder);
    CHECK_EQ(t, holder, 2);
    CHECK_EQ(t, owner_of_device(&s, 1), PERSON_NONE);
    CHECK_EQ(t, owner_of_device(&s, 2), next);
    script_end(&s);
}

/* The second holder is erased and the first has the device again, before the third gets it. */
static void a_late_event_steps_over_the_erased(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    uint32_t first = device_had(&s, "u1"), second = device_had(&s, "u2");
    erase_person(&s, second);
    CHECK_EQ(t, device_had(&s, "u1"), first);
    int64_t then_us = s.event_us - 2 * US_PER_DAY + US_PER_HOUR;
    uint32_t third = device_had(&s, "u3");
    CHECK(t, third != first);
    s.event_us = then_us;
    CHECK_EQ(t, script_event(&s, "page_viewed a1"), first);
    script_end(&s);
}

/* The newest holder is erased who was this value's last two, one of them not yet put together with the other. */
static void a_value_goes_back_over_several_of_one_person(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    uint32_t first = device_had(&s, "u1"), second = device_had(&s, "u2"), third = device_had(&s, "u3");
    ACCEPT(&s, COMMAND_MERGE, "u2 u3");
    CHECK_EQ(t, owner_of_device(&s, 2), owner_of_device(&s, 3));
    CHECK(t, third != first);
    erase_person(&s, second);
    struct view v = harness_view(s.h);
    struct envelope_id device = script_id(&s, "a1");
    CHECK_EQ(t, identity_find_last(&v, &device), first);
    CHECK_EQ(t, device_had(&s, "u4"), owner_of_device(&s, 4));
    CHECK_EQ(t, owner_of_device(&s, 2), PERSON_NONE);
    script_end(&s);
}

/* What is blocked is quarantined, but waits for no review; who had it before never was. */
static void a_blocked_value_is_unblocked_without_its_holder(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    uint32_t first = device_had(&s, "u1"), second = device_had(&s, "u2");
    struct view v = harness_view(s.h);
    uint64_t waiting = totals_read(&v).quarantined;
    CHECK(t, first != second);
    CHECK(t, script_choose(&s, COMMAND_BLOCK, "a1", 1) == NULL);
    erase_person(&s, second);
    v = harness_view(s.h);
    CHECK_EQ(t, totals_read(&v).quarantined, waiting);
    CHECK(t, script_choose(&s, COMMAND_BLOCK, "a1", 0) == NULL);
    EVENT(&s, "page_viewed a1");
    CHECK_EQ(t, owner_of_device(&s, 3), s.resolved.person);
    script_end(&s);
}

/* Until acts about who was erased are blank, which takes some steps, they can't be taken back. */
static void an_act_about_the_erased_is_not_undone(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login a1 u1 p1");
    uint64_t position = harness_position(s.h);
    ACCEPT(&s, COMMAND_SPLIT, "p1");
    struct view v = harness_view(s.h);
    erase_ask_put(&s, identity_public_id(&v, script_find(&s, "p1")));
    CHECK(t, harness_apply(s.h, COMMAND_ERASE, buf_bytes(&s.payload)) == NULL);
    struct identity_act act = {.by = BYTES_LIT("lin"), .undo_position = position};
    struct err e = {0};
    buf_clear(&s.payload);
    CHECK_DONE(t, identity_act_pack(&act, &s.payload, &e), &e);
    const struct refusal *refusal = harness_apply(s.h, COMMAND_UNDO, buf_bytes(&s.payload));
    CHECK_TEXT(t, refusal == NULL ? "accepted" : refusal->name, "act_of_erased");
    while (script_job_goes_on(&s))
        continue;
    refusal = script_undo(&s, position);
    CHECK_TEXT(t, refusal == NULL ? "accepted" : refusal->name, "not_undoable");
    script_end(&s);
}

/* Acts keep the words of all that they were about, and keys of those alone whom they joined or parted. */
static void an_act_that_names_the_erased_says_it_no_more(struct t *t)
{
    struct script s;
    struct act_record act;
    script_begin(&s, t);
    EVENT(&s, "login u1 p1 e-secret");
    uint64_t position = harness_position(s.h);
    ACCEPT(&s, COMMAND_SPLIT, "p1 e-secret");
    ACCEPT(&s, COMMAND_SPLIT, "e-secret");
    CHECK(t, is_left_in_rows(&s, "-secret"));
    erase_person(&s, script_find(&s, "e-secret"));
    CHECK(t, !is_left_in_rows(&s, "-secret"));
    struct view v = harness_view(s.h);
    REQUIRE(t, identity_act_before(&v, position + 1, &act));
    CHECK_EQ(t, act.position, position);
    CHECK(t, act.undoable); /* it parted others, too */
    script_end(&s);
}

static const struct test tests[] = {
    {"who is erased is found by nothing", who_is_erased_is_found_by_nothing, 1},
    {"an erasure is kept as keys", an_erasure_is_kept_as_keys, 1},
    {"who was many is erased by slices", who_was_many_is_erased_by_slices, 1},
    {"a value that was passed on has no false holder", a_value_that_was_passed_on_has_no_false_holder, 1},
    {"a holder's number is given once", a_holders_number_is_given_once, 1},
    {"an only holder's number is given once", an_only_holders_number_is_given_once, 1},
    {"a late event steps over the erased", a_late_event_steps_over_the_erased, 1},
    {"a value goes back over several of one person", a_value_goes_back_over_several_of_one_person, 1},
    {"a blocked value is unblocked without its holder", a_blocked_value_is_unblocked_without_its_holder, 1},
    {"an act about the erased is not undone", an_act_about_the_erased_is_not_undone, 1},
    {"an act that names the erased says it no more", an_act_that_names_the_erased_says_it_no_more, 1},
};
TEST_MAIN(tests)
