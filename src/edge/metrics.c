/* Figures for Prometheus, in its text format 0.0.4. Workspaces that sleep are not woken for it: kith_workspace_awake says so
 * of each, and their other figures are left out until they wake. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "edge/api/api.h"
#include "edge/api/study.h"
#include "edge/intake.h"

#define METRICS_BYTES_MAX (16u << 20)
#define WORKSPACES_MAX 256u /* whose figures are in one answer */

/* One workspace's figures, copied on the engine's thread. */
struct figures {
    const struct workspace *workspace;
    const struct engine *engine;
    struct engine_stats stats;
    uint64_t *domain; /* those of metric_at, in order */
};

struct metrics_page {
    struct buf *out;
    const struct registry *registry;
    struct figures *all;
    size_t count;
};

/* --- the format --- */

static void head(struct buf *out, const char *name, const char *about)
{
    size_t size = strlen(name);
    bool is_counter = size > 6 && strcmp(name + size - 6, "_total") == 0;
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, about, name, is_counter ? "counter" : "gauge");
}

static void one(struct buf *out, const char *name, const char *about, uint64_t value)
{
    head(out, name, about);
    buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

/* A value of a label: quotes, backslashes and newlines are escaped. */
static void label(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s=\"", name);
    for (const char *c = value; *c != 0; c++) {
        if (*c == '"' || *c == '\\')
            buf_push_byte(out, '\\');
        if (*c == '\n')
            buf_push_text(out, "\\n");
        else
            buf_push_byte(out, (uint8_t)*c);
    }
    buf_push_byte(out, '"');
}

static void of_workspace(const struct metrics_page *p, const struct figures *f, const char *name, uint64_t value)
{
    buf_printf(p->out, "%s{", name);
    label(p->out, "workspace", workspace_name(f->workspace));
    buf_printf(p->out, "} %" PRIu64 "\n", value);
}

/* --- the process --- */

static void put_http(const struct request *r, struct buf *out)
{
    struct http_stats s;
    http_stats_read(door_server(r->door), &s);
    one(out, "kith_http_connections", "Connections that are open.", s.connections);
    one(out, "kith_http_in_flight", "Requests that are being answered.", s.in_flight);
    one(out, "kith_http_streams", "Event streams that are open.", s.streams);
    one(out, "kith_http_requests_total", "Requests with complete headers.", s.requests);
    one(out, "kith_http_aborted_total", "Requests whose answer did not leave whole.", s.aborted);
    one(out, "kith_http_received_bytes_total", "Headers and bodies received.", s.bytes_in);
    one(out, "kith_http_sent_bytes_total", "Bodies sent.", s.bytes_out);
    head(out, "kith_http_answers_total", "Answers by the first digit of their status.");
    for (unsigned i = 1; i < COUNT_OF(s.answers); i++)
        buf_printf(out, "kith_http_answers_total{status=\"%uxx\"} %" PRIu64 "\n", i, s.answers[i]);
}

static void put_questions(const struct request *r, struct buf *out)
{
    struct study_stats s;
    studies_stats(door_studies(r->door), &s);
    one(out, "kith_questions_waiting", "Questions about events that wait for their turn.", s.waiting);
    one(out, "kith_questions_kept", "Answers that nobody has taken yet.", s.kept);
    one(out, "kith_questions_full_total", "Questions turned away because too many waited.", s.full);
    one(out, "kith_questions_worked_us_total", "Microseconds that questions were worked on.", (uint64_t)s.worked_us);
    head(out, "kith_questions_total", "Questions by how they ended.");
    buf_printf(out, "kith_questions_total{end=\"answered\"} %" PRIu64 "\nkith_questions_total{end=\"failed\"} %" PRIu64 "\n", s.answered, s.failed);
    buf_printf(out, "kith_questions_total{end=\"cancelled\"} %" PRIu64 "\n", s.cancelled);
}

static void put_collected(const struct request *r, struct buf *out)
{
    struct collect_counts c;
    door_counts(r->door, &c);
    one(out, "kith_collect_requests_total", "Requests that brought events.", c.requests);
    one(out, "kith_collect_accepted_total", "Events taken in.", c.accepted);
    one(out, "kith_collect_duplicates_total", "Events that had come before.", c.duplicates);
    one(out, "kith_collect_refused_total", "Events that a rule refused, duplicates aside.", c.refused);
    one(out, "kith_collect_faulty_total", "Events that could not be read.", c.codec.faults);
    one(out, "kith_collect_clamped_times_total", "Events whose sender's clock was wrong.", c.codec.clamped_times);
    head(out, "kith_collect_unlinked_total", "Identifiers that can identify nobody, by reason.");
    for (int v = 0; v < ID_VERDICT_COUNT; v++)
        buf_printf(out, "kith_collect_unlinked_total{reason=\"%s\"} %" PRIu64 "\n", v == ID_GOOD ? "undeclared" : id_verdict_names[v], c.codec.unlinked[v]);
}

