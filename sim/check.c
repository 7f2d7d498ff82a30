#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/event/event.h"
#include "domain/people/people.h"
#include "sim/run.h"

#define NODES_A_READ 32u
#define COUNTS_MAX 256u
#define TRAITS_MODEL_MAX 32u
#define CONSENTS_MODEL_MAX SEEN_MAX

void check_digest(struct run *r)
{
    struct engine_stats s;
    engine_stats(r->engine, &s);
    if (!hash128_equal(s.digest, shadow_digest(r->shadow)))
        run_fail(r, "at %llu the engine's rows differ from those of a plain replay", (unsigned long long)s.position);
}

/* The digest is kept up as rows change, so it says nothing of bytes that were spoilt since: these are compared. */
static void read_rows(const struct view *v, void *context)
{
    struct run *r = context;
    struct view shadow = shadow_view(r->shadow);
    uint32_t end = rows_numbered_end(v->rows, &person_family);
    for (uint32_t number = 1; number < end; number++) {
        struct bytes got, want;
        if (rows_numbered_get(v->rows, &person_family, number, &got) != ROW_HERE)
            continue;
        bool there = rows_numbered_get(shadow.rows, &person_family, number, &want) == ROW_HERE;
        if (!there || !bytes_equal(got, want))
            run_fail(r, "the row of person %u is not what was written", number);
    }
}

/* --- people as groups of identifiers --- */

struct group_read {
    struct run *run;
    uint32_t from, until; /* nodes */
    uint32_t owned_by[MODEL_NODES_MAX], found[MODEL_NODES_MAX];
};

static void read_groups(const struct view *v, void *context)
{
    struct group_read *g = context;
    for (uint32_t i = g->from; i < g->until; i++) {
        const struct model_node *n = &g->run->identity.nodes[i];
        const struct pool_id *id = &g->run->pool.ids[n->id];
        g->owned_by[i] = identity_of_owner(v, identifier_key_of_holder(id->key, n->holder));
        g->found[i] = identity_find(v, id->type, bytes_of_text(id->ns), bytes_of_text(id->value), id->key);
    }
}

static const char *node_name(const struct run *r, uint32_t node)
{
    return r->pool.ids[r->identity.nodes[node].id].value;
}

/* Two nodes are of one person here when they are there. */
static void check_pair(struct run *r, const struct group_read *g, uint32_t a, uint32_t b)
{
    const struct model_node *x = &r->identity.nodes[a], *y = &r->identity.nodes[b];
    if ((x->person == y->person) == (g->owned_by[a] == g->owned_by[b]))
        return;
    run_fail(r, "#%u %s holder %u (person %u) and #%u %s holder %u (person %u) %s one person in the model", x->id, node_name(r, a), x->holder,
             g->owned_by[a], y->id, node_name(r, b), y->holder, g->owned_by[b], x->person == y->person ? "are" : "aren't");
}

/* Nobody is found by what an erased holder owned. */
static void erased_compare(struct run *r, const struct group_read *g, uint32_t node)
{
    const struct model_node *n = &r->identity.nodes[node];
    if (g->owned_by[node] != PERSON_NONE)
        run_fail(r, "#%u %s holder %u was erased and is person %u's", n->id, node_name(r, node), n->holder, g->owned_by[node]);
}

static void check_groups(struct run *r, struct group_read *g)
{
    const struct model_identity *m = &r->identity;
    for (uint32_t from = 0; from < m->node_count; from += NODES_A_READ) {
        g->from = from;
        g->until = from + NODES_A_READ < m->node_count ? from + NODES_A_READ : m->node_count;
        engine_read(r->engine, read_groups, g);
    }
    for (uint32_t i = 0; i < m->node_count && !run_failed(r); i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->is_erased)
            erased_compare(r, g, i);
        if (n->is_erased || n->state == ID_QUARANTINED)
            continue;
        if (g->owned_by[i] == PERSON_NONE)
            run_fail(r, "#%u %s holder %u is nobody's", n->id, node_name(r, i), n->holder);
        if (n->state == ID_IN_FORCE && n->is_newest && g->found[i] != g->owned_by[i])
            run_fail(r, "#%u %s is found at person %u, but its owner is %u", n->id, node_name(r, i), g->found[i], g->owned_by[i]);
        for (uint32_t k = 0; k < i; k++)
            if (!m->nodes[k].is_erased && m->nodes[k].state != ID_QUARANTINED)
                check_pair(r, g, i, k);
    }
}

