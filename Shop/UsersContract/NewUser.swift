// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// What a user is made from.
public struct NewUser: Described, Hashable {
    public let name: String
    public let email: String

    public init(name: String, email: String) {
        self.name = name
        self.email = email
    }

    public static let schema = Schema<NewUser> {
        Field("name", \.name, .length(1...100), .notBlank)
        Field("email", \.email, .email, .length(3...254), note: "Unique among the users, whatever its case.")
    }
}
