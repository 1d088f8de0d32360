// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusCore
    import ApusResilience
    import ApusTesting

    @testable import ApusNATS

    extension NATSServer {
        /// Its address, with a shorter back-off than usual.
        func configuration(_ credentials: NATSCredentials? = nil) -> NATSConfiguration {
            var configuration = NATSConfiguration(
                endpoints: [NATSEndpoint(host: "127.0.0.1", port: port)], credentials: credentials)
            configuration.backoff = Backoff(
                base: .milliseconds(10), maximum: .milliseconds(100), factor: 2, jitter: .full)
            configuration.requestTimeout = .seconds(10)
            return configuration
        }

        func client(_ change: (inout NATSConfiguration) -> Void = { _ in }) throws -> NATSClient {
            var configuration = configuration()
            change(&configuration)
            return try NATSClient(configuration)
        }
    }

    /// Runs a test with a server of its own.
    func withServer(
        _ options: [String] = [], isStarted: Bool = true, _ body: (NATSServer) async throws -> Void
    ) async throws {
        let server = try await NATSServer.start(options, isStarted: isStarted)
        defer { server.stop() }
        try await body(server)
    }

    /// Runs a test with a server and a client of its own.
    func withNATS(
        _ options: [String] = [], configure: (inout NATSConfiguration) -> Void = { _ in },
        _ body: (NATSServer, NATSClient) async throws -> Void
    ) async throws {
        try await withServer(options) { server in
            let client = try server.client(configure)
            defer { client.shutdown() }
            try await body(server, client)
        }
    }

    /// The error that `body` throws.
    func failure<Value>(_ body: () async throws(NATSError) -> Value) async throws -> NATSError {
        do throws(NATSError) {
            _ = try await body()
        } catch {
            return error
        }
        throw ConformanceFailure("no error was thrown")
    }

    extension NATSClient {
        /// A stream for jobs with one consumer.
        func makeJobs(lease: Duration = .seconds(30), capacity: Int? = nil) async throws(NATSError) {
            try await makeStream(
                StreamConfiguration(
                    name: "JOBS", subjects: ["jobs.>"], retention: .workQueue, discard: .new,
                    maximumPerSubject: capacity))
            try await makeConsumer(ConsumerConfiguration(name: "worker", subject: "jobs.a", lease: lease), of: "JOBS")
        }
    }
#endif
