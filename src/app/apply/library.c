/* The ready tags and their parameters: the one table of the library. */
#include "app/apply/library.h"

static const struct library_words of_stage = {"Life cycle", "生命周期"}, of_value = {"Value", "价值"},
                                  of_preference = {"Preference", "偏好"}, of_moment = {"Moment", "时机"},
                                  of_service = {"Service", "服务"};
static const struct library_words members_team = {"CRM", "会员运营"}, goods_team = {"Merchandising", "商品运营"},
                                  service_team = {"Customer service", "客服"};

/* clang-format off */
static const struct library_parameter parameters[] = {
    {"purchase", "order where net > 0", {"what counts as a purchase: orders, or an event such as order_paid", "什么算一次购买:订单,或某个事件(如 order_paid)"}},
    {"amount", "order.net", {"what a purchase amounts to, in the group's currency", "购买金额(集团币种)"}},
    {"discount", "order.discount", {"what was taken off", "优惠金额"}},
    {"list_price", "order.list", {"what it would have been at list prices", "吊牌金额"}},
    {"bought_category", "order.item.sku.category", {"the category of what was bought", "所购商品的类目"}},
    {"bought_channel", "order.channel", {"the channel on which it was bought", "购买渠道"}},
    {"store_purchase", "order where net > 0 and channel = 'pos'", {"a purchase in a store", "门店购买"}},
    {"online_purchase", "order where net > 0 and channel != 'pos'", {"a purchase anywhere else", "线上购买"}},
    {"gift_purchase", "order where net > 0 and (remark contains '礼' or remark contains '送')", {"a purchase that is a gift", "送礼的购买"}},
    {"paid_order", "order where paid = true", {"an order that was paid", "付过款的订单"}},
    {"refunded_order", "order where refunds > 0", {"an order of which something was refunded", "有退款的订单"}},
    {"new_days", "30", {"new: so many days from the first purchase", "新客:首购后的天数"}},
    {"active_days", "90", {"active: bought within so many days", "活跃:最近多少天内购买过"}},
    {"lost_days", "365", {"lost: bought nothing for so many days", "流失:多少天未购买"}},
    {"rfm_days", "365", {"RFM looks back so many days", "RFM 的回看天数"}},
    {"rfm_recent_days", "90", {"R is high: bought within so many days", "R 高:最近多少天内购买过"}},
    {"rfm_orders", "3", {"F is high: at least so many purchases", "F 高:至少购买多少次"}},
    {"rfm_amount", "1000", {"M is high: at least so much", "M 高:至少消费多少"}},
    {"coupon", "coupon_used", {"the event of a coupon that was used", "用券事件"}},
    {"coupon_high", "0.5", {"high: so many coupons used for each purchase", "高敏感:用券次数与购买次数之比"}},
    {"coupon_middle", "0.2", {"middle: so many coupons used for each purchase", "中敏感:用券次数与购买次数之比"}},
    {"preference_days", "90", {"preferences look back so many days", "偏好的回看天数"}},
    {"viewed", "product_viewed", {"the event of looking at a product", "浏览商品事件"}},
    {"viewed_category", "item.category", {"which of its values is the category", "其中类目的名称"}},
    {"next_days", "7", {"a purchase is due: likely within so many days", "临近复购:预计多少天内"}},
    {"birthday", "birthday", {"the trait with the birthday", "生日特质"}},
    {"birthday_days", "7", {"so many days before the birthday", "生日前多少天"}},
    {"cart", "cart_added", {"the event of putting into the cart", "加购事件"}},
    {"payment", "order_paid", {"the event of paying", "付款事件"}},
    {"cart_hours", "2", {"left: nothing paid for so many hours", "弃购:多少小时内未付款"}},
    {"cart_days", "7", {"which carts count: of the last so many days", "计入最近多少天的加购"}},
    {"member", "member_no", {"the identifier or trait of a member", "会员标识或特质"}},
    {"vip_amount", "3000", {"high value: at least so much within rfm_days", "高价值:rfm_days 内至少消费多少"}},
    {"vip_quiet_days", "60", {"at risk: bought nothing for so many days", "有流失风险:多少天未购买"}},
    {"question", "message_received", {"the event of a message from a customer", "客户发来消息的事件"}},
    {"question_text", "text", {"the property with what it says", "消息内容的属性"}},
    {"question_days", "7", {"questions are compared over so many days", "比对最近多少天的消息"}},
    {"question_times", "1", {"so many that were asked before", "至少重复多少次"}},
    {"ticket", "ticket_opened", {"the event of a ticket", "工单事件"}},
    {"ticket_days", "30", {"tickets of the last so many days", "最近多少天的工单"}},
    {"ticket_times", "2", {"at least so many tickets", "至少多少张工单"}},
    {"survey", "survey_answered", {"the event of an answered survey", "问卷事件"}},
    {"score", "score", {"the property with the score", "评分属性"}},
    {"score_low", "6", {"low: at most so much", "低分:至多多少"}},
    {"refund_share", "0.3", {"often: such a share of orders", "常退款:订单占比"}},
    {"service", "order where item.name contains '保养'", {"a service: orders, or an event", "一次保养:订单或事件"}},
    {"service_days", "180", {"a service is due after so many days", "保养周期(天)"}},
    {"odometer", "odometer_read", {"the event of a reading of the odometer", "里程读数事件"}},
    {"mileage", "mileage", {"the property with the mileage", "里程属性"}},
    {"service_mileage", "10000", {"a service is due at this mileage", "应保养的里程读数"}},
    {"service_near_days", "7", {"so many days before the mileage is reached", "预计到达前多少天"}},
};

