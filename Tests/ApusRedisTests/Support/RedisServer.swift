// SPDX-License-Identifier: Apache-2.0
import ApusResilience
import ApusTesting
import Foundation
import NIOPosix
import Synchronization

@testable import ApusRedis

/// A real redis-server of a test's own, on a Unix socket in a temporary folder (and on TLS, if asked for). It ends with
/// the test, or with the test's process.
final class RedisServer: Sendable {
    struct NotInstalled: Error, CustomStringConvertible {
        var description: String { "redis-server isn't installed: scripts/test installs it" }
    }

    let folder: URL
    private let options: [String]
    private let process = Mutex<Process?>(nil)

    private init(_ options: [String], _ files: (URL) throws -> Void) throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        let folder = URL(
            fileURLWithPath: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        try files(folder)
        self.folder = folder
        self.options = options.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
    }

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - options: as redis-server takes them; `FOLDER` stands for its folder.
    ///   - files: puts files into the folder before.
    static func start(_ options: [String] = [], files: (URL) throws -> Void = { _ in }) async throws -> RedisServer {
        let server = try RedisServer(options, files)
        try server.launch()
        try await server.answers()
        return server
    }

    var socket: String { "\(folder.path)/s" }

    /// An address of its socket, with a shorter back-off than usual.
    func configuration(_ credentials: RedisCredentials? = nil) -> RedisConfiguration {
        var configuration = RedisConfiguration(endpoint: .unix(path: socket), credentials: credentials)
        configuration.backoff = .init(base: .milliseconds(10), maximum: .milliseconds(100), factor: 2, jitter: .full)
        configuration.commandTimeout = .seconds(10)
        return configuration
    }

    func client(_ change: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisClient {
        var configuration = configuration()
        change(&configuration)
        return try RedisClient(configuration, group: .singleton)
    }

    /// Starts it (again).
    func launch() throws {
        guard
            let binary = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]
                .first(where: FileManager.default.isExecutableFile(atPath:))
        else { throw NotInstalled() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell ends the server when its input ends, which it does with this process.
        let script = """
            "$@" >/dev/null 2>&1 <&- & pid=$!; echo $pid >"$FOLDER/pid"; cat >/dev/null; kill -9 $pid 2>/dev/null
            """
        process.environment = ["FOLDER": folder.path, "PATH": "/usr/bin:/bin"]
        process.arguments =
            ["-c", script, "sh", binary, "--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", ""]
            + options
        process.standardInput = Pipe()
        try process.run()
        self.process.withLock { $0 = process }
    }

    /// Waits until it answers anything at all.
    func answers() async throws {
        let client = try client()
        defer { client.shutdown() }
        try await eventually("redis-server answering") {
            do {
                try await client.ping()
                return true
            } catch let error as RedisError {
                return error.code == .authenticationFailed
            }
        }
    }

    /// Ends it at once, as a crash does.
    func crash() async throws {
        signal(SIGKILL)
        try await eventually("redis-server gone") { kill(pid, 0) != 0 }
        // Closing its input ends the shell.
        try process.withLock { ($0?.standardInput as? Pipe) }?.fileHandleForWriting.close()
    }

    func pause() {
        signal(SIGSTOP)
    }

    func resume() {
        signal(SIGCONT)
    }

    /// Ends it and removes its folder.
    func stop() {
        signal(SIGKILL)
        do {
            try process.withLock { ($0?.standardInput as? Pipe) }?.fileHandleForWriting.close()
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("a redis-server of a test was not put away: \(error)")
        }
    }

    private func signal(_ number: Int32) {
        if pid > 0 { kill(pid, number) }
    }

    private var pid: Int32 {
        guard let text = try? String(contentsOf: folder.appendingPathComponent("pid"), encoding: .utf8) else {
            return 0
        }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
}

/// Runs a test with a server of its own.
func withServer(_ options: [String] = [], _ body: (RedisServer) async throws -> Void) async throws {
    let server = try await RedisServer.start(options)
    defer { server.stop() }
    try await body(server)
}

/// Runs a test with a server and a client of its own.
func withRedis(
    _ options: [String] = [], configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisServer, RedisClient) async throws -> Void
) async throws {
    try await withServer(options) { server in
        let client = try server.client(configure)
        defer { client.shutdown() }
        try await body(server, client)
    }
}

/// The error that `body` throws.
func failure<Value>(_ body: () async throws(RedisError) -> Value) async throws -> RedisError {
    do throws(RedisError) {
        _ = try await body()
    } catch {
        return error
    }
    throw ConformanceFailure("no error was thrown")
}
