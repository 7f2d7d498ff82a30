#include "domain/identity/resolve.h"

#include <string.h>

#include "base/time.h"
#include "domain/identity/brands.h"
#include "domain/identity/vacant.h"

#define HOLDERS_BACK_MAX 4u /* so far back a late event looks for who had an identifier then */
#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)

/* --- judging --- */

/* Who had it at seen_us, before the newest holder got it. The gap between two holders is the later one's, and who was erased
 * is nobody. */
static void candidate_look_back(struct desk *d, struct candidate *c, uint32_t ns_number, const struct incarnation *newest, int64_t seen_us)
{
    uint32_t holder = holder_before(d->v, c->id.key, newest->holder_first);
    for (uint32_t i = 0; i < HOLDERS_BACK_MAX && holder > 0; i++) {
        struct hash128 key = identifier_key_of_holder(c->id.key, holder);
        const struct cluster *earlier = desk_cluster(d, desk_lookup(d, key));
        uint16_t place = earlier == NULL ? NO_PLACE : cluster_place(earlier, &c->id, ns_number, holder);
        if (place == NO_PLACE || seen_us >= earlier->incs[place].id.until_us)
            return;
        c->standing = STANDING_PAST;
        c->person = earlier->number;
        c->key = earlier->incs[place].id.key;
        if (seen_us >= earlier->incs[place].from_us)
            return;
        holder = holder_before(d->v, c->id.key, earlier->incs[place].holder_first);
    }
}

static enum standing standing_of(const struct incarnation *inc, int64_t seen_us)
{
    if (inc->id.state == ID_QUARANTINED)
        return STANDING_HUB;
    if (inc->id.state == ID_IN_FORCE)
        return STANDING_IN_FORCE;
    return seen_us < inc->id.until_us ? STANDING_PAST : STANDING_UNHELD;
}

void candidate_judge(struct desk *d, struct candidate *c, int64_t seen_us)
{
    uint32_t number = desk_lookup(d, c->id.key), ns_number = namespace_number(d->v, c->id.ns);
    c->person = PERSON_NONE;
    c->standing = STANDING_NEW;
    if (number != PERSON_NONE) {
        const struct cluster *holder = desk_cluster(d, number);
        uint16_t place = holder == NULL ? NO_PLACE : cluster_place_newest(holder, &c->id, ns_number);
        if (place == NO_PLACE) { /* other bytes have this key, or the row is cold and needs will come back */
            c->standing = STANDING_NONE;
            d->totals.collisions++;
            return;
        }
        const struct incarnation *inc = &holder->incs[place];
        c->standing = standing_of(inc, seen_us);
        c->person = number;
        c->key = inc->id.key;
        if (c->standing != STANDING_HUB && seen_us < inc->from_us)
            candidate_look_back(d, c, ns_number, inc, seen_us);
    }
    bool is_free = c->standing == STANDING_NEW || c->standing == STANDING_UNHELD;
    if (is_free && value_blocked(d->v, c->id.key, c->id.ns, c->id.value))
        c->standing = STANDING_NONE;
}

/* Trusted more; of equals the lower type, then the smaller key. */
static bool is_before(const struct candidate *a, const struct candidate *b)
{
    if (a->rule->priority != b->rule->priority)
        return a->rule->priority < b->rule->priority;
    if (a->id.type != b->id.type)
        return a->id.type < b->id.type;
    return a->id.key.low != b->id.key.low ? a->id.key.low < b->id.key.low : a->id.key.high < b->id.key.high;
}

static bool is_listed(const struct joining *j, struct hash128 plain)
{
    for (uint32_t i = 0; i < j->count; i++)
        if (hash128_equal(j->candidates[i].id.key, plain))
            return true;
    return false;
}

void joining_begin(struct joining *j, struct desk *d, const struct envelope_id *ids, uint32_t count, bool only_own, int64_t seen_us)
{
    assert(count <= ENVELOPE_IDS_MAX);
    j->d = d;
    j->seen_us = seen_us;
    j->rule = EVIDENCE_EVENT;
    j->ignores_limits = false;
    j->brands = (struct brand_set){0};
    j->count = j->people_count = 0;
    j->trouble = JOINING_FINE;
    for (uint32_t i = 0; i < count; i++) {
        struct candidate c = {.id = ids[i], .rule = desk_rule(d, ids[i].type)};
        c.id.key.high &= KEY_HASH_BITS;
        bool fits = c.id.value.size > 0 && c.id.value.size <= ID_VALUE_BYTES_MAX && c.id.ns.size <= ID_NAMESPACE_BYTES_MAX;
        if (c.rule == NULL || !fits || (only_own && c.id.role != ID_OWN) || is_listed(j, c.id.key))
            continue;
        uint32_t at = j->count++;
        for (; at > 0 && is_before(&c, &j->candidates[at - 1]); at--)
            j->candidates[at] = j->candidates[at - 1];
        j->candidates[at] = c;
    }
    for (uint32_t i = 0; i < j->count; i++)
        candidate_judge(d, &j->candidates[i], seen_us);
}

