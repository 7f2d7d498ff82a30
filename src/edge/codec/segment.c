#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "edge/codec/codec.h"
#include "lib/text.h"

/* The members of Segment's calls that mean something here; others (integrations, version …) are passed over. */
enum member {
    MEMBER_TYPE,
    MEMBER_NAME,
    MEMBER_EVENT,
    MEMBER_SENT_AT,
    MEMBER_USER_ID,
    MEMBER_TRAITS,
    MEMBER_GROUP_ID,
    MEMBER_CONTEXT,
    MEMBER_CATEGORY,
    MEMBER_MESSAGE_ID,
    MEMBER_TIMESTAMP,
    MEMBER_PREVIOUS_ID,
    MEMBER_PROPERTIES,
    MEMBER_ANONYMOUS_ID,
    MEMBER_ORIGINAL_TIMESTAMP,
    MEMBER_COUNT,
};

static const char *const call_names[CALL_COUNT] = {"", "track", "identify", "page", "screen", "group", "alias"};

/* Is the name, whose size is that of the literal, the literal? Compared by a word or two, with no call. */
#define IS(name, literal) (memcmp((name).data, (literal), sizeof(literal) - 1) == 0)

/* All members of all events are looked up. */
static enum member member_of(struct bytes key)
{
    switch (key.size) {
    case 4:
        return IS(key, "type") ? MEMBER_TYPE : IS(key, "name") ? MEMBER_NAME : MEMBER_COUNT;
    case 5:
        return IS(key, "event") ? MEMBER_EVENT : MEMBER_COUNT;
    case 6:
        return IS(key, "userId") ? MEMBER_USER_ID : IS(key, "sentAt") ? MEMBER_SENT_AT : IS(key, "traits") ? MEMBER_TRAITS : MEMBER_COUNT;
    case 7:
        return IS(key, "context") ? MEMBER_CONTEXT : IS(key, "groupId") ? MEMBER_GROUP_ID : MEMBER_COUNT;
    case 8:
        return IS(key, "category") ? MEMBER_CATEGORY : MEMBER_COUNT;
    case 9:
        return IS(key, "messageId") ? MEMBER_MESSAGE_ID : IS(key, "timestamp") ? MEMBER_TIMESTAMP : MEMBER_COUNT;
    case 10:
        return IS(key, "properties") ? MEMBER_PROPERTIES : IS(key, "previousId") ? MEMBER_PREVIOUS_ID : MEMBER_COUNT;
    case 11:
        return IS(key, "anonymousId") ? MEMBER_ANONYMOUS_ID : MEMBER_COUNT;
    case 17:
        return IS(key, "originalTimestamp") ? MEMBER_ORIGINAL_TIMESTAMP : MEMBER_COUNT;
    default:
        return MEMBER_COUNT;
    }
}

/* Of several with one name the last counts, as in JavaScript. */
static void members_read(struct json event, struct json out_members[MEMBER_COUNT])
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        out_members[i] = JSON_NOTHING;
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(event); json_member_next(&w, &key, &value);) {
        enum member member = member_of(key);
        if (member < MEMBER_COUNT)
            out_members[member] = value;
    }
}

/* --- identifiers --- */

/* A device's own id; advertising ids too: they belong to the device. */
static fallible device_ids(struct draft *d, struct json device, struct err *e)
{
    static const struct bytes names[] = {{(const uint8_t *)"id", 2}, {(const uint8_t *)"advertisingId", 13}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bytes id = text_of_json(json_find(device, names[i]));
        if (id.size > 0)
            TRY(draft_id_typed(d, TYPE_DEVICE_ID, BYTES_NONE, id, ID_OWN, e));
    }
    return DONE;
}

struct external_id {
    struct bytes type, ns, value, collection;
};

