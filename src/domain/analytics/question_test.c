/* Reading questions: what is common to all kinds. Covers: answer.c, asked.c, event_book.c, name_book.c,
 * name_book_view.c, question.c, questions.c, words.c */
#include "base/time.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/exchange.h"
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/texts.h"
#include "domain/calendar/calendar.h"
#include "domain/collect/collect.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"
#include "testing/harness.h"

#define BODY_BYTES_MAX (1u << 16)

/* --- a kind that has each sort of member --- */

struct own {
    uint32_t pick, picks[4], pick_count, lane;
    bool has_lane, flag;
    int64_t span_us, number;
    struct bytes text;
    size_t choice;
};

static const struct member_rule members[] = {
    {"start", "", ""}, {"steps", "", ""}, {"by", "", ""},   {"window", "", ""},
    {"most", "", ""},  {"flag", "", ""},  {"text", "", ""}, {"mode", "", ""},
};
static const char *const modes[] = {"ordered", "strict", "any"};

static fallible own_read(struct asked *a, struct err *e)
{
    struct own *own = ARENA_NEW(a->question->arena, struct own);
    struct json start = json_find(a->body, BYTES_LIT("start"));
    a->question->own = own;
    if (!json_is(start, JSON_ABSENT))
        TRY(asked_pick(a, start, &own->pick, e));
    TRY(asked_picks(a, "steps", 0, COUNT_OF(own->picks), own->picks, &own->pick_count, e));
    TRY(asked_lane(a, "by", LANE_CODES, LANE_VALUE, false, &own->has_lane, &own->lane, e));
    TRY(asked_span(a, "window", 7 * US_PER_DAY, 366 * US_PER_DAY, &own->span_us, e));
    TRY(asked_number(a, "most", 10, 1, 100, &own->number, e));
    TRY(asked_flag(a, "flag", true, &own->flag, e));
    TRY(asked_text(a, "text", BYTES_LIT("无"), &own->text, e));
    return asked_choice(a, "mode", modes, COUNT_OF(modes), 1, &own->choice, e);
}
static const struct question_kind kind = {
    .name = "own", .members = members, .member_count = COUNT_OF(members), .read = own_read};

struct rig {
    struct t *t;
    struct name_book *book;
    struct json_parser *parser;
    struct question *q;
    struct err e;
};

static void rig_open(struct rig *r, struct t *t)
{
    *r = (struct rig){.t = t, .book = name_book_create(), .parser = json_parser_create(BODY_BYTES_MAX)};
    name_book_event_add(r->book, 1000, BYTES_LIT("lottery"), 0, BYTES_LIT("抽奖"));
    name_book_event_add(r->book, 1001, BYTES_LIT("付钱"), 20, BYTES_NONE);
    name_book_property_add(r->book, COLUMN_PROPERTY, BYTES_LIT("amount"));
    name_book_property_add(r->book, COLUMN_ITEM, BYTES_LIT("category"));
}

static void rig_close(struct rig *r)
{
    name_book_destroy(r->book);
    json_parser_destroy(r->parser);
}

/* 2026-11-20 12:00 in Shanghai. */
#define NOW_US INT64_C(1795147200000000)

static struct status asked(struct rig *r, const char *body)
{
    struct json root;
    CHECK_DONE(r->t, json_parse(r->parser, bytes_of_text(body), &root, &r->e), &r->e);
    return question_read(&kind, root, r->book, BYTES_LIT("Asia/Shanghai"), NOW_US, &r->q, &r->e);
}

/* What was wrong with a body; "" when nothing was. */
static const char *wrong_with(struct rig *r, const char *body)
{
    struct status s = asked(r, body);
    if (failed(s))
        return r->e.text;
    question_close(r->q);
    return "";
}

