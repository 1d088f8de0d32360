// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusTesting

extension MessagingWorld {
    /// Everything that isn't finished.
    var live: [StoreLedger.Row] { sites.flatMap { $0.ledger.live } }

    /// Waits until nothing is left.
    func drain(within limit: Duration) async throws {
        let end = simulation.elapsed + limit
        while !live.isEmpty {
            guard simulation.elapsed < end else {
                let left = live.map { "\($0.message.id) \($0.phase) in \($0.channel), attempt \($0.attempts)" }
                return try simulation.require(false, "\(limit) after the troubles there are left: \(left)")
            }
            try await simulation.wait(for: .milliseconds(200))
        }
    }

    /// That every message had its effect at each service that wants it, once and in order, or is dead if it had to die.
    func checkEffects() async throws {
        var published: [StoreLedger.Row] = []
        for service in services {
            published += service.site.ledger.rows.filter { $0.message.source == "/services/\(service.name)" }
        }
        var expected: Set<EffectLog.Effect> = []
        for row in published {
            for service in services where service.types.contains(row.message.type) {
                let (site, channel) = destination(of: service)
                guard let there = site.ledger.row(row.message, in: channel) else {
                    return try simulation.require(false, "\(row.message.id) is lost on its way to \(service.name)")
                }
                guard row.message.type == "placed" || row.message.type == "reserved" else {
                    try simulation.require(there.phase == .dead, "\(row.message.id) is \(there.phase), must be dead")
                    continue
                }
                try simulation.require(there.phase == .done, "\(row.message.id) is \(there.phase) at \(service.name)")
                expected.insert(.init(service: service.name, message: row.message.id))
            }
        }
        try simulation.require(
            Set(effects.effects) == expected,
            "\(expected.subtracting(effects.effects)) had no effect, \(Set(effects.effects).subtracting(expected)) had")
        try simulation.require(effects.effects.count == expected.count, "an effect happened twice")
        try await checkDead()
        try checkOrder()
    }

    /// That who is dead died of what it had to, after as many attempts.
    private func checkDead() async throws {
        for site in sites {
            for channel in Set(site.ledger.rows.map(\.channel)).sorted(by: { $0.name < $1.name }) {
                for dead in try await site.store.deadMessages(in: channel, after: .zero, limit: 1_000) {
                    let attempts = site.ledger.row(dead.message, in: channel)?.attempts
                    try simulation.require(
                        dead.attempts == attempts,
                        "\(dead.message.id) says \(dead.attempts) attempts, was \(attempts ?? 0)")
                    let isRight =
                        dead.message.type == "poison"
                        ? dead.reason == .rejected
                        : dead.message.type == "broken" && dead.reason == .attemptsExhausted
                            && dead.attempts >= SimulatedMessenger.attempts
                    try simulation.require(
                        isRight, "\(dead.message.id) is dead in \(channel): \(dead.reason), \(dead.lastError ?? "")")
                }
            }
        }
    }

    /// That what has a key had its effects in the order in which it was published.
    private func checkOrder() throws {
        let rows = services[0].site.ledger.rows
        let keys = Set(rows.compactMap(\.message.orderingKey)).sorted()
        for key in keys {
            let published = rows.filter { $0.message.orderingKey == key && $0.message.source == "/services/orders" }
            for service in services where service.types.contains("placed") {
                let order = effects.effects.filter { effect in
                    effect.service == service.name && published.contains { $0.message.id == effect.message }
                }.map(\.message)
                var seen: Set<String> = []
                let wanted = published.map(\.message.id).filter { seen.insert($0).inserted }
                try simulation.require(
                    order == wanted, "\(service.name) had of \(key) \(order), published were \(wanted)")
            }
        }
    }

    /// That nobody is busy for nothing: not in the troubles, and while there is nothing to do they look now and then.
    func checkIdleness() async throws {
        let mostCalls = sites.map(\.mostCalls)
        try simulation.require(mostCalls.max() ?? 0 < 1_000, "in one second the stores were called \(mostCalls) times")
        try await simulation.wait(for: .seconds(10))
        let before = sites.map(\.calls)
        try await simulation.wait(for: .seconds(30))
        for (site, calls) in zip(sites, before) {
            // Each worker looks every other second, with two calls. A broker has two of every replica, others less.
            let bound = 30 * 2 * replicas.count + 30
            try simulation.require(
                site.calls - calls <= bound, "\(site.name) was called \(site.calls - calls) times in idle 30 s")
        }
    }

    /// That what is published in good times is handled at once, everywhere.
    func checkPromptness() async throws {
        for round in 0..<20 {
            // A few at a time: who comes later would wake the one that missed who came before.
            for number in 0...draw(4) {
                let message = message(10_000 + 10 * round + number)
                guard await replicas[draw(2)].publish(message, delay: .zero) else {
                    return try simulation.require(false, "\(message.id) wasn't taken")
                }
                try await simulation.wait(for: .milliseconds(Int64(draw(6))))
            }
            try await drain(within: .milliseconds(1_200))
        }
    }

    /// That every process ends in time, with nothing in hand.
    func checkStopping() async throws {
        let began = simulation.elapsed
        for replica in replicas { await replica.stop() }
        try simulation.require(
            simulation.elapsed - began < .seconds(4) * replicas.count, "to stop took \(simulation.elapsed - began)")
        try simulation.require(!live.contains { $0.phase == .inHand }, "somebody stopped with something in hand")
    }
}
