// SPDX-License-Identifier: Apache-2.0
internal import ApusContract

/// What the queue remembers of a message that comes again, beside JetStream, which only counts its deliveries.
struct DeliveryNote: Sendable, Hashable {
    /// Deliveries that were no attempts.
    var uncounted = 0
    /// What the first attempt that failed threw.
    var firstError: String?
    /// Not to be handled before: microseconds since 1970.
    var notBefore: Int64?

    /// The longest error that is kept, in bytes.
    static let maximumError = 4_096

    init() {}

    /// Nil if it isn't what ``bytes`` writes.
    init?(_ bytes: [UInt8]) {
        guard let document = JSONValue.parsed(bytes), case .object = document else { return nil }
        uncounted = document["uncounted"]?.number ?? 0
        firstError = document["first_error"]?.text
        notBefore = document["not_before"]?.number.map(Int64.init)
    }

    var bytes: [UInt8] {
        var members: [JSONValue.Member] = [.init("uncounted", .integer(uncounted))]
        if let firstError { members.append(.init("first_error", .string(Self.clipped(firstError)))) }
        if let notBefore { members.append(.init("not_before", .integer(Int(notBefore)))) }
        return JSONValue.object(members).bytes
    }

    /// An error no longer than is kept.
    static func clipped(_ error: String) -> String {
        error.utf8.count <= maximumError ? error : String(decoding: error.utf8.prefix(maximumError), as: UTF8.self)
    }
}
