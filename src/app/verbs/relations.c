/* Verbs about relations: relation, customers, handover; and the part of a profile that tells of them. */
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/errand.h"
#include "app/verbs/putting.h"
#include "app/words.h"

#define COLUMNS_MAX 40u

static struct bytes label_of(struct json j)
{
    return text_of(j, speaks_chinese() ? "zh" : "en");
}

/* "staff/G17", "id:0123…"; nothing: a dash. */
static struct bytes end_text(struct json to, struct arena *a)
{
    struct bytes kind = text_of(to, "kind"), id = text_of(to, "id"), person = text_of(to, "person");
    if (kind.size > 0)
        return bytes_of_text(arena_printf(a, "%.*s/%.*s", BYTES_ARG(kind), BYTES_ARG(id)));
    return person.size > 0 ? bytes_of_text(arena_printf(a, "id:%.*s", BYTES_ARG(person))) : BYTES_LIT("–");
}

static struct bytes or_dash(struct bytes text)
{
    return text.size == 0 ? BYTES_LIT("–") : text;
}

/* --- of a profile --- */

static struct bytes attributes_text(struct json relation, struct arena *a)
{
    struct json attribute;
    const char *all = "";
    for (struct json_walk w = json_items(member(relation, "attributes")); json_item_next(&w, &attribute);) {
        struct json value = member(attribute, "value");
        struct bytes name = word_of(text_of(attribute, "name")),
                     text = json_is(value, JSON_STRING) ? json_string(value) : json_raw(value);
        if (!json_is(value, JSON_NULL))
            all = arena_printf(a, "%s%s%.*s=%.*s", all, all[0] == 0 ? "" : " ", BYTES_ARG(name), BYTES_ARG(text));
    }
    return bytes_of_text(all);
}

/* Who did what the last period tells last. */
static struct bytes by_text(struct json period, bool is_open, struct arena *a)
{
    struct json by = member(period, is_open ? "begun_by" : "ended_by");
    struct bytes name = text_of(by, "name"), kind = text_of(by, "kind");
    const char *word = bytes_equal(kind, BYTES_LIT("staff"))   ? either("staff", "员工")
                       : bytes_equal(kind, BYTES_LIT("token")) ? either("token", "令牌")
                       : bytes_equal(kind, BYTES_LIT("bot"))   ? either("bot", "机器人")
                                                               : either("system", "系统");
    return kind.size == 0 ? BYTES_NONE : bytes_of_text(arena_printf(a, either("by %s %.*s", "由%s %.*s"), word, BYTES_ARG(name)));
}

static void relation_row(struct grid *g, struct json relation, struct arena *a)
{
    struct json period = JSON_NOTHING, periods = member(relation, "periods");
    struct json_walk w = json_items(periods);
    bool is_open = json_is(member(relation, "open"), JSON_TRUE), any = json_item_next(&w, &period);
    struct bytes begin = any ? short_time(member(period, "begin"), a) : BYTES_NONE,
                 end = any ? short_time(member(period, "end"), a) : BYTES_NONE;
    struct bytes reason = any ? text_of(period, "reason") : BYTES_NONE;
    if (any && json_is(member(period, "replaced"), JSON_TRUE))
        reason = bytes_of_text(either("replaced", "被替换"));
    grid_add(g, (const struct bytes[]){is_open ? BYTES_LIT("●") : BYTES_LIT("○"), label_of(relation),
                                       end_text(member(relation, "to"), a), or_dash(text_of(relation, "brand")),
                                       or_dash(begin), end, reason, by_text(period, is_open, a),
                                       attributes_text(relation, a)});
}

