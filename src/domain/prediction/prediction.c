#include "domain/prediction/prediction.h"

#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "lib/json.h"
#include "lib/pack.h"
#include "lib/text.h"

#define FORMAT 2u
#define HEAD_BYTES_MAX \
    (PREDICTION_QUESTION_BYTES_MAX + PREDICTION_FEATURE_BYTES_MAX + PREDICTION_FAILURE_BYTES_MAX + 1000u)
#define PIECE_BYTES 8192u
#define DRIFT_MUCH_MILLI 250u        /* drift_of's */
#define OVERDUE_US (6 * US_PER_HOUR) /* that one may take from when it is due until it is done */

static const struct family prediction_family = {
    .id = 56, .kind = FAMILY_KEYED, .value_bytes = HEAD_BYTES_MAX, .name = "prediction"};
static const struct family piece_family = {
    .id = 57, .kind = FAMILY_KEYED, .value_bytes = PIECE_BYTES, .name = "prediction_piece"};

/* What lies in pieces. */
enum piece_of { PIECE_CARD = 'c', PIECE_MODEL = 'm' };

static const struct refusal no_such_prediction = {"no_such_prediction", "There is no prediction of this name.",
                                                  "没有这个名称的预测模型。"};
static const struct refusal too_many_predictions = {
    "too_many_predictions", "There are 200 predictions already: end one first.", "已有 200 个预测模型:请先删除一个。"};
static const struct refusal prediction_changed = {"prediction_changed",
                                                  "The prediction has changed meanwhile: fit or score it again.",
                                                  "预测模型在此期间已变更:请重新拟合或评分。"};

/* --- rows --- */

static struct bytes piece_key(struct arena *a, struct bytes name, enum piece_of of, uint32_t piece)
{
    struct buf key = arena_buf(a, PREDICTION_NAME_BYTES_MAX + 4);
    buf_push(&key, name);
    pack_u8(&key, 0);
    pack_u8(&key, (uint8_t)of);
    pack_u8(&key, (uint8_t)(piece >> 8)); /* big-endian, so that pieces lie in order */
    pack_u8(&key, (uint8_t)piece);
    return buf_bytes(&key);
}

static void pieces_remove(struct step *s, struct bytes name, enum piece_of of)
{
    struct bytes part;
    for (uint32_t piece = 0; view_keyed(&s->view, &piece_family, piece_key(s->view.arena, name, of, piece), &part);
         piece++)
        step_keyed_remove(s, &piece_family, piece_key(s->view.arena, name, of, piece));
}

static void pieces_put(struct step *s, struct bytes name, enum piece_of of, struct bytes all)
{
    uint32_t piece = 0;
    pieces_remove(s, name, of);
    for (size_t from = 0; from < all.size; from += PIECE_BYTES) {
        size_t left = all.size - from;
        step_keyed_put(s, &piece_family, piece_key(s->view.arena, name, of, piece++),
                       bytes_slice(all, from, from + (left < PIECE_BYTES ? left : PIECE_BYTES)));
    }
}

static struct bytes pieces_read(const struct view *v, struct bytes name, enum piece_of of)
{
    struct bytes part;
    size_t size = 0;
    uint32_t piece = 0;
    for (; view_keyed(v, &piece_family, piece_key(v->arena, name, of, piece), &part); piece++)
        size += part.size;
    struct buf all = arena_buf(v->arena, size);
    for (uint32_t i = 0; i < piece && view_keyed(v, &piece_family, piece_key(v->arena, name, of, i), &part); i++)
        buf_push(&all, part);
    return buf_bytes(&all);
}

static void said_put(struct buf *b, const struct saved_prediction *p)
{
    pack_bytes(b, p->name);
    pack_bytes(b, p->question);
    pack_bytes(b, p->label);
    pack_u8(b, (uint8_t)p->schedule.every);
    pack_varint(b, p->schedule.minute);
    pack_varint(b, p->schedule.on);
}

static void said_take(struct unpack *u, struct saved_prediction *out)
{
    out->name = unpack_bytes(u);
    out->question = unpack_bytes(u);
    out->label = unpack_bytes(u);
    out->schedule.every = (enum prediction_every)unpack_u8(u);
    out->schedule.minute = unpack_varint32(u);
    out->schedule.on = unpack_varint32(u);
}

static void run_put(struct buf *b, const struct prediction_run *run)
{
    pack_signed(b, run->time_us);
    pack_varint(b, run->people);
    pack_varint(b, run->drift_milli);
    pack_bytes(b, run->feature);
}

