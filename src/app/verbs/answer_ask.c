#include "app/verbs/answer_ask.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/chart/chart.h"
#include "app/verbs/answer.h"

#define FIRST_WAIT_MS "500"
#define NEXT_WAIT_MS "1000"
#define OUTPUT_BYTES_MAX (256u << 20)
#define COLUMNS_UNKNOWN 100u /* of what is no terminal */

/* --- Ctrl-C --- */

static volatile sig_atomic_t is_interrupted;

static void interrupted(int signal_number)
{
    (void)signal_number;
    is_interrupted = 1;
}

/* A second Ctrl-C ends at once. */
static void interrupt_watch(void)
{
    struct sigaction action = {.sa_handler = interrupted, .sa_flags = (int)SA_RESETHAND};
    is_interrupted = 0;
    (void)sigaction(SIGINT, &action, NULL);
}

/* --- asking, and asking again --- */

static int study_cancel(struct errand *d, const char *path)
{
    buf_clear(&d->path);
    errand_path_text(d, path);
    (void)errand_send(d, "DELETE");
    fprintf(stderr, "%s\n", either("kith: cancelled", "kith:已取消"));
    return EXIT_REFUSED;
}

static void share_show(struct progress *p, struct json root)
{
    double share = 0;
    (void)json_double(member(root, "progress"), &share);
    progress_share(p, share);
}

/* Until the answer is there; the daemon ends a question that nobody asks about any more. */
static int answer_await(struct errand *d)
{
    struct progress p;
    int code = EXIT_DONE;
    const char *path = arena_printf(d->arena, "/api/v1/analytics/studies/%.*s", BYTES_ARG(text_of(d->root, "study")));
    progress_begin(&p, either("asking", "计算中"), "", 0);
    while (code == EXIT_DONE && d->reply.status == 202) {
        share_show(&p, d->root);
        if (is_interrupted != 0) {
            progress_end(&p);
            return study_cancel(d, path);
        }
        buf_clear(&d->path);
        buf_clear(&d->body);
        errand_path_text(d, path);
        errand_path_value(d, "wait_ms", NEXT_WAIT_MS);
        code = errand_send(d, "GET");
    }
    progress_end(&p);
    return code;
}

int answer_ask(struct errand *d, const char *method)
{
    errand_path_value(d, "wait_ms", FIRST_WAIT_MS);
    interrupt_watch();
    int code = errand_send(d, method);
    if (code == EXIT_DONE && d->reply.status == 202)
        code = answer_await(d);
    (void)signal(SIGINT, SIG_DFL);
    return code;
}

/* --- showing --- */

size_t terminal_columns(void)
{
    struct winsize size;
    bool is_known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : COLUMNS_UNKNOWN;
}

static fallible svg_write(struct json root, const char *path, struct err *e)
{
    struct buf svg;
    FILE *file = NULL;
    buf_init(&svg, OUTPUT_BYTES_MAX);
    struct status status = chart_draw(root, &svg, e);
    if (done(status) && (file = fopen(path, "we")) == NULL)
        status = FAIL(e, IO, either("can't write %s: %s", "无法写入 %s:%s"), path, strerror(errno));
    bool is_good = file == NULL || fwrite(svg.data, 1, svg.size, file) == svg.size;
    is_good &= file == NULL || fclose(file) == 0;
    buf_fini(&svg);
    return is_good ? status : FAIL(e, FULL, either("can't write %s", "无法写入 %s"), path);
}

struct answer_presented answer_presented_read(struct arguments *a)
{
    return (struct answer_presented){
        .svg = argument_option(a, "svg"), .is_csv = argument_flag(a, "csv"), .is_plain = argument_flag(a, "plain")};
}

int answer_present(struct errand *d, const struct answer_presented *presented, errand_show show)
{
    struct err e = {0};
    struct buf csv;
    struct status status = presented->svg == NULL ? DONE : svg_write(d->root, presented->svg, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (presented->is_csv) {
        buf_init(&csv, OUTPUT_BYTES_MAX);
        answer_csv(d->root, !presented->is_plain, &csv);
        (void)fwrite(csv.data, 1, csv.size, stdout);
        buf_fini(&csv);
    } else if (d->json) {
        printf("%.*s\n", BYTES_ARG(d->reply.body));
    } else if (show != NULL) {
        show(d->root, d->arena, stdout);
    } else {
        show_answer(d->root, terminal_columns(), d->arena, stdout);
    }
    return EXIT_DONE;
}
