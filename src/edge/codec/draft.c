#include "edge/codec/draft.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "lib/text.h"

#define COUNT_ROOM 2u  /* bytes kept in front of a record's members for its count */
#define WALKED_MAX 32u /* members of a record that are walked for a name; more have a table */
#define DRAFT_BYTES_MAX (256u << 10)
#define MESSAGE_SEED_MIX UINT64_C(0x6d657373616765)

/* --- the batch --- */

void codec_batch_init(struct codec_batch *b, size_t packed_bytes_max)
{
    *b = (struct codec_batch){0};
    buf_init(&b->packed, packed_bytes_max);
}

void codec_batch_clear(struct codec_batch *b)
{
    buf_clear(&b->packed);
    b->event_count = b->fault_count = 0;
    b->counts = (struct codec_counts){0};
    b->last_us = b->last_shift_us = 0;
}

void codec_batch_fini(struct codec_batch *b)
{
    buf_fini(&b->packed);
    free(b->events);
    free(b->faults);
}

static void *grow(void *list, size_t *room, size_t size)
{
    *room = *room == 0 ? 16 : *room * 2;
    list = realloc(list, *room * size);
    if (list == NULL)
        abort();
    return list;
}

void codec_batch_name(struct codec_batch *b, uint32_t index, const char *words)
{
    if (b->fault_count++ >= CODEC_FAULTS_MAX)
        return;
    if (b->fault_count > b->fault_room)
        b->faults = grow(b->faults, &b->fault_room, sizeof *b->faults);
    struct codec_fault *f = &b->faults[b->fault_count - 1];
    f->index = index;
    (void)snprintf(f->words, sizeof f->words, "%.*s", BYTES_ARG(text_cut(bytes_of_text(words), sizeof f->words - 1)));
}

void draft_fault(struct codec_batch *b, uint32_t index, const struct err *e)
{
    b->counts.faults++;
    codec_batch_name(b, index, e->text);
}

/* --- records --- */

static void record_begin(struct record_draft *r)
{
    buf_clear(&r->bytes);
    (void)buf_extend(&r->bytes, COUNT_ROOM);
    r->count = r->replaced = r->indexed = 0;
    memset(r->seen, 0, sizeof r->seen);
}

/* A member that was replaced has a name that begins with NUL, which no name may. */
static bool is_replaced(struct bytes name)
{
    return name.data[0] == 0;
}

static void replaced_remove(struct record_draft *r)
{
    struct bytes all = buf_bytes(&r->bytes);
    struct unpack u = unpack_of(bytes_slice(all, COUNT_ROOM, all.size));
    uint8_t *to = r->bytes.data + COUNT_ROOM;
    while (unpack_left(&u) > 0 && unpack_good(&u)) {
        const uint8_t *from = u.at;
        bool stays = !is_replaced(unpack_bytes(&u));
        (void)unpack_value_bytes(&u);
        size_t size = stays ? (size_t)(u.at - from) : 0;
        memmove(to, from, size);
        to += size;
    }
    r->bytes.size = (size_t)(to - r->bytes.data);
    r->replaced = 0;
}

/* The count goes right in front of the members. */
static struct bytes record_end(struct record_draft *r)
{
    static_assert(RECORD_MEMBERS_MAX < 1 << 14, "the count takes two bytes at most");
    if (r->count == 0)
        return BYTES_NONE;
    if (UNLIKELY(r->replaced > 0))
        replaced_remove(r);
    struct bytes all = buf_bytes(&r->bytes);
    if (r->count < 0x80) {
        r->bytes.data[1] = (uint8_t)r->count;
        return bytes_slice(all, 1, all.size);
    }
    r->bytes.data[0] = (uint8_t)(r->count | 0x80);
    r->bytes.data[1] = (uint8_t)(r->count >> 7);
    return all;
}

/* Which of the 512 bits stands for a name; equal names have equal bits. */
static inline unsigned name_bit(struct bytes name)
{
    const uint8_t *p = name.data;
    unsigned mix = p[0] * 7u + p[name.size / 2] * 131u + p[name.size - 1] * 29u + (unsigned)name.size * 61u;
    return mix % 512;
}

static struct unpack members_from(const struct record_draft *r, size_t offset)
{
    struct bytes all = buf_bytes(&r->bytes);
    return unpack_of(bytes_slice(all, offset, all.size));
}

