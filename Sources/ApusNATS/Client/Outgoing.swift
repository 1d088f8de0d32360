// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// What the link's thread is to hand to libnats.
enum Outgoing: Sendable {
    case publish(Publication)
    /// Listens to an inbox.
    case listen(UInt64)
    case stopListening(UInt64)
}

/// A message on its way out.
struct Publication: Sendable {
    /// The request that waits for an answer; nil if nobody does.
    var request: UInt64?
    var subject: String
    var reply: String?
    var headers: [NATSHeader]
    var data: [UInt8]
    /// Not to be sent at this instant or later.
    var notAfter: Instant?

    /// What it counts for in the limits.
    var size: Int {
        subject.utf8.count + data.count + headers.reduce(64) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }
}
