#include "domain/report/report.h"

#include "testing/harness.h"

static const struct domain *const domains[] = {&report_domain};

static const struct refusal *put(struct harness *h, const char *name, const char *question)
{
    struct buf b;
    buf_init(&b, 32768);
    report_pack(&b, &(struct report){
                        .name = bytes_of_text(name), .kind = BYTES_LIT("funnel"), .question = bytes_of_text(question)});
    const struct refusal *refusal = harness_apply(h, COMMAND_REPORT, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static void a_report_has_revisions(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct report r;
    CHECK(t, put(h, "weekly", "{\"window\":\"7d\"}") == NULL);
    CHECK(t, put(h, "daily", "{}") == NULL);
    struct view v = harness_view(h);
    CHECK(t, report_find(&v, BYTES_LIT("weekly"), &r));
    CHECK_EQ(t, r.revision, 1);
    CHECK(t, put(h, "weekly", "{\"window\":\"7d\"}") == NULL); /* nothing new */
    CHECK(t, put(h, "daily", "{\"window\":\"1d\"}") == NULL);
    v = harness_view(h);
    CHECK(t, report_next(&v, BYTES_NONE, &r) && bytes_equal(r.name, BYTES_LIT("daily")));
    CHECK_EQ(t, r.revision, 2);
    CHECK(t, bytes_equal(r.question, BYTES_LIT("{\"window\":\"1d\"}")));
    CHECK(t, report_next(&v, BYTES_LIT("daily"), &r) && r.revision == 1);
    CHECK(t, !report_next(&v, BYTES_LIT("weekly"), &r));
    CHECK(t, harness_apply(h, COMMAND_REPORT_REMOVE, BYTES_LIT("daily")) == NULL);
    CHECK_TEXT(t, harness_apply(h, COMMAND_REPORT_REMOVE, BYTES_LIT("daily"))->name, "no_such_report");
    v = harness_view(h);
    CHECK(t, !report_find(&v, BYTES_LIT("daily"), &r));
    harness_destroy(h);
}

static void bad_reports_are_refused(struct t *t)
{
    struct err e = {0};
    struct buf b = arena_buf(t->arena, 1024);
    const struct command *c = &report_domain.commands[0];
    report_pack(&b, &(struct report){.name = BYTES_LIT("a/b"), .kind = BYTES_LIT("funnel")});
    CHECK_FAILS(t, c->check(buf_bytes(&b), &e), INVALID);
    buf_clear(&b);
    report_pack(&b, &(struct report){.name = BYTES_LIT("a")});
    CHECK_FAILS(t, c->check(buf_bytes(&b), &e), INVALID);
    CHECK_FAILS(t, c->check(bytes_slice(buf_bytes(&b), 0, 3), &e), INVALID);
}

static const struct test tests[] = {
    {"a report has revisions", a_report_has_revisions, 1},
    {"bad reports are refused", bad_reports_are_refused, 1},
};
TEST_MAIN(tests)
