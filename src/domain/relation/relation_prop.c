/* Relations against a naive model: it keeps every act that was ever said, with its identifier, and asks of each minute whether a
 * relation holds then. Acts in random order, some twice; people merged and parted in between; customers handed over.
 * Covers: note.c, roll.c, strands.c, timeline.c, hand_over.c, types.c */
#include "domain/relation/relation_test.h"
#include "domain/relation/strands.h"

#define IDS 5u
#define ACTS_MAX 120u
#define MINUTES 40
#define THINGS 3u

static const char *const ids[IDS] = {"p1", "p2", "p3", "u1", "u2"};
static const char *const staff[THINGS] = {"staff:G1", "staff:G2", "staff:G3"};
static const char *const guides[IDS] = {"G9", "G5", "导购七", "G7", "G1"}; /* who tells of each */
static const char *const texts[] = {"新客", "熟客", "VIP💎"};
enum { ADVISER = RELATION_DECLARED, FITTER }; /* declared: one at a time, and any number */
static const uint8_t types[] = {RELATION_FRIEND, RELATION_OWNED_BY, RELATION_SOLD_BY, ADVISER, FITTER};

static bool is_single(uint8_t type)
{
    return type == RELATION_OWNED_BY || type == ADVISER;
}

/* --- the model --- */

struct told {
    uint32_t who, thing;
    uint8_t type;
    int64_t minute;
    bool is_end, is_set;
    const char *text; /* of the attribute "level" */
};
struct model {
    struct told list[ACTS_MAX];
    uint32_t count;
};

static bool same_act(const struct told *x, const struct told *y)
{
    return x->who == y->who && x->thing == y->thing && x->type == y->type && x->minute == y->minute &&
           x->is_end == y->is_end && x->is_set == y->is_set && x->text == y->text;
}

/* Within what is kept: so many acts, and so many values, of a relation and identifier. */
static bool has_room(const struct model *m, const struct told *told)
{
    uint32_t acts = 0, values = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct told *x = &m->list[i];
        if (x->who != told->who || x->thing != told->thing || x->type != told->type)
            continue;
        acts += !x->is_set;
        values += x->is_set;
    }
    return m->count < ACTS_MAX - 20 && acts < RELATION_ACTS_MAX - 2 && values < RELATION_VERSIONS_MAX;
}

/* Of what is told of one person by time: later is later; at one time an end; of single ones at one time the greater thing. */
static bool comes_after(const struct told *x, const struct told *y)
{
    if (x->minute != y->minute)
        return x->minute > y->minute;
    if (x->is_end != y->is_end)
        return x->is_end;
    return strcmp(staff[x->thing], staff[y->thing]) > 0;
}

/* Whether one of these people has the relation at the end of a minute: what was last said of it by then is a beginning. */
static bool holds(const struct model *m, const uint32_t person_of[IDS], uint32_t person, uint8_t type, uint32_t thing,
                  int64_t minute)
{
    const struct told *last = NULL;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct told *x = &m->list[i];
        bool is_about = x->thing == thing || (is_single(type) && !x->is_end);
        if (x->is_set || x->type != type || person_of[x->who] != person || x->minute > minute || !is_about)
            continue;
        if (last == NULL || comes_after(x, last))
            last = x;
    }
    return last != NULL && !last->is_end && last->thing == thing;
}

/* Who began what holds now: of those who did so in the minute since which it holds, the first by name. */
static const char *beginner_of(const struct model *m, const uint32_t person_of[IDS], uint32_t person, uint8_t type,
                               uint32_t thing)
{
    const char *first = NULL;
    int64_t since = MINUTES;
    while (since > 0 && holds(m, person_of, person, type, thing, since - 1))
        since--;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct told *x = &m->list[i];
        bool began = !x->is_set && !x->is_end && x->type == type && x->thing == thing && x->minute == since &&
                     person_of[x->who] == person;
        if (began && (first == NULL || strcmp(guides[x->who], first) < 0))
            first = guides[x->who];
    }
    return first;
}

