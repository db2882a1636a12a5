/* Kills the process (SIGKILL) just before the n-th call that changes a file.
 *
 *   KILL_FILE  only calls on files whose path contains this text count
 *   KILL_AT    n, counted from 1; 0 never kills
 *   KILL_COUNT file to which the number of calls is written at a normal exit
 *
 * Preload it: LD_PRELOAD=kill_at_write.so KILL_FILE=run.h5 KILL_AT=17 program
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long calls = 0;

static void count(const char *path)
{
    const char *part = getenv("KILL_FILE");
    const char *at = getenv("KILL_AT");
    if (part == NULL || at == NULL || path == NULL || strstr(path, part) == NULL)
        return;
    if (__sync_add_and_fetch(&calls, 1) == atol(at))
        kill(getpid(), SIGKILL);
}

static void count_descriptor(int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = 0;
    count(path);
}

__attribute__((destructor)) static void report(void)
{
    const char *name = getenv("KILL_COUNT");
    FILE *file = name == NULL ? NULL : fopen(name, "w");
    if (file != NULL) {
        fprintf(file, "%ld", calls);
        fclose(file);
    }
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    count_descriptor(descriptor);
    return NEXT(pwrite)(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset)
{
    count_descriptor(descriptor);
    return NEXT(pwrite64)(descriptor, data, size, offset);
}

ssize_t write(int descriptor, const void *data, size_t size)
{
    count_descriptor(descriptor);
    return NEXT(write)(descriptor, data, size);
}

int ftruncate(int descriptor, off_t length)
{
    count_descriptor(descriptor);
    return NEXT(ftruncate)(descriptor, length);
}

int ftruncate64(int descriptor, off64_t length)
{
    count_descriptor(descriptor);
    return NEXT(ftruncate64)(descriptor, length);
}

int fsync(int descriptor)
{
    count_descriptor(descriptor);
    return NEXT(fsync)(descriptor);
}

int fdatasync(int descriptor)
{
    count_descriptor(descriptor);
    return NEXT(fdatasync)(descriptor);
}

int rename(const char *from, const char *to)
{
    count(to);
    return NEXT(rename)(from, to);
}

int unlink(const char *path)
{
    count(path);
    return NEXT(unlink)(path);
}
