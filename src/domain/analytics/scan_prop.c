/* Scans of random plans over random blocks against the plainest reading of the same rows: in order and not, with people who moved, limited sights,
 * lists of people, tags and segments, items, all subjects, one to four threads; and of what has arrived since. Covers: arrivals.c, block_scratch.c, compare.c, crowd.c, crowd_lanes.c, crowd_read.c, deliver.c,
 * filter_read.c, filter_run.c, gather.c, lanes.c, scan.c, texts.c */
#include <pthread.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/crowd_made_test.h"
#include "domain/analytics/scan.h"
#include "domain/analytics/scan_world_test.h"
#include "domain/analytics/view_fake_test.h"

#define LINES_MAX 4096u
#define LINE_BYTES_MAX (256u << 10)
#define LANES_HERE 3u
#define CELL_PICK 1u /* the cell that is asked for: whoever did the first pick */

/* --- a question that shows what it was handed --- */

struct handed {
    struct handed *next;
    struct sequence sequence;
};
struct dump {
    struct arena *arena;
    struct handed *first;
};

static void *dump_tally(const struct question *q UNUSED, struct arena *arena)
{
    struct dump *d = ARENA_NEW(arena, struct dump);
    d->arena = arena;
    return d;
}

/* Keeps a copy: what was handed over lives for the call. */
static void dump_take(const struct question *q, void *tally, const struct sequence *s)
{
    struct dump *d = tally;
    struct handed *h = ARENA_NEW(d->arena, struct handed);
    struct moment *moments = ARENA_ARRAY(d->arena, struct moment, s->count);
    struct lane *lanes = ARENA_ARRAY(d->arena, struct lane, LANES_MAX);
    for (uint32_t k = 0; k < q->plan.lane_count; k++) {
        uint32_t *codes = ARENA_ARRAY(d->arena, uint32_t, s->count);
        struct quantity *quantities = ARENA_ARRAY(d->arena, struct quantity, s->count);
        bool *has = ARENA_ARRAY(d->arena, bool, s->count);
        for (uint32_t i = 0; i < s->count; i++) {
            uint32_t row = s->moments[i].row;
            if (s->lanes[k].kind == LANE_CODES)
                codes[i] = s->lanes[k].codes[row];
            else {
                quantities[i] = s->lanes[k].quantities[row];
                has[i] = s->lanes[k].has[row];
            }
        }
        lanes[k] = (struct lane){.kind = s->lanes[k].kind, .codes = codes, .quantities = quantities, .has = has};
    }
    for (uint32_t i = 0; i < s->count; i++)
        moments[i] = (struct moment){s->moments[i].time_us, s->moments[i].picks, i};
    h->sequence = *s;
    h->sequence.moments = moments;
    h->sequence.lanes = lanes;
    h->next = d->first;
    d->first = h;
}

static void dump_join(const struct question *q UNUSED, void *into, void *from)
{
    struct dump *a = into, *b = from;
    struct handed **end = &a->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = b->first;
}

static void moment_print(const struct question *q, const struct texts *texts, const struct sequence *s, uint32_t i,
                         struct buf *out)
{
    buf_printf(out, " %" PRId64 ":%x", (s->moments[i].time_us - world_from_us) / US_PER_DAY, s->moments[i].picks);
    for (uint32_t k = 0; k < q->plan.lane_count; k++) {
        const struct lane *lane = &s->lanes[k];
        const struct quantity *x = &lane->quantities[s->moments[i].row];
        if (lane->kind == LANE_CODES && lane->codes[s->moments[i].row] == CODE_NONE)
            buf_push_text(out, ";-");
        else if (lane->kind == LANE_CODES)
            buf_printf(out, ";%.*s", BYTES_ARG(texts_get(texts, lane->codes[s->moments[i].row])));
        else if (lane->has[s->moments[i].row])
            buf_printf(out, ";%.4f", x->is_real ? x->real : (double)x->micro / 1e6);
        else
            buf_push_text(out, ";-");
    }
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *sorted_lines(struct arena *arena, const char **lines, size_t count)
{
    struct buf all = arena_buf(arena, 4u << 20);
    qsort(lines, count, sizeof *lines, line_order);
    for (size_t i = 0; i < count; i++)
        buf_printf(&all, "%s\n", lines[i]);
    return arena_text(arena, buf_bytes(&all));
}

static void dump_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w)
{
    struct dump *d = tally;
    const char **lines = ARENA_ARRAY(d->arena, const char *, LINES_MAX);
    size_t count = 0;
    for (const struct handed *h = d->first; h != NULL; h = h->next) {
        struct buf line = arena_buf(d->arena, LINE_BYTES_MAX / 16);
        buf_printf(&line, "%u", h->sequence.person);
        for (uint32_t i = 0; i < h->sequence.count; i++)
            moment_print(q, texts, &h->sequence, i, &line);
        lines[count++] = arena_text(d->arena, buf_bytes(&line));
    }
    json_key(w, "rows");
    json_put_text(w, sorted_lines(d->arena, lines, count));
}

