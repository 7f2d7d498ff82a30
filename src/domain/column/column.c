/* The table, what a step does, and what can be asked of the rows. */
#include "domain/column/column.h"

#include <string.h>

#include "domain/column/moves.h"
#include "domain/column/properties.h"
#include "domain/column/work.h"

static const struct refusal already_folded = {"columns_already_made", "Columns of these events were made before: nothing is to do.",
                                              "这些事件的列文件已生成,无需处理。"};
static const struct refusal files_changed = {"columns_changed", "These column files are not there any more, or others came: it will be done anew.",
                                             "这些列文件已发生变化,将重新处理。"};

/* --- results of work --- */

static fallible folded_check(struct bytes payload, struct err *e)
{
    struct column_folded f;
    return column_folded_unpack(payload, NULL, &f, e);
}

/* What was begun before an erasure doesn't know of it: once that is purged, it comes too late. */
static const struct refusal *folded_apply(struct step *s, struct bytes payload)
{
    struct column_folded f;
    struct status status = column_folded_unpack(payload, s->view.arena, &f, NULL);
    assert(done(status)); /* folded_check has seen it */
    struct column_mark mark = column_mark_read(&s->view);
    if (f.from != mark.folded_until || f.until > event_folded_until(&s->view))
        return &already_folded;
    if (mark.purged_until > f.settled)
        return &files_changed;
    for (uint32_t i = 0; i < f.file_count; i++)
        file_put(s, &f.files[i]);
    mark.unnamed += property_sights_put(s, &f.seen);
    mark.folded_until = f.until;
    mark.taken = f.taken;
    column_mark_put(s, &mark);
    return NULL;
}

/* false: the files aren't there as they were; nothing is written. */
static bool files_replace(struct step *s, struct column_merged *m)
{
    struct file_row *gone = ARENA_ARRAY(s->view.arena, struct file_row, m->removed_count);
    for (uint32_t i = 0; i < m->removed_count; i++)
        if (!file_find(&s->view, m->removed[i], &gone[i]) || strcmp(gone[i].name, m->names[i]) != 0)
            return false;
    for (uint32_t i = 0; i < m->removed_count; i++)
        file_retire(s, &gone[i]);
    if (!m->is_empty)
        file_put(s, &m->file);
    struct column_mark mark = column_mark_read(&s->view);
    column_mark_put(s, &mark);
    return true;
}

static fallible merged_check(struct bytes payload, struct err *e)
{
    struct column_merged m;
    return column_merged_unpack(payload, &m, e);
}

static const struct refusal *merged_apply(struct step *s, struct bytes payload)
{
    struct column_merged m;
    struct status status = column_merged_unpack(payload, &m, NULL);
    assert(done(status)); /* merged_check has seen it */
    return files_replace(s, &m) ? NULL : &files_changed;
}

static fallible purged_check(struct bytes payload, struct err *e)
{
    struct column_purged p;
    return column_purged_unpack(payload, &p, e);
}

/* Did a file come that was begun before the erasure, and that nobody has looked at? */
static bool is_file_unseen(const struct view *v, const struct column_purged *p)
{
    struct file_row row;
    for (uint64_t from = 0; file_next(v, from, &row); from = file_place(&row) + 1)
        if (row.settled <= p->erasure && row.installed >= p->looked)
            return true;
    return false;
}

static const struct refusal *purged_apply(struct step *s, struct bytes payload)
{
    struct column_purged p;
    struct status status = column_purged_unpack(payload, &p, NULL);
    assert(done(status)); /* purged_check has seen it */
    if (!p.is_over)
        return files_replace(s, &p.rewritten) ? NULL : &files_changed;
    if (is_file_unseen(&s->view, &p))
        return &files_changed;
    struct column_mark mark = column_mark_read(&s->view);
    mark.purged_until = p.erasure + 1;
    mark.purged_at = s->view.position;
    column_mark_put(s, &mark);
    return NULL;
}

static const struct refusal *swept_apply(struct step *s, struct bytes payload)
{
    work_sweep_apply(s, &column_files, payload);
    return NULL;
}

/* --- reading --- */

uint64_t column_folded_until(const struct view *v)
{
    return column_mark_read(v).folded_until;
}

