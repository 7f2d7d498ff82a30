/* Reading things: found by what names them, as of an instant, and walked over. */
#include "domain/thing/members.h"
#include "domain/thing/row.h"
#include "domain/thing/write.h"

const struct family thing_index_family = {.id = 73, .kind = FAMILY_INDEX, .name = "thing_index", .goes_cold = true};

#define REF_BYTES_MAX (3 * VARINT_BYTES_MAX + THING_WORD_BYTES_MAX + 2 * NAME_BYTES_MAX)

/* --- finding --- */

static struct hash128 ref_key(const struct thing_ref *ref, uint32_t probe)
{
    uint8_t bytes[REF_BYTES_MAX];
    const uint8_t *end = put_bytes(put_bytes(put_bytes(bytes, ref->kind), ref->ns), ref->id);
    return hash128(bytes_of(bytes, (size_t)(end - bytes)), probe);
}

/* A row begins with what names the thing. */
static bool is_row_of(const struct view *v, struct bytes row, const struct thing_ref *ref)
{
    struct unpack u = unpack_of(row);
    (void)unpack_u8(&u);
    uint32_t kind = unpack_varint32(&u);
    return bytes_equal(unpack_bytes(&u), ref->ns) && bytes_equal(unpack_bytes(&u), ref->id) &&
           bytes_equal(thing_kind_name(v, kind), ref->kind);
}

/* Of a key the index keeps 80 bits, and ids come from outside: one that meets another goes on to the next key, which is the same
 * for ever, since no entry is ever removed. */
uint32_t thing_look(const struct view *v, const struct thing_ref *ref, struct hash128 *out_free)
{
    for (uint32_t probe = 0;; probe++) {
        struct hash128 key = ref_key(ref, probe);
        uint32_t number;
        struct bytes row;
        if (!view_index(v, &thing_index_family, key, &number)) {
            *out_free = key;
            return THING_NONE;
        }
        if (!view_row(v, &thing_family, number, &row))
            return THING_NONE; /* cold: asked again when it is here */
        if (is_row_of(v, row, ref))
            return number;
    }
}

uint32_t thing_find(const struct view *v, const struct thing_ref *ref)
{
    struct hash128 free_key;
    bool can_be = ref->kind.size <= THING_WORD_BYTES_MAX && ref->id.size > 0 && ref->id.size <= NAME_BYTES_MAX &&
                  ref->ns.size <= NAME_BYTES_MAX;
    return can_be ? thing_look(v, ref, &free_key) : THING_NONE;
}

uint32_t thing_of_name(const struct view *v, enum name_kind kind, uint32_t name)
{
    static const struct {
        enum name_kind name;
        const char *kind;
    } same[] = {
        {NAME_BRAND, "brand"},       {NAME_CHANNEL, "channel"},     {NAME_SHOP, "shop"},
        {NAME_STORE, "store"},       {NAME_STAFF, "staff"},         {NAME_TOUCHPOINT, "touchpoint"},
        {NAME_CAMPAIGN, "campaign"}, {NAME_ENTITY, "legal_entity"},
    };
    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (same[i].name == kind)
            return thing_find(v,
                              &(struct thing_ref){.kind = bytes_of_text(same[i].kind), .id = name_text(v, kind, name)});
    return THING_NONE;
}

bool thing_read(const struct view *v, uint32_t number, struct thing *out_thing)
{
    struct bytes row;
    if (number == THING_NONE || !view_row(v, &thing_family, number, &row))
        return false;
    bool good = thing_row_read(row, v->arena, out_thing);
    assert(good); /* rows are our own */
    out_thing->number = number;
    return true;
}

uint32_t things_end(const struct view *v)
{
    return view_rows_end(v, &thing_family);
}

/* --- as of an instant --- */

/* The version of a slot that was in force. */
static enum thing_told version_at(const struct thing *t, uint32_t number, int64_t at_us, struct bytes *out_value)
{
    const struct thing_slot *slot = thing_slot_find(t, number);
    if (slot == NULL)
        return TOLD_NOTHING;
    for (uint32_t i = 0; i < slot->count; i++) {
        if (slot->versions[i].time_us > at_us)
            continue;
        *out_value = slot->versions[i].value;
        return TOLD;
    }
    return slot->is_cut ? TOLD_FORGOTTEN : TOLD_NOTHING;
}

static enum value_kind kind_of(struct bytes value)
{
    struct unpack u = unpack_of(value);
    return unpack_value(&u).kind;
}

enum thing_told thing_exists(const struct thing *t, int64_t at_us, bool *out_exists)
{
    struct bytes value;
    enum thing_told told = version_at(t, THING_EXISTS, at_us, &value);
    if (told == TOLD) {
        *out_exists = kind_of(value) == VALUE_TRUE;
        return TOLD;
    }
    *out_exists = at_us >= t->first_put_us; /* until it was first deleted nothing can have ended it */
    return told == TOLD_FORGOTTEN && at_us >= t->first_deleted_us ? TOLD_FORGOTTEN : TOLD;
}

