#include "edge/api/explain_words.h"

#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "lib/json.h"
#include "lib/text.h"

#define NUMBER_BYTES 64u
#define HIDDEN "…"

static const char *either(const struct explain_words *w, const char *en, const char *zh)
{
    return w->in_chinese ? zh : en;
}

/* --- values --- */

const char *explain_time(const struct explain_words *w, int64_t us)
{
    char day[CIVIL_TEXT_BYTES];
    int64_t number = civil_number(w->civil, CIVIL_DAY, us), begun_us = us - civil_begin_us(w->civil, CIVIL_DAY, number);
    civil_print(w->civil, CIVIL_DAY, number, day);
    return arena_printf(w->arena, "%s %02d:%02d", day, (int)(begun_us / US_PER_HOUR),
                        (int)(begun_us % US_PER_HOUR / US_PER_MINUTE));
}

static const char *number_text(const struct explain_words *w, series_wide number)
{
    struct buf packed = arena_buf(w->arena, NUMBER_BYTES), text = arena_buf(w->arena, NUMBER_BYTES);
    struct json_writer j;
    rule_value_pack(&(struct rule_value){.type = RULE_NUMBER, .is_known = true, .number = number}, &packed);
    struct unpack u = unpack_of(buf_bytes(&packed));
    struct value plain = unpack_value(&u);
    json_writer_init(&j, &text, false);
    value_print(&plain, &j);
    return arena_text(w->arena, buf_bytes(&text));
}

const char *explain_value(const struct explain_words *w, const struct rule_value *value)
{
    if (!value->is_known)
        return either(w, "unknown", "未知");
    switch (value->type) {
    case RULE_TRUTH:
        return value->truth ? either(w, "yes", "是") : either(w, "no", "否");
    case RULE_NUMBER:
        return number_text(w, value->number);
    case RULE_TIME:
        return explain_time(w, value->time_us);
    default:
        return w->is_masked ? HIDDEN : arena_printf(w->arena, either(w, "'%.*s'", "“%.*s”"), BYTES_ARG(value->text));
    }
}

struct bytes explain_text(const struct explain_words *w, const struct expr *said)
{
    if (w->is_masked)
        return BYTES_LIT(HIDDEN);
    struct buf text;
    buf_init(&text, 2 * EXPR_BYTES_MAX);
    expr_print(said, &text);
    struct bytes whole = buf_bytes(&text), cut = text_cut(whole, EXPLAIN_TEXT_BYTES_MAX);
    const char *words = arena_printf(w->arena, cut.size < whole.size ? "%.*s" HIDDEN : "%.*s", BYTES_ARG(cut));
    buf_fini(&text);
    return bytes_of_text(words);
}

/* --- windows --- */

/* "order_paid.amount" -> "支付成功.amount" */
static const char *event_words(const struct explain_words *w, struct bytes name)
{
    const uint8_t *dot = memchr(name.data, '.', name.size);
    size_t size = dot == NULL ? name.size : (size_t)(dot - name.data);
    const struct standard_event *standard = standard_event_named(bytes_slice(name, 0, size));
    if (standard == NULL || !w->in_chinese)
        return arena_text(w->arena, name);
    return arena_printf(w->arena, "%s%.*s", standard->zh, BYTES_ARG(bytes_slice(name, size, name.size)));
}

const char *explain_events(const struct explain_words *w, const struct expr_step *step)
{
    const char *words = event_words(w, step->names[0]);
    for (uint32_t i = 1; i < step->name_count; i++)
        words = arena_printf(w->arena, "%s%s%s", words, either(w, " or ", "或"), event_words(w, step->names[i]));
    if (step->path.size > 0)
        words = arena_printf(w->arena, "%s.%.*s", words, BYTES_ARG(step->path));
    if (step->where != NULL)
        words = arena_printf(w->arena, either(w, "%s where %.*s", "%s(%.*s)"), words,
                             BYTES_ARG(explain_text(w, step->where)));
    return w->in_chinese ? arena_printf(w->arena, "“%s”", words) : words;
}

