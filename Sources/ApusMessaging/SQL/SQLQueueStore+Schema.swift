// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

extension SQLQueueStore {
    /// The tables of queue and inbox. Run them before a queue is used, beside the service's own.
    public static let migrations = Migrations(
        component: "apus_queue",
        [
            Migration("0001_queue") { dialect in
                [
                    """
                    CREATE TABLE apus_queue (
                        sequence \(dialect.autoincrementingKey),
                        channel TEXT NOT NULL,
                        source TEXT NOT NULL,
                        id TEXT NOT NULL,
                        type TEXT NOT NULL,
                        event \(dialect.blob) NOT NULL,
                        state BIGINT NOT NULL,
                        due_at BIGINT,
                        claims BIGINT NOT NULL DEFAULT 0,
                        attempts BIGINT NOT NULL DEFAULT 0,
                        published_at BIGINT NOT NULL,
                        finished_at BIGINT,
                        reason TEXT,
                        first_error TEXT,
                        last_error TEXT,
                        UNIQUE (channel, source, id))
                    """,
                    // What waits or is in hand: by when it is due, or when its lease ends.
                    """
                    CREATE INDEX apus_queue_due ON apus_queue (channel, due_at, sequence) WHERE due_at IS NOT NULL
                    """,
                    """
                    CREATE INDEX apus_queue_finished ON apus_queue (state, channel, finished_at)
                    WHERE finished_at IS NOT NULL
                    """,
                ]
            },
            Migration(
                "0002_inbox",
                """
                CREATE TABLE apus_inbox (
                    consumer TEXT NOT NULL, message TEXT NOT NULL, received_at BIGINT NOT NULL,
                    PRIMARY KEY (consumer, message))
                """,
                "CREATE INDEX apus_inbox_received ON apus_inbox (received_at)"),
            // What may be claimed and what waits for its time apart; priorities, ordering and unique keys.
            Migration(
                "0003_states",
                "ALTER TABLE apus_queue ADD COLUMN priority BIGINT NOT NULL DEFAULT 4",
                "ALTER TABLE apus_queue ADD COLUMN ordering_key TEXT",
                "ALTER TABLE apus_queue ADD COLUMN unique_key TEXT",
                "ALTER TABLE apus_queue ADD COLUMN remembered BIGINT NOT NULL DEFAULT 1",
                "UPDATE apus_queue SET state = 4 WHERE state = 0",
                "DROP INDEX apus_queue_due",
                "DROP INDEX apus_queue_finished",
                """
                CREATE INDEX apus_queue_ready ON apus_queue (channel, priority DESC, sequence) WHERE state = 0
                """,
                "CREATE INDEX apus_queue_timed ON apus_queue (channel, due_at) WHERE state IN (1, 4)",
                """
                CREATE INDEX apus_queue_key ON apus_queue (channel, ordering_key, sequence)
                WHERE ordering_key IS NOT NULL AND state IN (0, 1, 4, 5)
                """,
                "CREATE UNIQUE INDEX apus_queue_unique ON apus_queue (channel, unique_key) WHERE unique_key IS NOT NULL",
                """
                CREATE INDEX apus_queue_finished ON apus_queue (channel, state, finished_at) WHERE state IN (2, 3)
                """),
        ])
}
