/* Erasing a person: every domain lets go of what it keeps of them, by its table, and their rows become empty. What lies in files
 * that never change, and in the log, goes later: who erases keeps a note of it. */
#pragma once

#include "engine/domain.h"

#define FORGOTTEN_ALSO_MAX 2000u

struct forgotten {
    struct hash128 salt; /* drawn for this erasure: keys the pseudonyms of what must be kept. Nobody keeps the salt itself */
    /* Numbers beyond what one step may write: the others are aliases that are told in later steps, with nothing but numbers. */
    bool is_rest;
    uint32_t number_count;
    const uint32_t *numbers; /* the person's own, then its aliases: their rows become empty */
    uint32_t later_count;    /* aliases behind them */
    uint32_t owner_count;
    const struct hash128 *owners; /* keys under which things of the person are kept */
    uint32_t key_count;
    const struct hash128 *keys; /* of the person's identifiers, whoever had them before */
    /* Numbers of others under which events of these owners may be stored; domains add to it. */
    uint32_t also_count;
    uint32_t also[FORGOTTEN_ALSO_MAX]; /* beyond, the rest is left out: is_more */
    bool is_more;
    /* Of the keys those by which events of others name the person: they are to be cut out of these events. Set by who keeps them. */
    uint32_t named_count;
    const struct hash128 *named;
};

/* A class of what a law makes a business keep of who was erased, and for how long. It is closed to everybody but who may read it by
 * law, says pseudonyms where it said values, and goes when its years are over. To keep another class: a row in its domain's table. */
struct custody_count {
    uint64_t items;    /* in custody now, of one erasure */
    int64_t until_us;  /* when the last of them goes; 0: there are none */
    bool is_settled;   /* no more will come: all that was the person's is closed */
    uint64_t last_position; /* of the newest record in the log that closes some of it: these hold values of theirs, and the salt */
};
struct custody {
    const char *name;                /* "orders" */
    const char *ground, *ground_zh;  /* the law that says so */
    const struct setting *years;
    void (*count)(const struct view *v, uint64_t erasure, struct custody_count *out_count); /* by the position of the erasure */
};

/* For needs: touches what step_forget will touch. */
void forgotten_touch(const struct view *v, const struct forgotten *who);
/* Hearers before speakers: who listens to identity can still ask it. */
void step_forget(struct step *s, struct forgotten *who);
void forgotten_also(struct forgotten *who, const uint32_t *numbers, size_t count);
