/* Columns by example. Covers: properties.c, view.c, extract.c, manifest.c, shelf.c,
 * waves.c */
#include <pthread.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/column/column_world_test.h"
#include "domain/column/extract.h"
#include "domain/column/shelf.h"
#include "domain/collect/collect.h"
#include "store/disk_sim.h"

static void house(struct columns_world *w, int rounds)
{
    struct err e = {0};
    for (int i = 0; i < rounds; i++)
        CHECK_DONE(w->plant.t, plant_house(&w->plant, US_PER_SECOND, &e), &e);
}

static void nothing_is_shown_of_nothing(struct t *t)
{
    struct columns_world *w = columns_open(t);
    columns_check(w);
    columns_close(w);
}

/* More events than a part of the tail has, of more people than a chunk has: before and behind folding, in one way or another. */
static void parts_and_chunks_are_whole(struct t *t)
{
    enum { PEOPLE = 8300, EVENTS = 8600 };
    struct columns_world *w = columns_open(t);
    plant_set(&w->plant, "event.fold_events", 2000000);
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t id = 64 + i % PEOPLE;
        columns_event(w, &id, 1, w->plant.now_us - (int64_t)(i % 40) * US_PER_DAY);
    }
    columns_check(w);
    uint32_t pairs[][2] = {{64, 64 + 8299}, {64 + 8250, 64 + 3}, {70, 71}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        columns_act(w, COMMAND_MERGE, pairs[i], 2);
    columns_check(w);
    columns_act(w, COMMAND_SPLIT, &pairs[0][1], 1);
    columns_check(w);
    plant_set(&w->plant, "event.fold_events", 1);
    house(w, 1);
    columns_check(w); /* runs have the events: parts of before serve */
    house(w, 4);
    columns_check(w);
    columns_close(w);
}

/* --- the registry --- */

struct registry_ask {
    struct t *t;
    const char *name;
    uint32_t found;      /* properties of the name: by kind */
    uint64_t count;      /* of events, in all */
    bool is_forbidden, is_personal;
    char display[32];
};

static void registry_read(const struct view *v, void *context)
{
    struct registry_ask *ask = context;
    struct property p, after;
    ask->found = 0;
    ask->count = 0;
    for (bool more = property_next(v, NULL, &p); more; more = property_next(v, &after, &p)) {
        after = p;
        if (!bytes_equal(p.name, bytes_of_text(ask->name)))
            continue;
        ask->found |= 1u << p.kind;
        ask->count += p.count;
        ask->is_forbidden = p.is_forbidden;
        ask->is_personal = p.is_personal;
        (void)snprintf(ask->display, sizeof ask->display, "%.*s", BYTES_ARG(p.display));
        CHECK(ask->t, p.first_us <= p.last_us);
    }
}

/* An event "order_paid" with one property, which is given packed. */
static void one_property(struct columns_world *w, struct bytes name, struct bytes value)
{
    struct t *t = w->plant.t;
    struct err e = {0};
    struct envelope *v = ARENA_NEW(t->arena, struct envelope);
    struct buf record = arena_buf(t->arena, 16384), b = arena_buf(t->arena, ENVELOPE_BYTES_MAX);
    uint64_t message = ++w->messages;
    pack_varint(&record, 1);
    pack_bytes(&record, name);
    pack_raw(&record, value);
    v->event = BYTES_LIT("order_paid");
    v->message = hash128(bytes_of(&message, sizeof message), 7);
    v->event_us = v->received_us = w->plant.now_us;
    v->ids[v->id_count++] = columns_id(w, 1);
    v->properties = buf_bytes(&record);
    CHECK_DONE(t, envelope_pack(v, &b, &e), &e);
    plant_apply(&w->plant, COMMAND_COLLECT_EVENT, buf_bytes(&b));
}

static void one_text(struct columns_world *w, const char *name, const char *text)
{
    struct buf b = arena_buf(w->plant.t->arena, 8192);
    value_pack_text(&b, bytes_of_text(text));
    one_property(w, bytes_of_text(name), buf_bytes(&b));
}

