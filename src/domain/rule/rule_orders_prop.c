/* Covers: order_entries.c, order_event.c, orders.c, things.c, thing_looks.c, gather.c, parted.c
 *
 * Rules over orders, and over what things behind relations have, some there from the beginning, each made once more in the middle of everything: versions in any order, orders dated ahead, void and reassigned ones, people who are found to
 * be one, or several, or are erased, staff who get other positions, crashes and checkpoints. In the end both say of everybody what loops over all orders and relations say. */
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/listing/listing.h"
#include "domain/order/order_test.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/gather.h"
#include "domain/rule/parted.h"
#include "domain/thing/thing.h"
#include "testing/plant.h"

#define IDS 8u
#define ORDERS 30u
#define STEPS 200
#define OTHER_BRAND 7u /* of no order */
#define STAFF 3u
#define STORES 2u
#define LINES_MAX 4u
#define SEEN_MAX 64u
#define ZONE_US (8 * US_PER_HOUR)
#define CENT 10000 /* millionths */

static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                               &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                               &order_domain,  &relation_domain, &listing_domain,  &rule_domain};

/* --- what holds --- */

struct seen_line {
    const char *sku;
    int64_t paid;
};
struct seen_order {
    uint32_t number, person;
    int64_t began_us;
    struct order_sums sums;
    bool is_paid;
    const char *store, *channel;
    uint32_t line_count;
    struct seen_line lines[LINES_MAX];
};
struct world {
    struct plant plant;
    struct rig rig; /* for words alone */
    uint32_t firsts[20], seconds[20];
    uint32_t made; /* of the second rules */
    int64_t now_us;
    uint32_t count;
    struct seen_order seen[SEEN_MAX];
    const struct view *view;
    const char *positions[STAFF]; /* of staff, as they are now */
    uint32_t stores[STAFF];       /* where they belong; STORES: nowhere */
    const char *regions[STORES];  /* where those belong */
    uint64_t things;              /* puts so far: each a second later */
};
typedef struct rule_value (*meaning)(const struct world *w, uint32_t person);

/* Of somebody's orders: those for which `takes` holds. */
#define EACH_ORDER(w, person, o)                                                  \
    for (const struct seen_order *o = (w)->seen; o < (w)->seen + (w)->count; o++) \
        if (o->person == (person))

static int64_t day_of(int64_t us)
{
    int64_t local = us + ZONE_US;
    return local / US_PER_DAY - (local % US_PER_DAY < 0);
}

static bool is_lately(const struct world *w, const struct seen_order *o, int64_t days)
{
    return day_of(o->began_us) > day_of(w->now_us) - days;
}

static struct rule_value number(int64_t millionths)
{
    return (struct rule_value){.type = RULE_NUMBER, .is_known = true, .number = millionths};
}

static struct rule_value text(const char *said)
{
    return (struct rule_value){
        .type = RULE_TEXT, .is_known = said != NULL, .text = bytes_of_text(said == NULL ? "" : said)};
}

static struct rule_value all_counted(const struct world *w, uint32_t person)
{
    int64_t count = 0;
    EACH_ORDER(w, person, o)
    count++;
    return number(count * 1000000);
}

static struct rule_value net_lately(const struct world *w, uint32_t person)
{
    int64_t sum = 0;
    EACH_ORDER(w, person, o)
    sum += is_lately(w, o, 20) ? o->sums.net : 0;
    return number(sum * CENT);
}

static struct rule_value paid_for_a(const struct world *w, uint32_t person)
{
    int64_t sum = 0;
    EACH_ORDER(w, person, o)
    for (uint32_t i = 0; i < o->line_count; i++)
        sum += strcmp(o->lines[i].sku, "a") == 0 ? o->lines[i].paid : 0;
    return number(sum * CENT);
}

static int64_t cream_us(const struct world *w)
{
    return TEST_BASE_US - (10 + (int64_t)(w->rig.t->seed % 2) * 10) * US_PER_DAY;
}

