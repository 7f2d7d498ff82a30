#include "domain/analytics/name_book.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/hash.h"
#include "domain/analytics/event_book.h"
#include "domain/analytics/exchange.h"
#include "domain/collect/collect.h"
#include "lib/nearest.h"

#define BOOK_BLOCK_BYTES (64u << 10)

#define OF_THING ((uint32_t)COLUMN_OF_COUNT) /* a word of a kind's member and not of a column */
#define MEMBER_BYTES_MAX 256u

/* What is known of properties and of members of things; held by the books that have the same. */
struct known {
    struct arena *arena; /* holds this struct */
    atomic_uint holders;
    struct hash128 revision; /* as of name_book_known_take; zeroes: nobody said */
    struct words properties; /* fields among them, and members of things */
    struct words hidden;     /* properties that nobody may add */
    struct words personal;   /* properties that tell of persons */
    struct words barred;     /* those of single events that have none of them: a word for each of these events */
};

struct name_book {
    struct arena *arena;
    atomic_uint holders;
    struct name_book *below; /* whose names this one's are; NULL: nobody's */
    struct event_book *events;
    struct known *known;
    struct words *properties;    /* what is known; of a book over another one its own copy, in the arena */
    const struct veil *veil;     /* NULL: none */
    struct rate_book *rates;     /* held by the lowest book; NULL: none was set */
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

/* --- the book --- */

static struct known *known_create(void)
{
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct known *k = ARENA_NEW(arena, struct known);
    k->arena = arena;
    atomic_init(&k->holders, 1);
    return k;
}

static struct known *known_share(struct known *k)
{
    (void)atomic_fetch_add(&k->holders, 1);
    return k;
}

static void known_release(struct known *k)
{
    if (atomic_fetch_sub(&k->holders, 1) == 1)
        arena_destroy(k->arena);
}

/* Takes the caller's holds. */
static struct name_book *book_create(struct event_book *events, struct known *known)
{
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct name_book *b = ARENA_NEW(arena, struct name_book);
    b->arena = arena;
    atomic_init(&b->holders, 1);
    b->events = events;
    b->known = known;
    b->properties = &known->properties;
    return b;
}

struct name_book *name_book_of_fields(void)
{
    struct name_book *b = book_create(event_book_create(), known_create());
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        name_book_property_add(b, COLUMN_FIELD, bytes_of_text(fields[i].name));
    name_book_property_add(b, COLUMN_FIELD, BYTES_LIT(FIELD_EVENT));
    name_book_property_add(b, COLUMN_FIELD, BYTES_LIT(FIELD_TIME));
    name_book_property_add(b, COLUMN_FIELD, BYTES_LIT(FIELD_HOUR));
    name_book_property_add(b, COLUMN_FIELD, BYTES_LIT(FIELD_WEEKDAY));
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

struct name_book *name_book_over(struct name_book *below)
{
    struct name_book *b = book_create(event_book_share(below->events), known_share(below->known));
    b->below = below;
    b->properties = ARENA_NEW(b->arena, struct words);
    *b->properties = words_copy(below->properties, b->arena);
    b->veil = below->veil;
    b->rates = below->rates;
    return b;
}

bool name_book_known_take(struct name_book *b, const struct name_book *before, struct hash128 revision)
{
    assert(b->below == NULL && (before == NULL || (before->below == NULL && before->veil == b->veil)));
    bool is_same = before != NULL && hash128_equal(before->known->revision, revision);
    if (!is_same) {
        b->known->revision = revision;
        return false;
    }
    known_release(b->known);
    b->known = known_share(before->known);
    b->properties = &b->known->properties;
    return true;
}

struct event_book *name_book_events_held(const struct name_book *b)
{
    return b->events;
}

void name_book_events_set(struct name_book *b, struct event_book *events)
{
    event_book_release(b->events);
    b->events = events;
}

void name_book_destroy(struct name_book *b)
{
    while (b != NULL && atomic_fetch_sub(&b->holders, 1) == 1) {
        struct name_book *below = b->below;
        if (below == NULL)
            rate_book_release(b->rates);
        event_book_release(b->events);
        known_release(b->known);
        arena_destroy(b->arena);
        b = below;
    }
}

void name_book_event_add(struct name_book *b, uint32_t number, struct bytes name, uint32_t alias_of,
                         struct bytes label_zh)
{
    assert(number > 0 && number <= NAMES_A_KIND_MAX && name.size > 0 && b->below == NULL);
    event_book_add(b->events, number, name, alias_of, label_zh);
}

void name_book_veil(struct name_book *b, const struct veil *veil)
{
    b->veil = veil;
}

void name_book_property_hide(struct name_book *b, enum column_of of, struct bytes name)
{
    assert(b->below == NULL);
    word_add(&b->known->hidden, b->known->arena, b->known->arena, name, (struct word){.of = of});
}

void name_book_property_bar(struct name_book *b, uint16_t event, enum column_of of, struct bytes name)
{
    assert(b->below == NULL);
    uint32_t of_event = (uint32_t)event * COLUMN_OF_COUNT + of; /* so that each event has a word of its own */
    word_add(&b->known->barred, b->known->arena, b->known->arena, name, (struct word){.of = of_event, .number = event});
}

bool name_book_hides(const struct name_book *b, enum column_of of, struct bytes name)
{
    for (size_t size = property_around(name, 0); size > 0; size = property_around(name, size))
        if (word_find(&b->known->hidden, bytes_slice(name, 0, size), of) != NULL)
            return true;
    return b->veil != NULL && of != COLUMN_FIELD && b->veil->hides_name(name);
}

void name_book_personal_note(struct name_book *b, enum column_of of, struct bytes name)
{
    assert(b->below == NULL);
    word_add(&b->known->personal, b->known->arena, b->known->arena, name, (struct word){.of = of});
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
            if (word_find(&b->known->personal, bytes_slice(rest, 0, size), kinds[i].of) != NULL)
                return true;
    }
    return false;
}

/* Of what is added to the properties: the book's own over another one, else that of what is known. */
static struct arena *properties_arena(const struct name_book *b)
{
    return b->below == NULL ? b->known->arena : b->arena;
}

void name_book_property_add(struct name_book *b, enum column_of of, struct bytes name)
{
    if (!name_book_hides(b, of, name))
        word_add(b->properties, properties_arena(b), properties_arena(b), name, (struct word){.of = of});
}

/* --- looking up --- */

uint32_t name_book_events(const struct name_book *b, struct bytes name, uint16_t out_events[EVENTS_A_NAME_MAX],
                          const char **out_label, const char **out_label_zh)
{
    const struct word *row = word_find(event_book_words(b->events), name, 0);
    if (row == NULL)
        row = word_find(event_book_words(b->events), standard_event_fold(name), 0);
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
    const struct words *w = event_book_words(b->events);
    return nearest_name(name, w->rows, w->count, sizeof *w->rows);
}

struct bytes name_book_event_name(const struct name_book *b, uint32_t number)
{
    return bytes_of_text(event_book_name(b->events, number));
}

uint32_t name_book_event_next(const struct name_book *b, uint32_t after)
{
    for (uint32_t number = after + 1; number < event_book_end(b->events); number++)
        if (event_book_name(b->events, number) != NULL)
            return number;
    return 0;
}

struct bytes name_book_event_zh(const struct name_book *b, struct bytes name)
{
    const struct word *row = word_find(event_book_words(b->events), name, 0);
    return row == NULL ? name : bytes_of_text(row->label_zh);
}

bool name_book_has(const struct name_book *b, enum column_of of, struct bytes name)
{
    return word_find(b->properties, name, of) != NULL;
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
    for (uint32_t i = 0; i < b->known->barred.count; i++) {
        const struct word *row = &b->known->barred.rows[i];
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
    word_add(b->properties, properties_arena(b), properties_arena(b), member_text(kind, member, text),
             (struct word){.of = OF_THING, .number = is_ancestor});
}

bool name_book_member(const struct name_book *b, struct bytes kind, struct bytes member, bool *out_is_ancestor)
{
    char text[MEMBER_BYTES_MAX];
    const struct word *row = word_find(b->properties, member_text(kind, member, text), OF_THING);
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
           (row->of == OF_THING && field_named(base) == NULL && word_find(b->properties, base, COLUMN_ITEM) != NULL);
}

void name_book_nearest_property(const struct name_book *b, struct bytes name, struct buf *out)
{
    const struct words *w = b->properties;
    const struct word *row = word_find(w, name, COLUMN_ITEM);
    if (row == NULL) {
        const char *near = nearest_name(name, w->rows, w->count, sizeof *w->rows);
        for (row = w->rows; row->name != near;)
            row++;
    }
    buf_printf(out, "%s%s", is_of_item(b, row) ? "item." : "", row->name);
}
