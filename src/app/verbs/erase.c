/* kith erase: takes a person away, and with --now waits until nothing of them is left in the files. kith custody: what the law makes
 * one keep of them. */
#include <string.h>
#include <time.h>

#include "app/arguments.h"
#include "app/terminal.h"
#include "app/verbs/erased.h"
#include "app/verbs/errand.h"
#include "app/words.h"

#define LOOK_NS 100000000L
#define PURGES_MAX 5 /* what was read while one was made is left to the next */

static int look(struct errand *d, const char *method, const char *path)
{
    buf_clear(&d->path);
    buf_clear(&d->body);
    errand_path_text(d, path);
    return errand_send(d, method);
}

/* The receipt as it stands; *out is in d's last answer. */
static int receipt_ask(struct errand *d, uint64_t position, struct json *out)
{
    int code = look(d, "GET", arena_printf(d->arena, "/api/v1/erasures?after=%llu", (unsigned long long)position));
    struct json_walk w = json_items(json_find(d->root, BYTES_LIT("erasures")));
    return code == EXIT_DONE && !json_item_next(&w, out) ? EXIT_REFUSED : code;
}

static bool says_true(struct json j, const char *name)
{
    return json_is(json_find(j, bytes_of_text(name)), JSON_TRUE);
}

static void wait_a_little(struct progress *p)
{
    static const struct timespec pause = {.tv_nsec = LOOK_NS};
    (void)nanosleep(&pause, NULL);
    progress_wait(p);
}

/* Until a member of the receipt says yes. */
static int receipt_await(struct errand *d, uint64_t position, const char *member, struct progress *p)
{
    struct json receipt;
    int code;
    while ((code = receipt_ask(d, position, &receipt)) == EXIT_DONE && !says_true(receipt, member))
        wait_a_little(p);
    return code;
}

static int purge_await(struct errand *d, struct progress *p)
{
    int code = look(d, "POST", "/api/v1/purge");
    while (code == EXIT_DONE && number_in(d->root, "rounds_left") > 0) {
        wait_a_little(p);
        code = look(d, "GET", "/api/v1/purge");
    }
    return code;
}

static int purge_until_gone(struct errand *d, uint64_t position)
{
    static const char *const first[] = {"rows_emptied", "kept_settled", "events_rewritten"}; /* then files may go */
    struct progress p;
    struct json receipt;
    bool gone = false;
    progress_begin(&p, either("Purging", "正在清除"), "", 0);
    int code = EXIT_DONE;
    for (size_t i = 0; i < COUNT_OF(first) && code == EXIT_DONE; i++)
        code = receipt_await(d, position, first[i], &p);
    for (int i = 0; i < PURGES_MAX && code == EXIT_DONE && !gone; i++) {
        code = purge_await(d, &p);
        if (code == EXIT_DONE)
            code = receipt_ask(d, position, &receipt);
        gone = code == EXIT_DONE && says_true(receipt, "events_purged") && says_true(receipt, "log_purged");
    }
    progress_end(&p);
    if (code == EXIT_DONE && !gone) {
        fprintf(stderr, "%s\n",
                either("kith: they are hidden, but not all files could be purged: see `kith stats` for trouble, and "
                       "ask again with `kith erase purge`.",
                       "kith:此人已不可见,但文件尚未全部清除:请查看 `kith stats`,稍后用 `kith erase purge` 重试。"));
        return EXIT_BUSY;
    }
    return code;
}

/* --- the receipt, as people read it --- */

static struct bytes how_far(struct json receipt, const char *member, const char *yes, const char *not_yet)
{
    return bytes_of_text(says_true(receipt, member) ? yes : not_yet);
}

