/* Writes the bytes of this release: a small brand plays a story, always the same, on a workspace in memory, and what lies on
 * its disk at the end is written into a folder.
 *
 *     formats_make bytes FOLDER     the files, and told.txt
 *     formats_make told FOLDER      told.txt alone, out of the files that are there */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "domain/access/access.h"
#include "domain/event/event.h"
#include "domain/people/people.h"
#include "engine/engine_domain.h"
#include "lib/json.h"
#include "store/checkpoint.h"
#include "test/formats/release.h"

#define START_US INT64_C(1763740800000000)
#define PEOPLE 7u
#define ROUNDS 5u
#define FOLD_EVENTS 1u
#define FOLD_SECONDS 1u
#define MESSAGES_A_FILE 30u /* so that there are some files, and too few to be merged: a file given up is read no more */

struct story {
    struct release release;
    struct json_parser *parser;
    struct buf payload, part;
    int64_t now_us;
    uint32_t messages;
    uint64_t position; /* of the last command */
};

/* A story that can't be told is a bug of its own. */
static void must(struct status status, const struct err *e)
{
    if (done(status))
        return;
    fprintf(stderr, "formats: %s: %s\n", status_name(status.code), e->text);
    abort();
}

static void answered(struct submission *s, const struct answer *a)
{
    struct story *story = s->context;
    if (done(a->status) && a->refusal == NULL) {
        story->position = a->position;
        return;
    }
    fprintf(stderr, "formats: %s was answered %s, %s\n", s->command->name, status_name(a->status.code), a->refusal == NULL ? "" : a->refusal->name);
    abort();
}

/* Sends what is in story->payload. */
static void send(struct story *s, uint32_t command)
{
    struct err e = {0};
    struct submission one = {.command = registry_command(s->release.registry, command), .payload = buf_bytes(&s->payload), .answered = answered,
                             .context = s};
    struct submission *group = &one;
    if (one.command->check != NULL)
        must(one.command->check(one.payload, &e), &e);
    s->now_us += 90 * US_PER_SECOND;
    must(engine_group(s->release.engine, &group, 1, s->now_us, &e), &e);
    buf_clear(&s->payload);
}

/* --- what the brand sends --- */

static struct envelope_id id_of(uint16_t type, const char *ns, const char *value)
{
    struct bytes n = bytes_of_text(ns), v = bytes_of_text(value);
    return (struct envelope_id){.type = type, .ns = n, .value = v, .key = identifier_key(RELEASE_SECRET, type, n, v)};
}

/* A record out of JSON, appended to story->part. */
static struct bytes record_of(struct story *s, const char *json)
{
    struct json root;
    struct err e = {0};
    size_t from = s->part.size;
    if (json == NULL)
        return BYTES_NONE;
    must(json_parse(s->parser, bytes_of_text(json), &root, &e), &e);
    must(record_pack_json(&s->part, &root, &e), &e);
    return bytes_of(s->part.data + from, s->part.size - from);
}

struct sent {
    const char *event, *source, *brand, *channel, *order;
    const char *traits, *properties, *items; /* records as JSON; one item; NULL: none */
    const char *purpose;                     /* NULL: no consent */
    bool given;
    int64_t back_us;                         /* so long ago */
};

static void event_send(struct story *s, const struct sent *sent, const struct envelope_id *ids, uint32_t id_count)
{
    struct err e = {0};
    char message[32];
    uint8_t room[2][512];
    struct buf consents = {.data = room[0], .capacity = sizeof room[0], .size_max = sizeof room[0]};
    struct buf items = {.data = room[1], .capacity = sizeof room[1], .size_max = sizeof room[1]};
    struct envelope v = {.event = bytes_of_text(sent->event), .source = bytes_of_text(sent->source), .event_us = s->now_us - sent->back_us,
                         .sent_us = s->now_us + US_PER_SECOND, .received_us = s->now_us + 2 * US_PER_SECOND, .import = sent->back_us > US_PER_DAY};
    (void)snprintf(message, sizeof message, "message-%u", ++s->messages);
    v.message_id = bytes_of_text(message);
    v.message = hash128(v.message_id, RELEASE_SECRET);
    if (v.import)
        v.line = (struct import_line){.file = hash128(v.source, 0), .number = s->messages};
    v.reference[REF_BRAND] = bytes_of_text(sent->brand);
    v.reference[REF_CHANNEL] = bytes_of_text(sent->channel);
    v.reference[REF_ORDER] = bytes_of_text(sent->order == NULL ? "" : sent->order);
    v.traits = record_of(s, sent->traits);
    v.properties = record_of(s, sent->properties);
    if (sent->items != NULL) {
        v.item_count = 1;
        pack_bytes(&items, record_of(s, sent->items));
        v.items = buf_bytes(&items);
    }
    if (sent->purpose != NULL) {
        v.consent_count = 1;
        envelope_consent_pack(&consents, &(struct envelope_consent){.purpose = bytes_of_text(sent->purpose), .channel = BYTES_LIT("sms"),
                                                                    .policy = BYTES_LIT("2025-11"), .given = sent->given,
                                                                    .until_us = s->now_us + 30 * US_PER_DAY});
        v.consents = buf_bytes(&consents);
    }
    v.id_count = id_count;
    for (uint32_t i = 0; i < id_count; i++)
        v.ids[i] = ids[i];
    must(envelope_pack(&v, &s->payload, &e), &e);
    buf_clear(&s->part);
    send(s, COMMAND_COLLECT_EVENT);
}

