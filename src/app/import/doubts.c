#include "app/import/doubts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "domain/identity/identity.h"
#include "edge/codec/order.h"
#include "lib/idmap.h"
#include "lib/money.h"

#define ARENA_BLOCK_BYTES (1u << 16)
#define SHOPS_TOLD 2u /* no shop's hash: those are odd */
#define NUMBER_SEED 0

struct doubts {
    struct arena *kept, *arena; /* of the codec; of one order */
    struct order_codec *codec;
    struct slab *slab;
    struct idmap *shops; /* hash of an order's number -> a hash of its shop, or SHOPS_TOLD */
    struct buf packed;
};

struct doubts *doubts_create(void)
{
    struct doubts *d = calloc(1, sizeof *d);
    if (d == NULL)
        abort();
    d->kept = arena_create(ARENA_BLOCK_BYTES);
    d->arena = arena_create(ARENA_BLOCK_BYTES);
    d->codec = order_codec_create(d->kept);
    if (d->codec == NULL)
        abort();
    d->slab = slab_create();
    d->shops = idmap_create(d->slab);
    buf_init(&d->packed, ORDER_VERSION_BYTES_MAX);
    return d;
}

void doubts_destroy(struct doubts *d)
{
    if (d == NULL)
        return;
    order_codec_end(d->codec);
    arena_destroy(d->kept);
    arena_destroy(d->arena);
    idmap_destroy(d->shops);
    slab_destroy(d->slab);
    buf_fini(&d->packed);
    free(d);
}

/* --- totals --- */

/* The sums that the daemon would make of this version alone. False: it can't be read. */
static bool version_sum(struct doubts *d, struct json order, struct order_sums *out_sums)
{
    struct codec_context context = {.source = BYTES_LIT("import")};
    struct order_version v;
    struct unpack parts;
    context.rules = id_types_builtin(&context.rule_count);
    buf_clear(&d->packed);
    if (failed(order_read(d->codec, &context, order, &d->packed, NULL)) || failed(order_version_open(buf_bytes(&d->packed), &v, &parts, NULL)))
        return false;
    struct order_part *all = ARENA_ARRAY(d->arena, struct order_part, v.part_count + 1);
    struct order whole = {.parts = all};
    while (order_version_next(&v, &parts, &all[whole.part_count]))
        whole.part_count++;
    order_sum(&whole, ORDER_NOW, out_sums);
    return true;
}

static const char *amount_text(struct arena *a, int64_t amount, uint16_t currency)
{
    int scale = currency_scale(currency);
    int64_t unit = scale == 0 ? 1 : scale == 3 ? 1000 : 100, size = amount < 0 ? -amount : amount;
    const char *whole = arena_printf(a, "%s%" PRId64, amount < 0 ? "-" : "", size / unit);
    return scale == 0 ? whole : arena_printf(a, "%s.%0*" PRId64, whole, scale, size % unit);
}

static const char *total_doubt(struct doubts *d, struct json order)
{
    struct order_sums s;
    bool has_total = !json_is(json_at(order, "payment.total"), JSON_ABSENT) && json_count(json_find(order, BYTES_LIT("lines"))) > 0;
    if (!has_total || !version_sum(d, order, &s) || s.differs_by == 0 || s.foreign > 0)
        return NULL;
    return arena_printf(d->arena, "order %.*s: its total is %s, and its lines, with discounts and freight, come to %s",
                        BYTES_ARG(json_string(json_find(order, BYTES_LIT("number")))), amount_text(d->arena, s.amount + s.differs_by, s.currency),
                        amount_text(d->arena, s.amount, s.currency));
}

/* --- shops --- */

static const char *shop_doubt(struct doubts *d, struct bytes shop, struct bytes number)
{
    uint32_t own = (uint32_t)hash64(shop, 0) | 1;
    struct hash128 key = hash128(number, NUMBER_SEED);
    uint32_t before = number.size == 0 ? 0 : idmap_get(d->shops, key);
    if (number.size > 0 && before == 0)
        (void)idmap_put(d->shops, key, own);
    if (before == 0 || before == own || before == SHOPS_TOLD)
        return NULL;
    (void)idmap_put(d->shops, key, SHOPS_TOLD);
    return arena_printf(d->arena, "order %.*s stands under another shop than %.*s, too: these are two orders", BYTES_ARG(number), BYTES_ARG(shop));
}

const char *doubt_of_elsewhere(struct doubts *d, struct bytes shop, struct bytes number, struct bytes other)
{
    arena_reset(d->arena);
    if (idmap_put(d->shops, hash128(number, NUMBER_SEED), SHOPS_TOLD) == SHOPS_TOLD)
        return NULL;
    return arena_printf(d->arena, "order %.*s of %.*s stands under %.*s in the workspace: these are two orders", BYTES_ARG(number), BYTES_ARG(shop),
                        BYTES_ARG(other));
}

const char *doubt_of_shop(struct doubts *d, struct bytes shop, struct bytes number)
{
    arena_reset(d->arena);
    return shop_doubt(d, shop, number);
}

const char *doubt_of(struct doubts *d, struct json order)
{
    struct bytes shop = json_string(json_find(order, BYTES_LIT("shop"))),
                 number = json_string(json_find(order, BYTES_LIT("number")));
    arena_reset(d->arena);
    const char *of_shop = shop_doubt(d, shop, number), *of_total = total_doubt(d, order);
    return of_total != NULL ? of_total : of_shop;
}
