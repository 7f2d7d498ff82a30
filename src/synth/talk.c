/* Talk: friends and groups on WeCom, official accounts, tickets. */
#include <stdio.h>

#include "synth/play.h"
#include "synth/words.h"

static uint8_t entity_of(uint8_t brand)
{
    return synth_brands[brand].entity;
}

/* A scene with a WeCom friend; the brand may be another than the visit's. */
static void scene_of_talk(struct synth *s, const char *event, uint32_t person, uint8_t brand)
{
    synth_scene_begin(s, event, person, CHANNEL_WECOM, brand);
    synth_show(s, SLOT_CORP + entity_of(brand));
    if (person_did(&s->people[person], KNOWN_TO_WECOM))
        synth_show(s, SLOT_UNIONID);
}

static void conversation_set(struct synth *s, uint32_t person, uint8_t brand)
{
    uint64_t hash = synth_cast_hash(&s->cast, person, SALT_CONVERSATION) + entity_of(brand);
    (void)snprintf(s->draft.conversation, sizeof s->draft.conversation, "cv%016llx", (unsigned long long)hash);
}

static bool befriend(struct synth *s, uint32_t person, uint8_t brand)
{
    struct person *p = &s->people[person];
    p->flags |= (uint32_t)FRIEND_0 << entity_of(brand);
    if (rng_chance(&s->rng, 0.85)) /* not every corp is told the unionid at once */
        p->flags |= KNOWN_TO_WECOM;
    scene_of_talk(s, "friend_added", person, brand);
    synth_set_staff(s, synth_cast_guide(&s->cast, person, brand), true);
    s->draft.touchpoint = rng_chance(&s->rng, 0.6) ? "store_code" : "parcel_card";
    struct profile profile;
    synth_cast_profile(&s->cast, person, &profile);
    synth_draft_text(&s->draft, PART_TRAITS, "nickname", profile.nickname);
    return true;
}

static bool part_ways(struct synth *s, uint32_t person, uint8_t brand)
{
    struct person *p = &s->people[person];
    scene_of_talk(s, "friend_lost", person, brand);
    synth_set_staff(s, synth_cast_guide(&s->cast, person, brand), true);
    p->flags &= ~((uint32_t)FRIEND_0 << entity_of(brand));
    return true;
}

static bool message(struct synth *s, uint32_t person, uint8_t brand, enum talk talk)
{
    bool from_guide = talk == TALK_GUIDE;
    scene_of_talk(s, from_guide ? "message_sent" : "message_received", person, brand);
    synth_set_staff(s, synth_cast_guide(&s->cast, person, brand), from_guide);
    conversation_set(s, person, brand);
    synth_draft_text(&s->draft, PART_PROPERTIES, "text", synth_words(&s->rng, talk));
    return true;
}

static bool join_group(struct synth *s, uint32_t person, uint8_t brand)
{
    s->people[person].flags |= IN_GROUP;
    scene_of_talk(s, "group_joined", person, brand);
    uint8_t store = synth_cast_store(&s->cast, person, brand);
    s->draft.store = s->world.stores[store].id;
    static_assert(sizeof s->draft.group == GROUP_ID_BYTES, "a draft has room for it");
    (void)synth_group_id(&s->world.stores[store], person % GROUPS_PER_STORE, s->draft.group);
    return true;
}

static bool like_moment(struct synth *s, uint32_t person, uint8_t brand)
{
    scene_of_talk(s, "moment_liked", person, brand);
    synth_set_staff(s, synth_cast_guide(&s->cast, person, brand), false);
    synth_draft_number(&s->draft, PART_PROPERTIES, "moment", (int64_t)rng_below(&s->rng, 500) + 1);
    return true;
}

static bool complain(struct synth *s, uint32_t person, uint8_t brand)
{
    struct person *p = &s->people[person];
    if (p->errands < ERRANDS_MAX) {
        p->errands++;
        struct task ticket = {.person = person, .kind = TASK_TICKET, .number = ++s->order_count};
        ticket.sku = (uint16_t)(brand * SKUS_PER_BRAND);
        ticket.time_us = s->now_us + rng_between(&s->rng, US_PER_MINUTE, US_PER_HOUR);
        synth_agenda_push(&s->agenda, ticket);
    }
    return message(s, person, brand, TALK_COMPLAINT);
}

