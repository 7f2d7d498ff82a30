/* Private to listing: the section of a person, as strands. A strand is what was said of one list under one identifier. Strands are sets, so adding is commutative
 * and associative: a merge of two people is the union, a split parts them by their owners. Layout: docs/formats/listing.md. */
#pragma once

#include "domain/listing/listing.h"

struct listing_strand {
    struct hash128 owner;
    uint32_t list;
    uint32_t act_count;
    struct listing_act acts[LISTING_ACTS_MAX]; /* newest first */
};
struct listing_strands {
    struct listing_strand *list; /* by (owner, list) */
    uint32_t count, room;
    uint32_t *dropped; /* lists of those that encoding dropped, in the arena; one may stand there twice */
    uint32_t dropped_count, dropped_room;
};

struct listing_strands listing_strands_decode(struct bytes section, struct arena *a);          /* of our own bytes */
bool listing_strands_read(struct bytes section, struct arena *a, struct listing_strands *out); /* false: it isn't one */
/* Drops from `s` what LISTINGS_MAX and ROW_BYTES_MAX have no room for, and notes of which lists. */
struct bytes listing_strands_encode(struct listing_strands *s, struct arena *a);
/* The strand of this owner and list, an empty one where there is none. Borrowed until the next call. */
struct listing_strand *listing_strand_at(struct listing_strands *s, struct hash128 owner, uint32_t list,
                                         struct arena *a);
bool listing_strand_add(struct listing_strand *strand,
                        const struct listing_act *act); /* true: it was new and is kept */
void listing_strands_add(struct listing_strands *s, const struct listing_strand *more, struct arena *a);
struct bytes listing_strands_merge(struct bytes x, struct bytes y, struct arena *a);

int listing_act_compare(const struct listing_act *x, const struct listing_act *y); /* newest first */
void listing_acts_pack(struct buf *b, const struct listing_act *acts, uint32_t count);
/* Returns how many; marks `u` where they are none, or out of order. */
uint32_t listing_acts_unpack(struct unpack *u, struct listing_act acts[LISTING_ACTS_MAX]);
