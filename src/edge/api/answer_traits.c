#include "edge/api/answer_traits.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "domain/people/people.h"
#include "edge/api/answer_people.h"
#include "edge/api/api.h"
#include "edge/identifiers.h"
#include "edge/intake.h"
#include "edge/scope.h"

#define TRAITS_COUNT_MAX 6u /* of one answer: one of each column that is told */
#define PEOPLE_A_MESSAGE 1024u
#define WRITTEN_BYTES_MAX (4u << 10) /* of one: an identifier and three numbers */
#define VALUE_TEXT_BYTES_MAX 512u
#define TRAIT_NAME_BYTES 48u
#define COLUMNS_MAX 16u

/* A trait, out of a column. */
struct trait_told {
    char name[TRAIT_NAME_BYTES];
    size_t column;
    double scale; /* values are rounded to 1 / scale, so that what hardly moves isn't written again */
};

struct person_told {
    uint32_t person;
    double values[TRAITS_COUNT_MAX]; /* NAN: not known */
};

struct trait_counts {
    uint64_t people, written, unchanged, hidden, without_identifier, faulty;
};

/* Events on their way; answered on the engine's thread. */
struct delivery {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    size_t left;
    uint64_t refused;
    struct status status; /* of the first that wasn't taken */
};

struct writing {
    const struct request *look;
    struct trait_told traits[TRAITS_COUNT_MAX];
    size_t trait_count, person_column;
    size_t count;
    struct person_told people[ANSWER_PEOPLE_A_READ];
    int64_t now_us;
    struct intake *intake;
    struct buf lines;                /* events that aren't sent yet */
    size_t lines_before;             /* their bytes, of the reads before */
    struct trait_counts counts, now; /* of the reads before; of this one, which may run again */
};

/* --- which traits --- */

static size_t column_named(struct json answer, const char *name, bool *out_is_money)
{
    struct json column;
    size_t place = 0;
    for (struct json_walk w = json_items(json_find(answer, BYTES_LIT("columns"))); json_item_next(&w, &column);
         place++) {
        if (!bytes_equal(json_string(json_find(column, BYTES_LIT("name"))), bytes_of_text(name)))
            continue;
        *out_is_money = bytes_equal(json_string(json_find(column, BYTES_LIT("kind"))), BYTES_LIT("money"));
        return place;
    }
    return SIZE_MAX;
}

/* The score of a prediction, which says what its trait is called. */
static bool score_name(struct writing *t, struct json answer)
{
    bool is_money;
    struct bytes name = json_string(json_find(answer, BYTES_LIT("trait")));
    size_t column = column_named(answer, "score", &is_money);
    if (name.size == 0 || name.size >= TRAIT_NAME_BYTES || column == SIZE_MAX)
        return false;
    struct trait_told *trait = &t->traits[t->trait_count++];
    *trait = (struct trait_told){.column = column, .scale = 1e4};
    (void)snprintf(trait->name, sizeof trait->name, "%.*s", BYTES_ARG(name));
    return true;
}

/* "12m": so many months; of opportunities their unit's first letter. */
static void values_name(struct writing *t, struct json answer)
{
    uint64_t periods = 0;
    bool is_money;
    struct bytes unit = json_string(json_find(answer, BYTES_LIT("unit")));
    int letter = unit.size == 0 || bytes_equal(unit, BYTES_LIT("day")) ? 'm' : unit.data[0];
    (void)json_uint64(json_find(answer, BYTES_LIT("periods")), &periods);
    static const struct {
        const char *column, *name;
        double scale;
        bool is_money, has_periods;
    } rows[] = {{"alive", "p_alive", 1e4, false, false},
                {"to_come", "expected_orders", 1e4, false, true},
                {"worth", "expected_value", 1e2, true, true},
                {"share", "share_of_wallet", 1e4, false, false},
                {"share_low", "share_of_wallet_low", 1e4, false, false},
                {"share_high", "share_of_wallet_high", 1e4, false, false}};
    static_assert(COUNT_OF(rows) <= TRAITS_COUNT_MAX, "an answer may have them all");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t column = column_named(answer, rows[i].column, &is_money);
        if (column == SIZE_MAX || is_money != rows[i].is_money)
            continue;
        struct trait_told *trait = &t->traits[t->trait_count++];
        *trait = (struct trait_told){.column = column, .scale = rows[i].scale};
        if (rows[i].has_periods)
            (void)snprintf(trait->name, sizeof trait->name, "%s_%llu%c", rows[i].name, (unsigned long long)periods,
                           letter);
        else
            (void)snprintf(trait->name, sizeof trait->name, "%s", rows[i].name);
    }
}

