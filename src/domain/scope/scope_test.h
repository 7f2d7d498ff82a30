/* For tests of scope: a world of a few brands, told in short words, over the real domains. "p1" is a phone, "e1" an e-mail, "o1" an
 * openid of the app "app", "m1" one of the app "mini", "x1" an external_userid, "d1" a device, "u1" a user id. */
#pragma once

#include <stdlib.h>

#include "base/time.h"
#include "domain/scope/reach.h"
#include "domain/scope/shares.h"
#include "engine/engine_domain.h"
#include "engine/engine_priv.h"
#include "testing/harness.h"

#define TEST_SECRET UINT64_C(0x5ec7e7)

struct world {
    struct t *t;
    struct harness *h;
    struct arena *arena;
    struct buf payload;
    uint64_t messages;
};

static inline void world_begin(struct world *w, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain,
                                                   &people_domain, &relation_domain, &scope_domain};
    *w = (struct world){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&w->payload, ENVELOPE_BYTES_MAX);
}

static inline void world_end(struct world *w)
{
    harness_destroy(w->h);
    arena_destroy(w->arena);
    buf_fini(&w->payload);
}

static inline struct envelope_id world_id(const char *word)
{
    static const struct {
        char letter;
        uint16_t type;
    } types[] = {{'p', TYPE_PHONE},           {'e', TYPE_EMAIL},     {'o', TYPE_OPENID}, {'m', TYPE_OPENID},
                 {'x', TYPE_EXTERNAL_USERID}, {'d', TYPE_DEVICE_ID}, {'u', TYPE_USER_ID}};
    struct envelope_id id = {.role = ID_OWN, .value = bytes_of_text(word)};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        id.type = types[i].letter == word[0] ? types[i].type : id.type;
    assert(id.type != TYPE_NONE);
    if (id.type == TYPE_OPENID || id.type == TYPE_EXTERNAL_USERID)
        id.ns = word[0] == 'm' ? BYTES_LIT("mini") : BYTES_LIT("app");
    id.key = identifier_key(TEST_SECRET, id.type, id.ns, id.value);
    return id;
}

/* A command; jobs that it starts are done, and what follows is applied, before it returns. */
static inline const struct refusal *world_send(struct world *w, uint32_t command)
{
    const struct refusal *refusal = harness_apply(w->h, command, buf_bytes(&w->payload));
    (void)harness_follow(w->h);
    for (;;) {
        struct view v = harness_view(w->h);
        struct bytes key;
        if (!engine_job_next(&v, BYTES_NONE, &key))
            return refusal;
        const struct refusal *none = harness_apply(w->h, COMMAND_CONTINUE, arena_copy(w->arena, key));
        CHECK(w->t, none == NULL);
    }
}

/* Words apart by blanks. */
struct saying {
    const char *event, *ids, *brand, *channel, *staff; /* NULL: "login", nobody, none */
    int64_t time_us;                                   /* 0: now */
    const struct envelope_consent *consent;
};
static inline const struct refusal *world_event(struct world *w, struct saying says)
{
    struct envelope v = {.event = bytes_of_text(says.event == NULL ? "login" : says.event),
                         .source = BYTES_LIT("s"),
                         .actor = ACTOR_PERSON};
    char *text = arena_text(w->arena, bytes_of_text(says.ids)), *rest = NULL;
    struct buf consents;
    buf_init(&consents, 4096);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        v.ids[v.id_count++] = world_id(word);
    v.event_us = v.received_us = says.time_us == 0 ? harness_now_us(w->h) : says.time_us;
    v.event_number = standard_event_named(v.event) == NULL ? 0 : standard_event_named(v.event)->number;
    v.message = (struct hash128){++w->messages, w->messages * 77};
    v.reference[REF_BRAND] = says.brand == NULL ? BYTES_NONE : bytes_of_text(says.brand);
    v.reference[REF_CHANNEL] = says.channel == NULL ? BYTES_NONE : bytes_of_text(says.channel);
    v.reference[REF_STAFF] = says.staff == NULL ? BYTES_NONE : bytes_of_text(says.staff);
    if (says.consent != NULL) {
        envelope_consent_pack(&consents, says.consent);
        v.consent_count = 1;
        v.consents = buf_bytes(&consents);
    }
    buf_clear(&w->payload);
    CHECK_DONE(w->t, envelope_pack(&v, &w->payload, NULL), &(struct err){0});
    buf_fini(&consents);
    return world_send(w, COMMAND_COLLECT_EVENT);
}

