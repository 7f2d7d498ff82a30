#include "edge/api/export_listings.h"

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/export_relations.h"
#include "edge/scope.h"

static bool is_wanted(const struct request *r, const struct view *v, const struct export_filter *filter,
                      const struct audience *a)
{
    return (filter->brand.size == 0 || bytes_equal(filter->brand, a->brand)) &&
           scope_sees_audience(r->token, v, a->brand);
}

static void put_line(const struct request *r, const struct view *v, uint32_t person, const struct identifiers_seen *ids,
                     const struct listing *listing, const struct audience *a, struct export_rows *rows)
{
    size_t before = rows->out->size;
    struct json_writer *w = export_row_begin(rows);
    if (rows->for_table)
        member_person(w, "person", v, person);
    else if (!export_owner_put(r, v, ids, listing->owner, w)) {
        rows->out->size = before;
        return;
    }
    if (rows->for_table)
        member_text(w, "kind", audience_kind_names[a->kind]);
    listing_put_act(r, a, &listing->act, w);
    export_row_end(rows);
}

void listing_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                      struct export_rows *rows)
{
    const struct listing *list;
    struct audience a;
    if (identity_living(v, number) != number || !scope_sees_person(r->token, v, number))
        return;
    size_t count = listings_of(v, number, &list);
    struct identifiers_seen ids = identifiers_seen(r, v, number);
    for (size_t i = 0; i < count; i++)
        if (audience_numbered(v, list[i].list, &a) && is_wanted(r, v, filter, &a))
            put_line(r, v, number, &ids, &list[i], &a, rows);
}

static void put_waiting(const struct request *r, const struct view *v, const struct listing_waiting *waiting,
                        const struct audience *a, struct export_rows *rows)
{
    for (uint32_t i = 0; i < waiting->act_count; i++) {
        struct json_writer *w = export_row_begin(rows);
        json_key(w, rows->for_table ? "waiting" : "person");
        put_id(r, v, &waiting->id, w);
        if (rows->for_table)
            member_text(w, "kind", audience_kind_names[a->kind]);
        listing_put_act(r, a, &waiting->acts[i], w);
        export_row_end(rows);
    }
}

bool listing_waiting_rows_put(struct request *r, const struct view *v, const struct export_filter *filter,
                              struct bytes *io_key, struct export_rows *rows)
{
    struct listing_waiting waiting;
    struct audience a;
    if (!listing_waiting_next(v, *io_key, &waiting))
        return false;
    *io_key = waiting.key;
    if (audience_numbered(v, waiting.list, &a) && is_wanted(r, v, filter, &a) &&
        scope_changes_audience(r->token, a.brand))
        put_waiting(r, v, &waiting, &a, rows);
    return true;
}
