#include "domain/event/manifest.h"

#include <string.h>

#include "engine/work.h"
#include "lib/pack.h"

#define ROW_FORMAT 1u
#define ROW_BYTES 160u
#define FOLD_ROW_BYTES 24u
#define RETIRED_ROW_BYTES 16u
#define POSITION_BYTES 8u /* of a key */
#define TIER_BITS 4u
#define TIER_COUNT (64u / TIER_BITS) /* of sizes; a tier is sixteen times the one before */

const struct family run_family = {.id = 41, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "event_run"};
const struct family retired_family = {.id = 42, .kind = FAMILY_KEYED, .value_bytes = RETIRED_ROW_BYTES, .name = "event_retired"};
const struct family fold_family = {.id = 43, .kind = FAMILY_KEYED, .value_bytes = FOLD_ROW_BYTES, .name = "event_fold"};

#define FOLD_KEY BYTES_LIT("fold")

static void position_key(uint64_t position, uint8_t out_key[POSITION_BYTES])
{
    for (int i = 7; i >= 0; i--, position >>= 8)
        out_key[i] = (uint8_t)position;
}

/* --- runs --- */

void run_row_pack(struct buf *b, const struct run_row *row)
{
    pack_u8(b, ROW_FORMAT);
    pack_u64(b, row->first);
    pack_u64(b, row->until);
    pack_varint(b, row->sum.count);
    pack_varint(b, row->sum.bytes);
    pack_u64(b, row->sum.digest);
    pack_bytes(b, bytes_of_text(row->name));
}

/* A name of ours: no other file can be read or removed by its help. */
static bool name_good(struct bytes name)
{
    if (name.size == 0 || name.size > RUN_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == 0 || strchr("0123456789abcdef-.run", name.data[i]) == NULL)
            return false;
    return name.data[0] != '.';
}

bool run_row_unpack(struct unpack *u, struct run_row *out_row, struct bytes *out_packed)
{
    struct run_row row = {0};
    const uint8_t *start = u->at;
    u->bad |= unpack_u8(u) != ROW_FORMAT;
    row.first = unpack_u64(u);
    row.until = unpack_u64(u);
    row.sum.count = unpack_varint(u);
    row.sum.bytes = unpack_varint(u);
    row.sum.digest = unpack_u64(u);
    struct bytes name = unpack_bytes(u);
    u->bad |= row.first >= row.until || row.sum.count == 0 || !name_good(name);
    if (!unpack_good(u))
        return false;
    memcpy(row.name, name.data, name.size);
    if (out_packed != NULL)
        *out_packed = bytes_of(start, (size_t)(u->at - start));
    *out_row = row;
    return true;
}

static void row_read(struct bytes value, struct run_row *out_row)
{
    struct unpack u = unpack_of(value);
    bool good = run_row_unpack(&u, out_row, NULL) && unpack_finished(&u);
    assert(good); /* rows are our own */
    (void)good;
}

bool run_next(const struct view *v, uint64_t from, struct run_row *out_row)
{
    uint8_t at[POSITION_BYTES];
    struct bytes key, value;
    position_key(from, at);
    if (!view_keyed_next(v, &run_family, bytes_of(at, sizeof at), false, &key, &value))
        return false;
    row_read(value, out_row);
    return true;
}

bool run_find(const struct view *v, uint64_t first, struct run_row *out_row)
{
    uint8_t at[POSITION_BYTES];
    struct bytes value;
    position_key(first, at);
    if (!view_keyed(v, &run_family, bytes_of(at, sizeof at), &value))
        return false;
    row_read(value, out_row);
    return true;
}

static struct bytes arena_key(struct step *s, uint64_t position)
{
    uint8_t at[POSITION_BYTES];
    position_key(position, at);
    return arena_copy(s->view.arena, bytes_of(at, sizeof at));
}

void run_put(struct step *s, const struct run_row *row, struct bytes packed)
{
    assert(packed.size <= ROW_BYTES);
    step_keyed_put(s, &run_family, arena_key(s, row->first), packed);
}

/* --- what was given up --- */

struct retired_row {
    uint8_t format;
    uint8_t kind;
    uint8_t zero[6];
    uint64_t log_from;
};
static_assert(sizeof(struct retired_row) == RETIRED_ROW_BYTES, "rows are on disk");

bool retired_next(const struct view *v, struct bytes after_key, struct retired *out_retired)
{
    struct bytes key, value;
    bool first = after_key.size == 0;
    if (!view_keyed_next(v, &retired_family, first ? BYTES_LIT("\0") : after_key, !first, &key, &value))
        return false;
    struct retired_row row;
    assert(value.size == sizeof row && key.size > POSITION_BYTES);
    memcpy(&row, value.data, sizeof row);
    uint64_t position = 0;
    for (size_t i = 0; i < POSITION_BYTES; i++)
        position = position << 8 | key.data[i];
    *out_retired = (struct retired){.position = position, .kind = (enum retired_kind)row.kind, .log_from = row.log_from, .key = key};
    return true;
}

struct bytes retired_name(struct bytes key)
{
    return bytes_slice(key, POSITION_BYTES, key.size);
}

