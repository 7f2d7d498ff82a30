/* Covers: past_hits.c
 *
 * However little memory there is for hits of a chunk, its people by parts have what all of them at once have. */
#include "domain/rule/past_hits.h"

#include "testing/test.h"

#define HITS_LISTS 3u
#define HITS_OF_ALL 3000u
#define HITS_OF_ONE_MAX 40u

/* What the series of a chunk say, as bytes; the hits are pushed again for each part. false: somebody has more hits than there is room for. */
static bool parts_make(struct t *t, const struct past_feature *features, const struct hit *all, size_t room,
                       struct buf *out)
{
    struct hits lists[HITS_LISTS];
    struct hits_maker *maker = hits_maker_create();
    struct hits_part part = {.until = CHUNK_PEOPLE, .count_max = room};
    const struct past_item *items;
    bool fits = true;
    for (uint32_t i = 0; i < HITS_LISTS; i++)
        hits_init(&lists[i], &features[i], -SERIES_BUCKET_MAX);
    do {
        for (uint32_t i = 0; i < HITS_OF_ALL && fits; i++) {
            if (all[i].local < part.from || all[i].local >= part.until)
                continue;
            hits_push(&part, &lists[i % HITS_LISTS], &all[i]);
            fits = part.count <= room || hits_narrow(&part, lists, HITS_LISTS);
            CHECK(t, part.count <= room);
        }
        size_t count = fits ? hits_make(maker, lists, HITS_LISTS, 0, &items) : 0;
        for (size_t i = 0; i < count; i++)
            past_item_pack(&items[i], out);
    } while (fits && hits_part_next(&part));
    for (uint32_t i = 0; i < HITS_LISTS; i++)
        hits_fini(&lists[i]);
    hits_maker_destroy(maker);
    return fits;
}

/* However little room there is, people by parts have what all of them at once have: but for somebody who alone has more. */
static void hits_take_no_more_room_than_there_is(struct t *t)
{
    struct feature feature = {.grain = GRAIN_DAY, .shape = {.kind = SERIES_COUNT, .most = 100}};
    struct past_feature features[HITS_LISTS];
    struct hit *all = ARENA_ARRAY(t->arena, struct hit, HITS_OF_ALL);
    uint32_t counts[CHUNK_PEOPLE] = {0}, most = 0;
    struct buf whole, parts;
    buf_init(&whole, 1 << 20);
    buf_init(&parts, 1 << 20);
    for (uint32_t i = 0; i < HITS_LISTS; i++)
        features[i] = (struct past_feature){.feature = &feature, .slot = i + 1};
    for (uint32_t i = 0; i < HITS_OF_ALL; i++) {
        uint32_t busy = (uint32_t)rng_below(&t->rng, 4) == 0 ? CHUNK_PEOPLE : 100;
        all[i] = (struct hit){
            .bucket = rng_between(&t->rng, 1, 90), .count = 1, .local = (uint16_t)rng_below(&t->rng, busy)};
        counts[all[i].local]++;
        most = counts[all[i].local] > most ? counts[all[i].local] : most;
    }
    CHECK(t, parts_make(t, features, all, HITS_OF_ALL, &whole));
    CHECK(t, parts_make(t, features, all, most + rng_below(&t->rng, HITS_OF_ONE_MAX), &parts));
    CHECK_BYTES(t, buf_bytes(&parts), buf_bytes(&whole));
    buf_clear(&parts);
    CHECK(t, !parts_make(t, features, all, 2, &parts));
    buf_fini(&whole);
    buf_fini(&parts);
}

static const struct test tests[] = {
    {"hits take no more room than there is", hits_take_no_more_room_than_there_is, 20},
};
TEST_MAIN(tests)
