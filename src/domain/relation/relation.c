#include "domain/relation/relation.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "domain/relation/hand_over.h"
#include "domain/relation/note.h"
#include "domain/relation/payload.h"
#include "domain/relation/roll.h"
#include "domain/relation/types.h"
#include "engine/stow.h"
#include "lib/json.h"

/* --- the section --- */

static const struct family long_relations_family = {
    .id = 93, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_relations"};

static struct bytes merge_relations(const struct view *v, struct bytes x, struct bytes y)
{
    return strands_merge(section_resolve(v, x), section_resolve(v, y), v->arena);
}

const struct section relations_section = {
    .id = 5, .kind = SECTION_FOLD, .name = "relations", .merge = merge_relations, .beyond = &long_relations_family};

size_t relation_list(const struct view *v, uint32_t person, const struct relation **out_list)
{
    struct relation *list;
    struct strands strands = strands_decode(section_read(v, person, &relations_section), v->arena);
    size_t count = strands_relations(&strands, 0, v, &list);
    *out_list = list;
    return count;
}

static bool is_to_person(const struct thing_ref *ref)
{
    return bytes_equal(ref->kind, BYTES_LIT(RELATION_TO_PERSON));
}

int64_t relation_erased_until(const struct view *v, const struct thing_ref *ref)
{
    return is_to_person(ref) ? identity_erased_until(v, relation_person_plain(ref->id)) : INT64_MIN;
}

uint32_t relation_other(const struct view *v, const struct thing_ref *ref, int64_t begun_us)
{
    if (!is_to_person(ref) || begun_us < relation_erased_until(v, ref))
        return PERSON_NONE;
    return identity_living(v, identity_of_owner(v, relation_person_plain(ref->id)));
}

/* --- commands --- */

static const struct refusal unknown_identifier = {"unknown_identifier",
                                                  "Nobody has this identifier: check its type, namespace and value.",
                                                  "没有人持有这个标识,请检查类型、命名空间和值。"};
static const struct refusal unknown_brand = {"unknown_brand",
                                             "No such brand is known: declare it, or check how it is written.",
                                             "没有这个品牌,请先声明,或检查写法。"};
static const struct refusal far_ahead = {"time_ahead", "The time lies more than a day ahead.",
                                         "时间在一天之后的未来。"};

static const struct refusal unfit = {
    "relation_unfit", "The type of the relation isn't declared, or doesn't allow this end, role or reason.",
    "该关系类型未声明,或不允许这样的对象、角色或原因。"};

/* Under which key it is kept, and whose that is. false: nobody has the identifier, or no such holder ever had it. */
static bool owner_find(const struct view *v, const struct relation_put *put, struct hash128 *out_owner,
                       uint32_t *out_person)
{
    const struct envelope_id *id = &put->id;
    if (put->holder == 0) {
        *out_person = identity_find(v, id->type, id->ns, id->value, id->key);
        return identity_owner_key(v, id, out_owner);
    }
    if (!identity_owner_of_rank(v, id->key, put->holder, out_owner))
        return false;
    *out_person = identity_of_owner(v, *out_owner);
    return *out_person != PERSON_NONE && identity_owned(v, *out_owner) != NULL;
}

static void put_needs(const struct view *v, struct bytes payload)
{
    struct relation_put put;
    struct hash128 owner;
    uint32_t person;
    if (done(relation_put_unpack(payload, &put, NULL)))
        (void)owner_find(v, &put, &owner, &person);
}

static const struct refusal *put_apply(struct step *s, struct bytes payload, const struct act *act)
{
    struct relation_put put;
    struct status status = relation_put_unpack(payload, &put, NULL);
    assert(done(status));
    (void)status;
    const struct relation_type *type = relation_type_numbered(&s->view, put.type);
    struct note note = {.strand = {.type = put.type, .ref = put.ref},
                        .has_act = act != NULL,
                        .time_us = put.time_us,
                        .attributes = put.attributes};
    uint32_t person;
    if (put.is_import)
        s->cause = CAUSE_IMPORT;
    if (type == NULL || failed(relation_put_fits(type, &put, NULL)))
        return &unfit;
    if (put.time_us > s->view.now_us + RELATION_FUTURE_US_MAX)
        return &far_ahead;
    note.strand.brand = put.brand.size == 0 ? 0 : name_number(&s->view, NAME_BRAND, put.brand);
    if (put.brand.size > 0 && note.strand.brand == 0)
        return &unknown_brand;
    if (!owner_find(&s->view, &put, &note.strand.owner, &person))
        return &unknown_identifier;
    if (act != NULL)
        note.act = (struct act){put.time_us, act->is_end, put.reason, put.by};
    relation_note(s, person, &note, 1);
    return NULL;
}

static const struct refusal *begin_apply(struct step *s, struct bytes payload)
{
    return put_apply(s, payload, &(struct act){.is_end = false});
}

static const struct refusal *end_apply(struct step *s, struct bytes payload)
{
    return put_apply(s, payload, &(struct act){.is_end = true});
}

static const struct refusal *set_apply(struct step *s, struct bytes payload)
{
    return put_apply(s, payload, NULL);
}

/* --- hearing --- */

static void hear_resolved(struct step *s, const void *fact)
{
    relations_on_event(s, fact);
}

static void hear_merged(struct step *s, const void *fact)
{
    relations_on_merge(s, fact);
}

static void hear_split(struct step *s, const void *fact)
{
    relations_on_split(s, fact);
}

/* --- the fact --- */

static void put_person(const struct view *v, const char *key, uint32_t person, struct json_writer *out)
{
    struct hash128 id = identity_public_id(v, person);
    char text[33]; /* as everywhere: 32 hexadecimal digits, the high half first */
    (void)snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, id.high, id.low);
    json_key(out, key);
    json_put_text(out, text);
}

