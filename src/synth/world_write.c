#include <stdio.h>

#include "synth/draft.h"
#include "synth/world.h"

/* One table of the world: `write` puts row i between braces. */
struct table {
    const char *name;
    size_t count;
    void (*write)(const struct world *w, size_t i, struct buf *out);
};

static void text_member(struct buf *out, const char *key, const char *value)
{
    if (out->size > 0 && out->data[out->size - 1] != '{')
        buf_push_byte(out, ',');
    buf_printf(out, "\"%s\":", key);
    synth_json_text(out, value);
}

static void number_member(struct buf *out, const char *key, int64_t value)
{
    buf_printf(out, ",\"%s\":", key);
    synth_json_number(out, value);
}

static void code_member(struct buf *out, const char *key, uint32_t code)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%06u", code);
    text_member(out, key, text);
}

static void entity_write(const struct world *w, size_t i, struct buf *out)
{
    (void)w;
    text_member(out, "id", synth_entities[i].id);
    text_member(out, "name", synth_entities[i].name);
    text_member(out, "wecom_corp", synth_entities[i].corp);
}

static void brand_write(const struct world *w, size_t i, struct buf *out)
{
    (void)w;
    const struct brand *b = &synth_brands[i];
    text_member(out, "id", b->id);
    text_member(out, "name", b->name);
    text_member(out, "business", b->business);
    text_member(out, "entity", synth_entities[b->entity].id);
    text_member(out, "programme", b->id);
    text_member(out, "mini_program", b->mini_app);
    text_member(out, "official_account", b->official_app);
    text_member(out, "taobao_merchant", b->merchant);
    text_member(out, "douyin_app", b->douyin_app);
}

/* Each brand has a mini-program and then an official account. */
static void app_write(const struct world *w, size_t i, struct buf *out)
{
    (void)w;
    const struct brand *b = &synth_brands[i / 2];
    text_member(out, "id", i % 2 == 0 ? b->mini_app : b->official_app);
    text_member(out, "app_kind", i % 2 == 0 ? "mini_program" : "official_account");
    text_member(out, "brand", b->id);
}

/* The large region, the province (the first two digits), the city. */
static void region_write(const struct world *w, size_t i, struct buf *out)
{
    (void)w;
    const struct city *c = &synth_cities[i];
    code_member(out, "code", c->code);
    text_member(out, "name", c->name);
    code_member(out, "province", c->code / 10000 * 10000);
    text_member(out, "region", c->region);
}

static void store_write(const struct world *w, size_t i, struct buf *out)
{
    const struct store *s = &w->stores[i];
    text_member(out, "id", s->id);
    text_member(out, "name", s->name);
    text_member(out, "brand", synth_brands[s->brand].id);
    code_member(out, "city", synth_cities[s->city].code);
    text_member(out, "city_name", synth_cities[s->city].name);
    text_member(out, "region", synth_cities[s->city].region);
}

static void guide_write(const struct world *w, size_t i, struct buf *out)
{
    const struct guide *g = &w->guides[i];
    text_member(out, "id", g->id);
    text_member(out, "name", g->name);
    text_member(out, "role", w->stores[g->store].brand == 0 ? "beauty_adviser" : "guide");
    text_member(out, "store", w->stores[g->store].id);
}

static void channel_write(const struct world *w, size_t i, struct buf *out)
{
    (void)w;
    text_member(out, "id", synth_channel_ids[i]);
    text_member(out, "name", synth_channel_names[i]);
}

/* Channel by brand; those without a shop account are left out by shop_count. */
static bool shop_at(const struct world *w, size_t i, size_t *out_channel, size_t *out_brand)
{
    for (size_t at = 0; at < (size_t)CHANNEL_COUNT * BRAND_COUNT; at++) {
        *out_channel = at / BRAND_COUNT;
        *out_brand = at % BRAND_COUNT;
        if (w->shops[*out_channel][*out_brand][0] != 0 && i-- == 0)
            return true;
    }
    return false;
}

static void shop_write(const struct world *w, size_t i, struct buf *out)
{
    size_t channel, brand;
    bool found = shop_at(w, i, &channel, &brand);
    assert(found);
    (void)found;
    text_member(out, "id", w->shops[channel][brand]);
    text_member(out, "channel", synth_channel_ids[channel]);
    text_member(out, "brand", synth_brands[brand].id);
}

static size_t shop_count(const struct world *w)
{
    size_t count = 0, channel, brand;
    while (shop_at(w, count, &channel, &brand))
        count++;
    return count;
}

static void product_write(const struct world *w, size_t i, struct buf *out)
{
    const struct product *p = &w->products[i];
    text_member(out, "sku", p->sku);
    text_member(out, "spu", p->spu);
    text_member(out, "name", p->name);
    text_member(out, "category", p->category);
    text_member(out, "brand", synth_brands[p->brand].id);
    buf_push_text(out, ",\"price\":");
    synth_json_money(out, p->price_fen);
    if (p->days_of_supply > 0)
        number_member(out, "days_of_supply", p->days_of_supply);
}

static void table_write(const struct world *w, const struct table *t, struct buf *out)
{
    buf_printf(out, ",\"%s\":[", t->name);
    for (size_t i = 0; i < t->count; i++) {
        buf_push_text(out, i == 0 ? "{" : ",{");
        t->write(w, i, out);
        buf_push_byte(out, '}');
    }
    buf_push_byte(out, ']');
}

void synth_world_write(const struct world *w, struct buf *out)
{
    const struct table tables[] = {
        {"entities", ENTITY_COUNT, entity_write},   {"brands", BRAND_COUNT, brand_write},
        {"apps", 2u * BRAND_COUNT, app_write},      {"regions", CITY_COUNT, region_write},
        {"stores", STORE_COUNT, store_write},       {"staff", GUIDE_COUNT, guide_write},
        {"channels", CHANNEL_COUNT, channel_write}, {"shops", shop_count(w), shop_write},
        {"products", SKU_COUNT, product_write},
    };
    buf_push_text(out, "{\"group\":{\"id\":\"qihe\",\"name\":\"栖禾集团\"},"
                       "\"currency\":\"CNY\",\"zone\":\"Asia/Shanghai\"");
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        table_write(w, &tables[i], out);
    buf_push_byte(out, '}');
}
