#include "edge/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "lib/json.h"

#define LINE_BYTES_MAX 4096u

static const char *const level_names[] = {"info", "warn", "error"};

void journal(enum journal_level level, const char *what, const char *format, ...)
{
    char words[1024], when[TIME_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    struct buf line;
    struct json_writer w;
    buf_init(&line, LINE_BYTES_MAX);
    json_writer_init(&w, &line, false);
    json_object_begin(&w);
    json_key(&w, "time");
    json_put_text(&w, time_format(time_now_us(), when));
    json_key(&w, "level");
    json_put_text(&w, level_names[level]);
    json_key(&w, "what");
    json_put_text(&w, what);
    json_key(&w, "words");
    json_put_text(&w, words);
    json_object_end(&w);
    buf_push_byte(&line, '\n');
    ssize_t written = write(STDERR_FILENO, line.data, line.size); /* one call a line: lines of two threads don't mix */
    (void)written;                                                /* nobody to tell */
    buf_fini(&line);
}
