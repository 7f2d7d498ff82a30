/* For tests of pulse: a workspace in which sources tell events, shops have orders and declare days, and days go by. */
#pragma once

#include <stdio.h>

#include "base/rng.h"
#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/pulse/pulse.h"
#include "engine/engine_domain.h"
#include "engine/engine_priv.h"
#include "testing/harness.h"

#define PULSE_FIRST_DAY 20458 /* 2026-01-05, a Monday */
#define PULSE_ZONE_US (8 * US_PER_HOUR)

struct rig {
    struct t *t;
    struct harness *h;
    struct arena *arena;
    struct buf payload;
    uint64_t messages;
};

/* A moment of a day, in the workspace's zone. */
static inline int64_t pulse_us(int32_t day, int64_t minute)
{
    return (int64_t)(PULSE_FIRST_DAY + day) * US_PER_DAY - PULSE_ZONE_US + minute * US_PER_MINUTE;
}

static inline void rig_begin(struct rig *s, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain,   &collect_domain, &identity_domain,
                                                   &calendar_domain, &order_domain,   &pulse_domain};
    *s = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&s->payload, ORDER_VERSION_BYTES_MAX);
    harness_time(s->h, pulse_us(0, 0));
}

static inline void rig_end(struct rig *s)
{
    harness_destroy(s->h);
    arena_destroy(s->arena);
    buf_fini(&s->payload);
}

static inline void rig_send(struct rig *s, uint32_t command)
{
    CHECK(s->t, harness_apply(s->h, command, buf_bytes(&s->payload)) == NULL);
    (void)harness_follow(s->h);
}

/* An event that happened so long ago, now; its lag is counted when it is a sample. */
static inline void pulse_tell(struct rig *s, const char *source, int64_t lag_us, bool is_sample)
{
    struct envelope *v = ARENA_NEW(s->arena, struct envelope);
    struct err e = {0};
    int64_t now_us = harness_now_us(s->h);
    uint64_t id = rng_mix(++s->messages) / PULSE_SAMPLE * PULSE_SAMPLE + !is_sample;
    *v = (struct envelope){.event = BYTES_LIT("login"),
                           .source = bytes_of_text(source),
                           .event_us = now_us - lag_us,
                           .received_us = now_us,
                           .message = {id, s->messages}};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, envelope_pack(v, &s->payload, &e), &e);
    rig_send(s, COMMAND_COLLECT_EVENT);
}

/* An order of a day; history, so that it says nothing of lags. */
static inline void pulse_order(struct rig *s, const char *shop, int32_t day)
{
    struct err e = {0};
    struct order_part created = {.kind = ORDER_STATE, .sub = ORDER_CREATED, .time_us = pulse_us(day, 600)};
    struct order_version v = {
        .key = {bytes_of_text(shop), bytes_of_text(arena_printf(s->arena, "%llu", (unsigned long long)++s->messages))},
        .source = BYTES_LIT("erp"),
        .version = 1,
        .import = true,
        .part_count = 1,
        .parts = &created};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, order_version_pack(&v, &s->payload, &e), &e);
    rig_send(s, COMMAND_ORDER_PUT);
}

static inline void pulse_declare(struct rig *s, const char *shop, int32_t day)
{
    struct err e = {0};
    struct order_declared d = {.shop = bytes_of_text(shop),
                               .source = BYTES_LIT("erp"),
                               .day = PULSE_FIRST_DAY + day,
                               .currency = CURRENCY_CNY,
                               .said_us = harness_now_us(s->h),
                               .orders = 1,
                               .amount = 100};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, order_declared_pack(&d, &s->payload, &e), &e);
    rig_send(s, COMMAND_ORDER_DECLARED);
}

static inline void pulse_calendar(struct rig *s, const struct calendar *c)
{
    struct err e = {0};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, calendar_pack(c, &s->payload, &e), &e);
    rig_send(s, COMMAND_CALENDAR);
}

/* Up to this moment: what falls due on the way is done at its time. */
static inline void pulse_until(struct rig *s, int64_t us)
{
    struct bytes key;
    int64_t due_us;
    for (struct view v = harness_view(s->h); engine_timer_due(&v, &due_us) && due_us <= us; v = harness_view(s->h)) {
        harness_time(s->h, due_us > harness_now_us(s->h) ? due_us : harness_now_us(s->h));
        CHECK(s->t, harness_apply(s->h, COMMAND_TICK, BYTES_NONE) == NULL);
        for (v = harness_view(s->h); engine_job_next(&v, BYTES_NONE, &key); v = harness_view(s->h))
            CHECK(s->t, harness_apply(s->h, COMMAND_CONTINUE, arena_copy(s->arena, key)) == NULL);
    }
    harness_time(s->h, us);
}

/* "3 missing_day tmall; 5 late_data app over", by days, the earliest first. */
static inline const char *pulse_alarms(struct rig *s)
{
    struct pulse_alarm alarm, *after = NULL;
    struct view v = harness_view(s->h);
    const char *all = "";
    for (; pulse_alarm_next(&v, after, &alarm); after = &alarm)
        all = arena_printf(s->arena, "%d %s %.*s%s%s%s", alarm.day - PULSE_FIRST_DAY, pulse_words[alarm.kind].name,
                           BYTES_ARG(alarm.subject.name), alarm.is_over ? " over" : "", all[0] == 0 ? "" : "; ", all);
    return all;
}
