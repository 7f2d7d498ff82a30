#include "domain/rule/rule.h"

#include <inttypes.h>

#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/rule/commands.h"
#include "domain/rule/gather.h"
#include "domain/rule/listen.h"
#include "domain/rule/orders.h"
#include "domain/rule/parted.h"
#include "domain/rule/sets.h"
#include "domain/rule/switch.h"
#include "domain/rule/things.h"
#include "lib/json.h"

const char *const rule_state_names[RULE_STATE_COUNT] = {"gathering", "ready", "in_force", "leaving", "over"};

/* --- facts --- */

static void put_value(const struct view *v, struct json_writer *out, const char *key, const struct rule_value *value)
{
    struct buf packed = arena_buf(v->arena, STANDINGS_BYTES_MAX);
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

static void turned_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct rule_turned *f = fact;
    struct hash128 id = identity_public_id(v, f->person);
    json_key(out, "person");
    json_put_text(out, arena_printf(v->arena, "%016" PRIx64 "%016" PRIx64, id.high, id.low));
    json_key(out, "rule");
    json_put_uint64(out, f->rule);
    put_value(v, out, "before", &f->before);
    put_value(v, out, "after", &f->after);
    json_key(out, "by_time");
    json_put_bool(out, f->by_time);
}

static void moved_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct rule_moved *f = fact;
    json_key(out, "rule");
    json_put_uint64(out, f->rule);
    json_key(out, "state");
    json_put_text(out, rule_state_names[f->state]);
}

const struct fact_kind fact_rule_turned = {.id = 0x1001,
                                           .name = "rule_turned",
                                           .print = turned_print,
                                           .about = "What a rule in force says of a person is something else."};
const struct fact_kind fact_rule_moved = {
    .id = 0x1002, .name = "rule_moved", .print = moved_print, .about = "A rule is ready, in force, or over."};

/* --- reading --- */

static void rule_of(const struct view *v, const struct book_rule *r, struct rule *out)
{
    *out = (struct rule){.number = r->row.number,
                         .state = r->row.state,
                         .brand = r->row.brand,
                         .text = rule_text_read(v, r->row.number),
                         .maker = r->row.maker,
                         .type = r->row.type,
                         .position = r->row.position,
                         .in_force = r->row.in_force,
                         .unknown = rule_value_unpack(r->row.type, r->row.unknown)};
}

bool rule_find(const struct view *v, uint32_t number, struct rule *out_rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, number);
    if (r != NULL)
        rule_of(v, r, out_rule);
    return r != NULL;
}

enum rule_type rule_type_of(const struct view *v, uint32_t number)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, number);
    assert(r != NULL);
    return r->row.type;
}

uint32_t rules_end(const struct view *v)
{
    return view_rows_end(v, &rule_family);
}

/* What an entry says now: its own value until its turn comes, which may be before anybody looked again. */
static void stand_read(const struct view *v, const struct book *b, const struct book_rule *r, uint32_t person,
                       const struct stand *stand, struct standing *out)
{
    *out = (struct standing){
        .rule = stand->rule, .since_us = stand->since_s * US_PER_SECOND, .turn_us = stand->turn_us};
    if (stand->turn_us > v->now_us || r->program == NULL) {
        out->value = rule_value_unpack(r->row.type, stand->is_plain ? r->row.unknown : stand->value);
        return;
    }
    struct reading reading = person_reading(v, b, person);
    reading_for(&reading, r);
    out->value = value_settled(program_value(r->program, &reading, v->arena));
    out->since_us = stand->turn_us;
    out->turn_us = program_turn(r->program, &reading, v->arena);
}

static bool is_unknowns(const struct view *v, const struct book_rule *r, const struct rule_value *value)
{
    struct buf packed = arena_buf(v->arena, STANDINGS_BYTES_MAX);
    rule_value_pack(value, &packed);
    return bytes_equal(buf_bytes(&packed), r->row.unknown);
}

