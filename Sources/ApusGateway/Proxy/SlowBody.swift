// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import NIOCore

/// Gives the body of a response to the client at so many bytes a second, because a fault says so. Lives on one event
/// loop.
final class SlowBody {
    private static let pause = TimeAmount.milliseconds(50)

    private let client: ServerExchange
    /// How many bytes go out at a time.
    private let step: Int
    private var held = ByteBuffer()
    private var end: Headers??
    private var timer: Scheduled<Void>?
    /// Called when all that came has gone out: whether that was the end.
    private let drained: (Bool) -> Void

    init(_ client: ServerExchange, bytesPerSecond: Int, drained: @escaping (Bool) -> Void) {
        self.client = client
        step = max(1, bytesPerSecond / 20)
        self.drained = drained
    }

    func add(_ chunk: ByteBuffer) {
        var chunk = chunk
        held.writeBuffer(&chunk)
        schedule()
    }

    func end(_ trailers: Headers?) {
        end = .some(trailers)
        schedule()
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    private func schedule() {
        guard timer == nil else { return }
        let body = NIOLoopBound(self, eventLoop: client.loop.eventLoop)
        timer = client.loop.eventLoop.scheduleTask(in: Self.pause) { body.value.send() }
    }

    private func send() {
        timer = nil
        if let piece = held.readSlice(length: min(step, held.readableBytes)), piece.readableBytes > 0 {
            client.send(piece)
        }
        if held.readableBytes > 0 { return schedule() }
        held.clear()
        if let trailers = end {
            client.end(trailers)
            drained(true)
        } else {
            drained(false)
        }
    }
}
