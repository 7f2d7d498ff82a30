#include "domain/relation/payload.h"

#include "lib/value.h"

#define FORMAT 2u
#define FLAG_IMPORT 1u
#define FLAG_BY_STORE 1u
#define PERSON_ID_BYTES 16u
#define HAND_OVER_REASON_BYTES_MAX 255u

struct bytes relation_person_id(struct hash128 plain, struct arena *a)
{
    struct buf b = arena_buf(a, PERSON_ID_BYTES);
    pack_u64(&b, plain.low);
    pack_u64(&b, plain.high);
    return buf_bytes(&b);
}

struct hash128 relation_person_plain(struct bytes id)
{
    struct unpack u = unpack_of(id);
    struct hash128 plain = {.low = unpack_u64(&u)};
    plain.high = unpack_u64(&u);
    return plain;
}

static void ref_pack(struct buf *b, const struct thing_ref *ref)
{
    pack_bytes(b, ref->kind);
    pack_bytes(b, ref->ns);
    pack_bytes(b, ref->id);
}

static struct thing_ref ref_unpack(struct unpack *u)
{
    struct thing_ref ref = {.kind = unpack_bytes(u)};
    ref.ns = unpack_bytes(u);
    ref.id = unpack_bytes(u);
    return ref;
}

/* --- one relation --- */

void relation_put_pack(const struct relation_put *put, struct buf *b)
{
    pack_u8(b, FORMAT);
    pack_u8(b, put->is_import ? FLAG_IMPORT : 0);
    envelope_id_pack(b, &put->id);
    pack_u8(b, put->type);
    pack_bytes(b, put->brand);
    ref_pack(b, &put->ref);
    pack_signed(b, put->time_us);
    pack_bytes(b, put->reason);
    pack_u8(b, (uint8_t)put->by.kind);
    pack_bytes(b, put->by.name);
    pack_bytes(b, put->attributes);
    if (put->holder > 0)
        pack_varint(b, put->holder);
}

static bool put_read(struct bytes payload, struct relation_put *put)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), flags = unpack_u8(&u);
    *put = (struct relation_put){.is_import = (flags & FLAG_IMPORT) != 0, .id = envelope_id_unpack(&u)};
    put->type = unpack_u8(&u);
    put->brand = unpack_bytes(&u);
    put->ref = ref_unpack(&u);
    put->time_us = unpack_signed(&u);
    put->reason = unpack_bytes(&u);
    put->by.kind = unpack_u8(&u);
    put->by.name = unpack_bytes(&u);
    put->attributes = unpack_bytes(&u);
    put->holder = unpack_left(&u) > 0 ? unpack_varint32(&u) : 0;
    return format == FORMAT && flags <= FLAG_IMPORT && put->by.kind < RELATION_BY_COUNT && unpack_finished(&u);
}

static fallible ref_check(const struct relation_type *type, const struct thing_ref *ref, struct err *e)
{
    bool to_person = bytes_equal(ref->kind, BYTES_LIT(RELATION_TO_PERSON));
    if (!relation_type_takes(type, ref->kind))
        return FAIL(e, INVALID, "to: a relation '%s' leads to %s", type->name,
                    relation_type_leads(type) ? type->kinds[0] : "nothing");
    if (!relation_type_leads(type) && ref->ns.size + ref->id.size > 0)
        return FAIL(e, INVALID, "to: a relation '%s' leads to nothing", type->name);
    if (relation_type_leads(type) &&
        (ref->id.size == 0 || ref->id.size > NAME_BYTES_MAX || ref->ns.size > NAME_BYTES_MAX))
        return FAIL(e, INVALID, "to: an id has 1 to %u bytes", NAME_BYTES_MAX);
    if (to_person && ref->id.size != PERSON_ID_BYTES)
        return FAIL(e, INVALID, "to: a person is named by an identifier's key");
    return DONE;
}

/* Among words with bars between them; where there are none any word is. */
static bool is_among(const char *words, struct bytes word)
{
    for (const char *at = words; *at != '\0';) {
        size_t size = strcspn(at, "|");
        if (bytes_equal(bytes_of(at, size), word))
            return true;
        at += size + (at[size] == '|');
    }
    return words[0] == '\0';
}

static fallible attributes_check(struct bytes record, struct err *e)
{
    if (!record_is_good(record))
        return FAIL(e, INVALID, "attributes: not a record");
    struct unpack u = unpack_of(record);
    uint64_t count = record.size == 0 ? 0 : unpack_varint(&u);
    if (count > RELATION_ATTRIBUTES_MAX)
        return FAIL(e, INVALID, "attributes: at most %u", RELATION_ATTRIBUTES_MAX);
    for (; count > 0; count--) {
        struct bytes name = unpack_bytes(&u), value = unpack_value_bytes(&u);
        if (name.size == 0 || name.size > RELATION_NAME_BYTES_MAX)
            return FAIL(e, INVALID, "attributes: a name has 1 to %u bytes", RELATION_NAME_BYTES_MAX);
        if (value.size > RELATION_VALUE_BYTES_MAX)
            return FAIL(e, INVALID, "attributes: %.*s: a value has at most %u bytes", BYTES_ARG(name),
                        RELATION_VALUE_BYTES_MAX);
    }
    return DONE;
}

