// SPDX-License-Identifier: Apache-2.0

// The Go side of `scripts/bench messaging`: a queue in a PostgreSQL table as River makes one, with the same table and
// the same semantics as ours.
//
//	queue -job publish -url postgres://… -publishers 8 -batch 100 -connections 16 -seconds 4
//	queue -job jobs -url postgres://… -publishers 64 -handlers 200 -connections 16 -seconds 4
//	queue -job idle -url postgres://… -handlers 16 -connections 16 -seconds 4
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	channel = "local"
	warmUp  = time.Second
)

func main() {
	job := flag.String("job", "", "publish, jobs or idle")
	url := flag.String("url", "", "the server")
	publishers := flag.Int("publishers", 8, "concurrent publishers")
	batch := flag.Int("batch", 100, "messages in a publish, for the job publish")
	handlers := flag.Int("handlers", 16, "handlers at the same time")
	backlog := flag.Int("backlog", 2_000, "messages published and not yet done, at most, for the job jobs")
	connections := flag.Int("connections", 16, "size of the pool")
	seconds := flag.Int("seconds", 4, "length of the window")
	flag.Parse()

	ctx := context.Background()
	pool, err := open(ctx, *url, *connections)
	if err != nil {
		log.Fatal(err)
	}
	if err := createTable(ctx, pool); err != nil {
		log.Fatal(err)
	}
	window := time.Duration(*seconds) * time.Second
	switch *job {
	case "publish":
		publish(ctx, pool, *publishers, *batch, window)
	case "jobs":
		work(ctx, pool, *publishers, *handlers, *backlog, window)
	case "idle":
		idle(ctx, pool, *handlers, window)
	default:
		log.Fatalf("no job %q", *job)
	}
}

func open(ctx context.Context, url string, connections int) (*pgxpool.Pool, error) {
	configuration, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	configuration.MaxConns = int32(connections)
	configuration.MinConns = int32(connections)
	return pgxpool.ConnectConfig(ctx, configuration)
}

// publish counts messages published in batches, by several publishers at once.
func publish(ctx context.Context, pool *pgxpool.Pool, publishers, batch int, window time.Duration) {
	var done atomic.Int64
	for number := 0; number < publishers; number++ {
		publisher := newPublisher(pool)
		go func() {
			for {
				if err := publisher.publishMany(ctx, batch); err != nil {
					log.Fatal(err)
				}
				done.Add(int64(batch))
			}
		}()
	}
	before, after := measure(&done, window)
	print("publishes_per_second", before.rate(after))
	print("cpu_us_per_publish", before.cost(after))
}

// work counts jobs from their publish, one by one, to the commit that says that they are done.
func work(ctx context.Context, pool *pgxpool.Pool, publishers, handlers, backlog int, window time.Duration) {
	var done atomic.Int64
	room := make(chan struct{}, backlog)
	worker := newWorker(pool, handlers, func(message) {})
	worker.completer.completed = func(count int) {
		done.Add(int64(count))
		for ; count > 0; count-- {
			<-room
		}
	}
	go worker.run(ctx)
	for number := 0; number < publishers; number++ {
		publisher := newPublisher(pool)
		go func() {
			for {
				room <- struct{}{}
				if err := publisher.publishOne(ctx); err != nil {
					log.Fatal(err)
				}
			}
		}()
	}
	before, after := measure(&done, window)
	print("jobs_per_second", before.rate(after))
	print("cpu_us_per_job", before.cost(after))
}

// idle looks at a worker that has nothing to do, and how soon it handles what comes then.
func idle(ctx context.Context, pool *pgxpool.Pool, handlers int, window time.Duration) {
	const samples, pause = 100, 20 * time.Millisecond
	handled := make(chan time.Time, 1)
	worker := newWorker(pool, handlers, func(message) { handled <- time.Now() })
	go worker.run(ctx)
	var none atomic.Int64
	before, after := measure(&none, window)
	print("idle_cpu_percent", 100*float64(after.cpu-before.cpu)/float64(after.time.Sub(before.time)))

	publisher := newPublisher(pool)
	var fromStored, fromCall []time.Duration
	for number := 0; number < samples; number++ {
		time.Sleep(pause)
		called := time.Now()
		if err := publisher.publishOne(ctx); err != nil {
			log.Fatal(err)
		}
		stored := time.Now()
		began := <-handled
		fromCall = append(fromCall, began.Sub(called))
		fromStored = append(fromStored, max(0, began.Sub(stored))) // a handler may begin before publish returns
	}
	print("p50_ms", median(fromStored))
	print("p50_from_call_ms", median(fromCall))
}

type moment struct {
	time  time.Time
	cpu   time.Duration
	count int64
}

func (before moment) rate(after moment) float64 {
	return float64(after.count-before.count) / after.time.Sub(before.time).Seconds()
}

func (before moment) cost(after moment) float64 {
	return float64((after.cpu - before.cpu).Nanoseconds()) / 1e3 / float64(after.count-before.count)
}

func measure(done *atomic.Int64, window time.Duration) (before, after moment) {
	now := func() moment { return moment{time.Now(), cpu(), done.Load()} }
	time.Sleep(warmUp)
	before = now()
	time.Sleep(window)
	return before, now()
}

func max(left, right time.Duration) time.Duration {
	if left > right {
		return left
	}
	return right
}

func print(name string, value float64) {
	fmt.Printf("%s %.3f\n", name, value)
}

// cpu is the user and system time of this process so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
