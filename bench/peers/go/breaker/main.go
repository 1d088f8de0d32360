// SPDX-License-Identifier: Apache-2.0

// breaker JOB SECONDS does what bench/resilience does for the job of that name, in the same way: see there for how it
// is measured. Prints each figure as a line `NAME VALUE`.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	operations  = 50_000
	moment      = int64(1_000_000_000_000)
	threads     = 2
	leastShare  = 0.85
	leastRounds = 10
	calls       = 64
	latency     = 10 * time.Millisecond

	clockProcessCPU = 2 // CLOCK_PROCESS_CPUTIME_ID
)

var began = time.Now()

func clock() int64 { return int64(time.Since(began)) }

// use makes the calls on b; every failures-th fails, none if that is 0.
func use(b *breaker, failures int) {
	for i := 0; i < operations; i++ {
		generation, admitted := b.admit(moment)
		if !admitted {
			log.Fatal("the breaker rejected a call")
		}
		b.record(generation, failures == 0 || i%failures != 0, moment)
	}
}

// useByClock does the same, with the time of each record read from the clock.
func useByClock(b *breaker, failures int) {
	for i := 0; i < operations; i++ {
		generation, admitted := b.admit(0) // it is closed: the time isn't looked at
		if !admitted {
			log.Fatal("the breaker rejected a call")
		}
		b.record(generation, failures == 0 || i%failures != 0, clock())
	}
}

func cpu() int64 {
	var spec syscall.Timespec
	if _, _, failed := syscall.Syscall(
		syscall.SYS_CLOCK_GETTIME, clockProcessCPU, uintptr(unsafe.Pointer(&spec)), 0); failed != 0 {
		log.Fatal(failed)
	}
	return spec.Nano()
}

// best gives the CPU nanoseconds of one operation in the best round.
func best(length time.Duration, body func()) float64 {
	least := 0.0
	for rounds, end := 0, clock()+int64(length); rounds < 7 || clock() < end; rounds++ {
		start := cpu()
		body()
		if taken := float64(cpu()-start) / operations; rounds == 0 || taken < least {
			least = taken
		}
	}
	return least
}

func alone(length time.Duration, failures int) {
	given, read := newBreaker(moment), newBreaker(clock())
	fmt.Printf("ns_per_operation %.3f\n", best(length/2, func() { use(given, failures) }))
	fmt.Printf("with_clock_ns %.3f\n", best(length/2, func() { useByClock(read, failures) }))
}

func twoThreads(length time.Duration, failures int) {
	var counted []float64
	start := clock()
	for clock() < start+int64(length) || len(counted) < leastRounds {
		if clock() > start+10*int64(length) {
			log.Fatalf("only %d rounds had both threads at work: the machine is too busy", len(counted))
		}
		starts, ends := round(failures)
		whole, together := ends[threads-1]-starts[0], ends[0]-starts[threads-1]
		if float64(together) > leastShare*float64(whole) {
			counted = append(counted, float64(whole)/operations)
		}
	}
	sort.Float64s(counted)
	fmt.Printf("ns_per_operation %.3f\n", counted[len(counted)/2])
}

// round gives when the threads began and when they ended, each in their order.
func round(failures int) (starts, ends []int64) {
	shared := newBreaker(moment)
	starts, ends = make([]int64, threads), make([]int64, threads)
	var arrived int64
	var group sync.WaitGroup
	for thread := 0; thread < threads; thread++ {
		group.Add(1)
		go func(thread int) {
			runtime.LockOSThread()
			defer group.Done()
			atomic.AddInt64(&arrived, 1)
			for atomic.LoadInt64(&arrived) < threads {
			}
			starts[thread] = clock()
			use(shared, failures)
			ends[thread] = clock()
		}(thread)
	}
	group.Wait()
	for _, moments := range [][]int64{starts, ends} {
		sort.Slice(moments, func(i, j int) bool { return moments[i] < moments[j] })
	}
	return starts, ends
}

func serialisation(length time.Duration) {
	shared := newLockingBreaker(5, time.Second)
	least := time.Duration(0)
	for rounds, end := 0, clock()+int64(length); rounds == 0 || clock() < end; rounds++ {
		start := time.Now()
		var group sync.WaitGroup
		for call := 0; call < calls; call++ {
			group.Add(1)
			go func() {
				defer group.Done()
				if err := shared.execute(func() error { time.Sleep(latency); return nil }); err != nil {
					log.Fatal(err)
				}
			}()
		}
		group.Wait()
		if taken := time.Since(start); rounds == 0 || taken < least {
			least = taken
		}
	}
	fmt.Printf("milliseconds %.3f\n", least.Seconds()*1000)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: breaker JOB SECONDS")
	}
	seconds, err := strconv.Atoi(os.Args[2])
	if err != nil || seconds < 1 {
		log.Fatalf("breaker: SECONDS is a number from 1, not %s", os.Args[2])
	}
	length := time.Duration(seconds) * time.Second
	switch os.Args[1] {
	case "breaker":
		alone(length, 0)
	case "breaker-failures":
		alone(length, 10)
	case "breaker-two-threads":
		twoThreads(length, 0)
	case "breaker-two-threads-failures":
		twoThreads(length, 10)
	case "serialisation":
		serialisation(length)
	default:
		log.Fatalf("breaker: no job %s", os.Args[1])
	}
}
