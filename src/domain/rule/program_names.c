/* Names: identifiers and traits of a person, and what a relation and the thing behind it have. */
#include "domain/collect/collect.h"
#include "domain/rule/program_inside.h"
#include "domain/thing/thing.h"
#include "lib/nearest.h"

/* Names that might have been meant; rows of nearest_name. */
struct candidate {
    const char *name;
};
struct candidates {
    struct candidate *list;
    uint32_t count, room;
};

static void candidate_add(struct compiling *c, struct candidates *all, struct bytes name)
{
    if (all->count == all->room) {
        struct candidate *list = ARENA_ARRAY(c->scratch, struct candidate, all->room * 2 + 16);
        if (all->count > 0)
            memcpy(list, all->list, all->count * sizeof *list);
        all->list = list;
        all->room = all->room * 2 + 16;
    }
    all->list[all->count++].name = arena_text(c->scratch, name);
}

static const char *candidate_near(const struct candidates *all, struct bytes name)
{
    return nearest_name(name, all->list, all->count, sizeof *all->list);
}

/* --- of a person --- */

static struct status person_name_unknown(struct compiling *c, const struct expr *x)
{
    const struct view *v = c->ask->view;
    struct candidates all = {0};
    for (uint16_t type = 1; type < TYPE_COUNT_MAX; type++) {
        const struct id_type_rule *rule = id_type_rule(v, type);
        if (rule != NULL)
            candidate_add(c, &all, bytes_of_text(rule->name));
    }
    for (uint32_t trait = name_next(v, NAME_TRAIT, 0); trait != 0; trait = name_next(v, NAME_TRAIT, trait))
        candidate_add(c, &all, name_text(v, NAME_TRAIT, trait));
    const char *near = near_name(x->name, all.list, all.count, sizeof *all.list);
    return near == NULL
               ? FAIL_AT(c, x->place, INVALID, "nobody has a trait or an identifier \"%.*s\"", BYTES_ARG(x->name))
               : FAIL_AT(c, x->place, INVALID, "nobody has a trait or an identifier \"%.*s\"; did you mean \"%s\"?",
                         BYTES_ARG(x->name), near);
}

/* The longest beginning of the name that is a trait; what is behind it lies in the trait's value. */
static uint32_t trait_split(struct compiling *c, struct bytes name, struct bytes *out_member)
{
    for (size_t size = name.size; size > 0; size--) {
        if (size < name.size && name.data[size] != '.')
            continue;
        uint32_t number = name_means(c, name_number(c->ask->view, NAME_TRAIT, bytes_slice(name, 0, size)));
        *out_member = bytes_slice(name, size < name.size ? size + 1 : size, name.size);
        if (number != 0)
            return number;
    }
    return 0;
}

static struct status person_name_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    static const struct bytes of_traits = BYTES_INIT("traits.");
    struct node *n;
    struct bytes name = x->name, member;
    bool is_trait = bytes_starts_with(name, of_traits);
    name = is_trait ? bytes_slice(name, of_traits.size, name.size) : name;
    uint32_t type = is_trait ? TYPE_NONE : name_means(c, id_type_named(c->ask->view, name));
    uint32_t trait = type == TYPE_NONE ? trait_split(c, name, &member) : 0;
    if (type == TYPE_NONE && trait == 0)
        return person_name_unknown(c, x);
    if (type != TYPE_NONE)
        TRY(node_make(c, NODE_IDENTIFIER, RULE_TEXT, x->place, 0, &n));
    else
        TRY(node_make(c, NODE_TRAIT, TYPE_ANY, x->place, 0, &n));
    n->number = type != TYPE_NONE ? type : trait;
    n->name = type != TYPE_NONE ? BYTES_NONE : arena_copy(c->arena, member);
    *out_node = n;
    return place_note(c, type != TYPE_NONE ? PROGRAM_IDENTIFIER : PROGRAM_TRAIT, n->number, x->place);
}

/* --- of a relation --- */

static bool thing_has(struct compiling *c, const struct thing_kind *kind, struct bytes member)
{
    bool found = kind != NULL && thing_attribute_named(kind, member) != NULL;
    for (uint32_t i = 0; kind != NULL && i < kind->parent_count; i++)
        found |= bytes_equal(kind->parents[i], member);
    return name_means(c, found) != 0;
}

