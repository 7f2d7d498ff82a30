#include "domain/collect/import_lines.h"

#include "base/time.h"
#include "domain/collect/collect_test.h"

#define FILE_ONE "0123456789abcdef0123456789abcdef"
#define FILE_TWO "0123456789abcdef0123456789abcdee"

static const struct refusal *line_send(struct t *t, struct harness *h, const char *file, const char *source,
                                       uint64_t line)
{
    struct envelope v = {.event = BYTES_LIT("order_paid"), .source = bytes_of_text(source), .import = true};
    v.message_id = bytes_of_text(arena_printf(t->arena, "%s:%" PRIu64, file, line));
    v.message = hash128(v.message_id, 1);
    v.event_us = v.received_us = harness_now_us(h);
    return event_send(t, h, &v, line + hash64(v.message_id, 0));
}

/* In any order, whatever came between, and long after ids of messages are forgotten. */
static void a_line_counts_once_for_ever(struct t *t)
{
    static const uint64_t far[] = {0, 1, 4095, 4096, 4097, 1000000, IMPORT_LINE_MAX - 1};
    struct harness *h = collect_alone();
    setting_put(h, "collect.dedup_ids", 1000);
    for (uint64_t i = 0; i < 9000; i++)
        CHECK(t, line_send(t, h, FILE_ONE, "shop", 10000 + i * 7 % 9000) == NULL);
    for (size_t i = 0; i < COUNT_OF(far); i++)
        CHECK(t, line_send(t, h, FILE_ONE, "shop", far[i]) == NULL);
    harness_time(h, harness_now_us(h) + 4000 * US_PER_DAY);
    for (uint64_t i = 0; i < 9000; i++)
        CHECK(t, line_send(t, h, FILE_ONE, "shop", 10000 + i) == &collect_duplicate);
    for (size_t i = 0; i < COUNT_OF(far); i++)
        CHECK(t, line_send(t, h, FILE_ONE, "shop", far[i]) == &collect_duplicate);
    CHECK(t, line_send(t, h, FILE_ONE, "shop", 9999) == NULL);
    CHECK(t, line_send(t, h, FILE_TWO, "shop", 10000) == NULL);
    CHECK(t, line_send(t, h, FILE_ONE, "till", 10000) == NULL);
    struct rows_usage usage;
    rows_usage(harness_rows(h), &usage);
    CHECK_EQ(t, usage.rows[13], 0); /* no id of a message */
    CHECK(t, usage.rows[17] < 12);
    harness_destroy(h);
}

static void other_ids_are_no_lines(struct t *t)
{
    static const char *const ids[] = {"",
                                      "7",
                                      FILE_ONE,
                                      FILE_ONE ":",
                                      FILE_ONE ";7",
                                      FILE_ONE ":7x",
                                      FILE_ONE ":-7",
                                      FILE_ONE ":1099511627776",
                                      FILE_ONE ":99999999999999999999999",
                                      "X123456789abcdef0123456789abcdef:7",
                                      "0123456789ABCDEF0123456789ABCDEF:7"};
    struct import_line line;
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        CHECK(t, !import_line_of(&(struct envelope){.import = true, .message_id = bytes_of_text(ids[i])}, &line));
    CHECK(t, !import_line_of(&(struct envelope){.message_id = BYTES_LIT(FILE_ONE ":7")}, &line));
    CHECK(t, import_line_of(&(struct envelope){.import = true, .message_id = BYTES_LIT(FILE_ONE ":7")}, &line));
    CHECK(t, line.line == 7 && line.digest[0] == 0x01 && line.digest[15] == 0xef);
}

static const struct test tests[] = {
    {"a line counts once for ever", a_line_counts_once_for_ever, 1},
    {"other ids are no lines", other_ids_are_no_lines, 1},
};
TEST_MAIN(tests)
