#include <stdio.h>
#include <string.h>

#include "domain/collect/collect.h"
#include "edge/codec/codec.h"
#include "lib/nearest.h"
#include "lib/text.h"


/* The members of an event, in the order in which they are read. */
enum member {
    MEMBER_ID,
    MEMBER_LINE,
    MEMBER_EVENT,
    MEMBER_TIME,
    MEMBER_SENT_AT,
    MEMBER_IDS,
    MEMBER_ACTOR,
    MEMBER_OTHER,
    MEMBER_TRAITS,
    MEMBER_CONSENTS,
    MEMBER_PROPERTIES,
    MEMBER_ITEMS,
    MEMBER_SOURCE, /* these three of an export */
    MEMBER_RECEIVED_AT,
    MEMBER_POSITION,
    MEMBER_REFERENCES, /* and the REF_COUNT of them */
    MEMBER_COUNT = MEMBER_REFERENCES + REF_COUNT,
};
static const char *const member_names[MEMBER_REFERENCES] = {"id",          "line",       "event",  "time",   "sent_at",
                                                            "ids",         "actor",      "other",  "traits", "consents",
                                                            "properties",  "items",      "source", "received_at",
                                                            "position"};
static const char *const role_names[ID_ROLE_COUNT] = {"own", "receiver", "payer", "staff", "other"};

static const char *member_name(size_t member)
{
    return member < MEMBER_REFERENCES ? member_names[member] : reference_names[member - MEMBER_REFERENCES];
}

/* Nearly all names are told apart by their first letter: measuring all of them would cost more than reading the values. */
static bool is_member(size_t member, struct bytes key)
{
    const char *name = member_name(member);
    return key.size > 0 && name[0] == (char)key.data[0] && bytes_equal(bytes_of_text(name), key);
}

/* MEMBER_COUNT: there is none of this name. */
static size_t member_named(struct draft *d, size_t place, struct bytes key)
{
    size_t member = place < DRAFT_MEMBERS_SEEN ? d->members_seen[place] : 0;
    if (is_member(member, key))
        return member;
    for (member = 0; member < MEMBER_COUNT && !is_member(member, key);)
        member++;
    if (place < DRAFT_MEMBERS_SEEN && member < MEMBER_COUNT)
        d->members_seen[place] = (uint8_t)member;
    return member;
}

static const char *member_nearest(struct bytes key)
{
    const char *names[MEMBER_COUNT];
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        names[i] = member_name(i);
    return nearest_name(key, names, MEMBER_COUNT, sizeof *names);
}

static fallible members_read(struct draft *d, struct json event, struct json out_members[MEMBER_COUNT], struct err *e)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        out_members[i] = JSON_NOTHING;
    struct bytes key;
    struct json value;
    size_t place = 0;
    for (struct json_walk w = json_members(event); json_member_next(&w, &key, &value); place++) {
        size_t i = member_named(d, place, key);
        if (i == MEMBER_COUNT) /* a slip of the pen would lose data in silence */
            return FAIL(e, INVALID, "there is no member '%.*s'; the nearest is '%s'. Put your own under \"properties\"",
                        BYTES_ARG(text_cut(key, 60)), member_nearest(key));
        out_members[i] = json_is(value, JSON_NULL) ? JSON_NOTHING : value;
    }
    return DONE;
}

static fallible role_read(struct json j, enum id_role *out_role, struct err *e)
{
    struct bytes name = json_string(j);
    *out_role = ID_OWN;
    if (json_is(j, JSON_ABSENT))
        return DONE;
    for (int i = 0; i < ID_ROLE_COUNT; i++) {
        if (bytes_equal(bytes_of_text(role_names[i]), name)) {
            *out_role = (enum id_role)i;
            return DONE;
        }
    }
    return FAIL(e, INVALID, "role '%.*s': want own, receiver, payer, staff or other",
                BYTES_ARG(text_cut(name, 40)));
}

static fallible ids_read(struct draft *d, struct json ids, struct err *e)
{
    if (!json_is(ids, JSON_ARRAY) && !json_is(ids, JSON_ABSENT))
        return FAIL(e, INVALID, "ids: want a list of {\"type\", \"value\"}, this is %s", json_kind_name(json_kind(ids)));
    struct json id;
    for (struct json_walk w = json_items(ids); json_item_next(&w, &id);) {
        enum id_role role;
        struct bytes type = json_string(json_find(id, BYTES_LIT("type")));
        if (type.size == 0)
            return FAIL(e, INVALID, "ids: each one needs a \"type\", such as phone or openid");
        TRY(WRAP(e, role_read(json_find(id, BYTES_LIT("role")), &role, e), "ids"));
        TRY(WRAP(e, draft_id(d, type, text_of_json(json_find(id, BYTES_LIT("ns"))), text_of_json(json_find(id, BYTES_LIT("value"))), role, e), "ids"));
    }
    return DONE;
}

