// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Writes heads and chunk framing into a buffer.
enum HTTP1Writer {
    /// What the engine decides for a response, over what its headers say.
    struct ResponseFraming {
        var body: BodyFraming
        var keepAlive: Bool
        /// The client spoke HTTP/1.0, so keeping the connection must be said.
        var legacyClient: Bool
    }

    static func write(_ head: ResponseHead, _ framing: ResponseFraming, date: [UInt8], to buffer: inout ByteBuffer) {
        if head.status.code == 200 {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            buffer.writeStaticString("HTTP/1.1 ")
            buffer.writeDecimal(head.status.code)
            buffer.writeStaticString(" ")
            buffer.writeString(head.status.reason)
            buffer.writeStaticString("\r\n")
        }
        write(head.headers, without: Self.engineFields, to: &buffer)
        buffer.writeStaticString("Date: ")
        buffer.writeBytes(date)
        switch framing.body {
        case .none, .untilClose: buffer.writeStaticString("\r\n")
        case .length(let length):
            buffer.writeStaticString("\r\nContent-Length: ")
            buffer.writeDecimal(length)
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("\r\nTransfer-Encoding: chunked\r\n")
        }
        if !framing.keepAlive {
            buffer.writeStaticString("Connection: close\r\n\r\n")
        } else if framing.legacyClient {
            buffer.writeStaticString("Connection: keep-alive\r\n\r\n")
        } else {
            buffer.writeStaticString("\r\n")
        }
    }

    static func write(_ head: RequestHead, body: BodyFraming, authority: String, to buffer: inout ByteBuffer) {
        buffer.writeString(head.method.name)
        buffer.writeStaticString(" ")
        buffer.writeString(head.target)
        buffer.writeStaticString(" HTTP/1.1\r\n")
        if !head.headers.contains(.host) {
            buffer.writeStaticString("Host: ")
            buffer.writeString(authority)
            buffer.writeStaticString("\r\n")
        }
        write(head.headers, without: Self.framingFields, to: &buffer)
        switch body {
        case .none, .untilClose:
            // A request that usually has a body says that it has none.
            if head.method == .post || head.method == .put || head.method == .patch {
                buffer.writeStaticString("Content-Length: 0\r\n")
            }
        case .length(let length):
            buffer.writeStaticString("Content-Length: ")
            buffer.writeDecimal(length)
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        }
        buffer.writeStaticString("\r\n")
    }

    static func writeChunk(_ chunk: ByteBuffer, to buffer: inout ByteBuffer) {
        writeChunkSize(chunk.readableBytes, to: &buffer)
        buffer.writeImmutableBuffer(chunk)
        buffer.writeStaticString("\r\n")
    }

    static func writeChunkSize(_ size: Int, to buffer: inout ByteBuffer) {
        buffer.writeString(String(size, radix: 16))
        buffer.writeStaticString("\r\n")
    }

    static func writeLastChunk(_ trailers: Headers?, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n")
        if let trailers { write(trailers, without: Self.engineFields, to: &buffer) }
        buffer.writeStaticString("\r\n")
    }

    // MARK: Fields

    private static let framingFields = mask([
        .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .upgrade,
    ])
    private static let engineFields = framingFields | mask([.date])

    private static func mask(_ names: [HeaderName]) -> UInt64 {
        names.reduce(0) { $0 | 1 << UInt64($1.token) }
    }

    private static func write(_ headers: Headers, without skipped: UInt64, to buffer: inout ByteBuffer) {
        headers.bytes.withUnsafeBytes { bytes in
            var total = 0
            for entry in headers.entries { total += Int(entry.nameLength) + Int(entry.valueEnd - entry.valueStart) + 4 }
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: total) { target in
                guard var out = target.baseAddress, let source = bytes.baseAddress else { return 0 }
                let start = out
                for entry in headers.entries where entry.token == 0 || skipped & (1 << UInt64(entry.token)) == 0 {
                    out.copyMemory(from: source + Int(entry.nameStart), byteCount: Int(entry.nameLength))
                    out += Int(entry.nameLength)
                    out.storeBytes(of: 0x3A, as: UInt8.self)
                    out.storeBytes(of: 0x20, toByteOffset: 1, as: UInt8.self)
                    out += 2
                    let length = Int(entry.valueEnd - entry.valueStart)
                    out.copyMemory(from: source + Int(entry.valueStart), byteCount: length)
                    out += length
                    out.storeBytes(of: 0x0D, as: UInt8.self)
                    out.storeBytes(of: 0x0A, toByteOffset: 1, as: UInt8.self)
                    out += 2
                }
                return out - start
            }
        }
    }
}

extension ByteBuffer {
    /// Writes a number that is not negative in decimal digits.
    mutating func writeDecimal(_ number: Int) {
        var number = number
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            var position = digits.count
            repeat {
                position -= 1
                digits[position] = UInt8(ascii: "0") + UInt8(number % 10)
                number /= 10
            } while number > 0
            writeBytes(UnsafeRawBufferPointer(rebasing: digits[position...]))
        }
    }
}
