#include "domain/analytics/exchange.h"

#include <math.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/gather.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/quantity.h"
#include "domain/order/order.h"

#define MICRO_SCALE 6
#define RATES_BLOCK_BYTES 4096u
#define EXACT_ONES_MAX 9.2e12 /* of what is kept as millionths in 64 bits */

/* --- what is money --- */

/* Whole names, or what stands behind the last "_" of one. */
static const char *const money_words[] = {"amount", "cost",  "discount", "fee",      "freight", "gmv",   "gross",
                                          "net",    "price", "revenue",  "subtotal", "tax",     "total", "value"};
static const char *const money_ends[] = {"金额", "价格", "价", "费", "费用"};

static struct bytes behind_last(struct bytes text, uint8_t mark)
{
    size_t from = text.size;
    while (from > 0 && text.data[from - 1] != mark)
        from--;
    return bytes_slice(text, from, text.size);
}

bool path_may_be_money(const struct path *p)
{
    return p->kind == PATH_COLUMN && p->of != COLUMN_FIELD;
}

bool path_is_money(const struct path *p)
{
    struct bytes name = behind_last(p->name, '.'), word = behind_last(name, '_');
    bool is_money = false;
    if (!path_may_be_money(p))
        return false;
    for (size_t i = 0; i < COUNT_OF(money_words) && !is_money; i++)
        is_money = bytes_equal(word, bytes_of_text(money_words[i]));
    for (size_t i = 0; i < COUNT_OF(money_ends) && !is_money; i++) {
        struct bytes end = bytes_of_text(money_ends[i]);
        is_money = name.size >= end.size && bytes_equal(bytes_slice(name, name.size - end.size, name.size), end);
    }
    return is_money;
}

/* --- rates --- */

struct rate_book *rate_book_of_view(const struct view *v, struct rate_book *before)
{
    struct hash128 revision = order_rates_sum(v);
    if (before != NULL && hash128_equal(before->revision, revision)) {
        (void)atomic_fetch_add(&before->holders, 1);
        return before;
    }
    struct arena *arena = arena_create(RATES_BLOCK_BYTES);
    struct rate_book *b = ARENA_NEW(arena, struct rate_book);
    struct order_rate rate = {0};
    struct buf rates;
    b->arena = arena;
    b->revision = revision;
    atomic_init(&b->holders, 1);
    b->group = order_group_currency(v);
    buf_init(&rates, RATES_A_BOOK_MAX * sizeof(struct money_rate));
    while (b->count < RATES_A_BOOK_MAX && order_rate_next(v, &rate, &rate)) {
        const struct money_rate one = {rate.from, rate.to, rate.day, rate.rate};
        buf_push(&rates, bytes_of(&one, sizeof one));
        b->count++;
    }
    struct money_rate *list = ARENA_ARRAY(arena, struct money_rate, b->count);
    if (b->count > 0)
        memcpy(list, rates.data, b->count * sizeof *list);
    b->rates = list;
    buf_fini(&rates);
    return b;
}

void rate_book_release(struct rate_book *b)
{
    if (b != NULL && b->arena != NULL && atomic_fetch_sub(&b->holders, 1) == 1)
        arena_destroy(b->arena);
}

/* Whether it stands in front of the place of the pair and the day: where the rate that is looked for would stand. */
static bool is_before(const struct money_rate *r, uint16_t from, uint16_t to, int64_t day)
{
    if (r->from != from || r->to != to)
        return r->from != from ? r->from < from : r->to < to;
    return r->day > day;
}

const struct money_rate *rate_find(const struct rate_book *b, uint16_t from, uint16_t to, int64_t day)
{
    uint32_t low = 0, high = b->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_before(&b->rates[middle], from, to, day))
            low = middle + 1;
        else
            high = middle;
    }
    const struct money_rate *found = &b->rates[low];
    return low < b->count && found->from == from && found->to == to ? found : NULL;
}

/* --- amounts --- */

static double converted_real(double ones, struct decimal rate)
{
    ones *= (double)rate.mantissa;
    for (unsigned i = 0; i < rate.scale; i++)
        ones /= 10;
    return ones;
}

/* Rounded once, to the minor unit, as the sums of orders are. What is beyond money, or beyond millionths in 64 bits, is a double, as it is everywhere. */
struct quantity quantity_exchange(struct quantity x, struct decimal rate, uint16_t to)
{
    double ones = converted_real(x.is_real ? x.real : (double)x.micro / (double)QUANTITY_UNIT, rate);
    double minor = ones;
    for (int scale = currency_scale(to); scale > 0; scale--)
        minor *= 10;
    if (x.is_real || fabs(minor) >= (double)MONEY_MAX || fabs(ones) >= EXACT_ONES_MAX)
        return (struct quantity){.is_real = true, .real = ones};
    x.micro = money_times((struct decimal){x.micro, MICRO_SCALE}, rate, to);
    for (int scale = currency_scale(to); scale < MICRO_SCALE; scale++)
        x.micro *= 10;
    return x;
}

