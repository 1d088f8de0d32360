// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import Foundation
import Testing

@testable import ApusCache

@Suite("The envelope of the second level")
struct CacheEnvelopeTests {
    /// The same as the codec writes and reads it by itself: what other versions of the program do.
    private struct General<Value: Codable>: Codable {
        var v: Int
        var s: Int64
        var t: [String]?
        var d: Value?
    }

    private struct Sample: Codable, Hashable {
        struct Inner: Codable, Hashable {
            var flags: [Bool]
            var at: Date
        }

        var id: Int
        var name: String
        var inner: Inner?
        var numbers: [String: Double]

        init(using random: inout FastRandom) {
            id = Int(truncatingIfNeeded: random.next())
            name = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...20, using: &random)).map { _ in
                        [#"""#, "\\", "}", "{", ",", "\u{1}", "é", "😀", "d", ":"].randomElement(using: &random) ?? "x"
                    }))
            inner =
                Bool.random(using: &random)
                ? nil
                : Inner(
                    flags: (0..<3).map { _ in Bool.random(using: &random) },
                    at: Date(timeIntervalSinceReferenceDate: Double.random(in: -1e9...1e9, using: &random)))
            numbers = Bool.random(using: &random) ? [:] : ["a": Double.random(in: -1...1, using: &random)]
        }
    }

    /// Two names that are written in this order.
    private struct Pair: Codable {
        var a: [Int]
        var b: String?
    }

    private func decoded<Value: Codable>(_ text: String, as type: Value.Type = Int.self) -> String {
        guard let (envelope, value) = CacheEnvelope.decoded(Array(text.utf8), as: type) else { return "nothing" }
        return "\(envelope.version) \(envelope.staleness) \(envelope.tags) \(value.map { "\($0)" } ?? "nil")"
    }

    /// What the codec alone makes of the text.
    private func general<Value: Codable>(_ text: String, as type: Value.Type = Int.self) -> String {
        do {
            let found = try JSONCodec().decode(General<Value>.self, from: Array(text.utf8))
            return "\(found.v) \(found.s) \(found.t ?? []) \(found.d.map { "\($0)" } ?? "nil")"
        } catch {
            return "nothing"
        }
    }

    @Test("it is written as the codec writes it, and either reads what the other has written", arguments: 0..<200)
    func sameText(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        let value = Int.random(in: 0..<10, using: &random) == 0 ? nil : Sample(using: &random)
        let tags = (0..<max(0, Int.random(in: -3...3, using: &random))).map { "tag\"\($0)" }
        let envelope = CacheEnvelope(
            version: Int.random(in: -2...100, using: &random),
            staleness: Bool.random(using: &random) ? 0 : Int.random(in: 0...Int.max, using: &random), tags: tags)
        let bytes = try envelope.encoded(value)
        let same = General(
            v: envelope.version, s: Int64(envelope.staleness), t: tags.isEmpty ? nil : tags, d: value)
        #expect(String(decoding: bytes, as: UTF8.self) == String(decoding: try JSONCodec().encode(same), as: UTF8.self))
        let found = try #require(CacheEnvelope.decoded(bytes, as: Sample.self))
        #expect(found.envelope == envelope)
        #expect(found.value == value)
        let read = try JSONCodec().decode(General<Sample>.self, from: bytes)
        #expect(read.d == value)
        #expect(read.t == (tags.isEmpty ? nil : tags))
    }

    @Test(
        "whatever stands there is read as the codec reads it",
        arguments: [
            #"{"v":0,"s":0,"d":5}"#, #"{"v":12,"s":999999999999999999,"d":-5}"#,
            #"{"v":0,"s":9223372036854775807,"d":5}"#,
            #"{"v":0,"s":9223372036854775808,"d":5}"#, #"{"v":0,"s":0}"#, #"{"v":0,"s":0,"d":null}"#,
            #"{"v":0,"s":0,"d": null}"#, #"{"v":0,"s":0,"d":5} "#, #" {"v":0,"s":0,"d":5}"#, #"{"s":0,"v":3,"d":5}"#,
            #"{"v":0,"s":0,"d":5,"t":["a"]}"#, #"{"v":0,"s":0,"t":["a","b"],"d":5}"#, #"{"v":0,"s":0,"d":5,"x":{}}"#,
            #"{"v":0,"s":0,"d":5,"d":6}"#, #"{"v":0,"s":0,"d":5}}"#, #"{"v":0,"s":0,"d":5"#, #"{"v":0,"s":0,"d":}"#,
            #"{"v":0,"s":0,"d":"#, #"{"v":00,"s":0,"d":5}"#, #"{"v":-1,"s":-2,"d":5}"#, #"{"v":1.0,"s":1e3,"d":5}"#,
            #"{"v":,"s":0,"d":5}"#, #"{"v":0,"s":0,"d":"5"}"#, #"{"v":0,"s":0,"d":[5]}"#, #"{"v":0,"s":0,"d":5x}"#,
            #"{"v":"0","s":0,"d":5}"#, #"{"v":0,"d":5}"#, "", "{", "}", "null", "5", #"{"v":0,"s":0,"d":5}\#0"#,
        ])
    func anyText(text: String) {
        #expect(decoded(text) == general(text))
        #expect(decoded(text, as: String.self) == general(text, as: String.self))
    }

    @Test("bytes that were changed by chance are read as the codec reads them", arguments: 0..<20)
    func changedBytes(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        let bytes = try CacheEnvelope(version: 3, staleness: 40).encoded(Pair(a: [1, 2], b: "},{"))
        for _ in 0..<200 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: changed.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: changed[place] = Array("{}[]\",:0159nulv sd\\".utf8).randomElement(using: &random) ?? 0
                case 1: changed.remove(at: place)
                default: changed.insert(changed[place], at: place)
                }
            }
            let text = String(decoding: changed, as: UTF8.self)
            #expect(decoded(text, as: Pair.self) == general(text, as: Pair.self), "\(text)")
        }
    }

    @Test("a value as deep as the codec allows is written and read, a deeper one is refused")
    func depth() throws {
        struct Nest: Codable {
            var inner: [Nest]
        }
        func nest(_ levels: Int) -> Nest { (0..<levels).reduce(Nest(inner: [])) { nest, _ in Nest(inner: [nest]) } }
        let envelope = CacheEnvelope(version: 0, staleness: 0)
        // Two containers a level, the innermost has two as well, and one is the envelope.
        let most = (JSONCodec.maximumDepth - 1) / 2 - 1
        let bytes = try envelope.encoded(nest(most))
        #expect(CacheEnvelope.decoded(bytes, as: Nest.self)?.value != nil)
        _ = try JSONCodec().decode(General<Nest>.self, from: bytes)
        #expect(throws: CacheError.self) { try envelope.encoded(nest(most + 1)) }
    }
}
