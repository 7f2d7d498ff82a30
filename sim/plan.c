#include "sim/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/audience/audience.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "engine/engine_domain.h"
#include "sim/model_people.h"
#include "sim/plan_audience.h"
#include "testing/relay.h"

#define POSTS 6u /* of relays, at most */

/* --- who there is --- */

struct kind_of_id {
    uint16_t type;
    const char *ns;     /* "": none */
    const char *format; /* of the value */
    double chance;      /* that a person has one */
};
static const struct kind_of_id kinds[] = {
    {TYPE_USER_ID, "", "user-%u", 0.5},
    {TYPE_UNIONID, "open1", "oU%uX", 0.3},
    {TYPE_PHONE, "", "+86139%08u", 0.7},
    {TYPE_OPENID, "app1", "wx_%u", 0.3},
    {TYPE_OPENID, "app2", "wx_%u", 0.15},
    {TYPE_JD_PIN, "", "jd%u", 0.2},
    {TYPE_EMAIL, "", "p%u@x.cn", 0.2},
    {TYPE_DEVICE_ID, "", "a0000000-0000-4000-8000-%012u", 0.3},
    {TYPE_ANONYMOUS_ID, "", "b0000000-0000-4000-8000-%012u", 0.8},
    {TYPE_POS_CARD, "shop", "C%u", 0.1},
    {TYPE_CUSTOM, "club", "club%u", 0.15}, /* of no type until somebody declares them */
    {TYPE_CUSTOM + 1, "", "own%u", 0.15},
};