uint64_t column_purged_until(const struct view *v)
{
    return column_mark_read(v).purged_until;
}

bool column_purge_is_swept(const struct view *v)
{
    struct work_retired retired;
    return !work_retired_next(v, &column_files, BYTES_NONE, &retired) || retired.position > column_mark_read(v).purged_at;
}

static uint64_t events_of_files(const struct view *v)
{
    uint64_t count = 0;
    struct file_row row;
    for (uint64_t from = 0; file_next(v, from, &row); from = file_place(&row) + 1)
        count += row.sum.count;
    return count;
}

static uint64_t bytes_of_files(const struct view *v)
{
    uint64_t bytes = 0;
    struct file_row row;
    for (uint64_t from = 0; file_next(v, from, &row); from = file_place(&row) + 1)
        bytes += row.sum.bytes;
    return bytes;
}

static uint64_t events_waiting(const struct view *v)
{
    uint64_t folded = event_folded_count(v), taken = column_mark_read(v).taken;
    return folded > taken ? folded - taken : 0;
}

static uint64_t file_count(const struct view *v)
{
    return column_mark_read(v).file_count;
}

static uint64_t properties_unnamed(const struct view *v)
{
    return column_mark_read(v).unnamed;
}

/* --- the table --- */

static const struct family *const families[] = {&column_file_family, &column_retired_family, &column_mark_family,
                                                &move_family,        &property_family,       &property_words_family};
static const struct listener hears[] = {{&fact_merged, moves_hear_merged}, {&fact_split, moves_hear_split}};
static const struct work_kind *const works[] = {&column_fold_work, &column_merge_work, &column_sweep_work, &column_purge_work};
static const struct setting *const settings[] = {&moves_kept_setting, &tidy_seconds_setting};
static const struct command commands[] = {
    {COMMAND_COLUMN_FOLDED, "column.folded", COLUMN_FOLDED_BYTES_MAX, ROLE_SYSTEM, folded_check, NULL, folded_apply,
     "The oldest events that only runs had are in column files too.", NULL},
    {COMMAND_COLUMN_MERGED, "column.merged", COLUMN_MERGED_BYTES_MAX, ROLE_SYSTEM, merged_check, NULL, merged_apply,
     "Some column files of a month are one now; their files are given up.", NULL},
    {COMMAND_COLUMN_SWEPT, "column.swept", WORK_SWEEP_BYTES_MAX, ROLE_SYSTEM, work_sweep_check, NULL, swept_apply,
     "Column files that were given up before the last checkpoint but one are gone.", NULL},
    {COMMAND_COLUMN_PURGED, "column.purged", COLUMN_PURGED_BYTES_MAX, ROLE_SYSTEM, purged_check, NULL, purged_apply,
     "Rows of somebody who was erased are gone from a column file; or from all of them.", NULL},
    {COMMAND_COLUMN_PROPERTY, "column.property", PROPERTY_WORDS_BYTES_MAX, ROLE_ADMIN, property_check, NULL, property_apply,
     "Says of a property what it is called and means, whether it is personal, or that it isn't to be taken into columns.", NULL},
};
static const struct metric metrics[] = {
    {"kith_column_events", "Events in column files.", events_of_files},
    {"kith_column_bytes", "Bytes of column files in force.", bytes_of_files},
    {"kith_column_files", "Column files in force.", file_count},
    {"kith_column_waiting", "Events in runs that are in no column file yet; questions read them where they are, up to 4,194,304.", events_waiting},
    {"kith_column_moves", "Merged, parted and erased people that some column file doesn't know of.", moves_count},
    {"kith_column_properties_unnamed", "Values of properties that came when 16,384 properties, or 4,096 at once, had names: they are counted only.",
     properties_unnamed},
};

static const char *const folders[] = {COLUMN_FOLDER};

const struct domain column_domain = {
    .number = 0x0F,
    .name = "column",
    .about = "Events again as columns, which questions about sequences read.",
    .families = families,
    .family_count = COUNT_OF(families),
    .folders = folders,
    .folder_count = COUNT_OF(folders),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .works = works,
    .work_count = COUNT_OF(works),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .forget = moves_forget,
};
