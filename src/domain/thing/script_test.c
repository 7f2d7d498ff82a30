#include "domain/thing/thing_test.h"

struct thing_ref ref_of(const char *text)
{
    struct bytes rest = bytes_of_text(text), parts[3] = {0};
    size_t count = 0;
    while (rest.size > 0 && count < 3) {
        size_t size = 0;
        while (size < rest.size && rest.data[size] != '/')
            size++;
        parts[count++] = bytes_slice(rest, 0, size);
        rest = bytes_slice(rest, size < rest.size ? size + 1 : size, rest.size);
    }
    return count == 3 ? (struct thing_ref){parts[0], parts[1], parts[2]}
                      : (struct thing_ref){.kind = parts[0], .id = parts[1]};
}

struct bytes record_of(struct arena *a, const char *text)
{
    struct json_parser *p = json_parser_create(1 << 16);
    struct json json;
    struct buf b;
    struct err e = {0};
    buf_init(&b, 1 << 16);
    struct status status = json_parse(p, bytes_of_text(text), &json, &e);
    if (done(status))
        status = record_pack_json(&b, &json, &e);
    assert(done(status));
    struct bytes record = arena_copy(a, buf_bytes(&b));
    buf_fini(&b);
    json_parser_destroy(p);
    return record;
}

struct bytes put_of_texts(struct arena *a, const char *ref, int64_t time_us, const char *json, const char *parent)
{
    struct thing_put put = {.ref = ref_of(ref), .time_us = time_us};
    if (parent != NULL) {
        put.parent_said = parent[0] == 0 ? PARENT_CLEARED : PARENT_SAID;
        put.parent = ref_of(parent);
    }
    if (json != NULL)
        put.attributes = record_of(a, json);
    struct buf b = arena_buf(a, THING_PAYLOAD_BYTES_MAX);
    thing_put_pack(&b, &put);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static const char *value_text(struct arena *a, struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    struct value v = unpack_value(&u);
    struct buf b = arena_buf(a, 1 << 14);
    struct json_writer w;
    json_writer_init(&w, &b, false);
    value_print(&v, &w);
    assert(unpack_finished(&u) && !b.overflowed);
    return arena_text(a, buf_bytes(&b));
}

const char *told_text(struct arena *a, const struct view *v, const char *text, int64_t at_us)
{
    struct thing_ref ref = ref_of(text), parent;
    struct thing t;
    struct bytes value;
    bool exists = false;
    if (!thing_read(v, thing_find(v, &ref), &t))
        return "";
    enum thing_told told = thing_exists(&t, at_us, &exists);
    if (told != TOLD || !exists)
        return told == TOLD_FORGOTTEN ? "?" : "-";
    const struct thing_kind *kind = thing_kind_numbered(v, t.kind);
    const char *all = "";
    for (uint32_t i = 0; i < t.slot_count; i++) {
        const struct thing_attribute *attribute = thing_attribute_numbered(kind, t.slots[i].number);
        if (attribute == NULL)
            continue;
        told = thing_value(&t, attribute->number, at_us, &value);
        if (told != TOLD_NOTHING)
            all = arena_printf(a, "%s%s%.*s=%s", all, all[0] == 0 ? "" : " ", BYTES_ARG(attribute->name),
                               told == TOLD_FORGOTTEN ? "?" : value_text(a, value));
    }
    told = thing_parent(&t, at_us, &parent);
    if (told == TOLD_NOTHING)
        return all;
    return told == TOLD_FORGOTTEN ? arena_printf(a, "%s <?", all)
                                  : arena_printf(a, "%s <%.*s/%.*s", all, BYTES_ARG(parent.kind), BYTES_ARG(parent.id));
}
