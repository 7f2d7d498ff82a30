/* Aggregates and sequences: which feature each needs, and what is asked of it. */
#include <stdlib.h>

#include "base/time.h"
#include "domain/rule/order_event.h"
#include "domain/rule/program_inside.h"

/* Horizons are of few lengths, so that windows of nearly the same one share a feature. */
static const int64_t horizon_days[] = {100, 400, SERIES_MOST_MAX};
static const int64_t horizon_us[] = {US_PER_HOUR,
                                     US_PER_DAY,
                                     7 * US_PER_DAY,
                                     32 * US_PER_DAY,
                                     100 * US_PER_DAY,
                                     400 * US_PER_DAY,
                                     (SERIES_MOST_MAX + 2) * US_PER_DAY};

static int64_t horizon_of(const int64_t *list, size_t count, int64_t needed)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] >= needed)
            return list[i];
    return list[count - 1];
}

/* What each aggregate keeps. */
static const struct tally {
    enum series_kind kind;
    bool is_keyed, wants_value;
    bool by_day; /* whatever the window */
} tallies[] = {
    [EXPR_COUNT - EXPR_COUNT] = {.kind = SERIES_COUNT},
    [EXPR_SUM - EXPR_COUNT] = {.kind = SERIES_SUM, .wants_value = true},
    [EXPR_AVG - EXPR_COUNT] = {.kind = SERIES_SUM, .wants_value = true},
    [EXPR_MIN - EXPR_COUNT] = {.kind = SERIES_LEAST, .wants_value = true},
    [EXPR_MAX - EXPR_COUNT] = {.kind = SERIES_GREATEST, .wants_value = true},
    [EXPR_DAYS - EXPR_COUNT] = {.kind = SERIES_COUNT, .by_day = true},
    [EXPR_MEDIAN_GAP - EXPR_COUNT] = {.kind = SERIES_COUNT, .by_day = true},
    [EXPR_DISTINCT - EXPR_COUNT] = {.kind = SERIES_COUNT, .is_keyed = true, .wants_value = true},
    [EXPR_FIRST - EXPR_COUNT] = {.kind = SERIES_FIRST, .wants_value = true},
    [EXPR_LAST - EXPR_COUNT] = {.kind = SERIES_LAST, .wants_value = true},
    [EXPR_MOST_FREQUENT - EXPR_COUNT] = {.kind = SERIES_COUNT, .is_keyed = true, .wants_value = true},
};

#define EVENT_SOURCE "event" /* any event */

/* --- texts --- */

static const char *const kind_words[SERIES_KIND_COUNT] = {"count", "sum",  "least", "greatest",
                                                          "first", "last", "steps"};
static const char *const grain_words[] = {[GRAIN_EVER] = "ever", [GRAIN_DAY] = "by day", [GRAIN_MOMENT] = "by moment"};

static int name_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void step_print(struct compiling *c, const struct expr_step *step, bool is_bare, struct bytes name,
                       struct buf *out)
{
    struct bytes *names = ARENA_ARRAY(c->scratch, struct bytes, step->name_count);
    memcpy(names, step->names, step->name_count * sizeof *names);
    if (is_bare)
        names[0] = name;
    qsort(names, step->name_count, sizeof *names, name_order);
    for (uint32_t i = 0; i < step->name_count; i++) {
        buf_push_text(out, i == 0 ? "; " : " or ");
        expr_print_name(names[i], out);
    }
    if (step->where != NULL) {
        buf_push_text(out, " where ");
        expr_print(step->where, out);
    }
}

static void feature_print(struct compiling *c, const struct feature *f, const struct expr_step *steps,
                          struct bytes source, struct buf *out)
{
    buf_printf(out, "%s%s of %s %s", kind_words[f->shape.kind], f->value_is_key ? " keyed" : "",
               f->of == FEATURE_ORDERS ? "orders" : "events", grain_words[f->grain]);
    if (f->horizon > 0)
        buf_printf(out, " %lld", (long long)f->horizon);
    if (f->from_us != INT64_MIN || f->until_us != INT64_MAX)
        buf_printf(out, " from %lld until %lld", (long long)f->from_us, (long long)f->until_us);
    if (f->value.size > 0)
        buf_push_text(out, " value ");
    if (f->value.size > 0)
        expr_print_name(f->value, out);
    for (uint32_t i = 0; i < f->step_count; i++)
        step_print(c, &steps[i], source.size > 0, source, out);
}

