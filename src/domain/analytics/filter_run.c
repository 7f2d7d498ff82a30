/* Running a condition over a block: a column at a time, into bits. Of a comparison of what is absent neither it nor its opposite holds; so each
 * condition can be asked for where it holds, or for where its opposite does, and `not` turns the one into the other. */
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/thing_book.h"

#define WORD_BITS 64u

/* Bits of a comparison, which the next one gives up. */
static uint64_t *bits_take(struct block_scratch *s, uint32_t count)
{
    return arena_take(s->passing, BIT_WORDS(count) * sizeof(uint64_t), sizeof(uint64_t));
}

/* Bits that outlive the comparisons below them: as many as conditions lie in each other, however many there are. */
struct part {
    struct part *next;
    uint64_t bits[];
};

static struct part *part_take(struct block_scratch *s)
{
    struct part *p = s->spare;
    if (p == NULL)
        return arena_take(s->arena, sizeof *p + BIT_WORDS(s->slot_count) * sizeof *p->bits, sizeof *p->bits);
    s->spare = p->next;
    return p;
}

static void part_give(struct block_scratch *s, struct part *p)
{
    p->next = s->spare;
    s->spare = p;
}

static void bits_fill(uint64_t *bits, uint32_t count, bool value)
{
    memset(bits, value ? 0xFF : 0, BIT_WORDS(count) * sizeof *bits);
    if (value && count % WORD_BITS != 0)
        bits[count / WORD_BITS] = (UINT64_C(1) << (count % WORD_BITS)) - 1;
}

static void complement(uint64_t *bits, uint32_t count)
{
    for (size_t w = 0; w < BIT_WORDS(count); w++)
        bits[w] = ~bits[w];
    if (count % WORD_BITS != 0)
        bits[count / WORD_BITS] &= (UINT64_C(1) << (count % WORD_BITS)) - 1;
}

static void bit_set(uint64_t *bits, uint32_t at)
{
    bits[at / WORD_BITS] |= UINT64_C(1) << (at % WORD_BITS);
}

static bool bit_of(const uint64_t *bits, uint32_t at)
{
    return (bits[at / WORD_BITS] >> (at % WORD_BITS) & 1) != 0;
}

/* --- which values hold --- */

static void codes_in_reach(const uint32_t *codes, uint32_t count, struct reach reach, uint64_t *out_bits)
{
    uint32_t from = (uint32_t)reach.from, span = (uint32_t)(reach.until - reach.from);
    for (uint32_t i = 0; i < count; i += WORD_BITS) {
        uint32_t end = count - i < WORD_BITS ? count - i : WORD_BITS;
        uint64_t word = 0;
        for (uint32_t k = 0; k < end; k++)
            word |= (uint64_t)(codes[i + k] - from <= span) << k;
        out_bits[i / WORD_BITS] = word;
    }
}

static void integers_in_reach(const int64_t *values, uint32_t count, struct reach reach, uint64_t *out_bits)
{
    uint64_t from = (uint64_t)reach.from, span = (uint64_t)reach.until - from;
    for (uint32_t i = 0; i < count; i += WORD_BITS) {
        uint32_t end = count - i < WORD_BITS ? count - i : WORD_BITS;
        uint64_t word = 0;
        for (uint32_t k = 0; k < end; k++)
            word |= (uint64_t)((uint64_t)values[i + k] - from <= span) << k;
        out_bits[i / WORD_BITS] = word;
    }
}

static bool in_reaches(int64_t value, const struct reach *reaches, uint32_t count)
{
    uint32_t from = 0, until = count; /* the first that ends at the value or behind it */
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (reaches[middle].until < value)
            from = middle + 1;
        else
            until = middle;
    }
    return from < count && reaches[from].from <= value;
}

