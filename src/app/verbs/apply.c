/* kith apply: definitions as files that are kept in git, and as they stand. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app.h"
#include "app/apply/apply.h"
#include "app/arguments.h"
#include "app/verbs/apply.h"

#define REPORT_BYTES_MAX (64u << 20)
#define PAGES_MAX 100000u
#define LEFT_SHOWN_MAX 20u

struct applying {
    struct errand *errand;
    bool is_dry, prunes, is_sure;
    bool is_part; /* what stands beside it is nothing to tell of */
    struct definitions wanted, standing;
    struct plan plan;
    size_t changes, sent;
};

/* --- what stands --- */

/* All pages of one kind, or of one word of its `each`. */
static int standing_ask(struct errand *d, const struct definition_kind *kind, const char *word, struct definitions *out)
{
    const char *next = NULL;
    for (uint32_t page = 0; page < PAGES_MAX; page++) {
        struct err e = {0};
        buf_clear(&d->path);
        errand_path_text(d, kind->get);
        if (word != NULL)
            errand_path_value(d, kind->each, word);
        if (kind->cursor != NULL)
            errand_path_value(d, kind->cursor, next);
        int code = errand_send(d, "GET");
        if (code != EXIT_DONE)
            return code;
        struct status status = definitions_hear(out, kind, d->root, &e);
        if (failed(status))
            return say_failure(status, &e);
        struct json after = json_find(d->root, BYTES_LIT("next"));
        if (kind->cursor == NULL || json_is(after, JSON_NULL) || json_is(after, JSON_ABSENT))
            return EXIT_DONE;
        next = arena_text(d->arena, json_is(after, JSON_STRING) ? json_string(after) : json_raw(after));
    }
    return EXIT_DONE;
}

static int standing_read(struct errand *d, struct definitions *out)
{
    size_t count;
    const struct definition_kind *kinds = definition_kinds(&count);
    struct err e = {0};
    int code = EXIT_DONE;
    out->arena = d->arena;
    for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
        const struct definition_member *each = kinds[i].each == NULL
                                                   ? NULL
                                                   : definition_member_named(kinds[i].members, kinds[i].member_count,
                                                                             bytes_of_text(kinds[i].each));
        if (each == NULL)
            code = standing_ask(d, &kinds[i], NULL, out);
        for (size_t k = 0; each != NULL && each->word(k) != NULL && code == EXIT_DONE; k++)
            code = standing_ask(d, &kinds[i], each->word(k), out);
    }
    if (code != EXIT_DONE)
        return code;
    struct status status = definitions_sort(out, &e);
    return failed(status) ? say_failure(status, &e) : EXIT_DONE;
}

/* --- shown to people --- */

static const struct definition *either_of(const struct change *c)
{
    return c->wanted != NULL ? c->wanted : c->standing;
}

static struct bytes json_or_dash(const struct part *p)
{
    return p == NULL || part_is_null(p) ? BYTES_LIT("–") : p->json;
}

static void change_show(const struct change *c, struct arena *a)
{
    static const char marks[CHANGE_WHAT_COUNT] = {[CHANGE_NEW] = '+', [CHANGE_ALTERED] = '~', [CHANGE_REMOVED] = '-'};
    printf("  %c %s\n", marks[c->what], key_text(either_of(c), a));
    for (size_t i = 0; i < c->difference_count; i++) {
        const struct difference *d = &c->differences[i];
        struct bytes is = json_or_dash(d->is), was = json_or_dash(d->was);
        if (c->what == CHANGE_NEW)
            printf("      %s: %.*s\n", part_path(d->is, a), BYTES_ARG(is));
        else
            printf("      %s: %.*s → %.*s\n", part_path(d->is, a), BYTES_ARG(was), BYTES_ARG(is));
    }
}

/* What no file has, of a kind that files have a list of: by name, on one line. */
static void left_show(const struct applying *p, const struct definition_kind *kind)
{
    size_t shown = 0, count = 0;
    for (size_t i = 0; i < p->plan.count; i++) {
        const struct change *c = &p->plan.changes[i];
        if (c->what != CHANGE_LEFT || c->standing->kind != kind || count++ >= LEFT_SHOWN_MAX)
            continue;
        printf("%s%s", shown++ == 0 ? "  ? " : ", ", key_text(c->standing, p->errand->arena));
    }
    if (count == 0)
        return;
    if (count > shown)
        printf(either(" and %zu more", " 等另外 %zu 项"), count - shown);
    printf("%s\n", kind->end == END_NEVER
                       ? either(": in no file; they stay", ":文件中没有,保留")
                       : either(": in no file; --prune takes them away", ":文件中没有,加 --prune 移除"));
}

