#include "engine/view.h"

#include <string.h>

#include "engine/domain.h"
#include "engine/outcome.h"

#define READ_PEOPLE_KEPT_MAX (STEP_PEOPLE_MAX / 2) /* the rest of the room is for those that are changed */

const struct family person_family = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "person"};
const struct family timer_family = {.id = 2, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "timer"};
const struct family job_family = {.id = 3, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "job"};
const struct family outbox_family = {.id = 4, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "outbox"};
const struct family follow_up_family = {.id = 6, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "follow_up"};
const struct family setting_family = {.id = 5, .kind = FAMILY_KEYED, .value_bytes = 8, .name = "setting"};

void person_decode(uint32_t number, struct bytes row, struct person *out_person)
{
    *out_person = (struct person){.number = number};
    if (row.size == 0)
        return;
    uint16_t mask, size;
    assert(row.size >= sizeof mask);
    memcpy(&mask, row.data, sizeof mask);
    const uint8_t *sizes = row.data + sizeof mask;
    const uint8_t *at = sizes + sizeof size * (size_t)__builtin_popcount(mask);
    for (uint32_t left = mask; left != 0; left &= left - 1) {
        memcpy(&size, sizes, sizeof size);
        sizes += sizeof size;
        out_person->section[__builtin_ctz(left)] = bytes_of(at, size);
        at += size;
    }
    assert(at == row.data + row.size);
}

struct bytes person_row_section(struct bytes row, const struct section *section)
{
    uint16_t mask, size;
    size_t at = 0;
    if (row.size < sizeof mask)
        return BYTES_NONE;
    memcpy(&mask, row.data, sizeof mask);
    if ((mask >> section->id & 1) == 0)
        return BYTES_NONE;
    const uint8_t *sizes = row.data + sizeof mask, *first = sizes + sizeof size * (size_t)__builtin_popcount(mask);
    for (uint32_t before = mask & ((1u << section->id) - 1); before != 0; before &= before - 1, sizes += sizeof size) {
        memcpy(&size, sizes, sizeof size);
        at += size;
    }
    memcpy(&size, sizes, sizeof size);
    return bytes_of(first + at, size);
}

const void *view_projection(const struct view *v, const struct projection *p)
{
    return rows_projection(v->rows, p);
}

struct bytes person_encode(const struct person *p, struct arena *arena)
{
    uint16_t mask = 0;
    size_t size = sizeof mask;
    for (uint32_t i = 0; i < SECTION_COUNT_MAX; i++) {
        if (p->section[i].size > 0) {
            mask = (uint16_t)(mask | 1u << i);
            size += sizeof(uint16_t) + p->section[i].size;
        }
    }
    assert(size <= ROW_BYTES_MAX);
    uint8_t *row = arena_take(arena, size, 2);
    memcpy(row, &mask, sizeof mask);
    uint8_t *sizes = row + sizeof mask;
    uint8_t *at = sizes + sizeof(uint16_t) * (size_t)__builtin_popcount(mask);
    for (uint32_t left = mask; left != 0; left &= left - 1) {
        struct bytes section = p->section[__builtin_ctz(left)];
        uint16_t section_size = (uint16_t)section.size;
        memcpy(sizes, &section_size, sizeof section_size);
        sizes += sizeof section_size;
        memcpy(at, section.data, section.size);
        at += section.size;
    }
    assert(at == row + size);
    return bytes_of(row, size);
}

/* Who came last is asked for most often. */
static const struct person *written_person(const struct outcome *o, uint32_t number)
{
    for (uint32_t i = o->person_count; i-- > 0;)
        if (o->person_numbers[i] == number)
            return o->people[i];
    return NULL;
}

static void touch(struct touched *t, uint32_t number, bool cold)
{
    t->cold_count += cold;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->numbers[i] == number)
            return;
    if (t->count < STEP_PEOPLE_MAX)
        t->numbers[t->count++] = number;
    else if (cold)
        t->numbers[t->cold_count % STEP_PEOPLE_MAX] = number;
}

static void touch_row(struct touched *t, struct row_name name, bool cold)
{
    t->cold_count += cold;
    for (uint32_t i = 0; i < t->row_count; i++)
        if (t->rows[i].number == name.number && t->rows[i].family == name.family)
            return;
    if (t->row_count < STEP_ROWS_MAX)
        t->rows[t->row_count++] = name;
    else if (cold)
        t->rows[t->cold_count % STEP_ROWS_MAX] = name;
}

static void touch_index(struct touched *t, struct index_name name, bool cold)
{
    t->cold_count += cold;
    if (t->index_count < TOUCHED_INDEX_MAX)
        t->index[t->index_count++] = name;
    else if (cold)
        t->index[t->cold_count % TOUCHED_INDEX_MAX] = name;
}

void touched_clear(struct touched *t)
{
    t->count = t->row_count = t->cold_count = t->index_count = t->block_count = 0;
    t->people_here = false;
    t->sieve[0] = 0;
}

/* One beyond the bound is asked for when the others have come. */
void touched_block(struct touched *t, struct block_name name)
{
    t->cold_count++;
    if (t->block_count < TOUCHED_BLOCKS_MAX)
        t->blocks[t->block_count++] = name;
}

void touched_sieve(struct touched *t, const char *path)
{
    assert(strlen(path) < sizeof t->sieve);
    t->cold_count++;
    memcpy(t->sieve, path, strlen(path) + 1);
}

bool view_people_matter(const struct view *v)
{
    return v->touched == NULL || !v->touched->people_here || v->touched->cold_count > 0;
}

void outcome_keep(struct outcome *o, struct person *p)
{
    assert(o->person_count < STEP_PEOPLE_MAX);
    o->person_numbers[o->person_count] = p->number;
    o->people[o->person_count] = p;
    o->person_changed[o->person_count++] = false;
}

