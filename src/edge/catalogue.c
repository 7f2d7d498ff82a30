#include "edge/catalogue.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

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

static void read_all(const struct view *v, void *context)
{
    struct building *b = context;
    rules_read(v, b->catalogue);
    relations_read(v, b->catalogue);
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
