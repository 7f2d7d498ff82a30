#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "engine/engine_domain.h"
#include "sim/model_apply.h"
#include "sim/run.h"

#define GROUP_MAX 64u
#define EVENTS_AN_ORDER (ORDER_STATES_PLANNED + 1) /* each of them a deed too */

/* --- sending --- */

static void answered(struct submission *s, const struct answer *a)
{
    struct delivery *d = s->context;
    assert(d->state == DELIVERY_UNDER_WAY);
    d->state = a->status.code == STATUS_OK ? DELIVERY_ANSWERED : DELIVERY_TURNED_AWAY;
    d->position = a->position;
    d->refusal = a->refusal;
    if (a->status.code != STATUS_OK && a->status.code != STATUS_FULL && a->status.code != STATUS_UNAVAILABLE)
        run_fail(d->run, "deed %u was answered %s", d->deed, status_name(a->status.code));
}

static uint32_t deed_take_in(struct run *r, const struct deed *d)
{
    struct err e = {0};
    struct buf payload;
    buf_init(&payload, 1 << 16);
    assert(r->deed_count < DEEDS_MAX);
    struct status status = deed_pack(d, &r->pool, &payload, &e);
    const struct command *command = registry_command(r->registry, deed_command(d));
    if (done(status) && command->check != NULL)
        status = command->check(buf_bytes(&payload), &e);
    if (failed(status))
        run_fail(r, "a %s can't be packed: %s", command->name, e.text);
    r->deeds[r->deed_count] = *d;
    r->payloads[r->deed_count] = arena_copy(r->arena, buf_bytes(&payload));
    buf_fini(&payload);
    return r->deed_count++;
}

static struct submission *delivery_make(struct run *r, uint32_t deed)
{
    assert(r->delivery_count < DELIVERIES_MAX);
    struct delivery *d = &r->deliveries[r->delivery_count++];
    *d = (struct delivery){.run = r, .deed = deed};
    d->submission = (struct submission){.command = registry_command(r->registry, deed_command(&r->deeds[deed])),
                                        .payload = r->payloads[deed],
                                        .answered = answered,
                                        .context = d};
    struct buf words;
    buf_init(&words, TRANSCRIPT_LINE_BYTES);
    deed_print(&r->deeds[deed], &r->pool, &words);
    run_say(r, "  send %u: %.*s", deed, BYTES_ARG(buf_bytes(&words)));
    buf_fini(&words);
    return &d->submission;
}

static void send(struct run *r, struct submission **group, size_t count)
{
    struct err e = {0};
    run_mind(r, engine_group(r->engine, group, count, r->now_us, &e), &e);
}

static bool records_have_room(const struct run *r)
{
    return r->record_count + 256 < RECORDS_MAX && r->people.part_count + GROUP_MAX < PARTS_MAX;
}

static bool has_room(const struct run *r)
{
    return r->deed_count + GROUP_MAX * (1 + EVENTS_AN_ORDER) < DEEDS_MAX && r->delivery_count + GROUP_MAX < DELIVERIES_MAX && records_have_room(r);
}

/* Of who has the identifier now, or of somebody whom they absorbed; zeroes: nobody has it. */
static struct hash128 public_id_of(struct run *r, uint16_t id)
{
    const struct pool_id *p = &r->pool.ids[id];
    struct view v = shadow_view(r->shadow);
    struct envelope_id asked = {.type = p->type, .ns = bytes_of_text(p->ns), .value = bytes_of_text(p->value), .key = p->key};
    const uint32_t *numbers;
    size_t count = identity_numbers(&v, identity_find_last(&v, &asked), &numbers);
    return count == 0 ? (struct hash128){0} : identity_own_public_id(&v, numbers[rng_below(&r->rng, (uint32_t)count)]);
}

