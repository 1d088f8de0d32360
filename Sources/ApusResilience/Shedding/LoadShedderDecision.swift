// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The answer of a load shedder to one request.
public enum LoadShedderDecision: Sendable, Hashable {
    case admitted
    case rejected(LoadShedderRejection)
}

/// Why a request is shed, and when to return.
public struct LoadShedderRejection: Sendable, Hashable {
    /// What can be the matter.
    public enum Reason: UInt8, Sendable, Hashable, CaseIterable {
        /// Requests have queued for longer than the target: those of this priority are let through in part or not at all.
        case queueingDelay
        /// So many requests wait already that this one would be started too late.
        case queueLength
        /// The CPU is used above the target.
        case cpu
        /// As many requests as may are in flight.
        case inFlight
    }

    /// What was the matter.
    public let reason: Reason
    /// When it is worth to return: longer the more is offered, up to a half more by chance. 1 s to 45 s.
    public let retryAfter: Duration

    /// The failure of a call that is shed.
    var failure: CallFailure {
        let message: String
        switch reason {
        case .queueingDelay: message = "overloaded: requests queue for too long"
        case .queueLength: message = "overloaded: too many requests wait to be started"
        case .cpu: message = "overloaded: the CPU is used up"
        case .inFlight: message = "overloaded: too many requests are in flight"
        }
        return CallFailure(
            .overloaded, message, stage: .admission, retryAfter: retryAfter, mayHaveReachedPeer: false)
    }
}
