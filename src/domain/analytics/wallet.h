/* The question `wallet`, between what counts (wallet.c), what follows of it (wallet_conclude.c) and what is told (wallet_print.c). Private to analytics.
 *
 * The share of somebody's wallet is what they bought here, refunds taken off, of what they spend in all. What they spend in all nobody can see in events: it is a
 * trait, which they declared, a survey found or an import brought. Who has none is unknown, and is in no share. */
#pragma once

#include "domain/analytics/groups.h"
#include "domain/analytics/person_book.h"
#include "domain/analytics/worth.h"
#include "lib/ratio.h"

#define WALLET_CONFIDENCE 0.95
#define WALLET_BANDS 5u /* of a fifth each */

enum wallet_show { WALLET_GROUPS, WALLET_IN_BANDS, WALLET_SHOW_COUNT };
enum wallet_order { WALLET_BY_SHARE, WALLET_BY_OWN, WALLET_BY_PERSON, WALLET_ORDER_COUNT };

/* How what is said of somebody's total stands. */
enum wallet_standing {
    WALLET_UNKNOWN,  /* nothing is said */
    WALLET_UNUSABLE, /* no number above 0, or its low end above its high one */
    WALLET_EXCEEDED, /* they bought more here than they are said to spend: it is wrong, nobody knows by how much */
    WALLET_MEASURED,
    WALLET_STANDINGS
};

struct wallet {
    struct worth worth; /* own sales */
    struct person_wants wants;
    uint32_t total, low, high; /* wants: a number, or both ends of what it may be, `low` then being `total` */
    uint32_t source, time;     /* wants: of the trait `total` */
    bool is_range;
    bool has_by;
    uint32_t by; /* want */
    const char *by_title;
    double scale; /* what a total is times this, for as long as the range */
    size_t show;  /* enum wallet_show */
    bool by_person;
    size_t order;  /* enum wallet_order */
    int64_t after; /* rows by person: numbers greater than this one */
    int64_t limit, top;
};

/* One person: of the question, and of the range. */
struct wallet_person {
    uint32_t place; /* in the book of people */
    enum wallet_standing standing;
    bool has_sales;
    double own;                /* net sales */
    double total, least, most; /* what they spend in all; the ends are the total where it is one number */
};

/* Own sales of those who bought, as threads find them. */
struct wallet_sale {
    uint32_t place;
    double own;
};
struct wallet_lot {
    struct wallet_lot *older;
    uint32_t count;
    struct wallet_sale sales[];
};

struct wallet_figures {
    uint64_t people, standings[WALLET_STANDINGS];
    struct ratio_sums sums, at_least,
        at_most;      /* of those measured: total -> own; with totals at either end of what they may be */
    double exceeding; /* own sales of those who exceed */
};

/* Of one source of totals, or of all. */
struct wallet_source {
    uint64_t people;
    double total, age_days, age_days_max;
};

/* People with sales, told apart by whether they have a total. */
struct wallet_buyers {
    uint64_t count;
    double own, squares;
};

struct wallet_tally {
    struct arena *arena;
    struct wallet_lot *newest;
    /* Once it is concluded: */
    struct wallet_person *people; /* of the question, by place */
    uint32_t count;
    struct groups groups;  /* wallet_figures by what the breakdown says: wallet_key */
    struct groups sources; /* wallet_source by code */
    struct wallet_figures all;
    struct wallet_figures bands[WALLET_BANDS];
    struct wallet_buyers buyers[2]; /* without a usable total, and with one */
    uint32_t *rows;                 /* by person: places in `people` */
    uint32_t row_count;
    bool has_more;
};

/* INVALID: nobody has a total that is a number. */
fallible wallet_conclude(const struct question *q, const struct texts *texts, void *tally, struct effort *effort,
                         struct err *e);
void wallet_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);

/* The group of somebody: the code of a text, or the bits of a number. */
struct group_key wallet_key(const struct question *q, const struct wallet_person *p);
/* What a group is called; of nothing no bytes. In the arena. */
struct bytes wallet_key_text(const struct question *q, struct group_key key, struct arena *a);
extern const char *const wallet_band_names[WALLET_BANDS];
uint32_t wallet_band(const struct wallet_person *p); /* of somebody measured */
static inline double wallet_share(const struct wallet_person *p)
{
    return p->own / p->total;
}
void wallet_figures_join(struct wallet_figures *into, const struct wallet_figures *from);
