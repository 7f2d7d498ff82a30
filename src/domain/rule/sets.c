#include "domain/rule/sets.h"

#include <string.h>

#include "domain/identity/identity.h"
#include "lib/bitmap_expr.h"
#include "lib/ordmap.h"

/* Sets by key: what (1), rule (4, BE), day or hash of the value (4 or 16) -> a pointer to its bitmap, and of a value its bytes. A set that nobody is in any more isn't there. */
enum set_kind {
    SET_DIFFERS = 1, /* of a rule: what it says isn't what it says of somebody unknown */
    SET_VALUE,       /* of a rule and a value */
    SET_FLIPS,       /* of a rule and a day: it turns at the first instant of it */
    SET_MIDNIGHTS,   /* of a day: SET_FLIPS of any rule */
    SET_MOMENTS,     /* of a day: a turn of any rule within it that has no timer */
};
#define SET_KEY_BYTES_MAX 21u
struct set_key {
    uint8_t size;
    uint8_t data[SET_KEY_BYTES_MAX];
    struct bytes value; /* of SET_VALUE; borrowed */
};
#define RULE_PREFIX_BYTES 5u /* kind and rule */
#define DAY_ZERO UINT32_C(0x80000000) /* so that days before 1970 come first */

struct sets {
    struct slab *slab;
    struct ordmap *by_key;
    struct bitmap *everybody;
};

static struct set_key set_key(enum set_kind kind, uint32_t rule, int32_t day)
{
    struct set_key k = {.data = {(uint8_t)kind}};
    uint8_t *end = put_key(k.data + 1, rule, 4);
    if (kind != SET_DIFFERS)
        end = put_key(end, (uint32_t)day + DAY_ZERO, 4);
    k.size = (uint8_t)(end - k.data);
    return k;
}

static struct set_key value_key(uint32_t rule, struct bytes value)
{
    struct hash128 h = hash128(value, 0);
    struct set_key k = {.data = {SET_VALUE}, .size = SET_KEY_BYTES_MAX, .value = value};
    (void)put_key(put_key(put_key(k.data + 1, rule, 4), h.high, 8), h.low, 8);
    return k;
}

static struct bytes key_bytes(const struct set_key *k)
{
    return bytes_of(k->data, k->size);
}

static struct bitmap *set_in(const struct ordmap_entry *entry)
{
    struct bitmap *set;
    assert(ordmap_value(entry).size >= sizeof set);
    memcpy(&set, ordmap_value(entry).data, sizeof set);
    return set;
}

static struct bytes value_in(const struct ordmap_entry *entry)
{
    return bytes_slice(ordmap_value(entry), sizeof(struct bitmap *), ordmap_value(entry).size);
}

static struct bitmap *set_begin(struct sets *s, const struct set_key *key)
{
    struct bitmap *set = bitmap_create(s->slab);
    struct buf entry;
    bool is_new;
    buf_init(&entry, sizeof set + STANDINGS_BYTES_MAX);
    buf_push(&entry, bytes_of(&set, sizeof set));
    buf_push(&entry, key->value);
    (void)ordmap_put(s->by_key, key_bytes(key), buf_bytes(&entry), &is_new);
    assert(is_new && !entry.overflowed);
    buf_fini(&entry);
    return set;
}

static const struct bitmap *set_find(const struct sets *s, struct set_key key)
{
    const struct ordmap_entry *entry = ordmap_get(s->by_key, key_bytes(&key));
    return entry == NULL ? NULL : set_in(entry);
}

static void set_add(struct sets *s, struct set_key key, uint32_t person)
{
    const struct ordmap_entry *entry = ordmap_get(s->by_key, key_bytes(&key));
    (void)bitmap_add(entry != NULL ? set_in(entry) : set_begin(s, &key), person);
}

