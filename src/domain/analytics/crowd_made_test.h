/* Crowds made up: a few tags and segments that random people are in, conditions over them, and who they hold of by the plainest reading. */
#pragma once

#include "domain/analytics/crowd.h"
#include "domain/analytics/question.h"
#include "testing/test.h"

#define MADE_CROWDS 4u   /* "a", "segment:b", "tag:c=x", "tag:d" */
#define MADE_VALUES 3u   /* of "tag:d": nothing, "low", "high" */
#define MADE_LANE_SEGMENT "segment:b"
#define MADE_LANE_TAG "tag:d"

struct made_crowds {
    struct slab *slab; /* the state's */
    uint32_t people;   /* numbers are below it */
    const uint8_t *values[MADE_CROWDS]; /* by person: of "tag:d" the place of its value, else whether they are in it */
    const char *body;  /* {"segment": …}, or {} */
    const bool *has;   /* by person: of whom that holds */
};
struct made_crowds *made_crowds_create(struct t *t, uint32_t people);
void made_crowds_destroy(struct made_crowds *m);

const char *made_crowd_value(const struct made_crowds *m, const char *lane, uint32_t person); /* "-": nothing */
/* Of the wants of a question that was read with the body; NULL: it has none. The caller's. */
struct crowd_book *made_crowds_book(struct t *t, struct made_crowds *m, const struct crowd_wants *wants);
