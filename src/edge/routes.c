/* The one table of addresses. The OpenAPI page and docs/reference/http.md come out of it. */
#include "edge/route.h"

#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/scope/scope.h"
#include "edge/api/export_rows.h"
#include "engine/engine_domain.h"

#define IDS "{\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"},{\"type\":\"openid\",\"ns\":\"wx01\",\"value\":\"oA1\"}],\"reason\":\"ticket 42\",\"preview\":true}"
#define SEGMENT_ONE "{\"messageId\":\"m1\",\"userId\":\"u1\",\"event\":\"Order Completed\",\"properties\":{\"revenue\":199},\"timestamp\":\"2026-01-02T03:04:05Z\"}"
#define SEGMENT_MANY "{\"batch\":[{\"type\":\"track\",\"messageId\":\"m1\",\"anonymousId\":\"a1\",\"event\":\"Product Viewed\"}],\"sentAt\":\"2026-01-02T03:04:05Z\"}"
#define NATIVE "{\"id\":\"m1\",\"event\":\"order_paid\",\"time\":\"2026-01-02T03:04:05Z\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"brand\":\"a\",\"channel\":\"tmall\"}"
#define THING "{\"attributes\":{\"name\":\"外滩店\",\"city\":\"上海\",\"opened\":\"2020-05-01\"},\"parent\":\"region/华东\",\"time\":\"2026-01-02T03:04:05Z\"}"
#define THING_LINE "{\"kind\":\"sku\",\"id\":\"A-1\",\"parent\":{\"kind\":\"product\",\"id\":\"A\"},\"attributes\":{\"colour\":\"红\",\"price\":{\"amount\":199,\"currency\":\"CNY\"}}}"
#define THING_KIND "{\"name\":\"boat\",\"label_zh\":\"游艇\",\"owned\":true,\"parents\":[\"brand\"],\"attributes\":[{\"name\":\"length\",\"type\":\"number\"}]}"
#define SUCCESS "success, rejected [index, detail] when some events could not be read"

/* A call of Segment's, in its long and its short form. */
#define SEGMENT(path, call, body, en, zh)                                                                              \
    {                                                                                                                  \
        HTTP_POST, path, WHO_SDK, ROLE_COLLECT, api_collect_segment, en, zh, "writeKey", body, SUCCESS,                \
            BODY_BYTES_COLLECTED, call                                                                                 \
    }
#define ACT(path, who, role, command, body, en, zh)                                                                    \
    {                                                                                                                  \
        HTTP_POST, path, who, role, api_act, en, zh, NULL, body,                                                       \
            "position, result; with preview: refused, before [people], after [people]", 0, command                     \
    }

#define ORDER "{\"shop\":\"tmall-1\",\"number\":\"372100456\",\"modified\":\"2026-11-11T00:05:00+08:00\",\"complete\":true,\"brand\":\"a\",\"states\":{\"created\":\"2026-11-11T00:00:00+08:00\",\"paid\":\"2026-11-11T00:05:00+08:00\"},\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"payment\":{\"total\":199.00,\"freight\":0},\"lines\":[{\"line\":\"1\",\"sku\":\"A-1\",\"name\":\"连衣裙\",\"quantity\":1,\"list_price\":299.00,\"discounts\":{\"platform\":100.00},\"paid\":199.00}]}"
#define ORDER_BRIEF "shop, number, void, owner, brand, channel, store, till, seller, campaign, remark, states, sums [currency, lines, list, discount, discounts, gross, freight, amount, refunded, net, differs_by, group_currency, group_net]"
#define ORDER_ACT(verb, command, body, en, zh)                                                                         \
    {                                                                                                                  \
        HTTP_POST, "/api/v1/orders/{shop}/{number}/" verb, WHO_TOKEN, ROLE_WRITE, api_order_act, en, zh, NULL, body,   \
            "position", 0, command                                                                                     \
    }

#define RELATION "\"act\":\"begin\",\"type\":\"owned_by\",\"to\":\"staff/G17\",\"brand\":\"a\",\"time\":\"2026-01-02T03:04:05Z\",\"attributes\":{\"store\":\"SH01\"}}"
#define RELATION_MEMBERS                                                                                               \
    "type, en, zh, brand, to (kind, ns, id, or person), open, periods [begin, end, begun_by, ended_by [kind (token, staff, bot, system), name], reason, replaced], attributes [name, value, time, history [time, value]]"

