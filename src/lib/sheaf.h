/* A sheaf: the series of sixteen neighbouring slots, written together. What one event adds to several series has one day, one count, often one value: it is
 * written once. Whoever owns a sheaf says which slots are in it; a series comes out with the bytes that it went in with.
 *
 * Only short series share, so that a sheaf costs the same to read and to write however busy somebody is: of at most SHEAF_SLOTS times
 * SHEAF_TOGETHER_MAX entries, and a copy of the rest. Format: docs/formats/series.md. */
#pragma once

#include "lib/series.h"

#define SHEAF_SLOTS 16u
#define SHEAF_TOGETHER_MAX 8u /* entries of a series: a longer one lies in the sheaf as it is */

enum sheaf_place {
    SHEAF_NOTHING,
    SHEAF_TOGETHER,  /* its entries lie among those of the others */
    SHEAF_APART,     /* its bytes lie in the sheaf as they are */
    SHEAF_ELSEWHERE, /* it lies outside; the sheaf only says that it is there */
};
struct sheaf_slot {
    enum sheaf_place place;
    /* Of SHEAF_TOGETHER; the list has room for SHEAF_TOGETHER_MAX, and is the sheaf's own. */
    enum series_kind kind;
    bool is_keyed;
    uint32_t count;
    struct series_entry *entries;
    struct bytes series; /* of SHEAF_APART; borrowed */
};
struct sheaf {
    struct sheaf_slot slots[SHEAF_SLOTS];
};

/* Below, a sheaf of zeros has nothing. What is put and added is borrowed, lists of entries lie in the arena. */

/* A series in the place of what the slot had; no bytes: nothing. */
void sheaf_put(struct sheaf *s, uint32_t slot, const struct series_shape *shape, struct bytes series, struct arena *a);
/* As series_add to the series of the slot, which isn't elsewhere and is of this shape. */
void sheaf_add(struct sheaf *s, uint32_t slot, const struct series_shape *shape, const struct series_entry *entry,
               int64_t oldest, struct arena *a);
/* The series of a slot that isn't elsewhere; `shape` is what it is of. */
struct series_walk sheaf_walk(const struct sheaf *s, uint32_t slot, const struct series_shape *shape);
struct bytes sheaf_series(const struct sheaf *s, uint32_t slot, struct arena *a); /* the same as bytes */
uint32_t sheaf_count(const struct sheaf *s);                                      /* of slots that have anything */

size_t sheaf_bytes_max(const struct sheaf *s); /* that sheaf_pack writes */
/* The same series at the same places give the same bytes. Of a sheaf of nothing: no bytes. */
void sheaf_pack(const struct sheaf *s, struct buf *out);
/* Borrows the bytes. false: they are no sheaf; *out_sheaf is then of no use. */
bool sheaf_unpack(struct bytes packed, struct arena *a, struct sheaf *out_sheaf);