static uint16_t id_make(struct plan *p, const struct kind_of_id *kind, uint32_t serial)
{
    struct pool *pool = p->pool;
    assert(pool->id_count < POOL_IDS_MAX);
    struct pool_id *id = &pool->ids[pool->id_count];
    id->type = kind->type;
    (void)snprintf(id->ns, sizeof id->ns, "%s", kind->ns);
    char text[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(text, sizeof text, kind->format, serial * 37 + 12);
#pragma GCC diagnostic pop
    memcpy(id->value, text, sizeof id->value);
    id->value[sizeof id->value - 1] = 0;
    id->key = identifier_key(POOL_SECRET, id->type, bytes_of_text(id->ns), bytes_of_text(id->value));
    return (uint16_t)pool->id_count++;
}

void plan_init(struct plan *p, struct rng *rng, struct pool *pool, int64_t start_us)
{
    *p = (struct plan){.rng = rng, .pool = pool, .event_us = start_us};
    pool->id_count = 0;
    p->people = (uint32_t)rng_between(rng, 2, PLAN_PEOPLE_MAX);
    p->verb_chance = rng_chance(rng, 0.3) ? 0 : 0.05 + rng_unit(rng) * 0.2;
    p->stranger_chance = rng_unit(rng) * rng_unit(rng) * 0.4;
    p->rule_chance = rng_chance(rng, 0.5) ? 0 : rng_unit(rng) * 0.06;
    p->relay_chance = rng_chance(rng, 0.5) ? 0.3 : 0;
    p->consent_chance = rng_chance(rng, 0.2) ? 0.8 : 0.15;
    p->thing_chance = rng_chance(rng, 0.5) ? 0 : 0.05 + rng_unit(rng) * 0.3;
    p->order_chance = rng_chance(rng, 0.5) ? 0 : 0.05 + rng_unit(rng) * 0.3;
    p->scope_chance = rng_chance(rng, 0.4) ? 0 : 0.02 + rng_unit(rng) * 0.2;
    p->relation_chance = rng_chance(rng, 0.4) ? 0 : 0.02 + rng_unit(rng) * 0.2;
    p->erase_chance = rng_chance(rng, 0.4) ? 0 : rng_chance(rng, 0.2) ? 0.3 : rng_unit(rng) * rng_unit(rng) * 0.15;
    p->audience_chance = rng_chance(rng, 0.4) ? 0 : 0.02 + rng_unit(rng) * 0.15;
    double sharing = rng_unit(rng) * 0.4;
    for (uint32_t i = 0; i < p->people; i++) {
        for (size_t k = 0; k < COUNT_OF(kinds) && p->own_count[i] < PLAN_OWN_IDS_MAX; k++) {
            if (!rng_chance(rng, kinds[k].chance))
                continue;
            uint16_t id = rng_chance(rng, sharing) && pool->id_count > 0 ? (uint16_t)rng_below(rng, pool->id_count)
                                                                         : id_make(p, &kinds[k], i * 16 + (uint32_t)k);
            p->own[i][p->own_count[i]++] = id;
        }
        if (p->own_count[i] == 0)
            p->own[i][p->own_count[i]++] = id_make(p, &kinds[0], i * 16);
    }
}

/* --- deeds --- */

/* One of a type, so that the order of identifiers never hangs on their keys. */
static void deed_add(const struct plan *p, struct deed *d, uint16_t id, bool own)
{
    for (uint32_t i = 0; i < d->id_count; i++)
        if (p->pool->ids[d->ids[i]].type == p->pool->ids[id].type)
            return;
    if (d->id_count == DEED_IDS_MAX)
        return;
    d->is_own[d->id_count] = own;
    d->ids[d->id_count++] = id;
}

static uint16_t any_id(struct plan *p)
{
    return (uint16_t)rng_below(p->rng, p->pool->id_count);
}

static const char *any_of(struct plan *p, const char *const *texts, size_t count)
{
    return texts[rng_below(p->rng, count)];
}

static const char *const brands[] = {"", "aria", "bravo"}, *const channels[] = {"", "app", "store"};
static const char *const events[] = {"product_viewed", "cart_added", "order_paid", "login", "logout", "app_opened", "quiz_done", "quiz_begun"};

const char *const planned_staff[STAFF_PLANNED] = {"G1", "G2", "小美"};

static void friend_make(struct plan *p, struct deed *d)
{
    d->event = rng_chance(p->rng, 0.6) ? "friend_added" : "friend_lost";
    d->staff = planned_staff[rng_below(p->rng, STAFF_PLANNED)];
}

static void traits_make(struct plan *p, struct deed *d)
{
    static const char *const names[] = {"city", "age", "size"};
    for (size_t i = 0; i < TRAITS_A_DEED; i++) {
        const char *name = any_of(p, names, COUNT_OF(names));
        if (!rng_chance(p->rng, 0.3) || (i > 0 && d->trait[0] != NULL && strcmp(d->trait[0], name) == 0))
            continue;
        d->trait[i] = name;
        d->trait_value[i] = (int64_t)rng_below(p->rng, 5);
    }
}

static void consent_make(struct plan *p, struct deed *d)
{
    static const int64_t lasts_us[] = {0, US_PER_HOUR, US_PER_DAY};
    d->purpose = any_of(p, purpose_names, PURPOSE_COUNT);
    d->consent_channel = any_of(p, channels, COUNT_OF(channels));
    d->given = rng_chance(p->rng, 0.6);
    int64_t last_us = lasts_us[rng_below(p->rng, COUNT_OF(lasts_us))];
    d->until_us = last_us == 0 ? 0 : d->event_us + last_us;
}

static void event_make(struct plan *p, struct deed *d)
{
    d->kind = DEED_EVENT;
    d->message = ++p->messages;
    p->event_us += (int64_t)rng_between(p->rng, 1, 3) * US_PER_MINUTE;
    d->event_us = d->received_us = p->event_us;
    d->event = any_of(p, events, COUNT_OF(events));
    d->source = any_of(p, source_names, SOURCE_COUNT);
    d->brand = any_of(p, brands, COUNT_OF(brands));
    d->channel = any_of(p, channels, COUNT_OF(channels));
    uint32_t who = (uint32_t)rng_below(p->rng, p->people), count = (uint32_t)rng_between(p->rng, 1, 3);
    for (uint32_t i = 0; i < count; i++)
        deed_add(p, d, p->own[who][rng_below(p->rng, p->own_count[who])], true);
    if (rng_chance(p->rng, p->stranger_chance))
        deed_add(p, d, any_id(p), rng_chance(p->rng, 0.7));
    traits_make(p, d);
    if (rng_chance(p->rng, p->consent_chance))
        consent_make(p, d);
    if (rng_chance(p->rng, 0.15))
        friend_make(p, d);
    d->is_relayed = rng_chance(p->rng, p->relay_chance);
    d->post = (uint32_t)rng_below(p->rng, POSTS); /* many aren't there yet, or any more */
    d->beside = (uint32_t)rng_below(p->rng, POSTS);
}

/* One that is known to wait, so that reviews don't come for nothing. */
static void any_hub(struct plan *p, struct deed *d)
{
    if (p->hub_count > 0)
        deed_add(p, d, p->hubs[rng_below(p->rng, p->hub_count < COUNT_OF(p->hubs) ? p->hub_count : COUNT_OF(p->hubs))], true);
}

static void verb_make(struct plan *p, struct deed *d, const uint64_t *positions, uint32_t position_count)
{
    static const double weights[] = {0, 2, 2, 2, 1, 1, 2, 1, 0.3};
    d->kind = (enum deed_kind)rng_pick(p->rng, weights, COUNT_OF(weights));
    if (d->kind == DEED_UNDO && position_count == 0)
        d->kind = DEED_MERGE;
    uint32_t count = d->kind == DEED_UNBIND || d->kind == DEED_REVIEW || d->kind == DEED_BLOCK ? 1 : 2;
    if (d->kind == DEED_REVIEW) {
        static const double choices[] = {[REVIEW_RELEASE] = 3, [REVIEW_GIVE] = 2, [REVIEW_BLOCK] = 1};
        d->choice = (uint8_t)rng_pick(p->rng, choices, COUNT_OF(choices));
        count = d->choice == REVIEW_GIVE ? 2 : 1;
        any_hub(p, d);
    }
    if (d->kind == DEED_BLOCK)
        d->choice = rng_chance(p->rng, 0.5);
    if (d->kind == DEED_UNDO)
        d->undo_position = positions[rng_below(p->rng, position_count)];
    for (int tries = 0; d->kind != DEED_UNDO && d->id_count < count && tries < 50; tries++)
        deed_add(p, d, any_id(p), true);
    if (d->kind == DEED_SPLIT && rng_chance(p->rng, 0.7))
        d->id_count = 1;
    if (d->id_count < count && d->kind != DEED_SPLIT && d->kind != DEED_UNDO)
        *d = (struct deed){.kind = DEED_UNBIND, .ids = {any_id(p)}, .is_own = {true}, .id_count = 1, .event = "", .source = "", .brand = "", .channel = "", .name = ""}; /* a pool of one type */
}

/* --- rules --- */

static void type_make(struct plan *p, struct deed *d)
{
    static const struct id_type_rule own[] = {{.type = TYPE_CUSTOM, .name = "club_no", .normaliser = NORMALISE_EXACT, .has_namespace = true},
                                              {.type = TYPE_CUSTOM + 1, .name = "own_no", .normaliser = NORMALISE_EXACT}};
    size_t count;
    const struct id_type_rule *builtin = id_types_builtin(&count);
    d->kind = DEED_TYPE;
    d->rule = rng_chance(p->rng, 0.4) ? own[rng_below(p->rng, COUNT_OF(own))] : builtin[rng_below(p->rng, count)];
    d->rule.priority = (uint8_t)rng_between(p->rng, 1, 20);
    d->rule.limit = (uint16_t)rng_below(p->rng, 4);
    d->rule.limit_window_days = (uint16_t)(rng_chance(p->rng, 0.3) ? 1 + rng_below(p->rng, 3) : 0);
    d->rule.over = (enum over_limit)rng_below(p->rng, 3);
    d->rule.hub_moves = (uint16_t)(rng_chance(p->rng, 0.5) ? 0 : 2 + rng_below(p->rng, 10));
    d->rule.ends_at_logout = rng_chance(p->rng, 0.2);
    d->rule.parent = TYPE_NONE;
    if (rng_chance(p->rng, 0.3)) {
        uint16_t parent = rng_chance(p->rng, 0.3) ? TYPE_CUSTOM : builtin[rng_below(p->rng, count)].type;
        d->rule.parent = parent == d->rule.type ? TYPE_NONE : parent;
    }
    if (rng_chance(p->rng, 0.1)) /* a name that belongs to somebody else, mostly */
        memcpy(d->rule.name, builtin[rng_below(p->rng, count)].name, sizeof d->rule.name);
}

static void alias_make(struct plan *p, struct deed *d)
{
    static const char *const names[] = {"quiz_done", "quiz_begun", "quiz_left", "cart_added"};
    static const char *const targets[] = {"", "order_paid", "quiz_done", "quiz_begun", "app_opened", "never_said"};
    d->kind = DEED_ALIAS;
    d->name = any_of(p, names, COUNT_OF(names));
    d->alias_of = any_of(p, targets, COUNT_OF(targets));
}

/* How far back duplicates are seen: narrow, so that a run gets past it. */
static void horizon_make(struct plan *p, struct deed *d)
{
    d->kind = DEED_SET;
    bool days = rng_chance(p->rng, 0.6);
    d->name = days ? "collect.dedup_days" : "collect.dedup_ids";
    d->value = days ? rng_between(p->rng, 1, 3) : rng_between(p->rng, 1000, 1100);
}

static void rule_make(struct plan *p, struct deed *d)
{
    static void (*const makers[])(struct plan *p, struct deed *d) = {type_make, alias_make, horizon_make};
    static const double weights[] = {3, 2, 1};
    makers[rng_pick(p->rng, weights, COUNT_OF(weights))](p, d);
}

/* --- things --- */

const char *const thing_field_names[THING_FIELD_COUNT] = {[THING_FIELD_SIZE] = "size", [THING_FIELD_MOOD] = "mood"};

static int any_field(struct plan *p, int values)
{
    return rng_chance(p->rng, 0.5) ? THING_UNSAID : (int)rng_between(p->rng, THING_CLEARED, values - 1);
}

/* Hours apart and in any order, so that many are of one time and many are late. */
static void thing_make(struct plan *p, struct deed *d, int64_t now_us)
{
    bool ends = rng_chance(p->rng, 0.15);
    d->kind = DEED_THING;
    d->thing = (uint32_t)rng_below(p->rng, THINGS_PLANNED);
    d->event_us = (now_us / US_PER_HOUR - (int64_t)rng_below(p->rng, 24)) * US_PER_HOUR;
    for (int f = 0; f < THING_FIELD_COUNT; f++)
        d->thing_field[f] = ends ? THING_UNSAID : any_field(p, f == THING_FIELD_PARENT ? (int)d->thing : 5);
    d->thing_field[THING_FIELD_EXISTS] = !ends;
}

/* --- orders --- */

static void buyer_make(struct plan *p, struct deed *d)
{
    uint32_t who = (uint32_t)rng_below(p->rng, p->people), count = (uint32_t)rng_between(p->rng, 1, 2);
    for (uint32_t i = 0; i < count; i++)
        deed_add(p, d, p->own[who][rng_below(p->rng, p->own_count[who])], true);
}

/* Of few versions, so that several words are of one; states some hours back, no two of one time. */
static void order_make(struct plan *p, struct deed *d)
{
    d->kind = DEED_ORDER;
    d->order = (uint32_t)rng_below(p->rng, ORDERS_PLANNED);
    d->order_version = 1 + (uint32_t)rng_below(p->rng, 6);
    d->order_complete = rng_chance(p->rng, 0.2);
    for (uint32_t line = 0; line < ORDER_LINES_PLANNED; line++)
        d->order_line[line] = rng_chance(p->rng, 0.5) ? ORDER_UNSAID : (int)rng_between(p->rng, ORDER_REMOVED, ORDER_PAID_MOST);
    for (uint32_t state = 0; state < ORDER_STATES_PLANNED; state++)
        if (rng_chance(p->rng, 0.3))
            d->order_state_us[state] = p->event_us - (int64_t)rng_below(p->rng, 120) * US_PER_MINUTE + (int64_t)++p->messages;
    if (rng_chance(p->rng, 0.6))
        buyer_make(p, d);
}

/* --- scope --- */

const char *const planned_brands[BRANDS_PLANNED] = {"aria", "bravo"};
const char *const planned_entities[ENTITIES_PLANNED] = {"", "甲公司", "乙公司"};
const char *const planned_apps[APPS_PLANNED] = {"app1", "app2", APP_ANY};
const char *const planned_app_kinds[APP_KINDS_PLANNED] = {"", "official_account", "mini_program", "open_platform",
                                                          "wecom"};
const char *const planned_purposes[SHARE_PURPOSES_PLANNED] = {PURPOSE_SERVICE, "marketing", "health"};

static void scope_make(struct plan *p, struct deed *d, int64_t now_us)
{
    static const enum deed_kind kinds_of_deed[] = {DEED_SHARE, DEED_UNSHARE, DEED_STOP, DEED_ENTITY, DEED_APP};
    static const double weights[] = {4, 2, 3, 2, 1};
    d->kind = kinds_of_deed[rng_pick(p->rng, weights, COUNT_OF(weights))];
    d->from = (uint32_t)rng_below(p->rng, ENTITIES_PLANNED);
    d->to = (uint32_t)rng_below(p->rng, ENTITIES_PLANNED);
    d->share_purposes = (uint32_t)rng_below(p->rng, 1u << SHARE_PURPOSES_PLANNED);
    d->until_us = rng_chance(p->rng, 0.5) ? now_us + rng_between(p->rng, 1, US_PER_DAY) : 0;
    d->brand_or_app = (uint32_t)rng_below(p->rng, d->kind == DEED_APP ? APPS_PLANNED : BRANDS_PLANNED);
    d->is_of = (uint32_t)rng_below(p->rng, d->kind == DEED_APP ? APP_KINDS_PLANNED : ENTITIES_PLANNED);
    if (d->kind == DEED_STOP) {
        d->choice = rng_chance(p->rng, 0.7);
        deed_add(p, d, any_id(p), true);
    }
}

/* --- relations of declared types --- */

const struct planned_relation planned_relations[RELATIONS_PLANNED] = {{"adviser", true}, {"fitter", false}};

/* By hours, so that some are said of one moment. */
static void relation_make(struct plan *p, struct deed *d, int64_t now_us)
{
    uint32_t who = (uint32_t)rng_below(p->rng, p->people);
    d->kind = DEED_RELATION;
    d->relation = (uint32_t)rng_below(p->rng, RELATIONS_PLANNED);
    d->relation_staff = (uint32_t)rng_below(p->rng, STAFF_PLANNED);
    d->ends = rng_chance(p->rng, 0.35);
    d->event_us = (now_us / US_PER_HOUR - (int64_t)rng_below(p->rng, 24)) * US_PER_HOUR;
    deed_add(p, d, p->own[who][rng_below(p->rng, p->own_count[who])], true);
}

static void audience_make(struct plan *p, struct deed *d, int64_t now_us)
{
    audience_deed_make(p->rng, d, now_us);
    if (d->kind == DEED_LISTING)
        deed_add(p, d, any_id(p), true);
}

/* Who that is, whoever sends it finds out. */
static void erase_make(struct plan *p, struct deed *d)
{
    d->kind = DEED_ERASE;
    d->message = ++p->messages;
    deed_add(p, d, any_id(p), true);
}

void plan_next(struct plan *p, const uint64_t *positions, uint32_t position_count, int64_t now_us, struct deed *out_deed)
{
    *out_deed = (struct deed){.event = "", .source = "", .brand = "", .channel = "", .name = "", .alias_of = ""};
    p->event_us = p->event_us > now_us ? p->event_us : now_us;
    if (rng_chance(p->rng, p->thing_chance))
        thing_make(p, out_deed, now_us);
    else if (rng_chance(p->rng, p->order_chance))
        order_make(p, out_deed);
    else if (rng_chance(p->rng, p->scope_chance))
        scope_make(p, out_deed, now_us);
    else if (rng_chance(p->rng, p->relation_chance))
        relation_make(p, out_deed, now_us);
    else if (rng_chance(p->rng, p->erase_chance))
        erase_make(p, out_deed);
    else if (rng_chance(p->rng, p->audience_chance))
        audience_make(p, out_deed, now_us);
    else if (rng_chance(p->rng, p->rule_chance))
        rule_make(p, out_deed);
    else if (rng_chance(p->rng, p->verb_chance))
        verb_make(p, out_deed, positions, position_count);
    else
        event_make(p, out_deed);
}

/* --- as bytes --- */

uint32_t deed_command(const struct deed *d)
{
    static const uint32_t commands[DEED_KIND_COUNT] = {
        [DEED_EVENT] = COMMAND_COLLECT_EVENT, [DEED_BIND] = COMMAND_BIND,
        [DEED_UNBIND] = COMMAND_UNBIND,       [DEED_MERGE] = COMMAND_MERGE,
        [DEED_SPLIT] = COMMAND_SPLIT,         [DEED_NEVER_MERGE] = COMMAND_NEVER_MERGE,
        [DEED_UNDO] = COMMAND_UNDO,           [DEED_REVIEW] = COMMAND_REVIEW,
        [DEED_BLOCK] = COMMAND_BLOCK,
        [DEED_SET] = COMMAND_SET,             [DEED_SOURCE] = COMMAND_SOURCE,
        [DEED_TYPE] = COMMAND_TYPE,           [DEED_ALIAS] = COMMAND_COLLECT_NAME,
        [DEED_THING] = COMMAND_THING_PUT,     [DEED_ORDER] = COMMAND_ORDER_PUT,
        [DEED_SHARE] = COMMAND_SHARE,         [DEED_UNSHARE] = COMMAND_UNSHARE,
        [DEED_STOP] = COMMAND_SUPPRESS,       [DEED_ENTITY] = COMMAND_COLLECT_NAME,
        [DEED_APP] = COMMAND_COLLECT_NAME,
        [DEED_RELATION_TYPE] = COMMAND_RELATION_TYPE, [DEED_RELATION] = COMMAND_RELATION_BEGIN,
        [DEED_ERASE] = COMMAND_ERASE,
        [DEED_AUDIENCE_SAVE] = COMMAND_AUDIENCE_SAVE, [DEED_AUDIENCE_END] = COMMAND_AUDIENCE_END,
        [DEED_AUDIENCE_CANCEL] = COMMAND_AUDIENCE_CANCEL, [DEED_AUDIENCE_FREEZE] = COMMAND_AUDIENCE_FREEZE,
        [DEED_LISTING] = COMMAND_LISTING_PUT,
    };
    if (d->kind == DEED_RELATION && d->ends)
        return COMMAND_RELATION_END;
    if (d->kind == DEED_THING && d->thing_field[THING_FIELD_EXISTS] == 0)
        return COMMAND_THING_DELETE;
    return d->is_relayed ? COMMAND_RELAY : commands[d->kind];
}

static void ids_fill(const struct deed *d, const struct pool *pool, struct envelope_id *out_ids)
{
    for (uint32_t i = 0; i < d->id_count; i++) {
        const struct pool_id *id = &pool->ids[d->ids[i]];
        out_ids[i] = (struct envelope_id){.type = id->type,
                                          .role = d->is_own[i] ? ID_OWN : ID_RECEIVER,
                                          .ns = bytes_of_text(id->ns),
                                          .value = bytes_of_text(id->value),
                                          .key = id->key};
    }
}

static void traits_pack(const struct deed *d, struct buf *out)
{
    uint32_t count = 0;
    for (size_t i = 0; i < TRAITS_A_DEED; i++)
        count += d->trait[i] != NULL;
    if (count == 0)
        return;
    pack_varint(out, count);
    for (size_t i = 0; i < TRAITS_A_DEED; i++) {
        if (d->trait[i] == NULL)
            continue;
        pack_bytes(out, bytes_of_text(d->trait[i]));
        value_pack_decimal(out, d->trait_value[i], 0);
    }
}

static fallible event_pack(const struct deed *d, const struct pool *pool, struct buf *out, struct err *e)
{
    struct envelope v = {.event = bytes_of_text(d->event), .source = bytes_of_text(d->source), .event_us = d->event_us, .received_us = d->received_us};
    struct buf traits, consents;
    char message[32];
    (void)snprintf(message, sizeof message, "m-%u", d->message);
    v.message_id = bytes_of_text(message);
    v.message = hash128(v.message_id, POOL_SECRET);
    v.id_count = d->id_count;
    v.reference[REF_BRAND] = bytes_of_text(d->brand);
    v.reference[REF_CHANNEL] = bytes_of_text(d->channel);
    v.reference[REF_STAFF] = bytes_of_text(d->staff);
    ids_fill(d, pool, v.ids);
    buf_init(&traits, 4096);
    buf_init(&consents, 4096);
    traits_pack(d, &traits);
    v.traits = buf_bytes(&traits);
    if (d->purpose != NULL) {
        v.consent_count = 1;
        envelope_consent_pack(&consents, &(struct envelope_consent){.purpose = bytes_of_text(d->purpose), .channel = bytes_of_text(d->consent_channel),
                                                                    .given = d->given, .until_us = d->until_us});
        v.consents = buf_bytes(&consents);
    }
    struct status status = envelope_pack(&v, out, e);
    buf_fini(&traits);
    buf_fini(&consents);
    return status;
}

static fallible relayed_pack(const struct deed *d, const struct pool *pool, struct buf *out, struct err *e)
{
    struct buf event;
    buf_init(&event, FOLLOW_UP_BYTES_MAX);
    struct status status = event_pack(d, pool, &event, e);
    pack_u32(out, d->post);
    pack_u32(out, d->beside);
    pack_u32(out, COMMAND_COLLECT_EVENT);
    pack_bytes(out, buf_bytes(&event));
    buf_fini(&event);
    return status;
}

struct thing_ref planned_thing(uint32_t thing, char out_id[THING_ID_BYTES])
{
    (void)snprintf(out_id, THING_ID_BYTES, "c%02u", thing);
    return (struct thing_ref){.kind = BYTES_LIT("category"), .ns = BYTES_LIT("sim"), .id = bytes_of_text(out_id)};
}

static void thing_pack(const struct deed *d, struct buf *out)
{
    char id[THING_ID_BYTES], parent[THING_ID_BYTES];
    struct thing_put put = {.ref = planned_thing(d->thing, id), .time_us = d->event_us};
    struct buf record;
    uint32_t count = 0;
    buf_init(&record, 4096);
    for (int f = THING_FIELD_SIZE; f < THING_FIELD_COUNT; f++)
        count += d->thing_field[f] != THING_UNSAID;
    if (count > 0)
        pack_varint(&record, count);
    for (int f = THING_FIELD_SIZE; f < THING_FIELD_COUNT; f++) {
        if (d->thing_field[f] == THING_UNSAID)
            continue;
        pack_bytes(&record, bytes_of_text(thing_field_names[f]));
        if (d->thing_field[f] == THING_CLEARED)
            pack_u8(&record, VALUE_NULL);
        else
            value_pack_decimal(&record, d->thing_field[f], 0);
    }
    int under = d->thing_field[THING_FIELD_PARENT];
    put.parent_said = under == THING_UNSAID ? PARENT_UNSAID : under == THING_CLEARED ? PARENT_CLEARED : PARENT_SAID;
    if (put.parent_said == PARENT_SAID)
        put.parent = planned_thing((uint32_t)under, parent);
    put.attributes = buf_bytes(&record);
    thing_put_pack(out, &put);
    buf_fini(&record);
}

/* Parts whose bodies lie in one buffer. */
struct order_making {
    struct order_version version;
    struct order_part parts[ORDER_LINES_PLANNED + ORDER_STATES_PLANNED + 1];
    struct buf bodies;
};

static void order_part_make(struct order_making *m, struct order_part part, size_t from)
{
    part.body = bytes_slice(buf_bytes(&m->bodies), from, m->bodies.size);
    m->parts[m->version.part_count++] = part;
}

static fallible order_pack(const struct deed *d, const struct pool *pool, struct buf *out, struct err *e)
{
    static const char digits[] = "0123456789";
    struct envelope_id ids[DEED_IDS_MAX];
    uint8_t room[4096];
    struct order_making m = {.bodies = {.data = room, .capacity = sizeof room, .size_max = sizeof room}};
    m.version = (struct order_version){.key = {BYTES_LIT("sim"), bytes_of(&digits[d->order], 1)}, .source = BYTES_LIT("oms"), .version = d->order_version,
                                       .time_us = (int64_t)d->order_version * US_PER_HOUR, .complete = d->order_complete, .parts = m.parts};
    for (uint32_t line = 0; line < ORDER_LINES_PLANNED; line++) {
        size_t from = m.bodies.size;
        if (d->order_line[line] == ORDER_UNSAID)
            continue;
        bool removed = d->order_line[line] == ORDER_REMOVED;
        if (!removed)
            order_value_pack(&m.bodies, &(struct order_value){.field = order_field(FIELD_PAID), .integer = d->order_line[line]});
        order_part_make(&m, (struct order_part){.kind = ORDER_LINE, .id = bytes_of(&digits[line], 1), .removed = removed}, from);
    }
    for (uint32_t state = 0; state < ORDER_STATES_PLANNED; state++)
        if (d->order_state_us[state] != 0)
            order_part_make(&m, (struct order_part){.kind = ORDER_STATE, .sub = (uint8_t)state, .time_us = d->order_state_us[state]}, m.bodies.size);
    size_t from = m.bodies.size;
    ids_fill(d, pool, ids);
    for (uint32_t i = 0; i < d->id_count; i++)
        envelope_id_pack(&m.bodies, &ids[i]);
    if (d->id_count > 0)
        order_part_make(&m, (struct order_part){.kind = ORDER_BUYER}, from);
    return order_version_pack(&m.version, out, e);
}

static fallible share_pack(const struct deed *d, struct buf *out, struct err *e)
{
    struct share_ask ask = {.from = bytes_of_text(planned_entities[d->from]),
                            .to = bytes_of_text(planned_entities[d->to]),
                            .by = BYTES_LIT("sim"),
                            .until_us = d->kind == DEED_SHARE ? d->until_us : 0};
    for (uint32_t i = 0; i < SHARE_PURPOSES_PLANNED; i++)
        if ((d->share_purposes >> i & 1) != 0)
            ask.purposes[ask.purpose_count++] = bytes_of_text(planned_purposes[i]);
    return share_ask_pack(&ask, out, e);
}

/* A brand or an app with its one attribute; none where that is the first of the list. */
static void described_pack(const struct deed *d, struct buf *out)
{
    bool is_app = d->kind == DEED_APP;
    const char *text = is_app ? planned_app_kinds[d->is_of] : planned_entities[d->is_of];
    struct buf record;
    buf_init(&record, 4096);
    pack_varint(&record, d->is_of == 0 ? 0 : 1);
    if (d->is_of != 0) {
        pack_bytes(&record, is_app ? BYTES_LIT("app_kind") : BYTES_LIT("entity"));
        value_pack_text(&record, bytes_of_text(text));
    }
    collect_name_pack(out, is_app ? NAME_APP : NAME_BRAND,
                      bytes_of_text(is_app ? planned_apps[d->brand_or_app] : planned_brands[d->brand_or_app]),
                      BYTES_NONE, buf_bytes(&record));
    buf_fini(&record);
}

static void relation_type_make(const struct deed *d, struct buf *out)
{
    struct relation_type type = {.kinds = {"staff"}, .is_single = planned_relations[d->relation].is_single};
    memcpy(type.name, d->name, strlen(d->name));
    relation_type_pack(&type, out);
}

static void relation_pack(const struct deed *d, const struct pool *pool, struct buf *out)
{
    struct envelope_id ids[DEED_IDS_MAX];
    ids_fill(d, pool, ids);
    relation_put_pack(&(struct relation_put){.id = ids[0],
                                             .type = (uint8_t)(RELATION_DECLARED + d->relation),
                                             .ref = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(planned_staff[d->relation_staff])},
                                             .time_us = d->event_us,
                                             .by = {RELATION_BY_TOKEN, BYTES_LIT("sim")}},
                      out);
}

