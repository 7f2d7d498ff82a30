/* People merged and split while events come and re-folds are under way: once all is installed, each person's folds are
 * those of exactly the events that its owners own.
 * Covers: refold.c, refold_work.c, portable.c, profile.c, stow.c */
#include "domain/people/fold.h"
#include "domain/people/fake_test.h"
#include "engine/stow.h"
#include "lib/value.h"

#define OWNERS 8u
#define STEPS 160u
#define START_US INT64_C(1763740800000000)

/* All that was ever said, with the workspace's numbers. */
struct model {
    struct t *t;
    uint32_t count, room;
    struct arrived *list;
    struct hash128 *owners;
};

static void model_hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct model *m = context;
    (void)s;
    if (kind != &fact_resolved)
        return;
    const struct resolved *r = fact;
    struct arrived *a = &m->list[m->count];
    assert(m->count < m->room);
    *a = *r->arrived;
    struct arrived_trait *traits = ARENA_ARRAY(m->t->arena, struct arrived_trait, a->trait_count + 1);
    struct arrived_consent *consents = ARENA_ARRAY(m->t->arena, struct arrived_consent, a->consent_count + 1);
    for (uint32_t i = 0; i < a->trait_count; i++)
        traits[i] = a->traits[i];
    for (uint32_t i = 0; i < a->consent_count; i++)
        consents[i] = a->consents[i];
    a->traits = traits;
    a->consents = consents;
    m->owners[m->count++] = r->owner;
}

static struct draft_event any_draft(struct t *t)
{
    static const char *const events[] = {"page_viewed", "order_paid", "member_joined", "own_event", "renamed_event"};
    static const char *const brands[] = {NULL, "brand-a", "brand-b"};
    static const char *const channels[] = {NULL, "tmall", "mini_program"};
    static const char *const sources[] = {"web", "crm", "till"};
    struct draft_event d = {.owner = (uint32_t)rng_below(&t->rng, OWNERS)};
    d.event = events[rng_below(&t->rng, COUNT_OF(events))];
    d.brand = brands[rng_below(&t->rng, COUNT_OF(brands))];
    d.channel = channels[rng_below(&t->rng, COUNT_OF(channels))];
    d.source = sources[rng_below(&t->rng, COUNT_OF(sources))];
    d.time_us = START_US - rng_between(&t->rng, 0, 50) * 1000000;
    if (rng_chance(&t->rng, 0.4)) {
        char *name = arena_printf(t->arena, "%s", rng_chance(&t->rng, 0.5) ? "name" : "city");
        d.traits = one_trait(t, name, arena_printf(t->arena, "%llu", (unsigned long long)rng_below(&t->rng, 9)));
    }
    if (rng_chance(&t->rng, 0.2)) {
        struct envelope_consent *c = ARENA_NEW(t->arena, struct envelope_consent);
        *c = (struct envelope_consent){.purpose = BYTES_LIT("marketing"), .given = rng_chance(&t->rng, 0.6)};
        c->channel = rng_chance(&t->rng, 0.5) ? BYTES_LIT("sms") : BYTES_NONE;
        c->entity = rng_chance(&t->rng, 0.3) ? BYTES_LIT("甲公司") : BYTES_NONE;
        c->evidence = rng_chance(&t->rng, 0.3) ? BYTES_LIT("表單 🖊") : BYTES_NONE;
        c->from_us = rng_chance(&t->rng, 0.3) ? d.time_us - 1 : 0;
        d.consents = c;
        d.consent_count = 1;
    }
    return d;
}

static void group(struct harness *h, uint32_t command, const uint32_t *owners, uint32_t count)
{
    struct buf b;
    buf_init(&b, 4096);
    fake_owners_pack(&b, owners, count);
    (void)harness_apply(h, command, buf_bytes(&b));
    buf_fini(&b);
}

static void any_group(struct t *t, struct harness *h, uint32_t command)
{
    uint32_t owners[2];
    for (uint32_t i = 0; i < COUNT_OF(owners); i++)
        owners[i] = (uint32_t)rng_below(&t->rng, OWNERS);
    group(h, command, owners, command == COMMAND_FAKE_MERGE ? 2 : 1 + (uint32_t)rng_below(&t->rng, 2));
}

static void rules_set(struct t *t, struct harness *h)
{
    for (const char *const *source = (const char *const[]){"web", "crm", "till", NULL}; *source != NULL; source++) {
        struct draft_event d = {.event = "page_viewed", .source = *source, .owner = 0, .time_us = START_US};
        CHECK(t, draft_apply(t, h, &d) == NULL);
    }
    struct view v = harness_view(h);
    struct buf b;
    buf_init(&b, 64);
    pack_u32(&b, name_number(&v, NAME_SOURCE, BYTES_LIT("crm")));
    pack_u8(&b, 10);
    pack_u8(&b, 0);
    CHECK(t, harness_apply(h, COMMAND_SOURCE, buf_bytes(&b)) == NULL);
    buf_clear(&b);
    v = harness_view(h);
    pack_u32(&b, name_number(&v, NAME_SOURCE, BYTES_LIT("till")));
    pack_u8(&b, 100);
    pack_u8(&b, 1);
    CHECK(t, harness_apply(h, COMMAND_SOURCE, buf_bytes(&b)) == NULL);
    buf_clear(&b);
    collect_name_pack(&b, NAME_EVENT, BYTES_LIT("renamed_event"), BYTES_LIT("order_paid"), BYTES_NONE);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&b)) == NULL);
    buf_fini(&b);
}

