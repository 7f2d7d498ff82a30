#include "domain/scope/reach.h"

#include <string.h>

const char *const reach_reason_names[REACH_REASON_COUNT] = {
    [REACH_YES] = "yes",
    [REACH_NOT_KNOWN] = "not_known",
    [REACH_NO_ADDRESS] = "no_address",
    [REACH_QUARANTINED] = "quarantined",
    [REACH_SUPPRESSED] = "suppressed",
    [REACH_ENDED] = "ended",
    [REACH_NO_CONSENT] = "no_consent",
    [REACH_WITHDRAWN] = "withdrawn",
    [REACH_EXPIRED] = "expired",
};

/* An openid is of an app: whoever follows an official account isn't thereby to be written to in the mini-program. */
const struct reach_channel reach_channels[REACH_CHANNELS] = {
    {"sms", "SMS", "短信", {TYPE_PHONE}, APP_NOT_SAID, 0},
    {"phone", "Call", "电话", {TYPE_PHONE}, APP_NOT_SAID, 0},
    {"email", "E-mail", "邮件", {TYPE_EMAIL}, APP_NOT_SAID, 0},
    {"official_account", "Official account", "公众号", {TYPE_OPENID}, APP_OFFICIAL_ACCOUNT, 0},
    {"mini_program", "Mini-program", "小程序", {TYPE_OPENID}, APP_MINI_PROGRAM, 0},
    {"wecom", "WeCom", "企业微信", {TYPE_EXTERNAL_USERID}, APP_NOT_SAID, RELATION_FRIEND},
    {"app", "App push", "App 推送", {TYPE_DEVICE_ID}, APP_NOT_SAID, 0},
    {"douyin", "Douyin", "抖音", {TYPE_DOUYIN_OPENID}, APP_NOT_SAID, 0},
};

uint32_t reach_channel_named(struct bytes name)
{
    uint32_t channel = 0;
    while (channel < REACH_CHANNELS && !bytes_equal(bytes_of_text(reach_channels[channel].name), name))
        channel++;
    return channel;
}

/* --- addresses --- */

static bool can_use(const struct reach_channel *channel, uint16_t type, enum app_kind app)
{
    bool can = false;
    for (size_t i = 0; i < REACH_TYPES_MAX && channel->types[i] != TYPE_NONE; i++)
        can |= channel->types[i] == type;
    return can && (channel->app == APP_NOT_SAID || app == APP_NOT_SAID || app == channel->app);
}

static bool is_known(const struct identifier *id, uint32_t brand)
{
    return brand == 0 || brand_set_has(id->known_to, 0) || brand_set_has(id->known_to, brand);
}

static enum address_state state_of(const struct view *v, const struct identifier *id)
{
    uint32_t holder;
    if (id->state == ID_PASSED_ON)
        return ADDRESS_NONE;
    if (is_stopped(v, identifier_key_plain(id->key, &holder)))
        return ADDRESS_SUPPRESSED;
    return id->state == ID_QUARANTINED ? ADDRESS_QUARANTINED : ADDRESS_USABLE;
}

/* One that can be used is enough; of others a stop weighs more than a quarantine, since no review lifts it. */
static bool is_better(enum address_state x, enum address_state y)
{
    static const int rank[REACH_STATES] = {
        [ADDRESS_NONE] = 0, [ADDRESS_QUARANTINED] = 1, [ADDRESS_SUPPRESSED] = 2, [ADDRESS_USABLE] = 3};
    return rank[x] > rank[y];
}

/* Who somebody is, looked up once. */
struct addresses {
    const struct identifier *list;
    enum address_state *states;
    enum app_kind *apps;
    size_t count;
    const struct relation *relations;
    size_t relation_count;
};

static struct addresses addresses_of(const struct view *v, uint32_t person)
{
    struct addresses a = {0};
    a.count = identity_list(v, person, &a.list);
    a.states = ARENA_ARRAY(v->arena, enum address_state, a.count + 1);
    a.apps = ARENA_ARRAY(v->arena, enum app_kind, a.count + 1);
    for (size_t i = 0; i < a.count; i++) {
        a.states[i] = state_of(v, &a.list[i]);
        a.apps[i] = a.list[i].type == TYPE_OPENID ? app_kind_of(v, a.list[i].ns) : APP_NOT_SAID;
    }
    a.relation_count = relation_list(v, person, &a.relations);
    return a;
}

