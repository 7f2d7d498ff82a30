/* What the log adds to the disk: a group of 10,000 records of 300 bytes, appended and synced, against the same bytes
 * written and synced, nothing else, into a file that was written before. Medians; the folder is the first argument. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "store/disk.h"
#include "store/log.h"

#define GROUP_RECORDS 10000
#define PAYLOAD_BYTES 300
#define GROUPS 200
#define RAW_PLACES 20
#define KEPT_BYTES 100000000u

struct times {
    double ms[GROUPS];
};

static int ms_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double times_median(struct times *t)
{
    qsort(t->ms, GROUPS, sizeof *t->ms, ms_order);
    return t->ms[GROUPS / 2];
}

static double cpu_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void figure(const char *what, double value, double baseline, double goal)
{
    printf("{\"bench\":\"log_raw\",\"what\":\"%s\",\"value\":%.3f,\"unit\":\"ms\",\"baseline\":", what, value);
    if (baseline > 0)
        printf("%.3f,\"ratio\":%.2f", baseline, value / baseline);
    else
        printf("null,\"ratio\":null");
    printf(",\"goal\":%g,\"better\":\"lower\",\"conditions\":\"10,000 records of 300 bytes a group, median of %d\"}\n", goal,
           GROUPS);
}

/* What is measured and what it is measured with. */
struct bench {
    struct disk *disk;
    struct log *log;
    struct file *raw;
    struct times both, encode, sync, prepare, plain;
};

static uint8_t raw_bytes[GROUP_RECORDS * (PAYLOAD_BYTES + 11)]; /* a group's, headers and checksums included */
static struct log_record records[GROUP_RECORDS];

static void bench_open(struct bench *b, const char *folder, struct err *e)
{
    struct log_options options = {.folder = "log", .segment_bytes = 64u << 20, .apply_version = 1};
    struct rng chance;
    rng_init(&chance, 1);
    for (size_t i = 0; i < sizeof raw_bytes; i++)
        raw_bytes[i] = (uint8_t)rng_next(&chance);
    for (size_t i = 0; i < GROUP_RECORDS; i++)
        records[i] = (struct log_record){.kind = 0x0301, .payload = bytes_of(raw_bytes + i * PAYLOAD_BYTES, PAYLOAD_BYTES)};
    must(disk_open_real(folder, &b->disk, e), e);
    must(disk_remove(b->disk, "raw", e), e);
    must(disk_file_open(b->disk, "raw", FILE_CREATE, &b->raw, e), e);
    must(file_preallocate(b->raw, sizeof raw_bytes * RAW_PLACES, e), e);
    must(file_sync(b->raw, e), e);
    must(log_open(b->disk, &options, &b->log, e), e);
}

static void group_measure(struct bench *b, size_t g, struct err *e)
{
    for (size_t i = 0; i < GROUP_RECORDS; i++)
        records[i].time_us = log_time_us(b->log) + 1 + (int64_t)i;
    int64_t start_us = time_monotonic_us();
    double start_cpu_ms = cpu_ms();
    must(log_append(b->log, records, GROUP_RECORDS, e), e);
    b->encode.ms[g] = cpu_ms() - start_cpu_ms;
    int64_t appended_us = time_monotonic_us();
    must(log_sync(b->log, e), e);
    int64_t synced_us = time_monotonic_us();
    must(log_prepare(b->log, e), e);
    if (log_end(b->log) > KEPT_BYTES)
        must(log_trim(b->log, log_end(b->log) - KEPT_BYTES, e), e);
    int64_t prepared_us = time_monotonic_us();
    must(file_write(b->raw, g % RAW_PLACES * sizeof raw_bytes, bytes_of(raw_bytes, sizeof raw_bytes), e), e);
    must(file_sync(b->raw, e), e);
    b->plain.ms[g] = (double)(time_monotonic_us() - prepared_us) / 1e3;
    b->both.ms[g] = (double)(synced_us - start_us) / 1e3;
    b->sync.ms[g] = (double)(synced_us - appended_us) / 1e3;
    b->prepare.ms[g] = (double)(prepared_us - synced_us) / 1e3;
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct err e = {0};
    bench_open(&b, argc > 1 ? argv[1] : "/tmp/kith-bench-log", &e);
    for (size_t g = 0; g < GROUPS; g++)
        group_measure(&b, g, &e);
    figure("append and sync a group", times_median(&b.both), times_median(&b.plain), 3);
    figure("append a group, CPU", times_median(&b.encode), 0, 3);
    figure("sync a group", times_median(&b.sync), 0, 3);
    figure("prepare and trim after a group", times_median(&b.prepare), 0, 10);
    log_close(b.log);
    file_close(b.raw);
    disk_close(b.disk);
    return 0;
}