static uint32_t deed_next(struct run *r)
{
    struct deed d;
    plan_next(&r->plan, r->verbs, r->verb_count, r->now_us, &d);
    if (d.kind == DEED_ERASE)
        d.public_id = public_id_of(r, d.ids[0]);
    r->now_us = r->now_us > r->plan.event_us ? r->now_us : r->plan.event_us;
    return deed_take_in(r, &d);
}

void deliver_group(struct run *r, uint32_t count)
{
    struct submission *group[GROUP_MAX];
    size_t size = 0;
    if (!has_room(r) || run_failed(r))
        return;
    run_say(r, "group of %u", count);
    for (uint32_t i = 0; i < count && size < GROUP_MAX - 2; i++) {
        uint32_t deed = deed_next(r);
        if (rng_chance(&r->rng, 0.05) && r->held_back_count < COUNT_OF(r->held_back)) {
            r->held_back[r->held_back_count++] = deed;
            continue;
        }
        group[size++] = delivery_make(r, deed);
        if (rng_chance(&r->rng, 0.05)) /* twice, or one from long ago again */
            group[size++] = delivery_make(r, rng_chance(&r->rng, 0.5) ? deed : (uint32_t)rng_below(&r->rng, r->deed_count));
    }
    if (r->held_back_count > 0 && rng_chance(&r->rng, 0.3)) {
        uint32_t at = (uint32_t)rng_below(&r->rng, r->held_back_count);
        group[size++] = delivery_make(r, r->held_back[at]);
        r->held_back[at] = r->held_back[--r->held_back_count];
    }
    send(r, group, size);
}

/* The place in the log of messages where the number or the days end up to which they are remembered, give or take one. */
static uint32_t edge_seen(struct run *r)
{
    const struct model_people *p = &r->people;
    int64_t off = rng_between(&r->rng, -1, 1), by_number = (int64_t)p->count - p->dedup_ids + off;
    if (by_number >= 0 && by_number < p->count)
        return (uint32_t)by_number;
    uint32_t seen = (uint32_t)rng_below(&r->rng, p->count);
    int64_t edge_us = p->seen[seen].time_us / US_PER_SECOND * US_PER_SECOND + p->dedup_days * US_PER_DAY + off;
    r->now_us = edge_us > r->now_us ? edge_us : r->now_us;
    return seen;
}

void deliver_edge(struct run *r)
{
    if (r->engine == NULL || r->people.count == 0 || !has_room(r))
        return;
    uint32_t deed = (uint32_t)(r->people.seen[edge_seen(r)].deed - r->deeds);
    run_say(r, "at the edge of what is remembered");
    struct submission *one = delivery_make(r, deed);
    send(r, &one, 1);
}

void deliver_waiting(struct run *r)
{
    if (r->engine != NULL)
        send(r, NULL, 0);
}

void deliver_house(struct run *r)
{
    struct err e = {0};
    int64_t wait_us = 0;
    if (r->engine != NULL && records_have_room(r))
        run_mind(r, engine_keep_house(r->engine, r->now_us, &wait_us, &e), &e);
}

static void send_one(struct run *r, const struct deed *d)
{
    uint32_t deed = deed_take_in(r, d);
    while (!run_failed(r)) {
        struct submission *one = delivery_make(r, deed);
        send(r, &one, 1);
        if (r->deliveries[r->delivery_count - 1].state == DELIVERY_ANSWERED)
            return;
    }
}

/* So that relations of them can be said. */
static void relation_types_declare(struct run *r)
{
    for (uint32_t i = 0; i < RELATIONS_PLANNED; i++)
        send_one(r, &(struct deed){.kind = DEED_RELATION_TYPE, .name = planned_relations[i].name, .relation = i, .event = ""});
}

