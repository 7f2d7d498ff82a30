/* Where a smooth function of a few positive numbers is least (Subplex, NLopt's LN_SBPLX, over the numbers' logarithms, then Newton's steps), and how sharply it
 * is so: for fits by maximum likelihood. Deterministic. */
#pragma once

#include <stddef.h>

#include "lib/effort.h"

#define MINIMISE_NUMBERS_MAX 8u

/* A function of so many numbers. What isn't finite counts as very large. */
struct surface {
    double (*height)(void *context, const double *numbers);
    void *context;
    size_t count; /* of the numbers, 1..MINIMISE_NUMBERS_MAX */
    /* NULL, or one of about the same shape that costs less, such as that of a sample: it is searched, and only the last steps are taken on this one. */
    const struct surface *rough;
    const struct effort *effort; /* of all of it; NULL: nobody watches */
};

struct minimum {
    double numbers[MINIMISE_NUMBERS_MAX];
    double height;
    unsigned evaluations;
    bool is_at_edge; /* a number ran into a bound (e^-10, e^10): there may be no minimum inside */
};

/* From all numbers 1. LIMIT: no end after 20,000 evaluations. CANCELLED: the effort is over, within one evaluation. */
fallible minimise(const struct surface *s, struct minimum *out, struct err *e);

/* The standard errors of the numbers, when the height is a negative log-likelihood: from the inverse of its Hessian at the minimum, by central differences in
 * the logarithms, carried over to the numbers. False: the surface doesn't rise there in all directions, or the effort is over, so there are none. */
bool minimum_errors(const struct surface *s, const struct minimum *m, double *out_errors);
