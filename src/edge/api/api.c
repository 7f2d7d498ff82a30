#include "edge/api/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "edge/codec/draft.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/nearest.h"
#include "lib/text.h"

/* --- identifiers --- */

static const struct id_type_rule *rule_named(const struct catalogue *c, struct bytes name)
{
    for (size_t i = 0; i < c->rule_count; i++)
        if (bytes_equal(bytes_of_text(c->rules[i].name), name))
            return &c->rules[i];
    return NULL;
}

static struct status type_unknown(const struct catalogue *c, struct bytes type, struct err *e)
{
    const char *names[TYPE_COUNT_MAX];
    for (size_t i = 0; i < c->rule_count; i++)
        names[i] = c->rules[i].name;
    const char *near = near_name(type, names, c->rule_count, sizeof *names);
    struct bytes shown = bytes_slice(type, 0, type.size > 40 ? 40 : type.size);
    if (near == NULL)
        return FAIL(e, INVALID, "'%.*s' is no declared type of identifier: GET /api/v1/identity/types lists them", BYTES_ARG(shown));
    return FAIL(e, INVALID, "'%.*s' is no declared type of identifier: did you mean '%s'? GET /api/v1/identity/types lists them", BYTES_ARG(shown), near);
}

static fallible id_of_rule(const struct request *r, const struct id_type_rule *rule, struct bytes ns, struct bytes value,
                           struct envelope_id *out_id, struct err *e)
{
    struct buf scratch;
    struct bytes normal;
    if (ns.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "%s: a namespace has at most %u bytes", rule->name, NAME_BYTES_MAX);
    buf_init(&scratch, 4096);
    enum id_verdict verdict = id_normalise(rule, value, &scratch, &normal);
    if (verdict == ID_GOOD) {
        struct arena *a = request_arena(r);
        *out_id = (struct envelope_id){.type = rule->type, .role = ID_OWN, .value = arena_copy(a, normal)};
        out_id->ns = rule->has_namespace ? arena_copy(a, ns) : BYTES_NONE;
        out_id->key = identifier_key(r->catalogue->secret, rule->type, out_id->ns, out_id->value);
    }
    buf_fini(&scratch);
    return verdict == ID_GOOD ? DONE : FAIL(e, INVALID, "%s: this value identifies nobody (%s)", rule->name, id_verdict_names[verdict]);
}

fallible id_read(const struct request *r, struct bytes type, struct bytes ns, struct bytes value, struct envelope_id *out_id, struct err *e)
{
    const struct id_type_rule *rule = rule_named(r->catalogue, type);
    return rule == NULL ? type_unknown(r->catalogue, type, e) : id_of_rule(r, rule, ns, value, out_id, e);
}

/* Takes what is before the first colon off the front; all of it when there is none. */
static struct bytes part_take(struct bytes *text)
{
    size_t at = 0;
    while (at < text->size && text->data[at] != ':')
        at++;
    struct bytes part = bytes_slice(*text, 0, at);
    *text = bytes_slice(*text, at < text->size ? at + 1 : at, text->size);
    return part;
}

fallible id_read_text(const struct request *r, struct bytes text, struct envelope_id *out_id, struct err *e)
{
    struct bytes rest = text, type = part_take(&rest), ns = BYTES_NONE;
    if (type.size == text.size)
        return FAIL(e, INVALID, "say whose identifier it is, as TYPE:VALUE, such as phone:13812345678");
    const struct id_type_rule *rule = rule_named(r->catalogue, type);
    if (rule == NULL)
        return type_unknown(r->catalogue, type, e);
    struct bytes value = rest;
    if (rule->has_namespace) {
        ns = part_take(&value);
        if (ns.size == rest.size) { /* events may leave the namespace out where there is only one */
            ns = BYTES_NONE;
            value = rest;
        }
    }
    return id_of_rule(r, rule, ns, value, out_id, e);
}

fallible id_check_json(struct json from, struct err *e)
{
    static const struct body_member members[] = {{"type", BODY_TEXT, false}, {"ns", BODY_SCALAR, true}, {"value", BODY_SCALAR, false}};
    if (json_is(from, JSON_STRING))
        return DONE;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "an identifier is {\"type\":…,\"value\":…} or \"TYPE:VALUE\", this is %s", json_kind_name(json_kind(from)));
    return members_check(from, BODY_MEMBERS(members), e);
}

