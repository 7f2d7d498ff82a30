#include "domain/collect/envelope.h"

#include <string.h>

#include "base/time.h"
#include "domain/collect/standard.h"
#include "domain/identity/identity.h"
#include "lib/json.h"

#define ENVELOPE_FORMAT 1u
#define HEAD_BYTES 32u
#define ID_BYTES 20u /* of an identifier's fixed part */
#define SHORT_BYTES_MAX 255u
static_assert(NAME_BYTES_MAX <= SHORT_BYTES_MAX && MESSAGE_ID_BYTES_MAX <= SHORT_BYTES_MAX &&
                  ID_VALUE_BYTES_MAX <= SHORT_BYTES_MAX,
              "short texts have a size of one byte");

/* Which optional parts there are. References take one bit each from REFERENCE_BIT on. */
enum part {
    PART_MESSAGE_ID = 1 << 0,
    PART_SENT = 1 << 1,
    PART_IMPORT = 1 << 2,
    PART_ACTOR_ID = 1 << 3,
    PART_TRAITS = 1 << 4,
    PART_CONSENTS = 1 << 5,
    PART_PROPERTIES = 1 << 6,
    PART_ITEMS = 1 << 7,
    REFERENCE_BIT = 8,
    PART_LINE = 1 << 30, /* with PART_IMPORT */
    PARTS_ALL = PART_LINE | ((1 << (REFERENCE_BIT + REF_COUNT)) - 1),
};
static_assert(REFERENCE_BIT + REF_COUNT < 30, "references end below the part behind them");
#define LINE_FILE_BYTES 16u

static uint32_t references_of(uint32_t parts)
{
    return (parts & ~(uint32_t)PART_LINE) >> REFERENCE_BIT;
}

/* How an envelope begins; docs/formats/envelope.md. All of it is read with one look at the size. */
struct head {
    uint8_t format;
    uint8_t id_count;
    uint8_t other_count;
    uint8_t actor;
    uint32_t parts;
    struct hash128 message;
    int64_t event_us;
};
static_assert(sizeof(struct head) == HEAD_BYTES, "envelopes are in the log");

/* The fixed parts of all identifiers follow the head, side by side. */
struct packed_id {
    uint16_t type;
    uint8_t role; /* | ROLE_HAS_NS */
    uint8_t value_bytes;
    uint32_t key[4];
};
static_assert(sizeof(struct packed_id) == ID_BYTES, "envelopes are in the log");
#define ROLE_HAS_NS 0x80u

const char *const reference_names[REF_COUNT] = {"brand",      "channel",  "shop",  "store",        "staff",
                                                "touchpoint", "campaign", "order", "conversation", "group"};
const char *const actor_names[ACTOR_KIND_COUNT] = {"person", "staff", "bot", "system"};
static const char *const role_names[ID_ROLE_COUNT] = {"own", "receiver", "payer", "staff", "other"};

static bool time_is_good(int64_t us)
{
    return us >= TIME_US_MIN && us < TIME_US_END;
}

/* --- packing --- */

static uint32_t parts_of(const struct envelope *v)
{
    uint32_t parts = 0;
    parts |= v->message_id.size > 0 ? PART_MESSAGE_ID : 0;
    parts |= v->sent_us != 0 ? PART_SENT : 0;
    parts |= v->import ? PART_IMPORT : 0;
    parts |= v->line.number != 0 ? PART_LINE : 0;
    parts |= v->actor_id.size > 0 ? PART_ACTOR_ID : 0;
    parts |= v->traits.size > 0 ? PART_TRAITS : 0;
    parts |= v->consent_count > 0 ? PART_CONSENTS : 0;
    parts |= v->properties.size > 0 ? PART_PROPERTIES : 0;
    parts |= v->item_count > 0 ? PART_ITEMS : 0;
    for (uint32_t i = 0; i < REF_COUNT; i++)
        parts |= v->reference[i].size > 0 ? 1u << (REFERENCE_BIT + i) : 0;
    return parts;
}

static uint8_t *put_short(uint8_t *at, struct bytes text)
{
    *at = (uint8_t)text.size;
    return put_raw(at + 1, text.data, text.size);
}

