#include "domain/relation/roll.h"

#include <string.h>

#include "domain/relation/strands.h"
#include "engine/stow.h"

const struct family roll_family = {
    .id = 90, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "relation_roll"};
const struct family roll_index_family = {
    .id = 91, .kind = FAMILY_INDEX, .name = "relation_roll_index", .goes_cold = true};

static const struct roster roster = {&roll_family, &roll_index_family};

#define RELATIONS_A_STEP 16u /* each touches up to three numbers in some rows of a roster: STEP_ROWS_MAX */
#define NUMBERS_MAX 3u
#define ROLLS_FORGOTTEN_A_STEP 24u
#define PAIRS_A_STEP 128u
static_assert(PAIRS_A_STEP < STEP_FOLLOW_UPS_MAX, "there is room for what goes on behind them");
#define NUMBER_BYTES 4u

/* What names a roll. */
static struct bytes roll_of(uint8_t type, const struct thing_ref *ref, struct arena *a)
{
    struct buf b = arena_buf(a, 1 + 3 * VARINT_BYTES_MAX + ref->kind.size + ref->ns.size + ref->id.size);
    pack_u8(&b, type);
    pack_bytes(&b, ref->kind);
    pack_bytes(&b, ref->ns);
    pack_bytes(&b, ref->id);
    return buf_bytes(&b);
}

/* --- reading --- */

uint32_t relation_people(const struct view *v, const struct relation_type *type, const struct thing_ref *ref,
                         uint32_t after, uint32_t *out_numbers, uint32_t max)
{
    uint32_t end = rows_numbered_end(v->rows, &person_family);
    return roster_set_read(v, &roster, roll_of(type->number, ref, v->arena), after, end, out_numbers, max);
}

uint64_t relation_people_count(const struct view *v, const struct relation_type *type, const struct thing_ref *ref)
{
    return roster_set_count(v, &roster, roll_of(type->number, ref, v->arena),
                            rows_numbered_end(v->rows, &person_family));
}

static bool refs_are_equal(const struct thing_ref *x, const struct thing_ref *y)
{
    return bytes_equal(x->kind, y->kind) && bytes_equal(x->ns, y->ns) && bytes_equal(x->id, y->id);
}

static size_t open_to(const struct view *v, uint32_t person, const struct relation_type *type,
                      const struct thing_ref *ref, struct relation **out_list)
{
    struct strands s = strands_decode(section_read(v, person, &relations_section), v->arena);
    size_t all = strands_relations(&s, type->number, v, out_list), count = 0;
    for (size_t i = 0; i < all; i++)
        if ((*out_list)[i].is_open && refs_are_equal(&(*out_list)[i].ref, ref))
            (*out_list)[count++] = (*out_list)[i];
    return count;
}

/* A number that is an alias now counts only where the living one isn't on the roll itself, or will not be until a follow-up comes; of
 * several aliases the smallest. */
uint32_t relation_person_of(const struct view *v, const struct relation_type *type, const struct thing_ref *ref,
                            uint32_t number, const struct relation **out_list, size_t *out_count)
{
    const uint32_t *numbers;
    uint32_t living = identity_living(v, number);
    size_t number_count = living == PERSON_NONE || living == number ? 0 : identity_numbers(v, living, &numbers);
    struct bytes roll = roll_of(type->number, ref, v->arena);
    for (size_t i = 0; i < number_count; i++)
        if ((numbers[i] == living || numbers[i] < number) && roster_set_has(v, &roster, roll, numbers[i]))
            return PERSON_NONE;
    struct relation *list = NULL;
    *out_count = living == PERSON_NONE ? 0 : open_to(v, living, type, ref, &list);
    *out_list = list;
    return *out_count > 0 ? living : PERSON_NONE;
}

/* --- bringing them in line --- */

struct listed {
    uint32_t person, other;
    uint8_t type;       /* 0: all */
    struct bytes after; /* the roll that was seen to last, by name; empty: from the first */
};

static void listed_pack(const struct listed *l, struct buf *b)
{
    pack_u32(b, l->person);
    pack_u32(b, l->other);
    pack_u8(b, l->type);
    pack_bytes(b, l->after);
}

static bool listed_read(struct bytes payload, struct listed *out)
{
    struct unpack u = unpack_of(payload);
    out->person = unpack_u32(&u);
    out->other = unpack_u32(&u);
    out->type = unpack_u8(&u);
    out->after = unpack_bytes(&u);
    return unpack_finished(&u);
}

