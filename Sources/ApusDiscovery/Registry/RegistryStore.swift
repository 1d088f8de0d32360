// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Dispatch
import Foundation
import Synchronization

/// The registry's file: a snapshot that is replaced as a whole, `registry.json` in the data folder.
///
/// A save writes a new file, flushes it to the disk, renames it over the old one and flushes the folder, so the file is
/// at any moment one complete snapshot or the other. Saves that come while one is being written share the next one.
final class RegistryStore: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Void, DiscoveryError>, Never>

    private struct Shared {
        var waiters: [Waiter] = []
        var isWriting = false
    }

    let path: String
    private let directory: String
    private let queue = DispatchQueue(label: "apus.registry.store")
    private let shared = Mutex(Shared())

    init(directory: String) throws(DiscoveryError) {
        self.directory = directory
        path = directory + "/registry.json"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw DiscoveryError(.storage, "the data folder \(directory) can't be made: \(error.localizedDescription)")
        }
        guard access(directory, W_OK | X_OK) == 0 else {
            throw DiscoveryError(.storage, "the data folder \(directory) is not writable")
        }
    }

    /// What was stored last; nil when there is no file.
    func load() throws(DiscoveryError) -> RegistrySnapshot? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw DiscoveryError(.storage, "\(path) can't be read: \((error as NSError).localizedDescription)")
        }
        return try naming { () throws(any Error) in
            // The decoder says that it isn't JSON, but not where.
            _ = try JSONParser.parse(bytes)
            return try JSONDecoder().decode(RegistrySnapshot.self, from: bytes)
        }
    }

    /// Runs `body`; an error names the file and says what to do.
    func naming<Value>(_ body: () throws -> Value) throws(DiscoveryError) -> Value {
        do {
            return try body()
        } catch {
            let reason =
                switch error {
                case let error as DiscoveryError: error.message
                case let error as JSONSyntaxError: "it isn't JSON: \(error)"
                case let error as DecodingError: error.text
                default: "\(error)"
                }
            throw DiscoveryError(
                .storage,
                "\(path) can't be used as the registry's file: \(reason). Put a copy of it back, or move it away to "
                    + "start with an empty registry: services that run register again by themselves")
        }
    }

    /// Stores what `state` gives when the write begins, which is not before this call.
    func save(_ state: @escaping @Sendable () -> RegistryState) async throws(DiscoveryError) {
        let result = await withCheckedContinuation { (waiter: Waiter) in
            let begins = shared.withLock { shared in
                shared.waiters.append(waiter)
                defer { shared.isWriting = true }
                return !shared.isWriting
            }
            if begins { queue.async { self.write(state) } }
        }
        try result.get()
    }

    private func write(_ state: @escaping @Sendable () -> RegistryState) {
        let waiters = shared.withLock { shared in
            defer { shared.waiters = [] }
            return shared.waiters
        }
        let result = replaceFile(with: state().snapshot)
        let goesOn = shared.withLock { shared in
            shared.isWriting = !shared.waiters.isEmpty
            return shared.isWriting
        }
        for waiter in waiters { waiter.resume(returning: result) }
        if goesOn { queue.async { self.write(state) } }
    }

    private func replaceFile(with snapshot: RegistrySnapshot) -> Result<Void, DiscoveryError> {
        let draft = path + ".new"
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try DurableFile.write(encoder.encode(snapshot), to: draft)
            try DurableFile.rename(draft, to: path, in: directory)
            return .success(())
        } catch {
            return .failure(DiscoveryError(.storage, "\(path) can't be written: \(error)"))
        }
    }
}
