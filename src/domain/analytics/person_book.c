#include "domain/analytics/person_book.h"

#include <math.h>

#include "base/hash.h"
#include "base/time.h"

#define BOOK_BLOCK_BYTES (256u << 10)
#define TEXT_BYTES_MAX 100u  /* of a value: what is longer tells nothing of many people */
#define TEXTS_MAX (1u << 16) /* different ones; further ones are nothing */
#define SLOTS (2 * TEXTS_MAX)

const char *const person_fact_names[PERSON_FACT_COUNT] = {"trait", "tag", "segment", "trait's source",
                                                               "trait's time"};

struct person_book {
    struct arena *arena;
    struct person_wants wants;
    uint32_t end, left_out;
    uint32_t *places; /* by number; one more than the place, 0: isn't there */
    struct buf people, cells;
    uint32_t text_count;
    struct bytes *texts; /* by code less one */
    uint32_t *slots;     /* of a hash table of codes */
};

static size_t cells_of(const struct person_wants *w)
{
    return (size_t)w->count * w->cut_count;
}

fallible person_book_create(const struct person_wants *wants, struct person_room room, struct person_book **out_book,
                            struct err *e)
{
    uint32_t end = room.end;
    size_t bytes = (size_t)end * (2 * sizeof(uint32_t) + cells_of(wants) * sizeof(struct person_cell));
    assert(wants->count <= PERSON_WANTS_MAX && wants->cut_count >= 1 && wants->cut_count <= PERSON_CUTS_MAX);
    if (bytes > PERSON_BOOK_BYTES_MAX || bytes > room.bytes_max)
        return FAIL(e, LIMIT,
                    "of %u people so much can't be kept in mind at once: name fewer traits, tags and segments", end);
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct person_book *b = ARENA_NEW(arena, struct person_book);
    *b = (struct person_book){.arena = arena, .wants = *wants, .end = end};
    b->places = ARENA_ARRAY(arena, uint32_t, (size_t)end + 1);
    b->texts = ARENA_ARRAY(arena, struct bytes, TEXTS_MAX);
    b->slots = ARENA_ARRAY(arena, uint32_t, SLOTS);
    buf_init(&b->people, PERSON_BOOK_BYTES_MAX);
    buf_init(&b->cells, PERSON_BOOK_BYTES_MAX + 1);
    *out_book = b;
    return DONE;
}

void person_book_destroy(struct person_book *b)
{
    if (b == NULL)
        return;
    buf_fini(&b->people);
    buf_fini(&b->cells);
    arena_destroy(b->arena);
}

uint32_t person_book_count(const struct person_book *b)
{
    return (uint32_t)(b->people.size / sizeof(uint32_t));
}

void person_book_enter(struct person_book *b, uint32_t person)
{
    uint32_t place = person_book_count(b);
    assert(person < b->end && (place == 0 || person_book_person(b, place - 1) < person));
    buf_push(&b->people, bytes_of(&person, sizeof person));
    b->places[person] = place + 1;
    for (size_t i = 0; i < cells_of(&b->wants); i++)
        buf_push(&b->cells,
                 bytes_of(&(struct person_cell){.number = NAN, .text = CODE_NONE}, sizeof(struct person_cell)));
}

void person_book_back(struct person_book *b, uint32_t count, uint32_t left_out)
{
    for (uint32_t place = count; place < person_book_count(b); place++)
        b->places[person_book_person(b, place)] = 0;
    b->people.size = count * sizeof(uint32_t);
    b->cells.size = count * cells_of(&b->wants) * sizeof(struct person_cell);
    b->left_out = left_out;
}

void person_book_leave_out(struct person_book *b)
{
    b->left_out++;
}

/* Where the text's code stands, or is to stand. */
static uint32_t *slot_of(const struct person_book *b, struct bytes text)
{
    uint32_t at = (uint32_t)hash64(text, 0) % SLOTS;
    while (b->slots[at] != 0 && !bytes_equal(b->texts[b->slots[at] - 1], text))
        at = (at + 1) % SLOTS;
    return &b->slots[at];
}

static uint32_t text_note(struct person_book *b, struct bytes text)
{
    if (text.size == 0 || text.size > TEXT_BYTES_MAX)
        return CODE_NONE;
    uint32_t *slot = slot_of(b, text);
    if (*slot == 0 && b->text_count == TEXTS_MAX)
        return CODE_NONE;
    if (*slot == 0) {
        b->texts[b->text_count] = arena_copy(b->arena, text);
        *slot = ++b->text_count;
    }
    return *slot;
}

static struct person_cell cell_of(struct person_book *b, const struct value *value)
{
    struct person_cell cell = {.number = NAN, .text = CODE_NONE};
    switch (value->kind) {
    case VALUE_FALSE:
    case VALUE_TRUE:
        cell.number = value->kind == VALUE_TRUE;
        break;
    case VALUE_DECIMAL:
    case VALUE_DOUBLE:
        cell.number = (float)value_real(value);
        break;
    case VALUE_TIME:
        cell.number = (float)((double)value->integer / US_PER_DAY);
        break;
    case VALUE_TEXT:
        cell.text = text_note(b, value->body);
        break;
    default:
        break;
    }
    if (isinf(cell.number))
        cell.number = NAN;
    return cell;
}

static struct person_cell *cell_at(const struct person_book *b, uint32_t place, uint32_t cut)
{
    struct person_cell *all = (struct person_cell *)(void *)b->cells.data;
    return all + cells_of(&b->wants) * place + (size_t)cut * b->wants.count;
}

void person_book_say(struct person_book *b, uint32_t want, uint32_t cut, const struct value *value)
{
    assert(person_book_count(b) > 0 && want < b->wants.count && cut < b->wants.cut_count);
    cell_at(b, person_book_count(b) - 1, cut)[want] = cell_of(b, value);
}

uint32_t person_book_left_out(const struct person_book *b)
{
    return b->left_out;
}

uint32_t person_book_person(const struct person_book *b, uint32_t place)
{
    assert(place < person_book_count(b));
    return ((const uint32_t *)(const void *)b->people.data)[place];
}

uint32_t person_book_place(const struct person_book *b, uint32_t person)
{
    return person < b->end && b->places[person] != 0 ? b->places[person] - 1 : PERSON_PLACE_NONE;
}

const struct person_cell *person_book_cells(const struct person_book *b, uint32_t place, uint32_t cut)
{
    assert(place < person_book_count(b) && cut < b->wants.cut_count);
    return b->wants.count == 0 ? NULL : cell_at(b, place, cut);
}

struct bytes person_book_text(const struct person_book *b, uint32_t code)
{
    return code == CODE_NONE ? BYTES_NONE : b->texts[code - 1];
}

uint32_t person_book_text_code(const struct person_book *b, struct bytes text)
{
    return text.size == 0 ? CODE_NONE : *slot_of(b, text);
}

uint32_t person_book_texts_end(const struct person_book *b)
{
    return b->text_count + 1;
}