static void members_are_read(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    REQUIRE_DONE(
        t,
        asked(&r,
              "{\"start\":\"浏览商品\",\"steps\":[\"付钱\",{\"event\":\"lottery\",\"where\":\"amount > "
              "1\",\"as\":\"大奖\"},\"*\"],"
              "\"by\":\"item.category\",\"window\":\"2w\",\"most\":5,\"flag\":false,\"text\":\"x\",\"mode\":\"any\"}"),
        &r.e);
    const struct own *own = r.q->own;
    const struct pick *picks = r.q->plan.picks;
    CHECK_EQ(t, r.q->plan.pick_count, 4);
    CHECK_TEXT(t, picks[own->pick].label, "product_viewed");
    CHECK_TEXT(t, picks[own->pick].label_zh, "浏览商品");
    CHECK_EQ(t, picks[own->picks[0]].event_count, 2); /* its own number, and what it is an alias of */
    CHECK_EQ(t, picks[own->picks[0]].events[0], 1001);
    CHECK_EQ(t, picks[own->picks[0]].events[1], 20);
    CHECK_TEXT(t, picks[own->picks[1]].label_zh, "大奖");
    CHECK(t, picks[own->picks[1]].filter != NULL);
    CHECK_EQ(t, picks[own->picks[2]].event_count, 0);
    CHECK(t, own->has_lane && r.q->plan.lanes[own->lane].path->of == COLUMN_ITEM);
    CHECK_EQ(t, own->span_us, 14 * US_PER_DAY);
    CHECK_EQ(t, own->number, 5);
    CHECK(t, !own->flag);
    CHECK_BYTES(t, own->text, BYTES_LIT("x"));
    CHECK_EQ(t, own->choice, 2);
    question_close(r.q);
    rig_close(&r);
}

static void what_is_absent_or_null_is_what_it_would_be(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    REQUIRE_DONE(t, asked(&r, "{\"by\":null,\"window\":null,\"most\":null,\"where\":null,\"last\":null}"), &r.e);
    const struct own *own = r.q->own;
    CHECK(t, !own->has_lane && own->flag && r.q->plan.universe == NULL);
    CHECK_EQ(t, own->span_us, 7 * US_PER_DAY);
    CHECK_EQ(t, own->number, 10);
    CHECK_BYTES(t, own->text, BYTES_LIT("无"));
    CHECK_EQ(t, own->choice, 1);
    CHECK_EQ(t, r.q->plan.subject, SUBJECT_PERSON);
    question_close(r.q);
    rig_close(&r);
}

static int64_t instant(struct t *t, const char *text)
{
    int64_t us = 0;
    struct err e = {0};
    CHECK_DONE(t, time_parse(bytes_of_text(text), &us, &e), &e);
    return us;
}

static void range_is(struct rig *r, const char *body, const char *from, const char *until)
{
    struct status s = asked(r, body);
    CHECK_DONE(r->t, s, &r->e);
    if (failed(s))
        return;
    CHECK_EQ(r->t, r->q->from_us, instant(r->t, from));
    CHECK_EQ(r->t, r->q->until_us, instant(r->t, until));
    CHECK_EQ(r->t, r->q->plan.from_us, r->q->from_us);
    question_close(r->q);
}

static void ranges_are_days_of_the_zone(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    range_is(&r, "{}", "2026-10-22T00:00:00+08:00", "2026-11-21T00:00:00+08:00");
    range_is(&r, "{\"last\":\"1d\"}", "2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00");
    range_is(&r, "{\"last\":\"2w\"}", "2026-11-07T00:00:00+08:00", "2026-11-21T00:00:00+08:00");
    range_is(&r, "{\"last\":\"12h\"}", "2026-11-20T00:00:00+08:00", "2026-11-20T12:00:00+08:00");
    range_is(&r, "{\"from\":\"2026-11-01\",\"until\":\"2026-11-11\"}", "2026-11-01T00:00:00+08:00",
             "2026-11-11T00:00:00+08:00");
    range_is(&r, "{\"from\":\"2026-11-01 09:30\"}", "2026-11-01T09:30:00+08:00", "2026-11-21T00:00:00+08:00");
    range_is(&r, "{\"until\":\"2026-01-31\"}", "2026-01-01T00:00:00+08:00", "2026-01-31T00:00:00+08:00");
    /* The day on which clocks go forward has 23 hours, that on which they go back 25. */
    range_is(&r, "{\"from\":\"2026-03-08\",\"until\":\"2026-03-09\",\"zone\":\"America/New_York\"}",
             "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00");
    range_is(&r, "{\"from\":\"2026-11-01\",\"until\":\"2026-11-02\",\"zone\":\"America/New_York\"}",
             "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00");
    rig_close(&r);
}

