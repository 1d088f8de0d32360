// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The process that listens on a port, found by matching socket inodes under `/proc`.
public struct PortOwner: Hashable, Sendable, CustomStringConvertible {
    /// The process's id.
    public let pid: Int
    /// The name that the kernel shows.
    public let name: String

    public var description: String { "process \(pid) (\(name))" }

    /// Who listens on TCP `port`, on whatever address; nil if the system doesn't tell (no `/proc`, another user's process).
    public static func find(port: Int) -> PortOwner? {
        let inodes = listeners(inTables: ["/proc/net/tcp", "/proc/net/tcp6"], port: port)
        let targets = Set(inodes.map { "socket:[\($0)]" })
        guard !targets.isEmpty else { return nil }
        return list("/proc").lazy.compactMap(Int.init).first { pid in
            list("/proc/\(pid)/fd").contains { targets.contains(link("/proc/\(pid)/fd/\($0)") ?? "") }
        }.map { pid in
            guard case .text(let name) = SettingsFile.read("/proc/\(pid)/comm") else {
                return PortOwner(pid: pid, name: "?")
            }
            return PortOwner(pid: pid, name: SettingText.escaped(name.trimmingCharacters(in: .newlines)))
        }
    }

    /// The inodes of the sockets that listen on `port`, in the files of the kernel, which on a busy machine have a line for
    /// each of a hundred thousand connections.
    static func listeners(inTables paths: [String], port: Int) -> Set<String> {
        paths.reduce(into: []) { inodes, path in
            if case .text(let table) = SettingsFile.read(path, upTo: 64 << 20) {
                inodes.formUnion(listeners(in: table, port: port))
            }
        }
    }

    /// The inodes of the sockets that listen on `port` in a table as `/proc/net/tcp` is: columns between blanks, the local
    /// address second, the state (`0A` listens) fourth, the inode tenth.
    static func listeners(in table: String, port: Int) -> [String] {
        let suffix = ":" + String(port + 0x10000, radix: 16, uppercase: true).dropFirst()
        return table.split(separator: "\n").compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 9, columns[3] == "0A", columns[1].hasSuffix(suffix) else { return nil }
            return String(columns[9])
        }
    }

    /// The names in a folder; none if it can't be read, which is how other users' processes answer.
    private static func list(_ folder: String) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch { return [] }
    }

    private static func link(_ path: String) -> String? {
        do { return try FileManager.default.destinationOfSymbolicLink(atPath: path) } catch { return nil }
    }
}
