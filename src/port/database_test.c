#include "port/database.h"

#include "testing/test.h"

static struct status take_none(void *context, const struct rows_row *row, struct err *e)
{
    (void)context, (void)row, (void)e;
    return DONE;
}

/* Nobody answers at any of these; the words tell which of them was asked. */
static void the_url_tells_which_database(struct t *t)
{
    static const struct {
        const char *url, *words;
    } cases[] = {
        {"postgresql://nobody@127.0.0.1:1/none", "PostgreSQL: "}, {"postgres://nobody@127.0.0.1:1/none", "PostgreSQL: "},
        {"host=127.0.0.1 port=1 user=nobody", "PostgreSQL: "},    {"mysql://nobody@127.0.0.1:1/none", "MySQL: "},
        {"mariadb://nobody@127.0.0.1:1/none", "MySQL: "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err e = {0};
        struct rows_ask ask = {.url = cases[i].url, .query = "SELECT 1"};
        CHECK_FAILS(t, database_read(&ask, take_none, NULL, &e), UNAVAILABLE);
        CHECK(t, strncmp(e.text, cases[i].words, strlen(cases[i].words)) == 0);
    }
}

static void what_is_no_database_is_refused(struct t *t)
{
    static const char *const urls[] = {"", "crm", "oracle://scott:tiger@db/crm", "http://db/?a=b"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct err e = {0};
        struct rows_ask ask = {.url = urls[i], .query = "SELECT 1"};
        CHECK_FAILS(t, database_read(&ask, take_none, NULL, &e), INVALID);
        CHECK(t, strstr(e.text, "want postgresql://") != NULL && strstr(e.text, "tiger") == NULL);
    }
}

static const struct test tests[] = {
    {"the URL tells which database", the_url_tells_which_database, 1},
    {"what is no database is refused, without its password", what_is_no_database_is_refused, 1},
};
TEST_MAIN(tests)
