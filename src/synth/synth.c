#include "synth/synth.h"

#include <stdlib.h>

#include "synth/play.h"

#define END_US_DEFAULT INT64_C(1795276800000000) /* 2026-11-22T00:00+08:00 */
#define WALK_INS_PER_PERSON_DAY 0.01
#define STAFF_PHONE_PEOPLE_MAX 4000 /* so that a line of the truth stays in bounds */

struct synth_options synth_options_default(void)
{
    return (struct synth_options){
        .seed = 1, .people = 2000, .days = 120, .end_us = END_US_DEFAULT, .activity = 1,
        .shared_device = 0.05, .recycled_phone = 0.03, .staff_phone = 0.04, .family = 0.2, .late_till = 0.01,
        .duplicate = 0.01, .out_of_order = 0.02, .anonymous = 0.12, .junk_id = 0.005, .clock_skew = 0.004,
        .odd_phone = 0.06,
    };
}

static fallible options_check(const struct synth_options *o, struct err *e)
{
    const double rates[] = {o->shared_device, o->recycled_phone, o->staff_phone, o->family,
                            o->late_till,     o->duplicate,      o->out_of_order, o->anonymous,
                            o->junk_id,       o->clock_skew,     o->odd_phone};
    if (o->people < 1 || o->people > SYNTH_PEOPLE_MAX)
        return FAIL(e, LIMIT, "people: %u is not in 1..%u", o->people, SYNTH_PEOPLE_MAX);
    if (o->days < 1 || o->days > SYNTH_DAYS_MAX)
        return FAIL(e, LIMIT, "days: %u is not in 1..%u", o->days, SYNTH_DAYS_MAX);
    /* Room for the span before, and for wrong clocks on both sides. */
    if (o->end_us < 0 || o->end_us > TIME_US_END / 4)
        return FAIL(e, INVALID, "the end is not between 1970 and 3987");
    if (!(o->activity > 0 && o->activity <= 100))
        return FAIL(e, INVALID, "activity: %g is not in (0, 100]", o->activity);
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        if (!(rates[i] >= 0 && rates[i] <= 1))
            return FAIL(e, INVALID, "a rate of %g is not in [0, 1]", rates[i]);
    if (o->staff_phone * o->people > (double)GUIDE_COUNT * STAFF_PHONE_PEOPLE_MAX)
        return FAIL(e, LIMIT, "staff_phone: %g is too many of %u people for %d guides", o->staff_phone, o->people,
                    GUIDE_COUNT);
    return DONE;
}

/* Each till's bad days: it stays offline for one to four days, and is back before the world ends. */
static void tills_break(struct synth *s)
{
    int32_t days = (int32_t)s->options.days;
    for (int32_t store = 0; store < STORE_COUNT; store++) {
        for (int32_t day = 0; day < days; day++) {
            if (!rng_chance(&s->rng, s->options.late_till))
                continue;
            int32_t back = day + 1 + (int32_t)rng_below(&s->rng, 4);
            for (; day < back && back < days; day++)
                s->till_back[store * days + day] = back;
        }
    }
}

/* Six in ten have been here before; the others turn up later. */
static void people_enter(struct synth *s)
{
    for (uint32_t i = 0; i < s->options.people; i++) {
        s->people[i].viewed_sku = s->people[i].cart_sku = SKU_NONE;
        double joined = synth_cast_unit(&s->cast, i, SALT_JOINED);
        double late_days = joined < 0.6 ? 0 : (joined - 0.6) / 0.4 * 0.85 * s->options.days;
        double days = late_days + synth_exponential(&s->rng) / synth_cast_visits_per_day(&s->cast, i);
        struct task visit = {.person = i, .kind = TASK_VISIT};
        visit.time_us = synth_rhythm_after(&s->rhythm, s->cast.start_us, days * s->rhythm.units_per_day);
        if (visit.time_us < s->options.end_us)
            synth_agenda_push(&s->agenda, visit);
    }
}

static int64_t walk_in_after(struct synth *s, int64_t from_us)
{
    double per_day = WALK_INS_PER_PERSON_DAY * s->options.activity * s->options.people / STORE_COUNT;
    double days = synth_exponential(&s->rng) / per_day;
    return synth_rhythm_after(&s->rhythm, from_us, days * s->rhythm.units_per_day);
}

