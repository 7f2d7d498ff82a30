/* The second stage of reading JSON: from the places of tokens to checked nodes. For json_parse.c only. */
#pragma once

#include "lib/json.h"

struct json_build {
    const uint8_t *text;     /* what the tokens count from */
    const uint32_t *token;   /* the first token; moves on to the one after the value, or to the one that is wrong */
    uint32_t end;            /* the value has to end before it; some token is at or beyond it */
    struct json_node *nodes; /* room for a node a token */
    uint8_t *plain;          /* room for as many bytes as the text has: strings without their escapes */

    uint32_t plain_size; /* zero these to begin with */
    uint32_t backslash;  /* the first one after the last string, or `end` */
    const char *fault;   /* out: what is wrong, for a person; NULL: nothing */
    uint32_t fault_at;   /* out: where */
    bool is_too_deep;    /* out: the fault is a limit, not bad grammar */
};

/* Reads one value and checks that nothing but white space follows before `end`. O(bytes). */
bool json_build_run(struct json_build *b);
