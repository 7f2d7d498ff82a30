#include "app/demo/retail.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "lib/idmap.h"
#include "store/log.h"

#define PATH_BYTES_MAX 4096
#define MICRO_SCALE 6

const struct retail retail_known = {.lines = 541909, .invoices = 25900, .customers = 4372, .revenue_micro = INT64_C(9747747934000)};

struct adding {
    struct retail sum;
    struct idmap *invoices, *customers; /* sets, by the hashes of their names */
};

static void set_add(struct idmap *set, struct bytes name)
{
    if (name.size > 0)
        (void)idmap_put(set, hash128(name, 0), 1);
}

/* quantity × price in micros; both are decimals of few digits. */
static bool amount_of(struct bytes item, int64_t *out_micro)
{
    struct value quantity, price;
    if (!record_find(item, BYTES_LIT("quantity"), &quantity) || !record_find(item, BYTES_LIT("price"), &price))
        return false;
    int scale = quantity.scale + price.scale;
    if (quantity.kind != VALUE_DECIMAL || price.kind != VALUE_DECIMAL || scale > MICRO_SCALE)
        return false;
    int64_t amount;
    if (__builtin_mul_overflow(quantity.integer, price.integer, &amount))
        return false;
    for (; scale < MICRO_SCALE; scale++)
        if (__builtin_mul_overflow(amount, 10, &amount))
            return false;
    *out_micro = amount;
    return true;
}

static fallible event_add(struct adding *a, struct bytes packed, struct err *e)
{
    struct envelope v;
    int64_t micro;
    TRY(envelope_unpack(packed, &v, e));
    a->sum.lines++;
    set_add(a->invoices, v.reference[REF_ORDER]);
    for (uint32_t i = 0; i < v.id_count; i++)
        if (v.ids[i].type == TYPE_USER_ID)
            set_add(a->customers, v.ids[i].value);
    struct unpack items = unpack_of(v.items);
    for (uint32_t i = 0; i < v.item_count; i++) {
        if (!amount_of(unpack_bytes(&items), &micro) || __builtin_add_overflow(a->sum.revenue_micro, micro, &a->sum.revenue_micro))
            return FAIL(e, INVALID, "an item without quantity and price");
    }
    return DONE;
}

static fallible records_add(struct adding *a, struct log *l, struct err *e)
{
    struct log_cursor *c = NULL;
    struct log_record record;
    TRY(log_cursor_open(l, log_first(l), &c, e));
    struct status status;
    while (done(status = log_cursor_next(c, &record, e))) {
        if (record.kind == COMMAND_COLLECT_EVENT)
            status = event_add(a, record.payload, e);
        if (failed(status))
            break;
    }
    log_cursor_close(c);
    return status.code == STATUS_NOT_FOUND ? DONE : status; /* the end */
}

fallible retail_read(const char *folder, const char *workspace, struct retail *out_retail, struct err *e)
{
    char path[PATH_BYTES_MAX];
    struct disk *disk = NULL;
    struct log *l = NULL;
    struct log_options options = {.folder = "log", .segment_bytes = 1u << 20, .apply_version = APPLY_VERSION, .read_only = true};
    (void)snprintf(path, sizeof path, "%s/%s", folder, workspace);
    struct status status = disk_open_real(path, &disk, e);
    if (done(status))
        status = log_open(disk, &options, &l, e);
    struct slab *slab = slab_create();
    struct adding a = {.invoices = idmap_create(slab), .customers = idmap_create(slab)};
    if (done(status))
        status = records_add(&a, l, e);
    a.sum.invoices = idmap_count(a.invoices);
    a.sum.customers = idmap_count(a.customers);
    if (done(status))
        *out_retail = a.sum;
    idmap_destroy(a.invoices);
    idmap_destroy(a.customers);
    slab_destroy(slab);
    log_close(l);
    disk_close(disk);
    return status;
}
