// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusMessaging
    import ApusNATS
    import ApusTesting

    extension NATSServer {
        /// A queue at this server, over a client of its own.
        func queue(capacity: Int = 100_000, lease: Duration = .seconds(10)) throws -> JetStreamQueue {
            try JetStreamQueue(
                client: client(),
                configuration: .init(queue: .init(source: "/services/test", capacity: capacity), lease: lease))
        }
    }

    /// Runs a test with a server and a queue of its own.
    func withQueue(
        capacity: Int = 100_000, lease: Duration = .seconds(10),
        _ body: (NATSServer, JetStreamQueue) async throws -> Void
    ) async throws {
        try await withServer { server in
            try await body(server, server.queue(capacity: capacity, lease: lease))
        }
    }
#endif
