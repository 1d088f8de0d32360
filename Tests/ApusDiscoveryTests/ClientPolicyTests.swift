// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusDiscovery

@Suite("WatchPolicy and LeasePolicy")
struct ClientPolicyTests {
    private let down = DiscoveryError(.unreachable, "down")

    @Test("an index that goes backwards begins again from nothing")
    func backwards() {
        var policy = WatchPolicy(wait: .seconds(30), random: FastRandom(seed: 1))
        _ = policy.answered(index: 50, after: .seconds(1))
        #expect(policy.index == 50)
        _ = policy.answered(index: 3, after: .zero)
        #expect(policy.index == 0)
    }

    @Test("an answer without news that came at once slows the loop down")
    func spinning() {
        var policy = WatchPolicy(wait: .seconds(30), random: FastRandom(seed: 1))
        #expect(policy.answered(index: 50, after: .zero) < .milliseconds(100))
        #expect(policy.answered(index: 50, after: .zero) >= .seconds(1))
        #expect(policy.answered(index: 50, after: .seconds(30)) < .milliseconds(100))
    }

    @Test("failures are followed by longer and longer pauses up to a cap, a success begins anew")
    func backOff() {
        var policy = WatchPolicy(wait: .seconds(30), random: FastRandom(seed: 7))
        let pauses = (0..<40).map { _ in policy.failed(down) }
        #expect(pauses[0] <= .milliseconds(100) && pauses[0] >= .milliseconds(50))
        #expect(pauses.allSatisfy { $0 <= .seconds(5) })
        #expect(pauses[20] >= .seconds(2.5))
        _ = policy.answered(index: 1, after: .zero)
        #expect(policy.failed(down) <= .milliseconds(100))
    }

    @Test("a lease is renewed at a third of its time")
    func renewal() {
        var policy = LeasePolicy(ttl: .seconds(9), random: FastRandom(seed: 1))
        let lease = Lease(service: "users", id: "a", generation: 1, ttl: .seconds(9))
        guard case .renew(lease, let pause) = policy.holds(lease) else { Issue.record("must renew"); return }
        #expect(pause <= .seconds(3) && pause >= .seconds(2.7))
    }

    @Test("an unknown lease is registered again at once, but only once in a row")
    func unknown() {
        var policy = LeasePolicy(ttl: .seconds(9), random: FastRandom(seed: 1))
        _ = policy.holds(Lease(service: "users", id: "a", generation: 1, ttl: .seconds(9)))
        #expect(policy.failed(DiscoveryError(.leaseUnknown, "")) == .register(after: .zero))
        guard case .register(let pause) = policy.failed(DiscoveryError(.leaseUnknown, "")) else {
            Issue.record("must register")
            return
        }
        #expect(pause > .zero)
    }

    @Test("a failing renewal is tried several times before the lease runs out")
    func failingRenewal() {
        var policy = LeasePolicy(ttl: .seconds(10), random: FastRandom(seed: 3))
        let lease = Lease(service: "users", id: "a", generation: 1, ttl: .seconds(10))
        _ = policy.holds(lease)
        var spent = Duration.zero
        var attempts = 0
        while spent < .seconds(6.6), case .renew(lease, let pause) = policy.failed(down) {
            spent += pause
            attempts += 1
        }
        #expect(attempts >= 4)
    }

    @Test("it gives up when superseded or refused", arguments: [DiscoveryError.Code.leaseSuperseded, .invalid])
    func givesUp(code: DiscoveryError.Code) {
        var policy = LeasePolicy(ttl: .seconds(10), random: FastRandom(seed: 3))
        #expect(policy.failed(DiscoveryError(code, "")) == .stop)
    }
}