static void what_is_wrong_is_said_with_the_place_and_the_nearest_name(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    CHECK_TEXT(t, wrong_with(&r, "[]"), "want an object, got an array");
    CHECK_TEXT(t, wrong_with(&r, "{\"stepz\":[]}"), "there is no member \"stepz\"; did you mean \"steps\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"form\":\"2026-11-01\"}"), "there is no member \"form\"; did you mean \"from\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"steps\":[\"lottery\",{\"event\":\"loterry\"}]}"),
               "steps[1].event: there is no event \"loterry\"; did you mean \"lottery\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"start\":{\"any\":[\"lottery\",\"product_veiwed\"]}}"),
               "start.any[1]: there is no event \"product_veiwed\"; did you mean \"product_viewed\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"start\":{\"event\":\"lottery\",\"where\":\"amuont > 1\"}}"),
               "start.where: at character 1: there is no property \"amuont\"; did you mean \"amount\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"category = 'x'\"}"),
               "where: at character 1: there is no property \"category\"; did you mean \"item.category\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":{\"op\":\"=\",\"name\":\"amuont\",\"value\":1}}"),
               "where: there is no property \"amuont\"; did you mean \"amount\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"event = 'loterry'\"}"),
               "where: at character 9: there is no event \"loterry\"; did you mean \"lottery\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"amount starts 5\"}"),
               "where: at character 15: \"starts\" wants a text in single quotes");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"amount < true\"}"),
               "where: at character 10: true and false have no order: want a text or a number behind \"<\"");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"amount between 1 and 'b'\"}"),
               "where: at character 22: both ends are numbers, or both are texts");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"amount matches '('\"}"),
               "where: at character 16: at character 2 of the pattern: missing closing parenthesis");
    CHECK_TEXT(t, wrong_with(&r, "{\"where\":\"time > 'soon'\"}"),
               "where: at character 8: want a date or a time: '2026-11-01', '2026-11-01 09:00'");
    CHECK_TEXT(t, wrong_with(&r, "{\"by\":\"colour\"}"),
               "by: there is no property \"colour\"; did you mean \"order\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"window\":\"7 days\"}"),
               "window: want a span such as \"30m\", \"12h\", \"7d\" or \"2w\"");
    CHECK_TEXT(t, wrong_with(&r, "{\"window\":\"400d\"}"), "window: want at most 366 days");
    CHECK_TEXT(t, wrong_with(&r, "{\"most\":101}"), "most: want a whole number from 1 to 100");
    CHECK_TEXT(t, wrong_with(&r, "{\"flag\":\"yes\"}"), "flag: want true or false, got a string");
    CHECK_TEXT(t, wrong_with(&r, "{\"mode\":\"ordred\"}"),
               "mode: \"ordred\" is none of ordered, strict, any; did you mean \"ordered\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"subject\":\"persons\"}"),
               "subject: \"persons\" is none of person, order, conversation, staff; did you mean \"person\"?");
    CHECK_TEXT(t, wrong_with(&r, "{\"from\":\"2026-11-11\",\"until\":\"2026-11-11\"}"),
               "the range is empty: \"until\" has to be after \"from\"");
    CHECK_TEXT(t, wrong_with(&r, "{\"last\":\"30d\",\"from\":\"2026-11-11\"}"),
               "last: say either \"last\", or \"from\" and \"until\"");
    CHECK(t, wrong_with(&r, "{\"from\":\"11/11\"}")[0] != '\0');
    CHECK(t, strncmp(wrong_with(&r, "{\"zone\":\"Asia/Shangai\"}"), "zone: ", 6) == 0);
    CHECK_TEXT(t, wrong_with(&r, "{\"steps\":[\"*\",\"*\",\"*\",\"*\",\"*\"]}"), "steps: want a list of 0 to 4 events");
    rig_close(&r);
}

