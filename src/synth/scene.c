#include <stdio.h>
#include <string.h>

#include "synth/play.h"

void synth_scene_begin(struct synth *s, const char *event, uint32_t person, enum channel channel, uint8_t brand)
{
    assert(person == SYNTH_NOBODY || person < s->options.people);
    struct draft *d = &s->draft;
    synth_draft_clear(d);
    d->event = event;
    s->actor = person;
    d->channel = synth_channel_ids[channel];
    if (brand < BRAND_COUNT) {
        d->brand = synth_brands[brand].id;
        d->shop = s->world.shops[channel][brand];
    }
    s->device_clock = person != SYNTH_NOBODY &&
                      (channel == CHANNEL_WEB || channel == CHANNEL_APP || channel == CHANNEL_MINI);
    s->late_store = STORE_COUNT;
}

static void id_add(struct synth *s, const struct cast_id *id, const char *role)
{
    synth_draft_id(&s->draft, PART_IDS, (struct id_text){id->type, id->ns, id->text, role});
}

void synth_show(struct synth *s, enum slot slot)
{
    assert(s->actor != SYNTH_NOBODY);
    struct cast_id id;
    synth_cast_id(&s->cast, s->actor, slot, &id);
    s->people[s->actor].shown |= UINT64_C(1) << slot;
    id_add(s, &id, NULL);
}

/* The same number as people and systems write it. */
static void phone_disguise(struct rng *rng, char text[ID_TEXT_BYTES])
{
    char plain[ID_TEXT_BYTES];
    memcpy(plain, text, sizeof plain);
    if (plain[0] == '+') { /* with the country already: 00 for the plus */
        (void)snprintf(text, ID_TEXT_BYTES, "00%.40s", plain + 1);
        return;
    }
    switch (rng_below(rng, 5)) {
    case 0:
        (void)snprintf(text, ID_TEXT_BYTES, "+86%.11s", plain);
        return;
    case 1:
        (void)snprintf(text, ID_TEXT_BYTES, "0086-%.11s", plain);
        return;
    case 2:
        (void)snprintf(text, ID_TEXT_BYTES, "%.3s %.4s %.4s", plain, plain + 3, plain + 7);
        return;
    case 3:
        (void)snprintf(text, ID_TEXT_BYTES, "%.3s-%.4s-%.4s", plain, plain + 3, plain + 7);
        return;
    default:
        for (size_t i = 0; i < 11; i++) { /* U+FF10 and following: EF BC 90+d */
            text[i * 3] = (char)0xef, text[i * 3 + 1] = (char)0xbc;
            text[i * 3 + 2] = (char)(0x90 + plain[i] - '0');
        }
        text[33] = 0;
        return;
    }
}

static void show_phone_slot(struct synth *s, enum slot slot)
{
    struct cast_id id;
    synth_cast_id(&s->cast, s->actor, slot, &id);
    s->people[s->actor].shown |= UINT64_C(1) << slot;
    if (rng_chance(&s->rng, s->options.odd_phone))
        phone_disguise(&s->rng, id.text);
    id_add(s, &id, NULL);
}

void synth_show_phone(struct synth *s)
{
    show_phone_slot(s, synth_cast_phone_slot(&s->cast, s->actor, s->now_us));
}

void synth_show_given_phone(struct synth *s)
{
    if (synth_cast_gives_family_phone(&s->cast, s->actor))
        show_phone_slot(s, SLOT_PHONE_FAMILY);
    else
        synth_show_phone(s);
}

static void show_browser(struct synth *s, struct person *p)
{
    bool shared = person_did(p, SHARED_VISIT);
    synth_show(s, shared ? SLOT_COOKIE_SHARED : SLOT_COOKIE + p->cookie);
    if (person_did(p, shared ? SHARED_LOGIN : DID_LOGIN))
        synth_show(s, SLOT_USER);
}

void synth_show_channel_ids(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    switch ((enum channel)p->channel) {
    case CHANNEL_TMALL:
        synth_show(s, SLOT_OUID + p->brand);
        if (rng_chance(&s->rng, 0.7))
            synth_show(s, SLOT_OMID);
        return;
    case CHANNEL_JD:
        synth_show(s, SLOT_JD);
        return;
    case CHANNEL_DOUYIN:
        synth_show(s, SLOT_DOUYIN + p->brand);
        return;
    case CHANNEL_XHS:
        synth_show(s, SLOT_XHS);
        return;
    case CHANNEL_MINI:
        synth_show(s, SLOT_MINI + p->brand);
        /* Some mini-program users' unionid is only told once they authorise. */
        if (person_did(p, (uint32_t)MINI_PHONE_0 << p->brand) ||
            synth_cast_unit(&s->cast, person, SALT_UNIONID_LATE) > 0.15)
            synth_show(s, SLOT_UNIONID);
        return;
    case CHANNEL_OFFICIAL:
        synth_show(s, SLOT_OFFICIAL + p->brand);
        synth_show(s, SLOT_UNIONID);
        return;
    case CHANNEL_WECOM:
        synth_show(s, SLOT_CORP + synth_brands[p->brand].entity);
        if (person_did(p, KNOWN_TO_WECOM))
            synth_show(s, SLOT_UNIONID);
        return;
    case CHANNEL_WEB:
        show_browser(s, p);
        return;
    case CHANNEL_APP:
        synth_show(s, SLOT_DEVICE);
        if (person_did(p, DID_LOGIN))
            synth_show(s, SLOT_USER);
        return;
    case CHANNEL_POS:
    case CHANNEL_COUNT:
        return;
    }
}

