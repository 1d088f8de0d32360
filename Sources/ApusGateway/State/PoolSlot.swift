// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// The place of one event loop's connections to one instance. Touched on that loop only.
final class PoolSlot: @unchecked Sendable {
    private var pool: UpstreamPool?

    /// The pool, made when it is first asked for.
    func pool(_ endpoint: Origin, _ configuration: HTTPClientConfiguration, on loop: Loop) -> UpstreamPool {
        if let pool { return pool }
        let made = UpstreamPool(endpoint: endpoint, configuration: configuration, loop: loop)
        pool = made
        return made
    }

    func shutdown() {
        pool?.shutdown()
        pool = nil
    }
}
