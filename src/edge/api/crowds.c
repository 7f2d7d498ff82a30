#include "edge/api/crowds.h"

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_survey.h"
#include "edge/scope.h"
#include "lib/nearest.h"

#define VALUE_BYTES_MAX 16384u

/* One of the question's wants on its way into the book. */
struct taking {
    const struct request *request;
    const struct view *view;
    struct crowd_book *book;
    uint32_t want;
    struct survey_ref ref;
    struct audience found;
    struct bitmap *set; /* whoever is in it */
};

static struct bytes packed_of(const struct view *v, const struct rule_value *value)
{
    struct buf packed = arena_buf(v->arena, VALUE_BYTES_MAX);
    rule_value_pack(value, &packed);
    return buf_bytes(&packed);
}

static struct rule_value truth_of(bool truth)
{
    return (struct rule_value){.type = RULE_TRUTH, .is_known = true, .truth = truth};
}

/* In it, or not. */
static fallible truths_take(const struct taking *t)
{
    struct rule_value in = truth_of(true), out = truth_of(false);
    crowd_book_take(t->book, t->want, packed_of(t->view, &in), t->set);
    crowd_book_otherwise(t->book, t->want, packed_of(t->view, &out));
    return DONE;
}

/* Each value that the tag has; of those of whom it says what it says of somebody unknown, that. */
static fallible values_take(const struct taking *t, struct err *e)
{
    struct rule_value *values = ARENA_ARRAY(t->view->arena, struct rule_value, CROWD_VALUES_MAX);
    size_t count = rule_values(t->view, t->found.rule, values, CROWD_VALUES_MAX);
    struct rule rule;
    bool is_there = rule_find(t->view, t->found.rule, &rule);
    assert(is_there);
    (void)is_there;
    bitmap_destroy(t->set);
    if (count > CROWD_VALUES_MAX)
        return FAIL(e, LIMIT, "the tag \"%.*s\" has %zu values: a question is broken down by %u at most, so make a tag of ranges of it",
                    BYTES_ARG(t->ref.name), count, CROWD_VALUES_MAX);
    if (!audience_value_is_told(t->request, rule.type))
        return FAIL(e, INVALID, "the values of the tag \"%.*s\" are texts, which this token doesn't see", BYTES_ARG(t->ref.name));
    for (size_t i = 0; i < count; i++)
        crowd_book_take(t->book, t->want, packed_of(t->view, &values[i]), rule_set(t->view, t->found.rule, &values[i]));
    crowd_book_otherwise(t->book, t->want, packed_of(t->view, &rule.unknown));
    return DONE;
}

/* With the nearest name of those that the token sees. */
static fallible definition_missing(const struct taking *t, struct err *e)
{
    const char *kind = audience_kind_names[t->ref.kind], **names = ARENA_ARRAY(t->view->arena, const char *, AUDIENCE_MAX);
    struct audience a;
    size_t count = 0;
    for (struct bytes after = BYTES_NONE; count < AUDIENCE_MAX && audience_next(t->view, t->ref.kind, after, &a); after = a.name)
        if (scope_sees_audience(t->request->token, t->view, a.brand))
            names[count++] = arena_text(t->view->arena, a.name);
    const char *near = near_name(t->ref.name, names, count, sizeof *names);
    return near == NULL ? FAIL(e, INVALID, "there is no %s \"%.*s\", or this token may not see it", kind, BYTES_ARG(t->ref.name))
                        : FAIL(e, INVALID, "there is no %s \"%.*s\"; did you mean \"%s\"?", kind, BYTES_ARG(t->ref.name), near);
}

static fallible definition_find(struct taking *t, struct err *e)
{
    const char *kind = audience_kind_names[t->ref.kind];
    if (!audience_find(t->view, t->ref.kind, t->ref.name, &t->found) ||
        !scope_sees_audience(t->request->token, t->view, t->found.brand))
        return definition_missing(t, e);
    if (t->found.rule == RULE_NONE)
        return FAIL(e, INVALID, "the %s \"%.*s\" isn't in force yet: what happened before it was saved is still being read", kind,
                    BYTES_ARG(t->ref.name));
    t->set = audience_set(t->view, &t->found, t->ref.value);
    if (t->set == NULL)
        return FAIL(e, INVALID, "the %s \"%.*s\" can't have the value \"%.*s\"", kind, BYTES_ARG(t->ref.name), BYTES_ARG(t->ref.value));
    /* Should this run again, it is noted again: the same day. */
    audience_use_note(t->request, t->found.number, AUDIENCE_USE_QUESTION,
                      audience_use_is_new(t->view, t->found.number, AUDIENCE_USE_QUESTION));
    return DONE;
}

static fallible want_take(struct taking *t, const struct crowd_want *want, struct err *e)
{
    TRY(survey_ref_read(want->ref, &t->ref, e));
    TRY(definition_find(t, e));
    if (!want->by_value) {
        crowd_book_take(t->book, t->want, BYTES_NONE, t->set);
        return DONE;
    }
    return t->ref.value.size > 0 || rule_type_of(t->view, t->found.rule) == RULE_TRUTH ? truths_take(t) : values_take(t, e);
}

fallible crowds_take(const struct request *r, const struct view *v, const struct crowd_wants *wants, struct crowd_book *book,
                     struct err *e)
{
    for (uint32_t i = 0; i < wants->count; i++) {
        struct taking t = {.request = r, .view = v, .book = book, .want = i};
        struct status status = want_take(&t, &wants->list[i], e);
        if (failed(status)) {
            crowd_book_drop(book);
            return status;
        }
    }
    return DONE;
}
