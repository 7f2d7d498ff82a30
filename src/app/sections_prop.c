/* The folds of all domains at once, whichever there are: people who are found to be one have what one person would have to
 * whom all of it happened, in whatever order it came in. A new section that no property here speaks of fails.
 * Covers: ../domain/all.c */
#include "base/time.h"
#include "domain/all.h"
#include "domain/listing/listing.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/rule.h"
#include "testing/harness.h"

#define PEOPLE 3u
#define LINKS (PEOPLE - 1)
#define EVENTS_MAX 48u
#define KINDS 3u
#define STORY_MAX (EVENTS_MAX + LINKS)
#define DOMAINS_MAX 64u
#define START_US INT64_C(1763740800000000)
#define SECRET UINT64_C(7)
#define LIST 1u /* on which people are put by hand */

/* What happens: each person has a phone, an e-mail and a device of their own; the links show that they are one. */
struct happening {
    struct envelope_id ids[KINDS];
    uint32_t id_count;
    int64_t at_us;
    const char *event, *source, *brand, *channel, *order, *staff;
    const char *trait, *text; /* NULL: none */
    const char *purpose;      /* NULL: none */
    bool given;
    bool is_listed, is_off; /* put on the list, or taken off it, as the first of the ids */
};

struct story {
    struct happening list[STORY_MAX];
    uint32_t count;
};

/* All names, so that they have the same numbers wherever the story begins. */
static const char *const events[] = {"product_viewed", "cart_added", "order_paid", "quiz_done", "friend_added", "friend_lost"};
static const char *const sources[] = {"web", "pos", "desk"};
static const char *const brands[] = {"", "aria", "bravo"};
static const char *const staff[] = {"G1", "小美"};
static const char *const channels[] = {"", "app", "store"};
static const char *const traits[] = {"name", "city", "size"};
static const char *const texts[] = {"王小明", "上海", "Lin", "M", "李四"};
static const char *const purposes[] = {"marketing", "research"};
#define ANY(t, list) ((list)[rng_below(&(t)->rng, COUNT_OF(list))])

static struct envelope_id id_of(struct t *t, uint32_t person, uint32_t kind)
{
    static const uint16_t types[] = {TYPE_PHONE, TYPE_EMAIL, TYPE_DEVICE_ID};
    static const char *const formats[] = {"+861390000000%u", "p%u@kith.cn", "a0000000-0000-4000-8000-00000000000%u"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    struct bytes value = bytes_of_text(arena_printf(t->arena, formats[kind], person));
#pragma GCC diagnostic pop
    return (struct envelope_id){.type = types[kind], .value = value, .key = identifier_key(SECRET, types[kind], BYTES_NONE, value)};
}

static struct happening any_happening(struct t *t)
{
    uint32_t person = (uint32_t)rng_below(&t->rng, PEOPLE), kind = (uint32_t)rng_below(&t->rng, KINDS);
    struct happening h = {.id_count = 1, .ids = {id_of(t, person, kind)}, .event = ANY(t, events), .source = ANY(t, sources), .order = "", .staff = ""};
    h.at_us = START_US + rng_between(&t->rng, 0, 20) * US_PER_MINUTE; /* equal times too */
    h.brand = ANY(t, brands);
    h.channel = ANY(t, channels);
    if (rng_chance(&t->rng, 0.4))
        h.ids[h.id_count++] = id_of(t, person, (kind + 1) % KINDS);
    if (rng_chance(&t->rng, 0.4))
        h.trait = ANY(t, traits), h.text = ANY(t, texts);
    if (rng_chance(&t->rng, 0.2))
        h.purpose = ANY(t, purposes), h.given = rng_chance(&t->rng, 0.5);
    h.is_listed = rng_chance(&t->rng, 0.2);
    h.is_off = h.is_listed && rng_chance(&t->rng, 0.3);
    if (strcmp(h.event, "order_paid") == 0)
        h.order = arena_printf(t->arena, "ORDER-%u", (unsigned)rng_below(&t->rng, 6));
    if (strncmp(h.event, "friend", 6) == 0)
        h.staff = ANY(t, staff);
    return h;
}

static struct happening link_of(struct t *t, uint32_t person)
{
    return (struct happening){.ids = {id_of(t, person, 0), id_of(t, person + 1, 1)}, .id_count = 2, .at_us = START_US, .event = events[0],
                              .source = sources[0], .brand = "", .channel = "", .order = ""};
}

/* Everybody shows all of theirs once, and links stand at the end; every section has something of somebody. */
static struct story any_story(struct t *t)
{
    struct story s = {.count = 10 + (uint32_t)rng_below(&t->rng, EVENTS_MAX - 10)};
    for (uint32_t i = 0; i < s.count; i++)
        s.list[i] = any_happening(t);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        s.list[i].id_count = KINDS;
        for (uint32_t k = 0; k < KINDS; k++)
            s.list[i].ids[k] = id_of(t, i, k);
    }
    s.list[0].trait = "name", s.list[0].text = "王小明";
    s.list[1].purpose = "marketing";
    s.list[2].event = "friend_added", s.list[2].staff = staff[0];
    s.list[0].is_listed = true;
    for (uint32_t i = 0; i < LINKS; i++)
        s.list[s.count++] = link_of(t, i);
    return s;
}

