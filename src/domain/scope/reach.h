/* Private to scope: the standing of a person as it is kept and counted. */
#pragma once

#include "domain/scope/scope.h"

enum address_state { ADDRESS_NONE, ADDRESS_USABLE, ADDRESS_QUARANTINED, ADDRESS_SUPPRESSED, ADDRESS_ENDED };
#define REACH_STATES 5u /* of addresses, and of consents: enum consent_state */
#define REACH_STATE_BITS 4u
static_assert(CONSENT_EXPIRED < REACH_STATES && ADDRESS_ENDED < REACH_STATES, "a state has its place");
static_assert(REACH_CHANNELS * REACH_STATE_BITS == 32, "the states of all channels are a number");

/* One brand, and either all addresses (purpose 0) or the consents to a purpose where there is a usable address; of each channel the
 * state, the first one lowest. */
struct reach_line {
    uint32_t brand, purpose;
    uint32_t states;
};
#define REACH_LINES_MAX (REACH_BRANDS_MAX * (1u + REACH_PURPOSES_MAX))
struct reach {
    uint32_t count;
    const struct reach_line *lines; /* ascending by (brand, purpose) */
    int64_t due_us;                 /* when time alone changes something next; 0: never */
};
#define REACH_SECTION_BYTES_MAX (1u + 2u * VARINT_BYTES_MAX + REACH_LINES_MAX * (5u + 5u + 5u))

static inline uint32_t line_state(uint32_t states, uint32_t channel)
{
    return states >> REACH_STATE_BITS * channel & ((1u << REACH_STATE_BITS) - 1);
}

static inline uint32_t state_at(uint32_t state, uint32_t channel)
{
    return state << REACH_STATE_BITS * channel;
}

struct bytes reach_encode(const struct reach *r, struct arena *a);                 /* empty: no lines */
bool reach_decode(struct bytes section, struct arena *a, struct reach *out_reach); /* false: not a section */

/* Why not, by the state of the addresses, and where one is usable by that of the consent: a consent_state. */
enum reach_reason reach_reason_of(uint32_t address, uint32_t consent);

/* What a person's standing is, by all that is known of them at v->now_us; of a number that isn't alive: nothing. At most about a
 * millisecond, of one who has 64 consents to 16 purposes and is known to 32 brands; else a few microseconds. */
struct reach reach_make(const struct view *v, uint32_t person);
/* Brings section, counts and timer of a person up to date. */
void reach_refresh(struct step *s, uint32_t person);
/* Of the domain's table: an erased person counts no more. Stops stay, since they are there to be remembered. */
void reach_forget(struct step *s, struct forgotten *who);

extern const struct family reach_count_family; /* brand, purpose (4 bytes each, BE) -> people by channel and state */
/* Takes the lines before out of the counts and the lines now into them. */
void reach_recount(struct step *s, const struct reach *before, const struct reach *now);

extern const struct family long_reach_family; /* of people of many brands and purposes: engine/stow.h */
extern const struct timer_kind reach_timer;
extern const struct family recount_family; /* one row while all people are gone through */
extern const struct job_kind recount_job;
void recount_start(struct step *s);

extern const struct family stop_family; /* plain key of an identifier -> 1 */
fallible suppress_check(struct bytes payload, struct err *e);
void suppress_needs(const struct view *v, struct bytes payload);
const struct refusal *suppress_apply(struct step *s, struct bytes payload);
