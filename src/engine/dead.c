#include "engine/dead.h"

#include <string.h>

#include "engine/engine_domain.h"
#include "engine/outcome.h"
#include "engine/registry.h"
#include "lib/pack.h"

#define LETTERS_A_STEP 32u /* their payloads may be large */
#define KEY_BYTES 9u       /* position (8, big-endian), part */
enum { PART_HEAD, PART_PAYLOAD };
#define COUNT_KEY BYTES_LIT("\0") /* before all letters: no command has position 0 */

const struct family dead_letter_family = {
    .id = 7, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "dead_letter"};

static const struct refusal no_such_letter = {"no_such_dead_letter",
                                              "There is no such dead letter: `kith hook dead` lists them.",
                                              "没有这条死信:用 `kith hook dead` 查看。"};

static struct bytes letter_key(struct arena *a, uint64_t position, uint8_t part)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    *put_key(key, position, 8) = part;
    return bytes_of(key, KEY_BYTES);
}

uint64_t dead_letters_count(const struct view *v)
{
    struct bytes value;
    uint64_t count = 0;
    if (view_keyed(v, &dead_letter_family, COUNT_KEY, &value)) {
        assert(value.size == sizeof count);
        memcpy(&count, value.data, sizeof count);
    }
    return count;
}

static void count_move(struct step *s, int by)
{
    uint64_t count = dead_letters_count(&s->view) + (uint64_t)(int64_t)by;
    step_keyed_put(s, &dead_letter_family, COUNT_KEY, arena_copy(s->view.arena, bytes_of(&count, sizeof count)));
}

static bool letter_read(const struct view *v, struct bytes key, struct bytes head, struct dead_letter *out)
{
    struct unpack u = unpack_of(head);
    *out = (struct dead_letter){.position = key_number(key.data, 8), .time_us = unpack_signed(&u)};
    out->asked_us = unpack_signed(&u);
    out->kind = registry_effect(v->registry, unpack_u32(&u));
    out->key = unpack_bytes(&u);
    out->words = unpack_rest(&u);
    return view_keyed(v, &dead_letter_family, letter_key(v->arena, out->position, PART_PAYLOAD), &out->payload) &&
           unpack_good(&u);
}

bool dead_letter_next(const struct view *v, uint64_t after, struct dead_letter *out_letter)
{
    struct bytes key, head;
    return after < UINT64_MAX &&
           view_keyed_next(v, &dead_letter_family, letter_key(v->arena, after + 1, PART_HEAD), false, &key, &head) &&
           letter_read(v, key, head, out_letter);
}

static void letter_remove(struct step *s, uint64_t position)
{
    step_keyed_remove(s, &dead_letter_family, letter_key(s->view.arena, position, PART_HEAD));
    step_keyed_remove(s, &dead_letter_family, letter_key(s->view.arena, position, PART_PAYLOAD));
    count_move(s, -1);
}

void dead_letter_keep(struct step *s, struct bytes name, struct bytes value, struct bytes words)
{
    struct arena *arena = s->view.arena;
    struct outbox_head asked;
    struct dead_letter oldest;
    struct bytes kept = bytes_slice(words, 0, words.size < DEAD_WORDS_BYTES_MAX ? words.size : DEAD_WORDS_BYTES_MAX);
    struct buf head = arena_buf(arena, 64 + name.size + kept.size);
    memcpy(&asked, value.data, sizeof asked);
    if (dead_letters_count(&s->view) >= DEAD_LETTERS_MAX && dead_letter_next(&s->view, 0, &oldest))
        letter_remove(s, oldest.position);
    pack_signed(&head, s->view.now_us);
    pack_signed(&head, asked.asked_us);
    pack_u32(&head, (uint32_t)key_number(name.data, 4));
    pack_bytes(&head, bytes_slice(name, 4, name.size));
    pack_raw(&head, kept);
    assert(!head.overflowed);
    step_keyed_put(s, &dead_letter_family, letter_key(arena, s->view.position, PART_HEAD), buf_bytes(&head));
    step_keyed_put(s, &dead_letter_family, letter_key(arena, s->view.position, PART_PAYLOAD),
                   arena_copy(arena, bytes_slice(value, sizeof asked, value.size)));
    count_move(s, 1);
}

/* --- commands --- */

void dead_span_pack(struct buf *b, uint64_t from, uint64_t until)
{
    pack_u64(b, from);
    pack_u64(b, until);
}

fallible dead_span_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    uint64_t from = unpack_u64(&u), until = unpack_u64(&u);
    return unpack_finished(&u) && from < until
               ? DONE
               : FAIL(e, INVALID, "say which dead letters: from a position, until another one");
}

/* What dies again meanwhile has a later position, so this comes to an end. */
static const struct refusal *span_walk(struct step *s, struct bytes payload, uint32_t command, bool again)
{
    struct unpack u = unpack_of(payload);
    uint64_t from = unpack_u64(&u), until = unpack_u64(&u), after = from == 0 ? 0 : from - 1;
    struct dead_letter letter;
    uint32_t count = 0;
    until = until < s->view.position ? until : s->view.position;
    while (count < LETTERS_A_STEP && dead_letter_next(&s->view, after, &letter) && letter.position < until) {
        if (again && letter.kind != NULL)
            step_ask(s, letter.kind, letter.key, letter.payload);
        letter_remove(s, letter.position);
        after = letter.position;
        count++;
    }
    if (count == LETTERS_A_STEP && dead_letter_next(&s->view, after, &letter) && letter.position < until) {
        struct buf rest = arena_buf(s->view.arena, 2 * sizeof(uint64_t));
        dead_span_pack(&rest, letter.position, until);
        step_then(s, command, buf_bytes(&rest));
    }
    return count == 0 ? &no_such_letter : NULL;
}

const struct refusal *dead_again(struct step *s, struct bytes payload)
{
    return span_walk(s, payload, COMMAND_DEAD_AGAIN, true);
}

const struct refusal *dead_drop(struct step *s, struct bytes payload)
{
    return span_walk(s, payload, COMMAND_DEAD_DROP, false);
}
