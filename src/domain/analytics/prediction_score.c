/* The question `score`: what a fitted model says of people, now. Who is in the seed of a look-alike isn't scored. */
#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/attr.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/prediction.h"

#define BATCH_ROWS 128u      /* that are scored together */
#define DRIFT_ROWS_MAX 20000 /* of whom drift is told */
#define CHUNK_SCORES 4096u
#define LIMIT_INITIALLY 100
#define LIMIT_BY_SCORE_MAX 10000
#define LIMIT_BY_PERSON_MAX 500000
#define REASONS_INITIALLY 3
#define REASONS_MAX 10
#define STEPS 10000u           /* scores are counted, and written as traits, to so many parts of one */
#define TEXT_NOBODY UINT32_MAX /* a text that nobody has: equals none */
#define REASON_TEXT_BYTES 2048u

/* --- reading --- */

static fallible model_read(struct asked *a, struct predicting *p, struct err *e)
{
    struct json from;
    struct err wrong = {0};
    struct status status = DONE;
    size_t size = 0;
    if (!asked_given(a, "model", &from))
        return asked_missing(a, "model", e);
    struct bytes text = json_string(from);
    uint8_t *bytes = ARENA_ARRAY(a->question->arena, uint8_t, text.size + 1);
    if (sodium_base642bin(bytes, text.size + 1, (const char *)text.data, text.size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return asked_wrong(from, e, "want a model as `predict` gives it, in base64");
    status = prediction_unpack(bytes_of(bytes, size), &p->model, &wrong);
    return failed(status) ? asked_wrong(from, e, "%s", wrong.text) : DONE;
}

/* What a column of the model is now; the text of a category is looked up once it is known what people have. */
static bool column_find(const struct predicting *p, const char *name, struct prediction_column *out,
                        struct bytes *out_text, struct arena *arena)
{
    struct prediction_column titled = {0};
    *out_text = BYTES_NONE;
    for (uint32_t i = 0; i < p->measure_count; i++)
        if (strcmp(p->texts[i], name) == 0) {
            *out = (struct prediction_column){
                .name = name, .title = p->titles[i], .title_zh = p->titles_zh[i], .of = i};
            return true;
        }
    for (uint32_t want = 0; want < p->wants.count; want++) {
        prediction_want_title(&titled, &p->wants.list[want], BYTES_NONE, arena);
        struct bytes whole = bytes_of_text(name), title = bytes_of_text(titled.name);
        bool is_text = bytes_starts_with(whole, title) &&
                       bytes_starts_with(bytes_slice(whole, title.size, whole.size), BYTES_LIT(" = "));
        if ((p->is_like && want == p->like) || (!is_text && !bytes_equal(whole, title)))
            continue;
        *out = (struct prediction_column){.is_known = true, .of = want, .text = is_text ? TEXT_NOBODY : CODE_NONE};
        if (is_text)
            *out_text = bytes_slice(whole, title.size + 3, whole.size);
        prediction_want_title(out, &p->wants.list[want], *out_text, arena);
        out->name = name;
        return true;
    }
    return false;
}

static fallible rows_read(struct asked *a, struct predicting *p, struct err *e)
{
    static const char *const order_names[SCORE_ORDER_COUNT] = {"score", "person"};
    a->question->tells_people = true;
    TRY(asked_choice(a, "order", order_names, SCORE_ORDER_COUNT, SCORE_BY_SCORE, &p->order, e));
    bool is_by_score = p->order == SCORE_BY_SCORE;
    TRY(asked_number(a, "limit", LIMIT_INITIALLY, 1, is_by_score ? LIMIT_BY_SCORE_MAX : LIMIT_BY_PERSON_MAX, &p->limit,
                     e));
    TRY(asked_text(a, "trait", BYTES_LIT("p_score"), &p->trait, e));
    TRY(asked_number(a, "after", -1, -1, UINT32_MAX, &p->after, e));
    TRY(asked_number(a, "reasons", is_by_score ? REASONS_INITIALLY : 0, 0, is_by_score ? REASONS_MAX : 0, &p->reasons,
                     e));
    return asked_number(a, "top", 0, 0, UINT32_MAX, &p->top, e);
}

static fallible score_read(struct asked *a, struct err *e)
{
    struct prediction_column column;
    struct bytes text;
    TRY(predicting_read(a, 1, e));
    struct predicting *p = a->question->own;
    TRY(model_read(a, p, e));
    for (uint32_t c = 0; c < prediction_facts(p->model)->columns; c++)
        if (!column_find(p, prediction_feature(p->model, c), &column, &text, a->question->arena))
            return asked_wrong(a->body, e,
                               "the model was fitted to the feature %s, which isn't asked for any more: fit it again",
                               prediction_feature(p->model, c));
    return rows_read(a, p, e);
}

static void score_close(struct question *q)
{
    const struct predicting *p = q->own;
    if (p != NULL)
        prediction_destroy(p->model);
}

/* --- counting --- */

struct scored {
    uint32_t person;
    float score;
};
struct scored_chunk {
    struct scored_chunk *older;
    uint32_t count;
    struct scored list[CHUNK_SCORES];
};
/* Somebody among the likeliest, with what is known of them. */
struct likely {
    struct scored who;
    float row[];
};

struct score_tally {
    struct arena *arena;
    uint32_t column_count;
    const char **names;
    struct prediction_column *columns;
    /* Who isn't scored yet. */
    uint32_t batch_count;
    uint32_t batch_people[BATCH_ROWS];
    float *batch, *measured;
    struct scored_chunk *newest; /* by person */
    uint32_t likely_count;       /* by score: a heap, the least likely at the top */
    struct likely **likely;
    uint64_t *seen; /* as predict's */
    uint64_t people;
    double sum;
    uint64_t steps[STEPS + 1]; /* people by rounded score */
    struct row_sample drift_rows;
    double *drift; /* by column; NULL until it is concluded */
};

static void *score_tally(const struct question *q, struct arena *arena)
{
    const struct predicting *p = q->own;
    struct score_tally *t = ARENA_NEW(arena, struct score_tally);
    t->arena = arena;
    t->column_count = prediction_facts(p->model)->columns;
    t->names = ARENA_ARRAY(arena, const char *, t->column_count);
    t->columns = ARENA_ARRAY(arena, struct prediction_column, t->column_count);
    t->batch = ARENA_ARRAY(arena, float, (size_t)t->column_count *BATCH_ROWS);
    t->measured = ARENA_ARRAY(arena, float, PREDICTION_MEASURES_MAX);
    if (p->order == SCORE_BY_SCORE)
        t->likely = ARENA_ARRAY(arena, struct likely *, (size_t)p->limit);
    row_sample_init(&t->drift_rows, arena, t->column_count, DRIFT_ROWS_MAX);
    for (uint32_t c = 0; c < t->column_count; c++) {
        struct bytes text;
        t->names[c] = prediction_feature(p->model, c);
        bool is_there = column_find(p, t->names[c], &t->columns[c], &text, arena);
        assert(is_there); /* score_read has looked */
        uint32_t code = text.size == 0 || q->persons == NULL ? CODE_NONE : person_book_text_code(q->persons, text);
        if (code != CODE_NONE)
            t->columns[c].text = code;
    }
    return t;
}

/* Likelier first; of equal ones the smaller number. */
static bool comes_before(struct scored a, struct scored b)
{
    return a.score != b.score ? a.score > b.score : a.person < b.person;
}

static void heap_sink(struct score_tally *t, uint32_t at)
{
    for (;;) {
        uint32_t last = at, left = 2 * at + 1, right = left + 1;
        if (left < t->likely_count && comes_before(t->likely[last]->who, t->likely[left]->who))
            last = left;
        if (right < t->likely_count && comes_before(t->likely[last]->who, t->likely[right]->who))
            last = right;
        if (last == at)
            return;
        struct likely *swapped = t->likely[at];
        t->likely[at] = t->likely[last];
        t->likely[last] = swapped;
        at = last;
    }
}

static void likely_add(const struct predicting *p, struct score_tally *t, struct scored who, const float *row)
{
    struct likely *taken;
    size_t bytes = t->column_count * sizeof *row;
    bool is_full = t->likely_count == (uint32_t)p->limit;
    if (is_full && !comes_before(who, t->likely[0]->who))
        return;
    taken = is_full ? t->likely[0] : arena_take(t->arena, sizeof *taken + bytes, _Alignof(struct likely));
    taken->who = who;
    memcpy(taken->row, row, bytes);
    if (is_full) {
        heap_sink(t, 0);
        return;
    }
    t->likely[t->likely_count++] = taken;
    for (uint32_t at = t->likely_count - 1; at > 0 && comes_before(t->likely[(at - 1) / 2]->who, t->likely[at]->who);
         at = (at - 1) / 2) {
        struct likely *swapped = t->likely[at];
        t->likely[at] = t->likely[(at - 1) / 2];
        t->likely[(at - 1) / 2] = swapped;
    }
}

static void scored_add(struct score_tally *t, struct scored who)
{
    if (t->newest == NULL || t->newest->count == CHUNK_SCORES) {
        struct scored_chunk *chunk = arena_take(t->arena, sizeof *chunk, _Alignof(struct scored_chunk));
        chunk->older = t->newest;
        chunk->count = 0;
        t->newest = chunk;
    }
    t->newest->list[t->newest->count++] = who;
}

static void person_keep(const struct predicting *p, struct score_tally *t, struct scored who, const float *row)
{
    struct sampled *sampled = row_sample_add(&t->drift_rows, (uint64_t)p->seed, who.person, false);
    if (sampled != NULL)
        memcpy(sampled->measured, row, t->column_count * sizeof *row);
    t->people++;
    t->sum += who.score;
    t->steps[(uint32_t)lround((double)who.score * STEPS)]++;
    if ((int64_t)who.person <= p->after)
        return;
    if (p->order == SCORE_BY_SCORE)
        likely_add(p, t, who, row);
    else
        scored_add(t, who);
}

static void batch_score(const struct predicting *p, struct score_tally *t)
{
    const struct features rows = {
        .names = t->names, .values = t->batch, .rows = t->batch_count, .columns = t->column_count};
    const struct scoring s = {.features = &rows, .sample = {NULL, t->batch_count}};
    double scores[BATCH_ROWS];
    if (t->batch_count == 0)
        return;
    struct status status = prediction_score(p->model, &s, scores, NULL);
    assert(done(status)); /* score_read has seen that the columns are the model's, and no number is infinite */
    (void)status;
    for (uint32_t i = 0; i < t->batch_count; i++)
        person_keep(p, t, (struct scored){t->batch_people[i], (float)scores[i]}, features_row(&rows, i));
    t->batch_count = 0;
}

static void person_take(const struct question *q, struct score_tally *t, const struct sequence *s, uint32_t person,
                        uint32_t place)
{
    const struct predicting *p = q->own;
    const struct person_cell *cells = place == PERSON_PLACE_NONE ? NULL : person_book_cells(q->persons, place, 0);
    bool is_seed = p->is_like && cells[p->like].number > 0;
    if (is_seed || !predicting_counts(q, 0, s))
        return;
    predicting_measure(q, 0, s, t->measured);
    prediction_row(t->columns, t->column_count, t->measured, cells,
                   t->batch + (size_t)t->batch_count * t->column_count);
    t->batch_people[t->batch_count++] = person;
    if (t->batch_count == BATCH_ROWS)
        batch_score(p, t);
}

static void score_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct predicting *p = q->own;
    struct score_tally *t = into;
    uint32_t place = q->persons == NULL ? PERSON_PLACE_NONE : person_book_place(q->persons, s->person);
    if (q->persons != NULL && place == PERSON_PLACE_NONE)
        return;
    if (p->is_like && t->seen == NULL)
        t->seen = ARENA_ARRAY(t->arena, uint64_t, person_book_count(q->persons) / 64 + 1);
    if (p->is_like)
        t->seen[place / 64] |= UINT64_C(1) << place % 64;
    person_take(q, t, s, s->person, place);
}

static void score_join(const struct question *q, void *into, void *from)
{
    const struct predicting *p = q->own;
    struct score_tally *sum = into, *more = from;
    batch_score(p, sum);
    batch_score(p, more);
    sum->people += more->people;
    sum->sum += more->sum;
    for (uint32_t i = 0; i <= STEPS; i++)
        sum->steps[i] += more->steps[i];
    row_sample_join(&sum->drift_rows, &more->drift_rows);
    for (uint32_t i = 0; i < more->likely_count; i++)
        likely_add(p, sum, more->likely[i]->who, more->likely[i]->row);
    for (const struct scored_chunk *c = more->newest; c != NULL; c = c->older)
        for (uint32_t i = 0; i < c->count; i++)
            scored_add(sum, c->list[i]);
    for (uint32_t i = 0; more->seen != NULL && sum->seen != NULL && i < person_book_count(q->persons) / 64 + 1; i++)
        sum->seen[i] |= more->seen[i];
    sum->seen = sum->seen == NULL ? more->seen : sum->seen;
}

static fallible drift_take(const struct predicting *p, struct score_tally *t, struct effort *effort, struct err *e)
{
    uint32_t rows = t->drift_rows.count;
    size_t width = t->column_count;
    TRY(effort_step(effort, 0.5, rows * width * sizeof(float), e));
    float *values = ARENA_ARRAY(t->arena, float, rows *width + 1);
    row_sample_sort(&t->drift_rows);
    for (uint32_t i = 0; i < rows; i++)
        memcpy(values + i * width, t->drift_rows.rows[i]->measured, width * sizeof *values);
    const struct features all = {.names = t->names, .values = values, .rows = rows, .columns = t->column_count};
    t->drift = ARENA_ARRAY(t->arena, double, width);
    return rows == 0
               ? DONE
               : prediction_drift(p->model, &(struct scoring){.features = &all, .sample = {NULL, rows}}, t->drift, e);
}

static fallible score_conclude(const struct question *q, const struct texts *texts UNUSED, void *from,
                               struct effort *effort, struct err *e)
{
    const struct predicting *p = q->own;
    struct score_tally *t = from;
    for (uint32_t place = 0; p->is_like && place < person_book_count(q->persons); place++)
        if (t->seen == NULL || (t->seen[place / 64] >> place % 64 & 1) == 0)
            person_take(q, t, NULL, person_book_person(q->persons, place), place);
    batch_score(p, t);
    TRY(drift_take(p, t, effort, e));
    return effort_step(effort, 1, 0, e);
}

/* --- telling --- */

static int by_likelihood(const void *a, const void *b)
{
    const struct likely *const *x = a, *const *y = b;
    return comes_before((*x)->who, (*y)->who) ? -1 : 1;
}

static int by_person(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return (x->person > y->person) - (x->person < y->person);
}

/* "for: A = 3, B = 1; against: C = 0", the strongest first; cut where there is no room. */
static void reasons_print(const struct score_tally *t, const struct reason *reasons, uint32_t count, const float *row,
                          bool is_chinese, struct buf *out)
{
    static const char *const sides[2][2] = {{"for: ", "against: "}, {"利于:", "不利:"}};
    for (size_t side = 0; side < 2; side++) {
        bool is_first = true;
        for (uint32_t i = 0; i < count; i++) {
            const struct prediction_column *column = &t->columns[reasons[i].column];
            float x = row[reasons[i].column];
            if ((reasons[i].shift > 0) != (side == 0))
                continue;
            buf_printf(out, "%s%s%s", is_first && out->size > 0 ? (is_chinese ? ";" : "; ") : "",
                       is_first     ? sides[is_chinese][side]
                       : is_chinese ? "、"
                                    : ", ",
                       is_chinese ? column->title_zh : column->title);
            is_first = false;
            if (column->is_known && column->text != CODE_NONE)
                buf_push_text(out, x > 0 ? "" : is_chinese ? "(否)" : " (no)");
            else if (isnan(x))
                buf_push_text(out, is_chinese ? "(未知)" : " (unknown)");
            else
                buf_printf(out, " = %.4g", (double)x);
        }
    }
}

static void likely_print(const struct predicting *p, const struct score_tally *t, const struct likely *who,
                         struct arena *arena, struct json_writer *w)
{
    struct reason reasons[REASONS_MAX];
    uint32_t count = p->reasons == 0 ? 0 : prediction_reasons(p->model, who->row, reasons, (uint32_t)p->reasons);
    json_array_begin(w);
    json_put_uint64(w, who->who.person);
    json_put_double(w, (double)who->who.score);
    json_put_double(w, prediction_probability(p->model, (double)who->who.score));
    for (size_t is_chinese = 0; is_chinese < 2; is_chinese++) {
        struct buf text = arena_buf(arena, REASON_TEXT_BYTES);
        reasons_print(t, reasons, count, who->row, is_chinese == 1, &text);
        json_put_string(w, buf_bytes(&text));
    }
    json_array_end(w);
    arena_reset(arena);
}

static void likely_rows(const struct predicting *p, struct score_tally *t, struct json_writer *w)
{
    struct arena *arena = arena_create(16 * REASON_TEXT_BYTES);
    if (t->likely_count > 1)
        qsort(t->likely, t->likely_count, sizeof *t->likely, by_likelihood);
    for (uint32_t i = 0; i < t->likely_count; i++)
        likely_print(p, t, t->likely[i], arena, w);
    arena_destroy(arena);
}

/* Returns whether there are more. */
static bool person_rows(const struct predicting *p, const struct score_tally *t, uint32_t *out_last,
                        struct json_writer *w)
{
    size_t count = 0, at = 0;
    for (const struct scored_chunk *c = t->newest; c != NULL; c = c->older)
        count += c->count;
    struct scored *all = ARENA_ARRAY(t->arena, struct scored, count + 1);
    for (const struct scored_chunk *c = t->newest; c != NULL; c = c->older) {
        memcpy(all + at, c->list, c->count * sizeof *all);
        at += c->count;
    }
    if (count > 1)
        qsort(all, count, sizeof *all, by_person);
    size_t told = count < (size_t)p->limit ? count : (size_t)p->limit;
    for (size_t i = 0; i < told; i++) {
        json_array_begin(w);
        json_put_uint64(w, all[i].person);
        json_put_double(w, round((double)all[i].score * STEPS) / STEPS);
        json_put_double(w, round(prediction_probability(p->model, (double)all[i].score) * STEPS) / STEPS);
        json_array_end(w);
        *out_last = all[i].person;
    }
    return told < count;
}

/* The largest score, of those that traits can have, that `top` people reach. */
static void threshold_print(const struct predicting *p, const struct score_tally *t, struct json_writer *w)
{
    uint64_t people = 0;
    uint32_t step = STEPS + 1;
    while (step > 0 && people < (uint64_t)p->top)
        people += t->steps[--step];
    json_key(w, "threshold");
    json_put_double(w, (double)step / STEPS);
    json_key(w, "threshold_people");
    json_put_uint64(w, people);
}

static void drift_print(const struct score_tally *t, struct json_writer *w)
{
    uint32_t most = 0;
    for (uint32_t c = 1; c < t->column_count; c++)
        most = t->drift[c] > t->drift[most] ? c : most;
    json_key(w, "drift");
    json_put_double(w, t->drift[most]);
    json_key(w, "drift_feature");
    json_put_text(w, t->columns[most].title);
    json_key(w, "drift_says");
    json_put_text(w, ((const char *const[]){"none", "some", "much"})[drift_of(t->drift[most])]);
}

static void score_print(const struct question *q, const struct texts *texts UNUSED, void *from, struct json_writer *w)
{
    static const struct answer_column columns[] = {{"person", "Person", "人", "person"},
                                                   {"score", "Score", "评分", "share"},
                                                   {"probability", "Probability", "概率", "share"},
                                                   {"reasons", "Reasons", "理由(英文)", "text"},
                                                   {"reasons_zh", "Reasons in Chinese", "理由", "text"}};
    const struct predicting *p = q->own;
    struct score_tally *t = from;
    uint32_t last = 0;
    bool is_by_score = p->order == SCORE_BY_SCORE, is_more = false;
    answer_columns(w, columns, is_by_score ? COUNT_OF(columns) : 3);
    json_key(w, "rows");
    json_array_begin(w);
    if (is_by_score)
        likely_rows(p, t, w);
    else
        is_more = person_rows(p, t, &last, w);
    json_array_end(w);
    json_key(w, "next");
    if (is_more)
        json_put_uint64(w, last);
    else
        json_put_null(w);
    json_key(w, "trait");
    json_put_string(w, p->trait);
    json_key(w, "scored");
    json_put_uint64(w, t->people);
    json_key(w, "mean");
    json_put_double(w, t->people == 0 ? 0 : t->sum / (double)t->people);
    json_key(w, "objected");
    json_put_uint64(w, q->persons == NULL ? 0 : person_book_left_out(q->persons));
    drift_print(t, w);
    if (p->top > 0)
        threshold_print(p, t, w);
}

static fallible score_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    (void)q, (void)out_cell;
    return asked_wrong(cell, e, "its rows are people already");
}

