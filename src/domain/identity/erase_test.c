/* People who are erased. Covers: erase.c, erasure.c */
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

static const struct test tests[] = {
    {"who is erased is found by nothing", who_is_erased_is_found_by_nothing, 1},
    {"an erasure is kept as keys", an_erasure_is_kept_as_keys, 1},
    {"who was many is erased by slices", who_was_many_is_erased_by_slices, 1},
    {"a value that was passed on has no false holder", a_value_that_was_passed_on_has_no_false_holder, 1},
};
TEST_MAIN(tests)
