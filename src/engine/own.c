/* The engine's own domain: time that passes, jobs that go on, answers of the world, settings. */
#include <string.h>

#include "engine/dead.h"
#include "engine/engine_priv.h"
#include "lib/json.h"
#include "lib/pack.h"

#define TIMERS_A_TICK 64u

/* --- engine.tick: the timers that are due --- */

struct due {
    struct bytes key;
    struct bytes payload;
    const struct timer_kind *kind;
};

static int64_t due_of(struct bytes key)
{
    return (int64_t)(key_number(key.data, 8) ^ UINT64_C(1) << 63);
}

bool engine_timer_due(const struct view *v, int64_t *out_due_us)
{
    struct bytes key, payload;
    if (!view_keyed_next(v, &timer_family, BYTES_LIT("\0"), false, &key, &payload))
        return false;
    *out_due_us = due_of(key);
    return true;
}

static size_t timers_due(const struct view *v, struct due out_due[TIMERS_A_TICK])
{
    size_t count = 0;
    struct bytes key = BYTES_LIT("\0"), payload;
    bool after = false;
    while (count < TIMERS_A_TICK && view_keyed_next(v, &timer_family, key, after, &key, &payload) && due_of(key) <= v->now_us) {
        out_due[count].key = arena_copy(v->arena, key);
        out_due[count].payload = arena_copy(v->arena, payload);
        out_due[count].kind = registry_timer(v->registry, (uint32_t)key_number(key.data + 8, 4));
        key = out_due[count++].key;
        after = true;
    }
    return count;
}

static void tick_needs(const struct view *v, struct bytes payload)
{
    (void)payload;
    struct due due[TIMERS_A_TICK];
    size_t count = timers_due(v, due);
    for (size_t i = 0; i < count; i++)
        if (due[i].kind != NULL && due[i].kind->needs != NULL)
            due[i].kind->needs(v, due[i].payload);
}

static const struct refusal *tick(struct step *s, struct bytes payload)
{
    (void)payload;
    struct due due[TIMERS_A_TICK];
    size_t count = timers_due(&s->view, due);
    for (size_t i = 0; i < count; i++)
        step_keyed_remove(s, &timer_family, due[i].key);
    for (size_t i = 0; i < count; i++)
        if (due[i].kind != NULL) /* a kind that a later release gave up */
            due[i].kind->due(s, due[i].payload);
    return NULL;
}

/* --- engine.continue: a slice of a job; the payload is the job's key --- */

bool engine_job_next(const struct view *v, struct bytes key, struct bytes *out_key)
{
    struct bytes state;
    return view_keyed_next(v, &job_family, key.size == 0 ? BYTES_LIT("\0") : key, key.size > 0, out_key, &state);
}

static const struct job_kind *job_of(const struct view *v, struct bytes key, struct bytes *out_state)
{
    if (key.size < 4 || !view_keyed(v, &job_family, key, out_state))
        return NULL;
    return registry_job(v->registry, (uint32_t)key_number(key.data, 4));
}

static void continue_needs(const struct view *v, struct bytes key)
{
    struct bytes state;
    const struct job_kind *kind = job_of(v, key, &state);
    if (kind != NULL && kind->needs != NULL)
        kind->needs(v, state);
}

static const struct refusal *continue_job(struct step *s, struct bytes key)
{
    struct bytes state;
    const struct job_kind *kind = job_of(&s->view, key, &state);
    if (kind == NULL)
        return NULL; /* finished or replaced since this was sent */
    struct bytes next = kind->advance(s, state);
    if (next.size == 0)
        step_keyed_remove(s, &job_family, key);
    else
        step_keyed_put(s, &job_family, key, next);
    return NULL;
}

/* --- engine.answered: u32 effect, key as bytes, u8 whether it worked, the rest: words --- */

static fallible answered_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_u32(&u), (void)unpack_bytes(&u), (void)unpack_u8(&u);
    return unpack_good(&u) ? DONE : FAIL(e, INVALID, "an answer of a port is cut short");
}

static void outcome_print(const struct view *v, const void *fact, struct json_writer *out);

struct effect_answered {
    const struct effect_kind *kind;
    struct bytes key;
    bool worked;
    struct bytes words;
};

static const struct fact_kind fact_effect_answered = {
    .id = 0x0101, .name = "effect_answered", .print = outcome_print, .about = "The world has answered what the outbox asked."};

