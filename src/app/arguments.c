#include "app/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/import/reasons.h"
#include "lib/nearest.h"

void arguments_init(struct arguments *a, const struct verb *verb, int count, char **words)
{
    *a = (struct arguments){.verb = verb, .count = count, .words = words};
}

const struct verb *verb_of(const struct arguments *a)
{
    return a->verb;
}

static void ask(struct arguments *a, const char *name, bool is_flag)
{
    assert(a->asked_count < ARGUMENTS_ASKED_MAX);
    for (size_t i = 0; i < a->asked_count; i++)
        if (strcmp(a->asked[i], name) == 0)
            return;
    a->asked_flag[a->asked_count] = is_flag;
    a->asked[a->asked_count++] = name;
}

/* "--name" or "--name=…": the place behind the name, else NULL. */
static const char *option_tail(const char *word, const char *name)
{
    size_t size = strlen(name);
    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, size) != 0)
        return NULL;
    return word[2 + size] == 0 || word[2 + size] == '=' ? word + 2 + size : NULL;
}

/* A word behind an option is its value unless it looks like an option itself: such a value is given as --name=--value. */
static bool has_value_behind(const struct arguments *a, int at)
{
    return at + 1 < a->count && strncmp(a->words[at + 1], "--", 2) != 0;
}

const char *argument_option(struct arguments *a, const char *name)
{
    ask(a, name, false);
    for (int i = 0; i < a->count; i++) {
        const char *tail = option_tail(a->words[i], name);
        if (tail != NULL && *tail == '=')
            return tail + 1;
        if (tail != NULL && has_value_behind(a, i))
            return a->words[i + 1];
    }
    return NULL;
}

bool argument_flag(struct arguments *a, const char *name)
{
    ask(a, name, true);
    for (int i = 0; i < a->count; i++) {
        const char *tail = option_tail(a->words[i], name);
        if (tail != NULL && *tail == 0)
            return true;
    }
    return false;
}

fallible argument_number(struct arguments *a, const char *name, uint64_t *out, struct err *e)
{
    const char *text = argument_option(a, name);
    uint64_t number = 0;
    if (text == NULL)
        return DONE;
    for (const char *at = text; *at != 0; at++) {
        if (*at < '0' || *at > '9' || number > (UINT64_MAX - 9) / 10)
            return FAIL(e, INVALID, either("--%s %s: want a whole number", "--%s %s:应为整数"), name, text);
        number = number * 10 + (uint64_t)(*at - '0');
    }
    if (*text == 0)
        return FAIL(e, INVALID, either("--%s %s: want a whole number", "--%s %s:应为整数"), name, text);
    *out = number;
    return DONE;
}

/* Which option is this word? -1: none that was asked for. */
static int option_of(const struct arguments *a, const char *word)
{
    for (size_t i = 0; i < a->asked_count; i++)
        if (option_tail(word, a->asked[i]) != NULL)
            return (int)i;
    return -1;
}

/* Words that are values of an option are passed over: ask for options before the words. */
const char *argument_next(struct arguments *a)
{
    while (a->next < a->count) {
        const char *word = a->words[a->next++];
        if (strncmp(word, "--", 2) != 0)
            return word;
        int option = option_of(a, word);
        bool takes_next = option >= 0 && !a->asked_flag[option] && strchr(word, '=') == NULL && has_value_behind(a, a->next - 1);
        a->next += takes_next;
    }
    return NULL;
}

/* Says what is wrong with the option at this place. */
static bool option_is_good(const struct arguments *a, int at)
{
    const char *word = a->words[at];
    int option = option_of(a, word);
    bool has_equals = strchr(word, '=') != NULL;
    if (option < 0) {
        const char *near = a->asked_count == 0 ? "help" : nearest_name(bytes_of_text(word + 2), a->asked, a->asked_count, sizeof a->asked[0]);
        fprintf(stderr, either("kith %s: there is no option %s; did you mean --%s?\n", "kith %s:没有选项 %s;是不是 --%s?\n"), a->verb->name, word, near);
        return false;
    }
    if (a->asked_flag[option] && has_equals)
        fprintf(stderr, either("kith %s: --%s takes no value\n", "kith %s:--%s 不带值\n"), a->verb->name, a->asked[option]);
    else if (!a->asked_flag[option] && !has_equals && !has_value_behind(a, at))
        fprintf(stderr, either("kith %s: --%s wants a value\n", "kith %s:--%s 需要一个值\n"), a->verb->name, a->asked[option]);
    else
        return true;
    return false;
}

bool arguments_finished(struct arguments *a)
{
    for (int i = 0; i < a->count; i++)
        if (strncmp(a->words[i], "--", 2) == 0 && !option_is_good(a, i))
            return false;
    const char *left = argument_next(a);
    if (left != NULL)
        fprintf(stderr, either("kith %s: what is '%s'?\n", "kith %s:'%s' 是什么?\n"), a->verb->name, left);
    return left == NULL;
}

bool speaks_chinese(void)
{
    static const char *const variables[] = {"KITH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && *value != 0)
            return strncmp(value, "zh", 2) == 0;
    }
    return false;
}

const char *either(const char *en, const char *zh)
{
    return speaks_chinese() ? zh : en;
}

int say_failure(struct status s, const struct err *e)
{
    struct arena *a = arena_create(ERR_TEXT_BYTES_MAX);
    fprintf(stderr, either("kith: %s\n", "kith:%s\n"), reason_said(a, e->text));
    arena_destroy(a);
    switch (s.code) {
    case STATUS_CORRUPT:
        return EXIT_DAMAGED;
    case STATUS_FULL:
    case STATUS_EXISTS:
        return EXIT_BUSY;
    case STATUS_UNAVAILABLE:
        return EXIT_UNREACHABLE;
    default:
        return EXIT_REFUSED;
    }
}

int say_usage(const struct verb *v)
{
    fprintf(stderr, "%s: kith %s %s\n", either("usage", "用法"), v->name, v->usage);
    return EXIT_USAGE;
}

fallible size_parse(const char *text, size_t *out_bytes, struct err *e)
{
    char *end = NULL;
    double number = strtod(text, &end);
    static const char units[] = "KMGT";
    const char *unit = *end == 0 ? NULL : strchr(units, *end & ~0x20);
    bool good = end != text && number > 0 && (*end == 0 || (unit != NULL && (end[1] == 0 || strcmp(end + 1, "iB") == 0 || strcmp(end + 1, "B") == 0)));
    if (!good)
        return FAIL(e, INVALID, "'%s' is not a size: want 512M or 4G", text);
    for (int i = 0; unit != NULL && i <= unit - units; i++)
        number *= 1024;
    if (number > 1e15)
        return FAIL(e, INVALID, "'%s' is more memory than there is", text);
    *out_bytes = (size_t)number;
    return DONE;
}

fallible argument_size(struct arguments *a, const char *name, size_t *out_bytes, struct err *e)
{
    const char *text = argument_option(a, name);
    return text == NULL ? DONE : WRAP(e, size_parse(text, out_bytes, e), "--%s", name);
}
