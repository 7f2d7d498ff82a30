#include "edge/api/audience_survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/brief.h"
#include "edge/api/study.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

#define SLICE_PEOPLE 128u  /* so that what they touch stays within what a reader may */
#define SLICE_US US_PER_MS /* of the engine's thread */
#define SLICE_BYTES_MAX ((size_t)8 << 20)
#define ARENA_BYTES 4096u

/* Some people being read. */
struct survey_slice {
    struct survey *survey;
    const struct survey_reader *reader;
    const uint32_t *people;
    size_t count, done; /* `done`: of whom something was taken, or who were passed over */
    size_t ends[SLICE_PEOPLE];
    struct buf taken;
};

/* --- on the engine's thread --- */

static void sets_drop(struct survey *s)
{
    for (uint32_t i = 0; i < s->set_count; i++)
        bitmap_destroy(s->sets[i]);
    s->set_count = s->used_count = 0;
}

static void sets_open(const struct view *v, void *context)
{
    struct survey *s = context;
    sets_drop(s); /* of a first run */
    arena_reset(s->arena);
    if (!s->keeps_awake)
        workspace_keep_awake(s->look.workspace);
    s->keeps_awake = true;
    s->now_us = v->now_us;
    s->problem = s->kind->open(s, v);
}

static void sets_close(const struct view *v, void *context)
{
    (void)v;
    sets_drop(context);
}

static void use_take(struct survey *s, const struct view *v, uint32_t number)
{
    assert(s->used_count < SURVEY_NAMED_MAX);
    if (audience_use_is_new(v, number, AUDIENCE_USE_SURVEY))
        s->used[s->used_count++] = number;
}

const struct problem *survey_set_add(struct survey *s, const struct view *v, const struct survey_ref *ref,
                                     struct audience *out_audience)
{
    struct audience a;
    if (!audience_find(v, ref->kind, ref->name, &a) || !scope_sees_audience(&s->token, v, a.brand))
        return &problem_no_audience;
    if (a.rule == RULE_NONE)
        return &problem_no_answer;
    if (out_audience != NULL)
        *out_audience = a;
    struct bitmap *set = audience_set(v, &a, ref->value);
    if (set == NULL)
        return &problem_which_value;
    survey_set_take(s, set);
    use_take(s, v, a.number);
    return NULL;
}

void survey_set_take(struct survey *s, struct bitmap *set)
{
    assert(set != NULL);
    if (s->set_count == s->set_room) {
        s->set_room = s->set_room == 0 ? SURVEY_NAMED_MAX : s->set_room * 2;
        s->sets = realloc(s->sets, s->set_room * sizeof *s->sets);
        if (s->sets == NULL)
            abort();
    }
    s->sets[s->set_count++] = set;
}

/* As much of a slice as its time allows; begins anew when something was cold. */
static void slice_read(const struct view *v, void *context)
{
    struct survey_slice *c = context;
    int64_t begin_us = time_monotonic_us();
    buf_clear(&c->taken);
    for (c->done = 0; c->done < c->count; c->done++) {
        uint32_t person = c->people[c->done];
        if (c->done > 0 && time_monotonic_us() - begin_us > SLICE_US)
            break;
        if (identity_living(v, person) == person && scope_sees_person(&c->survey->token, v, person))
            c->reader->take(c->survey, v, person, &c->taken);
        c->ends[c->done] = c->taken.size;
    }
}

/* --- on a thread of studies --- */

static void slice_keep(struct survey_slice *c)
{
    struct bytes all = buf_bytes(&c->taken);
    size_t from = 0;
    for (size_t i = 0; i < c->done; from = c->ends[i++])
        if (c->ends[i] > from)
            c->reader->keep(c->survey, c->people[i], bytes_slice(all, from, c->ends[i]));
}

fallible survey_read(struct survey *s, const struct survey_reader *reader, const uint32_t *people, size_t count,
                     struct err *e)
{
    struct survey_slice *c = s->slice;
    *c = (struct survey_slice){.survey = s, .reader = reader, .taken = c->taken};
    for (size_t i = 0; i < count; i += c->done) {
        c->people = people + i;
        c->count = count - i < SLICE_PEOPLE ? count - i : SLICE_PEOPLE;
        if (atomic_load(&s->is_cancelled))
            return FAIL(e, CANCELLED, "the question was cancelled");
        TRY(study_look(&s->look, slice_read, c, e));
        if (c->taken.overflowed)
            return FAIL(e, LIMIT, "what is known of some people is too long to be read at once");
        slice_keep(c);
        atomic_fetch_add(&s->read, c->done);
    }
    return DONE;
}

void survey_take_brief(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    put_brief(&s->look, v, person, &w);
    json_object_end(&w);
}

/* Some members behind the k-th of `wanted`, which are spread evenly; both are at most 2^32. */
static size_t spread_list(const struct bitmap *set, uint64_t k, uint64_t wanted, uint32_t out_people[SLICE_PEOPLE])
{
    uint64_t members = bitmap_count(set);
    size_t count = 0;
    for (; count < SLICE_PEOPLE && k < wanted; k++)
        count += bitmap_select(set, k * members / wanted, &out_people[count]);
    return count;
}

fallible survey_read_set(struct survey *s, const struct survey_reader *reader, const struct bitmap *set, uint64_t max,
                         struct err *e)
{
    uint32_t people[SLICE_PEOPLE];
    uint64_t members = bitmap_count(set), wanted = members < max ? members : max;
    size_t count = 0;
    for (uint64_t k = 0; k < wanted; k += count) {
        count = wanted < members ? spread_list(set, k, wanted, people)
                                 : bitmap_list(set, k == 0 ? 0 : people[count - 1] + 1, people, SLICE_PEOPLE);
        TRY(survey_read(s, reader, people, count, e));
    }
    return DONE;
}

