/* For the tests of people: an identity and an event domain that do only what people needs of them, and do as they are
 * told. The first identifier of an event is its owner; who belongs together is said by command. */
#pragma once

#include "domain/people/people.h"
#include "testing/harness.h"

extern const struct domain fake_identity_domain, fake_event_domain;

enum {
    COMMAND_FAKE_MERGE = 0x0321, /* two owners */
    COMMAND_FAKE_SPLIT = 0x0322, /* owners of one person that become another; the rest stay */
};
struct hash128 fake_owner(uint32_t n);
void fake_owners_pack(struct buf *b, const uint32_t *owners, uint32_t count);
/* The owners that a person has now, in the test's arena. */
uint32_t fake_owners_of(const struct view *v, uint32_t person, const struct hash128 **out_owners);

struct harness *people_harness(void);

/* An envelope on its way: fields that are empty are left out. */
struct draft_event {
    const char *event, *source, *brand, *channel, *order, *phone;
    uint32_t owner;
    int64_t time_us;
    struct bytes traits; /* a record */
    uint32_t consent_count;
    const struct envelope_consent *consents;
};
struct bytes draft_pack(struct t *t, const struct draft_event *draft);
const struct refusal *draft_apply(struct t *t, struct harness *h, const struct draft_event *draft);
struct bytes one_trait(struct t *t, const char *name, const char *value);

/* The work kind by hand: begin copies what it needs; finish runs it and logs the result. */
struct refold_run;
struct refold_run *refold_begin(struct t *t, struct harness *h); /* NULL: nothing is wanted */
const struct refusal *refold_finish(struct refold_run *run, struct harness *h);
void refold_all(struct t *t, struct harness *h); /* until nothing is wanted */
