/* Private to rule: the series of a person's features, as they lie in the section `features` and beside it. A short series stands in the section; a long
 * one has a row of its own, so that what a busy person does elsewhere costs nothing here. docs/formats/rule.md */
#pragma once

#include "domain/rule/rule.h"

extern const struct family long_feature_family; /* KEYED: person (4, BE), slot (4, BE) -> a series */

#define FEATURE_LONG_BYTES 256u   /* a series over it gets a row of its own, and keeps it until it is half as long */
#define FEATURES_INLINE_MAX 6144u /* of the section: beyond, the longest series leave it too */
#define FEATURE_SLOTS_MAX 1500u   /* of one person: beyond, those of the largest numbers are left out, and counted */

/* Of which shape a slot is now, and what of it is of no use any more. false: the feature is over, and what is kept of it goes. */
struct slot_rules {
    void *context;
    bool (*find)(void *context, uint32_t slot, const struct series_shape **out_shape, int64_t *out_oldest);
};

/* The series of a slot; borrowed from the view, in its arena. O(slots before it). */
struct bytes person_feature(const struct view *v, uint32_t person, uint32_t slot);
/* All of them, by slot; in the view's arena. */
struct slot_series {
    uint32_t slot;
    struct bytes series;
};
size_t person_features(const struct view *v, uint32_t person, const struct slot_series **out_list);

/* Entries that come to slots, ascending by slot, each slot once. */
struct slot_entries {
    uint32_t slot;
    size_t count;
    const struct series_entry *entries;
};
/* One pass over the section. What is written of each of these slots now stands in out_series (as many), no bytes where nothing is. Returns how many slots
 * were left out. */
size_t person_features_add(struct step *s, uint32_t person, const struct slot_rules *rules,
                           const struct slot_entries *more, size_t count, struct bytes *out_series);
/* Puts series in the place of those of their slots (no bytes: away), ascending by slot. */
size_t person_features_put(struct step *s, uint32_t person, const struct slot_series *list, size_t count);
/* The union of both, under the survivor; the absorbed number has nothing any more. */
size_t person_features_merge(struct step *s, uint32_t survivor, uint32_t absorbed, const struct slot_rules *rules);
/* Adds the series of somebody else's reading (disjoint in the log) to what is there. */
size_t person_features_join(struct step *s, uint32_t person, const struct slot_rules *rules,
                            const struct slot_series *list, size_t count);
void person_features_clear(struct step *s, uint32_t person);
