// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// Why a request is refused for there being too many. The raw value is what metrics show.
public enum ShedReason: String, Sendable, CaseIterable {
    /// The event loop is late.
    case queueingDelay = "queueing_delay"
    case queueLength = "queue_length"
    case cpu
    /// The event loop has as many requests as it may.
    case inFlight = "in_flight"
    /// The service has as many requests as `maxRequests` allows.
    case maxRequests = "max_requests"
    /// The service has as many requests as its latencies allow.
    case adaptive

    /// The same reason as a load shedder names it.
    public init(_ reason: LoadShedderRejection.Reason) {
        self =
            switch reason {
            case .queueingDelay: .queueingDelay
            case .queueLength: .queueLength
            case .cpu: .cpu
            case .inFlight: .inFlight
            }
    }

    /// What the client is told.
    private var message: String {
        switch self {
        case .queueingDelay, .queueLength: "requests wait for too long"
        case .cpu: "the CPU is used up"
        case .inFlight: "too many requests are in flight"
        case .maxRequests: "the service has as many requests as it may have"
        case .adaptive: "the service has as many requests as it can take"
        }
    }

    /// The failure of a request that is refused for it.
    ///
    /// - Parameter retryAfter: when it is worth to return, if that is known.
    public func failure(retryAfter: Duration?) -> CallFailure {
        CallFailure(.overloaded, message, stage: .admission, retryAfter: retryAfter, mayHaveReachedPeer: false)
    }
}
