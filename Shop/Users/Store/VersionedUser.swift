// SPDX-License-Identifier: Apache-2.0
import ApusContract
import UsersContract

/// A user, and the number of the state that it is in: what the database and the cache hold.
struct VersionedUser: Codable, Sendable {
    let user: User
    /// Counts the changes from 1 on.
    let version: Int

    var etag: EntityTag { EntityTag(version: version) }
}
