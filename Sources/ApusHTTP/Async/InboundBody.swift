// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// A body that is arriving: filled on its loop, read by one task at a time.
///
/// Holds at most about `highWatermark` bytes; beyond that the connection is told to stop reading.
final class InboundBody: @unchecked Sendable {
    // Sendable because every access to the state happens on the loop.

    /// What a ``HTTPBody`` holds: when the last copy of it is gone, nobody can read the body any more.
    final class Handle: Sendable {
        let body: InboundBody

        init(_ body: InboundBody) {
            self.body = body
        }

        deinit {
            let body = body
            if body.loop.isCurrent { body.abandon() } else { body.loop.eventLoop.execute { body.abandon() } }
        }
    }

    enum Demand {
        case pause
        case resume
        /// Nobody will read the rest.
        case abandon
    }

    let loop: Loop
    let announcedLength: Int?
    /// Tells the connection what to do. Set once, cleared at the end.
    var demand: ((Demand) -> Void)?

    private enum State {
        case open
        case ended
        case failed(CallFailure)
    }

    private var state = State.open
    private var chunks = CircularBuffer<ByteBuffer>()
    private var bytes = 0
    private var isPaused = false
    private var waiter: UnsafeContinuation<Result<ByteBuffer?, CallFailure>, Never>?

    private static let highWatermark = 64 << 10
    private static let lowWatermark = 16 << 10

    init(loop: Loop, announcedLength: Int?) {
        self.loop = loop
        self.announcedLength = announcedLength
    }

    // MARK: Filling

    func push(_ chunk: ByteBuffer) {
        guard case .open = state else { return }
        if let waiter {
            self.waiter = nil
            waiter.resume(returning: .success(chunk))
            return
        }
        chunks.append(chunk)
        bytes += chunk.readableBytes
        if bytes > Self.highWatermark, !isPaused {
            isPaused = true
            demand?(.pause)
        }
    }

    func finish() { close(.ended, .success(nil)) }

    func fail(_ failure: CallFailure) { close(.failed(failure), .failure(failure)) }

    private func close(_ end: State, _ result: Result<ByteBuffer?, CallFailure>) {
        guard case .open = state else { return }
        state = end
        demand = nil
        let waiter = waiter
        self.waiter = nil
        waiter?.resume(returning: result)
    }

    private func abandon() {
        guard case .open = state else { return }
        state = .ended
        chunks.removeAll()
        let demand = demand
        self.demand = nil
        demand?(.abandon)
    }

    // MARK: Reading

    /// The next piece, or nil at the end.
    func next() async throws(CallFailure) -> ByteBuffer? {
        if loop.isCurrent, let result = takeNow() { return try result.get() }
        let id = waits.wrappingAdd(1, ordering: .relaxed).newValue
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                onLoop { self.wait(continuation, id: id) }
            }
        } onCancel: {
            loop.eventLoop.execute { self.cancelWait(id: id) }
        }
        return try result.get()
    }

    private func takeNow() -> Result<ByteBuffer?, CallFailure>? {
        if let chunk = chunks.popFirst() {
            bytes -= chunk.readableBytes
            if isPaused, bytes < Self.lowWatermark {
                isPaused = false
                demand?(.resume)
            }
            return .success(chunk)
        }
        switch state {
        case .open: return nil
        case .ended: return .success(nil)
        case .failed(let failure): return .failure(failure)
        }
    }

    /// How many waits were begun, on the loop or off it: the number of a wait is its id, from 1 on.
    private let waits = Atomic<UInt64>(0)
    private var currentWait: UInt64 = 0
    private var cancelledWait: UInt64 = 0

    private func wait(_ continuation: UnsafeContinuation<Result<ByteBuffer?, CallFailure>, Never>, id: UInt64) {
        if let result = takeNow() {
            continuation.resume(returning: result)
        } else if cancelledWait == id || waiter != nil {
            continuation.resume(returning: .failure(Self.cancelled))
        } else {
            currentWait = id
            waiter = continuation
        }
    }

    private func cancelWait(id: UInt64) {
        cancelledWait = id
        guard currentWait == id, let waiter else { return }
        self.waiter = nil
        waiter.resume(returning: .failure(Self.cancelled))
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.isCurrent { body() } else { loop.eventLoop.execute(body) }
    }

    private static let cancelled = CallFailure(
        .cancelled, "reading the body was cancelled", stage: .response, mayHaveReachedPeer: true)
}
