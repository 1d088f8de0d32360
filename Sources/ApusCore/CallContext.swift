// SPDX-License-Identifier: Apache-2.0

/// What travels with a call through every layer, service and queue: when it must be done, and under which names it is
/// known.
///
/// Small and copied. A layer may narrow the deadline, never widen it.
public struct CallContext: Sendable {
    /// The task-local context of the request being handled; what a client call inherits unless it is given another.
    @TaskLocal public static var current: CallContext?

    /// The deadline of ``current``.
    public static var currentDeadline: Instant? { current?.deadline }

    private struct Fields: Sendable {
        var deadline: Instant?
        var attempt: UInt8
        var requestID: RequestID?
        var trace: TraceContext?
    }

    private var fields: OutOfLine<Fields>

    /// When the answer is of no more use; nil for never.
    public var deadline: Instant? {
        get { fields.value.deadline }
        set { fields.value.deadline = newValue }
    }
    /// The attempt that this is: 1 for the first.
    public var attempt: UInt8 {
        get { fields.value.attempt }
        set { fields.value.attempt = newValue }
    }
    /// The name of the request through all services; nil if it has none yet.
    public var requestID: RequestID? {
        get { fields.value.requestID }
        set { fields.value.requestID = newValue }
    }
    /// The span that calls made from here are children of; nil if nothing is traced.
    public var trace: TraceContext? {
        get { fields.value.trace }
        set { fields.value.trace = newValue }
    }

    public init(
        deadline: Instant? = nil, attempt: UInt8 = 1, requestID: RequestID? = nil, trace: TraceContext? = nil
    ) {
        fields = OutOfLine(Fields(deadline: deadline, attempt: attempt, requestID: requestID, trace: trace))
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
