#include "domain/identity/cluster.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/identity/brands.h"
#include "lib/pack.h"
#include "lib/uuid.h"

#define CLUSTER_FORMAT 2u
#define CHUNK_BYTES 15000u
#define CHUNKS_MAX 1000u

const struct family overflow_family = {.id = 25, .kind = FAMILY_KEYED, .value_bytes = CHUNK_BYTES, .name = "identity_overflow"};

/* Bits of an incarnation's first byte, and of its holder block. */
enum { INC_STATE = 3, INC_SHAPE_SHIFT = 2, INC_NAMESPACE = 1 << 4, INC_HOLDER = 1 << 5, INC_CONFLICTS = 1 << 6, INC_BRANDS = 1 << 7 };
enum { HOLDER_NEWEST = 1, HOLDER_FROM = 2, HOLDER_UNTIL = 4 };
enum { HEAD_PLAIN = 1 };

/* --- values in few bytes --- */

#define DIGITS_MAX 15u

static bool digits_of(struct bytes text, uint64_t *out_digits)
{
    if (text.size == 0 || text.size > DIGITS_MAX || text.data[0] == '0')
        return false;
    uint64_t x = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        x = x * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_digits = x;
    return true;
}

static enum value_shape shape_of(struct bytes value, uint64_t *out_digits, struct uuid *out_uuid)
{
    if (uuid_pack(value, out_uuid))
        return SHAPE_UUID;
    if (value.size > 1 && value.data[0] == '+' && digits_of(bytes_slice(value, 1, value.size), out_digits))
        return SHAPE_PHONE;
    return digits_of(value, out_digits) ? SHAPE_DECIMAL : SHAPE_TEXT;
}

static struct bytes value_of(const struct packed_inc *p, struct arena *a)
{
    if (p->shape == SHAPE_TEXT)
        return p->text;
    char *text = arena_take(a, UUID_TEXT_BYTES + 1, 1);
    if (p->shape == SHAPE_UUID) {
        struct uuid uuid;
        memcpy(&uuid, p->text.data, sizeof uuid);
        return bytes_of(uuid_text(&uuid, text), UUID_TEXT_BYTES);
    }
    int size = snprintf(text, UUID_TEXT_BYTES + 1, "%s%llu", p->shape == SHAPE_PHONE ? "+" : "", (unsigned long long)p->digits);
    return bytes_of(text, (size_t)size);
}

bool packed_inc_is(const struct packed_inc *p, uint16_t type, uint32_t ns_number, struct bytes value)
{
    if (p->type != type || p->ns_number != ns_number)
        return false;
    if (p->shape == SHAPE_TEXT)
        return bytes_equal(p->text, value);
    uint64_t digits;
    if (p->shape == SHAPE_UUID) {
        struct uuid uuid;
        memcpy(&uuid, p->text.data, sizeof uuid);
        return uuid_is(&uuid, value);
    }
    if (p->shape == SHAPE_PHONE)
        return value.size > 1 && value.data[0] == '+' && digits_of(bytes_slice(value, 1, value.size), &digits) && digits == p->digits;
    return digits_of(value, &digits) && digits == p->digits;
}

/* --- keys in few bytes --- */

static void pack_key(struct buf *b, struct hash128 plain)
{
    pack_u64(b, plain.low);
    pack_u16(b, (uint16_t)(plain.high >> 48));
}

static struct hash128 unpack_key(struct unpack *u)
{
    uint64_t low = 0;
    uint16_t high = 0;
    struct bytes key = unpack_raw(u, ID_KEY_BYTES);
    if (key.size == ID_KEY_BYTES) {
        memcpy(&low, key.data, sizeof low);
        memcpy(&high, key.data + sizeof low, sizeof high);
    }
    return (struct hash128){.low = low, .high = (uint64_t)high << 48};
}

/* Every event walks over some dozens of incarnations, so this is read in line. */
static inline uint8_t byte(struct unpack *u)
{
    return LIKELY(u->at < u->end) ? *u->at++ : unpack_u8(u);
}

/* --- reading --- */

/* Before the first one says otherwise. */
static const uint8_t group_packed[] = {0};

struct inc_walk inc_walk_of(struct bytes body)
{
    struct inc_walk w = {.u = unpack_of(body), .brands = {.at = group_packed, .end = group_packed + sizeof group_packed}, .brand_count = 1};
    w.base_s = unpack_signed(&w.u);
    w.left = (uint32_t)unpack_varint(&w.u);
    return w;
}

