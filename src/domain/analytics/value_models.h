/* Models of how often people buy, for how long and for how much: likelihoods, fits by maximum likelihood, and what follows for one person. What each
 * assumes, with its formulas' sources: docs/guide/analytics.md. Parameters are positive and describe how people differ, not one person. Pure. */
#pragma once

#include "base/arena.h"
#include "lib/effort.h"

#define MODEL_PARAMETERS_MAX 4u
#define WEEKS_A_MONTH 4.345

/* A fit of a model. */
struct fit {
    double parameters[MODEL_PARAMETERS_MAX];
    bool has_errors; /* false: the likelihood is flat somewhere, and the parameters don't stand for much */
    double errors[MODEL_PARAMETERS_MAX];
    double log_likelihood;
    unsigned evaluations;
    bool is_at_edge; /* a parameter ran away: the data don't tell it */
};

/* ---- How often and how long: BG/NBD, Pareto/NBD ---- */

/* What a person did up to the end of calibration. Several purchases of a day are one. */
struct history {
    uint32_t repeats;      /* days with a purchase, after the first one */
    uint32_t recency_days; /* from the first to the last */
    uint32_t age_days;     /* from the first to the end */
};

/* Logarithms of two ways of having had one's purchases, but for a factor that depends on their number alone. */
struct ways {
    double stays;  /* still a buyer after so many weeks */
    double leaves; /* left: at the purchase after so many weeks, or, if one leaves at any time, after then (so a difference of two counts) */
};

struct buying_model {
    const char *name;
    const char *title, *title_zh;
    size_t parameter_count;
    const char *parameters[MODEL_PARAMETERS_MAX];
    bool leaves_at_purchases; /* else at any time */
    double (*factor)(const double *p, uint32_t repeats); /* logarithm */
    struct ways (*ways)(const double *p, uint32_t repeats, double weeks);
    /* Purchases within `weeks` after the end, of somebody who is still a buyer then. */
    double (*expected)(const double *p, const struct history *h, double weeks);
    /* P(X(t) = x) of somebody who begins; NULL: not known in closed form. */
    double (*chance)(const double *p, double weeks, uint32_t repeats);
};
extern const struct buying_model bgnbd_model;      /* r, alpha, a, b */
extern const struct buying_model pareto_nbd_model; /* r, alpha, s, beta */
extern const struct buying_model *const buying_models[];
extern const size_t buying_model_count;

/* Distinct histories, with how many people have each: what a fit costs depends on these alone. */
struct histories;
/* Sorts what it is given by (repeats, age, recency). O(n log n); for 2 million people some 100,000 distinct ones. */
struct histories *histories_create(struct arena *arena, struct history *io_all, size_t count);
double histories_log_likelihood(const struct histories *all, const struct buying_model *model, const double *p);
/* LIMIT, INVALID: the search failed. CANCELLED: the effort is over (so with the fits below). */
fallible buying_fit(const struct buying_model *model, const struct histories *all, const struct effort *effort, struct fit *out, struct err *e);

double buying_log_likelihood(const struct buying_model *model, const double *p, const struct history *h);
double buying_alive(const struct buying_model *model, const double *p, const struct history *h);
double buying_expected(const struct buying_model *model, const double *p, const struct history *h, double weeks);
double buying_expected_of_new(const struct buying_model *model, const double *p, double weeks);
/* Expected purchases of each of so many months to come, each discounted by (1 + monthly_rate) a month. Times the expected value: the customer lifetime value. */
double buying_discounted(const struct buying_model *model, const double *p, const struct history *h, unsigned months, double monthly_rate);
/* All purchases that are still to come, discounted continuously by `rate` a week > 0 (DERT). Pareto/NBD only. */
double pareto_nbd_residual(const double *p, const struct history *h, double rate);

/* ---- For how much: Gamma-Gamma ---- */
struct spender {
    double mean;      /* value of the repeat purchases, > 0 */
    uint32_t repeats; /* > 0 */
};
/* p, q, v. The quicker the better the spenders are sorted by repeats. */
fallible gamma_gamma_fit(const struct spender *spenders, size_t count, const struct effort *effort, struct fit *out, struct err *e);
double gamma_gamma_log_likelihood(const double *p, const struct spender *s);
/* The mean value of a purchase of somebody with these repeats; of none (repeats 0), that of all. INFINITY: q is too small for one. */
double gamma_gamma_expected(const double *p, uint32_t repeats, double mean);

/* ---- Once an opportunity (a month, a year) at most: BG/BB ---- */
struct taken {
    uint32_t repeats;       /* opportunities that were taken, of `opportunities` after the first purchase's */
    uint32_t last;          /* which was the last one, from 1; 0: none */
    uint32_t opportunities;
    uint64_t people;        /* who have this in common */
};
/* alpha, beta, gamma, delta. */
fallible bgbb_fit(const struct taken *groups, size_t count, const struct effort *effort, struct fit *out, struct err *e);
double bgbb_log_likelihood(const double *p, const struct taken *t);   /* of one person */
double bgbb_alive(const double *p, const struct taken *t, uint32_t ahead); /* at the ahead-th opportunity from now on */
double bgbb_expected(const double *p, const struct taken *t, uint32_t ahead); /* opportunities taken of the next `ahead` */

/* ---- Renewal under contract: shifted beta-geometric ---- */
/* Of people who began together or not: how many left in each period from the first on, and how many were last seen staying at the end of it. */
struct renewals {
    size_t periods;
    const uint64_t *left, *stayed; /* [0]: the first */
};
/* alpha, beta. */
fallible sbg_fit(const struct renewals *r, struct fit *out, struct err *e);
double sbg_survival(const double *p, uint32_t periods); /* the share that stays for so many */
