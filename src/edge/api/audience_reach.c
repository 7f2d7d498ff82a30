/* How many people of a tag or segment can be reached through each channel, why the others can't, and some of them to look at. */
#include "domain/analytics/analytics.h"
#include "domain/scope/scope.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_survey.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

#define SAMPLE_USUAL 10u
#define SAMPLE_MAX 100u
#define REACH_ROWS (REACH_CHANNELS + 1u) /* and any of them */
#define ANY_CHANNEL REACH_CHANNELS
#define COLUMNS_MAX (5u + REACH_REASON_COUNT)

struct reach_survey {
    struct survey_ref ref;
    struct bytes brand, purpose;
    uint64_t sample_size;
    uint32_t brand_number, purpose_number;
    bool is_pending; /* a brand has moved: all are gone through */
    uint64_t people;
    uint64_t by_reason[REACH_ROWS][REACH_REASON_COUNT];
    uint32_t sample[SAMPLE_MAX];
    size_t sample_count;
    struct json_writer *sample_out;
};

/* --- counted --- */

static void reasons_take(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct reach_survey *q = s->own;
    enum reach_reason reasons[REACH_CHANNELS];
    reach_reasons(v, person, q->brand_number, q->purpose_number, reasons);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        buf_push_byte(out, (uint8_t)reasons[channel]);
}

/* Of all channels the reason that comes latest in the order in which they are looked at is nearest to yes. */
static void reasons_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct reach_survey *q = s->own;
    uint8_t nearest = REACH_NOT_KNOWN;
    (void)person;
    assert(taken.size == REACH_CHANNELS);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++) {
        uint8_t reason = taken.data[channel];
        assert(reason < REACH_REASON_COUNT);
        q->by_reason[channel][reason]++;
        nearest = nearest == REACH_YES || reason == REACH_YES ? REACH_YES : reason > nearest ? reason : nearest;
    }
    q->by_reason[ANY_CHANNEL][nearest]++;
    q->people++;
}

/* The sample is drawn while the set is there, and told when the answer is. */
static void sample_draw(struct reach_survey *q, const struct bitmap *set)
{
    uint64_t members = bitmap_count(set), wanted = members < q->sample_size ? members : q->sample_size;
    for (uint64_t k = 0; k < wanted; k++)
        q->sample_count += bitmap_select(set, (2 * k + 1) * members / (2 * wanted), &q->sample[q->sample_count]);
}

static fallible reach_work(struct survey *s, struct err *e)
{
    static const struct survey_reader reasons = {reasons_take, reasons_keep};
    atomic_store(&s->total, bitmap_count(s->sets[0]));
    sample_draw(s->own, s->sets[0]);
    return survey_read_set(s, &reasons, s->sets[0], UINT64_MAX, e);
}

/* --- told --- */

static const struct {
    const char *title, *title_zh;
} reasons_told[REACH_REASON_COUNT] = {[REACH_NOT_KNOWN] = {"Not known to the brand", "该品牌不认识"},
                                      [REACH_NO_ADDRESS] = {"No address", "无联系方式"},
                                      [REACH_QUARANTINED] = {"In review", "标识已隔离"},
                                      [REACH_SUPPRESSED] = {"Stop list", "停发名单"},
                                      [REACH_ENDED] = {"Blocked or unsubscribed", "已拉黑或取关"},
                                      [REACH_NO_CONSENT] = {"No consent", "无同意授权"},
                                      [REACH_WITHDRAWN] = {"Consent withdrawn", "已撤回"},
                                      [REACH_EXPIRED] = {"Consent expired", "同意已过期"}};

/* Whom a reason excludes somewhere; of the others there is no column. */
static bool is_told(const struct reach_survey *q, uint32_t reason)
{
    for (uint32_t row = 0; row < REACH_ROWS; row++)
        if (q->by_reason[row][reason] > 0)
            return true;
    return false;
}

