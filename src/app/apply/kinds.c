#include "app/apply/kinds.h"

#include "domain/prediction/prediction.h"
#include "domain/thing/thing.h"
#include "edge/api/vocabulary.h"

static const char *attribute_type_word(size_t at)
{
    return at + 1 < ATTRIBUTE_TYPE_COUNT ? attribute_type_names[at + 1] : NULL; /* "any" isn't declared */
}

static enum definition_standing setting_standing(struct json item)
{
    struct bytes value = json_raw(json_find(item, BYTES_LIT("value"))),
                 initially = json_raw(json_find(item, BYTES_LIT("initially")));
    return bytes_equal(value, initially) ? STANDING_BARE : STANDING_DEFINED;
}

static enum definition_standing share_standing(struct json item)
{
    return json_is(json_find(item, BYTES_LIT("live")), JSON_TRUE) ? STANDING_DEFINED : STANDING_NONE;
}

static const struct definition_member of_setting[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "value", .shape = SHAPE_NUMBER, .is_needed = true},
};

static const struct definition_member of_name[] = {
    {.name = "kind", .use = MEMBER_KEY, .word = name_kind_word},
    {.name = "name", .use = MEMBER_KEY},
    {.name = "alias_of", .or_null = true, .refers = true},
    {.name = "attributes", .shape = SHAPE_OPEN},
};

static const struct definition_member of_type[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "normaliser", .word = normaliser_word},
    {.name = "has_namespace", .shape = SHAPE_BOOL},
    {.name = "priority", .shape = SHAPE_NUMBER, .least = 1, .most = UINT8_MAX},
    {.name = "limit", .shape = SHAPE_NUMBER, .most = UINT16_MAX},
    {.name = "limit_window_days", .shape = SHAPE_NUMBER, .most = UINT16_MAX},
    {.name = "over", .word = over_limit_word},
    {.name = "parent", .refers = true},
    {.name = "hub_moves", .shape = SHAPE_NUMBER, .most = UINT16_MAX},
    {.name = "ends_at_logout", .shape = SHAPE_BOOL},
};

static const struct definition_member of_attribute[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "type", .word = attribute_type_word, .is_needed = true},
    {.name = "label_en"},
    {.name = "label_zh"},
    {.name = "indexed", .shape = SHAPE_BOOL, .told_too = "indexing"},
};

static const struct definition_member of_kind[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "label_en", .or_null = true},
    {.name = "label_zh", .or_null = true},
    {.name = "closed", .shape = SHAPE_BOOL},
    {.name = "personal", .shape = SHAPE_BOOL},
    {.name = "owned", .shape = SHAPE_BOOL},
    {.name = "parents", .shape = SHAPE_LIST, .or_null = true, .refers = true},
    {.name = "attributes",
     .shape = SHAPE_NAMED,
     .only_where = "declared",
     .inside = of_attribute,
     .inside_count = COUNT_OF(of_attribute)},
};

static const struct definition_member of_share[] = {
    {.name = "from", .use = MEMBER_KEY, .or_null = true},
    {.name = "to", .use = MEMBER_KEY, .or_null = true},
    {.name = "purposes", .shape = SHAPE_SET, .or_null = true},
    {.name = "until", .shape = SHAPE_TIME, .or_null = true},
    {.name = "policy", .use = MEMBER_MENTION},
    {.name = "evidence", .use = MEMBER_MENTION},
    {.name = "reason", .use = MEMBER_MENTION},
};

static const struct definition_member of_blocked[] = {
    {.name = "type", .use = MEMBER_KEY},
    {.name = "ns", .use = MEMBER_KEY, .or_null = true},
    {.name = "value", .use = MEMBER_KEY},
    {.name = "reason", .use = MEMBER_MENTION},
};

static enum definition_standing blocked_standing(struct json item)
{
    (void)item;
    return STANDING_DEFINED; /* that it is there is all that is said of it */
}

