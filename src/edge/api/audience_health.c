/* How tags and segments fare, so that there are no more of them than operations can carry: what each covers, how it moves, who uses it, what it repeats, and in
 * words what should be looked at. */
#include <math.h>
#include <stdlib.h>

#include "domain/analytics/analytics.h"
#include "domain/calendar/calendar.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_cost.h"
#include "edge/api/audience_survey.h"
#include "edge/api/day.h"
#include "edge/scope.h"
#include "lib/bitmap_expr.h"

#define UNUSED_DAYS 90
#define STILL_DAYS 30
#define MOVES_DAYS 30 /* that changes a day are the mean of */
#define NEAR_JACCARD 0.95
#define NEAR_PEOPLE_LEAST 10u /* few people are soon the same */
#define NEAR_PAIRS_MAX 20000u /* that are compared: of 8,000 alike in size there are 32 million */
#define RESTLESS_SHARE 0.2
#define NEARLY_ALL 0.99
#define FINDINGS_MAX 20000u

enum health_hint {
    HINT_REFUSED,
    HINT_GATHERING,
    HINT_EMPTY,
    HINT_NEARLY_ALL,
    HINT_UNUSED,
    HINT_NEAR_COPY,
    HINT_RESTLESS,
    HINT_STILL,
    HINT_NO_OWNER,
    HINT_COUNT
};
static const struct {
    const char *name, *en, *zh;
} hints[HINT_COUNT] = {
    [HINT_REFUSED] = {"refused", "its last revision could not be made: save it again", "最新修订未能建立,请重新保存"},
    [HINT_GATHERING] = {"gathering", "has been reading the past for more than a day", "回溯历史已超过一天"},
    [HINT_EMPTY] = {"empty", "nobody has it", "没有任何人"},
    [HINT_NEARLY_ALL] = {"nearly_all", "nearly everybody has it: it tells nobody apart", "几乎人人都有,缺乏区分度"},
    [HINT_UNUSED] = {"unused", "nobody has used it for 90 days", "90 天没有人使用"},
    [HINT_NEAR_COPY] = {"near_copy", NULL, NULL},
    [HINT_RESTLESS] = {"restless", "more than a fifth of it changes every day", "每天有五分之一以上的人变动"},
    [HINT_STILL] = {"still", "nothing has changed for 30 days", "30 天没有变动"},
    [HINT_NO_OWNER] = {"no_owner", "nobody owns it", "没有负责人"},
};

static const char *const uses_zh[AUDIENCE_USE_COUNT] = {"查看成员", "测算", "分析", "导出", "推送", "变更订阅"};

struct health_definition {
    uint32_t number;
    struct bytes name, label_zh, label_en;
    enum audience_state state;
    bool has_owner, is_counted;
    uint32_t set; /* of the survey; of one that isn't counted none */
    uint64_t people;
    uint32_t named_by;
    int32_t saved_day, used_day; /* AUDIENCE_NEVER */
    enum audience_use used_by;
    uint64_t moves;      /* of the last days */
    uint32_t moves_days; /* how many of them were counted, of at most MOVES_DAYS */
    int32_t moved_day;   /* the last one on which anybody moved; AUDIENCE_NEVER */
};

struct health_finding {
    size_t of; /* a definition */
    enum health_hint hint;
    size_t with; /* of HINT_NEAR_COPY */
    double jaccard;
};

struct health_survey {
    struct audience_costs costs; /* of `list`, place by place */
    enum audience_kind kind;
    int32_t today;
    uint64_t everybody;
    struct health_definition *list;
    size_t count;
    const struct health_definition **by_people;
    struct health_finding *findings; /* by definition */
    size_t finding_count;
};

/* --- looked up, on the engine's thread --- */

/* Of those of one day the last sort counts: an export says more than a look. */
static void uses_look(const struct view *v, struct health_definition *d)
{
    struct audience_uses uses = audience_uses_of(v, d->number);
    d->used_day = AUDIENCE_NEVER;
    for (size_t i = 0; i < AUDIENCE_USE_COUNT; i++) {
        if (uses.days[i] < d->used_day)
            continue;
        d->used_day = uses.days[i];
        d->used_by = (enum audience_use)i;
    }
}