static struct external_id external_id_of(struct json object)
{
    struct external_id id = {0};
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        if (key.size == 2 && IS(key, "id"))
            id.value = text_of_json(value);
        else if (key.size == 2 && IS(key, "ns"))
            id.ns = text_of_json(value);
        else if (key.size == 4 && IS(key, "type"))
            id.type = json_string(value);
        else if (key.size == 10 && IS(key, "collection"))
            id.collection = json_string(value);
    }
    return id;
}

static fallible external_ids(struct draft *d, struct json list, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct external_id id = external_id_of(item);
        if (id.collection.size > 0 && !bytes_equal(id.collection, BYTES_LIT("users")))
            continue; /* of an account, not of a person */
        TRY(draft_id(d, id.type, id.ns, id.value, ID_OWN, e));
    }
    return DONE;
}

static fallible trait_ids(struct draft *d, struct json traits, struct err *e)
{
    static const struct {
        struct bytes name;
        uint16_t type;
    } known[] = {
        {{(const uint8_t *)"email", 5}, TYPE_EMAIL},
        {{(const uint8_t *)"phone", 5}, TYPE_PHONE},
        {{(const uint8_t *)"unionid", 7}, TYPE_UNIONID},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct bytes value = text_of_json(json_find(traits, known[i].name));
        if (value.size > 0)
            TRY(draft_id_typed(d, known[i].type, BYTES_NONE, value, ID_OWN, e));
    }
    return DONE;
}

/* What alias calls previousId: an anonymous id when it looks like one (a UUID), else a user id. */
static uint16_t previous_type(struct bytes id)
{
    return id.size == 36 && id.data[8] == '-' && id.data[13] == '-' ? TYPE_ANONYMOUS_ID : TYPE_USER_ID;
}

static fallible ids_read(struct draft *d, const struct json *m, enum segment_call call, struct err *e)
{
    struct bytes user = text_of_json(m[MEMBER_USER_ID]), anonymous = text_of_json(m[MEMBER_ANONYMOUS_ID]);
    struct bytes previous = text_of_json(m[MEMBER_PREVIOUS_ID]);
    if (user.size > 0)
        TRY(draft_id_typed(d, TYPE_USER_ID, BYTES_NONE, user, ID_OWN, e));
    if (anonymous.size > 0)
        TRY(draft_id_typed(d, TYPE_ANONYMOUS_ID, BYTES_NONE, anonymous, ID_OWN, e));
    if (call == CALL_ALIAS && previous.size > 0)
        TRY(draft_id_typed(d, previous_type(previous), BYTES_NONE, previous, ID_OWN, e));
    if (call == CALL_IDENTIFY)
        TRY(trait_ids(d, m[MEMBER_TRAITS], e));
    return DONE;
}

/* --- context --- */

/* Members of context that are read for themselves; the others are kept beside the properties, which come first. */
enum context_member {
    CONTEXT_TRAITS,
    CONTEXT_DEVICE,
    CONTEXT_EXTERNAL_IDS,
    CONTEXT_CAMPAIGN,
    CONTEXT_LIBRARY,
    CONTEXT_GROUP,
    CONTEXT_PAGE,
    CONTEXT_APP,
    CONTEXT_READ
};

static enum context_member context_member_of(struct bytes key)
{
    switch (key.size) {
    case 3:
        return IS(key, "app") ? CONTEXT_APP : CONTEXT_READ;
    case 4:
        return IS(key, "page") ? CONTEXT_PAGE : CONTEXT_READ;
    case 6:
        return IS(key, "traits") ? CONTEXT_TRAITS : IS(key, "device") ? CONTEXT_DEVICE : CONTEXT_READ;
    case 7:
        return IS(key, "library") ? CONTEXT_LIBRARY : IS(key, "groupId") ? CONTEXT_GROUP : CONTEXT_READ;
    case 8:
        return IS(key, "campaign") ? CONTEXT_CAMPAIGN : CONTEXT_READ;
    case 11:
        return IS(key, "externalIds") ? CONTEXT_EXTERNAL_IDS : CONTEXT_READ;
    default:
        return CONTEXT_READ;
    }
}