static void integers_hold(const int64_t *values, uint32_t count, const struct reach *reaches, uint32_t reach_count,
                          uint64_t *out_bits)
{
    if (reach_count == 1) {
        integers_in_reach(values, count, reaches[0], out_bits);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        if (in_reaches(values[i], reaches, reach_count))
            bit_set(out_bits, i);
}

/* By a mark for each text of the dictionary. */
static void codes_hold(const uint32_t *codes, uint32_t count, const uint8_t *marks, uint64_t *out_bits)
{
    for (uint32_t i = 0; i < count; i += WORD_BITS) {
        uint32_t end = count - i < WORD_BITS ? count - i : WORD_BITS;
        uint64_t word = 0;
        for (uint32_t k = 0; k < end; k++)
            word |= (uint64_t)marks[codes[i + k]] << k;
        out_bits[i / WORD_BITS] = word;
    }
}

/* Patterns may take long: before each one it is seen whether anybody still waits for it. */
static bool may_go_on(const struct filter *f, struct block_scratch *s)
{
    if (f->compare == EXPR_MATCHES && !scratch_gave_up(s))
        s->is_over = effort_is_over(s->effort);
    return !scratch_gave_up(s);
}

static void veiled_unmark(const struct veil *veil, const struct column *c, uint8_t *marks)
{
    for (uint32_t i = 0; i < column_texts(c); i++)
        marks[i] = marks[i] != 0 && !value_is_veiled(veil, &(struct value){.kind = VALUE_TEXT, .body = column_text(c, i)});
}

/* The same of numbers, of which no dictionary says how often they are. */
static void veiled_clear(const struct veil *veil, struct block_scratch *s, const struct path_column *c, uint64_t *io_bits)
{
    bool is_real = c->kind == COLUMN_REAL;
    for (size_t w = 0; w < BIT_WORDS(column_count(c->column)); w++)
        for (uint64_t word = io_bits[w]; word != 0; word &= word - 1) {
            size_t i = w * WORD_BITS + (size_t)__builtin_ctzll(word);
            struct value v = is_real ? (struct value){.kind = VALUE_DOUBLE, .real = scratch_reals(s, c->column)[i]}
                                     : (struct value){.kind = VALUE_DECIMAL,
                                                      .integer = scratch_integers(s, c->column)[i],
                                                      .scale = column_scale(c->column)};
            if (value_is_veiled(veil, &v))
                io_bits[w] &= ~(word & -word);
        }
}

static void texts_hold(const struct filter *f, struct block_scratch *s, const struct column *c, uint64_t *out_bits)
{
    uint32_t texts = column_texts(c), count = column_count(c), reach_count = 0;
    uint8_t *marks = arena_zeroed(s->passing, texts, 1);
    struct reach *reaches = ARENA_ARRAY(s->passing, struct reach, f->text_count);
    bool is_by_text = f->compare == EXPR_CONTAINS || f->compare == EXPR_ENDS || f->compare == EXPR_MATCHES, any = false;
    for (uint32_t i = 0; is_by_text && i < texts && may_go_on(f, s); i++) {
        marks[i] = text_holds(f, column_text(c, i), &s->patterns);
        any |= marks[i] != 0;
    }
    if (!is_by_text)
        reach_count = reaches_of_texts(f, c, reaches);
    if (!any && reach_count == 0)
        return;
    if (reach_count == 1 && f->path->veil == NULL) {
        codes_in_reach(scratch_codes(s, c), count, reaches[0], out_bits);
        return;
    }
    for (uint32_t i = 0; i < reach_count; i++)
        memset(marks + reaches[i].from, 1, (size_t)(reaches[i].until - reaches[i].from) + 1);
    if (f->path->veil != NULL)
        veiled_unmark(f->path->veil, c, marks);
    codes_hold(scratch_codes(s, c), count, marks, out_bits);
}

/* Which of a column's values hold, into zeroed bits. */
static void values_hold(const struct filter *f, struct block_scratch *s, const struct path_column *c,
                        uint64_t *out_bits)
{
    uint32_t count = column_count(c->column), reach_count = 0, most = f->number_count + f->time_count + 1;
    struct reach *reaches = ARENA_ARRAY(s->passing, struct reach, most);
    const double *reals;
    switch (c->kind) {
    case COLUMN_TEXT:
        texts_hold(f, s, c->column, out_bits);
        return;
    case COLUMN_REAL:
        if (f->number_count == 0)
            return;
        reals = scratch_reals(s, c->column);
        for (uint32_t i = 0; i < count; i++)
            if (real_holds(f, reals[i]))
                bit_set(out_bits, i);
        break;
    case COLUMN_NUMBER:
        reach_count = reaches_of_numbers(f, column_scale(c->column), reaches);
        break;
    case COLUMN_BOOL:
        reach_count = reaches_of_bools(f, reaches);
        break;
    case COLUMN_TIME:
        reach_count = reaches_of_times(f, reaches);
        break;
    case COLUMN_KIND_COUNT:
        assert(false); /* no column is of it */
    }
    if (reach_count > 0)
        integers_hold(scratch_integers(s, c->column), count, reaches, reach_count, out_bits);
    if (f->path->veil != NULL && (c->kind == COLUMN_NUMBER || c->kind == COLUMN_REAL))
        veiled_clear(f->path->veil, s, c, out_bits);
}

/* The same of what is known of the things that the values name; and which of them have any. Each text is looked up once a block. */
static void things_hold(const struct filter *f, struct block_scratch *s, const struct path_column *c,
                        uint64_t *out_bits, uint64_t *out_known)
{
    const uint32_t *codes = scratch_codes(s, c->column),
                   *owners = scratch_owners(s, c, c->is_list || f->path->of == COLUMN_ITEM);
    const int64_t *times = scratch_times(s);
    uint32_t texts = column_texts(c->column);
    const struct thing_story **stories = ARENA_ARRAY(s->passing, const struct thing_story *, texts);
    struct value told, one;
    for (uint32_t i = 0; i < texts; i++)
        stories[i] = thing_book_find(s->things, f->path->want, column_text(c->column, i));
    for (uint32_t i = 0; i < column_count(c->column) && may_go_on(f, s); i++) {
        uint32_t at = 0;
        if (stories[codes[i]] == NULL || !thing_story_at(stories[codes[i]], times[owners[i]], &told))
            continue;
        while (thing_value_next(&told, &at, &one)) {
            bit_set(out_known, i);
            if (f->compare < EXPR_KNOWN && value_holds(f, &one, &s->patterns) && !value_is_veiled(f->path->veil, &one))
                bit_set(out_bits, i);
        }
    }
}

/* --- from values to events or items --- */

/* A bit an event becomes a bit an item. */
static void events_to_slots(const struct block_scratch *s, const uint64_t *events, uint64_t *io_slots)
{
    for (size_t w = 0; w < BIT_WORDS(s->count); w++)
        for (uint64_t word = events[w]; word != 0; word &= word - 1) {
            uint32_t event = (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word);
            for (uint32_t slot = s->slot_starts[event]; slot < s->slot_starts[event + 1]; slot++)
                bit_set(io_slots, slot);
        }
}

/* Values of a column of one value an event. */
static void single_to_events(struct block_scratch *s, const struct column *c, const uint64_t *values,
                             uint64_t *io_events)
{
    const uint64_t *presence = scratch_presence(s, c);
    uint32_t at = 0;
    if (column_count(c) == s->count) {
        for (size_t w = 0; w < BIT_WORDS(s->count); w++)
            io_events[w] |= values[w];
        return;
    }
    for (size_t w = 0; w < BIT_WORDS(s->count); w++)
        for (uint64_t word = presence[w]; word != 0; word &= word - 1, at++)
            io_events[w] |= (uint64_t)bit_of(values, at) << __builtin_ctzll(word);
}

/* Values of lists and of items: any makes its event. */
static void several_to_events(struct block_scratch *s, const struct column *c, const uint64_t *values,
                              uint64_t *io_events)
{
    const uint64_t *presence = scratch_presence(s, c);
    const uint32_t *starts = scratch_starts(s, c);
    for (size_t w = 0; w < BIT_WORDS(s->count); w++)
        for (uint64_t word = presence[w]; word != 0; word &= word - 1) {
            uint32_t event = (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word);
            for (uint32_t i = starts[event]; i < starts[event + 1]; i++)
                if (bit_of(values, i)) {
                    bit_set(io_events, event);
                    break;
                }
        }
}

/* Values of items, each to the item that it is of. NULL `values`: all. */
static void items_to_slots(struct block_scratch *s, const struct column *c, const uint64_t *values, uint64_t *io_slots)
{
    const uint64_t *presence = scratch_presence(s, c);
    const uint32_t *starts = scratch_starts(s, c), *items = scratch_items(s, c);
    for (size_t w = 0; w < BIT_WORDS(s->count); w++)
        for (uint64_t word = presence[w]; word != 0; word &= word - 1) {
            uint32_t event = (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word);
            for (uint32_t i = starts[event]; i < starts[event + 1]; i++)
                if (values == NULL || bit_of(values, i))
                    bit_set(io_slots, s->slot_starts[event] + items[i]);
        }
}

/* Adds what has one of the values. */
static void values_add(const struct path *p, struct block_scratch *s, const struct path_column *c,
                       const uint64_t *values, uint64_t *io_bits)
{
    uint64_t *events = io_bits;
    if (s->by_item && p->of == COLUMN_ITEM) {
        items_to_slots(s, c->column, values, io_bits);
        return;
    }
    if (s->by_item) {
        events = bits_take(s, s->count);
        bits_fill(events, s->count, false);
    }
    if (c->is_list || p->of == COLUMN_ITEM)
        several_to_events(s, c->column, values, events);
    else
        single_to_events(s, c->column, values, events);
    if (s->by_item)
        events_to_slots(s, events, io_bits);
}

/* Adds what has any value of the column; of a thing, what names one of which something is known. */
static void known_add(const struct filter *f, struct block_scratch *s, const struct path_column *c, uint64_t *io_bits)
{
    const struct path *p = f->path;
    const uint64_t *presence = scratch_presence(s, c->column);
    if (p->kind == PATH_THING) {
        uint32_t count = column_count(c->column);
        uint64_t *holding = bits_take(s, count), *known = bits_take(s, count);
        bits_fill(holding, count, false);
        bits_fill(known, count, false);
        things_hold(f, s, c, holding, known);
        values_add(p, s, c, known, io_bits);
    } else if (s->by_item && p->of == COLUMN_ITEM) {
        items_to_slots(s, c->column, NULL, io_bits);
    } else if (s->by_item) {
        events_to_slots(s, presence, io_bits);
    } else {
        for (size_t w = 0; w < BIT_WORDS(s->count); w++)
            io_bits[w] |= presence[w];
    }
}

/* Adds what has a value that holds; of != one that isn't equal, whatever it is. */
static void holding_add(const struct filter *f, struct block_scratch *s, const struct path_column *c, uint64_t *io_bits)
{
    uint32_t count = column_count(c->column);
    uint64_t *values = bits_take(s, count), *known = bits_take(s, count);
    bits_fill(values, count, false);
    bits_fill(known, count, false);
    if (f->path->kind == PATH_THING) {
        things_hold(f, s, c, values, known);
    } else {
        values_hold(f, s, c, values);
        if (f->compare == EXPR_UNEQUAL)
            complement(values, count);
    }
    values_add(f->path, s, c, values, io_bits);
}

/* --- conditions --- */

/* Of each event what clocks showed at its time. */
static const int64_t *dials_of(const struct path *p, struct block_scratch *s)
{
    const int64_t *times = scratch_times(s);
    int64_t *dials = ARENA_ARRAY(s->passing, int64_t, s->count);
    for (uint32_t i = 0; i < s->count; i++)
        dials[i] = path_dial(p, s->civil, times[i]).integer;
    return dials;
}

/* Of its time, and of what clocks showed then. */
static void time_bits(const struct filter *f, struct block_scratch *s, uint64_t *io_events)
{
    struct reach *reaches = ARENA_ARRAY(s->passing, struct reach, f->time_count + f->number_count + 1);
    bool is_dial = f->path->kind == PATH_DIAL, is_known = f->compare == EXPR_KNOWN || f->compare == EXPR_UNKNOWN;
    uint32_t count = is_known ? 0 : is_dial ? reaches_of_numbers(f, 0, reaches) : reaches_of_times(f, reaches);
    if (count > 0)
        integers_hold(is_dial ? dials_of(f->path, s) : scratch_times(s), s->count, reaches, count, io_events);
    if (f->compare == EXPR_UNEQUAL || f->compare == EXPR_KNOWN)
        complement(io_events, s->count);
}

/* Of what every event has: its name, its time. */
static void event_bits(const struct filter *f, struct block_scratch *s, bool wanted, uint64_t *out_bits)
{
    uint64_t *events = s->by_item ? bits_take(s, s->count) : out_bits;
    bits_fill(events, s->count, false);
    if (f->op == FILTER_EVENTS)
        (void)block_match(s->block, f->events, events);
    else
        time_bits(f, s, events);
    if (!wanted)
        complement(events, s->count);
    if (s->by_item) {
        bits_fill(out_bits, s->slot_count, false);
        events_to_slots(s, events, out_bits);
    }
}

static void present_bits(const struct filter *f, struct block_scratch *s, bool wanted, uint64_t *out_bits)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    uint32_t count = path_columns(f->path, s->block, columns);
    bits_fill(out_bits, s->slot_count, false);
    if (f->compare == EXPR_KNOWN || f->compare == EXPR_UNKNOWN) {
        for (uint32_t i = 0; i < count; i++)
            known_add(f, s, &columns[i], out_bits);
        if ((f->compare == EXPR_KNOWN) != wanted)
            complement(out_bits, s->slot_count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        holding_add(f, s, &columns[i], out_bits);
    if (wanted || count == 0)
        return;
    uint64_t *known = bits_take(s, s->slot_count);
    bits_fill(known, s->slot_count, false);
    for (uint32_t i = 0; i < count; i++)
        known_add(f, s, &columns[i], known);
    for (size_t w = 0; w < BIT_WORDS(s->slot_count); w++)
        out_bits[w] = known[w] & ~out_bits[w];
}

/* Events that are barred from the path have no value: nothing holds of them but that it is unknown. */
static void comparison_bits(const struct filter *f, struct block_scratch *s, bool wanted, uint64_t *out_bits)
{
    present_bits(f, s, wanted, out_bits);
    if (f->path->barred == NULL)
        return;
    uint64_t *events = bits_take(s, s->count), *barred = events;
    bool is_of_unknown = f->compare == EXPR_UNKNOWN ? wanted : f->compare == EXPR_KNOWN && !wanted;
    bits_fill(events, s->count, false);
    (void)block_match(s->block, f->path->barred, events);
    if (s->by_item) {
        barred = bits_take(s, s->slot_count);
        bits_fill(barred, s->slot_count, false);
        events_to_slots(s, events, barred);
    }
    for (size_t w = 0; w < BIT_WORDS(s->slot_count); w++)
        out_bits[w] = is_of_unknown ? out_bits[w] | barred[w] : out_bits[w] & ~barred[w];
}

static bool bits_none(const uint64_t *bits, uint32_t count)
{
    uint64_t any = 0;
    for (size_t w = 0; w < BIT_WORDS(count); w++)
        any |= bits[w];
    return any == 0;
}

/* One that has no parts. */
static void leaf_bits(const struct filter *f, struct block_scratch *s, bool wanted, uint64_t *out_bits)
{
    arena_reset(s->passing);
    if (scratch_gave_up(s))
        bits_fill(out_bits, s->slot_count, false);
    else if (f->op == FILTER_EVENTS || f->path->kind == PATH_TIME || f->path->kind == PATH_DIAL)
        event_bits(f, s, wanted, out_bits);
    else
        comparison_bits(f, s, wanted, out_bits);
}

/* Where it holds, or (not `wanted`) where its opposite does. Depth is bounded by EXPR_DEPTH_MAX. */
static void filter_bits(const struct filter *f, struct block_scratch *s, bool wanted, uint64_t *out_bits)
{
    if (f->op == FILTER_EVENTS || f->op == FILTER_COMPARISON) {
        leaf_bits(f, s, wanted, out_bits);
    } else if (f->op == FILTER_NOT) {
        filter_bits(f->parts[0], s, !wanted, out_bits);
    } else {
        bool is_all = (f->op == FILTER_AND) == wanted;
        struct part *part = part_take(s);
        filter_bits(f->parts[0], s, wanted, out_bits);
        for (uint32_t i = 1; i < f->count && !(is_all && bits_none(out_bits, s->slot_count)); i++) {
            filter_bits(f->parts[i], s, wanted, part->bits);
            for (size_t w = 0; w < BIT_WORDS(s->slot_count); w++)
                out_bits[w] = is_all ? out_bits[w] & part->bits[w] : out_bits[w] | part->bits[w];
        }
        part_give(s, part);
    }
}

void filter_run(const struct filter *f, struct block_scratch *s, uint64_t *io_bits)
{
    if (f == NULL)
        return;
    struct part *holds = part_take(s);
    filter_bits(f, s, true, holds->bits);
    for (size_t w = 0; w < BIT_WORDS(s->slot_count); w++)
        io_bits[w] &= holds->bits[w];
    part_give(s, holds);
}
