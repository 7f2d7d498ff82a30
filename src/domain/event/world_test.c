#include "domain/event/world_test.h"

#include <stdlib.h>

#include "domain/collect/collect.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"

#define GROUP_MAX 4096u

/* --- the fakes --- */

const struct fact_kind fact_resolved = {.id = 0x0301, .name = "resolved"};

uint32_t identity_of_owner(const struct view *v, struct hash128 owner)
{
    (void)v;
    return (uint32_t)owner.low / 10; /* people ten by ten are one by now */
}

const struct erasure *world_erasure;

bool identity_erasure_next(const struct view *v, uint64_t from, struct arena *a, struct erasure *out_erasure)
{
    (void)v, (void)a;
    if (world_erasure == NULL || from > world_erasure->position)
        return false;
    *out_erasure = *world_erasure;
    return true;
}

static const struct refusal told_to = {"told_to", "The test wants it so.", "测试要求。"};

static fallible fake_check(struct bytes payload, struct err *e)
{
    struct envelope envelope;
    return envelope_unpack(payload, &envelope, e);
}

static const struct refusal *fake_apply(struct step *s, struct bytes payload)
{
    struct arrived *a = ARENA_NEW(s->view.arena, struct arrived);
    struct status status = envelope_unpack(payload, &a->envelope, NULL);
    assert(done(status));
    if (a->envelope.import)
        return &told_to;
    a->packed = payload;
    a->event = (uint32_t)strtoul(arena_text(s->view.arena, a->envelope.actor_id), NULL, 10);
    struct resolved *r = ARENA_NEW(s->view.arena, struct resolved);
    r->arrived = a;
    if (a->envelope.id_count > 0) {
        r->owner = a->envelope.ids[0].key;
        r->person = (uint32_t)r->owner.low;
    }
    a->brand = world_brand(r->person, a->event);
    step_say(s, &fact_resolved, r);
    return NULL;
}

static const struct command fake_commands[] = {
    {COMMAND_COLLECT_EVENT, "collect.event", ENVELOPE_BYTES_MAX, ROLE_COLLECT, fake_check, NULL, fake_apply, "An event.", NULL}};
static const struct domain fake_collect = {.number = 0x02, .name = "collect", .about = "A fake.", .commands = fake_commands, .command_count = 1};
static const struct fact_kind *const fake_says[] = {&fact_resolved};
static const struct domain fake_identity = {.number = 0x03, .name = "identity", .about = "A fake.", .says = fake_says, .say_count = 1};
static const struct domain *const domains[] = {&engine_domain, &fake_collect, &fake_identity, &event_domain};

/* --- the world --- */

static void world_start(struct world *w)
{
    w->around = (struct work_surroundings){.log = engine_log(w->plant.engine), .disk = w->plant.disk, .stop = &w->stop};
}

struct world *world_open(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    atomic_init(&w->stop, false);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    return w;
}

void world_close(struct world *w)
{
    plant_close(&w->plant);
}

void world_crash(struct world *w)
{
    plant_crash(&w->plant);
    world_start(w);
}

struct sent {
    struct submission submission;
    struct world *world;
    struct stored_event event;
    bool refused;
};

static void event_add(struct world *w, const struct stored_event *event)
{
    if (w->count == w->room) {
        size_t room = w->room == 0 ? 1024 : w->room * 2;
        struct stored_event *events = ARENA_ARRAY(w->plant.t->arena, struct stored_event, room);
        if (w->count > 0)
            memcpy(events, w->events, w->count * sizeof *events);
        w->events = events;
        w->room = room;
    }
    w->events[w->count++] = *event;
}

static void answered(struct submission *s, const struct answer *a)
{
    struct sent *sent = s->context;
    struct t *t = sent->world->plant.t;
    CHECK_EQ(t, a->status.code, STATUS_OK);
    CHECK(t, (a->refusal != NULL) == sent->refused);
    sent->event.note.position = a->position;
    if (a->refusal == NULL)
        event_add(sent->world, &sent->event);
}