static void put_host(const struct request *r, struct buf *out)
{
    struct host_stats s;
    host_stats(request_host(r), &s);
    head(out, "kith_build_info", "The release that runs.");
    buf_push_text(out, "kith_build_info{");
    label(out, "version", door_options_of(r->door)->version == NULL ? "" : door_options_of(r->door)->version);
    buf_push_text(out, "} 1\n");
    one(out, "kith_queue", "Messages waiting for the engine.", s.queued);
    one(out, "kith_messages_total", "Messages sent to the engine.", s.messages);
    one(out, "kith_queue_full_total", "Messages turned away because the queue was full.", s.full);
    one(out, "kith_workspaces_awake", "Workspaces that are open.", s.awake);
    one(out, "kith_clock_held", "1 while the clock is not trusted and nothing is taken in.", s.clock_held);
}

/* --- workspaces --- */

struct engine_figure {
    const char *name, *about;
    uint64_t (*read)(const struct figures *f);
};

#define FIGURE(name, expression)                            \
    static uint64_t figure_##name(const struct figures *f)  \
    {                                                       \
        return (uint64_t)(expression);                      \
    }
FIGURE(position, f->stats.position)
FIGURE(log, log_end(engine_log(f->engine)) - log_first(engine_log(f->engine)))
FIGURE(log_synced, log_synced(engine_log(f->engine)))
FIGURE(time, f->stats.time_us / US_PER_SECOND)
FIGURE(behind, f->stats.position - f->stats.checkpoint_position)
FIGURE(age, f->stats.checkpoint_position == 0 ? 0 : (time_now_us() - f->stats.checkpoint_time_us) / US_PER_SECOND)
FIGURE(checkpoints, f->stats.checkpoints)
FIGURE(checkpoints_failed, f->stats.checkpoints_failed)
FIGURE(commands, f->stats.commands)
FIGURE(refused, f->stats.refused)
FIGURE(facts, f->stats.facts)
FIGURE(groups, f->stats.groups)
FIGURE(waiting, f->stats.waiting)
FIGURE(fetched, f->stats.fetched)
FIGURE(stall, f->stats.stall_us_max)
FIGURE(memory, f->stats.rows.bytes)
FIGURE(memory_held, f->stats.rows.bytes_held)
FIGURE(cold, f->stats.rows.cold_rows)
FIGURE(accepting, f->stats.accepting)

static const struct engine_figure engine_figures[] = {
    {"kith_log_position", "Position of the next command, in bytes of log ever written.", figure_position},
    {"kith_log_bytes", "Bytes of log that are kept.", figure_log},
    {"kith_log_synced_position", "Everything before it is durable.", figure_log_synced},
    {"kith_log_time_seconds", "Log time of the last command, since 1970.", figure_time},
    {"kith_checkpoint_behind_bytes", "Bytes of log that a start would replay.", figure_behind},
    {"kith_checkpoint_age_seconds", "Time since the last checkpoint; 0: none yet.", figure_age},
    {"kith_checkpoints_total", "Checkpoints made since the start.", figure_checkpoints},
    {"kith_checkpoints_failed_total", "Checkpoints that failed since the start.", figure_checkpoints_failed},
    {"kith_commands_total", "Commands applied since the start, replay included.", figure_commands},
    {"kith_commands_refused_total", "Commands that a rule refused.", figure_refused},
    {"kith_facts_total", "Facts said.", figure_facts},
    {"kith_groups_total", "Groups of commands that were synced as one.", figure_groups},
    {"kith_commands_waiting", "Commands that wait for cold rows.", figure_waiting},
    {"kith_rows_fetched_total", "Cold rows fetched.", figure_fetched},
    {"kith_checkpoint_stall_microseconds_max", "The longest slice that a checkpoint took from the engine.", figure_stall},
    {"kith_memory_bytes", "Memory of the rows.", figure_memory},
    {"kith_memory_held_bytes", "The same with the holes between them.", figure_memory_held},
    {"kith_rows_cold", "Rows that are on disk alone.", figure_cold},
    {"kith_accepting", "0 while the disk is nearly full.", figure_accepting},
};

static void put_engines(const struct metrics_page *p)
{
    for (size_t i = 0; i < COUNT_OF(engine_figures); i++) {
        head(p->out, engine_figures[i].name, engine_figures[i].about);
        for (size_t w = 0; w < p->count; w++)
            of_workspace(p, &p->all[w], engine_figures[i].name, engine_figures[i].read(&p->all[w]));
    }
}

