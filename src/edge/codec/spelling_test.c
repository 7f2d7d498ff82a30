/* Covers: spelling.c */
#include "edge/codec/spelling.h"

#include "domain/collect/collect.h"
#include "testing/test.h"

#define NAMES_MAX 1200u

static struct bytes any_name(struct t *t)
{
    static const char letters[] = "ab_ C";
    uint8_t *text = arena_take(t->arena, 40, 1);
    size_t size = (size_t)rng_below(&t->rng, 40);
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)letters[rng_below(&t->rng, rng_chance(&t->rng, 0.9) ? 2 : sizeof letters - 1)];
    return bytes_of(text, size);
}

/* All aliases and names of the dictionary, and names that are nobody's and near each other. */
static size_t names_gather(struct t *t, struct bytes out_names[NAMES_MAX])
{
    size_t event_count, count = 0;
    const struct standard_event *events = standard_events(&event_count);
    for (size_t i = 0; i < event_count; i++) {
        out_names[count++] = bytes_of_text(events[i].name);
        for (const char *at = events[i].aliases; *at != 0 && count < NAMES_MAX / 2;) {
            size_t size = strcspn(at, "|");
            out_names[count++] = bytes_of(at, size);
            at += size + (at[size] == '|');
        }
    }
    static const char *const properties[] = {"revenue",  "order_id", "orderId",  "amount",
                                             "Order ID", "sku",      "staff_id", "price"};
    for (size_t i = 0; i < COUNT_OF(properties); i++)
        out_names[count++] = bytes_of_text(properties[i]);
    while (count < NAMES_MAX)
        out_names[count++] = any_name(t);
    return count;
}

static void as_if_folded_anew(struct t *t)
{
    struct spellings *s = ARENA_NEW(t->arena, struct spellings);
    struct bytes names[NAMES_MAX];
    size_t count = names_gather(t, names);
    for (size_t i = 0; i < 20000; i++) {
        struct bytes sent = arena_copy(t->arena, names[rng_below(&t->rng, rng_chance(&t->rng, 0.5) ? 64 : count)]);
        uint32_t number = 77;
        struct bytes want = standard_event_fold(sent), got = spelling_event(s, sent, &number);
        const struct standard_event *standard = standard_event_named(want);
        CHECK(t, bytes_equal(got, want));
        CHECK_EQ(t, number, standard == NULL ? 0 : standard->number);
        want = standard_property_fold(sent), got = spelling_property(s, sent);
        CHECK(t, bytes_equal(got, want));
        CHECK_EQ(t, got.data == sent.data, bytes_equal(want, sent)); /* never a text of an earlier request */
    }
}

static const struct test tests[] = {
    {"what is known says what folding says", as_if_folded_anew, 5},
};
TEST_MAIN(tests)
