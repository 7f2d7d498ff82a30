/* Shortcuts against the sequences that they stand in for: the same question of the same events, of a kind that has the shortcut and of one that hasn't; of files
 * that follow each other, and with others across them; with values of plain lanes and of others; of who is in tags and segments, and of a list of the same
 * people.
 * Covers: attribution_shortcut.c, funnel_shortcut.c, picked_lanes.c, retention_shortcut.c */
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/crowd_made_test.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/scan.h"
#include "domain/analytics/shortcut.h"
#include "domain/analytics/view_fake_test.h"
#include "engine/domain.h"
#include "testing/test.h"

#define ROWS_MAX 3000u
#define FILES_MAX 5u
#define CHUNKS 2u
#define DAYS 90
#define BEGIN_US INT64_C(1767225600000000) /* 2026-01-01 */
#define NOW_US (BEGIN_US + 78 * US_PER_DAY)
#define NAMES 4u
#define STEPS_MAX 4u
#define ANSWER_BYTES_MAX (8u << 20)
#define MEMORY_BYTES (64u << 20)

static const char *const names[NAMES] = {"page_viewed", "product_viewed", "cart_added", "order_paid"};

struct events {
    struct name_book *book;
    struct column_set *set;
    struct column_view view;
};

/* --- events --- */

#define CELLS_MAX 4u

/* What events say: a brand, mostly a channel and an amount. Oddly, amounts that are no decimals or too large for millionths, and dollars among yuan. */
static uint32_t any_cells(struct t *t, struct column_set *set, bool is_odd, struct column_cell *out)
{
    static const char *const channels[] = {"search", "social", "mail", ""};
    static const struct column_name names_of[] = {
        {.of = COLUMN_FIELD, .kind = COLUMN_TEXT, .name = BYTES_INIT("brand")},
        {.of = COLUMN_FIELD, .kind = COLUMN_TEXT, .name = BYTES_INIT("channel")},
        {.of = COLUMN_PROPERTY, .kind = COLUMN_NUMBER, .name = BYTES_INIT("amount")},
        {.of = COLUMN_PROPERTY, .kind = COLUMN_REAL, .name = BYTES_INIT("amount")},
        {.of = COLUMN_PROPERTY, .kind = COLUMN_TEXT, .name = BYTES_INIT("currency")},
    };
    uint32_t numbers[COUNT_OF(names_of)], count = 1;
    for (uint32_t i = 0; i < COUNT_OF(names_of); i++)
        numbers[i] = column_set_number(set, &names_of[i]);
    out[0] = (struct column_cell){.column = numbers[0],
                                  .text = rng_chance(&t->rng, 0.5) ? BYTES_LIT("a") : BYTES_LIT("b")};
    if (rng_chance(&t->rng, 0.8))
        out[count++] = (struct column_cell){.column = numbers[1],
                                            .text = bytes_of_text(channels[rng_below(&t->rng, COUNT_OF(channels))])};
    if (is_odd && rng_chance(&t->rng, 0.01))
        out[count++] = (struct column_cell){.column = numbers[3], .real = rng_unit(&t->rng)};
    else if (rng_chance(&t->rng, 0.9))
        out[count++] = (struct column_cell){.column = numbers[2],
                                            .scale = (uint8_t)rng_below(&t->rng, is_odd ? 5 : 3),
                                            .integer = rng_between(&t->rng, -1000, is_odd ? 1000000000000 : 90000)};
    if (rng_chance(&t->rng, 0.5))
        out[count++] = (struct column_cell){
            .column = numbers[4], .text = is_odd && rng_chance(&t->rng, 0.01) ? BYTES_LIT("USD") : BYTES_LIT("CNY")};
    return count;
}

