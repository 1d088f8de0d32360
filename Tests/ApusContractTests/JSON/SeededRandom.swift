// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Makes random values for comparing codecs; the same for the same seed.
struct SeededRandom: RandomNumberGenerator {
    private var random: FastRandom

    init(seed: UInt64) { random = FastRandom(seed: seed) }

    mutating func next() -> UInt64 { random.next() }

    mutating func text() -> String {
        let alphabet: [Character] = ["a", "Z", " ", "\"", "\\", "/", "\n", "\u{1}", "é", "e\u{301}", "🦅", "\u{10FFFF}"]
        return String(
            (0..<Int.random(in: 0...20, using: &self)).map { _ in alphabet.randomElement(using: &self) ?? "x" })
    }

    mutating func double() -> Double {
        let value = Double(bitPattern: next())
        switch Int.random(in: 0..<4, using: &self) {
        case 0 where value.isFinite: return value
        case 1: return Double.random(in: -1e9...1e9, using: &self)
        case 2: return Double(Int64.random(in: -100_000...100_000, using: &self)) / 1000
        default: return Double(Int64(truncatingIfNeeded: next()))
        }
    }

    mutating func numbers() -> Samples.Numbers {
        Samples.Numbers(
            a: .random(in: .min ... .max, using: &self), b: .random(in: .min ... .max, using: &self),
            c: .random(in: .min ... .max, using: &self), d: .random(in: .min ... .max, using: &self),
            e: .random(in: .min ... .max, using: &self), f: .random(in: .min ... .max, using: &self),
            g: .random(in: .min ... .max, using: &self), h: .random(in: .min ... .max, using: &self),
            i: .random(in: .min ... .max, using: &self), j: .random(in: .min ... .max, using: &self), k: double(),
            l: .random(in: -1e6...1e6, using: &self), m: .random(using: &self))
    }

    mutating func tree(depth: Int) -> Samples.Tree {
        let count = depth == 0 ? 0 : Int.random(in: 0...3, using: &self)
        return Samples.Tree(
            name: text(), colour: [nil, .red, .green].randomElement(using: &self) ?? nil,
            level: Bool.random(using: &self) ? .low : .high, wrapper: Samples.Wrapper(value: double()),
            empty: Samples.Empty(), children: (0..<count).map { _ in tree(depth: depth - 1) })
    }

    mutating func shape(depth: Int) -> Samples.Shape {
        switch Int.random(in: depth == 0 ? 0..<3 : 0..<4, using: &self) {
        case 0: .point
        case 1: .circle(double())
        case 2: .polygon(corners: [Int(truncatingIfNeeded: next())], name: Bool.random(using: &self) ? text() : nil)
        default: .group((0..<Int.random(in: 0...3, using: &self)).map { _ in shape(depth: depth - 1) })
        }
    }
}