static struct bytes wish_pack(struct world *w, const struct wish *wish)
{
    struct err e = {0};
    struct buf b, record;
    char number[16], value[16];
    (void)snprintf(number, sizeof number, "%u", wish->event);
    (void)snprintf(value, sizeof value, "p%u", wish->person);
    struct envelope *v = ARENA_NEW(w->plant.t->arena, struct envelope);
    v->event = BYTES_LIT("something_done");
    v->source = BYTES_LIT("test");
    v->message = wish->message;
    v->event_us = wish->event_us;
    v->received_us = w->plant.now_us;
    v->import = wish->refused;
    v->actor_id = bytes_of_text(number);
    v->id_count = wish->person != 0;
    v->ids[0] = (struct envelope_id){.type = 1, .value = bytes_of_text(value), .key = {.low = wish->person, .high = 7}};
    buf_init(&b, ENVELOPE_BYTES_MAX);
    buf_init(&record, ENVELOPE_BYTES_MAX);
    if (wish->bytes > 0) {
        char *text = arena_zeroed(w->plant.t->arena, wish->bytes, 1);
        for (size_t i = 0; i < wish->bytes; i++)
            text[i] = (char)('a' + rng_below(&w->plant.t->rng, 26));
        pack_varint(&record, 1);
        pack_bytes(&record, BYTES_LIT("text"));
        value_pack_text(&record, bytes_of(text, wish->bytes));
        v->properties = buf_bytes(&record);
    }
    CHECK_DONE(w->plant.t, envelope_pack(v, &b, &e), &e);
    struct bytes packed = arena_copy(w->plant.t->arena, buf_bytes(&b));
    buf_fini(&b);
    buf_fini(&record);
    return packed;
}

void world_send(struct world *w, const struct wish *wishes, size_t count)
{
    struct err e = {0};
    struct sent *all = ARENA_ARRAY(w->plant.t->arena, struct sent, count);
    struct submission **list = ARENA_ARRAY(w->plant.t->arena, struct submission *, count);
    assert(count <= GROUP_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct wish *wish = &wishes[i];
        struct bytes packed = wish_pack(w, wish);
        all[i] = (struct sent){
            .submission = {.command = registry_command(w->plant.registry, COMMAND_COLLECT_EVENT), .payload = packed, .answered = answered},
            .world = w,
            .refused = wish->refused,
            .event = {.note = {.person = wish->person,
                               .event = (uint16_t)wish->event,
                               .brand = world_brand(wish->person, wish->event),
                               .owner = wish->person == 0 ? (struct hash128){0} : (struct hash128){.low = wish->person, .high = 7}},
                      .event_us = wish->event_us,
                      .message = wish->message,
                      .packed = packed}};
        all[i].submission.context = &all[i];
        list[i] = &all[i].submission;
    }
    CHECK_DONE(w->plant.t, engine_group(w->plant.engine, list, count, w->plant.now_us, &e), &e);
}

void world_settle(struct world *w)
{
    struct err e = {0};
    struct engine_stats before, after;
    int idle = 0;
    for (int i = 0; i < 1000 && idle < 2; i++) {
        engine_stats(w->plant.engine, &before);
        CHECK_DONE(w->plant.t, plant_house(&w->plant, 0, &e), &e);
        engine_stats(w->plant.engine, &after);
        idle = after.position == before.position ? idle + 1 : 0;
    }
    CHECK_EQ(w->plant.t, idle, 2);
}

struct opening {
    struct world *world;
    struct event_view *view;
};

static void opening_read(const struct view *v, void *context)
{
    struct opening *o = context;
    event_view_close(o->view); /* a reader may run again */
    o->view = event_view_open(v, &o->world->around);
}

struct event_view *world_view(struct world *w)
{
    struct opening o = {.world = w};
    engine_read(w->plant.engine, opening_read, &o);
    return o.view;
}

/* --- comparing with the list --- */

struct comparing {
    struct world *world;
    const struct stored_event *want;
    size_t want_count, got_count, limit;
};

static bool is_same(const struct event_seen *got, const struct stored_event *want)
{
    return got->note.position == want->note.position && got->note.person == want->note.person && got->note.event == want->note.event &&
           hash128_equal(got->note.owner, want->note.owner) && got->event_us == want->event_us && bytes_equal(got->packed, want->packed);
}

