// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

extension BrokerConformance {
    static let directory: [Check] = [
        .init("Before anybody registers nobody wants anything") { subject in
            try require(try await subject.broker.subscriptions(), is: [], "subscriptions")
        },
        .init("What services want is kept side by side") { subject in
            let wanted = [
                Subscription(service: "mails", types: ["user_created"]),
                Subscription(service: "orders", types: ["user_created", "product_changed", "order_placed"]),
            ]
            for subscription in wanted { try await subject.broker.register(subscription) }
            try await expect(wanted, subject)
        },
        .init("Who registers again wants what it says now, and nothing of before; others are as they were") { subject in
            let other = Subscription(service: "orders", types: ["a", "b"])
            try await subject.broker.register(other)
            for types: Set<String> in [["a", "b"], ["a", "b"], ["c"], ["b", "c", "d"], ["a"]] {
                let subscription = Subscription(service: "mails", types: types)
                try await subject.broker.register(subscription)
                try await expect([subscription, other], subject)
            }
        },
        .init("Who registers no types wants nothing any more, however often it says so, until it registers again") {
            subject in
            let (mails, orders) = ("mails", Subscription(service: "orders", types: ["a", "b"]))
            try await subject.broker.register(Subscription(service: mails, types: []))
            try require(try await subject.broker.subscriptions(), is: [], "subscriptions")
            try await subject.broker.register(orders)
            try await subject.broker.register(Subscription(service: mails, types: ["a"]))
            for _ in 0..<2 {
                try await subject.broker.register(Subscription(service: mails, types: []))
                try await expect([orders], subject)
            }
            try await subject.broker.register(Subscription(service: mails, types: ["c"]))
            try await expect([orders, Subscription(service: mails, types: ["c"])], subject)
        },
        .init("Names of services and types with odd characters come back as they were") { subject in
            let types: Set<String> = [
                "order_placed", "a.b", "a b", "*", ">", "ä€😀", "a:b,c;d", "\"q\"", "{x}", "%0A", "\\n",
            ]
            let services = [
                "orders", "orders/2.x", "orders 2", "ORDERS", "a.b.*.>", "{apus}:subscriptions", "größe-東京",
                "'\"\\`$(x)",
                "tab\tline\nend", "_2F", "-", String(repeating: "long ", count: 30),
            ]
            let wanted = services.enumerated().map { number, service in
                Subscription(service: service, types: types.union(["type \(number)"]))
            }
            for subscription in wanted { try await subject.broker.register(subscription) }
            try await expect(wanted, subject)
            for subscription in wanted.dropFirst() {
                try await subject.broker.register(Subscription(service: subscription.service, types: []))
            }
            try await expect(Array(wanted.prefix(1)), subject)
        },
        .init("A hundred services that register at the same time are all known, each as it registered last") {
            subject in
            for round in 0..<2 {
                let wanted = (0..<100).map { Subscription(service: "service \($0)", types: ["a \(round)", "b \($0)"]) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for subscription in wanted { group.addTask { try await subject.broker.register(subscription) } }
                    try await group.waitForAll()
                }
                try await expect(wanted, subject)
            }
        },
    ]

    private static func expect(
        _ wanted: [Subscription], _ subject: Subject, file: String = #fileID, line: Int = #line
    ) async throws {
        let known = try await subject.broker.subscriptions()
        try require(
            known.sorted { $0.service < $1.service }, is: wanted.sorted { $0.service < $1.service }, "subscriptions",
            file: file, line: line)
    }
}
