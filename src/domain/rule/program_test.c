/* Programs: an example of every construct, what is refused and with which words, and what a program says that it reads.
 *
 * Covers: program_calls.c program_compile.c program_feature.c program_names.c program_value.c */
#include "domain/rule/program_person_test.h"

#define NOW_US INT64_C(1795320000000000) /* 2026-11-22 12:00 in Shanghai */

static void refused(struct t *t, struct program_world *w, const char *text, const char *words)
{
    const struct expr *tree;
    const struct program *p;
    struct err e = {0};
    struct status s = program_of(w, text, &tree, &p, &e);
    if (done(s) || strstr(e.text, words) == NULL)
        test_fail(t, __FILE__, __LINE__, "%s\n  %s \"%s\", want \"%s\"", text, status_name(s.code), e.text, words);
}

/* --- what is refused --- */

static void what_is_wrong_is_refused_with_the_nearest_name(struct t *t)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"count(order_pajd) > 3", "at character 7: there is no event \"order_pajd\"; did you mean \"order_paid\"?"},
        {"count(order_paid where amuont > 3) > 3",
         "at character 24: there is no property \"amuont\"; did you mean \"amount\"?"},
        {"sum(order_paid.amuont) > 3", "at character 5: there is no property \"amuont\"; did you mean \"amount\"?"},
        {"sum(order_paid) > 3", "at character 5: say what of the event: sum(order_paid.amount)"},
        {"first(order_paid) = 'x'", "say what of the event: first(order_paid).channel"},
        {"count(order_paid.amount) > 3", "distinct counts values"},
        {"count(order_paid).x > 3", "it has no \"x\""},
        {"citty = 'x'", "at character 1: nobody has a trait or an identifier \"citty\"; did you mean \"city\"?"},
        {"phome is known", "did you mean \"phone\"?"},
        {"has frend()", "at character 1: there is no relation \"frend\"; did you mean \"friend\"?"},
        {"has friend(stuff.store = 'x')", "friend leads to no \"stuff\"; did you mean \"staff\"?"},
        {"has friend(staff.positon = 'x')", "at character 12: no staff has a \"positon\"; did you mean \"position\"?"},
        {"consents('marketin')", "at character 10: there is no purpose \"marketin\"; did you mean \"marketing\"?"},
        {"consents('marketing', 'smss')", "there is no channel \"smss\"; did you mean \"sms\"?"},
        {"tags('x')", "nothing is called \"tags(…)\"; did you mean \"tag(…)\"?"},
        {"tag('x')", "there is no tag 'x'"},
        {"tier('group') >= 'gold'", "at character 1: tier: there is no loyalty programme yet"},
        {"points('brand-a') >= 500", "there is no loyalty programme yet"},
        {"order.nett > 3", "nobody has a trait"},
        {"sum(order.nett) > 3", "at character 5: there is no property \"nett\"; did you mean \"net\"?"},
        {"sum(order.net where chanel = 'x') > 3", "there is no property \"chanel\"; did you mean \"channel\"?"},
        {"count(order where touchpoint = 'x') > 3", "an order has no \"touchpoint\""},
        {"count(order where item.skuu = 'x') > 3", "there is no property \"skuu\"; did you mean \"item.sku\"?"},
        {"first(order).session = 'x'", "there is no property \"session\""},
        {"distinct(order) > 3", "say what of the event: distinct(order.amount)"},
        {"count(order) > 5000", "this is counted up to 4096: want no more"},
        {"did(order then order_paid)", "a step is an event"},
        {"count(order_paid where time.hour = '9') > 1", "at character 36: want a number: hours are 0 to 23"},
        {"count(order_paid where time.houre = 9) > 1", "did you mean \"time.hour\"?"},
        {"most_frequent(order_paid.time.hour) = '9'", "a number is compared with a text"},
        {"median_gap(order_paid.amount) > 3", "median_gap takes events, not \"amount\" of them"},
        {"count(order_paid) = 'x'", "at character 21: a number is compared with a text"},
        {"phone > 3", "at character 9: a text is compared with a number"},
        {"count(order_paid) starts 'x'", "\"starts\" is of texts, and this is a number"},
        {"city starts 3", "\"starts\" wants a text in single quotes"},
        {"city matches '('", "at character 14: "},
        {"last(order_paid).time > 'soon'", "at character 25: want a date or a time"},
        {"last(order_paid).time + last(cart_added).time > now", "want a number, and this is a time"},
        {"3 - last(order_paid).time > 3", "a time can't be taken from a number"},
        {"count(order_paid) > true", "a number is compared with a truth"},
        {"city > true", "true and false have no order"},
        {"case when count(order_paid) > 1 then 'a' else 3 end", "one case is a text, and this one a number"},
        {"count(order_paid within 1 hour) > 5000", "at character 35: this is counted up to 4096: want no more"},
        {"distinct(order_paid.amount) >= 4097", "counted up to 4096"},
        {"count(order_paid in last 12 years) > 1", "want at most 4096 days"},
        {"count(order_paid in each of last 900 days) > 1", "has at most 400 of them"},
        {"1 + count(order_paid in each of last 3 days) > 1", "compare count by itself"},
        {"last(order_paid).time in each of last 3 days", "one time can't lie in each"},
        {"count(order_paid from '2026-11-02' to '2026-11-01') > 1", "the end comes before the beginning"},
        {"count(order_paid since '2026-13-02') > 1", "want a date or a time"},
        {"did(order_paid then cart_added for the first time in last 3 days)", "is of one step"},
        {"now > ago(3 days)", "now and ago move with time"},
        {"now", "now and ago change at every instant"},
        {"now > '2099-01-01'", "says something of everybody that changes with time"},
        {"today > '2099-01-01' or city = 'x'", "says something of everybody that changes with time"},
        {"days_since(now) > 3", "days_since wants a time that doesn't move"},
        {"days_since(3) > 3", "days_since wants a time, and this is a number"},
        {"until_anniversary(birthday_lunar) < 3", "days of the lunar calendar have no anniversary here"},
        {"share(3) < 0.1", "share wants a text in single quotes"},
        {"share() < 0.1", "share wants 1 to 1 values"},
        {"days_since(birthday) and city = 'x'", "days_since(…) is a number: compare it"},
        {"count(order_paid) > 1e300", "numbers reach up to 10 to the power of 21"},
    };
    struct program_world w;
    program_world_open(&w, t, "Asia/Shanghai");
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        refused(t, &w, wrong[i].text, wrong[i].words);
    w.ask.wants_truth = true;
    refused(t, &w, "count(order_paid) + 1", "want a condition, and this is a value (+)");
    program_world_close(&w);
}