/* Is it about being written to there: following or having subscribed to the channel itself, or what the channel's table says? */
static bool is_tie(const struct relation *r, const struct reach_channel *channel)
{
    bool is_there = bytes_equal(r->ref.kind, BYTES_LIT("channel")) &&
                    bytes_equal(r->ref.id, bytes_of_text(channel->name));
    return r->type->number == channel->tie ||
           (is_there && (r->type->number == RELATION_FOLLOWS || r->type->number == RELATION_SUBSCRIBED));
}

/* Who blocked, unfollowed or unsubscribed can't be written to; who never was tied may have come in another way. */
static bool has_ended(const struct addresses *a, uint32_t brand, const struct reach_channel *channel)
{
    bool ended = false;
    for (size_t i = 0; i < a->relation_count; i++) {
        const struct relation *r = &a->relations[i];
        if (!is_tie(r, channel) || (brand != 0 && r->brand != 0 && r->brand != brand))
            continue;
        if (r->is_open)
            return false;
        ended |= r->period_count > 0;
    }
    return ended;
}

static enum address_state address_best(const struct addresses *a, uint32_t brand, uint32_t channel,
                                       const struct identifier **out_best)
{
    enum address_state best = ADDRESS_NONE;
    for (size_t i = 0; i < a->count; i++) {
        if (!can_use(&reach_channels[channel], a->list[i].type, a->apps[i]) || !is_known(&a->list[i], brand) ||
            !is_better(a->states[i], best))
            continue;
        best = a->states[i];
        *out_best = &a->list[i];
    }
    return best == ADDRESS_USABLE && has_ended(a, brand, &reach_channels[channel]) ? ADDRESS_ENDED : best;
}

/* --- consents --- */

#define CHANNEL_UNNAMED UINT32_MAX /* no consent has ever named the channel; 0 would ask for all channels */

static uint32_t channel_number(const struct view *v, uint32_t channel)
{
    uint32_t number = name_number(v, NAME_CHANNEL, bytes_of_text(reach_channels[channel].name));
    return number == 0 ? CHANNEL_UNNAMED : number;
}

/* The distinct purposes, ascending. */
static uint32_t purposes_of(const struct consent *list, size_t count, uint32_t out_purposes[REACH_PURPOSES_MAX])
{
    uint32_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = 0, purpose = list[i].purpose;
        while (at < kept && out_purposes[at] < purpose)
            at++;
        if (at == REACH_PURPOSES_MAX || (at < kept && out_purposes[at] == purpose))
            continue;
        kept += kept < REACH_PURPOSES_MAX;
        memmove(out_purposes + at + 1, out_purposes + at, (kept - at - 1) * sizeof *out_purposes);
        out_purposes[at] = purpose;
    }
    return kept;
}

static void due_sooner(int64_t *io_due_us, int64_t at_us, int64_t now_us)
{
    if (at_us > now_us && (*io_due_us == 0 || at_us < *io_due_us))
        *io_due_us = at_us;
}

/* --- a person --- */

struct making {
    const struct view *v;
    struct addresses addresses;
    const struct consent *consents;
    size_t consent_count;
    uint32_t purposes[REACH_PURPOSES_MAX], purpose_count;
    uint32_t channels[REACH_CHANNELS]; /* NAME_CHANNEL */
    struct reach_line *lines;
    uint32_t count;
};

static int64_t due_of(const struct making *m)
{
    int64_t due_us = 0, now_us = m->v->now_us;
    for (size_t i = 0; i < m->consent_count; i++) {
        const struct consent *c = &m->consents[i];
        due_sooner(&due_us, c->time_us, now_us);
        due_sooner(&due_us, c->from_us, now_us);
        if (c->given)
            due_sooner(&due_us, c->until_us, now_us);
    }
    return due_us;
}

static uint32_t address_states(const struct making *m, uint32_t brand)
{
    const struct identifier *best;
    uint32_t states = 0;
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        states |= state_at(address_best(&m->addresses, brand, channel, &best), channel);
    return states;
}

