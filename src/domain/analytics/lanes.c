/* The values that a question wants of each of its events, out of the block's columns. */
#include "base/time.h"
#include "domain/analytics/gather.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/thing_book.h"

#define MILLION INT64_C(1000000)

const int64_t micro_of_scale[EXPR_SCALE_MAX + 1] = {1000000, 100000, 10000, 1000, 100, 10, 1};

/* A column of the lane's path, with what is needed to find an event's values. */
struct source {
    struct path_column at;
    bool is_item;
    const uint64_t *presence;
    const uint32_t *ranks;          /* of one value an event */
    const uint32_t *starts, *items; /* of several */
    uint32_t *
        codes; /* of texts that stand for themselves, by the column's code: the question's; CODE_NONE: not asked for yet */
};

struct filling {
    struct gather *g;
    const struct lane_ask *ask;
    struct source sources[PATH_COLUMNS_MAX];
    uint32_t source_count;
};

static void filling_open(struct filling *f, struct gather *g, const struct lane_ask *ask)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    *f = (struct filling){.g = g, .ask = ask};
    f->source_count = ask->path == NULL ? 0 : path_columns(ask->path, g->scratch->block, columns);
    for (uint32_t i = 0; i < f->source_count; i++) {
        const struct column *c = columns[i].column;
        struct source *s = &f->sources[i];
        *s = (struct source){
            .at = columns[i], .is_item = ask->path->of == COLUMN_ITEM, .presence = scratch_presence(g->scratch, c)};
        if (s->is_item)
            s->items = scratch_items(g->scratch, c);
        if (s->is_item || s->at.is_list)
            s->starts = scratch_starts(g->scratch, c);
        else
            s->ranks = scratch_ranks(g->scratch, c);
        if (ask->kind == LANE_CODES && s->at.kind == COLUMN_TEXT && ask->path->kind == PATH_COLUMN)
            s->codes = ARENA_ARRAY(g->scratch->arena, uint32_t, column_texts(c));
    }
}

/* The values of an event, or of one item of it: [*out_from, *out_until) of the column's. */
static void values_of(const struct filling *f, const struct source *s, uint32_t event, uint32_t item,
                      uint32_t *out_from, uint32_t *out_until)
{
    *out_from = *out_until = 0;
    if (s->starts == NULL) {
        *out_until = value_rank(s->presence, s->ranks, event, out_from) ? *out_from + 1 : *out_from;
        return;
    }
    *out_from = s->starts[event];
    *out_until = s->starts[event + 1];
    if (!s->is_item || !f->g->scratch->by_item)
        return;
    while (*out_from < *out_until && s->items[*out_from] != item) /* an event has few items, and each few values */
        (*out_from)++;
    uint32_t end = *out_from;
    while (end < *out_until && s->items[end] == item)
        end++;
    *out_until = end;
}

/* A column's value as one that stands for itself. */
static struct value column_value(const struct filling *f, const struct source *s, uint32_t i)
{
    struct block_scratch *scratch = f->g->scratch;
    const struct column *c = s->at.column;
    switch (s->at.kind) {
    case COLUMN_TEXT:
        return (struct value){.kind = VALUE_TEXT, .body = column_text(c, scratch_codes(scratch, c)[i])};
    case COLUMN_NUMBER:
        return (struct value){
            .kind = VALUE_DECIMAL, .integer = scratch_integers(scratch, c)[i], .scale = column_scale(c)};
    case COLUMN_REAL:
        return (struct value){.kind = VALUE_DOUBLE, .real = scratch_reals(scratch, c)[i]};
    case COLUMN_BOOL:
        return (struct value){.kind = scratch_integers(scratch, c)[i] != 0 ? VALUE_TRUE : VALUE_FALSE};
    default:
        return (struct value){.kind = VALUE_TIME, .integer = scratch_integers(scratch, c)[i]};
    }
}

