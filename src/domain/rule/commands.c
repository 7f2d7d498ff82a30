#include "domain/rule/commands.h"

#include "domain/identity/identity.h"
#include "domain/rule/gather.h"
#include "domain/rule/slots.h"
#include "domain/rule/switch.h"
#include "lib/list.h"

static const struct refusal rule_malformed = {"rule_malformed",
                                              "The expression doesn't hold here: an unknown name, or a clash of types.",
                                              "该表达式在此不成立:名称未知或类型不符。"};
static const struct refusal rule_moves_alone = {
    "rule_moves_alone",
    "The expression says something of everybody that changes with time: it would move all people at once.",
    "该表达式对所有人随时间变化:会使全体同时变动。"};
static const struct refusal too_many_rules = {
    "too_many_rules", "There are as many rules as there may be: end one first.", "规则数已达上限:请先停用其他规则。"};
static const struct refusal rule_unknown = {"rule_unknown", "There is no such rule, or it is over.",
                                            "没有这条规则,或它已停用。"};
static const struct refusal rule_not_ready = {"rule_not_ready",
                                              "The rule's past is still being read: ask for its progress.",
                                              "该规则仍在回溯历史:可查询其进度。"};

/* --- making --- */

fallible rule_make_check(struct bytes payload, struct err *e)
{
    struct rule_ask ask;
    return rule_ask_unpack(payload, &ask, e);
}

/* Features that are gathered already are shared, the others get slots of their own. */
static const struct rule_slot *slots_take(struct step *s, const struct book *b, const struct program *p, uint32_t brand,
                                          uint32_t *out_count)
{
    const struct feature *const *features;
    size_t count = program_features(p, &features);
    struct rule_slot *slots = ARENA_ARRAY(s->view.arena, struct rule_slot, count);
    for (size_t i = 0; i < count; i++) {
        struct hash128 key = slot_key(b, features[i], brand);
        const struct book_feature *f = book_feature_keyed(b, key);
        slots[i] = (struct rule_slot){.slot = f == NULL ? slot_take(s, features[i]) : f->slot,
                                      .since = f == NULL ? s->view.position : f->since,
                                      .key = key};
    }
    *out_count = (uint32_t)count;
    return slots;
}

static struct series_walk series_of_nobody(void *context, uint32_t feature, const struct series_shape *shape)
{
    (void)context, (void)feature;
    return series_walk(shape, BYTES_NONE);
}

bool nobody_says(const struct view *v, const struct book *b, const struct program *p, struct bytes *out_packed)
{
    struct reading nobody = {.now_us = v->now_us, .civil = book_civil(b), .series = series_of_nobody};
    struct rule_value value = value_settled(program_value(p, &nobody, v->arena));
    struct buf packed = arena_buf(v->arena, STANDINGS_BYTES_MAX);
    rule_value_pack(&value, &packed);
    *out_packed = buf_bytes(&packed);
    return program_turn(p, &nobody, v->arena) == TURN_NONE;
}

const struct refusal *rule_make_apply(struct step *s, struct bytes payload)
{
    const struct view *v = &s->view;
    const struct book *b = book_of(v);
    const struct program *p;
    struct rule_ask ask;
    struct status status = rule_ask_unpack(payload, &ask, NULL);
    assert(done(status));
    (void)status;
    struct rule_row row = {.state = RULE_GATHERING,
                           .brand = ask.brand,
                           .is_condition = ask.is_condition,
                           .position = v->position,
                           .maker = ask.maker};
    if (book_count(b, RULE_GATHERING) + book_count(b, RULE_READY) + book_count(b, RULE_IN_FORCE) >= RULES_MAX)
        return &too_many_rules;
    const struct program_ask how = {.view = v, .civil = book_civil(b), .takes_new = true}; /* audience_examine looked */
    if (failed(rule_compile(how, &ask, v->arena, &p, NULL)))
        return &rule_malformed;
    if (!nobody_says(v, b, p, &row.unknown))
        return &rule_moves_alone;
    row.type = program_type(p);
    row.slots = slots_take(s, b, p, ask.brand, &row.slot_count);
    if (view_rows_end(v, &person_family) == 1) /* nobody ever was here: there is no past to read */
        row.state = RULE_READY;
    else
        gather_want(s);
    uint32_t number = view_rows_end(v, &rule_family);
    rule_row_put(s, &row);
    rule_text_put(s, number, ask.text, program_meanings(p));
    days_begin(s, b);
    struct rule_moved *f = ARENA_NEW(v->arena, struct rule_moved);
    *f = (struct rule_moved){.rule = number, .state = row.state, .maker = ask.maker};
    step_say(s, &fact_rule_moved, f);
    return NULL;
}

