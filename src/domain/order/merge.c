#include <string.h>

#include "domain/order/document.h"
#include "domain/order/fields.h"

const struct refusal order_too_many = {
    "order_full", "An order has at most 1,000 lines, 1,000 refunds, 200 shipments, 64 sources and a megabyte.",
    "一个订单至多 1000 行、1000 笔退款、200 个包裹、64 个来源,总计不超过 1 MiB。"};

/* --- which of two counts --- */

static int stamp_compare(uint64_t version_a, int64_t time_a, uint64_t version_b, int64_t time_b)
{
    if (version_a != version_b)
        return version_a < version_b ? -1 : 1;
    return (time_a > time_b) - (time_a < time_b);
}

/* Two words on one part: the newer one; of equals the one of greater bytes, so that the order of arrival never decides. */
static bool is_newer(const struct order_part *a, const struct order_part *b)
{
    int by_stamp = stamp_compare(a->version, a->time_us, b->version, b->time_us);
    if (by_stamp != 0)
        return by_stamp > 0;
    if (a->removed != b->removed)
        return a->removed;
    int by_bytes = bytes_compare(a->body, b->body);
    return by_bytes != 0 ? by_bytes > 0 : bytes_compare(a->source, b->source) > 0;
}

static struct order_part newer_of(const struct order_part *a, const struct order_part *b)
{
    if (a->kind != ORDER_STATE)
        return is_newer(a, b) ? *a : *b;
    struct order_part state = *a;
    state.time_us = a->time_us < b->time_us ? a->time_us : b->time_us;
    state.told = a->told || b->told;
    return state;
}

/* --- merging --- */

static bool is_gone(const struct document *d, const struct order_part *p)
{
    return p->kind == ORDER_LINE && d->has_complete &&
           stamp_compare(p->version, p->time_us, d->complete_version, d->complete_us) < 0;
}

static void complete_mark(const struct order_version *v, struct document *d)
{
    bool is_later = !d->has_complete || stamp_compare(v->version, v->time_us, d->complete_version, d->complete_us) > 0;
    if (!v->complete || !is_later)
        return;
    d->has_complete = true;
    d->complete_version = v->version;
    d->complete_us = v->time_us;
}

static bool counts_fit(const struct document *d)
{
    uint32_t counts[ORDER_PART_KIND_COUNT] = {0};
    for (uint32_t i = 0; i < d->part_count; i++)
        counts[d->parts[i].kind]++;
    return counts[ORDER_LINE] <= ORDER_LINES_MAX && counts[ORDER_REFUND] <= ORDER_REFUNDS_MAX &&
           counts[ORDER_SHIPMENT] <= ORDER_SHIPMENTS_MAX &&
           counts[ORDER_STATE] <= ORDER_STATE_COUNT + ORDER_REFUNDS_MAX * REFUND_STATE_COUNT;
}

/* Both lists are in order, so one walk over them does. */
static void parts_merge(const struct document *d, const struct order_version *v, struct document *out)
{
    uint32_t i = 0, j = 0;
    while (i < d->part_count || j < v->part_count) {
        int order = i == d->part_count ? 1 : j == v->part_count ? -1 : part_compare(&d->parts[i], &v->parts[j]);
        struct order_part *p = &out->parts[out->part_count];
        *p = order < 0 ? d->parts[i] : order > 0 ? v->parts[j] : newer_of(&d->parts[i], &v->parts[j]);
        i += order <= 0;
        j += order >= 0;
        out->part_count += !is_gone(out, p);
    }
}

const struct refusal *document_merge(const struct document *d, const struct order_version *v, struct arena *arena,
                                     struct document *out)
{
    *out = *d;
    complete_mark(v, out);
    out->part_count = 0;
    out->parts = arena_take(arena, (d->part_count + v->part_count + 1) * sizeof *out->parts,
                            _Alignof(struct order_part));
    parts_merge(d, v, out);
    return counts_fit(out) ? NULL : &order_too_many;
}

/* --- what is in force --- */

bool document_owner(const struct document *d, struct hash128 *out_owner)
{
    for (uint32_t i = d->act_count; i > 0; i--) {
        const struct order_act *a = &d->acts[i - 1];
        if (a->command != COMMAND_ORDER_REASSIGN || a->undone)
            continue;
        *out_owner = a->owner;
        return true;
    }
    *out_owner = d->heard;
    return d->has_heard;
}

/* Where a part stands, or would. */
static uint32_t part_place(const struct order *o, const struct order_part *wanted, bool *out_is_there)
{
    uint32_t from = 0, until = o->part_count;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        int order = part_compare(&o->parts[middle], wanted);
        if (order == 0) {
            *out_is_there = true;
            return middle;
        }
        from = order < 0 ? middle + 1 : from;
        until = order < 0 ? until : middle;
    }
    *out_is_there = false;
    return from;
}

const struct order_part *order_part_find(const struct order *o, enum order_part_kind kind, struct bytes id, uint8_t sub)
{
    bool is_there;
    uint32_t place = part_place(o, &(struct order_part){.kind = kind, .id = id, .sub = sub}, &is_there);
    return is_there ? &o->parts[place] : NULL;
}

bool part_may_be_new(enum order_part_kind kind)
{
    return kind == ORDER_HEAD || kind == ORDER_RECEIVER || kind == ORDER_PAYMENT;
}

/* Of what sources never said, only the head's may be said by hand; a word on a line that has gone has no effect. */
static void correction_lay(const struct order_ask *ask, struct order *o, struct order_part *parts, struct arena *arena)
{
    bool is_there;
    struct order_part wanted = {.kind = ask->kind, .id = ask->part_id, .sub = ask->sub};
    uint32_t place = part_place(o, &wanted, &is_there);
    if (!is_there && !part_may_be_new(ask->kind))
        return;
    if (!is_there) {
        memmove(&parts[place + 1], &parts[place], (o->part_count - place) * sizeof *parts);
        parts[place] = wanted;
        o->part_count++;
    }
    struct order_part *p = &parts[place];
    p->corrected = true;
    if (p->kind == ORDER_STATE)
        p->time_us = ask->time_us;
    else
        p->body = body_with(p->body, ask->value, arena);
}

void document_in_force(const struct document *d, struct arena *arena, struct order *out)
{
    struct order_part *parts = arena_take(arena, (d->part_count + d->act_count + 1) * sizeof *parts,
                                          _Alignof(struct order_part));
    *out = (struct order){
        .number = d->number, .key = d->key, .lock = d->lock, .has_day = d->has_day, .day = d->day, .parts = parts, .acts = d->acts};
    out->act_count = d->act_count;
    for (uint32_t i = 0; i < d->part_count; i++)
        if (!d->parts[i].removed)
            parts[out->part_count++] = d->parts[i];
    for (uint32_t i = 0; i < d->act_count; i++) {
        const struct order_act *a = &d->acts[i];
        out->voided |= a->command == COMMAND_ORDER_VOID && !a->undone;
        if (a->command == COMMAND_ORDER_CORRECT && !a->undone)
            correction_lay(&a->ask, out, parts, arena);
    }
    out->has_owner = document_owner(d, &out->owner);
}
