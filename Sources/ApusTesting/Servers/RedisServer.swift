// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Synchronization

/// A real redis-server of a test's own: from the system's package, on a Unix socket in a temporary folder and on whatever
/// else its options say. It ends with ``stop()``, or with the test's process.
public final class RedisServer: Sendable {
    /// Why there is no server.
    public struct NotInstalled: Error, CustomStringConvertible {
        public var description: String { "redis-server isn't installed: apt-get install redis-server" }
    }

    private let folder: URL
    private let options: [String]
    private let process = Mutex<Process?>(nil)

    private init(_ options: [String], _ files: (String) throws -> Void) throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        let folder = URL(
            fileURLWithPath: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        try files(folder.path)
        self.folder = folder
        self.options = options.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
    }

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - options: as redis-server takes them; `FOLDER` stands for its folder.
    ///   - files: puts files into the folder, whose path it gets, before.
    /// - Throws: ``NotInstalled``.
    public static func start(
        _ options: [String] = [], files: (String) throws -> Void = { _ in }
    ) async throws -> RedisServer {
        let server = try RedisServer(options, files)
        try server.launch()
        try await server.answers()
        return server
    }

    /// The path of its folder.
    public var path: String { folder.path }
    /// The path of its socket.
    public var socket: String { "\(path)/s" }
    /// Its socket as `REDIS_URL` names it.
    public var url: String { "redis+unix://\(socket)" }

    /// Starts it (again).
    public func launch() throws {
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

    /// Waits until it accepts connections.
    public func answers() async throws {
        try await eventually("redis-server accepts connections") { isAccepting }
    }

    private var isAccepting: Bool {
        let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Ends it at once, as a crash does.
    public func crash() async throws {
        signal(SIGKILL)
        try await eventually("redis-server gone") { kill(pid, 0) != 0 }
        // Closing its input ends the shell.
        try process.withLock { ($0?.standardInput as? Pipe) }?.fileHandleForWriting.close()
    }

    /// Holds it still (SIGSTOP) until ``resume()``.
    public func pause() {
        signal(SIGSTOP)
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