/* --- what holds --- */

static struct naive_event event(const char *name, int64_t hours_ago, const char *channel, int64_t amount)
{
    return (struct naive_event){.us = NOW_US - hours_ago * US_PER_HOUR,
                                .name = name,
                                .channel = channel,
                                .has_amount = amount > 0,
                                .amount = amount,
                                .key = (uint32_t)hours_ago};
}

static void someone(struct person_made *p, struct program_world *w)
{
    *p = (struct person_made){.t = w->rig.t, .world = w, .naive = {.civil = w->civil, .now_us = NOW_US}};
    p->events[0] = event("order_paid", 24 * 100, "tmall", 300);
    p->events[1] = event("product_viewed", 40, "h5", 0);
    p->events[2] = event("cart_added", 30, "h5", 50);
    p->events[3] = event("order_paid", 20, "h5", 100);
    p->events[4] = event("cart_added", 1, NULL, 70);
    p->naive.events = p->events;
    p->naive.count = 5;
    p->traits[0] = (struct naive_trait){"city", "上海"};
    p->traits[1] = (struct naive_trait){"birthday", "11-25"};
    p->traits[2] = (struct naive_trait){"due", "2026-11-30"};
    p->naive.traits = p->traits;
    p->naive.trait_count = 3;
    p->naive.friend_of = "G1";
    p->friendship = (struct rule_relation){
        .since_us = NOW_US - US_PER_DAY, .kind = BYTES_LIT("staff"), .id = BYTES_LIT("G1")};
    p->reading = person_reading(p);
}

