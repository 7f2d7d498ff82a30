/* The library of ready tags without a daemon: its table, and what is filled in.
 * Covers: library.c, library_fill.c */
#include <string.h>

#include "app/apply/apply.h"
#include "app/apply/library.h"
#include "testing/test.h"

static const struct library_choices none = {.count = 0};

static size_t tag_count(const char *const *tags)
{
    size_t count = 0;
    while (tags[count] != NULL)
        count++;
    return count;
}

static void every_text_is_an_expression_when_filled_in(struct t *t)
{
    size_t count, names;
    const struct library_tag *tags = library_tags(&count);
    const char *canonical;
    const struct bytes *called;
    struct library_sources sources;
    for (size_t i = 0; i < count; i++) {
        if (tags[i].text == NULL)
            continue;
        CHECK(t, strchr(library_fill(tags[i].description.en, none, t->arena), '{') == NULL);
        CHECK(t, strchr(library_fill(tags[i].description.zh, none, t->arena), '{') == NULL);
        const char *text = library_fill(tags[i].text, none, t->arena);
        CHECK(t, strchr(text, '{') == NULL);
        CHECK(t, expression_read(bytes_of_text(text), "tag", t->arena, &canonical, &called, &names));
        CHECK_EQ(t, names, 0); /* each can be installed by itself */
        library_sources_read(text, t->arena, &sources);
        CHECK(t, sources.count < LIBRARY_SOURCES_MAX);
    }
}

static void every_parameter_is_read(struct t *t)
{
    size_t count, tag_total;
    const struct library_parameter *all = library_parameters(&count);
    const struct library_tag *tags = library_tags(&tag_total);
    for (size_t i = 0; i < count; i++) {
        size_t readers = 0;
        for (size_t k = 0; k < tag_total; k++)
            readers += library_tag_reads(&tags[k], &all[i]);
        CHECK(t, readers > 0);
    }
}

static void tags_are_named_once_and_groups_stand_behind_theirs(struct t *t)
{
    size_t count;
    const struct library_tag *tags = library_tags(&count);
    for (size_t i = 0; i < count; i++) {
        CHECK(t, library_tag_named(bytes_of_text(tags[i].name)) == &tags[i]);
        CHECK(t, (tags[i].text == NULL) != (tags[i].tags == NULL));
        for (size_t k = 0; tags[i].tags != NULL && k < tag_count(tags[i].tags); k++) {
            const struct library_tag *one = library_tag_named(bytes_of_text(tags[i].tags[k]));
            REQUIRE(t, one != NULL);
            CHECK(t, one < &tags[i] && one->text != NULL);
        }
    }
}

static void an_operator_says_another_value(struct t *t)
{
    struct library_choice list[] = {{.name = BYTES_LIT("active_days"), .value = BYTES_LIT("45")},
                                    {.name = BYTES_LIT("purchase"), .value = BYTES_LIT("order_paid")},
                                    {.name = BYTES_LIT("active_days"), .value = BYTES_LIT("60")}};
    struct library_choices choices = {list, COUNT_OF(list)};
    struct library_sources sources;
    const char *text = library_fill(library_tag_named(BYTES_LIT("stage_active"))->text, choices, t->arena);
    CHECK_TEXT(t, text, "did(order_paid in last 60 days)");
    library_sources_read(text, t->arena, &sources);
    REQUIRE(t, sources.count == 1);
    CHECK_BYTES(t, sources.names[0], BYTES_LIT("order_paid"));
}

static void a_wrong_parameter_is_told_with_the_nearest(struct t *t)
{
    struct err e = {0};
    struct library_choice wrong = {.name = BYTES_LIT("activ_days"), .value = BYTES_LIT("1")};
    CHECK_FAILS(t, library_choices_check((struct library_choices){&wrong, 1}, &e), INVALID);
    CHECK(t, strstr(e.text, "active_days") != NULL);
}

static void sources_are_told_once(struct t *t)
{
    struct library_sources sources;
    library_sources_read(
        "sum(order.net) + count((a or order) where state = 'paid' in last 2 days) > most_frequent(event.channel)",
        t->arena, &sources);
    REQUIRE(t, sources.count == 2);
    CHECK_BYTES(t, sources.names[0], BYTES_LIT("order"));
    CHECK_BYTES(t, sources.names[1], BYTES_LIT("a"));
    library_sources_read("no ( expression", t->arena, &sources);
    CHECK_EQ(t, sources.count, 0);
}

/* Of the tags that read them, and of the group of these. */
static void what_came_out_of_data_is_told_with_its_day(struct t *t)
{
    const struct library_choice list[] = {
        {.name = BYTES_LIT("rfm_days"), .value = BYTES_LIT("180")},
        {.name = BYTES_LIT("rfm_orders"), .value = BYTES_LIT("4"), .taken_on = BYTES_LIT("2026-11-23")},
        {.name = BYTES_LIT("rfm_amount"), .value = BYTES_LIT("812.35"), .taken_on = BYTES_LIT("2026-11-23")}};
    const struct library_choices choices = {list, COUNT_OF(list)};
    static const struct {
        const char *name;
        bool is_told;
    } cases[] = {{"rfm_champion", true}, {"rfm", true}, {"active_hour", false}, {"life_stage", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct library_tag *tag = library_tag_named(bytes_of_text(cases[i].name));
        struct buf out = arena_buf(t->arena, 1 << 16);
        struct json_writer w;
        json_writer_init(&w, &out, false);
        library_write(&tag, 1, choices, t->arena, &w);
        const char *text = arena_text(t->arena, buf_bytes(&out));
        CHECK_EQ(t, strstr(text, "; own data of 2026-11-23: rfm_orders 4, rfm_amount 812.35\"") != NULL,
                 cases[i].is_told);
    }
}

static void what_is_written_is_a_file_of_definitions(struct t *t)
{
    size_t count;
    const struct library_tag *tags = library_tags(&count),
                             **all = ARENA_ARRAY(t->arena, const struct library_tag *, count);
    struct definitions d = {.arena = t->arena};
    struct buf out;
    struct json_writer w;
    struct err e = {0};
    struct json_parser *parser = json_parser_create(1 << 20);
    for (size_t i = 0; i < count; i++)
        all[i] = &tags[i];
    buf_init(&out, DEFINITION_FILE_BYTES_MAX);
    json_writer_init(&w, &out, false);
    library_write(all, count, none, t->arena, &w);
    CHECK_DONE(t, definitions_read(&d, "library", buf_bytes(&out), parser, &e), &e);
    CHECK_DONE(t, definitions_sort(&d, &e), &e);
    CHECK_EQ(t, d.count, count);
    buf_fini(&out);
    json_parser_destroy(parser);
}

static const struct test tests[] = {
    {"every text is an expression when filled in", every_text_is_an_expression_when_filled_in, 1},
    {"every parameter is read", every_parameter_is_read, 1},
    {"tags are named once and groups stand behind theirs", tags_are_named_once_and_groups_stand_behind_theirs, 1},
    {"an operator says another value", an_operator_says_another_value, 1},
    {"a wrong parameter is told with the nearest", a_wrong_parameter_is_told_with_the_nearest, 1},
    {"sources are told once", sources_are_told_once, 1},
    {"what came out of data is told with its day", what_came_out_of_data_is_told_with_its_day, 1},
    {"what is written is a file of definitions", what_is_written_is_a_file_of_definitions, 1},
};
TEST_MAIN(tests)
