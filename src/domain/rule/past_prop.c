/* Covers: gather.c, gather_work.c, parted.c, past.c, past_columns.c, past_heap.c, past_hits.c, refold.c, switch.c
 *
 * A rule that is made in the middle of everything – people who are found to be one, or several, or are erased, crashes, checkpoints, events that come late or are dated ahead – keeps
 * of each person what it would keep had it been there from the beginning: so it stands beside one that was, under a brand that no event has. And both
 * say what a count of all events says. */
#include "domain/calendar/calendar.h"
#include "domain/column/column.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/gather.h"
#include "domain/rule/listen.h"
#include "domain/rule/parted.h"
#include "domain/rule/past_columns.h"
#include "domain/rule/switch.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "lib/value.h"
#include "store/disk_sim.h"
#include "testing/plant.h"

#define SECRET UINT64_C(0x5ec7e7)
#define IDS 14u
#define OTHER_BRAND 7u /* of no event */
#define STEPS 220u
#define PEOPLE_MAX 8192u

static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                               &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                               &order_domain,  &relation_domain, &listing_domain,  &rule_domain};

struct pair {
    const char *text;
    const char *later; /* the same in other words, for what a brand would change; NULL: not needed */
    bool is_condition;
    uint32_t first, second; /* rules; the second is made later */
};
static const struct pair pairs_made[] = {
    {.text = "count(page_viewed)"},
    {.text = "count(product_viewed where channel = 'tmall' in last 3 days) >= 2", .is_condition = true},
    {.text = "count(page_viewed within 30 minutes) >= 2", .is_condition = true},
    {.text = "days(page_viewed in last 20 days)"},
    {.text = "did(page_viewed then product_viewed within 2 hours)", .is_condition = true},
    {.text = "phone is known and count(page_viewed) >= 3",
     .later = "phone is known and count(page_viewed) > 2",
     .is_condition = true},
    {.text = "phone is known", .later = "not phone is unknown", .is_condition = true},
    /* Read out of columns: properties of several types, lists, items. */
    {.text = "count(page_viewed where amount > 3 in last 20 days) >= 2", .is_condition = true},
    {.text = "count(page_viewed where amount = '3' or tags = 'x')"},
    {.text = "days(product_viewed where item.sku in ('a', 'b') and item.price < 2.5)"},
    {.text = "count(event where amount is unknown and not (channel = 'tmall') in last 9 days)"},
    {.text = "last(page_viewed where item.sku = 'a').time"},
    {.text = "did(page_viewed then product_viewed where amount < 4 within 1 hours)", .is_condition = true},
    {.text = "count(page_viewed where time.hour >= 9 and time.weekday != 2 in last 20 days)"},
    {.text = "median_gap(page_viewed in last 20 days)"},
    {.text = "sum(page_viewed.worth in last 20 days)"},
    {.text = "max(product_viewed.worth where channel = 'tmall') - min(product_viewed.worth)"},
    {.text = "avg(event.worth within 30 minutes)"},
    {.text = "distinct(page_viewed.shade in last 20 days)"},
    {.text = "most_frequent(product_viewed.channel)"},
    /* And what they don't say as events do. */
    {.text = "count(page_viewed where tags contains 'x')"},
    {.text = "sum(page_viewed.amount)"},
    {.text = "most_frequent(page_viewed.time.hour in last 20 days)"},
    {.text = "distinct(product_viewed.worth)"},
    {.text = "sum(product_viewed.item.price)"},
};
#define PAIRS (sizeof pairs_made / sizeof *pairs_made)

struct world {
    struct plant plant;
    atomic_bool stop;
    struct work_surroundings around;
    struct arena *scratch;
    uint64_t messages;
    struct pair pairs[PAIRS];
    size_t pair_count; /* that are held against each other */
    uint32_t made;     /* of the second rules */
    uint32_t sharing;  /* RULE_NONE: none does */
    bool is_calm;      /* nobody is found to be somebody else */
};

static void world_start(struct world *w)
{
    w->around = (struct work_surroundings){
        .log = engine_log(w->plant.engine), .disk = w->plant.disk, .memory_bytes = 64u << 20, .stop = &w->stop};
}

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

