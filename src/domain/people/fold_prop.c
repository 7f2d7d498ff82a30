/* The folds against a naive model, and as a sum: in any order, cut in any way, the same events give the same bytes.
 * Covers: fold.c, counters.c, traits.c, consents.c */
#include "base/time.h"
#include "domain/people/fold.h"
#include "lib/value.h"
#include "testing/test.h"

#define EVENTS_MAX 400u
#define BASE_US INT64_C(1763740800123000)

/* How many names of each kind a run has: few (collisions), or many (limits). */
struct vocabulary {
    uint64_t events, brands, channels, traits, values, purposes, owners;
};

struct history {
    uint32_t count;
    struct arrived *list;
    struct hash128 *owners;
    struct people_source rules[3]; /* of sources 1, 2, 3 */
};

static struct bytes any_value(struct t *t, uint64_t values)
{
    uint64_t pick = rng_below(&t->rng, values);
    struct buf b = arena_buf(t->arena, 2048);
    if (pick % 3 == 0)
        value_pack_decimal(&b, (int64_t)pick, 0);
    else
        value_pack_text(&b, bytes_of_text(arena_printf(t->arena, "value %llu", (unsigned long long)pick)));
    return buf_bytes(&b);
}

static int64_t any_time(struct t *t)
{
    switch (rng_below(&t->rng, 8)) {
    case 0: /* equal times */
        return BASE_US;
    case 1: /* far and odd */
        return rng_between(&t->rng, TIME_US_MIN, TIME_US_END - 1);
    case 2:
        return BASE_US + rng_between(&t->rng, -999999, 999999);
    default:
        return BASE_US + rng_between(&t->rng, 0, 90 * US_PER_DAY / US_PER_MS) * US_PER_MS;
    }
}

static struct hash128 owner_of(uint64_t n)
{
    return (struct hash128){rng_mix(n), rng_mix(n + 1000)};
}

static struct arrived any_event(struct t *t, const struct vocabulary *v)
{
    struct arrived a = {.event = (uint32_t)rng_below(&t->rng, v->events), .source = (uint32_t)rng_below(&t->rng, 4)};
    if (rng_chance(&t->rng, 0.1))
        a.envelope.event = standard_event_name(EVENT_TRAITS_COMPUTED);
    a.brand = (uint32_t)rng_below(&t->rng, v->brands);
    a.channel = (uint32_t)rng_below(&t->rng, v->channels);
    a.envelope.event_us = any_time(t);
    struct arrived_trait *traits = ARENA_ARRAY(t->arena, struct arrived_trait, 4);
    struct arrived_consent *consents = ARENA_ARRAY(t->arena, struct arrived_consent, 2);
    a.trait_count = rng_chance(&t->rng, 0.5) ? (uint32_t)rng_below(&t->rng, 5) : 0;
    a.consent_count = rng_chance(&t->rng, 0.3) ? (uint32_t)rng_below(&t->rng, 3) : 0;
    for (uint32_t i = 0; i < a.trait_count; i++)
        traits[i] = (struct arrived_trait){1 + (uint32_t)rng_below(&t->rng, v->traits), any_value(t, v->values)};
    for (uint32_t i = 0; i < a.consent_count; i++) {
        consents[i] = (struct arrived_consent){.purpose = 1 + (uint32_t)rng_below(&t->rng, v->purposes)};
        consents[i].channel = (uint32_t)rng_below(&t->rng, v->channels);
        consents[i].consent.given = rng_chance(&t->rng, 0.5);
        consents[i].consent.until_us = rng_chance(&t->rng, 0.2) ? any_time(t) : 0;
        consents[i].consent.policy = rng_chance(&t->rng, 0.5) ? BYTES_LIT("v2") : BYTES_NONE;
        consents[i].entity = rng_chance(&t->rng, 0.3) ? (uint32_t)rng_below(&t->rng, 3) : 0;
        consents[i].consent.from_us = rng_chance(&t->rng, 0.2) ? any_time(t) : 0;
        consents[i].consent.evidence = rng_chance(&t->rng, 0.3) ? BYTES_LIT("門店紙質表 7 號") : BYTES_NONE;
    }
    a.traits = traits;
    a.consents = consents;
    return a;
}