static void put_awake(struct host *h, struct buf *out)
{
    head(out, "kith_workspace_awake", "1: it is open; 0: it sleeps, and its other figures are left out.");
    for (size_t i = 0; i < host_workspace_count(h); i++) {
        const struct workspace *w = host_workspace_at(h, i);
        buf_push_text(out, "kith_workspace_awake{");
        label(out, "workspace", workspace_name(w));
        buf_printf(out, "} %d\n", workspace_engine(w) != NULL);
    }
}

static void put_refusals(const struct metrics_page *p)
{
    const struct refusal_count *rows;
    head(p->out, "kith_refusals_total", "Commands refused, by command and reason.");
    for (size_t w = 0; w < p->count; w++) {
        size_t count = engine_refusals(p->all[w].engine, &rows);
        for (size_t i = 0; i < count; i++) {
            buf_push_text(p->out, "kith_refusals_total{");
            label(p->out, "workspace", workspace_name(p->all[w].workspace));
            buf_push_byte(p->out, ',');
            label(p->out, "command", rows[i].command->name);
            buf_push_byte(p->out, ',');
            label(p->out, "refusal", rows[i].refusal->name);
            buf_printf(p->out, "} %" PRIu64 "\n", rows[i].count);
        }
    }
}

static void put_rows(const struct metrics_page *p)
{
    size_t count;
    const struct family *const *families = registry_families(p->registry, &count);
    head(p->out, "kith_rows", "Rows by family, cold ones too.");
    for (size_t w = 0; w < p->count; w++) {
        for (size_t i = 0; i < count; i++) {
            buf_push_text(p->out, "kith_rows{");
            label(p->out, "workspace", workspace_name(p->all[w].workspace));
            buf_push_byte(p->out, ',');
            label(p->out, "family", families[i]->name);
            buf_printf(p->out, "} %" PRIu64 "\n", p->all[w].stats.rows.rows[families[i]->id]);
        }
    }
}

/* --- the domains' own --- */

/* The at-th metric over all domains; NULL: no more. */
static const struct metric *metric_at(const struct registry *registry, size_t at)
{
    for (size_t d = 0; d < registry_domain_count(registry); d++) {
        const struct domain *domain = registry_domain(registry, d);
        if (at < domain->metric_count)
            return &domain->metrics[at];
        at -= domain->metric_count;
    }
    return NULL;
}

static void put_domains(const struct metrics_page *p)
{
    const struct metric *m;
    for (size_t at = 0; (m = metric_at(p->registry, at)) != NULL; at++) {
        head(p->out, m->name, m->about);
        for (size_t w = 0; w < p->count; w++)
            of_workspace(p, &p->all[w], m->name, p->all[w].domain[at]);
    }
}

static void domain_read(const struct view *v, void *context)
{
    struct figures *f = context;
    const struct metric *m;
    for (size_t at = 0; (m = metric_at(v->registry, at)) != NULL; at++)
        f->domain[at] = m->read(v);
}

/* --- the answer --- */

static size_t metric_count(const struct registry *registry)
{
    size_t count = 0;
    while (metric_at(registry, count) != NULL)
        count++;
    return count;
}

static size_t figures_read(struct request *r, struct figures *all)
{
    struct host *h = request_host(r);
    size_t count = 0, metrics = metric_count(host_registry(h));
    for (size_t i = 0; i < host_workspace_count(h) && count < WORKSPACES_MAX; i++) {
        struct workspace *w = host_workspace_at(h, i);
        struct engine *g = workspace_engine(w);
        if (g == NULL)
            continue;
        struct figures *f = &all[count++];
        *f = (struct figures){.workspace = w, .engine = g, .domain = ARENA_ARRAY(request_arena(r), uint64_t, metrics + 1)};
        engine_stats(g, &f->stats);
        engine_read(g, domain_read, f);
    }
    return count;
}

/* On the engine's thread. */
static void metrics_answer(struct request *r)
{
    struct buf out;
    buf_init(&out, METRICS_BYTES_MAX);
    struct figures *all = ARENA_ARRAY(request_arena(r), struct figures, WORKSPACES_MAX);
    struct metrics_page p = {.out = &out, .registry = host_registry(request_host(r)), .all = all, .count = figures_read(r, all)};
    put_host(r, &out);
    put_http(r, &out);
    put_collected(r, &out);
    put_questions(r, &out);
    put_awake(request_host(r), &out);
    put_engines(&p);
    put_refusals(&p);
    put_rows(&p);
    put_domains(&p);
    request_reply(r, &(struct http_reply){.status = 200,
                                          .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                          .body = buf_bytes(&out),
                                          .body_kind = HTTP_BODY_GIVEN});
}

void api_metrics(struct request *r)
{
    request_visit(r, metrics_answer);
}
