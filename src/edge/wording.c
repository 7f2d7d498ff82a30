#include "edge/wording.h"

#include <stdlib.h>
#include <string.h>

#define CAPTURES_MAX 6u
#define SENTENCE_BYTES_MAX 2048u
#define LANGUAGE_BYTES_MAX 256u

static const struct wording wordings[] = {
    /* JSON. */
    {"line {1}, column {2} (byte {3}): {4}", NULL, "第 {1} 行第 {2} 列(第 {3} 字节):{4}"},
    {"not UTF-8", "not UTF-8: send UTF-8; files in GB18030 go through `kith import`", "不是 UTF-8:请发送 UTF-8;GB18030 文件请用 `kith import` 导入"},
    {"q, byte {1}: {2}", NULL, "q 的第 {1} 字节:{2}"},
    {"no value: the text is empty", NULL, "没有内容:正文为空"},
    {"a control character in a string, or a string that was not closed", NULL, "字符串中有控制字符,或字符串没有结束"},
    {"a string that is not closed", NULL, "字符串没有结束"},
    {"a value was expected", NULL, "此处应为一个值"},
    {"a name in quotes was expected", NULL, "此处应为带双引号的名称"},
    {"a colon was expected after a name", NULL, "名称之后应为冒号"},
    {"a comma or } was expected", NULL, "此处应为逗号或 }"},
    {"a comma or ] was expected", NULL, "此处应为逗号或 ]"},
    {"something follows the value", NULL, "值之后还有别的内容"},
    {"too many levels of arrays and objects", NULL, "数组与对象嵌套过深"},
    {"a word that is not true, false or null", NULL, "此处的词不是 true、false 或 null"},
    {"a number that begins with 0", NULL, "数字不能以 0 开头"},
    {"a number without digits after its point", NULL, "小数点之后没有数字"},
    {"a number without digits in its exponent", NULL, "指数中没有数字"},
    {"a number without digits", NULL, "数字中没有数字字符"},
    {"a number with something else in it", NULL, "数字中夹有别的字符"},
    {"a backslash before a character that has no such form", NULL, "反斜杠之后的字符没有这种写法"},
    {"\\u without four hexadecimal digits", NULL, "\\u 之后应有四位十六进制数字"},
    {"the text ends too early", NULL, "内容不完整,提前结束"},
    {"no memory for a document of {1} bytes", NULL, "内存不足,容不下 {1} 字节的内容"},
    {"{1} bytes, at most {2}", NULL, "共 {1} 字节,至多 {2} 字节"},
    {"the body is a JSON object, this is {1}", NULL, "请求正文应为 JSON 对象,而不是{1}"},
    {"an object", NULL, "对象"},
    {"an array", NULL, "列表"},
    {"a string", NULL, "字符串"},
    {"a number", NULL, "数字"},
    {"true", NULL, "true"},
    {"false", NULL, "false"},
    {"null", NULL, "null"},
    {"nothing", NULL, "缺失"},

    /* Tags and segments as a whole. */
    {"want 2 to {1} tags and segments", NULL, "应为 2 至 {1} 个标签或人群"},
    {"'{1}' is none: want segment:NAME, tag:NAME or tag:NAME=VALUE", NULL,
     "'{1}' 不符合格式:应为 segment:名称、tag:名称 或 tag:名称=取值"},
    {"want segment:NAME or tag:NAME", NULL, "应为 segment:名称 或 tag:名称"},
    {"want texts such as \"segment:vip\"", NULL, "应为文本,如 \"segment:vip\""},
    {"'{1}' is there twice", NULL, "'{1}' 重复"},
    {"top: at most {1}", NULL, "top:至多 {1}"},
    {"days: want 1 to {1}", NULL, "days:应为 1 至 {1}"},
    {"kind: want tag or segment", NULL, "kind:应为 tag 或 segment"},
    {"at most {1} traits and tags are exported at once", NULL, "一次至多导出 {1} 个特质与标签"},
    {"'{1}' is empty, or there twice", NULL, "'{1}' 为空或重复"},
    {"traits, tags: go with people", NULL, "traits、tags 仅用于导出 people"},
    {"of: goes with people, segment_members and tag_values", NULL, "of 仅用于导出 people、segment_members 与 tag_values"},
    {"of: want segment:NAME", NULL, "of:应为 segment:名称"},
    {"of: want tag:NAME or tag:NAME=VALUE", NULL, "of:应为 tag:名称 或 tag:名称=取值"},

    /* Exports. */
    {"format: want ndjson, table or csv; `kith export` makes xlsx", NULL, "format:应为 ndjson、table 或 csv;xlsx 请用 `kith export` 生成"},
    {"{1}: only events and orders have a time to choose by", NULL, "{1}:只有事件和订单可以按时间筛选"},
    {"after: there is no such row; say the one that came last", NULL, "after:没有这一行;请给出最后收到的那一行"},
    {"say which dead letter, by its position, or all", NULL, "请用 position 指明哪一条死信,或用 all 表示全部"},
    {"{1} exports run already: try again when one has ended", NULL, "已有 {1} 个导出在进行:请等其中一个结束后再试"},
    {"source, received_at and position: only an import has them, with ?import=1", NULL,
     "source、received_at 与 position:只有带 ?import=1 的导入才可以有"},

    /* Orders of other shops, and imported files. */
    {"orders: want at most {1}", NULL, "orders:至多 {1} 个"},
    {"orders: want a list", NULL, "orders:应为列表"},
    {"orders: want {\"shop\":…,\"number\":…} each", NULL, "orders:每项应为 {\"shop\":…,\"number\":…}"},
    {"file: want the digest of a file, 32 hexadecimal digits", NULL, "file:应为文件的摘要,32 位十六进制数字"},

    /* Changes. */
    {"say either after or consumer", NULL, "after 与 consumer 只能给出一个"},
    {"facts: no such word: did you mean {1}", NULL, "facts:没有这个词;是否为 {1}"},
    {"facts: no such word", NULL, "facts:没有这个词"},
    {"after: want the cursor of a change, start or now", NULL, "after:应为变更的游标、start 或 now"},
    {"from: want the cursor of a change, start or now", NULL, "from:应为变更的游标、start 或 now"},
    {"acknowledged: want the cursor of a change", NULL, "acknowledged:应为变更的游标"},
    {"state: want 1, or leave it out", NULL, "state:应为 1,或省略"},
    {"say either acknowledged, with the cursor of a change, or from", NULL, "请给出 acknowledged(变更的游标)或 from"},
    {"from needs the role admin", NULL, "from 需要 admin 角色"},
    {"a consumer's name has at most {1} bytes", NULL, "消费者名称至多 {1} 字节"},
    {"a consumer's name is plain text of at most {1} bytes without \"/\" and control characters, and not . or ..", NULL,
     "消费者名称应为至多 {1} 字节的纯文本,不含 / 与控制字符,且不为 . 或 .."},
    {"that is too much at once: ask for less with limit, or without state", NULL, "一次内容过多:请减小 limit,或不带 state"},
    {"Nobody has asked for them: PUT /api/v1/consumers/NAME with {\"from\":\"now\"} first.", NULL,
     "尚无消费者:请先 PUT /api/v1/consumers/名称,正文 {\"from\":\"now\"}。"},
    {"Take a new cursor with after=now, export what there is, then go on behind the cursor; or begin at what is left with after=start.", NULL,
     "请用 after=now 取得新游标,全量导出,再从该游标继续;或用 after=start 从现存最早处开始。"},
    {"The workspace was restored from a backup since, or the cursor is another one's: take a new one with after=now, and export what there is.", NULL,
     "工作区可能已从备份恢复,或游标属于别处:请用 after=now 取得新游标,并全量导出。"},
    {"PUT /api/v1/consumers/NAME with {\"from\":\"now\"} makes it.", NULL, "PUT /api/v1/consumers/名称,正文 {\"from\":\"now\"} 即可新建。"},
    {"The token has changed or ended.", NULL, "令牌已变更或失效。"},

    /* Members. */
    {"want a whole number, not '{1}'", NULL, "应为整数,而不是 '{1}'"},
    {"want a whole number up to {1}", NULL, "应为不大于 {1} 的整数"},
    {"want a text of at most {1} bytes, without NUL", NULL, "应为至多 {1} 字节的文本,不含 NUL"},
    {"want a text of at most {1} bytes", NULL, "应为至多 {1} 字节的文本"},
    {"want a text without NUL, or a number, this is {1}", NULL, "应为不含 NUL 的文本或数字,而不是{1}"},
    {"want an object, this is {1}", NULL, "应为对象,而不是{1}"},
    {"want a list of events, this is {1}", NULL, "应为事件列表,而不是{1}"},
    {"want a list of identifiers, this is {1}", NULL, "应为标识列表,而不是{1}"},
    {"want a list of at most {1} identifiers", NULL, "应为至多 {1} 个标识的列表"},
    {"want a list of {1}, this is {2}", NULL, "应为 {1} 的列表,而不是{2}"},
    {"want a list, this is {1}", NULL, "应为列表,而不是{1}"},
    {"want a list of names, this is {1}", NULL, "应为名称列表,而不是{1}"},
    {"want a text without NUL, this is {1}", NULL, "应为不含 NUL 的文本,而不是{1}"},
    {"want a text or a number, this is {1}", NULL, "应为文本或数字,而不是{1}"},
    {"want a text, this is {1}", NULL, "应为文本,而不是{1}"},
    {"want true or false, this is {1}", NULL, "应为 true 或 false,而不是{1}"},
    {"want a whole number from 0, this is {1}", NULL, "应为不小于 0 的整数,而不是{1}"},
    {"want a whole number, this is {1}", NULL, "应为整数,而不是{1}"},
    {"want a time, this is {1}", NULL, "应为时间,而不是{1}"},
    {"it is said twice", NULL, "出现了两次"},
    {"there is no member '{1}'; the nearest is '{2}'", NULL, "没有 '{1}' 这个字段;最接近的是 '{2}'"},
    {"there is no member '{1}'", NULL, "没有 '{1}' 这个字段"},
    {"want 1, or leave it out", NULL, "应为 1,或不写"},
    {"want what 'next' gave", NULL, "应为上一页 'next' 给出的值"},
    {"want what 'next' gave, or a time: {1}", NULL, "应为上一页 'next' 给出的值,或一个时间:{1}"},
    {"'{1}' is not a time: want {2} or with an offset such as {3}", NULL, "'{1}' 不是时间:应如 {2},或带时区偏移如 {3}"},
    {"a time is text ({1}) or a number, this is {2}", NULL, "时间应为文本({1})或数字,而不是{2}"},
    {"the time is outside the years 1 to 9999", NULL, "时间不在公元 1 至 9999 年之内"},
    {"want 1 to {1} bytes", NULL, "应为 1 至 {1} 字节"},
    {"want 1 to {1} characters", NULL, "应为 1 至 {1} 个字符"},
    {"no such word: did you mean {1}", NULL, "没有这个取值:是不是 {1}"},
    {"no such word", NULL, "没有这个取值"},

    /* Events. */
    {"there is no member '{1}'; the nearest is '{2}'. Put your own under \"properties\"", NULL,
     "没有 '{1}' 这个字段;最接近的是 '{2}'。自定义内容请放在 \"properties\" 下"},
    {"an event needs a name of 1 to {1} bytes, with no NUL", NULL, "事件名应为 1 至 {1} 字节,不含 NUL"},
    {"an event's name has at most {1} bytes, this has {2}", NULL, "事件名至多 {1} 字节,现为 {2} 字节"},
    {"the event has {1} bytes, at most {2} are taken", NULL, "该事件有 {1} 字节,至多接收 {2} 字节"},
    {"the event is too long", NULL, "事件过长"},
    {"an event is an object, this is {1}", NULL, "事件应为对象,而不是{1}"},
    {"more than {1} events in one request: send several", NULL, "一次请求超过 {1} 个事件:请分多次发送"},
    {"more than {1} events in one batch: send several", NULL, "一批超过 {1} 个事件:请分多次发送"},
    {"more than {1} identifiers", NULL, "标识超过 {1} 个"},
    {"only an import has it, with ?import=1", NULL, "仅导入(?import=1)的事件可有此字段"},
    {"want 32 hex digits that tell the file, ':' and the line's number, from 1", NULL,
     "应为 32 位十六进制的文件摘要、':' 与从 1 起的行号"},
    {"import and source need the role write", NULL, "import 与 source 需要角色 write"},
    {"each one needs a \"type\", such as phone or openid", NULL, "每个标识都需要 \"type\",如 phone 或 openid"},
    {"each one needs a \"purpose\" and \"given\": true or false", NULL, "每项都需要 \"purpose\" 和 \"given\":true 或 false"},
    {"role '{1}': want own, receiver, payer, staff or other", NULL, "role '{1}':应为 own、receiver、payer、staff 或 other"},
    {"\"kind\" is person, staff, bot or system", NULL, "\"kind\" 应为 person、staff、bot 或 system"},
    {"type '{1}': want track, identify, page, screen, group or alias", NULL, "type '{1}':应为 track、identify、page、screen、group 或 alias"},
    {"{1} of {2} events were not taken ({3}): send the request again", NULL, "{2} 个事件中有 {1} 个未被接收({3}):请重发整个请求"},
    {"the compressed body is damaged: {1}", NULL, "压缩的正文已损坏:{1}"},

    /* People and identifiers. */
    {"Nobody has this identifier now; GET /api/v1/find?q=… looks by name, phone or order.", NULL,
     "现在没有人持有这个标识;可用 GET /api/v1/find?q=… 按姓名、手机号或订单号查找。"},
    {"'{1}' is no declared type of identifier: did you mean '{2}'? GET /api/v1/identity/types lists them", NULL,
     "'{1}' 不是已声明的标识类型:是不是 '{2}'?用 GET /api/v1/identity/types 查看全部"},
    {"'{1}' is no declared type of identifier: GET /api/v1/identity/types lists them", NULL,
     "'{1}' 不是已声明的标识类型:用 GET /api/v1/identity/types 查看全部"},
    {"this value identifies nobody ({1})", NULL, "这个值不能代表任何人({1})"},
    {"empty", NULL, "空值"},
    {"blocked", NULL, "已屏蔽"},
    {"masked", NULL, "已打码"},
    {"virtual", NULL, "隐私号"},
    {"malformed", NULL, "格式不对"},
    {"too_long", NULL, "过长"},
    {"say whose identifier it is, as TYPE:VALUE, such as phone:13812345678", NULL, "请写成 类型:值,例如 phone:13812345678"},
    {"a public id is 32 hexadecimal digits", NULL, "公开编号是 32 位十六进制数字"},
    {"an identifier is {1} or \"TYPE:VALUE\", this is {2}", NULL, "标识应为 {1} 或 \"类型:值\",而不是{2}"},
    {"want an identifier, not a person", NULL, "此处应为标识,而不是人"},
    {"{1} identifiers; this act takes {2} to {3}", NULL, "给出了 {1} 个标识;此操作需要 {2} 至 {3} 个"},
    {"want event, brand, channel, shop, store, staff, touchpoint, campaign, source, trait, purpose, entity or app; did you mean {1}", NULL,
     "应为 event、brand、channel、shop、store、staff、touchpoint、campaign、source、trait、purpose、entity 或 app;是不是 {1}"},
    {"want event, brand, channel, shop, store, staff, touchpoint, campaign, source, trait, purpose, entity or app", NULL,
     "应为 event、brand、channel、shop、store、staff、touchpoint、campaign、source、trait、purpose、entity 或 app"},
    {"want release, give or block", NULL, "应为 release(放行)、give(归属)或 block(屏蔽)"},
    {"say which act: its position (GET /api/v1/identity/acts tells), or one person in ids for the newest about them", NULL,
     "请说明撤销哪次操作:给出位点(见 GET /api/v1/identity/acts),或在 ids 中给出一个人以撤销关于此人的最近一次"},
    {"GET /api/v1/identity/acts lists those that are kept.", NULL, "用 GET /api/v1/identity/acts 查看现有记录。"},
    {"All of them must be of the person that ids names.", NULL, "所有标识都应属于 ids 中指明的人。"},
    {"Name the identifier that is meant.", NULL, "请直接给出标识。"},
    {"want 1 to {1} bytes: four last digits, a name, pinyin, an order number, or TYPE:VALUE", NULL,
     "应为 1 至 {1} 字节:手机后四位、姓名、拼音、订单号,或 类型:值"},

    /* Orders. */
    {"The shop has no order of this number, or this token may not see it.", NULL, "该店铺没有这个订单号,或该令牌无权查看。"},
    {"an order is an object, this is {1}", NULL, "订单应为对象,而不是{1}"},
    {"an order has a \"shop\" and a \"number\" of 1 to {1} bytes each", NULL, "订单需要 \"shop\" 与 \"number\",各 1 至 {1} 字节"},
    {"say which version it is: \"version\" that counts up, or \"modified\", the time of the source's change", NULL,
     "请说明是哪个版本:递增的 \"version\",或来源的修改时间 \"modified\""},
    {"currency: '{1}' is no code of ISO 4217 that is known, such as CNY", NULL, "currency:'{1}' 不是已知的 ISO 4217 币种代码,应如 CNY"},
    {"an amount of {1} has at most {2} digits behind the point", NULL, "{1} 金额至多 {2} 位小数,且须在范围之内"},
    {"a number with at most {1} digits behind the point", NULL, "数字至多 {1} 位小数"},
    {"want a number, this is {1}", NULL, "应为数字,而不是{1}"},
    {"want an object of amounts by kind, this is {1}", NULL, "应为按种类给出金额的对象,而不是{1}"},
    {"want an object of times by state, this is {1}", NULL, "应为按状态给出时间的对象,而不是{1}"},
    {"want a list, this is {1}", NULL, "应为列表,而不是{1}"},
    {"want a list of {\"type\", \"value\"}, this is {1}", NULL, "应为 {\"type\", \"value\"} 的列表,而不是{1}"},
    {"want a list of texts, this is {1}", NULL, "应为文本列表,而不是{1}"},
    {"want a text of 1 to {1} bytes without NUL", NULL, "应为 1 至 {1} 字节的文本,不含 NUL"},
    {"want refund, return or exchange", NULL, "应为 refund、return 或 exchange"},
    {"there is no '{1}'; the nearest is '{2}'", NULL, "没有 '{1}';最接近的是 '{2}'"},
    {"each one has an id of 1 to {1} bytes, as \"{2}\"", NULL, "每一项需要 1 至 {1} 字节的编号,写作 \"{2}\""},
    {"each identifier needs a \"type\", such as phone or taobao_ouid", NULL, "每个标识需要 \"type\",如 phone 或 taobao_ouid"},
    {"it is said twice", NULL, "重复出现"},
    {"'{1}' is said twice", NULL, "'{1}' 重复出现"},
    {"part: want head, payment, receiver, line, shipment, refund or state", NULL, "part 应为 head、payment、receiver、line、shipment、refund 或 state"},
    {"id: say which line, shipment or refund; the other parts have none", NULL, "id:请指明哪一行、包裹或退款;其他部分不需要"},
    {"field: want a state, such as paid", NULL, "field 应为状态,如 paid"},
    {"{1}: want a day, such as 2026-11-11", NULL, "{1} 应为日期,如 2026-11-11"},
    {"shop: say which one", NULL, "shop:请指明店铺"},
    {"list: each one has a \"number\" and an \"amount\"", NULL, "list:每一项需要 \"number\" 与 \"amount\""},
    {"a list has at most {1} orders: declare the day in parts", NULL, "列表至多 {1} 个订单:请分部分申报"},
    {"more than {1} orders in one request: send several", NULL, "一次至多 {1} 个订单:请分多次发送"},
    {"the version takes more than {1} bytes: send it in several parts", NULL, "该版本超过 {1} 字节:请分部分发送"},

    /* Things. */
    {"GET /api/v1/things/{kind} lists those that there are.", NULL, "可用 GET /api/v1/things/{kind} 查看现有的实体。"},
    {"GET /api/v1/kinds lists them; PUT declares one.", NULL, "用 GET /api/v1/kinds 查看全部,用 PUT 声明新的。"},
    {"It is not indexed, or not all of it yet: GET /api/v1/kinds tells, PUT asks for an index.", NULL,
     "该属性未设为可查,或索引尚未建完:用 GET /api/v1/kinds 查看,用 PUT 申请。"},
    {"It is limited to brands, and this thing is, or would be, another brand's or the whole group's.", NULL,
     "该令牌限定了品牌,而该实体属于(或将属于)其他品牌或整个集团。"},
    {"It is limited to brands, and this order is another brand's or the whole group's.", NULL,
     "该令牌限定了品牌,而该订单属于其他品牌或整个集团。"},
    {"want KIND/ID, such as region/华东", NULL, "应为 种类/编号,如 region/华东"},
    {"want under, or attribute and value, not both", NULL, "under 与 attribute、value 只能用其一"},
    {"want {\"kind\":…,\"id\":…} or \"KIND/ID\", this is {1}", NULL, "应为 {\"kind\":…,\"id\":…} 或 \"种类/编号\",而不是{1}"},
    {"want text, number, money, time, boolean or list; did you mean {1}", NULL, "应为 text、number、money、time、boolean 或 list;是不是 {1}"},
    {"want text, number, money, time, boolean or list", NULL, "应为 text、number、money、time、boolean 或 list"},
    {"want at most {1} names of kinds", NULL, "应为至多 {1} 个种类名称"},
    {"a kind takes at most {1} bytes", NULL, "一个种类的说明至多 {1} 字节"},
    {"a kind is cut short, or has more than {1} parents or {2} attributes", NULL, "种类的说明不完整,或上级超过 {1} 个、属性超过 {2} 个"},
    {"a kind has a name of 1 to {1} bytes, without \"/\" and control characters", NULL, "种类名称应为 1 至 {1} 字节,不含 \"/\" 与控制字符"},
    {"an attribute has a name of 1 to {1} bytes, without \"/\" and control characters", NULL, "属性名称应为 1 至 {1} 字节,不含 \"/\" 与控制字符"},
    {"a label has one line of at most {1} bytes", NULL, "显示名称应为一行,至多 {1} 字节"},
    {"a thing has a kind: GET /api/v1/kinds lists them", NULL, "实体需要种类:用 GET /api/v1/kinds 查看全部"},
    {"a thing has an id of 1 to {1} bytes on one line, and a namespace of no more", NULL, "实体编号应为一行 1 至 {1} 字节,命名空间至多同样长"},
    {"what is said of a thing is cut short, or of a time out of range", NULL, "实体的内容不完整,或时间超出范围"},
    {"what is deleted has neither attributes nor a parent", NULL, "终止实体时不能带属性或上级"},
    {"more than {1} things in one request: send several", NULL, "一次至多 {1} 个实体:请分多次发送"},
    {"{1} of {2} things were not taken ({3}): send the request again", NULL, "{2} 个实体中有 {1} 个未被接收({3}):请重发整个请求"},

    /* The calendar. */
    {"want workspace, shop or source", NULL, "应为 workspace、shop 或 source"},
    {"want that of a shop or a source, of at most {1} bytes; the workspace has none", NULL, "应为店铺或数据源的名称,至多 {1} 字节;工作区没有名称"},
    {"it is the workspace's alone", NULL, "只有工作区可设时区"},
    {"at most {1}, each a day or a span of days", NULL, "至多 {1} 项,每项为一天或一段日期"},
    {"want spans in order, none of them meeting another", NULL, "各段日期须先后有序,且互不重叠"},
    {"there is no '{1}'; the nearest is '{2}'", NULL, "没有 '{1}';最接近的是 '{2}'"},

    /* Relations. */
    {"It is limited to brands: name one of them as the relation's brand.", NULL, "该令牌限定了品牌:请在 brand 中指明其中之一。"},
    {"name the person by an identifier, TYPE:VALUE: the relation goes with it through merge and split", NULL,
     "请用标识(类型:值)指明此人:关系随该标识合并与拆分"},
    {"want begin, end or set", NULL, "应为 begin、end 或 set"},
    {"which relation? such as owned_by", NULL, "请指明关系类型,如 owned_by"},
    {"there is no relation '{1}'; the nearest is {2}", NULL, "没有关系类型 '{1}';最接近的是 {2}"},
    {"there is no such relation to things of the kind {1}", NULL, "没有指向该种类的这种关系:{1}"},
    {"a relation '{1}' leads to {2}", NULL, "关系 '{1}' 应指向:{2}"},
    {"an id has 1 to {1} bytes", NULL, "编号应为 1 至 {1} 字节"},
    {"want the id of somebody of staff, of at most {1} bytes", NULL, "应为员工编号,至多 {1} 字节"},
    {"want 1 to {1} of a-z, 0-9 and _", NULL, "应为 1 至 {1} 个 a-z、0-9 或 _"},
    {"want words, none of them empty and none with a bar", NULL, "应为若干词,不能为空,也不能含竖线"},
    {"at most {1} bytes with what stands between them", NULL, "连同分隔符至多 {1} 字节"},
    {"want at most {1} kinds of things, or person", NULL, "至多 {1} 个实体种类,或 person"},
    {"want a place on the ladder; the nearest is '{1}'", NULL, "应为客户阶梯中的一级;最接近的是 '{1}'"},
    {"a name has 1 to {1} bytes", NULL, "名称应为 1 至 {1} 字节"},
    {"a value has at most {1} bytes", NULL, "值至多 {1} 字节"},
    {"want one of {1}", NULL, "应为其中之一:{1}"},
    {"a relation takes at most {1} bytes", NULL, "一条关系至多 {1} 字节"},
    {"want names of relations to staff, such as owned_by", NULL, "应为指向员工的关系类型,如 owned_by"},
    {"want one or more types of relations to staff", NULL, "应为一个或多个指向员工的关系类型"},
    {"want somebody of staff", NULL, "应为员工,如 staff/G17"},
    {"want 1 to {1} of staff", NULL, "应为 1 至 {1} 位员工"},
    {"not to whom it is handed over from", NULL, "不能交接给原员工自己"},
    {"more than {1} relations in one request: send several", NULL, "一次至多 {1} 条关系:请分多次发送"},
    {"{1} of {2} relations were not taken ({3}): send the request again", NULL, "{2} 条关系中有 {1} 条未被接收({3}):请重发整个请求"},

    /* Scope. */
    {"want from and to: names of legal entities, null for that of the brands without one", NULL,
     "应给出 from 与 to:法律主体的名称,null 表示未声明主体的品牌"},
    {"want id: an identifier", NULL, "应给出 id:一个标识"},
    {"want a list of names", NULL, "应为名称列表"},
    {"a text of a share has at most {1} bytes", NULL, "共享中的文本至多 {1} 字节"},
    {"want sms, phone, email, official_account, mini_program, wecom, app or douyin", NULL,
     "应为 sms、phone、email、official_account、mini_program、wecom、app 或 douyin"},
    {"Nothing of this name is defined here, or this token may not see it.", NULL, "这里没有定义这个名称,或该令牌无权查看。"},
    {"It is made of tags or segments that this token doesn't see, and explaining it would tell what they say.", NULL,
     "它由此令牌看不到的标签或人群组成,解释会透露其内容。"},
    {"A token that is limited to brands changes tags and segments of these brands alone: say one as 'brand'.", NULL,
     "限定了品牌的令牌只能修改这些品牌的标签和人群:请用 brand 指明一个。"},
    {"It is limited to brands: lists and tags of these brands alone.", NULL, "该令牌限定了品牌:只能登记这些品牌的名单与标签。"},
    {"name the person by an identifier, TYPE:VALUE: what is said goes with it through merge and split", NULL,
     "请用标识(类型:值)指明此人:登记随该标识合并与拆分"},
    {"want set or unset", NULL, "应为 set 或 unset"},
    {"want tag or segment: the name of one that is set by hand", NULL, "请给出 tag 或 segment:手工标签或名单的名称"},
    {"until: it would be over before it is said", NULL, "until:在生效之前就已到期"},
    {"there is no list '{1}' on which people are put by hand", NULL, "没有手工登记的名单或标签 '{1}'"},
    {"there is no list '{1}' on which people are put by hand; did you mean '{2}'?", NULL, "没有手工登记的名单或标签 '{1}';是否指 '{2}'?"},
    {"this one holds or not, it has no values", NULL, "它只有成立与否,没有取值"},
    {"want a number with at most six decimals", NULL, "应为至多六位小数的数字"},
    {"who is taken off has none", NULL, "移除时不带取值"},
    {"want a {1} of at most {2} bytes", NULL, "应为 {1} 类型的值,至多 {2} 字节"},
    {"want one of those that are declared", NULL, "应为已声明的取值之一"},
    {"want none, text, number or time", NULL, "应为 none、text、number 或 time"},
    {"want an object, {} for a list without values", NULL, "应为对象,{} 表示没有取值的名单"},
    {"want the names of a group's tags, the first of which goes before the others", NULL, "应为互斥组内标签的名称,靠前者优先"},
    {"want an object: {1}", NULL, "应为对象:{1}"},
    {"want one of them: text, an expression; list; or tags, a group's", NULL, "请给出其一:text(表达式)、list(手工名单)或 tags(互斥组)"},
    {"a last day is for what holds or not, and this has values", NULL, "最后有效日只用于成立与否的定义,不用于取值标签"},
    {"want a day, as 2026-12-31", NULL, "应为日期,如 2026-12-31"},
    {"a group has 1 to {1} tags", NULL, "互斥组应有 1 至 {1} 个标签"},
    {"tag '{1}' stands twice in the group", NULL, "标签 '{1}' 在组内重复"},
    {"no event or thing has named the brand '{1}' yet", NULL, "尚无事件或事物提到品牌“{1}”"},
    {"tag '{1}' is in the group '{2}' already", NULL, "标签 '{1}' 已属于互斥组 '{2}'"},
    {"tag '{1}' is a group itself", NULL, "标签“{1}”本身就是一个组"},
    {"there is no tag '{1}' for the group", NULL, "组内没有标签 '{1}'"},
    {"there is no tag '{1}' for the group; did you mean '{2}'?", NULL, "组内没有标签 '{1}';是否指 '{2}'?"},
    {"only a list has values that are put, and listings that end", NULL, "只有手工名单才有登记的取值与有效天数"},
    {"somebody is in a segment or isn't: of a tag ask for values", NULL, "人群只有在与不在:取值请用标签"},
    {"a listing lasts at most {1} days", NULL, "登记至多有效 {1} 天"},
    {"a group is a tag of tags: name them", NULL, "互斥组是由标签组成的标签:请列出"},
    {"What happened before it was saved is still being read: ask for its state.", NULL, "仍在回溯保存之前的历史:可查询其状态。"},
    {"This tag has values: say which one as 'value', a text or a number.", NULL, "这是取值标签:请用 value 指明取值(文本或数字)。"},
    {"No brand of this name is known here, or this token may not see it; a token that is limited to brands names one.", NULL,
     "这里没有这个品牌,或该令牌无权查看;限定了品牌的令牌须指明一个品牌。"},

    /* Tokens, settings, names. */
    {"Send a token that is in force: Authorization: Bearer …; `kith token add` makes one.", NULL,
     "请发送有效的令牌:Authorization: Bearer …;用 `kith token add` 新建。"},
    {"It needs the role {1}.", NULL, "需要角色 {1}。"},
    {"It is limited to a guide's own customers, and this isn't about one of them.", NULL, "该令牌只限本导购的专属客户,此操作不在其内。"},
    {"such a token has the roles read and write alone: who collects could tell of anybody", NULL,
     "这样的令牌只能有 read 与 write 角色:能采集就能涉及任何人"},
    {"want guide: and the id of somebody of staff, of at most {1} bytes", NULL, "应为 guide: 加员工编号,至多 {1} 字节"},
    {"It is limited to brands, and this concerns the whole workspace.", NULL, "该令牌限定了品牌,而此操作涉及整个工作区。"},
    {"admin concerns the whole workspace: such a token is not limited to brands", NULL, "admin 涉及整个工作区:这样的令牌不能限定品牌"},
    {"a hook goes to http://…, https://…, or to the plain name of a file", NULL, "推送目标应为 http://…、https://…,或不含路径的文件名"},
    {"a hook's name is plain text without \"/\" and control characters, and not . or ..", NULL, "推送名称应为普通文本,不含 \"/\" 和控制字符,也不能是 . 或 .."},
    {"a hook has a name of at most {1} bytes, a secret of at most {2}, and at least one cause", NULL,
     "推送需要至多 {1} 字节的名称、至多 {2} 字节的密钥,以及至少一种成因"},
    {"say in at most {1} bytes what the law lets you read it for, such as a file number", NULL, "请用至多 {1} 字节说明法定用途,例如案号"},
    {"The shop has no order of this number whose buyer was erased; others are under /api/v1/orders.", NULL, "该店铺没有此订单号的封存订单;其他订单见 /api/v1/orders"},
    {"A copy for the person is whole: it needs a token that sees values in full.", NULL, "个人信息副本须完整:请使用不打码的令牌"},
    {"want some of collect, read, write, admin, legal, each once", NULL, "应为 collect、read、write、admin、legal 中的若干个,各写一次"},
    {"want some of collect, read, write, admin, legal", NULL, "应为 collect、read、write、admin、legal 中的若干个"},
    {"a token has a name, which is also the source of the events that it collects", NULL, "令牌需要名称,它也是所采集事件的数据源"},
    {"want at most {1} names of at most {2} bytes", NULL, "至多 {1} 个名称,每个至多 {2} 字节"},
    {"want {1} with a whole number; GET shows them all", NULL, "应为 {1},value 为整数;用 GET 查看全部"},

    {"How long a message id is remembered, so that a second one is refused.", NULL, "消息编号记住多久,期间重复的会被拒收。"},
    {"How many message ids are remembered at most.", NULL, "最多记住多少个消息编号。"},
    {"An identifier with more partners than this, seen within identity.hub_days, is a hub.", NULL,
     "在 identity.hub_days 内出现的伙伴超过此数的标识视为枢纽。"},
    {"Partners first seen longer ago than this don't make an identifier a hub.", NULL, "更早出现的伙伴不计入枢纽判断。"},
    {"How many acts are kept to be shown and taken back; the oldest go first.", NULL, "保留多少条人工操作供查看和撤销;最旧的先清除。"},
    {"East of UTC: where the days of orders begin and end. A change counts for orders that change later.", NULL,
     "以东多少分钟:订单按日归属的时区。修改后只影响此后变动的订单。"},
    {"So many orders within relation.loyal_days make a customer loyal.", NULL, "relation.loyal_days 天内达到多少单即为忠诚客户。"},
    {"The days for relation.loyal_orders.", NULL, "relation.loyal_orders 所看的天数。"},
    {"Without an event for so many days a customer counts as lost.", NULL, "多少天没有任何事件即视为流失。"},
    {"The number of the currency in which orders of all shops are added up.", NULL, "集团本位币的 ISO 4217 数字代码。"},
    {"minutes", NULL, "分钟"},
    {"Events are moved from the log into a run when so many have come. More: fewer, bigger runs, and more memory.", NULL,
     "积累多少个事件后从日志移入归档段。越大:归档段越少越大,占用内存越多。"},
    {"Events are moved from the log into a run at the latest when one has waited so long.", NULL, "事件最迟等待多久后从日志移入归档段。"},
    {"How many reads of personal data the audit list keeps; the log has all of them until it is trimmed.", NULL,
     "审计列表保留多少条个人数据读取记录;日志在截断之前保有全部。"},
    {"days", NULL, "天"},
    {"orders", NULL, "单"},
    {"seconds", NULL, "秒"},
    {"identifiers", NULL, "个标识"},
    {"ids", NULL, "个编号"},
    {"acts", NULL, "条操作"},
    {"events", NULL, "个事件"},
    {"reads", NULL, "条读取"},

    /* The request itself, and the process. */
    {"See /api/v1/openapi.json for what there is.", NULL, "全部地址见 /api/v1/openapi.json。"},
    {"See /api/v1/openapi.json.", NULL, "见 /api/v1/openapi.json。"},
    {"Send at most {1} bytes at once.", NULL, "一次至多发送 {1} 字节。"},
    {"Ask for less at a time.", NULL, "请一次少取一些。"},
    {"{1}: no such workspace", NULL, "没有工作区 {1}"},
    {"there are {1} workspaces and none is called main: name one as {2}", NULL, "有 {1} 个工作区,且没有名为 main 的:请用 {2} 指明"},
    {"commands are not taken now ({1}): try again", NULL, "现在不接收命令({1}):请稍后重试"},
    {"The server's log says more; the request is not at fault.", NULL, "详情见服务端日志;请求本身没有问题。"},
    {"The clock jumped by more than a minute: set it right, or confirm it.", NULL, "时钟跳变超过一分钟:请校正或确认。"},
    {"The disk is nearly full: make room; reading goes on.", NULL, "磁盘将满:请腾出空间;读取不受影响。"},
    {"There is no workspace: `kith init` makes one.", NULL, "还没有工作区:用 `kith init` 新建。"},

    /* The command line. */
    {"{1}/workspace.json is there already", NULL, "{1} 已经是工作区:可直接 `kith serve`"},
    {"{1} is there already", NULL, "{1} 已存在"},
    {"can't read {1}: is this the folder of `kith init`?", NULL, "读不到 {1}:它是 `kith init` 建立的目录吗?"},
    {"{1}: another process holds this lock", "{1}: another process holds this lock: does a daemon run there already?", "{1}:正被另一个进程占用,是否已有守护进程在运行?"},
    {"there is no checkpoint yet: nothing to compare with", "there is no checkpoint yet: `kith checkpoint` makes one", "还没有检查点:用 `kith checkpoint` 建立"},
    {"a workspace's name has 1 to {1} of the characters a-z, 0-9, - and _", NULL, "工作区名称应为 1 至 {1} 个字符,限 a-z、0-9、- 和 _"},
    {"{1}: No such file or directory", NULL, "没有这个文件或目录:{1}"},
    {"{1}: Permission denied", NULL, "没有权限:{1}"},
    {"{1}: Is a directory", NULL, "这是目录:{1}"},
    {"can't write {1}", NULL, "写不了 {1}"},
    {"'{1}' is not a size: want 512M or 4G", NULL, "'{1}' 不是大小:应如 512M 或 4G"},
    {"--listen {1}: want ADDRESS:PORT, such as {2}", NULL, "--listen {1}:应为 地址:端口,如 {2}"},
    {"the token is no token: too long, or with a line end in it", NULL, "这不是令牌:过长,或含有换行"},
    {"the daemon has been busy for {1} s: try again later, what was sent is kept and won't be doubled", NULL,
     "守护进程已忙 {1} 秒:请稍后重试,已发送的不会丢也不会重复"},

    {"Wait a moment and send it again.", NULL, "请稍候重发。"},
    {"Send it again in a moment.", NULL, "请稍后重发。"},
    /* Predictions. */
    {"of {1} people so much can't be kept in mind at once: name fewer traits, tags and segments", NULL, "{1} 人的这么多信息无法同时载入内存:请减少特质、标签与人群"},
    {"of a look-alike everybody is looked at, also who did nothing", NULL, "相似人群会考察所有人,包括没有任何行为的人"},
    {"want the name of a {1}", NULL, "应为 {1} 的名称"},
    {"{1} of what? say it behind the event: {2}", NULL, "对什么求 {1}?请写在事件之后:{2}"},
    {"{1} takes events and no value of them", NULL, "{1} 只针对事件,不取数值"},
    {"a prediction looks at {1} kinds of events at most: events with conditions count apart", NULL, "一个预测至多涉及 {1} 种事件(带条件的单独计)"},
    {"a prediction reads {1} values of events at most", NULL, "一个预测至多读取 {1} 个事件数值"},
    {"a prediction looks at {1} traits, tags and segments at most", NULL, "一个预测至多涉及 {1} 个特质、标签与人群"},
    {"say either \"target\", what people will do, or \"like\", whom they may be like", NULL, "请给出“target”(预测人们将做什么)或“like”(与谁相似)之一"},
    {"by what? say \"features\": [\"count(order_paid in last 90 days)\", \"days_since(last(order_paid).time)\"]", NULL, "依据什么?请给出“features”,如 [\"count(order_paid in last 90 days)\", \"days_since(last(order_paid).time)\"]"},
    {"\"{1}\" says something personal of people: to decide by it all the same, say it in \"sensitive\"", NULL, "“{1}”属于个人敏感信息:若确要据此判断,请写进“sensitive”"},
    {"nobody has a trait \"{1}\"", NULL, "没有人有特质“{1}”"},
    {"the trait \"{1}\" is masked for this token", NULL, "特质“{1}”对该令牌是脱敏的"},
    {"there is no tag \"{1}\"", NULL, "没有标签“{1}”"},
    {"there is no segment \"{1}\"", NULL, "没有人群“{1}”"},
    {"the {1} \"{2}\" isn't in force yet: what happened before it was saved is still being read", NULL, "“{2}”尚未生效:仍在回溯保存之前的历史"},
    {"who was in it at the time isn't known: say what it counts as features", NULL, "当时谁在其中无从得知:请把它所统计的内容写成特征"},
    {"what is foretold has no window of its own: it is what happens within \"horizon\"", NULL, "预测目标不能自带时间窗口:它指“horizon”之内发生的事"},
    {"what is foretold counts or sums: it has no days since", NULL, "预测目标只能计数或求和,不能用距今天数"},
    {"want at most {1} days: ask without a window", NULL, "至多 {1} 天:可不带窗口"},
    {"features have windows that move with the day they are of: in last …, within …, in this …", NULL, "特征的时间窗口须随日期移动:in last …、within …、in this …"},
    {"a prediction is of count, sum, avg, min, max, days, did and days_since, with + - * / and comparisons of them", NULL, "预测可用 count、sum、avg、min、max、days、did、days_since,以及 + - * / 和比较"},
    {"of a prediction did() has one step: sequences go into a tag", NULL, "预测中的 did() 只能有一步:序列请做成标签"},
    {"of a prediction the only call is days_since(last(…).time), or of first(…); traits, tags and segments stand in \"traits\", \"tags\" and \"segments\"", NULL, "预测中只能调用 days_since(last(…).time) 或 first(…);特质、标签与人群请写在“traits”“tags”“segments”中"},
    {"a prediction compares numbers: texts go behind where", NULL, "预测比较的是数字:文本条件请写在 where 之后"},
    {"want a condition, such as {1}", NULL, "应为条件,如 {1}"},
    {"want whole days, such as \"30d\"", NULL, "应为整天数,如“30d”"},
    {"want whom people may be like: {1}", NULL, "应说明与谁相似:{1}"},
    {"this feature is there twice", NULL, "该特征出现了两次"},
    {"predictions are of persons", NULL, "预测以个人为主体"},
    {"a feature has at most {1} bytes", NULL, "一个特征至多 {1} 字节"},
    {"want an expression of at most {1} bytes, such as {2}", NULL, "应为至多 {1} 字节的表达式,如 {2}"},
    {"want a model as `predict` gives it, in base64", NULL, "应为 predict 给出的模型(base64)"},
    {"the model was fitted to the feature {1}, which isn't asked for any more: fit it again", NULL, "模型所依据的特征 {1} 已不在问题中:请重新拟合"},
    {"among {1} people, of whom {2} are what is looked for: {3}", NULL, "共 {1} 人,其中正例 {2} 人:{3}"},
    {"{1} rows of label 1 and {2} of label 0 to fit to; it takes {3} of either", NULL, "可用于拟合的正例 {1} 个、负例 {2} 个,各至少需要 {3} 个"},
    {"{1} rows of label 1 to tell how frequent labels are; it takes {2}", NULL, "用于估计种子比例的正例只有 {1} 个,至少需要 {2} 个"},
    {"there is nobody to judge the model by: events have to go back two horizons", NULL, "没有可供检验的人:事件须至少回溯两个预测期"},
    {"nobody has any of the features", NULL, "没有人具备任何一个特征"},
    {"every: want day, week or month", NULL, "every:应为 day、week 或 month"},
    {"at: want a time of the day, such as 03:30, of what comes again", NULL, "at:应为一天中的时刻,如 03:30,且须同时给出 every"},
    {"at: want a time of the day, such as 03:30", NULL, "at:应为一天中的时刻,如 03:30"},
    {"on: want 1, Monday, to 7 of a week, or 1 to {1} of a month", NULL, "on:按周为 1(周一)至 7,按月为 1 至 {1} 日"},
    {"people: what is run by schedule names nobody", NULL, "people:定时执行的问题不能指定个人"},
    {"there is no prediction \"{1}\"", NULL, "没有预测“{1}”"},
    {"the prediction \"{1}\" has no model yet: fit it first", NULL, "预测“{1}”尚无模型:请先拟合"},
    {"There is no such prediction", NULL, "没有这个预测"},
    {"`kith predict list` lists them.", NULL, "用 `kith predict list` 查看全部。"},
    {"a prediction's name is of lower-case letters, digits and \"_\", at most {1} of them", NULL, "预测名称由小写字母、数字与“_”组成,至多 {1} 个"},
    {"a prediction has a question of at most {1} bytes and a label of at most {2}", NULL, "预测应有至多 {1} 字节的问题和至多 {2} 字节的说明"},
    {"a model that is kept has at most {1} KiB: ask for fewer or less deep trees", NULL, "保存的模型至多 {1} KiB:请减少树的棵数或深度"},
    {"deciles have no people: ask `score` who is likeliest", NULL, "十分位没有人员明细:请用 score 查看评分最高的人"},
    {"its rows are people already", NULL, "它的每一行已经是人"},

    /* Questions about events. */
    {"{1} questions wait already: try again when one is answered", NULL, "已有 {1} 个问题在排队:请等其中一个答完后再试"},
    {"the answer is over {1} MiB: ask for less, by a shorter range or fewer values", NULL, "答案超过 {1} MiB:请缩短时间范围或减少取值"},
    {"It was answered, cancelled or forgotten: ask it again.", NULL, "它已答完、已取消或已过期:请重新提问。"},
    {"Ask it again.", NULL, "请重新提问。"},
    {"say whose people, by the names of the answer, such as {\"step\":2}", NULL, "请用答案中的名称指明哪一格,如 {\"step\":2}"},
    {"the daemon ends", NULL, "守护进程正在停止"},
    {"GET /api/v1/names?kind=event lists them.", NULL, "用 GET /api/v1/names?kind=event 查看全部。"},
    {"want property or item", NULL, "应为 property 或 item"},
    {"want 1 to {1}", NULL, "应为 1 至 {1}"},
    {"there is no question \"{1}\"; did you mean \"{2}\"?", NULL, "没有“{1}”这种问题;是不是“{2}”?"},
    {"there is no member \"{1}\"; did you mean \"{2}\"?", NULL, "没有“{1}”这个参数;是不是“{2}”?"},
    {"there is no event \"{1}\"; did you mean \"{2}\"?", NULL, "没有“{1}”这个事件;是不是“{2}”?"},
    {"there is no property \"{1}\"; did you mean \"{2}\"?", NULL, "没有“{1}”这个属性;是不是“{2}”?"},
    {"\"{1}\" is none of {2}; did you mean \"{3}\"?", NULL, "“{1}”不在 {2} 之中;是不是“{3}”?"},
    {"\"{1}\" is missing", NULL, "缺少“{1}”"},
    {"want one of {1}", NULL, "应为以下之一:{1}"},
    {"want an object, got {1}", NULL, "应为对象,而不是{1}"},
    {"want a text, got {1}", NULL, "应为文本,而不是{1}"},
    {"want true or false, got {1}", NULL, "应为 true 或 false,而不是{1}"},
    {"want the name of an event, got {1}", NULL, "应为事件名称,而不是{1}"},
    {"want the name of a property, got {1}", NULL, "应为属性名称,而不是{1}"},
    {"\"money\" goes with what events say themselves: their properties, and those of items", NULL,
     "“money”只用于事件自身的属性与商品明细的属性"},
    {"want the \"as_of\" of an earlier answer, a whole number", NULL, "应为先前答案的“as_of”,即一个整数"},
    {"want the name of an event in single quotes", NULL, "应为单引号中的事件名称"},
    {"there is no segment \"{1}\"; did you mean \"{2}\"?", NULL, "没有人群“{1}”;是不是“{2}”?"},
    {"there is no tag \"{1}\"; did you mean \"{2}\"?", NULL, "没有标签“{1}”;是不是“{2}”?"},
    {"there is no zone \"{1}\": want \"+08:00\", or a name such as \"Asia/Shanghai\"", NULL,
     "没有时区“{1}”:应为 \"+08:00\" 或 \"Asia/Shanghai\" 这样的名称"},
    {"there is no segment \"{1}\", or this token may not see it", NULL, "没有人群“{1}”,或此令牌不可见"},
    {"there is no tag \"{1}\", or this token may not see it", NULL, "没有标签“{1}”,或此令牌不可见"},
    {"the segment \"{1}\" isn't in force yet: what happened before it was saved is still being read", NULL,
     "人群“{1}”尚未生效:仍在读取保存之前的历史"},
    {"the tag \"{1}\" isn't in force yet: what happened before it was saved is still being read", NULL,
     "标签“{1}”尚未生效:仍在读取保存之前的历史"},
    {"the tag \"{1}\" can't have the value \"{2}\"", NULL, "标签“{1}”不会有取值“{2}”"},
    {"the tag \"{1}\" has {2} values: a question is broken down by {3} at most, so make a tag of ranges of it", NULL,
     "标签“{1}”有 {2} 个取值:至多按 {3} 个取值细分,请先另建一个分段的标签"},
    {"the values of the tag \"{1}\" are texts, which this token doesn't see", NULL, "标签“{1}”的取值为文本,此令牌不可见"},
    {"want the name of a segment, or such as \"tag:level=gold\"", NULL, "应为人群名称,或如“tag:level=gold”"},
    {"want a list of 1 to {1} segments", NULL, "应为 1 至 {1} 个人群的列表"},
    {"want a segment, a list of them, or {\"all\": …, \"any\": …, \"none\": …}, got {1}", NULL,
     "应为人群、人群列表或 {\"all\": …, \"any\": …, \"none\": …},而不是{1}"},
    {"want \"all\", \"any\" or \"none\"", NULL, "应有“all”“any”或“none”"},
    {"conditions within conditions go at most {1} deep", NULL, "条件至多嵌套 {1} 层"},
    {"a question names at most {1} tags and segments", NULL, "一个问题至多引用 {1} 个标签与人群"},
    {"it names more than {1} sets", NULL, "引用的集合超过 {1} 个"},
    {"the tags and segments of the question take more than {1} MiB: name fewer of them", NULL,
     "问题引用的标签与人群占用超过 {1} MiB:请减少引用"},
    {"want a list of 1 to {1} events", NULL, "应为 1 至 {1} 个事件的列表"},
    {"want a list of {1} to {2} events", NULL, "应为 {1} 至 {2} 个事件的列表"},
    {"want a list of 1 to {1} numbers", NULL, "应为 1 至 {1} 个数字的列表"},
    {"want a list of 1 to {1} series", NULL, "应为 1 至 {1} 个序列的列表"},
    {"want a list of models", NULL, "应为模型列表"},
    {"there is no such model; did you mean \"{1}\"?", NULL, "没有这种模型;是不是“{1}”?"},
    {"say in \"direct\" which channel is the direct one", NULL, "请在“direct”中指明哪个是直接流量渠道"},
    {"say in \"credit\" whether the first or the last touch gets the order", NULL, "请在“credit”中指明订单归首次还是末次触点"},
    {"only the model \"last\" by itself does without paths", NULL, "只有单独使用“last”模型时才可以不要路径"},
    {"a question without paths knows conversions only", NULL, "不要路径的问题只知道转化"},
    {"there is no report \"{1}\"", NULL, "没有报表“{1}”"},
    {"a report's name is plain text of at most {1} bytes without \"/\" and control characters, and not . or ..", NULL,
     "报表名称应为至多 {1} 字节的普通文本,不含 \"/\" 和控制字符,也不能是 . 或 .."},
    {"a report has a kind of question, a question of at most {1} bytes and a label of at most {2}", NULL,
     "报表应有问题种类、至多 {1} 字节的问题和至多 {2} 字节的说明"},
    {"a report's question has at most {1} bytes", NULL, "报表的问题至多 {1} 字节"},
    {"which report? give its name", NULL, "哪个报表?请给出名称"},
    {"want a currency such as \"CNY\" or \"USD\", or \"each\"", NULL, "应为币种,如“CNY”“USD”,或“each”"},
    {"what led to no conversion has no value of the breakdown: leave out \"value\"", NULL, "未转化的路径没有细分取值:请去掉“value”"},
    {"ask for one of the channels in \"{1}\" by its name", NULL, "请用名称指明“{1}”中的某个渠道"},
    {"the question has no \"unit\"", NULL, "该问题没有“unit”"},
    {"the question's \"values\" have no \"{1}\"", NULL, "该问题的“values”中没有“{1}”"},
    {"want 1 to {1} numbers", NULL, "应为 1 至 {1} 个数字"},
    {"want numbers that ascend", NULL, "数字应递增"},
    {"want a whole number from {1} to {2}", NULL, "应为 {1} 至 {2} 的整数"},
    {"want at most {1} days", NULL, "至多 {1} 天"},
    {"want at most {1} properties", NULL, "至多 {1} 个属性"},
    {"want at most {1} exclusions", NULL, "至多 {1} 个排除条件"},
    {"want a span such as {1}", NULL, "应为时长,如 {1}"},
    {"want an instant within the range", NULL, "应为范围之内的时刻"},
    {"want a date or a time: {1}", NULL, "应为日期或时间:{1}"},
    {"want one value, not all the others", NULL, "应指明一个取值,而不是其余全部"},
    {"want one transition, not all the others", NULL, "应指明一个转移,而不是其余全部"},
    {"want the {1} of a row of the answer, such as \"{2}\"", NULL, "应为答案某一行的 {1},如“{2}”"},
    {"a question has at most {1} kinds of events", NULL, "一个问题至多有 {1} 组事件"},
    {"a question has at most {1} values", NULL, "一个问题至多取 {1} 个属性值"},
    {"say either \"last\", or \"from\" and \"until\"", NULL, "“last”与“from”“until”只能给出一种"},
    {"say either \"by\" or \"breakdown\"", NULL, "“by”与“breakdown”只能给出一个"},
    {"the range is empty: \"until\" has to be after \"from\"", NULL, "时间范围为空:“until”应晚于“from”"},
    {"the range has {1} units of a {2}: at most {3}", NULL, "该范围含 {1} 个 {2},至多 {3} 个:请缩短范围或加大单位"},
    {"the question needs too much memory: ask for fewer values, or a shorter range", NULL, "问题所需内存过多:请减少取值或缩短范围"},
    {"the question needs too much memory", NULL, "问题所需内存过多:请缩短范围"},
    {"a pattern behind \"matches\" takes too many steps: make it simpler, without repeats within repeats or several \".*\"", NULL,
     "“matches”之后的模式步数过多:请简化,不要在重复之中再重复,也不要连用多个“.*”"},
    {"the question was cancelled", NULL, "该问题已取消"},
    {"the breakdown is of {1} values, not {2}", NULL, "细分有 {1} 个取值,而不是 {2} 个"},
    {"the question has no breakdown", NULL, "该问题没有细分"},
    {"'{1}' is not a time: want 2026-11-22, {2}", NULL, "'{1}' 不是时间:应如 2026-11-22、{2}"},
    {"a week begins on a day from 1 (Monday) to 7 (Sunday), not {1}", NULL, "每周第一天为 1(星期一)至 7(星期日),而不是 {1}"},
    {"rolling periods are of {1}", NULL, "滚动周期只能以 {1} 为单位"},
    {"there is nothing between the steps of a funnel of one", NULL, "只有一步的漏斗没有步骤之间"},
    {"\"dedup\" and \"fixed\" are of funnels with an order", NULL, "“dedup”与“fixed”只用于有序漏斗"},
    {"\"strict_increase\" is of funnels with an order", NULL, "“strict_increase”只用于有序漏斗"},
    {"\"grace_ms\" goes with order \"ordered\" within a span or a day, and not with \"strict_increase\"", NULL, "“grace_ms”只能与 order “ordered”、时长或同日窗口同用,且不与“strict_increase”同用"},
    {"\"value\" goes neither with mode \"streak\" nor with clock \"rolling_hours\"", NULL, "“value”不能与 mode “streak”或 clock “rolling_hours”同用"},
    {"want two periods, such as [1, 3], of 0 to {1}", NULL, "应为 0 至 {1} 之间的两个周期,如 [1, 3]"},
    {"\"brackets\": want 1 to {1} of them, such as {2}", NULL, "“brackets”应有 1 至 {1} 个,如 {2}"},
    {"{1} cohorts of {2} periods: at most {3} together; take a longer unit or a shorter range", NULL, "{1} 个同期群乘 {2} 个周期过多,至多 {3}:请加大单位或缩短范围"},
    {"{1} cohorts of {2} periods are too many: at most {3} cells", NULL, "{1} 个同期群乘 {2} 个周期过多:至多 {3} 格"},
    {"say \"start\" and \"end\", or \"anchor\", or \"next\"", NULL, "请给出“start”与“end”,或“anchor”,或“next”"},
    {"what comes next is told of the first or of the last", NULL, "下一步只能从首次或末次匹配起算"},
    {"the reference date lies before the range", NULL, "基准日早于时间范围"},
    {"people are scored, nothing else", NULL, "只能对人打分"},
    {"wallets are of persons", NULL, "钱包份额只能按人计算"},
    {"want \"total\", the trait that says what somebody spends in all (declared, surveyed or imported), or \"total_low\" and \"total_high\" for a range: a share of wallet "
     "can't be told from own sales alone",
     NULL, "请给出“total”(顾客品类总支出的特质:申报、问卷或导入),或用“total_low”与“total_high”给出区间:仅凭自有销售额无法得出钱包份额"},
    {"of the {1} people that the question is about none has a number above 0 as the trait \"{2}\": a share of wallet comes of totals that are declared, surveyed or "
     "imported, never of own sales alone",
     NULL, "所问的 {1} 人中,无人的特质“{2}”是大于 0 的数:钱包份额取自申报、问卷或导入的总支出,从不只凭自有销售额推算"},
    {"want \"tag:NAME\", \"segment:NAME\" or \"trait:NAME\": wallets are people's, not events'", NULL, "应为“tag:名称”“segment:名称”或“trait:名称”:钱包属于人,而非事件"},
    {"the range hasn't begun", NULL, "时间范围尚未开始"},
    {"traits are written of an answer with a row a person: the questions value and wallet, with \"by_person\": true", NULL,
     "只有逐人的答案才能写为特质:value 与 wallet 问题,并加 \"by_person\": true"},
    {"the value is of persons", NULL, "价值只能按人计算"},
    {"nobody bought again, so there is nothing to fit", NULL, "没有人复购,无法拟合"},
    {"at most {1} groups are compared", NULL, "至多比较 {1} 组"},
    {"measure \"{1}\" has no \"value\"", NULL, "指标“{1}”不需要“value”"},
    {"measure \"active\" is told day by day: unit \"day\"", NULL, "指标“active”按日计算:unit 应为“day”"},
    {"\"cumulative\" doesn't go with measure \"{1}\"", NULL, "“cumulative”不能与指标“{1}”同用"},
    {"\"of\": \"count\" has no \"value\"", NULL, "“of”为“count”时没有“value”"},
    {"\"{1}\" wants a text in single quotes", NULL, "“{1}”之后应为单引号中的文本"},
    {"true and false have no order: want a text or a number behind \"{1}\"", NULL, "true 与 false 没有大小:“{1}”之后应为文本或数字"},
    {"both ends are numbers, or both are texts", NULL, "两端应同为数字或同为文本"},
    {"a formula has at most {1} parts", NULL, "公式至多 {1} 个部分"},
    {"want a number, \"(\", or a series from A to {1}", NULL, "应为数字、“(”或 A 至 {1} 的序列"},
    {"want \")\"", NULL, "应为“)”"},
    {"want +, -, * or /", NULL, "应为 +、-、* 或 /"},
    {"place {1}: {2}", NULL, "第 {1} 个字符:{2}"},
    {"a {1} isn't made of whole ones of a {2}", NULL, "{1} 不由整个的 {2} 组成"},
    {"too many of a {1} in so long a range", NULL, "该范围内的 {1} 过多"},
    {"want a rate of 0 to 1 for a period, such as 0.01", NULL, "应为每期 0 至 1 的比率,如 0.01"},
    {"a value is a text, or null for none", NULL, "取值应为文本,或用 null 表示无"},
    {"none of the answer's, such as \"{1}\"", NULL, "不在答案之中,如“{1}”"},
    {"the question has no \"{1}\"", NULL, "该问题没有“{1}”"},

    {"more than {1}", NULL, "超过 {1} 个"}, /* the last: others begin so */
};