static void ladder_row(struct grid *g, struct json rung, struct arena *a)
{
    struct json why = member(rung, "why");
    struct bytes relation = label_of(why), last = short_time(member(why, "last"), a);
    uint64_t orders = number_in(why, "orders"), lately = number_in(why, "orders_lately");
    const char *reason = relation.size > 0 ? arena_printf(a, "%.*s", BYTES_ARG(relation)) : "";
    if (orders > 0)
        reason = arena_printf(a, either("%s%s%llu orders, %llu lately", "%s%s%llu 单,近期 %llu 单"), reason,
                              reason[0] == 0 ? "" : ", ", (unsigned long long)orders, (unsigned long long)lately);
    grid_add(g, (const struct bytes[]){or_dash(text_of(rung, "brand")), label_of(rung), bytes_of_text(reason),
                                       or_dash(last)});
}

/* Rows of a list; nothing where it is empty. */
static void show_rows(struct json list, const char *heading, size_t columns,
                      void (*row)(struct grid *g, struct json item, struct arena *a), struct arena *a, FILE *out)
{
    struct grid g;
    struct json item;
    if (json_count(list) == 0)
        return;
    fprintf(out, "\n  %s\n", heading);
    grid_init(&g, a, columns);
    g.indent = "    ";
    g.columns_max = COLUMNS_MAX;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        row(&g, item, a);
    grid_print(&g, out);
}

void show_relations(struct json root, struct arena *a, FILE *out)
{
    show_rows(member(root, "ladder"), either("How far with each brand", "各品牌所处阶段"), 4, ladder_row, a, out);
    show_rows(member(root, "relations"), either("Relations", "关系"), 9, relation_row, a, out);
}

/* --- relation --- */

static int relation_act(struct errand *d, struct arguments *a)
{
    static const char *const names[] = {"brand", "time", "reason", "by"};
    const char *options[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        options[i] = argument_option(a, names[i]);
    const char *act = argument_next(a), *who = argument_next(a), *type = argument_next(a), *to = errand_word_peek(a);
    if (to != NULL && strchr(to, '=') == NULL)
        (void)argument_next(a);
    else
        to = NULL;
    json_object_begin(&d->writer);
    errand_put_text(d, "act", act);
    errand_put_text(d, "type", type);
    errand_put_text(d, "to", to);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        errand_put_text(d, names[i], options[i]);
    bool good = type != NULL && errand_put_attributes(d, a);
    json_object_end(&d->writer);
    if (!errand_ready(d, good))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/people/");
    url_push(&d->path, bytes_of_text(who));
    errand_path_text(d, "/relations");
    return errand_run(d, "POST", show_done);
}

static int relation_put_file(struct errand *d, struct arguments *a)
{
    return putting_errand(d, a, "/api/v1/relations");
}

/* --- types --- */

static struct bytes words_text(struct json list, struct arena *a)
{
    struct json item;
    const char *all = "";
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes word = json_string(item);
        all = arena_printf(a, "%s%s%.*s", all, all[0] == 0 ? "" : ", ", BYTES_ARG(word));
    }
    return bytes_of_text(all);
}

static void type_row(struct grid *g, struct json type, struct arena *a)
{
    bool is_single = json_is(member(type, "single"), JSON_TRUE);
    grid_add(g, (const struct bytes[]){text_of(type, "name"), text_of(type, speaks_chinese() ? "label_zh" : "label_en"),
                                       or_dash(words_text(member(type, "to"), a)),
                                       is_single ? bytes_of_text(either("one at a time", "同时只有一个")) : BYTES_NONE,
                                       words_text(member(type, "roles"), a), words_text(member(type, "reasons"), a)});
}

static void show_types(struct json root, struct arena *a, FILE *out)
{
    show_rows(member(root, "types"), either("Relations: to what, roles, reasons", "关系类型:指向、角色、原因"), 6, type_row, a, out);
}

static int relation_types_list(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "types" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/relations/types");
    return errand_run(d, "GET", show_types);
}

