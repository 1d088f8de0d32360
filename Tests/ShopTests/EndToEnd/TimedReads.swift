// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import NIOCore
import Synchronization

/// GETs through a gateway, one after the other on each of many connections, until it is told to stop. Remembers of each
/// failure when its request was begun.
final class TimedReads: Sendable {
    struct Failure: CustomStringConvertible {
        let begun: Instant
        let text: String

        var description: String { text }
    }

    private struct State {
        var isOver = false
        var completed = 0
        var failures: [Failure] = []
    }

    private let state = Mutex(State())
    private let client: HTTPClient
    private let endpoint: Origin
    private let path: String

    init(_ client: HTTPClient, to endpoint: Origin, path: String) {
        self.client = client
        self.endpoint = endpoint
        self.path = path
    }

    var completed: Int { state.withLock { $0.completed } }
    var failures: [Failure] { state.withLock { $0.failures } }

    /// Ends the load after the requests that are under way.
    func stop() { state.withLock { $0.isOver = true } }

    /// Reads on so many connections until ``stop()``.
    func run(connections: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<connections { group.addTask { await self.lane() } }
        }
    }

    private func lane() async {
        while !state.withLock({ $0.isOver }) {
            let begun = Instant.now
            let failure = await read()
            state.withLock { state in
                state.completed += 1
                if let failure { state.failures.append(Failure(begun: begun, text: failure)) }
            }
        }
    }

    /// - Returns: what went wrong; nil if nothing did.
    private func read() async -> String? {
        do throws(CallFailure) {
            let response = try await client.send(
                HTTPRequest(.get, path), to: endpoint,
                context: CallContext(deadline: Instant.now.advanced(by: .seconds(10))))
            let body = try await response.body.collect(upTo: 1 << 16)
            return response.status == .ok ? nil : "\(response.status) \(String(buffer: body))"
        } catch {
            return "\(error)"
        }
    }
}
