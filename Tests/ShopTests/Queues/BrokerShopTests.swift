// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusService
    import ApusSQL
    import ApusSQLite
    import ApusTesting
    import Foundation
    import NIOPosix
    import Testing
    import UsersContract

    /// The running shop, which `BROKER_URL` alone leads to a broker and away from it.
    @Suite("The shop and its broker", .serialized)
    struct BrokerShopTests {
        private func create(_ name: String, _ shop: ShopProcess) async throws -> Int {
            try await shop.users.call(
                UsersAPI.createUser, body: NewUser(name: name, email: "\(name)@example.test")
            ).id
        }

        /// Waits until orders has heard of a user.
        private func known(_ user: Int, _ shop: ShopProcess) async throws {
            let database = try await SQLiteDatabase.open(url: "sqlite:\(shop.data)/orders/orders.db")
            let outcome: Result<Void, any Error>
            do {
                try await eventually("customer \(user) is known", within: .seconds(20)) {
                    try await database.value("SELECT COUNT(*) FROM customers WHERE id = \(user)") == 1
                }
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await database.close()
            try outcome.get()
        }

        @Test("What waits for a broker is published without one, and with one again", .timeLimit(.minutes(2)))
        func switched() async throws {
            let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
            defer { server.stop() }
            try await server.crash()
            let folder = try TemporaryFolder()
            var users: [Int] = []
            try await ShopProcess.with(environment: ["BROKER_URL": server.url], in: folder) { shop in
                users.append(try await create("ada", shop))
            }
            try await ShopProcess.with(in: folder) { shop in
                try await known(users[0], shop)
                users.append(try await create("eve", shop))
                try await known(users[1], shop)
            }
            try server.launch()
            try await server.answers()
            try await ShopProcess.with(environment: ["BROKER_URL": server.url], in: folder) { shop in
                users.append(try await create("zoe", shop))
                try await known(users[2], shop)
            }
            #expect(Set(users).count == 3)
        }

        @Test("apus queue shows the dead of both queues, leaves other services' alone, and unsubscribes who is gone")
        func administration() async throws {
            let server = try await RedisServer.start()
            defer { server.stop() }
            let client = try RedisClient(
                RedisConfiguration(url: server.url), group: MultiThreadedEventLoopGroup.singleton)
            defer { client.shutdown() }
            let broker = try RedisQueue(client, configuration: QueueConfiguration(source: "/services/test"))
            let folder = try TemporaryFolder()
            try await ShopProcess.with(environment: ["BROKER_URL": server.url], in: folder) { shop in
                func queue(_ arguments: String...) async throws -> (status: Int32, text: String) {
                    try await Programs.run(
                        Programs.apus, ["queue"] + arguments + ["--data-dir", shop.data, "--service", "orders"],
                        in: folder)
                }
                let message = Message(
                    id: "1", type: "unheard_of", source: "/services/test", created: Date(), data: Array("{}".utf8))
                let mails = Channel.service("mails")
                _ = try await broker.append(
                    [.service("orders"), mails].map {
                        QueueEntry(channel: $0, message: message, document: message.cloudEvent)
                    })
                let claimed = try await broker.claim(1, from: mails, lease: .seconds(30))
                _ = try await broker.settle(claimed.map { SettledDelivery($0, .dead(.rejected, error: "no")) })
                try await eventually("what orders can't handle is dead") {
                    try await queue("ls").text.contains(#/ broker +service/orders +0 +0 +1/#)
                }
                #expect(try await !queue("ls").text.contains("mails"))
                let shown = try await queue("show").text
                #expect(shown.contains(#/broker +service/orders +[0-9-]+ +unheard_of +unhandled/#))
                #expect(!shown.contains("mails"))
                #expect(try await queue("show", "service/mails", "--queue", "broker").text.contains("unheard_of"))
                #expect(try await queue("retry", "--all").text == "1 will be tried again\n")
                try await eventually("it is dead again") {
                    try await queue("ls").text.contains(#/ broker +service/orders +0 +0 +1/#)
                }
                #expect(try await queue("drop", "--all").text == "1 dropped\n")
                #expect(try await broker.statistics()[mails]?.dead == 1)

                try await broker.register(Subscription(service: "mails", types: ["user_created"]))
                let subscribers = try await queue("subscribers")
                #expect(subscribers.text.contains(#/mails +user_created/#))
                #expect(subscribers.text.contains(#/orders +order_placed user_created/#))
                #expect(try await queue("unsubscribe", "mails").text == "mails is unsubscribed\n")
                let unknown = try await queue("unsubscribe", "mails")
                #expect(unknown.status == 1 && unknown.text.contains("mails wants nothing of the broker"))
                #expect(try await !queue("subscribers").text.contains("mails"))
            }
        }
    }
#endif
