#include "domain/people/refold.h"

#include <string.h>

#include "domain/people/find.h"
#include "domain/people/portable.h"
#include "domain/people/profile.h"
#include "engine/forget.h"
#include "engine/stow.h"
#include "lib/pack.h"

#define ROW_FORMAT 1u
#define NUMBERS_MAX 3000u /* so that they fit into a row */
#define OWNERS_A_ROW 1000u /* a shared device has had many holders, so there may be more */
#define OWNER_BYTES 16u
static_assert(OWNERS_A_ROW * OWNER_BYTES + 16 <= ROW_BYTES_MAX && NUMBERS_MAX * 5 + 16 <= ROW_BYTES_MAX, "rows are bounded");

const struct family refold_family = {.id = 30, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "refold"};
const struct family pending_family = {.id = 31, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "refold_pending"};
const struct family origin_family = {.id = 36, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "refold_origin"};
const struct refusal refold_over = {"refold_over", "Nothing of this re-fold is waited for any more.", "该重折叠已无需要。"};

#define PART_KEY_BYTES 12u
#define OWNERS_KEY_BYTES 16u
#define PENDING_KEY_BYTES 16u

/* --- keys and rows --- */

static struct bytes part_key(struct arena *a, uint64_t id, uint32_t part)
{
    uint8_t *key = arena_take(a, PART_KEY_BYTES, 1);
    (void)put_key(put_key(key, id, 8), part, 4);
    return bytes_of(key, PART_KEY_BYTES);
}

static struct bytes numbers_key(struct arena *a, uint64_t id)
{
    return bytes_slice(part_key(a, id, 0), 0, 8);
}

static struct bytes pending_key(struct arena *a, uint32_t person, const struct refold_part *p)
{
    uint8_t *key = arena_take(a, PENDING_KEY_BYTES, 1);
    (void)put_key(put_key(put_key(key, person, 4), p->id, 8), p->part, 4);
    return bytes_of(key, PENDING_KEY_BYTES);
}

static struct bytes owners_key(struct arena *a, uint64_t id, uint32_t part, uint32_t chunk)
{
    uint8_t *key = arena_take(a, OWNERS_KEY_BYTES, 1);
    (void)put_key(put_key(put_key(key, id, 8), part, 4), chunk, 4);
    return bytes_of(key, OWNERS_KEY_BYTES);
}

static struct refold_part part_read(struct bytes key, struct bytes value)
{
    struct refold_part p = {.id = key_number(key.data, 8), .part = (uint32_t)key_number(key.data + 8, 4)};
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    p.person = unpack_u32(&u);
    assert(key.size == PART_KEY_BYTES && format == ROW_FORMAT && unpack_finished(&u));
    return p;
}

bool refold_part_find(const struct view *v, uint64_t id, uint32_t part, struct refold_part *out_part)
{
    struct bytes key = part_key(v->arena, id, part), value;
    bool found = view_keyed(v, &refold_family, key, &value);
    if (found)
        *out_part = part_read(key, value);
    return found;
}

bool refold_part_next(const struct view *v, uint64_t id, uint32_t part, struct refold_part *out_part)
{
    struct bytes key, value;
    bool found = view_keyed_next(v, &refold_family, part_key(v->arena, id, part), false, &key, &value);
    if (!found || key_number(key.data, 8) != id) /* a part's owners come behind it, so this is a part */
        return false;
    *out_part = part_read(key, value);
    return true;
}

bool refold_owners_next(const struct view *v, const struct refold_part *p, uint32_t chunk, struct bytes *out_owners)
{
    struct bytes value;
    if (!view_keyed(v, &refold_family, owners_key(v->arena, p->id, p->part, chunk), &value))
        return false;
    assert(value.size > 1 && value.data[0] == ROW_FORMAT && (value.size - 1) % OWNER_BYTES == 0);
    *out_owners = bytes_slice(value, 1, value.size);
    return true;
}

static void part_write(struct step *s, const struct refold_part *p)
{
    struct arena *a = s->view.arena;
    struct buf b = arena_buf(a, 5), format = arena_buf(a, 1);
    pack_u8(&b, ROW_FORMAT);
    pack_u32(&b, p->person);
    pack_u8(&format, ROW_FORMAT);
    step_keyed_put(s, &refold_family, part_key(a, p->id, p->part), buf_bytes(&b));
    step_keyed_put(s, &pending_family, pending_key(a, p->person, p), buf_bytes(&format));
}

static void owners_write(struct step *s, const struct refold_part *p, const struct split_part *from)
{
    struct arena *a = s->view.arena;
    for (uint32_t at = 0, chunk = 0; at < from->owner_count; chunk++) {
        uint32_t until = from->owner_count - at < OWNERS_A_ROW ? from->owner_count : at + OWNERS_A_ROW;
        struct buf b = arena_buf(a, 1 + (size_t)(until - at) * OWNER_BYTES);
        pack_u8(&b, ROW_FORMAT);
        for (; at < until; at++) {
            pack_u64(&b, from->owners[at].low);
            pack_u64(&b, from->owners[at].high);
        }
        step_keyed_put(s, &refold_family, owners_key(a, p->id, p->part, chunk), buf_bytes(&b));
    }
}