static void run_take(struct unpack *u, struct prediction_run *out)
{
    out->time_us = unpack_signed(u);
    out->people = unpack_varint(u);
    out->drift_milli = unpack_varint32(u);
    out->feature = unpack_bytes(u);
}

static void row_put(struct step *s, const struct saved_prediction *p)
{
    struct buf row = arena_buf(s->view.arena, HEAD_BYTES_MAX);
    pack_u8(&row, FORMAT);
    said_put(&row, p);
    pack_varint(&row, p->revision);
    pack_signed(&row, p->saved_us);
    pack_varint(&row, p->fitted_revision);
    pack_signed(&row, p->fitted_us);
    run_put(&row, &p->run);
    pack_signed(&row, p->due_us);
    pack_signed(&row, p->wanted_us);
    pack_signed(&row, p->failed_us);
    pack_bytes(&row, p->failure);
    assert(!row.overflowed);
    step_keyed_put(s, &prediction_family, p->name, buf_bytes(&row));
}

static struct saved_prediction of_row(struct bytes row)
{
    struct saved_prediction p = {0};
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != FORMAT;
    said_take(&u, &p);
    p.revision = unpack_varint(&u);
    p.saved_us = unpack_signed(&u);
    p.fitted_revision = unpack_varint(&u);
    p.fitted_us = unpack_signed(&u);
    run_take(&u, &p.run);
    p.due_us = unpack_signed(&u);
    p.wanted_us = unpack_signed(&u);
    p.failed_us = unpack_signed(&u);
    p.failure = unpack_bytes(&u);
    assert(unpack_finished(&u)); /* rows are our own bytes */
    return p;
}

/* --- reading --- */

bool prediction_find(const struct view *v, struct bytes name, struct saved_prediction *out_prediction)
{
    struct bytes row;
    if (name.size == 0 || name.size > PREDICTION_NAME_BYTES_MAX || !view_keyed(v, &prediction_family, name, &row))
        return false;
    *out_prediction = of_row(row);
    return true;
}

bool prediction_next(const struct view *v, struct bytes after, struct saved_prediction *out_prediction)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &prediction_family, after.size == 0 ? BYTES_LIT("\0") : after, true, &key, &row))
        return false;
    *out_prediction = of_row(row);
    return true;
}

struct bytes prediction_model(const struct view *v, struct bytes name)
{
    return pieces_read(v, name, PIECE_MODEL);
}

struct bytes prediction_card(const struct view *v, struct bytes name)
{
    return pieces_read(v, name, PIECE_CARD);
}

/* --- by schedule --- */

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v, (void)fact, (void)out;
}

const struct fact_kind fact_prediction_changed = {
    .id = 0x1301,
    .name = "prediction_changed",
    .print = changed_print,
    .about = "Which predictions there are or when they are run is otherwise, or one is due."};

static void changed_say(struct step *s)
{
    step_say(s, &fact_prediction_changed, NULL);
}

static const struct timer_kind due_timer;

/* Moves its timer; the caller writes the row. */
static void due_set(struct step *s, struct saved_prediction *io, int64_t due_us)
{
    struct bytes name = arena_copy(s->view.arena, io->name);
    if (io->due_us == due_us)
        return;
    if (io->due_us != INT64_MAX)
        step_timer_cancel(s, &due_timer, io->due_us, name);
    if (due_us != INT64_MAX)
        step_timer_set(s, &due_timer, due_us, name, name);
    io->due_us = due_us;
}

static int64_t next_us(const struct view *v, const struct saved_prediction *p)
{
    struct civil *civil = calendar_civil(v);
    int64_t us = prediction_schedule_next_us(&p->schedule, civil, v->now_us);
    civil_destroy(civil);
    return us;
}

/* However long nothing ran: it is due once, and next when the clocks say so again. */
static void due(struct step *s, struct bytes name)
{
    struct saved_prediction p;
    if (!prediction_find(&s->view, name, &p) || p.due_us > s->view.now_us)
        return;
    p.due_us = INT64_MAX; /* the timer is gone */
    p.wanted_us = p.wanted_us == 0 ? s->view.now_us : p.wanted_us;
    due_set(s, &p, next_us(&s->view, &p));
    row_put(s, &p);
    changed_say(s);
}

static const struct timer_kind due_timer = {.id = 0x1321, .name = "prediction.due", .due = due};

/* What failed is tried again so long behind, whatever clocks show; until it was: then it is wanted. */
static bool is_to_be_retried(const struct saved_prediction *p)
{
    return p->failed_us != 0 && p->wanted_us == 0;
}

