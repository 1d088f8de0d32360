// SPDX-License-Identifier: Apache-2.0

/// What a transaction may see of others.
///
/// SQLite has a single writer and runs every transaction that may write as `serializable`; asking for less gives more.
public enum Isolation: String, Sendable, Hashable, CaseIterable {
    case readCommitted
    case repeatableRead
    case serializable
}
