/* The share of wallet: what people bought here of what they are said to spend in all. docs/guide/analytics.md. */
#include "domain/analytics/wallet.h"

#include <math.h>

#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/crowd.h"
#include "domain/analytics/kinds.h"

#define RANGE_DAYS_INITIALLY 365
#define DAYS_A_YEAR 365.0
#define MONTHS_A_YEAR 12.0
#define LIMIT_INITIALLY 1000
#define LIMIT_MAX 100000
#define TOP_INITIALLY 20
#define TOP_MAX 1000
#define LOT_SALES 1024u
#define CELL_ARENA_BYTES (64u << 10)

static const char *const show_names[WALLET_SHOW_COUNT] = {"groups", "bands"};
static const char *const order_names[WALLET_ORDER_COUNT] = {"share", "own", "person"};
const char *const wallet_band_names[WALLET_BANDS] = {"0-20%", "20-40%", "40-60%", "60-80%", "80-100%"};

/* What a total is of. */
enum per { PER_YEAR, PER_MONTH, PER_RANGE, PER_COUNT };
static const char *const per_names[PER_COUNT] = {"year", "month", "range"};

/* --- reading --- */

static bool is_given(const struct asked *a, const char *member)
{
    struct json from = json_find(a->body, bytes_of_text(member));
    return !json_is(from, JSON_ABSENT) && !json_is(from, JSON_NULL);
}

static uint32_t want_add(struct wallet *own, enum person_fact of, struct bytes name)
{
    assert(own->wants.count < PERSON_WANTS_MAX);
    own->wants.list[own->wants.count] = (struct person_want){.of = of, .name = name};
    return own->wants.count++;
}

static fallible total_want(struct asked *a, const char *member, uint32_t *out_want, struct err *e)
{
    struct bytes name;
    TRY(asked_text(a, member, BYTES_NONE, &name, e));
    if (name.size == 0)
        return asked_wrong(json_find(a->body, bytes_of_text(member)), e, "want the name of a trait");
    *out_want = want_add(a->question->own, PERSON_TRAIT, arena_copy(a->question->arena, name));
    return DONE;
}

/* One trait, or two for both ends. */
static fallible totals_read(struct asked *a, struct wallet *own, struct err *e)
{
    own->is_range = is_given(a, "total_low") || is_given(a, "total_high");
    if (own->is_range == is_given(a, "total"))
        return asked_wrong(
            a->body, e,
            "want \"total\", the trait that says what somebody spends in all (declared, surveyed or imported), or "
            "\"total_low\" and \"total_high\" for a range: a share of wallet can't be told from own sales alone");
    TRY(total_want(a, own->is_range ? "total_low" : "total", &own->total, e));
    own->low = own->high = own->total;
    if (own->is_range)
        TRY(total_want(a, "total_high", &own->high, e));
    struct bytes name = own->wants.list[own->total].name;
    own->source = want_add(own, PERSON_TRAIT_SOURCE, name);
    own->time = want_add(own, PERSON_TRAIT_TIME, name);
    return DONE;
}

/* "tag:level", "segment:vip", "trait:city": of people, not of events, for who bought nothing here has a total as well. */
static fallible by_read(struct asked *a, struct wallet *own, struct err *e)
{
    struct json from = json_find(a->body, BYTES_LIT("breakdown"));
    struct bytes said;
    if (!is_given(a, "breakdown"))
        return DONE;
    TRY(asked_text(a, "breakdown", BYTES_NONE, &said, e));
    for (enum person_fact of = PERSON_TRAIT; of <= PERSON_SEGMENT; of++) {
        struct bytes before = bytes_of_text(person_fact_names[of]);
        if (said.size <= before.size + 1 || !bytes_starts_with(said, before) || said.data[before.size] != ':')
            continue;
        struct bytes name = bytes_slice(said, before.size + 1, said.size);
        own->has_by = true;
        own->by = want_add(own, of, arena_copy(a->question->arena, name));
        own->by_title = arena_text(a->question->arena, said);
        return DONE;
    }
    return asked_wrong(from, e,
                       "want \"tag:NAME\", \"segment:NAME\" or \"trait:NAME\": wallets are people's, not events'");
}