bool synth_talk_step(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint8_t brand = p->brand;
    if (!person_did(p, (uint32_t)FRIEND_0 << entity_of(brand)))
        return befriend(s, person, brand);
    if (!person_did(p, KNOWN_TO_WECOM) && rng_chance(&s->rng, 0.1))
        p->flags |= KNOWN_TO_WECOM;
    uint64_t at = rng_below(&s->rng, 100);
    if (at < 2)
        return part_ways(s, person, brand);
    if (at < 14)
        return like_moment(s, person, brand);
    if (at < 24 && !person_did(p, IN_GROUP))
        return join_group(s, person, brand);
    if (at < 29)
        return complain(s, person, brand);
    static const enum talk talks[] = {TALK_GUIDE, TALK_GUIDE,  TALK_GUIDE, TALK_QUESTION,
                                      TALK_PRICE, TALK_SOCIAL, TALK_THANKS};
    return message(s, person, brand, talks[rng_below(&s->rng, COUNT_OF(talks))]);
}

bool synth_say_running_out(struct synth *s, uint32_t person, uint16_t sku)
{
    uint8_t brand = (uint8_t)(sku / SKUS_PER_BRAND);
    if (!person_did(&s->people[person], (uint32_t)FRIEND_0 << entity_of(brand)))
        return false;
    return message(s, person, brand, TALK_RUNNING_OUT);
}

bool synth_follow_step(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint32_t follows = (uint32_t)FOLLOWS_0 << p->brand;
    uint64_t at = rng_below(&s->rng, 100);
    bool is_new = !person_did(p, follows);
    const char *event = is_new     ? "followed"
                        : at < 3   ? "unfollowed"
                        : at < 50  ? "message_sent"
                        : at < 60  ? "message_received"
                                   : "page_viewed";
    p->flags = is_new ? p->flags | follows : at < 3 ? p->flags & ~follows : p->flags;
    synth_scene_begin(s, event, person, CHANNEL_OFFICIAL, p->brand);
    synth_show_channel_ids(s, person);
    struct draft *d = &s->draft;
    if (is_new) {
        d->touchpoint = "menu_code";
    } else if (at >= 3 && at < 50) {
        d->actor_kind = "system";
        d->actor_id = "template";
        synth_draft_text(d, PART_PROPERTIES, "text", synth_words(&s->rng, TALK_SYSTEM));
    } else if (at >= 50 && at < 60) {
        synth_draft_text(d, PART_PROPERTIES, "text", synth_words(&s->rng, TALK_QUESTION));
    } else if (at >= 60) {
        synth_draft_text(d, PART_PROPERTIES, "page", "/article");
    }
    return true;
}

enum ticket_stage { TICKET_COMPLAINT, TICKET_OPENED, TICKET_CLOSED, TICKET_SURVEY };

bool synth_ticket_step(struct synth *s, struct task ticket)
{
    static const char *const events[] = {"complaint", "ticket_opened", "ticket_closed", "survey_answered"};
    uint8_t brand = (uint8_t)(ticket.sku / SKUS_PER_BRAND);
    scene_of_talk(s, events[ticket.stage], ticket.person, brand);
    bool by_staff = ticket.stage == TICKET_OPENED || ticket.stage == TICKET_CLOSED;
    synth_set_staff(s, synth_cast_guide(&s->cast, ticket.person, brand), by_staff);
    char number[32];
    (void)snprintf(number, sizeof number, "TK%010llu", (unsigned long long)ticket.number);
    synth_draft_text(&s->draft, PART_PROPERTIES, "ticket", number);
    if (ticket.stage == TICKET_COMPLAINT)
        synth_draft_text(&s->draft, PART_PROPERTIES, "text", synth_words(&s->rng, TALK_COMPLAINT));
    if (ticket.stage == TICKET_SURVEY)
        synth_draft_number(&s->draft, PART_PROPERTIES, "score", (int64_t)rng_below(&s->rng, 5) + 1);
    bool goes_on = ticket.stage < TICKET_CLOSED || (ticket.stage == TICKET_CLOSED && rng_chance(&s->rng, 0.3));
    if (!goes_on) {
        assert(s->people[ticket.person].errands > 0);
        s->people[ticket.person].errands--;
        return true;
    }
    bool long_wait = ticket.stage == TICKET_OPENED;
    ticket.time_us = s->now_us + rng_between(&s->rng, US_PER_MINUTE, long_wait ? 72 * US_PER_HOUR : 6 * US_PER_HOUR);
    ticket.time_us = synth_daytime(ticket.time_us);
    ticket.stage++;
    synth_agenda_push(&s->agenda, ticket);
    return true;
}