/* --- beginning anew --- */

struct renewing {
    struct step *step;
    const struct book *book;
    uint64_t before;
    size_t count, room;
    struct renewed {
        uint32_t old, new;
    } * list;
};

static uint32_t slot_renewed(struct renewing *r, const struct book_feature *f)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].old == f->slot)
            return r->list[i].new;
    LIST_OPEN(r->step->view.arena, r->list, r->count, r->room, r->count);
    r->list[r->count - 1] = (struct renewed){.old = f->slot, .new = slot_take(r->step, f->feature)};
    return r->list[r->count - 1].new;
}

static void rule_renew(struct renewing *r, const struct book_rule *rule)
{
    struct rule_row row = rule->row;
    struct rule_slot *slots = ARENA_ARRAY(r->step->view.arena, struct rule_slot, row.slot_count);
    for (uint32_t i = 0; i < row.slot_count; i++) {
        const struct book_feature *f = book_feature(r->book, row.slots[i].slot);
        bool is_kept = f == NULL || f->is_whole || f->since >= r->before;
        slots[i] = row.slots[i];
        if (is_kept)
            continue;
        slots[i].slot = slot_renewed(r, f);
        slots[i].since = r->step->view.position;
    }
    row.slots = slots;
    rule_row_put(r->step, &row);
}

void rules_renew_touch(const struct view *v, const struct book *b)
{
    struct bytes row;
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE; rule = book_next(b, rule))
        if (book_rule(b, rule)->row.state == RULE_GATHERING)
            (void)view_row(v, &rule_family, rule, &row);
}

void rules_renew(struct step *s, const struct book *b, uint64_t before)
{
    struct renewing r = {.step = s, .book = b, .before = before};
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE; rule = book_next(b, rule))
        if (book_rule(b, rule)->row.state == RULE_GATHERING)
            rule_renew(&r, book_rule(b, rule));
}

/* --- moving on --- */

void rule_move(struct step *s, const struct book_rule *r, enum rule_state state)
{
    struct rule_moved *f = ARENA_NEW(s->view.arena, struct rule_moved);
    *f = (struct rule_moved){.rule = r->row.number, .state = state, .maker = arena_copy(s->view.arena, r->row.maker)};
    if (state == RULE_OVER) {
        sweep_begin(s, r->row.number);
        rule_remove(s, r->row.number);
    } else {
        struct rule_row row = r->row;
        row.state = state;
        row.in_force = state == RULE_IN_FORCE ? s->view.position : row.in_force;
        rule_row_put(s, &row);
    }
    step_say(s, &fact_rule_moved, f);
}

static bool pair_next(struct unpack *u, struct rule_pair *out)
{
    if (unpack_left(u) == 0)
        return false;
    out->old = unpack_varint32(u);
    out->new = unpack_varint32(u);
    return unpack_good(u);
}

fallible rule_switch_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct rule_pair pair;
    uint32_t count = 0;
    for (; pair_next(&u, &pair); count++)
        u.bad |= pair.new == RULE_NONE || pair.old == pair.new;
    return unpack_finished(&u) && count > 0 && count <= RULE_SWITCH_MAX
               ? DONE
               : FAIL(e, INVALID, "a switch is 1 to %u pairs of rules", RULE_SWITCH_MAX);
}