static const struct {
    const char *slug, *zh;
} titles[] = {
    {"invalid", "请求不符合格式要求"},
    {"denied", "无权进行此操作"},
    {"not-found", "没有这个对象"},
    {"exists", "已存在"},
    {"limit", "请求超出上限"},
    {"full", "暂时无法处理,请重试"},
    {"unavailable", "暂时无法处理,请重试"},
    {"server", "服务端出现故障"},
    {"too-large", "应答过大"},
    {"body-too-large", "请求正文过大"},
    {"no-token", "请出示令牌"},
    {"not-allowed", "该令牌无权进行此操作"},
    {"wrong-method", "该地址不支持此方法"},
    {"no-such-address", "没有这个地址"},
    {"no-such-file", "控制台没有这个文件"},
    {"no-such-person", "没有这个人"},
    {"no-such-order", "没有这个订单"},
    {"no-such-brand", "没有这个品牌"},
    {"no-such-definition", "没有这个标签或人群"},
    {"not-in-force", "尚未生效"},
    {"which-value", "请指明取值"},
    {"which-cut", "截至何时?"},
    {"no-preview", "无法预览"},
    {"no-such-consumer", "没有这个消费者"},
    {"changes-not-kept", "未保留变更"},
    {"changes-gone", "该游标之后的变更已不再保留"},
    {"changes-ahead", "尚无到此游标的变更"},
    {"no-such-act", "没有这次操作"},
    {"no-such-thing", "没有这个实体"},
    {"no-such-kind", "没有这个种类"},
    {"no-such-question", "没有这种问题"},
    {"no-such-study", "没有这个正在计算的问题"},
    {"study-cancelled", "该问题已取消"},
    {"no-such-event", "没有这个事件"},
    {"not-indexed", "不能按该属性查找实体"},
    {"nothing-taken", "没有一项可以接收"},
    {"several-people", "这些标识不属于同一个人"},
    {"no-identifier", "此人没有有效的标识"},
    {"bad-event", "无法读取该事件"},
    {"not-ready", "尚未就绪"},
    {"no-room", "同时到来的大请求过多"},
    {"closing", "服务正在停止"},
    {"bad-target", "请求地址不是普通路径"},
    {"bad-framing", "无法判断请求正文在哪里结束"},
    {"bad-host", "请求须且只能带一个 Host 头"},
    {"unknown-method", "服务端不认识这个方法"},
    {"target-too-long", "请求地址过长"},
    {"headers-too-large", "请求头过大"},
};