/* A year where no range is asked for. Only the part of the range that is over has sales, so totals are for that part. */
static fallible range_read(struct asked *a, struct wallet *own, struct err *e)
{
    struct question *q = a->question;
    size_t per;
    int64_t last_day = civil_number(q->civil, CIVIL_DAY, q->until_us - 1);
    TRY(asked_choice(a, "per", per_names, PER_COUNT, PER_YEAR, &per, e));
    if (!is_given(a, "from") && !is_given(a, "last"))
        q->from_us = civil_begin_us(q->civil, CIVIL_DAY, last_day - RANGE_DAYS_INITIALLY + 1);
    int64_t seen_us = q->until_us < q->now_us ? q->until_us : q->now_us;
    if (seen_us <= q->from_us)
        return asked_wrong(json_find(a->body, BYTES_LIT("from")), e, "the range hasn't begun");
    double years = (double)(seen_us - q->from_us) / (double)US_PER_DAY / DAYS_A_YEAR;
    own->scale = per == PER_RANGE ? 1 : per == PER_MONTH ? years * MONTHS_A_YEAR : years;
    q->plan.from_us = q->from_us;
    q->plan.until_us = q->until_us;
    own->wants.cut_count = 1;
    own->wants
        .cuts[0] = q->now_us; /* totals, as breakdowns, are as they are now: a survey asks about the time before it */
    return DONE;
}

static fallible rows_read(struct asked *a, struct wallet *own, struct err *e)
{
    TRY(asked_choice(a, "show", show_names, WALLET_SHOW_COUNT, WALLET_GROUPS, &own->show, e));
    TRY(asked_flag(a, "by_person", false, &own->by_person, e));
    a->question->tells_people = own->by_person;
    TRY(asked_choice(a, "order", order_names, WALLET_ORDER_COUNT, WALLET_BY_SHARE, &own->order, e));
    TRY(asked_number(a, "after", -1, -1, UINT32_MAX, &own->after, e));
    TRY(asked_number(a, "top", TOP_INITIALLY, 1, TOP_MAX, &own->top, e));
    return asked_number(a, "limit", LIMIT_INITIALLY, 1, LIMIT_MAX, &own->limit, e);
}

static fallible wallet_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct wallet *own = ARENA_NEW(q->arena, struct wallet);
    uint32_t purchase;
    if (q->plan.subject != SUBJECT_PERSON)
        return asked_wrong(json_find(a->body, BYTES_LIT("subject")), e, "wallets are of persons");
    q->own = own;
    TRY(asked_pick_or(a, "event", "order_paid", &purchase, e));
    TRY(asked_worth(a, purchase, true, &own->worth, e));
    TRY(totals_read(a, own, e));
    TRY(by_read(a, own, e));
    TRY(range_read(a, own, e));
    q->person_wants = &own->wants;
    return rows_read(a, own, e);
}

/* --- counting --- */

static void *wallet_tally(const struct question *q, struct arena *arena)
{
    struct wallet_tally *tally = ARENA_NEW(arena, struct wallet_tally);
    (void)q;
    tally->arena = arena;
    groups_init(&tally->groups, arena, sizeof(struct wallet_figures));
    groups_init(&tally->sources, arena, sizeof(struct wallet_source));
    return tally;
}

static void wallet_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct wallet *own = q->own;
    struct wallet_tally *tally = into;
    struct quantity_sum sum = {0};
    bool has_any = false;
    uint32_t place = q->persons == NULL || s->person == PERSON_NONE ? PERSON_PLACE_NONE
                                                                    : person_book_place(q->persons, s->person);
    for (uint32_t i = 0; i < s->count && place != PERSON_PLACE_NONE; i++) {
        has_any = true;
        worth_add(&own->worth, s, &s->moments[i], &sum);
    }
    if (!has_any)
        return;
    if (tally->newest == NULL || tally->newest->count == LOT_SALES) {
        struct wallet_lot *lot = arena_take(tally->arena, sizeof *lot + LOT_SALES * sizeof *lot->sales,
                                            _Alignof(struct wallet_lot));
        *lot = (struct wallet_lot){.older = tally->newest};
        tally->newest = lot;
    }
    tally->newest->sales[tally->newest->count++] = (struct wallet_sale){place, quantity_double(sum)};
}

static void wallet_join(const struct question *q, void *into, void *from)
{
    struct wallet_tally *sum = into, *more = from;
    (void)q;
    if (more->newest == NULL)
        return;
    struct wallet_lot *oldest = more->newest;
    while (oldest->older != NULL)
        oldest = oldest->older;
    oldest->older = sum->newest;
    sum->newest = more->newest;
    more->newest = NULL;
}

