#include "synth/draft.h"

#include <string.h>

#include "base/time.h"
#include "synth/rhythm.h"

#define PART_BYTES_MAX (1 << 14)
#define POLICY_VERSION "2026-01"

void synth_draft_init(struct draft *d)
{
    *d = (struct draft){0};
    for (size_t i = 0; i < PART_COUNT; i++)
        buf_init(&d->parts[i], PART_BYTES_MAX);
}

void synth_draft_fini(struct draft *d)
{
    for (size_t i = 0; i < PART_COUNT; i++)
        buf_fini(&d->parts[i]);
}

void synth_draft_clear(struct draft *d)
{
    struct buf parts[PART_COUNT];
    memcpy(parts, d->parts, sizeof parts);
    memset(d, 0, sizeof *d);
    memcpy(d->parts, parts, sizeof parts);
    for (size_t i = 0; i < PART_COUNT; i++)
        buf_clear(&d->parts[i]);
}

/* Bytes that JSON doesn't let stand as they are. UTF-8 beyond ASCII does. */
static bool needs_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void escape_push(struct buf *out, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\nn\tt\rr";
    for (const char *s = shorts; *s != 0; s += 2) {
        if ((uint8_t)s[0] == c) {
            buf_push(out, bytes_of((const char[]){'\\', s[1]}, 2));
            return;
        }
    }
    buf_push(out, bytes_of((const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6));
}

void synth_json_text(struct buf *out, const char *text)
{
    buf_push_byte(out, '"');
    const uint8_t *at = (const uint8_t *)text, *run = at;
    for (; *at != 0; at++) {
        if (LIKELY(!needs_escape(*at)))
            continue;
        buf_push(out, bytes_of(run, (size_t)(at - run)));
        escape_push(out, *at);
        run = at + 1;
    }
    buf_push(out, bytes_of(run, (size_t)(at - run)));
    buf_push_byte(out, '"');
}

void synth_json_number(struct buf *out, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    buf_push(out, bytes_of(at, (size_t)(digits + sizeof digits - at)));
}

void synth_json_money(struct buf *out, int64_t fen)
{
    assert(fen >= 0);
    synth_json_number(out, fen / 100);
    buf_push(out, bytes_of((const char[]){'.', (char)('0' + fen / 10 % 10), (char)('0' + fen % 10)}, 3));
}

static void comma_push(struct buf *out)
{
    if (out->size > 0)
        buf_push_byte(out, ',');
}

/* A member of the line or of an object; always after another, or after the brace. */
static void key_push(struct buf *out, const char *key)
{
    buf_push_byte(out, '"');
    buf_push_text(out, key);
    buf_push(out, BYTES_LIT("\":"));
}

void synth_json_id(struct buf *out, struct id_text id)
{
    buf_push(out, BYTES_LIT("{\"type\":"));
    synth_json_text(out, id.type);
    if (id.ns != NULL) {
        buf_push(out, BYTES_LIT(",\"ns\":"));
        synth_json_text(out, id.ns);
    }
    buf_push(out, BYTES_LIT(",\"value\":"));
    synth_json_text(out, id.value);
    if (id.role != NULL) {
        buf_push(out, BYTES_LIT(",\"role\":"));
        synth_json_text(out, id.role);
    }
    buf_push_byte(out, '}');
}

void synth_draft_id(struct draft *d, enum draft_part part, struct id_text id)
{
    assert(part == PART_IDS || part == PART_OTHER);
    comma_push(&d->parts[part]);
    synth_json_id(&d->parts[part], id);
}

void synth_draft_text(struct draft *d, enum draft_part part, const char *key, const char *value)
{
    struct buf *b = &d->parts[part];
    comma_push(b);
    key_push(b, key);
    synth_json_text(b, value);
}

void synth_draft_number(struct draft *d, enum draft_part part, const char *key, int64_t value)
{
    struct buf *b = &d->parts[part];
    comma_push(b);
    key_push(b, key);
    synth_json_number(b, value);
}

void synth_draft_money(struct draft *d, enum draft_part part, const char *key, int64_t fen)
{
    struct buf *b = &d->parts[part];
    comma_push(b);
    key_push(b, key);
    synth_json_money(b, fen);
}

void synth_draft_consent(struct draft *d, const char *channel, bool given)
{
    struct buf *b = &d->parts[PART_CONSENTS];
    comma_push(b);
    buf_push(b, BYTES_LIT("{\"purpose\":\"marketing\",\"channel\":"));
    synth_json_text(b, channel);
    buf_push_text(b, given ? ",\"given\":true" : ",\"given\":false");
    buf_push(b, BYTES_LIT(",\"policy\":\"" POLICY_VERSION "\"}"));
}

void synth_draft_item(struct draft *d, const struct product *p, uint32_t quantity)
{
    struct buf *b = &d->parts[PART_ITEMS];
    comma_push(b);
    buf_push(b, BYTES_LIT("{\"sku\":"));
    synth_json_text(b, p->sku);
    buf_push(b, BYTES_LIT(",\"name\":"));
    synth_json_text(b, p->name);
    buf_push(b, BYTES_LIT(",\"category\":"));
    synth_json_text(b, p->category);
    buf_push(b, BYTES_LIT(",\"quantity\":"));
    synth_json_number(b, quantity);
    buf_push(b, BYTES_LIT(",\"price\":"));
    synth_json_money(b, p->price_fen);
    buf_push_byte(b, '}');
}

void synth_json_time(struct buf *out, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    int64_t whole_ms_us = us - ((us % US_PER_MS) + US_PER_MS) % US_PER_MS;
    size_t size = strlen(time_format(whole_ms_us + ZONE_SECONDS * US_PER_SECOND, text)) - 1; /* without the Z */
    buf_push_byte(out, '"');
    buf_push(out, bytes_of(text, size));
    buf_push(out, BYTES_LIT("+08:00\""));
}

void synth_json_time_member(struct buf *out, const char *key, int64_t us)
{
    buf_push_byte(out, ',');
    key_push(out, key);
    synth_json_time(out, us);
}

void synth_json_money_member(struct buf *out, const char *key, int64_t fen)
{
    buf_push_byte(out, ',');
    key_push(out, key);
    synth_json_money(out, fen);
}

void synth_json_text_member(struct buf *out, const char *key, const char *value)
{
    if (value == NULL || *value == 0)
        return;
    buf_push_byte(out, ',');
    key_push(out, key);
    synth_json_text(out, value);
}

static void part_push(struct buf *out, const char *opening, const struct buf *part, const char *closing)
{
    assert(!part->overflowed);
    if (part->size == 0)
        return;
    buf_push_text(out, opening);
    buf_push(out, buf_bytes(part));
    buf_push_text(out, closing);
}

static void references_push(const struct draft *d, struct buf *out)
{
    synth_json_text_member(out, "brand", d->brand);
    synth_json_text_member(out, "channel", d->channel);
    synth_json_text_member(out, "shop", d->shop);
    synth_json_text_member(out, "store", d->store);
    synth_json_text_member(out, "staff", d->staff);
    synth_json_text_member(out, "touchpoint", d->touchpoint);
    synth_json_text_member(out, "campaign", d->campaign);
    synth_json_text_member(out, "order", d->order);
    synth_json_text_member(out, "conversation", d->conversation);
    synth_json_text_member(out, "group", d->group);
}

void synth_draft_write(const struct draft *d, struct buf *out)
{
    assert(d->event != NULL && d->id[0] != 0);
    buf_push(out, BYTES_LIT("{\"id\":"));
    synth_json_text(out, d->id);
    synth_json_text_member(out, "event", d->event);
    synth_json_time_member(out, "time", d->time_us);
    if (d->sent_us != 0)
        synth_json_time_member(out, "sent_at", d->sent_us);
    part_push(out, ",\"ids\":[", &d->parts[PART_IDS], "]");
    if (d->actor_kind != NULL) {
        buf_push(out, BYTES_LIT(",\"actor\":{\"kind\":"));
        synth_json_text(out, d->actor_kind);
        synth_json_text_member(out, "id", d->actor_id);
        buf_push_byte(out, '}');
    }
    part_push(out, ",\"other\":{\"ids\":[", &d->parts[PART_OTHER], "]}");
    references_push(d, out);
    part_push(out, ",\"traits\":{", &d->parts[PART_TRAITS], "}");
    part_push(out, ",\"consents\":[", &d->parts[PART_CONSENTS], "]");
    part_push(out, ",\"properties\":{", &d->parts[PART_PROPERTIES], "}");
    part_push(out, ",\"items\":[", &d->parts[PART_ITEMS], "]");
    buf_push_byte(out, '}');
}
