/* `kith query` and `kith sql`, said as in a shell to a daemon. Covers: answer_card.c, answer_table.c, properties.c, query.c, report_library.c, sql.c, sql_answer.c, sql_copy.c, sql_rows.c, sql_tables.c */
#include "app/app_test.h"

#define EVENT(id, name, day, who, more)                                 \
    "{\"id\":\"" id "\",\"event\":\"" name "\",\"time\":\"2026-03-" day \
    "T03:00:00Z\",\"brand\":\"a\",\"channel\":\"web\","                 \
    "\"ids\":[{\"type\":\"user_id\",\"value\":\"" who "\"}]" more "}\n"

static const char story[] = EVENT("1", "product_viewed", "02", "ann", ",\"traits\":{\"name\":\"安安\"}")
    EVENT("2", "order_paid", "03", "ann", ",\"properties\":{\"amount\":199.5}")
        EVENT("3", "product_viewed", "02", "bea", ",\"properties\":{\"page\":\"=1+1\"}")
            EVENT("4", "product_viewed", "09", "cleo", "");

static void open_story(struct place *p, struct t *t)
{
    place_open(p, t);
    file_make(t, "events.ndjson", story);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/events.ndjson", t->folder)).code, EXIT_DONE);
}

#define RANGE "from=2026-03-01", "until=2026-04-01"
#define STEPS "--steps", "product_viewed,order_paid"

static void a_question_becomes_a_table_or_a_file(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "query", "funnel", STEPS, RANGE);
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "product_viewed") && says(said.out, "33.3%") && says(said.out, "4 events of 3"));
    (void)setenv("KITH_LANG", "zh", 1);
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE).out, "浏览商品"));
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE, "--json").out, "\"question\":\"funnel\""));
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE, "--csv", "--plain").out, "step,event,count"));
    /* A file says it, and words say it anew. */
    file_make(t, "q.json",
              "{\"steps\":[\"order_paid\",\"product_viewed\"],\"from\":\"2026-03-01\",\"until\":\"2026-03-02\"}");
    const char *file = arena_printf(t->arena, "%s/q.json", t->folder);
    CHECK(t, says(KITH(t, "query", "funnel", "-f", file, "--csv", "--plain").out, "1,order_paid,0,"));
    CHECK(t, says(KITH(t, "query", "funnel", "-f", file, STEPS, "until=2026-04-01").out, "33.3%"));
    CHECK(t, says(KITH(t, "query", "funnel", "--ask", "{\"steps\":[\"product_viewed\"]}", RANGE).out, "100.0%"));
    place_close(&p, t);
}

static void a_cell_has_people_and_an_answer_a_picture(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "query", "funnel", STEPS, RANGE, "--people", "{\"step\":1}", "--limit", "2");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "3 people in all") && says(said.out, "安安") && says(said.out, "--after"));
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE, "--people", "{\"step\":2}", "--csv").out, ",安安,"));
    const char *svg = arena_printf(t->arena, "%s/funnel.svg", t->folder);
    CHECK_EQ(t, KITH(t, "query", "funnel", STEPS, RANGE, "--svg", svg).code, EXIT_DONE);
    CHECK(t, says(file_text(t, svg), "<svg") && says(file_text(t, svg), "33.3% go on"));
    CHECK(t, KITH(t, "query", "funnel", STEPS, RANGE, "--people", "{\"step\":1}", "--svg", svg).code != EXIT_DONE);
    CHECK(t, KITH(t, "query", "funnel", STEPS, RANGE, "--svg", "/nowhere/x.svg").code != EXIT_DONE);
    place_close(&p, t);
}

/* Times read as people say them, in files they are numbers with their unit in the heading. */
static void times_are_spoken(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE).out, " 1 d"));
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE, "--csv", "--plain").out, ",86400"));
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE, "--csv").out, "Mean (s)"));
    (void)setenv("KITH_LANG", "zh", 1);
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE).out, " 1 天"));
    CHECK(t, says(KITH(t, "query", "funnel", STEPS, RANGE, "--csv").out, "平均时长(秒)"));
    (void)setenv("KITH_LANG", "en", 1);
    place_close(&p, t);
}

