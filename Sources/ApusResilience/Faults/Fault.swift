// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What is done to one call.
public enum Fault: Sendable, Hashable {
    /// It begins so much later.
    case latency(Duration)
    /// It fails, without being made.
    case abort(FaultAbort)
    /// Its connection is lost after it was sent: whether it took place is unknown.
    case droppedConnection
    /// Its body comes at so many bytes a second.
    case slowBody(bytesPerSecond: Int)
}

/// How a call fails that is aborted.
public struct FaultAbort: Sendable, Hashable {
    /// The code of the failure. Default ``CallFailure/Code/unexpectedStatus``.
    public var code: CallFailure.Code
    /// The status that a server answers, or that a peer seems to have answered. Default 503, 400 to 599; nil if the code has
    /// none.
    public var status: Int?

    public init(code: CallFailure.Code = .unexpectedStatus, status: Int? = 503) {
        self.code = code
        self.status = status
    }

    /// The failure of the call.
    @usableFromInline var failure: CallFailure {
        let hasAnswer = code == .unexpectedStatus || code == .invalidResponse
        return CallFailure(
            code, "aborted by an injected fault", stage: hasAnswer ? .response : .connect, status: status,
            mayHaveReachedPeer: hasAnswer)
    }
}

extension Fault {
    /// The failure of a call whose connection is dropped.
    @usableFromInline static let lost = CallFailure(
        .connectionLost, "the connection was dropped by an injected fault", stage: .response, mayHaveReachedPeer: true)
}