static void unpack_holder(struct unpack *u, struct packed_inc *p)
{
    p->holder = (uint32_t)unpack_varint(u);
    p->holder_first = p->holder - (uint32_t)unpack_varint(u);
    uint8_t bits = byte(u);
    p->is_newest = (bits & HOLDER_NEWEST) != 0;
    p->from_us = bits & HOLDER_FROM ? unpack_signed(u) : TIME_FROM_EVER;
    p->until_us = bits & HOLDER_UNTIL ? unpack_signed(u) : 0;
}

static void unpack_brands(struct inc_walk *w)
{
    w->brand_count = (uint32_t)unpack_varint(&w->u);
    w->brands = w->u;
    for (uint32_t i = 0; i < w->brand_count; i++)
        (void)unpack_varint(&w->u);
}

bool inc_walk_knows(const struct inc_walk *w, uint32_t brand)
{
    struct unpack u = w->brands;
    for (uint32_t i = 0; i < w->brand_count; i++) {
        uint32_t other = (uint32_t)unpack_varint(&u);
        if (other >= brand)
            return other == brand;
    }
    return w->brand_count == ID_BRANDS_MAX; /* it would be cut */
}

bool inc_walk_next(struct inc_walk *w, struct packed_inc *p)
{
    if (w->left == 0)
        return false;
    w->left--;
    struct unpack *u = &w->u;
    uint8_t bits = byte(u);
    p->state = (enum id_state)(bits & INC_STATE);
    p->shape = (enum value_shape)(bits >> INC_SHAPE_SHIFT & 3);
    p->type = (uint16_t)unpack_varint(u);
    p->plain = unpack_key(u);
    p->ns_number = bits & INC_NAMESPACE ? (uint32_t)unpack_varint(u) : 0;
    p->text = BYTES_NONE;
    p->digits = 0;
    if (p->shape == SHAPE_TEXT)
        p->text = unpack_bytes(u);
    else if (p->shape == SHAPE_UUID)
        p->text = unpack_raw(u, UUID_BYTES);
    else
        p->digits = unpack_varint(u);
    p->first_s = w->base_s + (int64_t)unpack_varint(u);
    p->last_at = u->at;
    p->last_s = p->first_s + (int64_t)unpack_varint(u);
    p->holder = p->holder_first = 1;
    p->is_newest = true;
    p->from_us = TIME_FROM_EVER;
    p->until_us = 0;
    if (bits & INC_HOLDER)
        unpack_holder(u, p);
    p->conflicts = bits & INC_CONFLICTS ? (uint32_t)unpack_varint(u) : 0;
    p->rival = bits & INC_CONFLICTS ? (uint32_t)unpack_varint(u) : 0;
    if (bits & INC_BRANDS)
        unpack_brands(w);
    assert(unpack_good(u)); /* our own row, whose digest was checked when it was loaded */
    return true;
}

uint32_t set_walk_begin(struct inc_walk *w)
{
    assert(w->left == 0);
    return (uint32_t)unpack_varint(&w->u);
}

void set_walk_next(struct inc_walk *w, struct packed_set *set)
{
    struct unpack *u = &w->u;
    struct evidence *e = &set->evidence;
    e->rule = (enum evidence_rule)byte(u);
    e->position = unpack_varint(u);
    e->first_us = (w->base_s + unpack_signed(u)) * US_PER_SECOND;
    set->last_at = u->at;
    e->last_us = e->first_us + (int64_t)unpack_varint(u) * US_PER_SECOND;
    e->count = (uint32_t)unpack_varint(u);
    e->member_count = (uint32_t)unpack_varint(u);
    set->members = *u;
    for (uint32_t i = 0; i < e->member_count; i++)
        (void)unpack_varint(u);
    assert(unpack_good(u));
}

static void chunk_key(uint32_t number, uint32_t chunk, uint8_t room[8])
{
    (void)put_key(put_key(room, number, 4), chunk, 4);
}

