/* What lists there are, and what they take. */
#include "domain/listing/inside.h"
#include "lib/value.h"

#define LIST_FORMAT 1u
#define NUMBER_BYTES 4u

const struct family list_family = {
    .id = 9, .kind = FAMILY_KEYED, .value_bytes = LISTING_OPEN_BYTES_MAX, .name = "list"};

const char *const list_value_names[LIST_VALUE_COUNT] = {"none", "text", "number", "time"};

/* --- bytes --- */

void list_pack(const struct list *list, struct buf *b)
{
    pack_u8(b, LIST_FORMAT);
    pack_varint(b, list->number);
    pack_u8(b, (uint8_t)list->value);
    pack_varint(b, list->lasts_days);
    pack_bytes(b, list->levels);
    pack_varint(b, list->rival_count);
    for (uint32_t i = 0; i < list->rival_count; i++)
        pack_varint(b, list->rivals[i]);
}

static bool levels_are_good(struct bytes levels)
{
    struct unpack u = unpack_of(levels);
    while (unpack_left(&u) > 0 && unpack_good(&u))
        (void)unpack_value_bytes(&u);
    return unpack_finished(&u) && levels.size <= LIST_LEVELS_BYTES_MAX;
}

/* `rivals` has room for LIST_RIVALS_MAX. */
static bool list_unpack(struct bytes bytes, struct list *out, uint32_t *rivals)
{
    struct unpack u = unpack_of(bytes);
    uint8_t format = unpack_u8(&u);
    *out = (struct list){.number = unpack_varint32(&u)};
    uint8_t value = unpack_u8(&u);
    out->lasts_days = unpack_varint32(&u);
    out->levels = unpack_bytes(&u);
    out->rival_count = unpack_varint32(&u);
    if (format != LIST_FORMAT || u.bad || value >= LIST_VALUE_COUNT || out->number == 0 ||
        out->lasts_days > LIST_LASTS_DAYS_MAX || out->rival_count > LIST_RIVALS_MAX || !levels_are_good(out->levels))
        return false;
    out->value = (enum list_value)value;
    for (uint32_t i = 0; i < out->rival_count; i++)
        rivals[i] = unpack_varint32(&u);
    out->rivals = rivals;
    return unpack_finished(&u);
}

/* --- rows --- */

static struct bytes list_key(struct arena *a, uint32_t number)
{
    uint8_t *key = arena_take(a, NUMBER_BYTES, 1);
    (void)put_key(key, number, NUMBER_BYTES);
    return bytes_of(key, NUMBER_BYTES);
}

bool list_find(const struct view *v, uint32_t number, struct list *out)
{
    struct bytes row;
    if (!view_keyed(v, &list_family, list_key(v->arena, number), &row))
        return false;
    bool good = list_unpack(row, out, ARENA_ARRAY(v->arena, uint32_t, LIST_RIVALS_MAX));
    assert(good); /* our own bytes */
    return good;
}

fallible list_open_check(struct bytes payload, struct err *e)
{
    struct list list;
    uint32_t rivals[LIST_RIVALS_MAX];
    return list_unpack(payload, &list, rivals) ? DONE : FAIL(e, INVALID, "not a list");
}

const struct refusal *list_open_apply(struct step *s, struct bytes payload)
{
    struct list list;
    uint32_t rivals[LIST_RIVALS_MAX];
    bool good = list_unpack(payload, &list, rivals);
    assert(good); /* its check has seen it */
    (void)good;
    step_keyed_put(s, &list_family, list_key(s->view.arena, list.number), payload);
    return NULL;
}

fallible list_close_check(struct bytes payload, struct err *e)
{
    return payload.size == LISTING_CLOSE_BYTES ? DONE : FAIL(e, INVALID, "a list is a number");
}

const struct refusal *list_close_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    step_keyed_remove(s, &list_family, list_key(s->view.arena, unpack_u32(&u)));
    return NULL;
}

/* --- what it takes --- */

static bool kind_fits(enum list_value wanted, enum value_kind kind)
{
    switch (wanted) {
    case LIST_TEXT:
        return kind == VALUE_TEXT;
    case LIST_NUMBER:
        return kind == VALUE_DECIMAL || kind == VALUE_DOUBLE;
    case LIST_TIME:
        return kind == VALUE_TIME;
    default:
        return false;
    }
}

static bool is_level(struct bytes levels, struct bytes value)
{
    struct unpack u = unpack_of(levels);
    while (unpack_left(&u) > 0)
        if (bytes_equal(unpack_value_bytes(&u), value))
            return true;
    return false;
}

fallible list_takes(const struct list *list, struct bytes value, struct err *e)
{
    struct unpack u = unpack_of(value);
    if (list->value == LIST_HOLDS)
        return value.size == 0 ? DONE : FAIL(e, INVALID, "value: this one holds or not, it has no values");
    struct value plain = unpack_value(&u);
    if (value.size == 0 || value.size > LISTING_VALUE_BYTES_MAX || !unpack_finished(&u) ||
        !kind_fits(list->value, plain.kind))
        return FAIL(e, INVALID, "value: want a %s of at most %u bytes", list_value_names[list->value],
                    LISTING_VALUE_BYTES_MAX);
    if (list->levels.size > 0 && !is_level(list->levels, value))
        return FAIL(e, INVALID, "value: want one of those that are declared");
    return DONE;
}
