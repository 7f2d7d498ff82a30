/* Names of columns as small numbers. */
#include "domain/column/inside.h"

#define SET_SLOTS (2 * COLUMNS_MAX) /* a power of two */
#define SET_ARENA_BYTES 32768u

struct column_set {
    struct arena *arena; /* of this struct and of the names */
    uint32_t count;
    struct column_name names[COLUMNS_MAX];
    uint32_t hashes[COLUMNS_MAX];
    uint16_t slots[SET_SLOTS]; /* number + 1; 0: empty */
};

struct column_set *column_set_create(void)
{
    struct arena *arena = arena_create(sizeof(struct column_set) + SET_ARENA_BYTES);
    struct column_set *s = ARENA_NEW(arena, struct column_set);
    s->arena = arena;
    return s;
}

void column_set_destroy(struct column_set *s)
{
    if (s != NULL)
        arena_destroy(s->arena);
}

int column_name_compare(const struct column_name *a, const struct column_name *b)
{
    if (a->of != b->of)
        return a->of < b->of ? -1 : 1;
    int names = bytes_compare(a->name, b->name);
    if (names != 0)
        return names;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (int)a->is_list - (int)b->is_list;
}

static bool is_same(const struct column_name *a, const struct column_name *b)
{
    return a->of == b->of && a->kind == b->kind && a->is_list == b->is_list && bytes_equal(a->name, b->name);
}

uint32_t column_set_number(struct column_set *s, const struct column_name *name)
{
    assert(name->name.size <= COLUMN_NAME_BYTES);
    uint64_t traits = (uint64_t)name->of << 8 | (uint64_t)name->kind << 1 | name->is_list;
    uint32_t hash = (uint32_t)hash64(name->name, traits), slot = hash % SET_SLOTS;
    for (; s->slots[slot] != 0; slot = (slot + 1) % SET_SLOTS) {
        uint32_t number = s->slots[slot] - 1u;
        if (s->hashes[number] == hash && is_same(&s->names[number], name))
            return number;
    }
    if (s->count == COLUMNS_MAX)
        return COLUMNS_MAX;
    s->names[s->count] = *name;
    s->names[s->count].name = arena_copy(s->arena, name->name);
    s->hashes[s->count] = hash;
    s->slots[slot] = (uint16_t)(s->count + 1);
    return s->count++;
}

struct column_name column_set_name(const struct column_set *s, uint32_t number)
{
    assert(number < s->count);
    return s->names[number];
}

uint32_t column_set_count(const struct column_set *s)
{
    return s->count;
}
