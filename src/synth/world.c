#include "synth/world.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "synth/names.h"

#define WORLD_SEED UINT64_C(0x71a0c5) /* the group is the same in every run: only people and chance differ */
#define SERIES_PER_CATEGORY 8
#define VARIANTS_PER_SERIES 2
static_assert(SERIES_PER_CATEGORY * VARIANTS_PER_SERIES == SKUS_PER_CATEGORY, "the catalogue is series by variant");

const struct entity synth_entities[ENTITY_COUNT] = {
    {"qihe_bio", "栖禾生物科技(上海)有限公司", "ww_qihe_bio"},
    {"qihe_wear", "栖禾衣间服饰(杭州)有限公司", "ww_qihe_wear"},
};

const struct brand synth_brands[BRAND_COUNT] = {
    {"muchu", "沐初", "护肤", 0, "wxa1", "wxo1", "tb_muchu", "dy1"},
    {"yijian", "衣间", "服饰", 1, "wxa2", "wxo2", "tb_yijian", "dy2"},
    {"gujin", "谷今", "健康食品", 0, "wxa3", "wxo3", "tb_gujin", "dy3"},
};

/* Mainland cities by weight, so that the first ones get the stores; then Hong Kong, Macao, Taipei. */
const struct city synth_cities[CITY_COUNT] = {
    {"上海", "SH", "华东", 310000, 90},   {"北京", "BJ", "华北", 110000, 85},   {"广州", "GZ", "华南", 440100, 70},
    {"深圳", "SZ", "华南", 440300, 70},   {"成都", "CD", "西南", 510100, 60},   {"杭州", "HZ", "华东", 330100, 55},
    {"重庆", "CQ", "西南", 500000, 55},   {"武汉", "WH", "华中", 420100, 45},   {"苏州", "SU", "华东", 320500, 45},
    {"南京", "NJ", "华东", 320100, 40},   {"西安", "XA", "西北", 610100, 40},   {"天津", "TJ", "华北", 120000, 38},
    {"长沙", "CS", "华中", 430100, 35},   {"郑州", "ZZ", "华中", 410100, 35},   {"东莞", "DG", "华南", 441900, 32},
    {"青岛", "QD", "华东", 370200, 30},   {"宁波", "NB", "华东", 330200, 30},   {"佛山", "FS", "华南", 440600, 28},
    {"合肥", "HF", "华东", 340100, 28},   {"沈阳", "SY", "东北", 210100, 26},   {"昆明", "KM", "西南", 530100, 24},
    {"济南", "JN", "华东", 370100, 24},   {"无锡", "WX", "华东", 320200, 24},   {"福州", "FZ", "华东", 350100, 22},
    {"厦门", "XM", "华东", 350200, 22},   {"大连", "DL", "东北", 210200, 20},   {"温州", "WZ", "华东", 330300, 20},
    {"哈尔滨", "HRB", "东北", 230100, 20}, {"泉州", "QZ", "华东", 350500, 18},   {"南宁", "NN", "华南", 450100, 18},
    {"长春", "CC", "东北", 220100, 16},   {"石家庄", "SJZ", "华北", 130100, 16}, {"贵阳", "GY", "西南", 520100, 15},
    {"南昌", "NC", "华东", 360100, 15},   {"太原", "TY", "华北", 140100, 13},   {"珠海", "ZH", "华南", 440400, 12},
    {"中山", "ZS", "华南", 442000, 12},   {"乌鲁木齐", "WLM", "西北", 650100, 10}, {"兰州", "LZ", "西北", 620100, 10},
    {"海口", "HK", "华南", 460100, 9},    {"呼和浩特", "HHT", "华北", 150100, 8}, {"银川", "YC", "西北", 640100, 6},
    {"西宁", "XN", "西北", 630100, 5},    {"拉萨", "LS", "西南", 540100, 3},    {"香港", "HKG", "港澳台", 810000, 0},
    {"澳門", "MAC", "港澳台", 820000, 0}, {"台北", "TPE", "港澳台", 710000, 0},
};

