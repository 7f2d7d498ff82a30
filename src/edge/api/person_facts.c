#include "edge/api/person_facts.h"

#include "domain/audience/audience.h"
#include "domain/identity/identity.h"
#include "domain/people/people.h"
#include "edge/api/study.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/pack.h"

#define MILLION 1e6

/* What a want means now. */
struct fact_source {
    uint32_t trait; /* NAME_TRAIT */
    uint32_t rule;  /* of a tag or segment; RULE_NONE: it is of a trait */
};
struct facts_reading {
    const struct person_facts_ask *ask;
    struct person_book *book;
    struct fact_source sources[PERSON_WANTS_MAX];
    struct status status; /* of looking names up */
    struct err e;
    uint32_t end;
    size_t at;                  /* of the people who are asked about, or of all numbers */
    uint32_t entered, left_out; /* before this read, which may run again */
};

/* --- names --- */

static struct status trait_find(struct facts_reading *f, const struct view *v, const struct person_want *want,
                                struct fact_source *out)
{
    out->trait = name_number(v, NAME_TRAIT, want->name);
    if (f->ask->look->token->masked && mask_hides_name(want->name))
        return FAIL(&f->e, INVALID, "the trait \"%.*s\" is masked for this token", BYTES_ARG(want->name));
    return out->trait != 0 ? DONE : FAIL(&f->e, INVALID, "nobody has a trait \"%.*s\"", BYTES_ARG(want->name));
}

static struct status audience_source(struct facts_reading *f, const struct view *v, const struct person_want *want,
                                     struct fact_source *out)
{
    enum audience_kind kind = want->of == PERSON_TAG ? AUDIENCE_TAG : AUDIENCE_SEGMENT;
    struct audience a;
    if (!audience_find(v, kind, want->name, &a) || !scope_sees_audience(f->ask->look->token, v, a.brand))
        return FAIL(&f->e, INVALID, "there is no %s \"%.*s\"", audience_kind_names[kind], BYTES_ARG(want->name));
    out->rule = a.rule;
    return a.rule != RULE_NONE
               ? DONE
               : FAIL(&f->e, INVALID,
                      "the %s \"%.*s\" isn't in force yet: what happened before it was saved is still being read",
                      audience_kind_names[kind], BYTES_ARG(want->name));
}

static bool is_of_rule(const struct person_want *want)
{
    return want->of == PERSON_TAG || want->of == PERSON_SEGMENT;
}

/* Before each read: a rule may have ended since the one before. */
static void names_look(const struct view *v, void *context)
{
    struct facts_reading *f = context;
    f->end = view_rows_end(v, &person_family);
    f->status = DONE;
    for (uint32_t i = 0; i < f->ask->wants->count && done(f->status); i++) {
        const struct person_want *want = &f->ask->wants->list[i];
        f->sources[i] = (struct fact_source){.rule = RULE_NONE};
        f->status = (is_of_rule(want) ? audience_source : trait_find)(f, v, want, &f->sources[i]);
    }
}

/* --- people --- */

static struct value value_of(struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    return unpack_finished(&u) ? value : (struct value){.kind = VALUE_NULL};
}

/* As of an instant: of the values that are kept the newest that had been said by then; of several brands' the newest of all. Of no bytes: none. */
static struct trait_value trait_as_of(const struct facts_reading *f, const struct view *v, const struct trait *list,
                                      size_t count, uint32_t name, int64_t at_us)
{
    struct trait_value best = {.time_us = INT64_MIN};
    for (size_t i = 0; i < count; i++) {
        const struct trait *t = &list[i];
        if (t->name != name || !scope_sees_brand_number(f->ask->look->token, v, t->brand))
            continue;
        if (t->time_us < at_us && t->time_us > best.time_us)
            best = (struct trait_value){.time_us = t->time_us, .source = t->source, .value = t->value};
        for (uint32_t k = 0; k < t->history_count; k++)
            if (t->history[k].time_us < at_us && t->history[k].time_us > best.time_us)
                best = t->history[k];
    }
    return best;
}

/* The value, who said it, or when. */
static struct value value_of_trait(const struct view *v, enum person_fact of, const struct trait_value *said)
{
    if (said->value.size == 0)
        return (struct value){.kind = VALUE_NULL};
    if (of == PERSON_TRAIT_SOURCE)
        return (struct value){.kind = VALUE_TEXT, .body = name_text(v, NAME_SOURCE, said->source)};
    if (of == PERSON_TRAIT_TIME)
        return (struct value){.kind = VALUE_TIME, .integer = said->time_us};
    return value_of(said->value);
}

