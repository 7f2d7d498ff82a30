/* Alarms against a naive model: it keeps every event and order that ever came and, for each day that is over, works out anew from all
 * of them what should have been told. Days and sources at random, with closed days, silences, and data that comes late.
 * Covers: count.c, judge.c, pulse.c */
#include "domain/pulse/pulse_test.h"

#include <stdlib.h>
#include <string.h>

#define DAYS 40
#define SOURCES 3u
#define SHOPS 2u
#define LAGS_MAX 4000u
#define MOODS 6u

static const char *const sources[SOURCES] = {"app", "pos", "网店"};
static const char *const shops[SHOPS] = {"tmall-1", "旗舰店"};

struct model {
    struct lag {
        uint32_t source;
        int32_t day;
        int64_t us;
    } lags[LAGS_MAX];
    uint32_t lag_count;
    bool came[SOURCES][DAYS + 1], ordered[SHOPS][DAYS + 1], declared[SHOPS][DAYS + 1];
    uint8_t closed_weekdays;
    uint32_t silent[SOURCES + SHOPS];
    char told[DAYS * 8][64]; /* in the order of the list */
    uint32_t told_count;
};

/* --- the model's own words for what is due, late and wrong --- */

static bool closed(const struct model *m, int32_t day)
{
    return (m->closed_weekdays >> ((day + 70) % 7) & 1) != 0;
}

static bool was(const bool *days, int32_t day)
{
    return day >= 0 && days[day];
}

static bool due(const struct model *m, const bool *days, int32_t day)
{
    int32_t at = day - 1, run = 0;
    while (at >= day - PULSE_DAYS && run < 7 && (was(days, at) || closed(m, at)))
        run += was(days, at--);
    int weeks = was(days, day - 7) + was(days, day - 14) + was(days, day - 21) + was(days, day - 28);
    return run == 7 || weeks >= 3;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Lags of a source on the days [from, until], in order. */
static uint32_t lags_of(const struct model *m, uint32_t source, int32_t from, int32_t until, int64_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->lag_count; i++)
        if (m->lags[i].source == source && m->lags[i].day >= from && m->lags[i].day <= until)
            out[count++] = m->lags[i].us;
    qsort(out, count, sizeof *out, by_size);
    return count;
}

/* The least bound above the lag at a place in the order. */
static int64_t bound_above(int64_t lag_us)
{
    size_t i = 0;
    while (pulse_bounds_us[i] <= lag_us && pulse_bounds_us[i] != INT64_MAX)
        i++;
    return pulse_bounds_us[i];
}

static int64_t part_bound(const int64_t *lags, uint32_t count, uint32_t percent)
{
    uint32_t place = (count * percent + 99) / 100;
    return bound_above(lags[place == 0 ? 0 : place - 1]);
}

static uint32_t lag_alarms(const struct model *m, uint32_t source, int32_t day)
{
    static int64_t today[LAGS_MAX], before[LAGS_MAX];
    uint32_t count = lags_of(m, source, day, day, today), usual = lags_of(m, source, day - PULSE_DAYS, day - 1, before);
    uint32_t alarms = 0, late = 0, ahead = 0;
    if (count < PULSE_SAMPLES_MIN)
        return 0;
    int64_t bound = usual == 0 ? 0 : part_bound(before, usual, 95);
    bound = bound < 15 * US_PER_MINUTE ? 15 * US_PER_MINUTE : bound;
    for (uint32_t i = 0; i < count; i++) {
        late += today[i] >= bound;
        ahead += today[i] < -US_PER_MINUTE;
    }
    int64_t low = part_bound(today, count, 5), high = part_bound(today, count, 95);
    alarms |= usual >= PULSE_USUAL_MIN && late * 5 > count ? 1u << PULSE_LATE : 0;
    alarms |= ahead * 20 >= count ? 1u << PULSE_CLOCK_AHEAD : 0;
    alarms |= low == high && low > US_PER_HOUR && low <= US_PER_DAY ? 1u << PULSE_CLOCK_BEHIND : 0;
    return alarms;
}

static void expect(struct model *m, uint32_t alarms, uint32_t silent, const char *name, int32_t day)
{
    for (unsigned kind = 0; kind < PULSE_ALARM_COUNT; kind++)
        if ((alarms & ~silent & 1u << kind) != 0)
            (void)snprintf(m->told[m->told_count++], sizeof m->told[0], "%d %s %s", day, pulse_words[kind].name, name);
}

static void model_judge(struct model *m, int32_t day)
{
    for (uint32_t i = 0; i < SOURCES; i++) {
        bool missing = !closed(m, day) && !m->came[i][day] && due(m, m->came[i], day);
        expect(m, lag_alarms(m, i, day) | (missing ? 1u << PULSE_MISSING : 0), m->silent[i], sources[i], day);
    }
    for (uint32_t i = 0; i < SHOPS; i++) {
        bool here = m->ordered[i][day], there = m->declared[i][day], open = !closed(m, day);
        bool missing = open && !here && !there && due(m, m->ordered[i], day);
        bool undeclared = open && here && !there && due(m, m->declared[i], day);
        expect(m, (missing ? 1u << PULSE_MISSING : 0) | (undeclared ? 1u << PULSE_UNDECLARED : 0),
               m->silent[SOURCES + i], shops[i], day);
    }
}

