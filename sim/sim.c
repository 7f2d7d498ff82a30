/* The crash simulator: the real engine with all its domains, on a disk that crashes, against naive models.
 *
 * Each seed runs in a process of its own, so that an assert is a finding like any other. SEED=n runs that one, SEEDS=n runs
 * 1 to n (500); VERBOSE=1 tells all that happens. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/access/access.h"
#include "domain/audience/audience.h"
#include "domain/calendar/calendar.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/pulse/pulse.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"
#include "sim/run.h"
#include "testing/relay.h"

#define SEEDS 500u
#define SECONDS_A_SEED_MAX 120u

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain,
                                               &people_domain, &event_domain, &column_domain,   &access_domain,
                                               &thing_domain,  &calendar_domain, &order_domain, &pulse_domain,   &relation_domain,
                                               &listing_domain, &rule_domain, &audience_domain, &scope_domain,  &relay_domain};

static void transcript_print(const struct transcript *t)
{
    uint32_t first = t->line_count > TRANSCRIPT_LINES ? t->line_count - TRANSCRIPT_LINES : 0;
    for (uint32_t i = first; i < t->line_count; i++)
        printf("    %.*s\n", (int)TRANSCRIPT_LINE_BYTES, t->lines[i % TRANSCRIPT_LINES]);
}

static void seed_print(const struct transcript *t, uint64_t seed)
{
    printf("seed %" PRIu64 ": %" PRIu64 " deeds, %" PRIu64 " records, %" PRIu64 " crashes, %" PRIu64 " in recovery, %" PRIu64
           " checkpoints, %" PRIu64 " rows fetched, %" PRIu64 " merges, %" PRIu64 " splits, %" PRIu64 " quarantined, %" PRIu64 " messages beyond the horizon, %" PRIu64 " followed, %" PRIu64
           " erased, %" PRIu64 " purges, %" PRIu64 " sets compared\n",
           seed, t->deeds, t->records, t->crashes, t->recoveries_cut, t->checkpoints, t->fetched, t->merged, t->split, t->quarantined, t->again, t->followed, t->erased, t->purges, t->sets);
}

/* Runs a seed in a child; false: it failed, and its story is told. */
static bool seed_run(struct transcript *t, uint64_t seed, const struct registry *registry)
{
    memset(t, 0, sizeof *t);
    t->is_loud = getenv("VERBOSE") != NULL;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return false;
    }
    if (child == 0) {
        (void)alarm(SECONDS_A_SEED_MAX);
        run_play(t, seed, registry);
        exit(t->trouble[0] == 0 ? 0 : 1);
    }
    int how = 0;
    (void)waitpid(child, &how, 0);
    if (t->is_loud)
        seed_print(t, seed);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return true;
    printf("seed %" PRIu64 " failed after %u steps:\n", seed, t->line_count);
    if (!t->is_loud)
        transcript_print(t);
    if (WIFSIGNALED(how))
        printf("  it died of signal %d (%s)\n", WTERMSIG(how), strsignal(WTERMSIG(how)));
    printf("  %s\n  SEED=%" PRIu64 " make sim brings it back\n", t->trouble[0] == 0 ? "it did not end well" : t->trouble, seed);
    return false;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == 0 ? otherwise : strtoull(text, NULL, 10);
}

int main(void)
{
    struct registry *registry = NULL;
    struct err e = {0};
    if (failed(registry_create(domains, COUNT_OF(domains), &registry, &e))) {
        printf("%s\n0 passed, 1 failed\n", e.text);
        return 1;
    }
    struct transcript *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    uint64_t one = number_of("SEED", 0), first = one == 0 ? 1 : one, last = one == 0 ? number_of("SEEDS", SEEDS) : one;
    uint64_t passed = 0, failures = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        bool good = seed_run(t, seed, registry);
        passed += good;
        failures += !good;
    }
    (void)munmap(t, sizeof *t);
    registry_destroy(registry);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failures);
    return failures > 0;
}
