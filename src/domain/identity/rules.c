#include "domain/identity/rules.h"

#include <string.h>

#include "domain/identity/identity.h"
#include "lib/pack.h"

#define RULE_FORMAT 1u

const struct family type_family = {.id = 22, .kind = FAMILY_KEYED, .value_bytes = TYPE_RULE_BYTES_MAX, .name = "identity_type"};
const struct family block_family = {.id = 23, .kind = FAMILY_KEYED, .value_bytes = 600, .name = "identity_block"};
const struct family namespace_family = {.id = 24, .kind = FAMILY_KEYED, .value_bytes = 128, .name = "identity_namespace"};

static fallible name_check(const struct id_type_rule *rule, struct err *e)
{
    size_t size = strnlen(rule->name, sizeof rule->name);
    if (size == 0 || size == sizeof rule->name)
        return FAIL(e, INVALID, "the name of a type has 1 to %zu letters", sizeof rule->name - 1);
    for (size_t i = 0; i < size; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", rule->name[i]) == NULL)
            return FAIL(e, INVALID, "type \"%s\": a name has lower-case letters, digits and _", rule->name);
    return DONE;
}

static fallible rule_check(const struct id_type_rule *rule, struct err *e)
{
    TRY(name_check(rule, e));
    if (rule->type == TYPE_NONE || rule->type >= TYPE_COUNT_MAX || (rule->type > TYPE_ANONYMOUS_ID && rule->type < TYPE_CUSTOM))
        return FAIL(e, INVALID, "type %u: own types have numbers from %d to %d", rule->type, TYPE_CUSTOM, TYPE_COUNT_MAX - 1);
    if (rule->normaliser > NORMALISE_UUID || rule->over > OVER_QUARANTINE)
        return FAIL(e, INVALID, "type \"%s\": no such normaliser, or no such way beyond the limit", rule->name);
    if (rule->priority == 0)
        return FAIL(e, INVALID, "type \"%s\": the priority is 1 (trusted most) to 255", rule->name);
    if (rule->parent >= TYPE_COUNT_MAX || rule->parent == rule->type)
        return FAIL(e, INVALID, "type \"%s\": its parent is another type", rule->name);
    return DONE;
}

fallible identity_type_pack(const struct id_type_rule *rule, struct buf *out, struct err *e);

fallible identity_type_pack(const struct id_type_rule *rule, struct buf *out, struct err *e)
{
    TRY(rule_check(rule, e));
    pack_u8(out, RULE_FORMAT);
    pack_u16(out, rule->type);
    pack_bytes(out, bytes_of_text(rule->name));
    pack_u8(out, (uint8_t)rule->normaliser);
    pack_u8(out, rule->has_namespace);
    pack_u8(out, rule->priority);
    pack_u16(out, rule->limit);
    pack_u16(out, rule->limit_window_days);
    pack_u8(out, (uint8_t)rule->over);
    pack_u16(out, rule->parent);
    pack_u16(out, rule->hub_moves);
    pack_u8(out, rule->ends_at_logout);
    return out->overflowed ? FAIL(e, LIMIT, "no room for the rule of a type") : DONE;
}

fallible rule_unpack(struct bytes payload, struct id_type_rule *out_rule, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct id_type_rule rule = {0};
    uint8_t format = unpack_u8(&u);
    rule.type = unpack_u16(&u);
    struct bytes name = unpack_bytes(&u);
    rule.normaliser = (enum normaliser)unpack_u8(&u);
    rule.has_namespace = unpack_u8(&u) != 0;
    rule.priority = unpack_u8(&u);
    rule.limit = unpack_u16(&u);
    rule.limit_window_days = unpack_u16(&u);
    rule.over = (enum over_limit)unpack_u8(&u);
    rule.parent = unpack_u16(&u);
    rule.hub_moves = unpack_u16(&u);
    rule.ends_at_logout = unpack_u8(&u) != 0;
    if (!unpack_finished(&u) || format != RULE_FORMAT || name.size >= sizeof rule.name)
        return FAIL(e, INVALID, "not the rule of a type");
    if (name.size > 0)
        memcpy(rule.name, name.data, name.size);
    TRY(rule_check(&rule, e));
    *out_rule = rule;
    return DONE;
}

/* --- blocked values --- */

bool value_blocked(const struct view *v, struct hash128 plain, struct bytes ns, struct bytes value)
{
    struct bytes row;
    if (!view_keyed(v, &block_family, bytes_of(&plain, sizeof plain), &row))
        return false;
    struct unpack u = unpack_of(row);
    (void)unpack_u16(&u); /* the key is of the type, too */
    return bytes_equal(unpack_bytes(&u), ns) && bytes_equal(unpack_bytes(&u), value);
}

bool identity_blocked_next(const struct view *v, struct hash128 after, struct blocked_value *out)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &block_family, bytes_of(&after, sizeof after), true, &key, &row))
        return false;
    struct unpack u = unpack_of(row);
    memcpy(&out->key, key.data, sizeof out->key);
    out->type = unpack_u16(&u);
    out->ns = unpack_bytes(&u);
    out->value = unpack_bytes(&u);
    assert(unpack_finished(&u)); /* rows are our own */
    return true;
}