static void one_number(struct columns_world *w, const char *name, int64_t number)
{
    struct buf b = arena_buf(w->plant.t->arena, 32);
    value_pack_decimal(&b, number, 0);
    one_property(w, bytes_of_text(name), buf_bytes(&b));
}

/* A property that changed its type is two, by name and kind; what an operator says counts for both. */
static void the_registry_grows_by_itself(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct registry_ask ask = {.t = t, .name = "amount"};
    plant_set(&w->plant, "event.fold_events", 1);
    one_number(w, "amount", 100);
    one_number(w, "amount", 200);
    engine_read(w->plant.engine, registry_read, &ask);
    CHECK_EQ(t, ask.found, 0); /* it lies in the log yet */
    house(w, 4);
    one_text(w, "amount", "200");
    one_text(w, "other", "x");
    one_text(w, "amount.in.words", "two hundred");
    one_text(w, "amounts", "x");
    house(w, 4);
    engine_read(w->plant.engine, registry_read, &ask);
    CHECK_EQ(t, ask.found, 1u << COLUMN_NUMBER | 1u << COLUMN_TEXT);
    CHECK_EQ(t, ask.count, 3);
    CHECK(t, !ask.is_personal && !ask.is_forbidden && ask.display[0] == 0);
    struct buf b = arena_buf(t->arena, PROPERTY_WORDS_BYTES_MAX);
    struct property_words words = {.of = COLUMN_PROPERTY, .name = BYTES_LIT("amount"), .display = BYTES_LIT("金额"), .is_personal = true};
    property_words_pack(&b, &words);
    plant_apply(&w->plant, COMMAND_COLUMN_PROPERTY, buf_bytes(&b));
    engine_read(w->plant.engine, registry_read, &ask);
    CHECK(t, ask.is_personal && !ask.is_forbidden);
    CHECK_TEXT(t, ask.display, "金额");
    ask = (struct registry_ask){.t = t, .name = "amount.in.words"}; /* its member */
    engine_read(w->plant.engine, registry_read, &ask);
    CHECK(t, ask.found != 0 && ask.is_personal && ask.display[0] == 0);
    ask = (struct registry_ask){.t = t, .name = "amounts"};
    engine_read(w->plant.engine, registry_read, &ask);
    CHECK(t, ask.found != 0 && !ask.is_personal);
    columns_close(w);
}

static void what_is_said_of_a_property_is_bounded(struct t *t)
{
    char name[COLUMN_PROPERTY_BYTES_MAX + 1];
    memset(name, 'a', sizeof name);
    struct property_words bad[] = {
        {.of = COLUMN_PROPERTY},
        {.of = COLUMN_FIELD, .name = BYTES_LIT("channel")},
        {.of = COLUMN_ITEM, .name = bytes_of(name, sizeof name)},
        {.of = COLUMN_ITEM, .name = BYTES_LIT("a\0b")},
        {.of = COLUMN_ITEM, .name = BYTES_LIT("sku"), .display = bytes_of(name, sizeof name)},
    };
    bad[4].display = bytes_of(arena_zeroed(t->arena, PROPERTY_DISPLAY_BYTES_MAX + 1, 1), PROPERTY_DISPLAY_BYTES_MAX + 1);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err e = {0};
        struct buf b = arena_buf(t->arena, 4096);
        property_words_pack(&b, &bad[i]);
        CHECK(t, failed(property_check(buf_bytes(&b), &e)));
        CHECK(t, e.text[0] != 0);
    }
}

/* --- what is forbidden, and texts that are long --- */

struct counted {
    const char *name;
    uint64_t values, longest;
};

