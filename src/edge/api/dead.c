/* Dead letters: what the world did not take; told, asked for again, let go. What they say isn't shown: it may hold a secret. */
#include "edge/api/api.h"
#include "edge/api/list.h"
#include "engine/dead.h"

#define LETTERS_USUAL 50u
#define LETTERS_MAX 200u

static bool letter_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    (void)r;
    struct dead_letter *letter = ARENA_NEW(v->arena, struct dead_letter);
    if (!dead_letter_next(v, key.low, letter))
        return false;
    *out_item = (struct list_item){.key = {.low = letter->position}, .own = letter};
    return true;
}

static void put_letter(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    (void)v;
    const struct dead_letter *letter = item->own;
    member_uint(w, "position", letter->position);
    member_time(w, "time", letter->time_us);
    member_time(w, "asked", letter->asked_us);
    member_text(w, "effect", letter->kind == NULL ? NULL : letter->kind->name);
    member_text_or_null(w, "target",
                        letter->kind == NULL ? BYTES_NONE
                                             : host_effect_target(request_host(r), letter->kind, letter->payload));
    member_bytes(w, "id", letter->key);
    member_bytes(w, "reason", letter->words);
}

void api_dead_letters(struct request *r)
{
    static const struct list_kind letters = {.name = "dead",
                                             .cursor = "after",
                                             .cursor_kind = CURSOR_NUMBER,
                                             .usual = LETTERS_USUAL,
                                             .most = LETTERS_MAX,
                                             .next = letter_next,
                                             .put = put_letter};
    list_answer(r, &letters, NULL);
}

static fallible span_read(struct json root, struct buf *out, struct err *e)
{
    struct json position = json_find(root, BYTES_LIT("position"));
    bool all = false;
    uint64_t number = 0;
    (void)json_bool(json_find(root, BYTES_LIT("all")), &all);
    bool is_one = json_uint64(position, &number) && number > 0 && number < UINT64_MAX;
    if (all == is_one)
        return FAIL(e, INVALID, "say which dead letter, by its position, or all");
    dead_span_pack(out, number, all ? UINT64_MAX : number + 1);
    return DONE;
}

void api_dead_act(struct request *r)
{
    static const struct body_member members[] = {{"position", BODY_COUNT, false}, {"all", BODY_BOOL, false}};
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct buf span = arena_buf(request_arena(r), 2 * sizeof(uint64_t));
    struct status status = span_read(root, &span, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, (uint32_t)r->route->choice, buf_bytes(&span), request_answer);
}
