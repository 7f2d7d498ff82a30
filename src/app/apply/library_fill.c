/* Ready tags filled in: parameters, the data that a text asks for, and the definitions. */
#include <string.h>

#include "app/app.h"
#include "app/apply/library.h"
#include "lib/expr.h"
#include "lib/nearest.h"

static bool is_parameter(const struct library_parameter *p, struct bytes name)
{
    return bytes_equal(name, bytes_of_text(p->name));
}

static const struct library_parameter *parameter_named(struct bytes name)
{
    size_t count;
    const struct library_parameter *all = library_parameters(&count);
    for (size_t i = 0; i < count; i++)
        if (is_parameter(&all[i], name))
            return &all[i];
    return NULL;
}

fallible library_choices_check(struct library_choices choices, struct err *e)
{
    size_t count;
    const struct library_parameter *all = library_parameters(&count);
    for (size_t i = 0; i < choices.count; i++) {
        struct bytes name = choices.list[i].name;
        if (parameter_named(name) == NULL)
            return FAIL(e, INVALID,
                        either("there is no parameter \"%.*s\"; did you mean \"%s\"?", "没有参数“%.*s”;是不是“%s”?"),
                        BYTES_ARG(name), nearest_name(name, all, count, sizeof *all));
    }
    return DONE;
}

/* The parameter that a text has next: "{name}" at *out_at. NULL: no more. */
static const struct library_parameter *parameter_next(const char *text, const char **out_at)
{
    const char *open = strchr(text, '{');
    if (open == NULL)
        return NULL;
    *out_at = open;
    const struct library_parameter *p = parameter_named(bytes_of(open + 1, strcspn(open + 1, "}")));
    assert(p != NULL); /* library_test.c */
    return p;
}

bool library_tag_reads(const struct library_tag *tag, const struct library_parameter *parameter)
{
    const char *text = tag->text == NULL ? "" : tag->text, *at;
    for (const struct library_parameter *p; (p = parameter_next(text, &at)) != NULL; text = at + 1)
        if (p == parameter)
            return true;
    return false;
}

struct bytes library_value(const struct library_parameter *parameter, struct library_choices choices)
{
    for (size_t i = choices.count; i > 0; i--) /* said twice: the last one */
        if (is_parameter(parameter, choices.list[i - 1].name))
            return choices.list[i - 1].value;
    return bytes_of_text(parameter->value);
}

const char *library_fill(const char *text, struct library_choices choices, struct arena *a)
{
    struct buf out;
    const char *at;
    buf_init(&out, EXPR_BYTES_MAX);
    for (const struct library_parameter *p; (p = parameter_next(text, &at)) != NULL;) {
        buf_push(&out, bytes_of(text, (size_t)(at - text)));
        buf_push(&out, library_value(p, choices));
        text = at + strlen(p->name) + 2;
    }
    buf_push_text(&out, text);
    const char *filled = arena_text(a, buf_bytes(&out));
    buf_fini(&out);
    return filled;
}

/* --- what it asks for --- */

static void source_add(struct library_sources *s, struct bytes name)
{
    for (size_t i = 0; i < s->count; i++)
        if (bytes_equal(s->names[i], name))
            return;
    if (s->count < LIBRARY_SOURCES_MAX)
        s->names[s->count++] = name;
}

/* "coupon_used.amount" asks for coupon_used; `event` for any, of which there is always one. */
static void step_read(const struct expr_step *step, struct library_sources *out)
{
    for (uint32_t i = 0; i < step->name_count; i++) {
        struct bytes name = step->names[i];
        const uint8_t *dot = memchr(name.data, '.', name.size);
        if (dot != NULL)
            name.size = (size_t)(dot - name.data);
        if (!bytes_equal(name, BYTES_LIT("event")))
            source_add(out, name);
    }
}

static void sources_walk(const struct expr *x, struct library_sources *out)
{
    for (uint32_t i = 0; i < x->step_count; i++)
        step_read(&x->steps[i], out);
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        sources_walk(x->parts[i], out);
}

void library_sources_read(const char *text, struct arena *a, struct library_sources *out)
{
    const struct expr *tree;
    struct bytes whole = bytes_of_text(text);
    out->count = 0;
    if (done(expr_read(a, whole, &tree, NULL)) || done(expr_read_term(a, whole, &tree, NULL)))
        sources_walk(tree, out);
}

/* --- definitions --- */

static void put_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_put_text(w, text);
}

static bool reads_deep(const struct library_tag *tag, const struct library_parameter *parameter)
{
    bool reads = library_tag_reads(tag, parameter);
    for (const char *const *name = tag->tags; name != NULL && *name != NULL; name++)
        reads |= library_tag_reads(library_tag_named(bytes_of_text(*name)), parameter);
    return reads;
}

/* What people read of it, with the thresholds that came out of data: an expression alone wouldn't say from when they are. */
static const char *description_of(const struct library_tag *tag, struct library_choices choices, struct arena *a)
{
    const char *text = library_fill(either(tag->description.en, tag->description.zh), choices, a);
    bool has_own = false;
    for (size_t i = 0; i < choices.count; i++) {
        const struct library_choice *own = &choices.list[i];
        if (own->taken_on.size == 0 || !reads_deep(tag, parameter_named(own->name)))
            continue;
        text = has_own ? arena_printf(a, "%s, %.*s %.*s", text, BYTES_ARG(own->name), BYTES_ARG(own->value))
                       : arena_printf(a, either("%s; own data of %.*s: %.*s %.*s", "%s;取自 %.*s 的自有数据:%.*s %.*s"),
                                      text, BYTES_ARG(own->taken_on), BYTES_ARG(own->name), BYTES_ARG(own->value));
        has_own = true;
    }
    return text;
}

static void tag_write(const struct library_tag *tag, struct library_choices choices, struct arena *a,
                      struct json_writer *w)
{
    json_object_begin(w);
    put_text(w, "name", tag->name);
    put_text(w, "label_zh", tag->label.zh);
    put_text(w, "label_en", tag->label.en);
    put_text(w, "owner", either(tag->owner->en, tag->owner->zh));
    put_text(w, "description", description_of(tag, choices, a));
    put_text(w, "category", either(tag->category->en, tag->category->zh));
    if (tag->text != NULL) {
        put_text(w, "text", library_fill(tag->text, choices, a));
    } else {
        json_key(w, "tags");
        json_array_begin(w);
        for (const char *const *name = tag->tags; *name != NULL; name++)
            json_put_text(w, *name);
        json_array_end(w);
    }
    json_object_end(w);
}

void library_write(const struct library_tag *const *tags, size_t count, struct library_choices choices, struct arena *a,
                   struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "tags");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        tag_write(tags[i], choices, a, w);
    json_array_end(w);
    json_object_end(w);
}
