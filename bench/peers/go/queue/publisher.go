// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"math/rand"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	source         = "/services/bench"
	messageType    = "order_placed"
	topic          = "bench_queue"
	notifyCooldown = 10 * time.Millisecond
)

// order is the payload.
type order struct {
	OrderID    int64  `json:"orderID"`
	UserID     int64  `json:"userID"`
	TotalCents int64  `json:"totalCents"`
	Currency   string `json:"currency"`
}

// message is a CloudEvents document.
type message struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Time        time.Time `json:"time"`
	ContentType string    `json:"datacontenttype"`
	Data        order     `json:"data"`
}

// publisher belongs to one goroutine.
type publisher struct {
	pool   *pgxpool.Pool
	random *rand.Rand
	number int64
}

var publishers atomic.Int64

// lastNotify is when this process told the workers last, in nanoseconds: a storm of publishes tells them once in a while,
// as River's does.
var lastNotify atomic.Int64

func newPublisher(pool *pgxpool.Pool) *publisher {
	return &publisher{pool: pool, random: rand.New(rand.NewSource(time.Now().UnixNano() + publishers.Add(1)))}
}

// publishOne stores a message by itself, and returns when it is on disk.
func (publisher *publisher) publishOne(ctx context.Context) error {
	id, event, err := publisher.next()
	if err != nil {
		return err
	}
	arguments := []interface{}{channel, source, id, messageType, event, time.Now().UnixMicro()}
	if !maySendNotify() {
		_, err = publisher.pool.Exec(ctx, insertOne, arguments...)
		return err
	}
	// One round trip and one transaction.
	var batch pgx.Batch
	batch.Queue(insertOne, arguments...)
	batch.Queue("SELECT pg_notify($1, $2)", topic, channel)
	return publisher.pool.SendBatch(ctx, &batch).Close()
}

// publishMany stores messages with one statement.
func (publisher *publisher) publishMany(ctx context.Context, count int) error {
	ids := make([]string, count)
	events := make([][]byte, count)
	for index := range ids {
		id, event, err := publisher.next()
		if err != nil {
			return err
		}
		ids[index], events[index] = id, event
	}
	_, err := publisher.pool.Exec(ctx, insertMany, channel, source, messageType, time.Now().UnixMicro(), ids, events)
	return err
}

// next makes ids that begin with the time, as ours do: they lie side by side in the index.
func (publisher *publisher) next() (string, []byte, error) {
	var bytes [16]byte
	publisher.random.Read(bytes[6:])
	for index, milliseconds := 5, time.Now().UnixMilli(); index >= 0; index-- {
		bytes[index] = byte(milliseconds)
		milliseconds >>= 8
	}
	publisher.number++
	id := hex.EncodeToString(bytes[:])
	event, err := json.Marshal(message{
		SpecVersion: "1.0", ID: id, Source: source, Type: messageType, Time: time.Now(),
		ContentType: "application/json",
		Data: order{
			OrderID: publisher.number, UserID: publisher.number % 1000, TotalCents: 1999, Currency: "EUR",
		},
	})
	return id, event, err
}

func maySendNotify() bool {
	now, last := time.Now().UnixNano(), lastNotify.Load()
	return now-last >= int64(notifyCooldown) && lastNotify.CompareAndSwap(last, now)
}
