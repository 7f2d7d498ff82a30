/* Private to rule: what rules hear of events and people. */
#pragma once

#include "domain/identity/identity.h"
#include "domain/rule/look.h"

struct forgotten;

#define RULE_HEARS 11u
extern const struct listener rule_hears[RULE_HEARS];
void rule_forget(struct step *s, struct forgotten *who); /* as a domain's */

/* Events that are dated ahead of the log's time: what they add waits under a timer of their instant, by whom they belong to then. */
extern const struct family
    future_family; /* KEYED: owner (16, BE), event_us (8, BE), message (8, BE) -> slots and entries */
extern const struct timer_kind future_timer;
struct future_event {
    struct hash128 owner, message;
    int64_t event_us; /* ahead */
};
void future_put(struct step *s, const struct future_event *event, const struct slot_entries *list,
                size_t count); /* adds to what waits of the event */
/* Of events at or before an instant. */
void future_forget(struct step *s, const struct hash128 *owners, size_t count, int64_t until_us);
/* An entry as it lies in rows and in what background work hands in. */
void entry_pack(const struct series_entry *x, struct buf *b);
void entry_unpack(struct unpack *u, struct series_entry *out);

/* What an event adds to a person, and what rules then say. `list` by slot, each once. */
void entries_gather(struct step *s, const struct book *b, uint32_t person, const struct slot_entries *list,
                    size_t count);
