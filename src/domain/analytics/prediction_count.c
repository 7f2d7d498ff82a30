/* The question `predict`: people are looked at as of two cuts, and some of them kept to fit a model to, and to judge it by. */
#include "base/rng.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/prediction.h"

#define JUDGED_ONE_IN 5u      /* of a look-alike */
#define JUDGED_SEED 0x6a7564u /* so that who is judged isn't who is kept */

static fallible predict_read(struct asked *a, struct err *e)
{
    TRY(predicting_read(a, PERSON_CUTS_MAX, e));
    struct predicting *p = a->question->own;
    TRY(asked_flag(a, "with_model", false, &p->tells_model, e));
    return asked_choice(a, "show", prediction_table_names, PREDICTION_TABLE_COUNT, TABLE_DECILES, &p->shown, e);
}

static void *predict_tally(const struct question *q, struct arena *arena)
{
    const struct predicting *p = q->own;
    struct predict_tally *tally = ARENA_NEW(arena, struct predict_tally);
    tally->arena = arena;
    for (size_t label = 0; label < COUNT_OF(tally->fit); label++)
        row_sample_init(&tally->fit[label], arena, p->measure_count, (uint32_t)p->sample / 2);
    row_sample_init(&tally->judge, arena, p->measure_count, (uint32_t)p->sample);
    return tally;
}

static bool is_judged(const struct predicting *p, uint32_t cut, uint32_t person)
{
    if (!p->is_like)
        return cut + 1 == p->cut_count;
    return rng_mix(rng_mix((uint64_t)p->seed ^ JUDGED_SEED) ^ person) % JUDGED_ONE_IN == 0;
}

static bool label_of(const struct question *q, uint32_t cut, const struct sequence *s, uint32_t place)
{
    const struct predicting *p = q->own;
    if (!p->is_like)
        return measure_value(p->target, &p->cuts[cut], s) == 1;
    return place != PERSON_PLACE_NONE && person_book_cells(q->persons, place, cut)[p->like].number > 0;
}

void predict_person(const struct question *q, struct predict_tally *tally, const struct sequence *s, uint32_t person,
                    uint32_t place)
{
    const struct predicting *p = q->own;
    for (uint32_t cut = 0; cut < p->cut_count; cut++) {
        if (!predicting_counts(q, cut, s))
            continue;
        bool label = label_of(q, cut, s, place);
        struct row_sample *into = is_judged(p, cut, person) ? &tally->judge : &tally->fit[label];
        struct sampled *row = row_sample_add(into, (uint64_t)p->seed, person, label);
        if (row != NULL)
            predicting_measure(q, cut, s, row->measured);
    }
}

/* Who objects to being judged by a program isn't in the book: a model neither learns from them nor is judged by them. */
static void predict_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct predicting *p = q->own;
    struct predict_tally *tally = into;
    uint32_t place = q->persons == NULL ? PERSON_PLACE_NONE : person_book_place(q->persons, s->person);
    if (q->persons != NULL && place == PERSON_PLACE_NONE)
        return;
    if (p->is_like && tally->seen == NULL)
        tally->seen = ARENA_ARRAY(tally->arena, uint64_t, person_book_count(q->persons) / 64 + 1);
    if (p->is_like)
        tally->seen[place / 64] |= UINT64_C(1) << place % 64;
    predict_person(q, tally, s, s->person, place);
}

static void predict_join(const struct question *q, void *into, void *from)
{
    struct predict_tally *sum = into, *more = from;
    for (size_t label = 0; label < COUNT_OF(sum->fit); label++)
        row_sample_join(&sum->fit[label], &more->fit[label]);
    row_sample_join(&sum->judge, &more->judge);
    if (more->seen == NULL || sum->seen == NULL) {
        sum->seen = sum->seen == NULL ? more->seen : sum->seen;
        return;
    }
    for (uint32_t i = 0; i < person_book_count(q->persons) / 64 + 1; i++)
        sum->seen[i] |= more->seen[i];
}

static fallible predict_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    (void)q, (void)out_cell;
    return asked_wrong(cell, e, "deciles have no people: ask `score` who is likeliest");
}

static bool predict_in_cell(const struct question *q, const struct texts *texts, const void *cell,
                            const struct sequence *s)
{
    (void)q, (void)texts, (void)cell, (void)s;
    return false;
}

static const struct member_rule members[] = {
    PREDICTING_MEMBERS,
    {"show", "which table is shown: deciles (default), calibration or features",
     "展示哪张表:deciles(默认,十分位)、calibration(校准)或 features(特征)"},
    {"with_model", "true: the model itself too, as base64, for `score`", "true:同时给出模型(base64),供 score 使用"},
};

const struct question_kind predict_question = {
    .name = "predict",
    .about = "Who is likely to do something, or is like some people: a model fitted to what came of earlier days, "
             "judged by what came later.",
    .about_zh = "预测谁可能做某事,或谁与种子人群相似:用较早的数据拟合模型,用之后发生的事检验。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = predict_read,
    .tally = predict_tally,
    .take = predict_take,
    .join = predict_join,
    .conclude = predict_conclude,
    .print = predict_print,
    .cell_read = predict_cell_read,
    .in_cell = predict_in_cell,
};
