// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusContract
import ApusRuntime
import ApusSQL
import ApusSQLite
import ApusTesting
import Foundation
import Logging
import Testing
import UsersContract

@testable import Users

@Suite("Users in the caches of two instances")
struct UserCacheTests {
    /// Runs `test` with two instances on one database, whose caches stand still in time until the clock is moved.
    private func withTwo(
        _ timeToLive: Duration, _ test: (UserDirectory, UserDirectory, ManualClock) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(url: "sqlite:\(folder.path)/users.db")
        try await UsersSchema.migrations.run(on: database)
        let clock = ManualClock()
        let instance = {
            UserDirectory(
                database: database, cache: try MemoryCache(CacheConfiguration(time: clock.timeSource)),
                timeToLive: timeToLive, queue: nil, logger: Logger(label: "test"), now: { Date() })
        }
        try await test(try instance(), try instance(), clock)
        await database.close()
    }

    /// What an instance has by default.
    private var standard: Duration {
        var settings = Settings()
        return UsersService(from: &settings, service: ServiceSettings(from: &settings, name: "users")).cacheTimeToLive
    }

    @Test("A change is seen at once where it was made, and by the other instance within five seconds")
    func bounded() async throws {
        try await withTwo(standard) { here, there, clock in
            let id = try await here.create(NewUser(name: "Ada", email: "ada@example.test")).user.id
            #expect(try await there.user(id).user.name == "Ada")
            _ = try await here.update(ItemCondition(id: id), UserChanges(name: "Ada King"))
            #expect(try await here.user(id).user.name == "Ada King")
            clock.advance(by: .seconds(5))
            #expect(try await there.user(id).user.name == "Ada King")
        }
    }

    @Test("A deleted user is unknown to the other instance within five seconds")
    func deleted() async throws {
        try await withTwo(standard) { here, there, clock in
            let id = try await here.create(NewUser(name: "Ada", email: "ada@example.test")).user.id
            _ = try await there.user(id)
            try await here.delete(ItemCondition(id: id))
            await #expect(throws: Kind(.notFound)) { try await kind { try await here.user(id) } }
            clock.advance(by: .seconds(5))
            await #expect(throws: Kind(.notFound)) { try await kind { try await there.user(id) } }
        }
    }

    @Test("A change for a state that is no longer there is refused, however old the cache is")
    func conditions() async throws {
        try await withTwo(.seconds(3600)) { here, there, _ in
            let made = try await here.create(NewUser(name: "Ada", email: "ada@example.test"))
            let old = try await there.user(made.user.id)
            _ = try await here.update(ItemCondition(id: made.user.id), UserChanges(name: "Ada King"))
            await #expect(throws: Kind(.preconditionFailed)) {
                try await kind {
                    try await there.update(
                        ItemCondition(id: made.user.id, ifMatch: "\(old.etag)"), UserChanges(name: "Eve"))
                }
            }
        }
    }

    @Test("Without a time to live there is no cache")
    func none() async throws {
        try await withTwo(.zero) { here, there, _ in
            let id = try await here.create(NewUser(name: "Ada", email: "ada@example.test")).user.id
            _ = try await there.user(id)
            _ = try await here.update(ItemCondition(id: id), UserChanges(name: "Ada King"))
            #expect(try await there.user(id).user.name == "Ada King")
        }
    }
}
