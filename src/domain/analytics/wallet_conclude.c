#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/crowd.h"
#include "domain/analytics/wallet.h"

#define NUMBER_TEXT_BYTES 32u
#define KEY_IS_NUMBER 1u /* key.high; of texts it is 0, and low their code */

/* --- groups --- */

struct group_key wallet_key(const struct question *q, const struct wallet_person *p)
{
    const struct wallet *own = q->own;
    struct group_key key = {0, CODE_NONE};
    if (!own->has_by)
        return key;
    struct person_cell cell = person_book_cells(q->persons, p->place, 0)[own->by];
    if (isnan(cell.number))
        key.low = cell.text;
    else
        key = (struct group_key){KEY_IS_NUMBER, 0};
    if (key.high == KEY_IS_NUMBER)
        memcpy(&key.low, &(double){(double)cell.number}, sizeof key.low);
    return key;
}

struct bytes wallet_key_text(const struct question *q, struct group_key key, struct arena *a)
{
    const struct wallet *own = q->own;
    double number;
    if (key.high != KEY_IS_NUMBER)
        return person_book_text(q->persons, (uint32_t)key.low);
    memcpy(&number, &key.low, sizeof number);
    if (own->wants.list[own->by].of == PERSON_SEGMENT)
        return number > 0 ? BYTES_LIT("true") : BYTES_LIT("false");
    return bytes_of_text(arena_printf(a, "%.9g", number));
}

uint32_t wallet_band(const struct wallet_person *p)
{
    double band = floor(wallet_share(p) * WALLET_BANDS);
    return band < 0 ? 0 : band >= WALLET_BANDS ? WALLET_BANDS - 1 : (uint32_t)band;
}

static void sums_join(struct ratio_sums *into, const struct ratio_sums *from)
{
    into->count += from->count;
    into->x += from->x;
    into->y += from->y;
    into->xx += from->xx;
    into->xy += from->xy;
    into->yy += from->yy;
}

void wallet_figures_join(struct wallet_figures *into, const struct wallet_figures *from)
{
    into->people += from->people;
    for (size_t i = 0; i < WALLET_STANDINGS; i++)
        into->standings[i] += from->standings[i];
    sums_join(&into->sums, &from->sums);
    sums_join(&into->at_least, &from->at_least);
    sums_join(&into->at_most, &from->at_most);
    into->exceeding += from->exceeding;
}

static void figures_add(struct wallet_figures *f, const struct wallet_person *p)
{
    f->people++;
    f->standings[p->standing]++;
    if (p->standing == WALLET_EXCEEDED)
        f->exceeding += p->own;
    if (p->standing != WALLET_MEASURED)
        return;
    ratio_add(&f->sums, p->total, p->own);
    ratio_add(&f->at_least, p->least, p->own);
    ratio_add(&f->at_most, p->most, p->own);
}

/* --- people --- */

/* Everybody in the book that the question is about; who isn't is marked by a place of none. */
static void people_make(const struct question *q, struct wallet_tally *tally)
{
    uint64_t bits[CHUNK_WORDS];
    uint32_t chunk = UINT32_MAX, end = person_book_count(q->persons);
    tally->people = ARENA_ARRAY(tally->arena, struct wallet_person, (size_t)end + 1);
    for (uint32_t place = 0; place < end; place++) {
        uint32_t person = person_book_person(q->persons, place), local = person % CHUNK_PEOPLE;
        if (person / CHUNK_PEOPLE != chunk) {
            chunk = person / CHUNK_PEOPLE;
            memset(bits, 0xff, sizeof bits);
            crowd_book_narrow(q->crowd_book, chunk, bits);
        }
        bool is_in = (bits[local / 64] >> local % 64 & 1) != 0;
        tally->people[place].place = is_in ? place : PERSON_PLACE_NONE;
    }
    for (const struct wallet_lot *lot = tally->newest; lot != NULL; lot = lot->older)
        for (uint32_t i = 0; i < lot->count; i++) {
            struct wallet_person *p = &tally->people[lot->sales[i].place];
            p->has_sales = true;
            p->own = lot->sales[i].own;
        }
    for (uint32_t place = 0; place < end; place++)
        if (tally->people[place].place != PERSON_PLACE_NONE)
            tally->people[tally->count++] = tally->people[place];
}

