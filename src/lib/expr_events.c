/* What somebody did: aggregates, sequences of steps, and the windows that they look at. */
#include "lib/expr_inside.h"

static const struct expected source_expected = {"the name of an event, or several in parentheses: (a or b)", {0}},
                             event_expected = {"the name of an event", {0}}, events_end_expected = {"or, or )", {"or"}},
                             window_end_expected = {") (where stands before the window)", {0}},
                             aggregate_end_expected = {"where, a window or )",
                                                       {"where", "in", "within", "since", "before", "from"}},
                             did_end_expected = {"where, then, a window, for the first time or )",
                                                 {"where", "then", "in", "within", "since", "before", "from", "for"}},
                             first_expected = {"for the first time", {"the", "first", "time"}},
                             in_expected = {"last, this or each of last", {"last", "this", "each"}},
                             each_expected = {"each of last", {"of", "last"}},
                             count_expected = {"how many: a whole number", {0}},
                             date_expected = {"a date or a time in single quotes: '2026-11-01', '2026-11-01 09:00'",
                                              {0}},
                             to_expected = {"to, with the last day", {"to"}};

/* --- windows --- */

static fallible unit_read(struct reader *r, uint32_t units, const char *said, enum expr_unit *out_unit)
{
    struct expected wanted = {.said = said};
    size_t count = 0;
    for (enum expr_unit u = 0; u < EXPR_UNIT_COUNT; u++) {
        const char *name = expr_unit_names[u];
        size_t size = strlen(name);
        struct bytes word = r->token.text;
        bool is_many = word.size == size + 1 && expr_small_letter(word.data[size]) == 's';
        if ((units >> u & 1) == 0)
            continue;
        wanted.words[count++] = name;
        if (!expr_token_is_word(r, name) && !(r->token.kind == TOKEN_NAME && !r->token.is_quoted && is_many &&
                                              expr_word_is(bytes_slice(word, 0, size), name)))
            continue;
        *out_unit = u;
        return expr_token_next(r);
    }
    return expr_unexpected(r, &wanted);
}

fallible expr_span_read(struct reader *r, uint32_t units, const char *units_said, struct expr_span *out_span)
{
    struct expr_value number;
    if (r->token.kind != TOKEN_NUMBER)
        return expr_unexpected(r, &count_expected);
    bool is_whole = expr_number_read(r->token.text, &number) && number.kind == EXPR_DECIMAL && number.scale == 0;
    if (!is_whole || number.mantissa < 1 || number.mantissa > EXPR_SPAN_MAX)
        return FAIL(r->maker.e, INVALID, "at character %u: want a whole number from 1 to %u", r->token.place,
                    EXPR_SPAN_MAX);
    out_span->count = (uint32_t)number.mantissa;
    TRY(expr_token_next(r));
    return unit_read(r, units, units_said, &out_span->unit);
}

bool expr_token_begins_window(const struct reader *r)
{
    return expr_token_is_word(r, "in") || expr_token_is_word(r, "within") || expr_token_is_word(r, "since") ||
           expr_token_is_word(r, "before") || expr_token_is_word(r, "from");
}

static fallible date_read(struct reader *r, struct expr_value *out_date)
{
    if (r->token.kind != TOKEN_TEXT || r->token.text.size == 0)
        return expr_unexpected(r, &date_expected);
    return expr_literal_read(r, out_date);
}

/* Behind the words of its kind. */
static fallible window_end(struct reader *r, struct expr_window *w)
{
    const struct window_form *form = &expr_window_forms[w->kind];
    w->span.count = form->units != 0; /* this week */
    if (form->has_span)
        TRY(expr_span_read(r, form->units, form->units_said, &w->span));
    else if (form->units != 0)
        TRY(unit_read(r, form->units, form->units_said, &w->span.unit));
    if (form->has_from)
        TRY(date_read(r, &w->from));
    if (form->has_from && form->has_until)
        TRY(expr_want_word(r, "to", &to_expected));
    if (form->has_until)
        TRY(date_read(r, &w->until));
    return DONE;
}

static struct expr_window *window_begin(struct reader *r, enum expr_window_kind kind, uint32_t place)
{
    struct expr_window *w = ARENA_NEW(r->maker.arena, struct expr_window);
    w->kind = kind;
    w->place = place;
    return w;
}

fallible expr_window_in_read(struct reader *r, uint32_t place, const struct expr_window **out_window)
{
    bool is_each = expr_token_is_word(r, "each"), is_this = expr_token_is_word(r, "this");
    struct expr_window *w = window_begin(r, is_each ? EXPR_IN_EACH : is_this ? EXPR_IN_THIS : EXPR_IN_LAST, place);
    *out_window = w;
    if (!is_each && !is_this && !expr_token_is_word(r, "last"))
        return expr_unexpected(r, &in_expected);
    TRY(expr_token_next(r));
    if (is_each) {
        TRY(expr_want_word(r, "of", &each_expected));
        TRY(expr_want_word(r, "last", &each_expected));
    }
    return window_end(r, w);
}

