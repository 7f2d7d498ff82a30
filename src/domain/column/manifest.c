#include "domain/column/manifest.h"

#include <string.h>

#include "base/time.h"
#include "domain/column/moves.h"
#include "lib/pack.h"

#define ROW_FORMAT 1u
#define MARK_KEY BYTES_LIT("mark")
#define MONTH_BITS 17u
#define MONTH_END (9999u * 12u)
#define POSITION_BITS (64u - MONTH_BITS)
#define TIER_BITS 3u
#define TIER_COUNT (64u / TIER_BITS + 1u)
/* Moves that are kept: a part of the events that would be written anew to be rid of them, within the setting and a bound (40 bytes each). */
#define MOVES_SHARE 32u
#define MOVES_MOST (UINT64_C(1) << 20)

const struct setting moves_kept_setting = {
    .name = "column.moves_kept",
    .least = 1,
    .most = MOVES_MOST,
    .initially = 65536,
    .unit = "moves",
    .about = "Column files are written anew when so many people were merged, parted or erased since the oldest of them was, or one for 32 events. "
             "More: files are written less often, and questions look at more rows twice.",
};
const struct setting tidy_seconds_setting = {
    .name = "column.tidy_seconds",
    .least = 1,
    .most = 30 * 86400,
    .initially = 900,
    .unit = "seconds",
    .about = "The column files of a month to which no event came for so long become one, if the smaller of them have a sixteenth of "
             "the events of the largest.",
};
#define TIDY_PART 16u

const struct family column_file_family = {.id = 62, .kind = FAMILY_KEYED, .value_bytes = FILE_ROW_BYTES, .name = "column_file"};
const struct family column_retired_family = {.id = 63, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "column_retired"};
static_assert(MONTH_END < 1u << MONTH_BITS, "months fit into a place");

uint32_t month_of(int64_t us)
{
    struct civil_date date = civil_of_day(day_of_time(us, 0));
    return ((uint32_t)date.year - 1) * 12 + date.month - 1u;
}

/* --- files --- */

uint64_t file_place(const struct file_row *row)
{
    assert(row->month < MONTH_END && row->first >> POSITION_BITS == 0);
    return (uint64_t)row->month << POSITION_BITS | row->first;
}

void file_row_pack(struct buf *b, const struct file_row *row)
{
    pack_u8(b, ROW_FORMAT);
    pack_varint(b, row->month);
    pack_varint(b, row->first);
    pack_varint(b, row->until);
    pack_varint(b, row->settled);
    pack_varint(b, row->installed);
    pack_signed(b, row->installed_us);
    pack_varint(b, row->sum.count);
    pack_varint(b, row->sum.bytes);
    pack_u64(b, row->sum.digest);
    pack_signed(b, row->sum.first_us);
    pack_signed(b, row->sum.last_us);
    pack_varint(b, row->sum.first_position);
    pack_varint(b, row->sum.last_position);
    pack_bytes(b, bytes_of_text(row->name));
}

/* The name stands last, borrowed in *out_name. */
static struct file_row file_row_take(struct unpack *u, struct bytes *out_name)
{
    struct file_row row = {0};
    u->bad |= unpack_u8(u) != ROW_FORMAT;
    row.month = unpack_varint32(u);
    row.first = unpack_varint(u);
    row.until = unpack_varint(u);
    row.settled = unpack_varint(u);
    row.installed = unpack_varint(u);
    row.installed_us = unpack_signed(u);
    row.sum.count = unpack_varint(u);
    row.sum.bytes = unpack_varint(u);
    row.sum.digest = unpack_u64(u);
    row.sum.first_us = unpack_signed(u);
    row.sum.last_us = unpack_signed(u);
    row.sum.first_position = unpack_varint(u);
    row.sum.last_position = unpack_varint(u);
    *out_name = unpack_bytes(u);
    return row;
}

bool file_row_unpack(struct unpack *u, struct file_row *out_row)
{
    struct bytes name;
    struct file_row row = file_row_take(u, &name);
    u->bad |= row.month >= MONTH_END || row.first >= row.until || row.until >> POSITION_BITS != 0 || row.sum.count == 0;
    u->bad |= row.sum.first_us > row.sum.last_us || row.sum.first_position > row.sum.last_position;
    u->bad |= !work_name_is_good(&column_files, name);
    if (!unpack_good(u))
        return false;
    memcpy(row.name, name.data, name.size);
    *out_row = row;
    return true;
}