/* Clocks show other times now. What was missed is still to be done: its timer is due. */
static void hear_zone(struct step *s, const void *fact)
{
    struct saved_prediction p;
    (void)fact;
    for (struct bytes after = BYTES_NONE; prediction_next(&s->view, after, &p); after = p.name) {
        if (p.schedule.every == PREDICTION_NEVER || is_to_be_retried(&p) || p.due_us <= s->view.now_us)
            continue;
        due_set(s, &p, next_us(&s->view, &p));
        row_put(s, &p);
    }
    changed_say(s);
}

/* --- said --- */

static bool is_name(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!(name.data[i] >= 'a' && name.data[i] <= 'z') && !(name.data[i] >= '0' && name.data[i] <= '9') &&
            name.data[i] != '_')
            return false;
    return name.size > 0 && name.size <= PREDICTION_NAME_BYTES_MAX;
}

void prediction_said_pack(struct buf *b, const struct saved_prediction *p)
{
    pack_u8(b, FORMAT);
    said_put(b, p);
}

static fallible said_unpack(struct bytes payload, struct saved_prediction *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    *out = (struct saved_prediction){0};
    u.bad |= unpack_u8(&u) != FORMAT;
    said_take(&u, out);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "a prediction is cut short");
    if (!is_name(out->name))
        return FAIL(e, INVALID, "a prediction's name is of lower-case letters, digits and \"_\", at most %u of them",
                    PREDICTION_NAME_BYTES_MAX);
    if (out->question.size == 0 || out->question.size > PREDICTION_QUESTION_BYTES_MAX ||
        out->label.size > PREDICTION_LABEL_BYTES_MAX)
        return FAIL(e, INVALID, "a prediction has a question of at most %u bytes and a label of at most %u",
                    PREDICTION_QUESTION_BYTES_MAX, PREDICTION_LABEL_BYTES_MAX);
    return prediction_schedule_check(&out->schedule, e);
}

static fallible put_check(struct bytes payload, struct err *e)
{
    struct saved_prediction p;
    return said_unpack(payload, &p, e);
}

static uint32_t predictions_count(const struct view *v)
{
    struct saved_prediction p;
    uint32_t count = 0;
    for (struct bytes after = BYTES_NONE; prediction_next(v, after, &p); after = p.name)
        count++;
    return count;
}

static bool schedules_equal(const struct prediction_schedule *x, const struct prediction_schedule *y)
{
    return x->every == y->every && x->minute == y->minute && x->on == y->on;
}

/* Whoever changes the question keeps its model, which says of which revision it is, until it is fitted again. */
static const struct refusal *put(struct step *s, struct bytes payload)
{
    struct saved_prediction said, p = {0};
    struct status status = said_unpack(payload, &said, NULL);
    assert(done(status)); /* put_check has seen it */
    bool is_there = prediction_find(&s->view, said.name, &p);
    bool is_same = is_there && bytes_equal(p.question, said.question);
    bool is_on_time = is_there && schedules_equal(&p.schedule, &said.schedule);
    if (is_same && bytes_equal(p.label, said.label) && is_on_time)
        return NULL;
    if (!is_there && predictions_count(&s->view) >= PREDICTIONS_MAX)
        return &too_many_predictions;
    p.name = said.name;
    p.question = said.question;
    p.label = said.label;
    p.schedule = said.schedule;
    p.revision += !is_same;
    p.saved_us = s->view.now_us;
    p.due_us = is_there ? p.due_us : INT64_MAX;
    if (!is_on_time)
        due_set(s, &p, next_us(&s->view, &p));
    if (p.schedule.every == PREDICTION_NEVER) {
        p.wanted_us = p.failed_us = 0;
        p.failure = BYTES_NONE;
    }
    row_put(s, &p);
    changed_say(s);
    return NULL;
}

static fallible remove_check(struct bytes payload, struct err *e)
{
    return payload.size > 0 ? DONE : FAIL(e, INVALID, "which prediction? give its name");
}

static const struct refusal *remove_prediction(struct step *s, struct bytes name)
{
    struct saved_prediction p;
    if (!prediction_find(&s->view, name, &p))
        return &no_such_prediction;
    due_set(s, &p, INT64_MAX);
    pieces_remove(s, name, PIECE_CARD);
    pieces_remove(s, name, PIECE_MODEL);
    step_keyed_remove(s, &prediction_family, name);
    return NULL;
}

/* --- fitted --- */

