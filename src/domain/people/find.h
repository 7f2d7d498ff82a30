/* Private to people: what a person is found by. Each searchable text is pushed once, as a 32-bit hash beside the
 * person's number, to two columns that a search reads from their end, but for those parts whose filter has none of the hashes it
 * wants; a section of the person says what was pushed. */
#pragma once

#include "domain/people/people.h"

extern const struct family find_token_family;  /* hashes */
extern const struct family find_person_family; /* at the same place: whose */
extern const struct family find_filter_family; /* record k: a filter over the hashes of part k */
#define FIND_PART 16384u /* hashes */

#define FOUND_MAX 64u       /* hashes kept of a person; when there are as many, nothing more is pushed */
#define FOUND_ORDERS_MAX 8u /* of orders: the largest hashes; an order that isn't among them may be pushed again */
#define FIND_TEXT_BYTES_MAX 255u

struct found {
    uint32_t hashes[FOUND_MAX];        /* ascending */
    uint32_t orders[FOUND_ORDERS_MAX]; /* ascending */
    uint32_t count, order_count;
};
struct found found_decode(struct bytes section);
struct bytes found_encode(const struct found *f, struct arena *a);
struct bytes found_merge(const struct view *v, struct bytes x, struct bytes y);

/* A text that finds: folded, simplified, exact. */
struct find_text {
    enum find_kind kind;
    struct bytes text;
};
#define FIND_TEXTS_MAX 24u
struct find_texts {
    uint32_t count;
    struct find_text list[FIND_TEXTS_MAX];
};
uint32_t find_hash(const struct find_text *text);
void find_texts_of_name(struct bytes name, struct arena *a, struct find_texts *into);
void find_texts_of_query(struct bytes typed, struct arena *a, struct find_texts *into);

void find_push(struct step *s, uint32_t person, uint32_t hash);
/* False for nearly all hashes that are not in the part. */
bool find_filter_may_have(const uint8_t *filter, uint32_t hash);

void find_event(struct step *s, const struct resolved *r); /* the order of an event */
void find_trait(struct step *s, uint32_t person, uint32_t trait, struct bytes value);
void find_phones(struct step *s, uint32_t person, const struct identifier *list, size_t count); /* those among its identifiers */
void find_forget(struct step *s, uint32_t person); /* a part of a split: nothing was pushed for it */
