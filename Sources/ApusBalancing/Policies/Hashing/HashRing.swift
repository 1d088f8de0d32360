// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Points on a circle of hashes; a key belongs to the candidate of the first point at or after its hash.
///
/// A candidate's points depend on its id alone, and their number on its weight and on the density of the ring: how many
/// points a weight of 1 has. The density is 128 as long as the ring stays within its sizes, otherwise the power of two
/// that brings it there. So a candidate that comes or goes moves no key of the others, unless the ring leaves its range
/// with it.
struct HashRing: KeyTable {
    /// The points per unit of weight, as a power of two.
    static let usualDensity = 128.0

    private let points: [UInt64]
    private let owners: [UInt32]
    /// The first point of each of the equal parts that the circle is cut into.
    private let guide: [UInt32]
    private let shift: UInt64

    /// How many points there are.
    var count: Int { points.count }

    init(_ candidates: [Candidate], _ weights: [Double], sizes: ClosedRange<Int>) {
        let density = Self.density(total: weights.reduce(0, +), sizes: sizes)
        var ring: [(point: UInt64, owner: UInt32)] = []
        for (index, candidate) in candidates.enumerated() {
            let share = max(1, Int((weights[index] * density).rounded()))
            for number in 0..<share {
                ring.append((XXHash64.hash(candidate.hash, seed: UInt64(number)), UInt32(index)))
            }
        }
        ring.sort { $0.point != $1.point ? $0.point < $1.point : $0.owner < $1.owner }
        points = ring.map(\.point)
        owners = ring.map(\.owner)
        let bits = UInt64(max(1, Int.bitWidth - max(1, ring.count).leadingZeroBitCount))
        shift = 64 - bits
        var guide: [UInt32] = []
        guide.reserveCapacity(1 << bits)
        var position = 0
        for entry in 0..<(UInt64(1) << bits) {
            while position < ring.count, ring[position].point < entry << (64 - bits) { position += 1 }
            guide.append(UInt32(position))
        }
        self.guide = guide
    }

    /// The density that brings a ring for weights of that sum into its range; into the lower half if none does.
    static func density(total: Double, sizes: ClosedRange<Int>) -> Double {
        guard total > 0 else { return usualDensity }
        var density = usualDensity
        while density * total < Double(sizes.lowerBound) { density *= 2 }
        while density * total > Double(sizes.upperBound) { density /= 2 }
        return density
    }

    func owner(of hash: UInt64) -> Int {
        var position = Int(guide[Int(truncatingIfNeeded: hash >> shift)])
        while position < points.count, points[position] < hash { position += 1 }
        return Int(owners[position < points.count ? position : 0])
    }
}
