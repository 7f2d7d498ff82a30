#include <assert.h>
#include <string.h>

#include "lib/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the default country. Whatever is taken must come back as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const countries[] = {"86", "852", "853", "886", "1"};
    if (size == 0)
        return 0;
    struct phone once, twice;
    const char *country = countries[data[0] % COUNT_OF(countries)];
    if (phone_normalise(bytes_of(data + 1, size - 1), country, &once) != PHONE_OK)
        return 0;
    enum phone_reason reason = phone_normalise(bytes_of(once.text, once.size), "1", &twice);
    assert(reason == PHONE_OK && strcmp(once.text, twice.text) == 0);
    (void)reason;
    return 0;
}
