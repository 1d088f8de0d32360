// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusTesting
import Foundation
import Synchronization

/// Orders, stock and mails: two replicas of each, which tell each other over relays or over a broker.
///
/// `orders` publishes what is placed; `stock` and `mails` handle it; `stock` answers, and `orders` handles that.
final class MessagingWorld: Sendable {
    private struct State {
        var step = Duration.zero
        var isTroubled = false
        var random: FastRandom
    }

    let simulation: Simulation
    let effects = EffectLog()
    let services: [SimulatedMessenger]
    let broker: StoreSite?
    private let line = Mutex<[SimulatedReplica]>([])
    private let state: Mutex<State>

    /// - Parameter hasBroker: whether the services share one, or each relays to the others by itself.
    init(hasBroker: Bool, in simulation: Simulation) throws {
        self.simulation = simulation
        state = Mutex(State(random: simulation.generator(for: "world")))
        let placed: Set<String> = ["placed", "poison", "broken"]
        services = [
            SimulatedMessenger(
                name: "orders", types: ["reserved"],
                subscriptions: [
                    Subscription(service: "stock", types: placed), Subscription(service: "mails", types: placed),
                ], site: try StoreSite("orders", in: simulation)),
            SimulatedMessenger(
                name: "stock", types: placed, subscriptions: [Subscription(service: "orders", types: ["reserved"])],
                site: try StoreSite("stock", in: simulation)),
            SimulatedMessenger(
                name: "mails", types: placed, subscriptions: [], site: try StoreSite("mails", in: simulation)),
        ]
        broker = hasBroker ? try StoreSite("broker", in: simulation) : nil
        line.withLock { line in
            for service in services {
                for number in 1...2 {
                    line.append(SimulatedReplica("\(service.name)-\(number)", of: service, in: self))
                }
            }
        }
    }

    var replicas: [SimulatedReplica] { line.withLock { $0 } }
    var sites: [StoreSite] { services.map(\.site) + (broker.map { [$0] } ?? []) }

    /// Where the messages for a service are, when they have been relayed.
    func destination(of service: SimulatedMessenger) -> (site: StoreSite, channel: Channel) {
        broker.map { ($0, .service(service.name)) } ?? (service.site, .local)
    }

    /// What the clock on the wall says.
    var wall: Date {
        let step = state.withLock { $0.step }
        return Date(timeIntervalSince1970: 1_800_000_000).addingTimeInterval((simulation.elapsed + step).seconds)
    }

    /// Steps the wall clock: of who starts from now on.
    func stepWall(_ duration: Duration) { state.withLock { $0.step += duration } }

    /// Whether these are bad times.
    var isTroubled: Bool {
        get { state.withLock { $0.isTroubled } }
        set {
            state.withLock { $0.isTroubled = newValue }
            for replica in replicas { replica.handler.trouble(newValue) }
        }
    }

    /// A number below `bound`, by chance.
    func draw(_ bound: Int) -> Int { state.withLock { Int($0.random.next() % UInt64(bound)) } }

    /// A duration from the one to the other, by chance.
    func draw(_ from: Duration, _ to: Duration) -> Duration {
        from + .milliseconds(Int64(draw(max(1, Int((to - from).nanoseconds / 1_000_000)))))
    }

    /// The message of a number that `orders` publishes.
    func message(_ number: Int, type: String = "placed") -> Message {
        let key = draw(10) < 6 && type == "placed" ? "key-\(draw(4))" : nil
        // Of one key all have one priority, which would break their order otherwise.
        let priority: MessagePriority = key == nil && draw(5) == 0 ? .high : .normal
        return Message(
            id: "\(type)-\(number)", type: type, source: "/services/orders", created: wall,
            data: Array("\(number)".utf8), priority: priority, orderingKey: key)
    }

    /// Ends every process, so that nobody waits for one that is paused.
    func end() {
        for replica in replicas { replica.crash() }
    }
}
