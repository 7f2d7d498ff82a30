/* Properties of identity: random people who share devices, phones and cards, and operators who act on them. */
#include "domain/identity/evidence.h"
#include "domain/identity/script_test.h"
#include "domain/identity/part.h"
#include "domain/identity/resolve.h"

#define POOL 28
#define EVENTS 120

/* --- without limits --- */

static const char *const brand_names[] = {NULL, "aria", "bravo", "corda"};
#define BRANDS COUNT_OF(brand_names)

struct told_event {
    uint32_t brand; /* of brand_names */
    uint32_t count;
    uint32_t ids[4];
    int64_t at_us;
};

static const char *pool_word(struct script *s, uint32_t i)
{
    static const char letters[] = "upeaijoc";
    return arena_printf(s->arena, "%c%u%s", letters[i % 8], i, i % 8 == 6 ? "/app" : "");
}

static struct told_event any_event(struct t *t, int64_t start_us)
{
    struct told_event e = {.count = 1 + (uint32_t)rng_below(&t->rng, 3), .at_us = start_us + rng_between(&t->rng, 0, 90) * US_PER_HOUR};
    e.brand = (uint32_t)rng_below(&t->rng, BRANDS);
    for (uint32_t i = 0; i < e.count; i++)
        e.ids[i] = (uint32_t)rng_below(&t->rng, POOL);
    return e;
}

static void play(struct script *s, const struct told_event *e)
{
    const char *words = "seen";
    for (uint32_t i = 0; i < e->count; i++)
        words = arena_printf(s->arena, "%s %s", words, pool_word(s, e->ids[i]));
    s->event_us = e->at_us;
    s->brand = brand_names[e->brand];
    (void)script_event(s, words);
}

static uint32_t model_root(const uint32_t parents[POOL], uint32_t at)
{
    while (parents[at] != at)
        at = parents[at];
    return at;
}

/* The naive model: two identifiers of one event are one person. */
static void model_join(uint32_t parents[POOL], const struct told_event *e)
{
    for (uint32_t i = 1; i < e->count; i++)
        parents[model_root(parents, e->ids[i])] = model_root(parents, e->ids[0]);
}

/* The naive model: an identifier is known to the brands of its events, a person to those of its identifiers. */
struct knowledge {
    bool of[POOL][BRANDS];
};

static uint32_t brand_number(const struct view *v, uint32_t brand)
{
    return brand == 0 ? 0 : name_number(v, NAME_BRAND, bytes_of_text(brand_names[brand]));
}

static struct brand_set known_to_of(const struct view *v, struct script *s, uint32_t at)
{
    struct envelope_id id = script_id(s, pool_word(s, at));
    const struct identifier *found = identity_owned(v, identifier_key_of_holder(id.key, 1));
    return found == NULL ? (struct brand_set){0} : found->known_to;
}

static void knowledge_check(struct script *s, const struct knowledge *k, const uint32_t parents[POOL])
{
    struct view v = harness_view(s->h);
    for (uint32_t brand = 0; brand < BRANDS; brand++) {
        bool counted[POOL] = {false};
        uint32_t number = brand_number(&v, brand), people = 0;
        if (brand != 0 && number == 0) /* no event had it */
            continue;
        for (uint32_t i = 0; i < POOL; i++) {
            uint32_t root = model_root(parents, i);
            CHECK_EQ(s->t, brand_set_has(known_to_of(&v, s, i), number), k->of[i][brand]);
            people += k->of[i][brand] && !counted[root];
            counted[root] |= k->of[i][brand];
        }
        for (uint32_t i = 0; i < POOL; i++) {
            uint32_t person = script_find(s, pool_word(s, i));
            if (person != PERSON_NONE)
                CHECK_EQ(s->t, brand_set_has(identity_known_to(&v, person), number), counted[model_root(parents, i)]);
        }
        CHECK_EQ(s->t, identity_people_known_to(&v, number), people);
    }
}

