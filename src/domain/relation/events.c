/* What standard events say of relations. */
#include "domain/relation/note.h"
#include "lib/value.h"

#define PROGRAMME_DEFAULT BYTES_LIT("default") /* of a member whose programme isn't said */

/* Where the other end stands in an event. */
enum end_place { END_REFERENCE, END_PROGRAMME, END_OTHER, END_NOTHING };

/* clang-format off */
static const struct event_rule {
    uint32_t event;
    uint8_t type;
    bool is_end;
    enum end_place place;
    enum reference reference;
    const char *kind;
} rules[] = {
    {EVENT_FOLLOWED,       RELATION_FOLLOWS,      false, END_REFERENCE, REF_CHANNEL, "channel"},
    {EVENT_FOLLOWED,       RELATION_FOLLOWS,      false, END_REFERENCE, REF_SHOP,    "shop"},
    {EVENT_UNFOLLOWED,     RELATION_FOLLOWS,      true,  END_REFERENCE, REF_CHANNEL, "channel"},
    {EVENT_UNFOLLOWED,     RELATION_FOLLOWS,      true,  END_REFERENCE, REF_SHOP,    "shop"},
    {EVENT_FRIEND_ADDED,   RELATION_FRIEND,       false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_FRIEND_LOST,    RELATION_FRIEND,       true,  END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_GROUP_JOINED,   RELATION_IN_GROUP,     false, END_REFERENCE, REF_GROUP,   "group"},
    {EVENT_GROUP_LEFT,     RELATION_IN_GROUP,     true,  END_REFERENCE, REF_GROUP,   "group"},
    {EVENT_MEMBER_JOINED,  RELATION_MEMBER,       false, END_PROGRAMME, REF_COUNT,   "programme"},
    {EVENT_MEMBER_JOINED,  RELATION_RECRUITED_BY, false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_MEMBER_LEFT,    RELATION_MEMBER,       true,  END_PROGRAMME, REF_COUNT,   "programme"},
    {EVENT_REGISTERED,     RELATION_RECRUITED_BY, false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_SIGN_UP,        RELATION_RECRUITED_BY, false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_ORDER_PAID,     RELATION_SOLD_BY,      false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_ORDER_COMPLETED, RELATION_SOLD_BY,      false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_SALE_MADE,      RELATION_SOLD_BY,      false, END_REFERENCE, REF_STAFF,   "staff"},
    {EVENT_REFERRAL_MADE,  RELATION_REFERRED,     false, END_OTHER,     REF_COUNT,   RELATION_TO_PERSON},
    {EVENT_FORM_SUBMITTED, RELATION_LEAD,         false, END_NOTHING,   REF_COUNT,   NULL},
};
/* clang-format on */

static struct bytes property_text(const struct envelope *v, const char *name)
{
    struct value value;
    bool found = record_find(v->properties, bytes_of_text(name), &value) && value.kind == VALUE_TEXT &&
                 value.body.size <= NAME_BYTES_MAX;
    return found ? value.body : BYTES_NONE;
}

static struct bytes programme_of(const struct envelope *v)
{
    struct bytes name = property_text(v, "programme");
    return name.size > 0 ? name : PROGRAMME_DEFAULT;
}

static struct bytes other_key(const struct envelope *v, struct arena *a)
{
    return v->other_count == 0 ? BYTES_NONE : relation_person_id(v->ids[v->id_count].key, a);
}

/* false: the event doesn't name the other end. */
static bool ref_of(const struct event_rule *rule, const struct envelope *v, struct arena *a, struct thing_ref *out_ref)
{
    *out_ref = (struct thing_ref){.kind = bytes_of_text(rule->kind)};
    switch (rule->place) {
    case END_REFERENCE:
        out_ref->id = v->reference[rule->reference];
        return out_ref->id.size > 0;
    case END_PROGRAMME:
        out_ref->id = programme_of(v);
        return true;
    case END_OTHER:
        out_ref->id = other_key(v, a);
        return out_ref->id.size > 0;
    case END_NOTHING:
        return true;
    }
    return false;
}

/* Of the person itself nothing is said: that is the usual. */
static struct relation_by by_of(const struct envelope *v)
{
    static const enum relation_by_kind kinds[ACTOR_KIND_COUNT] = {[ACTOR_PERSON] = RELATION_BY_NOBODY,
                                                                  [ACTOR_STAFF] = RELATION_BY_STAFF,
                                                                  [ACTOR_BOT] = RELATION_BY_BOT,
                                                                  [ACTOR_SYSTEM] = RELATION_BY_SYSTEM};
    enum relation_by_kind kind = kinds[v->actor];
    return (struct relation_by){kind, kind == RELATION_BY_NOBODY ? BYTES_NONE : v->actor_id};
}

static void rule_apply(struct step *s, const struct resolved *r, const struct event_rule *rule)
{
    const struct envelope *v = &r->arrived->envelope;
    struct note note = {.strand = {.type = rule->type, .brand = r->arrived->brand, .owner = r->owner}, .has_act = true};
    if (!ref_of(rule, v, s->view.arena, &note.strand.ref))
        return;
    note.act = (struct act){.time_us = v->event_us,
                            .is_end = rule->is_end,
                            .reason = rule->is_end ? property_text(v, "reason") : BYTES_NONE,
                            .by = by_of(v)};
    relation_note(s, r->person, &note, 1);
}

void relations_on_event(struct step *s, const struct resolved *r)
{
    for (size_t i = 0; i < COUNT_OF(rules) && r->person != PERSON_NONE; i++)
        if (rules[i].event == r->arrived->event)
            rule_apply(s, r, &rules[i]);
}
