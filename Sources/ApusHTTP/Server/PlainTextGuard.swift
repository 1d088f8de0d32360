// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOSSL
import Synchronization

/// Stands before TLS until the first byte: a client that speaks plain HTTP to a TLS port is told so, in plain HTTP,
/// instead of being left with a connection that closes without a word.
final class PlainTextGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ServerCore
    private let loop: Loop
    private var isRefused = false

    init(server: ServerCore, loop: Loop) {
        self.server = server
        self.loop = loop
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
        // TLS begins with the content type of a handshake record, 22 (RFC 8446, section 5.1), HTTP with a method. TLS
        // says what is wrong with anything else.
        guard CharacterClass.isToken(first) else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            return
        }
        isRefused = true
        server.statistics.protocolErrors.add(1, ordering: .relaxed)
        let info = ConnectionInfo(remoteAddress: context.remoteAddress?.ipAddress ?? "unix", isTLS: false)
        let refusal = RefusedRequest(.plainText, head: nil, info: info)
        var date = HTTPDate()
        var response = context.channel.allocator.buffer(capacity: 512)
        refusal.write(&date, to: &response)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(response)).whenComplete { _ in bound.value.close(promise: nil) }
        server.handler.refused(refusal, on: loop)
    }
}
