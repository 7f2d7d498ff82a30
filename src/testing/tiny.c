#include "testing/tiny.h"

#include <string.h>

#include "lib/json.h"
#include "lib/pack.h"

const struct family tiny_word = {.id = 60, .kind = FAMILY_KEYED, .value_bytes = 4096, .name = "tiny_word"};
const struct family tiny_note = {.id = 61, .kind = FAMILY_SERIES, .value_bytes = 8, .name = "tiny_note"};
const struct family tiny_index = {.id = 62, .kind = FAMILY_INDEX, .name = "tiny_index"};
const struct section tiny_section = {.id = 15, .kind = SECTION_FLOW, .name = "tiny"};
const struct effect_kind tiny_ring = {.id = 0x7e20, .name = "tiny.ring", .payload_bytes_max = 256};
const struct setting tiny_limit = {"tiny.limit", 1, 10, 5, "letters", "How many letters an example has."};
const struct refusal tiny_no_person = {"no_person", "There is no such person: create one first.", "没有这个人,请先创建。"};

struct bytes tiny_text(const struct view *v, const char *name)
{
    struct bytes text = BYTES_NONE;
    return view_keyed(v, &tiny_word, bytes_of_text(name), &text) ? text : BYTES_NONE;
}

static struct bytes joined(struct arena *a, struct bytes x, struct bytes y)
{
    uint8_t *data = arena_take(a, x.size + y.size + 1, 1);
    if (x.size > 0)
        memcpy(data, x.data, x.size);
    if (y.size > 0)
        memcpy(data + x.size, y.data, y.size);
    return bytes_of(data, x.size + y.size);
}

void tiny_append(struct step *s, const char *name, struct bytes more)
{
    step_keyed_put(s, &tiny_word, bytes_of_text(name), joined(s->view.arena, tiny_text(&s->view, name), more));
}

/* --- commands --- */

static const struct refusal *create_apply(struct step *s, struct bytes payload)
{
    (void)payload;
    (void)step_person_create(s);
    return NULL;
}

static void append_needs(const struct view *v, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    (void)view_person(v, unpack_u32(&u));
}

static fallible append_check(struct bytes payload, struct err *e)
{
    return payload.size == 5 ? DONE : FAIL(e, INVALID, "a letter has a person and a letter");
}

static const struct refusal *append_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct letter_added *said = ARENA_NEW(s->view.arena, struct letter_added);
    *said = (struct letter_added){.person = unpack_u32(&u), .letter = (char)unpack_u8(&u)};
    if (view_person(&s->view, said->person) == NULL)
        return &tiny_no_person;
    struct bytes letters = view_section(&s->view, said->person, &tiny_section);
    letters = joined(s->view.arena, letters, bytes_of(&said->letter, 1));
    step_section_put(s, said->person, &tiny_section, letters);
    uint64_t *position = ARENA_NEW(s->view.arena, uint64_t);
    *position = s->view.position;
    (void)step_series_push(s, &tiny_note, position);
    step_index_put(s, &tiny_index, hash128(letters, said->person), said->person);
    step_say(s, &fact_letter_added, said);
    step_reply(s, bytes_of_text(arena_printf(s->view.arena, "{\"letters\":%zu}", letters.size)));
    return NULL;
}

static const struct refusal *ask_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct bytes key = unpack_bytes(&u);
    step_ask(s, &tiny_ring, key, unpack_rest(&u));
    return NULL;
}

static const struct refusal *wake_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    int64_t due_us = (int64_t)unpack_u64(&u);
    struct bytes key = unpack_bytes(&u);
    step_timer_set(s, &tiny_bell, due_us, key, arena_copy(s->view.arena, unpack_rest(&u)));
    return NULL;
}

static void bell_due(struct step *s, struct bytes payload)
{
    tiny_append(s, "rung", payload);
}

/* The state of a job: u8 slices that are left, then its key. */
static const struct job_kind tiny_job;

static const struct refusal *job_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct bytes key = unpack_bytes(&u);
    uint8_t slices = unpack_u8(&u);
    step_job_start(s, &tiny_job, key, joined(s->view.arena, bytes_of(&slices, 1), key));
    return NULL;
}

static struct bytes job_advance(struct step *s, struct bytes state)
{
    assert(state.size > 0 && state.data[0] > 0);
    uint8_t left = (uint8_t)(state.data[0] - 1);
    struct bytes key = bytes_slice(state, 1, state.size);
    tiny_append(s, "worked", key);
    return left == 0 ? BYTES_NONE : joined(s->view.arena, bytes_of(&left, 1), key);
}

static const struct refusal *work_apply(struct step *s, struct bytes payload)
{
    (void)payload;
    tiny_append(s, "wanted", BYTES_LIT("1"));
    return NULL;
}

static bool sum_wanted(const struct view *v, struct work_context *c)
{
    (void)c;
    return tiny_text(v, "wanted").size > 0;
}

/* Wanted twice before it was begun: that is its bound. */
static enum work_haste sum_haste(const struct view *v, const struct work_surroundings *around)
{
    (void)around;
    return tiny_text(v, "wanted").size > 1 ? WORK_HOLDS_COMMANDS : WORK_AT_LEISURE;
}

static fallible sum_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    (void)e;
    pack_u64(out_payload, c->position);
    return DONE;
}

