#include "bench/ruled.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "domain/rule/rule.h"

#define LOOK_US 2000u
#define EVENT_BYTES_MAX 1024u

/* --- events --- */

static void name_write(struct buf *out, uint32_t name, bool is_idle)
{
    buf_printf(out, "%s_%02u", is_idle ? "idle" : "shop", name);
}

static void event_write(struct buf *out, uint64_t person, uint64_t serial, int64_t us, uint32_t name, bool is_idle)
{
    char when[TIME_TEXT_BYTES];
    buf_push_text(out, "{\"type\":\"track\",\"event\":\"");
    name_write(out, name, is_idle);
    buf_printf(out,
               "\",\"messageId\":\"node-next-%013llu-6f9d2c1e\",\"timestamp\":\"%s\",\"anonymousId\":\"%08llx-5b1c-"
               "4e7a-9a3d-%012llx\","
               "\"userId\":\"u%09llu\",\"context\":{\"externalIds\":[{\"id\":\"+86138%08llu\",\"type\":\"phone\","
               "\"collection\":\"users\",\"encoding\":\"none\"}]},\"properties\":{\"category\":\"c%02llu\",\"price\":%"
               "llu.90}}",
               (unsigned long long)serial, time_format(us, when), (unsigned long long)(rng_mix(person) >> 32),
               (unsigned long long)person, (unsigned long long)person, (unsigned long long)(person % 100000000),
               (unsigned long long)(rng_mix(serial) % 12), (unsigned long long)(serial % 900 + 9));
}

static void batch_end(struct buf *out)
{
    char now[TIME_TEXT_BYTES];
    buf_printf(out, "],\"writeKey\":\"w\",\"sentAt\":\"%s\"}", time_format(time_now_us(), now));
}

void ruled_names_send(struct sender *s)
{
    struct buf batch;
    buf_init(&batch, 1u << 20);
    buf_push_text(&batch, "{\"batch\":[");
    for (uint32_t i = 0; i < 2 * RULED_NAMES; i++) {
        if (i > 0)
            buf_push_byte(&batch, ',');
        event_write(&batch, UINT32_MAX, UINT64_MAX / 1024 + i, time_now_us() - US_PER_SECOND, i % RULED_NAMES,
                    i >= RULED_NAMES);
    }
    batch_end(&batch);
    sender_send(s, buf_bytes(&batch));
    sender_wait(s);
    buf_fini(&batch);
}

void ruled_write(struct buf *out, const struct ruled_batch *b)
{
    int64_t now_us = time_now_us() - US_PER_SECOND;
    buf_push_text(out, "{\"batch\":[");
    for (uint64_t i = 0, count = b->count == 0 ? WORLD_BATCH_EVENTS : b->count; i < count; i++) {
        uint64_t serial = b->serial * WORLD_BATCH_EVENTS + i, chance = rng_mix(serial);
        uint64_t person = b->rng == NULL ? (b->first + i) % b->people : rng_below(b->rng, b->people);
        int64_t before_us = b->is_now ? 0 : (int64_t)(chance % (RULED_DAYS * 86400)) * US_PER_SECOND;
        if (i > 0)
            buf_push_byte(out, ',');
        uint32_t name = b->is_idle ? b->idle_name : (uint32_t)(chance >> 32) % RULED_NAMES;
        event_write(out, person, serial, now_us - before_us, name, b->is_idle);
    }
    batch_end(out);
}

/* --- rules --- */

/* What shops ask of a thing that people do; %s is its name, %u a number that makes each of them another one. */
static const char *const kinds[] = {
    "count(%s in last %u days) >= 3",
    "count(%s in last %u days) >= 5",
    "count(%s in last %u days) = 1",
    "did(%s in last %u days) and count(%s in last 7 days) >= 2",
    "days(%s in last %u days) >= 2",
    "count(%s where category = 'c01' in last %u days) >= 2",
    "count(%s where category in ('c02', 'c03') in last %u days) >= 1",
    "count(%s where price > 500 in last %u days) >= 1",
    "count(%s where category = 'c04') >= %u",
    "count(%s) >= %u",
    "sum(%s.price in last %u days) >= 1000",
    "sum(%s.price in last %u days) >= 3000",
    "count(%s within 48 hours) >= 2 + %u",
    "last(%s).category = 'c05' and count(%s) < 1000 + %u",
    "distinct(%s.category in last %u days) >= 3",
};