static enum definition_standing calendar_standing(struct json item)
{
    bool says = json_count(json_find(item, BYTES_LIT("closed_weekdays"))) + json_count(json_find(item, BYTES_LIT("closed_days"))) +
                    json_count(json_find(item, BYTES_LIT("silent"))) >
                0;
    return says || json_is(json_find(item, BYTES_LIT("zone")), JSON_STRING) ? STANDING_DEFINED : STANDING_BARE;
}

static const struct definition_member of_calendar[] = {
    {.name = "of", .use = MEMBER_KEY, .word = calendar_of_word},
    {.name = "name", .use = MEMBER_KEY, .or_null = true},
    {.name = "zone"},
    {.name = "closed_weekdays", .shape = SHAPE_SET, .word = weekday_word},
    {.name = "closed_days", .shape = SHAPE_SET},
    {.name = "silent", .shape = SHAPE_SET, .word = pulse_alarm_word},
};

static const struct definition_member of_relation_type[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "label_en", .or_null = true},
    {.name = "label_zh", .or_null = true},
    {.name = "back_en", .or_null = true},
    {.name = "back_zh", .or_null = true},
    {.name = "to", .shape = SHAPE_LIST},
    {.name = "single", .shape = SHAPE_BOOL},
    {.name = "rung", .word = rung_word},
    {.name = "roles", .shape = SHAPE_LIST},
    {.name = "reasons", .shape = SHAPE_LIST},
};

static const struct definition_member of_order_shop[] = {
    {.name = "shop", .use = MEMBER_KEY},
    {.name = "derives_events", .shape = SHAPE_BOOL, .is_needed = true},
};

static const struct definition_member of_rate[] = {
    {.name = "from", .use = MEMBER_KEY},
    {.name = "to", .use = MEMBER_KEY},
    {.name = "day", .use = MEMBER_KEY},
    {.name = "rate", .shape = SHAPE_NUMBER, .is_needed = true},
};

static const struct definition_member of_source[] = {
    {.name = "source", .use = MEMBER_KEY},
    {.name = "priority", .shape = SHAPE_NUMBER, .most = UINT8_MAX},
    {.name = "first", .shape = SHAPE_BOOL},
};

static const struct definition_member of_hook[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "target", .is_needed = true},
    {.name = "facts", .shape = SHAPE_SET, .word = hook_fact_word},
    {.name = "causes", .shape = SHAPE_SET, .word = hook_cause_word},
    {.name = "secret_env", .shape = SHAPE_SECRET, .or_null = true, .told = "signed", .sent = "secret"},
};

static const struct definition_member of_report[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "label", .or_null = true},
    {.name = "kind", .is_needed = true},
    {.name = "question", .shape = SHAPE_OPEN},
};

static const struct definition_member of_prediction[] = {
    {.name = "name", .use = MEMBER_KEY},
    {.name = "label", .or_null = true},
    {.name = "every", .or_null = true, .word = prediction_every_word},
    {.name = "at", .or_null = true},
    {.name = "on", .shape = SHAPE_NUMBER, .or_null = true, .least = 1, .most = PREDICTION_MONTH_DAY_MAX},
    {.name = "question", .shape = SHAPE_OPEN, .is_needed = true},
};

#define AUDIENCE_MEMBERS(word)                                                                      \
    {.name = "name", .use = MEMBER_KEY}, {.name = "label_zh", .or_null = true},                     \
        {.name = "label_en", .or_null = true}, {.name = "owner", .or_null = true},                  \
        {.name = "description", .or_null = true}, {.name = "brand", .or_null = true},               \
        {.name = "category", .or_null = true}, {.name = "until", .or_null = true},                  \
        {.name = "list", .shape = SHAPE_OPEN, .or_null = true},                                     \
        {.name = "tags", .shape = SHAPE_LIST, .or_null = true, .refers = true},                     \
        {.name = "values", .shape = SHAPE_OPEN, .or_null = true},                                   \
    {                                                                                               \
        .name = "text", .or_null = true, .refers = true, .calls = (word)                            \
    }
static const struct definition_member of_tag[] = {AUDIENCE_MEMBERS("tag")};
static const struct definition_member of_segment[] = {AUDIENCE_MEMBERS("segment")};

