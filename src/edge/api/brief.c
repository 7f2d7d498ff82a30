#include "edge/api/brief.h"

#include "domain/people/people.h"
#include "edge/api/api.h"
#include "edge/identifiers.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/pack.h"
#include "lib/value.h"

static void put_name(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct trait *list;
    size_t count = people_traits(v, person, &list);
    uint32_t name = name_number(v, NAME_TRAIT, BYTES_LIT("name"));
    json_key(w, "name");
    for (size_t i = 0; i < count && name != 0; i++) {
        struct unpack u = unpack_of(list[i].value);
        if (list[i].name != name || !scope_sees_brand_number(r->token, v, list[i].brand))
            continue;
        struct value value = unpack_value(&u);
        if (!unpack_good(&u) || value.kind != VALUE_TEXT)
            continue;
        if (r->token != NULL && r->token->masked)
            mask_text(w, value.body);
        else
            json_put_string(w, value.body);
        return;
    }
    json_put_null(w);
}

static void put_phone(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    struct identifiers_seen ids = identifiers_seen(r, v, person);
    member_uint(w, "identifiers", ids.seen);
    json_key(w, "phone");
    for (size_t i = 0; i < ids.count; i++) {
        const struct identifier *id = &ids.list[i];
        if (id->type == TYPE_PHONE && id->state == ID_IN_FORCE && ids.places[i] != IDENTIFIER_HIDDEN) {
            mask_text(w, id->value);
            return;
        }
    }
    json_put_null(w);
}

static void put_seen(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct counter *list;
    size_t count = people_counters(v, person, &list);
    int64_t last_us = INT64_MIN;
    uint64_t events = 0;
    for (size_t i = 0; i < count; i++) {
        if (!scope_sees_counter(r->token, v, &list[i]))
            continue;
        last_us = list[i].last_us > last_us ? list[i].last_us : last_us;
        events += list[i].count;
    }
    member_uint(w, "events", events);
    member_time(w, "last_seen", last_us); /* null when there was none */
}

void put_brief(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    member_person(w, "id", v, person);
    member_uint(w, "number", person);
    put_name(r, v, person, w);
    put_phone(r, v, person, w);
    put_seen(r, v, person, w);
}
