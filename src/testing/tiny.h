/* Three tiny domains for tests of the engine: letters are appended to people, and others hear of it.
 *
 * tiny says letter_added; echo hears it, writes it down and says letter_echoed; scribe hears both and writes the order in
 * which it heard them. Everything written can be read back from tiny_word by its name. */
#pragma once

#include "engine/domain.h"

extern const struct domain tiny_domain, echo_domain, scribe_domain;
extern const struct section tiny_section;   /* the letters of a person */
extern const struct family tiny_word;       /* keyed: name -> text */
extern const struct family tiny_note;       /* series of uint64_t: the positions of the letters */
extern const struct family tiny_index;      /* hash -> number */
extern const struct effect_kind tiny_ring;  /* asks the world to ring; the key is the idempotency key */
extern const struct timer_kind tiny_bell;   /* appends its payload to the word "rung" */
extern const struct setting tiny_limit;     /* 1..10, initially 5; at 10 an alarm rings */
extern const struct refusal tiny_no_person;
extern const struct fact_kind fact_letter_added, fact_letter_echoed;

struct letter_added {
    uint32_t person;
    char letter;
};

enum {
    COMMAND_TINY_CREATE = 0x7e01, /* no payload: the next person, with no letters */
    COMMAND_TINY_APPEND = 0x7e02, /* u32 person, u8 letter; refused: tiny_no_person; reply {"letters":n} */
    COMMAND_TINY_ASK = 0x7e03,    /* bytes key, rest: payload of the effect */
    COMMAND_TINY_WAKE = 0x7e04,   /* u64 due_us, bytes key, rest: payload of the timer */
    COMMAND_TINY_JOB = 0x7e05,    /* bytes key, u8 slices: each appends the key to the word "worked" */
    COMMAND_TINY_WORK = 0x7e06,   /* no payload: background work is wanted; its result is the word "summed" */
    COMMAND_TINY_SUMMED = 0x7e07, /* u64: the position of the view that the work looked at */
};

struct bytes tiny_text(const struct view *v, const char *name); /* the word; empty when there is none */
void tiny_append(struct step *s, const char *name, struct bytes more);
