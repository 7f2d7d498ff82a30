/* Ready reports: each can be asked, in both languages, and needs what its question names. Covers: ready.c */
#include "domain/report/ready.h"

#include "domain/analytics/analytics.h"
#include "testing/test.h"

#define PARSER_BYTES (64u << 10)

static bool question_names(const struct ready_report *r, struct bytes name, struct arena *a)
{
    return strstr(r->question, arena_printf(a, "\"%.*s\"", BYTES_ARG(name))) != NULL;
}

static void all_can_be_asked(struct t *t)
{
    size_t count;
    const struct ready_report *list = ready_reports(&count);
    struct json_parser *parser = json_parser_create(PARSER_BYTES);
    for (size_t i = 0; i < count; i++)
        for (enum ready_language language = READY_EN; language < READY_LANGUAGES; language++) {
            struct bytes text = ready_question(&list[i], language, t->arena);
            const struct question_kind *kind;
            struct json question;
            struct err e = {0};
            CHECK_DONE(t, json_parse(parser, text, &question, &e), &e);
            CHECK_DONE(t, question_kind_find(bytes_of_text(list[i].kind), &kind, &e), &e);
            CHECK_DONE(t, question_members_check(kind, question, &e), &e);
            CHECK(t, strstr(arena_text(t->arena, text), "«") == NULL);
            CHECK(t, list[i].labels[language][0] != 0 && list[i].abouts[language][0] != 0);
        }
    json_parser_destroy(parser);
}

/* Kinds that know an order without being told which event it is need not name it. */
static void needs_are_what_questions_name(struct t *t)
{
    size_t count;
    const struct ready_report *list = ready_reports(&count);
    for (size_t i = 0; i < count; i++) {
        struct ready_need need;
        CHECK(t, ready_report_named(bytes_of_text(list[i].name)) == &list[i]);
        for (const char *at = list[i].needs; ready_need_next(&at, &need);)
            for (uint32_t k = 0; k < need.count; k++) {
                bool is_default = bytes_equal(need.either[k], BYTES_LIT("order_paid"));
                bool is_of_events = need.of == READY_EVENT && !is_default;
                CHECK(t, !is_of_events || question_names(&list[i], need.either[k], t->arena));
            }
    }
}

static void names_are_of_one_language(struct t *t)
{
    const struct ready_report r = {.question = "{\"a\":\"«Added|加微»\",\"b\":1,\"c\":\"«Lost|流失»\"}"};
    CHECK_BYTES(t, ready_question(&r, READY_EN, t->arena), BYTES_LIT("{\"a\":\"Added\",\"b\":1,\"c\":\"Lost\"}"));
    CHECK_BYTES(t, ready_question(&r, READY_ZH, t->arena), BYTES_LIT("{\"a\":\"加微\",\"b\":1,\"c\":\"流失\"}"));
}

static void needs_are_read(struct t *t)
{
    const char *at = "order_paid a|b|c segment:members";
    struct ready_need need;
    CHECK(t, ready_need_next(&at, &need) && need.of == READY_EVENT && need.count == 1);
    CHECK_BYTES(t, need.either[0], BYTES_LIT("order_paid"));
    CHECK(t, ready_need_next(&at, &need) && need.count == 3);
    CHECK_BYTES(t, need.either[2], BYTES_LIT("c"));
    CHECK(t, ready_need_next(&at, &need) && need.of == READY_SEGMENT);
    CHECK_BYTES(t, need.either[0], BYTES_LIT("members"));
    CHECK(t, !ready_need_next(&at, &need));
}

static const struct test tests[] = {
    {"all can be asked", all_can_be_asked, 1},
    {"needs are what questions name", needs_are_what_questions_name, 1},
    {"names are of one language", names_are_of_one_language, 1},
    {"needs are read", needs_are_read, 1},
};
TEST_MAIN(tests)
