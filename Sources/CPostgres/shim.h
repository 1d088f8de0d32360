// SPDX-License-Identifier: Apache-2.0
// libpq, and the few lines around epoll and the kernel's asynchronous polls (Linux) or kqueue (elsewhere) that Swift can't
// import as they are.
#ifndef APUS_CPOSTGRES_SHIM_H
#define APUS_CPOSTGRES_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/aio_abi.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#else
#include <sys/event.h>
#include <sys/time.h>
#endif

static inline int apus_poller_make(void) {
#if defined(__linux__)
    return epoll_create1(EPOLL_CLOEXEC);
#else
    return kqueue();
#endif
}

// One event for `fd`, then none until it is armed again. `is_new`: the first time for this descriptor.
static inline int apus_poller_arm(int poller, int fd, int wants_write, int is_new, uint64_t token) {
#if defined(__linux__)
    struct epoll_event event = {0};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT | (wants_write ? EPOLLOUT : 0);
    event.data.u64 = token;
    return epoll_ctl(poller, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
#else
    struct kevent changes[2];
    EV_SET(&changes[0], fd, EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0, (void *)(uintptr_t)token);
    EV_SET(&changes[1], fd, EVFILT_WRITE, EV_ADD | EV_ONESHOT, 0, 0, (void *)(uintptr_t)token);
    return kevent(poller, changes, wants_write ? 2 : 1, NULL, 0, NULL);
#endif
}

// Waits for events and writes their tokens; a negative timeout means for ever.
static inline int apus_poller_wait(int poller, uint64_t *tokens, int capacity, int timeout_ms) {
    int count;
    if (capacity > 64) capacity = 64;
#if defined(__linux__)
    struct epoll_event events[64];
    count = epoll_wait(poller, events, capacity, timeout_ms);
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
#else
    struct kevent events[64];
    struct timespec timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};
    count = kevent(poller, NULL, 0, events, capacity, timeout_ms < 0 ? NULL : &timeout);
    for (int i = 0; i < count; i++) tokens[i] = (uint64_t)(uintptr_t)events[i].udata;
#endif
    return count;
}

// Asynchronous polls: `apus_polls_watch` asks for one event of `fd`; when it comes, the kernel adds to the eventfd
// `signal`, and `apus_polls_take` gives the token back. Linux has had them since 4.18; where they are missing or forbidden
// `apus_polls_make` returns 0. A context belongs to one thread.
static inline uint64_t apus_polls_make(int capacity, int *signal) {
#if defined(__linux__)
    aio_context_t context = 0;
    *signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (*signal < 0) return 0;
    if (syscall(SYS_io_setup, capacity, &context) == 0) return context;
    close(*signal);
#else
    (void)capacity;
    (void)signal;
#endif
    return 0;
}

static inline void apus_polls_destroy(uint64_t context) {
#if defined(__linux__)
    syscall(SYS_io_destroy, (aio_context_t)context);
#else
    (void)context;
#endif
}

static inline int apus_polls_watch(uint64_t context, int signal, int fd, int wants_write, uint64_t token) {
#if defined(__linux__)
    struct iocb request = {0};
    struct iocb *requests = &request;
    request.aio_data = token;
    request.aio_lio_opcode = IOCB_CMD_POLL;
    request.aio_fildes = (uint32_t)fd;
    request.aio_buf = POLLIN | (wants_write ? POLLOUT : 0);
    request.aio_flags = IOCB_FLAG_RESFD;
    request.aio_resfd = (uint32_t)signal;
    return syscall(SYS_io_submit, (aio_context_t)context, 1, &requests) == 1;
#else
    (void)context, (void)signal, (void)fd, (void)wants_write, (void)token;
    return 0;
#endif
}

// The head of the ring that the kernel shares with the process (fs/aio.c; its layout is part of the interface, and fixed
// by `magic`).
struct apus_polls_ring {
    uint32_t id, count, head, tail, magic, compatible, incompatible, header_length;
};

// Writes the tokens of what has happened, at most `capacity`. Reads the ring where it can, which costs no system call.
static inline int apus_polls_take(uint64_t context, uint64_t *tokens, int capacity) {
    int taken = 0;
#if defined(__linux__)
    struct apus_polls_ring *ring = (struct apus_polls_ring *)(uintptr_t)context;
    if (ring->magic == 0xa10a10a1 && ring->incompatible == 0) {
        const struct io_event *events = (const struct io_event *)((const char *)ring + ring->header_length);
        uint32_t head = ring->head;
        uint32_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
        while (head != tail && taken < capacity) {
            tokens[taken++] = events[head].data;
            head = head + 1 == ring->count ? 0 : head + 1;
        }
        __atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
        return taken;
    }
    struct io_event events[64];
    struct timespec now = {0, 0};
    long count = syscall(SYS_io_getevents, (aio_context_t)context, 0, capacity < 64 ? capacity : 64, events, &now);
    for (long i = 0; i < count; i++) tokens[taken++] = events[i].data;
#else
    (void)context, (void)tokens, (void)capacity;
#endif
    return taken;
}

// Whether there is something to read, or the peer is gone.
static inline int apus_is_readable(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&entry, 1, 0) != 0;
}

// Says goodbye and closes the connection. A poll that is still out holds the socket open, so its end is said as well.
static inline void apus_finish(PGconn *connection) {
    int descriptor = fcntl(PQsocket(connection), F_DUPFD_CLOEXEC, 0);
    PQfinish(connection);
    if (descriptor < 0) return;
    shutdown(descriptor, SHUT_RDWR);
    close(descriptor);
}

static inline void apus_take_notice(void *said_goodbye, const PGresult *result) {
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity && (severity[0] == 'F' || severity[0] == 'P')) *(int32_t *)said_goodbye = 1;
}

// Notices are for people at a prompt; libpq would print them. But a FATAL or PANIC that comes between statements is how a
// server says goodbye: it sets `said_goodbye`, which must live as long as the connection.
static inline void apus_take_notices(PGconn *connection, int32_t *said_goodbye) {
    PQsetNoticeReceiver(connection, apus_take_notice, said_goodbye);
}

#endif
