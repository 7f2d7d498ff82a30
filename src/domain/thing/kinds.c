#include "domain/thing/kinds.h"

#include <string.h>

#include "domain/thing/builtin.h"
#include "lib/text.h"

#define KIND_FORMAT 1u
#define FLAG_CLOSED 1u
#define FLAG_PERSONAL 2u
#define FLAG_OWNED 4u
#define TYPE_MASK 0x0fu
#define INDEX_SHIFT 4
#define INDEX_MASK 0x03u
#define TYPE_SEEN 0x80u

const struct family thing_kind_family = {
    .id = 70, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "thing_kind"};
const struct family thing_kind_name_family = {
    .id = 71, .kind = FAMILY_KEYED, .value_bytes = THING_WORD_BYTES_MAX, .name = "thing_kind_name"};

const char *const attribute_type_names[ATTRIBUTE_TYPE_COUNT] = {"any",  "text",    "number", "money",
                                                                "time", "boolean", "list"};

const struct refusal thing_no_such_kind = {"no_such_kind",
                                           "There is no such kind of thing: declare it first (PUT /api/v1/kinds).",
                                           "没有这个种类:请先声明(PUT /api/v1/kinds)。"};
static const struct refusal too_many_kinds = {"too_many_kinds", "There are 256 kinds of things already.",
                                              "种类已达 256 个。"};
const struct refusal thing_bad_attribute = {
    "bad_attribute",
    "An attribute is of another type, longer than 2 KiB, or badly named (GET /api/v1/kinds tells the types).",
    "有属性的类型不符、超过 2 KiB 或名称不合规(类型见 GET /api/v1/kinds)。"};
static const struct refusal too_many_attributes = {
    "too_many_attributes", "A kind has at most 128 attributes, in 16 KiB: there is no room for one more.",
    "一个种类至多 128 个属性、16 KiB:已无空位。"};
static const struct refusal too_many_indexed = {"too_many_indexed", "Of a kind at most 8 attributes are indexed.",
                                                "一个种类至多 8 个可查属性。"};
static const struct refusal index_stays = {"index_stays", "An attribute that is indexed stays so.",
                                           "已可查的属性不能改为不可查。"};
static const struct refusal kind_too_big = {"kind_too_big",
                                            "What is said of this kind takes more than 16 KiB: use shorter labels.",
                                            "该种类的说明超过 16 KiB:请缩短名称。"};

/* --- bytes: of rows and of the command alike --- */

void thing_kind_pack(struct buf *b, const struct thing_kind *kind)
{
    pack_u8(b, KIND_FORMAT);
    pack_varint(b, kind->number);
    pack_bytes(b, kind->name);
    pack_bytes(b, kind->label_en);
    pack_bytes(b, kind->label_zh);
    pack_u8(b, (uint8_t)((kind->is_closed ? FLAG_CLOSED : 0) | (kind->is_personal ? FLAG_PERSONAL : 0) |
                         (kind->is_owned ? FLAG_OWNED : 0)));
    pack_varint(b, kind->parent_count);
    for (uint32_t i = 0; i < kind->parent_count; i++)
        pack_bytes(b, kind->parents[i]);
    pack_varint(b, kind->attribute_count);
    for (uint32_t i = 0; i < kind->attribute_count; i++) {
        const struct thing_attribute *a = &kind->attributes[i];
        pack_varint(b, a->number);
        pack_bytes(b, a->name);
        pack_bytes(b, a->label_en);
        pack_bytes(b, a->label_zh);
        pack_u8(b, (uint8_t)((uint32_t)a->type | (uint32_t)a->index << INDEX_SHIFT | (a->is_seen ? TYPE_SEEN : 0)));
    }
}

static void attribute_unpack(struct unpack *u, struct thing_attribute *out)
{
    out->number = unpack_varint32(u);
    out->name = unpack_bytes(u);
    out->label_en = unpack_bytes(u);
    out->label_zh = unpack_bytes(u);
    uint8_t type = unpack_u8(u);
    out->type = (enum attribute_type)(type & TYPE_MASK);
    out->index = (enum attribute_index)(type >> INDEX_SHIFT & INDEX_MASK);
    out->is_seen = (type & TYPE_SEEN) != 0;
    u->bad |= out->type >= ATTRIBUTE_TYPE_COUNT || (type & ~(TYPE_MASK | INDEX_MASK << INDEX_SHIFT | TYPE_SEEN)) != 0;
}

