// SPDX-License-Identifier: Apache-2.0
public import ApusCache

/// What every `CacheStore` promises. Each check gets an empty store that nothing else uses.
public enum CacheStoreConformance {
    private static let time = Duration.seconds(5)

    private static func item(_ text: String, _ timeToLive: Duration? = .seconds(60), tags: [String] = [])
        -> CacheStoreItem
    {
        CacheStoreItem(bytes: [UInt8](text.utf8), timeToLive: timeToLive, tags: tags)
    }

    private static func text(_ key: String, in store: any CacheStore) async throws -> String? {
        try await store.read(key, tags: [], within: time).item.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// All checks.
    public static let checks: [ConformanceCheck<any CacheStore>] = [
        .init("Bytes come back as they were written, with the time that is left") { store in
            let bytes = (0...255).map { UInt8($0) }
            try await store.write("a b\nü", CacheStoreItem(bytes: bytes, timeToLive: .seconds(60)), within: time)
            let found = try await store.read("a b\nü", tags: [], within: time).item
            try require(found?.bytes, is: bytes, "the bytes")
            let left = try requireValue(found?.timeToLive, "the time left")
            try require(left > .seconds(30) && left <= .seconds(60), "60 s to live, \(left) left")
            try await store.write("b", item("1", nil), within: time)
            let forever = try await store.read("b", tags: [], within: time).item
            try require(forever?.timeToLive, is: nil, "the time left of what lives for ever")
        },
        .init("What has expired is gone") { store in
            try await store.write("a", item("1", .milliseconds(20)), within: time)
            try await eventually("gone") { try await text("a", in: store) == nil }
        },
        .init("Keys, tags and everything are removed, and nothing else") { store in
            try await store.write("a", item("1"), within: time)
            try await store.write("b", item("2", tags: ["x", "y"]), within: time)
            try await store.write("c", item("3", tags: ["y"]), within: time)
            try await store.write("d", item("4"), within: time)
            try await store.remove(.keys(["a", "none"]), within: time)
            try await store.remove(.tag("x"), within: time)
            var left: [String?] = []
            for key in ["a", "b", "c", "d"] { left.append(try await text(key, in: store)) }
            try require(left, is: [nil, nil, "3", "4"], "what is left")
            try await store.remove(.all, within: time)
            try require(try await text("d", in: store), is: nil, "removed with all")
        },
        .init("A lease fills what nobody touched") { store in
            let lease = try await store.read("a", tags: ["x"], within: time).lease
            try await store.write("b", item("2"), within: time)
            try await store.remove(.keys(["c"]), within: time)
            try await store.remove(.tag("y"), within: time)
            let isStored = try await store.fill("a", item("1", tags: ["x"]), lease: lease, within: time)
            try require(isStored, "refused a good lease")
            try require(try await text("a", in: store), is: "1", "what is stored")
        },
        .init("A lease is void after a write, a removal, one by tag, and one of everything") { store in
            let changes: [(String, @Sendable () async throws -> Void)] = [
                ("a write", { try await store.write("a", item("new"), within: time) }),
                ("a removal", { try await store.remove(.keys(["a"]), within: time) }),
                ("a removal by tag", { try await store.remove(.tag("x"), within: time) }),
                ("a removal of all", { try await store.remove(.all, within: time) }),
            ]
            for (name, change) in changes {
                let lease = try await store.read("a", tags: ["x"], within: time).lease
                try await change()
                let isStored = try await store.fill("a", item("old", tags: ["x"]), lease: lease, within: time)
                try require(!isStored, "took a lease from before \(name)")
                try require(try await text("a", in: store) != "old", "stored what was loaded before \(name)")
            }
        },
        .init("Subscribers hear that they are connected, then messages in their order, until they end") { store in
            let heard = Journal<CacheStoreEvent>()
            let subscription = store.subscribe { heard.append($0) }
            try await eventually("connected") { heard.entries.first == .connected }
            for number in 0..<20 { try await store.publish("message \(number)", within: time) }
            let expected = (0..<20).map { CacheStoreEvent.message("message \($0)") }
            try await eventually("all messages") { heard.entries.count == 21 }
            try require(Array(heard.entries.dropFirst()), is: expected, "the messages")
            subscription.cancel()
            let late = Journal<CacheStoreEvent>()
            let other = store.subscribe { late.append($0) }
            try await eventually("connected") { late.entries.first == .connected }
            try await store.publish("last", within: time)
            try await eventually("the last message") { late.entries.last == .message("last") }
            try require(heard.entries.count, is: 21, "events heard after the end")
            other.cancel()
        },
        .init("A removal is done when its messages are heard, which come in their order") { store in
            let heard = Journal<CacheStoreEvent>()
            let subscription = store.subscribe { heard.append($0) }
            try await eventually("connected") { heard.entries.first == .connected }
            for (number, removal) in [CacheRemoval.keys(["a"]), .tag("x"), .all].enumerated() {
                try await store.write("a", item("1", tags: ["x"]), within: time)
                let messages = ["\(number) one", "\(number) two"]
                try await store.remove(removal, announcing: messages, within: time)
                try await eventually("the messages of \(removal)") {
                    heard.entries.suffix(2) == messages.map { CacheStoreEvent.message($0) }
                }
                try require(try await text("a", in: store), is: nil, "removed by \(removal)")
            }
            subscription.cancel()
        },
    ]

    private static func requireValue<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw ConformanceFailure("\(what) is missing") }
        return value
    }
}
