#include "domain/collect/names.h"

#include <string.h>

#include "domain/collect/standard.h"
#include "engine/step.h"

#define NAME_ROW_FORMAT 1u
#define NAME_ROW_BYTES_MAX 8192u
#define KEY_BYTES 5u

const struct family name_index_family = {.id = 10, .kind = FAMILY_INDEX, .name = "name_index"};
const struct family name_row_family = {.id = 11, .kind = FAMILY_KEYED, .value_bytes = NAME_ROW_BYTES_MAX, .name = "name"};

static_assert(NAMES_A_KIND_MAX <= UINT16_MAX, "a number and an alias share an entry");

/* --- rows --- */

struct name_row {
    uint32_t alias;
    struct bytes name;
    struct bytes attributes;
};

struct name_key {
    uint8_t data[KEY_BYTES];
};

static struct name_key key_of(enum name_kind kind, uint32_t number)
{
    struct name_key key = {{(uint8_t)kind}};
    (void)put_key(key.data + 1, number, KEY_BYTES - 1);
    return key;
}

static bool row_read(const struct view *v, enum name_kind kind, uint32_t number, struct name_row *out_row)
{
    struct name_key key = key_of(kind, number);
    struct bytes value;
    if (!view_keyed(v, &name_row_family, bytes_of(key.data, sizeof key.data), &value))
        return false;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    out_row->alias = unpack_varint32(&u);
    out_row->name = unpack_bytes(&u);
    out_row->attributes = unpack_bytes(&u);
    assert(format == NAME_ROW_FORMAT && unpack_finished(&u));
    return true;
}

static void keyed_put(struct step *s, struct bytes key, const struct buf *value)
{
    assert(!value->overflowed && value->size <= NAME_ROW_BYTES_MAX); /* the command's bound is smaller */
    step_keyed_put(s, &name_row_family, arena_copy(s->view.arena, key), buf_bytes(value));
}

static void row_write(struct step *s, enum name_kind kind, uint32_t number, const struct name_row *row)
{
    struct buf b = arena_buf(s->view.arena, 1 + 3 * VARINT_BYTES_MAX + row->name.size + row->attributes.size);
    pack_u8(&b, NAME_ROW_FORMAT);
    pack_varint(&b, row->alias);
    pack_bytes(&b, row->name);
    pack_bytes(&b, row->attributes);
    struct name_key key = key_of(kind, number);
    keyed_put(s, bytes_of(key.data, sizeof key.data), &b);
}

/* The last number given in a kind; its row's key is the kind alone, which comes before those of its names. */
static uint32_t last_given(const struct view *v, enum name_kind kind)
{
    uint8_t key = (uint8_t)kind;
    struct bytes value;
    if (!view_keyed(v, &name_row_family, bytes_of(&key, 1), &value))
        return kind == NAME_EVENT ? NAME_EVENT_CUSTOM - 1 : 0;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    uint32_t last = unpack_varint32(&u);
    assert(format == NAME_ROW_FORMAT && unpack_finished(&u));
    return last;
}

/* How often names of a kind that stood already were described; its row's key is the kind and a zero, which comes before those of its names too. */
static uint64_t described(const struct view *v, enum name_kind kind)
{
    const uint8_t key[] = {(uint8_t)kind, 0};
    struct bytes value;
    if (!view_keyed(v, &name_row_family, bytes_of(key, sizeof key), &value))
        return 0;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    uint64_t times = unpack_varint(&u);
    assert(format == NAME_ROW_FORMAT && unpack_finished(&u));
    return times;
}

void name_again_note(struct step *s, enum name_kind kind)
{
    const uint8_t key[] = {(uint8_t)kind, 0};
    struct buf b = arena_buf(s->view.arena, 1 + VARINT_BYTES_MAX);
    pack_u8(&b, NAME_ROW_FORMAT);
    pack_varint(&b, described(&s->view, kind) + 1);
    keyed_put(s, bytes_of(key, sizeof key), &b);
}

uint32_t names_given(const struct view *v, enum name_kind kind)
{
    return last_given(v, kind) - (kind == NAME_EVENT ? NAME_EVENT_CUSTOM - 1 : 0);
}

static uint32_t number_take(struct step *s, enum name_kind kind)
{
    uint32_t last = last_given(&s->view, kind);
    if (last >= NAMES_A_KIND_MAX)
        return 0;
    uint8_t key = (uint8_t)kind;
    struct buf b = arena_buf(s->view.arena, 1 + VARINT_BYTES_MAX);
    pack_u8(&b, NAME_ROW_FORMAT);
    pack_varint(&b, last + 1);
    keyed_put(s, bytes_of(&key, 1), &b);
    return last + 1;
}

/* --- numbers --- */

static struct hash128 name_hash(enum name_kind kind, struct bytes name)
{
    return hash128(name, (uint64_t)kind);
}

/* What the index says of a name: number | alias << 16; 0: never seen. */
static uint32_t entry_of(const struct view *v, enum name_kind kind, struct bytes name)
{
    uint32_t entry = 0;
    if (name.size == 0 || name.size > NAME_BYTES_MAX)
        return 0;
    if (kind == NAME_EVENT) {
        const struct standard_event *standard = standard_event_named(name);
        if (standard != NULL)
            return standard->number;
    }
    return view_index(v, &name_index_family, name_hash(kind, name), &entry) ? entry : 0;
}

