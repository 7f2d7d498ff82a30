/* For tests of lists: the people of relation_test.h, who are put on lists and taken off them. */
#pragma once

#include "domain/listing/listing.h"
#include "domain/relation/relation_test.h"
#include "lib/value.h"

/* Begins with any domains that have the people of relation_test.h among them. */
static inline void listing_begin(struct rig *s, struct t *t, const struct domain *const *domains, size_t count)
{
    *s = (struct rig){.t = t, .h = harness_create(domains, count), .arena = arena_create(1 << 16)};
    buf_init(&s->payload, 1 << 20);
    harness_time(s->h, relation_us(1000000));
}

static inline void listing_open(struct rig *s, const struct list *list)
{
    buf_clear(&s->payload);
    list_pack(list, &s->payload);
    CHECK(s->t, relation_send(s, COMMAND_LISTING_OPEN) == NULL);
}

struct listing_said {
    const char *who; /* an identifier: "p1" */
    uint32_t list;
    bool is_off;
    const char *value; /* a text; NULL: none */
    int64_t minute;
    int64_t until_minute; /* 0: as the list says */
    const char *reason;
};

static inline const struct refusal *listing_say(struct rig *s, const struct listing_said *said)
{
    struct listing_put put = {.id = relation_id(s, said->who),
                              .list = said->list,
                              .act = {.time_us = relation_us(said->minute),
                                      .is_off = said->is_off,
                                      .until_us = said->until_minute == 0 ? 0 : relation_us(said->until_minute),
                                      .by = {RELATION_BY_STAFF, BYTES_LIT("G17")},
                                      .reason = bytes_of_text(said->reason)}};
    struct buf value = arena_buf(s->arena, 64);
    if (said->value != NULL)
        value_pack_text(&value, bytes_of_text(said->value));
    put.act.value = buf_bytes(&value);
    buf_clear(&s->payload);
    listing_put_pack(&put, &s->payload);
    return relation_send(s, COMMAND_LISTING_PUT);
}

/* "", "true" or the value. */
static inline const char *listing_words(struct rig *s, uint32_t person, uint32_t list)
{
    struct view v = harness_view(s->h);
    struct value value;
    int64_t turn_us;
    if (person == PERSON_NONE || !listing_holds(&v, person, list, v.now_us, &value, &turn_us))
        return "";
    return value.kind == VALUE_TRUE ? "true" : arena_text(s->arena, value.body);
}
