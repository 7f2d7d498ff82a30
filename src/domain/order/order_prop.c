/* Orders against a naive model: it keeps every version that was ever sent, and works out from all of them at once what the order is.
 * Random versions in random order, some twice; operators' words in between; people merged and split.
 * Covers: document.c, merge.c, said.c, sums.c, tell.c, days.c, rows.c */
#include "domain/order/document.h"
#include "domain/order/order_test.h"

#define VERSIONS 12u
#define ORDERS 6u
#define IDS 4u

static const char *const id_words[IDS] = {"p1", "p2", "u1", "u2"};

/* --- the model --- */

struct model {
    uint32_t count;
    struct order_version versions[VERSIONS];
};

static bool stamp_before(const struct order_part *a, const struct order_version *v)
{
    return a->version < v->version || (a->version == v->version && a->time_us < v->time_us);
}

static bool same_place(const struct order_part *a, const struct order_part *b)
{
    return a->kind == b->kind && a->sub == b->sub && bytes_equal(a->id, b->id);
}

/* As the rule says it: higher version, later time, removed, greater bytes. */
static bool wins(const struct order_part *a, const struct order_part *b)
{
    if (a->kind == ORDER_STATE)
        return a->time_us < b->time_us;
    if (a->version != b->version)
        return a->version > b->version;
    if (a->time_us != b->time_us)
        return a->time_us > b->time_us;
    if (a->removed != b->removed)
        return a->removed;
    return bytes_compare(a->body, b->body) > 0;
}

/* Every part of every version asks all others whether it counts. */
static bool counts(const struct model *m, const struct order_part *p, uint32_t of_version, uint32_t at)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const struct order_version *v = &m->versions[i];
        if (p->kind == ORDER_LINE && v->complete && stamp_before(p, v))
            return false;
        for (uint32_t j = 0; j < v->part_count; j++) {
            const struct order_part *other = &v->parts[j];
            if ((i == of_version && j == at) || !same_place(other, p))
                continue;
            bool is_same = !wins(p, other) && !wins(other, p);
            if (wins(other, p) || (is_same && (i < of_version || (i == of_version && j < at))))
                return false;
        }
    }
    return true;
}

static int in_order(const void *a, const void *b)
{
    return part_compare(a, b);
}

static uint32_t model_parts(const struct model *m, struct order_part *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->count; i++)
        for (uint32_t j = 0; j < m->versions[i].part_count; j++)
            if (counts(m, &m->versions[i].parts[j], i, j) && !m->versions[i].parts[j].removed)
                out[count++] = m->versions[i].parts[j];
    qsort(out, count, sizeof *out, in_order);
    return count;
}

static const char *model_told(struct rig *r, const struct order_part *parts, uint32_t count)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (uint32_t i = 0; i < count; i++)
        tell_part(&b, &parts[i]);
    const char *told = arena_text(r->arena, buf_bytes(&b));
    buf_fini(&b);
    return told;
}

static int64_t model_value(const struct order_part *p, enum order_field_id id, int64_t otherwise)
{
    struct order_value v;
    return order_value_find(p->body, id, &v) ? v.integer : otherwise;
}

/* price x quantity in millionths of a minor unit, then rounded: quantities have one digit here, prices four. */
static int64_t model_line(const struct order_part *line)
{
    struct order_value price, quantity;
    int64_t paid = model_value(line, FIELD_PAID, INT64_MIN);
    if (paid != INT64_MIN)
        return paid;
    if (!order_value_find(line->body, FIELD_PRICE, &price) || !order_value_find(line->body, FIELD_QUANTITY, &quantity))
        return 0;
    int64_t x = price.integer * quantity.integer;
    for (uint32_t digits = price.scale + quantity.scale; digits < 8; digits++)
        x *= 10;
    int64_t whole = x / 1000000, rest = x % 1000000;
    return whole + (rest >= 500000) - (rest <= -500000);
}

struct model_sums {
    int64_t amount, refunded, net;
};

static struct model_sums model_sums(const struct order_part *parts, uint32_t count)
{
    struct model_sums s = {0};
    bool is_paid = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct order_part *p = &parts[i];
        if (p->kind == ORDER_LINE)
            s.amount += model_line(p);
        if (p->kind == ORDER_PAYMENT)
            s.amount += model_value(p, FIELD_FREIGHT, 0);
        is_paid |= p->kind == ORDER_STATE && p->id.size == 0 && p->sub >= ORDER_PAID && p->sub <= ORDER_DONE;
        for (uint32_t j = 0; p->kind == ORDER_REFUND && j < count; j++)
            if (parts[j].kind == ORDER_STATE && parts[j].sub == REFUND_DONE && bytes_equal(parts[j].id, p->id))
                s.refunded += model_value(p, FIELD_AMOUNT, 0);
    }
    s.net = is_paid ? s.amount - s.refunded : 0;
    return s;
}

