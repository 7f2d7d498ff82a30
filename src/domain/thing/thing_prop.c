/* Things in the real engine, whose rows go cold, against a list of all that was ever said: whatever came first, came twice or was
 * interrupted by a crash, reads of every instant say the same.
 * Covers: write.c, read.c, row.c, members.c, kinds.c, index.c */
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "domain/thing/thing_test.h"
#include "engine/engine_domain.h"
#include "testing/plant.h"

#define THINGS 40u   /* more than one slice of the index that is asked for late */
#define INSTANTS 30u /* coarse, so that many versions are of one time */
#define VALUES 6
#define GROUP_MAX 60u
#define GROUPS 24u
#define SAID_MAX (GROUPS * GROUP_MAX)
#define START_US INT64_C(1763740800000000)
#define MEMORY_BYTES (64u << 20)
#define HOUSE_ROUNDS 12

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &thing_domain};

/* What may be said of a thing. Larger values have larger bytes, and NO_VALUE, which clears, the smallest. */
enum field { FIELD_EXISTS, FIELD_PARENT, FIELD_CODE, FIELD_SIZE, FIELD_NOTE, FIELD_COUNT };
static const char *const field_names[FIELD_COUNT] = {
    [FIELD_CODE] = "code", [FIELD_SIZE] = "size", [FIELD_NOTE] = "note"};
#define UNSAID (-2)
#define NO_VALUE (-1)

struct said {
    uint32_t thing, instant;
    int fields[FIELD_COUNT]; /* exists: 0 deleted, 1 put */
};

/* --- the model: the list, and nothing else --- */

struct model {
    uint32_t count;
    struct said said[SAID_MAX];
};

/* The instants at which something was said of a field, and the value that stands for each. */
static uint32_t versions_of(const struct model *m, uint32_t thing, enum field field, int out_values[INSTANTS])
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < INSTANTS; at++)
        out_values[at] = UNSAID;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct said *s = &m->said[i];
        int *value = &out_values[s->instant];
        if (s->thing != thing || s->fields[field] == UNSAID)
            continue;
        count += *value == UNSAID;
        *value = s->fields[field] > *value ? s->fields[field] : *value;
    }
    return count;
}

/* The value at an instant; *out_kept: none of later time than what decides has been dropped. */
static int model_value(const struct model *m, uint32_t thing, enum field field, uint32_t instant, bool *out_kept)
{
    int values[INSTANTS], found = UNSAID;
    uint32_t count = versions_of(m, thing, field, values), newer = 0;
    for (uint32_t at = INSTANTS; at-- > 0 && found == UNSAID;) {
        if (values[at] == UNSAID)
            continue;
        if (at <= instant)
            found = values[at];
        newer++;
    }
    *out_kept = found == UNSAID ? count <= THING_VERSIONS_MAX : newer <= THING_VERSIONS_MAX;
    return found;
}

/* --- the world --- */

struct world {
    struct plant plant;
    struct t *t;
    struct model *model;
    uint32_t waiting;
    bool indexes_late; /* the index of `note` was asked for, when there were notes already */
};

static const char *const indexed[] = {"code", "note"};

static const char *id_of(struct arena *a, uint32_t thing)
{
    return arena_printf(a, "node/n%02u", thing);
}

static int64_t time_of(uint32_t instant)
{
    return START_US - 50 * US_PER_DAY + instant * US_PER_DAY;
}

static struct bytes value_of(struct arena *a, enum field field, int value)
{
    struct buf b = arena_buf(a, 64);
    if (value == NO_VALUE)
        pack_u8(&b, VALUE_NULL);
    else if (field == FIELD_SIZE)
        value_pack_decimal(&b, value, 0);
    else
        value_pack_text(&b, bytes_of_text(arena_printf(a, "值%d", value)));
    return buf_bytes(&b);
}

static struct bytes payload_of(struct arena *a, const struct said *s)
{
    struct buf b = arena_buf(a, 1024), record = arena_buf(a, 512);
    struct thing_put put = {.ref = ref_of(id_of(a, s->thing)), .time_us = time_of(s->instant)};
    uint32_t count = 0;
    for (int f = FIELD_CODE; f < FIELD_COUNT; f++)
        count += s->fields[f] != UNSAID;
    pack_varint(&record, count);
    for (int f = FIELD_CODE; f < FIELD_COUNT; f++) {
        if (s->fields[f] == UNSAID)
            continue;
        pack_bytes(&record, bytes_of_text(field_names[f]));
        pack_raw(&record, value_of(a, (enum field)f, s->fields[f]));
    }
    put.attributes = count == 0 ? BYTES_NONE : buf_bytes(&record);
    put.parent_said = s->fields[FIELD_PARENT] == UNSAID     ? PARENT_UNSAID
                      : s->fields[FIELD_PARENT] == NO_VALUE ? PARENT_CLEARED
                                                            : PARENT_SAID;
    if (put.parent_said == PARENT_SAID)
        put.parent = ref_of(id_of(a, (uint32_t)s->fields[FIELD_PARENT]));
    thing_put_pack(&b, &put);
    return buf_bytes(&b);
}

