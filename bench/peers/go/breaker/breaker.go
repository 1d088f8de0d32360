// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const (
	buckets             = 10
	bucketNanoseconds   = int64(1_000_000_000)
	openNanoseconds     = int64(5_000_000_000)
	consecutiveFailures = 100
	minimumCalls        = 20
)

type bucket struct{ calls, failures int }

// A breaker as one writes it in Go: a mutex around the window of 10 seconds in 10 buckets, which trips on a run of
// failures and on half of the calls failing.
type breaker struct {
	mutex      sync.Mutex
	open       bool
	openUntil  int64
	generation uint64
	run        int
	window     [buckets]bucket
	current    int
	currentEnd int64
	total      bucket
}

func newBreaker(now int64) *breaker {
	return &breaker{generation: 1, currentEnd: now + bucketNanoseconds}
}

// admit gives the generation to record with; false if the call may not be made.
func (b *breaker) admit(now int64) (uint64, bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.open {
		if now < b.openUntil {
			return 0, false
		}
		b.open = false
		b.generation++
		b.run, b.window, b.total = 0, [buckets]bucket{}, bucket{}
	}
	return b.generation, true
}

func (b *breaker) record(generation uint64, succeeded bool, now int64) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if generation != b.generation {
		return
	}
	b.turn(now)
	b.window[b.current].calls++
	b.total.calls++
	if succeeded {
		b.run = 0
		return
	}
	b.run++
	b.window[b.current].failures++
	b.total.failures++
	if b.run >= consecutiveFailures || (b.total.calls >= minimumCalls && b.total.failures*2 >= b.total.calls) {
		b.open = true
		b.generation++
		b.openUntil = now + openNanoseconds
	}
}

// turn forgets the buckets that are too old at now.
func (b *breaker) turn(now int64) {
	if now >= b.currentEnd+buckets*bucketNanoseconds {
		b.window, b.total = [buckets]bucket{}, bucket{}
		b.currentEnd = now + bucketNanoseconds
	}
	for now >= b.currentEnd {
		b.current = (b.current + 1) % buckets
		b.total.calls -= b.window[b.current].calls
		b.total.failures -= b.window[b.current].failures
		b.window[b.current] = bucket{}
		b.currentEnd += bucketNanoseconds
	}
}