struct fitted {
    struct bytes name, card, model;
    uint64_t revision;
};

void prediction_fitted_pack(struct buf *b, struct bytes name, uint64_t revision, struct bytes card, struct bytes model)
{
    pack_u8(b, FORMAT);
    pack_bytes(b, name);
    pack_varint(b, revision);
    pack_bytes(b, card);
    pack_bytes(b, model);
}

static fallible fitted_unpack(struct bytes payload, struct fitted *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != FORMAT;
    out->name = unpack_bytes(&u);
    out->revision = unpack_varint(&u);
    out->card = unpack_bytes(&u);
    out->model = unpack_bytes(&u);
    if (!unpack_finished(&u) || out->card.size == 0 || out->model.size == 0)
        return FAIL(e, INVALID, "a model with its card is cut short");
    return out->card.size <= PREDICTION_CARD_BYTES_MAX && out->model.size <= PREDICTION_MODEL_BYTES_MAX
               ? DONE
               : FAIL(e, LIMIT, "a model that is kept has at most %u KiB: ask for fewer or less deep trees",
                      PREDICTION_MODEL_BYTES_MAX >> 10);
}

static fallible fitted_check(struct bytes payload, struct err *e)
{
    struct fitted f;
    return fitted_unpack(payload, &f, e);
}

static const struct refusal *fitted(struct step *s, struct bytes payload)
{
    struct fitted f;
    struct saved_prediction p;
    struct status status = fitted_unpack(payload, &f, NULL);
    assert(done(status)); /* fitted_check has seen it */
    if (!prediction_find(&s->view, f.name, &p))
        return &no_such_prediction;
    if (p.revision != f.revision)
        return &prediction_changed;
    pieces_put(s, f.name, PIECE_CARD, f.card);
    pieces_put(s, f.name, PIECE_MODEL, f.model);
    p.fitted_revision = f.revision;
    p.fitted_us = s->view.now_us;
    p.run = (struct prediction_run){0};
    row_put(s, &p);
    return NULL;
}

/* --- scored --- */

void prediction_scored_pack(struct buf *b, struct bytes name, int64_t fitted_us, const struct prediction_run *run)
{
    pack_u8(b, FORMAT);
    pack_bytes(b, name);
    pack_signed(b, fitted_us);
    run_put(b, run);
}

static fallible scored_unpack(struct bytes payload, struct bytes *out_name, int64_t *out_fitted_us,
                              struct prediction_run *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != FORMAT;
    *out_name = unpack_bytes(&u);
    *out_fitted_us = unpack_signed(&u);
    run_take(&u, out);
    return unpack_finished(&u) && out->feature.size <= PREDICTION_FEATURE_BYTES_MAX
               ? DONE
               : FAIL(e, INVALID, "what came of scoring is cut short");
}

static fallible scored_check(struct bytes payload, struct err *e)
{
    struct bytes name;
    struct prediction_run run;
    int64_t fitted_us;
    return scored_unpack(payload, &name, &fitted_us, &run, e);
}

static const struct refusal *scored(struct step *s, struct bytes payload)
{
    struct bytes name;
    struct prediction_run run;
    struct saved_prediction p;
    int64_t fitted_us;
    struct status status = scored_unpack(payload, &name, &fitted_us, &run, NULL);
    assert(done(status)); /* scored_check has seen it */
    if (!prediction_find(&s->view, name, &p))
        return &no_such_prediction;
    if (p.fitted_revision == 0 || p.fitted_us != fitted_us)
        return &prediction_changed;
    p.run = run;
    p.run.time_us = s->view.now_us;
    if (is_to_be_retried(&p))
        due_set(s, &p, next_us(&s->view, &p));
    p.wanted_us = p.failed_us = 0;
    p.failure = BYTES_NONE;
    row_put(s, &p);
    return NULL;
}

/* --- failed --- */

void prediction_failed_pack(struct buf *b, struct bytes name, struct bytes why)
{
    pack_u8(b, FORMAT);
    pack_bytes(b, name);
    pack_bytes(b, text_cut(why, PREDICTION_FAILURE_BYTES_MAX));
}

static fallible failed_unpack(struct bytes payload, struct bytes *out_name, struct bytes *out_why, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != FORMAT;
    *out_name = unpack_bytes(&u);
    *out_why = unpack_bytes(&u);
    return unpack_finished(&u) && out_why->size <= PREDICTION_FAILURE_BYTES_MAX
               ? DONE
               : FAIL(e, INVALID, "why a prediction wasn't scored is cut short");
}

