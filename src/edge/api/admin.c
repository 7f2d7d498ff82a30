/* Administration: tokens, settings, names, and who has read whom. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/event/event.h"
#include "edge/api/api.h"
#include "edge/api/list.h"
#include "edge/api/vocabulary.h"
#include "edge/scope.h"
#include "edge/wording.h"
#include "engine/engine_domain.h"
#include "lib/nearest.h"

#define PAYLOAD_BYTES_MAX 16384u
#define READS_USUAL 50u
#define READS_MAX 200u
#define NAMES_USUAL 1000u
#define NAMES_MAX 5000u
#define SECRET_TEXT_BYTES 64u
#define GUIDE_PREFIX "guide:"

/* --- tokens --- */

static fallible text_take(struct json root, const char *key, char *out_text, size_t room, struct err *e)
{
    struct bytes text = json_string(json_find(root, bytes_of_text(key)));
    if (text.size >= room)
        return FAIL(e, INVALID, "%s: want a text of at most %zu bytes", key, room - 1);
    if (text.size > 0)
        memcpy(out_text, text.data, text.size);
    out_text[text.size] = 0;
    return DONE;
}

static fallible roles_read(struct json list, uint32_t *out_roles, struct err *e)
{
    struct json item;
    uint32_t roles = 0;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        uint32_t before = roles;
        for (uint32_t i = 0; i < ROLE_SYSTEM; i++)
            if (bytes_equal(bytes_of_text(role_names[i]), json_string(item)))
                roles |= 1u << i;
        if (roles == before)
            return FAIL(e, INVALID, "roles: want some of collect, read, write, admin, legal, each once");
    }
    if (roles == 0)
        return FAIL(e, INVALID, "roles: want some of collect, read, write, admin, legal");
    *out_roles = roles;
    return DONE;
}

static fallible brands_read(struct json list, struct token *t, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes name = json_string(item);
        if (t->brand_count == TOKEN_SCOPE_BRANDS_MAX || name.size == 0 || name.size >= sizeof t->brands[0] || json_has_nul(item))
            return FAIL(e, INVALID, "brands: want at most %u names of at most %zu bytes", TOKEN_SCOPE_BRANDS_MAX, sizeof t->brands[0] - 1);
        memcpy(t->brands[t->brand_count++], name.data, name.size);
    }
    return DONE;
}

/* "guide:G17" */
static fallible guide_read(struct json said, struct token *t, struct err *e)
{
    struct bytes prefix = BYTES_LIT(GUIDE_PREFIX), text = json_string(said);
    if (json_is(said, JSON_ABSENT) || json_is(said, JSON_NULL))
        return DONE;
    struct bytes id = bytes_slice(text, bytes_starts_with(text, prefix) ? prefix.size : text.size, text.size);
    if (id.size == 0 || id.size >= sizeof t->guide || json_has_nul(said))
        return FAIL(e, INVALID, "own_customers: want " GUIDE_PREFIX " and the id of somebody of staff, of at most %zu bytes", sizeof t->guide - 1);
    memcpy(t->guide, id.data, id.size);
    return DONE;
}

static const struct body_member token_members[] = {
    {"name", BODY_TEXT, false},   {"roles", BODY_NAMES, false}, {"brands", BODY_NAMES, false}, {"store", BODY_TEXT, true},
    {"channel", BODY_TEXT, true}, {"brand", BODY_TEXT, true},   {"masked", BODY_BOOL, false},  {"expires", BODY_TIME, true},
    {"own_customers", BODY_TEXT, true},
};

static fallible token_read(struct json root, struct token *t, struct err *e)
{
    struct json expires = json_find(root, BYTES_LIT("expires"));
    TRY(text_take(root, "name", t->name, sizeof t->name, e));
    if (t->name[0] == 0)
        return FAIL(e, INVALID, "name: a token has a name, which is also the source of the events that it collects");
    TRY(text_take(root, "store", t->store, sizeof t->store, e));
    TRY(text_take(root, "channel", t->channel, sizeof t->channel, e));
    TRY(text_take(root, "brand", t->brand, sizeof t->brand, e));
    TRY(roles_read(json_find(root, BYTES_LIT("roles")), &t->roles, e));
    TRY(brands_read(json_find(root, BYTES_LIT("brands")), t, e));
    TRY(guide_read(json_find(root, BYTES_LIT("own_customers")), t, e));
    if (scope_names_brands(t) && (t->roles >> ROLE_ADMIN & 1) != 0)
        return FAIL(e, INVALID, "admin concerns the whole workspace: such a token is not limited to brands");
    (void)json_bool(json_find(root, BYTES_LIT("masked")), &t->masked);
    if (!json_is(expires, JSON_ABSENT) && !json_is(expires, JSON_NULL))
        TRY(WRAP(e, time_of_json(expires, &t->expires_us, e), "expires"));
    return DONE;
}

