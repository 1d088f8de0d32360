// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import Testing

/// Runs each test twice: on the threads that tasks run on by default, and with all of its tasks on one event loop. A
/// connection is watched in another way there.
struct BothPlaces: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func scopeProvider(for test: Test, testCase: Test.Case?) -> BothPlaces? {
        testCase == nil ? nil : self
    }

    @concurrent
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await function()
        try await withTaskExecutorPreference(LoopExecutor.shared) { try await function() }
    }
}

extension Trait where Self == BothPlaces {
    static var bothPlaces: BothPlaces { BothPlaces() }
}

/// An event loop as the place where tasks run, as in a service.
final class LoopExecutor: TaskExecutor {
    static let shared = LoopExecutor()
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
