// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusSQL
import ApusService
import ApusTesting
import Testing
import UsersContract

@Suite("Users")
struct UsersTests {
    @Test("A user that was created is found, with Location and ETag")
    func createAndGet() async throws {
        try await RunningShop.with { shop in
            let made = try await shop.users.send(
                UsersAPI.createUser, NoParameters(), body: NewUser(name: "Ada", email: "ada@example.test"))
            #expect(made.status == .created)
            #expect(made.headers[.location] == "/v1/users/\(made.output.id)")
            #expect(made.etag == "\"1\"")
            let found = try await shop.users.call(UsersAPI.getUser, ItemReference(id: made.output.id))
            #expect(found == made.output)
        }
    }

    @Test("An e-mail address belongs to one user, whatever its case")
    func uniqueEmail() async throws {
        try await RunningShop.with { shop in
            let ada = try await shop.user("ada@example.test")
            let eve = try await shop.user("eve@example.test")
            await #expect(throws: Kind(UsersAPI.emailTaken)) {
                try await kind { try await shop.user("ADA@example.test") }
            }
            await #expect(throws: Kind(UsersAPI.emailTaken)) {
                try await kind {
                    try await shop.users.call(
                        UsersAPI.updateUser, ItemCondition(id: eve.id), body: UserChanges(email: ada.email))
                }
            }
        }
    }

    @Test("A change asks for the state that it was made for")
    func conditions() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let changed = try await shop.users.send(
                UsersAPI.updateUser, ItemCondition(id: user.id, ifMatch: "\"1\""), body: UserChanges(name: "Ada King"))
            #expect(changed.etag == "\"2\"")
            await #expect(throws: Kind(.preconditionFailed)) {
                try await kind {
                    try await shop.users.call(UsersAPI.deleteUser, ItemCondition(id: user.id, ifMatch: "\"1\""))
                }
            }
            try await shop.users.call(UsersAPI.deleteUser, ItemCondition(id: user.id, ifMatch: "\"2\""))
            await #expect(throws: Kind(.notFound)) {
                try await kind { try await shop.users.call(UsersAPI.getUser, ItemReference(id: user.id)) }
            }
        }
    }

    @Test("Pages follow each other without gaps and end")
    func pages() async throws {
        try await RunningShop.with { shop in
            for number in 1...5 { _ = try await shop.user("user\(number)@example.test") }
            var seen: [Int] = []
            var cursor: String?
            repeat {
                let page = try await shop.users.call(UsersAPI.listUsers, PageRequest(limit: 2, cursor: cursor))
                seen += page.items.map(\.id)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen == [1, 2, 3, 4, 5])
        }
    }

    @Test("Who has the answer to a change never reads an older state, however many read meanwhile")
    func noStaleRead() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        while !Task.isCancelled {
                            do {
                                try await shop.users.call(UsersAPI.getUser, ItemReference(id: user.id))
                            } catch {
                                if !Task.isCancelled { throw error }
                            }
                        }
                    }
                }
                for round in 1...50 {
                    try await shop.users.call(
                        UsersAPI.updateUser, ItemCondition(id: user.id), body: UserChanges(name: "Ada \(round)"))
                    let found = try await shop.users.call(UsersAPI.getUser, ItemReference(id: user.id))
                    #expect(found.name == "Ada \(round)")
                }
                group.cancelAll()
            }
        }
    }

    @Test("Orders gets to know a new user, once")
    func userCreatedArrives() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            try await eventually("orders knows the customer") {
                try await shop.count("SELECT COUNT(*) FROM customers WHERE id = \(user.id)", in: "orders") == 1
            }
            try await eventually("the message is settled at users") {
                try await shop.count("SELECT COUNT(*) FROM apus_queue WHERE due_at IS NOT NULL", in: "users") == 0
            }
            #expect(try await shop.count("SELECT COUNT(*) FROM apus_inbox", in: "orders") == 1)
        }
    }

    @Test("A refused user leaves no message behind")
    func noMessageWithoutUser() async throws {
        try await RunningShop.with { shop in
            _ = try await shop.user()
            await #expect(throws: Kind(UsersAPI.emailTaken)) { try await kind { try await shop.user() } }
            #expect(try await shop.count("SELECT COUNT(*) FROM apus_queue", in: "users") == 1)
        }
    }
}
