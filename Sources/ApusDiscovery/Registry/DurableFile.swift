// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Files that survive a loss of power once the call returned.
enum DurableFile {
    /// Why a system call failed.
    struct SystemError: Error, CustomStringConvertible {
        let call: String
        let number: CInt

        var description: String { "\(call): \(String(cString: strerror(number)))" }
    }

    /// Writes a whole file, and flushes it to the disk.
    static func write(_ data: Data, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError(call: "open", number: errno) }
        defer { close(file) }
        try data.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = unsafe_write(file, bytes, from: written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw SystemError(call: "write", number: errno) }
                written += count
            }
        }
        guard fsync(file) == 0 else { throw SystemError(call: "fsync", number: errno) }
    }

    /// Puts `draft` in the place of `path`, and flushes the folder that holds both.
    static func rename(_ draft: String, to path: String, in directory: String) throws {
        guard Foundation.rename(draft, path) == 0 else { throw SystemError(call: "rename", number: errno) }
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw SystemError(call: "open", number: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw SystemError(call: "fsync", number: errno) }
    }

    private static func unsafe_write(_ file: CInt, _ bytes: UnsafeRawBufferPointer, from offset: Int) -> Int {
        Foundation.write(file, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
    }
}
