#include "domain/rule/slots.h"

#include "lib/pack.h"

#define CLOCK_FORMAT 2u
#define CLOCK_BYTES_MAX 16u
#define SHEAF_FIRST 1u /* slot 0 is none */
#define EVENT_ANY 0u
#define EVENT_ORDERS UINT32_MAX
#define EVENT_KEY_BYTES 4u

/* "slots" -> the next sheaf's number; number of an event (4, BE; EVENT_ANY: of several, or of all) -> its next slot */
const struct family rule_clock_family = {
    .id = 115, .kind = FAMILY_KEYED, .value_bytes = CLOCK_BYTES_MAX, .name = "rule_clock"};
#define CLOCK_KEY BYTES_LIT("slots")

static uint32_t clock_read(const struct view *v, struct bytes key, uint32_t unset)
{
    struct bytes value;
    if (!view_keyed(v, &rule_clock_family, key, &value))
        return unset;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    uint32_t number = unpack_varint32(&u);
    assert(format == CLOCK_FORMAT && unpack_finished(&u));
    (void)format;
    return number;
}

static void clock_put(struct step *s, struct bytes key, uint32_t number)
{
    struct buf b = arena_buf(s->view.arena, CLOCK_BYTES_MAX);
    pack_u8(&b, CLOCK_FORMAT);
    pack_varint(&b, number);
    step_keyed_put(s, &rule_clock_family, key, buf_bytes(&b));
}

static uint32_t event_of(const struct feature *f)
{
    if (f == NULL || f->step_count == 0)
        return EVENT_ANY;
    if (f->of == FEATURE_ORDERS)
        return EVENT_ORDERS;
    for (uint32_t k = 0; k < f->step_count; k++)
        if (f->steps[k].event_count != 1 || f->steps[k].events[0] != f->steps[0].events[0])
            return EVENT_ANY;
    return f->steps[0].events[0];
}

uint32_t slot_take(struct step *s, const struct feature *f)
{
    uint8_t *key = arena_take(s->view.arena, EVENT_KEY_BYTES, 1);
    struct bytes of_event = bytes_of(key, EVENT_KEY_BYTES);
    (void)put_key(key, event_of(f), EVENT_KEY_BYTES);
    uint32_t slot = clock_read(&s->view, of_event, 0);
    if (slot % SHEAF_SLOTS == 0) {
        uint32_t sheaf = clock_read(&s->view, CLOCK_KEY, SHEAF_FIRST);
        clock_put(s, CLOCK_KEY, sheaf + 1);
        slot = sheaf * SHEAF_SLOTS;
    }
    clock_put(s, of_event, slot + 1);
    return slot;
}
