#include "edge/openapi.h"

#include <string.h>

#include "edge/api/api.h"

#define PAGE_BYTES_MAX (4u << 20)

static const char *const method_names[] = {
    [HTTP_GET] = "get", [HTTP_POST] = "post", [HTTP_PUT] = "put", [HTTP_DELETE] = "delete", [HTTP_OPTIONS] = "options"};

/* --- pieces --- */

/* The next parameter of "/a/{b}/{c*}"; its name without the star. */
static bool parameter_next(struct bytes *rest, struct bytes *out_name)
{
    const uint8_t *open = rest->size == 0 ? NULL : memchr(rest->data, '{', rest->size);
    if (open == NULL)
        return false;
    size_t from = (size_t)(open - rest->data) + 1, until = from;
    while (rest->data[until] != '}')
        until++;
    size_t end = rest->data[until - 1] == '*' ? until - 1 : until;
    *out_name = bytes_slice(*rest, from, end);
    *rest = bytes_slice(*rest, until + 1, rest->size);
    return true;
}

/* The next name of "limit, before (a time)"; what stands in parentheses is for people. */
static bool query_next(struct bytes *rest, struct bytes *out_name)
{
    size_t size = 0, at = 0, depth = 0;
    while (at < rest->size && (rest->data[at] == ' ' || rest->data[at] == ','))
        at++;
    *rest = bytes_slice(*rest, at, rest->size);
    while (size < rest->size && rest->data[size] != ',' && rest->data[size] != ' ')
        size++;
    *out_name = bytes_slice(*rest, 0, size);
    for (at = size; at < rest->size && (depth > 0 || rest->data[at] != ','); at++)
        depth = rest->data[at] == '(' ? depth + 1 : rest->data[at] == ')' ? depth - 1 : depth;
    *rest = bytes_slice(*rest, at, rest->size);
    return size > 0;
}

static void put_who(struct buf *out, const struct route *r)
{
    switch (r->who) {
    case WHO_ANYBODY:
        buf_push_text(out, "anybody");
        break;
    case WHO_LOCAL:
        buf_printf(out, "this machine, or a token with the role `%s` that is not limited to brands", role_names[r->role]);
        break;
    case WHO_UNLIMITED:
        buf_printf(out, "a token with the role `%s` that is not limited to brands", role_names[r->role]);
        break;
    case WHO_SDK:
        buf_printf(out, "a token with the role `%s`; as a write key it may also be the user of Basic, or stand in the query or the body", role_names[r->role]);
        break;
    case WHO_TOKEN:
        buf_printf(out, "a token with the role `%s`", role_names[r->role]);
        break;
    case WHO_GUIDE:
        buf_printf(out, "a token with the role `%s`, also one that is limited to a guide's own customers", role_names[r->role]);
        break;
    }
}

/* --- OpenAPI --- */

static void put_parameter(struct json_writer *w, struct bytes name, bool is_path)
{
    json_object_begin(w);
    member_bytes(w, "name", name);
    member_text(w, "in", is_path ? "path" : "query");
    member_bool(w, "required", is_path);
    json_key(w, "schema");
    json_object_begin(w);
    member_text(w, "type", "string");
    json_object_end(w);
    json_object_end(w);
}

static void put_parameters(struct json_writer *w, const struct route *r)
{
    struct bytes name, path = bytes_of_text(r->path), query = bytes_of_text(r->query);
    json_key(w, "parameters");
    json_array_begin(w);
    while (parameter_next(&path, &name))
        put_parameter(w, name, true);
    while (query_next(&query, &name))
        put_parameter(w, name, false);
    json_array_end(w);
}

static void put_body(struct json_writer *w, const struct route *r)
{
    json_key(w, "requestBody");
    json_object_begin(w);
    json_key(w, "content");
    json_object_begin(w);
    json_key(w, "application/json");
    json_object_begin(w);
    json_key(w, "example");
    json_put_raw(w, bytes_of_text(r->takes));
    json_object_end(w);
    json_object_end(w);
    member_uint(w, "x-kith-bytes-max", r->body_bytes_max == 0 ? BODY_BYTES_USUAL : r->body_bytes_max);
    json_object_end(w);
}

static void put_answers(struct json_writer *w, const struct route *r)
{
    json_key(w, "responses");
    json_object_begin(w);
    json_key(w, r->handle == api_token_make ? "201" : "200");
    json_object_begin(w);
    member_text(w, "description", r->gives == NULL ? "Done." : r->gives);
    json_object_end(w);
    json_key(w, "default");
    json_object_begin(w);
    json_key(w, "$ref");
    json_put_text(w, "#/components/responses/problem");
    json_object_end(w);
    json_object_end(w);
}

