// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusTesting
    import Foundation
    import NIOCore
    import NIOPosix
    import Testing

    /// Runs a test with a server whose certificate is for `localhost`.
    ///
    /// - Parameters:
    ///   - days: how long the certificate is valid; negative: until so long ago.
    ///   - body: gets the folder, in which the certificate is `cert.pem`, and the port.
    func withTLSServer(days: Int = 2, _ body: (URL, Int) async throws -> Void) async throws {
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
            try openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem "
                    + "-subj /CN=localhost", in: folder)
            try openssl(
                "x509 -req -in request.pem -signkey key.pem -days \(days) -extfile names -out cert.pem", in: folder)
        }
        defer { server.stop() }
        try await body(URL(fileURLWithPath: server.path), port)
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
#endif