static void secret_draw(char out_secret[SECRET_TEXT_BYTES])
{
    uint8_t random[TOKEN_SECRET_BYTES];
    char text[sodium_base64_ENCODED_LEN(TOKEN_SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    randombytes_buf(random, sizeof random);
    (void)sodium_bin2base64(text, sizeof text, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)snprintf(out_secret, SECRET_TEXT_BYTES, "kith_%s", text);
    sodium_memzero(random, sizeof random);
    sodium_memzero(text, sizeof text);
}

struct token_request {
    struct token token;
    char secret[SECRET_TEXT_BYTES];
};

static void member_guide(struct json_writer *w, const struct token *t)
{
    char text[sizeof GUIDE_PREFIX + sizeof t->guide];
    (void)snprintf(text, sizeof text, GUIDE_PREFIX "%s", t->guide);
    member_text(w, "own_customers", t->guide[0] == 0 ? NULL : text);
}

static void put_token(struct json_writer *w, const struct token *t)
{
    member_text(w, "name", t->name);
    json_key(w, "roles");
    json_array_begin(w);
    for (uint32_t i = 0; i < ROLE_SYSTEM; i++)
        if ((t->roles >> i & 1) != 0)
            json_put_text(w, role_names[i]);
    json_array_end(w);
    json_key(w, "brands");
    json_array_begin(w);
    for (uint32_t i = 0; i < t->brand_count; i++)
        json_put_text(w, t->brands[i]);
    json_array_end(w);
    member_text(w, "store", t->store[0] == 0 ? NULL : t->store);
    member_guide(w, t);
    member_text(w, "channel", t->channel[0] == 0 ? NULL : t->channel);
    member_text(w, "brand", t->brand[0] == 0 ? NULL : t->brand);
    member_bool(w, "masked", t->masked);
    json_key(w, "expires");
    if (t->expires_us == 0) {
        json_put_null(w);
    } else {
        char text[TIME_TEXT_BYTES];
        json_put_text(w, time_format(t->expires_us, text));
    }
}

/* The only time that the secret is shown. */
static void token_made(struct request *r, const struct answer *a)
{
    struct token_request *made = r->context;
    if (a->refusal != NULL) {
        request_answer(r, a);
        return;
    }
    struct json_writer *w = request_object_begin(r);
    put_token(w, &made->token);
    member_text(w, "secret", made->secret);
    member_uint(w, "position", a->position);
    sodium_memzero(made->secret, sizeof made->secret);
    request_object_end(r, 201);
}

void api_token_make(struct request *r)
{
    struct token_request *made = ARENA_NEW(request_arena(r), struct token_request);
    struct json_parser *p;
    struct json root;
    struct buf payload;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(token_members), &p, &root))
        return;
    struct status status = token_read(root, &made->token, &e);
    json_parser_destroy(p);
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    r->context = made;
    secret_draw(made->secret);
    token_secret_hash(r->catalogue->secret, bytes_of_text(made->secret), made->token.secret_hash);
    buf_init(&payload, PAYLOAD_BYTES_MAX);
    token_pack(&payload, &made->token);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    request_command(r, COMMAND_TOKEN, packed, token_made);
}

void api_tokens(struct request *r)
{
    struct json_writer *w = request_object_begin(r);
    json_key(w, "tokens");
    json_array_begin(w);
    for (size_t i = 0; i < r->catalogue->token_count; i++) {
        json_object_begin(w);
        put_token(w, &r->catalogue->tokens[i]);
        json_object_end(w);
    }
    json_array_end(w);
    request_object_end(r, 200);
}

void api_token_revoke(struct request *r)
{
    struct buf payload;
    buf_init(&payload, PAYLOAD_BYTES_MAX);
    pack_bytes(&payload, r->parameters[0]);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    request_command(r, COMMAND_REVOKE, packed, request_answer);
}

/* --- settings --- */

static void put_int(struct json_writer *w, const char *key, int64_t x)
{
    json_key(w, key);
    json_put_int64(w, x);
}

