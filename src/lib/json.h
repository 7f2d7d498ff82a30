/* JSON in and out (RFC 8259).
 *
 * Reading: simdjson finds where each token begins (lib/json_index.h); one pass over those places checks the grammar and
 * lays the document out as a flat array of nodes, which the inline functions here walk without a call. Nothing is
 * copied: a string or a number stays where it is in the caller's text, unless it has escapes. So the text must live
 * and stay unchanged as long as the document is read, and the next parse with the same parser ends the document. The
 * text needs no spare bytes behind it.
 *
 * What is taken: one value, white space around it, a byte order mark before it. What is refused, with the place: any
 * other break of the grammar, invalid UTF-8, control characters in strings, more than JSON_DEPTH_MAX levels. What is
 * changed: a \u escape that is half a surrogate pair (scripts that cut an emoji in two send it) becomes U+FFFD.
 * A parser belongs to one thread. */
#pragma once

#include "base/bytes.h"

#define JSON_DEPTH_MAX 64                  /* levels of arrays and objects */
#define JSON_BYTES_MAX (UINT32_C(1) << 31) /* of a text */

enum json_kind {
    JSON_ABSENT, /* no such member; reads as nothing at all */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

enum json_flag {
    JSON_ESCAPED = 1,  /* a string that had escapes */
    JSON_HAS_NUL = 2,  /* a string with a \u0000 in it */
    JSON_FRACTION = 4, /* a number written with a fraction or an exponent */
};

/* One value or key. The nodes of an array's items follow it; those of an object's members follow it as key, value, key,
 * value. */
struct json_node {
    uint32_t at;   /* where it begins; a string: its first byte inside the quotes */
    uint32_t size; /* bytes; a string: without the quotes and escapes */
    uint32_t next; /* the node after this one and all that is in it */
    uint8_t kind;  /* enum json_kind */
    uint8_t flags; /* enum json_flag */
};

struct json_doc {
    const struct json_node *nodes;
    const uint8_t *base[2]; /* what `at` counts from; [1]: for escaped strings */
};

/* A place in a document; two words, passed by value. */
struct json {
    const struct json_doc *doc;
    uint32_t index;
};

extern const struct json_doc json_absent_doc;
#define JSON_NOTHING ((struct json){&json_absent_doc, 0})

struct json_parser;

/* Takes memory as documents need it and keeps it: for each byte of the longest text so far about 10 bytes, 28 at worst
 * (a text of brackets and commas only). NULL: none left. document_bytes_max, 1..JSON_BYTES_MAX, is of a text or line. */
struct json_parser *json_parser_create(size_t document_bytes_max);
void json_parser_destroy(struct json_parser *p); /* NULL is fine */

/* INVALID: not JSON; the words say where and why. LIMIT: too long or too deep. FULL: no memory. */
fallible json_parse(struct json_parser *p, struct bytes text, struct json *out_root, struct err *e);

/* NDJSON: one value a line. A bad line doesn't stop the others. Blank lines are passed over, and counted. */
struct json_lines {
    struct json_parser *parser;
    struct bytes text;     /* whole lines; the last may lack its newline */
    size_t at;             /* of the next line */
    uint64_t line;         /* number of the last line given out */
    size_t block_until;    /* the lines before it are indexed together, if it is beyond `at` */
    size_t block_from;     /* where that index counts from */
    const uint32_t *token; /* the next place in that index */
};

struct json_line {
    uint64_t number;      /* from 1 */
    struct bytes text;    /* without the newline */
    struct status status; /* as of json_parse */
    struct json root;     /* until the next line; JSON_NOTHING when it failed */
};

void json_lines_init(struct json_lines *l, struct json_parser *p, struct bytes text);
bool json_lines_next(struct json_lines *l, struct json_line *out_line, struct err *e); /* false: no more lines */

static inline const struct json_node *json_node(struct json j)
{
    return &j.doc->nodes[j.index];
}

static inline enum json_kind json_kind(struct json j)
{
    return (enum json_kind)json_node(j)->kind;
}

static inline bool json_is(struct json j, enum json_kind kind)
{
    return json_node(j)->kind == kind;
}

/* What the word for a kind is in a message to a person: "a string". */
const char *json_kind_name(enum json_kind kind);

/* The characters of a string; no bytes for anything else, so ask the kind where "" and absent differ. */
static inline struct bytes json_string(struct json j)
{
    const struct json_node *n = json_node(j);
    if (n->kind != JSON_STRING)
        return BYTES_NONE;
    return bytes_of(j.doc->base[n->flags & JSON_ESCAPED] + n->at, n->size);
}

/* A string may hold \u0000: a C string or a name should not. */
static inline bool json_has_nul(struct json j)
{
    return (json_node(j)->flags & JSON_HAS_NUL) != 0;
}

/* The text of a value as it was sent, quotes and escapes and all: a number's digits, a whole object. No bytes for
 * absent, and for a string that had escapes. */
struct bytes json_raw(struct json j);

/* Numbers keep every digit that was sent; what is asked decides what they become. Each is false, and writes nothing,
 * for what is no number or doesn't fit. */
bool json_int64(struct json j, int64_t *out);   /* 12, 12.0 and 1.2e1 fit; 12.5 doesn't */
bool json_uint64(struct json j, uint64_t *out); /* the same from 0 to 2^64-1 */
bool json_double(struct json j, double *out);   /* the nearest; too large for a double doesn't fit */

#define JSON_SCALE_MAX 18

/* value / 10^scale, exactly, with the least scale: 12.30 is 123 and 1. False when it needs more than 64 bits or a scale
 * over scale_max (0..JSON_SCALE_MAX). */
struct json_decimal {
    int64_t value;
    int scale;
};
bool json_decimal(struct json j, int scale_max, struct json_decimal *out);

static inline bool json_bool(struct json j, bool *out)
{
    enum json_kind kind = json_kind(j);
    if (kind != JSON_TRUE && kind != JSON_FALSE)
        return false;
    *out = kind == JSON_TRUE;
    return true;
}

/* Walks an array's items, or an object's members, in the order they were sent. Anything else has none.
 *     for (struct json_walk w = json_members(j); json_member_next(&w, &key, &value);) */
struct json_walk {
    const struct json_doc *doc;
    uint32_t at;
    uint32_t end;
};

static inline struct json_walk json_walk_of(struct json j, enum json_kind kind)
{
    const struct json_node *n = json_node(j);
    return (struct json_walk){j.doc, j.index + 1, n->kind == kind ? n->next : j.index + 1};
}

static inline struct json_walk json_items(struct json array)
{
    return json_walk_of(array, JSON_ARRAY);
}

static inline struct json_walk json_members(struct json object)
{
    return json_walk_of(object, JSON_OBJECT);
}

static inline bool json_item_next(struct json_walk *w, struct json *out_item)
{
    if (w->at >= w->end)
        return false;
    *out_item = (struct json){w->doc, w->at};
    w->at = w->doc->nodes[w->at].next;
    return true;
}

static inline bool json_member_next(struct json_walk *w, struct bytes *out_key, struct json *out_value)
{
    if (w->at >= w->end)
        return false;
    *out_key = json_string((struct json){w->doc, w->at});
    *out_value = (struct json){w->doc, w->at + 1};
    w->at = w->doc->nodes[w->at + 1].next;
    return true;
}

/* Items of an array, members of an object, 0 for the rest. O(what it counts). */
size_t json_count(struct json j);

/* The member of this name; of several with the same name the last, as in JavaScript. JSON_NOTHING when there is none or
 * it is no object. O(members). */
struct json json_find(struct json object, struct bytes key);

/* A path of names and item numbers: "context.traits.email", "items.0.sku". Names with a dot need json_find. */
struct json json_at(struct json root, const char *path);

/* ---- Writing ----
 * Appends to a buffer, putting commas and escapes; what comes out is always valid JSON if the calls nest (that they do
 * is asserted) and the buffer did not overflow (ask `out->overflowed` at the end). */
#define JSON_WRITER_DEPTH_MAX (2 * JSON_DEPTH_MAX) /* a document that was read fits into one of ours */

struct json_writer {
    struct buf *out;
    bool is_pretty; /* two spaces a level, for people */
    bool has_key;   /* a key waits for its value */
    bool has_root;  /* the value is begun, or complete */
    uint8_t depth;  /* open arrays and objects */
    uint8_t levels[JSON_WRITER_DEPTH_MAX];
};

void json_writer_init(struct json_writer *w, struct buf *out, bool is_pretty);
bool json_writer_finished(const struct json_writer *w); /* one whole value has been written */

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key); /* UTF-8, as every text here */
void json_key_bytes(struct json_writer *w, struct bytes key);

void json_push_text(struct buf *out,
                    struct bytes text); /* a string by itself, without a writer, as json_put_string has it */
void json_put_string(struct json_writer *w, struct bytes text); /* what is no UTF-8 becomes U+FFFD */
void json_put_text(struct json_writer *w, const char *text);
void json_put_int64(struct json_writer *w, int64_t x);
void json_put_uint64(struct json_writer *w, uint64_t x);
void json_put_decimal(struct json_writer *w, struct json_decimal x); /* with all its digits: 12.30 */
void json_put_double(struct json_writer *w, double x); /* shortest that reads back the same; NaN, infinity: null */
void json_put_bool(struct json_writer *w, bool x);
void json_put_null(struct json_writer *w);
void json_put_raw(struct json_writer *w, struct bytes json); /* one value that is JSON already; not checked */
void json_put(struct json_writer *w, struct json value);     /* a copy of what was read; absent: null */
