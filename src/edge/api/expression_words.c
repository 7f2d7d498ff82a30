#include "edge/api/expression_words.h"

#include <string.h>

#include "lib/text.h"

#define NUMBER_BYTES_MAX 64u
#define LISTED_MAX 5u /* of a list; then "…" */

static const char *either(const struct explain_words *w, const char *en, const char *zh)
{
    return w->in_chinese ? zh : en;
}

static const char *value_words(const struct explain_words *w, const struct expr_value *value)
{
    struct buf text = arena_buf(w->arena, NUMBER_BYTES_MAX);
    if (value->kind == EXPR_TEXT)
        return arena_printf(w->arena, either(w, "'%.*s'", "“%.*s”"), BYTES_ARG(value->text));
    expr_print_value(value, &text);
    return arena_text(w->arena, buf_bytes(&text));
}

static const char *values_words(const struct explain_words *w, const struct expr *list)
{
    const char *words = value_words(w, &list->values[0]);
    for (uint32_t i = 1; i < list->count && i < LISTED_MAX; i++)
        words = arena_printf(w->arena, either(w, "%s, %s", "%s、%s"), words, value_words(w, &list->values[i]));
    return list->count <= LISTED_MAX
               ? words
               : arena_printf(w->arena, either(w, "%s, … (%u in all)", "%s…(共 %u 个)"), words, list->count);
}

static const char *term_words(const struct explain_words *w, const struct expr *x)
{
    if (x->op == EXPR_VALUE)
        return values_words(w, x);
    if (x->op == EXPR_NAME)
        return arena_text(w->arena, x->name);
    return explain_tally(w, x);
}

/* "segment('vip')" */
static const char *call_words(const struct explain_words *w, const struct expr *x)
{
    bool names_one = x->count == 1 && x->member.size == 0 && x->parts[0]->op == EXPR_VALUE;
    bool is_segment = bytes_equal(x->name, BYTES_LIT("segment")), is_tag = bytes_equal(x->name, BYTES_LIT("tag"));
    if (!names_one || !(is_segment || is_tag))
        return arena_text(w->arena, explain_text(w, x));
    const char *name = value_words(w, &x->parts[0]->values[0]);
    return arena_printf(
        w->arena, is_segment ? either(w, "in the segment %s", "属于人群%s") : either(w, "has the tag %s", "带有标签%s"),
        name);
}

static const char *did_words(const struct explain_words *w, const struct expr *x, bool is_not)
{
    const char *steps = "", *window = explain_window(w, x->window);
    for (uint32_t i = 0; i < x->step_count; i++) {
        const char *between = i == 0                  ? ""
                              : x->steps[i].is_absent ? either(w, " then no ", ",其后没有")
                                                      : either(w, " then ", ",再");
        steps = arena_printf(w->arena, "%s%s%s", steps, between, explain_events(w, &x->steps[i]));
    }
    if (x->is_first_time)
        steps = arena_printf(w->arena, either(w, "%s for the first time", "首次%s"), steps);
    if (x->span.count > 0) {
        static const char *const units[EXPR_UNIT_COUNT] = {"秒", "分钟", "小时", "天", "周", "个月", "个季度", "年"};
        steps = w->in_chinese
                    ? arena_printf(w->arena, "%s(全程 %u %s内)", steps, x->span.count, units[x->span.unit])
                    : arena_printf(w->arena, "%s within %u %ss", steps, x->span.count, expr_unit_names[x->span.unit]);
    }
    return w->in_chinese ? arena_printf(w->arena, "%s%s发生过%s", window, is_not ? "没有" : "", steps)
                         : arena_printf(w->arena, "%s %s%s", is_not ? "didn't" : "did", steps, window);
}