/* "true", "unknown", "2.5", "text". */
static const char *said(struct t *t, const struct rule_value *v)
{
    char time[TIME_TEXT_BYTES];
    if (!v->is_known)
        return "unknown";
    if (v->type == RULE_TRUTH)
        return v->truth ? "true" : "false";
    if (v->type == RULE_TEXT)
        return arena_text(t->arena, v->text);
    if (v->type == RULE_TIME)
        return arena_text(t->arena, bytes_of_text(time_format(v->time_us, time)));
    return arena_printf(t->arena, "%.6g", (double)v->number / 1e6);
}

static const char *value_said(struct t *t, struct person_made *p, const char *text)
{
    const struct expr *tree;
    struct err e = {0};
    if (failed(program_of(p->world, text, &tree, &p->program, &e)))
        return arena_printf(t->arena, "refused: %s", e.text);
    person_gather(p);
    struct rule_value v = program_value(p->program, &p->reading, t->arena);
    return said(t, &v);
}

static void every_construct_says_what_the_guide_says(struct t *t)
{
    static const struct {
        const char *text, *want;
    } examples[] = {
        {"city in ('上海', '杭州') and city starts '上' and city contains '海' and city ends '海' and city matches "
         "'^上.$'",
         "true"},
        {"count(order_paid)", "2"},
        {"count(event)", "5"},
        {"count((order_paid or cart_added) in last 7 days)", "3"},
        {"sum(order_paid.amount)", "400"},
        {"last(order_paid.amount)", "100"},
        {"avg((order_paid or cart_added).amount in last 7 days)", "73.3333"},
        {"min(order_paid.amount)", "100"},
        {"max(order_paid.amount in this month)", "100"},
        {"max(order_paid.amount where channel = 'tmall' in last 1 weeks) is unknown", "true"},
        {"days(cart_added)", "2"},
        {"distinct(event.channel)", "2"},
        {"median_gap(order_paid)", "99"},
        {"median_gap(product_viewed)", "unknown"},
        {"median_gap(event where channel = 'h5')", "1"},        /* two on the second day are one */
        {"median_gap((order_paid or product_viewed))", "49.5"}, /* between 98 and 1 */
        {"median_gap(event)", "1"},                             /* of 98, 1 and 1 the middle one */
        {"most_frequent(event.time.hour)", "6"},
        {"count(event where time.hour < 12)", "2"},
        {"first(event).time.weekday", "5"},
        {"first(order_paid).channel = 'tmall' and last(order_paid).channel = 'h5'", "true"},
        {"last(cart_added).channel = 'h5'", "unknown"},
        {"not (last(cart_added).channel = 'h5')", "unknown"},
        {"most_frequent(event.channel in last 1 months)", "h5"},
        {"count(order_paid from '2026-08-01' to '2026-08-14')", "1"},
        {"count(order_paid before '2026-08-14')", "0"},
        {"count(order_paid since '2026-08-14')", "2"},
        {"count(cart_added within 90 minutes)", "1"},
        {"did(event in each of last 3 days) and not did(event in each of last 4 days)", "true"},
        {"did(product_viewed then cart_added then order_paid within 20 hours)", "true"},
        {"did(product_viewed then cart_added then order_paid within 19 hours)", "false"},
        {"did(cart_added then no order_paid)", "true"},
        {"did(cart_added then no order_paid within 2 hours in last 1 days)", "false"},
        {"did(product_viewed then no cart_added then order_paid)", "false"},
        {"did(order_paid for the first time in last 7 days)", "false"},
        {"did(cart_added for the first time in last 7 days)", "true"},
        {"last(order_paid).time > ago(3 days) and last(order_paid).time < now", "true"},
        {"last(order_paid).time in last 2 days and last(order_paid).time not in last 1 days", "true"},
        {"(now - last(order_paid).time) * 24 between 19.9999 and 20.0001", "true"},
        {"last(order_paid).time + 1", "2026-11-22T08:00:00.000Z"},
        {"days_since(last(order_paid).time)", "1"},
        {"days_until(due) + 7", "15"},
        {"days_until(last(order_paid).time + (0 - last(order_paid).amount) * (last(order_paid).time - "
         "first(order_paid).time) / (last(order_paid).amount - first(order_paid).amount))",
         "49"}, /* by what goes from reading to reading */
        {"until_anniversary(birthday)", "3"},
        {"days_since(birthday)", "unknown"},
        {"due = '2026-11-30' and due > today", "true"},
        {"max(order_paid.amount) > 2 * avg(order_paid.amount)", "false"},
        {"sum(order_paid.amount) / (count(order_paid) - 2) is unknown", "true"},
        {"case when count(order_paid) = 0 then 'new' when did(order_paid in last 90 days) then 'active' else 'quiet' "
         "end",
         "active"},
        {"has friend(id = 'G1' and begun > ago(2 days))", "true"},
        {"friend of('G1', 'G9') and not friend of('G9') and not in group()", "true"},
        {"not consents('marketing', 'sms')", "true"},
        {"phone is known", "false"},
        {"count(order_paid where item.sku = 'a')", "0"},
    };
    struct program_world w;
    struct person_made p;
    program_world_open(&w, t, "Asia/Shanghai");
    someone(&p, &w);
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        const char *got = value_said(t, &p, examples[i].text);
        if (strcmp(got, examples[i].want) != 0)
            test_fail(t, __FILE__, __LINE__, "%s\n  is %s, want %s", examples[i].text, got, examples[i].want);
    }
    program_world_close(&w);
}

