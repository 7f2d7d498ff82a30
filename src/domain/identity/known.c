#include "domain/identity/known.h"

#include <stdlib.h>
#include <string.h>

#include "domain/identity/brands.h"
#include "lib/pack.h"

#define KNOWN_FORMAT 1u
#define KNOWN_BYTES 9u

const struct family known_family = {.id = 29, .kind = FAMILY_KEYED, .value_bytes = KNOWN_BYTES, .name = "identity_known"};

/* --- one person --- */

static int number_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static struct brand_set sets_union(const struct brand_set *sets, size_t count, struct arena *a)
{
    size_t first = 0, room = 0;
    uint32_t given = 0, left = 0;
    while (first + 1 < count && brands_equal(sets[first], sets[first + 1]))
        first++;
    if (first + 1 >= count) /* most often all are known to the same */
        return count == 0 ? (struct brand_set){0} : sets[0];
    for (size_t i = 0; i < count; i++)
        room += sets[i].count;
    uint32_t *list = ARENA_ARRAY(a, uint32_t, room + 1);
    for (size_t i = 0; i < count; i++) {
        memcpy(list + given, sets[i].list, sets[i].count * sizeof *list);
        given += sets[i].count;
    }
    qsort(list, given, sizeof *list, number_compare);
    for (uint32_t i = 0; i < given; i++)
        if (i == 0 || list[i] != list[left - 1])
            list[left++] = list[i];
    return (struct brand_set){left, list};
}

struct brand_set cluster_known_to(const struct cluster *c, struct arena *a)
{
    struct brand_set *sets = ARENA_ARRAY(a, struct brand_set, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        sets[i] = c->incs[i].id.known_to;
    return sets_union(sets, c->inc_count, a);
}

struct brand_set identifiers_known_to(const struct identifier *list, size_t count, struct arena *a)
{
    struct brand_set *sets = ARENA_ARRAY(a, struct brand_set, count);
    for (size_t i = 0; i < count; i++)
        sets[i] = list[i].known_to;
    return sets_union(sets, count, a);
}

uint64_t cluster_standing(const struct cluster *c)
{
    uint64_t standing = c->inc_count + 1;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        const struct identifier *id = &c->incs[i].id;
        uint64_t own[] = {standing, id->key.low, id->key.high, (uint64_t)id->state};
        struct bytes brands = bytes_of((const uint8_t *)id->known_to.list, id->known_to.count * sizeof *id->known_to.list);
        standing = hash64(brands, hash64(bytes_of((const uint8_t *)own, sizeof own), 0));
    }
    return standing;
}

/* --- counts --- */

struct known_key {
    uint8_t data[4];
};

static struct known_key key_of(uint32_t brand)
{
    struct known_key key;
    (void)put_key(key.data, brand, sizeof key.data);
    return key;
}

uint64_t identity_people_known_to(const struct view *v, uint32_t brand)
{
    struct known_key key = key_of(brand);
    struct bytes row;
    if (!view_keyed(v, &known_family, bytes_of(key.data, sizeof key.data), &row))
        return 0;
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    uint64_t people = unpack_u64(&u);
    assert(format == KNOWN_FORMAT && unpack_finished(&u));
    return people;
}

/* One person more, or one less. */
struct known_change {
    uint32_t brand;
    int32_t by;
};

struct known_changes {
    struct known_change *list;
    uint32_t count, room;
};

static void change_note(struct known_changes *changes, struct arena *a, uint32_t brand, int32_t by)
{
    LIST_ROOM(a, changes->list, changes->count, changes->room);
    changes->list[changes->count++] = (struct known_change){brand, by};
}

static void changes_of(struct known_changes *changes, struct arena *a, struct brand_set before, struct brand_set now)
{
    if (brands_equal(before, now))
        return;
    for (uint32_t i = 0, j = 0; i < before.count || j < now.count;) {
        bool gone = j == now.count || (i < before.count && before.list[i] < now.list[j]);
        bool stays = !gone && i < before.count && before.list[i] == now.list[j];
        if (gone)
            change_note(changes, a, before.list[i], -1);
        else if (!stays)
            change_note(changes, a, now.list[j], 1);
        i += gone || stays;
        j += !gone;
    }
}

static int change_compare(const void *a, const void *b)
{
    const struct known_change *x = a, *y = b;
    return (x->brand > y->brand) - (x->brand < y->brand);
}

static void known_write(struct desk *d, uint32_t brand, int64_t by)
{
    struct known_key key = key_of(brand);
    uint64_t people = identity_people_known_to(d->v, brand);
    assert(by >= 0 || people >= (uint64_t)-by);
    struct buf b = {.data = arena_take(d->v->arena, KNOWN_BYTES, 1), .capacity = KNOWN_BYTES, .size_max = KNOWN_BYTES};
    pack_u8(&b, KNOWN_FORMAT);
    pack_u64(&b, people + (uint64_t)by);
    step_keyed_put(d->s, &known_family, arena_copy(d->v->arena, bytes_of(key.data, sizeof key.data)), buf_bytes(&b));
}

void known_count(struct desk *d)
{
    struct known_changes changes = {0};
    for (uint32_t i = 0; i < d->cluster_count; i++) {
        struct cluster *c = d->clusters[i];
        if (!c->is_changed && c->into == NULL)
            continue;
        struct brand_set now = c->into == NULL ? cluster_known_to(c, d->v->arena) : (struct brand_set){0};
        changes_of(&changes, d->v->arena, c->known_before, now);
        c->known_before = now;
    }
    if (changes.count > 1)
        qsort(changes.list, changes.count, sizeof *changes.list, change_compare);
    for (uint32_t i = 0, next; i < changes.count; i = next) {
        int64_t by = 0;
        for (next = i; next < changes.count && changes.list[next].brand == changes.list[i].brand; next++)
            by += changes.list[next].by;
        if (by != 0)
            known_write(d, changes.list[i].brand, by);
    }
}