static void set_remove(struct sets *s, struct set_key key, uint32_t person)
{
    const struct ordmap_entry *entry = ordmap_get(s->by_key, key_bytes(&key));
    if (entry == NULL)
        return;
    struct bitmap *set = set_in(entry);
    (void)bitmap_remove(set, person);
    if (bitmap_count(set) > 0)
        return;
    bitmap_destroy(set);
    (void)ordmap_remove(s->by_key, key_bytes(&key));
}

/* --- what a row says --- */

static bool is_truth(const struct stand *stand)
{
    return stand->value.size == 1 && (stand->value.data[0] == VALUE_TRUE || stand->value.data[0] == VALUE_FALSE);
}

static bool flips(const struct stand *stand)
{
    return stand->has_turn && stand->is_midnight;
}

/* A person is in the sets of one entry. Of a condition there are two values, so that it differs says which. */
static void stand_move(struct sets *s, uint32_t person, const struct stand *stand, bool is_in)
{
    void (*move)(struct sets * s, struct set_key key, uint32_t person) = is_in ? set_add : set_remove;
    if (!stand->is_plain)
        move(s, set_key(SET_DIFFERS, stand->rule, 0), person);
    if (!stand->is_plain && !is_truth(stand))
        move(s, value_key(stand->rule, stand->value), person);
    if (flips(stand))
        move(s, set_key(SET_FLIPS, stand->rule, stand->turn_day), person);
}

static bool stands_alike(const struct stand *x, const struct stand *y)
{
    return x->rule == y->rule && x->is_plain == y->is_plain && bytes_equal(x->value, y->value) &&
           flips(x) == flips(y) && (!flips(x) || x->turn_day == y->turn_day);
}

/* --- on which days a person turns, whatever the rule --- */

static bool is_on_day(const struct stand *stand)
{
    return stand->has_turn && !stand->is_timed;
}

static bool turns_alike(const struct stand *x, const struct stand *y)
{
    return is_on_day(x) == is_on_day(y) &&
           (!is_on_day(x) || (x->is_midnight == y->is_midnight && x->turn_day == y->turn_day));
}

/* Whether any entry of a section turns so on a day. */
static bool has_day(struct bytes section, bool is_midnight, int32_t day)
{
    struct stand_walk w = stand_walk(section, NULL);
    for (struct stand stand; stand_next(&w, &stand);)
        if (is_on_day(&stand) && stand.turn_day == day && stand.is_midnight == is_midnight)
            return true;
    return false;
}

/* The day of an entry that only one of two sections has. `other` is the one that hasn't it. */
static void day_move(struct sets *s, uint32_t person, const struct stand *stand, struct bytes other, bool is_in)
{
    if (!is_on_day(stand) || has_day(other, stand->is_midnight, stand->turn_day))
        return;
    struct set_key key = set_key(stand->is_midnight ? SET_MIDNIGHTS : SET_MOMENTS, 0, stand->turn_day);
    if (is_in)
        set_add(s, key, person);
    else
        set_remove(s, key, person);
}

/* --- what differs --- */

/* Both sections, entry by entry: most are in both as they were. */
static void stands_move(struct sets *s, uint32_t person, struct bytes before, struct bytes after)
{
    struct stand_walk was = stand_walk(before, NULL), is = stand_walk(after, NULL);
    struct stand x, y;
    bool has_x = stand_next(&was, &x), has_y = stand_next(&is, &y);
    while (has_x || has_y) {
        bool takes_x = has_x && (!has_y || x.rule <= y.rule), takes_y = has_y && (!has_x || y.rule <= x.rule);
        bool is_both = takes_x && takes_y, is_alike = is_both && stands_alike(&x, &y);
        bool turns_same = is_both && turns_alike(&x, &y);
        if (takes_x && !is_alike)
            stand_move(s, person, &x, false);
        if (takes_y && !is_alike)
            stand_move(s, person, &y, true);
        if (takes_x && !turns_same)
            day_move(s, person, &x, after, false);
        if (takes_y && !turns_same)
            day_move(s, person, &y, before, true);
        has_x = takes_x ? stand_next(&was, &x) : has_x;
        has_y = takes_y ? stand_next(&is, &y) : has_y;
    }
}

