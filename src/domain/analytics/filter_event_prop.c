/* Conditions on events as they come, against the same ones over a column file of these events. Covers: filter_event.c, filter_alike.c */
#include "domain/analytics/filter_event.h"

#include "base/time.h"
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/thing_book.h"
#include "domain/calendar/calendar.h"
#include "domain/column/made_test.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/thing/thing_test.h"
#include "engine/engine_domain.h"
#include "testing/harness.h"

#define EVENTS_MAX 60u
#define CONDITIONS 20
#define RECORD_BYTES 4096u
#define NOW_US INT64_C(1763740800000000)
#define DAY(n) (NOW_US + (int64_t)((n)-100) * US_PER_DAY)

static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain,
                                               &people_domain, &event_domain,    &column_domain,
                                               &thing_domain,  &calendar_domain, &order_domain};

struct world {
    struct t *t;
    struct harness *h;
    struct name_book *book;
    struct civil *civil;
    struct column_set *set;
    struct column_file *file;
    uint32_t count;
    struct envelope envelopes[EVENTS_MAX];
    uint16_t events[EVENTS_MAX];
};

/* --- events --- */

static const char *const texts[] = {"a", "ab", "裙装", "上衣", "", "2026-02-01", "A-1", "B-1"};
static const char *const stores[] = {"SH01", "SH02", "XX99"};

static void any_scalar(struct t *t, struct buf *b)
{
    static const double reals[] = {1.0 / 3, -100.0 / 7, 1e30, 300.0 / 7};
    switch (rng_below(&t->rng, 6)) {
    case 0:
        value_pack_decimal(b, rng_between(&t->rng, -40, 400), (uint8_t)rng_below(&t->rng, 4));
        break;
    case 1:
        value_pack_double(b, reals[rng_below(&t->rng, COUNT_OF(reals))]);
        break;
    case 2:
        value_pack_bool(b, rng_chance(&t->rng, 0.5));
        break;
    case 3:
        value_pack_time(b, DAY(rng_between(&t->rng, 0, 60)) + rng_between(&t->rng, 0, 1) * US_PER_HOUR);
        break;
    default:
        value_pack_text(b, bytes_of_text(texts[rng_below(&t->rng, COUNT_OF(texts))]));
    }
}

static void any_object(struct t *t, struct buf *b, const char *const *names, size_t count, uint32_t depth);

static void any_value(struct t *t, struct buf *b, uint32_t depth)
{
    static const char *const members[] = {"city", "b", "code"};
    uint64_t what = rng_below(&t->rng, 10);
    if (what == 0) {
        pack_u8(b, VALUE_NULL);
    } else if (what < 3) {
        uint32_t count = (uint32_t)rng_below(&t->rng, 4);
        pack_u8(b, VALUE_LIST);
        pack_varint(b, count);
        for (uint32_t i = 0; i < count; i++)
            depth < 2 && rng_chance(&t->rng, 0.1) ? any_value(t, b, 2) : any_scalar(t, b);
    } else if (what < 5 && depth < 2) {
        pack_u8(b, VALUE_OBJECT);
        any_object(t, b, members, COUNT_OF(members), depth + 1);
    } else {
        any_scalar(t, b);
    }
}

/* Members of some of the names, in their order, and how many they are. */
static void any_object(struct t *t, struct buf *b, const char *const *names, size_t count, uint32_t depth)
{
    uint64_t chosen = rng_next(&t->rng) & ((UINT64_C(1) << count) - 1);
    pack_varint(b, (uint64_t)__builtin_popcountll(chosen));
    for (size_t i = 0; i < count; i++)
        if ((chosen >> i & 1) != 0) {
            pack_bytes(b, bytes_of_text(names[i]));
            any_value(t, b, depth);
        }
}

static struct bytes any_properties(struct t *t)
{
    static const char *const names[] = {"amount", "size", "标签", "address", "address.city", "due", "channel"};
    struct buf b = arena_buf(t->arena, RECORD_BYTES);
    any_object(t, &b, names, COUNT_OF(names), 0);
    return buf_bytes(&b);
}

static struct bytes any_items(struct t *t, uint32_t *out_count)
{
    static const char *const names[] = {"price", "steps", "box"};
    static const char *const skus[] = {"A-1", "B-1", "C-1"};
    struct buf all = arena_buf(t->arena, 4 * RECORD_BYTES);
    *out_count = (uint32_t)rng_below(&t->rng, 4);
    for (uint32_t i = 0; i < *out_count; i++) {
        struct buf b = arena_buf(t->arena, RECORD_BYTES), rest = arena_buf(t->arena, RECORD_BYTES);
        any_object(t, &rest, names, COUNT_OF(names), 1);
        pack_varint(&b, rest.data[0] + 1u);
        pack_bytes(&b, BYTES_LIT("sku"));
        value_pack_text(&b, bytes_of_text(skus[rng_below(&t->rng, COUNT_OF(skus))]));
        pack_raw(&b, bytes_of(rest.data + 1, rest.size - 1));
        pack_bytes(&all, buf_bytes(&b));
    }
    return buf_bytes(&all);
}

