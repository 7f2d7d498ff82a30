#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/demo/demo.h"
#include "app/import/import.h"
#include "app/import/pull.h"
#include "app/import/watch.h"
#include "app/verbs/errand.h"
#include "app/verbs/redo.h"
#include "lib/nearest.h"

static int verb_help(struct arguments *a);
static int verb_version(struct arguments *a);

#define ASKING " [--url URL] [--token SECRET | --folder DIR] [--workspace NAME] [--json]"

static const struct verb all_verbs[] = {
    {"init", "DIR [--workspace main]", "Makes a workspace and its admin token.", "新建工作区及其管理员令牌。", verb_init},
    {"serve", "DIR [--listen 127.0.0.1:7070] [--memory 4G] [--console FOLDER]", "Runs the daemon until Ctrl-C.", "运行守护进程,直到 Ctrl-C。", verb_serve},
    {"demo", "[--people 2000] [--days 120] [--seed 1] [--keep DIR] [--listen ADDRESS:PORT] [--retail FOLDER]",
     "Starts Kith with a synthetic brand, and shows what it knows.", "用模拟品牌启动 Kith,看看它知道什么。", verb_demo},
    {"get", "TYPE:VALUE | TYPE:NAMESPACE:VALUE | id:PUBLIC_ID [--timeline 10] [--all] | order SHOP NUMBER [--at TIME] | thing KIND ID [--ns NS] [--at TIME] [--history]" ASKING,
     "Shows one person, one order, or one thing (a store, a product …).", "查看一个人、一个订单或一个实体(门店、商品等)。", verb_get},
    {"find-thing", "TEXT [--kind KIND] [--limit N] [--after NEXT]" ASKING, "Things by the beginning of their name, its pinyin or initials.",
     "按名称开头、拼音或首字母查找实体。", verb_find_thing},
    {"list", "KIND [--under KIND/ID [--ns NS] [--at TIME]] [--where ATTRIBUTE=VALUE] [--limit N] [--after NEXT]" ASKING, "The things of a kind, such as store or product.",
     "列出某个种类的实体,如门店、商品。", verb_list},
    {"put", "thing KIND ID [ATTRIBUTE=VALUE …] [--parent KIND/ID] [--time TIME] [--ns NS] [--lenient] | thing KIND ID --deleted [--time TIME]" ASKING,
     "Says what is true of a thing from now on, or from a time.", "写入实体的属性(自现在或某时刻起)。", verb_put},
    {"kinds", &ASKING[1], "The kinds of things and their attributes.", "实体种类及其属性。", verb_kinds},
    {"orders", "TYPE:VALUE [--at TIME] [--limit N] [--after NEXT]" ASKING, "The orders of a person.", "一个人的订单。", verb_orders},
    {"order",
     "void SHOP NUMBER | correct SHOP NUMBER FIELD VALUE [--part line|payment|receiver|shipment|refund|state] [--id ID] [--currency CNY] | reassign SHOP NUMBER "
     "TYPE:VALUE | undo SHOP NUMBER --position N [--reason TEXT] | acts [--act void] [--shop SHOP] [--day DAY] [--limit N] [--before NEXT] | put FILE|- [--import "
     "[--told]] [--source NAME] | put SHOP NUMBER [NAME=VALUE …] [--buyer TYPE:VALUE,…] [--lines SKU:QUANTITY:PAID,…] [--modified TIME | --version N] [--currency CNY]" ASKING,
     "Mends an order by hand: void it, correct a field, give it to somebody, take that back; acts lists what was decided; put sends versions of orders.",
     "人工处理订单:作废、更正、改归属(小票补登)、撤销;acts 列出操作记录;put 写入订单版本。", verb_order},
    {"reconcile", "SHOP FROM [TO] [--orders [--after NEXT]] | alarms [--shop S] [--source S] [--all] [--limit N] [--after NEXT]" ASKING,
     "A shop's days: what is here against what its source declared; --orders: one day order by order; alarms: silent days, late data, wrong clocks.",
     "店铺按日对账;--orders 为某一日逐单核对;alarms 列出缺失的日子、晚到的数据与时钟异常。", verb_reconcile},
    {"relation",
     "begin|end|set TYPE:VALUE RELATION [TO] [--brand B] [--time TIME] [--reason TEXT] [--by STAFF] [ATTRIBUTE=VALUE …] | put FILE|- [--import] |"
     " types | declare RELATION [--to KIND,…] [--single] [--zh TEXT] [--en TEXT] [--back-zh TEXT] [--back-en TEXT] [--rung R] [--roles A,B] [--reasons A,B]" ASKING,
     "A relation of a person begins, ends, or says more: owned_by staff/G17, in_group group/Q, referred phone:139…, lead stage=new; types and declare: what relations there are.",
     "开始、结束一个人的关系,或设置其属性:owned_by staff/G17、in_group group/Q、referred phone:139…、lead stage=new;types 与 declare 为关系类型。", verb_relation},
    {"customers", "STAFF | KIND/ID [--type RELATION] [--limit N] [--after NEXT]" ASKING, "The people of a guide, or of another thing: the members of a group.",
     "导购的客户;也可查其他实体的人,如群成员。", verb_customers},
    {"handover", "STAFF to STAFF … [--types owned_by,friend] [--brand B] [--by-store] [--reason TEXT] [--yes] | list [--limit N] [--before NEXT]" ASKING,
     "Hands the people of somebody of staff over to others: says first how many; --yes does it.", "把某员工的客户交接给其他员工:先说明数量,加 --yes 才执行。", verb_hand_over},
    {"reach", "[TYPE:VALUE] [--brand B] [--purpose marketing] [--channel sms|phone|email|official_account|mini_program|wecom|app|douyin]" ASKING,
     "How many people may be written to or called, by channel, and why the others not; or whether one person may.", "各渠道可触达多少人及不可触达的原因;或某人能否触达。", verb_reach},
    {"share", "FROM TO [--purposes service,marketing] [--policy TEXT] [--evidence TEXT] [--until TIME] [--reason TEXT]" ASKING,
     "Lets the brands of legal entity TO see what those of FROM have; `-` is the entity of the brands without one.", "允许法律主体 TO 的品牌查看 FROM 各品牌的数据;`-` 表示未声明主体的品牌。",
     verb_share},
    {"unshare", "FROM TO [--reason TEXT]" ASKING, "Ends that, at once.", "立即终止该共享。", verb_unshare},
    {"shares", "[--acts] [--limit N] [--after NEXT | --before NEXT]" ASKING, "What legal entities share with each other; --acts: who has said so and why.",
     "法律主体之间的共享;--acts 为操作记录。", verb_shares},
    {"suppress", "ID [--reason TEXT]" ASKING, "Puts an identifier on the stop list.", "将标识加入停发名单。", verb_suppress},
    {"suppressed", "ID" ASKING, "Is an identifier on the stop list?", "标识是否在停发名单上。", verb_suppressed},
    {"unsuppress", "ID [--reason TEXT]" ASKING, "Takes an identifier off the stop list.", "将标识移出停发名单。", verb_unsuppress},
    {"find", "TEXT" ASKING, "Finds people by four last digits, name, pinyin, order or identifier.", "按手机后四位、姓名、拼音、订单号或标识找人。", verb_find},
    {"stats", &ASKING[1], "How many people, identifiers, events.", "人、标识、事件各有多少。", verb_stats},
    {"alarms", &ASKING[1], "What rings now, and since when.", "正在响的告警及其起始。", verb_alarms},
    {"events", "tail [--segment NAME | --tag NAME]" ASKING, "Shows what becomes true, as it happens.", "实时查看发生的事。", verb_events},
    {"import", "FILE --map MAP [--join FILE,FILE] [--source NAME] [--rejects FILE] [--preview N] | FILE [--things] [--source NAME] [--rejects FILE]" ASKING,
     "Brings in CSV, Excel or NDJSON by a map, as events, orders, things or relations, or NDJSON as it is; --preview shows what would become of N rows. The same file again changes nothing.",
     "按映射导入 CSV、Excel 或 NDJSON(事件、订单、实体、关系),或直接导入 NDJSON;--preview 只预览前 N 行;重复导入不会改变任何东西。", verb_import},
    {"imports", "[FILE] [--limit N] [--after NEXT]" ASKING, "Which files became events, by digest; with FILE: how much of that one.",
     "已导入为事件的文件(按摘要);给出 FILE 则只查该文件。", verb_imports},
    {"pull", "URL --query SQL --watermark COLUMN --into FOLDER [--name pull] [--every 10m | --at 02:30] [--json]",
     "What is new in a table of PostgreSQL or MySQL becomes a file in a folder, which `kith watch` imports; $1 in the query is the watermark of the last row before.",
     "把 PostgreSQL 或 MySQL 表的新行写成文件夹里的一个文件,由 `kith watch` 导入;查询中的 $1 为上次最后一行的水位值。", verb_pull},
    {"watch", "FOLDER [--map MAP] [--things] [--source NAME] [--subfolders] [--marker .ok | --settle 5s] [--every 10s | --at 02:30 | --once]" ASKING,
     "Imports each file that is dropped into a folder, once it is whole, and puts it away into done/.", "监视文件夹:写完的文件自动导入,并移入 done/。", verb_watch},
    {"export",
     "person WHO --out FOLDER|FILE.zip | people [--segment NAME | --tag NAME[=VALUE]] [--traits A,B] [--tags A,B] | events|people|things|orders|relations|listings|acts [--out FILE] [--format ndjson|table|csv|xlsx] [--brand B] [--event NAME] [--since TIME] [--until TIME] [--kind KIND] [--shop SHOP] [--after LAST] [--plain] [--labels]" ASKING,
     "Writes all events, people, things, orders or relations: NDJSON that comes back as it was, or a table as CSV or a workbook. person: the copy that somebody may ask for.",
     "导出全部事件、人、实体、订单或关系:可原样导回的 NDJSON,或 CSV、Excel 表格;person 为提供给本人的个人信息副本。", verb_export},
    {"properties", "[--event NAME] [--limit N] [--after NEXT]" ASKING, "Lists the properties that events were seen to have.", "列出事件中出现过的属性。", verb_properties},
    {"property", "NAME [--event NAME] [--item] [--display TEXT] [--about TEXT] [--personal] [--forbidden]" ASKING,
     "Says what a property is, of one event or of all; replaces what was said before.", "说明某个属性(某事件的或全部事件的),替换此前的说明。", verb_property},
    {"query", "[KIND] [-f FILE | --ask JSON] [--steps A,B,C] [NAME=VALUE …] [--csv [--plain] | --svg FILE] [--people CELL [--limit N] [--after NEXT]] [--write-traits] [--members]" ASKING,
     "Answers a question about events: funnel, retention, path, rfm, attribution …, as a table, CSV, JSON or a picture; --people shows who is in a cell of the answer, --write-traits keeps what `value` says of people as their traits.",
     "回答一个关于事件的问题:漏斗、留存、路径、RFM、归因等,以表格、CSV、JSON 或图片给出;--people 列出答案中某一格的具体人员,--write-traits 把客户价值写为每个人的特质。", verb_query},
    {"redo", "FILE [--types | --events FILE]" ASKING,
     "Does again what `kith export acts` wrote: declared types, then what was decided by hand; --events brings in exported events, so that each act stands where it stood.",
     "重做 `kith export acts` 导出的标识类型与人工操作;--events 同时导入所导出的事件,使每个操作回到原来的位置。", verb_redo},
    {"bind", "ID ID … [--reason TEXT] [--preview]" ASKING, "These identifiers are one person.", "这些标识是同一人。", verb_act},
    {"unbind", "ID [--reason TEXT] [--preview]" ASKING, "This identifier isn't that person's.", "该标识不属于此人。", verb_act},
    {"merge", "ID ID [--reason TEXT] [--preview]" ASKING, "The people of these two are one.", "这两个标识背后的人是同一人。", verb_act},
    {"split", "ID … [--reason TEXT] [--preview]" ASKING, "These identifiers of a person are somebody else.", "这些标识是另一个人的。", verb_act},
    {"never-merge", "ID ID [--reason TEXT] [--preview]" ASKING, "These two are never one person.", "这两个永远不是同一人。", verb_act},
    {"undo", "POSITION | WHO [--reason TEXT] [--preview]" ASKING, "Takes an act back, by its position (`kith acts`), or the newest about a person.",
     "撤销一次操作:按位点(见 `kith acts`),或关于某人的最近一次。", verb_undo},
    {"block", "ID [--reason TEXT] [--preview]" ASKING, "This value identifies nobody from now on.", "该值从此不代表任何人。", verb_act},
    {"unblock", "ID [--reason TEXT] [--preview]" ASKING, "This value counts again.", "该值恢复有效。", verb_act},
    {"review", "release|give|block ID … [--reason TEXT] [--preview]" ASKING, "Decides on a quarantined identifier.", "处理被隔离的标识。", verb_review},
    {"reviews", "[--limit N] [--after NEXT]" ASKING, "Lists quarantined identifiers.", "列出被隔离的标识。", verb_reviews},
    {"acts", "[--limit N] [--before NEXT]" ASKING, "Lists what was done by hand, newest first.", "列出人工操作,最新在前。", verb_acts},
    {"types", &ASKING[1], "Lists the types of identifiers and their rules.", "列出标识类型及其规则。", verb_types},
    {"names", "brand|channel|shop|store|staff|event|… [--limit N] [--after NEXT]" ASKING, "Lists declared and seen names.", "列出已登记和出现过的名称。", verb_names},
    {"token", "add NAME [--roles collect,read,write,admin,legal] [--brands A,B] [--store S] [--own-customers guide:STAFF] [--brand B] [--channel C] [--masked] [--expires TIME] | list | revoke NAME" ASKING,
     "Makes, lists and revokes tokens and write keys.", "新建、列出、吊销令牌与写入密钥。", verb_token},
    {"hook", "add NAME https://…|FILE [--secret TEXT] [--facts A,B] [--causes live,import,…] | list | remove NAME | dead | again POSITION|--all | drop POSITION|--all" ASKING,
     "Tells facts to a web address or a file, as they happen; dead: what was not taken, to send again or drop.",
     "把发生的事实推送到网址或文件;dead 查看未送达的死信,可重发或丢弃。", verb_hook},
    {"changes", "[--consumer NAME] [--from CURSOR|start|now] [--follow] [--facts A,B] [--brand B] [--state]" ASKING,
     "Shows what has changed, a line each, and with --follow goes on; a consumer goes on behind what it has acknowledged.",
     "查看变更,每行一个;--follow 持续跟随;指定消费者时从其已确认处继续。", verb_changes},
    {"consumer", "list | add NAME [--from CURSOR|start|now] | remove NAME" ASKING,
     "Makes, lists and ends consumers of changes: changes are kept while there is one.", "新建、列出、删除变更的消费者:有消费者时才保留变更。", verb_consumer},
    {"settings", "[NAME VALUE]" ASKING, "Shows the settings, or sets one.", "查看或修改设置。", verb_settings},
    {"apply", "-f DIR|FILE [--dry-run] [--prune] [--yes] | --export DIR" ASKING,
     "Makes settings, names, types, kinds, shares and hooks what files say, showing the difference first; --export writes such files.",
     "按文件应用设置、名称、标识类型、实体种类、共享与推送,先显示差异;--export 导出为文件。", verb_apply},
    {"reads", "[--limit N] [--before NEXT]" ASKING, "Who has read whose data.", "谁读过谁的数据。", verb_reads},
    {"checkpoint", &ASKING[1], "Makes the daemon write a checkpoint now, and waits for it.", "让守护进程立即建立检查点,并等待完成。", verb_checkpoint},
    {"audit", "DIR [--workspace main] [--memory 4G]", "Replays the log from the last checkpoint but one and compares digests.", "从倒数第二个检查点重放日志并比对摘要。", verb_audit},
    {"repair", "DIR [--workspace main] --yes", "Cuts a damaged log at its first bad record; what is cut is kept aside.", "在首个损坏记录处截断日志,被截部分另存。", verb_repair},
    {"erase", "WHO [--reason TEXT] [--now] [--yes] | list [--out FILE --key FILE] | purge" ASKING,
     "Erases a person: hidden at once, and with --now gone from every file when it returns.", "删除一个人:立即不可见;加 --now 则等到所有文件中清除完毕。", verb_erase},
    {"custody", "SHOP NUMBER --purpose TEXT" ASKING, "Shows an order whose buyer was erased, which the law makes one keep; what for is noted.",
     "查看依法封存的订单(买家已删除),须说明法定用途并记入审计。", verb_custody},
    {"backup",
     "DIR --to FOLDER [--rate 300M] [--workspace main] [--url URL] [--token SECRET] [--json] | list FOLDER [--json] | verify FOLDER [--name NAME] [--memory 4G] | "
     "prune FOLDER --keep N",
     "Copies a workspace while its daemon runs, or without one; a second time only what is new. verify restores it and compares.",
     "备份工作区,守护进程可照常运行;再次备份只复制新增内容。verify 试恢复并比对。", verb_backup},
    {"restore", "FOLDER --to DIR [--name NAME] [--erased FILE [--key FILE]] [--workspace main] [--rate 300M] [--memory 4G]", "Makes a workspace of a backup, with its ports paused.",
     "由备份恢复工作区,外发保持暂停。", verb_restore},
    {"ports", "[pause | resume]" ASKING, "What waits to be sent to the world; pauses it, or lets it go.", "查看待外发的内容;暂停或恢复外发。", verb_ports},
    {"report", "save NAME KIND [-f FILE] [--ask JSON] [--steps A,B,C] [MEMBER=VALUE …] [--label TEXT] | list | run NAME [MEMBER=VALUE …] [--csv [--plain]] [--svg FILE] | remove NAME"
     " | library [show NAME… | add NAME…|--all]" ASKING,
     "Keeps questions under a name, with revisions, and asks them again.", "按名称保存问题(带修订号),随时再问。", verb_report},
    {"predict",
     "save NAME [-f FILE | --ask JSON | --template buy|leave] [MEMBER=VALUE …] [--label TEXT] [--every day|week|month] [--at 03:30] [--on N] | list | show NAME [--table deciles|calibration|features] [--csv [--plain]] [--svg FILE] |"
     " fit NAME [--table T] [--svg FILE] | score NAME [MEMBER=VALUE …] [--csv] | write NAME | run | segment NAME SEGMENT --top N|--least SCORE | end NAME" ASKING,
     "Who is likely to do something: a model that is fitted to what came of earlier days and judged by later ones; its scores with their reasons, as traits and as segments.",
     "预测谁可能做某事:用较早的数据拟合、用之后的数据检验;评分附理由,可写为特质、生成人群。", verb_predict},
    {"lookalike", "NAME SEGMENT [traits=[…]] [features=[…]] [tags=[…]] [MEMBER=VALUE …] [--label TEXT] [--every day|week|month] [--at 03:30] [--on N]" ASKING,
     "Keeps a prediction of who is like the people of a segment; `kith predict fit`, score, write and segment go on with it.",
     "保存一个相似人群预测(以某人群为种子);之后用 `kith predict fit`、score、write、segment。", verb_lookalike},
    {"segment", "save NAME EXPRESSION|--list [--label-zh TEXT] [--label-en TEXT] [--owner TEXT] [--description TEXT] [--brand NAME] [--category A/B] [--until DAY] [--lasts-days N] | "
     "add|remove NAME TYPE:VALUE [--until TIME] [--time TIME] [--reason TEXT] [--by STAFF] | import NAME FILE [--id TYPE[:[NS=]COLUMN]] [--unset] [--until TIME] [--reason TEXT] [--rejects FILE] | put FILE|- [--import] | "
     "freeze NAME NEW [as of save] | acts PERSON | list [--category A/B] | show NAME | people NAME [--limit N] [--after N] | of PERSON | explain NAME PERSON [--events N] [--instant TIME|--position N] | at NAME --instant TIME|--position N [--person PERSON] [--limit N] [--after N] | cancel NAME | end NAME"
     " | reach NAME [--brand NAME] [--purpose NAME] [--sample N] | portrait NAME [--against segment:NAME] [--limit N] | growth NAME [--days N] | health | overlap [segment:]NAME tag:NAME[=VALUE] … [--top N]"
     " [--svg FILE] [--csv [--plain]]" ASKING,
     "Segments: people of whom a condition holds, entered and left in real time.", "人群:满足条件的人,实时进出。", verb_segment},
    {"tag", "save NAME EXPRESSION|--list|--tags A,B [as of segment] [--value text|number|time] [--values VALUE[:ZH[:EN]],…] | set|unset NAME TYPE:VALUE [VALUE] [as of segment add] | "
     "import NAME FILE [--value COLUMN] [as of segment] | freeze NAME NEW [--value VALUE] | acts PERSON | list [--category A/B] | show NAME | people NAME [--value VALUE] [--limit N] [--after N] | of PERSON | explain NAME PERSON [--events N] [--instant TIME|--position N] | at NAME --instant TIME|--position N [--person PERSON] [--limit N] [--after N] | cancel NAME | end NAME"
     " | reach|portrait|growth NAME [--value VALUE] [as of segment] | health | overlap [as of segment]"
     " | library [show|print|install NAME…|--all [PARAMETER=VALUE …] [--from-own-data] [--dry-run] [--yes]]" ASKING,
     "Tags: a condition or a value that Kith keeps true of each person.", "标签:为每个人实时维护的条件或取值。", verb_tag},
    {"sql", "\"SELECT …\" | --tables [--csv [--plain]]" ASKING, "Runs a query in SQL over events, people, things, orders, relations, members of segments, values of tags and answers; for what no question covers.",
     "用 SQL 查询事件、人、实体、订单、关系、人群成员、标签取值与答案,用于分析问题未覆盖之处。", verb_sql},
    {"sim", "OUT [--people N] [--days D] [--seed S]", "Writes a synthetic brand: things, events, orders, and the truth behind them.", "生成模拟品牌:实体、事件、订单与真实情况。", verb_sim},
    {"help", "[VERB]", "Says what there is.", "显示帮助。", verb_help},
    {"version", "", "Says which release this is.", "显示版本。", verb_version},
};