/* The feature of the program with this text: the one that is there, or `made` as a new one. */
static struct status feature_note(struct compiling *c, struct feature *made, const struct expr_step *steps,
                                  struct bytes source, struct node *io_node)
{
    struct program *p = c->program;
    struct buf text;
    buf_init(&text, 2 * EXPR_BYTES_MAX);
    feature_print(c, made, steps, source, &text);
    made->text = arena_copy(c->arena, buf_bytes(&text));
    buf_fini(&text);
    uint32_t at = 0;
    while (at < p->feature_count && !bytes_equal(p->features[at]->text, made->text))
        at++;
    if (at == PROGRAM_FEATURES_MAX)
        return FAIL_AT(c, io_node->place, LIMIT, "a rule asks for at most %u different things of events",
                       PROGRAM_FEATURES_MAX);
    if (at == p->feature_count)
        p->features[p->feature_count++] = made;
    io_node->number = at;
    io_node->feature = p->features[at];
    return DONE;
}

/* --- sources: which events, and what of them --- */

struct source {
    enum feature_of of;
    bool is_any;       /* any event */
    struct bytes name; /* of a single one, without the path; empty: as the step has them */
    struct bytes path;
    uint32_t count;
    uint32_t *events;
};

static bool event_note(struct compiling *c, struct bytes name, struct source *io)
{
    uint16_t numbers[EVENTS_A_NAME_MAX];
    const char *label, *label_zh;
    uint32_t found = c->ask->is_saved ? 0 : name_book_events(c->book, name, numbers, &label, &label_zh);
    uint32_t count = name_means(c, found);
    for (uint32_t i = 0; i < count && i < EVENTS_A_NAME_MAX; i++)
        io->events[io->count++] = name_means(c, found == 0 ? 0 : numbers[i]);
    return count > 0;
}

static bool is_word(struct bytes name, const char *word)
{
    return bytes_equal(name, bytes_of_text(word));
}

/* "order_completed.item.amount": orders, the longest beginning that is an event, or any event. */
static bool name_split(struct compiling *c, struct bytes name, struct source *io)
{
    if (is_word(name, ORDER_SOURCE) || bytes_starts_with(name, BYTES_LIT(ORDER_SOURCE "."))) {
        io->of = FEATURE_ORDERS;
        io->name = BYTES_LIT(ORDER_SOURCE);
        io->path = name.size > io->name.size ? bytes_slice(name, io->name.size + 1, name.size) : BYTES_NONE;
        return true;
    }
    for (size_t size = name.size; size > 0; size--) {
        struct bytes front = bytes_slice(name, 0, size);
        if (size < name.size && name.data[size] != '.')
            continue;
        io->is_any = is_word(front, EVENT_SOURCE);
        if (event_note(c, front, io) || io->is_any) {
            io->is_any &= io->count == 0;
            io->name = front;
            io->path = bytes_slice(name, size < name.size ? size + 1 : size, name.size);
            return true;
        }
    }
    return false;
}