size_t rule_standings(const struct view *v, uint32_t person, const struct standing **out_list)
{
    const struct book *b = book_of(v);
    *out_list = NULL;
    if (b == NULL)
        return 0;
    struct stand_walk w = stand_walk(view_section(v, person, &standing_section), book_civil(b));
    struct standing *list = ARENA_ARRAY(v->arena, struct standing, unpack_left(&w.left) / STAND_BYTES_LEAST + 1);
    size_t count = 0;
    for (struct stand stand; stand_next(&w, &stand);) {
        const struct book_rule *r = book_rule(b, stand.rule);
        if (r == NULL || r->row.state != RULE_IN_FORCE)
            continue;
        stand_read(v, b, r, person, &stand, &list[count]);
        count += !is_unknowns(v, r, &list[count].value);
    }
    *out_list = list;
    return count;
}

struct rule_value rule_says(const struct view *v, uint32_t person, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    struct standing found;
    assert(r != NULL);
    struct stand_walk w = stand_walk(view_section(v, person, &standing_section), book_civil(b));
    for (struct stand stand; stand_next(&w, &stand) && stand.rule <= rule;)
        if (stand.rule == rule) {
            stand_read(v, b, r, person, &stand, &found);
            return found.value;
        }
    return rule_value_unpack(r->row.type, r->row.unknown);
}

bool rule_pending(const struct view *v, uint32_t person)
{
    return stand_walk(view_section(v, person, &standing_section), NULL).is_pending;
}

fallible rule_test(const struct view *v, uint32_t person, const struct program *p, struct rule_value *out_value,
                   struct err *e)
{
    const struct book *b = book_of(v);
    const struct feature *const *features;
    size_t count = program_features(p, &features);
    struct rule_slot *slots = ARENA_ARRAY(v->arena, struct rule_slot, count);
    for (size_t i = 0; i < count; i++) {
        const struct book_feature *f = b == NULL ? NULL : book_feature_keyed(b, slot_key(b, features[i], 0));
        if (f == NULL || !f->is_whole)
            return FAIL(e, LIMIT, "nothing is kept of %.*s: it is known of people once a tag or a segment asks for it",
                        BYTES_ARG(features[i]->text));
        slots[i].slot = f->slot;
    }
    if (b == NULL)
        return FAIL(e, LIMIT, "this workspace keeps no rules");
    struct book_rule asked = {.row = {.slot_count = (uint32_t)count, .slots = slots}, .program = p};
    struct reading reading = person_reading(v, b, person);
    reading_for(&reading, &asked);
    *out_value = value_settled(program_value(p, &reading, v->arena));
    return DONE;
}

/* --- figures --- */

static uint64_t in_state(const struct view *v, enum rule_state state)
{
    const struct book *b = book_of(v);
    return b == NULL ? 0 : book_count(b, state);
}

static uint64_t count_gathering(const struct view *v)
{
    return in_state(v, RULE_GATHERING);
}

static uint64_t count_ready(const struct view *v)
{
    return in_state(v, RULE_READY);
}

static uint64_t count_in_force(const struct view *v)
{
    return in_state(v, RULE_IN_FORCE);
}

static uint64_t count_broken(const struct view *v)
{
    const struct book *b = book_of(v);
    return b == NULL ? 0 : book_broken(b);
}

static uint64_t count_future(const struct view *v)
{
    struct rows_usage usage;
    rows_usage(v->rows, &usage);
    return usage.rows[future_family.id];
}

static const struct metric metrics[] = {
    {"kith_rules_gathering", "Rules whose past is being read.", count_gathering},
    {"kith_rules_ready", "Rules that are ready and not in force yet.", count_ready},
    {"kith_rules_in_force", "Rules in force.", count_in_force},
    {"kith_rules_broken",
     "Rules that name what isn't there any more: they say of everybody what they say of somebody unknown.",
     count_broken},
    {"kith_rule_events_ahead", "Events dated ahead that wait until their time has come.", count_future},
};
static bool broken_rings(const struct view *v)
{
    return count_broken(v) > 0;
}
static const struct alarm alarms[] = {
    {"rules_broken", "a rule names what isn't there any more: save it again", "no rule is broken any more",
     broken_rings, "有规则引用的内容已不存在:请重新保存"},
};