/* Many at one time, few or many a person, and nobody's among them. */
static void any_rows(struct t *t, struct events *w, struct column_row *rows, uint32_t count)
{
    uint32_t people = 1 + (uint32_t)rng_below(&t->rng, rng_chance(&t->rng, 0.5) ? 20 : 600);
    int64_t unit_us = rng_chance(&t->rng, 0.3) ? US_PER_DAY : rng_chance(&t->rng, 0.5) ? US_PER_SECOND : 1;
    bool is_odd = rng_chance(&t->rng, 0.3);
    for (uint32_t i = 0; i < count; i++) {
        struct column_cell *cells = ARENA_ARRAY(t->arena, struct column_cell, CELLS_MAX);
        uint32_t person = (uint32_t)rng_below(&t->rng, people);
        uint16_t numbers[EVENTS_A_NAME_MAX];
        const char *label, *label_zh;
        (void)name_book_events(w->book, bytes_of_text(names[rng_below(&t->rng, NAMES)]), numbers, &label, &label_zh);
        rows[i] = (struct column_row){
            .person = person % CHUNKS * CHUNK_PEOPLE + person * 13 % CHUNK_PEOPLE,
            .event = numbers[0],
            .time_us = BEGIN_US + (int64_t)rng_below(&t->rng, DAYS * (uint64_t)(US_PER_DAY / unit_us)) * unit_us,
            .message = (uint32_t)rng_next(&t->rng),
            .position = 100 + i,
            .cells = cells,
            .cell_count = any_cells(t, w->set, is_odd, cells)};
    }
}

static int time_order(const void *a, const void *b)
{
    const struct column_row *x = a, *y = b;
    return (x->time_us > y->time_us) - (x->time_us < y->time_us);
}

/* Files that don't overlap, cut where times differ; and sometimes one of events of any time, of a few people or of more. */
static void events_open(struct t *t, struct events *w)
{
    struct column_row *rows = ARENA_ARRAY(t->arena, struct column_row, ROWS_MAX);
    uint32_t count = 1 + (uint32_t)rng_below(&t->rng, ROWS_MAX), from = 0,
             cut = count / (1 + (uint32_t)rng_below(&t->rng, FILES_MAX)) + 1;
    uint32_t across = rng_chance(&t->rng, 0.5)
                          ? 0
                          : (uint32_t)rng_below(&t->rng, rng_chance(&t->rng, 0.5) ? count / 10 + 1 : count);
    *w = (struct events){
        .book = name_book_create(), .set = column_set_create(), .view = {.chunks = CHUNKS, .in_order = across == 0}};
    name_book_property_add(w->book, COLUMN_PROPERTY, BYTES_LIT("amount"));
    name_book_property_add(w->book, COLUMN_PROPERTY, BYTES_LIT("currency"));
    any_rows(t, w, rows, count);
    if (across > 0)
        w->view.files[w->view.file_count++] = made_file(w->set, rows, across);
    rows += across;
    count -= across;
    qsort(rows, count, sizeof *rows, time_order);
    for (uint32_t until; from < count; from = until) {
        for (until = from + 1; until < count && (until - from < cut || rows[until].time_us == rows[until - 1].time_us);)
            until++;
        w->view.files[w->view.file_count++] = made_file(w->set, rows + from, until - from);
    }
}

static void events_close(struct events *w)
{
    for (uint32_t i = 0; i < w->view.file_count; i++)
        column_file_close(w->view.files[i]);
    column_set_destroy(w->set);
    name_book_destroy(w->book);
}

/* --- questions --- */

/* Days of the events, of before and of after. */
static const char *any_range(struct t *t)
{
    char from[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES];
    int64_t first = rng_between(&t->rng, -20, DAYS), last = rng_between(&t->rng, first + 1, DAYS + 20);
    int64_t beside_us = rng_chance(&t->rng, 0.5) ? 0 : 7 * US_PER_HOUR;
    (void)time_format(BEGIN_US + first * US_PER_DAY + beside_us, from);
    (void)time_format(BEGIN_US + last * US_PER_DAY, until);
    return arena_printf(t->arena, "\"from\":\"%s\",\"until\":\"%s\"%s", from, until,
                        rng_chance(&t->rng, 0.2) ? ",\"where\":\"brand = 'a'\"" : "");
}

