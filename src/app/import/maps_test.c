/* The ready maps of docs/guide/maps, with files that look like the real exports: what comes of them, to the letter. */
#include <libgen.h>
#include <stdio.h>

#include "app/import/rows.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX 65536u

static void file_make(struct t *t, const char *name, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, name), "we");
    assert(file != NULL);
    CHECK(t, fputs(text, file) >= 0);
    CHECK_EQ(t, fclose(file), 0);
}

static const char *map_path(struct t *t, const char *name)
{
    char *here = arena_text(t->arena, bytes_of_text(__FILE__));
    return arena_printf(t->arena, "%s/../../../docs/guide/maps/%s.json", dirname(here), name);
}

static void value_print(const struct import_value *v, const struct template_rows *rows, struct buf *out)
{
    struct template_fault fault;
    size_t size = out->size;
    buf_printf(out, "%s ", import_targets[v->target].name);
    switch (template_put(v->template, rows, out, &fault)) {
    case TEMPLATE_PUT:
        break;
    case TEMPLATE_EMPTY:
        out->size = size;
        return;
    case TEMPLATE_FAULT:
        buf_printf(out, "!'%.*s' %s", BYTES_ARG(fault.cell), cell_fault_words[fault.why]);
    }
    buf_push_byte(out, '\n');
}

