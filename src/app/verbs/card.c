/* A profile as a readable card. */
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/verbs/show.h"
#include "app/words.h"

#define COUNTERS_SHOWN 12u
#define TRAITS_SHOWN 16u
#define EVIDENCE_SHOWN 10u
#define BAR_COLUMNS 24u
#define COUNTERS_MAX 512u

/* What lists show at first; a whole card shows all of them. */
static size_t most_of(bool is_whole, size_t most)
{
    return is_whole ? SIZE_MAX : most;
}

static void left_out_say(size_t left_out, FILE *out)
{
    if (left_out > 0)
        fprintf(out, either("    and %zu more: --all\n", "    另有 %zu 项:--all\n"), left_out);
}

static struct bytes when(struct json j, const char *name, struct arena *a)
{
    struct bytes text = short_time(member(j, name), a);
    return text.size == 0 ? BYTES_LIT("–") : text;
}

static struct bytes or_dash(struct bytes text)
{
    return text.size == 0 ? BYTES_LIT("–") : text;
}

/* --- who --- */

static struct bytes trait_text(struct json profile, const char *name)
{
    struct json trait;
    for (struct json_walk w = json_items(member(profile, "traits")); json_item_next(&w, &trait);)
        if (bytes_equal(text_of(trait, "name"), bytes_of_text(name)))
            return text_of(trait, "value");
    return BYTES_NONE;
}

static void show_who(struct json profile, FILE *out)
{
    struct bytes name = trait_text(profile, "name"), id = text_of(profile, "id");
    bool pending = json_is(member(profile, "pending"), JSON_TRUE);
    fprintf(out, "  %.*s%sid:%.*s\n", BYTES_ARG(name), name.size > 0 ? "   " : "", BYTES_ARG(id));
    if (pending)
        fprintf(out, "  %s\n", either("(just taken apart: what is counted will be right in a moment)", "(刚拆分:统计正在重算,稍后即准)"));
}

static void show_identifiers(struct json profile, struct arena *a, FILE *out)
{
    struct grid g;
    struct json id;
    uint64_t at = 0;
    heading("Identifiers", "标识", out);
    grid_init(&g, a, 6);
    g.indent = "    ";
    g.right[0] = true;
    g.columns_max = 40;
    for (struct json_walk w = json_items(member(profile, "identifiers")); json_item_next(&w, &id); at++) {
        struct bytes state = text_of(id, "state");
        bool usual = bytes_equal(state, BYTES_LIT("in_force"));
        grid_add(&g, (const struct bytes[]){bytes_of_text(arena_printf(a, "%llu", (unsigned long long)at)), text_of(id, "type"), text_of(id, "ns"),
                                            text_of(id, "value"), when(id, "since", a), usual ? BYTES_NONE : word_of(state)});
    }
    grid_print(&g, out);
    uint64_t hidden = number_in(profile, "identifiers_hidden");
    if (hidden > 0)
        fprintf(out, either("    and %llu more of other brands\n", "    另有 %llu 个标识属于其他品牌\n"), (unsigned long long)hidden);
}

/* "0 2 5": places in the list above. */
static struct bytes members_text(struct json members, struct arena *a)
{
    struct bytes text = BYTES_NONE;
    struct json place;
    for (struct json_walk w = json_items(members); json_item_next(&w, &place);) {
        struct bytes more = json_raw(place);
        text = bytes_of_text(arena_printf(a, "%.*s%s%.*s", BYTES_ARG(text), text.size == 0 ? "" : " + ", BYTES_ARG(more)));
    }
    return text;
}

static void show_evidence(struct json profile, bool is_whole, struct arena *a, FILE *out)
{
    struct grid g;
    struct json set;
    size_t shown = 0, all = json_count(member(profile, "evidence")), most = most_of(is_whole, EVIDENCE_SHOWN);
    if (all == 0)
        return;
    heading("Why they are one: seen together", "为何是同一人:同时出现", out);
    grid_init(&g, a, 5);
    g.indent = "    ";
    g.right[2] = true;
    for (struct json_walk w = json_items(member(profile, "evidence")); json_item_next(&w, &set) && shown < most; shown++)
        grid_add(&g, (const struct bytes[]){members_text(member(set, "members"), a), word_of(text_of(set, "rule")),
                                            bytes_of_text(arena_printf(a, "%llu×", (unsigned long long)number_in(set, "count"))), when(set, "first", a),
                                            when(set, "last", a)});
    grid_print(&g, out);
    left_out_say(all - shown, out);
}

/* --- what is known --- */

static struct bytes value_text(struct json j)
{
    return json_is(j, JSON_STRING) ? json_string(j) : json_raw(j);
}

