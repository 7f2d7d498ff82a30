/* Hooks: told, made, ended. */
#include "domain/hook/hook.h"
#include "edge/api/api.h"
#include "edge/api/vocabulary.h"
#include "lib/nearest.h"

#define HOOK_PAYLOAD_BYTES_MAX 16384u

/* A word of a hook's lists: the facts that can be heard, the causes that there are. */
typedef const char *(*word_at)(size_t at);

const char *hook_fact_word(size_t at)
{
    return at < hook_domain.hear_count ? hook_domain.hears[at].fact->name : NULL;
}

const char *hook_cause_word(size_t at)
{
    return at < CAUSE_COUNT ? cause_name((enum cause)at) : NULL;
}

struct vocabulary {
    const char *key;
    word_at word;
    size_t count;
};
#define WORDS_MAX HOOK_FACTS_MAX

static struct vocabulary facts_heard(void)
{
    return (struct vocabulary){"facts", hook_fact_word, hook_domain.hear_count};
}

static struct vocabulary causes(void)
{
    return (struct vocabulary){"causes", hook_cause_word, CAUSE_COUNT};
}

/* A bit for each word that the list holds; `otherwise` when it isn't there. */
static fallible words_read(struct json root, struct vocabulary v, uint32_t otherwise, uint32_t *out_bits, struct err *e)
{
    struct json list = json_find(root, bytes_of_text(v.key)), item;
    const char *words[WORDS_MAX];
    uint32_t bits = json_is(list, JSON_ABSENT) ? otherwise : 0;
    assert(v.count <= WORDS_MAX);
    for (size_t i = 0; i < v.count; i++)
        words[i] = v.word(i);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        size_t i = 0;
        while (i < v.count && !bytes_equal(bytes_of_text(words[i]), json_string(item)))
            i++;
        const char *near = i < v.count ? NULL : near_name(json_string(item), words, v.count, sizeof *words);
        if (i == v.count)
            return FAIL(e, INVALID, "%s: no such word%s%s", v.key, near == NULL ? "" : ": did you mean ",
                        near == NULL ? "" : near);
        bits |= 1u << i;
    }
    *out_bits = bits;
    return DONE;
}

static fallible hook_read(struct json root, struct hook *out_hook, struct err *e)
{
    uint32_t facts;
    struct hook h = {.name = json_string(json_find(root, BYTES_LIT("name"))),
                     .target = json_string(json_find(root, BYTES_LIT("target"))),
                     .secret = json_string(json_find(root, BYTES_LIT("secret")))};
    h.kind = hook_kind_of(h.target);
    TRY(words_read(root, causes(), 1u << CAUSE_LIVE, &h.causes, e));
    TRY(words_read(root, facts_heard(), 0, &facts, e));
    for (size_t i = 0; i < hook_domain.hear_count; i++)
        if ((facts >> i & 1) != 0)
            h.facts[h.fact_count++] = bytes_of_text(hook_fact_word(i));
    *out_hook = h;
    return DONE;
}

void api_hook_make(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false},
                                                 {"target", BODY_TEXT, false},
                                                 {"secret", BODY_TEXT, true},
                                                 {"facts", BODY_NAMES, false},
                                                 {"causes", BODY_NAMES, false}};
    struct json_parser *p;
    struct json root;
    struct hook hook;
    struct buf payload;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    buf_init(&payload, HOOK_PAYLOAD_BYTES_MAX);
    struct status status = hook_read(root, &hook, &e);
    if (done(status))
        hook_pack(&payload, &hook);
    if (done(status) && payload.overflowed)
        status = FAIL(&e, LIMIT, "a hook takes at most %u bytes", HOOK_PAYLOAD_BYTES_MAX);
    json_parser_destroy(p);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_HOOK, packed, request_answer);
}

/* None named are all that can be heard. */
static void put_facts(const struct hook *h, struct json_writer *w)
{
    json_key(w, "facts");
    json_array_begin(w);
    for (uint32_t i = 0; i < h->fact_count; i++)
        json_put_string(w, h->facts[i]);
    for (size_t i = 0; h->fact_count == 0 && i < hook_domain.hear_count; i++)
        json_put_text(w, hook_fact_word(i));
    json_array_end(w);
}

static void put_hook(const struct hook *h, struct json_writer *w)
{
    json_object_begin(w);
    member_bytes(w, "name", h->name);
    member_bytes(w, "target", h->target);
    put_facts(h, w);
    json_key(w, "causes");
    json_array_begin(w);
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        if ((h->causes >> i & 1) != 0)
            json_put_text(w, hook_cause_word(i));
    json_array_end(w);
    member_bool(w, "signed", h->secret.size > 0);
    json_object_end(w);
}

static void print_hooks(struct request *r, const struct view *v, struct json_writer *w)
{
    struct hook h;
    (void)r;
    json_object_begin(w);
    json_key(w, "hooks");
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; hook_next(v, after, &h); after = h.name)
        put_hook(&h, w);
    json_array_end(w);
    json_object_end(w);
}

void api_hooks(struct request *r)
{
    request_print(r, print_hooks);
}

void api_hook_end(struct request *r)
{
    request_command(r, COMMAND_HOOK_REMOVE, r->parameters[0], request_answer);
}
