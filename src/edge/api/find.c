/* Finding people by what somebody at a desk has at hand: the last digits of a phone, a name or its pinyin, an order. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/relation/relation.h"
#include "edge/api/api.h"
#include "edge/api/brief.h"
#include "edge/identifiers.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/text.h"

#define FIND_TEXT_BYTES_MAX 128u
#define FOUND_MAX 20u
#define CANDIDATES_MAX 200u              /* fewer than a reader may touch (STEP_PEOPLE_MAX) */
#define CANDIDATES_OF_GUIDE 20000u       /* nearly none of them is a guide's own: they are picked out before any row is looked at */
#define ROLL_A_READ 2048u
#define CANDIDATES_USUAL (3 * FOUND_MAX) /* of a token that sees all people: nearly each stands the check */
#define ASKS_MAX 3u

struct find_request {
    struct bytes text;
    /* What the text may be in full: an identifier is looked up at once. */
    struct person_ask asks[ASKS_MAX];
    size_t ask_count;
    struct find_view *columns;
    uint32_t *candidates; /* room for candidates_most */
    size_t candidate_count, candidates_most;
    uint32_t found[FOUND_MAX];
    size_t found_count;
};

/* --- what a text may be --- */

static void ask_add(struct request *r, struct bytes type, struct bytes value)
{
    struct find_request *f = r->context;
    struct person_ask *ask = &f->asks[f->ask_count];
    *ask = (struct person_ask){.is_public = false};
    if (f->ask_count < ASKS_MAX && done(id_read(r, type, BYTES_NONE, value, &ask->id, NULL)))
        f->ask_count++;
}

static void asks_read(struct request *r)
{
    struct find_request *f = r->context;
    if (public_id_read(f->text, &f->asks[0].public_id)) {
        f->asks[0].is_public = true;
        f->ask_count = 1;
        return;
    }
    if (done(person_ask_read(r, f->text, &f->asks[0], NULL))) {
        f->ask_count = 1;
        return;
    }
    ask_add(r, BYTES_LIT("phone"), f->text);
    ask_add(r, BYTES_LIT("email"), f->text);
    ask_add(r, BYTES_LIT("user_id"), f->text);
}

static void found_add(struct request *r, const struct view *v, uint32_t person)
{
    struct find_request *f = r->context;
    bool is_new = person != PERSON_NONE && f->found_count < FOUND_MAX && scope_sees_person(r->token, v, person);
    for (size_t i = 0; i < f->found_count && is_new; i++)
        is_new = f->found[i] != person;
    if (is_new)
        f->found[f->found_count++] = person;
}

/* Numbers to be looked at: at most CANDIDATES_MAX. */
struct numbers {
    const uint32_t *list;
    size_t count;
};

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of the candidates those on the roll of a guide's customers; who was merged lately is on it by another number and comes with the next
 * folding. */
static struct numbers own_candidates(const struct request *r, const struct view *v)
{
    const struct find_request *f = r->context;
    struct thing_ref guide = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(r->token->guide)};
    const struct relation_type *type = relation_type_numbered(v, RELATION_OWNED_BY);
    uint32_t *sorted = ARENA_ARRAY(v->arena, uint32_t, f->candidate_count + 1), *own = ARENA_ARRAY(v->arena, uint32_t, CANDIDATES_MAX);
    uint32_t roll[ROLL_A_READ], got, after = 0;
    size_t count = 0;
    memcpy(sorted, f->candidates, f->candidate_count * sizeof *sorted);
    qsort(sorted, f->candidate_count, sizeof *sorted, by_number);
    do {
        got = relation_people(v, type, &guide, after, roll, ROLL_A_READ);
        for (uint32_t i = 0; i < got && count < CANDIDATES_MAX; i++)
            if (bsearch(&roll[i], sorted, f->candidate_count, sizeof *sorted, by_number) != NULL)
                own[count++] = roll[i];
        after = got > 0 ? roll[got - 1] : 0;
    } while (got == ROLL_A_READ && count < CANDIDATES_MAX);
    return (struct numbers){own, count};
}

static void print_found(struct request *r, const struct view *v, struct json_writer *w)
{
    struct find_request *f = r->context;
    bool names_brands = scope_names_brands(r->token);
    struct brand_set brands = names_brands ? scope_brands(r->token, v) : (struct brand_set){0};
    f->found_count = 0;
    for (size_t i = 0; i < f->ask_count; i++)
        found_add(r, v, person_asked(r, v, &f->asks[i]));
    struct numbers numbers = scope_names_guide(r->token) ? own_candidates(r, v) : (struct numbers){f->candidates, f->candidate_count};
    for (size_t i = 0; i < numbers.count && f->found_count < FOUND_MAX; i++) {
        uint32_t person = identity_living(v, numbers.list[i]);
        if (person != PERSON_NONE && people_matches_known(v, person, f->text, names_brands ? &brands : NULL))
            found_add(r, v, person);
    }
    json_object_begin(w);
    json_key(w, "people");
    json_array_begin(w);
    for (size_t i = 0; i < f->found_count; i++) {
        json_object_begin(w);
        put_brief(r, v, f->found[i], w);
        json_object_end(w);
    }
    json_array_end(w);
    member_bool(w, "more", f->found_count == FOUND_MAX || f->candidate_count == f->candidates_most);
    json_object_end(w);
}

static void found_printed(struct request *r)
{
    const struct find_request *f = r->context;
    for (size_t i = 0; i < f->found_count; i++)
        request_note_read(r, r->route->path, f->found[i]);
    request_printed(r);
}

/* --- the way there --- */

/* On a thread for long questions. */
static void scan(void *context)
{
    struct request *r = context;
    struct find_request *f = r->context;
    f->candidate_count = people_find_scan(f->columns, f->text, f->candidates, f->candidates_most);
    people_find_view_close(f->columns);
    request_print_then(r, print_found, found_printed);
}

static void columns_open(const struct view *v, void *context)
{
    struct request *r = context;
    struct find_request *f = r->context;
    if (f->columns == NULL)
        f->columns = people_find_view(v);
}

static void columns_opened(struct request *r)
{
    struct find_request *f = r->context;
    struct err e = {0};
    struct status status = host_background(request_host(r), scan, r, &e);
    if (done(status))
        return;
    people_find_view_close(f->columns);
    request_failed(r, status, &e);
}

static size_t candidates_most(const struct token *t)
{
    if (scope_names_guide(t))
        return CANDIDATES_OF_GUIDE;
    return scope_is_limited(t) ? CANDIDATES_MAX : CANDIDATES_USUAL;
}

void api_find(struct request *r)
{
    struct find_request *f = ARENA_NEW(request_arena(r), struct find_request);
    struct err e = {0};
    struct bytes text = http_query(r->x, "q");
    r->context = f;
    f->text = text;
    f->candidates_most = candidates_most(r->token);
    f->candidates = ARENA_ARRAY(request_arena(r), uint32_t, f->candidates_most);
    if (text.size == 0 || text.size > FIND_TEXT_BYTES_MAX) {
        request_failed(r, FAIL(&e, INVALID, "q: want 1 to %u bytes: four last digits, a name, pinyin, an order number, or TYPE:VALUE", FIND_TEXT_BYTES_MAX), &e);
        return;
    }
    size_t bad = text_find_bad(text);
    if (bad < text.size) {
        request_failed(r, FAIL(&e, INVALID, "q, byte %zu: not UTF-8", bad), &e);
        return;
    }
    asks_read(r);
    request_read(r, columns_open, columns_opened);
}
