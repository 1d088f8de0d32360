// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Takes chunks and trailers apart (RFC 9112, section 7.1), strictly: a size is hexadecimal digits alone, lines end with
/// CR LF, chunk data too. Extensions are skipped, within a limit.
struct ChunkDecoder {
    private enum State {
        case size
        case data(Int)
        case dataEnd
        case trailers(HeadScanner)
    }

    private var state = State.size
    private var extensionBytes = 0
    private let limits: HeadLimits

    /// Bytes of chunk extensions that one body may carry.
    private static let extensionLimit = 16 << 10
    /// Bytes of one line with a chunk's size.
    private static let lineLimit = 4 << 10

    init(limits: HeadLimits) {
        self.limits = limits
    }

    mutating func next(_ buffer: inout ByteBuffer) throws(ProtocolError) -> BodyDecoder.Event? {
        while true {
            switch state {
            case .size:
                guard let size = try readSize(&buffer) else { return nil }
                state = size == 0 ? .trailers(HeadScanner(trailers: true)) : .data(size)
            case .data(let left):
                guard let slice = buffer.readSlice(length: min(left, buffer.readableBytes)), slice.readableBytes > 0
                else { return nil }
                state = slice.readableBytes == left ? .dataEnd : .data(left - slice.readableBytes)
                return .chunk(slice)
            case .dataEnd:
                guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
                guard first == 0x0D else { throw .chunk("the data of a chunk is not followed by CR LF") }
                guard buffer.readableBytes >= 2 else { return nil }
                guard buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self) == 0x0A else {
                    throw .chunk("the data of a chunk is not followed by CR LF")
                }
                buffer.moveReaderIndex(forwardBy: 2)
                state = .size
            case .trailers(var scanner):
                let limits = limits
                let bytes = buffer.readableBytesView
                let length = try bytes.withUnsafeBytes { (bytes) throws(ProtocolError) in
                    try scanner.scan(bytes, limits: limits)
                }
                state = .trailers(scanner)
                guard let length else { return nil }
                let trailers = try readTrailers(&buffer, length: length)
                return .end(trailers: trailers)
            }
        }
    }

    /// Reads `size [extensions] CR LF`.
    private mutating func readSize(_ buffer: inout ByteBuffer) throws(ProtocolError) -> Int? {
        let line = buffer.readableBytesView.prefix(Self.lineLimit)
        guard let stop = line.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else {
            guard line.count < Self.lineLimit else { throw .chunk("the line of a chunk's size is too long") }
            _ = try Self.size(line)
            return nil
        }
        guard line[stop] == 0x0D else { throw .chunk("a bare line feed in the line of a chunk's size") }
        let text = line[..<stop]
        let (size, digits) = try Self.size(text)
        guard digits > 0 else { throw .chunk("a chunk's size is missing") }
        try ChunkExtensions.validate(text.dropFirst(digits))
        guard stop + 1 < line.endIndex else { return nil }
        guard line[stop + 1] == 0x0A else { throw .chunk("a bare CR in the line of a chunk's size") }
        extensionBytes += text.count - digits
        guard extensionBytes <= Self.extensionLimit else { throw .chunk("there are too many chunk extensions") }
        buffer.moveReaderIndex(forwardBy: text.count + 2)
        return size
    }

    /// The hexadecimal digits at the beginning of a line, and how many there are.
    private static func size(_ line: ByteBufferView.SubSequence) throws(ProtocolError) -> (size: Int, digits: Int) {
        var size = 0
        var digits = 0
        for byte in line {
            guard let digit = digit(byte) else {
                guard digits > 0, byte == UInt8(ascii: ";") || CharacterClass.isBlank(byte) else {
                    throw .chunk("a chunk's size is not a hexadecimal number")
                }
                break
            }
            digits += 1
            guard digits <= 16, size <= Int.max >> 4 else { throw .chunk("a chunk's size is too large a number") }
            size = size << 4 | digit
        }
        return (size, digits)
    }

    private mutating func readTrailers(_ buffer: inout ByteBuffer, length: Int) throws(ProtocolError) -> Headers? {
        defer { buffer.moveReaderIndex(forwardBy: length) }
        guard length > 2 else { return nil }
        let start = buffer.readerIndex
        guard let block = buffer.getBytes(at: start, length: length) else { return nil }
        let limit = limits.fieldCount
        let parsed = block.withUnsafeBytes { bytes in
            Result { () throws(ProtocolError) in try FieldParser.parse(bytes, from: 0, limit: limit) }
        }
        let entries = try parsed.get()
        let forbidden = [HeaderName.contentLength, .transferEncoding, .host, .connection, .trailer]
        for entry in entries where forbidden.contains(where: { $0.token == entry.token }) {
            throw .chunk("the trailers hold a field that frames or routes the message")
        }
        return Headers(bytes: block, entries: entries)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