static void text_write(struct buf *out, uint32_t rule, bool is_idle)
{
    uint32_t name = rule % RULED_NAMES, of_name = rule / RULED_NAMES;
    const char *kind = kinds[of_name % COUNT_OF(kinds)];
    uint32_t number = 7 + of_name / (uint32_t)COUNT_OF(kinds) * 11 + of_name % 5;
    for (const char *at = kind; *at != '\0'; at++) {
        if (*at != '%')
            buf_push_byte(out, (uint8_t)*at);
        else if (*++at == 's')
            name_write(out, name, is_idle);
        else
            buf_printf(out, "%u", number);
    }
}

static struct answer sent(struct world *w, uint32_t command, const struct buf *payload)
{
    struct answer answer;
    struct err e = {0};
    if (failed(host_call(w->host, w->workspace, command, buf_bytes(payload), &answer, NULL, &e)) ||
        answer.refusal != NULL) {
        (void)fprintf(stderr, "bench: %s%s\n", e.text, answer.refusal == NULL ? "" : answer.refusal->en);
        exit(1);
    }
    return answer;
}

struct looking {
    uint32_t end;
    bool is_gathering;
};

static void look(const struct view *v, void *context)
{
    struct looking *l = context;
    struct rule rule;
    l->end = rules_end(v);
    l->is_gathering = rule_find(v, l->end - 1, &rule) && rule.state == RULE_GATHERING;
}

static struct looking look_at(struct world *w)
{
    struct looking l;
    struct err e = {0};
    if (failed(host_read(w->host, w->workspace, look, &l, &e)))
        exit(1);
    return l;
}

static void switch_on(struct world *w, uint32_t from, uint32_t until)
{
    struct buf payload;
    buf_init(&payload, 1u << 16);
    for (uint32_t rule = from; rule < until; rule++) {
        rule_switch_pack(&(struct rule_pair){.old = RULE_NONE, .new = rule}, 1, &payload);
        if ((rule - from) % RULE_SWITCH_MAX != RULE_SWITCH_MAX - 1 && rule + 1 < until)
            continue;
        (void)sent(w, COMMAND_RULE_SWITCH, &payload);
        buf_clear(&payload);
    }
    buf_fini(&payload);
}

static void rule_send(struct world *w, struct bytes text)
{
    struct buf payload;
    buf_init(&payload, RULE_TEXT_BYTES_MAX);
    rule_ask_pack(&(struct rule_ask){.is_condition = true, .maker = BYTES_LIT("bench"), .text = text}, &payload);
    (void)sent(w, COMMAND_RULE_MAKE, &payload);
    buf_fini(&payload);
}

static void rules_start(struct world *w, uint32_t from)
{
    while (look_at(w).is_gathering)
        (void)usleep(LOOK_US);
    switch_on(w, from, look_at(w).end);
}

void ruled_make(struct world *w, uint32_t count, bool is_idle)
{
    struct buf text;
    uint32_t from = look_at(w).end;
    buf_init(&text, EVENT_BYTES_MAX);
    for (uint32_t rule = 0; rule < count; rule++) {
        buf_clear(&text);
        text_write(&text, rule, is_idle);
        rule_send(w, buf_bytes(&text));
    }
    if (count > 0)
        rules_start(w, from);
    buf_fini(&text);
}

uint32_t ruled_make_these(struct world *w, const char *const *texts, size_t count)
{
    uint32_t first = look_at(w).end;
    for (size_t i = 0; i < count; i++)
        rule_send(w, bytes_of_text(texts[i]));
    rules_start(w, first);
    return first;
}

uint32_t ruled_make_one(struct world *w, const char *text)
{
    return ruled_make_these(w, &text, 1);
}
