#include "domain/column/extract.h"

#include <string.h>

#include "base/arena.h"
#include "domain/collect/collect.h"

#define CELLS_MAX 8192u /* of one event; further values are left out */
#define FIELD_SOURCE 0u
#define FIELD_ACTOR 1u
#define FIELD_ACTOR_ID 2u
#define FIELD_REFERENCES 3u
#define FIELD_COUNT (FIELD_REFERENCES + REF_COUNT)

struct extractor {
    struct arena *arena; /* of this struct */
    struct column_set *set;
    const struct property_bans *forbidden; /* NULL: nothing is */
    uint32_t fields[FIELD_COUNT];          /* numbers of their columns */
    struct buf cells;    /* struct column_cell */
    uint32_t count;
    struct envelope envelope;
    uint16_t event;
    /* Where in the event: what the cells of a record have in common. */
    enum column_of of;
    uint16_t item;
    uint8_t prefix[COLUMN_PROPERTY_BYTES_MAX]; /* names of the objects around, each with its dot */
};

static uint32_t field_number(struct column_set *set, struct bytes name)
{
    struct column_name column = {.of = COLUMN_FIELD, .kind = COLUMN_TEXT, .name = name};
    return column_set_number(set, &column);
}

struct extractor *extractor_create(struct column_set *set, const struct property_bans *forbidden)
{
    struct arena *arena = arena_create(sizeof(struct extractor));
    struct extractor *x = ARENA_NEW(arena, struct extractor);
    x->arena = arena;
    buf_init(&x->cells, CELLS_MAX * sizeof(struct column_cell));
    x->set = set;
    x->forbidden = forbidden;
    x->fields[FIELD_SOURCE] = field_number(set, BYTES_LIT("source"));
    x->fields[FIELD_ACTOR] = field_number(set, BYTES_LIT("actor"));
    x->fields[FIELD_ACTOR_ID] = field_number(set, BYTES_LIT("actor_id"));
    for (uint32_t i = 0; i < REF_COUNT; i++)
        x->fields[FIELD_REFERENCES + i] = field_number(set, bytes_of_text(reference_names[i]));
    return x;
}

void extractor_destroy(struct extractor *x)
{
    if (x == NULL)
        return;
    buf_fini(&x->cells);
    arena_destroy(x->arena);
}

/* NULL: there are CELLS_MAX. */
static struct column_cell *cell_add(struct extractor *x, uint32_t column)
{
    struct column_cell *cell = x->count == CELLS_MAX ? NULL : (struct column_cell *)(void *)buf_extend(&x->cells, sizeof *cell);
    if (cell == NULL)
        return NULL;
    x->count++;
    *cell = (struct column_cell){.column = column, .item = x->item};
    return cell;
}

static struct bytes text_cut(struct bytes text)
{
    if (text.size <= COLUMN_TEXT_BYTES_MAX)
        return text;
    size_t size = COLUMN_TEXT_BYTES_MAX;
    while (size > 0 && (text.data[size] & 0xc0) == 0x80)
        size--;
    return bytes_of(text.data, size);
}

static void field_add(struct extractor *x, uint32_t field, struct bytes text)
{
    struct column_cell *cell = text.size == 0 ? NULL : cell_add(x, x->fields[field]);
    if (cell != NULL)
        cell->text = text_cut(text);
}

static void fields_add(struct extractor *x)
{
    const struct envelope *v = &x->envelope;
    field_add(x, FIELD_SOURCE, v->source);
    field_add(x, FIELD_ACTOR, bytes_of_text(actor_names[v->actor]));
    field_add(x, FIELD_ACTOR_ID, v->actor_id);
    for (uint32_t i = 0; i < REF_COUNT; i++)
        field_add(x, FIELD_REFERENCES + i, v->reference[i]);
}

/* --- values --- */