static uint8_t *put_head(uint8_t *at, const struct envelope *v, uint32_t parts)
{
    struct head head = {
        .format = ENVELOPE_FORMAT,
        .id_count = (uint8_t)v->id_count,
        .other_count = (uint8_t)v->other_count,
        .actor = (uint8_t)v->actor,
        .parts = parts,
        .message = v->message,
        .event_us = v->event_us,
    };
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (uint32_t i = 0; i < v->id_count + v->other_count; i++, at += ID_BYTES) {
        const struct envelope_id *id = &v->ids[i];
        struct packed_id packed = {
            .type = id->type,
            .role = (uint8_t)((unsigned)id->role | (id->ns.size > 0 ? ROLE_HAS_NS : 0)),
            .value_bytes = (uint8_t)id->value.size,
        };
        memcpy(packed.key, &id->key, sizeof packed.key);
        memcpy(at, &packed, sizeof packed);
    }
    return at;
}

/* A standard name is a byte 0 and its number; no other name is empty. */
#define STANDARD_BYTES 3u

static uint32_t number_of(struct bytes name)
{
    const struct standard_event *standard = standard_event_named(name);
    return standard == NULL ? 0 : standard->number;
}

static uint8_t *put_event(uint8_t *at, struct bytes name, uint32_t standard)
{
    if (standard == 0)
        return put_short(at, name);
    at[0] = 0;
    at[1] = (uint8_t)standard;
    at[2] = (uint8_t)(standard >> 8);
    return at + STANDARD_BYTES;
}

static uint8_t *put_parts(uint8_t *at, const struct envelope *v, uint32_t standard, uint32_t parts)
{
    at = put_varint(at, zigzag_of(v->received_us - v->event_us));
    if (parts & PART_SENT)
        at = put_varint(at, zigzag_of(v->received_us - v->sent_us));
    at = put_event(at, v->event, standard);
    at = put_short(at, v->source);
    for (uint32_t i = 0; i < v->id_count + v->other_count; i++) {
        if (v->ids[i].ns.size > 0)
            at = put_short(at, v->ids[i].ns);
        at = put_raw(at, v->ids[i].value.data, v->ids[i].value.size);
    }
    if (parts & PART_MESSAGE_ID)
        at = put_short(at, v->message_id);
    if (parts & PART_LINE)
        at = put_varint(put_raw(at, &v->line.file, LINE_FILE_BYTES), v->line.number);
    if (parts & PART_ACTOR_ID)
        at = put_short(at, v->actor_id);
    for (uint32_t left = references_of(parts); left != 0; left &= left - 1)
        at = put_short(at, v->reference[__builtin_ctz(left)]);
    if (parts & PART_TRAITS)
        at = put_bytes(at, v->traits);
    if (parts & PART_CONSENTS)
        at = put_bytes(put_varint(at, v->consent_count), v->consents);
    if (parts & PART_PROPERTIES)
        at = put_bytes(at, v->properties);
    if (parts & PART_ITEMS)
        at = put_bytes(put_varint(at, v->item_count), v->items);
    return at;
}

/* How many bytes an envelope takes, and whether its texts are short enough. */
struct measure {
    size_t bytes;
    size_t longest;
};

static void measure_short(struct measure *m, struct bytes text)
{
    m->bytes += 1 + text.size;
    m->longest = text.size > m->longest ? text.size : m->longest;
}

static void measure_long(struct measure *m, struct bytes b)
{
    m->bytes += varint_bytes(b.size) + b.size;
}

static struct measure envelope_measure(const struct envelope *v, uint32_t standard, uint32_t parts)
{
    struct measure m = {.bytes = HEAD_BYTES + varint_bytes(zigzag_of(v->received_us - v->event_us))};
    m.bytes += parts & PART_SENT ? varint_bytes(zigzag_of(v->received_us - v->sent_us)) : 0;
    if (standard == 0)
        measure_short(&m, v->event);
    else
        m.bytes += STANDARD_BYTES;
    measure_short(&m, v->source);
    for (uint32_t i = 0; i < v->id_count + v->other_count; i++) {
        const struct envelope_id *id = &v->ids[i];
        m.bytes += ID_BYTES + id->value.size;
        m.longest = id->value.size > m.longest ? id->value.size : m.longest;
        if (id->ns.size > 0)
            measure_short(&m, id->ns);
    }
    if (parts & PART_MESSAGE_ID)
        measure_short(&m, v->message_id);
    m.bytes += parts & PART_LINE ? LINE_FILE_BYTES + varint_bytes(v->line.number) : 0;
    if (parts & PART_ACTOR_ID)
        measure_short(&m, v->actor_id);
    for (uint32_t left = references_of(parts); left != 0; left &= left - 1)
        measure_short(&m, v->reference[__builtin_ctz(left)]);
    if (parts & PART_TRAITS)
        measure_long(&m, v->traits);
    if (parts & PART_CONSENTS) {
        m.bytes += varint_bytes(v->consent_count);
        measure_long(&m, v->consents);
    }
    if (parts & PART_PROPERTIES)
        measure_long(&m, v->properties);
    if (parts & PART_ITEMS) {
        m.bytes += varint_bytes(v->item_count);
        measure_long(&m, v->items);
    }
    return m;
}

