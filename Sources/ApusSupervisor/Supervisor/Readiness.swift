// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP

/// Waits until services answer that they are ready.
struct Readiness: Sendable {
    let resolver: any Resolver
    let client: HTTPClient
    let time: TimeSource

    /// Returns when `count` instances of `service` answer `GET /readyz` with 200, or when the task is cancelled.
    func wait(for service: String, count: Int) async {
        let view = resolver.view(of: service)
        while !Task.isCancelled {
            let instances = view.current.instances
            if instances.count >= count, await ready(instances) >= count { return }
            do { try await Task.sleep(for: .milliseconds(25)) } catch { return }
        }
    }

    private func ready(_ instances: [Instance]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for instance in instances { group.addTask { await isReady(instance.endpoint) } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func isReady(_ endpoint: Origin) async -> Bool {
        do throws(CallFailure) {
            let context = CallContext(deadline: time.now.advanced(by: .seconds(1)))
            return try await client.send(HTTPRequest(.get, "/readyz"), to: endpoint, context: context).status == .ok
        } catch {
            return false
        }
    }
}