static void outcome_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct effect_answered *f = fact;
    json_key(out, "effect");
    json_put_string(out, bytes_of_text(f->kind->name));
    json_key(out, "key");
    json_put_string(out, f->key);
    json_key(out, "worked");
    json_put_bool(out, f->worked);
    json_key(out, "words");
    json_put_string(out, f->words);
}

static const struct refusal *answered(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    uint32_t id = unpack_u32(&u);
    struct effect_answered *f = ARENA_NEW(s->view.arena, struct effect_answered);
    f->kind = registry_effect(s->view.registry, id);
    f->key = unpack_bytes(&u);
    f->worked = unpack_u8(&u) != 0;
    f->words = unpack_rest(&u);
    uint8_t *key = arena_take(s->view.arena, 4 + f->key.size, 1);
    (void)put_key(key, id, 4);
    if (f->key.size > 0)
        memcpy(key + 4, f->key.data, f->key.size);
    struct bytes name = bytes_of(key, 4 + f->key.size), there;
    if (f->kind == NULL || !view_keyed(&s->view, &outbox_family, name, &there))
        return NULL; /* answered before: a port may say it twice after a crash */
    if (!f->worked)
        dead_letter_keep(s, name, there, f->words);
    step_keyed_remove(s, &outbox_family, name);
    step_say(s, &fact_effect_answered, f);
    return NULL;
}

/* --- engine.set: name as bytes, i64 value --- */

static const struct refusal unknown_setting = {"unknown_setting", "There is no such setting: `kith settings` lists them.",
                                               "没有这个设置项:用 `kith settings` 查看全部。"};
static const struct refusal setting_out_of_range = {"setting_out_of_range", "The value is outside the range of this setting.",
                                                    "取值超出该设置项的范围。"};

static fallible set_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_bytes(&u), (void)unpack_u64(&u);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "a setting is a name and a number");
}

static const struct refusal *set(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct bytes name = unpack_bytes(&u);
    int64_t value = (int64_t)unpack_u64(&u);
    const struct setting *setting = registry_setting(s->view.registry, name);
    if (setting == NULL)
        return &unknown_setting;
    if (value < setting->least || value > setting->most)
        return &setting_out_of_range;
    step_keyed_put(s, &setting_family, arena_copy(s->view.arena, name), arena_copy(s->view.arena, bytes_of(&value, sizeof value)));
    return NULL;
}

static const struct command commands[] = {
    {COMMAND_TICK, "engine.tick", 0, ROLE_SYSTEM, NULL, tick_needs, tick, "Wakes the timers that are due, up to 64.", NULL},
    {COMMAND_CONTINUE, "engine.continue", ROW_KEY_BYTES_MAX, ROLE_SYSTEM, NULL, continue_needs, continue_job,
     "Does the next slice of a job.", NULL},
    {COMMAND_ANSWERED, "engine.answered", 65536, ROLE_SYSTEM, answered_check, NULL, answered,
     "Notes what the world answered to something that the outbox asked for.", NULL},
    {COMMAND_SET, "engine.set", 256, ROLE_ADMIN, set_check, NULL, set, "Sets one setting of the workspace.", NULL},
    {COMMAND_DEAD_AGAIN, "engine.dead_again", 16, ROLE_ADMIN, dead_span_check, NULL, dead_again,
     "Asks the world again for what it did not take.", NULL},
    {COMMAND_DEAD_DROP, "engine.dead_drop", 16, ROLE_ADMIN, dead_span_check, NULL, dead_drop,
     "Lets go of what the world did not take.", NULL},
};

static bool dead_letters_wait(const struct view *v)
{
    return dead_letters_count(v) > 0;
}

static const struct metric metrics[] = {
    {"kith_dead_letters", "Effects that the world refused or that were given up, waiting for somebody to decide.",
     dead_letters_count},
};

static const struct alarm alarms[] = {
    {"dead_letters", "The world did not take something that it was asked for: `kith hook dead` lists it.",
     "No dead letters are left.", dead_letters_wait,
     "有内容未被对方接收:`kith hook dead` 可列出"},
};

static const struct fact_kind *const says[] = {&fact_effect_answered};

const struct domain engine_domain = {
    .number = 0x01,
    .name = "engine",
    .about = "Time that passes, jobs that go on, answers of the world, settings.",
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
};
