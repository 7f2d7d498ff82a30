/* Reports: questions about events that are kept under a name, to be asked again. What a report says has a revision, which grows whenever it changes; what it
 * answers says which revision was asked, and of which position. On disk: docs/formats/report.md. */
#pragma once

#include "domain/report/ready.h"
#include "engine/domain.h"

extern const struct domain report_domain;

#define REPORT_NAME_BYTES_MAX 64u
#define REPORT_LABEL_BYTES_MAX 200u
#define REPORT_QUESTION_BYTES_MAX 15000u
#define REPORTS_MAX 1000u /* of a workspace */

struct report {
    struct bytes name;
    struct bytes kind;     /* of the question: "funnel" */
    struct bytes question; /* its body, a JSON object as it was said */
    struct bytes label;    /* for people; may be empty */
    uint64_t revision;     /* from 1; of what is said 0 */
    int64_t saved_us;      /* log time of the revision */
};
void report_pack(struct buf *b, const struct report *r); /* what is said of it */
bool report_find(const struct view *v, struct bytes name, struct report *out_report); /* borrowed from the view */
bool report_next(const struct view *v, struct bytes after, struct report *out_report); /* in order of name; start with none */

/* 0x1102: bytes name. A report that says what it said already stays as it is, with its revision. */
enum { COMMAND_REPORT = 0x1101, COMMAND_REPORT_REMOVE = 0x1102 };
