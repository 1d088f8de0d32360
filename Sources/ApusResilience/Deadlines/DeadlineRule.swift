// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A ``DeadlineConfiguration`` in the units that the hot path works with: contexts and the time go in, narrower contexts
/// come out.
public struct DeadlineRule: Sendable, Hashable {
    @usableFromInline let atMost: Int64
    @usableFromInline let margin: Int64
    @usableFromInline let needed: Int64

    /// - Parameter configuration: one that is not valid is used as it is.
    public init(_ configuration: DeadlineConfiguration) {
        atMost = configuration.atMost.nanoseconds
        margin = configuration.margin.nanoseconds
        needed = configuration.needed.nanoseconds
    }

    /// The context of a call that begins at `now`; nil if that must not be begun, because too little time is left. Its
    /// deadline is never later than the one it had.
    @inlinable
    public func narrow(_ context: CallContext, now: Instant) -> CallContext? {
        let (own, overflow) = now.nanoseconds.addingReportingOverflow(atMost)
        var deadline = overflow ? Int64.max : own
        if let inherited = context.deadline {
            let (kept, underflow) = inherited.nanoseconds.subtractingReportingOverflow(max(0, margin))
            deadline = min(deadline, underflow ? .min : kept)
        }
        let (left, far) = deadline.subtractingReportingOverflow(now.nanoseconds)
        guard deadline > now.nanoseconds, far || left >= needed else { return nil }
        var narrowed = context
        narrowed.deadline = Instant(nanoseconds: deadline)
        return narrowed
    }
}
