#include "domain/relation/hand_over.h"

#include "domain/relation/note.h"
#include "lib/value.h"

#define FORMAT 1u
#define KEY_BYTES 8u
#define RECORD_BYTES_MAX (HAND_OVER_BYTES_MAX + 64u)
#define STATE_BYTES 14u
static_assert(RECORD_BYTES_MAX <= ROW_BYTES_MAX, "a record is a row");

const struct family hand_over_family = {
    .id = 92, .kind = FAMILY_KEYED, .value_bytes = RECORD_BYTES_MAX, .name = "hand_over"};

/* --- the record --- */

static struct bytes record_key(struct arena *a, uint64_t position)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(key, UINT64_MAX - position, KEY_BYTES);
    return bytes_of(key, KEY_BYTES);
}

static void record_write(struct step *s, const struct hand_over_record *r)
{
    struct buf b = arena_buf(s->view.arena, RECORD_BYTES_MAX);
    pack_u8(&b, FORMAT);
    pack_signed(&b, r->time_us);
    pack_signed(&b, r->finished_us);
    pack_varint(&b, r->looked_at);
    pack_varint(&b, r->moved);
    struct status status = hand_over_pack(&r->ask, &b, NULL);
    assert(done(status) && !b.overflowed); /* it was one before */
    (void)status;
    step_keyed_put(s, &hand_over_family, record_key(s->view.arena, r->position), buf_bytes(&b));
}

static void record_read(struct bytes key, struct bytes value, struct hand_over_record *out)
{
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    *out = (struct hand_over_record){.position = UINT64_MAX - key_number(key.data, KEY_BYTES),
                                     .time_us = unpack_signed(&u)};
    out->finished_us = unpack_signed(&u);
    out->looked_at = unpack_varint(&u);
    out->moved = unpack_varint(&u);
    struct status status = hand_over_unpack(unpack_rest(&u), &out->ask, NULL);
    assert(format == FORMAT && done(status));
    (void)format, (void)status;
}

bool hand_over_before(const struct view *v, uint64_t position, struct hand_over_record *out)
{
    struct bytes key, value;
    bool found = view_keyed_next(v, &hand_over_family, record_key(v->arena, position), true, &key, &value);
    if (found)
        record_read(key, value, out);
    return found;
}

/* --- the job: a slice of a roll a step --- */

struct progress {
    uint64_t position;
    uint8_t type;   /* whose roll is gone through */
    uint32_t after; /* behind this number */
};

static struct bytes progress_pack(const struct progress *p, struct arena *a)
{
    struct buf b = arena_buf(a, STATE_BYTES);
    pack_u8(&b, FORMAT);
    pack_u64(&b, p->position);
    pack_u8(&b, p->type);
    pack_u32(&b, p->after);
    return buf_bytes(&b);
}

static struct progress progress_read(struct bytes state)
{
    struct unpack u = unpack_of(state);
    uint8_t format = unpack_u8(&u);
    struct progress p = {.position = unpack_u64(&u)};
    p.type = unpack_u8(&u);
    p.after = unpack_u32(&u);
    assert(format == FORMAT && unpack_finished(&u));
    (void)format;
    return p;
}

/* Somebody whose relations move. */
struct moving {
    uint32_t person;
    const struct relation *list;
    size_t count;
};

struct slice {
    struct hand_over_record record;
    const struct relation_type *type;      /* NULL: all is done */
    struct bytes stores[HAND_OVER_TO_MAX]; /* of those who take over; empty: not known */
    struct moving people[HAND_OVER_SLICE];
    uint32_t count;     /* of people */
    uint32_t looked_at; /* numbers */
    uint32_t last;
};

/* The store that somebody of staff is under now. */
static struct bytes store_of(const struct view *v, const struct thing_ref *staff)
{
    struct thing t;
    struct thing_ref parent;
    bool found = thing_read(v, thing_find(v, staff), &t) && thing_parent(&t, THING_NEWEST, &parent) == TOLD;
    return found && bytes_equal(parent.kind, BYTES_LIT("store")) ? parent.id : BYTES_NONE;
}

