/* Private to rule: the past out of columns, which tell in a few bytes what an envelope tells in hundreds. They are asked where they say exactly what the
 * events themselves say: of features without a value (counts, days, sequences, when it was first or last), under conditions that are alike (filter.h). */
#pragma once

#include "domain/analytics/analytics.h"
#include "domain/column/column.h"
#include "domain/rule/past.h"

/* Sets io_feature->columns where columns may be asked. The reader's arena and names live as long as the feature. */
void past_columns_take(struct past_feature *io_feature, const struct filter_reader *reader);
bool past_columns_any(const struct past *p); /* of any feature */

struct past_columns_ask {
    const struct past *past;
    struct column_view *view; /* not loaded yet; as of a position behind every `since` */
    struct work_context *work;
    struct past_progress progress;
    int64_t ahead_us; /* later events aren't told */
    /* All items of some people, by person and slot, each once; those of others in no order. One thread at a time. */
    fallible (*each)(void *context, const struct past_item *items, size_t count, struct err *e);
    void *context;
};
struct past_columns_told {
    bool is_whole;  /* false: some block isn't alike, or somebody has more than there is memory for: what was told is to be thrown away */
    bool has_ahead; /* there are later events */
};
/* Work's thread; takes a thread a core. Costs what is read: of the months that features look back to the names, times and people, and of what
 * conditions name the columns; of people with so many events that an eighth of the engine's budget hasn't room for a chunk of them, several times. CANCELLED, CORRUPT, UNAVAILABLE as of column_view_load. */
fallible past_columns_read(const struct past_columns_ask *ask, struct past_columns_told *out_told, struct err *e);
