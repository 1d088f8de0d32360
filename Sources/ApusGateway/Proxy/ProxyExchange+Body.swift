// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import NIOCore

// The request's body, from the client to the instance.
extension ProxyExchange {
    /// The instance takes more of the body, or no more for now.
    func upstreamWritable(_ isWritable: Bool) {
        guard streamsBody, !isOver else { return }
        bodyWanted = isWritable
        guard let upstream else { return }
        if isWritable { wantBody(upstream) } else { pauseBody(upstream) }
    }

    /// From here on the instance waits for the client, whose slowness is the server's matter and not the instance's.
    func wantBody(_ upstream: ClientExchange) {
        if client.awaitsResponse { upstream.setDeadline(callerDeadline) }
        client.resumeReading()
    }

    /// From here on the client waits for the instance.
    private func pauseBody(_ upstream: ClientExchange) {
        client.pauseReading()
        if client.awaitsResponse { upstream.setDeadline(deadline(from: .now)) }
    }

    func received(_ chunk: ByteBuffer) {
        guard let upstream, !isOver else { return }
        receivedBytes += chunk.readableBytes
        upstream.send(chunk)
        if !upstream.isWritable { upstreamWritable(false) }
    }

    func receivedEnd(_ trailers: Headers?) {
        guard let upstream, !isOver else { return }
        if client.awaitsResponse { upstream.setDeadline(deadline(from: .now)) }
        upstream.end(trailers.flatMap(HopByHop.forwardable(trailers:)))
    }

    func refused(_ error: ProtocolError) -> Bool {
        guard !isOver else { return false }
        upstream?.cancel()
        upstream = nil
        record(.cancelled)
        answer(GatewayProblem(error))
        return true
    }
}
