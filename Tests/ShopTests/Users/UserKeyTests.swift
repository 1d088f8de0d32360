// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusSQL
import ApusService
import ProductsContract
import Testing
import UsersContract

@Suite("Idempotency keys of users and products")
struct UserKeyTests {
    private let ada = NewUser(name: "Ada", email: "ada@example.test")

    @Test("A user that is created again with the same key is the same user, told of once")
    func user() async throws {
        try await RunningShop.with { shop in
            let first = try await shop.users.send(
                UsersAPI.createUser, NoParameters(), body: ada, idempotencyKey: "a")
            let second = try await shop.users.send(
                UsersAPI.createUser, NoParameters(), body: ada, idempotencyKey: "a")
            #expect(first.output == second.output && first.status == second.status && first.etag == second.etag)
            #expect(first.headers["Idempotency-Replayed"] == nil)
            #expect(second.headers["Idempotency-Replayed"] == "true")
            #expect(second.headers[.location] == "/v1/users/\(first.output.id)")
            #expect(try await shop.count("SELECT COUNT(*) FROM users", in: "users") == 1)
            await #expect(throws: Kind(UsersAPI.emailTaken)) {
                try await kind { try await shop.users.call(UsersAPI.createUser, body: ada, idempotencyKey: "b") }
            }
            await #expect(throws: Kind(.idempotencyKeyReused)) {
                try await kind {
                    try await shop.users.call(
                        UsersAPI.createUser, body: NewUser(name: "Eve", email: "eve@example.test"),
                        idempotencyKey: "a")
                }
            }
        }
    }

    @Test("Many attempts at once with one key create one user")
    func users() async throws {
        try await RunningShop.with { shop in
            let ids = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await shop.users.call(UsersAPI.createUser, body: ada, idempotencyKey: "a").id
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
        }
    }

    @Test("A product that is created again with the same key is the same product")
    func product() async throws {
        try await RunningShop.with { shop in
            let new = NewProduct(name: "Pen", priceCents: 100, currency: "EUR", stock: 3)
            let first = try await shop.products.call(ProductsAPI.createProduct, body: new, idempotencyKey: "a")
            let second = try await shop.products.call(ProductsAPI.createProduct, body: new, idempotencyKey: "a")
            let third = try await shop.products.call(ProductsAPI.createProduct, body: new)
            #expect(first == second && third.id != first.id)
        }
    }
}
