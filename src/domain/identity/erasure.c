/* What is kept of an erasure, and what of it takes more than its own step. docs/formats/identity.md. */
#include "domain/identity/acts.h"
#include "domain/identity/erase.h"
#include "domain/identity/verbs.h"
#include "lib/pack.h"

#define ERASURE_FORMAT 2u
#define NUMBERS_A_SLICE 100u
#define PIECES_MAX 64u
#define LIST_KEY_BYTES 10u
#define STATE_BYTES 16u

const struct family erasure_family = {.id = 110, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "erasure"};
const struct family erasure_list_family = {
    .id = 119, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "erasure_list"};

static struct bytes position_key_of(struct arena *a, uint64_t position)
{
    uint8_t *key = arena_take(a, 8, 1);
    (void)put_key(key, position, 8);
    return bytes_of(key, 8);
}

static struct bytes list_key(struct arena *a, uint64_t position, uint32_t piece)
{
    uint8_t *key = arena_take(a, LIST_KEY_BYTES, 1);
    (void)put_key(put_key(key, position, 8), piece, 2);
    return bytes_of(key, LIST_KEY_BYTES);
}

/* --- lists: they may be longer than a row --- */

static void hashes_pack(struct buf *b, const struct hash128 *list, uint32_t count)
{
    pack_varint(b, count);
    for (uint32_t i = 0; i < count; i++) {
        pack_u64(b, list[i].low);
        pack_u64(b, list[i].high);
    }
}

static const struct hash128 *hashes_unpack(struct unpack *u, struct arena *a, uint32_t *out_count)
{
    *out_count = unpack_varint32(u);
    struct hash128 *list = ARENA_ARRAY(a, struct hash128, *out_count + 1);
    for (uint32_t i = 0; i < *out_count; i++) {
        list[i].low = unpack_u64(u);
        list[i].high = unpack_u64(u);
    }
    return list;
}

static struct bytes lists_pack(const struct erasure *x, struct arena *a)
{
    size_t hashes = (size_t)x->owner_count + x->named_count + x->absorbed_count;
    struct buf b = arena_buf(a, hashes * sizeof(struct hash128) + ((size_t)x->number_count + 8) * VARINT_BYTES_MAX);
    pack_u8(&b, x->everywhere);
    pack_varint(&b, x->own_count);
    pack_varint(&b, x->number_count);
    for (uint32_t i = 0; i < x->number_count; i++)
        pack_varint(&b, x->numbers[i]);
    hashes_pack(&b, x->owners, x->owner_count);
    hashes_pack(&b, x->named, x->named_count);
    hashes_pack(&b, x->absorbed, x->absorbed_count);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static void lists_unpack(struct bytes lists, struct arena *a, struct erasure *out)
{
    struct unpack u = unpack_of(lists);
    out->everywhere = unpack_u8(&u) != 0;
    out->own_count = unpack_varint32(&u);
    out->number_count = unpack_varint32(&u);
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, out->number_count + 1);
    for (uint32_t i = 0; i < out->number_count; i++)
        numbers[i] = unpack_varint32(&u);
    out->numbers = numbers;
    out->owners = hashes_unpack(&u, a, &out->owner_count);
    out->named = hashes_unpack(&u, a, &out->named_count);
    out->absorbed = hashes_unpack(&u, a, &out->absorbed_count);
    assert(unpack_finished(&u));
}

/* Lists only grow: so no piece of before is left behind. */
static void lists_put(struct step *s, uint64_t position, struct bytes lists)
{
    for (uint32_t piece = 0; lists.size > 0; piece++) {
        size_t size = lists.size < ROW_BYTES_MAX ? lists.size : ROW_BYTES_MAX;
        assert(piece < PIECES_MAX);
        step_keyed_put(s, &erasure_list_family, list_key(s->view.arena, position, piece), bytes_slice(lists, 0, size));
        lists = bytes_slice(lists, size, lists.size);
    }
}

static struct bytes lists_read(const struct view *v, uint64_t position, struct arena *a)
{
    struct bytes pieces[PIECES_MAX];
    uint32_t count = 0;
    while (count < PIECES_MAX &&
           view_keyed(v, &erasure_list_family, list_key(v->arena, position, count), &pieces[count]))
        count++;
    assert(count > 0);
    if (count == 1)
        return pieces[0];
    struct buf whole = arena_buf(a, (size_t)count * ROW_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++)
        pack_raw(&whole, pieces[i]);
    return buf_bytes(&whole);
}

/* --- an erasure --- */

void erasure_take(struct erasure *x, const struct forgotten *who, struct arena *arena)
{
    uint32_t also = who->is_more ? 0 : who->also_count; /* too many: all numbers are looked at */
    uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, x->own_count + also + 1);
    for (uint32_t i = 0; i < x->own_count; i++)
        numbers[i] = who->numbers[i];
    for (uint32_t i = 0; i < also; i++)
        numbers[x->own_count + i] = who->also[i];
    x->everywhere = who->is_more;
    x->number_count = x->own_count + also;
    x->numbers = numbers;
    x->owner_count = who->owner_count;
    x->owners = who->owners;
    x->named_count = who->named_count;
    x->named = who->named;
}

void erasure_put(struct step *s, const struct erasure *x)
{
    struct buf b = arena_buf(s->view.arena, ROW_BYTES_MAX);
    pack_u8(&b, ERASURE_FORMAT);
    pack_signed(&b, s->view.now_us);
    pack_u64(&b, x->public_id.low);
    pack_u64(&b, x->public_id.high);
    pack_bytes(&b, x->by);
    pack_bytes(&b, x->reason);
    assert(!b.overflowed);
    step_keyed_put(s, &erasure_family, position_key_of(s->view.arena, s->view.position), buf_bytes(&b));
    lists_put(s, s->view.position, lists_pack(x, s->view.arena));
}

