#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_names[STATUS_CODE_COUNT] = {
    [STATUS_OK] = "ok",
    [STATUS_INVALID] = "invalid",
    [STATUS_NOT_FOUND] = "not_found",
    [STATUS_EXISTS] = "exists",
    [STATUS_DENIED] = "denied",
    [STATUS_LIMIT] = "limit",
    [STATUS_CORRUPT] = "corrupt",
    [STATUS_IO] = "io",
    [STATUS_FULL] = "full",
    [STATUS_UNAVAILABLE] = "unavailable",
    [STATUS_CANCELLED] = "cancelled",
};

const char *status_name(enum status_code code)
{
    assert(code < STATUS_CODE_COUNT);
    return status_names[code];
}

void err_set(struct err *e, const char *format, ...)
{
    if (e == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
}

struct status err_wrap(struct err *e, struct status s, const char *format, ...)
{
    if (e == NULL || done(s))
        return s;
    char inner[ERR_TEXT_BYTES_MAX];
    memcpy(inner, e->text, sizeof inner);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof e->text)
        (void)snprintf(e->text + used, sizeof e->text - (size_t)used, ": %s", inner);
    return s;
}