static struct history any_history(struct t *t, const struct vocabulary *v)
{
    struct history h = {.count = (uint32_t)rng_below(&t->rng, EVENTS_MAX)};
    h.list = ARENA_ARRAY(t->arena, struct arrived, h.count);
    h.owners = ARENA_ARRAY(t->arena, struct hash128, h.count);
    for (uint32_t i = 0; i < h.count; i++) {
        h.list[i] = any_event(t, v);
        h.owners[i] = owner_of(rng_below(&t->rng, v->owners));
    }
    for (uint32_t i = 0; i < 3; i++)
        h.rules[i] = (struct people_source){i + 1, (uint8_t)(i == 2 ? 10 : 100), i == 1};
    return h;
}

/* The fold of those events of which `part` is the part given (2: all), in the order of `order`. */
static struct people_fold *fold_of(struct t *t, const struct history *h, const uint32_t *order, const uint8_t *parts, uint8_t part)
{
    struct people_fold *f = people_fold_create(t->arena);
    for (uint32_t i = 0; i < COUNT_OF(h->rules); i++)
        people_fold_source(f, &h->rules[i]);
    for (uint32_t i = 0; i < h->count; i++)
        if (part == 2 || parts[order[i]] == part)
            people_fold_event(f, &h->list[order[i]], h->owners[order[i]]);
    return f;
}

static void shuffle(struct t *t, uint32_t *list, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(&t->rng, i), x = list[i - 1];
        list[i - 1] = list[j];
        list[j] = x;
    }
}

typedef struct bytes (*merge_function)(struct bytes x, struct bytes y, struct arena *a);
static const struct section *const all_sections[] = {&traits_section, &counters_section, &consents_section};
static const merge_function merges[] = {traits_merge, counters_merge, consents_merge};

static void order_does_not_matter(struct t *t, const struct history *h)
{
    uint32_t *order = ARENA_ARRAY(t->arena, uint32_t, h->count);
    uint8_t *parts = ARENA_ARRAY(t->arena, uint8_t, h->count);
    for (uint32_t i = 0; i < h->count; i++) {
        order[i] = i;
        parts[i] = (uint8_t)rng_below(&t->rng, 2);
    }
    struct people_fold *whole = fold_of(t, h, order, parts, 2);
    shuffle(t, order, h->count);
    struct people_fold *shuffled = fold_of(t, h, order, parts, 2);
    struct people_fold *a = fold_of(t, h, order, parts, 0), *b = fold_of(t, h, order, parts, 1);
    for (size_t i = 0; i < COUNT_OF(all_sections); i++) {
        struct bytes want = people_fold_section(whole, all_sections[i], t->arena);
        struct bytes x = people_fold_section(a, all_sections[i], t->arena), y = people_fold_section(b, all_sections[i], t->arena);
        CHECK(t, bytes_equal(people_fold_section(shuffled, all_sections[i], t->arena), want));
        CHECK(t, bytes_equal(merges[i](x, y, t->arena), want));
        CHECK(t, bytes_equal(merges[i](y, x, t->arena), want));
    }
}

/* --- the naive model: lists of all that was ever said, looked through from end to end --- */

static bool is_theirs(const struct arrived *a)
{
    return a->envelope.event.size == 0; /* others are Kith's own */
}

static uint32_t key_place(const struct history *h, const struct counter *c)
{
    uint32_t smaller = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        const struct arrived *a = &h->list[i];
        bool is_smaller = a->event != 0 && is_theirs(a) &&
                          (a->event < c->event || (a->event == c->event && a->brand < c->brand) ||
                                            (a->event == c->event && a->brand == c->brand && a->channel < c->channel));
        bool is_seen = false;
        for (uint32_t j = 0; j < i && is_smaller && !is_seen; j++)
            is_seen = is_theirs(&h->list[j]) && h->list[j].event == a->event && h->list[j].brand == a->brand && h->list[j].channel == a->channel;
        smaller += is_smaller && !is_seen;
    }
    return smaller;
}

