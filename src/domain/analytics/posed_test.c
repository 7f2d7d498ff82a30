#include "domain/analytics/posed_test.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/name_book.h"

#define ANSWER_BYTES_MAX (64u << 20)
#define TEXTS_BYTES_MAX (16u << 20)
#define EVENTS_MAX 8192u
#define CELL_BYTES_MAX (1u << 16)
#define SHANGHAI_SECONDS (8 * 3600)

int64_t posed_time(const char *text)
{
    int64_t us = 0;
    struct status s = time_parse(bytes_of_text(text), &us, NULL);
    assert(done(s));
    return us;
}

static struct status posed_read(struct posed *a, const struct question_kind *kind, const char *body, struct posed_at at, struct err *e)
{
    static const char *const properties[] = {"amount", "day", "kind", "plan", "page", "size"}, *const of_items[] = {"price", "quantity"};
    struct json root;
    a->parser = json_parser_create(ANSWER_BYTES_MAX);
    a->texts = texts_create(TEXTS_BYTES_MAX);
    a->book = name_book_create();
    for (size_t i = 0; i < COUNT_OF(properties); i++)
        name_book_property_add(a->book, COLUMN_PROPERTY, bytes_of_text(properties[i]));
    for (size_t i = 0; i < COUNT_OF(of_items); i++)
        name_book_property_add(a->book, COLUMN_ITEM, bytes_of_text(of_items[i]));
    TRY(json_parse(a->parser, bytes_of_text(body), &root, e));
    return question_read(kind, root, a->book, bytes_of_text(at.zone), at.now_us, &a->question, e);
}

void posed_open_at(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, struct posed_at at)
{
    struct err e = {0};
    *a = (struct posed){.t = t};
    struct status s = posed_read(a, kind, body, at, &e);
    if (failed(s))
        printf("  %s\n", e.text);
    assert(done(s));
    a->tally = kind->tally(a->question, t->arena);
}

void posed_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, const char *now)
{
    posed_open_at(a, t, kind, body, (struct posed_at){"UTC", posed_time(now)});
}

const char *posed_refused_at(struct t *t, const struct question_kind *kind, const char *body, struct posed_at at)
{
    struct posed a = {.t = t};
    struct err e = {0};
    struct status s = posed_read(&a, kind, body, at, &e);
    CHECK(t, s.code == STATUS_INVALID || s.code == STATUS_LIMIT);
    posed_close(&a);
    return arena_text(t->arena, bytes_of_text(e.text));
}

const char *posed_refused(struct t *t, const struct question_kind *kind, const char *body, const char *now)
{
    return posed_refused_at(t, kind, body, (struct posed_at){"UTC", posed_time(now)});
}

void posed_close(struct posed *a)
{
    question_close(a->question);
    name_book_destroy(a->book);
    texts_destroy(a->texts);
    json_parser_destroy(a->parser);
}

/* Which picks an event of this name matches; filters are for scans. */
static uint32_t picks_of(const struct posed *a, const char *name)
{
    const struct plan *p = &a->question->plan;
    uint32_t picks = 0;
    for (uint32_t k = 0; k < p->pick_count; k++) {
        bool is_one = p->picks[k].event_count == 0;
        for (uint32_t i = 0; i < p->picks[k].event_count; i++)
            is_one = is_one || bytes_equal(name_book_event_name(a->book, p->picks[k].events[i]), bytes_of_text(name));
        picks |= (uint32_t)is_one << k;
    }
    return picks;
}

/* What a scan hands over: moments in their order, and the lanes. */
struct laid_out {
    struct sequence sequence;
    struct moment moments[EVENTS_MAX];
    struct lane lanes[LANES_MAX];
    uint32_t codes[LANES_MAX][EVENTS_MAX];
    struct quantity quantities[LANES_MAX][EVENTS_MAX];
    bool has[LANES_MAX][EVENTS_MAX];
};

/* "o1" of "order=o1" among the words of `plan`. */
static struct bytes word_of(const char *plan, struct bytes name)
{
    for (const char *at = plan; at != NULL && *at != 0;) {
        size_t size = strcspn(at, " ");
        struct bytes word = bytes_of(at, size);
        if (size > name.size && bytes_starts_with(word, name) && word.data[name.size] == '=')
            return bytes_slice(word, name.size + 1, size);
        at += size + (at[size] == ' ');
    }
    return BYTES_NONE;
}

/* What a lane of codes has of the event: its word, all of a `plan` that has no such words, or the event's name. */
static struct bytes text_of(const struct lane_ask *lane, const struct posed_event *event)
{
    if (lane->of == LANE_EVENT)
        return bytes_of_text(event->name);
    if (event->plan == NULL || strchr(event->plan, '=') == NULL)
        return bytes_of_text(event->plan);
    return word_of(event->plan, lane->path->name);
}

