#include "domain/analytics/thing_book.h"

#include <stdlib.h>

#include "base/hash.h"

#define BOOK_BLOCK_BYTES (64u << 10)
#define THINGS_A_LOOK 8u /* so that all rows that they touch are few */
#define POINTS_MAX 64u   /* times at which what a thing belongs to may have changed: the newest are kept */
#define CHAIN_MAX 8u     /* things that are looked at for these times, of one thing */
#define STORIES_FIRST 1024u

/* What is known of one thing's member, by (want, id). */
struct entry {
    uint32_t want;
    struct bytes id;
    struct thing_story story;
};

struct thing_book {
    struct arena *arena;
    struct thing_wants wants;
    struct entry *entries;
    uint32_t *slots; /* twice as many as there is room for entries: entry + 1; 0: free */
    uint32_t count, room;
    uint32_t want;  /* that is being read */
    uint32_t after; /* the last thing of its kind that was kept */
    /* Of the last look. */
    struct arena *staged_arena;
    struct entry staged[THINGS_A_LOOK];
    uint32_t staged_count, staged_after;
};

struct thing_book *thing_book_create(const struct thing_wants *wants)
{
    if (wants->count == 0)
        return NULL;
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct thing_book *b = ARENA_NEW(arena, struct thing_book);
    *b = (struct thing_book){.arena = arena, .wants = *wants, .staged_arena = arena_create(BOOK_BLOCK_BYTES)};
    for (uint32_t i = 0; i < wants->count; i++) {
        b->wants.list[i].kind = arena_copy(arena, wants->list[i].kind);
        b->wants.list[i].member = arena_copy(arena, wants->list[i].member);
    }
    return b;
}

void thing_book_destroy(struct thing_book *b)
{
    if (b == NULL)
        return;
    arena_destroy(b->staged_arena);
    arena_destroy(b->arena);
}

/* --- reading --- */

static const struct thing_slot *slot_of_thing(const struct thing *t, uint32_t number)
{
    for (uint32_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].number == number)
            return &t->slots[i];
    return NULL;
}

/* The versions of an attribute, the oldest first. */
static struct thing_story attribute_story(const struct view *v, const struct thing_want *want, const struct thing *t,
                                          struct arena *arena)
{
    const struct thing_kind *kind = thing_kind_named(v, want->kind);
    const struct thing_attribute *attribute = kind == NULL ? NULL : thing_attribute_named(kind, want->member);
    const struct thing_slot *slot = attribute == NULL ? NULL : slot_of_thing(t, attribute->number);
    uint32_t count = slot == NULL ? 0 : slot->count;
    struct thing_stretch *stretches = ARENA_ARRAY(arena, struct thing_stretch, count);
    for (uint32_t i = 0; i < count; i++)
        stretches[i] = (struct thing_stretch){slot->versions[count - 1 - i].time_us,
                                              arena_copy(arena, slot->versions[count - 1 - i].value)};
    return (struct thing_story){count, stretches};
}

static int time_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Times at which what a thing belongs to may have changed: those at which it, or anything that it ever belonged to, got a parent. */
static uint32_t points_of(const struct view *v, const struct thing *t, struct bytes kind, int64_t out[POINTS_MAX])
{
    struct thing chain[CHAIN_MAX] = {*t};
    uint32_t count = 0, chain_count = 1;
    for (uint32_t at = 0; at < chain_count; at++) {
        const struct thing_slot *slot = slot_of_thing(&chain[at], THING_PARENT);
        for (uint32_t i = 0; slot != NULL && i < slot->count; i++) {
            struct thing_ref parent;
            if (count < POINTS_MAX)
                out[count++] = slot->versions[i].time_us;
            if (thing_parent(&chain[at], slot->versions[i].time_us, &parent) != TOLD ||
                bytes_equal(parent.kind, kind) || chain_count == CHAIN_MAX)
                continue;
            uint32_t number = thing_find(v, &parent);
            bool is_new = number != THING_NONE;
            for (uint32_t k = 0; k < chain_count; k++)
                is_new &= chain[k].number != number;
            chain_count += is_new && thing_read(v, number, &chain[chain_count]);
        }
    }
    qsort(out, count, sizeof *out, time_order);
    return count;
}

static struct thing_story ancestor_story(const struct view *v, const struct thing_want *want, const struct thing *t,
                                         struct arena *arena)
{
    int64_t points[POINTS_MAX];
    uint32_t count = points_of(v, t, want->member, points);
    struct thing_stretch *stretches = ARENA_ARRAY(arena, struct thing_stretch, count);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes id = thing_ancestor(v, t, want->member, points[i]);
        struct buf value = arena_buf(arena, id.size + VARINT_BYTES_MAX + 1);
        if (id.size == 0)
            pack_u8(&value, VALUE_NULL);
        else
            value_pack_text(&value, id);
        stretches[i] = (struct thing_stretch){points[i], buf_bytes(&value)};
    }
    return (struct thing_story){count, stretches};
}

static bool is_seen(const struct view *v, const struct thing *t, struct bytes kind, thing_seen seen,
                    const void *context)
{
    return seen == NULL || seen(context, v, &(struct thing_ref){.kind = kind, .ns = t->ns, .id = t->id});
}

