/* Any bytes: both readers agree on them, as a document and as lines, and reading never leaves the text. */
#include "lib/json_naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (1 << 20)

static void document_check(struct json_parser *p, struct bytes text, struct buf *want, struct buf *got)
{
    struct json root;
    struct err e = {{0}};
    bool is_json = naive_document(text, want);
    bool is_read = done(json_parse(p, text, &root, &e));
    assert(is_json == is_read);
    if (!is_read)
        return;
    buf_clear(got);
    form_of(root, got);
    assert(bytes_equal(buf_bytes(got), buf_bytes(want)));
    struct json_writer w;
    buf_clear(got);
    json_writer_init(&w, got, text.size % 2 == 0);
    json_put(&w, root);
    assert(got->overflowed || json_writer_finished(&w));
}

static void lines_check(struct json_parser *p, struct bytes text, struct buf *want, struct buf *got)
{
    struct json_lines l;
    struct json_line line;
    struct err e = {{0}};
    json_lines_init(&l, p, text);
    while (json_lines_next(&l, &line, &e)) {
        bool is_json = naive_read(line.text, want); /* a mark before the first is not in its text */
        assert(is_json == done(line.status));
        if (!is_json)
            continue;
        buf_clear(got);
        form_of(line.root, got);
        assert(bytes_equal(buf_bytes(got), buf_bytes(want)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_parser *p = json_parser_create(BYTES_MAX);
    struct buf want, got;
    buf_init(&want, 64 * BYTES_MAX);
    buf_init(&got, 64 * BYTES_MAX);
    assert(p != NULL);
    if (size <= BYTES_MAX) {
        document_check(p, bytes_of(data, size), &want, &got);
        lines_check(p, bytes_of(data, size), &want, &got);
    }
    buf_fini(&want);
    buf_fini(&got);
    json_parser_destroy(p);
    return 0;
}
