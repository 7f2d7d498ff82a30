/* A step: one command applied. Everything it changes stays in its outcome until the step is over; a preview throws the
 * outcome away. It never fails, waits, asks a clock or does I/O. */
#pragma once

#include "engine/view.h"

struct json_writer;
struct log_record;
struct command;
struct refusal;
struct fact_kind;
struct effect_kind;
struct timer_kind;
struct job_kind;

/* Why something is true now. Journeys, webhooks and messages hear LIVE only, unless a definition names more. */
enum cause { CAUSE_LIVE, CAUSE_LATE, CAUSE_IMPORT, CAUSE_SWITCH, CAUSE_MERGE, CAUSE_SPLIT, CAUSE_COUNT };
const char *cause_name(enum cause cause);

struct step {
    struct view view;  /* of the state with this step's writes */
    enum cause cause;  /* of the command; CAUSE_LIVE until the command says otherwise */
    struct outcome *outcome;
};

/* Bytes handed over live in the step's arena (s->view.arena) or are borrowed from the view. */
uint32_t step_person_create(struct step *s); /* the next number, with an empty row; never used before */
void step_section_put(struct step *s, uint32_t number, const struct section *section, struct bytes value);
void step_person_clear(struct step *s, uint32_t number); /* all sections empty; the number stays taken */
/* Rows of a domain's own numbered family, which go cold and come back as people do. At most STEP_ROWS_MAX of them are written in a
 * step, and those that are put or removed are announced by `needs` (view_row). */
uint32_t step_row_create(struct step *s, const struct family *f, struct bytes value); /* the next number; never used before or again */
void step_row_put(struct step *s, const struct family *f, uint32_t number, struct bytes value); /* of one that was created */
void step_row_remove(struct step *s, const struct family *f, uint32_t number);                  /* absent: nothing happens */
void step_index_put(struct step *s, const struct family *f, struct hash128 hash, uint32_t number);
/* Of a key that nobody put before, such as a random one: it need not be looked at in `needs`, as others must. */
void step_index_add(struct step *s, const struct family *f, struct hash128 hash, uint32_t number);
void step_index_remove(struct step *s, const struct family *f, struct hash128 hash);
void step_keyed_put(struct step *s, const struct family *f, struct bytes key, struct bytes value);
void step_keyed_remove(struct step *s, const struct family *f, struct bytes key);
/* Appended when the step ends; the record's index is the series' end plus those pushed before in this step. */
uint64_t step_series_push(struct step *s, const struct family *f, const void *record);
void step_series_drop(struct step *s, const struct family *f, uint64_t before);

/* Says a fact: each domain that listens hears it after the current hearer has returned, in the order said. */
void step_say(struct step *s, const struct fact_kind *kind, const void *fact);

uint32_t step_fact_index(const struct step *s); /* of the fact being heard: 0 is the first of this step */

/* Asks the world for something. `key` is the idempotency key, the same for ever for the same wish; asking again with a
 * key that is still in the outbox changes nothing. */
void step_ask(struct step *s, const struct effect_kind *kind, struct bytes key, struct bytes payload);

/* Wakes `kind` with `payload` at due_us (at once when past). (due_us, kind, key) names the timer. */
void step_timer_set(struct step *s, const struct timer_kind *kind, int64_t due_us, struct bytes key, struct bytes payload);
void step_timer_cancel(struct step *s, const struct timer_kind *kind, int64_t due_us, struct bytes key);

/* Starts a job; it advances from the next group on. `key` names it: a job of the same kind and key is replaced. */
void step_job_start(struct step *s, const struct job_kind *kind, struct bytes key, struct bytes state);
bool job_is_under_way(const struct view *v, const struct job_kind *kind, struct bytes key);
/* The key, borrowed, of the next job of this kind that is under way, behind `after` (none: the first); false: there is none. */
bool job_next(const struct view *v, const struct job_kind *kind, struct bytes after, struct bytes *out_key);

/* "And then this command": a follow-up, which is logged and applied as a command of its own right after, exactly once whatever
 * crashes. A step's follow-ups go in the order said; one that must wait for cold rows is passed by those that touch none of its
 * rows. It begins with the cause of this step. `payload` is as the command's check wants it; a refusal of it is counted, and
 * nobody hears of it. At most STEP_FOLLOW_UPS_MAX a step. What follows from what follows must come to an end. */
#define STEP_FOLLOW_UPS_MAX 256u
#define FOLLOW_UP_BYTES_MAX 65536u
void step_then(struct step *s, uint32_t command_id, struct bytes payload);

/* What the sender gets to read besides accepted or refused: one JSON object. Not logged; the last one counts. */
void step_reply(struct step *s, struct bytes json);

/* --- for the engine --- */

/* Prepares `s` for one command over committed rows; everything lives in `arena` until its reset. */
void step_begin(struct step *s, const struct rows *rows, const struct registry *registry, struct arena *arena);
/* Applies the command of a record; that of a follow-up takes its rows away, whether it is refused or not. */
const struct refusal *step_apply(struct step *s, const struct command *command, const struct log_record *record);
/* Lets every domain hear what was said, until nothing new is said. Facts go to `told` too, unless it is NULL. */
typedef void (*fact_told)(void *context, const struct step *s, const struct fact_kind *kind, const void *fact);
void step_settle(struct step *s, fact_told told, void *context);
/* Writes the outcome into the rows. */
void step_commit(struct step *s, struct rows *rows);
bool step_is_clean(const struct step *s); /* nothing written, said or asked */
struct bytes step_replied(const struct step *s);
/* The people whose rows it changed or made, for a preview; returns how many. */
size_t step_changed(const struct step *s, uint32_t out_numbers[STEP_PEOPLE_MAX]);