/* --- what is known of a person --- */

struct person_read {
    struct run *run;
    uint32_t person, label;
    char trouble[400]; /* of this reading; a reading over cold rows is done again */
    bool is_pending;
    struct work_surroundings around;
    atomic_bool stop;
    struct event_view *events;
    uint32_t numbers[256];
    size_t number_count;
};

static bool is_named(const struct view *v, enum name_kind kind, uint32_t number, const char *name)
{
    return bytes_equal(name_text(v, kind, number), bytes_of_text(name));
}

static void compare_counters(const struct view *v, struct person_read *p)
{
    struct model_count want[COUNTS_MAX];
    const struct counter *got;
    size_t want_count = model_counts(&p->run->people, &p->run->identity, p->label, want, COUNTS_MAX);
    size_t got_count = people_counters(v, p->person, &got);
    for (size_t i = 0; i < want_count; i++) {
        size_t at = 0;
        while (at < got_count && !(is_named(v, NAME_EVENT, got[at].event, want[i].event) && is_named(v, NAME_BRAND, got[at].brand, want[i].brand) &&
                                   is_named(v, NAME_CHANNEL, got[at].channel, want[i].channel)))
            at++;
        uint64_t count = at < got_count ? got[at].count : 0;
        if (count != want[i].count)
            (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %s/%s/%s: counted %llu, the model %llu", p->person, want[i].event,
                           want[i].brand, want[i].channel, (unsigned long long)count, (unsigned long long)want[i].count);
        else if (got[at].first_us != want[i].first_us || got[at].last_us != want[i].last_us)
            (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %s/%s/%s: first or last time differs", p->person, want[i].event,
                           want[i].brand, want[i].channel);
    }
    if (got_count != want_count && p->trouble[0] == 0)
        (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %zu counters, the model %zu", p->person, got_count, want_count);
}

static void brand_compare(const struct view *v, struct person_read *p, const struct model_consent *list, size_t count, const char *brand)
{
    static const char *const channels[] = {"", "app", "store"};
    for (size_t i = 0; i < PURPOSE_COUNT * COUNT_OF(channels); i++) {
        struct model_wish wish = {purpose_names[i % PURPOSE_COUNT], brand, channels[i / PURPOSE_COUNT]};
        uint32_t purpose = name_number(v, NAME_PURPOSE, bytes_of_text(wish.purpose)), channel = name_number(v, NAME_CHANNEL, bytes_of_text(wish.channel));
        bool want = model_consents_to(&p->run->identity, list, count, &wish, v->now_us);
        if (purpose == 0 || (channel == 0 && wish.channel[0] != 0))
            continue;
        if (people_consents_to(v, p->person, name_number(v, NAME_BRAND, bytes_of_text(brand)), purpose, channel) != want)
            (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %s of \"%s\" by \"%s\" is %sallowed in the model", p->person, wish.purpose, brand,
                           wish.channel, want ? "" : "not ");
    }
}

static bool consent_is(const struct view *v, const struct run *r, const struct consent *got, const struct model_consent *want)
{
    const struct deed *d = want->deed;
    return is_named(v, NAME_PURPOSE, got->purpose, d->purpose) && is_named(v, NAME_CHANNEL, got->channel, d->consent_channel) &&
           is_named(v, NAME_BRAND, got->brand, d->brand) && is_named(v, NAME_SOURCE, got->source, d->source) && got->given == d->given &&
           got->time_us == d->event_us && got->until_us == d->until_us && hash128_equal(got->owner, model_owner_key(&r->identity, &want->owner));
}

static void compare_consents(const struct view *v, struct person_read *p)
{
    struct model_consent want[CONSENTS_MODEL_MAX];
    const struct consent *got;
    size_t want_count = model_consents(&p->run->people, &p->run->identity, p->label, want, CONSENTS_MODEL_MAX);
    size_t got_count = people_consents(v, p->person, &got);
    if (got_count != want_count) {
        (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %zu consents, the model %zu", p->person, got_count, want_count);
        return;
    }
    for (size_t i = 0; i < want_count; i++) {
        size_t at = 0;
        while (at < got_count && !consent_is(v, p->run, &got[at], &want[i]))
            at++;
        if (at == got_count)
            (void)snprintf(p->trouble, sizeof p->trouble, "person %u: a consent to %s (m-%u) isn't there", p->person, want[i].deed->purpose,
                           want[i].deed->message);
    }
    brand_compare(v, p, want, want_count, "");
    brand_compare(v, p, want, want_count, "aria");
}

static bool value_is(struct bytes packed, int64_t want)
{
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    return unpack_good(&u) && value.kind == VALUE_DECIMAL && value.scale == 0 && value.integer == want;
}

static void compare_traits(const struct view *v, struct person_read *p)
{
    struct model_trait want[TRAITS_MODEL_MAX];
    const struct trait *got;
    size_t want_count = model_traits(&p->run->people, &p->run->identity, p->label, want, TRAITS_MODEL_MAX);
    size_t got_count = people_traits(v, p->person, &got);
    for (size_t i = 0; i < want_count; i++) {
        size_t at = 0;
        while (at < got_count && !(is_named(v, NAME_TRAIT, got[at].name, want[i].name) && is_named(v, NAME_BRAND, got[at].brand, want[i].brand)))
            at++;
        if (at == got_count || !value_is(got[at].value, want[i].value) || got[at].time_us != want[i].time_us)
            (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %s of brand \"%s\" is %s, in the model %lld of %lld s", p->person, want[i].name,
                           want[i].brand, at == got_count ? "unknown" : "different", (long long)want[i].value,
                           (long long)(want[i].time_us / US_PER_SECOND % 1000000));
    }
    if (got_count != want_count && p->trouble[0] == 0)
        (void)snprintf(p->trouble, sizeof p->trouble, "person %u: %zu traits, the model %zu", p->person, got_count, want_count);
}

static void read_person(const struct view *v, void *context)
{
    struct person_read *p = context;
    p->trouble[0] = 0;
    p->is_pending = people_pending(v, p->person);
    compare_counters(v, p);
    if (p->trouble[0] == 0)
        compare_traits(v, p);
    if (p->trouble[0] == 0)
        compare_consents(v, p);
}

/* --- the events of a person --- */

struct event_check {
    struct run *run;
    uint32_t label;
    uint32_t seen_count;
    int64_t last_us;
    char trouble[400];
};

static const struct model_seen *seen_at(const struct run *r, uint64_t position)
{
    for (uint32_t i = 0; i < r->people.count; i++)
        if (r->people.seen[i].position == position)
            return &r->people.seen[i];
    return NULL;
}

static int pool_place(const struct pool *pool, struct hash128 plain)
{
    for (uint32_t i = 0; i < pool->id_count; i++)
        if (hash128_equal(pool->ids[i].key, plain))
            return (int)i;
    return -1;
}

static void owner_trouble(struct event_check *c, const struct event_note *note, const struct model_seen *want)
{
    uint32_t holder;
    int id = pool_place(&c->run->pool, identifier_key_plain(note->owner, &holder));
    (void)snprintf(c->trouble, sizeof c->trouble, "the event at %llu (m-%u) is owned by #%d holder %u, in the model by #%u holder %u",
                   (unsigned long long)note->position, want->deed->message, id, holder, c->run->identity.nodes[want->owner.node].id,
                   want->owner.holder);
}

static bool each_event(void *context, const struct event_seen *event)
{
    struct event_check *c = context;
    const struct model_seen *want = seen_at(c->run, event->note.position);
    unsigned long long position = event->note.position;
    if (want == NULL)
        (void)snprintf(c->trouble, sizeof c->trouble, "an event at %llu that the model doesn't have", position);
    else if (want->owner.node == NODE_NONE)
        return true; /* of a hub, perhaps */
    else if (!hash128_equal(model_owner_key(&c->run->identity, &want->owner), event->note.owner))
        owner_trouble(c, &event->note, want);
    else if (event->event_us != want->deed->event_us || event->event_us > c->last_us)
        (void)snprintf(c->trouble, sizeof c->trouble, "the event at %llu (m-%u) stands in the wrong place", position, want->deed->message);
    else
        c->seen_count += model_is_of(&c->run->identity, want, c->label);
    c->last_us = event->event_us;
    return c->trouble[0] == 0;
}

static void read_events(const struct view *v, void *context)
{
    struct person_read *p = context;
    const uint32_t *numbers;
    p->number_count = people_event_numbers(v, p->person, &numbers);
    assert(p->number_count <= COUNT_OF(p->numbers));
    if (p->number_count > 0)
        memcpy(p->numbers, numbers, p->number_count * sizeof *numbers);
    event_view_close(p->events);
    p->events = event_view_open(v, &p->around);
}

static void check_events(struct run *r, struct person_read *p)
{
    struct event_check c = {.run = r, .label = p->label, .last_us = INT64_MAX};
    struct err e = {0};
    engine_read(r->engine, read_events, p);
    struct status status = event_scan_people(p->events, &(struct event_people){p->numbers, p->number_count, INT64_MAX}, each_event, &c, &e);
    event_view_close(p->events);
    p->events = NULL;
    uint32_t want = 0;
    for (uint32_t i = 0; i < r->people.count; i++)
        want += model_is_of(&r->identity, &r->people.seen[i], p->label);
    if (failed(status) && disk_sim_stopped(r->disk))
        return; /* the next call of the engine will find out */
    if (failed(status))
        run_fail(r, "the events of person %u can't be read: %s", p->person, e.text);
    else if (c.trouble[0] != 0)
        run_fail(r, "person %u: %s", p->person, c.trouble);
    else if (c.seen_count != want)
        run_fail(r, "person %u has %u events, the model %u", p->person, c.seen_count, want);
}

/* With which part of a person a hub's past stays, the header leaves open: the model is told. */
static void hubs_place(struct run *r, const struct group_read *g)
{
    struct model_identity *m = &r->identity;
    for (uint32_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].is_erased || m->nodes[i].state != ID_QUARANTINED)
            continue;
        uint32_t label = 0;
        for (uint32_t k = 0; k < m->node_count && label == 0; k++)
            if (!m->nodes[k].is_erased && (m->nodes[k].state != ID_QUARANTINED || k < i) && g->owned_by[k] == g->owned_by[i])
                label = m->nodes[k].person;
        m->nodes[i].person = label == 0 ? ++m->labels : label;
    }
}