/* With its last part the re-fold itself is over. */
static void part_remove(struct step *s, const struct refold_part *p)
{
    struct refold_part left;
    struct bytes owners;
    for (uint32_t chunk = 0; refold_owners_next(&s->view, p, chunk, &owners); chunk++)
        step_keyed_remove(s, &refold_family, owners_key(s->view.arena, p->id, p->part, chunk));
    step_keyed_remove(s, &pending_family, pending_key(s->view.arena, p->person, p));
    step_keyed_remove(s, &refold_family, part_key(s->view.arena, p->id, p->part));
    if (!refold_part_next(&s->view, p->id, 0, &left))
        step_keyed_remove(s, &refold_family, numbers_key(s->view.arena, p->id));
}

static const uint32_t *numbers_unpack(struct arena *a, struct bytes value, size_t *out_count)
{
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    uint32_t count = unpack_varint32(&u);
    assert(format == ROW_FORMAT && count <= NUMBERS_MAX);
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = unpack_varint32(&u);
    assert(unpack_finished(&u));
    *out_count = count;
    return numbers;
}

bool refold_first(const struct view *v, uint64_t *out_id, const uint32_t **out_numbers, size_t *out_count)
{
    struct bytes key, value;
    if (!view_keyed_next(v, &refold_family, BYTES_NONE, false, &key, &value))
        return false;
    assert(key.size == 8); /* the numbers come before the parts */
    *out_id = key_number(key.data, 8);
    *out_numbers = numbers_unpack(v->arena, value, out_count);
    return true;
}

/* --- the numbers under which events lie --- */

struct numbers {
    uint32_t *list;
    uint32_t count, room;
};

static void numbers_add(struct arena *a, struct numbers *n, uint32_t number)
{
    uint32_t at = 0;
    while (at < n->count && n->list[at] < number)
        at++;
    if ((at < n->count && n->list[at] == number) || n->count == NUMBERS_MAX)
        return;
    LIST_OPEN(a, n->list, n->count, n->room, at);
    n->list[at] = number;
}

static struct bytes numbers_pack(struct arena *a, const struct numbers *n)
{
    struct buf b = arena_buf(a, 8 + (size_t)n->count * 5);
    pack_u8(&b, ROW_FORMAT);
    pack_varint(&b, n->count);
    for (uint32_t i = 0; i < n->count; i++)
        pack_varint(&b, n->list[i]);
    return buf_bytes(&b);
}

/* Adds those of a row; false: there is no such row. */
static bool numbers_add_row(const struct view *v, const struct family *f, struct bytes key, struct numbers *into)
{
    struct bytes value;
    size_t count;
    if (!view_keyed(v, f, key, &value))
        return false;
    const uint32_t *there = numbers_unpack(v->arena, value, &count);
    for (size_t i = 0; i < count; i++)
        numbers_add(v->arena, into, there[i]);
    return true;
}

static struct bytes origin_key(struct arena *a, uint32_t person)
{
    uint8_t *key = arena_take(a, 4, 1);
    (void)put_key(key, person, 4);
    return bytes_of(key, 4);
}

static void numbers_of(const struct view *v, uint32_t person, struct numbers *into)
{
    const uint32_t *list;
    size_t count = identity_numbers(v, person, &list);
    numbers_add(v->arena, into, person);
    for (size_t i = 0; i < count; i++)
        numbers_add(v->arena, into, list[i]);
    (void)numbers_add_row(v, &origin_family, origin_key(v->arena, person), into);
}

size_t people_event_numbers(const struct view *v, uint32_t person, const uint32_t **out_numbers)
{
    struct numbers numbers = {0};
    numbers_of(v, person, &numbers);
    *out_numbers = numbers.list;
    return numbers.count;
}

/* Who came out of somebody keeps that one's numbers: the events of before lie under them. */
static void origins_move(struct step *s, uint32_t absorbed, uint32_t living)
{
    struct arena *a = s->view.arena;
    struct numbers numbers = {0};
    if (!numbers_add_row(&s->view, &origin_family, origin_key(a, absorbed), &numbers))
        return;
    (void)numbers_add_row(&s->view, &origin_family, origin_key(a, living), &numbers);
    step_keyed_put(s, &origin_family, origin_key(a, living), numbers_pack(a, &numbers));
    step_keyed_remove(s, &origin_family, origin_key(a, absorbed));
}

/* --- what waits for a person --- */

struct parts {
    struct refold_part *list;
    uint32_t count, room;
};

static struct parts parts_of(const struct view *v, uint32_t person)
{
    struct parts parts = {0};
    struct refold_part least = {0};
    struct bytes from = pending_key(v->arena, person, &least), key, value;
    for (bool after = false; view_keyed_next(v, &pending_family, from, after, &key, &value); after = true) {
        if (key_number(key.data, 4) != person)
            break;
        struct refold_part p;
        bool found = refold_part_find(v, key_number(key.data + 4, 8), (uint32_t)key_number(key.data + 12, 4), &p);
        assert(found && p.person == person);
        LIST_OPEN(v->arena, parts.list, parts.count, parts.room, parts.count);
        parts.list[parts.count - 1] = p;
        from = arena_copy(v->arena, key);
    }
    return parts;
}

