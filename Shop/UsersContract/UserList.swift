// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// A page of users.
public struct UserList: Described, Hashable {
    public let items: [User]
    /// What to ask the next page with; nil if this is the last.
    public let nextCursor: String?

    public init(items: [User], nextCursor: String? = nil) {
        self.items = items
        self.nextCursor = nextCursor
    }

    public static let schema = Schema<UserList> {
        Field("items", \.items)
        Field("nextCursor", \.nextCursor)
    }
}
