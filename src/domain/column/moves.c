#include "domain/column/moves.h"

#include <stdlib.h>
#include <string.h>

#include "domain/people/people.h"
#include "engine/forget.h"

const struct family move_family = {.id = 65, .kind = FAMILY_SERIES, .value_bytes = sizeof(struct column_move), .name = "column_move"};

/* --- what is noted in steps --- */

static void move_push(struct step *s, struct column_move move)
{
    struct column_move *record = arena_take(s->view.arena, sizeof *record, _Alignof(struct column_move));
    move.position = s->view.position;
    *record = move;
    (void)step_series_push(s, &move_family, record);
}

void moves_hear_merged(struct step *s, const void *fact)
{
    const struct merged *m = fact;
    move_push(s, (struct column_move){.kind = MOVE_MERGED, .person = m->absorbed, .living = m->survivor});
}

static int number_compare(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* A move of this kind for each of the numbers, once. */
static void numbers_push(struct step *s, enum move_kind kind, uint32_t *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, number_compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || numbers[i] != numbers[i - 1])
            move_push(s, (struct column_move){.kind = kind, .person = numbers[i]});
}

/* The numbers under which events of any of these people may lie, in no order; some of them more than once. */
static uint32_t *numbers_stored(const struct view *v, const uint32_t *people, size_t people_count, size_t *out_count)
{
    const uint32_t **lists = ARENA_ARRAY(v->arena, const uint32_t *, people_count);
    size_t *counts = ARENA_ARRAY(v->arena, size_t, people_count), count = 0;
    for (size_t i = 0; i < people_count; i++)
        count += counts[i] = people_event_numbers(v, people[i], &lists[i]);
    uint32_t *numbers = ARENA_ARRAY(v->arena, uint32_t, count + 1);
    *out_count = count;
    count = 0;
    for (size_t i = 0; i < people_count; i++)
        for (size_t j = 0; j < counts[i]; j++)
            numbers[count++] = lists[i][j];
    return numbers;
}

/* A part may be told under the number of somebody with whom it became one in the same step: so the parts' numbers are parted too. */
void moves_hear_split(struct step *s, const void *fact)
{
    const struct split *split = fact;
    size_t stored_count, people_count = split->part_count + 1u;
    uint32_t *people = ARENA_ARRAY(s->view.arena, uint32_t, people_count);
    people[0] = split->person;
    for (uint32_t i = 0; i < split->part_count; i++)
        people[1 + i] = split->parts[i].person;
    uint32_t *stored = numbers_stored(&s->view, people, people_count, &stored_count);
    numbers_push(s, MOVE_PARTED, people, people_count);
    numbers_push(s, MOVE_STORED, stored, stored_count);
    for (uint32_t i = 0; i < split->part_count; i++)
        for (uint32_t j = 0; j < split->parts[i].owner_count; j++)
            move_push(s, (struct column_move){.kind = MOVE_OWNED, .owner = split->parts[i].owners[j], .living = split->parts[i].person});
}

/* What lies under their aliases leads to their own number. */
void moves_forget(struct step *s, struct forgotten *who)
{
    assert(who->number_count > 0);
    if (!who->is_rest)
        move_push(s, (struct column_move){.kind = MOVE_ERASED, .person = who->numbers[0]});
}

static const struct column_move *row_at(const struct view *v, uint64_t index)
{
    return rows_series_at(v->rows, &move_family, index);
}

void moves_drop(struct step *s, uint64_t before)
{
    uint64_t first = rows_series_first(s->view.rows, &move_family), until = first;
    uint64_t end = rows_series_end(s->view.rows, &move_family);
    while (until < end && row_at(&s->view, until)->position < before)
        until++;
    if (until > first)
        step_series_drop(s, &move_family, until);
}

uint64_t moves_count(const struct view *v)
{
    return rows_series_end(v->rows, &move_family) - rows_series_first(v->rows, &move_family);
}

/* --- looking up --- */

