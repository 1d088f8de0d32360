// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// Where NATS is and what a client may take of time and memory.
public struct NATSConfiguration: Sendable {
    /// Where its servers listen, tried in turn. 1 to 32.
    public var endpoints: [NATSEndpoint]
    /// Who the client is; nil doesn't authenticate.
    public var credentials: NATSCredentials?
    /// TLS; nil is without.
    public var tls: NATSTLS?
    /// What the server shows in its list of connections. Default `apus`, 1 to 64 printable ASCII characters.
    public var name = "apus"
    /// How long a request may take, its wait for the connection included, unless its caller gives a deadline.
    /// Default 2 s, 1 ms to 1 h.
    public var requestTimeout = Duration.seconds(2)
    /// How long connecting may take. Default 2 s, 10 ms to 1 min.
    public var connectTimeout = Duration.seconds(2)
    /// Requests without an answer yet; one more is refused with `overloaded`. Default 16,384, 1 to 1,000,000.
    public var maximumPending = 16_384
    /// Bytes of those requests. A single larger one is refused. Default 64 MiB, 1 KiB to 1 GiB.
    public var maximumPendingBytes = 64 << 20
    /// How often the server is asked for a sign of life; when two in a row stay without one the connection is given
    /// up. Default 5 s, 10 ms to 1 h.
    public var heartbeat = Duration.seconds(5)
    /// The wait before connecting again. Default 50 ms growing to 5 s, full jitter.
    public var backoff = Backoff(base: .milliseconds(50), maximum: .seconds(5), factor: 2, jitter: .full)
    /// What jitter and names of inboxes are drawn from; nil for a seed of the system. Two clients of one server must not
    /// share a seed.
    public var seed: UInt64?

    public init(endpoints: [NATSEndpoint], credentials: NATSCredentials? = nil, tls: NATSTLS? = nil) {
        self.endpoints = endpoints
        self.credentials = credentials
        self.tls = tls
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(NATSLibrary.isAvailable, "traits", "this build is without the package trait NATS")
        problems.require((1...32).contains(endpoints.count), "endpoints", "must be 1 to 32, are \(endpoints.count)")
        for endpoint in endpoints {
            problems.require(
                !endpoint.host.isEmpty && !endpoint.host.utf8.contains(0), "endpoints", "each needs a host")
            problems.check("endpoints.port", endpoint.port, in: 1...65_535)
        }
        if let credentials {
            problems.require(
                credentials.user != "" && !credentials.secret.isEmpty && !credentials.secret.utf8.contains(0),
                "credentials", "need a user and a password, or a token")
        }
        if let tls {
            problems.require(
                (tls.certificateFile == nil) == (tls.privateKeyFile == nil), "tls",
                "a certificate needs its private key, and the key its certificate")
        }
        problems.require(
            (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "name",
            "must have 1 to 64 printable ASCII characters")
        problems.check("requestTimeout", requestTimeout, in: .milliseconds(1) ... .seconds(3_600))
        problems.check("connectTimeout", connectTimeout, in: .milliseconds(10) ... .seconds(60))
        problems.check("maximumPending", maximumPending, in: 1...1_000_000)
        problems.check("maximumPendingBytes", maximumPendingBytes, in: 1 << 10...1 << 30)
        problems.check("heartbeat", heartbeat, in: .milliseconds(10) ... .seconds(3_600))
        problems += backoff.validate().map { ConfigurationProblem("backoff.\($0.key)", $0.message) }
        return problems
    }
}

extension NATSConfiguration: CustomStringConvertible {
    /// The address without its secret.
    public var description: String {
        let hosts = endpoints.map(\.description).joined(separator: ",")
        return "\(tls == nil ? "nats" : "tls")://\(credentials.map { "\($0)@" } ?? "")\(hosts)"
    }
}

extension [ConfigurationProblem] {
    /// Notes a problem of `key` if a value is out of its range.
    mutating func check<Value: Comparable>(_ key: String, _ value: Value, in range: ClosedRange<Value>) {
        require(
            range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }
}
