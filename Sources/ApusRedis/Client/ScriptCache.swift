// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The digests that the server gave for scripts. Bounded: beyond it scripts are sent whole.
final class ScriptCache: Sendable {
    private static let maximum = 1_024
    private let digests = Mutex<[RedisScript: String]>([:])

    func digest(of script: RedisScript) -> String? {
        digests.withLock { $0[script] }
    }

    func keep(_ digest: String, of script: RedisScript) {
        digests.withLock { digests in
            if digests.count < Self.maximum { digests[script] = digest }
        }
    }
}
