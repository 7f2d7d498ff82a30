/* Verbs about scope: reach, share, unshare, shares, suppress, suppressed, unsuppress. */
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/errand.h"
#include "app/words.h"

#define BAR_COLUMNS 24u
#define COMMON_ENTITY "-" /* that of the brands without one */

static struct bytes label_of(struct json channel)
{
    return text_of(channel, speaks_chinese() ? "zh" : "en");
}

/* --- reach --- */

static void show_head(struct json root, FILE *out)
{
    struct bytes brand = text_of(root, "brand"), purpose = word_of(text_of(root, "purpose"));
    if (brand.size == 0)
        brand = bytes_of_text(either("the whole group", "整个集团"));
    fprintf(out, "  %.*s · %.*s%s\n", BYTES_ARG(brand), BYTES_ARG(purpose),
            json_is(member(root, "pending"), JSON_TRUE) ? either("   (being counted anew)", "   (正在重新计算)") : "");
}

/* "3,210 no consent · 17 withdrawn": those that there are. */
static const char *excluded_text(struct json excluded, struct arena *a)
{
    const char *all = "";
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(excluded); json_member_next(&w, &key, &value);) {
        char text[GROUPED_BYTES];
        uint64_t people = 0;
        struct bytes reason = word_of(key);
        if (json_uint64(value, &people) && people > 0)
            all = arena_printf(a, "%s%s%.*s %s", all, all[0] == 0 ? "" : " · ", BYTES_ARG(reason),
                               grouped(people, text));
    }
    return all;
}

void show_reach(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json channel;
    show_head(root, out);
    grid_init(&g, a, 4);
    g.indent = "    ";
    g.right[1] = true;
    for (struct json_walk w = json_items(member(root, "channels")); json_item_next(&w, &channel);) {
        char text[GROUPED_BYTES];
        uint64_t people = 0, reachable = 0;
        (void)json_uint64(member(channel, "people"), &people);
        (void)json_uint64(member(channel, "reachable"), &reachable);
        grid_add(&g, (const struct bytes[]){label_of(channel), arena_copy(a, bytes_of_text(grouped(reachable, text))),
                                            bytes_of_text(bar(a, reachable, people, BAR_COLUMNS)),
                                            bytes_of_text(excluded_text(member(channel, "excluded"), a))});
    }
    grid_print(&g, out);
}

static void show_person(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json channel;
    show_head(root, out);
    grid_init(&g, a, 4);
    g.indent = "    ";
    for (struct json_walk w = json_items(member(root, "channels")); json_item_next(&w, &channel);) {
        bool is_reachable = json_is(member(channel, "reachable"), JSON_TRUE);
        struct json consent = member(channel, "consent");
        struct bytes evidence = text_of(consent, "evidence"), policy = text_of(consent, "policy");
        grid_add(&g, (const struct bytes[]){bytes_of_text(is_reachable ? "✓" : "✗"), label_of(channel),
                                            is_reachable ? text_of(member(channel, "address"), "value")
                                                         : word_of(text_of(channel, "reason")),
                                            evidence.size > 0 ? evidence : policy});
    }
    grid_print(&g, out);
}

int verb_reach(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *brand = argument_option(a, "brand"), *purpose = argument_option(a, "purpose"),
               *channel = argument_option(a, "channel"), *who = argument_next(a);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, who == NULL ? "/api/v1/reach" : "/api/v1/people/");
    if (who != NULL) {
        url_push(&d.path, bytes_of_text(who));
        errand_path_text(&d, "/reach");
    }
    errand_path_value(&d, "brand", brand);
    errand_path_value(&d, "purpose", purpose);
    errand_path_value(&d, "channel", channel);
    return errand_end(&d, errand_run(&d, "GET", who == NULL ? show_reach : show_person));
}

/* --- sharing --- */

static void put_entity(struct errand *d, const char *key, const char *name)
{
    json_key(&d->writer, key);
    if (strcmp(name, COMMON_ENTITY) == 0)
        json_put_null(&d->writer);
    else
        json_put_text(&d->writer, name);
}

static int share_send(struct arguments *a, const char *path, bool has_terms)
{
    struct errand d;
    errand_begin(&d, a);
    const char *reason = argument_option(a, "reason"), *policy = NULL, *evidence = NULL, *until = NULL,
               *purposes = NULL;
    if (has_terms) {
        purposes = argument_option(a, "purposes");
        policy = argument_option(a, "policy");
        evidence = argument_option(a, "evidence");
        until = argument_option(a, "until");
    }
    const char *from = argument_next(a), *to = argument_next(a);
    if (!errand_ready(&d, to != NULL))
        return errand_end(&d, EXIT_USAGE);
    json_object_begin(&d.writer);
    put_entity(&d, "from", from);
    put_entity(&d, "to", to);
    errand_put_list(&d, "purposes", purposes);
    errand_put_text(&d, "policy", policy);
    errand_put_text(&d, "evidence", evidence);
    errand_put_text(&d, "until", until);
    errand_put_text(&d, "reason", reason);
    json_object_end(&d.writer);
    errand_path_text(&d, path);
    return errand_end(&d, errand_run(&d, "POST", show_done));
}

int verb_share(struct arguments *a)
{
    return share_send(a, "/api/v1/shares", true);
}

int verb_unshare(struct arguments *a)
{
    return share_send(a, "/api/v1/shares/end", false);
}

int verb_shares(struct arguments *a)
{
    bool are_acts = argument_flag(a, "acts");
    return are_acts ? errand_list(a, "/api/v1/shares/acts", "before") : errand_list(a, "/api/v1/shares", "after");
}

/* --- the stop list --- */

static int stop_send(struct arguments *a, bool suppressed)
{
    struct errand d;
    errand_begin(&d, a);
    const char *reason = argument_option(a, "reason"), *id = argument_next(a);
    if (!errand_ready(&d, id != NULL))
        return errand_end(&d, EXIT_USAGE);
    json_object_begin(&d.writer);
    errand_put_text(&d, "id", id);
    json_key(&d.writer, "suppressed");
    json_put_bool(&d.writer, suppressed);
    errand_put_text(&d, "reason", reason);
    json_object_end(&d.writer);
    errand_path_text(&d, "/api/v1/suppress");
    return errand_end(&d, errand_run(&d, "POST", show_done));
}

int verb_suppress(struct arguments *a)
{
    return stop_send(a, true);
}

int verb_unsuppress(struct arguments *a)
{
    return stop_send(a, false);
}

int verb_suppressed(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *id = argument_next(a);
    if (!errand_ready(&d, id != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/stops");
    errand_path_value(&d, "id", id);
    return errand_end(&d, errand_run(&d, "GET", show_json));
}