static int relation_declare(struct errand *d, struct arguments *a)
{
    static const struct {
        const char *option, *member;
    } texts[] = {{"en", "label_en"}, {"zh", "label_zh"}, {"back-en", "back_en"}, {"back-zh", "back_zh"}, {"rung", "rung"}},
      lists[] = {{"to", "to"}, {"roles", "roles"}, {"reasons", "reasons"}};
    bool is_single = argument_flag(a, "single");
    json_object_begin(&d->writer);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        errand_put_text(d, texts[i].member, argument_option(a, texts[i].option));
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        errand_put_list(d, lists[i].member, argument_option(a, lists[i].option));
    (void)argument_next(a); /* "declare" */
    const char *name = argument_next(a);
    errand_put_text(d, "name", name);
    if (is_single) {
        json_key(&d->writer, "single");
        json_put_bool(&d->writer, true);
    }
    json_object_end(&d->writer);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/relations/types");
    return errand_run(d, "PUT", show_done);
}

int verb_relation(struct arguments *a)
{
    static const struct errand_word rows[] = {
        {"begin", relation_act}, {"end", relation_act}, {"set", relation_act}, {"put", relation_put_file}, {"types", relation_types_list},
        {"declare", relation_declare}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

/* --- customers --- */

static void customer_row(struct grid *g, struct json person, struct arena *a)
{
    struct json relation = JSON_NOTHING, period = JSON_NOTHING, id = member(person, "identifier");
    struct json_walk relations = json_items(member(person, "relations"));
    (void)json_item_next(&relations, &relation);
    struct json_walk periods = json_items(member(relation, "periods"));
    (void)json_item_next(&periods, &period);
    struct bytes public_id = text_of(person, "person");
    grid_add(g, (const struct bytes[]){bytes_of_text(arena_printf(a, "id:%.*s", BYTES_ARG(public_id))),
                                       text_of(id, "type"), text_of(id, "value"), or_dash(text_of(relation, "brand")),
                                       or_dash(short_time(member(period, "begin"), a)), attributes_text(relation, a)});
}

void show_customers(struct json root, struct arena *a, FILE *out)
{
    struct json next = member(root, "next");
    struct bytes label = label_of(root);
    if (json_count(member(root, "people")) == 0 && json_is(next, JSON_NULL)) {
        fprintf(out, "%s\n", either("Nobody.", "没有人。"));
        return;
    }
    show_rows(member(root, "people"), arena_text(a, label), 6, customer_row, a, out);
    show_next(root, "after", out);
}

/* "G17" is somebody of staff, "group/Q" says what it is. */
static void path_thing(struct errand *d, const char *word)
{
    const char *slash = strchr(word, '/');
    errand_path_text(d, "/api/v1/things/");
    url_push(&d->path, slash == NULL ? BYTES_LIT("staff") : bytes_of(word, (size_t)(slash - word)));
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(slash == NULL ? word : slash + 1));
}

int verb_customers(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *type = argument_option(a, "type"), *limit = argument_option(a, "limit"),
               *after = argument_option(a, "after"), *whose = argument_next(a);
    if (!errand_ready(&d, whose != NULL))
        return errand_end(&d, EXIT_USAGE);
    path_thing(&d, whose);
    errand_path_text(&d, "/people");
    errand_path_value(&d, "type", type);
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, "after", after);
    return errand_end(&d, errand_run(&d, "GET", show_customers));
}

/* --- handover --- */

static void put_staff(struct errand *d, const char *word)
{
    json_put_text(&d->writer, strchr(word, '/') == NULL ? arena_printf(d->arena, "staff/%s", word) : word);
}

static void put_names(struct errand *d, const char *key, const char *names)
{
    if (names == NULL)
        return;
    json_key(&d->writer, key);
    json_array_begin(&d->writer);
    for (size_t size = strcspn(names, ","); size > 0; names += size + (names[size] == ','), size = strcspn(names, ","))
        json_put_string(&d->writer, bytes_of(names, size));
    json_array_end(&d->writer);
}

