#include "domain/identity/brands.h"

#include <string.h>

static const uint32_t group_alone[] = {0};
const struct brand_set brands_of_group = {COUNT_OF(group_alone), group_alone};

bool brand_set_has(struct brand_set b, uint32_t brand)
{
    uint32_t at = 0;
    while (at < b.count && b.list[at] < brand)
        at++;
    return at < b.count && b.list[at] == brand;
}

bool brand_sets_meet(struct brand_set x, struct brand_set y)
{
    for (uint32_t i = 0, j = 0; i < x.count && j < y.count;) {
        if (x.list[i] == y.list[j])
            return true;
        if (x.list[i] < y.list[j])
            i++;
        else
            j++;
    }
    return false;
}

bool brands_equal(struct brand_set x, struct brand_set y)
{
    if (x.count != y.count || x.list == y.list)
        return x.count == y.count;
    return memcmp(x.list, y.list, x.count * sizeof *x.list) == 0;
}

struct brand_set brands_union(struct brand_set x, struct brand_set y, struct arena *a)
{
    if (x.count == 0 || y.count == 0 || brands_equal(x, y))
        return x.count == 0 ? y : x;
    uint32_t *list = ARENA_ARRAY(a, uint32_t, ID_BRANDS_MAX);
    uint32_t count = 0, i = 0, j = 0;
    while ((i < x.count || j < y.count) && count < ID_BRANDS_MAX) {
        uint32_t brand = j == y.count || (i < x.count && x.list[i] < y.list[j]) ? x.list[i] : y.list[j];
        i += i < x.count && x.list[i] == brand;
        j += j < y.count && y.list[j] == brand;
        list[count++] = brand;
    }
    return (struct brand_set){count, list};
}

struct brand_set brands_named(const struct view *v, const struct bytes *names, uint32_t count)
{
    struct brand_set set = {0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *number = ARENA_NEW(v->arena, uint32_t);
        *number = name_number(v, NAME_BRAND, names[i]);
        if (*number != 0)
            set = brands_union(set, (struct brand_set){1, number}, v->arena);
    }
    return set;
}
