#include "engine/step.h"

#include <string.h>

#include "engine/follow.h"
#include "engine/outcome.h"
#include "engine/registry.h"
#include "lib/pack.h"

#define SAID_MAX 4096u /* facts of one step: a bound against a rule that reaches itself */

static const char *const cause_names[CAUSE_COUNT] = {"live", "late", "import", "switch", "merge", "split"};

const char *cause_name(enum cause cause)
{
    assert(cause < CAUSE_COUNT);
    return cause_names[cause];
}

void step_begin(struct step *s, const struct rows *rows, const struct registry *registry, struct arena *arena)
{
    struct outcome *o = arena_take(arena, sizeof *o, _Alignof(struct outcome));
    /* The arrays of people need no clearing: person_count says how many there are. */
    o->person_count = o->people_created = 0;
    o->keyed_count = o->keyed_room = o->index_count = o->index_room = 0;
    o->row_count = o->row_room = 0;
    o->series_count = o->series_room = o->said_count = o->said_room = o->heard_count = 0;
    o->asked_count = o->follow_up_count = 0;
    o->reply = BYTES_NONE;
    s->view = (struct view){.rows = rows, .registry = registry, .written = o, .arena = arena};
    s->cause = CAUSE_LIVE;
    s->outcome = o;
}

/* Room for one more in a list that lives in the arena. */
#define LIST_MORE(s, list, count, room)                                                                           \
    do {                                                                                                          \
        if ((count) == (room)) {                                                                                  \
            size_t room_ = (room) == 0 ? 8 : (room) * 2;                                                          \
            void *list_ = arena_take((s)->view.arena, room_ * sizeof *(list), _Alignof(max_align_t));             \
            if ((count) > 0)                                                                                      \
                memcpy(list_, (list), (count) * sizeof *(list));                                                  \
            (list) = list_;                                                                                       \
            (room) = room_;                                                                                       \
        }                                                                                                         \
    } while (0)

static uint32_t slot_of(const struct outcome *o, uint32_t number)
{
    uint32_t slot = o->person_count; /* who came last is changed most often */
    while (slot > 0 && o->person_numbers[slot - 1] != number)
        slot--;
    return slot > 0 ? slot - 1 : o->person_count;
}

static uint32_t person_slot(struct step *s, uint32_t number)
{
    struct outcome *o = s->outcome;
    const struct person *p = view_person(&s->view, number);
    assert(p != NULL); /* only people that are there can be changed */
    uint32_t slot = slot_of(o, number);
    if (slot == o->person_count)
        outcome_keep(o, (struct person *)p); /* taken apart for this step alone, in its arena */
    return slot;
}

uint32_t step_person_create(struct step *s)
{
    struct outcome *o = s->outcome;
    assert(o->person_count < STEP_PEOPLE_MAX);
    uint32_t end = rows_numbered_end(s->view.rows, &person_family);
    uint32_t number = (end == PERSON_NONE ? 1 : end) + o->people_created++;
    assert(number != PERSON_NONE);
    struct person *p = arena_zeroed(s->view.arena, sizeof *p, _Alignof(struct person));
    p->number = number;
    uint32_t slot = o->person_count++;
    o->person_numbers[slot] = number;
    o->people[slot] = p;
    o->person_changed[slot] = true;
    return number;
}

void step_section_put(struct step *s, uint32_t number, const struct section *section, struct bytes value)
{
    assert(section->id < SECTION_COUNT_MAX && value.size <= ROW_BYTES_MAX);
    uint32_t slot = person_slot(s, number);
    s->outcome->people[slot]->section[section->id] = value;
    s->outcome->person_changed[slot] = true;
}

void step_person_clear(struct step *s, uint32_t number)
{
    uint32_t slot = person_slot(s, number);
    *s->outcome->people[slot] = (struct person){.number = number};
    s->outcome->person_changed[slot] = true;
}

