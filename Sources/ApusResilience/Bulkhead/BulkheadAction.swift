// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The name of a caller that waits for a bulkhead: its place, and which of the callers that had this place it is.
public struct BulkheadTicket: Sendable, Hashable {
    let place: Int
    let number: UInt64
}

/// Why a bulkhead refuses a call.
public struct BulkheadRejection: Sendable, Hashable {
    /// What can be the matter.
    public enum Reason: String, Sendable, Hashable {
        /// All calls are taken, and as many wait as may.
        case full
        /// It waited for as long as may be.
        case waited
        /// Its own deadline passed.
        case deadline
    }

    /// What was the matter.
    public let reason: Reason
    /// When a call is likely to be free for one who comes after all that wait now, as the last calls ended; up to a half
    /// is added by chance, so that those who are refused together don't come back together. 1 ms to 45 s.
    public let retryAfter: Duration

    /// The failure of a call that is refused.
    var failure: CallFailure {
        let message: String
        switch reason {
        case .full: message = "as many calls as may are in flight, and as many wait as may"
        case .waited: message = "no call ended in the time that a call may wait"
        case .deadline: message = "the deadline passed before the call had its turn"
        }
        return CallFailure(
            reason == .deadline ? .deadlineExceeded : .overloaded, message, stage: .admission, retryAfter: retryAfter,
            mayHaveReachedPeer: false)
    }
}

/// The answer of a bulkhead to the question whether a call may be made.
public enum BulkheadAdmission: Sendable, Hashable {
    /// It may; to be released once.
    case admitted
    /// Not yet; an action will say more, unless the ticket is cancelled before.
    case waiting(BulkheadTicket)
    case rejected(BulkheadRejection)
}

/// What a bulkhead's driver has to do.
public enum BulkheadAction: Sendable, Hashable {
    /// Tell a waiter that it may make its call; it is in flight from now on, and to be released once.
    case grant(BulkheadTicket)
    /// Tell a waiter that it may not.
    case reject(BulkheadTicket, BulkheadRejection)
}
