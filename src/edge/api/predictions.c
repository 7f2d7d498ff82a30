/* Predictions: listed, kept, ended; their models and cards, and how they are asked. */
#include "edge/api/predictions.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/analytics.h"
#include "edge/api/vocabulary.h"
#include "edge/wording.h"

#define SAID_BYTES_MAX (PREDICTION_QUESTION_BYTES_MAX + 1000u)
#define QUESTION_BYTES_MAX (1u << 20) /* with a model */
#define TRAIT_PREFIX "p_"
#define DAY_MINUTES 1440u
#define SCHEDULE_MINUTE_USUAL 210u /* 03:30: yesterday is over, and few are awake */
#define MILLI_MAX 4e6              /* drift is told up to so many thousandths */

static const struct problem no_prediction = {.status = 404,
                                             .slug = "no-such-prediction",
                                             .title = "There is no such prediction",
                                             .detail = "`kith predict list` lists them."};

/* --- listed --- */

static void put_schedule(const struct view *v, const struct saved_prediction *p, struct json_writer *w)
{
    const struct prediction_schedule *s = &p->schedule;
    bool is_by_schedule = s->every != PREDICTION_NEVER;
    member_text(w, "every", is_by_schedule ? prediction_every_names[s->every] : NULL);
    member_text(w, "at", is_by_schedule ? arena_printf(v->arena, "%02u:%02u", s->minute / 60, s->minute % 60) : NULL);
    if (s->on > 0)
        member_uint(w, "on", s->on);
    member_time(w, "due", p->due_us);                                       /* null: never */
    member_time(w, "wanted", p->wanted_us == 0 ? INT64_MIN : p->wanted_us); /* null: it isn't */
    json_key(w, "failed");
    if (p->failed_us == 0) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    member_time(w, "time", p->failed_us);
    const char *why = arena_text(v->arena, p->failure);
    member_text(w, "why", why);
    member_text(w, "why_zh", wording_of(v->arena, why, true));
    json_object_end(w);
}

static void put_run(const struct prediction_run *run, struct json_writer *w)
{
    json_key(w, "scored");
    if (run->time_us == 0) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    member_time(w, "time", run->time_us);
    member_uint(w, "people", run->people);
    json_key(w, "drift");
    json_put_double(w, run->drift_milli / 1000.0);
    member_bytes(w, "feature", run->feature);
    json_object_end(w);
}

static void put_members(const struct request *r, const struct view *v, const struct saved_prediction *p,
                        struct json_writer *w)
{
    member_bytes(w, "name", p->name);
    member_text_or_null(w, "label", p->label);
    member_text(w, "trait", arena_printf(v->arena, TRAIT_PREFIX "%.*s", BYTES_ARG(p->name)));
    put_schedule(v, p, w);
    member_uint(w, "revision", p->revision);
    member_time(w, "saved", p->saved_us);
    member_uint(w, "fitted_revision", p->fitted_revision);
    json_key(w, "fitted");
    if (p->fitted_revision == 0)
        json_put_null(w);
    else
        put_time(w, p->fitted_us);
    put_run(&p->run, w);
    if (!r->token->masked) {
        json_key(w, "question");
        json_put_raw(w, p->question);
    }
}