static struct envelope_id id_of(struct world *w, uint32_t number)
{
    static const uint16_t types[] = {TYPE_ANONYMOUS_ID, TYPE_PHONE, TYPE_USER_ID, TYPE_EMAIL};
    char *value = arena_printf(w->scratch, "id-%u", number);
    struct envelope_id id = {.type = types[number % COUNT_OF(types)], .role = ID_OWN, .value = bytes_of_text(value)};
    id.key = identifier_key(SECRET, id.type, id.ns, id.value);
    return id;
}

static int64_t any_time(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    int64_t now_us = w->plant.now_us;
    switch (rng_below(rng, 8)) {
    case 0: /* late */
        return now_us - rng_between(rng, 0, 25) * US_PER_DAY;
    case 1: /* ahead */
        return now_us + rng_between(rng, 1, 4000) * US_PER_SECOND;
    default:
        return now_us - rng_between(rng, 0, 3600) * US_PER_SECOND;
    }
}

static void member_pack(struct buf *b, const char *name, struct rng *rng)
{
    static const char *const texts[] = {"x", "xy", "3"};
    pack_bytes(b, bytes_of_text(name));
    switch (rng_below(rng, 5)) {
    case 0:
        value_pack_text(b, bytes_of_text(texts[rng_below(rng, COUNT_OF(texts))]));
        break;
    case 1:
        pack_u8(b, VALUE_LIST);
        pack_varint(b, 2);
        value_pack_text(b, bytes_of_text(texts[rng_below(rng, COUNT_OF(texts))]));
        value_pack_decimal(b, rng_between(rng, 0, 6), 0);
        break;
    case 2:
        value_pack_double(b, 10.0 / 3);
        break;
    default:
        value_pack_decimal(b, rng_between(rng, 0, 60), 1);
    }
}

/* What is no double, and of no list. */
static void worth_pack(struct buf *b, struct rng *rng)
{
    pack_bytes(b, BYTES_LIT("worth"));
    switch (rng_below(rng, 8)) {
    case 0:
        value_pack_bool(b, rng_chance(rng, 0.5));
        break;
    case 1:
        value_pack_time(b, rng_between(rng, -5, 5) * US_PER_DAY);
        break;
    case 2:
        value_pack_text(b, BYTES_LIT("7"));
        break;
    default:
        value_pack_decimal(b, rng_between(rng, -4000, 4000), (uint8_t)rng_below(rng, 4));
    }
}

static void shade_pack(struct buf *b, struct rng *rng)
{
    static const char *const shades[] = {
        "red", "a", "裙装",
        "longer than what stands in a key by itself, as the names of campaigns are, or so it seems"};
    pack_bytes(b, BYTES_LIT("shade"));
    value_pack_text(b, bytes_of_text(shades[rng_below(rng, COUNT_OF(shades))]));
}

static struct bytes any_properties(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    struct buf b = arena_buf(w->scratch, 512);
    bool has_amount = rng_chance(rng, 0.7), has_tags = rng_chance(rng, 0.4), has_worth = rng_chance(rng, 0.7);
    pack_varint(&b, (uint64_t)has_amount + has_tags + has_worth + 1);
    shade_pack(&b, rng);
    if (has_worth)
        worth_pack(&b, rng);
    if (has_amount)
        member_pack(&b, "amount", rng);
    if (has_tags)
        member_pack(&b, "tags", rng);
    return buf_bytes(&b);
}

static struct bytes any_items(struct world *w, uint32_t *out_count)
{
    static const char *const skus[] = {"a", "b", "c"};
    struct rng *rng = &w->plant.t->rng;
    struct buf all = arena_buf(w->scratch, 512);
    *out_count = (uint32_t)rng_below(rng, 4);
    for (uint32_t i = 0; i < *out_count; i++) {
        struct buf b = arena_buf(w->scratch, 128);
        pack_varint(&b, 2);
        pack_bytes(&b, BYTES_LIT("sku"));
        value_pack_text(&b, bytes_of_text(skus[rng_below(rng, COUNT_OF(skus))]));
        pack_bytes(&b, BYTES_LIT("price"));
        value_pack_decimal(&b, rng_between(rng, 100, 400), 2);
        pack_bytes(&all, buf_bytes(&b));
    }
    return buf_bytes(&all);
}

