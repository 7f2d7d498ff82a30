/* Attributes of things as of an event's time, in conditions and values. Covers: thing_book.c */
#include "domain/analytics/thing_book.h"

#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/scan.h"
#include "domain/analytics/view_fake_test.h"
#include "domain/people/people.h"
#include "domain/thing/thing_test.h"
#include "domain/calendar/calendar.h"
#include "domain/order/order.h"
#include "engine/engine_domain.h"
#include "testing/harness.h"

#define NOW_US INT64_C(1763740800000000)
#define DAY(n) (NOW_US + (int64_t)((n)-100) * US_PER_DAY)
#define ROWS 5u

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain,
                                               &event_domain,  &column_domain, &thing_domain,    &calendar_domain, &order_domain};

/* --- a question that tells what it saw: a line a moment --- */

struct seen {
    struct arena *arena;
    uint32_t count;
    uint32_t codes[ROWS];
    struct quantity quantities[ROWS];
    bool has[ROWS];
};

static void *seen_tally(const struct question *q UNUSED, struct arena *arena)
{
    return ARENA_NEW(arena, struct seen);
}

static void seen_take(const struct question *q UNUSED, void *tally, const struct sequence *s)
{
    struct seen *seen = tally;
    for (uint32_t i = 0; i < s->count; i++) {
        seen->codes[seen->count] = s->lanes[0].codes[s->moments[i].row];
        seen->quantities[seen->count] = s->lanes[1].quantities[s->moments[i].row];
        seen->has[seen->count++] = s->lanes[1].has[s->moments[i].row];
    }
}

static void seen_print(const struct question *q UNUSED, const struct texts *texts, void *tally, struct json_writer *w)
{
    const struct seen *seen = tally;
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < seen->count; i++) {
        json_put_string(w, texts_get(texts, seen->codes[i]));
        if (seen->has[i])
            json_put_int64(w, seen->quantities[i].micro);
    }
    json_array_end(w);
}

static const struct member_rule members[] = {{"by", "", ""}, {"value", "", ""}};

static fallible seen_read(struct asked *a, struct err *e)
{
    uint32_t lane;
    bool given;
    a->question->plan.wants_all = true;
    TRY(asked_lane(a, "by", LANE_CODES, LANE_VALUE, true, &given, &lane, e));
    return asked_lane(a, "value", LANE_QUANTITIES, LANE_SUM, true, &given, &lane, e);
}
static const struct question_kind kind = {.name = "seen",
                                          .members = members,
                                          .member_count = COUNT_OF(members),
                                          .read = seen_read,
                                          .tally = seen_tally,
                                          .take = seen_take,
                                          .print = seen_print};

/* --- a world of things, and events that name them --- */

struct rig {
    struct t *t;
    struct harness *h;
    struct name_book *book;
    struct json_parser *parser;
    struct column_set *set;
    struct column_view view;
};

static void put(struct rig *r, const char *ref, int64_t time_us, const char *json, const char *parent)
{
    const struct refusal *no = harness_apply(r->h, COMMAND_THING_PUT,
                                             put_of_texts(r->t->arena, ref, time_us, json, parent));
    CHECK_TEXT(r->t, no == NULL ? "" : no->name, "");
}

/* One event a day: at a store, with an item of a SKU or two. */
static void events_make(struct rig *r)
{
    static const struct column_name store = {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("store")},
                                    sku = {COLUMN_ITEM, COLUMN_TEXT, false, BYTES_INIT("sku")};
    static const char *const stores[ROWS] = {"SH01", "SH01", "SH01", "XX99", NULL};
    static struct column_cell cells[ROWS][3];
    static struct column_row rows[ROWS];
    r->set = column_set_create();
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t count = 0;
        if (stores[i] != NULL)
            cells[i][count++] = (struct column_cell){.column = column_set_number(r->set, &store),
                                                     .text = bytes_of_text(stores[i])};
        cells[i][count++] = (struct column_cell){.column = column_set_number(r->set, &sku), .text = BYTES_LIT("A-1")};
        if (i == 1)
            cells[i][count++] = (struct column_cell){
                .column = column_set_number(r->set, &sku), .item = 1, .text = BYTES_LIT("B-1")};
        rows[i] = (struct column_row){.person = 7,
                                      .event = 1,
                                      .item_count = i == 1 ? 2 : 1,
                                      .time_us = DAY(10 + 10 * (int)i),
                                      .message = i,
                                      .position = i + 1,
                                      .cell_count = count,
                                      .cells = cells[i]};
    }
    r->view = (struct column_view){
        .chunks = 1, .file_count = 1, .files = {made_file(r->set, rows, ROWS)}, .in_order = true};
}