const char *const synth_channel_ids[CHANNEL_COUNT] = {
    "tmall", "jd", "douyin", "xiaohongshu", "mini_program", "official_account", "wecom", "web", "app", "pos",
};
const char *const synth_channel_names[CHANNEL_COUNT] = {
    "天猫", "京东", "抖音", "小红书", "微信小程序", "微信公众号", "企业微信", "官网商城", "App", "门店POS",
};

struct category {
    const char *name, *noun;
    uint8_t brand;
    uint16_t price_low_yuan, price_high_yuan, days_of_supply;
    const char *variants[VARIANTS_PER_SERIES];
};

/* Six a brand, in the order of brands. */
static const struct category categories[CATEGORY_COUNT] = {
    {"洁面", "洁面乳", 0, 59, 189, 60, {"100g", "150g"}},
    {"精华", "精华液", 0, 199, 899, 45, {"30ml", "50ml"}},
    {"面霜", "面霜", 0, 169, 699, 60, {"30g", "50g"}},
    {"面膜", "面膜", 0, 49, 199, 20, {"5片", "10片"}},
    {"防晒", "防晒乳", 0, 89, 259, 50, {"SPF30", "SPF50+"}},
    {"眼部护理", "眼霜", 0, 159, 599, 90, {"15g", "20g"}},
    {"裙装", "连衣裙", 1, 199, 899, 0, {"M", "L"}},
    {"衬衫", "衬衫", 1, 129, 499, 0, {"M", "L"}},
    {"牛仔裤", "牛仔裤", 1, 169, 599, 0, {"27", "29"}},
    {"外套", "外套", 1, 299, 1599, 0, {"M", "L"}},
    {"针织", "针织衫", 1, 139, 599, 0, {"均码", "加大码"}},
    {"童装", "童装套装", 1, 99, 359, 0, {"110cm", "130cm"}},
    {"益生菌", "益生菌固体饮料", 2, 99, 359, 30, {"15条", "30条"}},
    {"蛋白粉", "乳清蛋白粉", 2, 159, 459, 30, {"香草味", "可可味"}},
    {"维生素", "复合维生素片", 2, 69, 259, 60, {"60片", "120片"}},
    {"燕麦", "烘焙燕麦片", 2, 29, 99, 14, {"原味", "坚果味"}},
    {"代餐", "代餐奶昔", 2, 79, 299, 10, {"7杯", "14杯"}},
    {"茶饮", "草本茶", 2, 39, 169, 20, {"15包", "30包"}},
};

static const char *const series[BRAND_COUNT][SERIES_PER_CATEGORY] = {
    {"晨露", "白茶", "山茶花", "海盐", "雪松", "玫瑰🌹", "积雪草", "青梅"},
    {"法式碎花", "通勤", "水洗", "廓形", "聯名新中式", "羊绒混纺", "泡泡袖", "复古格纹"},
    {"轻享", "每日", "元气", "高纤", "零糖", "山谷", "初醒", "舒眠"},
};

static const char *const malls[] = {"星河汇", "云栖天地", "万和城", "江畔里", "南巷里", "金桂广场", "悦未来", "银杏汇"};

/* Prices end as prices do: .00, .90, .50, .99. */
static int32_t price_draw(const struct category *c, uint64_t hash)
{
    static const int32_t endings_fen[] = {0, 0, 0, 90, 90, 50, 99, 80};
    int32_t span_yuan = c->price_high_yuan - c->price_low_yuan;
    int32_t yuan = c->price_low_yuan + (int32_t)(hash % (uint64_t)span_yuan);
    return yuan * 100 + endings_fen[(hash >> 32) % COUNT_OF(endings_fen)];
}