static void values_count(struct columns_world *w, struct counted *c)
{
    struct err e = {0};
    struct expected_list want = {0};
    struct column_view *cv = columns_view(w, &want);
    CHECK_DONE(w->plant.t, column_view_load(cv, w->shelf, INT64_MIN, INT64_MAX, &e), &e);
    struct block_list list;
    CHECK_DONE(w->plant.t, column_view_blocks(cv, 0, INT64_MIN, INT64_MAX, w->plant.t->arena, &list, &e), &e);
    c->values = c->longest = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        struct column_name name = {.of = COLUMN_PROPERTY, .kind = COLUMN_TEXT, .name = bytes_of_text(c->name)};
        const struct column *column = block_column(list.blocks[i], &name);
        c->values += column == NULL ? 0 : column_count(column);
        for (uint32_t k = 0; column != NULL && k < column_texts(column); k++)
            c->longest = column_text(column, k).size > c->longest ? column_text(column, k).size : c->longest;
    }
    column_view_close(cv);
    free(want.list);
}

static void what_is_forbidden_is_not_taken(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct counted c = {.name = WORLD_BANNED};
    plant_set(&w->plant, "event.fold_events", 1);
    one_text(w, WORLD_BANNED, "x");
    house(w, 4);
    values_count(w, &c);
    CHECK_EQ(t, c.values, 1);
    columns_ban(w, WORLD_BANNED, true);
    one_text(w, WORLD_BANNED, "y");
    values_count(w, &c);
    CHECK_EQ(t, c.values, 1); /* nor of the newest events */
    house(w, 4);
    values_count(w, &c);
    CHECK_EQ(t, c.values, 1);
    columns_ban(w, WORLD_BANNED, false);
    one_text(w, WORLD_BANNED, "z");
    values_count(w, &c);
    CHECK_EQ(t, c.values, 2);
    columns_close(w);
}

static void long_texts_are_cut_at_a_character(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct counted c = {.name = "page"};
    char text[5001] = "a";
    for (size_t i = 1; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "知", 3);
    one_text(w, "page", text);
    values_count(w, &c);
    CHECK_EQ(t, c.values, 1);
    CHECK_EQ(t, c.longest, 1 + (COLUMN_TEXT_BYTES_MAX - 1) / 3 * 3);
    columns_close(w);
}

/* --- files --- */

static void files_count(const struct view *v, void *context)
{
    uint64_t *count = context;
    for (size_t i = 0; i < column_domain.metric_count; i++)
        if (strcmp(column_domain.metrics[i].name, "kith_column_files") == 0)
            *count = column_domain.metrics[i].read(v);
}

static uint64_t files_of(struct columns_world *w)
{
    uint64_t count = 0;
    engine_read(w->plant.engine, files_count, &count);
    return count;
}

/* A month waits until nothing has come for a while; then its files are one. */
static void a_quiet_month_becomes_one_file(struct t *t)
{
    struct columns_world *w = columns_open(t);
    plant_set(&w->plant, "event.fold_events", 1);
    plant_set(&w->plant, "column.tidy_seconds", 100);
    for (int i = 0; i < 3; i++) {
        one_number(w, "amount", i);
        house(w, 4);
    }
    CHECK_EQ(t, files_of(w), 3);
    house(w, 110);
    plant_set(&w->plant, "event.fold_events", 1); /* the log's time goes on with commands */
    house(w, 4);
    CHECK_EQ(t, files_of(w), 1);
    columns_check(w);
    columns_close(w);
}

/* --- the shelf --- */

static bool is_of_moved_file(const void *context, const char *name)
{
    (void)context;
    return strncmp(name, "wave ", 5) == 0 && strstr(name, ".col") != NULL;
}

/* The same beside the one that is held. */
static bool is_other_moved_file(const void *context, const char *name)
{
    return is_of_moved_file(NULL, name) && strcmp(name, held_name(context)) != 0;
}

static bool is_file(const void *context, const char *name)
{
    return strstr(name, ".col") != NULL && strncmp(name, "wave ", 5) != 0 && (context == NULL || strcmp(context, name) == 0);
}

