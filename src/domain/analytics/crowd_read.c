/* Reading which tags and segments a question names: crowd.h. */
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/crowd.h"

#define REF_BYTES_MAX 512u
#define TERMS_MAX (BITMAP_EXPR_SETS_MAX - 1u) /* in one list */
#define SEGMENT_PREFIX "segment:"
#define TAG_PREFIX "tag:"

bool crowd_is_ref(struct bytes text)
{
    return bytes_starts_with(text, BYTES_LIT(SEGMENT_PREFIX)) || bytes_starts_with(text, BYTES_LIT(TAG_PREFIX));
}

/* The want that asks for the same, or a new one. */
static fallible want_add(struct asked *a, struct json at, struct crowd_want want, uint32_t *out_want, struct err *e)
{
    struct crowd_wants *w = a->question->crowds;
    uint32_t i = 0;
    while (i < w->count && !(w->list[i].by_value == want.by_value && bytes_equal(w->list[i].ref, want.ref)))
        i++;
    if (i == CROWD_WANTS_MAX)
        return asked_wrong(at, e, "a question names at most %u tags and segments", CROWD_WANTS_MAX);
    if (i == w->count)
        w->list[w->count++] = want;
    *out_want = i;
    return DONE;
}

fallible asked_crowd_lane(struct asked *a, struct json from, struct bytes ref, uint32_t *out_want, struct err *e)
{
    struct crowd_want want = {.ref = arena_copy(a->question->arena, ref), .by_value = true};
    return want_add(a, from, want, out_want, e);
}

/* --- whom it is about --- */

static struct crowd_term *term_new(struct arena *a, enum bitmap_op op, uint32_t most)
{
    struct crowd_term *t = ARENA_NEW(a, struct crowd_term);
    *t = (struct crowd_term){.op = op, .of = ARENA_ARRAY(a, const struct crowd_term *, most)};
    return t;
}

/* "vip" is a segment, as "segment:vip" is. */
static fallible named_read(struct asked *a, struct json from, const struct crowd_term **out_term, struct err *e)
{
    struct arena *arena = a->question->arena;
    struct bytes text = json_string(from);
    struct crowd_term *t = term_new(arena, BITMAP_SET, 1);
    if (text.size == 0 || text.size > REF_BYTES_MAX || json_has_nul(from))
        return asked_wrong(from, e, "want the name of a segment, or such as \"tag:level=gold\"");
    struct crowd_want want = {.ref = crowd_is_ref(text) ? arena_copy(arena, text)
                                                        : bytes_of_text(arena_printf(arena, SEGMENT_PREFIX "%.*s", BYTES_ARG(text)))};
    *out_term = t;
    return want_add(a, from, want, &t->want, e);
}

static fallible term_read(struct asked *a, struct json from, uint32_t depth, const struct crowd_term **out_term, struct err *e);

static fallible list_read(struct asked *a, struct json list, enum bitmap_op op, uint32_t depth, const struct crowd_term **out_term,
                          struct err *e)
{
    struct json part = list;
    bool is_list = json_is(list, JSON_ARRAY);
    if (is_list && (json_count(list) == 0 || json_count(list) > TERMS_MAX))
        return asked_wrong(list, e, "want a list of 1 to %u segments", TERMS_MAX);
    struct crowd_term *t = term_new(a->question->arena, op, is_list ? (uint32_t)json_count(list) : 1);
    struct json_walk walk = json_items(list);
    while (is_list ? json_item_next(&walk, &part) : t->count == 0) {
        TRY(term_read(a, part, depth + 1, &t->of[t->count], e));
        t->count++;
    }
    *out_term = t;
    return DONE;
}

/* Who is in all of some, in any of others, and in none of the rest. */
static fallible parts_read(struct asked *a, struct json from, uint32_t depth, const struct crowd_term **out_term, struct err *e)
{
    static const struct member_rule members[] = {{"all", "who is in all of these", "同时属于"},
                                                 {"any", "who is in any of these", "属于其一"},
                                                 {"none", "who is in none of these", "均不属于"}};
    static const enum bitmap_op ops[COUNT_OF(members)] = {BITMAP_AND, BITMAP_OR, BITMAP_OR};
    struct asked inner = {.question = a->question, .body = from};
    struct crowd_term *t = term_new(a->question->arena, BITMAP_AND, COUNT_OF(members));
    TRY(asked_members(&inner, TABLE(members), e));
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct json part = json_find(from, bytes_of_text(members[i].name));
        if (json_is(part, JSON_ABSENT))
            continue;
        TRY(list_read(a, part, ops[i], depth, &t->of[t->count], e));
        if (i == COUNT_OF(members) - 1) {
            struct crowd_term *none = term_new(a->question->arena, BITMAP_NOT, 1);
            none->of[none->count++] = t->of[t->count];
            t->of[t->count] = none;
        }
        t->count++;
    }
    *out_term = t;
    return t->count > 0 ? DONE : asked_wrong(from, e, "want \"all\", \"any\" or \"none\"");
}

static fallible term_read(struct asked *a, struct json from, uint32_t depth, const struct crowd_term **out_term,
                          struct err *e)
{
    if (depth > CROWD_DEPTH_MAX)
        return asked_wrong(from, e, "conditions within conditions go at most %u deep", CROWD_DEPTH_MAX);
    if (json_is(from, JSON_ARRAY))
        return list_read(a, from, BITMAP_AND, depth, out_term, e);
    if (json_is(from, JSON_OBJECT))
        return parts_read(a, from, depth, out_term, e);
    if (!json_is(from, JSON_STRING))
        return asked_wrong(from, e, "want a segment, a list of them, or {\"all\": …, \"any\": …, \"none\": …}, got %s",
                           json_kind_name(json_kind(from)));
    return named_read(a, from, out_term, e);
}

static_assert(3 * CROWD_DEPTH_MAX + 1 <= BITMAP_EXPR_DEPTH_MAX, "all that is read can be evaluated");

static uint32_t sets_of(const struct crowd_term *t)
{
    uint32_t count = t->op == BITMAP_SET;
    for (uint32_t i = 0; i < t->count; i++)
        count += sets_of(t->of[i]);
    return count;
}

fallible asked_crowd(struct asked *a, struct err *e)
{
    struct json from = json_find(a->body, BYTES_LIT("segment"));
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    TRY(term_read(a, from, 0, &a->question->crowds->about, e));
    if (sets_of(a->question->crowds->about) > BITMAP_EXPR_SETS_MAX)
        return asked_wrong(from, e, "it names more than %u sets", BITMAP_EXPR_SETS_MAX);
    return DONE;
}
