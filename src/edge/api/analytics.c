/* Questions about events: which there are, one that is asked, and the very people of a cell of its answer. A question is read on a
 * thread for them, looks at the state on the engine's thread, and is then a study (study.h). */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "domain/analytics/analytics.h"
#include "domain/calendar/calendar.h"
#include "edge/api/answer_people.h"
#include "edge/api/answer_traits.h"
#include "edge/api/api.h"
#include "edge/api/brief.h"
#include "edge/api/crowds.h"
#include "edge/api/person_facts.h"
#include "edge/api/predictions.h"
#include "edge/api/report_print.h"
#include "edge/api/study.h"
#include "edge/api/study_shelf.h"
#include "edge/mask.h"
#include "edge/scope.h"

#define PEOPLE_ASKED_MAX 50000u /* of the member "people" */
#define PEOPLE_A_READ 64u       /* so that what they touch stays within what a reader may */
#define PEOPLE_TOLD_USUAL 100u
#define PEOPLE_TOLD_MAX 1000u
#define PEOPLE_BYTES_MAX ((size_t)1 << 20) /* of PEOPLE_A_READ */
#define FOUND_MAX 1000000u                 /* people of a cell that pages can reach */
#define MEMORY_PART 2u                     /* of the workspace's budget, of a question while it is worked on */
#define MEMORY_BYTES_LEAST ((size_t)256 << 20)
#define ANSWER_BYTES_READ_MAX (16u << 20) /* of an answer whose people are named yet */
#define SHELF_PART 8u                     /* the same, of opened columns, kept for the next question */
#define SHELF_BYTES_LEAST ((size_t)64 << 20)

/* A question on its way; what its printers look at has no exchange. */
struct asking {
    struct request look;
    struct token token;
    struct arena *arena;
    struct json_parser *parser; /* of the body, whose bytes are in the arena: the question outlives the request */
    struct bytes body;          /* of the request, or what stands for it */
    const struct question_kind *kind;
    atomic_bool is_cancelled; /* by any thread */
    bool writes_traits;
    bool is_of_report;
    struct bytes report_name;
    struct report report; /* in the arena, once it was looked up; of no name: there is none */
    bool is_of_prediction;
    struct prediction_asked prediction;
    bool is_of_cell; /* it is about the people of a cell: */
    void *cell;
    uint64_t limit, after;
    /* Of the state. */
    struct person_ask *people_asked;
    size_t people_asked_count, people_read;
    uint32_t *people; /* ascending once all are read */
    size_t people_count;
    struct name_book *names;
    struct bytes zone;
    int64_t now_us;
    struct brands_seen brands;
    struct column_view *view;
    size_t budget_bytes;
    bool keeps_awake;
    struct study_shelf *shelf;
    /* While it is worked on. */
    struct question *question;
    struct thing_book *things; /* NULL: it asks nothing of them */
    struct crowd_book *crowds; /* NULL: it names no tag or segment */
    struct status crowds_status;
    struct err crowds_trouble;
    struct person_book *persons; /* the same */
    struct inquiry *inquiry;
    /* People of the cell on their way out. */
    const uint32_t *found;
    size_t found_count, told;
    struct buf people_json;
    struct json_parser *people_parser;
};

static void asking_free(void *own)
{
    struct asking *a = own;
    inquiry_close(a->inquiry); /* has the view once it is open */
    column_view_close(a->view);
    thing_book_destroy(a->things);
    crowd_book_destroy(a->crowds);
    question_close(a->question);
    person_book_destroy(a->persons);
    name_book_destroy(a->names);
    study_shelf_give(studies_shelves(door_studies(a->look.door)), a->shelf);
    if (a->keeps_awake)
        workspace_let_sleep(a->look.workspace);
    catalogue_give(a->look.catalogue);
    json_parser_destroy(a->parser);
    json_parser_destroy(a->people_parser);
    buf_fini(&a->people_json);
    arena_destroy(a->arena);
    free(a);
}

/* --- the study: each function has its place in study.h --- */

static size_t part_of(size_t bytes, size_t part, size_t least)
{
    return bytes / part < least ? least : bytes / part;
}

