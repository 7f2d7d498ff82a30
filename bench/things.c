/* A catalogue of products through the engine, durable: each with a name, a parent and a few attributes, then renamed and repriced in
 * part; read as of an instant; found by the beginning of its name. BENCH_THINGS (1,000,000). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"
#include "lib/value.h"

#define GROUP_PUTS 1000u
#define PAYLOAD_BYTES_MAX 1024u
#define QUERIES 2000u
#define PAGE 20u /* things of an answer */
#define SKUS_A_PRODUCT 10u
#define START_US INT64_C(1794326400000000) /* 2026-11-11 in Shanghai */

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &thing_domain};

/* --- what is put --- */

/* "沐初白茶眼霜 20g": 12 brands, 24 materials, 30 goods, 9 sizes; many begin alike, as those of a brand do. */
static const char *const brands[] = {"沐初", "衣间", "谷今", "益健", "云栖", "山茶",
                                     "拾光", "青禾", "木白", "知野", "暖阳", "南枝"};
static const char *const materials[] = {"白茶", "海盐",   "晨露", "山茶花", "积雪草", "真丝", "羊绒", "亚麻",
                                        "燕麦", "益生菌", "桂花", "竹炭",   "玫瑰",   "柑橘", "绿豆", "人参",
                                        "蜂蜜", "芦荟",   "杏仁", "牡丹",   "茉莉",   "薄荷", "红豆", "核桃"};
static const char *const goods[] = {"眼霜", "面霜", "洁面乳", "防晒乳", "精华液", "连衣裙", "衬衫", "风衣",
                                    "毛衣", "围巾", "饼干",   "麦片",   "茶包",   "胶囊",   "软糖", "面膜",
                                    "口红", "香水", "沐浴露", "护手霜", "短裤",   "半裙",   "外套", "袜子",
                                    "坚果", "果干", "饮料",   "粉底",   "眉笔",   "腮红"};

static size_t name_write(uint64_t n, char *out, size_t room)
{
    return (size_t)snprintf(out, room, "%s%s%s %llug", brands[n % COUNT_OF(brands)],
                            materials[n / 12 % COUNT_OF(materials)], goods[n / 288 % COUNT_OF(goods)],
                            (unsigned long long)(10 * (1 + n / 8640 % 9)));
}

static void put_text(struct buf *record, const char *name, const char *text)
{
    pack_bytes(record, bytes_of_text(name));
    value_pack_text(record, bytes_of_text(text));
}

static void put_make(uint64_t n, bool again, struct buf *out)
{
    char id[24], product[24], name[128];
    uint8_t room[512];
    struct buf record = {.data = room, .capacity = sizeof room, .size_max = sizeof room};
    (void)snprintf(id, sizeof id, "S%09llu", (unsigned long long)n);
    (void)snprintf(product, sizeof product, "P%08llu", (unsigned long long)(n / SKUS_A_PRODUCT));
    size_t size = name_write(n, name, sizeof name);
    if (again)
        (void)snprintf(name + size, sizeof name - size, " 升级版");
    pack_varint(&record, again ? 2 : 4);
    put_text(&record, "name", name);
    pack_bytes(&record, BYTES_LIT("price"));
    value_pack_decimal(&record, (int64_t)(1000 + n % 90000), 2);
    if (!again) {
        put_text(&record, "barcode", id + 1);
        put_text(&record, "colour", n % 2 == 0 ? "红" : "白");
    }
    struct thing_put put = {.ref = {BYTES_LIT("sku"), BYTES_NONE, bytes_of_text(id)},
                            .time_us = START_US + (again ? US_PER_DAY : 0),
                            .attributes = buf_bytes(&record)};
    if (!again) {
        put.parent_said = PARENT_SAID;
        put.parent = (struct thing_ref){BYTES_LIT("product"), BYTES_NONE, bytes_of_text(product)};
    }
    thing_put_pack(out, &put);
}

struct load {
    struct engine *engine;
    const struct command *command;
    struct buf packed;
    uint64_t accepted;
    struct submission submissions[GROUP_PUTS];
    struct submission *group[GROUP_PUTS];
};

static void answered(struct submission *s, const struct answer *a)
{
    uint64_t *accepted = s->context;
    *accepted += done(a->status) && a->refusal == NULL;
}

/* Returns puts a second, the making of them not counted. */
static double all_put(struct load *l, uint64_t things, uint64_t step, bool again)
{
    struct err e = {0};
    double took = 0;
    uint64_t puts = 0;
    for (uint64_t from = 0; from < things;) {
        uint32_t count = 0;
        size_t ends[GROUP_PUTS + 1] = {0};
        buf_clear(&l->packed);
        for (; count < GROUP_PUTS && from < things; from += step, count++) {
            put_make(from, again, &l->packed);
            ends[count + 1] = l->packed.size;
        }
        for (uint32_t i = 0; i < count; i++) {
            l->submissions[i] = (struct submission){
                .command = l->command,
                .payload = bytes_of(l->packed.data + ends[i], ends[i + 1] - ends[i]),
                .answered = answered,
                .context = &l->accepted};
            l->group[i] = &l->submissions[i];
        }
        double start = seconds_now();
        must(engine_group(l->engine, l->group, count, time_now_us(), &e), &e);
        took += seconds_now() - start;
        puts += count;
    }
    return (double)puts / took;
}

/* --- what is asked --- */

struct question {
    uint64_t n;
    const char *typed; /* NULL: one thing as of an instant */
    size_t found;
};

