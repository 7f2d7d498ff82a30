#include "edge/catalogue.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "domain/audience/audience.h"
#include "domain/calendar/calendar.h"

/* What hangs on a workspace; lives as long as it. */
struct attachment {
    pthread_mutex_t lock;
    struct catalogue *catalogue;
};

struct building {
    struct catalogue *catalogue;
};

static void rules_read(const struct view *v, struct catalogue *c)
{
    c->rule_count = 0;
    for (uint32_t type = 1; type < TYPE_COUNT_MAX; type++) {
        const struct id_type_rule *rule = id_type_rule(v, (uint16_t)type);
        if (rule != NULL)
            c->rules[c->rule_count++] = *rule;
    }
}

static void relations_read(const struct view *v, struct catalogue *c)
{
    const struct relation_type *type = NULL;
    c->relation_count = 0;
    while ((type = relation_type_next(v, type == NULL ? 0 : type->number)) != NULL)
        c->relations[c->relation_count++] = *type;
}

static void tokens_read(const struct view *v, struct catalogue *c)
{
    size_t room = 0;
    char after[sizeof c->tokens->name] = "";
    c->token_count = 0;
    for (struct token t; access_token_next(v, after[0] == 0 ? NULL : after, &t); c->token_count++) {
        if (c->token_count == room) {
            room = room == 0 ? 8 : room * 2;
            c->tokens = realloc(c->tokens, room * sizeof *c->tokens);
            if (c->tokens == NULL)
                abort();
        }
        c->tokens[c->token_count] = t;
        memcpy(after, t.name, sizeof after);
    }
}

static struct bytes kept(struct bytes text)
{
    uint8_t *copy = malloc(text.size + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, text.data == NULL ? (const uint8_t *)"" : text.data, text.size);
    return bytes_of(copy, text.size);
}

static void given(struct bytes text)
{
    free((void *)(uintptr_t)text.data);
}

static void list_keep(struct catalogue *c, size_t *io_room, const struct audience *a)
{
    if (c->list_count == *io_room) {
        *io_room = *io_room == 0 ? 8 : *io_room * 2;
        c->lists = realloc(c->lists, *io_room * sizeof *c->lists);
        if (c->lists == NULL)
            abort();
    }
    c->lists[c->list_count++] = (struct catalogue_list){
        .kind = a->kind, .value = a->value, .number = a->number, .name = kept(a->name), .brand = kept(a->brand)};
}

static void lists_forget(struct catalogue *c)
{
    for (size_t i = 0; i < c->list_count; i++) {
        given(c->lists[i].name);
        given(c->lists[i].brand);
    }
    free(c->lists);
    c->lists = NULL;
    c->list_count = 0;
}

static void lists_read(const struct view *v, struct catalogue *c)
{
    struct audience a;
    size_t room = 0;
    lists_forget(c); /* a reader may run twice */
    for (enum audience_kind kind = AUDIENCE_SEGMENT; kind < AUDIENCE_KIND_COUNT; kind++)
        for (struct bytes after = BYTES_NONE; audience_next(v, kind, after, &a); after = a.name)
            if (a.content == AUDIENCE_LIST)
                list_keep(c, &room, &a);
}

static void zone_read(const struct view *v, struct catalogue *c)
{
    struct bytes zone = calendar_zone(v);
    size_t size = zone.size < sizeof c->zone ? zone.size : 0;
    if (size > 0)
        memcpy(c->zone, zone.data, size);
    c->zone[size] = 0;
}

static void read_all(const struct view *v, void *context)
{
    struct building *b = context;
    zone_read(v, b->catalogue);
    rules_read(v, b->catalogue);
    relations_read(v, b->catalogue);
    lists_read(v, b->catalogue);
    tokens_read(v, b->catalogue);
}

static struct attachment *attachment_of(struct workspace *w)
{
    struct attachment *a = workspace_attachment(w);
    if (a == NULL) {
        a = calloc(1, sizeof *a);
        if (a == NULL)
            abort();
        (void)pthread_mutex_init(&a->lock, NULL);
        workspace_attach(w, a);
    }
    return a;
}

void catalogue_refresh(struct workspace *w, struct engine *g)
{
    struct catalogue *c = calloc(1, sizeof *c);
    struct id_type_rule *rules = calloc(TYPE_COUNT_MAX, sizeof *rules);
    struct relation_type *relations = calloc(RELATION_TYPE_END, sizeof *relations);
    if (c == NULL || rules == NULL || relations == NULL)
        abort();
    c->rules = rules;
    c->relations = relations;
    c->secret = workspace_secret(w);
    atomic_init(&c->references, 1);
    engine_read(g, read_all, &(struct building){.catalogue = c});
    struct attachment *a = attachment_of(w);
    (void)pthread_mutex_lock(&a->lock);
    struct catalogue *old = a->catalogue;
    a->catalogue = c;
    (void)pthread_mutex_unlock(&a->lock);
    catalogue_give(old);
}

struct catalogue *catalogue_take(const struct workspace *w)
{
    struct attachment *a = workspace_attachment(w);
    if (a == NULL)
        return NULL;
    (void)pthread_mutex_lock(&a->lock);
    struct catalogue *c = a->catalogue;
    if (c != NULL)
        atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&a->lock);
    return c;
}

void catalogue_give(struct catalogue *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
        return;
    free(c->tokens);
    free(c->rules);
    free(c->relations);
    lists_forget(c);
    free(c);
}

void catalogue_detach(struct workspace *w)
{
    struct attachment *a = workspace_attachment(w);
    if (a == NULL)
        return;
    workspace_attach(w, NULL);
    catalogue_give(a->catalogue);
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

const struct relation_type *catalogue_relation(const struct catalogue *c, struct bytes name)
{
    for (size_t i = 0; i < c->relation_count; i++)
        if (bytes_equal(bytes_of_text(c->relations[i].name), name))
            return &c->relations[i];
    return NULL;
}

const struct catalogue_list *catalogue_list(const struct catalogue *c, unsigned kind, struct bytes name)
{
    size_t low = 0, high = c->list_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct catalogue_list *l = &c->lists[middle];
        int order = l->kind != kind ? (l->kind < kind ? -1 : 1) : bytes_compare(l->name, name);
        if (order == 0)
            return l;
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

const struct token *catalogue_token(const struct catalogue *c, struct bytes secret, int64_t now_us)
{
    uint8_t hash[32];
    if (secret.size == 0 || secret.size > 256)
        return NULL;
    token_secret_hash(c->secret, secret, hash);
    for (size_t i = 0; i < c->token_count; i++) {
        const struct token *t = &c->tokens[i];
        if (sodium_memcmp(t->secret_hash, hash, sizeof hash) == 0)
            return t->expires_us != 0 && t->expires_us <= now_us ? NULL : t;
    }
    return NULL;
}

bool catalogue_has(const struct workspace *w, const struct token *t, int64_t now_us)
{
    struct catalogue *c = catalogue_take(w);
    bool found = false;
    for (size_t i = 0; c != NULL && i < c->token_count; i++)
        found |= memcmp(&c->tokens[i], t, sizeof *t) == 0;
    catalogue_give(c);
    return found && (t->expires_us == 0 || t->expires_us > now_us);
}