static void rig_open(struct rig *r, struct t *t)
{
    *r = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .parser = json_parser_create(1u << 16)};
    harness_time(r->h, NOW_US);
    put(r, "store/SH01", DAY(15), "{\"city\":\"上海\",\"面积\":100.5,\"labels\":[\"新\",\"旗舰\"]}", "region/华东");
    put(r, "store/SH01", DAY(25), "{\"city\":\"杭州\",\"面积\":200}", "region/华南");
    put(r, "product/A", DAY(1), "{}", "category/裙装");
    put(r, "product/A", DAY(35), "{}", "category/上衣");
    put(r, "sku/A-1", DAY(1), "{\"price\":{\"amount\":199.9,\"currency\":\"CNY\"}}", "product/A");
    put(r, "sku/B-1", DAY(1), "{\"price\":50}", "product/B");
    for (uint32_t i = 0; i < 30; i++) /* so that one look is not enough */
        put(r, arena_printf(t->arena, "store/S%02u", i), DAY(1), "{\"city\":\"苏州\"}", NULL);
    struct view v = harness_view(r->h);
    r->book = name_book_of_view(&v, NULL);
    name_book_property_add(r->book, COLUMN_ITEM, BYTES_LIT("sku"));
    events_make(r);
}

static void rig_close(struct rig *r)
{
    column_file_close(r->view.files[0]);
    column_set_destroy(r->set);
    name_book_destroy(r->book);
    json_parser_destroy(r->parser);
    harness_destroy(r->h);
}

static struct thing_book *things_of(struct rig *r, const struct question *q)
{
    struct thing_book *b = thing_book_create(q->wants);
    struct err e = {0};
    for (bool is_done = b == NULL; !is_done;) {
        struct view v = harness_view(r->h);
        thing_book_look(b, &v, NULL, NULL);
        thing_book_look(b, &v, NULL, NULL); /* as when something was cold: the same again */
        CHECK_DONE(r->t, thing_book_keep(b, &is_done, &e), &e);
    }
    return b;
}

/* The values that a question sees, or what is wrong with it. */
static const char *seen_by(struct rig *r, const char *body)
{
    struct json root;
    struct question *q;
    struct inquiry *i;
    struct err e = {0};
    struct buf out = arena_buf(r->t->arena, 4096);
    struct json_writer w;
    CHECK_DONE(r->t, json_parse(r->parser, bytes_of_text(body), &root, &e), &e);
    if (failed(question_read(&kind, root, r->book, BYTES_LIT("UTC"), NOW_US, &q, &e)))
        return arena_text(r->t->arena, bytes_of_text(e.text));
    struct thing_book *things = things_of(r, q);
    struct inquiry_ask ask = {.question = q, .things = things, .memory_bytes_max = 64u << 20};
    CHECK_DONE(r->t, inquiry_open(&ask, &r->view, NULL, &i, &e), &e);
    inquiry_work(i);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    CHECK_DONE(r->t, inquiry_print(i, &w, &e), &e);
    json_object_end(&w);
    inquiry_close(i);
    thing_book_destroy(things);
    question_close(q);
    CHECK_DONE(r->t, json_parse(r->parser, buf_bytes(&out), &root, &e), &e);
    return arena_text(r->t->arena, json_raw(json_find(root, BYTES_LIT("rows"))));
}

#define BODY(where, by, value) \
    "{\"from\":\"2025-01-01\",\"where\":\"" where "\",\"by\":\"" by "\",\"value\":\"" value "\"}"
#define ALL "event is known"

static void values_are_those_of_the_events_time(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    CHECK_TEXT(t, seen_by(&r, BODY(ALL, "store.city", "store.面积")),
               "[\"\",\"上海\",100500000,\"杭州\",200000000,\"\",\"\"]");
    CHECK_TEXT(t, seen_by(&r, BODY(ALL, "fields.store.labels", "store.面积")),
               "[\"\",\"新\",100500000,\"新\",200000000,\"\",\"\"]");
    CHECK_TEXT(t, seen_by(&r, BODY(ALL, "store.region", "store.面积")),
               "[\"\",\"华东\",100500000,\"华南\",200000000,\"\",\"\"]");
    /* Of the first item; prices of all of them. */
    CHECK_TEXT(t, seen_by(&r, BODY(ALL, "item.sku.category", "item.sku.price")),
               "[\"裙装\",199900000,\"裙装\",249900000,\"裙装\",199900000,\"上衣\",199900000,\"上衣\",199900000]");
    rig_close(&r);
}

