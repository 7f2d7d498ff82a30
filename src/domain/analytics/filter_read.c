/* From a tree of names and values to a condition that can be run: what names stand for, and which values suit. */
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/filter_event.h"
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/name_book.h"
#include "domain/collect/collect.h"

#define NEAR_BYTES_MAX 300u
#define DATE_BYTES 10u /* "2026-11-01" */

static const struct prefix {
    const char *text;
    enum column_of of;
} prefixes[] = {
    {"properties.", COLUMN_PROPERTY}, {"item.", COLUMN_ITEM}, {"items.", COLUMN_ITEM}, {"fields.", COLUMN_FIELD}};

/* What every event has, under names of its own. */
static const struct own_name {
    const char *text;
    enum path_kind kind;
    enum civil_dial dial;
} own_names[] = {{FIELD_EVENT, PATH_EVENT, DIAL_COUNT},
                 {FIELD_TIME, PATH_TIME, DIAL_COUNT},
                 {FIELD_HOUR, PATH_DIAL, DIAL_HOUR},
                 {FIELD_WEEKDAY, PATH_DIAL, DIAL_WEEKDAY}};

static const struct own_name *own_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(own_names); i++)
        if (bytes_equal(name, bytes_of_text(own_names[i].text)))
            return &own_names[i];
    return NULL;
}

static struct status unknown_name(const struct filter_reader *r, struct bytes name, uint32_t place, struct err *e)
{
    char at[EXPR_PLACE_BYTES];
    struct buf near = arena_buf(r->arena, NEAR_BYTES_MAX);
    name_book_nearest_property(r->names, name, &near);
    return FAIL(e, INVALID, "%sthere is no property \"%.*s\"; did you mean \"%.*s\"?", expr_place_text(place, at),
                BYTES_ARG(name), BYTES_ARG(buf_bytes(&near)));
}

static uint32_t want_note(struct thing_wants *w, struct bytes kind, struct bytes member, bool is_ancestor)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (bytes_equal(w->list[i].kind, kind) && bytes_equal(w->list[i].member, member))
            return i;
    if (w->count < THING_WANTS_MAX)
        w->list[w->count] = (struct thing_want){kind, member, is_ancestor};
    return w->count < THING_WANTS_MAX ? w->count++ : THING_WANTS_MAX;
}

/* Where what is behind the last dot begins; 0: there is none. */
static size_t member_begin(struct bytes name)
{
    size_t dot = name.size;
    while (dot > 0 && name.data[dot - 1] != '.')
        dot--;
    return dot;
}

/* "store.city", where no column is called so: the part before the last dot names the thing, that behind it what of it. false: it doesn't. */
static bool thing_path_make(const struct filter_reader *r, struct path *p)
{
    size_t dot = member_begin(p->name);
    bool is_ancestor;
    if (dot < 2 || r->wants == NULL)
        return false;
    struct bytes base = bytes_slice(p->name, 0, dot - 1), member = bytes_slice(p->name, dot, p->name.size), kind = base;
    const struct field *field = field_named(base);
    if (p->of == COLUMN_PROPERTY && field != NULL && !name_book_has(r->names, COLUMN_PROPERTY, base))
        p->of = COLUMN_FIELD;
    if (p->of == COLUMN_FIELD)
        kind = field == NULL ? BYTES_NONE : bytes_of_text(field->kind);
    if (kind.size == 0 || !name_book_has(r->names, p->of, base) ||
        !name_book_member(r->names, kind, member, &is_ancestor))
        return false;
    p->kind = PATH_THING;
    p->name = base;
    p->want = want_note(r->wants, kind, member, is_ancestor);
    return true;
}