/* What `a` is was put right at some time: before it was a serum, from then on it is a cream. `b` is a serum, nobody ever said what `c` is. */
static const char *category_of(const struct world *w, const char *sku, int64_t at_us)
{
    if (strcmp(sku, "b") == 0)
        return "serum";
    return strcmp(sku, "a") != 0 ? "" : at_us >= cream_us(w) ? "cream" : "serum";
}

static bool bought(const struct world *w, uint32_t person, const char *category)
{
    bool found = false;
    EACH_ORDER(w, person, o)
    for (uint32_t i = 0; i < o->line_count; i++)
        found |= strcmp(category_of(w, o->lines[i].sku, o->began_us), category) == 0;
    return found;
}

static struct rule_value cream_not_serum(const struct world *w, uint32_t person)
{
    return (struct rule_value){
        .type = RULE_TRUTH, .is_known = true, .truth = bought(w, person, "cream") && !bought(w, person, "serum")};
}

static struct rule_value greatest_gross(const struct world *w, uint32_t person)
{
    struct rule_value best = {.type = RULE_NUMBER};
    EACH_ORDER(w, person, o)
    if (!best.is_known || o->sums.gross * CENT > best.number)
        best = number(o->sums.gross * CENT);
    return best;
}

static uint32_t times_of(const struct world *w, uint32_t person, const char *sku, int64_t days, int64_t *out_day)
{
    uint32_t count = 0;
    *out_day = INT64_MIN;
    EACH_ORDER(w, person, o)
    for (uint32_t i = 0; i < o->line_count; i++)
        if (is_lately(w, o, days) && strcmp(o->lines[i].sku, sku) == 0) {
            count++;
            *out_day = day_of(o->began_us) > *out_day ? day_of(o->began_us) : *out_day;
        }
    return count;
}

static const char *const skus[] = {"a", "b", "c"};

static struct rule_value distinct_skus(const struct world *w, uint32_t person)
{
    int64_t count = 0, day;
    for (size_t i = 0; i < COUNT_OF(skus); i++)
        count += times_of(w, person, skus[i], 30, &day) > 0;
    return number(count * 1000000);
}

static struct rule_value most_frequent_sku(const struct world *w, uint32_t person)
{
    const char *best = NULL;
    uint32_t most = 0;
    int64_t best_day = INT64_MIN, day;
    for (size_t i = 0; i < COUNT_OF(skus); i++) {
        uint32_t times = times_of(w, person, skus[i], 100000, &day);
        if (times == 0 || times < most || (times == most && day <= best_day))
            continue;
        best = skus[i];
        most = times;
        best_day = day;
    }
    return text(best);
}

static const struct seen_order *last_of(const struct world *w, uint32_t person)
{
    const struct seen_order *last = NULL;
    EACH_ORDER(w, person, o)
    if (last == NULL || o->began_us > last->began_us || (o->began_us == last->began_us && o->number > last->number))
        last = o;
    return last;
}

static struct rule_value last_channel(const struct world *w, uint32_t person)
{
    const struct seen_order *last = last_of(w, person);
    return text(last == NULL ? NULL : last->channel);
}

static struct rule_value last_time(const struct world *w, uint32_t person)
{
    const struct seen_order *last = last_of(w, person);
    return (struct rule_value){
        .type = RULE_TIME, .is_known = last != NULL, .time_us = last == NULL ? 0 : last->began_us};
}

static struct rule_value paid_days(const struct world *w, uint32_t person)
{
    int64_t days = 0;
    for (int64_t day = day_of(w->now_us) - 29; day <= day_of(w->now_us); day++) {
        bool any = false;
        EACH_ORDER(w, person, o)
        any |= o->is_paid && day_of(o->began_us) == day;
        days += any;
    }
    return number(days * 1000000);
}

