// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

extension IdempotencyRecords {
    /// The table of the answers. Run them before it is used, beside the service's own.
    public static let migrations = Migrations(
        component: "apus_idempotency",
        [
            // A row with a lease is an attempt without an answer yet.
            Migration("0001_idempotency") { dialect in
                [
                    """
                    CREATE TABLE apus_idempotency (
                        scope TEXT NOT NULL,
                        request_key TEXT NOT NULL,
                        fingerprint TEXT NOT NULL,
                        token BIGINT NOT NULL,
                        lease_until BIGINT,
                        expires_at BIGINT NOT NULL,
                        status BIGINT,
                        headers TEXT,
                        body \(dialect.blob),
                        PRIMARY KEY (scope, request_key))
                    """,
                    "CREATE INDEX apus_idempotency_expires ON apus_idempotency (expires_at)",
                ]
            }
        ])
}
