// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What keeps a lease alive: register, renew at a third of its time, register again when it is unknown.
///
/// After a failure it tries again soon enough for several attempts before the lease runs out. It gives up when another
/// process took the id over or the registry refuses the instance: neither gets better by repeating.
struct LeasePolicy: Sendable {
    enum Step: Equatable {
        case register(after: Duration)
        case renew(Lease, after: Duration)
        case stop
    }

    let ttl: Duration
    private(set) var lease: Lease?
    private var delay: RetryDelay
    private var random: FastRandom

    init(ttl: Duration, random: FastRandom) {
        self.ttl = ttl
        self.random = random
        delay = RetryDelay(
            base: .milliseconds(100), cap: max(.milliseconds(100), min(ttl / 6, .seconds(5))), random: random)
    }

    /// The lease was granted or renewed.
    mutating func holds(_ lease: Lease) -> Step {
        self.lease = lease
        delay.reset()
        // A tenth of chance, so that instances which registered together don't renew together for ever.
        let third = ttl.nanoseconds / 3
        return .renew(lease, after: .nanoseconds(third - Int64.random(in: 0...max(0, third / 10), using: &random)))
    }

    mutating func failed(_ error: DiscoveryError) -> Step {
        switch error.code {
        case .leaseUnknown where lease != nil:
            lease = nil
            return .register(after: .zero)
        case .leaseSuperseded, .invalid:
            lease = nil
            return .stop
        default:
            let pause = delay.next(atLeast: error.retryAfter)
            return lease.map { .renew($0, after: pause) } ?? .register(after: pause)
        }
    }
}
