#include "synth/cast.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/time.h"

#define PEOPLE_PER_STAFF_PHONE 120
#define RECYCLE_GROUP 4 /* of four people in a row, the second's number may go to the third */

void synth_cast_init(struct cast *c, const struct synth_options *options, const struct world *world)
{
    *c = (struct cast){.options = *options, .world = world, .end_us = options->end_us};
    c->start_us = options->end_us - (int64_t)options->days * US_PER_DAY;
    double signed_up = options->staff_phone * options->people;
    double phones = signed_up / PEOPLE_PER_STAFF_PHONE;
    c->staff_phones = phones < 1 ? 1 : phones > GUIDE_COUNT ? GUIDE_COUNT : (uint16_t)phones;
}

uint64_t synth_cast_hash(const struct cast *c, uint32_t person, uint32_t salt)
{
    return rng_mix(rng_mix(c->options.seed + salt) ^ ((uint64_t)person << 20));
}

double synth_cast_unit(const struct cast *c, uint32_t person, uint32_t salt)
{
    return (double)(synth_cast_hash(c, person, salt) >> 11) * 0x1p-53;
}

uint8_t synth_cast_brand(const struct cast *c, uint32_t person)
{
    static const uint8_t by_tenth[10] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2};
    return by_tenth[synth_cast_hash(c, person, SALT_BRAND) % COUNT_OF(by_tenth)];
}

uint8_t synth_cast_store(const struct cast *c, uint32_t person, uint8_t brand)
{
    uint16_t staff = synth_cast_staff_phone(c, person);
    if (staff != NO_GUIDE && c->world->stores[c->world->guides[staff].store].brand == brand)
        return c->world->guides[staff].store;
    uint64_t hash = synth_cast_hash(c, person, SALT_STORE);
    return c->world->brand_stores[brand][hash % c->world->brand_store_count[brand]];
}

uint16_t synth_cast_guide(const struct cast *c, uint32_t person, uint8_t brand)
{
    uint64_t hash = synth_cast_hash(c, person, SALT_STORE) >> 32;
    return synth_store_guide(synth_cast_store(c, person, brand), hash);
}

uint16_t synth_cast_staff_phone(const struct cast *c, uint32_t person)
{
    if (synth_cast_unit(c, person, SALT_STAFF_PHONE) >= c->options.staff_phone)
        return NO_GUIDE;
    /* Not the first guides of the list only: 37 and 300 have no common factor. */
    return (uint16_t)(synth_cast_hash(c, person, SALT_STAFF_PHONE) % c->staff_phones * 37 % GUIDE_COUNT);
}

/* Neighbours in number live together, share a browser, or neither. */
static uint32_t mate_of(const struct cast *c, uint32_t person, enum cast_salt salt, double rate)
{
    uint32_t mate = person ^ 1;
    return mate < c->options.people && synth_cast_unit(c, person / 2, salt) < rate ? mate : SYNTH_NOBODY;
}

uint32_t synth_cast_family(const struct cast *c, uint32_t person)
{
    return mate_of(c, person, SALT_FAMILY, c->options.family);
}

uint32_t synth_cast_device_mate(const struct cast *c, uint32_t person)
{
    return mate_of(c, person, SALT_DEVICE, c->options.shared_device);
}

static bool group_recycles(const struct cast *c, uint32_t person)
{
    uint32_t group = person / RECYCLE_GROUP;
    double rate = c->options.recycled_phone * RECYCLE_GROUP / 2; /* two of the four are touched */
    return group * RECYCLE_GROUP + 2 < c->options.people && synth_cast_unit(c, group, SALT_RECYCLED) < rate;
}

uint32_t synth_cast_phone_heir(const struct cast *c, uint32_t person)
{
    return person % RECYCLE_GROUP == 1 && group_recycles(c, person) ? person + 1 : SYNTH_NOBODY;
}

uint32_t synth_cast_phone_donor(const struct cast *c, uint32_t person)
{
    return person % RECYCLE_GROUP == 2 && group_recycles(c, person) ? person - 1 : SYNTH_NOBODY;
}