static const char *comparison_words(const struct explain_words *w, const struct expr *x)
{
    static const struct {
        const char *en, *zh;
    } words[] = {[EXPR_EQUAL - EXPR_EQUAL] = {"%s = %s", "%s 为 %s"},
                 [EXPR_UNEQUAL - EXPR_EQUAL] = {"%s ≠ %s", "%s 不为 %s"},
                 [EXPR_LESS - EXPR_EQUAL] = {"%s < %s", "%s < %s"},
                 [EXPR_AT_MOST - EXPR_EQUAL] = {"%s ≤ %s", "%s ≤ %s"},
                 [EXPR_MORE - EXPR_EQUAL] = {"%s > %s", "%s > %s"},
                 [EXPR_AT_LEAST - EXPR_EQUAL] = {"%s ≥ %s", "%s ≥ %s"},
                 [EXPR_BETWEEN - EXPR_EQUAL] = {"%s from %s to %s", "%s 在 %s 至 %s 之间"},
                 [EXPR_IN - EXPR_EQUAL] = {"%s is one of %s", "%s 为 %s 之一"},
                 [EXPR_CONTAINS - EXPR_EQUAL] = {"%s contains %s", "%s 包含 %s"},
                 [EXPR_STARTS - EXPR_EQUAL] = {"%s begins with %s", "%s 以 %s 开头"},
                 [EXPR_ENDS - EXPR_EQUAL] = {"%s ends with %s", "%s 以 %s 结尾"},
                 [EXPR_MATCHES - EXPR_EQUAL] = {"%s matches %s", "%s 符合模式 %s"},
                 [EXPR_KNOWN - EXPR_EQUAL] = {"%s is known", "%s 已知"},
                 [EXPR_UNKNOWN - EXPR_EQUAL] = {"%s isn't known", "%s 未知"}};
    const char *way = either(w, words[x->op - EXPR_EQUAL].en, words[x->op - EXPR_EQUAL].zh);
    const char *said[3] = {"", "", ""};
    size_t size = strlen(way);
    for (uint32_t i = 0; i < x->count && i < COUNT_OF(said); i++) {
        said[i] = term_words(w, x->parts[i]);
        size += strlen(said[i]);
    }
    struct buf out = arena_buf(w->arena, size);
    for (size_t part = 0; *way != 0; way++) {
        if (*way != '%')
            buf_push_byte(&out, (uint8_t)*way);
        else
            buf_push_text(&out, said[part++]), way++;
    }
    return arena_text(w->arena, buf_bytes(&out));
}

static const char *words_of(const struct explain_words *w, const struct expr *x);

/* In parentheses where it is several. */
static const char *part_words(const struct explain_words *w, const struct expr *x)
{
    const char *words = words_of(w, x);
    return x->op == EXPR_OR || x->op == EXPR_AND ? arena_printf(w->arena, either(w, "(%s)", "(%s)"), words) : words;
}

static const char *joined_words(const struct explain_words *w, const struct expr *x)
{
    const char *between = x->op == EXPR_AND ? either(w, ", and ", ",且 ") : either(w, ", or ", ",或 ");
    const char *words = part_words(w, x->parts[0]);
    for (uint32_t i = 1; i < x->count && strlen(words) < EXPRESSION_SENTENCE_BYTES_MAX; i++)
        words = arena_printf(w->arena, "%s%s%s", words, between, part_words(w, x->parts[i]));
    return words;
}

static const char *words_of(const struct explain_words *w, const struct expr *x)
{
    if (expr_is_comparison(x))
        return comparison_words(w, x);
    switch (x->op) {
    case EXPR_OR:
    case EXPR_AND:
        return joined_words(w, x);
    case EXPR_NOT:
        if (x->parts[0]->op == EXPR_DID)
            return did_words(w, x->parts[0], true);
        return arena_printf(w->arena, either(w, "not: %s", "并非:%s"), part_words(w, x->parts[0]));
    case EXPR_DURING:
        return arena_printf(w->arena, either(w, "%s is%s", "%s 在%s"), term_words(w, x->parts[0]),
                            explain_window(w, x->window));
    case EXPR_DID:
        return did_words(w, x, false);
    case EXPR_CALL:
        return call_words(w, x);
    default:
        return term_words(w, x);
    }
}

const char *expression_sentence(const struct explain_words *w, const struct expr *x)
{
    struct bytes whole = bytes_of_text(words_of(w, x)), cut = text_cut(whole, EXPRESSION_SENTENCE_BYTES_MAX - 4);
    return arena_printf(w->arena, cut.size < whole.size ? "%.*s…" : "%.*s", BYTES_ARG(cut));
}

void member_sentence(struct json_writer *w, struct arena *a, const struct expr *x)
{
    struct explain_words words = {.arena = a};
    json_key(w, "sentence");
    if (x == NULL) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    json_key(w, "en");
    json_put_text(w, expression_sentence(&words, x));
    words.in_chinese = true;
    json_key(w, "zh");
    json_put_text(w, expression_sentence(&words, x));
    json_object_end(w);
}
