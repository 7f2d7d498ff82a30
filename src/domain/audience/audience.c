#include "domain/audience/audience.h"

#include <inttypes.h>

#include "domain/audience/commands.h"
#include "domain/audience/cancel.h"
#include "domain/calendar/calendar.h"
#include "domain/identity/identity.h"
#include "lib/json.h"

/* --- facts --- */

static void value_put(const struct view *v, struct json_writer *out, const char *key, const struct rule_value *value)
{
    struct buf packed = arena_buf(v->arena, ROW_BYTES_MAX);
    rule_value_pack(value, &packed);
    json_key(out, key);
    if (packed.size == 0) {
        json_put_null(out);
        return;
    }
    struct unpack u = unpack_of(buf_bytes(&packed));
    struct value plain = unpack_value(&u);
    value_print(&plain, out);
}

static void moved_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct audience_turned *f = fact;
    struct hash128 id = identity_public_id(v, f->person);
    json_key(out, "person");
    json_put_text(out, arena_printf(v->arena, "%016" PRIx64 "%016" PRIx64, id.high, id.low));
    json_key(out, audience_kind_names[f->kind]);
    json_put_string(out, f->name);
    json_key(out, "by_time");
    json_put_bool(out, f->by_time);
}

static void tag_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct audience_turned *f = fact;
    moved_print(v, fact, out);
    value_put(v, out, "before", &f->before);
    value_put(v, out, "after", &f->after);
}

const struct fact_kind fact_segment_entered = {
    .id = 0x1201, .name = "segment_entered", .print = moved_print, .about = "A person is in a segment from now on."};
const struct fact_kind fact_segment_left = {
    .id = 0x1202, .name = "segment_left", .print = moved_print, .about = "A person isn't in a segment any more."};
const struct fact_kind fact_tag_changed = {
    .id = 0x1203, .name = "tag_changed", .print = tag_print, .about = "A tag of a person has another value."};

static void list_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct audience *list = fact;
    (void)v;
    json_key(out, "list");
    json_put_uint64(out, list->number);
}

const struct fact_kind fact_list_changed = {
    .id = 0x1204,
    .name = "list_changed",
    .print = list_print,
    .about = "There is a list that people are put on, it takes something else, or it is over."};

/* --- figures --- */

static uint64_t count_of(const struct view *v, enum audience_kind kind)
{
    struct audience a;
    uint64_t count = 0;
    for (struct bytes after = BYTES_NONE; audience_next(v, kind, after, &a); after = a.name)
        count++;
    return count;
}

static uint64_t count_segments(const struct view *v)
{
    return count_of(v, AUDIENCE_SEGMENT);
}

static uint64_t count_tags(const struct view *v)
{
    return count_of(v, AUDIENCE_TAG);
}

static const struct metric metrics[] = {
    {"kith_segments", "Segments.", count_segments},
    {"kith_tags", "Tags.", count_tags},
};

/* --- the table --- */

static const struct family *const families[] = {&audience_family, &audience_number_family, &audience_naming_family,
                                                &audience_batch_family, &audience_rule_family, &audience_asked_family, &audience_group_family, &audience_frozen_family, &audience_day_family, &audience_use_family};
static const struct fact_kind *const says[] = {&fact_segment_entered, &fact_segment_left, &fact_tag_changed,
                                               &fact_list_changed};
static const struct timer_kind *const timers[] = {&growth_timer};
static const struct job_kind *const jobs[] = {&audience_filling_job, &growth_job, &audience_zone_job};
static const struct listener hears[] = {
    {&fact_rule_moved, audience_hear_moved},
    {&fact_rule_turned, audience_hear_turned},
    {&fact_zone_changed, audience_hear_zone},
};
static const struct command commands[] = {
    {COMMAND_AUDIENCE_SAVE, "audience.save", AUDIENCE_SAVE_BYTES_MAX, ROLE_WRITE, audience_save_check, NULL,
     audience_save_apply, "Keeps a tag or a segment under its name, or a new revision of it.", NULL},
    {COMMAND_AUDIENCE_END, "audience.end", AUDIENCE_END_BYTES_MAX, ROLE_WRITE, audience_end_check, NULL,
     audience_end_apply, "Ends a tag or a segment that no other names.", NULL},
    {COMMAND_AUDIENCE_CANCEL, "audience.cancel", AUDIENCE_END_BYTES_MAX, ROLE_WRITE, audience_end_check, NULL,
     audience_cancel_apply, "Takes back a change of a tag or a segment that hasn't taken over yet.", NULL},
    {COMMAND_AUDIENCE_FREEZE, "audience.freeze", AUDIENCE_FREEZE_BYTES_MAX, ROLE_WRITE, audience_freeze_check, NULL,
     audience_freeze_apply, "Puts who is in a tag or a segment now on a list of its own.", NULL},
    {COMMAND_AUDIENCE_SETTLE, "audience.settle", AUDIENCE_SETTLE_BYTES_MAX, ROLE_SYSTEM, audience_settle_check, NULL,
     audience_settle_apply, "Looks whether the rule that a save asked for was made.", NULL},
    {COMMAND_AUDIENCE_DROP, "audience.drop", AUDIENCE_DROP_BYTES, ROLE_SYSTEM, audience_drop_check, NULL,
     audience_drop_apply, "Ends a rule that nobody waits for any more.", NULL},
    {COMMAND_AUDIENCE_USED, "audience.used", AUDIENCE_USED_BYTES, ROLE_SYSTEM, audience_used_check, NULL,
     audience_used_apply, "Notes that a tag or a segment was used today, and how.", NULL},
};

const struct domain audience_domain = {
    .number = 0x12,
    .name = "audience",
    .about = "Tags and segments: rules with a name, and a meaning that may change.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .timers = timers,
    .timer_count = COUNT_OF(timers),
    .jobs = jobs,
    .job_count = COUNT_OF(jobs),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
};