/* The i-th value of a column, which is an event's; of a path to a thing what was known of the thing by then. false: nothing was. */
static bool value_find(const struct filling *f, const struct source *s, uint32_t event, uint32_t i, struct value *out)
{
    const struct thing_story *story;
    struct block_scratch *scratch = f->g->scratch;
    *out = column_value(f, s, i);
    if (f->ask->path->kind != PATH_THING)
        return true;
    story = thing_book_find(scratch->things, f->ask->path->want, out->body);
    return story != NULL && thing_story_at(story, scratch_times(scratch)[event], out);
}

/* --- quantities --- */

static double ones(struct quantity q)
{
    return q.is_real ? q.real : (double)q.micro / (double)MILLION;
}

static struct quantity plus(struct quantity a, struct quantity b)
{
    struct quantity sum = {0};
    if (!a.is_real && !b.is_real && !__builtin_add_overflow(a.micro, b.micro, &sum.micro))
        return sum;
    return (struct quantity){.is_real = true, .real = ones(a) + ones(b)};
}

/* A time is seconds since 1970, true is one. false: a text is no quantity. */
static bool quantity_of(const struct value *v, struct quantity *out)
{
    *out = (struct quantity){0};
    if (v->kind == VALUE_DECIMAL) {
        out->is_real = __builtin_mul_overflow(v->integer, micro_of_scale[v->scale], &out->micro);
        out->real = out->is_real ? value_real(v) : 0;
    } else if (v->kind == VALUE_DOUBLE) {
        *out = (struct quantity){.is_real = true, .real = v->real};
    } else if (v->kind == VALUE_TIME) {
        out->micro = v->integer;
    } else if (v->kind == VALUE_TRUE) {
        out->micro = MILLION;
    }
    return v->kind != VALUE_TEXT;
}

static bool quantity_find(struct filling *f, uint32_t event, uint32_t item, struct quantity *out)
{
    struct value told, one;
    struct quantity more;
    bool has = false;
    for (uint32_t k = 0; k < f->source_count; k++) {
        uint32_t i, until;
        if (f->sources[k].at.kind == COLUMN_TEXT && f->ask->path->kind == PATH_COLUMN)
            continue;
        values_of(f, &f->sources[k], event, item, &i, &until);
        for (; i < until; i++) {
            uint32_t at = 0;
            if (!value_find(f, &f->sources[k], event, i, &told))
                continue;
            while (thing_value_next(&told, &at, &one)) {
                if (!quantity_of(&one, &more) || value_is_veiled(f->ask->path->veil, &one))
                    continue;
                *out = has ? plus(*out, more) : more;
                has = true;
                if (f->ask->of == LANE_VALUE)
                    return true;
            }
        }
    }
    return has;
}

/* --- codes --- */

uint32_t gather_code(struct gather *g, struct bytes text)
{
    uint8_t room[VEILED_BYTES_MAX];
    struct buf veiled = {.data = room, .capacity = sizeof room, .size_max = sizeof room};
    text = veiled_text(name_book_veiled_by(g->plan->book), text, &veiled);
    uint32_t code = texts_code_near(g->texts, g->near, text);
    g->is_full |= code == CODE_NONE;
    return code;
}

static uint32_t code_of_time(struct filling *f, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    return gather_code(f->g, bytes_of_text(time_format(us, text)));
}

/* A value as people write it. */
static uint32_t code_of_value(struct filling *f, const struct value *v)
{
    uint8_t text[NUMBER_TEXT_BYTES_MAX];
    struct buf out = {.data = text, .capacity = sizeof text, .size_max = sizeof text};
    if (v->kind == VALUE_TEXT)
        return gather_code(f->g, v->body);
    if (v->kind == VALUE_TIME)
        return code_of_time(f, v->integer);
    value_text(v, &out);
    return gather_code(f->g, buf_bytes(&out));
}

