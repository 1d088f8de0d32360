// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusContract
import ApusMessaging
import ApusSQL
import Foundation
import Logging
import UsersContract

/// The users: in the database for good, in the cache for a while.
///
/// Reading asks the cache first, then the database, and fills the cache: once, however many ask at the same time. Changes
/// go to the database and then out of the cache, which also forgets what is being loaded into it; so who has seen the
/// answer to a change never reads an older state from this process. Where the cache is shared, that holds for all
/// instances; where each instance has its own, another one may show the older state until the time to live ends, which is
/// therefore short. A change is never made upon such a state: conditions are checked in the database.
final class UserDirectory: Sendable {
    let database: any Database
    let cache: any Cache
    /// How long an entry of the cache is used; zero to read from the database always.
    let timeToLive: Duration
    /// Tells others of new users; nil if nobody wants to know.
    let queue: MessageQueue?
    let logger: Logger
    /// The wall clock.
    let now: @Sendable () -> Date

    init(
        database: any Database, cache: any Cache, timeToLive: Duration, queue: MessageQueue?, logger: Logger,
        now: @escaping @Sendable () -> Date
    ) {
        self.database = database
        self.cache = cache
        self.timeToLive = timeToLive
        self.queue = queue
        self.logger = logger
        self.now = now
    }

    /// Stores the user together with the message that it was created, if anyone wants to know.
    ///
    /// - Parameter transaction: the one to do it in; nil for one of its own.
    /// - Throws: `email_taken`.
    func create(_ new: NewUser, in transaction: (any Transaction)? = nil) async throws -> VersionedUser {
        try await unlessTaken {
            if let transaction { return try await store(new, in: transaction) }
            guard queue != nil else { return try await UserStore.insert(new, at: now().inMilliseconds, in: database) }
            return try await database.transaction(attempts: 5, isolation: .readCommitted) { transaction in
                try await store(new, in: transaction)
            }
        }
    }

    private func store(_ new: NewUser, in transaction: any Transaction) async throws -> VersionedUser {
        let stored = try await UserStore.insert(new, at: now().inMilliseconds, in: transaction)
        guard let queue else { return stored }
        let user = stored.user
        try await queue.publish(
            UserCreated(id: user.id, name: user.name, email: user.email, createdAt: user.createdAt),
            as: MessageType(UserCreated.self), in: transaction)
        return stored
    }

    /// - Throws: `not_found`.
    func user(_ id: Int) async throws -> VersionedUser {
        guard timeToLive > .zero else { return try await stored(id) }
        do {
            return try await cache.getOrLoad(Self.key(of: id), timeToLive: timeToLive) { try await self.stored(id) }
        } catch let error as CacheError {
            report(error)
            return try await stored(id)
        }
    }

    // Not inlined, as `stored`: what they need meanwhile would be part of the frame of every read.

    @inline(never)
    private func report(_ error: CacheError) {
        logger.warning("reading without the cache", metadata: ["error": "\(error)"])
    }

    @inline(never)
    private func stored(_ id: Int) async throws -> VersionedUser {
        guard let user = try await UserStore.find(id, in: database) else { throw Self.unknown(id) }
        return user
    }

    func list(after id: Int, limit: Int) async throws -> [User] {
        try await UserStore.list(after: id, limit: limit, in: database)
    }

    /// - Throws: `not_found`, `precondition_failed`, `email_taken`.
    func update(_ condition: ItemCondition, _ changes: UserChanges) async throws -> VersionedUser {
        try await changing(condition.id) {
            try await unlessTaken {
                try await database.transaction(attempts: 5) { transaction in
                    let user = try await Self.checked(condition, in: transaction).user
                    guard
                        let updated = try await UserStore.update(
                            user.id, name: changes.name ?? user.name, email: changes.email ?? user.email,
                            in: transaction)
                    else { throw Self.unknown(user.id) }
                    return updated
                }
            }
        }
    }

    /// - Throws: `not_found`, `precondition_failed`.
    func delete(_ condition: ItemCondition) async throws {
        try await changing(condition.id) {
            try await database.transaction(attempts: 5) { transaction in
                _ = try await Self.checked(condition, in: transaction)
                try await UserStore.delete(condition.id, in: transaction)
            }
        }
    }

    /// Runs a change of a user and forgets it in the cache, also when it failed: it may have happened all the same.
    private func changing<Value>(_ id: Int, _ change: () async throws -> Value) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = .success(try await change())
        } catch {
            result = .failure(error)
        }
        do {
            try await cache.remove(Self.key(of: id))
        } catch {
            logger.error(
                "the cache may show an older user", metadata: ["user": "\(id)", "error": "\(error)"])
        }
        return try result.get()
    }

    private func unlessTaken<Value>(_ change: () async throws -> Value) async throws -> Value {
        do {
            return try await change()
        } catch let error as DatabaseError where error.code == .uniqueViolation {
            throw Problem(UsersAPI.emailTaken, "Another user has this e-mail address.")
        }
    }

    private static func checked(
        _ condition: ItemCondition, in transaction: any Transaction
    ) async throws -> VersionedUser {
        guard let stored = try await UserStore.find(condition.id, in: transaction) else { throw unknown(condition.id) }
        guard stored.etag.fulfils(ifMatch: condition.ifMatch) else {
            throw Problem(.preconditionFailed, "The user was changed since; its ETag is \(stored.etag) now.")
        }
        return stored
    }

    private static func key(of id: Int) -> String { "user:\(id)" }

    private static func unknown(_ id: Int) -> Problem { Problem(.notFound, "There is no user \(id).") }
}

extension Date {
    /// As exact as it goes over the wire, so that it is the same before and after.
    var inMilliseconds: Date {
        Date(timeIntervalSince1970: (timeIntervalSince1970 * 1000).rounded(.down) / 1000)
    }
}