static void order_does_not_matter(struct t *t)
{
    struct script a, b;
    struct told_event events[40];
    uint32_t parents[POOL];
    bool seen[POOL] = {false};
    struct knowledge known = {0};
    script_begin(&a, t);
    script_begin(&b, t);
    script_unlimit(&a);
    script_unlimit(&b);
    for (uint32_t i = 0; i < POOL; i++)
        parents[i] = i;
    size_t count = 5 + rng_below(&t->rng, COUNT_OF(events) - 5);
    for (size_t i = 0; i < count; i++) {
        events[i] = any_event(t, a.event_us);
        model_join(parents, &events[i]);
        for (uint32_t k = 0; k < events[i].count; k++)
            seen[events[i].ids[k]] = known.of[events[i].ids[k]][events[i].brand] = true;
        play(&a, &events[i]);
    }
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = rng_below(&t->rng, i + 1);
        struct told_event e = events[i];
        events[i] = events[other];
        events[other] = e;
    }
    for (size_t i = 0; i < count; i++)
        play(&b, &events[i]);
    CHECK_TEXT(t, script_people(&b), script_people(&a));
    struct view va = harness_view(a.h), vb = harness_view(b.h);
    CHECK(t, hash128_equal(identity_canonical_digest(&va), identity_canonical_digest(&vb)));
    for (uint32_t i = 0; i < POOL; i++) {
        uint32_t person = script_find(&a, pool_word(&a, i));
        CHECK_EQ(t, person != PERSON_NONE, seen[i]);
        for (uint32_t k = 0; k < i && seen[i]; k++)
            if (seen[k])
                CHECK_EQ(t, script_find(&a, pool_word(&a, k)) == person, model_root(parents, i) == model_root(parents, k));
    }
    knowledge_check(&a, &known, parents);
    knowledge_check(&b, &known, parents);
    script_end(&a);
    script_end(&b);
}

/* --- with everything --- */

static const char *any_word(struct script *s, const char *letters, uint32_t values)
{
    char letter = letters[rng_below(&s->t->rng, strlen(letters))];
    uint32_t value = (uint32_t)rng_below(&s->t->rng, values);
    const char *ns = letter == 'o' || letter == 'U' || letter == 'm' ? (rng_chance(&s->t->rng, 0.5) ? "/x" : "/y") : "";
    return arena_printf(s->arena, "%c%u%s", letter, value, ns);
}

static const char *any_words(struct script *s, uint32_t most)
{
    const char *words = any_word(s, "uUpeaioomc", 4);
    for (uint64_t more = rng_below(&s->t->rng, most); more > 0; more--)
        words = arena_printf(s->arena, "%s %s", words, any_word(s, "uUpeaioomc", 4));
    return words;
}

/* Whatever a command views in its step, its needs have touched before; but for people made in the step itself. */
static void needs_are_met(struct script *s, uint32_t command_id)
{
    struct view v = harness_view(s->h);
    struct touched *needed = ARENA_NEW(s->arena, struct touched), *viewed = ARENA_NEW(s->arena, struct touched);
    const struct command *command = registry_command(v.registry, command_id);
    struct bytes payload = buf_bytes(&s->payload);
    if (failed(command->check(payload, NULL)))
        return;
    v.touched = needed;
    if (command->needs != NULL)
        command->needs(&v, payload);
    struct step step;
    step_begin(&step, v.rows, v.registry, s->arena);
    step.view.now_us = v.now_us;
    step.view.position = v.position;
    step.view.touched = viewed;
    (void)command->apply(&step, payload);
    step_settle(&step, NULL, NULL);
    uint32_t end = rows_numbered_end(v.rows, &person_family);
    for (uint32_t i = 0; i < viewed->count && needed->count < STEP_PEOPLE_MAX; i++) {
        bool found = viewed->numbers[i] >= end;
        for (uint32_t k = 0; k < needed->count && !found; k++)
            found = needed->numbers[k] == viewed->numbers[i];
        if (!found)
            test_fail(s->t, __FILE__, __LINE__, "command %04x views person %u, which its needs did not touch", command_id, viewed->numbers[i]);
    }
}

/* The long way wrote nothing but the person's row, which has the bytes that the quick way gives it. */
static void same_row_check(struct script *s, struct step *longer, const struct known *known)
{
    struct step quick;
    step_begin(&quick, longer->view.rows, longer->view.registry, s->arena);
    if (known->seen.count > 0)
        cluster_renumber(&quick, known->person, &known->seen);
    CHECK_EQ(s->t, step_is_clean(longer), known->seen.count == 0);
    CHECK_BYTES(s->t, view_section(&quick.view, known->person, &identity_section),
                view_section(&longer->view, known->person, &identity_section));
    const struct outcome *o = longer->outcome;
    CHECK_EQ(s->t, o->keyed_count + o->index_count + o->row_count + o->series_count + o->said_count, 0);
}