/* What it needs to know of people beside their events. */
static fallible persons_take(struct asking *a, struct err *e)
{
    const struct person_facts_ask ask = {.look = &a->look,
                                         .wants = a->question->person_wants,
                                         .people = a->people,
                                         .people_count = a->people_count,
                                         .bytes_max = part_of(a->budget_bytes, MEMORY_PART, MEMORY_BYTES_LEAST),
                                         .is_over = &a->is_cancelled};
    if (ask.wants == NULL)
        return DONE;
    TRY(person_facts_take(&ask, &a->persons, e));
    a->question->persons = a->persons;
    return DONE;
}

static fallible asking_load(void *own, struct err *e)
{
    struct asking *a = own;
    TRY(persons_take(a, e));
    const struct inquiry_ask ask = {
        .question = a->question,
        .sight = {.is_limited = scope_names_brands(&a->token),
                  .brand_count = a->brands.count,
                  .brands = a->brands.names,
                  .store = bytes_of_text(a->token.store)},
        .things = a->things,
        .people = a->people,
        .people_count = a->people_count,
        .cell = a->cell,
        .found_max = a->is_of_cell ? FOUND_MAX : 0,
        .memory_bytes_max = part_of(a->budget_bytes, MEMORY_PART, MEMORY_BYTES_LEAST),
        .is_cancelled = &a->is_cancelled,
    };
    struct column_view *view = a->view;
    a->view = NULL; /* the inquiry's from now on */
    column_view_cancelled_by(view, &a->is_cancelled);
    return inquiry_open(&ask, view, study_shelf_columns(a->shelf), &a->inquiry, e);
}

static void asking_work(void *own)
{
    struct asking *a = own;
    inquiry_work(a->inquiry);
}

static void asking_conclude(void *own)
{
    struct asking *a = own;
    inquiry_conclude(a->inquiry);
}

static void asking_cancel(void *own)
{
    struct asking *a = own;
    atomic_store(&a->is_cancelled, true);
    column_shelf_wake(study_shelf_columns(a->shelf));
}

static double asking_progress(const void *own)
{
    const struct asking *a = own;
    return inquiry_progress(a->inquiry);
}

/* Some of those found; runs again when something was cold. */
static void people_print(const struct view *v, void *context)
{
    struct asking *a = context;
    struct json_writer w;
    buf_clear(&a->people_json);
    json_writer_init(&w, &a->people_json, false);
    json_array_begin(&w);
    for (size_t i = a->told; i < a->found_count && i < a->told + PEOPLE_A_READ; i++) {
        uint32_t person = identity_living(v, a->found[i]); /* merged or erased since */
        if (person == PERSON_NONE || !scope_sees_person(&a->token, v, person))
            continue;
        json_object_begin(&w);
        put_brief(&a->look, v, person, &w);
        json_object_end(&w);
    }
    json_array_end(&w);
}

static fallible people_tell(struct asking *a, struct json_writer *w, struct err *e)
{
    json_key(w, "people");
    json_array_begin(w);
    for (a->told = 0; a->told < a->found_count; a->told += PEOPLE_A_READ) {
        struct json_walk walk;
        struct json people, person;
        TRY(host_read(request_host(&a->look), a->look.workspace, people_print, a, e));
        TRY(json_parse(a->people_parser, buf_bytes(&a->people_json), &people, e));
        for (walk = json_items(people); json_item_next(&walk, &person);)
            json_put(w, person);
    }
    json_array_end(w);
    return DONE;
}

static fallible cell_print(struct asking *a, struct json_writer *w, struct err *e)
{
    const uint32_t *all;
    size_t count, from = 0;
    uint64_t total;
    TRY(inquiry_found(a->inquiry, &all, &count, &total, e));
    while (from < count && all[from] <= a->after)
        from++;
    a->found = all + from;
    a->found_count = count - from < a->limit ? count - from : (size_t)a->limit;
    bool more = from + a->found_count < count;
    member_uint(w, "total", total);
    TRY(people_tell(a, w, e));
    json_key(w, "next");
    if (more)
        json_put_uint64(w, a->found[a->found_count - 1]);
    else
        json_put_null(w);
    request_note_read(&a->look, a->look.route->path, PERSON_NONE);
    return DONE;
}