static void cohorts_are_a_matrix(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "query", "retention", "start=product_viewed", "unit=week", "from=2026-03-02",
                            "until=2026-03-16");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "2026-W10       2") && says(said.out, "100.0%"));
    CHECK(t, says(KITH(t, "query", "retention", "start=product_viewed", RANGE, "--csv", "--plain").out,
                  "cohort,size,period,count,rate,is_complete"));
    said = KITH(t, "query", "ltv", "event=order_paid", "value=amount", "unit=week", "from=2026-03-02",
                "until=2026-03-16");
    CHECK(t,
          says(said.out, "2026-W10       1  199.50") && !says(said.out, "Complete periods") && !says(said.out, "  11"));
    place_close(&p, t);
}

/* A month of which the range has a part is no month to compare with; money is told as such. */
static void units_that_are_not_whole_are_marked(struct t *t)
{
    static const char series[] = "series=[{\"event\":\"order_paid\",\"measure\":\"sum\",\"value\":\"amount\"}]";
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "query", "trend", series, "unit=month", "from=2026-02-10", "until=2026-04-01");
    CHECK(t, says(said.out, "2026-02* ") && says(said.out, "2026-03 ") && says(said.out, "* cut by the range"));
    CHECK(t, says(said.out, "199.50") && says(said.out, "Currency  CNY"));
    said = KITH(t, "query", "trend", series, "unit=month", "from=2026-02-01", "until=2026-04-01", "since=0");
    CHECK(t, !says(said.out, "*") && says(said.out, "Events that arrived since"));
    CHECK(t, !says(KITH(t, "query", "trend", series, "unit=month", "from=2026-02-10", "until=2026-04-01", "--csv").out, "*"));
    place_close(&p, t);
}

static void beside_the_rows_there_is_a_card(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "query", "funnel", STEPS, RANGE);
    CHECK(t, says(said.out, "(all)") && says(said.out, "Converted"));
    said = KITH(t, "query", "attribution", "conversion=order_paid", "value=amount", "channel=channel",
                "touches=[\"product_viewed\"]", RANGE);
    CHECK(t, says(said.out, "Conversions") && says(said.out, "199.50"));
    CHECK(t, says(said.out, "Too wide to be shown: ")); /* names what doesn't fit */
    CHECK(t, says(said.out, "Shapley"));
    place_close(&p, t);
}

static void events_are_counted_by_their_names(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "query", "trend", "series=[\"product_viewed\"]", "unit=month", RANGE, "--csv",
                            "--plain");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "2026-03,3"));
    CHECK_EQ(t, KITH(t, "query", "funnel", STEPS, RANGE, "exclude=[\"product_viewed\"]").code, EXIT_DONE);
    place_close(&p, t);
}

static void sql_knows_people_and_answers(struct t *t)
{
    static const char funnel[] =
        "answer('funnel', "
        "'{\"steps\":[\"product_viewed\",\"order_paid\"],\"from\":\"2026-03-01\",\"until\":\"2026-04-01\"}')";
    struct place p;
    open_story(&p, t);
    CHECK_TEXT(t,
               KITH(t, "sql",
                    "with p as materialized (select id, name from people where name is not null) select e.event e, "
                    "p.name n from events e join p on p.id = e.person order by 1",
                    "--csv")
                   .out,
               "e,n\r\norder_paid,安安\r\nproduct_viewed,安安\r\n");
    CHECK_TEXT(t,
               KITH(t, "sql", arena_printf(t->arena, "select step, count n from %s", funnel), "--csv").out,
               "step,n\r\n1,3\r\n2,1\r\n");
    CHECK_EQ(t, KITH(t, "sql", "select * from answer").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "sql", "select * from answer('funel', '{}')").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "funnel"));
    CHECK_EQ(
        t,
        KITH(t, "sql", arena_printf(t->arena, "select count(*) from events e, %s", "answer('funnel', e.properties)"))
            .code,
        EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "sql", "select persn from events").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "Did you mean person?"));
    CHECK_EQ(t, KITH(t, "sql", "select 1 from evens").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "Did you mean events?"));
    CHECK(t, says(KITH(t, "sql", "--tables").out, "person") && says(KITH(t, "sql", "--tables").out, "发生时间"));
    place_close(&p, t);
}

#define SQL_FUNNEL "answer('funnel', '{\"steps\": [\"login\", \"order_paid\"], \"last\": \"2d\"}')"