/* What the quick way says, the long way says too, and changes no more. */
static void quick_way_is_right(struct script *s, const struct envelope *e)
{
    struct view v = harness_view(s->h);
    struct known known;
    uint32_t brand = name_number(&v, NAME_BRAND, e->reference[REF_BRAND]);
    bool has_number = brand != 0 || e->reference[REF_BRAND].size == 0;
    if (!has_number || !resolve_known(&v, e, brand, &known))
        return;
    struct step step;
    struct desk d;
    struct joining *j = ARENA_NEW(s->arena, struct joining);
    uint16_t places[ENVELOPE_IDS_MAX], owner_place;
    uint32_t count;
    step_begin(&step, v.rows, v.registry, s->arena);
    desk_open(&d, &step);
    joining_begin(j, &d, e->ids, e->id_count, true, e->event_us);
    j->brands = (struct brand_set){1, &brand};
    joining_accept(j);
    CHECK_EQ(s->t, j->people_count, 1);
    struct cluster *c = joining_commit(j, places, &count, &owner_place);
    CHECK_EQ(s->t, c->number, known.person);
    CHECK(s->t, hash128_equal(c->incs[owner_place].id.key, known.owner));
    CHECK_EQ(s->t, c->incs[owner_place].id.type, known.owner_type);
    desk_close(&d);
    same_row_check(s, &step, &known);
}

static void any_sighting(struct script *s)
{
    struct t *t = s->t;
    int64_t now_us = s->event_us;
    const char *name = rng_chance(&t->rng, 0.15) ? "logout" : "seen";
    struct envelope *e = ARENA_NEW(s->arena, struct envelope);
    struct err err = {0};
    if (rng_chance(&t->rng, 0.1))
        s->event_us -= rng_between(&t->rng, 0, 200) * US_PER_HOUR; /* late */
    s->brand = brand_names[rng_below(&t->rng, BRANDS)];
    script_envelope(s, name, any_words(s, 4), rng_chance(&t->rng, 0.1) ? any_words(s, 2) : NULL, e);
    buf_clear(&s->payload);
    REQUIRE_DONE(t, envelope_pack(e, &s->payload, &err), &err);
    quick_way_is_right(s, e);
    needs_are_met(s, COMMAND_COLLECT_EVENT);
    CHECK(t, script_send(s, COMMAND_COLLECT_EVENT) == NULL);
    s->event_us = now_us;
}

static void any_act(struct script *s)
{
    struct t *t = s->t;
    static const uint32_t acts[] = {COMMAND_BIND,  COMMAND_UNBIND, COMMAND_MERGE,  COMMAND_SPLIT,  COMMAND_NEVER_MERGE,
                                    COMMAND_BLOCK, COMMAND_REVIEW, COMMAND_REVIEW, COMMAND_REVIEW, COMMAND_UNDO};
    uint32_t command = acts[rng_below(&t->rng, COUNT_OF(acts))];
    struct identity_act act = {.by = BYTES_LIT("lin"), .undo_position = rng_below(&t->rng, harness_position(s->h)),
                               .choice = (uint8_t)rng_below(&t->rng, command == COMMAND_BLOCK ? 2 : 3)};
    const char *words = command == COMMAND_UNDO ? "" : any_words(s, 3);
    if (command == COMMAND_MERGE || command == COMMAND_NEVER_MERGE || (command == COMMAND_REVIEW && act.choice == REVIEW_GIVE))
        words = arena_printf(s->arena, "%s %s", any_word(s, "uUpeaiom", 4), any_word(s, "uUpeaiom", 4));
    else if (command == COMMAND_UNBIND || command == COMMAND_BLOCK || command == COMMAND_REVIEW)
        words = any_word(s, "uUpeaiom", 4);
    act.id_count = script_ids(s, words, act.ids);
    if (rng_chance(&t->rng, 0.5))
        act.brands[act.brand_count++] = bytes_of_text(brand_names[1 + rng_below(&t->rng, BRANDS - 1)]);
    struct err err = {0};
    buf_clear(&s->payload);
    REQUIRE_DONE(t, identity_act_pack(&act, &s->payload, &err), &err);
    needs_are_met(s, command);
    (void)script_send(s, command);
}

