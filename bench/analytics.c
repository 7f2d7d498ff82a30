/* The questions that Kith exists for, over the rows of year.h, against ClickHouse (chDB) and DuckDB with the same rows in the same run: each of these with its best of
 * two layouts and of several ways to ask; the answers must be equal before times count. All with a thread a core; medians of five after one to warm up.
 *
 * Columns are written without the engine (columns.h); bench/store.c measures the way through its door. Peers are found where PYTHONPATH says
 * (peer_*.py); without one there is nothing to compare with. PostgreSQL, which takes minutes to fill and to ask, is asked with BENCH_POSTGRES=1. BENCH_PEOPLE (2 M), BENCH_EVENTS (50 M), BENCH_PEERS=0 for none, BENCH_KEEP=1 keeps the files,
 * BENCH_QUESTION=funnel asks that one alone. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/leisure.h"
#include "base/time.h"
#include "bench/columns.h"
#include "bench/report.h"
#include "bench/world.h"
#include "domain/analytics/analytics.h"

#define RUNS 5u
#define THREADS_MAX 64u
#define WORDS_MAX 65536u
#define WORD_BYTES 48u
#define SHOWN_BYTES 400 /* of answers that differ */
#define QUESTION_MEMORY ((size_t)4 << 30)
#define ALL_YEAR "\"zone\":\"UTC\",\"from\":\"2025-11-01\",\"until\":\"2026-11-01\""

/* A question and what of its rows is compared: t a text, n a whole number, m with two digits behind the point. Rows whose last such cell is 0 are left out. */
struct posed {
    const char *name, *what, *kind, *body, *cells[5];
    double goal; /* times as fast as the faster of the peers */
};
/* clang-format off */
static const struct posed posed[] = {
    {"funnel", "3-step ordered funnel in 7 days", "funnel",
     "{" ALL_YEAR ",\"steps\":[\"product_viewed\",\"cart_added\",\"order_paid\"],\"window\":\"7d\"}", {"n step", "n count"}, 20},
    {"retention", "weekly retention matrix of a year", "retention",
     "{" ALL_YEAR ",\"start\":\"product_viewed\",\"unit\":\"week\",\"periods\":52}", {"t cohort", "t period", "n count"}, 15},
    {"category", "category X at least 3 times in the last 14 days", "distribution",
     "{\"zone\":\"UTC\",\"from\":\"2026-10-18\",\"until\":\"2026-11-01\",\"event\":{\"event\":\"product_viewed\",\"where\":\"category = 'c01'\"},\"buckets\":[1,3]}",
     {"n from", "n count"}, 1},
    {"rfm", "RFM quintiles", "rfm", "{" ALL_YEAR ",\"event\":\"order_paid\",\"value\":\"amount\",\"show\":\"scores\"}", {"n r", "n f", "n m", "n people"}, 3},
    {"last_touch", "last touch over 30 days", "attribution",
     "{" ALL_YEAR ",\"touches\":[\"ad_clicked\"],\"conversion\":\"order_paid\",\"channel\":\"category\",\"value\":\"amount\",\"models\":[\"last\"],\"look_back\":\"30d\","
     "\"channels_max\":60,\"paths\":false}",
     {"t channel", "n last", "m last_value"}, 8},
};
static const struct posed month = {"month", "3-step ordered funnel over one month of 12", "funnel",
                                   "{\"zone\":\"UTC\",\"from\":\"2026-09-01\",\"until\":\"2026-10-01\",\"steps\":[\"product_viewed\",\"cart_added\",\"order_paid\"],"
                                   "\"window\":\"7d\"}",
                                   {"n step", "n count"}, 0};
/* clang-format on */

struct bench {
    char folder[200], conditions[400];
    uint32_t people;
    unsigned threads;
    struct columns columns;
    struct column_view *view;
    struct name_book *book;
    struct json_parser *parser;
};

/* --- asking Kith --- */

/* At leisure, as the daemon's threads of questions are. */
static void *work(void *inquiry)
{
    leisure_begin();
    inquiry_work(inquiry);
    return NULL;
}

static struct name_book *book_make(void)
{
    struct name_book *b = name_book_of_fields();
    for (uint32_t i = 0; i < YEAR_NAMES; i++)
        name_book_event_add(b, i + 1, bytes_of_text(year_name(i)), 0, BYTES_NONE);
    name_book_property_add(b, COLUMN_PROPERTY, BYTES_LIT("category"));
    name_book_property_add(b, COLUMN_PROPERTY, BYTES_LIT("amount"));
    return b;
}