static const char *any_event(struct t *t)
{
    const char *name = names[rng_below(&t->rng, NAMES)];
    switch (rng_below(&t->rng, 6)) {
    case 0:
        return arena_printf(t->arena, "{\"event\":\"%s\",\"where\":\"brand = 'b'\"}", name);
    case 1:
        return arena_printf(t->arena, "{\"any\":[\"%s\",\"%s\"]}", name, names[rng_below(&t->rng, NAMES)]);
    case 2:
        return "\"*\"";
    default:
        return arena_printf(t->arena, "\"%s\"", name);
    }
}

static const char *any_funnel(struct t *t)
{
    static const char *const windows[] = {"1h", "1d", "3d", "7d", "30d", "90d"};
    uint32_t steps = 2 + (uint32_t)rng_below(&t->rng, STEPS_MAX - 1);
    struct buf body = arena_buf(t->arena, 4096);
    buf_printf(&body, "{\"zone\":\"UTC\",%s,\"window\":\"%s\",\"steps\":[", any_range(t),
               windows[rng_below(&t->rng, COUNT_OF(windows))]);
    for (uint32_t i = 0; i < steps; i++)
        buf_printf(&body, "%s%s", i == 0 ? "" : ",", any_event(t));
    buf_printf(&body, "]%s%s}", rng_chance(&t->rng, 0.2) ? ",\"entry_filter\":\"brand = 'a'\"" : "",
               rng_chance(&t->rng, 0.2) ? ",\"leave_open_out\":true" : "");
    return arena_text(t->arena, buf_bytes(&body));
}

static const char *any_retention(struct t *t)
{
    static const char *const units[] = {"day", "week", "month"};
    return arena_printf(t->arena, "{\"zone\":\"Asia/Shanghai\",%s,\"start\":%s,\"unit\":\"%s\",\"periods\":%u}",
                        any_range(t), any_event(t), units[rng_below(&t->rng, COUNT_OF(units))],
                        (unsigned)rng_below(&t->rng, 30));
}

static const char *any_attribution(struct t *t)
{
    static const char *const look_backs[] = {"1h", "1d", "7d", "30d", "90d"};
    static const char *const values[] = {"", ",\"value\":\"amount\"", ",\"value\":\"amount\",\"currency\":\"each\"",
                                         ",\"value\":\"amount\",\"currency\":\"USD\"",
                                         ",\"value\":\"amount\",\"decimals\":1"};
    return arena_printf(
        t->arena,
        "{\"zone\":\"UTC\",%s,\"touches\":[%s,%s],\"conversion\":%s,\"look_back\":\"%s\",\"channel\":\"%s\","
        "\"models\":[\"last\"],\"paths\":false%s}",
        any_range(t), any_event(t), any_event(t), any_event(t), look_backs[rng_below(&t->rng, COUNT_OF(look_backs))],
        rng_chance(&t->rng, 0.9) ? "channel" : "currency", values[rng_below(&t->rng, COUNT_OF(values))]);
}

/* --- asking --- */

struct asking {
    const struct question_kind *kind;
    const char *body;
    struct sight sight;
    uint32_t people[CHUNKS * CHUNK_PEOPLE];
    size_t people_count;
    bool is_of_people; /* else of all */
    struct made_crowds *crowds; /* whose condition the question has; NULL: none */
};

/* The body with another one's members in front. */
static const char *body_with(struct t *t, const char *more, const char *body)
{
    size_t size = strlen(more) - 2; /* without the braces */
    return size == 0 ? body : arena_printf(t->arena, "{%.*s,%s", (int)size, more + 1, body + 1);
}

