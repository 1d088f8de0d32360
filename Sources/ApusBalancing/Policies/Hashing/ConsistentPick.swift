// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension KeyTable {
    /// The candidate for a call: that of its key, or the key's substitute.
    ///
    /// If the candidate may not be used, or is loaded up to its bound, the key goes where its hash, hashed again,
    /// belongs, and so on.
    func pick(
        from candidates: [Candidate], within bound: LoadBound?, for call: BalancedCall,
        using random: inout FastRandom
    ) -> Int? {
        guard !candidates.isEmpty else { return nil }
        // Hashed once in any case: the caller's may be a plain number, whose upper bits say nothing.
        var hash = XXHash64.hash(call.hash ?? random.next())
        let unit = bound?.unit(candidates) ?? 0
        // So many fail only when most candidates are out.
        for _ in 0..<16 {
            let index = owner(of: hash)
            if call.allows(candidates, at: index), bound?.hasRoom(index, candidates, unit: unit) ?? true {
                return index
            }
            hash = XXHash64.hash(hash)
        }
        return search(from: owner(of: hash), candidates, bound, unit, call)
    }

    /// The first from `start` on that is allowed and has room, otherwise the first that is allowed.
    private func search(
        from start: Int, _ candidates: [Candidate], _ bound: LoadBound?, _ unit: Double, _ call: BalancedCall
    ) -> Int? {
        if let bound {
            for offset in 0..<candidates.count {
                let index = (start + offset) % candidates.count
                if call.allows(candidates, at: index), bound.hasRoom(index, candidates, unit: unit) { return index }
            }
        }
        return call.firstAllowed(of: candidates, from: start)
    }
}
