#include "bench/columns.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "domain/column/inside.h"
#include "store/disk.h"

#define READ_BYTES (1u << 20)

const char *columns_month(uint32_t month)
{
    static char name[16];
    (void)snprintf(name, sizeof name, "month-%02u", month);
    return name;
}

static uint32_t month_at(int64_t time_s)
{
    struct civil_date first = civil_of_day(day_of_time(YEAR_FIRST_S * US_PER_SECOND, 0)),
                      date = civil_of_day(day_of_time(time_s * US_PER_SECOND, 0));
    uint32_t month = (uint32_t)((date.year - first.year) * 12 + date.month - first.month);
    assert(month < COLUMNS_MONTHS);
    return month;
}

/* --- writing --- */

struct writing {
    struct column_set *set;
    struct column_writer *writers[COLUMNS_MONTHS];
    uint32_t category, amount;
    uint64_t serial;
};

static void writing_open(struct writing *w, struct disk *d)
{
    struct err e = {0};
    w->set = column_set_create();
    w->category = column_set_number(
        w->set, &(struct column_name){.of = COLUMN_PROPERTY, .kind = COLUMN_TEXT, .name = BYTES_LIT("category")});
    w->amount = column_set_number(
        w->set, &(struct column_name){.of = COLUMN_PROPERTY, .kind = COLUMN_NUMBER, .name = BYTES_LIT("amount")});
    must(disk_make_folder(d, COLUMN_FOLDER, &e), &e);
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++)
        must(column_writer_open(d, columns_month(m), w->set, &w->writers[m], &e), &e);
}

static void writing_add(struct writing *w, const struct year_event *row)
{
    struct err e = {0};
    char category[4];
    struct column_cell cells[2];
    uint32_t cell_count = 0;
    if (row->category > 0) {
        year_category(row->category, category);
        cells[cell_count++] = (struct column_cell){.column = w->category, .text = bytes_of_text(category)};
    }
    if (row->amount_cents > 0)
        cells[cell_count++] = (struct column_cell){.column = w->amount, .integer = row->amount_cents, .scale = 2};
    /* Positions as they are when events come as they happen, some at the same time. */
    struct column_row out = {.person = row->person,
                             .event = (uint16_t)(row->name + 1),
                             .time_us = row->time_s * US_PER_SECOND,
                             .message = (uint32_t)rng_mix(w->serial++),
                             .position = (uint64_t)(row->time_s - YEAR_FIRST_S) * 2 + row->person % 2,
                             .cell_count = cell_count,
                             .cells = cells};
    must(column_writer_add(w->writers[month_at(row->time_s)], &out, &e), &e);
}

/* Adds what the file has of hashes and positions. */
static void key_bytes_add(struct columns *c, struct column_file *f)
{
    struct err e = {0};
    for (uint32_t i = 0; i < column_file_blocks(f); i++) {
        const struct block *b;
        uint32_t place;
        must(column_file_block(f, i, &b, &e), &e);
        for (uint32_t number = COLUMN_POSITIONS; number <= COLUMN_MESSAGES; number++)
            if (block_place_find(b, number, &place))
                c->key_bytes += column_place_at(b, place).bytes;
    }
}

void columns_write(struct columns *c, const char *folder, struct year *year, uint32_t people)
{
    struct writing w = {0};
    struct err e = {0};
    struct disk *d;
    *c = (struct columns){0};
    (void)snprintf(c->folder, sizeof c->folder, "%s", folder);
    must(disk_open_real(folder, &d, &e), &e);
    writing_open(&w, d);
    for (uint32_t person = 1; person <= people; person++) {
        const struct year_event *list = NULL;
        uint32_t count = year_of(year, person, &list);
        for (uint32_t i = 0; i < count; i++)
            writing_add(&w, &list[i]);
        c->events += count;
    }
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++) {
        struct column_sum sum;
        struct column_file *f;
        must(column_writer_finish(w.writers[m], &sum, &e), &e);
        column_writer_close(w.writers[m]);
        c->bytes += sum.bytes;
        must(column_file_open(d, columns_month(m), &f, &e), &e);
        key_bytes_add(c, f);
        column_file_close(f);
    }
    column_set_destroy(w.set);
    disk_close(d);
}

/* --- cold --- */

static int month_open(const struct columns *c, uint32_t month)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/" COLUMN_FOLDER "/%s", c->folder, columns_month(month));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert(fd >= 0);
    return fd;
}

void columns_make_cold(const struct columns *c)
{
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++) {
        int fd = month_open(c, m);
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        (void)close(fd);
    }
}

double columns_read(const struct columns *c, uint64_t bytes)
{
    char *into = malloc(READ_BYTES);
    double start = seconds_now();
    uint64_t sum = 0;
    ssize_t got = 0;
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++) {
        int fd = month_open(c, m);
        while (sum < bytes && (got = read(fd, into, READ_BYTES)) > 0)
            sum += (uint64_t)got;
        (void)close(fd);
    }
    free(into);
    return seconds_now() - start;
}
