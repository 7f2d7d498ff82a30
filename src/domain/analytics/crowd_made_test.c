#include "domain/analytics/crowd_made_test.h"

#include "domain/identity/identity.h"
#include "lib/value.h"

#define DEPTH_MAX 3u

static const char *const said[MADE_CROWDS] = {"a", "segment:b", "tag:c=x", "tag:d"};
static const char *const refs[MADE_CROWDS] = {"segment:a", "segment:b", "tag:c=x", "tag:d"};
static const char *const texts[MADE_VALUES] = {"-", "low", "high"};
#define WITH_VALUES 3u /* of these: "tag:d" */

static void any_condition(struct t *t, uint32_t depth, struct buf *out)
{
    static const char *const members[] = {"all", "any", "none"};
    bool is_first = true;
    if (depth == DEPTH_MAX || rng_chance(&t->rng, 0.4)) {
        buf_printf(out, "\"%s\"", said[rng_below(&t->rng, MADE_CROWDS)]);
        return;
    }
    if (rng_chance(&t->rng, 0.3)) {
        buf_push_text(out, "[");
        any_condition(t, depth + 1, out);
        buf_push_text(out, ",");
        any_condition(t, depth + 1, out);
        buf_push_text(out, "]");
        return;
    }
    buf_push_text(out, "{");
    for (uint32_t first = (uint32_t)rng_below(&t->rng, 3), i = first; i < COUNT_OF(members); i++) {
        if (i > first && rng_chance(&t->rng, 0.5))
            continue;
        buf_printf(out, "%s\"%s\":[", is_first ? "" : ",", members[i]);
        any_condition(t, depth + 1, out);
        buf_push_text(out, ",");
        any_condition(t, depth + 1, out);
        buf_push_text(out, "]");
        is_first = false;
    }
    buf_push_text(out, "}");
}

/* --- the plainest reading --- */

static bool holds(const struct made_crowds *m, struct json x, uint32_t person);

static bool holds_of_list(const struct made_crowds *m, struct json list, uint32_t person, bool all)
{
    struct json part;
    for (struct json_walk w = json_items(list); json_item_next(&w, &part);)
        if (holds(m, part, person) != all)
            return !all;
    return all;
}

static bool holds(const struct made_crowds *m, struct json x, uint32_t person)
{
    struct json all = json_find(x, BYTES_LIT("all")), any = json_find(x, BYTES_LIT("any")), none = json_find(x, BYTES_LIT("none"));
    if (json_is(x, JSON_ARRAY))
        return holds_of_list(m, x, person, true);
    if (json_is(x, JSON_OBJECT))
        return (json_is(all, JSON_ABSENT) || holds_of_list(m, all, person, true)) &&
               (json_is(any, JSON_ABSENT) || holds_of_list(m, any, person, false)) &&
               (json_is(none, JSON_ABSENT) || !holds_of_list(m, none, person, false));
    for (uint32_t k = 0; k < MADE_CROWDS; k++)
        if (bytes_equal(json_string(x), bytes_of_text(said[k])))
            return m->values[k][person] != 0;
    return false;
}

/* Of nobody no condition holds, not even of who is in none. */
static void has_fill(struct t *t, struct made_crowds *m)
{
    struct json_parser *parser = json_parser_create(1u << 16);
    struct json root;
    struct err e = {0};
    CHECK_DONE(t, json_parse(parser, bytes_of_text(m->body), &root, &e), &e);
    struct json segment = json_find(root, BYTES_LIT("segment"));
    bool *has = ARENA_ARRAY(t->arena, bool, m->people);
    for (uint32_t person = 0; person < m->people; person++)
        has[person] = json_is(segment, JSON_ABSENT) || (person != PERSON_NONE && holds(m, segment, person));
    m->has = has;
    json_parser_destroy(parser);
}

/* --- made --- */