const char *wording_title(const char *slug)
{
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (strcmp(titles[i].slug, slug) == 0)
            return titles[i].zh;
    return NULL;
}

/* --- which language --- */

/* The weight of the language that `range` begins with: "zh-CN;q=0.8" is 800 for "zh"; -1: it is another one. */
static int weight_of(struct bytes range, const char *language)
{
    while (range.size > 0 && range.data[0] == ' ')
        range = bytes_slice(range, 1, range.size);
    size_t size = strlen(language);
    bool ends = range.size == size || (range.size > size && strchr("-;, ", range.data[size]) != NULL);
    if (range.size < size || strncasecmp((const char *)range.data, language, size) != 0 || !ends)
        return -1;
    char text[LANGUAGE_BYTES_MAX] = "";
    memcpy(text, range.data, range.size);
    const char *q = strstr(text, "q=");
    return q == NULL ? 1000 : (int)(strtod(q + 2, NULL) * 1000);
}

bool wording_in_chinese(struct bytes accept_language)
{
    int chinese = 0, english = 0; /* the first of equal ones wins */
    struct bytes rest = bytes_slice(accept_language, 0, accept_language.size < LANGUAGE_BYTES_MAX ? accept_language.size : LANGUAGE_BYTES_MAX - 1);
    while (rest.size > 0) {
        const uint8_t *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma == NULL ? rest.size : (size_t)(comma - rest.data);
        int zh = weight_of(bytes_slice(rest, 0, size), "zh"), en = weight_of(bytes_slice(rest, 0, size), "en");
        chinese = zh > chinese && zh > english ? zh : chinese;
        english = en > english && en > chinese ? en : english;
        rest = bytes_slice(rest, comma == NULL ? size : size + 1, rest.size);
    }
    return chinese > english;
}