static void traits_name(struct writing *t, struct json answer)
{
    t->person_column = answer_column_of_kind(answer, BYTES_LIT("person"), SIZE_MAX);
    if (!score_name(t, answer))
        values_name(t, answer);
}

static struct person_told person_of_row(const struct writing *t, struct json row)
{
    double cells[COLUMNS_MAX];
    size_t count = 0;
    struct json cell;
    struct person_told told = {.person = PERSON_NONE};
    for (struct json_walk w = json_items(row); count < COLUMNS_MAX && json_item_next(&w, &cell); count++)
        if (!json_double(cell, &cells[count]))
            cells[count] = NAN;
    if (t->person_column < count)
        told.person = (uint32_t)cells[t->person_column];
    for (size_t i = 0; i < t->trait_count; i++) {
        double x = t->traits[i].column < count ? cells[t->traits[i].column] : NAN;
        told.values[i] = round(x * t->traits[i].scale) / t->traits[i].scale;
    }
    return told;
}

/* --- their events, on the engine's thread --- */

static double number_of(const struct view *v, struct bytes packed)
{
    struct buf text = arena_buf(v->arena, VALUE_TEXT_BYTES_MAX);
    struct json_writer w;
    char *end;
    json_writer_init(&w, &text, false);
    value_put(&w, packed);
    if (text.overflowed || text.size == 0)
        return NAN;
    const char *from = arena_text(v->arena, buf_bytes(&text));
    double x = strtod(from, &end);
    return *end == 0 ? x : NAN;
}

/* What the source said last of it, whichever value stands. NAN: nothing, or no number. */
static double said_before(const struct view *v, const struct trait *list, size_t count, const char *name,
                          uint32_t brand)
{
    uint32_t number = name_number(v, NAME_TRAIT, bytes_of_text(name));
    uint32_t source = name_number(v, NAME_SOURCE, BYTES_LIT(ANSWER_TRAITS_SOURCE));
    for (size_t i = 0; i < count && number != 0 && source != 0; i++) {
        if (list[i].name != number || list[i].brand != brand)
            continue;
        if (list[i].source == source)
            return number_of(v, list[i].value);
        for (uint32_t k = 0; k < list[i].history_count; k++)
            if (list[i].history[k].source == source)
                return number_of(v, list[i].history[k].value);
    }
    return NAN;
}

/* The one that is trusted most of those the token sees: the event's owner. NULL: there is none. */
static const struct identifier *identifier_of(const struct request *look, const struct view *v, uint32_t person)
{
    const struct identifiers_seen ids = identifiers_seen(look, v, person);
    const struct identifier *best = NULL;
    unsigned best_priority = UINT32_MAX;
    for (size_t i = 0; i < ids.count; i++) {
        const struct id_type_rule *rule = id_type_rule(v, ids.list[i].type);
        if (ids.places[i] == IDENTIFIER_HIDDEN || ids.list[i].state != ID_IN_FORCE || rule == NULL ||
            rule->priority >= best_priority)
            continue;
        best = &ids.list[i];
        best_priority = rule->priority;
    }
    return best;
}

