// SPDX-License-Identifier: Apache-2.0

/// The range of 64-bit numbers cut into one piece for each candidate, as long as its weight says.
///
/// The piece of a number is found in constant time, on average: a guide with about as many entries as there are pieces
/// says where to begin to look. Pieces of the same length need neither.
public final class WeightedTable: Sendable {
    let count: Int
    /// The weight of each, to compare loads by; empty if all are equal.
    let weights: [Double]
    /// The first number after each piece, but the last.
    private let ends: [UInt64]
    private let guide: [UInt32]
    private let shift: UInt64

    /// Whether all pieces are equally long.
    var isUniform: Bool { weights.isEmpty }

    /// - Parameter weights: the weight of each candidate, above 0.
    init(_ weights: [Double]) {
        count = weights.count
        guard let first = weights.first, !weights.allSatisfy({ $0 == first }) else {
            (self.weights, ends, guide, shift) = ([], [], [], 0)
            return
        }
        self.weights = weights
        let total = weights.reduce(0, +)
        var sum = 0.0
        let ends: [UInt64] = weights.dropLast().map { weight in
            sum += weight
            let end = sum / total * 0x1p64
            return end < 0x1p64 ? UInt64(end) : .max
        }
        let bits = UInt64(Int.bitWidth - (weights.count - 1).leadingZeroBitCount)
        let shift = 64 - bits
        var guide: [UInt32] = []
        guide.reserveCapacity(1 << bits)
        var piece = 0
        for entry in 0..<(UInt64(1) << bits) {
            while piece < ends.count, ends[piece] <= entry << shift { piece += 1 }
            guide.append(UInt32(piece))
        }
        (self.ends, self.guide, self.shift) = (ends, guide, shift)
    }

    /// The candidate whose piece `number` lies in. The table isn't empty.
    func index(of number: UInt64) -> Int {
        if isUniform { return Int(truncatingIfNeeded: number.multipliedFullWidth(by: UInt64(count)).high) }
        var piece = Int(guide[Int(truncatingIfNeeded: number >> shift)])
        while piece < ends.count, ends[piece] <= number { piece += 1 }
        return piece
    }
}
