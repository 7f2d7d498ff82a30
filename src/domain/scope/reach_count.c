/* How many people are in each state: a row for each brand and purpose, kept with the sections that it counts. */
#include "domain/scope/reach.h"

#include "lib/pack.h"

#define COUNT_FORMAT 1u
#define COUNT_KEY_BYTES 8u
#define COUNT_BYTES_MAX (1u + REACH_CHANNELS * REACH_STATES * VARINT_BYTES_MAX)

const struct family reach_count_family = {
    .id = 102, .kind = FAMILY_KEYED, .value_bytes = COUNT_BYTES_MAX, .name = "reach_count"};

struct counts {
    uint64_t people[REACH_CHANNELS][REACH_STATES];
};

struct count_key {
    uint8_t data[COUNT_KEY_BYTES];
};

static struct count_key key_of(uint32_t brand, uint32_t purpose)
{
    struct count_key key;
    (void)put_key(put_key(key.data, brand, 4), purpose, 4);
    return key;
}

static struct counts counts_read(const struct view *v, uint32_t brand, uint32_t purpose)
{
    struct counts c = {0};
    struct count_key key = key_of(brand, purpose);
    struct bytes row;
    if (!view_keyed(v, &reach_count_family, bytes_of(key.data, sizeof key.data), &row))
        return c;
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        for (uint32_t state = 0; state < REACH_STATES; state++)
            c.people[channel][state] = unpack_varint(&u);
    assert(format == COUNT_FORMAT && unpack_finished(&u));
    return c;
}

/* A row of zeroes is none, so that what came and went leaves nothing. */
static void counts_write(struct step *s, uint32_t brand, uint32_t purpose, const struct counts *c)
{
    struct count_key key = key_of(brand, purpose);
    struct bytes name = arena_copy(s->view.arena, bytes_of(key.data, sizeof key.data));
    struct buf b = arena_buf(s->view.arena, COUNT_BYTES_MAX);
    uint64_t any = 0;
    pack_u8(&b, COUNT_FORMAT);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++) {
        for (uint32_t state = 0; state < REACH_STATES; state++) {
            any |= c->people[channel][state];
            pack_varint(&b, c->people[channel][state]);
        }
    }
    assert(!b.overflowed);
    if (any != 0)
        step_keyed_put(s, &reach_count_family, name, buf_bytes(&b));
    else
        step_keyed_remove(s, &reach_count_family, name);
}

/* Either may be NULL: there is no such line. */
static void line_change(struct step *s, const struct reach_line *before, const struct reach_line *now)
{
    const struct reach_line *line = before != NULL ? before : now;
    if (before != NULL && now != NULL && before->states == now->states)
        return;
    struct counts c = counts_read(&s->view, line->brand, line->purpose);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++) {
        if (before != NULL) {
            uint64_t *people = &c.people[channel][line_state(before->states, channel)];
            assert(*people > 0);
            --*people;
        }
        if (now != NULL)
            c.people[channel][line_state(now->states, channel)]++;
    }
    counts_write(s, line->brand, line->purpose, &c);
}

static int line_compare(const struct reach_line *x, const struct reach_line *y)
{
    if (x->brand != y->brand)
        return x->brand < y->brand ? -1 : 1;
    return (x->purpose > y->purpose) - (x->purpose < y->purpose);
}

void reach_recount(struct step *s, const struct reach *before, const struct reach *now)
{
    for (uint32_t i = 0, j = 0; i < before->count || j < now->count;) {
        int order = i == before->count ? 1 : j == now->count ? -1 : line_compare(&before->lines[i], &now->lines[j]);
        line_change(s, order <= 0 ? &before->lines[i] : NULL, order >= 0 ? &now->lines[j] : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

/* People who never spoke of the purpose are in the addresses alone. */
struct reach_figures reach_count(const struct view *v, uint32_t brand, uint32_t purpose, uint32_t channel)
{
    struct reach_figures f = {0};
    struct counts addresses = counts_read(v, brand, 0), consents = {0};
    assert(channel < REACH_CHANNELS);
    if (purpose != 0)
        consents = counts_read(v, brand, purpose);
    const uint64_t *of_address = addresses.people[channel], *of_consent = consents.people[channel];
    for (uint32_t state = 0; state < REACH_STATES; state++)
        f.people += of_address[state];
    f.by_reason[REACH_NO_ADDRESS] = of_address[ADDRESS_NONE];
    f.by_reason[REACH_QUARANTINED] = of_address[ADDRESS_QUARANTINED];
    f.by_reason[REACH_SUPPRESSED] = of_address[ADDRESS_SUPPRESSED];
    f.by_reason[REACH_ENDED] = of_address[ADDRESS_ENDED];
    f.by_reason[REACH_YES] = of_consent[CONSENT_GIVEN];
    f.by_reason[REACH_WITHDRAWN] = of_consent[CONSENT_WITHDRAWN];
    f.by_reason[REACH_EXPIRED] = of_consent[CONSENT_EXPIRED];
    f.by_reason[REACH_NO_CONSENT] = of_address[ADDRESS_USABLE] - of_consent[CONSENT_GIVEN] -
                                    of_consent[CONSENT_WITHDRAWN] - of_consent[CONSENT_EXPIRED];
    return f;
}