fallible listed_check(struct bytes payload, struct err *e)
{
    struct listed l;
    return listed_read(payload, &l) ? DONE : FAIL(e, INVALID, "not a roll to settle");
}

static void listed_send(struct step *s, const struct listed *l)
{
    struct buf b = arena_buf(s->view.arena, LISTED_BYTES_MAX);
    listed_pack(l, &b);
    assert(!b.overflowed);
    step_then(s, COMMAND_RELATION_LISTED, buf_bytes(&b));
}

void roll_settle_later(struct step *s, uint32_t person, uint32_t other, uint8_t type)
{
    listed_send(s, &(struct listed){.person = person, .other = other, .type = type});
}

/* The rolls that a step sees to, and the numbers that may or may not be on them. */
struct settling {
    uint32_t numbers[NUMBERS_MAX];
    struct relation *relations[NUMBERS_MAX]; /* of a living number: its own */
    size_t relation_counts[NUMBERS_MAX];
    uint32_t number_count;
    struct bytes rolls[RELATIONS_A_STEP];
    uint32_t count;
    bool more;
};

static void number_take(struct settling *g, const struct view *v, uint32_t number, uint8_t type)
{
    for (uint32_t i = 0; i < g->number_count; i++)
        if (g->numbers[i] == number)
            return;
    if (number == PERSON_NONE)
        return;
    struct strands strands = strands_decode(section_read(v, number, &relations_section),
                                            v->arena); /* an alias has none */
    g->relation_counts[g->number_count] = strands_relations(&strands, type, v, &g->relations[g->number_count]);
    g->numbers[g->number_count++] = number;
}

/* Keeps the first RELATIONS_A_STEP names in their order. */
static void roll_take(struct settling *g, struct bytes roll)
{
    uint32_t at = 0;
    while (at < g->count && bytes_compare(g->rolls[at], roll) < 0)
        at++;
    if (at < g->count && bytes_equal(g->rolls[at], roll))
        return;
    g->more |= g->count == RELATIONS_A_STEP;
    if (at == RELATIONS_A_STEP)
        return;
    g->count += g->count < RELATIONS_A_STEP;
    memmove(g->rolls + at + 1, g->rolls + at, (g->count - 1 - at) * sizeof *g->rolls);
    g->rolls[at] = roll;
}

/* Those of the person's relations behind l->after. The person comes first among the numbers, by the living one. */
static struct settling settling_of(const struct view *v, const struct listed *l)
{
    struct settling g = {.number_count = 0};
    number_take(&g, v, identity_living(v, l->person), l->type);
    number_take(&g, v, l->person, l->type);
    number_take(&g, v, l->other, l->type);
    for (size_t i = 0; g.number_count > 0 && i < g.relation_counts[0]; i++) {
        struct bytes roll = roll_of(g.relations[0][i].type->number, &g.relations[0][i].ref, v->arena);
        if (bytes_compare(roll, l->after) > 0)
            roll_take(&g, roll);
    }
    return g;
}

static bool belongs_on(const struct settling *g, uint32_t number, struct bytes roll, struct arena *a)
{
    for (size_t i = 0; i < g->relation_counts[number]; i++) {
        const struct relation *r = &g->relations[number][i];
        if (r->is_open && bytes_equal(roll_of(r->type->number, &r->ref, a), roll))
            return true;
    }
    return false;
}

void listed_needs(const struct view *v, struct bytes payload)
{
    struct listed l;
    bool good = listed_read(payload, &l);
    assert(good);
    (void)good;
    struct settling g = settling_of(v, &l);
    for (uint32_t i = 0; i < g.count; i++)
        for (uint32_t j = 0; j < g.number_count; j++)
            roster_set_touch(v, &roster, g.rolls[i], g.numbers[j]);
}

const struct refusal *listed_apply(struct step *s, struct bytes payload)
{
    struct listed l;
    bool good = listed_read(payload, &l);
    assert(good);
    (void)good;
    struct settling g = settling_of(&s->view, &l);
    for (uint32_t i = 0; i < g.count; i++)
        for (uint32_t j = 0; j < g.number_count; j++) {
            if (belongs_on(&g, j, g.rolls[i], s->view.arena))
                roster_set_add(s, &roster, g.rolls[i], g.numbers[j]);
            else
                roster_set_remove(s, &roster, g.rolls[i], g.numbers[j]);
        }
    if (g.more) {
        l.after = g.rolls[g.count - 1];
        listed_send(s, &l);
    }
    return NULL;
}

