// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// What shall change in a user; nil stays as it is.
public struct UserChanges: Described, Hashable {
    public let name: String?
    public let email: String?

    public init(name: String? = nil, email: String? = nil) {
        self.name = name
        self.email = email
    }

    public static let schema = Schema<UserChanges> {
        Field("name", \.name, .length(1...100), .notBlank)
        Field("email", \.email, .email, .length(3...254))
    }
    .refusingNull()
    .requiring("empty", "must change at least one field") { $0.name != nil || $0.email != nil }
}
