#include "domain/thing/builtin.h"

static const struct builtin_attribute of_all[] = {
    {8, "name", "Name", "名称", ATTRIBUTE_TEXT, false},
    {9, "brand", "Brand", "品牌", ATTRIBUTE_TEXT, false}, /* whose it is where no ancestor tells: edge/scope.h */
};

static const struct builtin_attribute of_entity[] = {
    {10, "credit_code", "Unified social credit code", "统一社会信用代码", ATTRIBUTE_TEXT, true},
    {11, "country", "Country", "国家或地区", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_region[] = {
    {10, "code", "GB/T 2260 code", "行政区划代码", ATTRIBUTE_TEXT, true},
};
static const struct builtin_attribute of_store[] = {
    {10, "city", "City", "城市", ATTRIBUTE_TEXT, true},
    {11, "address", "Address", "地址", ATTRIBUTE_TEXT, false},
    {12, "phone", "Phone", "电话", ATTRIBUTE_TEXT, false},
    {13, "opened", "Opened", "开业时间", ATTRIBUTE_TIME, false},
    {14, "closed", "Closed", "闭店时间", ATTRIBUTE_TIME, false},
    {15, "form", "Form (own, franchise, counter)", "形态(直营、加盟、专柜)", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_channel[] = {
    {10, "is_online", "Online", "线上", ATTRIBUTE_BOOLEAN, false},
    {11, "platform", "Platform", "平台", ATTRIBUTE_TEXT, true},
};
static const struct builtin_attribute of_shop[] = {
    {10, "platform", "Platform", "平台", ATTRIBUTE_TEXT, true},
    {11, "account", "Account at the platform", "平台账号", ATTRIBUTE_TEXT, false},
    {12, "url", "Address", "网址", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_staff[] = {
    {10, "phone", "Phone", "手机", ATTRIBUTE_TEXT, false},
    {11, "position", "Position", "岗位", ATTRIBUTE_TEXT, false},
    {12, "wecom_userid", "WeCom user id", "企业微信账号", ATTRIBUTE_TEXT, true},
    {13, "employed", "Employed", "入职时间", ATTRIBUTE_TIME, false},
    {14, "left", "Left", "离职时间", ATTRIBUTE_TIME, false},
};
static const struct builtin_attribute of_product[] = {
    {10, "price", "Price", "售价", ATTRIBUTE_MONEY, false},
    {11, "list_price", "List price", "吊牌价", ATTRIBUTE_MONEY, false},
    {12, "days_of_supply", "Days of supply", "可用天数", ATTRIBUTE_NUMBER, false},
    {13, "season", "Season", "季节", ATTRIBUTE_TEXT, false},
    {14, "labels", "Labels", "标签", ATTRIBUTE_LIST, false},
    {15, "image", "Picture", "图片", ATTRIBUTE_TEXT, false},
    {16, "on_sale", "On sale", "在售", ATTRIBUTE_BOOLEAN, false},
};
static const struct builtin_attribute of_sku[] = {
    {10, "price", "Price", "售价", ATTRIBUTE_MONEY, false},
    {11, "list_price", "List price", "吊牌价", ATTRIBUTE_MONEY, false},
    {12, "days_of_supply", "Days of supply", "可用天数", ATTRIBUTE_NUMBER, false},
    {13, "barcode", "Barcode", "条码", ATTRIBUTE_TEXT, true},
    {14, "colour", "Colour", "颜色", ATTRIBUTE_TEXT, false},
    {15, "size", "Size", "尺码", ATTRIBUTE_TEXT, false},
    {16, "on_sale", "On sale", "在售", ATTRIBUTE_BOOLEAN, false},
};
static const struct builtin_attribute of_bundle[] = {
    {10, "price", "Price", "售价", ATTRIBUTE_MONEY, false},
    {11, "skus", "SKUs in it", "包含的 SKU", ATTRIBUTE_LIST, false},
};
static const struct builtin_attribute of_group[] = {
    {10, "staff", "Owner", "群主", ATTRIBUTE_TEXT, true},
    {11, "created", "Created", "建群时间", ATTRIBUTE_TIME, false},
    {12, "notice", "Notice", "群公告", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_touchpoint[] = {
    {10, "url", "Address", "网址", ATTRIBUTE_TEXT, false},
    {11, "channel", "Channel", "渠道", ATTRIBUTE_TEXT, false},
    {12, "staff", "Staff", "员工", ATTRIBUTE_TEXT, true},
};
static const struct builtin_attribute of_campaign[] = {
    {10, "begins", "Begins", "开始时间", ATTRIBUTE_TIME, false},
    {11, "ends", "Ends", "结束时间", ATTRIBUTE_TIME, false},
    {12, "goal", "Goal", "目标", ATTRIBUTE_TEXT, false},
    {13, "cost", "Cost", "费用", ATTRIBUTE_MONEY, false},
};
static const struct builtin_attribute of_content[] = {
    {10, "url", "Address", "网址", ATTRIBUTE_TEXT, false},
    {11, "text", "Text", "正文", ATTRIBUTE_TEXT, false},
    {12, "form", "Form (text, picture, video, page)", "形式(文本、图片、视频、页面)", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_partner[] = {
    {10, "contact", "Contact", "联系人", ATTRIBUTE_TEXT, false},
    {11, "phone", "Phone", "电话", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_conversation[] = {
    {10, "channel", "Channel", "渠道", ATTRIBUTE_TEXT, false},
    {11, "staff", "Staff", "员工", ATTRIBUTE_TEXT, true},
    {12, "state", "State", "状态", ATTRIBUTE_TEXT, false},
};
static const struct builtin_attribute of_ticket[] = {
    {10, "subject", "Subject", "主题", ATTRIBUTE_TEXT, false},
    {11, "state", "State", "状态", ATTRIBUTE_TEXT, false},
    {12, "staff", "Staff", "处理人", ATTRIBUTE_TEXT, true},
    {13, "due", "Due", "应完成时间", ATTRIBUTE_TIME, false},
};
static const struct builtin_attribute of_car[] = {
    {10, "plate", "Number plate", "车牌", ATTRIBUTE_TEXT, true},
    {11, "vin", "VIN", "车架号", ATTRIBUTE_TEXT, true},
    {12, "model", "Model", "车型", ATTRIBUTE_TEXT, false},
    {13, "bought", "Bought", "购买时间", ATTRIBUTE_TIME, false},
};
static const struct builtin_attribute of_prescription[] = {
    {10, "drug", "Drug", "药品", ATTRIBUTE_TEXT, false},
    {11, "prescribed", "Prescribed", "开方时间", ATTRIBUTE_TIME, false},
    {12, "days_of_supply", "Days of supply", "可用天数", ATTRIBUTE_NUMBER, false},
};
static const struct builtin_attribute of_pet[] = {
    {10, "species", "Species", "物种", ATTRIBUTE_TEXT, false},
    {11, "breed", "Breed", "品种", ATTRIBUTE_TEXT, false},
    {12, "born", "Born", "出生时间", ATTRIBUTE_TIME, false},
};

/* clang-format off */
static const struct builtin_kind kinds[] = {
    /* number, name, words, parents, personal, owned, attributes */
    {1,  "legal_entity", "Legal entity", "法人",     "legal_entity",                                         false, false, TABLE(of_entity)},
    {2,  "brand",        "Brand",        "品牌",     "legal_entity",                                         false, false, NULL, 0},
    {3,  "region",       "Region",       "区域",     "region|brand|legal_entity",                            false, false, TABLE(of_region)},
    {4,  "store",        "Store",        "门店",     "region|brand|partner",                                 false, false, TABLE(of_store)},
    {5,  "channel",      "Channel",      "渠道",     "channel|brand",                                        false, false, TABLE(of_channel)},
    {6,  "shop",         "Shop account", "店铺",     "brand|channel|partner",                                false, false, TABLE(of_shop)},
    {7,  "staff",        "Staff",        "员工",     "store|shop|region|brand|legal_entity|partner|staff",   true,  false, TABLE(of_staff)},
    {8,  "product",      "Product",      "商品",     "category|brand",                                       false, false, TABLE(of_product)},
    {9,  "sku",          "SKU",          "SKU 单品", "product",                                              false, false, TABLE(of_sku)},
    {10, "category",     "Category",     "类目",     "category|brand",                                       false, false, NULL, 0},
    {11, "bundle",       "Bundle",       "套装",     "category|brand",                                       false, false, TABLE(of_bundle)},
    {12, "group",        "Group chat",   "群聊",     "staff|store|brand",                                    false, false, TABLE(of_group)},
    {13, "touchpoint",   "Touchpoint",   "触点",     "campaign|store|staff|channel|shop|brand",              false, false, TABLE(of_touchpoint)},
    {14, "campaign",     "Campaign",     "营销活动", "campaign|brand",                                       false, false, TABLE(of_campaign)},
    {15, "content",      "Content",      "内容",     "campaign|brand",                                       false, false, TABLE(of_content)},
    {16, "partner",      "Partner",      "合作方",   "partner",                                              false, false, TABLE(of_partner)},
    {17, "conversation", "Conversation", "会话",     "group|shop|store|brand",                               true,  false, TABLE(of_conversation)},
    {18, "ticket",       "Ticket",       "工单",     "conversation|shop|store|brand",                        true,  false, TABLE(of_ticket)},
    {19, "car",          "Car",          "车辆",     "brand",                                                true,  true,  TABLE(of_car)},
    {20, "prescription", "Prescription", "处方",     "store|brand",                                          true,  true,  TABLE(of_prescription)},
    {21, "pet",          "Pet",          "宠物",     "brand",                                                true,  true,  TABLE(of_pet)},
};
/* clang-format on */

const struct builtin_kind *thing_builtin_kinds(size_t *out_count)
{
    *out_count = COUNT_OF(kinds);
    return kinds;
}

const struct builtin_attribute *thing_builtin_attributes(size_t *out_count)
{
    *out_count = COUNT_OF(of_all);
    return of_all;
}
