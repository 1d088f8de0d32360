// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import Testing

@Suite("RegistryState")
struct RegistryStateTests {
    private var state = RegistryState(firstRevision: 100)

    @Test("lists what is registered, sorted, and raises the index")
    mutating func lists() throws {
        let before = state.list("users").index
        _ = try state.register(instance("users", "b"), ttl: .seconds(10), now: .seconds(0))
        _ = try state.register(instance("users", "a"), ttl: .seconds(10), now: .seconds(0))
        #expect(state.list("users").instances.map(\.id) == ["a", "b"])
        #expect(state.list("users").index == before + 2)
        #expect(state.list("orders").instances.isEmpty)
        #expect(state.count == 2)
    }

    @Test("drops an instance whose lease ran out, and not before")
    mutating func expires() throws {
        _ = try state.register(instance("users", "a"), ttl: .seconds(2), now: .seconds(0))
        #expect(state.expire(now: .seconds(1.999)).isEmpty)
        #expect(state.expire(now: .seconds(2)).map(\.id) == ["a"])
        #expect(state.list("users").instances.isEmpty)
        #expect(state.count == 0)
    }

    @Test("a renewal begins the lease anew without news for watchers")
    mutating func renews() throws {
        let lease = try state.register(instance("users", "a"), ttl: .seconds(2), now: .seconds(0))
        let index = state.list("users").index
        _ = try state.renew("users", id: "a", generation: lease.generation, now: .seconds(1.5))
        #expect(state.expire(now: .seconds(3)).isEmpty)
        #expect(!state.hasNews(of: "users", after: index))
    }

    @Test("a lease that ran out can't be renewed")
    mutating func unknownLease() throws {
        let lease = try state.register(instance("users", "a"), ttl: .seconds(2), now: .seconds(0))
        _ = state.expire(now: .seconds(2.5))
        #expect { try state.renew("users", id: "a", generation: lease.generation, now: .seconds(2.6)) } throws: {
            ($0 as? DiscoveryError)?.code == .leaseUnknown
        }
    }

    @Test("of two processes with one id the older is told that it was superseded")
    mutating func superseded() throws {
        let older = try state.register(instance("users", "a", port: 1), ttl: .seconds(9), now: .seconds(0))
        let newer = try state.register(instance("users", "a", port: 2), ttl: .seconds(9), now: .seconds(1))
        #expect(newer.generation > older.generation)
        #expect { try state.renew("users", id: "a", generation: older.generation, now: .seconds(2)) } throws: {
            ($0 as? DiscoveryError)?.code == .leaseSuperseded
        }
        #expect { try state.deregister("users", id: "a", generation: older.generation) } throws: {
            ($0 as? DiscoveryError)?.code == .leaseSuperseded
        }
        #expect(state.list("users").instances.map(\.endpoint.port) == [2])
    }

    @Test("registering the same again is no news, with another address it is")
    mutating func registersAgain() throws {
        _ = try state.register(instance("users", "a", port: 1), ttl: .seconds(9), now: .seconds(0))
        let index = state.list("users").index
        _ = try state.register(instance("users", "a", port: 1), ttl: .seconds(9), now: .seconds(1))
        #expect(state.list("users").index == index)
        _ = try state.register(instance("users", "a", port: 2), ttl: .seconds(9), now: .seconds(2))
        #expect(state.hasNews(of: "users", after: index))
    }

    @Test("deregistering says whether there was something, and is news")
    mutating func deregisters() throws {
        let lease = try state.register(instance("users", "a"), ttl: .seconds(9), now: .seconds(0))
        let index = state.list("users").index
        let first = try state.deregister("users", id: "a", generation: lease.generation)
        let second = try state.deregister("users", id: "a", generation: lease.generation)
        #expect(first && !second)
        #expect(state.hasNews(of: "users", after: index))
    }

    @Test("an index from another life of the registry is news")
    func foreignIndex() {
        #expect(state.hasNews(of: "users", after: 5_000))
        #expect(state.hasNews(of: "users", after: 0))
        #expect(!state.hasNews(of: "users", after: 100))
    }

    @Test("when the registry itself stood still, every lease begins anew")
    mutating func pause() throws {
        _ = try state.register(instance("users", "a"), ttl: .seconds(2), now: .seconds(0))
        _ = state.expire(now: .seconds(0.1))
        #expect(state.expire(now: .seconds(60)).isEmpty)
        #expect(state.expire(now: .seconds(61.9)).isEmpty)
        #expect(state.expire(now: .seconds(62.1)).map(\.id) == ["a"])
    }

    @Test("changes are kept in order, up to the bound, and then must be listed again")
    mutating func changes() throws {
        state = RegistryState(limits: RegistryLimits(changes: 4), firstRevision: 10)
        for port in 1...20 {
            _ = try state.register(instance("users", "a", port: port), ttl: .seconds(9), now: .seconds(0))
        }
        let newest = try #require(state.changes(after: state.revision - 3))
        #expect(newest.map(\.instance.endpoint.port) == [18, 19, 20])
        #expect(newest.map(\.revision) == [28, 29, 30])
        #expect(state.changes(after: 10) == nil)
        #expect(state.changes(after: 31) == nil)
        #expect(state.changes(after: 30)?.isEmpty == true)
    }
}
