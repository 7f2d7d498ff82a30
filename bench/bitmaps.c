/* Sets of people: what 300 tags of 330 M people take, how soon they are there at a start, and what questions about ten of them cost (tags.h).
 *
 * The same questions are asked of CRoaring (Debian's, pair by pair, which has one thread: it is passed by one of ours, and by two) and of DuckDB (a
 * boolean column a tag, one thread) over the same people, the first BENCH_PEER_PEOPLE (100 M); the answers must be equal. DuckDB is found where
 * PYTHONPATH says (peer_tags.py). BENCH_PEOPLE (330 M), BENCH_PEERS=0 for none, TMPDIR for the rows. One thread, its time of a processor, unless it says two,
 * then time; medians of five after one to warm up. */
#include <fcntl.h>
#include <pthread.h>
#include <roaring/roaring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench/report.h"
#include "bench/tags.h"
#include "lib/bitmap_expr.h"

#define RUNS 5u
#define OPERANDS 10u
#define CHANGES 2000000u
#define ROW_HEAD_BYTES 6u /* u32 bytes, u16 tag: as short as a row of a store can be */
#define SQL_BYTES 768
#define POPULATED_BYTES ((size_t)4 << 20)

struct bench {
    uint64_t people, peer_people, members;
    uint32_t keys;
    char conditions[160], folder[200];
    struct slab *slab;
    struct bitmap *tags[TAGS];
};

static void say(const struct bench *b, const struct figure *f)
{
    struct figure full = *f;
    char conditions[512];
    (void)snprintf(conditions, sizeof conditions, "%s; %s", f->conditions, b->conditions);
    full.bench = "bitmaps";
    full.conditions = conditions;
    report(&full);
}

/* --- what they take --- */

static void tags_make(struct bench *b)
{
    uint64_t words[TAG_WORDS];
    b->slab = slab_create();
    for (uint32_t tag = 0; tag < TAGS; tag++) {
        b->tags[tag] = bitmap_create(b->slab);
        for (uint32_t key = 0; key < b->keys; key++) {
            tag_words(tag, key, b->people, words);
            bitmap_put(b->tags[tag], key, words);
        }
        b->members += bitmap_count(b->tags[tag]);
    }
}

static void tags_destroy(struct bench *b)
{
    for (uint32_t tag = 0; tag < TAGS; tag++)
        bitmap_destroy(b->tags[tag]);
    slab_destroy(b->slab);
}

static void memory_measure(const struct bench *b, size_t memory_before)
{
    char conditions[128];
    double flat = (double)b->people / 8 * TAGS, taken = (double)(memory_bytes() - memory_before);
    (void)snprintf(conditions, sizeof conditions, "%.1f M members, %.2f GB in the slab", (double)b->members / 1e6, (double)slab_bytes(b->slab) / 1e9);
    say(b, &(struct figure){.what = "resident memory of all tags, against flat bits", .unit = "bytes", .value = taken, .baseline = flat, .goal = 0.36,
                            .better = "lower", .conditions = conditions});
}

/* --- a start --- */

/* Each container as a row, in the order of keys, as a snapshot has them. */
static uint64_t rows_write(const struct bench *b, const char *path)
{
    FILE *file = fopen(path, "we");
    struct buf row;
    uint64_t bytes = 0;
    buf_init(&row, BITMAP_CONTAINER_BYTES_MAX + ROW_HEAD_BYTES);
    for (uint32_t key = 0; key < b->keys; key++)
        for (uint16_t tag = 0; tag < TAGS; tag++) {
            uint32_t size;
            buf_clear(&row);
            (void)buf_extend(&row, ROW_HEAD_BYTES);
            (void)bitmap_encode(b->tags[tag], key, &row);
            size = (uint32_t)row.size - ROW_HEAD_BYTES;
            memcpy(row.data, &size, sizeof size);
            memcpy(row.data + sizeof size, &tag, sizeof tag);
            bytes += row.size;
            if (file == NULL || fwrite(row.data, 1, row.size, file) != row.size)
                exit(1);
        }
    buf_fini(&row);
    (void)fflush(file);
    (void)fsync(fileno(file));
    (void)posix_fadvise(fileno(file), 0, 0, POSIX_FADV_DONTNEED); /* so that it is read from the disk */
    (void)fclose(file);
    return bytes;
}

