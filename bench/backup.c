/* `kith backup` of a workspace whose daemon is at work: bytes a second, against `cp` of the same bytes in the same run, and what
 * the answers to events take meanwhile, against rounds without a backup in between. BENCH_EVENTS (2 M, loaded before),
 * BENCH_OFFERED (20,000 events/s), BENCH_SECONDS (4, of a round), BENCH_ROUNDS (5). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/offer.h"
#include "bench/report.h"

#define ROUNDS_MAX 20u
#define RATE_USUAL "300M" /* a second: the program's own bound */
#define RATE_UNBOUND "100G"

struct bench {
    char work[PROGRAM_PATH_BYTES], set[PROGRAM_PATH_BYTES], copy[PROGRAM_PATH_BYTES], words[PROGRAM_PATH_BYTES];
    struct program program;
    struct offer offer;
    size_t rounds;
    size_t sets; /* made in this round */
};

/* --- the backup --- */

/* Its child; what it says goes into a file. */
static pid_t backup_begin(const struct bench *b, const char *set, const char *rate)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int words = open(b->words, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (words < 0 || dup2(words, STDOUT_FILENO) < 0)
        _exit(127);
    (void)execl("/proc/self/exe", "bench-backup", "backup", b->work, "--to", set, "--rate", rate, "--url",
                b->program.daemon.url, "--token", b->program.secret, "--json", (char *)NULL);
    _exit(127);
}

static void child_wait(pid_t pid)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return;
    (void)fprintf(stderr, "bench: the child did not end well: %d\n", how);
    exit(1);
}

/* The bytes that the last backup copied, by its own words. */
static double copied_bytes(const struct bench *b)
{
    char words[512] = "";
    FILE *file = fopen(b->words, "re");
    size_t size = file == NULL ? 0 : fread(words, 1, sizeof words - 1, file);
    const char *copied = size == 0 ? NULL : strstr(words, "\"copied\":");
    if (file != NULL)
        (void)fclose(file);
    return copied == NULL ? 0 : strtod(copied + strlen("\"copied\":"), NULL);
}

#define SET_PATH_BYTES (PROGRAM_PATH_BYTES + 24u)
static void set_path(const struct bench *b, size_t i, char out_path[SET_PATH_BYTES])
{
    (void)snprintf(out_path, SET_PATH_BYTES, "%s-%zu", b->set, i);
}

/* A whole one, into a new set. Returns bytes a second. */
static double backup_rate(struct bench *b, const char *rate)
{
    char set[SET_PATH_BYTES];
    set_path(b, b->sets++, set);
    double start = seconds_now();
    child_wait(backup_begin(b, set, rate));
    return copied_bytes(b) / (seconds_now() - start);
}

/* Not beside what is measured: where the disk is told of freed blocks, removing half a gigabyte keeps all syncs waiting for 50 ms. */
static void sets_remove(struct bench *b)
{
    char set[SET_PATH_BYTES];
    while (b->sets > 0) {
        set_path(b, --b->sets, set);
        folder_remove(set);
    }
    sync();
}

struct backing {
    struct bench *bench;
    atomic_bool stop;
    size_t backups;
    double rates; /* of all of them, added up */
};

static void *back_up(void *context)
{
    struct backing *k = context;
    for (; !atomic_load(&k->stop); k->backups++)
        k->rates += backup_rate(k->bench, RATE_USUAL);
    return NULL;
}

/* --- rounds --- */

static double round_p99_beside(struct bench *b, size_t *io_answers, struct backing *io_all)
{
    struct backing k = {.bench = b};
    pthread_t thread;
    (void)pthread_create(&thread, NULL, back_up, &k);
    double p99 = offer_p99(&b->offer, io_answers);
    atomic_store(&k.stop, true);
    (void)pthread_join(thread, NULL);
    io_all->backups += k.backups;
    io_all->rates += k.rates;
    sets_remove(b);
    return p99;
}