static struct bytes name_at(const struct record_draft *r, size_t offset)
{
    struct unpack u = members_from(r, offset);
    return unpack_bytes(&u);
}

static uint32_t member_walk(const struct record_draft *r, struct bytes name)
{
    struct unpack u = members_from(r, COUNT_ROOM);
    while (unpack_left(&u) > 0 && unpack_good(&u)) {
        const uint8_t *from = u.at;
        if (bytes_equal(unpack_bytes(&u), name))
            return (uint32_t)(from - r->bytes.data);
        (void)unpack_value_bytes(&u);
    }
    return 0;
}

/* The slot that holds this name, or the free one for it. Names are hashed with a number of this process, so that nobody
 * can choose ones that meet in a slot. */
static uint32_t *name_slot(struct record_draft *r, struct bytes name)
{
    static const char key;
    static_assert(RECORD_SLOTS > 2 * RECORD_MEMBERS_MAX, "there is a free slot");
    size_t at = (size_t)hash64(name, (uintptr_t)&key) % RECORD_SLOTS;
    while (r->slots[at] != 0 && !bytes_equal(name_at(r, r->slots[at]), name))
        at = (at + 1) % RECORD_SLOTS;
    return &r->slots[at];
}

/* Puts into the table what has come since the last time. */
static void members_index(struct record_draft *r)
{
    if (r->indexed == 0) {
        memset(r->slots, 0, sizeof r->slots);
        r->indexed = COUNT_ROOM;
    }
    struct unpack u = members_from(r, r->indexed);
    while (unpack_left(&u) > 0 && unpack_good(&u)) {
        const uint8_t *from = u.at;
        struct bytes name = unpack_bytes(&u);
        (void)unpack_value_bytes(&u);
        if (!is_replaced(name))
            *name_slot(r, name) = (uint32_t)(from - r->bytes.data);
    }
    r->indexed = (uint32_t)r->bytes.size;
}

/* Where the member of this name begins; 0: there is none. A walk for each of many members would let one request hold its
 * thread for seconds. */
static inline uint32_t member_find(struct record_draft *r, struct bytes name)
{
    unsigned bit = name_bit(name);
    if ((r->seen[bit / 64] >> (bit % 64) & 1) == 0)
        return 0;
    if (r->count + r->replaced <= WALKED_MAX)
        return member_walk(r, name);
    members_index(r);
    return *name_slot(r, name);
}

/* Begins a member whose name isn't there, or not any more. */
static void member_begin(struct record_draft *r, struct bytes name)
{
    uint32_t old = member_find(r, name);
    if (UNLIKELY(old != 0)) {
        if (r->indexed != 0)
            *name_slot(r, name) = (uint32_t)r->bytes.size; /* where the new one begins */
        r->bytes.data[name_at(r, old).data - r->bytes.data] = 0;
        r->count--;
        r->replaced++;
    }
    unsigned bit = name_bit(name);
    pack_bytes(&r->bytes, name);
    r->seen[bit / 64] |= UINT64_C(1) << (bit % 64);
    r->count++;
}

static fallible name_check(struct bytes name, struct err *e)
{
    if (name.size == 0 || name.size > NAME_BYTES_MAX || memchr(name.data, 0, name.size) != NULL)
        return FAIL(e, INVALID, "a name of a member has 1 to %u bytes and no NUL", NAME_BYTES_MAX);
    return DONE;
}

static fallible member_add(struct record_draft *r, struct bytes name, struct json value, struct err *e)
{
    member_begin(r, name);
    if (r->count > RECORD_MEMBERS_MAX)
        return FAIL(e, LIMIT, "more than %u members", RECORD_MEMBERS_MAX);
    struct status status = value_pack_json(&r->bytes, &value, e);
    if (failed(status))
        return WRAP(e, status, "%.*s", BYTES_ARG(text_cut(name, 60)));
    if (r->bytes.overflowed)
        return FAIL(e, LIMIT, "the event is too long");
    return DONE;
}

fallible draft_member(struct record_draft *r, struct bytes key, struct json value, struct err *e)
{
    TRY(name_check(key, e));
    return member_add(r, key, value, e);
}

fallible draft_member_more(struct record_draft *r, struct bytes key, struct json value, struct err *e)
{
    TRY(name_check(key, e));
    return member_find(r, key) != 0 ? DONE : member_add(r, key, value, e);
}