static bool is_shown(const struct change *c, const struct definition_kind *kind)
{
    return either_of(c)->kind == kind &&
           (c->what == CHANGE_NEW || c->what == CHANGE_ALTERED || c->what == CHANGE_REMOVED);
}

static void kind_show(const struct applying *p, const struct definition_kind *kind)
{
    bool is_named = definitions_name(&p->wanted, kind), is_headed = is_named;
    if (is_named)
        printf("%s\n", kind->name);
    for (size_t i = 0; i < p->plan.count; i++) {
        if (!is_shown(&p->plan.changes[i], kind))
            continue;
        if (!is_headed)
            printf("%s\n", kind->name);
        is_headed = true;
        change_show(&p->plan.changes[i], p->errand->arena);
    }
    if (is_named && !p->is_part)
        left_show(p, kind);
}

static void plan_show(const struct applying *p)
{
    size_t count;
    const size_t *counts = p->plan.counts;
    const struct definition_kind *kinds = definition_kinds(&count);
    for (size_t i = 0; i < count; i++)
        kind_show(p, &kinds[i]);
    printf(either("%zu new, %zu changed, %zu removed, %zu as they are.\n", "新增 %zu,变更 %zu,移除 %zu,一致 %zu。\n"),
           counts[CHANGE_NEW], counts[CHANGE_ALTERED], counts[CHANGE_REMOVED], counts[CHANGE_NONE]);
}

/* --- shown to programs --- */

static void part_put(struct json_writer *w, const char *key, const struct part *p)
{
    json_key(w, key);
    json_put_raw(w, p == NULL ? BYTES_LIT("null") : p->json);
}