static bool dump_in_cell(const struct question *q UNUSED, const struct texts *texts UNUSED, const void *cell UNUSED,
                         const struct sequence *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if ((s->moments[i].picks & CELL_PICK) != 0)
            return true;
    return false;
}

static const struct question_kind dump_kind = {.name = "dump",
                                               .tally = dump_tally,
                                               .take = dump_take,
                                               .join = dump_join,
                                               .print = dump_print,
                                               .in_cell = dump_in_cell};

/* One that only counts. */
static void nothing_take(const struct question *q UNUSED, void *tally UNUSED, const struct sequence *s UNUSED)
{
}

static void nothing_print(const struct question *q UNUSED, const struct texts *texts UNUSED, void *tally UNUSED,
                          struct json_writer *w UNUSED)
{
}

static const struct question_kind few_kind = {
    .name = "few", .tally = dump_tally, .take = nothing_take, .join = dump_join, .print = nothing_print};

/* --- a random question --- */

/* Moments of events that have arrived since, and those of them that lie beside the range. */
struct came {
    uint64_t events, before, behind;
};

struct asking {
    struct world *w;
    struct question q;
    struct inquiry_ask ask;
    const struct expr *universe, *picks[PICKS_MAX]; /* as read */
    const char *lanes[LANES_HERE];
    struct column_view view;
    const char *field; /* what the subject is keyed by; NULL: the person */
    struct made_crowds *crowds;
    struct crowd_book *crowd_book;
    struct came *came; /* of the plainest answer */
};


static const struct filter *any_filter(struct t *t, struct asking *a, const struct expr **out_tree)
{
    const char *text = world_condition(t, 0);
    struct filter_reader r = {.arena = t->arena, .names = a->w->book};
    const struct filter *f = NULL;
    struct err e = {0};
    CHECK_DONE(t, filter_read(&r, bytes_of_text(text), &f, &e), &e);
    CHECK_DONE(t, expr_read(t->arena, bytes_of_text(text), out_tree, &e), &e);
    return f;
}

static void crowd_lane(struct t *t, struct asking *a, uint32_t lane)
{
    struct asked asked = {.question = &a->q};
    struct lane_ask *ask = &a->q.plan.lanes[lane];
    struct err e = {0};
    ask->kind = LANE_CODES;
    ask->of = LANE_CROWD;
    CHECK_DONE(t, asked_crowd_lane(&asked, JSON_NOTHING, bytes_of_text(a->lanes[lane]), &ask->crowd, &e), &e);
}

/* Whom it is about, and what became of all tags and segments that it names. */
static void any_crowds(struct t *t, struct asking *a)
{
    struct json_parser *parser = json_parser_create(1u << 16);
    struct asked asked = {.question = &a->q};
    struct err e = {0};
    CHECK_DONE(t, json_parse(parser, bytes_of_text(a->crowds->body), &asked.body, &e), &e);
    CHECK_DONE(t, asked_crowd(&asked, &e), &e);
    json_parser_destroy(parser);
    a->crowd_book = made_crowds_book(t, a->crowds, a->q.crowds);
    a->q.crowd_book = a->crowd_book;
}

static void any_plan(struct t *t, struct asking *a)
{
    static const char *const fields[SUBJECT_KIND_COUNT] = {NULL, "order", NULL, "staff"};
    struct plan *p = &a->q.plan;
    struct filter_reader r = {.arena = t->arena, .names = a->w->book};
    struct err e = {0};
    p->subject = rng_chance(&t->rng, 0.7) ? SUBJECT_PERSON : rng_chance(&t->rng, 0.5) ? SUBJECT_ORDER : SUBJECT_STAFF;
    a->field = fields[p->subject];
    p->from_us = world_from_us + (rng_chance(&t->rng, 0.5) ? 0 : rng_between(&t->rng, 0, 45) * US_PER_DAY);
    p->until_us = world_from_us + (rng_chance(&t->rng, 0.5) ? 365 : rng_between(&t->rng, 46, 90)) * US_PER_DAY;
    p->universe = rng_chance(&t->rng, 0.4) ? any_filter(t, a, &a->universe) : NULL;
    p->wants_all = rng_chance(&t->rng, 0.3);
    p->by_item = rng_chance(&t->rng, 0.3);
    p->wants_nobody = rng_chance(&t->rng, 0.3);
    p->pick_count = 1 + (uint32_t)rng_below(&t->rng, 3);
    for (uint32_t k = 0; k < p->pick_count; k++) {
        uint32_t from = (uint32_t)rng_below(&t->rng, WORLD_EVENTS);
        p->picks[k] = (struct pick){
            .events = world_events + from,
            .event_count = rng_chance(&t->rng, 0.2) ? 0 : 1 + (uint32_t)rng_below(&t->rng, WORLD_EVENTS - from),
            .filter = rng_chance(&t->rng, 0.5) ? any_filter(t, a, &a->picks[k]) : NULL};
    }
    p->lane_count = (uint32_t)rng_below(&t->rng, LANES_HERE + 1);
    for (uint32_t k = 0; k < p->lane_count; k++) {
        a->lanes[k] = rng_chance(&t->rng, 0.2) ? (rng_chance(&t->rng, 0.5) ? MADE_LANE_SEGMENT : MADE_LANE_TAG) : world_path(t);
        p->lanes[k] = (struct lane_ask){.kind = rng_chance(&t->rng, 0.5) ? LANE_CODES : LANE_QUANTITIES,
                                        .of = rng_chance(&t->rng, 0.5) ? LANE_VALUE : LANE_SUM,
                                        .picks = rng_chance(&t->rng, 0.3) ? 1 : 0};
        if (crowd_is_ref(bytes_of_text(a->lanes[k])))
            crowd_lane(t, a, k);
        else if (p->lanes[k].kind == LANE_CODES && strcmp(a->lanes[k], "event") == 0 && rng_chance(&t->rng, 0.5))
            p->lanes[k].of = LANE_EVENT;
        else
            CHECK_DONE(t, path_read(&r, bytes_of_text(a->lanes[k]), &p->lanes[k].path, &e), &e);
    }
}

