#include "domain/relation/relation.h"

/* clang-format off */
static const struct relation_type types[] = {
    {"follows",      RELATION_FOLLOWS,      "Follows",            "关注",     "Followers",       "粉丝",     {"channel", "shop"},                false, RUNG_FAN,      NULL},
    {"friend",       RELATION_FRIEND,       "Friend of staff",    "员工好友", "Friends",         "好友",     {"staff"},                          false, RUNG_FAN,      NULL},
    {"in_group",     RELATION_IN_GROUP,     "In a group chat",    "在群聊中", "Members",         "群成员",   {"group"},                          false, RUNG_FAN,      NULL},
    {"subscribed",   RELATION_SUBSCRIBED,   "Subscribed",         "订阅",     "Subscribers",     "订阅者",   {"channel", "content", "campaign"}, false, RUNG_FAN,      NULL},
    {"member",       RELATION_MEMBER,       "Member of programme", "会员",    "Members",         "会员",     {"programme"},                      false, RUNG_MEMBER,   NULL},
    {"owned_by",     RELATION_OWNED_BY,     "Owned by a guide",   "专属导购", "Customers",       "专属客户", {"staff"},                          true,  RUNG_STRANGER, NULL},
    {"recruited_by", RELATION_RECRUITED_BY, "Recruited by",       "招募人",   "Recruited",       "所招募",   {"staff", "touchpoint", "campaign"}, false, RUNG_STRANGER, NULL},
    {"sold_by",      RELATION_SOLD_BY,      "Bought from",        "成交导购", "Bought from them", "所成交", {"staff"},                          false, RUNG_STRANGER, NULL},
    {"referred",     RELATION_REFERRED,     "Referred",           "推荐了",   "Referred by",     "推荐人",   {RELATION_TO_PERSON},               false, RUNG_STRANGER, NULL},
    {"household",    RELATION_HOUSEHOLD,    "Household",          "家庭",     "Household",       "家庭成员", {"household"},                      true,  RUNG_STRANGER, "head|partner|child|parent|other"},
    {"lead",         RELATION_LEAD,         "Lead",               "潜客",     NULL,              NULL,       {NULL},                             false, RUNG_LEAD,     NULL},
};
/* clang-format on */
static_assert(COUNT_OF(types) == RELATION_TYPE_END - 1, "a row a number");

const struct rung_words rung_words[RUNG_COUNT] = {
    [RUNG_STRANGER] = {"stranger", "Stranger", "陌生人"},
    [RUNG_FAN] = {"fan", "Fan", "粉丝"},
    [RUNG_LEAD] = {"lead", "Lead", "潜客"},
    [RUNG_BUYER] = {"buyer", "Buyer", "购买客户"},
    [RUNG_MEMBER] = {"member", "Member", "会员"},
    [RUNG_LOYAL] = {"loyal", "Loyal", "忠诚客户"},
    [RUNG_LOST] = {"lost", "Lost", "流失客户"},
};

const struct relation_type *relation_types(size_t *out_count)
{
    *out_count = COUNT_OF(types);
    return types;
}

const struct relation_type *relation_type_numbered(uint32_t number)
{
    return number == 0 || number >= RELATION_TYPE_END ? NULL : &types[number - 1];
}

const struct relation_type *relation_type_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (bytes_equal(bytes_of_text(types[i].name), name))
            return &types[i];
    return NULL;
}

bool relation_type_takes(const struct relation_type *type, struct bytes kind)
{
    for (size_t i = 0; i < RELATION_KINDS_MAX && type->kinds[i] != NULL; i++)
        if (bytes_equal(bytes_of_text(type->kinds[i]), kind))
            return true;
    return type->kinds[0] == NULL && kind.size == 0;
}
