#include "edge/api/changes_print.h"

#include "domain/audience/audience.h"
#include "domain/order/order.h"
#include "domain/relation/relation.h"
#include "edge/api/api.h"
#include "edge/api/export_rows.h"
#include "edge/mask.h"
#include "edge/scope.h"

bool changes_filter_wants(const struct changes_filter *f, const struct kept_change *c)
{
    return f->facts == 0 || (f->facts >> c->fact & 1) != 0;
}

/* A line on its way. */
struct printing {
    struct request *r;
    const struct view *v;
    const struct changes_filter *filter;
    const struct kept_change *parts;
    size_t part_count;
    struct buf *out;
    struct json_writer w;
};

static void head_put(const struct kept_change *c, struct json_writer *w)
{
    char cursor[CHANGE_CURSOR_TEXT_BYTES];
    json_object_begin(w);
    member_text(w, "cursor", change_cursor_text((struct change_cursor){c->position, c->index}, cursor));
    member_uint(w, "position", c->position);
    member_uint(w, "index", c->index);
    member_time(w, "time", c->time_us);
    member_text(w, "fact", change_fact_name((enum change_fact)c->fact));
    member_text(w, "cause", cause_name((enum cause)c->cause));
    json_key(w, "data");
    json_object_begin(w);
}

static void line_begin(struct printing *p)
{
    json_writer_init(&p->w, p->out, false);
    head_put(&p->parts[0], &p->w);
}

/* What it is of as it stands now, as a row of an export; null when the token sees nothing of it. */
static void state_put(struct printing *p, enum export_what what, uint32_t number)
{
    static const struct export_filter all = {.since_us = INT64_MIN, .until_us = INT64_MAX};
    struct buf row;
    buf_init(&row, p->out->size_max);
    struct export_rows rows = {.out = &row, .for_table = true};
    export_kinds[what].put(p->r, p->v, number, &all, &rows);
    json_key(&p->w, "state");
    if (row.size == 0)
        json_put_null(&p->w);
    else
        json_put_raw(&p->w, bytes_slice(buf_bytes(&row), 0, row.size - 1)); /* without its end of line */
    p->out->overflowed |= row.overflowed;
    buf_fini(&row);
}

/* `number`: of what it is of; 0: it has no state. */
static void line_end(struct printing *p, enum export_what what, uint32_t number)
{
    json_object_end(&p->w);
    if (p->filter->with_state && number != 0)
        state_put(p, what, number);
    json_object_end(&p->w);
    buf_push_byte(p->out, '\n');
}

/* --- of people --- */

/* The living person that the number stands for now, if this may be told of them; else PERSON_NONE. */
static uint32_t person_told(const struct printing *p, uint32_t number)
{
    uint32_t person = identity_living(p->v, number);
    bool is_wanted = person != PERSON_NONE && scope_sees_person(p->r->token, p->v, person);
    if (is_wanted && p->filter->brand.size > 0) {
        uint32_t brand = name_number(p->v, NAME_BRAND, p->filter->brand);
        is_wanted = brand != 0 && brand_set_has(identity_known_to(p->v, person), brand);
    }
    return is_wanted ? person : PERSON_NONE;
}

static void public_id_member(struct json_writer *w, const char *key, struct hash128 id)
{
    char text[PUBLIC_ID_TEXT_BYTES];
    member_text(w, key, public_id_text(id, text));
}

static void parts_put(struct printing *p)
{
    json_key(&p->w, "parts");
    json_array_begin(&p->w);
    for (size_t i = 0; i < p->part_count; i++) {
        char text[PUBLIC_ID_TEXT_BYTES];
        uint32_t part = person_told(p, p->parts[i].object);
        if (part != PERSON_NONE)
            json_put_text(&p->w, public_id_text(identity_public_id(p->v, part), text));
    }
    json_array_end(&p->w);
}

static void relation_put(struct printing *p)
{
    static const char *const words[] = {
        [RELATION_BEGAN] = "began", [RELATION_ENDED] = "ended", [RELATION_ALTERED] = "altered"};
    const struct kept_change *c = &p->parts[0];
    const struct relation_type *type = relation_type_numbered(p->v, c->detail >> RELATION_DETAIL_BITS);
    member_text(&p->w, "relation", type == NULL ? NULL : type->name);
    member_name(&p->w, "brand", p->v, NAME_BRAND, c->object);
    member_text(&p->w, "change", words[c->detail & ((1u << RELATION_DETAIL_BITS) - 1)]);
}

