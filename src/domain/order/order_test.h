/* For tests of orders: versions told in words, orders and what happened told back.
 *
 * A version: "#3 ~7 ! created=0 paid=5 store=S01 pay:total=19900,freight=500 buy:p1,u2 to:name=小明
 * L1:sku=A,quantity=2,list_price=99.50,paid=19400,discounts=coupon-500 -L2 S1:carrier=SF,lines=1+2
 * R1:line=1,amount=500,kind=refund,requested=9,done=10": number, time of the source (minutes), complete, states, fields of the
 * head, payment, buyer, receiver, lines, one removed, shipments, refunds with their states. Times are minutes from TEST_BASE_US. */
#pragma once

#include <stdlib.h>

#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "engine/engine_domain.h"
#include "testing/harness.h"

#define TEST_SECRET UINT64_C(0x5ec7e7)
#define TEST_BASE_US INT64_C(1763740800000000) /* 2025-11-21T16:00:00Z: the day begins in Shanghai */
#define TEST_DAY 20414                         /* that day */
#define TEST_PARTS_MAX 4096u
#define TEST_TOLD_BYTES 16384

struct rig {
    struct t *t;
    struct harness *h;
    struct arena *arena;
    struct buf payload;
    char told[TEST_TOLD_BYTES]; /* events since the last look: "order_paid@5/1", with the person … */
    uint32_t events;            /* derived, ever */
    struct {
        char store[32];
        int64_t amount; /* in minor units of a currency with two digits */
        uint32_t items;
        bool import;
    } last; /* of those that an order derived */
};

static inline int64_t minutes_us(int64_t minutes)
{
    return TEST_BASE_US + minutes * US_PER_MINUTE;
}

static inline void rig_note(struct rig *r, const struct envelope *v)
{
    struct value amount = {.integer = 0};
    (void)snprintf(r->last.store, sizeof r->last.store, "%.*s", BYTES_ARG(v->reference[REF_STORE]));
    bool has_amount = record_find(v->properties, BYTES_LIT("amount"), &amount) &&
                      money_of_decimal((struct decimal){amount.integer, amount.scale}, CURRENCY_CNY, &r->last.amount);
    CHECK(r->t, has_amount);
    r->last.items = v->item_count;
    r->last.import = v->import;
    r->events++;
}

static inline void rig_heard(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    struct rig *r = context;
    if (kind != &fact_resolved)
        return;
    const struct resolved *f = fact;
    const struct envelope *v = &f->arrived->envelope;
    size_t used = strlen(r->told);
    (void)step;
    if (bytes_equal(v->source, BYTES_LIT(ORDER_SOURCE)))
        rig_note(r, v);
    (void)snprintf(r->told + used, sizeof r->told - used, "%s%.*s@%lld/%u", used > 0 ? " " : "", BYTES_ARG(v->event),
                   (long long)((v->event_us - TEST_BASE_US) / US_PER_MINUTE), f->person);
}

static inline void rig_begin(struct rig *r, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &calendar_domain, &order_domain};
    *r = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&r->payload, ORDER_VERSION_BYTES_MAX);
    harness_listen(r->h, rig_heard, r);
}

static inline void rig_end(struct rig *r)
{
    harness_destroy(r->h);
    arena_destroy(r->arena);
    buf_fini(&r->payload);
}

/* --- from words --- */

/* "p1": a phone, "u2": a user id. */
static inline struct envelope_id test_id(struct rig *r, struct bytes word)
{
    struct envelope_id id = {
        .type = word.data[0] == 'p' ? TYPE_PHONE : TYPE_USER_ID, .role = ID_OWN, .value = arena_copy(r->arena, word)};
    id.key = identifier_key(TEST_SECRET, id.type, id.ns, id.value);
    return id;
}

static inline struct bytes word_take(struct bytes *rest, char end)
{
    size_t at = 0;
    while (at < rest->size && rest->data[at] != (uint8_t)end)
        at++;
    struct bytes word = bytes_slice(*rest, 0, at);
    *rest = bytes_slice(*rest, at < rest->size ? at + 1 : at, rest->size);
    return word;
}

static inline int64_t word_number(struct bytes word, uint8_t *out_scale)
{
    int64_t number = 0;
    bool after_point = false, is_negative = word.size > 0 && word.data[0] == '-';
    uint8_t scale = 0;
    for (size_t i = is_negative; i < word.size; i++) {
        if (word.data[i] == '.') {
            after_point = true;
            continue;
        }
        assert(word.data[i] >= '0' && word.data[i] <= '9');
        number = number * 10 + (word.data[i] - '0');
        scale += after_point;
    }
    for (; scale > 0 && number % 10 == 0; scale--)
        number /= 10;
    if (out_scale != NULL)
        *out_scale = scale;
    return is_negative ? -number : number;
}