/* --- what may be joined --- */

static bool is_free(const struct candidate *c)
{
    return c->standing == STANDING_NEW || c->standing == STANDING_UNHELD;
}

/* Accepted, but not in the list of its person yet: it is new there, or moves there. */
static bool is_loose(const struct candidate *c)
{
    return c->is_accepted && (is_free(c) || c->is_moved);
}

static struct cluster *joined_cluster(const struct joining *j, uint32_t number)
{
    for (uint32_t i = 0; i < j->people_count; i++)
        if (j->people[i]->number == number)
            return j->people[i];
    return NULL;
}

/* Values of (type, ns) in force that count against the limit. */
static uint32_t values_of_cluster(const struct joining *j, const struct cluster *c, const struct id_type_rule *rule, struct bytes ns)
{
    int64_t oldest_us = rule->limit_window_days == 0 ? INT64_MIN : j->seen_us - rule->limit_window_days * US_PER_DAY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        const struct identifier *id = &c->incs[i].id;
        count += id->type == rule->type && id->state == ID_IN_FORCE && id->first_us > oldest_us && bytes_equal(id->ns, ns);
    }
    return count;
}

static uint32_t values_joined(const struct joining *j, const struct id_type_rule *rule, struct bytes ns)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < j->people_count; i++)
        count += values_of_cluster(j, j->people[i], rule, ns);
    for (uint32_t i = 0; i < j->count; i++) {
        const struct candidate *c = &j->candidates[i];
        count += is_loose(c) && c->id.type == rule->type && bytes_equal(c->id.ns, ns);
    }
    return count;
}

static bool value_breaks_limit(const struct joining *j, const struct candidate *c)
{
    return c->rule->limit > 0 && !j->ignores_limits && values_joined(j, c->rule, c->id.ns) >= c->rule->limit;
}

static bool is_first_of_kind(const struct cluster *c, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (c->incs[i].id.type == c->incs[at].id.type && c->incs[i].ns_number == c->incs[at].ns_number)
            return false;
    return true;
}

static bool cluster_breaks_limit(const struct joining *j, const struct cluster *c)
{
    if (j->ignores_limits)
        return false;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        const struct identifier *id = &c->incs[i].id;
        const struct id_type_rule *rule = desk_rule(j->d, id->type);
        if (rule == NULL || rule->limit == 0 || !is_first_of_kind(c, i))
            continue;
        uint32_t here = values_joined(j, rule, id->ns), there = values_of_cluster(j, c, rule, id->ns);
        if (here > 0 && there > 0 && here + there > rule->limit)
            return true;
    }
    return false;
}

static bool cluster_has(const struct cluster *c, struct hash128 plain)
{
    for (uint32_t i = 0; i < c->inc_count; i++)
        if (hash128_equal(c->incs[i].plain, plain))
            return true;
    return false;
}

static bool joined_has(const struct joining *j, struct hash128 plain)
{
    for (uint32_t i = 0; i < j->count; i++)
        if (is_loose(&j->candidates[i]) && hash128_equal(j->candidates[i].id.key, plain))
            return true;
    for (uint32_t i = 0; i < j->people_count; i++)
        if (cluster_has(j->people[i], plain))
            return true;
    return false;
}

static bool joined_shun(const struct joining *j, struct hash128 plain)
{
    for (uint32_t i = 0; i < j->people_count; i++)
        for (uint32_t k = 0; k < j->people[i]->never_count; k++)
            if (hash128_equal(j->people[i]->nevers[k].other, plain))
                return true;
    return false;
}

/* Does a never-merge keep this value apart from what is joined? `holder`: whose it was, or NULL. */
static bool value_is_shunned(const struct joining *j, struct hash128 plain, const struct cluster *holder)
{
    if (joined_shun(j, plain))
        return true;
    for (uint32_t i = 0; holder != NULL && i < holder->never_count; i++) {
        const struct never *n = &holder->nevers[i];
        if (hash128_equal(holder->incs[n->place].plain, plain) && joined_has(j, n->other))
            return true;
    }
    return false;
}

static bool cluster_is_shunned(const struct joining *j, const struct cluster *c)
{
    bool any = c->never_count > 0;
    for (uint32_t i = 0; i < j->people_count; i++)
        any = any || j->people[i]->never_count > 0;
    for (uint32_t i = 0; i < c->never_count; i++)
        if (joined_has(j, c->nevers[i].other))
            return true;
    for (uint32_t i = 0; any && i < c->inc_count; i++)
        if (joined_shun(j, c->incs[i].plain))
            return true;
    return false;
}

