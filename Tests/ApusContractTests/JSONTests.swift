// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import Testing

@Suite("JSON text")
struct JSONTests {
    @Test(
        "What is written is read back, by our parser and by Foundation's",
        arguments: [
            "", "plain", "\"quoted\" \\ back/slash", "tab\tline\nreturn\r\u{8}\u{C}", "\u{0}\u{1F}\u{7F}",
            "ärger 🦅 \u{2028}",
        ])
    func strings(text: String) throws {
        var json = JSONWriter()
        json.string(text)
        #expect(try JSONParser.parse(json.bytes) == .string(text))
        #expect(try JSONDecoder().decode(String.self, from: Data(json.bytes)) == text)
    }

    @Test(
        "Numbers are written as short as they can be",
        arguments: [
            (0.0, "0"), (1.5, "1.5"), (-3, "-3"), (0.1, "0.1"), (1e21, "1e+21"), (1e-7, "1e-07"), (.infinity, "null"),
            (.nan, "null"),
        ])
    func doubles(value: Double, text: String) throws {
        var json = JSONWriter()
        json.number(value)
        #expect(String(decoding: json.bytes, as: UTF8.self) == text)
        _ = try JSONParser.parse(json.bytes)
    }

    @Test("Integers are written in full", arguments: [0, 7, 10, -1, 1_234_567_890, .max, .min])
    func integers(value: Int) {
        var json = JSONWriter()
        json.integer(value)
        #expect(String(decoding: json.bytes, as: UTF8.self) == "\(value)")
    }

    @Test("Escapes, surrogate pairs and white space are read")
    func reading() throws {
        let text = " {\"a\" : [ 1 , -2.5e1, true,false , null ] ,\r\n\t\"b\\u0041\": \"\\ud83e\\udd85\\/\\\"\" } "
        #expect(
            try JSONParser.parse(text.utf8)
                == ["a": [1, .number(-25), true, false, .null], "bA": "🦅/\""])
    }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", " ", "{", "[1,]", "[1 2]", "{\"a\":1,}", "nul", "+1", "-", "1.", ".5", "1e", "0x1", "\"\u{1}\"",
            "\"\\ud800\"",
            "\"\\udc00x\"", "\"\\u12g4\"", "NaN", "{a:1}", "[1]]", "\u{FEFF}1",
        ])
    func refused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text.utf8) }
    }

    @Test("Invalid UTF-8 in a string is refused")
    func invalidUTF8() {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test("Random bytes are read or refused, and never crash")
    func randomBytes() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\",:\\u0123456789.eE+-truefalsn \n\u{1F985}".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            guard let written = try? JSONParser.parse(bytes).bytes else { continue }
            #expect((try? JSONParser.parse(written).bytes) == written, "\(bytes)")
        }
    }
}
