/* The one table of addresses. The OpenAPI page and docs/reference/http.md come out of it. */
#include "edge/route.h"

#include "domain/identity/identity.h"

#define IDS "{\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"},{\"type\":\"openid\",\"ns\":\"wx01\",\"value\":\"oA1\"}],\"reason\":\"ticket 42\",\"preview\":true}"
#define SEGMENT_ONE "{\"messageId\":\"m1\",\"userId\":\"u1\",\"event\":\"Order Completed\",\"properties\":{\"revenue\":199},\"timestamp\":\"2026-01-02T03:04:05Z\"}"
#define SEGMENT_MANY "{\"batch\":[{\"type\":\"track\",\"messageId\":\"m1\",\"anonymousId\":\"a1\",\"event\":\"Product Viewed\"}],\"sentAt\":\"2026-01-02T03:04:05Z\"}"
#define NATIVE "{\"id\":\"m1\",\"event\":\"order_paid\",\"time\":\"2026-01-02T03:04:05Z\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"brand\":\"a\",\"channel\":\"tmall\"}"
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
    {HTTP_GET, "/api/v1/people", WHO_TOKEN, ROLE_READ, api_person_asked,
     "One person, by an identifier that can't stand in a path.", "按标识查询一个人(标识放在参数中)。", "type, ns, value, timeline", NULL,
     "as /api/v1/people/{person}", 0, 0},
    {HTTP_GET, "/api/v1/people/{person}", WHO_TOKEN, ROLE_READ, api_person,
     "One person: {person} is TYPE:VALUE, TYPE:NAMESPACE:VALUE, or id:PUBLIC_ID.",
     "查询一个人:{person} 为 类型:值、类型:命名空间:值 或 id:公开编号。", "timeline (so many newest events)", NULL,
     "id, number, pending, identifiers [type, ns, value, since, state, first, last], evidence [rule, members, count, first, last, position], "
     "traits [name, brand, value, source, priority, time, history], counters [event, brand, channel, count, first, last], "
     "consents [brand, purpose, channel, given, time, until, policy, source], aliases, timeline, next",
     0, 0},
    {HTTP_GET, "/api/v1/people/{person}/timeline", WHO_TOKEN, ROLE_READ, api_timeline, "What a person did, newest first.",
     "一个人的行为时间线,新的在前。", "limit, before (what next gave, or a time)", NULL, "id, events, next", 0, 0},
    {HTTP_GET, "/api/v1/find", WHO_TOKEN, ROLE_READ, api_find,
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
    {HTTP_GET, "/api/v1/identity/types", WHO_TOKEN, ROLE_READ, api_types, "The declared types of identifiers.", "标识类型列表。", NULL, NULL,
     "types [name, number, normaliser, has_namespace, priority, limit, limit_window_days, over, parent, hub_moves, ends_at_logout]", 0, 0},
    {HTTP_POST, "/api/v1/identity/type", WHO_UNLIMITED, ROLE_ADMIN, api_type_set, "Declares a type, or changes what is said of one.",
     "新增或修改标识类型。", NULL, "{\"name\":\"club_card\",\"normaliser\":\"exact\",\"has_namespace\":false,\"priority\":20,\"limit\":1,\"over\":\"refuse\"}",
     "position", 0, 0},
    {HTTP_GET, "/api/v1/identity/reviews", WHO_TOKEN, ROLE_READ, api_reviews, "Identifiers that wait for somebody to look.", "待审核的标识。",
     "limit, after", NULL, "reviews [type, ns, value, since, conflicts, held_by], next", 0, 0},
    {HTTP_GET, "/api/v1/identity/acts", WHO_TOKEN, ROLE_READ, api_acts, "What was decided by hand, newest first.", "人工操作记录,新的在前。",
     "limit, before", NULL, "acts [position, time, act, by, reason, undone, undoable, summary], next", 0, 0},

    /* Administration. */
    {HTTP_GET, "/api/v1/tokens", WHO_UNLIMITED, ROLE_ADMIN, api_tokens, "All tokens, without their secrets.", "令牌列表(不含密钥)。", NULL, NULL,
     "tokens [name, roles, brands, store, channel, brand, masked, expires]", 0, 0},
    {HTTP_POST, "/api/v1/tokens", WHO_UNLIMITED, ROLE_ADMIN, api_token_make,
     "Makes a token, or replaces the one of its name. The secret is shown this once.", "新建令牌,或替换同名令牌。密钥只显示这一次。", NULL,
     "{\"name\":\"shop-web\",\"roles\":[\"collect\"],\"brand\":\"a\",\"channel\":\"web\",\"brands\":[],\"masked\":false,\"expires\":null}",
     "the token, secret, position", 0, 0},
    {HTTP_DELETE, "/api/v1/tokens/{name}", WHO_UNLIMITED, ROLE_ADMIN, api_token_revoke, "Ends a token.", "吊销令牌。", NULL, NULL, "position", 0, 0},
    {HTTP_GET, "/api/v1/settings", WHO_UNLIMITED, ROLE_ADMIN, api_settings, "All settings with their ranges.", "设置项及其取值范围。", NULL, NULL,
     "settings [name, value, initially, least, most, unit, about]", 0, 0},
    {HTTP_PUT, "/api/v1/settings", WHO_UNLIMITED, ROLE_ADMIN, api_setting_set, "Sets one.", "修改一个设置项。", NULL,
     "{\"name\":\"identity.hub_days\",\"value\":30}", "position", 0, 0},
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

    /* What goes on. */
    {HTTP_GET, "/api/v1/stats", WHO_TOKEN, ROLE_READ, api_stats, "How much there is.", "总体数据。", NULL, NULL,
     "for a token that is limited to brands: workspace, version, brands; for others: workspace, version, people, identifiers, merges, events, folded_until, dedup_horizon_seconds, dedup_horizon_short, events_by_name [event, en, zh, count], "
     "position, log_time, log_bytes, checkpoint_position, commands, replayed, refused, refusals [command, refusal, count], duplicates, "
     "waiting, memory_bytes, cold_rows, digest, accepting, trouble, rows",
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
