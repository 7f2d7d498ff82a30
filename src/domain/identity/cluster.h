/* A cluster: what identity keeps of one person, taken out of the person's row, changed, and put back.
 *
 * An incarnation is one identifier while it was this person's: holders holder_first..id.holder of the value, which are
 * this person one after the other. Its place in the list is its name in evidence, aliases and never-merges. Places are
 * given out in order and change only at a merge or split. Format: docs/formats/identity.md. */
#pragma once

#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/identity/rules.h"

#define CLUSTER_INLINE_BYTES_MAX 8192u /* of a body; a longer one lies in rows of overflow_family */
#define CLUSTER_ALIASES_MAX 2000u
#define CLUSTER_NEVERS_MAX 256u
#define ID_KEY_BYTES 10u               /* of a plain key: the bits that are hash */
#define TIME_FROM_EVER INT64_MIN
#define SIGHTING_US US_PER_HOUR        /* seen again within this: nothing is written */

extern const struct family overflow_family; /* number, chunk (4 bytes each, BE) -> a piece of a body */

struct incarnation {
    struct identifier id;  /* since_us is filled in for readers only */
    struct hash128 plain;
    uint32_t ns_number;
    uint32_t holder_first;
    bool is_newest;        /* no later holder is known: the plain key leads here */
    int64_t from_us;       /* TIME_FROM_EVER for the first holder */
    uint32_t conflicts;
    uint32_t rival;        /* low bits of the plain key that it was last in conflict with */
};

struct never {
    uint16_t place;
    struct hash128 other;  /* plain: this identifier's people never join */
    uint64_t position;     /* of the act that said so */
};

struct alias {
    uint32_t number;
    uint16_t place;        /* what the number led with when it was absorbed */
};

struct cluster {
    uint32_t number;
    struct hash128 public_id;
    uint32_t chunk_count;  /* rows of overflow_family in the state */
    bool is_changed;
    struct brand_set known_before; /* to whom it was known when its counts were last right (brands.h) */
    uint64_t standing_before;      /* known.h; 0 where there was nothing */
    struct cluster *into;  /* the survivor, once it was absorbed in this step; else NULL */
    struct incarnation *incs;
    uint32_t inc_count, inc_room;
    struct evidence *sets;
    uint32_t set_count, set_room;
    struct never *nevers;
    uint32_t never_count, never_room;
    struct alias *aliases;  /* by number, ascending */
    uint32_t alias_count, alias_room;
};

/* Room for one more in a list of the arena. */
#define LIST_ROOM(arena, list, count, room)                                                         \
    do {                                                                                            \
        if ((count) == (room)) {                                                                    \
            uint32_t room_ = (room) < 4 ? 4 : (room) * 2;                                           \
            void *list_ = arena_take((arena), room_ * sizeof *(list), _Alignof(max_align_t));       \
            if ((count) > 0)                                                                        \
                memcpy(list_, (list), (count) * sizeof *(list));                                    \
            (list) = list_;                                                                         \
            (room) = room_;                                                                         \
        }                                                                                           \
    } while (0)

/* What a row says before its body. */
enum row_kind { ROW_LIVING = 1, ROW_LIVING_LONG = 2, ROW_ALIAS = 3 };
struct cluster_row {
    enum row_kind kind;
    struct hash128 public_id;
    struct hash128 lead;   /* ROW_ALIAS: key, with holder, of the identifier whose person this number is now */
    bool is_plain;         /* no aliases, no holder but the first: a reader may save itself the trouble */
    struct bytes body;     /* ROW_LIVING_LONG: put together in the view's arena */
    uint32_t chunk_count;
};
bool cluster_row(const struct view *v, uint32_t number, struct cluster_row *out_row); /* false: no such person (or cold) */
bool cluster_row_head(const struct view *v, uint32_t number, struct cluster_row *out_row); /* the same without a long body */

