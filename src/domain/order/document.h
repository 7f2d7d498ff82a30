/* Private to order: an order as its row holds it, what a version does to it, and where the row lies. docs/formats/order.md. */
#pragma once

#include "domain/order/order.h"
#include "engine/ahead.h"

struct document {
    struct order_key key;
    uint32_t number;      /* of its row; 0: it has none yet */
    uint8_t probe;        /* which of the hashes of its key leads to it, or is free */
    struct bytes raw;     /* as it stands in the row; empty: it doesn't */
    uint32_t piece_count; /* rows beside its own */
    const uint32_t *pieces;

    bool has_complete; /* lines older than this and not named by it are gone */
    uint64_t complete_version;
    int64_t complete_us;
    bool has_heard; /* an event of the order has found an owner */
    struct hash128 heard;
    bool has_day;
    int32_t day;     /* under which it was counted */
    struct order_lock lock;
    bool buyer_told; /* an event with the buyer's identifiers was derived */
    uint32_t part_count;
    struct order_part *parts; /* in order of (kind, id, sub); removed ones among them */
    uint32_t act_count;
    struct order_act *acts;
};

/* Parts by their places: kind, id, sub. */
int part_compare(const struct order_part *a, const struct order_part *b);

/* --- rows --- */

#define ORDER_PROBES 8u /* so many keys of one hash can be told apart */

extern const struct family order_family, order_index_family, order_piece_family;

/* The order under a key; false: there is none (or what is cold was noted), and *out_document is an empty one. In the view's arena. */
bool document_load(const struct view *v, struct order_key key, struct document *out_document);
struct indexed_row document_ahead(struct order_key key); /* what document_load will read of an order, most often */
bool document_numbered(const struct view *v, uint32_t number, struct document *out_document);
/* Pseudonyms may be longer than what they stand for: who takes a person out of an order has that much more room. */
#define ORDER_LOCKED_BYTES_MAX (ORDER_BYTES_MAX + 4096u)
/* Its bytes, in the arena; none: over `bytes_max`, or of too many sources. Equal documents have equal bytes. */
struct bytes document_encode(const struct document *d, size_t bytes_max, struct arena *arena);
/* The same, within ORDER_LOCKED_BYTES_MAX, of a document that differs from `before`, as it stands in its row, in nothing but what is
 * said before its sources. Cost: a copy. */
struct bytes document_head_encode(const struct document *before, const struct document *d, struct arena *arena);
/* Writes `bytes` (document_encode's), and takes d->number when it has none. */
void document_save(struct step *s, struct document *d, struct bytes bytes);
/* The way back; bodies are taken as they are, and acts looked into. INVALID: not such bytes. */
fallible document_decode(struct bytes bytes, struct arena *arena, struct document *out_document, struct err *e);

void document_remove_touch(const struct view *v, const struct document *d); /* what document_remove reads */
void document_remove(struct step *s, const struct document *d);              /* its rows, and its key unless others lie behind it */

/* --- what a version does --- */

/* What is left of both, in the arena; pure. NULL: a limit stands against it. */
const struct refusal *document_merge(const struct document *d, const struct order_version *v, struct arena *arena,
                                     struct document *out_merged);
extern const struct refusal order_too_many;

/* --- what is in force --- */

void document_in_force(const struct document *d, struct arena *arena, struct order *out_order);
bool part_may_be_new(enum order_part_kind kind); /* by a correction, where no source has said any of it */
/* The owner in force: the last one by hand, else the one heard of. false: nobody. */
bool document_owner(const struct document *d, struct hash128 *out_owner);

/* --- long things in rows of their own --- */
#define PIECE_BYTES 16000u
/* Cuts `bytes` into rows, of which `count` are there already: those stay that are equal. Returns the numbers, in the arena. */
const uint32_t *pieces_put(struct step *s, struct bytes bytes, const uint32_t *numbers, uint32_t count,
                           uint32_t *out_count);
/* false: one isn't there, or is cold and noted. */
bool pieces_read(const struct view *v, const uint32_t *numbers, uint32_t count, size_t size, struct bytes *out_bytes);