static void others_enter(struct synth *s)
{
    for (uint32_t i = 0; i < STORE_COUNT; i++) {
        int64_t first_us = walk_in_after(s, s->cast.start_us);
        synth_agenda_push(&s->agenda, (struct task){.time_us = first_us, .person = i, .kind = TASK_WALK_IN});
    }
    int64_t first_us = s->cast.start_us + US_PER_HOUR;
    synth_agenda_push(&s->agenda, (struct task){.time_us = first_us, .person = SYNTH_NOBODY, .kind = TASK_PRICE});
}

static fallible world_open(struct synth *s, struct err *e)
{
    synth_world_init(&s->world);
    synth_cast_init(&s->cast, &s->options, &s->world);
    rng_init(&s->rng, s->options.seed);
    synth_draft_init(&s->draft);
    buf_init(&s->line, SYNTH_LINE_BYTES_MAX);
    TRY(synth_rhythm_init(&s->rhythm, s->cast.start_us, s->options.days, e));
    TRY(synth_agenda_reserve(&s->agenda, (size_t)s->options.people + STORE_COUNT + 1, e));
    s->people = calloc(s->options.people, sizeof *s->people);
    s->till_back = calloc((size_t)STORE_COUNT * s->options.days, sizeof *s->till_back);
    s->first_day = day_of_time(s->cast.start_us, ZONE_SECONDS);
    s->day_count = s->options.days + 1;
    s->days = calloc((size_t)SHOP_COUNT * s->day_count, sizeof *s->days);
    if (s->people == NULL || s->till_back == NULL || s->days == NULL)
        return FAIL(e, FULL, "no memory for %u people", s->options.people);
    tills_break(s);
    people_enter(s);
    others_enter(s);
    return DONE;
}

fallible synth_create(const struct synth_options *options, struct synth **out_synth, struct err *e)
{
    TRY(options_check(options, e));
    struct synth *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(e, FULL, "no memory for a world");
    s->options = *options;
    struct status opened = world_open(s, e);
    if (failed(opened)) {
        synth_destroy(s);
        return opened;
    }
    *out_synth = s;
    return DONE;
}

void synth_destroy(struct synth *s)
{
    if (s == NULL)
        return;
    synth_rhythm_fini(&s->rhythm);
    synth_agenda_fini(&s->agenda);
    synth_mail_fini(&s->mail);
    synth_draft_fini(&s->draft);
    buf_fini(&s->line);
    free(s->truth.staff_people);
    free(s->till_back);
    free(s->days);
    free(s->people);
    free(s);
}

void synth_world_json(const struct synth *s, struct buf *out)
{
    synth_world_write(&s->world, out);
}

/* Ids that no collector should take for a person. */
static void junk_add(struct synth *s)
{
    static const struct id_text junk[] = {
        {.type = "anonymous_id", .value = "undefined"},
        {.type = "anonymous_id", .value = "null"},
        {.type = "user_id", .value = "0"},
        {.type = "user_id", .value = "anonymous"},
        {.type = "user_id", .value = "null"},
        {.type = "phone", .value = "13800000000"},
        {.type = "phone", .value = "0"},
        {.type = "email", .value = "null"},
        {.type = "device_id", .value = "00000000-0000-0000-0000-000000000000"},
        {.type = "device_id", .value = "000000000000000"},
        {.type = "openid", .ns = "wxa1", .value = "undefined"},
    };
    synth_draft_id(&s->draft, PART_IDS, junk[rng_below(&s->rng, COUNT_OF(junk))]);
}

/* Two halves, the first of which never comes again: a mix of a count is a bijection. */
static void message_id_make(struct synth *s)
{
    uint64_t high = rng_mix(s->options.seed + ++s->event_count), low = rng_mix(high ^ s->options.seed);
    static const char digits[] = "0123456789abcdef";
    char *at = s->draft.id;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *at++ = '-';
        *at++ = digits[(i < 16 ? high >> (60 - i * 4) : low >> (124 - i * 4)) & 15];
    }
    *at = 0;
}