static fallible answer_pass_on(struct asking *a, struct json answer, struct json_writer *w, struct err *e)
{
    struct json next = json_find(answer, BYTES_LIT("next"));
    if (a->prediction.fits)
        return prediction_keep(&a->look, &a->prediction, answer, w, e);
    if (!a->writes_traits)
        return answer_people_put(&a->look, answer, w, e);
    TRY(answer_traits_write(&a->look, answer, w, e));
    bool is_whole = a->is_of_prediction && !json_is(next, JSON_NUMBER);
    return is_whole ? prediction_note(&a->look, &a->prediction, answer, w, e) : DONE;
}

/* An answer about people, row by row: told, or written as their traits; or a model that is kept. A read of them. */
static fallible persons_print(struct asking *a, struct json_writer *w, struct err *e)
{
    struct buf printed;
    struct json_writer inner;
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_READ_MAX);
    struct json answer;
    if (parser == NULL)
        return FAIL(e, FULL, "no memory for an answer");
    buf_init(&printed, ANSWER_BYTES_READ_MAX);
    json_writer_init(&inner, &printed, false);
    json_object_begin(&inner);
    struct status s = inquiry_print(a->inquiry, &inner, e);
    json_object_end(&inner);
    if (done(s) && printed.overflowed)
        s = FAIL(e, LIMIT, "the answer is over %u MiB: ask for fewer rows, by \"limit\"", ANSWER_BYTES_READ_MAX >> 20);
    if (done(s))
        s = json_parse(parser, buf_bytes(&printed), &answer, e);
    if (done(s))
        s = answer_pass_on(a, answer, w, e);
    buf_fini(&printed);
    json_parser_destroy(parser);
    if (done(s) && a->question->tells_people)
        request_note_read(&a->look, a->look.route->path, PERSON_NONE);
    return s;
}

static fallible asking_print(void *own, struct json_writer *w, struct err *e)
{
    struct asking *a = own;
    member_text(w, "question", a->kind->name);
    if (a->is_of_report) {
        json_key(w, "report");
        json_object_begin(w);
        report_put_head(&a->token, &a->report, w);
        json_object_end(w);
    }
    member_time(w, "as_of_time", a->now_us);
    if (a->is_of_cell)
        return cell_print(a, w, e);
    return a->question->tells_people || a->prediction.fits ? persons_print(a, w, e) : inquiry_print(a->inquiry, w, e);
}

static const struct study_kind asking_kind = {.load = asking_load,
                                              .work = asking_work,
                                              .conclude = asking_conclude,
                                              .cancel = asking_cancel,
                                              .progress = asking_progress,
                                              .print = asking_print,
                                              .free = asking_free};

/* --- on the engine's thread --- */

static void report_look(const struct view *v, void *context)
{
    struct asking *a = context;
    struct report found;
    a->report = (struct report){0};
    if (!report_find(v, a->report_name, &found))
        return;
    a->report = found;
    a->report.name = a->report_name;
    a->report.kind = arena_copy(a->arena, found.kind);
    a->report.question = arena_copy(a->arena, found.question);
    a->report.label = arena_copy(a->arena, found.label);
}

static void prediction_look(const struct view *v, void *context)
{
    struct asking *a = context;
    prediction_look_up(v, &a->prediction, a->arena);
}

static void people_look(const struct view *v, void *context)
{
    struct asking *a = context;
    size_t until = a->people_read + PEOPLE_A_READ;
    for (size_t i = a->people_read; i < a->people_asked_count && i < until; i++) {
        uint32_t person = person_asked(&a->look, v, &a->people_asked[i]);
        a->people[i] = person == PERSON_NONE ? PERSON_NONE : identity_living(v, person);
    }
}

static const struct veil veil = {.hides_name = mask_hides_name, .masks_text = mask_personal_text};
static_assert(MASKED_BYTES_MAX <= VEILED_BYTES_MAX, "a mask has room");

