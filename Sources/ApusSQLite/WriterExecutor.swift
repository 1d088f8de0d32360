// SPDX-License-Identifier: Apache-2.0
internal import Dispatch

/// The one thread at a time on which a database's writer works: a serial queue that tasks can run on.
final class WriterExecutor: TaskExecutor {
    private static let key = DispatchSpecificKey<ObjectIdentifier>()
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
        queue.setSpecific(key: Self.key, value: ObjectIdentifier(self))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Whether the caller runs on it already.
    var isCurrent: Bool {
        DispatchQueue.getSpecific(key: Self.key) == ObjectIdentifier(self)
    }

    /// Runs `work` on it later.
    func schedule(_ work: @escaping @Sendable () -> Void) {
        queue.async(execute: work)
    }

    /// Runs `work` on it: at once if the caller is there, otherwise the caller is suspended meanwhile.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        if isCurrent { return work() }
        return await withUnsafeContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