static void event_of(struct world *w, uint32_t first_id)
{
    static const char *const names[] = {"page_viewed", "product_viewed", "order_paid"};
    struct rng *rng = &w->plant.t->rng;
    struct err e = {0};
    struct envelope *v = ARENA_NEW(w->scratch, struct envelope);
    struct buf packed = arena_buf(w->scratch, ENVELOPE_BYTES_MAX);
    w->messages++;
    v->event = bytes_of_text(names[rng_below(rng, COUNT_OF(names))]);
    v->source = BYTES_LIT("web");
    v->message = hash128(bytes_of(&w->messages, sizeof w->messages), 0);
    v->event_us = any_time(w);
    v->received_us = w->plant.now_us;
    v->properties = any_properties(w);
    v->items = any_items(w, &v->item_count);
    v->reference[REF_CHANNEL] = rng_chance(rng, 0.5) ? BYTES_LIT("tmall") : BYTES_NONE;
    v->id_count = w->is_calm || rng_chance(rng, 0.85) ? 1 : 2;
    for (uint32_t i = 0; i < v->id_count; i++)
        v->ids[i] = id_of(w, i == 0 ? first_id : (uint32_t)rng_below(rng, IDS));
    CHECK_DONE(w->plant.t, envelope_pack(v, &packed, &e), &e);
    send(w, COMMAND_COLLECT_EVENT, buf_bytes(&packed));
}

static void any_event(struct world *w)
{
    event_of(w, (uint32_t)rng_below(&w->plant.t->rng, IDS));
}

static void any_act(struct world *w, uint32_t command)
{
    struct err e = {0};
    struct identity_act *act = ARENA_NEW(w->scratch, struct identity_act);
    struct buf b = arena_buf(w->scratch, ACT_PAYLOAD_BYTES_MAX);
    act->by = BYTES_LIT("lin");
    act->reason = BYTES_LIT("test");
    act->id_count = command == COMMAND_SPLIT || command == COMMAND_UNBIND ? 1 : 2;
    for (uint32_t i = 0; i < act->id_count; i++)
        act->ids[i] = id_of(w, (uint32_t)rng_below(&w->plant.t->rng, IDS));
    if (failed(identity_act_pack(act, &b, &e)))
        return;
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
    struct finding f = {.id = id_of(w, (uint32_t)rng_below(&w->plant.t->rng, IDS))};
    engine_read(w->plant.engine, person_find, &f);
    if (hash128_equal(f.public_id, (struct hash128){0}))
        return;
    struct erase_ask ask = {
        .public_id = f.public_id, .salt = {1, 2}, .by = BYTES_LIT("lin"), .reason = BYTES_LIT("asked")};
    struct buf b = arena_buf(w->scratch, ERASE_PAYLOAD_BYTES_MAX);
    CHECK_DONE(w->plant.t, identity_erase_pack(&ask, &b, &e), &e);
    send(w, COMMAND_ERASE, buf_bytes(&b));
}

/* --- rules --- */

static void end_find(const struct view *v, void *context)
{
    *(uint32_t *)context = rules_end(v);
}

static uint32_t make(struct world *w, const char *text, bool is_condition, uint32_t brand)
{
    uint32_t number;
    struct buf b = arena_buf(w->scratch, 4096);
    struct rule_ask ask = {
        .brand = brand, .is_condition = is_condition, .maker = BYTES_LIT("prop"), .text = bytes_of_text(text)};
    rule_ask_pack(&ask, &b);
    engine_read(w->plant.engine, end_find, &number);
    plant_apply(&w->plant, COMMAND_RULE_MAKE, buf_bytes(&b));
    return number;
}

static void make_second(struct world *w)
{
    struct pair *p = &w->pairs[w->made++];
    p->second = make(w, p->later == NULL ? p->text : p->later, p->is_condition, p->later == NULL ? OTHER_BRAND : 0);
}