static fallible actor_read(struct draft *d, struct json actor, struct err *e)
{
    if (json_is(actor, JSON_ABSENT))
        return DONE;
    struct bytes kind = json_string(json_find(actor, BYTES_LIT("kind")));
    for (int i = 0; i < ACTOR_KIND_COUNT; i++) {
        if (bytes_equal(bytes_of_text(actor_names[i]), kind)) {
            d->envelope.actor = (enum actor_kind)i;
            d->envelope.actor_id = text_of_json(json_find(actor, BYTES_LIT("id")));
            return d->envelope.actor_id.size <= NAME_BYTES_MAX ? DONE : FAIL(e, LIMIT, "actor: its id is over %u bytes", NAME_BYTES_MAX);
        }
    }
    return FAIL(e, INVALID, "actor: \"kind\" is person, staff, bot or system");
}

static fallible consent_read(struct json from, struct envelope_consent *out_consent, struct err *e)
{
    struct envelope_consent c = {0};
    const struct {
        const char *name;
        struct bytes *text;
    } texts[] = {{"purpose", &c.purpose}, {"channel", &c.channel}, {"entity", &c.entity}, {"policy", &c.policy}, {"evidence", &c.evidence}};
    const struct {
        const char *name;
        int64_t *us;
    } times[] = {{"from", &c.from_us}, {"until", &c.until_us}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i].text = text_of_json(json_find(from, bytes_of_text(texts[i].name)));
        if (texts[i].text->size > NAME_BYTES_MAX)
            return FAIL(e, LIMIT, "consents: %s: want a text of at most %u bytes", texts[i].name, NAME_BYTES_MAX);
    }
    if (c.purpose.size == 0 || !json_bool(json_find(from, BYTES_LIT("given")), &c.given))
        return FAIL(e, INVALID, "consents: each one needs a \"purpose\" and \"given\": true or false");
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct json time = json_find(from, bytes_of_text(times[i].name));
        if (!json_is(time, JSON_ABSENT))
            TRY(WRAP(e, time_of_json(time, times[i].us, e), "consents: %s", times[i].name));
    }
    *out_consent = c;
    return DONE;
}

static fallible consents_read(struct draft *d, struct json consents, struct err *e)
{
    if (!json_is(consents, JSON_ARRAY) && !json_is(consents, JSON_ABSENT))
        return FAIL(e, INVALID, "consents: want a list, this is %s", json_kind_name(json_kind(consents)));
    struct json consent;
    for (struct json_walk w = json_items(consents); json_item_next(&w, &consent);) {
        struct envelope_consent c;
        TRY(consent_read(consent, &c, e));
        if (d->envelope.consent_count == CONSENTS_AN_EVENT_MAX)
            return FAIL(e, LIMIT, "consents: more than %u", CONSENTS_AN_EVENT_MAX);
        envelope_consent_pack(&d->consents, &c);
        d->envelope.consent_count++;
    }
    return DONE;
}

static fallible items_read(struct draft *d, struct json items, struct err *e)
{
    if (!json_is(items, JSON_ARRAY) && !json_is(items, JSON_ABSENT))
        return FAIL(e, INVALID, "items: want a list, this is %s", json_kind_name(json_kind(items)));
    struct json item;
    for (struct json_walk w = json_items(items); json_item_next(&w, &item);)
        TRY(WRAP(e, draft_item(d, item, e), "items"));
    return DONE;
}

static fallible references_read(struct draft *d, const struct json *members, struct err *e)
{
    for (size_t i = 0; i < REF_COUNT; i++) {
        struct json j = members[MEMBER_REFERENCES + i];
        if (json_is(j, JSON_ABSENT) || json_is(j, JSON_NULL))
            continue;
        struct bytes text = text_of_json(j);
        if (text.size > NAME_BYTES_MAX || (text.size == 0 && !json_is(j, JSON_STRING)) || json_has_nul(j))
            return FAIL(e, INVALID, "%s: want a text of at most %u bytes, without NUL", reference_names[i], NAME_BYTES_MAX);
        if (text.size > 0)
            d->envelope.reference[i] = text;
    }
    return DONE;
}

static fallible object_or_none(struct json j, const char *what, struct err *e)
{
    if (json_is(j, JSON_OBJECT) || json_is(j, JSON_ABSENT) || json_is(j, JSON_NULL))
        return DONE;
    return FAIL(e, INVALID, "%s: want an object, this is %s", what, json_kind_name(json_kind(j)));
}

