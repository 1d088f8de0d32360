// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore

/// What a server that is reached refused or missed lately: `(event, now) -> condition`.
///
/// A full one, one that takes no writes, and a user who may not do what a cache does are trouble at once; calls that come
/// too late are if they are many. It ends when nothing has happened for ``memory``: a success says little, since reads
/// succeed on a full server.
struct RedisCacheTrouble: Sendable {
    /// For how long trouble is remembered.
    static let memory = Duration.seconds(30)
    /// Within this time…
    static let window = Duration.seconds(10)
    /// …so many calls that came too late are trouble.
    static let manyTimeouts = 10

    private var last: (error: CacheError, at: Instant)?
    private var timeouts = 0
    private var windowBegan: Instant?

    /// A call failed.
    mutating func note(_ error: CacheError, now: Instant) {
        switch error.code {
        case .full, .refused: last = (error, now)
        case .timeout:
            if windowBegan.map({ $0.duration(to: now) >= Self.window }) ?? true {
                windowBegan = now
                timeouts = 0
            }
            timeouts += 1
            guard timeouts >= Self.manyTimeouts else { return }
            last = (
                CacheError(.timeout, "Redis is too slow: \(Self.manyTimeouts) calls or more within \(Self.window)"), now
            )
        default: break
        }
    }

    /// What is amiss; nil if nothing was for a while.
    func error(now: Instant) -> CacheError? {
        guard let last, last.at.duration(to: now) < Self.memory else { return nil }
        return last.error
    }
}