static void products_init(struct world *w)
{
    for (uint32_t i = 0; i < SKU_COUNT; i++) {
        uint32_t category = i / SKUS_PER_CATEGORY, style = i % SKUS_PER_CATEGORY / VARIANTS_PER_SERIES;
        const struct category *c = &categories[category];
        const char *variant = c->variants[i % VARIANTS_PER_SERIES];
        struct product *p = &w->products[i];
        *p = (struct product){.category = c->name, .brand = c->brand, .days_of_supply = c->days_of_supply};
        (void)snprintf(p->spu, sizeof p->spu, "P%02u%02u", category + 1, style + 1);
        (void)snprintf(p->sku, sizeof p->sku, "S%02u%02u%u", category + 1, style + 1, i % VARIANTS_PER_SERIES + 1);
        (void)snprintf(p->name, sizeof p->name, "%s%s%s %s", synth_brands[c->brand].name, series[c->brand][style],
                       c->noun, variant);
        p->price_fen = price_draw(c, rng_mix(WORLD_SEED + i));
        assert(p->brand == i / SKUS_PER_BRAND);
    }
}

static void stores_init(struct world *w)
{
    static const uint8_t brand_of[] = {0, 1, 0, 1, 2};
    enum { CITIES_WITH_A_STORE = 24 }; /* the first sixteen get a second one */
    for (uint32_t i = 0; i < STORE_COUNT; i++) {
        struct store *st = &w->stores[i];
        st->brand = brand_of[i % COUNT_OF(brand_of)];
        st->city = (uint8_t)(i % CITIES_WITH_A_STORE);
        const struct city *city = &synth_cities[st->city];
        (void)snprintf(st->id, sizeof st->id, "%s%02u", city->abbreviation, i / CITIES_WITH_A_STORE + 1);
        (void)snprintf(st->name, sizeof st->name, "%s%s%s店", synth_brands[st->brand].name, city->name,
                       malls[rng_mix(WORLD_SEED * 3 + i) % COUNT_OF(malls)]);
        w->brand_stores[st->brand][w->brand_store_count[st->brand]++] = (uint8_t)i;
    }
}

static void guides_init(struct world *w)
{
    for (uint32_t i = 0; i < GUIDE_COUNT; i++) {
        struct guide *g = &w->guides[i];
        g->store = (uint8_t)(i % STORE_COUNT);
        (void)snprintf(g->id, sizeof g->id, "G%03u", i + 1);
        uint64_t hash = rng_mix(WORLD_SEED * 5 + i);
        struct name_ask ask = {.hash = hash, .style = NAME_PLAIN, .female = hash % 5 != 0};
        synth_name_make(ask, g->name);
    }
}

static void shops_init(struct world *w)
{
    static const char *const prefixes[CHANNEL_COUNT] = {
        [CHANNEL_TMALL] = "tm", [CHANNEL_JD] = "jd",   [CHANNEL_DOUYIN] = "dy", [CHANNEL_XHS] = "xhs",
        [CHANNEL_MINI] = "mp",  [CHANNEL_WEB] = "web", [CHANNEL_APP] = "app",   [CHANNEL_POS] = "pos",
    };
    for (size_t c = 0; c < CHANNEL_COUNT; c++)
        for (size_t b = 0; b < BRAND_COUNT && prefixes[c] != NULL; b++)
            (void)snprintf(w->shops[c][b], sizeof w->shops[c][b], "%s_%s", prefixes[c], synth_brands[b].id);
}

void synth_world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    products_init(w);
    stores_init(w);
    guides_init(w);
    shops_init(w);
}

const char *synth_group_id(const struct store *st, uint32_t i, char out_id[GROUP_ID_BYTES])
{
    assert(i < GROUPS_PER_STORE);
    (void)snprintf(out_id, GROUP_ID_BYTES, "grp_%s_%u", st->id, i + 1);
    return out_id;
}

uint8_t synth_city_draw(uint64_t hash)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < CITY_MAINLAND_COUNT; i++)
        sum += synth_cities[i].weight;
    uint32_t at = (uint32_t)(hash % sum);
    uint8_t city = 0;
    while (at >= synth_cities[city].weight)
        at -= synth_cities[city++].weight;
    assert(city < CITY_MAINLAND_COUNT);
    return city;
}
