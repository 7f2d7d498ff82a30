#include "domain/analytics/name_book.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/hash.h"
#include "domain/analytics/exchange.h"
#include "domain/collect/collect.h"
#include "lib/nearest.h"

#define BOOK_BLOCK_BYTES (64u << 10)
#define WORDS_FIRST 256u /* room for words, doubled as they come; so many slots twice */

#define OF_THING ((uint32_t)COLUMN_OF_COUNT) /* a word of a kind's member and not of a column */
#define MEMBER_BYTES_MAX 256u

/* Something that can be looked up; begins with its name, as lib/nearest.h wants it. */
struct word {
    const char *name;
    size_t size;
    uint32_t of;       /* what else tells words of one name apart */
    uint32_t number;   /* of an event */
    uint32_t alias_of; /* of an event: what it counts as; 0: itself */
    const char *label, *label_zh;
};

struct words {
    struct word *rows;
    uint32_t *slots; /* twice as many as there is room for rows: row + 1; 0: free */
    uint32_t count, room;
};

struct name_book {
    struct arena *arena;
    atomic_uint holders;
    struct name_book *below; /* whose names this one's are; NULL: nobody's */
    struct words events;      /* by name and by label */
    struct words properties;  /* fields among them */
    struct words hidden;      /* properties that nobody may add */
    struct words personal;    /* properties that tell of persons */
    struct words barred;      /* those of single events that have none of them: a word for each of these events */
    const struct veil *veil;  /* NULL: none */
    struct rate_book *rates;  /* held by the lowest book; NULL: none was set */
    const char **event_names; /* by number; NULL: none */
    uint32_t event_room;
};

static const struct field fields[] = {
    {"brand", "brand"},       {"channel", "channel"}, {"shop", "shop"},
    {"store", "store"},       {"staff", "staff"},     {"touchpoint", "touchpoint"},
    {"campaign", "campaign"}, {"order", NULL},        {"conversation", "conversation"},
    {"group", "group"},       {"source", NULL},       {"actor", NULL},
    {"actor_id", NULL},
};

const struct field *field_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (bytes_equal(name, bytes_of_text(fields[i].name)))
            return &fields[i];
    return NULL;
}

/* --- words --- */

static uint32_t *slot_of(const struct words *w, struct bytes name, uint32_t of)
{
    uint32_t mask = w->room * 2 - 1;
    for (uint32_t at = (uint32_t)hash64(name, of) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &w->slots[at];
        if (*slot == 0)
            return slot;
        const struct word *row = &w->rows[*slot - 1];
        if (row->of == of && bytes_equal(name, bytes_of(row->name, row->size)))
            return slot;
    }
}

static const struct word *word_find(const struct words *w, struct bytes name, uint32_t of)
{
    const uint32_t *slot = w->room == 0 ? NULL : slot_of(w, name, of);
    return slot == NULL || *slot == 0 ? NULL : &w->rows[*slot - 1];
}

static void words_grow(struct words *w, struct arena *arena)
{
    struct words larger = {.count = w->count, .room = w->room == 0 ? WORDS_FIRST : w->room * 2};
    larger.rows = ARENA_ARRAY(arena, struct word, larger.room);
    larger.slots = ARENA_ARRAY(arena, uint32_t, (size_t)larger.room * 2);
    if (w->count > 0)
        memcpy(larger.rows, w->rows, w->count * sizeof *w->rows);
    for (uint32_t i = 0; i < w->count; i++)
        *slot_of(&larger, bytes_of(w->rows[i].name, w->rows[i].size), w->rows[i].of) = i + 1;
    *w = larger;
}

/* The first one of a name stays. Copies the name. */
static void word_add(struct words *w, struct arena *arena, struct bytes name, struct word said)
{
    if (name.size == 0 || word_find(w, name, said.of) != NULL)
        return;
    if (w->count == w->room)
        words_grow(w, arena);
    said.name = arena_text(arena, name);
    said.size = name.size;
    if (said.label == NULL)
        said.label = said.name;
    if (said.label_zh == NULL)
        said.label_zh = said.label;
    uint32_t *slot = slot_of(w, name, said.of);
    w->rows[w->count] = said;
    *slot = ++w->count;
}

/* --- the book --- */

struct name_book *name_book_of_fields(void)
{
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct name_book *b = ARENA_NEW(arena, struct name_book);
    b->arena = arena;
    atomic_init(&b->holders, 1);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        name_book_property_add(b, COLUMN_FIELD, bytes_of_text(fields[i].name));
    name_book_property_add(b, COLUMN_FIELD, BYTES_LIT(FIELD_EVENT));
    name_book_property_add(b, COLUMN_FIELD, BYTES_LIT(FIELD_TIME));
    return b;
}

struct name_book *name_book_create(void)
{
    struct name_book *b = name_book_of_fields();
    size_t count;
    const struct standard_event *standard = standard_events(&count);
    for (size_t i = 0; i < count; i++)
        name_book_event_add(b, standard[i].number, bytes_of_text(standard[i].name), 0, bytes_of_text(standard[i].zh));
    return b;
}

