#include "domain/scope/scope.h"

#include "domain/scope/reach.h"
#include "domain/scope/shares.h"
#include "lib/json.h"

/* --- hearing --- */

static void hear_identifiers_changed(struct step *s, const void *fact)
{
    const struct identifiers_changed *changed = fact;
    reach_refresh(s, changed->person);
}

static void hear_profile_changed(struct step *s, const void *fact)
{
    const struct profile_changed *changed = fact;
    if (changed->trait == 0)
        reach_refresh(s, changed->person);
}

static void hear_relation_changed(struct step *s, const void *fact)
{
    const struct relation_changed *changed = fact;
    reach_refresh(s, changed->person);
}

/* Consents to an entity speak to other brands now, or openids serve another channel. */
static void hear_all_changed(struct step *s, const void *fact)
{
    (void)fact;
    recount_start(s);
}

/* --- saying --- */

static void put_entity(const struct view *v, const char *key, uint32_t entity, struct json_writer *out)
{
    json_key(out, key);
    if (entity == 0)
        json_put_null(out);
    else
        json_put_string(out, name_text(v, NAME_ENTITY, entity));
}

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct scope_changed *changed = fact;
    put_entity(v, "from", changed->from, out);
    put_entity(v, "to", changed->to, out);
    json_key(out, "shared");
    json_put_bool(out, !changed->is_end);
}

const struct fact_kind fact_scope_changed = {
    .id = 0x0B01,
    .name = "scope_changed",
    .print = changed_print,
    .about = "An entity began to share with another one, shares otherwise, or stopped."};

/* --- the table --- */

static uint64_t rows_of(const struct view *v, const struct family *f)
{
    struct rows_usage usage;
    rows_usage(v->rows, &usage);
    return usage.rows[f->id];
}

static uint64_t shares_kept(const struct view *v)
{
    return rows_of(v, &share_family);
}

static uint64_t stops_kept(const struct view *v)
{
    return rows_of(v, &stop_family);
}

static const struct family *const families[] = {&share_family, &share_act_family,  &reach_count_family,
                                                &stop_family,  &long_reach_family, &recount_family};
static const struct section *const sections[] = {&reach_section};
static const struct listener hears[] = {
    {&fact_identifiers_changed, hear_identifiers_changed},
    {&fact_profile_changed, hear_profile_changed},
    {&fact_relation_changed, hear_relation_changed},
    {&fact_brand_moved, hear_all_changed},
    {&fact_app_turned, hear_all_changed},
};
static const struct fact_kind *const says[] = {&fact_scope_changed};
static const struct timer_kind *const timers[] = {&reach_timer};
static const struct job_kind *const jobs[] = {&recount_job};
static const struct metric metrics[] = {
    {"kith_scope_shares", "Sharing edges between legal entities, those that are over among them.", shares_kept},
    {"kith_scope_stops", "Identifiers on the stop list.", stops_kept},
};
static const struct command commands[] = {
    {COMMAND_SHARE, "scope.share", SHARE_PAYLOAD_BYTES_MAX, ROLE_ADMIN, share_check, NULL, share_apply,
     "Lets the brands of one legal entity see what the brands of another one have; replaces what was said of the two "
     "before.",
     NULL},
    {COMMAND_UNSHARE, "scope.unshare", SHARE_PAYLOAD_BYTES_MAX, ROLE_ADMIN, share_check, NULL, unshare_apply,
     "Ends what is shared from one legal entity to another, at once.", NULL},
    {COMMAND_SUPPRESS, "scope.suppress", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, suppress_check, suppress_needs,
     suppress_apply,
     "Puts an identifier on the stop list, or takes it off: whoever has it isn't written to or called there.", NULL},
};

const struct domain scope_domain = {
    .number = 0x0B,
    .name = "scope",
    .about = "Whose data whom may see, and whom one may reach.",
    .families = families,
    .family_count = COUNT_OF(families),
    .sections = sections,
    .section_count = COUNT_OF(sections),
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
    .forget = reach_forget,
};
