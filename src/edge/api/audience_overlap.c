/* How tags and segments overlap, two by two and in every combination. */
#include "domain/analytics/analytics.h"
#include "edge/api/api.h"
#include "edge/api/audience_survey.h"
#include "lib/bitmap.h"
#include "lib/overlap.h"

#define TOP_USUAL 20u
#define TOP_MAX 100u
static_assert(OVERLAP_SETS_MAX == SURVEY_NAMED_MAX, "as many as a survey is asked about");

struct overlap_set {
    struct bytes text; /* as it was asked for */
    struct survey_ref ref;
    struct bytes label_zh, label_en;
};

struct overlap_survey {
    uint32_t count;
    struct overlap_set sets[OVERLAP_SETS_MAX];
    uint64_t top;
    struct overlap *overlap;
};

/* --- counted --- */

/* Of a value of a tag both. */
static struct bytes label_of(struct arena *a, struct bytes label, struct bytes value)
{
    return label.size == 0 || value.size == 0
               ? arena_copy(a, label)
               : bytes_of_text(arena_printf(a, "%.*s: %.*s", BYTES_ARG(label), BYTES_ARG(value)));
}

static const struct problem *overlap_open(struct survey *s, const struct view *v)
{
    struct overlap_survey *q = s->own;
    const struct problem *problem = NULL;
    for (uint32_t i = 0; i < q->count && problem == NULL; i++) {
        struct audience a = {.number = 0};
        problem = survey_set_add(s, v, &q->sets[i].ref, &a);
        q->sets[i].label_zh = label_of(s->arena, a.label_zh, q->sets[i].ref.value);
        q->sets[i].label_en = label_of(s->arena, a.label_en, q->sets[i].ref.value);
    }
    return problem;
}

static fallible overlap_work(struct survey *s, struct err *e)
{
    struct overlap_survey *q = s->own;
    const struct bitmap *sets[OVERLAP_SETS_MAX];
    for (uint32_t i = 0; i < q->count; i++)
        sets[i] = s->sets[i];
    q->overlap = overlap_create(q->count);
    atomic_store(&s->total, BITMAP_KEYS);
    for (uint32_t key = 0; overlap_next(sets, q->count, &key); key++) {
        if (atomic_load(&s->is_cancelled))
            return FAIL(e, CANCELLED, "the question was cancelled");
        overlap_add(q->overlap, sets, key);
        atomic_store(&s->read, key);
    }
    return DONE;
}

static void overlap_free(struct survey *s)
{
    const struct overlap_survey *q = s->own;
    overlap_destroy(q->overlap);
}

/* --- told --- */

static void sets_put(const struct overlap_survey *q, const uint64_t *pairs, struct json_writer *w)
{
    json_key(w, "sets");
    json_array_begin(w);
    for (uint32_t i = 0; i < q->count; i++) {
        const struct overlap_set *set = &q->sets[i];
        json_object_begin(w);
        member_bytes(w, "set", set->text);
        member_text_or_null(w, "label_zh", set->label_zh);
        member_text_or_null(w, "label_en", set->label_en);
        member_uint(w, "people", pairs[i * q->count + i]);
        json_object_end(w);
    }
    json_array_end(w);
}

static struct bytes name_zh(const struct overlap_set *set)
{
    return set->label_zh.size > 0 ? set->label_zh : set->text;
}

static void pair_put(const struct overlap_survey *q, const uint64_t *pairs, uint32_t i, uint32_t j,
                     struct json_writer *w)
{
    uint64_t a = pairs[i * q->count + i], b = pairs[j * q->count + j], both = pairs[i * q->count + j];
    json_array_begin(w);
    json_put_string(w, q->sets[i].text);
    json_put_string(w, name_zh(&q->sets[i]));
    json_put_string(w, q->sets[j].text);
    json_put_string(w, name_zh(&q->sets[j]));
    answer_share(w, (double)both, i == j ? 0 : (double)(a + b - both)); /* with itself says nothing */
    json_put_uint64(w, both);
    answer_share(w, (double)both, (double)a);
    answer_share(w, (double)both, (double)b);
    json_array_end(w);
}

