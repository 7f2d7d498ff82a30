#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cell.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is cleaned is clean; a number that is read is one of JSON's, and a short one is read as itself; a time that is read is one of this calendar. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct cell_number number, again;
    struct cell_time time;
    if (!text_is_utf8(raw))
        return 0;
    struct bytes text = cell_text(raw);
    assert(text.size <= size && text_is_utf8(text));
    if (cell_number_read(text, &number) == CELL_GOOD) {
        char *end;
        (void)strtod(number.digits, &end);
        assert(*end == 0 && end > number.digits && strlen(number.digits) < CELL_NUMBER_BYTES);
        assert(strlen(number.digits) > 36 || strchr(number.digits, 'E') != NULL || strchr(number.digits, 'e') != NULL ||
               (cell_number_read(bytes_of_text(number.digits), &again) == CELL_GOOD && strcmp(number.digits, again.digits) == 0));
    }
    if (cell_time_read(text, ORDER_MONTH_FIRST, &time) == CELL_GOOD)
        assert(time.us > INT64_C(-2300000000000000) && time.us < INT64_C(253500000000000000));
    return 0;
}