/* Whole days, so not today; edits don't count. */
static void moves_look(const struct view *v, struct health_definition *d, int32_t today)
{
    struct growth_day day;
    d->moved_day = AUDIENCE_NEVER;
    for (int32_t from = today - MOVES_DAYS; growth_next(v, d->number, from, &day) && day.day < today;
         from = day.day + 1) {
        uint64_t moves = 0;
        for (uint32_t move = 0; move < GROWTH_MOVES; move++)
            for (uint32_t cause = 0; cause < GROWTH_CAUSES; cause++)
                moves += cause == CAUSE_SWITCH ? 0 : day.moves[move][cause];
        d->moves += moves;
        d->moves_days = d->moves_days > 0 ? d->moves_days : (uint32_t)(today - day.day);
        d->moved_day = moves > 0 ? day.day : d->moved_day;
    }
}

static void definition_look(struct survey *s, const struct view *v, const struct audience *a,
                            struct health_definition *out)
{
    const struct health_survey *q = s->own;
    struct bitmap *people = a->rule == RULE_NONE ? NULL : rule_set_known(v, a->rule);
    *out = (struct health_definition){.number = a->number,
                                      .name = arena_copy(s->arena, a->name),
                                      .label_zh = arena_copy(s->arena, a->label_zh),
                                      .label_en = arena_copy(s->arena, a->label_en),
                                      .state = audience_state(a),
                                      .has_owner = a->owner.size > 0,
                                      .is_counted = people != NULL,
                                      .set = s->set_count,
                                      .saved_day = calendar_day_of(v, a->saved_us)};
    if (people != NULL) {
        out->people = bitmap_count(people);
        survey_set_take(s, people);
    }
    for (uint32_t n = audience_namer_next(v, a->number, 0); n != 0; n = audience_namer_next(v, a->number, n))
        out->named_by++;
    uses_look(v, out);
    moves_look(v, out, q->today);
}

static const struct problem *health_open(struct survey *s, const struct view *v)
{
    struct health_survey *q = s->own;
    struct bitmap *everybody = rule_everybody(v);
    struct audience a;
    q->today = calendar_day_of(v, v->now_us);
    q->everybody = everybody == NULL ? 0 : bitmap_count(everybody);
    bitmap_destroy(everybody);
    q->list = ARENA_ARRAY(s->arena, struct health_definition, AUDIENCE_MAX);
    q->count = 0;
    q->costs.list = ARENA_ARRAY(s->arena, struct audience_cost, AUDIENCE_MAX);
    for (struct bytes after = BYTES_NONE; q->count < AUDIENCE_MAX && audience_next(v, q->kind, after, &a);
         after = a.name) {
        q->costs.list[q->count].rule = a.rule;
        definition_look(s, v, &a, &q->list[q->count++]);
    }
    q->costs.count = q->count;
    audience_costs_open(s, v, &q->costs);
    return NULL;
}

/* --- judged --- */

static void find(struct health_survey *q, struct health_finding finding)
{
    if (q->finding_count < FINDINGS_MAX)
        q->findings[q->finding_count++] = finding;
}

static double changes_a_day(const struct health_definition *d)
{
    return d->moves_days == 0 ? 0 : (double)d->moves / d->moves_days;
}

static bool is_unused(const struct health_survey *q, const struct health_definition *d)
{
    int32_t since = d->used_day > d->saved_day ? d->used_day : d->saved_day;
    return d->named_by == 0 && q->today - since >= UNUSED_DAYS;
}

static void definition_judge(struct health_survey *q, size_t i)
{
    const struct health_definition *d = &q->list[i];
    double coverage = q->everybody == 0 ? 0 : (double)d->people / (double)q->everybody;
    const bool holds[HINT_COUNT] = {
        [HINT_REFUSED] = d->state == AUDIENCE_REFUSED,
        [HINT_GATHERING] = d->state == AUDIENCE_GATHERING && q->today - d->saved_day > 1,
        [HINT_EMPTY] = d->is_counted && d->people == 0,
        [HINT_NEARLY_ALL] = q->everybody >= NEAR_PEOPLE_LEAST && coverage >= NEARLY_ALL,
        [HINT_UNUSED] = is_unused(q, d),
        [HINT_RESTLESS] = d->people >= NEAR_PEOPLE_LEAST && changes_a_day(d) > RESTLESS_SHARE * (double)d->people,
        [HINT_STILL] = d->people > 0 && d->moves_days >= STILL_DAYS && d->moves == 0,
        [HINT_NO_OWNER] = !d->has_owner,
    };
    for (size_t hint = 0; hint < HINT_COUNT; hint++)
        if (holds[hint])
            find(q, (struct health_finding){.of = i, .hint = (enum health_hint)hint});
}

static int by_people(const void *a, const void *b)
{
    const struct health_definition *const *x = a, *const *y = b;
    return ((*x)->people > (*y)->people) - ((*x)->people < (*y)->people);
}

