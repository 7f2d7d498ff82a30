/* What an asker who may not see personal data in full isn't shown, and can't find out by asking either. */
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/name_book.h"

struct bytes veiled_text(const struct veil *veil, struct bytes text, struct buf *out)
{
    return veil != NULL && veil->masks_text(text, out) ? buf_bytes(out) : text;
}

void value_text(const struct value *v, struct buf *out)
{
    struct json_writer w;
    struct value plain = *v;
    if (v->kind == VALUE_TEXT) {
        buf_push(out, v->body);
        return;
    }
    for (; plain.scale > 0 && plain.integer % 10 == 0; plain.scale--) /* a column's numbers have all one scale */
        plain.integer /= 10;
    json_writer_init(&w, out, false);
    value_print(&plain, &w);
}

bool value_is_veiled(const struct veil *veil, const struct value *v)
{
    uint8_t number[NUMBER_TEXT_BYTES_MAX], room[VEILED_BYTES_MAX];
    struct buf text = {.data = number, .capacity = sizeof number, .size_max = sizeof number},
               veiled = {.data = room, .capacity = sizeof room, .size_max = sizeof room};
    if (veil == NULL || v->kind == VALUE_TIME || v->kind == VALUE_FALSE || v->kind == VALUE_TRUE)
        return false;
    if (v->kind == VALUE_TEXT)
        return veil->masks_text(v->body, &veiled);
    value_text(v, &text);
    return veil->masks_text(buf_bytes(&text), &veiled);
}
