/* Writes docs/reference/http.md to standard output (tools/docs-http). */
#include <stdio.h>

#include "domain/access/access.h"
#include "domain/calendar/calendar.h"
#include "domain/change/change.h"
#include "domain/collect/collect.h"
#include "domain/event/event.h"
#include "domain/hook/hook.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/pulse/pulse.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "edge/openapi.h"
#include "engine/engine_domain.h"

int main(void)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain, &event_domain, &access_domain, &thing_domain, &calendar_domain, &order_domain, &pulse_domain, &relation_domain, &scope_domain, &hook_domain, &change_domain};
    struct registry *registry;
    struct err e = {0};
    struct buf page;
    if (failed(registry_create(domains, COUNT_OF(domains), &registry, &e))) {
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
