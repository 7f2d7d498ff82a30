#include "bench/year.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/rng.h"

#define SEED UINT64_C(0x5eed0f0e)
#define ACTIVITY_EXPONENT 0.8
#define ACTIVITY_SHIFT \
    1000.0              /* the first thousand are about as active as each other: nobody has a share of all events */
#define STRIDE 7368787u /* prime: spreads the active over all numbers */
#define AMOUNT_MOST 100000u

static const char *const meaning[] = {"product_viewed", "page_viewed", "order_paid", "cart_added", "ad_clicked"};

struct year {
    uint32_t people;
    double events_a_weight;
    double names[YEAR_NAMES], categories[YEAR_CATEGORIES]; /* cumulated shares */
    struct year_event *rows;                               /* of one person */
    double *gaps;
    uint32_t room;
};

static void zipf_fill(double *out_cumulated, uint32_t count)
{
    double sum = 0, at = 0;
    for (uint32_t i = 1; i <= count; i++)
        sum += 1.0 / i;
    for (uint32_t i = 1; i <= count; i++)
        out_cumulated[i - 1] = (at += 1.0 / i / sum);
}

static uint8_t zipf_draw(struct rng *rng, const double *cumulated, uint32_t count)
{
    double u = rng_unit(rng);
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cumulated[middle] < u)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint8_t)low;
}

static double weight_of(const struct year *y, uint32_t person)
{
    uint64_t rank = (uint64_t)(person - 1) * STRIDE % y->people;
    return pow((double)rank + ACTIVITY_SHIFT, -ACTIVITY_EXPONENT);
}

struct year *year_create(uint32_t people, uint64_t events)
{
    struct year *y = calloc(1, sizeof *y);
    double sum = 0;
    assert(y != NULL && people > 0 && people % STRIDE != 0);
    y->people = people;
    for (uint32_t person = 1; person <= people; person++)
        sum += weight_of(y, person);
    y->events_a_weight = (double)events / sum;
    zipf_fill(y->names, YEAR_NAMES);
    zipf_fill(y->categories, YEAR_CATEGORIES);
    return y;
}

void year_destroy(struct year *y)
{
    if (y == NULL)
        return;
    free(y->rows);
    free(y->gaps);
    free(y);
}

static void year_room(struct year *y, uint32_t count)
{
    if (count <= y->room)
        return;
    y->room = count * 2;
    y->rows = realloc(y->rows, y->room * sizeof *y->rows);
    y->gaps = realloc(y->gaps, ((size_t)y->room + 1) * sizeof *y->gaps);
    assert(y->rows != NULL && y->gaps != NULL);
}

static void row_draw(const struct year *y, struct rng *rng, struct year_event *row)
{
    row->name = zipf_draw(rng, y->names, YEAR_NAMES);
    if (row->name == YEAR_PRODUCT_VIEWED || row->name == YEAR_CART_ADDED || row->name == YEAR_AD_CLICKED)
        row->category = (uint8_t)(zipf_draw(rng, y->categories, YEAR_CATEGORIES) + 1);
    if (row->name == YEAR_ORDER_PAID)
        row->amount_cents = (uint32_t)rng_below(rng, AMOUNT_MOST) + 1;
}

/* Gaps drawn exponentially and put to scale are even times in their order already. */
uint32_t year_of(struct year *y, uint32_t person, const struct year_event **out_rows)
{
    struct rng rng;
    rng_init(&rng, rng_mix(SEED) ^ person);
    uint32_t count = (uint32_t)(weight_of(y, person) * y->events_a_weight + rng_unit(&rng)), kept = 0;
    double sum = 0, at = 0;
    int64_t last_s = YEAR_FIRST_S - 1;
    year_room(y, count);
    for (uint32_t i = 0; i <= count && y->gaps != NULL; i++)
        sum += y->gaps[i] = -log(1.0 - rng_unit(&rng));
    for (uint32_t i = 0; i < count; i++) {
        at += y->gaps[i];
        int64_t time_s = YEAR_FIRST_S + (int64_t)(at / sum * (double)(YEAR_UNTIL_S - YEAR_FIRST_S));
        last_s = time_s > last_s ? time_s : last_s + 1;
        if (last_s >= YEAR_UNTIL_S)
            break;
        y->rows[kept] = (struct year_event){.person = person, .time_s = last_s};
        row_draw(y, &rng, &y->rows[kept++]);
    }
    *out_rows = y->rows;
    return kept;
}

const char *year_name(uint32_t name)
{
    static char others[YEAR_NAMES][16];
    assert(name < YEAR_NAMES);
    if (name < COUNT_OF(meaning))
        return meaning[name];
    (void)snprintf(others[name], sizeof others[name], "event_%02u", name);
    return others[name];
}

void year_category(uint32_t category, char out_text[4])
{
    assert(category > 0 && category <= YEAR_CATEGORIES);
    out_text[0] = 'c';
    out_text[1] = (char)('0' + category / 10);
    out_text[2] = (char)('0' + category % 10);
    out_text[3] = '\0';
}

uint64_t year_write_csv(struct year *y, const char *path)
{
    uint64_t sum = 0;
    FILE *file = fopen(path, "we");
    if (file == NULL)
        exit(1);
    for (uint32_t person = 1; person <= y->people; person++) {
        const struct year_event *rows;
        uint32_t count = year_of(y, person, &rows);
        for (uint32_t i = 0; i < count; i++)
            (void)fprintf(file, "%u,%lld,%u,%u,%u\n", person, (long long)rows[i].time_s, rows[i].name, rows[i].category,
                          rows[i].amount_cents);
        sum += count;
    }
    if (fclose(file) != 0)
        exit(1);
    return sum;
}