fallible draft_members(struct record_draft *r, struct json object, struct err *e)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);)
        TRY(draft_member(r, key, value, e));
    return DONE;
}

fallible draft_members_more(struct record_draft *r, struct json object, struct err *e)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);)
        TRY(draft_member_more(r, key, value, e));
    return DONE;
}

/* A member that was sent under another name waits until those sent under the standard names have them. */
struct renamed {
    struct bytes name, sent;
    struct json value;
};
#define RENAMED_MAX 32u

static fallible member_place(struct draft *d, struct record_draft *r, const struct renamed *m, member_taker take, struct err *e)
{
    enum member_place place = PLACE_RECORD;
    if (take != NULL)
        TRY(take(d, m->name, m->value, &place, e));
    if (place == PLACE_ELSEWHERE)
        return DONE;
    bool as_sent = place == PLACE_RECORD_AS_SENT || (m->name.data != m->sent.data && member_find(r, m->name) != 0);
    return member_add(r, as_sent ? m->sent : m->name, m->value, e);
}

fallible draft_members_folded(struct draft *d, struct record_draft *r, struct json object, member_taker take, struct err *e)
{
    struct renamed renamed[RENAMED_MAX];
    uint32_t count = 0;
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        TRY(name_check(key, e));
        struct bytes name = spelling_property(&d->spellings, key);
        if (name.data != key.data && count < RENAMED_MAX)
            renamed[count++] = (struct renamed){name, key, value};
        else
            TRY(member_place(d, r, &(struct renamed){key, key, value}, take, e));
    }
    for (uint32_t i = 0; i < count; i++)
        TRY(member_place(d, r, &renamed[i], take, e));
    return DONE;
}

fallible draft_item(struct draft *d, struct json object, struct err *e)
{
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, "an item is an object, this is %s", json_kind_name(json_kind(object)));
    record_begin(&d->item);
    TRY(draft_members_folded(d, &d->item, object, NULL, e));
    pack_bytes(&d->items, record_end(&d->item));
    if (d->items.overflowed)
        return FAIL(e, LIMIT, "the event is too long");
    d->envelope.item_count++;
    return DONE;
}

/* --- the draft --- */

struct draft *draft_create(void)
{
    struct draft *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    struct buf *bufs[] = {&d->traits.bytes, &d->properties.bytes, &d->item.bytes, &d->items, &d->consents, &d->values};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_init(bufs[i], DRAFT_BYTES_MAX);
    return d;
}

void draft_destroy(struct draft *d)
{
    if (d == NULL)
        return;
    struct buf *bufs[] = {&d->traits.bytes, &d->properties.bytes, &d->item.bytes, &d->items, &d->consents, &d->values};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_fini(bufs[i]);
    free(d);
}

void draft_begin(struct draft *d, const struct codec_context *context, struct codec_batch *batch)
{
    struct envelope *v = &d->envelope;
    d->context = context;
    d->batch = batch;
    d->unlinked_count = 0;
    d->clock_said_set = d->in_other = d->came_before = false;
    memset(v, 0, offsetof(struct envelope, ids)); /* ids are told by their counts */
    v->other_count = v->consent_count = v->item_count = 0;
    v->traits = v->consents = v->properties = v->items = BYTES_NONE;
    v->source = context->source;
    v->reference[REF_BRAND] = context->brand;
    v->reference[REF_CHANNEL] = context->channel;
    v->received_us = v->event_us = context->received_us;
    v->import = context->import;
    record_begin(&d->traits);
    record_begin(&d->properties);
    buf_clear(&d->items);
    buf_clear(&d->consents);
    buf_clear(&d->values);
    (void)buf_extend(&d->values, ENVELOPE_IDS_MAX * (ID_VALUE_BYTES_MAX + 1)); /* so that values never move */
    buf_clear(&d->values);
}

static void unlinked_note(struct draft *d, const char *type, enum id_verdict verdict, bool undeclared)
{
    d->batch->counts.unlinked[undeclared ? ID_GOOD : verdict]++;
    if (d->unlinked_count < UNLINKED_MAX)
        (void)snprintf(d->unlinked[d->unlinked_count++], sizeof d->unlinked[0], "%.40s:%s", type,
                       undeclared ? "undeclared" : id_verdict_names[verdict]);
}

