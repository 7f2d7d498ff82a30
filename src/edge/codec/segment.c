#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "edge/codec/codec.h"
#include "lib/text.h"

/* The members of Segment's calls that mean something here; others (integrations, version …) are passed over. Shorter names
 * come first. */
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

/* A name that is compared only when its size fits. */
struct word {
    uint8_t size;
    char text[19];
};
#define WORD(literal) {sizeof(literal) - 1, literal}

static const struct word member_words[MEMBER_COUNT] = {
    WORD("type"),    WORD("name"),     WORD("event"),     WORD("sentAt"),    WORD("userId"),     WORD("traits"),     WORD("groupId"),
    WORD("context"), WORD("category"), WORD("messageId"), WORD("timestamp"), WORD("previousId"), WORD("properties"), WORD("anonymousId"),
    WORD("originalTimestamp"),
};
/* Where the names of so many bytes begin among them: all members of all events are looked up. */
static const uint8_t members_of_size[19] = {
    [4] = MEMBER_TYPE,     [5] = MEMBER_EVENT,        [6] = MEMBER_SENT_AT,       [7] = MEMBER_GROUP_ID,
    [8] = MEMBER_CATEGORY, [9] = MEMBER_MESSAGE_ID,   [10] = MEMBER_PREVIOUS_ID,  [11] = MEMBER_ANONYMOUS_ID,
    [12] = MEMBER_COUNT,   [13] = MEMBER_COUNT,       [14] = MEMBER_COUNT,        [15] = MEMBER_COUNT,
    [16] = MEMBER_COUNT,   [17] = MEMBER_ORIGINAL_TIMESTAMP, [18] = MEMBER_COUNT,
};
static const char *const call_names[CALL_COUNT] = {"", "track", "identify", "page", "screen", "group", "alias"};

static size_t word_find(const struct word *words, size_t count, struct bytes key)
{
    if (key.size == 0)
        return count;
    for (size_t i = 0; i < count; i++)
        if (words[i].size == key.size && words[i].text[0] == (char)key.data[0] && memcmp(words[i].text, key.data, key.size) == 0)
            return i;
    return count;
}

static void members_read(struct json event, struct json out_members[MEMBER_COUNT])
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        out_members[i] = JSON_NOTHING;
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(event); json_member_next(&w, &key, &value);) {
        size_t i = key.size < COUNT_OF(members_of_size) ? members_of_size[key.size] : MEMBER_COUNT;
        for (; i < MEMBER_COUNT && member_words[i].size == key.size; i++)
            if (memcmp(member_words[i].text, key.data, key.size) == 0)
                out_members[i] = value;
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

static fallible external_ids(struct draft *d, struct json list, struct err *e)
{
    struct json id;
    for (struct json_walk w = json_items(list); json_item_next(&w, &id);) {
        struct bytes collection = json_string(json_find(id, BYTES_LIT("collection")));
        if (collection.size > 0 && !bytes_equal(collection, BYTES_LIT("users")))
            continue; /* of an account, not of a person */
        TRY(draft_id(d, json_string(json_find(id, BYTES_LIT("type"))), text_of_json(json_find(id, BYTES_LIT("ns"))),
                     text_of_json(json_find(id, BYTES_LIT("id"))), ID_OWN, e));
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
static const struct word context_words[CONTEXT_READ] = {WORD("traits"),  WORD("device"),  WORD("externalIds"), WORD("campaign"),
                                                        WORD("library"), WORD("groupId"), WORD("page"),        WORD("app")};

/* The page that an event happened on has members of its own; "page" itself is a path. */
static fallible page_read(struct draft *d, struct json page, struct err *e)
{
    static const struct {
        struct word sent;
        struct bytes kept;
    } words[] = {
        {WORD("path"), {(const uint8_t *)"page", 4}},
        {WORD("url"), {(const uint8_t *)"page_url", 8}},
        {WORD("title"), {(const uint8_t *)"page_title", 10}},
        {WORD("search"), {(const uint8_t *)"page_search", 11}},
        {WORD("referrer"), {(const uint8_t *)"referrer", 8}},
    };
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(page); json_member_next(&w, &key, &value);)
        for (size_t i = 0; i < COUNT_OF(words); i++)
            if (words[i].sent.size == key.size && memcmp(words[i].sent.text, key.data, key.size) == 0 && text_of_json(value).size > 0)
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
            TRY(context_member_read(d, (enum context_member)word_find(context_words, CONTEXT_READ, key), key, value, e));
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

/* References and products have places of their own. Brand and channel of a property are the product's, not ours. */
static fallible property_take(struct draft *d, struct bytes name, struct json value, enum member_place *out_place, struct err *e)
{
    static const struct word words[] = {WORD("shop"),     WORD("store"), WORD("staff"),        WORD("touchpoint"),
                                        WORD("campaign"), WORD("order"), WORD("conversation"), WORD("group")};
    static_assert(REF_SHOP + COUNT_OF(words) == REF_COUNT, "in the order of the references");
    if (json_is(value, JSON_ARRAY)) {
        if (!bytes_equal(name, BYTES_LIT("products")) && !bytes_equal(name, BYTES_LIT("items")))
            return DONE;
        *out_place = PLACE_ELSEWHERE;
        return WRAP(e, products_read(d, value, e), "products");
    }
    size_t i = word_find(words, COUNT_OF(words), name);
    if (i == COUNT_OF(words))
        return DONE;
    if (d->envelope.reference[REF_SHOP + i].size > 0) { /* said already, under the standard name */
        *out_place = PLACE_RECORD_AS_SENT;
        return DONE;
    }
    struct bytes text = text_of_json(value);
    if (text.size == 0 || text.size > NAME_BYTES_MAX)
        return DONE;
    d->envelope.reference[REF_SHOP + i] = text;
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
    return standard_event_fold(text_of_json(m[MEMBER_EVENT]));
}

static fallible body_read(struct draft *d, const struct json *m, enum segment_call call, struct err *e)
{
    if (call == CALL_IDENTIFY)
        TRY(WRAP(e, draft_members(&d->traits, m[MEMBER_TRAITS], e), "traits"));
    else if (call == CALL_GROUP)
        TRY(WRAP(e, draft_members(&d->properties, m[MEMBER_TRAITS], e), "traits"));
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
    d->envelope.event = event_name(m, call);
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
