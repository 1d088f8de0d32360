// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import ApusHTTP

/// Our codec against llhttp (through NIOHTTP1) on mutated messages. Ours may refuse what llhttp takes; what ours takes,
/// llhttp must read as the same messages.
@Suite("The codec and llhttp")
struct DifferentialTests {
    private static let validMessages: [String] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\nX-Empty:\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
        "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
        "HEAD /x HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close, x\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "DELETE /%41 HTTP/1.1\r\nhOsT: a\r\nX-Y: \t a b \t\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]

    private static let pieces: [[UInt8]] = [
        "\r\n", "\n", "\r", " ", "\t", "\0", ":", ",", ";", "0", "+", "-", "0x", "\u{85}", "\u{a0}", "chunked",
        "Content-Length: 1\r\n",
        "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "HTTP/1.1", "HTTP/1.0", "GET ", "ffffffffffffffff", "_", "#",
        "\"",
    ].map { Array($0.utf8) }

    @Test("agree on every mutated message that ours takes", arguments: [UInt64](0..<8))
    func agree(seed: UInt64) throws {
        var random = FastRandom(seed: seed &* 7919 &+ 1)
        for _ in 0..<2_500 {
            let bytes = Self.mutated(&random)
            let ours = HTTP1Reading.read(bytes, pieces: Int.random(in: 1...bytes.count + 1, using: &random))
            let whole = HTTP1Reading.read(bytes, pieces: bytes.count)
            #expect(
                ours == whole,
                "the pieces matter, seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            let theirs = Self.llhttp(bytes)
            // llhttp knows no methods beyond its list, and stops at one.
            let comparable = Array(whole.messages.prefix { Self.methods.contains($0.method) })
            // Ours is stricter, so it may stop earlier; what it took must be what llhttp read.
            #expect(
                theirs.starts(with: comparable),
                "seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)\nours \(whole)\ntheirs \(theirs)"
            )
        }
    }

    @Test("read the valid forms alike", arguments: validMessages)
    func valid(_ text: String) {
        let ours = HTTP1Reading.read(Array(text.utf8), pieces: text.utf8.count)
        #expect(ours.status == nil)
        #expect(ours.messages == Self.llhttp(Array(text.utf8)))
        #expect(ours.messages.count == 1)
    }

    private static func mutated(_ random: inout FastRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            if let next = validMessages.randomElement(using: &random) { bytes += Array(next.utf8) }
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: at)
            case 1: if at < bytes.count { bytes.remove(at: at) }
            case 2: if at < bytes.count { bytes[at] = UInt8.random(in: .min ... .max, using: &random) }
            default:
                let end = min(bytes.count, at + Int.random(in: 0...12, using: &random))
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            }
        }
        return bytes
    }

    /// NIOHTTP1 trims spaces, not tabs; RFC 9112 trims both.
    private static func field(_ field: (name: String, value: String)) -> String {
        let value = field.value.drop { $0 == "\t" || $0 == " " }
        let end = value.lastIndex { $0 != "\t" && $0 != " " }
        return "\(field.name.lowercased()): \(end.map { String(value[...$0]) } ?? "")"
    }

    private static func llhttp(_ bytes: [UInt8]) -> [HTTP1Reading.Message] {
        let channel = EmbeddedChannel()
        var messages: [HTTP1Reading.Message] = []
        do {
            try channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {}
        var current: HTTP1Reading.Message?
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                current = HTTP1Reading.Message(
                    method: head.method.rawValue, target: head.uri,
                    fields: head.headers.map(Self.field), body: [], trailers: [])
            case .body(let body): current?.body.append(contentsOf: body.readableBytesView)
            case .end(let trailers):
                current?.trailers = trailers?.map(Self.field) ?? []
                if let current { messages.append(current) }
                current = nil
            }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return messages
    }
}
