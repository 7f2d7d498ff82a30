/* What went wrong, as application/problem+json (RFC 9457):
 * {"type":"/problems/body-too-large","title":"…","status":413,"detail":"…","place":"events[3].name"} */
#pragma once

#include "edge/http/http.h"

struct problem {
    unsigned status;
    const char *slug;       /* names the kind for ever: "body-too-large" */
    const char *title;      /* what the kind is, the same every time */
    const char *detail;     /* this time: what to do about it; NULL: left out */
    const char *place;      /* where in the request; NULL: left out */
    unsigned retry_seconds; /* in a Retry-After header; 0: none */
    const char *allow;      /* in an Allow header, which each 405 has: "GET, POST"; NULL: none */
    const char *title_zh;   /* of a rule's refusal, told beside the title; NULL: wording.h may have one */
    uint64_t position;      /* of the command that was refused; 0: left out */
    const char *faults_key; /* a member for what was wrong in each part of the request; NULL: left out */
    struct bytes faults;    /* its value, a JSON list; what it says is in the right language already */
    bool in_chinese;
};

/* The reply lives in the arena; bytes that are not UTF-8 come out as U+FFFD. */
struct http_reply problem_reply(struct arena *a, const struct problem *p);

/* A failure as a problem: INVALID 400, DENIED 403, NOT_FOUND 404, EXISTS 409, LIMIT 413, FULL and UNAVAILABLE 503, all
 * else 500. The detail is the words of `e` (borrowed), save for a 500, whose words are for the log. */
struct problem problem_of_failure(struct status s, const struct err *e);

/* The same in the language that the request asks for. */
struct http_reply problem_reply_to(struct http_exchange *x, const struct problem *p);
void http_respond_problem(struct http_exchange *x, const struct problem *p); /* answers with it */
