/* Relations, read: those of a person with the ladder, and the people of a thing. */
#include "base/time.h"
#include "edge/api/api.h"
#include "edge/api/list.h"
#include "edge/api/relation_print.h"
#include "edge/mask.h"
#include "edge/scope.h"

#define PEOPLE_USUAL 50u
#define PEOPLE_MAX 100u
#define ROWS_A_PERSON 3u /* a number's own, the living one's, and what their identifiers lead to */

/* --- of a person --- */

static void print_relations(struct request *r, const struct view *v, struct json_writer *w)
{
    uint32_t person = person_begin(r, v, r->context, w);
    if (person == PERSON_NONE)
        return;
    relations_put_of(r, v, person, w);
    json_object_end(w);
}

void api_person_relations(struct request *r)
{
    struct person_ask *ask = ARENA_NEW(request_arena(r), struct person_ask);
    struct err e = {0};
    r->context = ask;
    struct status status = person_ask_read(r, r->parameters[0], ask, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_relations);
}

/* --- the people of a thing --- */

struct people_listed {
    struct list_kind list;
    const struct relation_type *type;
    struct thing_ref ref;
};

struct person_found {
    uint32_t person;
    const struct relation *relations;
    size_t count;
};

static bool number_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    const struct people_listed *l = list_own(r);
    struct person_found *found = ARENA_NEW(v->arena, struct person_found);
    uint32_t number;
    if (key.low >= UINT32_MAX || relation_people(v, l->type, &l->ref, (uint32_t)key.low, &number, 1) == 0)
        return false;
    *out_item = (struct list_item){.key = {.low = number}, .people_max = ROWS_A_PERSON, .own = found};
    found->person = relation_person_of(v, l->type, &l->ref, number, &found->relations, &found->count);
    return true;
}

static bool person_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    const struct person_found *found = item->own;
    bool any = false;
    for (size_t i = 0; found->person != PERSON_NONE && i < found->count && !any; i++)
        any = scope_sees_brand_number(r->token, v, found->relations[i].brand);
    return any && scope_sees_person(r->token, v, found->person);
}

static void put_lead_identifier(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    struct envelope_id id;
    bool names_brands = scope_names_brands(r->token);
    bool found = names_brands ? identity_lead_known(v, person, scope_brands(r->token, v), &id)
                            : identity_lead(v, person, &id);
    if (!found)
        return;
    json_key(w, "identifier");
    json_object_begin(w);
    identifier_print(v, &(struct identifier){.type = id.type, .ns = id.ns, .value = id.value},
                     r->token != NULL && r->token->masked, w);
    json_object_end(w);
}

static void put_person_found(struct request *r, const struct view *v, const struct list_item *item,
                             struct json_writer *w)
{
    const struct person_found *found = item->own;
    member_person(w, "person", v, found->person);
    put_lead_identifier(r, v, found->person, w);
    json_key(w, "relations");
    json_array_begin(w);
    for (size_t i = 0; i < found->count; i++)
        if (scope_sees_brand_number(r->token, v, found->relations[i].brand))
            relation_put(r, v, &found->relations[i], w);
    json_array_end(w);
}

static void put_of_what(const struct request *r, struct json_writer *w)
{
    const struct people_listed *l = list_own(r);
    member_text(w, "relation", l->type->name);
    member_text(w, "en", l->type->back_en);
    member_text(w, "zh", l->type->back_zh);
}

/* The type that is asked for; unless it is said, the one by which things of this kind mostly have people. */
static const struct relation_type *type_asked(const struct catalogue *c, struct bytes name, struct bytes kind)
{
    if (name.size > 0)
        return catalogue_relation(c, name);
    if (bytes_equal(kind, BYTES_LIT("staff")))
        return catalogue_relation(c, BYTES_LIT("owned_by"));
    for (size_t i = 0; i < c->relation_count; i++)
        if (relation_type_takes(&c->relations[i], kind))
            return &c->relations[i];
    return NULL;
}

void api_thing_people(struct request *r)
{
    struct people_listed *l = ARENA_NEW(request_arena(r), struct people_listed);
    struct err e = {0};
    l->ref = (struct thing_ref){r->parameters[0], http_query(r->x, "ns"), r->parameters[1]};
    l->type = type_asked(r->catalogue, http_query(r->x, "type"), l->ref.kind);
    if (l->type == NULL || l->ref.kind.size == 0 || !relation_type_takes(l->type, l->ref.kind)) {
        request_failed(
            r,
            FAIL(&e, INVALID, "type: there is no such relation to things of the kind '%.*s'", BYTES_ARG(l->ref.kind)),
            &e);
        return;
    }
    l->list = (struct list_kind){.name = "people",
                                 .cursor = "after",
                                 .cursor_kind = CURSOR_NUMBER,
                                 .usual = PEOPLE_USUAL,
                                 .most = PEOPLE_MAX,
                                 .next = number_next,
                                 .is_seen = person_is_seen,
                                 .put = put_person_found,
                                 .is_personal = true,
                                 .head = put_of_what};
    list_answer(r, &l->list, l);
}
