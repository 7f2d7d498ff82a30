#include "domain/report/ready.h"

#include <string.h>

#define QUESTION_BYTES_MAX 4096u
#define NAME_OPEN "«"
#define NAME_CLOSE "»"

const char *const ready_need_names[READY_NEED_COUNT] = {"event", "segment", "trait"};

/* Events that mean the same for several reports: as a list of JSON, and as a need. */
#define THEIR_OWN "{\"event\":\"*\",\"where\":\"actor = 'person'\",\"as\":"
#define LOOKED                                                                                                       \
    "\"page_viewed\",\"product_viewed\",\"product_searched\",\"app_opened\",\"message_received\",\"moment_viewed\"," \
    "\"moment_liked\",\"store_visited\""
#define LOOKED_NEED \
    "page_viewed|product_viewed|product_searched|app_opened|message_received|moment_viewed|moment_liked|store_visited"
#define AFTER_SALES                                                                                                 \
    "\"ticket_opened\",\"complaint_made\",\"refund_requested\",\"exchange_requested\",\"review_written\",\"survey_" \
    "answered\""
#define AFTER_SALES_NEED \
    "ticket_opened|complaint_made|refund_requested|exchange_requested|review_written|survey_answered"
#define BLOCKED \
    "\"friend_lost\",\"group_left\",\"unfollowed\",\"consent_withdrawn\",\"email_bounced\",\"app_uninstalled\""
#define BLOCKED_NEED "friend_lost|group_left|unfollowed|consent_withdrawn|email_bounced|app_uninstalled"
#define REACHED "\"message_sent\",\"sms_sent\",\"email_sent\",\"push_received\""
#define REACHED_NEED "message_sent|sms_sent|email_sent|push_received"

