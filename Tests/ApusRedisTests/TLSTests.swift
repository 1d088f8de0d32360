// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTesting
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import ApusRedis

@Suite("Redis over TLS")
struct TLSTests {
    private static func openssl(_ arguments: String, in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }

    /// Runs with a server whose certificate is for `localhost`.
    private func withTLS(days: Int = 2, _ body: (URL, Int) async throws -> Void) async throws {
        let free = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = free.localAddress?.port ?? 0
        try await free.close()
        let options = [
            "--tls-port", "\(port)", "--tls-cert-file", "FOLDER/cert.pem", "--tls-key-file", "FOLDER/key.pem",
            "--tls-ca-cert-file", "FOLDER/cert.pem", "--tls-auth-clients", "no",
        ]
        let server = try await RedisServer.start(options) { folder in
            let folder = URL(fileURLWithPath: folder)
            try "subjectAltName=DNS:localhost".write(
                to: folder.appendingPathComponent("names"), atomically: true, encoding: .utf8)
            try Self.openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem "
                    + "-subj /CN=localhost", in: folder)
            // Negative days: it has expired so long ago.
            try Self.openssl(
                "x509 -req -in request.pem -signkey key.pem -days \(days) -extfile names -out cert.pem", in: folder)
        }
        defer { server.stop() }
        try await body(URL(fileURLWithPath: server.path), port)
    }

    @Test("works with the right authority, fails with a reason without it or under another name")
    func certificates() async throws {
        try await withTLS { folder, port in
            let good = try RedisClient(
                RedisConfiguration(url: "rediss://localhost:\(port)?ca=\(folder.path)/cert.pem"), group: .singleton)
            try await good.set("k", [1])
            #expect(try await good.get("k") == [1])
            let news = try await good.subscribe(to: ["news"])
            try await good.publish("news", [2])
            #expect(await news.next() == .message(RedisMessage(channel: "news", payload: [2])))
            good.shutdown()
            for url in ["rediss://localhost:\(port)", "rediss://127.0.0.1:\(port)?ca=\(folder.path)/cert.pem"] {
                let bad = try RedisClient(RedisConfiguration(url: url), group: .singleton)
                let error = try await failure { () throws(RedisError) in try await bad.ping() }
                #expect(error.code == .connectFailed && error.message.contains("TLS"), "\(error)")
                bad.shutdown()
            }
            let plain = try RedisClient(RedisConfiguration(url: "redis://localhost:\(port)"), group: .singleton)
            let error = try await failure { () throws(RedisError) in try await plain.ping() }
            #expect(error.code == .connectFailed)
            plain.shutdown()
        }
    }

    @Test("an expired certificate is a failed connection that says so, and no caller waits for it")
    func expired() async throws {
        try await withTLS(days: -1) { folder, port in
            let client = try RedisClient(
                RedisConfiguration(url: "rediss://localhost:\(port)?ca=\(folder.path)/cert.pem"), group: .singleton)
            let began = Instant.now
            let error = try await failure { () throws(RedisError) in try await client.ping() }
            #expect(error.code == .connectFailed && error.message.contains("expired"), "\(error)")
            #expect(began.duration(to: .now) < .seconds(1))
            guard case .degraded(let reason) = client.health else {
                Issue.record("health is \(client.health)")
                return
            }
            #expect(reason.contains("expired"), "\(reason)")
            client.shutdown()
        }
    }

    @Test("files that can't be read are a problem of the configuration")
    func files() {
        #expect(throws: InvalidConfiguration.self) {
            try RedisClient(RedisConfiguration(url: "rediss://localhost?ca=/nowhere/ca.pem"), group: .singleton)
        }
    }
}