/* A range within what is looked at, and a position from which on events are new. */
static void any_since(struct t *t, struct asking *a)
{
    struct question *q = &a->q;
    struct err e = {0};
    CHECK_DONE(t, civil_create(BYTES_LIT("UTC"), world_from_us, world_from_us + 400 * US_PER_DAY, 1, &q->civil, &e), &e);
    q->from_us = q->plan.from_us + rng_between(&t->rng, 0, 10) * US_PER_DAY;
    q->until_us = q->from_us + rng_between(&t->rng, 1, 60) * US_PER_DAY;
    q->tells_arrivals = true;
    q->since = (uint64_t)rng_between(&t->rng, 90, 110 + a->w->count);
    a->came = ARENA_NEW(t->arena, struct came);
}

static void any_sight(struct t *t, struct asking *a)
{
    static const struct bytes brands[] = {BYTES_INIT("裙装"), BYTES_INIT("a")};
    struct inquiry_ask *ask = &a->ask;
    ask->question = &a->q;
    ask->memory_bytes_max = 64u << 20;
    if (rng_chance(&t->rng, 0.3))
        ask->sight = (struct sight){
            .is_limited = true, .brand_count = (uint32_t)rng_below(&t->rng, 3), .brands = brands};
    if (rng_chance(&t->rng, 0.2))
        ask->sight.store = BYTES_LIT("ab");
    if (rng_chance(&t->rng, 0.3)) {
        uint32_t *people = ARENA_ARRAY(t->arena, uint32_t, WORLD_PEOPLE);
        for (uint32_t chunk = 0; chunk < WORLD_CHUNKS; chunk++)
            for (uint32_t p = chunk * CHUNK_PEOPLE; p < (chunk + 1) * CHUNK_PEOPLE; p++)
                for (uint32_t i = 0; i < WORLD_PEOPLE; i++)
                    if (world_person(i) == p && i % 3 == 0)
                        people[ask->people_count++] = p;
        ask->people = people;
    }
}

/* Files of the rows: by thirty days, or in any way, and some people under another number. */
static void any_view(struct t *t, struct asking *a)
{
    struct column_view *v = &a->view;
    uint32_t files = 1 + (uint32_t)rng_below(&t->rng, 4);
    struct column_row *parts[FAKE_FILES_MAX], *home = ARENA_ARRAY(t->arena, struct column_row, WORLD_ROWS_MAX);
    uint32_t counts[FAKE_FILES_MAX] = {0}, at_home = 0;
    bool has_moved = rng_chance(&t->rng, 0.4), *moved = ARENA_ARRAY(t->arena, bool, WORLD_CHUNKS *CHUNK_PEOPLE);
    v->chunks = WORLD_CHUNKS;
    v->in_order = rng_chance(&t->rng, 0.5);
    for (uint32_t f = 0; f < FAKE_FILES_MAX; f++)
        parts[f] = ARENA_ARRAY(t->arena, struct column_row, WORLD_ROWS_MAX);
    for (uint32_t i = 0; i < a->w->count; i++) {
        const struct column_row *row = &a->w->rows[i];
        uint32_t f = v->in_order ? (uint32_t)((row->time_us - world_from_us) / (30 * US_PER_DAY))
                                 : (uint32_t)rng_below(&t->rng, files);
        struct column_row *stored = &parts[f][counts[f]++];
        *stored = *row;
        if (!has_moved || row->person == PERSON_NONE || !rng_chance(&t->rng, 0.2))
            continue;
        home[at_home++] =
            *row; /* it lies in its file under a number that is somebody else now, who has no other rows */
        stored->person = row->person + 1;
        moved[stored->person] = true;
    }
    for (uint32_t f = 0; f < FAKE_FILES_MAX; f++)
        if (counts[f] > 0)
            v->files[v->file_count++] = made_file(a->w->set, parts[f], counts[f]);
    v->moved = has_moved ? moved : NULL;
    v->home = at_home == 0 ? NULL : made_file(a->w->set, home, at_home);
}

