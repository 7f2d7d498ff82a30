#include "domain/collect/collect.h"

#include <string.h>

#include "base/time.h"
#include "domain/collect/import_lines.h"
#include "domain/collect/messages.h"
#include "domain/collect/names.h"
#include "domain/collect/standard.h"
#include "domain/collect/suppressed.h"
#include "domain/identity/identity.h"
#include "engine/shelf.h"
#include "lib/json.h"

#define LATE_US US_PER_HOUR /* an event that took longer to come is late */
#define NAME_PAYLOAD_BYTES_MAX 4096u
#define ENTRY_MODULUS ((uint64_t)UINT32_MAX)

const struct refusal collect_duplicate = {
    "duplicate", "This message came before: it counts once.", "这条消息已经收到过,只算一次。"};
const struct refusal collect_suppressed = {
    "suppressed", "This person was erased: history of theirs is not taken in again.", "此人已被删除,不再导入其历史数据。"};
static const struct refusal name_unknown_kind = {
    "unknown_kind", "There is no such kind of name: see the list of kinds.", "没有这种名称类别,请查看类别列表。"};
static const struct refusal name_none_left = {
    "no_number_left", "This kind has 65,535 names already: use one of them.", "该类别的名称已满 65535 个,请使用已有的名称。"};
static const struct refusal name_bad_alias = {
    "bad_alias", "Only an event that isn't standard can be an alias, and not of itself or of another alias.",
    "只有非标准事件可以设为别名,且不能指向自己或另一个别名。"};
static const struct refusal name_unknown_target = {
    "unknown_target", "The event that the alias stands for isn't known: name it first.", "别名指向的事件不存在,请先定义它。"};

static const struct refusal name_bad_app_kind = {
    "bad_app_kind", "An app's app_kind is official_account, mini_program, open_platform or wecom.",
    "应用的 app_kind 应为 official_account(公众号)、mini_program(小程序)、open_platform(开放平台)或 wecom(企业微信)。"};

/* --- collect.event --- */

static fallible event_check(struct bytes payload, struct err *e)
{
    struct envelope envelope;
    TRY(envelope_unpack(payload, &envelope, e));
    return envelope_check(&envelope, e);
}

/* The message first: people need no look when they are all in memory and nothing else is missing. */
static void event_needs(const struct view *v, struct bytes payload)
{
    struct hash128 message;
    int64_t event_us;
    if (!envelope_order(payload, &event_us, &message))
        return;
    bool is_known = message_is_known(v, message);
    if (is_known || !view_people_matter(v))
        return;
    struct envelope *envelope = arena_take(v->arena, sizeof *envelope, _Alignof(struct envelope));
    if (done(envelope_unpack(payload, envelope, NULL)))
        identity_touch(v, envelope);
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
        uint32_t entity = name_intern(s, NAME_ENTITY, c.entity);
        /* A channel without a number is not "all", nor an entity without one the brand. */
        if (purpose != 0 && (channel != 0 || c.channel.size == 0) && (entity != 0 || c.entity.size == 0))
            consents[a->consent_count++] = (struct arrived_consent){.purpose = purpose, .channel = channel, .entity = entity, .consent = c};
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
    uint32_t standard = a->envelope.event_number;
    a->event = standard != 0 ? standard : name_intern(s, NAME_EVENT, a->envelope.event);
    a->source = name_intern(s, NAME_SOURCE, a->envelope.source);
    a->brand = name_intern(s, NAME_BRAND, reference[REF_BRAND]);
    a->channel = name_intern(s, NAME_CHANNEL, reference[REF_CHANNEL]);
    a->shop = name_intern(s, NAME_SHOP, reference[REF_SHOP]);
    a->store = name_intern(s, NAME_STORE, reference[REF_STORE]);
    a->staff = name_intern(s, NAME_STAFF, reference[REF_STAFF]);
    a->touchpoint = name_intern(s, NAME_TOUCHPOINT, reference[REF_TOUCHPOINT]);
    a->campaign = name_intern(s, NAME_CAMPAIGN, reference[REF_CAMPAIGN]);
}

