/* Private to people: what one event adds to the three folds. The live step and the re-fold both go through here. */
#pragma once

#include "domain/people/sections.h"

struct people_fold {
    struct arena *arena;
    struct traits traits;
    struct counters counters;
    struct consents consents;
    struct people_source *rules;
    uint32_t rule_count, rule_room;
    size_t trait_bytes_max;
};

/* A re-fold knows names by other numbers until it is installed, so it can't tell which are the smallest: it keeps
 * many more, and the limits of a row are applied at the end. */
#define REFOLD_TRAITS_MAX 1024u
#define REFOLD_TRAITS_BYTES_MAX (384u << 10)
#define REFOLD_COUNTERS_MAX 4096u
#define REFOLD_CONSENTS_MAX 1024u
struct people_fold *people_fold_create_wide(struct arena *a);

/* Whether it is something that they did, and not what Kith says of them itself. By its name: a re-fold has other numbers. */
bool fold_counts(const struct arrived *arrived);
struct counter fold_counter(const struct arrived *arrived);
/* false: the value is too long to be kept. */
bool fold_trait(const struct arrived *arrived, const struct arrived_trait *trait, const struct people_source *rule,
                struct trait_news *out_news);
struct consent fold_consent(const struct arrived *arrived, const struct arrived_consent *consent, struct hash128 owner);
