// SPDX-License-Identifier: Apache-2.0

/// The tokens that were verified lately, so that the next request with one costs a hash instead of a signature.
///
/// Bounded: when it is full, the oldest goes. A token is found by its hash, whose seed differs in each process, and
/// then compared byte by byte. Only verified tokens get in, so nobody without a token can push others out.
struct VerifiedTokens: Sendable {
    private struct Entry {
        let hash: Int
        let token: [UInt8]
        let principal: Principal
    }

    /// Longer tokens are verified each time, which bounds the memory.
    static let maximumBytes = 4_096

    private let capacity: Int
    private var index: [Int: Int] = [:]
    private var entries: [Entry] = []
    private var oldest = 0
    private(set) var hits: UInt64 = 0

    var count: Int { entries.count }

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Who the token is of, if it was verified and its time isn't over.
    ///
    /// - Parameter deadline: the least `exp` that still counts.
    mutating func principal(of token: [UInt8], hash: Int, expiringAfter deadline: Double) -> Principal? {
        guard let place = index[hash], entries[place].token == token, entries[place].principal.expiresAt > deadline
        else { return nil }
        hits += 1
        return entries[place].principal
    }

    mutating func insert(_ principal: Principal, token: [UInt8], hash: Int) {
        guard capacity > 0, token.count <= Self.maximumBytes else { return }
        let entry = Entry(hash: hash, token: token, principal: principal)
        if let place = index[hash] {
            entries[place] = entry
        } else if entries.count < capacity {
            index[hash] = entries.count
            entries.append(entry)
        } else {
            index[entries[oldest].hash] = nil
            index[hash] = oldest
            entries[oldest] = entry
            oldest = oldest + 1 == capacity ? 0 : oldest + 1
        }
    }
}
