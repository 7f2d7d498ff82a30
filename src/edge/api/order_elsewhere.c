/* Which orders have the number of an order of another shop: what an import tells, since it sees only the files of one. */
#include "domain/order/order.h"
#include "edge/api/api.h"

#define ORDERS_ASKED_MAX 1000u
#define LOOK_UPS_MAX 10000u /* a request, some 2 ms of the engine's thread: less orders where there are many shops */

struct elsewhere_request {
    size_t count;
    struct order_key keys[ORDERS_ASKED_MAX];
};

static fallible keys_read(struct request *r, struct json root, struct err *e)
{
    struct elsewhere_request *q = r->context;
    struct json item, list = json_find(root, BYTES_LIT("orders"));
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, "orders: want a list");
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); q->count++) {
        struct json shop = json_find(item, BYTES_LIT("shop")), number = json_find(item, BYTES_LIT("number"));
        if (q->count == ORDERS_ASKED_MAX)
            return FAIL(e, LIMIT, "orders: want at most %u", ORDERS_ASKED_MAX);
        if (!json_is(shop, JSON_STRING) || !json_is(number, JSON_STRING))
            return FAIL(e, INVALID, "orders: want {\"shop\":…,\"number\":…} each");
        q->keys[q->count] = (struct order_key){arena_copy(request_arena(r), json_string(shop)),
                                               arena_copy(request_arena(r), json_string(number))};
    }
    return DONE;
}

/* All shops of which an event came, as those of orders do. */
struct shops {
    uint32_t count;
    struct bytes *names; /* in the view's arena */
};

static struct shops shops_of(const struct view *v)
{
    struct shops s = {0};
    for (uint32_t shop = name_next(v, NAME_SHOP, 0); shop != 0; shop = name_next(v, NAME_SHOP, shop))
        s.count++;
    s.names = ARENA_ARRAY(v->arena, struct bytes, s.count + 1);
    s.count = 0;
    for (uint32_t shop = name_next(v, NAME_SHOP, 0); shop != 0; shop = name_next(v, NAME_SHOP, shop))
        s.names[s.count++] = name_text(v, NAME_SHOP, shop);
    return s;
}

/* NULL: no other shop has the number. */
static const struct bytes *other_shop(const struct view *v, const struct shops *shops, struct order_key key)
{
    struct order other;
    for (uint32_t i = 0; i < shops->count; i++)
        if (!bytes_equal(shops->names[i], key.shop) &&
            order_find(v, (struct order_key){shops->names[i], key.number}, &other))
            return &shops->names[i];
    return NULL;
}

static void print_elsewhere(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct elsewhere_request *q = r->context;
    struct shops shops = shops_of(v);
    size_t most = shops.count < LOOK_UPS_MAX ? LOOK_UPS_MAX / (shops.count + 1) : 1,
           count = q->count < most ? q->count : most;
    json_object_begin(w);
    member_uint(w, "looked_up", count);
    json_key(w, "elsewhere");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        const struct bytes *shop = other_shop(v, &shops, q->keys[i]);
        if (shop == NULL)
            continue;
        json_object_begin(w);
        member_uint(w, "at", i);
        member_bytes(w, "shop", *shop);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void api_orders_elsewhere(struct request *r)
{
    static const struct body_member members[] = {{"orders", BODY_LIST, false}};
    r->context = ARENA_NEW(request_arena(r), struct elsewhere_request);
    if (body_read_by(r, BODY_MEMBERS(members), keys_read))
        request_print(r, print_elsewhere);
}
