/* Private to analytics: which way through nodes a subject takes. paths_trace.c says the ways; paths.c counts and shows them. */
#pragma once

#include "domain/analytics/activity.h"
#include "domain/analytics/session.h"

#define PATH_NODES_INITIALLY 5
#define PATH_NODES_MAX 20u
#define PATH_CHAIN_MAX 8u

/* What a way is cut out of, and where. */
enum path_of { PATH_SESSIONS, PATH_ANCHOR, PATH_NEXT };
enum path_match { MATCH_FIRST, MATCH_LAST, MATCH_EACH, MATCH_COUNT };

struct paths {
    enum path_of of;
    uint32_t activity, hidden;  /* picks: events that are nodes; PICK_NONE or those that are taken out first */
    bool is_whole;              /* no event is left out */
    uint32_t node;              /* lane of what nodes are called by */
    bool collapses;             /* a node that repeats is one */
    struct session_rule rule;
    uint32_t node_max;
    uint32_t start, end;        /* PATH_SESSIONS: picks or PICK_NONE */
    uint32_t anchor;            /* PATH_ANCHOR: pick */
    uint32_t before, after;     /* nodes */
    uint32_t chain[PATH_CHAIN_MAX], chain_count; /* PATH_NEXT: picks that follow each other */
    enum path_match match;
    bool counts_people;         /* an edge once a person */
    uint32_t edge_max;
};

/* Nodes that aren't texts. */
enum path_mark {
    NODE_TEXT,
    NODE_START, /* before the first */
    NODE_DROP,  /* nothing came any more */
    NODE_CUT,   /* "...": what is left out between start and end */
    NODE_COUNT,
};
/* Codes of texts take 32 bits; a mark stands above them. */
#define NODE_OF(mark, code) ((uint64_t)(mark) << 32 | (code))

/* From one node to the next one. */
struct path_edge {
    int32_t level; /* of `from`: 0 is the start, or the anchor; what is before an anchor has levels below */
    uint64_t from, to;
};

/* Who listens to a subject's ways, edge by edge. */
struct path_ear {
    void (*edge)(struct path_ear *ear, const struct path_edge *edge);
    /* Each pair of events that follow each other, whatever the nodes shown; NULL: not wanted. */
    void (*pair)(struct path_ear *ear, uint64_t from, uint64_t to);
};

/* Scratch of one thread. */
struct path_scratch {
    struct arena *arena;
    struct moment *moments; /* that aren't hidden */
    uint32_t *nodes;        /* of a session: the codes, collapsed */
    uint32_t *matches;      /* and the picks of the moments of each */
    uint32_t capacity;
};
void path_trace(const struct question *q, struct path_scratch *scratch, const struct sequence *s, struct path_ear *ear);