enum thing_told thing_value(const struct thing *t, uint32_t attribute, int64_t at_us, struct bytes *out_value)
{
    struct bytes value;
    enum thing_told told = version_at(t, attribute, at_us, &value);
    if (told != TOLD)
        return told;
    if (kind_of(value) == VALUE_NULL)
        return TOLD_NOTHING;
    *out_value = value;
    return TOLD;
}

enum thing_told thing_parent(const struct thing *t, int64_t at_us, struct thing_ref *out_parent)
{
    struct bytes value;
    enum thing_told told = version_at(t, THING_PARENT, at_us, &value);
    if (told != TOLD)
        return told;
    return thing_ref_of_value(value, out_parent) ? TOLD : TOLD_NOTHING;
}

bool thing_is_now(const struct thing *t)
{
    bool exists = false;
    return thing_exists(t, THING_NEWEST, &exists) == TOLD && exists;
}

static struct bytes own_brand(const struct view *v, const struct thing *t)
{
    const struct thing_attribute *a = thing_attribute_named(thing_kind_numbered(v, t->kind), BYTES_LIT("brand"));
    struct bytes packed;
    if (a == NULL || thing_value(t, a->number, THING_NEWEST, &packed) != TOLD)
        return BYTES_NONE;
    struct unpack u = unpack_of(packed);
    struct value brand = unpack_value(&u);
    return brand.kind == VALUE_TEXT ? brand.body : BYTES_NONE;
}

struct bytes thing_ancestor(const struct view *v, const struct thing *t, struct bytes kind, int64_t at_us)
{
    struct thing here = *t;
    for (uint32_t depth = 0; depth < THING_DEPTH_MAX; depth++) {
        struct thing_ref parent;
        if (thing_parent(&here, at_us, &parent) != TOLD)
            return BYTES_NONE;
        if (bytes_equal(parent.kind, kind))
            return parent.id;
        if (!thing_read(v, thing_find(v, &parent), &here))
            return BYTES_NONE;
    }
    return BYTES_NONE;
}

struct bytes thing_brand(const struct view *v, const struct thing_ref *ref)
{
    struct thing_ref at = *ref;
    for (uint32_t depth = 0; depth <= THING_DEPTH_MAX; depth++) {
        struct thing t;
        if (bytes_equal(at.kind, BYTES_LIT("brand")))
            return at.id;
        if (!thing_read(v, thing_find(v, &at), &t))
            break;
        struct bytes brand = own_brand(v, &t);
        if (brand.size > 0)
            return brand;
        if (thing_parent(&t, THING_NEWEST, &at) != TOLD)
            break;
    }
    return BYTES_NONE;
}

/* --- walks --- */

/* What a member of a set has to be; a set may hold more, since its name is hashed. */
struct wanted {
    struct bytes kind;
    uint32_t slot; /* whose newest value is this one; THING_EXISTS: no matter */
    struct bytes value;
};

static bool has_value(const struct thing *t, uint32_t slot, int64_t at_us, struct bytes wanted)
{
    struct bytes value;
    return version_at(t, slot, at_us, &value) == TOLD && bytes_equal(value, wanted);
}

static bool is_wanted(const struct view *v, const struct thing *t, const struct wanted *w)
{
    return bytes_equal(thing_kind_name(v, t->kind), w->kind) &&
           (w->slot == THING_EXISTS || has_value(t, w->slot, THING_NEWEST, w->value));
}

/* One whose row is cold is taken for good: whoever reads comes again when it is here. */
static uint32_t wanted_next(const struct view *v, struct bytes set, struct wanted w, uint32_t after)
{
    struct thing t;
    uint32_t next = members_next(v, set, after);
    while (next != THING_NONE && thing_read(v, next, &t) && !is_wanted(v, &t, &w))
        next = members_next(v, set, next);
    return next;
}

uint32_t thing_next(const struct view *v, struct bytes kind, uint32_t after)
{
    return wanted_next(v, members_of_kind(kind, v->arena), (struct wanted){.kind = kind}, after);
}

bool thing_is_child(const struct view *v, const struct thing *t, const struct thing_ref *parent, int64_t at_us)
{
    return has_value(t, THING_PARENT, at_us, thing_ref_value(parent, v->arena));
}

/* The set holds the children of all times. */
uint32_t thing_child_next(const struct view *v, const struct thing_ref *parent, int64_t at_us, uint32_t after)
{
    struct bytes value = thing_ref_value(parent, v->arena), set = members_under(value, v->arena);
    struct thing t;
    uint32_t next = members_next(v, set, after);
    for (uint32_t passed = 0; passed < THING_PASSED_MAX && next != THING_NONE && thing_read(v, next, &t) &&
                              !has_value(&t, THING_PARENT, at_us, value);
         passed++)
        next = members_next(v, set, next);
    return next;
}

uint32_t thing_indexed_next(const struct view *v, struct bytes kind, const struct thing_attribute *attribute,
                            struct bytes value, uint32_t after)
{
    struct bytes set = members_with(kind, attribute->name, value, v->arena);
    struct wanted named = {.kind = kind, .slot = attribute->number, .value = value};
    return wanted_next(v, set, named, after);
}