static void pending_fail(struct run *r, uint32_t person)
{
    struct engine_stats s;
    engine_stats(r->engine, &s);
    run_fail(r, "person %u is still pending; the engine is %s, its trouble: %s", person, s.accepting ? "well" : "not accepting",
             s.trouble == NULL ? "none" : s.trouble);
}

static void check_person(struct run *r, uint32_t person, uint32_t label, bool is_settled)
{
    struct person_read p = {.run = r, .person = person, .label = label};
    p.around = (struct work_surroundings){.log = engine_log(r->engine), .disk = r->disk, .stop = &p.stop};
    check_events(r, &p);
    if (run_failed(r))
        return;
    engine_read(r->engine, read_person, &p);
    if (p.is_pending && is_settled)
        pending_fail(r, person);
    else if (!p.is_pending && p.trouble[0] != 0)
        run_fail(r, "%s", p.trouble);
}

void check_people(struct run *r, bool is_settled)
{
    const struct model_identity *m = &r->identity;
    if (r->engine == NULL || m->overflowed)
        return;
    run_say(r, "check");
    engine_read(r->engine, read_rows, r);
    struct group_read *g = calloc(1, sizeof *g);
    assert(g != NULL);
    g->run = r;
    check_groups(r, g);
    hubs_place(r, g);
    for (uint32_t i = 0; i < m->node_count && !run_failed(r); i++) {
        bool is_first = m->nodes[i].person != 0;
        for (uint32_t k = 0; k < i && is_first; k++)
            is_first = m->nodes[k].person != m->nodes[i].person;
        if (is_first)
            check_person(r, g->owned_by[i], m->nodes[i].person, is_settled);
    }
    free(g);
}