/* Where nobody says which properties there are: any name is one, and what is behind its last dot may be of a thing too. */
static void open_path_make(const struct filter_reader *r, bool has_prefix, struct path *p)
{
    size_t dot = member_begin(p->name);
    struct bytes base = bytes_slice(p->name, 0, dot == 0 ? 0 : dot - 1), member = bytes_slice(p->name, dot, p->name.size);
    struct path *first = p->of == COLUMN_FIELD ? NULL : ARENA_NEW(r->arena, struct path);
    if (base.size == 0 || member.size == 0 || r->wants == NULL)
        return;
    if (first != NULL)
        *first = *p;
    const struct field *field = !has_prefix || p->of == COLUMN_FIELD ? field_named(base) : NULL;
    if (field != NULL && field->kind == NULL)
        return;
    *p = (struct path){.kind = PATH_THING,
                       .of = field == NULL ? p->of : COLUMN_FIELD,
                       .name = base,
                       .want = want_note(r->wants, field == NULL ? base : bytes_of_text(field->kind), member, false),
                       .first = first};
}

static bool is_known(const struct filter_reader *r, struct path *p)
{
    enum column_of said = p->of;
    if (name_book_has(r->names, said, p->name) || thing_path_make(r, p))
        return true;
    p->of = said;
    return r->takes_new && said != COLUMN_FIELD && !name_book_hides(r->names, said, p->name);
}

static struct status known_path_make(const struct filter_reader *r, struct path *p, uint32_t place, struct err *e)
{
    p->veil = name_book_veiled_by(r->names);
    if (!is_known(r, p))
        return unknown_name(r, p->name, place, e);
    p->barred = name_book_barred(r->names, p->of, p->name, r->arena);
    return DONE;
}

/* A name without its prefix, and what it is a name of; of what every event has, which of it. */
static const struct own_name *name_open(struct bytes name, struct path *out)
{
    out->kind = PATH_COLUMN;
    out->of = own_named(name) != NULL || field_named(name) != NULL ? COLUMN_FIELD : COLUMN_PROPERTY;
    out->name = name;
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        if (bytes_starts_with(name, bytes_of_text(prefixes[i].text))) {
            out->of = prefixes[i].of;
            out->name = bytes_slice(name, strlen(prefixes[i].text), name.size);
        }
    const struct own_name *own = out->of == COLUMN_FIELD ? own_named(out->name) : NULL;
    if (own != NULL) {
        out->kind = own->kind;
        out->dial = own->dial;
    }
    return own;
}

bool name_reads_clock(struct bytes name)
{
    struct path path = {0};
    (void)name_open(name, &path);
    return path.kind == PATH_DIAL;
}

/* The path of the pool that is read alike, or this one, which is in it then. Of properties alone: items are read one by one. */
static const struct path *path_pooled(struct path_pool *pool, struct path *p)
{
    if (pool == NULL || p->kind != PATH_COLUMN || p->of != COLUMN_PROPERTY || p->barred != NULL)
        return p;
    for (uint32_t i = 0; i < pool->count; i++)
        if (bytes_equal(pool->list[i]->name, p->name) && pool->list[i]->veil == p->veil)
            return pool->list[i];
    if (pool->count == PATH_POOL_MAX)
        return p;
    pool->list[pool->count++] = p;
    p->pooled = pool->count;
    return p;
}

static struct status path_make(const struct filter_reader *r, struct bytes name, uint32_t place,
                               const struct path **out_path, struct err *e)
{
    struct path *p = ARENA_NEW(r->arena, struct path);
    const struct own_name *own = name_open(name, p);
    char at[EXPR_PLACE_BYTES];
    if (r->names != NULL)
        TRY(known_path_make(r, p, place, e));
    else if (own == NULL)
        open_path_make(r, p->name.size < name.size, p);
    *out_path = path_pooled(r->pool, p);
    return p->kind != PATH_THING || p->want < THING_WANTS_MAX
               ? DONE
               : FAIL(e, LIMIT, "%sa question names at most %u attributes of things", expr_place_text(place, at),
                      THING_WANTS_MAX);
}

fallible path_of(const struct filter_reader *r, struct bytes name, const struct path **out_path, struct err *e)
{
    return path_make(r, name, 0, out_path, e);
}

