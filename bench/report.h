/* One figure of a benchmark as a JSON line: what tools/bench keeps. */
#pragma once

#include <stddef.h>

#include "base/status.h"

struct figure {
    const char *bench, *what, *unit;
    double value;
    double baseline;        /* measured in the same run; 0: none */
    double goal;            /* of the ratio where there is a baseline, else of the value */
    const char *better;     /* "higher" or "lower" */
    const char *conditions;
};
void report(const struct figure *f);

void must(struct status s, const struct err *e); /* ends the benchmark, and says why, when it failed */

double median(double *values, size_t count); /* sorts them */
double seconds_now(void);                    /* monotonic */
double cpu_seconds(void);                    /* of the whole process, user and system */
double thread_cpu_seconds(void);             /* of the calling thread, user and system */
size_t memory_bytes(void);                   /* resident, of this process */
size_t env_number(const char *name, size_t otherwise); /* BENCH_PEOPLE=… */
void files_remove(const char *folder); /* with all that is in it; absent is fine */