static struct bytes any_event(struct t *t, uint32_t i, uint16_t *out_event)
{
    static const char *const names[] = {"page_viewed", "product_viewed", "cart_added"};
    struct err e = {0};
    struct buf b = arena_buf(t->arena, ENVELOPE_BYTES_MAX);
    struct envelope *v = ARENA_NEW(t->arena, struct envelope);
    const char *name = names[rng_below(&t->rng, COUNT_OF(names))];
    *out_event = (uint16_t)standard_event_named(bytes_of_text(name))->number;
    v->event = bytes_of_text(name);
    v->message = hash128(bytes_of(&i, sizeof i), 0);
    v->event_us = v->received_us = DAY(rng_between(&t->rng, 0, 60)) + rng_between(&t->rng, 0, 23) * US_PER_HOUR;
    v->actor = (enum actor_kind)rng_below(&t->rng, ACTOR_KIND_COUNT);
    if (rng_chance(&t->rng, 0.6))
        v->source = BYTES_LIT("web");
    if (rng_chance(&t->rng, 0.6))
        v->reference[REF_CHANNEL] = bytes_of_text(texts[rng_below(&t->rng, 4)]);
    if (rng_chance(&t->rng, 0.7))
        v->reference[REF_STORE] = bytes_of_text(stores[rng_below(&t->rng, COUNT_OF(stores))]);
    v->properties = any_properties(t);
    v->items = any_items(t, &v->item_count);
    CHECK_DONE(t, envelope_pack(v, &b, &e), &e);
    return buf_bytes(&b);
}

static void events_make(struct world *w)
{
    struct column_row rows[EVENTS_MAX];
    struct err e = {0};
    w->count = 1 + (uint32_t)rng_below(&w->t->rng, EVENTS_MAX);
    for (uint32_t i = 0; i < w->count; i++) {
        struct bytes packed = any_event(w->t, i, &w->events[i]);
        CHECK_DONE(w->t, envelope_unpack(packed, &w->envelopes[i], &e), &e);
        rows[i] = made_row(w->t->arena, w->set, packed, w->events[i]);
        rows[i].person = 7;
        rows[i].time_us = w->envelopes[i].event_us;
        rows[i].position = i + 1;
    }
    w->file = made_file(w->set, rows, w->count);
}

static void thing_make(struct world *w, const char *ref, int64_t time_us, const char *json, const char *parent)
{
    const struct refusal *no = harness_apply(w->h, COMMAND_THING_PUT,
                                             put_of_texts(w->t->arena, ref, time_us, json, parent));
    CHECK_TEXT(w->t, no == NULL ? "" : no->name, "");
}

static void world_open(struct t *t, struct world *w)
{
    *w = (struct world){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .set = column_set_create()};
    harness_time(w->h, NOW_US);
    thing_make(w, "store/SH01", DAY(15), "{\"city\":\"上海\",\"labels\":[\"a\",\"旗舰\"]}", "region/华东");
    thing_make(w, "store/SH01", DAY(35), "{\"city\":\"a\"}", "region/华南");
    thing_make(w, "store/SH02", DAY(1), "{\"面积\":100.5}", "region/华东");
    thing_make(w, "sku/A-1", DAY(1), "{\"price\":{\"amount\":12.5,\"currency\":\"CNY\"}}", NULL);
    thing_make(w, "sku/B-1", DAY(30), "{\"price\":-2}", NULL);
    events_make(w);
    struct err e = {0};
    CHECK_DONE(t, civil_create(BYTES_LIT("America/New_York"), DAY(0), DAY(100), 1, &w->civil, &e), &e);
    struct view v = harness_view(w->h);
    w->book = name_book_of_view(&v, NULL);
    for (uint32_t i = 0; i < column_set_count(w->set); i++) {
        struct column_name name = column_set_name(w->set, i);
        name_book_property_add(w->book, name.of, name.name);
    }
    name_book_property_bar(w->book, w->events[0], COLUMN_PROPERTY, BYTES_LIT("amount"));
}

static void world_close(struct world *w)
{
    column_file_close(w->file);
    column_set_destroy(w->set);
    name_book_destroy(w->book);
    civil_destroy(w->civil);
    harness_destroy(w->h);
}

/* --- conditions --- */

