/* What the questions `predict` and `score` say in common. */
#include <float.h>
#include <math.h>

#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/prediction.h"
#include "lib/expr.h"
#include "lib/text.h"

#define HORIZON_DAYS_MAX 366
#define SAMPLE_INITIALLY 100000
#define SAMPLE_LEAST 100

const char *const prediction_table_names[PREDICTION_TABLE_COUNT] = {"deciles", "calibration", "features"};

/* --- what is personal --- */

/* What a person is rather than what they did (PIPL article 28, and what discriminates): such features are never used without a word. */
static const char *const personal_names[] = {
    "gender",     "sex",         "birthday", "birth_date",     "birthdate", "age",       "religion",
    "ethnicity",  "nationality", "race",     "marital_status", "health",    "disease",   "pregnant",
    "disability", "income",      "salary",   "id_card",        "passport",  "phone",     "mobile",
    "email",      "address",     "latitude", "longitude",      "political", "sexuality", "name",
    "性别",       "生日",        "年龄",     "民族",           "宗教",      "婚姻",      "健康",
    "疾病",       "收入",        "身份证",   "手机",           "邮箱",      "地址",
};

static struct bytes last_part(struct bytes name)
{
    for (size_t i = name.size; i > 0; i--)
        if (name.data[i - 1] == '.')
            return bytes_slice(name, i, name.size);
    return name;
}

static bool is_personal(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(personal_names); i++)
        if (bytes_equal(last_part(name), bytes_of_text(personal_names[i])))
            return true;
    return false;
}

static struct status property_may(void *context, struct bytes name, struct err *e)
{
    const struct question *q = context;
    const struct predicting *p = q->own;
    bool is_said = false;
    for (uint32_t i = 0; i < p->sensitive_count; i++)
        is_said = is_said || bytes_equal(p->sensitive[i], name);
    bool is_told = is_personal(name) || name_book_is_personal(q->names, name);
    return !is_told || is_said ? DONE
                               : FAIL(e, INVALID,
                                      "\"%.*s\" says something personal of people: to decide by it all the same, say "
                                      "it in \"sensitive\"",
                                      BYTES_ARG(name));
}

/* --- lists --- */

static fallible list_check(struct json list, uint32_t most, struct err *e)
{
    return json_is(list, JSON_ARRAY) && json_count(list) <= most
               ? DONE
               : asked_wrong(list, e, "want a list of at most %u", most);
}

static fallible sensitive_read(struct asked *a, struct predicting *p, struct err *e)
{
    struct json list, item;
    if (!asked_given(a, "sensitive", &list))
        return DONE;
    TRY(list_check(list, PERSON_WANTS_MAX, e));
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        p->sensitive[p->sensitive_count++] = arena_copy(a->question->arena, json_string(item));
    return DONE;
}

static fallible want_add(struct asked *a, struct json from, enum person_fact of, uint32_t *out_want, struct err *e)
{
    struct predicting *p = a->question->own;
    struct bytes name = json_string(from);
    if (!json_is(from, JSON_STRING) || name.size == 0 || name.size > FEATURE_NAME_BYTES_MAX / 2)
        return asked_wrong(from, e, "want the name of a %s", person_fact_names[of]);
    if (p->wants.count == PERSON_WANTS_MAX)
        return asked_wrong(from, e, "a prediction looks at %u traits, tags and segments at most", PERSON_WANTS_MAX);
    *out_want = p->wants.count;
    p->wants.list[p->wants.count++] = (struct person_want){.of = of, .name = arena_copy(a->question->arena, name)};
    return DONE;
}

static fallible wants_read(struct asked *a, const char *member, enum person_fact of, struct err *e)
{
    const struct predicting *p = a->question->own;
    struct json list, item;
    struct err wrong = {0};
    uint32_t want;
    if (!asked_given(a, member, &list))
        return DONE;
    if (of != PERSON_TRAIT && !p->is_like)
        return asked_wrong(list, e, "who was in it at the time isn't known: say what it counts as features");
    TRY(list_check(list, PERSON_WANTS_MAX, e));
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        TRY(want_add(a, item, of, &want, e));
        if (of == PERSON_TRAIT && failed(property_may(a->question, p->wants.list[want].name, &wrong)))
            return asked_wrong(item, e, "%s", wrong.text);
    }
    return DONE;
}