static uint32_t code_find(struct filling *f, uint32_t event, uint32_t item)
{
    struct value told, one;
    for (uint32_t k = 0; k < f->source_count; k++) {
        struct source *s = &f->sources[k];
        uint32_t i, until, at = 0;
        values_of(f, s, event, item, &i, &until);
        if (i < until && s->codes != NULL) {
            uint32_t code = scratch_codes(f->g->scratch, s->at.column)[i];
            if (s->codes[code] == CODE_NONE)
                s->codes[code] = gather_code(f->g, column_text(s->at.column, code));
            return s->codes[code];
        }
        for (; i < until; i++)
            if (value_find(f, s, event, i, &told) && thing_value_next(&told, &at, &one))
                return code_of_value(f, &one);
    }
    return CODE_NONE;
}

static uint32_t code_of_name(struct filling *f, uint32_t event)
{
    const struct gather *g = f->g;
    uint32_t *code = &g->name_codes[g->codes[event]];
    struct bytes text = name_book_event_name(g->plan->book, g->names[g->codes[event]]);
    if (*code == CODE_NONE && text.size > 0) /* what has no number has no name either */
        *code = gather_code(f->g, text);
    return *code;
}

/* --- lanes --- */

/* What every event has by its time: this time, or what clocks showed then. false: the lane is of something else. */
static bool value_of_time(const struct filling *f, int64_t us, struct value *out)
{
    const struct path *p = f->ask->path;
    if (p == NULL || (p->kind != PATH_TIME && p->kind != PATH_DIAL))
        return false;
    *out = p->kind == PATH_DIAL ? path_dial(p, f->g->scratch->civil, us)
                                : (struct value){.kind = VALUE_TIME, .integer = us};
    return true;
}

/* Whether one column has all values of the lane, an event at most one. */
static bool is_plain(const struct filling *f, enum column_kind kind)
{
    return f->source_count == 1 && f->ask->path->kind == PATH_COLUMN && f->sources[0].starts == NULL &&
           f->sources[0].at.kind == kind;
}

/* Whether the lane wants the event's value, and the event may have one. */
static bool is_wanted(const struct filling *f, const struct gathered_row *row, uint32_t event)
{
    const struct gather *g = f->g;
    const uint64_t *barred = f->ask->path == NULL ? NULL : f->ask->path->barred;
    if (f->ask->picks != 0 && (row->picks & f->ask->picks) == 0)
        return false;
    uint32_t name = barred == NULL ? 0 : g->names[g->codes[event]];
    return barred == NULL || (barred[name / 64] >> (name % 64) & 1) == 0;
}

/* What most lanes are: texts of a plain column. */
static void texts_fill(struct filling *f, const struct gathered_row *rows, uint32_t count, uint32_t *out_codes)
{
    const struct source *s = &f->sources[0];
    const uint32_t *codes = scratch_codes(f->g->scratch, s->at.column), *events = f->g->events;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank;
        out_codes[i] = CODE_NONE;
        if (!is_wanted(f, &rows[i], events[i]) || !value_rank(s->presence, s->ranks, events[i], &rank))
            continue;
        uint32_t *code = &s->codes[codes[rank]];
        if (*code == CODE_NONE)
            *code = gather_code(f->g, column_text(s->at.column, codes[rank]));
        out_codes[i] = *code;
    }
}

/* And numbers of one. */
static void numbers_fill(struct filling *f, const struct gathered_row *rows, uint32_t count,
                         struct quantity *out_quantities, bool *out_has)
{
    const struct source *s = &f->sources[0];
    const int64_t *mantissas = scratch_integers(f->g->scratch, s->at.column);
    const uint32_t *events = f->g->events;
    int64_t unit = micro_of_scale[column_scale(s->at.column)];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank;
        out_quantities[i] = (struct quantity){0};
        out_has[i] = is_wanted(f, &rows[i], events[i]) && value_rank(s->presence, s->ranks, events[i], &rank);
        if (out_has[i] && UNLIKELY(__builtin_mul_overflow(mantissas[rank], unit, &out_quantities[i].micro)))
            (void)quantity_find(f, events[i], 0, &out_quantities[i]);
    }
}