static void file_of_row(struct bytes value, struct file_row *out_row)
{
    struct unpack u = unpack_of(value);
    bool good = file_row_unpack(&u, out_row) && unpack_finished(&u);
    assert(good); /* rows are our own */
    (void)good;
}

bool file_next(const struct view *v, uint64_t from, struct file_row *out_row)
{
    struct bytes value;
    if (!work_file_next(v, &column_files, from, &value))
        return false;
    file_of_row(value, out_row);
    return true;
}

bool file_find(const struct view *v, uint64_t place, struct file_row *out_row)
{
    struct bytes value;
    if (!work_file_find(v, &column_files, place, &value))
        return false;
    file_of_row(value, out_row);
    return true;
}

void file_put(struct step *s, struct file_row *row)
{
    struct buf b = arena_buf(s->view.arena, FILE_ROW_BYTES);
    row->installed = s->view.position;
    row->installed_us = s->view.now_us;
    file_row_pack(&b, row);
    assert(!b.overflowed);
    work_file_put(s, &column_files, file_place(row), buf_bytes(&b));
}

void file_retire(struct step *s, const struct file_row *row)
{
    work_retire(s, &column_files, bytes_of_text(row->name), BYTES_LIT("\x01"));
    work_file_remove(s, &column_files, file_place(row));
}

static struct bytes file_name(struct bytes row)
{
    struct unpack u = unpack_of(row);
    struct bytes name;
    (void)file_row_take(&u, &name);
    return name;
}

const struct work_files column_files = {
    .folder = COLUMN_FOLDER, .suffix = ".col", .in_force = &column_file_family, .retired = &column_retired_family, .name = file_name};

/* --- how far it is --- */

struct mark_row {
    uint8_t format;
    uint8_t merge_due;
    uint16_t zero;
    uint32_t file_count;
    uint64_t folded_until, taken, unnamed, purged_until, purged_at;
    int64_t tidy_from_us;
};
static_assert(sizeof(struct mark_row) == 56, "rows are on disk");
const struct family column_mark_family = {.id = 64, .kind = FAMILY_KEYED, .value_bytes = sizeof(struct mark_row), .name = "column_mark"};

struct column_mark column_mark_read(const struct view *v)
{
    struct bytes value;
    if (!view_keyed(v, &column_mark_family, MARK_KEY, &value))
        return (struct column_mark){.tidy_from_us = INT64_MAX};
    struct mark_row row;
    assert(value.size == sizeof row);
    memcpy(&row, value.data, sizeof row);
    assert(row.format == ROW_FORMAT);
    return (struct column_mark){.folded_until = row.folded_until,
                                .taken = row.taken,
                                .unnamed = row.unnamed,
                                .purged_until = row.purged_until,
                                .purged_at = row.purged_at,
                                .file_count = row.file_count,
                                .merge_due = row.merge_due != 0,
                                .tidy_from_us = row.tidy_from_us};
}

/* --- which files to merge --- */

static uint32_t tier_of(const struct file_row *row)
{
    return (63u - (uint32_t)__builtin_clzll(row->sum.count)) / TIER_BITS;
}

/* What is due among the files in force. */
struct due {
    uint32_t month, tier; /* with enough files; MONTH_END: none */
    uint32_t tidy_month;  /* that waits longest to become one file, of those where it pays; MONTH_END: none */
    int64_t tidy_from_us;
    uint32_t file_count; /* of all months */
    uint64_t settled;    /* the least of all files; UINT64_MAX: there are none */
};

/* The files of a month, one after the other. */
struct month_count {
    uint32_t month, file_count;
    uint32_t tiers[TIER_COUNT];
    uint64_t events, largest;
    int64_t last_us; /* when the newest file came */
};

static void month_end(const struct month_count *m, struct due *io)
{
    bool pays = m->file_count > 1 && m->events - m->largest >= m->largest / TIDY_PART;
    if (!pays || m->last_us >= io->tidy_from_us)
        return;
    io->tidy_month = m->month;
    io->tidy_from_us = m->last_us;
}