static struct people_fold *model_fold(struct t *t, const struct model *m, const struct view *v, uint32_t person)
{
    const struct hash128 *owners;
    uint32_t owner_count = fake_owners_of(v, person, &owners);
    struct people_fold *f = people_fold_create(t->arena);
    for (uint32_t source = name_next(v, NAME_SOURCE, 0); source != 0; source = name_next(v, NAME_SOURCE, source)) {
        struct people_source rule = people_source(v, source);
        people_fold_source(f, &rule);
    }
    for (uint32_t i = 0; i < m->count; i++)
        for (uint32_t j = 0; j < owner_count; j++)
            if (hash128_equal(owners[j], m->owners[i]))
                people_fold_event(f, &m->list[i], m->owners[i]);
    return f;
}

static void people_are_right(struct t *t, struct harness *h, const struct model *m, bool all)
{
    static const struct section *const sections[] = {&traits_section, &counters_section, &consents_section};
    for (uint32_t i = 0; i < OWNERS; i++) {
        struct view v = harness_view(h);
        uint32_t person = identity_of_owner(&v, fake_owner(i));
        if (person == PERSON_NONE || (!all && people_pending(&v, person)))
            continue;
        CHECK(t, !people_pending(&v, person));
        struct people_fold *want = model_fold(t, m, &v, person);
        for (size_t j = 0; j < COUNT_OF(sections); j++) {
            struct bytes got = section_read(&v, person, sections[j]);
            CHECK(t, bytes_equal(got, people_fold_section(want, sections[j], t->arena)));
            CHECK(t, view_section(&v, person, sections[j]).size <= SECTION_INLINE_MAX);
        }
    }
}

static void splits_end_well(struct t *t)
{
    struct harness *h = people_harness();
    struct model m = {.t = t, .room = STEPS + 16};
    m.list = ARENA_ARRAY(t->arena, struct arrived, m.room);
    m.owners = ARENA_ARRAY(t->arena, struct hash128, m.room);
    harness_listen(h, model_hear, &m);
    rules_set(t, h);
    struct refold_run *run = NULL;
    for (uint32_t i = 0; i < STEPS; i++) {
        uint64_t what = rng_below(&t->rng, 20);
        if (what < 12) {
            struct draft_event d = any_draft(t);
            CHECK(t, draft_apply(t, h, &d) == NULL);
        } else if (what < 15) {
            any_group(t, h, COMMAND_FAKE_MERGE);
        } else if (what < 18) {
            any_group(t, h, COMMAND_FAKE_SPLIT);
        } else if (run == NULL) {
            run = refold_begin(t, h);
        } else {
            (void)refold_finish(run, h);
            run = NULL;
        }
        if (i % 20 == 0)
            people_are_right(t, h, &m, false);
    }
    if (run != NULL)
        (void)refold_finish(run, h);
    refold_all(t, h);
    people_are_right(t, h, &m, true);
    harness_destroy(h);
}

/* So many names that sections have rows of their own, and pass their limits, through merges and splits. */
static void long_sections_end_well(struct t *t)
{
    struct harness *h = people_harness();
    struct model m = {.t = t, .room = 600};
    m.list = ARENA_ARRAY(t->arena, struct arrived, m.room);
    m.owners = ARENA_ARRAY(t->arena, struct hash128, m.room);
    harness_listen(h, model_hear, &m);
    bool only_one_has_traits = rng_chance(&t->rng, 0.5);
    for (uint32_t i = 0; i < 560; i++) {
        struct draft_event d = {.owner = (uint32_t)rng_below(&t->rng, 2), .time_us = START_US + rng_between(&t->rng, 0, 1000) * 1000000};
        d.event = arena_printf(t->arena, "event %llu", (unsigned long long)rng_below(&t->rng, 330));
        char *trait = arena_printf(t->arena, "trait %llu", (unsigned long long)rng_below(&t->rng, 150));
        if (d.owner == 1 || !only_one_has_traits)
            d.traits = one_trait(t, trait, "a value of some length, so that few fit");
        CHECK(t, draft_apply(t, h, &d) == NULL);
        if (i % 100 == 99) {
            group(h, i % 200 == 99 ? COMMAND_FAKE_MERGE : COMMAND_FAKE_SPLIT, (const uint32_t[]){0, 1}, i % 200 == 99 ? 2 : 1);
            people_are_right(t, h, &m, false);
        }
        if (i % 100 == 30)
            refold_all(t, h);
    }
    refold_all(t, h);
    people_are_right(t, h, &m, true);
    struct rows_usage usage;
    rows_usage(harness_rows(h), &usage);
    CHECK(t, usage.rows[long_family.id] >= 1);
    CHECK_EQ(t, usage.rows[30] + usage.rows[31], 0);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"after splits and merges each person has what its owners own", splits_end_well, 150},
    {"long sections move, merge and split like short ones", long_sections_end_well, 6},
};
TEST_MAIN(tests)
