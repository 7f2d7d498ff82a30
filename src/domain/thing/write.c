/* Writing things: what a put or a delete comes to, and the step that makes it so. */
#include "domain/thing/write.h"

#include <string.h>

#include "base/time.h"
#include "domain/thing/kinds.h"
#include "domain/thing/members.h"
#include "domain/thing/names.h"
#include "domain/thing/row.h"
#include "domain/thing/values.h"
#include "lib/json.h"

#define MOVES_MAX (2u + 2u * THING_INDEXED_MAX + 2u * NAME_SETS_MAX)
#define REPLY_BYTES_MAX 256u

static const struct refusal undeclared_attribute = {
    "undeclared_attribute", "This kind takes declared attributes only, and one of these isn't (GET /api/v1/kinds).",
    "该种类只接受已声明的属性,其中有未声明的(见 GET /api/v1/kinds)。"};
static const struct refusal thing_too_big = {"thing_too_big", "What is known of this thing takes more than 16 KiB.",
                                             "该实体的内容超过 16 KiB。"};
static const struct refusal in_the_future = {
    "in_the_future", "Something is said of a time that has not come: at most a day ahead is taken.",
    "所说的时间尚未到来:至多可提前一天。"};
static const struct refusal parent_not_allowed = {
    "parent_not_allowed", "A thing of this kind can't belong to one of that kind (GET /api/v1/kinds tells which).",
    "该种类的实体不能归属于那个种类(见 GET /api/v1/kinds)。"};
static const struct refusal parent_circle = {"parent_circle",
                                             "The parent belongs to this thing already: that would be a circle.",
                                             "上级已归属于该实体:这样会成环。"};
static const struct refusal too_deep = {"too_deep", "A tree has at most 16 levels.", "层级至多 16 层。"};

/* A set that the thing joins or leaves. */
struct move {
    struct bytes set;
    bool leaves;
};

/* What a command comes to. */
struct plan {
    const struct view *v;
    const struct thing_put *put;
    const struct thing_kind *kind;
    bool kind_changed;          /* `kind` is a copy of its own then */
    struct thing before, after; /* before.number is THING_NONE: it is new, and will be found under new_key */
    struct hash128 new_key;
    struct bytes row;
    struct move moves[MOVES_MAX];
    uint32_t move_count;
    uint32_t left_out;
    struct thing_changed fact;
    bool says; /* what holds now has changed */
};

/* --- the kind --- */

static struct thing_kind *kind_to_change(struct plan *p)
{
    if (!p->kind_changed) {
        struct thing_kind *copy = arena_take(p->v->arena, sizeof *copy, _Alignof(struct thing_kind));
        *copy = *p->kind;
        p->kind = copy;
        p->kind_changed = true;
    }
    return (struct thing_kind *)p->kind; /* the copy */
}

/* The attribute that is meant, declared now if it has to be. */
static const struct refusal *attribute_settle(struct plan *p, struct bytes name, enum attribute_type type,
                                              uint32_t *out_number)
{
    const struct thing_attribute *a = thing_attribute_named(p->kind, name);
    if (a == NULL) {
        if (p->kind->is_closed)
            return &undeclared_attribute;
        const struct refusal *refusal = thing_attribute_see(kind_to_change(p), name, type);
        if (refusal != NULL)
            return refusal;
        a = &p->kind->attributes[p->kind->attribute_count - 1];
    } else if (a->type == ATTRIBUTE_ANY && type != ATTRIBUTE_ANY) {
        uint32_t place = (uint32_t)(a - p->kind->attributes);
        kind_to_change(p)->attributes[place].type = type;
        a = &p->kind->attributes[place];
    }
    *out_number = a->number;
    return NULL;
}

/* --- attributes and parent --- */

static const struct refusal *attribute_take(struct plan *p, struct bytes name, struct bytes packed)
{
    const struct thing_attribute *a = thing_attribute_named(p->kind, name);
    enum attribute_type type = a != NULL && a->type != ATTRIBUTE_ANY ? a->type : attribute_type_of(packed);
    struct bytes value;
    uint32_t number;
    if (!attribute_value_fit(type, packed, p->v->arena, &value))
        return &thing_bad_attribute;
    const struct refusal *refusal = attribute_settle(p, name, type, &number);
    if (refusal == NULL)
        thing_version_add(&p->after, number, (struct thing_version){p->put->time_us, value}, p->v->arena);
    return refusal;
}

