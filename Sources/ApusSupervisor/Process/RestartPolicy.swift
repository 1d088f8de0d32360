// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// When a process that ended is started again.
///
/// **Why.** A crash should cost a moment, a crash loop should not cost a CPU, and a configuration that is wrong doesn't
/// get better by trying.
///
/// The first restart comes after about 100 ms, each further one after twice as long, up to 10 s; half of each pause is
/// chance ("equal jitter"), so that processes which crash together don't come back together. A process that ran
/// for 10 s begins anew. Exit status 2, by which programs say that their configuration is wrong, is never followed by a
/// restart.
///
/// A value: time comes in, decisions go out.
public struct RestartPolicy: Sendable {
    /// The pauses of a policy.
    public struct Configuration: Hashable, Sendable {
        /// The pause after the first failure; default 100 ms.
        public var base: Duration
        /// The longest pause; default 10 s.
        public var cap: Duration
        /// How long a process must run for its failures to be forgotten; default 10 s.
        public var stableAfter: Duration

        public init(
            base: Duration = .milliseconds(100), cap: Duration = .seconds(10), stableAfter: Duration = .seconds(10)
        ) {
            self.base = base
            self.cap = cap
            self.stableAfter = stableAfter
        }
    }

    /// What to do about a process that ended.
    public enum Decision: Hashable, Sendable {
        case restart(after: Duration)
        /// Its configuration is wrong.
        case giveUp
    }

    private let configuration: Configuration
    /// Ends in a row, none after a stable run.
    public private(set) var failures = 0
    private var startedAt: Instant?
    private var random: FastRandom

    /// A policy for one process. Pauses that are chance come from `random`.
    public init(configuration: Configuration = Configuration(), random: FastRandom = FastRandom()) {
        self.configuration = configuration
        self.random = random
    }

    /// The process was started.
    public mutating func started(now: Instant) {
        startedAt = now
    }

    /// The process ended without having been told to.
    public mutating func exited(_ exit: ChildExit, now: Instant) -> Decision {
        if let startedAt, startedAt.duration(to: now) >= configuration.stableAfter { failures = 0 }
        startedAt = nil
        guard exit != .status(ChildExit.configurationStatus) else { return .giveUp }
        let ceiling = min(configuration.cap, configuration.base * (1 << min(failures, 20)))
        failures += 1
        let half = max(0, ceiling.nanoseconds / 2)
        return .restart(after: .nanoseconds(half + Int64.random(in: 0...half, using: &random)))
    }
}