/* Each source is seen once before it gets its rule: rules are for new events, and name sources by number. */
void deliver_setup(struct run *r)
{
    static const char *const settings[] = {"event.fold_events", "event.fold_seconds", "identity.hub_partners", "collect.dedup_ids",
                                            "collect.dedup_generation"};
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        const struct setting *setting = registry_setting(r->registry, bytes_of_text(settings[i]));
        if (setting == NULL || rng_chance(&r->rng, 0.3))
            continue;
        int64_t most = setting->least + 20 < setting->most ? setting->least + 20 : setting->most;
        send_one(r, &(struct deed){.kind = DEED_SET, .name = settings[i], .value = rng_between(&r->rng, setting->least, most), .event = ""});
    }
    relation_types_declare(r);
    for (uint32_t i = 0; i < SOURCE_COUNT; i++) {
        struct deed d = {.kind = DEED_EVENT, .event = "app_opened", .source = source_names[i], .brand = "", .channel = "", .name = "", .alias_of = "",
                         .message = ++r->plan.messages, .event_us = r->now_us, .received_us = r->now_us};
        send_one(r, &d);
        if (rng_chance(&r->rng, 0.5))
            continue;
        d = (struct deed){.kind = DEED_SOURCE, .name = source_names[i], .value = (int64_t)i + 1, .event = "",
                          .priority = (uint8_t)(10 + i), .first = rng_chance(&r->rng, 0.5)};
        send_one(r, &d);
    }
}

/* --- reading back --- */

static struct delivery *delivery_of(struct run *r, const struct log_record *record)
{
    struct delivery *waiting = NULL;
    for (uint32_t i = r->unmatched_from; i < r->delivery_count; i++) {
        struct delivery *d = &r->deliveries[i];
        if (d->is_in_log || d->submission.command->id != record->kind || !bytes_equal(d->submission.payload, record->payload))
            continue;
        if (d->state == DELIVERY_ANSWERED && d->position == record->position)
            return d;
        if (d->state == DELIVERY_UNDER_WAY && waiting == NULL)
            waiting = d;
    }
    return waiting;
}

/* A relay has one follow-up, whose payload ends the relay's. */
static uint32_t relayed_deed(struct run *r, const struct log_record *record)
{
    struct record *relay = NULL;
    for (uint32_t i = 0; i < r->record_count && relay == NULL; i++)
        if (r->records[i].logged.position == record->follows.position)
            relay = &r->records[i];
    if (relay == NULL || relay->relays == DEED_NONE || relay->is_followed || record->follows.nth != 0 ||
        relay->logged.payload.size < record->payload.size || record->kind != COMMAND_COLLECT_EVENT ||
        !bytes_equal(bytes_slice(relay->logged.payload, relay->logged.payload.size - record->payload.size, relay->logged.payload.size), record->payload)) {
        run_fail(r, "position %llu follows nothing, or again", (unsigned long long)record->position);
        return DEED_NONE;
    }
    relay->is_followed = true;
    r->transcript->followed++;
    return relay->relays;
}

/* The deed that a record which follows another one is. */
static uint32_t deed_followed(struct run *r, const struct log_record *record)
{
    struct envelope v;
    if (record->kind == COMMAND_ORDER_OWNED)
        order_owned_read(r, record);
    if (record->kind != COMMAND_COLLECT_EVENT)
        return DEED_NONE; /* of a domain's own */
    bool is_event = done(envelope_unpack(record->payload, &v, NULL));
    return is_event && bytes_equal(v.source, BYTES_LIT(ORDER_SOURCE)) ? order_event_read(r, record) : relayed_deed(r, record);
}

