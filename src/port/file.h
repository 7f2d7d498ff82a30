/* Appends what hooks ask for to files in the workspace's out/ folder, a line each, synced. A line that was written before a
 * crash, but whose answer was not logged, isn't written twice: its id is looked for in the file's end. A line that a crash
 * or a full disk has torn is cut off and written again, so a reader waits for the line end. */
#pragma once

#include "engine/host.h"

void file_port_start(struct host *h); /* before the host's first workspace wakes */