/* Alternatives with conditions of their own are one condition: which event goes with which. */
static void alternatives_are_one_pick(struct t *t)
{
    struct rig r;
    rig_open(&r, t);
    REQUIRE_DONE(t,
                 asked(&r, "{\"start\":{\"any\":[\"lottery\",{\"event\":\"order_paid\",\"where\":\"amount > "
                           "5\"}],\"where\":\"amount < 9\"}}"),
                 &r.e);
    const struct pick *pick = &r.q->plan.picks[0];
    CHECK_EQ(t, pick->event_count, 2);
    CHECK_TEXT(t, pick->label, "lottery / order_paid");
    CHECK_TEXT(t, pick->label_zh, "抽奖 / 支付订单");
    REQUIRE(t, pick->filter != NULL);
    CHECK_EQ(t, pick->filter->op, FILTER_AND);
    CHECK_EQ(t, pick->filter->parts[0]->op, FILTER_OR);
    question_close(r.q);
    REQUIRE_DONE(t, asked(&r, "{\"start\":{\"any\":[\"lottery\",\"*\"]}}"), &r.e);
    CHECK_EQ(t, r.q->plan.picks[0].event_count, 0);
    CHECK(t, r.q->plan.picks[0].filter == NULL);
    question_close(r.q);
    rig_close(&r);
}

/* Of the events that are asked about, and of those that a lane of names has: each once, and only where the Chinese name is another one. */
static void answers_tell_names_of_events(struct t *t)
{
    struct rig r;
    struct json_writer w;
    struct buf out = arena_buf(t->arena, 1024);
    struct texts *texts = texts_create(1u << 20);
    (void)texts_code(texts, BYTES_LIT("page_viewed"));
    (void)texts_code(texts, BYTES_LIT("lottery"));
    (void)texts_code(texts, BYTES_LIT("付钱"));
    rig_open(&r, t);
    const struct {
        const char *by, *want;
    } cases[] = {
        {"event", "{\"event_names\":{\"order_paid\":\"支付订单\",\"page_viewed\":\"浏览页面\",\"lottery\":\"抽奖\"}}"},
        {"channel", "{\"event_names\":{\"order_paid\":\"支付订单\"}}"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *body = arena_printf(
            t->arena,
            "{\"start\":{\"event\":\"lottery\",\"as\":\"玩\"},\"steps\":[\"order_paid\",\"order_paid\"],\"by\":\"%s\"}",
            cases[i].by);
        REQUIRE_DONE(t, asked(&r, body), &r.e);
        buf_clear(&out);
        json_writer_init(&w, &out, false);
        json_object_begin(&w);
        answer_event_names(r.q, texts, &w);
        json_object_end(&w);
        CHECK_BYTES(t, buf_bytes(&out), bytes_of_text(cases[i].want));
        question_close(r.q);
    }
    rig_close(&r);
    texts_destroy(texts);
}

static void kinds_are_found_by_name(struct t *t)
{
    const struct question_kind *found;
    struct err e = {0};
    for (size_t i = 0; i < question_kind_count; i++) {
        CHECK_DONE(t, question_kind_find(bytes_of_text(question_kinds[i]->name), &found, &e), &e);
        CHECK(t, found == question_kinds[i]);
        CHECK(t, found->about[0] != '\0' && found->about_zh[0] != '\0');
        CHECK(t, (found->in_cell == NULL) != (found->gather == NULL) || found->cell_read == NULL);
    }
    CHECK_FAILS(t, question_kind_find(BYTES_LIT("funel"), &found, &e), INVALID);
    CHECK_TEXT(t, e.text, "there is no question \"funel\"; did you mean \"funnel\"?");
}

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain, &event_domain,
                                               &column_domain, &thing_domain,   &calendar_domain, &order_domain};

