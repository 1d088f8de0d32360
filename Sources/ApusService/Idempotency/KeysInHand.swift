// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

/// The keys that are being worked on in this process: of several requests with one, one asks the database.
struct KeysInHand: Sendable {
    private struct Name: Hashable {
        let scope: String
        let key: String
    }

    private var names: Set<Name> = []

    /// Takes the key of `request`; false if another request has it.
    mutating func take(_ request: IdempotentRequest) -> Bool {
        names.insert(Name(scope: request.scope, key: request.key)).inserted
    }

    /// Gives it back.
    mutating func release(_ request: IdempotentRequest) {
        names.remove(Name(scope: request.scope, key: request.key))
    }
}
