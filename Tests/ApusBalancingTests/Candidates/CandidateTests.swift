// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import Testing

@Suite("A candidate")
struct CandidateTests {
    @Test("is usable until there is a reason against it, and again when every reason is lifted")
    func reasons() {
        let candidate = Candidate(id: "a")
        #expect(candidate.isUsable)
        #expect(candidate.mark(.unhealthy, true))
        #expect(candidate.mark(.ejected, true))
        #expect(!candidate.mark(.ejected, true), "nothing new")
        #expect(candidate.unusable == [.unhealthy, .ejected])
        #expect(candidate.mark(.unhealthy, false))
        #expect(!candidate.isUsable)
        #expect(candidate.mark(.ejected, false))
        #expect(!candidate.mark(.ejected, false), "nothing new")
        #expect(candidate.isUsable)
    }

    @Test("counts calls in flight as long as their leases live")
    func leases() {
        let candidate = Candidate(id: "a")
        do {
            let first = candidate.lease()
            #expect(first.candidate.inFlight == 1)
            do {
                let second = candidate.lease()
                #expect(second.candidate.inFlight == 2)
            }
            #expect(candidate.inFlight == 1)
            _ = first.candidate
        }
        #expect(candidate.inFlight == 0)
    }

    @Test("gives a lease back that is held in an object and dropped early")
    func leaseInObject() {
        final class Exchange {
            var lease: CandidateLease?

            init(_ lease: consuming CandidateLease) {
                self.lease = consume lease
            }
        }
        let candidate = Candidate(id: "a")
        let exchange = Exchange(candidate.lease())
        #expect(candidate.inFlight == 1)
        exchange.lease = nil
        #expect(candidate.inFlight == 0)
    }

    @Test("counts right under contention", .timeLimit(.minutes(1)))
    func contended() async {
        let candidate = Candidate(id: "a")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        let lease = candidate.lease()
                        #expect(lease.candidate.inFlight > 0)
                    }
                }
            }
        }
        #expect(candidate.inFlight == 0)
    }
}

@Suite("A candidate set")
struct CandidateSetTests {
    @Test("keeps the candidates of the instances that stay")
    func keeps() throws {
        let first = CandidateSet<Int>().replaced(by: [("a", 1), ("b", 2)])
        let second = first.replaced(by: [("b", 20), ("c", 30)])
        #expect(second.candidates.map(\.id) == ["b", "c"])
        #expect(second.targets == [20, 30])
        let kept = try #require(first["b"])
        #expect(second["b"] === kept)
        #expect(second["a"] == nil)
        #expect(first.candidates.map(\.id) == ["a", "b"], "the old set is as it was")
        #expect(second.version == first.version + 1)
    }

    @Test("has the same order whatever order the instances came in")
    func ordered() {
        let instances = [("c", 3), ("a", 1), ("b", 2)]
        let one = CandidateSet<Int>().replaced(by: instances)
        let other = CandidateSet<Int>().replaced(by: instances.reversed())
        #expect(one.candidates.map(\.id) == ["a", "b", "c"])
        #expect(other.candidates.map(\.id) == one.candidates.map(\.id))
        #expect(other.targets == [1, 2, 3])
    }

    @Test("takes the last of several instances with one id")
    func duplicates() {
        let set = CandidateSet<Int>().replaced(by: [("a", 1), ("b", 2), ("a", 3)])
        #expect(set.candidates.map(\.id) == ["a", "b"])
        #expect(set.targets == [3, 2])
    }
}
