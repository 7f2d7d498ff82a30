#include "testing/relay.h"

#include <string.h>

#include "lib/pack.h"

#define RELAY_BYTES_MAX (STEP_FOLLOW_UPS_MAX * 1024u)

const struct family relay_post = {.id = 126, .kind = FAMILY_NUMBERED, .value_bytes = 12, .name = "relay_post"};
const struct refusal relay_no_post = {"no_post", "There is no such post: begin one with 0.", "没有这个驿站,请用 0 新建。"};

uint32_t relay_uses(const struct view *v, uint32_t post)
{
    struct bytes row;
    if (!view_row(v, &relay_post, post, &row))
        return 0;
    struct unpack u = unpack_of(row);
    return unpack_u32(&u);
}

static struct bytes post_row(const struct step *s, uint32_t uses)
{
    uint8_t *row = arena_take(s->view.arena, sizeof uses + sizeof s->view.position, 1);
    memcpy(row, &uses, sizeof uses);
    memcpy(row + sizeof uses, &s->view.position, sizeof s->view.position);
    return bytes_of(row, sizeof uses + sizeof s->view.position);
}

static fallible relay_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_u32(&u), (void)unpack_u32(&u);
    while (unpack_good(&u) && unpack_left(&u) > 0)
        (void)unpack_u32(&u), (void)unpack_bytes(&u);
    return unpack_good(&u) ? DONE : FAIL(e, INVALID, "a relay has two posts, then commands and their payloads");
}

static void relay_needs(const struct view *v, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    (void)relay_uses(v, unpack_u32(&u));
    (void)relay_uses(v, unpack_u32(&u));
}

static const struct refusal *relay_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    uint32_t post = unpack_u32(&u), uses = relay_uses(&s->view, post);
    (void)relay_uses(&s->view, unpack_u32(&u));
    if (post != 0 && uses == 0)
        return &relay_no_post;
    if (post == 0)
        post = step_row_create(s, &relay_post, post_row(s, 1));
    else if (uses < RELAY_POST_USES_MAX)
        step_row_put(s, &relay_post, post, post_row(s, uses + 1));
    else
        step_row_remove(s, &relay_post, post);
    while (unpack_left(&u) > 0) {
        uint32_t command = unpack_u32(&u);
        step_then(s, command, unpack_bytes(&u));
    }
    step_reply(s, bytes_of_text(arena_printf(s->view.arena, "{\"post\":%u}", post)));
    return NULL;
}

static const struct command commands[] = {
    {COMMAND_RELAY, "relay.pass", RELAY_BYTES_MAX, ROLE_WRITE, relay_check, relay_needs, relay_apply, "Passes commands on.", NULL},
};
static const struct family *const families[] = {&relay_post};

const struct domain relay_domain = {
    .number = 0x7c,
    .name = "relay",
    .about = "Passes commands on.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
};
