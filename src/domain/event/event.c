/* The table, what a step does, and what can be asked of the rows. */
#include "domain/event/event.h"

#include <string.h>

#include "domain/event/named.h"
#include "domain/event/tail.h"
#include "domain/event/work.h"

static const struct refusal already_folded = {"already_folded", "These events were folded before: nothing is to do.",
                                              "这些事件已经归档,无需处理。"};
static const struct refusal runs_changed = {"runs_changed", "These runs are not there any more: they will be merged anew.",
                                            "这些归档文件已发生变化,将重新合并。"};

/* --- an event --- */

static void hear_resolved(struct step *s, const void *fact)
{
    const struct resolved *r = fact;
    struct event_note *note = arena_take(s->view.arena, sizeof *note, _Alignof(struct event_note));
    *note = (struct event_note){.position = s->view.position,
                                .person = r->person,
                                .event = (uint16_t)r->arrived->event,
                                .brand = (uint16_t)r->arrived->brand,
                                .owner = r->owner};
    if (rows_series_first(s->view.rows, &note_family) == rows_series_end(s->view.rows, &note_family)) {
        struct fold_mark mark = fold_mark_read(&s->view);
        mark.since_us = s->view.now_us;
        fold_mark_put(s, &mark);
    }
    tail_push(s, note);
    naming_note(s, &r->arrived->envelope, r->person);
}

/* --- results of work --- */

static fallible folded_check(struct bytes payload, struct err *e)
{
    struct folded f;
    return folded_unpack(payload, &f, e);
}

/* Are these the oldest notes, all of them? */
static bool is_next_fold(const struct view *v, const struct folded *f)
{
    uint64_t first = rows_series_first(v->rows, &note_family), end = rows_series_end(v->rows, &note_family);
    if (f->first_index != first || f->run.sum.count > end - first)
        return false;
    const struct event_note *oldest = rows_series_at(v->rows, &note_family, first);
    uint64_t oldest_position = oldest->position;
    const struct event_note *last = rows_series_at(v->rows, &note_family, first + f->run.sum.count - 1);
    return oldest_position == f->run.first && last->position + 1 == f->run.until;
}

static const struct refusal *folded_apply(struct step *s, struct bytes payload)
{
    struct folded f;
    struct status status = folded_unpack(payload, &f, NULL);
    assert(done(status)); /* folded_check has seen it */
    if (!is_next_fold(&s->view, &f))
        return &already_folded;
    tail_drop(s, f.first_index + f.run.sum.count);
    run_put(s, &f.run, f.packed);
    log_retire(s, &f.run);
    struct fold_mark mark = {.folded_until = f.run.until, .since_us = f.last_us};
    fold_mark_count(&s->view, &mark);
    fold_mark_put(s, &mark);
    return NULL;
}

static fallible merged_check(struct bytes payload, struct err *e)
{
    struct merged_runs m;
    return merged_unpack(payload, &m, e);
}

static const struct refusal *merged_apply(struct step *s, struct bytes payload)
{
    struct merged_runs m;
    struct run_row gone[MERGE_RUNS_MAX];
    uint64_t count = 0;
    struct status status = merged_unpack(payload, &m, NULL);
    assert(done(status)); /* merged_check has seen it */
    for (uint32_t i = 0; i < m.removed_count; i++) {
        if (!run_find(&s->view, m.removed[i], &gone[i]) || strcmp(gone[i].name, m.run.name) == 0)
            return &runs_changed;
        count += gone[i].sum.count;
    }
    if (count != m.run.sum.count)
        return &runs_changed;
    for (uint32_t i = 0; i < m.removed_count; i++)
        run_retire(s, &gone[i]);
    run_put(s, &m.run, m.packed);
    struct fold_mark mark = fold_mark_read(&s->view);
    fold_mark_count(&s->view, &mark);
    fold_mark_put(s, &mark);
    return NULL;
}

static fallible purged_check(struct bytes payload, struct err *e)
{
    struct purged p;
    return purged_unpack(payload, &p, e);
}

