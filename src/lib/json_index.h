/* What the C++ side offers to json_*.c, and to nobody else: simdjson's first stage, and numbers as text.
 *
 * simdjson chooses the code for this processor by itself when it is first used (AVX-512, AVX2, SSE4.2 or plain). Only
 * its first stage is used: it checks the UTF-8 and that strings close, and says where each token begins. The second
 * stage, which simdjson does by building a tape with copied strings and parsed numbers, is json_build.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_index;

enum json_index_result {
    JSON_INDEX_DONE,
    JSON_INDEX_EMPTY,   /* nothing but white space */
    JSON_INDEX_REFUSED, /* invalid UTF-8, a control character in a string, or a string without an end */
    JSON_INDEX_NO_MEMORY,
};

struct json_index *json_index_create(void);        /* NULL: no memory */
void json_index_destroy(struct json_index *index); /* NULL is fine */

/* The offsets of brackets, braces, commas, colons and first bytes of strings and other scalars, ascending, each outside
 * of strings; then `size` once more, as a mark. A closing quote is not among them. Reads no byte beyond text + size.
 * Borrowed until the next run. */
enum json_index_result json_index_run(struct json_index *index, const uint8_t *text, size_t size,
                                      const uint32_t **out_tokens, size_t *out_count);

/* The double nearest to a valid JSON number; false when it is beyond the largest or so near 0 that none is nearest. */
bool json_double_of_text(const uint8_t *text, size_t size, double *out);

#define JSON_DOUBLE_TEXT_BYTES_MAX 32
/* The fewest digits that read back as `x`, which is finite; fixed notation from 1e-5 up to 1e15, else scientific.
 * Returns the bytes written, without a NUL. */
size_t json_text_of_double(double x, char out_text[JSON_DOUBLE_TEXT_BYTES_MAX]);

#ifdef __cplusplus
}
#endif
