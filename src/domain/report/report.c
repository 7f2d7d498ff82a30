#include "domain/report/report.h"

#include "lib/pack.h"
#include "lib/text.h"

#define REPORT_FORMAT 1u
#define REPORT_BYTES_MAX (REPORT_QUESTION_BYTES_MAX + 1000u)

static const struct family report_family = {
    .id = 127, .kind = FAMILY_KEYED, .value_bytes = REPORT_BYTES_MAX, .name = "report"};

static const struct refusal no_such_report = {"no_such_report", "There is no report of this name.",
                                              "没有这个名称的报表。"};
static const struct refusal too_many_reports = {
    "too_many_reports", "There are 1,000 reports already: remove one first.", "已有 1,000 个报表:请先删除一个。"};

static void said_put(struct buf *b, const struct report *r)
{
    pack_bytes(b, r->name);
    pack_bytes(b, r->kind);
    pack_bytes(b, r->question);
    pack_bytes(b, r->label);
}

static void said_take(struct unpack *u, struct report *out)
{
    out->name = unpack_bytes(u);
    out->kind = unpack_bytes(u);
    out->question = unpack_bytes(u);
    out->label = unpack_bytes(u);
}

void report_pack(struct buf *b, const struct report *r)
{
    pack_u8(b, REPORT_FORMAT);
    said_put(b, r);
}

static fallible report_unpack(struct bytes payload, struct report *out_report, struct err *e)
{
    struct report r = {0};
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != REPORT_FORMAT;
    said_take(&u, &r);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "a report is cut short");
    if (r.name.size == 0 || r.name.size > REPORT_NAME_BYTES_MAX || !text_fits_a_path(r.name))
        return FAIL(
            e, INVALID,
            "a report's name is plain text of at most %u bytes without \"/\" and control characters, and not . or ..",
            REPORT_NAME_BYTES_MAX);
    if (r.kind.size == 0 || r.kind.size > REPORT_NAME_BYTES_MAX || r.label.size > REPORT_LABEL_BYTES_MAX ||
        r.question.size > REPORT_QUESTION_BYTES_MAX)
        return FAIL(e, INVALID,
                    "a report has a kind of question, a question of at most %u bytes and a label of at most %u",
                    REPORT_QUESTION_BYTES_MAX, REPORT_LABEL_BYTES_MAX);
    *out_report = r;
    return DONE;
}

static struct report report_of_row(struct bytes row)
{
    struct report r = {0};
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != REPORT_FORMAT;
    said_take(&u, &r);
    r.revision = unpack_varint(&u);
    r.saved_us = unpack_signed(&u);
    assert(unpack_finished(&u)); /* rows are our own bytes */
    return r;
}

bool report_find(const struct view *v, struct bytes name, struct report *out_report)
{
    struct bytes row;
    if (name.size == 0 || name.size > REPORT_NAME_BYTES_MAX || !view_keyed(v, &report_family, name, &row))
        return false;
    *out_report = report_of_row(row);
    return true;
}

bool report_next(const struct view *v, struct bytes after, struct report *out_report)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &report_family, after.size == 0 ? BYTES_LIT("\0") : after, true, &key, &row))
        return false;
    *out_report = report_of_row(row);
    return true;
}

/* --- commands --- */

static fallible put_check(struct bytes payload, struct err *e)
{
    struct report r;
    return report_unpack(payload, &r, e);
}

static bool says_the_same(const struct report *a, const struct report *b)
{
    return bytes_equal(a->kind, b->kind) && bytes_equal(a->question, b->question) && bytes_equal(a->label, b->label);
}

static uint32_t reports_count(const struct view *v)
{
    struct report r;
    uint32_t count = 0;
    for (struct bytes after = BYTES_NONE; report_next(v, after, &r); after = r.name)
        count++;
    return count;
}

static const struct refusal *put(struct step *s, struct bytes payload)
{
    struct report said, standing = {0};
    struct buf row = arena_buf(s->view.arena, REPORT_BYTES_MAX);
    struct status status = report_unpack(payload, &said, NULL);
    assert(done(status)); /* put_check has seen it */
    bool is_there = report_find(&s->view, said.name, &standing);
    if (is_there && says_the_same(&said, &standing))
        return NULL;
    if (!is_there && reports_count(&s->view) >= REPORTS_MAX)
        return &too_many_reports;
    report_pack(&row, &said);
    pack_varint(&row, standing.revision + 1);
    pack_signed(&row, s->view.now_us);
    step_keyed_put(s, &report_family, said.name, buf_bytes(&row));
    return NULL;
}

static fallible remove_check(struct bytes payload, struct err *e)
{
    return payload.size > 0 ? DONE : FAIL(e, INVALID, "which report? give its name");
}

static const struct refusal *remove_report(struct step *s, struct bytes name)
{
    struct report standing;
    if (!report_find(&s->view, name, &standing))
        return &no_such_report;
    step_keyed_remove(s, &report_family, name);
    return NULL;
}

static const struct family *const families[] = {&report_family};
static const struct command commands[] = {
    {COMMAND_REPORT, "report.put", REPORT_BYTES_MAX, ROLE_WRITE, put_check, NULL, put,
     "Keeps a question under a name, or a new revision of it.", NULL},
    {COMMAND_REPORT_REMOVE, "report.remove", REPORT_NAME_BYTES_MAX, ROLE_WRITE, remove_check, NULL, remove_report,
     "Ends a report.", NULL},
};

const struct domain report_domain = {
    .number = 0x11,
    .name = "report",
    .about = "Questions that are kept under a name.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
};
