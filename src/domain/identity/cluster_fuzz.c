/* What identity keeps of a person, made out of any bytes: packed into a row (and its overflow) and taken out again, it is
 * the same, and it packs to the same bytes again. Any bytes as an act: refused, or it says the same again. */
#include <string.h>

#include "domain/identity/brands.h"
#include "domain/identity/cluster.h"
#include "engine/engine_domain.h"
#include "lib/uuid.h"
#include "testing/harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX 32768u
#define INCS_MAX 200u
#define SETS_MAX 40u
#define REST_MAX 20u
#define ROW_ROOM_BYTES 65536u

/* --- a cluster out of bytes; what is missing is zero --- */

static struct hash128 any_plain(struct unpack *u)
{
    uint64_t low = unpack_u64(u);
    return (struct hash128){.low = low, .high = (uint64_t)unpack_u16(u) << 48};
}

static int64_t any_second_us(struct unpack *u)
{
    return (int64_t)(int32_t)unpack_u32(u) * US_PER_SECOND;
}

/* Of the shapes that take fewer bytes, and others that only look like them. */
static struct bytes any_value(struct unpack *u, struct arena *a)
{
    static const char *const formats[] = {"%llu", "+%llu", "%03llu", "+86%llu"};
    uint8_t shape = unpack_u8(u);
    uint64_t word = unpack_u64(u);
    if (shape % 8 == 7) {
        struct uuid uuid = {0};
        char *text = arena_take(a, UUID_TEXT_BYTES + 1, 1);
        memcpy(&uuid, &word, sizeof word);
        return bytes_of(uuid_text(&uuid, text), UUID_TEXT_BYTES);
    }
    if (shape % 8 < COUNT_OF(formats)) {
        static const uint64_t powers[] = {10, 10000, UINT64_C(1000000000000000), UINT64_MAX};
        char *text = arena_take(a, 32, 1);
        unsigned long long digits = word % powers[shape / 8 % COUNT_OF(powers)];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        return bytes_of(text, (size_t)snprintf(text, 32, formats[shape % 8], digits));
#pragma GCC diagnostic pop
    }
    size_t size = 1 + unpack_u8(u), left = unpack_left(u);
    struct bytes raw = unpack_raw(u, size < left ? size : left);
    return raw.size == 0 ? BYTES_LIT("x") : raw;
}

/* Few different ones, so that neighbours are alike. */
static struct brand_set any_brands(struct unpack *u, struct arena *a)
{
    uint32_t *list = ARENA_ARRAY(a, uint32_t, ID_BRANDS_MAX);
    uint32_t count = 1 + unpack_u8(u) % 3;
    for (uint32_t i = 0; i < count; i++)
        list[i] = (i == 0 ? 0 : list[i - 1] + 1) + unpack_u8(u) % 3u * 70u;
    return (struct brand_set){count, list};
}

static struct incarnation any_incarnation(struct unpack *u, struct arena *a)
{
    uint8_t bits = unpack_u8(u);
    struct incarnation inc = {.plain = any_plain(u), .is_newest = true, .holder_first = 1, .from_us = TIME_FROM_EVER};
    inc.id = (struct identifier){.type = unpack_u8(u), .state = (enum id_state)(bits % 3), .holder = 1, .value = any_value(u, a)};
    inc.id.first_us = any_second_us(u);
    inc.id.last_us = inc.id.first_us + (int64_t)unpack_u16(u) * US_PER_SECOND;
    inc.ns_number = (bits & 4) != 0 ? unpack_u8(u) : 0;
    if ((bits & 8) != 0) {
        inc.is_newest = (bits & 16) != 0;
        inc.holder_first = 1 + unpack_u16(u);
        inc.id.holder = inc.holder_first + unpack_u16(u);
        inc.from_us = (bits & 32) != 0 ? (int64_t)unpack_u64(u) : TIME_FROM_EVER;
        inc.id.until_us = (bits & 64) != 0 ? (int64_t)unpack_u64(u) : 0;
    }
    inc.conflicts = (bits & 128) != 0 ? unpack_u32(u) : 0;
    inc.rival = (bits & 128) != 0 ? unpack_u32(u) : 0;
    inc.id.known_to = any_brands(u, a);
    return inc;
}