static uint32_t consent_states(const struct making *m, const struct consent_ask *of_brand, uint32_t addresses)
{
    struct consent_ask ask = *of_brand;
    uint32_t states = 0;
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++) {
        if (line_state(addresses, channel) != ADDRESS_USABLE)
            continue;
        ask.channel = m->channels[channel];
        states |= state_at(consents_say(m->consents, m->consent_count, &ask, m->v->now_us, NULL), channel);
    }
    return states;
}

static void brand_add(struct making *m, uint32_t brand)
{
    uint32_t addresses = address_states(m, brand);
    struct consent_ask ask = {.brand = brand, .entity = m->purpose_count == 0 ? 0 : brand_entity(m->v, brand)};
    m->lines[m->count++] = (struct reach_line){brand, 0, addresses};
    for (uint32_t i = 0; i < m->purpose_count; i++) {
        ask.purpose = m->purposes[i];
        uint32_t states = consent_states(m, &ask, addresses);
        if (states != 0)
            m->lines[m->count++] = (struct reach_line){brand, m->purposes[i], states};
    }
}

struct reach reach_make(const struct view *v, uint32_t person)
{
    struct making m = {.v = v};
    if (identity_living(v, person) != person)
        return (struct reach){0};
    m.addresses = addresses_of(v, person);
    struct brand_set known_to = identifiers_known_to(m.addresses.list, m.addresses.count, v->arena);
    m.consent_count = people_consents(v, person, &m.consents);
    m.purpose_count = purposes_of(m.consents, m.consent_count, m.purposes);
    for (uint32_t i = 0; i < REACH_CHANNELS && m.purpose_count > 0; i++)
        m.channels[i] = channel_number(v, i);
    uint32_t brands = known_to.count + 1 < REACH_BRANDS_MAX ? known_to.count + 1 : REACH_BRANDS_MAX;
    m.lines = ARENA_ARRAY(v->arena, struct reach_line, brands * (1 + m.purpose_count));
    brand_add(&m, 0);
    for (uint32_t i = 0, added = 1; i < known_to.count && added < brands; i++) {
        if (known_to.list[i] == 0)
            continue;
        brand_add(&m, known_to.list[i]);
        added++;
    }
    return (struct reach){.count = m.count, .lines = m.lines, .due_us = due_of(&m)};
}

enum reach_reason reach_reason_of(uint32_t address, uint32_t consent)
{
    static const enum reach_reason of_address[REACH_STATES] = {[ADDRESS_NONE] = REACH_NO_ADDRESS,
                                                               [ADDRESS_USABLE] = REACH_YES,
                                                               [ADDRESS_QUARANTINED] = REACH_QUARANTINED,
                                                               [ADDRESS_SUPPRESSED] = REACH_SUPPRESSED,
                                                               [ADDRESS_ENDED] = REACH_ENDED};
    static const enum reach_reason of_consent[REACH_STATES] = {[CONSENT_NONE] = REACH_NO_CONSENT,
                                                               [CONSENT_GIVEN] = REACH_YES,
                                                               [CONSENT_WITHDRAWN] = REACH_WITHDRAWN,
                                                               [CONSENT_EXPIRED] = REACH_EXPIRED};
    assert(address < REACH_STATES && consent < REACH_STATES);
    return address == ADDRESS_USABLE ? of_consent[consent] : of_address[address];
}

struct reach_answer reach_of_person(const struct view *v, uint32_t person, uint32_t brand, uint32_t purpose,
                                    uint32_t channel)
{
    struct reach_answer answer = {.reason = REACH_NOT_KNOWN};
    const struct consent *list;
    assert(channel < REACH_CHANNELS);
    if (brand != 0 && !brand_set_has(identity_known_to(v, person), brand))
        return answer;
    struct addresses addresses = addresses_of(v, person);
    enum address_state best = address_best(&addresses, brand, channel, &answer.address);
    size_t count = people_consents(v, person, &list);
    struct consent_ask ask = {
        .brand = brand, .entity = brand_entity(v, brand), .purpose = purpose, .channel = channel_number(v, channel)};
    enum consent_state said = purpose == 0 ? CONSENT_NONE : consents_say(list, count, &ask, v->now_us, &answer.consent);
    answer.reason = reach_reason_of(best, said);
    return answer;
}
