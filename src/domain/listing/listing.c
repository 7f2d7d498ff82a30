#include "domain/listing/listing.h"

#include "base/time.h"
#include "domain/listing/inside.h"
#include "engine/forget.h"
#include "engine/stow.h"
#include "lib/value.h"

/* --- the section --- */

static const struct family long_listings_family = {
    .id = 19, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_listings"};

static struct bytes merge_listings(const struct view *v, struct bytes x, struct bytes y)
{
    return listing_strands_merge(section_resolve(v, x), section_resolve(v, y), v->arena);
}

const struct section listings_section = {
    .id = 9, .kind = SECTION_FOLD, .name = "listings", .merge = merge_listings, .beyond = &long_listings_family};

static struct listing_strands strands_of(const struct view *v, uint32_t person)
{
    return listing_strands_decode(section_read(v, person, &listings_section), v->arena);
}

/* --- reading --- */

size_t listings_of(const struct view *v, uint32_t person, const struct listing **out_list)
{
    struct listing_strands strands = strands_of(v, person);
    struct listing *list = ARENA_ARRAY(v->arena, struct listing, (size_t)strands.count * LISTING_ACTS_MAX + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < strands.count; i++)
        for (uint32_t k = 0; k < strands.list[i].act_count; k++)
            list[count++] = (struct listing){
                .list = strands.list[i].list, .owner = strands.list[i].owner, .act = strands.list[i].acts[k]};
    *out_list = list;
    return count;
}

static struct value value_of(const struct listing_act *act)
{
    struct unpack u = unpack_of(act->value);
    return act->value.size == 0 ? (struct value){.kind = VALUE_TRUE} : unpack_value(&u);
}

bool listing_holds_of(const struct listing *listings, size_t count, uint32_t list, int64_t at_us,
                      struct value *out_value, int64_t *out_turn_us)
{
    const struct listing_act *newest = NULL;
    *out_turn_us = LISTING_FOR_EVER;
    for (size_t i = 0; i < count; i++) {
        const struct listing_act *act = &listings[i].act;
        if (listings[i].list != list)
            continue;
        if (act->time_us > at_us)
            *out_turn_us = act->time_us < *out_turn_us ? act->time_us : *out_turn_us;
        else if (newest == NULL || listing_act_compare(act, newest) < 0)
            newest = act;
    }
    if (newest == NULL || newest->is_off || newest->until_us <= at_us)
        return false;
    *out_turn_us = newest->until_us < *out_turn_us ? newest->until_us : *out_turn_us;
    *out_value = value_of(newest);
    return true;
}

bool listing_holds(const struct view *v, uint32_t person, uint32_t list, int64_t at_us, struct value *out_value,
                   int64_t *out_turn_us)
{
    const struct listing *listings;
    size_t count = listings_of(v, person, &listings);
    return listing_holds_of(listings, count, list, at_us, out_value, out_turn_us);
}

/* --- writing --- */

static void changed_say(struct step *s, uint32_t person, uint32_t list)
{
    struct listing_changed *changed = ARENA_NEW(s->view.arena, struct listing_changed);
    *changed = (struct listing_changed){.person = person, .list = list};
    step_say(s, &fact_listing_changed, changed);
}

struct listing_act listing_rival_act(const struct listing_act *act)
{
    return (struct listing_act){
        .time_us = act->time_us, .is_off = true, .until_us = LISTING_FOR_EVER, .by = act->by, .reason = act->reason};
}

/* false: it was said before, or newer ones are kept. */
static bool strand_note(struct step *s, struct listing_strands *strands, uint32_t person,
                        const struct listing_strand *key, const struct listing_act *act)
{
    struct listing_strand *strand = listing_strand_at(strands, key->owner, key->list, s->view.arena);
    bool is_new = listing_strand_add(strand, act);
    if (is_new)
        changed_say(s, person, key->list);
    return is_new;
}

/* Whoever loses a list because there is no room for it is told of, as if they were taken off it. */
static void strands_write(struct step *s, uint32_t person, struct listing_strands *strands)
{
    section_write(s, person, &listings_section, listing_strands_encode(strands, s->view.arena));
    for (uint32_t i = 0; i < strands->dropped_count; i++)
        changed_say(s, person, strands->dropped[i]);
}

void listing_note(struct step *s, uint32_t person, struct hash128 owner, const struct list *list,
                  const struct listing_act *act)
{
    struct listing_strands strands = strands_of(&s->view, person);
    const struct listing_act off = listing_rival_act(act);
    struct listing_strand key = {.owner = owner, .list = list->number};
    bool any = strand_note(s, &strands, person, &key, act);
    for (uint32_t i = 0; i < list->rival_count && !act->is_off; i++) {
        key.list = list->rivals[i];
        any |= strand_note(s, &strands, person, &key, &off);
    }
    if (any)
        strands_write(s, person, &strands);
}

/* --- commands --- */

static const struct refusal no_list = {"no_such_list", "There is no such list or hand-set tag any more.",
                                       "该名单或手工标签已不存在。"};
static const struct refusal bad_value = {"listing_unfit",
                                         "The list or tag has no such value: look at which values it takes.",
                                         "该名单或标签不接受这个取值:请查看可用的取值。"};
static const struct refusal far_ahead = {"time_ahead", "The time lies more than a day ahead.",
                                         "时间在一天之后的未来。"};
static const struct refusal was_erased = {"identifier_erased",
                                          "Who had this identifier then was erased: nothing is kept of them.",
                                          "当时持有该标识的人已被删除:不再保留其信息。"};
static const struct refusal no_holder = {"unknown_identifier",
                                         "Nobody has this identifier: check its type, namespace and value.",
                                         "没有人持有这个标识,请检查类型、命名空间和值。"};
static const struct refusal too_many_wait = {
    "too_many_waiting", "A million listings wait for people whom nobody knows yet: bring these people in first.",
    "等待其人出现的登记已达一百万条:请先导入这些人。"};

/* Whose it is, and under which key. PERSON_NONE: nobody has it. */
static uint32_t owner_find(const struct view *v, const struct listing_put *put, struct hash128 *out_owner)
{
    const struct envelope_id *id = &put->id;
    if (put->holder == 0)
        return identity_owner_key(v, id, out_owner) ? identity_find(v, id->type, id->ns, id->value, id->key)
                                                    : PERSON_NONE;
    if (!identity_owner_of_rank(v, id->key, put->holder, out_owner))
        return PERSON_NONE;
    uint32_t person = identity_of_owner(v, *out_owner);
    return person != PERSON_NONE && identity_owned(v, *out_owner) != NULL ? person : PERSON_NONE;
}

static void put_needs(const struct view *v, struct bytes payload)
{
    struct listing_put put;
    struct hash128 owner;
    if (done(listing_put_unpack(payload, &put, NULL)))
        (void)owner_find(v, &put, &owner);
}

static int64_t until_of(const struct list *list, const struct listing_act *act)
{
    if (act->is_off || (act->until_us == 0 && list->lasts_days == 0))
        return LISTING_FOR_EVER;
    return act->until_us != 0 ? act->until_us : act->time_us + (int64_t)list->lasts_days * US_PER_DAY;
}

static const struct refusal *act_check(const struct view *v, const struct listing_put *put, const struct list *list)
{
    if (put->act.time_us > v->now_us + LISTING_FUTURE_US_MAX)
        return &far_ahead;
    if (put->act.is_off ? put->act.value.size > 0 : failed(list_takes(list, put->act.value, NULL)))
        return &bad_value;
    return NULL;
}

static const struct refusal *put_apply(struct step *s, struct bytes payload)
{
    struct listing_put put;
    struct list list;
    struct hash128 owner;
    struct status status = listing_put_unpack(payload, &put, NULL);
    assert(done(status)); /* its check has seen it */
    (void)status;
    if (put.is_import)
        s->cause = CAUSE_IMPORT;
    if (!list_find(&s->view, put.list, &list))
        return &no_list;
    const struct refusal *refusal = act_check(&s->view, &put, &list);
    if (refusal != NULL)
        return refusal;
    put.act.until_us = until_of(&list, &put.act);
    uint32_t person = owner_find(&s->view, &put, &owner);
    if (person != PERSON_NONE) {
        listing_note(s, person, owner, &list, &put.act);
        return NULL;
    }
    if (put.holder != 0)
        return &no_holder;
    if (put.act.time_us < identity_erased_until(&s->view, put.id.key))
        return &was_erased;
    return listing_wait(s, &put.id, &list, &put.act) ? NULL : &too_many_wait;
}

/* The identifier that stands for a person: it is what a snapshot says of them, and follows it wherever it goes. */
static bool root_of(const struct view *v, uint32_t person, struct hash128 *out_owner)
{
    struct envelope_id id;
    const struct hash128 *owners;
    if (identity_lead(v, person, &id) && identity_owner_key(v, &id, out_owner))
        return true;
    if (identity_owners(v, person, &owners) == 0)
        return false;
    *out_owner = owners[0];
    return true;
}

static void take_needs(const struct view *v, struct bytes payload)
{
    struct listing_take take;
    struct hash128 owner;
    if (failed(listing_take_unpack(payload, &take, NULL)))
        return;
    for (uint32_t i = 0; i < take.count; i++)
        (void)root_of(v, identity_living(v, take.people[i]), &owner);
}

static const struct refusal *take_apply(struct step *s, struct bytes payload)
{
    struct listing_take take;
    struct list list;
    struct hash128 owner;
    struct status status = listing_take_unpack(payload, &take, NULL);
    assert(done(status));
    (void)status;
    if (!list_find(&s->view, take.list, &list))
        return &no_list;
    const struct listing_act act = {
        .time_us = take.time_us, .until_us = LISTING_FOR_EVER, .by = take.by, .reason = take.reason};
    for (uint32_t i = 0; i < take.count; i++) {
        uint32_t person = identity_living(&s->view, take.people[i]);
        if (person != PERSON_NONE && root_of(&s->view, person, &owner))
            listing_note(s, person, owner, &list, &act);
    }
    return NULL;
}

/* --- hearing --- */

/* Who comes with an identifier that was waited for. */
static void hear_identifiers(struct step *s, const void *fact)
{
    const struct identifiers_changed *f = fact;
    bool any = false;
    if (f->count == 0 || listings_waiting(&s->view) == 0)
        return;
    struct listing_strands strands = strands_of(&s->view, f->person);
    for (size_t i = 0; i < f->count; i++)
        any |= f->list[i].state == ID_IN_FORCE && listing_welcome(s, &strands, &f->list[i]);
    if (!any)
        return;
    strands_write(s, f->person, &strands);
    for (uint32_t i = 0; i < strands.count; i++)
        changed_say(s, f->person, strands.list[i].list);
}

/* The sections themselves were combined by identity. */
static void hear_merged(struct step *s, const void *fact)
{
    const struct merged *m = fact;
    uint32_t living = identity_living(&s->view, m->survivor);
    section_restow(s, living, &listings_section);
    section_unstow(s, m->absorbed, &listings_section);
    if (m->survivor != living)
        section_unstow(s, m->survivor, &listings_section);
}

static bool part_owns(const struct split_part *part, struct hash128 owner)
{
    for (uint32_t i = 0; i < part->owner_count; i++)
        if (hash128_equal(part->owners[i], owner))
            return true;
    return false;
}

/* All that the parts have, each by its owner; what is of no owner here stays where it lies. */
static void hear_split(struct step *s, const void *fact)
{
    const struct split *split = fact;
    struct arena *a = s->view.arena;
    struct listing_strands *parts = ARENA_ARRAY(a, struct listing_strands, split->part_count);
    for (uint32_t i = 0; i < split->part_count; i++) {
        struct listing_strands all = strands_of(&s->view, split->parts[i].person);
        for (uint32_t j = 0; j < all.count; j++) {
            uint32_t to = 0;
            while (to < split->part_count && !part_owns(&split->parts[to], all.list[j].owner))
                to++;
            listing_strands_add(&parts[to == split->part_count ? i : to], &all.list[j], a);
        }
    }
    for (uint32_t i = 0; i < split->part_count; i++)
        section_write(s, split->parts[i].person, &listings_section, listing_strands_encode(&parts[i], a));
}

static void listing_forget(struct step *s, struct forgotten *who)
{
    for (uint32_t i = 0; i < who->key_count && listings_waiting(&s->view) > 0; i++)
        listing_waiting_forget(s, who->keys[i]);
}

/* --- the table --- */

const struct fact_kind fact_listing_changed = {
    .id = 0x1401,
    .name = "listing_changed",
    .about = "A person was put on a list or taken off it; what that means is told by its name."};

static const struct metric metrics[] = {
    {"kith_listings_waiting", "Listings of identifiers that nobody has.", listings_waiting},
};
static const struct family *const families[] = {&list_family, &listing_waiting_family, &long_listings_family};
static const struct section *const sections[] = {&listings_section};
static const struct fact_kind *const says[] = {&fact_listing_changed};
static const struct listener hears[] = {
    {&fact_identifiers_changed, hear_identifiers}, {&fact_merged, hear_merged}, {&fact_split, hear_split}};
static const struct command commands[] = {
    {COMMAND_LISTING_OPEN, "listing.open", LISTING_OPEN_BYTES_MAX, ROLE_SYSTEM, list_open_check, NULL, list_open_apply,
     "There is a list, or it takes something else now.", NULL},
    {COMMAND_LISTING_CLOSE, "listing.close", LISTING_CLOSE_BYTES, ROLE_SYSTEM, list_close_check, NULL, list_close_apply,
     "A list is over.", NULL},
    {COMMAND_LISTING_PUT, "listing.put", LISTING_PUT_BYTES_MAX, ROLE_WRITE, listing_put_check, put_needs, put_apply,
     "Somebody is put on a list or gets a tag by hand, or is taken off it.", NULL},
    {COMMAND_LISTING_TAKE, "listing.take", LISTING_TAKE_BYTES_MAX, ROLE_SYSTEM, listing_take_check, take_needs,
     take_apply, "Puts people of a snapshot on its list.", NULL},
};

const struct domain listing_domain = {
    .number = 0x14,
    .name = "listing",
    .about = "What people decided of people: lists, and tags that are set by hand.",
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
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .forget = listing_forget,
};