/* --- the log, and the checkpoints --- */

/* Everything that the log still has is what was read back when it was new. */
void check_log(struct run *r)
{
    struct log *log = engine_log(r->engine);
    struct log_cursor *cursor = NULL;
    struct err e = {0};
    uint64_t first = log_first(log);
    if (first == log_end(log))
        return;
    struct status status = log_cursor_open(log, first, &cursor, &e);
    uint32_t at = 0;
    while (at < r->record_count && r->records[at].logged.position < first)
        at++;
    struct log_record record;
    for (; done(status) && !run_failed(r); at++) {
        status = log_cursor_next(cursor, &record, &e);
        if (failed(status))
            break;
        const struct log_record *own = at < r->record_count ? &r->records[at].logged : NULL;
        if (own == NULL || own->position != record.position || own->time_us != record.time_us || own->kind != record.kind ||
            own->follows.position != record.follows.position || own->follows.nth != record.follows.nth ||
            !bytes_equal(own->payload, record.payload))
            run_fail(r, "the log has something else at %llu than before", (unsigned long long)record.position);
    }
    log_cursor_close(cursor);
    if (!run_failed(r) && (status.code != STATUS_NOT_FOUND || at != r->record_count))
        run_fail(r, "the log ends after %u records of %u: %s", at, r->record_count, e.text);
}

