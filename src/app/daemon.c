#include "app/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES_MAX 512u

/* In the child, which must not come back. */
static void child_run(const struct daemon_options *o, int words, pid_t parent)
{
    char *const arguments[] = {"kith", "serve", (char *)(uintptr_t)o->folder, "--listen", (char *)(uintptr_t)o->listen, NULL};
    sigset_t none;
    int journal = open(o->journal, O_WRONLY | O_CREAT | O_APPEND, 0600);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0); /* Ctrl-C is for the parent, which then stops this one in order */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || journal < 0 || dup2(words, STDOUT_FILENO) < 0 || dup2(journal, STDERR_FILENO) < 0)
        _exit(127);
    (void)execv("/proc/self/exe", arguments);
    _exit(127);
}

/* Its first line ends in the address. */
static bool url_read(struct daemon *d)
{
    char line[LINE_BYTES_MAX];
    size_t size = 0;
    while (size + 1 < sizeof line && memchr(line, '\n', size) == NULL) {
        ssize_t more = read(d->words, line + size, sizeof line - 1 - size);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return false;
        size += (size_t)more;
    }
    line[size] = 0;
    const char *url = strstr(line, "http://");
    if (url == NULL)
        return false;
    size_t length = strcspn(url + 7, "/\n") + 7;
    return (size_t)snprintf(d->url, sizeof d->url, "%.*s", (int)length, url) < sizeof d->url;
}

fallible daemon_start(const struct daemon_options *o, struct daemon *out_daemon, struct err *e)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAIL(e, IO, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        child_run(o, ends[1], parent);
    (void)close(ends[1]);
    struct daemon d = {.pid = pid, .words = ends[0]};
    if (pid > 0 && url_read(&d)) {
        *out_daemon = d;
        return DONE;
    }
    (void)close(ends[0]);
    if (pid < 0)
        return FAIL(e, IO, "fork: %s", strerror(errno));
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
    return FAIL(e, UNAVAILABLE, "the daemon did not start: see %s", o->journal);
}

fallible daemon_stop(struct daemon *d, struct err *e)
{
    int how = 0;
    if (d->pid == 0)
        return DONE;
    (void)kill(d->pid, SIGTERM);
    while (waitpid(d->pid, &how, 0) < 0 && errno == EINTR)
        continue;
    (void)close(d->words);
    d->pid = 0;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return DONE;
    return WIFSIGNALED(how) ? FAIL(e, IO, "the daemon was ended by signal %d", WTERMSIG(how)) : FAIL(e, IO, "the daemon ended with code %d", WEXITSTATUS(how));
}
