// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusMessaging

/// The messages that this process has in hand: a value without clock or I/O.
///
/// JetStream takes the acknowledgement of a delivery whose lease has ended for that of the next one, so who has lost a
/// lease must know it by itself: a lease ends here before it ends at the server, and what is settled after that is refused.
struct LeaseTable: Sendable {
    struct Lease: Sendable {
        let message: PulledMessage
        var note: DeliveryNote?
        var ends: Instant
    }

    private var leases: [UInt64: Lease] = [:]

    /// When a lease ends that begins at the server at `began` or later: a tenth earlier, at most a second.
    static func end(_ lease: Duration, from began: Instant) -> Instant {
        began.advanced(by: lease - min(lease / 10, .seconds(1)))
    }

    /// How many of those are in hand that `isCounted` says.
    func count(where isCounted: (PulledMessage) -> Bool) -> Int {
        leases.values.count { isCounted($0.message) }
    }

    mutating func insert(_ lease: Lease) {
        leases[lease.message.sequence] = lease
    }

    /// The lease of a delivery, if it is still held.
    mutating func held(_ delivery: Delivery, now: Instant) -> Lease? {
        guard let lease = lease(of: delivery) else { return nil }
        guard now < lease.ends else {
            leases[lease.message.sequence] = nil
            return nil
        }
        return lease
    }

    /// Takes a lease that is still held out of the table: nobody else settles it.
    mutating func take(_ delivery: Delivery, now: Instant) -> Lease? {
        let lease = held(delivery, now: now)
        if let lease { leases[lease.message.sequence] = nil }
        return lease
    }

    /// Puts back what was taken and couldn't be settled, unless the message came again meanwhile.
    mutating func restore(_ lease: Lease) {
        if leases[lease.message.sequence] == nil { leases[lease.message.sequence] = lease }
    }

    mutating func extend(_ delivery: Delivery, to end: Instant) {
        if let lease = lease(of: delivery) { leases[lease.message.sequence]?.ends = end }
    }

    private func lease(of delivery: Delivery) -> Lease? {
        leases[delivery.position.major].flatMap {
            $0.message.position == delivery.position && $0.message.deliveries == delivery.token ? $0 : nil
        }
    }

    /// Forgets those that have ended and weren't asked for again.
    mutating func removeEnded(now: Instant) {
        leases = leases.filter { $0.value.ends > now }
    }
}

extension PulledMessage {
    /// What the queue knows it by: numbers begin anew in a stream that was removed and made again, times don't.
    var position: QueuePosition { QueuePosition(sequence, UInt64(clamping: stored)) }
}
