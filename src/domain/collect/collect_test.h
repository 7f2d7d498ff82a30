/* For the tests of collect: its commands, sent through the harness, beside the identity that it must have. */
#pragma once

#include "domain/collect/envelope_test.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "testing/harness.h"

static inline struct harness *collect_alone(void)
{
    static const struct domain *const domains[] = {&collect_domain, &identity_domain};
    return harness_create(domains, COUNT_OF(domains));
}

/* Sends an event; what its source and the message's number make up the hash, as the door does. */
static inline const struct refusal *event_send(struct t *t, struct harness *h, struct envelope *v, uint64_t message)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, ENVELOPE_BYTES_MAX);
    v->message = hash128(bytes_of(&message, sizeof message), 1);
    if (v->event_us == 0)
        v->event_us = v->received_us = harness_now_us(h);
    CHECK_DONE(t, envelope_pack(v, &b, &e), &e);
    struct bytes payload = arena_copy(t->arena, buf_bytes(&b)); /* what is heard of it may be looked at afterwards */
    buf_fini(&b);
    return harness_apply(h, COMMAND_COLLECT_EVENT, payload);
}

static inline const struct refusal *name_send(struct harness *h, enum name_kind kind, const char *name, const char *alias_of,
                                              struct bytes attributes)
{
    struct buf b;
    buf_init(&b, 1 << 14);
    collect_name_pack(&b, kind, bytes_of_text(name), bytes_of_text(alias_of), attributes);
    const struct refusal *refusal = harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static inline uint32_t number_of(struct harness *h, enum name_kind kind, const char *name)
{
    struct view v = harness_view(h);
    return name_number(&v, kind, bytes_of_text(name));
}

/* Sets one of collect's settings as the engine's command would. */
static inline void setting_put(struct harness *h, const char *name, int64_t value)
{
    static const struct family setting_rows = {.id = 5, .kind = FAMILY_KEYED, .value_bytes = 8, .name = "setting"};
    rows_keyed_put(harness_rows(h), &setting_rows, bytes_of_text(name), bytes_of(&value, sizeof value));
}