static void counters_are_right(struct t *t, const struct history *h, const struct counters *got)
{
    uint64_t total = 0, theirs = 0;
    for (uint32_t i = 0; i < h->count; i++)
        theirs += is_theirs(&h->list[i]);
    for (uint32_t i = 0; i < got->count; i++) {
        const struct counter *c = &got->list[i];
        uint64_t count = 0;
        int64_t first_us = INT64_MAX, last_us = INT64_MIN;
        for (uint32_t j = 0; j < h->count; j++) {
            struct counter key = fold_counter(&h->list[j]);
            if (!is_theirs(&h->list[j]))
                continue;
            bool other = key.event == 0 || key_place(h, &key) >= COUNTERS_MAX;
            bool mine = c->event == 0 ? other : !other && key.event == c->event && key.brand == c->brand && key.channel == c->channel;
            count += mine;
            first_us = mine && key.first_us < first_us ? key.first_us : first_us;
            last_us = mine && key.last_us > last_us ? key.last_us : last_us;
        }
        CHECK_EQ(t, c->count, count);
        CHECK_EQ(t, c->first_us, first_us);
        CHECK_EQ(t, c->last_us, last_us);
        total += c->count;
    }
    CHECK_EQ(t, total, theirs);
}

static struct people_source model_rule(const struct history *h, uint32_t source)
{
    return source == 0 ? (struct people_source){.priority = SOURCE_PRIORITY_DEFAULT} : h->rules[source - 1];
}

/* Does x stand before y, by the words of people.h? */
static bool model_better(const struct candidate *x, const struct candidate *y)
{
    if (x->priority != y->priority)
        return x->priority < y->priority;
    if (x->first != y->first)
        return x->first;
    if (x->time_us != y->time_us)
        return x->first ? x->time_us < y->time_us : x->time_us > y->time_us;
    int order = value_compare(x->value, y->value);
    return order != 0 ? order > 0 : x->source < y->source;
}

static void trait_is_right(struct t *t, const struct history *h, const struct trait_entry *got)
{
    struct candidate taken[CANDIDATES_MAX];
    uint32_t count = 0;
    for (;; count++) {
        struct candidate best = {0};
        for (uint32_t i = 0; i < h->count; i++) {
            const struct arrived *a = &h->list[i];
            struct people_source rule = model_rule(h, a->source);
            for (uint32_t j = 0; j < a->trait_count && a->brand == got->brand; j++) {
                struct candidate c = {a->envelope.event_us, a->source, rule.priority, rule.first, a->traits[j].value};
                bool again = a->traits[j].name != got->name;
                for (uint32_t k = 0; k < count && k < CANDIDATES_MAX; k++)
                    again |= bytes_equal(taken[k].value, c.value);
                if (!again && (best.value.size == 0 || model_better(&c, &best)))
                    best = c;
            }
        }
        if (best.value.size == 0 || count == CANDIDATES_MAX)
            break;
        taken[count] = best;
    }
    CHECK_EQ(t, got->count, count);
    for (uint32_t i = 0; i < got->count && i < count; i++) {
        CHECK(t, bytes_equal(got->best[i].value, taken[i].value));
        CHECK_EQ(t, got->best[i].time_us, taken[i].time_us);
        CHECK_EQ(t, got->best[i].source, taken[i].source);
    }
}

static void folds_are_right(struct t *t, const struct history *h)
{
    uint32_t *order = ARENA_ARRAY(t->arena, uint32_t, h->count);
    for (uint32_t i = 0; i < h->count; i++)
        order[i] = i;
    struct people_fold *f = fold_of(t, h, order, NULL, 2);
    struct counters counters = counters_decode(people_fold_section(f, &counters_section, t->arena), t->arena);
    counters_are_right(t, h, &counters);
    struct traits traits = traits_decode(people_fold_section(f, &traits_section, t->arena), t->arena);
    for (uint32_t i = 0; i < traits.count; i++)
        trait_is_right(t, h, &traits.list[i]);
    struct consents consents = consents_decode(people_fold_section(f, &consents_section, t->arena), t->arena);
    for (uint32_t i = 0; i + 1 < consents.count; i++)
        CHECK(t, consents.list[i].time_us >= consents.list[i + 1].time_us);
}

