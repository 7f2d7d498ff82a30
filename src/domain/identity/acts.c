#include "domain/identity/acts.h"

#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/value.h"

#define ACT_FORMAT 1u
#define ROW_FORMAT 2u
#define FORGOTTEN_A_STEP 4u
#define BLANKED_A_STEP 256u

const struct family act_family = {.id = 28, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "identity_act"};
const struct setting acts_kept = {"identity.acts_kept", 100, 10000000, 100000, "acts",
                                  "How many acts are kept to be shown and taken back; the oldest go first."};

/* --- payloads --- */

static fallible act_check(const struct identity_act *act, struct err *e)
{
    if (act->by.size > ACT_BY_BYTES_MAX || act->reason.size > ACT_REASON_BYTES_MAX)
        return FAIL(e, LIMIT, "a name has at most %u bytes, a reason %u", ACT_BY_BYTES_MAX, ACT_REASON_BYTES_MAX);
    if (act->id_count > ENVELOPE_IDS_MAX || act->brand_count > ACT_BRANDS_MAX)
        return FAIL(e, LIMIT, "more than %u identifiers or %u brands", ENVELOPE_IDS_MAX, ACT_BRANDS_MAX);
    for (uint32_t i = 0; i < act->id_count; i++) {
        const struct envelope_id *id = &act->ids[i];
        if (id->value.size == 0 || id->value.size > ID_VALUE_BYTES_MAX || id->ns.size > ID_NAMESPACE_BYTES_MAX)
            return FAIL(e, INVALID, "identifier %u: a value has 1 to %u bytes, a namespace at most %u", i + 1,
                        ID_VALUE_BYTES_MAX, ID_NAMESPACE_BYTES_MAX);
    }
    return DONE;
}

fallible identity_act_pack(const struct identity_act *act, struct buf *out, struct err *e)
{
    TRY(act_check(act, e));
    pack_u8(out, ACT_FORMAT);
    pack_bytes(out, act->by);
    pack_bytes(out, act->reason);
    pack_varint(out, act->id_count);
    for (uint32_t i = 0; i < act->id_count; i++)
        envelope_id_pack(out, &act->ids[i]);
    pack_u64(out, act->undo_position);
    pack_u8(out, act->choice);
    pack_varint(out, act->brand_count);
    for (uint32_t i = 0; i < act->brand_count; i++)
        pack_bytes(out, act->brands[i]);
    if (act->decided_us != 0)
        pack_signed(out, act->decided_us);
    return out->overflowed ? FAIL(e, LIMIT, "no room for the act") : DONE;
}

fallible identity_act_unpack(struct bytes payload, struct identity_act *out_act, struct err *e)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u);
    memset(out_act, 0, sizeof *out_act);
    out_act->by = unpack_bytes(&u);
    out_act->reason = unpack_bytes(&u);
    out_act->id_count = unpack_varint32(&u);
    if (format != ACT_FORMAT || out_act->id_count > ENVELOPE_IDS_MAX)
        return FAIL(e, INVALID, "not an act about identity");
    for (uint32_t i = 0; i < out_act->id_count; i++)
        out_act->ids[i] = envelope_id_unpack(&u);
    out_act->undo_position = unpack_u64(&u);
    out_act->choice = unpack_u8(&u);
    out_act->brand_count = unpack_varint32(&u);
    if (out_act->brand_count > ACT_BRANDS_MAX)
        return FAIL(e, INVALID, "an act of more than %u brands", ACT_BRANDS_MAX);
    for (uint32_t i = 0; i < out_act->brand_count; i++)
        out_act->brands[i] = unpack_bytes(&u);
    out_act->decided_us = unpack_left(&u) > 0 ? unpack_signed(&u) : 0;
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "an act about identity that is cut short");
    return act_check(out_act, e);
}

/* --- rows --- */

static void key_pack(struct buf *b, struct hash128 key)
{
    pack_u64(b, key.low);
    pack_u64(b, key.high);
}

static struct hash128 key_unpack(struct unpack *u)
{
    struct hash128 key = {.low = unpack_u64(u)};
    key.high = unpack_u64(u);
    return key;
}

void act_keys_add(struct act_keys *k, struct hash128 key)
{
    if (k->count < ACT_KEYS_MAX)
        k->keys[k->count++] = key;
}

