// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

extension ShopProcess {
    /// The processes that run now, by what they run: `users-service`, `apus gateway`, `apus registry`.
    var children: [(name: String, id: Int32)] {
        get throws {
            let file = "/proc/\(process.id)/task/\(process.id)/children"
            var found: [(name: String, id: Int32)] = []
            // The kernel lists the children of each thread.
            for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.id)/task") {
                let list: String
                do {
                    list = try String(
                        contentsOfFile: file.replacing("task/\(process.id)", with: "task/\(thread)"), encoding: .utf8)
                } catch {
                    // The thread ended meanwhile.
                    continue
                }
                for id in list.split(separator: " ").compactMap({ Int32($0) }) {
                    if let name = Self.name(of: id) { found.append((name, id)) }
                }
            }
            return found
        }
    }

    /// Kills one of the processes named `name` with SIGKILL, and returns when another runs in its place.
    func killAndAwaitAnother(_ name: String) async throws {
        let before = try children.filter { $0.name == name }.map(\.id)
        guard let victim = before.first else { throw ConformanceFailure("no \(name) runs") }
        kill(victim, SIGKILL)
        try await eventually("another \(name) runs", within: .seconds(15)) {
            let now = try children.filter { $0.name == name }.map(\.id)
            return !now.contains(victim) && now.count == before.count
        }
    }

    /// The program and, for `apus`, its command; nil if the process has ended.
    private static func name(of id: Int32) -> String? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return nil }
        let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard let program = words.first?.split(separator: "/").last else { return nil }
        return program == "apus" ? words.prefix(2).last.map { "apus \($0)" } : String(program)
    }
}
