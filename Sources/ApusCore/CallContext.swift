// SPDX-License-Identifier: Apache-2.0

/// What travels with a call through every layer, service and queue: when it must be done, and under which names it is
/// known.
///
/// Small and copied. A layer may narrow the deadline, never widen it.
public struct CallContext: Sendable {
    /// The task-local context of the request being handled; what a client call inherits unless it is given another.
    @TaskLocal public static var current: CallContext?

    /// The deadline of ``current``, without a copy of the rest.
    public static var currentDeadline: Instant? { current?.deadline }

    // Not out of line: layers change it for each call and attempt, and must not allocate for that.

    /// When the answer is of no more use; nil for never.
    public var deadline: Instant?
    /// The attempt that this is: 1 for the first.
    public var attempt: UInt8
    /// The name of the request through all services; nil if it has none yet.
    public var requestID: RequestID?
    /// The span that calls made from here are children of; nil if nothing is traced.
    public var trace: TraceContext?

    public init(
        deadline: Instant? = nil, attempt: UInt8 = 1, requestID: RequestID? = nil, trace: TraceContext? = nil
    ) {
        self.deadline = deadline
        self.attempt = attempt
        self.requestID = requestID
        self.trace = trace
    }

    /// A copy whose deadline is the earlier of its own and `deadline`.
    public func narrowed(to deadline: Instant) -> CallContext {
        var copy = self
        copy.deadline = self.deadline.map { min($0, deadline) } ?? deadline
        return copy
    }

    /// How much time is left at `now`; nil without a deadline, never negative.
    public func remaining(at now: Instant) -> Duration? {
        deadline.map { max(.zero, now.duration(to: $0)) }
    }
}
