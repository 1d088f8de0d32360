// SPDX-License-Identifier: Apache-2.0
// libpq, and the few lines around epoll (Linux) or kqueue (elsewhere) that Swift can't import as they are.
#ifndef APUS_CPOSTGRES_SHIM_H
#define APUS_CPOSTGRES_SHIM_H

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/epoll.h>
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

// Whether there is something to read, or the peer is gone.
static inline int apus_is_readable(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&entry, 1, 0) != 0;
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