/* A name more makes another book, which has the rates of the one before; another rate doesn't. */
static void rates_outlive_a_change_of_names(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct buf payload = arena_buf(t->arena, 1024);
    struct view v = harness_view(h);
    struct name_book *first = name_book_of_view(&v, NULL);
    struct hash128 revision = name_book_revision(&v);
    collect_name_pack(&payload, NAME_EVENT, BYTES_LIT("checked_in"), BYTES_NONE, BYTES_NONE);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&payload)) == NULL);
    v = harness_view(h);
    CHECK(t, !hash128_equal(revision, name_book_revision(&v)));
    struct name_book *second = name_book_after(&v, NULL, first);
    CHECK(t, name_book_rates(second) == name_book_rates(first));
    name_book_destroy(first);
    const struct order_rate rate = {.from = currency_named(BYTES_LIT("USD")), .to = CURRENCY_CNY, .day = 20000, .rate = {71, 1}};
    buf_clear(&payload);
    order_rate_pack(&rate, &payload);
    CHECK(t, harness_apply(h, COMMAND_ORDER_RATE, buf_bytes(&payload)) == NULL);
    v = harness_view(h);
    struct name_book *third = name_book_after(&v, NULL, second);
    CHECK_EQ(t, name_book_rates(second)->count, 0);
    CHECK_EQ(t, name_book_rates(third)->count, 1);
    name_book_destroy(second);
    name_book_destroy(third);
    harness_destroy(h);
}

static void a_book_of_a_view_has_what_the_state_knows(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct buf payload = arena_buf(t->arena, 1024), label = arena_buf(t->arena, 64);
    const char *name, *zh;
    uint16_t numbers[EVENTS_A_NAME_MAX];
    pack_varint(&label, 1);
    pack_bytes(&label, BYTES_LIT("label_zh"));
    value_pack_text(&label, BYTES_LIT("签到"));
    collect_name_pack(&payload, NAME_EVENT, BYTES_LIT("checked_in"), BYTES_NONE, buf_bytes(&label));
    CHECK(t, harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&payload)) == NULL);
    buf_clear(&payload);
    property_words_pack(
        &payload, &(struct property_words){.of = COLUMN_PROPERTY, .name = BYTES_LIT("salary"), .is_forbidden = true});
    CHECK(t, harness_apply(h, COMMAND_COLUMN_PROPERTY, buf_bytes(&payload)) == NULL);
    buf_clear(&payload);
    property_words_pack(&payload, &(struct property_words){.event = EVENT_ORDER_COMPLETED,
                                                           .of = COLUMN_PROPERTY,
                                                           .name = BYTES_LIT("till"),
                                                           .is_forbidden = true});
    CHECK(t, harness_apply(h, COMMAND_COLUMN_PROPERTY, buf_bytes(&payload)) == NULL);
    struct view v = harness_view(h);
    struct name_book *b = name_book_of_view(&v, NULL);
    CHECK_EQ(t, name_book_events(b, BYTES_LIT("签到"), numbers, &name, &zh), 1);
    CHECK_EQ(t, numbers[0], name_number(&v, NAME_EVENT, BYTES_LIT("checked_in")));
    CHECK_TEXT(t, name, "checked_in");
    CHECK_TEXT(t, zh, "签到");
    CHECK_EQ(t, name_book_events(b, BYTES_LIT("Order Completed"), numbers, &name, &zh), 1); /* as a platform calls it */
    CHECK_EQ(t, numbers[0], EVENT_ORDER_COMPLETED);
    CHECK(t, name_book_has(b, COLUMN_FIELD, BYTES_LIT("channel")));
    name_book_property_add(b, COLUMN_PROPERTY, BYTES_LIT("salary"));
    CHECK(t, !name_book_has(b, COLUMN_PROPERTY, BYTES_LIT("salary")));
    /* Said of an object, of one event; and what the asker's veil hides. */
    name_book_property_add(b, COLUMN_PROPERTY, BYTES_LIT("salary.net"));
    name_book_property_add(b, COLUMN_PROPERTY, BYTES_LIT("salary_day"));
    CHECK(t, !name_book_has(b, COLUMN_PROPERTY, BYTES_LIT("salary.net")));
    CHECK(t, name_book_has(b, COLUMN_PROPERTY, BYTES_LIT("salary_day")));
    const uint64_t *till = name_book_barred(b, COLUMN_PROPERTY, BYTES_LIT("till"), t->arena);
    CHECK(t, till != NULL && (till[EVENT_ORDER_COMPLETED / 64] >> (EVENT_ORDER_COMPLETED % 64) & 1) != 0);
    name_book_property_bar(b, 70, COLUMN_PROPERTY, BYTES_LIT("box"));
    name_book_property_bar(b, 1000, COLUMN_PROPERTY, BYTES_LIT("box"));
    const uint64_t *barred = name_book_barred(b, COLUMN_PROPERTY, BYTES_LIT("box.in"), t->arena);
    CHECK(t, barred != NULL && barred[70 / 64] == UINT64_C(1) << (70 % 64) &&
                 barred[1000 / 64] == UINT64_C(1) << (1000 % 64));
    CHECK(t, name_book_barred(b, COLUMN_PROPERTY, BYTES_LIT("boxes"), t->arena) == NULL);
    CHECK(t, name_book_barred(b, COLUMN_ITEM, BYTES_LIT("box"), t->arena) == NULL);
    name_book_destroy(b);
    harness_destroy(h);
}