#define RECENT "did({purchase} in last {rfm_recent_days} days)"
#define FREQUENT "count({purchase} in last {rfm_days} days) >= {rfm_orders}"
#define SELDOM "count({purchase} in last {rfm_days} days) < {rfm_orders}"
#define MUCH "sum({amount} in last {rfm_days} days) >= {rfm_amount}"
#define LITTLE "sum({amount} in last {rfm_days} days) < {rfm_amount}"
#define BEFORE "did({purchase} in last {rfm_days} days) and not " RECENT
#define COUPONS "count({coupon} in last {rfm_days} days) / count({purchase} in last {rfm_days} days)"
#define NEXT "last({purchase}).time + median_gap({purchase})"

static const struct library_tag tags[] = {
    {"stage_new", {"New", "新客"}, {"The first purchase is at most {new_days} days ago", "首次购买在 {new_days} 天内"}, &of_stage, &members_team,
     "did({purchase} for the first time in last {new_days} days)", NULL},
    {"stage_back", {"Back", "回流"}, {"Bought within {active_days} days, nothing before that within {lost_days} days, and something earlier", "{active_days} 天内购买;此前 {lost_days} 天内没有,更早买过"}, &of_stage, &members_team,
     "did({purchase} in last {active_days} days) and count({purchase} in last {lost_days} days) = count({purchase} in last {active_days} days) and count({purchase}) > count({purchase} in last {lost_days} days)", NULL},
    {"stage_active", {"Active", "活跃"}, {"Bought within {active_days} days", "{active_days} 天内购买过"}, &of_stage, &members_team,
     "did({purchase} in last {active_days} days)", NULL},
    {"stage_quiet", {"Quiet", "沉默"}, {"Bought nothing within {active_days} days, but within {lost_days} days", "{active_days} 天内未购买,{lost_days} 天内购买过"}, &of_stage, &members_team,
     "did({purchase} in last {lost_days} days) and not did({purchase} in last {active_days} days)", NULL},
    {"stage_lost", {"Lost", "流失"}, {"Bought once, but nothing within {lost_days} days", "买过,但 {lost_days} 天内未购买"}, &of_stage, &members_team,
     "did({purchase}) and not did({purchase} in last {lost_days} days)", NULL},
    {"stage_none", {"No purchase yet", "未购买"}, {"Never bought anything", "从未购买"}, &of_stage, &members_team,
     "count({purchase}) = 0", NULL},
    {"life_stage", {"Life-cycle stage", "生命周期阶段"}, {"The stage that somebody is in: exactly one", "所处阶段,每人恰有一个"}, &of_stage, &members_team,
     NULL, (const char *const[]){"stage_new", "stage_back", "stage_active", "stage_quiet", "stage_lost", "stage_none", NULL}},
    {"first_order", {"First purchase only", "仅首单"}, {"Bought exactly once", "恰好购买过一次"}, &of_stage, &members_team,
     "count({purchase}) = 1", NULL},
    {"member_without_order", {"Member without a purchase", "会员未购"}, {"A member who never bought anything", "是会员但从未购买"}, &of_stage, &members_team,
     "{member} is known and count({purchase}) = 0", NULL},

    {"rfm_champion", {"Important, of value", "重要价值客户"}, {"R, F and M are high", "R 高 F 高 M 高"}, &of_value, &members_team,
     RECENT " and " FREQUENT " and " MUCH, NULL},
    {"rfm_develop", {"Important, to develop", "重要发展客户"}, {"R and M are high, F is low", "R 高 F 低 M 高"}, &of_value, &members_team,
     RECENT " and " SELDOM " and " MUCH, NULL},
    {"rfm_keep", {"Important, to keep", "重要保持客户"}, {"F and M are high, R is low", "R 低 F 高 M 高"}, &of_value, &members_team,
     BEFORE " and " FREQUENT " and " MUCH, NULL},
    {"rfm_win_back", {"Important, to win back", "重要挽留客户"}, {"M is high, R and F are low", "R 低 F 低 M 高"}, &of_value, &members_team,
     BEFORE " and " SELDOM " and " MUCH, NULL},
    {"rfm_usual_value", {"Usual, of value", "一般价值客户"}, {"R and F are high, M is low", "R 高 F 高 M 低"}, &of_value, &members_team,
     RECENT " and " FREQUENT " and " LITTLE, NULL},
    {"rfm_usual_develop", {"Usual, to develop", "一般发展客户"}, {"R is high, F and M are low", "R 高 F 低 M 低"}, &of_value, &members_team,
     RECENT " and " SELDOM " and " LITTLE, NULL},
    {"rfm_usual_keep", {"Usual, to keep", "一般保持客户"}, {"F is high, R and M are low", "R 低 F 高 M 低"}, &of_value, &members_team,
     BEFORE " and " FREQUENT " and " LITTLE, NULL},
    {"rfm_usual_win_back", {"Usual, to win back", "一般挽留客户"}, {"R, F and M are low", "R 低 F 低 M 低"}, &of_value, &members_team,
     BEFORE " and " SELDOM " and " LITTLE, NULL},
    {"rfm", {"RFM group", "RFM 分组"}, {"One of eight; nobody who bought nothing within {rfm_days} days", "八类之一;{rfm_days} 天内未购买者不在其中"}, &of_value, &members_team,
     NULL, (const char *const[]){"rfm_champion", "rfm_develop", "rfm_keep", "rfm_win_back", "rfm_usual_value", "rfm_usual_develop", "rfm_usual_keep", "rfm_usual_win_back", NULL}},
    {"high_value_at_risk", {"High value, at risk", "高价值有流失风险"}, {"Spent at least {vip_amount} within {rfm_days} days, and bought nothing for {vip_quiet_days} days", "{rfm_days} 天内消费达到 {vip_amount},且 {vip_quiet_days} 天未购买"}, &of_value, &members_team,
     "sum({amount} in last {rfm_days} days) >= {vip_amount} and not did({purchase} in last {vip_quiet_days} days)", NULL},

    {"price_high", {"Price-sensitive: high", "价格高敏感"}, {"Coupons for each purchase: at least {coupon_high}", "用券次数与购买次数之比不低于 {coupon_high}"}, &of_preference, &members_team,
     COUPONS " >= {coupon_high}", NULL},
    {"price_middle", {"Price-sensitive: middle", "价格中敏感"}, {"Coupons for each purchase: at least {coupon_middle}", "用券次数与购买次数之比不低于 {coupon_middle}"}, &of_preference, &members_team,
     COUPONS " >= {coupon_middle}", NULL},
    {"price_low", {"Price-sensitive: low", "价格低敏感"}, {"Coupons for each purchase: less than {coupon_middle}", "用券次数与购买次数之比低于 {coupon_middle}"}, &of_preference, &members_team,
     COUPONS " < {coupon_middle}", NULL},
    {"price_sensitivity", {"Price sensitivity", "价格敏感度"}, {"By coupons used for each purchase; nobody who bought nothing within {rfm_days} days", "按用券次数与购买次数之比;{rfm_days} 天内未购买者不在其中"}, &of_preference, &members_team,
     NULL, (const char *const[]){"price_high", "price_middle", "price_low", NULL}},
    {"discount_share", {"Share of discounts", "优惠占比"}, {"All discounts, of list prices", "优惠金额占吊牌金额的比例"}, &of_preference, &goods_team,
     "sum({discount} in last {rfm_days} days) / sum({list_price} in last {rfm_days} days)", NULL},
    {"category_preference", {"Preferred category", "偏好类目"}, {"The category bought most often within {preference_days} days", "{preference_days} 天内购买最多的类目"}, &of_preference, &goods_team,
     "most_frequent({bought_category} in last {preference_days} days)", NULL},
    {"category_interest", {"Category of interest", "关注类目"}, {"The category looked at most often within {preference_days} days", "{preference_days} 天内浏览最多的类目"}, &of_preference, &goods_team,
     "most_frequent({viewed}.{viewed_category} in last {preference_days} days)", NULL},
    {"channel_preference", {"Preferred channel", "常用渠道"}, {"The channel of most events within {preference_days} days", "{preference_days} 天内行为最多的渠道"}, &of_preference, &members_team,
     "most_frequent(event.channel in last {preference_days} days)", NULL},
    {"active_hour", {"Active hour", "活跃时段"}, {"The hour, 0 to 23, with most that they did themselves within {preference_days} days", "{preference_days} 天内本人行为最多的小时,0–23"}, &of_preference, &members_team,
     "most_frequent(event.time.hour where actor = 'person' in last {preference_days} days)", NULL},
    {"buying_channel", {"Channel of purchases", "购买渠道"}, {"The channel of most orders within {rfm_days} days", "{rfm_days} 天内下单最多的渠道"}, &of_preference, &members_team,
     "most_frequent({bought_channel} in last {rfm_days} days)", NULL},
    {"store_and_online", {"Buys in stores and online", "全渠道购买"}, {"Bought in a store and elsewhere", "既在门店也在线上购买过"}, &of_preference, &members_team,
     "did({store_purchase}) and did({online_purchase})", NULL},
    {"gift_buyer", {"Likely gift buyer", "可能的送礼人"}, {"A purchase within {rfm_days} days has words of a gift", "{rfm_days} 天内有送礼的购买"}, &of_preference, &goods_team,
     "did({gift_purchase} in last {rfm_days} days)", NULL},

    {"next_purchase", {"Likely next purchase", "预计复购日"}, {"The last purchase and the median of the days from one to the next of the person's own; nobody who bought on one day alone", "末次购买加本人购买间隔天数的中位数;只在一天买过者没有"}, &of_moment, &members_team,
     NEXT, NULL},
    {"purchase_due", {"Likely to buy soon", "临近复购"}, {"The likely next purchase is within {next_days} days", "预计复购日在 {next_days} 天内"}, &of_moment, &members_team,
     "days_until(" NEXT ") between 0 and {next_days}", NULL},
    {"birthday_near", {"Birthday soon", "生日临近"}, {"The birthday is within {birthday_days} days", "{birthday_days} 天内过生日"}, &of_moment, &members_team,
     "until_anniversary({birthday}) <= {birthday_days}", NULL},
    {"cart_left", {"Cart left", "弃购"}, {"Put something into the cart and paid nothing for {cart_hours} hours since", "加购后 {cart_hours} 小时内未付款"}, &of_moment, &members_team,
     "did({cart} then no {payment} within {cart_hours} hours in last {cart_days} days)", NULL},

    {"asked_again", {"Asked the same again", "重复提问"}, {"Sent messages with the same words again within {question_days} days", "{question_days} 天内重复发来相同内容"}, &of_service, &service_team,
     "count({question} where {question_text} is known in last {question_days} days) - distinct({question}.{question_text} in last {question_days} days) >= {question_times}", NULL},
    {"tickets_again", {"Several tickets", "多次工单"}, {"At least {ticket_times} tickets within {ticket_days} days", "{ticket_days} 天内至少 {ticket_times} 张工单"}, &of_service, &service_team,
     "count({ticket} in last {ticket_days} days) >= {ticket_times}", NULL},
    {"low_score", {"Low score", "评分低"}, {"The last survey has at most {score_low}", "最近一次问卷评分不高于 {score_low}"}, &of_service, &service_team,
     "last({survey}).{score} <= {score_low}", NULL},
    {"refunds_often", {"Often refunded", "常退款"}, {"At least {refund_share} of paid orders had refunds within {rfm_days} days", "{rfm_days} 天内付款订单的退款占比不低于 {refund_share}"}, &of_service, &service_team,
     "count({refunded_order} in last {rfm_days} days) / count({paid_order} in last {rfm_days} days) >= {refund_share}", NULL},
    {"days_since_service", {"Days since the last service", "距上次保养天数"}, {"Calendar days since the last service", "距上次保养的自然日"}, &of_service, &service_team,
     "days_since(last({service}).time)", NULL},
    {"service_due", {"Service due", "保养到期"}, {"No service for {service_days} days", "{service_days} 天未保养"}, &of_service, &service_team,
     "days_since(last({service}).time) >= {service_days}", NULL},
    {"mileage_due", {"Mileage due", "里程到期"}, {"At the person's own daily mileage, {service_mileage} is reached within {service_near_days} days", "按本人日均里程,{service_near_days} 天内达到 {service_mileage}"}, &of_service, &service_team,
     "days_until(last({odometer}).time + ({service_mileage} - last({odometer}).{mileage}) * (last({odometer}).time - first({odometer}).time) / (last({odometer}).{mileage} - first({odometer}).{mileage})) <= {service_near_days}", NULL},
};
/* clang-format on */

const struct library_tag *library_tags(size_t *out_count)
{
    *out_count = COUNT_OF(tags);
    return tags;
}

const struct library_tag *library_tag_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (bytes_equal(name, bytes_of_text(tags[i].name)))
            return &tags[i];
    return NULL;
}

const struct library_parameter *library_parameters(size_t *out_count)
{
    *out_count = COUNT_OF(parameters);
    return parameters;
}
