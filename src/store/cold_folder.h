/* What the cold store does with folders that RocksDB keeps: a flat folder of files of which those named *.sst never
 * change once they are written. */
#pragma once

#include "base/status.h"

#define COLD_PATH_BYTES_MAX 4096

fallible cold_path(char out_path[COLD_PATH_BYTES_MAX], const char *folder, const char *name, struct err *e); /* LIMIT */
bool cold_folder_is_there(const char *path);
fallible cold_folder_make(const char *path, struct err *e);   /* there is fine */
fallible cold_folder_remove(const char *path, struct err *e); /* with all that is in it; absent is fine */
fallible cold_folder_sync(const char *path, struct err *e);   /* makes its names durable */
/* Makes `to` (absent before): *.sst as links, the rest as copies, no logs. Not durable. FULL, IO. */
fallible cold_folder_link(const char *from, const char *to, struct err *e);
/* One file into another folder. Not durable. FULL, IO. */
fallible cold_file_link(const char *from, const char *to, const char *name, struct err *e); /* one that is gone is passed over */
fallible cold_file_copy(const char *from, const char *to, const char *name, struct err *e);
/* Calls `each` with the names in a folder, until it fails; *.tmp too. */
typedef struct status (*cold_folder_each)(void *context, const char *name, struct err *e);
fallible cold_folder_list(const char *path, cold_folder_each each, void *context, struct err *e);