static void answered(struct submission *s, const struct answer *a)
{
    struct world *w = s->context;
    CHECK(w->t, done(a->status) && a->refusal == NULL);
    w->waiting--;
}

/* As one group, until all of it is answered: some of it may have to wait for rows. */
static void send(struct world *w, struct submission *list, uint32_t count)
{
    struct submission *pointers[GROUP_MAX];
    struct err e = {0};
    w->waiting = count;
    for (uint32_t i = 0; i < count; i++) {
        list[i].answered = answered;
        list[i].context = w;
        pointers[i] = &list[i];
    }
    CHECK_DONE(w->t, engine_group(w->plant.engine, pointers, count, START_US, &e), &e);
    while (w->waiting > 0)
        CHECK_DONE(w->t, engine_group(w->plant.engine, NULL, 0, START_US, &e), &e);
}

static struct submission submission_of(struct world *w, const struct said *s)
{
    uint32_t id = s->fields[FIELD_EXISTS] == 0 ? COMMAND_THING_DELETE : COMMAND_THING_PUT;
    return (struct submission){.command = registry_command(w->plant.registry, id),
                               .payload = payload_of(w->t->arena, s)};
}

/* The kind of all things, with an index of so many attributes; others come undeclared. */
static struct submission declaration(struct world *w, uint32_t count)
{
    struct thing_kind *kind = ARENA_NEW(w->t->arena, struct thing_kind);
    struct buf b = arena_buf(w->t->arena, 1024);
    kind->name = BYTES_LIT("node");
    kind->parent_count = 1;
    kind->parents[0] = kind->name;
    kind->attribute_count = count;
    for (uint32_t i = 0; i < count; i++)
        kind->attributes[i] = (struct thing_attribute){
            .name = bytes_of_text(indexed[i]), .type = ATTRIBUTE_TEXT, .index = INDEX_DONE};
    thing_kind_pack(&b, kind);
    return (struct submission){.command = registry_command(w->plant.registry, COMMAND_THING_KIND),
                               .payload = buf_bytes(&b)};
}

/* Jobs go on, and rows go cold, a slice a round. */
static void house_rounds(struct world *w, int rounds)
{
    struct err e = {0};
    for (int round = 0; round < rounds; round++)
        CHECK_DONE(w->t, plant_house(&w->plant, 0, &e), &e);
}

/* Everything is made clean, and goes cold in some rounds. */
static void freeze(struct world *w)
{
    plant_checkpoint(&w->plant);
    engine_memory_set(w->plant.engine, 1);
    house_rounds(w, HOUSE_ROUNDS);
    engine_memory_set(w->plant.engine, MEMORY_BYTES);
}

static void world_open(struct world *w, struct t *t, struct model *m)
{
    *w = (struct world){.t = t, .model = m};
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
}

/* --- what is read --- */

static int value_read(struct arena *a, enum field field, struct bytes packed)
{
    for (int value = 0; value < VALUES; value++)
        if (bytes_equal(value_of(a, field, value), packed))
            return value;
    return UNSAID;
}

/* The same as the model has it: NO_VALUE or UNSAID when there is none. *out_told is false when it is forgotten. */
static int field_read(const struct view *v, const struct thing *t, enum field field, int64_t at_us, bool *out_told)
{
    struct bytes value;
    struct thing_ref parent;
    bool exists = false;
    enum thing_told told;
    if (field == FIELD_EXISTS) {
        told = thing_exists(t, at_us, &exists);
        *out_told = told == TOLD;
        return exists;
    }
    if (field == FIELD_PARENT) {
        told = thing_parent(t, at_us, &parent);
        *out_told = told != TOLD_FORGOTTEN;
        return told == TOLD ? (int)((parent.id.data[1] - '0') * 10 + (parent.id.data[2] - '0')) : NO_VALUE;
    }
    const struct thing_attribute *a = thing_attribute_named(thing_kind_numbered(v, t->kind),
                                                            bytes_of_text(field_names[field]));
    told = a == NULL ? TOLD_NOTHING : thing_value(t, a->number, at_us, &value);
    *out_told = told != TOLD_FORGOTTEN;
    return told == TOLD ? value_read(v->arena, field, value) : NO_VALUE;
}