static void change_put(const struct change *c, struct json_writer *w, struct arena *a)
{
    static const char *const words[CHANGE_WHAT_COUNT] = {"new", "changed", "equal", "left", "removed"};
    const struct definition *d = either_of(c);
    json_object_begin(w);
    json_key(w, "list");
    json_put_text(w, d->kind->name);
    json_key(w, "key");
    json_put_text(w, key_text(d, a));
    json_key(w, "change");
    json_put_text(w, words[c->what]);
    json_key(w, "file");
    if (d->file == NULL)
        json_put_null(w);
    else
        json_put_text(w, d->file);
    json_key(w, "line");
    json_put_uint64(w, d->line);
    json_key(w, "members");
    json_array_begin(w);
    for (size_t i = 0; i < c->difference_count; i++) {
        json_object_begin(w);
        json_key(w, "name");
        json_put_text(w, part_path(c->differences[i].is, a));
        part_put(w, "old", c->differences[i].was);
        part_put(w, "new", c->differences[i].is);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void plan_print(const struct applying *p)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, REPORT_BYTES_MAX);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    json_key(&w, "dry_run");
    json_put_bool(&w, p->is_dry);
    json_key(&w, "changes");
    json_array_begin(&w);
    for (size_t i = 0; i < p->plan.count; i++)
        if (p->plan.changes[i].what != CHANGE_NONE && !(p->is_part && p->plan.changes[i].what == CHANGE_LEFT))
            change_put(&p->plan.changes[i], &w, p->errand->arena);
    json_array_end(&w);
    json_key(&w, "equal");
    json_put_uint64(&w, p->plan.counts[CHANGE_NONE]);
    json_key(&w, "applied");
    json_put_uint64(&w, p->sent);
    json_object_end(&w);
    printf("%.*s\n", BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
}

/* --- done --- */

static int change_send(struct applying *p, const struct change *c)
{
    struct errand *d = p->errand;
    buf_clear(&d->path);
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    struct call_text call = {.path = &d->path, .body = &d->writer};
    change_call(c, d->arena, &call);
    int code = errand_send(d, call.method);
    const struct definition *one = either_of(c);
    if (code != EXIT_DONE)
        fprintf(stderr,
                either("kith: that was %s %s (%s:%llu). %zu of %zu changes are done; mend it and say it again.\n",
                       "kith:出错的是 %s %s(%s:%llu)。已完成 %zu/%zu 项变更;修正后可重新执行。\n"),
                one->kind->name, key_text(one, d->arena), one->file == NULL ? "-" : one->file,
                (unsigned long long)one->line, p->sent, p->changes);
    return code;
}

static int plan_send(struct applying *p)
{
    const struct change **order = plan_order(&p->plan, p->errand->arena, &p->changes);
    if (p->is_dry || p->changes == 0) {
        if (!p->errand->json)
            printf("%s\n", p->changes == 0
                               ? either("There is nothing to do.", "无需变更。")
                               : either("Nothing was changed: this was a dry run.", "以上为试运行,未作任何更改。"));
        return EXIT_DONE;
    }
    if (!errand_is_agreed(p->is_sure, either("Apply this?", "执行以上变更?")))
        return EXIT_REFUSED;
    for (; p->sent < p->changes; p->sent++) {
        int code = change_send(p, order[p->sent]);
        if (code != EXIT_DONE)
            return code;
    }
    if (!p->errand->json)
        printf(either("Done: %zu changes.\n", "已完成 %zu 项变更。\n"), p->sent);
    return EXIT_DONE;
}

/* What is wanted is compared with what stands; all is checked before anything is sent. */
static int wanted_apply(struct applying *p)
{
    struct err e = {0};
    int code = standing_read(p->errand, &p->standing);
    if (code != EXIT_DONE)
        return code;
    definitions_add_names(&p->wanted, &p->standing);
    struct status status = definitions_sort(&p->wanted, &e);
    assert(done(status)); /* names that were there are left alone */
    status = plan_make(&p->wanted, &p->standing, p->prunes, p->errand->arena, &p->plan, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (!p->errand->json)
        plan_show(p);
    code = plan_send(p);
    if (p->errand->json && code == EXIT_DONE)
        plan_print(p);
    return code;
}

/* Before the daemon is asked. */
static int wanted_check(struct applying *p, struct status status, struct err *e)
{
    if (done(status))
        status = definitions_sort(&p->wanted, e);
    if (done(status))
        return EXIT_DONE;
    (void)say_failure(status, e);
    return EXIT_REFUSED;
}

static int files_apply(struct applying *p, const char *path)
{
    struct err e = {0};
    p->wanted.arena = p->errand->arena;
    int code = wanted_check(p, definitions_load(&p->wanted, path, &e), &e);
    return code != EXIT_DONE ? code : wanted_apply(p);
}

int apply_text(struct errand *d, const char *file, struct bytes text, bool is_dry, bool is_sure)
{
    struct err e = {0};
    struct applying p = {.errand = d, .is_dry = is_dry, .is_sure = is_sure, .is_part = true, .wanted.arena = d->arena};
    int code = wanted_check(&p, definitions_read(&p.wanted, file, text, d->parser, &e), &e);
    return code != EXIT_DONE ? code : wanted_apply(&p);
}

/* --- as they stand --- */

static fallible file_write(const char *path, struct bytes text, struct err *e)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return FAIL(e, IO, "%s: %s", path, strerror(errno));
    bool good = fwrite(text.data, 1, text.size, file) == text.size;
    good = fclose(file) == 0 && good;
    return good ? DONE : FAIL(e, FULL, either("can't write %s", "无法写入 %s"), path);
}

/* A file for each kind, also for one of which there is nothing: what an older export had must not stay. */
static int standing_write(struct applying *p, const char *folder)
{
    size_t count;
    const struct definition_kind *kinds = definition_kinds(&count);
    struct err e = {0};
    struct status status = mkdir(folder, 0777) == 0 || errno == EEXIST
                               ? DONE
                               : FAIL(&e, IO, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < count && done(status); i++) {
        struct buf text;
        struct json_writer w;
        buf_init(&text, DEFINITION_FILE_BYTES_MAX);
        json_writer_init(&w, &text, true);
        definitions_write(&p->standing, &kinds[i], &w);
        buf_push_byte(&text, '\n');
        const char *path = arena_printf(p->errand->arena, "%s/%s.json", folder, kinds[i].name);
        status = text.overflowed
                     ? FAIL(&e, LIMIT, either("%s: there are too many for one file", "%s:数量超过一个文件的上限"), path)
                     : file_write(path, buf_bytes(&text), &e);
        buf_fini(&text);
        if (done(status) && !p->errand->json)
            printf("%s\n", path);
    }
    return failed(status) ? say_failure(status, &e) : EXIT_DONE;
}

/* "-f DIR", "-f=DIR" or DIR alone. */
static const char *path_take(struct arguments *a)
{
    const char *word = argument_next(a);
    if (word == NULL || strncmp(word, "-f", 2) != 0)
        return word;
    return word[2] == '=' ? word + 3 : word[2] != 0 ? word + 2 : argument_next(a);
}

int verb_apply(struct arguments *a)
{
    struct errand errand;
    struct applying p = {.errand = &errand};
    errand_begin(&errand, a);
    const char *folder = argument_option(a, "export");
    p.is_dry = argument_flag(a, "dry-run");
    p.prunes = argument_flag(a, "prune");
    p.is_sure = argument_flag(a, "yes");
    const char *path = path_take(a);
    if (!errand_ready(&errand, (folder == NULL) != (path == NULL)))
        return errand_end(&errand, EXIT_USAGE);
    if (folder == NULL)
        return errand_end(&errand, files_apply(&p, path));
    int code = standing_read(&errand, &p.standing);
    return errand_end(&errand, code != EXIT_DONE ? code : standing_write(&p, folder));
}
