#include "domain/column/properties.h"

#include <stdlib.h>
#include <string.h>

#include "domain/collect/collect.h"

#define ROW_FORMAT 1u
#define PAYLOAD_FORMAT 1u
#define SEEN_ROW_BYTES 32u
#define WORDS_ROW_BYTES 1536u
#define SEEN_KEY_BYTES_MAX (2u + 1u + COLUMN_PROPERTY_BYTES_MAX + 3u)
#define COUNT_KEY BYTES_LIT("\xff\xff\xff") /* behind all others: COLUMN_OF_COUNT is less */
static_assert(SEEN_KEY_BYTES_MAX <= ROW_KEY_BYTES_MAX, "a name fits into a key");
static_assert(PROPERTY_DISPLAY_BYTES_MAX + PROPERTY_ABOUT_BYTES_MAX + 8 <= WORDS_ROW_BYTES, "words fit into a row");

const struct family property_family = {.id = 66, .kind = FAMILY_KEYED, .value_bytes = SEEN_ROW_BYTES, .name = "property"};
const struct family property_words_family = {.id = 67, .kind = FAMILY_KEYED, .value_bytes = WORDS_ROW_BYTES, .name = "property_words"};

/* --- seeing: a table of (event, column), found by a hash --- */

#define SLOTS 16384u /* at most a quarter is used */
static_assert(PROPERTIES_SEEN_MAX * 4 <= SLOTS, "the table keeps free slots");

struct sight {
    uint32_t column;
    uint16_t event;
    uint64_t count;
    uint64_t row; /* the last one that had it */
    int64_t first_us, last_us;
};

struct property_sights {
    struct arena *arena; /* of this struct */
    struct sight sights[PROPERTIES_SEEN_MAX];
    uint32_t count;
    uint32_t slots[SLOTS]; /* place of the sight, from 1 */
    uint64_t rows, unnamed;
};

struct property_sights *property_sights_create(void)
{
    struct arena *arena = arena_create(sizeof(struct property_sights));
    struct property_sights *p = ARENA_NEW(arena, struct property_sights);
    p->arena = arena;
    return p;
}

void property_sights_destroy(struct property_sights *p)
{
    if (p != NULL)
        arena_destroy(p->arena);
}

/* NULL: there are too many. */
static struct sight *sight_of(struct property_sights *p, uint16_t event, uint32_t column)
{
    uint32_t slot = (uint32_t)(((uint64_t)event << 32 | column) * UINT64_C(0x9e3779b97f4a7c15) >> 50) % SLOTS;
    for (; p->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        struct sight *sight = &p->sights[p->slots[slot] - 1];
        if (sight->column == column && sight->event == event)
            return sight;
    }
    if (p->count == PROPERTIES_SEEN_MAX)
        return NULL;
    struct sight *sight = &p->sights[p->count++];
    *sight = (struct sight){.column = column, .event = event, .first_us = INT64_MAX, .last_us = INT64_MIN};
    p->slots[slot] = p->count;
    return sight;
}

void property_sights_add(struct property_sights *p, const struct column_set *set, const struct column_row *row)
{
    p->rows++;
    for (uint32_t i = 0; i < row->cell_count; i++) {
        uint32_t column = row->cells[i].column;
        if (column_set_name(set, column).of == COLUMN_FIELD)
            continue;
        struct sight *sight = sight_of(p, row->event, column);
        if (sight == NULL) {
            p->unnamed++;
            continue;
        }
        if (sight->row == p->rows)
            continue;
        sight->row = p->rows;
        sight->count++;
        sight->first_us = row->time_us < sight->first_us ? row->time_us : sight->first_us;
        sight->last_us = row->time_us > sight->last_us ? row->time_us : sight->last_us;
    }
}

void property_sights_pack(const struct property_sights *p, const struct column_set *set, struct buf *b)
{
    pack_varint(b, p->unnamed);
    pack_varint(b, p->count);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct sight *sight = &p->sights[i];
        struct column_name column = column_set_name(set, sight->column);
        pack_varint(b, sight->event);
        pack_u8(b, (uint8_t)column.of);
        pack_u8(b, (uint8_t)column.kind);
        pack_u8(b, column.is_list);
        pack_bytes(b, column.name);
        pack_varint(b, sight->count);
        pack_signed(b, sight->first_us);
        pack_signed(b, sight->last_us);
    }
}

