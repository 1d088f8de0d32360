// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusTesting
    import Foundation
    import Testing

    @testable import ApusNATS

    @Suite("TLS to NATS", .serialized)
    struct TLSTests {
        @Test("the server's certificate is verified, and requests work")
        func verified() async throws {
            try await withTLSServer { server in
                let nats = try client(server, NATSTLS(authoritiesFile: "\(server.path)/cert.pem"))
                try await nats.makeJobs()
                // More than one TLS record each way, several times.
                let data = [UInt8](repeating: 7, count: 100_000)
                for _ in 0..<20 { try await nats.append(data, to: "jobs.a") }
                let pulled = try await nats.pull(20, from: "worker", of: "JOBS")
                #expect(pulled.count == 20 && pulled.allSatisfy { $0.message.data == data })
                nats.shutdown()
            }
        }

        @Test("a certificate of nobody we trust, for another name, or no TLS at all is refused")
        func refused() async throws {
            try await withTLSServer { server in
                let trusted = NATSTLS(authoritiesFile: "\(server.path)/cert.pem")
                for (host, tls, word) in [
                    ("localhost", NATSTLS(), "TLS"), ("127.0.0.1", trusted, "TLS"), ("localhost", nil, "TLS"),
                ] {
                    let nats = try client(server, tls, host: host)
                    let error = try await failure { () throws(NATSError) in try await nats.request("a") }
                    #expect(error.code == .connectFailed && error.message.contains(word), "\(host): \(error)")
                    nats.shutdown()
                }
            }
            try await withServer { server in
                let nats = try client(server, NATSTLS(), host: "127.0.0.1")
                let error = try await failure { () throws(NATSError) in try await nats.request("a") }
                #expect(error.code == .connectFailed && error.message.contains("no TLS"))
                nats.shutdown()
            }
        }

        private func client(_ server: NATSServer, _ tls: NATSTLS?, host: String = "localhost") throws -> NATSClient {
            var configuration = server.configuration()
            configuration.endpoints = [NATSEndpoint(host: host, port: server.port)]
            configuration.tls = tls
            return try NATSClient(configuration)
        }

        /// Runs a test with a server whose certificate is for `localhost`.
        private func withTLSServer(_ body: (NATSServer) async throws -> Void) async throws {
            let options = ["--tls", "--tlscert", "FOLDER/cert.pem", "--tlskey", "FOLDER/key.pem"]
            let server = try await NATSServer.start(options) { folder in
                let folder = URL(fileURLWithPath: folder)
                try "subjectAltName=DNS:localhost".write(
                    to: folder.appendingPathComponent("names"), atomically: true, encoding: .utf8)
                try openssl(
                    "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem "
                        + "-subj /CN=localhost", in: folder)
                try openssl(
                    "x509 -req -in request.pem -signkey key.pem -days 2 -extfile names -out cert.pem", in: folder)
            }
            defer { server.stop() }
            try await body(server)
        }

        private func openssl(_ arguments: String, in folder: URL) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl \(arguments)")
        }
    }
#endif
