/* For tests of relations: people by identifiers told in two letters ("p1" a phone, "u1" a user id), what is said of them, and what is known of them told in
 * words: "friend staff:G1@a [5-10 blocked, 20-] stage=\"new\"". Times are minutes from RELATION_BASE_US. */
#pragma once

#include <stdlib.h>

#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "engine/engine_domain.h"
#include "engine/engine_priv.h"
#include "testing/harness.h"

#define RELATION_BASE_US INT64_C(1763740800000000)
#define RELATION_NUMBERS_MAX 512u

#define RELATION_SECRET UINT64_C(0x5ec7e7)

struct rig {
    const char *by; /* somebody of staff who says what is said; NULL: nobody told */
    struct t *t;
    struct harness *h;
    struct arena *arena;
    struct buf payload;
    uint64_t messages;
};

static inline int64_t relation_us(int64_t minute)
{
    return RELATION_BASE_US + minute * US_PER_MINUTE;
}

static inline void relation_begin(struct rig *s, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain,
                                                   &people_domain, &thing_domain,   &calendar_domain,
                                                   &order_domain,  &relation_domain};
    *s = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&s->payload, 1 << 20);
    harness_time(s->h, relation_us(1000000));
}

static inline void relation_finish(struct rig *s)
{
    harness_destroy(s->h);
    arena_destroy(s->arena);
    buf_fini(&s->payload);
}

static inline struct envelope_id relation_id(struct rig *s, const char *word)
{
    struct envelope_id id = {.type = word[0] == 'p' ? TYPE_PHONE : TYPE_USER_ID,
                             .role = ID_OWN,
                             .value = arena_copy(s->arena, bytes_of_text(word))};
    id.key = identifier_key(RELATION_SECRET, id.type, id.ns, id.value);
    return id;
}

/* "p1 u1"; returns how many. */
static inline uint32_t relation_ids(struct rig *s, const char *words, struct envelope_id ids[ENVELOPE_IDS_MAX])
{
    uint32_t count = 0;
    char *rest = NULL, *text = arena_text(s->arena, bytes_of_text(words));
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        ids[count++] = relation_id(s, word);
    return count;
}

static inline uint32_t relation_find(struct rig *s, const char *word)
{
    struct view v = harness_view(s->h);
    struct envelope_id id = relation_id(s, word);
    return identity_find(&v, id.type, id.ns, id.value, id.key);
}

/* The command that was packed; what follows from it, and jobs that it starts, are done before it returns. */
static inline const struct refusal *relation_send(struct rig *s, uint32_t command)
{
    struct bytes key;
    const struct refusal *refusal = harness_apply(s->h, command, buf_bytes(&s->payload));
    for (struct view v = harness_view(s->h); engine_job_next(&v, BYTES_NONE, &key); v = harness_view(s->h))
        CHECK(s->t, harness_apply(s->h, COMMAND_CONTINUE, arena_copy(s->arena, key)) == NULL);
    (void)harness_follow(s->h);
    return refusal;
}

/* An act of identity on these identifiers. */
static inline const struct refusal *relation_act(struct rig *s, uint32_t command, const char *words)
{
    struct identity_act act = {.by = BYTES_LIT("lin")};
    struct err e = {0};
    act.id_count = relation_ids(s, words, act.ids);
    buf_clear(&s->payload);
    CHECK_DONE(s->t, identity_act_pack(&act, &s->payload, &e), &e);
    return relation_send(s, command);
}

/* A person may have any number of phones and user ids. */
static inline void relation_unlimit(struct rig *s)
{
    static const uint16_t some[] = {TYPE_PHONE, TYPE_USER_ID};
    size_t count;
    const struct id_type_rule *builtin = id_types_builtin(&count);
    for (size_t i = 0; i < count; i++) {
        struct id_type_rule rule = builtin[i];
        struct err e = {0};
        if (rule.type != some[0] && rule.type != some[1])
            continue;
        rule.limit = rule.hub_moves = 0;
        buf_clear(&s->payload);
        REQUIRE_DONE(s->t, identity_type_pack(&rule, &s->payload, &e), &e);
        CHECK(s->t, relation_send(s, COMMAND_TYPE) == NULL);
    }
}

/* What an event says besides whose it is; NULL: nothing. */
struct relation_event {
    const char *event, *ids, *other, *brand, *staff, *channel, *group;
    const char *property, *text; /* one property */
    int64_t minute;
    const char *actor; /* of staff; NULL: the person */
};

static inline struct bytes relation_record(struct rig *s, const char *name, const char *text)
{
    struct buf b = arena_buf(s->arena, 512);
    if (name == NULL)
        return BYTES_NONE;
    pack_varint(&b, 1);
    pack_bytes(&b, bytes_of_text(name));
    if (text == NULL)
        pack_u8(&b, VALUE_NULL);
    else
        value_pack_text(&b, bytes_of_text(text));
    return buf_bytes(&b);
}

static inline void relation_tell(struct rig *s, const struct relation_event *e)
{
    struct envelope *v = ARENA_NEW(s->arena, struct envelope);
    struct err err = {0};
    *v = (struct envelope){.event = bytes_of_text(e->event),
                           .source = BYTES_LIT("test"),
                           .event_us = relation_us(e->minute),
                           .received_us = relation_us(e->minute),
                           .message = {rng_mix(++s->messages), s->messages}};
    v->id_count = relation_ids(s, e->ids, v->ids);
    if (e->other != NULL)
        v->ids[v->id_count + v->other_count++] = relation_id(s, e->other);
    v->reference[REF_BRAND] = bytes_of_text(e->brand);
    v->reference[REF_STAFF] = bytes_of_text(e->staff);
    v->reference[REF_CHANNEL] = bytes_of_text(e->channel);
    v->reference[REF_GROUP] = bytes_of_text(e->group);
    v->properties = relation_record(s, e->property, e->text);
    v->actor = e->actor == NULL ? ACTOR_PERSON : ACTOR_STAFF;
    v->actor_id = bytes_of_text(e->actor);
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, envelope_pack(v, &s->payload, &err), &err);
    CHECK(s->t, relation_send(s, COMMAND_COLLECT_EVENT) == NULL);
}

