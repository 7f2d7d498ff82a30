#include "domain/analytics/scan_world_test.h"

#include "base/time.h"

#define SHAPES COUNT_OF(shapes)
#define CELLS_MAX 40u

static const struct column_name shapes[] = {
    {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("channel")},
    {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("order")},
    {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("brand")},
    {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("store")},
    {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("staff")},
    {COLUMN_PROPERTY, COLUMN_NUMBER, false, BYTES_INIT("amount")},
    {COLUMN_PROPERTY, COLUMN_TEXT, false, BYTES_INIT("size")},
    {COLUMN_PROPERTY, COLUMN_NUMBER, false, BYTES_INIT("size")},
    {COLUMN_PROPERTY, COLUMN_REAL, false, BYTES_INIT("size")},
    {COLUMN_PROPERTY, COLUMN_TEXT, true, BYTES_INIT("标签")},
    {COLUMN_PROPERTY, COLUMN_BOOL, false, BYTES_INIT("first")},
    {COLUMN_PROPERTY, COLUMN_TIME, false, BYTES_INIT("due")},
    {COLUMN_ITEM, COLUMN_TEXT, false, BYTES_INIT("sku")},
    {COLUMN_ITEM, COLUMN_NUMBER, false, BYTES_INIT("price")},
    {COLUMN_ITEM, COLUMN_NUMBER, true, BYTES_INIT("steps")},
};
static const char *const words[] = {"a", "ab", "b", "裙装", "上衣", "", "abc"};

const uint16_t world_events[WORLD_EVENTS] = {1, 2, 20, 1000, EVENT_TRAITS_COMPUTED};
const int64_t world_from_us = INT64_C(1767225600000000); /* 2026-01-01 */

uint32_t world_person(uint32_t i)
{
    return i == 0 ? PERSON_NONE : (i % WORLD_CHUNKS) * CHUNK_PEOPLE + (i * 131) % CHUNK_PEOPLE;
}

/* --- rows --- */

static struct column_cell any_cell(struct t *t, const struct column_name *shape)
{
    struct column_cell c = {0};
    switch (shape->kind) {
    case COLUMN_TEXT:
        c.text = bytes_of_text(words[rng_below(&t->rng, COUNT_OF(words))]);
        break;
    case COLUMN_NUMBER:
        c.scale = (uint8_t)rng_below(&t->rng, 3);
        c.integer = rng_between(&t->rng, -30, 300);
        break;
    case COLUMN_REAL:
        c.real = (double)rng_between(&t->rng, -300, 300) / 7;
        break;
    case COLUMN_BOOL:
        c.integer = rng_chance(&t->rng, 0.5);
        break;
    default:
        c.integer = world_from_us + rng_between(&t->rng, 0, 90) * US_PER_DAY +
                    (rng_chance(&t->rng, 0.5) ? US_PER_HOUR : 0);
    }
    return c;
}

static void row_fill(struct t *t, struct world *w, struct column_row *row)
{
    struct column_cell *cells = ARENA_ARRAY(t->arena, struct column_cell, CELLS_MAX);
    uint32_t count = 0, of_size = 6 + (uint32_t)rng_below(&t->rng, 3); /* one kind of "size" an event */
    row->item_count = (uint16_t)rng_below(&t->rng, 4);
    for (uint32_t k = 0; k < SHAPES; k++) {
        bool is_item = shapes[k].of == COLUMN_ITEM, is_size = k >= 6 && k <= 8;
        for (uint32_t item = 0; item < (is_item ? row->item_count : 1u); item++)
            for (uint32_t n = shapes[k].is_list ? (uint32_t)rng_below(&t->rng, 3) : rng_chance(&t->rng, 0.6); n > 0;
                 n--) {
                if (is_size && k != of_size)
                    continue;
                cells[count] = any_cell(t, &shapes[k]);
                cells[count].column = column_set_number(w->set, &shapes[k]);
                cells[count++].item = (uint16_t)item;
            }
    }
    assert(count <= CELLS_MAX);
    row->cells = cells;
    row->cell_count = count;
}

