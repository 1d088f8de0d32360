// SPDX-License-Identifier: Apache-2.0
import ApusSQL

/// The tables of the products service, as the steps that make them.
enum ProductsSchema {
    static let migrations = Migrations([
        Migration("0001_products") { dialect in
            [
                """
                CREATE TABLE products (
                    id \(dialect.autoincrementingKey), name TEXT NOT NULL, price_cents BIGINT NOT NULL,
                    currency TEXT NOT NULL, stock BIGINT NOT NULL CHECK (stock >= 0), created_at BIGINT NOT NULL,
                    version BIGINT NOT NULL)
                """
            ]
        },
        Migration(
            "0002_reservations",
            """
            CREATE TABLE reservations (
                name TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, expires_at BIGINT NOT NULL, closed_at BIGINT)
            """,
            // What the sweeper looks for.
            "CREATE INDEX reservations_held ON reservations (expires_at) WHERE state = 'held'",
            "CREATE INDEX reservations_closed ON reservations (closed_at) WHERE closed_at IS NOT NULL",
            """
            CREATE TABLE reservation_items (
                reservation TEXT NOT NULL REFERENCES reservations (name) ON DELETE CASCADE, position BIGINT NOT NULL,
                product_id BIGINT NOT NULL REFERENCES products (id), quantity BIGINT NOT NULL,
                price_cents BIGINT NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (reservation, position))
            """),
    ])
}
