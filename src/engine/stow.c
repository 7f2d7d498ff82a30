#include "engine/stow.h"

#include "engine/registry.h"
#include "lib/pack.h"

#define ELSEWHERE_BYTES 6u /* u8 SECTION_ELSEWHERE, u32 person, u8 section */

struct long_key {
    uint8_t data[5];
};

static struct long_key key_of(uint32_t person, uint8_t section)
{
    return (struct long_key){
        {(uint8_t)(person >> 24), (uint8_t)(person >> 16), (uint8_t)(person >> 8), (uint8_t)person, section}};
}

static bool is_elsewhere(struct bytes raw)
{
    return raw.size > 0 && raw.data[0] == SECTION_ELSEWHERE;
}

struct bytes section_resolve(const struct view *v, struct bytes raw)
{
    if (LIKELY(!is_elsewhere(raw)))
        return raw;
    struct unpack u = unpack_of(raw);
    (void)unpack_u8(&u);
    uint32_t person = unpack_u32(&u);
    uint8_t id = unpack_u8(&u);
    const struct section *section = registry_section(v->registry, id);
    assert(unpack_finished(&u) && section != NULL && section->beyond != NULL);
    struct long_key key = key_of(person, id);
    struct bytes value;
    bool found = view_keyed(v, section->beyond, bytes_of(key.data, sizeof key.data), &value);
    assert(found);
    return found ? value : BYTES_NONE;
}

struct bytes section_read(const struct view *v, uint32_t person, const struct section *section)
{
    return section_resolve(v, view_section(v, person, section));
}

void section_unstow(struct step *s, uint32_t person, const struct section *section)
{
    struct long_key key = key_of(person, section->id);
    struct bytes name = bytes_of(key.data, sizeof key.data), value;
    if (view_keyed(&s->view, section->beyond, name, &value))
        step_keyed_remove(s, section->beyond, arena_copy(s->view.arena, name));
}

void section_write(struct step *s, uint32_t person, const struct section *section, struct bytes value)
{
    assert(value.size <= section->beyond->value_bytes);
    if (LIKELY(value.size <= SECTION_INLINE_MAX)) {
        if (UNLIKELY(is_elsewhere(view_section(&s->view, person, section))))
            section_unstow(s, person, section);
        step_section_put(s, person, section, value);
        return;
    }
    struct long_key key = key_of(person, section->id);
    step_keyed_put(s, section->beyond, arena_copy(s->view.arena, bytes_of(key.data, sizeof key.data)), value);
    struct buf b = arena_buf(s->view.arena, ELSEWHERE_BYTES);
    pack_u8(&b, SECTION_ELSEWHERE);
    pack_u32(&b, person);
    pack_u8(&b, section->id);
    step_section_put(s, person, section, buf_bytes(&b));
}

void section_restow(struct step *s, uint32_t living, const struct section *section)
{
    struct bytes raw = view_section(&s->view, living, section);
    if (is_elsewhere(raw)) /* the copy: what it points to may be removed by this step */
        section_write(s, living, section, arena_copy(s->view.arena, section_resolve(&s->view, raw)));
    else if (raw.size > SECTION_INLINE_MAX)
        section_write(s, living, section, raw);
    else
        section_unstow(s, living, section); /* of before the merge */
}