/* "staff.store": an attribute of the thing that it leads to, or what that belongs to. */
static struct status thing_member_check(struct compiling *c, const struct expr *x, size_t dot)
{
    struct bytes kind_name = bytes_slice(x->name, 0, dot), member = bytes_slice(x->name, dot + 1, x->name.size);
    const struct thing_kind *kind = thing_kind_named(c->ask->view, kind_name);
    struct candidates all = {0};
    for (uint32_t i = 0; i < RELATION_KINDS_MAX && c->relation->kinds[i][0] != '\0'; i++)
        candidate_add(c, &all, bytes_of_text(c->relation->kinds[i]));
    if (name_means(c, relation_type_takes(c->relation, kind_name)) == 0)
        return FAIL_AT(c, x->place, INVALID, "%s leads to no \"%.*s\"; did you mean \"%s\"?", c->relation->name,
                       BYTES_ARG(kind_name), candidate_near(&all, kind_name));
    if (thing_has(c, kind, member))
        return place_note(c, PROGRAM_THING, 0, x->place);
    all.count = 0;
    for (uint32_t i = 0; kind != NULL && i < kind->attribute_count; i++)
        candidate_add(c, &all, kind->attributes[i].name);
    return FAIL_AT(c, x->place, INVALID, "no %.*s has a \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(kind_name),
                   BYTES_ARG(member), candidate_near(&all, member));
}

static struct status relation_member(struct compiling *c, struct bytes name, uint32_t place, struct node **out_node)
{
    static const struct {
        const char *name;
        enum member_of member;
        enum rule_type type;
    } own[] = {{"begun", MEMBER_BEGUN, RULE_TIME}, {"id", MEMBER_ID, RULE_TEXT}, {"kind", MEMBER_KIND, RULE_TEXT}};
    TRY(node_make(c, NODE_MEMBER, TYPE_ANY, place, 0, out_node));
    (*out_node)->member = MEMBER_PATH;
    (*out_node)->name = arena_copy(c->arena, name);
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (bytes_equal(name, bytes_of_text(own[i].name))) {
            (*out_node)->member = own[i].member;
            (*out_node)->type = own[i].type;
        }
    return DONE;
}

static struct status relation_name_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    const uint8_t *dot = memchr(x->name.data, '.', x->name.size);
    TRY(relation_member(c, x->name, x->place, &n));
    *out_node = n;
    return dot == NULL ? DONE : thing_member_check(c, x, (size_t)(dot - x->name.data));
}

fallible name_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    return c->relation == NULL ? person_name_compile(c, x, out_node) : relation_name_compile(c, x, out_node);
}

fallible relation_compile(struct compiling *c, const struct relation_type *type, const struct expr *condition,
                          uint32_t place, const struct node **out_node)
{
    const struct relation_type *outer = c->relation;
    struct node *n;
    TRY(node_make(c, NODE_HAS, RULE_TRUTH, place, condition != NULL, &n));
    n->number = type->number;
    *out_node = n;
    TRY(place_note(c, PROGRAM_RELATION, type->number, place));
    if (condition == NULL)
        return DONE;
    c->relation = type;
    struct status s = node_condition(c, condition, &n->parts[0]);
    c->relation = outer;
    return s;
}

/* Whether one of the texts that a call says is what the relation has there. */
static struct status member_among(struct compiling *c, struct bytes member, const struct expr *call,
                                  const struct node **out_node)
{
    struct node *any, *at, *same;
    TRY(node_make(c, NODE_OR, RULE_TRUTH, call->place, call->count, &any));
    for (uint32_t i = 0; i < call->count; i++) {
        TRY(relation_member(c, member, call->place, &at));
        TRY(node_make(c, NODE_COMPARE, RULE_TRUTH, call->place, 2, &same));
        same->expr = EXPR_EQUAL;
        same->parts[0] = at;
        TRY(node_constant(c, call->parts[i]->values, &same->parts[1]));
        any->parts[i] = same;
    }
    *out_node = any;
    return DONE;
}

fallible relation_to(struct compiling *c, const struct relation_type *type, const struct expr *call,
                     const struct node **out_node)
{
    struct node *n, *any;
    uint32_t count = 0;
    TRY(node_make(c, NODE_OR, RULE_TRUTH, call->place, 1 + RELATION_KINDS_MAX, &any));
    TRY(member_among(c, BYTES_LIT("id"), call, &any->parts[count++]));
    for (uint32_t i = 0; i < RELATION_KINDS_MAX && name_means(c, type->kinds[i][0] != '\0') != 0; i++) {
        struct bytes kind = bytes_of_text(type->kinds[i]);
        const char *name = arena_printf(c->scratch, "%s." THING_NAME, type->kinds[i]);
        if (!thing_has(c, thing_kind_named(c->ask->view, kind), BYTES_LIT(THING_NAME)))
            continue;
        TRY(member_among(c, bytes_of_text(name), call, &any->parts[count++]));
        TRY(place_note(c, PROGRAM_THING, 0, call->place));
    }
    any->count = count;
    TRY(node_make(c, NODE_HAS, RULE_TRUTH, call->place, 1, &n));
    n->number = type->number;
    n->parts[0] = any;
    *out_node = n;
    return place_note(c, PROGRAM_RELATION, type->number, call->place);
}
