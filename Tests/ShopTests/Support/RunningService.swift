// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import ApusService

/// A service that runs in this process until it is stopped.
final class RunningService: Sendable {
    let host: ServiceHost
    private let task: Task<Void, any Error>

    /// Returns when the service is ready.
    init(_ host: ServiceHost) async throws {
        self.host = host
        let (ready, continuation) = AsyncStream.makeStream(of: Void.self)
        host.runtime.onReady("test") { _ in continuation.yield() }
        let runtime = host.runtime
        task = Task {
            defer { continuation.finish() }
            try await runtime.run()
        }
        for await _ in ready { return }
        // It ended before it was ready.
        try await task.value
    }

    var endpoint: Origin? { host.runtime.addresses.first?.endpoint }

    func stop() async throws {
        host.runtime.stop()
        try await task.value
    }
}