/* What it will need of the state, once; runs again when something was cold. */
static void state_look(const struct view *v, void *context)
{
    struct asking *a = context;
    const struct work_surroundings *around = workspace_surroundings(a->look.workspace);
    column_view_close(a->view);
    name_book_destroy(a->names);
    if (!a->keeps_awake)
        workspace_keep_awake(a->look.workspace);
    a->keeps_awake = true;
    a->zone = arena_copy(a->arena, calendar_zone(v));
    a->now_us = v->now_us;
    a->brands = scope_brands_seen(&a->token, v, a->arena);
    a->budget_bytes = atomic_load(&around->memory_bytes);
    if (a->shelf == NULL)
        a->shelf = study_shelf_take(studies_shelves(door_studies(a->look.door)), a->look.workspace,
                                    part_of(a->budget_bytes, SHELF_PART, SHELF_BYTES_LEAST));
    a->names = study_shelf_names(a->shelf, v, a->token.masked ? &veil : NULL);
    a->view = column_view_open(v, around);
    column_view_cancelled_by(a->view, studies_closing(door_studies(a->look.door))); /* until it is a study */
}

/* --- reading it, on the thread that reads questions --- */

static fallible person_asked_read(const struct request *r, struct json from, struct person_ask *out_ask, struct err *e)
{
    if (json_is(from, JSON_STRING))
        return person_ask_read(r, json_string(from), out_ask, e);
    *out_ask = (struct person_ask){.is_public = false};
    return id_read_json(r, from, &out_ask->id, e);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Whom nobody knows is left out, and who is named twice counts once. */
static void people_sort(struct asking *a)
{
    size_t kept = 0;
    qsort(a->people, a->people_asked_count, sizeof *a->people, by_number);
    for (size_t i = 0; i < a->people_asked_count; i++)
        if (a->people[i] != PERSON_NONE && (kept == 0 || a->people[kept - 1] != a->people[i]))
            a->people[kept++] = a->people[i];
    a->people_count = kept;
}

/* The member "people": whom the question is about. */
static fallible people_read(struct asking *a, const struct request *r, struct json list, struct err *e)
{
    struct json item;
    if (json_is(list, JSON_ABSENT) || json_is(list, JSON_NULL))
        return DONE;
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, "people: want a list of identifiers, this is %s", json_kind_name(json_kind(list)));
    if (r->x == NULL) /* it is asked by nobody, who knows nobody */
        return FAIL(e, INVALID, "people: what is run by schedule names nobody");
    size_t count = json_count(list);
    if (count > PEOPLE_ASKED_MAX)
        return FAIL(e, INVALID, "people: want a list of at most %u identifiers", PEOPLE_ASKED_MAX);
    a->people_asked = ARENA_ARRAY(a->arena, struct person_ask, count + 1);
    a->people = ARENA_ARRAY(a->arena, uint32_t, count + 1);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); a->people_asked_count++)
        TRY(WRAP(e, person_asked_read(r, item, &a->people_asked[a->people_asked_count], e), "people[%zu]",
                 a->people_asked_count));
    for (; a->people_read < a->people_asked_count; a->people_read += PEOPLE_A_READ)
        TRY(host_read(request_host(r), r->workspace, people_look, a, e));
    people_sort(a);
    return DONE;
}

/* A column that the newest events have. */
static void name_take(void *context, const struct column_name *name)
{
    struct asking *a = context;
    if (name->of != COLUMN_FIELD)
        name_book_property_add(a->names, name->of, name->name);
}

static bool thing_is_seen(const void *context, const struct view *v, const struct thing_ref *ref)
{
    return scope_sees_thing(context, v, ref);
}

static void things_look(const struct view *v, void *context)
{
    struct asking *a = context;
    thing_book_look(a->things, v, thing_is_seen, &a->token);
}

/* What the question needs to know of things, a few at a time. */
static fallible things_take(struct asking *a, const struct request *r, struct err *e)
{
    a->things = thing_book_create(a->question->wants);
    for (bool is_done = a->things == NULL; !is_done;) {
        TRY(host_read(request_host(r), r->workspace, things_look, a, e));
        TRY(thing_book_keep(a->things, &is_done, e));
    }
    return DONE;
}

