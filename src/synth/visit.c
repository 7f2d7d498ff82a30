/* Visits: somebody opens a channel, looks around, becomes known bit by bit, sometimes buys, and goes. */
#include <stdio.h>

#include "synth/play.h"
#include "synth/words.h"

static const char *const campaigns[] = {"spring_new", "member_day", "double11_warmup", "kol_livestream", "sms_recall"};
static const char *const landing_pages[] = {"/", "/new", "/sale", "/member", "/store"};

static bool draw(struct synth *s, double probability)
{
    return rng_chance(&s->rng, probability);
}

static void scene_of_visit(struct synth *s, const char *event, uint32_t person)
{
    struct person *p = &s->people[person];
    synth_scene_begin(s, event, person, p->channel, p->brand);
    synth_show_channel_ids(s, person);
}

static void channel_choose(struct synth *s, uint32_t person)
{
    static const double shares[CHANNEL_COUNT] = {
        [CHANNEL_TMALL] = 18,   [CHANNEL_JD] = 6,    [CHANNEL_DOUYIN] = 12, [CHANNEL_XHS] = 4, [CHANNEL_MINI] = 24,
        [CHANNEL_OFFICIAL] = 5, [CHANNEL_WECOM] = 9, [CHANNEL_WEB] = 10,    [CHANNEL_APP] = 12, [CHANNEL_POS] = 9,
    };
    double weights[CHANNEL_COUNT] = {0}, sum = 0;
    for (uint32_t c = 0; c < CHANNEL_COUNT; c++) {
        weights[c] = synth_cast_has_channel(&s->cast, person, c) ? shares[c] : 0;
        sum += weights[c];
    }
    struct person *p = &s->people[person];
    p->channel = sum > 0 ? (uint8_t)rng_pick(&s->rng, weights, CHANNEL_COUNT) : CHANNEL_MINI;
    p->brand = draw(s, 0.7) ? synth_cast_brand(&s->cast, person) : (uint8_t)rng_below(&s->rng, BRAND_COUNT);
}

/* The till visits of those whom a guide signs up are at that guide's store until it is done. */
static void till_choose(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint16_t guide = synth_cast_staff_phone(&s->cast, person);
    if (guide == NO_GUIDE || (p->shown >> SLOT_PHONE_STAFF & 1))
        return;
    p->channel = CHANNEL_POS;
    p->brand = s->world.stores[s->world.guides[guide].store].brand;
}

static void browser_choose(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    bool anonymous = synth_cast_is_anonymous(&s->cast, person);
    if (synth_cast_device_mate(&s->cast, person) != SYNTH_NOBODY && draw(s, 0.7))
        p->flags |= SHARED_VISIT;
    else if (draw(s, anonymous ? 0.25 : 0.08) && p->cookie + 1 < COOKIES_MAX) {
        p->cookie++;
        p->flags &= ~(uint32_t)DID_LOGIN;
    }
}

static void visit_begin(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    p->flags &= ~(uint32_t)(SHARED_VISIT | SHARED_LOGIN);
    channel_choose(s, person);
    till_choose(s, person);
    p->step = 0;
    p->viewed_sku = SKU_NONE;
    switch ((enum channel)p->channel) {
    case CHANNEL_WEB:
        browser_choose(s, person);
        p->steps = (uint8_t)(4 + rng_below(&s->rng, 9));
        return;
    case CHANNEL_APP:
    case CHANNEL_MINI:
        p->steps = (uint8_t)(3 + rng_below(&s->rng, 10));
        return;
    case CHANNEL_POS:
        p->steps = 3;
        return;
    default:
        p->steps = (uint8_t)(1 + rng_below(&s->rng, 5));
        return;
    }
}

static bool item_event(struct synth *s, uint32_t person, const char *event, uint16_t sku)
{
    scene_of_visit(s, event, person);
    synth_draft_item(&s->draft, &s->world.products[sku], 1);
    return true;
}

static bool page_event(struct synth *s, uint32_t person, const char *event)
{
    scene_of_visit(s, event, person);
    const char *page = landing_pages[rng_below(&s->rng, COUNT_OF(landing_pages))];
    synth_draft_text(&s->draft, PART_PROPERTIES, "page", page);
    if (draw(s, 0.15))
        s->draft.campaign = campaigns[rng_below(&s->rng, COUNT_OF(campaigns))];
    if (s->people[person].channel == CHANNEL_DOUYIN)
        s->draft.touchpoint = "live_room";
    return true;
}

