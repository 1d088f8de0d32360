// SPDX-License-Identifier: Apache-2.0

/// What a pool's driver has to do.
public enum PoolAction: Sendable, Hashable {
    /// Open a connection, then call `dialSucceeded` or `dialFailed`.
    case dial(ConnectionID)
    /// Close a connection; it isn't in the pool any more.
    case close(ConnectionID)
    /// Reset a connection, then call `resetFinished`.
    case reset(ConnectionID)
    /// Hand a connection to a waiter.
    case serve(WaiterID, PoolLease)
    /// Tell a waiter that it gets none.
    case refuse(WaiterID, PoolRefusal)
    /// Report that a connection has been in use for suspiciously long.
    case leaked(CallSite, held: Duration)
}

/// Why a caller gets no connection.
public enum PoolRefusal: Sendable, Hashable {
    /// The pool is closed.
    case closed
    /// As many wait as may.
    case full
    /// The caller's own deadline passed.
    case deadline
    /// None became free within the pool's acquire timeout, or the server couldn't be reached for so long.
    case timeout
    /// The server refused for a reason that another try won't mend.
    case unreachable
}

/// The answer to someone who wants a connection.
public enum Acquisition: Sendable, Hashable {
    case leased(PoolLease)
    /// A `serve` or `refuse` will follow.
    case waiting
    case refused(PoolRefusal)
}