/* With a view of the same position: so the answer tells of people as they were at its `as_of`, events and segments alike. */
static void crowds_look(const struct view *v, void *context)
{
    struct asking *a = context;
    crowd_book_drop(a->crowds); /* of a first run */
    column_view_close(a->view);
    a->view = column_view_open(v, workspace_surroundings(a->look.workspace));
    column_view_cancelled_by(a->view, studies_closing(door_studies(a->look.door)));
    a->crowds_trouble = (struct err){0};
    a->crowds_status = crowds_take(&a->look, v, a->question->crowds, a->crowds, &a->crowds_trouble);
}

static void crowds_drop(const struct view *v, void *context)
{
    struct asking *a = context;
    (void)v;
    crowd_book_drop(a->crowds);
}

/* Who is in the tags and segments that the question names. */
static fallible crowds_read(struct asking *a, const struct request *r, struct err *e)
{
    a->crowds = crowd_book_create(a->question->crowds);
    if (a->crowds == NULL)
        return DONE;
    TRY(study_look(r, crowds_look, a, e));
    if (failed(a->crowds_status)) {
        err_set(e, "%s", a->crowds_trouble.text);
        return a->crowds_status;
    }
    struct status status = crowd_book_keep(a->crowds, (uint64_t)column_view_chunks(a->view) * CHUNK_PEOPLE, e);
    if (!study_give_back(r, crowds_drop, a))
        crowd_book_forget(a->crowds);
    a->question->crowd_book = a->crowds;
    return status;
}

static fallible question_take(struct asking *a, struct request *r, struct json body, struct err *e)
{
    TRY(people_read(a, r, json_find(body, BYTES_LIT("people")), e));
    TRY(host_read(request_host(r), r->workspace, state_look, a, e));
    a->names = name_book_over(a->names); /* which gets the columns of the newest events besides */
    TRY(column_view_newest(a->view, study_shelf_columns(a->shelf), name_take, a, e));
    TRY(question_read(a->kind, body, a->names, a->zone, a->now_us, &a->question, e));
    if (a->writes_traits && !a->question->tells_people)
        return FAIL(
            e, INVALID,
            "traits are written of an answer with a row a person: the questions value and wallet, with \"by_person\": true");
    TRY(crowds_read(a, r, e));
    return things_take(a, r, e);
}

/* {"question": …, "cell": …}: who is in a cell of its answer. */
static fallible cell_take(struct asking *a, struct request *r, struct json root, struct err *e)
{
    static const struct body_member members[] = {{"question", BODY_OBJECT, false},
                                                 {"cell", BODY_OBJECT, false},
                                                 {"limit", BODY_COUNT, false},
                                                 {"after", BODY_COUNT, true}};
    struct json cell = json_find(root, BYTES_LIT("cell"));
    TRY(members_check(root, BODY_MEMBERS(members), e));
    a->limit = PEOPLE_TOLD_USUAL;
    (void)json_uint64(json_find(root, BYTES_LIT("limit")), &a->limit);
    (void)json_uint64(json_find(root, BYTES_LIT("after")), &a->after);
    if (a->limit == 0 || a->limit > PEOPLE_TOLD_MAX)
        return FAIL(e, INVALID, "limit: want 1 to %u", PEOPLE_TOLD_MAX);
    if (json_is(cell, JSON_ABSENT))
        return FAIL(e, INVALID, "cell: say whose people, by the names of the answer, such as {\"step\":2}");
    TRY(question_take(a, r, json_find(root, BYTES_LIT("question")), e));
    return a->kind->cell_read(a->question, cell, &a->cell, e);
}

static bool is_said(struct json body, const char *name)
{
    return !json_is(json_find(body, bytes_of_text(name)), JSON_ABSENT);
}