fallible id_read_json(const struct request *r, struct json from, struct envelope_id *out_id, struct err *e)
{
    TRY(id_check_json(from, e));
    if (json_is(from, JSON_STRING))
        return id_read_text(r, json_string(from), out_id, e);
    return id_read(r, json_string(json_find(from, BYTES_LIT("type"))), text_of_json(json_find(from, BYTES_LIT("ns"))),
                   text_of_json(json_find(from, BYTES_LIT("value"))), out_id, e);
}

/* --- people --- */

const struct problem problem_no_person = {.status = 404,
                                          .slug = "no-such-person",
                                          .title = "There is no such person",
                                          .detail = "Nobody has this identifier now; GET /api/v1/find?q=… looks by name, phone or order."};

fallible person_ask_read(const struct request *r, struct bytes text, struct person_ask *out_ask, struct err *e)
{
    *out_ask = (struct person_ask){.is_public = false};
    if (!bytes_starts_with(text, BYTES_LIT("id:")))
        return id_read_text(r, text, &out_ask->id, e);
    out_ask->is_public = true;
    if (!public_id_read(bytes_slice(text, 3, text.size), &out_ask->public_id))
        return FAIL(e, INVALID, "a public id is 32 hexadecimal digits");
    return DONE;
}

uint32_t person_asked(const struct request *r, const struct view *v, const struct person_ask *ask)
{
    const struct envelope_id *id = &ask->id;
    uint32_t person = ask->is_public ? identity_of_public_id(v, ask->public_id) : identity_find(v, id->type, id->ns, id->value, id->key);
    return person != PERSON_NONE && scope_sees_person(r->token, v, person) ? person : PERSON_NONE;
}

uint32_t person_begin(struct request *r, const struct view *v, const struct person_ask *ask, struct json_writer *w)
{
    uint32_t person = person_asked(r, v, ask);
    if (person == PERSON_NONE) {
        r->problem = problem_no_person;
        return PERSON_NONE;
    }
    r->person_read = person;
    json_object_begin(w);
    member_person(w, "id", v, person);
    return person;
}

const char *public_id_text(struct hash128 id, char out_text[PUBLIC_ID_TEXT_BYTES])
{
    (void)snprintf(out_text, PUBLIC_ID_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, id.high, id.low);
    return out_text;
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool public_id_read(struct bytes text, struct hash128 *out_id)
{
    struct hash128 id = {0};
    size_t digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '-')
            continue;
        int digit = digit_of(text.data[i]);
        if (digit < 0 || ++digits > 32)
            return false;
        id.high = id.high << 4 | id.low >> 60;
        id.low = id.low << 4 | (uint64_t)digit;
    }
    if (digits != 32)
        return false;
    *out_id = id;
    return true;
}

/* --- members --- */

void put_text(struct json_writer *w, const char *text)
{
    if (text == NULL)
        json_put_null(w);
    else
        json_put_text(w, text);
}

void member_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    put_text(w, text);
}

void member_bytes(struct json_writer *w, const char *key, struct bytes text)
{
    json_key(w, key);
    json_put_string(w, text);
}

void member_text_or_null(struct json_writer *w, const char *key, struct bytes text)
{
    json_key(w, key);
    if (text.size > 0)
        json_put_string(w, text);
    else
        json_put_null(w);
}

void member_uint(struct json_writer *w, const char *key, uint64_t x)
{
    json_key(w, key);
    json_put_uint64(w, x);
}

void member_bool(struct json_writer *w, const char *key, bool x)
{
    json_key(w, key);
    json_put_bool(w, x);
}

void put_time(struct json_writer *w, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    if (us < TIME_US_MIN || us >= TIME_US_END)
        json_put_null(w);
    else
        json_put_text(w, time_format(us, text));
}

void member_time(struct json_writer *w, const char *key, int64_t us)
{
    json_key(w, key);
    put_time(w, us);
}

void member_name(struct json_writer *w, const char *key, const struct view *v, enum name_kind kind, uint32_t number)
{
    struct bytes name = number == 0 ? BYTES_NONE : name_text(v, kind, number);
    json_key(w, key);
    if (name.size == 0)
        json_put_null(w);
    else
        json_put_string(w, name);
}

void member_person(struct json_writer *w, const char *key, const struct view *v, uint32_t person)
{
    char text[PUBLIC_ID_TEXT_BYTES];
    uint32_t living = person == PERSON_NONE ? PERSON_NONE : identity_living(v, person);
    json_key(w, key);
    if (living == PERSON_NONE)
        json_put_null(w);
    else
        json_put_text(w, public_id_text(identity_public_id(v, living), text));
}

