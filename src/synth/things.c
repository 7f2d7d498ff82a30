/* The brand group as things: what world_write.c tells in one object, here a line each, parents before children. */
#include <stdio.h>
#include <string.h>

#include "synth/play.h"

#define SINCE "2015-03-01" /* all of it is older than any span that is played */
#define GROUP_THING "qihe"
#define THING_ID_BYTES 64

/* One kind: `write` puts the i-th thing into `out`, or says that there is none of this number. */
struct kind {
    uint32_t count;
    bool (*write)(const struct world *w, uint32_t i, struct buf *out);
};

/* {"kind":…,"id":…,"time":…,"parent":…,"attributes":{"name":… and open */
static void thing_begin(struct buf *out, const char *kind, const char *id, const char *name)
{
    buf_push_text(out, "{\"kind\":");
    synth_json_text(out, kind);
    synth_json_text_member(out, "id", id);
    buf_push_text(out, ",\"time\":\"" SINCE "\",\"attributes\":{\"name\":");
    synth_json_text(out, name);
}

static void thing_end(struct buf *out, const char *parent_kind, const char *parent)
{
    char ref[THING_ID_BYTES + 16];
    (void)snprintf(ref, sizeof ref, "%s/%s", parent_kind, parent);
    buf_push_byte(out, '}');
    synth_json_text_member(out, "parent", ref);
    buf_push_byte(out, '}');
}

static bool group_write(const struct world *w, uint32_t i, struct buf *out)
{
    (void)w, (void)i;
    thing_begin(out, "legal_entity", GROUP_THING, "栖禾集团");
    buf_push_text(out, "}}");
    return true;
}

static bool entity_write(const struct world *w, uint32_t i, struct buf *out)
{
    (void)w;
    thing_begin(out, "legal_entity", synth_entities[i].id, synth_entities[i].name);
    synth_json_text_member(out, "country", "CN");
    thing_end(out, "legal_entity", GROUP_THING);
    return true;
}

static bool brand_write(const struct world *w, uint32_t i, struct buf *out)
{
    (void)w;
    const struct brand *b = &synth_brands[i];
    thing_begin(out, "brand", b->id, b->name);
    synth_json_text_member(out, "business", b->business);
    thing_end(out, "legal_entity", synth_entities[b->entity].id);
    return true;
}

static void region_id(const struct store *st, char out_id[THING_ID_BYTES])
{
    (void)snprintf(out_id, THING_ID_BYTES, "%s-%s", synth_brands[st->brand].id, synth_cities[st->city].region);
}

/* A brand has a region where it has a store: told with the first of them. */
static bool region_write(const struct world *w, uint32_t i, struct buf *out)
{
    char id[THING_ID_BYTES], other[THING_ID_BYTES];
    region_id(&w->stores[i], id);
    for (uint32_t before = 0; before < i; before++) {
        region_id(&w->stores[before], other);
        if (strcmp(id, other) == 0)
            return false;
    }
    thing_begin(out, "region", id, synth_cities[w->stores[i].city].region);
    thing_end(out, "brand", synth_brands[w->stores[i].brand].id);
    return true;
}

static bool store_write(const struct world *w, uint32_t i, struct buf *out)
{
    const struct store *st = &w->stores[i];
    char region[THING_ID_BYTES];
    region_id(st, region);
    thing_begin(out, "store", st->id, st->name);
    synth_json_text_member(out, "city", synth_cities[st->city].name);
    synth_json_text_member(out, "form", i % 4 == 3 ? "专柜" : "直营");
    thing_end(out, "region", region);
    return true;
}

static bool staff_write(const struct world *w, uint32_t i, struct buf *out)
{
    const struct guide *g = &w->guides[i];
    thing_begin(out, "staff", g->id, g->name);
    synth_json_text_member(out, "position", w->stores[g->store].brand == 0 ? "美容顾问" : "导购");
    synth_json_text_member(out, "wecom_userid", g->id);
    thing_end(out, "store", w->stores[g->store].id);
    return true;
}

static bool channel_write(const struct world *w, uint32_t i, struct buf *out)
{
    (void)w;
    thing_begin(out, "channel", synth_channel_ids[i], synth_channel_names[i]);
    buf_push_text(out, i == CHANNEL_POS ? ",\"is_online\":false}}" : ",\"is_online\":true}}");
    return true;
}

