/* Private to listing: its rows, and what is written. */
#pragma once

#include "domain/listing/strands.h"

extern const struct family list_family; /* KEYED: number (4, BE) -> what the list takes */
extern const struct family
    listing_waiting_family; /* KEYED: plain key (16, BE), list (4, BE) -> identifier, acts; no bytes -> how many */

fallible list_open_check(struct bytes payload, struct err *e);
const struct refusal *list_open_apply(struct step *s, struct bytes payload);
fallible list_close_check(struct bytes payload, struct err *e);
const struct refusal *list_close_apply(struct step *s, struct bytes payload);

fallible listing_put_unpack(struct bytes payload, struct listing_put *out_put, struct err *e); /* borrows. INVALID */
fallible listing_put_check(struct bytes payload, struct err *e);
fallible listing_take_unpack(struct bytes payload, struct listing_take *out_take, struct err *e); /* borrows. INVALID */
fallible listing_take_check(struct bytes payload, struct err *e);

/* Adds an act to a person's section, and one to each rival, which takes them off. What was said before changes nothing. The person's row is announced. */
void listing_note(struct step *s, uint32_t person, struct hash128 owner, const struct list *list,
                  const struct listing_act *act);

/* The same for an identifier that nobody has. false: LISTING_WAITING_MAX wait already. */
bool listing_wait(struct step *s, const struct envelope_id *id, const struct list *list, const struct listing_act *act);
/* What waited for an identifier is its holder's from now on: one look-up while nobody waits for anything. Returns whether anything did. */
bool listing_welcome(struct step *s, struct listing_strands *io_strands, const struct identifier *id);
void listing_waiting_forget(struct step *s, struct hash128 plain);

/* The act that takes somebody off a rival. */
struct listing_act listing_rival_act(const struct listing_act *act);