uint32_t name_number(const struct view *v, enum name_kind kind, struct bytes name)
{
    return entry_of(v, kind, name) & UINT16_MAX;
}

uint32_t name_alias(const struct view *v, enum name_kind kind, struct bytes name)
{
    return entry_of(v, kind, name) >> 16;
}

uint32_t name_intern(struct step *s, enum name_kind kind, struct bytes name)
{
    uint32_t entry = entry_of(&s->view, kind, name);
    if (LIKELY(entry != 0))
        return entry >> 16 != 0 ? entry >> 16 : entry;
    if (name.size == 0 || name.size > NAME_BYTES_MAX)
        return 0;
    uint32_t number = number_take(s, kind);
    if (number == 0)
        return 0;
    step_index_put(s, &name_index_family, name_hash(kind, name), number);
    row_write(s, kind, number, &(struct name_row){.name = name});
    return number;
}

void name_describe(struct step *s, enum name_kind kind, uint32_t number, uint32_t alias, struct bytes attributes)
{
    bool is_standard = kind == NAME_EVENT && number < NAME_EVENT_CUSTOM;
    struct name_row row = {.name = name_text(&s->view, kind, number), .alias = alias, .attributes = attributes};
    assert(row.name.size > 0 && (alias == 0 || (kind == NAME_EVENT && !is_standard)));
    if (!is_standard)
        step_index_put(s, &name_index_family, name_hash(kind, row.name), number | alias << 16);
    row_write(s, kind, number, &row);
}

/* --- texts --- */

struct bytes name_text(const struct view *v, enum name_kind kind, uint32_t number)
{
    struct name_row row;
    if (kind == NAME_EVENT && number < NAME_EVENT_CUSTOM)
        return standard_event_name(number);
    return number != 0 && row_read(v, kind, number, &row) ? row.name : BYTES_NONE;
}

struct bytes name_attributes(const struct view *v, enum name_kind kind, uint32_t number)
{
    struct name_row row;
    return number != 0 && row_read(v, kind, number, &row) ? row.attributes : BYTES_NONE;
}

uint32_t name_next(const struct view *v, enum name_kind kind, uint32_t number)
{
    if (kind == NAME_EVENT && number < NAME_EVENT_CUSTOM - 1) {
        for (uint32_t next = number + 1; next < NAME_EVENT_CUSTOM; next++)
            if (standard_event_numbered(next) != NULL)
                return next;
        number = NAME_EVENT_CUSTOM - 1; /* rows of described standard events don't count again */
    }
    struct name_key key = key_of(kind, number);
    struct bytes found, value;
    if (!view_keyed_next(v, &name_row_family, bytes_of(key.data, sizeof key.data), true, &found, &value))
        return 0;
    if (found.size != KEY_BYTES || found.data[0] != (uint8_t)kind)
        return 0;
    return (uint32_t)key_number(found.data + 1, KEY_BYTES - 1);
}

struct names_mark names_marked(const struct view *v, enum name_kind kind)
{
    return (struct names_mark){.last = last_given(v, kind), .described = described(v, kind)};
}

uint32_t brand_entity(const struct view *v, uint32_t brand)
{
    struct value entity;
    bool is_named = brand != 0 && record_find(name_attributes(v, NAME_BRAND, brand), BYTES_LIT("entity"), &entity);
    return is_named && entity.kind == VALUE_TEXT ? name_number(v, NAME_ENTITY, entity.body) : 0;
}

const char *const app_kind_names[APP_KIND_COUNT] = {
    [APP_NOT_SAID] = "",
    [APP_OFFICIAL_ACCOUNT] = "official_account",
    [APP_MINI_PROGRAM] = "mini_program",
    [APP_OPEN_PLATFORM] = "open_platform",
    [APP_WECOM] = "wecom",
};

bool app_kind_said(struct bytes attributes, enum app_kind *out_kind)
{
    struct value said;
    int kind = APP_NOT_SAID;
    if (record_find(attributes, BYTES_LIT("app_kind"), &said) && said.kind != VALUE_NULL)
        for (kind = 1; kind < APP_KIND_COUNT; kind++)
            if (said.kind == VALUE_TEXT && bytes_equal(said.body, bytes_of_text(app_kind_names[kind])))
                break;
    if (kind == APP_KIND_COUNT)
        return false;
    *out_kind = (enum app_kind)kind;
    return true;
}

static enum app_kind declared_kind(const struct view *v, struct bytes app)
{
    enum app_kind kind = APP_NOT_SAID;
    (void)app_kind_said(name_attributes(v, NAME_APP, name_number(v, NAME_APP, app)), &kind);
    return kind;
}

enum app_kind app_kind_of(const struct view *v, struct bytes ns)
{
    if (names_given(v, NAME_APP) == 0)
        return APP_NOT_SAID;
    enum app_kind kind = declared_kind(v, ns);
    return kind == APP_NOT_SAID ? declared_kind(v, BYTES_LIT(APP_ANY)) : kind;
}