static bool shop_write(const struct world *w, uint32_t i, struct buf *out)
{
    uint32_t channel = i / BRAND_COUNT, brand = i % BRAND_COUNT;
    char name[WORLD_TEXT_BYTES];
    if (w->shops[channel][brand][0] == 0)
        return false;
    (void)snprintf(name, sizeof name, "%s·%s", synth_channel_names[channel], synth_brands[brand].name);
    thing_begin(out, "shop", w->shops[channel][brand], name);
    synth_json_text_member(out, "platform", synth_channel_ids[channel]);
    thing_end(out, "brand", synth_brands[brand].id);
    return true;
}

static bool chat_write(const struct world *w, uint32_t i, struct buf *out)
{
    static const char *const names[GROUPS_PER_STORE] = {"🌸福利群", "新品聯名群✨", "會員專屬群💪🏻"};
    const struct store *st = &w->stores[i / GROUPS_PER_STORE];
    char id[GROUP_ID_BYTES], name[2 * WORLD_TEXT_BYTES];
    (void)snprintf(name, sizeof name, "%s%s", st->name, names[i % GROUPS_PER_STORE]);
    thing_begin(out, "group", synth_group_id(st, i % GROUPS_PER_STORE, id), name);
    synth_json_text_member(out, "staff", w->guides[synth_store_guide((uint8_t)(i / GROUPS_PER_STORE), i)].id);
    thing_end(out, "store", st->id);
    return true;
}

/* Categories, products and SKUs all stand in the list of SKUs; each is told with the first of its own. */
static void category_id(uint32_t sku, char out_id[THING_ID_BYTES])
{
    (void)snprintf(out_id, THING_ID_BYTES, "C%02u", sku / SKUS_PER_CATEGORY + 1);
}

static bool category_write(const struct world *w, uint32_t i, struct buf *out)
{
    char id[THING_ID_BYTES];
    category_id(i * SKUS_PER_CATEGORY, id);
    const struct product *p = &w->products[i * SKUS_PER_CATEGORY];
    thing_begin(out, "category", id, p->category);
    thing_end(out, "brand", synth_brands[p->brand].id);
    return true;
}

/* A SKU's name is its product's, a space, and what tells it apart: points at that space. */
static const char *variant_of(const struct product *p)
{
    const char *space = strrchr(p->name, ' ');
    assert(space != NULL);
    return space;
}

static void price_write(const struct product *p, struct buf *out)
{
    synth_json_money_member(out, "price", p->price_fen);
    if (p->days_of_supply > 0)
        buf_printf(out, ",\"days_of_supply\":%u", p->days_of_supply);
}

static bool product_write(const struct world *w, uint32_t i, struct buf *out)
{
    const struct product *p = &w->products[i];
    char category[THING_ID_BYTES], name[WORLD_TEXT_BYTES];
    if (i > 0 && strcmp(p->spu, w->products[i - 1].spu) == 0)
        return false;
    category_id(i, category);
    (void)snprintf(name, sizeof name, "%.*s", (int)(variant_of(p) - p->name), p->name);
    thing_begin(out, "product", p->spu, name);
    price_write(p, out);
    if (i % 3 == 0)
        buf_push_text(out, ",\"labels\":[\"新品\",\"聯名\",\"🌸春日限定\"]");
    thing_end(out, "category", category);
    return true;
}

static bool sku_write(const struct world *w, uint32_t i, struct buf *out)
{
    const struct product *p = &w->products[i];
    thing_begin(out, "sku", p->sku, p->name);
    price_write(p, out);
    synth_json_text_member(out, "size", variant_of(p) + 1);
    buf_printf(out, ",\"barcode\":\"69%011u\"", 10000019 * (i + 1));
    thing_end(out, "product", p->spu);
    return true;
}

bool synth_thing_next(const struct synth *s, uint32_t *cursor, struct buf *out_line)
{
    static const struct kind kinds[] = {
        {1, group_write},
        {ENTITY_COUNT, entity_write},
        {BRAND_COUNT, brand_write},
        {STORE_COUNT, region_write},
        {STORE_COUNT, store_write},
        {GUIDE_COUNT, staff_write},
        {CHANNEL_COUNT, channel_write},
        {SHOP_COUNT, shop_write},
        {STORE_COUNT * GROUPS_PER_STORE, chat_write},
        {CATEGORY_COUNT, category_write},
        {SKU_COUNT, product_write},
        {SKU_COUNT, sku_write},
    };
    assert(out_line->size_max >= SYNTH_LINE_BYTES_MAX);
    buf_clear(out_line);
    uint32_t first = 0;
    for (size_t k = 0; k < COUNT_OF(kinds); first += kinds[k++].count)
        while (*cursor >= first && *cursor < first + kinds[k].count)
            if (kinds[k].write(&s->world, (*cursor)++ - first, out_line))
                return true;
    return false;
}
