/* Erasing a person: every domain lets go of what it keeps of them, by its table, and their rows become empty. What lies in files
 * that never change, and in the log, goes later: who erases keeps a note of it. */
#pragma once

#include "engine/domain.h"

#define FORGOTTEN_ALSO_MAX 2000u

struct forgotten {
    uint32_t number_count;
    const uint32_t *numbers; /* the person's own, then its aliases: their rows become empty */
    uint32_t owner_count;
    const struct hash128 *owners; /* keys under which things of the person are kept */
    uint32_t key_count;
    const struct hash128 *keys; /* of the person's identifiers, whoever had them before */
    /* Numbers of others under which events of these owners may be stored; domains add to it. */
    uint32_t also_count;
    uint32_t also[FORGOTTEN_ALSO_MAX]; /* beyond, the rest is left out: is_more */
    bool is_more;
};

/* For needs: touches what step_forget will touch. */
void forgotten_touch(const struct view *v, const struct forgotten *who);
/* Hearers before speakers: who listens to identity can still ask it. */
void step_forget(struct step *s, struct forgotten *who);
void forgotten_also(struct forgotten *who, const uint32_t *numbers, size_t count);