static bool is_asked(const struct view *v, const struct hand_over *h, const struct relation *r)
{
    return h->brand.size == 0 || (r->brand != 0 && bytes_equal(name_text(v, NAME_BRAND, r->brand), h->brand));
}

static const struct relation_type *type_from(const struct view *v, const struct hand_over *h, uint8_t number)
{
    for (; number < RELATION_TYPE_END; number++)
        if ((h->types & UINT64_C(1) << number) != 0)
            return relation_type_numbered(v, number);
    return NULL;
}

static void person_take(const struct view *v, struct slice *slice, uint32_t number)
{
    const struct hand_over *h = &slice->record.ask;
    struct moving *m = &slice->people[slice->count];
    const struct relation *list;
    size_t count = 0;
    uint32_t person = relation_person_of(v, slice->type, &h->from, number, &list, &count);
    if (person == PERSON_NONE)
        return;
    struct relation *asked = ARENA_ARRAY(v->arena, struct relation, count);
    *m = (struct moving){.person = person, .list = asked};
    for (size_t i = 0; i < count; i++)
        if (is_asked(v, h, &list[i]))
            asked[m->count++] = list[i];
    slice->count += m->count > 0;
}

/* What the step will do; all it reads is announced by that. */
static struct slice *slice_plan(const struct view *v, const struct progress *p)
{
    struct slice *slice = ARENA_NEW(v->arena, struct slice);
    uint32_t numbers[HAND_OVER_SLICE];
    struct bytes value, key = record_key(v->arena, p->position);
    bool found = view_keyed(v, &hand_over_family, key, &value);
    assert(found);
    (void)found;
    record_read(key, value, &slice->record);
    const struct hand_over *h = &slice->record.ask;
    slice->type = type_from(v, h, p->type);
    if (slice->type == NULL)
        return slice;
    for (uint32_t i = 0; h->by_store && i < h->to_count; i++)
        slice->stores[i] = store_of(v, &h->to[i]);
    slice->looked_at = relation_people(v, slice->type, &h->from, slice->type->number == p->type ? p->after : 0, numbers,
                                       HAND_OVER_SLICE);
    slice->last = slice->looked_at > 0 ? numbers[slice->looked_at - 1] : 0;
    for (uint32_t i = 0; i < slice->looked_at; i++)
        person_take(v, slice, numbers[i]);
    return slice;
}

/* In turn; where the relation names a store, among those who are there, if anybody is. */
static const struct thing_ref *taker_of(const struct slice *slice, const struct relation *r)
{
    const struct hand_over *h = &slice->record.ask;
    const struct relation_attribute *store = h->by_store ? relation_attribute(r, "store") : NULL;
    struct unpack u = unpack_of(store == NULL ? BYTES_NONE : store->value);
    struct value named = store == NULL ? (struct value){.kind = VALUE_NULL} : unpack_value(&u);
    uint32_t there[HAND_OVER_TO_MAX], count = 0;
    for (uint32_t i = 0; named.kind == VALUE_TEXT && i < h->to_count; i++)
        if (slice->stores[i].size > 0 && bytes_equal(slice->stores[i], named.body))
            there[count++] = i;
    return count > 0 ? &h->to[there[slice->record.moved % count]] : &h->to[slice->record.moved % h->to_count];
}

/* The attributes go along. */
static struct bytes attributes_of(const struct relation *r, struct arena *a)
{
    struct buf b = arena_buf(a, VARINT_BYTES_MAX +
                                    RELATION_ATTRIBUTES_MAX *
                                        (RELATION_NAME_BYTES_MAX + RELATION_VALUE_BYTES_MAX + VARINT_BYTES_MAX));
    pack_varint(&b, r->attribute_count);
    for (uint32_t i = 0; i < r->attribute_count; i++) {
        pack_bytes(&b, r->attributes[i].name);
        pack_raw(&b, r->attributes[i].value);
    }
    return r->attribute_count == 0 ? BYTES_NONE : buf_bytes(&b);
}

