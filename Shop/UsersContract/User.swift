// SPDX-License-Identifier: Apache-2.0
public import ApusContract

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A user as the service answers it.
public struct User: Described, Hashable {
    public let id: Int
    public let name: String
    public let email: String
    public let createdAt: Date

    public init(id: Int, name: String, email: String, createdAt: Date) {
        self.id = id
        self.name = name
        self.email = email
        self.createdAt = createdAt
    }

    public static let schema = Schema<User> {
        Field("id", \.id)
        Field("name", \.name)
        Field("email", \.email)
        Field("createdAt", \.createdAt)
    }
}
