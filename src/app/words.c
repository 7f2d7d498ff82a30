#include "app/words.h"

#include "app/app.h"

static const struct {
    const char *word, *zh;
} words[] = {
    /* Lists, and what they hold. */
    {"acts", "人工操作"}, {"reviews", "待复核"}, {"reads", "读取记录"}, {"tokens", "令牌"}, {"settings", "设置项"},
    {"types", "标识类型"}, {"names", "名称"}, {"next", "下一页"}, {"people", "人"}, {"ids", "标识"},
    {"position", "位点"}, {"time", "时间"}, {"act", "操作"}, {"by", "由"}, {"reason", "原因"}, {"summary", "涉及"},
    {"undone", "已撤销"}, {"undoable", "可撤销"},
    {"type", "类型"}, {"ns", "命名空间"}, {"value", "值"}, {"since", "起始"}, {"conflicts", "冲突次数"}, {"held_by", "原持有人"},
    {"token", "令牌"}, {"what", "读取内容"}, {"person", "人"},
    {"name", "名称"}, {"number", "编号"}, {"normaliser", "规范化器"}, {"has_namespace", "分命名空间"}, {"priority", "优先级"},
    {"limit", "每人上限"}, {"limit_window_days", "上限天数"}, {"over", "超出时"}, {"parent", "父类型"}, {"hub_moves", "枢纽阈值"},
    {"ends_at_logout", "退出即断开"},
    {"initially", "默认值"}, {"least", "最小"}, {"most", "最大"}, {"unit", "单位"}, {"about", "说明"},
    {"consumers", "消费者"}, {"acknowledged", "已确认"}, {"lag", "未确认的变更"}, {"lost", "已错过"}, {"kept", "保留的变更"}, {"start", "最早游标"},
    {"hooks", "推送"}, {"target", "目标"}, {"facts", "事实"}, {"causes", "成因"}, {"signed", "已签名"},
    {"roles", "角色"}, {"brands", "限定品牌"}, {"store", "门店"}, {"channel", "渠道"}, {"brand", "品牌"}, {"masked", "脱敏"}, {"own_customers", "限定导购"}, {"role", "身份"}, {"stage", "阶段"}, {"score", "评分"},
    {"expires", "到期"},
    {"kind", "类别"}, {"en", "英文"}, {"zh", "中文"}, {"alias_of", "别名指向"}, {"attributes", "属性"}, {"count", "次数"},
    {"standard", "标准事件"}, {"category", "分类"}, {"needs", "应带字段"},
    /* Orders. */
    {"paid", "已付款"}, {"shipped", "已发货"}, {"delivered", "已签收"}, {"done", "完成"}, {"cancelled", "已取消"}, {"closed", "已关闭"},
    {"requested", "已申请"}, {"agreed", "已同意"}, {"returned", "已退货"}, {"refused", "已拒绝"},
    {"till", "收银机"}, {"seller", "导购"}, {"campaign", "活动"}, {"remark", "备注"}, {"line", "行"}, {"quantity", "数量"}, {"price", "单价"},
    {"list", "吊牌金额"}, {"discount", "优惠"}, {"gross", "商品金额"}, {"freight", "运费"}, {"amount", "金额"}, {"refunded", "已退"}, {"net", "净额"},
    {"differs_by", "与来源总额相差"}, {"group_net", "本位币净额"}, {"shipment", "包裹"}, {"carrier", "承运"}, {"tracking", "运单号"}, {"refund", "退款"},
    {"difference", "差异"}, {"currency", "币种"}, {"here", "本系统"}, {"declared", "申报"},
    {"alarms", "告警"}, {"calendars", "日历"}, {"missing_days", "缺失的日子"}, {"missing_here", "本系统缺失"}, {"missing_there", "来源缺失"}, {"amount_differs", "金额不符"}, {"return", "退货"}, {"exchange", "换货"},
    {"imports", "导入的文件"}, {"file", "文件摘要"}, {"sources", "数据源"}, {"last_line", "末行"}, {"order.correct", "更正"}, {"order.void", "作废"}, {"order.reassign", "改归属"}, {"order.undo", "撤销"},
    /* Properties of events. */
    {"properties", "属性"}, {"of", "出自"}, {"display", "显示名"}, {"forbidden", "已禁止"}, {"personal", "个人信息"}, {"is_list", "列表"},
    {"first", "最早"}, {"last", "最近"}, {"text", "文本"}, {"bool", "是否"},
    /* Things. */
    {"thing_changed", "实体变化"}, {"order_changed", "订单变化"}, {"shop", "店铺"}, {"order", "订单"}, {"orders", "订单"}, {"new", "新增"}, {"left_out", "未采纳"}, {"change", "变化"}, {"deleted", "终止"}, {"parent_changed", "上级变化"}, {"id", "编号"},
    /* Channels and purposes. */
    {"web", "网页"}, {"app", "App"}, {"mini_program", "小程序"}, {"official_account", "公众号"}, {"wecom", "企业微信"}, {"tmall", "天猫"},
    {"taobao", "淘宝"}, {"jd", "京东"}, {"douyin", "抖音"}, {"xiaohongshu", "小红书"}, {"pos", "门店收银"}, {"call_centre", "客服中心"},
    {"sms", "短信"}, {"email", "邮件"}, {"phone", "电话"}, {"marketing", "营销"},
    {"service", "服务"}, {"health", "健康"}, {"minors", "未成年人"}, {"precise_location", "精确位置"},
    /* Reach and sharing. */
    {"no_address", "无联系方式"}, {"suppressed", "停发名单"}, {"ended", "已拉黑或取关"}, {"no_consent", "无同意授权"}, {"withdrawn", "已撤回"},
    {"expired", "已过期"}, {"not_known", "该品牌不认识"}, {"shares", "共享"}, {"from", "提供方"}, {"to", "使用方"}, {"purposes", "用途"}, {"until", "截止"},
    {"live", "有效"}, {"policy", "政策版本"}, {"evidence", "凭据"}, {"share", "共享"}, {"unshare", "取消共享"},
    /* Erasing. */
    {"absorbed", "曾并入的编号"}, {"events_rewritten", "事件已清除"}, {"events_purged", "旧事件文件已删"}, {"log_purged", "日志已清除"},
    /* States and rules. */
    {"event_arrived", "事件到达"}, {"resolved", "归属确定"}, {"person_merged", "合并"}, {"person_split", "拆分"}, {"identifier_quarantined", "标识隔离"},
    {"profile_changed", "画像变化"}, {"person_erased", "抹除"}, {"identifiers_changed", "标识变化"}, {"relation_changed", "关系变化"}, {"relation_type_changed", "关系类型变化"}, {"pulse_alarm", "对账告警"}, {"scope_changed", "共享变化"}, {"segment_entered", "进入人群"}, {"segment_left", "离开人群"}, {"tag_changed", "标签变化"}, {"segment", "人群"}, {"segments", "人群"}, {"tag", "标签"}, {"tags", "标签"}, {"by_time", "随时间"}, {"changing", "随之变更"}, {"revision", "修订"}, {"relation", "关系"}, {"parts", "各部分"}, {"consent", "同意授权"}, {"cause", "成因"}, {"created", "新建"}, {"other", "另一人"}, {"changed", "变化"}, {"trait", "特质"},
    {"in_force", "有效"}, {"passed_on", "已转手"}, {"quarantined", "已隔离"},
    {"event", "事件"}, {"bind", "绑定"}, {"merge", "合并"}, {"review", "复核"},
    {"identity.bind", "绑定"}, {"identity.unbind", "解绑"}, {"identity.merge", "合并"}, {"identity.split", "拆分"},
    {"identity.never_merge", "禁止合并"}, {"identity.undo", "撤销"}, {"identity.block", "屏蔽"}, {"identity.review", "复核"},
};

