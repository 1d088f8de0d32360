// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the tasks of a simulation one job after the other, first come, first served, on the thread that drives it.
///
/// Nothing runs by itself: jobs wait until ``drain(atMost:)``. What another thread enqueues or does is counted as a
/// stray, because its place in the order is up to the machine.
final class SimulationExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var head = 0
        var strays = 0

        mutating func next() -> UnownedJob? {
            guard head < jobs.count else { return nil }
            defer { head += 1 }
            if head >= 4_096 {
                jobs.removeFirst(head)
                head = 0
            }
            return jobs[head]
        }
    }

    private let state = Mutex(State())
    private let driver = SimulationExecutor.thread

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        checkThread()
    }

    /// Runs what is ready, and what becomes ready by that.
    ///
    /// - Returns: whether nothing is left, which is false after `limit` jobs.
    func drain(atMost limit: Int = .max) -> Bool {
        var left = limit
        while left > 0, let job = state.withLock({ $0.next() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
            left -= 1
        }
        return left > 0
    }

    /// How often something of the simulation happened on another thread.
    var strays: Int { state.withLock { $0.strays } }

    /// Counts a stray if this isn't the thread that drives the simulation.
    func checkThread() {
        if Self.thread != driver { state.withLock { $0.strays += 1 } }
    }

    private static var thread: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }
}