static struct value value_of_rule(struct rule_value said)
{
    switch (said.is_known ? said.type : RULE_TYPE_COUNT) {
    case RULE_TRUTH:
        return (struct value){.kind = said.truth ? VALUE_TRUE : VALUE_FALSE};
    case RULE_NUMBER:
        return (struct value){.kind = VALUE_DOUBLE, .real = (double)said.number / MILLION};
    case RULE_TEXT:
        return (struct value){.kind = VALUE_TEXT, .body = said.text};
    case RULE_TIME:
        return (struct value){.kind = VALUE_TIME, .integer = said.time_us};
    default:
        return (struct value){.kind = VALUE_NULL};
    }
}

/* Of the asker's brand; who sees the whole group's is objected to by whoever objects to any of its brands. */
static bool objects(const struct facts_reading *f, const struct view *v, uint32_t person, uint32_t purpose)
{
    const struct consent *list;
    uint32_t brand = name_number(v, NAME_BRAND, bytes_of_text(f->ask->look->token->brand));
    size_t count = purpose == 0 ? 0 : people_consents(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        uint32_t of = brand != 0 ? brand : list[i].brand;
        const struct consent_ask ask = {
            .brand = of, .entity = of != 0 ? brand_entity(v, of) : list[i].entity, .purpose = purpose};
        if (consents_say(list, count, &ask, v->now_us, NULL) == CONSENT_WITHDRAWN)
            return true;
    }
    return false;
}

static void person_say(struct facts_reading *f, const struct view *v, uint32_t person)
{
    const struct person_wants *wants = f->ask->wants;
    const struct trait *traits = NULL;
    size_t count = people_traits(v, person, &traits);
    for (uint32_t i = 0; i < wants->count; i++)
        for (uint32_t cut = 0; cut < wants->cut_count; cut++) {
            const struct person_want *want = &wants->list[i];
            struct value value;
            if (is_of_rule(want)) {
                value = value_of_rule(rule_says(v, person, f->sources[i].rule));
            } else {
                struct trait_value said = trait_as_of(f, v, traits, count, f->sources[i].trait, wants->cuts[cut]);
                value = value_of_trait(v, want->of, &said);
            }
            person_book_say(f->book, i, cut, &value);
        }
}

static void person_take(struct facts_reading *f, const struct view *v, uint32_t person, uint32_t purpose)
{
    if (!identity_section_lives(view_section(v, person, &identity_section)) ||
        !scope_sees_person(f->ask->look->token, v, person))
        return;
    if (objects(f, v, person, purpose)) {
        person_book_leave_out(f->book);
        return;
    }
    person_book_enter(f->book, person);
    person_say(f, v, person);
}

static size_t count_of(const struct facts_reading *f)
{
    return f->ask->people == NULL ? f->end : f->ask->people_count;
}

/* Runs again when something was cold. */
static void people_look(const struct view *v, void *context)
{
    struct facts_reading *f = context;
    uint32_t purpose = name_number(v, NAME_PURPOSE, BYTES_LIT(PURPOSE_PROFILING));
    uint32_t end = f->end; /* of the book: who came since isn't in it */
    names_look(v, f);
    f->end = end;
    person_book_back(f->book, f->entered, f->left_out);
    for (size_t i = f->at; done(f->status) && i < count_of(f) && i < f->at + PERSON_FACTS_A_READ; i++) {
        uint32_t person = f->ask->people == NULL ? (uint32_t)i : f->ask->people[i];
        if (person < f->end)
            person_take(f, v, person, purpose);
    }
}

static fallible names_found(const struct facts_reading *f, struct err *e)
{
    if (failed(f->status))
        *e = f->e;
    return f->status;
}

static fallible people_take(struct facts_reading *f, struct err *e)
{
    const struct request *look = f->ask->look;
    for (; f->at < count_of(f); f->at += PERSON_FACTS_A_READ) {
        if (atomic_load(f->ask->is_over))
            return FAIL(e, CANCELLED, "the question was cancelled");
        f->entered = person_book_count(f->book);
        f->left_out = person_book_left_out(f->book);
        TRY(study_look(look, people_look, f, e));
        TRY(names_found(f, e));
    }
    return DONE;
}

fallible person_facts_take(const struct person_facts_ask *ask, struct person_book **out_book, struct err *e)
{
    struct facts_reading f = {.ask = ask};
    TRY(study_look(ask->look, names_look, &f, e));
    TRY(names_found(&f, e));
    TRY(person_book_create(ask->wants, (struct person_room){f.end, ask->bytes_max}, &f.book, e));
    struct status status = people_take(&f, e);
    if (failed(status))
        person_book_destroy(f.book);
    else
        *out_book = f.book;
    return status;
}