fallible path_read(const struct filter_reader *r, struct bytes text, const struct path **out_path, struct err *e)
{
    struct bytes name;
    TRY(expr_read_name(r->arena, text, &name, e));
    return path_make(r, name, 0, out_path, e);
}

/* --- comparisons --- */

static bool needs_text(enum expr_op op)
{
    return op == EXPR_CONTAINS || op == EXPR_STARTS || op == EXPR_ENDS || op == EXPR_MATCHES;
}

static bool needs_order(enum expr_op op)
{
    return op == EXPR_LESS || op == EXPR_AT_MOST || op == EXPR_MORE || op == EXPR_AT_LEAST || op == EXPR_BETWEEN;
}

/* Whether a text is also a time; a date alone is all of its day. */
static bool stretch_read(const struct filter_reader *r, struct bytes text, struct stretch *out)
{
    bool is_date = text.size == DATE_BYTES;
    if (text.size < DATE_BYTES || text.data[0] < '0' || text.data[0] > '9')
        return false;
    if (r->civil == NULL ? failed(time_parse(text, &out->from_us, NULL))
                         : failed(civil_read(r->civil, text, &out->from_us, NULL)))
        return false;
    if (!is_date)
        out->until_us = out->from_us + 1;
    else if (r->civil == NULL)
        out->until_us = out->from_us + US_PER_DAY;
    else
        out->until_us = civil_begin_us(r->civil, CIVIL_DAY, civil_number(r->civil, CIVIL_DAY, out->from_us) + 1);
    return true;
}

static int text_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static int number_order(const void *a, const void *b)
{
    const struct expr_value *x = a, *y = b;
    if (x->kind == EXPR_DECIMAL)
        return number_compare(x->mantissa, x->scale, y);
    if (y->kind == EXPR_DECIMAL)
        return -number_compare(y->mantissa, y->scale, x);
    return (x->real > y->real) - (x->real < y->real);
}