/* A file that the shelf has, any; false: it has none. */
static bool file_pick(struct columns_world *w, char out_name[SHELF_NAME_BYTES])
{
    struct held *held = shelf_find(w->shelf, is_file, NULL);
    if (held != NULL)
        (void)snprintf(out_name, SHELF_NAME_BYTES, "%s", held_name(held));
    shelf_release(w->shelf, held);
    return held != NULL;
}

static bool file_is_on_shelf(struct columns_world *w, const char *name)
{
    struct held *held = shelf_find(w->shelf, is_file, name);
    shelf_release(w->shelf, held);
    return held != NULL;
}

/* Events that came meanwhile don't alter what a file has of people who moved. */
static void moved_rows_of_a_file_are_made_once(struct t *t)
{
    struct columns_world *w = columns_open(t);
    uint32_t ids[] = {1, 2};
    plant_set(&w->plant, "event.fold_events", 1);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        columns_event(w, &ids[i], 1, w->plant.now_us);
    house(w, 4);
    plant_set(&w->plant, "event.fold_events", 2000000);
    columns_act(w, COMMAND_MERGE, ids, 2);
    columns_check(w);
    struct held *before = shelf_find(w->shelf, is_of_moved_file, NULL);
    REQUIRE(t, before != NULL);
    columns_event(w, ids, 1, w->plant.now_us);
    columns_check(w);
    struct held *after = shelf_find(w->shelf, is_of_moved_file, NULL);
    CHECK(t, after == before);
    shelf_release(w->shelf, before);
    shelf_release(w->shelf, after);
    columns_close(w);
}

/* Merges the people of identifiers from `first` on, two by two. */
static void merges(struct columns_world *w, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t ids[] = {first + 2 * i, first + 2 * i + 1};
        columns_act(w, COMMAND_MERGE, ids, 2);
    }
}

struct counting {
    uint32_t *waves;
};

static bool wave_count(const void *context, const char *name)
{
    const struct counting *c = context;
    *c->waves += is_of_moved_file(NULL, name);
    return false;
}

/* How many waves a file has, of a workspace that has one file. */
static uint32_t waves_of_file(struct columns_world *w)
{
    uint32_t waves = 0;
    struct held *none = shelf_find(w->shelf, wave_count, &(struct counting){&waves});
    CHECK(w->plant.t, none == NULL);
    return waves;
}

/* A new move is a wave of its own: the rows that many earlier ones moved stay as they are, until what came since is as large. */
static void earlier_moves_are_not_followed_again(struct t *t)
{
    struct columns_world *w = columns_open(t);
    plant_set(&w->plant, "event.fold_events", 1);
    for (uint32_t id = 0; id < 40; id++)
        columns_event(w, &id, 1, w->plant.now_us);
    house(w, 4);
    REQUIRE(t, files_of(w) == 1);
    plant_set(&w->plant, "event.fold_events", 2000000);
    merges(w, 0, 8);
    columns_check(w);
    CHECK_EQ(t, waves_of_file(w), 1);
    struct held *many = shelf_find(w->shelf, is_of_moved_file, NULL);
    REQUIRE(t, many != NULL);
    merges(w, 16, 1);
    columns_check(w);
    CHECK_EQ(t, waves_of_file(w), 2);
    columns_act(w, COMMAND_MERGE, (uint32_t[]){0, 16}, 2); /* whom earlier waves moved moves again */
    columns_check(w);
    CHECK_EQ(t, waves_of_file(w), 2);
    struct held *still = shelf_find(w->shelf, is_of_moved_file, NULL), *other = shelf_find(w->shelf, is_other_moved_file, still);
    CHECK(t, still == many || other == many);
    shelf_release(w->shelf, still);
    shelf_release(w->shelf, other);
    shelf_release(w->shelf, many);
    merges(w, 18, 8);
    columns_check(w);
    CHECK_EQ(t, waves_of_file(w), 1);
    columns_close(w);
}

