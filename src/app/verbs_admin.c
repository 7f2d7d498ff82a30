/* Verbs that change: tokens, settings, and who is who. */
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/errand.h"

/* Members of an open object. */
static void put_text(struct errand *d, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_key(&d->writer, key);
    json_put_text(&d->writer, text);
}

/* "a,b,c" as a list. */
static void put_list(struct errand *d, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_key(&d->writer, key);
    json_array_begin(&d->writer);
    while (*text != 0) {
        size_t size = strcspn(text, ",");
        if (size > 0)
            json_put_string(&d->writer, bytes_of(text, size));
        text += size + (text[size] == ',');
    }
    json_array_end(&d->writer);
}

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
               *channel = argument_option(a, "channel"), *brand = argument_option(a, "brand"), *expires = argument_option(a, "expires");
    bool masked = argument_flag(a, "masked");
    (void)argument_next(a); /* "add" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    put_text(d, "name", name);
    put_list(d, "roles", roles == NULL ? "collect" : roles);
    put_list(d, "brands", brands);
    put_text(d, "store", store);
    put_text(d, "channel", channel);
    put_text(d, "brand", brand);
    put_text(d, "expires", expires);
    json_key(&d->writer, "masked");
    json_put_bool(&d->writer, masked);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/tokens");
    return errand_run(d, "POST", show_token);
}

static void show_done(struct json root, struct arena *a, FILE *out)
{
    struct bytes position = json_raw(json_find(root, BYTES_LIT("position")));
    struct json result = json_find(root, BYTES_LIT("result"));
    fprintf(out, either("Done, at log position %.*s.\n", "已完成,日志位点 %.*s。\n"), BYTES_ARG(position));
    if (!json_is(result, JSON_ABSENT))
        show_json(result, a, out);
}

static int token_list(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/tokens");
    return errand_run(d, "GET", show_json);
}

static int token_revoke(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "revoke" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/tokens/");
    url_push(&d->path, bytes_of_text(name));
    return errand_run(d, "DELETE", show_done);
}

/* The word that says which of a verb's errands it is; it is taken again by the errand, once it has asked for its options. */
static const char *word_peek(const struct arguments *a)
{
    struct arguments copy = *a;
    return argument_next(&copy);
}

int verb_token(struct arguments *a)
{
    static const struct {
        const char *word;
        int (*run)(struct errand *d, struct arguments *a);
    } rows[] = {{"add", token_add}, {"list", token_list}, {"revoke", token_revoke}};
    struct errand d;
    errand_begin(&d, a);
    const char *word = word_peek(a);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (word != NULL && strcmp(rows[i].word, word) == 0)
            return errand_end(&d, rows[i].run(&d, a));
    return errand_end(&d, say_usage(verb_of(a)));
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
    put_text(&d, "name", name);
    json_key(&d.writer, "value");
    json_put_int64(&d.writer, number);
    json_object_end(&d.writer);
    return errand_end(&d, errand_run(&d, "PUT", show_done));
}

/* --- who is who --- */

/* A preview is told by its own answer; a thing done by its position. */
static void show_act(struct json root, struct arena *a, FILE *out)
{
    if (json_is(json_find(root, BYTES_LIT("preview")), JSON_ABSENT)) {
        show_done(root, a, out);
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
    put_text(d, "reason", o->reason);
    put_text(d, "choice", o->choice);
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
    const char *position = argument_next(a);
    char *end = NULL;
    unsigned long long number = position == NULL ? 0 : strtoull(position, &end, 10);
    bool good = position != NULL && *position >= '0' && *position <= '9' && *end == 0;
    json_object_begin(&d.writer);
    if (good) {
        json_key(&d.writer, "position");
        json_put_uint64(&d.writer, number);
    }
    (void)act_body(&d, &o, a);
    json_object_end(&d.writer);
    if (!errand_ready(&d, good))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/identity/undo");
    return errand_end(&d, errand_run(&d, "POST", show_act));
}

static int list_run(struct arguments *a, const char *path)
{
    struct errand d;
    errand_begin(&d, a);
    const char *limit = argument_option(a, "limit");
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, path);
    errand_path_value(&d, "limit", limit);
    return errand_end(&d, errand_run(&d, "GET", show_json));
}

int verb_reviews(struct arguments *a)
{
    return list_run(a, "/api/v1/identity/reviews");
}

int verb_acts(struct arguments *a)
{
    return list_run(a, "/api/v1/identity/acts");
}

int verb_types(struct arguments *a)
{
    return list_run(a, "/api/v1/identity/types");
}
