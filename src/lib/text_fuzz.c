#include <assert.h>

#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out of each is UTF-8, and comes out the same when it goes in again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 16);
    struct bytes text = bytes_of(data, size), once, twice;
    if (done(text_fold(text, a, &once, NULL))) {
        assert(text_is_utf8(text) && text_is_utf8(once));
        assert(done(text_fold(once, a, &twice, NULL)) && bytes_equal(once, twice));
    }
    if (done(email_normalise(text, a, &once, NULL)))
        assert(done(email_normalise(once, a, &twice, NULL)) && bytes_equal(once, twice));
    if (done(text_of_gb18030(text, a, &once, NULL)))
        assert(text_is_utf8(once));
    once = text_simplify(text, a);
    assert(once.size == size && text_find_bad(once) == text_find_bad(text));
    if (text_is_utf8(text)) {
        assert(text_is_utf8(text_cut(text, size / 2)));
        assert(text_find_control(text, TEXT_MANY_LINES) >= text_find_control(text, TEXT_ONE_LINE));
    }
    arena_destroy(a);
    return 0;
}
