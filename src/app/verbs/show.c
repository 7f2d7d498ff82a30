#include "app/verbs/show.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app.h"
#include "app/words.h"
#include "base/time.h"
#include "lib/zone.h"

#define SHORT_TIME_BYTES 24u
#define ZONE_NAME_BYTES 64u

#define CELL_COLUMNS_MAX 44u
#define LIST_COLUMNS_MAX 12u
#define DEPTH_MAX 6u

/* --- values --- */

struct json member(struct json j, const char *name)
{
    return json_find(j, bytes_of_text(name));
}

struct bytes text_of(struct json j, const char *name)
{
    return json_string(member(j, name));
}

void heading(const char *en, const char *zh, FILE *out)
{
    fprintf(out, "\n  %s\n", either(en, zh));
}

void show_next(struct json root, const char *cursor, FILE *out)
{
    struct json next = member(root, "next");
    struct bytes text = json_is(next, JSON_STRING) ? json_string(next) : json_raw(next);
    if (json_is(next, JSON_STRING) || json_is(next, JSON_NUMBER))
        fprintf(out, either("More: --%s %.*s\n", "还有:--%s %.*s\n"), cursor, BYTES_ARG(text));
}

uint64_t number_in(struct json j, const char *name)
{
    uint64_t number = 0;
    (void)json_uint64(json_find(j, bytes_of_text(name)), &number);
    return number;
}

/* By whose clocks times are told; there is one workspace at a time. */
static struct {
    char name[ZONE_NAME_BYTES];
    struct zone *zone; /* NULL: the machine's */
} clocks;

void times_go_by(const char *zone)
{
    const char *name = zone == NULL ? "" : zone;
    if (strcmp(clocks.name, name) == 0 || strlen(name) >= sizeof clocks.name)
        return;
    zone_destroy(clocks.zone);
    clocks.zone = NULL;
    clocks.name[0] = 0;
    if (name[0] != 0 && done(zone_create(bytes_of_text(name), &clocks.zone, NULL)))
        memcpy(clocks.name, name, strlen(name) + 1);
}

const char *times_zone(void)
{
    return clocks.name;
}

/* What clocks show then. */
static bool clock_read(int64_t us, struct tm *out)
{
    struct zone_offset offset;
    bool is_known = clocks.zone != NULL && zone_offsets(clocks.zone, us, us + 1, &offset, 1) == 1;
    time_t seconds = (time_t)(us / US_PER_SECOND - (us % US_PER_SECOND < 0));
    if (!is_known)
        return localtime_r(&seconds, out) != NULL;
    seconds += offset.seconds;
    return gmtime_r(&seconds, out) != NULL;
}

struct bytes short_time(struct json j, struct arena *a)
{
    struct bytes text = json_string(j);
    if (text.size < 20 || text.data[4] != '-' || text.data[10] != 'T' || text.data[text.size - 1] != 'Z')
        return text;
    struct err e = {0};
    int64_t us;
    if (failed(time_parse(text, &us, &e)))
        return text;
    struct tm there;
    char *kept = arena_take(a, SHORT_TIME_BYTES, 1);
    if (!clock_read(us, &there) || strftime(kept, SHORT_TIME_BYTES, "%Y-%m-%d %H:%M", &there) == 0)
        return text;
    return bytes_of_text(kept);
}

/* A plain value as words. */
static struct bytes plain_text(struct json j, struct arena *a)
{
    switch (json_kind(j)) {
    case JSON_ABSENT:
    case JSON_NULL:
        return BYTES_LIT("–");
    case JSON_TRUE:
        return bytes_of_text(either("yes", "是"));
    case JSON_FALSE:
        return bytes_of_text(either("no", "否"));
    case JSON_STRING: {
        char *kept = arena_text(a, short_time(j, a));
        for (char *at = kept; *at != 0; at++) /* nothing that came from outside moves the cursor */
            *at = (unsigned char)*at < 0x20 || *at == 0x7F ? ' ' : *at;
        return bytes_of_text(kept);
    }
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_NUMBER:
        break;
    }
    return json_raw(j);
}

static bool is_plain(struct json j)
{
    return !json_is(j, JSON_ARRAY) && !json_is(j, JSON_OBJECT);
}

/* A list of plain values on one line: "1, 2, 3". */
static struct bytes list_text(struct json list, struct arena *a)
{
    struct bytes text = json_count(list) == 0 ? bytes_of_text(either("(none)", "(无)")) : BYTES_NONE;
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes more = plain_text(item, a);
        text = bytes_of_text(arena_printf(a, "%.*s%s%.*s", BYTES_ARG(text), text.size == 0 ? "" : ", ", BYTES_ARG(more)));
    }
    return text;
}

static bool is_plain_list(struct json j)
{
    struct json item;
    bool plain = json_is(j, JSON_ARRAY);
    for (struct json_walk w = json_items(j); plain && json_item_next(&w, &item);)
        plain = is_plain(item);
    return plain;
}

static struct bytes cell_text(struct json j, struct arena *a);

