/* Ready reports, with what of each is missing in the workspace. */
#include "domain/audience/audience.h"
#include "domain/collect/collect.h"
#include "domain/event/event.h"
#include "domain/report/report.h"
#include "edge/api/api.h"

static bool is_there(const struct view *v, enum ready_need_of of, struct bytes name)
{
    struct audience a;
    uint32_t number;
    switch (of) {
    case READY_EVENT:
        number = name_number(v, NAME_EVENT, name);
        return number != 0 && event_count_named(v, number) > 0;
    case READY_SEGMENT:
        return audience_find(v, AUDIENCE_SEGMENT, name, &a);
    default:
        return name_number(v, NAME_TRAIT, name) != 0;
    }
}

static bool is_met(const struct view *v, const struct ready_need *need)
{
    for (uint32_t i = 0; i < need->count; i++)
        if (is_there(v, need->of, need->either[i]))
            return true;
    return false;
}

static const struct standard_event *event_of(const struct view *v, const struct ready_need *need, struct bytes name)
{
    return need->of == READY_EVENT ? standard_event_numbered(name_number(v, NAME_EVENT, name)) : NULL;
}

static void put_need(const struct view *v, const struct ready_need *need, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "of", ready_need_names[need->of]);
    json_key(w, "either");
    json_array_begin(w);
    for (uint32_t i = 0; i < need->count; i++) {
        const struct standard_event *event = event_of(v, need, need->either[i]);
        json_object_begin(w);
        member_bytes(w, "name", need->either[i]);
        if (event != NULL) {
            member_text(w, "label", event->en);
            member_text(w, "label_zh", event->zh);
        }
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void put_missing(const struct view *v, const struct ready_report *ready, struct json_writer *w)
{
    struct ready_need need;
    json_key(w, "missing");
    json_array_begin(w);
    for (const char *at = ready->needs; ready_need_next(&at, &need);)
        if (!is_met(v, &need))
            put_need(v, &need, w);
    json_array_end(w);
}

static void put_ready(const struct view *v, const struct ready_report *ready, struct json_writer *w)
{
    struct report kept;
    json_object_begin(w);
    member_text(w, "name", ready->name);
    member_text(w, "label", ready->labels[READY_EN]);
    member_text(w, "label_zh", ready->labels[READY_ZH]);
    member_text(w, "about", ready->abouts[READY_EN]);
    member_text(w, "about_zh", ready->abouts[READY_ZH]);
    member_text(w, "kind", ready->kind);
    json_key(w, "question");
    json_put_raw(w, ready_question(ready, READY_EN, v->arena));
    json_key(w, "question_zh");
    json_put_raw(w, ready_question(ready, READY_ZH, v->arena));
    json_key(w, "is_kept");
    json_put_bool(w, report_find(v, bytes_of_text(ready->name), &kept));
    put_missing(v, ready, w);
    json_object_end(w);
}

static void print_ready(struct request *r, const struct view *v, struct json_writer *w)
{
    size_t count;
    const struct ready_report *list = ready_reports(&count);
    (void)r;
    json_object_begin(w);
    json_key(w, "reports");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        put_ready(v, &list[i], w);
    json_array_end(w);
    json_object_end(w);
}

void api_ready_reports(struct request *r)
{
    request_print(r, print_ready);
}
