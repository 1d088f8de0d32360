// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Who is told to end, and until when: callers before those they call, all within one time.
///
/// The gateway goes first, so that nothing new comes in; then the services, whose deregistration and last calls still
/// find a registry; then the registry. Who is not gone when the next one's turn has come is killed. A part that ends early leaves
/// its time to the others.
public struct StopPlan: Hashable, Sendable {
    /// The parts of a system, in the order in which they end.
    public enum Part: Int, CaseIterable, Sendable {
        case gateway
        case services
        case registry
    }

    /// When everything must be over.
    public let end: Instant
    private let total: Duration

    /// - Parameters:
    ///   - total: How long the whole may take.
    ///   - now: When it begins.
    public init(total: Duration, now: Instant) {
        self.total = total
        end = now.advanced(by: total)
    }

    /// When what is left of `part` is killed: the gateway after half of the time, the services after nine tenths.
    public func deadline(of part: Part) -> Instant {
        switch part {
        case .gateway: end.advanced(by: total / -2)
        case .services: end.advanced(by: total / -10)
        case .registry: end
        }
    }

    /// What a part may take by itself, as its `DRAIN_TIMEOUT`: a little less than until it would be killed, counted from
    /// the end of the part before it at the latest.
    public static func drainTimeout(of part: Part, total: Duration) -> Duration {
        switch part {
        case .gateway: total * 9 / 20
        case .services: total * 7 / 20
        case .registry: total / 20
        }
    }
}