static void row_write(struct step *s, struct row_write write)
{
    struct outcome *o = s->outcome;
    assert(write.family->kind == FAMILY_NUMBERED && write.value.size <= write.family->value_bytes);
    assert(o->row_count < STEP_ROWS_MAX);
    LIST_MORE(s, o->rows, o->row_count, o->row_room);
    o->rows[o->row_count++] = write;
}

uint32_t step_row_create(struct step *s, const struct family *f, struct bytes value)
{
    uint32_t number = view_rows_end(&s->view, f);
    row_write(s, (struct row_write){.family = f, .number = number, .value = value, .created = true});
    return number;
}

/* The row as it is now, about to be written: NULL when there is none. */
static struct row_write *row_to_write(struct step *s, const struct family *f, uint32_t number)
{
    struct bytes value;
    if (!view_row(&s->view, f, number, &value))
        return NULL;
    if (outcome_row(s->outcome, f, number) == NULL)
        row_write(s, (struct row_write){.family = f, .number = number, .value = value});
    return outcome_row(s->outcome, f, number);
}

void step_row_put(struct step *s, const struct family *f, uint32_t number, struct bytes value)
{
    struct row_write *w = row_to_write(s, f, number);
    assert(w != NULL && value.size <= f->value_bytes);
    w->value = value;
}

void step_row_remove(struct step *s, const struct family *f, uint32_t number)
{
    struct row_write *w = row_to_write(s, f, number);
    if (w != NULL)
        w->removed = true;
}

static void index_write(struct step *s, struct index_write write)
{
    struct outcome *o = s->outcome;
    assert(write.family->kind == FAMILY_INDEX);
    LIST_MORE(s, o->index, o->index_count, o->index_room);
    o->index[o->index_count++] = write;
}

void step_index_put(struct step *s, const struct family *f, struct hash128 hash, uint32_t number)
{
    assert(number != PERSON_NONE);
    index_write(s, (struct index_write){.family = f, .hash = hash, .number = number});
}

void step_index_add(struct step *s, const struct family *f, struct hash128 hash, uint32_t number)
{
    assert(number != PERSON_NONE);
    index_write(s, (struct index_write){.family = f, .hash = hash, .number = number, .is_new = true});
}

void step_index_remove(struct step *s, const struct family *f, struct hash128 hash)
{
    index_write(s, (struct index_write){.family = f, .hash = hash});
}

static void keyed_write(struct step *s, struct keyed_write write)
{
    struct outcome *o = s->outcome;
    assert(write.family->kind == FAMILY_KEYED);
    assert(write.key.size > 0 && write.key.size <= ROW_KEY_BYTES_MAX && write.value.size <= write.family->value_bytes);
    LIST_MORE(s, o->keyed, o->keyed_count, o->keyed_room);
    o->keyed[o->keyed_count++] = write;
}

void step_keyed_put(struct step *s, const struct family *f, struct bytes key, struct bytes value)
{
    keyed_write(s, (struct keyed_write){.family = f, .key = key, .value = value});
}

void step_keyed_remove(struct step *s, const struct family *f, struct bytes key)
{
    keyed_write(s, (struct keyed_write){.family = f, .key = key, .removed = true});
}

uint64_t step_series_push(struct step *s, const struct family *f, const void *record)
{
    struct outcome *o = s->outcome;
    assert(f->kind == FAMILY_SERIES && record != NULL);
    uint64_t index = rows_series_end(s->view.rows, f);
    for (size_t i = 0; i < o->series_count; i++)
        index += o->series[i].family == f && o->series[i].record != NULL;
    LIST_MORE(s, o->series, o->series_count, o->series_room);
    o->series[o->series_count++] = (struct series_write){.family = f, .record = record};
    return index;
}

void step_series_drop(struct step *s, const struct family *f, uint64_t before)
{
    struct outcome *o = s->outcome;
    assert(f->kind == FAMILY_SERIES);
    LIST_MORE(s, o->series, o->series_count, o->series_room);
    o->series[o->series_count++] = (struct series_write){.family = f, .before = before};
}

