// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file system of its own in memory, which is soon full. Only root may make one.
public final class SmallDisk {
    /// What couldn't be done.
    public struct Failure: Error {
        let command: String
    }

    public let path: String

    /// Mounts it on a folder, which is made if need be.
    public init(at path: String, megabytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount -t tmpfs -o size=\(megabytes)m tmpfs \(path)")
    }

    deinit {
        do {
            // Lazily: something may still be open.
            try Self.run("umount -l \(path)")
        } catch {
            print("\(path) is still mounted: \(error)")
        }
    }

    public func resize(megabytes: Int) throws {
        try Self.run("mount -o remount,size=\(megabytes)m \(path)")
    }

    private static func run(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command.split(separator: " ").map(String.init)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(command: command) }
    }
}