static void beside_measure(struct bench *b)
{
    double without[ROUNDS_MAX], with[ROUNDS_MAX];
    char conditions[256];
    size_t answers = 0;
    struct backing all = {.bench = b};
    for (size_t i = 0; i < b->rounds; i++) {
        without[i] = offer_p99(&b->offer, &answers);
        with[i] = round_p99_beside(b, &answers, &all);
        (void)fprintf(stderr, "round %zu: p99 %.2f ms without, %.2f ms beside a backup\n", i, without[i], with[i]);
    }
    (void)snprintf(conditions, sizeof conditions,
                   "requests of %u events over %u connections, %.0f events/s offered, counted from the planned time; "
                   "%zu rounds of "
                   "%.0f s each way in turn, medians; %zu whole backups at %s/s, on average %.0f MB/s; %zu answers",
                   OFFER_EVENTS_A_BATCH, OFFER_CONNECTIONS, b->offer.rate, b->rounds, b->offer.seconds, all.backups,
                   RATE_USUAL, all.rates / (double)(all.backups == 0 ? 1 : all.backups) / 1e6, answers);
    report(&(struct figure){"backup", "time to the answer beside a backup, p99, against none", "ms",
                            median(with, b->rounds), median(without, b->rounds), 1.5, "lower", conditions});
}

/* The same bytes by `cp`, durable: those of the set that was just made. */
static double copy_rate(const struct bench *b, double bytes)
{
    char command[4 * PROGRAM_PATH_BYTES], set[SET_PATH_BYTES];
    set_path(b, 0, set);
    (void)snprintf(command, sizeof command, "cp -r '%s' '%s' && sync -f '%s'", set, b->copy, b->copy);
    double start = seconds_now();
    double rate = system(command) == 0 ? bytes / (seconds_now() - start) : 0; /* NOLINT: made of our own paths */
    folder_remove(b->copy);
    return rate;
}

static void rate_measure(struct bench *b)
{
    double rates[ROUNDS_MAX], peers[ROUNDS_MAX];
    char conditions[160];
    for (size_t i = 0; i < b->rounds; i++) {
        rates[i] = backup_rate(b, RATE_UNBOUND);
        peers[i] = copy_rate(b, copied_bytes(b));
        sets_remove(b);
    }
    (void)snprintf(conditions, sizeof conditions,
                   "%.0f MB into a new set, hashed and synced, the daemon idle; against cp -r of the same bytes and "
                   "sync; medians of %zu",
                   copied_bytes(b) / 1e6, b->rounds);
    report(&(struct figure){"backup", "a whole backup", "MB/s", median(rates, b->rounds) / 1e6,
                            median(peers, b->rounds) / 1e6, 0.5, "higher", conditions});
}

int main(int argc, char **argv)
{
    int code;
    if (program_is_verb(argc, argv, &code))
        return code;
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-backup";
    struct bench *b = calloc(1, sizeof *b);
    b->offer.program = &b->program;
    b->offer.rate = (double)env_number("BENCH_OFFERED", 20000);
    b->offer.seconds = (double)env_number("BENCH_SECONDS", 4);
    b->rounds = env_number("BENCH_ROUNDS", 5);
    b->rounds = b->rounds < 1 ? 1 : b->rounds > ROUNDS_MAX ? ROUNDS_MAX : b->rounds;
    folder_remove(folder);
    (void)mkdir(folder, 0755);
    (void)snprintf(b->work, sizeof b->work, "%s/work", folder);
    (void)snprintf(b->set, sizeof b->set, "%s/set", folder);
    (void)snprintf(b->copy, sizeof b->copy, "%s/copy", folder);
    (void)snprintf(b->words, sizeof b->words, "%s/words", folder);
    program_start(&b->program, b->work);
    offer_load(&b->offer, env_number("BENCH_EVENTS", 2000000));
    rate_measure(b);
    beside_measure(b);
    program_stop(&b->program);
    folder_remove(folder);
    free(b);
    return 0;
}
