#include "port/mysql.h"

#include <curl/curl.h>
#include <errmsg.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "port/mysql_text.h"

#define CONNECT_SECONDS_MAX 15u
#define QUERY_BYTES_MAX ((size_t)1 << 20)
#define ROW_ARENA_BYTES (1u << 16)

/* --- where it is --- */

struct address {
    const char *user, *password, *host, *database, *socket, *sslmode, *sslrootcert; /* NULL: not said */
    unsigned port;                                                                 /* 0: not said */
};

static const char *part_of(CURLU *url, CURLUPart part, struct arena *a)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, part == CURLUPART_QUERY ? 0 : CURLU_URLDECODE) != CURLUE_OK)
        return NULL;
    const char *kept = arena_text(a, bytes_of_text(text));
    curl_free(text);
    return kept;
}

static const char *decoded(struct bytes text, struct arena *a)
{
    int size = 0;
    if (text.size == 0) /* curl would take that for a text that ends with a zero, and go on into the next option */
        return "";
    char *plain = curl_easy_unescape(NULL, (const char *)text.data, (int)text.size, &size);
    const char *kept = plain == NULL ? "" : arena_text(a, bytes_of(plain, (size_t)size));
    curl_free(plain);
    return kept;
}

/* "socket=/run/x.sock&sslmode=require". */
static fallible options_read(const char *query, struct address *to, struct arena *a, struct err *e)
{
    const struct {
        const char *name;
        const char **to;
    } known[] = {{"socket=", &to->socket}, {"sslmode=", &to->sslmode}, {"sslrootcert=", &to->sslrootcert}};
    while (query != NULL && *query != 0) {
        size_t size = strcspn(query, "&"), i = 0;
        while (i < COUNT_OF(known) && strncmp(query, known[i].name, strlen(known[i].name)) != 0)
            i++;
        if (i == COUNT_OF(known))
            return FAIL(e, INVALID, "MySQL: the URL has no option \"%.*s\": want socket, sslmode or sslrootcert", (int)size, query);
        *known[i].to = decoded(bytes_slice(bytes_of(query, size), strlen(known[i].name), size), a);
        query += size + (query[size] == '&');
    }
    return DONE;
}

static fallible address_read(const char *text, struct address *out, struct arena *a, struct err *e)
{
    CURLU *url = curl_url();
    *out = (struct address){0};
    if (url == NULL || curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_NO_AUTHORITY) != CURLUE_OK) {
        curl_url_cleanup(url);
        return FAIL(e, INVALID, "MySQL: this is no URL: want mysql://USER@HOST:PORT/DATABASE; in a password, %%40 stands for @ and %%2F for /");
    }
    const char *path = part_of(url, CURLUPART_PATH, a), *port = part_of(url, CURLUPART_PORT, a);
    out->user = part_of(url, CURLUPART_USER, a);
    out->password = part_of(url, CURLUPART_PASSWORD, a);
    out->host = part_of(url, CURLUPART_HOST, a);
    out->database = path == NULL || path[0] == 0 || path[1] == 0 ? NULL : path + 1;
    out->port = port == NULL ? 0 : (unsigned)strtoul(port, NULL, 10);
    struct status status = options_read(part_of(url, CURLUPART_QUERY, a), out, a, e);
    curl_url_cleanup(url);
    return status;
}

/* --- the connection --- */

static void option_set(MYSQL *m, enum mysql_option option, const void *value)
{
    int rc = mysql_optionsv(m, option, value);
    assert(rc == 0);
    (void)rc;
}

static fallible tls_settle(MYSQL *m, const struct address *at, struct err *e)
{
    bool verify = at->sslmode != NULL && strcmp(at->sslmode, "verify-full") == 0;
    if (at->sslmode != NULL && !verify && strcmp(at->sslmode, "require") != 0)
        return FAIL(e, INVALID, "MySQL: sslmode is require or verify-full, not \"%s\"", at->sslmode);
    if (at->sslmode == NULL)
        return DONE;
    const my_bool yes = 1, check = verify;
    option_set(m, MYSQL_OPT_SSL_ENFORCE, &yes);
    option_set(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &check);
    if (at->sslrootcert != NULL && at->sslrootcert[0] != 0)
        option_set(m, MYSQL_OPT_SSL_CA, at->sslrootcert);
    return DONE;
}

