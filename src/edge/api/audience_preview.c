#include "edge/api/audience_preview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/order.h"
#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_recount.h"
#include "edge/api/explain_words.h"
#include "edge/api/study.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

#define SAMPLE_USUAL 10u
#define SAMPLE_MAX 100u
#define VALUES_MAX 1000u /* that are told apart: those that come first, by number of person */
#define VALUES_TOLD 20u
#define HIDDEN "…"

struct sample {
    uint64_t rank; /* of a hash of the number: those of the lowest ranks are drawn */
    uint32_t person;
    struct bytes value;
};
struct counted {
    struct bytes value;
    uint64_t people;
};
/* What nobody keeps of people yet, in words of the survey's arena. */
struct gathered {
    const char *en, *zh;
};
struct preview {
    struct audience_recount recount;
    struct audience said;
    enum rule_type type;
    int64_t read_us; /* how long the work took */
    uint64_t events; /* that were to be read */
    uint64_t everybody, count;
    uint64_t sample_max;
    size_t sample_count;
    struct sample sample[SAMPLE_MAX]; /* by rank, and by number to be told */
    size_t value_count;
    struct counted values[VALUES_MAX]; /* by value, and by people to be told */
    size_t gathers_count;
    struct gathered gathers[PROGRAM_FEATURES_MAX];
    size_t printed;
    struct json_writer *out;
    bool stands;
};

/* --- who is found --- */

static void sample_add(struct preview *q, uint32_t person, struct bytes value)
{
    uint64_t rank = hash64((struct bytes){(const uint8_t *)&person, sizeof person}, 0);
    size_t at = q->sample_count;
    while (at > 0 && q->sample[at - 1].rank > rank)
        at--;
    if (at == q->sample_max)
        return;
    q->sample_count += q->sample_count < q->sample_max;
    memmove(&q->sample[at + 1], &q->sample[at], (q->sample_count - at - 1) * sizeof *q->sample);
    q->sample[at] = (struct sample){rank, person, arena_copy(q->recount.survey->said, value)};
}

static void value_add(struct preview *q, struct bytes value)
{
    size_t low = 0, high = q->value_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(q->values[middle].value, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < q->value_count && bytes_equal(q->values[low].value, value)) {
        q->values[low].people++;
        return;
    }
    if (q->value_count == VALUES_MAX)
        return;
    memmove(&q->values[low + 1], &q->values[low], (q->value_count - low) * sizeof *q->values);
    q->values[low] = (struct counted){arena_copy(q->recount.survey->said, value), 1};
    q->value_count++;
}

static void preview_found(struct audience_recount *c, uint32_t person, struct bytes value)
{
    struct preview *q = (struct preview *)c;
    q->count++;
    if (q->sample_max > 0)
        sample_add(q, person, value);
    if (q->type != RULE_TRUTH)
        value_add(q, value);
}

static void stands_look(const struct view *v, void *context)
{
    struct preview *q = context;
    q->stands = rule_recount_stands(v, q->recount.recount);
}

static fallible preview_work(struct survey *s, struct err *e)
{
    struct preview *q = s->own;
    int64_t begin_us = time_monotonic_us();
    q->events = rule_recount_events(q->recount.recount);
    q->everybody = bitmap_count(s->sets[0]);
    TRY(audience_recount_work(&q->recount, e));
    TRY(study_look(&s->look, stands_look, q, e));
    q->read_us = time_monotonic_us() - begin_us;
    return q->stands ? DONE
                     : FAIL(e, UNAVAILABLE, "a tag or segment that it shares something with was changed meanwhile");
}

/* --- told --- */

static int by_people(const void *x, const void *y)
{
    const struct counted *a = x, *b = y;
    ORDER_BY(b->people, a->people);
    ORDER_BY_BYTES(a->value, b->value);
    return 0;
}

static int by_person(const void *x, const void *y)
{
    const struct sample *a = x, *b = y;
    ORDER_BY(a->person, b->person);
    return 0;
}

/* Of a token that doesn't see everybody none. */
static void put_count(const struct preview *q, const char *key, uint64_t count, struct json_writer *w)
{
    json_key(w, key);
    if (scope_is_limited(&q->recount.survey->token))
        json_put_null(w);
    else
        json_put_uint64(w, count);
}

static void put_values(struct preview *q, struct json_writer *w)
{
    const struct request *look = &q->recount.survey->look;
    bool is_told = q->type != RULE_TRUTH && !scope_is_limited(look->token) && audience_value_is_told(look, q->type);
    size_t count = !is_told ? 0 : q->value_count < VALUES_TOLD ? q->value_count : VALUES_TOLD;
    qsort(q->values, q->value_count, sizeof *q->values, by_people);
    json_key(w, "values");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        json_key(w, "value");
        value_put(w, q->values[i].value);
        member_uint(w, "people", q->values[i].people);
        json_object_end(w);
    }
    json_array_end(w);
}

static void brief_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct preview *q = s->own;
    while (q->sample[q->printed].person != person)
        q->printed++;
    json_object_begin(q->out);
    json_key(q->out, "person");
    json_put_raw(q->out, taken);
    json_key(q->out, "value");
    if (audience_value_is_told(&s->look, q->type))
        value_put(q->out, q->sample[q->printed].value);
    else
        json_put_null(q->out);
    json_object_end(q->out);
}