static bool kind_unpack(struct bytes row, struct thing_kind *out)
{
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != KIND_FORMAT;
    out->number = unpack_varint32(&u);
    out->name = unpack_bytes(&u);
    out->label_en = unpack_bytes(&u);
    out->label_zh = unpack_bytes(&u);
    uint8_t flags = unpack_u8(&u);
    out->is_closed = (flags & FLAG_CLOSED) != 0;
    out->is_personal = (flags & FLAG_PERSONAL) != 0;
    out->is_owned = (flags & FLAG_OWNED) != 0;
    out->parent_count = unpack_varint32(&u);
    u.bad |= out->parent_count > THING_PARENT_KINDS_MAX;
    for (uint32_t i = 0; i < out->parent_count && unpack_good(&u); i++)
        out->parents[i] = unpack_bytes(&u);
    out->attribute_count = unpack_varint32(&u);
    u.bad |= out->attribute_count > THING_ATTRIBUTES_MAX;
    for (uint32_t i = 0; i < out->attribute_count && unpack_good(&u); i++)
        attribute_unpack(&u, &out->attributes[i]);
    return unpack_finished(&u);
}

/* A word of programs: it stands in paths and in expressions. */
static bool word_is_good(struct bytes word)
{
    return word.size <= THING_WORD_BYTES_MAX && text_fits_a_path(word);
}

static bool label_is_good(struct bytes label)
{
    return label.size <= THING_LABEL_BYTES_MAX && text_is_utf8(label) &&
           text_find_control(label, TEXT_ONE_LINE) == label.size;
}

fallible thing_kind_unpack(struct bytes payload, struct thing_kind *out_kind, struct err *e)
{
    if (!kind_unpack(payload, out_kind))
        return FAIL(e, INVALID, "a kind is cut short, or has more than %u parents or %u attributes",
                    THING_PARENT_KINDS_MAX, THING_ATTRIBUTES_MAX);
    if (!word_is_good(out_kind->name))
        return FAIL(e, INVALID, "a kind has a name of 1 to %u bytes, without \"/\" and control characters",
                    THING_WORD_BYTES_MAX);
    bool labels = label_is_good(out_kind->label_en) && label_is_good(out_kind->label_zh), words = true;
    for (uint32_t i = 0; i < out_kind->attribute_count; i++) {
        labels = labels && label_is_good(out_kind->attributes[i].label_en) &&
                 label_is_good(out_kind->attributes[i].label_zh);
        words = words && word_is_good(out_kind->attributes[i].name);
    }
    if (!words)
        return FAIL(e, INVALID, "an attribute has a name of 1 to %u bytes, without \"/\" and control characters",
                    THING_WORD_BYTES_MAX);
    return labels ? DONE : FAIL(e, INVALID, "a label has one line of at most %u bytes", THING_LABEL_BYTES_MAX);
}

/* --- the kinds in force --- */

static void attributes_add(struct thing_kind *kind, const struct builtin_attribute *list, size_t count)
{
    for (size_t i = 0; i < count && kind->attribute_count < THING_ATTRIBUTES_MAX; i++) {
        if (thing_attribute_numbered(kind, list[i].number) != NULL)
            continue; /* said otherwise since */
        kind->attributes[kind->attribute_count++] = (struct thing_attribute){.number = list[i].number,
                                                                             .name = bytes_of_text(list[i].name),
                                                                             .label_en = bytes_of_text(list[i].en),
                                                                             .label_zh = bytes_of_text(list[i].zh),
                                                                             .type = list[i].type,
                                                                             .index = list[i].is_indexed ? INDEX_DONE
                                                                                                         : INDEX_NONE};
    }
}

/* "brand|region" */
static void parents_read(struct thing_kind *kind, const char *names)
{
    struct bytes rest = bytes_of_text(names);
    while (rest.size > 0) {
        const uint8_t *bar = memchr(rest.data, '|', rest.size);
        size_t size = bar == NULL ? rest.size : (size_t)(bar - rest.data);
        assert(kind->parent_count < THING_PARENT_KINDS_MAX);
        kind->parents[kind->parent_count++] = bytes_slice(rest, 0, size);
        rest = bytes_slice(rest, bar == NULL ? size : size + 1, rest.size);
    }
}

static void kind_of_builtin(struct thing_kind *kind, const struct builtin_kind *b)
{
    kind->number = b->number;
    kind->name = bytes_of_text(b->name);
    kind->label_en = bytes_of_text(b->en);
    kind->label_zh = bytes_of_text(b->zh);
    kind->is_closed = false;
    kind->is_personal = b->is_personal;
    kind->is_owned = b->is_owned;
    kind->parent_count = kind->attribute_count = 0;
    parents_read(kind, b->parents);
}

