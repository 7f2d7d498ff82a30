/* kith erase: takes a person away, and with --now waits until nothing of them is left in the files. */
#include <string.h>
#include <time.h>

#include "app/arguments.h"
#include "app/verbs/errand.h"

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

/* Until the events are out of all files that are in force. */
static int events_await(struct errand *d, uint64_t position, struct progress *p)
{
    struct json receipt;
    int code;
    while ((code = receipt_ask(d, position, &receipt)) == EXIT_DONE && !says_true(receipt, "events_rewritten"))
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
    struct progress p;
    struct json receipt;
    bool gone = false;
    progress_begin(&p, either("Purging", "正在清除"), "", 0);
    int code = events_await(d, position, &p);
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

static int receipt_show(struct errand *d, uint64_t position)
{
    struct json receipt;
    int code = receipt_ask(d, position, &receipt);
    if (code == EXIT_DONE && d->json)
        printf("%.*s\n", BYTES_ARG(json_raw(receipt)));
    else if (code == EXIT_DONE)
        show_json(receipt, d->arena, stdout);
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
        (void)argument_next(a);
        (void)errand_end(&d, EXIT_DONE);
        return errand_list(a, "/api/v1/erasures", "after");
    }
    bool purges = word != NULL && strcmp(word, "purge") == 0;
    return errand_end(&d, purges ? erase_purge(&d, a) : erase_one(&d, a));
}
