// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Takes a body out of the bytes that follow a head: slices of what arrived, never copies.
struct BodyDecoder {
    enum Event {
        case chunk(ByteBuffer)
        case end(trailers: Headers?)
    }

    private enum State {
        case length(Int)
        case chunked(ChunkDecoder)
        case untilClose
        case finished
    }

    private var state: State

    init(_ framing: BodyFraming, limits: HeadLimits) {
        switch framing {
        case .none: state = .length(0)
        case .length(let length): state = .length(length)
        case .chunked: state = .chunked(ChunkDecoder(limits: limits))
        case .untilClose: state = .untilClose
        }
    }

    /// The next piece of the body, or nil if more bytes are needed.
    mutating func next(_ buffer: inout ByteBuffer) throws(ProtocolError) -> Event? {
        switch state {
        case .length(0):
            state = .finished
            return .end(trailers: nil)
        case .length(let left):
            guard let slice = buffer.readSlice(length: min(left, buffer.readableBytes)), slice.readableBytes > 0 else {
                return nil
            }
            state = .length(left - slice.readableBytes)
            return .chunk(slice)
        case .chunked(var decoder):
            let event = try decoder.next(&buffer)
            state = .chunked(decoder)
            if case .end = event { state = .finished }
            return event
        case .untilClose:
            guard buffer.readableBytes > 0, let slice = buffer.readSlice(length: buffer.readableBytes) else {
                return nil
            }
            return .chunk(slice)
        case .finished:
            return nil
        }
    }

    /// Whether the end of the connection is the end of this body.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// Bytes that are still to come, if that is known.
    var remaining: Int? {
        switch state {
        case .length(let left): left
        case .finished: 0
        case .chunked, .untilClose: nil
        }
    }
}