static fallible put_sample(struct preview *q, struct json_writer *w, struct err *e)
{
    static const struct survey_reader briefs = {survey_take_brief, brief_keep};
    uint32_t people[SAMPLE_MAX];
    qsort(q->sample, q->sample_count, sizeof *q->sample, by_person);
    for (size_t i = 0; i < q->sample_count; i++)
        people[i] = q->sample[i].person;
    q->out = w;
    json_key(w, "sample");
    json_array_begin(w);
    struct status status = survey_read(q->recount.survey, &briefs, people, q->sample_count, e);
    json_array_end(w);
    return status;
}

/* What nobody keeps of people yet is gathered when it is saved: the preview has read the same. */
static void put_saving(const struct preview *q, struct json_writer *w)
{
    bool reads = q->gathers_count > 0, is_hidden = is_masked(&q->recount.survey->look);
    json_key(w, "saving");
    json_object_begin(w);
    json_key(w, "gathers");
    json_array_begin(w);
    for (size_t i = 0; i < q->gathers_count; i++) {
        json_object_begin(w);
        member_text(w, "en", is_hidden ? HIDDEN : q->gathers[i].en);
        member_text(w, "zh", is_hidden ? HIDDEN : q->gathers[i].zh);
        json_object_end(w);
    }
    json_array_end(w);
    put_count(q, "events", reads ? q->events : 0, w);
    json_key(w, "seconds");
    json_put_double(w, reads ? ceil((double)q->read_us / (double)(US_PER_SECOND / 10)) / 10 : 0);
    json_object_end(w);
}

static fallible preview_print(struct survey *s, struct json_writer *w, struct err *e)
{
    struct preview *q = s->own;
    member_text(w, "kind", audience_kind_names[q->said.kind]);
    member_text(w, "type", rule_type_names[q->type]);
    put_count(q, "count", q->count, w);
    put_count(q, "everybody", q->everybody, w);
    put_values(q, w);
    put_saving(q, w);
    if (q->sample_count > 0)
        request_note_read(&s->look, s->look.route->path, PERSON_NONE);
    return put_sample(q, w, e);
}

/* --- asked --- */

static const struct problem problem_no_preview = {.status = 400,
                                                  .slug = "no-preview",
                                                  .title = "It can't be previewed",
                                                  .detail = "What it asks of people is known once it is saved."};

static void gathers_note(struct preview *q, const struct view *v, const struct rule_recount *recount)
{
    struct civil *civil = calendar_civil(v);
    const struct explain_words en = {.arena = q->recount.survey->said, .civil = civil};
    const struct explain_words zh = {.arena = en.arena, .civil = civil, .in_chinese = true};
    const struct feature *f;
    q->gathers_count = 0;
    while ((f = rule_recount_ungathered(recount, q->gathers_count)) != NULL) {
        assert(q->gathers_count < COUNT_OF(q->gathers));
        q->gathers[q->gathers_count++] = (struct gathered){.en = explain_gathered(&en, v, f),
                                                           .zh = explain_gathered(&zh, v, f)};
    }
    civil_destroy(civil);
}

static const struct problem *preview_open(struct survey *s, const struct view *v)
{
    struct preview *q = s->own;
    struct audience_names names;
    struct bytes text;
    struct rule_recount *recount = NULL;
    audience_recount_drop(&q->recount);
    audience_names_init(&names, v, &q->said);
    if (failed(audience_expand(&names, &q->said, v->arena, &text, NULL)))
        return &problem_no_preview;
    const struct rule_ask ask = {.brand = name_number(v, NAME_BRAND, q->said.brand),
                                 .is_condition = audience_is_condition(q->said.kind, text, v->arena),
                                 .text = text};
    if (failed(rule_recount_try(v, &ask, workspace_surroundings(s->look.workspace), &recount, NULL)))
        return &problem_no_preview;
    audience_recount_take(&q->recount, v, recount);
    gathers_note(q, v, recount);
    q->type = rule_recount_type(v, recount);
    return NULL;
}

static void preview_free(struct survey *s)
{
    audience_recount_fini(s->own);
}

static struct audience said_copy(const struct audience *said, struct arena *a)
{
    struct audience copy = *said;
    struct bytes *const texts[] = {&copy.name,  &copy.label_zh, &copy.label_en, &copy.owner,
                                   &copy.about, &copy.brand,    &copy.category, &copy.until,
                                   &copy.text,  &copy.levels,   &copy.members};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = arena_copy(a, *texts[i]);
    return copy;
}

void audience_preview(struct request *r, const struct audience *said)
{
    static const struct survey_kind kind = {.question = "preview",
                                            .open = preview_open,
                                            .work = preview_work,
                                            .print = preview_print,
                                            .free = preview_free};
    struct survey *s = survey_create(r, &kind);
    struct preview *q = ARENA_NEW(s->said, struct preview);
    struct err e = {0};
    audience_recount_init(&q->recount, s, preview_found);
    q->said = said_copy(said, s->said);
    s->own = q;
    struct status status = query_number(r, "sample", SAMPLE_USUAL, SAMPLE_MAX, &q->sample_max, &e);
    if (done(status)) {
        survey_ask(r, s);
        return;
    }
    survey_destroy(s);
    request_failed(r, status, &e);
}