/* 10,000 values, and as many comparisons as a tree may have. */
static void big_rules_are_taken(struct t *t)
{
    struct program_world w;
    struct person_made p;
    struct buf text = arena_buf(t->arena, EXPR_BYTES_MAX);
    program_world_open(&w, t, "Asia/Shanghai");
    someone(&p, &w);
    for (unsigned i = 0; i < EXPR_VALUES_MAX; i++)
        buf_printf(&text, "%s'v%u'", i == 0 ? "city in (" : ", ", i);
    buf_push(&text, bytes_of(")", 2));
    CHECK_TEXT(t, value_said(t, &p, (const char *)text.data), "false");
    p.traits[0].text = "v9999";
    CHECK_TEXT(t, value_said(t, &p, (const char *)text.data), "true");
    buf_clear(&text);
    for (unsigned i = 0; i < 6000; i++)
        buf_printf(&text, "%scity = 'v%u'", i == 0 ? "" : " or ", i);
    buf_push(&text, bytes_of("", 1));
    CHECK_TEXT(t, value_said(t, &p, (const char *)text.data), "false");
    buf_clear(&text);
    for (unsigned i = 0; i <= PROGRAM_FEATURES_MAX; i++)
        buf_printf(&text, "%scount(order_paid where amount > %u) = 1", i == 0 ? "" : " or ", i);
    buf_push(&text, bytes_of("", 1));
    refused(t, &w, (const char *)text.data, "a rule asks for at most 64 different things of events");
    program_world_close(&w);
}

/* --- features, places --- */

