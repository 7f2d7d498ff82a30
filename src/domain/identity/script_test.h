/* For tests: people told in a few letters. "u1" is a user id, "p1" a phone, "o1/app" an openid of an app …; an event is
 * "login u1 a1", and all people read "a1+u1 | p1": identifiers in force, sorted. "p1@receiver" has that role. */
#pragma once

#include <stdlib.h>

#include "base/time.h"
#include "domain/identity/desk.h"
#include "domain/identity/identity.h"
#include "engine/engine_priv.h"
#include "testing/harness.h"

#define SCRIPT_SECRET UINT64_C(0x5ec7e7)
#define SCRIPT_TOLD_BYTES 512

struct script {
    struct t *t;
    struct harness *h;
    int64_t event_us;      /* of the next event */
    const char *brand;     /* of the next events and acts; NULL: none */
    uint64_t messages;
    char told[SCRIPT_TOLD_BYTES]; /* facts of the last step: "merged 1<2, resolved 1" */
    struct resolved resolved;     /* of the last event; its `arrived` is gone */
    struct split_part parts[4];   /* of the last split; owners are gone */
    uint32_t part_count;
    struct arena *arena;
    struct buf payload;
};

static inline uint16_t script_type(char letter)
{
    static const char letters[] = " uUpEotTjdxmceia"; /* places are the built-in types; g is the first custom one */
    if (letter == 'g')
        return TYPE_CUSTOM;
    const char *at = strchr(letters, letter);
    assert(at != NULL && letter != ' ');
    return (uint16_t)(at - letters);
}

/* "o1/app@receiver"; what it points at lives in the script's arena. */
static inline struct envelope_id script_id(struct script *s, const char *word)
{
    static const char *const roles[ID_ROLE_COUNT] = {"own", "receiver", "payer", "staff", "other"};
    char *text = arena_text(s->arena, bytes_of_text(word));
    struct envelope_id id = {.type = script_type(word[0]), .role = ID_OWN};
    char *role = strchr(text, '@');
    for (int i = 0; i < ID_ROLE_COUNT && role != NULL; i++) {
        if (strcmp(roles[i], role + 1) == 0) {
            id.role = (enum id_role)i;
            *role = 0;
        }
    }
    char *ns = strchr(text, '/');
    if (ns != NULL) {
        *ns++ = 0;
        id.ns = bytes_of_text(ns);
    }
    id.value = bytes_of_text(text);
    id.key = identifier_key(SCRIPT_SECRET, id.type, id.ns, id.value);
    return id;
}

static inline uint32_t script_ids(struct script *s, const char *words, struct envelope_id ids[ENVELOPE_IDS_MAX])
{
    uint32_t count = 0;
    char *text = arena_text(s->arena, bytes_of_text(words)), *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        ids[count++] = script_id(s, word);
    return count;
}

static inline void script_tell(struct script *s, const char *format, unsigned a, unsigned b)
{
    size_t used = strlen(s->told);
    if (used > 0 && used + 3 < sizeof s->told) {
        memcpy(s->told + used, ", ", 3);
        used += 2;
    }
    (void)snprintf(s->told + used, sizeof s->told - used, format, a, b);
}

static inline void script_told(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    struct script *s = context;
    (void)step;
    if (kind == &fact_merged) {
        const struct merged *m = fact;
        script_tell(s, "merged %u<%u", m->survivor, m->absorbed);
    } else if (kind == &fact_split) {
        const struct split *x = fact;
        script_tell(s, "split %u in %u", x->person, x->part_count);
        s->part_count = x->part_count;
        for (uint32_t i = 0; i < x->part_count && i < COUNT_OF(s->parts); i++)
            s->parts[i] = x->parts[i];
    } else if (kind == &fact_quarantined) {
        const struct quarantined *q = fact;
        script_tell(s, "quarantined %c after %u", (unsigned)q->identifier->value.data[0], q->conflicts);
    } else if (kind == &fact_resolved) {
        s->resolved = *(const struct resolved *)fact;
        script_tell(s, s->resolved.created ? "resolved %u new" : "resolved %u", s->resolved.person, 0);
    }
}

static inline void script_begin(struct script *s, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain};
    *s = (struct script){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&s->payload, 1 << 20);
    s->event_us = harness_now_us(s->h);
    harness_listen(s->h, script_told, s);
}

static inline void script_end(struct script *s)
{
    harness_destroy(s->h);
    arena_destroy(s->arena);
    buf_fini(&s->payload);
}

static inline void script_later(struct script *s, int64_t us)
{
    s->event_us += us;
    if (s->event_us > harness_now_us(s->h))
        harness_time(s->h, s->event_us);
}

/* A slice of a job; false: there is none. */
static inline bool script_job_goes_on(struct script *s)
{
    struct view v = harness_view(s->h);
    struct bytes key;
    if (!engine_job_next(&v, BYTES_NONE, &key))
        return false;
    const struct refusal *none = harness_apply(s->h, COMMAND_CONTINUE, arena_copy(s->arena, key));
    CHECK(s->t, none == NULL);
    return true;
}

/* A command; jobs that it starts are done before it returns. */
static inline const struct refusal *script_send(struct script *s, uint32_t command)
{
    s->told[0] = 0;
    const struct refusal *refusal = harness_apply(s->h, command, buf_bytes(&s->payload));
    while (script_job_goes_on(s))
        continue;
    return refusal;
}

static inline void script_envelope(struct script *s, const char *name, const char *own, const char *others, struct envelope *out)
{
    *out = (struct envelope){.event = bytes_of_text(name), .source = BYTES_LIT("test"), .event_us = s->event_us, .received_us = s->event_us};
    if (s->brand != NULL)
        out->reference[REF_BRAND] = bytes_of_text(s->brand);
    out->id_count = script_ids(s, own, out->ids);
    out->other_count = others == NULL ? 0 : script_ids(s, others, out->ids + out->id_count);
    out->message = hash128(bytes_of(&s->messages, sizeof s->messages), 7);
    s->messages++;
}

