/* Breakdowns: what is counted is counted apart by the values that up to three properties of an event have, its facet. The facets that weigh most are shown,
 * the others together. Private to analytics.
 *
 * Members of a body: "breakdown": "channel" or ["channel", "store.region"], "top": 10. */
#pragma once

#include "domain/analytics/answer.h"
#include "domain/analytics/groups.h"
#include "domain/analytics/question.h"

#define FACET_VALUES_MAX 3u
#define FACETS_SHOWN_MAX 1000u
#define FACETS_SHOWN_INITIALLY 10
/* clang-format off */
#define BREAKDOWN_MEMBERS \
    {"breakdown", "a property, or up to three: counted apart by their values", "按属性值细分,最多三个"}, \
    {"top", "how many values are shown; the others are one (10)", "显示前几个取值,其余合并(默认 10)"}
/* clang-format on */

struct breakdown {
    uint32_t count; /* 0: none */
    uint32_t lanes[FACET_VALUES_MAX];
    const char *titles[FACET_VALUES_MAX]; /* as they were asked */
    uint32_t shown_max;
};

/* Values of one event, as codes; CODE_NONE where there is none, and behind the breakdown's count. */
struct facet {
    uint32_t codes[FACET_VALUES_MAX];
};

/* Up to `most` properties of a member, a text or a list of texts, as lanes of codes. */
fallible asked_codes(struct asked *a, const char *member, uint32_t most, uint32_t *out_lanes, const char **out_titles, uint32_t *out_count,
                     struct err *e);
fallible asked_breakdown(struct asked *a, struct breakdown *out, struct err *e);

static inline struct facet facet_of(const struct breakdown *b, const struct sequence *s, const struct moment *m)
{
    struct facet f = {{CODE_NONE, CODE_NONE, CODE_NONE}};
    for (uint32_t i = 0; i < b->count; i++)
        f.codes[i] = s->lanes[b->lanes[i]].codes[m->row];
    return f;
}

static inline bool facet_equal(struct facet a, struct facet b)
{
    return a.codes[0] == b.codes[0] && a.codes[1] == b.codes[1] && a.codes[2] == b.codes[2];
}

/* Groups are counted by facet and by a place, such as that of a unit of time. */
static inline struct group_key facet_key(struct facet f, uint32_t place)
{
    return (struct group_key){.high = (uint64_t)f.codes[0] << 32 | f.codes[1], .low = (uint64_t)f.codes[2] << 32 | place};
}

/* What an answer shows. */
struct shown_group {
    struct facet facet;
    bool is_other; /* of all facets that aren't among the first */
    uint32_t rank; /* of the facet: 0 weighs most; of others the last */
    uint32_t place;
    void *own;
};
struct shown_groups {
    struct shown_group *list; /* by rank, then place; in the arena of the groups */
    uint32_t count;
    uint32_t other_count; /* facets that are together */
};
struct group_rules {
    double (*weigh)(const struct question *q, const void *own); /* a facet weighs what its groups do; of equals the first by text comes first */
    void (*join)(const struct question *q, void *into, void *from, struct arena *arena); /* `into` may be zeroed */
};
void groups_join(const struct question *q, const struct group_rules *rules, struct groups *into, struct groups *from);
void breakdown_show(const struct question *q, const struct breakdown *b, const struct texts *texts, struct groups *groups,
                    const struct group_rules *rules, struct shown_groups *out);
/* Where the groups end that are of the facet of the one at `from`. */
uint32_t shown_facet_until(const struct shown_groups *shown, uint32_t from);
/* The columns of its values, at most FACET_VALUES_MAX: how many. */
size_t facet_columns(const struct question *q, const struct breakdown *b, struct answer_column *out_columns);
/* The facet as items of an open array: a text a value. */
void facet_put(const struct breakdown *b, const struct texts *texts, const struct shown_group *g, struct json_writer *w);

/* Which facets a cell speaks of: {"value": "上海"}, of several properties {"value": ["上海", "online"]}; those that are together:
 * {"value": "(other)", "but": ["上海", "北京"]}. */
struct facet_cell {
    bool is_any, is_other;
    uint32_t count; /* of the list, of breakdown.count values each */
    const struct bytes *values;
};
/* clang-format off */
#define FACET_CELL_MEMBERS \
    {"value", "of the breakdown; of several a list", "细分的取值"}, \
    {"but", "with \"(other)\": the values that are shown", "与“(other)”同用:已单独显示的取值"}
/* clang-format on */
fallible facet_cell_read(const struct question *q, const struct breakdown *b, struct json cell, struct facet_cell *out, struct err *e);
bool facet_in_cell(const struct breakdown *b, const struct texts *texts, const struct facet_cell *c, struct facet f);