static const struct builtin_kind *builtin_named(struct bytes name)
{
    size_t count;
    const struct builtin_kind *all = thing_builtin_kinds(&count);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of_text(all[i].name), name))
            return &all[i];
    return NULL;
}

static const struct builtin_kind *builtin_numbered(uint32_t number)
{
    size_t count;
    const struct builtin_kind *all = thing_builtin_kinds(&count);
    for (size_t i = 0; i < count; i++)
        if (all[i].number == number)
            return &all[i];
    return NULL;
}

const struct thing_kind *thing_kind_named(const struct view *v, struct bytes name)
{
    const struct builtin_kind *b = builtin_named(name);
    struct bytes row;
    bool has_row = name.size > 0 && name.size <= THING_WORD_BYTES_MAX && view_keyed(v, &thing_kind_family, name, &row);
    if (!has_row && b == NULL)
        return NULL;
    struct thing_kind *kind = arena_take(v->arena, sizeof *kind, _Alignof(struct thing_kind));
    if (has_row) {
        bool good = kind_unpack(row, kind);
        assert(good); /* rows are our own */
    } else {
        kind_of_builtin(kind, b);
    }
    if (b != NULL) {
        size_t common_count;
        const struct builtin_attribute *common = thing_builtin_attributes(&common_count);
        attributes_add(kind, common, common_count);
        attributes_add(kind, b->attributes, b->attribute_count);
    }
    return kind;
}

struct number_key {
    uint8_t data[2];
};

static struct number_key key_of_number(uint32_t number)
{
    struct number_key key;
    (void)put_key(key.data, number, sizeof key.data);
    return key;
}

struct bytes thing_kind_name(const struct view *v, uint32_t number)
{
    const struct builtin_kind *b = builtin_numbered(number);
    struct number_key key = key_of_number(number);
    struct bytes name;
    if (b != NULL)
        return bytes_of_text(b->name);
    return view_keyed(v, &thing_kind_name_family, bytes_of(key.data, sizeof key.data), &name) ? name : BYTES_NONE;
}

const struct thing_kind *thing_kind_numbered(const struct view *v, uint32_t number)
{
    return thing_kind_named(v, thing_kind_name(v, number));
}

struct hash128 thing_kinds_sum(const struct view *v)
{
    return rows_keyed_sums(v->rows, &thing_kind_family).rows;
}

const struct thing_kind *thing_kind_next(const struct view *v, uint32_t number)
{
    size_t count;
    const struct builtin_kind *all = thing_builtin_kinds(&count);
    for (size_t i = 0; i < count; i++)
        if (all[i].number > number)
            return thing_kind_named(v, bytes_of_text(all[i].name));
    struct number_key key = key_of_number(number);
    struct bytes found, name;
    bool more = view_keyed_next(v, &thing_kind_name_family, bytes_of(key.data, sizeof key.data), true, &found, &name);
    return more ? thing_kind_named(v, name) : NULL;
}

const struct thing_attribute *thing_attribute_named(const struct thing_kind *kind, struct bytes name)
{
    for (uint32_t i = 0; i < kind->attribute_count; i++)
        if (bytes_equal(kind->attributes[i].name, name))
            return &kind->attributes[i];
    return NULL;
}

const struct thing_attribute *thing_attribute_numbered(const struct thing_kind *kind, uint32_t number)
{
    for (uint32_t i = 0; i < kind->attribute_count; i++)
        if (kind->attributes[i].number == number)
            return &kind->attributes[i];
    return NULL;
}

/* --- changes --- */

void thing_kind_write(struct step *s, const struct thing_kind *kind)
{
    struct arena *a = s->view.arena;
    struct buf b = arena_buf(a, ROW_BYTES_MAX);
    thing_kind_pack(&b, kind);
    assert(!b.overflowed && kind->number != 0);
    step_keyed_put(s, &thing_kind_family, kind->name, buf_bytes(&b));
    struct number_key key = key_of_number(kind->number);
    if (kind->number >= THING_KIND_CUSTOM)
        step_keyed_put(s, &thing_kind_name_family, arena_copy(a, bytes_of(key.data, sizeof key.data)), kind->name);
}

static uint32_t attribute_number_free(const struct thing_kind *kind)
{
    uint32_t next = THING_ATTRIBUTE_CUSTOM;
    for (uint32_t i = 0; i < kind->attribute_count; i++)
        next = kind->attributes[i].number >= next ? kind->attributes[i].number + 1 : next;
    return next;
}

