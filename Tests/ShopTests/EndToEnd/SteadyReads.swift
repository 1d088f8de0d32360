// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import NIOCore
import Synchronization

/// GETs of one path, one after the other in each of several lanes, through the gateway.
final class SteadyReads: Sendable {
    private struct State {
        var begun = 0
        var failures: [String] = []
    }

    private let shop: ShopProcess
    private let path: String
    private let concurrency: Int
    private let state = Mutex(State())

    init(_ shop: ShopProcess, path: String, concurrency: Int) {
        self.shop = shop
        self.path = path
        self.concurrency = concurrency
    }

    /// What failed, in words.
    var failures: [String] { state.withLock { $0.failures } }

    /// Reads so many times, before, during and after `disturbance`, which begins after a third; goes on until it ends.
    func run(reads: Int, _ disturbance: @escaping @Sendable () async throws -> Void) async throws {
        let progress = LoadProgress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (third, beginning) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                for await _ in third { break }
                defer { progress.isOver.store(true, ordering: .releasing) }
                try await disturbance()
            }
            for _ in 0..<concurrency {
                group.addTask {
                    while true {
                        let number = self.state.withLock { state in
                            state.begun += 1
                            return state.begun
                        }
                        if number == reads / 3 { beginning.yield() }
                        if number > reads, progress.isOver.load(ordering: .acquiring) { return }
                        await self.read()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func read() async {
        do throws(CallFailure) {
            let response = try await shop.http.send(
                HTTPRequest(.get, path), to: shop.gateway,
                context: CallContext(deadline: Instant.now.advanced(by: .seconds(10))))
            let body = try await response.body.collect(upTo: 1 << 16)
            if response.status != .ok { note("\(response.status) \(String(buffer: body))") }
        } catch {
            note("\(error)")
        }
    }

    private func note(_ failure: String) {
        state.withLock { $0.failures.append(failure) }
    }
}