/* --- the properties --- */

static void shuffle(struct rng *rng, uint32_t *places, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(rng, i), kept = places[i - 1];
        places[i - 1] = places[j];
        places[j] = kept;
    }
}

static void deliver(struct rig *r, struct rng *rng, const struct model *m)
{
    uint32_t places[VERSIONS * 2], count = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        places[count++] = i;
        if (rng_below(rng, 3) == 0)
            places[count++] = i; /* again */
    }
    shuffle(rng, places, count);
    for (uint32_t i = 0; i < count; i++) {
        struct order_version v = m->versions[places[i]];
        CHECK(r->t, rig_put_version(r, &v) == NULL);
    }
}

static void model_draw(struct rig *r, struct rng *rng, struct order_key key, const char *buyer, struct model *m)
{
    m->count = 1 + (uint32_t)rng_below(rng, VERSIONS);
    for (uint32_t i = 0; i < m->count; i++)
        m->versions[i] = test_version(r, key, any_version(r, rng, buyer));
}

static struct bytes raw_of(struct rig *r, struct order_key key)
{
    struct view v = harness_view(r->h);
    struct document d;
    CHECK(r->t, document_load(&v, key, &d));
    return arena_copy(r->arena, d.raw);
}

static void any_order_of_arrival_gives_the_same_bytes(struct t *t)
{
    struct rig first, second;
    struct order_key key = test_key("店", "1");
    struct model *m = ARENA_NEW(t->arena, struct model);
    rig_begin(&first, t);
    rig_begin(&second, t);
    model_draw(&first, &t->rng, key, "p1,u1", m);
    deliver(&first, &t->rng, m);
    deliver(&second, &t->rng, m);
    CHECK(t, bytes_equal(raw_of(&first, key), raw_of(&second, key)));
    struct order_part *parts = ARENA_ARRAY(t->arena, struct order_part, VERSIONS * 32);
    uint32_t count = model_parts(m, parts);
    CHECK_TEXT(t, rig_order(&first, key), model_told(&first, parts, count));
    struct model_sums want = model_sums(parts, count);
    struct order_sums sums = rig_sums(&second, key, ORDER_NOW);
    CHECK_EQ(t, sums.amount, want.amount);
    CHECK_EQ(t, sums.refunded, want.refunded);
    CHECK_EQ(t, sums.net, want.net);
    rig_end(&first);
    rig_end(&second);
}

/* The version that a state comes with: its refund's, or the first. */
static uint32_t home_of(const struct order_said *said, const struct order_part *state)
{
    for (uint32_t i = 0; i < said->version_count; i++)
        for (uint32_t k = 0; k < said->versions[i].part_count; k++)
            if (said->versions[i].parts[k].kind == ORDER_REFUND &&
                bytes_equal(said->versions[i].parts[k].id, state->id))
                return i;
    return 0;
}

/* Taken apart into versions and said in another workspace, in any order. */
static void its_versions_make_it_again(struct t *t)
{
    struct rig first, second;
    struct order_key key = test_key("店", "1");
    struct model *m = ARENA_NEW(t->arena, struct model);
    struct order order;
    struct order_said said;
    uint32_t places[VERSIONS * 32];
    rig_begin(&first, t);
    rig_begin(&second, t);
    model_draw(&first, &t->rng, key, "p1,u1", m);
    deliver(&first, &t->rng, m);
    struct view v = harness_view(first.h);
    REQUIRE(t, order_find(&v, key, &order) && order_said(&v, order.number, &said));
    for (uint32_t i = 0; i < said.version_count; i++)
        places[i] = i;
    shuffle(&t->rng, places, said.version_count);
    for (uint32_t i = 0; i < said.version_count; i++) {
        struct order_version x = said.versions[places[i]];
        struct order_part *parts = ARENA_ARRAY(t->arena, struct order_part, x.part_count + said.order.part_count);
        for (uint32_t k = 0; k < x.part_count; k++)
            parts[k] = x.parts[k];
        for (uint32_t k = 0; k < said.order.part_count; k++)
            if (said.order.parts[k].kind == ORDER_STATE && home_of(&said, &said.order.parts[k]) == places[i])
                parts[x.part_count++] = said.order.parts[k];
        x.parts = parts;
        x.source = x.source.size == 0 ? BYTES_LIT("whole")
                                      : x.source; /* a whole version of which nothing else is left */
        CHECK(t, rig_put_version(&second, &x) == NULL);
    }
    CHECK(t, bytes_equal(raw_of(&first, key), raw_of(&second, key)));
    rig_end(&first);
    rig_end(&second);
}

