#include "edge/api/relation_print.h"

#include "edge/api/api.h"
#include "edge/mask.h"
#include "edge/scope.h"

/* Somebody's own words. */
void relation_put_reason(const struct request *r, struct bytes reason, struct json_writer *w)
{
    if (reason.size == 0)
        return;
    json_key(w, "reason");
    if (is_masked(r))
        mask_free_text(w, reason);
    else
        json_put_string(w, reason);
}

void relation_put_by(struct relation_by by, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "kind", relation_by_names[by.kind]);
    if (by.name.size > 0)
        member_bytes(w, "name", by.name);
    json_object_end(w);
}

/* Nothing where nobody told: mostly the person itself. */
static void member_by(struct json_writer *w, const char *key, struct relation_by by)
{
    if (by.kind == RELATION_BY_NOBODY)
        return;
    json_key(w, key);
    relation_put_by(by, w);
}

static void put_period(const struct request *r, const struct relation_period *p, struct json_writer *w)
{
    json_object_begin(w);
    member_time(w, "begin", p->begin_us); /* null: not known, and still open */
    member_time(w, "end", p->end_us);
    member_by(w, "begun_by", p->begun_by);
    member_by(w, "ended_by", p->ended_by);
    if (p->is_replaced)
        member_bool(w, "replaced", true);
    else
        relation_put_reason(r, p->reason, w);
    json_object_end(w);
}

void relation_put_value(const struct request *r, struct bytes name, struct bytes packed, struct json_writer *w)
{
    struct masking m;
    if (!is_masked(r)) {
        value_put(w, packed);
        return;
    }
    value_put(mask_begin(&m), packed);
    mask_end(&m, w, name, true);
}

static void put_value(const struct request *r, const struct relation_attribute *a, struct json_writer *w)
{
    json_key(w, "value");
    relation_put_value(r, a->name, a->value, w);
}

static void put_attribute(const struct request *r, const struct relation_attribute *a, struct json_writer *w)
{
    json_object_begin(w);
    member_bytes(w, "name", a->name);
    put_value(r, a, w);
    member_time(w, "time", a->time_us);
    json_key(w, "history");
    json_array_begin(w);
    for (uint32_t i = 0; i < a->earlier; i++) {
        json_object_begin(w);
        put_value(r, &a->history[i], w);
        member_time(w, "time", a->history[i].time_us);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

/* Another person whom the token may not know of is told as nobody. */
static void member_to(const struct request *r, const struct view *v, const struct relation *relation,
                      struct json_writer *w)
{
    if (relation->ref.kind.size == 0)
        return;
    uint32_t other = relation_other(v, &relation->ref, relation->begun_us);
    json_key(w, "to");
    json_object_begin(w);
    if (bytes_equal(relation->ref.kind, BYTES_LIT(RELATION_TO_PERSON)))
        member_person(w, "person", v,
                      other != PERSON_NONE && scope_sees_person(r->token, v, other) ? other : PERSON_NONE);
    else
        member_ref(w, &relation->ref);
    json_object_end(w);
}

void relation_put(const struct request *r, const struct view *v, const struct relation *relation, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "type", relation->type->name);
    member_text(w, "en", relation->type->en);
    member_text(w, "zh", relation->type->zh);
    member_name(w, "brand", v, NAME_BRAND, relation->brand);
    member_to(r, v, relation, w);
    member_bool(w, "open", relation->is_open);
    json_key(w, "periods");
    json_array_begin(w);
    for (uint32_t i = 0; i < relation->period_count; i++)
        put_period(r, &relation->periods[i], w);
    json_array_end(w);
    json_key(w, "attributes");
    json_array_begin(w);
    for (uint32_t i = 0; i < relation->attribute_count; i++)
        put_attribute(r, &relation->attributes[i], w);
    json_array_end(w);
    json_object_end(w);
}

/* Why this rung: the relation, the orders, the last event. */
static void put_why(const struct request *r, const struct view *v, const struct ladder *l, struct json_writer *w)
{
    json_key(w, "why");
    json_object_begin(w);
    if (l->because != NULL) {
        member_text(w, "relation", l->because->type->name);
        member_text(w, "en", l->because->type->en);
        member_text(w, "zh", l->because->type->zh);
        member_to(r, v, l->because, w);
        member_time(w, "since", l->because->periods[0].begin_us);
    }
    member_uint(w, "orders", l->orders);
    member_uint(w, "orders_lately", l->orders_lately);
    if (l->last_us != 0)
        member_time(w, "last", l->last_us);
    json_object_end(w);
}

static void ladder_put(const struct request *r, const struct view *v, const struct ladder *l, struct json_writer *w)
{
    json_object_begin(w);
    member_name(w, "brand", v, NAME_BRAND, l->brand);
    member_text(w, "rung", rung_words[l->rung].name);
    member_text(w, "en", rung_words[l->rung].en);
    member_text(w, "zh", rung_words[l->rung].zh);
    if (l->was != l->rung)
        member_text(w, "was", rung_words[l->was].name);
    put_why(r, v, l, w);
    json_object_end(w);
}

static void put_relations(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct relation *list;
    size_t count = relation_list(v, person, &list);
    json_key(w, "relations");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        if (scope_sees_brand_number(r->token, v, list[i].brand))
            relation_put(r, v, &list[i], w);
    json_array_end(w);
}

static void put_ladder(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    struct ladder *list = ARENA_ARRAY(v->arena, struct ladder, LADDER_BRANDS_MAX);
    size_t count = relation_ladder(v, person, list);
    json_key(w, "ladder");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        if (scope_sees_brand_number(r->token, v, list[i].brand))
            ladder_put(r, v, &list[i], w);
    json_array_end(w);
}

void relations_put_of(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    put_relations(r, v, person, w);
    put_ladder(r, v, person, w);
}
