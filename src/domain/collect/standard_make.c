/* Makes, out of standard_table.h: `index`, the C source of the indexes; `page`, docs/reference/events.md. Runs while Kith is
 * built, so that finding a name needs no table made at start. Fails when two rows claim one spelling. */
#include <stdio.h>
#include <stdlib.h>

#include "domain/collect/standard.h"
#include "domain/collect/standard_hash.h"
#include "domain/collect/standard_table.h"

#define SPELLINGS_MAX 4096u
#define SLOTS_MAX 16384u

struct property {
    const char *name;
    const char *aliases;
};

#define EVENT_ROW(n, name, en, zh, category, needs, aliases) {n, name, en, zh, category, needs, aliases},
static const struct standard_event events[] = {STANDARD_EVENTS(EVENT_ROW)};
#define PROPERTY_ROW(name, aliases) {name, aliases},
static const struct property properties[] = {STANDARD_PROPERTIES(PROPERTY_ROW)};

struct category {
    const char *name, *title;
};
static const struct category categories[] = {
    {"browse", "Browsing 浏览"},     {"favourite", "Favourites 收藏"}, {"cart", "Cart 购物车"},
    {"order", "Orders 订单"},        {"relation", "Relations 关系"},   {"talk", "Talk 沟通"},
    {"visit", "Visits 到店"},        {"voice", "Voice 声音"},          {"loyalty", "Loyalty 忠诚度"},
    {"account", "Account 账号"},     {"app", "App 应用"},              {"thing", "Things 实体"},
    {"marketing", "Marketing 营销"},
};

struct spellings {
    char texts[SPELLINGS_MAX][STANDARD_FOLDED_BYTES_MAX + 1];
    uint16_t rows[SPELLINGS_MAX];
    uint32_t count;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "standard_table.h: %s: %s\n", what, name);
    exit(1);
}

static void spelling_put(struct spellings *s, const char *text, size_t size, uint32_t row)
{
    if (s->count == SPELLINGS_MAX)
        die("too many spellings", text);
    for (uint32_t i = 0; i < s->count; i++) {
        if (strlen(s->texts[i]) == size && memcmp(s->texts[i], text, size) == 0) {
            if (s->rows[i] != row)
                die("two rows claim one spelling", s->texts[i]);
            return;
        }
    }
    memcpy(s->texts[s->count], text, size);
    s->texts[s->count][size] = 0;
    s->rows[s->count++] = (uint16_t)row;
}

/* Adds each part of "a|b|c", folded. */
static void spellings_add(struct spellings *s, const char *names, uint32_t row)
{
    while (*names != 0) {
        size_t size = strcspn(names, "|");
        uint8_t folded[STANDARD_FOLDED_BYTES_MAX];
        size_t folded_size = standard_fold((const uint8_t *)names, size, folded);
        if (folded_size == 0)
            die("an alias is empty or too long", names);
        spelling_put(s, (const char *)folded, folded_size, row);
        names += size + (names[size] == '|');
    }
}

