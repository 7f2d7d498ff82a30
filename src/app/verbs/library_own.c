#include "app/verbs/library_own.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "lib/expr.h"

#define CENTS 100.0
#define EXACT 1e6 /* parts of a step that a cut is told to: a double of 12.34 is some less than 1234 cents */
#define PATH_BYTES 32u

/* What the tags count, as a question about events says it. */
struct purchase {
    struct bytes event;
    const struct expr *where; /* NULL: none */
    struct bytes value;       /* which of its values it amounts to */
    bool is_order;            /* orders: the event is that of their payment */
};

/* Where scores of 4 and 5 begin, which are two fifths of the people. Days ascend from the best, so that is the second cut; of the others the third. */
static const struct threshold {
    const char *parameter, *measure;
    uint32_t cut;
    bool is_money;
} thresholds[LIBRARY_OWN_MAX] = {
    {"rfm_recent_days", "r", 1, false}, {"rfm_orders", "f", 2, false}, {"rfm_amount", "m", 2, true}};

static const struct library_parameter *parameter_of(const char *name)
{
    size_t count;
    const struct library_parameter *p = library_parameters(&count);
    while (strcmp(p->name, name) != 0) /* all that are named here are there: library_test.c */
        p++;
    return p;
}

bool library_own_suits(const struct library_tag *tag)
{
    bool suits = false;
    for (size_t i = 0; i < LIBRARY_OWN_MAX; i++)
        suits |= library_tag_reads(tag, parameter_of(thresholds[i].parameter));
    return suits;
}

static struct bytes chosen(struct library_choices choices, const char *name)
{
    return library_value(parameter_of(name), choices);
}

static bool is_chosen(struct library_choices choices, const char *name)
{
    for (size_t i = 0; i < choices.count; i++)
        if (bytes_equal(choices.list[i].name, bytes_of_text(name)))
            return true;
    return false;
}

/* --- which purchases --- */

/* "order_paid.amount" of order_paid is amount. false: it is of something else. */
static bool value_of(struct bytes amount, struct bytes event, struct bytes *out_value)
{
    if (amount.size <= event.size + 1 || !bytes_starts_with(amount, event) || amount.data[event.size] != '.')
        return false;
    *out_value = bytes_slice(amount, event.size + 1, amount.size);
    return true;
}

static fallible purchase_read(struct library_choices choices, struct arena *a, struct purchase *out, struct err *e)
{
    struct bytes said = chosen(choices, "purchase"), amount = chosen(choices, "amount");
    const char *text = arena_printf(a, "count(%.*s)", BYTES_ARG(said));
    const struct expr *tree;
    TRY(expr_read_term(a, bytes_of_text(text), &tree, e));
    if (tree->op != EXPR_COUNT || tree->steps->name_count != 1 || tree->window != NULL)
        return FAIL(e, INVALID, either("purchase=%.*s: want orders, or one event", "purchase=%.*s:需为订单或一个事件"),
                    BYTES_ARG(said));
    out->event = tree->steps->names[0];
    out->where = tree->steps->where;
    out->is_order = bytes_equal(out->event, BYTES_LIT("order"));
    if (out->is_order) {
        *out = (struct purchase){.event = chosen(choices, "payment"), .value = BYTES_LIT("amount"), .is_order = true};
        return DONE;
    }
    return value_of(amount, out->event, &out->value)
               ? DONE
               : FAIL(e, INVALID, either("amount=%.*s: want a value of %.*s", "amount=%.*s:需为 %.*s 的取值"),
                      BYTES_ARG(amount), BYTES_ARG(out->event));
}

/* --- the question --- */

static void event_put(struct errand *d, const struct purchase *p)
{
    struct buf where;
    json_key(&d->writer, "event");
    if (p->where == NULL) {
        json_put_string(&d->writer, p->event);
        return;
    }
    buf_init(&where, EXPR_BYTES_MAX);
    expr_print(p->where, &where);
    json_object_begin(&d->writer);
    json_key(&d->writer, "event");
    json_put_string(&d->writer, p->event);
    json_key(&d->writer, "where");
    json_put_string(&d->writer, buf_bytes(&where));
    json_object_end(&d->writer);
    buf_fini(&where);
}

static int question_ask(struct errand *d, const struct purchase *p, struct bytes days)
{
    buf_clear(&d->path);
    errand_path_text(d, "/api/v1/analytics/rfm");
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    event_put(d, p);
    json_key(&d->writer, "value");
    json_put_string(&d->writer, p->value);
    if (p->is_order) {
        errand_put_text(d, "order", "order");
        errand_put_text(d, "refund", "refund_done");
    }
    errand_put_text(d, "scoring", "cut");
    errand_put_text(d, "last", arena_printf(d->arena, "%.*sd", BYTES_ARG(days)));
    json_object_end(&d->writer);
    int code = errand_send(d, "POST");
    buf_clear(&d->body);
    return code;
}

/* The least that is above the cut, in whole ones or cents; `in last N days` counts today as one, so the cut's own day is in it. */
static const char *threshold_text(const struct threshold *t, double cut, struct arena *a)
{
    double steps = t->is_money ? CENTS : 1, below = floor(round(cut * steps * EXACT) / EXACT);
    return arena_printf(a, t->is_money ? "%.2f" : "%.0f", (below + 1) / steps);
}

static bool cut_find(struct json classes, const struct threshold *t, double *out_cut)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s.cuts.%u", t->measure, t->cut);
    return json_double(json_at(classes, path), out_cut);
}

int library_own_take(struct errand *d, struct library_choices choices, struct library_choice out_own[LIBRARY_OWN_MAX],
                     size_t *out_count)
{
    struct purchase p;
    struct err e = {0};
    struct status status = purchase_read(choices, d->arena, &p, &e);
    *out_count = 0;
    if (failed(status)) {
        (void)say_failure(status, &e);
        return EXIT_USAGE;
    }
    int code = question_ask(d, &p, chosen(choices, "rfm_days"));
    if (code != EXIT_DONE)
        return code;
    struct bytes day = arena_copy(d->arena, text_of(d->root, "reference_date"));
    for (size_t i = 0; i < LIBRARY_OWN_MAX; i++) {
        double cut;
        if (!cut_find(member(d->root, "classes"), &thresholds[i], &cut)) {
            fprintf(stderr, "%s\n", either("kith: nobody bought anything in that time", "kith:这段时间内没有人购买"));
            return EXIT_REFUSED;
        }
        if (!is_chosen(choices, thresholds[i].parameter))
            out_own[(*out_count)++] = (struct library_choice){
                bytes_of_text(thresholds[i].parameter), bytes_of_text(threshold_text(&thresholds[i], cut, d->arena)),
                day};
    }
    return EXIT_DONE;
}
