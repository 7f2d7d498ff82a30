#include "domain/analytics/moments_test.h"

#include <math.h>

#include "base/time.h"
#include "domain/analytics/name_book.h"

#define ANSWER_BYTES_MAX (16u << 20)
#define CELL_BYTES_MAX (64u << 10)
#define SHANGHAI_US (8 * US_PER_HOUR)

static struct status body_read(struct moments_asked *a, const struct question_kind *kind, const char *body, int64_t now_us, struct err *e)
{
    static const char *const names[] = {"kind", "size", "amount"};
    struct json root;
    a->parser = json_parser_create(ANSWER_BYTES_MAX);
    a->cell_parser = json_parser_create(CELL_BYTES_MAX);
    a->book = name_book_create();
    a->texts = texts_create(1u << 20);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        name_book_property_add(a->book, COLUMN_PROPERTY, bytes_of_text(names[i]));
    for (uint32_t i = 1; i < VALUES_MAX; i++)
        a->codes[i] = texts_code(a->texts, bytes_of_text((const char *[]){"", "a", "b", "c"}[i]));
    TRY(json_parse(a->parser, bytes_of_text(body), &root, e));
    return question_read(kind, root, a->book, BYTES_LIT("Asia/Shanghai"), now_us, &a->question, e);
}

void moments_open(struct moments_asked *a, struct t *t, const struct question_kind *kind, const char *body, int64_t now_us)
{
    struct err e = {0};
    *a = (struct moments_asked){.t = t};
    CHECK_DONE(t, body_read(a, kind, body, now_us, &e), &e);
    assert(a->question != NULL);
}

void moments_close(struct moments_asked *a)
{
    question_close(a->question);
    name_book_destroy(a->book);
    texts_destroy(a->texts);
    json_parser_destroy(a->parser);
    json_parser_destroy(a->cell_parser);
}

const char *moments_refused(struct t *t, const struct question_kind *kind, const char *body)
{
    struct moments_asked a = {.t = t};
    struct err e = {0};
    CHECK(t, failed(body_read(&a, kind, body, moments_us("2026-11-22 12:00"), &e)));
    moments_close(&a);
    return arena_text(t->arena, bytes_of_text(e.text));
}

/* --- sequences --- */

/* Lanes of one length, each with values of its own. */
struct laid {
    struct sequence sequence;
    struct moment moments[MOMENTS_MAX];
    struct lane lanes[LANES_MAX];
    uint32_t codes[LANES_MAX][MOMENTS_MAX];
    struct quantity quantities[LANES_MAX][MOMENTS_MAX];
    bool has[LANES_MAX][MOMENTS_MAX];
};

static struct laid *laid_new(struct moments_asked *a, uint32_t subject)
{
    struct laid *l = ARENA_NEW(a->t->arena, struct laid);
    l->sequence = (struct sequence){.person = subject, .subject = subject, .moments = l->moments, .lanes = l->lanes};
    for (uint32_t i = 0; i < a->question->plan.lane_count; i++)
        l->lanes[i] = (struct lane){a->question->plan.lanes[i].kind, l->codes[i], l->quantities[i], l->has[i]};
    return l;
}

/* What the plan doesn't want is left out, as a scan would. */
static bool moment_push(struct moments_asked *a, struct laid *l, int64_t us, uint32_t picks)
{
    const struct plan *p = &a->question->plan;
    if ((picks == 0 && !p->wants_all) || us < p->from_us || us >= p->until_us)
        return false;
    l->moments[l->sequence.count] = (struct moment){us, picks, l->sequence.count};
    l->sequence.count++;
    return true;
}

static int64_t gap_us(struct rng *r, int64_t step_us)
{
    switch (rng_below(r, 6)) {
    case 0:
    case 1:
        return 0;
    case 2:
        return 30 * US_PER_MINUTE;
    case 3:
        return 30 * US_PER_MINUTE + 1;
    case 4:
        return rng_between(r, 0, 3);
    default:
        return rng_between(r, 1, step_us);
    }
}

struct sequence *moments_random(struct moments_asked *a, uint32_t subject, uint32_t most, int64_t from_us, int64_t step_us)
{
    struct rng *r = &a->t->rng;
    struct laid *l = laid_new(a, subject);
    uint32_t picks = a->question->plan.pick_count;
    assert(most <= MOMENTS_MAX);
    for (uint64_t i = rng_below(r, most) + 1, us = 0; i > 0; i--, us += (uint64_t)gap_us(r, step_us)) {
        uint32_t matched = UINT32_C(1) << rng_below(r, picks);
        matched |= rng_chance(r, 0.2) ? UINT32_C(1) << rng_below(r, picks) : 0;
        uint32_t row = l->sequence.count;
        for (uint32_t k = 0; k < LANES_MAX; k++) { /* chance is the same whatever the plan wants */
            l->codes[k][row] = a->codes[rng_below(r, VALUES_MAX)];
            l->has[k][row] = rng_chance(r, 0.8);
            l->quantities[k][row] = (struct quantity){.micro = rng_between(r, -300, 2000) * 10000};
        }
        (void)moment_push(a, l, from_us + (int64_t)us, rng_chance(r, 0.1) ? 0 : matched);
    }
    return &l->sequence;
}