/* What the server says of itself, or why it isn't heard. A connection that ended is no fault of the query. */
static fallible failure_of(MYSQL *m, struct err *e)
{
    unsigned code = mysql_errno(m);
    bool is_gone = (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code == ER_SERVER_SHUTDOWN || code == ER_CONNECTION_KILLED;
    return is_gone ? FAIL(e, UNAVAILABLE, "MySQL: %s", mysql_error(m)) : FAIL(e, INVALID, "MySQL: %s", mysql_error(m));
}

static fallible session_open(MYSQL *m, const struct address *at, struct err *e)
{
    const unsigned seconds = CONNECT_SECONDS_MAX, no_files = 0;
    option_set(m, MYSQL_READ_DEFAULT_GROUP, "kith");
    option_set(m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    option_set(m, MYSQL_OPT_LOCAL_INFILE, &no_files); /* a server could ask for any file of ours */
    TRY(tls_settle(m, at, e));
    if (mysql_real_connect(m, at->host, at->user, at->password, at->database, at->port, at->socket, 0) == NULL)
        return FAIL(e, UNAVAILABLE, "MySQL: %s", mysql_error(m));
    if (at->sslmode != NULL && mysql_get_ssl_cipher(m) == NULL) /* the library alone goes on in the open when a server has no TLS */
        return FAIL(e, UNAVAILABLE, "MySQL: the server doesn't encrypt, and sslmode is %s", at->sslmode);
    if (mysql_set_character_set(m, "utf8mb4") != 0 || mysql_query(m, "SET time_zone = '+00:00'") != 0)
        return failure_of(m, e);
    return DONE;
}

/* --- rows --- */

static fallible result_take(MYSQL *m, MYSQL_RES *r, rows_take take, void *context, struct arena *a, struct err *e)
{
    struct bytes names[DATABASE_COLUMNS_MAX], cells[DATABASE_COLUMNS_MAX], own[DATABASE_COLUMNS_MAX];
    const MYSQL_FIELD *fields = mysql_fetch_fields(r);
    size_t count = mysql_num_fields(r);
    if (count > DATABASE_COLUMNS_MAX)
        return FAIL(e, LIMIT, "more than %u columns", DATABASE_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++)
        names[i] = bytes_of_text(fields[i].name);
    for (MYSQL_ROW row; (row = mysql_fetch_row(r)) != NULL;) {
        const unsigned long *sizes = mysql_fetch_lengths(r);
        arena_reset(a);
        for (size_t i = 0; i < count; i++) {
            own[i] = row[i] == NULL ? BYTES_NONE : bytes_of(row[i], sizes[i]);
            cells[i] = mysql_cell(a, &fields[i], own[i]);
        }
        TRY(take(context, &(struct rows_row){names, cells, own, count}, e));
    }
    return mysql_errno(m) == 0 ? DONE : failure_of(m, e);
}

static fallible query_run(MYSQL *m, const struct rows_ask *ask, rows_take take, void *context, struct arena *a, struct err *e)
{
    struct buf query;
    buf_init(&query, QUERY_BYTES_MAX);
    mysql_query_put(&query, ask->query, ask->after);
    struct status status = query.overflowed ? FAIL(e, LIMIT, "MySQL: a query has at most %zu bytes", QUERY_BYTES_MAX) : DONE;
    if (done(status) && mysql_real_query(m, (const char *)query.data, query.size) != 0)
        status = failure_of(m, e);
    buf_fini(&query);
    TRY(status);
    MYSQL_RES *result = mysql_use_result(m);
    if (result == NULL)
        return mysql_errno(m) == 0 ? DONE : failure_of(m, e); /* a query without rows */
    status = result_take(m, result, take, context, a, e);
    if (failed(status)) /* or what is left would be read to its end */
        (void)shutdown(mysql_get_socket(m), SHUT_RDWR);
    mysql_free_result(result);
    return status;
}

static fallible address_ask(const struct address *at, const struct rows_ask *ask, rows_take take, void *context, struct arena *a, struct err *e)
{
    MYSQL *m = mysql_init(NULL);
    if (m == NULL)
        abort();
    struct status status = session_open(m, at, e);
    if (done(status))
        status = query_run(m, ask, take, context, a, e);
    mysql_close(m);
    return status;
}

fallible mysql_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e)
{
    struct arena *kept = arena_create(ROW_ARENA_BYTES), *a = arena_create(ROW_ARENA_BYTES);
    struct address at;
    struct status status = address_read(ask->url, &at, kept, e);
    if (done(status))
        status = address_ask(&at, ask, take, context, a, e);
    arena_destroy(kept);
    arena_destroy(a);
    return status;
}
