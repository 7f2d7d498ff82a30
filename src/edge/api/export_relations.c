#include "edge/api/export_relations.h"

#include "edge/api/api.h"
#include "edge/api/relation_print.h"
#include "edge/identifiers.h"
#include "edge/mask.h"
#include "edge/scope.h"

static bool is_wanted(const struct request *r, const struct view *v, const struct export_filter *filter, uint32_t brand)
{
    uint32_t asked = filter->brand.size == 0 ? 0 : name_number(v, NAME_BRAND, filter->brand);
    bool is_of_brand = filter->brand.size == 0 || (asked != 0 && asked == brand);
    return is_of_brand && scope_sees_brand_number(r->token, v, brand);
}

/* --- a line for each thing that was said --- */

static void put_identifier(const struct request *r, const struct view *v, const char *key, const struct identifier *id,
                           struct json_writer *w)
{
    const struct envelope_id named = {.type = id->type, .ns = id->ns, .value = id->value};
    json_key(w, key);
    put_id(r, v, &named, w);
}

/* The value whose plain key this is, among a person's. NULL: it isn't there, or the token doesn't see it. */
static const struct identifier *value_of(const struct identifiers_seen *ids, struct hash128 plain)
{
    uint32_t holder;
    for (size_t i = 0; i < ids->count; i++)
        if (ids->places[i] != IDENTIFIER_HIDDEN &&
            hash128_equal(identifier_key_plain(ids->list[i].key, &holder), plain))
            return &ids->list[i];
    return NULL;
}

/* Whom a relation between people leads to, by the identifier that was said. NULL: nobody any more, or nobody for this token. */
static const struct identifier *other_of(const struct request *r, const struct view *v,
                                         const struct relation_saying *said)
{
    uint32_t other = relation_other(v, &said->ref, said->begun_us);
    if (other == PERSON_NONE || !scope_sees_person(r->token, v, other))
        return NULL;
    struct identifiers_seen ids = identifiers_seen(r, v, other);
    return value_of(&ids, relation_person_plain(said->ref.id));
}

static void member_to(const struct request *r, const struct view *v, const struct relation_saying *said,
                      const struct identifier *other, struct json_writer *w)
{
    if (other != NULL) {
        put_identifier(r, v, "to", other, w);
    } else if (said->ref.kind.size > 0) {
        json_key(w, "to");
        json_object_begin(w);
        member_ref(w, &said->ref);
        json_object_end(w);
    }
}

static void put_what(const struct request *r, const struct relation_saying *said, struct json_writer *w)
{
    static const char *const acts[] = {
        [RELATION_SAYS_BEGIN] = "begin", [RELATION_SAYS_END] = "end", [RELATION_SAYS_VALUE] = "set"};
    member_text(w, "act", acts[said->what]);
    if (said->what == RELATION_SAYS_VALUE) {
        json_key(w, "attributes");
        json_object_begin(w);
        json_key_bytes(w, said->name);
        relation_put_value(r, said->name, said->value, w);
        json_object_end(w);
        return;
    }
    relation_put_reason(r, said->reason, w);
    json_key(w, "by");
    relation_put_by(said->by, w);
}

bool export_owner_put(const struct request *r, const struct view *v, const struct identifiers_seen *ids,
                      struct hash128 owner, struct json_writer *w)
{
    uint32_t holder;
    const struct identifier *id = value_of(ids, identifier_key_plain(owner, &holder));
    if (id == NULL)
        return false;
    bool is_earlier = id->state != ID_IN_FORCE || !hash128_equal(id->key, owner);
    uint32_t rank = is_earlier ? identity_holder_rank(v, owner) : 0;
    if (is_earlier && rank == 0)
        return false;
    put_identifier(r, v, "person", id, w);
    if (is_earlier)
        member_uint(w, "holder", rank);
    return true;
}

static void put_said(const struct request *r, const struct view *v, const struct identifiers_seen *ids,
                     const struct relation_saying *said, struct export_rows *rows)
{
    bool is_to_person = bytes_equal(said->ref.kind, BYTES_LIT(RELATION_TO_PERSON));
    const struct identifier *other = is_to_person ? other_of(r, v, said) : NULL;
    size_t before = rows->out->size;
    if (is_to_person && other == NULL)
        return;
    struct json_writer *w = export_row_begin(rows);
    if (!export_owner_put(r, v, ids, said->owner, w)) {
        rows->out->size = before;
        return;
    }
    member_text(w, "type", said->type->name);
    member_to(r, v, said, other, w);
    member_name(w, "brand", v, NAME_BRAND, said->brand);
    member_time(w, "time", said->time_us);
    put_what(r, said, w);
    export_row_end(rows);
}

static void put_lines(const struct request *r, const struct view *v, uint32_t person,
                      const struct export_filter *filter, struct export_rows *rows)
{
    const struct relation_saying *list;
    struct identifiers_seen ids = identifiers_seen(r, v, person);
    size_t count = relation_sayings(v, person, &list);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(r, v, filter, list[i].brand))
            put_said(r, v, &ids, &list[i], rows);
}

/* --- a row for each relation --- */

static void put_table(const struct request *r, const struct view *v, uint32_t person,
                      const struct export_filter *filter, struct export_rows *rows)
{
    const struct relation *list;
    size_t count = relation_list(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(r, v, filter, list[i].brand))
            continue;
        struct json_writer *w = export_row_begin(rows);
        member_person(w, "person", v, person);
        member_uint(w, "number", person);
        json_key(w, "relation");
        relation_put(r, v, &list[i], w);
        export_row_end(rows);
    }
}

void relation_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows)
{
    if (identity_living(v, number) != number || !scope_sees_person(r->token, v, number))
        return;
    if (rows->for_table)
        put_table(r, v, number, filter, rows);
    else
        put_lines(r, v, number, filter, rows);
}

uint32_t relation_rows_number(const struct request *r, const struct view *v, struct bytes after)
{
    struct person_ask ask;
    return done(person_ask_read(r, after, &ask, NULL)) ? person_asked(r, v, &ask) : 0;
}