/* The rows as the file has them, and who brings their pages while they are decoded. */
struct mapped {
    uint8_t *data;
    size_t size;
};

static void *mapped_populate(void *context)
{
    const struct mapped *m = context;
    for (size_t at = 0; at < m->size; at += POPULATED_BYTES)
        (void)madvise(m->data + at, m->size - at < POPULATED_BYTES ? m->size - at : POPULATED_BYTES, MADV_POPULATE_READ);
    return NULL;
}

static struct mapped rows_map(const char *path)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0)
        exit(1);
    struct mapped m = {.size = (size_t)about.st_size};
    m.data = mmap(NULL, m.size, PROT_READ, MAP_PRIVATE, file, 0);
    if (m.data == MAP_FAILED)
        exit(1);
    (void)close(file);
    return m;
}

static void rows_decode(struct bench *b, const struct mapped *m)
{
    struct err e = {0};
    size_t at = 0;
    for (uint32_t i = 0; i < b->keys * TAGS; i++) {
        uint32_t size;
        if (m->size - at < ROW_HEAD_BYTES)
            exit(1);
        memcpy(&size, m->data + at, sizeof size);
        at += ROW_HEAD_BYTES;
        if (size > m->size - at)
            exit(1);
        if (size > 0)
            must(bitmap_decode(b->tags[i % TAGS], i / TAGS, bytes_of(m->data + at, size), &e), &e);
        at += size;
    }
}

/* Another thread waits for the disk, as at a start. */
static void rows_read(struct bench *b, const char *path)
{
    pthread_t ahead;
    struct mapped m = rows_map(path);
    if (pthread_create(&ahead, NULL, mapped_populate, &m) != 0)
        exit(1);
    b->slab = slab_create();
    for (uint32_t tag = 0; tag < TAGS; tag++)
        b->tags[tag] = bitmap_create(b->slab);
    rows_decode(b, &m);
    (void)pthread_join(ahead, NULL);
    (void)munmap(m.data, m.size);
}

static void load_measure(struct bench *b)
{
    char path[256], conditions[128];
    uint64_t members = 0, bytes;
    (void)snprintf(path, sizeof path, "%s/tags.rows", b->folder);
    bytes = rows_write(b, path);
    tags_destroy(b);
    double start = seconds_now(), cpu = thread_cpu_seconds();
    rows_read(b, path);
    double seconds = seconds_now() - start;
    cpu = thread_cpu_seconds() - cpu;
    for (uint32_t tag = 0; tag < TAGS; tag++)
        members += bitmap_count(b->tags[tag]);
    if (members != b->members) {
        (void)fprintf(stderr, "bench: other members were read than were written\n");
        exit(1);
    }
    (void)unlink(path);
    (void)snprintf(conditions, sizeof conditions, "%.2f GB of rows that aren't in the page cache, %.2f GB/s, %.2f s of CPU to decode them", (double)bytes / 1e9,
                   (double)bytes / 1e9 / seconds, cpu);
    say(b, &(struct figure){.what = "loading all tags", .unit = "s", .value = seconds, .goal = 10, .better = "lower", .conditions = conditions});
}

/* --- a question about ten tags --- */

/* What is asked, an operator behind its two operands: & and, | or, - without; a digit is a tag. So each engine is asked the same. */
struct question {
    const char *name, *asks;
    uint32_t first, step; /* of the tags */
};
static const struct question questions[] = {
    {"ten tags of 0.01 to 40 %", "96|3|87|1|&5-2-40&|", 15, 30},
    {"ten tags of 1 to 40 %", "03&14&|25&|98|&7-6-", 160, 14},
    {"any of ten tags of 3 to 6 %", "01|2|3|4|5|6|7|8|9|", 200, 2}, /* the longest lists of values there are, and none bounds another */
};

