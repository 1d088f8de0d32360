// SPDX-License-Identifier: Apache-2.0
import ApusContract

/// The service that is measured by `call get`: asks users, and greets.
enum GreetingsAPI: Contract {
    static let name = "greetings"
    static let version = "1.0.0"
    static var operations: [AnyOperation] { greet }

    static let greet = Operation(
        .get, "/v1/greetings/{id}", name: "greet", parameters: BenchAPI.Reference.self, output: Greeting.self,
        errors: [.notFound])

    struct Greeting: Described {
        let userId: Int
        let text: String

        static let schema = Schema<Greeting> {
            Field("userId", \.userId)
            Field("text", \.text)
        }
    }
}
