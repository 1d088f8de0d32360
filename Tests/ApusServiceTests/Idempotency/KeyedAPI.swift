// SPDX-License-Identifier: Apache-2.0
import ApusContract

/// Operations with idempotency keys.
enum KeyedAPI: Contract {
    static let name = "keyed"
    static let version = "1.0.0"
    static var operations: [AnyOperation] {
        write
        send
    }

    static let taken = DeclaredError(409, "title_taken", "Title taken")
    static let forbiddenWord = DeclaredError(422, "forbidden_word", "Forbidden word")

    /// Stores a note; the key is optional.
    static let write = Operation(
        .post, "/v1/notes", name: "write", body: NewNote.self, output: Note.self, status: 201,
        errors: [taken, forbiddenWord, .idempotencyKeyReused, .idempotencyKeyInUse], idempotency: .key(required: false))
    /// Does something elsewhere; the key is required.
    static let send = Operation(
        .post, "/v1/letters", name: "send", body: NewNote.self, output: Note.self,
        errors: [taken, .idempotencyKeyReused, .idempotencyKeyInUse], idempotency: .key(required: true))
}