struct asked {
    const struct question *question;
    const struct bitmap *sets[OPERANDS];
    struct bitmap_expr leaves[OPERANDS], operators[OPERANDS - 1];
    const struct bitmap_expr *operands[OPERANDS - 1][2], *whole;
};

static enum bitmap_op op_of(char operator)
{
    return operator == '&' ? BITMAP_AND : operator == '|' ? BITMAP_OR : BITMAP_MINUS;
}

static void asked_init(struct asked *a, const struct bench *b, const struct question *question)
{
    const struct bitmap_expr *stack[OPERANDS];
    uint32_t depth = 0, operators = 0;
    a->question = question;
    for (uint32_t i = 0; i < OPERANDS; i++) {
        a->sets[i] = b->tags[question->first + i * question->step];
        a->leaves[i] = (struct bitmap_expr){.op = BITMAP_SET, .set = a->sets[i]};
    }
    for (const char *at = question->asks; *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9') {
            stack[depth++] = &a->leaves[*at - '0'];
            continue;
        }
        const struct bitmap_expr **operands = a->operands[operators];
        operands[1] = stack[--depth];
        operands[0] = stack[--depth];
        a->operators[operators] = (struct bitmap_expr){.op = op_of(*at), .count = 2, .of = operands};
        stack[depth++] = &a->operators[operators++];
    }
    a->whole = stack[0];
}

static double eval_seconds(const struct bitmap_expr *x, uint64_t people, uint64_t *out_count)
{
    struct bitmap_span span = bitmap_span_of(people);
    double seconds[RUNS + 1];
    for (unsigned i = 0; i <= RUNS; i++) {
        double start = thread_cpu_seconds();
        *out_count = bitmap_eval(x, &span, NULL);
        seconds[i] = thread_cpu_seconds() - start;
    }
    return median(seconds + 1, RUNS);
}

struct half {
    const struct bitmap_expr *x;
    struct bitmap_span span;
    uint64_t count;
};

static void *half_eval(void *context)
{
    struct half *h = context;
    h->count = bitmap_eval(h->x, &h->span, NULL);
    return NULL;
}

static double halves_seconds(const struct bitmap_expr *x, uint64_t people, uint64_t want)
{
    double seconds[RUNS + 1];
    for (unsigned i = 0; i <= RUNS; i++) {
        struct half front = {.x = x, .span = bitmap_span_of(people)}, back = front;
        pthread_t other;
        front.span.until = back.span.from = back.span.until / 2;
        double start = seconds_now();
        if (pthread_create(&other, NULL, half_eval, &back) != 0)
            exit(1);
        (void)half_eval(&front);
        (void)pthread_join(other, NULL);
        seconds[i] = seconds_now() - start;
        if (front.count + back.count != want)
            exit(1);
    }
    return median(seconds + 1, RUNS);
}

static void question_measure(const struct bench *b, const struct asked *a)
{
    uint64_t count;
    char conditions[128];
    double seconds = eval_seconds(a->whole, b->people, &count);
    (void)snprintf(conditions, sizeof conditions, "%s, counts %llu", a->question->name, (unsigned long long)count);
    say(b, &(struct figure){.what = "expression over ten tags", .unit = "ms", .value = seconds * 1e3, .goal = 50, .better = "lower", .conditions = conditions});
    seconds = halves_seconds(a->whole, b->people, count);
    say(b, &(struct figure){.what = "expression over ten tags, two threads", .unit = "ms", .value = seconds * 1e3, .better = "lower", .conditions = conditions});
}

static void at_least_measure(const struct bench *b, const struct asked *a)
{
    const struct bitmap_expr *of[OPERANDS];
    uint64_t count;
    char conditions[128];
    for (uint32_t i = 0; i < OPERANDS; i++)
        of[i] = &a->leaves[i];
    struct bitmap_expr x = {.op = BITMAP_AT_LEAST, .least = 3, .count = OPERANDS, .of = of};
    double seconds = eval_seconds(&x, b->people, &count);
    (void)snprintf(conditions, sizeof conditions, "%s, counts %llu", a->question->name, (unsigned long long)count);
    say(b, &(struct figure){.what = "at least three of ten tags", .unit = "ms", .value = seconds * 1e3, .better = "lower", .conditions = conditions});
}

