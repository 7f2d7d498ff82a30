/* Private to relation: the section of a person, as strands. A strand is what was said of one relation of one identifier: acts and
 * attributes. Strands are sets, so adding is commutative and associative, and a merge of two people is the union; a split parts
 * them by their owners. Layout: docs/formats/relation.md. */
#pragma once

#include "domain/relation/relation.h"

struct act {
    int64_t time_us;
    bool is_end;
    struct bytes reason;
    struct relation_by by;
};
struct version {
    int64_t time_us;
    struct bytes value;
};
struct attribute {
    struct bytes name;
    uint32_t count;
    struct version versions[RELATION_VERSIONS_MAX]; /* newest first, of one time the larger first */
};
struct strand {
    uint8_t type; /* its number */
    uint32_t brand;
    struct thing_ref ref;
    struct hash128 owner;
    uint32_t act_count;
    struct act acts[RELATION_ACTS_MAX]; /* newest first */
    uint32_t attribute_count;
    struct attribute *attributes; /* by name; room for RELATION_ATTRIBUTES_MAX, NULL while there are none */
};
struct strands {
    struct strand *list; /* by (type, brand, reference, owner) */
    uint32_t count, room;
};

struct strands strands_decode(struct bytes section, struct arena *a);                  /* of our own bytes */
bool strands_read(struct bytes section, struct arena *a, struct strands *out_strands); /* false: it isn't one */
/* Drops from `s` what RELATIONS_MAX and ROW_BYTES_MAX have no room for. */
struct bytes strands_encode(struct strands *s, struct arena *a);
/* The strand of this relation and owner, an empty one where there is none. Borrowed until the next call. */
struct strand *strands_at(struct strands *s, const struct strand *key, struct arena *a);
bool strand_add_act(struct strand *strand, const struct act *act); /* true: it was new and is kept */
bool strand_add_attribute(struct strand *strand, struct bytes name, const struct version *version, struct arena *a);
void strands_add(struct strands *s, const struct strand *more, struct arena *a);
struct bytes strands_merge(struct bytes x, struct bytes y, struct arena *a);

/* The end of the run of strands that make one relation, from `from` on. */
uint32_t strands_run(const struct strands *s, uint32_t from);
/* When the relation that these strands make was last said to begin; RELATION_UNKNOWN_US: never. */
int64_t strands_begun_us(const struct strand *list, uint32_t count);
/* What was last said to begin before this leads to nobody: it may mean somebody who had the identifier and was erased. INT64_MIN: a
 * thing, or none of who had it was erased. One look-up for a person. */
int64_t relation_erased_until(const struct view *v, const struct thing_ref *ref);
int relation_compare(const struct strand *x,
                     const struct strand *y); /* by type, brand, reference: the owner doesn't count */
/* The relations that the strands make, those of one type (its number) or of all (0). In the view's arena. */
size_t strands_relations(const struct strands *s, uint8_t type, const struct view *v, struct relation **out_list);
