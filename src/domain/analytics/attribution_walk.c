#include "domain/analytics/attribution_walk.h"

#define TOUCHES_FIRST 64u

void touch_walk_init(struct touch_walk *w, const struct touch_rule *rule, struct arena *arena,
                     void (*meet)(void *context, const struct walked_path *path), void *context)
{
    *w = (struct touch_walk){.arena = arena, .rule = rule, .meet = meet, .context = context, .touches_room = TOUCHES_FIRST};
    w->touches = ARENA_ARRAY(arena, struct touch, w->touches_room);
    code_map_init(&w->keys, arena);
}

static bool in_range(const struct touch_rule *rule, int64_t us)
{
    return us >= rule->from_us && us < rule->until_us;
}

static void touch_add(struct touch_walk *w, struct touch touch)
{
    if (w->count == w->touches_room) {
        struct touch *more = ARENA_ARRAY(w->arena, struct touch, 2 * w->touches_room);
        memcpy(more, w->touches, w->count * sizeof *more);
        w->touches = more;
        w->touches_room *= 2;
    }
    w->touches[w->count++] = touch;
}

/* Tells the touches [from, until) as the path of a conversion, or (NULL) of none. */
static void tell(struct touch_walk *w, uint32_t from, uint32_t until, const struct moment *conversion)
{
    struct walked_path path = {.conversion = conversion, .is_conversion = conversion != NULL};
    path.is_cut = until - from > w->rule->touches_max;
    if (path.is_cut)
        from = until - w->rule->touches_max;
    path.touches = &w->touches[from];
    path.count = until - from;
    path.is_open = conversion == NULL && w->touches[until - 1].time_us + w->rule->look_back_us >= w->rule->now_us;
    w->meet(w->context, &path);
}

/* Touches before `until` come into no conversion's path any more: those that are in none and lie in the range are told. */
static void settle(struct touch_walk *w, uint32_t until)
{
    uint32_t at = w->settled > w->used ? w->settled : w->used;
    while (at < until && w->touches[at].time_us < w->rule->from_us)
        at++;
    while (at < until && w->touches[at].time_us < w->rule->until_us) {
        uint32_t first = at;
        int64_t last_us = w->touches[first].time_us + w->rule->look_back_us;
        while (at < until && w->touches[at].time_us < w->rule->until_us && w->touches[at].time_us <= last_us)
            at++;
        tell(w, first, at, NULL);
    }
    w->settled = until > w->settled ? until : w->settled;
}

/* A key that has been makes it no conversion. */
static bool is_duplicate(struct touch_walk *w, const struct sequence *s, const struct moment *m)
{
    uint32_t key = w->rule->has_key ? s->lanes[w->rule->key_lane].codes[m->row] : CODE_NONE;
    if (key == CODE_NONE)
        return false;
    uint32_t *times = code_map_take(&w->keys, key);
    return (*times)++ > 0;
}

static void convert(struct touch_walk *w, const struct sequence *s, const struct moment *m)
{
    if (is_duplicate(w, s, m)) {
        w->duplicates += in_range(w->rule, m->time_us);
        return;
    }
    uint32_t first = w->settled > w->restart ? w->settled : w->restart;
    while (first < w->count && m->time_us - w->touches[first].time_us > w->rule->look_back_us)
        first++;
    settle(w, first);
    if (in_range(w->rule, m->time_us))
        tell(w, first, w->count, m);
    w->used = w->count;
    w->restart = w->rule->restarts ? w->count : 0;
}

static void touch_take(struct touch_walk *w, const struct sequence *s, const struct moment *m)
{
    uint32_t channel = s->lanes[w->rule->channel_lane].codes[m->row];
    if (channel == CODE_NONE)
        w->without_channel += in_range(w->rule, m->time_us);
    else
        touch_add(w, (struct touch){m->time_us, channel});
}

/* Of all touches nothing but the last one is kept. */
static void walk_last(struct touch_walk *w, const struct sequence *s)
{
    const struct touch_rule *rule = w->rule;
    const uint32_t *channels = s->lanes[rule->channel_lane].codes;
    struct touch last = {.channel = CODE_NONE};
    for (uint32_t i = 0; i < s->count; i++) {
        const struct moment *m = &s->moments[i];
        uint32_t channel = channels[m->row];
        if ((m->picks >> rule->conversion & 1) == 0) {
            if ((m->picks & rule->touches) != 0 && channel != CODE_NONE)
                last = (struct touch){m->time_us, channel};
            continue;
        }
        bool counts = in_range(rule, m->time_us), is_again = is_duplicate(w, s, m);
        w->duplicates += counts && is_again;
        if (counts && !is_again) {
            bool is_near = last.channel != CODE_NONE && m->time_us - last.time_us <= rule->look_back_us;
            w->meet(w->context, &(struct walked_path){.touches = &last, .count = is_near, .is_conversion = true, .conversion = m});
        }
        if (rule->restarts && !is_again)
            last.channel = CODE_NONE;
    }
}

void touch_walk_take(struct touch_walk *w, const struct sequence *s)
{
    code_map_clear(&w->keys);
    if (w->rule->is_last_only) {
        walk_last(w, s);
        return;
    }
    w->count = w->settled = w->used = w->restart = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct moment *m = &s->moments[i];
        if ((m->picks >> w->rule->conversion & 1) != 0)
            convert(w, s, m);
        else if ((m->picks & w->rule->touches) != 0)
            touch_take(w, s, m);
    }
    settle(w, w->count);
}