static void position_key(uint64_t position, uint8_t room[8])
{
    (void)put_key(room, position, 8);
}

static uint64_t position_of(struct bytes key)
{
    return key_number(key.data, key.size);
}

static void act_write(struct desk *d, uint64_t position, const struct act_row *row)
{
    size_t size = 128 + row->by.size + row->reason.size + row->summary.size +
                  ((size_t)row->keys.count + row->named_count) * sizeof(struct hash128);
    struct buf b = arena_buf(d->v->arena, size);
    uint8_t key[8];
    pack_u8(&b, ROW_FORMAT);
    pack_u32(&b, row->command);
    pack_signed(&b, row->time_us);
    pack_u8(&b, (uint8_t)(row->is_undone | row->keys.rejoins << 1));
    pack_varint(&b, row->previous);
    pack_bytes(&b, row->by);
    pack_bytes(&b, row->reason);
    pack_bytes(&b, row->summary);
    pack_varint(&b, row->keys.count);
    for (uint32_t i = 0; i < row->keys.count; i++)
        key_pack(&b, row->keys.keys[i]);
    pack_varint(&b, row->named_count);
    for (uint32_t i = 0; i < row->named_count; i++)
        key_pack(&b, row->named[i]);
    assert(!b.overflowed && b.size <= act_family.value_bytes);
    position_key(position, key);
    step_keyed_put(d->s, &act_family, arena_copy(d->v->arena, bytes_of(key, sizeof key)), buf_bytes(&b));
}

static void act_unpack(struct bytes bytes, struct act_row *row)
{
    struct unpack u = unpack_of(bytes);
    uint8_t format = unpack_u8(&u);
    assert(format == ROW_FORMAT);
    row->command = unpack_u32(&u);
    row->time_us = unpack_signed(&u);
    uint8_t bits = unpack_u8(&u);
    row->is_undone = bits & 1;
    row->keys.rejoins = (bits & 2) != 0;
    row->previous = unpack_varint(&u);
    row->by = unpack_bytes(&u);
    row->reason = unpack_bytes(&u);
    row->summary = unpack_bytes(&u);
    row->keys.count = unpack_varint32(&u);
    assert(row->keys.count <= ACT_KEYS_MAX);
    for (uint32_t i = 0; i < row->keys.count; i++)
        row->keys.keys[i] = key_unpack(&u);
    row->named_count = unpack_varint32(&u);
    assert(row->named_count <= ENVELOPE_IDS_MAX);
    for (uint32_t i = 0; i < row->named_count; i++)
        row->named[i] = key_unpack(&u);
    assert(unpack_finished(&u));
}

bool act_read(const struct view *v, uint64_t position, struct act_row *out_row)
{
    uint8_t key[8];
    struct bytes row;
    position_key(position, key);
    if (!view_keyed(v, &act_family, bytes_of(key, sizeof key), &row))
        return false;
    act_unpack(row, out_row);
    return true;
}

bool act_joined(uint32_t command)
{
    return command == COMMAND_BIND || command == COMMAND_MERGE || command == COMMAND_REVIEW;
}

bool act_parted(uint32_t command)
{
    return command == COMMAND_UNBIND || command == COMMAND_SPLIT || command == COMMAND_NEVER_MERGE;
}

bool act_is_about(const struct act_row *row, const struct hash128 *owners, uint32_t owner_count)
{
    for (uint32_t i = 0; i < row->keys.count; i++)
        for (uint32_t k = 0; k < owner_count; k++)
            if (hash128_equal(row->keys.keys[i], owners[k]))
                return true;
    return false;
}

/* Whose value it is now, or was then, makes no difference: of who was erased no value stays. */
static bool act_names(const struct act_row *row, const struct hash128 *owners, uint32_t owner_count)
{
    uint32_t holder;
    for (uint32_t k = 0; k < owner_count; k++) {
        struct hash128 plain = identifier_key_plain(owners[k], &holder);
        for (uint32_t i = 0; i < row->named_count; i++)
            if (hash128_equal(row->named[i], plain))
                return true;
    }
    return false;
}