static void windows_of_one_thing_share_a_feature(struct t *t)
{
    struct program_world w;
    const struct expr *tree;
    const struct program *p;
    const struct feature *const *list;
    struct err e = {0};
    program_world_open(&w, t, "Asia/Shanghai");
    REQUIRE_DONE(
        t,
        program_of(&w,
                   "count((order_paid or cart_added) in last 14 days) >= 3 and days((cart_added or order_paid) in last "
                   "90 days) = 0 "
                   "and sum(order.net where channel = 'h5' in last 30 days) > avg(order.net where channel = 'h5')",
                   &tree, &p, &e),
        &e);
    CHECK_EQ(t, program_features(p, &list), 2);
    CHECK_BYTES(t, list[0]->text, BYTES_LIT("count of events by day 100; cart_added or order_paid"));
    CHECK_BYTES(t, list[1]->text, BYTES_LIT("sum of orders by day value net; order where channel = 'h5'"));
    CHECK_EQ(t, list[0]->horizon, 100);
    CHECK_EQ(t, list[1]->of, FEATURE_ORDERS);
    program_world_close(&w);
}

static void a_program_says_what_it_reads(struct t *t)
{
    struct program_world w;
    const struct expr *tree;
    const struct program *p;
    const struct program_place *list;
    struct err e = {0};
    program_world_open(&w, t, "Asia/Shanghai");
    REQUIRE_DONE(t,
                 program_of(&w,
                            "city = 'x' and (city = 'y' or phone is known) and has friend(staff.position = 'x') and "
                            "consents('marketing') "
                            "and count(order) > 1 and share('s') < 0.5",
                            &tree, &p, &e),
                 &e);
    CHECK_EQ(t, program_type(p), RULE_TRUTH);
    REQUIRE(t, program_places(p, &list) == 6);
    static const enum program_reads want[] = {PROGRAM_TRAIT, PROGRAM_IDENTIFIER, PROGRAM_RELATION,
                                              PROGRAM_THING, PROGRAM_CONSENT,    PROGRAM_SELF};
    for (size_t i = 0; i < COUNT_OF(want); i++)
        CHECK_EQ(t, list[i].what, want[i]);
    CHECK_EQ(t, list[1].number, TYPE_PHONE);
    CHECK_EQ(t, list[2].number, RELATION_FRIEND);
    program_world_close(&w);
}

/* Without a book of names it is made of the view, where nobody has sent a property yet; a rule that was saved is taken as it was, whatever names mean now. */
static void names_come_from_the_view_where_no_book_is_given(struct t *t)
{
    struct program_world w;
    const struct expr *tree;
    const struct program *p;
    struct err e = {0};
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain,
                                                   &event_domain,  &column_domain,  &thing_domain,    &calendar_domain,
                                                   &order_domain,  &relation_domain};
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    program_world_open(&w, t, "Asia/Shanghai");
    static const char saved[] = "count(order_paid where coupon = 'h5') > 3 and sum(order_paid.coupon) = 0";
    CHECK_DONE(t, program_of(&w, saved, &tree, &p, &e), &e);
    const struct program *was = p;
    w.view = harness_view(h);
    w.ask.book = NULL;
    CHECK_DONE(t, program_of(&w, "count(order_paid where channel = 'h5') > 3", &tree, &p, &e), &e);
    refused(t, &w, "count(order_paid where coupon = 'h5') > 3", "there is no property \"coupon\"");
    refused(t, &w, saved, "there is no property \"coupon\"");
    w.ask.is_saved = true;
    refused(t, &w, saved, "there is no event \"order_paid\"");
    w.ask.meanings = program_meanings(was);
    CHECK_DONE(t, program_of(&w, saved, &tree, &p, &e), &e);
    harness_destroy(h);
    program_world_close(&w);
}

/* --- tags and segments --- */

