/* What orders add to features, and how it comes into people's rows. */
#include "domain/identity/identity.h"
#include "domain/rule/order_event.h"
#include "domain/rule/orders.h"
#include "domain/rule/things.h"

#define ORDERS_A_WALK 32u

/* --- one order --- */

struct looked_at {
    uint32_t number, person; /* whose it is; PERSON_NONE: nobody's, or it isn't there */
    bool counts;             /* it isn't void, and has begun */
    bool is_ahead;           /* it begins at began_us */
    int64_t began_us;
    struct order order;
};

/* As of an instant: what is of later isn't there yet. */
static struct looked_at look_at(const struct view *v, uint32_t number, int64_t at_us)
{
    struct looked_at l = {.number = number};
    if (!order_numbered(v, number, &l.order) || !l.order.has_owner)
        return l;
    bool began = !l.order.voided && order_began(&l.order, &l.began_us);
    l.person = identity_of_owner(v, l.order.owner);
    l.counts = began && l.began_us <= at_us;
    l.is_ahead = began && l.began_us > at_us;
    return l;
}

static bool takes_brand(const struct view *v, const struct book_feature *f, const struct order *o)
{
    struct bytes brand = order_text(o, FIELD_BRAND);
    return f->brand == 0 || brand.size == 0 || bytes_equal(name_text(v, NAME_BRAND, f->brand), brand);
}

static size_t entries_of(const struct view *v, const struct book *b, const struct book_feature *f,
                         const struct looked_at *l, const struct arrived *event, const struct series_entry **out_list)
{
    const struct feature_things things = things_of(v);
    if (!l->counts || !takes_brand(v, f, &l->order))
        return 0;
    return matcher_entries(f->matcher, event, book_civil(b), &things, v->arena, out_list);
}

static bool is_wanted(const struct order_looks *how, const struct book_feature *f)
{
    return f != NULL && f->matcher != NULL && (how->wants == NULL || how->wants(how->context, f));
}

/* --- several orders of one person --- */

struct order_entries {
    struct looked_at look;
    struct arrived event;
};

static struct bytes order_prefix(uint32_t number, struct arena *a)
{
    uint8_t *key = arena_take(a, FEATURE_ORDER_BYTES, 1);
    (void)put_key(key, number, FEATURE_ORDER_BYTES);
    return bytes_of(key, FEATURE_ORDER_BYTES);
}

/* The series with what an order says in it; it isn't there yet. */
static struct bytes series_with(const struct view *v, const struct book *b, const struct book_feature *f,
                                struct bytes series, const struct order_entries *order, int64_t oldest)
{
    const struct series_entry *entries;
    size_t count = entries_of(v, b, f, &order->look, &order->event, &entries);
    for (size_t i = 0; i < count; i++)
        series = series_add(&f->feature->shape, series, &entries[i], oldest, v->arena);
    return series;
}

/* The series with what each order says now in place of what it said. */
static struct bytes series_again(const struct view *v, const struct book *b, const struct book_feature *f,
                                 struct bytes series, const struct order_entries *orders, size_t count)
{
    int64_t oldest = feature_oldest(f->feature, v->now_us, book_civil(b));
    for (size_t i = 0; i < count; i++) {
        if (series.size > 0)
            series = series_without(&f->feature->shape, series, order_prefix(orders[i].look.number, v->arena),
                                    v->arena);
        series = series_with(v, b, f, series, &orders[i], oldest);
    }
    return series;
}

static void person_put(struct step *s, const struct order_looks *how, uint32_t person,
                       const struct order_entries *orders, size_t count)
{
    const struct view *v = &s->view;
    struct book_list slots = book_orders(how->book);
    struct slot_series *list = ARENA_ARRAY(v->arena, struct slot_series, slots.count + 1);
    struct rule_numbers rules = {0};
    size_t changed = 0;
    for (uint32_t i = 0; i < slots.count; i++) {
        const struct book_feature *f = book_feature(how->book, slots.list[i]);
        if (!is_wanted(how, f))
            continue;
        struct bytes was = person_feature(v, person, f->slot);
        struct bytes is = series_again(v, how->book, f, was, orders, count);
        if (bytes_equal(was, is))
            continue;
        list[changed++] = (struct slot_series){.slot = f->slot, .series = arena_copy(v->arena, is)};
        rule_numbers_add(&rules, v->arena, (struct book_list){.count = f->rule_count, .list = f->rules});
    }
    if (changed == 0)
        return;
    struct book_shapes shapes = {.book = how->book, .now_us = v->now_us};
    struct slot_rules shaped = book_slots(&shapes);
    (void)person_features_put(s, person, &shaped, list, changed);
    rules_look(s, how->book, person, &rules, false);
}