static struct bytes body_of_chunks(const struct view *v, uint32_t number, uint32_t chunk_count)
{
    uint8_t *body = arena_take(v->arena, (size_t)chunk_count * CHUNK_BYTES, 1), key[8];
    size_t size = 0;
    for (uint32_t i = 0; i < chunk_count; i++) {
        struct bytes piece = BYTES_NONE;
        chunk_key(number, i, key);
        bool found = view_keyed(v, &overflow_family, bytes_of(key, sizeof key), &piece);
        assert(found && piece.size <= CHUNK_BYTES);
        memcpy(body + size, piece.data, piece.size);
        size += piece.size;
    }
    return bytes_of(body, size);
}

bool cluster_row_head(const struct view *v, uint32_t number, struct cluster_row *row)
{
    struct bytes section = view_section(v, number, &identity_section);
    if (section.size == 0)
        return false;
    struct unpack u = unpack_of(section);
    uint8_t format = unpack_u8(&u);
    row->kind = (enum row_kind)unpack_u8(&u);
    row->public_id.low = unpack_u64(&u);
    row->public_id.high = unpack_u64(&u);
    assert(format == CLUSTER_FORMAT);
    if (row->kind == ROW_ALIAS) {
        row->lead.low = unpack_u64(&u);
        row->lead.high = unpack_u64(&u);
        return true;
    }
    row->is_plain = (unpack_u8(&u) & HEAD_PLAIN) != 0;
    row->chunk_count = row->kind == ROW_LIVING_LONG ? unpack_varint32(&u) : 0;
    row->body = unpack_rest(&u);
    return true;
}

bool cluster_row(const struct view *v, uint32_t number, struct cluster_row *row)
{
    if (!cluster_row_head(v, number, row))
        return false;
    if (row->kind == ROW_LIVING_LONG)
        row->body = body_of_chunks(v, number, row->chunk_count);
    return true;
}

static struct brand_set brands_load(struct arena *a, const struct inc_walk *w)
{
    struct unpack u = w->brands;
    uint32_t *list = ARENA_ARRAY(a, uint32_t, w->brand_count);
    for (uint32_t i = 0; i < w->brand_count; i++)
        list[i] = (uint32_t)unpack_varint(&u);
    return (struct brand_set){w->brand_count, list};
}

static void incs_load(const struct view *v, struct inc_walk *w, struct cluster *c)
{
    const uint8_t *brands_at = NULL;
    struct brand_set known_to = {0};
    c->inc_count = c->inc_room = w->left;
    c->incs = ARENA_ARRAY(v->arena, struct incarnation, c->inc_count);
    struct packed_inc p;
    for (uint32_t i = 0; inc_walk_next(w, &p); i++) {
        struct incarnation *inc = &c->incs[i];
        if (w->brands.at != brands_at) /* else the same list serves again */
            known_to = brands_load(v->arena, w);
        brands_at = w->brands.at;
        *inc = (struct incarnation){
            .plain = p.plain, .ns_number = p.ns_number, .holder_first = p.holder_first, .is_newest = p.is_newest,
            .from_us = p.from_us, .conflicts = p.conflicts, .rival = p.rival,
            .id = {.type = p.type, .state = p.state, .holder = p.holder, .value = value_of(&p, v->arena),
                   .key = identifier_key_of_holder(p.plain, p.holder), .until_us = p.until_us,
                   .ns = namespace_name(v, p.ns_number), .known_to = known_to,
                   .first_us = p.first_s * US_PER_SECOND, .last_us = p.last_s * US_PER_SECOND}};
    }
}

static void sets_load(const struct view *v, struct inc_walk *w, struct cluster *c)
{
    c->set_count = c->set_room = set_walk_begin(w);
    c->sets = ARENA_ARRAY(v->arena, struct evidence, c->set_count);
    for (uint32_t i = 0; i < c->set_count; i++) {
        struct packed_set set;
        set_walk_next(w, &set);
        uint16_t *members = ARENA_ARRAY(v->arena, uint16_t, set.evidence.member_count);
        for (uint32_t j = 0; j < set.evidence.member_count; j++)
            members[j] = (uint16_t)unpack_varint(&set.members);
        c->sets[i] = set.evidence;
        c->sets[i].members = members;
    }
}