bool acts_blank(struct step *s, uint64_t *io_from, uint64_t until, const struct hash128 *owners, uint32_t owner_count)
{
    struct desk d = {.s = s, .v = &s->view};
    uint8_t from[8];
    struct bytes key = bytes_of(from, sizeof from), value;
    position_key(*io_from, from);
    for (uint32_t i = 0; i < BLANKED_A_STEP; i++) {
        if (!view_keyed_next(&s->view, &act_family, key, i > 0, &key, &value) || position_of(key) >= until)
            return false;
        struct act_row row;
        key = arena_copy(s->view.arena, key);
        act_unpack(value, &row);
        bool is_about = act_is_about(&row, owners, owner_count);
        if (!is_about && !act_names(&row, owners, owner_count))
            continue;
        row.reason = BYTES_NONE;
        row.summary = BYTES_LIT("\0"); /* a record of nothing */
        row.keys.count = is_about ? 0 : row.keys.count;
        row.named_count = 0;
        act_write(&d, position_of(key), &row);
    }
    *io_from = position_of(key) + 1;
    return true;
}

void act_mark_undone(struct desk *d, uint64_t position)
{
    struct act_row row;
    bool found = act_read(d->v, position, &row);
    assert(found);
    row.is_undone = true;
    act_write(d, position, &row);
}

/* Rows are only walked forwards, so each names the one before it. Marks are positions + 1; 0: there is none. */
static uint64_t act_mark_before(const struct view *v, uint64_t position)
{
    uint8_t from[8];
    struct bytes key, row;
    position_key(position, from);
    if (!view_keyed_next(v, &act_family, bytes_of(from, sizeof from), false, &key, &row))
        return totals_read(v).act_last;
    struct act_row next;
    act_unpack(row, &next);
    return next.previous;
}

bool identity_act_before(const struct view *v, uint64_t position, struct act_record *out_act)
{
    uint64_t mark = act_mark_before(v, position);
    struct act_row row;
    if (mark == 0 || !act_read(v, mark - 1, &row)) /* it was let go */
        return false;
    *out_act = (struct act_record){.position = mark - 1, .time_us = row.time_us, .command = row.command, .by = row.by,
                                   .reason = row.reason, .summary = row.summary, .undone = row.is_undone, .owner_count = row.keys.count};
    out_act->undoable = !row.is_undone && row.keys.count > 0 && (act_joined(row.command) || act_parted(row.command));
    struct hash128 *owners = ARENA_ARRAY(v->arena, struct hash128, row.keys.count);
    memcpy(owners, row.keys.keys, row.keys.count * sizeof *owners);
    out_act->owners = owners;
    return true;
}

static void acts_forget(struct desk *d)
{
    uint64_t kept_max = (uint64_t)setting_int(d->v, &acts_kept);
    for (uint32_t i = 0; i < FORGOTTEN_A_STEP && d->totals.acts > kept_max; i++) {
        struct bytes key, row;
        if (!view_keyed_next(d->v, &act_family, BYTES_LIT("\0"), false, &key, &row) || position_of(key) >= d->v->position)
            return;
        step_keyed_remove(d->s, &act_family, arena_copy(d->v->arena, key));
        d->totals.acts--;
    }
}

/* --- what it was about: {"ids": ["phone:+86…"], "people": [7, 9]}, and what else was asked, in order of name --- */

const char *const review_choice_names[REVIEW_CHOICE_COUNT] = {
    [REVIEW_RELEASE] = "release", [REVIEW_GIVE] = "give", [REVIEW_BLOCK] = "block"};