/* Those that no event of this world has are left out, as they are refused. */
static const char *any_name(const struct world *w)
{
    static const struct {
        const char *name;
        enum column_of of;
        const char *base;
    } names[] = {{"channel", COLUMN_FIELD, "channel"},
                 {"actor", COLUMN_FIELD, "actor"},
                 {"source", COLUMN_FIELD, "source"},
                 {"properties.channel", COLUMN_PROPERTY, "channel"},
                 {"amount", COLUMN_PROPERTY, "amount"},
                 {"size", COLUMN_PROPERTY, "size"},
                 {"标签", COLUMN_PROPERTY, "标签"},
                 {"address.city", COLUMN_PROPERTY, "address.city"},
                 {"address.b.code", COLUMN_PROPERTY, "address.b.code"},
                 {"due", COLUMN_PROPERTY, "due"},
                 {"item.sku", COLUMN_ITEM, "sku"},
                 {"item.price", COLUMN_ITEM, "price"},
                 {"item.steps", COLUMN_ITEM, "steps"},
                 {"item.box.city", COLUMN_ITEM, "box.city"},
                 {"store.city", COLUMN_FIELD, "store"},
                 {"store.labels", COLUMN_FIELD, "store"},
                 {"store.面积", COLUMN_FIELD, "store"},
                 {"store.region", COLUMN_FIELD, "store"},
                 {"item.sku.price", COLUMN_ITEM, "sku"}};
    size_t at = (size_t)rng_below(&w->t->rng, COUNT_OF(names));
    return name_book_has(w->book, names[at].of, bytes_of_text(names[at].base)) ? names[at].name : "store";
}

static const char *any_said(struct t *t)
{
    static const char *const values[] = {
        "'a'", "'裙装'", "''",   "'2025-09-01'", "'2025-09-03T01:00:00Z'", "'华东'", "'A-1'", "12.5", "0.5",
        "-2",  "1e30",   "true", "false",        "42.857142857142854",     "'web'"};
    return values[rng_below(&t->rng, COUNT_OF(values))];
}

static const char *any_dial(struct t *t)
{
    static const char *const signs[] = {"= 5",           "!= 20",    "< 7",       ">= 2.5", "between 1 and 6",
                                        "in (0, 3, 23)", "is known", "is unknown"};
    return arena_printf(t->arena, "time.%s %s", rng_chance(&t->rng, 0.5) ? "hour" : "weekday",
                        signs[rng_below(&t->rng, COUNT_OF(signs))]);
}

static const char *any_comparison(const struct world *w)
{
    static const char *const signs[] = {"=", "!="}, *const orders[] = {"<", "<=", ">", ">="},
                             *const of_texts[] = {"contains", "starts", "ends", "matches"};
    static const char *const ordered[] = {"'a'", "'2025-09-01'", "10", "0.55", "-2", "1e30"};
    static const char *const parts[] = {"'a'", "'衣'", "'-1'", "'.b'"};
    struct t *t = w->t;
    const char *name = any_name(w);
    switch (rng_below(&t->rng, 9)) {
    case 8:
        return any_dial(t);
    case 0:
        return arena_printf(t->arena, "%s %s", name, rng_chance(&t->rng, 0.5) ? "is known" : "is unknown");
    case 1:
        return arena_printf(t->arena, "%s %s %s", name, orders[rng_below(&t->rng, 4)],
                            ordered[rng_below(&t->rng, COUNT_OF(ordered))]);
    case 2:
        return arena_printf(t->arena, "%s %s %s", name, of_texts[rng_below(&t->rng, 4)], parts[rng_below(&t->rng, 4)]);
    case 3:
        return arena_printf(t->arena, "%s in (%s, %s, %s)", name, any_said(t), any_said(t), any_said(t));
    case 4:
        return arena_printf(t->arena, "%s between %s", name,
                            rng_chance(&t->rng, 0.5) ? "-3 and 12.5" : "'2025-08-20' and '2025-09-10'");
    case 5:
        return arena_printf(t->arena, "time %s '2025-09-0%d'", orders[rng_below(&t->rng, 4)],
                            (int)rng_between(&t->rng, 1, 9));
    case 6:
        return arena_printf(t->arena, "event %s 'page_viewed'", signs[rng_below(&t->rng, 2)]);
    default:
        return arena_printf(t->arena, "%s %s %s", name, signs[rng_below(&t->rng, 2)], any_said(t));
    }
}

static const char *any_condition(const struct world *w, uint32_t depth)
{
    struct t *t = w->t;
    uint64_t what = rng_below(&t->rng, depth >= 3 ? 2 : 6);
    if (what < 3)
        return any_comparison(w);
    if (what == 3)
        return arena_printf(t->arena, "not (%s)", any_condition(w, depth + 1));
    return arena_printf(t->arena, "(%s %s %s)", any_condition(w, depth + 1), what == 4 ? "and" : "or",
                        any_condition(w, depth + 1));
}

/* --- both ways --- */