/* So that there is somebody with this identifier. */
static inline void relation_meet(struct rig *s, const char *id)
{
    relation_tell(s, &(struct relation_event){.event = "login", .ids = id});
}

/* What is said of a relation by command. */
struct relation_said {
    uint32_t command;
    const char *who; /* an identifier: "p1" */
    uint8_t type;
    const char *to; /* "staff:G1"; of a person an identifier: "person:p2"; NULL: to nothing */
    const char *brand;
    int64_t minute;
    const char *reason;
    const char *attribute, *text;
};

static inline struct thing_ref relation_ref(struct rig *s, const char *to)
{
    if (to == NULL)
        return (struct thing_ref){0};
    const char *colon = strchr(to, ':');
    struct thing_ref ref = {.kind = bytes_of(to, (size_t)(colon - to)), .id = bytes_of_text(colon + 1)};
    if (bytes_equal(ref.kind, BYTES_LIT(RELATION_TO_PERSON)))
        ref.id = relation_person_id(relation_id(s, colon + 1).key, s->arena);
    return ref;
}

static inline const struct refusal *relation_say(struct rig *s, const struct relation_said *said)
{
    struct relation_put put = {.id = relation_id(s, said->who),
                               .type = said->type,
                               .brand = bytes_of_text(said->brand),
                               .ref = relation_ref(s, said->to),
                               .time_us = relation_us(said->minute),
                               .reason = bytes_of_text(said->reason),
                               .by = {s->by == NULL ? RELATION_BY_NOBODY : RELATION_BY_STAFF, bytes_of_text(s->by)},
                               .attributes = relation_record(s, said->attribute, said->text)};
    buf_clear(&s->payload);
    relation_put_pack(&put, &s->payload);
    return relation_send(s, said->command);
}

static inline const struct refusal *relation_declare(struct rig *s, const struct relation_type *type)
{
    buf_clear(&s->payload);
    relation_type_pack(type, &s->payload);
    return relation_send(s, COMMAND_RELATION_TYPE);
}

/* --- told back --- */

static inline const char *relation_minute(struct rig *s, int64_t us)
{
    if (us == RELATION_OPEN_US)
        return "";
    return us == RELATION_UNKNOWN_US
               ? "?"
               : arena_printf(s->arena, "%lld", (long long)((us - RELATION_BASE_US) / US_PER_MINUTE));
}

static inline const char *relation_words(struct rig *s, const struct view *v, const struct relation *r)
{
    bool to_person = bytes_equal(r->ref.kind, BYTES_LIT(RELATION_TO_PERSON));
    struct bytes brand = name_text(v, NAME_BRAND, r->brand);
    const char *words = arena_printf(s->arena, "%s", r->type->name);
    if (to_person)
        words = arena_printf(s->arena, "%s %u", words, relation_other(v, &r->ref, r->begun_us));
    else if (r->ref.id.size > 0)
        words = arena_printf(s->arena, "%s %.*s:%.*s", words, BYTES_ARG(r->ref.kind), BYTES_ARG(r->ref.id));
    words = arena_printf(s->arena, "%s%s%.*s [", words, brand.size > 0 ? "@" : "", BYTES_ARG(brand));
    for (uint32_t i = r->period_count; i-- > 0;) {
        const struct relation_period *p = &r->periods[i];
        words = arena_printf(s->arena, "%s%s-%s%s%.*s%s", words, relation_minute(s, p->begin_us),
                             relation_minute(s, p->end_us), p->reason.size > 0 ? " " : "", BYTES_ARG(p->reason),
                             i > 0 ? ", " : "");
    }
    words = arena_printf(s->arena, "%s]", words);
    for (uint32_t i = 0; i < r->attribute_count; i++) {
        struct unpack u = unpack_of(r->attributes[i].value);
        struct value value = unpack_value(&u);
        words = arena_printf(s->arena, "%s %.*s=%.*s", words, BYTES_ARG(r->attributes[i].name), BYTES_ARG(value.body));
    }
    return words;
}

/* All of a person's relations: "friend staff:G1 [5-]; in_group …". */
static inline const char *relation_all(struct rig *s, const char *who)
{
    const struct relation *list;
    uint32_t person = relation_find(s, who);
    struct view v = harness_view(s->h);
    const char *all = "";
    size_t count = relation_list(&v, person, &list);
    for (size_t i = 0; i < count; i++)
        all = arena_printf(s->arena, "%s%s%s", all, i > 0 ? "; " : "", relation_words(s, &v, &list[i]));
    return all;
}

/* The people of a thing: "1 3 4". */
static inline const char *relation_of_thing(struct rig *s, uint8_t type, const char *to)
{
    uint32_t numbers[RELATION_NUMBERS_MAX];
    struct thing_ref ref = relation_ref(s, to);
    struct view v = harness_view(s->h);
    const char *all = "";
    uint32_t count = relation_people(&v, relation_type_numbered(&v, type), &ref, 0, numbers, RELATION_NUMBERS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct relation *list;
        size_t found;
        uint32_t person = relation_person_of(&v, relation_type_numbered(&v, type), &ref, numbers[i], &list, &found);
        if (person != PERSON_NONE)
            all = arena_printf(s->arena, "%s%s%u", all, all[0] == 0 ? "" : " ", person);
    }
    return all;
}
