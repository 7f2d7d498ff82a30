/* The domain's table, what it says, and what of events tells of things. */
#include "domain/thing/thing.h"

#include "domain/thing/index.h"
#include "domain/thing/kinds.h"
#include "domain/thing/members.h"
#include "domain/thing/write.h"
#include "lib/json.h"

/* --- thing_changed --- */

static void put_text(struct json_writer *out, const char *key, struct bytes text)
{
    json_key(out, key);
    json_put_string(out, text);
}

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    static const char *const changes[] = {
        [THING_CREATED] = "created", [THING_CHANGED] = "changed", [THING_DELETED] = "deleted"};
    const struct thing_changed *f = fact;
    (void)v;
    put_text(out, "kind", f->ref.kind);
    put_text(out, "ns", f->ref.ns);
    put_text(out, "id", f->ref.id);
    put_text(out, "change", bytes_of_text(changes[f->change]));
    json_key(out, "parent_changed");
    json_put_bool(out, f->parent_changed);
    json_key(out, "attributes");
    json_array_begin(out);
    for (uint32_t i = 0; i < f->attribute_count; i++)
        json_put_string(out, thing_attribute_numbered(f->kind, f->attributes[i])->name);
    json_array_end(out);
    json_key(out, "left_out");
    json_put_uint64(out, f->left_out);
}

const struct fact_kind fact_thing_changed = {
    .id = 0x0801,
    .name = "thing_changed",
    .print = changed_print,
    .about = "What holds now of a thing is something else: its attributes, its parent, or whether it exists."};

/* --- events that tell of things --- */

/* Since a listener can't have rows fetched, what an event says of a thing becomes a command of its own. */
static void follow(struct step *s, uint32_t command, const struct thing_put *put)
{
    struct buf b = arena_buf(s->view.arena, FOLLOW_UP_BYTES_MAX);
    if (put->ref.kind.size == 0 || put->ref.id.size == 0)
        return; /* it names no thing */
    thing_put_pack(&b, put);
    assert(!b.overflowed); /* an envelope says the same, and more */
    step_then(s, command, buf_bytes(&b));
}

static struct bytes id_of(const struct value *v, struct arena *a)
{
    if (v->kind == VALUE_TEXT)
        return v->body;
    struct buf digits = arena_buf(a, 64);
    struct json_writer w;
    json_writer_init(&w, &digits, false);
    if (v->kind == VALUE_DECIMAL)
        value_print(v, &w);
    return buf_bytes(&digits);
}

/* The door folds item_id to the standard property spu, as of events about products. */
static struct bytes item_id(struct bytes properties, struct bytes *out_member, struct arena *a)
{
    struct value id;
    *out_member = BYTES_LIT("item_id");
    if (record_find(properties, *out_member, &id))
        return id_of(&id, a);
    *out_member = BYTES_LIT("spu");
    return record_find(properties, *out_member, &id) ? id_of(&id, a) : BYTES_NONE;
}

/* What is left of an item's properties, with the brand that the door made a reference of. */
static struct bytes item_attributes(const struct envelope *e, struct bytes id_member, struct arena *a)
{
    struct value said;
    struct bytes brand = record_find(e->properties, BYTES_LIT("brand"), &said) ? BYTES_NONE : e->reference[REF_BRAND];
    struct buf b = arena_buf(a, e->properties.size + brand.size + 32);
    struct unpack u = unpack_of(e->properties);
    uint32_t count = unpack_varint32(&u), kept = count - 2 + (brand.size > 0);
    pack_varint(&b, kept);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes key = unpack_bytes(&u), value = unpack_value_bytes(&u);
        if (bytes_equal(key, BYTES_LIT("item_type")) || bytes_equal(key, id_member))
            continue;
        pack_bytes(&b, key);
        pack_raw(&b, value);
    }
    if (brand.size > 0) {
        pack_bytes(&b, BYTES_LIT("brand"));
        value_pack_text(&b, brand);
    }
    assert(!b.overflowed && unpack_finished(&u));
    return buf_bytes(&b);
}

static void item_hear(struct step *s, const struct arrived *a, uint32_t command)
{
    const struct envelope *e = &a->envelope;
    struct value type;
    struct bytes id_member;
    struct thing_put put = {.time_us = e->event_us, .is_lenient = true, .is_import = e->import};
    if (!record_find(e->properties, BYTES_LIT("item_type"), &type) || type.kind != VALUE_TEXT)
        return;
    put.ref.kind = type.body;
    put.ref.id = item_id(e->properties, &id_member, s->view.arena);
    if (command == COMMAND_THING_PUT && put.ref.id.size > 0)
        put.attributes = item_attributes(e, id_member, s->view.arena);
    follow(s, command, &put);
}