static void put_operation(struct json_writer *w, const struct route *r)
{
    json_key(w, method_names[r->method]);
    json_object_begin(w);
    member_text(w, "summary", r->about);
    member_text(w, "x-summary-zh", r->about_zh);
    if (r->who != WHO_ANYBODY)
        member_text(w, "x-kith-role", role_names[r->role]);
    if (r->who == WHO_UNLIMITED || r->who == WHO_LOCAL)
        member_bool(w, "x-kith-unlimited", true);
    if (r->who == WHO_GUIDE)
        member_bool(w, "x-kith-own-customers", true);
    put_parameters(w, r);
    if (r->takes != NULL)
        put_body(w, r);
    put_answers(w, r);
    json_key(w, "security");
    json_array_begin(w);
    for (int i = 0; i < 2 && r->who != WHO_ANYBODY; i++) {
        json_object_begin(w);
        json_key(w, i == 0 ? "bearer" : "basic");
        json_array_begin(w);
        json_array_end(w);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

/* "/console/{file*}" is "/console/{file}" there. */
static void put_path_key(struct json_writer *w, const char *path)
{
    struct buf plain;
    buf_init(&plain, 1024);
    for (const char *c = path; *c != 0; c++)
        if (*c != '*')
            buf_push_byte(&plain, (uint8_t)*c);
    json_key_bytes(w, buf_bytes(&plain));
    buf_fini(&plain);
}

static bool is_first_of_path(const struct route *all, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(all[i].path, all[at].path) == 0)
            return false;
    return true;
}

static void put_paths(struct json_writer *w)
{
    size_t count;
    const struct route *all = routes(&count);
    json_key(w, "paths");
    json_object_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (!is_first_of_path(all, i))
            continue;
        put_path_key(w, all[i].path);
        json_object_begin(w);
        for (size_t j = i; j < count; j++)
            if (strcmp(all[i].path, all[j].path) == 0)
                put_operation(w, &all[j]);
        json_object_end(w);
    }
    json_object_end(w);
}

static void put_scheme(struct json_writer *w, const char *name)
{
    json_key(w, name);
    json_object_begin(w);
    member_text(w, "type", "http");
    member_text(w, "scheme", name);
    json_object_end(w);
}

static void put_components(struct json_writer *w)
{
    static const char problem[] =
        "{\"description\":\"What is wrong, and what to do about it (RFC 9457).\",\"content\":{\"application/problem+json\":{\"schema\":"
        "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
        "\"detail\":{\"type\":\"string\"},\"place\":{\"type\":\"string\"}}}}}}";
    json_key(w, "components");
    json_object_begin(w);
    json_key(w, "securitySchemes");
    json_object_begin(w);
    put_scheme(w, "bearer");
    put_scheme(w, "basic");
    json_object_end(w);
    json_key(w, "responses");
    json_object_begin(w);
    json_key(w, "problem");
    json_put_raw(w, bytes_of(problem, sizeof problem - 1));
    json_object_end(w);
    json_object_end(w);
}

static void put_commands(struct json_writer *w, const struct registry *registry)
{
    json_key(w, "x-kith-commands");
    json_array_begin(w);
    for (size_t d = 0; d < registry_domain_count(registry); d++) {
        const struct domain *domain = registry_domain(registry, d);
        for (size_t i = 0; i < domain->command_count; i++) {
            json_object_begin(w);
            member_text(w, "name", domain->commands[i].name);
            member_uint(w, "id", domain->commands[i].id);
            member_text(w, "role", role_names[domain->commands[i].role]);
            member_text(w, "about", domain->commands[i].about);
            json_object_end(w);
        }
    }
    json_array_end(w);
}

static void put_facts(struct json_writer *w, const struct registry *registry)
{
    json_key(w, "x-kith-facts");
    json_array_begin(w);
    for (size_t d = 0; d < registry_domain_count(registry); d++) {
        const struct domain *domain = registry_domain(registry, d);
        for (size_t i = 0; i < domain->say_count; i++) {
            if (domain->says[i]->print == NULL)
                continue;
            json_object_begin(w);
            member_text(w, "name", domain->says[i]->name);
            member_text(w, "about", domain->says[i]->about);
            json_object_end(w);
        }
    }
    json_array_end(w);
}