static struct hash128 revision_of(struct harness *h)
{
    struct view v = harness_view(h);
    return name_book_revision(&v);
}

/* Says something of "salary", which is refused or not; whether that is another revision then. */
static bool words_are_news(struct harness *h, struct t *t, const char *display)
{
    struct hash128 before = revision_of(h);
    struct buf payload = arena_buf(t->arena, PROPERTY_WORDS_BYTES_MAX);
    property_words_pack(&payload, &(struct property_words){.of = COLUMN_PROPERTY, .name = BYTES_LIT("salary"), .display = bytes_of_text(display)});
    (void)harness_apply(h, COMMAND_COLUMN_PROPERTY, buf_bytes(&payload));
    return !hash128_equal(before, revision_of(h));
}

static void a_revision_tells_whether_names_changed(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct buf payload = arena_buf(t->arena, 1024);
    CHECK(t, words_are_news(h, t, "工资"));
    CHECK(t, !words_are_news(h, t, "工资"));
    CHECK(t, words_are_news(h, t, "薪水"));
    CHECK(t, words_are_news(h, t, "工资"));
    struct hash128 before = revision_of(h);
    collect_name_pack(&payload, NAME_EVENT, BYTES_LIT("checked_in"), BYTES_NONE, BYTES_NONE);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&payload)) == NULL);
    CHECK(t, !hash128_equal(before, revision_of(h)));
    harness_destroy(h);
}

