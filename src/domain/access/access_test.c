#include "domain/access/access.h"

#include "lib/json.h"
#include "lib/pack.h"
#include "testing/harness.h"

#define SECRET UINT64_C(0x1234567890abcdef)

static const struct domain *const domains[] = {&access_domain};

static struct token token_of(const char *name, uint32_t roles, const char *secret)
{
    struct token t = {.roles = roles};
    memcpy(t.name, name, strlen(name));
    token_secret_hash(SECRET, bytes_of_text(secret), t.secret_hash);
    return t;
}

static const char *put(struct harness *h, const struct token *t)
{
    struct buf b;
    buf_init(&b, 8192);
    token_pack(&b, t);
    const struct refusal *no = harness_apply(h, COMMAND_TOKEN, buf_bytes(&b));
    buf_fini(&b);
    return no == NULL ? "accepted" : no->name;
}

static const char *revoke(struct harness *h, const char *name)
{
    struct buf b;
    buf_init(&b, 8192);
    pack_bytes(&b, bytes_of_text(name));
    const struct refusal *no = harness_apply(h, COMMAND_REVOKE, buf_bytes(&b));
    buf_fini(&b);
    return no == NULL ? "accepted" : no->name;
}

static const char *name_of_secret(struct t *t, struct harness *h, const char *secret)
{
    struct token found;
    struct view v = harness_view(h);
    uint8_t hash[32];
    token_secret_hash(SECRET, bytes_of_text(secret), hash);
    return access_token(&v, hash, &found) ? arena_printf(t->arena, "%s", found.name) : "nobody";
}

static const char *names(struct t *t, struct harness *h)
{
    struct token found;
    struct view v = harness_view(h);
    const char *all = "", *after = NULL;
    while (access_token_next(&v, after, &found)) {
        after = arena_printf(t->arena, "%s", found.name);
        all = arena_printf(t->arena, "%s%s ", all, after);
    }
    return all;
}

static void tokens_are_found_by_secret_and_listed_by_name(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct token admin = token_of("admin", 1u << ROLE_ADMIN, "a"), web = token_of("web", 1u << ROLE_COLLECT, "w");
    web.masked = true;
    web.brand_count = 2;
    memcpy(web.brands[0], "one", 4);
    memcpy(web.brands[1], "two", 4);
    memcpy(web.store, "SH01", 5);
    web.expires_us = 42;
    CHECK_TEXT(t, put(h, &web), "accepted");
    CHECK_TEXT(t, put(h, &admin), "accepted");
    CHECK_TEXT(t, names(t, h), "admin web ");
    CHECK_TEXT(t, name_of_secret(t, h, "w"), "web");
    CHECK_TEXT(t, name_of_secret(t, h, "x"), "nobody");
    struct view v = harness_view(h);
    struct token back;
    REQUIRE(t, access_token(&v, web.secret_hash, &back));
    CHECK(t, back.masked && back.brand_count == 2 && back.expires_us == 42);
    CHECK_TEXT(t, back.brands[1], "two");
    CHECK_TEXT(t, back.store, "SH01");
    harness_destroy(h);
}

static void a_new_secret_ends_the_old_one(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct token first = token_of("web", 1u << ROLE_COLLECT, "old"), second = token_of("web", 1u << ROLE_COLLECT, "new");
    struct token other = token_of("app", 1u << ROLE_COLLECT, "new");
    CHECK_TEXT(t, put(h, &first), "accepted");
    CHECK_TEXT(t, put(h, &first), "accepted"); /* the same again */
    CHECK_TEXT(t, name_of_secret(t, h, "old"), "web");
    CHECK_TEXT(t, put(h, &second), "accepted");
    CHECK_TEXT(t, name_of_secret(t, h, "old"), "nobody");
    CHECK_TEXT(t, name_of_secret(t, h, "new"), "web");
    CHECK_TEXT(t, put(h, &other), "secret_taken");
    CHECK_TEXT(t, names(t, h), "web ");
    harness_destroy(h);
}

static void the_last_admin_stays(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct token admin = token_of("admin", 1u << ROLE_ADMIN, "a"), second = token_of("second", 1u << ROLE_ADMIN, "b");
    struct token lesser = token_of("admin", 1u << ROLE_READ, "c");
    CHECK_TEXT(t, put(h, &admin), "accepted");
    CHECK_TEXT(t, revoke(h, "nobody"), "no_such_token");
    CHECK_TEXT(t, revoke(h, "admin"), "last_admin");
    CHECK_TEXT(t, put(h, &lesser), "last_admin"); /* nor by making it less */
    second.expires_us = harness_now_us(h) - 1;
    CHECK_TEXT(t, put(h, &second), "accepted");
    CHECK_TEXT(t, revoke(h, "admin"), "last_admin"); /* one that is over doesn't count */
    second.expires_us = 0;
    CHECK_TEXT(t, put(h, &second), "accepted");
    CHECK_TEXT(t, revoke(h, "admin"), "accepted");
    CHECK_TEXT(t, name_of_secret(t, h, "a"), "nobody");
    CHECK_TEXT(t, names(t, h), "second ");
    harness_destroy(h);
}

