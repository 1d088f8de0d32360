// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import NIOCore
public import NIOPosix
import Synchronization

/// A client of one Redis server: one connection on each event loop, on which the commands of all callers follow each other
/// without waiting for replies.
///
/// ```swift
/// let redis = try RedisClient(RedisConfiguration(url: "redis://localhost:6379/0"), group: loops.group)
/// let name = try await redis.get("user:42:name")
/// ```
///
/// A caller on an event loop of the group uses that loop's connection and never leaves its thread. Connections are made
/// when they are first needed, and again with back-off when they are lost. A command is sent once: one that may have run
/// when its connection was lost fails with `mayHaveRun`, one that wasn't sent waits for the next connection. Every call
/// ends by its deadline. Safe to use from any number of tasks.
public final class RedisClient: Sendable {
    /// What it was made with.
    public let configuration: RedisConfiguration
    let dialer: RedisDialer
    let time: TimeSource
    let counters = RedisCounters()
    let scripts = ScriptCache()
    let hub: SubscriptionHub
    private let group: MultiThreadedEventLoopGroup
    private let links: [RedisLink]
    private let byLoop: [ObjectIdentifier: RedisLink]
    private let turn = Atomic<Int>(0)
    private let dedicated = Mutex(Dedicated())
    private let random: Mutex<FastRandom>

    private struct Dedicated {
        var links: [ObjectIdentifier: RedisLink] = [:]
        var isClosed = false
    }

    /// A client; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - group: the event loops of the process; they outlive the client.
    ///   - time: the clock, the machine's by default.
    /// - Throws: every problem of the configuration, or that its TLS files can't be read. Blocks to read them.
    public init(
        _ configuration: RedisConfiguration, group: MultiThreadedEventLoopGroup, time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.group = group
        self.time = time
        let dialer = try RedisDialer(configuration)
        self.dialer = dialer
        var seeds = configuration.seed.map(FastRandom.init(seed:)) ?? FastRandom()
        let loops = Array(group.makeIterator())
        var links: [RedisLink] = []
        for index in 0..<(configuration.connections ?? loops.count) {
            links.append(
                RedisLink(
                    dialer, on: loops[index % loops.count], time: time, counters: counters,
                    random: FastRandom(seed: seeds.next())))
        }
        self.links = links
        byLoop = Dictionary(
            links.map { (ObjectIdentifier($0.eventLoop), $0) }, uniquingKeysWith: { first, _ in first })
        hub = SubscriptionHub(
            dialer, on: group.next(), time: time, counters: counters, random: FastRandom(seed: seeds.next()))
        random = Mutex(FastRandom(seed: seeds.next()))
    }

    deinit {
        shutdown()
    }

    /// Sends a command and waits for its reply.
    ///
    /// A caller who gives up, by deadline or cancellation, leaves the connection in step: the late reply is dropped.
    ///
    /// - Parameter deadline: nil for the configuration's command timeout; the current call's deadline if that is earlier.
    /// - Throws: every code of ``RedisError``: `server` for an error reply, `connectionLost` and `timeout` with
    ///   `mayHaveRun`, `overloaded` if too many commands wait, `notAllowed` for commands that disturb others.
    public func send(_ command: RedisCommand, deadline: Instant? = nil) async throws(RedisError) -> RedisValue {
        try CommandRules.check(command, isShared: true)
        return try await sendAllowed(command, deadline: deadline)
    }

    /// As ``send(_:deadline:)``, for a command that is known to disturb nobody.
    func sendAllowed(_ command: RedisCommand, deadline: Instant?) async throws(RedisError) -> RedisValue {
        try await sendAllowed(.command(command), deadline: deadline)
    }

    /// As ``send(_:deadline:)``, for what is known to disturb nobody. The reply is an array if it is several commands.
    func sendAllowed(_ piece: RedisPiece, deadline: Instant?) async throws(RedisError) -> RedisValue {
        try await link.send(piece, deadline: Deadline.of(deadline, configuration.commandTimeout, time))
    }

    /// Sends a command of these words: `try await redis.command("HSET", "h", "field", "value")`.
    ///
    /// - Throws: as ``send(_:deadline:)``.
    @discardableResult
    public func command(_ name: String, _ arguments: RedisArgument...) async throws(RedisError) -> RedisValue {
        try await send(RedisCommand(name, arguments))
    }

    /// Sends several commands in one piece, with nothing of others in between, and gives all replies in order. An error
    /// reply is a value among them; the commands after it run all the same.
    ///
    /// - Throws: as ``send(_:deadline:)``, except `server`.
    public func pipeline(
        _ commands: [RedisCommand], deadline: Instant? = nil
    ) async throws(RedisError) -> [RedisValue] {
        for command in commands { try CommandRules.check(command, isShared: true) }
        return try await sendPiece(commands, deadline: deadline)
    }

