// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// Many calls at once through one breaker, each of which waits for its peer: they should take as long as one.
struct SerialisationJob {
    private static let calls = 64
    private static let latency = Duration.milliseconds(10)

    /// Reports the milliseconds from the start of the first to the end of the last, of the best round.
    func run(_ seconds: Duration) async throws {
        let breaker = try CircuitBreaker()
        var best = Double.infinity
        let end = Instant.now.advanced(by: seconds)
        repeat {
            let start = Instant.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.calls {
                    group.addTask {
                        try await breaker.call { () async throws(CallFailure) in
                            do throws(CancellationError) {
                                try await TimeSource.system.sleep(for: Self.latency)
                            } catch {
                                throw CallFailure(
                                    .cancelled, "cancelled", stage: .response, mayHaveReachedPeer: true)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            best = min(best, start.duration(to: .now).milliseconds)
        } while Instant.now < end
        Main.report("milliseconds", best)
    }
}
