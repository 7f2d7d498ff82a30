/* For tests of programs: a person made of events, traits and a friendship, read as plain loops read them (naive_test.h) and as a program does, whose features'
 * series are made here, by a matcher that knows no more than these events have. */
#pragma once

#include "domain/rule/naive_test.h"
#include "domain/rule/program_world_test.h"

#define PERSON_EVENTS_MAX 14u

struct person_made {
    struct t *t;
    struct program_world *world;
    struct naive naive;
    struct naive_event events[PERSON_EVENTS_MAX];
    struct naive_trait traits[3];
    const struct program *program;
    struct bytes series[PROGRAM_FEATURES_MAX];
    struct rule_relation friendship;
    struct reading reading;
};

/* What the matcher would make of an event. */
static inline bool person_entry(struct person_made *p, const struct feature *f, const struct naive_event *e,
                                struct series_entry *out)
{
    struct buf key = arena_buf(p->t->arena, 32), value = arena_buf(p->t->arena, 32);
    uint32_t number = name_number(&p->world->view, NAME_EVENT, bytes_of_text(e->name));
    struct naive_value said = naive_said_by(&p->naive, f->value, e);
    bool is_end = f->shape.kind == SERIES_FIRST || f->shape.kind == SERIES_LAST;
    uint64_t bits = 0;
    for (uint32_t k = 0; k < f->step_count; k++) {
        if (f->steps[k].event_count == 0 && naive_where(&p->naive, f->steps[k].where, e))
            bits |= f->steps[k].bits;
        for (uint32_t i = 0; i < f->steps[k].event_count; i++)
            if (f->steps[k].events[i] == number && naive_where(&p->naive, f->steps[k].where, e))
                bits |= f->steps[k].bits;
    }
    bool has_value = said.kind != NAIVE_UNKNOWN;
    if (bits == 0 || e->us < f->from_us || e->us >= f->until_us || (f->value.size > 0 && !has_value && !is_end))
        return false;
    if (said.kind == NAIVE_NUMBER)
        value_pack_decimal(&value, said.number / 1000000, 0);
    else if (has_value)
        value_pack_text(&value, said.text);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_push_byte(&key, (uint8_t)(e->key >> shift));
    *out = (struct series_entry){.bucket = f->grain == GRAIN_EVER  ? 0
                                           : f->grain == GRAIN_DAY ? civil_number(p->world->civil, CIVIL_DAY, e->us)
                                                                   : e->us,
                                 .key = f->value_is_key     ? buf_bytes(&value)
                                        : f->shape.is_keyed ? buf_bytes(&key)
                                                            : BYTES_NONE,
                                 .count = f->shape.kind == SERIES_BITS ? bits : 1,
                                 .sum = (series_wide)e->amount * 1000000,
                                 .number = is_end ? e->us : e->amount * 1000000,
                                 .tie = e->key,
                                 .value = is_end ? buf_bytes(&value) : BYTES_NONE};
    return true;
}

/* Each half of the events by itself, then both as one. */
static inline void person_gather(struct person_made *p)
{
    const struct feature *const *features;
    size_t count = program_features(p->program, &features);
    for (size_t i = 0; i < count; i++) {
        const struct series_shape *shape = &features[i]->shape;
        struct bytes halves[2] = {0}, *both = &p->series[i];
        struct series_entry entry;
        for (size_t k = 0; k < p->naive.count; k++)
            if (person_entry(p, features[i], &p->events[k], &entry))
                halves[k % 2] = series_add(shape, halves[k % 2], &entry, -SERIES_BUCKET_MAX, p->t->arena);
        *both = series_merge(shape, halves[0], halves[1], -SERIES_BUCKET_MAX, p->t->arena);
    }
}

static inline struct series_walk person_series(void *context, uint32_t feature, const struct series_shape *shape)
{
    const struct person_made *p = context;
    return series_walk(shape, p->series[feature]);
}

static inline bool person_trait(void *context, uint32_t trait, struct value *out_value)
{
    const struct person_made *p = context;
    struct bytes name = name_text(&p->world->view, NAME_TRAIT, trait);
    for (size_t i = 0; i < p->naive.trait_count; i++)
        if (bytes_equal(name, bytes_of_text(p->traits[i].name))) {
            *out_value = (struct value){.kind = VALUE_TEXT, .body = bytes_of_text(p->traits[i].text)};
            return true;
        }
    return false;
}

static inline size_t person_relations(void *context, uint32_t type, const struct rule_relation **out_list)
{
    const struct person_made *p = context;
    *out_list = &p->friendship;
    return type == RELATION_FRIEND && p->naive.friend_of != NULL;
}

static inline struct reading person_reading(struct person_made *p)
{
    return (struct reading){.context = p,
                            .civil = p->world->civil,
                            .now_us = p->naive.now_us,
                            .series = person_series,
                            .trait = person_trait,
                            .relations = person_relations};
}
