// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Has a client use only a few of many instances, each client others: so that a thousand clients of a thousand
/// instances don't hold a million connections.
///
/// A client ranks the instances by the hash of its own name with each instance's id (rendezvous hashing) and uses the
/// first of those that are usable. So it keeps its instances for as long as they live: one that comes or goes, or
/// changes its health, changes at most one of them. Of the clients each instance gets its part as chance makes it: with
/// a hundred clients for each instance, give or take a tenth.
public struct SubsetConfiguration: Sendable, Hashable {
    /// How many instances the client uses, of each zone group if zones are preferred. 1 to 100,000.
    public var size: Int
    /// The name of the client, different for each: the id of the process's own instance, for example.
    public var client: String

    /// `size` instances for the client of that name.
    public init(size: Int, client: String) {
        self.size = size
        self.client = client
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("size", size, in: 1...100_000)
        problems.require(!client.isEmpty, "client", "must not be empty")
        return problems
    }

    /// Those of `members` that the client uses.
    ///
    /// - Parameters:
    ///   - members: indexes into `hashes`.
    ///   - hashes: the hash of each candidate's id.
    /// - Returns: in the order of `members`.
    func chosen(of members: [Int], hashes: (Int) -> UInt64) -> [Int] {
        guard members.count > size else { return members }
        let seed = XXHash64.hash(client)
        let ranked = members.map { (rank: XXHash64.hash(hashes($0), seed: seed), index: $0) }
            .sorted { $0.rank != $1.rank ? $0.rank < $1.rank : $0.index < $1.index }
        let chosen = Set(ranked.prefix(size).map(\.index))
        return members.filter(chosen.contains)
    }
}
