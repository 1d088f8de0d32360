// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A migration that a database remembers to have run.
public struct MigrationRecord: Sendable, Hashable {
    /// As when it ran: name, checksum, and when.
    public let name: String
    public let checksum: String
    public let applied: Date
}
