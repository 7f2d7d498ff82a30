/* Money in one currency: what events say in another is converted by the rate of their day, or the last one before (docs/guide/orders.md), as it is read. So
 * yuan and dollars are never added up as if they were the same. Private to analytics, but for the book.
 *
 * Money is what is called so ("amount", "item.price", "paid_amount", "退款金额"), or said to be in the question, and stands in an event whose property "currency" says another
 * currency than the question's; without that property it is in the group's. What has no rate is as if it weren't there, and is told of. */
#pragma once

#include <stdatomic.h>

#include "base/hash.h"
#include "domain/analytics/question.h"
#include "lib/money.h"

#define CURRENCIES_MAX 1000u      /* numbers of ISO 4217 */
#define RATES_A_BOOK_MAX 20000u   /* of each pair those of the latest days first; beyond, no more pairs are known */

struct view;
struct path;
bool path_may_be_money(const struct path *p); /* what events say themselves: things say their own currency */
bool path_is_money(const struct path *p);     /* by its name */

struct money_rate {
    uint16_t from, to;
    int32_t day; /* civil, of the workspace's zone */
    struct decimal rate;
};
/* What a workspace says of currencies. Rates are by (from, to), of a pair the latest day first. Immutable once it is made. */
struct rate_book {
    struct arena *arena; /* holds this struct; NULL: nobody needs to hold it */
    atomic_uint holders;
    struct hash128 revision; /* equal ones: rate_book_of_view would make the same */
    uint16_t group;          /* currency */
    uint32_t count;
    const struct money_rate *rates;
};
/* On the engine's thread; about a microsecond a rate, or less than one for all where `before` (NULL: none) says the same: it is shared then. */
struct rate_book *rate_book_of_view(const struct view *v, struct rate_book *before);
void rate_book_release(struct rate_book *b); /* each holder once; any thread; NULL is fine */
/* The last rate of the pair up to the day; NULL: none is known. */
struct quantity quantity_exchange(struct quantity x, struct decimal rate, uint16_t to);
const struct money_rate *rate_find(const struct rate_book *b, uint16_t from, uint16_t to, int64_t day);

/* Which amounts had no rate: a thread's, then all threads'. */
struct unexchanged {
    uint64_t amounts; /* once for each value that the question wants of it */
    uint64_t currencies[(CURRENCIES_MAX + 63) / 64]; /* CURRENCY_NONE: a text that is none */
};
void unexchanged_add(struct unexchanged *u, const struct unexchanged *more);
/* "currency", and where some amounts had no rate "without_rate": {"amounts": 3, "currencies": ["USD"]}, into an open object; nothing of a question
 * without money. */
void exchange_print(const struct question *q, const struct unexchanged *u, struct json_writer *w);

struct gather;
struct gathered_row;
/* Whether any amount of the gather's block may be in another currency than the question's. */
bool amounts_differ(struct gather *g);
/* Puts the amounts of a lane, of rows of the gather's block, into the question's currency. */
void amounts_exchange(struct gather *g, const struct gathered_row *rows, uint32_t count, struct quantity *io_quantities, bool *io_has);