static double jaccard_of(const struct survey *s, const struct health_definition *a, const struct health_definition *b)
{
    struct bitmap_span all = bitmap_span_of(UINT64_C(1) << 32);
    const struct bitmap *with = s->sets[b->set];
    uint64_t both;
    bitmap_overlaps(s->sets[a->set], &with, 1, &all, &both);
    return (double)both / (double)(a->people + b->people - both);
}

/* Only those of nearly as many people can be nearly the same. */
static fallible copies_find(struct survey *s, struct err *e)
{
    struct health_survey *q = s->own;
    size_t compared = 0;
    for (size_t i = 0; i < q->count; i++) {
        const struct health_definition *a = q->by_people[i];
        for (size_t k = i + 1; a->is_counted && a->people >= NEAR_PEOPLE_LEAST && k < q->count; k++) {
            const struct health_definition *b = q->by_people[k];
            if ((double)a->people < NEAR_JACCARD * (double)b->people || compared == NEAR_PAIRS_MAX)
                break;
            compared++;
            double jaccard = b->is_counted ? jaccard_of(s, a, b) : 0;
            if (jaccard >= NEAR_JACCARD)
                find(q, (struct health_finding){(size_t)(a - q->list), HINT_NEAR_COPY, (size_t)(b - q->list), jaccard});
        }
        if (atomic_load(&s->is_cancelled))
            return FAIL(e, CANCELLED, "the question was cancelled");
        atomic_store(&s->read, i + 1);
    }
    return DONE;
}

static int by_definition(const void *a, const void *b)
{
    const struct health_finding *x = a, *y = b;
    if (x->of != y->of)
        return x->of < y->of ? -1 : 1;
    return x->hint != y->hint ? (x->hint < y->hint ? -1 : 1) : (x->with > y->with) - (x->with < y->with);
}

static fallible health_work(struct survey *s, struct err *e)
{
    struct health_survey *q = s->own;
    q->findings = ARENA_ARRAY(s->arena, struct health_finding, FINDINGS_MAX);
    q->finding_count = 0;
    q->by_people = ARENA_ARRAY(s->arena, const struct health_definition *, q->count + 1);
    atomic_store(&s->total, q->count);
    for (size_t i = 0; i < q->count; i++) {
        q->by_people[i] = &q->list[i];
        definition_judge(q, i);
    }
    qsort(q->by_people, q->count, sizeof *q->by_people, by_people);
    TRY(copies_find(s, e));
    TRY(audience_costs_sample(s, &q->costs, e));
    qsort(q->findings, q->finding_count, sizeof *q->findings, by_definition);
    return DONE;
}

/* --- told --- */

static struct bytes hint_text(const struct health_survey *q, const struct health_finding *f, struct arena *a,
                              bool in_chinese)
{
    const char *sentence = in_chinese ? hints[f->hint].zh : hints[f->hint].en;
    if (f->hint != HINT_NEAR_COPY)
        return bytes_of_text(sentence);
    const struct health_definition *with = &q->list[f->with];
    return bytes_of_text(arena_printf(a, in_chinese ? "与 %.*s 几乎相同(%.0f%%)" : "nearly the same as %.*s (%.0f %%)",
                                      BYTES_ARG(with->name), f->jaccard * 100));
}

/* What was found of one, in a sentence. */
static struct bytes hints_text(const struct health_survey *q, size_t of, struct arena *a, bool in_chinese)
{
    const char *all = "";
    for (size_t i = 0; i < q->finding_count; i++) {
        if (q->findings[i].of != of)
            continue;
        struct bytes text = hint_text(q, &q->findings[i], a, in_chinese);
        all = arena_printf(a, "%s%s%.*s", all, all[0] == 0 ? "" : in_chinese ? ";" : "; ", BYTES_ARG(text));
    }
    return bytes_of_text(all);
}

/* null: it is no answer yet, or nobody was there to be measured by. */
static void cost_put(const struct survey *s, const struct audience_costs *costs, const struct audience_cost *cost,
                     struct json_writer *w)
{
    const double figures[] = {audience_looks_a_day(s, cost), audience_turns_a_day(s, cost),
                              audience_cpu_ms_a_day(s, cost), audience_bytes(costs, cost)};
    for (size_t i = 0; i < COUNT_OF(figures); i++)
        if (cost->rule == RULE_NONE || (i >= 2 && cost->look_count == 0))
            json_put_null(w);
        else
            json_put_double(w, i == 2 ? round(figures[i] * 1000) / 1000 : round(figures[i]));
}

