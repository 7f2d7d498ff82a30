#include "domain/scope/shares.h"

#include <string.h>

#include "lib/json.h"

#define SHARE_FORMAT 1u
#define SHARE_KEY_BYTES 8u
#define ACT_KEY_BYTES 8u
#define ACT_BYTES_MAX (SHARE_PAYLOAD_BYTES_MAX + 16u)

const struct family share_family = {.id = 100, .kind = FAMILY_KEYED, .value_bytes = 2048, .name = "share"};
const struct family share_act_family = {
    .id = 101, .kind = FAMILY_KEYED, .value_bytes = ACT_BYTES_MAX, .name = "share_act"};
static_assert(2 + 2 * VARINT_BYTES_MAX + 5 + SHARE_PURPOSES_MAX * (SHARE_PURPOSE_BYTES_MAX + 1) <= 2048,
              "an edge fits its row");
static_assert(1 + SHARE_PURPOSES_MAX * (SHARE_PURPOSE_BYTES_MAX + 1) + 6 * (SHARE_TEXT_BYTES_MAX + 2) + 5 +
                      VARINT_BYTES_MAX <=
                  SHARE_PAYLOAD_BYTES_MAX,
              "what a verb says is bounded");

static const struct refusal unknown_entity = {
    "unknown_entity", "No brand belongs to this legal entity: set a brand's attribute `entity` first.",
    "没有品牌属于该法律主体:请先设置品牌的 entity 属性。"};
static const struct refusal share_over = {"share_over", "It would be over already: `until` lies in the past.",
                                          "`until` 已是过去的时间。"};
static const struct refusal not_shared = {"not_shared", "Nothing is shared between these two in this direction.",
                                          "这两个主体之间没有该方向的共享。"};

bool purpose_is_sensitive(struct bytes purpose)
{
    static const char *const sensitive[] = {"health", "minors", "precise_location"};
    for (size_t i = 0; i < COUNT_OF(sensitive); i++)
        if (bytes_equal(bytes_of_text(sensitive[i]), purpose))
            return true;
    return false;
}

/* --- what a verb says --- */

static struct status purposes_refused(struct err *e)
{
    return FAIL(e, LIMIT, "purposes: want at most %u names of at most %u bytes", SHARE_PURPOSES_MAX,
                SHARE_PURPOSE_BYTES_MAX);
}

static fallible ask_check(const struct share_ask *ask, struct err *e)
{
    const struct bytes texts[] = {ask->from, ask->to, ask->policy, ask->evidence, ask->by, ask->reason};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].size > SHARE_TEXT_BYTES_MAX)
            return FAIL(e, LIMIT, "a text of a share has at most %u bytes", SHARE_TEXT_BYTES_MAX);
    if (ask->purpose_count > SHARE_PURPOSES_MAX)
        return purposes_refused(e);
    for (uint32_t i = 0; i < ask->purpose_count; i++)
        if (ask->purposes[i].size == 0 || ask->purposes[i].size > SHARE_PURPOSE_BYTES_MAX)
            return purposes_refused(e);
    if (ask->until_us != 0 && (ask->until_us < TIME_US_MIN || ask->until_us >= TIME_US_END))
        return FAIL(e, INVALID, "until: the time is outside the years 1 to 9999");
    return DONE;
}

static void purposes_pack(struct buf *b, const struct bytes *purposes, uint32_t count)
{
    pack_varint(b, count);
    for (uint32_t i = 0; i < count; i++)
        pack_bytes(b, purposes[i]);
}

static uint32_t purposes_unpack(struct unpack *u, struct bytes out_purposes[SHARE_PURPOSES_MAX])
{
    uint32_t count = unpack_varint32(u);
    u->bad |= count > SHARE_PURPOSES_MAX;
    for (uint32_t i = 0; i < count && unpack_good(u); i++)
        out_purposes[i] = unpack_bytes(u);
    return count;
}

fallible share_ask_pack(const struct share_ask *ask, struct buf *out, struct err *e)
{
    TRY(ask_check(ask, e));
    pack_u8(out, SHARE_FORMAT);
    pack_bytes(out, ask->from);
    pack_bytes(out, ask->to);
    purposes_pack(out, ask->purposes, ask->purpose_count);
    pack_bytes(out, ask->policy);
    pack_bytes(out, ask->evidence);
    pack_signed(out, ask->until_us);
    pack_bytes(out, ask->by);
    pack_bytes(out, ask->reason);
    return out->overflowed ? FAIL(e, FULL, "no memory for a share") : DONE;
}

