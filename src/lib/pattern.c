#include "lib/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define HEAP_KIB_MAX 1024u /* that a match may take */
#define WORDS_BYTES 128u

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
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
    p->limits = pcre2_match_context_create(memory);
    (void)pcre2_set_match_limit(p->limits, PATTERN_STEPS_MAX);
    (void)pcre2_set_heap_limit(p->limits, HEAP_KIB_MAX);
    *out_pattern = p;
    return DONE;
}

enum pattern_answer pattern_match(const struct pattern *p, struct bytes text)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (match == NULL)
        return PATTERN_TOO_LONG;
    int found = pcre2_match(p->code, text.size == 0 ? (const uint8_t *)"" : text.data, text.size, 0, 0, match,
                            p->limits);
    pcre2_match_data_free(match);
    if (found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT || found == PCRE2_ERROR_HEAPLIMIT ||
        found == PCRE2_ERROR_NOMEMORY)
        return PATTERN_TOO_LONG;
    return found >= 0 ? PATTERN_YES : PATTERN_NO;
}