static bool kind_fits(const struct thing_kind *kind, size_t bytes_max)
{
    size_t size = 256 + kind->name.size + kind->label_en.size + kind->label_zh.size +
                  THING_PARENT_KINDS_MAX * (THING_WORD_BYTES_MAX + 2);
    for (uint32_t i = 0; i < kind->attribute_count; i++)
        size += 12 + kind->attributes[i].name.size + kind->attributes[i].label_en.size +
                kind->attributes[i].label_zh.size;
    return size <= bytes_max;
}

const struct refusal *thing_attribute_see(struct thing_kind *kind, struct bytes name, enum attribute_type type)
{
    if (!word_is_good(name))
        return &thing_bad_attribute;
    if (kind->attribute_count == THING_ATTRIBUTES_MAX || !kind_fits(kind, ROW_BYTES_MAX - 2 * THING_WORD_BYTES_MAX))
        return &too_many_attributes;
    kind->attributes[kind->attribute_count] = (struct thing_attribute){
        .number = attribute_number_free(kind), .name = name, .type = type, .is_seen = true};
    kind->attribute_count++;
    return NULL;
}

static const struct refusal *attribute_declare(struct thing_kind *kind, const struct thing_attribute *said)
{
    for (uint32_t i = 0; i < kind->attribute_count; i++) {
        struct thing_attribute *a = &kind->attributes[i];
        if (!bytes_equal(a->name, said->name))
            continue;
        if (a->index != INDEX_NONE && said->index == INDEX_NONE)
            return &index_stays;
        enum attribute_index index = a->index == INDEX_NONE && said->index != INDEX_NONE ? INDEX_WANTED : a->index;
        *a = (struct thing_attribute){a->number, a->name, said->label_en, said->label_zh, said->type, index, false};
        return NULL;
    }
    if (kind->attribute_count == THING_ATTRIBUTES_MAX)
        return &too_many_attributes;
    struct thing_attribute *added = &kind->attributes[kind->attribute_count];
    *added = *said;
    added->number = attribute_number_free(kind);
    added->index = said->index == INDEX_NONE ? INDEX_NONE : INDEX_DONE; /* no thing has it yet */
    added->is_seen = false;
    kind->attribute_count++;
    return NULL;
}

/* THING_NONE: no more. */
static uint32_t kind_number_free(const struct view *v)
{
    uint32_t count = 0, last = 0;
    for (const struct thing_kind *k = thing_kind_next(v, 0); k != NULL; k = thing_kind_next(v, last), count++)
        last = k->number;
    if (count >= THING_KINDS_MAX)
        return 0;
    return last < THING_KIND_CUSTOM ? THING_KIND_CUSTOM : last + 1;
}

static bool parents_exist(const struct view *v, const struct thing_kind *said)
{
    for (uint32_t i = 0; i < said->parent_count; i++)
        if (!bytes_equal(said->parents[i], said->name) && thing_kind_named(v, said->parents[i]) == NULL)
            return false;
    return true;
}

static const struct refusal *attributes_declare(struct thing_kind *kind, const struct thing_kind *said)
{
    uint32_t indexed = 0;
    for (uint32_t i = 0; i < said->attribute_count; i++) {
        const struct refusal *refusal = attribute_declare(kind, &said->attributes[i]);
        if (refusal != NULL)
            return refusal;
    }
    for (uint32_t i = 0; i < kind->attribute_count; i++)
        indexed += kind->attributes[i].index != INDEX_NONE;
    if (indexed > THING_INDEXED_MAX)
        return &too_many_indexed;
    return kind_fits(kind, ROW_BYTES_MAX) ? NULL : &kind_too_big;
}

const struct refusal *thing_kind_declare(const struct view *v, const struct thing_kind *said,
                                         struct thing_kind *out_kind)
{
    const struct thing_kind *known = thing_kind_named(v, said->name);
    if (!parents_exist(v, said))
        return &thing_no_such_kind;
    if (known != NULL) {
        *out_kind = *known;
    } else {
        out_kind->number = kind_number_free(v);
        out_kind->attribute_count = 0;
        if (out_kind->number == 0)
            return &too_many_kinds;
    }
    out_kind->name = said->name;
    out_kind->label_en = said->label_en;
    out_kind->label_zh = said->label_zh;
    out_kind->is_closed = said->is_closed;
    out_kind->is_personal = said->is_personal;
    out_kind->is_owned = said->is_owned;
    out_kind->parent_count = said->parent_count;
    memcpy(out_kind->parents, said->parents, sizeof out_kind->parents);
    return attributes_declare(out_kind, said);
}
