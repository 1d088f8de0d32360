// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusService
import ApusTesting
import Foundation
import OrdersContract
import ProductsContract
import Testing
import UsersContract

/// The whole system as a user starts it, with what goes wrong in one.
@Suite("The shop as processes", .serialized)
struct EndToEndTests {
    @Test("scripts/smoke passes, and the shop ends with status 0", .timeLimit(.minutes(1)))
    func smoke() async throws {
        let folder = try TemporaryFolder()
        try await ShopProcess.with(in: folder) { shop in
            let (status, output) = try await Programs.run(Programs.root + "/scripts/smoke", [shop.url], in: folder)
            #expect(status == 0, "\(output)")
        }
    }

    @Test(
        "kill -9 at any moment: no acknowledged order is lost, every order is confirmed once, and the stock is right",
        .timeLimit(.minutes(1)))
    func killsUnderOrders() async throws {
        let folder = try TemporaryFolder()
        let environment = ["RESERVATION_LIFETIME": "3s"]
        try await ShopProcess.with(environment: environment, in: folder) { shop in
            var load = try await OrderLoad.prepare(shop, stock: 100_000)
            let seed = UInt64.random(in: 0 ... .max)
            try await load.run(shop, kills: 12, seed: seed)
            try await load.check(shop, "seed \(seed)")
        }
    }

    @Test(
        "kill -9 of apus up: everything ends, and started again no acknowledged order is lost",
        .timeLimit(.minutes(1)))
    func killsUp() async throws {
        let folder = try TemporaryFolder()
        let environment = ["RESERVATION_LIFETIME": "3s"]
        var before: OrderLoad?
        try await ShopProcess.with(environment: environment, status: SIGKILL, in: folder) { shop in
            var load = try await OrderLoad.prepare(shop, stock: 100_000)
            try await load.run(shop) { progress in
                try await progress.goOn(50)
                try await shop.killAll()
            }
            before = load
        }
        var load = try #require(before)
        try await ShopProcess.with(environment: environment, in: folder) { shop in
            try await load.check(shop, "apus up was killed")
        }
    }

    @Test("kill -9 of one of two instances: no request fails but those in flight on it", .timeLimit(.minutes(1)))
    func killOneOfTwo() async throws {
        let folder = try TemporaryFolder()
        let manifest = folder.path + "/apus.yaml"
        let text = """
            gateway: \(Programs.root)/gateway.yaml
            services:
              users: { executable: users-service, instances: 2 }
              products: products-service
              orders: orders-service
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: manifest))
        try await ShopProcess.with(manifest: manifest, in: folder) { shop in
            let user = try await shop.users.call(
                UsersAPI.createUser, body: NewUser(name: "Ada", email: "ada@example.test"))
            let load = SteadyReads(shop, path: "/v1/users/\(user.id)", concurrency: 8)
            try await load.run(reads: 1_500) {
                try await shop.killAndAwaitAnother("users-service")
            }
            let failures = load.failures
            #expect(failures.count <= 8, "\(failures)")
        }
    }
}
