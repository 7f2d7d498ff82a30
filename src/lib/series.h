/* A series: what is kept of some events so that windows over them can be answered later: entries in order of time, each with a payload that
 * adds up (docs/adr/0020-rules-keep-mergeable-features.md). One event is a series of one entry, and adding it is merging with it.
 *
 * Merging is commutative and associative, and so is what the bound does: of more than `most` entries those that come first in their order
 * stay. So whatever the order of arrival, and however it was cut in parts, the same events give the same bytes.
 *
 * An entry stands for a bucket (0 for ever, the number of a day, a moment in microseconds) and, of a keyed series, a key: a value, an order, a
 * message. Entries lie from the newest bucket to the oldest, within a bucket by key: what comes now touches the front alone, and who asks about a
 * window stops where it begins. Format: docs/formats/series.md. */
#pragma once

#include "base/arena.h"

struct unpack;

#define SERIES_KEY_BYTES_MAX 68u
#define SERIES_VALUE_BYTES_MAX 255u
#define SERIES_MOST_MAX 4096u
#define SERIES_BUCKET_MAX (INT64_C(1) << 60) /* buckets lie in [-SERIES_BUCKET_MAX, SERIES_BUCKET_MAX] */

__extension__ typedef __int128 series_wide; /* pedantic compilers want to be told */

enum series_kind {
    SERIES_COUNT,    /* how many */
    SERIES_SUM,      /* how many, and the sum of their numbers */
    SERIES_LEAST,    /* the least number */
    SERIES_GREATEST, /* the greatest */
    SERIES_FIRST,    /* the value of the first by (time, tie, value) */
    SERIES_LAST,     /* of the last */
    SERIES_BITS,     /* which of up to 64 things were so */
    SERIES_KIND_COUNT
};

struct series_shape {
    enum series_kind kind;
    bool is_keyed;
    uint32_t most; /* entries, 1 … SERIES_MOST_MAX */
};

struct series_entry {
    int64_t bucket;
    struct bytes key;   /* of a keyed series; at most SERIES_KEY_BYTES_MAX */
    uint64_t count;     /* of counts and sums: at least 1; stays at its greatest. Of bits: the bits */
    series_wide sum;    /* of sums */
    int64_t number;     /* of the least and the greatest; of the first and the last their time */
    uint32_t tie;       /* of the first and the last: which of those of one time comes first */
    struct bytes value; /* of the first and the last; at most SERIES_VALUE_BYTES_MAX */
};

/* All below: what is returned lives in the arena, or is one of the arguments. Nothing of a bucket under `oldest` comes in, and what is there of such
 * goes whenever an entry comes; -SERIES_BUCKET_MAX: all stay. Bytes are the owner's own: what isn't a series of this shape is an assertion.
 * No bytes: no entries. */

/* Of an entry that is there already costs what lies before it, and a copy of the rest; of a new one O(n). */
struct bytes series_add(const struct series_shape *shape, struct bytes series, const struct series_entry *entry,
                        int64_t oldest, struct arena *a);
struct bytes series_merge(const struct series_shape *shape, struct bytes x, struct bytes y, int64_t oldest,
                          struct arena *a);
/* The series of entries that come in its order, behind what `out` has; of one bucket and key there may be several, one behind the other. O(n). Returns its size: 0
 * where nothing comes in. */
size_t series_pack(const struct series_shape *shape, const struct series_entry *entries, size_t count, int64_t oldest,
                   struct buf *out);
/* Without the entries whose keys begin with these bytes: O(n). */
struct bytes series_without(const struct series_shape *shape, struct bytes series, struct bytes beginning,
                            struct arena *a);
uint32_t series_count(struct bytes series); /* of entries */

/* Entries newest first: of bytes, or of a list of somebody who has read them already. */
struct series_walk {
    struct bytes left;
    const struct series_entry *entries; /* the next one; NULL: they are in `left` */
    const struct series_shape *shape;
    uint32_t count; /* still to come */
    int64_t bucket; /* of the last one */
    bool is_under_way;
};
struct series_walk series_walk(const struct series_shape *shape, struct bytes series);
struct series_walk series_walk_list(const struct series_shape *shape, const struct series_entry *list, uint32_t count);
bool series_next(struct series_walk *w, struct series_entry *out_entry); /* borrowed from the series; false: no more */
/* Newer buckets come first, then smaller keys; 0: of one place. What is there of it then takes the other one in. */
int series_entry_order(const struct series_entry *x, const struct series_entry *y);
void series_entry_join(enum series_kind kind, struct series_entry *io, const struct series_entry *more);
/* Whether the bytes are a series of this shape, in order and within all bounds. */
bool series_is_good(const struct series_shape *shape, struct bytes series);

/* What the entries of buckets in [from, until] are together. */
struct series_total {
    uint32_t entries;
    uint32_t buckets; /* distinct ones */
    uint64_t count;   /* of counts and sums; of bits all that are set in any */
    series_wide sum;
    struct series_entry best; /* of the least, the greatest, the first and the last: it; borrowed. entries 0: nothing */
};
struct series_total series_total(struct series_walk walk, int64_t from, int64_t until);

/* A number as sums are written: at most 19 bytes, few where it ends in zeros. Unpacking sets `bad` of what is none. */
void series_wide_pack(struct buf *b, series_wide number);
series_wide series_wide_unpack(struct unpack *u);
