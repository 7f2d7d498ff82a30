/* Programs against plain loops over a person's events: random rules, histories and instants, in zones of which two change their clocks.
 *
 * Covers: program_calls.c program_compare.c program_compile.c program_evaluate.c program_explain.c program_feature.c program_names.c program_sequence.c program_tally.c
 * program_turn.c program_value.c program_window.c */
#include "domain/rule/explain.h"
#include "domain/rule/program_person_test.h"

#define RULES_A_RUN 12
#define TEXT_BYTES 4096u
#define STEPS_AHEAD (45 * 24) /* hours that turns are looked for */

/* --- rules --- */

static const char *const sources[] = {"product_viewed", "cart_added", "order_paid", "(product_viewed or cart_added)"};
static const char *const comparisons[] = {"=", "!=", "<", "<=", ">", ">="};
#define PICK(t, list) ((list)[rng_below(&(t)->rng, COUNT_OF(list))])

static void where_say(struct t *t, struct buf *b)
{
    static const char *const wheres[] = {" where channel = 'c1'", " where amount >= 30",
                                         " where channel != 'c2' and amount < 60",
                                         " where channel is known or amount > 10", " where time.hour >= 14"};
    if (rng_chance(&t->rng, 0.4))
        buf_push_text(b, PICK(t, wheres));
}

static void window_say(struct t *t, struct buf *b)
{
    static const char *const units[] = {"days", "weeks", "months", "years"}, *const these[] = {"week", "month",
                                                                                               "quarter", "year"};
    size_t unit = rng_below(&t->rng, COUNT_OF(units));
    switch (rng_below(&t->rng, 7)) {
    case 0:
    case 1:
        buf_printf(b, " in last %u %s", 1 + (unsigned)rng_below(&t->rng, 20) / (unsigned)(2 * unit + 1), units[unit]);
        break;
    case 2:
        buf_printf(b, " in this %s", PICK(t, these));
        break;
    case 3:
        buf_printf(b, " within %u hours", 1 + (unsigned)rng_below(&t->rng, 100));
        break;
    case 4:
        buf_printf(b, " within %u days", 1 + (unsigned)rng_below(&t->rng, 30));
        break;
    case 5:
        buf_printf(b, rng_chance(&t->rng, 0.5) ? " since '2026-%02u-11'" : " from '2026-%02u-02' to '2026-11-20 03:00'",
                   9 + (unsigned)rng_below(&t->rng, 2));
        break;
    default:
        break;
    }
}

static void time_say(struct t *t, struct buf *b)
{
    if (rng_chance(&t->rng, 0.2)) {
        buf_push_text(b, rng_chance(&t->rng, 0.5) ? "birthday" : "due");
        return;
    }
    buf_printf(b, "%s(%s", rng_chance(&t->rng, 0.5) ? "first" : "last", PICK(t, sources));
    where_say(t, b);
    if (rng_chance(&t->rng, 0.3))
        window_say(t, b);
    buf_push_text(b, ").time");
}

static void number_say(struct t *t, struct buf *b, int depth)
{
    static const char *const of_events[] = {"count", "days", "median_gap"}, *const of_amounts[] = {"sum", "avg", "min",
                                                                                                   "max"};
    static const char *const days[] = {"days_since", "days_until", "until_anniversary"}, *const signs[] = {"+", "-",
                                                                                                           "*", "/"};
    uint64_t which = rng_below(&t->rng, depth > 0 ? 10 : 9);
    if (which == 9) {
        buf_push_byte(b, '(');
        number_say(t, b, depth - 1);
        buf_printf(b, ") %s (", PICK(t, signs));
        number_say(t, b, depth - 1);
        buf_push_byte(b, ')');
        return;
    }
    if (which == 8) {
        buf_printf(b, "%s(", PICK(t, days));
        time_say(t, b);
        buf_push_byte(b, ')');
        return;
    }
    if (which < 4)
        buf_printf(b, "%s(%s", PICK(t, of_events), PICK(t, sources));
    else if (which == 4)
        buf_printf(b, "distinct(%s.channel", PICK(t, sources));
    else
        buf_printf(b, "%s(%s.amount", PICK(t, of_amounts), PICK(t, sources));
    where_say(t, b);
    window_say(t, b);
    buf_push_byte(b, ')');
}

static void sequence_say(struct t *t, struct buf *b)
{
    unsigned steps = 1 + (unsigned)rng_below(&t->rng, 3), spoken = 1;
    buf_printf(b, "did(%s", PICK(t, sources));
    where_say(t, b);
    for (unsigned i = 0; i < steps; i++, spoken++) {
        buf_printf(b, " then %s%s", rng_chance(&t->rng, 0.4) ? "no " : "", PICK(t, sources));
        where_say(t, b);
    }
    if (rng_chance(&t->rng, 0.6))
        buf_printf(b, " within %u hours", 1 + (unsigned)rng_below(&t->rng, 90));
    if (rng_chance(&t->rng, 0.5))
        window_say(t, b);
    buf_push_byte(b, ')');
}