static const struct route all[] = {
    /* Collecting. */
    {HTTP_POST, "/api/v1/events", WHO_TOKEN, ROLE_COLLECT, api_collect_native,
     "Takes events: one JSON object a line, or one JSON array. Answered when they are durable and applied.",
     "采集事件:每行一个 JSON 对象,或一个 JSON 数组。落盘并生效后应答。", "import, source (both need the role write)", NATIVE,
     "accepted, duplicates, faulty, faults [line, detail] (the first 100)", BODY_BYTES_COLLECTED, 0},
    SEGMENT("/v1/batch", CALL_BATCH, SEGMENT_MANY, "Segment's batch.", "Segment 批量上报。"),
    SEGMENT("/v1/track", CALL_TRACK, SEGMENT_ONE, "Segment's track.", "Segment 行为事件。"),
    SEGMENT("/v1/identify", CALL_IDENTIFY, SEGMENT_ONE, "Segment's identify.", "Segment 身份与属性。"),
    SEGMENT("/v1/page", CALL_PAGE, SEGMENT_ONE, "Segment's page.", "Segment 页面浏览。"),
    SEGMENT("/v1/screen", CALL_SCREEN, SEGMENT_ONE, "Segment's screen.", "Segment 屏幕浏览。"),
    SEGMENT("/v1/group", CALL_GROUP, SEGMENT_ONE, "Segment's group.", "Segment 群组。"),
    SEGMENT("/v1/alias", CALL_ALIAS, SEGMENT_ONE, "Segment's alias.", "Segment 身份关联。"),
    SEGMENT("/v1/b", CALL_BATCH, SEGMENT_MANY, "batch, as analytics-next sends it.", "批量上报(analytics-next)。"),
    SEGMENT("/v1/t", CALL_TRACK, SEGMENT_ONE, "track, as analytics-next sends it.", "行为事件(analytics-next)。"),
    SEGMENT("/v1/i", CALL_IDENTIFY, SEGMENT_ONE, "identify, as analytics-next sends it.", "身份与属性(analytics-next)。"),
    SEGMENT("/v1/p", CALL_PAGE, SEGMENT_ONE, "page, as analytics-next sends it.", "页面浏览(analytics-next)。"),
    SEGMENT("/v1/s", CALL_SCREEN, SEGMENT_ONE, "screen, as analytics-next sends it.", "屏幕浏览(analytics-next)。"),
    SEGMENT("/v1/g", CALL_GROUP, SEGMENT_ONE, "group, as analytics-next sends it.", "群组(analytics-next)。"),
    SEGMENT("/v1/a", CALL_ALIAS, SEGMENT_ONE, "alias, as analytics-next sends it.", "身份关联(analytics-next)。"),
    SEGMENT("/beacon/v1/batch", CALL_BATCH, SEGMENT_MANY, "RudderStack's beacon.", "RudderStack 信标上报。"),
    {HTTP_GET, "/v1/projects/{key}/settings", WHO_SDK, ROLE_COLLECT, api_segment_settings,
     "What analytics-next asks before it sends.", "analytics-next 启动时读取的配置。", NULL, NULL, "integrations, plan", 0, 0},
    {HTTP_GET, "/sourceConfig", WHO_SDK, ROLE_COLLECT, api_rudder_config, "What RudderStack's SDK asks before it sends.",
     "RudderStack SDK 启动时读取的配置。", "writeKey", NULL, "source", 0, 0},

    /* People. */
    {HTTP_GET, "/api/v1/people", WHO_GUIDE, ROLE_READ, api_person_asked,
     "One person, by an identifier in the query: it needs no form of a path.", "按标识查询一个人(标识放在参数中)。", "type, ns, value, timeline", NULL,
     "as /api/v1/people/{person}", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}", WHO_GUIDE, ROLE_READ, api_person,
     "One person: {person} is TYPE:VALUE, TYPE:NAMESPACE:VALUE, or id:PUBLIC_ID.",
     "查询一个人:{person} 为 类型:值、类型:命名空间:值 或 id:公开编号。", "timeline (so many newest events)", NULL,
     "id, number, pending, identifiers [type, ns, value, since, state, first, last], identifiers_hidden (more, of other brands), evidence [rule, members, count, first, last, position], "
     "traits [name, brand, value, source, priority, time, history], counters [event, brand, channel, count, first, last], "
     "consents [entity, brand, purpose, channel, given, time, from, until, policy, evidence, source], aliases, relations and ladder (as of …/relations), timeline, next",
     0, 0},
    {HTTP_GET, "/api/v1/people/{person}/timeline", WHO_GUIDE, ROLE_READ, api_timeline, "What a person did, newest first.",
     "一个人的行为时间线,新的在前。", "limit, before (what next gave, or a time)", NULL, "id, events, next", 0, 0},
    {HTTP_GET, "/api/v1/find", WHO_GUIDE, ROLE_READ, api_find,
     "People by the last four digits of a phone, a name, its pinyin or initials, an order number, or TYPE:VALUE.",
     "找人:手机尾号四位、姓名、拼音或首字母、订单号,或 类型:值。", "q", NULL,
     "people [id, number, name, identifiers, phone, events, last_seen], more", 0, 0},

    /* Identity. */
    {HTTP_POST, "/api/v1/identity/lookup", WHO_TOKEN, ROLE_READ, api_lookup,
     "Public ids of up to 1000 identifiers, null where nobody has it.", "批量查询:至多 1000 个标识对应的公开编号,无人持有时为 null。", NULL,
     "{\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"},\"email:a@example.com\"]}", "ids", 512u << 10, 0},
    ACT("/api/v1/identity/bind", WHO_TOKEN, ROLE_WRITE, COMMAND_BIND, IDS, "These identifiers are one person.", "绑定:这些标识属于同一个人。"),
    ACT("/api/v1/identity/unbind", WHO_TOKEN, ROLE_WRITE, COMMAND_UNBIND, IDS, "This identifier isn't the person's.", "解绑:该标识不属于此人。"),
    ACT("/api/v1/identity/merge", WHO_TOKEN, ROLE_WRITE, COMMAND_MERGE, IDS, "The people of these two are one.", "合并:两者是同一个人。"),
    ACT("/api/v1/identity/split", WHO_TOKEN, ROLE_WRITE, COMMAND_SPLIT, IDS, "These identifiers of the person are somebody else.", "拆分:这些标识属于另一个人。"),
    ACT("/api/v1/identity/never-merge", WHO_TOKEN, ROLE_WRITE, COMMAND_NEVER_MERGE, IDS, "The people of these two are never one.", "永不合并:两者不是同一个人。"),
    ACT("/api/v1/identity/undo", WHO_TOKEN, ROLE_WRITE, COMMAND_UNDO, "{\"position\":4711,\"reason\":\"wrong person\"}",
        "Takes an act back: that at a position, or with one person in ids the newest about them.", "撤销一次操作:按位点,或在 ids 中给出一个人以撤销关于此人的最近一次。"),
    ACT("/api/v1/identity/review", WHO_TOKEN, ROLE_WRITE, COMMAND_REVIEW, "{\"ids\":[\"phone:13812345678\"],\"choice\":\"release\",\"reason\":\"checked\"}",
        "Decides on an identifier that was set aside: release, give or block.", "审核被隔离的标识:放行、归属或屏蔽。"),
    ACT("/api/v1/identity/block", WHO_UNLIMITED, ROLE_ADMIN, COMMAND_BLOCK, "{\"ids\":[\"phone:13800000000\"],\"blocked\":true,\"reason\":\"a shop's own\"}",
        "A value that never counts, or counts again.", "屏蔽某个值,或解除屏蔽。"),
    {HTTP_GET, "/api/v1/identity/blocked", WHO_UNLIMITED, ROLE_READ, api_blocked,
     "The values that operators have blocked, in normal form, beside those that identify nobody anyhow, such as 13800000000.", "运营人员屏蔽的值(规范形式);本就无法识别任何人的值(如 13800000000)不在其中。", "limit, after", NULL,
     "blocked [type, ns, value], next", 0, 0},
    {HTTP_PUT, "/api/v1/identity/blocked", WHO_UNLIMITED, ROLE_ADMIN, api_blocked_set, "A value that never counts; one that doesn't already stays so.", "屏蔽某个值;已屏蔽的保持不变。", NULL,
     "{\"type\":\"phone\",\"value\":\"13800138000\",\"reason\":\"typed to get past a form\"}", "position, result", 0, 1},
    {HTTP_POST, "/api/v1/identity/blocked/end", WHO_UNLIMITED, ROLE_ADMIN, api_blocked_set, "The value counts again.", "解除屏蔽。", NULL,
     "{\"type\":\"phone\",\"value\":\"13800138000\"}", "position, result", 0, 0},
    {HTTP_GET, "/api/v1/identity/types", WHO_GUIDE, ROLE_READ, api_types, "The declared types of identifiers.", "标识类型列表。", NULL, NULL,
     "types [name, number, normaliser, has_namespace, priority, limit, limit_window_days, over, parent, hub_moves, ends_at_logout]", 0, 0},
    {HTTP_POST, "/api/v1/identity/type", WHO_UNLIMITED, ROLE_ADMIN, api_type_set, "Declares a type, or changes what is said of one.",
     "新增或修改标识类型。", NULL, "{\"name\":\"club_card\",\"normaliser\":\"exact\",\"has_namespace\":false,\"priority\":20,\"limit\":1,\"over\":\"refuse\"}",
     "position", 0, 0},
    {HTTP_GET, "/api/v1/identity/reviews", WHO_TOKEN, ROLE_READ, api_reviews, "Identifiers that wait for somebody to look.", "待审核的标识。",
     "limit, after", NULL, "reviews [type, ns, value, since, conflicts, held_by], next", 0, 0},
    {HTTP_GET, "/api/v1/identity/acts", WHO_TOKEN, ROLE_READ, api_acts, "What was decided by hand, newest first.", "人工操作记录,新的在前。",
     "limit, before", NULL, "acts [position, time, act, by, reason, undone, undoable, summary], next", 0, 0},

    /* Orders. */
    {HTTP_POST, "/api/v1/orders", WHO_UNLIMITED, ROLE_WRITE, api_orders_put,
     "Takes versions of orders, whole or in part: one JSON object a line, or one JSON array. The newest of each part counts, in whatever order they come.",
     "写入订单的各个版本(整单或部分):每行一个 JSON 对象,或一个 JSON 数组。各部分以最新版本为准,与到达先后无关。", "import (1: history, which tells nobody), told (1, with import: its events come by themselves)", ORDER,
     "accepted, faulty, faults [line, detail] (the first 100)", BODY_BYTES_COLLECTED, 0},
    {HTTP_PUT, "/api/v1/orders", WHO_UNLIMITED, ROLE_WRITE, api_orders_put, "The same as POST.", "同 POST。", "import, told", ORDER, "accepted, faulty, faults [line, detail]",
     BODY_BYTES_COLLECTED, 0},
    {HTTP_GET, "/api/v1/orders/{shop}/{number}", WHO_GUIDE, ROLE_READ, api_order, "One order, with its sums now or as of an instant.", "查询一个订单;可按某一时刻计算金额。",
     "at", NULL, ORDER_BRIEF ", buyer, receiver, payment, lines, shipments, refunds, acts [position, time, act, by, reason, undone]", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}/orders", WHO_GUIDE, ROLE_READ, api_person_orders, "The orders of a person; a page is in order of day, the latest first.",
     "一个人的订单;每页按日期倒序。", "limit, after, at", NULL, "id, orders [" ORDER_BRIEF "], next", 0, 0},
    ORDER_ACT("correct", COMMAND_ORDER_CORRECT, "{\"part\":\"line\",\"id\":\"1\",\"field\":\"paid\",\"value\":189.00,\"reason\":\"ticket 42\"}",
              "Sets one field by hand, over whatever sources say: part is head, payment, receiver, line, shipment, refund or state.",
              "人工更正一个字段,优先于各来源:part 为 head、payment、receiver、line、shipment、refund 或 state。"),
    ORDER_ACT("void", COMMAND_ORDER_VOID, "{\"reason\":\"test order\"}", "The order counts for nothing.", "作废订单。"),
    ORDER_ACT("reassign", COMMAND_ORDER_REASSIGN, "{\"to\":\"phone:13812345678\",\"reason\":\"receipt shown\"}",
              "Gives the order to the person who has an identifier.", "把订单归到某人名下(小票补登)。"),
    ORDER_ACT("undo", COMMAND_ORDER_UNDO, "{\"position\":4711,\"reason\":\"wrong person\"}", "Takes back what was decided on the order at a position.",
              "撤销对该订单的一次操作。"),
    {HTTP_GET, "/api/v1/orders/acts", WHO_TOKEN, ROLE_READ, api_order_acts, "What was decided by hand on orders, newest first; of one kind, shop or day.",
     "对订单的人工操作记录,新的在前;可按操作、店铺、日期筛选。", "act (correct, void, reassign or undo), shop, day (of the decision), limit, before", NULL,
     "acts [shop, number, position, time, act, by, reason, undone, asked (what the act's own address takes)], next", 0, 0},
    {HTTP_GET, "/api/v1/reconcile", WHO_UNLIMITED, ROLE_READ, api_reconcile, "What a shop's days add up to here, and what its source declared.",
     "按日对账:本系统合计与来源申报。", "shop, from, to (days)", NULL,
     "shop, days [day, currency, here [orders, lines, amount, refunded], declared [orders, amount, listed], differs_by, agrees], missing_days (nothing came, though it was due), next (day)", 0, 0},
    {HTTP_GET, "/api/v1/reconcile/alarms", WHO_UNLIMITED, ROLE_READ, api_pulse_alarms,
     "Days on which a source or a shop was silent though it was due, undeclared, later than usual, or its clock was wrong; the latest day first. standing: 1 leaves out what is over.",
     "数据源或店铺应有而缺失的日子、未申报的日子、晚于往常的日子与时钟异常,日期新的在前;standing=1 只列未解除的。", "shop, source, standing, limit, after", NULL,
     "alarms [day, alarm (missing_day, undeclared_day, late_data, clock_ahead, clock_behind), en, zh, of, name, raised, over, usual_seconds, seen_seconds (of lags: 95 of 100 lie below)], next", 0, 0},
    {HTTP_GET, "/api/v1/reconcile/orders", WHO_UNLIMITED, ROLE_READ, api_reconcile_orders, "Where a day that was declared order by order differs.",
     "逐单对账:某日哪些订单不一致。", "shop, day, after", NULL, "shop, day, mismatches [number, difference, currency, here, declared], next", 0, 0},
    {HTTP_POST, "/api/v1/reconcile", WHO_UNLIMITED, ROLE_WRITE, api_declare,
     "What a source says it has sent of a shop's day: totals, and its orders with their amounts if it likes; a big day in parts.",
     "来源申报某店铺某日的合计,可附逐单金额;单量大的日子可分部分申报。", NULL,
     "{\"shop\":\"tmall-1\",\"day\":\"2026-11-11\",\"orders\":2,\"amount\":298.00,\"list\":[{\"number\":\"372100456\",\"amount\":199.00},{\"number\":\"372100457\",\"amount\":99.00}]}",
     "position", BODY_BYTES_COLLECTED, COMMAND_ORDER_DECLARED},
    {HTTP_GET, "/api/v1/calendars", WHO_UNLIMITED, ROLE_READ, api_calendars,
     "The zone in which the workspace's days begin, the days on which it, a shop or a source is closed, and which alarms are silent.",
     "工作区的时区,工作区、店铺或数据源的休业日,以及不提醒的告警。", NULL, NULL,
     "calendars [of (workspace, shop, source), name, zone, closed_weekdays, closed_days (a day, or first/last), silent]", 0, 0},
    {HTTP_PUT, "/api/v1/calendars", WHO_UNLIMITED, ROLE_ADMIN, api_calendar_put,
     "Says one; what isn't said stays. A zone counts for what changes later.", "设定一项,未提及的不变;时区对此后的变更生效。", NULL,
     "{\"of\":\"workspace\",\"zone\":\"Asia/Shanghai\",\"closed_days\":[\"2026-02-17/2026-02-23\"]}", "position", 0, 0},
    {HTTP_GET, "/api/v1/rates", WHO_UNLIMITED, ROLE_READ, api_rates, "Rates of currencies, of a pair the latest day first.", "汇率列表,同一货币对以最新日期在前。",
     "limit, after", NULL, "rates [from, to, day, rate], next", 0, 0},
    {HTTP_PUT, "/api/v1/rates", WHO_UNLIMITED, ROLE_WRITE, api_rate_set, "What one unit of a currency is in another, from a day on.", "设定某日起的汇率。", NULL,
     "{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-11-11\",\"rate\":7.1234}", "position", 0, COMMAND_ORDER_RATE},
    {HTTP_GET, "/api/v1/order-shops", WHO_UNLIMITED, ROLE_READ, api_order_shops, "Shops of which it was said whether their orders derive events.",
     "已设定是否由订单派生事件的店铺。", NULL, NULL, "shops [shop, derives_events]", 0, 0},
    {HTTP_PUT, "/api/v1/order-shops", WHO_UNLIMITED, ROLE_WRITE, api_order_shop_set,
     "Whether a shop's orders derive events: not where its SDK tells order events itself.", "店铺的订单是否派生事件:SDK 已上报订单事件的店铺应关闭。", NULL,
     "{\"shop\":\"web\",\"derives_events\":false}", "position", 0, COMMAND_ORDER_SHOP},

    /* Relations. */
    {HTTP_GET, "/api/v1/people/{person}/relations", WHO_GUIDE, ROLE_READ, api_person_relations,
     "A person's relations with their periods, and how far they have come with each brand, and why.", "一个人的关系及其时段,以及在各品牌所处的阶段和依据。", NULL, NULL,
     "id, relations [" RELATION_MEMBERS "], ladder [brand, rung, en, zh, was, why [relation, to, since, orders, orders_lately, last]]", 0, 0},
    {HTTP_POST, "/api/v1/people/{person}/relations", WHO_GUIDE, ROLE_WRITE, api_person_relation,
     "A relation of the person begins, ends (with a reason), or gets attributes (act: begin, end, set).", "开始、结束一个人的关系,或设置其属性(act:begin、end、set)。", "import",
     "{" RELATION, "position", 0, 0},
    {HTTP_GET, "/api/v1/things/{kind}/{id}/people", WHO_GUIDE, ROLE_READ, api_thing_people,
     "The people who have an open relation to a thing: a guide's customers, the members of a group. Without a type: of staff those they own, else the first type that leads to "
     "such things.",
     "与某实体存在关系的人:导购的专属客户、群成员等。未指定类型时:员工取专属客户,其余取可指向该种类的第一个类型。", "type, ns, limit, after", NULL,
     "relation, en, zh, people [person, identifier, relations [" RELATION_MEMBERS "]], next", 0, 0},
    {HTTP_POST, "/api/v1/relations", WHO_UNLIMITED, ROLE_WRITE, api_relations_put,
     "Many relations of many people: one JSON object a line, or one JSON array. In whatever order they come, and how often, makes no difference.",
     "批量写入多人的关系:每行一个 JSON 对象,或一个 JSON 数组。与先后和重复无关。", "import", "{\"person\":\"phone:13812345678\"," RELATION,
     "accepted, faulty, faults [line, detail] (the first 100)", BODY_BYTES_COLLECTED, 0},
    {HTTP_POST, "/api/v1/relations/hand-over", WHO_TOKEN, ROLE_WRITE, api_hand_over,
     "Hands relations to somebody of staff over to others, in turn, or first to those of the store that the relation names (by_store). A job does it.",
     "把某员工名下的关系交接给其他员工:轮流分配,或优先给关系所属门店的员工(by_store)。由后台任务完成。", NULL,
     "{\"from\":\"staff/G17\",\"to\":[\"staff/G18\",\"staff/G19\"],\"types\":[\"owned_by\"],\"by_store\":false,\"reason\":\"离职\",\"preview\":true}",
     "position; with preview: preview, relations, more (of one brand at least so many), to", 0, 0},
    {HTTP_GET, "/api/v1/relations/types", WHO_GUIDE, ROLE_READ, api_relation_types, "The types of relations, built in and declared.", "关系类型列表,含内置与自行声明的。", NULL, NULL,
     "types [name, number, label_en, label_zh, back_en, back_zh, to, single, rung, roles, reasons, built_in]", 0, 0},
    {HTTP_PUT, "/api/v1/relations/types", WHO_UNLIMITED, ROLE_ADMIN, api_relation_type_put,
     "Declares a type of relations, or changes one: what isn't said stays. to: kinds of things, or person; none: it leads to nothing. single: one at a time a brand. Kinds are added, never taken away.",
     "声明或修改一种关系:未提及的不变。to 为可指向的实体种类或 person,为空则不指向任何对象;single 表示同一品牌下同时只有一个。可指向的种类只增不减。", NULL,
     "{\"name\":\"adviser\",\"label_en\":\"Adviser\",\"label_zh\":\"皮肤顾问\",\"back_zh\":\"所服务客户\",\"to\":[\"staff\"],\"single\":true,\"roles\":[\"primary\",\"backup\"],\"reasons\":[\"moved\",\"asked\"]}",
     "position", 0, 0},
    {HTTP_GET, "/api/v1/relations/hand-overs", WHO_TOKEN, ROLE_READ, api_hand_overs, "Hand-overs and how far they are, newest first.", "交接记录与进度,新的在前。",
     "limit, before", NULL, "hand_overs [position, time, finished, looked_at, moved, by, reason, brand, from, to], next", 0, 0},

    /* Things. */
    {HTTP_GET, "/api/v1/things/{kind}", WHO_GUIDE, ROLE_READ, api_things,
     "The things of a kind; those under another thing (under=KIND/ID, ns= its namespace), or with a value of an indexed attribute.",
     "某个种类的实体;可按上级(under=种类/编号,ns=其命名空间)或可查属性的值筛选。", "limit, after, under, ns, attribute, value, q (how the name begins), at (what there was then; with under, or without a choice)", NULL,
     "things [kind, ns, id, name, parent], next", 0, 0},
    {HTTP_GET, "/api/v1/things", WHO_TOKEN, ROLE_READ, api_things,
     "Things by the beginning of their name, as it is written, in pinyin, or by its initials; of one kind or of all.",
     "按名称开头查找实体:原文、拼音或拼音首字母;可限定种类。", "q, kind, limit, after", NULL, "things [kind, ns, id, name, parent], next", 0, 0},
    {HTTP_GET, "/api/v1/things/{kind}/{id*}", WHO_GUIDE, ROLE_READ, api_thing,
     "One thing, now or as of an instant; with history=1 also all that is kept of what it was.", "查询一个实体,当前或某一时刻的;history=1 时附带保留的历史。",
     "ns, at (a time), history", NULL,
     "kind, ns, id, kind_en, kind_zh, number, at, exists, exists_forgotten, since, path [kind, ns, id, name] (the nearest first), path_forgotten, attributes [name, en, zh, "
     "type, value, since, forgotten; with history: history [time, value], older_forgotten]; with history: parents [time, value], existence [time, value]",
     0, 0},
    {HTTP_PUT, "/api/v1/things/{kind}/{id*}", WHO_TOKEN, ROLE_WRITE, api_thing_put,
     "Says what is true of a thing from an instant on (now, unless it says a time): null clears, what isn't said stays. lenient=1: what doesn't fit is left out.",
     "声明实体自某时刻(默认现在)起的属性:null 为清除,未提及的不变。lenient=1 时忽略不合规的属性。", "ns, lenient, import", THING,
     "position, result [number, created, changed, left_out]", 0, 0},
    {HTTP_DELETE, "/api/v1/things/{kind}/{id*}", WHO_TOKEN, ROLE_WRITE, api_thing_delete, "Ends a thing; a later put begins it again.",
     "终止一个实体;之后的写入会使其重新开始。", "ns, time", NULL, "position, result [number, created, changed, left_out]", 0, 0},
    {HTTP_POST, "/api/v1/things", WHO_UNLIMITED, ROLE_WRITE, api_things_put,
     "Many things: one JSON object a line, or one JSON array; `deleted` ends one. Answered when all are durable and applied.",
     "批量写入实体:每行一个 JSON 对象,或一个 JSON 数组;`deleted` 表示终止。落盘并生效后应答。", "lenient, import", THING_LINE,
     "accepted, faulty, faults [line, detail] (the first 100)", BODY_BYTES_COLLECTED, 0},
    {HTTP_GET, "/api/v1/kinds", WHO_GUIDE, ROLE_READ, api_kinds, "The kinds of things, with their attributes.", "实体种类及其属性。", NULL, NULL,
     "kinds [name, label_en, label_zh, closed, personal, owned, parents, attributes [name, type, label_en, label_zh, indexed, indexing, declared]]", 0, 0},
    {HTTP_PUT, "/api/v1/kinds", WHO_UNLIMITED, ROLE_ADMIN, api_kind_put,
     "Declares a kind, or changes one: what isn't said stays, attributes are added or changed, none goes. An index of an attribute that is there is built in the background.",
     "声明或修改一个种类:未提及的不变,属性只增改、不删除。为已有属性申请的索引在后台建立。", NULL, THING_KIND, "position", 0, 0},

    /* Scope. */
    {HTTP_GET, "/api/v1/reach", WHO_TOKEN, ROLE_READ, api_reach,
     "How many of the people that a brand knows may be written to or called, by channel, and why the others not. brand: the whole group without "
     "it; purpose: marketing without it.",
     "某品牌所认识的人中,各渠道可触达的人数及不可触达的原因。不给 brand 为整个集团,不给 purpose 为 marketing。", "brand, purpose, channel", NULL,
     "pending, brand, purpose, channels [channel, en, zh, people, reachable, excluded [no_address, quarantined, suppressed, ended, no_consent, withdrawn, expired]]", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}/reach", WHO_GUIDE, ROLE_READ, api_person_reach,
     "Whether one may write to or call a person, by channel, with the address and the consent that decide.", "某人在各渠道能否触达,以及起决定作用的联系方式与同意授权。",
     "brand, purpose, channel", NULL,
     "id, pending, brand, purpose, channels [channel, en, zh, reachable, reason, address [type, ns, value, since, state], consent [entity, brand, purpose, channel, given, "
     "time, from, until, policy, evidence, source]]",
     0, 0},
    {HTTP_POST, "/api/v1/suppress", WHO_UNLIMITED, ROLE_WRITE, api_suppress,
     "Puts an identifier on the stop list, or takes it off: whoever has it isn't written to or called there.", "将标识加入或移出停发名单:无论归谁,都不再向其发送。", NULL,
     "{\"id\":\"phone:13812345678\",\"suppressed\":true,\"reason\":\"asked by letter\"}", "position", 0, 0},
    {HTTP_GET, "/api/v1/shares", WHO_UNLIMITED, ROLE_READ, api_shares,
     "What legal entities share with each other: `to` sees what the brands of `from` have; purposes null: all but sensitive ones.",
     "法律主体之间的数据共享:`to` 可见 `from` 各品牌的数据;purposes 为 null 表示除敏感用途外的全部用途。", "limit, after", NULL,
     "shares [from, to, purposes, until, live, position], next", 0, 0},
    {HTTP_GET, "/api/v1/shares/acts", WHO_UNLIMITED, ROLE_READ, api_share_acts, "Who has shared or unshared what and why, newest first.", "共享与取消共享的记录,新的在前。",
     "limit, before", NULL, "acts [position, time, act, from, to, purposes, policy, evidence, until, by, reason], next", 0, 0},
    {HTTP_POST, "/api/v1/shares", WHO_UNLIMITED, ROLE_ADMIN, api_share_set,
     "Lets the brands of one legal entity see what those of another one have; replaces what was said of the two before. null: the entity of the brands "
     "without one.",
     "允许一个法律主体的品牌查看另一主体各品牌的数据,替换此前的设定。null 表示未声明主体的品牌。", NULL,
     "{\"from\":\"乙公司\",\"to\":\"甲公司\",\"purposes\":[\"service\"],\"policy\":\"2026-01\",\"evidence\":\"contract 4711\",\"until\":\"2027-01-01\",\"reason\":\"joint desk\"}",
     "position", 0, COMMAND_SHARE},
    {HTTP_POST, "/api/v1/shares/end", WHO_UNLIMITED, ROLE_ADMIN, api_share_set, "Ends what is shared from one legal entity to another, at once.", "立即终止一个法律主体向另一主体的共享。",
     NULL, "{\"from\":\"乙公司\",\"to\":\"甲公司\",\"reason\":\"contract ended\"}", "position", 0, COMMAND_UNSHARE},

    /* Administration. */
    {HTTP_GET, "/api/v1/tokens", WHO_UNLIMITED, ROLE_ADMIN, api_tokens, "All tokens, without their secrets.", "令牌列表(不含密钥)。", NULL, NULL,
     "tokens [name, roles, brands, store, own_customers, channel, brand, masked, expires]", 0, 0},
    {HTTP_POST, "/api/v1/tokens", WHO_UNLIMITED, ROLE_ADMIN, api_token_make,
     "Makes a token, or replaces the one of its name. The secret is shown this once.", "新建令牌,或替换同名令牌。密钥只显示这一次。", NULL,
     "{\"name\":\"shop-web\",\"roles\":[\"collect\"],\"brand\":\"a\",\"channel\":\"web\",\"brands\":[],\"own_customers\":null,\"masked\":false,\"expires\":null}",
     "the token, secret, position", 0, 0},
    {HTTP_DELETE, "/api/v1/tokens/{name}", WHO_UNLIMITED, ROLE_ADMIN, api_token_revoke, "Ends a token.", "吊销令牌。", NULL, NULL, "position", 0, 0},
    {HTTP_GET, "/api/v1/settings", WHO_UNLIMITED, ROLE_ADMIN, api_settings, "All settings with their ranges.", "设置项及其取值范围。", NULL, NULL,
     "settings [name, value, initially, least, most, unit, about]", 0, 0},
    {HTTP_PUT, "/api/v1/settings", WHO_UNLIMITED, ROLE_ADMIN, api_setting_set, "Sets one.", "修改一个设置项。", NULL,
     "{\"name\":\"identity.hub_days\",\"value\":30}", "position", 0, 0},
    {HTTP_GET, "/api/v1/sources", WHO_UNLIMITED, ROLE_READ, api_sources, "How much sources are trusted about traits, where something was said of it.",
     "已设定的数据源可信度。", "limit, after", NULL, "sources [source, priority, first], next", 0, 0},
    {HTTP_PUT, "/api/v1/sources", WHO_UNLIMITED, ROLE_WRITE, api_source_put,
     "How much a source is trusted about traits (0 best, 100 where nothing is said), and whether its earliest value stands, not its latest. Holds for events from then on.",
     "设定数据源关于特质的可信度(0 最可信,未设定为 100),以及以其最早值还是最新值为准。自此之后的事件适用。", NULL,
     "{\"source\":\"crm\",\"priority\":10,\"first\":false}", "position", 0, 0},
    {HTTP_GET, "/api/v1/names", WHO_TOKEN, ROLE_READ, api_names, "Names of one kind, with what is said of them; events with their counts.",
     "某一类名称及其说明;事件附带次数。", "kind, limit, after", NULL,
     "kind, names [number, name, en, zh, alias_of, attributes; of events: count, standard, category, needs], next", 0, 0},
    {HTTP_POST, "/api/v1/names", WHO_UNLIMITED, ROLE_WRITE, api_name_set, "Says something of a name, or what it is another name of.",
     "为名称添加说明,或声明它是另一名称的别名。", NULL,
     "{\"kind\":\"brand\",\"name\":\"a\",\"attributes\":{\"label_zh\":\"甲品牌\",\"entity\":\"甲公司\"}}", "position", 0, 0},
    {HTTP_GET, "/api/v1/hooks", WHO_UNLIMITED, ROLE_ADMIN, api_hooks, "All hooks, without their secrets.", "推送列表(不含密钥)。", NULL, NULL,
     "hooks [name, target, facts, causes, signed]", 0, 0},
    {HTTP_POST, "/api/v1/hooks", WHO_UNLIMITED, ROLE_ADMIN, api_hook_make,
     "Makes a hook, or replaces the one of its name: facts go to a web address, or to a file of the workspace's folder out/. Without facts: all "
     "that can be heard; without causes: live alone.",
     "新建推送,或替换同名推送:把事实发往网址,或写入工作区 out/ 目录下的文件。不给 facts 则全部推送;不给 causes 则只推送 live。", NULL,
     "{\"name\":\"crm\",\"target\":\"https://crm.example.com/kith\",\"secret\":\"signs-what-goes-out\",\"facts\":[\"person_merged\"],\"causes\":[\"live\"]}",
     "position", 0, 0},
    {HTTP_DELETE, "/api/v1/hooks/{name}", WHO_UNLIMITED, ROLE_ADMIN, api_hook_end, "Ends a hook; what it asked for already still goes out.",
     "删除推送;已排队的仍会发出。", NULL, NULL, "position", 0, 0},
    {HTTP_GET, "/api/v1/reads", WHO_UNLIMITED, ROLE_ADMIN, api_reads, "Who has read whose data, newest first.", "个人数据读取记录,新的在前。",
     "limit, before", NULL, "reads [position, time, token, what, person], next", 0, 0},

    {HTTP_POST, "/api/v1/checkpoint", WHO_UNLIMITED, ROLE_ADMIN, api_checkpoint,
     "Asks for a checkpoint of all that is there now; GET tells when `position` has reached `wanted`, or `failed` has grown.",
     "请求为当前全部内容建立检查点;用 GET 查看 `position` 是否已到 `wanted`,或 `failed` 是否增加。", NULL, NULL,
     "wanted, position, time, behind_bytes, failed, trouble; 200 when the last one reaches so far, else 202", 0, 0},
    {HTTP_GET, "/api/v1/checkpoint", WHO_UNLIMITED, ROLE_ADMIN, api_checkpoint, "The last checkpoint, and how much log has come since.",
     "最近的检查点,以及其后的日志量。", NULL, NULL, "position, time, behind_bytes, failed, trouble", 0, 0},

    /* Out again. */
    {HTTP_GET, "/api/v1/export/events", WHO_TOKEN, ROLE_READ, api_export,
     "All events in the order of the log, a line each, as POST /api/v1/events?import=1 takes them back. Goes on behind after, the position of the last one that came.",
     "按日志顺序导出全部事件,每行一个,可由 POST /api/v1/events?import=1 原样导入。after 为最后收到的事件位点,从其后继续。",
     "format (ndjson, table, csv), after (a position), since, until, brand, plain (1: csv without byte order mark and apostrophes), labels (zh: csv with headings in Chinese)", NULL,
     "position, received_at and the event's members; a stream that is cut is not whole", 0, EXPORT_EVENTS},
    {HTTP_GET, "/api/v1/export/people", WHO_GUIDE, ROLE_READ, api_export, "All people, a line each. Goes on behind after, the number of the last one that came.",
     "导出全部人,每行一个。after 为最后收到的人的编号。", "format (ndjson, table, csv), after (a number), brand, plain, labels", NULL,
     "as /api/v1/people/{person}, without timeline", 0, EXPORT_PEOPLE},
    {HTTP_GET, "/api/v1/export/things", WHO_TOKEN, ROLE_READ, api_export,
     "All things as POST /api/v1/things takes them back, with their history: a line for each instant; as table or csv one row each, as it is now. Goes on behind after, KIND/NS/ID.",
     "导出全部实体及其历史,可由 POST /api/v1/things 导入;table 与 csv 每个实体一行,为当前状态。after 为 种类/命名空间/编号。",
     "format (ndjson, table, csv), after (KIND/NS/ID), kind, brand, plain, labels", NULL, "kind, ns, id, time, deleted, parent, attributes", 0, EXPORT_THINGS},
    {HTTP_GET, "/api/v1/export/orders", WHO_GUIDE, ROLE_READ, api_export,
     "All orders as POST /api/v1/orders takes them back; as table or csv with their sums. Goes on behind after, SHOP/NUMBER.",
     "导出全部订单,可由 POST /api/v1/orders 导入;table 与 csv 附带各项金额。after 为 店铺/订单号。",
     "format (ndjson, table, csv), after (SHOP/NUMBER), shop, brand, since, until (by the order's creation), plain, labels", NULL, "an order's version", 0, EXPORT_ORDERS},
    {HTTP_GET, "/api/v1/export/relations", WHO_GUIDE, ROLE_READ, api_export,
     "What was said of everybody's relations, as POST /api/v1/relations takes it back; as table or csv a row each relation. Goes on behind after, an identifier of the last person.",
     "导出全部关系,可由 POST /api/v1/relations 导入;table 与 csv 每个关系一行。after 为最后一人的标识。",
     "format (ndjson, table, csv), after (TYPE:VALUE), brand, plain, labels", NULL, "person, act, type, to, brand, time, reason, by, attributes", 0, EXPORT_RELATIONS},

    {HTTP_GET, "/api/v1/changes", WHO_TOKEN, ROLE_READ, api_changes,
     "What has changed behind a cursor, in the order of the log, a line each; the last line says where to go on. While there is nothing it waits.",
     "游标之后的变更,按日志顺序,每行一个;最后一行给出续读游标。暂无变更时可等待。",
     "after (a cursor, start, now), consumer (goes on behind what it has acknowledged), facts (a,b), brand, state (1: what it is of, as exported), wait (seconds, at most 60), limit",
     NULL, "cursor, position, index, time, fact, cause, data, state; at last cursor, more", 0, 0},
    {HTTP_GET, "/api/v1/consumers", WHO_UNLIMITED, ROLE_READ, api_consumers, "Who takes changes, and how far they have come.", "变更的消费者及其进度。",
     NULL, NULL, "consumers [name, acknowledged, time, by, lag, lost], kept, start", 0, 0},
    {HTTP_PUT, "/api/v1/consumers/{name}", WHO_UNLIMITED, ROLE_READ, api_consumer_put,
     "Notes how far a consumer has come; or makes it, or moves it, with from: start, now or a cursor (needs the role admin). Changes are kept while there is one.",
     "记录消费者的进度;或以 from(start、now 或游标,需要 admin 角色)新建或移动它。至少有一个消费者时才保留变更。", NULL,
     "{\"acknowledged\":\"4711-0\"}", "position", 0, 0},
    {HTTP_DELETE, "/api/v1/consumers/{name}", WHO_UNLIMITED, ROLE_ADMIN, api_consumer_end, "Ends a consumer; behind the last one no changes are kept.",
     "删除消费者;没有消费者后不再保留变更。", NULL, NULL, "position", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}/copy", WHO_UNLIMITED, ROLE_LEGAL, api_copy,
     "A copy for the person: all that is held of them, what for, whence, who gets it, how long it is kept. Orders and events come page by page.",
     "提供给本人的副本:所持有的全部信息、用途、来源、接收方与保存期限;订单与事件分页获取。", NULL, NULL,
     "made, workspace, profile, classes [class, purpose, purpose_zh, kept, kept_zh], sources, recipients [hooks [name, target, facts], shares [from, to, purposes, until]], "
     "kept_by_law [class, years, ground, ground_zh]", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}/copy/orders", WHO_UNLIMITED, ROLE_LEGAL, api_copy_orders, "The orders of such a copy, whole.",
     "副本中的订单,完整内容。", "limit, after", NULL, "orders (as GET /api/v1/orders/{shop}/{number} gives them), next", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}/copy/events", WHO_UNLIMITED, ROLE_LEGAL, api_timeline, "The events of such a copy, newest first.",
     "副本中的事件,新的在前。", "limit, before", NULL, "id, events, next", 0, 0},
    {HTTP_GET, "/api/v1/custody/orders/{shop}/{number}", WHO_UNLIMITED, ROLE_LEGAL, api_custody_order,
     "An order whose buyer was erased, kept by law: read for a purpose, which the audit list keeps.",
     "依法封存的订单(买家已删除):须说明法定用途,并记入审计。", "purpose", NULL, "erasure, until, and what an order has", 0, 0},
    {HTTP_POST, "/api/v1/people/{person}/erase", WHO_UNLIMITED, ROLE_ADMIN, api_erase,
     "Erases a person: hidden at once, purged from events and the log by and by; old files do not bring them back.",
     "删除一个人:立即不可见,随后从事件与日志中清除;旧文件的导入不会使其恢复。", NULL, "{\"reason\":\"asked by mail\"}", "position", 0, 0},
    {HTTP_GET, "/api/v1/erasures", WHO_UNLIMITED, ROLE_ADMIN, api_erasures, "Who was erased, by public id, and how far the purge is.", "删除回执与清除进度。",
     "after (what next gave), keys (1: with keyed hashes of what they were known by)", NULL, "erasures [position, time, person, absorbed, keys, by, reason, kept [class, years, ground, ground_zh, items, until, settled], rows_emptied, kept_settled, events_rewritten, events_purged, log_purged], next", 0, 0},
    {HTTP_POST, "/api/v1/purge", WHO_UNLIMITED, ROLE_ADMIN, api_purge,
     "What was erased or given up leaves the files now: some checkpoints, with the cold store written anew and the log cut.",
     "立即从文件中清除已删除的内容:建立若干检查点、重写冷存储并截去日志。", NULL, NULL, "rounds_left, trouble; 202 while it goes on", 0, 0},
    {HTTP_GET, "/api/v1/purge", WHO_UNLIMITED, ROLE_ADMIN, api_purge, "How many rounds of a purge are left.", "清除剩余轮数。", NULL, NULL, "rounds_left, trouble", 0, 0},
    {HTTP_POST, "/api/v1/backup", WHO_UNLIMITED, ROLE_ADMIN, api_backup,
     "Opens a backup of all that is durable now, as links in a folder of the daemon's machine, for `kith backup` to copy; one that is open is closed before.",
     "打开一个备份:在守护进程所在机器的目录中以硬链接固定当前已落盘的全部内容,供 `kith backup` 复制;已打开的会先关闭。", NULL, NULL,
     "folder, position, time, digest", 0, 0},
    {HTTP_DELETE, "/api/v1/backup", WHO_UNLIMITED, ROLE_ADMIN, api_backup, "Closes the open backup: its files may go.", "关闭已打开的备份,释放其文件。", NULL,
     NULL, "folder, position, time, digest", 0, 0},
    {HTTP_GET, "/api/v1/ports", WHO_UNLIMITED, ROLE_ADMIN, api_ports, "What waits to be sent to the world, and whether the ports are paused.",
     "待外发的内容,以及外发是否已暂停。", NULL, NULL, "paused, waiting, targets [effect, target, count, oldest] (the first 256)", 0, 0},
    {HTTP_GET, "/api/v1/ports/dead", WHO_UNLIMITED, ROLE_ADMIN, api_dead_letters,
     "Dead letters: what the world refused or did not take for three days, with the reason. At most 1,000 are kept, the newest.",
     "死信:被对方拒绝,或三天内始终未被接收的推送及其原因。至多保留最新的 1,000 条。", "limit, after", NULL,
     "dead [position, time, asked, effect, target, id, reason], next", 0, 0},
    {HTTP_POST, "/api/v1/ports/dead/again", WHO_UNLIMITED, ROLE_ADMIN, api_dead_act, "Sends a dead letter again, or all, with the same id.",
     "重发一条或全部死信,标识不变。", NULL, "{\"position\":4711}", "position", 0, COMMAND_DEAD_AGAIN},
    {HTTP_POST, "/api/v1/ports/dead/drop", WHO_UNLIMITED, ROLE_ADMIN, api_dead_act, "Lets go of a dead letter, or of all.", "丢弃一条或全部死信。", NULL,
     "{\"all\":true}", "position", 0, COMMAND_DEAD_DROP},
    {HTTP_POST, "/api/v1/ports/pause", WHO_UNLIMITED, ROLE_ADMIN, api_ports_set, "Nothing is sent to the world any more: it waits.", "暂停外发:内容保留等待。", NULL,
     NULL, "paused", 0, PORTS_PAUSE},
    {HTTP_POST, "/api/v1/ports/resume", WHO_UNLIMITED, ROLE_ADMIN, api_ports_set, "What waits is sent, and all that comes.", "恢复外发。", NULL, NULL, "paused", 0,
     PORTS_RESUME},

    /* What goes on. */
    {HTTP_GET, "/api/v1/stats", WHO_GUIDE, ROLE_READ, api_stats, "How much there is.", "总体数据。", NULL, NULL,
     "workspace, version, people, identifiers, merges, events, folded_until, by_brand [brand, people, events], by_brand_more, events_by_name [event, en, zh, count], "
     "dedup_horizon_seconds, dedup_horizon_short, consumers, consumer_lag, "
     "position, log_time, log_bytes, checkpoint_position, commands, replayed, refused, refusals [command, refusal, count], duplicates, "
     "waiting, memory_bytes, cold_rows, digest, accepting, trouble, rows; for a token that is limited to brands, a store or a guide's own customers: brands, store, own_customers_of, own_customers_count, "
     "what can be cut to them, and left_out with the names of what can't",
     0, 0},
    {HTTP_GET, "/api/v1/events/stream", WHO_TOKEN, ROLE_READ, api_stream,
     "What becomes true, as server-sent events; a client that is too slow is dropped.", "实时事实流(SSE);过慢的客户端会被断开。",
     "facts (names, apart by commas)", NULL, "events: position, time, fact, cause, data", 0, 0},
    {HTTP_GET, "/metrics", WHO_LOCAL, ROLE_READ, api_metrics, "Figures for Prometheus; from this machine without a token.",
     "Prometheus 指标;本机访问无需令牌。", NULL, NULL, NULL, 0, 0},
    {HTTP_GET, "/healthz", WHO_ANYBODY, ROLE_READ, api_health, "Is the process alive?", "进程是否存活。", NULL, NULL, "status, version", 0, 0},
    {HTTP_GET, "/readyz", WHO_ANYBODY, ROLE_READ, api_ready, "Would events be taken now?", "当前能否接收事件。", NULL, NULL, "status", 0, 0},
    {HTTP_GET, "/api/v1/openapi.json", WHO_ANYBODY, ROLE_READ, api_openapi, "This table, for programs.", "本接口表(机器可读)。", NULL, NULL, NULL, 0, 0},
    {HTTP_GET, "/", WHO_ANYBODY, ROLE_READ, api_console, "The console.", "控制台。", NULL, NULL, NULL, 0, 0},
    {HTTP_GET, "/console/{file*}", WHO_ANYBODY, ROLE_READ, api_console, "The console's files.", "控制台文件。", NULL, NULL, NULL, 0, 0},
    {HTTP_GET, "/assets/{file*}", WHO_ANYBODY, ROLE_READ, api_console, "The console's files.", "控制台文件。", NULL, NULL, NULL, 0, CONSOLE_ASSET},
    {HTTP_GET, "/{file}", WHO_ANYBODY, ROLE_READ, api_console, "The console's files, such as its icon.", "控制台文件,如图标。", NULL, NULL, NULL, 0, CONSOLE_FILE},
};

const struct route *routes(size_t *out_count)
{
    *out_count = COUNT_OF(all);
    return all;
}
