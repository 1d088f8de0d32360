// SPDX-License-Identifier: Apache-2.0
import ApusCache
import Logging
import Synchronization

/// Logs what becomes of the second level of a cache: its first failure, each failure of another kind, and that it works
/// again. The messages hold no password, no key and no value.
final class CacheHealthLog: Sendable {
    private let logger: Logger
    /// The code of what was logged last; nil while it works.
    private let last = Mutex<String?>(nil)

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// A check ended: with a failure, or nil.
    func note(_ failure: CacheError?) {
        // A check that was given up, as at the end of the process, says nothing.
        guard failure?.code.name != "cancelled" else { return }
        let code = failure?.code.name
        let isNews = last.withLock { last in
            defer { last = code }
            return last != code
        }
        guard isNews else { return }
        guard let failure else { return logger.info("the cache works with Redis again") }
        logger.warning(
            "the cache goes on without Redis: \(failure.message)",
            metadata: ["code": .string(failure.code.name)])
    }
}
