// SPDX-License-Identifier: Apache-2.0

/// The name of a connection in its pool, never used twice.
public struct ConnectionID: Sendable, Hashable {
    let number: UInt64
    /// Where the pool keeps it; used again by later connections.
    let slot: Int
}

/// The name of a caller that waits.
public struct WaiterID: Sendable, Hashable {
    let number: UInt64
}

/// The right to use a connection until it is released. Its generation makes a second release, or a late one, do nothing.
public struct PoolLease: Sendable, Hashable {
    /// The connection.
    public let connection: ConnectionID
    let generation: UInt64
    /// Whether it was idle for so long that it is to be asked first whether it still looks alive.
    public let wasIdle: Bool
    /// Whether it was idle for so long that it is to be validated first.
    public let needsValidation: Bool
}

/// How a connection comes back.
public enum ReleaseCondition: Sendable, Hashable {
    /// Ready for the next.
    case clean
    /// In a transaction, or in the middle of a statement that was given up: to be reset or closed.
    case dirty
    /// Unusable: to be closed.
    case broken
}