static bool compare_one(void *context, const struct event_seen *event)
{
    struct comparing *c = context;
    struct t *t = c->world->plant.t;
    if (c->got_count >= c->want_count) {
        CHECK(t, c->got_count < c->want_count);
        return false;
    }
    CHECK(t, is_same(event, &c->want[c->got_count]));
    return ++c->got_count < c->limit;
}

static int newest_first(const void *x, const void *y)
{
    const struct stored_event *a = x, *b = y;
    if (a->event_us != b->event_us)
        return a->event_us > b->event_us ? -1 : 1;
    if (a->message.high != b->message.high)
        return a->message.high > b->message.high ? -1 : 1;
    if (a->message.low != b->message.low)
        return a->message.low > b->message.low ? -1 : 1;
    return a->note.position > b->note.position ? -1 : 1;
}

static size_t list_of(struct world *w, size_t until, const struct event_people *asked, struct stored_event *out_list)
{
    size_t count = 0;
    for (size_t i = 0; i < until; i++) {
        bool wanted = false;
        for (size_t j = 0; j < asked->count; j++)
            wanted |= w->events[i].note.person == asked->numbers[j];
        if (wanted && w->events[i].event_us <= asked->latest_us)
            out_list[count++] = w->events[i];
    }
    if (count > 0)
        qsort(out_list, count, sizeof *out_list, newest_first);
    return count;
}

fallible world_scan(struct world *w, struct event_view *ev, const struct event_people *asked, size_t limit, struct err *e)
{
    assert(limit > 0 && event_view_count(ev) <= w->count);
    struct stored_event *want = malloc(sizeof *want * (w->count + 1));
    assert(want != NULL);
    struct comparing c = {.world = w, .want = want, .limit = limit};
    c.want_count = list_of(w, (size_t)event_view_count(ev), asked, want);
    struct status status = event_scan_people(ev, asked, compare_one, &c, e);
    if (done(status))
        CHECK_EQ(w->plant.t, c.got_count, c.want_count < limit ? c.want_count : limit);
    free(want);
    return status;
}

void world_compare(struct world *w, struct event_view *ev, const struct event_people *asked, size_t limit)
{
    struct err e = {0};
    CHECK_DONE(w->plant.t, world_scan(w, ev, asked, limit, &e), &e);
}

struct counting {
    struct world *world;
    uint8_t *seen;
    size_t count;
};

static int position_compare(const void *x, const void *y)
{
    const struct stored_event *a = x, *b = y;
    return (a->note.position > b->note.position) - (a->note.position < b->note.position);
}

static bool count_one(void *context, const struct event_seen *event)
{
    struct counting *c = context;
    struct world *w = c->world;
    struct stored_event key = {.note.position = event->note.position};
    const struct stored_event *want = bsearch(&key, w->events, w->count, sizeof key, position_compare);
    CHECK(w->plant.t, want != NULL && is_same(event, want));
    if (want != NULL) {
        CHECK_EQ(w->plant.t, c->seen[want - w->events], 0);
        c->seen[want - w->events] = 1;
    }
    c->count++;
    return true;
}

void world_compare_all(struct world *w, struct event_view *ev)
{
    struct err e = {0};
    struct counting c = {.world = w, .seen = calloc(w->count + 1, 1)};
    CHECK_DONE(w->plant.t, event_scan_all(ev, count_one, &c, &e), &e);
    CHECK_EQ(w->plant.t, c.count, event_view_count(ev) - w->purged);
    free(c.seen);
}

void world_compare_between(struct world *w, struct event_view *ev)
{
    struct err e = {0};
    struct t *t = w->plant.t;
    size_t all = (size_t)event_view_count(ev), first = (size_t)rng_below(&t->rng, all + 1);
    size_t end = first + (size_t)rng_below(&t->rng, all - first + 1), want = 0;
    uint64_t from = first == all ? UINT64_MAX : w->events[first].note.position, until = end == all ? UINT64_MAX : w->events[end].note.position;
    uint32_t every = 1 + (uint32_t)rng_below(&t->rng, 50);
    struct counting c = {.world = w, .seen = calloc(w->count + 1, 1)};
    CHECK_DONE(t, event_scan_between(ev, from, until, count_one, &c, &e), &e);
    for (size_t i = 0; i < all; i++)
        want += w->events[i].note.position >= from && w->events[i].note.position < until;
    CHECK_EQ(t, c.count, want);
    for (size_t i = 0; i < w->count; i++)
        CHECK(t, c.seen[i] == 0 || (w->events[i].note.position >= from && w->events[i].note.position < until));
    free(c.seen);
    uint64_t part = event_view_part_end(ev, from, every);
    size_t at = (first / every + 1) * every; /* the next event that begins a part, if it is in the tail */
    if (first < all && part != UINT64_MAX && w->events[at].note.position != part)
        CHECK(t, w->events[at].note.position < part); /* that one is in a run */
    if (first < all && at >= all)
        CHECK_EQ(t, part, UINT64_MAX);
}

