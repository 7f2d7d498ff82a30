#include "domain/analytics/answer.h"

#include "domain/analytics/filter_inside.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/texts.h"

static void text_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_put_text(w, text);
}

void answer_columns(struct json_writer *w, const struct answer_column *columns, size_t count)
{
    json_key(w, "columns");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        text_member(w, "name", columns[i].name);
        text_member(w, "title", columns[i].title);
        text_member(w, "title_zh", columns[i].title_zh);
        text_member(w, "kind", columns[i].kind);
        json_object_end(w);
    }
    json_array_end(w);
}

/* --- names of events --- */

static bool lane_is_of_events(const struct lane_ask *lane)
{
    return lane->of == LANE_EVENT || (lane->path != NULL && lane->path->kind == PATH_EVENT && lane->kind == LANE_CODES);
}

const char *answer_kind_of_lane(const struct question *q, uint32_t lane)
{
    assert(lane < q->plan.lane_count);
    return lane_is_of_events(&q->plan.lanes[lane]) ? "event" : "text";
}

/* Among the first `count` picks one is called so. */
static bool is_label(const struct plan *p, uint32_t count, struct bytes name)
{
    for (uint32_t k = 0; k < count; k++)
        if (bytes_equal(bytes_of_text(p->picks[k].label), name))
            return true;
    return false;
}

static void event_name_put(struct json_writer *w, struct bytes name, struct bytes zh)
{
    if (bytes_equal(name, zh))
        return;
    json_key_bytes(w, name);
    json_put_string(w, zh);
}

void answer_event_names(const struct question *q, const struct texts *texts, struct json_writer *w)
{
    const struct plan *p = &q->plan;
    bool have_lanes = false;
    json_key(w, "event_names");
    json_object_begin(w);
    for (uint32_t k = 0; k < p->pick_count; k++)
        if (!is_label(p, k, bytes_of_text(p->picks[k].label)))
            event_name_put(w, bytes_of_text(p->picks[k].label), bytes_of_text(p->picks[k].label_zh));
    for (uint32_t k = 0; k < p->lane_count; k++)
        have_lanes |= lane_is_of_events(&p->lanes[k]);
    for (uint32_t number = 0; have_lanes && (number = name_book_event_next(q->names, number)) != 0;) {
        struct bytes name = name_book_event_name(q->names, number);
        if (texts_have(texts, name) && !is_label(p, p->pick_count, name))
            event_name_put(w, name, name_book_event_zh(q->names, name));
    }
    json_object_end(w);
}

/* --- cells --- */

void answer_share(struct json_writer *w, double part, double whole)
{
    if (whole == 0)
        json_put_null(w);
    else
        json_put_double(w, part / whole);
}

void answer_text(struct json_writer *w, struct bytes text)
{
    json_put_string(w, text.size == 0 ? BYTES_LIT(ANSWER_NONE) : text);
}

fallible answer_value_read(struct asked *a, const char *member, struct bytes *out_value, struct err *e)
{
    struct bytes value;
    TRY(asked_text(a, member, BYTES_NONE, &value, e));
    if (bytes_equal(value, BYTES_LIT(ANSWER_OTHER)))
        return asked_wrong(json_find(a->body, bytes_of_text(member)), e, "want one value, not all the others");
    *out_value = bytes_equal(value, BYTES_LIT(ANSWER_NONE)) ? BYTES_NONE : value;
    return DONE;
}