fallible envelope_pack(const struct envelope *v, struct buf *out, struct err *e)
{
    assert(v->actor < ACTOR_KIND_COUNT);
    if (v->event.size == 0)
        return FAIL(e, INVALID, "an event without a name");
    if (v->id_count > ENVELOPE_IDS_MAX || v->other_count > ENVELOPE_IDS_MAX - v->id_count)
        return FAIL(e, LIMIT, "more than %u identifiers", ENVELOPE_IDS_MAX);
    if (!time_is_good(v->event_us) || !time_is_good(v->received_us) || !time_is_good(v->sent_us))
        return FAIL(e, INVALID, "a time before the year 1 or after 9999");
    if (v->line.number >= IMPORT_LINE_END || (v->line.number != 0 && !v->import))
        return FAIL(e, INVALID, "a line beyond 2^40, or of what isn't an import");
    uint32_t parts = parts_of(v), standard = v->event_number != 0 ? v->event_number : number_of(v->event);
    assert(v->event_number == 0 || bytes_equal(v->event, standard_event_name(v->event_number)));
    struct measure m = envelope_measure(v, standard, parts);
    if (m.longest > SHORT_BYTES_MAX)
        return FAIL(e, LIMIT, "a name, an id or a reference has more than %u bytes", SHORT_BYTES_MAX);
    uint8_t *from = m.bytes > ENVELOPE_BYTES_MAX ? NULL : buf_extend(out, m.bytes);
    if (from == NULL)
        return FAIL(e, LIMIT, "the event takes more than %u bytes packed", ENVELOPE_BYTES_MAX);
    const uint8_t *end = put_parts(put_head(from, v, parts), v, standard, parts);
    assert(end == from + m.bytes);
    (void)end;
    return DONE;
}

/* --- reading ---
 * All of it is inlined into envelope_unpack, so that the cursor stays in registers: this runs several times an event. */

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static inline struct bytes take(struct cursor *c, size_t size)
{
    if (UNLIKELY((size_t)(c->end - c->at) < size)) {
        c->bad = true;
        c->at = c->end;
        return BYTES_NONE;
    }
    struct bytes b = bytes_of(c->at, size);
    c->at += size;
    return b;
}

static inline struct bytes take_short(struct cursor *c)
{
    if (UNLIKELY(c->at == c->end)) {
        c->bad = true;
        return BYTES_NONE;
    }
    size_t size = *c->at++;
    return take(c, size);
}

static inline uint64_t take_varint(struct cursor *c)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
        uint8_t byte = *c->at++;
        x |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            c->bad |= shift == 63 && byte > 1;
            return x;
        }
    }
    c->bad = true;
    return 0;
}

