// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import Foundation

/// Looks whether this machine has what Apus needs, and says how to mend what is missing. Changes nothing.
public struct Doctor: Sendable {
    private let manifest: String
    private let dataDirectory: String
    private let executables: ExecutableSearch

    /// - Parameters:
    ///   - manifest: The manifest that would be used; that there is none is fine.
    ///   - dataDirectory: The data folder that would be used.
    public init(manifest: String, dataDirectory: String, executables: ExecutableSearch) {
        self.manifest = manifest
        self.dataDirectory = dataDirectory
        self.executables = executables
    }

    /// Everything that was looked at.
    public func examine() async -> [Finding] {
        [swift, sqlite, openFiles, folder, manifestFinding]
            + [await port(8_080, "the gateway"), await port(8_500, "apus registry")]
    }

    private var swift: Finding {
        guard let path = executables.find("swift", from: "/") else {
            return Finding(
                .missing, "swift", "not in PATH; it builds services",
                remedy: "install Swift 6.3 from https://www.swift.org/install and put its usr/bin into PATH")
        }
        return Finding(.fine, "swift", path)
    }

    private var sqlite: Finding {
        let places = ["/usr/include/sqlite3.h", "/usr/local/include/sqlite3.h"]
        if let place = places.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            return Finding(.fine, "sqlite", place)
        }
        #if os(Linux)
            return Finding(
                .missing, "sqlite", "its header is not installed; services with a database need it to build",
                remedy: "apt-get install -y libsqlite3-dev")
        #else
            return Finding(.fine, "sqlite", "part of the system")
        #endif
    }

    private var openFiles: Finding {
        var limit = rlimit()
        #if os(Linux)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return Finding(.notice, "open files", "the limit is unknown") }
        guard limit.rlim_cur >= 4_096 else {
            return Finding(
                .notice, "open files", "at most \(limit.rlim_cur), one for each connection", remedy: "ulimit -n 65536")
        }
        return Finding(.fine, "open files", "at most \(limit.rlim_cur)")
    }

    private var folder: Finding {
        var existing = ManifestReader.absolute(dataDirectory, from: FileManager.default.currentDirectoryPath)
        while !FileManager.default.fileExists(atPath: existing), existing != "/" {
            existing = URL(filePath: existing).deletingLastPathComponent().path
        }
        guard FileManager.default.isWritableFile(atPath: existing) else {
            return Finding(
                .missing, "data folder", "\(existing) is not writable by this user",
                remedy: "sudo chown \(getuid()) \(existing)   # or choose another with --data-dir")
        }
        return Finding(.fine, "data folder", dataDirectory)
    }

    private var manifestFinding: Finding {
        guard FileManager.default.fileExists(atPath: manifest) else {
            return Finding(.notice, "manifest", "there is no \(manifest) here; apus up needs one (docs/manifest.md)")
        }
        do throws(SupervisorError) {
            let services = try ManifestReader(executables: executables).read(path: manifest).services
            return Finding(.fine, "manifest", "\(manifest): \(services.map(\.name).joined(separator: ", "))")
        } catch {
            return Finding(.missing, "manifest", error.message, remedy: "mend \(manifest), or run scripts/up to build")
        }
    }

    private func port(_ port: Int, _ user: String) async -> Finding {
        do throws(SupervisorError) {
            try await AddressCheck.check(.tcp(host: "127.0.0.1", port: port))
            return Finding(.fine, "port \(port)", "free for \(user)")
        } catch {
            let owner = PortOwner.find(port: port)
            return Finding(
                .notice, "port \(port)", "taken\(owner.map { " by \($0)" } ?? ""); \(user) uses it by default",
                remedy: owner.map { "kill \($0.pid)   # or choose another with --port" } ?? "choose another with --port"
            )
        }
    }
}
