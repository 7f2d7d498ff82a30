/* The question `value`, between what counts buyers (value.c), what models say of them (value_buyers.c), what follows for all of them (value_conclude.c) and
 * what is told (value_answer.c). Private to analytics. */
#pragma once

#include "domain/analytics/groups.h"
#include "domain/analytics/question.h"
#include "domain/analytics/quantity.h"
#include "domain/analytics/value_models.h"

enum value_model { VALUE_BGNBD, VALUE_PARETO_NBD, VALUE_BGBB, VALUE_MODEL_COUNT };

struct valuation {
    size_t model; /* enum value_model */
    uint32_t purchase; /* pick */
    bool has_amount;
    uint32_t amount;       /* lane */
    enum civil_unit unit;  /* in which several purchases are one: days; of BG/BB, opportunities */
    int64_t born_from_us;  /* whoever bought first before it isn't counted */
    int64_t last_unit;     /* of calibration */
    int64_t later_units;   /* behind it, in which a forecast is compared; 0: there are none */
    int64_t periods;       /* of which the value to come is told: months; of BG/BB, opportunities */
    double discount;       /* a period */
    bool by_person;
    size_t order;          /* enum value_order */
    int64_t after, limit;  /* rows by person: numbers greater than `after` */
};
enum value_order { ORDER_VALUE, ORDER_PERSON, ORDER_COUNT };

/* Who bought, up to the end of calibration. */
struct buyer {
    uint32_t person;
    struct history history; /* in units, not days, of BG/BB */
    uint32_t later;         /* units with a purchase behind calibration */
    double spent;           /* on the repeats */
};

struct buyer_chunk {
    struct buyer_chunk *older;
    uint32_t count;
    struct buyer buyers[];
};

struct valuation_tally {
    struct arena *arena;
    struct buyer_chunk *newest;
    uint64_t count;
    struct groups months; /* repeats by civil month: valuation_month */
    struct findings *findings; /* NULL until it is concluded */
};
struct valuation_month {
    uint64_t repeats;
};

/* All buyers, and what was fitted to them. */
struct buyers {
    const struct valuation *v;
    struct buyer *buyers; /* by history, then person */
    size_t count;
    uint64_t *births; /* how many of them have each age */
    uint32_t age_count;
    bool is_fit;
    struct fit buying;
    struct err problem; /* when there is no fit */
    bool has_spending;
    struct fit spending;
    uint64_t spender_count; /* whom the spending model was fitted to */
    double correlation;     /* of repeats and mean spending, which the model takes for none; NAN: not known */
};
/* Takes from the tally's arena. What can't be fitted is told in `problem`; CANCELLED, LIMIT: the effort's. */
fallible buyers_make(const struct valuation *v, const struct valuation_tally *tally, struct effort *effort, struct buyers *out, struct err *e);

/* What models say of one buyer. What isn't known is NAN. */
struct prospect {
    double alive;
    double later;    /* expected purchases in the units that a forecast is compared in */
    double to_come;  /* expected purchases of the periods ahead */
    double mean;     /* value of a purchase */
    double worth;    /* customer lifetime value: of the periods ahead, discounted; without amounts in purchases */
    double residual; /* all purchases to come, discounted; Pareto/NBD only */
};
/* One after the other it costs little for buyers of the same history. Zeroed, with the people, to begin with. */
struct prospector {
    const struct buyers *people;
    bool has_last;
    struct history last; /* whose outlook it is */
    struct prospect outlook;
};
struct prospect prospect_of(struct prospector *p, const struct buyer *b);
/* Of the models of days: purchases after their first that all buyers together were to make up to a day (civil number), and how many of them were to make
 * just so many up to the end of calibration (NAN: not known in closed form). */
double buyers_expected_until(const struct buyers *p, int64_t day);
double buyers_expected_with(const struct buyers *p, uint32_t repeats);

/* Buyers of the same number of repeats; the last bucket is of so many or more. */
#define BUCKETS 11u
struct bucket {
    uint64_t people;
    double later, alive, expected_later, to_come, worth; /* sums */
    double expected;                                     /* people, by the model; NAN: not known */
};

/* How expected and actual purchases behind calibration go together, person by person. */
struct forecast {
    double n, actual, expected, actual_squares, expected_squares, products, distances;
};

struct month_found {
    int64_t month; /* civil number */
    uint64_t repeats;
    double expected;
};

/* All that takes its time, before anything is told. */
struct findings {
    struct buyers people;
    struct bucket buckets[BUCKETS];
    struct forecast forecast;
    size_t month_count;
    const struct month_found *months;
    size_t row_count; /* rows by person: */
    const uint32_t *rows; /* places among the buyers */
    bool has_more;
};
fallible valuation_conclude(const struct question *q, const struct texts *texts, void *tally, struct effort *effort, struct err *e);

void valuation_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);
