// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusTesting

/// What a shop has stored of single orders, read past its services. Triggers write down every change of an order's state
/// and of a product's stock, so that what happened twice is seen even where the second time changed nothing any more.
struct OrderBooks: Sendable {
    /// An order that was acknowledged: of one product that nothing else was ordered of.
    struct Entry: Sendable {
        let key: String
        let order: Int
        let product: Int
        let stock: Int
        let quantity: Int
    }

    private let storage: ShopStorage

    /// Begins to watch a shop whose tables are there.
    init(_ storage: ShopStorage) async throws {
        self.storage = storage
        for (service, table, column) in [("orders", "orders", "state"), ("products", "products", "stock")] {
            try await storage.with(service) { database in
                try await database.execute("CREATE TABLE audit (id BIGINT NOT NULL, change BIGINT NOT NULL)")
                for statement in Self.trigger(on: table, column, database.dialect) {
                    try await database.execute(statement)
                }
            }
        }
    }

    /// Whether nothing is left to be done for an order.
    func isSettled(_ entry: Entry) async throws -> Bool {
        let isEnded = try await storage.with("orders") { orders in
            let state: String? = try await orders.value("SELECT state FROM orders WHERE id = \(entry.order)")
            guard state != "pending" else { return false }
            return try await openMessages(orders) == 0
        }
        guard isEnded else { return false }
        return try await reservations(of: entry).allSatisfy { $0.state != "held" }
    }

    /// Waits until nothing is left to be done for an order, or until something else has come true.
    func settle(_ entry: OrderBooks.Entry, _ what: String, or other: () -> Bool = { false }) async throws {
        var look = ContinuousClock.now
        try await eventually("\(what): the order is settled", within: .seconds(45)) {
            if other() { return true }
            // To look opens databases: not all the time.
            guard ContinuousClock.now >= look else { return false }
            let settled = try await isSettled(entry)
            look = ContinuousClock.now + .milliseconds(50)
            return settled
        }
    }

    /// What is wrong with an order for which nothing is left to be done; empty if nothing is.
    func faults(of entry: Entry) async throws -> [String] {
        var faults: [String] = []
        let (rows, confirmations): ([Row], Int) = try await storage.with("orders") { orders in
            (
                try await orders.query(
                    "SELECT id, state, reservation FROM orders WHERE idempotency_key = \(entry.key)"),
                try await orders.value("SELECT COUNT(*) FROM audit WHERE id = \(entry.order)") ?? 0
            )
        }
        let ids: [Int] = try rows.map { try $0[0] }
        if ids != [entry.order] { faults.append("orders \(ids) are stored, \(entry.order) was acknowledged") }
        for row in rows {
            let state: String = try row[1]
            if state != "confirmed" { faults.append("it is \(state)") }
        }
        if confirmations != 1 { faults.append("it was confirmed \(confirmations) times") }
        let named: [String] = try rows.map { try $0[2] }
        let reservations = try await reservations(of: entry)
        let committed = reservations.filter { $0.state == "committed" }.map(\.name)
        if committed != named { faults.append("of \(reservations) \(named) should be committed") }
        let (stock, changes): (Int?, [Int]) = try await storage.with("products") { products in
            (
                try await products.value("SELECT stock FROM products WHERE id = \(entry.product)"),
                try await products.query("SELECT change FROM audit WHERE id = \(entry.product)").map { try $0[0] }
            )
        }
        if stock != entry.stock - entry.quantity { faults.append("the stock is \(stock ?? -1) of \(entry.stock)") }
        // What was reserved and given back moved the stock twice more.
        let given = reservations.count { $0.state == "released" && $0.items > 0 }
        if changes.count != 1 + 2 * given || changes.reduce(0, +) != -entry.quantity {
            faults.append("the stock was changed by \(changes), with \(given) reservations given back")
        }
        return faults
    }

    /// What is wrong with the messages of all orders.
    func faultsOfMessages() async throws -> [String] {
        try await storage.with("orders") { orders in
            let placed: Int = try await orders.value("SELECT COUNT(*) FROM orders") ?? 0
            let open = try await openMessages(orders)
            let all: Int =
                try await orders.value("SELECT COUNT(*) FROM apus_queue WHERE type LIKE '%order_placed%'") ?? 0
            return all == placed && open == 0 ? [] : ["\(all) messages for \(placed) orders, \(open) are not done"]
        }
    }

    /// Messages that aren't done: that wait, are in hand, or dead.
    private func openMessages(_ orders: any Database) async throws -> Int {
        try await orders.value("SELECT COUNT(*) FROM apus_queue WHERE type LIKE '%order_placed%' AND state <> 2") ?? 0
    }

    private func reservations(of entry: Entry) async throws -> [(name: String, state: String, items: Int)] {
        try await storage.with("products") { products in
            try await products.query(
                """
                SELECT name, state, quantity FROM reservations JOIN reservation_items ON reservation = name
                WHERE product_id = \(entry.product) ORDER BY name
                """
            ).map { (try $0[0], try $0[1], try $0[2]) }
        }
    }

    private static func trigger(on table: String, _ column: String, _ dialect: Dialect) -> [SQL] {
        let change = column == "stock" ? "NEW.stock - OLD.stock" : "1"
        let insertion = "INSERT INTO audit VALUES (NEW.id, \(change));"
        guard dialect == .postgres else {
            return [
                SQL(raw: "CREATE TRIGGER audited AFTER UPDATE OF \(column) ON \(table) BEGIN \(insertion) END")
            ]
        }
        return [
            SQL(
                raw: """
                    CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN \(insertion) RETURN NULL; END'
                    """),
            SQL(
                raw: """
                    CREATE TRIGGER audited AFTER UPDATE OF \(column) ON \(table)
                    FOR EACH ROW EXECUTE FUNCTION audited()
                    """),
        ]
    }
}
