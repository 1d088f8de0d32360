// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusNATS

@Suite("Names that NATS allows")
struct SubjectTests {
    @Test(
        "a name as a token has no dots, wildcards and spaces, and comes back",
        arguments: ["local", "service/orders", "a.b", "", "_", "__", "*", ">", "ü\u{1F600}", " ", "A-z_0", "\0"])
    func tokens(text: String) {
        let token = Subject.token(text)
        #expect(Subject.isValid(token) && !token.contains("."))
        #expect(Subject.text(of: token) == text)
    }

    @Test("different names give different tokens")
    func different() {
        let names = ["a.b", "a_2eb", "a/b", "a b", "ab", "a_b", "_", "", "__"]
        #expect(Set(names.map(Subject.token)).count == names.count)
    }

    @Test(
        "subjects to send to",
        arguments: [("a.b.c", true), ("a", true), ("$JS.API.x", true), ("", false), (".a", false)])
    func subjects(subject: String, isValid: Bool) {
        #expect(Subject.isValid(subject) == isValid)
    }

    @Test("subjects that can't be sent to", arguments: ["a.", "a..b", "a.*", "a.>", "a b", "a\r\nPUB x", "a\0"])
    func refused(subject: String) {
        #expect(!Subject.isValid(subject))
    }
}