/* --- keys and rows --- */

static bool property_unpack(struct unpack *u, struct property *out)
{
    uint64_t event = unpack_varint(u);
    uint8_t of = unpack_u8(u), kind = unpack_u8(u), is_list = unpack_u8(u);
    *out = (struct property){.event = (uint16_t)event, .of = of, .kind = kind, .is_list = is_list != 0, .name = unpack_bytes(u)};
    out->count = unpack_varint(u);
    out->first_us = unpack_signed(u);
    out->last_us = unpack_signed(u);
    u->bad |= event > NAMES_A_KIND_MAX || of == COLUMN_FIELD || of >= COLUMN_OF_COUNT || kind >= COLUMN_KIND_COUNT || is_list > 1;
    u->bad |= out->name.size == 0 || out->name.size > COLUMN_PROPERTY_BYTES_MAX || memchr(out->name.data, 0, out->name.size) != NULL;
    u->bad |= out->count == 0 || out->first_us > out->last_us;
    return unpack_good(u);
}

void property_sights_check(struct unpack *u)
{
    struct property p;
    (void)unpack_varint(u);
    uint32_t count = unpack_varint32(u);
    u->bad |= count > PROPERTIES_SEEN_MAX;
    for (uint32_t i = 0; i < count && unpack_good(u); i++)
        (void)property_unpack(u, &p);
}

static uint8_t *words_key_put(uint8_t *at, uint16_t event, enum column_of of, struct bytes name)
{
    assert(name.size <= COLUMN_PROPERTY_BYTES_MAX); /* the key's room */
    at = put_key(at, event, 2);
    *at++ = (uint8_t)of;
    return put_raw(at, name.data, name.size);
}

static struct bytes words_key(struct arena *a, uint16_t event, enum column_of of, struct bytes name)
{
    uint8_t *key = arena_take(a, SEEN_KEY_BYTES_MAX, 1);
    return bytes_of(key, (size_t)(words_key_put(key, event, of, name) - key));
}

static struct bytes property_key(struct arena *a, const struct property *p)
{
    uint8_t *key = arena_take(a, SEEN_KEY_BYTES_MAX, 1), *at = words_key_put(key, p->event, p->of, p->name);
    *at++ = 0;
    *at++ = (uint8_t)p->kind;
    *at++ = p->is_list;
    return bytes_of(key, (size_t)(at - key));
}

static void seen_read(struct bytes value, struct property *io)
{
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    io->count = unpack_varint(&u);
    io->first_us = unpack_signed(&u);
    io->last_us = unpack_signed(&u);
    assert(format == ROW_FORMAT && unpack_finished(&u)); /* rows are our own */
}

static void seen_put(struct step *s, struct bytes key, const struct property *p)
{
    struct buf b = arena_buf(s->view.arena, SEEN_ROW_BYTES);
    pack_u8(&b, ROW_FORMAT);
    pack_varint(&b, p->count);
    pack_signed(&b, p->first_us);
    pack_signed(&b, p->last_us);
    assert(!b.overflowed);
    step_keyed_put(s, &property_family, key, buf_bytes(&b));
}

/* How many rows there are: a row of its own. */
static uint64_t rows_count(const struct view *v)
{
    struct property counted = {0};
    struct bytes value;
    if (view_keyed(v, &property_family, COUNT_KEY, &value))
        seen_read(value, &counted);
    return counted.count;
}

uint64_t property_sights_put(struct step *s, struct unpack *u)
{
    uint64_t rows = rows_count(&s->view), before = rows, unnamed = unpack_varint(u);
    uint32_t count = unpack_varint32(u);
    for (uint32_t i = 0; i < count; i++) {
        struct property p, there = {0};
        struct bytes value;
        bool good = property_unpack(u, &p);
        assert(good); /* property_sights_check has seen it */
        (void)good;
        struct bytes key = property_key(s->view.arena, &p);
        bool is_there = view_keyed(&s->view, &property_family, key, &value);
        if (!is_there && rows == PROPERTIES_MAX) {
            unnamed += p.count;
            continue;
        }
        rows += !is_there;
        if (is_there) {
            seen_read(value, &there);
            p.count += there.count;
            p.first_us = there.first_us < p.first_us ? there.first_us : p.first_us;
            p.last_us = there.last_us > p.last_us ? there.last_us : p.last_us;
        }
        seen_put(s, key, &p);
    }
    if (rows != before)
        seen_put(s, COUNT_KEY, &(struct property){.count = rows});
    return unnamed;
}

