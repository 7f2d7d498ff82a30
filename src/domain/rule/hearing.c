#include "domain/rule/hearing.h"

#include <string.h>

#include "base/attr.h"
#include "domain/analytics/analytics.h"

#define LINE_BYTES 64u
#define RULE_LINES_MAX 40u      /* of one rule that are fetched: nearly all are smaller */
#define FETCHED_BYTES_MAX 8192u /* of a hearing: what comes behind is read in order */
#define FIRST_BLOCK_BYTES 16384u
#define CONDITION_OWN UINT32_MAX

/* A feature as it is heard. */
struct heard_feature {
    uint32_t slot, brand;
    const struct matcher *matcher;
    uint32_t condition; /* which of the hearing's; CONDITION_OWN: nobody shares it */
    uint32_t rule_count;
    const uint32_t *rules; /* places in the hearing's rules */
};
struct heard_rule {
    uint32_t number, line_count;
    const void **lines;
};
struct hearing {
    struct arena *arena; /* one block, which begins with this */
    size_t bytes;
    uint32_t feature_count, condition_count, rule_count;
    struct heard_feature *features; /* by slot */
    struct heard_rule *rules;       /* ascending */
    uint32_t path_count;            /* that features share */
};

/* --- making one --- */

struct making {
    const struct book *book;
    struct arena *arena; /* of the hearing */
    struct arena *scratch;
    struct hearing *hearing;
    struct bytes *conditions; /* as they print */
    struct path_pool pool;
};

/* Slots that hear the name and those that hear every name, ascending, each once. */
static uint32_t slots_of(const struct book *b, uint32_t event, struct arena *a, uint32_t **out_slots)
{
    struct book_list some = book_hears(b, event), all = book_hears_all(b);
    uint32_t *slots = ARENA_ARRAY(a, uint32_t, some.count + all.count), count = 0;
    for (uint32_t i = 0, j = 0; i < some.count || j < all.count;) {
        bool takes_some = i < some.count && (j == all.count || some.list[i] <= all.list[j]);
        uint32_t slot = takes_some ? some.list[i] : all.list[j];
        slots[count++] = slot;
        i += i < some.count && some.list[i] == slot;
        j += j < all.count && all.list[j] == slot;
    }
    *out_slots = slots;
    return count;
}

static uint32_t condition_of(struct making *m, const struct matcher *matcher)
{
    const struct expr *condition = matcher_condition(matcher);
    struct hearing *h = m->hearing;
    struct buf text;
    if (condition == NULL)
        return CONDITION_OWN;
    buf_init(&text, EXPR_BYTES_MAX);
    expr_print(condition, &text);
    bool is_whole = !text.overflowed;
    struct bytes said = arena_copy(m->scratch, buf_bytes(&text));
    buf_fini(&text);
    for (uint32_t i = 0; i < h->condition_count; i++)
        if (is_whole && bytes_equal(m->conditions[i], said))
            return i;
    m->conditions[h->condition_count] = is_whole ? said : BYTES_NONE;
    return h->condition_count++;
}

