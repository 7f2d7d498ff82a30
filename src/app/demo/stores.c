/* The demo's stores, read back through the tree of things. */
#include <inttypes.h>
#include <stdlib.h>

#include "app/demo/demo.h"
#include "app/verbs/show.h"

#define NODES_MAX 2048u
#define DEPTH_MAX 16

/* A thing with its parent; all of it in the desk's arena. */
struct node {
    struct bytes kind, id, name, parent_kind, parent_id;
};

struct tree {
    struct node nodes[NODES_MAX];
    size_t count;
};

static struct bytes text_in(const struct demo_desk *d, struct json j, const char *name)
{
    return arena_copy(d->arena, json_string(json_find(j, bytes_of_text(name))));
}

static fallible page_read(const struct demo_desk *d, struct tree *t, struct json page, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(json_find(page, BYTES_LIT("things"))); json_item_next(&w, &item);) {
        struct json parent = json_find(item, BYTES_LIT("parent"));
        if (t->count == NODES_MAX)
            return FAIL(e, LIMIT, "more than %u things in the tree", NODES_MAX);
        t->nodes[t->count++] = (struct node){text_in(d, item, "kind"), text_in(d, item, "id"), text_in(d, item, "name"),
                                             text_in(d, parent, "kind"), text_in(d, parent, "id")};
    }
    return DONE;
}

/* All things of a kind, page by page. */
static fallible kind_read(const struct demo_desk *d, struct tree *t, const char *kind, struct err *e)
{
    struct json page;
    uint64_t after = 0;
    do {
        TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/things/%s?limit=200&after=%" PRIu64, kind, after), &page, e));
        TRY(page_read(d, t, page, e));
    } while (json_uint64(json_find(page, BYTES_LIT("next")), &after));
    return DONE;
}

static const struct node *parent_of(const struct tree *t, const struct node *n)
{
    for (size_t i = 0; i < t->count; i++)
        if (bytes_equal(t->nodes[i].kind, n->parent_kind) && bytes_equal(t->nodes[i].id, n->parent_id))
            return &t->nodes[i];
    return NULL;
}

static bool is_under(const struct tree *t, const struct node *n, const struct node *ancestor)
{
    for (int depth = 0; n != NULL && n != ancestor && depth < DEPTH_MAX; depth++)
        n = parent_of(t, n);
    return n == ancestor;
}

static uint64_t count_under(const struct tree *t, const struct node *ancestor, struct bytes kind)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += bytes_equal(t->nodes[i].kind, kind) && is_under(t, &t->nodes[i], ancestor);
    return count;
}

static void row_add(struct grid *g, const struct tree *t, const struct node *n, const char *indent)
{
    char *texts = arena_take(g->arena, 2 * GROUPED_BYTES, 1);
    uint64_t stores = count_under(t, n, BYTES_LIT("store")), staff = count_under(t, n, BYTES_LIT("staff"));
    grid_add_texts(g, (const char *const[]){arena_printf(g->arena, "%s%.*s", indent, BYTES_ARG(n->name)),
                                            grouped(stores, texts), grouped(staff, texts + GROUPED_BYTES)});
}

static void tree_show(const struct demo_desk *d, const struct tree *t, const struct demo_things *things)
{
    struct grid g;
    char all[GROUPED_BYTES];
    demo_line(either("%s things: brands, stores, guides, shops, products, group chats. Stores by brand and region:",
                     "%s 个实体:品牌、门店、导购、店铺、商品、群聊。门店按品牌与区域:"),
              grouped(things->all, all));
    grid_init(&g, d->arena, 3);
    g.indent = "  ";
    g.headed = g.right[1] = g.right[2] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"", "门店", "导购"}
                                        : (const char *const[]){"", "stores", "guides"});
    for (size_t i = 0; i < t->count; i++) {
        const struct node *brand = &t->nodes[i];
        if (!bytes_equal(brand->kind, BYTES_LIT("brand")))
            continue;
        row_add(&g, t, brand, "");
        for (size_t j = 0; j < t->count; j++)
            if (bytes_equal(t->nodes[j].kind, BYTES_LIT("region")) && is_under(t, &t->nodes[j], brand))
                row_add(&g, t, &t->nodes[j], "  ");
    }
    grid_print(&g, stdout);
    demo_line("%s", "");
}

/* Whoever stands in the tree stands under a brand. */
static fallible tree_check(const struct tree *t, const struct demo_things *things, struct err *e)
{
    uint64_t stores = 0, staff = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (!bytes_equal(t->nodes[i].kind, BYTES_LIT("brand")))
            continue;
        stores += count_under(t, &t->nodes[i], BYTES_LIT("store"));
        staff += count_under(t, &t->nodes[i], BYTES_LIT("staff"));
    }
    if (stores != things->stores || staff != things->staff)
        return FAIL(e, INVALID,
                    "things: %" PRIu64 " stores and %" PRIu64 " staff under the brands, but %" PRIu64 " and %" PRIu64
                    " were put",
                    stores, staff, things->stores, things->staff);
    return DONE;
}

fallible demo_show_stores(const struct demo_desk *d, const struct demo_things *things, struct err *e)
{
    static const char *const kinds[] = {"brand", "region", "store", "staff"};
    struct tree *t = ARENA_NEW(d->arena, struct tree);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        TRY(kind_read(d, t, kinds[i], e));
    tree_show(d, t, things);
    return tree_check(t, things, e);
}