static void act_send(struct story *s, uint32_t command, const struct envelope_id *ids, uint32_t id_count, uint64_t undo_position, uint8_t choice)
{
    struct err e = {0};
    struct identity_act act = {.by = BYTES_LIT("desk"), .reason = BYTES_LIT("打电话确认"), .id_count = id_count, .undo_position = undo_position,
                               .choice = choice};
    for (uint32_t i = 0; i < id_count; i++)
        act.ids[i] = ids[i];
    must(identity_act_pack(&act, &s->payload, &e), &e);
    send(s, command);
}

static void setting_send(struct story *s, const char *name, uint64_t value)
{
    pack_bytes(&s->payload, bytes_of_text(name));
    pack_u64(&s->payload, value);
    send(s, COMMAND_SET);
}

/* --- the story --- */

struct shopper {
    char user[16], phone[16], email[24], device[40];
};

static struct shopper shopper_of(uint32_t i)
{
    struct shopper p;
    (void)snprintf(p.user, sizeof p.user, "u%u", 1000 + i);
    (void)snprintf(p.phone, sizeof p.phone, "+8613912340%03u", i * 37);
    (void)snprintf(p.email, sizeof p.email, "p%u@kith.example", i);
    (void)snprintf(p.device, sizeof p.device, "a0000000-0000-4000-8000-%012u", i);
    return p;
}

static void definitions(struct story *s)
{
    struct err e = {0};
    struct token token = {.name = "till", .roles = 1u << ROLE_COLLECT, .masked = true, .brand_count = 1, .brands = {"aria"}, .store = "SH01"};
    struct id_type_rule rule = {.type = TYPE_CUSTOM, .name = "club_no", .normaliser = NORMALISE_LOWER, .has_namespace = true, .priority = 16,
                                .limit = 2, .over = OVER_MOVE, .parent = TYPE_PHONE, .hub_moves = 9};
    setting_send(s, "event.fold_events", FOLD_EVENTS);
    setting_send(s, "event.fold_seconds", FOLD_SECONDS);
    setting_send(s, "collect.dedup_generation", MESSAGES_A_FILE);
    token_secret_hash(RELEASE_SECRET, BYTES_LIT("secret"), token.secret_hash);
    token_pack(&s->payload, &token);
    send(s, COMMAND_TOKEN);
    must(identity_type_pack(&rule, &s->payload, &e), &e);
    send(s, COMMAND_TYPE);
    collect_name_pack(&s->payload, NAME_BRAND, BYTES_LIT("aria"), BYTES_NONE, record_of(s, "{\"entity\":\"aria_ltd\",\"label_zh\":\"咏叹\"}"));
    send(s, COMMAND_COLLECT_NAME);
    collect_name_pack(&s->payload, NAME_EVENT, BYTES_LIT("quiz_done"), BYTES_LIT("survey_answered"), BYTES_NONE);
    send(s, COMMAND_COLLECT_NAME);
    buf_clear(&s->part);
}