static bool is_full(const struct joining *j, const struct cluster *more)
{
    uint32_t ids = more == NULL ? 1 : more->inc_count, aliases = more == NULL ? 0 : more->alias_count + 1;
    uint32_t nevers = more == NULL ? 0 : more->never_count;
    for (uint32_t i = 0; i < j->people_count; i++) {
        ids += j->people[i]->inc_count;
        aliases += j->people[i]->alias_count + 1;
        nevers += j->people[i]->never_count;
    }
    for (uint32_t i = 0; i < j->count; i++)
        ids += is_loose(&j->candidates[i]);
    return ids > CLUSTER_IDS_MAX || aliases > CLUSTER_ALIASES_MAX || nevers > CLUSTER_NEVERS_MAX;
}

static enum joining_trouble value_trouble(const struct joining *j, const struct candidate *c)
{
    if (is_full(j, NULL))
        return JOINING_FULL;
    if (value_is_shunned(j, c->id.key, c->person == PERSON_NONE ? NULL : desk_cluster(j->d, c->person)))
        return JOINING_NEVER;
    return value_breaks_limit(j, c) ? JOINING_LIMIT : JOINING_FINE;
}

static enum joining_trouble cluster_trouble(const struct joining *j, const struct cluster *c)
{
    if (is_full(j, c)) /* first: it bounds the work of the others */
        return JOINING_FULL;
    if (cluster_is_shunned(j, c))
        return JOINING_NEVER;
    return cluster_breaks_limit(j, c) ? JOINING_LIMIT : JOINING_FINE;
}

enum joining_trouble joining_add_person(struct joining *j, struct cluster *c)
{
    if (joined_cluster(j, c->number) != NULL)
        return JOINING_FINE;
    j->ignores_limits = true;
    enum joining_trouble trouble = cluster_trouble(j, c);
    if (trouble == JOINING_FINE)
        j->people[j->people_count++] = c;
    return trouble;
}

static uint32_t rival_of(const struct joining *j)
{
    for (uint32_t i = 0; i < j->count; i++)
        if (j->candidates[i].is_accepted)
            return (uint32_t)j->candidates[i].id.key.low;
    return 0;
}

static const struct incarnation *candidate_inc(const struct joining *j, const struct candidate *c)
{
    const struct cluster *holder = desk_cluster(j->d, c->person);
    assert(holder != NULL);
    uint16_t place = cluster_place_of_key(holder, c->key);
    assert(place != NO_PLACE);
    return &holder->incs[place];
}

/* It can't join with its person. A late sighting says nothing about whose it is now. */
static void candidate_conflict(struct joining *j, struct candidate *c)
{
    c->is_conflict = true;
    if (is_free(c)) {
        c->is_counted = true;
        return;
    }
    const struct incarnation *inc = candidate_inc(j, c);
    if (seconds_of(j->seen_us) < seconds_of(inc->id.last_us))
        return;
    bool moves = c->rule->over == OVER_MOVE && value_trouble(j, c) == JOINING_FINE;
    c->is_counted = moves || inc->rival != rival_of(j);
    c->is_moved = c->is_accepted = moves;
}

void joining_accept(struct joining *j)
{
    j->people_count = 0;
    j->trouble = JOINING_FINE;
    for (uint32_t i = 0; i < j->count; i++) { /* all of them first: what is joined is read off these */
        struct candidate *c = &j->candidates[i];
        c->is_accepted = c->is_moved = c->is_conflict = c->is_counted = false;
    }
    for (uint32_t i = 0; i < j->count; i++) {
        struct candidate *c = &j->candidates[i];
        if (!is_free(c) && c->standing != STANDING_IN_FORCE)
            continue;
        struct cluster *person = c->standing == STANDING_IN_FORCE ? desk_cluster(j->d, c->person) : NULL;
        bool is_joined = person != NULL && joined_cluster(j, person->number) != NULL;
        enum joining_trouble trouble = is_joined ? JOINING_FINE : person != NULL ? cluster_trouble(j, person) : value_trouble(j, c);
        if (trouble != JOINING_FINE) {
            j->trouble = j->trouble == JOINING_FINE ? trouble : j->trouble;
            candidate_conflict(j, c);
            continue;
        }
        c->is_accepted = true;
        if (person != NULL && !is_joined)
            j->people[j->people_count++] = person;
    }
}

/* --- committing --- */

struct cluster *joining_unite(struct joining *j)
{
    assert(j->people_count > 0);
    for (uint32_t i = 1; i < j->people_count; i++) { /* ascending: the lowest number survives */
        struct cluster *c = j->people[i];
        uint32_t at = i;
        for (; at > 0 && j->people[at - 1]->number > c->number; at--)
            j->people[at] = j->people[at - 1];
        j->people[at] = c;
    }
    struct shown shown = {0};
    for (uint32_t i = 0; i < j->count && j->rule == EVIDENCE_EVENT; i++)
        if (j->candidates[i].is_accepted)
            shown.plain[shown.count++] = j->candidates[i].id.key;
    for (uint32_t i = 1; i < j->people_count; i++)
        clusters_merge(j->d, j->people[0], j->people[i], j->rule, &shown);
    return j->people[0];
}

