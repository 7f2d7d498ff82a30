/* `kith import` of a typed CSV file into a daemon, against COPY of the same rows into PostgreSQL in the same run: as orders, with their events,
 * buyers and owners, and as plain events. Until all that follows is applied. BENCH_ROWS (300,000). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/program.h"
#include "bench/report.h"

#define LINES_MAX 5u
#define START_S INT64_C(1767225600) /* 2026 */

static const char order_map[] =
    "{\"group\":\"no\",\"order\":{\"shop\":\"pos\",\"number\":\"${no}\",\"store\":\"${store}\",\"modified\":\"@{at}\",\"states\":{\"created\":\"@{at}\",\"paid\":\"@{at}\"},"
    "\"buyer\":[{\"type\":\"phone\",\"value\":\"${phone}\"},{\"type\":\"member_no\",\"value\":\"${member}\"}],"
    "\"lines\":{\"$rows\":{\"line\":\"${line}\",\"sku\":\"${sku}\",\"name\":\"${name}\",\"quantity\":\"#{quantity}\",\"price\":\"#{price}\",\"paid\":\"#{paid}\"}}}}";
static const char event_map[] =
    "{\"event\":{\"event\":\"order_line\",\"time\":\"@{at}\",\"order\":\"${no}\",\"store\":\"${store}\","
    "\"ids\":[{\"type\":\"phone\",\"value\":\"${phone}\"},{\"type\":\"member_no\",\"value\":\"${member}\"}],"
    "\"items\":[{\"sku\":\"${sku}\",\"name\":\"${name}\",\"quantity\":\"#{quantity}\",\"price\":\"#{price}\",\"paid\":\"#{paid}\"}]}}";

static FILE *file_open(const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        (void)fprintf(stderr, "bench: can't write %s\n", path);
        exit(1);
    }
    return file;
}

static void text_write(const char *path, const char *text)
{
    FILE *file = file_open(path);
    (void)fputs(text, file);
    (void)fclose(file);
}

/* Orders of one to five lines; a buyer comes four times. */
static void rows_write(const char *path, size_t rows)
{
    FILE *file = file_open(path);
    struct rng rng;
    size_t order = 0, left = 0;
    uint64_t buyer = 0, line = 0;
    rng_init(&rng, 7);
    (void)fputs("no,store,phone,member,at,line,sku,name,quantity,price,paid\n", file);
    for (size_t i = 0; i < rows; i++, line++, left--) {
        if (left == 0) {
            order++;
            line = 1;
            left = 1 + rng_below(&rng, LINES_MAX);
            buyer = rng_below(&rng, rows / 12 + 1);
        }
        int64_t us = (START_S + (int64_t)order) * US_PER_SECOND;
        char at[TIME_TEXT_BYTES];
        unsigned long long price = 1000 + rng_below(&rng, 90000);
        (void)fprintf(file, "R%09zu,S%03llu,138%08llu,M%08llu,%.19s+00,%llu,SKU-%05llu,真丝印花连衣裙,1,%llu.%02llu,%llu.%02llu\n", order,
                      (unsigned long long)(order % 300), (unsigned long long)buyer, (unsigned long long)buyer, time_format(us, at), (unsigned long long)line,
                      (unsigned long long)rng_below(&rng, 40000), price / 100, price % 100, price / 100, price % 100);
    }
    (void)fclose(file);
}

/* COPY's rows a second, in the same run; 0: PostgreSQL isn't here. */
static double copy_rate(const char *path, size_t rows)
{
    char call[PROGRAM_PATH_BYTES + 64];
    double rate = 0;
    (void)snprintf(call, sizeof call, "python3 bench/peer_copy.py %s %zu 2>/dev/null", path, rows);
    FILE *peer = popen(call, "re");
    if (peer == NULL || fscanf(peer, "%lf", &rate) != 1)
        rate = 0;
    if (peer != NULL)
        (void)pclose(peer);
    return rate;
}

static double import_rate(const char *folder, const char *name, const char *map, const char *rows_path, size_t rows)
{
    char work[PROGRAM_PATH_BYTES], map_path[PROGRAM_PATH_BYTES];
    struct program p;
    struct import_counts counts;
    struct err e = {0};
    (void)snprintf(work, sizeof work, "%s/%s", folder, name);
    (void)snprintf(map_path, sizeof map_path, "%s/%s.json", folder, name);
    text_write(map_path, map);
    program_start(&p, work);
    double start = seconds_now();
    must(import_file(&(struct import_options){.client = p.client, .path = rows_path, .map = map_path}, &counts, &e), &e);
    double returned = seconds_now(), quiet = program_quiet_since(&p);
    double took = (quiet > returned ? quiet : returned) - start;
    (void)fprintf(stderr, "%s: %.1f s until all was taken in, %.1f s until nothing followed any more; %llu faulty\n", name, returned - start, took,
                  (unsigned long long)(counts.sent.faulty + counts.sent.refused));
    program_stop(&p);
    return (double)rows / took;
}

int main(int argc, char **argv)
{
    int code;
    if (program_is_verb(argc, argv, &code))
        return code;
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-import";
    size_t rows = env_number("BENCH_ROWS", 300000);
    char rows_path[PROGRAM_PATH_BYTES], conditions[128];
    folder_remove(folder);
    (void)mkdir(folder, 0755);
    (void)snprintf(rows_path, sizeof rows_path, "%s/rows.csv", folder);
    rows_write(rows_path, rows);
    double copy = copy_rate(rows_path, rows), orders = import_rate(folder, "orders", order_map, rows_path, rows),
           events = import_rate(folder, "events", event_map, rows_path, rows);
    (void)snprintf(conditions, sizeof conditions, "%zu rows of 11 columns, orders of 1 to 5 lines, one client, against COPY into a typed table", rows);
    report(&(struct figure){"import", "rows of a CSV file as orders, with all that follows", "rows/s", orders, copy, 0.5, "higher", conditions});
    report(&(struct figure){"import", "rows of a CSV file as events", "rows/s", events, copy, 0.5, "higher", conditions});
    folder_remove(folder);
    return 0;
}