static bool score_in_cell(const struct question *q, const struct texts *texts, const void *cell,
                          const struct sequence *s)
{
    (void)q, (void)texts, (void)cell, (void)s;
    return false;
}

static const struct member_rule members[] = {
    PREDICTING_MEMBERS,
    {"model", "what `predict` gave with \"with_model\"", "predict 以 with_model 给出的模型"},
    {"order", "score (default: the likeliest first) or person", "排序:score(默认,评分从高到低)或 person"},
    {"limit", "rows at most (100; 10,000 by score, 500,000 by person)",
     "行数上限(默认 100;按评分至多 10000,按人至多 500000)"},
    {"after", "by person: only those of greater numbers", "按人排序时:只取编号更大者"},
    {"reasons", "by score: how many reasons are told of each (3; at most 10)", "每人给出几条理由(默认 3,至多 10)"},
    {"trait", "what the trait is called as which scores are written (p_score)", "写入特质时的名称(默认 p_score)"},
    {"top", "also from which score on there are so many people", "同时给出达到多少人所对应的评分门槛"},
};

const struct question_kind score_question = {
    .name = "score",
    .about = "Who is likeliest by a fitted model, and why.",
    .about_zh = "按已拟合的模型给每个人评分,并说明理由。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = score_read,
    .tally = score_tally,
    .take = score_take,
    .join = score_join,
    .conclude = score_conclude,
    .print = score_print,
    .cell_read = score_cell_read,
    .in_cell = score_in_cell,
    .close = score_close,
};
