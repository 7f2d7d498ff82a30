#include "domain/collect/collect.h"

#include <string.h>

#include "base/time.h"
#include "domain/collect/names.h"
#include "domain/collect/standard.h"
#include "domain/identity/identity.h"
#include "lib/json.h"

#define LATE_US US_PER_HOUR /* an event that took longer to come is late */
#define FORGET_EVERY 8u     /* messages: settings are looked up once for so many */
#define FORGOTTEN_MAX 32u   /* at a time: four times as fast as learning, and no step pays much */
#define NAME_PAYLOAD_BYTES_MAX 4096u
#define ENTRY_MODULUS ((uint64_t)UINT32_MAX)

/* A message id that was seen, in log order. Its entry in the index leads here: the place modulo ENTRY_MODULUS, plus 1,
 * which is unique among the ids kept. So a hit compares all 128 bits, and an id that is over its time but not yet
 * forgotten is no duplicate. */
struct message_seen {
    struct hash128 hash;
    int64_t time_us;
};
static_assert(sizeof(struct message_seen) == 24, "message ids are on disk");

static const struct family message_index_family = {.id = 12, .kind = FAMILY_INDEX, .name = "message_index"};
static const struct family message_series_family = {
    .id = 13, .kind = FAMILY_SERIES, .value_bytes = sizeof(struct message_seen), .name = "message"};

static const struct setting dedup_days = {
    "collect.dedup_days", 1, 30, 7, "days", "How long a message id is remembered, so that a second one is refused."};
static const struct setting dedup_ids = {
    "collect.dedup_ids", 1000, 200000000, 50000000, "ids", "How many message ids are remembered at most."};

const struct refusal collect_duplicate = {
    "duplicate", "This message came before: it counts once.", "这条消息已经收到过,只算一次。"};
static const struct refusal name_unknown_kind = {
    "unknown_kind", "There is no such kind of name: see the list of kinds.", "没有这种名称类别,请查看类别列表。"};
static const struct refusal name_none_left = {
    "no_number_left", "This kind has 65,535 names already: use one of them.", "该类别的名称已满 65535 个,请使用已有的名称。"};
static const struct refusal name_bad_alias = {
    "bad_alias", "Only an event that isn't standard can be an alias, and not of itself or of another alias.",
    "只有非标准事件可以设为别名,且不能指向自己或另一个别名。"};
static const struct refusal name_unknown_target = {
    "unknown_target", "The event that the alias stands for isn't known: name it first.", "别名指向的事件不存在,请先定义它。"};

/* --- collect.event --- */

static fallible event_check(struct bytes payload, struct err *e)
{
    struct envelope envelope;
    TRY(envelope_unpack(payload, &envelope, e));
    return envelope_check(&envelope, e);
}

static void event_needs(const struct view *v, struct bytes payload)
{
    struct envelope *envelope = arena_take(v->arena, sizeof *envelope, _Alignof(struct envelope));
    if (done(envelope_unpack(payload, envelope, NULL)))
        identity_touch(v, envelope);
}

/* --- duplicates --- */

static uint32_t message_entry(uint64_t place)
{
    return (uint32_t)(place % ENTRY_MODULUS) + 1;
}

/* The kept place that an entry leads to; false: it leads to none of them. */
static bool message_place(const struct view *v, uint32_t entry, uint64_t *out_place)
{
    uint64_t first = rows_series_first(v->rows, &message_series_family), end = rows_series_end(v->rows, &message_series_family);
    uint64_t behind = (entry - 1 + ENTRY_MODULUS - first % ENTRY_MODULUS) % ENTRY_MODULUS;
    *out_place = first + behind;
    return behind < end - first;
}

/* Is the id at this place still within days and number? */
static bool message_counts(const struct view *v, uint64_t place)
{
    const struct message_seen *seen = rows_series_at(v->rows, &message_series_family, place);
    uint64_t newer = rows_series_end(v->rows, &message_series_family) - place;
    return v->now_us - seen->time_us < setting_int(v, &dedup_days) * US_PER_DAY && newer <= (uint64_t)setting_int(v, &dedup_ids);
}

static bool is_duplicate(const struct view *v, struct hash128 message)
{
    uint32_t entry;
    uint64_t place;
    if (LIKELY(!view_index(v, &message_index_family, message, &entry)) || !message_place(v, entry, &place))
        return false;
    const struct message_seen *seen = rows_series_at(v->rows, &message_series_family, place);
    return hash128_equal(seen->hash, message) && message_counts(v, place);
}

