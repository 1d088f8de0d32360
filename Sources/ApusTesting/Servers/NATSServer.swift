// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation
internal import Synchronization

/// A real nats-server of a test's own, with JetStream: from the system's package, on a port of the loopback, with its files
/// in a temporary folder. It ends with ``stop()``, or with the test's process.
public final class NATSServer: Sendable {
    /// Why there is no server.
    public struct NotInstalled: Error, CustomStringConvertible {
        public var description: String { "nats-server isn't installed: apt-get install nats-server" }
    }

    /// Where it listens, on the loopback.
    public let port: Int
    private let folder: URL
    private let options: [String]
    private let process = Mutex<Process?>(nil)

    private init(_ options: [String], _ files: (String) throws -> Void) throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/nats-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let port = Self.freePort() else { throw CocoaError(.fileWriteUnknown) }
        let folder = URL(
            fileURLWithPath: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        try files(folder.path)
        self.port = port
        self.folder = folder
        self.options = options.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
    }

    /// Starts a server and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - options: as nats-server takes them; `FOLDER` stands for its folder.
    ///   - isStarted: false leaves it to ``launch()``.
    ///   - files: puts files into the folder, whose path it gets, before.
    /// - Throws: ``NotInstalled``.
    public static func start(
        _ options: [String] = [], isStarted: Bool = true, files: (String) throws -> Void = { _ in }
    ) async throws -> NATSServer {
        let server = try NATSServer(options, files)
        if isStarted {
            try server.launch()
            try await server.answers()
        }
        return server
    }

    /// The path of its folder.
    public var path: String { folder.path }
    /// Its address as `BROKER_URL` names it.
    public var url: String { "nats://127.0.0.1:\(port)" }

    /// Starts it (again).
    public func launch() throws {
        guard
            let binary = ["/usr/bin/nats-server", "/usr/sbin/nats-server", "/usr/local/bin/nats-server"]
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
            [
                "-c", script, "sh", binary, "-js", "-a", "127.0.0.1", "-p", "\(port)", "-sd", "\(folder.path)/js",
                "-l", "\(folder.path)/log",
            ] + options
        process.standardInput = Pipe()
        try process.run()
        self.process.withLock { $0 = process }
    }

    /// Waits until it accepts connections.
    public func answers() async throws {
        try await eventually("nats-server accepts connections") { Self.connects(to: port) }
    }

    /// Ends it at once, as a crash does.
    public func crash() async throws {
        signal(SIGKILL)
        try await eventually("nats-server gone") { kill(pid, 0) != 0 }
        // Closing its input ends the shell.
        try process.withLock { ($0?.standardInput as? Pipe) }?.fileHandleForWriting.close()
    }

    /// Holds it still (SIGSTOP) until ``resume()``; returns when all its threads stand.
    public func pause() async throws {
        signal(SIGSTOP)
        let status = "/proc/\(pid)/stat"
        guard FileManager.default.fileExists(atPath: status) else { return }
        try await eventually("nats-server stands still") {
            try String(contentsOfFile: status, encoding: .utf8).contains(") T ")
        }
    }

    /// Lets it go on.
    public func resume() {
        signal(SIGCONT)
    }

    /// Ends it and removes its folder.
    public func stop() {
        signal(SIGKILL)
        do {
            try process.withLock { ($0?.standardInput as? Pipe) }?.fileHandleForWriting.close()
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("a nats-server of a test was not put away: \(error)")
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

    /// A port that nobody listens on, below those that the system gives to outgoing connections. It may be taken before
    /// the server has it, by whoever also looks for one.
    private static func freePort() -> Int? {
        var random = FastRandom()
        return (0..<100).lazy.map { _ in Int.random(in: 20_000..<32_000, using: &random) }
            .first { port in
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(descriptor) }
                return address(of: port) { bind(descriptor, $0, $1) } == 0
            }
    }

    private static func connects(to port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return address(of: port) { connect(descriptor, $0, $1) } == 0
    }

    private static func address(of port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
