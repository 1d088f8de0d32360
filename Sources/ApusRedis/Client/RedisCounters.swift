// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What a client counts.
final class RedisCounters: Sendable {
    let dials = Atomic<Int>(0)
    let failedDials = Atomic<Int>(0)
    let lostConnections = Atomic<Int>(0)
    let timeouts = Atomic<Int>(0)
    let overloaded = Atomic<Int>(0)
    let droppedMessages = Atomic<Int>(0)
}