/* --- by position --- */

struct finding {
    struct world *world;
    const size_t *chosen; /* of the world's events */
    size_t next;          /* of the chosen ones */
};

static void find_one(void *context, size_t at, struct bytes packed)
{
    struct finding *f = context;
    struct err e = {0};
    const struct stored_event *want = &f->world->events[f->chosen[at]];
    struct stored_event got;
    CHECK_EQ(f->world->plant.t, at, f->next);
    CHECK_DONE(f->world->plant.t, stored_of(&want->note, packed, &got, &e), &e);
    CHECK(f->world->plant.t, stored_compare_time(&got, want) == 0);
    f->next = at + 1;
}

void world_compare_sought(struct world *w, struct event_view *ev)
{
    struct err e = {0};
    size_t *chosen = calloc(w->count + 1, sizeof *chosen), count = 0;
    struct event_sought *sought = calloc(w->count + 1, sizeof *sought);
    struct finding f = {.world = w, .chosen = chosen};
    for (size_t i = rng_below(&w->plant.t->rng, 20); i < w->count && i < event_view_count(ev); i += 1 + rng_below(&w->plant.t->rng, 40)) {
        sought[count] = (struct event_sought){w->events[i].note.position, w->events[i].note.person};
        chosen[count++] = i;
    }
    CHECK_DONE(w->plant.t, event_find_all(ev, sought, count, find_one, &f, &e), &e);
    CHECK_EQ(w->plant.t, f.next, count);
    free(sought);
    free(chosen);
}

/* --- in the order of the log --- */

struct following {
    struct world *world;
    size_t at, until; /* the next one among the world's events, and where to stop */
    bool only_brand;
};

static bool is_of_the_brand(const struct stored_event *event)
{
    return world_brand(event->note.person, event->note.event) == 1;
}

static bool follow_wanted(void *context, const struct event_seen *event)
{
    const struct following *f = context;
    struct stored_event x = {.note = event->note};
    return !f->only_brand || is_of_the_brand(&x);
}

static bool follow_one(void *context, const struct event_seen *event)
{
    struct following *f = context;
    while (f->only_brand && f->at < f->until && !is_of_the_brand(&f->world->events[f->at]))
        f->at++;
    if (f->at == f->until) {
        CHECK(f->world->plant.t, f->only_brand); /* it has no more before the end; else the scan had been stopped there */
        return false;
    }
    CHECK(f->world->plant.t, is_same(event, &f->world->events[f->at]));
    return ++f->at < f->until;
}

void world_compare_log(struct world *w, struct event_view *ev)
{
    struct err e = {0};
    struct t *t = w->plant.t;
    size_t count = (size_t)event_view_count(ev), from = (size_t)rng_below(&t->rng, count + 1);
    struct following f = {.world = w, .at = from, .only_brand = rng_chance(&t->rng, 0.3)};
    f.until = from + (size_t)rng_below(&t->rng, count - from + 1);
    f.until += f.until == from && from < count;
    struct event_log_scan scan = {.after = from == 0 ? 0 : w->events[from - 1].note.position,
                                  .path = "sorting",
                                  .wanted = follow_wanted,
                                  .each = follow_one,
                                  .context = &f};
    if (from == count)
        return;
    CHECK_DONE(t, event_scan_log(ev, &scan, &e), &e);
    while (f.only_brand && f.at < f.until && !is_of_the_brand(&w->events[f.at]))
        f.at++;
    CHECK_EQ(t, f.at, f.until);
}