struct tidying {
    struct column_shelf *shelf;
    bool is_tidy;
};

static void shelf_look(const struct view *v, void *context)
{
    struct tidying *tidying = context;
    tidying->is_tidy = column_shelf_tidy(tidying->shelf, v);
}

/* A file that was purged stays where a view holds it, and no longer. */
static void what_was_given_up_leaves_the_shelf(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct tidying tidying = {.shelf = w->shelf};
    struct expected_list want = {0};
    struct err e = {0};
    uint32_t ids[] = {1, 2};
    char name[SHELF_NAME_BYTES];
    plant_set(&w->plant, "event.fold_events", 1);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        columns_event(w, &ids[i], 1, w->plant.now_us);
    house(w, 4);
    struct column_view *cv = columns_view(w, &want);
    CHECK_DONE(t, columns_compare(w, cv, &want, INT64_MIN, INT64_MAX, &e), &e);
    REQUIRE(t, file_pick(w, name));
    engine_read(w->plant.engine, shelf_look, &tidying);
    CHECK(t, tidying.is_tidy);
    CHECK(t, columns_erase(w, ids[0]));
    house(w, 4);
    engine_read(w->plant.engine, shelf_look, &tidying);
    CHECK(t, !tidying.is_tidy);
    column_view_close(cv);
    engine_read(w->plant.engine, shelf_look, &tidying);
    CHECK(t, tidying.is_tidy);
    CHECK(t, !file_is_on_shelf(w, name));
    columns_check(w);
    free(want.list);
    columns_close(w);
}

/* Nobody asks whether it is tidy: the next question sees to it. */
static void loading_tidies(struct t *t)
{
    struct columns_world *w = columns_open(t);
    char name[SHELF_NAME_BYTES];
    plant_set(&w->plant, "event.fold_events", 1);
    plant_set(&w->plant, "column.tidy_seconds", 100);
    for (int i = 0; i < 2; i++) {
        one_number(w, "amount", i);
        house(w, 4);
    }
    columns_check(w);
    REQUIRE(t, file_pick(w, name));
    house(w, 110);
    plant_set(&w->plant, "event.fold_events", 1);
    house(w, 4);
    CHECK_EQ(t, files_of(w), 1);
    columns_check(w);
    CHECK(t, !file_is_on_shelf(w, name));
    columns_close(w);
}

/* --- trouble --- */

static struct status name_keep(void *context, const char *name, struct err *e)
{
    char *path = context;
    (void)e;
    (void)snprintf(path, COLUMN_PATH_BYTES_MAX, COLUMN_FOLDER "/%s", name);
    return DONE;
}

/* A file that isn't what it was is said so, and not shown. */
static void a_damaged_file_is_told(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct err e = {0};
    struct expected_list want = {0};
    char path[COLUMN_PATH_BYTES_MAX] = "";
    plant_set(&w->plant, "event.fold_events", 1);
    one_number(w, "amount", 5);
    house(w, 4);
    columns_check(w);
    struct column_view *cv = columns_view(w, &want);
    CHECK_DONE(t, disk_list(w->plant.disk, COLUMN_FOLDER, name_keep, path, &e), &e);
    disk_sim_corrupt(w->plant.disk, path, 40);
    struct column_shelf *fresh = column_shelf_create(1 << 20), *before = w->shelf;
    w->shelf = fresh;
    struct status status = columns_compare(w, cv, &want, INT64_MIN, INT64_MAX, &e);
    CHECK_EQ(t, status.code, STATUS_CORRUPT);
    CHECK(t, strstr(e.text, ".col") != NULL);
    column_view_close(cv);
    column_shelf_destroy(fresh);
    w->shelf = before;
    free(want.list);
    columns_close(w);
}

/* --- several threads --- */

struct asking {
    struct columns_world *world;
    struct column_view *view;
    struct status status;
    uint64_t rows;
};