/* Over the last 60 days, one after the other: how long it was since the one before with an order, and how many gaps are as short. */
static struct rule_value median_gap_of_days(const struct world *w, uint32_t person)
{
    int64_t gaps[61] = {0}, count = 0, before = INT64_MIN, sum = 0;
    for (int64_t day = day_of(w->now_us) - 59; day <= day_of(w->now_us); day++) {
        bool any = false;
        EACH_ORDER(w, person, o)
        any |= day_of(o->began_us) == day;
        if (any && before != INT64_MIN) {
            gaps[day - before]++;
            count++;
        }
        before = any ? day : before;
    }
    if (count == 0)
        return (struct rule_value){.type = RULE_NUMBER};
    for (int64_t place = (count - 1) / 2; place <= count / 2; place++) {
        int64_t gap = 0;
        for (int64_t left = place; left >= gaps[gap]; gap++)
            left -= gaps[gap];
        sum += count % 2 == 0 ? gap : 2 * gap;
    }
    return number(sum * 1000000 / 2);
}

static struct rule_value in_store_of_late(const struct world *w, uint32_t person)
{
    int64_t count = 0;
    EACH_ORDER(w, person, o)
    count += o->store != NULL && strcmp(o->store, "S1") == 0 && o->began_us > w->now_us - 36 * US_PER_HOUR;
    return number(count * 1000000);
}

static struct rule_value mean_refund(const struct world *w, uint32_t person)
{
    int64_t sum = 0, count = 0;
    EACH_ORDER(w, person, o)
    {
        sum += o->sums.refunded * CENT;
        count++;
    }
    return count == 0 ? (struct rule_value){.type = RULE_NUMBER} : number((sum * 2 + count) / (2 * count));
}

/* By any relation: a guide who owns them, or friends. */
static bool knows(const struct world *w, uint32_t person, uint8_t type, const char *position)
{
    const struct relation *list;
    size_t count = relation_list(w->view, person, &list);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < STAFF; k++)
            found |= list[i].is_open && list[i].type->number == type && list[i].ref.id.data[0] == '0' + k &&
                     w->positions[k] != NULL && strcmp(w->positions[k], position) == 0;
    return found;
}

static struct rule_value friend_in_region(const struct world *w, uint32_t person)
{
    const struct relation *list;
    size_t count = relation_list(w->view, person, &list);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        uint32_t staff = list[i].ref.id.size == 0 ? STAFF : list[i].ref.id.data[0] - (uint32_t)'0';
        bool is_friend = list[i].is_open && list[i].type->number == RELATION_FRIEND && staff < STAFF;
        const char *region = is_friend && w->stores[staff] < STORES ? w->regions[w->stores[staff]] : NULL;
        found |= region != NULL && strcmp(region, "华东") == 0;
    }
    return (struct rule_value){.type = RULE_TRUTH, .is_known = true, .truth = found};
}

static struct rule_value friend_of_chief(const struct world *w, uint32_t person)
{
    bool is_so = knows(w, person, RELATION_FRIEND, "店长") || last_of(w, person) == NULL;
    return (struct rule_value){.type = RULE_TRUTH, .is_known = true, .truth = is_so};
}

static struct rule_value owned_and_counted(const struct world *w, uint32_t person)
{
    return knows(w, person, RELATION_OWNED_BY, "顾问") ? all_counted(w, person) : number(-1000000);
}

static const struct asked {
    const char *text;
    bool is_condition;
    meaning means;
} rules[] = {
    {"count(order)", false, all_counted},
    {"sum(order in last 20 days)", false, net_lately},
    {"sum(order.item.paid where item.sku = 'a')", false, paid_for_a},
    {"did(order where item.sku.category = 'cream') and not did(order where item.sku.category = 'serum')", true,
     cream_not_serum},
    {"max(order.gross)", false, greatest_gross},
    {"distinct(order.item.sku in last 30 days)", false, distinct_skus},
    {"most_frequent(order.item.sku)", false, most_frequent_sku},
    {"last(order).channel", false, last_channel},
    {"last(order).time", false, last_time},
    {"days(order where paid = true in last 30 days)", false, paid_days},
    {"median_gap(order in last 60 days)", false, median_gap_of_days},
    {"count(order where store = 'S1' within 36 hours)", false, in_store_of_late},
    {"avg(order.refunded)", false, mean_refund},
    {"has friend(staff.position = '店长') or count(order) = 0", true, friend_of_chief},
    {"has friend(staff.region = '华东')", true, friend_in_region},
    {"case when has owned_by(staff.position = '顾问') then count(order) else -1 end", false, owned_and_counted},
};
#define RULES (sizeof rules / sizeof *rules)