const struct person *view_person(const struct view *v, uint32_t number)
{
    if (number == PERSON_NONE)
        return NULL;
    const struct person *written = v->written == NULL ? NULL : written_person(v->written, number);
    if (written != NULL)
        return written;
    struct bytes row;
    enum presence presence = rows_numbered_get(v->rows, &person_family, number, &row);
    if (v->touched != NULL)
        touch(v->touched, number, presence == ROW_COLD);
    assert(presence != ROW_COLD || v->touched != NULL); /* an apply that its needs did not announce */
    if (presence != ROW_HERE)
        return NULL;
    struct person *p = arena_take(v->arena, sizeof *p, _Alignof(struct person));
    person_decode(number, row, p);
    if (v->written != NULL && v->written->person_count < READ_PEOPLE_KEPT_MAX)
        outcome_keep(v->written, p);
    return p;
}

struct bytes view_section(const struct view *v, uint32_t number, const struct section *section)
{
    const struct person *p = view_person(v, number);
    return p == NULL ? BYTES_NONE : p->section[section->id];
}

bool view_index(const struct view *v, const struct family *f, struct hash128 hash, uint32_t *out_number)
{
    if (v->written != NULL) {
        for (size_t i = v->written->index_count; i-- > 0;) {
            const struct index_write *w = &v->written->index[i];
            if (w->family == f && hash128_equal(w->hash, hash)) {
                if (w->number != PERSON_NONE)
                    *out_number = w->number;
                return w->number != PERSON_NONE;
            }
        }
    }
    enum presence presence = rows_index_get(v->rows, f, hash, out_number);
    if (v->touched != NULL && presence != ROW_HERE)
        touch_index(v->touched, (struct index_name){.family = f, .hash = hash}, presence == ROW_COLD);
    assert(presence != ROW_COLD || v->touched != NULL); /* an apply that its needs did not announce */
    return presence == ROW_HERE;
}

struct row_write *outcome_row(const struct outcome *o, const struct family *f, uint32_t number)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].number == number && o->rows[i].family == f)
            return &o->rows[i];
    return NULL;
}

bool view_row(const struct view *v, const struct family *f, uint32_t number, struct bytes *out_value)
{
    assert(f != &person_family);
    const struct row_write *w = v->written == NULL ? NULL : outcome_row(v->written, f, number);
    if (w != NULL) {
        if (!w->removed)
            *out_value = w->value;
        return !w->removed;
    }
    if (number == 0)
        return false;
    enum presence presence = rows_numbered_get(v->rows, f, number, out_value);
    if (v->touched != NULL)
        touch_row(v->touched, (struct row_name){.family = f, .number = number}, presence == ROW_COLD);
    assert(presence != ROW_COLD || v->touched != NULL); /* an apply that its needs did not announce */
    return presence == ROW_HERE;
}

uint32_t view_rows_end(const struct view *v, const struct family *f)
{
    uint32_t end = rows_numbered_end(v->rows, f);
    end = end == 0 ? 1 : end;
    for (size_t i = 0; v->written != NULL && i < v->written->row_count; i++)
        end += v->written->rows[i].family == f && v->written->rows[i].created;
    return end;
}

const struct keyed_write *outcome_keyed(const struct outcome *o, const struct family *f, struct bytes key)
{
    for (size_t i = o->keyed_count; i-- > 0;)
        if (o->keyed[i].family == f && bytes_equal(o->keyed[i].key, key))
            return &o->keyed[i];
    return NULL;
}

bool view_keyed(const struct view *v, const struct family *f, struct bytes key, struct bytes *out_value)
{
    const struct keyed_write *w = v->written == NULL ? NULL : outcome_keyed(v->written, f, key);
    if (w == NULL)
        return rows_keyed_get(v->rows, f, key, out_value);
    if (!w->removed)
        *out_value = w->value;
    return !w->removed;
}

static bool comes_after(struct bytes key, struct bytes from, bool after)
{
    int order = bytes_compare(key, from);
    return after ? order > 0 : order >= 0;
}

/* The least written key after `from`, whether written or removed. */
static const struct keyed_write *next_written(const struct outcome *o, const struct family *f, struct bytes from, bool after)
{
    const struct keyed_write *least = NULL;
    for (size_t i = 0; i < o->keyed_count; i++) {
        const struct keyed_write *w = &o->keyed[i];
        if (w->family == f && comes_after(w->key, from, after) && (least == NULL || bytes_compare(w->key, least->key) < 0))
            least = w;
    }
    return least == NULL ? NULL : outcome_keyed(o, f, least->key);
}

bool view_keyed_next(const struct view *v, const struct family *f, struct bytes from, bool after, struct bytes *out_key,
                     struct bytes *out_value)
{
    for (;;) {
        struct bytes key = BYTES_NONE, value = BYTES_NONE;
        bool found = rows_keyed_next(v->rows, f, from, after, &key, &value);
        const struct keyed_write *w = v->written == NULL ? NULL : next_written(v->written, f, from, after);
        if (w != NULL && (!found || bytes_compare(w->key, key) <= 0)) {
            if (w->removed) {
                from = w->key, after = true;
                continue;
            }
            key = w->key, value = w->value, found = true;
        }
        if (found)
            *out_key = key, *out_value = value;
        return found;
    }
}

int64_t setting_int(const struct view *v, const struct setting *setting)
{
    struct bytes value;
    int64_t x = setting->initially;
    if (view_keyed(v, &setting_family, bytes_of_text(setting->name), &value) && value.size == sizeof x)
        memcpy(&x, value.data, sizeof x);
    return x;
}
