// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/jackc/pgx/v4/pgxpool"
)

// The table of Sources/ApusMessaging/SQL under another name, in an empty database.
var table = []string{
	`CREATE TABLE bench_queue (
		sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		channel TEXT NOT NULL,
		source TEXT NOT NULL,
		id TEXT NOT NULL,
		type TEXT NOT NULL,
		event BYTEA NOT NULL,
		state BIGINT NOT NULL,
		priority BIGINT NOT NULL DEFAULT 0,
		due_at BIGINT,
		claims BIGINT NOT NULL DEFAULT 0,
		attempts BIGINT NOT NULL DEFAULT 0,
		published_at BIGINT NOT NULL,
		finished_at BIGINT,
		reason TEXT,
		first_error TEXT,
		last_error TEXT,
		UNIQUE (channel, source, id))`,
	"CREATE INDEX bench_queue_ready ON bench_queue (channel, priority DESC, sequence) WHERE state = 0",
	"CREATE INDEX bench_queue_due ON bench_queue (channel, due_at) WHERE state IN (1, 2)",
}

const (
	insertOne = `INSERT INTO bench_queue (channel, source, id, type, event, state, published_at)
		VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (channel, source, id) DO NOTHING`

	insertMany = `INSERT INTO bench_queue (channel, source, id, type, event, state, published_at)
		SELECT $1, $2, new.id, $3, new.event, 0, $4 FROM unnest($5::text[], $6::bytea[]) AS new(id, event)
		ON CONFLICT (channel, source, id) DO NOTHING`

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
	rescue = "UPDATE bench_queue SET state = 0, due_at = NULL WHERE channel = $1 AND state = 1 AND due_at < $2"
)

func createTable(ctx context.Context, pool *pgxpool.Pool) error {
	for _, statement := range table {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