static const struct refusal *summed_apply(struct step *s, struct bytes payload)
{
    step_keyed_remove(s, &tiny_word, BYTES_LIT("wanted"));
    step_keyed_put(s, &tiny_word, BYTES_LIT("summed"), arena_copy(s->view.arena, payload));
    return NULL;
}

/* --- hearers --- */

static void echo_hear(struct step *s, const void *fact)
{
    const struct letter_added *added = fact;
    tiny_append(s, "echo", bytes_of(&added->letter, 1));
    step_say(s, &fact_letter_echoed, fact);
}

static void scribe_hear_added(struct step *s, const void *fact)
{
    const struct letter_added *added = fact;
    char words[2] = {'+', added->letter};
    tiny_append(s, "scribe", bytes_of(words, 2));
}

static void scribe_hear_echoed(struct step *s, const void *fact)
{
    const struct letter_added *added = fact;
    char words[2] = {'~', added->letter};
    tiny_append(s, "scribe", bytes_of(words, 2));
}

/* --- the tables --- */

static void letter_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct letter_added *added = fact;
    json_key(out, "letter");
    json_put_string(out, bytes_of(&added->letter, 1));
}

const struct fact_kind fact_letter_added = {.id = 0x7e01, .name = "letter_added", .print = letter_print, .about = "A letter."};
const struct fact_kind fact_letter_echoed = {.id = 0x7f01, .name = "letter_echoed", .print = NULL, .about = "It was heard."};
const struct timer_kind tiny_bell = {.id = 0x7e10, .name = "tiny.bell", .due = bell_due};
static const struct job_kind tiny_job = {.id = 0x7e11, .name = "tiny.job", .advance = job_advance};
static const struct work_kind tiny_sum = {
    .id = 0x7e12, .name = "tiny.sum", .command_id = COMMAND_TINY_SUMMED, .wanted = sum_wanted, .run = sum_run, .haste = sum_haste};

static const struct command commands[] = {
    {COMMAND_TINY_CREATE, "tiny.create", 0, ROLE_WRITE, NULL, NULL, create_apply, "Makes a person.", NULL},
    {COMMAND_TINY_APPEND, "tiny.append", 5, ROLE_WRITE, append_check, append_needs, append_apply, "Adds a letter.", NULL},
    {COMMAND_TINY_ASK, "tiny.ask", 512, ROLE_WRITE, NULL, NULL, ask_apply, "Asks the world to ring.", NULL},
    {COMMAND_TINY_WAKE, "tiny.wake", 512, ROLE_WRITE, NULL, NULL, wake_apply, "Sets a timer.", NULL},
    {COMMAND_TINY_JOB, "tiny.job", 64, ROLE_WRITE, NULL, NULL, job_apply, "Starts a job.", NULL},
    {COMMAND_TINY_WORK, "tiny.work", 0, ROLE_WRITE, NULL, NULL, work_apply, "Wants work.", NULL},
    {COMMAND_TINY_SUMMED, "tiny.summed", 8, ROLE_SYSTEM, NULL, NULL, summed_apply, "The work's result.", NULL},
};

static const struct family *const families[] = {&tiny_word, &tiny_note, &tiny_index};
static const struct section *const sections[] = {&tiny_section};
static const struct fact_kind *const tiny_says[] = {&fact_letter_added};
static const struct timer_kind *const timers[] = {&tiny_bell};
static const struct job_kind *const jobs[] = {&tiny_job};
static const struct effect_kind *const effects[] = {&tiny_ring};
static const struct work_kind *const works[] = {&tiny_sum};
static const struct setting *const settings[] = {&tiny_limit};

static bool limit_is_reached(const struct view *v)
{
    return setting_int(v, &tiny_limit) == tiny_limit.most;
}

static const struct alarm alarms[] = {{"tiny_limit", "there can be no more letters", "there can be more letters again", limit_is_reached,
                                       "信件已达上限"}};

const struct domain tiny_domain = {
    .number = 0x7e,
    .name = "tiny",
    .about = "Letters.",
    .families = families,
    .family_count = COUNT_OF(families),
    .sections = sections,
    .section_count = COUNT_OF(sections),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = tiny_says,
    .say_count = COUNT_OF(tiny_says),
    .timers = timers,
    .timer_count = COUNT_OF(timers),
    .jobs = jobs,
    .job_count = COUNT_OF(jobs),
    .effects = effects,
    .effect_count = COUNT_OF(effects),
    .works = works,
    .work_count = COUNT_OF(works),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
};

static const struct listener echo_hears[] = {{&fact_letter_added, echo_hear}};
static const struct fact_kind *const echo_says[] = {&fact_letter_echoed};
const struct domain echo_domain = {
    .number = 0x7f,
    .name = "echo",
    .about = "Says again what it heard.",
    .says = echo_says,
    .say_count = COUNT_OF(echo_says),
    .hears = echo_hears,
    .hear_count = COUNT_OF(echo_hears),
};

static const struct listener scribe_hears[] = {
    {&fact_letter_echoed, scribe_hear_echoed},
    {&fact_letter_added, scribe_hear_added},
};
const struct domain scribe_domain = {
    .number = 0x80,
    .name = "scribe",
    .about = "Writes down what it hears, in order.",
    .hears = scribe_hears,
    .hear_count = COUNT_OF(scribe_hears),
};
