#include "domain/relation/roll.h"

#include <string.h>

#include "domain/relation/strands.h"
#include "engine/stow.h"

const struct family roll_family = {
    .id = 90, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "relation_roll"};
const struct family roll_index_family = {
    .id = 91, .kind = FAMILY_INDEX, .name = "relation_roll_index", .goes_cold = true};

static const struct roster roster = {&roll_family, &roll_index_family};

const struct fact_kind fact_relation_listed = {
    .id = 0x0A03, .name = "relation_listed", .about = "Somebody is on the roll of a thing."};

#define PAIRS_A_STEP 48u /* each touches some rows of a roster: STEP_ROWS_MAX */
#define NUMBER_BYTES 4u
#define ROLLS_BYTES_MAX 12288u /* of names in a follow-up */
static_assert(ROLLS_BYTES_MAX + NUMBER_BYTES * (STEP_PEOPLE_MAX + 1) + 3 * VARINT_BYTES_MAX <= LISTED_BYTES_MAX,
              "there is room for all people whom a step touches");

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

/* Of those to a person not what may mean somebody erased. */
static size_t open_to(const struct view *v, uint32_t person, const struct relation_type *type,
                      const struct thing_ref *ref, struct relation **out_list)
{
    struct strands s = strands_decode(section_read(v, person, &relations_section), v->arena);
    size_t all = strands_relations(&s, type->number, v, out_list), count = 0;
    int64_t erased_until_us = relation_erased_until(v, ref);
    for (size_t i = 0; i < all; i++) {
        const struct relation *r = &(*out_list)[i];
        if (r->is_open && r->begun_us >= erased_until_us && refs_are_equal(&r->ref, ref))
            (*out_list)[count++] = *r;
    }
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

/* Each of the numbers on each of the rolls. */
struct listed {
    uint32_t done;        /* pairs that were seen to, in the order of numbers */
    struct bytes numbers; /* u32 each */
    uint32_t roll_count;
    struct bytes rolls; /* their names, as *bytes* */
};

static bool listed_read(struct bytes payload, struct listed *out)
{
    struct unpack u = unpack_of(payload);
    out->done = unpack_u32(&u);
    out->numbers = unpack_bytes(&u);
    out->rolls = unpack_bytes(&u);
    out->roll_count = 0;
    bool good = unpack_finished(&u) && out->numbers.size % NUMBER_BYTES == 0;
    for (u = unpack_of(out->rolls); good && unpack_left(&u) > 0; out->roll_count++) {
        (void)unpack_bytes(&u);
        good = unpack_good(&u);
    }
    return good;
}

fallible listed_check(struct bytes payload, struct err *e)
{
    struct listed l;
    return listed_read(payload, &l) ? DONE : FAIL(e, INVALID, "not rolls to settle");
}

static void listed_send(struct step *s, const struct listed *l)
{
    struct buf b = arena_buf(s->view.arena, LISTED_BYTES_MAX);
    pack_u32(&b, l->done);
    pack_bytes(&b, l->numbers);
    pack_bytes(&b, l->rolls);
    assert(!b.overflowed);
    step_then(s, COMMAND_RELATION_LISTED, buf_bytes(&b));
}

void roll_settle_later(struct step *s, const uint32_t *numbers, size_t number_count, const struct relation *list,
                       size_t count)
{
    struct arena *a = s->view.arena;
    struct buf named = arena_buf(a, number_count * NUMBER_BYTES), rolls = arena_buf(a, ROLLS_BYTES_MAX);
    for (size_t i = 0; i < number_count; i++)
        pack_u32(&named, numbers[i]);
    for (size_t i = 0; i < count; i++) {
        struct bytes roll = list[i].ref.kind.size == 0 ? BYTES_NONE : roll_of(list[i].type->number, &list[i].ref, a);
        if (rolls.size + VARINT_BYTES_MAX + roll.size > ROLLS_BYTES_MAX) {
            listed_send(s, &(struct listed){.numbers = buf_bytes(&named), .rolls = buf_bytes(&rolls)});
            buf_clear(&rolls);
        }
        if (roll.size > 0)
            pack_bytes(&rolls, roll);
    }
    if (rolls.size > 0)
        listed_send(s, &(struct listed){.numbers = buf_bytes(&named), .rolls = buf_bytes(&rolls)});
}

/* A number, a roll, and whether it belongs there now. */
struct pair {
    uint32_t number;
    struct bytes roll;
    bool belongs;
};
struct settling {
    struct pair pairs[PAIRS_A_STEP];
    uint32_t count;
};

/* Who has one: a living number by its relations; an alias, or nobody any more, has none. */
static size_t open_rolls(const struct view *v, uint32_t number, struct bytes **out_rolls)
{
    const struct relation *list;
    size_t all = relation_list(v, number, &list), count = 0;
    *out_rolls = ARENA_ARRAY(v->arena, struct bytes, all + 1);
    for (size_t i = 0; i < all; i++)
        if (list[i].is_open)
            (*out_rolls)[count++] = roll_of(list[i].type->number, &list[i].ref, v->arena);
    return count;
}

static bool is_among(struct bytes roll, const struct bytes *rolls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(roll, rolls[i]))
            return true;
    return false;
}

