// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a process, as a library for LD_PRELOAD: SIGKILL at the n-th system call by which the process
// changes anything outside itself (a write to a file or socket, a sync, a truncation, a removal), and steps of its wall
// clock.
//
// TROUBLE names a file that the process and a test share: `struct board` below. The test sets `count` to 0 and `target` to
// n; the calls that follow count from 1, in the order in which they begin, over all threads. Each leaves its name in
// `names`. The process that takes the place of the killed one counts on, so it isn't killed too.
//
// Not counted are standard input, output and errors, and what only wakes a thread (eventfd, pipes).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NAMES 512
#define NAME_BYTES 120

// TroubleBoard.swift knows this layout.
struct board {
    _Atomic uint32_t target;    // 0: nothing is counted, nobody killed
    _Atomic uint32_t count;     // calls that have begun
    _Atomic uint32_t after;     // 1: killed when the call is made, 0: before
    _Atomic uint32_t processes; // that have opened the file
    _Atomic int64_t step;       // seconds by which the wall clock is ahead
    char names[NAMES][NAME_BYTES];
};

static struct board *board;

__attribute__((constructor)) static void open_board(void) {
    const char *path = getenv("TROUBLE");
    if (path == NULL) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return;
    board = memory;
    atomic_fetch_add(&board->processes, 1);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// The port at one end of a socket; 0 if that has none.
static int port_of(int descriptor, int (*end)(int, struct sockaddr *, socklen_t *)) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (end(descriptor, (struct sockaddr *)&address, &length) != 0 || address.sin_family != AF_INET) return 0;
    return ntohs(address.sin_port);
}

// The file's name without its folder, or a socket's own and its peer's port; NULL if it isn't counted.
static const char *name_of(int descriptor, char *buffer, size_t size) {
    struct stat status;
    if (descriptor <= 2 || fstat(descriptor, &status) != 0) return NULL;
    if (S_ISSOCK(status.st_mode)) {
        snprintf(buffer, size, ":%d :%d", port_of(descriptor, getsockname), port_of(descriptor, getpeername));
        return buffer;
    }
    if (!S_ISREG(status.st_mode)) return NULL;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t count = readlink(link, buffer, size - 1);
    if (count <= 0) return "file";
    buffer[count] = 0;
    const char *slash = strrchr(buffer, '/');
    return slash == NULL ? buffer : slash + 1;
}

// Counts a call. Returns whether the process is to be killed after it; doesn't return if it is to be killed before.
static int arrive(const char *call, int descriptor, const char *path) {
    if (board == NULL) return 0;
    uint32_t target = atomic_load(&board->target);
    if (target == 0) return 0;
    char buffer[512];
    const char *name = path != NULL ? path : name_of(descriptor, buffer, sizeof buffer);
    if (name == NULL) return 0;
    uint32_t number = atomic_fetch_add(&board->count, 1) + 1;
    if (number <= NAMES) snprintf(board->names[number - 1], NAME_BYTES, "%s %.100s", call, name);
    if (number != target) return 0;
    if (atomic_load(&board->after) == 0) die();
    return 1;
}

// Makes `real` the function of the C library that stands behind ours.
#define REAL(name)                                                                                                     \
    static __typeof__(&name) real;                                                                                     \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define COUNTED(result, name, parameters, arguments, descriptor, path)                                                 \
    result name parameters {                                                                                           \
        REAL(name);                                                                                                    \
        int dies = arrive(#name, descriptor, path);                                                                    \
        result value = real arguments;                                                                                 \
        if (dies) die();                                                                                               \
        return value;                                                                                                  \
    }

COUNTED(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), fd, NULL)
COUNTED(ssize_t, writev, (int fd, const struct iovec *pieces, int count), (fd, pieces, count), fd, NULL)
COUNTED(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), fd, NULL)
COUNTED(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), fd, NULL)
COUNTED(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags), fd, NULL)
COUNTED(ssize_t, sendto,
        (int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length),
        (fd, data, size, flags, to, length), fd, NULL)
COUNTED(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), fd, NULL)
COUNTED(int, fsync, (int fd), (fd), fd, NULL)
COUNTED(int, fdatasync, (int fd), (fd), fd, NULL)
COUNTED(int, ftruncate, (int fd, off_t size), (fd, size), fd, NULL)
COUNTED(int, ftruncate64, (int fd, off64_t size), (fd, size), fd, NULL)
COUNTED(int, unlink, (const char *path), (path), -1, path)
COUNTED(int, rename, (const char *from, const char *to), (from, to), -1, to)

static int64_t step(void) { return board == NULL ? 0 : atomic_load(&board->step); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int status = real(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += step();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(gettimeofday);
    int status = real(now, zone);
    if (status == 0) now->tv_sec += step();
    return status;
}

time_t time(time_t *now) {
    REAL(time);
    time_t value = real(NULL) + step();
    if (now != NULL) *now = value;
    return value;
}

// The kernel's clock isn't stepped: a wait until a time of the wall clock is moved back. What runs since boot is far less.
int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict end) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    // Without the version it may be the one of old condition variables.
    if (real == NULL) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (real == NULL) real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec moved = *end;
    if (moved.tv_sec > 1000000000) moved.tv_sec -= step();
    return real(condition, mutex, &moved);
}