/* From the body's bytes to the answer's; returns the seconds it took. */
static double ask(const struct bench *b, const struct posed *p, struct buf *out_answer)
{
    const struct question_kind *kind;
    struct question *q;
    struct inquiry *inquiry;
    struct json body;
    struct json_writer w;
    struct err e = {0};
    pthread_t threads[THREADS_MAX];
    double start = seconds_now();
    must(question_kind_find(bytes_of_text(p->kind), &kind, &e), &e);
    must(json_parse(b->parser, bytes_of_text(p->body), &body, &e), &e);
    must(question_read(kind, body, b->book, BYTES_LIT("UTC"), YEAR_UNTIL_S * US_PER_SECOND, &q, &e), &e);
    must(inquiry_open(&(struct inquiry_ask){.question = q, .memory_bytes_max = QUESTION_MEMORY}, b->view, NULL,
                      &inquiry, &e),
         &e);
    for (unsigned i = 0; i < b->threads; i++)
        if (pthread_create(&threads[i], NULL, work, inquiry) != 0)
            exit(1);
    for (unsigned i = 0; i < b->threads; i++)
        (void)pthread_join(threads[i], NULL);
    buf_clear(out_answer);
    json_writer_init(&w, out_answer, false);
    json_object_begin(&w);
    must(inquiry_print(inquiry, &w, &e), &e);
    json_object_end(&w);
    inquiry_close(inquiry);
    question_close(q);
    return seconds_now() - start;
}

static double ask_median(const struct bench *b, const struct posed *p, struct buf *out_answer)
{
    double seconds[RUNS];
    (void)ask(b, p, out_answer);
    for (unsigned i = 0; i < RUNS; i++)
        seconds[i] = ask(b, p, out_answer);
    return median(seconds, RUNS);
}

/* --- answers as words --- */

static int word_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

static unsigned column_number(struct json columns, const char *name)
{
    struct json column;
    unsigned at = 0;
    for (struct json_walk w = json_items(columns); json_item_next(&w, &column); at++)
        if (bytes_equal(json_string(json_find(column, BYTES_LIT("name"))), bytes_of_text(name)))
            return at;
    (void)fprintf(stderr, "bench: an answer without a column %s\n", name);
    exit(1);
}

/* false: the cell is 0. */
static bool cell_print(struct json cell, char as, struct buf *out)
{
    double number = 0;
    if (as == 't') {
        buf_push(out, json_string(cell));
        return true;
    }
    (void)json_double(cell, &number);
    buf_printf(out, as == 'm' ? "%.2f" : "%.0f", number);
    return number != 0;
}

/* false: the row is left out. */
static bool row_word(const struct posed *p, const unsigned *columns, struct json row, char out_word[WORD_BYTES])
{
    struct buf word;
    bool is_there = true;
    char at[16];
    buf_init(&word, WORD_BYTES);
    for (size_t i = 0; i < COUNT_OF(p->cells) && p->cells[i] != NULL; i++) {
        (void)snprintf(at, sizeof at, "%u", columns[i]);
        if (i > 0)
            buf_push_byte(&word, ':');
        is_there = cell_print(json_at(row, at), p->cells[i][0], &word);
    }
    (void)snprintf(out_word, WORD_BYTES, "%.*s", (int)word.size, (const char *)word.data);
    buf_fini(&word);
    return is_there;
}

/* The words of an answer, ascending, with a space before each. */
static void answer_words(const struct bench *b, const struct posed *p, const struct buf *answer, struct buf *out_words)
{
    struct err e = {0};
    struct json root, row;
    unsigned columns[COUNT_OF(p->cells)] = {0};
    char(*words)[WORD_BYTES] = calloc(WORDS_MAX, sizeof *words);
    size_t count = 0;
    must(json_parse(b->parser, buf_bytes(answer), &root, &e), &e);
    for (size_t i = 0; i < COUNT_OF(p->cells) && p->cells[i] != NULL; i++)
        columns[i] = column_number(json_find(root, BYTES_LIT("columns")), p->cells[i] + 2);
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("rows")));
         words != NULL && json_item_next(&w, &row) && count < WORDS_MAX;)
        count += row_word(p, columns, row, words[count]);
    qsort(words, count, sizeof *words, word_order);
    buf_clear(out_words);
    for (size_t i = 0; i < count; i++)
        buf_printf(out_words, " %s", words[i]);
    free(words);
}

/* --- peers --- */

struct peer {
    const char *name, *script;
    const char *setting; /* of the environment: it is asked where this isn't 0; NULL: always */
    double disk_bytes; /* 0: it isn't here */
    double seconds[COUNT_OF(posed)];
    char *words[COUNT_OF(posed)];
};