static const struct refusal *purged_apply(struct step *s, struct bytes payload)
{
    struct purged p;
    struct run_row before;
    struct status status = purged_unpack(payload, &p, NULL);
    assert(done(status)); /* purged_check has seen it */
    if (p.is_over) {
        purged_put(s, p.until);
        return NULL;
    }
    if (!run_find(&s->view, p.first, &before) || strcmp(before.name, p.before) != 0)
        return &runs_changed;
    run_retire(s, &before);
    if (!p.is_empty)
        run_put(s, &p.run, p.packed);
    struct fold_mark mark = fold_mark_read(&s->view);
    fold_mark_count(&s->view, &mark);
    fold_mark_put(s, &mark);
    return NULL;
}

static const struct refusal *swept_apply(struct step *s, struct bytes payload)
{
    work_sweep_apply(s, &run_files, payload);
    return NULL;
}

/* --- reading --- */

bool event_purge_is_swept(const struct view *v)
{
    struct work_retired retired;
    return !work_retired_next(v, &run_files, BYTES_NONE, &retired) || retired.position > purged_at(v);
}

uint64_t event_purged_until(const struct view *v)
{
    return purged_until(v);
}

uint64_t event_count(const struct view *v)
{
    return rows_series_end(v->rows, &note_family);
}

uint64_t event_count_named(const struct view *v, uint32_t event)
{
    return tail_count_named(v, event);
}

uint64_t event_count_of_brand(const struct view *v, uint32_t brand)
{
    return tail_count_of_brand(v, brand);
}

void event_counts_add(const struct view *v, uint32_t brand, uint64_t counts[EVENT_NAMES])
{
    tail_counts_add(v, brand, counts);
}

uint64_t event_folded_until(const struct view *v)
{
    return fold_mark_read(v).folded_until;
}

uint64_t event_folded_count(const struct view *v)
{
    return rows_series_first(v->rows, &note_family);
}

static uint64_t run_count(const struct view *v)
{
    return fold_mark_read(v).run_count;
}

static uint64_t log_needed(const struct view *v)
{
    uint64_t first = rows_series_first(v->rows, &note_family), retired = retired_log_from(v), needed = v->position;
    if (tail_count(v) > 0)
        needed = ((const struct event_note *)rows_series_at(v->rows, &note_family, first))->position;
    return needed < retired ? needed : retired;
}

/* --- the table --- */

static const struct family *const families[] = {&note_family, &run_family, &retired_family, &fold_family, &named_family, &filter_family, &brand_named_family,
                                                &naming_family};
static const struct listener hears[] = {{&fact_resolved, hear_resolved}};
static const struct work_kind *const works[] = {&fold_work, &merge_work, &sweep_work, &purge_work};
static const struct setting *const settings[] = {&fold_events_setting, &fold_seconds_setting};
static const struct command commands[] = {
    {COMMAND_FOLDED, "event.folded", FOLDED_BYTES_MAX, ROLE_SYSTEM, folded_check, NULL, folded_apply,
     "The oldest events of the log are in a run now.", NULL},
    {COMMAND_RUNS_MERGED, "event.runs_merged", MERGED_BYTES_MAX, ROLE_SYSTEM, merged_check, NULL, merged_apply,
     "Some runs are one now; their files are given up.", NULL},
    {COMMAND_RUNS_SWEPT, "event.runs_swept", WORK_SWEEP_BYTES_MAX, ROLE_SYSTEM, work_sweep_check, NULL, swept_apply,
     "What was given up before the last checkpoint but one is gone: files of merged runs, and parts of the log.", NULL},
    {COMMAND_RUN_PURGED, "event.run_purged", PURGED_BYTES_MAX, ROLE_SYSTEM, purged_check, NULL, purged_apply,
     "Events of somebody who was erased are gone from a run; or from all of them.", NULL},
};
static const struct metric metrics[] = {
    {"kith_events", "Events kept.", event_count},
    {"kith_events_unfolded", "Events that are in the log only: how far folding is behind. Bounded by an eighth of the memory budget; at that bound commands wait.", tail_count},
    {"kith_event_runs", "Runs of folded events.", run_count},
};

static const char *const folders[] = {RUN_FOLDER};

const struct domain event_domain = {
    .number = 0x05,
    .name = "event",
    .about = "Events, every one, in the order of their people.",
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
    .log_needed = log_needed,
    .forget = naming_forget,
};