static void any_move(struct script *s)
{
    struct t *t = s->t;
    if (rng_chance(&t->rng, 0.12))
        any_act(s);
    else
        any_sighting(s);
    if (rng_chance(&t->rng, 0.7))
        script_later(s, rng_between(&t->rng, 0, 120) * US_PER_MINUTE);
}

static void low_limits(struct script *s)
{
    size_t count;
    const struct id_type_rule *builtin = id_types_builtin(&count);
    if (rng_chance(&s->t->rng, 0.5))
        script_set(s, "identity.hub_partners", rng_between(&s->t->rng, 3, 8));
    for (size_t i = 0; i < count; i++) {
        struct id_type_rule rule = builtin[i];
        rule.hub_moves = (uint16_t)rng_below(&s->t->rng, 6);
        if (rng_chance(&s->t->rng, 0.2))
            rule.over = (enum over_limit)rng_below(&s->t->rng, 3);
        CHECK(s->t, script_rule(s, &rule) == NULL);
    }
}

/* --- invariants --- */

struct census {
    uint64_t people, identifiers, quarantined, entries, numbers;
    uint64_t known[BRANDS]; /* living people */
};

static void cluster_is_known(struct script *s, const struct view *v, const struct cluster *c, struct census *census)
{
    for (uint32_t brand = 0; brand < BRANDS; brand++) {
        bool is_known = false;
        for (uint32_t i = 0; i < c->inc_count; i++)
            is_known |= brand_set_has(c->incs[i].id.known_to, brand_number(v, brand));
        census->known[brand] += is_known && (brand == 0 || brand_number(v, brand) != 0);
    }
    for (uint32_t i = 0; i < c->inc_count; i++)
        CHECK(s->t, c->incs[i].id.known_to.count > 0);
}

static void incarnation_is_indexed(struct script *s, const struct desk *d, const struct cluster *c, const struct incarnation *inc, struct census *census)
{
    for (uint32_t k = inc->holder_first; k <= inc->id.holder; k++) {
        struct hash128 key = identifier_key_of_holder(inc->plain, k);
        bool is_plain = k == inc->id.holder && inc->is_newest;
        CHECK_EQ(s->t, desk_lookup(d, is_plain ? inc->plain : key), c->number);
        CHECK_EQ(s->t, identity_of_owner(d->v, key), c->number);
        census->entries++;
    }
    CHECK(s->t, inc->id.state != ID_IN_FORCE || inc->is_newest);
    CHECK(s->t, inc->id.first_us <= inc->id.last_us);
    census->identifiers += inc->id.state == ID_IN_FORCE;
}

static void evidence_is_sound(struct script *s, const struct desk *d, const struct cluster *c)
{
    uint16_t *labels = ARENA_ARRAY(d->v->arena, uint16_t, c->inc_count);
    for (uint32_t i = 0; i < c->set_count; i++) {
        const struct evidence *set = &c->sets[i];
        CHECK(s->t, set->member_count >= 2);
        for (uint32_t k = 0; k < set->member_count; k++)
            CHECK(s->t, set->members[k] < c->inc_count && (k == 0 || set->members[k - 1] < set->members[k]));
    }
    uint32_t parts = evidence_parts(d, c, labels);
    CHECK(s->t, parts <= 1);
    for (uint32_t i = 0; i < c->never_count; i++)
        for (uint32_t k = 0; k < c->inc_count; k++)
            CHECK(s->t, c->incs[k].id.state != ID_IN_FORCE || !hash128_equal(c->incs[k].plain, c->nevers[i].other));
}

static void aliases_lead_here(struct script *s, const struct desk *d, const struct cluster *c, struct census *census)
{
    for (uint32_t i = 0; i < c->alias_count; i++) {
        struct cluster_row row;
        REQUIRE(s->t, cluster_row(d->v, c->aliases[i].number, &row));
        CHECK_EQ(s->t, row.kind, ROW_ALIAS);
        CHECK_EQ(s->t, identity_living(d->v, c->aliases[i].number), c->number);
        CHECK_EQ(s->t, cluster_place_of_key(c, row.lead), c->aliases[i].place);
        CHECK_EQ(s->t, identity_of_public_id(d->v, row.public_id), c->number);
        census->numbers++;
    }
}