/* What holds now, as of all that is looked up: which value a tag has is asked of the person. */
static void audience_put(struct printing *p)
{
    struct audience a;
    if (!audience_numbered(p->v, p->parts[0].object, &a))
        return;
    member_bytes(&p->w, audience_kind_names[a.kind], a.name);
}

static void person_details_put(struct printing *p)
{
    const struct kept_change *c = &p->parts[0];
    switch ((enum change_fact)c->fact) {
    case CHANGE_MERGED:
        public_id_member(&p->w, "absorbed", identity_own_public_id(p->v, c->object));
        break;
    case CHANGE_SPLIT:
        parts_put(p);
        break;
    case CHANGE_PROFILE:
        member_name(&p->w, "trait", p->v, NAME_TRAIT, profile_trait(c->object));
        member_bool(&p->w, "consent", profile_trait(c->object) == 0);
        break;
    case CHANGE_RELATION:
        relation_put(p);
        break;
    case CHANGE_SEGMENT_ENTERED:
    case CHANGE_SEGMENT_LEFT:
    case CHANGE_TAG:
        audience_put(p);
        break;
    default:
        break;
    }
}

/* What is the whole group's concerns each brand. */
static bool brand_is_told(const struct printing *p, uint32_t brand)
{
    return scope_sees_brand_number(p->r->token, p->v, brand) &&
           (brand == 0 || p->filter->brand.size == 0 ||
            bytes_equal(p->filter->brand, name_text(p->v, NAME_BRAND, brand)));
}

static bool entity_is_told(const struct printing *p, uint32_t entity)
{
    return scope_sees_entity(p->r->token, p->v, entity) &&
           (p->filter->brand.size == 0 ||
            brand_entity(p->v, name_number(p->v, NAME_BRAND, p->filter->brand)) == entity);
}

/* One that has ended is told of no more. */
static bool audience_is_told(const struct printing *p, uint32_t number)
{
    struct audience a;
    return audience_numbered(p->v, number, &a) && scope_sees_audience(p->r->token, p->v, a.brand) &&
           (a.brand.size == 0 || p->filter->brand.size == 0 || bytes_equal(p->filter->brand, a.brand));
}

/* Who may know a person need not know what they are to another brand. */
static bool detail_is_told(const struct printing *p)
{
    const struct kept_change *c = &p->parts[0];
    if (c->fact == CHANGE_RELATION)
        return brand_is_told(p, c->object);
    if (c->fact >= CHANGE_SEGMENT_ENTERED && c->fact <= CHANGE_TAG)
        return audience_is_told(p, c->object);
    if (c->fact == CHANGE_PROFILE && profile_entity(c->object) != 0)
        return entity_is_told(p, profile_entity(c->object));
    return c->fact != CHANGE_PROFILE || brand_is_told(p, c->detail);
}

static bool person_print(struct printing *p)
{
    uint32_t person = person_told(p, p->parts[0].subject);
    if (person == PERSON_NONE || !detail_is_told(p))
        return false;
    line_begin(p);
    member_person(&p->w, "person", p->v, person);
    person_details_put(p);
    line_end(p, EXPORT_PEOPLE, person);
    return true;
}

/* Whoever keeps a copy must hear of it whatever they see now: the ids say nothing of anybody. */
static bool erased_print(struct printing *p)
{
    struct erasure erasure;
    char text[PUBLIC_ID_TEXT_BYTES];
    if (!identity_erasure_next(p->v, p->parts[0].position, p->v->arena, &erasure) ||
        erasure.position != p->parts[0].position)
        return false;
    line_begin(p);
    public_id_member(&p->w, "person", erasure.public_id);
    json_key(&p->w, "absorbed");
    json_array_begin(&p->w);
    for (uint32_t i = 0; i < erasure.absorbed_count; i++)
        json_put_text(&p->w, public_id_text(erasure.absorbed[i], text));
    json_array_end(&p->w);
    line_end(p, EXPORT_PEOPLE, PERSON_NONE);
    return true;
}

/* --- of things, orders and entities --- */

static bool brand_fits(const struct printing *p, struct bytes brand)
{
    return p->filter->brand.size == 0 || bytes_equal(p->filter->brand, brand);
}

static bool thing_print(struct printing *p)
{
    static const char *const words[] = {
        [THING_CREATED] = "created", [THING_CHANGED] = "changed", [THING_DELETED] = "deleted"};
    struct thing t;
    const struct kept_change *c = &p->parts[0];
    if (!thing_read(p->v, c->subject, &t))
        return false;
    struct thing_ref ref = {thing_kind_numbered(p->v, t.kind)->name, t.ns, t.id};
    if (!scope_sees_thing(p->r->token, p->v, &ref) || !brand_fits(p, thing_brand(p->v, &ref)))
        return false;
    line_begin(p);
    member_ref(&p->w, &ref);
    member_text(&p->w, "change", words[c->detail]);
    line_end(p, EXPORT_THINGS, c->subject);
    return true;
}

