// SPDX-License-Identifier: Apache-2.0

/// A database that keeps a pool of connections, as metrics and health checks see it.
public protocol PooledDatabase: Database {
    /// What the pool holds now and did since it was made.
    var statistics: PoolStatistics { get }
    /// How the pool does.
    var health: PoolHealth { get }
}