static enum column_kind kind_of(enum value_kind kind)
{
    static const enum column_kind kinds[VALUE_KIND_COUNT] = {
        [VALUE_FALSE] = COLUMN_BOOL,  [VALUE_TRUE] = COLUMN_BOOL, [VALUE_DECIMAL] = COLUMN_NUMBER,
        [VALUE_DOUBLE] = COLUMN_REAL, [VALUE_TEXT] = COLUMN_TEXT, [VALUE_TIME] = COLUMN_TIME,
    };
    return kinds[kind];
}

static void scalar_add(struct extractor *x, struct bytes name, const struct value *value, bool is_list)
{
    struct column_name column = {.of = x->of, .kind = kind_of(value->kind), .is_list = is_list, .name = name};
    uint32_t number = column_set_number(x->set, &column);
    struct column_cell *cell = number == COLUMNS_MAX ? NULL : cell_add(x, number);
    if (cell == NULL)
        return;
    cell->scale = value->scale;
    cell->integer = value->kind == VALUE_TRUE ? 1 : value->integer;
    cell->real = value->real;
    cell->text = value->kind == VALUE_TEXT ? text_cut(value->body) : BYTES_NONE;
}

static void list_add(struct extractor *x, struct bytes name, const struct value *list)
{
    struct unpack u = unpack_of(list->body);
    for (uint32_t i = 0; i < list->count && unpack_good(&u); i++) {
        struct value value = unpack_value(&u);
        if (unpack_good(&u) && value.kind != VALUE_NULL && value.kind < VALUE_LIST)
            scalar_add(x, name, &value, true);
    }
}

/* The members of a record or an object, behind the count. Objects in objects are as deep as VALUE_DEPTH_MAX. */
static void members_add(struct extractor *x, struct unpack *u, uint32_t count, size_t prefix)
{
    for (uint32_t i = 0; i < count && unpack_good(u); i++) {
        struct bytes name;
        struct value value = unpack_member(u, &name);
        if (!unpack_good(u) || value.kind == VALUE_NULL || name.size == 0 || prefix + name.size > COLUMN_PROPERTY_BYTES_MAX)
            continue;
        if (prefix > 0 || value.kind == VALUE_OBJECT) {
            memcpy(x->prefix + prefix, name.data, name.size);
            name = bytes_of(x->prefix, prefix + name.size);
        }
        if (x->forbidden != NULL && property_is_banned(x->forbidden, x->event, x->of, name))
            continue;
        if (value.kind == VALUE_OBJECT && name.size < COLUMN_PROPERTY_BYTES_MAX) {
            struct unpack inside = unpack_of(value.body);
            x->prefix[name.size] = '.';
            members_add(x, &inside, value.count, name.size + 1);
        } else if (value.kind == VALUE_LIST) {
            list_add(x, name, &value);
        } else if (value.kind != VALUE_OBJECT) {
            scalar_add(x, name, &value, false);
        }
    }
}

static void record_add(struct extractor *x, enum column_of of, uint16_t item, struct bytes record)
{
    struct unpack u = unpack_of(record);
    x->of = of;
    x->item = item;
    if (record.size > 0)
        members_add(x, &u, unpack_varint32(&u), 0);
}

static uint16_t items_add(struct extractor *x)
{
    struct unpack u = unpack_of(x->envelope.items);
    uint32_t count = x->envelope.item_count < UINT16_MAX ? x->envelope.item_count : UINT16_MAX;
    for (uint32_t i = 0; i < count && unpack_good(&u); i++)
        record_add(x, COLUMN_ITEM, (uint16_t)i, unpack_bytes(&u));
    return (uint16_t)count;
}

fallible extract(struct extractor *x, struct bytes packed, uint16_t event, struct column_row *out_row, struct err *e)
{
    if (failed(envelope_unpack(packed, &x->envelope, e)))
        return FAIL(e, CORRUPT, "an event isn't an envelope");
    x->count = 0;
    buf_clear(&x->cells);
    x->event = event;
    x->item = 0;
    fields_add(x);
    record_add(x, COLUMN_PROPERTY, 0, x->envelope.properties);
    out_row->item_count = items_add(x);
    out_row->cells = (const struct column_cell *)(const void *)x->cells.data;
    out_row->cell_count = x->count;
    return DONE;
}
