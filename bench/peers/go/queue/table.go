// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/jackc/pgx/v4/pgxpool"
)

// The table of Sources/ApusMessaging/SQL under another name, in an empty database. Its states: 0 ready, 1 in hand, 2 done,
// 3 dead, 4 scheduled, 5 blocked.
var table = []string{
	`CREATE TABLE bench_queue (
		sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		channel TEXT NOT NULL,
		source TEXT NOT NULL,
		id TEXT NOT NULL,
		type TEXT NOT NULL,
		event BYTEA NOT NULL,
		state BIGINT NOT NULL,
		due_at BIGINT,
		claims BIGINT NOT NULL DEFAULT 0,
		attempts BIGINT NOT NULL DEFAULT 0,
		published_at BIGINT NOT NULL,
		finished_at BIGINT,
		reason TEXT,
		first_error TEXT,
		last_error TEXT,
		priority BIGINT NOT NULL DEFAULT 4,
		ordering_key TEXT,
		unique_key TEXT,
		remembered BIGINT NOT NULL DEFAULT 1,
		UNIQUE (channel, source, id))`,
	"CREATE INDEX bench_queue_ready ON bench_queue (channel, priority DESC, sequence) WHERE state = 0",
	"CREATE INDEX bench_queue_timed ON bench_queue (channel, due_at) WHERE state IN (1, 4)",
	`CREATE INDEX bench_queue_key ON bench_queue (channel, ordering_key, sequence)
		WHERE ordering_key IS NOT NULL AND state IN (0, 1, 4, 5)`,
	"CREATE UNIQUE INDEX bench_queue_unique ON bench_queue (channel, unique_key) WHERE unique_key IS NOT NULL",
	"CREATE INDEX bench_queue_finished ON bench_queue (channel, state, finished_at) WHERE state IN (2, 3)",
}

const (
	insertOne = `INSERT INTO bench_queue (channel, source, id, type, event, state, due_at, published_at, remembered)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $6, 0) ON CONFLICT DO NOTHING`

	insertMany = `INSERT INTO bench_queue (channel, source, id, type, event, state, due_at, published_at, remembered)
		SELECT $1, $2, new.id, $3, new.event, 0, $4, $4, 0 FROM unnest($5::text[], $6::bytea[]) AS new(id, event)
		ON CONFLICT DO NOTHING`

	claim = `UPDATE bench_queue SET state = 1, due_at = $1, claims = claims + 1, attempts = attempts + 1
		WHERE sequence IN (
			SELECT sequence FROM bench_queue WHERE channel = $2 AND state = 0
			ORDER BY priority DESC, sequence LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING sequence, claims, attempts, event`

	// Only in the hand that it was claimed in.
	complete = `DELETE FROM bench_queue AS queue USING unnest($1::bigint[], $2::bigint[]) AS done(sequence, claims)
		WHERE queue.sequence = done.sequence AND queue.claims = done.claims AND queue.state = 1`

	extend = `UPDATE bench_queue AS queue SET due_at = $1
		FROM unnest($2::bigint[], $3::bigint[]) AS held(sequence, claims)
		WHERE queue.sequence = held.sequence AND queue.claims = held.claims AND queue.state = 1`

	// What another worker had in hand too long.
	rescue = "UPDATE bench_queue SET state = 0 WHERE channel = $1 AND state IN (1, 4) AND due_at < $2"
)

func createTable(ctx context.Context, pool *pgxpool.Pool) error {
	for _, statement := range table {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