static void print_predictions(struct request *r, const struct view *v, struct json_writer *w)
{
    struct saved_prediction p;
    json_object_begin(w);
    json_key(w, "predictions");
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; prediction_next(v, after, &p); after = p.name) {
        json_object_begin(w);
        put_members(r, v, &p, w);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void api_predictions(struct request *r)
{
    request_print(r, print_predictions);
}

static void print_prediction(struct request *r, const struct view *v, struct json_writer *w)
{
    struct saved_prediction p;
    if (!prediction_find(v, r->parameters[0], &p)) {
        r->problem = no_prediction;
        return;
    }
    struct bytes card = prediction_card(v, p.name);
    json_object_begin(w);
    put_members(r, v, &p, w);
    json_key(w, "card");
    if (card.size == 0)
        json_put_null(w);
    else
        json_put_raw(w, card);
    json_object_end(w);
}

void api_prediction(struct request *r)
{
    request_print(r, print_prediction);
}

/* --- kept --- */

/* Of two digits; of anything else more than there may be. */
static uint32_t pair_read(struct bytes text, size_t at)
{
    uint32_t tens = (uint32_t)text.data[at] - '0', ones = (uint32_t)text.data[at + 1] - '0';
    return tens > 9 || ones > 9 ? UINT32_MAX : tens * 10 + ones;
}

/* "03:30" */
static fallible minute_read(struct bytes text, uint32_t *out_minute, struct err *e)
{
    bool is_shaped = text.size == 5 && text.data[2] == ':';
    uint32_t hour = is_shaped ? pair_read(text, 0) : UINT32_MAX, minute = is_shaped ? pair_read(text, 3) : UINT32_MAX;
    if (hour > 23 || minute > 59)
        return FAIL(e, INVALID, "at: want a time of the day, such as 03:30");
    *out_minute = hour * 60 + minute;
    return DONE;
}

const char *prediction_every_word(size_t at)
{
    return at + 1 < PREDICTION_EVERY_COUNT ? prediction_every_names[at + 1] : NULL;
}

/* What isn't said is the small hours, Monday, and the first of the month; what is said where it has no use is refused, as it would be dropped. */
static fallible schedule_read(struct json root, struct prediction_schedule *out, struct err *e)
{
    struct bytes every = json_string(json_find(root, BYTES_LIT("every"))),
                 at = json_string(json_find(root, BYTES_LIT("at")));
    uint64_t on = 0;
    bool has_on = json_uint64(json_find(root, BYTES_LIT("on")), &on);
    *out = (struct prediction_schedule){.every = PREDICTION_NEVER};
    while (out->every < PREDICTION_EVERY_COUNT &&
           !bytes_equal(every, bytes_of_text(prediction_every_names[out->every])))
        out->every++;
    bool has_day = out->every == PREDICTION_WEEK || out->every == PREDICTION_MONTH;
    out->minute = out->every == PREDICTION_NEVER ? 0 : SCHEDULE_MINUTE_USUAL;
    if (at.size > 0)
        TRY(minute_read(at, &out->minute, e));
    if (at.size > 0 && out->every == PREDICTION_NEVER)
        out->minute = DAY_MINUTES; /* which is refused: midnight itself would look like nothing said */
    out->on = !has_on ? has_day : on == 0 || on > UINT32_MAX ? UINT32_MAX : (uint32_t)on;
    return prediction_schedule_check(out, e);
}

static fallible said_read(struct json root, struct saved_prediction *out, struct err *e)
{
    const struct question_kind *kind;
    struct json question = json_find(root, BYTES_LIT("question"));
    *out = (struct saved_prediction){.name = json_string(json_find(root, BYTES_LIT("name"))),
                                     .question = json_raw(question),
                                     .label = json_string(json_find(root, BYTES_LIT("label")))};
    TRY(schedule_read(root, &out->schedule, e));
    if (json_is(question, JSON_ABSENT))
        return FAIL(e, INVALID,
                    "say a question, such as {\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid in "
                    "last 90 days)\"]}");
    TRY(question_kind_find(BYTES_LIT("predict"), &kind, e));
    return question_members_check(kind, question, e);
}

void api_prediction_put(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false}, {"label", BODY_TEXT, true},
                                                 {"every", BODY_TEXT, true}, {"at", BODY_TEXT, true},
                                                 {"on", BODY_COUNT, true},   {"question", BODY_OBJECT, false}};
    struct json_parser *p;
    struct json root;
    struct saved_prediction said;
    struct buf payload = arena_buf(request_arena(r), SAID_BYTES_MAX);
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct status status = said_read(root, &said, &e);
    if (done(status))
        prediction_said_pack(&payload, &said);
    if (done(status) && payload.overflowed)
        status = FAIL(&e, LIMIT, "a prediction's question has at most %u bytes", PREDICTION_QUESTION_BYTES_MAX);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_PREDICTION, buf_bytes(&payload), request_answer);
}

void api_prediction_end(struct request *r)
{
    request_command(r, COMMAND_PREDICTION_REMOVE, r->parameters[0], request_answer);
}

/* --- asked --- */

fallible prediction_body_check(const struct prediction_asked *asked, struct json body, struct err *e)
{
    static const struct body_member members[] = {{"order", BODY_TEXT, true},
                                                 {"limit", BODY_COUNT, true},
                                                 {"after", BODY_NUMBER, true},
                                                 {"reasons", BODY_COUNT, true},
                                                 {"top", BODY_COUNT, true}};
    struct body_members may = BODY_MEMBERS(members);
    assert(json_is(body, JSON_OBJECT));
    if (asked->fits)
        may.count = 0;
    return members_check(body, may, e);
}

static void put_model(struct json_writer *w, struct bytes model, struct arena *arena)
{
    size_t room = sodium_base64_ENCODED_LEN(model.size, sodium_base64_VARIANT_ORIGINAL);
    char *text = ARENA_ARRAY(arena, char, room);
    (void)sodium_bin2base64(text, room, model.data, model.size, sodium_base64_VARIANT_ORIGINAL);
    member_text(w, "model", text);
}

/* The question's own members but these of `predict` alone, then what fitting or scoring says. */
static struct bytes question_make(const struct prediction_asked *asked, struct json own, struct bytes model,
                                  struct arena *arena)
{
    struct buf text = arena_buf(arena, QUESTION_BYTES_MAX);
    struct json_writer w;
    struct bytes name;
    struct json value;
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    for (struct json_walk walk = json_members(own); json_member_next(&walk, &name, &value);) {
        if (bytes_equal(name, BYTES_LIT("show")) || bytes_equal(name, BYTES_LIT("with_model")))
            continue;
        json_key_bytes(&w, name);
        json_put(&w, value);
    }
    if (asked->fits) {
        member_bool(&w, "with_model", true);
    } else {
        member_text(&w, "trait", arena_printf(arena, TRAIT_PREFIX "%.*s", BYTES_ARG(asked->name)));
        put_model(&w, model, arena);
    }
    json_object_end(&w);
    return buf_bytes(&text);
}

