/* The play: its state, and what the parts of it (visits, trade, talk) share. A scene is one task of the agenda; it
 * drafts at most one event, and puts what follows from it on the agenda. */
#pragma once

#include "base/rng.h"
#include "base/time.h"
#include "synth/agenda.h"
#include "synth/cast.h"
#include "synth/draft.h"
#include "synth/mail.h"
#include "synth/rhythm.h"

#define SKU_NONE UINT16_MAX
#define ERRANDS_MAX 6 /* orders, refills and tickets under way, a person */

/* What a person has done so far. Those that end in _0 take one bit a brand (or legal entity). */
enum person_flag {
    DID_ACCOUNT = 1 << 0,  /* signed up on web or app */
    DID_LOGIN = 1 << 1,    /* and is logged in, on the own browser */
    SHARED_VISIT = 1 << 2, /* this visit is on the shared browser … */
    SHARED_LOGIN = 1 << 3, /* … and logged in there */
    HAS_COUPON = 1 << 4,
    GAVE_CONSENT = 1 << 5,
    IN_GROUP = 1 << 6,
    KNOWN_TO_WECOM = 1 << 7, /* unionid has been told */
    MEMBER_0 = 1 << 8,
    MINI_PHONE_0 = 1 << 11,
    TMALL_BOUND_0 = 1 << 14,
    DOUYIN_BOUND_0 = 1 << 17,
    FOLLOWS_0 = 1 << 20,
    FRIEND_0 = 1 << 23,
    JD_BOUND = 1 << 25,
    XHS_BOUND = 1 << 26,
};

struct person {
    uint64_t shown; /* set of slots */
    uint32_t flags;
    uint16_t viewed_sku, cart_sku;
    uint8_t channel, brand; /* of the visit */
    uint8_t step, steps;    /* the next step, of so many */
    uint8_t cookie;         /* the current one */
    uint8_t errands;
};

enum truth_phase { TRUTH_PEOPLE, TRUTH_PAIRS, TRUTH_STAFF, TRUTH_SHOPS, TRUTH_DAYS, TRUTH_END };

struct truth_cursor {
    enum truth_phase phase;
    uint32_t at;
    uint64_t *staff_people; /* those who signed up with a staff phone: guide and person, in order; owned */
    uint32_t staff_count;
};

/* What a shop's orders add up to so far. A shop's place is synth_shop_place. */
struct shop_sums {
    uint64_t orders;
    int64_t gross_fen, refunded_fen, net_fen;
};
/* And those that were made on one day, paid or not. */
struct day_sums {
    uint64_t orders;
    int64_t amount_fen;
};

struct synth {
    struct synth_options options;
    struct world world;
    struct cast cast;
    struct rhythm rhythm;
    struct rng rng;
    struct person *people;
    struct agenda agenda;
    struct mail mail;
    struct draft draft;
    struct buf line;
    int32_t *till_back; /* [store][day]: the day on which a till that is offline comes back; 0: it is online */
    int64_t now_us;
    uint64_t event_count, order_count;
    struct shop_sums shops[SHOP_COUNT];
    struct day_sums *days; /* [shop][day of the span]; owned */
    uint32_t day_count;    /* days + 1: the span needn't begin at midnight */
    int32_t first_day;
    uint32_t actor;      /* whose event is being drafted */
    bool device_clock;   /* its time is of the person's device */
    uint8_t late_store;  /* its till, or STORE_COUNT */
    struct truth_cursor truth;
};

/* Begins an event of `person` (SYNTH_NOBODY: of nobody) on a channel; brand BRAND_COUNT: no brand. */
void synth_scene_begin(struct synth *s, const char *event, uint32_t person, enum channel channel, uint8_t brand);

/* Shows an identifier of the actor as the buyer's own: it is part of the truth from now on. */
void synth_show(struct synth *s, enum slot slot);
void synth_show_phone(struct synth *s);           /* the one in use now, sometimes oddly written */
void synth_show_given_phone(struct synth *s);     /* the one given at sign-ups: the family's, or the own */
void synth_show_channel_ids(struct synth *s, uint32_t person); /* what the channel knows during a visit */
void synth_show_other(struct synth *s, uint32_t person, enum slot slot); /* the other person of the event */
/* Phones that must not identify: of whom the parcel goes to, cut or replaced by the platform. */
enum phone_cover { COVER_NONE, COVER_MASK, COVER_VIRTUAL };
void synth_show_receiver(struct synth *s, uint32_t person, enum phone_cover cover); /* SYNTH_NOBODY: a stranger */
void synth_show_masked_own(struct synth *s);
/* The phone that is shown of a receiver; what it takes by chance comes out of `rng`. */
void synth_receiver_phone(const struct synth *s, struct rng *rng, uint32_t person, enum phone_cover cover,
                          char out_text[ID_TEXT_BYTES]);

void synth_add_profile(struct synth *s);              /* traits of the actor */
void synth_add_consents(struct synth *s, bool given); /* marketing by several channels */
void synth_set_staff(struct synth *s, uint16_t guide, bool is_actor);

/* The parts. Each drafts one event and returns true, or has nothing to say. */
bool synth_visit_step(struct synth *s, struct task *visit); /* sets visit->time_us to the next step's */
bool synth_trade_begin(struct synth *s, uint32_t person, enum channel channel, uint16_t sku); /* an order, now */
bool synth_trade_step(struct synth *s, struct task order);
bool synth_refill(struct synth *s, struct task refill);
bool synth_walk_in(struct synth *s, struct task *walk_in);
bool synth_price_change(struct synth *s, struct task *price);
bool synth_talk_step(struct synth *s, uint32_t person);   /* a step of a visit on WeCom */
bool synth_follow_step(struct synth *s, uint32_t person); /* and on an official account */
bool synth_ticket_step(struct synth *s, struct task ticket);

bool synth_say_running_out(struct synth *s, uint32_t person, uint16_t sku); /* a message to the guide */
uint16_t synth_sku_draw(struct rng *rng, uint8_t brand); /* a few sell most */
int64_t synth_daytime(int64_t us); /* what would fall between midnight and 08:00 happens eight hours later */

static inline size_t synth_shop_place(enum channel channel, uint8_t brand)
{
    return (size_t)channel * BRAND_COUNT + brand;
}

static inline bool person_did(const struct person *p, uint32_t flag)
{
    return (p->flags & flag) != 0;
}
