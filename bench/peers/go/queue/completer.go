// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"sync"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	completeEvery  = 10 * time.Millisecond // 50 ms in River
	completeAtMost = 5_000
)

// completer says for many jobs at once that they are done. A handler's slot is free before that.
type completer struct {
	pool      *pgxpool.Pool
	completed func(count int)

	mutex sync.Mutex
	done  []hand
	begun chan struct{} // something is done that wasn't before
}

func newCompleter(pool *pgxpool.Pool) *completer {
	return &completer{pool: pool, completed: func(int) {}, begun: make(chan struct{}, 1)}
}

func (completer *completer) add(done hand) {
	completer.mutex.Lock()
	completer.done = append(completer.done, done)
	isFirst := len(completer.done) == 1
	completer.mutex.Unlock()
	if isFirst {
		select {
		case completer.begun <- struct{}{}:
		default:
		}
	}
}

func (completer *completer) run(ctx context.Context) {
	for range completer.begun {
		time.Sleep(completeEvery)
		for completer.flush(ctx) {
		}
	}
}

// flush says whether there was a full batch.
func (completer *completer) flush(ctx context.Context) bool {
	completer.mutex.Lock()
	count := len(completer.done)
	if count > completeAtMost {
		count = completeAtMost
	}
	batch := completer.done[:count]
	completer.done = completer.done[count:]
	completer.mutex.Unlock()
	if count == 0 {
		return false
	}
	sequences, claims := make([]int64, count), make([]int64, count)
	for index, done := range batch {
		sequences[index], claims[index] = done.sequence, done.claims
	}
	tag, err := completer.pool.Exec(ctx, complete, sequences, claims)
	if err != nil {
		log.Fatal(err)
	}
	if int(tag.RowsAffected()) != count {
		log.Fatalf("%d of %d jobs were still in hand", tag.RowsAffected(), count)
	}
	completer.completed(count)
	return count == completeAtMost
}