/* Takes the id at this place out of the index, unless it came again since and the entry leads to the newer one. */
static void message_forget(struct step *s, uint64_t place)
{
    const struct message_seen *seen = rows_series_at(s->view.rows, &message_series_family, place);
    uint32_t entry;
    if (view_index(&s->view, &message_index_family, seen->hash, &entry) && entry == message_entry(place))
        step_index_remove(s, &message_index_family, seen->hash);
}

static void messages_forget(struct step *s)
{
    const struct rows *rows = s->view.rows;
    uint64_t from = rows_series_first(rows, &message_series_family), end = rows_series_end(rows, &message_series_family);
    if (end % FORGET_EVERY != 0)
        return;
    uint64_t until = from;
    int64_t days_us = setting_int(&s->view, &dedup_days) * US_PER_DAY;
    uint64_t kept_max = (uint64_t)setting_int(&s->view, &dedup_ids);
    for (; until < end && until - from < FORGOTTEN_MAX; until++) {
        const struct message_seen *seen = rows_series_at(rows, &message_series_family, until);
        if (s->view.now_us - seen->time_us < days_us && end - until <= kept_max)
            break;
        rows_index_prefetch(rows, &message_index_family, seen->hash);
    }
    for (uint64_t place = from; place < until; place++)
        message_forget(s, place);
    if (until > from)
        step_series_drop(s, &message_series_family, until);
}

static void message_remember(struct step *s, struct hash128 message)
{
    struct message_seen *seen = arena_take(s->view.arena, sizeof *seen, _Alignof(struct message_seen));
    *seen = (struct message_seen){.hash = message, .time_us = s->view.now_us};
    uint64_t place = step_series_push(s, &message_series_family, seen);
    step_index_put(s, &message_index_family, message, message_entry(place));
}

/* An id may have gone because of the number, or of a setting that was changed since: what is still there is certain. */
int64_t collect_horizon_us(const struct view *v)
{
    uint64_t first = rows_series_first(v->rows, &message_series_family), end = rows_series_end(v->rows, &message_series_family);
    int64_t days_us = setting_int(v, &dedup_days) * US_PER_DAY;
    uint64_t kept_max = (uint64_t)setting_int(v, &dedup_ids);
    if (first == end || (first == 0 && end <= kept_max))
        return days_us;
    uint64_t oldest = end - first > kept_max ? end - kept_max : first;
    const struct message_seen *seen = rows_series_at(v->rows, &message_series_family, oldest);
    int64_t age_us = v->now_us - seen->time_us;
    return age_us < days_us ? age_us : days_us;
}

/* --- the fact --- */

static void traits_number(struct step *s, struct arrived *a)
{
    struct unpack u = unpack_of(a->envelope.traits);
    uint32_t count = unpack_varint32(&u);
    struct arrived_trait *traits = ARENA_ARRAY(s->view.arena, struct arrived_trait, count);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes key = unpack_bytes(&u), value = unpack_value_bytes(&u);
        uint32_t name = name_intern(s, NAME_TRAIT, key);
        if (name != 0)
            traits[a->trait_count++] = (struct arrived_trait){.name = name, .value = value};
    }
    assert(unpack_finished(&u)); /* event_check has seen it */
    a->traits = traits;
}

static void consents_number(struct step *s, struct arrived *a)
{
    struct unpack u = unpack_of(a->envelope.consents);
    uint32_t room = a->envelope.consent_count;
    struct arrived_consent *consents = ARENA_ARRAY(s->view.arena, struct arrived_consent, room);
    for (struct envelope_consent c; a->consent_count < room && envelope_consent_next(&u, &c);) {
        uint32_t purpose = name_intern(s, NAME_PURPOSE, c.purpose);
        uint32_t channel = name_intern(s, NAME_CHANNEL, c.channel);
        if (purpose != 0 && (channel != 0 || c.channel.size == 0)) /* a channel without a number is not "all" */
            consents[a->consent_count++] = (struct arrived_consent){.purpose = purpose, .channel = channel, .consent = c};
    }
    a->consents = consents;
}

static enum cause cause_of(const struct envelope *envelope)
{
    if (envelope->import)
        return CAUSE_IMPORT;
    return envelope->received_us - envelope->event_us > LATE_US ? CAUSE_LATE : CAUSE_LIVE;
}

static void references_number(struct step *s, struct arrived *a)
{
    const struct bytes *reference = a->envelope.reference;
    a->event = name_intern(s, NAME_EVENT, a->envelope.event);
    a->source = name_intern(s, NAME_SOURCE, a->envelope.source);
    a->brand = name_intern(s, NAME_BRAND, reference[REF_BRAND]);
    a->channel = name_intern(s, NAME_CHANNEL, reference[REF_CHANNEL]);
    a->shop = name_intern(s, NAME_SHOP, reference[REF_SHOP]);
    a->store = name_intern(s, NAME_STORE, reference[REF_STORE]);
    a->staff = name_intern(s, NAME_STAFF, reference[REF_STAFF]);
    a->touchpoint = name_intern(s, NAME_TOUCHPOINT, reference[REF_TOUCHPOINT]);
    a->campaign = name_intern(s, NAME_CAMPAIGN, reference[REF_CAMPAIGN]);
}