static struct cluster *survivor_make(struct joining *j)
{
    if (j->people_count > 0)
        return joining_unite(j);
    const struct candidate *first = j->candidates;
    while (!first->is_accepted) { /* the caller saw to it that one is */
        first++;
        assert(first < j->candidates + j->count);
    }
    return desk_create(j->d, first->id.key);
}

/* To whom an identifier that the person didn't have becomes known. Somebody who may see all brands and binds it by hand
 * tells it to those alone who know the others: to all it would be more than anybody asked for. */
static struct brand_set brands_of_new(const struct joining *j)
{
    struct brand_set known_to = j->brands;
    for (uint32_t i = 0; i < j->count && j->brands.count == 0; i++)
        if (j->candidates[i].is_accepted && !is_loose(&j->candidates[i]))
            known_to = brands_union(known_to, candidate_inc(j, &j->candidates[i])->id.known_to, j->d->v->arena);
    return known_to.count == 0 ? brands_of_group : known_to;
}

/* The next holder of a value that somebody had before. */
static uint16_t inc_succeed(struct joining *j, struct cluster *to, const struct candidate *c, struct brand_set known_to)
{
    struct cluster *from = desk_cluster(j->d, desk_lookup(j->d, c->id.key));
    assert(from != NULL);
    uint16_t place = cluster_place_newest(from, &c->id, namespace_number(j->d->v, c->id.ns));
    assert(place != NO_PLACE);
    if (from == to) {
        inc_reopen(j->d, to, place);
        inc_seen(to, place, j->seen_us);
        inc_become_known(j->d, to, place, j->brands);
        return place;
    }
    struct incarnation *inc = &from->incs[place];
    struct inc_new new = {.id = &c->id, .holder = holder_next(j->d->v, c->id.key, inc->id.holder), .from_us = j->seen_us,
                          .seen_us = j->seen_us, .state = ID_IN_FORCE, .known_to = known_to, .conflicts = inc->conflicts, .rival = inc->rival};
    if (c->is_moved) {
        new.conflicts++;
        new.rival = rival_of(j);
        j->d->totals.moves++;
        j->d->totals.conflicts++;
    }
    inc_pass_on(j->d, from, place, j->seen_us, true);
    return inc_add(j->d, to, &new);
}

static uint16_t candidate_commit(struct joining *j, struct cluster *to, const struct candidate *c, struct brand_set known_to)
{
    if (c->standing == STANDING_NEW)
        return inc_add(j->d, to, &(struct inc_new){.id = &c->id, .holder = holder_next(j->d->v, c->id.key, 0),
                                                   .from_us = TIME_FROM_EVER, .seen_us = j->seen_us, .state = ID_IN_FORCE, .known_to = known_to});
    if (c->standing == STANDING_UNHELD || c->is_moved)
        return inc_succeed(j, to, c, known_to);
    uint16_t place = cluster_place_newest(to, &c->id, namespace_number(j->d->v, c->id.ns));
    assert(place != NO_PLACE);
    inc_seen(to, place, j->seen_us);
    inc_become_known(j->d, to, place, j->brands);
    return place;
}

static void refusals_count(struct joining *j)
{
    uint32_t rival = rival_of(j);
    for (uint32_t i = 0; i < j->count; i++) {
        const struct candidate *c = &j->candidates[i];
        if (!c->is_counted || c->is_moved)
            continue;
        j->d->totals.conflicts++;
        if (is_free(c))
            continue;
        struct cluster *holder = desk_cluster(j->d, c->person);
        uint16_t place = cluster_place_of_key(holder, c->key);
        assert(place != NO_PLACE);
        holder->incs[place].conflicts++;
        holder->incs[place].rival = rival;
        holder->is_changed = true;
    }
}

struct cluster *joining_commit(struct joining *j, uint16_t *out_places, uint32_t *out_count, uint16_t *out_owner_place)
{
    refusals_count(j);
    struct brand_set known_to = brands_of_new(j);
    struct cluster *c = survivor_make(j);
    *out_count = 0;
    for (uint32_t i = 0; i < j->count; i++)
        if (j->candidates[i].is_accepted)
            out_places[(*out_count)++] = candidate_commit(j, c, &j->candidates[i], known_to);
    *out_owner_place = out_places[0];
    *out_count = places_sort(out_places, *out_count);
    if (*out_count >= 2)
        evidence_say(j->d, c, j->rule, out_places, *out_count, j->seen_us);
    return c;
}