const struct verb *verbs(size_t *out_count)
{
    *out_count = COUNT_OF(all_verbs);
    return all_verbs;
}

static const struct verb *verb_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(all_verbs); i++)
        if (strcmp(all_verbs[i].name, name) == 0)
            return &all_verbs[i];
    return NULL;
}

static int say_unknown(const char *name)
{
    const char *near = nearest_name(bytes_of_text(name), all_verbs, COUNT_OF(all_verbs), sizeof all_verbs[0]);
    fprintf(stderr, either("kith: there is no verb '%s'; did you mean '%s'? `kith help` lists them.\n",
                           "kith:没有 '%s' 这个动词;是不是 '%s'?用 `kith help` 查看全部。\n"), name, near);
    return EXIT_USAGE;
}

static int verb_version(struct arguments *a)
{
    (void)a;
    printf("kith %s\n", KITH_VERSION);
    return EXIT_DONE;
}

static int verb_help(struct arguments *a)
{
    const char *name = argument_next(a);
    const struct verb *v = name == NULL ? NULL : verb_named(name);
    if (v != NULL) {
        printf("kith %s %s\n\n%s\n", v->name, v->usage, either(v->about, v->about_zh));
        return EXIT_DONE;
    }
    if (name != NULL)
        return say_unknown(name);
    printf("%s\n\n", either("kith: one process that knows each customer on every channel.", "kith 知己:一个进程,认得每位顾客在每个渠道上的样子。"));
    for (size_t i = 0; i < COUNT_OF(all_verbs); i++)
        printf("  %-12s %s\n", all_verbs[i].name, either(all_verbs[i].about, all_verbs[i].about_zh));
    printf("\n%s\n", either("`kith help VERB` says more.", "`kith help 动词` 查看详情。"));
    return EXIT_DONE;
}

int main(int count, char **words)
{
    const char *name = count < 2 ? "help" : words[1];
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    const struct verb *v = verb_named(name);
    if (v == NULL)
        return say_unknown(name);
    struct arguments a;
    arguments_init(&a, v, count - 2 > 0 ? count - 2 : 0, words + 2);
    if (argument_flag(&a, "help")) { /* `kith serve --help` is `kith help serve` */
        char *asked = words[1];
        arguments_init(&a, verb_named("help"), 1, &asked);
        return verb_help(&a);
    }
    return v->run(&a);
}