static void combinations_put(const struct overlap_survey *q, uint64_t any, struct json_writer *w)
{
    uint32_t top[TOP_MAX];
    size_t count = overlap_top(q->overlap, top, (size_t)q->top);
    json_key(w, "combinations");
    json_array_begin(w);
    for (size_t k = 0; k < count; k++) {
        json_object_begin(w);
        json_key(w, "sets");
        json_array_begin(w);
        for (uint32_t i = 0; i < q->count; i++)
            if ((top[k] >> i & 1) != 0)
                json_put_string(w, q->sets[i].text);
        json_array_end(w);
        member_uint(w, "people", overlap_of(q->overlap, top[k]));
        json_key(w, "share");
        answer_share(w, (double)overlap_of(q->overlap, top[k]), (double)any);
        json_object_end(w);
    }
    json_array_end(w);
}

static fallible overlap_print(struct survey *s, struct json_writer *w, struct err *e)
{
    static const struct answer_column columns[] = {{"set", "Tag or segment", "标签或人群", "text"},
                                                   {"set_zh", "Tag or segment", "标签或人群", "text"},
                                                   {"with", "With", "对比", "text"},
                                                   {"with_zh", "With", "对比", "text"},
                                                   {"jaccard", "Overlap (Jaccard)", "重叠度(Jaccard)", "share"},
                                                   {"both", "In both", "共同人数", "number"},
                                                   {"of_set", "Of the first", "占前者", "share"},
                                                   {"of_with", "Of the second", "占后者", "share"}};
    const struct overlap_survey *q = s->own;
    uint64_t pairs[OVERLAP_SETS_MAX * OVERLAP_SETS_MAX], any = overlap_any(q->overlap);
    (void)e;
    overlap_pairs(q->overlap, pairs);
    member_uint(w, "people", any);
    sets_put(q, pairs, w);
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < q->count; i++)
        for (uint32_t j = 0; j < q->count; j++)
            pair_put(q, pairs, i, j, w);
    json_array_end(w);
    combinations_put(q, any, w);
    return DONE;
}

/* --- asked --- */

static fallible set_read(struct survey *s, struct json item, struct err *e)
{
    struct overlap_survey *q = s->own;
    struct overlap_set *set = &q->sets[q->count];
    if (!json_is(item, JSON_STRING))
        return FAIL(e, INVALID, "want texts such as \"segment:vip\"");
    set->text = arena_copy(s->said, json_string(item));
    TRY(survey_ref_read(set->text, &set->ref, e));
    for (uint32_t i = 0; i < q->count; i++)
        if (bytes_equal(q->sets[i].text, set->text))
            return FAIL(e, INVALID, "'%.*s' is there twice", BYTES_ARG(set->text));
    q->count++;
    return DONE;
}

static fallible overlap_read(struct request *r, struct json root, struct err *e)
{
    struct survey *s = r->context;
    struct overlap_survey *q = s->own;
    struct json of = json_find(root, BYTES_LIT("of")), item;
    size_t count = json_count(of);
    q->top = TOP_USUAL;
    (void)json_uint64(json_find(root, BYTES_LIT("top")), &q->top);
    if (q->top > TOP_MAX)
        return FAIL(e, INVALID, "top: at most %u", TOP_MAX);
    if (count < 2 || count > OVERLAP_SETS_MAX)
        return FAIL(e, INVALID, "of: want 2 to %u tags and segments", OVERLAP_SETS_MAX);
    for (struct json_walk w = json_items(of); json_item_next(&w, &item);)
        TRY(WRAP(e, set_read(s, item, e), "of[%u]", q->count));
    return DONE;
}

void api_audience_overlap(struct request *r)
{
    static const struct survey_kind kind = {.question = "overlap",
                                            .open = overlap_open,
                                            .work = overlap_work,
                                            .print = overlap_print,
                                            .free = overlap_free};
    static const struct body_member members[] = {{"of", BODY_LIST, false}, {"top", BODY_COUNT, true}};
    struct survey *s = survey_create(r, &kind);
    s->own = ARENA_NEW(s->said, struct overlap_survey);
    *(struct overlap_survey *)s->own = (struct overlap_survey){.count = 0};
    r->context = s;
    if (body_read_by(r, BODY_MEMBERS(members), overlap_read))
        survey_ask(r, s);
    else
        survey_destroy(s);
}
