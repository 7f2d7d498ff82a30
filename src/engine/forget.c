#include "engine/forget.h"

#include "engine/registry.h"
#include "engine/stow.h"

void forgotten_touch(const struct view *v, const struct forgotten *who)
{
    for (uint32_t i = 0; i < who->number_count; i++)
        (void)view_person(v, who->numbers[i]);
    for (size_t i = 0; i < registry_domain_count(v->registry); i++) {
        const struct domain *d = registry_domain(v->registry, i);
        if (d->forget_touch != NULL)
            d->forget_touch(v, who);
    }
}

static void rows_empty(struct step *s, uint32_t number)
{
    for (uint8_t id = 0; id < SECTION_COUNT_MAX; id++) {
        const struct section *section = registry_section(s->view.registry, id);
        if (section != NULL && section->beyond != NULL)
            section_unstow(s, number, section);
    }
    step_person_clear(s, number);
}

void step_forget(struct step *s, struct forgotten *who)
{
    assert(who->number_count > 0 && who->number_count < STEP_PEOPLE_MAX);
    for (size_t i = registry_domain_count(s->view.registry); i-- > 0;) {
        const struct domain *d = registry_domain(s->view.registry, i);
        if (d->forget != NULL)
            d->forget(s, who);
    }
    for (uint32_t i = 0; i < who->number_count; i++)
        rows_empty(s, who->numbers[i]);
}

void forgotten_also(struct forgotten *who, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        who->is_more |= who->also_count == FORGOTTEN_ALSO_MAX;
        if (who->also_count < FORGOTTEN_ALSO_MAX)
            who->also[who->also_count++] = numbers[i];
    }
}