static bool list_event(struct synth *s, uint32_t person)
{
    scene_of_visit(s, "product_list_viewed", person);
    const struct product *p = &s->world.products[synth_sku_draw(&s->rng, s->people[person].brand)];
    synth_draft_text(&s->draft, PART_PROPERTIES, "category", p->category);
    synth_draft_number(&s->draft, PART_PROPERTIES, "position", (int64_t)rng_below(&s->rng, 5) + 1);
    return true;
}

static bool search_event(struct synth *s, uint32_t person)
{
    scene_of_visit(s, "product_searched", person);
    synth_draft_text(&s->draft, PART_PROPERTIES, "keyword", synth_words(&s->rng, TALK_SEARCH));
    synth_draft_number(&s->draft, PART_PROPERTIES, "results", (int64_t)rng_below(&s->rng, 60));
    return true;
}

/* What lies in the cart, if it is of the brand that is being visited. */
static bool cart_is_here(const struct person *p)
{
    return p->cart_sku != SKU_NONE && p->cart_sku / SKUS_PER_BRAND == p->brand;
}

static bool cart_event(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    if (!cart_is_here(p) || draw(s, 0.75)) {
        p->cart_sku = p->viewed_sku != SKU_NONE ? p->viewed_sku : synth_sku_draw(&s->rng, p->brand);
        return item_event(s, person, "cart_added", p->cart_sku);
    }
    uint16_t sku = p->cart_sku;
    p->cart_sku = SKU_NONE;
    return item_event(s, person, "cart_removed", sku);
}

static bool view_event(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    p->viewed_sku = synth_sku_draw(&s->rng, p->brand);
    return item_event(s, person, "product_viewed", p->viewed_sku);
}

/* One step of looking around. */
static bool browse(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint64_t at = rng_below(&s->rng, 100);
    if (at < 14)
        return page_event(s, person, "page_viewed");
    if (at < 30)
        return list_event(s, person);
    if (at < 40)
        return search_event(s, person);
    if (at < 84 || p->viewed_sku == SKU_NONE)
        return view_event(s, person);
    return at < 89 ? item_event(s, person, "favourite_added", p->viewed_sku) : cart_event(s, person);
}

static bool checkout(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint16_t sku = cart_is_here(p) ? p->cart_sku : synth_sku_draw(&s->rng, p->brand);
    p->cart_sku = SKU_NONE;
    return synth_trade_begin(s, person, p->channel, sku);
}

static bool coupon_event(struct synth *s, uint32_t person)
{
    scene_of_visit(s, "coupon_received", person);
    s->people[person].flags |= HAS_COUPON;
    char code[32];
    (void)snprintf(code, sizeof code, "CP%010llu", (unsigned long long)(rng_next(&s->rng) % 10000000000u));
    synth_draft_text(&s->draft, PART_PROPERTIES, "coupon", code);
    synth_draft_money(&s->draft, PART_PROPERTIES, "amount", 2000);
    synth_draft_money(&s->draft, PART_PROPERTIES, "threshold", 19900);
    return true;
}

static bool consent_event(struct synth *s, uint32_t person)
{
    bool give = !person_did(&s->people[person], GAVE_CONSENT);
    scene_of_visit(s, give ? "consent_given" : "consent_withdrawn", person);
    synth_add_consents(s, give);
    return true;
}

/* Membership of the visit's brand; the caller has begun the scene and shown what binds it. */
static void membership_begin(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    synth_show(s, SLOT_MEMBER + p->brand);
    p->flags |= (uint32_t)MEMBER_0 << p->brand;
    synth_add_profile(s);
    synth_add_consents(s, true);
    synth_draft_text(&s->draft, PART_PROPERTIES, "programme", synth_brands[p->brand].id);
}

/* Whom the new member thanks for the tip: somebody who is known in the mini-program. */
static void referrer_add(struct synth *s, uint32_t person)
{
    uint32_t other = (uint32_t)rng_below(&s->rng, s->options.people);
    enum slot slot = SLOT_MINI + s->people[person].brand;
    if (other != person && (s->people[other].shown >> slot & 1))
        synth_show_other(s, other, slot);
}

static bool member_event(struct synth *s, uint32_t person, uint32_t bound_flag)
{
    struct person *p = &s->people[person];
    p->flags |= bound_flag;
    scene_of_visit(s, "registered", person);
    synth_show_given_phone(s);
    membership_begin(s, person);
    if (p->channel == CHANNEL_MINI && draw(s, 0.4))
        referrer_add(s, person);
    return true;
}