static void overlaps_measure(const struct bench *b)
{
    struct bitmap_span span = bitmap_span_of(b->people);
    uint64_t counts[TAGS];
    const struct bitmap *of = b->tags[TAGS * 2 / 3];
    double start = thread_cpu_seconds();
    bitmap_overlaps(of, (const struct bitmap *const *)b->tags, TAGS, &span, counts);
    char conditions[96];
    (void)snprintf(conditions, sizeof conditions, "of %llu people", (unsigned long long)bitmap_count(of));
    say(b, &(struct figure){.what = "what a set has in common with each of 300 tags", .unit = "ms", .value = (thread_cpu_seconds() - start) * 1e3, .better = "lower",
                            .conditions = conditions});
}

/* --- CRoaring --- */

static roaring_bitmap_t *roaring_of(const struct bitmap *set, uint64_t people)
{
    enum { BATCH = 65536 };
    uint32_t *numbers = malloc(BATCH * sizeof *numbers), from = 0;
    roaring_bitmap_t *r = roaring_bitmap_create();
    size_t count;
    while (numbers != NULL && (count = bitmap_list(set, from, numbers, BATCH)) > 0 && numbers[0] < people) {
        while (numbers[count - 1] >= people)
            count--;
        roaring_bitmap_add_many(r, count, numbers);
        from = numbers[count - 1] + 1;
    }
    free(numbers);
    (void)roaring_bitmap_run_optimize(r);
    (void)roaring_bitmap_shrink_to_fit(r);
    return r;
}

/* A set of theirs on the way: a tag, or made, then to be changed in place and freed. */
struct operand {
    roaring_bitmap_t *set;
    bool is_made;
};

static roaring_bitmap_t *roaring_pair(char operator, struct operand a, struct operand b)
{
    if (!a.is_made)
        return operator == '&' ? roaring_bitmap_and(a.set, b.set) : operator == '|' ? roaring_bitmap_or(a.set, b.set) : roaring_bitmap_andnot(a.set, b.set);
    if (operator == '&')
        roaring_bitmap_and_inplace(a.set, b.set);
    else if (operator == '|')
        roaring_bitmap_or_inplace(a.set, b.set);
    else
        roaring_bitmap_andnot_inplace(a.set, b.set);
    return a.set;
}

static uint64_t roaring_pair_count(char operator, struct operand a, struct operand b)
{
    uint64_t count = operator == '&'   ? roaring_bitmap_and_cardinality(a.set, b.set)
                     : operator == '|' ? roaring_bitmap_or_cardinality(a.set, b.set)
                                       : roaring_bitmap_andnot_cardinality(a.set, b.set);
    if (a.is_made)
        roaring_bitmap_free(a.set);
    return count;
}

/* Pair by pair: in place where that saves a copy, and the last pair only counted. */
static uint64_t roaring_count(const char *asks, roaring_bitmap_t *const *tags)
{
    struct operand stack[OPERANDS];
    uint32_t depth = 0;
    uint64_t count = 0;
    for (; *asks != '\0'; asks++) {
        if (*asks >= '0' && *asks <= '9') {
            stack[depth++] = (struct operand){tags[*asks - '0'], false};
            continue;
        }
        struct operand b = stack[--depth], a = stack[--depth];
        if (asks[1] == '\0')
            count = roaring_pair_count(*asks, a, b);
        else
            stack[depth++] = (struct operand){roaring_pair(*asks, a, b), true};
        if (b.is_made)
            roaring_bitmap_free(b.set);
    }
    return count;
}

