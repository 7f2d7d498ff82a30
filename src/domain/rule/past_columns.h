/* Private to rule: the past out of columns, which tell in a few bytes what an envelope tells in hundreds. They are asked where they say exactly what the
 * events themselves say: of features without a value (counts, days, sequences, when it was first or last), of sums and extremes of numbers that no column has as
 * doubles, and of texts that are keys (distinct, most frequent), under conditions that are alike (filter.h). Lists, items, values of what is first or last, and other values that are keys, envelopes tell. */
#pragma once

#include "domain/analytics/analytics.h"
#include "domain/column/column.h"
#include "domain/rule/past.h"

/* Sets io_feature->columns where columns may be asked; a feature that they can't tell after all loses it as they are read. The reader's arena and names live as long as the feature. */
void past_columns_take(struct past_feature *io_feature, const struct filter_reader *reader);
bool past_columns_any(const struct past *p); /* of any feature */

struct past_columns_ask {
    struct past *past;
    struct column_view *view; /* not loaded yet; as of a position behind every `since` */
    struct work_context *work;
    struct past_progress progress;
    int64_t ahead_us; /* later events aren't told */
    /* All items of some people, by person and slot, each once; those of others in no order. One thread at a time. */
    fallible (*each)(void *context, const struct past_item *items, size_t count, struct err *e);
    void (*again)(void *context); /* what was told is to be thrown away: it is told anew, without what differs */
    void *context;
};
struct past_columns_told {
    bool is_whole;  /* false: nothing can be told, or somebody has more than there is memory for: what was told is to be thrown away */
    bool has_ahead; /* there are later events */
};
/* Work's thread; takes a thread a core. Costs what is read: of the months that features look back to the names, times and people, and of what
 * conditions name the columns; of people with so many events that an eighth of the engine's budget hasn't room for a chunk of them, several times. CANCELLED, CORRUPT, UNAVAILABLE as of column_view_load. */
fallible past_columns_read(const struct past_columns_ask *ask, struct past_columns_told *out_told, struct err *e);
