// SPDX-License-Identifier: Apache-2.0

/// Where a server listens, what it accepts, and how long it waits.
public struct HTTPServerConfiguration: Sendable {
    /// Default `127.0.0.1:8080`.
    public var address: BindAddress
    /// TLS; nil for plain HTTP.
    public var tls: ServerTLS?

    /// Limits on heads and trailers, each answered with 414 or 431.
    public var headLimits = HeadLimits()
    /// Bytes of one request body; more is answered with 413. Default nil, no limit: a body that streams through holds no
    /// memory, and whoever collects one gives a limit of its own.
    public var maximumBodyBytes: Int?
    /// Connections at the same time; one more is answered with 503 and closed. Default 20,000.
    public var maximumConnections = 20_000
    /// Requests on one connection before it is closed. Default nil, no limit.
    public var maximumRequestsPerConnection: Int?

    /// From the first byte of a head to its end, however steadily it drips. Default 10 s; answered with 408.
    public var headTimeout = Duration.seconds(10)
    /// The time in which a body must make ``minimumBodyProgress``. Default 30 s; answered with 408.
    public var bodyTimeout = Duration.seconds(30)
    /// Bytes of a body that must arrive in each ``bodyTimeout``, unless the body ends. Default 1 KiB.
    public var minimumBodyProgress = 1024
    /// The time in which a client must take some bytes of a response that waits for it. Default 30 s.
    public var writeTimeout = Duration.seconds(30)
    /// How long a connection without a request stays open. Default 75 s.
    public var idleTimeout = Duration.seconds(75)
    /// Connections that wait to be accepted (`listen(2)`). Default 1,024.
    public var backlog: Int32 = 1024

    /// The defaults, with another address or TLS.
    public init(address: BindAddress = .tcp(host: "127.0.0.1", port: 8080), tls: ServerTLS? = nil) {
        self.address = address
        self.tls = tls
    }

    /// Every problem of the values, with the name of the property; empty if there is none.
    public func problems() -> [String] {
        var problems: [String] = []
        func check(_ holds: Bool, _ text: String) { if !holds { problems.append(text) } }
        check(headLimits.targetBytes >= 64, "headLimits.targetBytes is \(headLimits.targetBytes); expected at least 64")
        check(headLimits.headBytes >= 256, "headLimits.headBytes is \(headLimits.headBytes); expected at least 256")
        check(headLimits.headBytes <= 16 << 20, "headLimits.headBytes is above 16 MiB")
        check(headLimits.fieldCount >= 1, "headLimits.fieldCount is \(headLimits.fieldCount); expected at least 1")
        check((maximumBodyBytes ?? 0) >= 0, "maximumBodyBytes is negative")
        check(maximumConnections >= 1, "maximumConnections is \(maximumConnections); expected at least 1")
        check((maximumRequestsPerConnection ?? 1) >= 1, "maximumRequestsPerConnection is below 1")
        check(headTimeout > .zero, "headTimeout is not positive")
        check(bodyTimeout > .zero, "bodyTimeout is not positive")
        check(minimumBodyProgress >= 1, "minimumBodyProgress is below 1")
        check(writeTimeout > .zero, "writeTimeout is not positive")
        check(idleTimeout > .zero, "idleTimeout is not positive")
        check(backlog >= 1, "backlog is below 1")
        return problems
    }
}
