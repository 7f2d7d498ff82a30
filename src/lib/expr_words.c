/* The words of the language, and what each kind of node is made of. */
#include <stdio.h>

#include "lib/expr_inside.h"

const char *const expr_op_names[EXPR_OP_COUNT] = {
    [EXPR_OR] = "or",
    [EXPR_AND] = "and",
    [EXPR_NOT] = "not",
    [EXPR_EQUAL] = "=",
    [EXPR_UNEQUAL] = "!=",
    [EXPR_LESS] = "<",
    [EXPR_AT_MOST] = "<=",
    [EXPR_MORE] = ">",
    [EXPR_AT_LEAST] = ">=",
    [EXPR_BETWEEN] = "between",
    [EXPR_IN] = "in",
    [EXPR_CONTAINS] = "contains",
    [EXPR_STARTS] = "starts",
    [EXPR_ENDS] = "ends",
    [EXPR_MATCHES] = "matches",
    [EXPR_KNOWN] = "is known",
    [EXPR_UNKNOWN] = "is unknown",
    [EXPR_DURING] = "during",
    [EXPR_DID] = "did",
    [EXPR_CALL] = "call",
    [EXPR_ADD] = "+",
    [EXPR_SUBTRACT] = "-",
    [EXPR_MULTIPLY] = "*",
    [EXPR_DIVIDE] = "/",
    [EXPR_MINUS] = "minus",
    [EXPR_CASE] = "case",
    [EXPR_NOW] = "now",
    [EXPR_TODAY] = "today",
    [EXPR_AGO] = "ago",
    [EXPR_COUNT] = "count",
    [EXPR_SUM] = "sum",
    [EXPR_AVG] = "avg",
    [EXPR_MIN] = "min",
    [EXPR_MAX] = "max",
    [EXPR_DAYS] = "days",
    [EXPR_MEDIAN_GAP] = "median_gap",
    [EXPR_DISTINCT] = "distinct",
    [EXPR_FIRST] = "first",
    [EXPR_LAST] = "last",
    [EXPR_MOST_FREQUENT] = "most_frequent",
    [EXPR_NAME] = "name",
    [EXPR_VALUE] = "value",
};

/* clang-format off */
#define JOINED(own, sort)  {sort, sort, own, own + 1, own + 1, 1, PARTS_ANY}
#define COMPARED(rest)     {SORT_CONDITION, SORT_TERM, OF_COMPARISON, OF_SUM, OF_SUM, 1 + (rest), 1 + (rest)}
#define COUNTED(own)       {SORT_TERM, SORT_TERM, own, own, own + 1, 2, PARTS_ANY}
#define WHOLE(sorts)       {sorts, SORT_EITHER, OF_PRIMARY, ANY_STRENGTH, ANY_STRENGTH, 0, 0}
const struct expr_form expr_forms[EXPR_OP_COUNT] = {
    [EXPR_OR] = JOINED(OF_OR, SORT_CONDITION),
    [EXPR_AND] = JOINED(OF_AND, SORT_CONDITION),
    [EXPR_NOT] = {SORT_CONDITION, SORT_CONDITION, OF_NOT, OF_PRIMARY, OF_PRIMARY, 1, 1},
    [EXPR_EQUAL] = COMPARED(1),
    [EXPR_UNEQUAL] = COMPARED(1),
    [EXPR_LESS] = COMPARED(1),
    [EXPR_AT_MOST] = COMPARED(1),
    [EXPR_MORE] = COMPARED(1),
    [EXPR_AT_LEAST] = COMPARED(1),
    [EXPR_BETWEEN] = COMPARED(2),
    [EXPR_IN] = COMPARED(1),
    [EXPR_CONTAINS] = COMPARED(1),
    [EXPR_STARTS] = COMPARED(1),
    [EXPR_ENDS] = COMPARED(1),
    [EXPR_MATCHES] = COMPARED(1),
    [EXPR_KNOWN] = COMPARED(0),
    [EXPR_UNKNOWN] = COMPARED(0),
    [EXPR_DURING] = COMPARED(0),
    [EXPR_DID] = WHOLE(SORT_CONDITION),
    [EXPR_CALL] = {SORT_EITHER, SORT_EITHER, OF_PRIMARY, ANY_STRENGTH, ANY_STRENGTH, 0, PARTS_ANY},
    [EXPR_ADD] = COUNTED(OF_SUM),
    [EXPR_SUBTRACT] = COUNTED(OF_SUM),
    [EXPR_MULTIPLY] = COUNTED(OF_PRODUCT),
    [EXPR_DIVIDE] = COUNTED(OF_PRODUCT),
    [EXPR_MINUS] = {SORT_TERM, SORT_TERM, OF_MINUS, OF_PRIMARY, OF_PRIMARY, 1, 1},
    [EXPR_CASE] = {SORT_TERM, SORT_CASE, OF_PRIMARY, ANY_STRENGTH, ANY_STRENGTH, 2, PARTS_ANY},
    [EXPR_NOW] = WHOLE(SORT_TERM),
    [EXPR_TODAY] = WHOLE(SORT_TERM),
    [EXPR_AGO] = WHOLE(SORT_TERM),
    [EXPR_COUNT] = WHOLE(SORT_TERM),
    [EXPR_SUM] = WHOLE(SORT_TERM),
    [EXPR_AVG] = WHOLE(SORT_TERM),
    [EXPR_MIN] = WHOLE(SORT_TERM),
    [EXPR_MAX] = WHOLE(SORT_TERM),
    [EXPR_DAYS] = WHOLE(SORT_TERM),
    [EXPR_MEDIAN_GAP] = WHOLE(SORT_TERM),
    [EXPR_DISTINCT] = WHOLE(SORT_TERM),
    [EXPR_FIRST] = WHOLE(SORT_TERM),
    [EXPR_LAST] = WHOLE(SORT_TERM),
    [EXPR_MOST_FREQUENT] = WHOLE(SORT_TERM),
    [EXPR_NAME] = WHOLE(SORT_TERM),
    [EXPR_VALUE] = WHOLE(SORT_TERM),
};
/* clang-format on */