static void field_check(struct world *w, const struct view *v, const struct thing *t, uint32_t thing, enum field field,
                        uint32_t instant)
{
    bool told, kept;
    int64_t at_us = instant + 1 == INSTANTS ? THING_NEWEST : time_of(instant) + 1;
    int got = field_read(v, t, field, at_us, &told), want = model_value(w->model, thing, field, instant, &kept);
    int none = field == FIELD_EXISTS ? 0 : NO_VALUE;
    if (told)
        CHECK_EQ(w->t, got, want == UNSAID ? none : want);
    if (field != FIELD_EXISTS) /* its first times are kept, too */
        CHECK_EQ(w->t, told, kept);
    CHECK(w->t, told || !kept);
}

static bool is_known(const struct model *m, uint32_t thing)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->said[i].thing == thing)
            return true;
    return false;
}

static uint32_t number_of(const struct view *v, uint32_t thing)
{
    struct thing_ref ref = ref_of(id_of(v->arena, thing));
    return thing_find(v, &ref);
}

/* May run again when rows were cold: it notes what it would check, and the last run counts. */
static void thing_look_at(const struct view *v, struct world *w, uint32_t thing)
{
    struct thing t;
    bool there = thing_read(v, number_of(v, thing), &t);
    CHECK_EQ(w->t, there, is_known(w->model, thing));
    for (int f = 0; there && f < FIELD_COUNT; f++)
        for (uint32_t at = 0; at < INSTANTS; at++)
            field_check(w, v, &t, thing, (enum field)f, at);
}

static uint32_t set_next(const struct view *v, enum field field, int value, uint32_t instant, uint32_t after)
{
    struct thing_ref parent = field == FIELD_PARENT ? ref_of(id_of(v->arena, (uint32_t)value)) : (struct thing_ref){0};
    const struct thing_kind *kind = thing_kind_named(v, BYTES_LIT("node"));
    if (field == FIELD_EXISTS)
        return thing_next(v, kind->name, after);
    if (field == FIELD_PARENT)
        return thing_child_next(v, &parent, time_of(instant), after);
    const struct thing_attribute *a = thing_attribute_named(kind, bytes_of_text(field_names[field]));
    return a == NULL ? THING_NONE : thing_indexed_next(v, kind->name, a, value_of(v->arena, field, value), after);
}

static bool is_member(const struct model *m, uint32_t thing, enum field field, int value, uint32_t instant)
{
    bool kept;
    if (field == FIELD_EXISTS)
        return is_known(m, thing);
    return model_value(m, thing, field, instant, &kept) == value && kept;
}

/* As of an instant, which only sets of children tell from now. */
static void set_look_at(const struct view *v, struct world *w, enum field field, int value, uint32_t instant)
{
    uint32_t members = 0, found = 0;
    for (uint32_t n = set_next(v, field, value, instant, 0); n != THING_NONE && found <= THINGS;
         n = set_next(v, field, value, instant, n)) {
        uint32_t thing = 0;
        while (thing < THINGS && number_of(v, thing) != n)
            thing++;
        found++;
        CHECK(w->t, thing < THINGS && is_member(w->model, thing, field, value, instant));
    }
    for (uint32_t thing = 0; thing < THINGS; thing++)
        members += is_member(w->model, thing, field, value, instant);
    CHECK_EQ(w->t, found, members);
}

struct look {
    struct world *world;
    int failures_before; /* of runs whose rows were cold */
};

static void look(const struct view *v, void *context)
{
    struct look *l = context;
    l->world->t->failures = l->failures_before;
    for (uint32_t thing = 0; thing < THINGS; thing++)
        thing_look_at(v, l->world, thing);
    set_look_at(v, l->world, FIELD_EXISTS, 0, INSTANTS - 1);
    for (int value = 0; value < VALUES; value++) {
        set_look_at(v, l->world, FIELD_CODE, value, INSTANTS - 1);
        if (l->world->indexes_late)
            set_look_at(v, l->world, FIELD_NOTE, value, INSTANTS - 1);
    }
    for (int parent = 0; parent < (int)THINGS; parent++)
        for (uint32_t instant = (uint32_t)parent % 7; instant < INSTANTS; instant += 7)
            set_look_at(v, l->world, FIELD_PARENT, parent, instant);
    for (int parent = 0; parent < (int)THINGS; parent++)
        set_look_at(v, l->world, FIELD_PARENT, parent, INSTANTS - 1);
}