static inline size_t word_among(struct bytes word, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !bytes_equal(bytes_of_text(names[i]), word))
        i++;
    return i;
}

static inline struct bytes test_list(struct rig *r, struct bytes word, bool amounts, uint32_t *out_count)
{
    struct buf b;
    buf_init(&b, 65536);
    for (*out_count = 0; word.size > 0; ++*out_count) {
        struct bytes item = word_take(&word, '+'), kind = word_take(&item, '-');
        if (amounts)
            order_amount_pack(&b, kind, word_number(item, NULL));
        else
            order_text_pack(&b, kind);
    }
    struct bytes list = arena_copy(r->arena, buf_bytes(&b));
    buf_fini(&b);
    return list;
}

static inline struct order_value test_value(struct rig *r, const struct order_field *field, struct bytes word)
{
    struct order_value value = {.field = field};
    switch (field->type) {
    case ORDER_TEXT:
        value.text = word;
        break;
    case ORDER_TIME:
        value.integer = minutes_us(word_number(word, NULL));
        break;
    case ORDER_CURRENCY:
        value.integer = currency_named(word);
        break;
    case ORDER_WORD:
        value.integer = (int64_t)word_among(word, refund_kind_names, REFUND_KIND_COUNT);
        break;
    case ORDER_AMOUNTS:
    case ORDER_TEXTS:
        value.text = test_list(r, word, field->type == ORDER_AMOUNTS, &value.count);
        break;
    default:
        value.integer = word_number(word, field->type == ORDER_DECIMAL ? &value.scale : NULL);
    }
    return value;
}

static inline int by_field(const void *a, const void *b)
{
    const struct order_value *x = a, *y = b;
    return (x->field->id > y->field->id) - (x->field->id < y->field->id);
}

static inline void test_state(struct order_version *v, struct bytes refund, size_t state, struct bytes minutes)
{
    v->parts[v->part_count++] = (struct order_part){
        .kind = ORDER_STATE, .id = refund, .sub = (uint8_t)state, .time_us = minutes_us(word_number(minutes, NULL))};
}

/* "name=value,name=value" */
static inline struct bytes test_body(struct rig *r, struct order_version *v, enum order_part_kind kind, struct bytes id,
                                     struct bytes words)
{
    struct order_value values[64];
    size_t count = 0;
    struct buf b;
    while (words.size > 0) {
        struct bytes word = word_take(&words, ','), name = word_take(&word, '=');
        size_t state = word_among(name, refund_state_names, REFUND_STATE_COUNT);
        const struct order_field *field = order_field_named(kind, name);
        if (field == NULL)
            test_state(v, id, state, word);
        else
            values[count++] = test_value(r, field, word);
    }
    qsort(values, count, sizeof *values, by_field);
    buf_init(&b, 65536);
    for (size_t i = 0; i < count; i++)
        order_value_pack(&b, &values[i]);
    struct bytes body = arena_copy(r->arena, buf_bytes(&b));
    buf_fini(&b);
    return body;
}

static inline struct bytes test_buyer(struct rig *r, struct bytes words)
{
    struct buf b;
    buf_init(&b, 65536);
    while (words.size > 0) {
        struct envelope_id id = test_id(r, word_take(&words, ','));
        envelope_id_pack(&b, &id);
    }
    struct bytes body = arena_copy(r->arena, buf_bytes(&b));
    buf_fini(&b);
    return body;
}

static inline void test_part(struct rig *r, struct order_version *v, struct bytes word)
{
    static const struct {
        char letter;
        enum order_part_kind kind;
    } kinds[] = {{'L', ORDER_LINE}, {'S', ORDER_SHIPMENT}, {'R', ORDER_REFUND}};
    struct bytes rest = word, head = word_take(&rest, ':');
    bool removed = head.data[0] == '-';
    head = bytes_slice(head, removed, head.size);
    struct order_part p = {.removed = removed};
    if (bytes_equal(head, BYTES_LIT("pay")))
        p.kind = ORDER_PAYMENT;
    else if (bytes_equal(head, BYTES_LIT("to")))
        p.kind = ORDER_RECEIVER;
    else if (bytes_equal(head, BYTES_LIT("buy")))
        p.kind = ORDER_BUYER;
    for (size_t i = 0; p.kind == 0 && i < COUNT_OF(kinds); i++) {
        if (head.data[0] != (uint8_t)kinds[i].letter)
            continue;
        p.kind = kinds[i].kind;
        p.id = bytes_slice(head, 1, head.size);
    }
    assert(p.kind != 0);
    if (!removed)
        p.body = p.kind == ORDER_BUYER ? test_buyer(r, rest) : test_body(r, v, p.kind, p.id, rest);
    v->parts[v->part_count++] = p;
}