/* The odd one of some households; never where numbers go round, which is trouble enough. */
bool synth_cast_gives_family_phone(const struct cast *c, uint32_t person)
{
    return person % 2 == 1 && synth_cast_family(c, person) != SYNTH_NOBODY && !group_recycles(c, person) &&
           synth_cast_hash(c, person, SALT_FAMILY_PHONE) % 3 == 0;
}

bool synth_cast_is_anonymous(const struct cast *c, uint32_t person)
{
    return synth_cast_unit(c, person, SALT_ANONYMOUS) < c->options.anonymous &&
           synth_cast_staff_phone(c, person) == NO_GUIDE && synth_cast_family(c, person) == SYNTH_NOBODY &&
           synth_cast_device_mate(c, person) == SYNTH_NOBODY && !group_recycles(c, person);
}

bool synth_cast_has_channel(const struct cast *c, uint32_t person, enum channel channel)
{
    static const double shares[CHANNEL_COUNT] = {
        [CHANNEL_TMALL] = .5, [CHANNEL_JD] = .25,      [CHANNEL_DOUYIN] = .3, [CHANNEL_XHS] = .15,
        [CHANNEL_MINI] = .55, [CHANNEL_OFFICIAL] = .3, [CHANNEL_WECOM] = .35, [CHANNEL_WEB] = .3,
        [CHANNEL_APP] = .25,  [CHANNEL_POS] = .45,
    };
    if (synth_cast_is_anonymous(c, person))
        return channel == CHANNEL_WEB;
    if (channel == CHANNEL_WEB && synth_cast_device_mate(c, person) != SYNTH_NOBODY)
        return true;
    if (channel == CHANNEL_POS && synth_cast_staff_phone(c, person) != NO_GUIDE)
        return true;
    if (channel == CHANNEL_MINI && group_recycles(c, person))
        return true;
    return synth_cast_unit(c, person, SALT_CHANNEL + channel) < shares[channel];
}

enum slot synth_cast_phone_slot(const struct cast *c, uint32_t person, int64_t now_us)
{
    int64_t span_us = c->end_us - c->start_us;
    if (synth_cast_phone_heir(c, person) != SYNTH_NOBODY)
        return now_us < c->start_us + span_us * 3 / 10 ? SLOT_PHONE : SLOT_PHONE_NEW;
    if (synth_cast_phone_donor(c, person) != SYNTH_NOBODY)
        return now_us < c->start_us + span_us * 3 / 4 ? SLOT_PHONE : SLOT_PHONE_TAKEN;
    /* A few change their number; not those whose number others of the household give. */
    uint64_t hash = synth_cast_hash(c, person, SALT_PHONE_CHANGE);
    if (hash % 32 != 0 || synth_cast_family(c, person) != SYNTH_NOBODY)
        return SLOT_PHONE;
    return now_us < c->start_us + (int64_t)((hash >> 40) % 1000) * (span_us / 1000) ? SLOT_PHONE : SLOT_PHONE_NEW;
}

/* u^(-3/4): a few come daily, most a few times a year. Square roots, unlike powers, are exact on every machine. */
double synth_cast_visits_per_day(const struct cast *c, uint32_t person)
{
    double u = synth_cast_unit(c, person, SALT_RATE) + 1e-9;
    double root = sqrt(u), rate = 0.013 / (root * sqrt(root));
    if (rate > 3)
        rate = 3;
    bool is_needed = group_recycles(c, person) || synth_cast_device_mate(c, person) != SYNTH_NOBODY ||
                     synth_cast_staff_phone(c, person) != NO_GUIDE;
    if (is_needed && rate < 0.1) /* people who never come would make no trouble */
        rate = 0.1;
    return rate * c->options.activity;
}