/* What one question adds isn't there for others, who have the same names below. */
static void a_book_over_another_has_its_own_properties(struct t *t)
{
    const char *label, *label_zh;
    uint16_t numbers[EVENTS_A_NAME_MAX];
    struct name_book *below = name_book_create();
    name_book_property_add(below, COLUMN_PROPERTY, BYTES_LIT("amount"));
    name_book_property_hide(below, COLUMN_PROPERTY, BYTES_LIT("salary"));
    struct name_book *first = name_book_over(name_book_share(below)), *second = name_book_over(name_book_share(below));
    name_book_destroy(below); /* those above it keep it */
    for (int i = 0; i < 300; i++) {
        const char *name = arena_printf(t->arena, "own_%d", i);
        name_book_property_add(first, COLUMN_PROPERTY, bytes_of_text(name));
        CHECK(t, name_book_has(first, COLUMN_PROPERTY, bytes_of_text(name)) && !name_book_has(second, COLUMN_PROPERTY, bytes_of_text(name)));
    }
    name_book_property_add(first, COLUMN_PROPERTY, BYTES_LIT("salary"));
    CHECK(t, !name_book_has(first, COLUMN_PROPERTY, BYTES_LIT("salary")));
    name_book_destroy(first);
    CHECK(t, name_book_has(second, COLUMN_PROPERTY, BYTES_LIT("amount")) && name_book_has(second, COLUMN_FIELD, BYTES_LIT("channel")));
    CHECK_EQ(t, name_book_events(second, BYTES_LIT("order_paid"), numbers, &label, &label_zh), 1);
    CHECK_EQ(t, numbers[0], EVENT_ORDER_PAID);
    name_book_destroy(second);
}

static void name_say(struct harness *h, struct t *t, enum name_kind of, const char *name, const char *zh)
{
    struct buf payload = arena_buf(t->arena, 1024), label = arena_buf(t->arena, 128);
    pack_varint(&label, 1);
    pack_bytes(&label, BYTES_LIT("label_zh"));
    value_pack_text(&label, bytes_of_text(zh));
    collect_name_pack(&payload, of, bytes_of_text(name), BYTES_NONE, zh[0] == 0 ? BYTES_NONE : buf_bytes(&label));
    CHECK(t, harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&payload)) == NULL);
}

/* All that can be asked of either is the same. */
static void books_are_alike(struct t *t, const struct name_book *got, const struct name_book *want, const char *const *names, size_t count)
{
    uint32_t number = 0;
    do {
        CHECK_EQ(t, name_book_event_next(got, number), name_book_event_next(want, number));
        number = name_book_event_next(want, number);
        CHECK_BYTES(t, name_book_event_name(got, number), name_book_event_name(want, number));
    } while (number != 0 && t->failures == 0);
    for (size_t i = 0; i < count; i++) {
        struct bytes name = bytes_of_text(names[i]);
        uint16_t numbers[2][EVENTS_A_NAME_MAX] = {{0}};
        const char *label[2] = {"", ""}, *zh[2] = {"", ""};
        CHECK_EQ(t, name_book_events(got, name, numbers[0], &label[0], &zh[0]), name_book_events(want, name, numbers[1], &label[1], &zh[1]));
        CHECK_EQ(t, memcmp(numbers[0], numbers[1], sizeof numbers[0]), 0);
        CHECK_TEXT(t, label[0], label[1]);
        CHECK_TEXT(t, zh[0], zh[1]);
        CHECK_BYTES(t, name_book_event_zh(got, name), name_book_event_zh(want, name));
        CHECK_EQ(t, name_book_has(got, COLUMN_PROPERTY, name), name_book_has(want, COLUMN_PROPERTY, name));
        CHECK_EQ(t, name_book_is_personal(got, name), name_book_is_personal(want, name));
    }
}

#define BOOK_NAMES 40

