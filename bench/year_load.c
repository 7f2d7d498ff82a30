#include "bench/year_load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "bench/report.h"

#define IN_FLIGHT 64u
#define DAYS 365u
#define TOLD_EVERY 1000000u

/* A year in the order of its days, and of each day by person. */
struct days {
    uint64_t ends[DAYS];
    struct year_event *events;
};

static uint32_t day_at(const struct year_event *e)
{
    return (uint32_t)((e->time_s - YEAR_FIRST_S) / 86400);
}

static uint64_t days_make(struct days *d, struct year *year, uint32_t people)
{
    const struct year_event *list;
    uint64_t sum = 0;
    *d = (struct days){0};
    for (uint32_t person = 1; person <= people; person++)
        for (uint32_t i = year_of(year, person, &list); i-- > 0;)
            d->ends[day_at(&list[i])]++;
    for (uint32_t day = 0; day < DAYS; day++) {
        uint64_t count = d->ends[day];
        d->ends[day] = sum;
        sum += count;
    }
    d->events = malloc((size_t)sum * sizeof *d->events);
    assert(d->events != NULL);
    for (uint32_t person = 1; person <= people; person++) {
        uint32_t count = year_of(year, person, &list);
        for (uint32_t i = 0; i < count; i++)
            d->events[d->ends[day_at(&list[i])]++] = list[i];
    }
    return sum;
}

/* By hand: what printing takes would be a tenth of what is measured. */
static void digits_push(struct buf *out, uint64_t number, size_t width)
{
    char text[20];
    assert(width <= sizeof text);
    for (size_t i = width; i-- > 0; number /= 10)
        text[i] = (char)('0' + number % 10);
    buf_push(out, bytes_of(text, width));
}

static void amount_push(struct buf *out, uint32_t cents)
{
    size_t width = 1;
    for (uint32_t yuan = cents / 100; yuan >= 10; yuan /= 10)
        width++;
    buf_push_text(out, "\"amount\":");
    digits_push(out, cents / 100, width);
    buf_push_byte(out, '.');
    digits_push(out, cents % 100, 2);
}

static void event_write(struct buf *out, const struct year_event *event, uint64_t serial)
{
    char when[TIME_TEXT_BYTES], category[4];
    buf_push_text(out, "{\"type\":\"track\",\"event\":\"");
    buf_push_text(out, year_name(event->name));
    buf_push_text(out, "\",\"messageId\":\"m-");
    digits_push(out, serial, 11);
    buf_push_text(out, "-6f9d2c1e\",\"timestamp\":\"");
    buf_push_text(out, time_format(event->time_s * US_PER_SECOND, when));
    buf_push_text(out, "\",\"userId\":\"u");
    digits_push(out, event->person, 9);
    buf_push_text(out, "\",\"properties\":{");
    if (event->category > 0) {
        year_category(event->category, category);
        buf_push_text(out, "\"category\":\"");
        buf_push_text(out, category);
        buf_push_byte(out, '"');
    }
    if (event->amount_cents > 0)
        amount_push(out, event->amount_cents);
    buf_push_text(out, "}}");
}

void year_batch_write(struct buf *out, const struct year_event *events, uint64_t count, uint64_t serial)
{
    char now[TIME_TEXT_BYTES];
    buf_clear(out);
    buf_push_text(out, "{\"batch\":[");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_push_byte(out, ',');
        event_write(out, &events[i], serial + i);
    }
    buf_printf(out, "],\"writeKey\":\"w\",\"sentAt\":\"%s\"}", time_format(time_now_us(), now));
}

static void events_send(struct sender *s, const struct year_event *events, uint64_t count)
{
    struct buf batch;
    buf_init(&batch, 1u << 20);
    for (uint64_t first = 0; first < count; first += WORLD_BATCH_EVENTS) {
        uint64_t left = count - first;
        year_batch_write(&batch, events + first, left < WORLD_BATCH_EVENTS ? left : WORLD_BATCH_EVENTS, first);
        sender_send(s, buf_bytes(&batch));
        if (first % TOLD_EVERY == 0)
            (void)fprintf(stderr, "\r%.0f of %.0f M events ", (double)first / 1e6, (double)count / 1e6);
    }
    (void)fprintf(stderr, "\n");
    buf_fini(&batch);
}

struct year_loaded year_load(struct world *w, struct year *year, uint32_t people)
{
    struct days days;
    struct sender *s = sender_create(w, IN_FLIGHT);
    struct year_loaded loaded = {.events = days_make(&days, year, people)};
    double start = seconds_now(), cpu_start = cpu_seconds();
    events_send(s, days.events, loaded.events);
    sender_wait(s);
    world_set(w, "event.fold_events", 1); /* what is left in the log */
    world_rest(w);
    loaded.seconds = seconds_now() - start;
    loaded.cpu_seconds = cpu_seconds() - cpu_start;
    if (sender_accepted(s) != loaded.events) {
        (void)fprintf(stderr, "bench: %llu of %llu events were accepted\n", (unsigned long long)sender_accepted(s),
                      (unsigned long long)loaded.events);
        exit(1);
    }
    sender_destroy(s);
    free(days.events);
    return loaded;
}