/* --- drill-down --- */

#define BAND_ANY WALLET_BANDS

struct wallet_cell {
    enum wallet_standing standing;
    bool has_value;
    struct bytes value; /* none: of who has none */
    size_t band;
};

static const struct member_rule cell_members[] = {
    {"value", "of the breakdown", "细分的取值"},
    {"band", "the band of shares: 0-20% …", "份额区间:0-20% 等"},
    {"who", "measured (default), exceeding, unusable or unknown", "measured(默认)、exceeding、unusable 或 unknown"},
};

static fallible wallet_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    static const char *const who[] = {"unknown", "unusable", "exceeding", "measured"};
    static_assert(COUNT_OF(who) == WALLET_STANDINGS, "each standing has its name");
    const struct wallet *own = q->own;
    struct wallet_cell *cell = ARENA_NEW(q->arena, struct wallet_cell);
    struct asked a = {.question = q, .body = from};
    size_t standing;
    TRY(asked_members(&a, cell_members, COUNT_OF(cell_members), e));
    TRY(asked_choice(&a, "who", who, COUNT_OF(who), WALLET_MEASURED, &standing, e));
    TRY(asked_choice(&a, "band", wallet_band_names, WALLET_BANDS, BAND_ANY, &cell->band, e));
    cell->standing = (enum wallet_standing)standing;
    cell->has_value = is_given(&a, "value");
    if (cell->has_value && !own->has_by)
        return asked_wrong(from, e, "the question has no breakdown");
    TRY(answer_value_read(&a, "value", &cell->value, e));
    cell->value = arena_copy(q->arena, cell->value);
    *out_cell = cell;
    return DONE;
}

static void wallet_gather(const struct question *q, void *from, const void *of, struct gathering *to)
{
    const struct wallet_tally *tally = from;
    const struct wallet_cell *cell = of;
    struct arena *arena = arena_create(CELL_ARENA_BYTES);
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct wallet_person *p = &tally->people[i];
        bool is_in = p->standing == cell->standing &&
                     (cell->band == BAND_ANY || (p->standing == WALLET_MEASURED && wallet_band(p) == cell->band));
        if (is_in && cell->has_value)
            is_in = bytes_equal(wallet_key_text(q, wallet_key(q, p), arena), cell->value);
        if (is_in)
            to->add(to, person_book_person(q->persons, p->place));
    }
    arena_destroy(arena);
}

static const struct member_rule members[] = {
    {"event", "the purchase (order_paid)", "购买事件(默认 order_paid)"},
    WORTH_MEMBERS,
    {"total", "the trait with what somebody spends in the category in all: declared, surveyed or imported",
     "品类总支出的特质:本人申报、问卷或导入"},
    {"total_low", "instead: the trait with the low end of it", "总支出为区间时:下限特质"},
    {"total_high", "and with the high end", "总支出为区间时:上限特质"},
    {"per", "the total is of a year (default), a month, or of the range itself",
     "总支出的口径:year(默认)、month 或 range(整个区间)"},
    {"breakdown", "tag:NAME, segment:NAME or trait:NAME: people apart by it",
     "按 tag:名称、segment:名称 或 trait:名称 细分"},
    {"top", "how many of its values are shown, the others are one (20)", "显示前几个取值,其余合并(默认 20)"},
    {"show", "groups (default), or bands of the share", "groups(默认)或 bands(按份额区间)"},
    {"by_person", "true: a row a person", "true:每人一行"},
    {"order", "of such rows: share (default), own or person", "排序:share(默认)、own 或 person"},
    {"after", "only persons of greater numbers: the next page when ordered by person", "只取编号更大的人,用于翻页"},
    {"limit", "rows by person at most (1,000; at most 100,000)", "最多多少行(默认 1000,上限 100000)"},
};

const struct question_kind wallet_question = {
    .name = "wallet",
    .about = "The share of wallet: what people buy here of what they say, or are said, to spend in all.",
    .about_zh = "钱包份额:本品牌净销售额占顾客品类总支出(申报、问卷或导入)的比例,附 95% 区间。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = wallet_read,
    .tally = wallet_tally,
    .take = wallet_take,
    .join = wallet_join,
    .conclude = wallet_conclude,
    .print = wallet_print,
    .cell_read = wallet_cell_read,
    .gather = wallet_gather,
};
