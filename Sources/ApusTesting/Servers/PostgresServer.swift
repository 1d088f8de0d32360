// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A real PostgreSQL server for tests: from the system's package, on a free loopback port and a Unix socket, with its data
/// in a temporary folder and without syncing to disk.
///
/// It ends when ``stop(_:)`` is called, or with the test process. PostgreSQL refuses to run as root, so root runs it as the
/// user `postgres`. Passwords are checked with SCRAM.
public final class PostgresServer: Sendable {
    /// How a server ends.
    public enum Ending: Int32, Sendable {
        /// Statements are ended, connections told (SIGINT).
        case fast = 2
        /// Like a crash, but its parts are ended too (SIGQUIT).
        case immediate = 3
    }

    /// What couldn't be done.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The folder of its data, log and socket.
    public let folder: String
    /// Its TCP port on 127.0.0.1.
    public let port: Int
    /// The password of its superuser `postgres`.
    public let password = "s3cret/with:odd@characters"
    private let binaries: String
    private let settings: [String]
    private let process = Mutex<(process: Process, leash: FileHandle)?>(nil)
    private let lastSchema = Tally()

    /// Makes a new, empty server and starts it. Blocks for a second or two.
    ///
    /// - Parameter settings: `name=value`, as on the server's command line.
    /// - Throws: ``Failure`` when PostgreSQL isn't installed or doesn't start.
    public init(settings: [String] = []) throws {
        guard let binaries = Self.findBinaries() else {
            throw Failure(
                description:
                    "PostgreSQL isn't installed: no /usr/lib/postgresql/*/bin/initdb; apt-get install postgresql")
        }
        self.binaries = binaries
        self.settings = settings
        // A short path: that of a Unix socket has at most 107 bytes.
        folder = "/tmp/apus-pg-\(UUID().uuidString.prefix(8).lowercased())"
        port = try Self.freePort()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try password.write(toFile: folder + "/password", atomically: true, encoding: .utf8)
        try Self.run(
            """
            if [ "$(id -u)" = 0 ]; then chown -R postgres "$2"; fi
            \(Self.asPostgres) "$1/initdb" -D "$2/data" -U postgres -A scram-sha-256 --pwfile="$2/password" \
                -E UTF8 --locale=C.UTF-8 --no-sync >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log" >&2; exit 1; }
            """, [binaries, folder])
        try start()
    }

    deinit {
        stop(.immediate)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts it again after ``stop(_:)``, on the same port with the same data. Returns when it accepts connections.
    public func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell ends the server when its input does: with the test process, however that ends.
        process.arguments =
            [
                "-c",
                """
                folder=$1; server=$2; shift 2
                \(Self.asPostgres) "$server" "$@" >>"$folder/server.log" 2>&1 </dev/null &
                read -r word
                [ "$word" = keep ] && exit
                kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")"
                tries=100
                while [ -e "$folder/data/postmaster.pid" ] && [ $tries -gt 0 ]; do
                    tries=$((tries - 1))
                    sleep 0.05
                done
                rm -rf "$folder"
                """, "sh", folder, binaries + "/postgres", "-D", folder + "/data", "-p", String(port), "-k", folder,
                "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=120",
            ] + settings.flatMap { ["-c", $0] }
        let leash = Pipe()
        process.standardInput = leash
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Nobody else may hold it, or the shell wouldn't notice the end of this process.
        _ = fcntl(leash.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        self.process.withLock { $0 = (process, leash.fileHandleForWriting) }
        let end = ContinuousClock.now + .seconds(20)
        while try !isReady() {
            guard ContinuousClock.now < end else {
                let log = try String(contentsOfFile: folder + "/server.log", encoding: .utf8)
                throw Failure(description: "PostgreSQL didn't start: \(log.suffix(2000))")
            }
        }
    }

    /// Ends it and waits for its end; its data stays until this object goes.
    public func stop(_ ending: Ending = .fast) {
        guard
            let running = process.withLock({ process in
                defer { process = nil }
                return process
            })
        else { return }
        signal(ending.rawValue)
        while processIdentifier != nil, running.process.isRunning { usleep(5_000) }
        running.leash.write(Data("keep\n".utf8))
        running.leash.closeFile()
        running.process.waitUntilExit()
    }

    /// Sends a signal to the server's main process.
    public func signal(_ number: Int32) {
        if let processIdentifier { kill(processIdentifier, number) }
    }

    private var processIdentifier: pid_t? {
        let text = try? String(contentsOfFile: folder + "/data/postmaster.pid", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// The URL of the database `postgres`, over TCP.
    ///
    /// - Parameters:
    ///   - schema: what `search_path` is set to.
    ///   - port: that of a proxy before the server.
    public func url(
        schema: String? = nil, database: String = "postgres", password: String? = nil, port: Int? = nil
    ) -> String {
        let escaped = (password ?? self.password).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let options = schema.map { "?options=-csearch_path%3D\($0)" } ?? ""
        return "postgres://postgres:\(escaped)@127.0.0.1:\(port ?? self.port)/\(database)\(options)"
    }

    /// A name for a schema that no other test uses; to be made with `CREATE SCHEMA`.
    public func newSchemaName() -> String {
        "test_\(lastSchema.increment())"
    }

    private func isReady() throws -> Bool {
        usleep(20_000)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binaries + "/pg_isready")
        process.arguments = ["-q", "-h", "127.0.0.1", "-p", String(port)]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static let asPostgres =
        #"$([ "$(id -u)" = 0 ] && echo setpriv --reuid=postgres --regid=postgres --clear-groups)"#

    private static func run(_ script: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh"] + arguments
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "initdb failed: \(String(decoding: message, as: UTF8.self))")
        }
    }

    /// The folder of the newest version that is installed.
    private static func findBinaries() -> String? {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
            .map { "\(root)/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        guard status == 0 else { throw Failure(description: "no free port: \(String(cString: strerror(errno)))") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