void step_say(struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct outcome *o = s->outcome;
    assert(o->said_count < SAID_MAX);
    LIST_MORE(s, o->said, o->said_count, o->said_room);
    o->said[o->said_count++] = (struct said){.kind = kind, .fact = fact};
}

uint32_t step_fact_index(const struct step *s)
{
    assert(s->outcome->heard_count > 0);
    return (uint32_t)s->outcome->heard_count - 1;
}

const struct refusal *step_apply(struct step *s, const struct command *command, const struct log_record *record)
{
    s->view.now_us = record->time_us;
    s->view.position = record->position;
    bool is_follow_up = record->follows.position != 0;
    struct follow_up_mark mark = {.cause = s->cause};
    if (is_follow_up)
        mark = follow_up_mark(&s->view, record->follows);
    s->cause = mark.cause;
    const struct refusal *refusal = command->apply(s, record->payload);
    assert(refusal == NULL || step_is_clean(s));
    if (is_follow_up)
        follow_up_done(s, &mark);
    return refusal;
}

void step_settle(struct step *s, fact_told told, void *context)
{
    struct outcome *o = s->outcome;
    while (o->heard_count < o->said_count) {
        struct said said = o->said[o->heard_count++];
        const struct hearing *hearing = registry_hearing(s->view.registry, said.kind);
        for (size_t i = 0; i < hearing->count; i++)
            hearing->hear[i](s, said.fact);
        if (told != NULL)
            told(context, s, said.kind, said.fact);
    }
}

/* kind, then the domain's key: the keys of one kind lie together. */
static struct bytes kind_key(struct arena *arena, uint32_t kind, struct bytes key)
{
    uint8_t *data = arena_take(arena, 4 + key.size, 1);
    (void)put_key(data, kind, 4);
    if (key.size > 0)
        memcpy(data + 4, key.data, key.size);
    return bytes_of(data, 4 + key.size);
}

void step_ask(struct step *s, const struct effect_kind *kind, struct bytes key, struct bytes payload)
{
    struct bytes name = kind_key(s->view.arena, kind->id, key), there;
    assert(payload.size <= kind->payload_bytes_max);
    if (view_keyed(&s->view, &outbox_family, name, &there))
        return;
    struct outbox_head head = {.position = s->view.position, .asked_us = s->view.now_us, .order = s->outcome->asked_count++};
    uint8_t *value = arena_take(s->view.arena, sizeof head + payload.size, 8);
    memcpy(value, &head, sizeof head);
    if (payload.size > 0)
        memcpy(value + sizeof head, payload.data, payload.size);
    step_keyed_put(s, &outbox_family, name, bytes_of(value, sizeof head + payload.size));
}

/* Due times sort as signed numbers. */
static struct bytes timer_key(struct step *s, const struct timer_kind *kind, int64_t due_us, struct bytes key)
{
    uint8_t *data = arena_take(s->view.arena, 12 + key.size, 1);
    (void)put_key(put_key(data, (uint64_t)due_us ^ UINT64_C(1) << 63, 8), kind->id, 4);
    if (key.size > 0)
        memcpy(data + 12, key.data, key.size);
    return bytes_of(data, 12 + key.size);
}

void step_timer_set(struct step *s, const struct timer_kind *kind, int64_t due_us, struct bytes key, struct bytes payload)
{
    step_keyed_put(s, &timer_family, timer_key(s, kind, due_us, key), payload);
}

void step_timer_cancel(struct step *s, const struct timer_kind *kind, int64_t due_us, struct bytes key)
{
    step_keyed_remove(s, &timer_family, timer_key(s, kind, due_us, key));
}

void step_job_start(struct step *s, const struct job_kind *kind, struct bytes key, struct bytes state)
{
    assert(state.size > 0); /* no bytes: the job would be finished */
    step_keyed_put(s, &job_family, kind_key(s->view.arena, kind->id, key), state);
}

bool job_is_under_way(const struct view *v, const struct job_kind *kind, struct bytes key)
{
    struct bytes state;
    return view_keyed(v, &job_family, kind_key(v->arena, kind->id, key), &state);
}