/* --- sentences --- */

struct captures {
    uint32_t count;
    struct bytes words[CAPTURES_MAX];
};

static bool is_hole(const char *pattern)
{
    return pattern[0] == '{' && pattern[1] >= '1' && pattern[1] <= '9' && pattern[2] == '}';
}

/* Does the whole text fit? Holes take as little as they can, those at the end all that is left. */
static bool fits(const char *pattern, struct bytes text, struct captures *c)
{
    size_t same = 0;
    for (; *pattern != 0 && !is_hole(pattern); pattern++, same++)
        if (same == text.size || text.data[same] != (uint8_t)*pattern)
            return false;
    text = bytes_slice(text, same, text.size);
    if (*pattern == 0)
        return text.size == 0;
    uint32_t at = c->count++;
    assert(at < CAPTURES_MAX);
    for (size_t size = pattern[3] == 0 ? text.size : 0; size <= text.size; size++) {
        c->words[at] = bytes_slice(text, 0, size);
        if (fits(pattern + 3, bytes_slice(text, size, text.size), c))
            return true;
        c->count = at + 1;
    }
    c->count = at;
    return false;
}

/* A sentence on its way out. */
struct saying {
    struct wording_table first; /* tried before the table above */
    bool in_chinese;
    struct buf out;
};