static void counts_must_agree(const char *peer, uint64_t ours, uint64_t theirs)
{
    if (ours == theirs)
        return;
    (void)fprintf(stderr, "bench: Kith counts %llu, %s %llu\n", (unsigned long long)ours, peer, (unsigned long long)theirs);
    exit(1);
}

static void peer_report(const struct bench *b, const struct asked *a, const struct figure *f, double seconds, double theirs)
{
    char conditions[192];
    struct figure full = *f;
    (void)snprintf(conditions, sizeof conditions, "%s, of %.1f M people, %.2f ms against %.1f ms", a->question->name, (double)b->peer_people / 1e6,
                   seconds * 1e3, theirs * 1e3);
    full.value = 1 / seconds;
    full.baseline = 1 / theirs;
    full.unit = "questions/s";
    full.better = "higher";
    full.conditions = conditions;
    say(b, &full);
}

/* Members of one tag come and go. */
static void changes_measure(struct bench *b)
{
    double seconds[2];
    uint64_t changed[2] = {0, 0};
    struct bitmap *ours = b->tags[TAGS * 2 / 3];
    roaring_bitmap_t *theirs = roaring_of(ours, b->people);
    for (int side = 0; side < 2; side++) {
        struct rng rng;
        rng_init(&rng, 1);
        double start = thread_cpu_seconds();
        for (uint32_t i = 0; i < CHANGES; i++) {
            uint32_t person = (uint32_t)rng_below(&rng, b->people);
            bool adds = i % 2 == 0;
            if (side == 0)
                changed[0] += adds ? bitmap_add(ours, person) : bitmap_remove(ours, person);
            else
                changed[1] += adds ? roaring_bitmap_add_checked(theirs, person) : roaring_bitmap_remove_checked(theirs, person);
        }
        seconds[side] = thread_cpu_seconds() - start;
    }
    roaring_bitmap_free(theirs);
    counts_must_agree("CRoaring, of changes,", changed[0], changed[1]);
    say(b, &(struct figure){.what = "changes of one tag by random people, against CRoaring", .unit = "changes/s", .value = CHANGES / seconds[0],
                            .baseline = CHANGES / seconds[1], .goal = 1, .better = "higher", .conditions = "half of them in, half of them out"});
}

static void roaring_measure(const struct bench *b, const struct asked *a, double seconds, double halves, uint64_t count)
{
    roaring_bitmap_t *theirs[OPERANDS];
    double taken[RUNS + 1];
    for (uint32_t i = 0; i < OPERANDS; i++)
        theirs[i] = roaring_of(a->sets[i], b->peer_people);
    for (unsigned i = 0; i <= RUNS; i++) {
        double start = thread_cpu_seconds();
        counts_must_agree("CRoaring", count, roaring_count(a->question->asks, theirs));
        taken[i] = thread_cpu_seconds() - start;
    }
    peer_report(b, a, &(struct figure){.what = "expression over ten tags, against CRoaring", .goal = 4}, seconds, median(taken + 1, RUNS));
    peer_report(b, a, &(struct figure){.what = "expression over ten tags by two threads, against CRoaring", .goal = 4}, halves, median(taken + 1, RUNS));
    for (uint32_t i = 0; i < OPERANDS; i++)
        roaring_bitmap_free(theirs[i]);
}

/* --- DuckDB --- */

static void csv_write(const struct bench *b, const struct asked *a, const char *path)
{
    FILE *file = fopen(path, "we");
    uint32_t *numbers = malloc(65536 * sizeof *numbers);
    uint16_t *bits = malloc(65536 * sizeof *bits);
    if (file == NULL || numbers == NULL || bits == NULL)
        exit(1);
    for (uint64_t first = 0; first < b->peer_people; first += 65536) {
        uint64_t here = b->peer_people - first < 65536 ? b->peer_people - first : 65536;
        memset(bits, 0, 65536 * sizeof *bits);
        for (uint32_t i = 0; i < OPERANDS; i++) {
            size_t count = bitmap_list(a->sets[i], (uint32_t)first, numbers, 65536);
            for (size_t k = 0; k < count && numbers[k] - first < here; k++)
                bits[numbers[k] - first] |= (uint16_t)(1u << i);
        }
        for (uint64_t i = 0; i < here; i++)
            (void)fprintf(file, "%u\n", bits[i]);
    }
    free(numbers);
    free(bits);
    if (fclose(file) != 0)
        exit(1);
}

