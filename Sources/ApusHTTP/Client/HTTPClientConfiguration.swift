// SPDX-License-Identifier: Apache-2.0
/// How connections to an endpoint are made, kept and bounded.
public struct HTTPClientConfiguration: Sendable, Hashable {
    /// TLS for `https` endpoints.
    public var tls = ClientTLS()
    /// The time to make a connection, TLS included. Default 1 s.
    public var connectTimeout = Duration.seconds(1)
    /// Connections to one endpoint from one event loop. Default 256.
    public var maximumConnections = 256
    /// Calls that wait for a connection to one endpoint on one event loop; one more fails with `overloaded`.
    /// Default 1,024.
    public var maximumWaiting = 1024
    /// How long an unused connection is kept. Default 50 s, below what servers usually allow.
    public var idleTimeout = Duration.seconds(50)
    /// The age at which a connection is no longer used, so that names are resolved again. Default 10 min.
    public var maximumAge = Duration.seconds(600)
    /// Limits on the heads of responses.
    public var headLimits = HeadLimits()
    /// The deadline of a call that has none. Default 30 s.
    public var defaultTimeout = Duration.seconds(30)

    public init() {}

    /// Every problem of the values, with the name of the property; empty if there is none.
    public func problems() -> [String] {
        var problems: [String] = []
        func check(_ holds: Bool, _ text: String) { if !holds { problems.append(text) } }
        check(connectTimeout > .zero, "connectTimeout is not positive")
        check(maximumConnections >= 1, "maximumConnections is \(maximumConnections); expected at least 1")
        check(maximumWaiting >= 0, "maximumWaiting is negative")
        check(idleTimeout > .zero, "idleTimeout is not positive")
        check(maximumAge > .zero, "maximumAge is not positive")
        check(defaultTimeout > .zero, "defaultTimeout is not positive")
        return problems
    }
}
