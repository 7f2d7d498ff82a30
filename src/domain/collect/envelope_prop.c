#include <stdlib.h>

#include "domain/collect/envelope_test.h"
#include "lib/json.h"

static void id_is(struct t *t, const struct envelope_id *got, const struct envelope_id *want)
{
    CHECK_EQ(t, got->type, want->type);
    CHECK_EQ(t, got->role, want->role);
    CHECK(t, hash128_equal(got->key, want->key));
    CHECK_BYTES(t, got->ns, want->ns);
    CHECK_BYTES(t, got->value, want->value);
}

static void envelope_is(struct t *t, const struct envelope *got, const struct envelope *want)
{
    CHECK_BYTES(t, got->event, want->event);
    CHECK_BYTES(t, got->source, want->source);
    CHECK(t, hash128_equal(got->message, want->message));
    CHECK_BYTES(t, got->message_id, want->message_id);
    CHECK_EQ(t, got->event_us, want->event_us);
    CHECK_EQ(t, got->sent_us, want->sent_us);
    CHECK_EQ(t, got->received_us, want->received_us);
    CHECK_EQ(t, got->import, want->import);
    CHECK_EQ(t, got->line.number, want->line.number);
    CHECK(t, want->line.number == 0 || hash128_equal(got->line.file, want->line.file));
    CHECK_EQ(t, got->actor, want->actor);
    CHECK_BYTES(t, got->actor_id, want->actor_id);
    for (uint32_t i = 0; i < REF_COUNT; i++)
        CHECK_BYTES(t, got->reference[i], want->reference[i]);
    CHECK_EQ(t, got->id_count, want->id_count);
    CHECK_EQ(t, got->other_count, want->other_count);
    for (uint32_t i = 0; i < want->id_count + want->other_count; i++)
        id_is(t, &got->ids[i], &want->ids[i]);
    CHECK_BYTES(t, got->traits, want->traits);
    CHECK_EQ(t, got->consent_count, want->consent_count);
    CHECK_BYTES(t, got->consents, want->consents);
    CHECK_BYTES(t, got->properties, want->properties);
    CHECK_EQ(t, got->item_count, want->item_count);
    CHECK_BYTES(t, got->items, want->items);
}

static void what_was_packed_comes_back(struct t *t)
{
    struct envelope v = any_envelope(t), back;
    struct buf b;
    struct err e = {0};
    buf_init(&b, ENVELOPE_BYTES_MAX);
    REQUIRE_DONE(t, envelope_pack(&v, &b, &e), &e);
    REQUIRE_DONE(t, envelope_unpack(buf_bytes(&b), &back, &e), &e);
    envelope_is(t, &back, &v);
    CHECK_DONE(t, envelope_check(&back, &e), &e);
    struct envelope_keys keys;
    uint32_t count = v.id_count + v.other_count;
    REQUIRE(t, envelope_peek(buf_bytes(&b), &keys));
    CHECK(t, hash128_equal(keys.message, v.message));
    CHECK_EQ(t, keys.count, count < ENVELOPE_KEYS_MAX ? count : ENVELOPE_KEYS_MAX);
    for (uint32_t i = 0; i < keys.count; i++)
        CHECK(t, hash128_equal(keys.ids[i], v.ids[i].key));
    buf_fini(&b);
}

static void an_envelope_cut_short_is_refused(struct t *t)
{
    struct envelope v = any_envelope(t), back;
    struct buf b;
    struct err e = {0};
    buf_init(&b, ENVELOPE_BYTES_MAX);
    REQUIRE_DONE(t, envelope_pack(&v, &b, &e), &e);
    size_t size = rng_below(&t->rng, b.size);
    CHECK_FAILS(t, envelope_unpack(bytes_of(b.data, size), &back, &e), INVALID);
    buf_push_byte(&b, 0);
    if (!b.overflowed)
        CHECK_FAILS(t, envelope_unpack(buf_bytes(&b), &back, &e), INVALID);
    buf_fini(&b);
}

static void changed_bytes_stay_inside(struct t *t)
{
    struct envelope v = any_envelope(t), back;
    struct buf b, out;
    struct err e = {0};
    buf_init(&b, ENVELOPE_BYTES_MAX);
    buf_init(&out, 1 << 20);
    REQUIRE_DONE(t, envelope_pack(&v, &b, &e), &e);
    uint8_t *exact = malloc(b.size); /* so that a sanitizer sees its end */
    REQUIRE(t, exact != NULL);
    memcpy(exact, b.data, b.size);
    for (uint64_t changes = rng_below(&t->rng, 4); changes > 0; changes--)
        exact[rng_below(&t->rng, b.size)] = (uint8_t)rng_next(&t->rng);
    if (done(envelope_unpack(bytes_of(exact, b.size), &back, &e))) {
        struct json_writer w;
        json_writer_init(&w, &out, false);
        json_object_begin(&w);
        envelope_print(&back, &w);
        json_object_end(&w);
        CHECK(t, json_writer_finished(&w));
        (void)failed(envelope_check(&back, &e));
    }
    free(exact);
    buf_fini(&b);
    buf_fini(&out);
}

static const struct test tests[] = {
    {"what was packed comes back", what_was_packed_comes_back, 5000},
    {"an envelope cut short is refused", an_envelope_cut_short_is_refused, 5000},
    {"changed bytes stay inside", changed_bytes_stay_inside, 5000},
};
TEST_MAIN(tests)
