// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A process that is started again when it ends, until it is told to stop.
final class SupervisedProcess: Sendable {
    /// What happens to it.
    enum Event: Sendable {
        case started(pid: Int32)
        case line(String)
        case ended(ChildExit, RestartPolicy.Decision)
        case failedToStart(SupervisorError, RestartPolicy.Decision)
    }

    private struct Shared {
        var policy: RestartPolicy
        var child: ChildProcess?
        var pause: Task<Void, Never>?
        var isStopping = false
    }

    /// How logs call it: the service's name, with a number if there are several.
    let name: String
    let part: StopPlan.Part
    private let specification: @Sendable () -> ChildSpecification
    private let time: TimeSource
    private let shared: Mutex<Shared>

    /// - Parameter specification: Asked before every start, since an address may have become known in between.
    init(
        name: String, part: StopPlan.Part, policy: RestartPolicy, time: TimeSource,
        specification: @escaping @Sendable () -> ChildSpecification
    ) {
        self.name = name
        self.part = part
        self.specification = specification
        self.time = time
        shared = Mutex(Shared(policy: policy))
    }

    /// Starts the process, again and again.
    /// - Returns: Nil after a stop, or how it ended when there is no use in starting it again.
    func run(_ emit: @escaping @Sendable (Event) -> Void) async -> String? {
        while true {
            let child = ChildProcess(specification())
            let mayStart = shared.withLock { shared in
                guard !shared.isStopping else { return false }
                shared.child = child
                shared.policy.started(now: time.now)
                return true
            }
            guard mayStart else { return nil }
            let decision: RestartPolicy.Decision
            let outcome: String
            do throws(SupervisorError) {
                let exit = try await child.run(started: { emit(.started(pid: $0)) }, line: { emit(.line($0)) })
                guard let next = decide(exit) else { return nil }
                (decision, outcome) = (next, "\(exit)")
                emit(.ended(exit, decision))
            } catch {
                guard let next = decide(.status(127)) else { return nil }
                (decision, outcome) = (next, error.message)
                emit(.failedToStart(error, decision))
            }
            guard case .restart(let delay) = decision else { return outcome }
            await pause(delay)
        }
    }

    /// Asks it to end, and never starts it again.
    func stop() {
        let (child, pause) = shared.withLock { shared in
            shared.isStopping = true
            return (shared.child, shared.pause)
        }
        pause?.cancel()
        child?.terminate()
    }

    /// Ends it at once, and never starts it again.
    func kill() {
        let (child, pause) = shared.withLock { shared in
            shared.isStopping = true
            return (shared.child, shared.pause)
        }
        pause?.cancel()
        child?.kill()
    }

    /// Nil if it ended because it was told to.
    private func decide(_ exit: ChildExit) -> RestartPolicy.Decision? {
        shared.withLock { shared in
            shared.child = nil
            return shared.isStopping ? nil : shared.policy.exited(exit, now: time.now)
        }
    }

    private func pause(_ delay: Duration) async {
        let task = Task {
            // It throws when it is told to stop.
            do { try await Task.sleep(for: delay) } catch {}
        }
        let isStopping = shared.withLock { shared in
            shared.pause = task
            return shared.isStopping
        }
        if isStopping { task.cancel() }
        await task.value
    }
}
