#include "domain/access/access.h"

#include <sodium.h>
#include <string.h>

#include "lib/json.h"
#include "lib/pack.h"
#include "lib/text.h"

#define TOKEN_FORMAT 2u
#define TOKEN_BYTES_MAX 4096u
#define READ_BYTES_MAX 512u /* of the command */
#define FORGOTTEN_A_STEP 2u
#define ROLES_OF_GUIDE ((1u << ROLE_READ) | (1u << ROLE_WRITE))
#define ROLES_ALL ((1u << ROLE_COLLECT) | (1u << ROLE_READ) | (1u << ROLE_WRITE) | (1u << ROLE_ADMIN) | (1u << ROLE_LEGAL))

const char *const role_names[ROLE_SYSTEM + 1] = {
    [ROLE_COLLECT] = "collect", [ROLE_READ] = "read", [ROLE_WRITE] = "write", [ROLE_ADMIN] = "admin", [ROLE_LEGAL] = "legal", [ROLE_SYSTEM] = "system"};

/* name -> packed token */
static const struct family token_family = {.id = 50, .kind = FAMILY_KEYED, .value_bytes = TOKEN_BYTES_MAX, .name = "token"};
/* hash of the secret (32 bytes) -> name */
static const struct family secret_family = {.id = 51, .kind = FAMILY_KEYED, .value_bytes = 64, .name = "token_secret"};
/* One read of personal data; texts end in NULs, longer ones are cut. */
struct read_row {
    uint64_t position;
    int64_t time_us;
    uint32_t person;
    char token[64];
    char what[44];
};
static_assert(sizeof(struct read_row) == 128, "reads are on disk");
static const struct family read_family = {.id = 52, .kind = FAMILY_SERIES, .value_bytes = sizeof(struct read_row), .name = "read"};

static const struct setting reads_kept = {"access.reads_kept", 1000, 10000000, 200000, "reads",
                                          "How many reads of personal data the audit list keeps; the log has all of them until it is trimmed."};

static const struct refusal no_such_token = {"no_such_token", "There is no token of this name: `kith token list` shows them.",
                                             "没有这个名称的令牌:用 `kith token list` 查看。"};
static const struct refusal last_admin = {"last_admin", "This is the last token that may administer: make another one first.",
                                          "这是最后一个管理员令牌:请先新建一个。"};
static const struct refusal secret_taken = {"secret_taken", "Another token has this secret: draw a new one.", "该密钥已被其他令牌使用:请重新生成。"};

void token_secret_hash(uint64_t workspace_secret, struct bytes secret, uint8_t out_hash[32])
{
    uint8_t key[crypto_generichash_KEYBYTES_MIN] = "kith token";
    memcpy(key, &workspace_secret, sizeof workspace_secret);
    int rc = crypto_generichash(out_hash, 32, secret.data, secret.size, key, sizeof key);
    assert(rc == 0);
    (void)rc;
}

/* --- packing --- */

static void text_pack(struct buf *b, const char *text)
{
    pack_bytes(b, bytes_of_text(text));
}

void token_pack(struct buf *b, const struct token *t)
{
    pack_u8(b, TOKEN_FORMAT);
    text_pack(b, t->name);
    pack_varint(b, t->roles);
    pack_u8(b, t->masked);
    pack_varint(b, t->brand_count);
    for (uint32_t i = 0; i < t->brand_count; i++)
        text_pack(b, t->brands[i]);
    text_pack(b, t->store);
    text_pack(b, t->guide);
    text_pack(b, t->channel);
    text_pack(b, t->brand);
    pack_signed(b, t->expires_us);
    pack_raw(b, bytes_of(t->secret_hash, sizeof t->secret_hash));
}

static void text_unpack(struct unpack *u, char *out_text, size_t room)
{
    struct bytes text = unpack_bytes(u);
    u->bad |= text.size >= room || (text.size > 0 && memchr(text.data, 0, text.size) != NULL);
    if (u->bad)
        return;
    if (text.size > 0)
        memcpy(out_text, text.data, text.size);
    out_text[text.size] = 0;
}

