// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@Suite("A request id")
struct RequestIDTests {
    @Test(
        "of a caller is taken over if it is well formed",
        arguments: ["a", "A-1_b.9", "7f6f1c6a-6f4e-4c3e-9a0a-2f1d0a8f9e11", String(repeating: "x", count: 128)])
    func accepts(_ text: String) throws {
        #expect(try #require(RequestID(text)).description == text)
    }

    @Test(
        "of a caller is refused if it isn't",
        arguments: [
            "", String(repeating: "x", count: 129), "a b", "a\n", "a\r\nSet-Cookie: x", "a\0", "ä", "a/b", "a:b",
            "\"a\"", "a,b",
            "{a}", "a\u{7f}",
        ])
    func refuses(_ text: String) {
        #expect(RequestID(text) == nil)
    }

    @Test("that is generated is 32 hexadecimal digits, the same for the same seed")
    func generates() throws {
        var random = FastRandom(seed: 1)
        var same = FastRandom(seed: 1)
        let id = RequestID(using: &random)
        #expect(id.description.count == 32)
        #expect(id.description.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(id == RequestID(using: &same))
        #expect(id != RequestID(using: &random))
        #expect(RequestID(id.description) != nil)
    }
}

@Suite("The fast random generator")
struct FastRandomTests {
    @Test("gives the published sequence of SplitMix64")
    func reference() {
        var random = FastRandom(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in random.next() } == expected)
    }

    @Test("is seeded differently each time without a seed")
    func seeded() {
        var first = FastRandom()
        var second = FastRandom()
        #expect(first.next() != second.next())
    }
}
