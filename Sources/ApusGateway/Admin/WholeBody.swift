// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import NIOCore

/// Collects the body of a request to the admin endpoint, up to a bound.
final class WholeBody: RequestReceiver {
    private let exchange: ServerExchange
    private let limit: Int
    private let complete: (ByteBuffer?) -> Void
    private var body = ByteBuffer()
    private var isOver = false

    /// - Parameter complete: Gets the body; nil if it is longer than `limit` bytes.
    init(of exchange: ServerExchange, upTo limit: Int, complete: @escaping (ByteBuffer?) -> Void) {
        self.exchange = exchange
        self.limit = limit
        self.complete = complete
    }

    /// Waits for the body, or has it already.
    func collect() {
        if let whole = exchange.wholeBody {
            complete(whole.readableBytes <= limit ? whole : nil)
        } else if exchange.hasBody {
            exchange.receiver = self
        } else {
            complete(ByteBuffer())
        }
    }

    func received(_ chunk: ByteBuffer) {
        guard !isOver else { return }
        var chunk = chunk
        body.writeBuffer(&chunk)
        if body.readableBytes > limit { finish(nil) }
    }

    func receivedEnd(_ trailers: Headers?) {
        if !isOver { finish(body) }
    }

    func cancelled(_ reason: ExchangeCancellation) {
        isOver = true
        exchange.receiver = nil
    }

    func writabilityChanged(_ isWritable: Bool) {}

    private func finish(_ body: ByteBuffer?) {
        isOver = true
        exchange.receiver = nil
        complete(body)
    }
}
