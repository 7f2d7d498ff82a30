/* Declared types of identifiers: told, and changed. */
#include <string.h>

#include "edge/api/api.h"
#include "edge/api/vocabulary.h"

#include "lib/nearest.h"

#define TYPE_PAYLOAD_BYTES_MAX 4096u

static const char *const normaliser_names[] = {"exact", "lower", "phone", "email", "uuid"};
static const char *const over_names[] = {"refuse", "move", "quarantine"};

const char *normaliser_word(size_t at)
{
    return at < COUNT_OF(normaliser_names) ? normaliser_names[at] : NULL;
}

const char *over_limit_word(size_t at)
{
    return at < COUNT_OF(over_names) ? over_names[at] : NULL;
}

static fallible word_read(struct json root, const char *key, const char *const *words, int count, int *out_at, struct err *e)
{
    struct json j = json_find(root, bytes_of_text(key));
    struct bytes word = json_string(j);
    for (int i = 0; i < count; i++) {
        if (bytes_equal(bytes_of_text(words[i]), word)) {
            *out_at = i;
            return DONE;
        }
    }
    if (json_is(j, JSON_ABSENT))
        return DONE;
    const char *near = near_name(word, words, (size_t)count, sizeof *words);
    return FAIL(e, INVALID, "%s: no such word%s%s", key, near == NULL ? "" : ": did you mean ", near == NULL ? "" : near);
}

static fallible bounded_read(struct json root, const char *key, uint64_t most, uint64_t *number, struct err *e)
{
    struct json j = json_find(root, bytes_of_text(key));
    if (json_is(j, JSON_ABSENT))
        return DONE;
    uint64_t x;
    if (!json_uint64(j, &x) || x > most)
        return FAIL(e, INVALID, "%s: want a whole number up to %llu", key, (unsigned long long)most);
    *number = x;
    return DONE;
}

static const struct id_type_rule *type_find(const struct catalogue *c, struct bytes name)
{
    for (size_t i = 0; i < c->rule_count; i++)
        if (bytes_equal(bytes_of_text(c->rules[i].name), name))
            return &c->rules[i];
    return NULL;
}

static uint16_t type_free(const struct catalogue *c)
{
    uint16_t next = TYPE_CUSTOM;
    for (size_t i = 0; i < c->rule_count; i++)
        next = c->rules[i].type >= next ? (uint16_t)(c->rules[i].type + 1) : next;
    return next;
}

/* What isn't said stays as it was, or is the plainest for a new type. */
static fallible type_read(const struct request *r, struct json root, struct id_type_rule *rule, struct err *e)
{
    struct bytes name = json_string(json_find(root, BYTES_LIT("name"))), parent = json_string(json_find(root, BYTES_LIT("parent")));
    const struct id_type_rule *known = type_find(r->catalogue, name), *of_parent = type_find(r->catalogue, parent);
    if (name.size == 0 || name.size >= sizeof rule->name)
        return FAIL(e, INVALID, "name: want 1 to %zu characters", sizeof rule->name - 1);
    *rule = (struct id_type_rule){.type = type_free(r->catalogue), .priority = 20, .over = OVER_REFUSE};
    memcpy(rule->name, name.data, name.size);
    if (known != NULL)
        *rule = *known;
    int normaliser = (int)rule->normaliser, over = (int)rule->over;
    uint64_t priority = rule->priority, limit = rule->limit, days = rule->limit_window_days, moves = rule->hub_moves;
    TRY(word_read(root, "normaliser", normaliser_names, COUNT_OF(normaliser_names), &normaliser, e));
    TRY(word_read(root, "over", over_names, COUNT_OF(over_names), &over, e));
    TRY(bounded_read(root, "priority", UINT8_MAX, &priority, e));
    TRY(bounded_read(root, "limit", UINT16_MAX, &limit, e));
    TRY(bounded_read(root, "limit_window_days", UINT16_MAX, &days, e));
    TRY(bounded_read(root, "hub_moves", UINT16_MAX, &moves, e));
    (void)json_bool(json_find(root, BYTES_LIT("has_namespace")), &rule->has_namespace);
    (void)json_bool(json_find(root, BYTES_LIT("ends_at_logout")), &rule->ends_at_logout);
    if (parent.size > 0 && of_parent == NULL)
        return FAIL(e, INVALID, "parent: '%.*s' is no declared type", BYTES_ARG(bytes_slice(parent, 0, parent.size > 40 ? 40 : parent.size)));
    rule->parent = of_parent == NULL ? rule->parent : of_parent->type;
    rule->normaliser = (enum normaliser)normaliser;
    rule->over = (enum over_limit)over;
    rule->priority = (uint8_t)priority;
    rule->limit = (uint16_t)limit;
    rule->limit_window_days = (uint16_t)days;
    rule->hub_moves = (uint16_t)moves;
    return DONE;
}

void api_type_set(struct request *r)
{
    static const struct body_member members[] = {
        {"name", BODY_TEXT, false},       {"normaliser", BODY_TEXT, false}, {"has_namespace", BODY_BOOL, false}, {"priority", BODY_COUNT, false},
        {"limit", BODY_COUNT, false},     {"over", BODY_TEXT, false},       {"limit_window_days", BODY_COUNT, false}, {"parent", BODY_TEXT, true},
        {"hub_moves", BODY_COUNT, false}, {"ends_at_logout", BODY_BOOL, false},
    };
    struct json_parser *p;
    struct json root;
    struct id_type_rule rule;
    struct buf payload;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    buf_init(&payload, TYPE_PAYLOAD_BYTES_MAX);
    struct status status = type_read(r, root, &rule, &e);
    if (done(status))
        status = identity_type_pack(&rule, &payload, &e);
    json_parser_destroy(p);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_TYPE, packed, request_answer);
}

static const char *parent_name(const struct catalogue *c, uint16_t type)
{
    for (size_t i = 0; i < c->rule_count && type != TYPE_NONE; i++)
        if (c->rules[i].type == type)
            return c->rules[i].name;
    return NULL;
}

static void put_type(const struct catalogue *c, const struct id_type_rule *rule, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "name", rule->name);
    member_uint(w, "number", rule->type);
    member_text(w, "normaliser", normaliser_names[rule->normaliser]);
    member_bool(w, "has_namespace", rule->has_namespace);
    member_uint(w, "priority", rule->priority);
    member_uint(w, "limit", rule->limit);
    member_uint(w, "limit_window_days", rule->limit_window_days);
    member_text(w, "over", over_names[rule->over]);
    member_text(w, "parent", parent_name(c, rule->parent));
    member_uint(w, "hub_moves", rule->hub_moves);
    member_bool(w, "ends_at_logout", rule->ends_at_logout);
    json_object_end(w);
}

void api_types(struct request *r)
{
    struct json_writer *w = request_object_begin(r);
    json_key(w, "types");
    json_array_begin(w);
    for (size_t i = 0; i < r->catalogue->rule_count; i++)
        put_type(r->catalogue, &r->catalogue->rules[i], w);
    json_array_end(w);
    request_object_end(r, 200);
}