/* The page that an event happened on has members of its own; "page" itself is a path. */
static fallible page_read(struct draft *d, struct json page, struct err *e)
{
    static const struct {
        struct bytes sent, kept;
    } words[] = {
        {{(const uint8_t *)"path", 4}, {(const uint8_t *)"page", 4}},
        {{(const uint8_t *)"url", 3}, {(const uint8_t *)"page_url", 8}},
        {{(const uint8_t *)"title", 5}, {(const uint8_t *)"page_title", 10}},
        {{(const uint8_t *)"search", 6}, {(const uint8_t *)"page_search", 11}},
        {{(const uint8_t *)"referrer", 8}, {(const uint8_t *)"referrer", 8}},
    };
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(page); json_member_next(&w, &key, &value);)
        for (size_t i = 0; i < COUNT_OF(words); i++)
            if (bytes_equal(words[i].sent, key) && text_of_json(value).size > 0)
                TRY(draft_member_more(&d->properties, words[i].kept, value, e));
    return DONE;
}

/* A token that says its channel knows best; an SDK's page or app is the next best word. */
static void channel_guess(struct draft *d, struct bytes channel)
{
    if (d->envelope.reference[REF_CHANNEL].size == 0)
        d->envelope.reference[REF_CHANNEL] = channel;
}

static void reference_guess(struct draft *d, enum reference reference, struct bytes text)
{
    if (d->envelope.reference[reference].size == 0 && text.size <= NAME_BYTES_MAX)
        d->envelope.reference[reference] = text;
}

static fallible context_member_read(struct draft *d, enum context_member member, struct bytes key, struct json value, struct err *e)
{
    switch (member) {
    case CONTEXT_TRAITS:
        TRY(trait_ids(d, value, e));
        return draft_members_more(&d->traits, value, e);
    case CONTEXT_DEVICE:
        return device_ids(d, value, e);
    case CONTEXT_EXTERNAL_IDS:
        return external_ids(d, value, e);
    case CONTEXT_CAMPAIGN:
        reference_guess(d, REF_CAMPAIGN, text_of_json(json_find(value, BYTES_LIT("name"))));
        return DONE;
    case CONTEXT_GROUP:
        reference_guess(d, REF_GROUP, text_of_json(value));
        return DONE;
    case CONTEXT_LIBRARY:
        return DONE;
    case CONTEXT_PAGE:
        channel_guess(d, BYTES_LIT("web"));
        return page_read(d, value, e);
    case CONTEXT_APP:
        channel_guess(d, BYTES_LIT("app"));
        break;
    case CONTEXT_READ:
        break;
    }
    return draft_member_more(&d->properties, key, value, e); /* app, os, locale, ip … by their own names */
}

static fallible context_read(struct draft *d, struct json context, struct err *e)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(context); json_member_next(&w, &key, &value);)
        if (!json_is(value, JSON_NULL))
            TRY(context_member_read(d, context_member_of(key), key, value, e));
    return DONE;
}

/* --- properties --- */

static fallible products_read(struct draft *d, struct json products, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(products); json_item_next(&w, &item);)
        TRY(draft_item(d, item, e));
    return DONE;
}

/* What a property refers to. Brand and channel of a property are the product's, not ours: REF_COUNT, as of all others. */
static enum reference reference_of(struct bytes name)
{
    switch (name.size) {
    case 4:
        return IS(name, "shop") ? REF_SHOP : REF_COUNT;
    case 5:
        return IS(name, "order") ? REF_ORDER : IS(name, "store") ? REF_STORE : IS(name, "staff") ? REF_STAFF : IS(name, "group") ? REF_GROUP : REF_COUNT;
    case 8:
        return IS(name, "campaign") ? REF_CAMPAIGN : REF_COUNT;
    case 10:
        return IS(name, "touchpoint") ? REF_TOUCHPOINT : REF_COUNT;
    case 12:
        return IS(name, "conversation") ? REF_CONVERSATION : REF_COUNT;
    default:
        return REF_COUNT;
    }
}