const char *explain_window(const struct explain_words *w, const struct expr_window *window)
{
    static const char *const units[EXPR_UNIT_COUNT] = {"秒", "分钟", "小时", "天", "周", "个月", "个季度", "年"};
    static const char *const these[EXPR_UNIT_COUNT] = {
        [EXPR_WEEK] = "本周", [EXPR_MONTH] = "本月", [EXPR_QUARTER] = "本季度", [EXPR_YEAR] = "今年"};
    struct arena *a = w->arena;
    if (window == NULL)
        return "";
    if (!w->in_chinese) {
        struct buf text = arena_buf(a, EXPR_NAME_BYTES_MAX);
        expr_print_window(window, &text);
        return arena_printf(a, " %.*s", BYTES_ARG(buf_bytes(&text)));
    }
    const char *unit = units[window->span.unit];
    switch (window->kind) {
    case EXPR_IN_LAST:
        return arena_printf(a, "近 %u %s", window->span.count, unit);
    case EXPR_WITHIN:
        return arena_printf(a, "%u %s内", window->span.count, unit);
    case EXPR_IN_THIS:
        return these[window->span.unit];
    case EXPR_IN_EACH:
        return arena_printf(a, "最近 %u %s的每一%s", window->span.count, unit, unit);
    case EXPR_SINCE:
        return arena_printf(a, "%.*s 起", BYTES_ARG(window->from.text));
    case EXPR_BEFORE:
        return arena_printf(a, "%.*s 之前", BYTES_ARG(window->until.text));
    default:
        return arena_printf(a, "%.*s 至 %.*s", BYTES_ARG(window->from.text), BYTES_ARG(window->until.text));
    }
}

/* --- what is gathered --- */

static const char *gathered_events(const struct explain_words *w, const struct view *v, const struct feature *f,
                                   const struct feature_step *step)
{
    struct bytes *names = ARENA_ARRAY(w->arena, struct bytes, step->event_count + 1);
    names[0] = f->of == FEATURE_ORDERS ? BYTES_LIT("order") : BYTES_LIT("event"); /* any of them */
    for (uint32_t i = 0; i < step->event_count; i++)
        names[i] = name_text(v, NAME_EVENT, step->events[i]);
    return explain_events(w, &(struct expr_step){.name_count = step->event_count == 0 ? 1 : step->event_count,
                                                 .names = names,
                                                 .path = f->value,
                                                 .where = step->where});
}

static const char *gathered_window(const struct explain_words *w, const struct feature *f)
{
    bool has_from = f->from_us != INT64_MIN, has_until = f->until_us != INT64_MAX;
    struct expr_window window = {.kind = EXPR_IN_LAST, .span = {.unit = EXPR_DAY}};
    if (has_from)
        window.from.text = bytes_of_text(explain_time(w, f->from_us));
    if (has_until)
        window.until.text = bytes_of_text(explain_time(w, f->until_us));
    if (has_from || has_until)
        window.kind = !has_until ? EXPR_SINCE : has_from ? EXPR_FROM : EXPR_BEFORE;
    else if (f->horizon == 0)
        return "";
    else
        window.span.count = (uint32_t)(f->grain == GRAIN_DAY ? f->horizon : (f->horizon + US_PER_DAY - 1) / US_PER_DAY);
    return explain_window(w, &window);
}

const char *explain_gathered(const struct explain_words *w, const struct view *v, const struct feature *f)
{
    const char *words = "", *window = gathered_window(w, f);
    for (uint32_t i = 0; i < f->step_count; i++)
        words = arena_printf(w->arena, "%s%s%s", words, i == 0 ? "" : either(w, ", ", "、"),
                             gathered_events(w, v, f, &f->steps[i]));
    return w->in_chinese ? arena_printf(w->arena, "%s%s", window, words)
                         : arena_printf(w->arena, "%s%s", words, window);
}

/* --- what is compared --- */