static void asking_close(struct asking *a)
{
    for (uint32_t f = 0; f < a->view.file_count; f++)
        column_file_close(a->view.files[f]);
    column_file_close(a->view.home);
    crowd_book_destroy(a->crowd_book);
    made_crowds_destroy(a->crowds);
    civil_destroy(a->q.civil);
    world_destroy(a->w);
}

static struct asking *any_asking(struct t *t)
{
    struct asking *a = ARENA_NEW(t->arena, struct asking);
    a->w = world_create(t);
    a->q = (struct question){.kind = &dump_kind, .arena = t->arena, .names = a->w->book, .crowds = ARENA_NEW(t->arena, struct crowd_wants)};
    a->crowds = made_crowds_create(t, WORLD_CHUNKS * CHUNK_PEOPLE);
    any_plan(t, a);
    any_since(t, a);
    any_crowds(t, a);
    any_sight(t, a);
    any_view(t, a);
    return a;
}

/* --- the plainest answer --- */

static bool is_seen(const struct asking *a, const struct column_row *row)
{
    const struct inquiry_ask *ask = &a->ask;
    struct bytes brand = naive_field(a->w, row, "brand"), store = naive_field(a->w, row, "store");
    bool brand_is_seen = !ask->sight.is_limited || brand.data == NULL, is_asked = ask->people == NULL;
    for (uint32_t i = 0; i < ask->sight.brand_count; i++)
        brand_is_seen |= bytes_equal(brand, ask->sight.brands[i]);
    for (size_t i = 0; i < ask->people_count; i++)
        is_asked |= ask->people[i] == row->person;
    return brand_is_seen && is_asked && a->crowds->has[row->person] &&
           (ask->sight.store.size == 0 || store.data == NULL || bytes_equal(store, ask->sight.store)) &&
           (row->person != PERSON_NONE || a->q.plan.wants_nobody) && row->time_us >= a->q.plan.from_us &&
           row->time_us < a->q.plan.until_us;
}

/* Adds the moment of a row, or of one of its items; false: it is none. */
static bool naive_moment(struct t *t, const struct asking *a, const struct column_row *row, uint32_t item,
                         struct buf *out, bool *out_in_cell)
{
    const struct plan *p = &a->q.plan;
    uint32_t picks = 0;
    bool is_there = false; /* what Kith says itself is where it was asked for by its name */
    if (p->universe != NULL && naive_truth(a->w, row, a->universe, item) != TRUTH_YES)
        return false;
    for (uint32_t k = 0; k < p->pick_count; k++) {
        bool is_own = row->event == EVENT_TRAITS_COMPUTED, is_one = p->picks[k].event_count == 0 && !is_own;
        for (uint32_t i = 0; i < p->picks[k].event_count; i++)
            is_one |= p->picks[k].events[i] == row->event;
        is_there |= is_one || !is_own;
        if (is_one && (p->picks[k].filter == NULL || naive_truth(a->w, row, a->picks[k], item) == TRUTH_YES))
            picks |= 1u << k;
    }
    if (!is_there || (picks == 0 && !p->wants_all))
        return false;
    buf_printf(out, " %" PRId64 ":%x", (row->time_us - world_from_us) / US_PER_DAY, picks);
    for (uint32_t k = 0; k < p->lane_count; k++) {
        const struct lane_ask *lane = &p->lanes[k];
        bool is_wanted = lane->picks == 0 || (lane->picks & picks) != 0;
        if (lane->kind == LANE_CODES)
            buf_printf(out, ";%s", is_wanted ? crowd_is_ref(bytes_of_text(a->lanes[k])) ? made_crowd_value(a->crowds, a->lanes[k], row->person)
                                                                                                       : naive_code(t, a->w, row, a->lanes[k], item)
                                             : "-");
        else if (strcmp(a->lanes[k], "event") == 0)
            buf_push_text(out, ";-");
        else
            buf_printf(out, ";%s",
                       is_wanted || strncmp(a->lanes[k], "time", 4) == 0
                           ? naive_quantity(t, a->w, row, a->lanes[k], item, lane->of == LANE_SUM)
                           : "-");
    }
    *out_in_cell |= (picks & CELL_PICK) != 0;
    return true;
}

struct naive_row {
    const struct column_row *row;
    struct bytes key;
    bool is_done;
};

