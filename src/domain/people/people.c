#include "domain/people/people.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/people/find.h"
#include "domain/people/profile.h"
#include "domain/people/refold.h"
#include "engine/stow.h"
#include "lib/json.h"


/* --- sections --- */

const struct family long_family = {.id = 33, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_section"};

static struct bytes merge_traits(const struct view *v, struct bytes x, struct bytes y)
{
    return traits_merge(section_resolve(v, x), section_resolve(v, y), v->arena);
}

static struct bytes merge_counters(const struct view *v, struct bytes x, struct bytes y)
{
    return counters_merge(section_resolve(v, x), section_resolve(v, y), v->arena);
}

static struct bytes merge_consents(const struct view *v, struct bytes x, struct bytes y)
{
    return consents_merge(section_resolve(v, x), section_resolve(v, y), v->arena);
}

const struct section traits_section = {.id = 1, .kind = SECTION_FOLD, .name = "traits", .merge = merge_traits, .beyond = &long_family};
const struct section counters_section = {.id = 2, .kind = SECTION_FOLD, .name = "counters", .merge = merge_counters, .beyond = &long_family};
const struct section consents_section = {.id = 3, .kind = SECTION_FOLD, .name = "consents", .merge = merge_consents, .beyond = &long_family};
const struct section found_section = {.id = 4, .kind = SECTION_FOLD, .name = "found", .merge = found_merge};

static const struct section *const sections[] = {&traits_section, &counters_section, &consents_section, &found_section};
static const struct section *const long_sections[] = {&traits_section, &counters_section, &consents_section};

/* --- hearing --- */

static void hear_resolved(struct step *s, const void *fact)
{
    profile_on_event(s, fact);
}

/* The sections themselves were combined by identity. */
static void hear_merged(struct step *s, const void *fact)
{
    const struct merged *m = fact;
    uint32_t living = identity_living(&s->view, m->survivor);
    for (size_t i = 0; i < COUNT_OF(long_sections); i++) {
        section_restow(s, living, long_sections[i]);
        section_unstow(s, m->absorbed, long_sections[i]);
        if (m->survivor != living)
            section_unstow(s, m->survivor, long_sections[i]);
    }
    refold_on_merge(s, m->absorbed, living);
    if (m->survivor != living)
        refold_on_merge(s, m->survivor, living);
}

static void hear_split(struct step *s, const void *fact)
{
    refold_on_split(s, fact);
}

static void hear_identifiers_changed(struct step *s, const void *fact)
{
    const struct identifiers_changed *changed = fact;
    find_phones(s, changed->person, changed->list, changed->count);
}

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct profile_changed *changed = fact;
    struct hash128 id = identity_public_id(v, changed->person);
    char text[33]; /* as everywhere: 32 hexadecimal digits, the high half first */
    (void)snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, id.high, id.low);
    json_key(out, "person");
    json_put_text(out, text);
    json_key(out, "changed");
    json_put_text(out, changed->trait == 0 ? "consent" : "trait");
    if (changed->trait == 0)
        return;
    json_key(out, "trait");
    json_put_string(out, name_text(v, NAME_TRAIT, changed->trait));
}

const struct fact_kind fact_profile_changed = {
    .id = 0x0401, .name = "profile_changed", .print = changed_print, .about = "A trait of a person has another value, or a consent was given or withdrawn."};

/* --- the table --- */

static uint64_t find_entries(const struct view *v)
{
    return rows_series_end(v->rows, &find_token_family) - rows_series_first(v->rows, &find_token_family);
}

static uint64_t refolds_waiting(const struct view *v)
{
    struct rows_usage usage;
    rows_usage(v->rows, &usage);
    return usage.rows[pending_family.id];
}

static const struct family *const families[] = {
    &refold_family, &pending_family, &source_family, &long_family, &find_token_family, &find_person_family,
    &find_filter_family, &origin_family,
};
static const struct listener hears[] = {
    {&fact_resolved, hear_resolved},
    {&fact_merged, hear_merged},
    {&fact_split, hear_split},
    {&fact_identifiers_changed, hear_identifiers_changed},
};
static const struct fact_kind *const says[] = {&fact_profile_changed};
static const struct work_kind *const works[] = {&refold_work};
static const struct metric metrics[] = {
    {"kith_people_refolds_waiting", "Parts of split people whose events are being read again.", refolds_waiting},
    {"kith_people_find_entries", "Entries of the search columns.", find_entries},
};
static const struct command commands[] = {
    {COMMAND_REFOLDED, "people.refolded", REFOLDED_BYTES_MAX, ROLE_SYSTEM, NULL, refolded_needs, refolded_apply,
     "Installs what the events of split people add up to.", NULL},
    {COMMAND_SOURCE, "people.source", SOURCE_RULE_BYTES, ROLE_WRITE, source_check, NULL, source_apply,
     "Says how much a source is trusted about traits (0 best, 100 where nothing is said), and whether its earliest or its latest value "
     "stands. Holds for events from then on.",
     NULL},
};

const struct domain people_domain = {
    .number = 0x04,
    .name = "people",
    .about = "What is known of a person now: traits, counters, consents, and how a person is found.",
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
    .works = works,
    .work_count = COUNT_OF(works),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .forget = refold_on_forget,
};
