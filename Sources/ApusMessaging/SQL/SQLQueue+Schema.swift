// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

extension SQLQueue {
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
        ])

    /// The states of a row.
    enum RowState: Int, SQLConvertible {
        case waiting = 0
        case inHand = 1
        case done = 2
        case dead = 3
    }
}
