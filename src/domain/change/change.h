/* Changes: what others need to hear to keep a copy, or to react, in the order of the log.
 *
 * A change is a fact as references: which person, thing, order or event it is of, never a value of theirs. Whoever reads it looks up
 * what it is of, so a copy is told what holds when it asks, under the scope of its token, and nothing has to be erased here.
 * The newest changes are a series; CHANGES_A_PAGE of them become a row that goes cold.
 *
 * Changes are kept while there is a consumer, and so long as two settings say: `change.hours` after they happened, and `change.kept` of
 * them. What is older goes as new ones come, whether it was acknowledged or not: a consumer holds nothing back, and hears that it has
 * missed some. Without a consumer a fact costs a look into an empty family.
 *
 * Formats: docs/formats/changes.md. */
#pragma once

#include "domain/collect/collect.h"
#include "engine/domain.h"
#include "lib/pack.h"

extern const struct domain change_domain;

/* On disk, for ever. */
enum change_fact {
    CHANGE_EVENT = 1,   /* subject: the person of the time, PERSON_NONE: nobody; owner */
    CHANGE_MERGED,      /* subject: the survivor; object: the absorbed one */
    CHANGE_SPLIT,       /* subject: the person; object: a part, one change for each */
    CHANGE_ERASED,      /* identity_erasure_next from the position tells whom */
    CHANGE_IDENTIFIERS, /* subject: a person */
    CHANGE_PROFILE,     /* subject: a person; object: profile_object; detail: NAME_BRAND */
    CHANGE_RELATION,    /* subject: a person; object: NAME_BRAND; detail: relation_detail */
    CHANGE_THING,       /* subject: a thing; detail: created, changed, deleted */
    CHANGE_ORDER,       /* subject: an order; detail: it is new */
    CHANGE_SCOPE,       /* subject, object: NAME_ENTITY, whose data who sees; detail: it is over */
    CHANGE_SEGMENT_ENTERED, /* subject: a person; object: number of a definition (domain/audience) */
    CHANGE_SEGMENT_LEFT,    /* the same */
    CHANGE_TAG,             /* the same */
    CHANGE_FACT_END,
};
const char *change_fact_name(enum change_fact fact);

/* Of a relation: its type's number, and began, ended, altered. */
#define RELATION_DETAIL_BITS 2u
static inline uint16_t relation_detail(uint32_t type, uint32_t change)
{
    return (uint16_t)(type << RELATION_DETAIL_BITS | change);
}

/* Of a profile: a trait, or 0 and the entity that a consent speaks to, if it is not to a brand. Names of a kind fit 16 bits. */
#define PROFILE_TRAIT_BITS 16u
static_assert(NAMES_A_KIND_MAX < 1u << PROFILE_TRAIT_BITS, "a trait and an entity are one number");
static inline uint32_t profile_object(uint32_t trait, uint32_t entity)
{
    return entity << PROFILE_TRAIT_BITS | trait;
}
static inline uint32_t profile_trait(uint32_t object)
{
    return object & ((1u << PROFILE_TRAIT_BITS) - 1);
}
static inline uint32_t profile_entity(uint32_t object)
{
    return object >> PROFILE_TRAIT_BITS;
}

struct kept_change {
    uint64_t position;
    int64_t time_us; /* log time */
    uint32_t subject, object;
    uint16_t index; /* of the fact in its step: with the position its cursor, for ever. Parts of a split share one */
    uint16_t detail;
    uint8_t fact, cause; /* enum change_fact, enum cause */
    uint8_t zeroes[2];
    struct hash128 owner; /* of an event: the identifier that decides whose it is; zeroes: nobody's */
};
static_assert(sizeof(struct kept_change) == 48, "changes are on disk");

/* Where a reader goes on: all behind it are still to come. */
#define CHANGE_INDEX_END UINT16_MAX /* behind all of a position */
struct change_cursor {
    uint64_t position;
    uint32_t index;
};
int change_cursor_compare(struct change_cursor x, struct change_cursor y);
#define CHANGE_CURSOR_TEXT_BYTES 32u
const char *change_cursor_text(struct change_cursor c, char out_text[CHANGE_CURSOR_TEXT_BYTES]); /* "4711-2" */
bool change_cursor_read(struct bytes text, struct change_cursor *out_cursor);

/* --- reading --- */

struct changes_span {
    struct change_cursor begin; /* every change behind it is kept */
    struct change_cursor end;   /* behind the last command */
    uint64_t kept; /* how many, each part of a split by itself; parts whose first one is gone count, and aren't told */
};
bool changes_span(const struct view *v, struct changes_span *out_span); /* false: none are kept, there is no consumer */

/* Changes behind a cursor, in order. What is cold is noted, and the walk ends there: as of any read, it is run again. Finding the
 * first one touches a row for each doubling of what is kept, going on one for each CHANGES_A_PAGE. */
#define CHANGES_A_PAGE 256u
struct changes_walk {
    const struct view *view;
    uint64_t place; /* of the next change: how many were kept before it */
    uint64_t fresh; /* of the first one that is in no page */
    uint32_t page;  /* the next one to open */
    uint32_t left;  /* changes of the open page */
    struct unpack rest;
    struct kept_change last;
};
void changes_walk_begin(const struct view *v, struct change_cursor after, struct changes_walk *out_walk);
bool changes_walk_next(struct changes_walk *w, struct kept_change *out_change);

/* --- consumers --- */

#define CONSUMERS_MAX 64u
#define CONSUMER_NAME_BYTES_MAX 64u
struct consumer {
    struct bytes name;
    struct bytes by; /* the token that made it, or moved it last */
    struct change_cursor acknowledged;
    uint64_t place;  /* of the first change that it has not acknowledged */
    int64_t time_us; /* when it last said something */
};
bool consumer_find(const struct view *v, struct bytes name, struct consumer *out_consumer);
/* In order of name; start with none. */
bool consumer_next(const struct view *v, struct bytes after, struct consumer *out_consumer);
/* How many changes it has still to acknowledge, and how many of those are not kept any more. */
struct consumer_lag {
    uint64_t changes, lost;
};
struct consumer_lag consumer_lag(const struct view *v, const struct consumer *c);
uint64_t consumers_count(const struct view *v);
uint64_t consumers_lag(const struct view *v); /* of the one furthest behind, in changes */

/* --- commands --- */

enum { COMMAND_CONSUMER = 0x0C01, COMMAND_CONSUMER_END = 0x0C02, COMMAND_CHANGE_TRIM = 0x0C03 };

/* Acknowledging never goes back, and is for a consumer that is there; the others make it, or move it to where they say. */
enum consumer_act {
    CONSUMER_ACKNOWLEDGES,
    CONSUMER_FROM_CURSOR,
    CONSUMER_FROM_START,
    CONSUMER_FROM_NOW,
    CONSUMER_ACT_COUNT
};
struct consumer_ask {
    struct bytes name, by;
    enum consumer_act act;
    struct change_cursor cursor; /* of the first two */
};
void consumer_ask_pack(const struct consumer_ask *ask, struct buf *out);
