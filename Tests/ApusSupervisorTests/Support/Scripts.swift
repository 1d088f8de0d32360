// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import Synchronization
import Testing

/// A folder for one test, with programs in it.
struct Workshop {
    let folder: String

    /// Removed with its contents after `body`.
    static func with<Value>(_ body: (Workshop) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let result: Result<Value, any Error>
        do { result = .success(try await body(Workshop(folder: folder))) } catch { result = .failure(error) }
        try FileManager.default.removeItem(atPath: folder)
        return try result.get()
    }

    /// Writes a shell script, and returns its path.
    @discardableResult
    func script(_ name: String, _ body: String) throws -> String {
        let path = folder + "/" + name
        try file(name, "#!/bin/sh\n" + body)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    func file(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
    }

    func lines(of name: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// What a callback was given, in order.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])

    var all: [Note] { notes.withLock { $0 } }

    func add(_ note: Note) {
        notes.withLock { $0.append(note) }
    }
}

/// Whether a process exists.
func isAlive(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
}