    /// Runs several commands as one transaction (`MULTI`, `EXEC`): all of them, with no other client in between.
    ///
    /// - Throws: as ``send(_:deadline:)``; `server` with `EXECABORT` if one of them was refused, nothing ran then.
    public func transaction(
        _ commands: [RedisCommand], deadline: Instant? = nil
    ) async throws(RedisError) -> [RedisValue] {
        for command in commands { try CommandRules.check(command, isShared: true) }
        guard !commands.isEmpty else { return [] }
        let replies = try await sendPiece(
            [RedisCommand("MULTI")] + commands + [RedisCommand("EXEC")], deadline: deadline)
        switch replies.last {
        case .array(let results): return results
        case .error(let error): throw .server(error)
        default: throw .unexpected("EXEC")
        }
    }

    /// As ``pipeline(_:deadline:)``, for commands that are known to disturb nobody.
    func sendPiece(
        _ commands: [RedisCommand], deadline: Instant?
    ) async throws(RedisError) -> [RedisValue] {
        guard let first = commands.first else { return [] }
        guard commands.count > 1 else {
            do throws(RedisError) {
                return [try await sendAllowed(first, deadline: deadline)]
            } catch {
                guard error.code == .server, let server = error.server else { throw error }
                return [.error(server)]
            }
        }
        guard case .array(let replies) = try await sendAllowed(.commands(commands), deadline: deadline) else {
            throw .unexpected("a pipeline")
        }
        return replies
    }

    /// Lends a connection of its own for the time of `body`. It is connected when the first command is sent.
    ///
    /// - Throws: what `body` throws; `overloaded` if too many are lent.
    public func withConnection<Value: Sendable>(
        _ body: (RedisConnection) async throws(RedisError) -> Value
    ) async throws(RedisError) -> Value {
        let link = RedisLink(
            dialer, on: self.link.eventLoop, isDedicated: true, time: time, counters: counters,
            random: FastRandom(seed: random.withLock { $0.next() }))
        let refusal = dedicated.withLock { dedicated -> RedisError? in
            if dedicated.isClosed { return .closed }
            guard dedicated.links.count < configuration.maximumDedicated else {
                return RedisError(
                    .overloaded, "\(configuration.maximumDedicated) connections are lent already", mayHaveRun: false,
                    retryAfter: .seconds(1))
            }
            dedicated.links[ObjectIdentifier(link)] = link
            return nil
        }
        if let refusal { throw refusal }
        defer {
            dedicated.withLock { _ = $0.links.removeValue(forKey: ObjectIdentifier(link)) }
            link.close()
        }
        return try await body(RedisConnection(link: link, timeout: configuration.commandTimeout))
    }

    /// Ends all connections. What waits fails with `closed`; so does every command after this.
    public func shutdown() {
        let lent = dedicated.withLock { dedicated -> [RedisLink]? in
            // The loops may be gone when it is called again.
            if dedicated.isClosed { return nil }
            dedicated.isClosed = true
            return dedicated.links.values.map { $0 }
        }
        guard let lent else { return }
        for link in links + lent { link.close() }
        hub.close()
    }

    /// `degraded` while a connection that was needed is missing.
    public var health: RedisHealth {
        for link in links {
            if case .failed(let error) = link.status.condition { return .degraded(error.message) }
        }
        return .ok
    }

    /// What was counted so far.
    public var statistics: RedisStatistics {
        var statistics = RedisStatistics()
        for link in links {
            if case .ready = link.status.condition { statistics.connections += 1 }
            statistics.pending += link.status.pending
        }
        statistics.dials = counters.dials.load(ordering: .relaxed)
        statistics.failedDials = counters.failedDials.load(ordering: .relaxed)
        statistics.lostConnections = counters.lostConnections.load(ordering: .relaxed)
        statistics.timeouts = counters.timeouts.load(ordering: .relaxed)
        statistics.overloaded = counters.overloaded.load(ordering: .relaxed)
        statistics.droppedMessages = counters.droppedMessages.load(ordering: .relaxed)
        return statistics
    }

    /// The connection of the caller's event loop, or else the next in turn.
    var link: RedisLink {
        if let loop = MultiThreadedEventLoopGroup.currentEventLoop, let own = byLoop[ObjectIdentifier(loop)] {
            return own
        }
        return links[
            Int(bitPattern: UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).oldValue) % UInt(links.count))]
    }
}
