#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/demo.h"
#include "app/errand.h"
#include "app/import.h"
#include "lib/nearest.h"

static int verb_help(struct arguments *a);
static int verb_version(struct arguments *a);

#define ASKING " [--url URL] [--token SECRET | --folder DIR] [--workspace NAME] [--json]"

static const struct verb all_verbs[] = {
    {"init", "DIR [--workspace main]", "Makes a workspace and its admin token.", "新建工作区及其管理员令牌。", verb_init},
    {"serve", "DIR [--listen 127.0.0.1:7070] [--memory 4G] [--console FOLDER]", "Runs the daemon until Ctrl-C.", "运行守护进程,直到 Ctrl-C。", verb_serve},
    {"demo", "[--people 2000] [--days 120] [--seed 1] [--keep DIR] [--listen ADDRESS:PORT] [--retail FOLDER]",
     "Starts Kith with a synthetic brand, and shows what it knows.", "用模拟品牌启动 Kith,看看它知道什么。", verb_demo},
    {"get", "TYPE:VALUE | TYPE:NAMESPACE:VALUE | id:PUBLIC_ID [--timeline 10]" ASKING, "Shows one person.", "查看一个人。", verb_get},
    {"find", "TEXT" ASKING, "Finds people by four last digits, name, pinyin, order or identifier.", "按手机后四位、姓名、拼音、订单号或标识找人。", verb_find},
    {"stats", &ASKING[1], "How many people, identifiers, events.", "人、标识、事件各有多少。", verb_stats},
    {"events", "tail" ASKING, "Shows what becomes true, as it happens.", "实时查看发生的事。", verb_events},
    {"import", "FILE [--map MAP] [--join FILE] [--source NAME] [--rejects FILE]" ASKING,
     "Brings in a CSV file by a map, or NDJSON as it is; the same file again changes nothing.", "按映射导入 CSV,或直接导入 NDJSON;重复导入不会改变任何东西。", verb_import},
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
    {"token", "add NAME [--roles collect,read,write,admin] [--brands A,B] [--store S] [--brand B] [--channel C] [--masked] [--expires TIME] | list | revoke NAME" ASKING,
     "Makes, lists and revokes tokens and write keys.", "新建、列出、吊销令牌与写入密钥。", verb_token},
    {"hook", "add NAME https://…|FILE [--secret TEXT] [--facts A,B] [--causes live,import,…] | list | remove NAME" ASKING,
     "Tells facts to a web address or a file, as they happen.", "把发生的事实推送到网址或文件。", verb_hook},
    {"settings", "[NAME VALUE]" ASKING, "Shows the settings, or sets one.", "查看或修改设置。", verb_settings},
    {"reads", "[--limit N] [--before NEXT]" ASKING, "Who has read whose data.", "谁读过谁的数据。", verb_reads},
    {"checkpoint", &ASKING[1], "Makes the daemon write a checkpoint now, and waits for it.", "让守护进程立即建立检查点,并等待完成。", verb_checkpoint},
    {"audit", "DIR [--workspace main]", "Replays the log from the last checkpoint but one and compares digests.", "从倒数第二个检查点重放日志并比对摘要。", verb_audit},
    {"repair", "DIR [--workspace main] --yes", "Cuts a damaged log at its first bad record; what is cut is kept aside.", "在首个损坏记录处截断日志,被截部分另存。", verb_repair},
    {"sim", "OUT [--people N] [--days D] [--seed S]", "Writes a synthetic brand: events, and the truth behind them.", "生成模拟品牌:事件与真实身份。", verb_sim},
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