/* A verb of identity, or of the stop list. */
static inline const struct refusal *world_act(struct world *w, uint32_t command, const char *first, const char *second,
                                              uint8_t choice)
{
    struct identity_act act = {.by = BYTES_LIT("ops"),
                               .reason = BYTES_LIT("测试 🙂"),
                               .id_count = second == NULL ? 1 : 2,
                               .choice = choice};
    act.ids[0] = world_id(first);
    if (second != NULL)
        act.ids[1] = world_id(second);
    buf_clear(&w->payload);
    CHECK_DONE(w->t, identity_act_pack(&act, &w->payload, NULL), &(struct err){0});
    return world_send(w, command);
}

/* NULL: the attribute isn't said. */
static inline const struct refusal *world_name(struct world *w, enum name_kind kind, const char *name,
                                               const char *attribute, const char *text)
{
    struct buf record;
    buf_init(&record, 4096);
    pack_varint(&record, text == NULL ? 0 : 1);
    if (text != NULL) {
        pack_bytes(&record, bytes_of_text(attribute));
        value_pack_text(&record, bytes_of_text(text));
    }
    buf_clear(&w->payload);
    collect_name_pack(&w->payload, kind, bytes_of_text(name), BYTES_NONE, buf_bytes(&record));
    buf_fini(&record);
    return world_send(w, COMMAND_COLLECT_NAME);
}

static inline const struct refusal *world_brand(struct world *w, const char *brand, const char *entity)
{
    return world_name(w, NAME_BRAND, brand, "entity", entity);
}

static inline const struct refusal *world_app(struct world *w, const char *app, const char *kind)
{
    return world_name(w, NAME_APP, app, "app_kind", kind);
}

static inline const struct refusal *world_share(struct world *w, uint32_t command, struct share_ask ask)
{
    ask.by = BYTES_LIT("法务");
    ask.reason = BYTES_LIT("數據共享協議 🤝");
    buf_clear(&w->payload);
    CHECK_DONE(w->t, share_ask_pack(&ask, &w->payload, NULL), &(struct err){0});
    return world_send(w, command);
}

/* Time passes; what fell due is done, as the engine's ticks do it. */
static inline void world_later(struct world *w, int64_t now_us)
{
    harness_time(w->h, now_us);
    for (int64_t due_us;;) {
        struct view v = harness_view(w->h);
        if (!engine_timer_due(&v, &due_us) || due_us > now_us)
            return;
        const struct refusal *none = harness_apply(w->h, COMMAND_TICK, BYTES_NONE);
        CHECK(w->t, none == NULL);
    }
}

static inline uint32_t world_brand_number(const struct view *v, const char *brand)
{
    return brand == NULL ? 0 : name_number(v, NAME_BRAND, bytes_of_text(brand));
}

static inline uint32_t world_person(const struct view *v, const char *word)
{
    struct envelope_id id = world_id(word);
    return identity_find_last(v, &id);
}

static inline const struct refusal *world_erase(struct world *w, const char *word)
{
    struct view v = harness_view(w->h);
    uint32_t person = world_person(&v, word);
    struct erase_ask ask = {.by = BYTES_LIT("ops"), .reason = BYTES_LIT("申請刪除")};
    ask.public_id = person == PERSON_NONE ? (struct hash128){1, 1} : identity_public_id(&v, person);
    buf_clear(&w->payload);
    CHECK_DONE(w->t, identity_erase_pack(&ask, &w->payload, NULL), &(struct err){0});
    return world_send(w, COMMAND_ERASE);
}
