/* Private to order: custody. Orders are kept by law for some years, whoever asks to be erased (DESIGN §12). So those of who was erased
 * are locked: nobody finds them but who may read them by law, no version and no act changes them, no event comes of them. What they
 * say of the person gives way to pseudonyms, under a salt that nobody keeps: equal values of one erasure stay equal, and no more is
 * told. Sums, and totals of days, stay what they are. When the years are over the order goes; its totals stay.
 *
 * An erasure may have more orders than one step touches: a chain of follow-ups (order.lock) takes them by slices. Until it has come
 * to an order, custody_is_near says that it will: so all of them are closed from the erasure's own position on.
 *
 * Then the same chain reads every order. Where a receiver has one of the person's phones, the receiver becomes a pseudonym; where an
 * order of somebody else names the person, as a buyer or as whom an act gave it to, it does so no more; it stays its owner's. One
 * that names the person and has no owner, since the erasure came before the event that finds them, is locked like their own. */
#pragma once

#include "domain/order/document.h"
#include "domain/identity/identity.h"
#include "engine/forget.h"

extern const struct family order_custody_family;
extern const struct timer_kind custody_timer; /* an order's years are over */
extern const struct custody order_custody;
extern const struct setting order_custody_years;

/* Is it an order of who was erased, that the chain has not come to yet? */
bool custody_is_near(const struct view *v, const struct document *d);
/* Neither that nor locked: whoever may know of it finds it. */
bool custody_lets_see(const struct view *v, const struct document *d);
extern const struct refusal order_is_locked;

void custody_forget(struct step *s, struct forgotten *who); /* of the domain's table */
fallible lock_check(struct bytes payload, struct err *e);
void lock_needs(const struct view *v, struct bytes payload);
const struct refusal *lock_apply(struct step *s, struct bytes payload);
fallible expire_check(struct bytes payload, struct err *e);
void expire_needs(const struct view *v, struct bytes payload);
const struct refusal *expire_apply(struct step *s, struct bytes payload);

/* --- pseudonym.c --- */
/* What is left of a document when the person is taken out of it: all that tells of a person, or what tells of its receiver alone.
 * Pure; in the arena. */
void document_pseudonymise(struct document *d, struct hash128 salt, struct arena *arena);
void receiver_pseudonymise(struct document *d, struct hash128 salt, struct arena *arena);
/* Whether things of the erased person are kept under this key. */
bool erased_owns(const struct erasure *who, struct hash128 owner);
/* Whether an identifier of theirs stands in it: a buyer's, or one that an act gave it to. What its owner has since is the owner's. */
bool document_names(const struct document *d, const struct erasure *who);
/* Takes these out of an order that stays somebody else's. A buyer's goes without a pseudonym: events that the order is yet to tell
 * would make a person of it. */
void named_take_out(struct document *d, const struct erasure *who, struct hash128 salt, struct arena *arena);
/* Whether the receiver has this phone (E.164), by what a source said or by a correction. */
bool receiver_has_phone(const struct document *d, struct bytes phone);