/* A rule that shares its feature with the next second one, and ends sooner or later: perhaps in the middle of the pass that is for both. */
static void share_or_end(struct world *w)
{
    struct buf b = arena_buf(w->scratch, 8);
    if (w->sharing == RULE_NONE) {
        const struct pair *next = &w->pairs[w->made % PAIRS];
        w->sharing = make(w, next->text, next->is_condition, next->later == NULL ? OTHER_BRAND : 0);
        return;
    }
    pack_u32(&b, w->sharing);
    plant_apply(&w->plant, COMMAND_RULE_END, buf_bytes(&b));
    w->sharing = RULE_NONE;
}

/* --- what holds --- */

struct counting {
    const struct view *v;
    uint64_t counts[PEOPLE_MAX]; /* of page views, by person */
};

static bool count_event(void *context, const struct event_seen *event)
{
    struct counting *c = context;
    struct envelope envelope;
    struct err e = {0};
    struct status status = envelope_unpack(event->packed, &envelope, &e);
    assert(done(status));
    uint32_t person = event->note.person == PERSON_NONE ? PERSON_NONE : identity_of_owner(c->v, event->note.owner);
    if (person != PERSON_NONE && event->event_us <= c->v->now_us &&
        bytes_equal(envelope.event, BYTES_LIT("page_viewed")))
        c->counts[person]++;
    return true;
}

static void series_agree(struct t *t, const struct view *v, const struct book *b, uint32_t person, const struct pair *p)
{
    const struct book_rule *x = book_rule(b, p->first), *y = book_rule(b, p->second);
    for (uint32_t i = 0; i < x->row.slot_count; i++) {
        const struct book_feature *f = book_feature(b, x->row.slots[i].slot);
        const struct series_shape *shape = &f->feature->shape;
        int64_t oldest = feature_oldest(f->feature, v->now_us, book_civil(b));
        struct bytes xs = person_feature(v, person, f->slot), ys = person_feature(v, person, y->row.slots[i].slot);
        xs = arena_copy(v->arena, xs);
        struct series_walk xw = series_walk(shape, xs), yw = series_walk(shape, ys);
        struct series_entry xe, ye;
        for (;;) {
            bool xm = series_next(&xw, &xe) && xe.bucket >= oldest, ym = series_next(&yw, &ye) && ye.bucket >= oldest;
            CHECK_EQ(t, xm, ym);
            if (!xm || !ym)
                break;
            CHECK_EQ(t, xe.bucket, ye.bucket);
            CHECK_EQ(t, xe.count, ye.count);
            CHECK(t, bytes_equal(xe.key, ye.key) && bytes_equal(xe.value, ye.value) && xe.sum == ye.sum);
            CHECK(t, xe.number == ye.number && xe.tie == ye.tie);
        }
    }
}