int64_t synth_cast_clock_error_us(const struct cast *c, uint32_t person)
{
    static const int64_t errors_us[] = {8 * US_PER_HOUR, -8 * US_PER_HOUR, US_PER_DAY, -45 * US_PER_DAY,
                                        400 * US_PER_DAY, -8000 * US_PER_DAY, 29000 * US_PER_DAY};
    if (synth_cast_unit(c, person, SALT_SKEW) >= c->options.clock_skew)
        return 0;
    return errors_us[synth_cast_hash(c, person, SALT_SKEW) % COUNT_OF(errors_us)];
}

/* 0: the mainland, else the index of the city: Hong Kong, Macao, Taipei. */
static uint8_t abroad_of(const struct cast *c, uint32_t person)
{
    uint64_t at = synth_cast_hash(c, person, SALT_REGION_PHONE) % 1000;
    return at < 20 ? CITY_MAINLAND_COUNT : at < 24 ? CITY_MAINLAND_COUNT + 1 : at < 34 ? CITY_MAINLAND_COUNT + 2 : 0;
}

static enum name_style style_of(const struct cast *c, uint32_t person)
{
    uint64_t at = synth_cast_hash(c, person, SALT_STYLE) % 1000;
    if (abroad_of(c, person) != 0)
        return at < 850 ? NAME_TRADITIONAL : NAME_ENGLISH;
    if (at < 10)
        return NAME_RARE;
    if (at < 17)
        return NAME_DOTTED;
    if (at < 30)
        return NAME_ENGLISH;
    return at < 45 ? NAME_TRADITIONAL : NAME_PLAIN;
}

static void birthday_make(uint64_t hash, struct profile *out)
{
    /* Days from 1945 to 2008, most around 1990: the mean of two draws. */
    uint32_t a = (uint32_t)(hash % 23000), b = (uint32_t)((hash >> 20) % 23000);
    struct civil_date date = civil_of_day(-9131 + (int32_t)((a + b) / 2) + 2600);
    bool yearless = (hash >> 45) % 30 == 0;
    out->lunar = (hash >> 50) % 60 == 0 && date.day <= 29;
    if ((hash >> 55) % 60 == 0 && date.year % 4 == 0) /* rarer than hard: so a few more */
        date.month = 2, date.day = 29;
    if (yearless || out->lunar)
        (void)snprintf(out->birthday, sizeof out->birthday, "%02u-%02u", date.month % 100u, date.day % 100u);
    else
        (void)snprintf(out->birthday, sizeof out->birthday, "%04u-%02u-%02u", (uint32_t)date.year % 10000u,
                       date.month % 100u, date.day % 100u);
}

void synth_cast_profile(const struct cast *c, uint32_t person, struct profile *out)
{
    assert(person < c->options.people);
    *out = (struct profile){0};
    uint64_t hash = synth_cast_hash(c, person, SALT_NAME);
    out->female = hash >> 60 < 9; /* nine of sixteen */
    synth_name_make((struct name_ask){.hash = hash, .style = style_of(c, person), .female = out->female}, out->name);
    synth_nickname_make(synth_cast_hash(c, person, SALT_NICKNAME), out->nickname);
    birthday_make(synth_cast_hash(c, person, SALT_BIRTH), out);
    uint64_t city = synth_cast_hash(c, person, SALT_CITY);
    uint8_t home = c->world->stores[synth_cast_store(c, person, synth_cast_brand(c, person))].city;
    if (abroad_of(c, person) != 0)
        home = abroad_of(c, person);
    else if (city >> 60 < 6)
        home = synth_city_draw(city);
    out->city = &synth_cities[home];
}

/* Digits n → n·A + B modulo 10^digits and the like: every n gives another number, and neighbours look unrelated. */
static uint64_t scattered(const struct cast *c, uint64_t n, uint64_t modulus)
{
    const uint64_t multiplier = UINT64_C(2654435761); /* a prime, and none of the moduli's */
    __extension__ unsigned __int128 wide = (unsigned __int128)n * multiplier + rng_mix(c->options.seed + 977);
    return (uint64_t)(wide % modulus);
}