static const char *value_of(const struct model *m, const uint32_t person_of[IDS], uint32_t person, uint8_t type,
                            uint32_t thing)
{
    const struct told *best = NULL;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct told *x = &m->list[i];
        if (!x->is_set || x->type != type || x->thing != thing || person_of[x->who] != person)
            continue;
        bool is_better = best == NULL || x->minute > best->minute;
        if (!is_better && x->minute == best->minute) { /* the greater bytes, a text with its size before it */
            size_t size = strlen(x->text), other = strlen(best->text);
            is_better = size != other ? size > other : strcmp(x->text, best->text) > 0;
        }
        if (is_better)
            best = x;
    }
    return best == NULL ? NULL : best->text;
}

/* --- playing --- */

static struct told any_told(struct t *t)
{
    struct told told = {.who = (uint32_t)rng_below(&t->rng, IDS),
                        .thing = (uint32_t)rng_below(&t->rng, THINGS),
                        .type = types[rng_below(&t->rng, COUNT_OF(types))],
                        .minute = rng_between(&t->rng, 1, MINUTES)};
    told.is_set = rng_chance(&t->rng, 0.15);
    told.is_end = !told.is_set && rng_chance(&t->rng, 0.4);
    told.text = told.is_set ? texts[rng_below(&t->rng, COUNT_OF(texts))] : NULL;
    return told;
}

static void tell(struct rig *s, const struct told *told)
{
    uint32_t command = told->is_set   ? COMMAND_RELATION_SET
                       : told->is_end ? COMMAND_RELATION_END
                                      : COMMAND_RELATION_BEGIN;
    s->by = guides[told->who];
    const struct refusal *refusal = relation_say(
        s, &(struct relation_said){command, ids[told->who], told->type, staff[told->thing], NULL, told->minute, NULL,
                                   told->is_set ? "level" : NULL, told->text});
    CHECK(s->t, refusal == NULL);
}

static void regroup(struct rig *s)
{
    const char *pair = arena_printf(s->arena, "%s %s", ids[rng_below(&s->t->rng, IDS)],
                                    ids[rng_below(&s->t->rng, IDS)]);
    uint32_t commands[] = {COMMAND_BIND, COMMAND_BIND, COMMAND_MERGE, COMMAND_UNBIND, COMMAND_NEVER_MERGE};
    uint32_t command = commands[rng_below(&s->t->rng, COUNT_OF(commands))];
    (void)relation_act(s, command, command == COMMAND_UNBIND ? ids[rng_below(&s->t->rng, IDS)] : pair);
}

static void people_find(struct rig *s, uint32_t person_of[IDS])
{
    for (uint32_t i = 0; i < IDS; i++)
        person_of[i] = relation_find(s, ids[i]);
}

/* --- what must agree --- */

static bool period_holds(const struct relation *r, int64_t minute)
{
    for (uint32_t i = 0; i < r->period_count; i++)
        if (r->periods[i].begin_us <= relation_us(minute) && relation_us(minute) < r->periods[i].end_us &&
            r->periods[i].begin_us != RELATION_UNKNOWN_US)
            return true;
    return false;
}

static void relation_agrees(struct rig *s, const struct model *m, const uint32_t person_of[IDS], uint32_t person,
                            uint8_t type, uint32_t thing)
{
    struct relation none = {0};
    const struct relation *list, *r = &none;
    struct view v = harness_view(s->h);
    struct thing_ref ref = relation_ref(s, staff[thing]);
    size_t count = relation_list(&v, person, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].type->number == type && bytes_equal(list[i].ref.id, ref.id))
            r = &list[i];
    for (int64_t minute = 0; minute <= MINUTES; minute++)
        CHECK_EQ(s->t, period_holds(r, minute), holds(m, person_of, person, type, thing, minute));
    CHECK_EQ(s->t, r->is_open, holds(m, person_of, person, type, thing, MINUTES));
    if (r->is_open && !is_single(type)) /* of single ones another may come between within a minute */
        CHECK_BYTES(s->t, r->periods[0].begun_by.name, bytes_of_text(beginner_of(m, person_of, person, type, thing)));
    const struct relation_attribute *level = relation_attribute(r, "level");
    const char *want = value_of(m, person_of, person, type, thing);
    struct unpack u = unpack_of(level == NULL ? BYTES_NONE : level->value);
    struct value value = level == NULL ? (struct value){.kind = VALUE_NULL} : unpack_value(&u);
    CHECK_BYTES(s->t, value.body, bytes_of_text(want));
}