static inline void test_word(struct rig *r, struct order_version *v, struct bytes word)
{
    struct bytes rest = word, name = word_take(&rest, '=');
    size_t state = word_among(name, order_state_names, ORDER_STATE_COUNT);
    bool has_colon = memchr(name.data, ':', name.size) != NULL, is_removed = word.data[0] == '-';
    const struct order_field *field = has_colon || is_removed ? NULL : order_field_named(ORDER_HEAD, name);
    if (word.data[0] == '#')
        v->version = (uint64_t)word_number(bytes_slice(word, 1, word.size), NULL);
    else if (word.data[0] == '~')
        v->time_us = minutes_us(word_number(bytes_slice(word, 1, word.size), NULL));
    else if (word.data[0] == '!')
        v->complete = true;
    else if (!has_colon && state < ORDER_STATE_COUNT)
        test_state(v, BYTES_NONE, state, rest);
    else if (field != NULL)
        v->parts[v->part_count++] = (struct order_part){
            .kind = ORDER_HEAD, .sub = field->id, .body = test_body(r, v, ORDER_HEAD, BYTES_NONE, word)};
    else
        test_part(r, v, word);
}

static inline struct order_key test_key(const char *shop, const char *number)
{
    return (struct order_key){bytes_of_text(shop), bytes_of_text(number)};
}

static inline struct order_version test_version(struct rig *r, struct order_key key, const char *words)
{
    struct order_version v = {.key = key, .source = BYTES_LIT("oms"), .time_us = TEST_BASE_US};
    v.parts = ARENA_ARRAY(r->arena, struct order_part, TEST_PARTS_MAX);
    for (struct bytes rest = bytes_of_text(words); rest.size > 0;) {
        struct bytes word = word_take(&rest, ' ');
        if (word.size > 0)
            test_word(r, &v, word);
    }
    for (uint32_t i = 0; i < v.part_count; i++) { /* as they are once unpacked */
        v.parts[i].version = v.version;
        v.parts[i].source = v.source;
        v.parts[i].time_us = v.parts[i].kind == ORDER_STATE ? v.parts[i].time_us : v.time_us;
    }
    return v;
}

/* --- versions in words, drawn --- */

static inline const char *any_version(struct rig *r, struct rng *rng, const char *buyer)
{
    struct arena *a = r->arena;
    const char *words = arena_printf(a, "#%u ~%u", 1 + (unsigned)rng_below(rng, 8), (unsigned)rng_below(rng, 3));
    if (rng_below(rng, 4) == 0)
        words = arena_printf(a, "%s !", words);
    for (uint32_t s = 0; s < ORDER_STATE_COUNT - 2; s++)
        if (rng_below(rng, 3) == 0)
            words = arena_printf(a, "%s %s=%u", words, order_state_names[s], s * 100 + (unsigned)rng_below(rng, 3000));
    if (rng_below(rng, 2) == 0)
        words = arena_printf(a, "%s store=S%u", words, (unsigned)rng_below(rng, 3));
    if (rng_below(rng, 3) == 0)
        words = arena_printf(a, "%s pay:total=%u,freight=%u", words, (unsigned)rng_below(rng, 9999),
                             (unsigned)rng_below(rng, 5) * 100);
    if (rng_below(rng, 3) == 0)
        words = arena_printf(a, "%s buy:%s", words, buyer);
    for (uint32_t line = 1; line <= 4; line++) {
        unsigned draw = (unsigned)rng_below(rng, 6);
        if (draw == 0)
            words = arena_printf(a, "%s -L%u", words, line);
        else if (draw < 3)
            words = arena_printf(a, "%s L%u:sku=商品%u,paid=%u,discounts=shop-%u", words, line, draw,
                                 (unsigned)rng_below(rng, 10000), draw);
        else if (draw == 3)
            words = arena_printf(a, "%s L%u:quantity=%s1.%u,price=%u.%04u", words, line,
                                 rng_below(rng, 5) == 0 ? "-" : "", draw, (unsigned)rng_below(rng, 90),
                                 1 + (unsigned)rng_below(rng, 9999));
    }
    for (uint32_t refund = 1; refund <= 2; refund++)
        if (rng_below(rng, 4) == 0)
            words = arena_printf(a, "%s R%u:line=1,amount=%u,kind=%s,%s=%u", words, refund,
                                 (unsigned)rng_below(rng, 500), rng_below(rng, 3) == 0 ? "exchange" : "refund",
                                 refund_state_names[rng_below(rng, 2) == 0 ? REFUND_REQUESTED : REFUND_DONE],
                                 (unsigned)rng_below(rng, 3000));
    return words;
}

