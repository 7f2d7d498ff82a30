/* An order taken apart into the versions that make it again: what sources said and still counts, by when each said it. */
#include <stdlib.h>

#include "domain/order/custody.h"
#include "domain/order/fields.h"

/* Which version a part belongs to. */
struct stamp {
    uint64_t version;
    int64_t time_us;
    struct bytes source;
    uint16_t currency; /* NO_MONEY: it holds none, and stands beside that of any */
};
#define NO_MONEY 0u

static bool holds_money(const struct order_part *p)
{
    return !p->removed && (p->kind == ORDER_PAYMENT || p->kind == ORDER_LINE || p->kind == ORDER_REFUND);
}

static struct stamp stamp_of(const struct order_part *p)
{
    return (struct stamp){p->version, p->time_us, p->source, holds_money(p) ? body_currency(p->body) : NO_MONEY};
}

/* Who said it when; not in which currency. */
static int stamp_compare(const struct stamp *a, const struct stamp *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    return bytes_compare(a->source, b->source);
}

/* What was said at once together, what holds no money first; inside it as it stands in the order. */
static int by_stamp(const void *a, const void *b)
{
    struct stamp x = stamp_of(a), y = stamp_of(b);
    int order = stamp_compare(&x, &y);
    if (order != 0 || x.currency != y.currency)
        return order != 0 ? order : x.currency < y.currency ? -1 : 1;
    return part_compare(a, b);
}

/* States have no version of their own; they come with the first. */
static uint32_t parts_take(const struct document *d, struct order_part *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < d->part_count; i++)
        if (d->parts[i].kind != ORDER_STATE)
            out[count++] = d->parts[i];
    qsort(out, count, sizeof *out, by_stamp);
    return count;
}

static struct order_version version_of(const struct document *d, const struct stamp *stamp)
{
    return (struct order_version){
        .key = d->key, .source = stamp->source, .version = stamp->version, .time_us = stamp->time_us, .import = true};
}

static void version_begin(const struct document *d, const struct stamp *stamp, struct order_part *parts,
                          struct order_said *said)
{
    said->versions[said->version_count] = version_of(d, stamp);
    said->versions[said->version_count].parts = parts;
    said->currencies[said->version_count++] = NO_MONEY;
}

/* A whole version that said nothing else that still counts says at least this. */
static void complete_add(const struct document *d, struct order_said *said)
{
    for (uint32_t i = 0; i < said->version_count; i++) {
        struct order_version *v = &said->versions[i];
        if (v->version != d->complete_version || v->time_us != d->complete_us)
            continue;
        v->complete = true;
        return;
    }
    version_begin(d, &(struct stamp){.version = d->complete_version, .time_us = d->complete_us}, NULL, said);
    said->versions[said->version_count - 1].complete = true;
}

static void versions_make(const struct document *d, struct arena *arena, struct order_said *said)
{
    struct order_part *parts = ARENA_ARRAY(arena, struct order_part, d->part_count + 1);
    uint32_t count = parts_take(d, parts);
    said->versions = ARENA_ARRAY(arena, struct order_version, count + 2);
    said->currencies = ARENA_ARRAY(arena, uint16_t, count + 2);
    said->version_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct stamp stamp = stamp_of(&parts[i]), before = stamp_of(&parts[i > 0 ? i - 1 : i]);
        uint32_t last = said->version_count - 1;
        bool is_other = i == 0 || stamp_compare(&before, &stamp) != 0 ||
                        (said->currencies[last] != NO_MONEY && said->currencies[last] != stamp.currency);
        if (is_other)
            version_begin(d, &stamp, &parts[i], said);
        last = said->version_count - 1;
        said->versions[last].part_count++;
        said->currencies[last] = stamp.currency;
    }
    if (d->has_complete)
        complete_add(d, said);
    if (said->version_count == 0)
        version_begin(d, &(struct stamp){0}, NULL, said);
}

bool order_said(const struct view *v, uint32_t number, struct order_said *out)
{
    struct document d;
    if (!document_numbered(v, number, &d) || !custody_lets_see(v, &d))
        return false;
    versions_make(&d, v->arena, out);
    out->order = (struct order){.number = number, .key = d.key, .parts = d.parts, .part_count = d.part_count};
    return true;
}