struct world *world_create(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    w->set = column_set_create();
    w->book = name_book_create();
    name_book_event_add(w->book, 1000, BYTES_LIT("抽奖"), 0, BYTES_NONE);
    for (uint32_t k = 0; k < SHAPES; k++)
        name_book_property_add(w->book, shapes[k].of, shapes[k].name);
    w->count = 1 + (uint32_t)rng_below(&t->rng, WORLD_ROWS_MAX);
    for (uint32_t i = 0; i < w->count; i++) {
        struct column_row *row = &w->rows[i];
        row->person = world_person((uint32_t)rng_below(&t->rng, WORLD_PEOPLE));
        row->event = world_events[rng_below(&t->rng, WORLD_EVENTS)];
        row->time_us = world_from_us + rng_between(&t->rng, 0, 89) * US_PER_DAY; /* so that many are at one time */
        row->message = rng_below(&t->rng, 3) == 0 ? 7 : (uint32_t)rng_next(&t->rng);
        row->position = 100 + i;
        row_fill(t, w, row);
    }
    return w;
}

void world_destroy(struct world *w)
{
    name_book_destroy(w->book);
    column_set_destroy(w->set);
}

/* --- conditions --- */

static const char *any_value(struct t *t)
{
    static const char *const values[] = {"'a'",  "'裙装'", "''",    "'2026-02-01'",       "'2026-03-01T01:00:00Z'",
                                         "10",   "0.5",    "-2.25", "42.857142857142854", "true",
                                         "false"};
    return values[rng_below(&t->rng, COUNT_OF(values))];
}

static const char *any_ordered(struct t *t)
{
    static const char *const values[] = {"'a'",  "'b'", "'2026-02-01'", "10",
                                         "0.55", "-2",  "1e30",         "-14.285714285714286"};
    return values[rng_below(&t->rng, COUNT_OF(values))];
}

static const char *any_name(struct t *t)
{
    static const char *const names[] = {"channel", "order", "fields.brand", "amount",     "size",      "标签",
                                        "first",   "due",   "item.sku",     "item.price", "item.steps"};
    return names[rng_below(&t->rng, COUNT_OF(names))];
}

const char *world_path(struct t *t)
{
    static const char *const own[] = {"time", "time.hour", "event"};
    return rng_chance(&t->rng, 0.25) ? own[rng_below(&t->rng, COUNT_OF(own))] : any_name(t);
}

static const char *any_comparison(struct t *t)
{
    static const char *const signs[] = {"=", "!="}, *const orders[] = {"<", "<=", ">", ">="},
                             *const of_texts[] = {"contains", "starts", "ends"};
    static const char *const texts[] = {"'a'", "'b'", "'衣'", "'ab'"};
    struct arena *a = t->arena;
    switch (rng_below(&t->rng, 9)) {
    case 0:
        return arena_printf(a, "%s %s", any_name(t), rng_chance(&t->rng, 0.5) ? "is known" : "is unknown");
    case 1:
        return arena_printf(a, "%s %s %s", any_name(t), orders[rng_below(&t->rng, 4)], any_ordered(t));
    case 2:
        return arena_printf(a, "%s %s %s", any_name(t), of_texts[rng_below(&t->rng, 3)], texts[rng_below(&t->rng, 4)]);
    case 3:
        return arena_printf(a, "%s in (%s, %s, %s)", any_name(t), any_value(t), any_value(t), any_value(t));
    case 4:
        return arena_printf(a, "%s between %s", any_name(t),
                            rng_chance(&t->rng, 0.5) ? "-3 and 12.5" : "'2026-01-10' and '2026-02-10'");
    case 5:
        return arena_printf(a, "time %s '2026-02-0%d'", orders[rng_below(&t->rng, 4)], (int)rng_between(&t->rng, 1, 9));
    case 6:
        return arena_printf(a, "event %s '%s'", signs[rng_below(&t->rng, 2)],
                            rng_chance(&t->rng, 0.5) ? "page_viewed" : "抽奖");
    default:
        return arena_printf(a, "%s %s %s", any_name(t), signs[rng_below(&t->rng, 2)], any_value(t));
    }
}

const char *world_condition(struct t *t, uint32_t depth)
{
    uint64_t what = rng_below(&t->rng, depth >= 3 ? 2 : 6);
    if (what < 3)
        return any_comparison(t);
    if (what == 3)
        return arena_printf(t->arena, "not (%s)", world_condition(t, depth + 1));
    return arena_printf(t->arena, "(%s %s %s)", world_condition(t, depth + 1), what == 4 ? "and" : "or",
                        world_condition(t, depth + 1));
}

/* --- the plainest reading --- */