/* Answers are tables with their own columns, and a join reads what it needs once, however it goes through it. */
static void a_query_joins_tables_and_answers(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "e.ndjson",
              "{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"a\"}],\"traits\":{\"name\":\"Ann\"}}\n"
              "{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"b\"}],\"traits\":{\"name\":\"Bea\"}}\n"
              "{\"event\":\"order_paid\",\"order\":\"1\",\"ids\":[{\"type\":\"user_id\",\"value\":\"b\"}]}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    struct said r = KITH(t, "sql", "select p.name, count(*) n from events e join people p on p.id = e.person group by 1 order by 1", "--csv");
    CHECK_TEXT(t, r.out, "name,n\r\nAnn,1\r\nBea,2\r\n");
    r = KITH(t, "sql", "select count(*) n from events a, events b where a.person = b.person", "--csv");
    CHECK_TEXT(t, r.out, "n\r\n5\r\n");
    r = KITH(t, "sql", "select count(*) n from events a, events b where a.event < b.event", "--csv");
    CHECK_TEXT(t, r.out, "n\r\n2\r\n");
    r = KITH(t, "sql", "select f.event, f.count, g.count again from " SQL_FUNNEL " f join " SQL_FUNNEL " g using (step) where f.count > 0", "--csv");
    CHECK_TEXT(t, r.out, "event,count,again\r\nlogin,2,2\r\norder_paid,1,1\r\n");
    r = KITH(t, "sql", "select 'answer(1)' a, count(*) n from answer('trend', '{\"series\": [\"login\"], \"last\": \"1d\"}') -- answer(", "--csv");
    CHECK_TEXT(t, r.out, "a,n\r\nanswer(1),1\r\n");
    CHECK_EQ(t, KITH(t, "sql", "select * from answer(1)").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "want answer('KIND'"));
    CHECK_EQ(t, KITH(t, "sql", "select * from answer('funel')").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "did you mean \"funnel\"?"));
    place_close(&p, t);
}

static void the_kinds_and_what_is_wrong_are_told(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK(t, says(KITH(t, "query").out, "retention"));
    CHECK(t, says(KITH(t, "query", "funnel", "--members").out, "steps"));
    CHECK_EQ(t, KITH(t, "query", "nothing", "--members").code, EXIT_REFUSED);
    CHECK(t, KITH(t, "query", "funel").code != EXIT_DONE);
    CHECK(t, says(errors(t), "did you mean \"funnel\""));
    CHECK(t, KITH(t, "query", "funnel", "steps").code != EXIT_DONE);
    CHECK(t, says(errors(t), "NAME=VALUE"));
    CHECK(t, KITH(t, "query", "funnel", "-f", "/nowhere").code != EXIT_DONE);
    CHECK(t, KITH(t, "query", "funnel", "--ask", "{").code != EXIT_DONE);
    CHECK(t, KITH(t, "query", "funnel", "--ask", "[]").code != EXIT_DONE);
    CHECK(t, KITH(t, "query", "funnel", STEPS, "--people", "{").code != EXIT_DONE);
    CHECK_EQ(t, KITH(t, "query", "funnel", STEPS, "--nothing=x").code, EXIT_USAGE);
    place_close(&p, t);
}

#define PAID "purchase=order_paid", "amount=amount", "from=2026-01-01"

static void values_become_traits(struct t *t)
{
    struct place p;
    place_open(&p, t);
    const char *lines = "";
    for (unsigned who = 0; who < 6; who++)
        for (unsigned day = 1; day <= 1 + who; day += 2)
            lines = arena_printf(t->arena,
                                 "%s{\"event\":\"order_paid\",\"time\":\"2026-03-0%uT03:00:00Z\",\"ids\":[{\"type\":"
                                 "\"user_id\",\"value\":\"u%u\"}],"
                                 "\"properties\":{\"amount\":%u}}\n",
                                 lines, day, who, 10 + who);
    file_make(t, "paid.ndjson", lines);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/paid.ndjson", t->folder)).code, EXIT_DONE);
    struct said said = KITH(t, "query", "value", PAID, "--write-traits");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t,
          says(said.out, "traits: p_alive, expected_orders_12m, expected_value_12m") && says(said.out, "6  written"));
    CHECK(t, says(KITH(t, "get", "user_id:u5").out, "p_alive"));
    CHECK(t, says(KITH(t, "query", "value", PAID, "after=100000", "limit=1", "--write-traits", "--json").out,
                  "\"written\":0,\"unchanged\":6"));
    (void)setenv("KITH_LANG", "zh", 1);
    CHECK(t, says(KITH(t, "query", "value", PAID, "--write-traits").out, "6  无变化"));
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, KITH(t, "query", "value", PAID, "--write-traits", "--csv").code != EXIT_DONE);
    CHECK(t, KITH(t, "query", "funnel", STEPS, "--write-traits").code != EXIT_DONE);
    place_close(&p, t);
}