static void total_look(const struct question *q, struct wallet_person *p)
{
    const struct wallet *own = q->own;
    const struct person_cell *cells = person_book_cells(q->persons, p->place, 0);
    double low = (double)cells[own->low].number, high = (double)cells[own->high].number;
    bool is_said = !isnan(low) || !isnan(high) || cells[own->low].text != CODE_NONE ||
                   cells[own->high].text != CODE_NONE;
    p->least = low * own->scale;
    p->most = high * own->scale;
    p->total = (p->least + p->most) / 2;
    if (!is_said)
        p->standing = WALLET_UNKNOWN;
    else if (!(low > 0) || !(high >= low))
        p->standing = WALLET_UNUSABLE;
    else
        p->standing = p->own > p->most ? WALLET_EXCEEDED : WALLET_MEASURED;
}

/* Between both ends nobody knows; but they can't spend less than they did here. */
static void total_raise(struct wallet_person *p)
{
    if (p->standing != WALLET_MEASURED || p->own <= p->least)
        return;
    p->least = p->own;
    p->total = (p->least + p->most) / 2;
}

static void source_add(const struct question *q, struct wallet_tally *tally, const struct wallet_person *p)
{
    const struct wallet *own = q->own;
    const struct person_cell *cells = person_book_cells(q->persons, p->place, 0);
    struct wallet_source *s = groups_take(&tally->sources, (struct group_key){0, cells[own->source].text});
    double age_days = (double)q->now_us / (double)US_PER_DAY - (double)cells[own->time].number;
    s->people++;
    s->total += p->total;
    s->age_days += isnan(age_days) ? 0 : age_days;
    s->age_days_max = fmax(s->age_days_max, age_days);
}

static void person_add(const struct question *q, struct wallet_tally *tally, struct wallet_person *p)
{
    total_look(q, p);
    total_raise(p);
    figures_add(groups_take(&tally->groups, wallet_key(q, p)), p);
    figures_add(&tally->all, p);
    bool has_total = p->standing == WALLET_MEASURED || p->standing == WALLET_EXCEEDED;
    if (has_total)
        source_add(q, tally, p);
    if (p->standing == WALLET_MEASURED)
        figures_add(&tally->bands[wallet_band(p)], p);
    if (p->has_sales) {
        struct wallet_buyers *b = &tally->buyers[has_total];
        b->count++;
        b->own += p->own;
        b->squares += p->own * p->own;
    }
}

/* --- rows by person --- */

/* The one with more of what rows are ordered by comes first; of equals the one of the smaller number. */
struct ranked {
    double weight;
    uint32_t place; /* in the tally's people, who ascend by number */
};

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->weight < y->weight || x->weight > y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void rows_make(const struct question *q, struct wallet_tally *tally)
{
    const struct wallet *own = q->own;
    uint32_t count = 0;
    struct ranked *ranked = ARENA_ARRAY(tally->arena, struct ranked, tally->all.standings[WALLET_MEASURED] + 1);
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct wallet_person *p = &tally->people[i];
        if (p->standing != WALLET_MEASURED || (int64_t)person_book_person(q->persons, p->place) <= own->after)
            continue;
        double weight = own->order == WALLET_BY_SHARE ? wallet_share(p) : own->order == WALLET_BY_OWN ? p->own : 0;
        ranked[count++] = (struct ranked){.weight = weight, .place = i};
    }
    qsort(ranked, count, sizeof *ranked, ranked_compare);
    tally->row_count = count < (uint64_t)own->limit ? count : (uint32_t)own->limit;
    tally->has_more = tally->row_count < count;
    tally->rows = ARENA_ARRAY(tally->arena, uint32_t, (size_t)tally->row_count + 1);
    for (uint32_t i = 0; i < tally->row_count; i++)
        tally->rows[i] = ranked[i].place;
}

fallible wallet_conclude(const struct question *q, const struct texts *texts UNUSED, void *from, struct effort *effort,
                         struct err *e)
{
    const struct wallet *own = q->own;
    struct wallet_tally *tally = from;
    size_t people = q->persons == NULL ? 0 : person_book_count(q->persons);
    TRY(effort_step(effort, 0, people * sizeof *tally->people, e));
    if (people > 0)
        people_make(q, tally);
    for (uint32_t i = 0; i < tally->count; i++)
        person_add(q, tally, &tally->people[i]);
    struct bytes total = own->wants.list[own->total].name;
    if (tally->all.standings[WALLET_MEASURED] + tally->all.standings[WALLET_EXCEEDED] == 0)
        return FAIL(e, INVALID,
                    "total: of the %u people that the question is about none has a number above 0 as the trait "
                    "\"%.*s\": a share of wallet "
                    "comes of totals that are declared, surveyed or imported, never of own sales alone",
                    tally->count, BYTES_ARG(total));
    if (!own->by_person)
        return DONE;
    TRY(effort_step(effort, 1, tally->all.standings[WALLET_MEASURED] * sizeof(struct ranked), e));
    rows_make(q, tally);
    return DONE;
}