/* What a lane of quantities has of it: its word, else the amount. NAN: nothing. */
static double number_of(const struct lane_ask *lane, const struct posed_event *event)
{
    struct bytes word = lane->kind == LANE_QUANTITIES ? word_of(event->plan, lane->path->name) : BYTES_NONE;
    return word.size == 0 ? event->amount : strtod((const char *)word.data, NULL);
}

static uint32_t code_of(struct posed *a, const struct lane_ask *lane, const struct posed_event *event)
{
    struct bytes text = lane->kind == LANE_CODES ? text_of(lane, event) : BYTES_NONE;
    return text.size == 0 ? CODE_NONE : texts_code(a->texts, text);
}

static void lay_out(struct posed *a, uint32_t person, const struct posed_event *events, uint32_t count, struct laid_out *out)
{
    const struct plan *p = &a->question->plan;
    assert(count <= EVENTS_MAX);
    out->sequence = (struct sequence){.person = person, .subject = person, .moments = out->moments, .lanes = out->lanes};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t picks = picks_of(a, events[i].name), row = out->sequence.count;
        if ((picks == 0 && !p->wants_all) || events[i].time_us < p->from_us || events[i].time_us >= p->until_us)
            continue;
        assert(i == 0 || events[i].time_us >= events[i - 1].time_us);
        out->moments[row] = (struct moment){events[i].time_us, picks, row};
        for (uint32_t k = 0; k < p->lane_count; k++) {
            double number = number_of(&p->lanes[k], &events[i]);
            out->codes[k][row] = code_of(a, &p->lanes[k], &events[i]);
            out->has[k][row] = !isnan(number);
            out->quantities[k][row] = (struct quantity){.micro = isnan(number) ? 0 : llround(number * 1e6)};
        }
        out->sequence.count++;
    }
    for (uint32_t k = 0; k < p->lane_count; k++)
        out->lanes[k] = (struct lane){p->lanes[k].kind, out->codes[k], out->quantities[k], out->has[k]};
}

void posed_take(struct posed *a, void *tally, uint32_t person, const struct posed_event *events, uint32_t count)
{
    static struct laid_out laid;
    lay_out(a, person, events, count, &laid);
    if (laid.sequence.count > 0)
        a->question->kind->take(a->question, tally, &laid.sequence);
}

fallible posed_cell_read(struct posed *a, const char *cell, void **out_cell, struct err *e)
{
    struct json_parser *parser = json_parser_create(CELL_BYTES_MAX);
    struct json root = JSON_NOTHING;
    struct status s = json_parse(parser, bytes_of_text(cell), &root, e);
    if (done(s))
        s = a->question->kind->cell_read(a->question, root, out_cell, e);
    json_parser_destroy(parser);
    return s;
}

bool posed_in_cell(struct posed *a, const char *cell, uint32_t person, const struct posed_event *events, uint32_t count)
{
    static struct laid_out laid;
    struct err e = {0};
    void *asked = NULL;
    struct status s = posed_cell_read(a, cell, &asked, &e);
    CHECK_DONE(a->t, s, &e);
    lay_out(a, person, events, count, &laid);
    return done(s) && laid.sequence.count > 0 && a->question->kind->in_cell(a->question, a->texts, asked, &laid.sequence);
}

void *posed_conclude(struct posed *a, void *tally)
{
    struct err e = {0};
    if (a->question->kind->conclude != NULL)
        CHECK_DONE(a->t, a->question->kind->conclude(a->question, a->texts, tally, NULL, &e), &e);
    return tally;
}

struct json posed_answer(struct posed *a, void *tally)
{
    struct buf text;
    struct json_writer w;
    struct err e = {0};
    (void)posed_conclude(a, tally);
    buf_init(&text, ANSWER_BYTES_MAX);
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    a->question->kind->print(a->question, a->texts, tally, &w);
    json_object_end(&w);
    CHECK(a->t, json_writer_finished(&w) && !text.overflowed);
    struct bytes kept = arena_copy(a->t->arena, buf_bytes(&text));
    buf_fini(&text);
    CHECK_DONE(a->t, json_parse(a->parser, kept, &a->answer, &e), &e);
    return a->answer;
}

double posed_number(const struct posed *a, const char *path)
{
    double x;
    return json_double(json_at(a->answer, path), &x) ? x : NAN;
}

/* --- clocks --- */

int64_t shanghai_us(const char *text)
{
    return posed_time(text) - SHANGHAI_SECONDS * US_PER_SECOND;
}

int64_t shanghai_day(int64_t us)
{
    return day_of_time(us, SHANGHAI_SECONDS);
}

int64_t shanghai_month(int64_t us)
{
    struct civil_date date = civil_of_day((int32_t)shanghai_day(us));
    return (int64_t)(date.year - 1970) * 12 + date.month - 1;
}