/* One for each state but `closed`, and one for a buyer who came when there was nothing else to tell. */
static void events_come_once(struct t *t)
{
    struct rig r;
    struct order_key key = test_key("店", "1");
    struct model *m = ARENA_NEW(t->arena, struct model);
    rig_begin(&r, t);
    model_draw(&r, &t->rng, key, "p1", m);
    deliver(&r, &t->rng, m);
    deliver(&r, &t->rng, m);
    struct order_part *parts = ARENA_ARRAY(t->arena, struct order_part, VERSIONS * 32);
    uint32_t count = model_parts(m, parts), states = 0;
    bool has_buyer = false;
    for (uint32_t i = 0; i < count; i++) {
        states += parts[i].kind == ORDER_STATE;
        has_buyer |= parts[i].kind == ORDER_BUYER;
    }
    bool told_alone = strstr(r.told, "order_updated") != NULL;
    CHECK_EQ(t, r.events, states + told_alone);
    CHECK(t, has_buyer || !told_alone);
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), has_buyer ? "1" : "");
    rig_end(&r);
}

/* --- many orders, operators and people --- */

struct world {
    struct rig r;
    struct model models[ORDERS];
    bool voided[ORDERS];
    uint64_t void_position[ORDERS];
    int owner[ORDERS];   /* place of the identifier; -1: nobody */
    int by_hand[ORDERS]; /* the same, while a reassignment is in force; -1: none */
    struct order_key keys[ORDERS];
};

static void world_begin(struct world *w, struct t *t)
{
    rig_begin(&w->r, t);
    for (uint32_t i = 0; i < IDS; i++)
        rig_known(&w->r, id_words[i]);
    for (uint32_t i = 0; i < ORDERS; i++) {
        w->keys[i] = test_key(i % 2 == 0 ? "甲店" : "乙店", arena_printf(w->r.arena, "%u", i));
        w->owner[i] = w->by_hand[i] = -1;
    }
}

static void world_put(struct world *w, struct rng *rng, uint32_t order)
{
    struct model *m = &w->models[order];
    const char *buyer = id_words[order % IDS], *words = any_version(&w->r, rng, buyer);
    if (m->count == VERSIONS)
        return;
    struct order_version v = test_version(&w->r, w->keys[order], words);
    m->versions[m->count++] = v;
    CHECK(w->r.t, rig_put_version(&w->r, &v) == NULL);
    if (strstr(words, "buy:") != NULL && !w->voided[order])
        w->owner[order] = (int)(order % IDS);
}

static void world_void(struct world *w, uint32_t order)
{
    struct order_ask ask = {.position = w->void_position[order]};
    uint64_t position = harness_position(w->r.h);
    const struct refusal *refusal = rig_ask(&w->r, w->voided[order] ? COMMAND_ORDER_UNDO : COMMAND_ORDER_VOID,
                                            w->keys[order], ask);
    CHECK(w->r.t, (refusal == NULL) == (w->models[order].count > 0));
    if (refusal != NULL)
        return;
    w->void_position[order] = position;
    w->voided[order] = !w->voided[order];
    struct order_part parts[VERSIONS * 32];
    uint32_t count = model_parts(&w->models[order], parts);
    for (uint32_t i = 0; i < count && !w->voided[order]; i++) /* what waited is told, and finds its owner */
        if (parts[i].kind == ORDER_BUYER)
            w->owner[order] = (int)(order % IDS);
}

static void world_reassign(struct world *w, struct rng *rng, uint32_t order)
{
    int to = (int)rng_below(rng, IDS), from = w->by_hand[order] >= 0 ? w->by_hand[order] : w->owner[order];
    struct order_ask ask = {.id = test_id(&w->r, bytes_of_text(id_words[to]))};
    const struct refusal *refusal = rig_ask(&w->r, COMMAND_ORDER_REASSIGN, w->keys[order], ask);
    CHECK(w->r.t, (refusal == NULL) == (w->models[order].count > 0 && to != from));
    if (refusal == NULL)
        w->by_hand[order] = to;
}