/* A line of a file comes once for ever; a message as far back as ids are kept. What is new is remembered, a line without an
 * id of its own as a line alone. */
static bool came_before(struct step *s, const struct envelope *envelope)
{
    bool is_line = envelope->line.number != 0, has_id = !is_line || envelope->message_id.size > 0;
    if (is_line && import_line_is_known(&s->view, envelope))
        return true;
    if (has_id && message_is_known(&s->view, envelope->message))
        return true;
    if (is_line)
        import_line_remember(s, envelope);
    if (has_id)
        message_remember(s, envelope->message);
    return false;
}

static const struct refusal *event_apply(struct step *s, struct bytes payload)
{
    struct arrived *a = arena_take(s->view.arena, sizeof *a, _Alignof(struct arrived));
    struct status status = envelope_unpack(payload, &a->envelope, NULL);
    assert(done(status)); /* event_check has seen it */
    if (cause_of(&a->envelope) != CAUSE_LIVE && is_suppressed(&s->view, &a->envelope))
        return &collect_suppressed;
    if (came_before(s, &a->envelope))
        return &collect_duplicate;
    a->packed = payload;
    a->trait_count = a->consent_count = 0;
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

int64_t collect_horizon_us(const struct view *v)
{
    return messages_horizon_us(v);
}

bool collect_horizon_is_short(const struct view *v)
{
    int64_t days_us = setting_int(v, &dedup_days) * US_PER_DAY, horizon_us = messages_horizon_us(v);
    return horizon_us < COLLECT_HORIZON_LEAST_US && horizon_us < days_us;
}

struct event_ahead {
    struct envelope_keys keys;
    struct identity_ahead identity;
    bool is_over;
};
static_assert(sizeof(struct event_ahead) <= AHEAD_BYTES, "it is kept by the engine");

bool collect_prefetch(const struct view *v, struct bytes packed, int stage, struct ahead *io_ahead)
{
    struct event_ahead *a = (struct event_ahead *)io_ahead->kept;
    if (stage == 0) {
        a->identity = (struct identity_ahead){0};
        a->is_over = !envelope_peek(packed, &a->keys);
        if (!a->is_over)
            message_prefetch(v, a->keys.message);
    }
    a->is_over = a->is_over || !identity_prefetch(v, &a->keys, &a->identity);
    return !a->is_over;
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

static void brand_describe(struct step *s, uint32_t brand, struct bytes attributes)
{
    uint32_t before = brand_entity(&s->view, brand);
    name_describe(s, NAME_BRAND, brand, 0, attributes);
    entity_make_known(s, attributes);
    if (brand_entity(&s->view, brand) == before)
        return;
    struct brand_moved *moved = ARENA_NEW(s->view.arena, struct brand_moved);
    moved->brand = brand;
    step_say(s, &fact_brand_moved, moved);
}

static void app_describe(struct step *s, uint32_t app, struct bytes attributes)
{
    enum app_kind before = APP_NOT_SAID, now = APP_NOT_SAID;
    (void)app_kind_said(name_attributes(&s->view, NAME_APP, app), &before);
    (void)app_kind_said(attributes, &now);
    name_describe(s, NAME_APP, app, 0, attributes);
    if (now != before)
        step_say(s, &fact_app_turned, NULL);
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
    enum app_kind app;
    if (refusal != NULL)
        return refusal;
    if (kind == NAME_APP && !app_kind_said(order.attributes, &app))
        return &name_bad_app_kind;
    if (number != 0)
        name_again_note(s, kind);
    else if ((number = name_intern(s, kind, order.name)) == 0)
        return &name_none_left;
    if (kind == NAME_BRAND)
        brand_describe(s, number, order.attributes);
    else if (kind == NAME_APP)
        app_describe(s, number, order.attributes);
    else
        name_describe(s, kind, number, target, order.attributes);
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

const struct fact_kind fact_brand_moved = {
    .id = 0x0202, .name = "brand_moved", .about = "A brand belongs to another legal entity than before."};

const struct fact_kind fact_app_turned = {
    .id = 0x0203, .name = "app_turned", .about = "An app of WeChat was declared to be of another kind than before."};

static uint64_t horizon_seconds(const struct view *v)
{
    return (uint64_t)(collect_horizon_us(v) / US_PER_SECOND);
}

static uint64_t horizon_is_short(const struct view *v)
{
    return collect_horizon_is_short(v);
}

static uint64_t messages_on_disk(const struct view *v)
{
    return view_shelf_stats(v).entries;
}

static uint64_t files_on_disk(const struct view *v)
{
    return view_shelf_stats(v).sieves;
}

static uint64_t message_filter_bytes(const struct view *v)
{
    return view_shelf_stats(v).bytes;
}

static uint64_t messages_passed_in_vain(const struct view *v)
{
    return view_shelf_stats(v).passed_in_vain;
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
DEFINE_NAME_COUNT(app, NAME_APP)

static const struct family *const families[] = {&name_index_family,   &name_row_family,        &message_family,
                                                &message_file_family, &message_retired_family, &message_mark_family,
                                                &import_line_family,  &suppressed_family};
static const struct fact_kind *const says[] = {&fact_arrived, &fact_brand_moved, &fact_app_turned};
static const struct setting *const settings[] = {&dedup_days, &dedup_ids, &dedup_generation};
static const struct work_kind *const works[] = {&stow_work, &stow_merge_work, &stow_sweep_work};
static const struct metric metrics[] = {
    {"kith_dedup_horizon_seconds", "How far back a duplicate is certain to be seen; alarm below 48 hours.", horizon_seconds},
    {"kith_dedup_horizon_short", "1 when that is below 48 hours and below what the setting asks for.", horizon_is_short},
    {"kith_dedup_ids_memory", "Message ids remembered in memory.", messages_in_memory},
    {"kith_dedup_ids_disk", "Message ids remembered on disk, those included that are too old and will go with their file.", messages_on_disk},
    {"kith_dedup_files", "Files of message ids.", files_on_disk},
    {"kith_dedup_filter_bytes", "Memory for the filters over these files.", message_filter_bytes},
    {"kith_dedup_in_vain_total", "New messages for which a file was read in vain.", messages_passed_in_vain},
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
    {"kith_names_app", "Apps of WeChat declared.", names_app},
};
static const struct alarm alarms[] = {
    {"dedup_horizon_short",
     "a duplicate is certain to be seen for less than 48 hours: raise collect.dedup_ids",
     "a duplicate is certain to be seen for 48 hours again, or as long as the setting asks for", collect_horizon_is_short,
     "不到 48 小时后重发的消息可能被计两次:请调高 collect.dedup_ids"},
};
static const struct command commands[] = {
    {COMMAND_COLLECT_EVENT, "collect.event", ENVELOPE_BYTES_MAX, ROLE_COLLECT, event_check, event_needs, event_apply,
     "Takes in one event, unless its message came before.", collect_prefetch},
    {COMMAND_COLLECT_NAME, "collect.name", NAME_PAYLOAD_BYTES_MAX, ROLE_WRITE, name_check, NULL, name_apply,
     "Says what a name stands for (a brand's legal entity, a store's region, labels), or that an event is an alias of another.",
     NULL},
    {COMMAND_COLLECT_MOVED, "collect.messages_moved", MESSAGES_MOVED_BYTES_MAX, ROLE_SYSTEM, messages_moved_check, messages_moved_needs,
     messages_moved_apply, "Message ids moved from memory to a file, from files into one, or are let go.", NULL},
    {COMMAND_COLLECT_SUPPRESS, "collect.suppress", SUPPRESS_BYTES_MAX, ROLE_ADMIN, suppressed_check, NULL, suppressed_apply,
     "History of somebody who was erased, as another copy of this workspace knows, is not taken in.", NULL},
};

static const char *const folders[] = {MESSAGE_FOLDER};

const struct domain collect_domain = {
    .number = 0x02,
    .name = "collect",
    .about = "What arrives, once: names, duplicates, cause.",
    .families = families,
    .family_count = COUNT_OF(families),
    .folders = folders,
    .folder_count = COUNT_OF(folders),
    .forget = suppressed_forget,
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .works = works,
    .work_count = COUNT_OF(works),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
    .sieves = message_files_said,
};