/* Each person on a thing's roll once, and nobody else; and the roll holds no more than those. */
static void roll_agrees(struct rig *s, const struct model *m, const uint32_t person_of[IDS], uint8_t type,
                        uint32_t thing)
{
    uint32_t seen[IDS], count = 0;
    for (uint32_t i = 0; i < IDS; i++) {
        uint32_t at = 0;
        while (at < count && seen[at] < person_of[i])
            at++;
        if (person_of[i] == PERSON_NONE || (at < count && seen[at] == person_of[i]) ||
            !holds(m, person_of, person_of[i], type, thing, MINUTES))
            continue;
        memmove(seen + at + 1, seen + at, (count - at) * sizeof *seen);
        seen[at] = person_of[i];
        count++;
    }
    const char *want = "";
    for (uint32_t i = 0; i < count; i++)
        want = arena_printf(s->arena, "%s%s%u", want, i > 0 ? " " : "", seen[i]);
    CHECK_TEXT(s->t, relation_of_thing(s, type, staff[thing]), want);
    struct view v = harness_view(s->h);
    struct thing_ref ref = relation_ref(s, staff[thing]);
    CHECK_EQ(s->t, relation_people_count(&v, relation_type_numbered(&v, type), &ref), count);
}

static void all_agrees(struct rig *s, const struct model *m)
{
    uint32_t person_of[IDS];
    people_find(s, person_of);
    for (uint32_t type = 0; type < COUNT_OF(types); type++)
        for (uint32_t thing = 0; thing < THINGS; thing++) {
            for (uint32_t i = 0; i < IDS; i++)
                if (person_of[i] != PERSON_NONE)
                    relation_agrees(s, m, person_of, person_of[i], types[type], thing);
            roll_agrees(s, m, person_of, types[type], thing);
        }
}

static void world_begin(struct rig *s, struct t *t)
{
    relation_begin(s, t);
    relation_unlimit(s);
    CHECK(t, relation_declare(s, &(struct relation_type){.name = "adviser", .kinds = {"staff"}, .is_single = true}) ==
                 NULL);
    CHECK(t, relation_declare(s, &(struct relation_type){.name = "fitter", .kinds = {"store", "staff"}}) == NULL);
    for (uint32_t i = 0; i < IDS; i++)
        relation_meet(s, ids[i]);
}

/* --- the properties --- */

static void periods_are_what_was_said(struct t *t)
{
    struct rig s;
    struct model m = {.count = 0};
    world_begin(&s, t);
    for (int i = 0; i < 90; i++) {
        struct told told = any_told(t);
        if (rng_chance(&t->rng, 0.12))
            regroup(&s);
        if (relation_find(&s, ids[told.who]) == PERSON_NONE) /* unbound: nobody's */
            continue;
        if (m.count > 0 && rng_chance(&t->rng, 0.2)) {
            const struct told *again = &m.list[rng_below(&t->rng, m.count)];
            if (relation_find(&s, ids[again->who]) != PERSON_NONE)
                tell(&s, again);
        }
        bool is_known = false;
        for (uint32_t j = 0; j < m.count && !is_known; j++)
            is_known = same_act(&m.list[j], &told);
        if (is_known || !has_room(&m, &told))
            continue;
        tell(&s, &told);
        m.list[m.count++] = told;
        if (i % 30 == 29)
            all_agrees(&s, &m);
    }
    all_agrees(&s, &m);
    relation_finish(&s);
}

