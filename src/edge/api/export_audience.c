#include "edge/api/export_audience.h"

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/scope.h"

/* What rules say of one person, and where to put it. */
struct told {
    const struct request *request;
    const struct view *view;
    uint32_t person;
    const struct standing *standings; /* by rule */
    size_t count;
    struct export_rows *rows;
};

/* What isn't among the standings is what is said of somebody unknown. */
static bool standing_of(const struct told *t, uint32_t rule, struct standing *out_standing)
{
    size_t low = 0, high = t->count;
    struct rule found;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->standings[middle].rule < rule)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < t->count && t->standings[low].rule == rule) {
        *out_standing = t->standings[low];
    } else {
        if (!rule_find(t->view, rule, &found))
            return false;
        *out_standing = (struct standing){.rule = rule, .value = found.unknown};
    }
    return out_standing->value.is_known && (out_standing->value.type != RULE_TRUTH || out_standing->value.truth);
}

static void put_row(const struct told *t, const struct audience *a, const struct standing *s)
{
    struct json_writer *w = export_row_begin(t->rows);
    member_bytes(w, audience_kind_names[a->kind], a->name);
    member_person(w, "person", t->view, t->person);
    member_uint(w, "number", t->person);
    if (a->kind == AUDIENCE_TAG)
        audience_put_value(t->request, t->view, "value", &s->value, w);
    member_time(w, "since", s->since_us == 0 ? INT64_MIN : s->since_us);
    export_row_end(t->rows);
}

static void put_row_of(const struct told *t, const struct audience *a)
{
    struct standing s;
    if (a->rule != RULE_NONE && scope_sees_audience(t->request->token, t->view, a->brand) &&
        standing_of(t, a->rule, &s))
        put_row(t, a, &s);
}

static void rows_put(const struct told *t, enum audience_kind kind)
{
    struct audience a;
    for (struct bytes after = BYTES_NONE; audience_next(t->view, kind, after, &a); after = a.name)
        put_row_of(t, &a);
}

static void rows_of_person(const struct request *r, const struct view *v, uint32_t person, enum audience_kind kind,
                           const struct export_filter *filter, struct export_rows *rows)
{
    struct told t = {.request = r, .view = v, .person = person, .rows = rows};
    struct audience a;
    if (identity_living(v, person) != person || !scope_sees_person(r->token, v, person))
        return;
    t.count = rule_standings(v, person, &t.standings);
    if (filter->definition == 0)
        rows_put(&t, kind);
    else if (audience_numbered(v, filter->definition, &a)) /* else it ended meanwhile */
        put_row_of(&t, &a);
}

void segment_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                      struct export_rows *rows)
{
    rows_of_person(r, v, number, AUDIENCE_SEGMENT, filter, rows);
}

void tag_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                  struct export_rows *rows)
{
    rows_of_person(r, v, number, AUDIENCE_TAG, filter, rows);
}