void openapi_print(struct buf *out, const struct registry *registry, const char *version)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    member_text(&w, "openapi", "3.1.0");
    json_key(&w, "info");
    json_object_begin(&w);
    member_text(&w, "title", "Kith 知己");
    member_text(&w, "version", version == NULL ? "" : version);
    member_text(&w, "description", "Every path may stand behind /w/WORKSPACE; without it the workspace is the header X-Kith-Workspace, else the one called main, or the only one.");
    json_object_end(&w);
    put_paths(&w);
    put_components(&w);
    put_commands(&w, registry);
    put_facts(&w, registry);
    json_object_end(&w);
}

void api_openapi(struct request *r)
{
    struct buf json;
    buf_init(&json, PAGE_BYTES_MAX);
    openapi_print(&json, host_registry(request_host(r)), door_options_of(r->door)->version);
    request_json(r, 200, &json);
}

/* --- for people --- */

static void put_route(struct buf *out, const struct route *r)
{
    buf_printf(out, "\n### %s %s\n\n%s %s\n\n", http_method_names[r->method], r->path, r->about, r->about_zh);
    buf_push_text(out, "- who: ");
    put_who(out, r);
    buf_push_byte(out, '\n');
    if (r->query != NULL)
        buf_printf(out, "- query: %s\n", r->query);
    if (r->takes != NULL)
        buf_printf(out, "- body, at most %zu KiB: `%s`\n", (r->body_bytes_max == 0 ? BODY_BYTES_USUAL : r->body_bytes_max) >> 10, r->takes);
    if (r->gives != NULL)
        buf_printf(out, "- answer: %s\n", r->gives);
}

static void reference_commands(struct buf *out, const struct registry *registry)
{
    buf_push_text(out, "\n## Commands\n\nWhat the log holds. An id is for ever.\n\n| id | name | role | |\n|---|---|---|---|\n");
    for (size_t d = 0; d < registry_domain_count(registry); d++) {
        const struct domain *domain = registry_domain(registry, d);
        for (size_t i = 0; i < domain->command_count; i++)
            buf_printf(out, "| 0x%04x | %s | %s | %s |\n", domain->commands[i].id, domain->commands[i].name,
                       role_names[domain->commands[i].role], domain->commands[i].about);
    }
}

static void reference_facts(struct buf *out, const struct registry *registry)
{
    buf_push_text(out, "\n## Facts\n\nWhat /api/v1/events/stream tells.\n\n| name | |\n|---|---|\n");
    for (size_t d = 0; d < registry_domain_count(registry); d++) {
        const struct domain *domain = registry_domain(registry, d);
        for (size_t i = 0; i < domain->say_count; i++)
            if (domain->says[i]->print != NULL)
                buf_printf(out, "| %s | %s |\n", domain->says[i]->name, domain->says[i]->about);
    }
}

void reference_print(struct buf *out, const struct registry *registry)
{
    size_t count;
    const struct route *all = routes(&count);
    buf_push_text(out, "# HTTP\n\nMade by `make docs` out of the table in src/edge/routes.c and the domains' tables.\n\n"
                       "- Every path may stand behind `/w/WORKSPACE`; without it the workspace is the header `X-Kith-Workspace`, else the one\n"
                       "  called main, or the only one.\n"
                       "- A token goes as `Authorization: Bearer …`, or as the user of Basic; for GET also as the cookie `kith_token`.\n"
                       "- A body's member that nobody knows, one said twice, or one of another kind is 400, and nothing is done.\n"
                       "- What is wrong comes as application/problem+json: type, title, status, detail (what to do), place. Without one good\n"
                       "  event it has the faults, as the answer has them that took some. A rule that says no is\n"
                       "  409 with its name, in English and Chinese. Title and detail are in Chinese for `Accept-Language: zh`. 503\n"
                       "  has Retry-After: nothing was taken, send it again.\n"
                       "- Times are UTC. What is read has the header `Kith-Zone`: by whose clocks the workspace goes, and times are told to people.\n"
                       "- Lists give `next`; hand it back as the parameter that the list names. null: there is no more.\n"
                       "- A token with brands sees what belongs to these, or to the whole group, and of people those who are known there by\n"
                       "  an event: all others are unknown to it (404), in verbs, lists and figures too. Of a person it sees the identifiers that are\n"
                       "  known there, and how many more there are. Figures are cut to its brands, or left out by name. A masked one sees phones, e-mails, names and\n"
                       "  addresses in part. Every read of a person is noted: GET /api/v1/reads.\n"
                       "\n## Addresses\n");
    for (size_t i = 0; i < count; i++)
        put_route(out, &all[i]);
    reference_commands(out, registry);
    reference_facts(out, registry);
}