static const struct refusal *event_apply(struct step *s, struct bytes payload)
{
    struct arrived *a = arena_take(s->view.arena, sizeof *a, _Alignof(struct arrived));
    struct status status = envelope_unpack(payload, &a->envelope, NULL);
    assert(done(status)); /* event_check has seen it */
    if (is_duplicate(&s->view, a->envelope.message))
        return &collect_duplicate;
    a->packed = payload;
    a->trait_count = a->consent_count = 0;
    message_remember(s, a->envelope.message);
    messages_forget(s);
    references_number(s, a);
    a->traits = NULL;
    a->consents = NULL;
    if (a->envelope.traits.size > 0)
        traits_number(s, a);
    if (a->envelope.consent_count > 0)
        consents_number(s, a);
    s->cause = cause_of(&a->envelope);
    step_say(s, &fact_arrived, a);
    return NULL;
}

bool collect_prefetch(const struct view *v, struct bytes packed, int stage)
{
    struct hash128 message;
    struct envelope_id ids[ENVELOPE_IDS_MAX];
    uint32_t count;
    if (!envelope_peek(packed, &message, ids, &count))
        return false;
    if (stage == 0)
        rows_index_prefetch(v->rows, &message_index_family, message);
    return identity_prefetch(v, ids, count, stage);
}

/* --- collect.name --- */

struct name_order {
    uint8_t kind;
    struct bytes name, alias_of, attributes;
};

static bool name_order_read(struct bytes payload, struct name_order *out)
{
    struct unpack u = unpack_of(payload);
    out->kind = unpack_u8(&u);
    out->name = unpack_bytes(&u);
    out->alias_of = unpack_bytes(&u);
    out->attributes = unpack_bytes(&u);
    return unpack_finished(&u) && record_is_good(out->attributes);
}

static fallible name_check(struct bytes payload, struct err *e)
{
    struct name_order order;
    if (!name_order_read(payload, &order))
        return FAIL(e, INVALID, "not the definition of a name");
    if (order.name.size == 0 || order.name.size > NAME_BYTES_MAX || order.alias_of.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "a name has 1 to %u bytes", NAME_BYTES_MAX);
    return DONE;
}

/* NULL: the alias is fine, or there is none; *out_target is the number that it counts as. */
static const struct refusal *alias_check(const struct view *v, const struct name_order *order, uint32_t *out_target)
{
    *out_target = 0;
    if (order->alias_of.size == 0)
        return NULL;
    enum name_kind kind = (enum name_kind)order->kind;
    uint32_t number = name_number(v, kind, order->name), target = name_number(v, kind, order->alias_of);
    bool is_standard = number != 0 && number < NAME_EVENT_CUSTOM, is_itself = bytes_equal(order->alias_of, order->name);
    if (kind != NAME_EVENT || is_standard || is_itself || name_alias(v, kind, order->alias_of) != 0)
        return &name_bad_alias;
    if (target == 0)
        return &name_unknown_target;
    *out_target = target;
    return NULL;
}

static void entity_make_known(struct step *s, struct bytes attributes)
{
    struct value entity;
    if (record_find(attributes, BYTES_LIT("entity"), &entity) && entity.kind == VALUE_TEXT)
        (void)name_intern(s, NAME_ENTITY, entity.body);
}

static const struct refusal *name_apply(struct step *s, struct bytes payload)
{
    struct name_order order;
    bool good = name_order_read(payload, &order);
    assert(good);
    (void)good;
    if (order.kind == 0 || order.kind >= NAME_KIND_COUNT)
        return &name_unknown_kind;
    enum name_kind kind = (enum name_kind)order.kind;
    uint32_t target, number = name_number(&s->view, kind, order.name);
    const struct refusal *refusal = alias_check(&s->view, &order, &target);
    if (refusal != NULL)
        return refusal;
    if (number == 0)
        number = name_intern(s, kind, order.name);
    if (number == 0)
        return &name_none_left;
    name_describe(s, kind, number, target, order.attributes);
    if (kind == NAME_BRAND)
        entity_make_known(s, order.attributes);
    return NULL;
}

