// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What a call says about the health of the peer.
public enum CallOutcome: Sendable, Hashable {
    /// The peer works, even if the answer is an error of the caller (a 404, a 422).
    case success
    /// The peer, or the way to it, does not work.
    case failure
    /// A failure of a peer that says when to come back (`Retry-After`).
    case failureRetryAfter(Duration)
    /// Nothing that should count, by the judgement of who knows the call. A probe is given back.
    case ignored
    /// Neither: the caller gave up, or the call never left this process. Nothing is learned, a probe is given back.
    case cancelled

    /// What `failure` says about the peer.
    ///
    /// - Rejections of this process (stage ``CallFailure/Stage/admission``) and cancellations are neither.
    /// - A status is a failure from 500 on, and 429: a peer that asks for less must not be taken for recovered.
    /// - Everything else (connect, lost connection, deadline, invalid response) is a failure.
    public init(_ failure: CallFailure) {
        if failure.code == .cancelled || failure.stage == .admission {
            self = .cancelled
        } else if failure.code == .unexpectedStatus, let status = failure.status {
            self = CallOutcome(status: status, retryAfter: failure.retryAfter)
        } else {
            self = .failure
        }
    }

    /// What an HTTP status says about the peer: a failure from 500 on, and 429.
    ///
    /// - Parameter retryAfter: what the header of that name said. Counts with 503 and 429.
    @inlinable
    public init(status: Int, retryAfter: Duration? = nil) {
        if let retryAfter, status == 503 || status == 429 {
            self = .failureRetryAfter(retryAfter)
        } else {
            self = status >= 500 || status == 429 ? .failure : .success
        }
    }

    /// Whether it counts as a failure of the peer.
    @inlinable
    public var isFailure: Bool {
        switch self {
        case .failure, .failureRetryAfter: true
        case .success, .ignored, .cancelled: false
        }
    }
}