static void event_put(struct writing *t, const struct view *v, uint32_t person, const struct identifier *id,
                      const struct person_told *told, const bool *is_new)
{
    char public_id[PUBLIC_ID_TEXT_BYTES];
    struct json_writer w;
    json_writer_init(&w, &t->lines, false);
    json_object_begin(&w);
    member_bytes(&w, "event", standard_event_name(EVENT_TRAITS_COMPUTED));
    member_text(&w, "id",
                arena_printf(v->arena, "value:%s:%lld", public_id_text(identity_public_id(v, person), public_id),
                             (long long)t->now_us));
    json_key(&w, "ids");
    json_array_begin(&w);
    json_object_begin(&w);
    member_text(&w, "type", id_type_rule(v, id->type)->name);
    if (id->ns.size > 0)
        member_bytes(&w, "ns", id->ns);
    member_bytes(&w, "value", id->value);
    json_object_end(&w);
    json_array_end(&w);
    json_key(&w, "traits");
    json_object_begin(&w);
    for (size_t i = 0; i < t->trait_count; i++) {
        if (!is_new[i])
            continue;
        json_key(&w, t->traits[i].name);
        json_put_double(&w, told->values[i]);
    }
    json_object_end(&w);
    json_object_end(&w);
    buf_push_text(&t->lines, "\n");
}

static void person_write(struct writing *t, const struct view *v, const struct person_told *told, uint32_t brand)
{
    uint32_t person = told->person == PERSON_NONE ? PERSON_NONE : identity_living(v, told->person);
    const struct trait *list;
    bool is_new[TRAITS_COUNT_MAX] = {false}, is_any = false;
    t->now.people++;
    if (person == PERSON_NONE || !scope_sees_person(t->look->token, v, person)) {
        t->now.hidden++;
        return;
    }
    size_t count = people_traits(v, person, &list);
    for (size_t i = 0; i < t->trait_count; i++) {
        double before = said_before(v, list, count, t->traits[i].name, brand);
        is_new[i] = isfinite(told->values[i]) && !(before == told->values[i]);
        is_any = is_any || is_new[i];
    }
    const struct identifier *id = is_any ? identifier_of(t->look, v, person) : NULL;
    if (!is_any) {
        t->now.unchanged++;
    } else if (id == NULL) {
        t->now.without_identifier++;
    } else {
        event_put(t, v, person, id, told, is_new);
        t->now.written++;
    }
}

/* Runs again when something was cold. */
static void people_write(const struct view *v, void *context)
{
    struct writing *t = context;
    uint32_t brand = name_number(v, NAME_BRAND, bytes_of_text(t->look->token->brand));
    t->now = (struct trait_counts){0};
    t->lines.size = t->lines_before;
    for (size_t i = 0; i < t->count; i++)
        person_write(t, v, &t->people[i], brand);
}

/* --- through the door --- */

static void event_answered(struct submission *s, const struct answer *a)
{
    struct delivery *d = s->context;
    (void)pthread_mutex_lock(&d->lock);
    if (failed(a->status) && done(d->status))
        d->status = a->status;
    d->refused += done(a->status) && a->refusal != NULL;
    if (--d->left == 0)
        (void)pthread_cond_signal(&d->answered);
    (void)pthread_mutex_unlock(&d->lock);
}

/* Sends what was read, and waits until all is durable. */
static fallible batch_send(struct writing *t, struct submission *submissions, struct err *e)
{
    const struct codec_batch *b = &t->intake->batch;
    const struct request *look = t->look;
    struct delivery d = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER, .left = b->event_count};
    for (size_t i = 0; i < b->event_count; i++)
        submissions[i] = (struct submission){
            .command = registry_command(host_registry(request_host(look)), COMMAND_COLLECT_EVENT),
            .payload = bytes_of(b->packed.data + b->events[i].offset, b->events[i].size),
            .answered = event_answered,
            .context = &d};
    struct message m = {
        .workspace = look->workspace, .submissions = submissions, .submission_count = (uint32_t)b->event_count};
    TRY(host_send(request_host(look), &m, e));
    (void)pthread_mutex_lock(&d.lock);
    while (d.left > 0)
        (void)pthread_cond_wait(&d.answered, &d.lock);
    (void)pthread_mutex_unlock(&d.lock);
    t->counts.faulty += d.refused;
    t->counts.written -= d.refused;
    return done(d.status)
               ? DONE
               : (err_set(e, "not all traits were taken: write them again, those taken are passed over"), d.status);
}