/* Without its id an event can't be told from its second sending, so that one which can't be read is not passed over. */
static fallible id_check(struct json id, struct err *e)
{
    bool is_text = json_is(id, JSON_STRING) && !json_has_nul(id);
    if (is_text || json_is(id, JSON_NUMBER) || json_is(id, JSON_ABSENT))
        return DONE;
    return FAIL(e, INVALID, "id: want a text without NUL, or a number, this is %s", json_kind_name(json_kind(id)));
}

static fallible line_read(struct draft *d, struct json line, struct err *e)
{
    if (json_is(line, JSON_ABSENT))
        return DONE;
    if (!d->envelope.import)
        return FAIL(e, INVALID, "line: only an import has it, with ?import=1");
    if (!import_line_read(json_string(line), &d->envelope.line))
        return FAIL(e, INVALID, "line: want 32 hex digits that tell the file, ':' and the line's number, from 1");
    return DONE;
}

/* What Kith noted when the event came the first time: an export says it, so that the event comes back as it was. */
static fallible origin_read(struct draft *d, const struct json *members, struct err *e)
{
    struct json source = members[MEMBER_SOURCE], received = members[MEMBER_RECEIVED_AT], position = members[MEMBER_POSITION];
    int64_t received_us = 0;
    uint64_t number;
    if (json_is(source, JSON_ABSENT) && json_is(received, JSON_ABSENT) && json_is(position, JSON_ABSENT))
        return DONE;
    if (!d->envelope.import)
        return FAIL(e, INVALID, "source, received_at and position: only an import has them, with ?import=1");
    if (!json_is(source, JSON_ABSENT) && (json_string(source).size == 0 || json_string(source).size > NAME_BYTES_MAX))
        return FAIL(e, INVALID, "source: want a text of 1 to %u bytes", NAME_BYTES_MAX);
    if (!json_is(position, JSON_ABSENT) && !json_uint64(position, &number))
        return FAIL(e, INVALID, "position: want a whole number");
    if (!json_is(received, JSON_ABSENT))
        TRY(WRAP(e, time_of_json(received, &received_us, e), "received_at"));
    draft_origin(d, json_string(source), received_us);
    return DONE;
}

static fallible name_check(struct json name, struct err *e)
{
    if (json_is(name, JSON_STRING) || json_is(name, JSON_ABSENT))
        return DONE;
    return FAIL(e, INVALID, "event: want a text, this is %s", json_kind_name(json_kind(name)));
}

static fallible times_read(struct draft *d, const struct json *members, struct err *e)
{
    int64_t event_us = 0, sent_us = 0;
    if (!json_is(members[MEMBER_TIME], JSON_ABSENT))
        TRY(WRAP(e, time_of_json(members[MEMBER_TIME], &event_us, e), "time"));
    if (!json_is(members[MEMBER_SENT_AT], JSON_ABSENT))
        TRY(WRAP(e, time_of_json(members[MEMBER_SENT_AT], &sent_us, e), "sent_at"));
    draft_times(d, event_us, sent_us);
    return DONE;
}

static fallible event_read(struct draft *d, struct json event, struct bytes raw, uint32_t index, struct err *e)
{
    struct json m[MEMBER_COUNT];
    if (raw.size > EVENT_JSON_BYTES_MAX)
        return FAIL(e, LIMIT, "the event has %zu bytes, at most %u are taken", raw.size, EVENT_JSON_BYTES_MAX);
    if (!json_is(event, JSON_OBJECT))
        return FAIL(e, INVALID, "an event is an object, this is %s", json_kind_name(json_kind(event)));
    TRY(members_read(d, event, m, e));
    TRY(id_check(m[MEMBER_ID], e));
    TRY(line_read(d, m[MEMBER_LINE], e));
    TRY(origin_read(d, m, e));
    TRY(name_check(m[MEMBER_EVENT], e));
    draft_event(d, text_of_json(m[MEMBER_EVENT]));
    draft_message(d, text_of_json(m[MEMBER_ID]), raw);
    TRY(times_read(d, m, e));
    TRY(references_read(d, m, e));
    TRY(ids_read(d, m[MEMBER_IDS], e));
    TRY(actor_read(d, m[MEMBER_ACTOR], e));
    TRY(object_or_none(m[MEMBER_TRAITS], "traits", e));
    TRY(WRAP(e, draft_members(&d->traits, m[MEMBER_TRAITS], e), "traits"));
    TRY(consents_read(d, m[MEMBER_CONSENTS], e));
    TRY(object_or_none(m[MEMBER_PROPERTIES], "properties", e));
    TRY(WRAP(e, draft_members(&d->properties, m[MEMBER_PROPERTIES], e), "properties"));
    TRY(items_read(d, m[MEMBER_ITEMS], e));
    TRY(object_or_none(m[MEMBER_OTHER], "other", e));
    if (!json_is(m[MEMBER_OTHER], JSON_ABSENT)) {
        draft_other(d);
        TRY(WRAP(e, ids_read(d, json_find(m[MEMBER_OTHER], BYTES_LIT("ids")), e), "other"));
    }
    return draft_end(d, index, e);
}

