/* RFM, cohorts and the LTV curve of Online Retail (UCI), cleaned in the usual way: customer known, no cancellation, quantity and price above nothing. Sums
 * and cohorts are figures in general use; classes and segments were computed from the same files by another program. */
#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/hash.h"
#include "domain/analytics/groups.h"
#include "domain/analytics/survey_test.h"
#include "testing/shared.h"

#define NOW "2011-12-10T12:00:00Z"
#define LINES 397884
#define LINES_TEXT_BYTES_MAX (16u << 20)
#define GZIP_WINDOW (15 + 16) /* zlib: a gzip header is in front */
#define LINES_A_CUSTOMER_MAX 8192u

struct invoice {
    uint32_t customer; /* 0: unknown */
    int64_t time_us;
};

struct line {
    uint32_t customer;
    int64_t time_us;
    const char *words;
};

struct retail {
    struct line *lines; /* by customer, then time */
    uint32_t count;
};

static struct bytes cell_next(struct bytes *io_line)
{
    const uint8_t *comma = memchr(io_line->data, ',', io_line->size);
    size_t size = comma == NULL ? io_line->size : (size_t)(comma - io_line->data);
    struct bytes cell = bytes_slice(*io_line, 0, size);
    *io_line = bytes_slice(*io_line, comma == NULL ? size : size + 1, io_line->size);
    return cell;
}

static bool unpack(struct t *t, struct bytes packed, struct bytes *out_text)
{
    uint8_t *text = arena_take(t->arena, LINES_TEXT_BYTES_MAX, 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.size, .next_out = text, .avail_out = LINES_TEXT_BYTES_MAX};
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return false;
    int end = inflate(&z, Z_FINISH);
    *out_text = bytes_of(text, z.total_out);
    (void)inflateEnd(&z);
    return end == Z_STREAM_END;
}

static struct group_key key_of(struct bytes number)
{
    struct hash128 hash = hash128(number, 0);
    return (struct group_key){hash.high, hash.low};
}

/* Invoices by the hash of their number. */
static void invoices_read(struct t *t, struct bytes text, struct groups *out_invoices)
{
    struct bytes line;
    groups_init(out_invoices, t->arena, sizeof(struct invoice));
    (void)shared_line(&text, &line); /* the head */
    while (shared_line(&text, &line)) {
        struct invoice *invoice = groups_take(out_invoices, key_of(cell_next(&line)));
        invoice->time_us = posed_time(arena_text(t->arena, cell_next(&line)));
        invoice->customer = (uint32_t)strtoul(arena_text(t->arena, cell_next(&line)), NULL, 10);
    }
}

static int line_compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->customer != y->customer)
        return x->customer < y->customer ? -1 : 1;
    return x->time_us < y->time_us ? -1 : x->time_us > y->time_us;
}

static void lines_read(struct t *t, struct bytes text, const struct groups *invoices, struct retail *out)
{
    struct bytes line;
    (void)shared_line(&text, &line);
    while (shared_line(&text, &line)) {
        struct bytes number = cell_next(&line);
        const struct invoice *invoice = groups_find(invoices, key_of(number));
        (void)cell_next(&line); /* the product */
        char *quantity = arena_text(t->arena, cell_next(&line)), *price = arena_text(t->arena, cell_next(&line));
        if (invoice == NULL || invoice->customer == 0 || number.data[0] == 'C' || strtod(quantity, NULL) <= 0 || strtod(price, NULL) <= 0)
            continue;
        assert(out->count < LINES);
        out->lines[out->count++] =
            (struct line){invoice->customer, invoice->time_us, arena_printf(t->arena, "order=%.*s price=%s quantity=%s", BYTES_ARG(number), price, quantity)};
    }
    qsort(out->lines, out->count, sizeof *out->lines, line_compare);
}

/* False: the data aren't there, and the test is skipped. */
static bool retail_read(struct t *t, struct retail *out)
{
    struct bytes invoices, packed, lines;
    if (!shared_data(t, "online_retail/invoices.csv", &invoices) || !shared_data(t, "online_retail/lines.csv.gz", &packed))
        return false;
    CHECK(t, unpack(t, packed, &lines));
    struct groups by_number;
    *out = (struct retail){.lines = ARENA_ARRAY(t->arena, struct line, LINES)};
    invoices_read(t, invoices, &by_number);
    lines_read(t, lines, &by_number, out);
    return t->failures == 0;
}

/* A moment a line, as a question by item has them. */
static struct json retail_ask(struct t *t, const struct retail *r, const struct question_kind *kind, const char *body, struct posed *out)
{
    struct posed_event *events = ARENA_ARRAY(t->arena, struct posed_event, LINES_A_CUSTOMER_MAX);
    posed_open(out, t, kind, body, NOW);
    void *tallies[2] = {out->tally, kind->tally(out->question, t->arena)};
    for (uint32_t from = 0, until, customers = 0; from < r->count; from = until, customers++) {
        for (until = from; until < r->count && r->lines[until].customer == r->lines[from].customer; until++)
            events[until - from] = (struct posed_event){"order_paid", r->lines[until].time_us, NAN, r->lines[until].words};
        posed_take(out, tallies[customers % 2], r->lines[from].customer, events, until - from);
    }
    kind->join(out->question, tallies[0], tallies[1]);
    return posed_answer(out, tallies[0]);
}

#define WORTH "\"event\": \"order_paid\", \"value\": \"item.price\", \"times\": \"item.quantity\", \"from\": \"2010-12-01\", \"until\": \"2011-12-11\""
#define RFM "{" WORTH ", \"order\": \"order\", \"as_of\": \"2011-12-10\""