/* Names come, are described and described again, and so are properties and what is no event: a book made behind another one is one made of all. */
static void a_book_behind_another_is_a_whole_one(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    const char *names[BOOK_NAMES];
    struct view v = harness_view(h);
    struct name_book *before = name_book_of_view(&v, NULL);
    for (size_t i = 0; i < BOOK_NAMES; i++)
        names[i] = i % 10 == 9 ? "order_paid" : arena_printf(t->arena, i % 2 == 0 ? "event_%zu" : "事件%zu", i);
    for (int round = 0; round < 60; round++) {
        for (uint64_t said = rng_below(&t->rng, 4); said > 0; said--)
            name_say(h, t, rng_chance(&t->rng, 0.8) ? NAME_EVENT : NAME_STAFF, names[rng_below(&t->rng, BOOK_NAMES)],
                     rng_chance(&t->rng, 0.6) ? "" : names[rng_below(&t->rng, BOOK_NAMES)]);
        if (rng_chance(&t->rng, 0.2)) {
            struct buf payload = arena_buf(t->arena, PROPERTY_WORDS_BYTES_MAX);
            property_words_pack(&payload, &(struct property_words){.of = COLUMN_PROPERTY, .name = bytes_of_text(names[rng_below(&t->rng, BOOK_NAMES)]), .is_personal = true});
            (void)harness_apply(h, COMMAND_COLUMN_PROPERTY, buf_bytes(&payload));
        }
        v = harness_view(h);
        struct name_book *behind = name_book_after(&v, NULL, before), *whole = name_book_of_view(&v, NULL);
        name_book_destroy(before); /* what it shares stays */
        books_are_alike(t, behind, whole, names, BOOK_NAMES);
        name_book_destroy(whole);
        before = behind;
    }
    name_book_destroy(before);
    harness_destroy(h);
}

/* Among many names a new one, and anything that is no event, costs no look at the others. */
static void what_is_no_news_is_not_read_again(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct view v = harness_view(h);
    struct name_book *first = name_book_of_view(&v, NULL);
    struct hash128 revision = name_book_revision(&v);
    name_say(h, t, NAME_STAFF, "G017", "");
    v = harness_view(h);
    CHECK(t, hash128_equal(revision, name_book_revision(&v))); /* staff are in no book */
    name_say(h, t, NAME_EVENT, "checked_in", "");
    v = harness_view(h);
    struct name_book *second = name_book_after(&v, NULL, first), *third = name_book_after(&v, NULL, second);
    CHECK(t, name_book_events_held(second) != name_book_events_held(first));
    CHECK(t, name_book_events_held(third) == name_book_events_held(second));
    CHECK(t, name_book_event_name(first, EVENT_ORDER_PAID).data == name_book_event_name(second, EVENT_ORDER_PAID).data); /* it lies where it lay */
    name_say(h, t, NAME_EVENT, "checked_in", "签到");
    v = harness_view(h);
    struct name_book *fourth = name_book_after(&v, NULL, third);
    CHECK(t, name_book_event_name(fourth, EVENT_ORDER_PAID).data != name_book_event_name(third, EVENT_ORDER_PAID).data);
    CHECK_BYTES(t, name_book_event_zh(fourth, BYTES_LIT("checked_in")), BYTES_LIT("签到"));
    name_book_destroy(first);
    name_book_destroy(second);
    name_book_destroy(third);
    name_book_destroy(fourth);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"members are read", members_are_read, 1},
    {"what is absent or null is what it would be", what_is_absent_or_null_is_what_it_would_be, 1},
    {"ranges are days of the zone", ranges_are_days_of_the_zone, 1},
    {"what is wrong is said with the place and the nearest name",
     what_is_wrong_is_said_with_the_place_and_the_nearest_name, 1},
    {"alternatives are one pick", alternatives_are_one_pick, 1},
    {"answers tell names of events", answers_tell_names_of_events, 1},
    {"kinds are found by name", kinds_are_found_by_name, 1},
    {"rates outlive a change of names", rates_outlive_a_change_of_names, 1},
    {"a book of a view has what the state knows", a_book_of_a_view_has_what_the_state_knows, 1},
    {"a revision tells whether names changed", a_revision_tells_whether_names_changed, 1},
    {"a book behind another is a whole one", a_book_behind_another_is_a_whole_one, 30},
    {"what is no news is not read again", what_is_no_news_is_not_read_again, 1},
    {"a book over another has its own properties", a_book_over_another_has_its_own_properties, 1},
};
TEST_MAIN(tests)
