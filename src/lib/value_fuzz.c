/* Any bytes: as a packed value and as a record they are read without leaving them, and what is good prints as JSON; as JSON
 * text they pack to a value that prints and packs to the same bytes again. */
#include "lib/json.h"
#include "lib/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (1 << 20)

static void print(const struct value *v, struct buf *out)
{
    struct json_writer w;
    buf_clear(out);
    json_writer_init(&w, out, false);
    value_print(v, &w);
    assert(out->overflowed || json_writer_finished(&w));
}

static void packed_check(struct bytes packed, struct buf *text)
{
    struct unpack u = unpack_of(packed), whole = u;
    struct value v = unpack_value(&u), found;
    (void)unpack_value_bytes(&whole);
    assert(u.bad == whole.bad && (u.bad || u.at == whole.at));
    print(&v, text);
    bool is_there = record_find(packed, BYTES_LIT("a"), &found);
    if (is_there)
        print(&found, text);
    assert(value_compare(packed, packed) == 0);
}

static void text_check(struct json_parser *p, struct bytes text, struct buf *once, struct buf *printed, struct buf *twice)
{
    struct json root;
    if (failed(json_parse(p, text, &root, NULL)))
        return;
    buf_clear(once);
    if (failed(value_pack_json(once, &root, NULL)) || once->overflowed)
        return;
    struct unpack u = unpack_of(buf_bytes(once));
    struct value v = unpack_value(&u);
    assert(unpack_finished(&u));
    print(&v, printed);
    if (printed->overflowed)
        return;
    struct status status = json_parse(p, buf_bytes(printed), &root, NULL);
    assert(done(status));
    buf_clear(twice);
    status = value_pack_json(twice, &root, NULL);
    assert(done(status) && bytes_equal(buf_bytes(once), buf_bytes(twice)));
    (void)status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_parser *p = json_parser_create(64 * BYTES_MAX);
    struct buf once, printed, twice;
    assert(p != NULL);
    buf_init(&once, BYTES_MAX);
    buf_init(&printed, 16 * BYTES_MAX);
    buf_init(&twice, BYTES_MAX);
    packed_check(bytes_of(data, size), &printed);
    text_check(p, bytes_of(data, size), &once, &printed, &twice);
    buf_fini(&once);
    buf_fini(&printed);
    buf_fini(&twice);
    json_parser_destroy(p);
    return 0;
}
