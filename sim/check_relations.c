#include <stdio.h>
#include <string.h>

#include "domain/relation/relation.h"
#include "sim/run.h"

#define PEOPLE_A_READ 8u

static const char *const brands[] = {"", "aria", "bravo"};

/* --- the model: of all that was ever said the newest counts, of one moment a loss --- */

static bool is_newer(const struct deed *x, const struct deed *y)
{
    if (x->event_us != y->event_us)
        return x->event_us > y->event_us;
    return strcmp(x->event, "friend_lost") == 0;
}

static bool model_is_friend(const struct run *r, uint32_t label, const char *brand, const char *staff)
{
    const struct deed *newest = NULL;
    for (uint32_t i = 0; i < r->people.count; i++) {
        const struct deed *d = r->people.seen[i].deed;
        bool is_about = d->staff != NULL && strcmp(d->staff, staff) == 0 && strcmp(d->brand, brand) == 0;
        if (is_about && model_is_of(&r->identity, &r->people.seen[i], label) && (newest == NULL || is_newer(d, newest)))
            newest = d;
    }
    return newest != NULL && strcmp(newest->event, "friend_added") == 0;
}

/* --- what the engine says --- */

static bool is_friend(const struct view *v, uint32_t person, const char *brand, const char *staff)
{
    const struct relation *list;
    uint32_t number = brand[0] == 0 ? 0 : name_number(v, NAME_BRAND, bytes_of_text(brand));
    size_t count = relation_list(v, person, &list);
    for (size_t i = 0; i < count && (number != 0 || brand[0] == 0); i++) /* no event of the brand yet: nothing of it */
        if (list[i].type->number == RELATION_FRIEND && list[i].brand == number &&
            bytes_equal(list[i].ref.id, bytes_of_text(staff)))
            return list[i].is_open;
    return false;
}

static bool has_declared(const struct view *v, uint32_t person, uint32_t type, const char *staff)
{
    const struct relation *list;
    size_t count = relation_list(v, person, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].type->number == RELATION_DECLARED + type && bytes_equal(list[i].ref.id, bytes_of_text(staff)))
            return list[i].is_open;
    return false;
}

static bool is_on_roll(const struct view *v, uint32_t person, const char *staff)
{
    struct thing_ref ref = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(staff)};
    uint32_t number;
    return relation_people(v, relation_type_numbered(v, RELATION_FRIEND), &ref, person - 1, &number, 1) == 1 &&
           number == person;
}

struct relations_read {
    struct run *run;
    uint32_t from, until; /* nodes */
    bool is_settled;      /* rolls have followed */
    char trouble[200];    /* of this reading; a reading over cold rows is done again */
};

static void friends_compare(const struct view *v, struct relations_read *c, uint32_t person, uint32_t label)
{
    for (uint32_t s = 0; s < STAFF_PLANNED; s++) {
        bool any = false;
        for (size_t b = 0; b < COUNT_OF(brands); b++) {
            bool want = model_is_friend(c->run, label, brands[b], planned_staff[s]);
            any |= want;
            if (is_friend(v, person, brands[b], planned_staff[s]) != want)
                (void)snprintf(c->trouble, sizeof c->trouble,
                               "person %u: is %sa friend of %s for brand \"%s\", unlike in the model", person,
                               want ? "not " : "", planned_staff[s], brands[b]);
        }
        if (c->is_settled && is_on_roll(v, person, planned_staff[s]) != any)
            (void)snprintf(c->trouble, sizeof c->trouble, "person %u: is %samong the friends of %s", person,
                           any ? "not " : "", planned_staff[s]);
    }
}

static void declared_compare(const struct view *v, struct relations_read *c, uint32_t person, uint32_t label)
{
    for (uint32_t type = 0; type < RELATIONS_PLANNED; type++)
        for (uint32_t s = 0; s < STAFF_PLANNED; s++) {
            bool want = model_relation_holds(&c->run->relations, &c->run->identity, label, type, s);
            if (has_declared(v, person, type, planned_staff[s]) != want)
                (void)snprintf(c->trouble, sizeof c->trouble, "person %u: has %s%s as %s, unlike in the model", person,
                               want ? "not " : "", planned_staff[s], planned_relations[type].name);
        }
}

static void relations_read(const struct view *v, void *context)
{
    struct relations_read *c = context;
    const struct model_identity *m = &c->run->identity;
    c->trouble[0] = 0;
    for (uint32_t i = c->from; i < c->until; i++) {
        const struct model_node *n = &m->nodes[i];
        uint32_t person = n->person == 0
                              ? PERSON_NONE
                              : identity_of_owner(v, identifier_key_of_holder(c->run->pool.ids[n->id].key, n->holder));
        if (person == PERSON_NONE || !model_stands(n))
            continue;
        friends_compare(v, c, person, n->person);
        declared_compare(v, c, person, n->person);
    }
}

void check_relations(struct run *r, bool is_settled)
{
    const struct model_identity *m = &r->identity;
    struct relations_read c = {.run = r, .is_settled = is_settled};
    for (; c.from < m->node_count && !m->overflowed && !run_failed(r); c.from = c.until) {
        c.until = c.from + PEOPLE_A_READ < m->node_count ? c.from + PEOPLE_A_READ : m->node_count;
        engine_read(r->engine, relations_read, &c);
        if (c.trouble[0] != 0)
            run_fail(r, "%s", c.trouble);
    }
}