/* No two salts are equal. */
static fallible erase_pack(const struct deed *d, struct buf *out, struct err *e)
{
    struct erase_ask ask = {.public_id = d->public_id, .salt = {.low = d->message, .high = POOL_SECRET}, .by = BYTES_LIT("sim"), .reason = BYTES_LIT("asked")};
    return identity_erase_pack(&ask, out, e);
}

fallible deed_pack(const struct deed *d, const struct pool *pool, struct buf *out, struct err *e)
{
    struct identity_act act = {.by = BYTES_LIT("sim"), .reason = BYTES_LIT("because"), .id_count = d->id_count,
                               .undo_position = d->undo_position, .choice = d->choice};
    switch (d->kind) {
    case DEED_EVENT:
        return d->is_relayed ? relayed_pack(d, pool, out, e) : event_pack(d, pool, out, e);
    case DEED_SET:
        pack_bytes(out, bytes_of_text(d->name));
        pack_u64(out, (uint64_t)d->value);
        return DONE;
    case DEED_SOURCE:
        pack_u32(out, (uint32_t)d->value);
        pack_u8(out, d->priority);
        pack_u8(out, d->first);
        return DONE;
    case DEED_TYPE:
        return identity_type_pack(&d->rule, out, e);
    case DEED_THING:
        thing_pack(d, out);
        return DONE;
    case DEED_ERASE:
        return erase_pack(d, out, e);
    case DEED_RELATION_TYPE:
        relation_type_make(d, out);
        return DONE;
    case DEED_RELATION:
        relation_pack(d, pool, out);
        return DONE;
    case DEED_ORDER:
        return order_pack(d, pool, out, e);
    case DEED_SHARE:
    case DEED_UNSHARE:
        return share_pack(d, out, e);
    case DEED_ENTITY:
    case DEED_APP:
        described_pack(d, out);
        return DONE;
    case DEED_AUDIENCE_SAVE:
    case DEED_AUDIENCE_END:
    case DEED_AUDIENCE_CANCEL:
    case DEED_AUDIENCE_FREEZE:
    case DEED_LISTING:
        ids_fill(d, pool, act.ids);
        audience_deed_pack(d, act.ids, out);
        return DONE;
    case DEED_ALIAS:
        collect_name_pack(out, NAME_EVENT, bytes_of_text(d->name), bytes_of_text(d->alias_of), BYTES_NONE);
        return DONE;
    default:
        ids_fill(d, pool, act.ids);
        return identity_act_pack(&act, out, e);
    }
}

