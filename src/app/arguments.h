/* The words of a command line. */
#pragma once

#include "app/app.h"

#define ARGUMENTS_ASKED_MAX 32u

struct arguments {
    const struct verb *verb;
    int count;
    char **words;
    int next;                               /* of argument_next */
    const char *asked[ARGUMENTS_ASKED_MAX]; /* options the verb knows, "--name" without dashes */
    size_t asked_count;
    bool asked_flag[ARGUMENTS_ASKED_MAX];
};

void arguments_init(struct arguments *a, const struct verb *verb, int count, char **words);
