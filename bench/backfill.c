/* Backfill: a count rule over 90 days is made when everything has happened already: how long until its values are there, and what commands feel of it meanwhile.
 * BENCH_PEOPLE (2 M), BENCH_EVENTS (50 M). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/world.h"
#include "domain/rule/rule.h"

#define IN_FLIGHT 64u
#define LOOK_US 2000u
#define TEXT "count(product_viewed in last 90 days) >= 3"

struct looking {
    uint32_t rule;
    enum rule_state state;
};

static void look(const struct view *v, void *context)
{
    struct looking *l = context;
    struct rule rule;
    l->rule = rules_end(v) - 1;
    l->state = rule_find(v, l->rule, &rule) ? rule.state : RULE_OVER;
}

static struct looking look_at(struct world *w)
{
    struct looking l;
    struct err e = {0};
    if (failed(host_read(w->host, w->workspace, look, &l, &e)))
        exit(1);
    return l;
}

static void rule_make(struct world *w, const char *text)
{
    struct buf payload;
    struct answer answer;
    struct err e = {0};
    struct rule_ask ask = {.is_condition = true, .maker = BYTES_LIT("bench"), .text = bytes_of_text(text)};
    buf_init(&payload, RULE_TEXT_BYTES_MAX);
    rule_ask_pack(&ask, &payload);
    if (failed(host_call(w->host, w->workspace, COMMAND_RULE_MAKE, buf_bytes(&payload), &answer, NULL, &e)) ||
        answer.refusal != NULL) {
        (void)fprintf(stderr, "%s%s\n", e.text, answer.refusal == NULL ? "" : answer.refusal->en);
        exit(1);
    }
    buf_fini(&payload);
}

int main(int argc, char **argv)
{
    struct world w;
    size_t people = env_number("BENCH_PEOPLE", 2000000), events = env_number("BENCH_EVENTS", 50000000);
    const char *text = argc > 2 ? argv[2] : TEXT;
    char conditions[160];
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-backfill", 0);
    struct sender *s = sender_create(&w, IN_FLIGHT);
    (void)people_load(s, people);
    if (events > people)
        (void)drawn_send(s, events - people, 0, people, 1);
    sender_wait(s);
    world_rest(&w);
    double wall = seconds_now(), cpu = cpu_seconds();
    rule_make(&w, text);
    while (look_at(&w).state == RULE_GATHERING)
        (void)usleep(LOOK_US);
    wall = seconds_now() - wall;
    cpu = cpu_seconds() - cpu;
    (void)snprintf(conditions, sizeof conditions, "%zu people, %zu events, nothing else running, %.2f s of CPU", people,
                   events > people ? events : people, cpu);
    report(&(struct figure){"backfill", "a new count rule over 90 days", "s", wall, 0, 2, "lower", conditions});
    sender_destroy(s);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
