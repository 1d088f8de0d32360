// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"log"
	"sync"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	lease         = 30 * time.Second
	jobTimeout    = time.Minute
	fetchCooldown = 2 * time.Millisecond // 100 ms in River as it comes; this is what its own benchmark takes
	pollInterval  = time.Second
)

type hand struct {
	sequence, claims int64
}

type delivery struct {
	hand
	attempts int64
	event    []byte
}

// worker claims messages and runs a handler for each, in a goroutine of its own, so many at the same time.
type worker struct {
	pool      *pgxpool.Pool
	completer *completer
	handle    func(message)
	slots     int
	free      chan struct{} // a slot that became free

	mutex sync.Mutex
	hands map[hand]struct{}
}

func newWorker(pool *pgxpool.Pool, slots int, handle func(message)) *worker {
	return &worker{
		pool: pool, completer: newCompleter(pool), handle: handle, slots: slots, free: make(chan struct{}, slots),
		hands: map[hand]struct{}{},
	}
}

func (worker *worker) run(ctx context.Context) {
	published := make(chan struct{}, 1)
	go listen(ctx, worker.pool, published)
	go worker.completer.run(ctx)
	go worker.keepLeases(ctx)
	poll := time.NewTicker(pollInterval)
	free, mayBeMore := worker.slots, true
	for {
		// As many slots as have become free meanwhile.
		for more := true; more; {
			select {
			case <-worker.free:
				free++
			default:
				more = false
			}
		}
		if free == 0 {
			<-worker.free
			free++
			continue
		}
		if !mayBeMore {
			select {
			case <-published:
			case <-poll.C:
			case <-worker.free:
				free++
				continue
			}
		}
		began := time.Now()
		claimed := worker.claim(ctx, free)
		mayBeMore = claimed == free
		free -= claimed
		if left := fetchCooldown - time.Since(began); left > 0 {
			time.Sleep(left)
		}
	}
}

// claim begins the handlers after its commit: before that, nobody else sees that the messages are in hand.
func (worker *worker) claim(ctx context.Context, limit int) int {
	rows, err := worker.pool.Query(ctx, claim, time.Now().Add(lease).UnixMicro(), channel, limit)
	if err != nil {
		log.Fatal(err)
	}
	var claimed []delivery
	for rows.Next() {
		var taken delivery
		if err := rows.Scan(&taken.sequence, &taken.claims, &taken.attempts, &taken.event); err != nil {
			log.Fatal(err)
		}
		claimed = append(claimed, taken)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	worker.mutex.Lock()
	for _, taken := range claimed {
		worker.hands[taken.hand] = struct{}{}
	}
	worker.mutex.Unlock()
	for _, taken := range claimed {
		go worker.execute(ctx, taken)
	}
	return len(claimed)
}

func (worker *worker) execute(ctx context.Context, taken delivery) {
	_, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	var message message
	if err := json.Unmarshal(taken.event, &message); err != nil {
		log.Fatal(err)
	}
	worker.handle(message)
	worker.mutex.Lock()
	delete(worker.hands, taken.hand)
	worker.mutex.Unlock()
	worker.completer.add(taken.hand)
	worker.free <- struct{}{}
}

// keepLeases extends what is in hand, and gives back what others no longer hold.
func (worker *worker) keepLeases(ctx context.Context) {
	for range time.Tick(lease / 3) {
		sequences, claims := []int64{}, []int64{}
		worker.mutex.Lock()
		for taken := range worker.hands {
			sequences, claims = append(sequences, taken.sequence), append(claims, taken.claims)
		}
		worker.mutex.Unlock()
		now := time.Now()
		if _, err := worker.pool.Exec(ctx, extend, now.Add(lease).UnixMicro(), sequences, claims); err != nil {
			log.Fatal(err)
		}
		if _, err := worker.pool.Exec(ctx, rescue, channel, now.UnixMicro()); err != nil {
			log.Fatal(err)
		}
	}
}

// listen passes on what publishers tell, on a connection of its own.
func listen(ctx context.Context, pool *pgxpool.Pool, published chan<- struct{}) {
	connection, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Release()
	if _, err := connection.Exec(ctx, "LISTEN "+topic); err != nil {
		log.Fatal(err)
	}
	for {
		if _, err := connection.Conn().WaitForNotification(ctx); err != nil {
			log.Fatal(err)
		}
		select {
		case published <- struct{}{}:
		default:
		}
	}
}