static bool cell_is_of(const struct world *w, const struct column_cell *c, struct bytes path, uint32_t item)
{
    struct column_name name = column_set_name(w->set, c->column);
    bool wants_item = bytes_starts_with(path, BYTES_LIT("item."));
    if (wants_item)
        path = bytes_slice(path, 5, path.size);
    if (bytes_starts_with(path, BYTES_LIT("fields.")))
        path = bytes_slice(path, 7, path.size);
    return (name.of == COLUMN_ITEM) == wants_item && bytes_equal(name.name, path) &&
           (!wants_item || item == ITEM_ANY || c->item == item);
}

static double naive_number(const struct column_cell *c, enum column_kind kind)
{
    static const double tens[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6};
    return kind == COLUMN_REAL ? c->real : (double)c->integer / tens[c->scale];
}

/* Below, equal, above; 2: they can't be compared. */
static int naive_order(const struct column_cell *c, enum column_kind kind, const struct expr_value *said)
{
    static const double tens[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6};
    int64_t us;
    if (kind == COLUMN_TEXT && said->kind == EXPR_TEXT) {
        int order = bytes_compare(c->text, said->text);
        return (order > 0) - (order < 0);
    }
    if (kind == COLUMN_BOOL && said->kind == EXPR_BOOL)
        return (int)c->integer - said->truth;
    if (kind == COLUMN_TIME && said->kind == EXPR_TEXT && done(time_parse(said->text, &us, NULL)))
        return c->integer < us ? -1 : c->integer >= us + (said->text.size == 10 ? US_PER_DAY : 1);
    if ((kind == COLUMN_NUMBER || kind == COLUMN_REAL) && (said->kind == EXPR_DECIMAL || said->kind == EXPR_REAL)) {
        double x = naive_number(c, kind),
               y = said->kind == EXPR_REAL ? said->real : (double)said->mantissa / tens[said->scale];
        return (x > y) - (x < y);
    }
    return 2;
}

static bool text_has(struct bytes text, struct bytes part, enum expr_op op)
{
    for (size_t i = 0; i + part.size <= text.size; i++)
        if (bytes_equal(bytes_slice(text, i, i + part.size), part) && (op != EXPR_STARTS || i == 0) &&
            (op != EXPR_ENDS || i + part.size == text.size))
            return true;
    return false;
}

static bool naive_value_holds(const struct column_cell *c, enum column_kind kind, const struct expr *x)
{
    int a = x->op > EXPR_IN && x->op < EXPR_KNOWN ? 2 : naive_order(c, kind, expr_said(x, 0));
    switch (x->op) {
    case EXPR_EQUAL:
        return a == 0;
    case EXPR_UNEQUAL:
        return a != 0;
    case EXPR_LESS:
        return a == -1;
    case EXPR_AT_MOST:
        return a == -1 || a == 0;
    case EXPR_MORE:
        return a == 1;
    case EXPR_AT_LEAST:
        return a == 1 || a == 0;
    case EXPR_BETWEEN:
        return (a == 0 || a == 1) && naive_order(c, kind, expr_said(x, 1)) <= 0;
    case EXPR_IN:
        for (uint32_t i = 0; i < expr_said_count(x); i++)
            if (naive_order(c, kind, expr_said(x, i)) == 0)
                return true;
        return false;
    default:
        return kind == COLUMN_TEXT && text_has(c->text, expr_said(x, 0)->text, x->op);
    }
}

static enum truth naive_comparison(const struct world *w, const struct column_row *row, const struct expr *x,
                                   uint32_t item)
{
    bool is_known = false, holds = false;
    struct bytes name = x->parts[0]->name;
    if (bytes_equal(name, BYTES_LIT("time"))) {
        struct column_cell c = {.integer = row->time_us};
        return naive_value_holds(&c, COLUMN_TIME, x) ? TRUTH_YES : TRUTH_NO;
    }
    if (bytes_equal(name, BYTES_LIT("event"))) {
        struct column_cell c = {.text = name_book_event_name(w->book, row->event)};
        return naive_value_holds(&c, COLUMN_TEXT, x) ? TRUTH_YES : TRUTH_NO;
    }
    for (uint32_t i = 0; i < row->cell_count; i++)
        if (cell_is_of(w, &row->cells[i], name, item)) {
            is_known = true;
            holds |= x->op < EXPR_KNOWN &&
                     naive_value_holds(&row->cells[i], column_set_name(w->set, row->cells[i].column).kind, x);
        }
    if (x->op >= EXPR_KNOWN)
        return is_known == (x->op == EXPR_KNOWN) ? TRUTH_YES : TRUTH_NO;
    return !is_known ? TRUTH_UNKNOWN : holds ? TRUTH_YES : TRUTH_NO;
}

