// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Who listens to a connection. Called on its event loop.
protocol RedisChannelOwner: AnyObject {
    /// A reply or a message has come.
    func received(_ value: RedisValue)
    /// All that came at once was handed over.
    func receivedAll()
    /// The connection is gone. Called once, as the last.
    func closed(_ error: RedisError)
}

/// One connection: bytes on one side, replies on the other. Its event loop's alone.
final class RedisChannel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whom it tells; changes hands when the handshake is done.
    var owner: (any RedisChannelOwner)?
    private let reader: ReplyReader
    private var context: ChannelHandlerContext?
    private var problem: RedisError?
    private var isClosed = false

    init(_ configuration: RedisConfiguration) {
        reader = ReplyReader(
            maximumBytes: configuration.maximumReplyBytes, maximumElements: configuration.maximumReplyElements)
    }

    /// Sends what is in `buffer` in one piece.
    func send(_ buffer: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Ends the connection; its owner hears of it with `error`.
    func close(_ error: RedisError) {
        if problem == nil { problem = error }
        guard let context else { return end() }
        context.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // It has ended already: nobody would hear of this connection.
        if isClosed || problem != nil { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard problem == nil else { return }
        do throws(ReplyReader.Broken) {
            try reader.feed(unwrapInboundIn(data))
            while problem == nil, let value = try reader.next() { owner?.received(value) }
        } catch {
            close(RedisError(.invalidReply, error.message, mayHaveRun: true))
        }
        owner?.receivedAll()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(RedisError(.connectionLost, "the connection to Redis failed: \(ConnectText.of(error))", mayHaveRun: true))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        guard !isClosed else { return }
        isClosed = true
        owner?.closed(problem ?? .lost)
        owner = nil
    }
}