static void show_preview(struct json root, struct arena *a, FILE *out)
{
    unsigned long long relations = number_in(root, "relations"), to = number_in(root, "to");
    const char *least = json_is(member(root, "more"), JSON_TRUE) ? either("At least ", "至少") : "";
    (void)a;
    fprintf(out,
            either("%s%llu relations would go to %llu of staff. With --yes they do.\n",
                   "%s将有 %llu 条关系交接给 %llu 位员工。加 --yes 执行。\n"),
            least, relations, to);
}

static void show_begun(struct json root, struct arena *a, FILE *out)
{
    show_done(root, a, out);
    fprintf(out, "%s\n",
            either("It goes on by itself: `kith handover list` tells how far it is.",
                   "后台进行中:用 `kith handover list` 查看进度。"));
}

static bool staff_take(struct errand *d, struct arguments *a)
{
    const char *from = argument_next(a), *to = argument_next(a), *word = argument_next(a);
    if (word == NULL || strcmp(to, "to") != 0)
        return false;
    json_key(&d->writer, "from");
    put_staff(d, from);
    json_key(&d->writer, "to");
    json_array_begin(&d->writer);
    for (; word != NULL; word = argument_next(a))
        put_staff(d, word);
    json_array_end(&d->writer);
    return true;
}

static int hand_over(struct errand *d, struct arguments *a)
{
    const char *types = argument_option(a, "types"), *brand = argument_option(a, "brand"),
               *reason = argument_option(a, "reason");
    bool by_store = argument_flag(a, "by-store"), yes = argument_flag(a, "yes");
    json_object_begin(&d->writer);
    put_names(d, "types", types);
    errand_put_text(d, "brand", brand);
    errand_put_text(d, "reason", reason);
    json_key(&d->writer, "by_store");
    json_put_bool(&d->writer, by_store);
    json_key(&d->writer, "preview");
    json_put_bool(&d->writer, !yes);
    bool good = staff_take(d, a);
    json_object_end(&d->writer);
    if (!errand_ready(d, good))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/relations/hand-over");
    return errand_run(d, "POST", yes ? show_begun : show_preview);
}

static void hand_over_row(struct grid *g, struct json record, struct arena *a)
{
    bool is_finished = json_is(member(record, "finished"), JSON_TRUE);
    unsigned long long moved = number_in(record, "moved");
    struct json item;
    const char *to = "";
    for (struct json_walk w = json_items(member(record, "to")); json_item_next(&w, &item);) {
        struct bytes id = text_of(item, "id");
        to = arena_printf(a, "%s%s%.*s", to, to[0] == 0 ? "" : ", ", BYTES_ARG(id));
    }
    grid_add(g,
             (const struct bytes[]){is_finished ? BYTES_LIT("✓") : BYTES_LIT("…"), json_raw(member(record, "position")),
                                    short_time(member(record, "time"), a), text_of(member(record, "from"), "id"),
                                    BYTES_LIT("→"), bytes_of_text(to), bytes_of_text(arena_printf(a, "%llu", moved)),
                                    text_of(record, "reason"), text_of(record, "by")});
}

static void show_hand_overs(struct json root, struct arena *a, FILE *out)
{
    show_rows(member(root, "hand_overs"), either("Hand-overs", "交接"), 9, hand_over_row, a, out);
    show_next(root, "before", out);
}

static int hand_overs(struct errand *d, struct arguments *a)
{
    const char *limit = argument_option(a, "limit"), *before = argument_option(a, "before");
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/relations/hand-overs");
    errand_path_value(d, "limit", limit);
    errand_path_value(d, "before", before);
    return errand_run(d, "GET", show_hand_overs);
}

int verb_hand_over(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *word = errand_word_peek(a);
    bool lists = word != NULL && strcmp(word, "list") == 0;
    return errand_end(&d, lists ? hand_overs(&d, a) : hand_over(&d, a));
}
