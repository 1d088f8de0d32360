// SPDX-License-Identifier: Apache-2.0
import ApusContract

/// The service that is measured by `service get`, and called by `call get`.
enum BenchAPI: Contract {
    static let name = "users"
    static let version = "1.0.0"
    static var operations: [AnyOperation] { getUser }

    static let getUser = Operation(
        .get, "/v1/users/{id}", name: "getUser", parameters: Reference.self, output: User.self, errors: [.notFound])

    struct Reference: Described {
        let id: Int

        static let schema = Schema<Reference> { Field("id", \.id) }
    }

    struct User: Described {
        let id: Int
        let name: String
        let email: String

        static let schema = Schema<User> {
            Field("id", \.id)
            Field("name", \.name)
            Field("email", \.email)
        }
    }
}
