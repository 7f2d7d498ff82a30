#include "synth/words.h"

#include "base/attr.h"

static const char *const running_out[] = {
    "快吃完了", "快用完啦，上次那个还有活动吗？", "最后两包了，帮我再留两盒", "快吃完了，这次想换个口味",
    "見底了😂 還有貨嗎", "面霜快没了，老规矩来一瓶",
};
static const char *const social[] = {
    "我在办公室喝的时候同事过来问", "闺蜜说我最近皮肤变好了✨ 问我用的啥", "我妈也想要一件，有没有大一码的？",
    "宿舍四个人都想拼，能便宜点吗", "同事问我裙子哪买的哈哈哈",
};
static const char *const question[] = {
    "孕妇可以用吗？", "这款和上次那款有什么区别", "发什么快递？\n大概几天到杭州", "请问165cm/52kg穿M还是L",
    "保质期到什么时候", "請問香港可以寄嗎", "敏感肌能用吗🥺", "门店几点关门？",
};
static const char *const price[] = {
    "能便宜点吗", "双11还会更低吗？", "天猫上怎么比你们便宜20块", "有没有券可以领", "满300减多少？",
};
static const char *const complaint[] = {
    "等了一周还没到，物流都不动了！", "收到的时候瓶子漏了，包装太差", "客服一直说\"亲亲稍等\"，等了半小时",
    "尺码和描述不符\\色差也大", "用了过敏，脸上起红疹，怎么处理？", "退款到现在还没到账😡",
};
static const char *const thanks[] = {
    "收到啦，谢谢🌹", "好用，已经推荐给同事了", "好的👌", "👍🏻", "谢谢亲，下次再来", "\t嗯嗯",
};
static const char *const by_guide[] = {
    "亲，您上次买的精华应该快用完了，这周会员日有88折哦", "姐姐新款到店啦，给您留了M码，周末来试试？",
    "您的包裹已经发出，单号稍后发您～", "收到，我这边马上帮您查一下", "生日快乐🎂 给您准备了一份小礼物，到店即可领取",
    "这款搭配您上次那条裙子很好看", "不好意思让您久等了，已经帮您加急处理",
};
static const char *const by_system[] = {
    "您的订单已发货", "您有一张优惠券即将过期", "会员积分变动提醒", "欢迎加入会员，新人礼已到账",
    "您预约的门店护理将于明天开始",
};
static const char *const search_words[] = {
    "连衣裙", "防晒", "益生菌", "碎花裙", "敏感肌 面霜", "牛仔裤 高腰", "礼盒", "蛋白粉 可可", "羊绒", "抗初老",
    "代餐奶昔", "SPF50+", "童装 110", "眼霜 30岁", "燕麦片 零糖", "聯名",
};
static const char *const reasons[] = {
    "七天无理由退货", "尺码不合适", "质量问题", "发货太慢", "拍错了/不想要", "与描述不符", "过敏",
};

static const struct {
    const char *const *texts;
    size_t count;
} talks[TALK_COUNT] = {
    [TALK_RUNNING_OUT] = {running_out, COUNT_OF(running_out)},
    [TALK_SOCIAL] = {social, COUNT_OF(social)},
    [TALK_QUESTION] = {question, COUNT_OF(question)},
    [TALK_PRICE] = {price, COUNT_OF(price)},
    [TALK_COMPLAINT] = {complaint, COUNT_OF(complaint)},
    [TALK_THANKS] = {thanks, COUNT_OF(thanks)},
    [TALK_GUIDE] = {by_guide, COUNT_OF(by_guide)},
    [TALK_SYSTEM] = {by_system, COUNT_OF(by_system)},
    [TALK_SEARCH] = {search_words, COUNT_OF(search_words)},
    [TALK_REASON] = {reasons, COUNT_OF(reasons)},
};

const char *synth_words(struct rng *rng, enum talk talk)
{
    return talks[talk].texts[rng_below(rng, talks[talk].count)];
}