/* Every value on a line of its own; bad rows as "!line why". */
static const char *values_of(struct t *t, const char *map, const char *file)
{
    struct import_map *m = NULL;
    struct import_rows *r = NULL;
    struct import_next next = {.found = IMPORT_BAD};
    struct buf out;
    struct err e = {0};
    size_t count = 0;
    const char *path = arena_printf(t->arena, "%s/%s", t->folder, file);
    CHECK_DONE(t, import_map_load(map_path(t, map), &m, &e), &e);
    CHECK_DONE(t, import_rows_open(&(struct import_rows_options){.path = path, .map = m}, &r, &e), &e);
    const struct import_value *values = import_map_values(m, &count);
    buf_init(&out, TEXT_BYTES_MAX);
    while (done(import_rows_next(r, &next, &e)) && next.found != IMPORT_END) {
        if (next.found == IMPORT_BAD)
            buf_printf(&out, "!%d %s\n", (int)next.bad.line, next.bad.why);
        for (size_t i = 0; next.found == IMPORT_GROUP && i < count; i++)
            value_print(&values[i], &(struct template_rows){next.group.rows, next.group.count}, &out);
    }
    const char *all = arena_printf(t->arena, "%.*s", BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
    import_rows_close(r);
    import_map_destroy(m);
    return all;
}

static void tmall(struct t *t)
{
    file_make(t, "orders.csv",
              "\xEF\xBB\xBF订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,买家留言,收货人姓名,收货地址,联系手机,订单创建时间,订单付款时间,宝贝标题,店铺Id,店铺名称,确认收货时间\n"
              "=\"372100456789012345\",tb王**,¥199.00,6.00,205.00,205.00,交易成功,请发顺丰🌸,王小明,上海 黄浦区 外滩1号,'138****5678,2026-11-11 00:00:00,2026-11-11 00:05:00,連衣裙,=\"101\",旗舰店,2026-11-20 08:00:00\n"
              "=\"372100456789012346\",tb李**,99.00,0.00,99.00,0.00,交易关闭,null,李四,北京,null,2026/11/11 0:10,,鞋,=\"101\",旗舰店,\n"
              "3.72101E+17,tb赵**,99.00,0.00,99.00,99.00,交易成功,,赵五,北京,,2026/11/11 0:10,2026/11/11 0:11,鞋,=\"101\",旗舰店,\n");
    file_make(t, "ExportOrderDetailList.csv",
              "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,商家编码,订单状态,买家应付货款,退款状态,退款金额\n"
              "=\"372100456789012345\",=\"372100456789012345\",連衣裙,149.50,1,P1,颜色:红,A-1,交易成功,\"1,149.50\",没有申请退款,\n"
              "=\"372100456789112345\",=\"372100456789012345\",袜子,49.50,2,P2,,B-1,交易成功,49.50,退款成功,49.50\n"
              "=\"9\",=\"999\",无主,1,1,,,,,,,\n");
    CHECK_TEXT(t, values_of(t, "tmall", "orders.csv"),
               "order {\"shop\":\"tmall-101\",\"number\":\"372100456789012345\",\"source\":\"tmall\",\"channel\":\"tmall\",\"modified\":\"2026-11-20T00:00:00.000Z\",\"remark\":\"请发顺丰🌸\",\"states\":{\"created\":\"2026-11-10T16:00:00.000Z\",\"paid\":\"2026-11-10T16:05:00.000Z\",\"done\":\"2026-11-20T00:00:00.000Z\"},\"receiver\":{\"name\":\"王小明\",\"phone\":\"138****5678\",\"address\":\"上海 黄浦区 外滩1号\"},\"payment\":{\"total\":205.00,\"freight\":6.00},\"lines\":[{\"line\":\"372100456789012345\",\"sku\":\"A-1\",\"product\":\"P1\",\"name\":\"連衣裙\",\"quantity\":1,\"price\":149.50,\"paid\":1149.50},{\"line\":\"372100456789112345\",\"sku\":\"B-1\",\"product\":\"P2\",\"name\":\"袜子\",\"quantity\":2,\"price\":49.50,\"paid\":49.50}],\"refunds\":[{\"refund\":\"372100456789112345\",\"line\":\"372100456789112345\",\"kind\":\"refund\",\"amount\":49.50,\"states\":{\"done\":\"2026-11-20T00:00:00.000Z\"}}]}\n"
               "order {\"shop\":\"tmall-101\",\"number\":\"372100456789012346\",\"source\":\"tmall\",\"channel\":\"tmall\",\"modified\":\"2026-11-10T16:10:00.000Z\",\"states\":{\"created\":\"2026-11-10T16:10:00.000Z\",\"cancelled\":\"2026-11-10T16:10:00.000Z\"},\"receiver\":{\"name\":\"李四\",\"address\":\"北京\"},\"payment\":{\"total\":99.00,\"freight\":0.00}}\n"
               "order !'3.72101E+17' has lost digits: export the column as text\n"
               "!4 no row of the file that is imported has \"999\" as its \"订单编号\"\n");
}

static void jd(struct t *t)
{
    file_make(t, "jd.csv",
              "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,应付金额,订单状态,下单帐号,客户姓名,客户地址,联系电话,订单备注,运费金额,付款确认时间,货号,订单完成时间\n"
              "250011112222,100012345678,面霜,2,在线支付,2026-11-11 00:00:01,\"1,299.00\",2598.00,2598.00,2600.00,完成,jd_abc,王小明,上海,138****5678,,2.00,2026-11-11 00:01:00,M-1,2026-11-14 10:00:00\n"
              "250011112222,100012345679,小样,1,在线支付,2026-11-11 00:00:01,0.00,2598.00,2598.00,2600.00,完成,jd_abc,王小明,上海,138****5678,,2.00,2026-11-11 00:01:00,M-2,2026-11-14 10:00:00\n"
              "250011113333,100012345678,面霜,x,在线支付,2026-11-11 00:02:01,1299.00,1299,1299,1299,(删除)等待出库,jd_李,李四,北京,,,0,,M-1,\n");
    CHECK_TEXT(t, values_of(t, "jd", "jd.csv"),
               "order {\"shop\":\"jd\",\"number\":\"250011112222\",\"source\":\"jd\",\"channel\":\"jd\",\"modified\":\"2026-11-14T02:00:00.000Z\",\"states\":{\"created\":\"2026-11-10T16:00:01.000Z\",\"paid\":\"2026-11-10T16:01:00.000Z\",\"done\":\"2026-11-14T02:00:00.000Z\"},\"buyer\":[{\"type\":\"jd_pin\",\"value\":\"jd_abc\"}],\"receiver\":{\"name\":\"王小明\",\"phone\":\"138****5678\",\"address\":\"上海\"},\"payment\":{\"total\":2600.00,\"freight\":2.00},\"lines\":[{\"line\":\"100012345678\",\"sku\":\"M-1\",\"product\":\"100012345678\",\"name\":\"面霜\",\"quantity\":2,\"price\":1299.00},{\"line\":\"100012345679\",\"sku\":\"M-2\",\"product\":\"100012345679\",\"name\":\"小样\",\"quantity\":1,\"price\":0.00}]}\n"
               "order !'x' is no number\n");
}

static void youzan(struct t *t)
{
    file_make(t, "yz.csv",
              "订单号,订单状态,订单创建时间,买家付款时间,商家发货时间,交易成功时间,买家手机号,商品名称,商品编码,规格编码,商品单价,商品数量,商品实际成交金额,运费,订单实付金额,归属店铺,收货人/提货人,收货人手机号/提货人手机号,详细收货地址/提货地址,买家备注\n"
              "E20261111000001,交易完成,2026-11-11 10:00:00,2026-11-11 10:00:30,2026-11-12 09:00:00,2026-11-19 09:00:00,13812345678,茶杯,C1,C1-白,59.00,1,59.00,0,59.00,微商城,王小明,13900000000,杭州,送礼\n"
              "E20261111000002,交易关闭,2026-11-11 11:00:00,,,,13812345679,茶杯,C1,,59.00,1,59.00,0,59.00,,,,,\n");
    CHECK_TEXT(t, values_of(t, "youzan", "yz.csv"),
               "order {\"shop\":\"微商城\",\"number\":\"E20261111000001\",\"source\":\"youzan\",\"channel\":\"mini_program\",\"modified\":\"2026-11-19T01:00:00.000Z\",\"remark\":\"送礼\",\"states\":{\"created\":\"2026-11-11T02:00:00.000Z\",\"paid\":\"2026-11-11T02:00:30.000Z\",\"shipped\":\"2026-11-12T01:00:00.000Z\",\"done\":\"2026-11-19T01:00:00.000Z\"},\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"receiver\":{\"name\":\"王小明\",\"phone\":\"13900000000\",\"address\":\"杭州\"},\"payment\":{\"total\":59.00,\"freight\":0},\"lines\":[{\"line\":\"C1-白\",\"sku\":\"C1-白\",\"product\":\"C1\",\"name\":\"茶杯\",\"quantity\":1,\"price\":59.00,\"paid\":59.00}]}\n"
               "order {\"shop\":\"youzan\",\"number\":\"E20261111000002\",\"source\":\"youzan\",\"channel\":\"mini_program\",\"modified\":\"2026-11-11T03:00:00.000Z\",\"states\":{\"created\":\"2026-11-11T03:00:00.000Z\",\"cancelled\":\"2026-11-11T03:00:00.000Z\"},\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345679\"}],\"payment\":{\"total\":59.00,\"freight\":0},\"lines\":[{\"line\":\"C1\",\"product\":\"C1\",\"name\":\"茶杯\",\"quantity\":1,\"price\":59.00,\"paid\":59.00}]}\n");
}

static void douyin(struct t *t)
{
    file_make(t, "dy.csv",
              "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,收件人,收件人手机号,省,市,区,街道,详细地址,买家留言,订单提交时间,订单完成时间,支付完成时间,订单状态,达人ID\n"
              "6921111111111111111\t,6921111111111111111\t,口红,01,1,3500001,K-1,129.00,99.00,0,张*,138********,上海市,上海市,黄浦区,外滩街道,****,,2026-11-11 20:00:00,,2026-11-11 20:00:10,已发货,88001\n"
              "6921111111111111111\t,6921111111111111112\t,粉饼,02,1,3500002,K-2,159.00,120.00,0,张*,138********,上海市,上海市,黄浦区,外滩街道,****,,2026-11-11 20:00:00,,2026-11-11 20:00:10,已发货,88001\n");
    CHECK_TEXT(t, values_of(t, "douyin", "dy.csv"),
               "order {\"shop\":\"douyin\",\"number\":\"6921111111111111111\",\"source\":\"douyin\",\"channel\":\"douyin\",\"seller\":\"88001\",\"modified\":\"2026-11-11T12:00:10.000Z\",\"states\":{\"created\":\"2026-11-11T12:00:00.000Z\",\"paid\":\"2026-11-11T12:00:10.000Z\"},\"receiver\":{\"name\":\"张*\",\"phone\":\"138********\",\"address\":\"上海市上海市黄浦区外滩街道****\"},\"lines\":[{\"line\":\"6921111111111111111\",\"sku\":\"K-1\",\"product\":\"3500001\",\"name\":\"口红\",\"quantity\":1,\"price\":129.00,\"paid\":99.00},{\"line\":\"6921111111111111112\",\"sku\":\"K-2\",\"product\":\"3500002\",\"name\":\"粉饼\",\"quantity\":1,\"price\":159.00,\"paid\":120.00}]}\n");
}

static void pos(struct t *t)
{
    file_make(t, "pos.csv",
              "小票号,门店编码,收银机号,营业员,会员手机号,会员卡号,交易时间,行号,商品条码,货号,商品名称,数量,吊牌价,成交单价,成交金额,销售类型\n"
              "0001,S01,1,G17,13812345678,,2026年11月11日 10时5分,1,6901234567892,A-1,毛衣,1,￥399.00,299,299.00,销售\n"
              "0001,S01,1,G17,13812345678,,2026年11月11日 10时5分,2,6901234567893,A-2,围巾,-1,99,99,-99.00,退货\n"
              "0002,S01,1,G17,散客,,2026/11/11 11:00,1,6901234567892,A-1,毛衣,1,399,399,399,销售\n"
              "合计,,,,,,,,,,,1,,,599.00,\n");
    CHECK_TEXT(t, values_of(t, "pos", "pos.csv"),
               "order {\"shop\":\"pos\",\"number\":\"S01-0001\",\"source\":\"pos\",\"channel\":\"pos\",\"store\":\"S01\",\"till\":\"1\",\"seller\":\"G17\",\"modified\":\"2026-11-11T02:05:00.000Z\",\"states\":{\"created\":\"2026-11-11T02:05:00.000Z\",\"paid\":\"2026-11-11T02:05:00.000Z\",\"done\":\"2026-11-11T02:05:00.000Z\"},\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"lines\":[{\"line\":\"1\",\"sku\":\"6901234567892\",\"product\":\"A-1\",\"name\":\"毛衣\",\"quantity\":1,\"list_price\":399.00,\"price\":299,\"paid\":299.00}],\"refunds\":[{\"refund\":\"2\",\"quantity\":1,\"amount\":99.00,\"kind\":\"return\",\"store\":\"S01\",\"states\":{\"done\":\"2026-11-11T02:05:00.000Z\"}}]}\n"
               "order {\"shop\":\"pos\",\"number\":\"S01-0002\",\"source\":\"pos\",\"channel\":\"pos\",\"store\":\"S01\",\"till\":\"1\",\"seller\":\"G17\",\"modified\":\"2026-11-11T03:00:00.000Z\",\"states\":{\"created\":\"2026-11-11T03:00:00.000Z\",\"paid\":\"2026-11-11T03:00:00.000Z\",\"done\":\"2026-11-11T03:00:00.000Z\"},\"lines\":[{\"line\":\"1\",\"sku\":\"6901234567892\",\"product\":\"A-1\",\"name\":\"毛衣\",\"quantity\":1,\"list_price\":399,\"price\":399,\"paid\":399}]}\n");
}

static void members(struct t *t)
{
    file_make(t, "m.csv",
              "会员号,姓名,手机号,性别,生日,城市,等级,注册时间,更新时间\n"
              "V001,王小明,138 1234 5678,先生,1990-05-01,上海,金卡,2020/1/2,\n"
              "V002,陳大文🌸,1.38E+10,女,,香港,无,2020/1/2,2026-11-11 10:00\n");
    CHECK_TEXT(t, values_of(t, "members", "m.csv"),
               "event {\"event\":\"profile_updated\",\"time\":\"2020-01-01T16:00:00.000Z\",\"ids\":[{\"type\":\"phone\",\"value\":\"138 1234 5678\"},{\"type\":\"member_no\",\"value\":\"V001\"}],\"traits\":{\"name\":\"王小明\",\"gender\":\"male\",\"birthday\":\"1990-05-01\",\"city\":\"上海\",\"member_level\":\"金卡\"}}\n"
               "event !'1.38E+10' has lost digits: export the column as text\n");
}

static void stores(struct t *t)
{
    file_make(t, "s.csv", "门店编码,门店名称,区域,城市,面积,开业日期,更新时间\nSH01,外滩店,华东,上海,\"1,120.5\",43831,2026-01-01\nSH02,无区店,,上海,,,2026-01-01\n");
    CHECK_TEXT(t, values_of(t, "stores", "s.csv"),
               "thing {\"kind\":\"region\",\"id\":\"华东\",\"time\":\"2025-12-31T16:00:00.000Z\"}\n"
               "thing {\"kind\":\"store\",\"id\":\"SH01\",\"time\":\"2025-12-31T16:00:00.000Z\",\"parent\":\"region/华东\",\"attributes\":{\"name\":\"外滩店\",\"city\":\"上海\",\"面积\":1120.5,\"opened\":\"2019-12-31T16:00:00.000Z\"}}\n"
               "thing {\"kind\":\"store\",\"id\":\"SH02\",\"time\":\"2025-12-31T16:00:00.000Z\",\"attributes\":{\"name\":\"无区店\",\"city\":\"上海\"}}\n");
}

/* No time: a report is of when it came, and says which day it is about. */
static void ad_costs(struct t *t)
{
    file_make(t, "c.csv", "日期,渠道,计划,消耗,展现量,点击量\n2026/3/1,douyin,春季上新,\"1,250.50\",98000,1200\n2026-03-02,xiaohongshu,,¥80,,\n");
    CHECK_TEXT(t, values_of(t, "ad-costs", "c.csv"),
               "event {\"event\":\"ad_cost_reported\",\"channel\":\"douyin\",\"campaign\":\"春季上新\",\"properties\":{\"day\":\"2026-02-28T16:00:00.000Z\",\"amount\":1250.50,\"impressions\":98000,\"clicks\":1200}}\n"
               "event {\"event\":\"ad_cost_reported\",\"channel\":\"xiaohongshu\",\"properties\":{\"day\":\"2026-03-01T16:00:00.000Z\",\"amount\":80}}\n");
}

static const struct test tests[] = {
    {"Tmall: orders, with their lines in another file", tmall, 1},
    {"JD: a row a product", jd, 1},
    {"Youzan", youzan, 1},
    {"Douyin", douyin, 1},
    {"POS: returns are negative", pos, 1},
    {"members: traits of people", members, 1},
    {"stores: things and their regions", stores, 1},
    {"ad costs: a day of a channel", ad_costs, 1},
};
TEST_MAIN(tests)