/* What the group is: the object `traits` of the properties. */
static void group_hear(struct step *s, const struct arrived *a)
{
    const struct envelope *e = &a->envelope;
    struct value traits;
    if (!record_find(e->properties, BYTES_LIT("traits"), &traits) || traits.kind != VALUE_OBJECT)
        return;
    struct buf b = arena_buf(s->view.arena, VARINT_BYTES_MAX + traits.body.size);
    pack_varint(&b, traits.count);
    pack_raw(&b, traits.body);
    follow(s, COMMAND_THING_PUT,
           &(struct thing_put){.ref = {.kind = BYTES_LIT("group"), .id = e->reference[REF_GROUP]},
                               .time_us = e->event_us,
                               .is_lenient = true,
                               .is_import = e->import,
                               .attributes = buf_bytes(&b)});
}

static void hear_arrived(struct step *s, const void *fact)
{
    const struct arrived *a = fact;
    switch (a->event) {
    case EVENT_ITEM_SET:
        item_hear(s, a, COMMAND_THING_PUT);
        break;
    case EVENT_ITEM_DELETE:
        item_hear(s, a, COMMAND_THING_DELETE);
        break;
    case EVENT_GROUP_JOINED:
        group_hear(s, a);
        break;
    default:
        break;
    }
}

/* --- commands --- */

static fallible put_check(struct bytes payload, struct err *e)
{
    struct thing_put put;
    return thing_put_unpack(payload, &put, e);
}

static fallible delete_check(struct bytes payload, struct err *e)
{
    struct thing_put put;
    TRY(thing_put_unpack(payload, &put, e));
    return put.parent_said == PARENT_UNSAID && put.attributes.size == 0
               ? DONE
               : FAIL(e, INVALID, "what is deleted has neither attributes nor a parent");
}

static fallible kind_check(struct bytes payload, struct err *e)
{
    struct thing_kind kind;
    return thing_kind_unpack(payload, &kind, e);
}

static const struct refusal *kind_apply(struct step *s, struct bytes payload)
{
    struct thing_kind *said = ARENA_NEW(s->view.arena, struct thing_kind),
                      *kind = ARENA_NEW(s->view.arena, struct thing_kind);
    struct status status = thing_kind_unpack(payload, said, NULL);
    assert(done(status));
    const struct refusal *refusal = thing_kind_declare(&s->view, said, kind);
    if (refusal != NULL)
        return refusal;
    thing_kind_write(s, kind);
    thing_index_begin(s, kind);
    return NULL;
}

static const struct command commands[] = {
    {COMMAND_THING_PUT, "thing.put", THING_PAYLOAD_BYTES_MAX, ROLE_WRITE, put_check, thing_put_needs, thing_put_apply,
     "Says what is true of a thing from an instant on: attributes, its parent. null clears; what isn't said stays.",
     NULL},
    {COMMAND_THING_DELETE, "thing.delete", THING_PAYLOAD_BYTES_MAX, ROLE_WRITE, delete_check, thing_put_needs,
     thing_delete_apply, "Ends a thing at an instant; a later put begins it again.", NULL},
    {COMMAND_THING_KIND, "thing.kind", ROW_BYTES_MAX, ROLE_ADMIN, kind_check, NULL, kind_apply,
     "Declares a kind of things, or changes what is said of one.", NULL},
};

static uint64_t things_read(const struct view *v)
{
    return view_rows_end(v, &thing_family) - 1;
}

static const struct metric metrics[] = {{"kith_things", "Things ever heard of.", things_read}};
static const struct family *const families[] = {&thing_kind_family,   &thing_kind_name_family,
                                                &thing_family,        &thing_index_family,
                                                &thing_member_family, &thing_member_index_family};
static const struct fact_kind *const says[] = {&fact_thing_changed};
static const struct job_kind *const jobs[] = {&thing_index_job};
static const struct listener hears[] = {{&fact_arrived, hear_arrived}};

const struct domain thing_domain = {
    .number = 0x08,
    .name = "thing",
    .about = "What isn't a person: brands, stores, staff, products, group chats, with their attributes and history.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .jobs = jobs,
    .job_count = COUNT_OF(jobs),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
};
