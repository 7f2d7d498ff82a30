/* Tags and segments: what sets of the engine hold is what rows of the plain replay say of each person, which has the same digest. */
#include "domain/audience/audience.h"
#include "engine/engine_priv.h"
#include "lib/bitmap.h"
#include "sim/run.h"

struct set_read {
    uint32_t rule;
    struct bitmap *set; /* NULL: there is no such rule */
};

static void set_take(const struct view *v, void *context)
{
    struct set_read *read = context;
    bitmap_destroy(read->set); /* it is read again when something was cold */
    read->set = rule_set_known(v, read->rule);
}

static bool says_anything(const struct rule_value *value)
{
    return value->is_known && (value->type != RULE_TRUTH || value->truth);
}

static void rule_compare(struct run *r, const struct rule *rule)
{
    struct set_read read = {.rule = rule->number};
    engine_read(r->engine, set_take, &read);
    struct bytes text = arena_copy(r->arena, rule->text);
    struct view v = shadow_view(r->shadow);
    uint32_t end = view_rows_end(&v, &person_family);
    for (uint32_t person = 1; person < end && read.set != NULL; person++) {
        v = shadow_view(r->shadow); /* an empty arena */
        if (identity_living(&v, person) != person || rule_pending(&v, person))
            continue;
        struct rule_value value = rule_says(&v, person, rule->number);
        if (says_anything(&value) != bitmap_has(read.set, person))
            run_fail(r, "rule %u (%.*s): its set %s person %u, of whom rows say otherwise", rule->number,
                     BYTES_ARG(text), bitmap_has(read.set, person) ? "has" : "hasn't", person);
    }
    r->transcript->sets += read.set != NULL;
    bitmap_destroy(read.set);
}

/* Once nothing happens by itself any more, every definition answers as it was said last. */
static void states_check(struct run *r)
{
    struct view v = shadow_view(r->shadow);
    for (enum audience_kind kind = AUDIENCE_SEGMENT; kind < AUDIENCE_KIND_COUNT; kind++) {
        struct audience a = {.name = BYTES_NONE};
        while (audience_next(&v, kind, a.name, &a)) {
            enum audience_state state = audience_state(&a);
            if (state == AUDIENCE_GATHERING || state == AUDIENCE_WAITING)
                run_fail(r, "%s %.*s is %s for ever", audience_kind_names[kind], BYTES_ARG(a.name),
                         audience_state_names[state]);
        }
    }
}

void check_audience(struct run *r, bool is_settled)
{
    int64_t due_us;
    if (is_settled)
        states_check(r);
    struct view v = shadow_view(r->shadow);
    uint32_t end = rules_end(&v);
    if (engine_timer_due(&v, &due_us) && due_us <= v.now_us)
        return; /* some are turning */
    for (uint32_t number = 1; number < end && !run_failed(r); number++) {
        struct rule rule;
        v = shadow_view(r->shadow);
        bool is_found = rule_find(&v, number, &rule) && rule.state == RULE_IN_FORCE;
        if (is_found &&
            (is_settled || rule.type == RULE_TRUTH)) /* values that turned at a midnight wait for the job of the day */
            rule_compare(r, &rule);
    }
}