/* --- to the domain --- */

static inline const struct refusal *rig_send(struct rig *r, uint32_t command)
{
    const struct refusal *refusal = harness_apply(r->h, command, buf_bytes(&r->payload));
    (void)harness_follow(r->h);
    return refusal;
}

static inline const struct refusal *rig_put_version(struct rig *r, struct order_version *v)
{
    struct err e = {0};
    buf_clear(&r->payload);
    CHECK_DONE(r->t, order_version_pack(v, &r->payload, &e), &e);
    return rig_send(r, COMMAND_ORDER_PUT);
}

static inline const struct refusal *rig_put(struct rig *r, struct order_key key, const char *words)
{
    struct order_version v = test_version(r, key, words);
    return rig_put_version(r, &v);
}

static inline const struct refusal *rig_ask(struct rig *r, uint32_t command, struct order_key key, struct order_ask ask)
{
    struct err e = {0};
    ask.key = key;
    ask.by = BYTES_LIT("店长");
    ask.reason = BYTES_LIT("顾客补录");
    buf_clear(&r->payload);
    CHECK_DONE(r->t, order_ask_pack(command, &ask, &r->payload, &e), &e);
    return rig_send(r, command);
}

/* An event of these identifiers, so that somebody has them. */
static inline void rig_known(struct rig *r, const char *ids)
{
    static uint64_t messages;
    struct err e = {0};
    struct envelope v = {
        .event = BYTES_LIT("login"), .source = BYTES_LIT("app"), .event_us = TEST_BASE_US, .received_us = TEST_BASE_US};
    v.message = (struct hash128){.low = ++messages, .high = 1};
    for (struct bytes rest = bytes_of_text(ids); rest.size > 0;)
        v.ids[v.id_count++] = test_id(r, word_take(&rest, ' '));
    buf_clear(&r->payload);
    CHECK_DONE(r->t, envelope_pack(&v, &r->payload, &e), &e);
    CHECK(r->t, rig_send(r, COMMAND_COLLECT_EVENT) == NULL);
    r->told[0] = 0;
}

static inline const struct refusal *rig_join(struct rig *r, uint32_t command, const char *ids)
{
    struct err e = {0};
    struct identity_act act = {.by = BYTES_LIT("t")};
    for (struct bytes rest = bytes_of_text(ids); rest.size > 0;)
        act.ids[act.id_count++] = test_id(r, word_take(&rest, ' '));
    buf_clear(&r->payload);
    CHECK_DONE(r->t, identity_act_pack(&act, &r->payload, &e), &e);
    return rig_send(r, command);
}

/* --- told back --- */

static inline const char *rig_told(struct rig *r)
{
    const char *told = arena_printf(r->arena, "%s", r->told);
    r->told[0] = 0;
    return told;
}

static inline void tell_value(struct buf *b, const struct order_value *v)
{
    struct unpack u = unpack_of(v->text);
    struct bytes word;
    int64_t amount;
    buf_printf(b, "%s=", v->field->name);
    switch (v->field->type) {
    case ORDER_TEXT:
        buf_push(b, v->text);
        break;
    case ORDER_AMOUNTS:
        for (uint32_t i = 0; i < v->count && order_amount_next(&u, &word, &amount); i++)
            buf_printf(b, "%s%.*s-%lld", i > 0 ? "+" : "", BYTES_ARG(word), (long long)amount);
        break;
    case ORDER_TEXTS:
        for (uint32_t i = 0; i < v->count && order_text_next(&u, &word); i++)
            buf_printf(b, "%s%.*s", i > 0 ? "+" : "", BYTES_ARG(word));
        break;
    default:
        buf_printf(b, v->scale > 0 ? "%lld/%u" : "%lld", (long long)v->integer, v->scale);
    }
}

