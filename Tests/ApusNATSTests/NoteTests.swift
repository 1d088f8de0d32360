// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusNATS

@Suite("What stands beside a message in JetStream")
struct NoteTests {
    @Test("a note comes back as it was written")
    func notes() {
        var note = DeliveryNote()
        #expect(DeliveryNote(note.bytes) == note)
        note.uncounted = 3
        note.firstError = "line 1\r\nline \"2\", ü"
        note.notBefore = 1_800_000_000_000_000
        #expect(DeliveryNote(note.bytes) == note)
    }

    @Test("a death comes back as it was written, in one line")
    func deaths() {
        let death = DeathNote(
            reason: "rejected", attempts: 4, firstError: nil, lastError: "a\r\nb\u{0}\u{7f}ü", died: 17)
        #expect(DeathNote(death.text) == death)
        #expect(NATSHeader(DeathNote.header, death.text).isValid)
    }

    @Test("a long error is cut")
    func long() {
        var note = DeliveryNote()
        note.firstError = String(repeating: "ü", count: 10_000)
        #expect(note.bytes.count < 5_000)
        #expect(DeliveryNote(note.bytes)?.firstError?.hasPrefix("üüü") == true)
    }

    @Test("what isn't one is none", arguments: ["", "x", "[]", "{", "1"])
    func broken(text: String) {
        #expect(DeliveryNote(Array(text.utf8)) == nil && DeathNote(text) == nil)
    }
}