static fallible failed_check(struct bytes payload, struct err *e)
{
    struct bytes name, why;
    return failed_unpack(payload, &name, &why, e);
}

/* Tried again soon, and as long as it fails: it may be that nobody was there yet to learn from. */
static const struct refusal *run_failed(struct step *s, struct bytes payload)
{
    struct bytes name, why;
    struct saved_prediction p;
    struct status status = failed_unpack(payload, &name, &why, NULL);
    assert(done(status)); /* failed_check has seen it */
    if (!prediction_find(&s->view, name, &p))
        return &no_such_prediction;
    int64_t again_us = s->view.now_us + PREDICTION_RETRY_US;
    p.wanted_us = 0;
    p.failed_us = s->view.now_us;
    p.failure = why;
    if (p.schedule.every != PREDICTION_NEVER && again_us < p.due_us)
        due_set(s, &p, again_us);
    row_put(s, &p);
    changed_say(s);
    return NULL;
}

/* --- alarms --- */

static bool drifts(const struct view *v)
{
    struct saved_prediction p;
    for (struct bytes after = BYTES_NONE; prediction_next(v, after, &p); after = p.name)
        if (p.run.time_us != 0 && p.run.drift_milli > DRIFT_MUCH_MILLI)
            return true;
    return false;
}

static bool is_overdue(const struct view *v)
{
    struct saved_prediction p;
    for (struct bytes after = BYTES_NONE; prediction_next(v, after, &p); after = p.name) {
        if (p.wanted_us != 0 && v->now_us - p.wanted_us > OVERDUE_US)
            return true;
    }
    return false;
}

static bool has_failed(const struct view *v)
{
    struct saved_prediction p;
    for (struct bytes after = BYTES_NONE; prediction_next(v, after, &p); after = p.name)
        if (p.failed_us != 0)
            return true;
    return false;
}

static const struct alarm alarms[] = {
    {"prediction_drift",
     "A feature of a prediction is spread otherwise than when its model was fitted: fit it again (`kith predict "
     "list`).",
     "No prediction's features drift any more.", drifts,
     "某个预测模型的特征分布已明显漂移:请重新拟合(见 `kith predict list`)。"},
    {"prediction_overdue", "A prediction that was due by schedule hasn't been scored for hours (`kith predict list`).",
     "All predictions are scored by schedule again.", is_overdue,
     "有预测模型到期数小时仍未评分(见 `kith predict list`)。"},
    {"prediction_failed",
     "A prediction could not be scored by schedule; it is tried again every hour (`kith predict list` says why).",
     "All predictions could be scored again.", has_failed,
     "有预测模型定时评分失败,每小时重试(原因见 `kith predict list`)。"},
};

static const struct family *const families[] = {&prediction_family, &piece_family};
static const struct command commands[] = {
    {COMMAND_PREDICTION, "prediction.put", HEAD_BYTES_MAX, ROLE_WRITE, put_check, NULL, put,
     "Keeps a prediction under a name, or a new revision of it.", NULL},
    {COMMAND_PREDICTION_REMOVE, "prediction.remove", PREDICTION_NAME_BYTES_MAX, ROLE_WRITE, remove_check, NULL,
     remove_prediction, "Ends a prediction, with its model.", NULL},
    {COMMAND_PREDICTION_FITTED, "prediction.fitted", PREDICTION_FITTED_BYTES_MAX, ROLE_WRITE, fitted_check, NULL,
     fitted, "Keeps the model that was fitted for a prediction, and its card.", NULL},
    {COMMAND_PREDICTION_SCORED, "prediction.scored", PREDICTION_FEATURE_BYTES_MAX + 200u, ROLE_WRITE, scored_check,
     NULL, scored, "Notes that everybody was scored, and how far features have drifted.", NULL},
    {COMMAND_PREDICTION_FAILED, "prediction.failed", PREDICTION_FAILURE_BYTES_MAX + 100u, ROLE_SYSTEM, failed_check,
     NULL, run_failed, "Notes that a prediction could not be run by schedule, and why.", NULL},
};
static const struct fact_kind *const says[] = {&fact_prediction_changed};
static const struct listener hears[] = {{&fact_zone_changed, hear_zone}};
static const struct timer_kind *const timers[] = {&due_timer};

const struct domain prediction_domain = {
    .number = 0x13,
    .name = "prediction",
    .about = "Predictions that are kept under a name, with their models.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .timers = timers,
    .timer_count = COUNT_OF(timers),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
};