/* "NAME SECONDS WORD …", or "disk BYTES". */
static void peer_line(struct peer *peer, char *line)
{
    char name[32];
    double number;
    int at;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%31s %lf%n", name, &number, &at) != 2)
        return;
    if (strcmp(name, "disk") == 0)
        peer->disk_bytes = number;
    for (size_t i = 0; i < COUNT_OF(posed); i++)
        if (strcmp(name, posed[i].name) == 0) {
            peer->seconds[i] = number;
            peer->words[i] = strdup(line + at);
        }
}

static void peer_run(struct peer *peer, const struct bench *b, const char *csv)
{
    char command[1024], *line = NULL;
    size_t room = 0;
    (void)snprintf(command, sizeof command, "python3 bench/%s '%s' '%s/%s' %u", peer->script, csv, b->folder,
                   peer->name, b->threads);
    FILE *out = popen(command, "re");
    while (out != NULL && getline(&line, &room, out) > 0)
        peer_line(peer, line);
    if (out != NULL && pclose(out) != 0)
        (void)fprintf(stderr, "bench: %s isn't here, or failed\n", peer->name);
    free(line);
}

/* The first place where they differ, with what is around it. */
static void answers_must_agree(const struct posed *p, const struct peer *peer, const char *ours, const char *theirs)
{
    size_t at = 0;
    while (ours[at] != '\0' && ours[at] == theirs[at])
        at++;
    if (ours[at] == theirs[at])
        return;
    while (at > 0 && ours[at] != ' ')
        at--;
    (void)fprintf(stderr, "bench: %s: Kith and %s answer differently, from here on:\n%.*s\n%.*s\n", p->name, peer->name,
                  SHOWN_BYTES, ours + at, SHOWN_BYTES, theirs + at);
    exit(1);
}

/* --- figures --- */

/* `peer`: the fastest one; NULL: there is none. */
static void rate_report(const struct bench *b, size_t i, double seconds, const struct peer *peer)
{
    char conditions[512], against[64] = "no peer";
    double peer_seconds = peer == NULL ? 0 : peer->seconds[i];
    if (peer != NULL)
        (void)snprintf(against, sizeof against, "%s %.1f ms", peer->name, peer_seconds * 1e3);
    (void)snprintf(conditions, sizeof conditions, "%.1f ms, %s: %s", seconds * 1e3, against, b->conditions);
    report(&(struct figure){"analytics", posed[i].what, "questions/s", 1 / seconds, peer == NULL ? 0 : 1 / peer_seconds,
                            peer == NULL ? 0 : posed[i].goal, "higher", conditions});
}

static void question_measure(const struct bench *b, size_t i, const struct peer *peers, size_t peer_count,
                             struct buf *answer)
{
    struct buf words;
    const struct peer *fastest = NULL;
    buf_init(&words, WORDS_MAX * WORD_BYTES);
    double cpu = cpu_seconds(), seconds = ask_median(b, &posed[i], answer);
    cpu = (cpu_seconds() - cpu) / (RUNS + 1);
    answer_words(b, &posed[i], answer, &words);
    buf_push_byte(&words, '\0');
    (void)fprintf(stderr, "%s: %.2f ms, %.2f ms of CPU:%.300s\n", posed[i].name, seconds * 1e3, cpu * 1e3,
                  (const char *)words.data);
    for (size_t k = 0; k < peer_count; k++)
        if (peers[k].words[i] != NULL) {
            answers_must_agree(&posed[i], &peers[k], (const char *)words.data, peers[k].words[i]);
            if (fastest == NULL || peers[k].seconds[i] < fastest->seconds[i])
                fastest = &peers[k];
        }
    rate_report(b, i, seconds, fastest);
    buf_fini(&words);
}

static uint64_t bytes_read_so_far(void)
{
    unsigned long long bytes = 0;
    char line[64];
    FILE *io = fopen("/proc/self/io", "re");
    while (io != NULL && fgets(line, sizeof line, io) != NULL)
        (void)sscanf(line, "read_bytes: %llu", &bytes);
    if (io != NULL)
        (void)fclose(io);
    return bytes;
}

