/* When orders are looked at: as they change, when they begin, as rates change, and all of a person's who was parted. */
#include "domain/rule/orders.h"

#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/rule/parted.h"
#include "lib/pack.h"

#define OWNER_BYTES 16u
#define ORDERS_A_STEP 32u
#define STATE_FORMAT 2u
#define STATE_BYTES_MAX 8u
#define SWEEP_BYTES_MAX 16u
#define SWEEP_REST_US US_PER_HOUR /* between the beginnings of two */
#define ORDER_KEY_BYTES 4u
#define SWEEP_KEY BYTES_LIT("orders")
static_assert(2 * VARINT_BYTES_MAX + OWNER_BYTES > RULE_ORDER_BYTES_MAX, "a number takes five bytes at most");

static bool gathers_orders(const struct book *b)
{
    return b != NULL && book_orders(b).count > 0;
}

/* --- an order changed --- */

struct order_note {
    uint32_t number;
    bool had_owner;
    struct hash128 owner_before;
};

static struct bytes note_pack(const struct order_note *n, struct arena *a)
{
    struct buf b = arena_buf(a, RULE_ORDER_BYTES_MAX);
    pack_varint(&b, n->number);
    if (n->had_owner) {
        pack_u64(&b, n->owner_before.high);
        pack_u64(&b, n->owner_before.low);
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static struct order_note note_unpack(struct bytes payload, bool *out_good)
{
    struct unpack u = unpack_of(payload);
    struct order_note n = {.number = unpack_varint32(&u)};
    n.had_owner = unpack_left(&u) > 0;
    if (n.had_owner) {
        n.owner_before.high = unpack_u64(&u);
        n.owner_before.low = unpack_u64(&u);
    }
    *out_good = unpack_finished(&u) && n.number != 0;
    return n;
}

void hear_order_changed(struct step *s, const void *fact)
{
    const struct order_changed *changed = fact;
    const struct order_note note = {
        .number = changed->order, .had_owner = changed->had_owner, .owner_before = changed->owner_before};
    if (gathers_orders(book_of(&s->view)))
        step_then(s, COMMAND_RULE_ORDER, note_pack(&note, s->view.arena));
}

fallible rule_order_check(struct bytes payload, struct err *e)
{
    bool good;
    (void)note_unpack(payload, &good);
    return good ? DONE : FAIL(e, INVALID, "not an order to be looked at");
}

/* Who may have it no more; PERSON_NONE: nobody. */
static uint32_t person_before(const struct view *v, const struct order_note *n)
{
    struct order o;
    uint32_t before = n->had_owner ? identity_of_owner(v, n->owner_before) : PERSON_NONE;
    bool is_theirs = before != PERSON_NONE && order_numbered(v, n->number, &o) && o.has_owner &&
                     identity_of_owner(v, o.owner) == before;
    return is_theirs ? PERSON_NONE : before;
}

void rule_order_needs(const struct view *v, struct bytes payload)
{
    bool good;
    struct order_note note = note_unpack(payload, &good);
    const struct order_looks how = {.book = book_of(v)};
    uint32_t before = person_before(v, &note);
    if (before != PERSON_NONE)
        (void)view_person(v, before);
    if (how.book != NULL)
        orders_touch(v, &how, &note.number, 1);
}

const struct refusal *rule_order_apply(struct step *s, struct bytes payload)
{
    bool good;
    struct order_note note = note_unpack(payload, &good);
    const struct order_looks how = {.book = book_of(&s->view)};
    uint32_t before = person_before(&s->view, &note);
    assert(good && how.book != NULL);
    if (before != PERSON_NONE)
        order_take(s, how.book, before, note.number);
    orders_look(s, &how, &note.number, 1);
    return NULL;
}

/* --- it began --- */

static void order_due(struct step *s, struct bytes payload)
{
    const struct order_note note = {.number = (uint32_t)key_number(payload.data, ORDER_KEY_BYTES)};
    assert(payload.size == ORDER_KEY_BYTES);
    if (gathers_orders(book_of(&s->view)))
        step_then(s, COMMAND_RULE_ORDER, note_pack(&note, s->view.arena));
}

const struct timer_kind order_timer = {.id = 0x1024, .name = "rule.order", .due = order_due};

/* --- rates and things: a job looks at all orders --- */

static struct bytes sweep_pack(struct step *s, uint32_t next)
{
    struct buf b = arena_buf(s->view.arena, STATE_BYTES_MAX);
    pack_u8(&b, STATE_FORMAT);
    pack_varint(&b, next);
    return buf_bytes(&b);
}

static uint32_t sweep_unpack(struct bytes state)
{
    struct unpack u = unpack_of(state);
    uint8_t format = unpack_u8(&u);
    uint32_t next = unpack_varint32(&u);
    assert(format == STATE_FORMAT && unpack_finished(&u));
    (void)format;
    return next;
}

static size_t sweep_numbers(const struct view *v, uint32_t from, uint32_t out_numbers[ORDERS_A_STEP])
{
    uint32_t end = orders_end(v);
    size_t count = 0;
    while (count < ORDERS_A_STEP && from < end)
        out_numbers[count++] = from++;
    return count;
}

static void sweep_needs(const struct view *v, struct bytes state)
{
    uint32_t numbers[ORDERS_A_STEP];
    const struct order_looks how = {.book = book_of(v)};
    orders_touch(v, &how, numbers, sweep_numbers(v, sweep_unpack(state), numbers));
}

/* When the last one began, and whether another one is to follow. */
struct sweep {
    int64_t begun_us; /* INT64_MIN: there was none */
    bool is_wanted;
};

static struct sweep sweep_read(const struct view *v)
{
    struct bytes value;
    struct sweep sweep = {.begun_us = INT64_MIN};
    if (!view_keyed(v, &rule_clock_family, SWEEP_KEY, &value))
        return sweep;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    sweep.begun_us = unpack_signed(&u);
    sweep.is_wanted = unpack_u8(&u) != 0;
    assert(format == STATE_FORMAT && unpack_finished(&u));
    (void)format;
    return sweep;
}

static void sweep_write(struct step *s, const struct sweep *sweep)
{
    struct buf b = arena_buf(s->view.arena, SWEEP_BYTES_MAX);
    pack_u8(&b, STATE_FORMAT);
    pack_signed(&b, sweep->begun_us);
    pack_u8(&b, sweep->is_wanted);
    step_keyed_put(s, &rule_clock_family, SWEEP_KEY, buf_bytes(&b));
}

/* The instant before which no other one begins: few orders are looked at in no time. */
static int64_t rested_us(const struct view *v, const struct sweep *sweep)
{
    bool rests = sweep->begun_us != INT64_MIN && orders_end(v) > ORDERS_SWEPT_AT_ONCE;
    return rests ? sweep->begun_us + SWEEP_REST_US : INT64_MIN;
}

/* Whether one begins now; else a timer begins it. */
static bool sweep_begins(struct step *s)
{
    struct sweep sweep = sweep_read(&s->view);
    int64_t from_us = rested_us(&s->view, &sweep);
    bool begins = from_us <= s->view.now_us;
    sweep.is_wanted = !begins;
    if (begins)
        sweep.begun_us = s->view.now_us;
    else
        step_timer_set(s, &sweep_timer, from_us, SWEEP_KEY, BYTES_NONE);
    sweep_write(s, &sweep);
    return begins;
}

/* What changed meanwhile may be worth something else for orders that were passed. */
static struct bytes sweep_end(struct step *s)
{
    return sweep_read(&s->view).is_wanted && sweep_begins(s) ? sweep_pack(s, 1) : BYTES_NONE;
}

static struct bytes sweep_advance(struct step *s, struct bytes state)
{
    uint32_t numbers[ORDERS_A_STEP], next = sweep_unpack(state);
    const struct order_looks how = {.book = book_of(&s->view)};
    size_t count = sweep_numbers(&s->view, next, numbers);
    orders_look(s, &how, numbers, count);
    return count == ORDERS_A_STEP ? sweep_pack(s, next + ORDERS_A_STEP) : sweep_end(s);
}

const struct job_kind orders_job = {
    .id = 0x1014, .name = "rule.orders", .advance = sweep_advance, .needs = sweep_needs};

void orders_look_again(struct step *s)
{
    struct sweep sweep = sweep_read(&s->view);
    if (!gathers_orders(book_of(&s->view)) || sweep.is_wanted)
        return;
    if (job_is_under_way(&s->view, &orders_job, SWEEP_KEY)) {
        sweep.is_wanted = true;
        sweep_write(s, &sweep);
    } else if (sweep_begins(s)) {
        step_job_start(s, &orders_job, SWEEP_KEY, sweep_pack(s, 1));
    }
}

/* One that is still under way sees to it when it ends. */
static void sweep_due(struct step *s, struct bytes payload)
{
    (void)payload;
    bool is_under_way = job_is_under_way(&s->view, &orders_job, SWEEP_KEY);
    if (!is_under_way && sweep_read(&s->view).is_wanted && sweep_begins(s))
        step_job_start(s, &orders_job, SWEEP_KEY, sweep_pack(s, 1));
}

const struct timer_kind sweep_timer = {.id = 0x1025, .name = "rule.orders", .due = sweep_due};

void hear_order_rates_changed(struct step *s, const void *fact)
{
    (void)fact;
    orders_look_again(s);
}

/* --- of who was parted --- */

struct again {
    uint32_t person;
    uint64_t since; /* of the parted */
    struct order_walk walk;
};

static void again_send(struct step *s, const struct again *a)
{
    struct buf b = arena_buf(s->view.arena, RULE_ORDERS_BYTES_MAX);
    pack_varint(&b, a->person);
    pack_varint(&b, a->since);
    pack_varint(&b, a->walk.key_at);
    pack_varint(&b, a->walk.after);
    assert(!b.overflowed);
    step_then(s, COMMAND_RULE_ORDERS, buf_bytes(&b));
}

static struct again again_unpack(struct bytes payload, bool *out_good)
{
    struct unpack u = unpack_of(payload);
    struct again a = {.person = unpack_varint32(&u)};
    a.since = unpack_varint(&u);
    a.walk.key_at = unpack_varint32(&u);
    a.walk.after = unpack_varint32(&u);
    *out_good = unpack_finished(&u) && a.person != PERSON_NONE;
    return a;
}

void orders_read_again(struct step *s, const struct book *b, uint32_t person)
{
    if (gathers_orders(b))
        again_send(s, &(struct again){.person = person, .since = s->view.position});
    else
        parted_orders_read(s, person);
}

fallible rule_orders_check(struct bytes payload, struct err *e)
{
    bool good;
    (void)again_unpack(payload, &good);
    return good ? DONE : FAIL(e, INVALID, "not orders of a person to be looked at");
}

/* The next slice of who is parted as the follow-up says; false: joined, parted again, or erased meanwhile. */
static bool again_numbers(const struct view *v, struct again *io, uint32_t out_numbers[ORDERS_A_STEP],
                          size_t *out_count)
{
    struct parted parted;
    if (!parted_find(v, io->person, &parted) || parted.since != io->since)
        return false;
    *out_count = order_of_person(v, io->person, &io->walk, out_numbers, ORDERS_A_STEP);
    return true;
}

void rule_orders_needs(const struct view *v, struct bytes payload)
{
    bool good;
    size_t count;
    uint32_t numbers[ORDERS_A_STEP];
    struct again a = again_unpack(payload, &good);
    const struct order_looks how = {.book = book_of(v)};
    (void)view_person(v, a.person);
    if (again_numbers(v, &a, numbers, &count))
        orders_touch(v, &how, numbers, count);
}

const struct refusal *rule_orders_apply(struct step *s, struct bytes payload)
{
    bool good;
    size_t count;
    uint32_t numbers[ORDERS_A_STEP];
    struct again a = again_unpack(payload, &good);
    const struct order_looks how = {.book = book_of(&s->view)};
    assert(good && how.book != NULL);
    s->cause = CAUSE_SPLIT;
    if (!again_numbers(&s->view, &a, numbers, &count))
        return NULL;
    orders_look_of(s, &how, a.person, numbers, count);
    if (count == ORDERS_A_STEP)
        again_send(s, &a);
    else
        parted_orders_read(s, a.person);
    return NULL;
}