static void sql_reads_what_is_exported(struct t *t)
{
    static const struct {
        const char *query, *out;
    } cases[] = {
        {"select event, count(*) n from events group by 1 order by n desc",
         "event,n\r\nproduct_viewed,3\r\norder_paid,1\r\n"},
        {"select count(*) n from events where time >= '2026-03-03' and time < '2026-03-09'", "n\r\n1\r\n"},
        {"select count(*) n from events where time > '2026-03-02T03:00:00Z' and time <= '2026-03-09T03:00:00.000Z'",
         "n\r\n2\r\n"},
        {"select count(*) n from events where time > '2026-03-02T11:00:00+08:00' and time <= '2026-03-09T11:00:00+08:00'", "n\r\n2\r\n"},
        {"select count(*) n from events where time = '2026-03-09T11:00:00+08:00'", "n\r\n1\r\n"},
        {"select count(*) n from events where time >= '2026-03-03' and time >= '2026-03-01' and time < '2026-03-09'", "n\r\n1\r\n"},
        {"select count(*) n from events where event = 'order_paid' and brand = 'a'", "n\r\n1\r\n"},
        {"select count(*) n from events where brand = 'b' or event = 'order_paid'", "n\r\n1\r\n"},
        {"select json_extract(properties,'$.amount') a from events where event = 'order_paid'", "a\r\n199.5\r\n"},
        {"select json_extract(properties,'$.page') p from events where position = (select position from events where "
         "id = '3')",
         "p\r\n'=1+1\r\n"},
        {"select count(*) n, max(name) name from people", "n,name\r\n3,安安\r\n"},
        {"select name from people where name is null and number < 0", "name\r\n"},
        {"select count(*) n from things where kind = 'store'", "n\r\n0\r\n"},
        {"with p as materialized (select phone from people) select e.event e from events e join p on p.phone = e.phone",
         "e\r\n"},
        {"with e as materialized (select * from events) select count(*) n from e a join e b on a.event = b.event",
         "n\r\n10\r\n"},
        {"select 1 one;", "one\r\n1\r\n"},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct said said = KITH(t, "sql", cases[i].query, "--csv");
        CHECK_EQ(t, said.code, EXIT_DONE);
        CHECK_TEXT(t, said.out, cases[i].out);
    }
    CHECK_TEXT(t, KITH(t, "sql", "select 1 a, null b, 'x' c, 0.5 d", "--json").out,
               "{\"a\":1,\"b\":null,\"c\":\"x\",\"d\":0.5}\n");
    CHECK_TEXT(t, KITH(t, "sql", "select 1 a, null b").out, "a  b\n─  ─\n1  –\n");
    CHECK_EQ(t, KITH(t, "sql", "select count(*) from events where time >= 'never'").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "sql", "select id from events limit 1").code, EXIT_DONE); /* nobody asks for the rest */
    CHECK_EQ(t, KITH(t, "sql", "select count(*) from people a, people b, people c, people d").code, EXIT_DONE);
    CHECK_EQ(t,
             KITH(t, "sql",
                  "with recursive d(n) as (select 1 union all select n + 1 from d where n < 9) "
                  "select (select count(*) from events e where e.time >= printf('2026-01-%02d', n)) from d")
                 .code,
             EXIT_REFUSED); /* each with another condition for the daemon */
    CHECK(t, says(errors(t), "as materialized"));
    place_close(&p, t);
}