void collect_name_pack(struct buf *b, enum name_kind kind, struct bytes name, struct bytes alias_of, struct bytes attributes)
{
    pack_u8(b, (uint8_t)kind);
    pack_bytes(b, name);
    pack_bytes(b, alias_of);
    pack_bytes(b, attributes);
}

/* --- the table --- */

/* For the live stream: who, but not so that one could write to them. */
static void arrived_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct arrived *a = fact;
    char text[TIME_TEXT_BYTES];
    json_key(out, "event");
    json_put_string(out, a->envelope.event);
    json_key(out, "time");
    json_put_text(out, time_format(a->envelope.event_us, text));
    for (uint32_t i = REF_BRAND; i <= REF_STORE; i++) {
        if (a->envelope.reference[i].size > 0) {
            json_key(out, reference_names[i]);
            json_put_string(out, a->envelope.reference[i]);
        }
    }
    json_key(out, "ids");
    json_array_begin(out);
    for (uint32_t i = 0; i < a->envelope.id_count; i++)
        envelope_id_print(&a->envelope.ids[i], true, out);
    json_array_end(out);
}

const struct fact_kind fact_arrived = {
    .id = 0x0201, .name = "event_arrived", .print = arrived_print, .about = "An event that was not seen before has come in."};

static uint64_t horizon_seconds(const struct view *v)
{
    return (uint64_t)(collect_horizon_us(v) / US_PER_SECOND);
}

static uint64_t messages_kept(const struct view *v)
{
    return rows_series_end(v->rows, &message_series_family) - rows_series_first(v->rows, &message_series_family);
}

/* Names by kind: a metric each, since a metric is one number. */
#define DEFINE_NAME_COUNT(kind, KIND)                  \
    static uint64_t names_##kind(const struct view *v) \
    {                                                  \
        return names_given(v, KIND);                   \
    }
DEFINE_NAME_COUNT(event, NAME_EVENT)
DEFINE_NAME_COUNT(brand, NAME_BRAND)
DEFINE_NAME_COUNT(channel, NAME_CHANNEL)
DEFINE_NAME_COUNT(shop, NAME_SHOP)
DEFINE_NAME_COUNT(store, NAME_STORE)
DEFINE_NAME_COUNT(staff, NAME_STAFF)
DEFINE_NAME_COUNT(touchpoint, NAME_TOUCHPOINT)
DEFINE_NAME_COUNT(campaign, NAME_CAMPAIGN)
DEFINE_NAME_COUNT(source, NAME_SOURCE)
DEFINE_NAME_COUNT(trait, NAME_TRAIT)
DEFINE_NAME_COUNT(purpose, NAME_PURPOSE)
DEFINE_NAME_COUNT(entity, NAME_ENTITY)

static const struct family *const families[] = {&name_index_family, &name_row_family, &message_index_family,
                                                &message_series_family};
static const struct fact_kind *const says[] = {&fact_arrived};
static const struct setting *const settings[] = {&dedup_days, &dedup_ids};
static const struct metric metrics[] = {
    {"kith_dedup_horizon_seconds", "How far back a duplicate is certain to be seen; alarm below 48 hours.", horizon_seconds},
    {"kith_dedup_ids", "Message ids remembered.", messages_kept},
    {"kith_names_event", "Event names seen that aren't standard.", names_event},
    {"kith_names_brand", "Brands seen.", names_brand},
    {"kith_names_channel", "Channels seen.", names_channel},
    {"kith_names_shop", "Shops seen.", names_shop},
    {"kith_names_store", "Stores seen.", names_store},
    {"kith_names_staff", "Staff seen.", names_staff},
    {"kith_names_touchpoint", "Touchpoints seen.", names_touchpoint},
    {"kith_names_campaign", "Campaigns seen.", names_campaign},
    {"kith_names_source", "Sources seen.", names_source},
    {"kith_names_trait", "Trait names seen.", names_trait},
    {"kith_names_purpose", "Purposes of consent seen.", names_purpose},
    {"kith_names_entity", "Legal entities declared.", names_entity},
};
static const struct command commands[] = {
    {COMMAND_COLLECT_EVENT, "collect.event", ENVELOPE_BYTES_MAX, ROLE_COLLECT, event_check, event_needs, event_apply,
     "Takes in one event, unless its message came before.", collect_prefetch},
    {COMMAND_COLLECT_NAME, "collect.name", NAME_PAYLOAD_BYTES_MAX, ROLE_WRITE, name_check, NULL, name_apply,
     "Says what a name stands for (a brand's legal entity, a store's region, labels), or that an event is an alias of another.",
     NULL},
};

const struct domain collect_domain = {
    .number = 0x02,
    .name = "collect",
    .about = "What arrives, once: names, duplicates, cause.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
};