static bool sentence_put(struct saying *s, struct bytes text);

static void captured_put(struct saying *s, const struct captures *c, uint32_t at)
{
    bool is_last = at + 1 == c->count;
    if (at < c->count && !(is_last && sentence_put(s, c->words[at])))
        buf_push(&s->out, c->words[at]);
}

static void wording_put(struct saying *s, const struct wording *w, const struct captures *c)
{
    const char *form = s->in_chinese ? w->zh : w->en != NULL ? w->en : w->found;
    for (; *form != 0; form++) {
        if (!is_hole(form)) {
            buf_push_byte(&s->out, (uint8_t)*form);
            continue;
        }
        captured_put(s, c, (uint32_t)(form[1] - '1'));
        form += 2;
    }
}

static bool rows_put(struct saying *s, const struct wording_table *table, struct bytes text)
{
    for (size_t i = 0; i < table->count; i++) {
        struct captures c = {.count = 0};
        if (!fits(table->rows[i].found, text, &c))
            continue;
        wording_put(s, &table->rows[i], &c);
        return true;
    }
    return false;
}

static bool table_put(struct saying *s, struct bytes text)
{
    const struct wording_table own = {wordings, COUNT_OF(wordings)};
    return rows_put(s, &s->first, text) || rows_put(s, &wording_expressions, text) || rows_put(s, &own, text);
}

