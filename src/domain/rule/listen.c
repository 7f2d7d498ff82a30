#include "domain/rule/listen.h"

#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/hearing.h"
#include "domain/rule/orders.h"
#include "domain/rule/parted.h"
#include "domain/rule/things.h"
#include "engine/forget.h"

/* --- events --- */

static void entries_add(struct step *s, const struct book *b, uint32_t person, const struct slot_entries *list,
                        size_t count, struct rule_numbers *rules)
{
    struct book_shapes shapes = {.book = b, .now_us = s->view.now_us};
    struct slot_rules slots = book_slots(&shapes);
    struct person_sheaves *sheaves;
    (void)person_features_add(s, person, &slots, list, count, &sheaves);
    rules_look_added(s, b, person, sheaves, rules);
}

void entries_gather(struct step *s, const struct book *b, uint32_t person, const struct slot_entries *list,
                    size_t count)
{
    struct rule_numbers n = {0};
    for (size_t i = 0; i < count; i++) {
        const struct book_feature *f = book_feature(b, list[i].slot);
        if (f != NULL)
            rule_numbers_add(&n, s->view.arena, (struct book_list){.count = f->rule_count, .list = f->rules});
    }
    if (count > 0)
        entries_add(s, b, person, list, count, &n);
}

/* Series are written while what looking at the rules reads is on its way. */
static void heard_gather(struct step *s, const struct book *b, uint32_t person, const struct hearing *h,
                         const struct heard *heard)
{
    struct rule_numbers n = {0};
    hearing_fetch(h, heard->rules);
    rule_numbers_add(&n, s->view.arena, heard->rules);
    entries_add(s, b, person, heard->list, heard->count, &n);
}

static void look_places(struct step *s, const struct book *b, uint32_t person, struct program_place place)
{
    struct rule_numbers n = {0};
    rule_numbers_add(&n, s->view.arena, book_reads(b, place));
    rules_look(s, b, person, &n, false);
}

static void hear_resolved(struct step *s, const void *fact)
{
    const struct resolved *r = fact;
    const struct book *b = book_of(&s->view);
    struct heard heard;
    if (b == NULL || r->person == PERSON_NONE)
        return;
    if (r->created)
        look_places(s, b, r->person, (struct program_place){.what = PROGRAM_SELF});
    const struct hearing *h = book_hearing(b, r->arrived->event);
    if (h == NULL)
        return;
    hearing_match(h, r->arrived, book_civil(b), s->view.arena, &heard);
    if (heard.count == 0)
        return;
    if (r->arrived->envelope.event_us > s->view.now_us)
        future_put(s,
                   &(struct future_event){.owner = r->owner,
                                          .message = r->arrived->envelope.message,
                                          .event_us = r->arrived->envelope.event_us},
                   heard.list, heard.count);
    else
        heard_gather(s, b, r->person, h, &heard);
}

/* --- what else is known of people --- */

static void hear_profile_changed(struct step *s, const void *fact)
{
    const struct profile_changed *changed = fact;
    const struct book *b = book_of(&s->view);
    bool is_consent = changed->trait == 0;
    if (b != NULL)
        look_places(
            s, b, changed->person,
            (struct program_place){.what = is_consent ? PROGRAM_CONSENT : PROGRAM_TRAIT, .number = changed->trait});
}

static void hear_relation_changed(struct step *s, const void *fact)
{
    const struct relation_changed *changed = fact;
    const struct book *b = book_of(&s->view);
    if (b != NULL)
        look_places(s, b, changed->person,
                    (struct program_place){.what = PROGRAM_RELATION, .number = changed->type->number});
}

static void hear_listing_changed(struct step *s, const void *fact)
{
    const struct listing_changed *changed = fact;
    const struct book *b = book_of(&s->view);
    if (b != NULL)
        look_places(s, b, changed->person, (struct program_place){.what = PROGRAM_LIST, .number = changed->list});
}

/* Also types that the person has no more. */
static void hear_identifiers_changed(struct step *s, const void *fact)
{
    const struct identifiers_changed *changed = fact;
    const struct book *b = book_of(&s->view);
    struct rule_numbers n = {0};
    if (b == NULL || changed->count == 0)
        return;
    rule_numbers_add_all(&n, s->view.arena, b, PROGRAM_IDENTIFIER);
    rules_look(s, b, changed->person, &n, false);
}

/* --- who is whom --- */

static void join(struct step *s, const struct book *b, uint32_t living, uint32_t absorbed)
{
    struct book_shapes shapes = {.book = b, .now_us = s->view.now_us};
    struct slot_rules rules = book_slots(&shapes);
    if (absorbed == living)
        return;
    (void)person_features_merge(s, living, absorbed, &rules);
    rules_forget(s, b, absorbed);
    if (!parted_join(s, b, living, absorbed))
        rules_look_all(s, b, living);
}

static void hear_merged(struct step *s, const void *fact)
{
    const struct merged *m = fact;
    const struct book *b = book_of(&s->view);
    uint32_t living = identity_living(&s->view, m->survivor);
    if (b == NULL)
        return;
    join(s, b, living, m->absorbed);
    join(s, b, living, m->survivor);
}

/* What is kept of them all can't be taken apart: their events are read again, and until then nothing is said. */
static void hear_split(struct step *s, const void *fact)
{
    const struct split *split = fact;
    const struct book *b = book_of(&s->view);
    if (b == NULL || book_next(b, RULE_NONE) == RULE_NONE)
        return;
    for (uint32_t i = 0; i < split->part_count; i++)
        parted_begin(s, b, split->parts[i].person);
}

void rule_forget(struct step *s, struct forgotten *who)
{
    const struct book *b = book_of(&s->view);
    if (b == NULL)
        return;
    for (uint32_t i = 0; i < who->number_count; i++) {
        person_features_clear(s, who->numbers[i]);
        rules_forget(s, b, who->numbers[i]);
        parted_forget(s, who->numbers[i]);
    }
    future_forget(s, who->owners, who->owner_count, INT64_MAX);
}

const struct listener rule_hears[RULE_HEARS] = {
    {&fact_resolved, hear_resolved},
    {&fact_profile_changed, hear_profile_changed},
    {&fact_relation_changed, hear_relation_changed},
    {&fact_listing_changed, hear_listing_changed},
    {&fact_identifiers_changed, hear_identifiers_changed},
    {&fact_merged, hear_merged},
    {&fact_split, hear_split},
    {&fact_order_changed, hear_order_changed},
    {&fact_order_rates_changed, hear_order_rates_changed},
    {&fact_thing_changed, hear_thing_changed},
    {&fact_relation_listed, hear_relation_listed},
};
