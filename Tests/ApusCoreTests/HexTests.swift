// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@Suite("Hexadecimal")
struct HexTests {
    @Test("sixteen digits are written behind what is there, the same as in a text")
    func appended() {
        for value in [0, 1, 0x0123_4567_89AB_CDEF, 0xF000_0000_0000_000A, UInt64.max] {
            var text = Array("x".utf8)
            Hex.append(value, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == "x" + Hex.string(value))
        }
    }

    @Test("has a fixed width and lower-case digits")
    func writes() {
        #expect(Hex.string(0) == "0000000000000000")
        #expect(Hex.string(0x0123_4567_89AB_CDEF) == "0123456789abcdef")
        #expect(Hex.string(.max) == "ffffffffffffffff")
        #expect(Hex.string(1, 0xA) == "0000000000000001000000000000000a")
    }

    @Test("is read back as it was written")
    func roundTrip() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        for _ in 0..<1_000 {
            let value = random.next() >> (random.next() % 64)
            #expect(Hex.value(Array(Hex.string(value).utf8)) == value, "seed \(seed)")
        }
    }

    @Test("is read from 1 to 16 digits")
    func readsShort() {
        #expect(Hex.value(Array("f".utf8)) == 15)
        #expect(Hex.value(Array("00ff".utf8)) == 255)
        #expect(Hex.value(Array("ffffffffffffffff".utf8)) == .max)
    }

    @Test(
        "refuses everything else",
        arguments: ["", "F", "0x1", "g", " 1", "1 ", "-1", "+1", "1_0", "/", ":", "`", "00000000000000000", "١"])
    func refuses(_ text: String) {
        #expect(Hex.value(Array(text.utf8)) == nil)
    }
}
