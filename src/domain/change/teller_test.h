/* For tests of changes: a domain in the place of all that say facts, which says what it is told to. */
#pragma once

#include "base/time.h"
#include "domain/audience/audience.h"
#include "domain/change/book.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"

#define COMMAND_TELL 0x03F0u
#define TOLD_BYTES 8u /* fact, subject, object, detail: one byte, three, three, one */
#define TOLD_FACTS_MAX 600u

struct told {
    uint8_t fact, detail;
    uint32_t subject, object; /* below 1 << 24 */
};

static inline void told_pack(struct buf *b, struct told t)
{
    pack_u8(b, t.fact);
    pack_u8(b, t.detail);
    for (unsigned shift = 0; shift < 24; shift += 8)
        pack_u8(b, (uint8_t)(t.subject >> shift));
    for (unsigned shift = 0; shift < 24; shift += 8)
        pack_u8(b, (uint8_t)(t.object >> shift));
}

static inline uint32_t told_number(struct unpack *u)
{
    uint32_t low = unpack_u8(u), middle = unpack_u8(u), high = unpack_u8(u);
    return low | middle << 8 | high << 16;
}

#define TELL(s, kind, type, ...)                        \
    do {                                                \
        type *fact_ = ARENA_NEW((s)->view.arena, type); \
        *fact_ = (type){__VA_ARGS__};                   \
        step_say((s), &(kind), fact_);                  \
    } while (0)

static inline struct hash128 told_owner(struct told t)
{
    return (struct hash128){.high = t.subject, .low = t.object};
}

/* A split of so many parts as `detail` says. */
static inline void tell_split(struct step *s, struct told t)
{
    struct split_part *parts = ARENA_ARRAY(s->view.arena, struct split_part, t.detail + 1u);
    for (uint32_t i = 0; i < t.detail; i++)
        parts[i].person = t.object + i;
    TELL(s, fact_split, struct split, .person = t.subject, .part_count = t.detail, .parts = parts);
}

static inline void tell(struct step *s, struct told t)
{
    static const struct relation_type friend = {.name = "friend", .number = RELATION_FRIEND};
    switch ((enum change_fact)t.fact) {
    case CHANGE_EVENT:
        TELL(s, fact_resolved, struct resolved, .person = t.subject, .owner = told_owner(t));
        break;
    case CHANGE_MERGED:
        TELL(s, fact_merged, struct merged, .survivor = t.subject, .absorbed = t.object);
        break;
    case CHANGE_SPLIT:
        tell_split(s, t);
        break;
    case CHANGE_ERASED:
        TELL(s, fact_person_erased, struct person_erased, .public_id = {0});
        break;
    case CHANGE_IDENTIFIERS:
        TELL(s, fact_identifiers_changed, struct identifiers_changed, .person = t.subject);
        break;
    case CHANGE_PROFILE:
        TELL(s, fact_profile_changed, struct profile_changed, .person = t.subject, .trait = t.object);
        break;
    case CHANGE_RELATION:
        TELL(s, fact_relation_changed, struct relation_changed, .person = t.subject, .brand = t.object, .type = &friend,
             .change = RELATION_ENDED);
        break;
    case CHANGE_THING:
        TELL(s, fact_thing_changed, struct thing_changed, .thing = t.subject, .change = THING_DELETED);
        break;
    case CHANGE_ORDER:
        TELL(s, fact_order_changed, struct order_changed, .order = t.subject, .is_new = true);
        break;
    case CHANGE_SCOPE:
        TELL(s, fact_scope_changed, struct scope_changed, .from = t.subject, .to = t.object, .is_end = true);
        break;
    case CHANGE_SEGMENT_ENTERED:
        TELL(s, fact_segment_entered, struct audience_turned, .person = t.subject, .number = t.object);
        break;
    case CHANGE_SEGMENT_LEFT:
        TELL(s, fact_segment_left, struct audience_turned, .person = t.subject, .number = t.object);
        break;
    case CHANGE_TAG:
        TELL(s, fact_tag_changed, struct audience_turned, .person = t.subject, .number = t.object);
        break;
    case CHANGE_FACT_END:
        assert(false);
    }
}

static inline const struct refusal *tell_apply(struct step *s, struct bytes payload)
{
    for (struct unpack u = unpack_of(payload); unpack_left(&u) > 0;) {
        struct told t = {.fact = unpack_u8(&u), .detail = unpack_u8(&u)};
        t.subject = told_number(&u);
        t.object = told_number(&u);
        tell(s, t);
    }
    return NULL;
}

static const struct command teller_commands[] = {
    {COMMAND_TELL, "test.tell", TOLD_BYTES *TOLD_FACTS_MAX, ROLE_WRITE, NULL, NULL, tell_apply, "Says facts.", NULL}};
static const struct fact_kind *const identity_says[] = {&fact_resolved, &fact_merged, &fact_split, &fact_person_erased,
                                                        &fact_identifiers_changed};
static const struct fact_kind *const people_says[] = {&fact_profile_changed};
static const struct fact_kind *const thing_says[] = {&fact_thing_changed};
static const struct fact_kind *const order_says[] = {&fact_order_changed};
static const struct fact_kind *const relation_says[] = {&fact_relation_changed};
static const struct fact_kind *const scope_says[] = {&fact_scope_changed};
static const struct fact_kind *const audience_says[] = {&fact_segment_entered, &fact_segment_left, &fact_tag_changed};
static const struct domain teller_identity = {.number = 0x03,
                                              .name = "identity",
                                              .commands = teller_commands,
                                              .command_count = COUNT_OF(teller_commands),
                                              .says = identity_says,
                                              .say_count = COUNT_OF(identity_says)};
static const struct domain teller_people = {.number = 0x04, .name = "people", .says = people_says, .say_count = 1};
static const struct domain teller_thing = {.number = 0x08, .name = "thing", .says = thing_says, .say_count = 1};
static const struct domain teller_order = {.number = 0x09, .name = "order", .says = order_says, .say_count = 1};
static const struct domain teller_relation = {
    .number = 0x0A, .name = "relation", .says = relation_says, .say_count = 1};
static const struct domain teller_scope = {.number = 0x0B, .name = "scope", .says = scope_says, .say_count = 1};
static const struct domain teller_audience = {
    .number = 0x12, .name = "audience", .says = audience_says, .say_count = COUNT_OF(audience_says)};
static const struct domain *const teller_domains[] = {&engine_domain, &teller_identity, &teller_people,
                                                      &teller_thing,  &teller_order,    &teller_relation,
                                                      &teller_scope,  &teller_audience, &change_domain};

/* The change that is kept of what was told; of a split that of its first part. */
static inline struct kept_change change_of(struct told t)
{
    bool has_object = t.fact == CHANGE_MERGED || t.fact == CHANGE_SPLIT || t.fact == CHANGE_PROFILE ||
                      t.fact == CHANGE_RELATION || t.fact >= CHANGE_SCOPE;
    struct kept_change c = {
        .fact = t.fact, .subject = t.fact == CHANGE_ERASED ? 0 : t.subject, .object = has_object ? t.object : 0};
    if (t.fact == CHANGE_RELATION)
        c.detail = relation_detail(RELATION_FRIEND, RELATION_ENDED);
    if (t.fact == CHANGE_THING)
        c.detail = THING_DELETED;
    if (t.fact == CHANGE_ORDER || t.fact == CHANGE_SCOPE)
        c.detail = 1;
    if (t.fact == CHANGE_EVENT)
        c.owner = told_owner(t);
    return c;
}