/* References and products have places of their own. */
static fallible property_take(struct draft *d, struct bytes name, struct json value, enum member_place *out_place, struct err *e)
{
    if (json_is(value, JSON_ARRAY)) {
        if (!bytes_equal(name, BYTES_LIT("products")) && !bytes_equal(name, BYTES_LIT("items")))
            return DONE;
        *out_place = PLACE_ELSEWHERE;
        return WRAP(e, products_read(d, value, e), "products");
    }
    enum reference reference = reference_of(name);
    if (reference == REF_COUNT)
        return DONE;
    if (d->envelope.reference[reference].size > 0) { /* said already, under the standard name */
        *out_place = PLACE_RECORD_AS_SENT;
        return DONE;
    }
    struct bytes text = text_of_json(value);
    if (text.size == 0 || text.size > NAME_BYTES_MAX)
        return DONE;
    d->envelope.reference[reference] = text;
    *out_place = PLACE_ELSEWHERE;
    return DONE;
}

static fallible properties_read(struct draft *d, struct json properties, struct err *e)
{
    if (!json_is(properties, JSON_OBJECT) && !json_is(properties, JSON_ABSENT) && !json_is(properties, JSON_NULL))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(properties)));
    return draft_members_folded(d, &d->properties, properties, property_take, e);
}

/* --- calls --- */

static struct bytes event_name(const struct json *m, enum segment_call call)
{
    switch (call) {
    case CALL_IDENTIFY:
        return BYTES_LIT("profile_updated");
    case CALL_PAGE:
    case CALL_SCREEN: /* the dictionary has one name for both */
        return BYTES_LIT("page_viewed");
    case CALL_GROUP:
        return BYTES_LIT("group_joined");
    case CALL_ALIAS:
        return BYTES_LIT("ids_linked");
    case CALL_TRACK:
    case CALL_BATCH:
    case CALL_COUNT:
        break;
    }
    return text_of_json(m[MEMBER_EVENT]);
}

/* They tell of the group, not of what happened: a property of their own (domain/thing/thing.c). */
static fallible group_traits_read(struct draft *d, struct json traits, struct err *e)
{
    if (json_is(traits, JSON_ABSENT) || json_is(traits, JSON_NULL))
        return DONE;
    if (!json_is(traits, JSON_OBJECT))
        return FAIL(e, INVALID, "traits: want an object, this is %s", json_kind_name(json_kind(traits)));
    return draft_member(&d->properties, BYTES_LIT("traits"), traits, e);
}

static fallible body_read(struct draft *d, const struct json *m, enum segment_call call, struct err *e)
{
    if (call == CALL_IDENTIFY)
        TRY(WRAP(e, draft_members(&d->traits, m[MEMBER_TRAITS], e), "traits"));
    else if (call == CALL_GROUP)
        TRY(group_traits_read(d, m[MEMBER_TRAITS], e));
    else
        TRY(WRAP(e, properties_read(d, m[MEMBER_PROPERTIES], e), "properties"));
    bool named = call == CALL_PAGE || call == CALL_SCREEN;
    if (named && json_is(m[MEMBER_NAME], JSON_STRING))
        TRY(draft_member(&d->properties, BYTES_LIT("page_name"), m[MEMBER_NAME], e));
    if (named && json_is(m[MEMBER_CATEGORY], JSON_STRING))
        TRY(draft_member(&d->properties, BYTES_LIT("page_category"), m[MEMBER_CATEGORY], e));
    if (call == CALL_GROUP)
        reference_guess(d, REF_GROUP, text_of_json(m[MEMBER_GROUP_ID]));
    return DONE;
}

/* A time that can't be read is the sender's clock gone wrong, not a reason to lose the event. */
static int64_t time_or_none(struct json j)
{
    int64_t us = 0;
    return json_is(j, JSON_ABSENT) || failed(time_of_json(j, &us, NULL)) ? 0 : us;
}