/* One person's visit: on a device, then known, then a buyer. */
static void visit(struct story *s, uint32_t i, uint32_t round)
{
    struct shopper p = shopper_of(i);
    struct envelope_id device = id_of(TYPE_ANONYMOUS_ID, "", p.device), user = id_of(TYPE_USER_ID, "", p.user), phone = id_of(TYPE_PHONE, "", p.phone);
    struct envelope_id email = id_of(TYPE_EMAIL, "", p.email), openid = id_of(TYPE_OPENID, "wx1", p.user), club = id_of(TYPE_CUSTOM, "north", p.user);
    char order[32], traits[160];
    (void)snprintf(order, sizeof order, "ORDER-%u-%u", i, round);
    (void)snprintf(traits, sizeof traits, "{\"name\":\"%s%u\",\"age\":%u,\"spent\":%u.50,\"vip\":%s,\"sizes\":[\"M\",%u]}", round % 2 == 0 ? "王小明" : "Lin",
                   i, 20 + i + round, 100 * round, i % 2 == 0 ? "true" : "null", round);
    event_send(s, &(struct sent){.event = "product_viewed", .source = "web", .brand = "aria", .channel = "web",
                                 .properties = "{\"sku\":\"SKU-20418-M\",\"category\":\"裙装\",\"price\":399.00,\"ratio\":1e-9}"}, &device, 1);
    event_send(s, &(struct sent){.event = "login", .source = "web", .brand = "aria", .channel = "app", .traits = round % 3 == i % 3 ? traits : NULL},
               (const struct envelope_id[]){user, device}, 2);
    if (round % 2 == 0)
        event_send(s, &(struct sent){.event = "order_paid", .source = "pos", .brand = "bravo", .channel = "store", .order = order,
                                     .items = "{\"sku\":\"SKU-1\",\"quantity\":2,\"price\":19.90}"}, (const struct envelope_id[]){phone, i % 2 == 0 ? openid : club}, 2);
    if (round == 2)
        event_send(s, &(struct sent){.event = "profile_updated", .source = "desk", .brand = "", .channel = "", .purpose = "marketing", .given = i % 3 != 0},
                   (const struct envelope_id[]){user, phone, email}, 3);
    if (round == 3)
        event_send(s, &(struct sent){.event = "quiz_done", .source = "import", .brand = "aria", .channel = "", .back_us = 40 * US_PER_DAY}, &email, 1);
}

static void house(struct story *s, uint32_t rounds)
{
    struct err e = {0};
    int64_t wait_us;
    for (uint32_t i = 0; i < rounds; i++) {
        s->now_us += 20 * US_PER_SECOND;
        must(engine_keep_house(s->release.engine, s->now_us, &wait_us, &e), &e);
    }
}

/* Each verb once, so that identity's rows are there. */
static void acts(struct story *s)
{
    struct shopper p[PEOPLE];
    for (uint32_t i = 0; i < PEOPLE; i++)
        p[i] = shopper_of(i);
    const struct envelope_id email0 = id_of(TYPE_EMAIL, "", p[0].email), user2 = id_of(TYPE_USER_ID, "", p[2].user), user3 = id_of(TYPE_USER_ID, "", p[3].user);
    const struct envelope_id user4 = id_of(TYPE_USER_ID, "", p[4].user), user5 = id_of(TYPE_USER_ID, "", p[5].user), phone6 = id_of(TYPE_PHONE, "", p[6].phone);
    act_send(s, COMMAND_UNBIND, &email0, 1, 0, 0);
    act_send(s, COMMAND_MERGE, (const struct envelope_id[]){user2, user3}, 2, 0, 0);
    act_send(s, COMMAND_NEVER_MERGE, (const struct envelope_id[]){user4, user5}, 2, 0, 0);
    act_send(s, COMMAND_MERGE, (const struct envelope_id[]){user4, phone6}, 2, 0, 0);
    act_send(s, COMMAND_UNDO, NULL, 0, s->position, 0);
    act_send(s, COMMAND_BIND, (const struct envelope_id[]){user5, id_of(TYPE_MEMBER_NO, "aria", "M-5")}, 2, 0, 0);
    act_send(s, COMMAND_SPLIT, &phone6, 1, 0, 0);
    act_send(s, COMMAND_BLOCK, (const struct envelope_id[]){id_of(TYPE_JD_PIN, "", "jd_shop")}, 1, 0, 1);
}

