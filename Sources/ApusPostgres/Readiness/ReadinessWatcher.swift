// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres
    internal import Foundation
    internal import Synchronization

    /// The one thread of the process that waits for the sockets of all connections, and wakes whoever waits for one.
    ///
    /// It never touches a connection: the woken task reads, on the thread it came from. A socket is armed for one event at
    /// a time, so that nothing is reported while nobody waits. Deadlines are kept lazily: as long as new ones are later
    /// than the next wake, setting one costs a comparison.
    final class ReadinessWatcher: Sendable {
        private static let instance = Mutex<ReadinessWatcher?>(nil)

        private let poller: Int32
        private let pipeEnds: (read: Int32, write: Int32)
        private let slots = Mutex<[UInt64: ReadinessSlot]>([:])
        private let lastToken = Atomic<UInt64>(0)
        /// When the thread looks at the deadlines next.
        private let wakesAt = Atomic<Int64>(.max)

        /// The watcher of this process; the first call starts its thread.
        ///
        /// - Throws: `other` when the process has no descriptor left.
        static func shared() throws(DatabaseError) -> ReadinessWatcher {
            let result = instance.withLock { instance -> Result<ReadinessWatcher, DatabaseError> in
                if let instance { return .success(instance) }
                guard let made = ReadinessWatcher() else {
                    return .failure(DatabaseError(.other, "can't watch sockets: \(String(cString: strerror(errno)))"))
                }
                instance = made
                Thread.detachNewThread { made.run() }
                return .success(made)
            }
            return try result.get()
        }

        private init?() {
            poller = apus_poller_make()
            var ends: [Int32] = [-1, -1]
            guard poller >= 0, pipe(&ends) == 0 else { return nil }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            pipeEnds = (ends[0], ends[1])
            guard apus_poller_arm(poller, pipeEnds.read, 0, 1, 0) == 0 else { return nil }
        }

        /// A place for the waits on one socket.
        func makeSlot(for descriptor: Int32) -> ReadinessSlot {
            let token = lastToken.wrappingAdd(1, ordering: .relaxed).newValue
            let slot = ReadinessSlot(watcher: self, token: token, descriptor: descriptor)
            slots.withLock { $0[token] = slot }
            return slot
        }

        /// Forgets a place, before its socket is closed.
        func remove(_ slot: ReadinessSlot) {
            slots.withLock { _ = $0.removeValue(forKey: slot.token) }
        }

        /// Asks for one event.
        func arm(_ slot: ReadinessSlot, wantsWrite: Bool, isFirst: Bool) -> Bool {
            apus_poller_arm(poller, slot.descriptor, wantsWrite ? 1 : 0, isFirst ? 1 : 0, slot.token) == 0
        }

        /// Sees to it that the thread wakes at `deadline` at the latest.
        func note(_ deadline: Instant) {
            if lower(to: deadline.nanoseconds) {
                var byte: UInt8 = 1
                _ = write(pipeEnds.write, &byte, 1)
            }
        }

        private func lower(to deadline: Int64) -> Bool {
            var current = wakesAt.load(ordering: .acquiring)
            while deadline < current {
                let (exchanged, original) = wakesAt.compareExchange(
                    expected: current, desired: deadline, ordering: .acquiringAndReleasing)
                if exchanged { return true }
                current = original
            }
            return false
        }

        private func run() {
            var tokens = [UInt64](repeating: 0, count: 64)
            while true {
                let now = Instant.now
                let next = wakesAt.load(ordering: .acquiring)
                if next <= now.nanoseconds {
                    expire(now)
                    continue
                }
                let pause = next == .max ? -1 : Int32(clamping: (next - now.nanoseconds) / 1_000_000 + 1)
                let count = apus_poller_wait(poller, &tokens, Int32(tokens.count), pause)
                guard count > 0 else { continue }
                // Not by a slice: the copy that it makes of the array stays behind, in a loop that never ends.
                for index in 0..<Int(count) {
                    let token = tokens[index]
                    if token == 0 {
                        drainPipe()
                    } else {
                        slots.withLock { $0[token] }?.wake(.ready)
                    }
                }
            }
        }

        private func drainPipe() {
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(pipeEnds.read, &bytes, bytes.count) > 0 {}
            _ = apus_poller_arm(poller, pipeEnds.read, 0, 0, 0)
        }

        private func expire(_ now: Instant) {
            wakesAt.store(.max, ordering: .sequentiallyConsistent)
            let all = slots.withLock { Array($0.values) }
            var next = Int64.max
            for slot in all {
                next = min(next, slot.expire(at: now).nanoseconds)
            }
            _ = lower(to: next)
        }
    }
#endif
