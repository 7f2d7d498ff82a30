#include "domain/rule/things.h"

#include "domain/analytics/analytics.h"

static bool value_of(struct bytes packed, struct value *out)
{
    struct unpack u = unpack_of(packed);
    struct value v = unpack_value(&u);
    uint32_t at = 0;
    *out = v;
    if (v.kind == VALUE_OBJECT)
        return thing_value_next(&v, &at, out);
    return unpack_finished(&u) && v.kind != VALUE_NULL;
}

static bool says(const struct view *v, const struct thing *t, struct bytes kind, struct bytes member, int64_t at_us,
                 struct value *out)
{
    struct bytes packed;
    const struct thing_kind *of = thing_kind_named(v, kind);
    const struct thing_attribute *attribute = of == NULL ? NULL : thing_attribute_named(of, member);
    if (attribute != NULL)
        return thing_value(t, attribute->number, at_us, &packed) == TOLD && value_of(packed, out);
    struct bytes above = thing_ancestor(v, t, member, at_us);
    *out = (struct value){.kind = VALUE_TEXT, .body = above};
    return above.size > 0;
}

bool thing_says(const struct view *v, struct bytes kind, struct bytes member, struct bytes id, int64_t at_us,
                struct value *out)
{
    const struct thing_ref ref = {.kind = kind, .id = id};
    struct thing t;
    bool may_be = kind.size <= THING_WORD_BYTES_MAX && id.size > 0 && id.size <= NAME_BYTES_MAX;
    return may_be && thing_read(v, thing_find(v, &ref), &t) && says(v, &t, kind, member, at_us, out);
}

bool thing_has(const struct view *v, const struct thing_ref *ref, struct bytes member, struct value *out)
{
    struct thing t;
    return thing_read(v, thing_find(v, ref), &t) && thing_is_now(&t) &&
           says(v, &t, ref->kind, member, THING_NEWEST, out);
}

void thing_touch(const struct view *v, const struct thing_ref *ref)
{
    struct thing t;
    if (thing_read(v, thing_find(v, ref), &t))
        (void)thing_ancestor(v, &t, BYTES_NONE, THING_NEWEST); /* of no kind: up to the last one */
}

static bool told(void *context, struct bytes kind, struct bytes member, struct bytes id, int64_t at_us,
                 struct value *out_value)
{
    return thing_says(context, kind, member, id, at_us, out_value);
}

struct feature_things things_of(const struct view *v)
{
    return (struct feature_things){.context = (void *)(uintptr_t)v, .told = told};
}
