// SPDX-License-Identifier: Apache-2.0

/// The inboxes of pulls: a value without I/O.
///
/// What a consumer delivers bears the subject that it was published to, so the subscription alone says which pull it
/// answers. Subscribing for each would cost as much as the pull itself; so an inbox serves one pull of a consumer after
/// the other. One whose pull ended before the server had said its last word is given up: the server sees by it that nobody
/// waits there any more.
struct InboxPool: Sendable {
    /// Idle ones that are kept for each consumer.
    static let maximumIdle = 4

    private var idle: [String: [UInt64]] = [:]
    private var requests: [UInt64: UInt64] = [:]
    private var last: UInt64 = 0

    /// The inbox for a request to `subject`, and whether it is a new one that must be listened to.
    mutating func take(for subject: String, request: UInt64) -> (inbox: UInt64, isNew: Bool) {
        if let inbox = idle[subject]?.popLast() {
            requests[inbox] = request
            return (inbox, false)
        }
        last += 1
        requests[last] = request
        return (last, true)
    }

    /// The request that an inbox serves now.
    func request(of inbox: UInt64) -> UInt64? { requests[inbox] }

    /// The request has ended; true if the inbox is to be given up.
    mutating func release(_ inbox: UInt64, of subject: String, isComplete: Bool) -> Bool {
        requests[inbox] = nil
        guard isComplete, idle[subject, default: []].count < Self.maximumIdle else { return true }
        idle[subject, default: []].append(inbox)
        return false
    }

    /// The connection with all its subscriptions is gone.
    mutating func lost() {
        idle = [:]
    }
}