/* An end and, right after it, a beginning, under the same identifier. */
static void person_move(struct step *s, struct slice *slice, const struct moving *m)
{
    const struct hand_over_record *record = &slice->record;
    struct note *notes = ARENA_ARRAY(s->view.arena, struct note, 2 * m->count);
    for (size_t i = 0; i < m->count; i++) {
        const struct relation *r = &m->list[i];
        int64_t began_us = r->periods[0].begin_us, at_us = began_us >= record->time_us ? began_us + 1 : record->time_us;
        struct note *end = &notes[2 * i], *begin = end + 1;
        end->strand = (struct strand){.type = r->type->number, .brand = r->brand, .ref = r->ref, .owner = r->owner};
        *begin = *end;
        begin->strand.ref = *taker_of(slice, r);
        begin->attributes = attributes_of(r, s->view.arena);
        end->has_act = begin->has_act = true;
        struct relation_by by = {RELATION_BY_TOKEN, record->ask.by};
        end->act = (struct act){at_us, true,
                                record->ask.reason.size > 0 ? record->ask.reason : BYTES_LIT("handed_over"), by};
        begin->act = (struct act){at_us + 1, false, BYTES_NONE, by};
        begin->time_us = at_us + 1;
        slice->record.moved++;
    }
    relation_note(s, m->person, notes, 2 * m->count);
}

static void job_needs(const struct view *v, struct bytes state)
{
    struct progress p = progress_read(state);
    (void)slice_plan(v, &p);
}

static struct bytes job_advance(struct step *s, struct bytes state)
{
    struct progress p = progress_read(state);
    struct slice *slice = slice_plan(&s->view, &p);
    for (uint32_t i = 0; i < slice->count; i++)
        person_move(s, slice, &slice->people[i]);
    slice->record.looked_at += slice->looked_at;
    if (slice->type == NULL)
        slice->record.finished_us = s->view.now_us;
    record_write(s, &slice->record);
    if (slice->type == NULL)
        return BYTES_NONE;
    bool is_last = slice->looked_at < HAND_OVER_SLICE;
    p.type = (uint8_t)(slice->type->number + is_last);
    p.after = is_last ? 0 : slice->last;
    return progress_pack(&p, s->view.arena);
}

const struct job_kind hand_over_job = {0x0A01, "relation.hand_over", job_advance, job_needs};

/* --- the command --- */

static const struct refusal nobody_there = {
    "nobody_to_hand_over", "Nobody has such a relation to them: check who, which types and which brand.",
    "没有人与其存在该类关系,请检查对象、关系类型和品牌。"};

static const struct refusal other_types = {"not_relations_to_staff",
                                           "Some of the types aren't declared, or don't lead to staff.",
                                           "有的关系类型未声明,或不指向员工。"};

static bool all_lead_to_staff(const struct view *v, const struct hand_over *h)
{
    bool all = true;
    for (uint8_t number = 1; number < RELATION_TYPE_END; number++) {
        bool is_asked = (h->types & UINT64_C(1) << number) != 0;
        const struct relation_type *type = is_asked ? relation_type_numbered(v, number) : NULL;
        all &= !is_asked || (type != NULL && relation_type_takes(type, BYTES_LIT("staff")));
    }
    return all;
}

static bool is_anybody_there(const struct view *v, const struct hand_over *h)
{
    const struct relation_type *type = type_from(v, h, 1);
    for (; type != NULL; type = type_from(v, h, (uint8_t)(type->number + 1)))
        if (relation_people_count(v, type, &h->from) > 0)
            return true;
    return false;
}

void hand_over_needs(const struct view *v, struct bytes payload)
{
    struct hand_over h;
    if (done(hand_over_unpack(payload, &h, NULL)) && all_lead_to_staff(v, &h))
        (void)is_anybody_there(v, &h);
}

const struct refusal *hand_over_apply(struct step *s, struct bytes payload)
{
    struct hand_over_record record = {.position = s->view.position, .time_us = s->view.now_us};
    struct status status = hand_over_unpack(payload, &record.ask, NULL);
    assert(done(status));
    (void)status;
    if (!all_lead_to_staff(&s->view, &record.ask))
        return &other_types;
    if (!is_anybody_there(&s->view, &record.ask))
        return &nobody_there;
    struct progress p = {.position = record.position, .type = 1};
    record_write(s, &record);
    step_job_start(s, &hand_over_job, record_key(s->view.arena, record.position), progress_pack(&p, s->view.arena));
    return NULL;
}