/* A question of files that are on disk only, against reading as many bytes as it made the kernel read. */
static void cold_measure(struct bench *b, const struct posed *p, struct buf *answer)
{
    double cold[RUNS], reading[RUNS];
    char conditions[512];
    uint64_t bytes = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        columns_close(b->view);
        columns_make_cold(&b->columns);
        uint64_t before = bytes_read_so_far();
        double start = seconds_now();
        b->view = columns_open(&b->columns, b->people);
        (void)ask(b, p, answer);
        cold[i] = seconds_now() - start;
        bytes = bytes_read_so_far() - before;
    }
    columns_close(b->view);
    for (unsigned i = 0; i < RUNS; i++) {
        columns_make_cold(&b->columns);
        reading[i] = columns_read(&b->columns, bytes);
    }
    b->view = columns_open(&b->columns, b->people);
    (void)snprintf(conditions, sizeof conditions, "%.1f MB read of %.1f MB; %s", (double)bytes / 1e6,
                   (double)b->columns.bytes / 1e6, b->conditions);
    report(&(struct figure){"analytics", "cold 3-step funnel, against reading its bytes", "s", median(cold, RUNS),
                            bytes > 0 ? median(reading, RUNS) : 0, bytes > 0 ? 2 : 0, "lower", conditions});
}

static void disk_report(const struct bench *b, const struct peer *peers, size_t peer_count)
{
    double events = (double)b->columns.events, least = 0;
    for (size_t k = 0; k < peer_count; k++)
        if (peers[k].disk_bytes > 0 && (least == 0 || peers[k].disk_bytes < least))
            least = peers[k].disk_bytes;
    report(&(struct figure){"analytics", "column files: person, time, name, category, amount", "bytes/event",
                            (double)(b->columns.bytes - b->columns.key_bytes) / events, 0, 6, "lower", b->conditions});
    report(&(struct figure){"analytics", "column files: hashes of messages and positions", "bytes/event",
                            (double)b->columns.key_bytes / events, 0, 0, "lower", b->conditions});
    if (least > 0)
        report(&(struct figure){"analytics", "the smaller of the peers' same columns on disk", "bytes/event",
                                least / events, 0, 0, "lower", b->conditions});
}

/* What isn't a question against peers. */
static void rest_measure(struct bench *b, const struct peer *peers, size_t peer_count, struct buf *answer)
{
    double whole = ask_median(b, &posed[0], answer);
    report(&(struct figure){"analytics", month.what, "s", ask_median(b, &month, answer), whole, 0.125, "lower",
                            b->conditions});
    cold_measure(b, &posed[0], answer);
    disk_report(b, peers, peer_count);
}

int main(int argc, char **argv)
{
    static struct peer peers[] = {{.name = "ClickHouse", .script = "peer_clickhouse.py"},
                                  {.name = "DuckDB", .script = "peer_duckdb.py"},
                                  {.name = "PostgreSQL", .script = "peer_postgres_questions.py", .setting = "BENCH_POSTGRES"}};
    struct bench b = {.people = (uint32_t)env_number("BENCH_PEOPLE", 2000000),
                      .threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN)};
    const char *only = getenv("BENCH_QUESTION");
    char path[256];
    double load = 0;
    struct buf answer;
    bool has_peers = env_number("BENCH_PEERS", 1) != 0;
    b.threads = b.threads < THREADS_MAX ? b.threads : THREADS_MAX;
    (void)snprintf(b.folder, sizeof b.folder, "%s", argc > 1 ? argv[1] : "/tmp/kith-bench-analytics");
    files_remove(b.folder);
    (void)mkdir(b.folder, 0700);
    struct year *year = year_create(b.people, env_number("BENCH_EVENTS", 50000000));
    (void)snprintf(path, sizeof path, "%s/kith", b.folder);
    columns_write(&b.columns, path, year, b.people);
    (void)snprintf(path, sizeof path, "%s/rows.csv", b.folder);
    if (has_peers)
        (void)year_write_csv(year, path);
    year_destroy(year);
    for (size_t k = 0; has_peers && k < COUNT_OF(peers); k++)
        if (peers[k].setting == NULL || env_number(peers[k].setting, 0) != 0)
            peer_run(&peers[k], &b, path);
    (void)getloadavg(&load, 1);
    (void)snprintf(b.conditions, sizeof b.conditions,
                   "%u people, %llu events in column files of 12 months, %u threads, load %.1f", b.people,
                   (unsigned long long)b.columns.events, b.threads, load);
    b.view = columns_open(&b.columns, b.people);
    b.book = book_make();
    b.parser = json_parser_create(16u << 20);
    buf_init(&answer, 64u << 20);
    for (size_t i = 0; i < COUNT_OF(posed); i++)
        if (only == NULL || strcmp(only, posed[i].name) == 0)
            question_measure(&b, i, peers, COUNT_OF(peers), &answer);
    if (only == NULL)
        rest_measure(&b, peers, COUNT_OF(peers), &answer);
    columns_close(b.view);
    name_book_destroy(b.book);
    json_parser_destroy(b.parser);
    buf_fini(&answer);
    if (env_number("BENCH_KEEP", 0) == 0)
        files_remove(b.folder);
    return 0;
}