/* --- what is sent --- */

static void ignored(struct submission *s, const struct answer *a)
{
    const struct world *w = s->context;
    CHECK_EQ(w->plant.t, a->status.code, STATUS_OK);
}

static void send(struct world *w, uint32_t command, struct bytes payload)
{
    struct err e = {0};
    struct submission one = {
        .command = registry_command(w->plant.registry, command), .payload = payload, .answered = ignored, .context = w};
    struct submission *list = &one;
    CHECK_DONE(w->plant.t, engine_group(w->plant.engine, &list, 1, w->plant.now_us, &e), &e);
}

static const char *any_id(struct world *w)
{
    return arena_printf(w->rig.arena, "%c%u", rng_chance(&w->plant.t->rng, 0.5) ? 'p' : 'u',
                        (unsigned)rng_below(&w->plant.t->rng, IDS / 2));
}

static struct order_key any_key(struct world *w)
{
    return test_key("shop", arena_printf(w->rig.arena, "%u", (unsigned)rng_below(&w->plant.t->rng, ORDERS)));
}

static long long any_minute(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    int64_t now = (w->plant.now_us - TEST_BASE_US) / US_PER_MINUTE;
    return now + (rng_chance(rng, 0.3) ? rng_between(rng, 1, 300) : -rng_between(rng, 0, 40 * 1440));
}

static void any_version_of(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    struct arena *a = w->rig.arena;
    struct err e = {0};
    struct buf b = arena_buf(a, 65536);
    const char *words = arena_printf(a, "#%u created=%lld", 1 + (unsigned)rng_below(rng, 8), any_minute(w));
    if (rng_chance(rng, 0.7))
        words = arena_printf(a, "%s paid=%lld buy:%s", words, any_minute(w), any_id(w));
    if (rng_chance(rng, 0.1))
        words = arena_printf(a, "%s cancelled=%lld", words, any_minute(w));
    if (rng_chance(rng, 0.5))
        words = arena_printf(a, "%s store=S%u channel=%s", words, (unsigned)rng_below(rng, 3),
                             rng_chance(rng, 0.5) ? "tmall" : "小程序");
    if (rng_chance(rng, 0.2))
        words = arena_printf(a, "%s !", words);
    for (uint32_t line = 1; line < LINES_MAX; line++)
        if (rng_chance(rng, 0.5))
            words = arena_printf(a, "%s L%u:sku=%s,paid=%u", words, line, skus[rng_below(rng, COUNT_OF(skus))],
                                 (unsigned)rng_below(rng, 10000));
    if (rng_chance(rng, 0.2))
        words = arena_printf(a, "%s R1:line=1,amount=%u,kind=refund,done=%lld", words, (unsigned)rng_below(rng, 500),
                             any_minute(w));
    struct order_version v = test_version(&w->rig, any_key(w), words);
    CHECK_DONE(w->plant.t, order_version_pack(&v, &b, &e), &e);
    send(w, COMMAND_ORDER_PUT, buf_bytes(&b));
}

static void any_word_on_order(struct world *w, uint32_t command)
{
    struct err e = {0};
    struct buf b = arena_buf(w->rig.arena, 8192);
    struct order_ask ask = {.key = any_key(w), .by = BYTES_LIT("店长"), .reason = BYTES_LIT("补登")};
    if (command == COMMAND_ORDER_REASSIGN)
        ask.id = test_id(&w->rig, bytes_of_text(any_id(w)));
    if (command == COMMAND_ORDER_UNDO) /* of whatever was done lately, if that was anything on this order */
        ask.position = 1 + rng_below(&w->plant.t->rng, 400);
    CHECK_DONE(w->plant.t, order_ask_pack(command, &ask, &b, &e), &e);
    send(w, command, buf_bytes(&b));
}

