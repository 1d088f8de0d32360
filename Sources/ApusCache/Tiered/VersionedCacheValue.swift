// SPDX-License-Identifier: Apache-2.0

/// A value whose shape has changed: what an older version of the program left on the second level, and what a newer one
/// did, is a miss.
///
/// Without this a value is a miss if it can't be decoded, which is enough as long as no field changes its meaning.
public protocol VersionedCacheValue: Codable, Sendable {
    /// Raised with each change of the shape. Values without this have version 0.
    static var cacheVersion: Int { get }
}