struct made_crowds *made_crowds_create(struct t *t, uint32_t people)
{
    struct made_crowds *m = ARENA_NEW(t->arena, struct made_crowds);
    struct buf body = arena_buf(t->arena, 65536);
    *m = (struct made_crowds){.slab = slab_create(), .people = people};
    for (uint32_t k = 0; k < MADE_CROWDS; k++) {
        uint8_t *values = ARENA_ARRAY(t->arena, uint8_t, people);
        double share = rng_chance(&t->rng, 0.2) ? 0 : rng_unit(&t->rng);
        for (uint32_t person = 1; person < people; person++)
            values[person] = (uint8_t)(rng_chance(&t->rng, share) ? 1 + (k == WITH_VALUES ? rng_below(&t->rng, MADE_VALUES - 1) : 0) : 0);
        m->values[k] = values;
    }
    buf_push_text(&body, "{");
    if (rng_chance(&t->rng, 0.6)) {
        buf_push_text(&body, "\"segment\":");
        any_condition(t, 0, &body);
    }
    buf_push_text(&body, "}");
    m->body = arena_text(t->arena, buf_bytes(&body));
    has_fill(t, m);
    return m;
}

void made_crowds_destroy(struct made_crowds *m)
{
    slab_destroy(m->slab);
}

const char *made_crowd_value(const struct made_crowds *m, const char *lane, uint32_t person)
{
    if (person == PERSON_NONE)
        return "-";
    return strcmp(lane, MADE_LANE_TAG) == 0 ? texts[m->values[WITH_VALUES][person]] : m->values[1][person] != 0 ? "true" : "false";
}

/* --- the book --- */

static struct bitmap *set_of(struct made_crowds *m, uint32_t crowd, uint8_t value)
{
    struct bitmap *set = bitmap_create(m->slab);
    for (uint32_t person = 1; person < m->people; person++)
        if (value == 0 ? m->values[crowd][person] != 0 : m->values[crowd][person] == value)
            (void)bitmap_add(set, person);
    return set;
}

static struct bytes packed_truth(struct t *t, bool truth)
{
    uint8_t kind = truth ? VALUE_TRUE : VALUE_FALSE;
    return arena_copy(t->arena, bytes_of(&kind, sizeof kind));
}

static void want_fill(struct t *t, struct made_crowds *m, struct crowd_book *b, uint32_t want, const struct crowd_want *asked)
{
    uint32_t k = 0;
    while (k < MADE_CROWDS - 1 && !bytes_equal(asked->ref, bytes_of_text(refs[k])))
        k++;
    CHECK_BYTES(t, asked->ref, bytes_of_text(refs[k]));
    if (!asked->by_value) {
        crowd_book_take(b, want, BYTES_NONE, set_of(m, k, 0));
        return;
    }
    if (k != WITH_VALUES) {
        crowd_book_take(b, want, packed_truth(t, true), set_of(m, k, 0));
        crowd_book_otherwise(b, want, packed_truth(t, false));
        return;
    }
    for (uint8_t value = 1; value < MADE_VALUES; value++) {
        struct buf packed = arena_buf(t->arena, 64);
        value_pack_text(&packed, bytes_of_text(texts[value]));
        crowd_book_take(b, want, buf_bytes(&packed), set_of(m, k, value));
    }
}

struct crowd_book *made_crowds_book(struct t *t, struct made_crowds *m, const struct crowd_wants *wants)
{
    struct err e = {0};
    struct crowd_book *b = crowd_book_create(wants);
    for (uint32_t i = 0; i < wants->count; i++)
        want_fill(t, m, b, i, &wants->list[i]);
    if (b == NULL)
        return NULL;
    if (rng_chance(&t->rng, 0.1)) { /* it began anew */
        crowd_book_drop(b);
        for (uint32_t i = 0; i < wants->count; i++)
            want_fill(t, m, b, i, &wants->list[i]);
    }
    CHECK_DONE(t, crowd_book_keep(b, m->people, &e), &e);
    crowd_book_drop(b);
    return b;
}
