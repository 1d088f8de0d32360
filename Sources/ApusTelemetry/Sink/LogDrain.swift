// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The thread that carries bytes from the ring to the target, and what it shares with the producers.
///
/// It sleeps until there is something to write, writes it at once, and then pauses for the batch delay, so that under
/// load a few hundred writes a second carry all lines. An urgent line, a flush or a ring that is half full ends the
/// pause.
final class LogDrain: Sendable {
    private enum Mode {
        case writing
        /// Between two batches.
        case pausing
        /// Until somebody has something to write.
        case resting
    }

    private struct Shared: ~Copyable {
        var ring: LogRing
        var mode = Mode.writing
        var isClosed = false
        var flushes: [(position: Int, done: DispatchSemaphore)] = []
    }

    private let shared: Mutex<Shared>
    private let signal = DispatchSemaphore(value: 0)
    private let target: any LogTarget
    private let batchDelay: DispatchTimeInterval
    private let urgentCount: Int
    private let announcement: @Sendable (Int) -> String

    init(
        target: any LogTarget, capacity: Int, batchDelay: Duration, announcement: @escaping @Sendable (Int) -> String
    ) {
        shared = Mutex(Shared(ring: LogRing(capacity: capacity)))
        urgentCount = capacity / 2
        self.target = target
        self.batchDelay = .nanoseconds(Int(max(.zero, batchDelay) / .nanoseconds(1)))
        self.announcement = announcement
    }

    var lostLines: Int { shared.withLock { $0.ring.totalLost } }

    // MARK: Producers

    func append(_ line: UnsafeRawBufferPointer, urgent: Bool) -> Bool {
        let line = BorrowedBytes(line)
        let (taken, wakes) = shared.withLock { shared in
            let taken = shared.ring.append(line.bytes)
            return (taken, Self.wake(&shared, urgent: urgent || shared.ring.count >= urgentCount))
        }
        if wakes { signal.signal() }
        return taken
    }

    /// Blocks until everything taken so far has left the ring, at most for `limit`.
    func flush(within limit: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let (waits, wakes) = shared.withLock { shared in
            if shared.ring.isDrained { return (false, false) }
            shared.flushes.append((shared.ring.end, done))
            return (true, Self.wake(&shared, urgent: true))
        }
        if wakes { signal.signal() }
        guard waits else { return true }
        let nanoseconds = Int(max(.zero, limit) / .nanoseconds(1))
        if done.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success { return true }
        return shared.withLock { shared in
            shared.flushes.removeAll { $0.done === done }
            return shared.ring.isDrained
        }
    }

    /// Lets the thread write what is left and end.
    func close() {
        let wakes = shared.withLock { shared in
            shared.isClosed = true
            return Self.wake(&shared, urgent: true)
        }
        if wakes { signal.signal() }
    }

    /// Whether the thread must be signalled.
    private static func wake(_ shared: inout Shared, urgent: Bool) -> Bool {
        switch shared.mode {
        case .resting: break
        case .pausing: guard urgent else { return false }
        case .writing: return false
        }
        shared.mode = .writing
        return true
    }

    // MARK: The thread

    /// Starts the thread; false if the system has none to give, in which case lines are counted as lost once the ring
    /// is full.
    func start() -> Bool {
        let drain = Unmanaged.passRetained(self)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, nil, { argument in LogDrain.enter(argument) }, drain.toOpaque())
        guard status == 0 else {
            drain.release()
            return false
        }
        #if canImport(Darwin)
            if let thread { pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
        return true
    }

    #if canImport(Darwin)
        private static func enter(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            Unmanaged<LogDrain>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }
    #else
        private static func enter(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            if let argument { Unmanaged<LogDrain>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        }
    #endif

    private func run() {
        // No signal is handled here, and a closed pipe is an error, not the end of the process.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        var writer = LogWriter(target: target)
        while true {
            let wrote = writeAll(&writer)
            let (mode, isClosed) = shared.withLock { shared in
                if !shared.ring.isDrained { return (Mode.writing, false) }
                shared.mode = wrote ? .pausing : .resting
                return (shared.mode, shared.isClosed)
            }
            if isClosed { return }
            switch mode {
            case .writing: continue
            case .pausing: _ = signal.wait(timeout: .now() + batchDelay)
            case .resting: signal.wait()
            }
        }
    }

    /// Writes until nothing waits; false if there was nothing at all.
    private func writeAll(_ writer: inout LogWriter) -> Bool {
        var wrote = false
        while true {
            switch next() {
            case .rest: return wrote
            case .announce(let lost):
                let isDone = writer.writeLine(announcement(lost))
                shared.withLock { isDone ? $0.ring.finishAnnouncement() : $0.ring.giveUp(unannounced: lost) }
            case .write(let chunk):
                let written = writer.write(chunk.bytes)
                shared.withLock { written > 0 ? $0.ring.finish(written) : $0.ring.giveUp() }
            }
            wrote = true
        }
    }

    private func next() -> LogRing.Step {
        shared.withLock { shared in
            shared.mode = .writing
            let step = shared.ring.next()
            let start = shared.ring.start
            let isRest = if case .rest = step { true } else { false }
            shared.flushes.removeAll { flush in
                guard isRest || (flush.position <= start && shared.ring.isAnnounced) else { return false }
                flush.done.signal()
                return true
            }
            return step
        }
    }
}