static uint32_t rule_place(const struct hearing *h, uint32_t number)
{
    uint32_t low = 0, high = h->rule_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (h->rules[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void rule_join(struct hearing *h, uint32_t number)
{
    uint32_t at = rule_place(h, number);
    if (at < h->rule_count && h->rules[at].number == number)
        return;
    memmove(h->rules + at + 1, h->rules + at, (h->rule_count - at) * sizeof *h->rules);
    h->rules[at] = (struct heard_rule){.number = number};
    h->rule_count++;
}

/* What looking at a rule reads before its program does: how the book has it, and who counts its looks. */
static void rule_lines(struct making *m, struct heard_rule *io)
{
    const struct book_rule *r = book_rule(m->book, io->number);
    const void *lines[RULE_LINES_MAX] = {r, &r->row.unknown, &r->program, &r->effort, r->effort, r->row.slots};
    size_t count = 6;
    if (r->program != NULL)
        count += program_lines(r->program, lines + count, RULE_LINES_MAX - count);
    io->line_count = (uint32_t)count;
    io->lines = ARENA_ARRAY(m->arena, const void *, count);
    memcpy(io->lines, lines, count * sizeof *lines);
}

static void feature_read(struct making *m, const struct book_feature *f)
{
    struct hearing *h = m->hearing;
    struct heard_feature *to = &h->features[h->feature_count];
    *to = (struct heard_feature){.slot = f->slot, .brand = f->brand, .rule_count = f->rule_count};
    if (failed(matcher_compile_among(f->feature, book_civil(m->book), &m->pool, m->arena, &to->matcher, NULL)))
        return;
    to->condition = condition_of(m, to->matcher);
    h->feature_count++;
}

static void rules_read(struct making *m)
{
    struct hearing *h = m->hearing;
    for (uint32_t i = 0; i < h->feature_count; i++) {
        struct heard_feature *to = &h->features[i];
        const struct book_feature *f = book_feature(m->book, to->slot);
        uint32_t *places = ARENA_ARRAY(m->arena, uint32_t, f->rule_count);
        for (uint32_t j = 0; j < f->rule_count; j++)
            places[j] = rule_place(h, f->rules[j]);
        to->rules = places;
    }
    for (uint32_t i = 0; i < h->rule_count; i++)
        rule_lines(m, &h->rules[i]);
}

static struct hearing *make(const struct book *b, const uint32_t *slots, uint32_t count, struct arena *a)
{
    struct making m = {.book = b, .arena = a, .scratch = arena_create(FIRST_BLOCK_BYTES)};
    struct hearing *h = m.hearing = ARENA_NEW(a, struct hearing);
    size_t readers = 0;
    for (uint32_t i = 0; i < count; i++)
        readers += book_feature(b, slots[i])->rule_count;
    h->arena = a;
    h->features = ARENA_ARRAY(a, struct heard_feature, count);
    h->rules = ARENA_ARRAY(a, struct heard_rule, readers);
    m.conditions = ARENA_ARRAY(m.scratch, struct bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct book_feature *f = book_feature(b, slots[i]);
        if (f->matcher == NULL)
            continue;
        feature_read(&m, f);
        for (uint32_t j = 0; j < f->rule_count; j++)
            rule_join(h, f->rules[j]);
    }
    rules_read(&m);
    h->path_count = m.pool.count;
    h->bytes = arena_used(a);
    arena_destroy(m.scratch);
    return h;
}

/* Made twice: the first time tells how much it takes. */
struct hearing *hearing_create(const struct book *b, uint32_t event)
{
    struct arena *first = arena_create(FIRST_BLOCK_BYTES);
    struct hearing *h = NULL;
    uint32_t *slots, count = slots_of(b, event, first, &slots);
    if (count > 0) {
        size_t bytes = make(b, slots, count, first)->bytes;
        h = make(b, slots, count, arena_create(bytes + LINE_BYTES));
    }
    arena_destroy(first);
    return h;
}

void hearing_destroy(struct hearing *h)
{
    if (h != NULL)
        arena_destroy(h->arena);
}

size_t hearing_bytes(const struct hearing *h)
{
    return h->bytes;
}

/* --- an event --- */

static void fetch(const struct hearing *h)
{
    const uint8_t *from = (const uint8_t *)h;
    size_t bytes = h->bytes < FETCHED_BYTES_MAX ? h->bytes : FETCHED_BYTES_MAX;
    for (size_t at = 0; at < bytes; at += LINE_BYTES)
        prefetch(from + at);
}

static bool takes(const struct heard_feature *f, uint32_t brand)
{
    return f->brand == 0 || brand == 0 || f->brand == brand;
}

/* Marked rules, ascending. */
static struct book_list rules_marked(const struct hearing *h, const bool *marks, struct arena *a)
{
    uint32_t *list = arena_take(a, h->rule_count * sizeof *list, _Alignof(uint32_t)), count = 0;
    for (uint32_t i = 0; i < h->rule_count; i++)
        if (marks[i])
            list[count++] = h->rules[i].number;
    return (struct book_list){.count = count, .list = list};
}

void hearing_match(const struct hearing *h, const struct arrived *arrived, const struct civil *civil, struct arena *a,
                   struct heard *out)
{
    fetch(h);
    struct feature_event event = {
        .arrived = arrived, .civil = civil, .found = ARENA_ARRAY(a, struct path_found, h->path_count)};
    enum condition_holds *holds = ARENA_ARRAY(a, enum condition_holds, h->condition_count);
    bool *marks = ARENA_ARRAY(a, bool, h->rule_count);
    *out = (struct heard){.list = arena_take(a, h->feature_count * sizeof *out->list, _Alignof(struct slot_entries))};
    for (uint32_t i = 0; i < h->feature_count; i++) {
        const struct heard_feature *f = &h->features[i];
        struct slot_entries *to = &out->list[out->count];
        if (!takes(f, arrived->brand))
            continue;
        enum condition_holds *shared = f->condition == CONDITION_OWN ? NULL : &holds[f->condition];
        to->slot = f->slot;
        to->count = matcher_entries_of(f->matcher, &event, shared, a, &to->entries);
        if (to->count == 0)
            continue;
        out->count++;
        for (uint32_t j = 0; j < f->rule_count; j++)
            marks[f->rules[j]] = true;
    }
    out->rules = rules_marked(h, marks, a);
}

void hearing_fetch(const struct hearing *h, struct book_list rules)
{
    for (uint32_t i = 0, at = 0; i < rules.count; i++) {
        while (h->rules[at].number != rules.list[i])
            at++;
        const struct heard_rule *r = &h->rules[at];
        for (uint32_t j = 0; j < r->line_count; j++)
            prefetch(r->lines[j]);
    }
}
