#include "domain/rule/parted.h"

#include "domain/identity/identity.h"
#include "domain/people/people.h"
#include "domain/rule/listen.h"
#include "domain/rule/orders.h"
#include "lib/list.h"
#include "lib/pack.h"

#define ROW_FORMAT 2u
#define FLAG_READ 1u
#define FLAG_ORDERS 2u
#define PAYLOAD_FORMAT 1u
#define OWNERS_A_ROW 1000u
#define NUMBERS_A_ROW 3000u
#define OWNER_BYTES 16u
#define KEY_BYTES 4u
#define PIECE_KEY_BYTES 8u
static_assert(1 + OWNERS_A_ROW * OWNER_BYTES <= ROW_BYTES_MAX && 1 + NUMBERS_A_ROW * 5 <= ROW_BYTES_MAX,
              "rows are bounded");

const struct family parted_family = {
    .id = 108, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "rule_parted"};

static const struct refusal parted_over = {"parted_over", "Nothing of this reading is waited for any more.",
                                           "该重读已无需要。"};

/* --- rows --- */

static struct bytes parted_key(struct arena *a, uint32_t person)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(key, person, 4);
    return bytes_of(key, KEY_BYTES);
}

static struct bytes piece_key(struct arena *a, uint32_t person, uint32_t piece)
{
    uint8_t *key = arena_take(a, PIECE_KEY_BYTES, 1);
    (void)put_key(put_key(key, person, 4), piece, 4);
    return bytes_of(key, PIECE_KEY_BYTES);
}

static void parted_read(struct bytes value, struct parted *out)
{
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    uint8_t flags = unpack_u8(&u);
    out->is_read = (flags & FLAG_READ) != 0;
    out->has_orders = (flags & FLAG_ORDERS) != 0;
    out->since = unpack_varint(&u);
    out->since_us = unpack_signed(&u);
    assert(format == ROW_FORMAT && unpack_finished(&u));
    (void)format;
}

bool parted_find(const struct view *v, uint32_t person, struct parted *out_parted)
{
    struct bytes value;
    bool found = view_keyed(v, &parted_family, parted_key(v->arena, person), &value);
    if (found)
        parted_read(value, out_parted);
    return found;
}

static void parted_put(struct step *s, uint32_t person, const struct parted *p)
{
    struct buf b = arena_buf(s->view.arena, 2 + 2 * VARINT_BYTES_MAX);
    pack_u8(&b, ROW_FORMAT);
    pack_u8(&b, (uint8_t)((p->is_read ? FLAG_READ : 0) | (p->has_orders ? FLAG_ORDERS : 0)));
    pack_varint(&b, p->since);
    pack_signed(&b, p->since_us);
    step_keyed_put(s, &parted_family, parted_key(s->view.arena, person), buf_bytes(&b));
}

/* Pieces are owners, or the numbers under which their events lie. */
static void pieces_remove(struct step *s, uint32_t person)
{
    struct bytes value, key = piece_key(s->view.arena, person, 0);
    for (uint32_t piece = 0; view_keyed(&s->view, &parted_family, key, &value);
         key = piece_key(s->view.arena, person, ++piece))
        step_keyed_remove(s, &parted_family, key);
}

void parted_forget(struct step *s, uint32_t person)
{
    pieces_remove(s, person);
    step_keyed_remove(s, &parted_family, parted_key(s->view.arena, person));
}

enum { PIECE_OWNERS, PIECE_NUMBERS };

static void owners_put(struct step *s, uint32_t person, const struct hash128 *owners, size_t count, uint32_t *io_piece)
{
    for (size_t at = 0; at < count;) {
        struct buf b = arena_buf(s->view.arena, ROW_BYTES_MAX);
        pack_u8(&b, PIECE_OWNERS);
        for (size_t until = at + OWNERS_A_ROW; at < until && at < count; at++) {
            pack_u64(&b, owners[at].high);
            pack_u64(&b, owners[at].low);
        }
        step_keyed_put(s, &parted_family, piece_key(s->view.arena, person, (*io_piece)++), buf_bytes(&b));
    }
}

static void numbers_put(struct step *s, uint32_t person, const uint32_t *numbers, size_t count, uint32_t *io_piece)
{
    for (size_t at = 0; at < count;) {
        struct buf b = arena_buf(s->view.arena, ROW_BYTES_MAX);
        pack_u8(&b, PIECE_NUMBERS);
        for (size_t until = at + NUMBERS_A_ROW; at < until && at < count; at++)
            pack_varint(&b, numbers[at]);
        step_keyed_put(s, &parted_family, piece_key(s->view.arena, person, (*io_piece)++), buf_bytes(&b));
    }
}

/* --- who is parted --- */

/* What waits under timers of before now is read again with the rest. */
void parted_begin(struct step *s, const struct book *b, uint32_t person)
{
    const struct hash128 *owners;
    const uint32_t *numbers;
    uint32_t piece = 0;
    size_t owner_count = identity_owners(&s->view, person, &owners);
    size_t number_count = people_event_numbers(&s->view, person, &numbers);
    person_features_clear(s, person);
    rules_pend(s, b, person, true);
    future_forget(s, owners, owner_count, s->view.now_us);
    pieces_remove(s, person);
    owners_put(s, person, owners, owner_count, &piece);
    numbers_put(s, person, numbers, number_count, &piece);
    parted_put(s, person, &(struct parted){.since = s->view.position, .since_us = s->view.now_us});
    orders_read_again(s, b, person);
}

