/* Types of relations: built in, or rows. */
#include "domain/relation/types.h"

#include <string.h>

#include "lib/json.h"

#define FORMAT 1u
#define FLAG_SINGLE 1u

/* number (1) -> the type as its command has it */
const struct family relation_type_family = {
    .id = 94, .kind = FAMILY_KEYED, .value_bytes = RELATION_TYPE_BYTES_MAX, .name = "relation_type"};

/* clang-format off */
static const struct relation_type built_in[] = {
    {"follows",      RELATION_FOLLOWS,      "Follows",            "关注",     "Followers",       "粉丝",     {"channel", "shop"},                false, RUNG_FAN,      "", ""},
    {"friend",       RELATION_FRIEND,       "Friend of staff",    "员工好友", "Friends",         "好友",     {"staff"},                          false, RUNG_FAN,      "", ""},
    {"in_group",     RELATION_IN_GROUP,     "In a group chat",    "在群聊中", "Members",         "群成员",   {"group"},                          false, RUNG_FAN,      "", ""},
    {"subscribed",   RELATION_SUBSCRIBED,   "Subscribed",         "订阅",     "Subscribers",     "订阅者",   {"channel", "content", "campaign"}, false, RUNG_FAN,      "", ""},
    {"member",       RELATION_MEMBER,       "Member of programme", "会员",    "Members",         "会员",     {"programme"},                      false, RUNG_MEMBER,   "", ""},
    {"owned_by",     RELATION_OWNED_BY,     "Owned by a guide",   "专属导购", "Customers",       "专属客户", {"staff"},                          true,  RUNG_STRANGER, "", ""},
    {"recruited_by", RELATION_RECRUITED_BY, "Recruited by",       "招募人",   "Recruited",       "所招募",   {"staff", "touchpoint", "campaign"}, false, RUNG_STRANGER, "", ""},
    {"sold_by",      RELATION_SOLD_BY,      "Bought from",        "成交导购", "Bought from them", "所成交",  {"staff"},                          false, RUNG_STRANGER, "", ""},
    {"referred",     RELATION_REFERRED,     "Referred",           "推荐了",   "Referred by",     "推荐人",   {RELATION_TO_PERSON},               false, RUNG_STRANGER, "", ""},
    {"household",    RELATION_HOUSEHOLD,    "Household",          "家庭",     "Household",       "家庭成员", {"household"},                      true,  RUNG_STRANGER, "head|partner|child|parent|other", ""},
    {"lead",         RELATION_LEAD,         "Lead",               "潜客",     "",                "",         {""},                               false, RUNG_LEAD,     "", ""},
};
/* clang-format on */
static_assert(COUNT_OF(built_in) == RELATION_BUILT_IN_END - 1, "a row a number");

const struct rung_words rung_words[RUNG_COUNT] = {
    [RUNG_STRANGER] = {"stranger", "Stranger", "陌生人"},
    [RUNG_FAN] = {"fan", "Fan", "粉丝"},
    [RUNG_LEAD] = {"lead", "Lead", "潜客"},
    [RUNG_BUYER] = {"buyer", "Buyer", "购买客户"},
    [RUNG_MEMBER] = {"member", "Member", "会员"},
    [RUNG_LOYAL] = {"loyal", "Loyal", "忠诚客户"},
    [RUNG_LOST] = {"lost", "Lost", "流失客户"},
};

/* --- bytes --- */

static void text_pack(struct buf *b, const char *text)
{
    pack_bytes(b, bytes_of_text(text));
}

void relation_type_pack(const struct relation_type *type, struct buf *b)
{
    pack_u8(b, FORMAT);
    pack_u8(b, type->is_single ? FLAG_SINGLE : 0);
    pack_u8(b, (uint8_t)type->rung);
    text_pack(b, type->name);
    text_pack(b, type->en);
    text_pack(b, type->zh);
    text_pack(b, type->back_en);
    text_pack(b, type->back_zh);
    for (size_t i = 0; i < RELATION_KINDS_MAX; i++)
        text_pack(b, type->kinds[i]);
    text_pack(b, type->roles);
    text_pack(b, type->reasons);
}

static void text_unpack(struct unpack *u, char *out_text, size_t room)
{
    struct bytes text = unpack_bytes(u);
    u->bad |= text.size >= room || (text.size > 0 && memchr(text.data, 0, text.size) != NULL);
    if (u->bad || text.size == 0)
        return;
    memcpy(out_text, text.data, text.size);
}

static bool type_read(struct bytes packed, struct relation_type *out)
{
    struct unpack u = unpack_of(packed);
    uint8_t format = unpack_u8(&u), flags = unpack_u8(&u), rung = unpack_u8(&u);
    *out = (struct relation_type){.is_single = (flags & FLAG_SINGLE) != 0};
    text_unpack(&u, out->name, sizeof out->name);
    text_unpack(&u, out->en, sizeof out->en);
    text_unpack(&u, out->zh, sizeof out->zh);
    text_unpack(&u, out->back_en, sizeof out->back_en);
    text_unpack(&u, out->back_zh, sizeof out->back_zh);
    for (size_t i = 0; i < RELATION_KINDS_MAX; i++)
        text_unpack(&u, out->kinds[i], sizeof out->kinds[i]);
    text_unpack(&u, out->roles, sizeof out->roles);
    text_unpack(&u, out->reasons, sizeof out->reasons);
    out->rung = (enum rung)rung;
    return format == FORMAT && flags <= FLAG_SINGLE && rung < RUNG_LOST && unpack_finished(&u);
}

/* Lower case, digits and underscores, as names of kinds and events are. */
static bool name_is_good(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == size;
}