void check_followed(struct run *r)
{
    for (uint32_t i = 0; i < r->record_count; i++)
        if (r->records[i].relays != DEED_NONE && !r->records[i].is_followed)
            run_fail(r, "deed %u never followed its relay at %llu", r->records[i].relays, (unsigned long long)r->records[i].logged.position);
}

static struct cold *cold_copy(void *context, const char *snapshot, struct err *e)
{
    struct run *r = context;
    struct cold *copy = NULL;
    if (snapshot == NULL)
        return cold_memory_create();
    return failed(cold_memory_copy(r->cold, snapshot, &copy, e)) ? NULL : copy;
}

static void cold_drop(void *context, struct cold *c)
{
    (void)context;
    cold_close(c);
}

void check_audit(struct run *r)
{
    struct engine_options options = r->options;
    options.cold_open = cold_copy;
    options.cold_close = cold_drop;
    struct audit audit;
    struct err e = {0};
    uint64_t before = disk_sim_digest(r->disk);
    options.scratch = disk_sim_create(before);
    struct status status = engine_audit(&options, &audit, &e);
    disk_close(options.scratch);
    if (failed(status) && status.code != STATUS_NOT_FOUND)
        run_fail(r, "audit: %s: %s", status_name(status.code), e.text);
    if (disk_sim_digest(r->disk) != before)
        run_fail(r, "an audit has written to the disk");
}
