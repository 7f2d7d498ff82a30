#include "store/cold_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536

static fallible fail_system(const char *what, const char *path, struct err *e)
{
    int error = errno;
    if (error == ENOSPC || error == EDQUOT)
        return FAIL(e, FULL, "%s %s: %s", what, path, strerror(error));
    return FAIL(e, IO, "%s %s: %s", what, path, strerror(error));
}

fallible cold_path(char out_path[COLD_PATH_BYTES_MAX], const char *folder, const char *name, struct err *e)
{
    int size = snprintf(out_path, COLD_PATH_BYTES_MAX, "%s/%s", folder, name);
    if (size < 0 || size >= COLD_PATH_BYTES_MAX)
        return FAIL(e, LIMIT, "the path %s is too long", folder);
    return DONE;
}

bool cold_folder_is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

fallible cold_folder_make(const char *path, struct err *e)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail_system("can't make the folder", path, e);
    return DONE;
}

fallible cold_folder_sync(const char *path, struct err *e)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail_system("can't open the folder", path, e);
    int result = fsync(folder);
    struct status status = result == 0 ? DONE : fail_system("can't sync the folder", path, e);
    (void)close(folder);
    return status;
}

fallible cold_folder_list(const char *path, cold_folder_each each, void *context, struct err *e)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return fail_system("can't open the folder", path, e);
    struct status status = DONE;
    const struct dirent *entry;
    while (done(status) && (errno = 0, entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = each(context, entry->d_name, e);
    if (done(status) && errno != 0)
        status = fail_system("can't read the folder", path, e);
    (void)closedir(folder);
    return status;
}

static struct status remove_file(void *context, const char *name, struct err *e)
{
    const char *folder = context;
    char path[COLD_PATH_BYTES_MAX];
    TRY(cold_path(path, folder, name, e));
    if (unlink(path) == 0 || errno == ENOENT)
        return DONE;
    return errno == EISDIR ? cold_folder_remove(path, e) : fail_system("can't remove", path, e);
}

fallible cold_folder_remove(const char *path, struct err *e)
{
    char folder[COLD_PATH_BYTES_MAX];
    if (!cold_folder_is_there(path))
        return DONE;
    (void)snprintf(folder, sizeof folder, "%s", path);
    TRY(cold_folder_list(path, remove_file, folder, e));
    if (rmdir(path) != 0 && errno != ENOENT)
        return fail_system("can't remove the folder", path, e);
    return DONE;
}

static fallible bytes_copy(int from, int to, const char *path, struct err *e)
{
    uint8_t piece[COPY_BYTES];
    ssize_t size;
    while ((size = read(from, piece, sizeof piece)) > 0) {
        for (ssize_t at = 0, written; at < size; at += written) {
            written = write(to, piece + at, (size_t)(size - at));
            if (written <= 0)
                return fail_system("can't write", path, e);
        }
    }
    return size == 0 ? DONE : fail_system("can't read for", path, e);
}

static fallible file_copy(const char *from, const char *to, struct err *e)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return fail_system("can't open", from, e);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct status status = out < 0 ? fail_system("can't make", to, e) : bytes_copy(in, out, to, e);
    if (out >= 0)
        (void)close(out);
    (void)close(in);
    return status;
}

fallible cold_file_copy(const char *from, const char *to, const char *name, struct err *e)
{
    char source[COLD_PATH_BYTES_MAX], copy[COLD_PATH_BYTES_MAX];
    TRY(cold_path(source, from, name, e));
    TRY(cold_path(copy, to, name, e));
    return file_copy(source, copy, e);
}

fallible cold_file_link(const char *from, const char *to, const char *name, struct err *e)
{
    char file[COLD_PATH_BYTES_MAX], other[COLD_PATH_BYTES_MAX];
    TRY(cold_path(file, from, name, e));
    TRY(cold_path(other, to, name, e));
    return link(file, other) == 0 || errno == ENOENT ? DONE : fail_system("can't link", file, e);
}

struct linking {
    const char *from, *to;
};

static struct status link_file(void *context, const char *name, struct err *e)
{
    const struct linking *folders = context;
    size_t size = strlen(name);
    if (strncmp(name, "LOG", 3) == 0)
        return DONE;
    bool stays = size >= 4 && strcmp(name + size - 4, ".sst") == 0;
    return stays ? cold_file_link(folders->from, folders->to, name, e) : cold_file_copy(folders->from, folders->to, name, e);
}

fallible cold_folder_link(const char *from, const char *to, struct err *e)
{
    struct linking folders = {from, to};
    TRY(cold_folder_make(to, e));
    return cold_folder_list(from, link_file, &folders, e);
}
