// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import Testing

@Suite("RegistryLimits")
struct RegistryLimitsTests {
    @Test(
        "names are checked",
        arguments: [
            ("", "a"), ("users", ""), ("us ers", "a"), ("users/x", "a"), ("users", "a/b"), ("ü", "a"),
            (String(repeating: "u", count: 129), "a"),
        ])
    func names(service: String, id: String) {
        var state = RegistryState()
        #expect { try state.register(instance(service, id), ttl: .seconds(9), now: .seconds(0)) } throws: {
            ($0 as? DiscoveryError)?.code == .invalid
        }
        #expect(state.count == 0)
    }

    @Test("a time to live outside the bounds is refused, not corrected", arguments: [0, 1, 10_000_000])
    func ttl(milliseconds: Int) {
        var state = RegistryState()
        #expect {
            try state.register(instance("users", "a"), ttl: .milliseconds(milliseconds), now: .seconds(0))
        } throws: { ($0 as? DiscoveryError)?.code == .invalid }
    }

    @Test("metadata is bounded in number and in bytes")
    func metadata() {
        var state = RegistryState(limits: RegistryLimits(metadataEntries: 2, instanceBytes: 64))
        let many = ["a": "1", "b": "2", "c": "3"]
        let long = ["a": String(repeating: "x", count: 64)]
        for metadata in [many, long] {
            #expect {
                try state.register(
                    instance("users", "a", metadata: metadata), ttl: .seconds(9), now: .seconds(0))
            } throws: { ($0 as? DiscoveryError)?.code == .invalid }
        }
    }

    @Test("instances of a service are bounded; who is registered may register again")
    func instances() throws {
        var state = RegistryState(limits: RegistryLimits(instancesPerService: 1))
        _ = try state.register(instance("users", "a"), ttl: .seconds(9), now: .seconds(0))
        #expect { try state.register(instance("users", "b"), ttl: .seconds(9), now: .seconds(0)) } throws: {
            let error = $0 as? DiscoveryError
            return error?.code == .overloaded && error?.retryAfter != nil
        }
        _ = try state.register(instance("users", "a", port: 2), ttl: .seconds(9), now: .seconds(0))
    }

    @Test("a service that is empty makes room for a new one, and its index never goes backwards")
    func services() throws {
        var state = RegistryState(limits: RegistryLimits(services: 2), firstRevision: 10)
        _ = try state.register(instance("one", "a"), ttl: .seconds(9), now: .seconds(0))
        _ = try state.register(instance("two", "a"), ttl: .seconds(9), now: .seconds(0))
        #expect { try state.register(instance("three", "a"), ttl: .seconds(9), now: .seconds(0)) } throws: {
            ($0 as? DiscoveryError)?.code == .overloaded
        }
        try state.deregister("one", id: "a")
        let index = state.list("one").index
        _ = try state.register(instance("three", "a"), ttl: .seconds(9), now: .seconds(0))
        #expect(state.list("one").index >= index)
        #expect(state.summary.map(\.service) == ["three", "two"])
    }
}
