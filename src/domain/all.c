#include "domain/all.h"

#include "domain/access/access.h"
#include "domain/audience/audience.h"
#include "domain/calendar/calendar.h"
#include "domain/change/change.h"
#include "domain/collect/collect.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/hook/hook.h"
#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/prediction/prediction.h"
#include "domain/pulse/pulse.h"
#include "domain/relation/relation.h"
#include "domain/report/report.h"
#include "domain/rule/rule.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"

fallible registry_of_all(struct registry **out_registry, struct err *e)
{
    static const struct domain *const domains[] = {
        &engine_domain,   &collect_domain,  &identity_domain, &people_domain,   &event_domain,
        &column_domain,   &access_domain,   &thing_domain,    &calendar_domain, &order_domain,
        &pulse_domain,    &relation_domain, &listing_domain,  &scope_domain,    &rule_domain,
        &audience_domain, &hook_domain,     &change_domain,   &report_domain,
        &prediction_domain};
    return registry_create(domains, COUNT_OF(domains), out_registry, e);
}
