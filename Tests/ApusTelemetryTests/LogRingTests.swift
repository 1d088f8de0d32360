// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusTelemetry

@Suite("The ring of waiting lines")
struct LogRingTests {
    @Test(
        "Whatever is appended and written in whatever pieces, what comes out is what was taken, in order",
        arguments: 1...40)
    func agreesWithAnArray(seed: UInt64) {
        var random = FastRandom(seed: seed)
        var ring = LogRing(capacity: Int.random(in: 1...64, using: &random))
        var expected: [UInt8] = []
        var written: [UInt8] = []
        var (lost, announced) = (0, 0)
        for step in 0..<500 {
            if Bool.random(using: &random) {
                let line = [UInt8](repeating: UInt8(step % 251), count: Int.random(in: 0...20, using: &random)) + [10]
                let fits = line.count <= ring.capacity - ring.count
                let taken = line.withUnsafeBytes { ring.append($0) }
                #expect(taken == fits)
                if taken { expected += line } else { lost += 1 }
            } else {
                switch ring.next() {
                case .rest:
                    let isDrained = ring.isDrained
                    #expect(isDrained)
                case .announce(let count):
                    announced += count
                    ring.finishAnnouncement()
                    #expect(written.last ?? 10 == 10, "between two lines")
                case .write(let chunk):
                    #expect(!chunk.bytes.isEmpty)
                    let part = Int.random(in: 1...chunk.bytes.count, using: &random)
                    written += chunk.bytes.prefix(part)
                    ring.finish(part)
                }
            }
            let isBounded = ring.count <= ring.capacity
            #expect(isBounded)
        }
        drain: while true {
            switch ring.next() {
            case .rest: break drain
            case .announce(let count):
                announced += count
                ring.finishAnnouncement()
            case .write(let chunk):
                written += chunk.bytes
                ring.finish(chunk.bytes.count)
            }
        }
        #expect(written == expected, "seed \(seed)")
        #expect(announced == lost)
        let totalLost = ring.totalLost
        #expect(totalLost == lost)
    }

    @Test("Giving up counts the lines that waited, wrapped around or not")
    func givingUp() {
        var ring = LogRing(capacity: 10)
        for text in ["abc\n", "def\n"] { #expect(append(text, to: &ring)) }
        ring.finish(4)
        #expect(append("ghijk\n", to: &ring))
        ring.giveUp()
        let (totalLost, isDrained) = (ring.totalLost, ring.isDrained)
        #expect(totalLost == 2)
        #expect(isDrained, "nothing is announced to a broken target")
        #expect(append("ok\n", to: &ring))
        guard case .write(let chunk) = ring.next() else {
            Issue.record("the line should be written")
            return
        }
        ring.finish(chunk.bytes.count)
        guard case .announce(let lost) = ring.next() else {
            Issue.record("the loss should be announced")
            return
        }
        #expect(lost == 2)
    }

    private func append(_ text: String, to ring: inout LogRing) -> Bool {
        Array(text.utf8).withUnsafeBytes { ring.append($0) }
    }
}
