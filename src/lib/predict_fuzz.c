/* Any bytes, with a check that fits, are no model, or one that scores and gives reasons without leaving its memory, and packs to bytes that give the same again. */
#include <stdlib.h>

#include "base/hash.h"
#include "lib/predict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (1u << 20)

static struct buf packed(const struct prediction *p)
{
    struct buf out;
    buf_init(&out, BYTES_MAX);
    prediction_pack(p, &out);
    assert(!out.overflowed);
    return out;
}

static void use(const struct prediction *p)
{
    uint32_t columns = prediction_facts(p)->columns;
    float row[FEATURES_MAX];
    struct reason reasons[3];
    for (int turn = 0; turn < 3; turn++) {
        for (uint32_t c = 0; c < columns; c++)
            row[c] = turn == 0 ? NAN : (float)(turn * (int)c - 3);
        uint32_t count = prediction_reasons(p, row, reasons, COUNT_OF(reasons));
        for (uint32_t i = 0; i < count; i++)
            assert(prediction_feature(p, reasons[i].column)[0] != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prediction *p = NULL, *again = NULL;
    struct buf bytes;
    buf_init(&bytes, BYTES_MAX);
    buf_push(&bytes, BYTES_LIT("KPRD"));
    buf_push(&bytes, bytes_of(data, size));
    uint32_t check = crc32c(0, buf_bytes(&bytes));
    buf_push(&bytes, bytes_of(&check, sizeof check));
    if (!bytes.overflowed && done(prediction_unpack(buf_bytes(&bytes), &p, NULL))) {
        use(p);
        struct buf once = packed(p);
        struct status status = prediction_unpack(buf_bytes(&once), &again, NULL);
        assert(done(status));
        struct buf twice = packed(again);
        assert(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
        buf_fini(&once), buf_fini(&twice);
        (void)status;
    }
    prediction_destroy(p), prediction_destroy(again);
    buf_fini(&bytes);
    return 0;
}
