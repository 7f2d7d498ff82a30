/* Scope: whose data whom may see, and whom one may reach.
 *
 * Sharing. A brand belongs to a legal entity (collect, brand_entity); brands without one belong all to one common entity, 0. A
 * sharing edge lets the brands of one entity see what the brands of another one have, for certain purposes, until a time. It is
 * directed, and an entity may share with itself, which opens its brands to each other. Edges are rows, each verb on them is kept
 * for ever with who gave it and why. scope_may is the one function that tells what they allow; whoever shows, counts or hands out
 * data of a brand asks it (edge/scope.h).
 *
 * Reach. Of each person it is kept through which channels one may write or call, for each brand that knows them and each purpose
 * they have ever spoken of, or else the reason why not; and how many people there are of each reason. A row of counts is written in
 * the step that changes a person, so figures are exact at each position, through merge, split, quarantine and withdrawal; what only
 * time changes (a consent begins, or is over) comes with the tick, at most a second late. When a brand moves to another entity all
 * people are gone through once, and reach_pending is true until that is over.
 *
 * Memory: a person known to one brand takes 7 to 11 bytes, and 2 to 6 more for a brand, or for a purpose spoken of to a brand.
 * Formats: docs/formats/scope.md. */
#pragma once

#include "domain/people/people.h"
#include "domain/relation/relation.h"

extern const struct domain scope_domain;
extern const struct section reach_section;

/* --- sharing --- */

#define SHARE_PURPOSES_MAX 16u
#define SHARE_PURPOSE_BYTES_MAX 64u
#define SHARE_TEXT_BYTES_MAX 255u
#define SHARE_PAYLOAD_BYTES_MAX 4096u

/* For what tokens read: to serve the person before one. */
#define PURPOSE_SERVICE "service"
/* Health, minors and precise place: such a purpose must be named; neither "all purposes" of a share nor any other purpose means it. */
bool purpose_is_sensitive(struct bytes purpose);

/* What the verbs say, as it is in the log. */
struct share_ask {
    struct bytes from, to;  /* names of entities: whose data, and who gets to see it; empty: the common one */
    uint32_t purpose_count; /* 0: all but sensitive ones */
    struct bytes purposes[SHARE_PURPOSES_MAX];
    struct bytes policy, evidence;
    struct bytes by, reason; /* the token's name */
    int64_t until_us;        /* 0: open */
};
fallible share_ask_pack(const struct share_ask *ask, struct buf *out,
                        struct err *e); /* LIMIT, INVALID: as its check says */
fallible share_ask_unpack(struct bytes payload, struct share_ask *out_ask, struct err *e); /* borrows */

/* One edge; there is at most one from one entity to another. */
struct share {
    uint32_t from, to; /* NAME_ENTITY; 0: the common one */
    uint64_t position; /* of the act that made it, which has the rest */
    int64_t until_us;
    uint32_t purpose_count;
    struct bytes purposes[SHARE_PURPOSES_MAX];
};
/* In order of (from, to), those that are over too. Start with a share of zeroes and `first`. */
bool share_next(const struct view *v, const struct share *after, bool first, struct share *out_share);
bool share_is_live(const struct view *v, const struct share *s); /* at v->now_us */

struct share_act {
    uint64_t position;
    int64_t time_us;
    bool is_end; /* scope.unshare */
    struct share_ask ask;
};
bool share_act_before(const struct view *v, uint64_t position, struct share_act *out_act); /* the newest one before */

/* May who acts for these brands (none: for the whole group, who sees all) use what `brand` has, for this purpose, at v->now_us? What
 * is the whole group's (0) is everybody's. A few look-ups of rows. */
bool scope_may(const struct view *v, struct brand_set viewer, uint32_t brand, struct bytes purpose);
/* The viewer's brands, 0 among them, and all others that scope_may allows it; ascending, in the view's arena. A look at each edge,
 * and if any is open to the viewer, at each brand of the workspace. */
struct brand_set scope_open(const struct view *v, struct brand_set viewer, struct bytes purpose);

extern const struct fact_kind fact_scope_changed; /* struct scope_changed: an edge came, changed or went */
struct scope_changed {
    uint32_t from, to;
    bool is_end;
};

/* --- reach --- */

/* Why somebody can't be reached; the first that holds counts. */
enum reach_reason {
    REACH_YES,
    REACH_NOT_KNOWN,   /* to the brand; not counted: a brand's figures are about those it knows */
    REACH_NO_ADDRESS,  /* no identifier, known to the brand or the whole group, that the channel can use */
    REACH_QUARANTINED, /* all of them wait for a review */
    REACH_SUPPRESSED,  /* all others are on the stop list */
    REACH_ENDED,       /* they blocked, unfollowed or unsubscribed: a relation that the channel goes by is over */
    REACH_NO_CONSENT,
    REACH_WITHDRAWN,
    REACH_EXPIRED,
    REACH_REASON_COUNT,
};
extern const char *const reach_reason_names[REACH_REASON_COUNT]; /* "yes", "not_known", … */

#define REACH_CHANNELS 8u
#define REACH_TYPES_MAX 3u
struct reach_channel {
    const char *name, *en, *zh;
    uint16_t types[REACH_TYPES_MAX]; /* of the identifiers it can use; 0: no more */
    enum app_kind app; /* whose openids it can use, beside those of which nothing was said; APP_NOT_SAID: all */
    uint8_t tie;       /* the type of relation without which it closes once that was there and ended; 0: none but
                                      * following, or having subscribed to, the channel itself */
};
extern const struct reach_channel reach_channels[REACH_CHANNELS]; /* places are on disk, for ever */
uint32_t reach_channel_named(struct bytes name);                  /* REACH_CHANNELS: none */

#define REACH_BRANDS_MAX 32u   /* of a person, the whole group among them: those of the smallest numbers count */
#define REACH_PURPOSES_MAX 16u /* that a person has spoken of: those of the smallest numbers count */

struct reach_answer {
    enum reach_reason reason;
    const struct identifier *address; /* the best one, of whatever state; NULL: none */
    const struct consent *consent;    /* what decided; NULL: nothing did */
};
/* At v->now_us. brand 0: for the whole group, to which each person is known. purpose: NAME_PURPOSE; 0: none has been named so. */
struct reach_answer reach_of_person(const struct view *v, uint32_t person, uint32_t brand, uint32_t purpose,
                                    uint32_t channel);

/* The same of all channels, by what is kept of the person, as figures are: of what time alone changes at most a second late. Reads one row. */
void reach_reasons(const struct view *v, uint32_t person, uint32_t brand, uint32_t purpose,
                   enum reach_reason out_reasons[REACH_CHANNELS]);

struct reach_figures {
    uint64_t people; /* known to the brand: the sum of the rest */
    uint64_t by_reason[REACH_REASON_COUNT];
};
struct reach_figures reach_count(const struct view *v, uint32_t brand, uint32_t purpose,
                                 uint32_t channel); /* two look-ups */
bool reach_pending(const struct view *v);

/* --- the stop list --- */

bool is_stopped(const struct view *v, struct hash128 plain); /* by the key of an identifier as it is sent, whoever has it */

/* --- commands --- */

enum {
    COMMAND_SHARE = 0x0B01,
    COMMAND_UNSHARE = 0x0B02,
    COMMAND_SUPPRESS = 0x0B03, /* struct identity_act: one identifier; choice 1 stops it, 0 takes it off the list */
};