/* {"segment": "vip"} or {"tag": "fan"}. */
static fallible like_read(struct asked *a, struct json from, struct err *e)
{
    static const struct member_rule rules[] = {{"segment", "its name", "人群名称"}, {"tag", "its name", "标签名称"}};
    const struct asked inner = {.question = a->question, .body = from};
    struct predicting *p = a->question->own;
    struct json segment, tag;
    TRY(asked_members(&inner, TABLE(rules), e));
    bool is_segment = asked_given(&inner, "segment", &segment), is_tag = asked_given(&inner, "tag", &tag);
    if (is_segment == is_tag)
        return asked_wrong(from, e, "want whom people may be like: {\"segment\": \"vip\"}");
    return want_add(a, is_segment ? segment : tag, is_segment ? PERSON_SEGMENT : PERSON_TAG, &p->like, e);
}

/* --- features --- */

/* What an aggregate tells, in Chinese; NULL: it is no aggregate by itself. */
static const char *aggregate_zh(const struct expr *x)
{
    static const struct {
        enum expr_op op;
        const char *zh;
    } words[] = {
        {EXPR_COUNT, "次数"}, {EXPR_DAYS, "天数"},  {EXPR_SUM, "合计"},           {EXPR_AVG, "均值"},
        {EXPR_MIN, "最小值"}, {EXPR_MAX, "最大值"}, {EXPR_FIRST, "首次距今天数"}, {EXPR_LAST, "最近一次距今天数"}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (words[i].op == x->op)
            return words[i].zh;
    return NULL;
}

static const char *window_zh(const struct expr_window *w, struct arena *arena)
{
    static const char *const units[EXPR_UNIT_COUNT] = {"秒", "分钟", "小时", "天", "周", "个月", "个季度", "年"};
    if (w == NULL)
        return "";
    return w->kind == EXPR_IN_THIS ? arena_printf(arena, "本%s", units[w->span.unit])
                                   : arena_printf(arena, "近 %u %s", w->span.count, units[w->span.unit]);
}

/* "count(order_paid in last 90 days)": 近 90 天「支付订单」次数. What isn't so simple is shown as it is written. */
static const char *title_zh(const struct question *q, const struct expr *tree, const char *text)
{
    const struct expr *x = tree->op == EXPR_CALL ? tree->parts[0] : tree;
    const char *what = aggregate_zh(x);
    struct measure_source source;
    struct buf title = arena_buf(q->arena, PREDICTION_TITLE_BYTES);
    if (what == NULL || x->steps[0].name_count != 1 || !measure_source_find(q, x->steps[0].names[0], &source))
        return text;
    buf_printf(&title, "%s「%s」", window_zh(x->window, q->arena), source.label_zh);
    if (source.path.size > 0)
        buf_printf(&title, " %.*s ", BYTES_ARG(source.path));
    buf_push_text(&title, what);
    if (x->steps[0].where != NULL) {
        buf_push_text(&title, "(");
        expr_print(x->steps[0].where, &title);
        buf_push_text(&title, ")");
    }
    return title.overflowed ? text : arena_text(q->arena, buf_bytes(&title));
}

static fallible feature_read(struct asked *a, struct measure_reader *reader, struct json item, struct err *e)
{
    struct predicting *p = a->question->own;
    const struct expr *tree;
    uint32_t at = p->measure_count;
    TRY(measure_read(reader, item, MEASURE_BEFORE, &p->measures[at], e));
    struct bytes text = json_string(item);
    if (text.size > FEATURE_NAME_BYTES_MAX)
        return asked_wrong(item, e, "a feature has at most %u bytes", FEATURE_NAME_BYTES_MAX);
    p->texts[at] = p->titles[at] = p->titles_zh[at] = arena_text(a->question->arena, text);
    if (done(expr_read_term(a->question->arena, text, &tree, NULL)))
        p->titles_zh[at] = title_zh(a->question, tree, p->texts[at]);
    for (uint32_t i = 0; i < at; i++)
        if (strcmp(p->texts[i], p->texts[at]) == 0)
            return asked_wrong(item, e, "this feature is there twice");
    p->measure_count++;
    return DONE;
}

static fallible features_read(struct asked *a, struct measure_reader *reader, struct err *e)
{
    const struct predicting *p = a->question->own;
    struct json list, item;
    if (asked_given(a, "features", &list)) {
        TRY(list_check(list, PREDICTION_MEASURES_MAX, e));
        for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
            TRY(feature_read(a, reader, item, e));
    }
    TRY(wants_read(a, "traits", PERSON_TRAIT, e));
    TRY(wants_read(a, "tags", PERSON_TAG, e));
    TRY(wants_read(a, "segments", PERSON_SEGMENT, e));
    if (p->measure_count + p->wants.count == (uint32_t)p->is_like || (!p->is_like && p->measure_count == 0))
        return asked_wrong(a->body, e,
                           "by what? say \"features\": [\"count(order_paid in last 90 days)\", "
                           "\"days_since(last(order_paid).time)\"]");
    return DONE;
}

/* --- the rest --- */

static fallible real_read(struct asked *a, const char *member, double most, double *io, struct err *e)
{
    struct json from;
    if (asked_given(a, member, &from) && (!json_double(from, io) || !(*io > 0) || !(*io <= most)))
        return asked_wrong(from, e, "want a number above 0, at most %g", most);
    return DONE;
}

static fallible settings_read(struct asked *a, struct predicting *p, struct err *e)
{
    static const char *const names[] = {"logistic", "trees"};
    size_t by;
    int64_t rounds, depth;
    p->settings = predictor_settings_usual;
    TRY(asked_choice(a, "by", names, COUNT_OF(names), 0, &by, e));
    p->by = predictor_named(bytes_of_text(names[by]));
    TRY(real_read(a, "penalty", 1e9, &p->settings.penalty, e));
    TRY(real_read(a, "rate", 1, &p->settings.rate, e));
    TRY(asked_number(a, "rounds", p->settings.rounds, 1, PREDICT_ROUNDS_MAX, &rounds, e));
    TRY(asked_number(a, "depth", p->settings.depth, 1, PREDICT_DEPTH_MAX, &depth, e));
    p->settings.rounds = (uint32_t)rounds;
    p->settings.depth = (uint32_t)depth;
    TRY(asked_number(a, "sample", SAMPLE_INITIALLY, SAMPLE_LEAST, PREDICTION_SAMPLE_MAX, &p->sample, e));
    return asked_number(a, "seed", 1, 0, INT64_MAX, &p->seed, e);
}

/* Cuts are midnights, so that the day of the prediction is whole at each; the last one's horizon has ended. Of `score` there is one, the last midnight; of a
 * look-alike it is now. */
static fallible cuts_read(struct asked *a, uint32_t cut_count, struct err *e)
{
    struct question *q = a->question;
    struct predicting *p = q->own;
    struct json from;
    struct err wrong = {0};
    int64_t now_us = q->now_us, horizon_us;
    TRY(asked_span(a, "horizon", 30 * US_PER_DAY, HORIZON_DAYS_MAX * US_PER_DAY, &horizon_us, e));
    if (horizon_us % US_PER_DAY != 0 || horizon_us == 0)
        return asked_wrong(json_find(a->body, BYTES_LIT("horizon")), e, "want whole days, such as \"30d\"");
    if (asked_given(a, "as_of", &from) && failed(civil_read(q->civil, json_string(from), &now_us, &wrong)))
        return asked_wrong(from, e, "%s", wrong.text);
    p->horizon_days = horizon_us / US_PER_DAY;
    p->cut_count = p->is_like ? 1 : cut_count;
    int64_t today = civil_number(q->civil, CIVIL_DAY, now_us);
    for (uint32_t i = 0; i < p->cut_count; i++) {
        int64_t day = cut_count == 1 ? today : today - (int64_t)(p->cut_count - i) * p->horizon_days;
        p->cuts[i] = (struct measure_time){
            .at_us = p->is_like ? now_us : civil_begin_us(q->civil, CIVIL_DAY, day),
            .until_us = p->is_like ? now_us : civil_begin_us(q->civil, CIVIL_DAY, day + p->horizon_days),
            .civil = q->civil};
        p->wants.cuts[i] = p->cuts[i].at_us;
    }
    p->wants.cut_count = p->cut_count;
    return DONE;
}

static fallible target_read(struct asked *a, struct measure_reader *reader, struct json target, struct err *e)
{
    struct predicting *p = a->question->own;
    TRY(measure_read(reader, target, MEASURE_AFTER, &p->target, e));
    return measure_is_condition(p->target)
               ? DONE
               : asked_wrong(target, e, "want a condition, such as \"did(order_paid)\" or \"count(order_paid) >= 2\"");
}

fallible predicting_read(struct asked *a, uint32_t cut_count, struct err *e)
{
    struct question *q = a->question;
    struct predicting *p = ARENA_NEW(q->arena, struct predicting);
    struct measure_reader *reader = ARENA_NEW(q->arena, struct measure_reader);
    struct json target, like, among;
    q->own = p;
    *reader = (struct measure_reader){.asked = a, .may = property_may, .context = q};
    if (q->plan.subject != SUBJECT_PERSON)
        return asked_wrong(json_find(a->body, BYTES_LIT("subject")), e, "predictions are of persons");
    p->is_like = asked_given(a, "like", &like);
    if (asked_given(a, "target", &target) == p->is_like)
        return asked_wrong(a->body, e,
                           "say either \"target\", what people will do, or \"like\", whom they may be like");
    if (p->is_like && asked_given(a, "segment", &among))
        return asked_wrong(among, e, "of a look-alike everybody is looked at, also who did nothing");
    TRY(sensitive_read(a, p, e));
    TRY(cuts_read(a, cut_count, e));
    TRY(p->is_like ? like_read(a, like, e) : target_read(a, reader, target, e));
    if (asked_given(a, "among", &among)) {
        TRY(measure_read(reader, among, MEASURE_BEFORE, &p->among, e));
        if (!measure_is_condition(p->among))
            return asked_wrong(among, e, "want a condition, such as \"did(order_paid in last 365 days)\"");
    }
    TRY(features_read(a, reader, e));
    TRY(settings_read(a, p, e));
    q->person_wants = &p->wants;
    q->plan.from_us = TIME_US_MIN;
    q->plan.until_us = p->cuts[p->cut_count - 1].until_us;
    q->plan.wants_all = q->plan.pick_count == 0;
    return DONE;
}

/* --- of a person --- */

/* Who did nothing before the cut that the question looks at wasn't known then; of a look-alike everybody counts. */
bool predicting_counts(const struct question *q, uint32_t cut, const struct sequence *s)
{
    const struct predicting *p = q->own;
    bool was_known = p->is_like || (s != NULL && s->moments[0].time_us < p->cuts[cut].at_us);
    return was_known && (p->among == NULL || measure_value(p->among, &p->cuts[cut], s) == 1);
}

void predicting_measure(const struct question *q, uint32_t cut, const struct sequence *s, float *out)
{
    const struct predicting *p = q->own;
    for (uint32_t i = 0; i < p->measure_count; i++) {
        double value = measure_value(p->measures[i], &p->cuts[cut], s);
        out[i] = fabs(value) > FLT_MAX ? NAN : (float)value;
    }
}

void prediction_row(const struct prediction_column *columns, uint32_t count, const float *measured,
                    const struct person_cell *cells, float *out)
{
    for (uint32_t c = 0; c < count; c++) {
        const struct prediction_column *of = &columns[c];
        out[c] = !of->is_known           ? measured[of->of]
                 : of->text == CODE_NONE ? cells[of->of].number
                                         : cells[of->of].text == of->text;
    }
}

void prediction_want_title(struct prediction_column *io_column, const struct person_want *want, struct bytes text,
                           struct arena *arena)
{
    static const char *const before[PERSON_FACT_COUNT] = {"", "tag ", "segment ", "source of ", "time of "};
    static const char *const before_zh[PERSON_FACT_COUNT] = {"", "标签 ", "人群 ", "来源 ", "时间 "};
    struct bytes kept = text_cut(text, FEATURE_NAME_BYTES_MAX / 2 - 16);
    const char *rest = text.size == 0 ? arena_printf(arena, "%.*s", BYTES_ARG(want->name))
                                      : arena_printf(arena, "%.*s = %.*s", BYTES_ARG(want->name), BYTES_ARG(kept));
    io_column->name = io_column->title = arena_printf(arena, "%s%s", before[want->of], rest);
    io_column->title_zh = arena_printf(arena, "%s%s", before_zh[want->of], rest);
}
