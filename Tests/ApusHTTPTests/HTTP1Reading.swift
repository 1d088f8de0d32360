// SPDX-License-Identifier: Apache-2.0
import NIOCore

@testable import ApusHTTP

/// What our codec makes of a stream of bytes, without a connection: the requests in order, and the error that ends it.
struct HTTP1Reading: Equatable {
    struct Message: Equatable {
        var method: String
        var target: String
        var fields: [String]
        var body: [UInt8]
        var trailers: [String]
    }

    var messages: [Message] = []
    /// The status of the error that ended the stream; nil if there was none.
    var status: Int?
    /// The last message is not complete.
    var isIncomplete = false

    /// Feeds the bytes in pieces of at most `size`.
    static func read(_ bytes: [UInt8], pieces size: Int) -> HTTP1Reading {
        var reading = HTTP1Reading()
        var input = ByteBuffer()
        var state = State.head(HeadScanner())
        var position = 0
        do throws(ProtocolError) {
            repeat {
                let end = min(bytes.count, position + max(1, size))
                input.writeBytes(bytes[position..<end])
                position = end
                while try reading.step(&input, &state) {}
            } while position < bytes.count
        } catch {
            reading.status = error.status.code
        }
        switch state {
        case .head: reading.isIncomplete = input.readableBytes > 0
        case .body: reading.isIncomplete = true
        case .over: break
        }
        return reading
    }

    private enum State {
        case head(HeadScanner)
        case body(BodyDecoder, Message, keepAlive: Bool)
        /// A message said that it is the last one.
        case over
    }

    private mutating func step(_ input: inout ByteBuffer, _ state: inout State) throws(ProtocolError) -> Bool {
        let limits = HeadLimits()
        switch state {
        case .head(var scanner):
            guard input.readableBytes > 0 else { return false }
            let length = try input.readableBytesView.withUnsafeBytes { (bytes) throws(ProtocolError) in
                try scanner.scan(bytes, limits: limits)
            }
            state = .head(scanner)
            guard let length else { return false }
            let skipped = scanner.skipped
            let result = try input.readableBytesView.withUnsafeBytes { (bytes) throws(ProtocolError) in
                try RequestHeadParser.parse(UnsafeRawBufferPointer(rebasing: bytes[skipped..<length]), limits: limits)
            }
            input.moveReaderIndex(forwardBy: length)
            let message = Message(
                method: result.head.method.name, target: result.head.target,
                fields: result.head.headers.map { "\($0.name.lowercased()): \($0.value)" }, body: [], trailers: [])
            state = .body(BodyDecoder(result.framing, limits: limits), message, keepAlive: result.keepAlive)
            return true
        case .over: return false
        case .body(var decoder, var message, let keepAlive):
            let event = try decoder.next(&input)
            switch event {
            case nil:
                state = .body(decoder, message, keepAlive: keepAlive)
                return false
            case .chunk(let chunk):
                message.body.append(contentsOf: chunk.readableBytesView)
                state = .body(decoder, message, keepAlive: keepAlive)
                return true
            case .end(let trailers):
                message.trailers = trailers.map { $0.map { "\($0.name.lowercased()): \($0.value)" } } ?? []
                messages.append(message)
                state = keepAlive ? .head(HeadScanner()) : .over
                return true
            }
        }
    }
}