static inline void tell_part(struct buf *b, const struct order_part *p)
{
    static const char *const names[ORDER_PART_KIND_COUNT] = {[ORDER_RECEIVER] = "to",
                                                             [ORDER_PAYMENT] = "pay",
                                                             [ORDER_LINE] = "L",
                                                             [ORDER_SHIPMENT] = "S",
                                                             [ORDER_REFUND] = "R"};
    struct unpack u = unpack_of(p->body);
    struct order_value v;
    struct envelope_id id;
    if (b->size > 0)
        buf_push_byte(b, ' ');
    if (p->corrected)
        buf_push_byte(b, '*');
    if (p->kind == ORDER_STATE) {
        buf_printf(b, "%.*s%s%s=%lld", BYTES_ARG(p->id), p->id.size > 0 ? "." : "",
                   p->id.size > 0 ? refund_state_names[p->sub] : order_state_names[p->sub],
                   (long long)((p->time_us - TEST_BASE_US) / US_PER_MINUTE));
        return;
    }
    if (p->kind == ORDER_BUYER) {
        buf_push_text(b, "buy:");
        for (uint32_t i = 0; order_id_next(&u, &id); i++)
            buf_printf(b, "%s%.*s", i > 0 ? "," : "", BYTES_ARG(id.value));
        return;
    }
    if (p->kind != ORDER_HEAD)
        buf_printf(b, "%s%.*s:", names[p->kind], BYTES_ARG(p->id));
    for (uint32_t i = 0; order_field_next(&u, &v); i++) {
        buf_push_text(b, i > 0 ? "," : "");
        tell_value(b, &v);
    }
}

/* All parts, in their order; a corrected one with a star. "none": there is no such order. */
static inline const char *order_told(const struct view *v, struct order_key key, struct arena *arena)
{
    struct order o;
    struct buf b;
    if (!order_find(v, key, &o))
        return "none";
    buf_init(&b, 4u << 20);
    for (uint32_t i = 0; i < o.part_count; i++)
        tell_part(&b, &o.parts[i]);
    const char *told = arena_text(arena, buf_bytes(&b));
    buf_fini(&b);
    return told;
}

static inline const char *rig_order(struct rig *r, struct order_key key)
{
    struct view v = harness_view(r->h);
    return order_told(&v, key, r->arena);
}

static inline struct order_sums rig_sums(struct rig *r, struct order_key key, int64_t at_us)
{
    struct view v = harness_view(r->h);
    struct order o;
    struct order_sums sums = {0};
    if (order_find(&v, key, &o))
        order_sum(&o, at_us, &sums);
    return sums;
}

static inline uint32_t rig_person(struct rig *r, const char *id_word)
{
    struct view v = harness_view(r->h);
    struct envelope_id id = test_id(r, bytes_of_text(id_word));
    return identity_find(&v, id.type, id.ns, id.value, id.key);
}

/* Numbers of the orders of whoever has the identifier, in the order told: "1001 1002". */
static inline const char *orders_told(const struct view *v, const struct envelope_id *id, struct arena *arena)
{
    uint32_t person = identity_find(v, id->type, id->ns, id->value, id->key), numbers[64];
    struct order_walk walk = {0};
    size_t count = person == PERSON_NONE ? 0 : order_of_person(v, person, &walk, numbers, COUNT_OF(numbers));
    const char *told = "";
    for (size_t i = 0; i < count; i++) {
        struct order o;
        if (order_numbered(v, numbers[i], &o)) /* of one that is cold it is asked again */
            told = arena_printf(arena, "%s%s%.*s", told, told[0] == 0 ? "" : " ", BYTES_ARG(o.key.number));
    }
    return told;
}

static inline const char *rig_orders_of(struct rig *r, const char *id_word)
{
    struct envelope_id id = test_id(r, bytes_of_text(id_word));
    struct view v = harness_view(r->h);
    return orders_told(&v, &id, r->arena);
}

/* The totals of a day: "orders lines amount refunded"; "none". */
static inline const char *day_told(const struct view *v, const char *shop, int32_t day, struct arena *arena)
{
    struct order_day d;
    if (!order_day_next(v, bytes_of_text(shop), day, 0, &d) || d.day != day)
        return "none";
    return arena_printf(arena, "%llu %llu %lld %lld", (unsigned long long)d.orders, (unsigned long long)d.lines,
                        (long long)d.amount, (long long)d.refunded);
}

static inline const char *rig_day(struct rig *r, const char *shop, int32_t day)
{
    struct view v = harness_view(r->h);
    return day_told(&v, shop, day, r->arena);
}