static int stretch_order(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;
    return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

/* Puts the values under the kinds that they can be compared as. */
static void values_sort_out(const struct filter_reader *r, const struct expr *x, struct filter *f)
{
    uint32_t count = expr_said_count(x);
    struct bytes *texts = ARENA_ARRAY(r->arena, struct bytes, count);
    struct expr_value *numbers = ARENA_ARRAY(r->arena, struct expr_value, count);
    struct stretch *times = ARENA_ARRAY(r->arena, struct stretch, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct expr_value *v = expr_said(x, i);
        if (v->kind == EXPR_TEXT) {
            texts[f->text_count++] = v->text;
            f->time_count += !needs_text(x->op) && stretch_read(r, v->text, &times[f->time_count]);
        } else if (v->kind == EXPR_BOOL) {
            f->has_true |= v->truth;
            f->has_false |= !v->truth;
        } else {
            numbers[f->number_count++] = *v;
        }
    }
    if (x->op == EXPR_IN) {
        qsort(texts, f->text_count, sizeof *texts, text_order);
        qsort(numbers, f->number_count, sizeof *numbers, number_order);
        qsort(times, f->time_count, sizeof *times, stretch_order);
    }
    if (x->op == EXPR_BETWEEN && f->time_count == 1)
        f->time_count = 0; /* one end alone is no time: they are texts */
    f->texts = texts;
    f->numbers = numbers;
    f->times = times;
}

static struct status values_check(const struct expr *x, const struct filter *f, struct err *e)
{
    char at[EXPR_PLACE_BYTES];
    const char *op = expr_op_names[x->op];
    uint32_t count = expr_said_count(x);
    for (uint32_t i = 0; i < count; i++) {
        const struct expr_value *v = expr_said(x, i);
        if (needs_text(x->op) && v->kind != EXPR_TEXT)
            return FAIL(e, INVALID, "%s\"%s\" wants a text in single quotes", expr_place_text(v->place, at), op);
        if (needs_order(x->op) && v->kind == EXPR_BOOL)
            return FAIL(e, INVALID, "%strue and false have no order: want a text or a number behind \"%s\"",
                        expr_place_text(v->place, at), op);
        if (x->op == EXPR_BETWEEN && (v->kind == EXPR_TEXT) != (expr_said(x, 0)->kind == EXPR_TEXT))
            return FAIL(e, INVALID, "%sboth ends are numbers, or both are texts", expr_place_text(v->place, at));
        if (f->path->kind == PATH_TIME && f->time_count < count)
            return FAIL(e, INVALID, "%swant a date or a time: '2026-11-01', '2026-11-01 09:00'",
                        expr_place_text(v->place, at));
        if (f->path->kind == PATH_DIAL && v->kind != EXPR_DECIMAL && v->kind != EXPR_REAL)
            return FAIL(e, INVALID, "%swant a number: hours are 0 to 23, weekdays 1 (Monday) to 7",
                        expr_place_text(v->place, at));
        if (f->path->kind == PATH_EVENT && v->kind != EXPR_TEXT)
            return FAIL(e, INVALID, "%swant the name of an event in single quotes", expr_place_text(v->place, at));
    }
    return DONE;
}

static void event_set(uint64_t *names, uint32_t number)
{
    names[number / 64] |= UINT64_C(1) << (number % 64);
}

/* A comparison of the event's name is one with numbers, once and for all. */
static struct status events_make(const struct filter_reader *r, const struct expr *x, struct filter *f, struct err *e)
{
    uint64_t *names = ARENA_ARRAY(r->arena, uint64_t, EVENT_WORDS);
    struct pattern_budget patterns = {.steps = PATTERN_STEPS_A_BLOCK};
    bool is_name = x->op == EXPR_EQUAL || x->op == EXPR_UNEQUAL || x->op == EXPR_IN;
    char at[EXPR_PLACE_BYTES];
    for (uint32_t i = 0; is_name && i < expr_said_count(x); i++) {
        const struct expr_value *said = expr_said(x, i);
        uint16_t numbers[EVENTS_A_NAME_MAX];
        const char *label, *label_zh;
        uint32_t count = name_book_events(r->names, said->text, numbers, &label, &label_zh);
        if (count == 0)
            return FAIL(e, INVALID, "%sthere is no event \"%.*s\"; did you mean \"%s\"?",
                        expr_place_text(said->place, at), BYTES_ARG(said->text),
                        name_book_nearest_event(r->names, said->text));
        for (uint32_t k = 0; k < count; k++)
            event_set(names, numbers[k]);
    }
    for (uint32_t number = 0; !is_name && !patterns.is_spent && number <= NAMES_A_KIND_MAX; number++) {
        struct bytes name = name_book_event_name(r->names, number);
        if (x->op == EXPR_KNOWN || x->op == EXPR_UNKNOWN ? x->op == EXPR_KNOWN
                                                         : name.size > 0 && name_holds(f, name, &patterns))
            event_set(names, number);
    }
    for (size_t i = 0; x->op == EXPR_UNEQUAL && i < EVENT_WORDS; i++)
        names[i] = ~names[i];
    f->op = FILTER_EVENTS;
    f->events = names;
    return patterns.is_spent ? FAIL(e, LIMIT, PATTERN_WORDS) : DONE;
}

static struct status comparison_make(const struct filter_reader *r, const struct expr *x, struct filter *f,
                                     struct err *e)
{
    char at[EXPR_PLACE_BYTES];
    struct pattern *pattern;
    struct err wrong = {0};
    f->op = FILTER_COMPARISON;
    f->compare = x->op;
    TRY(path_make(r, x->parts[0]->name, x->place, &f->path, e));
    values_sort_out(r, x, f);
    TRY(values_check(x, f, e));
    if (x->op == EXPR_MATCHES) {
        if (failed(pattern_create(r->arena, expr_said(x, 0)->text, &pattern, &wrong)))
            return FAIL(e, INVALID, "%s%s", expr_place_text(expr_said(x, 0)->place, at), wrong.text);
        f->pattern = pattern;
    }
    return f->path->kind == PATH_EVENT && r->names != NULL ? events_make(r, x, f, e) : DONE;
}

static struct status filter_make(const struct filter_reader *r, const struct expr *x, const struct filter **out_filter,
                                 struct err *e)
{
    struct filter *f = ARENA_NEW(r->arena, struct filter);
    *out_filter = f;
    if (expr_is_comparison(x))
        return comparison_make(r, x, f, e);
    const struct filter **parts = ARENA_ARRAY(r->arena, const struct filter *, x->count);
    f->op = x->op == EXPR_OR ? FILTER_OR : x->op == EXPR_AND ? FILTER_AND : FILTER_NOT;
    f->parts = parts;
    f->count = x->count;
    for (uint32_t i = 0; i < x->count; i++)
        TRY(filter_make(r, x->parts[i], &parts[i], e));
    return DONE;
}

fallible filter_of(const struct filter_reader *r, const struct expr *tree, const struct filter **out_filter, struct err *e)
{
    TRY(expr_check_property(tree, e));
    return filter_make(r, tree, out_filter, e);
}

fallible filter_read(const struct filter_reader *r, struct bytes text, const struct filter **out_filter, struct err *e)
{
    const struct expr *tree;
    TRY(expr_read(r->arena, arena_copy(r->arena, text), &tree, e));
    return filter_of(r, tree, out_filter, e);
}

fallible filter_read_json(const struct filter_reader *r, struct json from, const struct filter **out_filter,
                          struct err *e)
{
    const struct expr *tree;
    TRY(expr_read_json(r->arena, from, &tree, e));
    return filter_of(r, tree, out_filter, e);
}

/* --- made, not read --- */

static const struct filter *joined(struct arena *arena, enum filter_op op, const struct filter *a,
                                   const struct filter *b)
{
    struct filter *f = ARENA_NEW(arena, struct filter);
    const struct filter **parts = ARENA_ARRAY(arena, const struct filter *, 2);
    parts[0] = a;
    parts[1] = b;
    *f = (struct filter){.op = op, .count = 2, .parts = parts};
    return f;
}

const struct filter *filter_all(struct arena *arena, const struct filter *a, const struct filter *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    return joined(arena, FILTER_AND, a, b);
}

const struct filter *filter_either(struct arena *arena, const struct filter *a, const struct filter *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    return joined(arena, FILTER_OR, a, b);
}

const struct filter *filter_events(struct arena *arena, const uint16_t *events, uint32_t count)
{
    if (count == 0)
        return NULL;
    struct filter *f = ARENA_NEW(arena, struct filter);
    uint64_t *names = ARENA_ARRAY(arena, uint64_t, EVENT_WORDS);
    for (uint32_t i = 0; i < count; i++)
        event_set(names, events[i]);
    *f = (struct filter){.op = FILTER_EVENTS, .events = names};
    return f;
}

const struct filter *filter_unknown_or_in(struct arena *arena, const char *field, const struct bytes *values,
                                          uint32_t count)
{
    struct path *path = ARENA_NEW(arena, struct path);
    struct filter *unknown = ARENA_NEW(arena, struct filter), *in = ARENA_NEW(arena, struct filter);
    struct bytes *texts = ARENA_ARRAY(arena, struct bytes, count);
    *path = (struct path){.kind = PATH_COLUMN, .of = COLUMN_FIELD, .name = bytes_of_text(field)};
    for (uint32_t i = 0; i < count; i++)
        texts[i] = arena_copy(arena, values[i]);
    qsort(texts, count, sizeof *texts, text_order);
    *unknown = (struct filter){.op = FILTER_COMPARISON, .path = path, .compare = EXPR_UNKNOWN};
    *in = (struct filter){
        .op = FILTER_COMPARISON, .path = path, .compare = EXPR_IN, .text_count = count, .texts = texts};
    return joined(arena, FILTER_OR, unknown, in);
}
