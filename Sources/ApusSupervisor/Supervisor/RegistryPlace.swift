// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Where the registry is, once it has said so. A registry that is started again comes back at the same place.
final class RegistryPlace: Sendable {
    private let url = Mutex<String?>(nil)

    var known: String? { url.withLock { $0 } }

    /// The port of the address, or 0 while there is none.
    var port: String { known?.split(separator: ":").last.map(String.init) ?? "0" }

    func set(_ newValue: String) {
        url.withLock { $0 = newValue }
    }
}