enum truth naive_truth(const struct world *w, const struct column_row *row, const struct expr *x, uint32_t item)
{
    if (x->op > EXPR_NOT)
        return naive_comparison(w, row, x, item);
    bool any_no = false, any_yes = false, any_unknown = false;
    for (uint32_t i = 0; i < x->count; i++) {
        enum truth part = naive_truth(w, row, x->parts[i], item);
        any_no |= part == TRUTH_NO;
        any_yes |= part == TRUTH_YES;
        any_unknown |= part == TRUTH_UNKNOWN;
    }
    if (x->op == EXPR_NOT)
        return any_unknown ? TRUTH_UNKNOWN : any_yes ? TRUTH_NO : TRUTH_YES;
    if (x->op == EXPR_AND)
        return any_no ? TRUTH_NO : any_unknown ? TRUTH_UNKNOWN : TRUTH_YES;
    return any_yes ? TRUTH_YES : any_unknown ? TRUTH_UNKNOWN : TRUTH_NO;
}

/* --- values --- */

static const char *cell_text(struct t *t, const struct column_cell *c, enum column_kind kind)
{
    char time[TIME_TEXT_BYTES];
    struct buf out = arena_buf(t->arena, 64);
    struct json_writer w;
    json_writer_init(&w, &out, false);
    if (kind == COLUMN_TEXT)
        return arena_text(t->arena, c->text);
    if (kind == COLUMN_BOOL)
        return c->integer != 0 ? "true" : "false";
    if (kind == COLUMN_TIME)
        return arena_text(t->arena, bytes_of_text(time_format(c->integer, time)));
    json_put_double(&w, naive_number(c, kind));
    return arena_text(t->arena, buf_bytes(&out));
}

/* In UTC, which is where the questions here are asked. */
static int naive_hour(const struct column_row *row)
{
    char time[TIME_TEXT_BYTES];
    (void)time_format(row->time_us, time);
    return (time[11] - '0') * 10 + time[12] - '0';
}

const char *naive_code(struct t *t, const struct world *w, const struct column_row *row, const char *path,
                       uint32_t item)
{
    char time[TIME_TEXT_BYTES];
    if (strcmp(path, "event") == 0)
        return arena_text(t->arena, name_book_event_name(w->book, row->event));
    if (strcmp(path, "time") == 0)
        return arena_text(t->arena, bytes_of_text(time_format(row->time_us, time)));
    if (strcmp(path, "time.hour") == 0)
        return arena_printf(t->arena, "%d", naive_hour(row));
    for (uint32_t i = 0; i < row->cell_count; i++)
        if (cell_is_of(w, &row->cells[i], bytes_of_text(path), item))
            return cell_text(t, &row->cells[i], column_set_name(w->set, row->cells[i].column).kind);
    return "-";
}

const char *naive_quantity(struct t *t, const struct world *w, const struct column_row *row, const char *path,
                           uint32_t item, bool is_sum)
{
    double sum = 0;
    bool has = false;
    if (strcmp(path, "time") == 0)
        return arena_printf(t->arena, "%.4f", (double)row->time_us / 1e6);
    if (strcmp(path, "time.hour") == 0)
        return arena_printf(t->arena, "%.4f", (double)naive_hour(row));
    for (uint32_t i = 0; i < row->cell_count && (is_sum || !has); i++) {
        const struct column_cell *c = &row->cells[i];
        enum column_kind kind = column_set_name(w->set, c->column).kind;
        if (kind == COLUMN_TEXT || !cell_is_of(w, c, bytes_of_text(path), item))
            continue;
        sum += kind == COLUMN_TIME   ? (double)c->integer / 1e6
               : kind == COLUMN_BOOL ? (double)c->integer
                                     : naive_number(c, kind);
        has = true;
    }
    return has ? arena_printf(t->arena, "%.4f", sum) : "-";
}

struct bytes naive_field(const struct world *w, const struct column_row *row, const char *field)
{
    for (uint32_t i = 0; i < row->cell_count; i++)
        if (cell_is_of(w, &row->cells[i], bytes_of_text(field), ITEM_ANY))
            return row->cells[i].text;
    return (struct bytes){NULL, 0};
}