static bool codes_fill(struct filling *f, struct gathered_lane *lane, const struct gathered_row *rows, uint32_t count)
{
    const struct gather *g = f->g;
    uint32_t *codes = (uint32_t *)(void *)buf_extend(&lane->codes, count * sizeof *codes);
    enum path_kind kind = f->ask->of == LANE_EVENT ? PATH_EVENT : f->ask->path->kind;
    struct value own;
    if (codes != NULL && kind == PATH_COLUMN && is_plain(f, COLUMN_TEXT)) {
        texts_fill(f, rows, count, codes);
        return true;
    }
    for (uint32_t i = 0; codes != NULL && i < count; i++) {
        codes[i] = CODE_NONE;
        if (!is_wanted(f, &rows[i], g->events[i]))
            continue;
        codes[i] = kind == PATH_EVENT                        ? code_of_name(f, g->events[i])
                   : value_of_time(f, rows[i].time_us, &own) ? code_of_value(f, &own)
                                                             : code_find(f, g->events[i], g->items[i]);
    }
    return codes != NULL;
}

static bool crowds_fill(struct gather *g, uint32_t lane, uint32_t first)
{
    uint32_t count = g->count - first;
    uint32_t *codes = (uint32_t *)(void *)buf_extend(&g->lanes[lane].codes, count * sizeof *codes);
    if (codes != NULL)
        crowd_codes(g, lane, first, count, codes);
    return codes != NULL;
}

static bool quantities_fill(struct filling *f, struct gathered_lane *lane, const struct gathered_row *rows,
                            uint32_t count)
{
    const struct gather *g = f->g;
    struct quantity *quantities = (struct quantity *)(void *)buf_extend(&lane->quantities, count * sizeof *quantities);
    bool *has = (bool *)(void *)buf_extend(&lane->has, count * sizeof *has);
    bool has_room = quantities != NULL && has != NULL,
         is_filled = has_room && is_plain(f, COLUMN_NUMBER) && f->ask->path->veil == NULL;
    if (is_filled)
        numbers_fill(f, rows, count, quantities, has);
    for (uint32_t i = 0; has_room && !is_filled && i < count; i++) {
        struct value own;
        quantities[i] = (struct quantity){0};
        if (value_of_time(f, rows[i].time_us, &own))
            has[i] = quantity_of(&own, &quantities[i]);
        else
            has[i] = is_wanted(f, &rows[i], g->events[i]) &&
                     quantity_find(f, g->events[i], g->items[i], &quantities[i]);
    }
    if (has_room && f->ask->is_money)
        amounts_exchange(f->g, rows, count, quantities, has);
    return has_room;
}

static fallible lanes_full(struct err *e)
{
    return FAIL(e, LIMIT, "the question needs too much memory: ask for fewer values, or a shorter range");
}

fallible gather_roomy(const struct gather *g, struct err *e)
{
    return g->is_full ? lanes_full(e) : DONE;
}

static bool lane_fill(struct gather *g, uint32_t lane, uint32_t first)
{
    const struct lane_ask *ask = &g->plan->plan->lanes[lane];
    const struct gathered_row *rows = (const struct gathered_row *)(const void *)g->rows.data + first;
    struct filling f;
    if (ask->of == LANE_CROWD)
        return crowds_fill(g, lane, first);
    filling_open(&f, g, ask);
    return ask->kind == LANE_CODES ? codes_fill(&f, &g->lanes[lane], rows, g->count - first)
                                   : quantities_fill(&f, &g->lanes[lane], rows, g->count - first);
}

fallible lanes_fill(struct gather *g, uint32_t first, struct err *e)
{
    for (uint32_t i = 0; i < g->plan->plan->lane_count && g->count > first; i++)
        if (!lane_fill(g, i, first))
            return lanes_full(e);
    return gather_roomy(g, e);
}
