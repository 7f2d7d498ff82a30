#include "domain/column/column_world_test.h"

#include <stdlib.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "store/disk_sim.h"

#define SHELF_BYTES ((size_t)1 << 20)
#define RECORD_BYTES_MAX 8192u

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain, &event_domain, &column_domain};

/* --- the world --- */

static void world_start(struct columns_world *w)
{
    w->around = (struct work_surroundings){.log = engine_log(w->plant.engine), .disk = w->plant.disk, .stop = &w->stop};
    w->shelf = column_shelf_create(SHELF_BYTES);
}

struct columns_world *columns_open(struct t *t)
{
    struct columns_world *w = ARENA_NEW(t->arena, struct columns_world);
    atomic_init(&w->stop, false);
    w->scratch = arena_create(1 << 20);
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    world_start(w);
    return w;
}

void columns_close(struct columns_world *w)
{
    column_shelf_destroy(w->shelf);
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

void columns_crash(struct columns_world *w)
{
    column_shelf_destroy(w->shelf);
    plant_crash(&w->plant);
    world_start(w);
}

static void ignored(struct submission *s, const struct answer *a)
{
    const struct columns_world *w = s->context;
    CHECK_EQ(w->plant.t, a->status.code, STATUS_OK);
}

static void send(struct columns_world *w, uint32_t command, struct bytes payload)
{
    struct err e = {0};
    struct submission one = {.command = registry_command(w->plant.registry, command), .payload = payload, .answered = ignored, .context = w};
    struct submission *list = &one;
    CHECK_DONE(w->plant.t, engine_group(w->plant.engine, &list, 1, w->plant.now_us, &e), &e);
}

/* --- events --- */

struct envelope_id columns_id(struct columns_world *w, uint32_t number)
{
    static const uint16_t types[] = {TYPE_ANONYMOUS_ID, TYPE_PHONE, TYPE_USER_ID, TYPE_EMAIL};
    char *value = arena_printf(w->plant.t->arena, "id-%u", number);
    struct envelope_id id = {.type = types[number % COUNT_OF(types)], .role = ID_OWN, .value = bytes_of_text(value)};
    id.key = identifier_key(WORLD_SECRET, id.type, id.ns, id.value);
    return id;
}

static void any_scalar(struct rng *rng, struct buf *b)
{
    static const char *const texts[] = {"", "裙装", "上衣", "a", "/p/20418", "😀"};
    switch (rng_below(rng, 5)) {
    case 0:
        value_pack_decimal(b, rng_between(rng, -1000, 1000), (uint8_t)rng_below(rng, 3));
        break;
    case 1:
        value_pack_double(b, (double)rng_between(rng, 1, 1000) / 7.0);
        break;
    case 2:
        value_pack_bool(b, rng_chance(rng, 0.5));
        break;
    case 3:
        value_pack_time(b, rng_between(rng, -1000000, 1000000));
        break;
    default:
        value_pack_text(b, bytes_of_text(texts[rng_below(rng, COUNT_OF(texts))]));
    }
}

static void any_value(struct rng *rng, struct buf *b)
{
    uint64_t kind = rng_below(rng, 10);
    if (kind == 0) { /* a list of scalars, nulls and an object */
        pack_u8(b, VALUE_LIST);
        pack_varint(b, 3);
        any_scalar(rng, b);
        pack_u8(b, VALUE_NULL);
        any_scalar(rng, b);
    } else if (kind == 1) {
        pack_u8(b, VALUE_OBJECT);
        pack_varint(b, 2);
        pack_bytes(b, BYTES_LIT("city"));
        any_scalar(rng, b);
        pack_bytes(b, BYTES_LIT("inner"));
        pack_u8(b, VALUE_OBJECT);
        pack_varint(b, 1);
        pack_bytes(b, BYTES_LIT("x"));
        any_scalar(rng, b);
    } else if (kind == 2) {
        pack_u8(b, VALUE_NULL);
    } else {
        any_scalar(rng, b);
    }
}

static struct bytes any_properties(struct columns_world *w, double presence)
{
    static const char *const names[] = {"amount", "category", "page", "address", WORLD_BANNED, "名称", "flag"};
    struct rng *rng = &w->plant.t->rng;
    struct buf b = arena_buf(w->scratch, RECORD_BYTES_MAX), members = arena_buf(w->scratch, RECORD_BYTES_MAX);
    uint32_t count = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (rng_chance(rng, presence)) {
            pack_bytes(&members, bytes_of_text(names[i]));
            any_value(rng, &members);
            count++;
        }
    if (count == 0)
        return BYTES_NONE;
    pack_varint(&b, count);
    pack_raw(&b, buf_bytes(&members));
    return buf_bytes(&b);
}

void columns_event(struct columns_world *w, const uint32_t *ids, size_t count, int64_t event_us)
{
    static const char *const names[] = {"page_viewed", "product_viewed", "order_paid", "own_event"};
    struct t *t = w->plant.t;
    struct err e = {0};
    uint64_t message = ++w->messages / 2; /* every second one is a duplicate of another time */
    arena_reset(w->scratch);
    struct envelope *v = ARENA_NEW(w->scratch, struct envelope);
    struct buf items = arena_buf(w->scratch, RECORD_BYTES_MAX), packed = arena_buf(w->scratch, ENVELOPE_BYTES_MAX);
    v->event = bytes_of_text(names[rng_below(&t->rng, COUNT_OF(names))]);
    v->source = rng_chance(&t->rng, 0.8) ? BYTES_LIT("web") : BYTES_LIT("till");
    v->message = hash128(bytes_of(&w->messages, sizeof w->messages), rng_chance(&t->rng, 0.9) ? 0 : message);
    v->event_us = event_us;
    v->received_us = w->plant.now_us;
    v->actor = (enum actor_kind)rng_below(&t->rng, ACTOR_KIND_COUNT);
    v->reference[REF_CHANNEL] = rng_chance(&t->rng, 0.5) ? BYTES_LIT("mini_program") : BYTES_NONE;
    for (size_t i = 0; i < count; i++)
        v->ids[v->id_count++] = columns_id(w, ids[i]);
    v->properties = any_properties(w, 0.4);
    v->item_count = rng_chance(&t->rng, 0.2) ? 1 + (uint32_t)rng_below(&t->rng, 3) : 0;
    for (uint32_t i = 0; i < v->item_count; i++)
        pack_bytes(&items, any_properties(w, 0.3));
    v->items = buf_bytes(&items);
    CHECK_DONE(t, envelope_pack(v, &packed, &e), &e);
    send(w, COMMAND_COLLECT_EVENT, buf_bytes(&packed));
}

void columns_act(struct columns_world *w, uint32_t command, const uint32_t *ids, size_t count)
{
    struct err e = {0};
    struct identity_act *act = ARENA_NEW(w->plant.t->arena, struct identity_act);
    struct buf b = arena_buf(w->plant.t->arena, ACT_PAYLOAD_BYTES_MAX);
    act->by = BYTES_LIT("lin");
    act->reason = BYTES_LIT("test");
    for (size_t i = 0; i < count; i++)
        act->ids[act->id_count++] = columns_id(w, ids[i]);
    CHECK_DONE(w->plant.t, identity_act_pack(act, &b, &e), &e);
    send(w, command, buf_bytes(&b));
}

struct finding {
    struct envelope_id id;
    struct hash128 public_id;
};

static void person_find(const struct view *v, void *context)
{
    struct finding *f = context;
    uint32_t person = identity_find(v, f->id.type, f->id.ns, f->id.value, f->id.key);
    f->public_id = person == PERSON_NONE ? (struct hash128){0} : identity_public_id(v, person);
}

bool columns_erase(struct columns_world *w, uint32_t id)
{
    struct err e = {0};
    struct finding f = {.id = columns_id(w, id)};
    engine_read(w->plant.engine, person_find, &f);
    if (hash128_equal(f.public_id, (struct hash128){0}))
        return false;
    struct erase_ask ask = {.public_id = f.public_id, .salt = {1, 2}, .by = BYTES_LIT("lin"), .reason = BYTES_LIT("asked")};
    struct buf b = arena_buf(w->plant.t->arena, ERASE_PAYLOAD_BYTES_MAX);
    CHECK_DONE(w->plant.t, identity_erase_pack(&ask, &b, &e), &e);
    send(w, COMMAND_ERASE, buf_bytes(&b));
    return true;
}

void columns_ban(struct columns_world *w, const char *name, bool is_forbidden)
{
    struct buf b = arena_buf(w->plant.t->arena, PROPERTY_WORDS_BYTES_MAX);
    struct property_words words = {.of = COLUMN_PROPERTY, .name = bytes_of_text(name), .is_forbidden = is_forbidden};
    property_words_pack(&b, &words);
    send(w, COMMAND_COLUMN_PROPERTY, buf_bytes(&b));
}

/* --- what a row says, as text --- */

struct lines {
    struct arena *arena;
    const char **lines;
    size_t count, room;
};

static void line_add(struct lines *l, const struct column_name *name, int item, const char *value)
{
    size_t banned = strlen(WORLD_BANNED);
    if (name->name.size >= banned && memcmp(name->name.data, WORLD_BANNED, banned) == 0)
        return;
    if (l->count == l->room) {
        l->room = l->room == 0 ? 8 : l->room * 2;
        const char **more = ARENA_ARRAY(l->arena, const char *, l->room);
        if (l->count > 0)
            memcpy(more, l->lines, l->count * sizeof *more);
        l->lines = more;
    }
    l->lines[l->count++] = arena_printf(l->arena, "%d %.*s %d %d %d %s\n", (int)name->of, BYTES_ARG(name->name), (int)name->kind, name->is_list, item, value);
}

static int line_compare(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static struct bytes lines_text(struct lines *l)
{
    size_t size = 1;
    if (l->count > 0)
        qsort(l->lines, l->count, sizeof *l->lines, line_compare);
    for (size_t i = 0; i < l->count; i++)
        size += strlen(l->lines[i]);
    struct buf b = arena_buf(l->arena, size);
    for (size_t i = 0; i < l->count; i++)
        buf_push_text(&b, l->lines[i]);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

/* A decimal without its scale's zeroes, for a block has one scale for all. */
static const char *decimal_text(struct arena *a, int64_t mantissa, unsigned scale)
{
    for (; scale > 0 && mantissa % 10 == 0; scale--)
        mantissa /= 10;
    return arena_printf(a, "%lld e-%u", (long long)mantissa, mantissa == 0 ? 0 : scale);
}

/* The naive flattening. */
static void value_lines(struct lines *l, enum column_of of, const char *name, int item, const struct value *v, bool is_list)
{
    static const int kinds[] = {[VALUE_FALSE] = COLUMN_BOOL,  [VALUE_TRUE] = COLUMN_BOOL, [VALUE_DECIMAL] = COLUMN_NUMBER,
                                [VALUE_DOUBLE] = COLUMN_REAL, [VALUE_TEXT] = COLUMN_TEXT, [VALUE_TIME] = COLUMN_TIME};
    struct unpack u = unpack_of(v->body);
    if (v->kind == VALUE_NULL)
        return;
    if (v->kind == VALUE_OBJECT) {
        for (uint32_t i = 0; i < v->count; i++) {
            struct bytes key;
            struct value inner = unpack_member(&u, &key);
            value_lines(l, of, arena_printf(l->arena, "%s.%.*s", name, BYTES_ARG(key)), item, &inner, false);
        }
        return;
    }
    if (v->kind == VALUE_LIST) {
        for (uint32_t i = 0; i < v->count; i++) {
            struct value inner = unpack_value(&u);
            value_lines(l, of, name, item, &inner, true);
        }
        return;
    }
    struct column_name column = {.of = of, .kind = (enum column_kind)kinds[v->kind], .is_list = is_list, .name = bytes_of_text(name)};
    const char *text = v->kind == VALUE_TEXT      ? arena_text(l->arena, v->body)
                       : v->kind == VALUE_DECIMAL ? decimal_text(l->arena, v->integer, v->scale)
                       : v->kind == VALUE_DOUBLE  ? arena_printf(l->arena, "%.17g", v->real)
                                                  : arena_printf(l->arena, "%lld", (long long)(v->kind == VALUE_TRUE ? 1 : v->integer));
    line_add(l, &column, item, text);
}

static void record_lines(struct lines *l, enum column_of of, int item, struct bytes record)
{
    struct unpack u = unpack_of(record);
    uint64_t count = record.size == 0 ? 0 : unpack_varint(&u);
    for (uint64_t i = 0; i < count; i++) {
        struct bytes key;
        struct value v = unpack_member(&u, &key);
        value_lines(l, of, arena_text(l->arena, key), item, &v, false);
    }
}

static void field_line(struct lines *l, const char *name, struct bytes value)
{
    struct column_name column = {.of = COLUMN_FIELD, .kind = COLUMN_TEXT, .name = bytes_of_text(name)};
    if (value.size > 0)
        line_add(l, &column, 0, arena_text(l->arena, value));
}

static struct bytes envelope_text(struct arena *a, struct bytes packed)
{
    struct lines *l = ARENA_NEW(a, struct lines);
    struct envelope *v = ARENA_NEW(a, struct envelope);
    struct status status = envelope_unpack(packed, v, NULL);
    assert(done(status));
    l->arena = a;
    field_line(l, "source", v->source);
    field_line(l, "actor", bytes_of_text(actor_names[v->actor]));
    field_line(l, "actor_id", v->actor_id);
    for (int i = 0; i < REF_COUNT; i++)
        field_line(l, reference_names[i], v->reference[i]);
    record_lines(l, COLUMN_PROPERTY, 0, v->properties);
    struct unpack items = unpack_of(v->items);
    for (uint32_t i = 0; i < v->item_count; i++)
        record_lines(l, COLUMN_ITEM, (int)i, unpack_bytes(&items));
    return lines_text(l);
}

/* --- what there should be --- */

struct opening {
    struct columns_world *world;
    struct column_view *view;
    struct expected_list *want;
    const struct view *v;
};

static bool is_erased(const struct view *v, const struct event_note *note)
{
    struct erasure x;
    for (uint64_t from = 0; identity_erasure_next(v, from, v->arena, &x); from = x.position + 1)
        for (uint32_t i = 0; i < x.owner_count; i++)
            if (note->position < x.position && hash128_equal(x.owners[i], note->owner))
                return true;
    return false;
}

static bool expected_add(void *context, const struct event_seen *event)
{
    struct opening *o = context;
    struct arena *a = o->world->plant.t->arena;
    struct expected_list *want = o->want;
    struct hash128 message;
    int64_t event_us;
    bool is_nobodys = hash128_equal(event->note.owner, (struct hash128){0});
    uint32_t person = is_nobodys ? PERSON_NONE : identity_of_owner(o->v, event->note.owner);
    if (!is_nobodys && (person == PERSON_NONE || is_erased(o->v, &event->note)))
        return true;
    if (want->count == want->room) {
        want->room = want->room == 0 ? 256 : want->room * 2;
        want->list = realloc(want->list, want->room * sizeof *want->list);
    }
    arena_reset(o->world->scratch);
    bool good = envelope_order(event->packed, &event_us, &message);
    assert(good && want->list != NULL);
    want->list[want->count++] = (struct expected){.person = person,
                                                  .event = event->note.event,
                                                  .time_us = event_us,
                                                  .message = (uint32_t)(message.high >> 32),
                                                  .position = event->note.position,
                                                  .text = arena_copy(a, envelope_text(o->world->scratch, event->packed))};
    return true;
}

static int expected_compare(const void *x, const void *y)
{
    const struct expected *a = x, *b = y;
    if (a->person != b->person)
        return a->person < b->person ? -1 : 1;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    if (a->message != b->message)
        return a->message < b->message ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

static void opening_read(const struct view *v, void *context)
{
    struct opening *o = context;
    struct err e = {0};
    column_view_close(o->view); /* a reader may run again */
    o->view = column_view_open(v, &o->world->around);
    o->want->count = 0;
    o->v = v;
    struct event_view *ev = event_view_open(v, &o->world->around);
    CHECK_DONE(o->world->plant.t, event_scan_all(ev, expected_add, o, &e), &e);
    event_view_close(ev);
    CHECK_EQ(o->world->plant.t, column_view_position(o->view), v->position);
}

struct column_view *columns_view(struct columns_world *w, struct expected_list *out_want)
{
    struct opening o = {.world = w, .want = out_want};
    engine_read(w->plant.engine, opening_read, &o);
    if (out_want->count > 0)
        qsort(out_want->list, out_want->count, sizeof *out_want->list, expected_compare);
    return o.view;
}

/* --- what there is --- */

static const char *value_text(struct arena *a, const struct column *c, enum column_kind kind, uint32_t code, int64_t integer, double real)
{
    return kind == COLUMN_TEXT     ? arena_text(a, column_text(c, code))
           : kind == COLUMN_REAL   ? arena_printf(a, "%.17g", real)
           : kind == COLUMN_NUMBER ? decimal_text(a, integer, column_scale(c))
                                   : arena_printf(a, "%lld", (long long)integer);
}

/* Adds what the column has to each event's lines. */
static void column_lines(struct arena *a, const struct column *c, const struct column_name *name, struct lines *lines, uint32_t count)
{
    uint32_t values = column_count(c);
    uint32_t *starts = ARENA_ARRAY(a, uint32_t, count + 1), *items = ARENA_ARRAY(a, uint32_t, values + 1);
    uint32_t *codes = ARENA_ARRAY(a, uint32_t, values + 1);
    int64_t *integers = ARENA_ARRAY(a, int64_t, values + 1);
    double *reals = ARENA_ARRAY(a, double, values + 1);
    column_starts(c, starts);
    if (name->of == COLUMN_ITEM)
        column_items(c, items);
    if (name->kind == COLUMN_TEXT)
        column_codes(c, codes);
    else if (name->kind == COLUMN_REAL)
        column_reals(c, reals);
    else
        column_integers(c, integers);
    for (uint32_t event = 0; event < count; event++)
        for (uint32_t i = starts[event]; i < starts[event + 1]; i++)
            line_add(&lines[event], name, (int)items[i], value_text(a, c, name->kind, codes[i], integers[i], reals[i]));
}

static struct lines *block_lines(struct arena *a, const struct block *b)
{
    uint32_t count = block_count(b);
    struct lines *lines = ARENA_ARRAY(a, struct lines, count);
    for (uint32_t i = 0; i < count; i++)
        lines[i].arena = a;
    for (uint32_t i = 0; i < block_columns(b); i++) {
        struct column_name name;
        const struct column *c = block_column_at(b, i, &name);
        column_lines(a, c, &name, lines, count);
    }
    return lines;
}

struct comparing {
    struct columns_world *world;
    struct column_view *view;
    struct arena *arena;
    struct expected_list got;
    int64_t from_us, until_us;
};

static void row_add(struct comparing *c, const struct expected *row)
{
    struct expected_list *got = &c->got;
    if (got->count == got->room) {
        got->room = got->room == 0 ? 256 : got->room * 2;
        got->list = realloc(got->list, got->room * sizeof *got->list);
        assert(got->list != NULL);
    }
    got->list[got->count++] = *row;
}

/* `counted`: a bit for each number of the chunk whose rows count; NULL: all do. */
static void block_add(struct comparing *c, uint32_t chunk, const struct block *b, const uint64_t *counted)
{
    uint32_t count = block_count(b);
    uint16_t *people = ARENA_ARRAY(c->arena, uint16_t, count), *events = ARENA_ARRAY(c->arena, uint16_t, count);
    int64_t *times = ARENA_ARRAY(c->arena, int64_t, count);
    uint32_t *messages = ARENA_ARRAY(c->arena, uint32_t, count);
    uint64_t *positions = ARENA_ARRAY(c->arena, uint64_t, count);
    CHECK_EQ(c->world->plant.t, block_chunk(b), chunk);
    block_people(b, people);
    block_events(b, events);
    block_times(b, times);
    block_messages(b, messages);
    block_positions(b, positions);
    struct lines *lines = block_lines(c->arena, b);
    for (uint32_t i = 0; i < count; i++) {
        struct expected row = {.person = chunk * CHUNK_PEOPLE + people[i],
                               .event = events[i],
                               .time_us = times[i],
                               .message = messages[i],
                               .position = positions[i]};
        bool counts = counted == NULL || (counted[people[i] / 64] >> people[i] % 64 & 1) != 0;
        if (times[i] < c->from_us || times[i] >= c->until_us || !counts)
            continue;
        row.text = lines_text(&lines[i]);
        row_add(c, &row);
    }
}

static void order_check(struct comparing *c, const struct block_list *list)
{
    for (uint32_t i = 1; i < list->count && list->in_order; i++)
        CHECK(c->world->plant.t, block_last_us(list->blocks[i - 1]) < block_first_us(list->blocks[i]));
}

static fallible chunks_gather(struct comparing *c, struct err *e)
{
    for (uint32_t chunk = 0; chunk < column_view_chunks(c->view); chunk++) {
        struct block_list list = {0};
        TRY(column_view_blocks(c->view, chunk, c->from_us, c->until_us, c->arena, &list, e));
        order_check(c, &list);
        for (uint32_t i = 0; i < list.count; i++)
            block_add(c, chunk, list.blocks[i], list.people == NULL ? NULL : list.people[i]);
    }
    return DONE;
}

static bool is_same(const struct expected *a, const struct expected *b)
{
    return a->event == b->event && expected_compare(a, b) == 0 && bytes_equal(a->text, b->text);
}

static void expected_print(const char *which, const struct expected *x)
{
    (void)fprintf(stderr, "%s: person %u, event %u, time %lld, message %llx, position %llu\n%.*s", which, x->person, x->event, (long long)x->time_us,
                  (unsigned long long)x->message, (unsigned long long)x->position, BYTES_ARG(x->text));
}

static void difference_print(const struct expected *want, const struct expected *got)
{
    expected_print("want", want);
    expected_print("got", got);
}

static void lists_compare(struct comparing *c, const struct expected_list *want)
{
    struct t *t = c->world->plant.t;
    size_t at = 0;
    int failures = t->failures;
    if (c->got.count > 0)
        qsort(c->got.list, c->got.count, sizeof *c->got.list, expected_compare);
    for (size_t i = 0; i < want->count && t->failures == failures; i++) {
        const struct expected *x = &want->list[i];
        if (x->time_us < c->from_us || x->time_us >= c->until_us)
            continue;
        bool same = at < c->got.count && is_same(x, &c->got.list[at]);
        CHECK(t, same);
        if (!same && at < c->got.count)
            difference_print(x, &c->got.list[at]);
        at++;
    }
    if (t->failures == failures)
        CHECK_EQ(t, c->got.count, at);
}

fallible columns_compare(struct columns_world *w, struct column_view *cv, const struct expected_list *want, int64_t from_us, int64_t until_us,
                         struct err *e)
{
    struct comparing c = {.world = w, .view = cv, .arena = arena_create(1 << 20), .from_us = from_us, .until_us = until_us};
    struct status status = column_view_load(cv, w->shelf, from_us, until_us, e);
    if (done(status))
        status = chunks_gather(&c, e);
    if (done(status))
        lists_compare(&c, want);
    free(c.got.list);
    arena_destroy(c.arena);
    return status;
}

void columns_check(struct columns_world *w)
{
    struct err e = {0};
    struct expected_list want = {0};
    struct column_view *cv = columns_view(w, &want);
    CHECK_DONE(w->plant.t, columns_compare(w, cv, &want, INT64_MIN, INT64_MAX, &e), &e);
    column_view_close(cv);
    free(want.list);
}