static const struct refusal *attributes_take(struct plan *p)
{
    struct unpack u = unpack_of(p->put->attributes);
    uint32_t count = p->put->attributes.size == 0 ? 0 : unpack_varint32(&u);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes name = unpack_bytes(&u), packed = unpack_value_bytes(&u);
        const struct refusal *refusal = attribute_take(p, name, packed);
        if (refusal != NULL && !p->put->is_lenient)
            return refusal;
        p->left_out += refusal != NULL;
    }
    assert(unpack_finished(&u)); /* the command's check has looked */
    return NULL;
}

static bool is_parent_kind(const struct thing_kind *kind, struct bytes name)
{
    for (uint32_t i = 0; i < kind->parent_count; i++)
        if (bytes_equal(kind->parents[i], name))
            return true;
    return false;
}

static bool ref_equal(const struct thing_ref *x, const struct thing_ref *y)
{
    return bytes_equal(x->kind, y->kind) && bytes_equal(x->ns, y->ns) && bytes_equal(x->id, y->id);
}

/* From a thing to its parent, by what holds now. */
static bool ancestor_next(const struct view *v, struct thing_ref *io_ref)
{
    struct thing t;
    return thing_read(v, thing_find(v, io_ref), &t) && thing_parent(&t, THING_NEWEST, io_ref) == TOLD;
}

/* Up from the parent that is meant. */
static const struct refusal *ancestors_check(const struct plan *p, struct thing_ref ref)
{
    for (uint32_t depth = 0; depth < THING_DEPTH_MAX; depth++) {
        if (ref_equal(&ref, &p->put->ref))
            return &parent_circle;
        if (!ancestor_next(p->v, &ref))
            return NULL;
    }
    return &too_deep;
}

static const struct refusal *parent_take(struct plan *p)
{
    const struct thing_put *put = p->put;
    struct buf none = arena_buf(p->v->arena, 1);
    struct thing_version version = {.time_us = put->time_us};
    if (put->parent_said == PARENT_UNSAID)
        return NULL;
    if (put->parent_said == PARENT_SAID) {
        if (!is_parent_kind(p->kind, put->parent.kind))
            return &parent_not_allowed;
        const struct thing_slot *slot = thing_slot_find(&p->after, THING_PARENT);
        const struct refusal *refusal = slot == NULL || slot->versions[0].time_us <= put->time_us
                                            ? ancestors_check(p, put->parent)
                                            : NULL;
        if (refusal != NULL)
            return refusal;
        version.value = thing_ref_value(&put->parent, p->v->arena);
    } else {
        pack_u8(&none, VALUE_NULL);
        version.value = buf_bytes(&none);
    }
    thing_version_add(&p->after, THING_PARENT, version, p->v->arena);
    return NULL;
}

static void existence_take(struct plan *p, bool exists)
{
    struct buf b = arena_buf(p->v->arena, 1);
    int64_t *first_us = exists ? &p->after.first_put_us : &p->after.first_deleted_us;
    value_pack_bool(&b, exists);
    *first_us = p->put->time_us < *first_us ? p->put->time_us : *first_us;
    thing_version_add(&p->after, THING_EXISTS, (struct thing_version){p->put->time_us, buf_bytes(&b)}, p->v->arena);
}

/* --- what follows --- */

static void move_add(struct plan *p, struct bytes set, bool leaves)
{
    assert(p->move_count < MOVES_MAX);
    p->moves[p->move_count++] = (struct move){set, leaves};
}

/* Whose child it ever was it stays findable as: of what instant a reader asks, they look. */
static void parent_move(struct plan *p)
{
    struct bytes was = thing_newest(&p->before, THING_PARENT), is = thing_newest(&p->after, THING_PARENT);
    p->fact.parent_changed = (thing_is_said(was) || thing_is_said(is)) && !bytes_equal(was, is);
    if (p->put->parent_said == PARENT_SAID && is_parent_kind(p->kind, p->put->parent.kind))
        move_add(p, members_under(thing_ref_value(&p->put->parent, p->v->arena), p->v->arena), false);
}

/* Those of `sets` that the others don't have: a name mostly changes behind its beginning. */
static void sets_move(struct plan *p, const struct name_sets *sets, const struct name_sets *others, bool leaves)
{
    for (uint32_t i = 0; i < sets->count; i++) {
        bool is_shared = false;
        for (uint32_t k = 0; k < others->count; k++)
            is_shared |= bytes_equal(sets->list[i], others->list[k]);
        if (!is_shared)
            move_add(p, sets->list[i], leaves);
    }
}

static void name_move(struct plan *p, struct bytes was, struct bytes is)
{
    struct name_sets left = name_sets_of(p->kind->name, was, p->v->arena),
                     joined = name_sets_of(p->kind->name, is, p->v->arena);
    sets_move(p, &left, &joined, true);
    sets_move(p, &joined, &left, false);
}