static void world_join(struct world *w, struct rng *rng)
{
    const char *a = id_words[rng_below(rng, IDS)], *b = id_words[rng_below(rng, IDS)];
    if (rig_person(&w->r, a) != rig_person(&w->r, b)) /* a rule may say no: then they stay as they are */
        (void)rig_join(&w->r, COMMAND_MERGE, arena_printf(w->r.arena, "%s %s", a, b));
    else if (strcmp(a, b) != 0)
        (void)rig_join(&w->r, COMMAND_SPLIT, b);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each person has the orders of their identifiers, and no others. */
static void owners_check(struct world *w)
{
    for (uint32_t id = 0; id < IDS; id++) {
        const char *words[ORDERS], *wanted = "";
        size_t count = 0;
        for (uint32_t o = 0; o < ORDERS; o++) {
            int owner = w->by_hand[o] >= 0 ? w->by_hand[o] : w->owner[o];
            if (owner >= 0 && rig_person(&w->r, id_words[owner]) == rig_person(&w->r, id_words[id]))
                words[count++] = arena_printf(w->r.arena, "%.*s", BYTES_ARG(w->keys[o].number));
        }
        qsort(words, count, sizeof *words, by_text);
        for (size_t i = 0; i < count; i++)
            wanted = arena_printf(w->r.arena, "%s%s%s", wanted, i > 0 ? " " : "", words[i]);
        struct bytes rest = bytes_of_text(rig_orders_of(&w->r, id_words[id]));
        for (count = 0; rest.size > 0; count++)
            words[count] = arena_text(w->r.arena, word_take(&rest, ' '));
        qsort(words, count, sizeof *words, by_text);
        const char *told = "";
        for (size_t i = 0; i < count; i++)
            told = arena_printf(w->r.arena, "%s%s%s", told, i > 0 ? " " : "", words[i]);
        CHECK_TEXT(w->r.t, told, wanted);
    }
}

/* The day of an order in the model: of its creation, else of its earliest state; -1: none. */
static int32_t model_day(const struct order_part *parts, uint32_t count)
{
    int64_t created = INT64_MAX, earliest = INT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].kind != ORDER_STATE || parts[i].id.size > 0)
            continue;
        earliest = parts[i].time_us < earliest ? parts[i].time_us : earliest;
        created = parts[i].sub == ORDER_CREATED ? parts[i].time_us : created;
    }
    int64_t us = created != INT64_MAX ? created : earliest;
    return us == INT64_MAX ? -1 : TEST_DAY + (int32_t)((us - TEST_BASE_US) / US_PER_DAY);
}

/* Totals are what all orders of the shop and day add up to. */
static void days_check(struct world *w)
{
    for (uint32_t shop = 0; shop < 2; shop++) {
        for (int32_t day = TEST_DAY; day < TEST_DAY + 4; day++) {
            uint64_t orders = 0, lines = 0;
            int64_t amount = 0, refunded = 0;
            for (uint32_t o = shop; o < ORDERS; o += 2) {
                struct order_part parts[VERSIONS * 32];
                uint32_t count = model_parts(&w->models[o], parts);
                if (w->voided[o] || model_day(parts, count) != day)
                    continue;
                struct model_sums s = model_sums(parts, count);
                orders++;
                amount += s.amount;
                refunded += s.refunded;
                for (uint32_t i = 0; i < count; i++)
                    lines += parts[i].kind == ORDER_LINE;
            }
            const char *wanted = arena_printf(w->r.arena, "%llu %llu %lld %lld", (unsigned long long)orders,
                                              (unsigned long long)lines, (long long)amount, (long long)refunded);
            CHECK_TEXT(w->r.t, rig_day(&w->r, shop == 0 ? "甲店" : "乙店", day), orders == 0 ? "none" : wanted);
        }
    }
}

static void owners_and_days_add_up(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    world_begin(w, t);
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t order = (uint32_t)rng_below(&t->rng, ORDERS), draw = (uint32_t)rng_below(&t->rng, 10);
        if (draw < 6)
            world_put(w, &t->rng, order);
        else if (draw == 6)
            world_void(w, order);
        else if (draw == 7)
            world_reassign(w, &t->rng, order);
        else
            world_join(w, &t->rng);
    }
    owners_check(w);
    days_check(w);
    rig_end(&w->r);
}

static const struct test tests[] = {
    {"any order of arrival gives the same bytes", any_order_of_arrival_gives_the_same_bytes, 300},
    {"its versions make it again", its_versions_make_it_again, 200},
    {"events come once", events_come_once, 100},
    {"owners and days add up", owners_and_days_add_up, 150},
};
TEST_MAIN(tests)