static inline struct bytes take_long(struct cursor *c)
{
    uint64_t size = take_varint(c);
    return take(c, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
}

static inline void take_event(struct cursor *c, struct envelope *v)
{
    v->event = take_short(c);
    v->event_number = 0;
    if (v->event.size > 0)
        return;
    struct bytes number = take(c, sizeof(uint16_t));
    v->event_number = number.size == 0 ? 0 : (uint32_t)(number.data[0] | number.data[1] << 8);
    v->event = standard_event_name(v->event_number);
    c->bad |= v->event.size == 0;
}

/* The time that lies so much before `from_us`; out of range marks the cursor. */
static inline int64_t take_time(struct cursor *c, int64_t from_us, bool later)
{
    uint64_t packed = take_varint(c);
    int64_t apart_us = (int64_t)(packed >> 1) ^ -(int64_t)(packed & 1), us;
    bool over = later ? __builtin_add_overflow(from_us, apart_us, &us) : __builtin_sub_overflow(from_us, apart_us, &us);
    c->bad |= over || !time_is_good(us);
    return c->bad ? 0 : us;
}

static inline uint32_t take_count(struct cursor *c)
{
    uint64_t count = take_varint(c);
    c->bad |= count > UINT32_MAX;
    return c->bad ? 0 : (uint32_t)count;
}

/* Head and fixed parts of the identifiers; *out_head is good when it returns true. */
static inline bool head_read(struct bytes packed, struct head *out_head)
{
    if (packed.size < HEAD_BYTES)
        return false;
    memcpy(out_head, packed.data, sizeof *out_head);
    uint32_t count = (uint32_t)out_head->id_count + out_head->other_count;
    return out_head->format == ENVELOPE_FORMAT && (out_head->parts & ~(uint32_t)PARTS_ALL) == 0 &&
           out_head->actor < ACTOR_KIND_COUNT && count <= ENVELOPE_IDS_MAX && time_is_good(out_head->event_us) &&
           packed.size - HEAD_BYTES >= count * ID_BYTES;
}

/* Returns the size of the value; the namespace's presence goes to *out_has_ns. */
static inline size_t id_read(const uint8_t *at, struct envelope_id *out_id, bool *out_has_ns, bool *out_bad)
{
    struct packed_id id;
    memcpy(&id, at, sizeof id);
    unsigned role = id.role & ~ROLE_HAS_NS;
    *out_bad |= role >= ID_ROLE_COUNT;
    *out_has_ns = (id.role & ROLE_HAS_NS) != 0;
    out_id->type = id.type;
    out_id->role = (enum id_role)role;
    memcpy(&out_id->key, id.key, sizeof out_id->key);
    return id.value_bytes;
}

static inline void take_line(struct cursor *c, uint32_t parts, struct import_line *out_line)
{
    struct bytes file = take(c, LINE_FILE_BYTES);
    if (file.size > 0)
        memcpy(&out_line->file, file.data, LINE_FILE_BYTES);
    out_line->number = take_varint(c);
    c->bad |= out_line->number == 0 || out_line->number >= IMPORT_LINE_END || (parts & PART_IMPORT) == 0;
}

static inline void take_parts(struct cursor *c, uint32_t parts, struct envelope *v)
{
    v->message_id = parts & PART_MESSAGE_ID ? take_short(c) : BYTES_NONE;
    v->line.number = 0;
    if (UNLIKELY(parts & PART_LINE))
        take_line(c, parts, &v->line);
    v->actor_id = parts & PART_ACTOR_ID ? take_short(c) : BYTES_NONE;
    for (uint32_t i = 0; i < REF_COUNT; i++)
        v->reference[i] = BYTES_NONE;
    for (uint32_t left = references_of(parts); left != 0; left &= left - 1)
        v->reference[__builtin_ctz(left)] = take_short(c);
    v->traits = parts & PART_TRAITS ? take_long(c) : BYTES_NONE;
    v->consent_count = parts & PART_CONSENTS ? take_count(c) : 0;
    v->consents = parts & PART_CONSENTS ? take_long(c) : BYTES_NONE;
    v->properties = parts & PART_PROPERTIES ? take_long(c) : BYTES_NONE;
    v->item_count = parts & PART_ITEMS ? take_count(c) : 0;
    v->items = parts & PART_ITEMS ? take_long(c) : BYTES_NONE;
}

fallible envelope_unpack(struct bytes packed, struct envelope *v, struct err *e)
{
    struct head head;
    if (!head_read(packed, &head))
        return FAIL(e, INVALID, "not an envelope of format %u", ENVELOPE_FORMAT);
    v->message = head.message;
    v->event_us = head.event_us;
    v->id_count = head.id_count;
    v->other_count = head.other_count;
    v->actor = (enum actor_kind)head.actor;
    v->import = (head.parts & PART_IMPORT) != 0;
    uint32_t count = v->id_count + v->other_count;
    const uint8_t *fixed = packed.data + HEAD_BYTES;
    struct cursor c = {.at = fixed + count * ID_BYTES, .end = packed.data + packed.size};
    v->received_us = take_time(&c, v->event_us, true);
    v->sent_us = head.parts & PART_SENT ? take_time(&c, v->received_us, false) : 0;
    take_event(&c, v);
    v->source = take_short(&c);
    for (uint32_t i = 0; i < count; i++) {
        bool has_ns;
        size_t value_bytes = id_read(fixed + i * ID_BYTES, &v->ids[i], &has_ns, &c.bad);
        v->ids[i].ns = has_ns ? take_short(&c) : BYTES_NONE;
        v->ids[i].value = take(&c, value_bytes);
    }
    take_parts(&c, head.parts, v);
    if (c.bad || c.at != c.end)
        return FAIL(e, INVALID, "an envelope that is cut short or has bytes left over");
    return DONE;
}

bool envelope_order(struct bytes packed, int64_t *out_event_us, struct hash128 *out_message)
{
    struct head head;
    if (!head_read(packed, &head))
        return false;
    *out_event_us = head.event_us;
    *out_message = head.message;
    return true;
}

bool envelope_peek(struct bytes packed, struct envelope_keys *out_keys)
{
    struct head head;
    if (!head_read(packed, &head))
        return false;
    uint32_t count = (uint32_t)head.id_count + head.other_count;
    out_keys->message = head.message;
    out_keys->count = count < ENVELOPE_KEYS_MAX ? count : ENVELOPE_KEYS_MAX;
    const uint8_t *ids = packed.data + HEAD_BYTES;
    for (uint32_t i = 0; i < out_keys->count; i++)
        memcpy(&out_keys->ids[i], ids + i * ID_BYTES + offsetof(struct packed_id, key), sizeof out_keys->ids[i]);
    return true;
}

static bool items_are_good(const struct envelope *v)
{
    struct unpack u = unpack_of(v->items);
    uint32_t count = 0;
    for (; unpack_good(&u) && unpack_left(&u) > 0; count++)
        u.bad |= !record_is_good(unpack_bytes(&u));
    return unpack_good(&u) && count == v->item_count;
}

static bool consents_are_good(const struct envelope *v)
{
    struct unpack u = unpack_of(v->consents);
    struct envelope_consent consent;
    uint32_t count = 0;
    while (envelope_consent_next(&u, &consent))
        count += consent.purpose.size > 0;
    return unpack_good(&u) && count == v->consent_count;
}

fallible envelope_check(const struct envelope *v, struct err *e)
{
    if (!record_is_good(v->traits))
        return FAIL(e, INVALID, "the traits are no record");
    if (record_count(v->traits) > TRAITS_AN_EVENT_MAX)
        return FAIL(e, LIMIT, "more than %u traits", TRAITS_AN_EVENT_MAX);
    if (v->consent_count > CONSENTS_AN_EVENT_MAX)
        return FAIL(e, LIMIT, "more than %u consents", CONSENTS_AN_EVENT_MAX);
    if (!consents_are_good(v))
        return FAIL(e, INVALID, "the consents can't be read, or one has no purpose");
    if (!record_is_good(v->properties))
        return FAIL(e, INVALID, "the properties are no record");
    if (!items_are_good(v))
        return FAIL(e, INVALID, "the items are no records");
    return DONE;
}

/* --- consents --- */

void envelope_id_pack(struct buf *b, const struct envelope_id *id)
{
    pack_u16(b, id->type);
    pack_u64(b, id->key.low);
    pack_u64(b, id->key.high);
    pack_bytes(b, id->ns);
    pack_bytes(b, id->value);
}

struct envelope_id envelope_id_unpack(struct unpack *u)
{
    struct envelope_id id = {.type = unpack_u16(u), .role = ID_OWN};
    id.key.low = unpack_u64(u);
    id.key.high = unpack_u64(u);
    id.ns = unpack_bytes(u);
    id.value = unpack_bytes(u);
    return id;
}

enum { CONSENT_GIVEN = 1, CONSENT_UNTIL = 2, CONSENT_ENTITY = 4, CONSENT_EVIDENCE = 8, CONSENT_FROM = 16, CONSENT_FLAGS_END = 32 };

void envelope_consent_pack(struct buf *b, const struct envelope_consent *c)
{
    assert(c->purpose.size <= NAME_BYTES_MAX && c->channel.size <= NAME_BYTES_MAX && c->policy.size <= NAME_BYTES_MAX);
    assert(c->entity.size <= NAME_BYTES_MAX && c->evidence.size <= NAME_BYTES_MAX);
    pack_u8(b, (uint8_t)((c->given ? CONSENT_GIVEN : 0) | (c->until_us != 0 ? CONSENT_UNTIL : 0) | (c->entity.size > 0 ? CONSENT_ENTITY : 0) |
                         (c->evidence.size > 0 ? CONSENT_EVIDENCE : 0) | (c->from_us != 0 ? CONSENT_FROM : 0)));
    pack_bytes(b, c->purpose);
    pack_bytes(b, c->channel);
    pack_bytes(b, c->policy);
    if (c->until_us != 0)
        pack_signed(b, c->until_us);
    if (c->entity.size > 0)
        pack_bytes(b, c->entity);
    if (c->evidence.size > 0)
        pack_bytes(b, c->evidence);
    if (c->from_us != 0)
        pack_signed(b, c->from_us);
}

bool envelope_consent_next(struct unpack *u, struct envelope_consent *out_consent)
{
    if (!unpack_good(u) || unpack_left(u) == 0)
        return false;
    uint8_t flags = unpack_u8(u);
    out_consent->given = (flags & CONSENT_GIVEN) != 0;
    out_consent->purpose = unpack_bytes(u);
    out_consent->channel = unpack_bytes(u);
    out_consent->policy = unpack_bytes(u);
    out_consent->until_us = flags & CONSENT_UNTIL ? unpack_signed(u) : 0;
    out_consent->entity = flags & CONSENT_ENTITY ? unpack_bytes(u) : BYTES_NONE;
    out_consent->evidence = flags & CONSENT_EVIDENCE ? unpack_bytes(u) : BYTES_NONE;
    out_consent->from_us = flags & CONSENT_FROM ? unpack_signed(u) : 0;
    u->bad |= flags >= CONSENT_FLAGS_END || out_consent->purpose.size > NAME_BYTES_MAX;
    u->bad |= out_consent->channel.size > NAME_BYTES_MAX || out_consent->policy.size > NAME_BYTES_MAX;
    u->bad |= out_consent->entity.size > NAME_BYTES_MAX || out_consent->evidence.size > NAME_BYTES_MAX;
    u->bad |= !time_is_good(out_consent->until_us) || !time_is_good(out_consent->from_us);
    return unpack_good(u);
}

/* --- printing --- */

static void print_text(struct json_writer *out, const char *key, struct bytes text)
{
    if (text.size == 0)
        return;
    json_key(out, key);
    json_put_string(out, text);
}

static void print_time(struct json_writer *out, const char *key, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    json_key(out, key);
    json_put_text(out, time_format(us, text));
}

static void print_line(struct json_writer *out, const struct import_line *line)
{
    char text[IMPORT_LINE_TEXT_BYTES];
    if (line->number == 0)
        return;
    import_line_print(line, text);
    print_text(out, "line", bytes_of_text(text));
}

/* The types that can be called by their names. */
struct named_types {
    const struct id_type_rule *rules;
    size_t count;
};

static struct named_types builtin_types(void)
{
    struct named_types types;
    types.rules = id_types_builtin(&types.count);
    return types;
}

static struct bytes type_name(const struct named_types *types, uint16_t type)
{
    for (size_t i = 0; i < types->count; i++)
        if (types->rules[i].type == type)
            return bytes_of_text(types->rules[i].name);
    return BYTES_NONE;
}

#define MASK "****"
enum { MASK_FIRST = 3, MASK_LAST = 2, MASK_HIDDEN_MIN = 3 };

/* The first and last characters of a value that has enough others between them. */
static void print_masked(struct json_writer *out, struct bytes value)
{
    char text[64];
    size_t starts[ID_VALUE_BYTES_MAX + 1], count = 0;
    for (size_t i = 0; i < value.size && i < ID_VALUE_BYTES_MAX; i++)
        if ((value.data[i] & 0xc0) != 0x80)
            starts[count++] = i;
    if (count < MASK_FIRST + MASK_LAST + MASK_HIDDEN_MIN) {
        json_put_text(out, MASK);
        return;
    }
    size_t first = starts[MASK_FIRST], last = value.size - starts[count - MASK_LAST];
    if (first + last + sizeof MASK > sizeof text) /* no UTF-8: characters that don't end */
        first = last = 0;
    memcpy(text, value.data, first);
    memcpy(text + first, MASK, sizeof MASK - 1);
    memcpy(text + first + sizeof MASK - 1, value.data + value.size - last, last);
    json_put_string(out, bytes_of(text, first + sizeof MASK - 1 + last));
}

static void print_id(const struct named_types *types, const struct envelope_id *id, bool masked, struct json_writer *out)
{
    json_object_begin(out);
    struct bytes name = type_name(types, id->type);
    json_key(out, "type");
    if (name.size > 0)
        json_put_string(out, name);
    else
        json_put_uint64(out, id->type); /* a declared one: its number says which */
    print_text(out, "ns", id->ns);
    json_key(out, "value");
    if (masked)
        print_masked(out, id->value);
    else
        json_put_string(out, id->value);
    if (id->role != ID_OWN)
        print_text(out, "role", bytes_of_text(role_names[id->role]));
    json_object_end(out);
}

void envelope_id_print(const struct envelope_id *id, bool masked, struct json_writer *out)
{
    struct named_types types = builtin_types();
    print_id(&types, id, masked, out);
}

static void print_ids(const struct named_types *types, const struct envelope_id *ids, uint32_t count,
                      struct json_writer *out)
{
    if (count == 0)
        return;
    json_key(out, "ids");
    json_array_begin(out);
    for (uint32_t i = 0; i < count; i++)
        print_id(types, &ids[i], false, out);
    json_array_end(out);
}

static void print_record(struct json_writer *out, struct bytes record)
{
    struct unpack u = unpack_of(record);
    struct value v = {.kind = VALUE_OBJECT, .count = record.size == 0 ? 0 : unpack_varint32(&u)};
    v.body = unpack_rest(&u);
    value_print(&v, out);
}

static void print_consents(struct json_writer *out, struct bytes consents)
{
    json_key(out, "consents");
    json_array_begin(out);
    struct unpack u = unpack_of(consents);
    for (struct envelope_consent c; envelope_consent_next(&u, &c);) {
        json_object_begin(out);
        print_text(out, "purpose", c.purpose);
        print_text(out, "channel", c.channel);
        print_text(out, "entity", c.entity);
        json_key(out, "given");
        json_put_bool(out, c.given);
        print_text(out, "policy", c.policy);
        print_text(out, "evidence", c.evidence);
        if (c.from_us != 0)
            print_time(out, "from", c.from_us);
        if (c.until_us != 0)
            print_time(out, "until", c.until_us);
        json_object_end(out);
    }
    json_array_end(out);
}

static void print_items(struct json_writer *out, struct bytes items, uint32_t count)
{
    json_key(out, "items");
    json_array_begin(out);
    struct unpack u = unpack_of(items);
    for (uint32_t i = 0; i < count && unpack_good(&u); i++)
        print_record(out, unpack_bytes(&u));
    json_array_end(out);
}

static void print_people(const struct named_types *types, const struct envelope *v, struct json_writer *out)
{
    print_ids(types, v->ids, v->id_count, out);
    if (v->actor != ACTOR_PERSON || v->actor_id.size > 0) {
        json_key(out, "actor");
        json_object_begin(out);
        print_text(out, "kind", bytes_of_text(actor_names[v->actor]));
        print_text(out, "id", v->actor_id);
        json_object_end(out);
    }
    if (v->other_count > 0) {
        json_key(out, "other");
        json_object_begin(out);
        print_ids(types, v->ids + v->id_count, v->other_count, out);
        json_object_end(out);
    }
}

static void print_all(const struct named_types *types, const struct envelope *v, struct json_writer *out)
{
    print_text(out, "id", v->message_id);
    print_line(out, &v->line);
    print_text(out, "event", v->event);
    print_time(out, "time", v->event_us);
    if (v->sent_us != 0)
        print_time(out, "sent_at", v->sent_us);
    print_time(out, "received_at", v->received_us);
    print_text(out, "source", v->source);
    print_people(types, v, out);
    for (uint32_t i = 0; i < REF_COUNT; i++)
        print_text(out, reference_names[i], v->reference[i]);
    if (v->traits.size > 0) {
        json_key(out, "traits");
        print_record(out, v->traits);
    }
    if (v->consent_count > 0)
        print_consents(out, v->consents);
    if (v->properties.size > 0) {
        json_key(out, "properties");
        print_record(out, v->properties);
    }
    if (v->item_count > 0)
        print_items(out, v->items, v->item_count);
}

void envelope_print(const struct envelope *v, struct json_writer *out)
{
    struct named_types types = builtin_types();
    print_all(&types, v, out);
}

void envelope_print_named(const struct envelope *v, const struct id_type_rule *rules, size_t rule_count,
                          struct json_writer *out)
{
    struct named_types types = {rules, rule_count};
    print_all(&types, v, out);
}