/* The member itself, or the range in other words: "last" is said in place of "from" and "until", and they of it. */
static bool is_said_instead(struct json instead, struct bytes name)
{
    if (!json_is(json_find(instead, name), JSON_ABSENT))
        return true;
    if (bytes_equal(name, BYTES_LIT("last")))
        return is_said(instead, "from") || is_said(instead, "until");
    bool is_of_range = bytes_equal(name, BYTES_LIT("from")) || bytes_equal(name, BYTES_LIT("until"));
    return is_of_range && is_said(instead, "last");
}

/* Its own members, and in place of them those that are said instead. */
static struct bytes question_mend(struct asking *a, struct json own, struct json instead)
{
    struct buf text = arena_buf(a->arena, json_raw(own).size + json_raw(instead).size + 16);
    struct json_walk walks[] = {json_members(own), json_members(instead)};
    struct json_writer w;
    struct bytes name;
    struct json value;
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    for (size_t i = 0; i < COUNT_OF(walks); i++)
        while (json_member_next(&walks[i], &name, &value))
            if (i > 0 || !is_said_instead(instead, name)) {
                json_key_bytes(&w, name);
                json_put(&w, value);
            }
    json_object_end(&w);
    return buf_bytes(&text);
}

/* A question that is kept, with what the body says in place of its members. */
static fallible kept_take(struct asking *a, struct request *r, struct bytes kind, struct bytes kept, struct err *e)
{
    struct json instead, own, root;
    struct json_parser *parser = a->people_parser; /* which has nothing to do yet */
    TRY(question_kind_find(kind, &a->kind, e));
    TRY(json_parse(a->parser, kept, &own, e));
    TRY(json_parse(parser, a->body.size == 0 ? BYTES_LIT("{}") : a->body, &instead, e));
    if (!json_is(instead, JSON_OBJECT))
        return FAIL(e, INVALID, "the body is a JSON object, this is %s", json_kind_name(json_kind(instead)));
    if (a->is_of_prediction)
        TRY(prediction_body_check(&a->prediction, instead, e));
    struct bytes question = question_mend(a, own, instead);
    TRY(json_parse(a->parser, question, &root, e));
    return question_take(a, r, root, e);
}

static fallible report_take(struct asking *a, struct request *r, struct err *e)
{
    TRY(study_look(r, report_look, a, e));
    if (a->report.name.size == 0)
        return FAIL(e, NOT_FOUND, "there is no report \"%.*s\"", BYTES_ARG(a->report_name));
    return kept_take(a, r, a->report.kind, a->report.question, e);
}

static fallible prediction_take(struct asking *a, struct request *r, struct err *e)
{
    const struct prediction_asked *p = &a->prediction;
    TRY(study_look(r, prediction_look, a, e));
    if (!p->is_there)
        return FAIL(e, NOT_FOUND, "there is no prediction \"%.*s\"", BYTES_ARG(p->name));
    if (!p->fits && !p->is_fitted)
        return FAIL(e, INVALID, "the prediction \"%.*s\" has no model yet: fit it first", BYTES_ARG(p->name));
    return kept_take(a, r, p->fits ? BYTES_LIT("predict") : BYTES_LIT("score"), p->question, e);
}

static fallible body_take(struct asking *a, struct request *r, struct err *e)
{
    struct json root;
    if (a->is_of_report)
        return report_take(a, r, e);
    if (a->is_of_prediction)
        return prediction_take(a, r, e);
    TRY(json_parse(a->parser, a->body, &root, e));
    if (!json_is(root, JSON_OBJECT))
        return FAIL(e, INVALID, "the body is a JSON object, this is %s", json_kind_name(json_kind(root)));
    return a->is_of_cell ? cell_take(a, r, root, e) : question_take(a, r, root, e);
}

static void question_begin(struct request *r)
{
    struct asking *a = r->context;
    struct err e = {0};
    int64_t wait_us;
    struct status status = study_wait_read(r, &wait_us, &e);
    a->body = arena_copy(a->arena, http_body(r->x));
    if (done(status))
        status = body_take(a, r, &e);
    if (done(status))
        status = studies_put(r, &asking_kind, a, wait_us, &e);
    if (done(status))
        return;
    asking_free(a);
    request_failed(r, status, &e);
}

