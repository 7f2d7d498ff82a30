/* Reports: listed, kept, ended. What one answers is asked in analytics.c. */
#include "edge/api/report_print.h"

#include "domain/analytics/analytics.h"
#include "edge/mask.h"

#define REPORT_PAYLOAD_BYTES_MAX (REPORT_QUESTION_BYTES_MAX + 1000u)

static void put_words(const struct token *token, const char *key, struct bytes words, struct json_writer *w)
{
    json_key(w, key);
    if (token->masked)
        mask_words(w, words);
    else
        json_put_string(w, words);
}

void report_put_head(const struct token *token, const struct report *report, struct json_writer *w)
{
    put_words(token, "name", report->name, w);
    if (report->label.size > 0)
        put_words(token, "label", report->label, w);
    member_uint(w, "revision", report->revision);
    member_time(w, "saved", report->saved_us);
}

/* A question may name people, and in conditions anywhere: a masked token asks it, and doesn't see it. */
static void put_report(const struct request *r, const struct report *report, struct json_writer *w)
{
    json_object_begin(w);
    report_put_head(r->token, report, w);
    member_bytes(w, "kind", report->kind);
    if (!r->token->masked) {
        json_key(w, "question");
        json_put_raw(w, report->question);
    }
    json_object_end(w);
}

static void print_reports(struct request *r, const struct view *v, struct json_writer *w)
{
    struct report report;
    json_object_begin(w);
    json_key(w, "reports");
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; report_next(v, after, &report); after = report.name)
        put_report(r, &report, w);
    json_array_end(w);
    json_object_end(w);
}

void api_reports(struct request *r)
{
    request_print(r, print_reports);
}

/* Whoever asks may say members in place of the question's own, but can't take away one that there is not. */
static fallible report_read(struct json root, struct report *out, struct err *e)
{
    const struct question_kind *kind;
    struct json question = json_find(root, BYTES_LIT("question"));
    *out = (struct report){.name = json_string(json_find(root, BYTES_LIT("name"))),
                           .kind = json_string(json_find(root, BYTES_LIT("kind"))),
                           .question = json_raw(question),
                           .label = json_string(json_find(root, BYTES_LIT("label")))};
    TRY(question_kind_find(out->kind, &kind, e));
    if (!json_is(question, JSON_ABSENT))
        return question_members_check(kind, question, e);
    out->question = BYTES_LIT("{}");
    return DONE;
}

void api_report_put(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false},
                                                 {"label", BODY_TEXT, true},
                                                 {"kind", BODY_TEXT, false},
                                                 {"question", BODY_OBJECT, false}};
    struct json_parser *p;
    struct json root;
    struct report report;
    struct buf payload = arena_buf(request_arena(r), REPORT_PAYLOAD_BYTES_MAX);
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct status status = report_read(root, &report, &e);
    if (done(status))
        report_pack(&payload, &report);
    if (done(status) && payload.overflowed)
        status = FAIL(&e, LIMIT, "a report's question has at most %u bytes", REPORT_QUESTION_BYTES_MAX);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_REPORT, buf_bytes(&payload), request_answer);
}

void api_report_end(struct request *r)
{
    request_command(r, COMMAND_REPORT_REMOVE, r->parameters[0], request_answer);
}
