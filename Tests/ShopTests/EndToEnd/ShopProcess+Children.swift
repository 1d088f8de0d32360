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
        try await killAndAwaitOthers([name])
    }

    /// Kills one of the processes of each name with SIGKILL, all at once, and returns when others run in their place.
    func killAndAwaitOthers(_ names: [String]) async throws {
        let before = try children
        let victims = names.compactMap { name in before.first { $0.name == name }?.id }
        guard victims.count == names.count else { throw ConformanceFailure("not all of \(names) run: \(before)") }
        for victim in victims { kill(victim, SIGKILL) }
        try await eventually("others of \(names) run", within: .seconds(15)) {
            let now = try children
            return !now.contains { victims.contains($0.id) }
                && now.map(\.name).sorted() == before.map(\.name).sorted()
        }
    }

    /// Kills `apus up` itself with SIGKILL, and returns when nothing that it had started runs any more.
    func killAll() async throws {
        let orphans = try children
        guard !orphans.isEmpty else { throw ConformanceFailure("nothing runs") }
        process.signal(SIGKILL)
        _ = await process.ended()
        try await eventually("what apus up had started ends with it", within: .seconds(15)) {
            orphans.allSatisfy { Self.name(of: $0.id) != $0.name }
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