/* As a condition of SQL: t0 to t9 are the tags. */
static void sql_write(const char *asks, struct buf *out)
{
    char stack[OPERANDS][SQL_BYTES], joined[SQL_BYTES];
    uint32_t depth = 0;
    for (; *asks != '\0'; asks++) {
        if (*asks >= '0' && *asks <= '9') {
            (void)snprintf(stack[depth++], SQL_BYTES, "t%c", *asks);
            continue;
        }
        const char *operator = *asks == '&' ? "AND" : *asks == '|' ? "OR" : "AND NOT";
        depth--;
        (void)snprintf(joined, sizeof joined, "(%.*s %s %.*s)", SQL_BYTES / 3, stack[depth - 1], operator, SQL_BYTES / 3, stack[depth]);
        memcpy(stack[depth - 1], joined, sizeof joined);
    }
    buf_push_text(out, stack[0]);
}

static void duckdb_measure(const struct bench *b, const struct asked *a, double seconds, uint64_t count)
{
    char path[256];
    unsigned long long theirs;
    double taken;
    struct buf command;
    (void)snprintf(path, sizeof path, "%s/tags.csv", b->folder);
    csv_write(b, a, path);
    buf_init(&command, 4096);
    buf_printf(&command, "python3 bench/peer_tags.py '%s' '", path);
    sql_write(a->question->asks, &command);
    buf_push_text(&command, "'");
    buf_push_byte(&command, 0);
    FILE *out = popen((const char *)command.data, "re");
    bool is_here = out != NULL && fscanf(out, "%llu %lf", &theirs, &taken) == 2;
    if (out != NULL && pclose(out) != 0)
        is_here = false;
    buf_fini(&command);
    (void)unlink(path);
    if (!is_here) {
        (void)fprintf(stderr, "bench: DuckDB isn't here, or failed\n");
        return;
    }
    counts_must_agree("DuckDB", count, theirs);
    peer_report(b, a, &(struct figure){.what = "expression over ten tags, against DuckDB", .goal = 100}, seconds, taken);
}

static void peers_measure(const struct bench *b, const struct asked *a)
{
    uint64_t count;
    double seconds = eval_seconds(a->whole, b->peer_people, &count);
    roaring_measure(b, a, seconds, halves_seconds(a->whole, b->peer_people, count), count);
    duckdb_measure(b, a, seconds, count);
}

int main(void)
{
    struct bench b = {.people = env_number("BENCH_PEOPLE", 330000000)};
    const char *temporary = getenv("TMPDIR");
    size_t before = memory_bytes(), has_peers = env_number("BENCH_PEERS", 1);
    b.peer_people = env_number("BENCH_PEER_PEOPLE", b.people < 100000000 ? b.people : 100000000);
    b.keys = bitmap_span_of(b.people).until;
    (void)snprintf(b.folder, sizeof b.folder, "%s/kith-bitmaps-XXXXXX", temporary == NULL ? "/tmp" : temporary);
    if (b.peer_people > b.people || mkdtemp(b.folder) == NULL)
        return 1;
    (void)snprintf(b.conditions, sizeof b.conditions, "%.1f M people, %u tags of 0.01 to 60 %%", (double)b.people / 1e6, TAGS);
    tags_make(&b);
    memory_measure(&b, before);
    load_measure(&b);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct asked asked;
        asked_init(&asked, &b, &questions[i]);
        question_measure(&b, &asked);
        if (i == 0)
            at_least_measure(&b, &asked);
        if (has_peers > 0)
            peers_measure(&b, &asked);
    }
    overlaps_measure(&b);
    if (has_peers > 0)
        changes_measure(&b);
    tags_destroy(&b);
    files_remove(b.folder);
    return 0;
}