static int naive_order(const void *a, const void *b)
{
    const struct column_row *x = ((const struct naive_row *)a)->row, *y = ((const struct naive_row *)b)->row;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    if (x->message != y->message)
        return x->message < y->message ? -1 : 1;
    return x->position < y->position ? -1 : 1;
}

static void came_note(const struct asking *a, const struct column_row *row)
{
    if (row->position < a->q.since)
        return;
    a->came->events++;
    a->came->before += row->time_us < a->q.from_us;
    a->came->behind += row->time_us >= a->q.until_us;
}

/* The line of the subject that row `first` is the first of; "" when nothing of it is wanted. */
static const char *naive_line(struct t *t, const struct asking *a, struct naive_row *rows, uint32_t first,
                              uint32_t count, uint32_t *out_person, bool *out_in_cell)
{
    struct buf line = arena_buf(t->arena, LINE_BYTES_MAX / 16), all = arena_buf(t->arena, LINE_BYTES_MAX / 16);
    bool any = false;
    for (uint32_t i = first; i < count; i++) {
        const struct column_row *row = rows[i].row;
        if (rows[i].is_done ||
            !(a->field == NULL ? row->person == rows[first].row->person : bytes_equal(rows[i].key, rows[first].key)))
            continue;
        rows[i].is_done = true;
        bool by_item = a->q.plan.by_item && row->item_count > 0;
        for (uint32_t item = 0; item < (by_item ? row->item_count : 1u); item++) {
            if (!naive_moment(t, a, row, by_item ? item : ITEM_ANY, &line, out_in_cell))
                continue;
            *out_person = any ? *out_person : row->person;
            any = true;
            came_note(a, row);
        }
    }
    buf_printf(&all, "%u%.*s", *out_person, BYTES_ARG(buf_bytes(&line)));
    return any ? arena_text(t->arena, buf_bytes(&all)) : "";
}

static const char *naive_answer(struct t *t, const struct asking *a, uint32_t *out_found, size_t *out_found_count)
{
    struct naive_row *rows = ARENA_ARRAY(t->arena, struct naive_row, WORLD_ROWS_MAX);
    const char **lines = ARENA_ARRAY(t->arena, const char *, LINES_MAX);
    uint32_t count = 0, line_count = 0;
    *out_found_count = 0;
    for (uint32_t i = 0; i < a->w->count; i++) {
        struct bytes key = a->field == NULL ? BYTES_LIT("x") : naive_field(a->w, &a->w->rows[i], a->field);
        if (key.data != NULL && is_seen(a, &a->w->rows[i]))
            rows[count++] = (struct naive_row){.row = &a->w->rows[i], .key = key};
    }
    qsort(rows, count, sizeof *rows, naive_order);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = 0;
        bool in_cell = false;
        const char *line = rows[i].is_done ? "" : naive_line(t, a, rows, i, count, &person, &in_cell);
        if (line[0] != '\0')
            lines[line_count++] = line;
        bool is_new = in_cell && person != PERSON_NONE;
        for (size_t k = 0; k < *out_found_count; k++)
            is_new &= out_found[k] != person;
        if (is_new)
            out_found[(*out_found_count)++] = person;
    }
    return sorted_lines(t->arena, lines, line_count);
}

/* --- the scan's --- */

static void *work(void *inquiry)
{
    inquiry_work(inquiry);
    return NULL;
}

static struct inquiry *worked(struct t *t, struct asking *a, uint32_t threads)
{
    pthread_t others[4];
    struct inquiry *i = NULL;
    struct err e = {0};
    CHECK_DONE(t, inquiry_open(&a->ask, &a->view, NULL, &i, &e), &e);
    for (uint32_t k = 1; k < threads; k++)
        CHECK_EQ(t, pthread_create(&others[k], NULL, work, i), 0);
    inquiry_work(i);
    for (uint32_t k = 1; k < threads; k++)
        CHECK_EQ(t, pthread_join(others[k], NULL), 0);
    return i;
}