static void read_at(const struct view *v, struct question *q)
{
    char id[24];
    struct thing t;
    struct bytes value;
    (void)snprintf(id, sizeof id, "S%09llu", (unsigned long long)q->n);
    struct thing_ref ref = {BYTES_LIT("sku"), BYTES_NONE, bytes_of_text(id)};
    const struct thing_attribute *a = thing_attribute_named(thing_kind_named(v, ref.kind), BYTES_LIT("price"));
    bool is_told = thing_read(v, thing_find(v, &ref), &t) &&
                   thing_value(&t, a->number, START_US + US_PER_HOUR, &value) == TOLD;
    q->found += is_told;
}

static void search(const struct view *v, struct question *q)
{
    struct thing_search s;
    if (!thing_search_of(bytes_of_text(q->typed), v->arena, &s))
        return;
    size_t page = 0;
    for (uint32_t n = 0; page < PAGE && (n = thing_named_next(v, BYTES_LIT("sku"), &s, n)) != THING_NONE;)
        page++;
    q->found += page;
}

static void answer(const struct view *v, void *context)
{
    struct question *q = context;
    if (q->typed == NULL)
        read_at(v, q);
    else
        search(v, q);
}

/* Of a name that is there: so many bytes from its front, or what `typed` says. */
static void measure(struct load *l, uint64_t things, const char *what, size_t beginning, const char *const *typed,
                    size_t typed_count)
{
    char name[128], words[100], conditions[160];
    double took_us[QUERIES];
    struct rng rng;
    struct question q = {.found = 0};
    rng_init(&rng, 11);
    for (uint32_t i = 0; i < QUERIES; i++) {
        q.n = rng_below(&rng, things);
        (void)name_write(q.n, name, sizeof name);
        if (beginning > 0)
            name[beginning] = 0;
        q.typed = beginning > 0 ? name : typed_count > 0 ? typed[rng_below(&rng, typed_count)] : NULL;
        double start = seconds_now();
        engine_read(l->engine, answer, &q);
        took_us[i] = (seconds_now() - start) * 1e6;
    }
    double p50 = median(took_us, QUERIES);
    (void)snprintf(conditions, sizeof conditions, "%llu things in memory, %u asked one after another, %.1f found each",
                   (unsigned long long)things, QUERIES, (double)q.found / QUERIES);
    (void)snprintf(words, sizeof words, "%s, p50", what);
    report(&(struct figure){"things", words, "us", p50, 0, 0, "lower", conditions});
    (void)snprintf(words, sizeof words, "%s, p99", what);
    report(&(struct figure){"things", words, "us", took_us[QUERIES * 99 / 100], 0, 50000, "lower", conditions});
}

int main(int argc, char **argv)
{
    static const char *const pinyin[] = {"muchubaicha", "yijianzhensi", "qinghehai", "yijian"},
                             *const initials[] = {"mcbc", "yjzs", "qhhy", "nymg"}, *const none[] = {"没有的", "zzzz"};
    uint64_t things = env_number("BENCH_THINGS", 1000000);
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-things";
    char conditions[160];
    struct err e = {0};
    struct disk *disk;
    struct registry *registry;
    struct load *l = calloc(1, sizeof *l);
    must(registry_create(domains, COUNT_OF(domains), &registry, &e), &e);
    must(disk_open_real(folder, &disk, &e), &e);
    struct engine_options options = {.disk = disk,
                                     .cold_open = world_cold_open,
                                     .cold_close = world_cold_close,
                                     .registry = registry,
                                     .apply_version = 1,
                                     .log_segment_bytes = 256u << 20,
                                     .checkpoint_log_bytes = UINT64_MAX,
                                     .memory_bytes = SIZE_MAX,
                                     .threaded = true};
    must(engine_open(&options, &l->engine, &e), &e);
    l->command = registry_command(registry, COMMAND_THING_PUT);
    buf_init(&l->packed, GROUP_PUTS * PAYLOAD_BYTES_MAX);
    double puts = all_put(l, things, 1, false), again = all_put(l, things, 10, true);
    struct engine_stats stats;
    engine_stats(l->engine, &stats);
    (void)snprintf(conditions, sizeof conditions,
                   "%llu things of four attributes and a parent, %llu taken; %.0f bytes a thing in memory",
                   (unsigned long long)things, (unsigned long long)l->accepted,
                   (double)stats.rows.bytes / (double)things);
    report(&(struct figure){"things", "new things, durable", "puts/s", puts, 0, 0, "higher", conditions});
    report(&(struct figure){"things", "renamed and repriced, durable", "puts/s", again, 0, 0, "higher", conditions});
    report(&(struct figure){"things", "memory a thing", "bytes", (double)stats.rows.bytes / (double)things, 0, 0,
                            "lower", conditions});
    measure(l, things, "one as of an instant", 0, NULL, 0);
    measure(l, things, "found by two characters", strlen("沐初"), NULL, 0);
    measure(l, things, "found by four characters", strlen("沐初白茶"), NULL, 0);
    measure(l, things, "found by pinyin", 0, pinyin, COUNT_OF(pinyin));
    measure(l, things, "found by initials", 0, initials, COUNT_OF(initials));
    measure(l, things, "not found", 0, none, COUNT_OF(none));
    engine_close(l->engine);
    buf_fini(&l->packed);
    free(l);
    disk_close(disk);
    registry_destroy(registry);
    files_remove(folder);
    return 0;
}