/* The members of an object on one line: "ids: a, b; people: 7". */
static struct bytes object_text(struct json object, struct arena *a)
{
    struct bytes text = BYTES_NONE, key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        struct bytes name = word_of(key), more = is_plain(value) || is_plain_list(value) ? cell_text(value, a) : json_raw(value);
        text = bytes_of_text(arena_printf(a, "%.*s%s%.*s: %.*s", BYTES_ARG(text), text.size == 0 ? "" : "; ", BYTES_ARG(name), BYTES_ARG(more)));
    }
    return text.size == 0 ? BYTES_LIT("–") : text;
}

static struct bytes cell_text(struct json j, struct arena *a)
{
    return is_plain_list(j) ? list_text(j, a) : is_plain(j) ? plain_text(j, a) : json_is(j, JSON_OBJECT) ? object_text(j, a) : json_raw(j);
}

/* --- tables --- */

static bool has_name(const struct bytes *names, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(names[i], name))
            return true;
    return false;
}

/* The members that items have, in the order they come; as many as a table takes. */
static size_t table_names(struct json list, struct bytes names[GRID_COLUMNS_MAX], bool right[GRID_COLUMNS_MAX])
{
    size_t count = 0;
    struct json item, value;
    struct bytes key;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        for (struct json_walk m = json_members(item); json_member_next(&m, &key, &value);) {
            if (count == LIST_COLUMNS_MAX || has_name(names, count, key))
                continue;
            right[count] = json_is(value, JSON_NUMBER);
            names[count++] = key;
        }
    return count;
}

static void show_table(struct json list, struct arena *a, const char *indent, FILE *out)
{
    struct bytes names[GRID_COLUMNS_MAX], cells[GRID_COLUMNS_MAX], headings[GRID_COLUMNS_MAX];
    bool right[GRID_COLUMNS_MAX] = {false};
    struct grid g;
    struct json item;
    size_t count = table_names(list, names, right);
    if (count == 0) {
        fprintf(out, "%s%s\n", indent, either("(none)", "(无)"));
        return;
    }
    grid_init(&g, a, count);
    g.indent = indent;
    g.headed = true;
    g.columns_max = CELL_COLUMNS_MAX;
    memcpy(g.right, right, sizeof right);
    for (size_t i = 0; i < count; i++)
        headings[i] = word_of(names[i]);
    grid_add(&g, headings);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        for (size_t i = 0; i < count; i++) {
            struct bytes text = cell_text(json_find(item, names[i]), a);
            cells[i] = bytes_equal(names[i], BYTES_LIT("act")) ? word_of(text) : text; /* others hold what people have named */
        }
        grid_add(&g, cells);
    }
    grid_print(&g, out);
}

static void show_at(struct json j, struct arena *a, unsigned depth, FILE *out);

static void show_nested(struct json object, struct arena *a, unsigned depth, FILE *out)
{
    struct bytes key;
    struct json value;
    const char *indent = arena_printf(a, "%*s", (int)(2 * depth), "");
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        if (is_plain(value) || is_plain_list(value))
            continue;
        struct bytes name = word_of(key);
        fprintf(out, "%s%.*s\n", indent, BYTES_ARG(name));
        show_at(value, a, depth + 1, out);
    }
}

static void show_members(struct json object, struct arena *a, unsigned depth, FILE *out)
{
    struct bytes key;
    struct json value;
    struct grid g;
    grid_init(&g, a, 2);
    g.indent = arena_printf(a, "%*s", (int)(2 * depth), "");
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);)
        if (!json_is(value, JSON_NULL) && (is_plain(value) || is_plain_list(value)))
            grid_add(&g, (const struct bytes[]){word_of(key), cell_text(value, a)});
    grid_print(&g, out);
    if (depth < DEPTH_MAX)
        show_nested(object, a, depth, out);
}

static void show_at(struct json j, struct arena *a, unsigned depth, FILE *out)
{
    const char *indent = arena_printf(a, "%*s", (int)(2 * depth), "");
    if (json_is(j, JSON_OBJECT)) {
        show_members(j, a, depth, out);
    } else if (json_is(j, JSON_ARRAY) && !is_plain_list(j)) {
        show_table(j, a, indent, out);
    } else {
        struct bytes text = cell_text(j, a);
        fprintf(out, "%s%.*s\n", indent, BYTES_ARG(text));
    }
}

void show_json(struct json j, struct arena *a, FILE *out)
{
    show_at(j, a, 0, out);
}

/* --- problems --- */

int show_problem(const struct client_reply *reply, struct json problem)
{
    struct bytes title = json_string(json_find(problem, BYTES_LIT("title"))), detail = json_string(json_find(problem, BYTES_LIT("detail")));
    const char *advice = advice_of(json_string(json_find(problem, BYTES_LIT("type"))));
    if (title.size == 0)
        title = reply->body;
    if (advice != NULL)
        detail = bytes_of_text(advice); /* the daemon's own is for programs */
    fprintf(stderr, either("kith: %.*s%s%.*s\n", "kith:%.*s%s%.*s\n"), BYTES_ARG(title), detail.size > 0 ? either(": ", ":") : "", BYTES_ARG(detail));
    return reply->status == 503 || reply->status == 429 ? EXIT_BUSY : EXIT_REFUSED;
}
