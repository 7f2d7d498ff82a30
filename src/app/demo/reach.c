/* Whom a brand of the demo may write to. */
#include <inttypes.h>

#include "app/demo/demo.h"
#include "app/verbs/show.h"

static fallible channel_check(struct json channel, struct err *e)
{
    struct bytes name = json_string(json_find(channel, BYTES_LIT("channel"))), reason;
    struct json people;
    uint64_t all = number_in(channel, "people"), counted = number_in(channel, "reachable"), some;
    for (struct json_walk w = json_members(json_find(channel, BYTES_LIT("excluded")));
         json_member_next(&w, &reason, &people);)
        counted += json_uint64(people, &some) ? some : 0;
    return counted == all ? DONE
                          : FAIL(e, INVALID, "reach by %.*s: %" PRIu64 " people, but the reasons are of %" PRIu64,
                                 BYTES_ARG(name), all, counted);
}

fallible demo_reach(const struct demo_desk *d, const char *brand, struct err *e)
{
    struct json root, channel;
    TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/reach?brand=%s", brand), &root, e));
    demo_line("%s", either("Whom one may write to, by channel, and why the others not:",
                           "各渠道可触达人数,以及其余不可触达的原因:"));
    show_reach(root, d->arena, stdout);
    demo_line("%s", "");
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("channels"))); json_item_next(&w, &channel);)
        TRY(channel_check(channel, e));
    return DONE;
}
