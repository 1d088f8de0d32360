// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// Where Redis is and what a client may take of time and memory.
public struct RedisConfiguration: Sendable {
    /// Where the server listens.
    public var endpoint: RedisEndpoint
    /// Who the client is; nil doesn't authenticate.
    public var credentials: RedisCredentials?
    /// TLS; nil is without.
    public var tls: RedisTLS?
    /// The number of the database. Default 0, 0 to 65,535.
    public var database = 0
    /// How long a command may take, its wait for a connection included, unless its caller gives a deadline. Default 1 s,
    /// 1 ms to 1 h.
    public var commandTimeout = Duration.seconds(1)
    /// How long connecting may take: name, TCP, TLS and authentication. Default 2 s, 10 ms to 1 min.
    public var connectTimeout = Duration.seconds(2)
    /// Connections of a client; nil for one on each event loop. Default nil, 1 to 1,024.
    public var connections: Int?
    /// Connections that ``RedisClient/withConnection(_:)`` may have open at the same time. Default 64, 1 to 10,000.
    public var maximumDedicated = 64
    /// Commands on one connection that wait for their reply or to be sent; one more is refused with `overloaded`.
    /// Default 16,384, 1 to 1,000,000.
    public var maximumPending = 16_384
    /// Bytes of those commands. A single larger command is refused. Default 64 MiB, 1 KiB to 1 GiB.
    public var maximumPendingBytes = 64 << 20
    /// The largest reply, in bytes. A larger one ends the connection. Default 64 MiB, 1 KiB to 1 GiB.
    public var maximumReplyBytes = 64 << 20
    /// The most elements of an array in a reply. Default 1,000,000, 16 to 16,000,000.
    public var maximumReplyElements = 1_000_000
    /// A connection on which commands wait and nothing has come for so long is given up. Default 5 s, 10 ms to 1 h.
    /// A command with a longer deadline of its own on a dedicated connection (`XREADGROUP BLOCK`) is waited for.
    public var unresponsiveTimeout = Duration.seconds(5)
    /// The wait before connecting again. Default 50 ms growing to 5 s, full jitter.
    public var backoff = Backoff(base: .milliseconds(50), maximum: .seconds(5), factor: 2, jitter: .full)
    /// How often a subscribing connection is asked for a sign of life; without an answer until the next time it is
    /// given up. Default 5 s, 10 ms to 1 h.
    public var heartbeat = Duration.seconds(5)
    /// Messages that wait for one subscriber; what comes on top is dropped, and the subscriber is told. Default 1,024,
    /// 1 to 1,000,000.
    public var subscriberBuffer = 1_024
    /// What the jitter is drawn from; nil for a seed of the system.
    public var seed: UInt64?

    public init(
        endpoint: RedisEndpoint, credentials: RedisCredentials? = nil, tls: RedisTLS? = nil, database: Int = 0
    ) {
        self.endpoint = endpoint
        self.credentials = credentials
        self.tls = tls
        self.database = database
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(ReplyReader.isAvailable, "traits", "this build is without the package trait Redis")
        if case .tcp(let host, let port) = endpoint {
            problems.require(!host.isEmpty, "endpoint", "needs a host")
            problems.require((1...65_535).contains(port), "endpoint", "the port must be from 1 to 65535, is \(port)")
        }
        if case .unix(let path) = endpoint {
            problems.require(
                !path.isEmpty && path.utf8.count <= 100, "endpoint",
                "the path of the socket must have 1 to 100 bytes, has \(path.utf8.count)")
            problems.require(tls == nil, "tls", "is not for Unix sockets")
        }
        if let tls {
            problems.require(
                (tls.certificateFile == nil) == (tls.privateKeyFile == nil), "tls",
                "a certificate needs its private key, and the key its certificate")
        }
        problems.check("database", database, in: 0...65_535)
        problems.check("connections", connections ?? 1, in: 1...1_024)
        problems.check("maximumDedicated", maximumDedicated, in: 1...10_000)
        problems.check("maximumPending", maximumPending, in: 1...1_000_000)
        problems.check("maximumPendingBytes", maximumPendingBytes, in: 1 << 10...1 << 30)
        problems.check("maximumReplyBytes", maximumReplyBytes, in: 1 << 10...1 << 30)
        problems.check("maximumReplyElements", maximumReplyElements, in: 16...16_000_000)
        problems.check("subscriberBuffer", subscriberBuffer, in: 1...1_000_000)
        problems.check("commandTimeout", commandTimeout, in: .milliseconds(1) ... .seconds(3_600))
        problems.check("connectTimeout", connectTimeout, in: .milliseconds(10) ... .seconds(60))
        problems.check("unresponsiveTimeout", unresponsiveTimeout, in: .milliseconds(10) ... .seconds(3_600))
        problems.check("heartbeat", heartbeat, in: .milliseconds(10) ... .seconds(3_600))
        problems += backoff.validate().map { ConfigurationProblem("backoff.\($0.key)", $0.message) }
        return problems
    }
}

extension RedisConfiguration: CustomStringConvertible {
    /// The address without the password.
    public var description: String {
        let scheme = if case .unix = endpoint { "redis+unix" } else { tls == nil ? "redis" : "rediss" }
        return "\(scheme)://\(credentials.map { "\($0)@" } ?? "")\(endpoint)/\(database)"
    }
}

extension [ConfigurationProblem] {
    /// Notes a problem of `key` if a value is out of its range.
    mutating func check<Value: Comparable>(_ key: String, _ value: Value, in range: ClosedRange<Value>) {
        require(
            range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }
}
