#include "edge/identifiers.h"

#include "edge/api/api.h"
#include "edge/scope.h"

struct identifiers_seen identifiers_seen(const struct request *r, const struct view *v, uint32_t person)
{
    struct identifiers_seen ids = {.seen = 0};
    bool sees_all = !scope_names_brands(r->token);
    struct brand_set brands = sees_all ? (struct brand_set){0} : scope_brands(r->token, v);
    ids.count = identity_list(v, person, &ids.list);
    uint32_t *places = ARENA_ARRAY(v->arena, uint32_t, ids.count + 1);
    for (size_t i = 0; i < ids.count; i++)
        places[i] = sees_all || brand_sets_meet(ids.list[i].known_to, brands) ? (uint32_t)ids.seen++ : IDENTIFIER_HIDDEN;
    ids.places = places;
    return ids;
}

void put_identifiers(const struct request *r, const struct view *v, const struct identifiers_seen *ids, struct json_writer *w)
{
    json_key(w, "identifiers");
    json_array_begin(w);
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->places[i] == IDENTIFIER_HIDDEN)
            continue;
        json_object_begin(w);
        identifier_print(v, &ids->list[i], r->token != NULL && r->token->masked, w);
        member_time(w, "first", ids->list[i].first_us);
        member_time(w, "last", ids->list[i].last_us);
        json_object_end(w);
    }
    json_array_end(w);
    member_uint(w, "identifiers_hidden", ids->count - ids->seen);
}

static uint32_t members_seen(const struct evidence *e, const struct identifiers_seen *ids)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < e->member_count; i++)
        seen += ids->places[e->members[i]] != IDENTIFIER_HIDDEN;
    return seen;
}

static void put_set(const struct evidence *e, const struct identifiers_seen *ids, struct json_writer *w)
{
    static const char *const rules[] = {"event", "bind", "merge", "review"};
    json_object_begin(w);
    member_text(w, "rule", rules[e->rule]);
    json_key(w, "members");
    json_array_begin(w);
    for (uint32_t i = 0; i < e->member_count; i++)
        if (ids->places[e->members[i]] != IDENTIFIER_HIDDEN)
            json_put_uint64(w, ids->places[e->members[i]]);
    json_array_end(w);
    member_uint(w, "count", e->count);
    member_time(w, "first", e->first_us);
    member_time(w, "last", e->last_us);
    member_uint(w, "position", e->position);
    json_object_end(w);
}

void put_evidence(const struct view *v, uint32_t person, const struct identifiers_seen *ids, struct json_writer *w)
{
    const struct evidence *list;
    size_t count = identity_evidence(v, person, &list);
    json_key(w, "evidence");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        if (members_seen(&list[i], ids) >= 2)
            put_set(&list[i], ids, w);
    json_array_end(w);
}
