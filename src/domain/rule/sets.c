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
#define RULE_PREFIX_BYTES 5u          /* kind and rule */
#define DAY_ZERO UINT32_C(0x80000000) /* so that days before 1970 come first */

/* Somebody who comes into a set or leaves it. Events change sets, and hardly anybody reads them; but to find a set and a place in it misses the cache at every turn. So
 * changes wait, by rule, until there are many of them, which find each of their sets once, or until somebody reads. Sets of values are few, and don't wait. */
struct set_change {
    uint32_t rule, person;
    int32_t day;
    uint8_t kind; /* enum set_kind */
    bool is_in;
};
#define CHANGES_WAITING_MAX 63u
struct changes_waiting {
    uint32_t count;
    struct set_change list[CHANGES_WAITING_MAX]; /* as they came */
};
#define WAITING_LISTS 512u /* a rule's is that of its number modulo this */

struct sets {
    struct slab *slab;
    struct ordmap *by_key;
    struct bitmap *everybody;
    struct changes_waiting *waiting[WAITING_LISTS]; /* NULL: nothing ever did */
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

/* A set that nobody is in any more goes. */
static void set_close(struct sets *s, struct set_key key, struct bitmap *set)
{
    if (bitmap_count(set) > 0)
        return;
    bitmap_destroy(set);
    (void)ordmap_remove(s->by_key, key_bytes(&key));
}

static struct bitmap *set_open(struct sets *s, struct set_key key)
{
    const struct ordmap_entry *entry = ordmap_get(s->by_key, key_bytes(&key));
    return entry != NULL ? set_in(entry) : set_begin(s, &key);
}

static void set_put(struct bitmap *set, uint32_t person, bool is_in)
{
    (void)(is_in ? bitmap_add(set, person) : bitmap_remove(set, person));
}

/* --- changes that wait --- */

static bool is_before(const struct set_change *x, const struct set_change *y)
{
    if (x->rule != y->rule)
        return x->rule < y->rule;
    return x->kind != y->kind ? x->kind < y->kind : x->day < y->day;
}

/* By set; those of one set stay as they came, since somebody may come in and leave again. */
static void changes_sort(struct changes_waiting *w)
{
    for (uint32_t i = 1; i < w->count; i++) {
        const struct set_change change = w->list[i];
        uint32_t at = i;
        for (; at > 0 && is_before(&change, &w->list[at - 1]); at--)
            w->list[at] = w->list[at - 1];
        w->list[at] = change;
    }
}

/* All changes of one set, from `at` on; returns what comes behind them. */
static uint32_t changes_take(struct sets *s, const struct changes_waiting *w, uint32_t at)
{
    const struct set_change *first = &w->list[at];
    struct set_key key = set_key((enum set_kind)first->kind, first->rule, first->day);
    struct bitmap *set = set_open(s, key);
    for (; at < w->count && !is_before(first, &w->list[at]); at++)
        set_put(set, w->list[at].person, w->list[at].is_in);
    set_close(s, key, set);
    return at;
}

/* What waits of a rule, in its sets. */
static void changes_settle(struct sets *s, uint32_t rule)
{
    struct changes_waiting *w = s->waiting[rule % WAITING_LISTS];
    if (w == NULL)
        return;
    changes_sort(w);
    for (uint32_t at = 0; at < w->count;)
        at = changes_take(s, w, at);
    w->count = 0;
}

static void change_wait(struct sets *s, const struct set_change *change)
{
    struct changes_waiting **at = &s->waiting[change->rule % WAITING_LISTS];
    if (*at == NULL) {
        *at = slab_take(s->slab, sizeof **at);
        (*at)->count = 0;
    }
    if ((*at)->count == CHANGES_WAITING_MAX)
        changes_settle(s, change->rule);
    (*at)->list[(*at)->count++] = *change;
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
    struct set_change change = {.rule = stand->rule, .person = person, .kind = SET_DIFFERS, .is_in = is_in};
    if (!stand->is_plain)
        change_wait(s, &change);
    if (!stand->is_plain && !is_truth(stand)) {
        struct set_key key = value_key(stand->rule, stand->value);
        struct bitmap *set = set_open(s, key);
        set_put(set, person, is_in);
        set_close(s, key, set);
    }
    if (flips(stand)) {
        change.kind = SET_FLIPS;
        change.day = stand->turn_day;
        change_wait(s, &change);
    }
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

/* The days on which entries of a section turn, and of these those whose entry turns otherwise in the other section, or isn't there: each as twice the day, and one
 * more for its first instant. */
#define SECTION_STANDS_MAX (STANDINGS_BYTES_MAX / STAND_BYTES_LEAST)
struct section_turns {
    uint32_t count, moved_count;
    int32_t list[SECTION_STANDS_MAX], moved[SECTION_STANDS_MAX];
};

static void turn_note(struct section_turns *t, const struct stand *stand, bool is_moved)
{
    if (!is_on_day(stand))
        return;
    assert(t->count < SECTION_STANDS_MAX);
    int32_t turn = 2 * stand->turn_day + stand->is_midnight;
    t->list[t->count++] = turn;
    if (is_moved)
        t->moved[t->moved_count++] = turn;
}

static bool has_turn(const struct section_turns *t, int32_t turn)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->list[i] == turn)
            return true;
    return false;
}