static void sql_changes_nothing(struct t *t)
{
    static const char *const queries[] = {"drop table events",
                                          "create table x (a)",
                                          "attach 'x.db' as x",
                                          "pragma query_only = 0",
                                          "insert into events values (1)",
                                          "select 1; select 2",
                                          "",
                                          "selec",
                                          "select * from nothing",
                                          "select load_extension('x')",
                                          "vacuum into 'x.db'",
                                          "select writefile('x', 'y')"};
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(queries); i++)
        if (KITH(t, "sql", queries[i]).code == EXIT_DONE)
            test_fail(t, __FILE__, __LINE__, "%s", queries[i]);
    CHECK_EQ(t, KITH(t, "sql").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "sql", "select * from events", "--token", "kith_nobody").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "Who are you"));
    place_close(&p, t);
}

static void properties_are_described(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK(t, says(KITH(t, "properties").out, "event.fold_seconds")); /* none is listed yet: why */
    CHECK_EQ(t, KITH(t, "property").code, EXIT_USAGE);
    CHECK(t, says(KITH(t, "property", "page", "--event", "product_viewed", "--display", "页面").out, "Done"));
    CHECK_EQ(t, KITH(t, "property", "page", "--event", "nothing_such").code, EXIT_REFUSED);
    CHECK_EQ(t,
             KITH(t, "query", "funnel", "--ask",
                  "{\"steps\":[{\"event\":\"product_viewed\",\"where\":\"page is known\"}]}", RANGE)
                 .code,
             EXIT_DONE);
    CHECK_EQ(t, KITH(t, "property", "page", "--forbidden").code, EXIT_DONE);
    CHECK_EQ(t,
             KITH(t, "query", "funnel", "--ask",
                  "{\"steps\":[{\"event\":\"product_viewed\",\"where\":\"page is known\"}]}", RANGE)
                 .code,
             EXIT_REFUSED);
    place_close(&p, t);
}

static void ready_reports_are_kept_where_nothing_is_missing(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "report", "library");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "private-funnel") && says(said.out, "missing: event Friend added"));
    said = KITH(t, "report", "library", "add", "refund-rate");
    CHECK_EQ(t, said.code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "refund-rate: missing: event Refund done\n"));
    CHECK_EQ(t, KITH(t, "report", "library", "add", "orders-per-byer").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "orders-per-buyer"));
    CHECK(t, says(KITH(t, "report", "library", "show", "wallet").out, "trait category_spend"));
    CHECK_EQ(t, KITH(t, "report", "library", "add").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "report", "library", "add", "orders-per-buyer").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "report", "run", "orders-per-buyer", RANGE).code, EXIT_DONE);
    (void)setenv("KITH_LANG", "zh", 1);
    said = KITH(t, "report", "library", "add", "--all");
    CHECK(t, says(said.out, "已保存:visitor-retention(访客留存)") && says(said.out, "未保存:wallet(缺少:特质 category_spend)"));
    CHECK(t, !says(said.out, "已保存:orders-per-buyer")); /* as somebody may have changed it */
    CHECK(t, says(KITH(t, "report", "list").out, "新客复购率"));
    (void)setenv("KITH_LANG", "en", 1);
    place_close(&p, t);
}

static const struct test tests[] = {
    {"values become traits", values_become_traits, 1},
    {"a question becomes a table or a file", a_question_becomes_a_table_or_a_file, 1},
    {"a cell has people and an answer a picture", a_cell_has_people_and_an_answer_a_picture, 1},
    {"times are spoken", times_are_spoken, 1},
    {"cohorts are a matrix", cohorts_are_a_matrix, 1},
    {"units that are not whole are marked", units_that_are_not_whole_are_marked, 1},
    {"beside the rows there is a card", beside_the_rows_there_is_a_card, 1},
    {"events are counted by their names", events_are_counted_by_their_names, 1},
    {"SQL knows people and answers", sql_knows_people_and_answers, 1},
    {"SQL joins tables and answers", a_query_joins_tables_and_answers, 1},
    {"the kinds and what is wrong are told", the_kinds_and_what_is_wrong_are_told, 1},
    {"properties are described", properties_are_described, 1},
    {"SQL reads what is exported", sql_reads_what_is_exported, 1},
    {"SQL changes nothing", sql_changes_nothing, 1},
    {"ready reports are kept where nothing is missing", ready_reports_are_kept_where_nothing_is_missing, 1},
};
PROGRAM_TEST_MAIN(tests)