const char *explain_tally(const struct explain_words *w, const struct expr *said)
{
    static const struct {
        const char *en, *zh;
    } words[] = {[EXPR_COUNT - EXPR_COUNT] = {"how often %s%s", "%s%s次数"},
                 [EXPR_SUM - EXPR_COUNT] = {"sum of %s%s", "%s%s合计"},
                 [EXPR_AVG - EXPR_COUNT] = {"average of %s%s", "%s%s平均"},
                 [EXPR_MIN - EXPR_COUNT] = {"least of %s%s", "%s%s最小值"},
                 [EXPR_MAX - EXPR_COUNT] = {"greatest of %s%s", "%s%s最大值"},
                 [EXPR_DAYS - EXPR_COUNT] = {"days with %s%s", "%s%s天数"},
                 [EXPR_MEDIAN_GAP - EXPR_COUNT] = {"median of the days between %s%s", "%s%s间隔天数中位数"},
                 [EXPR_DISTINCT - EXPR_COUNT] = {"distinct values of %s%s", "%s%s不同取值数"},
                 [EXPR_FIRST - EXPR_COUNT] = {"first %s%s", "%s首次%s"},
                 [EXPR_LAST - EXPR_COUNT] = {"last %s%s", "%s最近一次%s"},
                 [EXPR_MOST_FREQUENT - EXPR_COUNT] = {"most frequent %s%s", "%s%s最常见"}};
    size_t at = (size_t)(said->op - EXPR_COUNT);
    if (!expr_is_aggregate(said) || at >= COUNT_OF(words))
        return arena_text(w->arena, explain_text(w, said));
    const char *events = explain_events(w, said->steps), *window = explain_window(w, said->window);
    const char *text = w->in_chinese ? words[at].zh : words[at].en;
    struct buf out = arena_buf(w->arena, 2 * EXPLAIN_TEXT_BYTES_MAX + strlen(events) + strlen(window));
    const char *parts[] = {w->in_chinese ? window : events, w->in_chinese ? events : window};
    for (size_t part = 0; *text != 0; text++) {
        if (text[0] != '%')
            buf_push_byte(&out, (uint8_t)*text);
        else
            buf_push_text(&out, parts[part++]), text++;
    }
    if (said->member.size > 0)
        buf_printf(&out, either(w, ", its %.*s", "的 %.*s"), BYTES_ARG(said->member));
    return arena_text(w->arena, buf_bytes(&out));
}

static const char *subject_words(const struct explain_words *w, const struct explained *x)
{
    if (x->kind == EXPLAINED_TALLY)
        return explain_tally(w, x->said);
    if (x->kind == EXPLAINED_NAME && x->said->op == EXPR_NAME)
        return arena_text(w->arena, x->said->name);
    return arena_text(w->arena, explain_text(w, x->said));
}

/* --- sentences of each kind --- */

static uint32_t held_of(const struct explained *x)
{
    uint32_t held = 0;
    for (uint32_t i = 0; i < x->count; i++)
        held += x->parts[i].value.is_known && x->parts[i].value.truth;
    return held;
}

static const char *joined_sentence(const struct explain_words *w, const struct explained *x)
{
    switch (x->kind) {
    case EXPLAINED_ALL:
        return arena_printf(w->arena, either(w, "all %u of these must hold, %u do", "以下 %u 项须全部成立,成立 %u 项"),
                            x->count, held_of(x));
    case EXPLAINED_ANY:
        return arena_printf(w->arena,
                            either(w, "one of these %u must hold, %u do", "以下 %u 项至少成立一项,成立 %u 项"),
                            x->count, held_of(x));
    case EXPLAINED_EACH:
        return arena_printf(w->arena,
                            either(w, "in each of %u units, it holds in %u", "每一段都须成立:%u 段中成立 %u 段"),
                            x->count, held_of(x));
    default:
        return either(w, "this must not hold", "以下须不成立");
    }
}

/* What somebody did, once at least. */
static const char *did_sentence(const struct explain_words *w, const struct explained *x)
{
    const struct explained *count = &x->parts[0];
    const char *events = explain_events(w, x->said->steps), *window = explain_window(w, x->said->window);
    if (count->value.number == 0)
        return w->in_chinese ? arena_printf(w->arena, "%s没有发生过%s", window, events)
                             : arena_printf(w->arena, "no %s%s", events, window);
    const char *times = explain_value(w, &count->value);
    return w->in_chinese ? arena_printf(w->arena, "%s%s发生过 %s 次", window, events, times)
                         : arena_printf(w->arena, "%s%s: %s", events, window, times);
}

static const char *compared_sentence(const struct explain_words *w, const struct explained *x)
{
    static const char *const signs[] = {"=", "≠", "<", "≤", ">", "≥"};
    if (x->count == 0)
        return arena_text(w->arena, explain_text(w, x->said));
    const struct explained *term = &x->parts[0];
    if (x->said->op == EXPR_DID && x->said->step_count == 1)
        return did_sentence(w, x);
    const char *subject = subject_words(w, term), *value = explain_value(w, &term->value);
    if (x->op > EXPR_AT_LEAST || !x->wants.is_known)
        return arena_printf(w->arena, either(w, "%s is %s; asked: %.*s", "%s为 %s;条件:%.*s"), subject, value,
                            BYTES_ARG(explain_text(w, x->said)));
    const char *sentence = arena_printf(w->arena, either(w, "%s is %s, wanted %s %s", "%s为 %s,需要 %s %s"), subject,
                                        value, signs[x->op - EXPR_EQUAL], explain_value(w, &x->wants));
    return x->lacks == 0
               ? sentence
               : arena_printf(w->arena, either(w, "%s: %s more", "%s,还差 %s"), sentence, number_text(w, x->lacks));
}