void put_consent(const struct request *r, const struct view *v, const struct consent *c, struct json_writer *w)
{
    member_name(w, "entity", v, NAME_ENTITY, c->entity);
    member_name(w, "brand", v, NAME_BRAND, c->brand);
    member_name(w, "purpose", v, NAME_PURPOSE, c->purpose);
    member_name(w, "channel", v, NAME_CHANNEL, c->channel);
    member_bool(w, "given", c->given);
    member_time(w, "time", c->time_us);
    if (c->from_us != 0)
        member_time(w, "from", c->from_us);
    if (c->until_us != 0)
        member_time(w, "until", c->until_us);
    member_bytes(w, "policy", c->policy);
    json_key(w, "evidence");
    if (r->token != NULL && r->token->masked && c->evidence.size > 0)
        mask_free_text(w, c->evidence);
    else
        json_put_string(w, c->evidence);
    member_name(w, "source", v, NAME_SOURCE, c->source);
}

void value_put(struct json_writer *w, struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    struct value v = unpack_value(&u);
    if (unpack_good(&u))
        value_print(&v, w);
    else
        json_put_null(w);
}

void record_put(struct json_writer *w, struct bytes record)
{
    struct unpack u = unpack_of(record);
    struct value v = {.kind = VALUE_OBJECT, .count = record.size == 0 ? 0 : unpack_varint32(&u)};
    v.body = unpack_rest(&u);
    value_print(&v, w);
}

/* --- what was asked --- */

fallible query_number(struct request *r, const char *name, uint64_t otherwise, uint64_t most, uint64_t *out_number, struct err *e)
{
    struct bytes text = http_query(r->x, name);
    uint64_t number = 0;
    if (text.size == 0) {
        *out_number = otherwise;
        return DONE;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i >= 19)
            return FAIL(e, INVALID, "%s: want a whole number, not '%.*s'", name, BYTES_ARG(bytes_slice(text, 0, text.size > 40 ? 40 : text.size)));
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_number = number < most ? number : most;
    return DONE;
}

static bool is_of_kind(struct json j, enum body_kind kind)
{
    bool flag;
    int64_t number;
    uint64_t count;
    bool is_text = json_is(j, JSON_STRING) && !json_has_nul(j);
    switch (kind) {
    case BODY_TEXT: return is_text;
    case BODY_BOOL: return json_bool(j, &flag);
    case BODY_COUNT: return json_uint64(j, &count);
    case BODY_NUMBER: return json_int64(j, &number);
    case BODY_SCALAR:
    case BODY_TIME: return is_text || json_is(j, JSON_NUMBER);
    case BODY_NAMES:
    case BODY_IDS:
    case BODY_LIST: return json_is(j, JSON_ARRAY);
    case BODY_OBJECT: return json_is(j, JSON_OBJECT);
    case BODY_ANY: return true;
    default: assert(false); return false;
    }
}

static fallible member_check(const struct body_member *m, struct json value, struct err *e)
{
    static const char *const wants[BODY_KIND_COUNT] = {
        [BODY_TEXT] = "a text without NUL", [BODY_BOOL] = "true or false",     [BODY_COUNT] = "a whole number from 0",
        [BODY_NUMBER] = "a whole number",   [BODY_SCALAR] = "a text or a number", [BODY_TIME] = "a time",
        [BODY_NAMES] = "a list of names",   [BODY_IDS] = "a list of identifiers", [BODY_OBJECT] = "an object",
        [BODY_LIST] = "a list",              [BODY_ANY] = "anything",
    };
    if (is_of_kind(value, m->kind) || (m->or_null && json_is(value, JSON_NULL)))
        return DONE;
    return FAIL(e, INVALID, "%s: want %s, this is %s", m->name, wants[m->kind], json_kind_name(json_kind(value)));
}

static struct status member_unknown(struct bytes key, struct body_members members, struct err *e)
{
    const char *names[BODY_MEMBERS_MAX];
    for (size_t i = 0; i < members.count; i++)
        names[i] = members.rows[i].name;
    const char *near = near_name(key, names, members.count, sizeof *names);
    struct bytes shown = text_cut(key, 60);
    if (near == NULL)
        return FAIL(e, INVALID, "there is no member '%.*s'", BYTES_ARG(shown));
    return FAIL(e, INVALID, "there is no member '%.*s'; the nearest is '%s'", BYTES_ARG(shown), near);
}

