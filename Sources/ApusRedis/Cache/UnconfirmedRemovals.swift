// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Keys whose change Redis hasn't confirmed: what it has under them may be old and isn't believed.
///
/// Each is remembered until it is confirmed, or until everything stored before must have expired. When there are too
/// many, nothing in Redis is believed for so long.
struct UnconfirmedRemovals: Sendable {
    private let maximum: Int
    private var keys: [String: Instant] = [:]
    private var distrustUntil: Instant?

    init(maximum: Int) {
        self.maximum = maximum
    }

    var isEmpty: Bool { keys.isEmpty && distrustUntil == nil }

    var count: Int { keys.count }

    /// Notes a change that may not have happened.
    ///
    /// - Parameter longest: how long an entry lives at most.
    mutating func insert(_ key: String, longest: Duration, now: Instant) {
        let end = now.advanced(by: longest)
        if keys[key] == nil, keys.count >= maximum {
            keys = keys.filter { $0.value > now }
            guard keys.count < maximum else {
                keys = [:]
                distrustUntil = end
                return
            }
        }
        keys[key] = end
    }

    /// A change of `key` is confirmed.
    mutating func confirm(_ key: String) {
        keys[key] = nil
    }

    /// Whether what Redis has under `key` may be used.
    mutating func isTrusted(_ key: String, now: Instant) -> Bool {
        if let until = distrustUntil {
            guard until <= now else { return false }
            distrustUntil = nil
        }
        guard let end = keys[key] else { return true }
        guard end <= now else { return false }
        keys[key] = nil
        return true
    }

    /// Some of the keys, to try again.
    func some(_ count: Int) -> [String] {
        Array(keys.keys.prefix(count))
    }
}