/* The other sets follow the newest values, whether the thing exists or not. */
static void attribute_move(struct plan *p, const struct thing_attribute *a)
{
    struct bytes was = thing_newest(&p->before, a->number), is = thing_newest(&p->after, a->number);
    if (bytes_equal(a->name, BYTES_LIT(THING_NAME)))
        name_move(p, was, is);
    if (a->index < INDEX_BUILDING)
        return;
    if (thing_is_said(was))
        move_add(p, members_with(p->kind->name, a->name, was, p->v->arena), true);
    if (thing_is_said(is))
        move_add(p, members_with(p->kind->name, a->name, is, p->v->arena), false);
}

static void attributes_move(struct plan *p)
{
    uint32_t *changed = ARENA_ARRAY(p->v->arena, uint32_t, p->kind->attribute_count);
    for (uint32_t i = 0; i < p->kind->attribute_count; i++) {
        const struct thing_attribute *a = &p->kind->attributes[i];
        struct bytes was = thing_newest(&p->before, a->number), is = thing_newest(&p->after, a->number);
        bool same = bytes_equal(was, is) || (!thing_is_said(was) && !thing_is_said(is));
        if (same)
            continue;
        changed[p->fact.attribute_count++] = a->number;
        attribute_move(p, a);
    }
    p->fact.attributes = changed;
}

static void plan_follow(struct plan *p)
{
    bool was = p->before.number != THING_NONE && thing_is_now(&p->before), is = thing_is_now(&p->after);
    if (p->before.number == THING_NONE)
        move_add(p, members_of_kind(p->kind->name, p->v->arena), false);
    parent_move(p);
    attributes_move(p);
    p->fact.change = was == is ? THING_CHANGED : is ? THING_CREATED : THING_DELETED;
    p->says = was != is || (is && (p->fact.parent_changed || p->fact.attribute_count > 0));
}

/* --- the plan --- */

static const struct refusal *plan_make(struct plan *p, const struct view *v, const struct thing_put *put, bool deletes)
{
    *p = (struct plan){.v = v, .put = put, .kind = thing_kind_named(v, put->ref.kind)};
    if (p->kind == NULL)
        return &thing_no_such_kind;
    if (put->time_us > v->now_us + THING_FUTURE_US_MAX)
        return &in_the_future;
    uint32_t number = thing_look(v, &put->ref, &p->new_key);
    if (!thing_read(v, number, &p->before))
        p->before = (struct thing){.kind = p->kind->number,
                                   .ns = put->ref.ns,
                                   .id = put->ref.id,
                                   .first_put_us = THING_TIME_NEVER,
                                   .first_deleted_us = THING_TIME_NEVER};
    p->after = p->before;
    thing_slots_copy(&p->after, v->arena);
    existence_take(p, !deletes);
    const struct refusal *refusal = parent_take(p);
    if (refusal != NULL && !put->is_lenient)
        return refusal;
    p->left_out += refusal != NULL;
    refusal = attributes_take(p);
    if (refusal != NULL)
        return refusal;
    p->row = thing_row_fit(&p->after, v->arena);
    if (p->row.size == 0)
        return &thing_too_big;
    plan_follow(p);
    return NULL;
}

static struct thing_put put_of(struct bytes payload)
{
    struct thing_put put;
    struct status status = thing_put_unpack(payload, &put, NULL);
    assert(done(status)); /* the command's check has looked */
    return put;
}

/* --- what is touched --- */

static void set_touch(const struct view *v, struct bytes set, uint32_t thing)
{
    if (thing == THING_NONE)
        members_touch_new(v, set);
    else
        members_touch(v, set, thing);
}

/* The sets that a value may join and leave. Of an attribute that isn't declared, or may get another type, the value may take any
 * form. */
static void value_touch(const struct view *v, const struct thing *t, struct bytes kind, struct bytes attribute,
                        struct bytes packed)
{
    struct bytes value;
    for (int type = ATTRIBUTE_TEXT; type < ATTRIBUTE_TYPE_COUNT; type++)
        if (attribute_value_fit((enum attribute_type)type, packed, v->arena, &value) && thing_is_said(value))
            set_touch(v, members_with(kind, attribute, value, v->arena), t->number);
}

/* What is no text yet may be taken as one. */
static void name_touch(const struct view *v, const struct thing *t, struct bytes kind, struct bytes was,
                       struct bytes packed)
{
    struct bytes value;
    if (!attribute_value_fit(ATTRIBUTE_TEXT, packed, v->arena, &value))
        value = BYTES_NONE;
    struct name_sets sets[] = {name_sets_of(kind, was, v->arena), name_sets_of(kind, value, v->arena)};
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        for (uint32_t k = 0; k < sets[i].count; k++)
            set_touch(v, sets[i].list[k], t->number);
}