/* --- the projection --- */

static void *sets_create(void)
{
    struct slab *slab = slab_create();
    struct sets *s = slab_take(slab, sizeof *s);
    *s = (struct sets){.slab = slab, .by_key = ordmap_create(slab), .everybody = bitmap_create(slab)};
    return s;
}

static void sets_destroy(void *made)
{
    struct sets *s = made;
    ordmap_destroy(s->by_key);
    slab_destroy(s->slab); /* and all that is in it: bitmaps have nothing elsewhere */
}

static void sets_changed(void *made, uint32_t number, struct bytes before, struct bytes after)
{
    struct sets *s = made;
    bool lived = identity_section_lives(person_row_section(before, &identity_section));
    bool lives = identity_section_lives(person_row_section(after, &identity_section));
    if (lived != lives)
        (void)(lives ? bitmap_add(s->everybody, number) : bitmap_remove(s->everybody, number));
    struct bytes was = person_row_section(before, &standing_section), is = person_row_section(after, &standing_section);
    if (bytes_equal(was, is))
        return;
    stands_move(s, number, was, is);
}

static size_t sets_bytes(const void *made)
{
    return slab_bytes(((const struct sets *)made)->slab);
}

const struct projection sets_projection = {.name = "rule_sets",
                                           .family = &person_family,
                                           .create = sets_create,
                                           .destroy = sets_destroy,
                                           .changed = sets_changed,
                                           .bytes = sets_bytes};

static const struct sets *sets_of(const struct view *v)
{
    return view_projection(v, &sets_projection);
}

/* --- reading --- */

/* Puts a number in its place among the least `max`, each once. */
static size_t least_insert(uint32_t *list, size_t count, size_t max, uint32_t number)
{
    size_t at = count;
    while (at > 0 && list[at - 1] > number)
        at--;
    if (at == max || (at > 0 && list[at - 1] == number))
        return count;
    size_t moved = count - at - (count == max);
    memmove(list + at + 1, list + at, moved * sizeof *list);
    list[at] = number;
    return count + (count < max);
}

size_t sets_turning(const struct view *v, enum turn_place where, int32_t first, int32_t last, uint32_t after,
                    uint32_t *out_people, size_t max)
{
    const struct sets *s = sets_of(v);
    enum set_kind kind = where == TURN_AT_MIDNIGHT ? SET_MIDNIGHTS : SET_MOMENTS;
    struct set_key from = set_key(kind, 0, first), until = set_key(kind, 0, last);
    const struct ordmap_entry *entry = ordmap_next(s->by_key, key_bytes(&from), false);
    size_t count = 0;
    for (; entry != NULL && bytes_compare(ordmap_key(entry), key_bytes(&until)) <= 0;
         entry = ordmap_next(s->by_key, ordmap_key(entry), true)) {
        uint32_t some[64];
        size_t found;
        for (uint32_t at = after + 1; (found = bitmap_list(set_in(entry), at, some, COUNT_OF(some))) > 0;) {
            for (size_t i = 0; i < found; i++)
                count = least_insert(out_people, count, max, some[i]);
            if (found < COUNT_OF(some) || (count == max && some[found - 1] >= out_people[max - 1]))
                break;
            at = some[found - 1] + 1;
        }
    }
    return count;
}

size_t sets_standing(const struct view *v, uint32_t rule, uint32_t after, uint32_t *out_people, size_t max)
{
    const struct bitmap *set = set_find(sets_of(v), set_key(SET_DIFFERS, rule, 0));
    return set == NULL ? 0 : bitmap_list(set, after + 1, out_people, max);
}

