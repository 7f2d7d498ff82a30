/* Values that never identify anybody, as operators have said: told, and said. */
#include "domain/identity/identity.h"
#include "edge/api/api.h"
#include "edge/api/list.h"
#include "edge/mask.h"

#include <string.h>

#define PAGE_USUAL 1000u
#define PAGE_MAX 5000u

/* --- told --- */

static bool blocked_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct blocked_value *blocked = ARENA_NEW(v->arena, struct blocked_value);
    (void)r;
    if (!identity_blocked_next(v, key, blocked))
        return false;
    *out_item = (struct list_item){.key = blocked->key, .own = blocked};
    return true;
}

static void put_blocked(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct blocked_value *blocked = item->own;
    const struct id_type_rule *rule = id_type_rule(v, blocked->type);
    member_text(w, "type", rule == NULL ? "" : rule->name);
    member_text_or_null(w, "ns", blocked->ns);
    json_key(w, "value");
    if (r->token->masked)
        mask_text(w, blocked->value);
    else
        json_put_string(w, blocked->value);
}

void api_blocked(struct request *r)
{
    static const struct list_kind blocked = {.name = "blocked",
                                             .cursor = "after",
                                             .cursor_kind = CURSOR_KEY,
                                             .usual = PAGE_USUAL,
                                             .most = PAGE_MAX,
                                             .next = blocked_next,
                                             .put = put_blocked,
                                             .is_personal = true};
    list_answer(r, &blocked, NULL);
}

/* --- said --- */

/* What is so already is as good as done. */
static void blocked_answered(struct request *r, const struct answer *a)
{
    struct answer done = *a;
    bool is_so = a->refusal != NULL &&
                 (strcmp(a->refusal->name, "blocked_already") == 0 || strcmp(a->refusal->name, "not_blocked") == 0);
    done.refusal = is_so ? NULL : a->refusal;
    request_answer(r, &done);
}

static fallible blocked_read(const struct request *r, struct json root, struct identity_act *act, struct err *e)
{
    act->by = bytes_of_text(r->token->name);
    act->reason = json_string(json_find(root, BYTES_LIT("reason")));
    act->choice = (uint8_t)r->route->choice;
    act->id_count = 1;
    return id_read(r, json_string(json_find(root, BYTES_LIT("type"))), json_string(json_find(root, BYTES_LIT("ns"))),
                   json_string(json_find(root, BYTES_LIT("value"))), &act->ids[0], e);
}

void api_blocked_set(struct request *r)
{
    static const struct body_member members[] = {
        {"type", BODY_TEXT, false}, {"ns", BODY_TEXT, true}, {"value", BODY_TEXT, false}, {"reason", BODY_TEXT, true}};
    struct identity_act *act = ARENA_NEW(request_arena(r), struct identity_act);
    struct buf payload = arena_buf(request_arena(r), ACT_PAYLOAD_BYTES_MAX);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct status status = blocked_read(r, root, act, &e);
    if (done(status))
        status = identity_act_pack(act, &payload, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_BLOCK, buf_bytes(&payload), blocked_answered);
}