static fallible lines_send(struct writing *t, struct err *e)
{
    struct codec_batch *b = &t->intake->batch;
    struct codec_context c = collect_context(t->look);
    if (t->lines.overflowed)
        return FAIL(e, LIMIT, "the events of %u people are too long", PEOPLE_A_MESSAGE);
    if (t->lines.size == 0)
        return DONE;
    c.source = BYTES_LIT(ANSWER_TRAITS_SOURCE);
    codec_batch_clear(b);
    TRY(native_read(&t->intake->codec, &c, buf_bytes(&t->lines), b, e));
    t->counts.faulty += b->fault_count;
    t->counts.written -= b->fault_count;
    buf_clear(&t->lines);
    t->lines_before = 0;
    if (b->event_count == 0)
        return DONE;
    struct submission *submissions = calloc(b->event_count, sizeof *submissions);
    if (submissions == NULL)
        return FAIL(e, FULL, "no memory for events");
    struct status s = batch_send(t, submissions, e);
    free(submissions);
    return s;
}

static fallible rows_write(struct writing *t, struct json rows, struct err *e)
{
    struct json row;
    uint64_t read = 0;
    struct json_walk walk = json_items(rows);
    for (bool is_more = true; is_more;) {
        t->count = 0;
        while (t->count < ANSWER_PEOPLE_A_READ && (is_more = json_item_next(&walk, &row)))
            t->people[t->count++] = person_of_row(t, row);
        TRY(host_read(request_host(t->look), t->look->workspace, people_write, t, e));
        t->lines_before = t->lines.size;
        t->counts.people += t->now.people;
        t->counts.written += t->now.written;
        t->counts.unchanged += t->now.unchanged;
        t->counts.hidden += t->now.hidden;
        t->counts.without_identifier += t->now.without_identifier;
        read += t->count;
        if (!is_more || read % PEOPLE_A_MESSAGE == 0)
            TRY(lines_send(t, e));
    }
    return DONE;
}

static void outcome_put(const struct writing *t, struct json answer, struct json_writer *w)
{
    json_key(w, "traits");
    json_array_begin(w);
    for (size_t i = 0; i < t->trait_count; i++)
        json_put_text(w, t->traits[i].name);
    json_array_end(w);
    member_uint(w, "people", t->counts.people);
    member_uint(w, "written", t->counts.written);
    member_uint(w, "unchanged", t->counts.unchanged);
    member_uint(w, "hidden", t->counts.hidden);
    member_uint(w, "without_identifier", t->counts.without_identifier);
    member_uint(w, "faulty", t->counts.faulty);
    json_key(w, "next");
    json_put(w, json_find(answer, BYTES_LIT("next")));
}

fallible answer_traits_write(const struct request *look, struct json answer, struct json_writer *w, struct err *e)
{
    struct bytes brand = bytes_of_text(look->token->brand);
    if (!scope_changes_brand(look->token, brand))
        return FAIL(e, DENIED,
                    "the token sees some brands, but speaks for none of them: use one that was made with a brand");
    struct writing t = {.look = look, .now_us = time_now_us(), .intake = intake_create()};
    buf_init(&t.lines, PEOPLE_A_MESSAGE * WRITTEN_BYTES_MAX);
    traits_name(&t, answer);
    struct status s = rows_write(&t, json_find(answer, BYTES_LIT("rows")), e);
    buf_fini(&t.lines);
    intake_destroy(t.intake);
    if (done(s))
        outcome_put(&t, answer, w);
    return s;
}
