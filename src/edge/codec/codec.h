/* Codecs: what SDKs, files and programs send -> packed envelopes. docs/guide/collect.md, docs/formats/wire-segment.md.
 *
 * A bad event never costs the good ones of its request: it becomes a fault with its place. A whole request fails only
 * when its body isn't JSON at all or passes a bound (LIMIT). Borrowed: the body must live as long as the call. */
#pragma once

#include "edge/codec/draft.h"

#define REQUEST_EVENTS_MAX 5000u

/* The parser and draft of one thread. */
struct codec {
    struct json_parser *parser;
    struct draft *draft;
};

/* Kith's own: one event an NDJSON line, or one JSON array of events. */
fallible native_read(struct codec *k, const struct codec_context *c, struct bytes body, struct codec_batch *out, struct err *e);

/* Segment's: the calls of its spec. CALL_BATCH is {"batch":[…]} whose events name their calls. */
enum segment_call { CALL_BATCH, CALL_TRACK, CALL_IDENTIFY, CALL_PAGE, CALL_SCREEN, CALL_GROUP, CALL_ALIAS, CALL_COUNT };
fallible segment_read(struct codec *k, const struct codec_context *c, struct bytes body, enum segment_call call,
                      struct codec_batch *out, struct err *e);
/* The write key that a body names, for SDKs that send it nowhere else; empty: none. Parses the body once more. */
struct bytes segment_write_key(struct codec *k, struct bytes body);