bool people_pending(const struct view *v, uint32_t person)
{
    struct refold_part least = {0};
    struct bytes key, value;
    return view_keyed_next(v, &pending_family, pending_key(v->arena, person, &least), false, &key, &value) &&
           key_number(key.data, 4) == person;
}

void refold_on_merge(struct step *s, uint32_t absorbed, uint32_t living)
{
    struct parts parts = parts_of(&s->view, absorbed);
    for (uint32_t i = 0; i < parts.count; i++) {
        struct refold_part moved = parts.list[i];
        step_keyed_remove(s, &pending_family, pending_key(s->view.arena, absorbed, &moved));
        moved.person = living;
        part_write(s, &moved);
    }
    origins_move(s, absorbed, living);
}

/* --- a split --- */

/* What waited for the person is given up: the new re-fold reads all events of the same owners from the beginning. */
static void parts_give_up(struct step *s, uint32_t person)
{
    struct parts parts = parts_of(&s->view, person);
    for (uint32_t i = 0; i < parts.count; i++)
        part_remove(s, &parts.list[i]);
}

void refold_on_forget(struct step *s, struct forgotten *who)
{
    struct numbers numbers = {0};
    uint32_t person = who->numbers[0];
    parts_give_up(s, person);
    if (!numbers_add_row(&s->view, &origin_family, origin_key(s->view.arena, person), &numbers))
        return;
    forgotten_also(who, numbers.list, numbers.count);
    step_keyed_remove(s, &origin_family, origin_key(s->view.arena, person));
}

static void numbers_write(struct step *s, uint64_t id, struct numbers *numbers)
{
    struct arena *a = s->view.arena;
    (void)numbers_add_row(&s->view, &refold_family, numbers_key(a, id), numbers); /* of another split in this step */
    step_keyed_put(s, &refold_family, numbers_key(a, id), numbers_pack(a, numbers));
}

static uint32_t part_free(const struct view *v, uint64_t id)
{
    struct refold_part p;
    uint32_t part = 0;
    while (refold_part_next(v, id, part, &p))
        part = p.part + 1;
    return part;
}

void refold_on_split(struct step *s, const struct split *split)
{
    struct arena *a = s->view.arena;
    uint64_t id = s->view.position;
    struct numbers numbers = {0};
    numbers_of(&s->view, split->person, &numbers);
    for (uint32_t i = 0; i < split->part_count; i++) { /* a part may have become somebody else's in this very step */
        parts_give_up(s, split->parts[i].person);
        numbers_of(&s->view, split->parts[i].person, &numbers);
    }
    uint32_t part = part_free(&s->view, id);
    for (uint32_t i = 0; i < split->part_count; i++, part++) {
        const struct split_part *p = &split->parts[i];
        struct refold_part waits = {.id = id, .part = part, .person = p->person};
        profile_clear(s, p->person);
        if (p->person != split->person)
            find_forget(s, p->person); /* its phones come when it hears that its identifiers changed */
        part_write(s, &waits);
        owners_write(s, &waits, p);
        step_keyed_put(s, &origin_family, origin_key(a, p->person), numbers_pack(a, &numbers));
    }
    numbers_write(s, id, &numbers);
}

/* --- the result --- */

struct refolded {
    uint64_t id;
    struct unpack parts;
};

static bool refolded_read(struct bytes payload, struct refolded *out)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u);
    uint64_t id = unpack_u64(&u);
    if (!unpack_good(&u) || format != REFOLDED_FORMAT)
        return false;
    *out = (struct refolded){.id = id, .parts = u};
    return true;
}

void refolded_needs(const struct view *v, struct bytes payload)
{
    struct refolded r;
    struct refold_part p;
    if (!refolded_read(payload, &r))
        return;
    while (unpack_left(&r.parts) > 0) {
        uint32_t part = unpack_u32(&r.parts);
        (void)unpack_bytes(&r.parts);
        if (unpack_good(&r.parts) && refold_part_find(v, r.id, part, &p))
            (void)view_person(v, p.person);
        if (!unpack_good(&r.parts))
            return;
    }
}

const struct refusal *refolded_apply(struct step *s, struct bytes payload)
{
    struct refolded r;
    bool any = false, good = refolded_read(payload, &r);
    assert(good);
    (void)good;
    while (unpack_left(&r.parts) > 0) {
        uint32_t part = unpack_u32(&r.parts);
        struct unpack body = unpack_of(unpack_bytes(&r.parts));
        struct refold_part p;
        struct portable portable;
        assert(unpack_good(&r.parts));
        if (!refold_part_find(&s->view, r.id, part, &p))
            continue; /* split again meanwhile: another re-fold reads the same events */
        bool whole = portable_unpack(&s->view, &body, &portable) && unpack_finished(&body);
        assert(whole);
        (void)whole;
        s->cause = CAUSE_SPLIT;
        profile_install(s, p.person, &portable);
        part_remove(s, &p);
        any = true;
    }
    return any ? NULL : &refold_over;
}
