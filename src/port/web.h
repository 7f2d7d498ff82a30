/* Posts what hooks ask for to web addresses, in the form of Standard Webhooks: headers webhook-id (the idempotency key),
 * webhook-timestamp and, with a secret, webhook-signature: "v1," and the base64 of HMAC-SHA256 over
 * "id.timestamp.body". A 2xx is taken; 408, 429 and 5xx and no answer at all are tried again, not before the seconds of a
 * Retry-After, for three days; the rest is refused, also a redirect: what was signed for one address isn't for another. The status decides,
 * however the answer's body goes on; the words for the log are it and the body's first half KiB. */
#pragma once

#include "engine/host.h"

fallible web_port_start(struct host *h, struct err *e); /* before the host's first workspace wakes */
void web_port_stop(void);                               /* after the host has stopped */
