/* What becomes of definitions' rules, and whom they move. */
#include <inttypes.h>

#include "domain/audience/commands.h"
#include "domain/audience/cancel.h"

static const struct bytes maker_prefix = BYTES_INIT("audience:");

struct bytes maker_text(struct arena *a, uint32_t number, uint64_t asked)
{
    return bytes_of_text(arena_printf(a, "%.*s%" PRIu32 ":%" PRIu64, BYTES_ARG(maker_prefix), number, asked));
}

/* Takes a number off the front, and what stands behind it. */
static uint64_t number_take(struct bytes *text)
{
    uint64_t number = 0;
    size_t size = 0;
    for (; size < text->size && text->data[size] != ':'; size++)
        number = number * 10 + (uint64_t)(text->data[size] - '0');
    *text = bytes_slice(*text, size < text->size ? size + 1 : size, text->size);
    return number;
}

/* What begins so was written by maker_text. */
bool maker_read(struct bytes maker, uint32_t *out_number, uint64_t *out_asked)
{
    if (!bytes_starts_with(maker, maker_prefix))
        return false;
    struct bytes rest = bytes_slice(maker, maker_prefix.size, maker.size);
    *out_number = (uint32_t)number_take(&rest);
    *out_asked = number_take(&rest);
    return true;
}

/* --- moved --- */

/* It is there: it gathers, or is ready. */
static void hear_coming(struct step *s, struct audience *a, const struct rule_moved *f)
{
    a->next = f->rule;
    a->next_is_ready = f->state == RULE_READY;
    audience_rule_put(s, f->rule, a->number);
    audience_put(s, a);
    if (a->next_is_ready)
        batch_look(s, a->batch);
}

/* One that a later save gave up may come into force all the same, when the switch was under way: it answers, and the definition goes on changing. */
static void hear_in_force(struct step *s, struct audience *a, const struct rule_moved *f, uint64_t asked)
{
    a->rule = f->rule;
    audience_rule_put(s, f->rule, a->number);
    growth_begin(s);
    if (a->asked == asked) {
        a->next = RULE_NONE;
        a->next_is_ready = false;
        a->asked = 0;
        batch_join(s, a, 0);
    }
    asked_settle(s, a->number, asked, a->asked);
    audience_put(s, a);
}

static void hear_over(struct step *s, uint32_t number, const struct rule_moved *f)
{
    struct audience a;
    audience_rule_remove(s, f->rule);
    if (!audience_numbered(&s->view, number, &a) || a.rule != f->rule)
        return;
    a.rule = RULE_NONE;
    audience_put(s, &a);
}

void audience_hear_moved(struct step *s, const void *fact)
{
    const struct rule_moved *f = fact;
    uint32_t number;
    uint64_t asked;
    struct audience a;
    if (!maker_read(f->maker, &number, &asked))
        return;
    bool is_there = audience_numbered(&s->view, number, &a);
    if (f->state == RULE_OVER)
        hear_over(s, number, f);
    else if (is_there && f->state == RULE_IN_FORCE)
        hear_in_force(s, &a, f, asked);
    else if (is_there && a.asked == asked)
        hear_coming(s, &a, f);
    else
        rule_drop(s, f->rule);
}

/* --- turned --- */

void audience_hear_turned(struct step *s, const void *fact)
{
    const struct rule_turned *f = fact;
    struct audience a;
    if (!audience_of_rule(&s->view, f->rule, &a))
        return;
    struct audience_turned *turned = ARENA_NEW(s->view.arena, struct audience_turned);
    *turned = (struct audience_turned){.number = a.number,
                                       .person = f->person,
                                       .kind = a.kind,
                                       .name = a.name,
                                       .before = f->before,
                                       .after = f->after,
                                       .by_time = f->by_time};
    growth_count(s, turned);
    bool is_in = f->after.is_known && f->after.truth;
    step_say(s,
             a.kind == AUDIENCE_TAG ? &fact_tag_changed
             : is_in                ? &fact_segment_entered
                                    : &fact_segment_left,
             turned);
}