static fallible id_add(struct draft *d, const struct id_type_rule *rule, struct bytes ns, struct bytes raw, enum id_role role,
                       struct err *e)
{
    struct envelope *v = &d->envelope;
    struct bytes value;
    size_t values_size = d->values.size; /* what isn't kept gives its room back, so that what is kept never moves */
    enum id_verdict verdict = ns.size > NAME_BYTES_MAX ? ID_TOO_LONG : id_normalise(rule, raw, &d->values, &value);
    if (verdict != ID_GOOD) {
        d->values.size = values_size;
        unlinked_note(d, rule->name, verdict, false);
        return DONE;
    }
    uint32_t at = v->id_count + v->other_count;
    struct bytes space = rule->has_namespace ? ns : BYTES_NONE;
    struct hash128 key = identifier_key(d->context->secret, rule->type, space, value);
    for (uint32_t i = d->in_other ? v->id_count : 0; i < at; i++) {
        if (hash128_equal(v->ids[i].key, key) && v->ids[i].role == role) {
            d->values.size = values_size;
            return DONE; /* the same one said twice */
        }
    }
    if (at == ENVELOPE_IDS_MAX)
        return FAIL(e, LIMIT, "more than %u identifiers", ENVELOPE_IDS_MAX);
    v->ids[at] = (struct envelope_id){.type = rule->type, .role = role, .ns = space, .value = value, .key = key};
    if (d->in_other)
        v->other_count++;
    else
        v->id_count++;
    return DONE;
}

fallible draft_id_typed(struct draft *d, uint16_t type, struct bytes ns, struct bytes raw, enum id_role role, struct err *e)
{
    const struct codec_context *c = d->context;
    if (LIKELY(type >= 1 && type <= c->rule_count && c->rules[type - 1].type == type)) /* built-in types lie side by side */
        return id_add(d, &c->rules[type - 1], ns, raw, role, e);
    for (size_t i = 0; i < d->context->rule_count; i++)
        if (d->context->rules[i].type == type)
            return id_add(d, &d->context->rules[i], ns, raw, role, e);
    return DONE;
}

fallible draft_id(struct draft *d, struct bytes type, struct bytes ns, struct bytes raw, enum id_role role, struct err *e)
{
    const struct id_type_rule *rules = d->context->rules;
    for (size_t i = 0; i < d->context->rule_count && type.size > 0 && type.size < sizeof rules[i].name; i++)
        if (rules[i].name[0] == (char)type.data[0] && rules[i].name[type.size] == 0 && memcmp(rules[i].name, type.data, type.size) == 0)
            return id_add(d, &rules[i], ns, raw, role, e);
    char name[41];
    (void)snprintf(name, sizeof name, "%.*s", BYTES_ARG(text_cut(type, sizeof name - 1)));
    unlinked_note(d, name, ID_GOOD, true);
    return DONE;
}

void draft_other(struct draft *d)
{
    d->in_other = true;
}

static bool time_is_absurd(const struct codec_context *c, int64_t us)
{
    return us < EVENT_TIME_US_LEAST || us > c->received_us + EVENT_FUTURE_US_MAX;
}

/* The sender's clock is corrected by what it said at sending: received - (sent - event), Segment's rule. */
void draft_times(struct draft *d, int64_t event_us, int64_t sent_us)
{
    struct envelope *v = &d->envelope;
    const struct codec_context *c = d->context;
    v->event_us = event_us == 0 ? c->received_us : event_us;
    if (sent_us != 0 && event_us != 0 && !c->import)
        v->event_us = c->received_us - (sent_us - event_us);
    if (sent_us >= TIME_US_MIN && sent_us < TIME_US_END)
        v->sent_us = sent_us;
    if (time_is_absurd(c, v->event_us)) {
        d->clock_said_set = event_us >= TIME_US_MIN && event_us < TIME_US_END;
        d->clock_said_us = event_us;
        d->batch->counts.clamped_times++;
        v->event_us = c->received_us;
    }
}

void draft_origin(struct draft *d, struct bytes source, int64_t received_us)
{
    struct envelope *v = &d->envelope;
    v->source = source.size > 0 ? source : v->source;
    v->received_us = received_us != 0 ? received_us : v->received_us;
    d->came_before = received_us != 0;
    if (d->came_before) /* what it didn't say then, nobody says for it now */
        v->reference[REF_BRAND] = v->reference[REF_CHANNEL] = BYTES_NONE;
}

void draft_event(struct draft *d, struct bytes sent)
{
    d->envelope.event = spelling_event(&d->spellings, sent, &d->envelope.event_number);
}

