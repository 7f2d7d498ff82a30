/* Private to analytics: texts as small codes, the same for all threads of a question. A code is given once and stays; which text gets which code
 * is chance, so nothing that is shown may depend on their order. */
#pragma once

#include "base/arena.h"
#include "domain/analytics/question.h"

struct texts *texts_create(size_t bytes_max);
void texts_destroy(struct texts *t); /* NULL is fine */
/* The code of a text, given if need be: any thread; takes a lock. CODE_NONE: there is no room for more. Copies. */
uint32_t texts_code(struct texts *t, struct bytes text);
bool texts_have(const struct texts *t, struct bytes text); /* it has a code; when nobody asks for codes any more */
size_t texts_bytes(const struct texts *t); /* of memory */

/* A thread's own memory of the last codes that it asked for, so that most take no lock. */
#define TEXTS_NEAR 1024u
struct texts_near {
    struct {
        uint64_t hash;
        uint32_t code;
    } slots[TEXTS_NEAR];
};
uint32_t texts_code_near(struct texts *t, struct texts_near *near, struct bytes text);
