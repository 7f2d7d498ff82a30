/* Verbs that change: tokens, hooks, consumers, settings, who is who; and a checkpoint. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/arguments.h"
#include "app/verbs/errand.h"
#include "base/time.h"

#define CHECKPOINT_LOOK_NS 50000000L

/* --- tokens --- */

static void show_token(struct json root, struct arena *a, FILE *out)
{
    struct bytes secret = json_string(json_find(root, BYTES_LIT("secret")));
    (void)a;
    fprintf(out, "%.*s\n", BYTES_ARG(secret));
    fprintf(stderr, "%s\n", either("This secret is shown once: keep it.", "此密钥只显示这一次,请妥善保存。"));
}

static int token_add(struct errand *d, struct arguments *a)
{
    const char *roles = argument_option(a, "roles"), *brands = argument_option(a, "brands"), *store = argument_option(a, "store"),
               *channel = argument_option(a, "channel"), *brand = argument_option(a, "brand"), *expires = argument_option(a, "expires"),
               *own_customers = argument_option(a, "own-customers");
    bool masked = argument_flag(a, "masked");
    (void)argument_next(a); /* "add" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    errand_put_text(d, "name", name);
    errand_put_list(d, "roles", roles == NULL ? "collect" : roles);
    errand_put_list(d, "brands", brands);
    errand_put_text(d, "store", store);
    errand_put_text(d, "channel", channel);
    errand_put_text(d, "brand", brand);
    errand_put_text(d, "expires", expires);
    errand_put_text(d, "own_customers", own_customers);
    json_key(&d->writer, "masked");
    json_put_bool(&d->writer, masked);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/tokens");
    return errand_run(d, "POST", show_token);
}

static int whole_list(struct errand *d, struct arguments *a, const char *path)
{
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, path);
    return errand_run(d, "GET", show_json);
}

/* `path` ends where the name stands. */
static int named_end(struct errand *d, struct arguments *a, const char *path)
{
    (void)argument_next(a); /* "revoke", "remove" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    errand_path_text(d, path);
    url_push(&d->path, bytes_of_text(name));
    return errand_run(d, "DELETE", show_done);
}

static int token_list(struct errand *d, struct arguments *a)
{
    return whole_list(d, a, "/api/v1/tokens");
}

static int token_revoke(struct errand *d, struct arguments *a)
{
    return named_end(d, a, "/api/v1/tokens/");
}

int verb_token(struct arguments *a)
{
    static const struct errand_word rows[] = {{"add", token_add}, {"list", token_list}, {"revoke", token_revoke}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

/* --- hooks --- */

static int hook_add(struct errand *d, struct arguments *a)
{
    const char *secret = argument_option(a, "secret"), *facts = argument_option(a, "facts"), *causes = argument_option(a, "causes");
    (void)argument_next(a); /* "add" */
    const char *name = argument_next(a), *target = argument_next(a);
    if (!errand_ready(d, target != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    errand_put_text(d, "name", name);
    errand_put_text(d, "target", target);
    errand_put_text(d, "secret", secret);
    errand_put_list(d, "facts", facts);
    errand_put_list(d, "causes", causes);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/hooks");
    return errand_run(d, "POST", show_done);
}

static int hook_list(struct errand *d, struct arguments *a)
{
    return whole_list(d, a, "/api/v1/hooks");
}

static int hook_remove(struct errand *d, struct arguments *a)
{
    return named_end(d, a, "/api/v1/hooks/");
}

static int hook_dead(struct errand *d, struct arguments *a)
{
    const char *limit = argument_option(a, "limit"), *after = argument_option(a, "after");
    (void)argument_next(a); /* "dead" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/ports/dead");
    errand_path_value(d, "limit", limit);
    errand_path_value(d, "after", after);
    return errand_run(d, "GET", show_json);
}

/* One by its position, or all: `again` and `drop` are the daemon's words, too. */
static int hook_dead_act(struct errand *d, struct arguments *a)
{
    bool all = argument_flag(a, "all");
    const char *act = argument_next(a), *position = argument_next(a);
    bool is_number = position != NULL && position[0] != 0 && position[strspn(position, "0123456789")] == 0;
    if (!errand_ready(d, all ? position == NULL : is_number))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    json_key(&d->writer, all ? "all" : "position");
    json_put_raw(&d->writer, bytes_of_text(all ? "true" : position));
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/ports/dead/");
    errand_path_text(d, act);
    return errand_run(d, "POST", show_done);
}

int verb_hook(struct arguments *a)
{
    static const struct errand_word rows[] = {{"add", hook_add}, {"list", hook_list},      {"remove", hook_remove},
                                              {"dead", hook_dead}, {"again", hook_dead_act}, {"drop", hook_dead_act}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

/* --- consumers of changes --- */

static int consumer_add(struct errand *d, struct arguments *a)
{
    const char *from = argument_option(a, "from");
    (void)argument_next(a); /* "add" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    errand_put_text(d, "from", from == NULL ? "now" : from);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/consumers/");
    url_push(&d->path, bytes_of_text(name));
    return errand_run(d, "PUT", show_done);
}

static int consumer_list(struct errand *d, struct arguments *a)
{
    return whole_list(d, a, "/api/v1/consumers");
}

static int consumer_remove(struct errand *d, struct arguments *a)
{
    return named_end(d, a, "/api/v1/consumers/");
}

int verb_consumer(struct arguments *a)
{
    static const struct errand_word rows[] = {
        {"add", consumer_add}, {"list", consumer_list}, {"remove", consumer_remove}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

/* --- settings --- */

int verb_settings(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *name = argument_next(a), *value = argument_next(a);
    if (!errand_ready(&d, name == NULL || value != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/settings");
    if (name == NULL)
        return errand_end(&d, errand_run(&d, "GET", show_json));
    char *end;
    long long number = strtoll(value, &end, 10);
    if (*value == 0 || *end != 0) {
        fprintf(stderr, either("kith settings: '%s' is no whole number\n", "kith settings:'%s' 不是整数\n"), value);
        return errand_end(&d, EXIT_USAGE);
    }
    json_object_begin(&d.writer);
    errand_put_text(&d, "name", name);
    json_key(&d.writer, "value");
    json_put_int64(&d.writer, number);
    json_object_end(&d.writer);
    return errand_end(&d, errand_run(&d, "PUT", show_done));
}

/* --- checkpoint --- */

/* Asks until it is there, or has failed once more than at the beginning. */
static int checkpoint_await(struct errand *d)
{
    static const struct timespec pause = {.tv_nsec = CHECKPOINT_LOOK_NS};
    uint64_t wanted = number_in(d->root, "wanted"), failed_before = number_in(d->root, "failed");
    struct progress p;
    int code = EXIT_DONE;
    progress_begin(&p, either("Making a checkpoint", "正在建立检查点"), "", 0);
    while (code == EXIT_DONE && number_in(d->root, "position") < wanted && number_in(d->root, "failed") == failed_before) {
        (void)nanosleep(&pause, NULL);
        progress_wait(&p);
        code = errand_send(d, "GET");
    }
    progress_end(&p);
    if (code == EXIT_DONE && number_in(d->root, "position") < wanted) {
        struct bytes why = json_string(json_find(d->root, BYTES_LIT("trouble")));
        fprintf(stderr, either("kith: the checkpoint failed: %.*s\n", "kith:检查点未能建立:%.*s\n"), BYTES_ARG(why));
        return EXIT_BUSY;
    }
    return code;
}

int verb_checkpoint(struct arguments *a)
{
    struct errand d;
    char position[GROUPED_BYTES];
    errand_begin(&d, a);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/checkpoint");
    int64_t begin_us = time_monotonic_us();
    int code = errand_send(&d, "POST");
    if (code == EXIT_DONE)
        code = checkpoint_await(&d);
    if (code != EXIT_DONE)
        return errand_end(&d, code);
    struct bytes time = short_time(json_find(d.root, BYTES_LIT("time")), d.arena);
    if (d.json)
        printf("%.*s\n", BYTES_ARG(d.reply.body));
    else
        printf(either("Checkpoint at log position %s, %.*s UTC; it took %.1f s.\n", "检查点已建立:日志位点 %s,%.*s UTC;用时 %.1f 秒。\n"),
               grouped(number_in(d.root, "position"), position), BYTES_ARG(time), (double)(time_monotonic_us() - begin_us) / 1e6);
    return errand_end(&d, EXIT_DONE);
}

/* --- who is who --- */

/* A preview is told by its own answer; a thing done by its position. */
static void show_act(struct json root, struct arena *a, FILE *out)
{
    if (json_is(json_find(root, BYTES_LIT("preview")), JSON_ABSENT)) {
        struct bytes position = json_raw(json_find(root, BYTES_LIT("position")));
        show_done(root, a, out);
        fprintf(out, either("To take it back: kith undo %.*s\n", "如需撤销:kith undo %.*s\n"), BYTES_ARG(position));
        return;
    }
    struct json person, refused = json_find(root, BYTES_LIT("refused"));
    static const char *const sides[][3] = {{"before", "Before", "之前"}, {"after", "After", "之后"}};
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        fprintf(out, "%s\n", either(sides[i][1], sides[i][2]));
        for (struct json_walk w = json_items(json_find(root, bytes_of_text(sides[i][0]))); json_item_next(&w, &person);) {
            struct bytes id = json_string(json_find(person, BYTES_LIT("id")));
            struct json one;
            fprintf(out, "  id:%.*s\n", BYTES_ARG(id));
            for (struct json_walk k = json_items(json_find(person, BYTES_LIT("identifiers"))); json_item_next(&k, &one);) {
                struct bytes type = json_string(json_find(one, BYTES_LIT("type"))), ns = json_string(json_find(one, BYTES_LIT("ns"))),
                             value = json_string(json_find(one, BYTES_LIT("value")));
                fprintf(out, "    %.*s%s%.*s:%.*s\n", BYTES_ARG(type), ns.size > 0 ? ":" : "", BYTES_ARG(ns), BYTES_ARG(value));
            }
        }
    }
    struct bytes why = json_string(json_find(refused, speaks_chinese() ? BYTES_LIT("zh") : BYTES_LIT("en")));
    if (why.size > 0)
        fprintf(out, either("It would be refused: %.*s\n", "将被拒绝:%.*s\n"), BYTES_ARG(why));
    fprintf(out, "%s\n", either("Nothing was changed: this was a preview.", "以上为预演,未作任何更改。"));
}

struct act_options {
    const char *reason, *choice;
    bool preview;
};

static struct act_options act_options_of(struct arguments *a)
{
    return (struct act_options){argument_option(a, "reason"), NULL, argument_flag(a, "preview")};
}

/* The words that are left are identifiers. */
static size_t act_body(struct errand *d, const struct act_options *o, struct arguments *a)
{
    size_t count = 0;
    errand_put_text(d, "reason", o->reason);
    errand_put_text(d, "choice", o->choice);
    json_key(&d->writer, "preview");
    json_put_bool(&d->writer, o->preview);
    json_key(&d->writer, "ids");
    json_array_begin(&d->writer);
    for (const char *id; (id = argument_next(a)) != NULL; count++)
        json_put_text(&d->writer, id);
    json_array_end(&d->writer);
    return count;
}

int verb_act(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    struct act_options o = act_options_of(a);
    const char *verb = verb_of(a)->name;
    bool unblocks = strcmp(verb, "unblock") == 0;
    json_object_begin(&d.writer);
    if (unblocks) {
        json_key(&d.writer, "blocked");
        json_put_bool(&d.writer, false);
    }
    size_t count = act_body(&d, &o, a);
    json_object_end(&d.writer);
    if (!errand_ready(&d, count > 0))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/identity/");
    errand_path_text(&d, unblocks ? "block" : verb);
    return errand_end(&d, errand_run(&d, "POST", show_act));
}

int verb_review(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    struct act_options o = act_options_of(a);
    o.choice = argument_next(a);
    json_object_begin(&d.writer);
    size_t count = act_body(&d, &o, a);
    json_object_end(&d.writer);
    if (!errand_ready(&d, o.choice != NULL && count > 0))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/identity/review");
    return errand_end(&d, errand_run(&d, "POST", show_act));
}

int verb_undo(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    struct act_options o = act_options_of(a);
    const char *which = errand_word_peek(a);
    char *end = NULL;
    unsigned long long position = which == NULL ? 0 : strtoull(which, &end, 10);
    bool is_position = which != NULL && *which >= '0' && *which <= '9' && *end == 0;
    json_object_begin(&d.writer);
    if (is_position) {
        (void)argument_next(a);
        json_key(&d.writer, "position");
        json_put_uint64(&d.writer, position);
    }
    size_t count = act_body(&d, &o, a);
    json_object_end(&d.writer);
    if (!errand_ready(&d, is_position || (count == 1 && strchr(which, ':') != NULL)))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/identity/undo");
    return errand_end(&d, errand_run(&d, "POST", show_act));
}

int verb_reviews(struct arguments *a)
{
    return errand_list(a, "/api/v1/identity/reviews", "after");
}

int verb_acts(struct arguments *a)
{
    return errand_list(a, "/api/v1/identity/acts", "before");
}

int verb_types(struct arguments *a)
{
    return errand_list(a, "/api/v1/identity/types", NULL);
}
