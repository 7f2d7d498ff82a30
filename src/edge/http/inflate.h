/* Compressed request bodies. Many collection clients send gzip, and not all of them say so. */
#pragma once

#include "base/bytes.h"

/* By its first bytes, 1f 8b: no JSON, form or text starts so. */
bool body_is_gzip(struct bytes in);

/* Adds what `in` holds to `out`: gzip (also several members in a row) or zlib. Adds at most size_max bytes (and never
 * passes the buffer's own bound); at a failure adds nothing. About 40 KiB of working memory during the call.
 * INVALID: neither format, damaged, cut short, or followed by something else. LIMIT: it holds more than that.
 * FULL: no memory. */
fallible body_inflate(struct bytes in, size_t size_max, struct buf *out, struct err *e);
