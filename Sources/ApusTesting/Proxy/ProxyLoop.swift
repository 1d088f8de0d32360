// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation
internal import Synchronization

/// The thread of a ``FaultProxy``, and what others tell it.
final class ProxyLoop: Sendable {
    struct Orders {
        var faults: ProxyFaults
        var isPaused = false
        var cutsAll = false
        var isStopped = false
        var statistics = ProxyStatistics()
    }

    /// Connections at once; one more is closed.
    private static let capacity = 1000

    let orders: Mutex<Orders>
    private let listener: Int32
    private let target: FaultProxy.Target
    private let wakeEnds: (read: Int32, write: Int32)

    init(listener: Int32, target: FaultProxy.Target, faults: ProxyFaults, wakeEnds: (Int32, Int32)) {
        self.listener = listener
        self.target = target
        self.wakeEnds = wakeEnds
        orders = Mutex(Orders(faults: faults))
    }

    deinit {
        for descriptor in [listener, wakeEnds.read, wakeEnds.write] { close(descriptor) }
    }

    /// Changes the orders and sees to it that the thread looks at them.
    func order(_ change: (inout Orders) -> Void) {
        orders.withLock { change(&$0) }
        var byte: UInt8 = 1
        _ = write(wakeEnds.write, &byte, 1)
    }

    /// Runs until it is stopped.
    func run(random: FastRandom) {
        var random = random
        var links: [ProxyLink] = []
        while true {
            let (isPaused, isStopped, cutsAll) = orders.withLock { orders in
                defer { orders.cutsAll = false }
                return (orders.isPaused, orders.isStopped, orders.cutsAll)
            }
            if isStopped || cutsAll {
                for link in links { end(link, .cut) }
                links = []
            }
            if isStopped { return }
            let events = wait(for: links, isPaused: isPaused)
            let now = Instant.now
            for index in links.indices.reversed() {
                let (client, server) = (events[2 + 2 * index].revents, events[3 + 2 * index].revents)
                let (corrupted, wasStalled) = (links[index].corrupted, links[index].isStalled)
                let ending = links[index].move(client, server, isPaused: isPaused, at: now)
                note(links[index], corrupted: corrupted, wasStalled: wasStalled)
                if let ending { end(links.remove(at: index), ending) }
            }
            if events[0].revents != 0 { drain() }
            if events[1].revents != 0, let link = accept(orders.withLock({ $0.faults }), &random) {
                if links.count < Self.capacity { links.append(link) } else { end(link, .cut) }
            }
        }
    }

    private func wait(for links: [ProxyLink], isPaused: Bool) -> [pollfd] {
        let now = Instant.now
        var events = [pollfd(wakeEnds.read, Int16(POLLIN)), pollfd(listener, Int16(POLLIN))]
        var due: Instant?
        for link in links {
            let (client, server) = link.interests(isPaused: isPaused, at: now)
            events += [client, server]
            if let next = link.nextDue, next > now { due = min(due ?? next, next) }
        }
        let pause = isPaused ? nil : due.map { Int32(clamping: now.duration(to: $0).nanoseconds / 1_000_000 + 1) }
        poll(&events, nfds_t(events.count), pause ?? -1)
        return events
    }

    private func accept(_ faults: ProxyFaults, _ random: inout FastRandom) -> ProxyLink? {
        let client = Foundation.accept(listener, nil, nil)
        guard client >= 0 else { return nil }
        guard let server = target.connect() else {
            close(client)
            return nil
        }
        for descriptor in [client, server] {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            var isOn: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        }
        orders.withLock { orders in
            orders.statistics.open += 1
            orders.statistics.accepted += 1
        }
        return ProxyLink(client: client, server: server, faults: faults, random: FastRandom(seed: random.next()))
    }

    private func note(_ link: ProxyLink, corrupted: Int, wasStalled: Bool) {
        guard link.corrupted != corrupted || link.isStalled != wasStalled else { return }
        orders.withLock { orders in
            orders.statistics.corrupted += link.corrupted - corrupted
            if link.isStalled, !wasStalled { orders.statistics.stalled += 1 }
        }
    }

    private func end(_ link: ProxyLink, _ ending: ProxyLink.Ending) {
        // Counted first: who sees that it was cut may ask how many were.
        if ending == .cut { orders.withLock { $0.statistics.cut += 1 } }
        link.close(isCut: ending == .cut)
        orders.withLock { orders in
            orders.statistics.open -= 1
            if link.isStalled { orders.statistics.stalled -= 1 }
        }
    }

    private func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeEnds.read, &bytes, bytes.count) > 0 {}
    }
}