bool identity_erasure_next(const struct view *v, uint64_t from, struct arena *a, struct erasure *out)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &erasure_family, position_key_of(v->arena, from), false, &key, &row))
        return false;
    struct unpack u = unpack_of(row);
    (void)unpack_u8(&u);
    *out = (struct erasure){.position = key_number(key.data, 8), .time_us = unpack_signed(&u)};
    out->public_id.low = unpack_u64(&u);
    out->public_id.high = unpack_u64(&u);
    out->by = unpack_bytes(&u);
    out->reason = unpack_bytes(&u);
    assert(unpack_finished(&u));
    lists_unpack(lists_read(v, out->position, a), a, out);
    return true;
}

/* --- jobs: the state is the erasure's position, and where to go on --- */

static struct bytes state_of(struct arena *a, uint64_t position, uint64_t at)
{
    uint8_t *state = arena_take(a, STATE_BYTES, 1);
    (void)put_key(put_key(state, position, 8), at, 8);
    return bytes_of(state, STATE_BYTES);
}

static bool erasure_of_state(const struct view *v, struct bytes state, struct erasure *out_erasure, uint64_t *out_at)
{
    uint64_t position = key_number(state.data, 8);
    *out_at = key_number(state.data + 8, 8);
    return identity_erasure_next(v, position, v->arena, out_erasure) && out_erasure->position == position;
}

/* `at`: the act to go on with. */
static struct bytes acts_forget(struct step *s, struct bytes state)
{
    struct erasure erasure;
    uint64_t from;
    if (!erasure_of_state(&s->view, state, &erasure, &from) ||
        !acts_blank(s, &from, erasure.position, erasure.owners, erasure.owner_count))
        return BYTES_NONE;
    return state_of(s->view.arena, erasure.position, from);
}

const struct job_kind acts_forget_job = {0x0302, "identity.acts_forget", acts_forget, NULL};

bool erasure_awaits_act(const struct view *v, uint64_t position, const struct act_row *act)
{
    struct bytes key = BYTES_NONE;
    while (job_next(v, &acts_forget_job, key, &key)) {
        struct erasure erasure;
        uint64_t erased = key_number(key.data, key.size);
        bool found = position < erased && identity_erasure_next(v, erased, v->arena, &erasure);
        if (found && act_is_about(act, erasure.owners, erasure.owner_count))
            return true;
    }
    return false;
}

/* `at`: the place in the list of the person's own numbers. */
static bool slice_of(const struct view *v, struct bytes state, struct erasure *out_erasure, uint64_t *out_at,
                     struct forgotten *out_who)
{
    if (!erasure_of_state(v, state, out_erasure, out_at) || *out_at >= out_erasure->own_count)
        return false;
    uint64_t left = out_erasure->own_count - *out_at;
    out_who->is_rest = true;
    out_who->numbers = out_erasure->numbers + *out_at;
    out_who->number_count = (uint32_t)(left < NUMBERS_A_SLICE ? left : NUMBERS_A_SLICE);
    return true;
}

static void numbers_needs(const struct view *v, struct bytes state)
{
    struct erasure erasure;
    struct forgotten *who = ARENA_NEW(v->arena, struct forgotten);
    const struct hash128 *ids;
    uint64_t at;
    if (!slice_of(v, state, &erasure, &at, who))
        return;
    (void)public_ids_of(v, who, &ids);
    forgotten_touch(v, who);
}

static struct bytes numbers_forget(struct step *s, struct bytes state)
{
    struct arena *a = s->view.arena;
    struct erasure erasure;
    struct forgotten *who = ARENA_NEW(a, struct forgotten);
    const struct hash128 *ids;
    uint64_t at;
    if (!slice_of(&s->view, state, &erasure, &at, who))
        return BYTES_NONE;
    uint32_t count = public_ids_of(&s->view, who, &ids);
    struct hash128 *absorbed = ARENA_ARRAY(a, struct hash128, erasure.absorbed_count + count + 1);
    for (uint32_t i = 0; i < erasure.absorbed_count; i++)
        absorbed[i] = erasure.absorbed[i];
    for (uint32_t i = 0; i < count; i++)
        absorbed[erasure.absorbed_count + i] = ids[i];
    erasure.absorbed = absorbed;
    erasure.absorbed_count += count;
    lists_put(s, erasure.position, lists_pack(&erasure, a));
    step_forget(s, who);
    at += who->number_count;
    return at < erasure.own_count ? state_of(a, erasure.position, at) : BYTES_NONE;
}

const struct job_kind numbers_forget_job = {0x0303, "identity.numbers_forget", numbers_forget, numbers_needs};

void erasure_jobs_start(struct step *s, const struct forgotten *who)
{
    struct arena *a = s->view.arena;
    struct bytes key = position_key_of(a, s->view.position);
    step_job_start(s, &acts_forget_job, key, state_of(a, s->view.position, 0));
    if (who->later_count > 0)
        step_job_start(s, &numbers_forget_job, key, state_of(a, s->view.position, who->number_count));
}

bool identity_erasure_is_listed(const struct view *v, uint64_t position)
{
    return !job_is_under_way(v, &numbers_forget_job, position_key_of(v->arena, position));
}

bool identity_erasure_is_settled(const struct view *v, uint64_t position)
{
    return identity_erasure_is_listed(v, position) &&
           !job_is_under_way(v, &acts_forget_job, position_key_of(v->arena, position));
}
