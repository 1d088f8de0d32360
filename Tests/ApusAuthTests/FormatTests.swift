// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusAuth

@Suite("Base64 for URLs")
struct Base64URLTests {
    @Test(
        "has the vectors of RFC 4648",
        arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")])
    func vectors(_ plain: String, _ text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(text.utf8) == Array(plain.utf8))
    }

    @Test("is read back as it was written")
    func roundTrip() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes, "seed \(seed)")
        }
    }

    @Test(
        "refuses what isn't canonical",
        arguments: ["A", "AAAAA", "Zg==", "Zm9v=", "Zh", "Zm9", "Z+8", "Z/8", "Z g", "Zg\n", "é"])
    func refuses(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}

@Suite("The reader of claims")
struct ClaimsReaderTests {
    private func read(_ json: String) throws -> ClaimValue? {
        try ClaimsReader.object(Array("{\"a\":\(json)}".utf8))["a"]
    }

    @Test("reads every kind of value")
    func values() throws {
        #expect(try read(" null ") == .null)
        #expect(try read("true") == .bool(true))
        #expect(try read("false") == .bool(false))
        #expect(try read("-0") == .integer(0))
        #expect(try read("9223372036854775807") == .integer(.max))
        #expect(try read("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try read("1.5e3") == .number(1_500))
        #expect(try read("[ 1 , [ ] , { } ]") == .array([.integer(1), .array([]), .object([:])]))
        #expect(try read(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é""#) == .string("\"\\/\u{8}\u{c}\n\r\té😀é"))
    }

    @Test(
        "refuses what isn't JSON or not surely one value",
        arguments: [
            "", "nul", "nullx", "tru", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1e400", "Infinity", "\"",
            "\"\\x\"",
            "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"",
            "[1,]", "[,1]",
            "[1 2]", "[1", "{\"b\"}", "{\"b\":}", "{\"b\":1,}", "{b:1}", "{\"b\":1,\"b\":1}", "'a'", "1 2", "/**/1",
        ])
    func refuses(_ json: String) {
        #expect(throws: ClaimsReader.Malformed.self) { try read(json) }
    }

    @Test("refuses invalid UTF-8")
    func invalidUTF8() {
        for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]] {
            let json = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
            #expect(throws: ClaimsReader.Malformed.self) { try ClaimsReader.object(json) }
        }
    }

    @Test("goes sixteen levels deep and not deeper")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(try read(nested(15)) != nil)
        #expect(throws: ClaimsReader.Malformed.self) { try read(nested(16)) }
        #expect(throws: ClaimsReader.Malformed.self) { try read(String(repeating: "[", count: 100_000)) }
    }

    @Test("reads what the writer wrote")
    func roundTrip() throws {
        let claims: [String: ClaimValue] = [
            "text": .string("\"\\\u{0}\u{1f}é😀/"), "list": .array([.integer(-1), .number(0.5), .bool(true), .null]),
            "nested": .object(["b": .object([:]), "a": .array([])]),
        ]
        #expect(try ClaimsReader.object(ClaimsWriter.json(claims)) == claims)
    }

    @Test("never crashes on random changes of a good text")
    func mutations() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        let good = Array(#"{"sub":"a\u00e9\ud83d\ude00","exp":1.5e3,"l":[1,{"x":null}],"t":true}"#.utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...(random.next() % 4) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert(good[Int(random.next() % UInt64(good.count))], at: index)
                }
            }
            do {
                _ = try ClaimsReader.object(bytes)
                accepted += 1
            } catch {
                continue
            }
        }
        #expect(accepted < 20_000, "seed \(seed)")
    }
}