/* Rows that are cold make a reader run again, so all are brought in by a first run that checks nothing. */
static void bring_in(const struct view *v, void *context)
{
    struct world *w = context;
    struct thing t;
    for (uint32_t thing = 0; thing < THINGS; thing++)
        (void)thing_read(v, number_of(v, thing), &t);
    for (int value = 0; value < VALUES; value++)
        (void)(set_next(v, FIELD_CODE, value, 0, 0) + set_next(v, FIELD_NOTE, value, 0, 0));
    for (int parent = 0; parent < (int)THINGS; parent++)
        (void)set_next(v, FIELD_PARENT, parent, 0, 0);
    (void)set_next(v, FIELD_EXISTS, 0, 0, 0);
    (void)w;
}

static void all_look_at(struct world *w)
{
    house_rounds(w, HOUSE_ROUNDS);
    struct look l = {w, w->t->failures};
    engine_read(w->plant.engine, bring_in, w);
    engine_read(w->plant.engine, look, &l);
}

/* --- any commands --- */

static int any_value(struct t *t)
{
    uint64_t dice = rng_below(&t->rng, 10);
    return dice < 5 ? UNSAID : dice == 5 ? NO_VALUE : (int)rng_below(&t->rng, VALUES);
}

/* Parents have smaller numbers, so no order of arrival makes a circle. */
static struct said any_said(struct t *t, const struct model *m)
{
    if (m->count > 0 && rng_below(&t->rng, 5) == 0)
        return m->said[rng_below(&t->rng, m->count)];
    struct said s = {.thing = (uint32_t)rng_below(&t->rng, THINGS), .instant = (uint32_t)rng_below(&t->rng, INSTANTS)};
    bool deletes = rng_below(&t->rng, 8) == 0;
    for (int f = 0; f < FIELD_COUNT; f++)
        s.fields[f] = f == FIELD_EXISTS ? !deletes : deletes ? UNSAID : any_value(t);
    if (s.fields[FIELD_PARENT] >= 0)
        s.fields[FIELD_PARENT] = s.thing == 0 ? NO_VALUE : (int)rng_below(&t->rng, s.thing);
    return s;
}

static void a_group(struct world *w, bool declares)
{
    struct t *t = w->t;
    struct submission list[GROUP_MAX];
    uint32_t count = 0, most = 1 + (uint32_t)rng_below(&t->rng, GROUP_MAX);
    if (declares)
        list[count++] = declaration(w, 1 + w->indexes_late);
    for (; count < most && w->model->count < SAID_MAX; count++) {
        struct said s = any_said(t, w->model);
        list[count] = submission_of(w, &s);
        w->model->said[w->model->count++] = s;
    }
    send(w, list, count);
}

static void shuffle(struct t *t, struct model *m)
{
    for (uint32_t i = m->count; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(&t->rng, i);
        struct said s = m->said[j];
        m->said[j] = m->said[i - 1];
        m->said[i - 1] = s;
    }
}

/* The same in another order, in groups of another size. */
static void again_in_another_order(struct t *t, struct model *m)
{
    struct world w;
    struct submission list[GROUP_MAX];
    world_open(&w, t, m);
    shuffle(t, m);
    w.indexes_late = true;
    list[0] = declaration(&w, 2);
    send(&w, list, 1);
    for (uint32_t at = 0; at < m->count;) {
        uint32_t count = 0, most = 1 + (uint32_t)rng_below(&t->rng, GROUP_MAX);
        for (; count < most && at < m->count; at++)
            list[count++] = submission_of(&w, &m->said[at]);
        send(&w, list, count);
    }
    all_look_at(&w);
    plant_close(&w.plant);
}

static void the_order_of_arrival_makes_no_difference(struct t *t)
{
    struct world w;
    struct model *m = ARENA_NEW(t->arena, struct model);
    world_open(&w, t, m);
    uint32_t late = 1 + (uint32_t)rng_below(&t->rng, GROUPS - 1);
    for (uint32_t i = 0; i < GROUPS && t->failures == 0; i++) {
        w.indexes_late |= i == late;
        a_group(&w, i == 0 || i == late);
        house_rounds(&w, (int)rng_below(&t->rng, 2));
        if (rng_below(&t->rng, 3) == 0)
            freeze(&w);
        if (rng_below(&t->rng, 6) == 0)
            plant_crash(&w.plant);
        if (rng_below(&t->rng, 4) == 0)
            all_look_at(&w);
    }
    all_look_at(&w);
    plant_close(&w.plant);
    again_in_another_order(t, m);
}

static const struct test tests[] = {
    {"the order of arrival makes no difference", the_order_of_arrival_makes_no_difference, 30},
};
TEST_MAIN(tests)