/* --- looking --- */

/* Of what is ahead the timer looks again. */
static void ahead_note(struct step *s, const struct looked_at *l)
{
    struct bytes key = order_prefix(l->number, s->view.arena);
    if (l->is_ahead)
        step_timer_set(s, &order_timer, l->began_us, key, key);
}

static void order_open(const struct view *v, uint32_t number, int64_t at_us, struct order_entries *out)
{
    out->look = look_at(v, number, at_us);
    if (out->look.counts)
        order_event(v, &out->look.order, out->look.began_us, &out->event);
}

/* Things that conditions ask for are found by asking. */
static void things_touch(const struct view *v, const struct order_looks *how, const struct looked_at *l)
{
    const struct series_entry *entries;
    struct arrived event = {.event = 0};
    bool is_made = false;
    struct book_list slots = book_orders(how->book);
    for (uint32_t i = 0; i < slots.count && l->counts; i++) {
        const struct book_feature *f = book_feature(how->book, slots.list[i]);
        if (!is_wanted(how, f) || !f->feature->needs_things)
            continue;
        if (!is_made)
            order_event(v, &l->order, l->began_us, &event);
        is_made = true;
        (void)entries_of(v, how->book, f, l, &event, &entries);
    }
}

void orders_touch(const struct view *v, const struct order_looks *how, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct looked_at l = look_at(v, numbers[i], v->now_us);
        if (l.person != PERSON_NONE)
            (void)view_person(v, l.person);
        things_touch(v, how, &l);
    }
}

void orders_look(struct step *s, const struct order_looks *how, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct order_entries *x = ARENA_NEW(s->view.arena, struct order_entries);
        order_open(&s->view, numbers[i], s->view.now_us, x);
        ahead_note(s, &x->look);
        if (x->look.person != PERSON_NONE)
            person_put(s, how, x->look.person, x, 1);
    }
}

void orders_look_of(struct step *s, const struct order_looks *how, uint32_t person, const uint32_t *numbers,
                    size_t count)
{
    struct order_entries *list = ARENA_ARRAY(s->view.arena, struct order_entries, count + 1);
    size_t theirs = 0;
    for (size_t i = 0; i < count; i++) {
        order_open(&s->view, numbers[i], s->view.now_us, &list[theirs]);
        ahead_note(s, &list[theirs].look);
        theirs += list[theirs].look.person == person;
    }
    person_put(s, how, person, list, theirs);
}

void order_take(struct step *s, const struct book *b, uint32_t person, uint32_t number)
{
    const struct order_looks how = {.book = b};
    const struct order_entries gone = {.look = {.number = number}};
    person_put(s, &how, person, &gone, 1);
}

/* --- as of an earlier cut --- */

struct bytes orders_then(const struct view *v, const struct book *b, const struct book_feature *f, uint32_t person,
                         int64_t at_us)
{
    uint32_t numbers[ORDERS_A_WALK];
    struct order_walk walk = {.after = 0};
    struct bytes series = BYTES_NONE;
    size_t count;
    do {
        count = order_of_person(v, person, &walk, numbers, ORDERS_A_WALK);
        for (size_t i = 0; i < count; i++) {
            struct order_entries *x = ARENA_NEW(v->arena, struct order_entries);
            order_open(v, numbers[i], at_us, x);
            series = series_with(v, b, f, series, x, -SERIES_BUCKET_MAX);
        }
    } while (count == ORDERS_A_WALK);
    return series;
}