static void show_traits(struct json profile, bool is_whole, struct arena *a, FILE *out)
{
    struct grid g;
    struct json trait;
    size_t shown = 0, all = json_count(member(profile, "traits")), most = most_of(is_whole, TRAITS_SHOWN);
    if (all == 0)
        return;
    heading("Traits", "特质", out);
    grid_init(&g, a, 4);
    g.indent = "    ";
    g.columns_max = 40;
    for (struct json_walk w = json_items(member(profile, "traits")); json_item_next(&w, &trait) && shown < most; shown++)
        grid_add(&g, (const struct bytes[]){word_of_trait(text_of(trait, "name")), word_of_value(text_of(trait, "name"), value_text(member(trait, "value"))), or_dash(text_of(trait, "brand")), when(trait, "time", a)});
    grid_print(&g, out);
    left_out_say(all - shown, out);
}

static void show_consents(struct json profile, struct arena *a, FILE *out)
{
    struct grid g;
    struct json consent;
    if (json_count(member(profile, "consents")) == 0)
        return;
    heading("Consents", "同意授权", out);
    grid_init(&g, a, 5);
    g.indent = "    ";
    for (struct json_walk w = json_items(member(profile, "consents")); json_item_next(&w, &consent);)
        grid_add(&g, (const struct bytes[]){json_is(member(consent, "given"), JSON_TRUE) ? BYTES_LIT("✓") : BYTES_LIT("✗"), word_of(text_of(consent, "purpose")),
                                            or_dash(word_of(text_of(consent, "channel"))), or_dash(text_of(consent, "brand")), when(consent, "time", a)});
    grid_print(&g, out);
}

/* --- what happened --- */

struct counted {
    struct bytes event, name;
    uint64_t count;
};

static int most_first(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : bytes_compare(x->event, y->event);
}

/* Adds the counters up over brands and channels. */
static size_t events_count(struct json counters, struct counted *out, size_t room)
{
    size_t count = 0;
    struct json j;
    for (struct json_walk w = json_items(counters); json_item_next(&w, &j);) {
        struct bytes event = text_of(j, "event"), name = text_of(j, speaks_chinese() ? "zh" : "en");
        size_t i = 0;
        while (i < count && !bytes_equal(out[i].event, event))
            i++;
        if (i == room)
            continue;
        if (i == count)
            out[count++] = (struct counted){event, name.size > 0 ? name : event, 0};
        out[i].count += number_in(j, "count");
    }
    qsort(out, count, sizeof *out, most_first);
    return count;
}

static void show_counters(struct json profile, bool is_whole, struct arena *a, FILE *out)
{
    struct counted *events = ARENA_ARRAY(a, struct counted, COUNTERS_MAX);
    size_t count = events_count(member(profile, "counters"), events, COUNTERS_MAX), shown = 0, most = most_of(is_whole, COUNTERS_SHOWN);
    struct grid g;
    if (count == 0)
        return;
    heading("What happened", "发生过", out);
    grid_init(&g, a, 3);
    g.indent = "    ";
    g.right[1] = true;
    for (; shown < count && shown < most; shown++)
        grid_add(&g, (const struct bytes[]){events[shown].name, bytes_of_text(arena_printf(a, "%llu", (unsigned long long)events[shown].count)),
                                            bytes_of_text(bar(a, events[shown].count, events[0].count, BAR_COLUMNS))});
    grid_print(&g, out);
    left_out_say(count - shown, out);
}

/* What a standard event is called for people, as the counters tell; another one by its own name. */
static struct bytes event_label(struct json profile, struct bytes event)
{
    struct json j;
    for (struct json_walk w = json_items(member(profile, "counters")); json_item_next(&w, &j);)
        if (bytes_equal(text_of(j, "event"), event) && text_of(j, speaks_chinese() ? "zh" : "en").size > 0)
            return text_of(j, speaks_chinese() ? "zh" : "en");
    return event;
}

static void show_timeline(struct json profile, struct arena *a, FILE *out)
{
    struct grid g;
    struct json event;
    if (json_count(member(profile, "timeline")) == 0)
        return;
    heading("Latest", "最近", out);
    grid_init(&g, a, 5);
    g.indent = "    ";
    g.columns_max = 36;
    for (struct json_walk w = json_items(member(profile, "timeline")); json_item_next(&w, &event);)
        grid_add(&g, (const struct bytes[]){when(event, "time", a), event_label(profile, text_of(event, "event")), or_dash(text_of(event, "brand")),
                                            or_dash(word_of(text_of(event, "channel"))), text_of(event, "order")});
    grid_print(&g, out);
}

static void card_show(struct json profile, bool is_whole, struct arena *a, FILE *out)
{
    show_who(profile, out);
    show_identifiers(profile, a, out);
    show_evidence(profile, is_whole, a, out);
    show_traits(profile, is_whole, a, out);
    show_relations(profile, a, out);
    show_consents(profile, a, out);
    show_counters(profile, is_whole, a, out);
    show_timeline(profile, a, out);
    (void)fputc('\n', out);
}

void show_profile(struct json profile, struct arena *a, FILE *out)
{
    card_show(profile, false, a, out);
}

void show_whole_profile(struct json profile, struct arena *a, FILE *out)
{
    card_show(profile, true, a, out);
}