static void mainland_phone(const struct cast *c, uint64_t n, char out_text[ID_TEXT_BYTES])
{
    static const uint16_t prefixes[] = {130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 150, 151, 152, 153,
                                        155, 156, 157, 158, 159, 166, 173, 175, 176, 177, 178, 180, 181, 182,
                                        183, 184, 185, 186, 187, 188, 189, 191, 193, 195, 198, 199};
    const uint64_t block = UINT64_C(100000000), pool = COUNT_OF(prefixes) * block;
    uint64_t at = scattered(c, n, pool);
    if (prefixes[at / block] == 138 && at % block == 0) /* 13800000000 is what people type who won't tell */
        at = scattered(c, pool - 1, pool);
    (void)snprintf(out_text, ID_TEXT_BYTES, "%u%08u", prefixes[at / block], (uint32_t)(at % block));
}

/* Two numbers for each person, then one for each guide, then strangers. */
static void person_phone(const struct cast *c, uint32_t person, bool is_new, char out_text[ID_TEXT_BYTES])
{
    uint64_t n = (uint64_t)person * 2 + is_new;
    switch (abroad_of(c, person)) {
    case 0:
        mainland_phone(c, n, out_text);
        return;
    case CITY_MAINLAND_COUNT: {
        uint64_t at = scattered(c, n, 30000000);
        (void)snprintf(out_text, ID_TEXT_BYTES, "+852%c%07u", "569"[at / 10000000], (uint32_t)(at % 10000000));
        return;
    }
    case CITY_MAINLAND_COUNT + 1:
        (void)snprintf(out_text, ID_TEXT_BYTES, "+8536%07u", (uint32_t)scattered(c, n, 10000000));
        return;
    default:
        (void)snprintf(out_text, ID_TEXT_BYTES, "+8869%08u", (uint32_t)scattered(c, n, 100000000));
        return;
    }
}

void synth_cast_stranger_phone(const struct cast *c, uint64_t hash, char out_text[ID_TEXT_BYTES])
{
    mainland_phone(c, (uint64_t)c->options.people * 2 + GUIDE_COUNT + hash % 10000000, out_text);
}

/* `count` characters out of 64, six bits each from a chain of hashes. */
static char *put_base64(char *at, uint64_t hash, size_t count)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < count; i++) {
        if (i % 10 == 0)
            hash = rng_mix(hash + i);
        *at++ = letters[hash >> (i % 10 * 6) & 63];
    }
    *at = 0;
    return at;
}

static void token_make(const char *prefix, uint64_t hash, size_t count, char out_text[ID_TEXT_BYTES])
{
    size_t size = strlen(prefix);
    assert(size + count < ID_TEXT_BYTES);
    memcpy(out_text, prefix, size);
    (void)put_base64(out_text + size, hash, count);
}

