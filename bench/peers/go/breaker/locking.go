// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"sync"
	"time"
)

// A typical Go breaker: it holds its lock during the call.
type lockingBreaker struct {
	mutex     sync.RWMutex
	failures  int
	lastError time.Time
	state     string // closed, open, half-open
	threshold int
	timeout   time.Duration
}

func newLockingBreaker(threshold int, timeout time.Duration) *lockingBreaker {
	return &lockingBreaker{threshold: threshold, timeout: timeout, state: "closed"}
}

func (b *lockingBreaker) execute(command func() error) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.state == "open" {
		if time.Since(b.lastError) <= b.timeout {
			return errors.New("circuit breaker is open")
		}
		b.state = "half-open"
	}
	if err := command(); err != nil {
		b.failures++
		b.lastError = time.Now()
		if b.failures >= b.threshold {
			b.state = "open"
		}
		return err
	}
	b.failures = 0
	b.state = "closed"
	return nil
}