static void row_put(const struct survey *s, size_t i, struct json_writer *w)
{
    const struct health_survey *q = s->own;
    const struct health_definition *d = &q->list[i];
    struct arena *a = s->arena;
    char text[DAY_TEXT_BYTES];
    json_array_begin(w);
    json_put_string(w, d->name);
    json_put_string(w, d->label_en.size > 0 ? d->label_en : d->label_zh);
    json_put_string(w, d->label_zh.size > 0 ? d->label_zh : d->label_en);
    if (d->is_counted)
        json_put_uint64(w, d->people);
    else
        json_put_null(w);
    answer_share(w, (double)d->people, d->is_counted ? (double)q->everybody : 0);
    if (d->moves_days > 0)
        json_put_double(w, changes_a_day(d));
    else
        json_put_null(w);
    json_put_uint64(w, d->named_by);
    put_text(w, d->used_day == AUDIENCE_NEVER ? NULL : day_text(d->used_day, text));
    put_text(w, d->used_day == AUDIENCE_NEVER ? NULL : audience_use_names[d->used_by]);
    put_text(w, d->used_day == AUDIENCE_NEVER ? NULL : uses_zh[d->used_by]);
    json_put_string(w, hints_text(q, i, a, false));
    json_put_string(w, hints_text(q, i, a, true));
    cost_put(s, &q->costs, &q->costs.list[i], w);
    json_array_end(w);
}

static void findings_put(const struct health_survey *q, struct json_writer *w)
{
    json_key(w, "findings");
    json_array_begin(w);
    for (size_t i = 0; i < q->finding_count; i++) {
        const struct health_finding *f = &q->findings[i];
        json_object_begin(w);
        member_bytes(w, "name", q->list[f->of].name);
        member_text(w, "hint", hints[f->hint].name);
        if (f->hint == HINT_NEAR_COPY) {
            member_bytes(w, "with", q->list[f->with].name);
            json_key(w, "jaccard");
            json_put_double(w, f->jaccard);
        }
        json_object_end(w);
    }
    json_array_end(w);
}

static fallible health_print(struct survey *s, struct json_writer *w, struct err *e)
{
    static const struct answer_column columns[] = {{"name", "Name", "名称", "text"},
                                                   {"label", "Label", "说明", "text"},
                                                   {"label_zh", "Label", "说明", "text"},
                                                   {"people", "People", "人数", "number"},
                                                   {"coverage", "Coverage", "覆盖率", "share"},
                                                   {"changes_a_day", "Changes a day", "每日变动", "number"},
                                                   {"named_by", "Named by", "被引用", "number"},
                                                   {"last_used", "Last used", "最近使用", "time"},
                                                   {"used_by", "by", "用途", "text"},
                                                   {"used_by_zh", "by", "用途", "text"},
                                                   {"hints", "To look at", "提示", "text"},
                                                   {"hints_zh", "To look at", "提示", "text"},
                                                   {"evaluations_a_day", "Evaluations a day", "每日求值", "number"},
                                                   {"turns_a_day", "by time", "其中因时间", "number"},
                                                   {"cpu_ms_a_day", "CPU ms a day", "每日 CPU 毫秒", "number"},
                                                   {"bytes", "Bytes kept", "占用字节", "number"}};
    const struct health_survey *q = s->own;
    (void)e;
    member_text(w, "kind", audience_kind_names[q->kind]);
    member_uint(w, "people", q->everybody);
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t i = 0; i < q->count; i++)
        row_put(s, i, w);
    json_array_end(w);
    findings_put(q, w);
    audience_costs_put(&q->costs, w);
    return DONE;
}

/* --- asked --- */

static bool kind_read(struct bytes text, enum audience_kind *out_kind)
{
    for (size_t kind = 0; kind < AUDIENCE_KIND_COUNT; kind++) {
        if (!bytes_equal(text, bytes_of_text(audience_kind_names[kind])))
            continue;
        *out_kind = (enum audience_kind)kind;
        return true;
    }
    *out_kind = AUDIENCE_TAG;
    return text.size == 0;
}

void api_audience_health(struct request *r)
{
    static const struct survey_kind kind = {
        .question = "health", .open = health_open, .work = health_work, .print = health_print};
    enum audience_kind of;
    struct err e = {0};
    if (!kind_read(http_query(r->x, "kind"), &of)) {
        request_failed(r, FAIL(&e, INVALID, "kind: want tag or segment"), &e);
        return;
    }
    struct survey *s = survey_create(r, &kind);
    struct health_survey *q = ARENA_NEW(s->said, struct health_survey);
    *q = (struct health_survey){.kind = of};
    s->own = q;
    survey_ask(r, s);
}