static const struct vocabulary few = {4, 3, 3, 3, 6, 2, 3}, many = {60, 4, 4, 90, 12, 6, 5};

static void few_names(struct t *t)
{
    struct history h = any_history(t, &few);
    order_does_not_matter(t, &h);
    folds_are_right(t, &h);
}

static void many_names(struct t *t)
{
    struct history h = any_history(t, &many);
    order_does_not_matter(t, &h);
}

static void many_names_model(struct t *t)
{
    struct history h = any_history(t, &many);
    folds_are_right(t, &h);
}

/* One event at a time into the bytes, as the live step does, gives what the lists give. */
static void in_place_is_the_same(struct t *t)
{
    struct history h = any_history(t, rng_chance(&t->rng, 0.7) ? &few : &many);
    struct counters sum = counters_none(COUNTERS_MAX);
    struct bytes section = BYTES_NONE;
    for (uint32_t i = 0; i < h.count; i++) {
        struct counter one = fold_counter(&h.list[i]);
        section = counters_bump(section, &one, t->arena);
        counters_add(&sum, &one, t->arena);
        if (i % 16 == 0 || i + 1 == h.count)
            CHECK(t, bytes_equal(section, counters_encode(&sum, t->arena)));
    }
}

static void three_merge_in_any_order(struct t *t)
{
    struct bytes x[3];
    for (size_t i = 0; i < COUNT_OF(all_sections); i++) {
        for (size_t j = 0; j < 3; j++) {
            struct history h = any_history(t, &many);
            uint32_t *order = ARENA_ARRAY(t->arena, uint32_t, h.count);
            for (uint32_t k = 0; k < h.count; k++)
                order[k] = k;
            x[j] = people_fold_section(fold_of(t, &h, order, NULL, 2), all_sections[i], t->arena);
        }
        struct bytes left = merges[i](merges[i](x[0], x[1], t->arena), x[2], t->arena);
        struct bytes right = merges[i](x[0], merges[i](x[2], x[1], t->arena), t->arena);
        CHECK(t, bytes_equal(left, right));
    }
}

/* Beyond the bytes of a row history goes, then names: what is left still reads, and the rest is what it was. */
static void too_much_is_cut(struct t *t)
{
    struct people_fold *f = people_fold_create(t->arena);
    for (uint32_t i = 0; i < 300; i++) {
        char *text = arena_printf(t->arena, "%0*u", (int)(200 + rng_below(&t->rng, 700)), i);
        struct buf b = arena_buf(t->arena, 2048);
        value_pack_text(&b, bytes_of_text(text));
        struct arrived_trait trait = {1 + i % 150, buf_bytes(&b)};
        struct arrived a = {.event = 1, .trait_count = 1, .traits = &trait};
        a.envelope.event_us = BASE_US + i;
        people_fold_event(f, &a, owner_of(1));
    }
    struct bytes section = people_fold_section(f, &traits_section, t->arena);
    struct traits traits = traits_decode(section, t->arena);
    CHECK(t, section.size <= TRAITS_BYTES_MAX);
    CHECK(t, traits.more && traits.count > 5 && traits.count < TRAITS_MAX);
    for (uint32_t i = 0; i < traits.count; i++) {
        CHECK_EQ(t, traits.list[i].name, i + 1);
        CHECK_EQ(t, traits.list[i].best[0].time_us, BASE_US + 150 + i);
    }
}

static const struct test tests[] = {
    {"few names: any order and any cut give the same, and what the model says", few_names, 80},
    {"many names: any order and any cut give the same", many_names, 80},
    {"many names: what the model says", many_names_model, 4},
    {"counting in place gives what counting in lists gives", in_place_is_the_same, 80},
    {"three merge in any order", three_merge_in_any_order, 60},
    {"traits beyond the bytes of a row are cut", too_much_is_cut, 10},
};
TEST_MAIN(tests)
