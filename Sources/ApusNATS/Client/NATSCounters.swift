// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What a client counts.
final class NATSCounters: Sendable {
    let dials = Atomic<Int>(0)
    let failedDials = Atomic<Int>(0)
    let lostConnections = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let timeouts = Atomic<Int>(0)
    let overloaded = Atomic<Int>(0)
    let lateMessages = Atomic<Int>(0)
}
