// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Keeps a second supervisor out of a data folder, for as long as it lives or its process does.
final class DataFolderLock: Sendable {
    private let descriptor: Int32

    /// Makes the folder if need be and locks it.
    /// - Throws: ``SupervisorError/Code/dataFolder``.
    init(_ folder: String) throws(SupervisorError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw SupervisorError(
                .dataFolder, "the data folder \(folder) can't be made: \(error.localizedDescription); see --data-dir")
        }
        let path = folder + "/apus.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SupervisorError(
                .dataFolder,
                "the data folder \(folder) is not writable: \(String(cString: strerror(errno))); see --data-dir")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = read(descriptor, &bytes, bytes.count)
            let owner = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).filter(\.isNumber)
            throw SupervisorError(
                .dataFolder,
                "the data folder \(folder) is used by another apus up\(owner.isEmpty ? "" : " (process \(owner))"); "
                    + "stop it, or give this one another --data-dir")
        }
        let owner = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, owner, owner.count) }
    }

    /// Runs after a failed start, too.
    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