static void rest_load(const struct view *v, struct unpack *u, struct cluster *c)
{
    c->alias_count = c->alias_room = unpack_varint32(u);
    c->aliases = ARENA_ARRAY(v->arena, struct alias, c->alias_count);
    for (uint32_t i = 0, number = 0; i < c->alias_count; i++) {
        number += unpack_varint32(u);
        c->aliases[i] = (struct alias){.number = number, .place = (uint16_t)unpack_varint(u)};
    }
    c->never_count = c->never_room = unpack_varint32(u);
    c->nevers = ARENA_ARRAY(v->arena, struct never, c->never_count);
    for (uint32_t i = 0; i < c->never_count; i++) {
        c->nevers[i].place = (uint16_t)unpack_varint(u);
        c->nevers[i].other = unpack_key(u);
        c->nevers[i].position = unpack_varint(u);
    }
    assert(unpack_finished(u));
}

struct cluster *cluster_load(const struct view *v, uint32_t number)
{
    struct cluster_row row;
    if (!cluster_row(v, number, &row) || row.kind == ROW_ALIAS)
        return NULL;
    struct cluster *c = ARENA_NEW(v->arena, struct cluster);
    c->number = number;
    c->public_id = row.public_id;
    c->chunk_count = row.chunk_count;
    struct inc_walk w = inc_walk_of(row.body);
    incs_load(v, &w, c);
    sets_load(v, &w, c);
    rest_load(v, &w.u, c);
    return c;
}

/* --- writing --- */

static int64_t base_of(const struct cluster *c)
{
    int64_t base_us = c->inc_count == 0 ? 0 : INT64_MAX;
    for (uint32_t i = 0; i < c->inc_count; i++)
        base_us = c->incs[i].id.first_us < base_us ? c->incs[i].id.first_us : base_us;
    return seconds_of(base_us);
}

static void pack_holder(struct buf *b, const struct incarnation *inc)
{
    pack_varint(b, inc->id.holder);
    pack_varint(b, inc->id.holder - inc->holder_first);
    bool from = inc->from_us != TIME_FROM_EVER, until = inc->id.until_us != 0;
    pack_u8(b, (uint8_t)((inc->is_newest ? HOLDER_NEWEST : 0) | (from ? HOLDER_FROM : 0) | (until ? HOLDER_UNTIL : 0)));
    if (from)
        pack_signed(b, inc->from_us);
    if (until)
        pack_signed(b, inc->id.until_us);
}

static void pack_brands(struct buf *b, struct brand_set known_to)
{
    pack_varint(b, known_to.count);
    for (uint32_t i = 0; i < known_to.count; i++)
        pack_varint(b, known_to.list[i]);
}

/* `before`: the brands of the one before it. */
static void pack_inc(struct buf *b, const struct incarnation *inc, int64_t base_s, struct brand_set before)
{
    uint64_t digits = 0;
    struct uuid uuid;
    enum value_shape shape = shape_of(inc->id.value, &digits, &uuid);
    bool holder = inc->id.holder != 1 || !inc->is_newest || inc->from_us != TIME_FROM_EVER || inc->id.until_us != 0;
    bool conflicts = inc->conflicts > 0 || inc->rival > 0, brands = !brands_equal(inc->id.known_to, before);
    pack_u8(b, (uint8_t)((unsigned)inc->id.state | (unsigned)shape << INC_SHAPE_SHIFT | (inc->ns_number > 0 ? INC_NAMESPACE : 0u) |
                         (holder ? INC_HOLDER : 0u) | (conflicts ? INC_CONFLICTS : 0u) | (brands ? INC_BRANDS : 0u)));
    pack_varint(b, inc->id.type);
    pack_key(b, inc->plain);
    if (inc->ns_number > 0)
        pack_varint(b, inc->ns_number);
    if (shape == SHAPE_TEXT)
        pack_bytes(b, inc->id.value);
    else if (shape == SHAPE_UUID)
        pack_raw(b, bytes_of(&uuid, sizeof uuid));
    else
        pack_varint(b, digits);
    int64_t first_s = seconds_of(inc->id.first_us);
    pack_varint(b, (uint64_t)(first_s - base_s));
    pack_varint(b, (uint64_t)(seconds_of(inc->id.last_us) - first_s));
    if (holder)
        pack_holder(b, inc);
    if (conflicts) {
        pack_varint(b, inc->conflicts);
        pack_varint(b, inc->rival);
    }
    if (brands)
        pack_brands(b, inc->id.known_to);
}

