#include "domain/collect/import_lines.h"

#include "base/time.h"
#include "domain/collect/collect_test.h"

#define FILE_ONE ((struct hash128){.high = 0x0123456789abcdef, .low = 0x0123456789abcdef})
#define FILE_TWO ((struct hash128){.high = 0x0123456789abcdef, .low = 0x0123456789abcdee})

/* A line of a file; `id` 0: without an id of its own. */
struct sent {
    struct hash128 file;
    const char *source;
    uint64_t line, id; /* line 0: it came live */
};

static const struct refusal *send(struct t *t, struct harness *h, struct sent sent)
{
    struct envelope v = {
        .event = BYTES_LIT("order_paid"), .source = bytes_of_text(sent.source), .import = sent.line != 0};
    v.line = (struct import_line){.file = sent.file, .number = sent.line};
    if (sent.id != 0)
        v.message_id = bytes_of_text(arena_printf(t->arena, "m%" PRIu64, sent.id));
    v.event_us = v.received_us = harness_now_us(h);
    return event_send(t, h, &v, sent.id != 0 ? sent.id : UINT64_C(1) << 63 | sent.file.low << 40 | sent.line);
}

static const struct refusal *line_send(struct t *t, struct harness *h, struct hash128 file, const char *source,
                                       uint64_t line)
{
    return send(t, h, (struct sent){.file = file, .source = source, .line = line});
}

/* In any order, whatever came between, and long after ids of messages are forgotten. */
static void a_line_counts_once_for_ever(struct t *t)
{
    static const uint64_t far[] = {1, 2, 1023, 1024, 1025, 4096, 1000000, IMPORT_LINE_END - 1};
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
    CHECK(t, usage.rows[17] < 20);
    harness_destroy(h);
}

/* What came live and stands in a file as well, or in two files, is told by its id, as far back as ids are kept. */
static void an_id_of_its_own_counts_beside_the_line(struct t *t)
{
    struct harness *h = collect_alone();
    CHECK(t, send(t, h, (struct sent){.source = "shop", .id = 7}) == NULL);
    CHECK(t, send(t, h, (struct sent){FILE_ONE, "shop", 1, 7}) == &collect_duplicate);
    CHECK(t, send(t, h, (struct sent){FILE_ONE, "shop", 2, 8}) == NULL);
    CHECK(t, send(t, h, (struct sent){FILE_TWO, "shop", 9, 8}) == &collect_duplicate);
    CHECK(t, send(t, h, (struct sent){.source = "shop", .id = 8}) == &collect_duplicate);
    harness_time(h, harness_now_us(h) + 400 * US_PER_DAY);
    CHECK(t, send(t, h, (struct sent){FILE_ONE, "shop", 2, 8}) == &collect_duplicate);
    CHECK(t, send(t, h, (struct sent){FILE_ONE, "shop", 2, 9}) == &collect_duplicate); /* whatever its id */
    CHECK(t, send(t, h, (struct sent){FILE_TWO, "shop", 9, 8}) == NULL);
    harness_destroy(h);
}

/* --- against a model: all lines that ever came in, and when each id did --- */

#define MODEL_FILES 3u
#define MODEL_LINES 40u
#define MODEL_IDS 30u
#define MODEL_DAYS 3

struct model {
    bool came[MODEL_FILES][MODEL_LINES + 1];
    int64_t seen_us[MODEL_IDS + 1]; /* 0: never */
};

static bool model_takes(struct model *m, const struct sent *sent, int64_t now_us)
{
    int64_t seen_us = m->seen_us[sent->id];
    if (sent->line != 0 && m->came[sent->file.low][sent->line])
        return false;
    if (sent->id != 0 && seen_us != 0 && now_us - seen_us < MODEL_DAYS * US_PER_DAY)
        return false;
    m->came[sent->file.low][sent->line] = true;
    m->seen_us[sent->id] = now_us;
    return true;
}

static void lines_and_ids_are_as_in_a_model(struct t *t)
{
    struct harness *h = collect_alone();
    struct model m = {0};
    setting_put(h, "collect.dedup_days", MODEL_DAYS);
    for (int i = 0; i < 400; i++) {
        struct sent sent = {.source = "shop", .id = rng_below(&t->rng, MODEL_IDS + 1)};
        if (sent.id == 0 || rng_chance(&t->rng, 0.7)) {
            sent.file.low = rng_below(&t->rng, MODEL_FILES);
            sent.line = 1 + rng_below(&t->rng, MODEL_LINES);
        }
        harness_time(h, harness_now_us(h) + (int64_t)rng_below(&t->rng, 4) * US_PER_HOUR);
        bool taken = model_takes(&m, &sent, harness_now_us(h));
        CHECK(t, send(t, h, sent) == (taken ? NULL : &collect_duplicate));
    }
    harness_destroy(h);
}

