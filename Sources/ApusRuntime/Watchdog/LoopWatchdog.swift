// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusHTTP
internal import Dispatch
internal import Foundation
public import Logging
internal import NIOCore
internal import Synchronization

/// Notices event loops that are blocked, and says by what.
///
/// A request lives on one loop; code that blocks or computes there holds up every other request of the loop. A thread of
/// its own asks each loop every interval to answer. A loop that doesn't within the threshold is logged as
/// `event loop blocked`, with how long and with the operations in flight on it, newest first; once when it is noticed and
/// once when the loop is free. Health checks that are fed learn of it too, for `/livez`.
public final class LoopWatchdog: Sendable {
    /// The operations in flight, by the loops' indices. Whoever runs operations on the loops notes them here.
    public let operations: [LoopOperations]

    /// What is watched.
    public let loops: EventLoops

    private let threshold: Duration
    private let interval: Duration
    private let logger: Logger
    private let time: TimeSource
    private let stopped = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isRunning = Mutex(false)
    private let shedders = Mutex<LoopShedders?>(nil)
    private let listeners = Mutex<[HealthChecks]>([])
    private let incidentCount = Atomic<Int>(0)
    private let blockedCount = Atomic<Int>(0)

    /// - Parameters:
    ///   - loops: What is watched.
    ///   - threshold: When a loop that doesn't answer counts as blocked. Default 500 ms.
    ///   - interval: From ping to ping. Default 100 ms, a fifth of the threshold if that is shorter.
    public init(
        loops: EventLoops, threshold: Duration = .milliseconds(500), interval: Duration = .milliseconds(100),
        logger: Logger, time: TimeSource = .system
    ) {
        self.loops = loops
        self.threshold = max(.milliseconds(1), threshold)
        self.interval = max(.milliseconds(1), min(interval, threshold / 5))
        self.logger = logger
        self.time = time
        operations = loops.all.map { _ in LoopOperations() }
    }

    /// How often a loop was found blocked since the start.
    public var incidents: Int { incidentCount.load(ordering: .relaxed) }

    /// How many loops are blocked now.
    public var blockedLoops: Int { blockedCount.load(ordering: .relaxed) }

    /// Tells `health` from now on since when loops are blocked.
    public func feed(_ health: HealthChecks) {
        listeners.withLock { $0.append(health) }
    }

    /// What sheds the load of the loops, for all that run on them. Made when it is asked for the first time.
    ///
    /// - Throws: `InvalidConfiguration` if load shedding refuses its own configuration.
    public func loadShedders() throws(InvalidConfiguration) -> LoopShedders {
        try shedders.withLock { shedders throws(InvalidConfiguration) in
            if let shedders { return shedders }
            let made = try LoopShedders(loops)
            shedders = made
            return made
        }
    }

    /// Starts the thread. A second call does nothing.
    public func start() {
        let starts = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        guard starts else { return }
        let thread = Thread { [self] in
            watch()
            ended.signal()
        }
        thread.name = "apus-watchdog"
        thread.start()
    }

    /// Ends the thread, waiting for the moment that it takes, so that nothing pings a loop that is shut down next.
    public func stop() {
        let stops = isRunning.withLock { isRunning in
            defer { isRunning = false }
            return isRunning
        }
        guard stops else { return }
        stopped.signal()
        ended.wait()
    }

    private func watch() {
        var states = loops.all.map { _ in LoopWatchState(threshold: threshold, interval: interval) }
        let heartbeats = loops.all.map { _ in LoopHeartbeat() }
        repeat {
            for loop in loops.all {
                let heartbeat = heartbeats[loop.index]
                switch states[loop.index].tick(answered: heartbeat.last, at: time.now) {
                case .none: break
                case .ping(let number): ping(loop, number, heartbeat)
                case .reportBlocked(let since): reportBlocked(loop, since: since)
                case .reportFree(let duration, let number):
                    reportFree(loop, after: duration)
                    ping(loop, number, heartbeat)
                }
            }
        } while stopped.wait(timeout: .now() + .nanoseconds(Int(interval.nanoseconds))) == .timedOut
    }

    private func ping(_ loop: Loop, _ number: Int, _ heartbeat: LoopHeartbeat) {
        let time = time
        loop.eventLoop.execute { heartbeat.beat(number, at: time.now) }
    }

    private func reportBlocked(_ loop: Loop, since: Instant) {
        incidentCount.add(1, ordering: .relaxed)
        blockedCount.add(1, ordering: .relaxed)
        tell(loop, blockedSince: since)
        let operations = operations[loop.index].inFlight.prefix(8)
        logger.warning(
            "event loop blocked",
            metadata: [
                "loop": "\(loop.index)", "blocked_ms": "\(Int(since.duration(to: time.now).milliseconds))",
                "operations": .array(operations.map { .string($0) }),
            ])
    }

    private func tell(_ loop: Loop, blockedSince since: Instant?) {
        for health in listeners.withLock({ $0 }) { health.setLoop(loop.index, blockedSince: since) }
    }

    private func reportFree(_ loop: Loop, after duration: Duration) {
        tell(loop, blockedSince: nil)
        blockedCount.subtract(1, ordering: .relaxed)
        logger.warning(
            "event loop free again",
            metadata: ["loop": "\(loop.index)", "blocked_ms": "\(Int(duration.milliseconds))"])
    }
}
