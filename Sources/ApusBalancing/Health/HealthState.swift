// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What active health checks say of an instance, with hysteresis: one bad or good check between others changes nothing.
///
/// The first check decides alone, either way: nothing is known that it could contradict. From then on it takes the
/// number of checks in a row that ``HealthThresholds`` say. Reads no clock: events and the time go in, changes come
/// out.
public struct HealthState: Sendable, Hashable {
    /// What is believed of the instance.
    public enum Status: Sendable, Hashable {
        /// Not checked yet. Such an instance is used.
        case unknown
        case healthy
        case unhealthy
    }

    /// A change of status.
    public struct Transition: Sendable, Hashable {
        /// The status before.
        public let from: Status
        /// The status from now on.
        public let to: Status
        /// When the check that decided it ended.
        public let at: Instant
    }

    /// How many checks in a row a change takes.
    public let thresholds: HealthThresholds
    /// What is believed of the instance.
    public private(set) var status = Status.unknown
    /// Since when the status holds.
    public private(set) var since: Instant
    /// When the last check ended; nil before the first.
    public private(set) var lastCheck: Instant?
    /// Checks in a row that contradict the status.
    public private(set) var contrary = 0

    /// - Parameters:
    ///   - thresholds: valid ones.
    ///   - now: the time.
    /// - Throws: ``InvalidConfiguration`` with every problem of `thresholds`.
    public init(_ thresholds: HealthThresholds = .init(), now: Instant) throws(InvalidConfiguration) {
        let problems = thresholds.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.thresholds = thresholds
        since = now
    }

    /// Takes the result of a check.
    ///
    /// - Returns: the change of status that it caused, if it did.
    public mutating func record(passed: Bool, now: Instant) -> Transition? {
        lastCheck = now
        let reported: Status = passed ? .healthy : .unhealthy
        guard reported != status else {
            contrary = 0
            return nil
        }
        contrary += 1
        let needed =
            switch status {
            case .unknown: 1
            case .healthy: thresholds.unhealthyAfter
            case .unhealthy: thresholds.healthyAfter
            }
        guard contrary >= needed else { return nil }
        let transition = Transition(from: status, to: reported, at: now)
        status = reported
        since = now
        contrary = 0
        return transition
    }
}