static void print_settings(struct request *r, const struct view *v, struct json_writer *w)
{
    bool in_chinese = wording_in_chinese(http_header(r->x, "Accept-Language"));
    json_object_begin(w);
    json_key(w, "settings");
    json_array_begin(w);
    for (size_t d = 0; d < registry_domain_count(v->registry); d++) {
        const struct domain *domain = registry_domain(v->registry, d);
        for (size_t i = 0; i < domain->setting_count; i++) {
            const struct setting *setting = domain->settings[i];
            json_object_begin(w);
            member_text(w, "name", setting->name);
            put_int(w, "value", setting_int(v, setting));
            put_int(w, "initially", setting->initially);
            put_int(w, "least", setting->least);
            put_int(w, "most", setting->most);
            member_text(w, "unit", wording_of(v->arena, setting->unit, in_chinese));
            member_text(w, "about", wording_of(v->arena, setting->about, in_chinese));
            json_object_end(w);
        }
    }
    json_array_end(w);
    json_object_end(w);
}

void api_settings(struct request *r)
{
    request_print(r, print_settings);
}

void api_setting_set(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false}, {"value", BODY_NUMBER, false}};
    struct json_parser *p;
    struct json root;
    struct buf payload;
    struct err e = {0};
    int64_t value = 0;
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    buf_init(&payload, PAYLOAD_BYTES_MAX);
    bool good = json_int64(json_find(root, BYTES_LIT("value")), &value);
    pack_bytes(&payload, json_string(json_find(root, BYTES_LIT("name"))));
    pack_u64(&payload, (uint64_t)value);
    json_parser_destroy(p);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    if (good)
        request_command(r, COMMAND_SET, packed, request_answer);
    else
        request_failed(r, FAIL(&e, INVALID, "want {\"name\":…,\"value\":…} with a whole number; GET shows them all"), &e);
}

/* --- names --- */

static const char *const kind_names[NAME_KIND_COUNT] = {
    [NAME_EVENT] = "event",     [NAME_BRAND] = "brand",           [NAME_CHANNEL] = "channel",   [NAME_SHOP] = "shop",
    [NAME_STORE] = "store",     [NAME_STAFF] = "staff",           [NAME_TOUCHPOINT] = "touchpoint", [NAME_CAMPAIGN] = "campaign",
    [NAME_SOURCE] = "source",   [NAME_TRAIT] = "trait",           [NAME_PURPOSE] = "purpose",   [NAME_ENTITY] = "entity",
    [NAME_APP] = "app",
};

const char *name_kind_word(size_t at)
{
    return at + 1 < NAME_KIND_COUNT ? kind_names[at + 1] : NULL; /* 0 is no kind */
}

static fallible kind_read(struct bytes word, enum name_kind *out_kind, struct err *e)
{
    for (int i = 1; i < NAME_KIND_COUNT; i++) {
        if (bytes_equal(bytes_of_text(kind_names[i]), word)) {
            *out_kind = (enum name_kind)i;
            return DONE;
        }
    }
    const char *near = near_name(word, kind_names + 1, NAME_KIND_COUNT - 1, sizeof *kind_names);
    return FAIL(e, INVALID, "kind: want event, brand, channel, shop, store, staff, touchpoint, campaign, source, trait, purpose, entity or app%s%s",
                near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
}

static fallible name_pack(struct json root, struct buf *payload, struct err *e)
{
    enum name_kind kind;
    struct buf attributes;
    struct json said = json_find(root, BYTES_LIT("attributes"));
    TRY(kind_read(json_string(json_find(root, BYTES_LIT("kind"))), &kind, e));
    struct bytes name = json_string(json_find(root, BYTES_LIT("name"))), alias = json_string(json_find(root, BYTES_LIT("alias_of")));
    if (name.size == 0 || name.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "name: want 1 to %u bytes", NAME_BYTES_MAX);
    buf_init(&attributes, PAYLOAD_BYTES_MAX);
    struct status status = json_is(said, JSON_ABSENT) ? DONE : WRAP(e, record_pack_json(&attributes, &said, e), "attributes");
    if (done(status))
        collect_name_pack(payload, kind, name, alias, buf_bytes(&attributes));
    if (done(status) && (attributes.overflowed || payload->overflowed))
        status = FAIL(e, LIMIT, "attributes: at most %u bytes", PAYLOAD_BYTES_MAX);
    buf_fini(&attributes);
    return status;
}

void api_name_set(struct request *r)
{
    static const struct body_member members[] = {
        {"kind", BODY_TEXT, false}, {"name", BODY_TEXT, false}, {"alias_of", BODY_TEXT, true}, {"attributes", BODY_OBJECT, false}};
    struct json_parser *p;
    struct json root;
    struct buf payload;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    buf_init(&payload, PAYLOAD_BYTES_MAX);
    struct status status = name_pack(root, &payload, &e);
    json_parser_destroy(p);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_COLLECT_NAME, packed, request_answer);
}

static void put_label(struct json_writer *w, const char *key, struct bytes attributes, struct bytes attribute, const char *otherwise)
{
    struct value value;
    json_key(w, key);
    if (record_find(attributes, attribute, &value) && value.kind == VALUE_TEXT)
        json_put_string(w, value.body);
    else
        put_text(w, otherwise);
}