static void month_add(struct month_count *m, const struct file_row *row, struct due *io)
{
    uint32_t tier = tier_of(row);
    if (row->month != m->month) {
        month_end(m, io);
        *m = (struct month_count){.month = row->month, .last_us = INT64_MIN};
    }
    m->file_count++;
    m->events += row->sum.count;
    m->largest = row->sum.count > m->largest ? row->sum.count : m->largest;
    m->last_us = row->installed_us > m->last_us ? row->installed_us : m->last_us;
    if (++m->tiers[tier] == MERGE_FILES_LEAST && io->month == MONTH_END)
        io->month = row->month, io->tier = tier;
}

static struct due due_of(const struct view *v)
{
    struct due due = {.month = MONTH_END, .tidy_month = MONTH_END, .tidy_from_us = INT64_MAX, .settled = UINT64_MAX};
    struct month_count month = {.month = MONTH_END};
    struct file_row row;
    for (uint64_t from = 0; file_next(v, from, &row); from = file_place(&row) + 1) {
        month_add(&month, &row, &due);
        due.file_count++;
        due.settled = row.settled < due.settled ? row.settled : due.settled;
    }
    month_end(&month, &due);
    return due;
}

void column_mark_put(struct step *s, struct column_mark *mark)
{
    struct due due = due_of(&s->view);
    mark->tidy_from_us = due.tidy_from_us;
    mark->file_count = due.file_count;
    mark->merge_due = due.month != MONTH_END;
    struct mark_row *row = ARENA_NEW(s->view.arena, struct mark_row);
    *row = (struct mark_row){.format = ROW_FORMAT,
                             .merge_due = mark->merge_due,
                             .file_count = mark->file_count,
                             .folded_until = mark->folded_until,
                             .taken = mark->taken,
                             .unnamed = mark->unnamed,
                             .purged_until = mark->purged_until,
                             .purged_at = mark->purged_at,
                             .tidy_from_us = mark->tidy_from_us};
    step_keyed_put(s, &column_mark_family, MARK_KEY, bytes_of(row, sizeof *row));
    moves_drop(s, due.settled < mark->folded_until ? due.settled : mark->folded_until);
}

/* --- moves that are too many --- */

static uint64_t move_oldest(const struct view *v)
{
    uint64_t first = rows_series_first(v->rows, &move_family);
    return moves_count(v) == 0 ? 0 : ((const struct column_move *)rows_series_at(v->rows, &move_family, first))->position;
}

static bool moves_are_many(const struct view *v)
{
    uint64_t share = column_mark_read(v).taken / MOVES_SHARE, least = (uint64_t)setting_int(v, &moves_kept_setting);
    share = share < least ? least : share;
    return moves_count(v) > (share > MOVES_MOST ? MOVES_MOST : share);
}

/* The file that is settled least, if the oldest move is kept for its sake. */
static size_t file_to_settle(const struct view *v, struct file_row *out_row)
{
    uint64_t least = UINT64_MAX;
    struct file_row row;
    for (uint64_t from = 0; file_next(v, from, &row); from = file_place(&row) + 1)
        if (row.settled < least) {
            least = row.settled;
            *out_row = row;
        }
    return least <= move_oldest(v);
}

/* Those of a month: of one tier, or of all (TIER_COUNT). */
static size_t files_of_month(const struct view *v, uint32_t month, uint32_t tier, struct file_row out_rows[MERGE_FILES_MAX])
{
    size_t count = 0;
    struct file_row row;
    for (uint64_t from = (uint64_t)month << POSITION_BITS; count < MERGE_FILES_MAX && file_next(v, from, &row) && row.month == month;
         from = file_place(&row) + 1)
        if (tier == TIER_COUNT || tier_of(&row) == tier)
            out_rows[count++] = row;
    return count;
}

size_t files_to_merge(const struct view *v, struct file_row out_rows[MERGE_FILES_MAX])
{
    struct column_mark mark = column_mark_read(v);
    int64_t quiet_us = setting_int(v, &tidy_seconds_setting) * US_PER_SECOND;
    bool is_tidying = mark.tidy_from_us < INT64_MAX && v->now_us - mark.tidy_from_us >= quiet_us;
    if (mark.merge_due || is_tidying) {
        struct due due = due_of(v);
        return due.month != MONTH_END ? files_of_month(v, due.month, due.tier, out_rows)
                                      : files_of_month(v, due.tidy_month, TIER_COUNT, out_rows);
    }
    return moves_are_many(v) ? file_to_settle(v, out_rows) : 0;
}