/* --- those of people who part --- */

/* Each of `people` with each of `others`. */
struct parted {
    uint32_t done; /* pairs that were said, in the order of people */
    struct bytes people, others;
};

static bool parted_read(struct bytes payload, struct parted *out)
{
    struct unpack u = unpack_of(payload);
    out->done = unpack_u32(&u);
    out->people = unpack_bytes(&u);
    out->others = unpack_bytes(&u);
    return unpack_finished(&u) && out->people.size % NUMBER_BYTES == 0 && out->others.size % NUMBER_BYTES == 0;
}

static void parted_send(struct step *s, const struct parted *p)
{
    size_t size = NUMBER_BYTES + 2 * VARINT_BYTES_MAX + p->people.size + p->others.size;
    struct buf b = arena_buf(s->view.arena, size);
    pack_u32(&b, p->done);
    pack_bytes(&b, p->people);
    pack_bytes(&b, p->others);
    assert(!b.overflowed);
    step_then(s, COMMAND_RELATION_PARTED, buf_bytes(&b));
}

void roll_settle_parts_later(struct step *s, struct bytes people, struct bytes others)
{
    if (people.size > 0)
        parted_send(s, &(struct parted){.people = people, .others = others});
}

fallible parted_check(struct bytes payload, struct err *e)
{
    struct parted p;
    return parted_read(payload, &p) ? DONE : FAIL(e, INVALID, "not people who parted");
}

static uint32_t number_at(struct bytes numbers, uint32_t place)
{
    struct unpack u = unpack_of(bytes_slice(numbers, (size_t)place * NUMBER_BYTES, numbers.size));
    return unpack_u32(&u);
}

const struct refusal *parted_apply(struct step *s, struct bytes payload)
{
    struct parted p;
    bool good = parted_read(payload, &p);
    assert(good);
    (void)good;
    uint32_t other_count = (uint32_t)(p.others.size / NUMBER_BYTES);
    uint32_t pair_count = (uint32_t)(p.people.size / NUMBER_BYTES) * other_count;
    for (uint32_t said = 0; said < PAIRS_A_STEP && p.done < pair_count; said++, p.done++) {
        uint32_t person = number_at(p.people, p.done / other_count), other = number_at(p.others, p.done % other_count);
        if (person != other)
            roll_settle_later(s, person, other, 0);
    }
    if (p.done < pair_count)
        parted_send(s, &p);
    return NULL;
}

/* --- forgetting --- */

/* Of a number: u32, then the names of rolls. */
static void unlisted_begin(struct buf *b, uint32_t number)
{
    buf_clear(b);
    pack_u32(b, number);
}

static bool unlisted_next(struct unpack *u, struct bytes *out_roll)
{
    if (unpack_left(u) == 0 || u->bad)
        return false;
    *out_roll = unpack_bytes(u);
    return unpack_good(u);
}

fallible unlisted_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct bytes roll;
    (void)unpack_u32(&u);
    while (unlisted_next(&u, &roll)) {
    }
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "not rolls to be taken off");
}

void unlisted_needs(const struct view *v, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct bytes roll;
    for (uint32_t number = unpack_u32(&u); unlisted_next(&u, &roll);)
        roster_set_touch(v, &roster, roll, number);
}

const struct refusal *unlisted_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct bytes roll;
    for (uint32_t number = unpack_u32(&u); unlisted_next(&u, &roll);)
        roster_set_remove(s, &roster, roll, number);
    return NULL;
}

/* By its aliases nobody is on a roll, but for a moment after a merge; then a reader finds nobody behind them. */
void roll_forget(struct step *s, struct forgotten *who)
{
    struct arena *a = s->view.arena;
    struct relation *list;
    struct strands strands = strands_decode(section_read(&s->view, who->numbers[0], &relations_section), a);
    size_t count = strands_relations(&strands, 0, &s->view, &list);
    struct buf b = arena_buf(a, UNLISTED_BYTES_MAX);
    for (size_t i = 0, taken = 0; i < count; i++) {
        if (taken == 0)
            unlisted_begin(&b, who->numbers[0]);
        if (list[i].is_open) {
            pack_bytes(&b, roll_of(list[i].type->number, &list[i].ref, a));
            taken++;
        }
        if (taken < ROLLS_FORGOTTEN_A_STEP && (i + 1 < count || taken == 0))
            continue;
        step_then(s, COMMAND_RELATION_UNLISTED, arena_copy(a, buf_bytes(&b)));
        taken = 0;
    }
}