void rule_switch_needs(const struct view *v, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct bytes row;
    for (struct rule_pair pair; pair_next(&u, &pair);) {
        (void)view_row(v, &rule_family, pair.new, &row);
        if (pair.old != RULE_NONE)
            (void)view_row(v, &rule_family, pair.old, &row);
    }
}

static const struct refusal *pair_fits(const struct book *b, const struct rule_pair *pair)
{
    const struct book_rule *old = book_rule(b, pair->old), *new = book_rule(b, pair->new);
    if (new == NULL || (pair->old != RULE_NONE && (old == NULL || old->row.state == RULE_LEAVING)))
        return &rule_unknown;
    return new->row.state == RULE_READY ? NULL : &rule_not_ready;
}

const struct refusal *rule_switch_apply(struct step *s, struct bytes payload)
{
    const struct book *b = book_of(&s->view);
    struct unpack u = unpack_of(payload);
    for (struct rule_pair pair; pair_next(&u, &pair);) {
        const struct refusal *refusal = pair_fits(b, &pair);
        if (refusal != NULL)
            return refusal;
    }
    s->cause = CAUSE_SWITCH;
    u = unpack_of(payload);
    for (struct rule_pair pair; pair_next(&u, &pair);) {
        rule_move(s, book_rule(b, pair.new), RULE_IN_FORCE);
        if (pair.old != RULE_NONE)
            rule_move(s, book_rule(b, pair.old), RULE_LEAVING);
        switch_begin(s, b, pair.old, pair.new);
    }
    return NULL;
}

/* --- ending --- */

static uint32_t end_of(struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    return unpack_u32(&u);
}

fallible rule_end_check(struct bytes payload, struct err *e)
{
    return payload.size == RULE_END_BYTES ? DONE : FAIL(e, INVALID, "the end of a rule is its number");
}

void rule_end_needs(const struct view *v, struct bytes payload)
{
    struct bytes row;
    (void)view_row(v, &rule_family, end_of(payload), &row);
}

const struct refusal *rule_end_apply(struct step *s, struct bytes payload)
{
    const struct book_rule *r = book_rule(book_of(&s->view), end_of(payload));
    if (r == NULL || r->row.state == RULE_LEAVING)
        return &rule_unknown;
    rule_move(s, r, RULE_OVER);
    return NULL;
}

/* --- looking again --- */

static struct rule_look look_of(struct bytes payload, bool *out_good)
{
    struct unpack u = unpack_of(payload);
    struct rule_look look = {.person = unpack_varint32(&u)};
    uint8_t what = unpack_u8(&u);
    look.place.what = (enum program_reads)what;
    look.place.number = unpack_varint32(&u);
    look.by_time = unpack_u8(&u) != 0;
    *out_good = unpack_finished(&u) && what < PROGRAM_READS_COUNT && look.person != PERSON_NONE;
    return look;
}

fallible rule_look_check(struct bytes payload, struct err *e)
{
    bool good;
    (void)look_of(payload, &good);
    return good ? DONE : FAIL(e, INVALID, "what is to be looked at is cut short, or of nobody");
}

void rule_look_needs(const struct view *v, struct bytes payload)
{
    bool good;
    struct rule_look look = look_of(payload, &good);
    uint32_t living = identity_living(v, look.person);
    if (living == PERSON_NONE)
        return;
    (void)view_person(v, living);
    if (look.place.what == PROGRAM_THING)
        person_things_touch(v, book_of(v), living);
}

const struct refusal *rule_look_apply(struct step *s, struct bytes payload)
{
    bool good;
    const struct book *b = book_of(&s->view);
    struct rule_look look = look_of(payload, &good);
    uint32_t living = identity_living(&s->view, look.person);
    struct rule_numbers n = {0};
    if (living == PERSON_NONE)
        return NULL; /* erased meanwhile */
    rule_numbers_add(&n, s->view.arena, book_reads(b, look.place));
    if (look.place.what == PROGRAM_THING)
        rules_look_with_things(s, b, living, &n, look.by_time);
    else
        rules_look(s, b, living, &n, look.by_time);
    return NULL;
}
