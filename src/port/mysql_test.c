/* What needs no server; with one it is a story (test/story/databases.py). */
#include "port/mysql.h"

#include "testing/test.h"

static struct status take_none(void *context, const struct rows_row *row, struct err *e)
{
    (void)context, (void)row, (void)e;
    return DONE;
}

static void nobody_answers(struct t *t)
{
    const char *socket = arena_printf(t->arena, "mysql://kith:p%%40ss@localhost/crm?socket=%s/none.sock&sslmode=verify-full", t->folder);
    const char *const urls[] = {"mysql://127.0.0.1:1", "mysql://kith@127.0.0.1:1/crm", socket};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct err e = {0};
        struct rows_ask ask = {.url = urls[i], .query = "SELECT 1"};
        CHECK_FAILS(t, mysql_read(&ask, take_none, NULL, &e), UNAVAILABLE);
        CHECK(t, strncmp(e.text, "MySQL: ", 7) == 0 && strstr(e.text, "p@ss") == NULL);
    }
}

static void faulty_urls(struct t *t)
{
    static const struct {
        const char *url, *words;
    } cases[] = {
        {"mysql://kith:p@ss word@db/crm", "MySQL: this is no URL"},
        {"mysql://kith@db:port/crm", "MySQL: this is no URL"},
        {"mysql://kith@db/crm?tls=1", "MySQL: the URL has no option \"tls=1\": want socket, sslmode or sslrootcert"},
        {"mysql://kith@db/crm?sslmode=prefer", "MySQL: sslmode is require or verify-full, not \"prefer\""},
        {"mysql://kith@db/crm?sslmode=&socket=x", "MySQL: sslmode is require or verify-full, not \"\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err e = {0};
        struct rows_ask ask = {.url = cases[i].url, .query = "SELECT 1"};
        CHECK_FAILS(t, mysql_read(&ask, take_none, NULL, &e), INVALID);
        CHECK(t, strncmp(e.text, cases[i].words, strlen(cases[i].words)) == 0);
    }
}

static const struct test tests[] = {
    {"nobody answers", nobody_answers, 1},
    {"faulty URLs are refused", faulty_urls, 1},
};
TEST_MAIN(tests)