static struct story shuffled(struct t *t, const struct story *s)
{
    struct story other = *s;
    for (uint32_t i = other.count; i > 1; i--) {
        uint32_t k = (uint32_t)rng_below(&t->rng, i);
        struct happening h = other.list[i - 1];
        other.list[i - 1] = other.list[k];
        other.list[k] = h;
    }
    return other;
}

static struct story links_first(const struct story *s)
{
    struct story other = {.count = s->count};
    for (uint32_t i = 0; i < s->count; i++)
        other.list[(i + LINKS) % s->count] = s->list[i];
    return other;
}

/* --- playing it --- */

static struct bytes trait_pack(struct t *t, const struct happening *h)
{
    struct buf b;
    if (h->trait == NULL)
        return BYTES_NONE;
    buf_init(&b, 256);
    pack_varint(&b, 1);
    pack_bytes(&b, bytes_of_text(h->trait));
    value_pack_text(&b, bytes_of_text(h->text));
    struct bytes record = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return record;
}

static struct bytes consent_pack(struct t *t, const struct happening *h)
{
    struct buf b;
    if (h->purpose == NULL)
        return BYTES_NONE;
    buf_init(&b, 256);
    envelope_consent_pack(&b, &(struct envelope_consent){.purpose = bytes_of_text(h->purpose), .given = h->given});
    struct bytes consent = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return consent;
}

static void play(struct t *t, struct harness *world, const struct happening *h)
{
    struct err e = {0};
    struct buf b;
    uint64_t message = harness_position(world);
    struct envelope v = {.event = bytes_of_text(h->event), .source = bytes_of_text(h->source), .message = {rng_mix(message), message},
                         .event_us = h->at_us, .received_us = h->at_us, .id_count = h->id_count, .traits = trait_pack(t, h),
                         .consent_count = h->purpose != NULL, .consents = consent_pack(t, h)};
    v.reference[REF_BRAND] = bytes_of_text(h->brand);
    v.reference[REF_CHANNEL] = bytes_of_text(h->channel);
    v.reference[REF_ORDER] = bytes_of_text(h->order);
    v.reference[REF_STAFF] = bytes_of_text(h->staff);
    for (uint32_t i = 0; i < h->id_count; i++)
        v.ids[i] = h->ids[i];
    buf_init(&b, ENVELOPE_BYTES_MAX);
    CHECK_DONE(t, envelope_pack(&v, &b, &e), &e);
    CHECK(t, harness_apply(world, COMMAND_COLLECT_EVENT, buf_bytes(&b)) == NULL);
    buf_fini(&b);
}

/* Behind the event, of whoever has its identifier by then. */
static void listing_play(struct t *t, struct harness *world, const struct happening *h)
{
    struct buf b = arena_buf(t->arena, LISTING_PUT_BYTES_MAX);
    const struct listing_put put = {
        .id = h->ids[0], .list = LIST, .act = {.time_us = h->at_us, .is_off = h->is_off, .until_us = LISTING_FOR_EVER}};
    if (!h->is_listed)
        return;
    listing_put_pack(&put, &b);
    CHECK(t, harness_apply(world, COMMAND_LISTING_PUT, buf_bytes(&b)) == NULL);
}

static void list_says(struct t *t, struct harness *world)
{
    struct buf b = arena_buf(t->arena, LISTING_OPEN_BYTES_MAX);
    list_pack(&(struct list){.number = LIST}, &b);
    CHECK(t, harness_apply(world, COMMAND_LISTING_OPEN, buf_bytes(&b)) == NULL);
}

/* Events of nobody that say every name once. */
static void names_say(struct t *t, struct harness *world)
{
    for (size_t i = 0; i < 5; i++)
        play(t, world, &(struct happening){.at_us = START_US, .event = events[i % COUNT_OF(events)], .source = sources[i % COUNT_OF(sources)],
                                           .brand = brands[i % COUNT_OF(brands)], .channel = channels[i % COUNT_OF(channels)], .order = "",
                                           .trait = traits[i % COUNT_OF(traits)], .text = "", .purpose = purposes[i % COUNT_OF(purposes)]});
}

