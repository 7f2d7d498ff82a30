/* Private to analytics: what the question of channel quality is (channel_quality.c), and what its answer is printed from
 * (channel_quality_print.c). */
#pragma once

#include "domain/analytics/breakdown.h"
#include "domain/analytics/code_map.h"
#include "domain/analytics/units.h"

/* Whose an order is. */
enum order_credit { CREDIT_EVENT, CREDIT_FIRST_TOUCH, CREDIT_LAST_TOUCH, CREDIT_COUNT };

struct channel_quality {
    uint32_t orders, refunds, costs; /* picks */
    uint32_t touches;                /* bits of picks */
    size_t credit;                   /* enum order_credit */
    int64_t look_back_us;
    struct breakdown by;             /* of one value: the channel */
    uint32_t amount_lane, key_lane;
    bool has_day;
    uint32_t day_lane, campaign_lane; /* of costs */
    int64_t decimals;
    int64_t repeat_us;               /* how soon a second order makes a new customer a repeating one */
    bool has_unit;
    struct units units;
};

/* Of one channel, and of one unit of time if the asker wants them apart. */
struct channel_figures {
    uint64_t orders, customers, new_customers;
    uint64_t mature, repeated; /* new customers whose time for a second order is over, and those of them who had one in it */
    uint64_t costs;            /* reports of cost */
    int64_t gross, refunds, cost; /* minor units */
    uint64_t marked;           /* the subject that was counted last */
};

/* The cost of a day, a channel and a campaign, as it was reported last: of equal times the larger amount. */
struct cost_report {
    int64_t time_us;
    int64_t amount;
};

struct channel_tally {
    struct groups groups;      /* own: struct channel_figures; by facet and place in the units */
    struct groups reports;     /* own: struct cost_report; by (channel and campaign, day), as codes */
    struct code_map keys;      /* orders of the subject: the code of their channel, and 1 */
    uint64_t subject;          /* how many were taken */
};

/* What the answer's rows are about, for drill-down too: each is told with its channel and place. */
enum channel_fact { FACT_ORDER, FACT_FIRST_ORDER, FACT_REPEAT, FACT_MATURE, FACT_REFUND, FACT_COST };
struct channel_walk {
    const struct question *question;
    struct code_map *keys;
    void (*meet)(void *context, enum channel_fact fact, uint32_t channel, uint32_t place, int64_t amount);
    void (*report)(void *context, struct group_key key, struct cost_report report); /* NULL: they aren't wanted */
    void *context;
};
void channel_walk_take(const struct channel_walk *w, const struct sequence *s);

/* The place of an instant among the units; false: it isn't in the range. */
bool channel_place_of(const struct question *q, int64_t us, uint32_t *out_place);
void cost_report_join(struct groups *reports, struct group_key key, const struct cost_report *report);
void channel_figures_join(struct channel_figures *into, const struct channel_figures *from);
void channel_quality_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);
