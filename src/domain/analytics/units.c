#include "domain/analytics/units.h"

fallible units_over(const struct question *q, enum civil_unit unit, int64_t from_us, int64_t until_us, struct units *out_units, struct err *e)
{
    int64_t first = civil_number(q->civil, unit, from_us);
    int64_t last = civil_number(q->civil, unit, until_us - 1);
    assert(from_us < until_us);
    if (last - first >= UNITS_MAX)
        return FAIL(e, LIMIT, "the range has %lld units of a %s: at most %u", (long long)(last - first + 1), civil_unit_names[unit], UNITS_MAX);
    *out_units = (struct units){.unit = unit, .first = first, .count = (uint32_t)(last - first + 1)};
    return DONE;
}

fallible asked_units(struct asked *a, const char *member, enum civil_unit otherwise, struct units *out_units, struct err *e)
{
    size_t unit;
    TRY(asked_choice(a, member, civil_unit_names, CIVIL_UNIT_COUNT, otherwise, &unit, e));
    return units_over(a->question, (enum civil_unit)unit, a->question->from_us, a->question->until_us, out_units, e);
}

int64_t units_from_us(const struct question *q, const struct units *u)
{
    return civil_begin_us(q->civil, u->unit, u->first);
}

int64_t units_until_us(const struct question *q, const struct units *u)
{
    return civil_begin_us(q->civil, u->unit, u->first + u->count);
}

int64_t units_place(const struct question *q, const struct units *u, int64_t us)
{
    int64_t place = civil_number(q->civil, u->unit, us) - u->first;
    return place < 0 ? -1 : place > u->count ? u->count : place;
}

bool units_ended(const struct question *q, const struct units *u, uint32_t place)
{
    return civil_begin_us(q->civil, u->unit, u->first + place + 1) <= q->now_us;
}

void units_put(const struct question *q, const struct units *u, uint32_t place, struct json_writer *w)
{
    char text[CIVIL_TEXT_BYTES];
    assert(place < u->count);
    civil_print(q->civil, u->unit, u->first + place, text);
    json_put_text(w, text);
}

fallible units_read(const struct question *q, const struct units *u, struct json cell, const char *member, uint32_t *out_place, struct err *e)
{
    struct json from = json_find(cell, bytes_of_text(member));
    struct bytes asked = json_string(from);
    char text[CIVIL_TEXT_BYTES];
    for (uint32_t i = 0; i < u->count; i++) {
        civil_print(q->civil, u->unit, u->first + i, text);
        if (bytes_equal(asked, bytes_of_text(text))) {
            *out_place = i;
            return DONE;
        }
    }
    civil_print(q->civil, u->unit, u->first, text);
    return asked_wrong(json_is(from, JSON_ABSENT) ? cell : from, e, "want the %s of a row of the answer, such as \"%s\"", member, text);
}