/* clang-format off */
static const struct ready_report reports[] = {
    {"private-funnel", {"Private domain, scene by scene", "私域场景漏斗"},
     {"Of those who added a friend in WeCom each week: into a group, there again, active, bought, after the sale, each within 30 days of the first", "每周加微的人中,30 天内依次入群、留存、活跃、转化、售后各有多少"}, "funnel",
     "{\"steps\":[{\"event\":\"friend_added\",\"as\":\"«Added|加微»\"},{\"event\":\"group_joined\",\"as\":\"«In a group|入群»\"}," THEIR_OWN "\"«There again|留存»\"},"
     "{\"any\":[" LOOKED "],\"as\":\"«Active|活跃»\"},{\"event\":\"order_paid\",\"as\":\"«Bought|转化»\"},{\"any\":[" AFTER_SALES "],\"as\":\"«After the sale|售后»\"}],\"window\":\"30d\",\"unit\":\"week\",\"last\":\"28d\"}",
     "friend_added group_joined " LOOKED_NEED " order_paid " AFTER_SALES_NEED},
    {"private-scenes", {"Private domain, people of each scene", "私域各场景人数"},
     {"How many people each scene had each week, whatever they did before", "每周各场景的人数,不论先后"}, "trend",
     "{\"series\":[{\"event\":{\"event\":\"friend_added\",\"as\":\"«Added|加微»\"},\"measure\":\"uniques\"},{\"event\":{\"event\":\"group_joined\",\"as\":\"«In a group|入群»\"},\"measure\":\"uniques\"},"
     "{\"event\":{\"any\":[\"friend_lost\",\"group_left\"],\"as\":\"«Lost|流失»\"},\"measure\":\"uniques\"},{\"event\":{\"any\":[" LOOKED "],\"as\":\"«Active|活跃»\"},\"measure\":\"uniques\"},"
     "{\"event\":{\"event\":\"order_paid\",\"as\":\"«Bought|转化»\"},\"measure\":\"uniques\"},{\"event\":{\"any\":[" AFTER_SALES "],\"as\":\"«After the sale|售后»\"},\"measure\":\"uniques\"}],\"unit\":\"week\",\"last\":\"84d\"}",
     "friend_added " LOOKED_NEED " order_paid"},
    {"private-retention", {"Private domain, retention", "加微留存"},
     {"Of those who added a friend in WeCom: who did anything of their own in the weeks behind", "加微的人此后每周仍有本人行为的比例"}, "retention",
     "{\"start\":\"friend_added\",\"return\":" THEIR_OWN "\"«Anything of their own|本人行为»\"},\"unit\":\"week\",\"periods\":8,\"last\":\"84d\"}",
     "friend_added"},
    {"visitor-retention", {"Retention", "访客留存"},
     {"Of those who looked for the first time: who looked again in the weeks behind", "首次浏览的人此后每周再次浏览的比例"}, "retention",
     "{\"start\":{\"any\":[" LOOKED "],\"as\":\"«Looked|浏览»\"},\"unit\":\"week\",\"periods\":8,\"last\":\"84d\"}",
     LOOKED_NEED},
    {"member-share", {"Members' share of sales", "会员销售占比"},
     {"Orders, customers, net sales and their share, of the segment members and of the others. Save it first as your programme has it: kith segment save members 'did((registered or member_joined))'", "人群 members 与其他人的订单、客户、净销售额及占比。请先按自己的会员口径保存该人群:kith segment save members 'did((registered or member_joined))'"}, "channel_quality",
     "{\"by\":\"segment:members\",\"unit\":\"month\",\"repeat_within\":\"30d\",\"last\":\"90d\"}",
     "order_paid segment:members"},
    {"repeat-rate", {"Repeat rate", "新客复购率"},
     {"Of the new customers of each brand: who ordered again within 30 days, with its interval; only those whose 30 days are over", "各品牌新客 30 天内再次下单的比例与区间,只计观察期已满者"}, "channel_quality",
     "{\"by\":\"brand\",\"repeat_within\":\"30d\",\"last\":\"90d\"}",
     "order_paid"},
    {"orders-per-buyer", {"Orders of a buyer", "人均下单次数分布"},
     {"How many buyers ordered once, twice and more often", "购买一次、两次及更多次的人数与占比"}, "distribution",
     "{\"event\":\"order_paid\",\"of\":\"count\",\"last\":\"90d\"}",
     "order_paid"},
    {"block-rate", {"Blocked or unsubscribed, of 100 reaches", "拉黑退订率(每百次触达)"},
     {"What reaching people costs: friends deleted, groups left, unfollowed, consent withdrawn, mail bounced, apps uninstalled, of messages, texts, mails and pushes", "触达的代价:删好友、退群、取关、撤回授权、退信、卸载,占消息、短信、邮件、推送次数的百分比"}, "trend",
     "{\"series\":[{\"event\":{\"any\":[" BLOCKED "],\"as\":\"«Blocked|拉黑退订»\"},\"measure\":\"count\"},{\"event\":{\"any\":[" REACHED "],\"as\":\"«Reaches|触达»\"},\"measure\":\"count\"}],"
     "\"formula\":\"A / B * 100\",\"formula_as\":\"«Blocked, %|拉黑退订率 %»\",\"unit\":\"week\",\"last\":\"84d\"}",
     BLOCKED_NEED " " REACHED_NEED},
    {"delivery-times", {"From payment to delivery", "发货与签收时长"},
     {"Of each order: how long from payment until it is shipped, and until it is delivered (median, 90th percentile)", "按订单计:付款到发货、发货到签收的中位时长与 90 分位时长"}, "funnel",
     "{\"subject\":\"order\",\"steps\":[\"order_paid\",\"order_shipped\",\"order_delivered\"],\"window\":\"30d\",\"last\":\"90d\"}",
     "order_paid order_shipped order_delivered"},
    {"delivery-delays", {"Delayed deliveries, of 100 shipped", "物流延误率(每百单)"},
     {"Orders that a carrier or shop said would come later than promised, of those shipped in the week", "每周被告知晚于承诺送达的订单,占当周发货订单的百分比"}, "trend",
     "{\"subject\":\"order\",\"series\":[{\"event\":{\"event\":\"delivery_delayed\",\"as\":\"«Delayed|延误»\"},\"measure\":\"uniques\"},{\"event\":{\"event\":\"order_shipped\",\"as\":\"«Shipped|发货»\"},\"measure\":\"uniques\"}],"
     "\"formula\":\"A / B * 100\",\"formula_as\":\"«Delayed, %|延误率 %»\",\"unit\":\"week\",\"last\":\"84d\"}",
     "delivery_delayed order_shipped"},
    {"refund-rate", {"Refunds, of 100 of sales", "退款率(按金额)"},
     {"Money given back of money paid, each on its own date", "退款金额占付款金额的百分比,各按自身日期"}, "trend",
     "{\"series\":[{\"event\":{\"event\":\"refund_done\",\"as\":\"«Refunds|退款»\"},\"measure\":\"sum\",\"value\":\"amount\"},{\"event\":{\"event\":\"order_paid\",\"as\":\"«Paid|付款»\"},\"measure\":\"sum\",\"value\":\"amount\"}],"
     "\"formula\":\"A / B * 100\",\"formula_as\":\"«Refunds, %|退款率 %»\",\"unit\":\"week\",\"last\":\"84d\"}",
     "refund_done order_paid"},
    {"channel-quality", {"Channel quality", "渠道质量"},
     {"What each channel costs, brings and keeps; without ad_cost_reported it has no cost", "各渠道的消耗、收入、新客与复购;未上报 ad_cost_reported 时消耗为空"}, "channel_quality",
     "{\"by\":\"channel\",\"repeat_within\":\"30d\",\"last\":\"90d\"}",
     "order_paid"},
    {"service-wait", {"How long customers wait for an answer", "客服首次响应时长"},
     {"Of each conversation: from the first message of the customer to the first answer, within a day", "按会话计:客户首条消息到首次回复的时长(一天内)"}, "funnel",
     "{\"subject\":\"conversation\",\"steps\":[{\"event\":\"message_received\",\"as\":\"«Asked|客户来信»\"},{\"event\":\"message_sent\",\"as\":\"«Answered|回复»\"}],\"window\":\"1d\",\"last\":\"30d\"}",
     "message_received message_sent"},
    {"wallet", {"Share of wallet", "钱包份额"},
     {"Net sales of what people say, or are said, to spend in the category a year: the trait category_spend, or another as total=NAME", "本品牌净销售额占顾客品类年支出的比例;年支出取特质 category_spend,可用 total=名称 改"}, "wallet",
     "{\"value\":\"amount\",\"refund\":\"refund_done\",\"total\":\"category_spend\",\"last\":\"365d\"}",
     "order_paid trait:category_spend"},
};
/* clang-format on */

