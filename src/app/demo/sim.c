/* `kith sim`: writes the synthetic brand to files. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "synth/synth.h"

#define WORLD_BYTES_MAX (4u << 20)
#define PROGRESS_EVERY 100000u

static fallible part_open(const char *folder, const char *name, FILE **out_file, struct err *e)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    *out_file = fopen(path, "we");
    return *out_file == NULL ? FAIL(e, IO, "can't write %s", path) : DONE;
}

static fallible part_close(FILE *file, struct err *e)
{
    return fclose(file) == 0 ? DONE : FAIL(e, IO, "the disk took not all of it");
}

static void line_write(FILE *file, const struct buf *line)
{
    (void)fwrite(line->data, 1, line->size, file);
    (void)fputc('\n', file);
}

static fallible stream_write(struct synth *s, const char *folder, const char *name, uint64_t *out_count, struct err *e)
{
    FILE *file;
    struct buf line;
    struct synth_fact fact;
    TRY(part_open(folder, name, &file, e));
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    bool shows = isatty(STDERR_FILENO);
    for (*out_count = 0; synth_next(s, &line, &fact); (*out_count)++) {
        line_write(file, &line);
        buf_clear(&line);
        if (shows && *out_count % PROGRESS_EVERY == 0)
            fprintf(stderr, "\r%" PRIu64 " %s", *out_count, either("lines", "行"));
    }
    if (shows)
        fprintf(stderr, "\r\033[K");
    buf_fini(&line);
    return part_close(file, e);
}

/* The same world once more, told by its orders. */
static fallible orders_write(struct synth_options options, const char *folder, uint64_t *out_count, struct err *e)
{
    struct synth *s;
    options.tells = SYNTH_ORDERS;
    TRY(synth_create(&options, &s, e));
    struct status status = stream_write(s, folder, "orders.ndjson", out_count, e);
    synth_destroy(s);
    return status;
}

static fallible things_write(const struct synth *s, const char *folder, struct err *e)
{
    FILE *file;
    struct buf line;
    uint32_t cursor = 0;
    TRY(part_open(folder, "things.ndjson", &file, e));
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    while (synth_thing_next(s, &cursor, &line))
        line_write(file, &line);
    buf_fini(&line);
    return part_close(file, e);
}

static fallible truth_write(struct synth *s, const char *folder, struct err *e)
{
    FILE *file;
    struct buf line;
    TRY(part_open(folder, "truth.ndjson", &file, e));
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    while (synth_truth_next(s, &line)) {
        line_write(file, &line);
        buf_clear(&line);
    }
    buf_fini(&line);
    return part_close(file, e);
}

static fallible world_write(const struct synth *s, const char *folder, struct err *e)
{
    FILE *file;
    struct buf world;
    TRY(part_open(folder, "world.json", &file, e));
    buf_init(&world, WORLD_BYTES_MAX);
    synth_world_json(s, &world);
    line_write(file, &world);
    buf_fini(&world);
    return part_close(file, e);
}

static fallible options_read(struct arguments *a, struct synth_options *options, struct err *e)
{
    uint64_t people = options->people, days = options->days;
    TRY(argument_number(a, "people", &people, e));
    TRY(argument_number(a, "days", &days, e));
    TRY(argument_number(a, "seed", &options->seed, e));
    if (people > SYNTH_PEOPLE_MAX || days > SYNTH_DAYS_MAX)
        return FAIL(e, LIMIT, "at most %u people and %u days", SYNTH_PEOPLE_MAX, SYNTH_DAYS_MAX);
    options->people = (uint32_t)people;
    options->days = (uint32_t)days;
    return DONE;
}

int verb_sim(struct arguments *a)
{
    struct synth_options options = synth_options_default();
    struct synth *s = NULL;
    struct err e = {0};
    uint64_t events = 0, versions = 0;
    struct status status = options_read(a, &options, &e);
    const char *folder = argument_next(a);
    if (failed(status)) {
        (void)say_failure(status, &e);
        return EXIT_USAGE;
    }
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL)
        return say_usage(verb_of(a));
    (void)mkdir(folder, 0700); /* there is fine; anything else shows at the first file */
    status = synth_create(&options, &s, &e);
    if (done(status))
        status = world_write(s, folder, &e);
    if (done(status))
        status = things_write(s, folder, &e);
    if (done(status))
        status = stream_write(s, folder, "events.ndjson", &events, &e);
    if (done(status))
        status = orders_write(options, folder, &versions, &e);
    if (done(status))
        status = truth_write(s, folder, &e);
    synth_destroy(s);
    if (failed(status))
        return say_failure(status, &e);
    printf(either("%" PRIu64 " events of %u people are in %s/events.ndjson, %" PRIu64
                  " versions of their orders in orders.ndjson, the brand in things.ndjson\n"
                  "and world.json, who is who and what was sold in truth.ndjson.\n",
                  "%" PRIu64 " 条事件(%u 人)写入 %s/events.ndjson,%" PRIu64
                  " 个订单版本在 orders.ndjson,品牌在 things.ndjson 与 world.json,\n"
                  "真实身份与销售额在 truth.ndjson。\n"),
           events, options.people, folder, versions);
    return EXIT_DONE;
}