void draft_message(struct draft *d, struct bytes message_id, struct bytes whole)
{
    struct envelope *v = &d->envelope;
    bool has_id = message_id.size > 0 && message_id.size <= MESSAGE_ID_BYTES_MAX;
    v->message_id = has_id ? message_id : BYTES_NONE;
    /* Seeded by the source, so that two sources may use the same ids. */
    uint64_t seed = hash64(v->source, d->context->secret ^ MESSAGE_SEED_MIX);
    v->message = hash128(message_id.size > 0 ? message_id : whole, seed + !has_id);
}

/* What Kith itself has to say of the event goes beside what was sent. */
static void extras_add(struct draft *d)
{
    struct record_draft *r = &d->properties;
    if (d->clock_said_set && r->count < RECORD_MEMBERS_MAX) {
        member_begin(r, BYTES_LIT("clock_said"));
        value_pack_time(&r->bytes, d->clock_said_us);
    }
    if (d->unlinked_count == 0 || r->count == RECORD_MEMBERS_MAX)
        return;
    char list[UNLINKED_MAX * 66];
    size_t size = 0;
    for (uint32_t i = 0; i < d->unlinked_count; i++)
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i > 0 ? " " : "", d->unlinked[i]);
    member_begin(r, BYTES_LIT("unlinked_ids"));
    value_pack_text(&r->bytes, bytes_of(list, size));
}

fallible draft_end(struct draft *d, uint32_t index, struct err *e)
{
    struct envelope *v = &d->envelope;
    struct codec_batch *b = d->batch;
    if (v->event.size == 0)
        return FAIL(e, INVALID, "an event needs a name of 1 to %u bytes, with no NUL", NAME_BYTES_MAX);
    if (v->event.size > NAME_BYTES_MAX)
        return FAIL(e, LIMIT, "an event's name has at most %u bytes, this has %zu", NAME_BYTES_MAX, v->event.size);
    extras_add(d);
    int64_t said_us = v->event_us, shift_us = 0;
    if (said_us == b->last_us && !d->came_before)
        shift_us = b->last_shift_us + 1;
    v->event_us += shift_us;
    v->traits = record_end(&d->traits);
    v->properties = record_end(&d->properties);
    v->items = buf_bytes(&d->items);
    v->consents = buf_bytes(&d->consents);
    if (b->event_count == b->event_room)
        b->events = grow(b->events, &b->event_room, sizeof *b->events);
    size_t offset = b->packed.size;
    struct status status = envelope_pack(v, &b->packed, e);
    if (failed(status)) {
        b->packed.size = offset;
        return status;
    }
    b->events[b->event_count++] = (struct codec_event){.index = index, .offset = (uint32_t)offset, .size = (uint32_t)(b->packed.size - offset)};
    b->last_us = said_us;
    b->last_shift_us = shift_us;
    b->counts.events++;
    return DONE;
}

/* --- scalars --- */

static fallible time_of_number(struct json j, int64_t *out_us, struct err *e)
{
    double x = 0;
    if (!json_is(j, JSON_NUMBER))
        return FAIL(e, INVALID, "a time is text (2026-11-22T03:04:05.678Z) or a number, this is %s", json_kind_name(json_kind(j)));
    bool fits = json_double(j, &x);
    double us = x > 1e11 || x < -1e11 ? x * 1e3 : x * 1e6; /* 1e11 ms is the year 1973, 1e11 s the year 5138 */
    if (!fits || !(us >= (double)TIME_US_MIN && us < (double)TIME_US_END))
        return FAIL(e, INVALID, "the time is outside the years 1 to 9999");
    *out_us = (int64_t)us;
    return DONE;
}

fallible time_of_json(struct json j, int64_t *out_us, struct err *e)
{
    int64_t said_us;
    if (json_is(j, JSON_STRING))
        TRY(time_parse(json_string(j), &said_us, e));
    else
        TRY(time_of_number(j, &said_us, e));
    *out_us = said_us == 0 ? 1 : said_us; /* 0 stands for no time, and a clock that was never set says 0 */
    return DONE;
}

struct bytes text_of_json(struct json j)
{
    if (json_is(j, JSON_STRING))
        return json_has_nul(j) ? BYTES_NONE : json_string(j);
    return json_is(j, JSON_NUMBER) ? json_raw(j) : BYTES_NONE;
}