struct name_book *name_book_share(struct name_book *b)
{
    (void)atomic_fetch_add(&b->holders, 1);
    return b;
}

/* The texts stay where they are. */
static struct words words_copy(const struct words *w, struct arena *arena)
{
    struct words copy = *w;
    copy.rows = ARENA_ARRAY(arena, struct word, w->room);
    copy.slots = ARENA_ARRAY(arena, uint32_t, (size_t)w->room * 2);
    if (w->room > 0) {
        memcpy(copy.rows, w->rows, w->count * sizeof *copy.rows);
        memcpy(copy.slots, w->slots, (size_t)w->room * 2 * sizeof *copy.slots);
    }
    return copy;
}

struct name_book *name_book_over(struct name_book *below)
{
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct name_book *b = ARENA_NEW(arena, struct name_book);
    b->arena = arena;
    atomic_init(&b->holders, 1);
    b->below = below;
    b->events = below->events;
    b->properties = words_copy(&below->properties, arena);
    b->hidden = below->hidden;
    b->personal = below->personal;
    b->barred = below->barred;
    b->veil = below->veil;
    b->rates = below->rates;
    b->event_names = below->event_names;
    b->event_room = below->event_room;
    return b;
}

void name_book_destroy(struct name_book *b)
{
    while (b != NULL && atomic_fetch_sub(&b->holders, 1) == 1) {
        struct name_book *below = b->below;
        if (below == NULL)
            rate_book_release(b->rates);
        arena_destroy(b->arena);
        b = below;
    }
}

static void event_name_keep(struct name_book *b, uint32_t number, const char *name)
{
    if (number >= b->event_room) {
        uint32_t room = b->event_room == 0 ? NAME_EVENT_CUSTOM : b->event_room;
        while (room <= number)
            room *= 2;
        const char **names = ARENA_ARRAY(b->arena, const char *, room);
        if (b->event_room > 0)
            memcpy(names, b->event_names, b->event_room * sizeof *names);
        b->event_names = names;
        b->event_room = room;
    }
    b->event_names[number] = name;
}

void name_book_event_add(struct name_book *b, uint32_t number, struct bytes name, uint32_t alias_of,
                         struct bytes label_zh)
{
    assert(number > 0 && number <= NAMES_A_KIND_MAX && name.size > 0 && b->below == NULL);
    const char *label = arena_text(b->arena, name), *zh = label_zh.size > 0 ? arena_text(b->arena, label_zh) : NULL;
    struct word said = {.number = number, .alias_of = alias_of, .label = label, .label_zh = zh};
    word_add(&b->events, b->arena, name, said);
    word_add(&b->events, b->arena, label_zh, said);
    event_name_keep(b, number, label);
}

void name_book_veil(struct name_book *b, const struct veil *veil)
{
    b->veil = veil;
}

void name_book_property_hide(struct name_book *b, enum column_of of, struct bytes name)
{
    assert(b->below == NULL);
    word_add(&b->hidden, b->arena, name, (struct word){.of = of});
}

void name_book_property_bar(struct name_book *b, uint16_t event, enum column_of of, struct bytes name)
{
    assert(b->below == NULL);
    uint32_t of_event = (uint32_t)event * COLUMN_OF_COUNT + of; /* so that each event has a word of its own */
    word_add(&b->barred, b->arena, name, (struct word){.of = of_event, .number = event});
}

bool name_book_hides(const struct name_book *b, enum column_of of, struct bytes name)
{
    for (size_t size = property_around(name, 0); size > 0; size = property_around(name, size))
        if (word_find(&b->hidden, bytes_slice(name, 0, size), of) != NULL)
            return true;
    return b->veil != NULL && of != COLUMN_FIELD && b->veil->hides_name(name);
}

void name_book_personal_note(struct name_book *b, enum column_of of, struct bytes name)
{
    assert(b->below == NULL);
    word_add(&b->personal, b->arena, name, (struct word){.of = of});
}

bool name_book_is_personal(const struct name_book *b, struct bytes name)
{
    static const struct {
        const char *prefix;
        enum column_of of;
    } kinds[] = {{"", COLUMN_PROPERTY}, {"properties.", COLUMN_PROPERTY}, {"item.", COLUMN_ITEM}, {"fields.", COLUMN_FIELD}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct bytes prefix = bytes_of_text(kinds[i].prefix);
        if (!bytes_starts_with(name, prefix))
            continue;
        struct bytes rest = bytes_slice(name, prefix.size, name.size);
        for (size_t size = property_around(rest, 0); size > 0; size = property_around(rest, size))
            if (word_find(&b->personal, bytes_slice(rest, 0, size), kinds[i].of) != NULL)
                return true;
    }
    return false;
}

void name_book_property_add(struct name_book *b, enum column_of of, struct bytes name)
{
    if (!name_book_hides(b, of, name))
        word_add(&b->properties, b->arena, name, (struct word){.of = of});
}

/* --- looking up --- */