static int event_order(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static struct status source_read(struct compiling *c, const struct expr_step *step, struct source *out)
{
    *out = (struct source){.path = step->path,
                           .events = ARENA_ARRAY(c->arena, uint32_t, (size_t)step->name_count * EVENTS_A_NAME_MAX)};
    for (uint32_t i = 0; i < step->name_count; i++) {
        struct bytes name = step->names[i];
        bool is_split = step->name_count == 1 && step->path.size == 0;
        bool is_order = step->name_count == 1 && is_word(name, ORDER_SOURCE); /* of a tree, with its path apart */
        bool found = is_split || is_order ? name_split(c, name, out) : event_note(c, name, out);
        out->path = out->path.size == 0 ? step->path : out->path;
        if (!found)
            return FAIL_AT(c, step->place, INVALID, "there is no event \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name),
                           name_book_nearest_event(c->book, name));
    }
    qsort(out->events, out->count, sizeof *out->events, event_order);
    return DONE;
}

/* --- conditions and paths, looked at so that what is wrong is said now --- */

/* Of orders other names than of events; their book is made for one look, since few rules ask for orders. */
struct looked_up {
    struct name_book *orders;
    struct thing_wants wants;
    struct filter_reader reader;
};

static void look_up(struct compiling *c, enum feature_of of, struct looked_up *out)
{
    bool is_order = of == FEATURE_ORDERS && !c->ask->is_saved;
    *out = (struct looked_up){.orders = is_order ? order_names(c->ask->view) : NULL};
    out->reader = (struct filter_reader){.arena = c->scratch,
                                         .names = is_order ? out->orders : c->book,
                                         .civil = c->ask->civil,
                                         .wants = &out->wants,
                                         .takes_new = !is_order && c->ask->takes_new};
}

/* Of what is saved nothing is looked up again. */
static struct status looked_up(struct compiling *c, struct looked_up *l, struct status s, bool *io_needs_things)
{
    name_book_destroy(l->orders);
    *io_needs_things |= name_means(c, l->wants.count > 0) != 0;
    return c->ask->is_saved ? DONE : s;
}

static struct status order_name(struct compiling *c, struct looked_up *l, struct bytes name, uint32_t place)
{
    bool is_asked = l->orders == NULL || order_names_take(l->orders, name);
    return is_asked ? DONE : FAIL_AT(c, place, INVALID, "an order has no \"%.*s\"", BYTES_ARG(name));
}

static struct status order_where(struct compiling *c, struct looked_up *l, const struct expr *x)
{
    if (expr_is_comparison(x))
        return order_name(c, l, x->parts[0]->name, x->place);
    for (uint32_t i = 0; i < x->count; i++)
        TRY(order_where(c, l, x->parts[i]));
    return DONE;
}

static struct status where_check(struct compiling *c, enum feature_of of, const struct expr *where,
                                 bool *io_needs_things)
{
    struct looked_up l;
    const struct filter *filter;
    if (where == NULL)
        return DONE;
    TRY(expr_check_property(where, c->e));
    look_up(c, of, &l);
    struct status s = order_where(c, &l, where);
    if (done(s))
        s = filter_of(&l.reader, where, &filter, c->e);
    return looked_up(c, &l, s, io_needs_things);
}

static struct status path_check(struct compiling *c, const struct feature *f, uint32_t place, bool *io_needs_things)
{
    struct looked_up l;
    const struct path *path;
    struct buf text = arena_buf(c->scratch, 2 * f->value.size + 2);
    expr_print_name(f->value, &text);
    look_up(c, f->of, &l);
    struct status s = order_name(c, &l, f->value, place);
    if (done(s)) {
        s = path_read(&l.reader, buf_bytes(&text), &path, c->e);
        s = failed(s) ? fail_at(c->e, place, s) : DONE;
    }
    return looked_up(c, &l, s, io_needs_things);
}

/* --- aggregates --- */

static struct status step_make(struct compiling *c, struct feature *f, const struct expr_step *said,
                               const struct source *source, uint32_t k)
{
    struct feature_step *steps = f->step_count == 0 ? ARENA_ARRAY(c->arena, struct feature_step, FEATURE_STEPS_MAX)
                                                    : (struct feature_step *)(uintptr_t)f->steps;
    steps[k] = (struct feature_step){
        .event_count = source->count, .events = source->events, .where = said->where, .bits = UINT64_C(1) << k};
    f->steps = steps;
    f->step_count = k + 1;
    return where_check(c, source->of, said->where, &f->needs_things);
}

/* Each order has entries of its own, where it began, so that it can be replaced as a whole. People have few of them: all windows by day share a feature. */
static void orders_make(struct feature *f)
{
    f->of = FEATURE_ORDERS;
    f->grain = f->grain == GRAIN_EVER ? GRAIN_DAY : f->grain;
    f->horizon = f->grain == GRAIN_DAY ? 0 : f->horizon;
    f->shape.is_keyed = true;
    f->shape.most = SERIES_MOST_MAX;
}

/* Grain and horizon by the window. */
static void feature_window(const struct node *n, bool by_day, struct feature *f)
{
    const struct expr_window *w = n->window;
    bool is_fixed = w == NULL || w->kind >= EXPR_FROM;
    f->from_us = n->from_us;
    f->until_us = n->until_us;
    f->grain = is_fixed && !by_day ? GRAIN_EVER : GRAIN_DAY;
    if (is_fixed)
        return;
    f->grain = w->kind == EXPR_WITHIN ? GRAIN_MOMENT : GRAIN_DAY;
    f->horizon = w->kind == EXPR_WITHIN
                     ? horizon_of(horizon_us, COUNT_OF(horizon_us), n->rolling_us)
                     : horizon_of(horizon_days, COUNT_OF(horizon_days), expr_span_days_most(w->span));
}

/* What is taken of events: behind the event's name, or of the first and the last behind the parenthesis. */
static struct status value_make(struct compiling *c, const struct expr *x, const struct source *source, struct node *n,
                                struct feature *f)
{
    const char *op = expr_op_names[x->op];
    bool is_end = x->op == EXPR_FIRST || x->op == EXPR_LAST;
    struct bytes path = source->path;
    if (x->member.size > 0 && (!is_end || path.size > 0))
        return FAIL_AT(c, x->place, INVALID, "%s(…) is one value: it has no \"%.*s\"", op, BYTES_ARG(x->member));
    path = x->member.size > 0 ? x->member : path;
    bool is_number = x->op >= EXPR_SUM && x->op <= EXPR_MAX;
    path = f->of == FEATURE_ORDERS && is_number && path.size == 0 ? BYTES_LIT(ORDER_VALUE) : path;
    if (!tallies[x->op - EXPR_COUNT].wants_value && path.size > 0)
        return FAIL_AT(c, x->steps->place, INVALID, "%s takes events, not \"%.*s\" of them; distinct counts values", op,
                       BYTES_ARG(path));
    if (!tallies[x->op - EXPR_COUNT].wants_value)
        return DONE;
    if (path.size == 0)
        return FAIL_AT(c, x->steps->place, INVALID, "say what of the event: %s(%.*s%s", op, BYTES_ARG(source->name),
                       is_end ? ").channel" : ".amount)");
    n->wants_time = is_end && is_word(path, FIELD_TIME);
    n->type = n->wants_time ? RULE_TIME : name_reads_clock(path) ? RULE_NUMBER : n->type;
    if (n->wants_time)
        return DONE;
    f->value = arena_copy(c->arena, path);
    return path_check(c, f, x->steps->place, &f->needs_things);
}

fallible aggregate_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    const struct tally *tally = &tallies[x->op - EXPR_COUNT];
    struct feature *f = ARENA_NEW(c->arena, struct feature);
    struct source source;
    struct node *n;
    bool tells_type = x->op < EXPR_FIRST;
    TRY(node_make(c, NODE_TALLY, tells_type ? RULE_NUMBER : TYPE_ANY, x->place, 0, &n));
    n->said = x;
    n->expr = x->op;
    *out_node = n;
    TRY(window_compile(c, x->window, n));
    TRY(source_read(c, x->steps, &source));
    feature_window(n, tally->by_day, f);
    f->value_is_key = tally->is_keyed;
    f->shape = (struct series_shape){tally->kind, tally->is_keyed,
                                     f->grain == GRAIN_EVER && !tally->is_keyed ? 1 : SERIES_MOST_MAX};
    if (source.of == FEATURE_ORDERS)
        orders_make(f);
    TRY(value_make(c, x, &source, n, f));
    TRY(step_make(c, f, x->steps, &source, 0));
    return feature_note(c, f, x->steps, source.name, n);
}