/* --- what an operator says --- */

#define WORDS_FORBIDDEN 1u
#define WORDS_PERSONAL 2u

static void words_put(struct buf *b, const struct property_words *words)
{
    pack_u8(b, (uint8_t)((words->is_forbidden ? WORDS_FORBIDDEN : 0) | (words->is_personal ? WORDS_PERSONAL : 0)));
    pack_bytes(b, words->display);
    pack_bytes(b, words->about);
}

static void words_take(struct unpack *u, struct property_words *io)
{
    uint8_t bits = unpack_u8(u);
    io->is_forbidden = (bits & WORDS_FORBIDDEN) != 0;
    io->is_personal = (bits & WORDS_PERSONAL) != 0;
    io->display = unpack_bytes(u);
    io->about = unpack_bytes(u);
    u->bad |= bits > (WORDS_FORBIDDEN | WORDS_PERSONAL);
}

void property_words_pack(struct buf *b, const struct property_words *words)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u16(b, words->event);
    pack_u8(b, (uint8_t)words->of);
    pack_bytes(b, words->name);
    words_put(b, words);
}

static fallible words_unpack(struct bytes payload, struct property_words *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct property_words words = {0};
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    words.event = unpack_u16(&u);
    uint8_t of = unpack_u8(&u);
    words.of = of;
    words.name = unpack_bytes(&u);
    words_take(&u, &words);
    if (!unpack_finished(&u) || (of != COLUMN_PROPERTY && of != COLUMN_ITEM))
        return FAIL(e, INVALID, "not what is said of a property");
    if (words.name.size == 0 || words.name.size > COLUMN_PROPERTY_BYTES_MAX || memchr(words.name.data, 0, words.name.size) != NULL)
        return FAIL(e, INVALID, "the name of a property has 1 to %u bytes, and no NUL", COLUMN_PROPERTY_BYTES_MAX);
    if (words.display.size > PROPERTY_DISPLAY_BYTES_MAX || words.about.size > PROPERTY_ABOUT_BYTES_MAX)
        return FAIL(e, LIMIT, "what is shown for a property has at most %u bytes, what is said of it %u", PROPERTY_DISPLAY_BYTES_MAX,
                    PROPERTY_ABOUT_BYTES_MAX);
    *out = words;
    return DONE;
}

fallible property_check(struct bytes payload, struct err *e)
{
    struct property_words words;
    return words_unpack(payload, &words, e);
}

const struct refusal *property_apply(struct step *s, struct bytes payload)
{
    struct property_words words;
    struct status status = words_unpack(payload, &words, NULL);
    assert(done(status)); /* property_check has seen it */
    struct bytes key = words_key(s->view.arena, words.event, words.of, words.name);
    bool says_nothing = words.display.size == 0 && words.about.size == 0 && !words.is_forbidden && !words.is_personal;
    if (says_nothing) {
        step_keyed_remove(s, &property_words_family, key);
        return NULL;
    }
    struct buf b = arena_buf(s->view.arena, WORDS_ROW_BYTES);
    pack_u8(&b, ROW_FORMAT);
    words_put(&b, &words);
    assert(!b.overflowed);
    step_keyed_put(s, &property_words_family, key, buf_bytes(&b));
    return NULL;
}

static bool words_read(const struct view *v, uint16_t event, enum column_of of, struct bytes name, struct property_words *out)
{
    struct bytes value;
    if (!view_keyed(v, &property_words_family, words_key(v->arena, event, of, name), &value))
        return false;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    words_take(&u, out);
    assert(format == ROW_FORMAT && unpack_finished(&u));
    return true;
}

/* --- reading --- */

size_t property_around(struct bytes name, size_t size)
{
    if (size >= name.size)
        return 0;
    for (size++; size < name.size && name.data[size] != '.';)
        size++;
    return size;
}