/* "login u1 a1" happened at event_us; returns the person. */
static inline uint32_t script_event(struct script *s, const char *words)
{
    struct envelope *e = ARENA_NEW(s->arena, struct envelope);
    struct err err = {0};
    const char *space = strchr(words, ' ');
    char *name = arena_text(s->arena, bytes_of(words, space == NULL ? strlen(words) : (size_t)(space - words)));
    script_envelope(s, name, space == NULL ? "" : space + 1, NULL, e);
    buf_clear(&s->payload);
    struct status packed = envelope_pack(e, &s->payload, &err);
    assert(done(packed));
    const struct refusal *refusal = script_send(s, COMMAND_COLLECT_EVENT);
    CHECK(s->t, refusal == NULL);
    return s->resolved.person;
}

static inline const struct refusal *script_choose(struct script *s, uint32_t command, const char *words, uint8_t choice)
{
    struct identity_act act = {.by = BYTES_LIT("lin"), .reason = BYTES_LIT("asked by phone"), .choice = choice};
    struct err err = {0};
    act.id_count = script_ids(s, words, act.ids);
    if (s->brand != NULL)
        act.brands[act.brand_count++] = bytes_of_text(s->brand);
    buf_clear(&s->payload);
    struct status packed = identity_act_pack(&act, &s->payload, &err);
    assert(done(packed));
    return script_send(s, command);
}

static inline const struct refusal *script_act(struct script *s, uint32_t command, const char *words)
{
    return script_choose(s, command, words, 0);
}

static inline const struct refusal *script_undo(struct script *s, uint64_t position)
{
    struct identity_act act = {.by = BYTES_LIT("lin"), .undo_position = position};
    struct err err = {0};
    buf_clear(&s->payload);
    struct status packed = identity_act_pack(&act, &s->payload, &err);
    assert(done(packed));
    return script_send(s, COMMAND_UNDO);
}

static inline const struct refusal *script_rule(struct script *s, const struct id_type_rule *rule)
{
    struct err err = {0};
    buf_clear(&s->payload);
    struct status packed = identity_type_pack(rule, &s->payload, &err);
    assert(done(packed));
    return script_send(s, COMMAND_TYPE);
}

static inline void script_set(struct script *s, const char *setting, int64_t value)
{
    buf_clear(&s->payload);
    pack_bytes(&s->payload, bytes_of_text(setting));
    pack_u64(&s->payload, (uint64_t)value);
    const struct refusal *refusal = script_send(s, COMMAND_SET);
    CHECK(s->t, refusal == NULL);
}

/* Without limits, moves, hubs and log-outs. */
static inline void script_unlimit(struct script *s)
{
    size_t count;
    const struct id_type_rule *builtin = id_types_builtin(&count);
    for (size_t i = 0; i < count; i++) {
        struct id_type_rule rule = builtin[i];
        rule.limit = rule.hub_moves = 0;
        rule.ends_at_logout = false;
        const struct refusal *refusal = script_rule(s, &rule);
        CHECK(s->t, refusal == NULL);
    }
    script_set(s, "identity.hub_partners", 1000000);
}

static inline uint32_t script_find(struct script *s, const char *word)
{
    struct view v = harness_view(s->h);
    struct envelope_id id = script_id(s, word);
    return identity_find(&v, id.type, id.ns, id.value, id.key);
}

static inline int script_texts_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline const char *script_join(struct script *s, const char **texts, size_t count, const char *between)
{
    const char *all = "";
    if (count > 1)
        qsort(texts, count, sizeof *texts, script_texts_compare);
    for (size_t i = 0; i < count; i++)
        all = arena_printf(s->arena, "%s%s%s", all, i == 0 ? "" : between, texts[i]);
    return all;
}

static inline const char *script_person(struct script *s, const struct view *v, uint32_t number)
{
    const struct identifier *list;
    size_t count = identity_list(v, number, &list), in_force = 0;
    const char **texts = ARENA_ARRAY(s->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        if (list[i].state == ID_IN_FORCE)
            texts[in_force++] = arena_printf(s->arena, "%.*s%s%.*s", BYTES_ARG(list[i].value), list[i].ns.size > 0 ? "/" : "", BYTES_ARG(list[i].ns));
    return script_join(s, texts, in_force, "+");
}

/* Everybody with an identifier in force. */
static inline const char *script_people(struct script *s)
{
    struct view v = harness_view(s->h);
    uint32_t end = rows_numbered_end(v.rows, &person_family), count = 0;
    const char **texts = ARENA_ARRAY(s->arena, const char *, end + 1);
    for (uint32_t number = 1; number < end; number++) {
        const char *person = identity_living(&v, number) == number ? script_person(s, &v, number) : "";
        if (person[0] != 0)
            texts[count++] = person;
    }
    return script_join(s, texts, count, " | ");
}

/* Lines of a transcript. */
#define PEOPLE(s, want) CHECK_TEXT((s)->t, script_people(s), want)
#define EVENT(s, words) ((void)script_event((s), (words)))
#define ACCEPT(s, command, words)                                      \
    do {                                                               \
        const struct refusal *no_ = script_act((s), (command), (words)); \
        CHECK_TEXT((s)->t, no_ == NULL ? "accepted" : no_->name, "accepted"); \
    } while (0)
#define REFUSE(s, command, words, why)                                 \
    do {                                                               \
        const struct refusal *no_ = script_act((s), (command), (words)); \
        CHECK_TEXT((s)->t, no_ == NULL ? "accepted" : no_->name, why); \
    } while (0)