static void all_is_right(const struct view *v, void *context)
{
    struct world *w = context;
    struct t *t = w->plant.t;
    struct err e = {0};
    struct counting c = {.v = v};
    struct event_view *ev = event_view_open(v, &w->around);
    CHECK_DONE(t, event_scan_all(ev, count_event, &c, &e), &e);
    event_view_close(ev);
    const struct book *b = book_of(v);
    CHECK_EQ(t, book_count(b, RULE_GATHERING), 0);
    CHECK_EQ(t, book_broken(b), 0);
    for (size_t i = 0; i < w->pair_count; i++)
        CHECK_EQ(t, rule_progress(v, w->pairs[i].second).share, RULE_PROGRESS_WHOLE);
    uint32_t end = view_rows_end(v, &person_family);
    CHECK(t, end <= PEOPLE_MAX);
    for (uint32_t person = 1; person < end; person++) {
        if (!identity_section_lives(view_section(v, person, &identity_section)))
            continue;
        CHECK(t, !rule_pending(v, person));
        for (size_t i = 0; i < w->pair_count; i++) {
            struct rule_value x = rule_says(v, person, w->pairs[i].first), y = rule_says(v, person, w->pairs[i].second);
            CHECK(t, x.is_known == y.is_known && (!x.is_known || rule_value_compare(&x, &y) == 0));
            series_agree(t, v, b, person, &w->pairs[i]);
        }
        struct rule_value counted = rule_says(v, person, w->pairs[0].second);
        CHECK_EQ(t, (uint64_t)(counted.number / 1000000), c.counts[person]);
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
    for (uint32_t i = 0; i < 400 && !is_over; i++) {
        house(w, US_PER_MS);
        engine_read(w->plant.engine, is_settled, &is_over);
    }
    CHECK(w->plant.t, is_over);
    for (uint32_t i = 0; i < 20; i++)
        house(w, US_PER_MS);
}

static void any_step(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    uint64_t what = rng_below(rng, 100);
    if (what < 62)
        any_event(w);
    else if (what < 70)
        any_act(w, rng_chance(rng, 0.5) ? COMMAND_MERGE : COMMAND_BIND);
    else if (what < 80)
        any_act(w, rng_chance(rng, 0.6) ? COMMAND_SPLIT : COMMAND_UNBIND);
    else if (what < 81)
        any_erasure(w);
    else if (what < 96)
        house(w, rng_between(rng, 0, 600) * US_PER_SECOND);
    else if (what < 98)
        plant_checkpoint(&w->plant);
    else {
        plant_crash(&w->plant);
        world_start(w);
    }
    arena_reset(w->scratch);
}

static void rules_of_later_are_as_if_of_before(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    memcpy(w->pairs, pairs_made, sizeof pairs_made);
    w->pair_count = PAIRS;
    for (size_t i = 0; i < PAIRS; i++)
        w->pairs[i].first = make(w, w->pairs[i].text, w->pairs[i].is_condition, 0);
    for (uint32_t i = 0; i < STEPS; i++) {
        any_step(w);
        if (w->made < PAIRS && i > STEPS / 5 && rng_chance(&t->rng, 0.08))
            make_second(w);
        if (i > STEPS / 5 && rng_chance(&t->rng, 0.08))
            share_or_end(w);
    }
    while (w->made < PAIRS)
        make_second(w);
    for (uint32_t i = 0; i < 20; i++)
        any_step(w);
    settle(w);
    engine_read(w->plant.engine, all_is_right, w);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

struct sets_compared {
    const struct pair *pair;
    bool *out_same;
};

static void sets_are_same(const struct view *v, void *context)
{
    const struct sets_compared *c = context;
    *c->out_same = true;
    for (uint32_t person = 1; person < view_rows_end(v, &person_family); person++)
        *c->out_same &= rule_says(v, person, c->pair->first).truth && rule_says(v, person, c->pair->second).truth;
}

/* What came between two rules that share a feature was never looked at for the second one, though nothing of it is missing. */
static void who_shares_sees_what_came_between(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    bool is_same = false;
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    w->is_calm = true;
    event_of(w, 0); /* somebody is there, so that there is a past */
    w->pairs[0].first = make(w, "count(event) >= 1", true, 0);
    for (uint32_t id = 1; id < IDS; id++)
        event_of(w, id);
    w->pairs[0].second = make(w, "count(event) > 0", true, 0);
    settle(w);
    house(w, 2 * US_PER_HOUR);
    settle(w);
    engine_read(w->plant.engine, sets_are_same, &(struct sets_compared){.pair = &w->pairs[0], .out_same = &is_same});
    CHECK(t, is_same);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

/* --- a file that is lost --- */

#define MANY_IDS (3 * GATHERED_PEOPLE * WORK_COMMANDS_MAX / 2) /* of whom more than are handed in at once did it */

static void is_half_installed(const struct view *v, void *context)
{
    struct gather_pass pass;
    *(bool *)context = gather_pass_find(v, &pass) && pass.phase == GATHER_INSTALLING && pass.offset > 0;
}

/* Who is found to be whom between the two readings of what happened: half of each would be of nobody, or counted twice. */
static void what_is_half_installed_begins_anew(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct err e = {0};
    bool is_half = false;
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    w->is_calm = true;
    w->pairs[0] = (struct pair){.text = "count(page_viewed)"};
    w->pair_count = 1;
    w->pairs[0].first = make(w, w->pairs[0].text, false, 0);
    for (uint32_t i = 0; i < 3 * MANY_IDS; i++) {
        event_of(w, i % MANY_IDS);
        arena_reset(w->scratch);
    }
    w->pairs[0].second = make(w, w->pairs[0].text, false, OTHER_BRAND);
    for (uint32_t i = 0; i < 100 && !is_half; i++) {
        house(w, US_PER_MS);
        engine_read(w->plant.engine, is_half_installed, &is_half);
    }
    CHECK(t, is_half);
    CHECK_DONE(t, disk_remove(w->plant.disk, PAST_FOLDER "/gathering", &e), &e);
    for (uint32_t i = 0; i < 30; i++) {
        any_act(w, COMMAND_MERGE);
        any_event(w);
    }
    settle(w);
    engine_read(w->plant.engine, all_is_right, w);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

/* --- a switch --- */

#define TOLD_MAX 64u
struct told {
    struct world *w;
    uint32_t old, new;
    uint32_t count, by_switch;
    struct {
        char person[40];
        bool is_in;
    } list[TOLD_MAX];
    bool unknown; /* what the old one says of somebody unknown */
};

static bool *told_of(struct told *told, const char *person)
{
    for (uint32_t i = 0; i < told->count; i++)
        if (strcmp(told->list[i].person, person) == 0)
            return &told->list[i].is_in;
    assert(told->count < TOLD_MAX);
    (void)snprintf(told->list[told->count].person, sizeof told->list[0].person, "%s", person);
    told->list[told->count].is_in = told->unknown;
    return &told->list[told->count++].is_in;
}

static bool wants_told(void *context, const struct fact_kind *kind)
{
    (void)context;
    return kind == &fact_rule_turned;
}

static void hear_told(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us,
                      struct bytes json)
{
    struct told *told = context;
    struct t *t = told->w->plant.t;
    (void)position, (void)time_us;
    assert(kind == &fact_rule_turned);
    char *text = arena_text(told->w->scratch, json), person[40] = "";
    unsigned rule = 0;
    const char *at = strstr(text, "\"person\":\"");
    CHECK(t, at != NULL && sscanf(at, "\"person\":\"%39[^\"]\",\"rule\":%u", person, &rule) == 2);
    CHECK(t, rule == told->old || rule == told->new);
    bool before = strstr(text, "\"before\":true") != NULL, after = strstr(text, "\"after\":true") != NULL;
    bool *is_in = told_of(told, person);
    CHECK_EQ(t, before, *is_in);
    CHECK(t, before != after);
    *is_in = after;
    told->by_switch += cause == CAUSE_SWITCH;
}

static void told_is_right(const struct view *v, void *context)
{
    struct told *told = context;
    struct t *t = told->w->plant.t;
    struct rule rule;
    CHECK(t, !rule_find(v, told->old, &rule));
    for (uint32_t person = 1; person < view_rows_end(v, &person_family); person++) {
        struct hash128 id = identity_public_id(v, person);
        char text[40];
        (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)id.high, (unsigned long long)id.low);
        CHECK_EQ(t, *told_of(told, text), rule_says(v, person, told->new).truth);
    }
}

static void switch_to(struct world *w, uint32_t old, uint32_t new)
{
    struct buf b = arena_buf(w->scratch, 64);
    rule_switch_pack(&(struct rule_pair){.old = old, .new = new}, 1, &b);
    plant_apply(&w->plant, COMMAND_RULE_SWITCH, buf_bytes(&b));
}

static void happen(struct world *w, uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) {
        if (rng_chance(&w->plant.t->rng, 0.8))
            any_event(w);
        else
            house(w, rng_between(&w->plant.t->rng, 0, 7200) * US_PER_SECOND);
    }
}

/* Each is told once of what they are in from then on, whatever happens to them meanwhile. */
static void a_switch_tells_who_differs(struct t *t)
{
    static const char *const olds[] = {"did(product_viewed in last 2 days)", "not did(page_viewed in last 3 days)"};
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct told *told = ARENA_NEW(t->arena, struct told);
    told->unknown = rng_chance(&t->rng, 0.5);
    told->w = w;
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    w->is_calm = true;
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    told->old = make(w, olds[told->unknown], true, 0);
    switch_to(w, RULE_NONE, told->old);
    engine_hook(w->plant.engine, &(struct engine_hooks){.context = told, .wants = wants_told, .fact = hear_told});
    for (uint32_t id = 0; id < IDS; id++) /* who comes later begins with what the new one says of somebody unknown */
        event_of(w, id);
    happen(w, 60);
    told->new = make(w, "count(page_viewed in last 10 days) >= 2", true, 0);
    happen(w, 10);
    settle(w);
    switch_to(w, told->old, told->new);
    happen(w, 30);
    settle(w);
    CHECK(t, told->by_switch > 0);
    engine_read(w->plant.engine, told_is_right, told);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

#define CROWD 400u /* more than a step tells, or clears the rows of */

static void switch_rows_count(const struct view *v, void *context)
{
    struct bytes from = BYTES_NONE, key, value;
    uint32_t *count = context;
    *count = 0;
    for (bool after = false; view_keyed_next(v, &switch_family, from, after, &key, &value); after = true) {
        from = arena_copy(v->arena, key);
        ++*count;
    }
}

/* Who turns before it is their turn to be told has a row until all are told: then these go, in as many steps as they take. */
static void a_switch_leaves_no_rows(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    uint32_t rows;
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    w->is_calm = true;
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    for (uint32_t id = 0; id < CROWD; id++)
        event_of(w, id);
    uint32_t rule = make(w, "count(event) = 1", true, 0);
    settle(w);
    switch_to(w, RULE_NONE, rule);
    for (uint32_t id = 0; id < CROWD; id++)
        event_of(w, id);
    engine_read(w->plant.engine, switch_rows_count, &rows);
    CHECK(t, rows > 128);
    settle(w);
    engine_read(w->plant.engine, switch_rows_count, &rows);
    CHECK_EQ(t, rows, 0);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

/* --- how far it is --- */

#define READ_EVENTS 1500u /* more than are read between two looks */

struct reading_driven {
    struct world *w;
    struct work_context work;
    struct rule_progress before;
};

static void reading_order(const struct view *v, void *context)
{
    struct reading_driven *d = context;
    d->work = (struct work_context){.around = &d->w->around};
    d->before = rule_progress(v, d->w->pairs[0].second);
    CHECK(d->w->plant.t, rule_gather_work.wanted(v, &d->work));
}

static void progress_find(const struct view *v, void *context)
{
    struct reading_driven *d = context;
    d->before = rule_progress(v, d->w->pairs[0].second);
}

static void reading_release(const struct view *v, void *context)
{
    struct reading_driven *d = context;
    (void)v;
    rule_gather_work.release(&d->work);
}

/* One reading, on the test's own thread; returns the share that is told behind it. */
static uint32_t reading_drive(struct reading_driven *d, bool stops)
{
    struct world *w = d->w;
    struct err e = {0};
    struct buf payload;
    buf_init(&payload, GATHERED_BYTES_MAX);
    engine_read(w->plant.engine, reading_order, d);
    CHECK_EQ(w->plant.t, d->before.begun_us, w->plant.now_us);
    atomic_store(&w->stop, stops);
    struct status status = rule_gather_work.run(&d->work, &payload, &e);
    atomic_store(&w->stop, false);
    CHECK_EQ(w->plant.t, status.code, stops ? STATUS_CANCELLED : STATUS_OK);
    engine_read(w->plant.engine, reading_release, d);
    engine_read(w->plant.engine, progress_find, d);
    buf_fini(&payload);
    return d->before.share;
}

/* What was read counts from the first event on, and once more where the reading is begun anew. */
static void a_reading_says_how_far_it_is(struct t *t)
{
    static const uint8_t begin[] = {1, GATHERED_BEGIN};
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct reading_driven d = {.w = w};
    atomic_uint share;
    const struct past_progress half = {.share = &share, .from = 200, .until = 600};
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    for (uint32_t i = 0; i < READ_EVENTS; i++) {
        event_of(w, i % IDS);
        arena_reset(w->scratch);
    }
    w->pairs[0].second = make(w, "count(page_viewed)", false, 0);
    engine_read(w->plant.engine, progress_find, &d);
    CHECK_EQ(t, d.before.share, 0);
    plant_apply(&w->plant, COMMAND_RULE_GATHERED, bytes_of(begin, sizeof begin));
    CHECK_EQ(t, reading_drive(&d, true), 0);
    CHECK_EQ(t, reading_drive(&d, false), RULE_PROGRESS_READ);
    past_progress_say(&half, 1, 4);
    CHECK_EQ(t, atomic_load(&share), 300);
    past_progress_say(&half, 5, 4); /* more came than there were */
    CHECK_EQ(t, atomic_load(&share), 600);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

/* --- who tells --- */

/* What columns tell is never asked of envelopes: sums, extremes and distinct texts too, unless a block has what they don't say exactly. */
struct telling {
    struct world *w;
    struct work_context work;
    struct past *past;
    struct column_view *columns;
    uint32_t again;
    size_t items;
};

static void telling_begin(const struct view *v, void *context)
{
    struct telling *x = context;
    x->work = (struct work_context){.around = &x->w->around};
    x->past = past_create(v, book_of(v), &(struct past_ask){.until = v->position});
    x->columns = column_view_open(v, &x->w->around);
}

static struct status items_count(void *context, const struct past_item *items, size_t count, struct err *e)
{
    struct telling *x = context;
    (void)items, (void)e;
    x->items += count;
    return DONE;
}

static void tell_again(void *context)
{
    struct telling *x = context;
    x->items = 0;
    x->again++;
}

/* Which features of the rules, each of one, columns tell. */
static void telling_is(struct world *w, const char *const *texts, const bool *are_told, uint32_t count)
{
    struct t *t = w->plant.t;
    struct err e = {0};
    atomic_uint share = 0;
    struct past_columns_told told = {0};
    struct telling x = {.w = w};
    bool all = true, any = false;
    for (uint32_t i = 0; i < count; i++) {
        (void)make(w, texts[i], false, 0);
        all &= are_told[i];
        any |= are_told[i];
    }
    engine_read(w->plant.engine, telling_begin, &x);
    REQUIRE(t, x.past->count == count);
    struct past_columns_ask ask = {.past = x.past,
                                   .view = x.columns,
                                   .work = &x.work,
                                   .progress = {.share = &share, .until = 1},
                                   .ahead_us = INT64_MAX / 4,
                                   .each = items_count,
                                   .again = tell_again,
                                   .context = &x};
    CHECK_DONE(t, past_columns_read(&ask, &told, &e), &e);
    CHECK_EQ(t, told.is_whole, any);
    CHECK_EQ(t, x.again, !all && any);
    CHECK(t, x.items > 0 || !any);
    for (uint32_t i = 0; i < count; i++)
        CHECK_EQ(t, x.past->features[i].columns != NULL, are_told[i]);
    past_destroy(x.past);
}

static void columns_tell_what_they_know_exactly(struct t *t)
{
    static const char *const texts[] = {"count(page_viewed)", "sum(page_viewed.worth)", "max(page_viewed.worth)",
                                        "distinct(page_viewed.shade)", "sum(page_viewed.amount)"};
    static const bool are_told[COUNT_OF(texts)] = {true, true, true, true, false};
    struct world *w = ARENA_NEW(t->arena, struct world);
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 16);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    w->is_calm = true;
    for (uint32_t i = 0; i < READ_EVENTS / 5; i++) {
        event_of(w, i % IDS);
        arena_reset(w->scratch);
    }
    telling_is(w, texts, are_told, COUNT_OF(texts));
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

static const struct test tests[] = {
    {"a rule of later is as if it had been there from the beginning", rules_of_later_are_as_if_of_before, 40},
    {"who shares a feature sees what came between", who_shares_sees_what_came_between, 5},
    {"what is half installed begins anew", what_is_half_installed_begins_anew, 3},
    {"a switch tells who differs, once", a_switch_tells_who_differs, 40},
    {"a switch leaves no rows", a_switch_leaves_no_rows, 3},
    {"a reading says how far it is", a_reading_says_how_far_it_is, 2},
    {"columns tell what they know exactly", columns_tell_what_they_know_exactly, 3},
};
TEST_MAIN(tests)
