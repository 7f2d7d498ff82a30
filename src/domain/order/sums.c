/* Sums: computed from the parts whenever somebody asks. */
#include "domain/order/fields.h"
#include "domain/order/order.h"

bool order_reached(const struct order *o, struct bytes refund, uint8_t state, int64_t *out_us)
{
    const struct order_part *p = order_part_find(o, ORDER_STATE, refund, state);
    if (p != NULL)
        *out_us = p->time_us;
    return p != NULL;
}

struct bytes order_text(const struct order *o, enum order_field_id id)
{
    struct order_value value;
    const struct order_part *p = order_part_find(o, ORDER_HEAD, BYTES_NONE, (uint8_t)id);
    return p != NULL && order_value_find(p->body, id, &value) ? value.text : BYTES_NONE;
}

/* What a line, refund or payment says of money, read in one go: all sums of all orders go through here. */
struct figures {
    uint16_t currency;
    bool has_paid, has_price, has_list_price, has_quantity, has_total;
    struct decimal price, list_price, quantity;
    int64_t paid, amount, total, freight, discount;
};

static int64_t amounts_sum(struct bytes amounts)
{
    struct unpack u = unpack_of(amounts);
    struct bytes kind;
    int64_t sum = 0, amount;
    while (order_amount_next(&u, &kind, &amount))
        sum += amount;
    return sum;
}

static struct decimal decimal_of(const struct order_value *v, bool *out_has)
{
    *out_has = true;
    return (struct decimal){.mantissa = v->integer, .scale = v->scale};
}

static struct figures figures_of(struct bytes body)
{
    struct figures f = {.currency = CURRENCY_CNY, .quantity = {.mantissa = 1}}; /* without a quantity it is one piece */
    struct unpack u = unpack_of(body);
    for (struct order_value v; order_field_next(&u, &v);) {
        switch (v.field->id) {
        case FIELD_CURRENCY:
            f.currency = (uint16_t)v.integer;
            break;
        case FIELD_PAID:
            f.paid = v.integer;
            f.has_paid = true;
            break;
        case FIELD_AMOUNT:
            f.amount = v.integer;
            break;
        case FIELD_TOTAL:
            f.total = v.integer;
            f.has_total = true;
            break;
        case FIELD_FREIGHT:
            f.freight = v.integer;
            break;
        case FIELD_DISCOUNTS:
            f.discount = amounts_sum(v.text);
            break;
        case FIELD_PRICE:
            f.price = decimal_of(&v, &f.has_price);
            break;
        case FIELD_LIST_PRICE:
            f.list_price = decimal_of(&v, &f.has_list_price);
            break;
        case FIELD_QUANTITY:
            f.quantity = decimal_of(&v, &f.has_quantity);
            break;
        default:
            break;
        }
    }
    return f;
}

/* What the buyer pays for a line: as the source says, else its price less its discounts. */
static int64_t line_paid(const struct figures *f)
{
    if (f->has_paid)
        return f->paid;
    return money_times(f->has_price ? f->price : f->list_price, f->quantity, f->currency) - f->discount;
}

int64_t order_line_paid(const struct order_part *line, uint16_t *out_currency)
{
    struct figures f = figures_of(line->body);
    assert(line->kind == ORDER_LINE);
    *out_currency = f.currency;
    return line_paid(&f);
}

/* The payment's, else that of the first line. */
static uint16_t currency_of(const struct order *o)
{
    for (uint32_t i = 0; i < o->part_count; i++)
        if (o->parts[i].kind == ORDER_PAYMENT || o->parts[i].kind == ORDER_LINE)
            return body_currency(o->parts[i].body);
    return CURRENCY_CNY;
}

static void line_add(const struct order_part *line, struct order_sums *s)
{
    struct figures f = figures_of(line->body);
    if (f.currency != s->currency) {
        s->foreign++;
        return;
    }
    s->list += money_times(f.has_list_price ? f.list_price : f.price, f.quantity, f.currency);
    s->discount += f.discount;
    s->gross += line_paid(&f);
}

static void payment_add(const struct order_part *payment, struct order_sums *s)
{
    struct figures f = figures_of(payment->body);
    s->discount += f.discount;
    s->gross -= f.discount;
    s->freight = f.freight;
    s->has_total = f.has_total;
    s->differs_by = f.total; /* less the amount, once that is known */
}

static void refund_add(const struct order *o, const struct order_part *refund, int64_t at_us, struct order_sums *s)
{
    int64_t done_us;
    struct figures f = figures_of(refund->body);
    s->foreign += f.currency != s->currency;
    if (f.currency == s->currency && order_reached(o, refund->id, REFUND_DONE, &done_us) && done_us <= at_us)
        s->refunded += f.amount;
}

/* A source may leave out that an order was paid, once it says what comes after. */
static bool was_paid(const struct order *o, int64_t at_us)
{
    int64_t us;
    for (uint8_t state = ORDER_PAID; state <= ORDER_DONE; state++)
        if (order_reached(o, BYTES_NONE, state, &us) && us <= at_us)
            return true;
    return false;
}

void order_sum(const struct order *o, int64_t at_us, struct order_sums *s)
{
    int64_t cancelled_us;
    *s = (struct order_sums){.currency = currency_of(o)};
    for (uint32_t i = 0; i < o->part_count; i++) {
        const struct order_part *p = &o->parts[i];
        s->lines += p->kind == ORDER_LINE;
        if (p->kind == ORDER_LINE)
            line_add(p, s);
        else if (p->kind == ORDER_PAYMENT)
            payment_add(p, s);
        else if (p->kind == ORDER_REFUND)
            refund_add(o, p, at_us, s);
    }
    s->amount = s->gross + s->freight;
    s->differs_by -= s->has_total ? s->amount : 0;
    bool is_cancelled = order_reached(o, BYTES_NONE, ORDER_CANCELLED, &cancelled_us) && cancelled_us <= at_us;
    s->net = o->voided || is_cancelled || !was_paid(o, at_us) ? 0 : s->amount - s->refunded;
}

bool order_discount_next(const struct order *o, struct order_discounts *w, struct bytes *out_kind, int64_t *out_amount)
{
    while (!order_amount_next(&w->amounts, out_kind, out_amount)) {
        struct order_value value;
        if (w->part_at == o->part_count)
            return false;
        const struct order_part *p = &o->parts[w->part_at++];
        bool has_some = (p->kind == ORDER_PAYMENT || p->kind == ORDER_LINE) &&
                        order_value_find(p->body, FIELD_DISCOUNTS, &value);
        w->amounts = unpack_of(has_some ? value.text : BYTES_NONE);
    }
    return true;
}