static void any_act(struct world *w, uint32_t command)
{
    struct err e = {0};
    struct buf b = arena_buf(w->rig.arena, ACT_PAYLOAD_BYTES_MAX);
    struct identity_act *act = ARENA_NEW(w->rig.arena, struct identity_act);
    act->by = BYTES_LIT("lin");
    act->id_count = command == COMMAND_SPLIT || command == COMMAND_UNBIND ? 1 : 2;
    for (uint32_t i = 0; i < act->id_count; i++)
        act->ids[i] = test_id(&w->rig, bytes_of_text(any_id(w)));
    if (done(identity_act_pack(act, &b, &e)))
        send(w, command, buf_bytes(&b));
}

struct finding {
    struct envelope_id id;
    struct hash128 public_id;
};
static void person_find(const struct view *v, void *context)
{
    struct finding *f = context;
    uint32_t person = identity_find(v, f->id.type, f->id.ns, f->id.value, f->id.key);
    f->public_id = person == PERSON_NONE ? (struct hash128){0} : identity_public_id(v, person);
}

static void any_erasure(struct world *w)
{
    struct err e = {0};
    struct finding f = {.id = test_id(&w->rig, bytes_of_text(any_id(w)))};
    engine_read(w->plant.engine, person_find, &f);
    if (hash128_equal(f.public_id, (struct hash128){0}))
        return;
    struct erase_ask ask = {
        .public_id = f.public_id, .salt = {1, 2}, .by = BYTES_LIT("lin"), .reason = BYTES_LIT("asked")};
    struct buf b = arena_buf(w->rig.arena, ERASE_PAYLOAD_BYTES_MAX);
    CHECK_DONE(w->plant.t, identity_erase_pack(&ask, &b, &e), &e);
    send(w, COMMAND_ERASE, buf_bytes(&b));
}

static void product(struct world *w, const char *sku, const char *category, int64_t time_us)
{
    struct buf record = arena_buf(w->rig.arena, 128), b = arena_buf(w->rig.arena, 512);
    pack_varint(&record, 1);
    pack_bytes(&record, BYTES_LIT("category"));
    value_pack_text(&record, bytes_of_text(category));
    const struct thing_put put = {.ref = {.kind = BYTES_LIT("sku"), .id = bytes_of_text(sku)},
                                  .time_us = time_us,
                                  .attributes = buf_bytes(&record)};
    thing_put_pack(&b, &put);
    plant_apply(&w->plant, COMMAND_THING_PUT, buf_bytes(&b));
}

static void any_position(struct world *w)
{
    static const char *const words[] = {"店长", "顾问", "收银"};
    uint32_t k = (uint32_t)rng_below(&w->plant.t->rng, STAFF);
    const char *position = rng_chance(&w->plant.t->rng, 0.2) ? NULL
                                                             : words[rng_below(&w->plant.t->rng, COUNT_OF(words))];
    struct buf record = arena_buf(w->rig.arena, 128), b = arena_buf(w->rig.arena, 512);
    pack_varint(&record, 1);
    pack_bytes(&record, BYTES_LIT("position"));
    if (position == NULL)
        pack_u8(&record, VALUE_NULL);
    else
        value_pack_text(&record, bytes_of_text(position));
    const struct thing_put put = {
        .ref = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(arena_printf(w->rig.arena, "%u", k))},
        .time_us = TEST_BASE_US + (int64_t)++w->things * US_PER_SECOND,
        .attributes = buf_bytes(&record)};
    thing_put_pack(&b, &put);
    plant_apply(&w->plant, COMMAND_THING_PUT, buf_bytes(&b));
    w->positions[k] = position;
}

static void belongs(struct world *w, const char *kind, uint32_t id, const char *to_kind, const char *to)
{
    struct buf b = arena_buf(w->rig.arena, 512);
    const struct thing_put put = {
        .ref = {.kind = bytes_of_text(kind), .id = bytes_of_text(arena_printf(w->rig.arena, "%u", id))},
        .time_us = TEST_BASE_US + (int64_t)++w->things * US_PER_SECOND,
        .parent_said = PARENT_SAID,
        .parent = {.kind = bytes_of_text(to_kind), .id = bytes_of_text(to)}};
    thing_put_pack(&b, &put);
    plant_apply(&w->plant, COMMAND_THING_PUT, buf_bytes(&b));
}

