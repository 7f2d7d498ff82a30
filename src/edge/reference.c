/* Writes docs/reference/http.md to standard output (tools/docs-http). */
#include <stdio.h>

#include "domain/all.h"
#include "edge/openapi.h"

int main(void)
{
    struct registry *registry;
    struct err e = {0};
    struct buf page;
    if (failed(registry_of_all(&registry, &e))) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    buf_init(&page, 4u << 20);
    reference_print(&page, registry);
    bool good = !page.overflowed && fwrite(page.data, 1, page.size, stdout) == page.size && fflush(stdout) == 0;
    buf_fini(&page);
    registry_destroy(registry);
    return good ? 0 : 1;
}