/* --- what was written before --- */

/* Rows had four times as many lines: a checkpoint with these is refused in words, and none of their bits is taken for another line's. */
static void wider_rows_are_refused(struct t *t)
{
    static const uint8_t key[] = {0, 17};
    const struct family *const families[] = {&import_line_family};
    struct rows *rows = NULL;
    struct buf meta = arena_buf(t->arena, 22);
    struct err e = {0};
    CHECK_DONE(t, rows_create(families, COUNT_OF(families), &rows, &e), &e);
    pack_u8(&meta, 1);
    pack_u8(&meta, FAMILY_KEYED);
    pack_u32(&meta, 513);
    pack_u64(&meta, 0);
    pack_u64(&meta, 0);
    CHECK_EQ(t, rows_load(rows, bytes_of(key, sizeof key), buf_bytes(&meta), &e).code, STATUS_CORRUPT);
    CHECK(t, strstr(e.text, "import_line has rows of 513 bytes") != NULL);
    rows_destroy(rows);
}

/* --- the text --- */

static void a_line_is_read_as_it_is_printed(struct t *t)
{
    struct import_line line = {.file = {rng_next(&t->rng), rng_next(&t->rng)},
                               .number = 1 + rng_below(&t->rng, IMPORT_LINE_END - 1)},
                       back;
    char text[IMPORT_LINE_TEXT_BYTES];
    import_line_print(&line, text);
    REQUIRE(t, import_line_read(bytes_of_text(text), &back));
    CHECK(t, hash128_equal(back.file, line.file));
    CHECK_EQ(t, back.number, line.number);
}

static void other_texts_are_no_lines(struct t *t)
{
    static const char *const texts[] = {"",
                                        "7",
                                        "0123456789abcdef0123456789abcdef",
                                        "0123456789abcdef0123456789abcdef:",
                                        "0123456789abcdef0123456789abcdef;7",
                                        "0123456789abcdef0123456789abcdef:0",
                                        "0123456789abcdef0123456789abcdef:7x",
                                        "0123456789abcdef0123456789abcdef:-7",
                                        "0123456789abcdef0123456789abcdef:1099511627776",
                                        "0123456789abcdef0123456789abcdef:99999999999999999999999",
                                        "X123456789abcdef0123456789abcdef:7",
                                        "0123456789ABCDEF0123456789ABCDEF:7"};
    struct import_line line;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CHECK(t, !import_line_read(bytes_of_text(texts[i]), &line));
    CHECK(t, import_line_read(BYTES_LIT("0123456789abcdeffedcba9876543210:7"), &line));
    CHECK(t, line.number == 7 && line.file.high == 0x0123456789abcdef && line.file.low == 0xfedcba9876543210);
}

/* By digest, whatever sources told of them. */
static void files_are_told(struct t *t)
{
    struct import_file f;
    struct harness *h = collect_alone();
    struct view v = harness_view(h);
    CHECK(t, !import_file_next(&v, (struct hash128){0}, &f) && !import_file_find(&v, FILE_ONE, &f));
    CHECK(t, line_send(t, h, FILE_ONE, "shop", 1) == NULL && line_send(t, h, FILE_ONE, "shop", 9000) == NULL);
    CHECK(t, line_send(t, h, FILE_ONE, "till", 8) == NULL && line_send(t, h, FILE_TWO, "shop", 4095) == NULL);
    CHECK(t, line_send(t, h, FILE_TWO, "shop", 4095) != NULL);
    v = harness_view(h);
    REQUIRE(t, import_file_next(&v, (struct hash128){0}, &f));
    CHECK(t, f.digest.low == FILE_TWO.low && f.digest.high == FILE_TWO.high);
    CHECK(t, f.lines == 1 && f.last_line == 4095 && f.source_count == 1 && bytes_equal(name_text(&v, NAME_SOURCE, f.sources[0]), BYTES_LIT("shop")));
    REQUIRE(t, import_file_next(&v, f.digest, &f));
    CHECK(t, f.digest.low == FILE_ONE.low && f.lines == 3 && f.last_line == 9000 && f.source_count == 2);
    CHECK(t, !import_file_next(&v, f.digest, &f));
    CHECK(t, import_file_find(&v, FILE_ONE, &f) && f.lines == 3);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"a line counts once for ever", a_line_counts_once_for_ever, 1},
    {"an id of its own counts beside the line", an_id_of_its_own_counts_beside_the_line, 1},
    {"lines and ids are as in a model", lines_and_ids_are_as_in_a_model, 100},
    {"a line is read as it is printed", a_line_is_read_as_it_is_printed, 100},
    {"other texts are no lines", other_texts_are_no_lines, 1},
    {"files are told by their digests", files_are_told, 1},
    {"wider rows are refused", wider_rows_are_refused, 1},
};
TEST_MAIN(tests)
