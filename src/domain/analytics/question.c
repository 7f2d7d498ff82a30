#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/crowd.h"
#include "domain/analytics/exchange.h"
#include "domain/analytics/name_book.h"
#include "lib/nearest.h"

#define QUESTION_BLOCK_BYTES (64u << 10)
#define RANGE_DAYS_INITIALLY 30
#define CIVIL_FROM_US INT64_C(0)               /* zones are known from 1970 on: what is before counts with its offset */
#define CIVIL_BEYOND_US (2 * 366 * US_PER_DAY) /* and for two years more than there can be events */

static const struct member_rule common_members[] = {
    {"from", "where the range begins: a local date or an instant", "范围起点:当地日期或时刻"},
    {"until", "where it ends, which is not in it any more", "范围终点(不含)"},
    {"last", "instead: \"30d\" is 30 days, today included; \"12h\" is until now",
     "或:“30d”为含今天的 30 天,“12h”为至今 12 小时"},
    {"zone", "instead of the workspace's: \"Asia/Shanghai\"", "时区,默认为工作区时区"},
    {"week_begins", "1 Monday … 7 Sunday", "每周第一天:1 星期一 … 7 星期日"},
    {"currency", "of amounts (values called so, or {\"property\": …, \"money\": true}): \"USD\" (the group's); \"each\": as they are said, whichever it is",
     "金额(按名称识别,或写明 {\"property\": …, \"money\": true})的币种:如“USD”(默认集团币种);“each”为各按原币,不换算"},
    {"where", "a condition on events: others aren't there", "对事件的条件:不符合的视为不存在"},
    {"since", "the \"as_of\" of an earlier answer: tells in \"arrived\" which of its events came after that", "先前答案的“as_of”:在“arrived”中说明其后到达了哪些事件"},
    {"subject", "whose sequences: person, order, conversation, staff", "序列主体:个人、订单、会话、员工"},
    {"people", "only these", "仅限这些人"},
    {"segment", "only who is in it as of the answer: a name, a list (in all of them), or {\"all\", \"any\", \"none\"}; \"tag:level=gold\" too",
     "仅限作答时属于该人群者:名称、列表(同时属于)或 {\"all\", \"any\", \"none\"};也可写“tag:level=gold”"},
};

static const char *const subject_names[SUBJECT_KIND_COUNT] = {"person", "order", "conversation", "staff"};

const struct member_rule *question_members(size_t *out_count)
{
    *out_count = COUNT_OF(common_members);
    return common_members;
}

fallible question_members_check(const struct question_kind *kind, struct json body, struct err *e)
{
    return asked_members_of(body, TABLE(common_members), kind->members, kind->member_count, e);
}

fallible question_kind_find(struct bytes name, const struct question_kind **out_kind, struct err *e)
{
    const char *names[QUESTION_KINDS_MAX];
    assert(question_kind_count <= QUESTION_KINDS_MAX);
    for (size_t i = 0; i < question_kind_count; i++) {
        names[i] = question_kinds[i]->name;
        if (bytes_equal(name, bytes_of_text(names[i]))) {
            *out_kind = question_kinds[i];
            return DONE;
        }
    }
    return FAIL(e, INVALID, "there is no question \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name),
                nearest_name(name, names, question_kind_count, sizeof *names));
}

static fallible civil_make(struct asked *a, struct bytes zone, struct err *e)
{
    struct question *q = a->question;
    struct err wrong = {0};
    struct civil *civil;
    int64_t week_begins;
    TRY(asked_text(a, "zone", zone, &zone, e));
    TRY(asked_number(a, "week_begins", 1, 1, 7, &week_begins, e));
    if (failed(civil_create(zone, CIVIL_FROM_US, q->now_us + CIVIL_BEYOND_US, (unsigned)week_begins, &civil, &wrong)))
        return asked_wrong(json_find(a->body, BYTES_LIT("zone")), e, "%s", wrong.text);
    q->civil = civil;
    return DONE;
}

static int64_t days_later(const struct civil *c, int64_t us, int64_t days)
{
    return civil_begin_us(c, CIVIL_DAY, civil_number(c, CIVIL_DAY, us) + days);
}

static fallible instant_read(struct asked *a, const char *member, int64_t otherwise_us, int64_t *out_us, struct err *e)
{
    struct json from = json_find(a->body, bytes_of_text(member));
    struct err wrong = {0};
    *out_us = otherwise_us;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    if (failed(civil_read(a->question->civil, json_string(from), out_us, &wrong)))
        return asked_wrong(from, e, "%s", wrong.text);
    return DONE;
}