static void play(struct story *s)
{
    struct err e = {0};
    definitions(s);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < PEOPLE; i++)
            visit(s, i, round);
        if (round == 3)
            acts(s);
        if (round == ROUNDS - 1)
            must(engine_checkpoint(s->release.engine, true, &e), &e);
        house(s, 20);
    }
    pack_u32(&s->payload, 1); /* the first source */
    pack_u8(&s->payload, 10);
    pack_u8(&s->payload, 1);
    send(s, COMMAND_SOURCE);
    house(s, 60);
    must(engine_checkpoint(s->release.engine, true, &e), &e);
}

/* --- into a folder --- */

static void file_put(const char *folder, const char *name, struct bytes data)
{
    char path[RELEASE_PATH_BYTES * 2];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(data.data, 1, data.size, f) != data.size || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

struct dumping {
    struct release *release;
    const char *folder, *part;
    struct buf bytes;
};

static struct status each_pair(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct buf *out = context;
    (void)e;
    pack_u32(out, (uint32_t)key.size);
    pack_u32(out, (uint32_t)value.size);
    pack_raw(out, key);
    pack_raw(out, value);
    return DONE;
}

static struct status each_file(void *context, const char *name, struct err *e)
{
    struct dumping *d = context;
    char path[RELEASE_PATH_BYTES];
    bool is_folder = false;
    for (size_t i = 1; i < release_folder_count; i++)
        is_folder |= d->part[0] == 0 && strcmp(name, release_folders[i]) == 0;
    if (is_folder || strcmp(name, "spare") == 0 || strcmp(name, "lock") == 0) /* not state */
        return DONE;
    release_path(d->part, name, path);
    TRY(disk_read_all(d->release->disk, path, &d->bytes, e));
    file_put(d->folder, path, buf_bytes(&d->bytes));
    return DONE;
}

static void dump(struct release *r, const char *folder)
{
    struct err e = {0};
    struct dumping d = {.release = r, .folder = folder};
    char path[RELEASE_PATH_BYTES * 2], secret[64];
    buf_init(&d.bytes, RELEASE_FILE_BYTES_MAX);
    for (size_t i = 0; i < release_folder_count; i++) {
        d.part = release_folders[i];
        (void)snprintf(path, sizeof path, "%s/%s", folder, d.part);
        (void)mkdir(path, 0777); /* there is fine: the files tell */
        must(disk_list(r->disk, d.part, each_file, &d, &e), &e);
    }
    buf_clear(&d.bytes);
    must(cold_scan(r->cold, BYTES_NONE, each_pair, &d.bytes, &e), &e);
    assert(!d.bytes.overflowed);
    file_put(folder, RELEASE_COLD_FILE, buf_bytes(&d.bytes));
    (void)snprintf(secret, sizeof secret, "{\"secret\":\"%016" PRIx64 "\",\"created\":\"2025-11-21T16:00:00Z\"}\n", RELEASE_SECRET);
    file_put(folder, "workspace.json", bytes_of_text(secret));
    buf_fini(&d.bytes);
}

static void bytes_make(const char *folder)
{
    struct err e = {0};
    struct story s = {.now_us = START_US, .parser = json_parser_create(1 << 16)};
    buf_init(&s.payload, ENVELOPE_BYTES_MAX);
    buf_init(&s.part, ENVELOPE_BYTES_MAX);
    must(release_init(&s.release, &e), &e);
    must(release_start(&s.release, &e), &e);
    play(&s);
    engine_close(s.release.engine);
    s.release.engine = NULL;
    dump(&s.release, folder);
    release_fini(&s.release);
    json_parser_destroy(s.parser);
    buf_fini(&s.payload);
    buf_fini(&s.part);
}

static void told_make(const char *folder)
{
    struct err e = {0};
    struct release r;
    struct buf told;
    buf_init(&told, RELEASE_TOLD_BYTES_MAX);
    must(release_init(&r, &e), &e);
    must(release_load(&r, folder, &e), &e);
    must(release_start(&r, &e), &e);
    must(release_tell(&r, &told, &e), &e);
    file_put(folder, RELEASE_TOLD_FILE, buf_bytes(&told));
    release_fini(&r);
    buf_fini(&told);
}

int main(int argc, char **argv)
{
    bool bytes = argc == 3 && strcmp(argv[1], "bytes") == 0, told = argc == 3 && strcmp(argv[1], "told") == 0;
    if (!bytes && !told) {
        fprintf(stderr, "usage: formats_make bytes|told FOLDER\n");
        return 2;
    }
    if (bytes)
        bytes_make(argv[2]);
    told_make(argv[2]);
    return 0;
}
