// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How much memory a process holds, at most, from some moment on.
public struct ProcessMemory: Sendable {
    /// What the kernel doesn't tell.
    public struct Unknown: Error {
        let field: String
    }

    private let id: Int32
    private let before: Int

    /// From now on.
    public init(of id: Int32) throws {
        self.id = id
        // Sets the kernel's peak back to what is held now.
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(id)/clear_refs"))
        before = try Self.read("VmRSS", of: id)
    }

    /// Bytes by which the greatest RSS since then lies above that at the beginning.
    public var growth: Int { get throws { try Self.read("VmHWM", of: id) - before } }

    private static func read(_ field: String, of id: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(field):") }),
            let kibibytes = Int(line.filter(\.isNumber))
        else { throw Unknown(field: field) }
        return kibibytes << 10
    }
}