static const struct {
    const char *trait, *zh;
} traits[] = {
    {"name", "姓名"}, {"nickname", "昵称"}, {"gender", "性别"}, {"birthday", "生日"}, {"city", "城市"}, {"region", "地区"},
    {"phone", "手机"}, {"email", "邮箱"}, {"address", "地址"}, {"age", "年龄"}, {"member_level", "会员等级"},
};

static const struct {
    const char *trait, *value, *zh;
} values[] = {
    {"gender", "female", "女"},
    {"gender", "male", "男"},
};

static const struct {
    const char *type, *en, *zh;
} advice[] = {
    {"/problems/no-token", "no token in force was given: say --token, or --folder DIR for the admin's of that folder (or KITH_TOKEN, KITH_FOLDER)",
     "未给出有效的令牌:请用 --token 指定,或用 --folder DIR 使用该目录的管理员令牌(亦可设 KITH_TOKEN、KITH_FOLDER)"},
    {"/problems/no-such-person", "`kith find TEXT` looks by four last digits, name, pinyin or order number", "可用 `kith find 文字` 按手机后四位、姓名、拼音或订单号查找"},
    {"/problems/no-such-order", "`kith orders TYPE:VALUE` lists the orders of a person", "可用 `kith orders 类型:值` 列出一个人的订单"},
    {"/problems/no-such-thing", "`kith list KIND` shows the things of a kind", "可用 `kith list 种类` 列出该种类的实体"},
    {"/problems/no-such-kind", "`kith kinds` shows the kinds", "用 `kith kinds` 查看全部种类"},
    {"/problems/no_such_kind", "`kith kinds` shows the kinds", "用 `kith kinds` 查看全部种类"},
    {"/problems/bad_attribute", "`kith kinds` shows the attributes and their types", "用 `kith kinds` 查看属性及其类型"},
    {"/problems/changes-not-kept", "`kith consumer add NAME` makes a consumer, and changes are kept from then on", "没有消费者:`kith consumer add 名称` 新建一个,此后的变更即被保留"},
    {"/problems/no-such-consumer", "`kith consumer list` shows those that there are, `kith consumer add NAME` makes one", "用 `kith consumer list` 查看现有消费者,`kith consumer add 名称` 新建一个"},
    {"/problems/changes-gone", "`kith changes --from now` gives a new cursor; then `kith export`, then go on behind it with --from (a consumer too, beside --consumer)", "先用 `kith changes --from now` 取得新游标,再 `kith export` 全量导出,然后用 --from 从该游标继续(消费者同样,与 --consumer 同用)"},
    {"/problems/no-such-act", "`kith acts` lists those that are kept", "用 `kith acts` 查看现有记录"},
};

struct bytes word_of(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(words) && speaks_chinese(); i++)
        if (bytes_equal(bytes_of_text(words[i].word), word))
            return bytes_of_text(words[i].zh);
    return word;
}

struct bytes word_of_trait(struct bytes trait)
{
    for (size_t i = 0; i < COUNT_OF(traits) && speaks_chinese(); i++)
        if (bytes_equal(bytes_of_text(traits[i].trait), trait))
            return bytes_of_text(traits[i].zh);
    return trait;
}

struct bytes word_of_value(struct bytes trait, struct bytes value)
{
    for (size_t i = 0; i < COUNT_OF(values) && speaks_chinese(); i++)
        if (bytes_equal(bytes_of_text(values[i].trait), trait) && bytes_equal(bytes_of_text(values[i].value), value))
            return bytes_of_text(values[i].zh);
    return value;
}

const char *advice_of(struct bytes problem_type)
{
    for (size_t i = 0; i < COUNT_OF(advice); i++)
        if (bytes_equal(bytes_of_text(advice[i].type), problem_type))
            return either(advice[i].en, advice[i].zh);
    return NULL;
}