/* The domains of the process. */
/* Made before anybody was there: what happens is gathered as it comes. */
static const char *const rules[] = {"count((product_viewed or cart_added) in last 7 days) >= 3", "not did(order_paid)",
                                    "phone is known", "count(quiz_done where channel = 'mini_program') >= 2"};

static void rules_say(struct t *t, struct harness *world)
{
    struct buf b = arena_buf(t->arena, RULE_TEXT_BYTES_MAX);
    for (uint32_t i = 0; i < COUNT_OF(rules); i++) {
        b.size = 0;
        rule_ask_pack(&(struct rule_ask){.is_condition = true, .text = bytes_of_text(rules[i])}, &b);
        CHECK(t, harness_apply(world, COMMAND_RULE_MAKE, buf_bytes(&b)) == NULL);
        b.size = 0;
        rule_switch_pack(&(struct rule_pair){.new = i + 1}, 1, &b);
        CHECK(t, harness_apply(world, COMMAND_RULE_SWITCH, buf_bytes(&b)) == NULL);
    }
}

static struct harness *world_create(struct t *t, const struct story *s, uint32_t count)
{
    const struct domain *domains[DOMAINS_MAX];
    struct registry *registry = NULL;
    struct err e = {0};
    CHECK_DONE(t, registry_of_all(&registry, &e), &e);
    size_t domain_count = registry_domain_count(registry);
    assert(domain_count <= DOMAINS_MAX);
    for (size_t i = 0; i < domain_count; i++)
        domains[i] = registry_domain(registry, i);
    struct harness *world = harness_create(domains, domain_count);
    registry_destroy(registry);
    names_say(t, world);
    rules_say(t, world);
    list_says(t, world);
    harness_time(world, START_US + US_PER_HOUR); /* nothing is dated ahead */
    for (uint32_t i = 0; i < count; i++) {
        play(t, world, &s->list[i]);
        listing_play(t, world, &s->list[i]);
    }
    return world;
}

static uint32_t person_of(struct t *t, struct harness *world, uint32_t person)
{
    struct view v = harness_view(world);
    struct envelope_id id = id_of(t, person, 0);
    return identity_find(&v, id.type, id.ns, id.value, id.key);
}

static struct bytes section_of(struct t *t, struct harness *world, uint32_t person, const struct section *section)
{
    struct view v = harness_view(world);
    return arena_copy(t->arena, view_section(&v, person, section));
}

/* --- what holds of a section --- */

struct worlds {
    struct harness *merged, *whole, *shuffled; /* found to be one at the end, known to be one before, and in between */
};

/* To the byte. */
static void is_the_fold(struct t *t, const struct worlds *w, const struct section *section)
{
    struct bytes want = section_of(t, w->whole, person_of(t, w->whole, 0), section);
    CHECK_BYTES(t, section_of(t, w->merged, person_of(t, w->merged, 0), section), want);
    CHECK_BYTES(t, section_of(t, w->shuffled, person_of(t, w->shuffled, 0), section), want);
}

/* Grouping by identifiers; places and evidence tell of the order, and are identity's own. */
static void is_the_same_people(struct t *t, const struct worlds *w, const struct section *section)
{
    (void)section;
    struct view merged = harness_view(w->merged), whole = harness_view(w->whole), other = harness_view(w->shuffled);
    struct hash128 want = identity_canonical_digest(&whole);
    CHECK(t, hash128_equal(identity_canonical_digest(&merged), want));
    CHECK(t, hash128_equal(identity_canonical_digest(&other), want));
}

/* By whatever one would be found who was one all along, the merged are found. They may be found by more: a name that
 * was never the best of all was the best of one of them. */
static void is_found_as_before(struct t *t, const struct worlds *w, const struct section *section)
{
    (void)section;
    struct view merged = harness_view(w->merged), whole = harness_view(w->whole);
    uint32_t here = identity_find(&merged, TYPE_PHONE, BYTES_NONE, id_of(t, 0, 0).value, id_of(t, 0, 0).key);
    uint32_t there = identity_find(&whole, TYPE_PHONE, BYTES_NONE, id_of(t, 0, 0).value, id_of(t, 0, 0).key), numbers[PEOPLE * 4];
    struct find_view *columns = people_find_view(&merged);
    for (size_t i = 0; i < COUNT_OF(texts) + 6; i++) {
        struct bytes text = i < COUNT_OF(texts) ? bytes_of_text(texts[i]) : bytes_of_text(arena_printf(t->arena, "ORDER-%zu", i - COUNT_OF(texts)));
        if (!people_matches(&whole, there, text))
            continue;
        CHECK(t, people_matches(&merged, here, text));
        size_t count = people_find_scan(columns, text, numbers, COUNT_OF(numbers)), at = 0;
        while (at < count && identity_living(&merged, numbers[at]) != here)
            at++;
        CHECK(t, at < count);
    }
    people_find_view_close(columns);
}