static void uuid_make(uint64_t hash, char out_text[ID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    static const char shape[] = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    uint64_t more = rng_mix(hash);
    for (size_t i = 0, nibble = 0; i < sizeof shape; i++) {
        out_text[i] = shape[i];
        if (shape[i] != 'x')
            continue;
        out_text[i] = digits[(nibble < 16 ? hash >> (nibble * 4) : more >> (nibble % 16 * 4)) & 15];
        nibble++;
    }
}

static void digits_make(const struct cast *c, const char *prefix, uint64_t n, char out_text[ID_TEXT_BYTES])
{
    (void)snprintf(out_text, ID_TEXT_BYTES, "%s%010u", prefix, (uint32_t)scattered(c, n, UINT64_C(4000000000)));
}

/* Whose identifier it is, and under which slot of theirs. */
static void owner_of(const struct cast *c, uint32_t *person, enum slot *slot)
{
    if (*slot == SLOT_PHONE_TAKEN) {
        *person = synth_cast_phone_donor(c, *person);
        *slot = SLOT_PHONE;
    } else if (*slot == SLOT_PHONE_FAMILY) {
        *person = synth_cast_family(c, *person);
        *slot = SLOT_PHONE;
    } else if (*slot == SLOT_COOKIE_SHARED) {
        *person &= ~1u;
    }
    assert(*person < c->options.people);
}

static void phone_make(const struct cast *c, uint32_t person, enum slot slot, char out_text[ID_TEXT_BYTES])
{
    if (slot == SLOT_PHONE_STAFF)
        mainland_phone(c, (uint64_t)c->options.people * 2 + synth_cast_staff_phone(c, person), out_text);
    else
        person_phone(c, person, slot == SLOT_PHONE_NEW, out_text);
}

/* Types with a namespace a brand: which, and the index of the brand. */
static bool branded_id(const struct cast *c, uint32_t person, enum slot slot, struct cast_id *out)
{
    uint64_t hash = synth_cast_hash(c, person, slot);
    if (slot >= SLOT_MINI && slot < SLOT_CORP) {
        const struct brand *b = &synth_brands[(slot - SLOT_MINI) % BRAND_COUNT];
        out->type = "openid", out->ns = slot < SLOT_OFFICIAL ? b->mini_app : b->official_app;
        token_make("o", hash, 27, out->text);
    } else if (slot >= SLOT_CORP && slot < SLOT_PHONE) {
        out->type = "external_userid", out->ns = synth_entities[slot - SLOT_CORP].corp;
        token_make("wm", hash, 30, out->text);
    } else if (slot >= SLOT_OUID && slot < SLOT_OMID) {
        out->type = "taobao_ouid", out->ns = synth_brands[slot - SLOT_OUID].merchant;
        token_make("AA", hash, 26, out->text);
    } else if (slot >= SLOT_DOUYIN && slot < SLOT_XHS) {
        out->type = "douyin_openid", out->ns = synth_brands[slot - SLOT_DOUYIN].douyin_app;
        token_make("_000", hash, 28, out->text);
    } else if (slot >= SLOT_MEMBER && slot < SLOT_CARD) {
        out->type = "member_no", out->ns = synth_brands[slot - SLOT_MEMBER].id;
        digits_make(c, "M", (uint64_t)person * BRAND_COUNT + (slot - SLOT_MEMBER), out->text);
    } else {
        return false;
    }
    return true;
}

void synth_cast_id(const struct cast *c, uint32_t person, enum slot slot, struct cast_id *out)
{
    owner_of(c, &person, &slot);
    out->ns = NULL;
    if (branded_id(c, person, slot, out))
        return;
    uint64_t hash = synth_cast_hash(c, person, slot);
    if (slot == SLOT_UNIONID) {
        out->type = "unionid";
        token_make("oU", hash, 26, out->text);
    } else if (slot >= SLOT_PHONE && slot <= SLOT_PHONE_STAFF) {
        out->type = "phone";
        phone_make(c, person, slot, out->text);
    } else if (slot == SLOT_OMID) {
        out->type = "tmall_omid";
        token_make("AAH", hash, 25, out->text);
    } else if (slot == SLOT_JD) {
        out->type = "jd_pin"; /* some chose a Chinese one */
        digits_make(c, hash % 10 == 0 ? "小鱼_" : "jd_", person, out->text);
    } else if (slot == SLOT_XHS) {
        out->type = "xhs_id";
        (void)snprintf(out->text, ID_TEXT_BYTES, "%016llx%08x", (unsigned long long)hash, person);
    } else if (slot == SLOT_CARD) {
        out->type = "pos_card";
        digits_make(c, "66", person, out->text);
    } else if (slot == SLOT_DEVICE) {
        out->type = "device_id";
        uuid_make(hash, out->text);
    } else if (slot >= SLOT_COOKIE && slot <= SLOT_COOKIE_SHARED) {
        out->type = "anonymous_id";
        uuid_make(hash, out->text);
    } else if (slot == SLOT_USER) {
        out->type = "user_id";
        digits_make(c, "u", person, out->text);
    } else {
        assert(slot == SLOT_EMAIL);
        out->type = "email";
        digits_make(c, "kehu", person, out->text);
        size_t size = strlen(out->text);
        (void)snprintf(out->text + size, sizeof out->text - size, "@example.com");
    }
}