#define MEMBERS(table) .members = (table), .member_count = COUNT_OF(table)

/* clang-format off */
static const struct definition_kind all[] = {
    {.name = "settings", .get = "/api/v1/settings", .told = "settings", .standing = setting_standing,
     .method = "PUT", .put = "/api/v1/settings", .end = END_INITIAL, .is_given = true, MEMBERS(of_setting)},
    {.name = "types", .get = "/api/v1/identity/types", .told = "types",
     .method = "POST", .put = "/api/v1/identity/type", MEMBERS(of_type)},
    {.name = "blocked", .get = "/api/v1/identity/blocked", .told = "blocked", .cursor = "after", .standing = blocked_standing,
     .method = "PUT", .put = "/api/v1/identity/blocked", .end = END_POST, .end_path = "/api/v1/identity/blocked/end", MEMBERS(of_blocked)},
    {.name = "names", .get = "/api/v1/names", .told = "names", .cursor = "after", .each = "kind",
     .method = "POST", .put = "/api/v1/names", .end = END_BARE, MEMBERS(of_name)},
    {.name = "sources", .get = "/api/v1/sources", .told = "sources", .cursor = "after",
     .method = "PUT", .put = "/api/v1/sources", .names = "source", MEMBERS(of_source)},
    {.name = "kinds", .get = "/api/v1/kinds", .told = "kinds",
     .method = "PUT", .put = "/api/v1/kinds", MEMBERS(of_kind)},
    {.name = "relation_types", .get = "/api/v1/relations/types", .told = "types",
     .method = "PUT", .put = "/api/v1/relations/types", MEMBERS(of_relation_type)},
    {.name = "calendars", .get = "/api/v1/calendars", .told = "calendars", .standing = calendar_standing,
     .method = "PUT", .put = "/api/v1/calendars", .end = END_BARE, MEMBERS(of_calendar)},
    {.name = "shares", .get = "/api/v1/shares", .told = "shares", .cursor = "after", .standing = share_standing,
     .method = "POST", .put = "/api/v1/shares", .end = END_POST, .end_path = "/api/v1/shares/end", MEMBERS(of_share)},
    {.name = "order_shops", .get = "/api/v1/order-shops", .told = "shops",
     .method = "PUT", .put = "/api/v1/order-shops", MEMBERS(of_order_shop)},
    {.name = "rates", .get = "/api/v1/rates", .told = "rates", .cursor = "after",
     .method = "PUT", .put = "/api/v1/rates", MEMBERS(of_rate)},
    {.name = "hooks", .get = "/api/v1/hooks", .told = "hooks",
     .method = "POST", .put = "/api/v1/hooks", .end = END_DELETE, .end_path = "/api/v1/hooks/", MEMBERS(of_hook)},
    {.name = "reports", .get = "/api/v1/reports", .told = "reports",
     .method = "PUT", .put = "/api/v1/reports", .end = END_DELETE, .end_path = "/api/v1/reports/", MEMBERS(of_report)},
    {.name = "tags", .get = "/api/v1/tags", .told = "tags",
     .method = "PUT", .put = "/api/v1/tags", .end = END_DELETE, .end_path = "/api/v1/tags/", MEMBERS(of_tag)},
    {.name = "segments", .get = "/api/v1/segments", .told = "segments",
     .method = "PUT", .put = "/api/v1/segments", .end = END_DELETE, .end_path = "/api/v1/segments/", MEMBERS(of_segment)},
    {.name = "predictions", .get = "/api/v1/predictions", .told = "predictions",
     .method = "PUT", .put = "/api/v1/predictions", .end = END_DELETE, .end_path = "/api/v1/predictions/", MEMBERS(of_prediction)},
};
/* clang-format on */

const struct definition_kind *definition_kinds(size_t *out_count)
{
    *out_count = COUNT_OF(all);
    return all;
}

const struct definition_member *definition_member_named(const struct definition_member *members, size_t count,
                                                        struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of_text(members[i].name), name))
            return &members[i];
    return NULL;
}
