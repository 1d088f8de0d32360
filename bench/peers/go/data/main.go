// SPDX-License-Identifier: Apache-2.0

// The client side of `scripts/bench data`: callers that ask PostgreSQL or Redis again and again for some seconds.
//
//	data -job postgres-select -driver postgres -url postgres://… -connections 8 -callers 16 -seconds 4
package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gomodule/redigo/redis"
	_ "github.com/jackc/pgx/v4/stdlib"
	_ "github.com/lib/pq"
)

const (
	rows          = 10_000
	step          = 7_919 // coprime to rows: each caller asks for all of them, not in their order
	warmUp        = time.Second
	redisValueLen = 100
)

// operation does the work of one turn of one caller; number differs from turn to turn.
type operation func(number int) error

func main() {
	job := flag.String("job", "", "postgres-select, postgres-insert or redis-get")
	driver := flag.String("driver", "postgres", "postgres (lib/pq) or pgx")
	url := flag.String("url", "", "the server")
	connections := flag.Int("connections", 8, "size of the pool")
	callers := flag.Int("callers", 16, "concurrent callers")
	seconds := flag.Int("seconds", 4, "length of the window")
	flag.Parse()

	var run operation
	switch *job {
	case "postgres-select":
		run = selects(openDatabase(*driver, *url, *connections))
	case "postgres-insert":
		run = inserts(openDatabase(*driver, *url, *connections))
	case "redis-get":
		run = gets(openRedis(*url, *connections))
	default:
		log.Fatalf("no job %q", *job)
	}
	measure(run, *callers, time.Duration(*seconds)*time.Second)
}

func openDatabase(driver, url string, connections int) *sql.DB {
	db, err := sql.Open(driver, url)
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(5 * time.Minute)
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	return db
}

func prepare(db *sql.DB, text string) *sql.Stmt {
	statement, err := db.Prepare(text)
	if err != nil {
		log.Fatal(err)
	}
	return statement
}

func selects(db *sql.DB) operation {
	statement := prepare(db, "SELECT id, name, email FROM bench_users WHERE id = $1")
	return func(number int) error {
		wanted := number*step%rows + 1
		var id int
		var name, email string
		if err := statement.QueryRow(wanted).Scan(&id, &name, &email); err != nil {
			return err
		}
		if id != wanted || name == "" || email == "" {
			return fmt.Errorf("wrong row for %d: %d %q %q", wanted, id, name, email)
		}
		return nil
	}
}

func inserts(db *sql.DB) operation {
	statement := prepare(db, "INSERT INTO bench_inserts (name, email) VALUES ($1, $2)")
	return func(number int) error {
		result, err := statement.Exec("Ada Lovelace", "user"+strconv.Itoa(number)+"@example.test")
		if err != nil {
			return err
		}
		if count, err := result.RowsAffected(); err != nil || count != 1 {
			return fmt.Errorf("%d rows inserted: %v", count, err)
		}
		return nil
	}
}

func openRedis(url string, connections int) *redis.Pool {
	return &redis.Pool{
		MaxIdle:   connections,
		MaxActive: connections,
		Wait:      true,
		Dial: func() (redis.Conn, error) {
			return redis.DialURL(url, redis.DialReadTimeout(time.Second), redis.DialWriteTimeout(time.Second))
		},
	}
}

func gets(pool *redis.Pool) operation {
	var keys [rows]string // made before: neither side is measured by how it formats them
	for number := range keys {
		keys[number] = fmt.Sprintf("key:%012d", number)
	}
	return func(number int) error {
		connection := pool.Get()
		defer connection.Close()
		value, err := redis.Bytes(connection.Do("GET", keys[number*step%rows]))
		if err != nil {
			return err
		}
		if len(value) != redisValueLen {
			return fmt.Errorf("%d bytes instead of %d", len(value), redisValueLen)
		}
		return nil
	}
}

type moment struct {
	time       time.Time
	cpu        time.Duration
	operations int64
}

func measure(run operation, callers int, window time.Duration) {
	var done atomic.Int64
	var stop atomic.Bool
	var ended sync.WaitGroup
	for caller := 0; caller < callers; caller++ {
		ended.Add(1)
		go func(number int) {
			defer ended.Done()
			for !stop.Load() {
				if err := run(number); err != nil {
					log.Fatal(err)
				}
				done.Add(1)
				number++
			}
		}(caller * rows / callers)
	}
	now := func() moment { return moment{time.Now(), cpu(), done.Load()} }
	time.Sleep(warmUp)
	before := now()
	time.Sleep(window)
	after := now()
	stop.Store(true)
	ended.Wait()
	line, err := json.Marshal(map[string]int64{
		"operations":       after.operations - before.operations,
		"microseconds":     after.time.Sub(before.time).Microseconds(),
		"cpu_microseconds": (after.cpu - before.cpu).Microseconds(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "APUS %s\n", line)
}

// cpu is the user and system time of this process so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
