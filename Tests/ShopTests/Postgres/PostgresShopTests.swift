// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusContract
    import ApusPostgres
    import ApusSQL
    import ApusService
    import ApusTesting
    import Foundation
    import OrdersContract
    import ProductsContract
    import Testing
    import UsersContract

    /// The shop with each service's database on a real PostgreSQL: nothing but `DATABASE_URL` differs.
    @Suite("The shop on PostgreSQL", .serialized)
    struct PostgresShopTests {
        private static let server = Result { try PostgresServer() }

        /// Runs `test` with a shop whose services have new databases.
        private func withShop(_ test: (RunningShop, PostgresServer) async throws -> Void) async throws {
            let server = try Self.server.get()
            let admin = try PostgresDatabase.open(url: server.url())
            var databases: [String: String] = [:]
            for name in ["users", "products", "orders"] {
                let database = "\(name)_\(server.newSchemaName())"
                try await admin.execute(SQL(raw: "CREATE DATABASE \(database)"))
                databases[name] = server.url(database: database)
            }
            await admin.close()
            try await RunningShop.with(reservationLifetime: .seconds(5), databases: databases) {
                try await test($0, server)
            }
        }

        @Test("an order is placed, confirmed and lowers the stock; its customer is known; conditions hold")
        func flow() async throws {
            try await withShop { shop, _ in
                let user = try await shop.user()
                let product = try await shop.product(stock: 5)
                let placed = try await shop.place(2, of: product, by: user, key: "first")
                #expect(try await shop.place(2, of: product, by: user, key: "first").id == placed.id)
                let ended = try await shop.ended(placed)
                #expect(ended.state == .confirmed && ended.totalCents == 2500)
                #expect(try await shop.stock(of: product) == 3)
                await #expect(throws: Kind(UsersAPI.emailTaken)) { try await kind { try await shop.user() } }
                await #expect(throws: Kind(OrdersAPI.outOfStock)) {
                    try await kind { try await shop.place(4, of: product, by: user) }
                }
                #expect(try await shop.stock(of: product) == 3)
            }
        }

        @Test("fifty orders at once for one product: as many as there is stock, and each with its own key once")
        func contended() async throws {
            try await withShop { shop, _ in
                let user = try await shop.user()
                let product = try await shop.product(stock: 30)
                // Each key twice, at the same time.
                let outcomes = await withTaskGroup(of: Int?.self) { group in
                    for index in 0..<100 {
                        group.addTask {
                            do {
                                return try await shop.place(1, of: product, by: user, key: "k\(index / 2)").id
                            } catch {
                                return nil
                            }
                        }
                    }
                    return await group.reduce(into: [Int]()) { found, id in if let id { found.append(id) } }
                }
                let orders = Set(outcomes)
                for id in orders { _ = try await shop.ended(try await shop.order(id)) }
                try await eventually("what was reserved and not used is given back") {
                    try await shop.stock(of: product) == 30 - orders.count
                }
                #expect(orders.count == 30, "\(orders.count) orders")
            }
        }

        @Test(
            "PostgreSQL is restarted while users are created: with a key each attempt may be repeated until it succeeds"
        )
        func repeatedUsers() async throws {
            try await withShop { shop, server in
                let made = Journal<Int>()
                let restarts = Tally()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<4 {
                        group.addTask {
                            var number = 0
                            while restarts.value < 2 {
                                number += 1
                                let name = "\(client)-\(number)"
                                let new = NewUser(name: name, email: "u\(name)@example.test")
                                // Without the key an attempt whose answer was lost would find its own e-mail address taken.
                                try await eventually("user \(name)", within: .seconds(30)) {
                                    do {
                                        made.append(
                                            try await shop.users.call(
                                                UsersAPI.createUser, body: new, idempotencyKey: name
                                            ).id)
                                        return true
                                    } catch ServiceError.problem(let problem) where problem.status < 500 {
                                        guard problem.isKind(of: .idempotencyKeyInUse) else { throw problem }
                                        return false
                                    } catch {
                                        return false
                                    }
                                }
                            }
                        }
                    }
                    group.addTask {
                        for _ in 0..<2 {
                            let before = made.entries.count
                            try await eventually("users are created", within: .seconds(30)) {
                                made.entries.count >= before + 20
                            }
                            server.stop(.immediate)
                            try server.start()
                            restarts.increment()
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(Set(made.entries).count == made.entries.count)
                #expect(try await shop.count("SELECT COUNT(*) FROM users", in: "users") == made.entries.count)
            }
        }

        @Test("PostgreSQL is restarted while orders come in: what was acknowledged is there and confirmed, once")
        func restart() async throws {
            try await withShop { shop, server in
                let user = try await shop.user()
                let product = try await shop.product(stock: 1_000)
                let acknowledged = Journal<Int>()
                let restarts = Tally()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<4 {
                        group.addTask {
                            var number = 0
                            while restarts.value < 2 {
                                number += 1
                                // Until it is acknowledged: the key makes one order of all attempts.
                                try await eventually("order \(client)-\(number)", within: .seconds(30)) {
                                    do {
                                        let order = try await shop.place(
                                            1, of: product, by: user, key: "\(client)-\(number)")
                                        acknowledged.append(order.id)
                                        return true
                                    } catch {
                                        return false
                                    }
                                }
                            }
                        }
                    }
                    group.addTask {
                        for _ in 0..<2 {
                            let before = acknowledged.entries.count
                            try await eventually("orders come in", within: .seconds(30)) {
                                acknowledged.entries.count >= before + 10
                            }
                            server.stop(.immediate)
                            try server.start()
                            restarts.increment()
                        }
                    }
                    try await group.waitForAll()
                }
                let orders = Set(acknowledged.entries)
                #expect(orders.count == acknowledged.entries.count)
                for id in orders {
                    #expect(try await shop.ended(try await shop.order(id)).state == .confirmed)
                }
                try await eventually("every reservation is used or given back", within: .seconds(30)) {
                    try await shop.stock(of: product) == 1_000 - orders.count
                }
            }
        }
    }
#endif
