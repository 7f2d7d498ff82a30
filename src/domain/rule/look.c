#include "domain/rule/switch.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/commands.h"

#define FEW_NUMBERS 64u

/* --- numbers of rules --- */

void rule_numbers_add(struct rule_numbers *n, struct arena *a, struct book_list more)
{
    if (more.count == 0)
        return;
    if (n->count + more.count > n->room) {
        uint32_t room = (n->count + more.count) * 2;
        uint32_t *list = ARENA_ARRAY(a, uint32_t, room);
        if (n->count > 0)
            memcpy(list, n->list, n->count * sizeof *list);
        n->list = list;
        n->room = room;
    }
    memcpy(n->list + n->count, more.list, more.count * sizeof *n->list);
    n->count += more.count;
}

void rule_numbers_add_all(struct rule_numbers *n, struct arena *a, const struct book *b, enum program_reads what)
{
    struct program_place p = {.what = what};
    for (; book_place_next(b, p, &p) && p.what == what; p.number++)
        rule_numbers_add(n, a, book_reads(b, p));
}

static int by_number(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* Of an event there are few, in lists that are in order each. */
static void numbers_sort(struct rule_numbers *n)
{
    if (n->count > FEW_NUMBERS) {
        qsort(n->list, n->count, sizeof *n->list, by_number);
        return;
    }
    for (uint32_t i = 1; i < n->count; i++) {
        uint32_t number = n->list[i], at = i;
        for (; at > 0 && n->list[at - 1] > number; at--)
            n->list[at] = n->list[at - 1];
        n->list[at] = number;
    }
}

static void numbers_settle(struct rule_numbers *n)
{
    uint32_t kept = 0;
    numbers_sort(n);
    for (uint32_t i = 0; i < n->count; i++)
        if (kept == 0 || n->list[kept - 1] != n->list[i])
            n->list[kept++] = n->list[i];
    n->count = kept;
}

/* --- one rule --- */

int64_t turn_horizon_us(const struct civil *civil, int64_t now_us)
{
    return civil_begin_us(civil, CIVIL_DAY, civil_number(civil, CIVIL_DAY, now_us) + 2);
}

/* What is being written. */
struct looking {
    struct step *step;
    const struct book *book;
    uint32_t person;
    int64_t horizon_us;
    bool by_time;                   /* no event was heard */
    bool is_added;                  /* entries came to series, and nothing else */
    struct person_sheaves *sheaves; /* of is_added: these */
    bool has_things;                /* what rules read of things was announced */
    bool is_put_off;                /* some weren't looked at, since it wasn't */
    struct reading reading;
    struct stand *list; /* the section to be */
    size_t count;
    bool differs;
};

/* Exact within the horizon, else not too late. A bound behind the horizon that was written before and still is none too late stays: most events only put off
 * what time will do. */
static int64_t turn_of(const struct looking *l, const struct program *p, const struct stand *was, bool is_same)
{
    struct arena *a = l->step->view.arena;
    int64_t stood_us = was == NULL ? TURN_NONE : was->turn_us;
    if (l->is_added && is_same && stood_us > l->horizon_us && program_is_put_off(p))
        return stood_us;
    int64_t turn_us = program_turn(p, &l->reading, a);
    if (turn_us <= l->horizon_us) {
        turn_us = program_turn_exact(p, &l->reading, l->horizon_us, a);
        if (turn_us != TURN_NONE)
            return turn_us;
        struct reading later = l->reading;
        later.now_us = l->horizon_us;
        turn_us = program_turn(p, &later, a);
    }
    bool stays = is_same && was != NULL && was->turn_us > l->horizon_us && was->turn_us <= turn_us;
    return stays ? was->turn_us : turn_us;
}

static void turn_put(const struct looking *l, struct stand *s, int64_t turn_us)
{
    const struct civil *civil = book_civil(l->book);
    s->turn_us = turn_us;
    s->has_turn = turn_us != TURN_NONE;
    if (!s->has_turn)
        return;
    s->turn_day = (int32_t)civil_number(civil, CIVIL_DAY, turn_us);
    s->is_midnight = civil_begin_us(civil, CIVIL_DAY, s->turn_day) == turn_us;
    s->is_timed = !s->is_midnight && turn_us <= l->horizon_us;
}

static bool stands_equal(const struct stand *x, const struct stand *y)
{
    return x->is_plain == y->is_plain && bytes_equal(x->value, y->value) && x->turn_us == y->turn_us &&
           x->is_timed == y->is_timed;
}

static void timers_follow(const struct looking *l, const struct stand *was, const struct stand *now)
{
    bool is_there = was != NULL && was->is_timed, is_wanted = now->is_timed;
    if (is_there && is_wanted && was->turn_us == now->turn_us)
        return;
    if (is_there)
        turn_timer_cancel(l->step, l->person, was);
    if (is_wanted)
        turn_timer_set(l->step, l->person, now);
}

static void turned_say(const struct looking *l, const struct book_rule *r, struct bytes before, struct bytes after)
{
    struct rule_turned *f = ARENA_NEW(l->step->view.arena, struct rule_turned);
    *f = (struct rule_turned){.rule = r->row.number,
                              .person = l->person,
                              .before = rule_value_unpack(r->row.type, before),
                              .after = rule_value_unpack(r->row.type, after),
                              .by_time = l->by_time};
    step_say(l->step, &fact_rule_turned, f);
}

/* A threshold of a count that was passed: more of the same leave it so, and its turn is none too early. */
static bool is_passed(const struct looking *l, const struct book_rule *r, const struct stand *was)
{
    return l->is_added && was != NULL && !was->is_plain && was->turn_us > l->horizon_us && program_is_put_off(r->program);
}

static void look_at(struct looking *l, const struct book_rule *r, const struct stand *was)
{
    if (is_passed(l, r, was)) {
        l->list[l->count++] = *was;
        return;
    }
    struct arena *a = l->step->view.arena;
    r->effort->today.looks++;
    r->effort->today.turns += l->by_time;
    reading_for(&l->reading, r);
    struct bytes before = was == NULL || was->is_plain ? r->row.unknown : was->value;
    struct bytes after = value_packed(program_value(r->program, &l->reading, a), a);
    bool is_same = bytes_equal(before, after);
    struct stand now = {.rule = r->row.number, .is_plain = bytes_equal(after, r->row.unknown)};
    turn_put(l, &now, turn_of(l, r->program, was, is_same));
    if (!now.is_plain) {
        now.value = after;
        now.since_s = is_same && was != NULL ? was->since_s : l->step->view.now_us / US_PER_SECOND;
    }
    bool is_kept = !now.is_plain || now.has_turn;
    timers_follow(l, was, &now);
    l->differs |= was == NULL ? is_kept : !is_kept || !stands_equal(was, &now);
    if (is_kept)
        l->list[l->count++] = now;
    if (!is_same && r->row.state == RULE_IN_FORCE)
        before = switch_told(l->step, l->book, r, l->person, before);
    if (!bytes_equal(before, after) && r->row.state == RULE_IN_FORCE)
        turned_say(l, r, before, after);
}

/* --- the section --- */

static bool is_looked_at(const struct book_rule *r)
{
    return r != NULL && r->program != NULL && r->row.state != RULE_LEAVING;
}

/* Not zeroed: there is room for far more than most people have. */
static struct stand *stands_take(struct arena *a, size_t count)
{
    return arena_take(a, count * sizeof(struct stand), _Alignof(struct stand));
}

/* What isn't looked at stays, unless its rule is over. */
static void keep(struct looking *l, const struct stand *was)
{
    if (book_rule(l->book, was->rule) != NULL) {
        l->list[l->count++] = *was;
        return;
    }
    if (was->is_timed)
        turn_timer_cancel(l->step, l->person, was);
    l->differs = true;
}

static void section_put(struct step *s, uint32_t person, const struct stand *list, size_t count, bool is_pending)
{
    struct buf b = arena_buf(s->view.arena, STANDINGS_BYTES_MAX);
    size_t over = stands_pack(list, count, is_pending, &b);
    for (size_t i = count - over; i < count; i++)
        if (list[i].is_timed)
            turn_timer_cancel(s, person, &list[i]);
    step_section_put(s, person, &standing_section, buf_bytes(&b));
}

/* Who reads things is looked at by a follow-up, which announces them. */
static bool is_put_off(struct looking *l, const struct book_rule *r)
{
    bool is_so = is_looked_at(r) && r->reads_things && !l->has_things;
    l->is_put_off |= is_so;
    return is_so;
}

void rules_look_later(struct step *s, uint32_t person, bool by_time)
{
    const struct rule_look look = {.person = person, .place = {.what = PROGRAM_THING}, .by_time = by_time};
    struct buf b = arena_buf(s->view.arena, RULE_LOOK_BYTES_MAX);
    rule_look_pack(&look, &b);
    step_then(s, COMMAND_RULE_LOOK, buf_bytes(&b));
}

static void look(struct looking *l, struct rule_numbers *rules)
{
    const struct view *v = &l->step->view;
    const struct civil *civil = book_civil(l->book);
    struct stand_walk w = stand_walk(view_section(v, l->person, &standing_section), civil);
    if (w.is_pending || rules->count == 0)
        return;
    numbers_settle(rules);
    l->horizon_us = turn_horizon_us(civil, v->now_us);
    l->reading = person_reading(v, l->book, l->person);
    reading_from(&l->reading, l->sheaves);
    l->list = stands_take(v->arena, unpack_left(&w.left) / STAND_BYTES_LEAST + rules->count + 1);
    struct stand was;
    bool more = stand_next(&w, &was);
    for (uint32_t at = 0; more || at < rules->count;) {
        bool is_next = at < rules->count && (!more || rules->list[at] <= was.rule);
        const struct book_rule *r = is_next ? book_rule(l->book, rules->list[at]) : NULL;
        bool is_there = more && (!is_next || rules->list[at] == was.rule);
        if (is_looked_at(r) && !is_put_off(l, r))
            look_at(l, r, is_there ? &was : NULL);
        else if (is_there)
            keep(l, &was);
        at += is_next;
        more = is_there ? stand_next(&w, &was) : more;
    }
    if (l->differs)
        section_put(l->step, l->person, l->list, l->count, false);
    if (l->is_put_off)
        rules_look_later(l->step, l->person, l->by_time);
}

void rules_look(struct step *s, const struct book *b, uint32_t person, struct rule_numbers *rules, bool by_time)
{
    struct looking l = {.step = s, .book = b, .person = person, .by_time = by_time};
    look(&l, rules);
}

void rules_look_with_things(struct step *s, const struct book *b, uint32_t person, struct rule_numbers *rules,
                            bool by_time)
{
    struct looking l = {.step = s, .book = b, .person = person, .by_time = by_time, .has_things = true};
    look(&l, rules);
}

void rules_look_added(struct step *s, const struct book *b, uint32_t person, struct person_sheaves *sheaves,
                      struct rule_numbers *rules)
{
    struct looking l = {.step = s, .book = b, .person = person, .is_added = true, .sheaves = sheaves};
    look(&l, rules);
}

/* --- everything --- */

static void add_place(struct rule_numbers *n, const struct view *v, const struct book *b, enum program_reads what,
                      uint32_t number)
{
    rule_numbers_add(n, v->arena, book_reads(b, (struct program_place){.what = what, .number = number}));
}

/* What of the person rules read beside their features. */
static void add_places(struct rule_numbers *n, const struct view *v, const struct book *b, uint32_t person)
{
    const struct trait *traits;
    const struct identifier *identifiers;
    const struct relation *relations;
    const struct listing *listings;
    size_t count = people_traits(v, person, &traits);
    for (size_t i = 0; i < count; i++)
        add_place(n, v, b, PROGRAM_TRAIT, traits[i].name);
    count = identity_list(v, person, &identifiers);
    for (size_t i = 0; i < count; i++)
        add_place(n, v, b, PROGRAM_IDENTIFIER, identifiers[i].type);
    count = relation_list(v, person, &relations);
    for (size_t i = 0; i < count; i++)
        add_place(n, v, b, PROGRAM_RELATION, relations[i].type->number);
    count = listings_of(v, person, &listings);
    for (size_t i = 0; i < count; i++)
        add_place(n, v, b, PROGRAM_LIST, listings[i].list);
    add_place(n, v, b, PROGRAM_CONSENT, 0);
    add_place(n, v, b, PROGRAM_SELF, 0);
}

void rules_look_all(struct step *s, const struct book *b, uint32_t person)
{
    struct rule_numbers n = {0};
    const struct slot_series *series;
    struct stand_walk w = stand_walk(view_section(&s->view, person, &standing_section), NULL);
    for (struct stand stand; stand_next(&w, &stand);)
        rule_numbers_add(&n, s->view.arena, (struct book_list){.count = 1, .list = &stand.rule});
    size_t count = person_features(&s->view, person, &series);
    for (size_t i = 0; i < count; i++) {
        const struct book_feature *f = book_feature(b, series[i].slot);
        if (f != NULL)
            rule_numbers_add(&n, s->view.arena, (struct book_list){.count = f->rule_count, .list = f->rules});
    }
    add_places(&n, &s->view, b, person);
    rules_look(s, b, person, &n, false);
}

/* --- all of it --- */

static size_t stands_of(const struct view *v, const struct book *b, uint32_t person, struct stand **out_list)
{
    struct stand_walk w = stand_walk(view_section(v, person, &standing_section), book_civil(b));
    struct stand *list = stands_take(v->arena, unpack_left(&w.left) / STAND_BYTES_LEAST + 1);
    size_t count = 0;
    while (stand_next(&w, &list[count]))
        count++;
    *out_list = list;
    return count;
}

void rules_pend(struct step *s, const struct book *b, uint32_t person, bool is_pending)
{
    struct stand *list;
    size_t count = stands_of(&s->view, b, person, &list);
    section_put(s, person, list, count, is_pending);
    if (!is_pending)
        rules_look_all(s, b, person);
}

void rules_forget(struct step *s, const struct book *b, uint32_t person)
{
    struct stand *list;
    size_t count = stands_of(&s->view, b, person, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].is_timed)
            turn_timer_cancel(s, person, &list[i]);
    if (count > 0 || view_section(&s->view, person, &standing_section).size > 0)
        step_section_put(s, person, &standing_section, BYTES_NONE);
}