/* A number that the mini-program hasn't seen: it is authorised again. */
static bool phone_login(struct synth *s, uint32_t person)
{
    enum slot slot = synth_cast_phone_slot(&s->cast, person, s->now_us);
    if ((s->people[person].shown >> slot & 1) || synth_cast_gives_family_phone(&s->cast, person))
        return false;
    scene_of_visit(s, "login", person);
    synth_show_phone(s);
    synth_draft_text(&s->draft, PART_PROPERTIES, "method", "wechat_phone");
    return true;
}

static bool mini_step(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint32_t bound = (uint32_t)MINI_PHONE_0 << p->brand;
    bool last = p->step + 1 == p->steps;
    if (p->step == 0)
        return page_event(s, person, "page_viewed");
    if (p->step == 1 && !person_did(p, bound)) {
        bool moved = synth_cast_phone_heir(&s->cast, person) != SYNTH_NOBODY;
        if (draw(s, moved ? 0.9 : 0.25))
            return member_event(s, person, bound);
    }
    if (p->step == 1 && person_did(p, bound) && phone_login(s, person))
        return true;
    if (p->step == 2 && draw(s, 0.1))
        return coupon_event(s, person);
    if (p->step == 2 && draw(s, 0.02))
        return consent_event(s, person);
    if (last && person_did(p, bound) && draw(s, cart_is_here(p) ? 0.6 : 0.1))
        return checkout(s, person);
    return browse(s, person);
}

static bool sign_up_event(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    p->flags |= DID_ACCOUNT | (person_did(p, SHARED_VISIT) ? SHARED_LOGIN : DID_LOGIN);
    scene_of_visit(s, "sign_up", person);
    bool by_phone = draw(s, 0.75);
    if (by_phone)
        synth_show_given_phone(s);
    if (!by_phone || draw(s, 0.3))
        synth_show(s, SLOT_EMAIL);
    synth_add_profile(s);
    synth_add_consents(s, true);
    synth_draft_text(&s->draft, PART_PROPERTIES, "method", by_phone ? "phone" : "email");
    return true;
}

static bool login_event(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    p->flags |= person_did(p, SHARED_VISIT) ? SHARED_LOGIN : DID_LOGIN;
    scene_of_visit(s, "login", person);
    synth_draft_text(&s->draft, PART_PROPERTIES, "method", "password");
    return true;
}

static bool logout_event(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    scene_of_visit(s, "logout", person); /* still as the one who leaves */
    p->flags &= ~(uint32_t)(person_did(p, SHARED_VISIT) ? SHARED_LOGIN : DID_LOGIN);
    return true;
}

/* Web and app: anonymous until a log-in. */
static bool account_step(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    bool shared = person_did(p, SHARED_VISIT), logged_in = person_did(p, shared ? SHARED_LOGIN : DID_LOGIN);
    bool last = p->step + 1 == p->steps;
    if (p->step == 0)
        return page_event(s, person, p->channel == CHANNEL_APP ? "app_opened" : "page_viewed");
    if (last && shared && logged_in)
        return logout_event(s, person);
    bool may_identify = !synth_cast_is_anonymous(&s->cast, person);
    if (p->step >= 1 && !logged_in && may_identify) {
        bool knows = person_did(p, DID_ACCOUNT);
        if (draw(s, shared ? 0.9 : knows ? 0.5 : 0.05))
            return knows ? login_event(s, person) : sign_up_event(s, person);
    }
    bool buys = logged_in && (last || (shared && p->step + 2 == p->steps));
    if (buys && draw(s, cart_is_here(p) ? 0.6 : 0.08))
        return checkout(s, person);
    if (last && logged_in && draw(s, 0.05))
        return logout_event(s, person);
    return browse(s, person);
}

/* The flag that the membership of a brand is bound to the marketplace's account. */
static uint32_t market_bound(const struct person *p)
{
    switch ((enum channel)p->channel) {
    case CHANNEL_TMALL:
        return (uint32_t)TMALL_BOUND_0 << p->brand;
    case CHANNEL_DOUYIN:
        return (uint32_t)DOUYIN_BOUND_0 << p->brand;
    case CHANNEL_JD:
        return JD_BOUND;
    default:
        return XHS_BOUND;
    }
}