/* Days that only one of two sections has. `other` is the one that hasn't them. */
static void days_move(struct sets *s, uint32_t person, const struct section_turns *of,
                      const struct section_turns *other, bool is_in)
{
    for (uint32_t i = 0; i < of->moved_count; i++) {
        const int32_t turn = of->moved[i], is_midnight = turn & 1;
        if (has_turn(other, turn))
            continue;
        change_wait(s, &(struct set_change){.rule = RULE_NONE,
                                            .person = person,
                                            .day = (turn - is_midnight) / 2,
                                            .kind = is_midnight ? SET_MIDNIGHTS : SET_MOMENTS,
                                            .is_in = is_in});
    }
}

/* --- what differs --- */

/* Both sections, entry by entry: most are in both as they were. */
static void stands_move(struct sets *s, uint32_t person, struct bytes before, struct bytes after)
{
    struct stand_walk was = stand_walk(before, NULL), is = stand_walk(after, NULL);
    struct section_turns left, came;
    struct stand x, y;
    bool has_x = stand_next(&was, &x), has_y = stand_next(&is, &y);
    left.count = left.moved_count = came.count = came.moved_count = 0; /* and not the lists */
    while (has_x || has_y) {
        bool takes_x = has_x && (!has_y || x.rule <= y.rule), takes_y = has_y && (!has_x || y.rule <= x.rule);
        bool is_both = takes_x && takes_y, is_alike = is_both && stands_alike(&x, &y);
        bool turns_same = is_both && turns_alike(&x, &y);
        if (takes_x && !is_alike)
            stand_move(s, person, &x, false);
        if (takes_y && !is_alike)
            stand_move(s, person, &y, true);
        if (takes_x)
            turn_note(&left, &x, !turns_same);
        if (takes_y)
            turn_note(&came, &y, !turns_same);
        has_x = takes_x ? stand_next(&was, &x) : has_x;
        has_y = takes_y ? stand_next(&is, &y) : has_y;
    }
    days_move(s, person, &left, &came, false);
    days_move(s, person, &came, &left, true);
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

/* As they are once what waits of a rule, or of days (RULE_NONE), is in them. NULL: nobody makes them. */
static const struct sets *sets_settled(const struct view *v, uint32_t rule)
{
    struct sets *s = rows_projection(v->rows, &sets_projection);
    if (s != NULL)
        changes_settle(s, rule);
    return s;
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
    const struct sets *s = sets_settled(v, RULE_NONE);
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
    const struct bitmap *set = set_find(sets_settled(v, rule), set_key(SET_DIFFERS, rule, 0));
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
    const struct sets *s = sets_settled(v, rule);
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
    const struct sets *s = sets_settled(v, rule);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    if (r == NULL || s == NULL || r->row.type == RULE_TRUTH)
        return rule_set(v, rule, NULL);
    struct set_key differs = set_key(SET_DIFFERS, rule, 0), none = value_key(rule, BYTES_NONE);
    return r->row.unknown.size == 0 ? set_made(s, &differs, false) : set_made(s, &none, true);
}

size_t rule_values(const struct view *v, uint32_t rule, struct rule_value *out_values, size_t max)
{
    const struct book *b = book_of(v);
    const struct sets *s = sets_settled(v, rule);
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
    const struct sets *s = view_projection(v, &sets_projection);
    return s == NULL ? NULL : bitmap_copy(s->everybody);
}
