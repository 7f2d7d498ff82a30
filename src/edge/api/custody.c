/* What is kept by law of who was erased: listed on the receipt, and read for a purpose that the law knows. */
#include "edge/api/custody.h"

#include "domain/order/order.h"
#include "edge/api/api.h"
#include "edge/api/order_print.h"
#include "engine/registry.h"

#define PURPOSE_BYTES_MAX 38u /* as many as a line of the audit list holds */

void custody_put(const struct view *v, const struct custody *c, struct json_writer *w)
{
    member_text(w, "class", c->name);
    member_uint(w, "years", (uint64_t)setting_int(v, c->years));
    member_text(w, "ground", c->ground);
    member_text(w, "ground_zh", c->ground_zh);
}

bool custodies_put(const struct view *v, uint64_t erasure, struct json_writer *w, uint64_t *out_last_position)
{
    *out_last_position = erasure;
    bool is_settled = true;
    json_key(w, "kept");
    json_array_begin(w);
    for (size_t i = 0; i < registry_domain_count(v->registry); i++) {
        const struct domain *d = registry_domain(v->registry, i);
        for (size_t k = 0; k < d->custody_count; k++) {
            struct custody_count count;
            d->custodies[k]->count(v, erasure, &count);
            is_settled &= count.is_settled;
            if (count.last_position > *out_last_position)
                *out_last_position = count.last_position;
            json_object_begin(w);
            custody_put(v, d->custodies[k], w);
            member_uint(w, "items", count.items);
            member_time(w, "until", count.until_us == 0 ? INT64_MIN : count.until_us);
            member_bool(w, "settled", count.is_settled);
            json_object_end(w);
        }
    }
    json_array_end(w);
    return is_settled;
}

/* --- an order in custody --- */

static const struct problem not_kept = {
    .status = 404,
    .slug = "no-such-order",
    .title = "There is no such order in custody",
    .detail = "The shop has no order of this number whose buyer was erased; others are under /api/v1/orders."};

static void print_kept(struct request *r, const struct view *v, struct json_writer *w)
{
    struct order o;
    if (!order_find_kept(v, (struct order_key){r->parameters[0], r->parameters[1]}, &o) || o.lock.erasure == 0) {
        r->problem = not_kept;
        return;
    }
    json_object_begin(w);
    member_uint(w, "erasure", o.lock.erasure);
    member_time(w, "until", o.lock.until_us);
    order_put(r, v, &o, ORDER_NOW, w);
    json_object_end(w);
}

/* Who has read it, and what for, whatever came of it. */
static void kept_printed(struct request *r)
{
    request_note_read(r, r->context, PERSON_NONE);
    request_printed(r);
}

void api_custody_order(struct request *r)
{
    struct err e = {0};
    struct bytes purpose = http_query(r->x, "purpose");
    if (purpose.size == 0 || purpose.size > PURPOSE_BYTES_MAX) {
        request_failed(r,
                       FAIL(&e, INVALID,
                            "purpose: say in at most %u bytes what the law lets you read it for, such as a file number",
                            PURPOSE_BYTES_MAX),
                       &e);
        return;
    }
    r->context = arena_printf(request_arena(r), "law: %.*s", BYTES_ARG(purpose));
    request_print_then(r, print_kept, kept_printed);
}