static struct evidence any_set(struct unpack *u, uint32_t inc_count, struct arena *a)
{
    struct evidence set = {.rule = (enum evidence_rule)(unpack_u8(u) % 4), .position = unpack_u64(u), .count = unpack_u32(u)};
    uint16_t *members = ARENA_ARRAY(a, uint16_t, inc_count);
    set.first_us = any_second_us(u);
    set.last_us = set.first_us + (int64_t)unpack_u16(u) * US_PER_SECOND;
    for (uint32_t place = unpack_u8(u); place < inc_count; place += 1u + unpack_u8(u) % 8u)
        members[set.member_count++] = (uint16_t)place;
    set.members = members;
    return set;
}

static struct cluster *any_cluster(struct unpack *u, struct arena *a)
{
    struct cluster *c = ARENA_NEW(a, struct cluster);
    c->public_id = (struct hash128){unpack_u64(u), unpack_u64(u)};
    c->inc_count = 1 + unpack_u8(u) % INCS_MAX;
    c->set_count = unpack_u8(u) % SETS_MAX;
    c->alias_count = unpack_u8(u) % REST_MAX;
    c->never_count = unpack_u8(u) % REST_MAX;
    c->incs = ARENA_ARRAY(a, struct incarnation, c->inc_count);
    c->sets = ARENA_ARRAY(a, struct evidence, c->set_count);
    c->aliases = ARENA_ARRAY(a, struct alias, c->alias_count);
    c->nevers = ARENA_ARRAY(a, struct never, c->never_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        c->incs[i] = any_incarnation(u, a);
    for (uint32_t i = 0; i < c->set_count; i++)
        c->sets[i] = any_set(u, c->inc_count, a);
    for (uint32_t i = 0, number = 0; i < c->alias_count; i++) {
        number += 1u + unpack_u16(u);
        c->aliases[i] = (struct alias){.number = number, .place = unpack_u16(u)};
    }
    for (uint32_t i = 0; i < c->never_count; i++)
        c->nevers[i] = (struct never){.place = unpack_u16(u), .other = any_plain(u), .position = unpack_u64(u)};
    return c;
}

/* --- the same again --- */

static bool same_incarnation(const struct incarnation *x, const struct incarnation *y)
{
    return x->id.type == y->id.type && x->id.state == y->id.state && x->id.holder == y->id.holder && bytes_equal(x->id.value, y->id.value) &&
           x->id.until_us == y->id.until_us && x->id.first_us == y->id.first_us && x->id.last_us == y->id.last_us &&
           hash128_equal(x->plain, y->plain) && x->ns_number == y->ns_number && x->holder_first == y->holder_first &&
           x->is_newest == y->is_newest && x->from_us == y->from_us && x->conflicts == y->conflicts && x->rival == y->rival &&
           hash128_equal(y->id.key, identifier_key_of_holder(x->plain, x->id.holder)) && brands_equal(x->id.known_to, y->id.known_to);
}

static bool same_set(const struct evidence *x, const struct evidence *y)
{
    return x->rule == y->rule && x->position == y->position && x->first_us == y->first_us && x->last_us == y->last_us && x->count == y->count &&
           x->member_count == y->member_count && (x->member_count == 0 || memcmp(x->members, y->members, x->member_count * sizeof *x->members) == 0);
}

static void same_check(const struct cluster *x, const struct cluster *y)
{
    assert(x->inc_count == y->inc_count && x->set_count == y->set_count && x->alias_count == y->alias_count && x->never_count == y->never_count);
    assert(hash128_equal(x->public_id, y->public_id) && x->number == y->number && x->chunk_count == y->chunk_count);
    for (uint32_t i = 0; i < x->inc_count; i++)
        assert(same_incarnation(&x->incs[i], &y->incs[i]));
    for (uint32_t i = 0; i < x->set_count; i++)
        assert(same_set(&x->sets[i], &y->sets[i]));
    for (uint32_t i = 0; i < x->alias_count; i++)
        assert(x->aliases[i].number == y->aliases[i].number && x->aliases[i].place == y->aliases[i].place);
    for (uint32_t i = 0; i < x->never_count; i++)
        assert(x->nevers[i].place == y->nevers[i].place && hash128_equal(x->nevers[i].other, y->nevers[i].other) &&
               x->nevers[i].position == y->nevers[i].position);
}

/* A reader that builds nothing finds the same identifiers. */
static void walk_check(const struct view *v, const struct cluster *c)
{
    struct cluster_row row;
    bool there = cluster_row(v, c->number, &row);
    assert(there && row.kind == (c->chunk_count > 0 ? ROW_LIVING_LONG : ROW_LIVING));
    struct inc_walk w = inc_walk_of(row.body);
    struct packed_inc p;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        const struct incarnation *inc = &c->incs[i];
        bool more = inc_walk_next(&w, &p);
        assert(more && packed_inc_is(&p, inc->id.type, inc->ns_number, inc->id.value));
        for (uint32_t k = 0; k < inc->id.known_to.count; k++)
            assert(inc_walk_knows(&w, inc->id.known_to.list[k]));
        assert(!inc_walk_knows(&w, UINT32_MAX));
        assert(!row.is_plain || (inc->id.state == ID_IN_FORCE && inc->id.holder == 1));
    }
    uint32_t sets = set_walk_begin(&w);
    assert(sets == c->set_count);
}