#define ARENA_BLOCK_BYTES 16384u

/* A move by what it is looked up by: of the same ones in the order in which they happened. */
struct by_person {
    uint32_t person;
    uint32_t index; /* in the list */
};
struct by_owner {
    struct hash128 owner;
    uint32_t index;
};

struct moves {
    struct arena *arena; /* holds all this */
    const struct column_move *list; /* copies: a series may go */
    struct by_person *people;
    struct by_owner *owners;
    size_t person_count, owner_count;
    uint64_t **pages; /* a bit a person of each chunk that has any; NULL: it has none */
    uint32_t page_count;
    uint32_t *stored; /* ascending */
    size_t stored_count;
};

static int person_compare(const void *x, const void *y)
{
    const struct by_person *a = x, *b = y;
    if (a->person != b->person)
        return a->person < b->person ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int owner_compare(struct hash128 a, struct hash128 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static int by_owner_compare(const void *x, const void *y)
{
    const struct by_owner *a = x, *b = y;
    int order = owner_compare(a->owner, b->owner);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static void page_mark(struct moves *m, uint32_t person)
{
    uint32_t chunk = person / CHUNK_PEOPLE, local = person % CHUNK_PEOPLE;
    if (m->pages[chunk] == NULL)
        m->pages[chunk] = ARENA_ARRAY(m->arena, uint64_t, CHUNK_WORDS);
    m->pages[chunk][local / 64] |= UINT64_C(1) << local % 64;
}

static void pages_make(struct moves *m)
{
    uint32_t greatest = m->person_count == 0 ? 0 : m->people[m->person_count - 1].person;
    m->page_count = greatest / CHUNK_PEOPLE + 1;
    m->pages = ARENA_ARRAY(m->arena, uint64_t *, m->page_count);
    for (size_t i = 0; i < m->person_count; i++)
        page_mark(m, m->people[i].person);
}

static void stored_finish(struct moves *m)
{
    size_t count = 0;
    qsort(m->stored, m->stored_count, sizeof *m->stored, number_compare);
    for (size_t i = 0; i < m->stored_count; i++)
        if (i == 0 || m->stored[i] != m->stored[i - 1])
            m->stored[count++] = m->stored[i];
    m->stored_count = count;
}

static void move_list(struct moves *m, uint32_t index)
{
    const struct column_move *move = &m->list[index];
    if (move->kind == MOVE_OWNED)
        m->owners[m->owner_count++] = (struct by_owner){move->owner, index};
    else if (move->kind == MOVE_STORED)
        m->stored[m->stored_count++] = move->person;
    else
        m->people[m->person_count++] = (struct by_person){move->person, index};
}

static const struct column_move *moves_copy(const struct series_view *series, uint64_t from, size_t count, struct arena *arena)
{
    struct column_move *list = ARENA_ARRAY(arena, struct column_move, count + 1);
    for (uint64_t taken = 0, run; taken < count; taken += run) {
        const struct column_move *side_by_side = series_view_run(series, from + taken, &run);
        run = run < count - taken ? run : count - taken;
        memcpy(list + taken, side_by_side, (size_t)run * sizeof *list);
    }
    return list;
}

struct moves *moves_open(const struct series_view *series, uint64_t from, uint64_t until)
{
    assert(series_view_first(series) <= from && from <= until && until <= series_view_end(series));
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct moves *m = ARENA_NEW(arena, struct moves);
    size_t count = (size_t)(until - from);
    *m = (struct moves){.arena = arena, .list = moves_copy(series, from, count, arena)};
    m->people = ARENA_ARRAY(arena, struct by_person, count + 1);
    m->owners = ARENA_ARRAY(arena, struct by_owner, count + 1);
    m->stored = ARENA_ARRAY(arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        move_list(m, i);
    qsort(m->people, m->person_count, sizeof *m->people, person_compare);
    qsort(m->owners, m->owner_count, sizeof *m->owners, by_owner_compare);
    stored_finish(m);
    pages_make(m);
    return m;
}

struct moves *moves_open_all(const struct series_view *series)
{
    return moves_open(series, series_view_first(series), series_view_end(series));
}

void moves_close(struct moves *m)
{
    if (m == NULL)
        return;
    arena_destroy(m->arena);
}

bool moves_any(const struct moves *m)
{
    return m->person_count > 0;
}

size_t moves_bytes(const struct moves *m)
{
    return arena_used(m->arena);
}

const uint64_t *moves_of_chunk(const struct moves *m, uint32_t chunk)
{
    return chunk < m->page_count ? m->pages[chunk] : NULL;
}

bool moves_have(const struct moves *m, uint32_t person)
{
    const uint64_t *page = moves_of_chunk(m, person / CHUNK_PEOPLE);
    uint32_t local = person % CHUNK_PEOPLE;
    return page != NULL && (page[local / 64] >> local % 64 & 1) != 0;
}

size_t moves_stored(const struct moves *m, const uint32_t **out_numbers)
{
    *out_numbers = m->stored;
    return m->stored_count;
}

/* --- following --- */

/* The first move of the number that is at `least` or later in the list, and not settled. */
static const struct by_person *move_find(const struct moves *m, uint32_t person, uint32_t least, uint64_t since)
{
    size_t from = 0, until = m->person_count;
    if (!moves_have(m, person))
        return NULL;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        const struct by_person *at = &m->people[middle];
        if (at->person < person || (at->person == person && (at->index < least || m->list[at->index].position < since)))
            from = middle + 1;
        else
            until = middle;
    }
    return from < m->person_count && m->people[from].person == person ? &m->people[from] : NULL;
}

/* Whose the owner's events are by what was said at the position, the last of it; PERSON_NONE: nothing was. */
static uint32_t owned_at(const struct moves *m, struct hash128 owner, uint64_t position)
{
    size_t from = 0, until = m->owner_count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        const struct by_owner *at = &m->owners[middle];
        int order = owner_compare(at->owner, owner);
        if (order < 0 || (order == 0 && m->list[at->index].position <= position))
            from = middle + 1;
        else
            until = middle;
    }
    if (from == 0 || !hash128_equal(m->owners[from - 1].owner, owner))
        return PERSON_NONE;
    const struct column_move *last = &m->list[m->owners[from - 1].index];
    return last->position == position ? last->living : PERSON_NONE;
}

bool moves_ask_owner(const struct moves *m, uint32_t person, uint64_t since)
{
    const struct by_person *next;
    for (uint32_t least = 0; (next = move_find(m, person, least, since)) != NULL; least = next->index + 1) {
        const struct column_move *move = &m->list[next->index];
        if (move->kind == MOVE_PARTED || move->kind == MOVE_ERASED)
            return move->kind == MOVE_PARTED;
        person = move->living;
    }
    return false;
}

uint32_t moves_follow(const struct moves *m, uint32_t person, uint64_t since, const struct hash128 *owner)
{
    const struct by_person *next;
    for (uint32_t least = 0; (next = move_find(m, person, least, since)) != NULL; least = next->index + 1) {
        const struct column_move *move = &m->list[next->index];
        if (move->kind == MOVE_ERASED)
            return PERSON_GONE;
        assert(move->kind == MOVE_MERGED || owner != NULL);
        uint32_t living = move->kind == MOVE_MERGED ? move->living : owned_at(m, *owner, move->position);
        person = living != PERSON_NONE ? living : person;
    }
    return person;
}

/* Of parted people one cannot tell without the owner: any of them may be. */
bool moves_may_be_gone(const struct moves *m, uint32_t person, uint64_t since)
{
    const struct by_person *next;
    for (uint32_t least = 0; (next = move_find(m, person, least, since)) != NULL; least = next->index + 1) {
        const struct column_move *move = &m->list[next->index];
        if (move->kind != MOVE_MERGED)
            return true;
        person = move->living;
    }
    return false;
}
