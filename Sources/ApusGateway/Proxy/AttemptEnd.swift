// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience

/// What became of an attempt, and what each of the machines that watch it makes of that.
enum AttemptEnd {
    /// The instance answered, and its answer is complete or was given up for another attempt.
    case answered(status: Int, retryAfter: Duration?)
    case failed(CallFailure)
    /// The client went away, sent something wrong, or allowed too little time: nothing is learned of the instance.
    case cancelled

    var call: CallOutcome {
        switch self {
        case .answered(let status, let retryAfter): CallOutcome(status: status, retryAfter: retryAfter)
        case .failed(let failure): CallOutcome(failure)
        case .cancelled: .cancelled
        }
    }

    var outlier: OutlierOutcome {
        switch self {
        case .answered(502...504, _): .gatewayFailure
        case .answered(let status, _): status >= 500 ? .failure : .success
        case .failed(let failure):
            failure.stage == .admission || failure.code == .cancelled
                ? .cancelled
                : failure.code == .unexpectedStatus
                    ? Self.answered(status: failure.status ?? 500, retryAfter: nil).outlier : .gatewayFailure
        case .cancelled: .cancelled
        }
    }

    var concurrency: ConcurrencyOutcome {
        switch self {
        case .answered(429, _), .answered(503...504, _): .dropped
        case .answered(let status, _): status < 500 ? .answered : .ignored
        case .failed(let failure): ConcurrencyOutcome(failure)
        case .cancelled: .ignored
        }
    }
}
