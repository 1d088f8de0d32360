// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusMessaging
    import ApusTesting
    import Testing

    @testable import ApusNATS

    /// What `BrokerConformance` has of this is checked there.
    @Suite("Who wants what, in JetStream", .serialized)
    struct JetStreamSubscriptionTests {
        @Test("is a bucket with a key for each service and its types as JSON, without those that want nothing any more")
        func layout() async throws {
            try await withQueue { _, store in
                try await store.register(Subscription(service: "mails", types: ["b", "a"]))
                try await store.register(Subscription(service: "orders/2.x", types: ["ü \"q\""]))
                let bucket = KeyValueBucket("apus-subscriptions", client: store.client)
                #expect(bucket.stream == "KV_apus-subscriptions")
                #expect(try await bucket.keys() == ["mails", "orders_2f2_2ex"])
                #expect(try await bucket.get("mails")?.value == Array(#"["a","b"]"#.utf8))
                try await store.register(Subscription(service: "mails", types: []))
                #expect(try await bucket.keys() == ["orders_2f2_2ex"])
            }
        }

        @Test("survives the end of the server")
        func restart() async throws {
            try await withQueue { server, store in
                let wanted = Subscription(service: "größe/2", types: ["a", "b"])
                try await store.register(wanted)
                try await store.register(Subscription(service: "gone", types: ["a"]))
                try await store.register(Subscription(service: "gone", types: []))
                try await server.crash()
                try server.launch()
                try await server.answers()
                let other = try server.queue()
                try await eventually("what was registered") {
                    do throws(MessagingError) {
                        return try await [store.subscriptions(), other.subscriptions()] == [[wanted], [wanted]]
                    } catch {
                        return false
                    }
                }
            }
        }

        @Test("the server away: unavailable, typed")
        func away() async throws {
            try await withServer(isStarted: false) { server in
                let store = try server.queue()
                let errors = [
                    try await rejection { () throws(MessagingError) in
                        try await store.register(Subscription(service: "mails", types: ["a"]))
                    },
                    try await rejection { () throws(MessagingError) in try await store.subscriptions() },
                ]
                #expect(errors.map(\.code) == [.unavailable, .unavailable])
            }
        }

        @Test("the bucket removed under us: the call that finds out says so, the next one makes it again")
        func removed() async throws {
            try await withQueue { _, store in
                let wanted = Subscription(service: "mails", types: ["a"])
                for finding in 0..<2 {
                    try await store.register(wanted)
                    #expect(try await store.subscriptions() == [wanted])
                    try await store.client.removeStream("KV_apus-subscriptions")
                    let error = try await rejection { () throws(MessagingError) in
                        if finding == 0 {
                            try await store.register(wanted)
                        } else {
                            _ = try await store.subscriptions()
                        }
                    }
                    #expect(error.code == .storage && error.message.contains("removed") && error.retryAfter != nil)
                    #expect(try await store.subscriptions().isEmpty)
                }
            }
        }

        @Test("a bucket that another process has made anew isn't taken for the old one, however alike they are")
        func madeAnew() async throws {
            try await withQueue { server, store in
                let other = try server.queue()
                try await store.register(Subscription(service: "mails", types: ["a"]))
                #expect(try await other.subscriptions() == [Subscription(service: "mails", types: ["a"])])
                try await store.client.removeStream("KV_apus-subscriptions")
                let error = try await rejection { () throws(MessagingError) in try await store.subscriptions() }
                #expect(error.code == .storage)
                // As many, as long, with the same number.
                try await store.register(Subscription(service: "mails", types: ["b"]))
                #expect(try await other.subscriptions() == [Subscription(service: "mails", types: ["b"])])
            }
        }
    }
#endif