fallible share_ask_unpack(struct bytes payload, struct share_ask *out_ask, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct share_ask ask = {0};
    u.bad |= unpack_u8(&u) != SHARE_FORMAT;
    ask.from = unpack_bytes(&u);
    ask.to = unpack_bytes(&u);
    ask.purpose_count = purposes_unpack(&u, ask.purposes);
    ask.policy = unpack_bytes(&u);
    ask.evidence = unpack_bytes(&u);
    ask.until_us = unpack_signed(&u);
    ask.by = unpack_bytes(&u);
    ask.reason = unpack_bytes(&u);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not a share");
    TRY(ask_check(&ask, e));
    *out_ask = ask;
    return DONE;
}

fallible share_check(struct bytes payload, struct err *e)
{
    struct share_ask ask;
    return share_ask_unpack(payload, &ask, e);
}

/* --- rows --- */

struct share_key {
    uint8_t data[SHARE_KEY_BYTES];
};

static struct share_key key_of(uint32_t from, uint32_t to)
{
    struct share_key key;
    (void)put_key(put_key(key.data, from, 4), to, 4);
    return key;
}

static struct share share_read(struct bytes key, struct bytes row)
{
    struct share s = {.from = (uint32_t)key_number(key.data, 4), .to = (uint32_t)key_number(key.data + 4, 4)};
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    s.position = unpack_varint(&u);
    s.until_us = unpack_signed(&u);
    s.purpose_count = purposes_unpack(&u, s.purposes);
    assert(key.size == SHARE_KEY_BYTES && format == SHARE_FORMAT && unpack_finished(&u));
    return s;
}

static bool share_find(const struct view *v, uint32_t from, uint32_t to, struct share *out_share)
{
    struct share_key key = key_of(from, to);
    struct bytes name = bytes_of(key.data, sizeof key.data), row;
    bool found = view_keyed(v, &share_family, name, &row);
    if (found)
        *out_share = share_read(name, row);
    return found;
}

bool share_next(const struct view *v, const struct share *after, bool first, struct share *out_share)
{
    struct share_key from = key_of(after->from, after->to);
    struct bytes key, row;
    if (!view_keyed_next(v, &share_family, bytes_of(from.data, sizeof from.data), !first, &key, &row))
        return false;
    *out_share = share_read(key, row);
    return true;
}

bool share_act_before(const struct view *v, uint64_t position, struct share_act *out_act)
{
    /* Keys are positions counted down, so that the next one is the newest before. */
    uint8_t from[ACT_KEY_BYTES];
    struct bytes key, row;
    (void)put_key(from, ~position, sizeof from);
    if (!view_keyed_next(v, &share_act_family, bytes_of(from, sizeof from), true, &key, &row))
        return false;
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u), is_end = unpack_u8(&u);
    *out_act = (struct share_act){
        .position = ~key_number(key.data, sizeof from), .is_end = is_end != 0, .time_us = unpack_signed(&u)};
    struct status read = share_ask_unpack(unpack_rest(&u), &out_act->ask, NULL);
    assert(format == SHARE_FORMAT && done(read));
    (void)read;
    return true;
}

static void act_write(struct step *s, struct bytes payload, bool is_end)
{
    uint8_t *key = arena_take(s->view.arena, ACT_KEY_BYTES, 1);
    struct buf b = arena_buf(s->view.arena, ACT_BYTES_MAX);
    (void)put_key(key, ~s->view.position, ACT_KEY_BYTES);
    pack_u8(&b, SHARE_FORMAT);
    pack_u8(&b, is_end);
    pack_signed(&b, s->view.now_us);
    pack_raw(&b, payload);
    assert(!b.overflowed);
    step_keyed_put(s, &share_act_family, bytes_of(key, ACT_KEY_BYTES), buf_bytes(&b));
}

/* --- the verbs --- */

/* false: nobody has named it. */
static bool entity_find(const struct view *v, struct bytes name, uint32_t *out_entity)
{
    *out_entity = name.size == 0 ? 0 : name_number(v, NAME_ENTITY, name);
    return name.size == 0 || *out_entity != 0;
}

static void say_changed(struct step *s, uint32_t from, uint32_t to, bool is_end)
{
    struct scope_changed *changed = ARENA_NEW(s->view.arena, struct scope_changed);
    *changed = (struct scope_changed){.from = from, .to = to, .is_end = is_end};
    step_say(s, &fact_scope_changed, changed);
}

static struct bytes key_kept(struct step *s, uint32_t from, uint32_t to)
{
    struct share_key key = key_of(from, to);
    return arena_copy(s->view.arena, bytes_of(key.data, sizeof key.data));
}

