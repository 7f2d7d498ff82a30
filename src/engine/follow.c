#include "engine/follow.h"

#include <string.h>

#include "engine/domain.h"
#include "engine/outcome.h"
#include "engine/registry.h"
#include "lib/pack.h"

/* position (8, big-endian), nth (2, BE), piece (1) -> a piece of: the head, then the payload. */
#define NAME_BYTES 10u
#define KEY_BYTES (NAME_BYTES + 1u)

struct follow_head {
    uint32_t command_id;
    uint32_t payload_bytes;
    uint32_t cause;
};
static_assert(sizeof(struct follow_head) == 12, "follow-ups are on disk");
static_assert((sizeof(struct follow_head) + FOLLOW_UP_BYTES_MAX - 1) / ROW_BYTES_MAX < UINT8_MAX, "a piece's number is a byte");
static_assert(STEP_FOLLOW_UPS_MAX <= UINT16_MAX, "nth has two bytes");

static struct bytes follow_key(struct arena *a, struct log_follows name, uint32_t piece)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(put_key(put_key(key, name.position, 8), name.nth, 2), piece, 1);
    return bytes_of(key, KEY_BYTES);
}

static uint32_t piece_count(uint32_t payload_bytes)
{
    return (uint32_t)(sizeof(struct follow_head) + payload_bytes + ROW_BYTES_MAX - 1) / ROW_BYTES_MAX;
}

void step_then(struct step *s, uint32_t command_id, struct bytes payload)
{
    const struct command *command = registry_command(s->view.registry, command_id);
    assert(command != NULL && payload.size <= command->payload_bytes_max && payload.size <= FOLLOW_UP_BYTES_MAX);
    assert(s->outcome->follow_up_count < STEP_FOLLOW_UPS_MAX);
    struct log_follows name = {.position = s->view.position, .nth = s->outcome->follow_up_count++};
    struct follow_head head = {.command_id = command_id, .payload_bytes = (uint32_t)payload.size, .cause = s->cause};
    uint8_t *whole = arena_take(s->view.arena, sizeof head + payload.size, _Alignof(struct follow_head));
    memcpy(whole, &head, sizeof head);
    if (payload.size > 0)
        memcpy(whole + sizeof head, payload.data, payload.size);
    struct bytes left = bytes_of(whole, sizeof head + payload.size);
    for (uint32_t piece = 0; left.size > 0; piece++) {
        size_t size = left.size < ROW_BYTES_MAX ? left.size : ROW_BYTES_MAX;
        step_keyed_put(s, &follow_up_family, follow_key(s->view.arena, name, piece), bytes_slice(left, 0, size));
        left = bytes_slice(left, size, left.size);
    }
}

static struct follow_head head_of(struct bytes first_piece)
{
    struct follow_head head;
    assert(first_piece.size >= sizeof head);
    memcpy(&head, first_piece.data, sizeof head);
    return head;
}

/* The payload in one, behind its head. */
static struct bytes whole_of(const struct view *v, struct log_follows name, struct bytes first_piece)
{
    uint32_t size = head_of(first_piece).payload_bytes, pieces = piece_count(size);
    if (pieces == 1)
        return first_piece;
    uint8_t *whole = arena_take(v->arena, sizeof(struct follow_head) + size, 1), *at = whole;
    for (uint32_t piece = 0; piece < pieces; piece++) {
        struct bytes part;
        bool found = view_keyed(v, &follow_up_family, follow_key(v->arena, name, piece), &part);
        assert(found);
        at = put_raw(at, part.data, part.size);
    }
    assert(at == whole + sizeof(struct follow_head) + size);
    return bytes_of(whole, (size_t)(at - whole));
}

bool follow_up_next(const struct view *v, struct log_follows after, struct follow_up *out_follow_up)
{
    struct bytes key, value, from = follow_key(v->arena, after, UINT8_MAX); /* behind all its pieces */
    if (!view_keyed_next(v, &follow_up_family, from, true, &key, &value))
        return false;
    assert(key.size == KEY_BYTES && key.data[NAME_BYTES] == 0);
    struct follow_head head = head_of(value);
    struct follow_up f = {
        .name = {.position = key_number(key.data, 8), .nth = (uint32_t)key_number(key.data + 8, 2)},
        .command = registry_command(v->registry, head.command_id),
        .cause = (enum cause)head.cause,
    };
    struct bytes whole = whole_of(v, f.name, value);
    assert(f.command != NULL && f.cause < CAUSE_COUNT);
    f.payload = bytes_slice(whole, sizeof head, whole.size);
    *out_follow_up = f;
    return true;
}

struct follow_up_mark follow_up_mark(const struct view *v, struct log_follows name)
{
    struct bytes value;
    bool found = view_keyed(v, &follow_up_family, follow_key(v->arena, name, 0), &value);
    assert(found); /* said by a step before, and taken away by this one alone */
    struct follow_head head = head_of(value);
    assert(head.cause < CAUSE_COUNT);
    return (struct follow_up_mark){.name = name, .cause = (enum cause)head.cause, .piece_count = piece_count(head.payload_bytes)};
}

void follow_up_done(struct step *s, const struct follow_up_mark *mark)
{
    for (uint32_t piece = 0; piece < mark->piece_count; piece++)
        step_keyed_remove(s, &follow_up_family, follow_key(s->view.arena, mark->name, piece));
}
