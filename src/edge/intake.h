/* An intake: what one collecting request is read with and kept in until its events are durable. Reused. */
#pragma once

#include "edge/route.h"

struct collect_counts {
    struct codec_counts codec;
    uint64_t accepted, duplicates, refused, requests;
};

/* How an answer names what was faulty: the list, its member that says which event, and what the first one is called. */
struct fault_naming {
    const char *list, *place;
    uint32_t from;
};

struct intake {
    struct intake *next; /* in the door's list of free ones */
    struct codec codec;
    struct codec_batch batch;
    struct buf inflated;
    struct request *request;
    struct message message;
    struct submission *submissions;
    size_t submission_room;
    uint32_t answered, accepted, duplicates, refused, not_taken; /* engine's thread until the answer */
    enum status_code not_taken_why;
    void (*respond)(struct intake *i);
    const struct fault_naming *naming;
};

struct intake *intake_create(void);
void intake_destroy(struct intake *i); /* NULL is fine */
struct codec_context collect_context(const struct request *r); /* of a token's events that come now; lives as long as its catalogue */
void collect_counts_add(struct collect_counts *c, const struct intake *i);