/* --- in words --- */

void deed_print(const struct deed *d, const struct pool *pool, struct buf *out)
{
    static const char *const names[DEED_KIND_COUNT] = {"event", "bind", "unbind", "merge", "split", "never-merge", "undo", "review", "block", "set", "source", "type", "alias", "thing", "order", "share", "unshare", "stop", "entity", "app", "relation type", "relation", "erase", "save", "end", "cancel", "freeze", "list"};
    buf_push_text(out, names[d->kind]);
    if (d->kind == DEED_EVENT)
        buf_printf(out, " m-%u %s by %s %s/%s at +%lld s", d->message, d->event, d->source, d->brand, d->channel,
                   (long long)(d->event_us / US_PER_SECOND % 1000000));
    if (d->is_relayed)
        buf_printf(out, " relayed by post %u beside %u", d->post, d->beside);
    if (d->kind == DEED_SET || d->kind == DEED_SOURCE)
        buf_printf(out, " %s %lld", d->name, (long long)d->value);
    if (deed_is_of_audience(d) && d->kind != DEED_LISTING)
        buf_printf(out, " %s, text %u", audience_deed_name(d), d->text);
    if (d->kind == DEED_LISTING)
        buf_printf(out, " %u: %s, value %u", d->list, d->ends ? "off" : "on", d->list_value);
    if (d->kind == DEED_ALIAS)
        buf_printf(out, " %s of \"%s\"", d->name, d->alias_of);
    if (d->kind == DEED_TYPE)
        buf_printf(out, " %u %s: priority %u, %u in %u days, beyond that %d, parent %u", d->rule.type, d->rule.name, d->rule.priority, d->rule.limit,
                   d->rule.limit_window_days, (int)d->rule.over, d->rule.parent);
    if (d->kind == DEED_THING)
        buf_printf(out, " %u at %lld h: exists %d, under %d, size %d, mood %d", d->thing, (long long)(d->event_us / US_PER_HOUR), d->thing_field[THING_FIELD_EXISTS],
                   d->thing_field[THING_FIELD_PARENT], d->thing_field[THING_FIELD_SIZE], d->thing_field[THING_FIELD_MOOD]);
    if (d->kind == DEED_ORDER)
        buf_printf(out, " %u version %u%s: lines %d %d %d", d->order, d->order_version, d->order_complete ? ", complete" : "", d->order_line[0], d->order_line[1], d->order_line[2]);
    if (d->kind == DEED_SHARE || d->kind == DEED_UNSHARE)
        buf_printf(out, " \"%s\" to \"%s\" for %u until %lld", planned_entities[d->from], planned_entities[d->to],
                   d->share_purposes, (long long)d->until_us);
    if (d->kind == DEED_ENTITY || d->kind == DEED_APP)
        buf_printf(out, " %u is of %u", d->brand_or_app, d->is_of);
    if (d->kind == DEED_REVIEW || d->kind == DEED_BLOCK || d->kind == DEED_STOP)
        buf_printf(out, " (choice %u)", d->choice);
    if (d->kind == DEED_UNDO)
        buf_printf(out, " %llu", (unsigned long long)d->undo_position);
    for (uint32_t i = 0; i < d->id_count; i++) {
        const struct pool_id *id = &pool->ids[d->ids[i]];
        buf_printf(out, " %s#%u(%s%s%s)", d->is_own[i] ? "" : "other:", d->ids[i], id->value, id->ns[0] == 0 ? "" : "@", id->ns);
    }
    if (d->kind == DEED_RELATION)
        buf_printf(out, " %s %s %s at %lld h", d->ends ? "ends" : "begins", planned_relations[d->relation].name, planned_staff[d->relation_staff],
                   (long long)(d->event_us / US_PER_HOUR));
    if (d->staff != NULL)
        buf_printf(out, " of %s", d->staff);
    if (d->purpose != NULL)
        buf_printf(out, " %s %s/%s", d->given ? "gives" : "withdraws", d->purpose, d->consent_channel);
    for (size_t i = 0; i < TRAITS_A_DEED; i++)
        if (d->trait[i] != NULL)
            buf_printf(out, " %s=%lld", d->trait[i], (long long)d->trait_value[i]);
}