static const char *answer_of(struct t *t, struct events *w, const struct asking *a)
{
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    struct buf out = arena_buf(t->arena, ANSWER_BYTES_MAX);
    struct question *q = NULL;
    struct inquiry *i = NULL;
    struct json_writer writer;
    struct json root;
    struct err e = {0};
    const char *body = a->crowds == NULL ? a->body : body_with(t, a->crowds->body, a->body);
    CHECK_DONE(t, json_parse(parser, bytes_of_text(body), &root, &e), &e);
    CHECK_DONE(t, question_read(a->kind, root, w->book, BYTES_LIT("UTC"), NOW_US, &q, &e), &e);
    CHECK(t, a->kind->shortcut == NULL || a->kind->shortcut->fits(q));
    struct crowd_book *crowds = a->crowds == NULL ? NULL : made_crowds_book(t, a->crowds, q->crowds);
    q->crowd_book = crowds;
    struct inquiry_ask ask = {.question = q,
                              .sight = a->sight,
                              .people = a->is_of_people ? a->people : NULL,
                              .people_count = a->people_count,
                              .memory_bytes_max = MEMORY_BYTES};
    CHECK_DONE(t, inquiry_open(&ask, &w->view, NULL, &i, &e), &e);
    inquiry_work(i);
    json_writer_init(&writer, &out, false);
    json_object_begin(&writer);
    CHECK_DONE(t, inquiry_print(i, &writer, &e), &e);
    json_object_end(&writer);
    inquiry_close(i);
    crowd_book_destroy(crowds);
    question_close(q);
    json_parser_destroy(parser);
    return arena_text(t->arena, buf_bytes(&out));
}

static void people_ask(struct t *t, struct asking *a)
{
    a->is_of_people = true;
    for (uint32_t person = 0; person < CHUNKS * CHUNK_PEOPLE; person += 1 + (uint32_t)rng_below(&t->rng, 30))
        a->people[a->people_count++] = person;
}

/* The same asked of a list: those who were asked of, and of whom the condition holds. */
static struct asking *asked_of_list(struct t *t, const struct asking *of, const struct made_crowds *crowds)
{
    struct asking *a = ARENA_NEW(t->arena, struct asking);
    size_t at = 0;
    *a = *of;
    a->people_count = 0;
    a->is_of_people = true;
    for (uint32_t person = 0; person < CHUNKS * CHUNK_PEOPLE; person++) {
        while (at < of->people_count && of->people[at] < person)
            at++;
        bool is_asked = !of->is_of_people || (at < of->people_count && of->people[at] == person);
        if (is_asked && crowds->has[person])
            a->people[a->people_count++] = person;
    }
    return a;
}

static void compare(struct t *t, const struct question_kind *kind, const char *body)
{
    static const struct bytes brand = BYTES_INIT("a");
    struct events w;
    struct asking *a = ARENA_NEW(t->arena, struct asking);
    struct question_kind plain = *kind;
    plain.shortcut = NULL;
    events_open(t, &w);
    a->kind = &plain;
    a->body = body;
    if (rng_chance(&t->rng, 0.2))
        a->sight = (struct sight){.is_limited = true, .brand_count = 1, .brands = &brand};
    if (rng_chance(&t->rng, 0.2))
        people_ask(t, a);
    struct made_crowds *crowds = made_crowds_create(t, CHUNKS * CHUNK_PEOPLE);
    const char *want = answer_of(t, &w, asked_of_list(t, a, crowds));
    a->kind = kind;
    a->crowds = crowds;
    const char *got = answer_of(t, &w, a);
    CHECK_TEXT(t, got, want);
    if (t->failures > 0)
        printf("  %s %s\n", body, crowds->body);
    made_crowds_destroy(crowds);
    events_close(&w);
}

static void funnels_are_the_same_out_of_bits(struct t *t)
{
    compare(t, &funnel_question, any_funnel(t));
}

static void retentions_are_the_same_out_of_bits(struct t *t)
{
    compare(t, &retention_question, any_retention(t));
}

static void last_touches_are_the_same_out_of_bits(struct t *t)
{
    compare(t, &attribution_question, any_attribution(t));
}

static const struct test tests[] = {
    {"funnels are the same out of bits", funnels_are_the_same_out_of_bits, 400},
    {"retentions are the same out of bits", retentions_are_the_same_out_of_bits, 300},
    {"last touches are the same out of bits", last_touches_are_the_same_out_of_bits, 400},
};
TEST_MAIN(tests)
