// SPDX-License-Identifier: Apache-2.0
// libnats, and a bell: what a thread of Apus waits at, on the monotonic clock.
#ifndef APUS_CNATS_SHIM_H
#define APUS_CNATS_SHIM_H

#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

typedef struct apus_bell {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool rung;
} apus_bell;

// NULL without memory.
static inline apus_bell *apus_bell_make(void) {
    apus_bell *bell = (apus_bell *)malloc(sizeof(apus_bell));
    if (bell == NULL) return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#if defined(__linux__)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    pthread_mutex_init(&bell->mutex, NULL);
    pthread_cond_init(&bell->condition, &attributes);
    pthread_condattr_destroy(&attributes);
    bell->rung = false;
    return bell;
}

static inline void apus_bell_free(apus_bell *bell) {
    pthread_cond_destroy(&bell->condition);
    pthread_mutex_destroy(&bell->mutex);
    free(bell);
}

static inline void apus_bell_ring(apus_bell *bell) {
    pthread_mutex_lock(&bell->mutex);
    if (!bell->rung) {
        bell->rung = true;
        pthread_cond_signal(&bell->condition);
    }
    pthread_mutex_unlock(&bell->mutex);
}

// Waits until it rings, or rang since the last wait; at most `nanoseconds`, or for ever if that is negative.
static inline void apus_bell_wait(apus_bell *bell, int64_t nanoseconds) {
    pthread_mutex_lock(&bell->mutex);
    if (nanoseconds < 0) {
        while (!bell->rung) pthread_cond_wait(&bell->condition, &bell->mutex);
    } else {
        struct timespec end;
#if defined(__linux__)
        clock_gettime(CLOCK_MONOTONIC, &end);
#else
        clock_gettime(CLOCK_REALTIME, &end);
#endif
        end.tv_sec += (time_t)(nanoseconds / 1000000000);
        end.tv_nsec += (long)(nanoseconds % 1000000000);
        if (end.tv_nsec >= 1000000000) {
            end.tv_nsec -= 1000000000;
            end.tv_sec += 1;
        }
        while (!bell->rung && pthread_cond_timedwait(&bell->condition, &bell->mutex, &end) == 0) {
        }
    }
    bell->rung = false;
    pthread_mutex_unlock(&bell->mutex);
}

#endif