/* --- the requests --- */

/* NULL `kind`: that of what is kept. */
static struct asking *asking_create(const struct request *r, const struct question_kind *kind)
{
    struct asking *a = calloc(1, sizeof *a);
    if (a == NULL)
        abort();
    a->kind = kind;
    a->is_of_cell = r->route->choice == QUESTION_PEOPLE;
    a->is_of_report = r->route->choice == QUESTION_REPORT;
    a->writes_traits = r->route->choice == QUESTION_TRAITS || r->route->choice == QUESTION_SCORE_TRAITS;
    a->is_of_prediction = r->route->choice >= QUESTION_FIT;
    a->prediction.fits = r->route->choice == QUESTION_FIT;
    a->token = *r->token;
    a->look = (struct request){.door = r->door,
                               .route = r->route,
                               .workspace = r->workspace,
                               .catalogue = catalogue_take(r->workspace),
                               .token = &a->token};
    a->arena = arena_create(4096);
    a->parser = json_parser_create(BODY_BYTES_COLLECTED);
    a->people_parser = json_parser_create(PEOPLE_BYTES_MAX);
    if (a->parser == NULL || a->people_parser == NULL)
        abort();
    buf_init(&a->people_json, PEOPLE_BYTES_MAX);
    return a;
}

void api_question(struct request *r)
{
    const struct question_kind *kind;
    struct err e = {0};
    struct status status = question_kind_find(r->parameters[0], &kind, &e);
    if (failed(status)) {
        request_problem(r, &(struct problem){.status = 404,
                                             .slug = "no-such-question",
                                             .title = "There is no such question",
                                             .detail = arena_printf(request_arena(r), "%s", e.text)});
        return;
    }
    struct asking *a = asking_create(r, kind);
    r->context = a;
    status = studies_read(r, question_begin, &e);
    if (done(status))
        return;
    asking_free(a);
    request_failed(r, status, &e);
}

/* Of a report, or of a prediction. */
void api_kept_answer(struct request *r)
{
    struct err e = {0};
    struct asking *a = asking_create(r, NULL);
    r->context = a;
    a->report_name = a->prediction.name = arena_copy(a->arena, r->parameters[0]);
    struct status status = studies_read(r, question_begin, &e);
    if (done(status))
        return;
    asking_free(a);
    request_failed(r, status, &e);
}

fallible prediction_ask(const struct request *look, struct bytes name, struct bytes body, struct buf *out_json,
                        struct err *e)
{
    struct asking *a = asking_create(look, NULL);
    a->prediction.name = arena_copy(a->arena, name);
    a->body = body;
    struct status status = prediction_take(a, &a->look, e);
    if (done(status))
        return studies_run(look, &asking_kind, a, out_json, e);
    asking_free(a);
    return status;
}

void api_study(struct request *r)
{
    struct err e = {0};
    int64_t wait_us;
    struct status status = study_wait_read(r, &wait_us, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        studies_ask(r, r->parameters[0], wait_us);
}

void api_study_cancel(struct request *r)
{
    studies_cancel(r, r->parameters[0]);
}

static void put_members(struct json_writer *w, const char *key, const struct member_rule *rules, size_t count)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        member_text(w, "name", rules[i].name);
        member_text(w, "about", rules[i].about);
        member_text(w, "about_zh", rules[i].about_zh);
        json_object_end(w);
    }
    json_array_end(w);
}

void api_questions(struct request *r)
{
    size_t common_count;
    const struct member_rule *common = question_members(&common_count);
    struct json_writer *w = request_object_begin(r);
    json_key(w, "questions");
    json_array_begin(w);
    for (size_t i = 0; i < question_kind_count; i++) {
        const struct question_kind *kind = question_kinds[i];
        json_object_begin(w);
        member_text(w, "name", kind->name);
        member_text(w, "about", kind->about);
        member_text(w, "about_zh", kind->about_zh);
        put_members(w, "members", kind->members, kind->member_count);
        json_object_end(w);
    }
    json_array_end(w);
    put_members(w, "members", common, common_count);
    request_object_end(r, 200);
}