static void rfm_is_what_is_published(struct t *t)
{
    static const struct {
        const char *scoring;
        int64_t people[10]; /* champions, loyal, potential_loyalist, new, promising, need_attention, about_to_sleep, at_risk, cant_lose, hibernating */
        int64_t sizes[3][5];
    } want[] = {
        {"ntile", {633, 813, 481, 42, 94, 188, 353, 597, 65, 1072}, {{867, 867, 868, 868, 868}, {868, 868, 868, 867, 867}, {868, 868, 868, 867, 867}}},
        {"cut", {604, 688, 484, 67, 169, 121, 478, 357, 35, 1335}, {{861, 866, 863, 880, 868}, {1493, 835, 508, 802, 700}, {868, 867, 868, 867, 868}}},
    };
    static const char *const measures[] = {"r", "f", "m"};
    struct retail r;
    struct posed p;
    if (!retail_read(t, &r))
        return;
    CHECK_EQ(t, r.count, LINES);
    for (size_t k = 0; k < COUNT_OF(want); k++) {
        struct json answer = retail_ask(t, &r, &rfm_question, arena_printf(t->arena, RFM ", \"scoring\": \"%s\"}", want[k].scoring), &p);
        double orders = 0;
        int64_t people = 0, micro = 0, size;
        for (uint32_t i = 0; i < 10; i++) {
            CHECK_EQ(t, answer_int(answer, i, "people"), want[k].people[i]);
            people += answer_int(answer, i, "people");
            orders += answer_real(answer, i, "orders") * (double)answer_int(answer, i, "people");
            micro += llround(answer_real(answer, i, "value") * 1e6);
        }
        CHECK_EQ(t, people, 4338);
        CHECK_EQ(t, llround(orders), 18532);
        CHECK_EQ(t, micro, INT64_C(8911407904000));
        for (size_t m = 0; m < 3; m++)
            for (int score = 0; score < 5; score++)
                CHECK_EQ(t, json_int64(json_at(answer, arena_printf(t->arena, "classes.%s.sizes.%d", measures[m], score)), &size) ? size : -1,
                         want[k].sizes[m][score]);
        posed_close(&p);
    }
}

static void cohorts_are_what_is_published(struct t *t)
{
    static const int64_t sizes[] = {885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41};
    static const int64_t first[] = {885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235};
    static const double curve[] = {647.1343389830508, 959.2673220338983, 1223.4993785310735, 1566.0071638418078, 1796.9762711864407, 2177.346327683616,
                                   2532.332327683616, 2883.5005988700564, 3258.358474576271,  3792.6111751412427, 4307.9564971751415, 4888.525525423729};
    struct retail r;
    struct posed p;
    if (!retail_read(t, &r))
        return;
    struct json answer = retail_ask(t, &r, &cohort_question, "{\"event\": \"order_paid\", \"periods\": 13, \"from\": \"2010-12-01\", \"until\": \"2011-12-11\"}", &p);
    for (uint32_t i = 0; i < COUNT_OF(sizes); i++) {
        CHECK_EQ(t, answer_int(answer, i, "size"), sizes[i]);
        CHECK_EQ(t, answer_int(answer, 0, arena_printf(t->arena, "period_%u", i)), first[i]);
    }
    posed_close(&p);
    answer = retail_ask(t, &r, &ltv_question, "{" WORTH ", \"periods\": 13}", &p);
    for (uint32_t k = 0; k < COUNT_OF(curve); k++)
        CHECK(t, fabs(answer_real(answer, 0, arena_printf(t->arena, "period_%u", k)) - curve[k]) < 1e-9);
    CHECK(t, json_is(answer_cell(answer, 0, "period_12"), JSON_NULL)); /* December 2011 isn't over */
    posed_close(&p);
}

/* Who will buy within 60 days, fitted at 2011-08-11 and judged at 2011-10-10: against the same computed apart from this code, by Newton's steps over the same definitions. */
static void purchases_are_foretold(struct t *t)
{
    struct retail r;
    struct posed p;
    if (!retail_read(t, &r))
        return;
    struct json answer = retail_ask(t, &r, &predict_question,
                                    "{\"target\": \"did(order_paid)\", \"horizon\": \"60d\", \"as_of\": \"2011-12-09\", \"features\": [\"days(order_paid)\", "
                                    "\"days_since(last(order_paid).time)\", \"days_since(first(order_paid).time)\", \"count(order_paid in last 90 days)\"]}",
                                    &p);
    CHECK(t, posed_number(&p, "fit_people") == 3211 && posed_number(&p, "fit_positives") == 1336);
    CHECK(t, posed_number(&p, "judge_people") == 3721 && posed_number(&p, "judge_positives") == 1790);
    CHECK(t, fabs(posed_number(&p, "auc") - 0.7405053970935834) < 1e-6);
    CHECK(t, fabs(posed_number(&p, "brier") - 0.2055591259692793) < 1e-6);
    CHECK(t, fabs(posed_number(&p, "baseline.auc") - 0.7209151480258875) < 1e-6);
    CHECK_BYTES(t, json_string(json_at(answer, "baseline.feature")), BYTES_LIT("days(order_paid)"));
    posed_close(&p);
}

static const struct test tests[] = {
    {"RFM is what is published", rfm_is_what_is_published, 1},
    {"cohorts are what is published", cohorts_are_what_is_published, 1},
    {"purchases are foretold", purchases_are_foretold, 1},
};
TEST_MAIN(tests)