void thing_book_look(struct thing_book *b, const struct view *v, thing_seen seen, const void *context)
{
    const struct thing_want *want = &b->wants.list[b->want];
    uint32_t number = b->after;
    arena_reset(b->staged_arena);
    b->staged_count = 0;
    b->staged_after = THING_NONE;
    if (b->want == b->wants.count)
        return;
    for (uint32_t i = 0; i < THINGS_A_LOOK; i++) {
        struct thing t;
        number = thing_next(v, want->kind, number);
        if (number == THING_NONE)
            return;
        b->staged_after = number;
        if (!thing_read(v, number, &t) || t.ns.size > 0 || !is_seen(v, &t, want->kind, seen, context))
            continue;
        b->staged[b->staged_count++] = (struct entry){.want = b->want,
                                                      .id = arena_copy(b->staged_arena, t.id),
                                                      .story = want->is_ancestor
                                                                   ? ancestor_story(v, want, &t, b->staged_arena)
                                                                   : attribute_story(v, want, &t, b->staged_arena)};
    }
}

/* --- keeping --- */

static uint32_t *slot_of(const struct thing_book *b, uint32_t want, struct bytes id)
{
    uint32_t mask = b->room * 2 - 1;
    for (uint32_t at = (uint32_t)hash64(id, want) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &b->slots[at];
        if (*slot == 0 || (b->entries[*slot - 1].want == want && bytes_equal(b->entries[*slot - 1].id, id)))
            return slot;
    }
}

static void book_grow(struct thing_book *b)
{
    struct entry *before = b->entries;
    b->room = b->room == 0 ? STORIES_FIRST : b->room * 2;
    b->entries = ARENA_ARRAY(b->arena, struct entry, b->room);
    b->slots = ARENA_ARRAY(b->arena, uint32_t, (size_t)b->room * 2);
    for (uint32_t i = 0; i < b->count; i++) {
        b->entries[i] = before[i];
        *slot_of(b, before[i].want, before[i].id) = i + 1;
    }
}

static void entry_keep(struct thing_book *b, const struct entry *staged)
{
    struct thing_stretch *stretches = ARENA_ARRAY(b->arena, struct thing_stretch, staged->story.count);
    for (uint32_t i = 0; i < staged->story.count; i++)
        stretches[i] = (struct thing_stretch){staged->story.stretches[i].from_us,
                                              arena_copy(b->arena, staged->story.stretches[i].value)};
    if (b->count == b->room)
        book_grow(b);
    uint32_t *slot = slot_of(b, staged->want, staged->id);
    b->entries[b->count] = (struct entry){.want = staged->want,
                                          .id = arena_copy(b->arena, staged->id),
                                          .story = {.count = staged->story.count, .stretches = stretches}};
    *slot = ++b->count;
}

fallible thing_book_keep(struct thing_book *b, bool *out_done, struct err *e)
{
    for (uint32_t i = 0; i < b->staged_count; i++)
        if (b->staged[i].story.count > 0)
            entry_keep(b, &b->staged[i]);
    b->staged_count = 0;
    b->after = b->staged_after;
    if (b->staged_after == THING_NONE && b->want < b->wants.count)
        b->want++;
    *out_done = b->want == b->wants.count;
    if (b->count > THINGS_A_BOOK_MAX || arena_used(b->arena) > THING_BOOK_BYTES_MAX)
        return FAIL(e, LIMIT, "the question names attributes of more than %u things: name fewer kinds",
                    THINGS_A_BOOK_MAX);
    return DONE;
}

/* --- looking up --- */

const struct thing_story *thing_book_find(const struct thing_book *b, uint32_t want, struct bytes id)
{
    const uint32_t *slot = b == NULL || b->room == 0 ? NULL : slot_of(b, want, id);
    return slot == NULL || *slot == 0 ? NULL : &b->entries[*slot - 1].story;
}

bool thing_story_at(const struct thing_story *s, int64_t at_us, struct value *out_value)
{
    uint32_t from = 0, until = s->count; /* the first that begins later */
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (s->stretches[middle].from_us <= at_us)
            from = middle + 1;
        else
            until = middle;
    }
    if (from == 0)
        return false;
    struct unpack u = unpack_of(s->stretches[from - 1].value);
    *out_value = unpack_value(&u);
    return out_value->kind != VALUE_NULL;
}

bool thing_value_next(const struct value *v, uint32_t *io_at, struct value *out_one)
{
    struct unpack u = unpack_of(v->body);
    if (v->kind == VALUE_LIST) {
        for (uint32_t i = 0; i < *io_at && i < v->count; i++)
            (void)unpack_value_bytes(&u);
        if (*io_at >= v->count)
            return false;
        *out_one = unpack_value(&u);
    } else if (v->kind == VALUE_OBJECT) {
        struct bytes key;
        bool is_found = false;
        for (uint32_t i = 0; i < v->count && !is_found && *io_at == 0; i++) {
            *out_one = unpack_member(&u, &key);
            is_found = bytes_equal(key, BYTES_LIT("amount"));
        }
        if (!is_found)
            return false;
    } else {
        *out_one = *v;
        if (*io_at > 0)
            return false;
    }
    (*io_at)++;
    return true;
}