/* --- did --- */

static struct status sequence_check(struct compiling *c, const struct expr *x)
{
    if (x->is_first_time)
        return FAIL_AT(c, x->place, INVALID, "\"for the first time\" is of one step");
    if (x->step_count > FEATURE_STEPS_MAX)
        return FAIL_AT(c, x->place, LIMIT, "a sequence has at most %u steps", FEATURE_STEPS_MAX);
    return x->span.count > 0 ? span_check(c, x->span, x->place) : DONE;
}

/* Moments are kept for as long as the window, whose days may have 25 hours. */
static int64_t moments_horizon(const struct node *n)
{
    const struct expr_window *w = n->window;
    if (w == NULL || w->kind >= EXPR_FROM)
        return 0;
    return horizon_of(horizon_us, COUNT_OF(horizon_us),
                      w->kind == EXPR_WITHIN ? n->rolling_us : (expr_span_days_most(w->span) + 1) * US_PER_DAY);
}

static struct status sequence_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    struct feature *f = ARENA_NEW(c->arena, struct feature);
    TRY(sequence_check(c, x));
    TRY(node_make(c, NODE_SEQUENCE, RULE_TRUTH, x->place, 0, &n));
    TRY(window_compile(c, x->window, n));
    n->bound_us = x->span.count > 0 ? expr_span_us(x->span) : 0;
    n->step_count = x->step_count;
    *f = (struct feature){.grain = GRAIN_MOMENT,
                          .shape = {SERIES_BITS, true, SEQUENCE_MOST},
                          .horizon = moments_horizon(n),
                          .from_us = n->from_us,
                          .until_us = n->until_us};
    for (uint32_t k = 0; k < x->step_count; k++) {
        struct source source;
        TRY(source_read(c, &x->steps[k], &source));
        if (source.of == FEATURE_ORDERS || source.path.size > 0)
            return FAIL_AT(c, x->steps[k].place, INVALID,
                           "a step is an event: there is no event \"%.*s\"; did you mean \"%s\"?",
                           BYTES_ARG(x->steps[k].names[0]), name_book_nearest_event(c->book, x->steps[k].names[0]));
        TRY(step_make(c, f, &x->steps[k], &source, k));
        n->absent_steps |= (uint64_t)x->steps[k].is_absent << k;
    }
    *out_node = n;
    TRY(feature_note(c, f, x->steps, BYTES_NONE, n));
    bool is_each = n->window != NULL && n->window->kind == EXPR_IN_EACH;
    return is_each ? node_each(c, n, n->window, out_node) : DONE;
}

