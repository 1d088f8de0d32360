// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Testing

@Suite("Rules")
struct RuleTests {
    @Test(
        "E-mail addresses",
        arguments: [
            ("ada@example.org", true), ("a.b+c@sub.example.co", true), ("o'neil@ex-ample.org", true), ("ada", false),
            ("ada@", false), ("@example.org", false), ("ada@localhost", false), ("a@b@c.de", false),
            ("a b@c.de", false),
            ("a@-c.de", false), ("a@c-.de", false), ("a@c..de", false), ("a@.de", false), ("ä@c.de", false),
            (String(repeating: "a", count: 65) + "@c.de", false), ("a@c.d\n", false),
        ])
    func email(text: String, isValid: Bool) {
        #expect(Rule<String>.email.holds(text) == isValid)
    }

    @Test("Length counts Unicode scalars and includes both bounds")
    func length() {
        let rule = Rule<String>.length(1...3)
        #expect(!rule.holds("") && rule.holds("a") && rule.holds("äöü") && rule.holds("🦅🦅🦅"))
        #expect(!rule.holds("abcd") && !rule.holds(String(repeating: "🦅", count: 4)))
        // As many bytes as scalars are asked for, or more, decide nothing.
        let two = Rule<String>.length(2...8)
        #expect(
            !two.holds("ä") && !two.holds("🦅") && two.holds("🦅🦅") && two.holds("abcdefgh") && !two.holds("abcdefghi"))
    }

    @Test("Blank, codes, ranges and counts")
    func others() {
        #expect(Rule<String>.notBlank.holds(" a ") && !Rule<String>.notBlank.holds(" \t\u{A0}\n"))
        #expect(Rule<String>.notBlank.holds("\u{3000}ä") && !Rule<String>.notBlank.holds("\u{3000}\u{2003}"))
        #expect(Rule<String>.upperCaseCode(3).holds("EUR") && !Rule<String>.upperCaseCode(3).holds("eur"))
        #expect(!Rule<String>.upperCaseCode(3).holds("EURO") && !Rule<String>.upperCaseCode(3).holds("ÄU"))
        #expect(
            Rule<Int>.range(1...2).holds(2) && !Rule<Int>.range(1...2).holds(3) && Rule<Int>.range(1...).holds(.max))
        #expect(Rule<[Int]>.count(1...2).holds([1]) && !Rule<[Int]>.count(1...2).holds([]))
    }
}