static const struct expr *tree_named(void *context, const char *kind, struct bytes name, struct arena *arena,
                                     struct bytes *out_nearest)
{
    static const char *const others[][2] = {{"vip", "sum(order_paid.amount) > 300"},
                                            {"level", "case when segment('vip') then 'high' else 'low' end"},
                                            {"round", "segment('trip')"},
                                            {"trip", "segment('round') or city = 'x'"},
                                            {"broken", "sum(order_pajd.amount) > 3"}};
    const struct expr *tree;
    struct err e = {0};
    (void)context;
    (void)kind;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct bytes text = bytes_of_text(others[i][1]);
        if (bytes_equal(name, bytes_of_text(others[i][0])))
            return done(expr_read(arena, text, &tree, NULL)) || done(expr_read_term(arena, text, &tree, &e)) ? tree
                                                                                                             : NULL;
    }
    *out_nearest = BYTES_LIT("vip");
    return NULL;
}

/* Somebody has it until tomorrow. */
static bool list_has(void *context, uint32_t list, int64_t at_us, struct value *out_value, int64_t *out_turn_us)
{
    (void)context;
    bool holds = list == 7 && at_us < NOW_US + US_PER_DAY;
    *out_turn_us = holds ? NOW_US + US_PER_DAY : INT64_MAX;
    *out_value = (struct value){.kind = VALUE_DECIMAL, .integer = -4205, .scale = 2};
    return holds;
}

static void tags_and_segments_are_read_in_place(struct t *t)
{
    struct program_world w;
    struct person_made p;
    program_world_open(&w, t, "Asia/Shanghai");
    w.ask.names = &(struct program_names){.tree = tree_named};
    someone(&p, &w);
    p.reading.list = list_has;
    CHECK_TEXT(t, value_said(t, &p, "segment('vip') and tag('level') = 'high' and tag('level')"), "true");
    CHECK_TEXT(t, value_said(t, &p, "segment('#7') and tag('#7 number') < -42 and not segment('#8')"), "true");
    CHECK_EQ(t, program_turn(p.program, &p.reading, t->arena), NOW_US + US_PER_DAY);
    CHECK_TEXT(t, value_said(t, &p, "tag('#7 number')"), "-42.05");
    refused(t, &w, "segment('#7x')", "at character 9: there is no segment '#7x'; did you mean 'vip'?");
    refused(t, &w, "segment('round')",
            "segment 'round': segment 'trip': at character 9: segment 'round' asks for itself: that is a circle");
    refused(t, &w, "city = 'x' or segment('broken')",
            "segment 'broken': at character 5: there is no event \"order_pajd.amount\"; did you mean \"order_paid\"?");
    refused(t, &w, "segment('vipp')", "at character 9: there is no segment 'vipp'; did you mean 'vip'?");
    program_world_close(&w);
}

/* --- what readings say --- */

/* Given from yesterday until tomorrow. */
static bool consent_told(void *context, struct bytes purpose, struct bytes channel, int64_t at_us, int64_t *out_turn_us)
{
    (void)context;
    bool holds = bytes_equal(purpose, BYTES_LIT("marketing")) && channel.size == 0 && at_us < NOW_US + US_PER_DAY;
    *out_turn_us = holds ? NOW_US + US_PER_DAY : INT64_MAX;
    return holds;
}

static void consents_turn_when_they_end(struct t *t)
{
    struct program_world w;
    struct person_made p;
    program_world_open(&w, t, "Asia/Shanghai");
    someone(&p, &w);
    p.reading.consents = consent_told;
    CHECK_TEXT(t, value_said(t, &p, "consents('marketing')"), "true");
    CHECK_EQ(t, program_turn(p.program, &p.reading, t->arena), NOW_US + US_PER_DAY);
    CHECK_EQ(t, program_turn_exact(p.program, &p.reading, NOW_US + US_PER_DAY, t->arena), NOW_US + US_PER_DAY);
    CHECK(t, program_turn_exact(p.program, &p.reading, NOW_US + US_PER_DAY - 1, t->arena) == INT64_MAX);
    program_world_close(&w);
}