static void retired_put(struct step *s, const char *name, struct retired_row row)
{
    struct arena *a = s->view.arena;
    size_t name_bytes = strlen(name);
    uint8_t *key = arena_take(a, POSITION_BYTES + name_bytes, 1);
    row.format = ROW_FORMAT;
    position_key(s->view.position, key);
    memcpy(key + POSITION_BYTES, name, name_bytes);
    step_keyed_put(s, &retired_family, bytes_of(key, POSITION_BYTES + name_bytes), arena_copy(a, bytes_of(&row, sizeof row)));
}

void run_retire(struct step *s, const struct run_row *row)
{
    retired_put(s, row->name, (struct retired_row){.kind = RETIRED_FILE});
    step_keyed_remove(s, &run_family, arena_key(s, row->first));
}

void log_retire(struct step *s, const struct run_row *row)
{
    retired_put(s, row->name, (struct retired_row){.kind = RETIRED_LOG, .log_from = row->first});
}

/* Positions of what was folded grow from one fold to the next, so the oldest row says it. */
uint64_t retired_log_from(const struct view *v)
{
    struct retired r;
    for (struct bytes after = BYTES_NONE; retired_next(v, after, &r); after = r.key)
        if (r.kind == RETIRED_LOG)
            return r.log_from;
    return UINT64_MAX;
}

/* --- names --- */

size_t run_names(const struct view *v, struct arena *arena, const char *const **out_names)
{
    size_t count = 0, at = 0;
    struct run_row row;
    struct retired r;
    for (uint64_t from = 0; run_next(v, from, &row); from = row.first + 1)
        count++;
    for (struct bytes after = BYTES_NONE; retired_next(v, after, &r); after = r.key)
        count += r.kind == RETIRED_FILE;
    const char **names = ARENA_ARRAY(arena, const char *, count + 1);
    for (uint64_t from = 0; run_next(v, from, &row); from = row.first + 1)
        names[at++] = arena_text(arena, bytes_of_text(row.name));
    for (struct bytes after = BYTES_NONE; retired_next(v, after, &r); after = r.key)
        if (r.kind == RETIRED_FILE)
            names[at++] = arena_text(arena, retired_name(r.key));
    assert(at == count);
    work_names_sort(names, count);
    *out_names = names;
    return count;
}

/* --- how far the log is folded --- */

struct fold_row {
    uint8_t format;
    uint8_t merge_due;
    uint16_t zero;
    uint32_t run_count;
    uint64_t folded_until;
    int64_t since_us;
};
static_assert(sizeof(struct fold_row) == FOLD_ROW_BYTES, "rows are on disk");

struct fold_mark fold_mark_read(const struct view *v)
{
    struct bytes value;
    if (!view_keyed(v, &fold_family, FOLD_KEY, &value))
        return (struct fold_mark){0};
    struct fold_row row;
    assert(value.size == sizeof row);
    memcpy(&row, value.data, sizeof row);
    assert(row.format == ROW_FORMAT);
    return (struct fold_mark){.folded_until = row.folded_until,
                              .since_us = row.since_us,
                              .run_count = row.run_count,
                              .merge_due = row.merge_due != 0};
}

void fold_mark_put(struct step *s, const struct fold_mark *mark)
{
    struct fold_row row = {.format = ROW_FORMAT,
                           .merge_due = mark->merge_due,
                           .run_count = mark->run_count,
                           .folded_until = mark->folded_until,
                           .since_us = mark->since_us};
    step_keyed_put(s, &fold_family, FOLD_KEY, arena_copy(s->view.arena, bytes_of(&row, sizeof row)));
}

/* --- which runs to merge --- */

static uint32_t tier_of(const struct run_row *row)
{
    return (63u - (uint32_t)__builtin_clzll(row->sum.count)) / TIER_BITS;
}

/* The lowest tier with enough runs that are not too big together; TIER_COUNT: none. */
static uint32_t tier_due(const struct view *v, uint32_t *out_run_count)
{
    uint32_t runs[TIER_COUNT] = {0}, run_count = 0;
    uint64_t bytes[TIER_COUNT] = {0};
    struct run_row row;
    for (uint64_t from = 0; run_next(v, from, &row); from = row.first + 1) {
        uint32_t tier = tier_of(&row);
        run_count++;
        if (runs[tier] < MERGE_RUNS_MAX) {
            runs[tier]++;
            bytes[tier] += row.sum.bytes;
        }
    }
    *out_run_count = run_count;
    uint32_t tier = 0;
    while (tier < TIER_COUNT && (runs[tier] < MERGE_RUNS_LEAST || bytes[tier] > MERGE_BYTES_MAX))
        tier++;
    return tier;
}

void fold_mark_count(const struct view *v, struct fold_mark *mark)
{
    mark->merge_due = tier_due(v, &mark->run_count) < TIER_COUNT;
}

size_t runs_to_merge(const struct view *v, struct run_row out_rows[MERGE_RUNS_MAX])
{
    uint32_t run_count;
    uint32_t tier = tier_due(v, &run_count);
    size_t count = 0;
    struct run_row row;
    for (uint64_t from = 0; tier < TIER_COUNT && count < MERGE_RUNS_MAX && run_next(v, from, &row); from = row.first + 1)
        if (tier_of(&row) == tier)
            out_rows[count++] = row;
    return count;
}