const struct refusal *share_apply(struct step *s, struct bytes payload)
{
    struct share_ask ask;
    uint32_t from, to;
    struct status read = share_ask_unpack(payload, &ask, NULL);
    assert(done(read));
    (void)read;
    if (!entity_find(&s->view, ask.from, &from) || !entity_find(&s->view, ask.to, &to))
        return &unknown_entity;
    if (ask.until_us != 0 && ask.until_us <= s->view.now_us)
        return &share_over;
    struct buf b = arena_buf(s->view.arena, share_family.value_bytes);
    pack_u8(&b, SHARE_FORMAT);
    pack_varint(&b, s->view.position);
    pack_signed(&b, ask.until_us);
    purposes_pack(&b, ask.purposes, ask.purpose_count);
    step_keyed_put(s, &share_family, key_kept(s, from, to), buf_bytes(&b));
    act_write(s, payload, false);
    say_changed(s, from, to, false);
    return NULL;
}

const struct refusal *unshare_apply(struct step *s, struct bytes payload)
{
    struct share_ask ask;
    struct share there;
    uint32_t from, to;
    struct status read = share_ask_unpack(payload, &ask, NULL);
    assert(done(read));
    (void)read;
    if (!entity_find(&s->view, ask.from, &from) || !entity_find(&s->view, ask.to, &to) ||
        !share_find(&s->view, from, to, &there))
        return &not_shared;
    step_keyed_remove(s, &share_family, key_kept(s, from, to));
    act_write(s, payload, true);
    say_changed(s, from, to, true);
    return NULL;
}

/* --- what they allow --- */

bool share_is_live(const struct view *v, const struct share *s)
{
    return s->until_us == 0 || s->until_us > v->now_us;
}

static bool is_for(const struct share *s, struct bytes purpose)
{
    for (uint32_t i = 0; i < s->purpose_count; i++)
        if (bytes_equal(s->purposes[i], purpose))
            return true;
    return s->purpose_count == 0 && !purpose_is_sensitive(purpose);
}

static bool is_open(const struct view *v, uint32_t from, uint32_t to, struct bytes purpose)
{
    struct share s;
    return share_find(v, from, to, &s) && share_is_live(v, &s) && is_for(&s, purpose);
}

bool scope_may(const struct view *v, struct brand_set viewer, uint32_t brand, struct bytes purpose)
{
    if (brand == 0 || viewer.count == 0 || brand_set_has(viewer, brand))
        return true;
    uint32_t from = brand_entity(v, brand);
    for (uint32_t i = 0; i < viewer.count; i++)
        if (viewer.list[i] != 0 && is_open(v, from, brand_entity(v, viewer.list[i]), purpose))
            return true;
    return false;
}

static bool is_among(uint32_t entity, const uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == entity)
            return true;
    return false;
}

/* The entities that share with any of these for the purpose now; in the view's arena. */
static uint32_t entities_open(const struct view *v, const uint32_t *to, uint32_t to_count, struct bytes purpose,
                              const uint32_t **out_list)
{
    struct share s = {0};
    uint32_t room = 0, count = 0;
    for (bool first = true; share_next(v, &s, first, &s); first = false)
        room++;
    uint32_t *list = ARENA_ARRAY(v->arena, uint32_t, room);
    s = (struct share){0};
    for (bool first = true; share_next(v, &s, first, &s); first = false)
        if (share_is_live(v, &s) && is_for(&s, purpose) && is_among(s.to, to, to_count))
            list[count++] = s.from;
    *out_list = list;
    return count;
}

struct brand_set scope_open(const struct view *v, struct brand_set viewer, struct bytes purpose)
{
    const uint32_t *from;
    uint32_t *own = ARENA_ARRAY(v->arena, uint32_t, viewer.count);
    uint32_t own_count = 0, room = 1, count = 0, brand = 0;
    assert(viewer.count > 0 && viewer.list[0] == 0);
    for (uint32_t i = 1; i < viewer.count; i++)
        own[own_count++] = brand_entity(v, viewer.list[i]);
    uint32_t from_count = entities_open(v, own, own_count, purpose, &from);
    if (from_count == 0)
        return viewer;
    while ((brand = name_next(v, NAME_BRAND, brand)) != 0)
        room++;
    uint32_t *list = ARENA_ARRAY(v->arena, uint32_t, room);
    do {
        if (brand_set_has(viewer, brand) || is_among(brand_entity(v, brand), from, from_count))
            list[count++] = brand;
        brand = name_next(v, NAME_BRAND, brand);
    } while (brand != 0);
    return (struct brand_set){count, list};
}
