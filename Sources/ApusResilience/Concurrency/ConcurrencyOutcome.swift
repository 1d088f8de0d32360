// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What the end of a call says about how much its peer can take.
public enum ConcurrencyOutcome: Sendable, Hashable {
    /// It was answered: its latency counts.
    case answered
    /// It was lost to overload: it ran out of time, or the peer refused it for being busy. The limit falls.
    case dropped
    /// Nothing: it was cancelled, or failed for a reason that has nothing to do with load and at a speed that would be
    /// taken for a fast answer.
    case ignored

    /// What `failure` says.
    public init(_ failure: CallFailure) {
        switch failure.code {
        case .deadlineExceeded where failure.stage != .admission: self = .dropped
        case .overloaded where failure.stage != .admission: self = .dropped
        case .unexpectedStatus:
            switch failure.status {
            case 429, 503, 504: self = .dropped
            case .some(let status) where status < 500: self = .answered
            default: self = .ignored
            }
        default: self = .ignored
        }
    }
}