static fallible call_of(const struct json *m, enum segment_call call, enum segment_call *out_call, struct err *e)
{
    struct bytes type = json_string(m[MEMBER_TYPE]);
    *out_call = call;
    if (call != CALL_BATCH)
        return DONE;
    for (int i = CALL_TRACK; i < CALL_COUNT; i++) {
        if (bytes_equal(bytes_of_text(call_names[i]), type)) {
            *out_call = (enum segment_call)i;
            return DONE;
        }
    }
    return FAIL(e, INVALID, "type '%.*s': want track, identify, page, screen, group or alias",
                BYTES_ARG(text_cut(type, 40)));
}

/* `sent_us` is the batch's, for events that don't say it themselves. */
static fallible event_read(struct draft *d, struct json event, enum segment_call call, int64_t sent_us, uint32_t index, struct err *e)
{
    struct json m[MEMBER_COUNT];
    struct bytes raw = json_raw(event);
    if (raw.size > EVENT_JSON_BYTES_MAX)
        return FAIL(e, LIMIT, "the event has %zu bytes, at most %u are taken", raw.size, EVENT_JSON_BYTES_MAX);
    if (!json_is(event, JSON_OBJECT))
        return FAIL(e, INVALID, "an event is an object, this is %s", json_kind_name(json_kind(event)));
    members_read(event, m);
    TRY(call_of(m, call, &call, e));
    draft_event(d, event_name(m, call));
    draft_message(d, text_of_json(m[MEMBER_MESSAGE_ID]), raw);
    int64_t own_us = time_or_none(m[MEMBER_SENT_AT]), event_us = time_or_none(m[MEMBER_ORIGINAL_TIMESTAMP]);
    draft_times(d, event_us != 0 ? event_us : time_or_none(m[MEMBER_TIMESTAMP]), own_us != 0 ? own_us : sent_us);
    TRY(ids_read(d, m, call, e));
    TRY(body_read(d, m, call, e));
    TRY(WRAP(e, context_read(d, m[MEMBER_CONTEXT], e), "context"));
    return draft_end(d, index, e);
}

static void event_take(struct codec *k, const struct codec_context *c, struct json event, enum segment_call call, int64_t sent_us,
                       uint32_t index, struct codec_batch *out)
{
    struct err e;
    e.text[0] = 0; /* not {0}: half a kilobyte for each event */
    draft_begin(k->draft, c, out);
    if (failed(event_read(k->draft, event, call, sent_us, index, &e)))
        draft_fault(out, index, &e);
}

fallible segment_read(struct codec *k, const struct codec_context *c, struct bytes body, enum segment_call call,
                      struct codec_batch *out, struct err *e)
{
    struct json root, event;
    TRY(json_parse(k->parser, body, &root, e));
    if (!json_is(root, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(root)));
    int64_t sent_us = time_or_none(json_find(root, BYTES_LIT("sentAt")));
    if (call != CALL_BATCH) {
        event_take(k, c, root, call, sent_us, 0, out);
        return DONE;
    }
    struct json batch = json_find(root, BYTES_LIT("batch"));
    if (!json_is(batch, JSON_ARRAY))
        return FAIL(e, INVALID, "batch: want a list of events, this is %s", json_kind_name(json_kind(batch)));
    uint32_t index = 0;
    for (struct json_walk w = json_items(batch); json_item_next(&w, &event); index++) {
        if (index == REQUEST_EVENTS_MAX)
            return FAIL(e, LIMIT, "more than %u events in one batch: send several", REQUEST_EVENTS_MAX);
        event_take(k, c, event, CALL_BATCH, sent_us, index, out);
    }
    return DONE;
}

struct bytes segment_write_key(struct codec *k, struct bytes body)
{
    struct json root;
    if (failed(json_parse(k->parser, body, &root, NULL)))
        return BYTES_NONE;
    return json_string(json_find(root, BYTES_LIT("writeKey")));
}