void value_block(struct step *s, uint16_t type, struct hash128 plain, struct bytes ns, struct bytes value)
{
    size_t size = sizeof type + ns.size + value.size + 2 * VARINT_BYTES_MAX;
    struct buf b = {.data = arena_take(s->view.arena, size, 1), .capacity = size, .size_max = size};
    pack_u16(&b, type);
    pack_bytes(&b, ns);
    pack_bytes(&b, value);
    step_keyed_put(s, &block_family, arena_copy(s->view.arena, bytes_of(&plain, sizeof plain)), buf_bytes(&b));
}

void value_unblock(struct step *s, struct hash128 plain)
{
    step_keyed_remove(s, &block_family, arena_copy(s->view.arena, bytes_of(&plain, sizeof plain)));
}

/* --- namespaces --- */

static struct bytes key_of_name(struct bytes ns, uint8_t room[1 + ID_NAMESPACE_BYTES_MAX])
{
    assert(ns.size <= ID_NAMESPACE_BYTES_MAX);
    room[0] = 'n';
    memcpy(room + 1, ns.data, ns.size);
    return bytes_of(room, 1 + ns.size);
}

static struct bytes key_of_number(uint32_t number, uint8_t room[5])
{
    room[0] = 'i';
    (void)put_key(room + 1, number, 4);
    return bytes_of(room, 5);
}

uint32_t namespace_number(const struct view *v, struct bytes ns)
{
    uint8_t room[1 + ID_NAMESPACE_BYTES_MAX];
    struct bytes row;
    uint32_t number = 0;
    if (ns.size == 0)
        return 0;
    if (!view_keyed(v, &namespace_family, key_of_name(ns, room), &row))
        return NAMESPACE_UNKNOWN;
    memcpy(&number, row.data, sizeof number);
    return number;
}

struct bytes namespace_name(const struct view *v, uint32_t number)
{
    uint8_t room[5];
    struct bytes name;
    return number != 0 && view_keyed(v, &namespace_family, key_of_number(number, room), &name) ? name : BYTES_NONE;
}

uint32_t namespace_intern(struct step *s, struct bytes ns, uint64_t *io_count)
{
    uint32_t number = namespace_number(&s->view, ns);
    if (number != NAMESPACE_UNKNOWN)
        return number;
    struct arena *a = s->view.arena;
    uint8_t name_room[1 + ID_NAMESPACE_BYTES_MAX], number_room[5];
    number = (uint32_t)++*io_count;
    step_keyed_put(s, &namespace_family, arena_copy(a, key_of_name(ns, name_room)), arena_copy(a, bytes_of(&number, sizeof number)));
    step_keyed_put(s, &namespace_family, arena_copy(a, key_of_number(number, number_room)), arena_copy(a, ns));
    return number;
}