fallible relation_type_unpack(struct bytes payload, struct relation_type *out, struct err *e)
{
    if (!type_read(payload, out))
        return FAIL(e, INVALID, "not a type of relation, or one of its texts is too long");
    if (!name_is_good(out->name))
        return FAIL(e, INVALID, "name: want 1 to %u of a-z, 0-9 and _", RELATION_WORD_BYTES - 1);
    for (size_t i = 1; i < RELATION_KINDS_MAX; i++)
        if (out->kinds[i][0] != 0 && out->kinds[i - 1][0] == 0)
            return FAIL(e, INVALID, "to: an empty kind");
    return DONE;
}

/* --- reading --- */

static const struct relation_type *built_in_numbered(uint32_t number)
{
    return number == 0 || number >= RELATION_BUILT_IN_END ? NULL : &built_in[number - 1];
}

const struct relation_type *relation_type_numbered(const struct view *v, uint32_t number)
{
    uint8_t key = (uint8_t)number;
    struct bytes row;
    if (number == 0 || number >= RELATION_TYPE_END)
        return NULL;
    if (v->rows == NULL || !view_keyed(v, &relation_type_family, bytes_of(&key, 1), &row))
        return built_in_numbered(number);
    struct relation_type *type = ARENA_NEW(v->arena, struct relation_type);
    bool good = type_read(row, type);
    assert(good); /* rows are our own */
    (void)good;
    type->number = key;
    return type;
}

const struct relation_type *relation_type_next(const struct view *v, uint32_t number)
{
    const struct relation_type *type = NULL;
    while (type == NULL && ++number < RELATION_TYPE_END)
        type = relation_type_numbered(v, number);
    return type;
}

const struct relation_type *relation_type_named(const struct view *v, struct bytes name)
{
    const struct relation_type *type = relation_type_next(v, 0);
    while (type != NULL && !bytes_equal(bytes_of_text(type->name), name))
        type = relation_type_next(v, type->number);
    return type;
}

bool relation_type_leads(const struct relation_type *type)
{
    return type->kinds[0][0] != 0;
}

bool relation_type_takes(const struct relation_type *type, struct bytes kind)
{
    for (size_t i = 0; i < RELATION_KINDS_MAX && type->kinds[i][0] != 0; i++)
        if (bytes_equal(bytes_of_text(type->kinds[i]), kind))
            return true;
    return !relation_type_leads(type) && kind.size == 0;
}

/* --- the fact --- */

struct type_changed {
    struct bytes name;
};

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct type_changed *f = fact;
    json_key(out, "type");
    json_put_string(out, f->name);
}

const struct fact_kind fact_relation_type_changed = {.id = 0x0A02,
                                                     .name = "relation_type_changed",
                                                     .print = changed_print,
                                                     .about = "A type of relations was declared or changed."};

/* --- the command --- */

static const struct refusal too_many = {
    "too_many_relation_types", "There are as many types of relations as there may be.", "关系类型数量已达上限。"};
static const struct refusal fixed = {
    "relation_type_fixed",
    "What a relation leads to can't be taken back, nor whether there is one at a time: declare another type.",
    "关系可指向的种类不可收回,是否唯一也不可更改:请另行声明一个类型。"};
static const struct refusal unknown_kind = {
    "unknown_kind", "It leads to a kind of things that isn't declared: `kith apply`, or PUT /api/v1/kinds.",
    "所指向的实体种类尚未声明:用 `kith apply` 或 PUT /api/v1/kinds 声明。"};

fallible relation_type_check(struct bytes payload, struct err *e)
{
    struct relation_type type;
    return relation_type_unpack(payload, &type, e);
}

static uint8_t number_free(const struct view *v)
{
    uint8_t number = RELATION_DECLARED;
    while (number < RELATION_TYPE_END && relation_type_numbered(v, number) != NULL)
        number++;
    return number;
}

static bool keeps_its_shape(const struct relation_type *was, const struct relation_type *is)
{
    bool keeps = was->is_single == is->is_single && relation_type_leads(was) == relation_type_leads(is);
    for (size_t i = 0; i < RELATION_KINDS_MAX && was->kinds[i][0] != 0; i++)
        keeps &= relation_type_takes(is, bytes_of_text(was->kinds[i]));
    return keeps;
}

/* Programmes and households are no kinds of things, and yet led to. */
static bool kind_is_known(const struct view *v, struct bytes kind)
{
    bool known = thing_kind_named(v, kind) != NULL;
    for (size_t i = 0; i < COUNT_OF(built_in) && !known; i++)
        known = relation_type_takes(&built_in[i], kind);
    return known;
}

static bool kinds_are_known(const struct view *v, const struct relation_type *type)
{
    bool known = true;
    for (size_t i = 0; i < RELATION_KINDS_MAX && type->kinds[i][0] != 0; i++)
        known &= kind_is_known(v, bytes_of_text(type->kinds[i]));
    return known;
}

const struct refusal *relation_type_apply(struct step *s, struct bytes payload)
{
    struct relation_type type;
    struct status status = relation_type_unpack(payload, &type, NULL);
    assert(done(status)); /* relation_type_check has seen it */
    (void)status;
    const struct relation_type *was = relation_type_named(&s->view, bytes_of_text(type.name));
    if (was != NULL && !keeps_its_shape(was, &type))
        return &fixed;
    if (!kinds_are_known(&s->view, &type))
        return &unknown_kind;
    uint8_t number = was != NULL ? was->number : number_free(&s->view);
    if (number == RELATION_TYPE_END)
        return &too_many;
    step_keyed_put(s, &relation_type_family, arena_copy(s->view.arena, bytes_of(&number, 1)), payload);
    struct type_changed *f = ARENA_NEW(s->view.arena, struct type_changed);
    f->name = arena_copy(s->view.arena, bytes_of_text(type.name));
    step_say(s, &fact_relation_type_changed, f);
    return NULL;
}