/* --- playing --- */

static int64_t any_lag(struct t *t, uint32_t mood)
{
    static const int64_t usual[MOODS] = {US_PER_SECOND,    20 * US_PER_MINUTE, 8 * US_PER_HOUR,
                                         -2 * US_PER_HOUR, 3 * US_PER_DAY,     14 * US_PER_HOUR};
    return usual[mood] + rng_between(&t->rng, 0, usual[mood] < 0 ? US_PER_MINUTE : usual[mood] / 2);
}

static void source_play(struct rig *s, struct model *m, uint32_t source, int32_t day, uint32_t mood)
{
    int count = (int)rng_between(&s->t->rng, 1, 30);
    for (int i = 0; i < count && m->lag_count < LAGS_MAX; i++) {
        bool is_sample = rng_chance(&s->t->rng, 0.7);
        int64_t lag_us = any_lag(s->t, rng_chance(&s->t->rng, 0.05) ? (uint32_t)rng_below(&s->t->rng, MOODS) : mood);
        pulse_tell(s, sources[source], lag_us, is_sample);
        m->came[source][day] = true;
        if (is_sample)
            m->lags[m->lag_count++] = (struct lag){source, day, lag_us};
    }
}

static void shop_play(struct rig *s, struct model *m, uint32_t shop, int32_t day)
{
    int32_t of = day;
    if (rng_chance(&s->t->rng, 0.2)) /* late, for a day that may have been missed */
        of -= (int32_t)rng_below(&s->t->rng, 4);
    of = of < 0 ? 0 : of;
    if (rng_chance(&s->t->rng, 0.9)) {
        pulse_order(s, shops[shop], of);
        m->ordered[shop][of] = true;
    }
    if (rng_chance(&s->t->rng, 0.9)) {
        pulse_declare(s, shops[shop], of);
        m->declared[shop][of] = true;
    }
}

static void any_calendar(struct rig *s, struct model *m)
{
    uint32_t place = (uint32_t)rng_below(&s->t->rng, SOURCES + SHOPS);
    if (rng_chance(&s->t->rng, 0.5)) {
        m->closed_weekdays = (uint8_t)(1u << rng_below(&s->t->rng, 7));
        pulse_calendar(s, &(struct calendar){.closed_weekdays = m->closed_weekdays});
        return;
    }
    m->silent[place] = (uint32_t)rng_below(&s->t->rng, 1u << PULSE_ALARM_COUNT);
    pulse_calendar(s,
                   &(struct calendar){.of = place < SOURCES ? CALENDAR_OF_SOURCE : CALENDAR_OF_SHOP,
                                      .name = bytes_of_text(place < SOURCES ? sources[place] : shops[place - SOURCES]),
                                      .silent = m->silent[place]});
}

/* What the list says, over or not. */
static bool is_listed(struct rig *s, const char *text)
{
    struct pulse_alarm alarm, *after = NULL;
    struct view v = harness_view(s->h);
    char told[64];
    for (; pulse_alarm_next(&v, after, &alarm); after = &alarm) {
        (void)snprintf(told, sizeof told, "%d %s %.*s", alarm.day - PULSE_FIRST_DAY, pulse_words[alarm.kind].name,
                       BYTES_ARG(alarm.subject.name));
        if (strcmp(told, text) == 0)
            return true;
    }
    return false;
}

static void alarms_agree(struct rig *s, const struct model *m)
{
    struct pulse_alarm alarm, *after = NULL;
    struct view v = harness_view(s->h);
    uint32_t count = 0;
    for (; pulse_alarm_next(&v, after, &alarm); after = &alarm)
        count++;
    CHECK_EQ(s->t, count, m->told_count);
    for (uint32_t i = 0; i < m->told_count; i++)
        if (!is_listed(s, m->told[i]))
            test_fail(s->t, __FILE__, __LINE__, "nobody was told: %s; but %s", m->told[i], pulse_alarms(s));
}

/* A day is judged at six in the morning of the next; what comes later that morning is too late for it. */
static void alarms_are_what_was_due_late_and_wrong(struct t *t)
{
    struct rig s;
    struct model *m = ARENA_NEW(t->arena, struct model);
    uint32_t moods[SOURCES] = {0, 0, 1};
    rig_begin(&s, t);
    for (int32_t day = 0; day < DAYS; day++) {
        if (day > 0) {
            pulse_until(&s, pulse_us(day, 360));
            model_judge(m, day - 1);
        }
        pulse_until(&s, pulse_us(day, 720));
        if (rng_chance(&t->rng, 0.1))
            any_calendar(&s, m);
        for (uint32_t i = 0; i < SOURCES; i++) {
            if (rng_chance(&t->rng, 0.1))
                moods[i] = (uint32_t)rng_below(&t->rng, MOODS);
            if (day == 0 || rng_chance(&t->rng, 0.93))
                source_play(&s, m, i, day, moods[i]);
        }
        for (uint32_t i = 0; i < SHOPS; i++)
            shop_play(&s, m, i, day);
    }
    alarms_agree(&s, m);
    rig_end(&s);
}

static const struct test tests[] = {
    {"alarms are what was due, late and wrong", alarms_are_what_was_due_late_and_wrong, 60},
};
TEST_MAIN(tests)
