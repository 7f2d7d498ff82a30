#include "domain/rule/effort.h"

#include "domain/rule/look.h"

#define SERIES_HEAD_BYTES 3u /* of a slot in the section: its number and how long it is, about */

struct rule_looks rule_looks_of(const struct view *v, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    if (r == NULL)
        return (struct rule_looks){0};
    const struct rule_looks *today = &r->effort->today, *before = &r->effort->before;
    return (struct rule_looks){.from_us = before->from_us != 0 ? before->from_us : today->from_us,
                               .looks = today->looks + before->looks,
                               .turns = today->turns + before->turns};
}

void rule_try(const struct view *v, uint32_t person, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    if (r == NULL || r->program == NULL)
        return;
    struct reading reading = person_reading(v, b, person);
    reading_for(&reading, r);
    (void)value_packed(program_value(r->program, &reading, v->arena), v->arena);
    (void)program_turn(r->program, &reading, v->arena);
}

/* Grows by doubling: how many readers the slots of a person have nobody counts beforehand. */
struct bytes_list {
    struct arena *arena;
    struct rule_bytes *list;
    size_t count, room;
};

static void bytes_add(struct bytes_list *l, uint32_t rule, double bytes)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 64 : l->room * 2;
        struct rule_bytes *list = ARENA_ARRAY(l->arena, struct rule_bytes, room);
        for (size_t i = 0; i < l->count; i++)
            list[i] = l->list[i];
        l->list = list;
        l->room = room;
    }
    l->list[l->count++] = (struct rule_bytes){rule, bytes};
}

static void series_share(struct bytes_list *l, const struct book_feature *f, size_t bytes)
{
    for (uint32_t i = 0; i < f->rule_count; i++)
        bytes_add(l, f->rules[i], (double)bytes / f->rule_count);
}

size_t rule_bytes_of(const struct view *v, uint32_t person, const struct rule_bytes **out_list)
{
    struct bytes_list l = {.arena = v->arena};
    const struct book *b = book_of(v);
    const struct slot_series *series;
    size_t count = b == NULL ? 0 : person_features(v, person, &series);
    for (size_t i = 0; i < count; i++) {
        const struct book_feature *f = book_feature(b, series[i].slot);
        if (f != NULL)
            series_share(&l, f, series[i].series.size + SERIES_HEAD_BYTES);
    }
    struct stand_walk w = stand_walk(b == NULL ? BYTES_NONE : view_section(v, person, &standing_section), NULL);
    size_t left = unpack_left(&w.left);
    for (struct stand stand; stand_next(&w, &stand); left = unpack_left(&w.left))
        bytes_add(&l, stand.rule, (double)(left - unpack_left(&w.left)));
    *out_list = l.list;
    return l.count;
}