static void pack_set(struct buf *b, const struct evidence *set, int64_t base_s)
{
    int64_t first_s = seconds_of(set->first_us);
    pack_u8(b, (uint8_t)set->rule);
    pack_varint(b, set->position);
    pack_signed(b, first_s - base_s);
    pack_varint(b, (uint64_t)(seconds_of(set->last_us) - first_s));
    pack_varint(b, set->count);
    pack_varint(b, set->member_count);
    for (uint32_t i = 0; i < set->member_count; i++)
        pack_varint(b, set->members[i]);
}

static size_t body_bytes_max(const struct cluster *c)
{
    size_t size = 64 + (size_t)c->alias_count * 8 + (size_t)c->never_count * 24;
    for (uint32_t i = 0; i < c->inc_count; i++)
        size += 96 + c->incs[i].id.value.size + (size_t)c->incs[i].id.known_to.count * 5;
    for (uint32_t i = 0; i < c->set_count; i++)
        size += 48 + (size_t)c->sets[i].member_count * 3;
    return size;
}

static struct bytes body_pack(const struct cluster *c, struct arena *a)
{
    size_t size = body_bytes_max(c);
    struct buf b = {.data = arena_take(a, size, 1), .capacity = size, .size_max = size};
    int64_t base_s = base_of(c);
    pack_signed(&b, base_s);
    pack_varint(&b, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        pack_inc(&b, &c->incs[i], base_s, i == 0 ? brands_of_group : c->incs[i - 1].id.known_to);
    pack_varint(&b, c->set_count);
    for (uint32_t i = 0; i < c->set_count; i++)
        pack_set(&b, &c->sets[i], base_s);
    pack_varint(&b, c->alias_count);
    for (uint32_t i = 0, last = 0; i < c->alias_count; last = c->aliases[i++].number) {
        assert(c->aliases[i].number > last);
        pack_varint(&b, c->aliases[i].number - last);
        pack_varint(&b, c->aliases[i].place);
    }
    pack_varint(&b, c->never_count);
    for (uint32_t i = 0; i < c->never_count; i++) {
        pack_varint(&b, c->nevers[i].place);
        pack_key(&b, c->nevers[i].other);
        pack_varint(&b, c->nevers[i].position);
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static bool is_plain(const struct cluster *c)
{
    bool plain = c->alias_count == 0;
    for (uint32_t i = 0; i < c->inc_count && plain; i++)
        plain = c->incs[i].id.holder == 1 && c->incs[i].id.state == ID_IN_FORCE;
    return plain;
}

static void chunks_remove(struct step *s, const struct cluster *c, uint32_t from)
{
    for (uint32_t i = from; i < c->chunk_count; i++) {
        uint8_t key[8];
        chunk_key(c->number, i, key);
        step_keyed_remove(s, &overflow_family, arena_copy(s->view.arena, bytes_of(key, sizeof key)));
    }
}

static uint32_t chunks_put(struct step *s, const struct cluster *c, struct bytes body)
{
    uint32_t count = 0;
    for (size_t from = 0; from < body.size; from += CHUNK_BYTES, count++) {
        uint8_t key[8];
        size_t until = body.size - from < CHUNK_BYTES ? body.size : from + CHUNK_BYTES;
        chunk_key(c->number, count, key);
        step_keyed_put(s, &overflow_family, arena_copy(s->view.arena, bytes_of(key, sizeof key)), bytes_slice(body, from, until));
    }
    assert(count <= CHUNKS_MAX);
    return count;
}

void cluster_store(struct step *s, struct cluster *c)
{
    struct bytes body = body_pack(c, s->view.arena);
    bool is_long = body.size > CLUSTER_INLINE_BYTES_MAX;
    uint32_t chunk_count = is_long ? chunks_put(s, c, body) : 0;
    chunks_remove(s, c, chunk_count);
    c->chunk_count = chunk_count;
    size_t size = 32 + (is_long ? 0 : body.size);
    struct buf b = {.data = arena_take(s->view.arena, size, 1), .capacity = size, .size_max = size};
    pack_u8(&b, CLUSTER_FORMAT);
    pack_u8(&b, is_long ? ROW_LIVING_LONG : ROW_LIVING);
    pack_u64(&b, c->public_id.low);
    pack_u64(&b, c->public_id.high);
    pack_u8(&b, is_plain(c) ? HEAD_PLAIN : 0);
    if (is_long)
        pack_varint(&b, chunk_count);
    else
        pack_raw(&b, body);
    assert(!b.overflowed);
    step_section_put(s, c->number, &identity_section, buf_bytes(&b));
}

bool cluster_row_is_short(const struct cluster_row *row)
{
    return row->kind == ROW_LIVING && row->body.size + BODY_CHANGES_MAX * VARINT_BYTES_MAX <= CLUSTER_INLINE_BYTES_MAX;
}

void cluster_renumber(struct step *s, uint32_t number, const struct body_changes *changes)
{
    struct bytes section = view_section(&s->view, number, &identity_section);
    uint8_t *data = arena_take(s->view.arena, section.size + BODY_CHANGES_MAX * VARINT_BYTES_MAX, 1), *at = data;
    const uint8_t *from = section.data, *end = section.data + section.size;
    for (uint32_t i = 0; i < changes->count; i++) {
        const struct body_change *change = &changes->list[i];
        assert(change->at >= from && change->at < end);
        at = put_varint(put_raw(at, from, (size_t)(change->at - from)), change->now);
        from = change->at + varint_bytes(change->before);
    }
    assert(from <= end);
    at = put_raw(at, from, (size_t)(end - from));
    step_section_put(s, number, &identity_section, bytes_of(data, (size_t)(at - data)));
}

void cluster_drop_overflow(struct step *s, struct cluster *c)
{
    chunks_remove(s, c, 0);
    c->chunk_count = 0;
}

void cluster_store_alias(struct step *s, uint32_t number, struct hash128 public_id, struct hash128 lead)
{
    size_t size = 34;
    struct buf b = {.data = arena_take(s->view.arena, size, 1), .capacity = size, .size_max = size};
    pack_u8(&b, CLUSTER_FORMAT);
    pack_u8(&b, ROW_ALIAS);
    pack_u64(&b, public_id.low);
    pack_u64(&b, public_id.high);
    pack_u64(&b, lead.low);
    pack_u64(&b, lead.high);
    assert(!b.overflowed);
    step_section_put(s, number, &identity_section, buf_bytes(&b));
}

/* --- looking for a place --- */

static bool is_value(const struct incarnation *inc, const struct envelope_id *id, uint32_t ns_number)
{
    return hash128_equal(inc->plain, id->key) && inc->id.type == id->type && inc->ns_number == ns_number &&
           bytes_equal(inc->id.value, id->value);
}

uint16_t cluster_place(const struct cluster *c, const struct envelope_id *id, uint32_t ns_number, uint32_t holder)
{
    for (uint32_t i = 0; i < c->inc_count; i++)
        if (is_value(&c->incs[i], id, ns_number) && holder >= c->incs[i].holder_first && holder <= c->incs[i].id.holder)
            return (uint16_t)i;
    return NO_PLACE;
}

uint16_t cluster_place_newest(const struct cluster *c, const struct envelope_id *id, uint32_t ns_number)
{
    for (uint32_t i = 0; i < c->inc_count; i++)
        if (c->incs[i].is_newest && is_value(&c->incs[i], id, ns_number))
            return (uint16_t)i;
    return NO_PLACE;
}

uint16_t cluster_place_of_key(const struct cluster *c, struct hash128 key)
{
    uint32_t holder;
    struct hash128 plain = identifier_key_plain(key, &holder);
    for (uint32_t i = 0; i < c->inc_count; i++)
        if (hash128_equal(c->incs[i].plain, plain) && holder >= c->incs[i].holder_first && holder <= c->incs[i].id.holder)
            return (uint16_t)i;
    return NO_PLACE;
}

size_t cluster_identifiers(const struct cluster *c, struct arena *a, const struct identifier **out_list)
{
    struct identifier *list = ARENA_ARRAY(a, struct identifier, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++) {
        list[i] = c->incs[i].id;
        list[i].since_us = inc_since(&c->incs[i]);
    }
    *out_list = list;
    return c->inc_count;
}

uint32_t cluster_owners(const struct cluster *c, struct arena *a, const struct hash128 **out_keys)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->inc_count; i++)
        count += c->incs[i].id.holder - c->incs[i].holder_first + 1;
    struct hash128 *keys = ARENA_ARRAY(a, struct hash128, count);
    count = 0;
    for (uint32_t i = 0; i < c->inc_count; i++)
        for (uint32_t k = c->incs[i].holder_first; k <= c->incs[i].id.holder; k++)
            keys[count++] = identifier_key_of_holder(c->incs[i].plain, k);
    *out_keys = keys;
    return count;
}
