// SPDX-License-Identifier: Apache-2.0

/// What holds for every operation of a service.
public struct ServiceConfiguration: Sendable, Hashable {
    /// Bytes of a request's body; more is answered with 413. Default 1 MiB.
    public var maximumBodyBytes = 1 << 20
    /// The deadline of a request whose caller sets none (`Apus-Timeout-Ms`), and the latest for one that does. Calls to
    /// other services end by then, and a request for an operation that has no answer is answered with 504. A route beside
    /// the contract may take longer, unless its caller sets a deadline. Default 30 s.
    public var timeout = Duration.seconds(30)
    /// Whether each answered request is logged, at level info; health checks and metrics at debug. Default true.
    public var logsAccess = true

    /// Whether requests are refused, those of the least priority first, when the event loops are late: see
    /// ``ServiceBuilder``. Default true.
    public var shedsLoad = true

    public init() {}

    /// Every problem of the values, with the name of the property; empty if there is none.
    public func problems() -> [String] {
        var problems: [String] = []
        if maximumBodyBytes < 0 { problems.append("maximumBodyBytes is negative") }
        if timeout <= .zero { problems.append("timeout is not positive") }
        return problems
    }
}
