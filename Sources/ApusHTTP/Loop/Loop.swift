// SPDX-License-Identifier: Apache-2.0
public import NIOCore
import NIOPosix

/// One event loop: the thread on which a request lives from its first byte to its last.
///
/// Also a task executor, so that `async` code started with `Task.immediate(executorPreference: loop)` stays on the loop
/// through every suspension. Code that blocks or computes for long holds up everything else on it.
public final class Loop: TaskExecutor, Sendable {
    /// The position in ``EventLoops/all``.
    public let index: Int
    public let eventLoop: any EventLoop

    private static let local = ThreadSpecificVariable<Loop>()

    /// Jobs that this loop's own thread enqueued: they run together, as one task of the event loop. That thread's alone.
    private nonisolated(unsafe) var jobs: [UnownedJob] = []
    /// Those that run now.
    private nonisolated(unsafe) var running: [UnownedJob] = []
    /// So much room is kept for the next jobs.
    private static let keptCapacity = 1024

    init(index: Int, eventLoop: any EventLoop) {
        self.index = index
        self.eventLoop = eventLoop
    }

    /// The loop whose thread this is, or nil on any other thread.
    public static var current: Loop? { local.currentValue }

    /// Marks the calling thread as this loop's.
    func adoptThread() {
        Self.local.currentValue = self
    }

    /// Whether the caller runs on this loop.
    public var isCurrent: Bool { eventLoop.inEventLoop }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard Self.current === self else {
            eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
            return
        }
        jobs.append(job)
        if jobs.count == 1 { eventLoop.execute { self.runJobs() } }
    }

    /// Runs what is enqueued; what that enqueues in turn comes after everything else that waits for the loop.
    private func runJobs() {
        swap(&jobs, &running)
        for job in running { job.runSynchronously(on: asUnownedTaskExecutor()) }
        if running.count <= Self.keptCapacity { running.removeAll(keepingCapacity: true) } else { running = [] }
    }
}
