#include "edge/api/audience_cost.h"

#include <stdlib.h>

#include "base/time.h"
#include "edge/api/api.h"
#include "lib/bitmap.h"

#define SAMPLE_PEOPLE 512u
#define LOOKS_A_PERSON 256u /* at most: of many definitions each person measures only some */
#define BYTES_SCALE 256.0   /* shares of bytes travel as whole numbers */

/* One look that was measured. */
struct cost_measure {
    uint32_t place; /* in the list */
    uint32_t ns;
};

/* --- sampled --- */

void audience_costs_open(struct survey *s, const struct view *v, struct audience_costs *costs)
{
    struct bitmap *everybody = rule_everybody(v);
    costs->rules_end = rules_end(v);
    costs->places = ARENA_ARRAY(s->arena, uint32_t, costs->rules_end);
    costs->measures = ARENA_ARRAY(s->arena, struct cost_measure, SAMPLE_PEOPLE * LOOKS_A_PERSON);
    costs->measure_count = costs->sampled = 0;
    costs->everybody = everybody == NULL ? 0 : bitmap_count(everybody);
    for (size_t i = 0; i < costs->count; i++) {
        struct audience_cost *cost = &costs->list[i];
        cost->looks = rule_looks_of(v, cost->rule);
        if (cost->rule != RULE_NONE)
            costs->places[cost->rule] = (uint32_t)i + 1;
    }
    costs->set = s->set_count;
    if (everybody != NULL)
        survey_set_take(s, everybody);
}

static uint32_t measured_ns(const struct view *v, uint32_t person, uint32_t rule)
{
    int64_t begin_ns = time_monotonic_ns();
    rule_try(v, person, rule);
    int64_t ns = time_monotonic_ns() - begin_ns;
    return ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

/* Engine's thread: what rules keep of the person, then how long some of them take. */
static void person_take(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct audience_costs *costs = s->own;
    const struct rule_bytes *bytes;
    size_t count = rule_bytes_of(v, person, &bytes), stride = costs->count / LOOKS_A_PERSON + 1;
    pack_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        pack_varint(out, bytes[i].rule);
        pack_varint(out, (uint64_t)(bytes[i].bytes * BYTES_SCALE));
    }
    for (size_t i = person % stride; i < costs->count; i += stride) {
        if (costs->list[i].rule == RULE_NONE)
            continue;
        pack_varint(out, i);
        pack_varint(out, measured_ns(v, person, costs->list[i].rule));
    }
}

static void person_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct audience_costs *costs = s->own;
    struct unpack u = unpack_of(taken);
    (void)person;
    costs->sampled++;
    for (uint64_t left = unpack_varint(&u); left > 0; left--) {
        uint32_t rule = unpack_varint32(&u);
        double bytes = (double)unpack_varint(&u) / BYTES_SCALE;
        if (rule < costs->rules_end && costs->places[rule] != 0) /* else another kind's, or newer than the survey */
            costs->list[costs->places[rule] - 1].bytes += bytes;
    }
    while (unpack_left(&u) > 0) {
        uint32_t place = unpack_varint32(&u), ns = unpack_varint32(&u);
        assert(costs->measure_count < (size_t)SAMPLE_PEOPLE * LOOKS_A_PERSON);
        costs->measures[costs->measure_count++] = (struct cost_measure){place, ns};
    }
}

static int by_place(const void *a, const void *b)
{
    const struct cost_measure *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->ns > y->ns) - (x->ns < y->ns);
}

/* The middle one: whoever was kept from the processor took long for no fault of the rule. */
static void medians_find(struct audience_costs *costs)
{
    size_t end;
    qsort(costs->measures, costs->measure_count, sizeof *costs->measures, by_place);
    for (size_t from = 0; from < costs->measure_count; from = end) {
        uint32_t place = costs->measures[from].place;
        for (end = from; end < costs->measure_count && costs->measures[end].place == place;)
            end++;
        costs->list[place].look_count = (uint32_t)(end - from);
        costs->list[place].look_ns = costs->measures[from + (end - from) / 2].ns;
    }
}

fallible audience_costs_sample(struct survey *s, struct audience_costs *costs, struct err *e)
{
    static const struct survey_reader reader = {.take = person_take, .keep = person_keep};
    if (costs->everybody > 0)
        TRY(survey_read_set(s, &reader, s->sets[costs->set], SAMPLE_PEOPLE, e));
    medians_find(costs);
    return DONE;
}

/* --- told --- */

/* Less than a day says of a day no more than what it saw. */
static double a_day(const struct survey *s, const struct audience_cost *cost, uint64_t count)
{
    double days = (double)(s->now_us - cost->looks.from_us) / (double)US_PER_DAY;
    return (double)count / (days > 1 ? days : 1);
}

double audience_looks_a_day(const struct survey *s, const struct audience_cost *cost)
{
    return a_day(s, cost, cost->looks.looks);
}

double audience_turns_a_day(const struct survey *s, const struct audience_cost *cost)
{
    return a_day(s, cost, cost->looks.turns);
}

double audience_cpu_ms_a_day(const struct survey *s, const struct audience_cost *cost)
{
    return audience_looks_a_day(s, cost) * (double)cost->look_ns / 1e6;
}

double audience_bytes(const struct audience_costs *costs, const struct audience_cost *cost)
{
    return costs->sampled == 0 ? 0 : cost->bytes * (double)costs->everybody / (double)costs->sampled;
}

void audience_costs_put(const struct audience_costs *costs, struct json_writer *w)
{
    json_key(w, "cost");
    json_object_begin(w);
    member_uint(w, "sampled", costs->sampled);
    member_text(w, "en",
                "Evaluations are counted since the midnight before last, or since the rule took over or the process "
                "began if that was later; CPU time is these times what one "
                "takes now, and bytes are kept of people: both as a sample of people says.");
    member_text(w, "zh",
                "求值次数自前一日零点起计(规则生效或进程启动更晚的,自其时起);CPU "
                "时间为次数乘以当前单次耗时,占用为所有人名下的字节数,二者均由抽样估计。");
    json_object_end(w);
}
