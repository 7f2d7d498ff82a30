#include "app/demo/links.h"

#include <stdlib.h>
#include <string.h>

#include "domain/identity/identity.h"
#include "lib/idmap.h"

#define KEY_BYTES_MAX 2048u
#define LINKS_MAX 64u

/* A node of a forest whose trees are what is linked. */
struct node {
    uint32_t parent, person;
};

struct links {
    struct slab *slab;
    struct idmap *ids; /* hash of a key -> its number, from 1 */
    struct node *nodes;
    uint32_t count, room;
    struct buf key, scratch;
};

struct links *links_create(void)
{
    struct links *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    r->slab = slab_create();
    r->ids = idmap_create(r->slab);
    buf_init(&r->key, KEY_BYTES_MAX);
    buf_init(&r->scratch, KEY_BYTES_MAX);
    return r;
}

void links_destroy(struct links *r)
{
    if (r == NULL)
        return;
    idmap_destroy(r->ids);
    slab_destroy(r->slab);
    buf_fini(&r->key);
    buf_fini(&r->scratch);
    free(r->nodes);
    free(r);
}

static const struct id_type_rule *rule_named(struct bytes name)
{
    size_t count;
    const struct id_type_rule *rules = id_types_builtin(&count);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of_text(rules[i].name), name))
            return &rules[i];
    return NULL;
}

/* One text for an identifier however it is written; no bytes: it can't identify anybody. */
static struct bytes key_of(struct links *r, struct json id)
{
    struct bytes value, type = json_string(json_find(id, BYTES_LIT("type"))), ns = json_string(json_find(id, BYTES_LIT("ns")));
    const struct id_type_rule *rule = rule_named(type);
    buf_clear(&r->key);
    buf_clear(&r->scratch);
    if (rule == NULL || id_normalise(rule, json_string(json_find(id, BYTES_LIT("value"))), &r->scratch, &value) != ID_GOOD)
        return BYTES_NONE;
    buf_push(&r->key, type);
    buf_push_byte(&r->key, 0);
    buf_push(&r->key, ns);
    buf_push_byte(&r->key, 0);
    buf_push(&r->key, value);
    return r->key.overflowed ? BYTES_NONE : buf_bytes(&r->key);
}

void links_add(struct links *r, uint32_t person, struct json id)
{
    if (r->count == r->room) {
        r->room = r->room == 0 ? 1024 : r->room * 2;
        r->nodes = realloc(r->nodes, r->room * sizeof *r->nodes);
        if (r->nodes == NULL)
            abort();
    }
    struct bytes key = key_of(r, id);
    struct hash128 hash = hash128(key, 0);
    r->nodes[r->count] = (struct node){r->count, person};
    r->count++;
    if (key.size > 0 && idmap_get(r->ids, hash) == 0) /* the first one counts */
        (void)idmap_put(r->ids, hash, r->count);
}

uint32_t links_component(struct links *r, uint32_t id)
{
    assert(id < r->count);
    while (r->nodes[id].parent != id) {
        r->nodes[id].parent = r->nodes[r->nodes[id].parent].parent; /* halves the way for the next one */
        id = r->nodes[id].parent;
    }
    return id;
}

static bool number_of(struct links *r, struct json id, uint32_t *out_number)
{
    struct json role = json_find(id, BYTES_LIT("role"));
    if (!json_is(role, JSON_ABSENT) && !bytes_equal(json_string(role), BYTES_LIT("own")))
        return false;
    struct bytes key = key_of(r, id);
    uint32_t found = key.size == 0 ? 0 : idmap_get(r->ids, hash128(key, 0));
    if (found != 0)
        *out_number = found - 1;
    return found != 0;
}

void links_event(struct links *r, struct json event)
{
    uint32_t seen[LINKS_MAX];
    size_t count = 0;
    struct json id;
    for (struct json_walk w = json_items(json_find(event, BYTES_LIT("ids"))); json_item_next(&w, &id) && count < LINKS_MAX;)
        count += number_of(r, id, &seen[count]);
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++) /* a family's order may show two people */
            if (r->nodes[seen[i]].person == r->nodes[seen[k]].person)
                r->nodes[links_component(r, seen[i])].parent = links_component(r, seen[k]);
}