const char *const expr_unit_names[EXPR_UNIT_COUNT] = {
    [EXPR_SECOND] = "second", [EXPR_MINUTE] = "minute", [EXPR_HOUR] = "hour",       [EXPR_DAY] = "day",
    [EXPR_WEEK] = "week",     [EXPR_MONTH] = "month",   [EXPR_QUARTER] = "quarter", [EXPR_YEAR] = "year",
};

const char *const expr_window_names[EXPR_WINDOW_COUNT] = {
    [EXPR_IN_LAST] = "in last",         [EXPR_WITHIN] = "within", [EXPR_IN_THIS] = "in this",
    [EXPR_IN_EACH] = "in each of last", [EXPR_FROM] = "from",     [EXPR_SINCE] = "since",
    [EXPR_BEFORE] = "before",
};

#define UNIT(name) (1u << EXPR_##name)
const struct window_form expr_window_forms[EXPR_WINDOW_COUNT] = {
    [EXPR_IN_LAST] = {.units = UNIT(DAY) | UNIT(WEEK) | UNIT(MONTH) | UNIT(YEAR),
                      .units_said = "days, weeks, months or years",
                      .has_span = true},
    [EXPR_WITHIN] = {.units = UNIT(SECOND) | UNIT(MINUTE) | UNIT(HOUR) | UNIT(DAY),
                     .units_said = "seconds, minutes, hours or days",
                     .has_span = true},
    [EXPR_IN_THIS] = {.units = UNIT(WEEK) | UNIT(MONTH) | UNIT(QUARTER) | UNIT(YEAR),
                      .units_said = "week, month, quarter or year"},
    [EXPR_IN_EACH] = {.units = UNIT(DAY) | UNIT(WEEK) | UNIT(MONTH),
                      .units_said = "days, weeks or months",
                      .has_span = true},
    [EXPR_FROM] = {.has_from = true, .has_until = true},
    [EXPR_SINCE] = {.has_from = true},
    [EXPR_BEFORE] = {.has_until = true},
};

/* Words that stand where a name might: without back quotes they are never one. */
static const char *const keywords[] = {
    "or",  "and",   "not",     "between", "in",     "contains", "starts", "ends", "matches",
    "is",  "known", "unknown", "true",    "false",  "case",     "when",   "then", "else",
    "end", "now",   "today",   "where",   "within", "since",    "before",
};

/* Words that begin something else where they are followed by a parenthesis. */
static const char *const own_words[] = {"did", "ago"};

uint8_t expr_small_letter(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool expr_word_is(struct bytes word, const char *keyword)
{
    size_t i = 0;
    while (i < word.size && keyword[i] != '\0' && expr_small_letter(word.data[i]) == (uint8_t)keyword[i])
        i++;
    return i == word.size && keyword[i] == '\0';
}

static bool word_is_among(struct bytes word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (expr_word_is(word, words[i]))
            return true;
    return false;
}

bool expr_is_keyword(struct bytes word)
{
    return word_is_among(word, keywords, COUNT_OF(keywords));
}

bool expr_word_fits_call(struct bytes word, bool is_first)
{
    if (is_first && expr_word_is(word, "in"))
        return true;
    bool has_dot = word.size > 0 && memchr(word.data, '.', word.size) != NULL;
    return !has_dot && expr_name_is_plain(word) && (is_first || !expr_word_is(word, "from"));
}

/* What is read as something else, or as two words. */
static bool is_own_word(struct bytes word)
{
    return expr_word_is(word, "in") || word_is_among(word, own_words, COUNT_OF(own_words)) ||
           expr_aggregate_named(word) != EXPR_OP_COUNT;
}

bool expr_words_fit_call(struct bytes words)
{
    size_t from = 0, count = 0;
    for (size_t i = 0; i <= words.size; i++) {
        if (i < words.size && words.data[i] != ' ')
            continue;
        if (!expr_word_fits_call(bytes_slice(words, from, i), count == 0))
            return false;
        count++;
        from = i + 1;
    }
    return words.size <= EXPR_NAME_BYTES_MAX && (count > 1 || !is_own_word(words));
}

enum expr_op expr_aggregate_named(struct bytes word)
{
    for (enum expr_op op = EXPR_COUNT; op <= EXPR_MOST_FREQUENT; op++)
        if (expr_word_is(word, expr_op_names[op]))
            return op;
    return EXPR_OP_COUNT;
}

const char *expr_place_text(uint32_t place, char out[EXPR_PLACE_BYTES])
{
    out[0] = '\0';
    if (place > 0)
        (void)snprintf(out, EXPR_PLACE_BYTES, "at character %u: ", place);
    return out;
}