fallible token_unpack(struct bytes payload, struct token *out_token, struct err *e)
{
    struct token t = {0};
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != TOKEN_FORMAT;
    text_unpack(&u, t.name, sizeof t.name);
    t.roles = unpack_varint32(&u);
    t.masked = unpack_u8(&u) != 0;
    t.brand_count = unpack_varint32(&u);
    u.bad |= t.brand_count > TOKEN_SCOPE_BRANDS_MAX;
    for (uint32_t i = 0; i < t.brand_count && unpack_good(&u); i++)
        text_unpack(&u, t.brands[i], sizeof t.brands[i]);
    text_unpack(&u, t.store, sizeof t.store);
    text_unpack(&u, t.guide, sizeof t.guide);
    text_unpack(&u, t.channel, sizeof t.channel);
    text_unpack(&u, t.brand, sizeof t.brand);
    t.expires_us = unpack_signed(&u);
    struct bytes hash = unpack_raw(&u, sizeof t.secret_hash);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "a token is cut short, or one of its texts has more than 63 bytes");
    if (t.name[0] == 0 || t.roles == 0 || (t.roles & ~ROLES_ALL) != 0)
        return FAIL(e, INVALID, "a token has a name and at least one of the roles collect, read, write, admin, legal");
    memcpy(t.secret_hash, hash.data, sizeof t.secret_hash);
    *out_token = t;
    return DONE;
}

/* A token is ended by its name as a step of a path: one that can't stand there could never be ended. */
static fallible token_check(struct bytes payload, struct err *e)
{
    struct token t;
    TRY(token_unpack(payload, &t, e));
    if (t.guide[0] != 0 && (t.roles & ~ROLES_OF_GUIDE) != 0)
        return FAIL(e, INVALID, "own_customers: such a token has the roles read and write alone: who collects could tell of anybody");
    return text_fits_a_path(bytes_of_text(t.name)) ? DONE : FAIL(e, INVALID, "a token's name is plain text without \"/\" and control characters, and not . or ..");
}

/* --- reading --- */

static bool token_named(const struct view *v, struct bytes name, struct token *out_token)
{
    struct bytes value;
    return view_keyed(v, &token_family, name, &value) && done(token_unpack(value, out_token, NULL));
}

bool access_token(const struct view *v, const uint8_t secret_hash[32], struct token *out_token)
{
    struct bytes name;
    return view_keyed(v, &secret_family, bytes_of(secret_hash, 32), &name) && token_named(v, name, out_token);
}

bool access_token_next(const struct view *v, const char *after_name, struct token *out_token)
{
    struct bytes key = after_name == NULL ? BYTES_LIT("\0") : bytes_of_text(after_name), value;
    return view_keyed_next(v, &token_family, key, true, &key, &value) && done(token_unpack(value, out_token, NULL));
}

static bool is_admin(const struct token *t, int64_t now_us)
{
    return (t->roles >> ROLE_ADMIN & 1) != 0 && (t->expires_us == 0 || t->expires_us > now_us);
}

static bool another_admin(const struct view *v, const struct token *than)
{
    struct token t;
    for (const char *after = NULL; access_token_next(v, after, &t); after = arena_printf(v->arena, "%s", t.name))
        if (is_admin(&t, v->now_us) && strcmp(t.name, than->name) != 0)
            return true;
    return false;
}

/* --- commands --- */

struct token_changed {
    struct bytes name;
    bool revoked;
};

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct token_changed *f = fact;
    json_key(out, "token");
    json_put_string(out, f->name);
    json_key(out, "revoked");
    json_put_bool(out, f->revoked);
}

const struct fact_kind fact_token_changed = {
    .id = 0x0601, .name = "token_changed", .print = changed_print, .about = "A token was made, changed or revoked."};

static void say_changed(struct step *s, struct bytes name, bool revoked)
{
    struct token_changed *f = ARENA_NEW(s->view.arena, struct token_changed);
    f->name = name;
    f->revoked = revoked;
    step_say(s, &fact_token_changed, f);
}

static void token_drop(struct step *s, const struct token *t)
{
    step_keyed_remove(s, &secret_family, arena_copy(s->view.arena, bytes_of(t->secret_hash, sizeof t->secret_hash)));
    step_keyed_remove(s, &token_family, arena_copy(s->view.arena, bytes_of_text(t->name)));
}

static const struct refusal *token_apply(struct step *s, struct bytes payload)
{
    struct token t, old, other;
    struct status status = token_unpack(payload, &t, NULL);
    assert(done(status));
    if (access_token(&s->view, t.secret_hash, &other) && strcmp(other.name, t.name) != 0)
        return &secret_taken;
    bool replaces = token_named(&s->view, bytes_of_text(t.name), &old);
    if (replaces && is_admin(&old, s->view.now_us) && !is_admin(&t, s->view.now_us) && !another_admin(&s->view, &old))
        return &last_admin;
    if (replaces)
        token_drop(s, &old); /* the old secret ends here */
    struct bytes name = arena_copy(s->view.arena, bytes_of_text(t.name));
    step_keyed_put(s, &token_family, name, payload);
    step_keyed_put(s, &secret_family, arena_copy(s->view.arena, bytes_of(t.secret_hash, sizeof t.secret_hash)), name);
    say_changed(s, name, false);
    return NULL;
}

