/* Dead letters: what the world was asked for and did not take, kept with the reason, so that it can be asked for again or let go. An
 * effect that the world refuses, or that its port gave up (port_kind.give_up_us), goes from the outbox to here in the step that notes the
 * answer; so it is in one of the two, whatever crashes. The oldest ones go when there are more than DEAD_LETTERS_MAX. */
#pragma once

#include "engine/step.h"

#define DEAD_LETTERS_MAX 1000u
#define DEAD_WORDS_BYTES_MAX 512u

extern const struct family dead_letter_family;

struct dead_letter {
    uint64_t position; /* of the answer: what it is known by */
    int64_t time_us, asked_us;
    const struct effect_kind *kind; /* NULL: of a later release */
    struct bytes key, payload, words;
};
/* In the order in which they died, behind a position (0: from the first). Borrowed from the view. */
bool dead_letter_next(const struct view *v, uint64_t after, struct dead_letter *out_letter);
uint64_t dead_letters_count(const struct view *v);

/* `name` and `value` are of the outbox's row, `words` what the world said; longer ones are cut. */
void dead_letter_keep(struct step *s, struct bytes name, struct bytes value, struct bytes words);

/* Payload of COMMAND_DEAD_AGAIN and COMMAND_DEAD_DROP: those that died at positions [from, until), some at a time; the rest follows. */
void dead_span_pack(struct buf *b, uint64_t from, uint64_t until);
fallible dead_span_check(struct bytes payload, struct err *e);
const struct refusal *dead_again(struct step *s, struct bytes payload);
const struct refusal *dead_drop(struct step *s, struct bytes payload);
