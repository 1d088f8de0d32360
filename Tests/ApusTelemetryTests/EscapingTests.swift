// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Foundation
import Logging
import Testing

@Suite("What text can't do to a log")
struct EscapingTests {
    static let corpus: [String] = [
        "", "plain", "\"quoted\"", "back\\slash", "two\nlines", "\r\n", "tab\there", "\u{0}", "\u{1}\u{1F}\u{7F}",
        "\u{1B}[31mred\u{1B}[0m", "\u{9B}31m", "\u{85}", "\u{80}\u{9F}\u{A0}", "\u{2028}\u{2029}", "\u{202E}dlrow",
        "\u{200E}\u{200F}\u{2066}\u{2069}", "\u{2013}\u{2027}\u{202F}\u{2065}\u{206A}", "Grüße, 世界, 🦅🏳️‍🌈", "é",
        "e\u{301}",
        "\u{FFFD}\u{FEFF}\u{10FFFF}\u{E000}", "</script>", "}\n{\"level\":\"critical\",\"message\":\"forged\"}",
        String(decoding: [0x66, 0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xF8], as: UTF8.self),
        "1234567\n", "12345678\n", "1234567\"\"1234567", String(repeating: "a", count: 5000),
        String(repeating: "\u{1}", count: 2000), String(repeating: "ü\"", count: 700),
    ]

    @Test("As message, key and value, every text comes back from JSON as it was", arguments: corpus)
    func roundTrip(text: String) throws {
        let log = TestLog()
        log.logger.info(
            Logger.Message(stringLiteral: text), metadata: ["v": .string(text), "k\(text)": "x", "m": [text: "y"]])
        let object = try log.object()
        #expect(object["message"] as? String == text)
        #expect(object["v"] as? String == text)
        #expect(object["k\(text)"] as? String == "x")
        #expect((object["m"] as? [String: String])?[text] == "y")
    }

    @Test(
        "No line holds a control character or a mark that turns the writing direction", arguments: corpus,
        [LogFormat.json, .console])
    func noControls(text: String, format: LogFormat) {
        let log = TestLog(format)
        log.logger.info(Logger.Message(stringLiteral: text), metadata: ["v": .string(text), "k\(text)": "x"])
        let line = log.text()
        #expect(line.utf8.count { $0 == 10 } == 1)
        let found = line.unicodeScalars.dropLast().first { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
        #expect(found == nil)
    }

    @Test(
        "A text of a mebibyte is cut at a character's border, and the line is still JSON and says so",
        arguments: ["a", "ü", "🦅", "\u{1}"])
    func cut(character: String) throws {
        let log = TestLog()
        let text = String(repeating: character, count: 1 << 20)
        log.logger.info(
            Logger.Message(stringLiteral: text), metadata: ["more": .string(text), "x": ["y": [.string(text)]]])
        #expect(log.text().utf8.count < 7 * 64 << 10)
        let object = try log.object()
        let message = try #require(object["message"] as? String)
        #expect(object["truncated"] as? Bool == true)
        #expect(message.hasSuffix("…"))
        #expect(text.hasPrefix(message.dropLast()))
    }

    @Test("Metadata without end is cut too")
    func manyFields() throws {
        let log = TestLog()
        let many = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("key\($0)", Logger.MetadataValue.string("v")) })
        log.logger.info("x", metadata: many)
        #expect(log.text().utf8.count < 80 << 10)
        #expect(try log.object()["truncated"] as? Bool == true)
    }

    @Test("A redacted value shows in no text, dump or line")
    func redacted() throws {
        struct Login { let name = "ada", password = Redacted("secret") }
        let secret = Redacted("secret")
        var dumped = ""
        dump(Login(), to: &dumped)
        for text in [
            "\(secret)", String(reflecting: secret), String(describing: Login()), String(reflecting: Login()), dumped,
            String(describing: [secret]), String(describing: Optional(secret)),
        ] {
            #expect(!text.contains("secret"))
            #expect(text.contains("[redacted]") || text == dumped)
        }
        let log = TestLog()
        log.logger.info("login \(secret)", metadata: ["password": .stringConvertible(secret)])
        #expect(try log.object()["password"] as? String == "[redacted]")
        #expect(secret.value == "secret")
        #expect(secret == Redacted("secret"))
    }
}