static bool is_told(const uint32_t *numbers, uint32_t count, uint32_t number)
{
    for (uint32_t i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return number == PERSON_NONE;
}

/* The people of the keys, each once, as they are now. */
static uint32_t people_of(const struct desk *d, const struct act_keys *keys, uint32_t out_numbers[ACT_KEYS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < keys->count; i++) {
        uint32_t number = identity_of_owner(d->v, keys->keys[i]);
        if (!is_told(out_numbers, count, number))
            out_numbers[count++] = number;
    }
    return count;
}

static void id_text(struct desk *d, const struct envelope_id *id, struct buf *b)
{
    const struct id_type_rule *rule = desk_rule(d, id->type);
    struct buf text = arena_buf(d->v->arena, 40 + id->ns.size + id->value.size);
    buf_push_text(&text, rule == NULL ? "?" : rule->name);
    buf_push_byte(&text, ':');
    buf_push(&text, id->ns);
    if (id->ns.size > 0)
        buf_push_byte(&text, ':');
    buf_push(&text, id->value);
    value_pack_text(b, buf_bytes(&text));
}

static size_t summary_bytes_max(const struct identity_act *act)
{
    size_t size = 1024;
    for (uint32_t i = 0; i < act->id_count; i++)
        size += 48 + act->ids[i].ns.size + act->ids[i].value.size;
    for (uint32_t i = 0; i < act->brand_count; i++)
        size += 2 * VARINT_BYTES_MAX + act->brands[i].size;
    return size;
}

static void list_begin(struct buf *b, const char *name, uint32_t count)
{
    pack_bytes(b, bytes_of_text(name));
    pack_u8(b, VALUE_LIST);
    pack_varint(b, count);
}

static struct bytes summary_pack(struct desk *d, uint32_t command, const struct identity_act *act,
                                 const uint32_t *people, uint32_t people_count)
{
    struct buf b = arena_buf(d->v->arena, summary_bytes_max(act));
    bool is_choice = command == COMMAND_REVIEW, is_block = command == COMMAND_BLOCK, is_undo = command == COMMAND_UNDO;
    pack_varint(&b, 2u + is_block + (act->brand_count > 0) + is_choice + is_undo);
    if (is_block) {
        pack_bytes(&b, BYTES_LIT("blocked"));
        value_pack_bool(&b, act->choice == 1);
    }
    if (act->brand_count > 0)
        list_begin(&b, "brands", act->brand_count);
    for (uint32_t i = 0; i < act->brand_count; i++)
        value_pack_text(&b, act->brands[i]);
    if (is_choice) {
        pack_bytes(&b, BYTES_LIT("choice"));
        value_pack_text(&b, bytes_of_text(review_choice_names[act->choice]));
    }
    list_begin(&b, "ids", act->id_count);
    for (uint32_t i = 0; i < act->id_count; i++)
        id_text(d, &act->ids[i], &b);
    list_begin(&b, "people", people_count);
    for (uint32_t i = 0; i < people_count; i++)
        value_pack_decimal(&b, people[i], 0);
    if (is_undo) {
        pack_bytes(&b, BYTES_LIT("position"));
        value_pack_decimal(&b, (int64_t)act->undo_position, 0);
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

/* The public id of somebody who may be on the desk only. */
static struct hash128 public_id_of(struct desk *d, uint32_t number)
{
    const struct cluster *c = desk_cluster(d, number);
    assert(c != NULL);
    return c->public_id;
}

static void people_reply(struct desk *d, const uint32_t *people, uint32_t count)
{
    struct buf b = arena_buf(d->v->arena, 64 + (size_t)count * 40);
    struct json_writer w;
    json_writer_init(&w, &b, false);
    json_object_begin(&w);
    json_key(&w, "people");
    json_array_begin(&w);
    for (uint32_t i = 0; i < count; i++) {
        char text[33];
        struct hash128 id = public_id_of(d, people[i]);
        (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)id.high, (unsigned long long)id.low);
        json_put_text(&w, text);
    }
    json_array_end(&w);
    json_object_end(&w);
    assert(!b.overflowed);
    step_reply(d->s, buf_bytes(&b));
}

void act_keep(struct desk *d, uint32_t command, const struct identity_act *act, const struct act_keys *keys)
{
    uint32_t people[ACT_KEYS_MAX];
    uint32_t count = people_of(d, keys, people);
    struct act_row row = {.command = command, .time_us = d->decided_us, .previous = d->totals.act_last, .by = act->by,
                          .reason = act->reason, .summary = summary_pack(d, command, act, people, count), .keys = *keys,
                          .named_count = act->id_count};
    for (uint32_t i = 0, holder; i < act->id_count; i++)
        row.named[i] = identifier_key_plain(act->ids[i].key, &holder);
    act_write(d, d->v->position, &row);
    d->totals.act_last = d->v->position + 1;
    d->totals.acts++;
    acts_forget(d);
    people_reply(d, people, count);
}