/* Spans of whole days are days of the calendar, today included; shorter ones end now. */
static fallible last_read(struct asked *a, struct json last, struct err *e)
{
    struct question *q = a->question;
    int64_t span_us;
    if (!asked_span_read(json_string(last), &span_us) || span_us <= 0 || span_us > q->now_us)
        return asked_wrong(last, e, "want a span such as \"12h\", \"30d\" or \"2w\"");
    if (!json_is(json_find(a->body, BYTES_LIT("from")), JSON_ABSENT) ||
        !json_is(json_find(a->body, BYTES_LIT("until")), JSON_ABSENT))
        return asked_wrong(last, e, "say either \"last\", or \"from\" and \"until\"");
    if (span_us % US_PER_DAY == 0) {
        q->until_us = days_later(q->civil, q->now_us, 1);
        q->from_us = days_later(q->civil, q->now_us, 1 - span_us / US_PER_DAY);
    } else {
        q->until_us = q->now_us;
        q->from_us = q->now_us - span_us;
    }
    return DONE;
}

static fallible range_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct json last = json_find(a->body, BYTES_LIT("last"));
    if (!json_is(last, JSON_ABSENT) && !json_is(last, JSON_NULL))
        return last_read(a, last, e);
    TRY(instant_read(a, "until", days_later(q->civil, q->now_us, 1), &q->until_us, e));
    TRY(instant_read(a, "from", days_later(q->civil, q->until_us - 1, 1 - RANGE_DAYS_INITIALLY), &q->from_us, e));
    if (q->from_us >= q->until_us)
        return asked_wrong(a->body, e, "the range is empty: \"until\" has to be after \"from\"");
    return DONE;
}

static fallible currency_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct bytes text;
    TRY(asked_text(a, "currency", BYTES_NONE, &text, e));
    q->currency = text.size == 0 ? name_book_rates(q->names)->group : currency_named(text);
    if (q->currency == CURRENCY_NONE && !bytes_equal(text, BYTES_LIT("each")))
        return asked_wrong(json_find(a->body, BYTES_LIT("currency")), e, "want a currency such as \"CNY\" or \"USD\", or \"each\"");
    return DONE;
}

static fallible since_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct json from;
    q->tells_arrivals = asked_given(a, "since", &from);
    if (q->tells_arrivals && !json_uint64(from, &q->since))
        return asked_wrong(from, e, "want the \"as_of\" of an earlier answer, a whole number");
    return DONE;
}

static fallible common_read(struct asked *a, struct bytes zone, struct err *e)
{
    struct question *q = a->question;
    size_t subject;
    TRY(question_members_check(q->kind, a->body, e));
    TRY(civil_make(a, zone, e));
    TRY(range_read(a, e));
    TRY(currency_read(a, e));
    TRY(since_read(a, e));
    TRY(asked_choice(a, "subject", subject_names, SUBJECT_KIND_COUNT, SUBJECT_PERSON, &subject, e));
    q->plan.subject = (enum subject_kind)subject;
    q->plan.wants_nobody = q->plan.subject != SUBJECT_PERSON; /* an order is one, whether or not anybody knows whose */
    q->plan.from_us = q->from_us;
    q->plan.until_us = q->until_us;
    TRY(asked_crowd(a, e));
    return asked_filter(a, json_find(a->body, BYTES_LIT("where")), &q->plan.universe, e);
}

fallible question_read(const struct question_kind *kind, struct json body, const struct name_book *names,
                       struct bytes zone, int64_t now_us, struct question **out_question, struct err *e)
{
    struct arena *arena = arena_create(QUESTION_BLOCK_BYTES);
    struct question *q = ARENA_NEW(arena, struct question);
    struct asked a = {.question = q, .body = body};
    assert(kind != NULL && names != NULL);
    *q = (struct question){
        .kind = kind, .arena = arena, .now_us = now_us, .names = names, .wants = ARENA_NEW(arena, struct thing_wants),
        .crowds = ARENA_NEW(arena, struct crowd_wants)};
    struct status s = common_read(&a, zone, e);
    if (done(s))
        s = kind->read(&a, e);
    if (failed(s)) {
        question_close(q);
        return s;
    }
    assert(q->plan.from_us < q->plan.until_us && q->plan.pick_count <= PICKS_MAX);
    *out_question = q;
    return DONE;
}

void question_close(struct question *q)
{
    if (q == NULL)
        return;
    if (q->kind->close != NULL)
        q->kind->close(q);
    civil_destroy(q->civil);
    arena_destroy(q->arena);
}
