// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusMessaging
public import ApusRuntime
public import ApusSQL
public import ApusService
import Foundation
import UsersContract

/// The users service: who can order.
///
/// Users live in its own database and, once read, in a cache. Creating one tells the services that subscribe to
/// `user_created`, in the transaction that stores the user.
public struct UsersService: ServiceProgram {
    public static let name = UsersAPI.name
    public static var migrations: [Migrations] {
        [SQLQueueStore.migrations, IdempotencyRecords.migrations, UsersSchema.migrations]
    }

    /// The services that are told of new users.
    public var subscribers: [String]
    /// How long a user that was read may be answered without asking the database: the longest that this instance shows an
    /// older state after a change through another instance.
    public var cacheTimeToLive: Duration

    public init(from settings: inout Settings, service: ServiceSettings) {
        // Without a registry nobody can be found, and what isn't delivered would pile up.
        let names = settings.string(
            "USER_EVENTS_TO", default: service.registryURL == nil ? "" : "orders",
            "services that are told of new users, separated by commas")
        cacheTimeToLive = settings.duration(
            "USER_CACHE_TTL", default: .seconds(5), in: .zero ... .seconds(3600),
            "how long users stay in the cache, and other instances' changes unseen; 0s: no cache")
        subscribers = names.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// A service that tells `subscribers` of new users.
    public init(subscribers: [String], cacheTimeToLive: Duration = .seconds(5)) {
        self.subscribers = subscribers
        self.cacheTimeToLive = cacheTimeToLive
    }

    public func assemble(_ host: ServiceHost) throws {
        let messaging = try host.messaging(
            subscribers.map { Subscription(service: $0, types: [UserCreated.type]) })
        let directory = UserDirectory(
            database: host.database, cache: try host.cache(), timeToLive: cacheTimeToLive,
            queue: subscribers.isEmpty && host.settings.brokerURL == nil ? nil : messaging.outbox,
            logger: host.logger("users"), now: { Date() })
        try messaging.run()
        var builder = host.runtime.builder(of: UsersAPI.self)
        UsersOperations(directory: directory, keys: try host.idempotencyKeys()).implement(&builder)
        builder.offer(messaging)
        try host.runtime.serve(builder)
    }
}