struct sequence *moments_made(struct moments_asked *a, uint32_t subject, const struct made_moment *list, uint32_t count)
{
    struct laid *l = laid_new(a, subject);
    assert(count <= MOMENTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = l->sequence.count;
        if (!moment_push(a, l, list[i].time_us, list[i].picks))
            continue;
        for (uint32_t k = 0; k < LANES_MAX; k++) {
            l->codes[k][row] = a->codes[list[i].value < VALUES_MAX ? list[i].value : 0];
            l->has[k][row] = list[i].value > 0;
            l->quantities[k][row] = (struct quantity){.micro = (int64_t)list[i].value * 1000000};
        }
    }
    return &l->sequence;
}

/* --- answers --- */

void moments_answer(struct moments_asked *a, struct sequence *const *list, uint32_t count)
{
    const struct question *q = a->question;
    void *tallies[2] = {q->kind->tally(q, a->t->arena), q->kind->tally(q, a->t->arena)};
    struct buf text;
    struct json_writer w;
    struct err e = {0};
    for (uint32_t i = 0; i < count; i++)
        if (list[i]->count > 0)
            q->kind->take(q, tallies[i % 2], list[i]);
    q->kind->join(q, tallies[0], tallies[1]);
    buf_init(&text, ANSWER_BYTES_MAX);
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    q->kind->print(q, a->texts, tallies[0], &w);
    json_object_end(&w);
    CHECK(a->t, json_writer_finished(&w) && !text.overflowed);
    struct bytes kept = arena_copy(a->t->arena, buf_bytes(&text));
    buf_fini(&text);
    CHECK_DONE(a->t, json_parse(a->parser, kept, &a->answer, &e), &e);
}

double moments_number(const struct moments_asked *a, const char *path)
{
    double x;
    return json_double(json_at(a->answer, path), &x) ? x : (double)NAN;
}

struct json moments_row(const struct moments_asked *a, const char *const *texts, uint32_t count)
{
    struct json row, cell;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("rows"))); json_item_next(&w, &row);) {
        uint32_t alike = 0;
        for (struct json_walk cells = json_items(row); alike < count && json_item_next(&cells, &cell); alike++) {
            struct bytes shown = json_is(cell, JSON_STRING) ? json_string(cell) : json_raw(cell);
            if (!bytes_equal(shown, bytes_of_text(texts[alike])))
                break;
        }
        if (alike == count)
            return row;
    }
    return JSON_NOTHING;
}

double moments_cell(struct json row, uint32_t column)
{
    struct json cell;
    double x;
    for (struct json_walk w = json_items(row); json_item_next(&w, &cell); column--)
        if (column == 0)
            return json_double(cell, &x) ? x : (double)NAN;
    return (double)NAN;
}

uint32_t moments_column(const struct moments_asked *a, const char *name)
{
    struct json column;
    uint32_t at = 0;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("columns"))); json_item_next(&w, &column); at++)
        if (bytes_equal(json_string(json_find(column, BYTES_LIT("name"))), bytes_of_text(name)))
            return at;
    CHECK_TEXT(a->t, "no such column", name);
    return 0;
}

uint32_t moments_in_cell(struct moments_asked *a, const char *cell, struct sequence *const *list, uint32_t count)
{
    struct question *q = a->question;
    struct err e = {0};
    struct json root;
    void *asked = NULL;
    uint32_t found = 0;
    CHECK_DONE(a->t, json_parse(a->cell_parser, bytes_of_text(cell), &root, &e), &e);
    struct status s = q->kind->cell_read(q, root, &asked, &e);
    CHECK_DONE(a->t, s, &e);
    for (uint32_t i = 0; i < count && done(s); i++)
        found += list[i]->count > 0 && q->kind->in_cell(q, a->texts, asked, list[i]);
    return found;
}

int64_t moments_us(const char *text)
{
    int64_t us = 0;
    struct status s = time_parse(bytes_of_text(text), &us, NULL);
    assert(done(s));
    (void)s;
    return us - SHANGHAI_US;
}

int64_t moments_day(int64_t us)
{
    return day_of_time(us, 8 * 3600);
}