static void cluster_fuzz(struct bytes input)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain};
    struct harness *h = harness_create(TABLE(domains));
    struct arena *a = arena_create(ROW_ROOM_BYTES);
    struct view v = harness_view(h);
    struct unpack u = unpack_of(input);
    struct step s;
    step_begin(&s, harness_rows(h), v.registry, a);
    struct cluster *c = any_cluster(&u, a);
    c->number = step_person_create(&s);
    cluster_store(&s, c);
    struct bytes once = arena_copy(a, view_section(&s.view, c->number, &identity_section));
    struct cluster *again = cluster_load(&s.view, c->number);
    same_check(c, again);
    walk_check(&s.view, c);
    cluster_store(&s, again);
    assert(bytes_equal(view_section(&s.view, c->number, &identity_section), once));
    step_commit(&s, harness_rows(h));
    v = harness_view(h);
    same_check(c, cluster_load(&v, c->number));
    arena_destroy(a);
    harness_destroy(h);
}

static void act_fuzz(struct bytes payload)
{
    struct identity_act act, again;
    struct buf once;
    if (failed(identity_act_unpack(payload, &act, NULL)))
        return;
    buf_init(&once, INPUT_BYTES_MAX * 2);
    struct status packed = identity_act_pack(&act, &once, NULL), read = identity_act_unpack(buf_bytes(&once), &again, NULL);
    assert(done(packed) && done(read) && act.id_count == again.id_count && act.choice == again.choice && act.brand_count == again.brand_count);
    assert(bytes_equal(act.by, again.by) && bytes_equal(act.reason, again.reason) && act.undo_position == again.undo_position);
    for (uint32_t i = 0; i < act.id_count; i++)
        assert(act.ids[i].type == again.ids[i].type && bytes_equal(act.ids[i].value, again.ids[i].value) &&
               bytes_equal(act.ids[i].ns, again.ids[i].ns) && hash128_equal(act.ids[i].key, again.ids[i].key));
    for (uint32_t i = 0; i < act.brand_count; i++)
        assert(bytes_equal(act.brands[i], again.brands[i]));
    buf_fini(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_BYTES_MAX)
        return 0;
    act_fuzz(bytes_of(data, size));
    cluster_fuzz(bytes_of(data, size));
    return 0;
}
