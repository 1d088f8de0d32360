// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Logging
import Synchronization

/// Writes what happens to the connections of a database into the service's log, which begins after the database is open.
final class PoolLog: Sendable {
    private let logger = Mutex<Logger?>(nil)

    func begin(_ logger: Logger) {
        self.logger.withLock { $0 = logger }
    }

    func write(_ event: PoolEvent) {
        guard let logger = logger.withLock({ $0 }) else { return }
        switch event {
        case .dialFailed(let error):
            logger.warning("the database can't be reached", metadata: ["error": "\(error.message)"])
        case .leaked(let place, let held):
            logger.error(
                "a connection of the database isn't given back", metadata: ["taken_at": "\(place)", "held": "\(held)"])
        case .evicted: logger.warning("the database refuses to write; all connections are replaced")
        }
    }
}