static void record_take_in(struct run *r, const struct log_record *record)
{
    assert(r->record_count < RECORDS_MAX);
    const struct command *command = registry_command(r->registry, record->kind);
    bool follows = record->follows.position != 0;
    uint32_t followed = follows ? deed_followed(r, record) : DEED_NONE;
    struct delivery *d = follows ? NULL : delivery_of(r, record);
    bool is_relay = d != NULL && r->deeds[d->deed].is_relayed;
    struct record *own = &r->records[r->record_count++];
    *own = (struct record){.logged = *record, .deed = d != NULL && !is_relay ? d->deed : followed, .relays = DEED_NONE};
    own->logged.payload = arena_copy(r->arena, record->payload);
    if (command == NULL || (d == NULL && !follows && command->role != ROLE_SYSTEM)) {
        run_fail(r, "position %llu: %s was never sent, or is there twice", (unsigned long long)record->position,
                 command == NULL ? "an unknown command" : command->name);
        return;
    }
    if (d == NULL)
        run_say(r, "  log %llu: %s", (unsigned long long)record->position, command->name);
    model_apply(r, own);
    if (is_relay && own->refusal == NULL)
        own->relays = d->deed;
    if (d != NULL) {
        d->is_in_log = true;
        if (d->state == DELIVERY_ANSWERED && d->refusal != own->refusal)
            run_fail(r, "position %llu: answered %s, but a replay says %s", (unsigned long long)record->position,
                     d->refusal == NULL ? "accepted" : d->refusal->name, own->refusal == NULL ? "accepted" : own->refusal->name);
        run_say(r, "  log %llu: deed %u%s%s", (unsigned long long)record->position, d->deed, own->refusal == NULL ? "" : " refused: ",
                own->refusal == NULL ? "" : own->refusal->name);
    }
}

static void settle_deliveries(struct run *r)
{
    for (uint32_t i = r->unmatched_from; i < r->delivery_count; i++) {
        const struct delivery *d = &r->deliveries[i];
        if (d->state == DELIVERY_ANSWERED && !d->is_in_log)
            run_fail(r, "deed %u was answered at %llu, but the log has nothing there", d->deed, (unsigned long long)d->position);
    }
    while (r->unmatched_from < r->delivery_count && r->deliveries[r->unmatched_from].state != DELIVERY_UNDER_WAY)
        r->unmatched_from++;
}

void deliver_read_log(struct run *r)
{
    struct log *log = engine_log(r->engine);
    struct log_cursor *cursor = NULL;
    struct err e = {0};
    if (log_end(log) < r->read_until) {
        run_fail(r, "the log ends at %llu, but went to %llu before", (unsigned long long)log_end(log), (unsigned long long)r->read_until);
        return;
    }
    if (log_end(log) > r->read_until) {
        struct status status = log_cursor_open(log, r->read_until, &cursor, &e);
        struct log_record record;
        while (done(status) && !run_failed(r)) {
            status = log_cursor_next(cursor, &record, &e);
            if (done(status))
                record_take_in(r, &record);
        }
        if (failed(status) && status.code != STATUS_NOT_FOUND)
            run_fail(r, "the log can't be read back: %s", e.text);
        log_cursor_close(cursor);
        r->read_until = log_end(log);
    }
    if (!run_failed(r))
        settle_deliveries(r);
}

void deliver_forget(struct run *r)
{
    for (uint32_t i = r->unmatched_from; i < r->delivery_count; i++)
        if (r->deliveries[i].state == DELIVERY_UNDER_WAY)
            r->deliveries[i].state = DELIVERY_LOST;
    r->unmatched_from = r->delivery_count;
}

static bool was_answered(const struct run *r, uint32_t deed)
{
    for (uint32_t i = 0; i < r->delivery_count; i++)
        if (r->deliveries[i].deed == deed && r->deliveries[i].state == DELIVERY_ANSWERED)
            return true;
    return false;
}

void deliver_lost_again(struct run *r)
{
    struct submission *group[GROUP_MAX];
    size_t size = 0;
    if (!has_room(r))
        return;
    for (uint32_t i = 0, end = r->delivery_count; i < end && size < GROUP_MAX; i++) {
        struct delivery *d = &r->deliveries[i];
        bool is_lost = d->state == DELIVERY_LOST || d->state == DELIVERY_TURNED_AWAY;
        if (!is_lost || r->deeds[d->deed].kind != DEED_EVENT)
            continue;
        d->state = DELIVERY_GIVEN_UP;
        if (!was_answered(r, d->deed) || rng_chance(&r->rng, 0.5))
            group[size++] = delivery_make(r, d->deed);
    }
    if (size > 0)
        send(r, group, size);
}
