/* Snapshots: who is in a tag or a segment at one position, put on a list. The step that takes one keeps the set as it is then; a job works it off, and what happens to
 * people meanwhile changes nothing of it: who was merged is found under their number, and of who was parted that part has it which kept the number. */
#include "domain/audience/commands.h"
#include "lib/bitmap.h"
#include "lib/pack.h"
#include "lib/slab.h"

#define FREEZE_FORMAT 1u
#define KEY_BYTES 8u /* number, container */
#define SLICE_PEOPLE 1000u
#define STATE_BYTES_MAX 256u
#define FREEZE_REPLY_BYTES_MAX 64u
static_assert(SLICE_PEOPLE % LISTING_TAKE_PEOPLE_MAX == 0, "a slice is whole takes");

const struct family audience_frozen_family = {
    .id = 39, .kind = FAMILY_KEYED, .value_bytes = BITMAP_CONTAINER_BYTES_MAX, .name = "audience_frozen"};

static const struct refusal no_answer = {"definition_silent", "It doesn't answer yet: wait until it is in force.",
                                         "该定义尚未生效:请稍后再建快照。"};
static const struct refusal no_value = {"definition_value", "It has values: say which one; or it has none.",
                                        "请指明标签取值;无取值的标签不得指明。"};

/* --- the command --- */

void audience_freeze_pack(const struct audience_freeze *f, struct buf *out)
{
    struct buf said, value;
    buf_init(&said, AUDIENCE_SAVE_BYTES_MAX);
    buf_init(&value, ROW_BYTES_MAX);
    audience_pack(&f->said, 0, &said);
    rule_value_pack(&f->value, &value);
    pack_u8(out, FREEZE_FORMAT);
    pack_bytes(out, buf_bytes(&said));
    pack_u8(out, (uint8_t)f->source_kind);
    pack_bytes(out, f->source);
    pack_u8(out, (uint8_t)f->value.type);
    pack_bytes(out, buf_bytes(&value));
    pack_bytes(out, f->by);
    buf_fini(&said);
    buf_fini(&value);
}

static fallible freeze_unpack(struct bytes payload, struct audience_freeze *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    uint64_t expects;
    uint8_t format = unpack_u8(&u);
    struct bytes said = unpack_bytes(&u);
    uint8_t kind = unpack_u8(&u);
    struct bytes source = unpack_bytes(&u);
    uint8_t type = unpack_u8(&u);
    struct bytes value = unpack_bytes(&u), by = unpack_bytes(&u);
    if (format != FREEZE_FORMAT || !unpack_finished(&u) || kind >= AUDIENCE_KIND_COUNT || type >= RULE_TYPE_COUNT ||
        by.size > RELATION_BY_BYTES_MAX)
        return FAIL(e, INVALID, "not a snapshot");
    *out = (struct audience_freeze){
        .source_kind = (enum audience_kind)kind, .source = source, .value = {.type = (enum rule_type)type}, .by = by};
    TRY(audience_unpack(said, &out->said, &expects, e));
    if (out->said.content != AUDIENCE_LIST || out->said.value != LIST_HOLDS)
        return FAIL(e, INVALID, "a snapshot is a list without values");
    if (value.size > 0)
        out->value = rule_value_unpack(out->value.type, value);
    return DONE;
}

fallible audience_freeze_check(struct bytes payload, struct err *e)
{
    struct audience_freeze freeze;
    return freeze_unpack(payload, &freeze, e);
}

static const struct refusal *source_check(const struct view *v, struct audience_freeze *f, struct audience *out_source)
{
    if (!audience_find(v, f->source_kind, f->source, out_source))
        return &refuse_no_audience;
    if (out_source->rule == RULE_NONE)
        return &no_answer;
    bool is_condition = rule_type_of(v, out_source->rule) == RULE_TRUTH;
    return is_condition == !f->value.is_known ? NULL : &no_value;
}

static struct bytes frozen_key(struct arena *a, uint32_t number, uint32_t container)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(put_key(key, number, 4), container, 4);
    return bytes_of(key, KEY_BYTES);
}

static struct bytes job_key(struct arena *a, uint32_t number)
{
    return bytes_slice(frozen_key(a, number, 0), 0, 4);
}

/* Returns how many it keeps. */
static uint64_t set_keep(struct step *s, uint32_t number, const struct bitmap *set)
{
    struct arena *a = s->view.arena;
    uint64_t count = 0;
    for (uint32_t key = 0; bitmap_next(set, &key); key++) {
        struct buf container = arena_buf(a, BITMAP_CONTAINER_BYTES_MAX);
        count += bitmap_encode(set, key, &container);
        step_keyed_put(s, &audience_frozen_family, frozen_key(a, number, key), buf_bytes(&container));
    }
    return count;
}

/* --- the job --- */