void parted_orders_read(struct step *s, uint32_t person)
{
    struct parted p;
    bool found = parted_find(&s->view, person, &p);
    assert(found);
    (void)found;
    p.has_orders = true;
    parted_put(s, person, &p);
}

bool parted_join(struct step *s, const struct book *b, uint32_t living, uint32_t absorbed)
{
    struct parted p;
    bool was = parted_find(&s->view, absorbed, &p), is = parted_find(&s->view, living, &p);
    if (was)
        parted_forget(s, absorbed);
    if (was || is)
        parted_begin(s, b, living);
    return was || is;
}

void parted_end(struct step *s)
{
    struct bytes from = BYTES_NONE, key, value;
    struct parted p;
    for (bool after = false; view_keyed_next(&s->view, &parted_family, from, after, &key, &value); after = true) {
        from = arena_copy(s->view.arena, key);
        if (key.size != KEY_BYTES)
            continue;
        parted_read(value, &p);
        if (p.is_read)
            step_keyed_remove(s, &parted_family, from);
    }
}

/* --- what was read again --- */

static bool refolded_open(struct bytes payload, struct unpack *out)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    *out = u;
    return unpack_good(&u);
}

/* A person: whom, since when, then series by slot. */
struct refolded_person {
    uint32_t person;
    uint64_t since;
    struct unpack series;
};

static bool refolded_next(struct unpack *u, struct refolded_person *out)
{
    if (unpack_left(u) == 0 || !unpack_good(u))
        return false;
    out->person = unpack_varint32(u);
    out->since = unpack_varint(u);
    out->series = unpack_of(unpack_bytes(u));
    return unpack_good(u);
}

fallible rule_refolded_check(struct bytes payload, struct err *e)
{
    struct unpack u;
    return refolded_open(payload, &u) ? DONE : FAIL(e, INVALID, "not what background work read of parted people");
}

void rule_refolded_needs(const struct view *v, struct bytes payload)
{
    struct unpack u;
    struct refolded_person p;
    for (bool good = refolded_open(payload, &u); good && refolded_next(&u, &p);)
        (void)view_person(v, p.person);
}

static void person_install(struct step *s, const struct book *b, const struct refolded_person *p, struct parted *parted)
{
    struct book_shapes shapes = {.book = b, .now_us = s->view.now_us};
    struct slot_rules rules = book_slots(&shapes);
    struct slot_series *list = NULL;
    size_t count = 0, room = 0;
    for (struct unpack u = p->series; unpack_left(&u) > 0 && unpack_good(&u);) {
        struct slot_series series = {.slot = unpack_varint32(&u)};
        series.series = unpack_bytes(&u);
        assert(unpack_good(&u));
        LIST_OPEN(s->view.arena, list, count, room, count);
        list[count - 1] = series;
    }
    if (count > 0)
        (void)person_features_join(s, p->person, &rules, list, count);
    parted->is_read = true;
    pieces_remove(s, p->person);
    if (book_count(b, RULE_GATHERING) > 0)
        parted_put(s, p->person, parted);
    else
        parted_forget(s, p->person);
    rules_pend(s, b, p->person, false);
}

const struct refusal *rule_refolded_apply(struct step *s, struct bytes payload)
{
    const struct book *b = book_of(&s->view);
    struct unpack u;
    struct refolded_person p;
    struct parted parted;
    bool any = false, good = refolded_open(payload, &u);
    assert(good);
    (void)good;
    s->cause = CAUSE_SPLIT;
    while (refolded_next(&u, &p)) {
        if (!parted_find(&s->view, p.person, &parted) || parted.is_read || parted.since != p.since)
            continue; /* joined, parted again, or erased meanwhile */
        person_install(s, b, &p, &parted);
        any = true;
    }
    return any ? NULL : &parted_over;
}

/* --- for the work --- */

bool parted_next(const struct view *v, uint32_t from, uint32_t *out_person, struct parted *out_parted)
{
    struct bytes start = parted_key(v->arena, from), key, value;
    for (bool after = false; view_keyed_next(v, &parted_family, start, after, &key, &value); after = true) {
        if (key.size == KEY_BYTES) {
            parted_read(value, out_parted);
            *out_person = (uint32_t)key_number(key.data, 4);
            if (!out_parted->is_read && out_parted->has_orders)
                return true;
        }
        start = arena_copy(v->arena, key);
    }
    return false;
}

static void piece_read(struct bytes value, struct parted_pieces *into, struct arena *a)
{
    struct unpack u = unpack_of(value);
    bool is_owners = unpack_u8(&u) == PIECE_OWNERS;
    while (unpack_left(&u) > 0 && is_owners) {
        LIST_OPEN(a, into->owners, into->owner_count, into->owner_room, into->owner_count);
        struct hash128 *owner = &into->owners[into->owner_count - 1];
        owner->high = unpack_u64(&u);
        owner->low = unpack_u64(&u);
    }
    while (unpack_left(&u) > 0 && !is_owners) {
        LIST_OPEN(a, into->numbers, into->number_count, into->number_room, into->number_count);
        into->numbers[into->number_count - 1] = unpack_varint32(&u);
    }
    assert(unpack_finished(&u));
}

void parted_pieces(const struct view *v, uint32_t person, struct arena *a, struct parted_pieces *out)
{
    struct bytes value;
    *out = (struct parted_pieces){0};
    for (uint32_t piece = 0; view_keyed(v, &parted_family, piece_key(v->arena, person, piece), &value); piece++)
        piece_read(value, out, a);
}