static bool told_of_book(void *context, uint32_t want, struct bytes id, int64_t at_us, struct value *out_value)
{
    const struct thing_story *story = thing_book_find(context, want, id);
    return story != NULL && thing_story_at(story, at_us, out_value);
}

static struct thing_book *things_of(struct world *w, const struct thing_wants *wants)
{
    struct thing_book *b = thing_book_create(wants);
    struct err e = {0};
    for (bool is_done = b == NULL; !is_done;) {
        struct view v = harness_view(w->h);
        thing_book_look(b, &v, NULL, NULL);
        CHECK_DONE(w->t, thing_book_keep(b, &is_done, &e), &e);
    }
    return b;
}

/* Of a block what filter_run leaves, an event or an item a bit, against each of them by itself. */
static void compare(struct world *w, const char *text, const struct filter *f, struct thing_book *things,
                    const struct block *b, bool by_item)
{
    struct block_scratch *s = block_scratch_create(things, w->civil, NULL);
    uint64_t positions[EVENTS_MAX];
    block_scratch_open_items(s, b, by_item);
    uint64_t *bits = ARENA_ARRAY(w->t->arena, uint64_t, BIT_WORDS(s->slot_count));
    memset(bits, 0xff, BIT_WORDS(s->slot_count) * sizeof *bits);
    filter_run(f, s, bits);
    block_positions(b, positions);
    for (uint32_t i = 0, slot = 0; i < block_count(b); i++) {
        uint32_t at = (uint32_t)positions[i] - 1, items = by_item ? w->envelopes[at].item_count : 0;
        for (uint32_t item = 0; item < (items == 0 ? 1 : items); item++, slot++) {
            struct event_look look = {.envelope = &w->envelopes[at],
                                      .event = w->events[at],
                                      .is_item = by_item,
                                      .item = item,
                                      .told = things == NULL ? NULL : told_of_book,
                                      .context = things,
                                      .civil = w->civil,
                                      .patterns = {.steps = PATTERN_STEPS_A_BLOCK}};
            bool holds = filter_holds(f, &look), wanted = (bits[slot / 64] >> (slot % 64) & 1) != 0;
            if (holds != wanted)
                test_fail(w->t, __FILE__, __LINE__, "%s: event %u, item %u: got %d, want %d", text, at, item, holds,
                          wanted);
        }
    }
    block_scratch_destroy(s);
}

static void events_alone_are_as_in_columns(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    world_open(t, w);
    for (int i = 0; i < CONDITIONS && t->failures == 0; i++) {
        const char *text = any_condition(w, 0);
        struct thing_wants wants = {0};
        struct filter_reader r = {.arena = t->arena, .names = w->book, .wants = &wants};
        const struct filter *f = NULL;
        struct err e = {0};
        CHECK_DONE(t, filter_read(&r, bytes_of_text(text), &f, &e), &e);
        struct thing_book *things = things_of(w, &wants);
        for (uint32_t k = 0; k < column_file_blocks(w->file); k++) {
            const struct block *b = NULL;
            CHECK_DONE(t, column_file_block(w->file, k, &b, &e), &e);
            compare(w, text, f, things, b, rng_chance(&t->rng, 0.4));
        }
        thing_book_destroy(things);
    }
    world_close(w);
}

/* Where columns may say otherwise it is told. */
static void conditions_are_alike_or_told(struct t *t)
{
    static const struct {
        const char *text;
        bool is_alike;
    } cases[] = {{"channel = 'web' and size > 3", true},      {"item.price in (1, 2) or size is unknown", true},
                 {"not (size starts 'x') and time > '2026-01-01'", true}, {"size contains 'x'", false},
                 {"amount > 3", false}, /* it is barred from an event */
                 {"size = 3 or size matches '^a'", false},
                 {"event = 'page_viewed' and size = 3", false},
                 {"time.hour between 9 and 17 and not (time.weekday = 7)", true},
                 {"store.city = 'a' and size = 3", false}};
    struct world *w = ARENA_NEW(t->arena, struct world);
    world_open(t, w);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct thing_wants wants = {0};
        struct filter_reader r = {.arena = t->arena, .names = w->book, .wants = &wants, .takes_new = true};
        const struct filter *f = NULL;
        struct err e = {0};
        CHECK_DONE(t, filter_read(&r, bytes_of_text(cases[i].text), &f, &e), &e);
        if (filter_is_alike(f, NULL) != cases[i].is_alike)
            test_fail(t, __FILE__, __LINE__, "%s: want %d", cases[i].text, cases[i].is_alike);
    }
    world_close(w);
}

static const struct test tests[] = {
    {"conditions are alike, or it is told", conditions_are_alike_or_told, 1},
    {"what holds of an event alone is what holds of it in columns", events_alone_are_as_in_columns, 1000},
};
TEST_MAIN(tests)