static void receipt_lines(struct json receipt, struct arena *a, FILE *out)
{
    struct grid g;
    const char *yes = either("done", "已完成"), *not_yet = either("under way", "进行中");
    grid_init(&g, a, 2);
    const struct {
        const char *name;
        struct bytes text;
    } lines[] = {
        {either("Erased", "删除时间"), short_time(json_find(receipt, BYTES_LIT("time")), a)},
        {either("Person", "被删除者(公开编号)"), json_string(json_find(receipt, BYTES_LIT("person")))},
        {either("Asked by", "操作令牌"), json_string(json_find(receipt, BYTES_LIT("by")))},
        {either("Reason", "原因"), json_string(json_find(receipt, BYTES_LIT("reason")))},
        {either("Receipt", "回执号(位点)"), json_raw(json_find(receipt, BYTES_LIT("position")))},
        {either("Hidden", "对外不可见"), bytes_of_text(yes)},
        {either("Rows emptied", "数据行清空"), how_far(receipt, "rows_emptied", yes, not_yet)},
        {either("Orders locked", "订单封存与去标识化"), how_far(receipt, "kept_settled", yes, not_yet)},
        {either("Events rewritten", "事件文件重写"), how_far(receipt, "events_rewritten", yes, not_yet)},
        {either("Old event files gone", "旧事件文件清除"), how_far(receipt, "events_purged", yes, not_yet)},
        {either("Log purged", "日志清除"), how_far(receipt, "log_purged", yes, not_yet)},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        grid_add(&g, (const struct bytes[]){bytes_of_text(lines[i].name), lines[i].text});
    grid_print(&g, out);
}

static void receipt_print(struct json receipt, struct arena *a, FILE *out)
{
    struct json kept;
    receipt_lines(receipt, a, out);
    for (struct json_walk w = json_items(json_find(receipt, BYTES_LIT("kept"))); json_item_next(&w, &kept);) {
        struct bytes until = short_time(json_find(kept, BYTES_LIT("until")), a),
                     name = word_of(json_string(json_find(kept, BYTES_LIT("class")))),
                     ground = json_string(json_find(kept, bytes_of_text(either("ground", "ground_zh"))));
        fprintf(out,
                either("\nKept by law, locked, without values of the person: %.*s, %llu of them, %llu years, the last "
                       "until %.*s\n  %.*s\n",
                       "\n依法封存(已去标识化,除法定用途外不可见):%.*s %llu 条,期限 %llu 年,最迟至 %.*s\n  %.*s\n"),
                BYTES_ARG(name), (unsigned long long)number_in(kept, "items"),
                (unsigned long long)number_in(kept, "years"), BYTES_ARG(until.size == 0 ? BYTES_LIT("–") : until),
                BYTES_ARG(ground));
    }
}

static int receipt_show(struct errand *d, uint64_t position)
{
    struct json receipt;
    int code = receipt_ask(d, position, &receipt);
    if (code == EXIT_DONE && d->json)
        printf("%.*s\n", BYTES_ARG(json_raw(receipt)));
    else if (code == EXIT_DONE)
        receipt_print(receipt, d->arena, stdout);
    return code;
}

static int erase_one(struct errand *d, struct arguments *a)
{
    const char *reason = argument_option(a, "reason");
    bool now = argument_flag(a, "now"), is_sure = argument_flag(a, "yes");
    const char *who = argument_next(a);
    if (!errand_ready(d, who != NULL))
        return EXIT_USAGE;
    if (!errand_is_agreed(is_sure, either("Erase this person for ever?", "永久删除此人?")))
        return EXIT_REFUSED;
    json_object_begin(&d->writer);
    errand_put_text(d, "reason", reason);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/people/");
    url_push(&d->path, bytes_of_text(who));
    errand_path_text(d, "/erase");
    int code = errand_send(d, "POST");
    uint64_t position = number_in(d->root, "position");
    if (code == EXIT_DONE && now)
        code = purge_until_gone(d, position);
    return code == EXIT_DONE ? receipt_show(d, position) : code;
}

static int erase_purge(struct errand *d, struct arguments *a)
{
    struct progress p;
    (void)argument_next(a); /* "purge" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    progress_begin(&p, either("Purging", "正在清除"), "", 0);
    int code = purge_await(d, &p);
    progress_end(&p);
    if (code == EXIT_DONE)
        printf("%s\n", either("Purged.", "已清除。"));
    return code;
}

int verb_erase(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *word = errand_word_peek(a);
    if (word != NULL && strcmp(word, "list") == 0) {
        const char *out = argument_option(a, "out"), *key = argument_option(a, "key");
        (void)argument_next(a);
        if (out != NULL || key != NULL)
            return errand_end(&d,
                              errand_ready(&d, out != NULL && key != NULL) ? erased_write(&d, out, key) : EXIT_USAGE);
        (void)errand_end(&d, EXIT_DONE);
        return errand_list(a, "/api/v1/erasures", "after");
    }
    bool purges = word != NULL && strcmp(word, "purge") == 0;
    return errand_end(&d, purges ? erase_purge(&d, a) : erase_one(&d, a));
}

int verb_custody(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *purpose = argument_option(a, "purpose"), *shop = argument_next(a), *number = argument_next(a);
    if (!errand_ready(&d, shop != NULL && number != NULL && purpose != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/custody/orders/");
    url_push(&d.path, bytes_of_text(shop));
    errand_path_text(&d, "/");
    url_push(&d.path, bytes_of_text(number));
    errand_path_value(&d, "purpose", purpose);
    return errand_end(&d, errand_run(&d, "GET", show_order));
}