/* --- the study: each function has its place in study.h --- */

static fallible survey_load(void *own, struct err *e)
{
    (void)own, (void)e;
    return DONE;
}

static fallible work_do(struct survey *s, struct err *e)
{
    TRY(study_look(&s->look, sets_open, s, e));
    if (s->problem != NULL)
        return FAIL(e, NOT_FOUND, "%s", s->problem->title);
    return s->kind->work(s, e);
}

/* One thread does it: the engine's is what it waits for most. */
static void survey_work(void *own)
{
    struct survey *s = own;
    if (atomic_flag_test_and_set(&s->is_taken))
        return;
    s->status = work_do(s, &s->error);
    for (uint32_t i = 0; done(s->status) && i < s->used_count; i++)
        audience_use_note(&s->look, s->used[i], AUDIENCE_USE_SURVEY, true);
    if (!study_give_back(&s->look, sets_close, s))
        s->set_count = 0;
}

static void survey_conclude(void *own)
{
    (void)own;
}

static void survey_cancel(void *own)
{
    struct survey *s = own;
    atomic_store(&s->is_cancelled, true);
}

static double survey_progress(const void *own)
{
    const struct survey *s = own;
    uint64_t read = atomic_load(&s->read), total = atomic_load(&s->total);
    return total == 0 ? 0 : read >= total ? 1 : (double)read / (double)total;
}

static fallible survey_print(void *own, struct json_writer *w, struct err *e)
{
    struct survey *s = own;
    if (failed(s->status)) {
        *e = s->error;
        return s->status;
    }
    member_text(w, "question", s->kind->question);
    member_time(w, "as_of_time", s->now_us);
    return s->kind->print(s, w, e);
}

static void survey_free(void *own)
{
    struct survey *s = own;
    assert(s->set_count == 0);
    if (s->kind->free != NULL)
        s->kind->free(s);
    if (s->keeps_awake)
        workspace_let_sleep(s->look.workspace);
    catalogue_give(s->look.catalogue);
    buf_fini(&s->slice->taken);
    free(s->slice);
    free(s->sets);
    arena_destroy(s->said);
    arena_destroy(s->arena);
    free(s);
}

static const struct study_kind survey_study = {.load = survey_load,
                                               .work = survey_work,
                                               .cancel = survey_cancel,
                                               .progress = survey_progress,
                                               .conclude = survey_conclude,
                                               .print = survey_print,
                                               .free = survey_free};

/* --- the request --- */

struct survey *survey_create(struct request *r, const struct survey_kind *kind)
{
    struct survey *s = calloc(1, sizeof *s);
    struct survey_slice *slice = calloc(1, sizeof *slice);
    if (s == NULL || slice == NULL)
        abort();
    s->kind = kind;
    s->token = *r->token;
    s->look = (struct request){.door = r->door,
                               .route = r->route,
                               .workspace = r->workspace,
                               .catalogue = catalogue_take(r->workspace),
                               .token = &s->token};
    s->said = arena_create(ARENA_BYTES);
    s->arena = arena_create(ARENA_BYTES);
    s->slice = slice;
    atomic_flag_clear(&s->is_taken);
    buf_init(&slice->taken, SLICE_BYTES_MAX);
    return s;
}

void survey_destroy(struct survey *s)
{
    survey_free(s);
}

static void survey_look(const struct view *v, void *context)
{
    struct request *r = context;
    sets_open(v, r->context);
}

/* On the engine's thread: what is wrong is said at once. */
static void survey_begin(struct request *r)
{
    struct survey *s = r->context;
    struct err e = {0};
    int64_t wait_us;
    sets_drop(s);
    struct status status = study_wait_read(r, &wait_us, &e);
    if (done(status) && s->problem == NULL) {
        status = studies_put(r, &survey_study, s, wait_us, &e);
        if (done(status))
            return;
    }
    const struct problem *problem = s->problem;
    survey_free(s);
    if (problem != NULL)
        request_problem(r, problem);
    else
        request_failed(r, status, &e);
}

void survey_ask(struct request *r, struct survey *s)
{
    r->context = s;
    request_read(r, survey_look, survey_begin);
}

/* --- whom it is of --- */

fallible survey_ref_read(struct bytes text, struct survey_ref *out_ref, struct err *e)
{
    for (size_t kind = 0; kind < AUDIENCE_KIND_COUNT; kind++) {
        struct bytes word = bytes_of_text(audience_kind_names[kind]);
        if (!bytes_starts_with(text, word) || text.size <= word.size + 1 || text.data[word.size] != ':')
            continue;
        struct bytes rest = bytes_slice(text, word.size + 1, text.size);
        const uint8_t *equals = kind == AUDIENCE_TAG ? memchr(rest.data, '=', rest.size) : NULL;
        size_t end = equals == NULL ? rest.size : (size_t)(equals - rest.data);
        *out_ref = (struct survey_ref){(enum audience_kind)kind, bytes_slice(rest, 0, end),
                                       bytes_slice(rest, equals == NULL ? end : end + 1, rest.size)};
        return DONE;
    }
    return FAIL(e, INVALID, "'%.*s' is none: want segment:NAME, tag:NAME or tag:NAME=VALUE", BYTES_ARG(text));
}