static void amount_leave_out(struct unexchanged *u, uint16_t currency)
{
    u->amounts++;
    u->currencies[currency / 64] |= UINT64_C(1) << (currency % 64);
}

/* What the block's events say of currencies. */
struct sayings {
    const uint64_t *presence;
    const uint32_t *ranks, *codes;
    uint16_t *currencies; /* by code */
};

/* false: every amount is in the wanted currency already. */
static bool sayings_open(struct gather *g, uint16_t wanted, uint16_t otherwise, struct sayings *out)
{
    const struct path path = {.kind = PATH_COLUMN, .of = COLUMN_PROPERTY, .name = BYTES_LIT("currency")};
    struct path_column columns[PATH_COLUMNS_MAX];
    const struct column *c = NULL;
    bool differs = wanted != otherwise;
    for (uint32_t i = 0, count = path_columns(&path, g->scratch->block, columns); i < count; i++)
        if (columns[i].kind == COLUMN_TEXT && !columns[i].is_list)
            c = columns[i].column;
    *out = (struct sayings){0};
    if (c == NULL)
        return differs;
    out->currencies = ARENA_ARRAY(g->scratch->arena, uint16_t, column_texts(c));
    for (uint32_t i = 0; i < column_texts(c); i++) {
        out->currencies[i] = currency_named(column_text(c, i));
        differs |= out->currencies[i] != wanted;
    }
    if (!differs)
        return false;
    out->presence = scratch_presence(g->scratch, c);
    out->ranks = scratch_ranks(g->scratch, c);
    out->codes = scratch_codes(g->scratch, c);
    return true;
}

bool amounts_differ(struct gather *g)
{
    const struct question *q = g->plan->question;
    struct sayings said;
    return sayings_open(g, q->currency, name_book_rates(q->names)->group, &said);
}

void amounts_exchange(struct gather *g, const struct gathered_row *rows, uint32_t count, struct quantity *io_quantities,
                      bool *io_has)
{
    const struct question *q = g->plan->question;
    const struct rate_book *book = name_book_rates(q->names);
    struct sayings said;
    if (!sayings_open(g, q->currency, book->group, &said))
        return;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank;
        uint16_t currency = book->group;
        if (!io_has[i])
            continue;
        if (said.codes != NULL && value_rank(said.presence, said.ranks, g->events[i], &rank))
            currency = said.currencies[said.codes[rank]];
        if (currency == q->currency)
            continue;
        const struct money_rate *rate = rate_find(book, currency, q->currency,
                                                  civil_number(q->civil, CIVIL_DAY, rows[i].time_us));
        io_has[i] = rate != NULL;
        if (rate == NULL)
            amount_leave_out(&g->unexchanged, currency);
        io_quantities[i] = rate == NULL ? (struct quantity){0} : quantity_exchange(io_quantities[i], rate->rate, q->currency);
    }
}

/* --- telling --- */

void unexchanged_add(struct unexchanged *u, const struct unexchanged *more)
{
    u->amounts += more->amounts;
    for (size_t i = 0; i < COUNT_OF(u->currencies); i++)
        u->currencies[i] |= more->currencies[i];
}

static bool has_money(const struct plan *p)
{
    bool has = false;
    for (uint32_t i = 0; i < p->lane_count; i++)
        has |= p->lanes[i].is_money;
    return has;
}

void exchange_print(const struct question *q, const struct unexchanged *u, struct json_writer *w)
{
    if (!has_money(&q->plan))
        return;
    json_key(w, "currency");
    json_put_text(w, currency_name(q->currency));
    if (u->amounts == 0)
        return;
    json_key(w, "without_rate");
    json_object_begin(w);
    json_key(w, "amounts");
    json_put_uint64(w, u->amounts);
    json_key(w, "currencies");
    json_array_begin(w);
    for (uint16_t c = CURRENCY_NONE; c < CURRENCIES_MAX; c++)
        if ((u->currencies[c / 64] >> (c % 64) & 1) != 0)
            json_put_text(w, c == CURRENCY_NONE ? ANSWER_OTHER : currency_name(c));
    json_array_end(w);
    json_object_end(w);
}