void prediction_look_up(const struct view *v, struct prediction_asked *io_asked, struct arena *arena)
{
    struct saved_prediction p;
    struct json own;
    struct json_parser *parser = json_parser_create(PREDICTION_QUESTION_BYTES_MAX + 1);
    io_asked->is_there = prediction_find(v, io_asked->name, &p) && parser != NULL &&
                         done(json_parse(parser, p.question, &own, NULL));
    if (io_asked->is_there) {
        struct bytes model = prediction_model(v, io_asked->name);
        io_asked->is_fitted = model.size > 0;
        io_asked->revision = p.revision;
        io_asked->fitted_revision = p.fitted_revision;
        io_asked->fitted_us = p.fitted_us;
        io_asked->question = question_make(io_asked, own, model, arena);
    }
    json_parser_destroy(parser);
}

/* --- what came of it --- */

static fallible command_send(const struct request *look, uint32_t command, const struct buf *payload, struct err *e)
{
    struct answer answer;
    if (payload->overflowed)
        return FAIL(e, LIMIT, "a model that is kept has at most %u KiB: ask for fewer or less deep trees",
                    PREDICTION_MODEL_BYTES_MAX >> 10);
    TRY(host_call(request_host(look), look->workspace, command, buf_bytes(payload), &answer, NULL, e));
    return answer.refusal == NULL ? DONE : FAIL(e, INVALID, "%s", answer.refusal->en);
}

static struct bytes model_of(struct json answer, struct arena *arena)
{
    struct bytes text = json_string(json_find(answer, BYTES_LIT("model")));
    uint8_t *bytes = ARENA_ARRAY(arena, uint8_t, text.size + 1);
    size_t size = 0;
    int wrong = sodium_base642bin(bytes, text.size + 1, (const char *)text.data, text.size, NULL, &size, NULL,
                                  sodium_base64_VARIANT_ORIGINAL);
    assert(wrong == 0); /* it was made here */
    (void)wrong;
    return bytes_of(bytes, size);
}

/* All but the model. */
static void card_put(struct json answer, struct json_writer *w)
{
    struct bytes name;
    struct json value;
    for (struct json_walk walk = json_members(answer); json_member_next(&walk, &name, &value);) {
        if (bytes_equal(name, BYTES_LIT("model")))
            continue;
        json_key_bytes(w, name);
        json_put(w, value);
    }
}

fallible prediction_keep(const struct request *look, const struct prediction_asked *asked, struct json answer,
                         struct json_writer *w, struct err *e)
{
    struct arena *arena = arena_create(64u << 10);
    struct buf card = arena_buf(arena, PREDICTION_CARD_BYTES_MAX), payload;
    struct json_writer inner;
    json_writer_init(&inner, &card, false);
    json_object_begin(&inner);
    card_put(answer, &inner);
    json_object_end(&inner);
    buf_init(&payload, PREDICTION_FITTED_BYTES_MAX);
    prediction_fitted_pack(&payload, asked->name, asked->revision, buf_bytes(&card), model_of(answer, arena));
    payload.overflowed = payload.overflowed || card.overflowed;
    struct status status = command_send(look, COMMAND_PREDICTION_FITTED, &payload, e);
    buf_fini(&payload);
    arena_destroy(arena);
    TRY(status);
    card_put(answer, w);
    member_bytes(w, "prediction", asked->name);
    member_uint(w, "revision", asked->revision);
    return DONE;
}

static double number_of(struct json answer, const char *member)
{
    double x = 0;
    return json_double(json_find(answer, bytes_of_text(member)), &x) ? x : 0;
}

fallible prediction_note(const struct request *look, const struct prediction_asked *asked, struct json answer,
                         struct json_writer *w, struct err *e)
{
    static const char *const told[] = {"scored", "mean", "objected", "drift", "drift_feature", "drift_says"};
    uint8_t bytes[1024];
    struct buf payload = {.data = bytes, .capacity = sizeof bytes, .size_max = sizeof bytes};
    struct bytes feature = json_string(json_find(answer, BYTES_LIT("drift_feature")));
    const struct prediction_run run = {
        .people = (uint64_t)number_of(answer, "scored"),
        .drift_milli = (uint32_t)fmin(round(number_of(answer, "drift") * 1000), MILLI_MAX),
        .feature = bytes_slice(
            feature, 0, feature.size < PREDICTION_FEATURE_BYTES_MAX ? feature.size : PREDICTION_FEATURE_BYTES_MAX)};
    prediction_scored_pack(&payload, asked->name, asked->fitted_us, &run);
    TRY(command_send(look, COMMAND_PREDICTION_SCORED, &payload, e));
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        json_key(w, told[i]);
        json_put(w, json_find(answer, bytes_of_text(told[i])));
    }
    return DONE;
}