/* An event's count can't be cut to some brands, so who is limited to some doesn't get it. */
static void put_event_name(struct request *r, const struct view *v, uint32_t number, struct json_writer *w)
{
    const struct standard_event *standard = standard_event_numbered(number);
    if (!scope_is_limited(r->token))
        member_uint(w, "count", event_count_named(v, number));
    member_bool(w, "standard", standard != NULL);
    member_text(w, "category", standard == NULL ? NULL : standard->category);
    member_text(w, "needs", standard == NULL ? NULL : standard->needs);
}

static bool name_of_list_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    const enum name_kind *kind = list_own(r);
    uint32_t number = key.low >= UINT32_MAX ? 0 : name_next(v, *kind, (uint32_t)key.low);
    *out_item = (struct list_item){.key = {.low = number}};
    return number != 0;
}

/* What may be one brand's alone is seen when its thing is: of one that nobody has declared nothing says whose it is. */
static bool thing_of_name_is_seen(const struct request *r, const struct view *v, enum name_kind kind, uint32_t number)
{
    struct thing_ref ref = {.kind = bytes_of_text(kind_names[kind]), .id = name_text(v, kind, number)};
    return !scope_names_brands(r->token) || (thing_find(v, &ref) != THING_NONE && scope_sees_thing(r->token, v, &ref));
}

static bool name_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    const enum name_kind *kind = list_own(r);
    uint32_t number = (uint32_t)item->key.low;
    switch (*kind) {
    case NAME_BRAND:
        return scope_sees_brand_number(r->token, v, number);
    case NAME_SHOP:
    case NAME_STORE:
    case NAME_STAFF:
    case NAME_TOUCHPOINT:
    case NAME_CAMPAIGN:
        return thing_of_name_is_seen(r, v, *kind, number);
    default:
        return true;
    }
}

static void put_name(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const enum name_kind *own = list_own(r), kind = *own;
    uint32_t number = (uint32_t)item->key.low;
    struct bytes name = name_text(v, kind, number), attributes = name_attributes(v, kind, number);
    const struct standard_event *standard = kind == NAME_EVENT ? standard_event_numbered(number) : NULL;
    uint32_t alias = name_alias(v, kind, name);
    member_uint(w, "number", number);
    member_bytes(w, "name", name);
    put_label(w, "en", attributes, BYTES_LIT("label_en"), standard == NULL ? NULL : standard->en);
    put_label(w, "zh", attributes, BYTES_LIT("label_zh"), standard == NULL ? NULL : standard->zh);
    if (kind == NAME_EVENT)
        put_event_name(r, v, number, w);
    member_name(w, "alias_of", v, kind, alias);
    json_key(w, "attributes");
    record_put(w, attributes);
}

static void put_kind(const struct request *r, struct json_writer *w)
{
    const enum name_kind *kind = list_own(r);
    member_text(w, "kind", kind_names[*kind]);
}

void api_names(struct request *r)
{
    static const struct list_kind names = {.name = "names",
                                           .cursor = "after",
                                           .cursor_kind = CURSOR_NUMBER,
                                           .usual = NAMES_USUAL,
                                           .most = NAMES_MAX,
                                           .next = name_of_list_next,
                                           .is_seen = name_is_seen,
                                           .put = put_name,
                                           .head = put_kind};
    enum name_kind *kind = ARENA_NEW(request_arena(r), enum name_kind);
    struct err e = {0};
    struct status status = kind_read(http_query(r->x, "kind"), kind, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        list_answer(r, &names, kind);
}

/* --- who has read whom --- */

static bool read_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct read_record *read = ARENA_NEW(v->arena, struct read_record);
    (void)r;
    if (!access_read_before(v, key.low, read))
        return false;
    *out_item = (struct list_item){.key = {.low = read->position}, .people_max = 1, .own = read};
    return true;
}

static void put_read(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct read_record *read = item->own;
    (void)r;
    member_uint(w, "position", read->position);
    member_time(w, "time", read->time_us);
    member_bytes(w, "token", read->token);
    member_bytes(w, "what", read->what);
    member_person(w, "person", v, read->person);
}

void api_reads(struct request *r)
{
    static const struct list_kind reads = {.name = "reads",
                                           .cursor = "before",
                                           .cursor_kind = CURSOR_NUMBER,
                                           .from = UINT64_MAX,
                                           .usual = READS_USUAL,
                                           .most = READS_MAX,
                                           .next = read_next,
                                           .put = put_read};
    list_answer(r, &reads, NULL);
}