uint32_t name_book_events(const struct name_book *b, struct bytes name, uint16_t out_events[EVENTS_A_NAME_MAX],
                          const char **out_label, const char **out_label_zh)
{
    const struct word *row = word_find(&b->events, name, 0);
    if (row == NULL)
        row = word_find(&b->events, standard_event_fold(name), 0);
    if (row == NULL)
        return 0;
    uint32_t count = 0;
    out_events[count++] = (uint16_t)row->number;
    if (row->alias_of != 0 && row->alias_of != row->number)
        out_events[count++] = (uint16_t)row->alias_of;
    *out_label = row->label;
    *out_label_zh = row->label_zh;
    return count;
}

const char *name_book_nearest_event(const struct name_book *b, struct bytes name)
{
    return nearest_name(name, b->events.rows, b->events.count, sizeof *b->events.rows);
}

struct bytes name_book_event_name(const struct name_book *b, uint32_t number)
{
    return number < b->event_room ? bytes_of_text(b->event_names[number]) : BYTES_NONE;
}

uint32_t name_book_event_next(const struct name_book *b, uint32_t after)
{
    for (uint32_t number = after + 1; number < b->event_room; number++)
        if (b->event_names[number] != NULL)
            return number;
    return 0;
}

struct bytes name_book_event_zh(const struct name_book *b, struct bytes name)
{
    const struct word *row = word_find(&b->events, name, 0);
    return row == NULL ? name : bytes_of_text(row->label_zh);
}

bool name_book_has(const struct name_book *b, enum column_of of, struct bytes name)
{
    return word_find(&b->properties, name, of) != NULL;
}

/* Whether the one word is of the property, or of an object around it. */
static bool is_around(const struct word *row, enum column_of of, struct bytes name)
{
    return row->of % COLUMN_OF_COUNT == of && bytes_starts_with(name, bytes_of(row->name, row->size)) &&
           (row->size == name.size || name.data[row->size] == '.');
}

const uint64_t *name_book_barred(const struct name_book *b, enum column_of of, struct bytes name, struct arena *arena)
{
    uint64_t *events = NULL;
    for (uint32_t i = 0; i < b->barred.count; i++) {
        const struct word *row = &b->barred.rows[i];
        if (!is_around(row, of, name))
            continue;
        if (events == NULL)
            events = ARENA_ARRAY(arena, uint64_t, EVENT_WORDS);
        events[row->number / 64] |= UINT64_C(1) << (row->number % 64);
    }
    return events;
}

void name_book_rates_set(struct name_book *b, struct rate_book *rates)
{
    assert(b->below == NULL && b->rates == NULL);
    b->rates = rates;
}

struct rate_book *name_book_rates_held(const struct name_book *b)
{
    return b->rates;
}

const struct rate_book *name_book_rates(const struct name_book *b)
{
    static const struct rate_book unsaid = {.group = CURRENCY_CNY};
    return b->rates == NULL ? &unsaid : b->rates;
}

const struct veil *name_book_veiled_by(const struct name_book *b)
{
    return b->veil;
}

/* "store.city", beside the names of columns and apart from them. */
static struct bytes member_text(struct bytes kind, struct bytes member, char out[MEMBER_BYTES_MAX])
{
    int size = snprintf(out, MEMBER_BYTES_MAX, "%.*s.%.*s", BYTES_ARG(kind), BYTES_ARG(member));
    return size < 0 || (size_t)size >= MEMBER_BYTES_MAX ? BYTES_NONE : bytes_of(out, (size_t)size);
}

void name_book_member_add(struct name_book *b, struct bytes kind, struct bytes member, bool is_ancestor)
{
    char text[MEMBER_BYTES_MAX];
    word_add(&b->properties, b->arena, member_text(kind, member, text),
             (struct word){.of = OF_THING, .number = is_ancestor});
}

bool name_book_member(const struct name_book *b, struct bytes kind, struct bytes member, bool *out_is_ancestor)
{
    char text[MEMBER_BYTES_MAX];
    const struct word *row = word_find(&b->properties, member_text(kind, member, text), OF_THING);
    if (row != NULL)
        *out_is_ancestor = row->number != 0;
    return row != NULL;
}

/* Things are named by fields and properties of their kind's name, or else by items'. */
static bool is_of_item(const struct name_book *b, const struct word *row)
{
    const char *dot = strchr(row->name, '.');
    struct bytes base = row->of == OF_THING ? bytes_of(row->name, (size_t)(dot - row->name)) : BYTES_NONE;
    return row->of == COLUMN_ITEM ||
           (row->of == OF_THING && field_named(base) == NULL && word_find(&b->properties, base, COLUMN_ITEM) != NULL);
}

void name_book_nearest_property(const struct name_book *b, struct bytes name, struct buf *out)
{
    const struct words *w = &b->properties;
    const struct word *row = word_find(w, name, COLUMN_ITEM);
    if (row == NULL) {
        const char *near = nearest_name(name, w->rows, w->count, sizeof *w->rows);
        for (row = w->rows; row->name != near;)
            row++;
    }
    buf_printf(out, "%s%s", is_of_item(b, row) ? "item." : "", row->name);
}