void synth_show_other(struct synth *s, uint32_t person, enum slot slot)
{
    struct cast_id id;
    synth_cast_id(&s->cast, person, slot, &id);
    synth_draft_id(&s->draft, PART_OTHER, (struct id_text){id.type, id.ns, id.text, NULL});
}

/* 138****1234, also of numbers abroad. */
static void phone_mask(char text[ID_TEXT_BYTES])
{
    size_t size = strlen(text);
    assert(size >= 8);
    memset(text + size - 8, '*', 4);
}

/* A number of the platform, with an extension; the platform gives it to others as soon as the parcel is delivered. */
static void phone_replace(struct rng *rng, char text[ID_TEXT_BYTES])
{
    uint32_t line = (uint32_t)rng_below(rng, 400) * 7919, extension = (uint32_t)rng_below(rng, 10000);
    (void)snprintf(text, ID_TEXT_BYTES, "170%08u-%04u", line, extension);
}

void synth_receiver_phone(const struct synth *s, struct rng *rng, uint32_t person, enum phone_cover cover,
                          char out_text[ID_TEXT_BYTES])
{
    struct cast_id id = {0};
    if (person == SYNTH_NOBODY)
        synth_cast_stranger_phone(&s->cast, rng_next(rng), id.text);
    else
        synth_cast_id(&s->cast, person, synth_cast_phone_slot(&s->cast, person, s->now_us), &id);
    if (cover == COVER_MASK)
        phone_mask(id.text);
    if (cover == COVER_VIRTUAL)
        phone_replace(rng, id.text);
    memcpy(out_text, id.text, ID_TEXT_BYTES);
}

void synth_show_receiver(struct synth *s, uint32_t person, enum phone_cover cover)
{
    struct cast_id id = {.type = "phone"};
    synth_receiver_phone(s, &s->rng, person, cover, id.text);
    id_add(s, &id, "receiver");
}

void synth_show_masked_own(struct synth *s)
{
    struct cast_id id;
    synth_cast_id(&s->cast, s->actor, synth_cast_phone_slot(&s->cast, s->actor, s->now_us), &id);
    phone_mask(id.text);
    id_add(s, &id, NULL);
}

void synth_add_profile(struct synth *s)
{
    struct draft *d = &s->draft;
    struct profile profile;
    synth_cast_profile(&s->cast, s->actor, &profile);
    synth_draft_text(d, PART_TRAITS, "name", profile.name);
    synth_draft_text(d, PART_TRAITS, "nickname", profile.nickname);
    synth_draft_text(d, PART_TRAITS, "gender", profile.female ? "female" : "male");
    synth_draft_text(d, PART_TRAITS, profile.lunar ? "birthday_lunar" : "birthday", profile.birthday);
    synth_draft_text(d, PART_TRAITS, "city", profile.city->name);
    char code[16];
    (void)snprintf(code, sizeof code, "%u", profile.city->code);
    synth_draft_text(d, PART_TRAITS, "region", code);
}

void synth_add_consents(struct synth *s, bool given)
{
    static const char *const channels[] = {"sms", "wecom", "email"};
    struct person *p = &s->people[s->actor];
    p->flags = given ? p->flags | GAVE_CONSENT : p->flags & ~(uint32_t)GAVE_CONSENT;
    size_t count = given ? 1 + rng_below(&s->rng, COUNT_OF(channels)) : COUNT_OF(channels);
    for (size_t i = 0; i < count; i++)
        synth_draft_consent(&s->draft, channels[i], given);
}

void synth_set_staff(struct synth *s, uint16_t guide, bool is_actor)
{
    assert(guide < GUIDE_COUNT);
    const struct guide *g = &s->world.guides[guide];
    s->draft.store = s->world.stores[g->store].id;
    s->draft.staff = g->id;
    if (is_actor) {
        s->draft.actor_kind = "staff";
        s->draft.actor_id = g->id;
    }
}

int64_t synth_daytime(int64_t us)
{
    int64_t in_day_us = us + ZONE_SECONDS * US_PER_SECOND - day_of_time(us, ZONE_SECONDS) * US_PER_DAY;
    return in_day_us < 8 * US_PER_HOUR ? us + 8 * US_PER_HOUR : us;
}

uint16_t synth_sku_draw(struct rng *rng, uint8_t brand)
{
    assert(brand < BRAND_COUNT);
    double u = rng_unit(rng);
    uint32_t rank = (uint32_t)(u * u * SKUS_PER_BRAND);
    /* Scattered over the categories, so that the best sellers are not all of the first one. */
    return (uint16_t)(brand * (uint32_t)SKUS_PER_BRAND + rank * 37 % SKUS_PER_BRAND);
}