static void conditions_are_of_the_events_time(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    CHECK_TEXT(t, seen_by(&r, BODY("store.city = '上海'", "store", "item.sku.price")), "[\"SH01\",249900000]");
    CHECK_TEXT(t, seen_by(&r, BODY("not (store.city = '上海')", "store.city", "item.sku.price")),
               "[\"杭州\",199900000]");
    CHECK_TEXT(t, seen_by(&r, BODY("store.city != '杭州'", "store.city", "item.sku.price")), "[\"上海\",249900000]");
    CHECK_TEXT(t, seen_by(&r, BODY("store.city is unknown", "store", "item.sku.price")),
               "[\"SH01\",199900000,\"XX99\",199900000,\"\",199900000]");
    CHECK_TEXT(t, seen_by(&r, BODY("store.面积 between 100 and 150", "store.city", "item.sku.price")),
               "[\"上海\",249900000]");
    CHECK_TEXT(t,
               seen_by(&r, BODY("store.labels in ('旗舰', 'x') and store.region starts '华'", "store.region",
                                "item.sku.price")),
               "[\"华东\",249900000,\"华南\",199900000]");
    CHECK_TEXT(t, seen_by(&r, BODY("item.sku.price < 100", "store", "item.sku.price")), "[\"SH01\",249900000]");
    CHECK_TEXT(t, seen_by(&r, BODY("item.sku.category = '上衣' and store is known", "store", "item.sku.price")),
               "[\"XX99\",199900000]");
    rig_close(&r);
}

static void what_no_thing_has_is_refused(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    CHECK_TEXT(t, seen_by(&r, BODY(ALL, "store.citty", "store.city")),
               "by: there is no property \"store.citty\"; did you mean \"store.city\"?");
    CHECK_TEXT(t, seen_by(&r, BODY(ALL, "order.city", "store.city")),
               "by: there is no property \"order.city\"; did you mean \"store.city\"?");
    CHECK_TEXT(t, seen_by(&r, BODY("sku.price > 1", "store", "store.city")),
               "where: at character 1: there is no property \"sku.price\"; did you mean \"item.sku.price\"?");
    rig_close(&r);
}

/* As when a property was forbidden for one event after columns were made. */
static void barred_events_are_as_if_they_had_none(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    name_book_property_bar(r.book, 2, COLUMN_ITEM, BYTES_LIT("sku")); /* none of them is of this one */
    CHECK_TEXT(t, seen_by(&r, BODY("store = 'SH01' and item.sku = 'B-1'", "item.sku", "item.sku.price")),
               "[\"A-1\",249900000]");
    name_book_property_bar(r.book, 1, COLUMN_ITEM, BYTES_LIT("sku"));
    CHECK_TEXT(t, seen_by(&r, BODY("store is known", "item.sku", "item.sku.price")), "[\"\",\"\",\"\",\"\"]");
    CHECK_TEXT(t, seen_by(&r, BODY("item.sku is known", "store", "store.面积")), "[]");
    CHECK_TEXT(t, seen_by(&r, BODY("not (item.sku is known) and store = 'XX99'", "store", "item.sku.price")),
               "[\"XX99\"]");
    CHECK_TEXT(t, seen_by(&r, BODY("item.sku is unknown and store = 'XX99'", "store", "item.sku.price")), "[\"XX99\"]");
    CHECK_TEXT(t, seen_by(&r, BODY("item.sku != 'x'", "store", "store.面积")), "[]");
    CHECK_TEXT(t, seen_by(&r, BODY("not (item.sku = 'x')", "store", "store.面积")), "[]");
    CHECK_TEXT(t, seen_by(&r, BODY("item.sku.price < 100", "store", "store.面积")), "[]");
    rig_close(&r);
}

/* SH01 isn't the asker's to see. */
static bool is_another(const void *context UNUSED, const struct view *v UNUSED, const struct thing_ref *ref)
{
    return !bytes_equal(ref->kind, BYTES_LIT("store")) || !bytes_equal(ref->id, BYTES_LIT("SH01"));
}

static void things_out_of_sight_are_not_read(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    struct thing_wants wants = {.count = 1, .list = {{BYTES_LIT("store"), BYTES_LIT("city"), false}}};
    struct thing_book *b = thing_book_create(&wants);
    struct err e = {0};
    for (bool is_done = false; !is_done;) {
        struct view v = harness_view(r.h);
        thing_book_look(b, &v, is_another, NULL);
        CHECK_DONE(t, thing_book_keep(b, &is_done, &e), &e);
    }
    CHECK(t, thing_book_find(b, 0, BYTES_LIT("SH01")) == NULL);
    CHECK(t, thing_book_find(b, 0, BYTES_LIT("S00")) != NULL);
    thing_book_destroy(b);
    rig_close(&r);
}

static const struct test tests[] = {
    {"values are those of the event's time", values_are_those_of_the_events_time, 1},
    {"conditions are of the event's time", conditions_are_of_the_events_time, 1},
    {"barred events are as if they had none", barred_events_are_as_if_they_had_none, 1},
    {"things out of sight are not read", things_out_of_sight_are_not_read, 1},
    {"what no thing has is refused", what_no_thing_has_is_refused, 1},
};
TEST_MAIN(tests)