/* There is a first one, and its time lies in the window: of somebody who never did it that is known not to be so. */
static struct status first_time_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct expr *first = ARENA_NEW(c->arena, struct expr), *known = ARENA_NEW(c->arena, struct expr),
                *during = ARENA_NEW(c->arena, struct expr), *both = ARENA_NEW(c->arena, struct expr);
    const struct expr **parts = ARENA_ARRAY(c->arena, const struct expr *, 1),
                      **conditions = ARENA_ARRAY(c->arena, const struct expr *, 2);
    *first = (struct expr){
        .op = EXPR_FIRST, .place = x->place, .member = BYTES_LIT(FIELD_TIME), .steps = x->steps, .step_count = 1};
    parts[0] = first;
    *known = (struct expr){.op = EXPR_KNOWN, .place = x->place, .count = 1, .parts = parts};
    *during = (struct expr){.op = EXPR_DURING, .place = x->place, .count = 1, .parts = parts, .window = x->window};
    conditions[0] = known;
    conditions[1] = during;
    *both = (struct expr){.op = EXPR_AND, .place = x->place, .count = 2, .parts = conditions};
    return node_condition(c, x->window == NULL ? known : both, out_node);
}

fallible did_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    const struct node *count;
    if (x->step_count > 1)
        return sequence_compile(c, x, out_node);
    if (x->is_first_time)
        return first_time_compile(c, x, out_node);
    struct expr *counted = ARENA_NEW(c->arena, struct expr);
    *counted = (struct expr){
        .op = EXPR_COUNT, .place = x->place, .steps = x->steps, .step_count = 1, .window = x->window};
    TRY(aggregate_compile(c, counted, &count));
    return node_compared(c, count, EXPR_AT_LEAST, rule_number(NUMBER_ONE), out_node);
}
