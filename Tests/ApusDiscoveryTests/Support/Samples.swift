// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import Foundation
import Testing

/// An instance at a port of this machine.
func instance(_ service: String, _ id: String, port: Int = 9_001, metadata: [String: String] = [:]) -> Instance {
    Instance(id: id, service: service, endpoint: Origin(host: "127.0.0.1", port: port), metadata: metadata)
}

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
}

/// A folder that is removed with its contents after `body`.
func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let result: Result<Value, any Error>
    do { result = .success(try await body(folder)) } catch { result = .failure(error) }
    try FileManager.default.removeItem(atPath: folder)
    return try result.get()
}

extension ServiceView {
    /// The first set that `accepts`, waiting for it.
    func first(where accepts: (InstanceSet) -> Bool) async throws -> InstanceSet {
        for await set in changes where accepts(set) { return set }
        throw CancellationError()
    }
}
