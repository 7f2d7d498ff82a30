/* Private to rule: the series of a person's features, as they lie in the section `features` and beside it. The section has a sheaf (lib/sheaf.h) for every
 * SHEAF_SLOTS slots, and features of the same events have neighbouring slots (slots.h): so an event touches one or two of them, and the others are skipped by
 * their size. A long series has a row of its own, so that what a busy person does elsewhere costs nothing here. docs/formats/rule.md */
#pragma once

#include "domain/rule/rule.h"
#include "lib/sheaf.h"

extern const struct family long_feature_family; /* KEYED: person (4, BE), slot (4, BE) -> a series */

#define FEATURE_LONG_BYTES 256u   /* a series over it gets a row of its own, and keeps it until it is half as long */
#define FEATURES_INLINE_MAX 6144u /* of the section: beyond, the longest series leave it too */
#define SHEAVES_MAX 300u          /* of one person: slots in those of the largest numbers are left out, and counted */

/* Of which shape a slot is now, and what of it is of no use any more. false: the feature is over, and what is kept of it goes. */
struct slot_rules {
    void *context;
    bool (*find)(void *context, uint32_t slot, const struct series_shape **out_shape, int64_t *out_oldest);
};

/* The series of a slot; in the view's arena, or borrowed from the view. O(sheaves before it). */
struct bytes person_feature(const struct view *v, uint32_t person, uint32_t slot);
/* All of them, by slot; in the view's arena. */
struct slot_series {
    uint32_t slot;
    struct bytes series;
};
size_t person_features(const struct view *v, uint32_t person, const struct slot_series **out_list);
/* Sheaves of a person that were read, or were just written, for who reads several slots: each is unpacked once. As long as nothing else is written of them. In the
 * view's arena. */
struct person_sheaves;
struct person_sheaves *person_sheaves(const struct view *v, uint32_t person);
/* As person_feature; a slot that has anything is of this shape. */
struct series_walk person_sheaves_series(struct person_sheaves *p, uint32_t slot, const struct series_shape *shape);

/* Entries that come to slots, ascending by slot, each slot once. */
struct slot_entries {
    uint32_t slot;
    size_t count;
    const struct series_entry *entries;
};
/* One pass over the section, which reads and writes the sheaves of these slots and copies the others. *out_sheaves (NULL: nobody wants them) has what is there now of these
 * slots. Returns how many slots were left out; so do all below. */
size_t person_features_add(struct step *s, uint32_t person, const struct slot_rules *rules,
                           const struct slot_entries *more, size_t count, struct person_sheaves **out_sheaves);
/* Puts series in the place of those of their slots (no bytes, or a feature that is over: away), ascending by slot. */
size_t person_features_put(struct step *s, uint32_t person, const struct slot_rules *rules,
                           const struct slot_series *list, size_t count);
/* The union of both, under the survivor; the absorbed number has nothing any more. */
size_t person_features_merge(struct step *s, uint32_t survivor, uint32_t absorbed, const struct slot_rules *rules);
/* Adds the series of somebody else's reading (disjoint in the log) to what is there. */
size_t person_features_join(struct step *s, uint32_t person, const struct slot_rules *rules,
                            const struct slot_series *list, size_t count);
void person_features_clear(struct step *s, uint32_t person);
