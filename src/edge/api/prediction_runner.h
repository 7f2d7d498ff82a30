/* Runs predictions by themselves, when their schedules say so (domain/prediction): fits those whose model is of another question, and writes everybody's score as
 * their trait. One at a time, as studies among all others; what fails is noted, so that an alarm rings, and tried again.
 *
 * When one is due the log says, by a timer; a workspace that sleeps by then is woken. After a start those of a workspace are known once it was awake. */
#pragma once

#include "engine/host.h"

struct door;
struct prediction_runner;

fallible prediction_runner_create(struct door *door, struct host *host, struct prediction_runner **out_runner,
                                  struct err *e);
void prediction_runner_send_home(
    struct prediction_runner *p); /* begins nothing more; what runs is cancelled with the studies. NULL is fine */
void prediction_runner_destroy(
    struct prediction_runner *p); /* after that, and before the host stops: waits for its thread. NULL is fine */
