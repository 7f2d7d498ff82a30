#include "bench/program.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/arguments.h"
#include "bench/report.h"
#include "lib/json.h"

#define REPLY_BYTES_MAX ((size_t)1 << 20)
#define QUIET_S 0.5 /* nothing follows any more when nothing has come for so long */
#define LOOK_NS 20000000

static const struct verb children[] = {{.name = "serve", .run = verb_serve}, {.name = "backup", .run = verb_backup}};

bool program_is_verb(int argc, char **argv, int *out_code)
{
    struct arguments a;
    for (size_t i = 0; argc > 1 && i < COUNT_OF(children); i++) {
        if (strcmp(argv[1], children[i].name) != 0)
            continue;
        arguments_init(&a, &children[i], argc - 2, argv + 2);
        *out_code = children[i].run(&a);
        return true;
    }
    return false;
}

struct client *program_client(const struct program *p)
{
    struct client *c = NULL;
    struct err e = {0};
    must(client_create(&(struct client_options){.url = p->daemon.url, .token = p->secret}, &c, &e), &e);
    return c;
}

void program_start(struct program *p, const char *folder)
{
    char journal[PROGRAM_PATH_BYTES + sizeof ".journal"];
    struct err e = {0};
    *p = (struct program){.client = NULL};
    (void)snprintf(journal, sizeof journal, "%s.journal", folder);
    must(workspace_make(folder, "main", p->secret, &e), &e);
    must(daemon_start(&(struct daemon_options){folder, "127.0.0.1:0", journal}, &p->daemon, &e), &e);
    p->client = program_client(p);
}

void program_stop(struct program *p)
{
    struct err e = {0};
    client_destroy(p->client);
    must(daemon_stop(&p->daemon, &e), &e);
}

static uint64_t position_of(struct client *c, struct json_parser *parser)
{
    struct client_call call = {.method = "GET", .path = "/api/v1/stats"};
    struct client_reply reply;
    struct json root;
    struct err e = {0};
    uint64_t position = 0;
    must(client_send(c, &call, &reply, &e), &e);
    must(json_parse(parser, reply.body, &root, &e), &e);
    (void)json_uint64(json_find(root, BYTES_LIT("position")), &position);
    return position;
}

double program_quiet_since(struct program *p)
{
    struct json_parser *parser = json_parser_create(REPLY_BYTES_MAX);
    uint64_t before = 0, position = position_of(p->client, parser);
    double since = seconds_now();
    while (position != before || seconds_now() - since < QUIET_S) {
        struct timespec wait = {.tv_nsec = LOOK_NS};
        if (position != before)
            since = seconds_now();
        before = position;
        (void)nanosleep(&wait, NULL);
        position = position_of(p->client, parser);
    }
    json_parser_destroy(parser);
    return since;
}