static const char *known_sentence(const struct explain_words *w, const struct explained *x)
{
    if (x->count == 0)
        return arena_text(w->arena, explain_text(w, x->said));
    const struct explained *of = &x->parts[0];
    const char *subject = subject_words(w, of);
    return of->value.is_known ? arena_printf(w->arena, either(w, "%s is known: %s", "%s已知:%s"), subject,
                                             explain_value(w, &of->value))
                              : arena_printf(w->arena, either(w, "%s isn't known", "%s未知"), subject);
}

static const char *during_sentence(const struct explain_words *w, const struct explained *x)
{
    const struct explained *of = &x->parts[0];
    return x->count == 0
               ? arena_text(w->arena, explain_text(w, x->said))
               : arena_printf(w->arena, either(w, "%s is %s, wanted%s", "%s为 %s,应在%s"), subject_words(w, of),
                              explain_value(w, &of->value), explain_window(w, x->said->window));
}

static const char *sequence_sentence(const struct explain_words *w, const struct explained *x)
{
    const char *steps = "";
    for (uint32_t i = 0; i < x->said->step_count; i++) {
        const struct expr_step *step = &x->said->steps[i];
        const char *between = i == 0            ? ""
                              : step->is_absent ? either(w, " then no ", " → 没有")
                                                : either(w, " then ", " → ");
        steps = arena_printf(w->arena, "%s%s%s", steps, between, explain_events(w, step));
    }
    return arena_printf(w->arena, either(w, "%s%s: %u of %u steps taken", "%s%s:完成 %u/%u 步"),
                        w->in_chinese ? explain_window(w, x->said->window) : steps,
                        w->in_chinese ? steps : explain_window(w, x->said->window), x->reached, x->steps);
}

static const char *own_sentence(const struct explain_words *w, const struct explained *x)
{
    const char *text = arena_text(w->arena, explain_text(w, x->said));
    switch (x->kind) {
    case EXPLAINED_RELATION:
        return arena_printf(w->arena, either(w, "%s: %s (%u open relations of this type)", "%s:%s(此类有效关系 %u 个)"),
                            text, explain_value(w, &x->value), x->relations);
    case EXPLAINED_CONSENT:
    case EXPLAINED_LISTED:
        return arena_printf(w->arena, either(w, "%s: %s", "%s:%s"), text, explain_value(w, &x->value));
    default:
        return arena_printf(w->arena, either(w, "%s is %s", "%s为 %s"), subject_words(w, x),
                            explain_value(w, &x->value));
    }
}

/* What time will do, if nothing happens meanwhile. */
static const char *turn_words(const struct explain_words *w, const struct explained *x)
{
    if (!x->is_exact || x->value.type != RULE_TRUTH)
        return "";
    bool holds = x->then.is_known && x->then.truth;
    return arena_printf(
        w->arena,
        holds ? either(w, "; holds from %s on", ";%s 起成立")
              : either(w, "; no longer from %s on, unless something happens", ";%s 起不再成立,除非其间再有变化"),
        explain_time(w, x->turn_us));
}

const char *explain_sentence(const struct explain_words *w, const struct explained *x)
{
    static const char *(*const ways[EXPLAINED_KIND_COUNT])(const struct explain_words *, const struct explained *) = {
        [EXPLAINED_ALL] = joined_sentence,        [EXPLAINED_ANY] = joined_sentence,
        [EXPLAINED_NOT] = joined_sentence,        [EXPLAINED_EACH] = joined_sentence,
        [EXPLAINED_COMPARED] = compared_sentence, [EXPLAINED_KNOWN] = known_sentence,
        [EXPLAINED_DURING] = during_sentence,     [EXPLAINED_SEQUENCE] = sequence_sentence,
        [EXPLAINED_RELATION] = own_sentence,      [EXPLAINED_CONSENT] = own_sentence,
        [EXPLAINED_LISTED] = own_sentence,        [EXPLAINED_TALLY] = own_sentence,
        [EXPLAINED_NAME] = own_sentence,          [EXPLAINED_TERM] = own_sentence,
    };
    return arena_printf(w->arena, "%s%s", ways[x->kind](w, x), turn_words(w, x));
}