static void event_take(struct codec *k, const struct codec_context *c, struct json event, struct bytes raw, uint32_t index,
                       struct codec_batch *out)
{
    struct err e;
    e.text[0] = 0; /* not {0}: half a kilobyte for each event */
    draft_begin(k->draft, c, out);
    if (failed(event_read(k->draft, event, raw, index, &e)))
        draft_fault(out, index, &e);
}

/* Up to the comma or bracket that ends the item which `text` begins with. */
static size_t item_size(struct bytes text)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            in_string = c != '"';
            i += c == '\\';
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return i;
        } else {
            in_string = c == '"';
            depth += c == '[' || c == '{';
            depth -= depth > 0 && (c == ']' || c == '}');
        }
    }
    return text.size;
}

static size_t blank_size(struct bytes text)
{
    size_t at = 0;
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\n' || text.data[at] == '\r' || text.data[at] == '\t'))
        at++;
    return at;
}

static void item_take(struct codec *k, const struct codec_context *c, struct bytes item, uint32_t index, struct codec_batch *out)
{
    struct json event;
    struct err e = {0};
    if (failed(json_parse(k->parser, item, &event, &e)))
        draft_fault(out, index, &e);
    else
        event_take(k, c, event, json_raw(event), index, out);
}

/* A list that isn't JSON as a whole, and why: its items are read one by one, as lines are, so that a slip costs no good event. */
static fallible items_salvage(struct codec *k, const struct codec_context *c, struct bytes list, const struct err *why,
                              struct codec_batch *out, struct err *e)
{
    uint32_t index = 0;
    bool goes_on = true;
    struct bytes rest = bytes_slice(list, 1, list.size);
    for (; goes_on; index++) {
        size_t size = item_size(rest);
        struct bytes item = bytes_slice(rest, 0, size);
        goes_on = size < rest.size && rest.data[size] == ',';
        if (!goes_on && blank_size(item) == size)
            break;
        if (index == REQUEST_EVENTS_MAX)
            return FAIL(e, LIMIT, "more than %u events in one request: send several", REQUEST_EVENTS_MAX);
        item_take(k, c, item, index, out);
        rest = bytes_slice(rest, goes_on ? size + 1 : size, rest.size);
    }
    if (out->fault_count == 0) /* all items are good: it is the list's end that is not */
        draft_fault(out, index, why);
    return DONE;
}

static fallible array_read(struct codec *k, const struct codec_context *c, struct bytes body, struct codec_batch *out, struct err *e)
{
    struct json root, event;
    uint32_t index = 0;
    struct err why = {0}; /* it may become a fault, whether the caller wants words or not */
    struct status parsed = json_parse(k->parser, body, &root, &why);
    if (parsed.code == STATUS_INVALID)
        return items_salvage(k, c, body, &why, out, e);
    if (failed(parsed)) {
        err_set(e, "%s", why.text);
        return parsed;
    }
    for (struct json_walk w = json_items(root); json_item_next(&w, &event); index++) {
        if (index == REQUEST_EVENTS_MAX)
            return FAIL(e, LIMIT, "more than %u events in one request: send several", REQUEST_EVENTS_MAX);
        event_take(k, c, event, json_raw(event), index, out);
    }
    return DONE;
}

fallible native_read(struct codec *k, const struct codec_context *c, struct bytes body, struct codec_batch *out, struct err *e)
{
    size_t blank = blank_size(body);
    if (blank < body.size && body.data[blank] == '[')
        return array_read(k, c, bytes_slice(body, blank, body.size), out, e);
    struct json_lines lines;
    struct json_line line;
    struct err why = {0};
    json_lines_init(&lines, k->parser, body);
    for (uint32_t count = 0; json_lines_next(&lines, &line, &why); count++) {
        if (count == REQUEST_EVENTS_MAX)
            return FAIL(e, LIMIT, "more than %u events in one request: send several", REQUEST_EVENTS_MAX);
        if (failed(line.status))
            draft_fault(out, (uint32_t)(line.number - 1), &why);
        else
            event_take(k, c, line.root, line.text, (uint32_t)(line.number - 1), out);
    }
    return DONE;
}