/* --- the table --- */

static const struct family *const families[] = {&rule_family,         &rule_text_family, &rule_clock_family,
                                                &long_feature_family, &future_family,    &gather_family,
                                                &parted_family,       &switch_family};
static const struct section *const sections[] = {&features_section, &standing_section};
static const struct projection *const projections[] = {&book_projection, &sets_projection};
static const struct fact_kind *const says[] = {&fact_rule_turned, &fact_rule_moved};
static const struct timer_kind *const timers[] = {&turn_timer, &day_timer, &future_timer, &order_timer, &sweep_timer};
static const struct job_kind *const jobs[] = {&day_job, &sweep_job, &switch_job, &orders_job, &things_job};
static const struct work_kind *const works[] = {&rule_gather_work, &rule_refold_work};
static const struct command commands[] = {
    {COMMAND_RULE_MAKE, "rule.make", RULE_MAKE_BYTES_MAX, ROLE_SYSTEM, rule_make_check, NULL, rule_make_apply,
     "Makes a rule of an expression; it is in force once a switch says so.", NULL},
    {COMMAND_RULE_SWITCH, "rule.switch", RULE_SWITCH_BYTES_MAX, ROLE_SYSTEM, rule_switch_check, rule_switch_needs,
     rule_switch_apply, "Rules that are ready take over from others, all at one position.", NULL},
    {COMMAND_RULE_END, "rule.end", RULE_END_BYTES, ROLE_SYSTEM, rule_end_check, rule_end_needs, rule_end_apply,
     "Ends a rule: nothing is gathered for it any more.", NULL},
    {COMMAND_RULE_GATHERED, "rule.gathered", GATHERED_BYTES_MAX, ROLE_SYSTEM, rule_gathered_check, rule_gathered_needs,
     rule_gathered_apply, "What background work read of the past of rules that were made of late.", NULL},
    {COMMAND_RULE_REFOLDED, "rule.refolded", REFOLDED_RULES_BYTES_MAX, ROLE_SYSTEM, rule_refolded_check,
     rule_refolded_needs, rule_refolded_apply, "What background work read again of people who were parted.", NULL},
    {COMMAND_RULE_LOOK, "rule.look", RULE_LOOK_BYTES_MAX, ROLE_SYSTEM, rule_look_check, rule_look_needs,
     rule_look_apply, "Looks again at the rules that read something of a person.", NULL},
    {COMMAND_RULE_ORDER, "rule.order", RULE_ORDER_BYTES_MAX, ROLE_SYSTEM, rule_order_check, rule_order_needs,
     rule_order_apply, "Gathers what an order says now for whoever has it.", NULL},
    {COMMAND_RULE_ORDERS, "rule.orders", RULE_ORDERS_BYTES_MAX, ROLE_SYSTEM, rule_orders_check, rule_orders_needs,
     rule_orders_apply, "Gathers orders of somebody who was parted.", NULL},
};

const struct domain rule_domain = {
    .number = 0x10,
    .name = "rule",
    .about = "Conditions and values that hold of people, live: what tags and segments are made of.",
    .families = families,
    .family_count = COUNT_OF(families),
    .sections = sections,
    .section_count = COUNT_OF(sections),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .hears = rule_hears,
    .hear_count = RULE_HEARS,
    .timers = timers,
    .timer_count = COUNT_OF(timers),
    .jobs = jobs,
    .job_count = COUNT_OF(jobs),
    .works = works,
    .work_count = COUNT_OF(works),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
    .projections = projections,
    .projection_count = COUNT_OF(projections),
    .forget = rule_forget,
};