static void any_belonging(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    uint32_t staff = (uint32_t)rng_below(rng, STAFF), store = (uint32_t)rng_below(rng, STORES);
    const char *region = rng_chance(rng, 0.5) ? "华东" : "华南";
    if (rng_chance(rng, 0.5)) {
        belongs(w, "staff", staff, "store", arena_printf(w->rig.arena, "%u", store));
        w->stores[staff] = store;
    } else {
        belongs(w, "store", store, "region", region);
        w->regions[store] = region;
    }
}

static void any_relation(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    struct buf b = arena_buf(w->rig.arena, RELATION_PAYLOAD_BYTES_MAX);
    const char *id = arena_printf(w->rig.arena, "%u", (unsigned)rng_below(rng, STAFF));
    const struct relation_put put = {.id = test_id(&w->rig, bytes_of_text(any_id(w))),
                                     .type = rng_chance(rng, 0.5) ? RELATION_FRIEND : RELATION_OWNED_BY,
                                     .ref = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(id)},
                                     .time_us = w->plant.now_us - rng_between(rng, 0, 1000) * US_PER_SECOND};
    relation_put_pack(&put, &b);
    send(w, rng_chance(rng, 0.7) ? COMMAND_RELATION_BEGIN : COMMAND_RELATION_END, buf_bytes(&b));
}

static void end_find(const struct view *v, void *context)
{
    *(uint32_t *)context = rules_end(v);
}

static uint32_t make(struct world *w, const struct asked *asked, uint32_t brand)
{
    uint32_t rule;
    struct buf b = arena_buf(w->rig.arena, 4096);
    struct rule_ask ask = {.brand = brand,
                           .is_condition = asked->is_condition,
                           .maker = BYTES_LIT("prop"),
                           .text = bytes_of_text(asked->text)};
    rule_ask_pack(&ask, &b);
    engine_read(w->plant.engine, end_find, &rule);
    plant_apply(&w->plant, COMMAND_RULE_MAKE, buf_bytes(&b));
    return rule;
}

/* --- comparing --- */

static const char *text_at(const struct order *o, enum order_field_id id, struct arena *a)
{
    struct bytes said = order_text(o, id);
    return said.size == 0 ? NULL : arena_text(a, said);
}

static void order_see(struct world *w, const struct view *v, uint32_t number_of)
{
    struct order o;
    struct seen_order *x = &w->seen[w->count];
    if (!order_numbered(v, number_of, &o) || o.voided || !o.has_owner)
        return;
    *x = (struct seen_order){.number = number_of, .began_us = INT64_MAX};
    x->person = identity_of_owner(v, o.owner);
    order_sum(&o, ORDER_NOW, &x->sums);
    x->store = text_at(&o, FIELD_STORE, v->arena);
    x->channel = text_at(&o, FIELD_CHANNEL, v->arena);
    for (uint32_t i = 0; i < o.part_count; i++) {
        const struct order_part *p = &o.parts[i];
        struct order_value sku, paid;
        bool is_state = p->kind == ORDER_STATE && p->id.size == 0;
        x->is_paid |= is_state && p->sub >= ORDER_PAID && p->sub <= ORDER_DONE;
        if (is_state && p->sub == ORDER_CREATED)
            x->began_us = p->time_us;
        if (p->kind == ORDER_LINE && order_value_find(p->body, FIELD_SKU, &sku) &&
            order_value_find(p->body, FIELD_PAID, &paid))
            x->lines[x->line_count++] = (struct seen_line){arena_text(v->arena, sku.text), paid.integer};
    }
    w->count += x->began_us <= v->now_us;
}