static const struct refusal *revoke_apply(struct step *s, struct bytes payload)
{
    struct token t;
    struct unpack u = unpack_of(payload);
    if (!token_named(&s->view, unpack_bytes(&u), &t))
        return &no_such_token;
    if (is_admin(&t, s->view.now_us) && !another_admin(&s->view, &t))
        return &last_admin;
    token_drop(s, &t);
    say_changed(s, arena_copy(s->view.arena, bytes_of_text(t.name)), true);
    return NULL;
}

static fallible revoke_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct bytes name = unpack_bytes(&u);
    return unpack_finished(&u) && name.size > 0 ? DONE : FAIL(e, INVALID, "which token? give its name");
}

/* --- the audit list of reads --- */

/* Positions grow along the series, so the newest one before `position` is found by halving. */
bool access_read_before(const struct view *v, uint64_t position, struct read_record *out_read)
{
    uint64_t low = rows_series_first(v->rows, &read_family), high = rows_series_end(v->rows, &read_family), first = low;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const struct read_row *row = rows_series_at(v->rows, &read_family, middle);
        if (row->position < position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == first)
        return false;
    const struct read_row *row = rows_series_at(v->rows, &read_family, low - 1);
    *out_read = (struct read_record){.position = row->position,
                                     .time_us = row->time_us,
                                     .token = bytes_of(row->token, strnlen(row->token, sizeof row->token)),
                                     .what = bytes_of(row->what, strnlen(row->what, sizeof row->what)),
                                     .person = row->person};
    return true;
}

static fallible read_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_bytes(&u), (void)unpack_bytes(&u), (void)unpack_u32(&u);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "a noted read is a token, what was read, and a person");
}

static void text_put(char *room, size_t size, struct bytes text)
{
    if (text.size > 0)
        memcpy(room, text.data, text.size < size ? text.size : size);
}

static const struct refusal *read_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct read_row *row = ARENA_NEW(s->view.arena, struct read_row);
    row->position = s->view.position;
    row->time_us = s->view.now_us;
    text_put(row->token, sizeof row->token, unpack_bytes(&u));
    text_put(row->what, sizeof row->what, unpack_bytes(&u));
    row->person = unpack_u32(&u);
    (void)step_series_push(s, &read_family, row);
    uint64_t first = rows_series_first(s->view.rows, &read_family);
    uint64_t over = rows_series_end(s->view.rows, &read_family) - first;
    uint64_t kept = (uint64_t)setting_int(&s->view, &reads_kept);
    over = over < kept ? 0 : over - kept + 1;
    if (over > 0)
        step_series_drop(s, &read_family, first + (over < FORGOTTEN_A_STEP ? over : FORGOTTEN_A_STEP));
    return NULL;
}

static const struct family *const families[] = {&token_family, &secret_family, &read_family};
static const struct fact_kind *const says[] = {&fact_token_changed};
static const struct setting *const settings[] = {&reads_kept};
static const struct command commands[] = {
    {COMMAND_TOKEN, "access.token", TOKEN_BYTES_MAX, ROLE_ADMIN, token_check, NULL, token_apply, "Makes a token, or replaces the one of its name.", NULL},
    {COMMAND_REVOKE, "access.revoke", 128, ROLE_ADMIN, revoke_check, NULL, revoke_apply, "Ends a token.", NULL},
    {COMMAND_READ, "access.read", READ_BYTES_MAX, ROLE_SYSTEM, read_check, NULL, read_apply, "Notes that somebody read personal data.", NULL},
};

static uint64_t tokens_count(const struct view *v)
{
    struct token t;
    uint64_t count = 0;
    for (const char *after = NULL; access_token_next(v, after, &t); after = arena_printf(v->arena, "%s", t.name))
        count++;
    return count;
}

static uint64_t reads_count(const struct view *v)
{
    return rows_series_end(v->rows, &read_family);
}

static const struct metric metrics[] = {
    {"kith_access_tokens", "Tokens that are not revoked.", tokens_count},
    {"kith_access_reads_total", "Reads of personal data that were noted.", reads_count},
};

const struct domain access_domain = {
    .number = 0x06,
    .name = "access",
    .about = "Who may do what, and who read whom.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
};
