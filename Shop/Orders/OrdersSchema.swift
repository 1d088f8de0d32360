// SPDX-License-Identifier: Apache-2.0
import ApusSQL

/// The tables of the orders service, as the steps that make them.
enum OrdersSchema {
    static let migrations = Migrations([
        Migration("0001_orders") { dialect in
            [
                """
                CREATE TABLE orders (
                    id \(dialect.autoincrementingKey), user_id BIGINT NOT NULL, state TEXT NOT NULL,
                    total_cents BIGINT NOT NULL, currency TEXT NOT NULL, reservation TEXT NOT NULL,
                    idempotency_key TEXT, created_at BIGINT NOT NULL, confirmed_at BIGINT)
                """,
                "CREATE UNIQUE INDEX orders_idempotency_key ON orders (idempotency_key)",
                """
                CREATE TABLE order_items (
                    order_id BIGINT NOT NULL REFERENCES orders (id), position BIGINT NOT NULL,
                    product_id BIGINT NOT NULL, quantity BIGINT NOT NULL, price_cents BIGINT NOT NULL,
                    PRIMARY KEY (order_id, position))
                """,
            ]
        },
        Migration(
            "0002_customers",
            """
            CREATE TABLE customers (
                id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, created_at BIGINT NOT NULL)
            """),
        // A key is one user's: what another calls their attempt means nothing here.
        Migration(
            "0003_idempotency_keys_by_user",
            "DROP INDEX orders_idempotency_key",
            "CREATE UNIQUE INDEX orders_idempotency_key ON orders (user_id, idempotency_key)"),
    ])
}