/* As the plainest answer has it; and of the units, which are days, each is told once and has some. */
static void came_is(struct t *t, const struct asking *a, struct json answer)
{
    struct json arrived = json_find(answer, BYTES_LIT("arrived")), unit;
    struct bytes before = BYTES_NONE;
    uint64_t numbers[3] = {0}, inside = 0, events = 0;
    static const char *const names[] = {"events", "before", "behind"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        CHECK(t, json_uint64(json_find(arrived, bytes_of_text(names[i])), &numbers[i]));
    CHECK_EQ(t, numbers[0], a->came->events);
    CHECK_EQ(t, numbers[1], a->came->before);
    CHECK_EQ(t, numbers[2], a->came->behind);
    for (struct json_walk w = json_items(json_find(arrived, BYTES_LIT("units"))); json_item_next(&w, &unit);) {
        struct bytes day = json_string(json_find(unit, BYTES_LIT("unit")));
        CHECK(t, json_uint64(json_find(unit, BYTES_LIT("events")), &events) && events > 0 && bytes_compare(before, day) < 0);
        before = day;
        inside += events;
    }
    CHECK_EQ(t, inside, numbers[0] - numbers[1] - numbers[2]);
}

/* The whole answer, which lives as long as the parser. */
static struct json answered(struct t *t, struct asking *a, uint32_t threads, struct json_parser *p)
{
    struct inquiry *i = worked(t, a, threads);
    struct buf out = arena_buf(t->arena, 8u << 20);
    struct json_writer w;
    struct json root = JSON_NOTHING;
    struct err e = {0};
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    CHECK_DONE(t, inquiry_print(i, &w, &e), &e);
    json_object_end(&w);
    CHECK_DONE(t, json_parse(p, buf_bytes(&out), &root, &e), &e);
    inquiry_close(i);
    return root;
}

static const char *scanned(struct t *t, struct asking *a, uint32_t threads)
{
    struct json_parser *p = json_parser_create(16u << 20);
    struct json root = answered(t, a, threads, p);
    const char *rows = arena_text(t->arena, json_string(json_find(root, BYTES_LIT("rows"))));
    came_is(t, a, root);
    json_parser_destroy(p);
    return rows;
}

static int number_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void found_is(struct t *t, struct asking *a, uint32_t *want, size_t want_count)
{
    const uint32_t *people;
    size_t count;
    uint64_t total;
    struct err e = {0};
    a->ask.cell = a;
    a->ask.found_max = 5;
    struct inquiry *i = worked(t, a, 2);
    CHECK_DONE(t, inquiry_found(i, &people, &count, &total, &e), &e);
    CHECK_EQ(t, total, want_count);
    CHECK_EQ(t, count, want_count < 5 ? want_count : 5);
    qsort(want, want_count, sizeof *want, number_order);
    for (size_t k = 0; k < count && k < want_count; k++)
        CHECK_EQ(t, people[k], want[k]);
    inquiry_close(i);
    a->ask.cell = NULL;
}

static void a_scan_hands_over_what_plain_reading_finds(struct t *t)
{
    struct asking *a = any_asking(t);
    uint32_t *found = ARENA_ARRAY(t->arena, uint32_t, WORLD_ROWS_MAX);
    size_t found_count;
    const char *want = naive_answer(t, a, found, &found_count);
    for (uint32_t threads = 1; threads <= 4; threads++)
        CHECK_TEXT(t, scanned(t, a, threads), want);
    found_is(t, a, found, found_count);
    asking_close(a);
}

/* Little memory: deals are cut until they fit, or it is said. */
static void little_memory_is_said_or_made_do_with(struct t *t)
{
    struct asking *a = any_asking(t);
    uint32_t *found = ARENA_ARRAY(t->arena, uint32_t, WORLD_ROWS_MAX);
    size_t found_count;
    const char *want = naive_answer(t, a, found, &found_count);
    struct buf out = arena_buf(t->arena, 1u << 20);
    struct json_writer w;
    struct err e = {0};
    a->ask.memory_bytes_max = (size_t)rng_between(&t->rng, 600 << 10, 3 << 20);
    struct inquiry *i = worked(t, a, 2);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    struct status s = inquiry_print(i, &w, &e);
    CHECK(t, done(s) || s.code == STATUS_LIMIT);
    inquiry_close(i);
    if (done(s))
        CHECK_TEXT(t, scanned(t, a, 1), want);
    asking_close(a);
}

static void a_broken_block_and_a_cancelled_question_are_said(struct t *t)
{
    struct asking *a = any_asking(t);
    struct buf out = arena_buf(t->arena, 1u << 20);
    struct json_writer w;
    struct err e = {0};
    struct inquiry *i;
    atomic_bool cancelled = false;
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    a->ask.people = NULL;
    a->q.crowds->about = NULL;
    a->view.fail_at = 2;
    i = worked(t, a, 2);
    CHECK_FAILS(t, inquiry_print(i, &w, &e), CORRUPT);
    CHECK_TEXT(t, e.text, "a block is broken");
    inquiry_close(i);
    a->view.fail_at = 0;
    a->ask.is_cancelled = &cancelled;
    CHECK_DONE(t, inquiry_open(&a->ask, &a->view, NULL, &i, &e), &e);
    atomic_store(&cancelled, true);
    inquiry_work(i);
    CHECK_FAILS(t, inquiry_print(i, &w, &e), CANCELLED);
    inquiry_close(i);
    asking_close(a);
}

/* What a conclusion does that is cancelled in its midst, or wants too much. */
static struct inquiry *concluding;
static atomic_bool concluding_cancelled;
static size_t concluding_bytes;

static fallible conclusion(const struct question *q, const struct texts *texts, void *tally, struct effort *effort, struct err *e)
{
    (void)q, (void)texts, (void)tally;
    TRY(effort_step(effort, 0.5, concluding_bytes, e));
    assert(inquiry_progress(concluding) > 0 && inquiry_progress(concluding) < 1);
    atomic_store(&concluding_cancelled, true);
    assert(effort_is_over(effort));
    return effort_step(effort, 1, 0, e);
}

static void a_conclusion_is_cancelled_and_bounded(struct t *t)
{
    struct asking *a = any_asking(t);
    struct question *q = &a->q;
    struct question_kind kind = *q->kind;
    struct buf out = arena_buf(t->arena, 1u << 20);
    struct json_writer w;
    struct err e = {0};
    kind.conclude = conclusion;
    q->kind = &kind;
    a->ask.is_cancelled = &concluding_cancelled;
    for (unsigned round = 0; round < 2; round++) {
        json_writer_init(&w, &out, false);
        json_object_begin(&w);
        concluding_bytes = round == 0 ? 0 : SIZE_MAX / 4;
        atomic_store(&concluding_cancelled, false);
        concluding = worked(t, a, 2);
        inquiry_conclude(concluding);
        struct status s = inquiry_print(concluding, &w, &e);
        CHECK_EQ(t, s.code, round == 0 ? STATUS_CANCELLED : STATUS_LIMIT);
        inquiry_close(concluding);
    }
    asking_close(a);
}

/* --- conditions that take long, or much --- */

#define DEEP_TEXTS 40u
#define DEEP_TEXT_BYTES 40u

struct looks {
    struct effort effort;
    unsigned *count; /* how often somebody asked */
    bool is_over;
};

static bool looks_over(const struct effort *f)
{
    const struct looks *l = (const struct looks *)(const void *)f;
    ++*l->count;
    return l->is_over;
}

/* A block of which each event has another text, and every one takes a pattern that goes deep beyond its steps. */
static struct column_file *deep_file(struct t *t, struct column_set *set)
{
    const struct column_name name = {.of = COLUMN_PROPERTY, .kind = COLUMN_TEXT, .name = BYTES_LIT("size")};
    struct column_row *rows = ARENA_ARRAY(t->arena, struct column_row, DEEP_TEXTS);
    for (uint32_t i = 0; i < DEEP_TEXTS; i++) {
        struct column_cell *cell = ARENA_NEW(t->arena, struct column_cell);
        char *text = arena_printf(t->arena, "%0*u", (int)DEEP_TEXT_BYTES, i);
        memset(text, 'a', DEEP_TEXT_BYTES - 2);
        cell->column = column_set_number(set, &name);
        cell->text = bytes_of_text(text);
        rows[i] = (struct column_row){.person = world_person(0),
                                      .event = world_events[0],
                                      .time_us = world_from_us + i,
                                      .message = i,
                                      .position = i,
                                      .cells = cell,
                                      .cell_count = 1};
    }
    return made_file(set, rows, DEEP_TEXTS);
}

/* Runs a condition over the first block of a file. */
static struct block_scratch *condition_run(struct t *t, const struct world *w, struct column_file *f, const char *text,
                                           const struct effort *effort)
{
    struct filter_reader r = {.arena = t->arena, .names = w->book};
    const struct filter *filter = NULL;
    const struct block *block;
    struct err e = {0};
    CHECK_DONE(t, filter_read(&r, bytes_of_text(text), &filter, &e), &e);
    CHECK_DONE(t, column_file_block(f, 0, &block, &e), &e);
    struct block_scratch *s = block_scratch_create(NULL, NULL, effort);
    uint64_t *bits = ARENA_ARRAY(t->arena, uint64_t, BIT_WORDS(block_count(block)));
    block_scratch_open(s, block);
    filter_run(filter, s, bits);
    return s;
}

static void a_deep_pattern_ends_at_the_first_text_or_when_nobody_waits(struct t *t)
{
    struct world *w = world_create(t);
    struct column_file *f = deep_file(t, w->set);
    for (unsigned is_over = 0; is_over < 2; is_over++) {
        unsigned count = 0;
        struct looks looks = {.effort = {.is_over = looks_over}, .count = &count, .is_over = is_over != 0};
        struct block_scratch *s = condition_run(t, w, f, "size matches '(a|a)*[0-9]{7}' or size matches '(a|a)*[0-9]{8}'", &looks.effort);
        CHECK_EQ(t, count, 1);
        CHECK_EQ(t, s->patterns.is_spent, is_over == 0);
        CHECK_EQ(t, s->is_over, is_over == 1);
        block_scratch_destroy(s);
    }
    column_file_close(f);
    world_destroy(w);
}

/* Neither next to each other nor each in a condition of its own. */
static void many_conditions_take_no_more_than_few(struct t *t)
{
    enum { FEW = 2, MANY = 500 };
    struct world *w = world_create(t);
    struct column_file *f = deep_file(t, w->set);
    size_t bytes[2];
    for (unsigned round = 0; round < 2; round++) {
        struct buf text = arena_buf(t->arena, 1u << 17);
        for (unsigned i = 0; i < (round == 0 ? FEW : MANY); i++)
            buf_printf(&text, "%s(size = 'x%u' or (size contains 'b' and size != 'y'))", i == 0 ? "" : " or ", i);
        buf_push_byte(&text, 0);
        struct block_scratch *s = condition_run(t, w, f, (const char *)text.data, NULL);
        bytes[round] = block_scratch_bytes(s);
        block_scratch_destroy(s);
    }
    CHECK(t, bytes[0] > 0);
    CHECK_EQ(t, bytes[1], bytes[0]);
    column_file_close(f);
    world_destroy(w);
}

#define DEALT_FILES 4u
#define DEALT_EVENTS 15000u /* of a file */
#define DEALT_ORDERS 500u

/* A part of more events than a deal may have. */
static struct column_file *dealt_file(struct t *t, struct column_set *set, uint32_t part)
{
    const struct column_name order = {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("order")};
    struct column_row *rows = ARENA_ARRAY(t->arena, struct column_row, DEALT_EVENTS);
    struct column_cell *cells = ARENA_ARRAY(t->arena, struct column_cell, DEALT_ORDERS);
    for (uint32_t i = 0; i < DEALT_ORDERS; i++)
        cells[i] = (struct column_cell){.column = column_set_number(set, &order),
                                        .text = bytes_of_text(arena_printf(t->arena, "o%u", i))};
    for (uint32_t i = 0; i < DEALT_EVENTS; i++)
        rows[i] = (struct column_row){.person = world_person(1),
                                      .event = world_events[0],
                                      .time_us = world_from_us + (part * DEALT_EVENTS + i) * US_PER_MINUTE,
                                      .message = i,
                                      .position = part * DEALT_EVENTS + i,
                                      .cells = &cells[i % DEALT_ORDERS],
                                      .cell_count = 1};
    return made_file(set, rows, DEALT_EVENTS);
}

/* What is gathered again, since a deal was too large, counts once. */
static void events_of_deals_that_are_cut_count_once(struct t *t)
{
    struct asking *a = ARENA_NEW(t->arena, struct asking);
    struct err e = {0};
    a->w = world_create(t);
    a->crowds = made_crowds_create(t, WORLD_CHUNKS * CHUNK_PEOPLE);
    a->q = (struct question){.kind = &few_kind, .arena = t->arena, .names = a->w->book, .crowds = ARENA_NEW(t->arena, struct crowd_wants),
                             .tells_arrivals = true, .since = DEALT_EVENTS};
    a->q.plan = (struct plan){.subject = SUBJECT_ORDER, .from_us = world_from_us, .until_us = world_from_us + 90 * US_PER_DAY,
                              .pick_count = 1, .picks = {{.events = world_events, .event_count = 1}}};
    a->q.from_us = a->q.plan.from_us;
    a->q.until_us = a->q.plan.until_us;
    CHECK_DONE(t, civil_create(BYTES_LIT("UTC"), world_from_us, a->q.until_us, 1, &a->q.civil, &e), &e);
    a->ask = (struct inquiry_ask){.question = &a->q, .memory_bytes_max = 5u << 20};
    a->view.chunks = WORLD_CHUNKS;
    while (a->view.file_count < DEALT_FILES) {
        uint32_t part = a->view.file_count++;
        a->view.files[part] = dealt_file(t, a->w->set, part);
    }
    struct json_parser *p = json_parser_create(1u << 20);
    struct json answer = answered(t, a, 1, p);
    CHECK_BYTES(t, json_raw(json_find(answer, BYTES_LIT("events"))), bytes_of_text(arena_printf(t->arena, "%u", DEALT_FILES * DEALT_EVENTS)));
    CHECK_BYTES(t, json_raw(json_at(answer, "arrived.events")), bytes_of_text(arena_printf(t->arena, "%u", (DEALT_FILES - 1) * DEALT_EVENTS)));
    json_parser_destroy(p);
    asking_close(a);
}

static const struct test tests[] = {
    {"a scan hands over what plain reading finds", a_scan_hands_over_what_plain_reading_finds, 400},
    {"little memory is said, or made do with", little_memory_is_said_or_made_do_with, 60},
    {"events of deals that are cut count once", events_of_deals_that_are_cut_count_once, 1},
    {"a broken block and a cancelled question are said", a_broken_block_and_a_cancelled_question_are_said, 20},
    {"a conclusion is cancelled and bounded", a_conclusion_is_cancelled_and_bounded, 10},
    {"a deep pattern ends at the first text, or when nobody waits", a_deep_pattern_ends_at_the_first_text_or_when_nobody_waits, 1},
    {"many conditions take no more than few", many_conditions_take_no_more_than_few, 1},
};
TEST_MAIN(tests)