static void index_print(const char *name, const struct spellings *s)
{
    uint32_t slot_count = 64;
    while (slot_count < s->count * 3)
        slot_count *= 2;
    static struct standard_slot slots[SLOTS_MAX];
    if (slot_count > SLOTS_MAX)
        die("too many spellings", name);
    memset(slots, 0, sizeof slots);
    for (uint32_t i = 0; i < s->count; i++) {
        uint64_t hash = standard_hash((const uint8_t *)s->texts[i], strlen(s->texts[i]));
        uint32_t at = (uint32_t)hash & (slot_count - 1);
        while (slots[at].entry != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = (struct standard_slot){(uint32_t)(hash >> 32), (uint16_t)(i + 1), s->rows[i]};
    }
    printf("static const struct standard_slot %s_slots[] = {", name);
    for (uint32_t i = 0; i < slot_count; i++)
        printf("%s{%uu, %u, %u},", i % 4 == 0 ? "\n" : " ", slots[i].check, slots[i].entry, slots[i].row);
    printf("\n};\nstatic const char *const %s_texts[] = {\n", name);
    for (uint32_t i = 0; i < s->count; i++)
        printf("\"%s\",\n", s->texts[i]);
    printf("};\nconst struct standard_index standard_%s = {%s_slots, %s_texts, %uu};\n", name, name, name, slot_count);
}

static void indexes_print(void)
{
    static struct spellings names, event_spellings, property_spellings;
    for (uint32_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i].number != i + 1 || events[i].number >= NAME_EVENT_CUSTOM)
            die("numbers have a gap", events[i].name);
        spelling_put(&names, events[i].name, strlen(events[i].name), i);
        spellings_add(&event_spellings, events[i].name, i);
        spellings_add(&event_spellings, events[i].zh, i);
        spellings_add(&event_spellings, events[i].aliases, i);
    }
    for (uint32_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        spellings_add(&property_spellings, properties[i].name, i);
        spellings_add(&property_spellings, properties[i].aliases, i);
    }
    printf("#include \"domain/collect/standard_hash.h\"\n");
    index_print("event_names", &names);
    index_print("event_spellings", &event_spellings);
    index_print("property_spellings", &property_spellings);
}

/* "a|b" as "`a` `b`"; nothing as a dash. */
static void names_print(const char *names)
{
    if (*names == 0)
        printf("–");
    while (*names != 0) {
        size_t size = strcspn(names, "|");
        printf("`%.*s`", (int)size, names);
        names += size + (names[size] == '|');
        if (*names != 0)
            printf(" ");
    }
}

static void category_print(const struct category *c)
{
    printf("\n## %s\n\n| number | name | English | 中文 | should have | also known as |\n|---|---|---|---|---|---|\n", c->title);
    for (uint32_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (strcmp(events[i].category, c->name) != 0)
            continue;
        printf("| %u | `%s` | %s | %s | %s | ", events[i].number, events[i].name, events[i].en, events[i].zh, events[i].needs);
        names_print(events[i].aliases);
        printf(" |\n");
    }
}

static void page_print(void)
{
    printf("# Standard events 标准事件\n\n"
           "Made from `src/domain/collect/standard_table.h` by `make docs`; don't edit it here.\n\n"
           "An event may have any name. These have a fixed meaning, and reports, rules and journeys know them. A name that was sent\n"
           "in another way is brought into this form at the door: upper and lower case, blanks, `-`, `_`, `.`, `:` and `/` don't\n"
           "matter (`Order Completed`, `orderCompleted` and `order-completed` are `order_completed`), the Chinese name works as\n"
           "well, and so does each name in the last column. Everything else is kept as it was sent, and gets a number of its own\n"
           "from %u on; an operator may make it an alias of another event (`collect.name`).\n\n"
           "\"Should have\" names the references and properties that make the event useful; nothing is refused without them.\n",
           NAME_EVENT_CUSTOM);
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        category_print(&categories[i]);
    printf("\n## Properties 属性\n\n"
           "The same holds for names of properties. `brand`, `channel`, `shop`, `store`, `staff`, `touchpoint`, `campaign`, `order`,\n"
           "`conversation` and `group` are references: they stand beside the properties, not among them.\n\n"
           "| name | also known as |\n|---|---|\n");
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        printf("| `%s` | ", properties[i].name);
        names_print(properties[i].aliases);
        printf(" |\n");
    }
}

static void categories_check(void)
{
    for (uint32_t i = 0; i < sizeof events / sizeof *events; i++) {
        size_t at = 0;
        while (at < sizeof categories / sizeof *categories && strcmp(categories[at].name, events[i].category) != 0)
            at++;
        if (at == sizeof categories / sizeof *categories)
            die("no such category", events[i].category);
    }
}

int main(int count, char **arguments)
{
    categories_check();
    if (count == 2 && strcmp(arguments[1], "index") == 0)
        indexes_print();
    else if (count == 2 && strcmp(arguments[1], "page") == 0)
        page_print();
    else
        die("want `index` or `page`", "standard_make");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