/* "ids[0]: phone" stands before a sentence. */
static void place_put(struct buf *out, struct bytes place, bool in_chinese)
{
    for (size_t i = 0; i < place.size; i++)
        if (!in_chinese || place.data[i] != ' ' || i == 0 || place.data[i - 1] != ':')
            buf_push_byte(out, place.data[i]);
}

/* false: nothing was put. */
static bool sentence_put(struct saying *s, struct bytes text)
{
    if (table_put(s, text))
        return true;
    for (size_t at = 0; at + 2 < text.size; at++) {
        if (text.data[at] != ':' || text.data[at + 1] != ' ')
            continue;
        size_t before = s->out.size;
        place_put(&s->out, bytes_slice(text, 0, at + 2), s->in_chinese);
        if (table_put(s, bytes_slice(text, at + 2, text.size)))
            return true;
        s->out.size = before;
    }
    return false;
}

const char *wording_by(struct arena *a, const struct wording_table *first, const char *english, bool in_chinese)
{
    struct saying s = {.first = *first, .in_chinese = in_chinese};
    struct bytes text = bytes_of_text(english);
    buf_init(&s.out, SENTENCE_BYTES_MAX);
    bool put = text.size < SENTENCE_BYTES_MAX && sentence_put(&s, text) && !s.out.overflowed;
    const char *said = put ? arena_text(a, buf_bytes(&s.out)) : english;
    buf_fini(&s.out);
    return said;
}

const char *wording_of(struct arena *a, const char *english, bool in_chinese)
{
    return wording_by(a, &(struct wording_table){NULL, 0}, english, in_chinese);
}
