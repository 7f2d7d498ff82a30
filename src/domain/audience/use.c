#include "domain/audience/commands.h"

#include "domain/calendar/calendar.h"
#include "lib/pack.h"

#define USE_FORMAT 2u
#define USE_KEY_BYTES 4u
#define USE_BYTES_MAX (1u + AUDIENCE_USE_COUNT * VARINT_BYTES_MAX)

const struct family audience_use_family = {
    .id = 54, .kind = FAMILY_KEYED, .value_bytes = USE_BYTES_MAX, .name = "audience_use"};

const char *const audience_use_names[AUDIENCE_USE_COUNT] = {"people", "survey", "question",
                                                            "export", "hook",   "changes"};

static struct bytes use_key(struct arena *a, uint32_t number)
{
    uint8_t *key = arena_take(a, USE_KEY_BYTES, 1);
    (void)put_key(key, number, USE_KEY_BYTES);
    return bytes_of(key, USE_KEY_BYTES);
}

/* A day is kept as one more than what it is, so that 0 is never. Steps of before 1970 there are none. */
struct audience_uses audience_uses_of(const struct view *v, uint32_t number)
{
    struct audience_uses uses;
    struct bytes row;
    bool is_there = view_keyed(v, &audience_use_family, use_key(v->arena, number), &row);
    struct unpack u = unpack_of(is_there ? row : BYTES_NONE);
    uint8_t format = is_there ? unpack_u8(&u) : USE_FORMAT;
    for (size_t i = 0; i < AUDIENCE_USE_COUNT; i++) {
        uint64_t day = is_there ? unpack_varint(&u) : 0;
        uses.days[i] = day == 0 ? AUDIENCE_NEVER : (int32_t)(day - 1);
    }
    assert(format == USE_FORMAT && (!is_there || unpack_finished(&u)));
    (void)format;
    return uses;
}

bool audience_use_is_new(const struct view *v, uint32_t number, enum audience_use use)
{
    return audience_uses_of(v, number).days[use] < calendar_day_of(v, v->now_us);
}

void audience_used_pack(uint32_t number, enum audience_use use, struct buf *out)
{
    pack_u32(out, number);
    pack_u8(out, (uint8_t)use);
}

fallible audience_used_check(struct bytes payload, struct err *e)
{
    return payload.size == AUDIENCE_USED_BYTES && payload.data[4] < AUDIENCE_USE_COUNT
               ? DONE
               : FAIL(e, INVALID, "what was used, and how, is cut short");
}

void audience_used_note(struct step *s, uint32_t number, enum audience_use use)
{
    int32_t today = calendar_day_of(&s->view, s->view.now_us);
    struct audience a;
    struct buf row = arena_buf(s->view.arena, USE_BYTES_MAX);
    struct audience_uses uses = audience_uses_of(&s->view, number);
    if (!audience_numbered(&s->view, number, &a) || today < 0 || uses.days[use] >= today)
        return;
    uses.days[use] = today;
    pack_u8(&row, USE_FORMAT);
    for (size_t i = 0; i < AUDIENCE_USE_COUNT; i++)
        pack_varint(&row, uses.days[i] == AUDIENCE_NEVER ? 0 : (uint64_t)uses.days[i] + 1);
    step_keyed_put(s, &audience_use_family, use_key(s->view.arena, number), buf_bytes(&row));
}

const struct refusal *audience_used_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    uint32_t number = unpack_u32(&u);
    audience_used_note(s, number, (enum audience_use)unpack_u8(&u));
    return NULL;
}

void uses_forget(struct step *s, uint32_t number)
{
    step_keyed_remove(s, &audience_use_family, use_key(s->view.arena, number));
}