static void columns_put(const struct reach_survey *q, struct json_writer *w)
{
    struct answer_column columns[COLUMNS_MAX] = {{"channel", "Channel", "渠道", "text"},
                                                 {"channel_zh", "Channel", "渠道", "text"},
                                                 {"reachable", "Reachable", "可触达", "number"},
                                                 {"share", "Share", "占比", "share"}};
    size_t count = 4;
    for (uint32_t reason = REACH_NOT_KNOWN; reason < REACH_REASON_COUNT; reason++)
        if (is_told(q, reason))
            columns[count++] = (struct answer_column){reach_reason_names[reason], reasons_told[reason].title,
                                                      reasons_told[reason].title_zh, "number"};
    answer_columns(w, columns, count);
}

static void row_put(const struct reach_survey *q, uint32_t row, struct json_writer *w)
{
    bool is_any = row == ANY_CHANNEL;
    json_array_begin(w);
    json_put_text(w, is_any ? "Any channel" : reach_channels[row].en);
    json_put_text(w, is_any ? "任一渠道" : reach_channels[row].zh);
    json_put_uint64(w, q->by_reason[row][REACH_YES]);
    answer_share(w, (double)q->by_reason[row][REACH_YES], (double)q->people);
    for (uint32_t reason = REACH_NOT_KNOWN; reason < REACH_REASON_COUNT; reason++)
        if (is_told(q, reason))
            json_put_uint64(w, q->by_reason[row][reason]);
    json_array_end(w);
}

static void brief_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    const struct reach_survey *q = s->own;
    (void)person;
    json_put_raw(q->sample_out, taken);
}

static fallible reach_print(struct survey *s, struct json_writer *w, struct err *e)
{
    static const struct survey_reader briefs = {survey_take_brief, brief_keep};
    struct reach_survey *q = s->own;
    member_bytes(w, audience_kind_names[q->ref.kind], q->ref.name);
    member_text_or_null(w, "value", q->ref.value);
    member_text_or_null(w, "brand", q->brand);
    member_bytes(w, "purpose", q->purpose);
    member_bool(w, "pending", q->is_pending);
    member_uint(w, "people", q->people);
    columns_put(q, w);
    json_key(w, "rows");
    json_array_begin(w);
    row_put(q, ANY_CHANNEL, w);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        row_put(q, channel, w);
    json_array_end(w);
    json_key(w, "sample");
    json_array_begin(w);
    q->sample_out = w;
    struct status status = survey_read(s, &briefs, q->sample, q->sample_count, e);
    json_array_end(w);
    if (q->sample_count > 0)
        request_note_read(&s->look, s->look.route->path, PERSON_NONE);
    return status;
}

/* --- asked --- */

static const struct problem *reach_open(struct survey *s, const struct view *v)
{
    struct reach_survey *q = s->own;
    const struct problem *problem = survey_set_add(s, v, &q->ref, NULL);
    if (problem != NULL)
        return problem;
    q->purpose_number = name_number(v, NAME_PURPOSE, q->purpose);
    q->is_pending = reach_pending(v);
    return reach_brand_asked(&s->token, v, q->brand, &q->brand_number) ? NULL : &problem_no_brand;
}

void api_audience_reach(struct request *r)
{
    static const struct survey_kind kind = {
        .question = "reach", .open = reach_open, .work = reach_work, .print = reach_print};
    struct survey *s = survey_create(r, &kind);
    struct reach_survey *q = ARENA_NEW(s->said, struct reach_survey);
    struct bytes purpose = http_query(r->x, "purpose");
    struct err e = {0};
    *q = (struct reach_survey){.ref = {.kind = (enum audience_kind)r->route->choice,
                                       .name = arena_copy(s->said, r->parameters[0]),
                                       .value = arena_copy(s->said, http_query(r->x, "value"))},
                               .brand = arena_copy(s->said, http_query(r->x, "brand")),
                               .purpose = arena_copy(s->said, purpose.size == 0 ? PURPOSE_USUAL : purpose)};
    s->own = q;
    struct status status = query_number(r, "sample", SAMPLE_USUAL, SAMPLE_MAX, &q->sample_size, &e);
    if (done(status)) {
        survey_ask(r, s);
        return;
    }
    survey_destroy(s);
    request_failed(r, status, &e);
}