static void pairs_of_number(struct settling *g, const struct view *v, const struct listed *l, uint32_t number,
                            uint32_t from)
{
    struct bytes *own;
    size_t own_count = open_rolls(v, number, &own);
    struct unpack u = unpack_of(l->rolls);
    for (uint32_t i = 0; i < l->roll_count && g->count < PAIRS_A_STEP; i++) {
        struct bytes roll = unpack_bytes(&u);
        if (i >= from)
            g->pairs[g->count++] = (struct pair){number, roll, is_among(roll, own, own_count)};
    }
}

/* The next pairs; fewer than PAIRS_A_STEP: the last ones. */
static struct settling settling_of(const struct view *v, const struct listed *l)
{
    struct settling g = {.count = 0};
    struct unpack u = unpack_of(l->numbers);
    for (uint32_t first = 0; unpack_left(&u) > 0 && g.count < PAIRS_A_STEP; first += l->roll_count) {
        uint32_t number = unpack_u32(&u);
        if (first + l->roll_count > l->done)
            pairs_of_number(&g, v, l, number, l->done > first ? l->done - first : 0);
    }
    return g;
}

static struct listed listed_of(struct bytes payload)
{
    struct listed l;
    bool good = listed_read(payload, &l);
    assert(good);
    (void)good;
    return l;
}

void listed_needs(const struct view *v, struct bytes payload)
{
    struct listed l = listed_of(payload);
    struct settling g = settling_of(v, &l);
    for (uint32_t i = 0; i < g.count; i++)
        roster_set_touch(v, &roster, g.pairs[i].roll, g.pairs[i].number);
}

static void pair_list(struct step *s, const struct pair *p)
{
    struct relation_listed *f = ARENA_NEW(s->view.arena, struct relation_listed);
    roster_set_add(s, &roster, p->roll, p->number);
    *f = (struct relation_listed){.number = p->number, .type = p->roll.data[0]};
    step_say(s, &fact_relation_listed, f);
}

const struct refusal *listed_apply(struct step *s, struct bytes payload)
{
    struct listed l = listed_of(payload);
    struct settling g = settling_of(&s->view, &l);
    for (uint32_t i = 0; i < g.count; i++) {
        if (g.pairs[i].belongs)
            pair_list(s, &g.pairs[i]);
        else
            roster_set_remove(s, &roster, g.pairs[i].roll, g.pairs[i].number);
    }
    l.done += g.count;
    if (g.count == PAIRS_A_STEP)
        listed_send(s, &l);
    return NULL;
}

/* By its aliases nobody is on a roll, but for what is on its way. */
void roll_forget(struct step *s, struct forgotten *who)
{
    const struct relation *list;
    size_t count = relation_list(&s->view, who->numbers[0], &list);
    roll_settle_later(s, who->numbers, 1, list, count);
}