static void words_lay(const struct view *v, struct property *io)
{
    struct property_words all = {0}, own = {0};
    for (size_t size = property_around(io->name, 0); size > 0; size = property_around(io->name, size)) {
        struct bytes name = bytes_slice(io->name, 0, size);
        all = own = (struct property_words){0}; /* texts are those of the name itself, which comes last */
        (void)words_read(v, 0, io->of, name, &all);
        (void)words_read(v, io->event, io->of, name, &own);
        io->is_forbidden |= own.is_forbidden || all.is_forbidden;
        io->is_personal |= own.is_personal || all.is_personal;
    }
    io->display = own.display.size > 0 ? own.display : all.display;
    io->about = own.about.size > 0 ? own.about : all.about;
}

bool property_next(const struct view *v, const struct property *after, struct property *out_property)
{
    struct bytes from = after == NULL ? BYTES_LIT("\0") : property_key(v->arena, after), key, value;
    if (!view_keyed_next(v, &property_family, from, after != NULL, &key, &value) || bytes_equal(key, COUNT_KEY))
        return false;
    size_t name_until = key.size - 3;
    *out_property = (struct property){.event = (uint16_t)key_number(key.data, 2),
                                      .of = key.data[2],
                                      .kind = key.data[name_until + 1],
                                      .is_list = key.data[name_until + 2] != 0,
                                      .name = bytes_slice(key, 3, name_until)};
    seen_read(value, out_property);
    words_lay(v, out_property);
    return true;
}

bool property_words_next(const struct view *v, const struct property_words *after, struct property_words *out_words)
{
    struct bytes from = after == NULL ? BYTES_LIT("\0") : words_key(v->arena, after->event, after->of, after->name), key, value;
    if (!view_keyed_next(v, &property_words_family, from, after != NULL, &key, &value))
        return false;
    struct unpack u = unpack_of(value);
    (void)unpack_u8(&u); /* its format */
    *out_words = (struct property_words){.event = (uint16_t)key_number(key.data, 2), .of = key.data[2], .name = bytes_slice(key, 3, key.size)};
    words_take(&u, out_words);
    assert(unpack_good(&u));
    return true;
}

/* --- what is forbidden --- */

struct property_bans {
    size_t count;
    struct bytes *keys; /* as of rows, in their order */
};

static size_t bans_gather(const struct view *v, struct arena *a, struct bytes *out_keys)
{
    size_t count = 0;
    struct bytes key = BYTES_LIT("\0"), value;
    for (bool after = false; view_keyed_next(v, &property_words_family, key, after, &key, &value); after = true) {
        struct property_words words = {0};
        struct unpack u = unpack_of(value);
        (void)unpack_u8(&u);
        words_take(&u, &words);
        if (words.is_forbidden && out_keys != NULL)
            out_keys[count] = arena_copy(a, key);
        count += words.is_forbidden;
    }
    return count;
}

const struct property_bans *property_bans_of(const struct view *v, struct arena *a)
{
    size_t count = bans_gather(v, a, NULL);
    if (count == 0)
        return NULL;
    struct property_bans *b = ARENA_NEW(a, struct property_bans);
    b->keys = ARENA_ARRAY(a, struct bytes, count);
    b->count = bans_gather(v, a, b->keys);
    return b;
}

static int key_compare(const void *x, const void *y)
{
    const struct bytes *a = x, *b = y;
    return bytes_compare(*a, *b);
}

static bool is_key_banned(const struct property_bans *b, uint16_t event, enum column_of of, struct bytes name)
{
    uint8_t room[SEEN_KEY_BYTES_MAX];
    struct bytes key = bytes_of(room, (size_t)(words_key_put(room, event, of, name) - room));
    return bsearch(&key, b->keys, b->count, sizeof *b->keys, key_compare) != NULL;
}

bool property_is_banned(const struct property_bans *b, uint16_t event, enum column_of of, struct bytes name)
{
    return is_key_banned(b, 0, of, name) || is_key_banned(b, event, of, name);
}

struct hash128 properties_sum(const struct view *v)
{
    const struct hash128 sums[] = {rows_keyed_sums(v->rows, &property_family).keys,
                                   rows_keyed_sums(v->rows, &property_words_family).rows};
    return hash128(bytes_of(sums, sizeof sums), 0);
}
