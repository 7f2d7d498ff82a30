/* For the tests of codecs: a request's body goes in, envelopes come out as the public JSON. */
#pragma once

#include <stdlib.h>

#include "base/time.h"
#include "edge/codec/codec.h"
#include "testing/test.h"

#define RECEIVED_US INT64_C(1795316645678000) /* 2026-11-22T03:04:05.678Z */
#define SECRET UINT64_C(0x6b697468)

struct rig {
    struct codec codec;
    struct codec_context context;
    struct codec_batch batch;
    struct buf text;
    struct err e;
};

static inline struct rig *rig_create(void)
{
    struct rig *r = calloc(1, sizeof *r);
    assert(r != NULL);
    r->codec = (struct codec){.parser = json_parser_create(16u << 20), .draft = draft_create()};
    assert(r->codec.parser != NULL && r->codec.draft != NULL);
    r->context = (struct codec_context){.secret = SECRET, .source = BYTES_LIT("shop"), .received_us = RECEIVED_US};
    r->context.rules = id_types_builtin(&r->context.rule_count);
    codec_batch_init(&r->batch, 32u << 20);
    buf_init(&r->text, 4u << 20);
    return r;
}

static inline void rig_destroy(struct rig *r)
{
    json_parser_destroy(r->codec.parser);
    draft_destroy(r->codec.draft);
    codec_batch_fini(&r->batch);
    buf_fini(&r->text);
    free(r);
}

/* Into a batch that is empty first. */
static inline struct status rig_segment(struct rig *r, struct bytes body, enum segment_call call)
{
    codec_batch_clear(&r->batch);
    return segment_read(&r->codec, &r->context, body, call, &r->batch, &r->e);
}

static inline struct status rig_native(struct rig *r, struct bytes body)
{
    codec_batch_clear(&r->batch);
    return native_read(&r->codec, &r->context, body, &r->batch, &r->e);
}

static inline struct bytes rig_packed(const struct rig *r, size_t i)
{
    return bytes_of(r->batch.packed.data + r->batch.events[i].offset, r->batch.events[i].size);
}

/* The i-th event, whole and good; borrowed from the batch. */
static inline struct envelope rig_event(struct t *t, struct rig *r, size_t i)
{
    struct envelope v = {0};
    if (i >= r->batch.event_count) {
        test_fail(t, __FILE__, __LINE__, "there is no event %zu: %s", i, r->batch.fault_count > 0 ? r->batch.faults[0].words : r->e.text);
        return v;
    }
    CHECK_DONE(t, envelope_unpack(rig_packed(r, i), &v, &r->e), &r->e);
    CHECK_DONE(t, envelope_check(&v, &r->e), &r->e);
    return v;
}

static inline struct bytes record_text(struct rig *r, struct bytes record)
{
    struct unpack u = unpack_of(record);
    struct value v = {.kind = VALUE_OBJECT};
    struct json_writer w;
    if (record.size > 0) {
        v.count = unpack_varint32(&u);
        v.body = unpack_rest(&u);
    }
    buf_clear(&r->text);
    json_writer_init(&w, &r->text, false);
    value_print(&v, &w);
    return buf_bytes(&r->text);
}

/* The value of the event's identifier of this type, among the person's own; empty: there is none. */
static inline struct bytes id_of(const struct envelope *v, uint16_t type)
{
    for (uint32_t i = 0; i < v->id_count; i++)
        if (v->ids[i].type == type)
            return v->ids[i].value;
    return BYTES_NONE;
}

#define CHECK_RECORD(t, r, record, text) CHECK_BYTES((t), record_text((r), (record)), BYTES_LIT(text))