static void all_is_well(struct script *s)
{
    struct view v = harness_view(s->h);
    struct desk d;
    struct census census = {0};
    uint32_t end = rows_numbered_end(v.rows, &person_family);
    desk_open_reader(&d, &v);
    for (uint32_t number = 1; number < end; number++) {
        const struct cluster *c = cluster_load(&v, number);
        if (c == NULL)
            continue;
        census.people++;
        census.numbers++;
        for (uint32_t i = 0; i < c->inc_count; i++)
            incarnation_is_indexed(s, &d, c, &c->incs[i], &census);
        CHECK_EQ(s->t, identity_of_public_id(&v, c->public_id), number);
        evidence_is_sound(s, &d, c);
        cluster_is_known(s, &v, c, &census);
        aliases_lead_here(s, &d, c, &census);
    }
    struct review_record r = {.key = {0, 0}};
    for (; identity_review_next(&v, r.key, &r); census.quarantined++)
        CHECK(s->t, r.held_by != PERSON_NONE);
    struct rows_usage usage;
    struct totals totals = totals_read(&v);
    rows_usage(v.rows, &usage);
    CHECK_EQ(s->t, census.entries, usage.rows[index_family.id]); /* nothing else is in the index */
    CHECK_EQ(s->t, census.numbers, end - 1);
    CHECK_EQ(s->t, census.numbers, usage.rows[public_family.id]);
    CHECK_EQ(s->t, census.people, totals.people);
    CHECK_EQ(s->t, census.identifiers, totals.identifiers);
    CHECK_EQ(s->t, census.quarantined, totals.quarantined);
    CHECK_EQ(s->t, totals.collisions, 0);
    for (uint32_t brand = 0; brand < BRANDS; brand++)
        if (brand == 0 || brand_number(&v, brand) != 0)
            CHECK_EQ(s->t, identity_people_known_to(&v, brand_number(&v, brand)), census.known[brand]);
}

static void invariants_hold(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    low_limits(&s);
    for (int i = 0; i < EVENTS && t->failures == 0; i++) {
        any_move(&s);
        all_is_well(&s);
        arena_reset(s.arena);
    }
    script_end(&s);
}

static struct hash128 digest_of_run(struct t *t, uint64_t seed)
{
    struct script s;
    rng_init(&t->rng, seed);
    script_begin(&s, t);
    low_limits(&s);
    for (int i = 0; i < EVENTS; i++)
        any_move(&s);
    struct hash128 digest = harness_digest(s.h);
    script_end(&s);
    return digest;
}

static void the_same_log_makes_the_same_rows(struct t *t)
{
    CHECK(t, hash128_equal(digest_of_run(t, t->seed), digest_of_run(t, t->seed)));
}

/* --- undoing --- */

static void acts_can_be_taken_back(struct t *t)
{
    struct script s;
    static const uint32_t acts[] = {COMMAND_MERGE, COMMAND_UNBIND, COMMAND_SPLIT, COMMAND_NEVER_MERGE};
    script_begin(&s, t);
    low_limits(&s);
    for (int i = 0; i < 60; i++)
        any_sighting(&s), script_later(&s, US_PER_HOUR);
    for (int i = 0; i < 12 && t->failures == 0; i++) {
        uint32_t command = acts[rng_below(&t->rng, COUNT_OF(acts))];
        const char *before = script_people(&s);
        struct view v = harness_view(s.h);
        struct hash128 digest = identity_canonical_digest(&v);
        const char *words = any_word(&s, "uUpeaiom", 4);
        if (command != COMMAND_UNBIND)
            words = arena_printf(s.arena, "%s %s", words, any_word(&s, "uUpeaiom", 4));
        if (script_act(&s, command, words) != NULL)
            continue;
        const struct refusal *no = script_undo(&s, harness_position(s.h) - 1);
        CHECK_TEXT(t, no == NULL ? "" : no->name, "");
        CHECK_TEXT(t, script_people(&s), before);
        v = harness_view(s.h);
        CHECK(t, hash128_equal(identity_canonical_digest(&v), digest));
        all_is_well(&s);
    }
    script_end(&s);
}

static const struct test tests[] = {
    {"without limits the order does not matter", order_does_not_matter, 60},
    {"invariants hold over events and acts", invariants_hold, 60},
    {"the same log makes the same rows", the_same_log_makes_the_same_rows, 15},
    {"acts can be taken back", acts_can_be_taken_back, 60},
};

TEST_MAIN(tests)