/* When the line will be here: now, or later for one of the world's reasons; never at or after the end. */
static int64_t arrival_draw(struct synth *s)
{
    int64_t arrival_us = s->now_us;
    uint32_t day = (uint32_t)((s->now_us - s->cast.start_us) / US_PER_DAY);
    int32_t back = s->late_store < STORE_COUNT ? s->till_back[s->late_store * s->options.days + day] : 0;
    if (back > 0) {
        int64_t back_us = s->cast.start_us + back * US_PER_DAY + 9 * US_PER_HOUR;
        /* What took days comes within minutes, in its old order. */
        arrival_us = back_us + (s->now_us - (back_us - 5 * US_PER_DAY)) / 2000;
    } else if (rng_chance(&s->rng, s->options.out_of_order)) {
        arrival_us += US_PER_SECOND + (int64_t)(synth_exponential(&s->rng) * 90 * (double)US_PER_SECOND);
    }
    return arrival_us < s->options.end_us ? arrival_us : s->now_us;
}

/* The times of the draft as the sender's clock has them. Returns the true time. */
static int64_t times_set(struct synth *s, int64_t arrival_us)
{
    struct draft *d = &s->draft;
    int64_t time_us = s->now_us - rng_between(&s->rng, 20, 400) * US_PER_MS;
    if (time_us < s->cast.start_us)
        time_us = s->cast.start_us;
    time_us -= time_us % US_PER_MS;
    d->time_us = time_us;
    if (s->device_clock) {
        int64_t error_us = synth_cast_clock_error_us(&s->cast, s->actor);
        d->time_us += error_us;
        d->sent_us = s->now_us - 10 * US_PER_MS + error_us;
    } else if (arrival_us - s->now_us > US_PER_HOUR) {
        d->sent_us = arrival_us;
    }
    return time_us;
}

/* Completes the draft and sends it. True when it is in out_line, false when it comes later, or never: a world that tells
 * its orders draws all the same chances, so that the same happens in it. */
static bool event_send(struct synth *s, struct buf *out_line, struct synth_fact *out)
{
    if (rng_chance(&s->rng, s->options.junk_id))
        junk_add(s);
    message_id_make(s);
    struct synth_fact fact = {.event = s->draft.event, .person = s->actor, .arrival_us = arrival_draw(s)};
    fact.time_us = times_set(s, fact.arrival_us);
    bool is_now = fact.arrival_us == s->now_us, comes_again = rng_chance(&s->rng, s->options.duplicate);
    int64_t again_us = comes_again ? fact.arrival_us + rng_between(&s->rng, US_PER_SECOND, US_PER_HOUR) : INT64_MAX;
    if (s->options.tells != SYNTH_EVENTS)
        return false;
    struct buf *line = is_now ? out_line : &s->line;
    buf_clear(line);
    synth_draft_write(&s->draft, line);
    assert(!line->overflowed);
    if (!is_now)
        synth_mail_post(&s->mail, buf_bytes(line), &fact);
    if (again_us < s->options.end_us) {
        struct synth_fact again = fact;
        again.arrival_us = again_us;
        again.duplicate = true;
        synth_mail_post(&s->mail, buf_bytes(line), &again);
    }
    if (is_now)
        *out = fact;
    return is_now;
}

static bool task_play(struct synth *s, struct task t)
{
    bool drafted = false;
    switch ((enum task_kind)t.kind) {
    case TASK_VISIT:
        drafted = synth_visit_step(s, &t);
        break;
    case TASK_WALK_IN:
        drafted = synth_walk_in(s, &t);
        t.time_us = walk_in_after(s, s->now_us);
        break;
    case TASK_PRICE:
        drafted = synth_price_change(s, &t);
        break;
    case TASK_ORDER:
        return synth_trade_step(s, t);
    case TASK_REFILL:
        return synth_refill(s, t);
    case TASK_TICKET:
        return synth_ticket_step(s, t);
    }
    if (t.time_us < s->options.end_us)
        synth_agenda_push(&s->agenda, t);
    return drafted;
}

bool synth_next(struct synth *s, struct buf *out_line, struct synth_fact *out)
{
    assert(out_line->size_max >= SYNTH_LINE_BYTES_MAX);
    buf_clear(out_line);
    for (;;) {
        int64_t task_us = s->agenda.count > 0 ? s->agenda.tasks[0].time_us : INT64_MAX;
        if (s->mail.count > 0 && (s->mail.letters[0].arrival_us <= task_us)) {
            synth_mail_take(&s->mail, out_line, out);
            assert(!out_line->overflowed && out->arrival_us < s->options.end_us);
            return true;
        }
        if (task_us >= s->options.end_us)
            return false;
        struct task t = synth_agenda_pop(&s->agenda);
        assert(t.time_us >= s->now_us);
        s->now_us = t.time_us;
        if (task_play(s, t) && event_send(s, out_line, out))
            return true;
    }
}
