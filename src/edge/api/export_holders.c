#include "edge/api/export_holders.h"

#include "domain/identity/identity.h"
#include "edge/scope.h"

void export_holders_add(struct export_holders *h, const struct event_seen *event)
{
    assert(h->count < EXPORT_HELD_MAX);
    h->held[h->count++] = (struct export_held){.position = event->note.position,
                                               .owner = event->note.owner,
                                               .begin = h->packed.size,
                                               .size = event->packed.size};
    buf_push(&h->packed, event->packed);
    assert(!h->packed.overflowed);
}

void export_holders_look(struct export_holders *h, const struct view *v, const struct token *t)
{
    for (size_t i = 0; i < h->count; i++) {
        struct export_held *one = &h->held[i];
        bool is_owned = !hash128_equal(one->owner, (struct hash128){0});
        uint32_t person = is_owned ? identity_of_owner(v, one->owner) : PERSON_NONE;
        one->has_person = person != PERSON_NONE && scope_sees_person(t, v, person);
        if (one->has_person)
            one->person = identity_public_id(v, person);
    }
}

struct bytes export_holders_packed(const struct export_holders *h, size_t at)
{
    assert(at < h->count);
    return bytes_slice(buf_bytes(&h->packed), h->held[at].begin, h->held[at].begin + h->held[at].size);
}

void export_holders_clear(struct export_holders *h)
{
    h->count = 0;
    buf_clear(&h->packed);
}