/* Every rule says the same. Since when tells when it was found out, and a turn may be earlier than need be. */
static void says_the_same(struct t *t, const struct worlds *w, const struct section *section)
{
    (void)section;
    struct harness *const all[] = {w->whole, w->merged, w->shuffled};
    for (uint32_t rule = 1; rule <= COUNT_OF(rules); rule++) {
        bool said[COUNT_OF(all)];
        for (size_t i = 0; i < COUNT_OF(all); i++) {
            uint32_t person = person_of(t, all[i], 0);
            struct view v = harness_view(all[i]);
            said[i] = rule_says(&v, person, rule).truth;
        }
        CHECK(t, said[1] == said[0] && said[2] == said[0]);
    }
}

static const struct {
    const struct section *section;
    void (*holds)(struct t *t, const struct worlds *w, const struct section *section);
} properties[] = {
    {&identity_section, is_the_same_people}, {&traits_section, is_the_fold},          {&counters_section, is_the_fold},
    {&consents_section, is_the_fold},        {&found_section, is_found_as_before}, {&relations_section, is_the_fold},
    {&features_section, is_the_fold},        {&standing_section, says_the_same}, {&listings_section, is_the_fold},
};

static const struct section *fold_section(const struct view *v, uint8_t id)
{
    const struct section *section = registry_section(v->registry, id);
    return section != NULL && section->kind == SECTION_FOLD ? section : NULL;
}

static void section_holds(struct t *t, const struct worlds *w, const struct section *section)
{
    size_t at = 0;
    while (at < COUNT_OF(properties) && properties[at].section != section)
        at++;
    if (at == COUNT_OF(properties)) {
        test_fail(t, __FILE__, __LINE__, "no property says what a merge makes of the section %s", section->name);
        return;
    }
    if (section_of(t, w->whole, person_of(t, w->whole, 0), section).size == 0)
        test_fail(t, __FILE__, __LINE__, "no happening of the story puts anything into the section %s", section->name);
    properties[at].holds(t, w, section);
}

static void merged_is_as_if_always_one(struct t *t)
{
    struct story s = any_story(t), first = links_first(&s), other = shuffled(t, &s);
    struct worlds w = {.merged = world_create(t, &s, s.count), .whole = world_create(t, &first, first.count),
                       .shuffled = world_create(t, &other, other.count)};
    struct view v = harness_view(w.merged);
    for (uint8_t id = 0; id < SECTION_COUNT_MAX; id++)
        if (fold_section(&v, id) != NULL)
            section_holds(t, &w, fold_section(&v, id));
    harness_destroy(w.merged);
    harness_destroy(w.whole);
    harness_destroy(w.shuffled);
}

/* --- merging itself --- */

static bool commutes(const struct view *v, const struct section *section, struct bytes a, struct bytes b)
{
    return bytes_equal(section->merge(v, a, b), section->merge(v, b, a));
}

static void merging_knows_no_order(struct t *t)
{
    struct story s = any_story(t);
    struct harness *world = world_create(t, &s, s.count - LINKS);
    for (uint8_t id = 0; id < SECTION_COUNT_MAX; id++) {
        struct view v = harness_view(world);
        const struct section *section = fold_section(&v, id);
        if (section == NULL || section->merge == NULL)
            continue;
        struct bytes x[PEOPLE];
        for (uint32_t i = 0; i < PEOPLE; i++)
            x[i] = section_of(t, world, person_of(t, world, i), section);
        v = harness_view(world);
        CHECK(t, commutes(&v, section, x[0], x[1]) && commutes(&v, section, x[1], x[2]) && commutes(&v, section, x[0], x[2]));
        struct bytes left = section->merge(&v, section->merge(&v, x[0], x[1]), x[2]);
        CHECK_BYTES(t, section->merge(&v, x[0], section->merge(&v, x[1], x[2])), left);
        CHECK_BYTES(t, section->merge(&v, x[0], BYTES_NONE), x[0]);
        CHECK_BYTES(t, section->merge(&v, BYTES_NONE, x[0]), x[0]);
    }
    harness_destroy(world);
}

static const struct test tests[] = {
    {"every fold: the merged have what one person would have, in any order of arrival", merged_is_as_if_always_one, 60},
    {"every fold: merging is commutative and associative", merging_knows_no_order, 60},
};
TEST_MAIN(tests)