static void *ask(void *context)
{
    struct asking *a = context;
    struct err e = {0};
    struct block_list list;
    struct arena *arena = arena_create(4096);
    a->status = column_view_load(a->view, a->world->shelf, INT64_MIN, INT64_MAX, &e);
    if (done(a->status))
        a->status = column_view_blocks(a->view, 0, INT64_MIN, INT64_MAX, arena, &list, &e);
    for (uint32_t i = 0; done(a->status) && i < list.count; i++)
        a->rows += block_count(list.blocks[i]);
    arena_destroy(arena);
    return NULL;
}

/* Nobody is troubled by it but whoever is cancelled: the next one loads the same. */
static void loading_is_cancelled(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct expected_list want = {0};
    struct err e = {0};
    atomic_bool is_cancelled = true;
    for (uint32_t i = 0; i < 20; i++)
        one_number(w, "amount", i);
    for (unsigned folded = 0; folded < 2; folded++) {
        struct column_view *cv = columns_view(w, &want);
        column_view_cancelled_by(cv, &is_cancelled);
        CHECK_FAILS(t, column_view_load(cv, w->shelf, INT64_MIN, INT64_MAX, &e), CANCELLED);
        column_view_close(cv);
        columns_check(w);
        plant_set(&w->plant, "event.fold_events", 1);
        house(w, 4);
    }
    free(want.list);
    columns_close(w);
}

#define NEXT_TURNS 200u /* that the next one has until it waits */

/* Makes nothing: its asker is cancelled when the next one is there, or is about to be. */
struct cancelled_making {
    const struct work_surroundings *around;
    struct column_shelf *shelf;
    pthread_t next;
    atomic_bool is_next_there;
    struct held *held;
    struct status status;
};

static struct status nothing_make(void *context, struct making *out_made, struct err *e)
{
    (void)context, (void)out_made, (void)e;
    return DONE;
}

static void *next_take(void *context)
{
    struct cancelled_making *m = context;
    struct err e = {0};
    atomic_store(&m->is_next_there, true);
    m->status = shelf_take(m->shelf, &(struct shelf_ask){.name = "thing", .make = nothing_make, .around = m->around}, &m->held, &e);
    return NULL;
}

static struct status cancelled_make(void *context, struct making *out_made, struct err *e)
{
    struct cancelled_making *m = context;
    (void)out_made;
    int failed_start = pthread_create(&m->next, NULL, next_take, m);
    assert(failed_start == 0);
    (void)failed_start;
    for (unsigned turns = 0; turns < NEXT_TURNS; turns += atomic_load(&m->is_next_there))
        (void)sched_yield(); /* in most rounds it waits by then */
    return FAIL(e, CANCELLED, "nobody waits for it any more");
}

static void who_is_cancelled_fails_alone(struct t *t)
{
    atomic_bool is_stopped = false;
    const struct work_surroundings around = {.stop = &is_stopped};
    for (unsigned round = 0; round < 50; round++) {
        struct cancelled_making m = {.around = &around, .shelf = column_shelf_create(1 << 20)};
        const struct shelf_ask ask = {.name = "thing", .make = cancelled_make, .context = &m, .around = &around};
        struct held *held;
        struct err e = {0};
        CHECK_FAILS(t, shelf_take(m.shelf, &ask, &held, &e), CANCELLED);
        (void)pthread_join(m.next, NULL);
        CHECK_EQ(t, m.status.code, STATUS_OK);
        shelf_release(m.shelf, m.held);
        column_shelf_destroy(m.shelf);
    }
}

/* One waits for what this thread makes, and is cancelled before it is made: the making ends only when they have gone. */
struct patient_making {
    struct work_surroundings around;
    struct column_shelf *shelf;
    pthread_t next;
    atomic_bool is_next_there, is_next_cancelled;
    struct status next_status;
};

