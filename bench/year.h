/* A seeded year of a brand's events, for the questions' benchmarks: the same rows for Kith and for whoever it is compared with.
 *
 * People are more or less active by Zipf's law, names and categories are drawn by it, times are whole seconds spread evenly over 365 days, and one person's
 * are all different, so that nobody's answer hangs on ties. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define YEAR_NAMES 30u
#define YEAR_CATEGORIES 50u
#define YEAR_FIRST_S INT64_C(1761955200) /* 2025-11-01T00:00:00Z */
#define YEAR_UNTIL_S (YEAR_FIRST_S + INT64_C(365) * 86400)

/* The names that questions are about; the others mean nothing. */
enum { YEAR_PRODUCT_VIEWED, YEAR_PAGE_VIEWED, YEAR_ORDER_PAID, YEAR_CART_ADDED, YEAR_AD_CLICKED };

struct year_event {
    uint32_t person;       /* from 1 */
    uint32_t amount_cents; /* of an order; else 0 */
    int64_t time_s;
    uint8_t name;
    uint8_t category; /* from 1; of products and carts, and of an ad: its channel; else 0 */
};

struct year;
/* About so many events. */
struct year *year_create(uint32_t people, uint64_t events);
void year_destroy(struct year *y); /* NULL is fine */
/* The rows of a person in their order, the same ones whenever they are asked for; until the next call. */
uint32_t year_of(struct year *y, uint32_t person, const struct year_event **out_rows);

const char *year_name(uint32_t name);                    /* "product_viewed"; of those that mean nothing "event_07" */
void year_category(uint32_t category, char out_text[4]); /* "c01" */
uint64_t year_write_csv(
    struct year *y,
    const char *path); /* person,time,name,category,amount, as numbers, by person and time. Returns how many */