static void all_is_right(const struct view *v, void *context)
{
    struct world *w = context;
    struct t *t = w->plant.t;
    w->view = v;
    w->now_us = v->now_us;
    w->count = 0;
    for (uint32_t n = 1; n < orders_end(v); n++)
        order_see(w, v, n);
    CHECK_EQ(t, book_broken(book_of(v)), 0);
    for (uint32_t person = 1; person < view_rows_end(v, &person_family); person++) {
        if (!identity_section_lives(view_section(v, person, &identity_section)))
            continue;
        CHECK(t, !rule_pending(v, person));
        for (size_t i = 0; i < RULES; i++) {
            struct rule_value want = rules[i].means(w, person), first = rule_says(v, person, w->firsts[i]),
                              second = rule_says(v, person, w->seconds[i]);
            bool good = first.is_known == want.is_known && second.is_known == want.is_known &&
                        (!want.is_known ||
                         (rule_value_compare(&first, &want) == 0 && rule_value_compare(&second, &want) == 0));
            if (!good)
                fprintf(stderr, "person %u: %s: first %d %lld, second %d %lld, want %d %lld\n", person, rules[i].text,
                        first.is_known, (long long)first.number, second.is_known, (long long)second.number,
                        want.is_known, (long long)want.number);
            CHECK(t, good);
        }
    }
}

static void is_settled(const struct view *v, void *context)
{
    struct parted parted;
    uint32_t person;
    struct gather_pass pass;
    *(bool *)context = !gather_pass_find(v, &pass) && book_count(book_of(v), RULE_GATHERING) == 0 &&
                       !parted_next(v, 0, &person, &parted);
}

static void house(struct world *w, int64_t wait_us)
{
    struct err e = {0};
    CHECK_DONE(w->plant.t, plant_house(&w->plant, wait_us, &e), &e);
}

static void settle(struct world *w)
{
    bool is_over = false;
    for (uint32_t i = 0; i < 600 && !is_over; i++) {
        house(w, US_PER_MS);
        engine_read(w->plant.engine, is_settled, &is_over);
    }
    CHECK(w->plant.t, is_over);
    for (uint32_t i = 0; i < 40; i++)
        house(w, US_PER_MS);
}

static void any_step(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    uint64_t what = rng_below(rng, 100);
    if (what < 34)
        any_version_of(w);
    else if (what < 44)
        any_relation(w);
    else if (what < 50)
        rng_chance(rng, 0.5) ? any_position(w) : any_belonging(w);
    else if (what < 56)
        any_word_on_order(w, rng_chance(rng, 0.7) ? COMMAND_ORDER_REASSIGN : COMMAND_ORDER_UNDO);
    else if (what < 59)
        any_word_on_order(w, COMMAND_ORDER_VOID);
    else if (what < 67)
        any_act(w, rng_chance(rng, 0.5) ? COMMAND_MERGE : COMMAND_BIND);
    else if (what < 76)
        any_act(w, rng_chance(rng, 0.7) ? COMMAND_SPLIT : COMMAND_UNBIND);
    else if (what < 77)
        any_erasure(w);
    else if (what < 95)
        house(w, rng_between(rng, 0, 3600) * US_PER_SECOND);
    else if (what < 97)
        plant_checkpoint(&w->plant);
    else {
        struct hash128 before = plant_digest(&w->plant);
        plant_crash(&w->plant);
        CHECK(w->plant.t, hash128_equal(plant_digest(&w->plant), before));
    }
}

static void rules_say_what_orders_say(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    w->rig = (struct rig){.t = t, .arena = t->arena};
    product(w, "a", "serum", TEST_BASE_US - 400 * US_PER_DAY);
    product(w, "a", "cream", cream_us(w));
    product(w, "b", "serum", TEST_BASE_US - 400 * US_PER_DAY);
    for (uint32_t k = 0; k < STAFF; k++)
        w->stores[k] = STORES;
    for (size_t i = 0; i < RULES; i++)
        w->firsts[i] = make(w, &rules[i], 0);
    for (int i = 0; i < STEPS; i++) {
        any_step(w);
        if (w->made < RULES && i > STEPS / 5 && rng_chance(&t->rng, 0.15)) {
            w->seconds[w->made] = make(w, &rules[w->made], OTHER_BRAND);
            w->made++;
        }
    }
    for (; w->made < RULES; w->made++)
        w->seconds[w->made] = make(w, &rules[w->made], OTHER_BRAND);
    for (int i = 0; i < 20; i++)
        any_step(w);
    settle(w);
    engine_read(w->plant.engine, all_is_right, w);
    plant_close(&w->plant);
}

static const struct test tests[] = {{"rules say of people what their orders say", rules_say_what_orders_say, 60}};
TEST_MAIN(tests)
