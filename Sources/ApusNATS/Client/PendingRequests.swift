// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// The requests that wait for their answers: a value without clock or I/O.
struct PendingRequests: Sendable {
    typealias Outcome = Result<[NATSMessage], NATSError>

    /// Who gets the answers.
    enum Receiver: Sendable {
        case one(UnsafeContinuation<Outcome, Never>)
        /// One of several that are waited for together.
        case part(RequestBatch, index: Int)

        func resume(_ outcome: Outcome) {
            switch self {
            case .one(let continuation): continuation.resume(returning: outcome)
            case .part(let batch, let index): batch.received(outcome, at: index)
            }
        }
    }

    /// A request that has ended: whoever drives the table resumes it, outside its lock.
    struct Ended: Sendable {
        let id: UInt64
        let receiver: Receiver
        let outcome: Outcome
        let inbox: Inbox?
        /// Whether the server has said its last word.
        let isComplete: Bool
    }

    /// An inbox of a request's own.
    struct Inbox: Sendable {
        let id: UInt64
        /// What the request was sent to.
        let subject: String
    }

    struct Entry: Sendable {
        let receiver: Receiver
        let deadline: Instant
        let bytes: Int
        /// Messages that end it; a status in place of a message ends it before.
        let wanted: Int
        let inbox: Inbox?
        var messages: [NATSMessage] = []
        var wasSent = false
    }

    private(set) var entries: [UInt64: Entry] = [:]
    private(set) var bytes = 0
    /// No request's deadline is before this.
    private(set) var earliest = Instant.distantFuture

    mutating func insert(_ id: UInt64, _ entry: Entry) {
        entries[id] = entry
        bytes += entry.bytes
        earliest = min(earliest, entry.deadline)
    }

    /// It is about to be sent; false if nobody waits any more.
    mutating func sent(_ id: UInt64) -> Bool {
        guard entries[id] != nil else { return false }
        entries[id]?.wasSent = true
        return true
    }

    /// A message came; nil if more are wanted, or if nobody waits for it (`isLate`).
    mutating func received(_ message: NATSMessage, for id: UInt64) -> (ended: Ended?, isLate: Bool) {
        guard let entry = entries[id] else { return (nil, true) }
        if entry.wanted == 1 { return (end(id, .success([message]), isComplete: true), false) }
        if message.status == nil {
            entries[id]?.messages.append(message)
            guard entry.messages.count + 1 == entry.wanted else { return (nil, false) }
        }
        let last = message.status == nil ? [] : [message]
        return (end(id, .success((entries[id]?.messages ?? []) + last), isComplete: true), false)
    }

    /// A request can't be answered any more. One that has got a part of its messages ends with those.
    mutating func fail(_ id: UInt64, _ error: (Entry) -> NATSError) -> Ended? {
        guard let entry = entries[id] else { return nil }
        return end(id, entry.messages.isEmpty ? .failure(error(entry)) : .success(entry.messages))
    }

    /// Those whose deadline has passed.
    mutating func expire(now: Instant) -> [Ended] {
        guard earliest <= now else { return [] }
        let late = entries.filter { $0.value.deadline <= now }.keys
        let ended = late.compactMap { fail($0) { .timeout(wasSent: $0.wasSent) } }
        earliest = entries.values.lazy.map(\.deadline).min() ?? .distantFuture
        return ended
    }

    /// The connection is gone: what was sent has no answer any more, and inboxes that were listened to aren't now.
    mutating func lost() -> [Ended] {
        entries.filter { $0.value.wasSent || $0.value.inbox != nil }.keys.compactMap { fail($0) { _ in .lost } }
    }

    /// Ends all, or those that weren't sent.
    mutating func endAll(unsentOnly: Bool = false, _ error: NATSError) -> [Ended] {
        entries.filter { !unsentOnly || !$0.value.wasSent }.keys.compactMap { id in
            fail(id) { $0.wasSent && !error.mayHaveRun ? .lost : error }
        }
    }

    private mutating func end(_ id: UInt64, _ outcome: Outcome, isComplete: Bool = false) -> Ended? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        bytes -= entry.bytes
        return Ended(
            id: id, receiver: entry.receiver, outcome: outcome, inbox: entry.inbox, isComplete: isComplete)
    }
}
