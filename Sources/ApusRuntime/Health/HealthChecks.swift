// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ServiceLifecycle
internal import Synchronization

/// The checks of a process, run in the background, and what they say.
///
/// Probes read what the last runs found and never start one, so that a thousand probes a second cost as much as reading
/// and a check that hangs delays nobody. Checks run when they are due while ``run()`` runs, and at once by ``refresh()``.
///
/// What a failed check throws is not shown, because such texts hold addresses and credentials: the message of a
/// `CallFailure` is (it holds neither), of a `CodedError` its code, of other errors the type's name.
///
/// Safe to use from everywhere at once.
public final class HealthChecks: Service {
    /// Succeeds by returning.
    public typealias Check = @Sendable () async throws -> Void

    /// The name of the service, as reports show it.
    public let service: String
    let time: TimeSource
    private let livenessThreshold: Duration
    private let table: Mutex<HealthCheckTable>

    /// - Parameters:
    ///   - service: The name that reports show.
    ///   - livenessThreshold: How long an event loop may be blocked before `/livez` says so. Default 10 s.
    ///   - time: Where the time is read.
    public init(service: String, livenessThreshold: Duration = .seconds(10), time: TimeSource = .system) {
        self.service = service
        self.livenessThreshold = livenessThreshold
        self.time = time
        table = Mutex(HealthCheckTable())
    }

    /// Adds a check, or replaces the one of this name. It is unknown, and a critical one not ready, until its first run.
    public func add(_ name: String, _ configuration: HealthCheckConfiguration = .init(), check: @escaping Check) {
        let now = time.now
        table.withLock { $0.add(name, configuration, check, at: now) }?.perform()
    }

    /// Every problem of the checks' configurations, by name. A runtime doesn't start with any.
    public func validate() -> [ConfigurationProblem] {
        let configurations = table.withLock { table in
            table.order.compactMap { name in table[name].map { (name, $0.state.configuration) } }
        }
        return configurations.flatMap { name, configuration in
            configuration.validate().map { ConfigurationProblem("checks.\(name).\($0.key)", $0.message) }
        }
    }

    /// What is known now.
    public func report() -> HealthReport {
        let now = time.now
        let (report, givenUp) = table.withLock { table in
            // A timer may be late when checks block threads; what is reported must not be.
            let givenUp = table.order.compactMap { table.giveUp($0, at: now) }
            let report = HealthReport(
                service: service, phase: table.phase,
                checks: table.order.compactMap { name in
                    table.entries[name].map { HealthReport.Check(name: name, result: $0.state.result) }
                },
                blockedLoops: table.blockedLoops.filter { $0.value.duration(to: now) >= livenessThreshold }.keys
                    .sorted(),
                at: now)
            return (report, givenUp)
        }
        for release in givenUp { release.perform() }
        return report
    }

    /// The phase of the process.
    public var phase: ServicePhase { table.withLock { $0.phase } }

    /// Goes on to `phase`; going back does nothing.
    public func enter(_ phase: ServicePhase) {
        table.withLock { table in
            if phase != .starting, table.phase != .draining { table.phase = phase }
        }
    }

    /// Notes that an event loop has not answered since `since`; nil if it answers again.
    public func setLoop(_ index: Int, blockedSince since: Instant?) {
        table.withLock { $0.blockedLoops[index] = since }
    }

    /// Runs every check once, joining runs that are under way, and returns when each has ended or was given up.
    public func refresh() async {
        await withDiscardingTaskGroup { group in
            for name in table.withLock({ $0.order }) { group.addTask { await self.refresh(name) } }
        }
    }

    /// Runs one check like ``refresh()``. Nothing happens if there is none of this name.
    public func refresh(_ name: String) async {
        await withCheckedContinuation { continuation in
            if !start(name, waiting: continuation) { continuation.resume() }
        }
    }

    /// Runs checks as they become due, until cancelled.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let wait = self.startDue()
                // Ends early only by cancellation, which the loop sees.
                do { try await Task.sleep(for: wait) } catch { break }
            }
        }
        let tasks = table.withLock { table in table.entries.values.compactMap(\.task) }
        for task in tasks { task.cancel() }
    }

    /// Starts what is due and returns how long to wait before asking again: at most a second, for checks that are added.
    func startDue() -> Duration {
        let now = time.now
        let due = table.withLock { table in
            table.order.filter { name in table[name].map { $0.state.nextRun <= now } ?? false }
        }
        for name in due { _ = start(name, waiting: nil) }
        let next = table.withLock { $0.entries.values.map(\.state.nextRun).min() }
        return next.map { min(.seconds(1), max(.milliseconds(1), now.duration(to: $0))) } ?? .seconds(1)
    }

    /// Starts a run or joins the one under way. Returns whether `continuation` will be resumed.
    private func start(_ name: String, waiting continuation: CheckedContinuation<Void, Never>?) -> Bool {
        let now = time.now
        return table.withLock { table in
            guard var entry = table[name] else { return false }
            defer { table[name] = entry }
            switch entry.state.begin(at: now) {
            case .hanging: return false
            case .join: break
            case .run(let run):
                let (check, timeout) = (entry.check, entry.state.configuration.timeout)
                entry.task = Task { self.end(name, run, failure: await Self.failure(of: check)) }
                entry.timer = Task {
                    // Cancelled when the check ended in time.
                    do { try await Task.sleep(for: timeout) } catch { return }
                    self.giveUp(name)
                }
            }
            if let continuation { entry.waiting.append(continuation) }
            return true
        }
    }

    private func end(_ name: String, _ run: HealthCheckState.Run, failure: String?) {
        let now = time.now
        table.withLock { $0.end(name, run, failure: failure, at: now) }?.perform()
    }

    private func giveUp(_ name: String) {
        let now = time.now
        table.withLock { $0.giveUp(name, at: now) }?.perform()
    }

    private static func failure(of check: Check) async -> String? {
        do {
            try await check()
            return nil
        } catch let failure as CallFailure {
            return failure.message
        } catch let error as any CodedError {
            return error.codeName
        } catch {
            return "\(type(of: error))"
        }
    }
}