/* 29 February is the 28th in common years; a birthday may lack its year. */
static void anniversaries_come_every_year(struct t *t)
{
    static const struct {
        const char *birthday, *want;
    } days[] = {{"2000-02-29", "98"},  {"02-29", "98"},      {"--11-22", "0"},
                {"1990-11-21", "364"}, {"02-30", "unknown"}, {"soon", "unknown"}};
    struct program_world w;
    struct person_made p;
    program_world_open(&w, t, "Asia/Shanghai");
    someone(&p, &w);
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        p.traits[1].text = days[i].birthday;
        CHECK_TEXT(t, value_said(t, &p, "until_anniversary(birthday)"), days[i].want);
    }
    p.traits[1].text = "2000-11-23";
    CHECK_TEXT(t, value_said(t, &p, "years_since(birthday)"), "25");
    p.traits[1].text = "2000-11-22";
    CHECK_TEXT(t, value_said(t, &p, "years_since(birthday)"), "26");
    program_world_close(&w);
}

static void shares_are_even_and_always_the_same(struct t *t)
{
    struct program_world w;
    struct person_made p;
    size_t in_a = 0, in_both = 0, people = 4000;
    program_world_open(&w, t, "Asia/Shanghai");
    someone(&p, &w);
    for (size_t i = 0; i < people; i++) {
        p.reading.public_id = (struct hash128){rng_next(&t->rng), rng_next(&t->rng)};
        const struct program *a, *b;
        const struct expr *tree;
        struct err e = {0};
        CHECK_DONE(t, program_of(&w, "share('a') < 0.25", &tree, &a, &e), &e);
        CHECK_DONE(t, program_of(&w, "share('b') < 0.25", &tree, &b, &e), &e);
        bool is_in = program_value(a, &p.reading, t->arena).truth;
        CHECK(t, is_in == program_value(a, &p.reading, t->arena).truth);
        in_a += is_in;
        in_both += is_in && program_value(b, &p.reading, t->arena).truth;
    }
    CHECK(t, in_a > people / 4 - 150 && in_a < people / 4 + 150);       /* five standard deviations */
    CHECK(t, in_both > people / 16 - 80 && in_both < people / 16 + 80); /* salts are independent */
    program_world_close(&w);
}

static void values_are_packed_as_rows_have_them(struct t *t)
{
    static const struct {
        series_wide number;
        double want;
    } numbers[] = {{2500000, 2.5}, {-1, -0.000001}, {(series_wide)1 << 80, 1208925819614629174.706176}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct buf b = arena_buf(t->arena, 64);
        struct rule_value v = {.type = RULE_NUMBER, .is_known = true, .number = numbers[i].number};
        rule_value_pack(&v, &b);
        struct unpack u = unpack_of(buf_bytes(&b));
        struct value back = unpack_value(&u);
        CHECK(t, unpack_finished(&u) && value_real(&back) == numbers[i].want);
    }
    struct buf none = arena_buf(t->arena, 8);
    rule_value_pack(&(struct rule_value){.type = RULE_TEXT}, &none);
    CHECK_EQ(t, none.size, 0);
}

static const struct test tests[] = {
    {"what is wrong is refused, with the nearest name", what_is_wrong_is_refused_with_the_nearest_name, 1},
    {"every construct says what the guide says", every_construct_says_what_the_guide_says, 1},
    {"big rules are taken", big_rules_are_taken, 1},
    {"windows of one thing share a feature", windows_of_one_thing_share_a_feature, 1},
    {"a program says what it reads", a_program_says_what_it_reads, 1},
    {"names come from the view where no book is given", names_come_from_the_view_where_no_book_is_given, 1},
    {"tags and segments are read in place", tags_and_segments_are_read_in_place, 1},
    {"consents turn when they end", consents_turn_when_they_end, 1},
    {"anniversaries come every year", anniversaries_come_every_year, 1},
    {"shares are even and always the same", shares_are_even_and_always_the_same, 1},
    {"values are packed as rows have them", values_are_packed_as_rows_have_them, 1},
};
TEST_MAIN(tests)
