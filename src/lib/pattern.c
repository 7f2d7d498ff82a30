#include "lib/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define HEAP_KIB_MAX 1024u /* that a match may take */
#define WORDS_BYTES 128u

/* PCRE2 doesn't tell how many steps it took, so a text is tried with few steps first, and what it is charged for is what it was let take. */
static const uint32_t trial_steps[] = {PATTERN_STEPS_FREE, 10000, PATTERN_STEPS_MAX};

struct pattern {
    pcre2_code *code;
    pcre2_match_context *trials[COUNT_OF(trial_steps)];
};

static void *take(size_t size, void *arena)
{
    return arena_take(arena, size, _Alignof(max_align_t));
}

static void give(void *p UNUSED, void *arena UNUSED)
{
}

/* Characters of a beginning of UTF-8. */
static size_t characters_before(struct bytes text, size_t offset)
{
    size_t count = 0;
    for (size_t i = 0; i < offset && i < text.size; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

fallible pattern_create(struct arena *arena, struct bytes text, struct pattern **out_pattern, struct err *e)
{
    int code;
    PCRE2_SIZE at;
    struct pattern *p = ARENA_NEW(arena, struct pattern);
    if (text.size > PATTERN_BYTES_MAX)
        return FAIL(e, INVALID, "a pattern has at most %u bytes", PATTERN_BYTES_MAX);
    pcre2_general_context *memory = pcre2_general_context_create(take, give, arena);
    pcre2_compile_context *how = pcre2_compile_context_create(memory);
    p->code = pcre2_compile(text.size == 0 ? (const uint8_t *)"" : text.data, text.size,
                            PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &at, how);
    if (p->code == NULL) {
        uint8_t words[WORDS_BYTES] = {0};
        (void)pcre2_get_error_message(code, words, sizeof words);
        return FAIL(e, INVALID, "at character %zu of the pattern: %s", characters_before(text, at) + 1,
                    (const char *)words);
    }
    for (size_t i = 0; i < COUNT_OF(trial_steps); i++) {
        p->trials[i] = pcre2_match_context_create(memory);
        (void)pcre2_set_match_limit(p->trials[i], trial_steps[i]);
        (void)pcre2_set_heap_limit(p->trials[i], HEAP_KIB_MAX);
    }
    *out_pattern = p;
    return DONE;
}

static bool is_short_of_steps(int found)
{
    return found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT || found == PCRE2_ERROR_HEAPLIMIT ||
           found == PCRE2_ERROR_NOMEMORY;
}

static bool may_take(struct pattern_budget *b, size_t trial)
{
    uint64_t steps = trial == 0 ? 0 : trial_steps[trial];
    if (b->steps < steps)
        return false;
    b->steps -= steps;
    return true;
}

bool pattern_match(const struct pattern *p, struct bytes text, struct pattern_budget *budget)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    int found = PCRE2_ERROR_NOMEMORY;
    for (size_t i = 0; match != NULL && is_short_of_steps(found) && i < COUNT_OF(trial_steps) && may_take(budget, i); i++)
        found = pcre2_match(p->code, text.size == 0 ? (const uint8_t *)"" : text.data, text.size, 0, 0, match, p->trials[i]);
    pcre2_match_data_free(match);
    budget->is_spent |= is_short_of_steps(found);
    return found >= 0;
}
