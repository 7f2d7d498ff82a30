/* What stands out about some people against others: of each thing that can be said of a person (something by its name, with a value) how many times as
 * many of them it is said of, with an interval, corrected for the many things that are looked at. Pure; one thread. */
#pragma once

#include "base/bytes.h"
#include "lib/stats.h"

#define PORTRAIT_VALUES_MAX 1000u     /* that a name is told by; further ones are left out, and counted */
#define PORTRAIT_FEATURES_MAX 100000u /* of all together */
#define PORTRAIT_PEOPLE_LEAST 5u /* of whom a feature is said, or would be if both were alike: fewer are never told */
#define PORTRAIT_LEVEL 0.05      /* the share of false finds among those told */

enum portrait_side { PORTRAIT_MEMBERS, PORTRAIT_OTHERS, PORTRAIT_SIDES };

struct portrait;
struct portrait *portrait_create(void);    /* aborts when the system has no memory; takes some 100 bytes a feature */
void portrait_destroy(struct portrait *p); /* NULL is fine */

/* The next person. All that is added afterwards is said of them; the same feature twice counts once. */
void portrait_person(struct portrait *p, enum portrait_side side);
/* `what` sort of thing it is, by numbers of the caller's; `value` may be empty. Names and values are copied. */
void portrait_add(struct portrait *p, uint8_t what, struct bytes name, struct bytes value);

struct portrait_row {
    uint8_t what;
    struct bytes name, value; /* the portrait's */
    struct proportion members, others;
    struct interval lift; /* of the members' rate over the others', 95 % */
    double p, q;          /* of no difference; q by Benjamini-Hochberg over all that were tested */
    double strength;      /* the logarithm of how far the nearer end of the interval is from 1; 0: not */
};
struct portrait_told {
    const struct portrait_row *rows; /* the portrait's; those below the level, the strongest first */
    size_t count;
    size_t tested;
    uint64_t people[PORTRAIT_SIDES];
    uint64_t left_out; /* values beyond the bounds: how often one came */
};
/* Once, behind all people. O(features x log). */
struct portrait_told portrait_conclude(struct portrait *p);
