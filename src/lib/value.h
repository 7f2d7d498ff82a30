/* A value as it stands in the log, in rows and in blocks: small, typed, canonical (equal values have equal bytes).
 *
 *   0 null   1 false   2 true
 *   3 decimal      signed varint mantissa, u8 scale (0..6), no trailing zero in the mantissa unless the scale is 0
 *   4 double       8 bytes; only what isn't a decimal by the rule below; never NaN or infinite
 *   5 text         size and bytes: UTF-8, no NUL
 *   6 time         signed varint, microseconds
 *   7 list         varint count, values
 *   8 object       varint count, (size and bytes of the key, value) in the order given; a key stands once
 *
 * Which numbers are decimals (so that sums don't depend on order, and SQL can follow):
 *   1. Digits that say m / 10^s exactly, with s <= 6 and m in 64 bits, are that decimal (SQL: the text as NUMERIC).
 *   2. Otherwise the number is the nearest double; the shortest digits that say this double (what JavaScript, Python and
 *      PostgreSQL print) are looked at by rule 1 again, so 0.10000000000000001 is 0.1; else it stays a double.
 *
 * A record is a packed object without its tag (varint count, then keys and values): what traits, properties and items
 * are. An empty record may be no bytes at all. */
#pragma once

#include "lib/pack.h"

enum value_kind {
    VALUE_NULL,
    VALUE_FALSE,
    VALUE_TRUE,
    VALUE_DECIMAL,
    VALUE_DOUBLE,
    VALUE_TEXT,
    VALUE_TIME,
    VALUE_LIST,
    VALUE_OBJECT,
    VALUE_KIND_COUNT,
};

#define VALUE_DEPTH_MAX 16u
#define VALUE_SCALE_MAX 6u
#define VALUE_MEMBERS_MAX 1024u /* of one object */

struct json;
struct json_writer;

/* A value read: scalars are here, `body` is the text, or the packed members of a list or object (`count` of them). */
struct value {
    enum value_kind kind;
    uint8_t scale;
    int64_t integer; /* mantissa of a decimal, microseconds of a time */
    double real;     /* of a double */
    uint32_t count;
    struct bytes body;
};

/* Of members with the same key the last one counts, as in JavaScript. A failure leaves nothing in `b`.
 * LIMIT: nested deeper than VALUE_DEPTH_MAX, or more than VALUE_MEMBERS_MAX members. INVALID: a text or key with a NUL, a
 * number beyond a double; says where. */
fallible value_pack_json(struct buf *b, const struct json *from, struct err *e);
/* The same without the tag; `from` is an object, else INVALID. An object without members gives no bytes. */
fallible record_pack_json(struct buf *b, const struct json *from, struct err *e);
void value_pack_text(struct buf *b, struct bytes text);
void value_pack_decimal(struct buf *b, int64_t mantissa, uint8_t scale); /* made canonical */
void value_pack_double(struct buf *b, double x);                         /* finite; by rule 2 */
void value_pack_bool(struct buf *b, bool x);
void value_pack_time(struct buf *b, int64_t us);

/* Reads one value; a bad one marks the cursor. Never recursive, so any bytes are safe. */
struct value unpack_value(struct unpack *u);
/* The bytes of one whole value; what is inside is checked on the way. */
struct bytes unpack_value_bytes(struct unpack *u);
/* Reads one member of an object's body, or of a record behind its count. */
struct value unpack_member(struct unpack *u, struct bytes *out_key);

void value_print(const struct value *v, struct json_writer *out); /* as JSON; a time as RFC 3339 */
double value_real(const struct value *v);                         /* the double nearest to a number; 0 otherwise */
/* Total order: by kind (both kinds of number are one), then numbers by size, exactly, texts and the rest by their bytes.
 * Used for ties, so it never says equal for unequal bytes. */
int value_compare(struct bytes a, struct bytes b);
/* Whether the bytes are one whole record and nothing else; none at all are an empty one. */
bool record_is_good(struct bytes record);
uint32_t record_count(struct bytes record); /* members; 0 also for what is no record */
/* Finds `key` in a record; false: not there. O(bytes before it). */
bool record_find(struct bytes record, struct bytes key, struct value *out_value);
