#include "domain/thing/members.h"

#define NEW_THINGS_MAX 65536u /* that other commands may make between a command's needs and its step: some groups */

static_assert(NEW_THINGS_MAX <= ROSTER_SHARD_NUMBERS, "a new thing is in the newest shard or the next");

const struct family thing_family = {.id = 72, .kind = FAMILY_NUMBERED, .value_bytes = THING_BYTES_MAX, .name = "thing"};
const struct family thing_member_family = {
    .id = 74, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "thing_member"};
const struct family thing_member_index_family = {
    .id = 75, .kind = FAMILY_INDEX, .name = "thing_member_index", .goes_cold = true};

static const struct roster members = {&thing_member_family, &thing_member_index_family};

enum { SET_KIND = 1, SET_CHILDREN = 2, SET_VALUE = 3, SET_NAME = 4 };

struct bytes members_of_kind(struct bytes kind, struct arena *a)
{
    struct buf b = arena_buf(a, 1 + kind.size);
    pack_u8(&b, SET_KIND);
    pack_raw(&b, kind);
    return buf_bytes(&b);
}

struct bytes members_under(struct bytes parent, struct arena *a)
{
    struct buf b = arena_buf(a, 1 + parent.size);
    pack_u8(&b, SET_CHILDREN);
    pack_raw(&b, parent);
    return buf_bytes(&b);
}

struct bytes members_with(struct bytes kind, struct bytes attribute, struct bytes value, struct arena *a)
{
    struct buf b = arena_buf(a, 1 + 2 * VARINT_BYTES_MAX + kind.size + attribute.size + value.size);
    pack_u8(&b, SET_VALUE);
    pack_bytes(&b, kind);
    pack_bytes(&b, attribute);
    pack_raw(&b, value);
    return buf_bytes(&b);
}

struct bytes members_named(struct bytes kind, uint8_t text, struct bytes begin, struct arena *a)
{
    struct buf b = arena_buf(a, 2 + VARINT_BYTES_MAX + kind.size + begin.size);
    pack_u8(&b, SET_NAME);
    pack_u8(&b, text);
    pack_bytes(&b, kind);
    pack_raw(&b, begin);
    return buf_bytes(&b);
}

void members_touch(const struct view *v, struct bytes set, uint32_t thing)
{
    roster_set_touch(v, &members, set, thing);
}

void members_touch_new(const struct view *v, struct bytes set)
{
    uint32_t next = view_rows_end(v, &thing_family);
    members_touch(v, set, next);
    if (next >> ROSTER_SHARD_BITS != (next + NEW_THINGS_MAX) >> ROSTER_SHARD_BITS)
        members_touch(v, set, next + NEW_THINGS_MAX);
}

void members_add(struct step *s, struct bytes set, uint32_t thing)
{
    roster_set_add(s, &members, set, thing);
}

void members_remove(struct step *s, struct bytes set, uint32_t thing)
{
    roster_set_remove(s, &members, set, thing);
}

uint32_t members_next(const struct view *v, struct bytes set, uint32_t after)
{
    uint32_t next;
    bool found = roster_set_read(v, &members, set, after, view_rows_end(v, &thing_family), &next, 1) > 0;
    return found ? next : THING_NONE;
}