fallible expr_window_read(struct reader *r, const struct expr_window **out_window)
{
    uint32_t place = r->token.place;
    enum expr_window_kind kind = EXPR_WITHIN;
    assert(expr_token_begins_window(r));
    if (expr_token_is_word(r, "in")) {
        TRY(expr_token_next(r));
        return expr_window_in_read(r, place, out_window);
    }
    while (!expr_token_is_word(r, expr_window_names[kind]))
        kind++;
    struct expr_window *w = window_begin(r, kind, place);
    *out_window = w;
    TRY(expr_token_next(r));
    return window_end(r, w);
}

/* --- which events --- */

struct names {
    struct bytes *list;
    uint32_t count, room;
};

static fallible event_read(struct reader *r, const struct expected *wanted, struct names *names)
{
    if (r->token.kind != TOKEN_NAME)
        return expr_unexpected(r, wanted);
    names->list = expr_list_room(r->maker.arena, names->list, names->count, &names->room, sizeof *names->list);
    names->list[names->count++] = r->token.text;
    TRY(expr_node_count(&r->maker, 1, r->token.place));
    return expr_token_next(r);
}

/* At the parenthesis that opens: (a or b). */
static fallible events_read(struct reader *r, struct names *names)
{
    do {
        TRY(expr_token_next(r));
        TRY(event_read(r, &event_expected, names));
    } while (expr_token_is_word(r, "or"));
    return expr_want_sign(r, ")", &events_end_expected);
}

/* A source, and which of its events. */
static fallible step_read(struct reader *r, bool may_have_path, struct expr_step *out_step)
{
    struct names names = {0};
    out_step->place = r->token.place;
    TRY(expr_node_count(&r->maker, 1, r->token.place));
    if (expr_token_is_sign(r, "("))
        TRY(events_read(r, &names));
    else
        TRY(event_read(r, &source_expected, &names));
    out_step->names = names.list;
    out_step->name_count = names.count;
    if (may_have_path)
        TRY(expr_member_read(r, &out_step->path));
    if (!expr_token_is_word(r, "where"))
        return DONE;
    TRY(expr_token_next(r));
    return expr_either_read(r, SORT_CONDITION, &out_step->where);
}

/* --- what is made of them --- */

fallible expr_aggregate_read(struct reader *r, enum expr_op op, uint32_t place, const struct expr **out_node)
{
    struct expr *x = expr_node_begin(&r->maker, op, place);
    struct expr_step *source = ARENA_NEW(r->maker.arena, struct expr_step);
    struct parts none = {0};
    x->steps = source;
    x->step_count = 1;
    TRY(expr_nest_begin(r));
    TRY(expr_token_next(r));
    TRY(step_read(r, expr_token_is_sign(r, "("), source));
    if (expr_token_begins_window(r))
        TRY(expr_window_read(r, &x->window));
    expr_nest_end(r);
    TRY(expr_want_sign(r, ")", x->window != NULL ? &window_end_expected : &aggregate_end_expected));
    TRY(expr_member_read(r, &x->member));
    return expr_node_end(&r->maker, x, &none, out_node);
}

struct steps {
    struct expr_step *list;
    uint32_t count, room;
};

static struct expr_step *steps_add(struct reader *r, struct steps *steps)
{
    steps->list = expr_list_room(r->maker.arena, steps->list, steps->count, &steps->room, sizeof *steps->list);
    return &steps->list[steps->count++];
}

/* At the parenthesis that opens: a then no b then c. */
static fallible steps_read(struct reader *r, struct steps *steps)
{
    do {
        struct expr_step *step = steps_add(r, steps);
        TRY(expr_token_next(r));
        if (steps->count > 1 && expr_token_is_word(r, "no")) {
            step->is_absent = true;
            TRY(expr_token_next(r));
        }
        TRY(step_read(r, false, step));
    } while (expr_token_is_word(r, "then"));
    return DONE;
}

static fallible first_time_read(struct reader *r)
{
    TRY(expr_token_next(r));
    TRY(expr_want_word(r, "the", &first_expected));
    TRY(expr_want_word(r, "first", &first_expected));
    return expr_want_word(r, "time", &first_expected);
}

fallible expr_did_read(struct reader *r, uint32_t place, const struct expr **out_node)
{
    const struct window_form *within = &expr_window_forms[EXPR_WITHIN];
    struct expr *x = expr_node_begin(&r->maker, EXPR_DID, place);
    struct steps steps = {0};
    struct parts none = {0};
    TRY(expr_nest_begin(r));
    TRY(steps_read(r, &steps));
    x->steps = steps.list;
    x->step_count = steps.count;
    if (steps.count > 1 && expr_token_is_word(r, "within")) {
        TRY(expr_token_next(r));
        TRY(expr_span_read(r, within->units, within->units_said, &x->span));
    }
    x->is_first_time = expr_token_is_word(r, "for");
    if (x->is_first_time)
        TRY(first_time_read(r));
    if (expr_token_begins_window(r))
        TRY(expr_window_read(r, &x->window));
    expr_nest_end(r);
    TRY(expr_want_sign(r, ")", x->window != NULL ? &window_end_expected : &did_end_expected));
    return expr_node_end(&r->maker, x, &none, out_node);
}