static void *patient_take(void *context)
{
    struct patient_making *m = context;
    struct held *held;
    struct err e = {0};
    const struct shelf_ask ask = {.name = "thing", .make = nothing_make, .around = &m->around, .is_cancelled = &m->is_next_cancelled};
    atomic_store(&m->is_next_there, true);
    m->next_status = shelf_take(m->shelf, &ask, &held, &e);
    return NULL;
}

static struct status patient_make(void *context, struct making *out_made, struct err *e)
{
    struct patient_making *m = context;
    (void)out_made, (void)e;
    int failed_start = pthread_create(&m->next, NULL, patient_take, m);
    assert(failed_start == 0);
    (void)failed_start;
    for (unsigned turns = 0; turns < NEXT_TURNS; turns += atomic_load(&m->is_next_there))
        (void)sched_yield(); /* in most rounds it waits by then */
    atomic_store(&m->is_next_cancelled, true);
    column_shelf_wake(m->shelf);
    (void)pthread_join(m->next, NULL);
    return DONE;
}

static void who_waits_for_anothers_making_is_cancelled(struct t *t)
{
    atomic_bool is_stopped = false;
    for (unsigned round = 0; round < 50; round++) {
        struct patient_making m = {.around = {.stop = &is_stopped}, .shelf = column_shelf_create(1 << 20)};
        const struct shelf_ask ask = {.name = "thing", .make = patient_make, .context = &m, .around = &m.around};
        struct held *held;
        struct err e = {0};
        REQUIRE_DONE(t, shelf_take(m.shelf, &ask, &held, &e), &e);
        CHECK_EQ(t, m.next_status.code, STATUS_CANCELLED);
        shelf_release(m.shelf, held);
        column_shelf_destroy(m.shelf);
    }
}

static void views_are_loaded_side_by_side(struct t *t)
{
    enum { ASKERS = 4, EVENTS = 500 };
    struct columns_world *w = columns_open(t);
    struct asking askers[ASKERS] = {0};
    pthread_t threads[ASKERS];
    for (uint32_t i = 0; i < EVENTS; i++)
        one_number(w, "amount", i);
    for (size_t i = 0; i < ASKERS; i++) {
        struct expected_list want = {0};
        askers[i] = (struct asking){.world = w, .view = columns_view(w, &want)};
        free(want.list);
    }
    for (size_t i = 0; i < ASKERS; i++)
        REQUIRE(t, pthread_create(&threads[i], NULL, ask, &askers[i]) == 0);
    for (size_t i = 0; i < ASKERS; i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK_EQ(t, askers[i].status.code, STATUS_OK);
        CHECK_EQ(t, askers[i].rows, EVENTS);
        column_view_close(askers[i].view);
    }
    columns_close(w);
}

static const struct test tests[] = {
    {"nothing is shown of nothing", nothing_is_shown_of_nothing, 1},
    {"parts and chunks are whole", parts_and_chunks_are_whole, 1},
    {"the registry grows by itself", the_registry_grows_by_itself, 1},
    {"what is said of a property is bounded", what_is_said_of_a_property_is_bounded, 1},
    {"what is forbidden is not taken", what_is_forbidden_is_not_taken, 1},
    {"long texts are cut at a character", long_texts_are_cut_at_a_character, 1},
    {"a quiet month becomes one file", a_quiet_month_becomes_one_file, 1},
    {"moved rows of a file are made once", moved_rows_of_a_file_are_made_once, 1},
    {"earlier moves are not followed again", earlier_moves_are_not_followed_again, 1},
    {"what was given up leaves the shelf", what_was_given_up_leaves_the_shelf, 1},
    {"loading tidies", loading_tidies, 1},
    {"a damaged file is told", a_damaged_file_is_told, 1},
    {"loading is cancelled", loading_is_cancelled, 1},
    {"who is cancelled fails alone", who_is_cancelled_fails_alone, 1},
    {"who waits for another's making is cancelled", who_waits_for_anothers_making_is_cancelled, 1},
    {"views are loaded side by side", views_are_loaded_side_by_side, 1},
};
TEST_MAIN(tests)