/* The same acts in another order, on people who were found to be one earlier or later, give the same bytes. */
static void order_gives_the_same_bytes(struct t *t)
{
    struct told list[40];
    struct bytes sections[2];
    for (uint32_t i = 0; i < COUNT_OF(list); i++) {
        list[i] = any_told(t);
        list[i].minute = 1 + (int64_t)i % MINUTES; /* few enough of each */
        list[i].thing = i % THINGS;
    }
    for (uint32_t run = 0; run < 2; run++) {
        struct rig s;
        world_begin(&s, t);
        uint32_t bind_at = (uint32_t)rng_below(&t->rng, COUNT_OF(list));
        for (uint32_t i = COUNT_OF(list); i > 1; i--) {
            uint32_t j = (uint32_t)rng_below(&t->rng, i);
            struct told kept = list[i - 1];
            list[i - 1] = list[j];
            list[j] = kept;
        }
        for (uint32_t i = 0; i < COUNT_OF(list); i++) {
            if (i == bind_at)
                CHECK(t, relation_act(&s, COMMAND_BIND, "p1 p2 p3 u1 u2") == NULL);
            tell(&s, &list[i]);
        }
        uint32_t person = relation_find(&s, "p1");
        struct view v = harness_view(s.h);
        sections[run] = arena_copy(t->arena, view_section(&v, person, &relations_section));
        relation_finish(&s);
    }
    CHECK(t, sections[0].size > 0);
    CHECK(t, bytes_equal(sections[0], sections[1]));
}

/* Handing over moves whoever has the relation then, and nothing else. */
static void hand_overs_move_them_all(struct t *t)
{
    struct rig s;
    struct model m = {.count = 0};
    world_begin(&s, t);
    for (int i = 0; i < 40; i++) {
        struct told told = any_told(t);
        if (told.is_set || !has_room(&m, &told))
            continue;
        tell(&s, &told);
        m.list[m.count++] = told;
        if (rng_chance(&t->rng, 0.1))
            regroup(&s);
    }
    uint32_t person_of[IDS], before = 0;
    people_find(&s, person_of);
    for (uint32_t i = 0; i < IDS; i++)
        before += person_of[i] != PERSON_NONE && holds(&m, person_of, person_of[i], RELATION_OWNED_BY, 0, MINUTES);
    struct hand_over h = {
        .by = BYTES_LIT("lin"), .types = 1u << RELATION_OWNED_BY, .from = relation_ref(&s, staff[0]), .to_count = 1};
    h.to[0] = relation_ref(&s, staff[1]);
    struct err e = {0};
    buf_clear(&s.payload);
    REQUIRE_DONE(t, hand_over_pack(&h, &s.payload, &e), &e);
    const struct refusal *refusal = relation_send(&s, COMMAND_RELATION_HAND_OVER);
    CHECK_EQ(t, refusal == NULL, before > 0);
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, staff[0]), "");
    for (uint32_t i = 0; i < IDS; i++) {
        const struct relation *list;
        if (person_of[i] == PERSON_NONE)
            continue;
        struct view v = harness_view(s.h);
        size_t count = relation_list(&v, person_of[i], &list), open = 0;
        for (size_t j = 0; j < count; j++)
            open += list[j].is_open && list[j].type->number == RELATION_OWNED_BY &&
                    bytes_equal(list[j].ref.id, h.to[0].id);
        bool had = holds(&m, person_of, person_of[i], RELATION_OWNED_BY, 0, MINUTES) ||
                   holds(&m, person_of, person_of[i], RELATION_OWNED_BY, 1, MINUTES);
        CHECK_EQ(t, open, had);
    }
    relation_finish(&s);
}

static const struct test tests[] = {
    {"periods, values and rolls are what was said, through merges and splits", periods_are_what_was_said, 60},
    {"the order of what is said, and of merges, gives the same bytes", order_gives_the_same_bytes, 60},
    {"hand-overs move all of them, and nothing else", hand_overs_move_them_all, 60},
};
TEST_MAIN(tests)
