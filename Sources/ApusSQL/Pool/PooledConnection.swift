// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A connection that a ``ConnectionPool`` keeps. Whoever has the lease, or the pool itself, is the only one to use it.
public protocol PooledConnection: AnyObject, Sendable {
    /// How it comes back when its lease ends now.
    var condition: ReleaseCondition { get }
    /// Whether it looks alive, without asking the server and without suspending: asked before it is handed out, unless it
    /// has just served another.
    var looksAlive: Bool { get }
    /// Asks the server; false if it doesn't answer until `deadline`.
    func validate(until deadline: Instant) async -> Bool
    /// Brings it to a clean state; false if that isn't possible until `deadline`.
    func reset(until deadline: Instant) async -> Bool
    /// Closes it. Called once, and nothing is called afterwards.
    func close()
}

/// A connection and the right to use it. To be given back once, with ``ConnectionPool/giveBack(_:)``.
public struct PoolLoan: Sendable {
    /// What was lent: one that the pool's `dial` opened.
    public let connection: any PooledConnection
    let lease: PoolLease
}

/// Why a connection couldn't be opened.
public struct DialFailure: Error, Sendable {
    /// What callers are told.
    public var error: DatabaseError
    /// Whether another try with the same settings can't help, such as after a wrong password.
    public var isPermanent: Bool

    public init(_ error: DatabaseError, isPermanent: Bool) {
        self.error = error
        self.isPermanent = isPermanent
    }
}

/// Something about a pool that a person may want to read in a log.
public enum PoolEvent: Sendable {
    case dialFailed(DatabaseError)
    /// A connection has been in use for longer than the configuration's `leakAfter`.
    case leaked(CallSite, held: Duration)
    /// All connections are replaced since the server refuses to write.
    case evicted
}

/// How a pool does, for a health check.
public enum PoolHealth: Sendable, Hashable {
    case up
    /// Callers wait although every connection that may be open is.
    case saturated
    /// The server can't be reached; what the last try said.
    case down(String)
}
