/* The brand group that never changes: who sells what, where, and through whom. All names are invented. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

enum channel {
    CHANNEL_TMALL,
    CHANNEL_JD,
    CHANNEL_DOUYIN,
    CHANNEL_XHS,
    CHANNEL_MINI,
    CHANNEL_OFFICIAL,
    CHANNEL_WECOM,
    CHANNEL_WEB,
    CHANNEL_APP,
    CHANNEL_POS,
    CHANNEL_COUNT,
};

enum {
    ENTITY_COUNT = 2,
    BRAND_COUNT = 3,
    CITY_COUNT = 47,
    CITY_MAINLAND_COUNT = 44, /* the rest: Hong Kong, Macao, Taipei */
    STORE_COUNT = 40,
    GUIDE_COUNT = 300,
    GUIDES_PER_STORE_MIN = GUIDE_COUNT / STORE_COUNT,
    CATEGORY_COUNT = 18,
    SKUS_PER_CATEGORY = 16,
    SKU_COUNT = CATEGORY_COUNT * SKUS_PER_CATEGORY,
    SKUS_PER_BRAND = SKU_COUNT / BRAND_COUNT,
    SHOP_COUNT = CHANNEL_COUNT * BRAND_COUNT, /* places for them; not every channel has shop accounts */
    GROUPS_PER_STORE = 3,
    WORLD_TEXT_BYTES = 96,
    WORLD_ID_BYTES = 16,
};

struct entity {
    const char *id, *name, *corp; /* corp: the WeCom corp that external_userid belongs to */
};

struct brand {
    const char *id, *name, *business;
    uint8_t entity;
    const char *mini_app, *official_app, *merchant, *douyin_app; /* namespaces of identifiers; the programme is `id` */
};

struct city {
    const char *name, *abbreviation, *region;
    uint32_t code; /* GB/T 2260 */
    uint16_t weight;
};

struct product {
    char sku[WORLD_ID_BYTES], spu[WORLD_ID_BYTES];
    char name[WORLD_TEXT_BYTES];
    const char *category;
    uint8_t brand;
    uint16_t days_of_supply; /* of one piece; 0: it isn't used up */
    int32_t price_fen;
};

struct store {
    char id[WORLD_ID_BYTES];
    char name[WORLD_TEXT_BYTES];
    uint8_t brand, city;
};

struct guide {
    char id[WORLD_ID_BYTES];
    char name[WORLD_TEXT_BYTES];
    uint8_t store;
};

struct world {
    struct product products[SKU_COUNT]; /* those of a brand stand together, SKUS_PER_BRAND each */
    struct store stores[STORE_COUNT];
    struct guide guides[GUIDE_COUNT];
    char shops[CHANNEL_COUNT][BRAND_COUNT][WORLD_ID_BYTES * 2]; /* "" where the channel has no shop account */
    uint8_t brand_stores[BRAND_COUNT][STORE_COUNT];
    uint8_t brand_store_count[BRAND_COUNT];
};

extern const struct entity synth_entities[ENTITY_COUNT];
extern const struct brand synth_brands[BRAND_COUNT];
extern const struct city synth_cities[CITY_COUNT];
extern const char *const synth_channel_ids[CHANNEL_COUNT];
extern const char *const synth_channel_names[CHANNEL_COUNT];

void synth_world_init(struct world *w);
void synth_world_write(const struct world *w, struct buf *out); /* see synth_world_json */

#define GROUP_ID_BYTES 40
const char *synth_group_id(const struct store *st, uint32_t i, char out_id[GROUP_ID_BYTES]); /* i < GROUPS_PER_STORE */

uint8_t synth_city_draw(uint64_t hash); /* a mainland city, by weight */

/* The guide number `i` (any) of a store. */
static inline uint16_t synth_store_guide(uint8_t store, uint64_t i)
{
    return (uint16_t)(store + STORE_COUNT * (i % GUIDES_PER_STORE_MIN));
}