struct filling {
    uint32_t number; /* of the list */
    uint64_t position;
    int64_t time_us; /* when the snapshot was taken */
    struct bytes by;
    uint32_t next; /* the number to go on at */
};

static struct bytes filling_pack(const struct filling *f, struct arena *a)
{
    struct buf b = arena_buf(a, STATE_BYTES_MAX);
    pack_varint(&b, f->number);
    pack_varint(&b, f->position);
    pack_signed(&b, f->time_us);
    pack_bytes(&b, f->by);
    pack_varint(&b, f->next);
    return buf_bytes(&b);
}

static struct filling filling_read(struct bytes state)
{
    struct unpack u = unpack_of(state);
    struct filling f = {.number = unpack_varint32(&u)};
    f.position = unpack_varint(&u);
    f.time_us = unpack_signed(&u);
    f.by = unpack_bytes(&u);
    f.next = unpack_varint32(&u);
    assert(unpack_finished(&u));
    return f;
}

static void take_send(struct step *s, const struct filling *f, const uint32_t *people, size_t count)
{
    struct buf b = arena_buf(s->view.arena, LISTING_TAKE_BYTES_MAX);
    struct listing_take take = {.list = f->number,
                                .time_us = f->time_us,
                                .by = {.kind = RELATION_BY_TOKEN, .name = f->by},
                                .count = (uint32_t)count};
    memcpy(take.people, people, count * sizeof *people);
    listing_take_pack(&take, &b);
    step_then(s, COMMAND_LISTING_TAKE, buf_bytes(&b));
}

/* The next people of the container in which `next` is, ascending. */
static size_t people_next(const struct view *v, const struct filling *f, uint32_t container, struct bytes row,
                          uint32_t out_people[SLICE_PEOPLE])
{
    struct slab *slab = slab_create();
    struct bitmap *set = bitmap_create(slab);
    struct status status = bitmap_decode(set, container, row, NULL);
    assert(done(status)); /* our own bytes */
    (void)status, (void)v;
    size_t count = bitmap_list(set, f->next, out_people, SLICE_PEOPLE);
    bitmap_destroy(set);
    slab_destroy(slab);
    return count;
}

static struct bytes filling_advance(struct step *s, struct bytes state)
{
    struct arena *a = s->view.arena;
    struct filling f = filling_read(state);
    struct bytes key, row;
    uint32_t people[SLICE_PEOPLE];
    bool found = view_keyed_next(&s->view, &audience_frozen_family, frozen_key(a, f.number, 0), false, &key, &row) &&
                 key_number(key.data, 4) == f.number;
    if (!found)
        return BYTES_NONE;
    size_t count = people_next(&s->view, &f, (uint32_t)key_number(key.data + 4, 4), row, people);
    for (size_t at = 0; at < count; at += LISTING_TAKE_PEOPLE_MAX)
        take_send(s, &f, people + at, count - at < LISTING_TAKE_PEOPLE_MAX ? count - at : LISTING_TAKE_PEOPLE_MAX);
    if (count < SLICE_PEOPLE)
        step_keyed_remove(s, &audience_frozen_family, key);
    f.next = count == 0 ? f.next : people[count - 1] + 1;
    return filling_pack(&f, a);
}

const struct job_kind audience_filling_job = {0x1212, "audience.filling", filling_advance, NULL};

bool audience_is_filling(const struct view *v, uint32_t number)
{
    return job_is_under_way(v, &audience_filling_job, job_key(v->arena, number));
}

/* --- applied --- */

const struct refusal *audience_freeze_apply(struct step *s, struct bytes payload)
{
    struct audience_freeze f;
    struct audience source;
    struct status status = freeze_unpack(payload, &f, NULL);
    assert(done(status)); /* its check has seen it */
    (void)status;
    const struct refusal *refusal = source_check(&s->view, &f, &source);
    if (refusal != NULL)
        return refusal;
    uint32_t number = audience_number_next(&s->view);
    f.said.frozen = s->view.position;
    f.said.source_kind = f.source_kind;
    f.said.source = f.source;
    refusal = audience_save(s, &f.said, 0);
    if (refusal != NULL)
        return refusal;
    struct bitmap *set = rule_set(&s->view, source.rule, f.value.is_known ? &f.value : NULL);
    uint64_t people = set_keep(s, number, set);
    bitmap_destroy(set);
    const struct filling filling = {
        .number = number, .position = s->view.position, .time_us = s->view.now_us, .by = f.by};
    step_job_start(s, &audience_filling_job, job_key(s->view.arena, number), filling_pack(&filling, s->view.arena));
    struct buf reply = arena_buf(s->view.arena, FREEZE_REPLY_BYTES_MAX);
    buf_printf(&reply, "{\"people\":%llu}", (unsigned long long)people);
    step_reply(s, buf_bytes(&reply));
    return NULL;
}