static void bad_tokens_are_refused(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct token nameless = token_of("", 1u << ROLE_READ, "a"), roleless = token_of("x", 0, "a"), system = token_of("x", 1u << ROLE_SYSTEM, "a");
    CHECK_TEXT(t, put(h, &nameless), "malformed");
    CHECK_TEXT(t, put(h, &roleless), "malformed");
    CHECK_TEXT(t, put(h, &system), "malformed");
    CHECK(t, harness_apply(h, COMMAND_TOKEN, BYTES_LIT("\1\2\3")) == &harness_malformed);
    CHECK(t, harness_apply(h, COMMAND_REVOKE, BYTES_NONE) == &harness_malformed);
    CHECK(t, harness_apply(h, COMMAND_READ, BYTES_LIT("\1a\1b")) == &harness_malformed);
    harness_destroy(h);
}

static void secrets_depend_on_the_workspace(struct t *t)
{
    uint8_t one[32], other[32], again[32];
    token_secret_hash(1, BYTES_LIT("s"), one);
    token_secret_hash(2, BYTES_LIT("s"), other);
    token_secret_hash(1, BYTES_LIT("s"), again);
    CHECK(t, memcmp(one, other, sizeof one) != 0);
    CHECK(t, memcmp(one, again, sizeof one) == 0);
}

static void note(struct t *t, struct harness *h, const char *token, uint32_t person)
{
    struct buf b;
    buf_init(&b, 1024);
    pack_bytes(&b, bytes_of_text(token));
    pack_bytes(&b, BYTES_LIT("/api/v1/people/{person}/timeline-and-more-than-fits"));
    pack_u32(&b, person);
    CHECK(t, harness_apply(h, COMMAND_READ, buf_bytes(&b)) == NULL);
    buf_fini(&b);
}

static void reads_are_kept_newest_first(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct read_record read;
    struct view v = harness_view(h);
    CHECK(t, !access_read_before(&v, UINT64_MAX, &read));
    uint64_t first = harness_position(h);
    for (uint32_t i = 1; i <= 3; i++)
        note(t, h, "desk", i);
    v = harness_view(h);
    uint64_t before = UINT64_MAX;
    for (uint32_t i = 3; i >= 1; i--) {
        REQUIRE(t, access_read_before(&v, before, &read));
        CHECK_EQ(t, read.person, i);
        CHECK_EQ(t, read.position, first + i - 1);
        CHECK_EQ(t, read.time_us, harness_now_us(h));
        CHECK_BYTES(t, read.token, BYTES_LIT("desk"));
        CHECK_BYTES(t, read.what, BYTES_LIT("/api/v1/people/{person}/timeline-and-more-th"));
        before = read.position;
    }
    CHECK(t, !access_read_before(&v, before, &read));
    harness_destroy(h);
}

struct heard {
    int count;
    char json[256];
};

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct heard *heard = context;
    struct json_writer w;
    struct buf b;
    buf_init(&b, sizeof heard->json - 1);
    json_writer_init(&w, &b, false);
    json_object_begin(&w);
    kind->print(&s->view, fact, &w);
    json_object_end(&w);
    memcpy(heard->json, b.data, b.size);
    heard->json[b.size] = 0;
    buf_fini(&b);
    heard->count++;
}

static void changes_are_said(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct heard heard = {0};
    struct token a = token_of("a", 1u << ROLE_READ, "a");
    harness_listen(h, hear, &heard);
    CHECK_TEXT(t, put(h, &a), "accepted");
    CHECK_TEXT(t, heard.json, "{\"token\":\"a\",\"revoked\":false}");
    CHECK_TEXT(t, revoke(h, "a"), "accepted");
    CHECK_TEXT(t, heard.json, "{\"token\":\"a\",\"revoked\":true}");
    note(t, h, "a", 1);
    CHECK_EQ(t, heard.count, 2);
    harness_destroy(h);
}

/* A name is a step of the path that ends its token. */
static void a_name_fits_a_path(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    static const char *const bad[] = {"a/b", ".", "..", "a\nb", "\x7f", "\xff", "/"}, *const good[] = {"a.b", "...", "小明 shop", "a?b%2f"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct token token = token_of(bad[i], 1u << ROLE_READ, bad[i]);
        CHECK_TEXT(t, put(h, &token), harness_malformed.name);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct token token = token_of(good[i], 1u << ROLE_READ, good[i]);
        CHECK_TEXT(t, put(h, &token), "accepted");
    }
    harness_destroy(h);
}

static const struct test tests[] = {
    {"tokens are found by secret and listed by name", tokens_are_found_by_secret_and_listed_by_name, 1},
    {"a new secret ends the old one", a_new_secret_ends_the_old_one, 1},
    {"the last admin stays", the_last_admin_stays, 1},
    {"bad tokens are refused", bad_tokens_are_refused, 1},
    {"secrets depend on the workspace", secrets_depend_on_the_workspace, 1},
    {"reads are kept newest first", reads_are_kept_newest_first, 1},
    {"changes are said", changes_are_said, 1},
    {"a name fits a path", a_name_fits_a_path, 1},
};
TEST_MAIN(tests)
