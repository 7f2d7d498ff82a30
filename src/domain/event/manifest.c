#include "domain/event/manifest.h"

#include <string.h>

#include "lib/pack.h"

#define ROW_FORMAT 1u
#define RUN_ROW_FORMAT 2u
#define ROW_BYTES 160u
#define FOLD_ROW_BYTES 24u
#define RETIRED_ROW_BYTES 16u
#define TIER_BITS 4u
#define TIER_COUNT (64u / TIER_BITS) /* of sizes; a tier is sixteen times the one before */

const struct family run_family = {.id = 41, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "event_run"};
const struct family retired_family = {.id = 42, .kind = FAMILY_KEYED, .value_bytes = RETIRED_ROW_BYTES, .name = "event_retired"};
const struct family fold_family = {.id = 43, .kind = FAMILY_KEYED, .value_bytes = FOLD_ROW_BYTES, .name = "event_fold"};

static_assert(WORK_NAME_BYTES_MAX == RUN_NAME_BYTES_MAX, "names of runs are names of files of work");

#define FOLD_KEY BYTES_LIT("fold")
#define PURGED_KEY BYTES_LIT("purged")

/* --- runs --- */

void run_row_pack(struct buf *b, const struct run_row *row)
{
    pack_u8(b, RUN_ROW_FORMAT);
    pack_u64(b, row->first);
    pack_u64(b, row->until);
    pack_varint(b, row->sum.count);
    pack_varint(b, row->sum.bytes);
    pack_u64(b, row->sum.digest);
    pack_u64(b, (uint64_t)row->sum.first_us);
    pack_u64(b, (uint64_t)row->sum.last_us);
    pack_u32(b, row->sum.first_person);
    pack_u32(b, row->sum.last_person);
    pack_bytes(b, bytes_of_text(row->name));
}

/* The name stands last, borrowed in *out_name. */
static struct run_row run_row_take(struct unpack *u, struct bytes *out_name)
{
    struct run_row row = {0};
    u->bad |= unpack_u8(u) != RUN_ROW_FORMAT;
    row.first = unpack_u64(u);
    row.until = unpack_u64(u);
    row.sum.count = unpack_varint(u);
    row.sum.bytes = unpack_varint(u);
    row.sum.digest = unpack_u64(u);
    row.sum.first_us = (int64_t)unpack_u64(u);
    row.sum.last_us = (int64_t)unpack_u64(u);
    row.sum.first_person = unpack_u32(u);
    row.sum.last_person = unpack_u32(u);
    *out_name = unpack_bytes(u);
    return row;
}

bool run_row_unpack(struct unpack *u, struct run_row *out_row, struct bytes *out_packed)
{
    const uint8_t *start = u->at;
    struct bytes name;
    struct run_row row = run_row_take(u, &name);
    u->bad |= row.first >= row.until || row.sum.count == 0 || !work_name_is_good(&run_files, name);
    u->bad |= row.sum.first_us > row.sum.last_us || row.sum.first_person > row.sum.last_person;
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
    struct bytes value;
    if (!work_file_next(v, &run_files, from, &value))
        return false;
    row_read(value, out_row);
    return true;
}

bool run_find(const struct view *v, uint64_t first, struct run_row *out_row)
{
    struct bytes value;
    if (!work_file_find(v, &run_files, first, &value))
        return false;
    row_read(value, out_row);
    return true;
}

void run_put(struct step *s, const struct run_row *row, struct bytes packed)
{
    assert(packed.size <= ROW_BYTES);
    work_file_put(s, &run_files, row->first, packed);
}

/* --- what was given up: the file of a run that was merged, and the log of events that were folded --- */

enum retired_kind { RETIRED_FILE = 1, RETIRED_LOG = 2 };
struct retired_row {
    uint8_t format;
    uint8_t kind; /* enum retired_kind */
    uint8_t zero[6];
    uint64_t log_from; /* RETIRED_LOG: the log is needed from there on */
};
static_assert(sizeof(struct retired_row) == RETIRED_ROW_BYTES, "rows are on disk");

static struct retired_row retired_read(struct bytes value)
{
    struct retired_row row;
    assert(value.size == sizeof row);
    memcpy(&row, value.data, sizeof row);
    return row;
}

static void retired_put(struct step *s, const char *name, struct retired_row row)
{
    row.format = ROW_FORMAT;
    work_retire(s, &run_files, bytes_of_text(name), arena_copy(s->view.arena, bytes_of(&row, sizeof row)));
}

void run_retire(struct step *s, const struct run_row *row)
{
    retired_put(s, row->name, (struct retired_row){.kind = RETIRED_FILE});
    work_file_remove(s, &run_files, row->first);
}

void log_retire(struct step *s, const struct run_row *row)
{
    retired_put(s, row->name, (struct retired_row){.kind = RETIRED_LOG, .log_from = row->first});
}

/* Positions of what was folded grow from one fold to the next, so the oldest row says it. */
uint64_t retired_log_from(const struct view *v)
{
    struct work_retired r;
    for (struct bytes after = BYTES_NONE; work_retired_next(v, &run_files, after, &r); after = r.key) {
        struct retired_row row = retired_read(r.row);
        if (row.kind == RETIRED_LOG)
            return row.log_from;
    }
    return UINT64_MAX;
}

/* --- the files --- */

static struct bytes run_name(struct bytes row)
{
    struct unpack u = unpack_of(row);
    struct bytes name;
    (void)run_row_take(&u, &name);
    return name;
}

static bool retired_is_file(struct bytes row)
{
    return retired_read(row).kind == RETIRED_FILE;
}

const struct work_files run_files = {
    .folder = RUN_FOLDER, .suffix = ".run", .in_force = &run_family, .retired = &retired_family, .name = run_name, .is_file = retired_is_file};

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

uint64_t purged_until(const struct view *v)
{
    struct bytes value;
    if (!view_keyed(v, &fold_family, PURGED_KEY, &value))
        return 0;
    return key_number(value.data, 8);
}

uint64_t purged_at(const struct view *v)
{
    struct bytes value;
    return view_keyed(v, &fold_family, PURGED_KEY, &value) ? key_number(value.data + 8, 8) : 0;
}

void purged_put(struct step *s, uint64_t position)
{
    uint8_t *value = arena_take(s->view.arena, FOLD_ROW_BYTES, 1);
    memset(value, 0, FOLD_ROW_BYTES);
    (void)put_key(put_key(value, position, 8), s->view.position, 8);
    step_keyed_put(s, &fold_family, PURGED_KEY, bytes_of(value, FOLD_ROW_BYTES));
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
