/* Who the people are. Nothing here is stored: each answer is a hash of (seed, person, question), so a million people
 * cost nothing, and the truth can be asked for at any time. */
#pragma once

#include "synth/names.h"
#include "synth/synth.h"
#include "synth/world.h"

/* The identifiers that a person may show; a person's shown ones are a 64-bit set of these. */
enum slot {
    SLOT_UNIONID,
    SLOT_MINI, /* one a brand, as are the others with a range */
    SLOT_OFFICIAL = SLOT_MINI + BRAND_COUNT,
    SLOT_CORP = SLOT_OFFICIAL + BRAND_COUNT, /* one a legal entity */
    SLOT_PHONE = SLOT_CORP + ENTITY_COUNT,
    SLOT_PHONE_NEW,    /* after a change of number */
    SLOT_PHONE_TAKEN,  /* given out again: somebody else's before */
    SLOT_PHONE_FAMILY, /* the other's of the household */
    SLOT_PHONE_STAFF,  /* the guide's, who signed the person up */
    SLOT_OUID,
    SLOT_OMID = SLOT_OUID + BRAND_COUNT,
    SLOT_JD,
    SLOT_DOUYIN,
    SLOT_XHS = SLOT_DOUYIN + BRAND_COUNT,
    SLOT_MEMBER,
    SLOT_CARD = SLOT_MEMBER + BRAND_COUNT,
    SLOT_DEVICE,
    SLOT_COOKIE, /* one after another, as cookies are cleared */
    SLOT_COOKIE_SHARED = SLOT_COOKIE + 8,
    SLOT_USER,
    SLOT_EMAIL,
    SLOT_COUNT,
};
static_assert(SLOT_COUNT <= 64, "a set of slots is 64 bits");
#define COOKIES_MAX (SLOT_COOKIE_SHARED - SLOT_COOKIE)

#define ID_TEXT_BYTES 48
#define NO_GUIDE UINT16_MAX

struct cast {
    struct synth_options options;
    const struct world *world;
    int64_t start_us, end_us;
    uint16_t staff_phones; /* that many guides gave their own phone */
};

struct profile {
    char name[NAME_BYTES];
    char nickname[NAME_BYTES];
    char birthday[16];  /* "1990-05-01", or "05-01" without a year */
    bool lunar;         /* the birthday is of the lunar calendar */
    bool female;
    const struct city *city;
};

void synth_cast_init(struct cast *c, const struct synth_options *options, const struct world *world);

/* Chance that is settled at birth. `salt` names the question. */
enum cast_salt {
    SALT_NAME = SLOT_COUNT, /* those below are identifiers' */
    SALT_NICKNAME,
    SALT_STYLE,
    SALT_BIRTH,
    SALT_CITY,
    SALT_REGION_PHONE,
    SALT_STORE,
    SALT_BRAND,
    SALT_ANONYMOUS,
    SALT_STAFF_PHONE,
    SALT_FAMILY,
    SALT_FAMILY_PHONE,
    SALT_DEVICE,
    SALT_RECYCLED,
    SALT_PHONE_CHANGE,
    SALT_SKEW,
    SALT_RATE,
    SALT_JOINED,
    SALT_UNIONID_LATE,
    SALT_CONVERSATION,
    SALT_CHANNEL, /* and those after it, one a channel */
};
uint64_t synth_cast_hash(const struct cast *c, uint32_t person, uint32_t salt);
double synth_cast_unit(const struct cast *c, uint32_t person, uint32_t salt); /* [0, 1) */

bool synth_cast_is_anonymous(const struct cast *c, uint32_t person);
bool synth_cast_has_channel(const struct cast *c, uint32_t person, enum channel channel);
uint8_t synth_cast_brand(const struct cast *c, uint32_t person);                  /* the favourite one */
uint8_t synth_cast_store(const struct cast *c, uint32_t person, uint8_t brand);   /* the usual one */
uint16_t synth_cast_guide(const struct cast *c, uint32_t person, uint8_t brand);  /* who looks after the person there */
uint16_t synth_cast_staff_phone(const struct cast *c, uint32_t person);           /* a guide, or NO_GUIDE */
uint32_t synth_cast_family(const struct cast *c, uint32_t person);                /* the other, or SYNTH_NOBODY */
bool synth_cast_gives_family_phone(const struct cast *c, uint32_t person);
uint32_t synth_cast_device_mate(const struct cast *c, uint32_t person);           /* the other, or SYNTH_NOBODY */
uint32_t synth_cast_phone_heir(const struct cast *c, uint32_t person);            /* who gets the number later */
uint32_t synth_cast_phone_donor(const struct cast *c, uint32_t person);           /* whose number the person gets */
enum slot synth_cast_phone_slot(const struct cast *c, uint32_t person, int64_t now_us); /* the own one in use now */
double synth_cast_visits_per_day(const struct cast *c, uint32_t person);
int64_t synth_cast_clock_error_us(const struct cast *c, uint32_t person); /* of all devices; usually 0 */

void synth_cast_profile(const struct cast *c, uint32_t person, struct profile *out);

/* Type and namespace borrow from tables; the value is written to `text`. Two people have the same identifier only in
 * the ways that the slots above tell. */
struct cast_id {
    const char *type, *ns;
    char text[ID_TEXT_BYTES];
};
void synth_cast_id(const struct cast *c, uint32_t person, enum slot slot, struct cast_id *out);

/* The plain phone of somebody who isn't in the world. */
void synth_cast_stranger_phone(const struct cast *c, uint64_t hash, char out_text[ID_TEXT_BYTES]);
