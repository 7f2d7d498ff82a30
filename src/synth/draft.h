/* An event line under construction: members are added in any order and written in one fixed order. */
#pragma once

#include "synth/world.h"

enum draft_part {
    PART_IDS,
    PART_OTHER,
    PART_TRAITS,
    PART_CONSENTS,
    PART_PROPERTIES,
    PART_ITEMS,
    PART_COUNT,
};

#define DRAFT_TEXT_BYTES 40

struct draft {
    const char *event; /* the pointers are borrowed from tables; NULL: absent */
    int64_t time_us;
    int64_t sent_us; /* 0: absent */
    const char *actor_kind, *actor_id;
    const char *brand, *channel, *shop, *store, *staff, *touchpoint, *campaign;
    char id[DRAFT_TEXT_BYTES], order[DRAFT_TEXT_BYTES], conversation[DRAFT_TEXT_BYTES], group[DRAFT_TEXT_BYTES];
    struct buf parts[PART_COUNT]; /* JSON members or elements, with commas between */
};

void synth_draft_init(struct draft *d);
void synth_draft_fini(struct draft *d);
void synth_draft_clear(struct draft *d);

/* An identifier as it stands on the wire; ns and role may be NULL. */
struct id_text {
    const char *type, *ns, *value, *role;
};
void synth_draft_id(struct draft *d, enum draft_part part, struct id_text id);

/* A member of an object part. Keys are plain ASCII; values may be any UTF-8. */
void synth_draft_text(struct draft *d, enum draft_part part, const char *key, const char *value);
void synth_draft_number(struct draft *d, enum draft_part part, const char *key, int64_t value);
void synth_draft_money(struct draft *d, enum draft_part part, const char *key, int64_t fen); /* as yuan: 299.00 */
void synth_draft_consent(struct draft *d, const char *channel, bool given);
void synth_draft_item(struct draft *d, const struct product *p, uint32_t quantity);

void synth_draft_write(const struct draft *d, struct buf *out);

/* Pieces of JSON, also for the world and the truth. */
void synth_json_text(struct buf *out, const char *text); /* in quotes, escaped */
void synth_json_id(struct buf *out, struct id_text id);  /* an object */
void synth_json_number(struct buf *out, int64_t value);
void synth_json_money(struct buf *out, int64_t fen);
void synth_json_time(struct buf *out, int64_t us); /* "2026-11-01T10:00:00.000+08:00", as Shanghai's clock shows it */
/* Members behind another one, with the comma. A text that is NULL or empty is left out. */
void synth_json_text_member(struct buf *out, const char *key, const char *value);
void synth_json_money_member(struct buf *out, const char *key, int64_t fen);
void synth_json_time_member(struct buf *out, const char *key, int64_t us);