/* Of each of several units. */
static void each_say(struct t *t, struct buf *b)
{
    static const char *const units[] = {"days", "weeks", "months"};
    bool is_did = rng_chance(&t->rng, 0.5);
    buf_printf(b, "%s(%s", is_did ? "did" : "count", PICK(t, sources));
    if (is_did && rng_chance(&t->rng, 0.3))
        buf_printf(b, " then %s", PICK(t, sources));
    buf_printf(b, " in each of last %u %s)", 1 + (unsigned)rng_below(&t->rng, 3), PICK(t, units));
    if (!is_did)
        buf_printf(b, " %s %u", PICK(t, comparisons), (unsigned)rng_below(&t->rng, 3));
}

static void moving_say(struct t *t, struct buf *b)
{
    static const char *const units[] = {"minutes", "hours", "days"};
    time_say(t, b);
    switch (rng_below(&t->rng, 5)) {
    case 0:
        buf_printf(b, " %s ago(%u %s)", PICK(t, comparisons), 60 * (1 + (unsigned)rng_below(&t->rng, 12)),
                   units[rng_below(&t->rng, 2)]);
        break;
    case 1:
        buf_printf(b, " %s ago(%u days)", PICK(t, comparisons), (unsigned)rng_below(&t->rng, 20) + 1);
        break;
    case 2:
        buf_printf(b, " %s %s", PICK(t, comparisons), rng_chance(&t->rng, 0.5) ? "today" : "now - 2");
        break;
    case 3:
        buf_printf(b, " between ago(%u days) and '2026-11-0%u'", 3 + (unsigned)rng_below(&t->rng, 30),
                   1 + (unsigned)rng_below(&t->rng, 9));
        break;
    default:
        window_say(t, b);
        if (b->data[b->size - 1] == 'e' || b->data[b->size - 1] == 'y')
            buf_push_text(b, " in this month");
    }
}

static void condition_say(struct t *t, struct buf *b, int depth);

static void joined_say(struct t *t, struct buf *b, int depth)
{
    bool is_or = rng_chance(&t->rng, 0.5);
    buf_push_byte(b, '(');
    condition_say(t, b, depth - 1);
    buf_push_text(b, is_or ? ") or (" : ") and (");
    condition_say(t, b, depth - 1);
    buf_push_byte(b, ')');
}

static void condition_say(struct t *t, struct buf *b, int depth)
{
    bool is_hour;
    switch (rng_below(&t->rng, depth > 0 ? 14 : 11)) {
    case 0:
    case 1:
    case 2:
        number_say(t, b, 1);
        buf_printf(b, " %s %d", PICK(t, comparisons), (int)rng_between(&t->rng, -2, 40));
        break;
    case 3:
        number_say(t, b, 1);
        buf_printf(b, rng_chance(&t->rng, 0.5) ? " between %u and 60" : " in (1, %u, 30)",
                   (unsigned)rng_below(&t->rng, 40));
        break;
    case 4:
    case 5:
        sequence_say(t, b);
        break;
    case 6:
        each_say(t, b);
        break;
    case 7:
        moving_say(t, b);
        break;
    case 8:
        buf_printf(b, "%s(%s).channel %s 'c1'", rng_chance(&t->rng, 0.5) ? "first" : "last", PICK(t, sources),
                   PICK(t, comparisons));
        break;
    case 9:
        is_hour = rng_chance(&t->rng, 0.5);
        buf_printf(b, "most_frequent(%s.%s", PICK(t, sources), is_hour ? "time.hour" : "channel");
        window_say(t, b);
        buf_push_text(b, rng_chance(&t->rng, 0.3) ? ") is known" : is_hour ? ") < 14" : ") in ('c1', 'c3')");
        break;
    case 10:
        buf_printf(b,
                   rng_chance(&t->rng, 0.5) ? "has friend(begun %s ago(%u days) or id = 'G2')"
                                            : "city %s 'b' or due in last %u days",
                   PICK(t, comparisons), 1 + (unsigned)rng_below(&t->rng, 9));
        break;
    case 11:
        buf_push_text(b, "not (");
        condition_say(t, b, depth - 1);
        buf_push_byte(b, ')');
        break;
    default:
        joined_say(t, b, depth);
    }
}

static void rule_say(struct t *t, struct buf *b)
{
    if (rng_chance(&t->rng, 0.8)) {
        condition_say(t, b, 2);
        return;
    }
    buf_push_text(b, "case when ");
    condition_say(t, b, 1);
    buf_push_text(b, " then ");
    number_say(t, b, 1);
    buf_push_text(b, rng_chance(&t->rng, 0.5) ? " else 7 end" : " end");
}

