// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import Foundation
import Testing

@Suite("The codec at its limits")
struct JSONCodecLimitsTests {
    private let codec = JSONCodec()

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try codec.encode(value), as: UTF8.self)
    }

    /// Encodes itself by a closure, and keeps the decoder that it was given.
    private struct Custom: Codable {
        private let encoding: (any Encoder) throws -> Void
        let decoder: (any Decoder)?

        init(_ encoding: @escaping (any Encoder) throws -> Void) {
            self.encoding = encoding
            decoder = nil
        }
        init(from decoder: any Decoder) throws {
            self.decoder = decoder
            encoding = { _ in }
        }
        func encode(to encoder: any Encoder) throws { try encoding(encoder) }
    }

    private struct Key: CodingKey, ExpressibleByStringLiteral {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init(stringLiteral value: String) { stringValue = value }
        init?(intValue: Int) { nil }
    }

    private struct Failure: Error {}

    /// Writes something of every kind and throws then.
    private static var failing: Custom {
        Custom { encoder in
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: "a")
            var nested = container.nestedUnkeyedContainer(forKey: "b")
            try nested.encode("x")
            for index in 0..<30 { try container.encode([index], forKey: Key(stringValue: "many\(index)")) }
            throw Failure()
        }
    }

    /// Encodes a value as the only one.
    private static func single(_ value: some Encodable, _ encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    @Test("Of members with the same name the last one counts")
    func repeatedNames() throws {
        let few = Custom { encoder in
            var container = encoder.container(keyedBy: Key.self)
            try container.encode([1, 2], forKey: "a")
            try container.encode(3, forKey: "b")
            var nested = container.nestedContainer(keyedBy: Key.self, forKey: "c")
            try nested.encode(4, forKey: "x")
            try container.encode(5, forKey: "a")
            try container.encode(6, forKey: "c")
            _ = container.nestedUnkeyedContainer(forKey: "d")
            try container.encode(7, forKey: "b")
            try nested.encode(8, forKey: "y")
        }
        #expect(try text([few, few]) == #"[{"a":5,"c":6,"d":[],"b":7},{"a":5,"c":6,"d":[],"b":7}]"#)
        let many = Custom { encoder in
            var container = encoder.container(keyedBy: Key.self)
            for index in 0..<100 { try container.encode(index, forKey: Key(stringValue: "\"é\(index % 40)")) }
        }
        let json = try JSONParser.parse(codec.encode(["x": many]))
        #expect((0..<40).allSatisfy { json["x"]?["\"é\($0)"] == .integer($0 < 20 ? 80 + $0 : 40 + $0) })
    }

    @Test("A value is written where a writer stands; one that throws leaves the writer as it was")
    func intoWriter() throws {
        let spliced = Custom { encoder in
            var container = encoder.container(keyedBy: Key.self)
            var nested = container.nestedUnkeyedContainer(forKey: "a")
            try container.encode(1, forKey: "b")
            try nested.encode(2)
        }
        var writer = JSONWriter()
        writer.beginArray()
        writer.element()
        #expect(throws: Failure.self) { try codec.encode(Self.failing, to: &writer, depth: 1) }
        try codec.encode(spliced, to: &writer, depth: 1)
        writer.element()
        writer.beginObject()
        writer.name("b")
        #expect(throws: EncodingError.self) { try codec.encode(["x": Double.nan], to: &writer, depth: 2) }
        try codec.encode(spliced, to: &writer, depth: 2)
        writer.endObject()
        writer.element()
        try codec.encode("x", to: &writer, depth: 1)
        writer.endArray()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"[{"a":[2],"b":1},{"b":{"a":[2],"b":1}},"x"]"#)
        #expect(throws: EncodingError.self) { try codec.encode([0], to: &writer, depth: JSONCodec.maximumDepth + 1) }
    }

    @Test("What threw while it was encoded leaves nothing behind if somebody catches the error")
    func caughtErrors() throws {
        let value = Custom { encoder in
            var container = encoder.container(keyedBy: Key.self)
            #expect(throws: Failure.self) { try container.encode(Self.failing, forKey: "first") }
            try container.encode(1, forKey: "a")
            #expect(throws: Failure.self) { try container.encode(["x": [Self.failing]], forKey: "a") }
            #expect(throws: Failure.self) { try container.encode(Self.failing, forKey: "b") }
            #expect(throws: EncodingError.self) { try container.encode([1, Double.nan], forKey: "b") }
            try container.encode(2, forKey: "b")
            var elements = container.nestedUnkeyedContainer(forKey: "c")
            #expect(throws: Failure.self) { try elements.encode(Self.failing) }
            try elements.encode(3)
            #expect(throws: Failure.self) { try elements.encode(Self.failing) }
            #expect(elements.count == 1)
        }
        #expect(try text(value) == #"{"b":2,"c":[3]}"#)
        let single = Custom { encoder in
            var container = encoder.singleValueContainer()
            #expect(throws: Failure.self) { try container.encode(Self.failing) }
            try container.encode("x")
        }
        #expect(try text([single]) == #"["x"]"#)
    }

    @Test("A value that is encoded in two ways is an error")
    func twoWays() {
        let values = [
            Custom { encoder in
                _ = encoder.container(keyedBy: Key.self)
                _ = encoder.unkeyedContainer()
            },
            Custom { encoder in
                try Self.single(1, encoder)
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(1, forKey: "a")
            },
            Custom { encoder in
                try Self.single(1, encoder)
                try Self.single(2, encoder)
            },
            Custom { encoder in
                var container = encoder.container(keyedBy: Key.self)
                let outer = container
                try container.encode(
                    Custom { _ in
                        var outer = outer
                        try outer.encode(1, forKey: "b")
                    }, forKey: "a")
            },
        ]
        for value in values {
            #expect(throws: EncodingError.self) { try codec.encode(value) }
            #expect(throws: EncodingError.self) { try codec.encode(["x": value]) }
        }
    }

    @Test("Numbers that are not finite are refused where they stand, as by Foundation")
    func notFinite() {
        for value in [Double.nan, .infinity, -.infinity] {
            let tree = ["a": [[1], [2, value]]]
            let ours = Outcome { try codec.encode(tree) }
            #expect(ours == Outcome { try JSONEncoder().encode(tree) })
            #expect(ours == .failure("invalid /a/#1/#1"))
            #expect(Outcome { try codec.encode([Samples.Shape.circle(value)]) } == .failure("invalid /#0/circle/_0"))
            #expect(throws: EncodingError.self) { try codec.encode(Float(value)) }
            #expect(throws: EncodingError.self) { try codec.encode([Date(timeIntervalSince1970: value)]) }
        }
        #expect(throws: EncodingError.self) { try codec.encode(Decimal.nan) }
    }

    @Test("A value knows its path while it is coded")
    func paths() throws {
        let value = Custom { encoder in
            #expect(Outcome.path(encoder.codingPath) == "/a/#1")
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: "x")
            let nested = container.nestedUnkeyedContainer(forKey: "n\"\n")
            #expect(Outcome.path(container.codingPath) == "/a/#1")
            #expect(Outcome.path(nested.codingPath) == "/a/#1/n\"\n")
            #expect(Outcome.path(container.superEncoder().codingPath) == "/a/#1/super")
        }
        _ = try codec.encode(["a": [Custom { try Self.single(1, $0) }, value]])
        let decoded = try codec.decode([String: [[Custom]]].self, from: Array(#"{"b":[],"a":[[],[1,{}]]}"#.utf8))
        #expect(decoded["a"]?[1].map { Outcome.path($0.decoder?.codingPath ?? []) } == ["/a/#1/#0", "/a/#1/#1"])
    }

    @Test("A decoder that somebody keeps can be used after the text is gone")
    func keptDecoder() throws {
        var bytes = Array(#"{"name":"a text that is longer than sixteen bytes"}"#.utf8)
        let kept = try codec.decode(Custom.self, from: bytes)
        for index in bytes.indices { bytes[index] = 0 }
        let container = try #require(kept.decoder).container(keyedBy: Key.self)
        #expect(try container.decode(String.self, forKey: "name") == "a text that is longer than sixteen bytes")
    }

    @Test("What is too deep is refused by both directions, and nothing overflows")
    func depth() throws {
        indirect enum Nest: Codable {
            case nest(Nest?)
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                self = .nest(container.isAtEnd ? nil : try container.decode(Nest.self))
            }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.unkeyedContainer()
                if case .nest(let inner?) = self { try container.encode(inner) }
            }
        }
        var nest = Nest.nest(nil)
        for _ in 1..<JSONCodec.maximumDepth { nest = .nest(nest) }
        let bytes = try codec.encode(nest)
        #expect(bytes.count == 2 * JSONCodec.maximumDepth)
        #expect(throws: Never.self) { try codec.decode(Nest.self, from: bytes) }
        #expect(throws: EncodingError.self) { try codec.encode(Nest.nest(nest)) }
        #expect(throws: DecodingError.self) { try codec.decode(Nest.self, from: [0x5B] + bytes + [0x5D]) }
    }

    @Test("Members of a large object are found in any order")
    func largeObjects() throws {
        struct Asked: Decodable {
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                for index in (0..<20_000).reversed() {
                    #expect(try container.decode(Int.self, forKey: Key(stringValue: "m\(index)")) == index)
                }
                #expect(!container.contains("m20000"))
                #expect(try container.decodeIfPresent(Int.self, forKey: "x") == nil)
            }
        }
        let text = "{" + (0..<20_000).map { "\"m\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(throws: Never.self) { try codec.decode(Asked.self, from: Array(text.utf8)) }
    }

    @Test("What is no JSON is refused with line and column, also where Foundation takes it")
    func strictness() {
        for text in ["", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "\u{FEFF}1", "[1]x", "[1e999]", "nul", "\"\u{1}\""]
        {
            let error = #expect(throws: DecodingError.self) { try codec.decode([Int].self, from: Array(text.utf8)) }
            guard case .dataCorrupted(let context)? = error else {
                Issue.record("\(text): \(String(describing: error))")
                continue
            }
            #expect(context.underlyingError is JSONSyntaxError)
        }
    }

    @Test("Random bytes are read only if Foundation reads them, and alike")
    func randomBytes() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = FastRandom(seed: seed)
        let alphabet = Array("{}[]\",:\\u01aef.-+ \n🦅".utf8) + [0xC3, 0x28]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...12, using: &random)
            let middle = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            for bytes in [middle, [0x5B, 0x22] + middle + [0x22, 0x5D]] {
                let ours = Outcome { try codec.decode([String].self, from: bytes) }
                if case .failure("corrupted /") = ours { continue }
                #expect(
                    ours == Outcome { try JSONDecoder().decode([String].self, from: Data(bytes)) },
                    "\(bytes), seed \(seed)")
            }
        }
    }

    @Test("Nothing of an encoding stays behind, whether it succeeds or not")
    func memory() throws {
        final class Token: Sendable {}
        struct TokenKey: CodingKey {
            let stringValue = "k"
            var intValue: Int? { nil }
            let token: Token
            init(token: Token) { self.token = token }
            init?(stringValue: String) { nil }
            init?(intValue: Int) { nil }
        }
        for succeeds in [true, false] {
            weak var kept: Token?
            do {
                let token = Token()
                kept = token
                let value = Custom { encoder in
                    var container = encoder.container(keyedBy: TokenKey.self)
                    for _ in 0..<2 {
                        var nested = container.nestedContainer(
                            keyedBy: TokenKey.self, forKey: TokenKey(token: token))
                        var inner = nested.nestedUnkeyedContainer(forKey: TokenKey(token: token))
                        try inner.encode(1)
                    }
                    if !succeeds { throw Failure() }
                }
                let text = Outcome { try self.text(value) }
                #expect(succeeds == (text == .value(#"String {"k":{"k":[1]}}"#)))
            }
            #expect(kept == nil)
        }
    }

    @Test("Dates are RFC 3339 texts where that is asked for")
    func dates() throws {
        let codec = JSONCodec(dates: .rfc3339)
        let date = Date(timeIntervalSince1970: 0.25)
        let bytes = try codec.encode(["at": [date]])
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"at":["1970-01-01T00:00:00.250Z"]}"#)
        #expect(try codec.decode([String: [Date]].self, from: bytes) == ["at": [date]])
        #expect(try codec.decode([Date].self, from: Array(#"["1970-01-01T00:00:00\u002e25Z"]"#.utf8)) == [date])
        let error = Outcome { try codec.decode([Date].self, from: Array(#"["1970-01-01T00:00:00.25Z","x"]"#.utf8)) }
        #expect(error == .failure("corrupted /#1"))
        #expect(Outcome { try codec.decode([Date].self, from: Array("[1]".utf8)) } == .failure("type /#0"))
        #expect(throws: Never.self) { try codec.encode(Date(timeIntervalSince1970: .nan)) }
    }
}