static void put_member(const char *key, struct bytes text, struct json_writer *out)
{
    if (text.size == 0)
        return;
    json_key(out, key);
    json_put_string(out, text);
}

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    static const char *const words[] = {
        [RELATION_BEGAN] = "began", [RELATION_ENDED] = "ended", [RELATION_ALTERED] = "altered"};
    const struct relation_changed *f = fact;
    put_person(v, "person", f->person, out);
    json_key(out, "relation");
    json_put_text(out, f->type->name);
    put_member("brand", name_text(v, NAME_BRAND, f->brand), out);
    put_member("kind", f->ref.kind, out);
    put_member("ns", f->ref.ns, out);
    if (!is_to_person(&f->ref)) /* whose identifier that is is looked up, not told */
        put_member("id", f->ref.id, out);
    json_key(out, "change");
    json_put_text(out, words[f->change]);
    put_member("reason", f->reason, out);
}

const char *const relation_by_names[RELATION_BY_COUNT] = {[RELATION_BY_NOBODY] = "nobody",
                                                          [RELATION_BY_TOKEN] = "token",
                                                          [RELATION_BY_STAFF] = "staff",
                                                          [RELATION_BY_BOT] = "bot",
                                                          [RELATION_BY_SYSTEM] = "system"};

const struct fact_kind fact_relation_changed = {
    .id = 0x0A01,
    .name = "relation_changed",
    .print = changed_print,
    .about = "A relation of a person began, ended, or says something else."};

/* --- the table --- */

static const struct family *const families[] = {&roll_family, &roll_index_family, &hand_over_family,
                                                &long_relations_family, &relation_type_family};
static const struct section *const sections[] = {&relations_section};
static const struct fact_kind *const says[] = {&fact_relation_changed, &fact_relation_type_changed,
                                               &fact_relation_listed};
static const struct listener hears[] = {
    {&fact_resolved, hear_resolved}, {&fact_merged, hear_merged}, {&fact_split, hear_split}};
static const struct job_kind *const jobs[] = {&hand_over_job};
static const struct setting *const settings[] = {&relation_loyal_orders, &relation_loyal_days, &relation_lost_days};
static const struct command commands[] = {
    {COMMAND_RELATION_BEGIN, "relation.begin", RELATION_PAYLOAD_BYTES_MAX, ROLE_WRITE, relation_put_check, put_needs,
     begin_apply, "A relation of a person begins, or says more of itself.", NULL},
    {COMMAND_RELATION_END, "relation.end", RELATION_PAYLOAD_BYTES_MAX, ROLE_WRITE, relation_put_check, put_needs,
     end_apply, "A relation of a person ends, with a reason.", NULL},
    {COMMAND_RELATION_SET, "relation.set", RELATION_PAYLOAD_BYTES_MAX, ROLE_WRITE, relation_put_check, put_needs,
     set_apply, "Attributes of a relation, from a time on.", NULL},
    {COMMAND_RELATION_LISTED, "relation.listed", LISTED_BYTES_MAX, ROLE_SYSTEM, listed_check, listed_needs,
     listed_apply, "Brings the lists of people in line with their relations.", NULL},
    {COMMAND_RELATION_HAND_OVER, "relation.hand_over", HAND_OVER_BYTES_MAX, ROLE_WRITE, hand_over_check,
     hand_over_needs, hand_over_apply, "Hands relations to somebody of staff over to others, in turn.", NULL},
    {COMMAND_RELATION_TYPE, "relation.type", RELATION_TYPE_BYTES_MAX, ROLE_ADMIN, relation_type_check, NULL,
     relation_type_apply, "Declares a type of relations, or says something else of one.", NULL},
};

const struct domain relation_domain = {
    .number = 0x0A,
    .name = "relation",
    .about = "What ties people to things and to each other, from when to when; hand-overs; how far somebody has come "
             "with a brand.",
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
    .jobs = jobs,
    .job_count = COUNT_OF(jobs),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .forget = roll_forget,
};