static bool order_print(struct printing *p)
{
    struct order o;
    const struct kept_change *c = &p->parts[0];
    if (!order_numbered(p->v, c->subject, &o) || !scope_sees_order(p->r->token, p->v, &o) ||
        !brand_fits(p, order_text(&o, FIELD_BRAND)))
        return false;
    line_begin(p);
    member_bytes(&p->w, "shop", o.key.shop);
    member_bytes(&p->w, "number", o.key.number);
    member_bool(&p->w, "new", c->detail != 0);
    line_end(p, EXPORT_ORDERS, c->subject);
    return true;
}

static bool scope_print(struct printing *p)
{
    const struct kept_change *c = &p->parts[0];
    if (scope_is_limited(p->r->token) || p->filter->brand.size > 0)
        return false;
    line_begin(p);
    member_name(&p->w, "from", p->v, NAME_ENTITY, c->subject);
    member_name(&p->w, "to", p->v, NAME_ENTITY, c->object);
    member_bool(&p->w, "shared", c->detail == 0);
    line_end(p, EXPORT_PEOPLE, PERSON_NONE);
    return true;
}

/* --- events --- */

/* Whose it is now: an event of somebody who was erased has an owner, and no person, until an identifier of theirs comes again. */
static bool event_note(const struct printing *p, struct change_line *line)
{
    static const struct hash128 nobody = {0, 0};
    const struct kept_change *c = &p->parts[0];
    if (hash128_equal(c->owner, nobody))
        return true;
    uint32_t person = identity_of_owner(p->v, c->owner);
    if (person == PERSON_NONE)
        return false;
    line->has_person = scope_sees_person(p->r->token, p->v, person);
    if (line->has_person)
        line->person = identity_public_id(p->v, person);
    return true;
}

static void put_event(const struct request *r, const struct envelope *envelope, struct json_writer *w)
{
    const struct catalogue *c = r->catalogue;
    json_object_begin(w);
    envelope_print_named(envelope, c->rules, c->rule_count, w);
    json_object_end(w);
}

void change_line_print_event(const struct request *r, const struct change_line *line, const struct envelope *envelope,
                             struct buf *out)
{
    struct json_writer w;
    struct masking m;
    json_writer_init(&w, out, false);
    head_put(&line->change, &w);
    if (line->has_person) {
        public_id_member(&w, "person", line->person);
    } else {
        json_key(&w, "person");
        json_put_null(&w);
    }
    json_key(&w, "event");
    if (r->token->masked) {
        put_event(r, envelope, mask_begin(&m));
        mask_end(&m, &w, BYTES_NONE, false);
    } else {
        put_event(r, envelope, &w);
    }
    json_object_end(&w);
    json_object_end(&w);
    buf_push_byte(out, '\n');
}

/* --- all of them --- */

static bool line_print(struct printing *p, struct change_line *line)
{
    switch ((enum change_fact)line->change.fact) {
    case CHANGE_EVENT:
        return event_note(p, line);
    case CHANGE_ERASED:
        return erased_print(p);
    case CHANGE_THING:
        return thing_print(p);
    case CHANGE_ORDER:
        return order_print(p);
    case CHANGE_SCOPE:
        return scope_print(p);
    case CHANGE_MERGED:
    case CHANGE_SPLIT:
    case CHANGE_IDENTIFIERS:
    case CHANGE_PROFILE:
    case CHANGE_RELATION:
    case CHANGE_SEGMENT_ENTERED:
    case CHANGE_SEGMENT_LEFT:
    case CHANGE_TAG:
        return person_print(p);
    case CHANGE_FACT_END:
        break;
    }
    assert(false);
    return false;
}

bool change_line_print(struct request *r, const struct view *v, const struct changes_filter *filter,
                       const struct kept_change *parts, size_t count, struct buf *out, struct change_line *out_line)
{
    struct printing p = {.r = r, .v = v, .filter = filter, .parts = parts, .part_count = count, .out = out};
    struct change_line line = {.change = parts[0], .from = out->size};
    if (!changes_filter_wants(filter, &parts[0]) || !line_print(&p, &line))
        return false;
    line.size = out->size - line.from;
    *out_line = line;
    return true;
}