fallible relation_put_fits(const struct relation_type *type, const struct relation_put *put, struct err *e)
{
    struct value role;
    TRY(ref_check(type, &put->ref, e));
    bool has_role = record_find(put->attributes, BYTES_LIT("role"), &role) && role.kind != VALUE_NULL;
    if (has_role && type->roles[0] != 0 && (role.kind != VALUE_TEXT || !is_among(type->roles, role.body)))
        return FAIL(e, INVALID, "attributes: role: want one of %s", type->roles);
    if (put->reason.size > 0 && !is_among(type->reasons, put->reason))
        return FAIL(e, INVALID, "reason: want one of %s", type->reasons);
    return DONE;
}

fallible relation_put_unpack(struct bytes payload, struct relation_put *out, struct err *e)
{
    if (!put_read(payload, out))
        return FAIL(e, INVALID, "not a relation");
    if (out->by.name.size > RELATION_BY_BYTES_MAX)
        return FAIL(e, INVALID, "by: at most %u bytes", RELATION_BY_BYTES_MAX);
    if (out->reason.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "reason: at most %u bytes", NAME_BYTES_MAX);
    return attributes_check(out->attributes, e);
}

fallible relation_put_check(struct bytes payload, struct err *e)
{
    struct relation_put put;
    return relation_put_unpack(payload, &put, e);
}

/* --- a hand-over --- */

static fallible staff_check(const struct thing_ref *ref, const char *what, struct err *e)
{
    if (!bytes_equal(ref->kind, BYTES_LIT("staff")))
        return FAIL(e, INVALID, "%s: want somebody of staff", what);
    if (ref->id.size == 0 || ref->id.size > NAME_BYTES_MAX || ref->ns.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "%s: an id has 1 to %u bytes", what, NAME_BYTES_MAX);
    return DONE;
}

static fallible hand_over_good(const struct hand_over *h, struct err *e)
{
    if (h->types == 0 || (h->types & 1) != 0)
        return FAIL(e, INVALID, "types: want one or more types of relations to staff");
    if (h->by.size > NAME_BYTES_MAX || h->brand.size > NAME_BYTES_MAX || h->reason.size > HAND_OVER_REASON_BYTES_MAX)
        return FAIL(e, INVALID, "reason: at most %u bytes", HAND_OVER_REASON_BYTES_MAX);
    TRY(staff_check(&h->from, "from", e));
    if (h->to_count == 0 || h->to_count > HAND_OVER_TO_MAX)
        return FAIL(e, INVALID, "to: want 1 to %u of staff", HAND_OVER_TO_MAX);
    for (uint32_t i = 0; i < h->to_count; i++) {
        TRY(staff_check(&h->to[i], "to", e));
        if (bytes_equal(h->to[i].id, h->from.id) && bytes_equal(h->to[i].ns, h->from.ns))
            return FAIL(e, INVALID, "to: not to whom it is handed over from");
    }
    return DONE;
}

fallible hand_over_pack(const struct hand_over *h, struct buf *out, struct err *e)
{
    TRY(hand_over_good(h, e));
    size_t before = out->size;
    pack_u8(out, FORMAT);
    pack_u8(out, h->by_store ? FLAG_BY_STORE : 0);
    pack_bytes(out, h->by);
    pack_bytes(out, h->reason);
    pack_u64(out, h->types);
    pack_bytes(out, h->brand);
    ref_pack(out, &h->from);
    pack_varint(out, h->to_count);
    for (uint32_t i = 0; i < h->to_count; i++)
        ref_pack(out, &h->to[i]);
    if (out->overflowed || out->size - before > HAND_OVER_BYTES_MAX)
        return FAIL(e, LIMIT, "to: names of more than %u bytes", HAND_OVER_BYTES_MAX);
    return DONE;
}

fallible hand_over_unpack(struct bytes payload, struct hand_over *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), flags = unpack_u8(&u);
    *out = (struct hand_over){.by_store = (flags & FLAG_BY_STORE) != 0, .by = unpack_bytes(&u)};
    out->reason = unpack_bytes(&u);
    out->types = unpack_u64(&u);
    out->brand = unpack_bytes(&u);
    out->from = ref_unpack(&u);
    out->to_count = unpack_varint32(&u);
    if (format != FORMAT || flags > FLAG_BY_STORE || u.bad || out->to_count > HAND_OVER_TO_MAX)
        return FAIL(e, INVALID, "not a hand-over");
    for (uint32_t i = 0; i < out->to_count; i++)
        out->to[i] = ref_unpack(&u);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not a hand-over");
    return hand_over_good(out, e);
}

fallible hand_over_check(struct bytes payload, struct err *e)
{
    struct hand_over h;
    return hand_over_unpack(payload, &h, e);
}