static void attributes_touch(const struct view *v, const struct thing *t, const struct thing_put *put)
{
    const struct thing_kind *kind = thing_kind_named(v, put->ref.kind);
    struct unpack u = unpack_of(put->attributes);
    for (uint32_t count = put->attributes.size == 0 ? 0 : unpack_varint32(&u); count > 0; count--) {
        struct bytes name = unpack_bytes(&u), packed = unpack_value_bytes(&u);
        const struct thing_attribute *a = kind == NULL ? NULL : thing_attribute_named(kind, name);
        struct bytes was = a == NULL ? BYTES_NONE : thing_newest(t, a->number);
        if (bytes_equal(name, BYTES_LIT(THING_NAME)))
            name_touch(v, t, put->ref.kind, was, packed);
        if (a != NULL && a->index == INDEX_NONE)
            continue;
        if (thing_is_said(was))
            set_touch(v, members_with(put->ref.kind, name, was, v->arena), t->number);
        value_touch(v, t, put->ref.kind, name, packed);
    }
}

static void parents_touch(const struct view *v, const struct thing *t, const struct thing_put *put)
{
    struct thing_ref ref = put->parent;
    if (put->parent_said != PARENT_SAID)
        return;
    set_touch(v, members_under(thing_ref_value(&put->parent, v->arena), v->arena), t->number);
    for (uint32_t depth = 0; depth < THING_DEPTH_MAX && ancestor_next(v, &ref);)
        depth++;
}

void thing_put_needs(const struct view *v, struct bytes payload)
{
    struct thing_put put = put_of(payload);
    struct hash128 free_key;
    struct thing t;
    if (!thing_read(v, thing_look(v, &put.ref, &free_key), &t))
        t = (struct thing){.number = THING_NONE};
    if (t.number == THING_NONE)
        members_touch_new(v, members_of_kind(put.ref.kind, v->arena));
    parents_touch(v, &t, &put);
    attributes_touch(v, &t, &put);
}

/* --- the step --- */

static void reply(struct step *s, const struct plan *p, uint32_t number, bool changed)
{
    struct buf b = arena_buf(s->view.arena, REPLY_BYTES_MAX);
    struct json_writer w;
    json_writer_init(&w, &b, false);
    json_object_begin(&w);
    json_key(&w, "number");
    json_put_uint64(&w, number);
    json_key(&w, "created");
    json_put_bool(&w, p->before.number == THING_NONE);
    json_key(&w, "changed");
    json_put_bool(&w, changed);
    json_key(&w, "left_out");
    json_put_uint64(&w, p->left_out);
    json_object_end(&w);
    step_reply(s, buf_bytes(&b));
}

static uint32_t thing_write(struct step *s, const struct plan *p)
{
    uint32_t number = p->before.number;
    if (p->kind_changed)
        thing_kind_write(s, p->kind);
    if (number == THING_NONE) {
        number = step_row_create(s, &thing_family, p->row);
        step_index_put(s, &thing_index_family, p->new_key, number);
    } else {
        step_row_put(s, &thing_family, number, p->row);
    }
    for (uint32_t i = 0; i < p->move_count; i++) {
        if (p->moves[i].leaves)
            members_remove(s, p->moves[i].set, number);
        else
            members_add(s, p->moves[i].set, number);
    }
    return number;
}

static void say(struct step *s, const struct plan *p, uint32_t number)
{
    struct thing_changed *fact = ARENA_NEW(s->view.arena, struct thing_changed);
    *fact = p->fact;
    fact->thing = number;
    fact->kind = p->kind;
    fact->ref = (struct thing_ref){p->kind->name, p->after.ns, p->after.id};
    fact->left_out = p->left_out;
    step_say(s, &fact_thing_changed, fact);
}

static const struct refusal *apply(struct step *s, struct bytes payload, bool deletes)
{
    struct thing_put put = put_of(payload);
    struct plan p;
    struct bytes old = BYTES_NONE;
    if (put.is_import)
        s->cause = CAUSE_IMPORT;
    const struct refusal *refusal = plan_make(&p, &s->view, &put, deletes);
    if (refusal != NULL)
        return refusal;
    uint32_t number = p.before.number;
    bool same = view_row(&s->view, &thing_family, number, &old) && bytes_equal(old, p.row);
    if (!same || p.kind_changed)
        number = thing_write(s, &p);
    if (p.says)
        say(s, &p, number);
    reply(s, &p, number, !same);
    return NULL;
}

const struct refusal *thing_put_apply(struct step *s, struct bytes payload)
{
    return apply(s, payload, false);
}

const struct refusal *thing_delete_apply(struct step *s, struct bytes payload)
{
    return apply(s, payload, true);
}