/* --- a person --- */

static int event_order(const void *a, const void *b)
{
    const struct naive_event *x = a, *y = b;
    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* On whole hours, so that what time changes is on whole hours too. */
static void events_make(struct person_made *p)
{
    static const char *const names[] = {"product_viewed", "cart_added", "order_paid"}, *const channels[] = {NULL, "c1",
                                                                                                            "c2", "c3"};
    struct t *t = p->t;
    p->naive.count = rng_below(&t->rng, PERSON_EVENTS_MAX + 1);
    for (size_t i = 0; i < p->naive.count; i++) {
        int64_t back = rng_between(&t->rng, 0, rng_chance(&t->rng, 0.7) ? 100 : 2000);
        p->events[i] = (struct naive_event){.us = p->naive.now_us - back * US_PER_HOUR,
                                            .name = PICK(t, names),
                                            .channel = PICK(t, channels),
                                            .has_amount = rng_chance(&t->rng, 0.7),
                                            .amount = rng_between(&t->rng, 0, 90),
                                            .key = (uint32_t)i * 7919 % 101 + 1};
    }
    qsort(p->events, p->naive.count, sizeof *p->events, event_order);
    p->naive.events = p->events;
}

static void person_make(struct person_made *p, struct program_world *w)
{
    static const char *const cities[] = {"a", "b", "c"}, *const days[] = {"1990-12-01", "2000-02-29", "2026-11-30",
                                                                          "2026-12-08 04:00"};
    struct t *t = w->rig.t;
    static const int64_t beginnings[] = {INT64_C(1792857600000000), INT64_C(1764288000000000),
                                         INT64_C(1790294400000000)};
    int64_t now_us = beginnings[rng_below(&t->rng, COUNT_OF(beginnings))] +
                     rng_between(&t->rng, 0, 24 * 40) * US_PER_HOUR;
    *p = (struct person_made){.t = t, .world = w, .naive = {.civil = w->civil, .now_us = now_us}};
    events_make(p);
    p->traits[0] = (struct naive_trait){"city", PICK(t, cities)};
    p->traits[1] = (struct naive_trait){"birthday", PICK(t, days)};
    p->traits[2] = (struct naive_trait){"due", PICK(t, days)};
    p->naive.traits = p->traits;
    p->naive.trait_count = rng_below(&t->rng, 4);
    p->naive.friend_of = rng_chance(&t->rng, 0.5) ? "G1" : NULL;
    p->naive.friend_since_us = now_us + rng_between(&t->rng, -200, 30) * US_PER_HOUR;
    p->friendship = (struct rule_relation){
        .since_us = p->naive.friend_since_us, .kind = BYTES_LIT("staff"), .id = BYTES_LIT("G1")};
    p->reading = person_reading(p);
}

/* --- what is compared --- */

static bool is_same(struct rule_value got, struct naive_value want)
{
    if (want.kind == NAIVE_UNKNOWN || !got.is_known)
        return !got.is_known && want.kind == NAIVE_UNKNOWN;
    return got.type == RULE_TRUTH ? want.kind == NAIVE_TRUTH && got.truth == want.truth
                                  : want.kind == NAIVE_NUMBER && got.number == want.number;
}

static bool is_naive_same(struct naive_value x, struct naive_value y)
{
    return x.kind == y.kind && x.truth == y.truth && x.number == y.number;
}

/* The first instant at which plain loops say something else: at whole hours, and right behind them. */
static int64_t naive_turn(const struct person_made *p, const struct expr *tree)
{
    struct naive then = p->naive;
    const struct naive_value now = naive_value(&then, tree);
    for (int hour = 0; hour <= STEPS_AHEAD; hour++)
        for (int64_t behind = hour == 0; behind < 2; behind++) {
            then.now_us = p->naive.now_us + hour * US_PER_HOUR + behind;
            if (!is_naive_same(naive_value(&then, tree), now))
                return then.now_us;
        }
    return INT64_MAX;
}

static void turns_check(struct person_made *p, const struct expr *tree, const char *text)
{
    struct t *t = p->t;
    int64_t until_us = p->naive.now_us + STEPS_AHEAD * US_PER_HOUR + 1, want_us = naive_turn(p, tree);
    int64_t got_us = program_turn_exact(p->program, &p->reading, until_us, t->arena);
    if (got_us != want_us)
        test_fail(t, __FILE__, __LINE__, "%s\n  turns %" PRId64 " us from now, want %" PRId64, text,
                  got_us == INT64_MAX ? -1 : got_us - p->naive.now_us,
                  want_us == INT64_MAX ? -1 : want_us - p->naive.now_us);
    if (program_turn(p->program, &p->reading, t->arena) > want_us)
        test_fail(t, __FILE__, __LINE__, "%s\n  the lower bound of its turn is too late", text);
}

static void rule_check(struct person_made *p, const char *text, const struct expr *tree)
{
    struct t *t = p->t;
    struct naive_value want = naive_value(&p->naive, tree);
    struct rule_value got = program_value(p->program, &p->reading, t->arena);
    if (!is_same(got, want))
        test_fail(t, __FILE__, __LINE__, "%s\n  is %s %d %lld, want kind %d %d %lld", text,
                  got.is_known ? "known" : "unknown", got.truth, (long long)got.number, want.kind, want.truth,
                  (long long)want.number);
}

/* --- explained --- */

static int truth_of(const struct rule_value *value)
{
    return !value->is_known ? -1 : value->truth;
}

/* What the parts come to by three-valued logic; `is_changed`: those that are missing are taken as what they should be. */
static int recomposed(const struct explained *x, bool is_changed)
{
    bool is_all = x->kind == EXPLAINED_ALL || x->kind == EXPLAINED_EACH;
    int unsure = 0;
    if (is_changed && x->is_missing)
        return x->should_hold;
    if (x->kind == EXPLAINED_NOT) {
        int part = recomposed(&x->parts[0], is_changed);
        return part < 0 ? part : !part;
    }
    if (!is_all && x->kind != EXPLAINED_ANY)
        return truth_of(&x->value);
    for (uint32_t i = 0; i < x->count; i++) {
        int part = recomposed(&x->parts[i], is_changed);
        if (part >= 0 && (part == 1) != is_all)
            return !is_all;
        unsure |= part < 0;
    }
    return unsure ? -1 : is_all;
}

/* A comparison of a number says how much more it takes: so much more makes it hold, a little less doesn't. */
static void lacks_check(struct person_made *p, const struct explained *x)
{
    for (uint32_t i = 0; i < x->count; i++)
        lacks_check(p, &x->parts[i]);
    if (x->lacks == 0)
        return;
    series_wide has = x->parts[0].value.number + x->lacks;
    CHECK(p->t, x->kind == EXPLAINED_COMPARED && !(x->value.is_known && x->value.truth));
    CHECK(p->t, x->op == EXPR_MORE ? has >= x->wants.number : has >= x->wants.number && x->op == EXPR_AT_LEAST);
}

static void explanation_check(struct person_made *p, const struct expr *tree, const char *text)
{
    const struct explained *root = program_explain(p->program, &p->reading, p->t->arena);
    struct rule_value value = program_value(p->program, &p->reading, p->t->arena);
    int64_t turn_us = naive_turn(p, tree), until_us = p->naive.now_us + STEPS_AHEAD * US_PER_HOUR + 1;
    lacks_check(p, root);
    if (root->value.is_known != value.is_known || (value.is_known && rule_value_compare(&root->value, &value) != 0))
        test_fail(p->t, __FILE__, __LINE__, "%s\n  is explained as something else than it is", text);
    if (root->is_exact && root->turn_us <= until_us ? root->turn_us != turn_us : root->turn_us < INT64_MAX && root->turn_us > turn_us)
        test_fail(p->t, __FILE__, __LINE__, "%s\n  turns at another instant than is told", text);
    if (program_type(p->program) != RULE_TRUTH)
        return;
    if (recomposed(root, false) != truth_of(&value))
        test_fail(p->t, __FILE__, __LINE__, "%s\n  its parts come to something else", text);
    if (recomposed(root, true) != 1)
        test_fail(p->t, __FILE__, __LINE__, "%s\n  what is missing isn't enough", text);
}

static void rules_say_what_plain_loops_say(struct t *t)
{
    static const char *const zones[] = {"Europe/London", "America/New_York", "Asia/Shanghai"};
    struct program_world w;
    struct buf text = arena_buf(t->arena, TEXT_BYTES);
    program_world_open(&w, t, PICK(t, zones));
    for (int i = 0; i < RULES_A_RUN && t->failures == 0; i++) {
        struct person_made *p = ARENA_NEW(t->arena, struct person_made);
        const struct expr *tree;
        struct err e = {0};
        buf_clear(&text);
        rule_say(t, &text);
        buf_push_byte(&text, '\0');
        person_make(p, &w);
        const char *said = (const char *)text.data;
        struct status s = program_of(&w, said, &tree, &p->program, &e);
        if (failed(s)) {
            test_fail(t, __FILE__, __LINE__, "%s\n  %s", said, e.text);
            break;
        }
        person_gather(p);
        rule_check(p, said, tree);
        turns_check(p, tree, said);
        explanation_check(p, tree, said);
    }
    program_world_close(&w);
}

static const struct test tests[] = {
    {"rules say what plain loops say, and turn when they do", rules_say_what_plain_loops_say, 250},
};
TEST_MAIN(tests)