fallible members_check(struct json object, struct body_members members, struct err *e)
{
    struct bytes key;
    struct json value;
    uint32_t seen = 0;
    assert(members.count <= BODY_MEMBERS_MAX);
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        size_t i = 0;
        while (i < members.count && !bytes_equal(bytes_of_text(members.rows[i].name), key))
            i++;
        if (i == members.count)
            return member_unknown(key, members, e);
        TRY(member_check(&members.rows[i], value, e));
        if ((seen >> i & 1) != 0)
            return FAIL(e, INVALID, "%s: it is said twice", members.rows[i].name);
        seen |= 1u << i;
    }
    return DONE;
}

bool body_read(struct request *r, struct body_members members, struct json_parser **out_parser, struct json *out_root)
{
    struct err e = {0};
    struct json_parser *p = json_parser_create(BODY_BYTES_COLLECTED);
    struct status status = p == NULL ? FAIL(&e, FULL, "no memory for the request") : json_parse(p, http_body(r->x), out_root, &e);
    if (done(status) && !json_is(*out_root, JSON_OBJECT))
        status = FAIL(&e, INVALID, "the body is a JSON object, this is %s", json_kind_name(json_kind(*out_root)));
    if (done(status))
        status = members_check(*out_root, members, &e);
    if (done(status)) {
        *out_parser = p;
        return true;
    }
    json_parser_destroy(p);
    request_failed(r, status, &e);
    return false;
}

bool body_read_by(struct request *r, struct body_members members, body_taker take)
{
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, members, &p, &root))
        return false;
    struct status status = take(r, root, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    return done(status);
}

fallible request_may_redo(const struct request *r, struct err *e)
{
    if (request_may(r, ROLE_ADMIN) && !scope_is_limited(r->token))
        return DONE;
    return FAIL(e, DENIED, "decided, brands: only an admin's token that is not limited does again what was decided elsewhere");
}

bool is_masked(const struct request *r)
{
    return r->token != NULL && r->token->masked;
}

bool is_loopback(const struct request *r)
{
    const char *client = http_client(r->x);
    bool local = strcmp(client, "::1") == 0 || strncmp(client, "127.", 4) == 0;
    return local && http_header(r->x, "X-Forwarded-For").data == NULL && http_header(r->x, "Forwarded").data == NULL;
}

void put_id(const struct request *r, const struct view *v, const struct envelope_id *id, struct json_writer *w)
{
    const struct id_type_rule *rule = id_type_rule(v, id->type);
    json_object_begin(w);
    member_text(w, "type", rule == NULL ? "" : rule->name);
    if (id->ns.size > 0)
        member_bytes(w, "ns", id->ns);
    json_key(w, "value");
    if (is_masked(r))
        mask_text(w, id->value);
    else
        json_put_string(w, id->value);
    json_object_end(w);
}

/* --- references to things --- */

void member_ref(struct json_writer *w, const struct thing_ref *ref)
{
    member_bytes(w, "kind", ref->kind);
    member_bytes(w, "ns", ref->ns);
    member_bytes(w, "id", ref->id);
}

bool ref_read_text(struct bytes text, struct thing_ref *out_ref)
{
    const uint8_t *slash = text.size == 0 ? NULL : memchr(text.data, '/', text.size);
    if (slash == NULL)
        return false;
    size_t at = (size_t)(slash - text.data);
    *out_ref = (struct thing_ref){.kind = bytes_slice(text, 0, at), .id = bytes_slice(text, at + 1, text.size)};
    return out_ref->kind.size > 0 && out_ref->id.size > 0;
}

fallible ref_read_json(struct json from, struct thing_ref *out_ref, struct err *e)
{
    static const struct body_member ref_members[] = {
        {"kind", BODY_TEXT, false}, {"ns", BODY_SCALAR, true}, {"id", BODY_SCALAR, false}};
    if (json_is(from, JSON_STRING))
        return ref_read_text(json_string(from), out_ref) ? DONE : FAIL(e, INVALID, "want KIND/ID, such as region/华东");
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "want {\"kind\":…,\"id\":…} or \"KIND/ID\", this is %s",
                    json_kind_name(json_kind(from)));
    TRY(members_check(from, BODY_MEMBERS(ref_members), e));
    *out_ref = (struct thing_ref){json_string(json_find(from, BYTES_LIT("kind"))),
                                  text_of_json(json_find(from, BYTES_LIT("ns"))),
                                  text_of_json(json_find(from, BYTES_LIT("id")))};
    return DONE;
}