/* `out` becomes what the operation gives of it and of another set. */
static void set_apply(enum bitmap_op op, struct bitmap **io, const struct bitmap *with)
{
    struct bitmap *out = bitmap_of_pair(op, *io, with);
    bitmap_destroy(*io);
    *io = out;
}

/* Who turned at a midnight that has come, and whom the job of the day has not looked at: of a condition that is the other value. */
static void flip(const struct sets *s, uint32_t rule, int32_t today, enum bitmap_op op, struct bitmap **io)
{
    struct set_key from = set_key(SET_FLIPS, rule, INT32_MIN), until = set_key(SET_FLIPS, rule, today);
    const struct ordmap_entry *entry = ordmap_next(s->by_key, key_bytes(&from), false);
    for (; entry != NULL && bytes_compare(ordmap_key(entry), key_bytes(&until)) <= 0;
         entry = ordmap_next(s->by_key, ordmap_key(entry), true))
        set_apply(op, io, set_in(entry));
}

/* Of a value that nobody unknown has: who has it. Of the other: everybody but those of whom it says something else. */
static struct bitmap *set_made(const struct sets *s, const struct set_key *key, bool is_of_unknown)
{
    const struct bitmap *set = set_find(s, *key);
    if (!is_of_unknown)
        return set == NULL ? bitmap_create(s->slab) : bitmap_copy(set);
    struct bitmap *out = bitmap_copy(s->everybody);
    if (set != NULL)
        set_apply(BITMAP_MINUS, &out, set);
    return out;
}

struct bitmap *rule_set(const struct view *v, uint32_t rule, const struct rule_value *value)
{
    static const struct rule_value yes = {.type = RULE_TRUTH, .is_known = true, .truth = true};
    const struct book *b = book_of(v);
    const struct sets *s = sets_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    if (r == NULL || s == NULL)
        return NULL;
    struct bytes packed = value_packed(value == NULL ? yes : *value, v->arena);
    bool is_truth = r->row.type == RULE_TRUTH, is_of_unknown = bytes_equal(packed, r->row.unknown);
    struct set_key key = is_truth || is_of_unknown ? set_key(SET_DIFFERS, rule, 0) : value_key(rule, packed);
    struct bitmap *out = set_made(s, &key, is_of_unknown);
    int32_t today = (int32_t)civil_number(book_civil(b), CIVIL_DAY, v->now_us);
    flip(s, rule, today, is_truth ? BITMAP_XOR : BITMAP_MINUS, &out);
    return out;
}

struct bitmap *rule_set_known(const struct view *v, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct sets *s = sets_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    if (r == NULL || s == NULL || r->row.type == RULE_TRUTH)
        return rule_set(v, rule, NULL);
    struct set_key differs = set_key(SET_DIFFERS, rule, 0), none = value_key(rule, BYTES_NONE);
    return r->row.unknown.size == 0 ? set_made(s, &differs, false) : set_made(s, &none, true);
}

size_t rule_values(const struct view *v, uint32_t rule, struct rule_value *out_values, size_t max)
{
    const struct book *b = book_of(v);
    const struct sets *s = sets_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    size_t count = 0;
    if (r == NULL || s == NULL)
        return 0;
    struct set_key first = value_key(rule, BYTES_NONE);
    struct bytes prefix = bytes_of(first.data, RULE_PREFIX_BYTES);
    const struct ordmap_entry *entry = ordmap_next(s->by_key, prefix, false);
    for (; entry != NULL && bytes_starts_with(ordmap_key(entry), prefix); entry = ordmap_next(s->by_key, ordmap_key(entry), true)) {
        if (value_in(entry).size == 0)
            continue;
        if (count < max)
            out_values[count] = rule_value_unpack(r->row.type, value_in(entry));
        count++;
    }
    return count;
}

struct bitmap *rule_everybody(const struct view *v)
{
    const struct sets *s = sets_of(v);
    return s == NULL ? NULL : bitmap_copy(s->everybody);
}
