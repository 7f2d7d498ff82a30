/* For the fuzz targets of codecs: what came out of any bytes is envelopes that can be read whole. */
#pragma once

#include "edge/codec/codec.h"

static inline struct codec codec_create(void)
{
    struct codec k = {.parser = json_parser_create(1 << 20), .draft = draft_create()};
    assert(k.parser != NULL && k.draft != NULL);
    return k;
}

static inline void codec_destroy(struct codec *k)
{
    json_parser_destroy(k->parser);
    draft_destroy(k->draft);
}

static inline struct codec_context any_context(void)
{
    struct codec_context c = {.secret = 7, .source = BYTES_LIT("s"), .received_us = INT64_C(1795316645678000)};
    c.rules = id_types_builtin(&c.rule_count);
    return c;
}

static inline void batch_check(const struct codec_batch *b)
{
    for (size_t i = 0; i < b->event_count; i++) {
        struct envelope v;
        struct bytes packed = bytes_of(b->packed.data + b->events[i].offset, b->events[i].size);
        struct status unpacked = envelope_unpack(packed, &v, NULL), checked = envelope_check(&v, NULL);
        assert(done(unpacked) && done(checked));
    }
}