bool job_next(const struct view *v, const struct job_kind *kind, struct bytes after, struct bytes *out_key)
{
    struct bytes from = kind_key(v->arena, kind->id, after), key, state;
    if (!view_keyed_next(v, &job_family, from, after.size > 0, &key, &state) || memcmp(key.data, from.data, 4) != 0)
        return false;
    *out_key = bytes_slice(key, 4, key.size);
    return true;
}

void step_reply(struct step *s, struct bytes json)
{
    s->outcome->reply = json;
}

struct bytes step_replied(const struct step *s)
{
    return s->outcome->reply;
}

bool step_is_clean(const struct step *s)
{
    const struct outcome *o = s->outcome;
    bool changed = o->people_created > 0;
    for (uint32_t i = 0; i < o->person_count; i++)
        changed |= o->person_changed[i];
    return !changed && o->row_count == 0 && o->keyed_count == 0 && o->index_count == 0 && o->series_count == 0 && o->said_count == 0;
}

/* Writes may borrow from rows that other writes of the step replace, so nothing of a row is given up before everything is
 * read: people are encoded and rows copied first and written last, and several keyed writes are copied. */
static void rows_gather(struct step *s)
{
    for (size_t i = 0; i < s->outcome->row_count; i++)
        s->outcome->rows[i].value = arena_copy(s->view.arena, s->outcome->rows[i].value);
}

/* One that was made and removed is written all the same, so that its number is taken. */
static void rows_commit(const struct outcome *o, struct rows *rows)
{
    for (size_t i = 0; i < o->row_count; i++) {
        const struct row_write *w = &o->rows[i];
        if (w->created || !w->removed)
            rows_numbered_put(rows, w->family, w->number, w->value);
        if (w->removed)
            rows_numbered_remove(rows, w->family, w->number);
    }
}

static void keyed_commit(struct step *s, struct rows *rows)
{
    struct outcome *o = s->outcome;
    for (size_t i = 0; i < o->keyed_count && o->keyed_count > 1; i++) {
        o->keyed[i].key = arena_copy(s->view.arena, o->keyed[i].key);
        o->keyed[i].value = arena_copy(s->view.arena, o->keyed[i].value);
    }
    for (size_t i = 0; i < o->keyed_count; i++) {
        const struct keyed_write *w = &o->keyed[i];
        if (w->removed)
            rows_keyed_remove(rows, w->family, w->key);
        else
            rows_keyed_put(rows, w->family, w->key, w->value);
    }
}

void step_commit(struct step *s, struct rows *rows)
{
    const struct outcome *o = s->outcome;
    struct bytes people[STEP_PEOPLE_MAX];
    for (uint32_t i = 0; i < o->person_count; i++)
        if (o->person_changed[i])
            people[i] = person_encode(o->people[i], s->view.arena);
    rows_gather(s);
    keyed_commit(s, rows);
    for (size_t i = 0; i < o->index_count; i++) {
        const struct index_write *w = &o->index[i];
        if (w->number == PERSON_NONE)
            rows_index_remove(rows, w->family, w->hash);
        else if (w->is_new)
            rows_index_add(rows, w->family, w->hash, w->number);
        else
            rows_index_put(rows, w->family, w->hash, w->number);
    }
    for (size_t i = 0; i < o->series_count; i++) {
        const struct series_write *w = &o->series[i];
        if (w->record == NULL)
            rows_series_drop(rows, w->family, w->before);
        else
            (void)rows_series_push(rows, w->family, w->record);
    }
    for (uint32_t i = 0; i < o->person_count; i++)
        if (o->person_changed[i])
            rows_numbered_put(rows, &person_family, o->person_numbers[i], people[i]);
    rows_commit(o, rows);
}

size_t step_changed(const struct step *s, uint32_t out_numbers[STEP_PEOPLE_MAX])
{
    const struct outcome *o = s->outcome;
    size_t count = 0;
    for (uint32_t i = 0; i < o->person_count; i++)
        if (o->person_changed[i])
            out_numbers[count++] = o->person_numbers[i];
    return count;
}