/* Walks the incarnations of a body without building anything. */
struct inc_walk {
    struct unpack u;
    int64_t base_s;
    uint32_t left;
    /* To which brands the last one is known: varints, ascending. The same place as for the one before: the same brands. */
    struct unpack brands;
    uint32_t brand_count;
};
enum value_shape { SHAPE_TEXT, SHAPE_UUID, SHAPE_PHONE, SHAPE_DECIMAL };
struct packed_inc {
    uint16_t type;
    enum id_state state;
    enum value_shape shape;
    struct hash128 plain;
    uint32_t ns_number;
    struct bytes text;     /* of a text; 16 bytes of a UUID */
    uint64_t digits;       /* of a phone or decimal */
    int64_t first_s, last_s;
    const uint8_t *last_at; /* the varint that says last_s - first_s */
    uint32_t holder, holder_first;
    bool is_newest;
    int64_t from_us, until_us;
    uint32_t conflicts, rival;
};
struct inc_walk inc_walk_of(struct bytes body);
bool inc_walk_next(struct inc_walk *w, struct packed_inc *out_inc);
bool packed_inc_is(const struct packed_inc *inc, uint16_t type, uint32_t ns_number, struct bytes value);
/* Would the brands of the last one be the same with this one among them? */
bool inc_walk_knows(const struct inc_walk *w, uint32_t brand);

/* Walks the evidence, once all incarnations are walked. */
struct packed_set {
    struct evidence evidence; /* without members */
    const uint8_t *last_at;   /* the varint that says the seconds from first to last; the next one is the count */
    struct unpack members;    /* varints; evidence.member_count of them */
};
uint32_t set_walk_begin(struct inc_walk *w); /* how many there are */
void set_walk_next(struct inc_walk *w, struct packed_set *out_set);

/* Varints of a body, in the order in which they stand there, that are to say other numbers. They borrow from the row. */
#define BODY_CHANGES_MAX (ENVELOPE_IDS_MAX + 2)
struct body_changes {
    uint32_t count;
    struct body_change {
        const uint8_t *at;
        uint64_t before, now;
    } list[BODY_CHANGES_MAX];
};
/* The row stays one without chunks, whatever the numbers become. */
bool cluster_row_is_short(const struct cluster_row *row);
/* Writes such a row with these numbers, byte for byte as cluster_store would, in one copy. */
void cluster_renumber(struct step *s, uint32_t number, const struct body_changes *changes);

/* NULL: no such living person. */
struct cluster *cluster_load(const struct view *v, uint32_t number);
/* Writes the section, and what overflows. */
void cluster_store(struct step *s, struct cluster *c);
void cluster_store_alias(struct step *s, uint32_t number, struct hash128 public_id, struct hash128 lead);
void cluster_drop_overflow(struct step *s, struct cluster *c);

/* The place of an incarnation that has (plain, type, namespace, value) and the given holder; NO_PLACE: none. */
#define NO_PLACE UINT16_MAX
uint16_t cluster_place(const struct cluster *c, const struct envelope_id *id, uint32_t ns_number, uint32_t holder);
uint16_t cluster_place_newest(const struct cluster *c, const struct envelope_id *id, uint32_t ns_number);
uint16_t cluster_place_of_key(const struct cluster *c, struct hash128 key); /* of a holder's key */

/* For readers, in the arena; returns how many. */
size_t cluster_identifiers(const struct cluster *c, struct arena *a, const struct identifier **out_list);

/* The keys of all holders of all incarnations, in the arena; returns how many. */
uint32_t cluster_owners(const struct cluster *c, struct arena *a, const struct hash128 **out_keys);

/* From when on it is this person's, for readers: the first holder's is when it was first seen. */
static inline int64_t inc_since(const struct incarnation *inc)
{
    return inc->from_us == TIME_FROM_EVER ? inc->id.first_us : inc->from_us;
}

/* Whole seconds, downwards. */
static inline int64_t seconds_of(int64_t us)
{
    return us / US_PER_SECOND - (us % US_PER_SECOND < 0);
}
