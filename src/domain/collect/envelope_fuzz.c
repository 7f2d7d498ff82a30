/* Any bytes as an envelope: refused, or read without leaving them; then it packs to an envelope that says the same, prints
 * as JSON, and its check comes to an end. */
#include "domain/collect/envelope.h"
#include "lib/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_check(const struct envelope *v, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    envelope_print(v, &w);
    json_object_end(&w);
    assert(out->overflowed || json_writer_finished(&w));
    buf_clear(out);
    json_writer_init(&w, out, false);
    json_array_begin(&w);
    for (uint32_t i = 0; i < v->id_count; i++)
        envelope_id_print(&v->ids[i], true, &w);
    json_array_end(&w);
    assert(out->overflowed || json_writer_finished(&w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope v, back;
    struct envelope_keys keys;
    bool peeked = envelope_peek(bytes_of(data, size), &keys);
    if (failed(envelope_unpack(bytes_of(data, size), &v, NULL)))
        return 0;
    assert(peeked && keys.count <= v.id_count + v.other_count && hash128_equal(keys.message, v.message));
    struct buf once, twice, text;
    buf_init(&once, ENVELOPE_BYTES_MAX);
    buf_init(&twice, ENVELOPE_BYTES_MAX);
    buf_init(&text, 1 << 22);
    (void)failed(envelope_check(&v, NULL));
    print_check(&v, &text);
    if (done(envelope_pack(&v, &once, NULL))) { /* shorter, where the sizes had spare bytes */
        struct status status = envelope_unpack(buf_bytes(&once), &back, NULL);
        assert(done(status));
        status = envelope_pack(&back, &twice, NULL);
        assert(done(status) && bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
        (void)status;
    }
    buf_fini(&once);
    buf_fini(&twice);
    buf_fini(&text);
    return 0;
}