/* Marketplaces show little of what people do there: no pages, no searches. */
static bool market_step(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint32_t bound = market_bound(p);
    if (!person_did(p, bound) && draw(s, p->channel == CHANNEL_XHS ? 0.05 : 0.1))
        return member_event(s, person, bound);
    if (p->step + 1 == p->steps && draw(s, 0.3))
        return checkout(s, person);
    if (p->channel == CHANNEL_DOUYIN)
        return p->step == 0 ? page_event(s, person, "page_viewed") : browse(s, person);
    if (p->viewed_sku == SKU_NONE || draw(s, 0.4))
        return view_event(s, person);
    return draw(s, 0.4) ? item_event(s, person, "favourite_added", p->viewed_sku) : cart_event(s, person);
}

static void store_set(struct synth *s, uint32_t person, bool with_staff)
{
    struct person *p = &s->people[person];
    uint8_t store = synth_cast_store(&s->cast, person, p->brand);
    s->draft.store = s->world.stores[store].id;
    if (with_staff)
        synth_set_staff(s, synth_cast_guide(&s->cast, person, p->brand), false);
}

static bool arrive_at_store(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    enum slot slot = SLOT_MINI + p->brand;
    synth_scene_begin(s, "store_visited", person, CHANNEL_POS, p->brand);
    if ((p->shown >> slot & 1) && draw(s, 0.5)) { /* scanned the code at the door */
        synth_show(s, slot);
        s->draft.touchpoint = "door_code";
    }
    store_set(s, person, false);
    return true;
}

static bool join_at_till(struct synth *s, uint32_t person)
{
    struct person *p = &s->people[person];
    uint16_t staff = synth_cast_staff_phone(&s->cast, person);
    bool by_staff = staff != NO_GUIDE && !(p->shown >> SLOT_PHONE_STAFF & 1);
    if (!by_staff && (person_did(p, (uint32_t)MEMBER_0 << p->brand) || draw(s, 0.5)))
        return false;
    synth_scene_begin(s, "registered", person, CHANNEL_POS, p->brand);
    if (by_staff)
        synth_show(s, SLOT_PHONE_STAFF); /* the guide wants the sign-up, the shopper doesn't want the calls */
    else
        synth_show_given_phone(s);
    synth_show(s, SLOT_CARD);
    membership_begin(s, person);
    store_set(s, person, true);
    if (by_staff)
        synth_set_staff(s, staff, false);
    s->late_store = synth_cast_store(&s->cast, person, p->brand);
    return true;
}

static bool till_step(struct synth *s, uint32_t person)
{
    switch (s->people[person].step) {
    case 0:
        return arrive_at_store(s, person);
    case 1:
        return join_at_till(s, person);
    default:
        return draw(s, 0.65) && checkout(s, person);
    }
}

static bool step_play(struct synth *s, uint32_t person)
{
    switch ((enum channel)s->people[person].channel) {
    case CHANNEL_TMALL:
    case CHANNEL_JD:
    case CHANNEL_DOUYIN:
    case CHANNEL_XHS:
        return market_step(s, person);
    case CHANNEL_MINI:
        return mini_step(s, person);
    case CHANNEL_WEB:
    case CHANNEL_APP:
        return account_step(s, person);
    case CHANNEL_POS:
        return till_step(s, person);
    case CHANNEL_OFFICIAL:
        return synth_follow_step(s, person);
    case CHANNEL_WECOM:
        return synth_talk_step(s, person);
    case CHANNEL_COUNT:
        break;
    }
    assert(false); /* there is no such channel */
    return false;
}

bool synth_visit_step(struct synth *s, struct task *visit)
{
    uint32_t person = visit->person;
    struct person *p = &s->people[person];
    if (p->step >= p->steps)
        visit_begin(s, person);
    bool drafted = step_play(s, person);
    p->step++;
    if (p->step < p->steps) {
        int64_t pause_max_us = p->channel == CHANNEL_POS || p->channel == CHANNEL_WECOM ? 600 : 90;
        visit->time_us = s->now_us + rng_between(&s->rng, 4 * US_PER_SECOND, pause_max_us * US_PER_SECOND);
        return drafted;
    }
    double days = synth_exponential(&s->rng) / synth_cast_visits_per_day(&s->cast, person);
    visit->time_us = synth_rhythm_after(&s->rhythm, s->now_us, days * s->rhythm.units_per_day);
    return drafted;
}
