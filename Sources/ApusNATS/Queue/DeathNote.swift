// SPDX-License-Identifier: Apache-2.0
internal import ApusContract

/// What stands beside a dead message: why it is dead.
struct DeathNote: Sendable, Hashable {
    /// The header that holds it, as JSON in one line.
    static let header = "Apus-Death"

    var reason: String
    var attempts: Int
    var firstError: String?
    var lastError: String?
    /// Microseconds since 1970.
    var died: Int64

    init(reason: String, attempts: Int, firstError: String?, lastError: String?, died: Int64) {
        self.reason = reason
        self.attempts = attempts
        self.firstError = firstError
        self.lastError = lastError
        self.died = died
    }

    /// Nil if it isn't what ``text`` writes.
    init?(_ text: String) {
        guard let document = JSONValue.parsed(text.utf8), let reason = document["reason"]?.text,
            let attempts = document["attempts"]?.number, let died = document["died"]?.number
        else { return nil }
        self.init(
            reason: reason, attempts: attempts, firstError: document["first_error"]?.text,
            lastError: document["last_error"]?.text, died: Int64(died))
    }

    var text: String {
        var members: [JSONValue.Member] = [
            .init("reason", .string(reason)), .init("attempts", .integer(attempts)), .init("died", .integer(Int(died))),
        ]
        if let firstError { members.append(.init("first_error", .string(DeliveryNote.clipped(firstError)))) }
        if let lastError { members.append(.init("last_error", .string(DeliveryNote.clipped(lastError)))) }
        return String(decoding: JSONValue.object(members).bytes, as: UTF8.self)
    }
}