const struct ready_report *ready_reports(size_t *out_count)
{
    *out_count = COUNT_OF(reports);
    return reports;
}

const struct ready_report *ready_report_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(reports); i++)
        if (bytes_equal(name, bytes_of_text(reports[i].name)))
            return &reports[i];
    return NULL;
}

struct bytes ready_question(const struct ready_report *r, enum ready_language language, struct arena *a)
{
    struct buf out = arena_buf(a, QUESTION_BYTES_MAX);
    const char *at = r->question;
    for (const char *open; (open = strstr(at, NAME_OPEN)) != NULL;) {
        const char *en = open + strlen(NAME_OPEN), *zh = strchr(en, '|') + 1, *close = strstr(zh, NAME_CLOSE);
        buf_push(&out, bytes_of(at, (size_t)(open - at)));
        buf_push(&out, language == READY_EN ? bytes_of(en, (size_t)(zh - 1 - en)) : bytes_of(zh, (size_t)(close - zh)));
        at = close + strlen(NAME_CLOSE);
    }
    buf_push_text(&out, at);
    assert(!out.overflowed);
    return buf_bytes(&out);
}

bool ready_need_next(const char **io_at, struct ready_need *out)
{
    const char *at = *io_at + strspn(*io_at, " ");
    *out = (struct ready_need){.of = READY_EVENT};
    if (*at == 0)
        return false;
    for (enum ready_need_of of = READY_SEGMENT; of < READY_NEED_COUNT; of++) {
        size_t size = strlen(ready_need_names[of]);
        if (strncmp(at, ready_need_names[of], size) == 0 && at[size] == ':') {
            out->of = of;
            at += size + 1;
        }
    }
    do {
        size_t size = strcspn(at, " |");
        assert(out->count < READY_EITHER_MAX);
        out->either[out->count++] = bytes_of(at, size);
        at += size + (at[size] == '|');
    } while (*at != 0 && *at != ' ');
    *io_at = at;
    return true;
}
