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
    {"hooks", "推送"}, {"target", "目标"}, {"facts", "事实"}, {"causes", "成因"}, {"signed", "已签名"},
    {"roles", "角色"}, {"brands", "限定品牌"}, {"store", "门店"}, {"channel", "渠道"}, {"brand", "品牌"}, {"masked", "脱敏"},
    {"expires", "到期"},
    {"kind", "类别"}, {"en", "英文"}, {"zh", "中文"}, {"alias_of", "别名指向"}, {"attributes", "属性"}, {"count", "次数"},
    {"standard", "标准事件"}, {"category", "分类"}, {"needs", "应带字段"},
    /* States and rules. */
    {"event_arrived", "事件到达"}, {"resolved", "归属确定"}, {"person_merged", "合并"}, {"person_split", "拆分"}, {"identifier_quarantined", "标识隔离"},
    {"profile_changed", "画像变化"}, {"cause", "成因"}, {"created", "新建"}, {"other", "另一人"}, {"changed", "变化"}, {"trait", "特质"},
    {"in_force", "有效"}, {"passed_on", "已转手"}, {"quarantined", "已隔离"},
    {"event", "事件"}, {"bind", "绑定"}, {"merge", "合并"}, {"review", "复核"},
    {"identity.bind", "绑定"}, {"identity.unbind", "解绑"}, {"identity.merge", "合并"}, {"identity.split", "拆分"},
    {"identity.never_merge", "禁止合并"}, {"identity.undo", "撤销"}, {"identity.block", "屏蔽"}, {"identity.review", "复核"},
};

static const struct {
    const char *type, *en, *zh;
} advice[] = {
    {"/problems/no-token", "no token in force was given: say --token, or --folder DIR for the admin's of that folder (or KITH_TOKEN, KITH_FOLDER)",
     "未给出有效的令牌:请用 --token 指定,或用 --folder DIR 使用该目录的管理员令牌(亦可设 KITH_TOKEN、KITH_FOLDER)"},
    {"/problems/no-such-person", "`kith find TEXT` looks by four last digits, name, pinyin or order number", "可用 `kith find 文字` 按手机后四位、姓名、拼音或订单号查找"},
    {"/problems/no-such-act", "`kith acts` lists those that are kept", "用 `kith acts` 查看现有记录"},
};

struct bytes word_of(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(words) && speaks_chinese(); i++)
        if (bytes_equal(bytes_of_text(words[i].word), word))
            return bytes_of_text(words[i].zh);
    return word;
}

const char *advice_of(struct bytes problem_type)
{
    for (size_t i = 0; i < COUNT_OF(advice); i++)
        if (bytes_equal(bytes_of_text(advice[i].type), problem_type))
            return either(advice[i].en, advice[i].zh);
    return NULL;
}
