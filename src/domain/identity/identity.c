#include "domain/identity/identity.h"

#include "domain/identity/erase.h"
#include "domain/identity/known.h"
#include "domain/identity/print.h"
#include "domain/identity/review.h"
#include "domain/identity/vacant.h"
#include "domain/identity/verbs.h"

static const struct family *const families[] = {&index_family,     &public_family, &type_family,   &block_family, &namespace_family,
                                                &overflow_family,  &totals_family, &review_family, &act_family,   &known_family,     &erasure_family,
                                                &erasure_list_family, &vacant_family};

/* Identity joins its own section itself, before it says that people are one. */
const struct section identity_section = {.id = 0, .kind = SECTION_FOLD, .name = "identity"};
static const struct section *const sections[] = {&identity_section};

const struct fact_kind fact_resolved = {0x0301, "resolved", resolved_print, "An event found its person, or that it is nobody's."};
const struct fact_kind fact_merged = {0x0302, "person_merged", merged_print, "Two people were found to be one."};
const struct fact_kind fact_split = {0x0303, "person_split", split_print, "One person was found to be several."};
const struct fact_kind fact_quarantined = {0x0304, "identifier_quarantined", quarantined_print, "An identifier was set aside as a hub."};
const struct fact_kind fact_identifiers_changed = {0x0306, "identifiers_changed", NULL, "A person is known by other identifiers, to others, or is no more."};
const struct fact_kind fact_id_type_changed = {0x0305, "identifier_type_changed", id_type_changed_print, "A type of identifier was declared or changed."};
static const struct fact_kind *const says[] = {&fact_resolved,    &fact_merged,              &fact_split,
                                               &fact_quarantined, &fact_identifiers_changed, &fact_id_type_changed,
                                               &fact_person_erased};

const struct fact_kind fact_person_erased = {0x0307, "person_erased", person_erased_print, "Somebody was erased: what others keep of this public id should go too."};

static const struct command commands[] = {
    {COMMAND_ERASE, "identity.erase", ERASE_PAYLOAD_BYTES_MAX, ROLE_ADMIN, erase_check, erase_needs, erase_apply,
     "Erases a person: hidden at once, purged from files by and by. Only a hash stays, so that no import brings them back.", NULL},
    {COMMAND_BIND, "identity.bind", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, bind_check, act_needs, bind_apply,
     "Says that identifiers are one person; new ones are taken in. Limits of types hold.", NULL},
    {COMMAND_UNBIND, "identity.unbind", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, unbind_check, act_needs, unbind_apply,
     "Takes an identifier, with its children, off its person; it keeps the events it owns.", NULL},
    {COMMAND_MERGE, "identity.merge", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, merge_check, act_needs, merge_apply,
     "Says that the people of these identifiers are one, whatever the limits of types.", NULL},
    {COMMAND_SPLIT, "identity.split", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, split_check, act_needs, split_apply,
     "Makes these identifiers another person, never to be merged again with the rest.", NULL},
    {COMMAND_NEVER_MERGE, "identity.never_merge", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, never_merge_check, act_needs, never_merge_apply,
     "Keeps the people of two identifiers apart, and takes them apart when they are one.", NULL},
    {COMMAND_UNDO, "identity.undo", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, undo_check, undo_needs, undo_apply,
     "Takes back the act that was logged at a position.", NULL},
    {COMMAND_TYPE, "identity.type", TYPE_RULE_BYTES_MAX, ROLE_ADMIN, type_check, NULL, type_apply,
     "Declares a type of identifiers, or changes one; what was joined before stays.", NULL},
    {COMMAND_BLOCK, "identity.block", ACT_PAYLOAD_BYTES_MAX, ROLE_ADMIN, block_check, act_needs, block_apply,
     "Blocks a value, so that it never counts, or lets it count again.", NULL},
    {COMMAND_REVIEW, "identity.review", ACT_PAYLOAD_BYTES_MAX, ROLE_WRITE, review_check, act_needs, review_apply,
     "Decides on a quarantined identifier: release it, give it to a person, or block it.", NULL},
};

static void hear_arrived(struct step *s, const void *fact)
{
    resolve_arrived(s, fact);
}

static const struct listener hears[] = {{&fact_arrived, hear_arrived}};
static const struct job_kind *const jobs[] = {&take_apart_job, &acts_forget_job, &numbers_forget_job};
static const struct setting *const settings[] = {&hub_partners, &hub_days, &acts_kept};

#define DEFINE_METRIC(field)                                 \
    static uint64_t metric_##field(const struct view *v)     \
    {                                                        \
        return totals_read(v).field;                         \
    }

DEFINE_METRIC(people)
DEFINE_METRIC(identifiers)
DEFINE_METRIC(merges)
DEFINE_METRIC(splits)
DEFINE_METRIC(conflicts)
DEFINE_METRIC(moves)
DEFINE_METRIC(quarantined)
DEFINE_METRIC(collisions)

static const struct metric metrics[] = {
    {"kith_identity_people", "Living people.", metric_people},
    {"kith_identity_identifiers", "Identifiers in force.", metric_identifiers},
    {"kith_identity_merges", "Merges so far.", metric_merges},
    {"kith_identity_splits", "Splits so far.", metric_splits},
    {"kith_identity_conflicts", "Identifiers that could not join their event's person.", metric_conflicts},
    {"kith_identity_moves", "Identifiers passed on to another person.", metric_moves},
    {"kith_identity_quarantined", "Identifiers that wait for a review.", metric_quarantined},
    {"kith_identity_collisions", "Identifiers left out because another one has their key.", metric_collisions},
};

const struct domain identity_domain = {
    .number = 0x03,
    .name = "identity",
    .about = "Which identifiers are one person, why, and since when.",
    .families = families, .family_count = COUNT_OF(families),
    .sections = sections, .section_count = COUNT_OF(sections),
    .commands = commands, .command_count = COUNT_OF(commands),
    .says = says, .say_count = COUNT_OF(says),
    .hears = hears, .hear_count = COUNT_OF(hears),
    .jobs = jobs, .job_count = COUNT_OF(jobs),
    .settings = settings, .setting_count = COUNT_OF(settings),
    .metrics = metrics, .metric_count = COUNT_OF(metrics),
    .forget = identity_forget,
};
