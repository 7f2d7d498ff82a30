#include "app/verbs/order_put.h"

#include <string.h>

#include "app/arguments.h"
#include "app/verbs/putting.h"
#include "base/time.h"
#include "domain/order/order.h"

static bool is_state(const char *name, size_t size)
{
    for (int i = 0; i < ORDER_STATE_COUNT; i++)
        if (strlen(order_state_names[i]) == size && memcmp(order_state_names[i], name, size) == 0)
            return true;
    return false;
}

/* Members that words make: NAME=VALUE of the head, of states by their names, "payment.freight=6". */
enum group { GROUP_HEAD, GROUP_STATES, GROUP_PAYMENT, GROUP_RECEIVER, GROUP_COUNT };
static const char *const group_names[GROUP_COUNT] = {
    [GROUP_STATES] = "states", [GROUP_PAYMENT] = "payment", [GROUP_RECEIVER] = "receiver"};

/* Which group a word is of, and where its name begins. */
static enum group group_of(const char *word, size_t *out_name_at)
{
    for (enum group g = GROUP_PAYMENT; g < GROUP_COUNT; g++) {
        size_t size = strlen(group_names[g]);
        *out_name_at = size + 1;
        if (strncmp(word, group_names[g], size) == 0 && word[size] == '.')
            return g;
    }
    *out_name_at = 0;
    return is_state(word, strcspn(word, "=")) ? GROUP_STATES : GROUP_HEAD;
}

static void put_group(struct errand *d, enum group group, char *const *words, size_t count)
{
    bool is_open = group == GROUP_HEAD;
    for (size_t i = 0; i < count; i++) {
        size_t at;
        const char *equals = strchr(words[i], '=');
        if (group_of(words[i], &at) != group)
            continue;
        if (!is_open) {
            json_key(&d->writer, group_names[group]);
            json_object_begin(&d->writer);
            is_open = true;
        }
        json_key_bytes(&d->writer, bytes_of(words[i] + at, (size_t)(equals - words[i]) - at));
        json_put_text(&d->writer, equals + 1);
    }
    if (is_open && group != GROUP_HEAD)
        json_object_end(&d->writer);
}

/* "a:b:c" in at most `most` parts; returns how many. The text is cut into them. */
static size_t parts_cut(char *text, const char **out_parts, size_t most)
{
    size_t count = 0;
    for (char *at = text; at != NULL && count < most; count++) {
        out_parts[count] = at;
        at = count + 1 < most ? strchr(at, ':') : NULL;
        if (at != NULL)
            *at++ = 0;
    }
    return count;
}

/* --buyer phone:13812345678,openid:wx1:oA1 */
static void put_buyer(struct errand *d, char *text)
{
    char *rest = NULL;
    json_key(&d->writer, "buyer");
    json_array_begin(&d->writer);
    for (char *one = strtok_r(text, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        const char *parts[3] = {"", "", ""};
        size_t count = parts_cut(one, parts, COUNT_OF(parts));
        json_object_begin(&d->writer);
        errand_put_text(d, "type", parts[0]);
        errand_put_text(d, "ns", count == 3 ? parts[1] : NULL);
        errand_put_text(d, "value", count < 2 ? NULL : parts[count - 1]);
        json_object_end(&d->writer);
    }
    json_array_end(&d->writer);
}

/* --lines SKU:QUANTITY:PAID,… */
static void put_lines(struct errand *d, char *text)
{
    static const char *const names[] = {"sku", "quantity", "paid"};
    char *rest = NULL;
    uint64_t number = 0;
    json_key(&d->writer, "lines");
    json_array_begin(&d->writer);
    for (char *one = strtok_r(text, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        const char *parts[COUNT_OF(names)];
        size_t count = parts_cut(one, parts, COUNT_OF(names));
        json_object_begin(&d->writer);
        json_key(&d->writer, "line");
        json_put_uint64(&d->writer, ++number);
        for (size_t i = 0; i < count; i++)
            errand_put_text(d, names[i], parts[i]);
        json_object_end(&d->writer);
    }
    json_array_end(&d->writer);
}

/* What the options say of an order. */
struct order_words {
    const char *modified, *version, *buyer, *lines, *currency;
};

static fallible words_send(struct putting *p, struct arguments *a, const char *shop, const char *number,
                           const struct order_words *said, struct err *e)
{
    struct errand *d = p->d;
    struct json root;
    char time[TIME_TEXT_BYTES], **words = ARENA_ARRAY(d->arena, char *, (size_t)a->count + 1);
    size_t count = 0;
    for (const char *word; (word = argument_next(a)) != NULL; count++) {
        words[count] = arena_text(d->arena, bytes_of_text(word));
        if (strchr(word, '=') == NULL)
            return FAIL(e, INVALID,
                        either("'%s': want NAME=VALUE, such as paid=2026-11-11T10:00:00+08:00",
                               "'%s':应为 名称=值,如 paid=2026-11-11T10:00:00+08:00"),
                        word);
    }
    json_object_begin(&d->writer);
    errand_put_text(d, "shop", shop);
    errand_put_text(d, "number", number);
    errand_put_text(d, "currency", said->currency);
    if (said->version != NULL) {
        json_key(&d->writer, "version");
        json_put_raw(&d->writer, bytes_of_text(said->version));
    }
    if (said->modified != NULL || said->version == NULL)
        errand_put_text(d, "modified", said->modified != NULL ? said->modified : time_format(time_now_us(), time));
    for (enum group g = GROUP_HEAD; g < GROUP_COUNT; g++)
        put_group(d, g, words, count);
    if (said->buyer != NULL)
        put_buyer(d, arena_text(d->arena, bytes_of_text(said->buyer)));
    if (said->lines != NULL)
        put_lines(d, arena_text(d->arena, bytes_of_text(said->lines)));
    json_object_end(&d->writer);
    TRY(json_parse(d->parser, buf_bytes(&d->body), &root, e));
    return putting_send(p, root, bytes_of_text(arena_printf(d->arena, "%s %s", shop, number)), e);
}

int word_order_put(struct errand *d, struct arguments *a)
{
    struct putting p;
    struct err e = {0};
    struct order_words said = {argument_option(a, "modified"), argument_option(a, "version"),
                               argument_option(a, "buyer"), argument_option(a, "lines"),
                               argument_option(a, "currency")};
    struct sender_options options = {.source = argument_option(a, "source"), .import = argument_flag(a, "import")};
    bool is_told = argument_flag(a, "told");
    (void)argument_next(a); /* "put" */
    const char *first = argument_next(a), *number = argument_next(a);
    struct arguments words = *a; /* to be taken when all is well */
    while (argument_next(a) != NULL)
        ;
    if (!errand_ready(d, first != NULL && (!is_told || options.import)))
        return EXIT_USAGE;
    options.path = is_told ? "/api/v1/orders?told=1" : "/api/v1/orders";
    struct status status = putting_begin(&p, d, &options, &e);
    if (failed(status))
        return say_failure(status, &e);
    status = number == NULL ? putting_file(&p, first, &e) : words_send(&p, &words, first, number, &said, &e);
    return putting_end(&p, status, &e);
}
